/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * meeting.h: the cells of one sample in one trial wait for each other, where a score compares them.
 *
 * A contest (docs/checks.md, select-best) needs the outputs of all variants. So a cell whose workflow
 * has ended waits until those of the other variants have; the last one to come asks the judges for all
 * of them; then each is scored, and all are written in one commit. So a run's file has the results of all of
 * them or of none, and a resume, which knows nothing of contests, runs cells without a result
 * again from their stored calls, those of judges among them.
 *
 * A cell that waits is not counted by -j: another is opened in its place, or -j 1 would never see
 * the second one. In the plan the cells of a meeting are neighbours, so few wait at a time.
 *
 * A meeting is off when one of its cells ends without a result, or will not be opened any more:
 * then none of them gets one.
 */
#ifndef RUN_MEETING_H
#define RUN_MEETING_H

#include "run/cell.h"

struct meeting;
struct run;
struct store_cell;

/* What a run has of them; zero: no score compares, and nothing below does anything. */
struct meetings {
    struct meeting *
        *of; /* by block of the plan: place / variants; NULL: none of its cells is open */
    uint64_t blocks;
    bool ended;
};

void meetings_open(struct run *run);
void meetings_close(struct run *run);
/* A worker found no cell to open. If that is since the run ends, and not since all are open, who waits for one
 * that was not is sent away. */
void meetings_end(struct run *run);

/* Can all cells of the meeting come? Not one that has no result while cells are scored again; nor, when a
 * run goes on, one that has. */
bool meeting_is_possible(const struct run *run, uint64_t place);
/* To be called for each cell when it is sure to be opened, */
void meeting_open(struct run *run, uint64_t place);
/* Once its workflow has ended and its own questions are answered: waits for the others and the
 * judges. 0, or -1 when it is off. */
int fiber_fn meeting_hold(struct cell *cell);
/* Writes the rows of all when the last one has come with its own: 0, or -1. */
int fiber_fn meeting_write(struct cell *cell, const struct store_cell *row);
/* ... and this at its end. */
void meeting_leave(const struct cell *cell, bool has_result);

#endif
