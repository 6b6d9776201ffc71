/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * repeats.h: the rows of steps and scores that say nothing beside their cell's.
 *
 * A cell of one call has one step, whose counts, costs and times are the cell's; with one score of
 * the usual weight, that one is the cell's too. Such rows are not written: `only_node` and
 * `only_score` in the cell's row say that they are to be had from there. The views `step` and
 * `score` (store/schema.c) give them back, with the same fields as the functions here, and
 * whoever reads a run reads those.
 */
#ifndef STORE_REPEATS_H
#define STORE_REPEATS_H

#include "store/store.h"

#include <stdbool.h>

/* Whether the step is all that the cell's row says, as a call at its root that went well. */
bool step_repeats_cell(const struct store_cell *cell, const struct store_step *step);
/* Whether the score is: of the output, alone, asked of no model and without words. */
bool score_repeats_cell(const struct store_cell *cell, const struct store_score *score);

#endif
