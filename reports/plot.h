/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot.h: the pictures of a run, drawn by gnuplot.
 *
 * Of each picture NAME four files are written to the folder: NAME.csv (the data, as drawn),
 * NAME.gp (the script, which reads it: change it and run `gnuplot NAME.gp` in the folder),
 * NAME.svg and NAME.png. Without gnuplot the first two are written all the same, with one
 * warning in the log.
 *
 * Text from outside stands in a script only as a single-quoted string (gnuplot expands no
 * backticks, macros or escapes in those) drawn with `noenhanced`; gnuplot_text is the one
 * function that writes them.
 */
#ifndef REPORTS_PLOT_H
#define REPORTS_PLOT_H

#include "reports/report.h"

/* At most this many points are drawn in one picture. */
enum { PLOT_POINTS_MAX = 2000 };

/* Writes all pictures that the run has data for; makes the folder. -1 when a file cannot be
 * written, the store cannot be read, or gnuplot fails (its own words are in the message); not
 * when gnuplot is absent. Blocks until gnuplot has ended, or was ended at its deadline. */
int plots_write(str folder, const struct report_input *input, struct err *err);

/* The same without the PNGs, which take ten times as long, and without title, notice and run: for
 * pages, which say those once. */
int plots_write_svg(str folder, const struct report_input *input, struct err *err);

struct plot_work;

/* What there is. Add a picture: write plot_NAME.c (plot_frame.h), add a row to plot_table.h and a
 * section to docs/plots.md. */
struct plot_entry {
    const char *name, *summary;                           /* of the files; one line for lists */
    int (*make)(struct plot_work *work, struct err *err); /* plot.c calls it */
};
const struct plot_entry *plot_entries(size_t *count);

#endif
