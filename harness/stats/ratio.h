/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ratios of cost, tokens and latency of two variants over the same samples.
 *
 * num and den hold one value a sample (mean over its trials), candidate over baseline. */
#ifndef STATS_RATIO_H
#define STATS_RATIO_H

#include <stddef.h>
#include <stdint.h>

#include "stats/cluster.h"
#include "stats/maybe.h"

struct stats_ratio {
    maybe ratio;
    maybe se_log, df;
    maybe low, high;
};

/* Ratio of means, "overall": t interval on the log scale with the SE of y/mean(y) - x/mean(x).
 * Unknown unless both means are positive; limits unknown with a single cluster. */
struct stats_ratio stats_ratio_logdelta(const double *num, const double *den, size_t count,
                                        const struct stats_clusters *clusters, double conf);

/* Geometric mean of the samples' ratios, "typical sample". Unknown when any value is not
 * positive. */
struct stats_ratio stats_geometric_ratio(const double *num, const double *den, size_t count,
                                         const struct stats_clusters *clusters, double conf);

/* Paired bootstrap over clusters (Efron 1987 for BCa); clusters numbered by first appearance.
 * BCa is unknown when its acceleration or bias correction is; percentile limits stay. */
struct stats_bootstrap {
    maybe ratio;
    size_t replicates;
    maybe pct_low, pct_high;
    maybe z0, accel;
    maybe bca_low, bca_high;
};

enum { STATS_BOOTSTRAP_REPLICATES = 9999 };
struct stats_bootstrap stats_ratio_bootstrap(const double *num, const double *den, size_t count,
                                             const struct stats_clusters *clusters,
                                             uint32_t seed, size_t replicates, double conf);

/* Fieller's interval (1954), exact for normal data. g >= 1: the set is unbounded, limits
 * unknown. */
struct stats_fieller {
    maybe ratio, g;
    maybe low, high;
};

struct stats_fieller stats_fieller(const double *num, const double *den, size_t count,
                                   double conf);

#endif
