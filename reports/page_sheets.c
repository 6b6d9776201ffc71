/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_sheets.c: the tables of a report that people read (see page.h).
 *
 * Every share and every mean that is compared stands beside its interval and the number of
 * values behind it. Four narrow tables in one order say more than one wide one: what is right,
 * how long it takes, what it costs, how many calls went out.
 */
#include "reports/page.h"

#include "stats/format.h"

#include <inttypes.h>

#define DASH           STR("—")
#define CELLS_OF_MONEY 1000.0 /* what one costs has too many zeros */

/* A row that begins with the variant's name; better and worse than the baseline are marked. */
static void variant_row(const struct page *page, struct sheet *sheet, size_t place, bool marked)
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

static str bounded(struct arena *arena, bool at_least, str text)
{
    return at_least && !str_equal(text, DASH) ? arena_printf(arena, "≥ %.*s", STR_ARG(text))
                                              : text;
}

static str ratio_text(struct arena *arena, maybe ratio)
{
    return ratio.known ? arena_printf(arena, "%s×", stats_format_ratio(arena, ratio).p) : DASH;
}

/* A step that only computes takes no time that is counted: "0 s" has no digits to round. */
static str time_range(struct arena *arena, maybe low, maybe high)
{
    return high.known && high.value < 0.5 ? STR("0 s")
                                          : stats_format_duration_range(arena, low, high);
}

/* "85.0 %" over "(70.9 – 92.9 %)" */
static str with_range(struct arena *arena, str value, str range)
{
    return str_equal(value, DASH) || str_equal(range, DASH)
               ? value
               : arena_printf(arena, "%.*s\n(%.*s)", STR_ARG(value), STR_ARG(range));
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
    sheet_add(sheet, str_from(summary_verdict_name(c->verdict)));
}

static bool has_baseline(const struct page *page)
{
    const struct summary_meta *meta = &page->summary->meta;
    return (meta->baseline != SUMMARY_NO_BASELINE || meta->pair_count) &&
           meta->variant_count > 1;
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
    struct sheet *sheet = sheet_new(arena, "Accuracy", columns, has_baseline(page) ? 8 : 4);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        variant_row(page, sheet, i, true);
        sheet_add(sheet, stats_format_percent(arena, v->accuracy.value));
        sheet_add(sheet, stats_format_percent_range(arena, v->accuracy.low, v->accuracy.high));
        sheet_add(sheet, page_count(arena, v->accuracy.n));
        if (has_baseline(page))
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

static str quantile_text(struct arena *arena, const struct stats_quantile *q)
{
    if (q->n > 0 && !q->estimate.known)
        return STR("timeout");
    return stats_format_duration(arena, q->estimate);
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
    struct sheet *sheet = sheet_new(arena, "Latency", columns, has_baseline(page) ? 7 : 5);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        const struct stats_quantile *half = &v->latency_ns[SUMMARY_P50];
        const struct stats_quantile *most = &v->latency_ns[SUMMARY_P95];
        const struct summary_comparison *c =
            page_against_baseline(page->summary, page->order[i]);
        variant_row(page, sheet, i, false);
        sheet_add(sheet, quantile_text(arena, half));
        sheet_add(sheet, time_range(arena, half->low, half->high));
        sheet_add(sheet, quantile_text(arena, most));
        sheet_add(sheet, time_range(arena, most->low, most->high));
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

static str usd_text(struct arena *arena, const struct summary_variant *v, maybe usd)
{
    return bounded(arena, v->cost.lost_attempts > 0, stats_format_usd(arena, usd));
}

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
    struct sheet *sheet = sheet_new(arena, "Cost", columns, has_baseline(page) ? 7 : 5);
    bool lost = false;
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        const struct summary_estimate *cell = &v->cost_per_cell_usd;
        const struct summary_estimate *right = &v->cost_per_correct_usd;
        const struct summary_comparison *c =
            page_against_baseline(page->summary, page->order[i]);
        variant_row(page, sheet, i, false);
        sheet_add(sheet, usd_text(arena, v, cell->value));
        sheet_add(sheet, stats_format_usd_range(arena, cell->low, cell->high));
        sheet_add(sheet, usd_text(arena, v, right->value));
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

static str calls_text(struct arena *arena, const struct summary_variant *v)
{
    return v->calls_per_cell.known ? arena_printf(arena, "%.1f", v->calls_per_cell.value)
                                   : DASH;
}

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
        variant_row(page, sheet, i, false);
        sheet_add(sheet, page_count(arena, v->finished));
        sheet_add(sheet, page_count(arena, v->traffic.calls));
        sheet_add(sheet, calls_text(arena, v));
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
            sheet_row(sheet, SHEET_PLAIN);
            sheet_add(sheet, named ? STR("") : page->name[page->order[i]]);
            named = true;
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

/* ---- what calls were made for ---- */

static void account_cells(struct arena *arena, struct sheet *sheet,
                          const struct summary_account *a)
{
    const struct summary_tokens *tokens = &a->tokens;
    int64_t input = tokens->input + tokens->cache_read + tokens->cache_write;
    sheet_add(sheet, page_count(arena, a->traffic.calls));
    sheet_add(sheet, page_count(arena, a->traffic.retries));
    sheet_add(sheet, page_count(arena, (uint64_t)input));
    sheet_add(sheet, page_count(arena, (uint64_t)tokens->output));
    sheet_add(sheet,
              bounded(arena, a->cost.lost_attempts > 0, stats_format_usd(arena, a->cost_usd)));
}

/* Only where some call was not a plain step's. */
static void add_roles(struct page *page)
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
            sheet_row(sheet, SHEET_PLAIN);
            sheet_add(sheet, named ? STR("") : page->name[page->order[i]]);
            named = true;
            sheet_add(sheet, str_from(summary_role_name((enum summary_role)r)));
            account_cells(arena, sheet, &v->roles[r]);
        }
    }
    sheet->note = "step and router: what the workflow itself used. judge: models that scores "
                  "ask; in no other table.";
    if (others)
        page_add_sheet(page, sheet);
}

static void add_judges(struct page *page)
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
            sheet_row(sheet, SHEET_PLAIN);
            sheet_add(sheet, named ? STR("") : page->name[page->order[i]]);
            named = true;
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

static void add_reasons(struct page *page)
{
    struct arena *arena = page->arena;
    const struct sheet_column columns[] = {{STR("Reasons"), false, 0},
                                           {STR("status"), false, 0},
                                           {STR("reason"), false, 0},
                                           {STR("cells"), true, 0}};
    struct sheet *sheet = sheet_new(arena, "Reasons", columns, 4);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        for (size_t r = 0; r < v->reason_count; r++) {
            sheet_row(sheet, SHEET_PLAIN);
            sheet_add(sheet, r == 0 ? page->name[page->order[i]] : STR(""));
            sheet_add(sheet, str_from(summary_status_name(v->reasons[r].status)));
            sheet_add(sheet, page_text(arena, v->reasons[r].reason, PAGE_NAME_MAX));
            sheet_add(sheet, page_count(arena, v->reasons[r].count));
        }
    }
    if (sheet->rows)
        page_add_sheet(page, sheet);
}

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
    sheet_add(sheet,
              bounded(arena, s->cost.lost_attempts > 0, stats_format_usd(arena, s->cost_usd)));
    sheet_add(sheet, stats_format_duration(arena, s->latency_ns.value));
    sheet_add(sheet, time_range(arena, s->latency_ns.low, s->latency_ns.high));
}

/* Nodes that only hold others, or only compute, say nothing in a table. */
static bool is_telling(const struct summary_step *s, size_t place)
{
    return place == 0 || s->traffic.calls > 0 || s->failed > 0 || s->accuracy.value.known;
}

static void add_steps(struct page *page)
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

static void add_schedule(struct page *page)
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
        variant_row(page, sheet, i, false);
        for (size_t level = 0; level < SUMMARY_LEVELS; level++)
            sheet_add(sheet,
                      bounded(arena, v->latency_at_least,
                              stats_format_duration(arena, v->scheduled_ns[level].estimate)));
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

static void add_times(struct page *page)
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
        variant_row(page, sheet, i, false);
        sheet_add(sheet, bounded(arena, v->latency_at_least,
                                 stats_format_duration(arena, v->latency_mean_ns.value)));
        for (size_t t = 0; t < sizeof times / sizeof times[0]; t++)
            sheet_add(sheet, stats_format_duration(arena, times[t]));
    }
    sheet->note =
        "Of a finished cell. permit, store: our own waits. critical: the longest path; "
        "work: all calls together.";
    page_add_sheet(page, sheet);
}

/* ---- overview ---- */

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
    bool is_baseline = has_baseline(page) && page->order[place] == page->summary->meta.baseline;
    variant_row(page, sheet, place, true);
    sheet_add(sheet,
              with_range(arena, stats_format_percent(arena, v->accuracy.value),
                         stats_format_percent_range(arena, v->accuracy.low, v->accuracy.high)));
    sheet_add(sheet, page_count(arena, v->accuracy.n));
    sheet_add(sheet, c ? with_range(arena, stats_format_points(arena, c->accuracy.value),
                                    page_points_range(arena, &c->accuracy))
                       : STR(""));
    sheet_add(sheet, c ? stats_format_p(arena, c->p_adjusted) : STR(""));
    sheet_add(sheet, c             ? str_from(summary_verdict_name(c->verdict))
                     : is_baseline ? STR("baseline")
                                   : STR(""));
    sheet_add(sheet, with_range(arena, quantile_text(arena, half),
                                time_range(arena, half->low, half->high)));
    sheet_add(sheet, with_range(arena, quantile_text(arena, most),
                                time_range(arena, most->low, most->high)));
    sheet_add(sheet,
              with_range(arena, usd_text(arena, v, maybe_scale(cell->value, CELLS_OF_MONEY)),
                         stats_format_usd_range(arena, maybe_scale(cell->low, CELLS_OF_MONEY),
                                                maybe_scale(cell->high, CELLS_OF_MONEY))));
    sheet_add(sheet, with_range(arena, usd_text(arena, v, right->value),
                                stats_format_usd_range(arena, right->low, right->high)));
    sheet_add(sheet, calls_text(arena, v));
    sheet_add(sheet, page_count(arena, v->traffic.retries));
    sheet_add(sheet, with_range(arena, stats_format_percent(arena, v->error_rate.value),
                                stats_format_percent_range(arena, v->error_rate.low,
                                                           v->error_rate.high)));
}

static void make_overview(struct page *page)
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

void page_add_sheets(struct page *page)
{
    if (page->summary->meta.variant_count == 0)
        return;
    make_overview(page);
    add_accuracy(page);
    add_latency(page);
    add_cost(page);
    add_calls(page);
    add_roles(page);
    add_scores(page);
    add_judges(page);
    page_add_contests(page);
    add_reasons(page);
    add_steps(page);
    page_add_slices(page);
    page_add_robustness(page);
    page_add_diagnosis(page);
    add_schedule(page);
    add_times(page);
}
