/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_sheets.c: the tables of a report that people read (see page.h).
 *
 * Every share and every mean that is compared stands beside its interval and the number of
 * values behind it. Four narrow tables in one order say more than one wide one: what is right,
 * how long it takes, what it costs, how many calls went out.
 */
#include "reports/page_inside.h"

#include <inttypes.h>

#include "stats/format.h"

/* ---- what tables share ---- */

void page_variant_row(const struct page *page, struct sheet *sheet, size_t place, bool marked)
{
    const struct summary_comparison *c =
        page_against_baseline(page->summary, page->order[place]);
    enum sheet_mark mark = SHEET_PLAIN;
    if (marked && c && c->verdict == SUMMARY_BETTER)
        mark = SHEET_GOOD;
    else if (marked && c && c->verdict == SUMMARY_WORSE)
        mark = SHEET_BAD;
    sheet_row(sheet, mark);
    sheet_add(sheet, page->name[page->order[place]]);
}

void page_named_row(const struct page *page, struct sheet *sheet, size_t place, bool *named)
{
    sheet_row(sheet, SHEET_PLAIN);
    sheet_add(sheet, *named ? STR("") : page->name[page->order[place]]);
    *named = true;
}

str page_at_least(struct arena *arena, bool at_least, str text)
{
    return at_least && !str_equal(text, PAGE_DASH)
               ? arena_printf(arena, "≥ %.*s", STR_ARG(text))
               : text;
}

str page_time_range(struct arena *arena, maybe low, maybe high)
{
    return high.known && high.value < 0.5 ? STR("0 s")
                                          : stats_format_duration_range(arena, low, high);
}

str page_quantile(struct arena *arena, const struct stats_quantile *q)
{
    if (q->n > 0 && !q->estimate.known)
        return STR("timeout");
    return stats_format_duration(arena, q->estimate);
}

str page_usd(struct arena *arena, const struct summary_variant *v, maybe usd)
{
    return page_at_least(arena, v->cost.lost_attempts > 0, stats_format_usd(arena, usd));
}

str page_calls(struct arena *arena, const struct summary_variant *v)
{
    return v->calls_per_cell.known ? arena_printf(arena, "%.1f", v->calls_per_cell.value)
                                   : PAGE_DASH;
}

bool page_has_baseline(const struct page *page)
{
    const struct summary_meta *meta = &page->summary->meta;
    return (meta->baseline != SUMMARY_NO_BASELINE || meta->pair_count) &&
           meta->variant_count > 1;
}

/* ---- accuracy ---- */

static void add_difference(const struct page *page, struct sheet *sheet, size_t variant)
{
    struct arena *arena = page->arena;
    const struct summary_comparison *c = page_against_baseline(page->summary, variant);
    if (!c) {
        for (unsigned i = 0; i < 3; i++)
            sheet_add(sheet, STR(""));
        sheet_add(sheet, variant == page->summary->meta.baseline ? STR("baseline") : STR(""));
        return;
    }
    sheet_add(sheet, stats_format_points(arena, c->accuracy.value));
    sheet_add(sheet, page_points_range(arena, &c->accuracy));
    sheet_add(sheet, stats_format_p(arena, c->p_adjusted));
    sheet_add(sheet, page_verdict_words(c));
}

static void add_accuracy(struct page *page)
{
    struct arena *arena = page->arena;
    const struct sheet_column columns[] = {
        {STR("Accuracy"), false, 0},
        {STR("correct"), true, 0},
        {page_interval_head(page), true, 0},
        {STR("n"), true, 3},
        {STR("Δ points"), true, 0},
        {page_interval_head(page), true, 0},
        {STR("p"), true, 2},
        {STR("verdict"), false, 1},
    };
    struct sheet *sheet =
        sheet_new(arena, "Accuracy", columns, page_has_baseline(page) ? 8 : 4);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        page_variant_row(page, sheet, i, true);
        sheet_add(sheet, stats_format_percent(arena, v->accuracy.value));
        sheet_add(sheet, stats_format_percent_range(arena, v->accuracy.low, v->accuracy.high));
        sheet_add(sheet, page_count(arena, v->accuracy.n));
        if (page_has_baseline(page))
            add_difference(page, sheet, page->order[i]);
    }
    sheet->note =
        page->summary->meta.stop
            ? "n: scored trials. Errors and timeouts count as wrong. Intervals of Δ hold "
              "wherever the run ends (confidence sequences); the test may decide first."
            : "n: scored trials. Errors and timeouts count as wrong.";
    page_add_sheet(page, sheet);
}

/* ---- latency ---- */

static str ratio_text(struct arena *arena, maybe ratio)
{
    return ratio.known ? arena_printf(arena, "%s×", stats_format_ratio(arena, ratio).p)
                       : PAGE_DASH;
}

static void add_latency(struct page *page)
{
    struct arena *arena = page->arena;
    const struct sheet_column columns[] = {
        {STR("Latency"), false, 0},          {STR("p50"), true, 0},
        {page_interval_head(page), true, 0}, {STR("p95"), true, 0},
        {page_interval_head(page), true, 1}, {STR("× baseline"), true, 0},
        {page_interval_head(page), true, 2},
    };
    struct sheet *sheet = sheet_new(arena, "Latency", columns, page_has_baseline(page) ? 7 : 5);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        const struct stats_quantile *half = &v->latency_ns[SUMMARY_P50];
        const struct stats_quantile *most = &v->latency_ns[SUMMARY_P95];
        const struct summary_comparison *c =
            page_against_baseline(page->summary, page->order[i]);
        page_variant_row(page, sheet, i, false);
        sheet_add(sheet, page_quantile(arena, half));
        sheet_add(sheet, page_time_range(arena, half->low, half->high));
        sheet_add(sheet, page_quantile(arena, most));
        sheet_add(sheet, page_time_range(arena, most->low, most->high));
        if (c) {
            sheet_add(sheet, ratio_text(arena, c->latency_ratio.value));
            sheet_add(sheet, stats_format_ratio_range(arena, c->latency_ratio.low,
                                                      c->latency_ratio.high));
        }
    }
    sheet->note = "Longest path of a cell, our own waits left out; × compares the means.";
    page_add_sheet(page, sheet);
}

/* ---- cost ---- */

static void add_cost(struct page *page)
{
    struct arena *arena = page->arena;
    const struct sheet_column columns[] = {
        {STR("Cost"), false, 0},
        {STR("per cell"), true, 0},
        {page_interval_head(page), true, 0},
        {STR("per correct"), true, 0},
        {page_interval_head(page), true, 2},
        {STR("× baseline"), true, 0},
        {page_interval_head(page), true, 1},
    };
    struct sheet *sheet = sheet_new(arena, "Cost", columns, page_has_baseline(page) ? 7 : 5);
    bool lost = false;
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        const struct summary_estimate *cell = &v->cost_per_cell_usd;
        const struct summary_estimate *right = &v->cost_per_correct_usd;
        const struct summary_comparison *c =
            page_against_baseline(page->summary, page->order[i]);
        page_variant_row(page, sheet, i, false);
        sheet_add(sheet, page_usd(arena, v, cell->value));
        sheet_add(sheet, stats_format_usd_range(arena, cell->low, cell->high));
        sheet_add(sheet, page_usd(arena, v, right->value));
        sheet_add(sheet, stats_format_usd_range(arena, right->low, right->high));
        if (c) {
            sheet_add(sheet, ratio_text(arena, c->cost_ratio.value));
            sheet_add(sheet,
                      stats_format_ratio_range(arena, c->cost_ratio.low, c->cost_ratio.high));
        }
        lost = lost || v->cost.lost_attempts > 0;
    }
    sheet->note = lost ? "≥: attempts were lost after sending; their cost is not known." : NULL;
    page_add_sheet(page, sheet);
}

/* ---- calls and errors ---- */

static void add_calls(struct page *page)
{
    struct arena *arena = page->arena;
    const struct sheet_column columns[] = {
        {STR("Calls and errors"), false, 0},
        {STR("cells"), true, 0},
        {STR("calls"), true, 0},
        {STR("per cell"), true, 0},
        {STR("cached"), true, 2},
        {STR("attempts"), true, 3},
        {STR("retries"), true, 0},
        {STR("errors"), true, 0},
        {STR("error rate"), true, 0},
        {page_interval_head(page), true, 1},
    };
    struct sheet *sheet = sheet_new(arena, "Calls and errors", columns, 10);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        const struct summary_estimate *rate = &v->error_rate;
        page_variant_row(page, sheet, i, false);
        sheet_add(sheet, page_count(arena, v->finished));
        sheet_add(sheet, page_count(arena, v->traffic.calls));
        sheet_add(sheet, page_calls(arena, v));
        sheet_add(sheet, page_count(arena, v->traffic.cached));
        sheet_add(sheet, page_count(arena, v->traffic.attempts));
        sheet_add(sheet, page_count(arena, v->traffic.retries));
        sheet_add(sheet,
                  page_count(arena, v->statuses[SUMMARY_ERROR] + v->statuses[SUMMARY_TIMEOUT]));
        sheet_add(sheet, stats_format_percent(arena, rate->value));
        sheet_add(sheet, stats_format_percent_range(arena, rate->low, rate->high));
    }
    sheet->note = "cells: finished ones. errors: cells that failed or timed out.";
    page_add_sheet(page, sheet);
}

/* Every named score of every variant; with a single score the accuracy says it already. */
static void add_scores(struct page *page)
{
    struct arena *arena = page->arena;
    const struct summary_meta *meta = &page->summary->meta;
    const struct sheet_column columns[] = {{STR("Scores"), false, 0},
                                           {STR("score"), false, 0},
                                           {STR("mean"), true, 0},
                                           {page_interval_head(page), true, 1},
                                           {STR("n"), true, 0}};
    struct sheet *sheet = sheet_new(arena, "Scores", columns, 5);
    for (size_t i = 0; i < meta->variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        bool named = false;
        for (size_t k = 0; k < meta->score_count; k++) {
            const struct summary_estimate *score = &v->scores[k];
            if (!score->value.known)
                continue;
            page_named_row(page, sheet, i, &named);
            sheet_add(sheet, page_text(arena, meta->scores[k].name, PAGE_NAME_MAX));
            sheet_add(sheet, stats_format_percent(arena, score->value));
            sheet_add(sheet, stats_format_percent_range(arena, score->low, score->high));
            sheet_add(sheet, page_count(arena, score->n));
        }
    }
    sheet->note = "Means over samples; failed cells count 0 where the score applies.";
    /* one score that says yes or no is the accuracy */
    if ((meta->score_count > 1 || (meta->score_count && meta->scores[0].judged)) && sheet->rows)
        page_add_sheet(page, sheet);
}

/* ---- all ---- */

void page_add_sheets(struct page *page)
{
    if (page->summary->meta.variant_count == 0)
        return;
    page_add_overview(page);
    add_accuracy(page);
    add_latency(page);
    add_cost(page);
    add_calls(page);
    page_add_roles(page);
    add_scores(page);
    page_add_judges(page);
    page_add_contests(page);
    page_add_reasons(page);
    page_add_steps(page);
    page_add_slices(page);
    page_add_robustness(page);
    page_add_diagnosis(page);
    page_add_schedule(page);
    page_add_times(page);
}
