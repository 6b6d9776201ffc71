/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_trend.h: several runs of one experiment, as pictures: accuracy, cost and latency of each
 * variant from run to run.
 *
 * For who has read the runs (weir history): plots_write draws one run, this the series. The same
 * rules, files and looks: DIR/trend-accuracy.csv, .gp, .svg and .png, and the same of trend-cost
 * and trend-latency; one that no run has the data for is left out.
 *
 *     struct plot_trend trend = {.experiment = name, .run = runs, .runs = n, ...};
 *     if (plot_trend_write(folder, &trend, &err) < 0) ...
 */
#ifndef REPORTS_PLOT_TREND_H
#define REPORTS_PLOT_TREND_H

#include "reports/plot_span.h"

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

/* What one run says of one variant. Unknown values are gaps in the line. */
struct plot_trend_value {
    struct plot_span accuracy;   /* share */
    struct plot_span cost_usd;   /* per cell */
    struct plot_span latency_ns; /* median */
    /* Against the run before that has the variant, by the statistics of who calls. */
    bool accuracy_changed, cost_changed, latency_changed;
};

struct plot_trend_run {
    str label; /* a few words: its time, or its ID; may come from outside */
    bool mock;
    const struct plot_trend_value
        *value; /* one for each variant; all unknown: not in this run */
};

struct plot_trend {
    str experiment, title; /* title: may be empty */
    double confidence;     /* of all intervals */
    const str *variant;    /* in decision order of the newest run: colours follow it */
    size_t variants;
    const struct plot_trend_run *run; /* oldest first */
    size_t runs;
};

/* As plots_write (plot.h). Beyond 8 variants the first ones are drawn, and of many runs the newest:
 * at most PLOT_POINTS_MAX points; the picture says so. */
int plot_trend_write(str folder, const struct plot_trend *trend, struct err *err);
/* The SVGs alone, for a page that says itself what they are of. */
int plot_trend_write_svg(str folder, const struct plot_trend *trend, struct err *err);

#endif
