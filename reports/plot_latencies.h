/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_latencies.h: the latency of every cell, read from the run's file once for all pictures.
 *
 * The same cells that the summary's quantiles rest on: those that failed for other reasons than
 * time, whose latency was lost, that a cache answered, or of changed samples are left out.
 */
#ifndef REPORTS_PLOT_LATENCIES_H
#define REPORTS_PLOT_LATENCIES_H

#include "reports/plot_frame.h"

struct plot_latency {
    int64_t ns;
    int64_t cell; /* its number in the plan */
    uint32_t sample, trial;
    bool timeout; /* it never ended: longer than all others */
};

struct plot_latencies {
    struct plot_latency *cell; /* by time, then number; those that timed out last */
    size_t count;              /* all of them */
    size_t ended;              /* without those that timed out */
    size_t room;
};

/* By variant, NULL without a run's file; they live as long as `work`. -1: err is set. */
int plot_latencies(struct plot_work *work, const struct plot_latencies **by_variant,
                   struct err *err);
void plot_latencies_free(struct plot_work *work);

#endif
