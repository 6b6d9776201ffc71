/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_rules.h: the `require` section of an experiment: what a run must show to pass.
 */
#ifndef PLAN_EXPERIMENT_RULES_H
#define PLAN_EXPERIMENT_RULES_H

#include "plan/experiment.h"

/* A rule as written. */
struct rule_keys {
    str metric;
    const struct yaml *of, *min, *max, *not_below, *not_above, *above, *below;
    double margin, ratio;
    struct opt_texts must_pass;
    int64_t k;
    int using, inconclusive;
    bool has_margin, has_ratio, has_must_pass, has_k, has_using;
};

extern const struct opt rule_options[];

/* Checks the rules, once variants, baseline, scores and the dataset are known, and counts them in
 * experiment->rules. What a rule means for a run is read from the stored definition (session/rules.h):
 * a run is judged by the rules it began with. 0, or -1 after adding mistakes. */
int rules_load(struct experiment *experiment, const struct yaml *yaml,
               const struct experiment_options *options, struct mistakes *mistakes);

#endif
