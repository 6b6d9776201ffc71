/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_tables.c: the tables of the page, sorted into what tells of steps and what tells of whole
 * variants.
 */
#include "reports/html.h"

/* Tables of whole variants; any other, of patterns that are yet to come, tells of steps. */
static const char *const of_variants[] = {
    "Accuracy", "Latency",          "Cost",    "Calls and errors",     "Cost by role",
    "Scores",   "Scores by models", "Reasons", "Time under this load", "Mean times",
};

bool html_is_of_steps(const struct sheet *sheet)
{
    str title = str_from(sheet->title);
    for (size_t i = 0; i < sizeof of_variants / sizeof of_variants[0]; i++)
        if (str_equal(title, str_from(of_variants[i])))
            return false;
    return !str_starts_with(title, STR("Slice"));
}

static void write_diagnosis(struct html *html)
{
    const struct page *page = html->page;
    for (size_t i = page->variant_parts; i < page->parts; i++) {
        const struct page_part *part = &page->part[i];
        html_element(html, "h3", part->heading);
        html_add(html, "\n<ul class=\"plain\">\n");
        for (size_t s = 0; s < part->count; s++) {
            html_element(html, "li", part->sentence[s]);
            html_add(html, "\n");
        }
        html_add(html, "</ul>\n");
    }
}

void html_steps(struct html *html)
{
    const struct page *page = html->page;
    html_section(html, "steps", "Steps and blame");
    write_diagnosis(html);
    for (size_t i = 0; i < page->sheets; i++)
        if (html_is_of_steps(page->sheet[i]))
            html_sheet(html, page->sheet[i]);
    html_end_section(html);
}

void html_tables(struct html *html)
{
    const struct page *page = html->page;
    html_section(html, "tables", "All figures");
    for (size_t i = 0; i < page->sheets; i++)
        if (!html_is_of_steps(page->sheet[i]) &&
            !str_equal(str_from(page->sheet[i]->title), STR("Reasons")))
            html_sheet(html, page->sheet[i]);
    html_end_section(html);
}
