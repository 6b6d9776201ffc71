/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_frame.h: what all pictures share: size, palette, title, notice, axes, outputs.
 *
 * A plot fills `csv` with its data (csv_out.h) and `script` with its own settings between
 * plot_frame_begin and plot_frame_end. Colours belong to variants: the same variant has the same
 * colour in every picture, by its place in the decision order.
 */
#ifndef REPORTS_PLOT_FRAME_H
#define REPORTS_PLOT_FRAME_H

#include "reports/csv_out.h"
#include "reports/page.h"
#include "reports/plot.h"

enum {
    PLOT_NAME_MAX = 28,  /* columns of a name beside an axis or in a legend */
    PLOT_CURVES_MAX = 8, /* curves in one picture: more cannot be told apart */
};

struct plot_work {
    const struct report_input *input;
    const struct summary *summary;
    struct arena *arena;
    size_t *order; /* variants in decision order */
    struct csv_out csv;
    struct buf data, script;
};

struct plot_frame {
    const char *name;     /* of the files */
    const char *title;    /* ours */
    str note;             /* ours, second line: what is drawn, which intervals */
    unsigned height;      /* of a picture 960 wide */
    unsigned left, right; /* margins in characters */
};

void plot_frame_begin(struct plot_work *work, const struct plot_frame *frame);
/* `command` begins with "plot". Both pictures are drawn by it. */
void plot_frame_end(struct plot_work *work, const struct plot_frame *frame, str command);

/* "set logscale x" with tics at 1, 2 and 5 of each decade, or only at 1 of many decades. */
void plot_log_axis(struct plot_work *work, double low, double high);
/* "95 % intervals" */
str plot_interval_words(const struct plot_work *work);
/* The widest of the first `count` names, in columns. */
unsigned plot_name_columns(const struct plot_work *work, size_t count);
str plot_name(const struct plot_work *work, size_t place); /* of the variant at that place */

/* The makers in the table of plot.c: fill data and script; 1: there is nothing to draw, -1: err
 * is set. */
int plot_accuracy(struct plot_work *work, struct err *err);
int plot_calls(struct plot_work *work, struct err *err);
int plot_cost(struct plot_work *work, struct err *err);
int plot_latency(struct plot_work *work, struct err *err);

#endif
