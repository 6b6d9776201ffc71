/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run_file.c: a run's file as it begins (see run_file.h): everything that is known before the first cell.
 */
#include "session/run_file.h"

#include "base/clock.h"
#include "base/file.h"
#include "session/again.h"
#include "session/places.h"
#include "plan/perturb.h"
#include "plan/plan.h"

static str tags_json(struct arena *arena, const struct sample *sample)
{
    json *list = json_new_list(arena);
    for (size_t i = 0; i < sample->tag_count; i++)
        json_add(arena, list, json_new_text(arena, sample->tag[i]));
    return json_to_str(arena, list, JSON_COMPACT);
}

struct store_plan *run_file_plan(struct arena *arena, const struct experiment *experiment)
{
    struct store_plan *plan = arena_new(arena, struct store_plan);
    struct store_variant *variant =
        arena_array(arena, struct store_variant, experiment->variants + 1);
    for (size_t i = 0; i < experiment->variants; i++)
        variant[i] = (struct store_variant){
            .number = (int64_t)i,
            .name = experiment->variant[i].name,
            .pattern = str_from(experiment->variant[i].root->pattern->name),
            .description = experiment->variant[i].description,
        };
    struct store_sample *sample =
        arena_array(arena, struct store_sample, experiment->dataset.count + 1);
    struct plan order;
    plan_init(&order, experiment, arena);
    for (size_t i = 0; i < experiment->dataset.count; i++)
        sample[order.sample[i]].place = (int64_t)(i / order.versions);
    for (size_t i = 0; i < experiment->dataset.count; i++) {
        const struct sample *from = &experiment->dataset.sample[i];
        const struct perturbation *changed = perturb_of(experiment, (uint32_t)i);
        char *hash = arena_alloc(arena, 33);
        hash_hex(from->hash, hash);
        sample[i] = (struct store_sample){
            .number = (int64_t)i,
            .id = from->id,
            .cluster = str_equal(from->cluster, from->id) ? STR("") : from->cluster,
            .tags = tags_json(arena, from),
            .description = from->description,
            .expected = {.text = from->expected
                                     ? json_to_str(arena, from->expected, JSON_COMPACT)
                                     : STR("")},
            .place = sample[i].place,
            .hash = {hash, 32},
            .metadata = {.text = from->metadata && !changed
                                     ? json_to_str(arena, from->metadata, JSON_COMPACT)
                                     : STR("")},
            .perturbation = changed ? changed->label : STR(""),
            .original = changed ? (int64_t)perturb_original(experiment, (uint32_t)i) : -1,
        };
    }
    *plan = (struct store_plan){.variant = variant,
                                .variants = experiment->variants,
                                .sample = sample,
                                .samples = experiment->dataset.count};
    plan->file = again_files(arena, experiment, &plan->files);
    return plan;
}

/* The shards of a run start in the same second on many machines, and four digits are few: when
 * another one was faster, there is another name. */
static int create_file(struct arena *arena, struct store_run *run, str folder,
                       const struct store_plan *plan, struct store **store, str *path,
                       struct err *err)
{
    enum { TRIES = 20 };
    for (int i = 1;; i++) {
        run_new_id(arena, folder, &run->id, path);
        if (store_create(store, path->p, run, plan, err) == 0)
            return 0;
        if (i == TRIES || !file_exists(path->p))
            return -1;
        *err = (struct err){0};
    }
}

int run_file_create(struct arena *arena, const struct experiment *experiment, str folder,
                    struct store_run *run, struct store **store, str *path, struct err *err)
{
    char hash[33], whole[33];
    if (!folder.n && runs_folder(arena, experiment->path, &folder, err) < 0)
        return -1;
    hash_hex(experiment->dataset.hash, hash);
    hash_hex(experiment->hash, whole);
    run->created_wall = clock_wall_ns();
    run->weir_version = STR(WEIR_VERSION);
    run->experiment = experiment->name;
    run->experiment_path = experiment->path;
    run->definition = json_to_str(arena, experiment->effective, JSON_COMPACT);
    run->seed = experiment->seed;
    run->dataset_hash = str_from(hash);
    run->experiment_hash = str_from(whole);
    run->shard = experiment->shard;
    run->shards = experiment->shards;
    run->cells = (int64_t)(experiment->dataset.count * experiment->variants *
                           (uint64_t)experiment->trials);
    return create_file(arena, run, folder, run_file_plan(arena, experiment), store, path, err);
}
