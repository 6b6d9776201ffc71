/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_robust.c: how steady variants are, as tables and parts (see page.h): under changes of their
 * samples that should not matter, and from trial to trial.
 */
#include "reports/page_inside.h"

#include <inttypes.h>

#include "base/text.h"
#include "stats/format.h"
#include "stats/summary_robust.h"

/* ---- changed samples ---- */

static void unchanged_row(const struct page *page, struct sheet *sheet,
                          const struct summary_variant *v)
{
    struct arena *arena = page->arena;
    sheet_row(sheet, SHEET_PLAIN);
    sheet_add(sheet, STR("  unchanged"));
    sheet_add(sheet, stats_format_percent(arena, v->accuracy.value));
    sheet_add(sheet, stats_format_percent_range(arena, v->accuracy.low, v->accuracy.high));
}

static void changed_row(const struct page *page, struct sheet *sheet,
                        const struct summary_perturbed *p, str name)
{
    struct arena *arena = page->arena;
    const struct summary_estimate *d = &p->difference;
    bool worse = d->value.known && d->high.value < 0.0;
    bool better = d->value.known && d->low.value > 0.0;
    sheet_row(sheet, worse ? SHEET_BAD : better ? SHEET_GOOD : SHEET_PLAIN);
    sheet_add(sheet, arena_printf(arena, "  %.*s", STR_ARG(name)));
    sheet_add(sheet, stats_format_percent(arena, p->accuracy.value));
    sheet_add(sheet, stats_format_percent_range(arena, p->accuracy.low, p->accuracy.high));
    sheet_add(sheet, stats_format_points(arena, d->value));
    sheet_add(sheet, page_points_range(arena, d));
    sheet_add(sheet, stats_format_percent(arena, p->flips.value));
    sheet_add(sheet, page_count(arena, p->broken));
    sheet_add(sheet, page_count(arena, p->fixed));
    sheet_add(sheet, stats_format_percent(arena, p->answers.value));
    sheet_add(sheet, page_count(arena, p->account.traffic.calls + p->judges.traffic.calls));
    sheet_add(sheet, stats_format_usd(arena, p->account.cost_usd));
}

static void add_changes(struct page *page)
{
    const struct summary_meta *meta = &page->summary->meta;
    const struct sheet_column columns[] = {
        {STR("Changed samples"), false, 0},
        {STR("correct"), true, 0},
        {page_interval_head(page), true, 4},
        {STR("Δ points"), true, 0},
        {page_interval_head(page), true, 0},
        {STR("flips"), true, 0},
        {STR("broken"), true, 2},
        {STR("fixed"), true, 2},
        {STR("other answer"), true, 3},
        {STR("calls"), true, 5},
        {STR("cost"), true, 5},
    };
    struct sheet *sheet = sheet_new(page->arena, "Changed samples", columns, 11);
    for (size_t i = 0; meta->perturbation_count && i < meta->variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        page_group_row(page, sheet, i);
        unchanged_row(page, sheet, v);
        for (size_t p = 0; p < meta->perturbation_count; p++)
            changed_row(page, sheet, &v->perturbed[p],
                        page_text(page->arena, meta->perturbations[p].name, PAGE_NAME_MAX));
    }
    sheet->note =
        "Against the same samples unchanged. Looked at, not tested: of many changes some "
        "interval leaves out 0 by chance. flips: cells that became wrong (broken) or "
        "right (fixed). In no other table, and neither are their calls.";
    page_add_sheet(page, sheet);
}

/* ---- trials ---- */

static void add_consistency(struct page *page)
{
    struct arena *arena = page->arena;
    const struct sheet_column columns[] = {
        {STR("Trials of a sample"), false, 0},
        {STR("same answer"), true, 0},
        {page_interval_head(page), true, 0},
        {STR("samples"), true, 3},
        {STR("flips"), true, 1},
        {STR("other shape"), true, 0},
        {page_interval_head(page), true, 2},
    };
    struct sheet *sheet = sheet_new(arena, "Trials of a sample", columns, 7);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_consistency *c = page_variant_at(page, i)->consistency;
        if (!c)
            continue;
        sheet_row(sheet, SHEET_PLAIN);
        sheet_add(sheet, page->name[page->order[i]]);
        sheet_add(sheet, stats_format_percent(arena, c->same.value));
        sheet_add(sheet, stats_format_percent_range(arena, c->same.low, c->same.high));
        sheet_add(sheet, page_count(arena, c->same.n));
        sheet_add(sheet, stats_format_percent(arena, c->rerun_flips.value));
        sheet_add(sheet, stats_format_percent(arena, c->drift.value));
        sheet_add(sheet, stats_format_percent_range(arena, c->drift.low, c->drift.high));
    }
    sheet->note =
        "Shares of the pairs of trials of one sample: those whose answers are the same "
        "(case and blanks apart), of which one is right and one wrong, whose answers "
        "have other members or kinds.";
    page_add_sheet(page, sheet);
}

void page_add_robustness(struct page *page)
{
    add_changes(page);
    add_consistency(page);
}

/* ---- sentences ---- */

void page_add_robust_parts(struct page *page)
{
    const struct summary_meta *meta = &page->summary->meta;
    for (size_t i = 0; i < meta->variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        struct page_part *part = &page->part[page->parts];
        part->heading =
            arena_printf(page->arena, "%.*s, how steady", STR_ARG(page->name[page->order[i]]));
        if (v->consistency)
            page_add_sentence(page, part, v->consistency->text);
        for (size_t p = 0; p < meta->perturbation_count; p++)
            page_add_sentence(page, part, v->perturbed[p].text);
        page->parts += part->count > 0;
    }
}
