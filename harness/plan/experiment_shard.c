/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_shard.c: dividing what a run may use among its shards (see experiment_shard.h).
 *
 * Shards know nothing of each other, so each keeps to its own part. What a single request or a
 * single shard is limited by (concurrency, timeouts, the budget of a cell) is no sum over the run
 * and stays as it is.
 */
#include "plan/experiment_shard.h"

#include "base/yaml.h"
#include "plan/budget.h"

int64_t shard_part(int64_t whole, int64_t shard, int64_t shards)
{
    return whole / shards + (shard <= whole % shards);
}

struct divider {
    int64_t shard, shards;
    const struct yaml *root;
    struct mistakes *mistakes;
};

/* The same message in every shard, whichever of them would get nothing. */
static void divide(const struct divider *divider, int64_t *amount, const char *what, str name)
{
    if (*amount < divider->shards) {
        mistake_add(
            divider->mistakes, divider->root->place,
            "%s%.*s is %lld, less than 1 for each of %lld shards; expected fewer shards", what,
            STR_ARG(name), (long long)*amount, (long long)divider->shards);
        return;
    }
    *amount = shard_part(*amount, divider->shard, divider->shards);
}

static void divide_rate(const struct divider *divider, int64_t *rate, const char *what,
                        str name)
{
    if (*rate > 0) /* 0: no limit */
        divide(divider, rate, what, name);
}

static const struct budget *divide_budget(const struct divider *divider, struct arena *arena,
                                          const struct budget *whole)
{
    struct budget *part = arena_new(arena, struct budget);
    *part = *whole;
    if (part->has_usd)
        divide(divider, &part->usd, "budget.run.usd, in 1e-9 dollars,", STR(""));
    if (part->has_calls)
        divide(divider, &part->calls, "budget.run.calls", STR(""));
    if (part->has_tokens)
        divide(divider, &part->tokens, "budget.run.tokens", STR(""));
    if (part->has_time)
        divide(divider, &part->time, "budget.run.time, in nanoseconds,", STR(""));
    return part;
}

void experiment_take_shard(struct experiment *experiment,
                           const struct experiment_options *options, const struct yaml *root,
                           struct mistakes *mistakes)
{
    struct divider divider = {options->shard, options->shards, root, mistakes};
    experiment->shard = options->shard;
    experiment->shards = options->shards;
    const struct yaml *stop = yaml_get(root, STR("stop"));
    if (stop)
        mistake_add(mistakes, stop->place,
                    "stop looks at all samples in their order, and a shard has only its own; "
                    "expected no stop with --shard");
    if (experiment->run_budget)
        experiment->run_budget =
            divide_budget(&divider, experiment->arena, experiment->run_budget);
    for (size_t i = 0; i < experiment->providers; i++) {
        divide_rate(&divider, &experiment->provider[i]->rpm, "rpm of provider ",
                    experiment->provider[i]->name);
        divide_rate(&divider, &experiment->provider[i]->tpm, "tpm of provider ",
                    experiment->provider[i]->name);
    }
    for (size_t i = 0; i < experiment->models; i++) {
        divide_rate(&divider, &experiment->model[i]->rpm, "rpm of model ",
                    experiment->model[i]->name);
        divide_rate(&divider, &experiment->model[i]->tpm, "tpm of model ",
                    experiment->model[i]->name);
    }
}
