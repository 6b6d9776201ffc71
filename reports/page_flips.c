/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_flips.c: samples that one variant gets right and another wrong, as tables (see page.h).
 *
 * What a reader opens first, with `weir show`. Which they are is the summary's word.
 */
#include "reports/page_inside.h"

#include <inttypes.h>

enum { SAMPLE_COLUMNS = 40 };

static str right_of(struct arena *arena, uint64_t right, uint64_t scored)
{
    return arena_printf(arena, "%" PRIu64 " of %" PRIu64, right, scored);
}

static struct sheet *sheet_of(const struct page *page, const struct summary_comparison *c)
{
    struct arena *arena = page->arena;
    const struct sheet_column columns[] = {
        {STR("Sample"), false, 0},
        {STR("turn"), false, 0},
        {page->name[c->baseline], true, 0},
        {page->name[c->candidate], true, 0},
    };
    struct sheet *sheet = sheet_new(arena, "Flips", columns, 4);
    for (size_t i = 0; i < c->flip_count; i++) {
        const struct summary_flip *flip = &c->flips[i];
        sheet_row(sheet, flip->gained ? SHEET_GOOD : SHEET_BAD);
        sheet_add(sheet, page_text(arena, flip->sample_id, SAMPLE_COLUMNS));
        sheet_add(sheet, flip->gained ? STR("gained") : STR("lost"));
        sheet_add(sheet, right_of(arena, flip->baseline_right, flip->baseline_scored));
        sheet_add(sheet, right_of(arena, flip->candidate_right, flip->candidate_scored));
    }
    if (c->flip_count < c->gained + c->lost)
        sheet->note = arena_printf(arena, "%" PRIu64 " more are not listed.",
                                   c->gained + c->lost - c->flip_count)
                          .p;
    return sheet;
}

void page_add_flips(struct page *page)
{
    const struct summary *summary = page->summary;
    page->flips = arena_array(page->arena, struct page_flips, summary->comparison_count + 1);
    for (size_t i = 0; i < summary->comparison_count; i++) {
        const struct summary_comparison *c = &summary->comparisons[i];
        if (c->flip_count == 0)
            continue;
        page->flips[page->flip_lists++] = (struct page_flips){
            .heading = arena_printf(page->arena, "Flips: %.*s against %.*s",
                                    STR_ARG(page->name[c->candidate]),
                                    STR_ARG(page->name[c->baseline])),
            .sentence = page_text(page->arena, c->flips_text, PAGE_TEXT_MAX),
            .sheet = sheet_of(page, c),
        };
    }
}
