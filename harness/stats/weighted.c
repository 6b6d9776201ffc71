/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stratified means by slices of known shares (see weighted.h). One pass a slice, two over its
 * values: the centre is the slice's own mean, since shares, not chance, decide how many requests
 * are of which slice. */
#include "stats/weighted.h"

#include <math.h>

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/sum.h"

#define TINY 1e-12
enum { CLUSTERS_FOR_PLAIN_T = 10 };

static size_t cluster_of(const struct stats_clusters *clusters, size_t item)
{
    return clusters ? clusters->of[item] : item;
}

/* ---- weights ---- */

/* The weight of every item, summing to 1 over the slices that have any. */
static double *weights_of(size_t count, const struct stats_strata *strata, bool *empty)
{
    double *weight = xcalloc(count + 1, sizeof *weight);
    size_t slices = strata ? strata->count : 1;
    size_t *sizes = xcalloc(slices + 1, sizeof *sizes);

    *empty = count == 0;
    for (size_t i = 0; i < count; i++)
        sizes[strata ? strata->of[i] : 0]++;
    for (size_t k = 0; strata && k < slices; k++)
        *empty = *empty || (strata->share[k] > 0.0 && sizes[k] == 0);
    for (size_t i = 0; i < count; i++)
        weight[i] = strata ? strata->share[strata->of[i]] / (double)sizes[strata->of[i]]
                           : 1.0 / (double)count;
    xfree(sizes);
    return weight;
}

static double kish_of(const double *weight, size_t count, const struct stats_clusters *clusters)
{
    size_t groups = stats_clusters_count(clusters, count);
    double *sums = xcalloc(groups + 1, sizeof *sums), squares = 0.0;

    for (size_t i = 0; i < count; i++)
        sums[cluster_of(clusters, i)] += weight[i];
    for (size_t g = 0; g < groups; g++)
        squares += sums[g] * sums[g];
    xfree(sums);
    return squares > 0.0 ? 1.0 / squares : 0.0;
}

static double weighted_mean(const double *values, const double *weight, size_t count)
{
    struct stats_sum sum = {0};

    for (size_t i = 0; i < count; i++)
        stats_sum_add(&sum, weight[i] * values[i]);
    return stats_sum_value(&sum);
}

/* ---- the standard error ---- */

/* What one slice adds to the error. */
struct part {
    double variance;
    size_t clusters;
};

struct residuals {
    const double *values;
    size_t count;
    const struct stats_strata *strata;
    const struct stats_clusters *clusters;
    double *own, *total; /* by cluster */
    bool *touched;
    size_t groups;
};

static double slice_mean(const struct residuals *r, size_t slice, size_t *size)
{
    struct stats_sum sum = {0};

    *size = 0;
    for (size_t i = 0; i < r->count; i++)
        if (r->strata->of[i] == slice) {
            stats_sum_add(&sum, r->values[i]);
            ++*size;
        }
    return *size ? stats_sum_value(&sum) / (double)*size : 0.0;
}

static struct part add_slice(struct residuals *r, size_t slice)
{
    struct part part = {0};
    size_t size;
    double mean = slice_mean(r, slice, &size), share = r->strata->share[slice];

    for (size_t g = 0; g < r->groups; g++) {
        r->own[g] = 0.0;
        r->touched[g] = false;
    }
    for (size_t i = 0; i < r->count; i++)
        if (r->strata->of[i] == slice) {
            size_t g = cluster_of(r->clusters, i);
            r->own[g] += share / (double)size * (r->values[i] - mean);
            part.clusters += !r->touched[g];
            r->touched[g] = true;
        }
    if (part.clusters < 2)
        return part;
    double factor = sqrt((double)part.clusters / (double)(part.clusters - 1));
    for (size_t g = 0; g < r->groups; g++) {
        part.variance += factor * r->own[g] * factor * r->own[g];
        r->total[g] += factor * r->own[g];
    }
    return part;
}

/* Fills se and df; both stay unknown when a slice has one cluster. */
static void add_error(struct stats_weighted *result, struct residuals *r)
{
    double variances = 0.0, squares = 0.0, spare = 0.0, sum = 0.0;

    for (size_t k = 0; k < r->strata->count; k++) {
        if (!(r->strata->share[k] > 0.0))
            continue;
        struct part part = add_slice(r, k);
        if (part.clusters < 2) {
            result->thin_slice = true;
            return;
        }
        variances += part.variance;
        squares += part.variance * part.variance / (double)(part.clusters - 1);
        spare += (double)(part.clusters - 1);
    }
    for (size_t g = 0; g < r->groups; g++)
        sum += r->total[g] * r->total[g];
    double se = sqrt(sum);
    bool none = se <= TINY * fabs(result->mean.value);
    result->se = maybe_of(none ? 0.0 : se);
    result->df = maybe_of(none || !(squares > 0.0) ? spare : variances * variances / squares);
}

static void of_single(struct stats_weighted *result, const double *values, size_t count,
                      const struct stats_clusters *clusters, double conf)
{
    struct stats_mean mean = stats_mean_t(values, count, clusters, conf);

    result->mean = mean.mean;
    result->se = mean.se;
    result->df = mean.df;
    result->low = mean.low;
    result->high = mean.high;
    result->empty_slice = count == 0;
    result->thin_slice = count > 0 && !mean.se.known;
}

struct stats_weighted stats_stratified_mean(const double *values, size_t count,
                                            const struct stats_strata *strata,
                                            const struct stats_clusters *clusters, double conf)
{
    struct stats_weighted result = {0};
    bool empty;
    double *weight = weights_of(count, strata, &empty);
    size_t groups = stats_clusters_count(clusters, count);

    result.kish = kish_of(weight, count, clusters);
    if (!strata) {
        of_single(&result, values, count, clusters, conf);
        xfree(weight);
        return result;
    }
    result.empty_slice = empty;
    if (!empty)
        result.mean = maybe_of(weighted_mean(values, weight, count));
    xfree(weight);
    if (!result.mean.known)
        return result;
    struct residuals r = {values, count, strata, clusters, NULL, NULL, NULL, groups};
    r.own = xcalloc(groups + 1, sizeof *r.own);
    r.total = xcalloc(groups + 1, sizeof *r.total);
    r.touched = xcalloc(groups + 1, sizeof *r.touched);
    add_error(&result, &r);
    xfree(r.own);
    xfree(r.total);
    xfree(r.touched);
    if (result.se.known) {
        double half = -stats_t_quantile((1.0 - conf) / 2.0, result.df.value) * result.se.value;
        result.low = maybe_of(result.mean.value - half);
        result.high = maybe_of(result.mean.value + half);
    }
    return result;
}

struct stats_accuracy stats_stratified_share(const double *values, size_t count,
                                             const struct stats_strata *strata,
                                             const struct stats_clusters *clusters, double most,
                                             double conf)
{
    struct stats_weighted mean = stats_stratified_mean(values, count, strata, clusters, conf);
    struct stats_accuracy result = {.interval = {.low = 0.0, .high = 1.0}};
    double p = mean.mean.value, n_eff = mean.kish, level = conf;

    if (!mean.mean.known)
        return result;
    result.se = mean.se;
    result.df = mean.df;
    if (!mean.se.known)
        n_eff = 1.0;
    else if (mean.se.value > 0.0 && p > 0.0 && p < 1.0)
        n_eff = p * (1.0 - p) / (mean.se.value * mean.se.value);
    if (most > 0.0)
        n_eff = fmin(n_eff, most);
    if (mean.se.known) /* Wilson's formula with t in place of z */
        level =
            2.0 * stats_normal_cdf(-stats_t_quantile((1.0 - conf) / 2.0, mean.df.value)) - 1.0;
    result.n_eff = maybe_of(n_eff);
    result.interval = stats_wilson(p * n_eff, n_eff, level);
    result.interval.estimate = mean.mean;
    return result;
}

/* ---- differences ---- */

/* Weighted sums of the clusters, scaled so that equal weights are 1 each. */
struct sums {
    double *difference, *weight;
    size_t groups, nonzero;
    double kish; /* as many clusters of equal weight say as much */
};

static void weighted_plus_two(struct stats_paired_difference *result, const struct sums *sums,
                              size_t count)
{
    double average = (double)count / sums->kish;
    double size = (double)count + 2.0 * average, total = 0.0, squares = 0.0, centre;

    for (size_t g = 0; g < sums->groups; g++)
        total += sums->difference[g];
    centre = total / size;
    for (size_t g = 0; g < sums->groups; g++) {
        double off = sums->difference[g] - sums->weight[g] * centre;
        squares += off * off;
    }
    squares += average * (1.0 - centre) * average * (1.0 - centre) +
               average * (-1.0 - centre) * average * (-1.0 - centre);
    result->method = STATS_PAIRED_PLUS_TWO;
    result->centre = maybe_of(centre);
    result->se = maybe_of(
        sqrt((double)(sums->groups + 2) / (double)(sums->groups + 1) * squares) / size);
    result->df = maybe_of((double)(sums->groups + 1));
}

static void weighted_t(struct stats_paired_difference *result, const struct sums *sums,
                       size_t count)
{
    double middle = result->difference.value, squares = 0.0;

    for (size_t g = 0; g < sums->groups; g++) {
        double off = sums->difference[g] - sums->weight[g] * middle;
        squares += off * off;
    }
    result->method = STATS_PAIRED_CLUSTER_T;
    result->se = maybe_of(sqrt((double)sums->groups / (double)(sums->groups - 1) * squares) /
                          (double)count);
    result->df = maybe_of((double)(sums->groups - 1));
}

struct stats_paired_difference stats_weighted_diff(const double *differences, size_t count,
                                                   const struct stats_strata *strata,
                                                   const struct stats_clusters *clusters,
                                                   double conf)
{
    struct stats_paired_difference result = {.low = -1.0, .high = 1.0};
    bool empty;

    if (!strata)
        return stats_paired_diff(differences, count, clusters, conf, 1);
    double *weight = weights_of(count, strata, &empty);
    if (empty) {
        xfree(weight);
        return result;
    }
    result.difference = maybe_of(weighted_mean(differences, weight, count));
    struct sums sums = {.groups = stats_clusters_count(clusters, count),
                        .kish = kish_of(weight, count, clusters)};
    sums.difference = xcalloc(sums.groups + 1, sizeof *sums.difference);
    sums.weight = xcalloc(sums.groups + 1, sizeof *sums.weight);
    for (size_t i = 0; i < count; i++) {
        size_t g = cluster_of(clusters, i);
        sums.difference[g] += weight[i] * (double)count * differences[i];
        sums.weight[g] += weight[i] * (double)count;
    }
    for (size_t g = 0; g < sums.groups; g++)
        sums.nonzero += fabs(sums.difference[g]) > TINY;
    double middle = result.difference.value;
    if (sums.nonzero >= CLUSTERS_FOR_PLAIN_T) {
        weighted_t(&result, &sums, count);
    } else {
        weighted_plus_two(&result, &sums, count);
        middle = result.centre.value;
    }
    double half = -stats_t_quantile(1.0 - conf, result.df.value) * result.se.value;
    result.low = fmax(-1.0, middle - half);
    result.high = fmin(1.0, middle + half);
    xfree(sums.difference);
    xfree(sums.weight);
    xfree(weight);
    return result;
}
