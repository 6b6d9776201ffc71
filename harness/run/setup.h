/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * setup.h: what a run needs before its first cell: the vectors of examples (`nearest` with a
 * model). Paid for once a run, so it belongs to no cell; the run's record says what it cost.
 */
#ifndef RUN_SETUP_H
#define RUN_SETUP_H

#include "base/err.h"
#include "io/fiber.h"
#include "run/step.h"

struct run;

/* Embeds all examples of the experiment, set after set, and adds the calls to *totals. ERR_DOWN
 * with model and reason when one of them fails; ERR_CANCELLED. */
int fiber_fn run_set_up(struct run *run, struct arena *arena, struct totals *totals,
                        struct err *err);

#endif
