/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.h: the cells of a run, in their order (rule 5, docs/architecture.md).
 *
 * The order is a pure function of experiment and seed: samples shuffled, within a sample trial by
 * trial, within a trial the variants shuffled: a randomized block, so that a provider's good and
 * bad minutes fall on all variants alike. `order: file` leaves out the shuffles.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "plan/experiment.h"

struct cell_id {
    uint32_t variant, sample; /* indexes */
    uint32_t trial;           /* from 1 */
};

struct plan {
    const struct experiment *experiment;
    uint32_t *sample; /* in the order they are looked at */
    uint64_t cells;
};

void plan_init(struct plan *plan, const struct experiment *experiment, struct arena *arena);
/* The cell at a place of the plan, from 0. */
struct cell_id plan_cell(const struct plan *plan, uint64_t place);

#endif
