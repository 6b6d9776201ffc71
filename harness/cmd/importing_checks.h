/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_checks.h: assertions of promptfoo's and the checks that mean the same.
 */
#ifndef CMD_IMPORTING_CHECKS_H
#define CMD_IMPORTING_CHECKS_H

#include "cmd/importing.h"

/* What stands behind the check; from IMPORT_REGEX on it is the same for all samples, since the check
 * takes no templates there. */
enum import_operand {
    IMPORT_ANY,
    IMPORT_TEXT,
    IMPORT_TEXTS,
    IMPORT_LOWER,   /* texts, compared in lower case */
    IMPORT_VECTORS, /* a text; a model makes vectors */
    IMPORT_JUDGED,  /* a text; a model judges */
    IMPORT_REGEX,
    IMPORT_JSON, /* true, or a schema */
    IMPORT_SCHEMA,
    IMPORT_TRUE,
    IMPORT_LATENCY, /* `threshold`, milliseconds */
    IMPORT_COST,    /* `threshold`, dollars */
    IMPORT_WORDS,
    IMPORT_FINISH,
};

struct import_check {
    const char *type, *name; /* theirs, ours */
    enum import_operand operand;
    double threshold;    /* of a graded one, where none is given; -1: it is not graded */
    const char *changed; /* what is not quite the same; may be NULL */
};

/* By promptfoo's type, without "not-"; NULL when there is none. */
const struct import_check *import_check_of(str type);
/* Of a type without counterpart: what else to do, or "". NULL: no type of promptfoo's. */
const char *import_check_hint(str type);
bool import_check_is_constant(enum import_operand operand);
/* The operand as weir takes it. NULL and *why. */
const json *import_operand_of(struct importing *importing, enum import_operand operand,
                              const json *value, str *why);
/* Adds the transforms that an expression in JavaScript means; false when it means none. */
bool import_transform(struct importing *importing, str expression, json *list);

/* What one assertion becomes. */
struct import_assertion {
    str type;
    const struct import_check *check;
    bool negated;
    str name; /* of the check */
    enum import_operand operand_kind;
    const json *operand;
    json *transforms, *value;
};
/* Of an assertion of a test with these options. False: it is left out, and that was said. */
bool import_assertion_read(struct importing *importing, struct import_item assertion,
                           struct import_item options, double weight,
                           struct import_assertion *made);
void import_refuse_assertion(struct importing *importing, struct place place, str type,
                             const char *why);

#endif
