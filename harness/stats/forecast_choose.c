/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which variant to take: the cheapest of those that are shown to be not worse than the most accurate
 * one by more than the margin (see forecast.h). "Shown" is a one-sided bound of the paired
 * difference, at a level that holds for all that are compared: the cheapest of several is picked
 * after looking. The most accurate one is picked by its estimate, which makes it look better than
 * it is, and so errs towards it. */
#include <math.h>

#include "stats/forecast_inside.h"

/* Bounds of accuracy(variant) - accuracy(of) at one-sided confidence 1 - alpha / others. */
static struct stats_paired_difference difference(const struct forecast *f, size_t variant,
                                                 size_t of, size_t slice, size_t others)
{
    struct arena scratch = {0};
    struct forecast_series a =
        forecast_collect(&scratch, f, variant, forecast_correct, 0, slice);
    struct forecast_series b = forecast_collect(&scratch, f, of, forecast_correct, 0, slice);
    struct forecast_series d = {.value = arena_array(&scratch, double, a.count + 1),
                                .sample = arena_array(&scratch, size_t, a.count + 1),
                                .slice = arena_array(&scratch, size_t, a.count + 1)};

    for (size_t i = 0, k = 0; i < a.count; i++) {
        while (k < b.count && b.sample[k] < a.sample[i])
            k++;
        if (k == b.count || b.sample[k] != a.sample[i])
            continue;
        d.value[d.count] = a.value[i] - b.value[k];
        d.sample[d.count] = a.sample[i];
        d.slice[d.count++] = a.slice[i];
    }
    forecast_group(&scratch, f, &d, slice != FORECAST_NO_SLICE);
    struct stats_paired_difference result =
        stats_weighted_diff(d.value, d.count, d.strata, d.clusters,
                            1.0 - f->meta.alpha / (double)(others ? others : 1));
    arena_release(&scratch);
    return result;
}

static const struct summary_estimate *accuracy_in(const struct forecast *f, size_t v,
                                                  size_t slice)
{
    return slice == FORECAST_NO_SLICE ? &f->variants[v].accuracy
                                      : &f->variants[v].part[slice].accuracy;
}

static const struct summary_estimate *cost_in(const struct forecast *f, size_t v, size_t slice)
{
    return slice == FORECAST_NO_SLICE ? &f->variants[v].request_usd
                                      : &f->variants[v].part[slice].request_usd;
}

bool forecast_is_cheaper(const struct summary_estimate *a, const struct summary_estimate *b)
{
    return a->value.known && (!b->value.known || a->value.value < b->value.value);
}

/* The most accurate by the estimate, the cheaper of two that are level. *scored: how many have
 * an accuracy. */
static size_t best_of(const struct forecast *f, size_t slice, size_t *scored)
{
    size_t best = SUMMARY_NO_BASELINE;

    *scored = 0;
    for (size_t v = 0; v < f->meta.variants; v++) {
        const struct summary_estimate *one = accuracy_in(f, v, slice);
        if (!one->value.known)
            continue;
        ++*scored;
        const struct summary_estimate *so_far =
            best == SUMMARY_NO_BASELINE ? NULL : accuracy_in(f, best, slice);
        if (!so_far || one->value.value > so_far->value.value ||
            (!(one->value.value < so_far->value.value) &&
             forecast_is_cheaper(cost_in(f, v, slice), cost_in(f, best, slice))))
            best = v;
    }
    return best;
}

static bool within_margin(const struct forecast *f, const struct stats_paired_difference *d)
{
    return f->meta.margin.known && d->difference.known && d->low > -f->meta.margin.value;
}

static void judge(struct forecast *f)
{
    size_t scored;

    f->best = best_of(f, FORECAST_NO_SLICE, &scored);
    for (size_t v = 0; v < f->meta.variants && f->best != SUMMARY_NO_BASELINE; v++) {
        struct forecast_variant *one = &f->variants[v];
        if (v == f->best || !one->accuracy.value.known) {
            one->not_worse = v == f->best;
            continue;
        }
        struct stats_paired_difference d =
            difference(f, v, f->best, FORECAST_NO_SLICE, scored - 1);
        one->behind = d.difference;
        one->behind_low = d.difference.known ? maybe_of(d.low) : maybe_none();
        one->behind_high = d.difference.known ? maybe_of(d.high) : maybe_none();
        one->not_worse = within_margin(f, &d);
    }
    if (f->best == SUMMARY_NO_BASELINE || !f->meta.margin.known ||
        !f->variants[f->best].request_usd.value.known)
        return;
    f->choice = f->best;
    for (size_t v = 0; v < f->meta.variants; v++)
        if (f->variants[v].not_worse && f->variants[v].request_usd.value.known &&
            forecast_is_cheaper(&f->variants[v].request_usd,
                                &f->variants[f->choice].request_usd))
            f->choice = v;
}

/* The same within a slice, at a level that holds for all slices together. */
static void judge_slice(struct forecast *f, size_t slice)
{
    size_t scored, best = best_of(f, slice, &scored);

    if (best == SUMMARY_NO_BASELINE)
        return;
    f->variants[best].part[slice].is_best = f->variants[best].part[slice].not_worse = true;
    for (size_t v = 0; v < f->meta.variants; v++) {
        if (v == best || !f->variants[v].part[slice].accuracy.value.known)
            continue;
        struct stats_paired_difference d =
            difference(f, v, best, slice, (scored - 1) * f->meta.slices);
        f->variants[v].part[slice].not_worse = within_margin(f, &d);
    }
}

void forecast_choose(struct forecast *f)
{
    judge(f);
    for (size_t k = 0; k < f->meta.slices; k++)
        judge_slice(f, k);
}
