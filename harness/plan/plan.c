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

void plan_init(struct plan *plan, const struct experiment *experiment, struct arena *arena)
{
    uint32_t samples = (uint32_t)experiment->dataset.count;
    plan->experiment = experiment;
    plan->sample = arena_array(arena, uint32_t, samples + 1);
    uint64_t of_sample = experiment->variants * (uint64_t)experiment->trials;
    plan->all = plan->cells = samples * of_sample;
    if (experiment->shards > 0)
        plan->cells = (samples + (uint64_t)(experiment->shards - experiment->shard)) /
                      (uint64_t)experiment->shards * of_sample;
    if (experiment->order == ORDER_BLOCKED)
        rng_shuffle(order_key(experiment), "samples", plan->sample, samples);
    else
        for (uint32_t i = 0; i < samples; i++)
            plan->sample[i] = i;
}

uint64_t plan_place(const struct plan *plan, uint64_t number)
{
    const struct experiment *experiment = plan->experiment;
    if (experiment->shards <= 0)
        return number;
    uint64_t of_sample = experiment->variants * (uint64_t)experiment->trials;
    uint64_t sample =
        number / of_sample * (uint64_t)experiment->shards + (uint64_t)(experiment->shard - 1);
    return sample * of_sample + number % of_sample;
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
