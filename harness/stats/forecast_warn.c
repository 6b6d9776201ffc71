/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What to know before believing a forecast: caches, retries, limits, few data, a load that was not
 * measured. What it advises: forecast_text.c. */
#include <stdarg.h>

#include "stats/forecast_inside.h"
#include "stats/format.h"

#define WORTH_A_WORD 0.01 /* a share below it goes without a sentence */

static void warn(struct forecast *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void warn(struct forecast *f, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    forecast_add_text(f, &f->warning, &f->warnings,
                      arena_vprintf(&f->arena, format, arguments));
    va_end(arguments);
}

/* ---- how a provider is asked ---- */

static void warn_of_cache(struct forecast *f, const struct forecast_variant *one)
{
    if (!one->cache_share.known || one->cache_share.value < WORTH_A_WORD ||
        !one->uncached_month_usd.known || !one->month_usd.value.known)
        return;
    warn(f,
         "%.*s: %.*s of its input tokens were read from the provider's cache. "
         "Where none are, a month costs %.*s instead of %.*s.",
         STR_ARG(one->name), STR_ARG(stats_format_percent(&f->arena, one->cache_share)),
         STR_ARG(stats_format_usd(&f->arena, one->uncached_month_usd)),
         STR_ARG(stats_format_usd(&f->arena, one->month_usd.value)));
}

static void warn_of_retries(struct forecast *f, const struct forecast_variant *one)
{
    if (!one->attempts.known || !one->retries.known || !(one->attempts.value > 0.0) ||
        one->retries.value / one->attempts.value < WORTH_A_WORD)
        return;
    maybe share = maybe_of(one->retries.value / one->attempts.value);
    warn(f,
         "%.*s: %.*s of its requests to models were retries (%.*s of %.*s a "
         "request); they are in what it needs.",
         STR_ARG(one->name), STR_ARG(stats_format_percent(&f->arena, share)),
         STR_ARG(stats_format_amount(&f->arena, one->retries)),
         STR_ARG(stats_format_amount(&f->arena, one->attempts)));
}

static void warn_of_lost(struct forecast *f, const struct forecast_variant *one)
{
    if (!one->at_least || !one->request_upper_usd.known || !one->request_usd.value.known)
        return;
    double month = f->meta.per_day * f->meta.days;
    warn(f,
         "%.*s: attempts were lost after sending, so that what they cost is not "
         "known: a month is at least %.*s, and %.*s with what was reserved for "
         "them.",
         STR_ARG(one->name), STR_ARG(stats_format_usd(&f->arena, one->month_usd.value)),
         STR_ARG(stats_format_usd(&f->arena, maybe_scale(one->request_upper_usd, month))));
}

/* ---- limits ---- */

static void say_limit(struct forecast *f, const struct forecast_variant *one,
                      const struct forecast_limit *limit, const char *what,
                      const struct summary_estimate *needed, int64_t most,
                      enum forecast_fit fit, maybe fitting)
{
    if (fit != FORECAST_EXCEEDS && fit != FORECAST_MAY_NOT)
        return;
    warn(f,
         "%.*s %s %.*s %s a minute of %.*s at the peak (interval %.*s), which allows %.*s: "
         "%.*s of %.*s requests a minute fit.",
         STR_ARG(one->name), fit == FORECAST_EXCEEDS ? "needs" : "may need",
         STR_ARG(stats_format_amount(&f->arena, needed->value)), what, STR_ARG(limit->name),
         STR_ARG(stats_format_amount_range(&f->arena, needed->low, needed->high)),
         STR_ARG(stats_format_amount(&f->arena, maybe_of((double)most))),
         STR_ARG(stats_format_amount(&f->arena, fitting)),
         STR_ARG(stats_format_amount(&f->arena, f->meta.peak_per_minute)));
}

static void warn_of_limits(struct forecast *f, const struct forecast_variant *one)
{
    for (size_t i = 0; i < f->meta.limits; i++) {
        const struct forecast_need *need = &one->need[i];
        const struct forecast_limit *limit = &f->meta.limit[i];
        say_limit(f, one, limit, "requests", &need->rpm, limit->rpm, need->rpm_fit,
                  need->most_per_minute);
        say_limit(f, one, limit, "tokens", &need->tpm, limit->tpm, need->tpm_fit,
                  need->most_per_minute);
    }
}

/* ---- data ---- */

static void warn_of_data(struct forecast *f)
{
    enum { FEW = 10 };

    if (f->meta.skipped)
        warn(f,
             "The run stopped early, when a difference was decided: %llu cells were skipped, "
             "and "
             "accuracies from it lean to what decided it.",
             (unsigned long long)f->meta.skipped);
    if (f->meta.pending)
        warn(
            f,
            "%llu cells have no result yet: all that stands here is of those that ended first.",
            (unsigned long long)f->meta.pending);
    if (f->left_out)
        warn(f, "%llu cells are of samples of none of these kinds, and are left out.",
             (unsigned long long)f->left_out);
    for (size_t k = 0; k < f->meta.slices; k++) {
        uint64_t least = UINT64_MAX;
        for (size_t v = 0; v < f->meta.variants; v++)
            if (f->variants[v].part[k].samples < least)
                least = f->variants[v].part[k].samples;
        if (f->meta.slice[k].share > 0.0 && least < FEW)
            warn(f, "%.*s: %.*s of the requests, but %llu samples stand for it.",
                 STR_ARG(f->meta.slice[k].name),
                 STR_ARG(stats_format_percent(&f->arena, maybe_of(f->meta.slice[k].share))),
                 (unsigned long long)least);
    }
}

/* ---- load ---- */

static void warn_of_load(struct forecast *f)
{
    const struct forecast_load *load = &f->meta.load;

    for (size_t i = 0; load->run.n && i < f->meta.variants; i++) {
        const struct forecast_variant *one = &f->variants[f->order[i]];
        if (!load->cells[f->order[i]] || one->load_covers || !one->load_attempts_per_s.known)
            continue;
        warn(f,
             "%.*s sends %.*s requests to models a second at the peak, more than the %.*s "
             "of run %.*s: its latency then is not known, and hardly lower.",
             STR_ARG(one->name),
             STR_ARG(stats_format_amount(&f->arena, one->load_attempts_per_s)),
             STR_ARG(stats_format_amount(&f->arena, load->attempts_per_s)), STR_ARG(load->run));
    }
}

void forecast_fill_warnings(struct forecast *f)
{
    for (size_t i = 0; i < f->meta.variants; i++) {
        const struct forecast_variant *one = &f->variants[f->order[i]];
        warn_of_limits(f, one);
        warn_of_retries(f, one);
        warn_of_lost(f, one);
        warn_of_cache(f, one);
    }
    warn_of_load(f);
    warn_of_data(f);
}
