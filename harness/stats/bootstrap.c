/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The paired bootstrap of a ratio of sums: an option beside the closed form of ratio.c. Whole
 * clusters are drawn, so that what belongs together stays together. The order of draws and of
 * additions is fixed: the same seed gives the same bits everywhere. */
#include "stats/ratio.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/sum.h"

#define EQUAL_TOLERANCE 1e-12

struct resample {
    double *num, *den; /* sums of each cluster */
    size_t groups;
    double ratio;       /* of the data */
    double *replicates; /* sorted */
    size_t count;
};

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return a < b ? -1 : a > b;
}

static void draw(struct resample *sample, uint32_t seed)
{
    struct stats_random *random = stats_random_new(seed);

    for (size_t r = 0; r < sample->count; r++) {
        struct stats_sum num = {0}, den = {0};

        for (size_t i = 0; i < sample->groups; i++) {
            size_t g = stats_random_below(random, sample->groups);

            stats_sum_add(&num, sample->num[g]);
            stats_sum_add(&den, sample->den[g]);
        }
        sample->replicates[r] = stats_sum_value(&num) / stats_sum_value(&den);
    }
    stats_random_free(random);
    qsort(sample->replicates, sample->count, sizeof *sample->replicates, compare_doubles);
}

/* Level p of the sorted replicates: position (B + 1) p, linear between neighbours, clamped. */
static double level_of(const struct resample *sample, double p)
{
    double position = ((double)sample->count + 1.0) * p;
    double whole = floor(position);

    if (whole < 1.0)
        return sample->replicates[0];
    if (whole >= (double)sample->count)
        return sample->replicates[sample->count - 1];
    return sample->replicates[(size_t)whole - 1] +
           (position - whole) *
               (sample->replicates[(size_t)whole] - sample->replicates[(size_t)whole - 1]);
}

/* Normal score of the share of replicates below the estimate, ties counted half. */
static maybe bias_correction(const struct resample *sample)
{
    double below = 0.0;

    for (size_t r = 0; r < sample->count; r++) {
        double distance = sample->replicates[r] - sample->ratio;

        if (fabs(distance) <= EQUAL_TOLERANCE * fabs(sample->ratio))
            below += 0.5;
        else if (distance < 0.0)
            below += 1.0;
    }
    return maybe_of(stats_normal_quantile(below / (double)sample->count));
}

/* Skewness of the jackknife over clusters. */
static maybe acceleration(const struct resample *sample)
{
    double total_num = stats_sum_of(sample->num, sample->groups);
    double total_den = stats_sum_of(sample->den, sample->groups);
    double *left_out = xcalloc(sample->groups, sizeof *left_out), mean, squares_value;
    struct stats_sum squares = {0}, cubes = {0};

    for (size_t g = 0; g < sample->groups; g++)
        left_out[g] = (total_num - sample->num[g]) / (total_den - sample->den[g]);
    mean = stats_mean_of(left_out, sample->groups);
    for (size_t g = 0; g < sample->groups; g++) {
        double delta = mean - left_out[g];

        /* Rounding of equal ratios is no spread. */
        if (fabs(delta) <= EQUAL_TOLERANCE * fabs(mean))
            delta = 0.0;
        stats_sum_add(&squares, delta * delta);
        stats_sum_add(&cubes, delta * delta * delta);
    }
    xfree(left_out);
    squares_value = stats_sum_value(&squares);
    if (!(squares_value > 0.0))
        return maybe_none();
    return maybe_of(stats_sum_value(&cubes) / (6.0 * pow(squares_value, 1.5)));
}

static double corrected_level(double p, double z0, double accel)
{
    double w = z0 + stats_normal_quantile(p);

    return stats_normal_cdf(z0 + w / (1.0 - accel * w));
}

static void set_limits(struct stats_bootstrap *result, const struct resample *sample,
                       double conf)
{
    double tail = (1.0 - conf) / 2.0;
    maybe z0 = bias_correction(sample), accel = acceleration(sample);

    result->pct_low = maybe_of(level_of(sample, tail));
    result->pct_high = maybe_of(level_of(sample, 1.0 - tail));
    if (!z0.known || !accel.known)
        return;
    result->z0 = z0;
    result->accel = accel;
    result->bca_low = maybe_of(level_of(sample, corrected_level(tail, z0.value, accel.value)));
    result->bca_high =
        maybe_of(level_of(sample, corrected_level(1.0 - tail, z0.value, accel.value)));
}

struct stats_bootstrap stats_ratio_bootstrap(const double *num, const double *den, size_t count,
                                             const struct stats_clusters *clusters,
                                             uint32_t seed, size_t replicates, double conf)
{
    struct stats_bootstrap result = {.replicates = replicates};
    struct resample sample = {.groups = stats_clusters_count(clusters, count),
                              .count = replicates};

    if (count == 0 || replicates == 0)
        return result;
    sample.num = xcalloc(sample.groups, sizeof *sample.num);
    sample.den = xcalloc(sample.groups, sizeof *sample.den);
    sample.replicates = xcalloc(replicates, sizeof *sample.replicates);
    stats_cluster_sums(num, count, 0.0, clusters, sample.num);
    stats_cluster_sums(den, count, 0.0, clusters, sample.den);
    sample.ratio =
        stats_sum_of(sample.num, sample.groups) / stats_sum_of(sample.den, sample.groups);
    result.ratio = maybe_of(sample.ratio);
    if (result.ratio.known) {
        draw(&sample, seed);
        set_limits(&result, &sample, conf);
    }
    xfree(sample.num);
    xfree(sample.den);
    xfree(sample.replicates);
    return result;
}
