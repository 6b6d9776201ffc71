/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_failures.c: what went wrong, before anything is said of what went well.
 *
 * A table that needs no script; each row leads to its trace, which does.
 */
#include "reports/html.h"
#include "reports/html_traces.h"

#include <inttypes.h>

enum { SHOWN_MAX = 40 };

static str sample_name(const struct html *html, size_t sample)
{
    return page_text(html->arena, html->cells->sample[sample].id, PAGE_NAME_MAX);
}

static void write_row(struct html *html, const struct html_kept *kept)
{
    const struct html_place *place = &kept->place;
    size_t trials = html->cells->trials;
    str name = sample_name(html, place->sample);
    if (trials > 1)
        name = arena_printf(html->arena, "%.*s, trial %u", STR_ARG(name), place->trial);
    html_add(html, "<tr><th scope=\"row\">");
    html_cell_link(html, place->variant, place->sample, place->trial, name);
    html_add(html, "</th><td>");
    html_variant_name(html, place->variant);
    html_add(html, "</td><td>");
    html_element(html,
                 kept->mark == HTML_FAIL ? "span class=\"badge bad\""
                                         : "span class=\"badge fault\"",
                 str_from(html_mark_name(kept->mark)));
    html_add(html, "</td><td><bdi>");
    html_text(html->out, kept->says.n ? kept->says : STR("—"));
    html_add(html, "</bdi></td></tr>\n");
}

static bool is_of(char mark, bool failures)
{
    return failures ? mark == HTML_ERROR || mark == HTML_TIMEOUT : mark == HTML_FAIL;
}

/* Errors and timeouts first: they are of another kind than wrong answers. */
static void write_rows(struct html *html)
{
    const struct html_traces *traces = html->traces;
    size_t written = 0;
    for (int failures = 1; failures >= 0; failures--)
        for (size_t i = 0;
             i < traces->count && written < (failures ? SHOWN_MAX / 2 : SHOWN_MAX); i++)
            if (is_of(traces->kept[i].mark, failures)) {
                write_row(html, &traces->kept[i]);
                written++;
            }
}

static void write_table(struct html *html)
{
    uint64_t kept = html->traces->failed, failed = html->cells->failed;
    html_add(
        html,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table: cells that "
        "failed\">\n<table>\n<thead><tr><th scope=\"col\">Sample</th><th scope=\"col\">"
        "Variant</th><th scope=\"col\">Outcome</th><th scope=\"col\">What went wrong"
        "</th></tr></thead>\n<tbody>\n");
    write_rows(html);
    html_add(html, "</tbody>\n</table></div>\n");
    str text = arena_printf(html->arena, "%" PRIu64 " cells in all.", failed);
    if (kept < failed)
        text = arena_printf(html->arena,
                            "%" PRIu64 " cells in all; %" PRIu64
                            " of them can be opened here, the others with weir show.",
                            failed, kept);
    html_element(html, "p class=\"note\"", text);
}

void html_failures(struct html *html)
{
    html_section(html, "failures", "Failures first");
    if (!html->cells)
        html_element(html, "p class=\"quiet\"",
                     STR("The run's file was not at hand: its cells are not listed."));
    else if (html->cells->failed == 0)
        html_element(html, "p", STR("No cell is wrong, failed or timed out."));
    else
        write_table(html);
    html_reasons(html);
    html_end_section(html);
}
