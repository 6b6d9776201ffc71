/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why Wilson and not p -/+ 1.96 SE: the latter has no width at 0 % and 100 % and covers far too
 * rarely below a few hundred samples. The same formula serves plain counts (normal quantile, n)
 * and correlated trials (t quantile, effective n). Pure functions; does not decide which of the
 * intervals a report shows (summary does). */
#include "stats/interval.h"

#include <math.h>

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/sum.h"

static struct stats_proportion proportion_without_data(void)
{
    return (struct stats_proportion){maybe_none(), 0.0, 1.0, false};
}

static struct stats_proportion wilson_around(double p, double n, double quantile)
{
    double squared = quantile * quantile;
    double shrink = 1.0 + squared / n;
    double centre = (p + squared / (2.0 * n)) / shrink;
    double half = quantile / shrink * sqrt(p * (1.0 - p) / n + squared / (4.0 * n * n));
    struct stats_proportion result = {maybe_of(p), fmax(0.0, centre - half),
                                      fmin(1.0, centre + half), true};

    /* Algebra says exactly 0 and 1 there, rounding does not. */
    if (p <= 0.0)
        result.low = 0.0;
    if (p >= 1.0)
        result.high = 1.0;
    return result;
}

struct stats_proportion stats_wilson(double k, double n, double conf)
{
    if (!(n > 0.0))
        return proportion_without_data();
    return wilson_around(k / n, n, stats_normal_quantile_upper((1.0 - conf) / 2.0));
}

struct stats_proportion stats_clopper_pearson(double k, double n, double conf)
{
    double tail = (1.0 - conf) / 2.0;
    struct stats_proportion result = proportion_without_data();

    if (!(n > 0.0))
        return result;
    result.estimate = maybe_of(k / n);
    result.estimable = true;
    if (k > 0.0)
        result.low = stats_beta_quantile(tail, k, n - k + 1.0);
    if (k < n)
        result.high = stats_beta_quantile(1.0 - tail, k + 1.0, n - k);
    return result;
}

double stats_clopper_pearson_upper(double k, double n, double conf)
{
    if (!(n > 0.0) || k >= n)
        return 1.0;
    return stats_beta_quantile(conf, k + 1.0, n - k);
}

struct stats_proportion stats_beta_interval_uniform(double k, double n, double conf)
{
    double tail = (1.0 - conf) / 2.0, a = 1.0 + k, b = 1.0 + n - k;

    return (struct stats_proportion){maybe_of(a / (a + b)), stats_beta_quantile(tail, a, b),
                                     stats_beta_quantile(1.0 - tail, a, b), true};
}

/* `cap` is the number of 0/1 scores behind the means, or 0 for "no cap". */
static struct stats_accuracy accuracy_of_means(const double *means, size_t samples, double cap,
                                               const struct stats_clusters *clusters,
                                               double conf)
{
    size_t groups = stats_clusters_count(clusters, samples);
    struct stats_accuracy result = {proportion_without_data(), maybe_none(), maybe_none(),
                                    maybe_none()};
    double p, n_eff, quantile, tail = (1.0 - conf) / 2.0;

    if (samples == 0)
        return result;
    p = stats_mean_of(means, samples);
    result.se = stats_cluster_se(means, samples, p, clusters);
    result.df = maybe_of((double)(groups - 1));
    if (groups == 1) {
        n_eff = 1.0;
        quantile = stats_normal_quantile_upper(tail);
    } else {
        quantile = -stats_t_quantile(tail, (double)(groups - 1));
        if (result.se.value <= 0.0 || p <= 0.0 || p >= 1.0)
            n_eff = (double)groups;
        else
            n_eff = p * (1.0 - p) / (result.se.value * result.se.value);
    }
    if (cap > 0.0)
        n_eff = fmin(n_eff, cap);
    result.n_eff = maybe_of(n_eff);
    result.interval = wilson_around(p, n_eff, quantile);
    return result;
}

static bool all_binary(const double *scores, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (scores[i] > 0.0 && scores[i] < 1.0)
            return false;
    return true;
}

struct stats_accuracy stats_accuracy_neff(const struct stats_trials *trials,
                                          const struct stats_clusters *clusters, double conf)
{
    size_t total = stats_trials_total(trials);
    double *means = xcalloc(trials->samples + 1, sizeof *means);
    struct stats_accuracy result;

    for (size_t i = 0; i < trials->samples; i++)
        means[i] = stats_mean_of(trials->scores + trials->start[i], stats_trials_of(trials, i));
    result = accuracy_of_means(means, trials->samples,
                               all_binary(trials->scores, total) ? (double)total : 0.0,
                               clusters, conf);
    xfree(means);
    return result;
}

struct stats_accuracy stats_accuracy_of_values(const double *values, size_t count,
                                               const struct stats_clusters *clusters,
                                               double conf)
{
    return accuracy_of_means(values, count, all_binary(values, count) ? (double)count : 0.0,
                             clusters, conf);
}

struct stats_mean stats_mean_t(const double *values, size_t count,
                               const struct stats_clusters *clusters, double conf)
{
    size_t groups = stats_clusters_count(clusters, count);
    struct stats_mean result = {0};
    double half;

    if (count == 0)
        return result;
    result.mean = maybe_of(stats_mean_of(values, count));
    result.df = maybe_of((double)(groups - 1));
    result.se = stats_cluster_se(values, count, result.mean.value, clusters);
    if (!result.se.known)
        return result;
    half = -stats_t_quantile((1.0 - conf) / 2.0, (double)(groups - 1)) * result.se.value;
    result.low = maybe_of(result.mean.value - half);
    result.high = maybe_of(result.mean.value + half);
    result.all_equal = result.se.value <= 0.0;
    return result;
}
