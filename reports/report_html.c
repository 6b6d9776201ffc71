/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_html.c: one page that needs nothing but itself.
 *
 * The verdict first, then what it rests on, then what went wrong, then everything else, down to
 * single requests. Nothing is fetched: style and scripts are in the page, and its policy forbids
 * any other, so that text which got into the page as markup after all would still not run. What
 * matters can be read without scripts; they add the grid of samples and the traces.
 */
#include "reports/html.h"
#include "reports/html_traces.h"
#include "reports/reporters.h"

#include "store/store.h"

/* ---- the page ---- */

static void write_navigation(struct html *html)
{
    static const char *const places[][2] = {
        {"comparison", "Comparison"}, {"plots", "Plots"},        {"failures", "Failures"},
        {"samples", "Samples"},       {"slices", "Slices"},      {"steps", "Steps"},
        {"variants", "Variants"},     {"tables", "All figures"}, {"methods", "Methods"},
        {"experiment", "Experiment"},
    };
    html_add(html, "<nav aria-label=\"Parts of this page\"><ul>\n");
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (strcmp(places[i][0], "slices") != 0 || html_has_slices(html->page))
            buf_printf(html->out, "<li><a href=\"#%s\">%s</a></li>\n", places[i][0],
                       places[i][1]);
    html_add(html, "</ul></nav>\n");
}

/* Where the page's scripts show a cell. */
static void write_dialog(struct html *html)
{
    html_add(html, "<dialog id=\"cell\" aria-labelledby=\"cell-name\"><div class=\"sheet-top\">"
                   "<h2 id=\"cell-name\">Cell</h2>"
                   "<button type=\"button\" id=\"cell-before\">Previous failure</button>"
                   "<button type=\"button\" id=\"cell-after\">Next failure</button>"
                   "<button type=\"button\" id=\"cell-close\" autofocus>Close</button></div>"
                   "<div class=\"sheet-body\" id=\"cell-body\"></div></dialog>\n");
}

static void write_foot(struct html *html)
{
    html_add(html, "</main>\n");
    html_shell_footer(html, html->page->summary->meta.version);
    if (html->cells) {
        write_dialog(html);
        html_data(html);
        html_shell_scripts(html);
    }
    html_shell_end(html);
}

static int write_page(struct html *html, struct err *err)
{
    html_shell_begin(html, html->page->title, true);
    html_add(html, "<a class=\"skip\" href=\"#comparison\">To the comparison</a>\n");
    html_top(html);
    write_navigation(html);
    html_add(html, "<main>\n");
    html_comparison(html);
    if (html_plots(html, err) < 0)
        return -1;
    html_failures(html);
    html_samples(html);
    html_slices(html);
    html_steps(html);
    html_variants(html);
    html_tables(html);
    html_methods(html);
    html_experiment(html);
    write_foot(html);
    return 0;
}

/* ---- what it is made from ---- */

static enum html_texts texts_of(const json *definition)
{
    str word = json_text(json_path(definition, "report.texts"));
    return str_equal(word, STR("all"))    ? HTML_TEXTS_ALL
           : str_equal(word, STR("none")) ? HTML_TEXTS_NONE
                                          : HTML_TEXTS_FAILURES;
}

int report_html(const struct report_input *input, struct buf *out, struct err *err)
{
    struct arena arena = {0};
    struct page page;
    struct html_cells cells;
    struct html_traces traces = {0};
    struct report_input whole = *input;
    struct html html = {.out = out, .arena = &arena, .input = &whole, .page = &page};
    int result = 0;
    whole.brief = false; /* whatever terminal it is written from */
    page_make(&page, &whole, &arena);
    if (input->store) {
        html.definition = json_parse(&arena, store_run_row(input->store)->definition, NULL);
        html.texts = texts_of(html.definition);
        html.cells = &cells;
        html.traces = &traces;
        result = html_cells_read(&cells, &whole, &arena, err);
        if (result == 0)
            result = html_traces_make(&traces, &html, err);
    }
    if (result == 0)
        result = write_page(&html, err);
    arena_release(&arena);
    return result;
}
