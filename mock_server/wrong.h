/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wrong.h: the kinds of wrong answers.
 *
 * Each kind makes a wrong answer out of the right one. A kind that cannot be applied (no such
 * list, nothing to confuse the label with) gives way to the next in the list, and at last the
 * right text is cut off: what is drawn as wrong never comes out right.
 */
#ifndef MOCK_WRONG_H
#define MOCK_WRONG_H

#include "mock_server/reading.h"
#include "mock_server/request.h"

struct answer_key;
struct item;

enum wrong_kind {
    WRONG_LABEL,
    WRONG_TEXT,
    WRONG_OTHER_ROW,
    WRONG_DROP_ITEM,
    WRONG_DOUBLE_ITEM,
    WRONG_REPLACE,
    WRONG_PROSE,
    WRONG_FENCED,
    WRONG_TRUNCATED,
    WRONG_REFUSAL,
    WRONG_BREAK_SCHEMA,
    WRONG_KINDS,
};
const char *wrong_kind_name(enum wrong_kind kind);

enum break_kind { BREAK_TYPE, BREAK_MISSING, BREAK_EXTRA, BREAK_ENUM };

struct wrong {
    enum wrong_kind kind;
    double share;                     /* its weight */
    const struct template *template;  /* TEXT, REPLACE */
    const struct template_path *path; /* LABEL (or NULL), DROP_ITEM, DOUBLE_ITEM, REPLACE */
    const json *one_of;               /* LABEL: a list */
    str refusal;                      /* REFUSAL; empty: the usual words */
    enum break_kind breaks;           /* BREAK_SCHEMA */
};

struct wrong_list {
    const struct wrong *wrong;
    size_t count;
    bool given;
};

/* Custom reader for a struct wrong_list. */
int wrong_list_read(struct opt_parse *parse, const struct yaml *value, void *field);
/* {other_row: true} alone. */
struct wrong_list wrong_list_default(struct arena *arena);
/* Names used in the list's templates. */
int wrong_list_check_names(struct opt_parse *parse, const struct wrong_list *list,
                           const str *names, size_t count);
bool wrong_list_uses(const struct wrong_list *list, str name);

struct wrong_case {
    struct arena *arena;
    struct rng_key draw; /* of this answer */
    uint64_t choice;
    const json *right;
    const struct template *right_template;
    const struct env *env;   /* with row and parent */
    const struct env *outer; /* without */
    const struct answer_key *key;
    const struct item *item;
    const json *schema; /* NULL: none */
};

/* Fills kind, text and finish of the choice; returns the kind that was used. */
enum wrong_kind wrong_make(const struct wrong_list *list, const struct wrong_case *wrong_case,
                           struct choice *choice);

/* A value that breaks the schema, or NULL when this way cannot break it (schema_break.c). */
const json *schema_break(struct arena *arena, const json *schema, const json *value,
                         enum break_kind how, struct rng_key draw);

/* The text a model would send for a value: a text as it is, else compact JSON. */
str answer_text(struct arena *arena, const json *value);

extern const struct opt wrong_options[], wrong_label_options[], wrong_replace_options[];

#endif
