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
#include "reports/plot_table.h"

enum {
    PLOT_NAME_MAX = 28,  /* columns of a name beside an axis or in a legend */
    PLOT_CURVES_MAX = 8, /* curves in one picture: more cannot be told apart */
};

struct plot_latencies; /* plot_latencies.h */

/* Scripts of one folder. */
enum { PLOT_SCRIPTS_MAX = 32 };

struct plot_work {
    /* For pictures of one run. */
    const struct report_input *input;
    const struct summary *summary;
    size_t *order;                    /* variants in decision order */
    struct plot_latencies *latencies; /* by variant; NULL: not read yet */

    struct arena *arena;
    size_t variants; /* that have styles */
    str folder;
    bool svg_only;
    str subject, mock, footer; /* in every picture; may come from outside */
    struct csv_out csv;        /* of the picture at hand, as are these: */
    struct buf data, script;
    const char *name[PLOT_SCRIPTS_MAX]; /* of the scripts written */
    size_t names;
};

/* Makes the folder. */
int plot_work_begin(struct plot_work *work, struct err *err);
/* Writes the picture's data and script and begins anew. */
int plot_save(struct plot_work *work, const char *name, struct err *err);
/* Unless `result` is -1: has all that was saved drawn. Then frees everything, the arena too. */
int plot_work_end(struct plot_work *work, int result, struct err *err);

struct plot_frame {
    const char *name;     /* of the files */
    const char *title;    /* ours */
    str note;             /* ours, second line: what is drawn, which intervals */
    unsigned height;      /* of a picture 960 wide */
    unsigned left, right; /* margins in characters */
    unsigned below;       /* pixels more under the axis */
};

/* A legend stands outside the data, at the right: "unset key" for none. */
void plot_frame_begin(struct plot_work *work, const struct plot_frame *frame);
/* `command` begins with "plot". Both pictures are drawn by it. */
void plot_frame_end(struct plot_work *work, const struct plot_frame *frame, str command);

/* The bytes of a command that was built, which is released. */
str plot_command_end(struct plot_work *work, struct buf *command);
/* The height of a picture of so many rows beside a legend of so many entries. */
unsigned plot_rows_height(size_t rows, unsigned row_height, size_t entries);

/* A cell of the data, of bounded length: it may stand in 2,000 rows. */
void plot_data_text(struct plot_work *work, str text);
/* "set label 'TEXT' WHERE": how every text from outside gets into a picture. */
void plot_label(struct plot_work *work, str text, size_t columns, const char *where, ...)
    __attribute__((format(printf, 4, 5)));
/* Style of a filled box: 1 to 7 can be told apart in grey too, 0 is for what is pooled. */
const char *plot_fill(size_t number);

/* The y axis of horizontal bars, row 1 on top; half of a bar is `half` in the script. */
void plot_bars(struct plot_work *work, size_t rows, double half);

/* "set logscale x" with tics at 1, 2 and 5 of each decade, or only at 1 of many decades. */
void plot_log_axis(struct plot_work *work, double low, double high);
/* Of shares, 'x' or 'y': whole tens of per cent around the two. */
void plot_share_axis(struct plot_work *work, char axis, double low, double high);
/* The x axis for data in milliseconds, from `low_ms` (0: linear from 0; else from a little before
 * it, on a log scale where the two are far apart) in milliseconds or seconds, with the functions
 * x(ms), left and right in the script, and low(c) and high(c) of a column that may be empty. */
void plot_time_axis(struct plot_work *work, double low_ms, double high_ms, const char *label);

/* "95 % intervals" */
str plot_interval_words(const struct plot_work *work);
/* The note, and that only the first `shown` variants in decision order are shown. */
str plot_best_words(const struct plot_work *work, str note, size_t shown);
/* The note, and that so many of what it is about have no place; as it is for 0. */
str plot_left_out(const struct plot_work *work, str note, size_t count, const char *what);
/* The widest of the first `count` names, in columns; the wider of `columns` and the text. */
unsigned plot_name_columns(const struct plot_work *work, size_t count);
unsigned plot_wider(unsigned columns, str text);
/* Visible, and cut in its middle: names often differ at their ends. A path of "" is the whole. */
str plot_text(const struct plot_work *work, str text, size_t columns);
str plot_path(const struct plot_work *work, str path, size_t columns);
str plot_name(const struct plot_work *work, size_t place); /* of the variant at that place */
const struct summary_variant *plot_variant(const struct plot_work *work, size_t place);

/* The makers of the table: fill data and script; 1: there is nothing to draw, -1: err is set. */
#define PLOT_MAKER(maker, name, summary)                                                       \
    int plot_##maker(struct plot_work *work, struct err *err);
PLOT_TABLE(PLOT_MAKER)
#undef PLOT_MAKER

#endif
