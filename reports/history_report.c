/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history_report.c: a history for people: a table a variant with a row a run, marked changes, what is
 * different from run to run, and what could not be shown (see history_report.h).
 */
#include "reports/history_report.h"

#include "reports/page.h"
#include "reports/paper.h"
#include "reports/plot_trend.h"
#include "stats/format.h"

struct writing {
    const struct history *h;
    struct arena *arena;
    struct paper *paper;
};

/* "2026-11-21 08:45", of "2026-11-21T08:45:11Z" */
static str day_and_minute(struct arena *arena, str time)
{
    if (time.n < 16)
        return arena_str(arena, time);
    return arena_printf(arena, "%.*s %.*s", STR_ARG(str_sub(time, 0, 10)),
                        STR_ARG(str_sub(time, 11, 16)));
}

static str shown(struct writing *w, str text)
{
    return page_text(w->arena, text, PAGE_NAME_MAX);
}

/* ---- tables ---- */

/* "↑", "↓": beside the figure that is marked. */
static str marked(struct writing *w, str text, enum history_mark mark)
{
    return mark == HISTORY_UNMARKED ? text
                                    : arena_printf(w->arena, "%.*s %s", STR_ARG(text),
                                                   mark == HISTORY_UP ? "↑" : "↓");
}

static str ratio(struct writing *w, const struct summary_estimate *e, enum history_mark mark)
{
    if (!e->value.known)
        return STR("—");
    return marked(w,
                  arena_printf(w->arena, "× %.*s (%.*s)",
                               STR_ARG(stats_format_ratio(w->arena, e->value)),
                               STR_ARG(stats_format_ratio_range(w->arena, e->low, e->high))),
                  mark);
}

static str difference(struct writing *w, const struct history_change *c)
{
    if (!c->there || !c->accuracy.value.known)
        return STR("—");
    return marked(w,
                  arena_printf(w->arena, "%.*s (%.*s to %.*s)",
                               STR_ARG(stats_format_points(w->arena, c->accuracy.value)),
                               STR_ARG(stats_format_points(w->arena, c->accuracy.low)),
                               STR_ARG(stats_format_points(w->arena, c->accuracy.high))),
                  c->mark[HISTORY_ACCURACY]);
}

static str with_range(struct writing *w, str value, str range, bool has_range)
{
    return has_range ? arena_printf(w->arena, "%.*s (%.*s)", STR_ARG(value), STR_ARG(range))
                     : value;
}

static enum sheet_mark row_mark(const struct history_change *c)
{
    return c->mark[HISTORY_ACCURACY] == HISTORY_DOWN ? SHEET_BAD
           : c->mark[HISTORY_ACCURACY] == HISTORY_UP ? SHEET_GOOD
                                                     : SHEET_PLAIN;
}

/* The changes of cost and latency stand in columns of their own: a value and its interval go
 * together, or not at all. */
static void add_row(struct writing *w, struct sheet *sheet, str when, str run,
                    const struct history_value *v, const struct history_change *c)
{
    struct arena *a = w->arena;
    sheet_row(sheet, row_mark(c));
    sheet_add(sheet, when);
    sheet_add(sheet, run);
    sheet_add(sheet,
              with_range(w, stats_format_percent(a, v->accuracy.value),
                         stats_format_percent_range(a, v->accuracy.low, v->accuracy.high),
                         v->accuracy.value.known));
    sheet_add(sheet, difference(w, c));
    sheet_add(sheet, with_range(w, stats_format_usd(a, v->cost_usd.value),
                                stats_format_usd_range(a, v->cost_usd.low, v->cost_usd.high),
                                v->cost_usd.low.known));
    sheet_add(sheet, c->there ? ratio(w, &c->cost_ratio, c->mark[HISTORY_COST]) : STR("—"));
    sheet_add(sheet,
              with_range(w, stats_format_duration(a, v->latency_ns.estimate),
                         stats_format_duration_range(a, v->latency_ns.low, v->latency_ns.high),
                         v->latency_ns.low.known || v->latency_ns.high.known));
    sheet_add(sheet,
              c->there ? ratio(w, &c->latency_ratio, c->mark[HISTORY_LATENCY]) : STR("—"));
}

static const struct sheet *sheet_of(struct writing *w, size_t variant)
{
    static const struct sheet_column columns[] = {
        {STR_INIT("began"), false, 0},       {STR_INIT("run"), false, 6},
        {STR_INIT("correct"), true, 0},      {STR_INIT("change, points"), true, 0},
        {STR_INIT("a cell costs"), true, 4}, {STR_INIT("cost, change"), true, 2},
        {STR_INIT("p50"), true, 5},          {STR_INIT("time, change"), true, 3},
    };
    const struct history *h = w->h;
    struct sheet *sheet = sheet_new(w->arena, "", columns, 8);
    for (size_t r = 0; r < h->runs; r++) {
        if (!h->run[r].value[variant].there)
            continue;
        add_row(w, sheet, day_and_minute(w->arena, h->run[r].meta.time),
                shown(w, h->run[r].meta.id), &h->run[r].value[variant],
                &h->run[r].change[variant]);
    }
    if (h->runs > 2 && h->overall[variant].there)
        add_row(w, sheet, STR("newest / oldest"), STR(""), &(struct history_value){0},
                &h->overall[variant]);
    return sheet;
}

/* ---- the paper ---- */

static void add_facts(struct writing *w)
{
    const struct history *h = w->h;
    struct arena *a = w->arena;
    paper_fact(w->paper, "dataset",
               arena_printf(a, "%.*s, fingerprint %.*s", STR_ARG(shown(w, h->dataset)),
                            STR_ARG(shown(w, h->fingerprint))));
    paper_fact(w->paper, "runs",
               arena_printf(a, "%zu shown, %zu left out", h->runs, h->left_outs));
    paper_fact(
        w->paper, "options",
        arena_printf(a,
                     "confidence %.*s %%; marks at alpha %.10g over %zu tests of accuracy, "
                     "%zu ratios of cost, %zu of latency",
                     STR_ARG(stats_format_confidence(a, h->meta.confidence)), h->meta.alpha,
                     h->family[HISTORY_ACCURACY], h->family[HISTORY_COST],
                     h->family[HISTORY_LATENCY]));
}

static void add_notes(struct writing *w)
{
    const struct history *h = w->h;
    paper_begin(w->paper, STR("What is different from the run before"), NULL);
    for (size_t r = 0; r < h->runs; r++)
        for (size_t i = 0; i < h->run[r].notes; i++)
            paper_say(w->paper, arena_printf(w->arena, "%.*s: %.*s", STR_ARG(h->run[r].meta.id),
                                             STR_ARG(h->run[r].note[i])));
}

static void add_left_out(struct writing *w)
{
    const struct history *h = w->h;
    paper_begin(w->paper, STR("Left out"), NULL);
    for (size_t i = 0; i < h->left_outs; i++)
        paper_say(w->paper, arena_printf(w->arena, "%.*s: %.*s", STR_ARG(h->left_out[i].id),
                                         STR_ARG(h->left_out[i].reason)));
}

/* What cells of one run share, no interval over its samples holds. */
static void warn_of_clocks(struct writing *w)
{
    const struct history *h = w->h;
    bool marked_any = false;
    for (size_t r = 0; r < h->runs; r++)
        for (size_t v = 0; v < h->variants; v++)
            marked_any = marked_any || h->run[r].change[v].mark[HISTORY_LATENCY] ||
                         h->overall[v].mark[HISTORY_LATENCY];
    if (marked_any)
        paper_warn(
            w->paper,
            STR("A marked change of latency says that the two runs took different times, "
                "not why: a provider's hour and our own load are the same for all cells of "
                "a run."));
}

static void fill(struct paper *paper, const void *history)
{
    const struct history *h = history;
    struct writing writing = {.h = h, .arena = paper->arena, .paper = paper}, *w = &writing;
    paper->title = arena_printf(w->arena, "History of %.*s", STR_ARG(h->meta.experiment));
    paper->verdict = h->verdict;
    if (h->runs && h->run[0].meta.mock)
        w->paper->notice =
            STR("Answered by weir-mock: these figures describe its configuration, "
                "not a model.");
    add_facts(w);
    for (size_t v = 0; v < h->variants; v++)
        paper_begin(w->paper, h->variant[v], sheet_of(w, v));
    add_notes(w);
    add_left_out(w);
    paper_begin(w->paper, STR("Changes"), NULL);
    for (size_t i = 0; i < h->sentences; i++)
        paper_say(w->paper, h->sentence[i]);
    warn_of_clocks(w);
}

/* ---- pictures ---- */

static struct plot_span span_of(const struct summary_estimate *e)
{
    return (struct plot_span){e->value, e->low, e->high};
}

static struct plot_trend_value trend_value(const struct history_value *v,
                                           const struct history_change *c)
{
    return (struct plot_trend_value){
        .accuracy = span_of(&v->accuracy),
        .cost_usd = span_of(&v->cost_usd),
        .latency_ns = {v->latency_ns.estimate, v->latency_ns.low, v->latency_ns.high},
        .accuracy_changed = c->mark[HISTORY_ACCURACY] != HISTORY_UNMARKED,
        .cost_changed = c->mark[HISTORY_COST] != HISTORY_UNMARKED,
        .latency_changed = c->mark[HISTORY_LATENCY] != HISTORY_UNMARKED,
    };
}

static int draw(str folder, const struct history *h, bool svg_only, struct err *err)
{
    struct arena arena = {0};
    struct plot_trend_run *run = arena_array(&arena, struct plot_trend_run, h->runs + 1);
    for (size_t r = 0; r < h->runs; r++) {
        struct plot_trend_value *value =
            arena_array(&arena, struct plot_trend_value, h->variants + 1);
        for (size_t v = 0; v < h->variants; v++)
            value[v] = trend_value(&h->run[r].value[v], &h->run[r].change[v]);
        run[r] = (struct plot_trend_run){day_and_minute(&arena, h->run[r].meta.time),
                                         h->run[r].meta.mock, value};
    }
    struct plot_trend trend = {.experiment = h->meta.experiment,
                               .confidence = h->meta.confidence,
                               .variant = h->variant,
                               .variants = h->variants,
                               .run = run,
                               .runs = h->runs};
    int result = svg_only ? plot_trend_write_svg(folder, &trend, err)
                          : plot_trend_write(folder, &trend, err);
    arena_release(&arena);
    return result;
}

int history_plots(str folder, const struct history *h, struct err *err)
{
    return draw(folder, h, false, err);
}

static int draw_for_page(str folder, const void *history, struct err *err)
{
    return draw(folder, history, true, err);
}

static const struct paper_picture pictures[] = {
    {"trend-accuracy", "Accuracy from run to run"},
    {"trend-cost", "Cost from run to run"},
    {"trend-latency", "Latency from run to run"},
};

const struct paper_kind history_paper = {
    .name = "history",
    .fill = fill,
    .json = history_json,
    .csv = history_csv,
    .draw = draw_for_page,
    .picture = pictures,
    .pictures = sizeof pictures / sizeof *pictures,
};
