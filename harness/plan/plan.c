/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.c: the order of cells (see plan.h). Only the samples' order is kept; the rest of a cell's
 * place is arithmetic, so a plan of millions of cells costs four bytes a sample.
 */
#include "plan/plan.h"

#include "base/rng.h"
#include "base/ceilings.h"

static struct rng_key order_key(const struct experiment *experiment)
{
    return rng_mix_str(rng_key((uint64_t)experiment->seed), STR("plan"));
}

static uint64_t cells_of_row(const struct plan *plan)
{
    return plan->versions * plan->experiment->variants * (uint64_t)plan->experiment->trials;
}

void plan_init(struct plan *plan, const struct experiment *experiment, struct arena *arena)
{
    uint32_t rows = (uint32_t)experiment->originals;
    plan->experiment = experiment;
    plan->versions = experiment->perturbations + 1;
    plan->sample = arena_array(arena, uint32_t, rows * plan->versions + 1);
    plan->all = plan->cells = rows * cells_of_row(plan);
    if (experiment->shards > 0)
        plan->cells = (rows + (uint64_t)(experiment->shards - experiment->shard)) /
                      (uint64_t)experiment->shards * cells_of_row(plan);
    if (experiment->order == ORDER_BLOCKED)
        rng_shuffle(order_key(experiment), "samples", plan->sample, rows);
    else
        for (uint32_t i = 0; i < rows; i++)
            plan->sample[i] = i;
    for (uint32_t i = rows; i-- > 0;) { /* from the end: the rows stand closer than their places */
        uint32_t row = plan->sample[i];
        uint32_t *block = &plan->sample[i * plan->versions];
        for (size_t p = 1; p < plan->versions; p++)
            block[p] = rows + row * (uint32_t)experiment->perturbations + (uint32_t)p - 1;
        block[0] = row;
    }
}

uint64_t plan_place(const struct plan *plan, uint64_t number)
{
    const struct experiment *experiment = plan->experiment;
    if (experiment->shards <= 0)
        return number;
    uint64_t of_row = cells_of_row(plan);
    uint64_t row =
        number / of_row * (uint64_t)experiment->shards + (uint64_t)(experiment->shard - 1);
    return row * of_row + number % of_row;
}

struct cell_id plan_cell(const struct plan *plan, uint64_t place)
{
    const struct experiment *experiment = plan->experiment;
    uint32_t variants = (uint32_t)experiment->variants;
    uint64_t block = place / variants; /* one sample, one trial */
    uint32_t trial = (uint32_t)(block % (uint64_t)experiment->trials);
    uint32_t sample = plan->sample[block / (uint64_t)experiment->trials];
    uint32_t variant = (uint32_t)(place % variants);
    if (experiment->order == ORDER_BLOCKED) {
        uint32_t order[MAX_VARIANTS];
        struct rng_key key = rng_mix_int(rng_mix_int(order_key(experiment), sample), trial);
        rng_shuffle(key, "variants", order, variants);
        variant = order[variant];
    }
    return (struct cell_id){variant, sample, trial + 1};
}
