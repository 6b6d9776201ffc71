/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_accounts.c: tables of what calls were made for, of models that scores ask, and of why cells ended
 * as they did (see page.h).
 */
#include "reports/page_inside.h"

#include "stats/format.h"

static void account_cells(struct arena *arena, struct sheet *sheet,
                          const struct summary_account *a)
{
    const struct summary_tokens *tokens = &a->tokens;
    int64_t input = tokens->input + tokens->cache_read + tokens->cache_write;
    sheet_add(sheet, page_count(arena, a->traffic.calls));
    sheet_add(sheet, page_count(arena, a->traffic.retries));
    sheet_add(sheet, page_count(arena, (uint64_t)input));
    sheet_add(sheet, page_count(arena, (uint64_t)tokens->output));
    sheet_add(sheet, page_at_least(arena, a->cost.lost_attempts > 0,
                                   stats_format_usd(arena, a->cost_usd)));
}

/* Only where some call was not a plain step's. */
void page_add_roles(struct page *page)
{
    struct arena *arena = page->arena;
    const struct sheet_column columns[] = {
        {STR("Cost by role"), false, 0}, {STR("role"), false, 0},     {STR("calls"), true, 0},
        {STR("retries"), true, 0},       {STR("tokens in"), true, 2}, {STR("out"), true, 1},
        {STR("cost"), true, 0},
    };
    struct sheet *sheet = sheet_new(arena, "Cost by role", columns, 7);
    bool others = false;
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        bool named = false;
        for (size_t r = 0; r < SUMMARY_ROLES; r++) {
            if (v->roles[r].traffic.calls == 0 || !v->has_roles)
                continue;
            others = others || r != SUMMARY_STEP;
            page_named_row(page, sheet, i, &named);
            sheet_add(sheet, str_from(summary_role_name((enum summary_role)r)));
            account_cells(arena, sheet, &v->roles[r]);
        }
    }
    sheet->note = "step and router: what the workflow itself used. judge: models that scores "
                  "ask; in no other table.";
    if (others)
        page_add_sheet(page, sheet);
}

void page_add_judges(struct page *page)
{
    struct arena *arena = page->arena;
    const struct summary_meta *meta = &page->summary->meta;
    const struct sheet_column columns[] = {
        {STR("Scores by models"), false, 0},
        {STR("score"), false, 0},
        {STR("calls"), true, 0},
        {STR("retries"), true, 2},
        {STR("tokens in"), true, 4},
        {STR("out"), true, 3},
        {STR("cost"), true, 0},
        {STR("no answer"), true, 0},
        {STR("agreement"), true, 1},
        {page_interval_head(page), true, 1},
    };
    struct sheet *sheet = sheet_new(arena, "Scores by models", columns, 10);
    for (size_t i = 0; i < meta->variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        bool named = false;
        for (size_t k = 0; k < meta->score_count; k++) {
            const struct summary_judge *judge = &v->judges[k];
            if (judge->account.traffic.calls == 0 && judge->ungraded == 0)
                continue;
            page_named_row(page, sheet, i, &named);
            sheet_add(sheet, page_text(arena, meta->scores[k].name, PAGE_NAME_MAX));
            account_cells(arena, sheet, &judge->account);
            sheet_add(sheet, page_count(arena, judge->ungraded));
            sheet_add(sheet, stats_format_percent(arena, judge->agreement.value));
            if (judge->agreement.value.known)
                sheet_add(sheet, stats_format_percent_range(arena, judge->agreement.low,
                                                            judge->agreement.high));
        }
    }
    sheet->note =
        "no answer: cells whose score has no value since the model failed. agreement: "
        "pairs of a judge's answers about the same that agree; over samples.";
    if (sheet->rows)
        page_add_sheet(page, sheet);
}

void page_add_reasons(struct page *page)
{
    struct arena *arena = page->arena;
    const struct sheet_column columns[] = {{STR("Reasons"), false, 0},
                                           {STR("status"), false, 0},
                                           {STR("reason"), false, 0},
                                           {STR("cells"), true, 0}};
    struct sheet *sheet = sheet_new(arena, "Reasons", columns, 4);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        bool named = false;
        for (size_t r = 0; r < v->reason_count; r++) {
            page_named_row(page, sheet, i, &named);
            sheet_add(sheet, str_from(summary_status_name(v->reasons[r].status)));
            sheet_add(sheet, page_text(arena, v->reasons[r].reason, PAGE_NAME_MAX));
            sheet_add(sheet, page_count(arena, v->reasons[r].count));
        }
    }
    if (sheet->rows)
        page_add_sheet(page, sheet);
}
