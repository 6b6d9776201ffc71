/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * merge.h: the shards of a run joined into one run file.
 *
 * Cells keep their places in the plan, so the joined file is the one that the whole run would
 * have written, in another order of rows: a report's `results` has the same bytes. What is of a
 * clock or of the client is put together so: wall time is that of which some part was running,
 * CPU is summed, memory and lateness are the largest. Calls before the first cell (embedded
 * examples) were made by every part and are counted as those of one.
 */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "base/err.h"
#include "base/str.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_merge {
    str out;
    const str *run; /* paths */
    size_t runs;
    bool partial; /* cells may be missing: the joined run is one to be resumed */
    const volatile sig_atomic_t *stop; /* not 0: give up; NULL: never */

    /* filled in */
    int64_t cells;    /* of the plan */
    int64_t missing;  /* of these, in no run */
    int64_t agreeing; /* rows of cells that were there already, and the same */
};

/* Writes merge->out, whole or not at all: it is built beside its place (OUT-merging), checked as
 * any run is when it is opened, flushed, and then gets its name. ERR_INPUT: OUT exists; a run
 * that is being written, or of another experiment, seed or dataset, or answered by a mock where
 * others were not; two runs that disagree on a cell, which is named; cells that are missing. */
int store_merge(struct store_merge *merge, struct err *err);

#endif
