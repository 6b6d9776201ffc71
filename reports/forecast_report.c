/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forecast_report.c: a forecast for people: what it costs, what it needs, how long it takes, which
 * variant to take (see forecast_report.h).
 */
#include "reports/forecast_report.h"

#include "reports/page.h"
#include "reports/paper.h"
#include "stats/format.h"

struct writing {
    const struct forecast *f;
    struct arena *arena;
    struct paper *paper;
};

static str name_of(struct writing *w, size_t variant)
{
    return page_text(w->arena, w->f->variants[variant].name, PAGE_NAME_MAX);
}

static str bound(struct writing *w, bool at_least, str text)
{
    return at_least ? arena_printf(w->arena, "≥ %.*s", STR_ARG(text)) : text;
}

/* Value and interval in one cell, so that no narrow page shows one without the other. */
static str with_range(struct writing *w, str value, str range, bool has_range)
{
    return has_range ? arena_printf(w->arena, "%.*s (%.*s)", STR_ARG(value), STR_ARG(range))
                     : value;
}

static void add_money(struct writing *w, struct sheet *sheet, bool at_least,
                      const struct summary_estimate *e)
{
    sheet_add(sheet, with_range(w, bound(w, at_least, stats_format_usd(w->arena, e->value)),
                                stats_format_usd_range(w->arena, e->low, e->high),
                                e->low.known || e->high.known));
}

static enum sheet_mark mark_of(const struct forecast *f, size_t variant)
{
    return variant == f->choice ? SHEET_GOOD : SHEET_PLAIN;
}

/* ---- head ---- */

static str shares(struct writing *w)
{
    str list = STR("");
    for (size_t k = 0; k < w->f->meta.slices; k++)
        list = arena_printf(
            w->arena, "%.*s%s%.*s %.*s", STR_ARG(list), list.n ? ", " : "",
            STR_ARG(page_text(w->arena, w->f->meta.slice[k].name, PAGE_NAME_MAX)),
            STR_ARG(stats_format_percent(w->arena, maybe_of(w->f->meta.slice[k].share))));
    return list.n ? list : STR("as in the data set");
}

static void add_facts(struct writing *w)
{
    const struct forecast_meta *meta = &w->f->meta;
    struct arena *arena = w->arena;
    str peak = meta->peak_per_minute.known
                   ? arena_printf(arena, ", %.*s in the busiest minute",
                                  STR_ARG(stats_format_amount(arena, meta->peak_per_minute)))
                   : STR("");
    paper_fact(w->paper, "run", meta->run);
    paper_fact(w->paper, "requests",
               arena_printf(arena, "%.*s a day, %.*s days a month%.*s",
                            STR_ARG(stats_format_amount(arena, maybe_of(meta->per_day))),
                            STR_ARG(stats_format_amount(arena, maybe_of(meta->days))),
                            STR_ARG(peak)));
    paper_fact(w->paper, "kinds", shares(w));
    paper_fact(w->paper, "options",
               arena_printf(arena, "confidence %.*s %%, margin %s",
                            STR_ARG(stats_format_confidence(arena, meta->confidence)),
                            meta->margin.known
                                ? arena_printf(arena, "%.1f points", 100 * meta->margin.value).p
                                : "none"));
    for (size_t i = 0; i < meta->price_count; i++)
        paper_fact(w->paper, i ? "" : "prices", meta->prices[i]);
}

/* ---- tables ---- */

static const struct sheet *cost_sheet(struct writing *w)
{
    static const struct sheet_column columns[] = {
        {STR_INIT("variant"), false, 0},  {STR_INIT("samples"), true, 7},
        {STR_INIT("correct"), true, 0},   {STR_INIT("interval"), true, 0},
        {STR_INIT("a request"), true, 5}, {STR_INIT("a day"), true, 3},
        {STR_INIT("a month"), true, 0},
    };
    struct sheet *sheet = sheet_new(w->arena, "Cost", columns, 7);
    for (size_t i = 0; i < w->f->meta.variants; i++) {
        const struct forecast_variant *v = &w->f->variants[w->f->order[i]];
        sheet_row(sheet, mark_of(w->f, w->f->order[i]));
        sheet_add(sheet, name_of(w, w->f->order[i]));
        sheet_add(sheet, arena_printf(w->arena, "%llu", (unsigned long long)v->samples));
        sheet_add(sheet, stats_format_percent(w->arena, v->accuracy.value));
        sheet_add(sheet,
                  stats_format_percent_range(w->arena, v->accuracy.low, v->accuracy.high));
        add_money(w, sheet, v->at_least, &v->request_usd);
        add_money(w, sheet, v->at_least, &v->day_usd);
        add_money(w, sheet, v->at_least, &v->month_usd);
    }
    sheet->note =
        "In parentheses the intervals: of a request of its mean, of a day and a month of the "
        "bill.";
    return sheet;
}

struct needed {
    size_t variant, limit;
    const char *what;
    const struct summary_estimate *estimate;
    int64_t allowed;
    enum forecast_fit fit;
};

static void need_row(struct writing *w, struct sheet *sheet, struct needed needed)
{
    const struct forecast_limit *of = &w->f->meta.limit[needed.limit];
    str allowed = STR("—");
    if (needed.allowed)
        allowed = stats_format_amount(w->arena, maybe_of((double)needed.allowed));
    sheet_row(sheet, needed.fit == FORECAST_EXCEEDS ? SHEET_BAD : SHEET_PLAIN);
    sheet_add(sheet, name_of(w, needed.variant));
    sheet_add(sheet, page_text(w->arena, of->name, PAGE_NAME_MAX));
    sheet_add(sheet, str_from(needed.what));
    sheet_add(sheet, stats_format_amount(w->arena, needed.estimate->value));
    sheet_add(sheet,
              stats_format_amount_range(w->arena, needed.estimate->low, needed.estimate->high));
    sheet_add(sheet, allowed);
    sheet_add(sheet, str_from(forecast_fit_name(needed.fit)));
}

static const struct sheet *need_sheet(struct writing *w)
{
    static const struct sheet_column columns[] = {
        {STR_INIT("variant"), false, 0},  {STR_INIT("asked of"), false, 0},
        {STR_INIT("a minute"), false, 0}, {STR_INIT("needed"), true, 0},
        {STR_INIT("interval"), true, 0},  {STR_INIT("allowed"), true, 0},
        {STR_INIT("limit"), false, 0},
    };
    struct sheet *sheet = sheet_new(w->arena, "Needed in the busiest minute", columns, 7);
    for (size_t i = 0; i < w->f->meta.variants; i++)
        for (size_t k = 0; k < w->f->meta.limits; k++) {
            size_t v = w->f->order[i];
            const struct forecast_need *need = &w->f->variants[v].need[k];
            const struct forecast_limit *of = &w->f->meta.limit[k];
            if (!need->used)
                continue;
            need_row(w, sheet,
                     (struct needed){v, k, "requests", &need->rpm, of->rpm, need->rpm_fit});
            need_row(w, sheet,
                     (struct needed){v, k, "tokens", &need->tpm, of->tpm, need->tpm_fit});
        }
    sheet->note = "Retries are counted.";
    return sheet;
}

static str time_of(struct writing *w, const struct stats_quantile *q)
{
    return with_range(w, stats_format_duration(w->arena, q->estimate),
                      stats_format_duration_range(w->arena, q->low, q->high),
                      q->low.known || q->high.known);
}

static const struct sheet *load_sheet(struct writing *w)
{
    static const struct sheet_column columns[] = {
        {STR_INIT("variant"), false, 0}, {STR_INIT("to models/s"), true, 0},
        {STR_INIT("p50"), true, 0},      {STR_INIT("p90"), true, 2},
        {STR_INIT("p95"), true, 0},      {STR_INIT("p99"), true, 1},
        {STR_INIT("load"), false, 0},
    };
    const struct forecast_load *load = &w->f->meta.load;
    struct sheet *sheet = sheet_new(w->arena, "Latency under load", columns, 7);
    for (size_t i = 0; load->run.n && i < w->f->meta.variants; i++) {
        size_t v = w->f->order[i];
        const struct stats_quantile *q = load->scheduled_ns[v];
        if (!load->cells[v])
            continue;
        sheet_row(sheet, SHEET_PLAIN);
        sheet_add(sheet, name_of(w, v));
        sheet_add(sheet, stats_format_amount(w->arena, w->f->variants[v].load_attempts_per_s));
        for (int level = 0; level < SUMMARY_LEVELS; level++)
            sheet_add(sheet, time_of(w, &q[level]));
        sheet_add(sheet, w->f->variants[v].load_covers ? STR("measured") : STR("not reached"));
    }
    return sheet;
}

static const struct sheet *slice_sheet(struct writing *w)
{
    static const struct sheet_column columns[] = {
        {STR_INIT("kind"), false, 0},     {STR_INIT("share"), true, 0},
        {STR_INIT("variant"), false, 0},  {STR_INIT("samples"), true, 1},
        {STR_INIT("correct"), true, 0},   {STR_INIT("interval"), true, 0},
        {STR_INIT("a request"), true, 2}, {STR_INIT("not worse"), false, 0},
    };
    struct sheet *sheet = sheet_new(w->arena, "By kind of request", columns, 8);
    for (size_t k = 0; k < w->f->meta.slices; k++)
        for (size_t i = 0; i < w->f->meta.variants; i++) {
            size_t v = w->f->order[i];
            const struct forecast_part *part = &w->f->variants[v].part[k];
            sheet_row(sheet, SHEET_PLAIN);
            sheet_add(sheet, page_text(w->arena, w->f->meta.slice[k].name, PAGE_NAME_MAX));
            sheet_add(sheet,
                      stats_format_percent(w->arena, maybe_of(w->f->meta.slice[k].share)));
            sheet_add(sheet, name_of(w, v));
            sheet_add(sheet, arena_printf(w->arena, "%llu", (unsigned long long)part->samples));
            sheet_add(sheet, stats_format_percent(w->arena, part->accuracy.value));
            sheet_add(sheet, stats_format_percent_range(w->arena, part->accuracy.low,
                                                        part->accuracy.high));
            add_money(w, sheet, false, &part->request_usd);
            sheet_add(sheet, part->is_best     ? STR("most accurate")
                             : part->not_worse ? STR("shown")
                                               : STR("—"));
        }
    return sheet;
}

/* ---- the paper ---- */

static void fill(struct paper *paper, const void *forecast)
{
    const struct forecast *f = forecast;
    struct writing writing = {.f = f, .arena = paper->arena, .paper = paper}, *w = &writing;
    paper->title = arena_printf(w->arena, "Forecast of %.*s", STR_ARG(f->meta.experiment));
    paper->verdict = f->choice_text;
    if (f->meta.mock)
        w->paper->notice =
            STR("Answered by weir-mock: these figures describe its configuration, "
                "not a model.");
    add_facts(w);
    paper_begin(w->paper, STR("Cost"), cost_sheet(w));
    if (f->meta.peak_per_minute.known)
        paper_begin(w->paper, STR("Needed in the busiest minute"), need_sheet(w));
    paper_begin(w->paper, STR("Latency under load"), load_sheet(w));
    paper_say(w->paper, f->load_text);
    if (f->meta.slices)
        paper_begin(w->paper, STR("By kind of request"), slice_sheet(w));
    paper_begin(w->paper, STR("What follows"), NULL);
    for (size_t i = 0; i < f->advice_count; i++)
        paper_say(w->paper, f->advice[i]);
    for (size_t i = 0; i < f->warnings; i++)
        paper_warn(w->paper, f->warning[i]);
}

const struct paper_kind forecast_paper = {
    .name = "forecast", .fill = fill, .json = forecast_json, .csv = forecast_csv};
