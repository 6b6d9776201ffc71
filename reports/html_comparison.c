/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_comparison.c: the table that a decision is taken by, with its intervals drawn, the
 * sentences of the comparisons, and what a reader must know before believing them.
 *
 * The drawings are of one scale, which begins where the data does: what is compared are places,
 * not lengths. Where gnuplot is absent they are all there is to see of accuracy.
 */
#include "reports/html.h"

#include "reports/palette.h"

#include <math.h>

enum { CORRECT_COLUMN = 1, DRAWING_WIDTH = 176, DRAWING_HEIGHT = 24, INSET = 6 };

struct scale {
    double low, high; /* shares */
};

/* Whole tens of per cent around all intervals. */
static struct scale scale_of(const struct summary *summary)
{
    struct scale scale = {1, 0};
    for (size_t v = 0; v < summary->meta.variant_count; v++) {
        const struct summary_estimate *a = &summary->variants[v].accuracy;
        scale.low = a->low.known ? fmin(scale.low, a->low.value) : scale.low;
        scale.high = a->high.known ? fmax(scale.high, a->high.value) : scale.high;
    }
    scale.low = floor(10 * scale.low + 1e-9) / 10;
    scale.high = ceil(10 * scale.high - 1e-9) / 10;
    return scale.low < scale.high ? scale : (struct scale){0, 1};
}

static double x_of(const struct scale *scale, double share)
{
    return INSET +
           (share - scale->low) / (scale->high - scale->low) * (DRAWING_WIDTH - 2 * INSET);
}

static void line(struct html *html, double x1, double x2, double y1, double y2,
                 const char *more)
{
    buf_printf(html->out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" %s/>", x1, x2,
               y1, y2, more);
}

/* The row's figures stand beside it: to a screen reader it is decoration. */
static void draw_interval(struct html *html, const struct scale *scale, size_t place)
{
    const struct summary *summary = html->page->summary;
    const struct summary_estimate *a = &summary->variants[html->page->order[place]].accuracy;
    const char *colour = palette_colour(place);
    size_t baseline = summary->meta.baseline;
    double middle = DRAWING_HEIGHT / 2.0;
    html_add(html, "<td class=\"drawn\">");
    if (!a->value.known || !a->low.known || !a->high.known) {
        html_add(html, "</td>");
        return;
    }
    if (strcmp(colour, "#000000") == 0)
        colour = "var(--ink)";
    buf_printf(html->out, "<svg class=\"interval\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">",
               DRAWING_WIDTH, DRAWING_HEIGHT);
    line(html, INSET, DRAWING_WIDTH - INSET, middle, middle, "stroke=\"var(--line)\"");
    if (baseline != SUMMARY_NO_BASELINE && summary->meta.variant_count > 1 &&
        summary->variants[baseline].accuracy.value.known) {
        double x = x_of(scale, summary->variants[baseline].accuracy.value.value);
        line(html, x, x, 1, DRAWING_HEIGHT - 1,
             "stroke=\"var(--axis)\" stroke-dasharray=\"2 2\"");
    }
    buf_printf(html->out, "<g stroke=\"%s\" stroke-width=\"2\">", colour);
    double low = x_of(scale, a->low.value), high = x_of(scale, a->high.value);
    line(html, low, high, middle, middle, "");
    line(html, low, low, middle - 4, middle + 4, "");
    line(html, high, high, middle - 4, middle + 4, "");
    buf_printf(html->out,
               "</g><circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill=\"%s\"/></svg></td>",
               x_of(scale, a->value.value), middle, colour);
}

/* ---- the table ---- */

/* The ends of the scale stand over those of the drawings. */
static void write_scale(struct html *html, const struct scale *scale)
{
    buf_printf(
        html->out,
        "<th scope=\"col\" class=\"drawn\"><span class=\"unseen\">Drawn from </span>"
        "<span class=\"ends\"><span>%.0f</span><span class=\"unseen\"> to </span><span>%.0f"
        " %%</span></span></th>",
        100 * scale->low, 100 * scale->high);
}

static void write_head(struct html *html, const struct sheet *sheet, const struct scale *scale)
{
    html_add(html, "<thead><tr>");
    for (size_t c = 0; c < sheet->columns; c++) {
        if (c == CORRECT_COLUMN)
            write_scale(html, scale);
        if (c == 0 || !sheet_column_is_empty(sheet, c))
            html_element(html,
                         c == 0 ? "th scope=\"col\"" : "th scope=\"col\" class=\"number\"",
                         sheet->column[c].head);
    }
    html_add(html, "</tr></thead>\n<tbody>\n");
}

static void write_name(struct html *html, size_t place)
{
    const struct summary *summary = html->page->summary;
    size_t variant = html->page->order[place];
    const struct summary_comparison *c = page_against_baseline(summary, variant);
    html_add(html, "<th scope=\"row\">");
    html_variant_name(html, variant);
    html_add(html, "<span class=\"range\">");
    html_text(html->out, summary->variants[variant].pattern);
    html_add(html, " ");
    if (c)
        html_element(html,
                     c->verdict == SUMMARY_BETTER  ? "span class=\"badge good\""
                     : c->verdict == SUMMARY_WORSE ? "span class=\"badge bad\""
                                                   : "span class=\"badge\"",
                     page_verdict_words(c));
    else if (variant == summary->meta.baseline && summary->meta.variant_count > 1)
        html_element(html, "span class=\"badge\"", STR("baseline"));
    html_add(html, "</span></th>");
}

/* A line each: the value large, the others small below it. */
static void write_cell(struct html *html, str cell)
{
    str line, rest = cell;
    bool first = true;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        if (first)
            html_text(html->out, line);
        else
            html_element(html, "span class=\"range\"", line);
        first = false;
    }
}

static void write_table(struct html *html)
{
    struct sheet *sheet = page_comparison(html->page, 200);
    struct scale scale = scale_of(html->page->summary);
    html_add(
        html,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table: Comparison\">"
        "\n<table class=\"comparison\">\n");
    write_head(html, sheet, &scale);
    for (size_t row = 0; row < sheet->rows; row++) {
        html_add(html, "<tr>");
        write_name(html, row);
        for (size_t c = 1; c < sheet->columns; c++) {
            if (c == CORRECT_COLUMN)
                draw_interval(html, &scale, row);
            if (sheet_column_is_empty(sheet, c))
                continue;
            html_add(html, "<td class=\"number\">");
            write_cell(html, sheet_at(sheet, row, c));
            html_add(html, "</td>");
        }
        html_add(html, "</tr>\n");
    }
    html_add(html, "</tbody>\n</table></div>\n");
    str note = sheet->note ? str_from(sheet->note) : STR("");
    const struct summary_meta *meta = &html->page->summary->meta;
    bool dashed = meta->variant_count > 1 && meta->baseline != SUMMARY_NO_BASELINE;
    html_element(html, "p class=\"note\"",
                 arena_printf(html->arena, "%.*s Drawn are accuracy and its interval%s.",
                              STR_ARG(note), dashed ? "; dashed: the baseline" : ""));
}

/* ---- sentences ---- */

static void write_part(struct html *html, const struct page_part *part, str flips)
{
    html_add(html, "<li>");
    for (size_t i = 0; i < part->count; i++) {
        html_sentence(html->out, part->sentence[i]);
        html_add(html, " ");
    }
    html_sentence(html->out, flips);
    html_add(html, "</li>\n");
}

static void write_sentences(struct html *html)
{
    const struct page *page = html->page;
    if (page->comparison_parts == 0)
        return;
    html_add(html, "<h3>In words</h3>\n<ul class=\"plain\">\n");
    for (size_t i = 0; i < page->comparison_parts; i++)
        write_part(html, &page->part[i], page->summary->comparisons[i].flips_text);
    html_add(html, "</ul>\n");
}

static void write_warnings(struct html *html)
{
    const struct page *page = html->page;
    if (page->warnings == 0)
        return;
    html_add(html, "<h3>Before you rely on it</h3>\n");
    html_sentences(html, page->warning, page->warnings);
}

void html_comparison(struct html *html)
{
    html_section(html, "comparison", "Comparison");
    if (html->page->summary->meta.variant_count)
        write_table(html);
    write_sentences(html);
    write_warnings(html);
    html_end_section(html);
}
