/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.h: the cells of a run, in their order (rule 5, docs/architecture.md).
 *
 * The order is a pure function of experiment and seed: samples shuffled, within a sample trial by
 * trial, within a trial the variants shuffled: a randomized block, so that a provider's good and
 * bad minutes fall on all variants alike. `order: file` leaves out the shuffles.
 *
 * What `perturb` makes of a row runs right after the row, its cells like the row's; with or without
 * it, rows stand in the same order.
 *
 * A shard takes rows with what was made of them: shard I of N those whose place among the rows,
 * from 0, is I - 1 modulo N. Its cells keep their places in the whole plan, so that their keys, their replies and
 * their numbers in the store are those of the whole run.
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
    uint32_t *sample; /* in the order they are looked at, changed ones among them */
    size_t versions;  /* of each row: itself, and what was made of it */
    uint64_t cells;   /* to be run here: of a shard, its own */
    uint64_t all;     /* of the whole plan */
};

void plan_init(struct plan *plan, const struct experiment *experiment, struct arena *arena);
/* The place in the whole plan of the cell that is run here as the number-th, from 0. */
uint64_t plan_place(const struct plan *plan, uint64_t number);
/* The cell at a place of the whole plan, from 0. */
struct cell_id plan_cell(const struct plan *plan, uint64_t place);

#endif
