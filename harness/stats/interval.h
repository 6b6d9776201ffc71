/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals for one variant: proportions and means.
 *
 * conf is the two-sided confidence, e.g. 0.95. Limits of proportions always exist (the worst one
 * is 0 to 1); limits of unbounded means may be unknown. */
#ifndef STATS_INTERVAL_H
#define STATS_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/cluster.h"
#include "stats/maybe.h"
#include "stats/trials.h"

struct stats_proportion {
    maybe estimate;
    double low, high;
    bool estimable; /* false: no data, low and high are 0 and 1 */
};

/* Wilson's score interval (1927) for k correct of n; both may be fractional. At k = 0 the lower
 * limit is exactly 0, at k = n the upper one exactly 1. */
struct stats_proportion stats_wilson(double k, double n, double conf);

/* Exact interval of Clopper and Pearson (1934): never covers less than conf, often more. */
struct stats_proportion stats_clopper_pearson(double k, double n, double conf);

/* One-sided exact upper limit of a rate: for "never does X". 1 when n = 0. */
double stats_clopper_pearson_upper(double k, double n, double conf);

/* Equal-tailed credible interval after a uniform prior; estimate is the posterior mean. */
struct stats_proportion stats_beta_interval_uniform(double k, double n, double conf);

/* Mean of per-sample means in [0,1] with Wilson's interval at the effective sample size
 * (Korn and Graubard 1998; Franco et al. 2019): n_eff = p(1-p)/SE^2 with the cluster-robust SE,
 * capped at the number of trial scores when all of these are 0 or 1, and the t quantile with
 * clusters - 1 degrees of freedom instead of the normal one. */
struct stats_accuracy {
    struct stats_proportion interval;
    maybe se;
    maybe df;
    maybe n_eff;
};

struct stats_accuracy stats_accuracy_neff(const struct stats_trials *trials,
                                          const struct stats_clusters *clusters, double conf);

/* The same for one value a sample (pass@k, a reduced score). */
struct stats_accuracy stats_accuracy_of_values(const double *values, size_t count,
                                               const struct stats_clusters *clusters,
                                               double conf);

/* Mean of unbounded values (calls, tokens, cost): mean -/+ t * SE, df = clusters - 1. */
struct stats_mean {
    maybe mean, se, df;
    maybe low, high;
    bool all_equal; /* zero variance: the interval has no width */
};

struct stats_mean stats_mean_t(const double *values, size_t count,
                               const struct stats_clusters *clusters, double conf);

#endif
