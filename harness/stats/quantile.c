/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantiles that were really observed, and intervals without any assumption about the shape of
 * the distribution. Trials of one sample are alike; the design effect at the quantile turns N
 * values into the number of independent ones that say as much. Sorts everything: the histogram
 * bucket for more values than memory holds is here too, its bookkeeping is not. */
#include "stats/quantile.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/sum.h"

static uint64_t nearest_rank(uint64_t n, unsigned permille)
{
    uint64_t rank = (n * permille + 999) / 1000;

    return rank > 0 ? rank : 1;
}

/* Largest l >= 1 with P(X <= l - 1) <= tail, or 0: the probability grows with l. */
static uint64_t lower_rank_of(uint64_t n, double p, double tail)
{
    uint64_t good = 0, bad = n + 1;

    while (bad - good > 1) {
        uint64_t middle = good + (bad - good) / 2;

        if (stats_binomial_at_most((int64_t)middle - 1, n, p) <= tail)
            good = middle;
        else
            bad = middle;
    }
    return good;
}

/* Smallest u <= n with P(X >= u) <= tail, or n + 1: the probability falls with u. */
static uint64_t upper_rank_of(uint64_t n, double p, double tail)
{
    uint64_t bad = 0, good = n + 1;

    while (good - bad > 1) {
        uint64_t middle = bad + (good - bad) / 2;

        if (stats_binomial_at_least((int64_t)middle, n, p) <= tail)
            good = middle;
        else
            bad = middle;
    }
    return good;
}

struct stats_order_ranks stats_order_stat_ranks(uint64_t n, unsigned permille, double conf)
{
    double p = (double)permille / 1000.0, tail = (1.0 - conf) / 2.0;
    struct stats_order_ranks ranks = {0};

    if (n == 0)
        return ranks;
    ranks.rank = nearest_rank(n, permille);
    ranks.lower = lower_rank_of(n, p, tail);
    ranks.upper = upper_rank_of(n, p, tail);
    ranks.coverage = stats_binomial_at_most((int64_t)ranks.upper - 1, n, p) -
                     stats_binomial_at_most((int64_t)ranks.lower - 1, n, p);
    return ranks;
}

static int compare_observations(const void *left, const void *right)
{
    const struct stats_observation *a = left, *b = right;

    return a->value < b->value ? -1 : a->value > b->value;
}

/* Variance of the share of values <= x among clustered values, over that of independent ones. */
static double design_effect(const struct stats_observation *sorted, size_t count,
                            size_t clusters, int64_t x)
{
    size_t below = 0, largest = 0;
    double share, variance, n = (double)count, groups = (double)clusters;
    size_t *size, *under;
    struct stats_sum squares = {0};

    while (below < count && sorted[below].value <= x)
        below++;
    size = xcalloc(clusters, sizeof *size);
    under = xcalloc(clusters, sizeof *under);
    for (size_t i = 0; i < count; i++) {
        size[sorted[i].cluster]++;
        under[sorted[i].cluster] += i < below;
    }
    share = (double)below / n;
    for (size_t g = 0; g < clusters; g++) {
        double excess = (double)under[g] - share * (double)size[g];

        stats_sum_add(&squares, excess * excess);
        largest = size[g] > largest ? size[g] : largest;
    }
    xfree(size);
    xfree(under);
    if (largest <= 1)
        return 1.0;
    if (below == count || clusters < 2)
        return n / groups;
    variance = groups / (groups - 1.0) * stats_sum_value(&squares) / (n * n);
    return fmin((double)largest, fmax(1.0, variance / (share * (1.0 - share) / n)));
}

static maybe value_at(const struct stats_observation *sorted, uint64_t rank)
{
    int64_t value = sorted[rank - 1].value;

    return value == STATS_CENSORED ? maybe_none() : maybe_of((double)value);
}

/* Ranks among n_eff values, stretched back to the n there are, outwards. */
static void set_limits(struct stats_quantile *result, const struct stats_observation *sorted,
                       unsigned permille, double conf)
{
    struct stats_order_ranks ranks = stats_order_stat_ranks(result->n_eff, permille, conf);
    uint64_t n = result->n, n_eff = result->n_eff;

    if (ranks.lower > 0) {
        uint64_t rank = ranks.lower * n / n_eff;

        result->lower_rank = rank > 0 ? rank : 1;
        result->low = value_at(sorted, result->lower_rank);
    }
    if (ranks.upper <= n_eff) {
        uint64_t rank = (ranks.upper * n + n_eff - 1) / n_eff;

        result->upper_rank = rank < n ? rank : n;
        result->high = value_at(sorted, result->upper_rank);
    }
}

void stats_observations_sort(struct stats_observation *observations, size_t count)
{
    size_t in_order = 1;

    while (in_order < count &&
           compare_observations(&observations[in_order - 1], &observations[in_order]) <= 0)
        in_order++;
    if (in_order < count)
        qsort(observations, count, sizeof *observations, compare_observations);
}

struct stats_quantile stats_latency_quantile(const struct stats_observation *observations,
                                             size_t count, size_t clusters, unsigned permille,
                                             double conf)
{
    struct stats_quantile result = {.deff = 1.0};
    struct stats_observation *sorted;
    double effective;

    if (count == 0)
        return result;
    sorted = xcalloc(count, sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = observations[i];
    stats_observations_sort(sorted, count);
    result.n = count;
    result.rank = nearest_rank(count, permille);
    result.estimate = value_at(sorted, result.rank);
    result.deff = design_effect(sorted, count, clusters, sorted[result.rank - 1].value);
    effective = floor((double)count / result.deff + 1e-9);
    result.n_eff = effective >= 1.0 ? (uint64_t)effective : 1;
    set_limits(&result, sorted, permille, conf);
    xfree(sorted);
    return result;
}

struct stats_hdr_bucket stats_hdr_bucket_of(uint64_t value)
{
    enum { SUB_BUCKETS = 2048, SUB_BUCKET_BITS = 11 };
    unsigned bits = 0;
    struct stats_hdr_bucket result = {0};

    for (uint64_t rest = value | (SUB_BUCKETS - 1); rest; rest >>= 1)
        bits++;
    result.bucket = bits - SUB_BUCKET_BITS;
    result.sub = value >> result.bucket;
    result.lowest = result.sub << result.bucket;
    result.highest = result.lowest + (((uint64_t)1 << result.bucket) - 1);
    result.median = result.lowest + (((uint64_t)1 << result.bucket) >> 1);
    return result;
}

size_t stats_coordinated_omission_fill(int64_t value, int64_t interval, int64_t *filled,
                                       size_t room)
{
    size_t count = 0;

    if (room > 0)
        filled[0] = value;
    count = 1;
    if (interval <= 0)
        return count;
    for (int64_t missed = value - interval; missed >= interval; missed -= interval) {
        if (count < room)
            filled[count] = missed;
        count++;
    }
    return count;
}
