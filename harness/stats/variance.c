/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Variance components. Answers "same samples, run again", which is not the question of the
 * intervals (new samples of this kind); reports show both and never mix them. */
#include "stats/variance.h"

#include "base/mem.h"
#include "stats/sum.h"

struct squares {
    double between, within;
    double trials_squared, trials_inverse;
};

static struct squares sums_of_squares(const struct stats_trials *trials)
{
    size_t total = stats_trials_total(trials);
    double grand = stats_mean_of(trials->scores, total);
    struct stats_sum between = {0}, within = {0}, squared = {0}, inverse = {0};

    for (size_t i = 0; i < trials->samples; i++) {
        const double *scores = trials->scores + trials->start[i];
        size_t count = stats_trials_of(trials, i);
        double t = (double)count, mean = stats_mean_of(scores, count);

        stats_sum_add(&between, t * (mean - grand) * (mean - grand));
        for (size_t j = 0; j < count; j++)
            stats_sum_add(&within, (scores[j] - mean) * (scores[j] - mean));
        stats_sum_add(&squared, t * t);
        stats_sum_add(&inverse, 1.0 / t);
    }
    return (struct squares){stats_sum_value(&between), stats_sum_value(&within),
                            stats_sum_value(&squared), stats_sum_value(&inverse)};
}

struct stats_variance stats_variance_components(const struct stats_trials *trials)
{
    struct stats_variance result = {0};
    size_t total = stats_trials_total(trials);
    double n = (double)trials->samples, count = (double)total, msb, msw, t0, between;
    struct squares squares;

    if (trials->samples < 2 || total <= trials->samples)
        return result;
    squares = sums_of_squares(trials);
    msb = squares.between / (n - 1.0);
    msw = squares.within / (count - n);
    t0 = (count - squares.trials_squared / count) / (n - 1.0);
    between = fmax(0.0, (msb - msw) / t0);
    result.msb = maybe_of(msb);
    result.msw = maybe_of(msw);
    result.t0 = maybe_of(t0);
    result.between = maybe_of(between);
    result.within = maybe_of(msw);
    if (between + msw > 0.0)
        result.icc = maybe_of(between / (between + msw));
    result.se_rerun = maybe_of(sqrt(msw * squares.trials_inverse) / n);
    return result;
}
