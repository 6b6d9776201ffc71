/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stopping.h: a run with `stop` ends when its question is decided (language 2.9).
 *
 * Cells end in any order, and who decides (run_options.decide, over stats/stop.h) looks at samples
 * in the plan's. Once it has decided after n samples, no cell of a later one is opened; those that
 * are open are finished, for what is paid is kept; all others become `skipped`. The cells of the
 * first n samples run to the end, of every variant, so a run that stopped is a whole run of n
 * samples: the same ones at any concurrency and after any interruption.
 */
#ifndef RUN_STOPPING_H
#define RUN_STOPPING_H

#include "io/fiber.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct cell;
struct run;
struct stopping;

/* NULL in run->stopping when the run is to go to its end. What earlier parts of the run have done may
 * have decided already. */
void stopping_begin(struct run *run, struct arena *arena);

/* May the cell at this place be opened? Of a run that is answered by a cassette alone only when
 * it is sure to be wanted, for the cassette may have no other; this waits until that is known. */
bool fiber_fn stopping_admit(struct run *run, uint64_t place);

/* The cell has a result. */
void stopping_note(struct run *run, const struct cell *cell);
/* A cell was closed, with a result or without. */
void stopping_wake(struct run *run);

/* No cell is opened any more but those of the samples that were looked at. */
bool stopping_has_decided(const struct run *run);
/* Nothing is left to open. */
bool stopping_is_over(const struct run *run);
/* Decided, and all cells up to there have a result. */
bool stopping_is_complete(const struct run *run);
/* Then, with nothing open any more: the rows of the cells that will never run. */
void fiber_fn stopping_skip_rest(struct run *run);

#endif
