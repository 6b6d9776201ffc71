/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clusters of samples, and the standard error that respects them.
 *
 * Samples of one cluster (same source document, same topic, same user) resemble each other and do
 * not count as independent. Everywhere in this library a `const struct stats_clusters *` of NULL
 * means: every item is a cluster of its own. */
#ifndef STATS_CLUSTER_H
#define STATS_CLUSTER_H

#include <stddef.h>
#include <stdint.h>

#include "stats/maybe.h"

struct stats_clusters {
    const size_t *of; /* of[i]: cluster of item i, 0 .. count-1 */
    size_t count;
};

/* Number arbitrary labels by first appearance: of[i] gets 0, 1, ... The caller owns `of`, which
 * has room for `count` entries. Returns the number of clusters. */
size_t stats_clusters_number(const uint64_t *labels, size_t count, size_t *of);

/* Number of clusters among `count` items. */
size_t stats_clusters_count(const struct stats_clusters *clusters, size_t count);

/* sums[g] = sum over the items i of cluster g of (values[i] - centre); `sums` has room for
 * stats_clusters_count() entries. */
void stats_cluster_sums(const double *values, size_t count, double centre,
                        const struct stats_clusters *clusters, double *sums);

/* Cluster-robust standard error of the mean of values around `centre` (their mean):
 *     sqrt( G/(G-1) * sum over clusters of (sum of deviations)^2 ) / n
 * which is s/sqrt(n) when every cluster has one item (Miller 2024, arXiv 2411.00640). Unknown for
 * fewer than two clusters. Differences below 1e-12 are rounding and give exactly 0. */
maybe stats_cluster_se(const double *values, size_t count, double centre,
                       const struct stats_clusters *clusters);

#endif
