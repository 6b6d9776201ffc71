/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * result.h: what a run came to as a whole: whether it is complete and if not why, what the process took
 * for it, and what of its budgets is spent. What its cells came to is in the store.
 */
#ifndef RUN_RESULT_H
#define RUN_RESULT_H

#include "run/run.h"

/* Once no cell is open any more and before the loop is closed. */
void run_result_fill(const struct run *run, struct run_result *result);

#endif
