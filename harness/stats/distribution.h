/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probability distributions, special functions, numerical integration and the Mersenne Twister:
 * the whole of what the library takes from GSL, so that GSL can be exchanged in one file.
 *
 * Functions return NaN outside their domain, never abort and never print. "Upper" functions take
 * or give the right-hand tail, exact where 1 - p would have lost its digits. */
#ifndef STATS_DISTRIBUTION_H
#define STATS_DISTRIBUTION_H

#include <stddef.h>
#include <stdint.h>

/* Normal(0, 1). Quantiles need 0 < p < 1. */
double stats_normal_quantile(double p);
double stats_normal_quantile_upper(double upper);
double stats_normal_cdf(double x);
double stats_normal_density(double x);

/* Student's t, df > 0, 0 < p < 1. */
double stats_t_quantile(double p, double df);

/* Beta(a, b), a and b > 0; the quantile for 0 < p < 1. */
double stats_beta_quantile(double p, double a, double b);

/* Binomial(n, p), 0 <= p <= 1: P(X <= k) and P(X >= k). k may lie outside 0..n. */
double stats_binomial_at_most(int64_t k, uint64_t n, double p);
double stats_binomial_at_least(int64_t k, uint64_t n, double p);

/* Gamma(shape, scale): the sum of `shape` exponentials of mean `scale`. 0 < p < 1. */
double stats_gamma_quantile(double p, double shape, double scale);

double stats_log_gamma(double x);
double stats_log_beta(double a, double b);

/* The binomial coefficient; exact below 2^53, infinite beyond the range of double, 0 for k > n. */
double stats_choose(uint64_t n, uint64_t k);

/* Integral of f(x, context) from low to high to the given relative error; NaN when not reached. */
double stats_integrate(double (*f)(double x, void *context), void *context, double low,
                       double high, double relative_error);

/* MT19937 as in GSL. A zero seed is silently another one there: stats_seed_of() never gives it. */
struct stats_random;

struct stats_random *stats_random_new(uint32_t seed);
void stats_random_free(struct stats_random *random);
uint32_t stats_random_next(struct stats_random *random);

/* Uniform on 0..limit-1 by division and rejection, without modulo bias. limit >= 1. */
size_t stats_random_below(struct stats_random *random, size_t limit);

#endif
