/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reading.h: what the readers of the mock file's parts share while it is read.
 */
#ifndef MOCK_READING_H
#define MOCK_READING_H

#include "base/option.h"
#include "base/template.h"

struct answer_keys;

/* The context of every struct opt_parse of a mock file. */
struct reading {
    str file;                 /* relative paths start in its folder */
    struct answer_keys *keys; /* read before everything that names one */
    bool in_rule;             /* whose names are being checked: `when` may bring a row into scope */
};

/* Custom reader for a field of type const struct template *. */
int template_read(struct opt_parse *parse, const struct yaml *value, void *field);
/* The same for const struct template_path * and const struct regex *. */
int path_read(struct opt_parse *parse, const struct yaml *value, void *field);
int regex_read(struct opt_parse *parse, const struct yaml *value, void *field);

/* Reports every name that a template uses and `names` does not hold. */
int template_check_names(struct opt_parse *parse, const struct template *template,
                         const str *names, size_t count);
/* Does the template use that name? NULL uses none. */
bool template_uses(const struct template *template, str name);

/* "the number 1.5", "'abc'", "a list": a value as messages show it. */
const char *value_shown(struct arena *arena, const struct yaml *value);

/* Exactly one of `kinds` must be a key of the mapping: its index, or -1 after mistake_add. */
int read_one_kind(struct opt_parse *parse, const struct yaml *mapping, const char *where,
                  const str *kinds, size_t count);

#endif
