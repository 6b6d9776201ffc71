/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rules.h: `require` of a stored experiment, as rules of a summary.
 *
 * A run is judged by the rules that it began with; they were checked then (plan/experiment_rules.c).
 */
#ifndef SESSION_RULES_H
#define SESSION_RULES_H

#include "base/arena.h"
#include "base/json.h"
#include "stats/summary.h"

/* A sample as rules name it. */
struct rules_sample {
    str id;
    str tags; /* a JSON list */
};

/* What the names of rules stand for. */
struct rules_world {
    const json *definition; /* of the experiment that has the rules */
    const struct summary_score_meta *score;
    size_t scores;
    const struct rules_sample *sample; /* by place in the data set */
    size_t samples;
    /* By number in the summary: the name that rules call a variant by; empty: rules are not about
     * it (the other run's side of a comparison). */
    const str *variant;
    size_t variants;
    /* What 'baseline' is for that variant, or SUMMARY_NO_BASELINE, and how rules may name it. */
    const size_t *baseline;
    const str *baseline_name;
    bool is_comparison; /* of two sides: every variant is a candidate */
    /* Which variants of its experiment are not here, as a definition says what its run left out
     * (plan/experiment_select.h); NULL: none, or rules about others than `variant` are nobody's business. */
    const json *left_out;
};

/* One for each rule and variant it is about, in the arena. */
const struct summary_rule *rules_read(const struct rules_world *world, struct arena *arena,
                                      size_t *count);
/* The margin of the first non-inferiority rule on accuracy, or 0. */
double rules_margin(const struct summary_rule *rules, size_t count);

#endif
