/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timeline.h: when each call and step of a cell ran, on the wall clock.
 *
 * Calls are stored on that clock, and so are programs since schema 5. A step is stored on the clock of
 * latency only (its waits for permits are left out there), so its interval is made to hold those
 * below it.
 */
#ifndef CMD_TIMELINE_H
#define CMD_TIMELINE_H

#include "cmd/export.h"

struct interval {
    int64_t from, to; /* ns */
};

struct timeline {
    int64_t zero; /* the cell's start, as given */
    struct interval cell;
    /* By their places in the cell. Of a command that began nobody knows when, to < from. */
    struct interval *call, *command, *step;
    int64_t *step_of, *step_of_command; /* place of its step, or -1 */
};

/* In the arena. `zero` is what the cell's start counts as: ns since 1970, or 0. */
struct timeline timeline_make(struct arena *arena, const struct export_cell *of, int64_t zero);

#endif
