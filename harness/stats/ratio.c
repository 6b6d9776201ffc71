/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why logs: a ratio cannot be negative and its error grows with it. Why a closed form and not the
 * bootstrap as default: it covers better on few samples and needs no random numbers; the
 * bootstrap is in bootstrap.c. */
#include "stats/ratio.h"

#include <math.h>

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/sum.h"

/* Limits of centre-of-the-logs -/+ t * SE, back on the scale of ratios. */
static void set_log_limits(struct stats_ratio *result, const double *logs, size_t count,
                           double centre, const struct stats_clusters *clusters, double conf)
{
    size_t groups = stats_clusters_count(clusters, count);
    double half;

    result->df = maybe_of((double)(groups - 1));
    result->se_log = stats_cluster_se(logs, count, centre, clusters);
    if (!result->se_log.known)
        return;
    half = -stats_t_quantile((1.0 - conf) / 2.0, (double)(groups - 1)) * result->se_log.value;
    result->low = maybe_of(result->ratio.value * exp(-half));
    result->high = maybe_of(result->ratio.value * exp(half));
}

struct stats_ratio stats_ratio_logdelta(const double *num, const double *den, size_t count,
                                        const struct stats_clusters *clusters, double conf)
{
    struct stats_ratio result = {0};
    double total_num, total_den, *deviations;

    if (count == 0)
        return result;
    total_num = stats_sum_of(num, count);
    total_den = stats_sum_of(den, count);
    if (!(total_num > 0.0) || !(total_den > 0.0))
        return result;
    result.ratio = maybe_of(total_num / total_den);
    deviations = xcalloc(count, sizeof *deviations);
    for (size_t i = 0; i < count; i++)
        deviations[i] =
            num[i] / (total_num / (double)count) - den[i] / (total_den / (double)count);
    set_log_limits(&result, deviations, count, 0.0, clusters, conf);
    xfree(deviations);
    return result;
}

struct stats_ratio stats_geometric_ratio(const double *num, const double *den, size_t count,
                                         const struct stats_clusters *clusters, double conf)
{
    struct stats_ratio result = {0};
    double *logs, centre;

    if (count == 0)
        return result;
    for (size_t i = 0; i < count; i++)
        if (!(num[i] > 0.0) || !(den[i] > 0.0))
            return result;
    logs = xcalloc(count, sizeof *logs);
    for (size_t i = 0; i < count; i++)
        logs[i] = log(num[i] / den[i]);
    centre = stats_mean_of(logs, count);
    result.ratio = maybe_of(exp(centre));
    set_log_limits(&result, logs, count, centre, clusters, conf);
    xfree(logs);
    return result;
}

struct stats_fieller stats_fieller(const double *num, const double *den, size_t count,
                                   double conf)
{
    struct stats_fieller result = {0};
    struct stats_sum num2 = {0}, den2 = {0}, cross = {0};
    double n = (double)count, y, x, t, scale, var_y, var_x, covariance, g, root, ratio, middle;

    if (count == 0)
        return result;
    y = stats_mean_of(num, count);
    x = stats_mean_of(den, count);
    if (!(x > 0.0) || !(y > 0.0))
        return result;
    ratio = y / x;
    result.ratio = maybe_of(ratio);
    if (count < 2)
        return result;
    for (size_t i = 0; i < count; i++) {
        stats_sum_add(&num2, (num[i] - y) * (num[i] - y));
        stats_sum_add(&den2, (den[i] - x) * (den[i] - x));
        stats_sum_add(&cross, (num[i] - y) * (den[i] - x));
    }
    scale = (n - 1.0) * n; /* variances of the means */
    var_y = stats_sum_value(&num2) / scale;
    var_x = stats_sum_value(&den2) / scale;
    covariance = stats_sum_value(&cross) / scale;
    t = -stats_t_quantile((1.0 - conf) / 2.0, n - 1.0);
    g = t * t * var_x / (x * x);
    result.g = maybe_of(g);
    if (g >= 1.0)
        return result;
    middle = ratio - t * t * covariance / (x * x);
    root = middle * middle - (1.0 - g) * (ratio * ratio - t * t * var_y / (x * x));
    root = sqrt(fmax(0.0, root));
    result.low = maybe_of((middle - root) / (1.0 - g));
    result.high = maybe_of((middle + root) / (1.0 - g));
    return result;
}
