/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refine_drafts.h: which of several drafts is the best. Pure; for refine.c and its test.
 */
#ifndef PATTERNS_REFINE_DRAFTS_H
#define PATTERNS_REFINE_DRAFTS_H

#include "base/json.h"

struct maybe_number {
    bool known;
    double value;
};

/* A number, or a text that is one. */
static inline struct maybe_number number_in(const json *value)
{
    struct maybe_number number = {json_is(value, JSON_NUMBER), json_number(value)};
    if (json_is(value, JSON_TEXT))
        number.known = str_to_double(str_trim(json_text(value)), &number.value);
    return number;
}

struct best_draft {
    const json *draft; /* NULL: none yet */
    struct maybe_number score;
};

/* Adds drafts in the order of their rounds. The highest score wins, of equals the later; a draft
 * with a score wins over those without; of drafts without one the last. */
static inline void best_draft_add(struct best_draft *best, const json *draft,
                                  struct maybe_number score)
{
    if (best->score.known && !(score.known && score.value >= best->score.value))
        return;
    *best = (struct best_draft){draft, score};
}

#endif
