/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Closed forms where there are any; the mean of a lognormal maximum has none and is integrated.
 * Independent calls are assumed throughout: measured fan-outs use per-sample maxima instead. */
#include "stats/expect.h"

#include "stats/distribution.h"
#include "stats/sum.h"

/* Sum of 1/i^power for i in from..to. */
static double harmonic(uint64_t from, uint64_t to, int power)
{
    struct stats_sum sum = {0};

    for (uint64_t i = from; i <= to; i++)
        stats_sum_add(&sum, power == 1 ? 1.0 / (double)i : 1.0 / ((double)i * (double)i));
    return stats_sum_value(&sum);
}

/* Upper tail at which one call must lie for the slowest of n to be at quantile p:
 * 1 - p^(1/n), without losing digits when n is large. */
static double single_upper_tail(double p, uint64_t n)
{
    return -expm1(log(p) / (double)n);
}

struct stats_exp_fanout stats_exp_fanout(double mean, uint64_t n)
{
    struct stats_exp_fanout result = {0};

    if (n == 0)
        return result;
    result.mean_max = maybe_of(mean * harmonic(1, n, 1));
    result.var_max = maybe_of(mean * mean * harmonic(1, n, 2));
    result.p50_max = maybe_of(-mean * log(single_upper_tail(0.5, n)));
    result.p99_max = maybe_of(-mean * log(single_upper_tail(0.99, n)));
    result.mean_sum = maybe_of((double)n * mean);
    result.p50_sum = maybe_of(stats_gamma_quantile(0.5, (double)n, mean));
    result.p99_sum = maybe_of(stats_gamma_quantile(0.99, (double)n, mean));
    return result;
}

maybe stats_exp_kth_of_n(double mean, uint64_t n, uint64_t k)
{
    if (k == 0 || k > n)
        return maybe_none();
    return maybe_of(mean * harmonic(n - k + 1, n, 1));
}

maybe stats_exp_makespan(double mean, uint64_t tasks, uint64_t workers)
{
    if (tasks == 0 || workers == 0)
        return maybe_none();
    if (tasks < workers)
        return maybe_of(mean * harmonic(1, tasks, 1));
    return maybe_of(mean *
                    ((double)(tasks - workers) / (double)workers + harmonic(1, workers, 1)));
}

struct lognormal_maximum {
    double mu, sigma, n;
};

static double maximum_integrand(double z, void *context)
{
    const struct lognormal_maximum *of = context;

    return exp(of->mu + of->sigma * z) * of->n * stats_normal_density(z) *
           pow(stats_normal_cdf(z), of->n - 1.0);
}

struct stats_lognormal_fanout stats_lognormal_fanout(double mu, double sigma, uint64_t n)
{
    const double reach = 12.0; /* standard deviations; what lies beyond is below rounding */
    struct lognormal_maximum of = {mu, sigma, (double)n};
    struct stats_lognormal_fanout result = {0};
    double spread = sigma * sigma;

    if (n == 0)
        return result;
    result.mean_one = maybe_of(exp(mu + spread / 2.0));
    result.mean_max = maybe_of(stats_integrate(maximum_integrand, &of, -reach, reach, 1e-11));
    result.p50_max =
        maybe_of(exp(mu + sigma * stats_normal_quantile_upper(single_upper_tail(0.5, n))));
    result.p99_max =
        maybe_of(exp(mu + sigma * stats_normal_quantile_upper(single_upper_tail(0.99, n))));
    result.mean_sum = maybe_of((double)n * exp(mu + spread / 2.0));
    result.var_sum = maybe_of((double)n * expm1(spread) * exp(2.0 * mu + spread));
    return result;
}

struct stats_retry_calls stats_retry_calls(double fail, uint64_t max_retries)
{
    double attempts = (double)max_retries + 1.0;
    double lost = pow(fail, attempts);

    if (fail >= 1.0)
        return (struct stats_retry_calls){attempts, 0.0};
    return (struct stats_retry_calls){(1.0 - lost) / (1.0 - fail), 1.0 - lost};
}

struct stats_refinement_calls stats_refinement_calls(double accept, uint64_t max_rounds)
{
    double rounds = (double)max_rounds;

    if (accept > 0.0)
        rounds = (1.0 - pow(1.0 - accept, (double)max_rounds)) / accept;
    return (struct stats_refinement_calls){rounds, 2.0 * rounds};
}

double stats_early_stop_vote_calls(double p, uint64_t n)
{
    uint64_t needed = (n + 1) / 2;
    double q = 1.0 - p, k = (double)needed;
    struct stats_sum sum = {0};

    for (uint64_t t = needed; t <= n; t++) {
        double others = (double)(t - needed);

        stats_sum_add(&sum, (double)t * stats_choose(t - 1, needed - 1) *
                                (pow(p, k) * pow(q, others) + pow(q, k) * pow(p, others)));
    }
    return stats_sum_value(&sum);
}

struct stats_chain_calls stats_gated_chain_calls(const double *pass_rates, size_t steps)
{
    struct stats_chain_calls result = {0.0, 1.0};
    struct stats_sum calls = {0};

    for (size_t s = 0; s < steps; s++) {
        stats_sum_add(&calls, result.end_to_end);
        result.end_to_end *= pass_rates[s];
    }
    result.expected_calls = stats_sum_value(&calls);
    return result;
}
