/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * paper_html.c: a short document as a page that needs nothing but itself, in the look of the report's
 * (see paper.h).
 *
 * What it comes to first, as in Markdown; pictures behind it, where the document has any; then the
 * parts. There is no script on it, and its policy allows none.
 */
#include "reports/html.h"
#include "reports/paper.h"

#include "base/log.h"

static bool is_empty(const struct paper_part *part)
{
    return part->sentences == 0 && (!part->sheet || part->sheet->rows == 0);
}

/* Headings are names of variants, so a section is known by its number. */
static void begin_section(struct html *html, size_t number, str heading)
{
    buf_printf(html->out, "\n<section aria-labelledby=\"part-%zu\">\n<h2 id=\"part-%zu\"><bdi>",
               number, number);
    html_text(html->out, heading);
    html_add(html, "</bdi></h2>\n");
}

/* "0.69 (0.63 – 0.74) ↑" has its interval on a line of its own, below, as in the report. */
static str in_lines(struct arena *arena, str cell)
{
    ptrdiff_t open = str_find(cell, STR(" ("), 0);
    ptrdiff_t close = open > 0 ? str_find(cell, STR(")"), (size_t)open) : -1;
    if (close < 0)
        return cell;
    size_t from = (size_t)open, to = (size_t)close + 1;
    return arena_printf(arena, "%.*s%.*s\n%.*s", STR_ARG(str_sub(cell, 0, from)),
                        STR_ARG(str_sub(cell, to, cell.n)),
                        STR_ARG(str_sub(cell, from + 1, to)));
}

static const struct sheet *narrower(struct arena *arena, const struct sheet *wide)
{
    struct sheet *sheet = arena_new(arena, struct sheet);
    *sheet = *wide;
    sheet->cell = arena_array(arena, str, wide->rows * wide->columns + 1);
    for (size_t i = 0; i < wide->rows * wide->columns; i++)
        sheet->cell[i] = wide->column[i % wide->columns].right ? in_lines(arena, wide->cell[i])
                                                               : wide->cell[i];
    return sheet;
}

static void add_part(struct html *html, size_t number, const struct paper_part *part)
{
    if (is_empty(part))
        return;
    str heading = part->heading.n ? part->heading : STR("Figures");
    begin_section(html, number, heading);
    if (part->sentences)
        html_sentences(html, part->sentence, part->sentences);
    if (part->sheet && part->sheet->rows)
        html_sheet_under(html, heading, narrower(html->arena, part->sheet));
    html_end_section(html);
}

static void add_facts(struct html *html, size_t number, const struct paper *paper)
{
    begin_section(html, number, STR("About this"));
    html_add(html, "<dl class=\"facts\">\n");
    for (size_t i = 0; i < paper->facts.sentences; i++) {
        str line = paper->facts.sentence[i];
        str label = str_trim(str_sub(line, 0, PAPER_LABEL_WIDTH));
        if (label.n)
            html_element(html, "dt", label);
        html_add(html, label.n ? "<dd>" : "<dd class=\"more\">");
        html_text(html->out, str_sub(line, PAPER_LABEL_WIDTH, line.n));
        html_add(html, "</dd>\n");
    }
    html_add(html, "</dl>\n");
    html_end_section(html);
}

static void add_figures(struct html *html, const struct paper_kind *kind, const char *folder)
{
    bool any = false;
    size_t start = html->out->n;
    html_section(html, "plots", "Pictures");
    for (size_t i = 0; i < kind->pictures; i++)
        any |=
            html_figure(html, folder, kind->picture[i].name, str_from(kind->picture[i].title));
    html_end_section(html);
    if (!any)
        html->out->n = start;
}

/* Pictures repeat what the tables say: without gnuplot there are none. */
static int draw(struct html *html, const struct paper_kind *kind, const void *data,
                struct err *err)
{
    struct err trouble = {0};
    if (kind->pictures == 0)
        return 0;
    if (!html_can_draw(html->arena)) {
        log_line(LOG_WARNING, "gnuplot is not installed: the page has no pictures");
        return 0;
    }
    const char **name = arena_array(html->arena, const char *, kind->pictures);
    const char *folder = html_figures_folder(html->arena, err);
    if (!folder)
        return -1;
    for (size_t i = 0; i < kind->pictures; i++)
        name[i] = kind->picture[i].name;
    if (kind->draw(str_from(folder), data, &trouble) == 0)
        add_figures(html, kind, folder);
    else
        log_line(LOG_WARNING, "the page has no pictures: %s", trouble.message);
    html_figures_remove(html->arena, folder, name, kind->pictures);
    return 0;
}

static void add_top(struct html *html, const struct paper *paper)
{
    str title = page_text(html->arena, paper->title, PAGE_TEXT_MAX);
    str verdict = page_text(html->arena, paper->verdict, PAGE_TEXT_MAX);
    html_shell_begin(html, title, false);
    html_add(html, "<header class=\"top\">\n");
    html_element(html, "h1", title);
    if (paper->notice.n)
        html_element(html, "p class=\"notice\" role=\"note\"", paper->notice);
    if (verdict.n)
        html_element(html, "p class=\"verdict\"", verdict);
    html_add(html, "</header>\n<main>\n");
}

int paper_html(const struct paper_kind *kind, const void *data, const struct paper *paper,
               struct buf *out, struct err *err)
{
    struct html html = {.out = out, .arena = paper->arena};
    add_top(&html, paper);
    if (draw(&html, kind, data, err) < 0)
        return -1;
    for (size_t i = 0; i < paper->parts; i++)
        add_part(&html, i, &paper->part[i]);
    struct paper_part warnings = paper->warnings;
    warnings.heading = STR("Warnings");
    add_part(&html, paper->parts, &warnings);
    add_facts(&html, paper->parts + 1, paper);
    html_add(&html, "</main>\n");
    html_shell_footer(&html, STR(WEIR_VERSION));
    html_shell_end(&html);
    return 0;
}
