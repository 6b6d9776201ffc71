/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_top.c: what a reader sees first: which variant, how sure, at what price.
 *
 * Where no variant wins, the three answers say so: the page advises nothing that no test supports.
 */
#include "reports/html.h"

#include "stats/format.h"

#include <inttypes.h>

/* ---- the three answers ---- */

static void answer(struct html *html, const char *question, str value, str more)
{
    html_add(html, "<div>");
    html_element(html, "dt", str_from(question));
    html_add(html, "<dd class=\"value\"><bdi>");
    html_text(html->out, value);
    html_add(html, "</bdi></dd>");
    if (more.n)
        html_element(html, "dd class=\"more\"", more);
    html_add(html, "</div>\n");
}

/* The variant that the answers are about. */
static size_t subject_of(const struct page *page)
{
    const struct summary *summary = page->summary;
    if (summary->advised != SUMMARY_NO_BASELINE)
        return summary->advised;
    return summary->winner != SUMMARY_NO_BASELINE ? summary->winner : page->order[0];
}

static void which(struct html *html)
{
    const struct page *page = html->page;
    const struct summary *summary = page->summary;
    size_t variants = summary->meta.variant_count;
    str name = page->name[subject_of(page)];
    if (variants == 1)
        answer(html, "Measured", name, STR("one variant: nothing to choose between"));
    else if (summary->winner != SUMMARY_NO_BASELINE)
        answer(html, "Choose", name,
               arena_printf(html->arena, "more accurate than every other of %zu variants",
                            variants));
    else if (summary->advised != SUMMARY_NO_BASELINE)
        answer(html, "Choose", name,
               STR("costs least of those that no other is clearly better than"));
    else
        answer(html, "Choose", STR("no clear winner"),
               arena_printf(html->arena, "most accurate here: %.*s", STR_ARG(name)));
}

static const struct summary_comparison *comparison_of(const struct page *page)
{
    const struct summary *summary = page->summary;
    size_t subject = subject_of(page);
    const struct summary_comparison *c = page_against_baseline(summary, subject);
    /* the baseline itself: against the best of the others */
    for (size_t i = 0; !c && i < summary->meta.variant_count; i++)
        if (page->order[i] != subject)
            c = page_against_baseline(summary, page->order[i]);
    return c;
}

static str points(struct arena *arena, const struct summary_estimate *e)
{
    str value = stats_format_points(arena, e->value);
    return e->low.known && e->high.known
               ? arena_printf(arena, "%.*s points (%s – %s)", STR_ARG(value),
                              stats_format_points(arena, e->low).p,
                              stats_format_points(arena, e->high).p)
               : arena_printf(arena, "%.*s points", STR_ARG(value));
}

static void how_sure(struct html *html)
{
    const struct page *page = html->page;
    struct arena *arena = html->arena;
    const struct summary_comparison *c = comparison_of(page);
    const struct summary_variant *v = &page->summary->variants[subject_of(page)];
    str level = stats_format_confidence(arena, page->summary->meta.confidence);
    str accuracy =
        arena_printf(arena, "%s right", stats_format_percent(arena, v->accuracy.value).p);
    if (!c || !c->accuracy.value.known) {
        answer(
            html, "How sure", accuracy,
            arena_printf(arena, "%.*s %% interval %s, n = %" PRIu64, STR_ARG(level),
                         stats_format_percent_range(arena, v->accuracy.low, v->accuracy.high).p,
                         v->accuracy.n));
        return;
    }
    answer(html, "How sure", page_verdict_words(c),
           arena_printf(arena, "%.*s against %.*s: %s, p %s, %" PRIu64 " samples",
                        STR_ARG(page->name[c->candidate]), STR_ARG(page->name[c->baseline]),
                        points(arena, &c->accuracy).p, stats_format_p(arena, c->p_adjusted).p,
                        c->pairs));
}

static void at_what_price(struct html *html)
{
    const struct page *page = html->page;
    struct arena *arena = html->arena;
    const struct summary_variant *v = &page->summary->variants[subject_of(page)];
    const struct summary_comparison *c = page_against_baseline(page->summary, subject_of(page));
    maybe cell = v->cost_per_cell_usd.value;
    str thousand = stats_format_usd(arena, maybe_scale(cell, 1000));
    str value = cell.known ? arena_printf(arena, "%s%.*s", v->cost.lost_attempts ? "≥ " : "",
                                          STR_ARG(thousand))
                           : STR("not known");
    str more = cell.known ? STR("for 1,000 cells") : STR("calls without a price");
    const struct stats_quantile *half = &v->latency_ns[SUMMARY_P50];
    if (c && c->cost_ratio.value.known)
        more = arena_printf(arena, "%.*s, %s× the baseline", STR_ARG(more),
                            stats_format_ratio(arena, c->cost_ratio.value).p);
    if (half->estimate.known)
        more = arena_printf(arena, "%.*s; %s at the median", STR_ARG(more),
                            stats_format_duration(arena, half->estimate).p);
    if (c && c->latency_ratio.value.known)
        more = arena_printf(arena, "%.*s, on average %s× the baseline", STR_ARG(more),
                            stats_format_ratio(arena, c->latency_ratio.value).p);
    answer(html, "At what price", value, more);
}

/* ---- the top ---- */

static void requirement(struct html *html, const struct page_requirement *r)
{
    html_add(html, "<li>");
    html_element(html,
                 r->mark == SHEET_BAD    ? "span class=\"badge bad\""
                 : r->mark == SHEET_GOOD ? "span class=\"badge good\""
                                         : "span class=\"badge\"",
                 r->verdict);
    html_add(html, " ");
    html_text(html->out, r->what);
    html_add(html, ". ");
    html_element(html, "span class=\"quiet\"", r->why);
    html_add(html, "</li>\n");
}

static void requirements(struct html *html)
{
    const struct page *page = html->page;
    if (page->requirements == 0)
        return;
    html_element(html, "p class=\"required\"", page->required);
    html_add(html, "\n<ul class=\"plain\">\n");
    for (size_t i = 0; i < page->requirements; i++)
        requirement(html, &page->requirement[i]);
    html_add(html, "</ul>\n");
}

void html_top(struct html *html)
{
    const struct page *page = html->page;
    const struct summary_meta *meta = &page->summary->meta;
    html_add(html, "<header class=\"top\">\n<p class=\"eyebrow\">");
    html_text(html->out, page_text(html->arena, meta->experiment, PAGE_NAME_MAX));
    html_add(html, " · run ");
    html_text(html->out, page_text(html->arena, meta->run, PAGE_NAME_MAX));
    html_add(html, "</p>\n");
    html_element(html, "h1", page->title);
    html_add(html, "\n");
    if (page->mock.n)
        html_element(html, "p class=\"notice\"", page->mock);
    html_element(html, "p class=\"verdict\"", page->verdict);
    html_add(html, "\n");
    if (meta->variant_count && meta->pair_count == 0) { /* two runs: nothing is chosen */
        html_add(html, "<dl class=\"answers\">\n");
        which(html);
        how_sure(html);
        at_what_price(html);
        html_add(html, "</dl>\n");
    }
    requirements(html);
    html_add(html, "</header>\n");
}
