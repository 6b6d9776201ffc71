/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_shard.h: what one shard of a run may use of what the whole run may.
 */
#ifndef PLAN_EXPERIMENT_SHARD_H
#define PLAN_EXPERIMENT_SHARD_H

#include "plan/experiment.h"

struct yaml;

/* Sets shard and shards, and divides the run's budget and the rates (rpm, tpm) of providers and
 * models, so that the parts of all shards are the whole: what does not divide goes to the first
 * ones. Adds a mistake for a rate or a budget of which some shard would get nothing, and for what
 * no shard can decide alone (`stop`). */
void experiment_take_shard(struct experiment *experiment,
                           const struct experiment_options *options, const struct yaml *root,
                           struct mistakes *mistakes);

/* Part `shard` (from 1) of `shards` of a whole number. */
int64_t shard_part(int64_t whole, int64_t shard, int64_t shards);

#endif
