/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expected latency and number of calls of a pattern, from a model of one call: for plans ("what
 * would five parallel calls cost?") and for calibration against simulated providers. Results in
 * the unit of the mean. */
#ifndef STATS_EXPECT_H
#define STATS_EXPECT_H

#include <stddef.h>
#include <stdint.h>

#include "stats/maybe.h"

/* n calls with exponential latency: the slowest of them side by side, and all in a row. */
struct stats_exp_fanout {
    maybe mean_max, var_max, p50_max, p99_max;
    maybe mean_sum, p50_sum, p99_sum;
};

struct stats_exp_fanout stats_exp_fanout(double mean, uint64_t n);

/* Mean time until k of n parallel calls have answered. */
maybe stats_exp_kth_of_n(double mean, uint64_t n, uint64_t k);

/* Mean time until all tasks are done by that many workers. */
maybe stats_exp_makespan(double mean, uint64_t tasks, uint64_t workers);

/* n calls with lognormal latency: exp(mu + sigma * normal). */
struct stats_lognormal_fanout {
    maybe mean_one;
    maybe mean_max, p50_max, p99_max;
    maybe mean_sum, var_sum;
};

struct stats_lognormal_fanout stats_lognormal_fanout(double mu, double sigma, uint64_t n);

/* Attempts of a call that fails with probability `fail` and is retried at most max_retries
 * times; chance that it succeeds in the end. */
struct stats_retry_calls {
    double expected_calls, success;
};

struct stats_retry_calls stats_retry_calls(double fail, uint64_t max_retries);

/* Rounds of an evaluator-optimizer loop with acceptance probability a round; two calls each. */
struct stats_refinement_calls {
    double expected_rounds, expected_calls;
};

struct stats_refinement_calls stats_refinement_calls(double accept, uint64_t max_rounds);

/* Votes drawn until a majority of n (odd) is certain, two labels, the first with probability p. */
double stats_early_stop_vote_calls(double p, uint64_t n);

/* Calls of a chain whose gates pass with these rates, and the share that reaches the end. */
struct stats_chain_calls {
    double expected_calls, end_to_end;
};

struct stats_chain_calls stats_gated_chain_calls(const double *pass_rates, size_t steps);

#endif
