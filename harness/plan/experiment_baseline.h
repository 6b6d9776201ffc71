/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_baseline.h: `baseline` of an experiment: one of its variants, or a file that
 * `weir baseline save` wrote of an earlier run (docs/baselines.md).
 *
 * Of a file is looked at here what can be known before the first call: that it is a baseline, and
 * that variants, scores and samples of the experiment are among what it holds. Its cells are read by
 * who compares (session/kept.h), from what the run keeps of it.
 */
#ifndef PLAN_EXPERIMENT_BASELINE_H
#define PLAN_EXPERIMENT_BASELINE_H

#include "plan/experiment.h"

struct baseline_keys {
    str file;
};

extern const struct opt baseline_options[];

struct baseline_file {
    str path;          /* to open it */
    const json *whole; /* NULL: it has mistakes */
    struct place place;
};

/* Once variants and dataset are known. `ignored`: a file is neither read nor compared with. */
void baseline_load(struct experiment *experiment, const struct yaml *yaml, bool ignored,
                   struct mistakes *mistakes);
/* Once the effective definition is. */
void baseline_check_scores(const struct experiment *experiment, struct mistakes *mistakes);
/* True also of a file with mistakes, which are told already. */
bool baseline_has_variant(const struct baseline_file *file, str name);

/* Hash of what decides a verdict in the scores of an effective definition, as 32 digits in the arena. */
str experiment_graders(struct arena *arena, const json *definition);

#endif
