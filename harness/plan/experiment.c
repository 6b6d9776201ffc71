/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment.c: an experiment file is read, resolved and checked (see experiment.h).
 *
 * In the order in which things need each other: the file, its keys, dataset and vars (the names
 * that templates see), providers and models, variants, scores, and at the end whether every row
 * has the fields that were used. Reading goes on after a mistake wherever the rest still makes
 * sense, so that one look shows them all.
 */
#include "plan/experiment.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan/experiment_baseline.h"
#include "plan/experiment_effective.h"
#include "plan/experiment_files.h"
#include "plan/experiment_inputs.h"
#include "plan/experiment_inside.h"
#include "plan/experiment_rules.h"
#include "plan/experiment_scores.h"
#include "plan/experiment_select.h"
#include "plan/experiment_shard.h"
#include "plan/experiment_stop.h"
#include "plan/experiment_unread.h"

#include <stdlib.h>

/* ---- keys ---- */

/* A misspelled key is read as what it was meant to be, or everything that needs it were wrong too. */
static void recover_misspelled(struct experiment_loader *loader)
{
    for (size_t i = 0; yaml_is(loader->root, YAML_MAPPING) && i < loader->root->count; i++) {
        const struct yaml_pair *pair = &loader->root->pair[i];
        if (opt_find(experiment_options, pair->key))
            continue;
        for (const struct opt *row = experiment_options; row->type != OPT_TYPE_END; row++) {
            str word = str_from(row->key);
            if (row->type == OPT_TYPE_RAW && !yaml_get(loader->root, word) &&
                text_nearest(pair->key, &word, 1).n)
                opt_parse_value(&loader->parse, row, pair->value, &loader->keys);
        }
    }
}

/* ---- names ---- */

str experiment_name_of(struct arena *arena, str path)
{
    str name = path_name(path), extension = path_extension(path);
    name = str_sub(name, 0, name.n - (extension.n ? extension.n + 1 : 0));
    char *full = NULL;
    if (str_equal(name, STR("experiment")) &&
        (full = realpath(path_folder(arena, path).p, NULL)))
        name = path_name(str_from(full));
    name = arena_str(arena, name);
    xfree(full);
    return name;
}

static void load_names(struct experiment_loader *loader, str path)
{
    struct experiment *experiment = loader->experiment;
    struct arena *arena = experiment->arena;
    experiment->name = experiment_name_of(arena, path);
    experiment->prompt_folder = path_beside(arena, path, loader->keys.prompts);
    experiment->schema_folder = path_beside(arena, path, loader->keys.schemas);
}

static void load_vars(struct experiment_loader *loader)
{
    struct experiment *experiment = loader->experiment;
    const struct yaml *vars = loader->keys.vars;
    experiment->vars = json_new_object(experiment->arena);
    if (!vars)
        return;
    if (!yaml_is(vars, YAML_MAPPING)) {
        mistake_add(loader->mistakes, vars->place,
                    "vars is %s; expected a mapping from name to value", yaml_kind_name(vars));
        return;
    }
    for (size_t i = 0; i < vars->count; i++)
        if (!name_is_valid(vars->pair[i].key) || scope_is_reserved(vars->pair[i].key))
            mistake_add(loader->mistakes, vars->pair[i].key_place,
                        "'%.*s' cannot be a name of vars; expected another name",
                        STR_ARG(vars->pair[i].key));
    experiment->vars = yaml_to_json(experiment->arena, vars);
}

/* ---- names that templates see ---- */

static void bind_vars(struct experiment_loader *loader)
{
    struct arena *arena = loader->experiment->arena;
    for (const json *var = json_first(loader->experiment->vars); var; var = json_next(var))
        loader->scope = scope_bind(arena, loader->scope, SCOPE_VAR, json_key(var),
                                   (struct shape){.length = bind_var_length(var)});
}

/* Every field that some row has. A field in every row hides the var of its name; one that only
 * some have is checked where it is used. */
static void bind_inputs(struct experiment_loader *loader)
{
    const struct dataset *dataset = &loader->experiment->dataset;
    for (size_t i = 0; i < dataset->count; i++)
        for (const json *f = json_first(dataset->sample[i].inputs); f; f = json_next(f)) {
            const struct scope *known = scope_find(loader->scope, json_key(f));
            if (!known || known->kind != SCOPE_INPUT)
                loader->scope = scope_bind(
                    loader->experiment->arena, loader->scope, SCOPE_INPUT, json_key(f),
                    (struct shape){.length = bind_input_length(dataset, json_key(f))});
        }
}

/* ---- all together ---- */

static void finish(struct experiment_loader *loader)
{
    struct experiment *experiment = loader->experiment;
    experiment_check_inputs(experiment, loader->mistakes);
    experiment_check_unread(experiment);
    experiment->effective = experiment_effective(experiment, loader->root);
    baseline_check_scores(experiment, loader->mistakes);
    struct hash128 parts[] = {experiment_files_hash(experiment), experiment->dataset.hash};
    experiment->hash = experiment_definition_hash(experiment);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        experiment->hash =
            hash_add_int(hash_add_int(experiment->hash, parts[i].high), parts[i].low);
}

static void read_all(struct experiment *experiment, str path,
                     const struct experiment_options *options, struct mistakes *mistakes)
{
    struct arena *arena = experiment->arena;
    struct experiment_loader loader = {
        .experiment = experiment,
        .mistakes = mistakes,
        .parse = {arena, mistakes, experiment},
        .options = options,
    };
    loader.root = yaml_load(arena, path, path, &yaml_file_limits, mistakes);
    if (!loader.root)
        return;
    static const struct opt_elsewhere elsewhere[] = {
        {llm_defaults_options, "in defaults"},
        {limits_options, "in limits"},
        {llm_retry_options, "in retry"},
        {report_options, "in report"},
        {NULL, NULL},
    };
    static const struct opt_also also = {.elsewhere = elsewhere};
    opt_defaults(experiment_options, arena, &loader.keys);
    if (opt_parse_mapping(&loader.parse, experiment_options, loader.root, "the experiment",
                          &also, &loader.keys) < 0 &&
        !yaml_is(loader.root, YAML_MAPPING))
        return;
    recover_misspelled(&loader);
    load_names(&loader, path);
    experiment_load_settings(&loader);
    load_vars(&loader);
    experiment_load_dataset(&loader);
    experiment_check_groups(&loader);
    experiment_check_plots(&loader);
    experiment_load_providers(&loader);
    experiment_load_models(&loader);
    experiment_load_defaults(&loader);
    bind_vars(&loader);
    bind_inputs(&loader);
    experiment_load_variants(&loader);
    if (loader.keys.baseline)
        baseline_load(experiment, loader.keys.baseline, options && options->no_baseline,
                      mistakes);
    experiment_limit_providers(experiment);
    if (loader.keys.score)
        scores_load(experiment, loader.keys.score, loader.scope, mistakes);
    if (loader.keys.require)
        rules_load(experiment, loader.keys.require, options, mistakes);
    if (loader.keys.stop)
        stop_load(experiment, loader.keys.stop, mistakes);
    experiment_load_mock(&loader);
    if (options && options->variants.n)
        experiment_select(experiment, options->variants, mistakes);
    if (options && options->shards > 0)
        experiment_take_shard(experiment, options, loader.root, mistakes);
    finish(&loader);
}

const struct experiment *experiment_read(struct arena *arena, str path,
                                         const struct experiment_options *options,
                                         struct mistakes *mistakes)
{
    struct experiment *experiment = arena_new(arena, struct experiment);
    experiment->arena = arena;
    experiment->files = experiment_files_new(arena);
    experiment->warnings = arena_new(arena, struct mistakes);
    mistakes_init(experiment->warnings, arena);
    experiment->warnings->word = "warning";
    experiment->path = arena_str(arena, path);
    experiment->folder = path_folder(arena, path);
    experiment_file_used(experiment, "experiment", path);
    read_all(experiment, path, options, mistakes);
    if (options && options->files)
        *options->files = experiment_files_used(experiment);
    return mistakes->count ? NULL : experiment;
}

const struct experiment *experiment_load(struct arena *arena, str path,
                                         const struct experiment_options *options,
                                         struct err *err)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes, arena);
    const struct experiment *experiment = experiment_read(arena, path, options, &mistakes);
    return mistakes_report(&mistakes, err) < 0 ? NULL : experiment;
}
