/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals of a paired difference: Newcombe's for right-or-wrong answers of one trial, a guarded
 * t interval for everything else. The plain t interval is far too narrow when only a few samples
 * differ (and has no width when none does); adding two pseudo-clusters with the largest possible
 * differences (Bonett and Price 2012) cures that. The sign-flip tests are in signflip.c. */
#include "stats/paired.h"

#include <math.h>

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/interval.h"
#include "stats/sum.h"

#define NONZERO_TOLERANCE 1e-12
enum { CLUSTERS_FOR_PLAIN_T = 10 };

struct stats_paired_counts stats_paired_count(const double *first, const size_t *of_first,
                                              const double *second, const size_t *of_second,
                                              size_t count)
{
    uint64_t cells[4] = {0}; /* neither, second alone, first alone, both */

    for (size_t i = 0; i < count; i++) {
        bool a = first[of_first ? of_first[i] : i] > 0.5;
        bool b = second[of_second ? of_second[i] : i] > 0.5;

        cells[2 * a + b]++;
    }
    return (struct stats_paired_counts){cells[3], cells[2], cells[1], cells[0]};
}

/* Newcombe's phi: the correlation of the two answers, its numerator corrected for continuity. */
static double newcombe_phi(double a, double b, double c, double e, double n)
{
    double product = (a + b) * (c + e) * (a + c) * (b + e);
    double covariance = a * e - b * c;

    if (product <= 0.0)
        return 0.0;
    if (covariance > n / 2.0)
        covariance -= n / 2.0;
    else if (covariance >= 0.0)
        covariance = 0.0;
    return covariance / sqrt(product);
}

static double joined_distance(double first, double second, double phi)
{
    return sqrt(fmax(0.0, first * first - 2.0 * phi * first * second + second * second));
}

struct stats_newcombe stats_newcombe_paired(const struct stats_paired_counts *counts,
                                            double conf)
{
    double a = (double)counts->both_right, b = (double)counts->only_first;
    double c = (double)counts->only_second, e = (double)counts->both_wrong;
    double n = a + b + c + e, difference;
    struct stats_newcombe result = {maybe_none(), 0.0, -1.0, 1.0};
    struct stats_proportion first, second;

    if (n <= 0.0)
        return result;
    first = stats_wilson(a + b, n, conf);
    second = stats_wilson(a + c, n, conf);
    difference = (b - c) / n;
    result.difference = maybe_of(difference);
    result.phi = newcombe_phi(a, b, c, e, n);
    result.low = difference - joined_distance(first.estimate.value - first.low,
                                              second.high - second.estimate.value, result.phi);
    result.high = difference + joined_distance(first.high - first.estimate.value,
                                               second.estimate.value - second.low, result.phi);
    result.low = fmax(-1.0, result.low);
    result.high = fmin(1.0, result.high);
    return result;
}

struct stats_unpaired stats_newcombe_unpaired(const struct stats_proportion *first,
                                              const struct stats_proportion *second)
{
    double p1 = first->estimate.value, p2 = second->estimate.value;

    return (struct stats_unpaired){
        .difference = p1 - p2,
        .low = fmax(-1.0, p1 - p2 - joined_distance(p1 - first->low, second->high - p2, 0.0)),
        .high = fmin(1.0, p1 - p2 + joined_distance(first->high - p1, p2 - second->low, 0.0)),
    };
}

struct stats_mcnemar stats_mcnemar(uint64_t only_first, uint64_t only_second)
{
    uint64_t smaller = only_first < only_second ? only_first : only_second;
    uint64_t discordant = only_first + only_second;
    struct stats_mcnemar result = {1.0, 1.0};
    double tail, point;

    if (discordant == 0)
        return result;
    tail = stats_binomial_at_most((int64_t)smaller, discordant, 0.5);
    point = exp(
        stats_log_gamma((double)discordant + 1.0) - stats_log_gamma((double)smaller + 1.0) -
        stats_log_gamma((double)(discordant - smaller) + 1.0) - (double)discordant * log(2.0));
    result.p_exact = fmin(1.0, 2.0 * tail);
    result.p_mid = only_first == only_second ? 1.0 : fmin(1.0, 2.0 * tail - point);
    return result;
}

const char *stats_paired_method_name(enum stats_paired_method method)
{
    switch (method) {
    case STATS_PAIRED_CLUSTER_T:
        return "cluster_t";
    case STATS_PAIRED_PLUS_TWO:
        return "plus_two";
    case STATS_PAIRED_NONE:
        break;
    }
    return "none";
}

/* The formula of the cluster SE written out for the data plus two pseudo-clusters of average size
 * whose differences are all +1 and all -1. */
static void plus_two(struct stats_paired_difference *result, const double *differences,
                     size_t count, const struct stats_clusters *clusters)
{
    size_t groups = stats_clusters_count(clusters, count);
    double average = (double)count / (double)groups;
    double size = (double)count + 2.0 * average;
    double centre = stats_sum_of(differences, count) / size;
    double *sums = xcalloc(groups, sizeof *sums);
    struct stats_sum squares = {0};
    double factor = (double)(groups + 2) / (double)(groups + 1);

    stats_cluster_sums(differences, count, centre, clusters, sums);
    for (size_t g = 0; g < groups; g++)
        stats_sum_add(&squares, sums[g] * sums[g]);
    xfree(sums);
    stats_sum_add(&squares, average * (1.0 - centre) * average * (1.0 - centre));
    stats_sum_add(&squares, average * (-1.0 - centre) * average * (-1.0 - centre));
    result->method = STATS_PAIRED_PLUS_TWO;
    result->centre = maybe_of(centre);
    result->se = maybe_of(sqrt(factor * stats_sum_value(&squares)) / size);
    result->df = maybe_of((double)(groups + 1));
}

static size_t count_nonzero_clusters(const double *differences, size_t count,
                                     const struct stats_clusters *clusters)
{
    size_t groups = stats_clusters_count(clusters, count), nonzero = 0;
    double *sums = clusters ? xcalloc(groups, sizeof *sums) : NULL;
    const double *values = sums ? sums : differences;

    if (sums)
        stats_cluster_sums(differences, count, 0.0, clusters, sums);
    for (size_t g = 0; g < groups; g++)
        nonzero += fabs(values[g]) > NONZERO_TOLERANCE;
    xfree(sums);
    return nonzero;
}

struct stats_paired_difference stats_paired_diff(const double *differences, size_t count,
                                                 const struct stats_clusters *clusters,
                                                 double conf, int sided)
{
    struct stats_paired_difference result = {.low = -1.0, .high = 1.0};
    double tail = sided == 1 ? 1.0 - conf : (1.0 - conf) / 2.0;
    double middle, half;

    if (count == 0)
        return result;
    middle = stats_mean_of(differences, count);
    result.difference = maybe_of(middle);
    result.nonzero = count_nonzero_clusters(differences, count, clusters);
    if (result.nonzero >= CLUSTERS_FOR_PLAIN_T) {
        result.method = STATS_PAIRED_CLUSTER_T;
        result.se = stats_cluster_se(differences, count, middle, clusters);
        result.df = maybe_of((double)(stats_clusters_count(clusters, count) - 1));
    } else {
        plus_two(&result, differences, count, clusters);
        middle = result.centre.value;
    }
    half = -stats_t_quantile(tail, result.df.value) * result.se.value;
    result.low = fmax(-1.0, middle - half);
    result.high = fmin(1.0, middle + half);
    return result;
}
