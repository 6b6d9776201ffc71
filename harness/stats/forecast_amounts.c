/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a variant costs and needs: means of its cells by slice, scaled to a day, a month and the
 * busiest minute (see forecast.h). */
#include <math.h>

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/forecast_inside.h"
#include "stats/random.h"
#include "stats/sum.h"

/* ---- one value a sample ---- */

maybe forecast_correct(const struct forecast *f, const struct forecast_row *row, size_t which)
{
    (void)f;
    (void)which;
    return row->correct;
}

static maybe value_usd(const struct forecast *f, const struct forecast_row *row, size_t which)
{
    (void)f;
    (void)which;
    return row->unknown_cost ? maybe_none() : maybe_of(row->usd);
}

static maybe value_upper(const struct forecast *f, const struct forecast_row *row, size_t which)
{
    (void)f;
    (void)which;
    return row->unknown_cost ? maybe_none() : maybe_of(row->upper_usd);
}

static maybe value_batch(const struct forecast *f, const struct forecast_row *row, size_t which)
{
    (void)f;
    (void)which;
    return row->batch_usd;
}

static maybe value_uncached(const struct forecast *f, const struct forecast_row *row,
                            size_t which)
{
    (void)f;
    (void)which;
    return row->uncached_usd;
}

static maybe value_attempts(const struct forecast *f, const struct forecast_row *row,
                            size_t which)
{
    (void)f;
    (void)which;
    return maybe_of(row->attempts);
}

static maybe value_retries(const struct forecast *f, const struct forecast_row *row,
                           size_t which)
{
    (void)f;
    (void)which;
    return maybe_of(row->retries);
}

static maybe value_requests(const struct forecast *f, const struct forecast_row *row,
                            size_t which)
{
    (void)f;
    return maybe_of(row->amount[which].requests);
}

static maybe value_tokens(const struct forecast *f, const struct forecast_row *row,
                          size_t which)
{
    (void)f;
    return maybe_of(row->amount[which].tokens);
}

static bool has_clusters(const struct forecast *f)
{
    for (size_t i = 0; i < f->meta.samples; i++)
        if (f->meta.sample[i].cluster.n)
            return true;
    return false;
}

void forecast_group(struct arena *scratch, const struct forecast *f, struct forecast_series *s,
                    bool one_slice)
{
    if (f->meta.slices && !one_slice) {
        double *share = arena_array(scratch, double, f->meta.slices);
        for (size_t k = 0; k < f->meta.slices; k++)
            share[k] = f->meta.slice[k].share;
        s->strata = arena_new(scratch, struct stats_strata);
        *s->strata = (struct stats_strata){s->slice, share, f->meta.slices};
    }
    if (!has_clusters(f))
        return;
    uint64_t *label = arena_array(scratch, uint64_t, s->count + 1);
    size_t *of = arena_array(scratch, size_t, s->count + 1);
    for (size_t i = 0; i < s->count; i++) {
        str cluster = f->meta.sample[s->sample[i]].cluster;
        label[i] = cluster.n ? stats_key_hash(cluster) : (uint64_t)s->sample[i];
    }
    s->clusters = arena_new(scratch, struct stats_clusters);
    s->clusters->count = stats_clusters_number(label, s->count, of);
    s->clusters->of = of;
}

struct forecast_series forecast_collect(struct arena *scratch, const struct forecast *f,
                                        size_t variant, forecast_quantity of, size_t which,
                                        size_t slice)
{
    const struct forecast_rows *rows = f->private;
    struct forecast_series s = {0};
    size_t rows_room = rows->start[variant + 1] - rows->start[variant] + 1;
    double *trial = arena_array(scratch, double, rows_room);
    size_t *start = arena_array(scratch, size_t, f->meta.samples + 2);
    enum stats_reducer reducer =
        of == forecast_correct ? f->meta.reducer : STATS_REDUCE_MEAN;

    s.value = arena_array(scratch, double, f->meta.samples + 1);
    s.sample = arena_array(scratch, size_t, f->meta.samples + 1);
    s.slice = arena_array(scratch, size_t, f->meta.samples + 1);
    for (size_t i = rows->start[variant]; i < rows->start[variant + 1]; i++) {
        const struct forecast_row *row = rows->row[i];
        size_t kind = f->meta.sample[row->sample].slice;
        if (slice != FORECAST_NO_SLICE && kind != slice)
            continue;
        maybe value = of(f, row, which);
        s.missing = s.missing || !value.known;
        if (!value.known)
            continue;
        if (s.count == 0 || s.sample[s.count - 1] != row->sample) {
            s.sample[s.count] = row->sample;
            s.slice[s.count++] = kind;
        }
        trial[s.rows++] = value.value;
        start[s.count] = s.rows;
    }
    for (size_t i = 0; i < s.count; i++)
        s.value[i] = stats_reduce(reducer, trial + start[i], start[i + 1] - start[i]);
    forecast_group(scratch, f, &s, slice != FORECAST_NO_SLICE);
    return s;
}

/* ---- estimates ---- */

static struct summary_estimate unknown(const char *reason)
{
    return (struct summary_estimate){.method = "none", .reason = reason};
}

/* Amounts are not negative, so neither is a limit of their interval. */
static maybe not_negative(maybe limit)
{
    return limit.known && limit.value < 0.0 ? maybe_of(0.0) : limit;
}

static const char *reason_of(const struct stats_weighted *mean)
{
    return mean->empty_slice ? "a slice has no finished cell" : NULL;
}

static struct summary_estimate mean_estimate(const struct forecast *f,
                                             const struct forecast_series *s, double *df)
{
    struct stats_weighted mean =
        stats_stratified_mean(s->value, s->count, s->strata, s->clusters, f->meta.confidence);

    if (df)
        *df = mean.df.value;
    if (!mean.mean.known)
        return unknown(s->count ? reason_of(&mean) : "no finished cell");
    return (struct summary_estimate){.value = mean.mean,
                                     .low = not_negative(mean.low),
                                     .high = mean.high,
                                     .method = s->strata ? "stratified_t" : "mean_t",
                                     .se = mean.se,
                                     .n = s->count};
}

static struct summary_estimate mean_of(const struct forecast *f, size_t variant,
                                       forecast_quantity of, size_t which, size_t slice)
{
    struct arena scratch = {0};
    struct forecast_series s = forecast_collect(&scratch, f, variant, of, which, slice);
    struct summary_estimate result = mean_estimate(f, &s, NULL);

    if (s.missing && of != forecast_correct)
        result = unknown("calls of unknown cost");
    arena_release(&scratch);
    return result;
}

struct summary_estimate forecast_accuracy(const struct forecast *f, size_t variant,
                                          size_t slice)
{
    struct arena scratch = {0};
    struct forecast_series s =
        forecast_collect(&scratch, f, variant, forecast_correct, 0, slice);
    struct stats_accuracy share = stats_stratified_share(s.value, s.count, s.strata, s.clusters,
                                                         (double)s.rows, f->meta.confidence);
    struct summary_estimate result = unknown("no scored cell");

    if (share.interval.estimate.known)
        result = (struct summary_estimate){.value = share.interval.estimate,
                                           .low = maybe_of(share.interval.low),
                                           .high = maybe_of(share.interval.high),
                                           .method = "wilson_neff",
                                           .se = share.se,
                                           .n_eff = share.n_eff,
                                           .n = s.rows};
    else if (s.count)
        result = unknown("a slice has no scored cell");
    arena_release(&scratch);
    return result;
}

static struct summary_estimate scaled(struct summary_estimate e, double factor)
{
    e.value = maybe_scale(e.value, factor);
    e.low = maybe_scale(e.low, factor);
    e.high = maybe_scale(e.high, factor);
    e.se = maybe_scale(e.se, factor);
    return e;
}

/* ---- money ---- */

/* The variance of one request's cost around the mean of all, requests being of the slices by their
 * shares and alike within them; n/(n-1) of the samples as for any variance. */
static double variance_of_one(const struct forecast *f, size_t variant,
                              const struct forecast_series *s, double mean)
{
    const struct forecast_rows *rows = f->private;
    double *size = xcalloc(s->count + 1, sizeof *size);
    double *squares = xcalloc(s->count + 1, sizeof *squares);
    size_t *sizes = xcalloc(f->meta.slices + 1, sizeof *sizes), at = 0;
    struct stats_sum sum = {0};

    for (size_t i = rows->start[variant]; i < rows->start[variant + 1]; i++) {
        const struct forecast_row *row = rows->row[i];
        while (s->sample[at] != row->sample)
            at++;
        squares[at] += (row->usd - mean) * (row->usd - mean);
        size[at] += 1.0;
    }
    for (size_t i = 0; i < s->count; i++)
        sizes[f->meta.slices ? s->slice[i] : 0]++;
    for (size_t i = 0; i < s->count; i++) {
        size_t slice = f->meta.slices ? s->slice[i] : 0;
        double share = f->meta.slices ? f->meta.slice[slice].share : 1.0;
        stats_sum_add(&sum, share / (double)sizes[slice] * squares[i] / size[i]);
    }
    xfree(size);
    xfree(squares);
    xfree(sizes);
    return s->count > 1 ? stats_sum_value(&sum) * (double)s->count / (double)(s->count - 1)
                        : 0.0;
}

/* What `requests` of them will cost: the error of the mean, and the chance of the requests. */
static struct summary_estimate bill(const struct forecast *f,
                                    const struct summary_estimate *one, double df,
                                    double variance, double requests)
{
    struct summary_estimate e = scaled(*one, requests);

    if (!one->se.known || !one->low.known)
        return e;
    double se = sqrt(requests * requests * one->se.value * one->se.value + requests * variance);
    double half = -stats_t_quantile((1.0 - f->meta.confidence) / 2.0, df) * se;
    e.se = maybe_of(se);
    e.low = not_negative(maybe_of(e.value.value - half));
    e.high = maybe_of(e.value.value + half);
    e.method = "prediction_t";
    return e;
}

static maybe month_of(const struct forecast *f, size_t variant, forecast_quantity of)
{
    struct summary_estimate one = mean_of(f, variant, of, 0, FORECAST_NO_SLICE);
    return maybe_scale(one.value, f->meta.per_day * f->meta.days);
}

void forecast_fill_money(struct forecast *f, size_t variant)
{
    struct forecast_variant *v = &f->variants[variant];
    struct arena scratch = {0};
    struct forecast_series s =
        forecast_collect(&scratch, f, variant, value_usd, 0, FORECAST_NO_SLICE);
    double df = 0.0, day = f->meta.per_day;

    v->request_usd = mean_estimate(f, &s, &df);
    if (s.missing)
        v->request_usd = unknown("calls of unknown cost");
    v->day_usd = v->month_usd = v->request_usd;
    if (v->request_usd.value.known) {
        double variance = variance_of_one(f, variant, &s, v->request_usd.value.value);
        v->day_usd = bill(f, &v->request_usd, df, variance, day);
        v->month_usd = bill(f, &v->request_usd, df, variance, day * f->meta.days);
    }
    arena_release(&scratch);
    v->request_upper_usd = mean_of(f, variant, value_upper, 0, FORECAST_NO_SLICE).value;
    v->batch_month_usd = month_of(f, variant, value_batch);
    v->uncached_month_usd = month_of(f, variant, value_uncached);
    v->attempts = mean_of(f, variant, value_attempts, 0, FORECAST_NO_SLICE).value;
    v->retries = mean_of(f, variant, value_retries, 0, FORECAST_NO_SLICE).value;
}

/* ---- limits ---- */

static enum forecast_fit fit_of(const struct summary_estimate *needed, int64_t limit)
{
    if (limit == 0)
        return FORECAST_NO_LIMIT;
    if (!needed->value.known)
        return FORECAST_UNKNOWN;
    if (needed->high.known && needed->high.value <= (double)limit)
        return FORECAST_FITS;
    return needed->low.known && needed->low.value > (double)limit ? FORECAST_EXCEEDS
                                                                  : FORECAST_MAY_NOT;
}

static maybe smaller(maybe a, maybe b)
{
    return !a.known || (b.known && b.value < a.value) ? b : a;
}

void forecast_fill_need(struct forecast *f, size_t variant, size_t limit)
{
    struct forecast_need *need = &f->variants[variant].need[limit];
    const struct forecast_limit *of = &f->meta.limit[limit];
    maybe peak = f->meta.peak_per_minute;

    need->requests = mean_of(f, variant, value_requests, limit, FORECAST_NO_SLICE);
    need->tokens = mean_of(f, variant, value_tokens, limit, FORECAST_NO_SLICE);
    need->used = need->requests.value.known && need->requests.value.value > 0.0;
    need->rpm = need->tpm = unknown("no peak was given");
    if (peak.known) {
        need->rpm = scaled(need->requests, peak.value);
        need->tpm = scaled(need->tokens, peak.value);
    }
    need->rpm_fit = fit_of(&need->rpm, of->rpm);
    need->tpm_fit = fit_of(&need->tpm, of->tpm);
    if (!need->used)
        return;
    if (of->rpm)
        need->most_per_minute = maybe_of((double)of->rpm / need->requests.value.value);
    if (of->tpm && need->tokens.value.known && need->tokens.value.value > 0.0)
        need->most_per_minute = smaller(need->most_per_minute,
                                        maybe_of((double)of->tpm / need->tokens.value.value));
}

/* ---- slices ---- */

void forecast_fill_slices(struct forecast *f, size_t variant)
{
    struct forecast_variant *v = &f->variants[variant];

    v->part = arena_array(&f->arena, struct forecast_part, f->meta.slices + 1);
    for (size_t k = 0; k < f->meta.slices; k++) {
        v->part[k].accuracy = forecast_accuracy(f, variant, k);
        v->part[k].request_usd = mean_of(f, variant, value_usd, 0, k);
        v->part[k].samples = v->part[k].request_usd.n;
    }
}
