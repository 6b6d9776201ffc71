/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_slices.c: accuracy by group of samples, as a table (see page.h).
 */
#include "reports/page_inside.h"

#include <inttypes.h>

#include "stats/format.h"

/* The comparison of a variant with its baseline: its place, or SIZE_MAX. */
static size_t comparison_of(const struct summary *summary, size_t variant)
{
    const struct summary_comparison *c = page_against_baseline(summary, variant);
    return c ? (size_t)(c - summary->comparisons) : SIZE_MAX;
}

static void add_row(const struct page *page, struct sheet *sheet,
                    const struct summary_slice *slice, size_t variant)
{
    struct arena *arena = page->arena;
    const struct summary_estimate *a = &slice->accuracy[variant];
    size_t comparison = comparison_of(page->summary, variant);
    sheet_row(sheet, SHEET_PLAIN);
    sheet_add(sheet, arena_printf(arena, "  %.*s", STR_ARG(page->name[variant])));
    sheet_add(sheet, stats_format_percent(arena, a->value));
    sheet_add(sheet, a->n ? stats_format_percent_range(arena, a->low, a->high) : STR("—"));
    sheet_add(sheet, page_count(arena, a->n));
    if (comparison == SIZE_MAX)
        return;
    const struct summary_estimate *d = &slice->difference[comparison];
    sheet_add(sheet, stats_format_points(arena, d->value));
    sheet_add(sheet, page_points_range(arena, d));
}

void page_add_slices(struct page *page)
{
    const struct summary *summary = page->summary;
    str interval = page_interval_head(page);
    const struct sheet_column columns[] = {
        {STR("Slices"), false, 0}, {STR("correct"), true, 0},  {interval, true, 0},
        {STR("n"), true, 2},       {STR("Δ points"), true, 0}, {interval, true, 1},
    };
    struct sheet *sheet = sheet_new(page->arena, "Slices", columns, 6);
    for (size_t i = 0; i < summary->slice_count; i++) {
        const struct summary_slice *slice = &summary->slices[i];
        str name = page_text(page->arena, slice->name, PAGE_NAME_MAX);
        sheet_row(sheet, SHEET_GROUP);
        sheet_add(sheet, arena_printf(page->arena, "%.*s, %" PRIu64 " sample%s", STR_ARG(name),
                                      slice->samples, slice->samples == 1 ? "" : "s"));
        for (size_t v = 0; v < summary->meta.variant_count; v++)
            add_row(page, sheet, slice, page->order[v]);
    }
    sheet->note =
        "Looked at, not tested: of many groups some differ by chance. A sample may be "
        "in several. Δ: against the baseline, on the samples of the group.";
    page_add_sheet(page, sheet);
}
