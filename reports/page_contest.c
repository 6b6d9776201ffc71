/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_contest.c: what judges said of pairs of variants, and how far the place decided (see page.h).
 */
#include "reports/page_inside.h"

#include <inttypes.h>

#include "stats/format.h"
#include "stats/summary_contest.h"

static str score_name(const struct page *page, const struct summary_contest *contest)
{
    return page_text(page->arena, page->summary->meta.scores[contest->score].name,
                     PAGE_NAME_MAX);
}

static void add_count(struct sheet *sheet, uint64_t count)
{
    sheet_add(sheet, arena_printf(sheet->arena, "%" PRIu64, count));
}

static void add_share(struct sheet *sheet, const struct summary_estimate *share)
{
    sheet_add(sheet, stats_format_percent(sheet->arena, share->value));
    if (share->value.known)
        sheet_add(sheet, stats_format_percent_range(sheet->arena, share->low, share->high));
    else
        sheet_add(sheet, stats_format_percent(sheet->arena, share->value));
}

static void add_duels(struct page *page)
{
    const struct sheet_column columns[] = {
        {STR("Pairs"), false, 0},
        {STR("against"), false, 0},
        {STR("trials"), true, 3},
        {STR("asked"), true, 4},
        {STR("won"), true, 1},
        {STR("tied"), true, 1},
        {STR("lost"), true, 1},
        {STR("share"), true, 0},
        {page_interval_head(page), true, 0},
    };
    struct sheet *sheet = sheet_new(page->arena, "Pairs", columns, 9);
    for (size_t i = 0; i < page->summary->contest_count; i++) {
        const struct summary_contest *contest = &page->summary->contests[i];
        sheet_row(sheet, SHEET_GROUP);
        sheet_add(sheet, score_name(page, contest));
        for (size_t k = 0; k < contest->duel_count; k++) {
            const struct summary_duel *duel = &contest->duels[k];
            sheet_row(sheet, SHEET_PLAIN);
            sheet_add(sheet, arena_printf(page->arena, "  %.*s",
                                          STR_ARG(page->name[duel->candidate])));
            sheet_add(sheet, page->name[duel->reference]);
            add_count(sheet, duel->trials);
            add_count(sheet, duel->asked);
            add_count(sheet, duel->won);
            add_count(sheet, duel->tied);
            add_count(sheet, duel->lost);
            add_share(sheet, &duel->share);
        }
    }
    sheet->note =
        "share: trials that it won by a judge's verdicts, and half of the tied ones; 50 % "
        "is as good. asked: the others were decided without the judge, since an "
        "answer was missing or both were the same.";
    page_add_sheet(page, sheet);
}

static void add_judges(struct page *page)
{
    const struct sheet_column columns[] = {
        {STR("Places"), false, 0},           {STR("verdicts"), true, 2},
        {STR("neither"), true, 3},           {STR("first place"), true, 0},
        {page_interval_head(page), true, 0}, {STR("both ways"), true, 0},
        {page_interval_head(page), true, 1}, {STR("again"), true, 2},
    };
    struct sheet *sheet = sheet_new(page->arena, "Places", columns, 8);
    str note = STR("");
    for (size_t i = 0; i < page->summary->contest_count; i++) {
        const struct summary_contest *contest = &page->summary->contests[i];
        if (contest->verdicts == 0)
            continue;
        sheet_row(sheet, SHEET_PLAIN);
        sheet_add(sheet, score_name(page, contest));
        add_count(sheet, contest->verdicts);
        add_count(sheet, contest->undecided);
        add_share(sheet, &contest->first);
        add_share(sheet, &contest->both_ways);
        sheet_add(sheet, stats_format_percent(page->arena, contest->again.value));
        note = arena_printf(page->arena, "%.*s%s%.*s", STR_ARG(note), note.n ? " " : "",
                            STR_ARG(page_text(page->arena, contest->text, PAGE_TEXT_MAX)));
    }
    sheet->note =
        arena_printf(page->arena,
                     "%.*s%sfirst place: verdicts that chose what stood first, 50 %% "
                     "without a lean. both ways, again: pairs of verdicts that name the "
                     "same answer with the places exchanged, and left as they were.",
                     STR_ARG(note), note.n ? " " : "")
            .p;
    page_add_sheet(page, sheet);
}

void page_add_contests(struct page *page)
{
    add_duels(page);
    add_judges(page);
}
