/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Means over slices of known shares: what a value would be if requests came in these shares
 * instead of those of the data set.
 *
 * A sample of slice k stands for share_k / n_k of all requests. With NULL for the strata every
 * sample weighs the same, and the results are those of stats/interval.h and stats/paired.h. */
#ifndef STATS_WEIGHTED_H
#define STATS_WEIGHTED_H

#include <stddef.h>

#include "stats/cluster.h"
#include "stats/interval.h"
#include "stats/paired.h"

/* Which slice each item is of, and the shares of the slices, which sum to 1. */
struct stats_strata {
    const size_t *of;
    const double *share;
    size_t count;
};

struct stats_weighted {
    maybe mean;
    maybe se, df;
    maybe low, high;
    double kish; /* 1 / sum of squared weights: equally weighted clusters that say as much */
    bool empty_slice; /* a slice with a share has no item: the mean is unknown */
    bool thin_slice;  /* ... has one cluster: the error is unknown */
};

/* Stratified mean (Cochran, Sampling Techniques, 1977, section 5): sum of share_k * mean_k. Its
 * standard error is that of stats_cluster_se within each slice,
 *     SE^2 = sum over clusters g of ( sum over k of sqrt(G_k/(G_k-1)) * share_k/n_k *
 *            sum over items i of g and k of (y_i - mean_k) )^2,
 * so that clusters across slices are respected; degrees of freedom by Satterthwaite (1946) over
 * the slices. Limits are mean -/+ t * SE. */
struct stats_weighted stats_stratified_mean(const double *values, size_t count,
                                            const struct stats_strata *strata,
                                            const struct stats_clusters *clusters,
                                            double conf);

/* The same for values in [0,1], with Wilson's interval at n_eff = p(1-p)/SE^2 and the t quantile;
 * n_eff is kish where the values do not vary, and never above `most` (0: no such limit). */
struct stats_accuracy stats_stratified_share(const double *values, size_t count,
                                             const struct stats_strata *strata,
                                             const struct stats_clusters *clusters,
                                             double most, double conf);

/* Lower bound, at confidence `conf` one-sided, of a weighted mean of differences in [-1,1]: the
 * guarded t interval of stats_paired_diff with weights. Here slices are not taken as fixed parts of
 * the data, which makes it wider: a claim of "not worse" rests on it. */
struct stats_paired_difference stats_weighted_diff(const double *differences, size_t count,
                                                   const struct stats_strata *strata,
                                                   const struct stats_clusters *clusters,
                                                   double conf);

#endif
