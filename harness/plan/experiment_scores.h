/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_scores.h: the `score` section of an experiment: checks, and where they apply.
 */
#ifndef PLAN_EXPERIMENT_SCORES_H
#define PLAN_EXPERIMENT_SCORES_H

#include "plan/experiment.h"

/* Fills experiment->score. `inputs` is what the root of a variant sees. 0, or -1 after adding
 * mistakes. Called after the variants were bound. */
int scores_load(struct experiment *experiment, const struct yaml *yaml,
                const struct scope *inputs, struct mistakes *mistakes);

/* Fills in whom a score's check asks, once the check has been read; refuses `model` and `repeats`
 * where nobody is asked. 0, or -1 after adding mistakes (experiment_judges.c). */
struct score_keys;
int score_bind_model(struct experiment *experiment, struct mistakes *mistakes,
                     const struct yaml_pair *pair, const struct score_keys *keys,
                     struct score *score);

/* At most so many calls does a score make for a cell, or for an instance of its step. */
int64_t score_calls(const struct experiment *experiment, const struct score *score);
/* Does a score compare variants? Then the cells of a sample and trial get their results together. */
bool experiment_has_contest(const struct experiment *experiment);

/* Does a step path of a score ("faqs[*].sources") stand for this path ("faqs[2].sources", or the
 * same with [*])? An index [*] matches any index, and the name of any case of a route. */
bool step_path_matches(str pattern, str path);

#endif
