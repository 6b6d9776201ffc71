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

#include "base/embedded.h"
#include "store/store.h"

/* ---- style and scripts ---- */

/* reports/html, by name: scripts run in that order. */
extern const struct embedded embedded_page[];

static bool is_style(const struct embedded *file)
{
    return str_ends_with(str_from(file->path), STR(".css"));
}

static unsigned digit(char c)
{
    return (unsigned)(char_is_digit(c) ? c - '0' : c - 'a' + 10);
}

/* The hash in Base64 (RFC 4648), as a policy wants it. */
static void write_hash(struct buf *out, const char *hex)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    enum { BYTES = 32 };
    for (size_t i = 0; i < BYTES; i += 3) {
        unsigned three = 0;
        for (size_t k = i; k < i + 3; k++)
            three =
                three << 8 | (k < BYTES ? digit(hex[2 * k]) << 4 | digit(hex[2 * k + 1]) : 0);
        for (unsigned k = 0; k < 4; k++)
            buf_add_char(out, i + k > BYTES ? '=' : digits[three >> (18 - 6 * k) & 63]);
    }
}

static void write_policy(struct buf *out, bool style)
{
    buf_add_str(out, style ? STR("; style-src") : STR("; script-src"));
    for (const struct embedded *file = embedded_page; file->path; file++)
        if (is_style(file) == style) {
            buf_add_str(out, STR(" 'sha256-"));
            write_hash(out, file->sha256);
            buf_add_char(out, '\'');
        }
}

static void write_assets(struct html *html, bool style)
{
    for (const struct embedded *file = embedded_page; file->path; file++) {
        if (is_style(file) != style)
            continue;
        html_add(html, style ? "<style>" : "<script>");
        buf_add_str(html->out, file->bytes);
        html_add(html, style ? "</style>\n" : "</script>\n");
    }
}

/* ---- the page ---- */

static void write_head(struct html *html)
{
    html_add(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                   "img-src data:; base-uri 'none'; form-action 'none'");
    write_policy(html->out, true);
    write_policy(html->out, false);
    html_add(html,
             "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n"
             "<meta name=\"referrer\" content=\"no-referrer\">\n"
             "<link rel=\"icon\" href=\"data:,\">\n<title>");
    html_text(html->out, html->page->title);
    html_add(html, " · weir</title>\n");
    write_assets(html, true);
    html_add(html,
             "</head>\n<body>\n<a class=\"skip\" href=\"#comparison\">To the comparison</a>\n");
}

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
    const struct summary_meta *meta = &html->page->summary->meta;
    html_add(html, "</main>\n<footer><p>Written by weir");
    if (meta->version.n) {
        html_add(html, " ");
        html_text(html->out, page_text(html->arena, meta->version, PAGE_NAME_MAX));
    }
    html_add(html, ". This page fetches nothing.</p></footer>\n");
    if (html->cells) {
        write_dialog(html);
        html_data(html);
        write_assets(html, false);
    }
    html_add(html, "</body>\n</html>\n");
}

static int write_page(struct html *html, struct err *err)
{
    write_head(html);
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
