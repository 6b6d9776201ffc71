/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparing two variants on the same samples: intervals of the difference and tests of "no
 * difference". The unit is the sample (or cluster), never the trial: average trials first. */
#ifndef STATS_PAIRED_H
#define STATS_PAIRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/cluster.h"
#include "stats/interval.h"
#include "stats/maybe.h"

/* Single trial, right or wrong, two variants. "First" is the one whose rate comes first in the
 * difference: the candidate. */
struct stats_paired_counts {
    uint64_t both_right, only_first, only_second, both_wrong;
};

/* Newcombe's method 10 for the difference of two paired proportions (Stat. Med. 17:2635, 1998).
 * Without data: difference unknown, -1 to 1. */
struct stats_newcombe {
    maybe difference;
    double phi; /* correlation used, after continuity correction */
    double low, high;
};

/* Counts pairs of right-or-wrong values, right when above 0.5: the i-th pair is first[of_first[i]]
 * and second[of_second[i]], or first[i] and second[i] where there is no such list. */
struct stats_paired_counts stats_paired_count(const double *first, const size_t *of_first,
                                              const double *second, const size_t *of_second,
                                              size_t count);

struct stats_newcombe stats_newcombe_paired(const struct stats_paired_counts *counts,
                                            double conf);

/* The difference of two independent proportions: the distances from each estimate to its limits,
 * squared and added (Newcombe's method 10 for independent samples, Stat. Med. 17:873, 1998). The
 * limits are Wilson's, or those at an effective sample size. */
struct stats_unpaired {
    double difference, low, high;
};

struct stats_unpaired stats_newcombe_unpaired(const struct stats_proportion *first,
                                              const struct stats_proportion *second);

/* McNemar's test on the discordant counts, by the binomial distribution. Exact is guaranteed,
 * mid-p is closer to nominal. Both are 1 when nothing is discordant. */
struct stats_mcnemar {
    double p_exact, p_mid;
};

struct stats_mcnemar stats_mcnemar(uint64_t only_first, uint64_t only_second);

enum stats_paired_method {
    STATS_PAIRED_NONE,      /* no samples */
    STATS_PAIRED_CLUSTER_T, /* at least 10 clusters differ */
    STATS_PAIRED_PLUS_TWO,  /* fewer: two pseudo-clusters, +1 and -1, keep the width honest */
};

/* "none", "cluster_t", "plus_two". */
const char *stats_paired_method_name(enum stats_paired_method method);

/* Mean of per-sample differences in [-1,1] with the guarded cluster-robust t interval. The point
 * estimate is the mean of the data also where the interval is built around `centre`. */
struct stats_paired_difference {
    maybe difference;
    enum stats_paired_method method;
    maybe centre; /* known for plus_two */
    maybe se, df;
    size_t nonzero; /* clusters whose differences do not cancel */
    double low, high;
};

/* sided is 2 for an interval at confidence conf, 1 for one-sided bounds, each at conf. */
struct stats_paired_difference stats_paired_diff(const double *differences, size_t count,
                                                 const struct stats_clusters *clusters,
                                                 double conf, int sided);

/* Exact sign-flip test on integers (differences on a lattice): share of the sign patterns with
 * a sum at least as far from 0 as the one seen. Equals exact McNemar for values of -1, 0, 1. */
double stats_signflip_exact(const int64_t *values, size_t count);

/* The same for real values by full enumeration; only while at most
 * STATS_SIGNFLIP_ENUMERABLE values are not zero. */
enum { STATS_SIGNFLIP_ENUMERABLE = 20 };
double stats_signflip_enumerate(const double *values, size_t count);

/* The same with random sign patterns: p = (1 + extreme) / (1 + patterns), never 0. */
struct stats_signflip_mc {
    double p;
    uint64_t extreme;
};

enum { STATS_SIGNFLIP_PATTERNS = 99999 };
struct stats_signflip_mc stats_signflip_mc(const double *values, size_t count, uint32_t seed,
                                           uint64_t patterns);

/* Number of values that are not zero (the unit of the limits above). */
size_t stats_signflip_nonzero(const double *values, size_t count);

#endif
