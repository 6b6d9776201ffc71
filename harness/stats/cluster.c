/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The standard error of a mean, clustered or not: one formula behind every interval of the
 * library that is not an exact one. Two passes: the centre comes from the caller. */
#include "stats/cluster.h"

#include <stdlib.h>

#include "base/mem.h"
#include "stats/sum.h"

struct labelled {
    uint64_t label;
    size_t index;
};

static int compare_labelled(const void *left, const void *right)
{
    const struct labelled *a = left, *b = right;

    if (a->label != b->label)
        return a->label < b->label ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

size_t stats_clusters_number(const uint64_t *labels, size_t count, size_t *of)
{
    struct labelled *sorted;
    size_t clusters = 0;

    if (count == 0)
        return 0;
    sorted = xcalloc(count, sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct labelled){labels[i], i};
    qsort(sorted, count, sizeof *sorted, compare_labelled);

    /* First every item points at the first item of its label, then those firsts are numbered. */
    for (size_t i = 0, first = 0; i < count; i++) {
        if (sorted[i].label != sorted[first].label)
            first = i;
        of[sorted[i].index] = sorted[first].index;
    }
    for (size_t i = 0; i < count; i++)
        of[i] = of[i] == i ? clusters++ : of[of[i]];
    xfree(sorted);
    return clusters;
}

size_t stats_clusters_count(const struct stats_clusters *clusters, size_t count)
{
    return clusters ? clusters->count : count;
}

void stats_cluster_sums(const double *values, size_t count, double centre,
                        const struct stats_clusters *clusters, double *sums)
{
    size_t groups = stats_clusters_count(clusters, count);
    struct stats_sum *running;

    if (count == 0)
        return;
    running = xcalloc(groups, sizeof *running);
    for (size_t i = 0; i < count; i++)
        stats_sum_add(&running[clusters ? clusters->of[i] : i], values[i] - centre);
    for (size_t g = 0; g < groups; g++)
        sums[g] = stats_sum_value(&running[g]);
    xfree(running);
}

/* The largest magnitude among values and `least`: what rounding is measured by. */
static double largest_of(const double *values, size_t count, double centre, double least)
{
    for (size_t i = 0; i < count; i++)
        least = fmax(least, fabs(values[i] - centre));
    return least;
}

maybe stats_cluster_se(const double *values, size_t count, double centre,
                       const struct stats_clusters *clusters)
{
    size_t groups = stats_clusters_count(clusters, count);
    double squares, factor, largest, se;

    if (groups < 2)
        return maybe_none();
    if (clusters) {
        double *sums = xcalloc(groups, sizeof *sums);

        stats_cluster_sums(values, count, centre, clusters, sums);
        squares = stats_sum_of_squares(sums, groups, 0.0);
        largest = largest_of(sums, groups, 0.0, fabs(centre));
        xfree(sums);
    } else { /* the sum of one value is that value: no copy, for there may be very many */
        squares = stats_sum_of_squares(values, count, centre);
        largest = largest_of(values, count, centre, fabs(centre));
    }
    factor = (double)groups / (double)(groups - 1);
    se = sqrt(factor * squares) / (double)count;
    return maybe_of(se <= 1e-12 * largest / (double)count ? 0.0 : se);
}
