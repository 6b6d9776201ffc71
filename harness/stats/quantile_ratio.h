/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many times larger a quantile of one variant's latencies is than the other's, by a paired
 * bootstrap over clusters: both sides are drawn by the same clusters, whole. */
#ifndef STATS_QUANTILE_RATIO_H
#define STATS_QUANTILE_RATIO_H

#include <stddef.h>
#include <stdint.h>

#include "stats/maybe.h"
#include "stats/quantile.h"

/* Values of one side; clusters are numbered from 0 alike on both sides. */
struct stats_quantile_data {
    struct stats_observation *observation; /* put in order */
    size_t count;
};

/* Percentile limits at confidence conf. A quantile that is a censored value is longer than any;
 * a limit that rests on such is unknown, and so is the ratio. */
struct stats_quantile_ratio {
    maybe ratio, low, high;
};

struct stats_quantile_ratio stats_quantile_ratio(struct stats_quantile_data *candidate,
                                                 struct stats_quantile_data *baseline,
                                                 size_t clusters, unsigned permille,
                                                 uint32_t seed, double conf);

#endif
