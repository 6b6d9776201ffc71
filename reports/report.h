/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.h: a finished summary, rendered in one of several formats.
 *
 * A reporter reads a summary (stats/summary.h) and computes nothing: every figure, interval,
 * verdict and sentence is there already. It chooses an order, rounds through stats/format.h and
 * escapes. Only the formats that list every cell or call, and the ECDF picture, read the run's
 * file as well. One row of the table in report.c and one file per format; docs/reports.md says
 * what stands in each.
 *
 * All text that came from outside (names, titles, reasons, model output) is shown as text in
 * every format: nothing in it reaches a terminal, a browser, a spreadsheet or gnuplot as
 * anything else (rule 12 of docs/architecture.md).
 *
 *     struct buf out = {0};
 *     struct report_input input = {.summary = summary, .store = store};
 *     if (report_emit(STR("md"), &input, &out, &err) < 0) ...
 */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "stats/summary.h"

struct store; /* store/store.h */

/* A line of a file, as a repository names it. */
struct report_place {
    str file;
    unsigned line; /* from 1; 0: not known */
};

enum { REPORT_WIDTH = 100, REPORT_WIDTH_MIN = 80 };

struct report_input {
    const struct summary *summary; /* finished */
    struct store *store;           /* the run's file, open for reading; NULL: none at hand */
    str title, description;        /* of the experiment; may be empty */
    unsigned width; /* columns of the text report; 0: REPORT_WIDTH, never below the minimum */
    bool colour;    /* text: bold and colour as decoration */
    bool brief;     /* text: the comparison, warnings, requirements and verdict alone */
    bool cells;     /* json: every cell; needs the store */
    const json *plots; /* names of pictures, or the text none; NULL: all there is data for */
    struct report_place experiment;  /* github: what annotations are about; may be empty */
    const struct report_place *rule; /* github: by number of the rule in `require` */
    size_t rules;
};

struct reporter {
    const char *name;       /* "text", "md", ... */
    const char *extensions; /* of files, without the dot, blanks between; "" for none */
    const char *summary;    /* one line for lists */
    /* Appends the whole report to `out`. ERR_FAILED, ERR_INPUT from the store; ERR_FAILED when
     * the format needs a store and there is none. */
    int (*emit)(const struct report_input *input, struct buf *out, struct err *err);
};

/* All reporters, in the order of the table. */
const struct reporter *report_reporters(size_t *count);
/* By name, and by the extension of a file's name (in any case); NULL when there is none. */
const struct reporter *report_find(str name);
const struct reporter *report_for_file(str path);

/* report_find and emit. ERR_INPUT, naming the formats, for one that is not there; ERR_FAILED
 * when the report outgrew the buffer's limit. */
int report_emit(str name, const struct report_input *input, struct buf *out, struct err *err);

#endif
