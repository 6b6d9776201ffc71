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

/* Reads a list of transforms: words, and one-key mappings (tag, capture, label). 0, or -1 after
 * adding mistakes. Transforms are read only from then on and may be shared by threads. */
int transform_read(struct arena *arena, struct mistakes *mistakes, const struct yaml *list,
                   const struct transform **transform, size_t *count);
/* The word of a kind; NULL beyond the last. *takes_value: it is written {WORD: VALUE}. */
const char *transform_word(size_t kind, bool *takes_value);
/* What it yields, in some words; NULL beyond the last. */
const char *transform_help(size_t kind);
/* The value after all of them, in order; it shares what did not change. Never NULL. */
const json *transform_apply(struct arena *arena, const struct transform *transform, size_t count,
                            const json *value);
/* Finds the only label that occurs as whole words, without regard to case; NULL when none or
 * several do. A label that stands only inside occurrences of a longer one ("Support" in
 * "Technical Support") does not count. Used by `label` and by a route's `match: contains`. */
const str *label_find(str text, const str *label, size_t labels);
/* Equal without regard to case, surrounding blanks, quotes, asterisks and a final full stop. */
bool label_equal(struct arena *arena, str written, str label);

/* The single transforms that find something in a text; NULL when there is nothing.
 *
 * number: the last number. Digits with an optional fraction and exponent; commas between groups
 * of three digits are skipped (1,234.5); a minus sign counts where no letter, digit or closing
 * bracket stands before it (-3, but 10-3 ends in 3). A sign of currency, a percent sign or a unit
 * beside it does not matter: "50%" is 50. */
const json *find_number(struct arena *arena, str text);
/* letter: the choice A to Z of an answer, as a capital; the rules are in transform_letter.c. */
const json *find_letter(struct arena *arena, str text);
/* json: the whole text if it is JSON; else the first ``` fence whose content is; else the first
 * object or list in the prose. */
const json *find_json(struct arena *arena, str text);
/* tag: what stands between <NAME> and </NAME>, without blanks at the ends; the first pair. */
const json *find_tag(struct arena *arena, str text, str name);

#endif
