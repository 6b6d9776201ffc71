/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_parts.c: what all parts of the page are made of: elements, sections, tables, names.
 */
#include "reports/html.h"

#include "reports/palette.h"

void html_add(struct html *html, const char *markup)
{
    buf_add_str(html->out, str_from(markup));
}

void html_element(struct html *html, const char *tag, str text)
{
    str name, attributes;
    str_cut(str_from(tag), ' ', &name, &attributes);
    buf_printf(html->out, "<%s>", tag);
    html_sentence(html->out, text);
    buf_printf(html->out, "</%.*s>", STR_ARG(name));
}

void html_section(struct html *html, const char *id, const char *title)
{
    buf_printf(html->out,
               "\n<section id=\"%s\" aria-labelledby=\"%s-head\">\n<h2 id=\"%s-head\">", id, id,
               id);
    html_text(html->out, str_from(title));
    html_add(html, "</h2>\n");
}

void html_end_section(struct html *html)
{
    html_add(html, "</section>\n");
}

/* ---- tables ---- */

static bool is_shown(const struct sheet *sheet, size_t column)
{
    return column == 0 || sheet->column[column].drop == 0 ||
           !sheet_column_is_empty(sheet, column);
}

/* The lines of a cell: the value, then what it lies between. */
static void write_lines(struct html *html, str cell)
{
    str first, rest;
    str_cut(cell, '\n', &first, &rest);
    html_text(html->out, first);
    if (rest.n)
        html_element(html, "span class=\"range\"", rest);
}

static void write_head(struct html *html, const struct sheet *sheet)
{
    html_add(html, "<thead><tr>");
    for (size_t c = 0; c < sheet->columns; c++) {
        if (!is_shown(sheet, c))
            continue;
        const char *tag =
            sheet->column[c].right ? "th scope=\"col\" class=\"number\"" : "th scope=\"col\"";
        html_element(html, tag,
                     str_equal(sheet->column[c].head, str_from(sheet->title))
                         ? STR("variant")
                         : sheet->column[c].head);
    }
    html_add(html, "</tr></thead>\n");
}

static void write_first(struct html *html, str cell)
{
    if (str_trim(cell).n == 0) { /* the row above names it */
        html_add(html, "<td></td>");
        return;
    }
    html_add(html, "<th scope=\"row\" class=\"first\"><bdi>");
    write_lines(html, str_trim(cell));
    html_add(html, "</bdi></th>");
}

static void write_row(struct html *html, const struct sheet *sheet, size_t row)
{
    static const char *const classes[] = {[SHEET_PLAIN] = "",
                                          [SHEET_GOOD] = " class=\"good\"",
                                          [SHEET_BAD] = " class=\"bad\"",
                                          [SHEET_GROUP] = " class=\"group\""};
    str first = sheet_at(sheet, row, 0);
    enum sheet_mark mark = sheet->mark[row];
    bool step = str_starts_with(first, STR("  "));
    buf_printf(html->out, "<tr%s>",
               step && mark != SHEET_BAD ? " class=\"step\""
               : step                    ? " class=\"step bad\""
                                         : classes[mark]);
    write_first(html, first);
    for (size_t c = 1; c < sheet->columns; c++) {
        if (!is_shown(sheet, c))
            continue;
        html_add(html, sheet->column[c].right ? "<td class=\"number\">" : "<td>");
        write_lines(html, sheet_at(sheet, row, c));
        html_add(html, "</td>");
    }
    html_add(html, "</tr>\n");
}

static void write_sheet(struct html *html, const struct sheet *sheet, str name,
                        const char *caption)
{
    buf_printf(html->out,
               "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table: ");
    html_attribute(html->out, name);
    html_add(html, "\">\n<table>\n");
    html_element(html, caption, name);
    write_head(html, sheet);
    html_add(html, "<tbody>\n");
    for (size_t row = 0; row < sheet->rows && row < HTML_ROWS_MAX; row++)
        write_row(html, sheet, row);
    html_add(html, "</tbody>\n</table></div>\n");
    if (sheet->rows > HTML_ROWS_MAX)
        html_element(html, "p class=\"note\"",
                     arena_printf(html->arena, "%zu more rows: see the JSON report.",
                                  sheet->rows - HTML_ROWS_MAX));
    if (sheet->note)
        html_element(html, "p class=\"note\"", str_from(sheet->note));
}

void html_sheet(struct html *html, const struct sheet *sheet)
{
    write_sheet(html, sheet, str_from(sheet->title), "caption");
}

void html_sheet_under(struct html *html, str name, const struct sheet *sheet)
{
    write_sheet(html, sheet, name, "caption class=\"unseen\"");
}

void html_sentences(struct html *html, const str *sentence, size_t count)
{
    html_add(html, "<ul class=\"plain\">\n");
    for (size_t i = 0; i < count; i++) {
        html_element(html, "li", sentence[i]);
        html_add(html, "\n");
    }
    html_add(html, "</ul>\n");
}

/* ---- names and links ---- */

static size_t place_of(const struct html *html, size_t variant)
{
    size_t place = 0;
    while (place + 1 < html->page->summary->meta.variant_count &&
           html->page->order[place] != variant)
        place++;
    return place;
}

void html_variant_name(struct html *html, size_t variant)
{
    const char *colour = palette_colour(place_of(html, variant));
    html_add(html, "<span class=\"variant\"><svg class=\"swatch\" viewBox=\"0 0 10 10\" "
                   "aria-hidden=\"true\">");
    buf_printf(html->out, "<circle cx=\"5\" cy=\"5\" r=\"4.2\" fill=\"%s\"/></svg>",
               strcmp(colour, "#000000") == 0 ? "var(--ink)" : colour);
    html_element(html, "bdi class=\"name\"", html->page->name[variant]);
    html_add(html, "</span>");
}

void html_cell_link(struct html *html, size_t variant, size_t sample, unsigned trial, str text)
{
    buf_printf(html->out, "<a href=\"#cell/%zu/%zu/%u\"><bdi>", variant, sample, trial);
    html_text(html->out, text);
    html_add(html, "</bdi></a>");
}
