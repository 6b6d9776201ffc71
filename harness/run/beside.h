/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * beside.h: calls for a cell that are no part of its workflow: those of its scores.
 *
 * They go through the same client, permits and store as any call, and have the same identity
 * (seed, variant, sample, trial, path, repeat index), so that a resume finds them again. But they
 * have a clock of their own and take from no limit or budget of the cell: what a judge costs and
 * how long it takes says nothing of the workflow. The run's budget counts them, since it pays.
 *
 *     struct wf *wf = wf_beside(cell, STR("score:clear[0]"));
 *     if (wf_call(wf, &request, &reply) < 0) ...                       wf_failure(wf) says why
 *     totals_add(&spent, wf_spent(wf));
 *     wf_beside_end(wf);
 */
#ifndef RUN_BESIDE_H
#define RUN_BESIDE_H

#include "run/cell.h"
#include "run/wf.h"

/* A window for calls of one score. Several may be open at once, on fibers of their own. Its deadline
 * is `limits.time`, from its first call on. In the cell's arena. */
struct wf *wf_beside(struct cell *cell, str path);
/* Its calls rest on other cells as well. What is stored of such a call need not fit, though this cell
 * is what it was: then it is superseded and the call is made again, and the cell goes on. */
void wf_beside_others(struct wf *wf);
/* What its calls came to. */
const struct totals *wf_spent(const struct wf *wf);
/* To be called once: what its calls returned is gone then. */
void wf_beside_end(struct wf *wf);

#endif
