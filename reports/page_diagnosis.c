/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_diagnosis.c: what the patterns did, as tables (see page.h).
 */
#include "reports/page.h"

#include <inttypes.h>

#include "stats/format.h"
#include "stats/summary_diagnosis.h"

static const struct summary_variant *variant_at(const struct page *page, size_t place)
{
    return &page->summary->variants[page->order[place]];
}

static str interval_head(const struct page *page)
{
    return arena_printf(page->arena, "%s %% interval",
                        stats_format_confidence(page->arena, page->summary->meta.confidence).p);
}

static void add_sheet(struct page *page, struct sheet *sheet)
{
    if (sheet->rows && page->sheets < sizeof page->sheet / sizeof page->sheet[0])
        page->sheet[page->sheets++] = sheet;
}

static void group(const struct page *page, struct sheet *sheet, size_t place)
{
    sheet_row(sheet, SHEET_GROUP);
    sheet_add(sheet, page->name[page->order[place]]);
}

/* ---- chains ---- */

static void chain_row(const struct page *page, struct sheet *sheet,
                      const struct summary_chain_step *step, bool weakest)
{
    struct arena *arena = page->arena;
    sheet_row(sheet, weakest ? SHEET_BAD : SHEET_PLAIN);
    sheet_add(sheet, arena_printf(arena, "  %.*s",
                                  STR_ARG(page_path(arena, step->name, PAGE_NAME_MAX))));
    sheet_add(sheet, arena_printf(arena, "%" PRIu64, step->entered));
    sheet_add(sheet, stats_format_percent(arena, step->rate.value));
    sheet_add(sheet, stats_format_percent_range(arena, step->rate.low, step->rate.high));
    sheet_add(sheet, arena_printf(arena, "%" PRIu64, step->entered - step->passed));
    sheet_add(sheet, stats_format_percent(arena, step->blame));
    sheet_add(sheet, stats_format_percent(arena, step->perfect.value));
    sheet_add(sheet, stats_format_percent_range(arena, step->perfect.low, step->perfect.high));
}

static void add_chains(struct page *page)
{
    const struct sheet_column columns[] = {
        {STR("Chains"), false, 0},      {STR("reached"), true, 2},      {STR("right"), true, 0},
        {interval_head(page), true, 1}, {STR("first wrong"), true, 0},  {STR("share"), true, 3},
        {STR("if perfect"), true, 0},   {interval_head(page), true, 0},
    };
    struct sheet *sheet = sheet_new(page->arena, "Chains", columns, 8);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_diagnosis *d = variant_at(page, i)->diagnosis;
        if (!d || !d->chain)
            continue;
        group(page, sheet, i);
        for (size_t s = 0; s < d->chain->step_count; s++)
            chain_row(page, sheet, &d->chain->steps[s], s == d->chain->weakest);
    }
    sheet->note =
        "right: of the cells in which all steps before were. if perfect: the accuracy to "
        "expect when that step alone is never wrong.";
    add_sheet(page, sheet);
}

/* ---- votes ---- */

static void vote_rows(const struct page *page, struct sheet *sheet,
                      const struct summary_vote *vote)
{
    struct arena *arena = page->arena;
    for (size_t i = 0; i < SUMMARY_VOTE_SIZES; i++) {
        const struct summary_majority *m = &vote->size[i];
        if (!m->accuracy.value.known)
            continue;
        sheet_row(sheet, SHEET_PLAIN);
        sheet_add(sheet, arena_printf(arena, "  %u%s", summary_vote_sizes[i],
                                      m->extrapolated ? ", extrapolated" : ""));
        sheet_add(sheet, stats_format_percent(arena, m->accuracy.value));
        sheet_add(sheet, stats_format_percent_range(arena, m->accuracy.low, m->accuracy.high));
        sheet_add(sheet, stats_format_percent(arena, maybe_of(m->independent)));
        sheet_add(sheet, stats_format_usd(arena, m->cost_usd));
        sheet_add(sheet, stats_format_usd(arena, m->per_point_usd));
    }
}

static void add_votes(struct page *page)
{
    const struct sheet_column columns[] = {
        {STR("Majority of"), false, 0},  {STR("accuracy"), true, 0},
        {interval_head(page), true, 0},  {STR("if random"), true, 1},
        {STR("cost per cell"), true, 0}, {STR("a point more"), true, 0},
    };
    struct sheet *sheet = sheet_new(page->arena, "Votes, predicted", columns, 6);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_diagnosis *d = variant_at(page, i)->diagnosis;
        if (!d || !d->vote)
            continue;
        group(page, sheet, i);
        vote_rows(page, sheet, d->vote);
    }
    sheet->note = "Predicted from how answers to one sample agree. The intervals hold for all "
                  "rows of a variant together. if random: were errors independent.";
    add_sheet(page, sheet);
}

void page_add_diagnosis(struct page *page)
{
    add_chains(page);
    add_votes(page);
}
