/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transform.h: explicit steps that pull an answer out of a text (language 2.8, `transform`).
 *
 * Applied in order by checks and by calls. A transform that finds nothing yields null; one that
 * wants a text and gets something else passes it on unchanged.
 */
#ifndef PLAN_TRANSFORM_H
#define PLAN_TRANSFORM_H

#include "base/json.h"
#include "base/mistakes.h"
#include "base/yaml.h"

enum transform_kind {
    TRANSFORM_TRIM,
    TRANSFORM_LOWER,
    TRANSFORM_SQUEEZE,
    TRANSFORM_NO_PUNCTUATION,
    TRANSFORM_NUMBER,
    TRANSFORM_LETTER,
    TRANSFORM_JSON,
    TRANSFORM_FIRST_LINE,
    TRANSFORM_LAST_LINE,
    TRANSFORM_TAG,
    TRANSFORM_CAPTURE,
    TRANSFORM_LABEL,
};

struct regex;

struct transform {
    enum transform_kind kind;
    str name;                  /* TAG */
    const struct regex *regex; /* CAPTURE */
    const str *label;          /* LABEL */
    size_t labels;
};

/* Reads a list of transforms. 0, or -1 after adding mistakes. */
int transform_read(struct arena *arena, struct mistakes *mistakes, const struct yaml *list,
                   const struct transform **transform, size_t *count);
const json *transform_apply(struct arena *arena, const struct transform *transform, size_t count,
                            const json *value);
/* Finds the only label that occurs as whole words, without regard to case; NULL when none or
 * several do. Used by `label` and by a route's `match: contains`. */
const str *label_find(str text, const str *label, size_t labels);
/* Equal without regard to case, surrounding blanks, quotes, asterisks and a final full stop. */
bool label_equal(struct arena *arena, str written, str label);

#endif
