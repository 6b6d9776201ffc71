/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_times.c: tables of steps, of cells that were started on a schedule, and of where a cell's time goes
 * (see page.h).
 */
#include "reports/page_inside.h"

#include "stats/format.h"

/* ---- steps ---- */

static void step_row(const struct page *page, struct sheet *sheet, const struct summary_step *s)
{
    struct arena *arena = page->arena;
    sheet_row(sheet, SHEET_PLAIN);
    sheet_add(sheet,
              arena_printf(arena, "  %.*s", STR_ARG(page_path(arena, s->path, PAGE_NAME_MAX))));
    sheet_add(sheet, page_count(arena, s->traffic.calls));
    sheet_add(sheet, page_count(arena, s->failed));
    sheet_add(sheet, stats_format_percent(arena, s->accuracy.value));
    sheet_add(sheet, stats_format_percent_range(arena, s->accuracy.low, s->accuracy.high));
    sheet_add(sheet, page_at_least(arena, s->cost.lost_attempts > 0,
                                   stats_format_usd(arena, s->cost_usd)));
    sheet_add(sheet, stats_format_duration(arena, s->latency_ns.value));
    sheet_add(sheet, page_time_range(arena, s->latency_ns.low, s->latency_ns.high));
}

/* Nodes that only hold others, or only compute, say nothing in a table. */
static bool is_telling(const struct summary_step *s, size_t place)
{
    return place == 0 || s->traffic.calls > 0 || s->failed > 0 || s->accuracy.value.known;
}

void page_add_steps(struct page *page)
{
    const struct sheet_column columns[] = {
        {STR("Steps"), false, 0},
        {STR("calls"), true, 0},
        {STR("failed"), true, 0},
        {STR("accuracy"), true, 0},
        {page_interval_head(page), true, 0},
        {STR("cost"), true, 0},
        {STR("mean time"), true, 0},
        {page_interval_head(page), true, 1},
    };
    struct sheet *sheet = sheet_new(page->arena, "Steps", columns, 8);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        if (v->step_count == 0)
            continue;
        sheet_row(sheet, SHEET_GROUP);
        sheet_add(sheet, page->name[page->order[i]]);
        for (size_t s = 0; s < v->step_count; s++)
            if (is_telling(&v->steps[s], s))
                step_row(page, sheet, &v->steps[s]);
    }
    sheet->note = "Calls and cost are a step's own; its time holds the steps below it. Steps "
                  "without calls, failures or scores are left out.";
    if (sheet->rows)
        page_add_sheet(page, sheet);
}

/* ---- cells on a schedule ---- */

void page_add_schedule(struct page *page)
{
    struct arena *arena = page->arena;
    const struct summary *summary = page->summary;
    if (!summary->meta.rate.known)
        return;
    const struct sheet_column columns[] = {
        {STR("Time under this load"), false, 0},
        {STR("p50"), true, 0},
        {STR("p90"), true, 0},
        {STR("p95"), true, 0},
        {STR("p99"), true, 0},
    };
    struct sheet *sheet = sheet_new(arena, "Time under this load", columns, 5);
    for (size_t i = 0; i < summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        page_variant_row(page, sheet, i, false);
        for (size_t level = 0; level < SUMMARY_LEVELS; level++)
            sheet_add(sheet, page_at_least(arena, v->latency_at_least,
                                           stats_format_duration(
                                               arena, v->scheduled_ns[level].estimate)));
    }
    str late = stats_format_duration(arena, summary->late_p99_ns);
    sheet->note =
        arena_printf(arena,
                     "%g cells/s, %.*s arrivals. By the clock, from the scheduled "
                     "start; 99 %% of the cells started at most %.*s after it.",
                     summary->meta.rate.value, STR_ARG(summary->meta.arrivals), STR_ARG(late))
            .p;
    page_add_sheet(page, sheet);
}

/* ---- where time goes ---- */

void page_add_times(struct page *page)
{
    struct arena *arena = page->arena;
    const struct sheet_column columns[] = {
        {STR("Mean times"), false, 0}, {STR("latency"), true, 0}, {STR("provider"), true, 0},
        {STR("connect"), true, 4},     {STR("backoff"), true, 0}, {STR("permit"), true, 0},
        {STR("store"), true, 2},       {STR("wall"), true, 0},    {STR("critical"), true, 3},
        {STR("work"), true, 0},
    };
    struct sheet *sheet = sheet_new(arena, "Mean times", columns, 10);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        const maybe times[] = {v->provider_ns,      v->connect_ns,    v->backoff_ns,
                               v->permit_wait_ns,   v->store_wait_ns, v->wall_ns,
                               v->critical_path_ns, v->total_work_ns};
        page_variant_row(page, sheet, i, false);
        sheet_add(sheet, page_at_least(arena, v->latency_at_least,
                                       stats_format_duration(arena, v->latency_mean_ns.value)));
        for (size_t t = 0; t < sizeof times / sizeof times[0]; t++)
            sheet_add(sheet, stats_format_duration(arena, times[t]));
    }
    sheet->note =
        "Of a finished cell. permit, store: our own waits. critical: the longest path; "
        "work: all calls together.";
    page_add_sheet(page, sheet);
}
