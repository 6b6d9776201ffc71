/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * score.h: how an output becomes a number (rule 9, docs/checks.md).
 *
 * A score is a check on the output of a cell, or on one of its steps; then its value is the mean
 * over all instances of that step. What each gives:
 *
 *     does not apply   the operand is null (nothing is expected here); or the score weighs
 *                      nothing and the cell never came to the step
 *     is ungraded      the model that it asks (score/ask.h) did not answer: no value, and no 0
 *     0, with reason   the value is missing or of a wrong type; the cell failed; a step that
 *                      weighs failed or was not run
 *     0 to 1           else, by the check
 *
 * A cell is correct when every score with a weight above 0 that applies passes; its value is
 * their weighted mean. A cell that failed is wrong, whatever was expected of it; of its scores
 * those of steps without weight still stand, since those steps did run. With a weighted score
 * that is ungraded the cell is neither right nor wrong: `unscored`, reason `grader`.
 */
#ifndef SCORE_SCORE_H
#define SCORE_SCORE_H

#include "run/cell.h"

/* Fills score, scored, ungraded, correct and value of a cell whose root has ended: a cell_scorer. Pure: may
 * run on another thread; allocates in the cell's arena. */
void score_cell(struct cell *cell);

#endif
