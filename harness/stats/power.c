/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sample sizes and minimum detectable differences by the normal approximation. Never "observed
 * power": that is a function of the p-value and says nothing new. */
#include "stats/power.h"

#include "stats/distribution.h"

static double quantile_sum(double alpha, double power)
{
    return stats_normal_quantile_upper(alpha / 2.0) + stats_normal_quantile(power);
}

static uint64_t rounded_up(maybe n)
{
    return n.known && n.value < 9e18 ? (uint64_t)ceil(n.value) : 0;
}

struct stats_power stats_power_samples(const struct stats_power_plan *plan, double delta,
                                       double alpha, double power)
{
    double variance = plan->omega2 + plan->var_within_a / plan->trials_a +
                      plan->var_within_b / plan->trials_b;
    double quantiles = quantile_sum(alpha, power);
    struct stats_power result = {0};

    result.n_exact = maybe_of(quantiles * quantiles * variance / (delta * delta));
    result.n = rounded_up(result.n_exact);
    if (result.n > 0)
        result.mde_at_n = maybe_of(quantiles * sqrt(variance / (double)result.n));
    return result;
}

struct stats_power stats_power_mcnemar(double discordant, double delta, double alpha,
                                       double power)
{
    struct stats_power result = {0};
    double root;

    if (!(discordant > delta * delta) || discordant < fabs(delta))
        return result;
    root = stats_normal_quantile_upper(alpha / 2.0) * sqrt(discordant) +
           stats_normal_quantile(power) * sqrt(discordant - delta * delta);
    result.n_exact = maybe_of(root * root / (delta * delta));
    result.n = rounded_up(result.n_exact);
    return result;
}

double stats_minimum_detectable(double se, double alpha, double power)
{
    return quantile_sum(alpha, power) * se;
}
