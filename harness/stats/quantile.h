/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Latency quantiles: nearest rank, with intervals from order statistics.
 *
 * Levels are integers in per mille (500 is the median, 999 the 99.9 %), because 0.07 * 100 is not
 * 7. Values are integers of any one unit (the product: nanoseconds); a run that gave up at its
 * deadline is STATS_CENSORED, longer than anything seen. */
#ifndef STATS_QUANTILE_H
#define STATS_QUANTILE_H

#include <stddef.h>
#include <stdint.h>

#include "stats/maybe.h"

#define STATS_CENSORED INT64_MAX

/* Ranks (from 1) of the quantile of n independent values and of the limits of its interval.
 * lower 0: there is no lower limit; upper n + 1: there is no upper one. coverage >= conf. */
struct stats_order_ranks {
    uint64_t rank, lower, upper;
    double coverage;
};

struct stats_order_ranks stats_order_stat_ranks(uint64_t n, unsigned permille, double conf);

/* One observation and the cluster (sample) it belongs to. */
struct stats_observation {
    int64_t value;
    size_t cluster;
};

struct stats_quantile {
    maybe estimate; /* unknown without data, or when the rank is a censored value */
    uint64_t rank, n;
    double deff; /* design effect: how much the correlation within clusters costs */
    uint64_t n_eff;
    uint64_t lower_rank, upper_rank; /* 0: no limit on that side */
    maybe low, high;                 /* unknown: no limit, or censored */
};

/* The order that quantiles want them in. Who asks for several of the same observations sorts them
 * first: those in order are not sorted again. */
void stats_observations_sort(struct stats_observation *observations, size_t count);

/* Sorts a copy. `clusters` is the number of clusters; cluster numbers are below it and every
 * cluster has at least one observation. n = 0: everything unknown or 0. */
struct stats_quantile stats_latency_quantile(const struct stats_observation *observations,
                                             size_t count, size_t clusters, unsigned permille,
                                             double conf);

/* The bucket of a value in a log-linear histogram with 3 significant digits (2048 sub-buckets,
 * HdrHistogram's layout): counts of such buckets merge in any order to the same result. */
struct stats_hdr_bucket {
    unsigned bucket;
    uint64_t sub, lowest, highest, median;
};

struct stats_hdr_bucket stats_hdr_bucket_of(uint64_t value);

/* Back-fill after a stall when only actual send times are known: value, value - interval, ...
 * down to at least interval. Never on closed-loop data, nor on times counted from the schedule.
 * Writes at most `room` values to filled and returns how many there are in all (at least 1). */
size_t stats_coordinated_omission_fill(int64_t value, int64_t interval, int64_t *filled,
                                       size_t room);

#endif
