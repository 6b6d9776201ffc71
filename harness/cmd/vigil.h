/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vigil.h: --watch: a command is carried out again whenever a file of the experiment has changed, until
 * Ctrl-C (docs/watching.md).
 */
#ifndef CMD_VIGIL_H
#define CMD_VIGIL_H

#include "plan/experiment.h"
#include "run/run.h"

struct vigil;

/* One time: an exit code, or -1 with err set, which is printed; either way it goes on after the next
 * change. The arena is of this round. */
typedef int vigil_round(struct vigil *vigil, struct arena *arena, void *arg, struct err *err);

/* Until Ctrl-C; the exit code of the last round. -1 with ERR_INPUT where it would never end: in CI. */
int vigil_keep(vigil_round *round, void *arg, struct err *err);

/* experiment_load for a round. What it read is watched from then on, also after mistakes; no save falls between
 * the reading and the watching. */
const struct experiment *vigil_load(struct vigil *vigil, struct arena *arena, str path,
                                    const struct experiment_options *options, struct err *err);

/* Around a run: what ends it, as one Ctrl-C would, when a file has changed. */
struct run_control *vigil_begin_run(struct vigil *vigil);
void vigil_end_run(struct vigil *vigil);
/* A run was cut short by an edit, and the next round makes up for it. */
bool vigil_is_cut(const struct vigil *vigil, const struct run_result *result);

/* What all rounds have spent of the budgets of the command line, and have used of the processor. */
struct run_spent vigil_spent(const struct vigil *vigil);
/* A run has ended, also in an error. `limits`: which budgets the command line gave. */
struct vigil_limits {
    bool calls, tokens, nanousd;
};
void vigil_count(struct vigil *vigil, const struct run_result *result,
                 const struct vigil_limits *limits);
/* On stdout: against the complete run before it, and what was paid. To be called after vigil_count. */
void vigil_tell(struct vigil *vigil, struct arena *arena, str path,
                const struct run_result *result);

/* Lines of that comparison: vigil_difference.c. ERR_INPUT: the two cannot be compared. */
int vigil_difference(struct buf *out, str before, str now, struct arena *arena,
                     struct err *err);

#endif
