/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_comparison.c: the one table that a decision is taken by (see page.h).
 *
 * A row a variant, best decision first; under each figure its interval, and under that what the
 * figure is times the baseline's. Where there is room those ratios have columns of their own.
 * Money is of a thousand cells: what one cell costs has too many zeros to be compared by eye.
 */
#include "reports/page_inside.h"

#include "base/text.h"
#include "stats/format.h"

#include <inttypes.h>

enum { WIDE_FROM = 112, VERDICT_COLUMNS = 14, BRIEF_MOST = 12 };

struct row {
    const struct page *page;
    struct arena *arena;
    const struct summary_variant *v;
    const struct summary_comparison *c; /* with the baseline; NULL: it is the baseline */
    bool is_baseline;
};

static str lines(struct arena *arena, str first, str second)
{
    return second.n ? arena_printf(arena, "%.*s\n%.*s", STR_ARG(first), STR_ARG(second))
                    : first;
}

/* A dash says nothing below another one. */
static str with_range(struct arena *arena, str value, str range)
{
    return str_equal(value, PAGE_DASH) || str_equal(range, PAGE_DASH)
               ? value
               : lines(arena, value, range);
}

/* ---- cells ---- */

/* "no clear difference" is broken in two: names are short as a rule. A small p beside it wants its
 * word: the note below the table says what it means. */
static str name_cell(const struct row *row, str name)
{
    str verdict = row->is_baseline ? STR("baseline")
                  : row->c         ? str_from(summary_verdict_name(row->c->verdict))
                                   : STR("");
    if (text_columns(verdict) <= VERDICT_COLUMNS)
        return lines(row->arena, name, verdict);
    size_t at = VERDICT_COLUMNS;
    while (at > 0 && verdict.p[at] != ' ')
        at--;
    return arena_printf(row->arena, "%.*s\n%.*s\n%.*s%s", STR_ARG(name),
                        STR_ARG(str_sub(verdict, 0, at)),
                        STR_ARG(str_sub(verdict, at + 1, verdict.n)),
                        page_is_borderline(row->c) ? "\n(borderline)" : "");
}

static str correct_cell(const struct row *row)
{
    const struct summary_estimate *a = &row->v->accuracy;
    str cell = with_range(row->arena, stats_format_percent(row->arena, a->value),
                          stats_format_percent_range(row->arena, a->low, a->high));
    return lines(row->arena, cell, arena_printf(row->arena, "n %" PRIu64, a->n));
}

static str difference_cell(const struct row *row)
{
    if (!row->c)
        return STR("");
    const struct summary_estimate *d = &row->c->accuracy;
    str value = stats_format_points(row->arena, d->value);
    if (!d->low.known || !d->high.known)
        return value;
    str low = stats_format_points(row->arena, d->low);
    str high = stats_format_points(row->arena, d->high);
    str p = stats_format_p(row->arena, row->c->p_adjusted);
    return arena_printf(row->arena, "%.*s\n%.*s – %.*s\np %.*s", STR_ARG(value), STR_ARG(low),
                        STR_ARG(high), STR_ARG(p));
}

static str latency_cell(const struct row *row)
{
    const struct stats_quantile *q = &row->v->latency_ns[SUMMARY_P50];
    if (q->n > 0 && !q->estimate.known)
        return STR("timeout");
    return with_range(row->arena, stats_format_duration(row->arena, q->estimate),
                      stats_format_duration_range(row->arena, q->low, q->high));
}

static str cost_cell(const struct row *row)
{
    struct arena *arena = row->arena;
    const struct summary_estimate *cell = &row->v->cost_per_cell_usd;
    str usd = stats_format_usd(arena, maybe_scale(cell->value, PAGE_CELLS_OF_MONEY));
    if (row->v->cost.lost_attempts && cell->value.known)
        usd = arena_printf(arena, "≥ %.*s", STR_ARG(usd));
    return with_range(arena, usd,
                      stats_format_usd_range(arena, maybe_scale(cell->low, PAGE_CELLS_OF_MONEY),
                                             maybe_scale(cell->high, PAGE_CELLS_OF_MONEY)));
}

static str ratio_cell(const struct row *row, const struct summary_estimate *ratio, bool narrow)
{
    if (!row->c || !ratio->value.known)
        return STR("");
    str value = stats_format_ratio(row->arena, ratio->value);
    str range = stats_format_ratio_range(row->arena, ratio->low, ratio->high);
    if (str_equal(range, PAGE_DASH))
        return arena_printf(row->arena, "%.*s×", STR_ARG(value));
    return arena_printf(row->arena, narrow ? "%.*s× %.*s" : "%.*s×\n%.*s", STR_ARG(value),
                        STR_ARG(range));
}

/* ---- the table ---- */

static void add_row(const struct page *page, struct sheet *sheet, size_t variant, bool wide)
{
    struct row row = {page, page->arena, &page->summary->variants[variant],
                      page_against_baseline(page->summary, variant), false};
    enum sheet_mark mark = SHEET_PLAIN;
    const struct summary_meta *meta = &page->summary->meta;
    static const struct summary_estimate none;
    const struct summary_estimate *slower = row.c ? &row.c->latency_ratio : &none;
    const struct summary_estimate *dearer = row.c ? &row.c->cost_ratio : &none;
    row.is_baseline = variant == meta->baseline && meta->variant_count > 1;
    for (size_t i = 0; i < meta->pair_count; i++)
        row.is_baseline = row.is_baseline || meta->pairs[i].baseline == variant;
    if (row.c && row.c->verdict == SUMMARY_BETTER)
        mark = SHEET_GOOD;
    else if (row.c && row.c->verdict == SUMMARY_WORSE)
        mark = SHEET_BAD;
    str time = latency_cell(&row), cost = cost_cell(&row);
    if (!wide) {
        time = lines(row.arena, time, ratio_cell(&row, slower, true));
        cost = lines(row.arena, cost, ratio_cell(&row, dearer, true));
    }
    sheet_row(sheet, mark);
    sheet_add(sheet, name_cell(&row, page->name[variant]));
    sheet_add(sheet, correct_cell(&row));
    if (page->summary->comparison_count)
        sheet_add(sheet, difference_cell(&row));
    sheet_add(sheet, time);
    if (wide)
        sheet_add(sheet, ratio_cell(&row, slower, false));
    sheet_add(sheet, cost);
    if (wide)
        sheet_add(sheet, ratio_cell(&row, dearer, false));
}

/* All of them are needed for a decision: none may go, names are shortened. */
static size_t add_columns(struct sheet_column *column, bool compared, bool wide)
{
    size_t n = 0;
    column[n++] = (struct sheet_column){STR("Variant"), false, 0};
    column[n++] = (struct sheet_column){STR("Correct"), true, 0};
    if (compared)
        column[n++] = (struct sheet_column){STR("Δ points"), true, 0};
    column[n++] = (struct sheet_column){STR("Latency p50"), true, 0};
    if (wide)
        column[n++] = (struct sheet_column){STR("× baseline"), true, 0};
    column[n++] = (struct sheet_column){STR("Per 1,000 cells"), true, 0};
    if (wide)
        column[n++] = (struct sheet_column){STR("× baseline"), true, 0};
    return n;
}

struct sheet *page_comparison(const struct page *page, size_t width)
{
    const struct summary *summary = page->summary;
    struct arena *arena = page->arena;
    bool compared = summary->comparison_count > 0, wide = compared && width >= WIDE_FROM;
    struct sheet_column column[7];
    size_t columns = add_columns(column, compared, wide);
    struct sheet *sheet = sheet_new(arena, "Comparison", column, columns);
    size_t left = 0;
    bool borderline = false;
    for (size_t i = 0; i < summary->meta.variant_count; i++) {
        if (!page->input->brief || i < BRIEF_MOST || page->order[i] == summary->meta.baseline) {
            add_row(page, sheet, page->order[i], wide);
            borderline = borderline ||
                         page_is_borderline(page_against_baseline(summary, page->order[i]));
        } else
            left++;
    }
    const char *more =
        left ? arena_printf(arena, "%zu more variants: --details. ", left).p : "";
    const char *level = stats_format_confidence(arena, summary->meta.confidence).p;
    sheet->note =
        arena_printf(
            arena,
            "%sBelow each figure its %s %% interval%s%s. n: scored trials; errors count as "
            "wrong.%s",
            more, level,
            summary->comparison_count
                ? ". Δ, p (adjusted) and × compare with the baseline, × by means"
                : "",
            summary->meta.stop
                ? "; intervals of Δ hold wherever the run ends, and the test may "
                  "decide first"
                : "",
            borderline ? " Borderline: of test (p) and interval one says there is a difference "
                         "and the other does not, so none is claimed."
                       : "")
            .p;
    return sheet;
}
