/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_traces.h: the cells that a page shows whole, as JSON for its scripts.
 *
 * Made before the page is written, for its tables of failures name what is here too. Texts that
 * occur more than once (a system prompt in every call) are written once.
 */
#ifndef REPORTS_HTML_TRACES_H
#define REPORTS_HTML_TRACES_H

#include "reports/html.h"

/* A cell that is shown whole. Texts are visible and short: for tables. */
struct html_kept {
    struct html_place place;
    enum html_why why;
    char mark;
    str says;   /* what went wrong; empty for a cell that is right */
    str output; /* how its answer begins */
};

struct html_traces {
    struct html_kept *kept;
    size_t count;
    uint64_t failed;   /* of the kept ones */
    struct buf traces; /* JSON objects with commas between, escaped for a script (html_json) */
    struct buf texts;  /* JSON texts, likewise */
};

/* ERR_INPUT, ERR_FAILED of the store. The buffers belong to the arena of `html`. */
int html_traces_make(struct html_traces *traces, const struct html *html, struct err *err);

/* Any kept trial of the sample in that variant that is right, or that failed; NULL: none. */
const struct html_kept *html_kept_side(const struct html_traces *traces, size_t variant,
                                       size_t sample, bool right);

/* html_trace.c: one cell. Appends an object to `to` and texts to the table. */
struct html_texts_table;
struct html_trace_job {
    const struct html *html;
    const struct html_place *place;
    enum html_why why;
    bool bodies; /* prompts, replies and values of steps too */
    struct html_texts_table *table;
    struct arena *arena;    /* of this cell */
    struct html_kept *kept; /* its texts are filled in, in html->arena */
    struct err *err;
};
int html_trace(const struct html_trace_job *job, struct buf *to);

/* The place of a text in the page's list, -1 for an empty one. */
int64_t html_text_place(struct html_texts_table *table, str text);

#endif
