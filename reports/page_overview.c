/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_overview.c: one wide table of a report's essentials (see page.h), for those who have the room: the
 * narrow ones hold the same.
 */
#include "reports/page_inside.h"

#include "stats/format.h"

/* "85.0 %" over "(70.9 – 92.9 %)" */
static str with_range(struct arena *arena, str value, str range)
{
    return str_equal(value, PAGE_DASH) || str_equal(range, PAGE_DASH)
               ? value
               : arena_printf(arena, "%.*s\n(%.*s)", STR_ARG(value), STR_ARG(range));
}

static void overview_row(const struct page *page, struct sheet *sheet, size_t place)
{
    struct arena *arena = page->arena;
    const struct summary_variant *v = page_variant_at(page, place);
    const struct summary_comparison *c =
        page_against_baseline(page->summary, page->order[place]);
    const struct summary_estimate *cell = &v->cost_per_cell_usd;
    const struct summary_estimate *right = &v->cost_per_correct_usd;
    const struct stats_quantile *half = &v->latency_ns[SUMMARY_P50];
    const struct stats_quantile *most = &v->latency_ns[SUMMARY_P95];
    bool is_baseline =
        page_has_baseline(page) && page->order[place] == page->summary->meta.baseline;
    page_variant_row(page, sheet, place, true);
    sheet_add(sheet,
              with_range(arena, stats_format_percent(arena, v->accuracy.value),
                         stats_format_percent_range(arena, v->accuracy.low, v->accuracy.high)));
    sheet_add(sheet, page_count(arena, v->accuracy.n));
    sheet_add(sheet, c ? with_range(arena, stats_format_points(arena, c->accuracy.value),
                                    page_points_range(arena, &c->accuracy))
                       : STR(""));
    sheet_add(sheet, c ? stats_format_p(arena, c->p_adjusted) : STR(""));
    sheet_add(sheet, c ? page_verdict_words(c) : is_baseline ? STR("baseline") : STR(""));
    sheet_add(sheet, with_range(arena, page_quantile(arena, half),
                                page_time_range(arena, half->low, half->high)));
    sheet_add(sheet, with_range(arena, page_quantile(arena, most),
                                page_time_range(arena, most->low, most->high)));
    sheet_add(
        sheet,
        with_range(arena, page_usd(arena, v, maybe_scale(cell->value, PAGE_CELLS_OF_MONEY)),
                   stats_format_usd_range(arena, maybe_scale(cell->low, PAGE_CELLS_OF_MONEY),
                                          maybe_scale(cell->high, PAGE_CELLS_OF_MONEY))));
    sheet_add(sheet, with_range(arena, page_usd(arena, v, right->value),
                                stats_format_usd_range(arena, right->low, right->high)));
    sheet_add(sheet, page_calls(arena, v));
    sheet_add(sheet, page_count(arena, v->traffic.retries));
    sheet_add(sheet, with_range(arena, stats_format_percent(arena, v->error_rate.value),
                                stats_format_percent_range(arena, v->error_rate.low,
                                                           v->error_rate.high)));
}

void page_add_overview(struct page *page)
{
    const struct sheet_column columns[] = {
        {STR("Variant"), false, 0},
        {STR("Accuracy"), true, 0},
        {STR("n"), true, 0},
        {STR("Δ points"), true, 1},
        {STR("p"), true, 1},
        {STR("Verdict"), false, 1},
        {STR("Latency p50"), true, 0},
        {STR("p95"), true, 0},
        {STR("Cost per 1,000 cells"), true, 0},
        {STR("per correct answer"), true, 0},
        {STR("Calls per cell"), true, 0},
        {STR("Retries"), true, 0},
        {STR("Errors"), true, 0},
    };
    page->overview = sheet_new(page->arena, "Overview", columns, 13);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++)
        overview_row(page, page->overview, i);
    page->overview->note =
        arena_printf(page->arena,
                     "In brackets: %s %% intervals. Δ and p: against the baseline.",
                     stats_format_confidence(page->arena, page->summary->meta.confidence).p)
            .p;
}
