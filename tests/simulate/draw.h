/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random variables for simulations, from the generator of the statistics library. */
#ifndef SIMULATE_DRAW_H
#define SIMULATE_DRAW_H

#include <math.h>

#include "stats/distribution.h"

static inline double draw_uniform(struct stats_random *random)
{
    return ((double)stats_random_next(random) + 0.5) / 4294967296.0;
}

static inline double draw_normal(struct stats_random *random)
{
    return stats_normal_quantile(draw_uniform(random));
}

static inline double draw_exponential(struct stats_random *random, double mean)
{
    return -mean * log(draw_uniform(random));
}

/* Logarithm of a gamma variable (Marsaglia and Tsang 2000); logs, since tiny shapes underflow. */
static inline double draw_log_gamma(struct stats_random *random, double shape)
{
    double d = shape + 1.0 - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);

    for (;;) {
        double x = draw_normal(random), v = 1.0 + c * x;

        v = v * v * v;
        if (v > 0.0 && log(draw_uniform(random)) < 0.5 * x * x + d - d * v + d * log(v))
            return log(d * v) + log(draw_uniform(random)) / shape;
    }
}

/* Success probability of a sample: mean p, correlation rho between its trials (beta). */
static inline double draw_success_rate(struct stats_random *random, double p, double rho)
{
    double first = draw_log_gamma(random, p * (1.0 - rho) / rho);
    double second = draw_log_gamma(random, (1.0 - p) * (1.0 - rho) / rho);

    return 1.0 / (1.0 + exp(second - first));
}

/* Share of right answers of `trials`. */
static inline double draw_mean_of_trials(struct stats_random *random, double rate,
                                         size_t trials)
{
    double right = 0.0;

    for (size_t t = 0; t < trials; t++)
        right += draw_uniform(random) < rate;
    return right / (double)trials;
}

#endif
