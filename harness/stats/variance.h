/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of the spread lies between samples and how much between trials of one sample. */
#ifndef STATS_VARIANCE_H
#define STATS_VARIANCE_H

#include "stats/maybe.h"
#include "stats/trials.h"

/* One-way analysis of variance with samples as groups. All unknown with fewer than two samples
 * or without a repeated trial. */
struct stats_variance {
    maybe msb, msw;
    maybe t0; /* average number of trials, for unequal ones */
    maybe between, within;
    maybe icc; /* share of the variance between samples; unknown when there is none at all */
    maybe se_rerun; /* standard error of the mean if the same samples were run again */
};

struct stats_variance stats_variance_components(const struct stats_trials *trials);

#endif
