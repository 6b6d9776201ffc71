/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html.h: the parts of the HTML report, one concern a file; report_html.c puts them in order.
 *
 * Every number, sentence and table comes from struct page and the summary behind it; what is drawn
 * by the page's own scripts (reports/html) comes from the one block of data that html_data.c writes.
 * Text goes through html_escape.h, always.
 */
#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include "base/json.h"
#include "reports/html_cells.h"
#include "reports/html_escape.h"
#include "reports/page.h"

enum {
    /* Bytes of the page that its parts may take: the report of a run of a million calls stays
     * below 10 MB (docs/reports.md). What is over is left out and counted. */
    HTML_TRACES_MAX = 5500 * 1000,
    HTML_SAMPLES_MAX = 2500 * 1000,
    HTML_EXPERIMENT_MAX = 300 * 1000,
    HTML_ROWS_MAX = 2000, /* of a table */
};

/* Which prompts and replies stand in the page: report.texts of the experiment. */
enum html_texts { HTML_TEXTS_FAILURES, HTML_TEXTS_ALL, HTML_TEXTS_NONE };

struct html {
    struct buf *out;
    struct arena *arena;
    const struct report_input *input;
    const struct page *page;
    const json *definition;           /* the effective experiment; NULL: not known */
    const struct html_cells *cells;   /* NULL: the run's file is not at hand */
    const struct html_traces *traces; /* NULL: likewise */
    enum html_texts texts;
};

/* ---- around the text of a page (html_shell.c) ---- */

/* Up to <body>. The page's policy lets its own style be used, and its own scripts only where it has
 * them. */
void html_shell_begin(struct html *html, str title, bool scripts);
void html_shell_footer(struct html *html, str version);
void html_shell_scripts(struct html *html);
void html_shell_end(struct html *html);

/* ---- words of ours and text of others (html_parts.c) ---- */

void html_add(struct html *html, const char *markup);
/* <tag>text</tag>; `tag` may hold attributes of ours: "p class=\"note\"". */
void html_element(struct html *html, const char *tag, str text);
/* A heading that can be linked to, and all until html_end_section. */
void html_section(struct html *html, const char *id, const char *title);
void html_end_section(struct html *html);
/* Sentences, as a list without signs before them. */
void html_sentences(struct html *html, const str *sentence, size_t count);
/* A sheet as a table; the first column names the rows. */
void html_sheet(struct html *html, const struct sheet *sheet);
/* One whose name stands above it already: only a screen reader is told once more. */
void html_sheet_under(struct html *html, str name, const struct sheet *sheet);
/* A dot in the variant's colour, and its name. `variant`: by number. */
void html_variant_name(struct html *html, size_t variant);
/* href of a cell's trace: "#cell/VARIANT/SAMPLE/TRIAL", by numbers. */
void html_cell_link(struct html *html, size_t variant, size_t sample, unsigned trial, str text);

/* ---- the parts, in their order on the page ---- */

void html_top(struct html *html);        /* html_top.c: title, verdict, three answers */
void html_comparison(struct html *html); /* html_comparison.c */
int html_plots(struct html *html, struct err *err); /* html_plots.c */
/* FOLDER/NAME.svg as a figure. False: there is no such picture. */
bool html_figure(struct html *html, const char *folder, const char *name, str title);
/* A folder for pictures, and the end of it with pictures of these names. NULL: ERR_FAILED. */
const char *html_figures_folder(struct arena *arena, struct err *err);
void html_figures_remove(struct arena *arena, const char *folder, const char *const *name,
                         size_t count);
/* Where pictures can be drawn at all. */
bool html_can_draw(struct arena *arena);
void html_failures(struct html *html);              /* html_failures.c */
void html_samples(struct html *html);               /* html_samples.c: grid and flips */
void html_steps(struct html *html);                 /* html_tables.c: steps, diagnosis */
void html_variants(struct html *html);              /* html_tree.c: drawings and sentences */
void html_slices(struct html *html);                /* html_tables.c: where there are any */
bool html_has_slices(const struct page *page);
void html_reasons(struct html *html);    /* html_tables.c: within the failures */
void html_tables(struct html *html);     /* html_tables.c: the other tables */
void html_methods(struct html *html);    /* html_methods.c */
void html_experiment(struct html *html); /* html_experiment.c */
void html_data(struct html *html);       /* html_data.c: what the scripts read */

#endif
