/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Was the test big enough, and how big must the next one be? */
#ifndef STATS_POWER_H
#define STATS_POWER_H

#include <stdint.h>

#include "stats/maybe.h"

/* What is known about two variants before the test. Variances are of scores in [0,1]. */
struct stats_power_plan {
    double omega2;       /* variance over samples of the difference of true success rates */
    double var_within_a; /* within-sample variances, and trials a sample */
    double trials_a;
    double var_within_b;
    double trials_b;
};

struct stats_power {
    maybe n_exact; /* samples needed, before rounding up */
    uint64_t n;    /* 0 when not computable */
    maybe mde_at_n;
};

/* Samples needed to find a difference delta at two-sided level alpha with the given power. */
struct stats_power stats_power_samples(const struct stats_power_plan *plan, double delta,
                                       double alpha, double power);

/* The same for one right-or-wrong trial a sample, where the share `discordant` of the samples
 * differs. Needs discordant > delta^2 and discordant >= |delta|. */
struct stats_power stats_power_mcnemar(double discordant, double delta, double alpha,
                                       double power);

/* Smallest true difference that would have been found with the given power, from the standard
 * error of the paired difference that was seen. */
double stats_minimum_detectable(double se, double alpha, double power);

#endif
