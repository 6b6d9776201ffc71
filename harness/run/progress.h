/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress.h: the status of a run on stderr: one line that is rewritten on a terminal, plain
 * lines now and then elsewhere.
 */
#ifndef RUN_PROGRESS_H
#define RUN_PROGRESS_H

#include "run/run.h"

struct progress {
    bool terminal; /* stderr is one */
    bool silent;
    struct moment last_line;
    uint64_t last_calls;
    struct moment last_moment;
    double calls_per_s; /* smoothed */
};

/* To be given to run_options with a struct progress as its argument. */
void progress_show(void *progress, const struct run *run, bool last);
/* How often it wants to be called. */
int64_t progress_interval_ns(const struct progress *progress);

#endif
