/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forecast_data.c: a forecast for programs: JSON, and CSV with a row a figure (see
 * forecast_report.h).
 */
#include "base/units.h"
#include "reports/csv_out.h"
#include "reports/forecast_report.h"
#include "reports/json_out.h"

enum { FORECAST_SCHEMA = 1 };

static void volumes(struct json_out *to, const struct forecast_meta *meta)
{
    json_out_object(to, "volumes");
    json_out_number(to, "requests_per_day", meta->per_day);
    json_out_number(to, "days_per_month", meta->days);
    json_out_maybe(to, "peak_per_minute", meta->peak_per_minute);
    json_out_list(to, "shares");
    for (size_t k = 0; k < meta->slices; k++) {
        json_out_flat_object(to, NULL);
        json_out_text(to, "kind", meta->slice[k].name);
        json_out_number(to, "share", meta->slice[k].share);
        json_out_end(to);
    }
    json_out_end(to);
    json_out_end(to);
}

static void needs(struct json_out *to, const struct forecast *f,
                  const struct forecast_variant *v)
{
    json_out_list(to, "needs");
    for (size_t i = 0; i < f->meta.limits; i++) {
        const struct forecast_need *need = &v->need[i];
        if (!need->used)
            continue;
        json_out_object(to, NULL);
        json_out_text(to, "of", f->meta.limit[i].name);
        json_out_estimate(to, "requests_per_request", &need->requests, 1);
        json_out_estimate(to, "tokens_per_request", &need->tokens, 1);
        json_out_estimate(to, "rpm", &need->rpm, 1);
        json_out_estimate(to, "tpm", &need->tpm, 1);
        json_out_maybe(to, "rpm_allowed",
                       f->meta.limit[i].rpm ? maybe_of((double)f->meta.limit[i].rpm)
                                            : maybe_none());
        json_out_maybe(to, "tpm_allowed",
                       f->meta.limit[i].tpm ? maybe_of((double)f->meta.limit[i].tpm)
                                            : maybe_none());
        json_out_text(to, "rpm_verdict", str_from(forecast_fit_name(need->rpm_fit)));
        json_out_text(to, "tpm_verdict", str_from(forecast_fit_name(need->tpm_fit)));
        json_out_maybe(to, "most_per_minute", need->most_per_minute);
        json_out_end(to);
    }
    json_out_end(to);
}

static void parts(struct json_out *to, const struct forecast *f,
                  const struct forecast_variant *v)
{
    json_out_list(to, "kinds");
    for (size_t k = 0; k < f->meta.slices; k++) {
        const struct forecast_part *part = &v->part[k];
        json_out_object(to, NULL);
        json_out_text(to, "kind", f->meta.slice[k].name);
        json_out_count(to, "samples", part->samples);
        json_out_estimate(to, "accuracy", &part->accuracy, 1);
        json_out_estimate(to, "request_usd", &part->request_usd, 1);
        json_out_bool(to, "most_accurate", part->is_best);
        json_out_bool(to, "not_worse", part->not_worse);
        json_out_end(to);
    }
    json_out_end(to);
}

static void latency(struct json_out *to, const struct forecast *f, size_t v)
{
    const struct forecast_load *load = &f->meta.load;
    if (!load->run.n || !load->cells[v]) {
        json_out_null(to, "latency_ms");
        return;
    }
    json_out_object(to, "latency_ms");
    json_out_bool(to, "load_reached", f->variants[v].load_covers);
    json_out_quantile(to, "p50", &load->scheduled_ns[v][SUMMARY_P50], MS_PER_NS);
    json_out_quantile(to, "p90", &load->scheduled_ns[v][SUMMARY_P90], MS_PER_NS);
    json_out_quantile(to, "p95", &load->scheduled_ns[v][SUMMARY_P95], MS_PER_NS);
    json_out_quantile(to, "p99", &load->scheduled_ns[v][SUMMARY_P99], MS_PER_NS);
    json_out_end(to);
}

static void variant(struct json_out *to, const struct forecast *f, size_t number)
{
    const struct forecast_variant *v = &f->variants[number];
    json_out_object(to, NULL);
    json_out_text(to, "name", v->name);
    json_out_text(to, "pattern", v->pattern);
    json_out_count(to, "cells", v->cells);
    json_out_count(to, "samples", v->samples);
    json_out_estimate(to, "accuracy", &v->accuracy, 1);
    json_out_maybe(to, "behind", v->behind);
    json_out_maybe(to, "behind_low", v->behind_low);
    json_out_maybe(to, "behind_high", v->behind_high);
    json_out_bool(to, "not_worse", v->not_worse);
    json_out_estimate(to, "request_usd", &v->request_usd, 1);
    json_out_estimate(to, "day_usd", &v->day_usd, 1);
    json_out_estimate(to, "month_usd", &v->month_usd, 1);
    json_out_bool(to, "at_least", v->at_least);
    json_out_maybe(to, "request_upper_usd", v->request_upper_usd);
    json_out_maybe(to, "batch_month_usd", v->batch_month_usd);
    json_out_maybe(to, "uncached_month_usd", v->uncached_month_usd);
    json_out_maybe(to, "provider_cache_share", v->cache_share);
    json_out_maybe(to, "attempts_per_request", v->attempts);
    json_out_maybe(to, "retries_per_request", v->retries);
    json_out_maybe(to, "peak_attempts_per_s", v->load_attempts_per_s);
    needs(to, f, v);
    latency(to, f, number);
    parts(to, f, v);
    json_out_end(to);
}

static void texts(struct json_out *to, const char *key, const str *text, size_t count)
{
    json_out_list(to, key);
    for (size_t i = 0; i < count; i++)
        json_out_text(to, NULL, text[i]);
    json_out_end(to);
}

static void named(struct json_out *to, const char *key, const struct forecast *f, size_t v)
{
    if (v == SUMMARY_NO_BASELINE)
        json_out_null(to, key);
    else
        json_out_text(to, key, f->variants[v].name);
}

void forecast_json(const void *forecast, struct buf *out)
{
    const struct forecast *f = forecast;
    struct json_out to = {.out = out};
    const struct forecast_load *load = &f->meta.load;
    json_out_object(&to, NULL);
    json_out_text(&to, "weir", STR(WEIR_VERSION));
    json_out_count(&to, "schema", FORECAST_SCHEMA);
    json_out_text(&to, "experiment", f->meta.experiment);
    json_out_text(&to, "run", f->meta.run);
    json_out_bool(&to, "mock", f->meta.mock);
    json_out_number(&to, "confidence", f->meta.confidence);
    json_out_number(&to, "alpha", f->meta.alpha);
    json_out_maybe(&to, "margin", f->meta.margin);
    volumes(&to, &f->meta);
    json_out_list(&to, "variants");
    for (size_t i = 0; i < f->meta.variants; i++)
        variant(&to, f, i);
    json_out_end(&to);
    named(&to, "most_accurate", f, f->best);
    named(&to, "choice", f, f->choice);
    json_out_text(&to, "choice_text", f->choice_text);
    json_out_object(&to, "load");
    json_out_text_or_null(&to, "run", load->run);
    json_out_maybe(&to, "cells_per_s",
                   load->run.n ? maybe_of(load->cells_per_s) : maybe_none());
    json_out_maybe(&to, "attempts_per_s", load->attempts_per_s);
    json_out_text(&to, "text", f->load_text);
    json_out_end(&to);
    json_out_count(&to, "left_out_cells", f->left_out);
    texts(&to, "advice", f->advice, f->advice_count);
    texts(&to, "warnings", f->warning, f->warnings);
    texts(&to, "prices", f->meta.prices, f->meta.price_count);
    json_out_end(&to);
    buf_add_char(out, '\n');
}

/* ---- CSV ---- */

struct figure {
    str variant;
    const char *quantity;
    str of;
    const struct summary_estimate *estimate;
    int64_t allowed; /* 0: no limit */
    const char *verdict;
};

static void row(struct csv_out *csv, struct figure figure)
{
    const struct summary_estimate *e = figure.estimate;
    csv_out_text(csv, figure.variant);
    csv_out_text(csv, str_from(figure.quantity));
    csv_out_text(csv, figure.of);
    csv_out_number(csv, e->value);
    csv_out_number(csv, e->low);
    csv_out_number(csv, e->high);
    csv_out_text(csv, str_from(e->method ? e->method : "none"));
    csv_out_int(csv, (int64_t)e->n);
    if (figure.allowed)
        csv_out_int(csv, figure.allowed);
    else
        csv_out_empty(csv);
    csv_out_text(csv, str_from(figure.verdict ? figure.verdict : ""));
    csv_out_end(csv);
}

static struct summary_estimate plain(maybe value)
{
    return (struct summary_estimate){.value = value, .method = "none"};
}

static void latency_rows(struct csv_out *csv, const struct forecast *f, size_t v)
{
    static const char *const names[SUMMARY_LEVELS] = {"latency_p50_ms", "latency_p90_ms",
                                                      "latency_p95_ms", "latency_p99_ms"};
    const struct forecast_load *load = &f->meta.load;
    for (size_t i = 0; load->run.n && load->cells[v] && i < SUMMARY_LEVELS; i++) {
        const struct stats_quantile *q = &load->scheduled_ns[v][i];
        struct summary_estimate e = {.value = maybe_scale(q->estimate, MS_PER_NS),
                                     .low = maybe_scale(q->low, MS_PER_NS),
                                     .high = maybe_scale(q->high, MS_PER_NS),
                                     .method = "order_statistics",
                                     .n = load->cells[v]};
        row(csv, (struct figure){f->variants[v].name, names[i], load->run, &e, 0,
                                 f->variants[v].load_covers ? "measured" : "not reached"});
    }
}

static void variant_rows(struct csv_out *csv, const struct forecast *f, size_t number)
{
    const struct forecast_variant *v = &f->variants[number];
    const char *chosen = number == f->choice ? "choice" : v->not_worse ? "not worse" : "";
    struct summary_estimate batch = plain(v->batch_month_usd),
                            uncached = plain(v->uncached_month_usd);
    row(csv, (struct figure){v->name, "accuracy", STR(""), &v->accuracy, 0, chosen});
    row(csv, (struct figure){v->name, "request_usd", STR(""), &v->request_usd, 0, NULL});
    row(csv, (struct figure){v->name, "day_usd", STR(""), &v->day_usd, 0, NULL});
    row(csv, (struct figure){v->name, "month_usd", STR(""), &v->month_usd, 0, NULL});
    row(csv, (struct figure){v->name, "batch_month_usd", STR(""), &batch, 0, NULL});
    row(csv, (struct figure){v->name, "uncached_month_usd", STR(""), &uncached, 0, NULL});
    for (size_t i = 0; i < f->meta.limits; i++) {
        const struct forecast_need *need = &v->need[i];
        const struct forecast_limit *limit = &f->meta.limit[i];
        if (!need->used)
            continue;
        row(csv, (struct figure){v->name, "rpm", limit->name, &need->rpm, limit->rpm,
                                 forecast_fit_name(need->rpm_fit)});
        row(csv, (struct figure){v->name, "tpm", limit->name, &need->tpm, limit->tpm,
                                 forecast_fit_name(need->tpm_fit)});
    }
    latency_rows(csv, f, number);
    for (size_t k = 0; k < f->meta.slices; k++) {
        str kind = f->meta.slice[k].name;
        row(csv, (struct figure){v->name, "kind_accuracy", kind, &v->part[k].accuracy, 0,
                                 v->part[k].is_best     ? "most accurate"
                                 : v->part[k].not_worse ? "not worse"
                                                        : ""});
        row(csv, (struct figure){v->name, "kind_request_usd", kind, &v->part[k].request_usd, 0,
                                 NULL});
    }
}

void forecast_csv(const void *forecast, struct buf *out)
{
    const struct forecast *f = forecast;
    static const char *const heads[] = {"variant", "quantity", "of", "value",   "low",
                                        "high",    "method",   "n",  "allowed", "verdict"};
    struct csv_out csv = {.out = out};
    csv_out_heads(&csv, heads, sizeof heads / sizeof heads[0]);
    csv_out_end(&csv);
    for (size_t v = 0; v < f->meta.variants; v++)
        variant_rows(&csv, f, v);
}
