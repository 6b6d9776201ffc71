/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_samples.c: sample by sample: the grid, which the page's scripts fill, and the flips, which
 * need none.
 */
#include "reports/html.h"
#include "reports/html_traces.h"

#include <inttypes.h>

enum { FLIPS_SHOWN = 25 };

/* ---- the grid's tools ---- */

static void write_options(struct html *html)
{
    static const char *const filters[][2] = {
        {"all", "all samples"},
        {"failing", "wrong or failed anywhere"},
        {"faults", "errors and timeouts"},
        {"flips", "flips against the baseline"},
        {"mixed", "different from trial to trial"},
        {"unscored", "without a score or result"},
        {"right", "right everywhere"},
    };
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
        buf_printf(html->out, "<option value=\"%s\">%s</option>", filters[i][0], filters[i][1]);
}

static void write_tools(struct html *html)
{
    html_add(html,
             "<noscript><p class=\"notice\">The grid of samples and the traces of cells need "
             "JavaScript. Everything else on this page does not.</p></noscript>\n"
             "<div class=\"tools js-only\" role=\"search\">"
             "<label>Show <select id=\"filter\">");
    write_options(html);
    html_add(html,
             "</select></label>"
             "<label>in <select id=\"filter-variant\"><option value=\"\">any variant</option>"
             "</select></label>"
             "<label>Sample contains <input id=\"filter-text\" type=\"search\" "
             "autocomplete=\"off\"></label>"
             "<label>Sort by <select id=\"sort\"><option value=\"file\">order of the file"
             "</option><option value=\"wrong\">most wrong first</option>"
             "<option value=\"id\">name</option></select></label></div>\n"
             "<p id=\"grid-count\" class=\"note js-only\" role=\"status\"></p>\n"
             "<ul class=\"key js-only\" id=\"grid-key\"></ul>\n"
             "<div class=\"scroll js-only\" role=\"region\" tabindex=\"0\" "
             "aria-label=\"Table: samples by variant\"><table class=\"grid\" id=\"grid\">"
             "<caption class=\"unseen\">Every sample by variant</caption><thead><tr>"
             "<th scope=\"col\">Sample</th></tr></thead><tbody><tr><td></td></tr></tbody>"
             "</table></div>\n"
             "<div class=\"pages js-only\"><button type=\"button\" id=\"page-back\">Back"
             "</button><span id=\"page-where\"></span><button type=\"button\" "
             "id=\"page-on\">On</button></div>\n");
}

/* ---- flips ---- */

static void write_side(struct html *html, size_t variant, size_t sample, bool right,
                       uint64_t count, uint64_t scored)
{
    const struct html_kept *kept =
        html->traces ? html_kept_side(html->traces, variant, sample, right) : NULL;
    str words = arena_printf(html->arena, "%" PRIu64 " of %" PRIu64 " right", count, scored);
    html_add(html, "<td>");
    if (kept)
        html_cell_link(html, variant, sample, kept->place.trial, words);
    else
        html_text(html->out, words);
    if (kept && (kept->output.n || kept->says.n)) {
        html_add(html, "<span class=\"than\"><bdi>");
        html_text(html->out, page_text(html->arena,
                                       !right && kept->says.n ? kept->says : kept->output, 70));
        html_add(html, "</bdi></span>");
    }
    html_add(html, "</td>");
}

static void write_flip(struct html *html, const struct summary_comparison *c,
                       const struct summary_flip *flip)
{
    html_add(html, "<tr><th scope=\"row\"><bdi>");
    html_text(html->out, page_text(html->arena, flip->sample_id, PAGE_NAME_MAX));
    html_add(html, "</bdi></th><td>");
    html_element(html, flip->gained ? "span class=\"badge good\"" : "span class=\"badge bad\"",
                 flip->gained ? STR("gained") : STR("lost"));
    html_add(html, "</td>");
    write_side(html, c->baseline, flip->sample, !flip->gained, flip->baseline_right,
               flip->baseline_scored);
    write_side(html, c->candidate, flip->sample, flip->gained, flip->candidate_right,
               flip->candidate_scored);
    buf_printf(html->out,
               "<td><a class=\"js-only\" href=\"#flip/%zu/%zu/%zu\">side by side"
               "<span class=\"unseen\"> ",
               c->baseline, c->candidate, flip->sample);
    html_text(html->out, page_text(html->arena, flip->sample_id, PAGE_NAME_MAX));
    html_add(html, "</span></a></td></tr>\n");
}

/* The first of those lost, and at least some of those gained. */
static void write_flips_of(struct html *html, const struct summary_comparison *c)
{
    uint64_t lost = 0, written = 0;
    while (lost < c->flip_count && !c->flips[lost].gained)
        lost++;
    uint64_t gained = c->flip_count - lost;
    uint64_t lost_room = FLIPS_SHOWN - (gained < FLIPS_SHOWN / 2 ? gained : FLIPS_SHOWN / 2);
    const struct page *page = html->page;
    html_add(
        html,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table: flips of ");
    html_attribute(html->out, page->name[c->candidate]);
    html_add(html, "\">\n<table>\n<caption>");
    html_text(html->out, page->name[c->candidate]);
    html_add(html, " against ");
    html_text(html->out, page->name[c->baseline]);
    html_add(html,
             "</caption>\n<thead><tr><th scope=\"col\">Sample</th><th scope=\"col\">Turn</th>"
             "<th scope=\"col\">");
    html_text(html->out, page->name[c->baseline]);
    html_add(html, "</th><th scope=\"col\">");
    html_text(html->out, page->name[c->candidate]);
    html_add(html, "</th><th scope=\"col\">Traces</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < c->flip_count && written < FLIPS_SHOWN; i++) {
        if (i < lost && i >= lost_room)
            continue;
        write_flip(html, c, &c->flips[i]);
        written++;
    }
    html_add(html, "</tbody>\n</table></div>\n");
    str text = c->flips_text;
    if (written < c->gained + c->lost)
        text =
            arena_printf(html->arena, "%.*s %" PRIu64 " of them are shown; the grid has all.",
                         STR_ARG(text), written);
    html_element(html, "p class=\"note\"", text);
}

static void write_flips(struct html *html)
{
    const struct summary *summary = html->page->summary;
    size_t with_flips = 0;
    html_add(html, "<h3 id=\"flips\">Flips</h3>\n");
    for (size_t i = 0; i < summary->comparison_count; i++)
        if (summary->comparisons[i].flip_count && ++with_flips)
            write_flips_of(html, &summary->comparisons[i]);
    if (with_flips == 0)
        html_element(html, "p",
                     summary->comparison_count
                         ? STR("No sample is right in one variant and wrong in the other.")
                         : STR("There is one variant: nothing to compare it with."));
}

void html_samples(struct html *html)
{
    html_section(html, "samples", "Samples");
    if (html->cells)
        write_tools(html);
    write_flips(html);
    html_end_section(html);
}
