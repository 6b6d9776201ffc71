/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_stop.h: the `stop` section of an experiment: which pair is watched, and what ends the
 * run early.
 */
#ifndef PLAN_EXPERIMENT_STOP_H
#define PLAN_EXPERIMENT_STOP_H

#include "plan/experiment.h"

/* As written. */
struct stop_keys {
    const struct yaml *of, *against;
    int metric;
    double alpha, margin;
    int64_t min_samples;
};

extern const struct opt stop_options[];

/* What a run watches; the numbers are those of stats/stop.h. */
struct stop_settings {
    size_t of, against; /* variants */
    bool score;         /* the mean score, not right or wrong */
    double alpha, margin;
    int64_t min_samples;
};

/* Once variants and baseline are known. 0, or -1 after adding mistakes. */
int stop_load(struct experiment *experiment, const struct yaml *yaml,
              struct mistakes *mistakes);

/* `stop` with all that was left out, for the stored definition. */
const json *stop_effective(const struct experiment *experiment);

#endif
