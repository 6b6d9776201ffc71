/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page.c: order, warnings, requirements and verdict of a report (see page.h).
 *
 * It chooses and orders what the summary says. Variants are sorted by the decision most readers
 * take (accuracy, then cost), but the order is not a ranking: the verdict, which rests on paired
 * tests, stands beside it.
 */
#include "reports/page.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "reports/page_inside.h"
#include "stats/format.h"

/* ---- texts ---- */

str page_text(struct arena *arena, str text, size_t columns)
{
    /* cut before it is made visible: ten megabytes are not worth escaping */
    str head = str_sub(text, 0, 4 * columns + 4);
    return text_shorten(arena, text_visible(arena, head), columns);
}

str page_path(struct arena *arena, str path, size_t columns)
{
    bool root = path.n == 0 || str_equal(path, STR("."));
    return root ? STR("(whole workflow)") : page_text(arena, path, columns);
}

str page_mock_notice(const struct summary *summary)
{
    return summary->meta.mock
               ? STR("Answered by weir-mock: these figures describe its configuration, not a "
                     "model.")
               : STR("");
}

str page_sentence(struct arena *arena, str text)
{
    text = page_text(arena, text, PAGE_TEXT_MAX);
    return text.n && !str_ends_with(text, STR(".")) && !str_ends_with(text, STR("…"))
               ? arena_printf(arena, "%.*s.", STR_ARG(text))
               : text;
}

/* ---- order ---- */

struct place {
    size_t variant;
    maybe accuracy, cost;
};

/* Known values first; `sign` 1: small before large. */
static int compare_maybe(maybe a, maybe b, int sign)
{
    if (a.known != b.known)
        return a.known ? -1 : 1;
    return sign * ((a.value > b.value) - (a.value < b.value));
}

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int order = compare_maybe(a->accuracy, b->accuracy, -1);
    if (order == 0)
        order = compare_maybe(a->cost, b->cost, 1);
    return order ? order : (a->variant > b->variant) - (a->variant < b->variant);
}

static void put_once(size_t *order, size_t *count, size_t variant)
{
    for (size_t i = 0; i < *count; i++)
        if (order[i] == variant)
            return;
    order[(*count)++] = variant;
}

/* Two runs side by side: what is compared stands together, the baseline first. */
static size_t *pairs_together(const struct summary *summary, const size_t *alone,
                              struct arena *arena)
{
    const struct summary_meta *meta = &summary->meta;
    size_t *order = arena_array(arena, size_t, meta->variant_count + 1), count = 0;
    for (size_t i = 0; i < meta->variant_count; i++) {
        for (size_t p = 0; p < meta->pair_count; p++) {
            const struct summary_pair *pair = &meta->pairs[p];
            if (pair->baseline != alone[i] && pair->candidate != alone[i])
                continue;
            put_once(order, &count, pair->baseline);
            put_once(order, &count, pair->candidate);
        }
        put_once(order, &count, alone[i]);
    }
    return order;
}

size_t *page_order(const struct summary *summary, struct arena *arena)
{
    size_t count = summary->meta.variant_count;
    struct place *place = arena_array(arena, struct place, count + 1);
    size_t *order = arena_array(arena, size_t, count + 1);
    for (size_t v = 0; v < count; v++)
        place[v] = (struct place){v, summary->variants[v].accuracy.value,
                                  summary->variants[v].cost_per_cell_usd.value};
    if (count)
        qsort(place, count, sizeof *place, compare_places);
    for (size_t i = 0; i < count; i++)
        order[i] = place[i].variant;
    return summary->meta.pair_count ? pairs_together(summary, order, arena) : order;
}

const struct summary_comparison *page_against_baseline(const struct summary *summary,
                                                       size_t variant)
{
    for (size_t i = 0; i < summary->comparison_count; i++)
        if (summary->comparisons[i].candidate == variant &&
            (summary->meta.pair_count ||
             summary->comparisons[i].baseline == summary->meta.baseline))
            return &summary->comparisons[i];
    return NULL;
}

bool page_is_borderline(const struct summary_comparison *c)
{
    return c && c->verdict == SUMMARY_NO_CLEAR_DIFFERENCE && c->borderline;
}

str page_verdict_words(const struct summary_comparison *c)
{
    return page_is_borderline(c) ? STR("no clear difference (borderline)")
                                 : str_from(summary_verdict_name(c->verdict));
}

/* ---- what tables share ---- */

const struct summary_variant *page_variant_at(const struct page *page, size_t place)
{
    return &page->summary->variants[page->order[place]];
}

str page_interval_head(const struct page *page)
{
    return arena_printf(page->arena, "%s %% interval",
                        stats_format_confidence(page->arena, page->summary->meta.confidence).p);
}

str page_count(struct arena *arena, uint64_t count)
{
    return arena_printf(arena, "%" PRIu64, count);
}

str page_points_range(struct arena *arena, const struct summary_estimate *difference)
{
    if (!difference->low.known || !difference->high.known)
        return STR("—");
    return arena_printf(arena, "%s – %s", stats_format_points(arena, difference->low).p,
                        stats_format_points(arena, difference->high).p);
}

void page_group_row(const struct page *page, struct sheet *sheet, size_t place)
{
    sheet_row(sheet, SHEET_GROUP);
    sheet_add(sheet, page->name[page->order[place]]);
}

void page_add_sheet(struct page *page, struct sheet *sheet)
{
    if (sheet->rows && page->sheets < sizeof page->sheet / sizeof page->sheet[0])
        page->sheet[page->sheets++] = sheet;
}

/* ---- what is said of the whole ---- */

/* The mock has its notice at the top and is not repeated. */
static void add_warnings(struct page *page)
{
    const struct summary *summary = page->summary;
    page->warning = arena_array(page->arena, str, summary->warning_count + 1);
    for (size_t i = 0; i < summary->warning_count; i++)
        if (!str_equal(str_from(summary->warnings[i].code), STR("mock")))
            page->warning[page->warnings++] =
                page_sentence(page->arena, summary->warnings[i].text);
}

/* What fails no run has not passed by that: one that may be inconclusive is not shown to hold. */
static const char *required_word(const struct summary *summary, size_t inconclusive)
{
    if (!summary->requirement_verdict)
        return "not judged";
    return inconclusive && !summary->requirement_failed ? "none failed"
                                                        : summary->requirement_verdict;
}

static void add_requirements(struct page *page)
{
    const struct summary *summary = page->summary;
    struct arena *arena = page->arena;
    size_t counts[3] = {0}, left = 0;
    page->requirement =
        arena_array(arena, struct page_requirement, summary->requirement_count + 1);
    for (size_t i = 0; i < summary->requirement_count; i++) {
        const struct summary_requirement *r = &summary->requirements[i];
        struct page_requirement *to = &page->requirement[page->requirements++];
        bool counts_not = r->judged && !r->failed && r->verdict == STATS_GATE_INCONCLUSIVE;
        str word = str_from(stats_gate_verdict_name(r->verdict));
        to->verdict = r->judged ? word : STR("not judged");
        to->what = page_text(arena, r->what, PAGE_TEXT_MAX);
        to->why = page_sentence(arena, r->text);
        if (counts_not)
            to->why = arena_printf(arena, "%.*s By its rule this does not fail the run.",
                                   STR_ARG(to->why));
        to->mark = r->failed                                    ? SHEET_BAD
                   : r->judged && r->verdict == STATS_GATE_PASS ? SHEET_GOOD
                                                                : SHEET_PLAIN;
        if (r->judged)
            counts[r->verdict]++;
        else
            left++;
    }
    if (page->requirements == 0)
        return;
    page->required = arena_printf(
        arena, "Requirements: %s (%zu passed, %zu failed, %zu inconclusive%s).",
        required_word(summary, counts[STATS_GATE_INCONCLUSIVE]), counts[STATS_GATE_PASS],
        counts[STATS_GATE_FAIL], counts[STATS_GATE_INCONCLUSIVE],
        left ? arena_printf(arena, ", %zu not judged here", left).p : "");
}

static str verdict(const struct page *page)
{
    const struct summary *summary = page->summary;
    if (summary->meta.variant_count == 0)
        return STR("There is no variant.");
    return page_sentence(page->arena, summary->winner_text.n
                                          ? summary->winner_text
                                          : summary->variants[0].accuracy_text);
}

/* What the variant to look at first costs and takes; of two variants, one against the other. */
static str price(const struct page *page)
{
    const struct summary *summary = page->summary;
    bool pair = summary->meta.pair_count == 1 && summary->comparison_count == 1;
    const struct summary_comparison *c = pair ? &summary->comparisons[0] : NULL;
    str cost = page_sentence(page->arena, c ? c->cost_text : summary->advice_text);
    str latency =
        page_sentence(page->arena, c ? c->latency_text : summary->advice_latency_text);
    return arena_printf(page->arena, "%.*s%s%.*s", STR_ARG(cost),
                        cost.n && latency.n ? " " : "", STR_ARG(latency));
}

void page_make(struct page *page, const struct report_input *input, struct arena *arena)
{
    const struct summary_meta *meta = &input->summary->meta;
    *page = (struct page){.input = input, .arena = arena, .summary = input->summary};
    page->order = page_order(page->summary, arena);
    page->name = arena_array(arena, str, meta->variant_count + 1);
    for (size_t v = 0; v < meta->variant_count; v++)
        page->name[v] = page_text(arena, meta->variants[v].name, PAGE_NAME_MAX);
    page_add_header(page);
    page_add_parts(page);
    add_warnings(page);
    add_requirements(page);
    page->verdict = verdict(page);
    page->price = price(page);
    page_add_sheets(page);
    page_add_flips(page);
}
