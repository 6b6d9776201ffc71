/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_tables.c: the tables of the page, each in its section.
 */
#include "reports/html.h"

/* Where a table stands; any other, of patterns that are yet to come, tells of steps. */
enum section { OF_STEPS, OF_VARIANTS, OF_FAILURES, OF_SLICES };

static const struct {
    const char *title;
    enum section section;
} places[] = {
    {"Accuracy", OF_VARIANTS},
    {"Latency", OF_VARIANTS},
    {"Cost", OF_VARIANTS},
    {"Calls and errors", OF_VARIANTS},
    {"Cost by role", OF_VARIANTS},
    {"Scores", OF_VARIANTS},
    {"Scores by models", OF_VARIANTS},
    {"Pairs", OF_VARIANTS},
    {"Places", OF_VARIANTS},
    {"Time under this load", OF_VARIANTS},
    {"Mean times", OF_VARIANTS},
    {"Reasons", OF_FAILURES},
    {"Slices", OF_SLICES},
    {"Changed samples", OF_SLICES},
    {"Trials of a sample", OF_SLICES},
};

static enum section section_of(const struct sheet *sheet)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (str_equal(str_from(sheet->title), str_from(places[i].title)))
            return places[i].section;
    return OF_STEPS;
}

static void write_sheets(struct html *html, enum section section)
{
    const struct page *page = html->page;
    for (size_t i = 0; i < page->sheets; i++)
        if (section_of(page->sheet[i]) == section)
            html_sheet(html, page->sheet[i]);
}

static void write_diagnosis(struct html *html)
{
    const struct page *page = html->page;
    for (size_t i = page->variant_parts; i < page->parts; i++) {
        const struct page_part *part = &page->part[i];
        html_element(html, "h3", part->heading);
        html_add(html, "\n");
        html_sentences(html, part->sentence, part->count);
    }
}

void html_steps(struct html *html)
{
    html_section(html, "steps", "Steps and blame");
    write_diagnosis(html);
    write_sheets(html, OF_STEPS);
    html_end_section(html);
}

bool html_has_slices(const struct page *page)
{
    for (size_t i = 0; i < page->sheets; i++)
        if (section_of(page->sheet[i]) == OF_SLICES)
            return true;
    return false;
}

void html_slices(struct html *html)
{
    if (!html_has_slices(html->page))
        return;
    html_section(html, "slices", "Slices and robustness");
    write_sheets(html, OF_SLICES);
    html_end_section(html);
}

void html_reasons(struct html *html)
{
    write_sheets(html, OF_FAILURES);
}

void html_tables(struct html *html)
{
    html_section(html, "tables", "All figures");
    write_sheets(html, OF_VARIANTS);
    html_end_section(html);
}
