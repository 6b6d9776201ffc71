/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The paired cluster bootstrap of bootstrap.c with two quantiles in place of the means. A draw is
 * a weight for each cluster, so the sorted values are walked, not copied and sorted again. */
#include "stats/quantile_ratio.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/ratio.h"

enum { FEWER_REPLICATES = 1999 };
/* Values walked in all before fewer replicates have to do. */
#define WORK_MOST 2e8

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return a < b ? -1 : a > b;
}

/* The value of the nearest rank when each counts as often as its cluster was drawn; -1 without
 * any. */
static double quantile_of(const struct stats_quantile_data *data, const uint32_t *weight,
                          unsigned permille)
{
    uint64_t total = 0, seen = 0, rank;

    for (size_t i = 0; i < data->count; i++)
        total += weight[data->observation[i].cluster];
    rank = (total * permille + 999) / 1000;
    if (rank == 0)
        rank = 1;
    for (size_t i = 0; i < data->count; i++) {
        seen += weight[data->observation[i].cluster];
        if (seen >= rank)
            return data->observation[i].value == STATS_CENSORED
                       ? (double)INFINITY
                       : (double)data->observation[i].value;
    }
    return -1.0;
}

/* Infinite when nothing can be said against it being so. */
static double ratio_of(const struct stats_quantile_data *candidate,
                       const struct stats_quantile_data *baseline, const uint32_t *weight,
                       unsigned permille)
{
    double above = quantile_of(candidate, weight, permille);
    double below = quantile_of(baseline, weight, permille);

    if (isinf(above) || !(below > 0.0))
        return (double)INFINITY;
    return isinf(below) ? 0.0 : above / below;
}

static double level_of(const double *sorted, size_t count, double p)
{
    double position = ((double)count + 1.0) * p, whole = floor(position);

    if (whole < 1.0)
        return sorted[0];
    if (whole >= (double)count)
        return sorted[count - 1];
    double low = sorted[(size_t)whole - 1], high = sorted[(size_t)whole];
    return isinf(high) ? high : low + (position - whole) * (high - low);
}

struct stats_quantile_ratio stats_quantile_ratio(struct stats_quantile_data *candidate,
                                                 struct stats_quantile_data *baseline,
                                                 size_t clusters, unsigned permille,
                                                 uint32_t seed, double conf)
{
    struct stats_quantile_ratio result = {0};
    double work = (double)(candidate->count + baseline->count) * STATS_BOOTSTRAP_REPLICATES;
    size_t count = work > WORK_MOST ? (size_t)FEWER_REPLICATES : STATS_BOOTSTRAP_REPLICATES;

    if (clusters == 0 || candidate->count == 0 || baseline->count == 0)
        return result;
    stats_observations_sort(candidate->observation, candidate->count);
    stats_observations_sort(baseline->observation, baseline->count);
    uint32_t *weight = xcalloc(clusters, sizeof *weight);
    double *ratio = xcalloc(count, sizeof *ratio);

    for (size_t g = 0; g < clusters; g++)
        weight[g] = 1;
    double seen = ratio_of(candidate, baseline, weight, permille);
    result.ratio = seen > 0.0 ? maybe_of(seen) : maybe_none();
    struct stats_random *random = stats_random_new(seed);
    for (size_t r = 0; r < count && clusters > 1; r++) {
        for (size_t g = 0; g < clusters; g++)
            weight[g] = 0;
        for (size_t g = 0; g < clusters; g++)
            weight[stats_random_below(random, clusters)]++;
        ratio[r] = ratio_of(candidate, baseline, weight, permille);
    }
    stats_random_free(random);
    if (clusters > 1) {
        qsort(ratio, count, sizeof *ratio, compare_doubles);
        result.low = maybe_of(level_of(ratio, count, (1.0 - conf) / 2.0));
        result.high = maybe_of(level_of(ratio, count, (1.0 + conf) / 2.0));
    }
    xfree(weight);
    xfree(ratio);
    return result;
}
