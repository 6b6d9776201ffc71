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

#include "base/ceilings.h"
#include "base/file.h"
#include "base/mem.h"
#include "plan/experiment_baseline.h"
#include "plan/experiment_effective.h"
#include "plan/experiment_files.h"
#include "plan/experiment_inputs.h"
#include "plan/experiment_rules.h"
#include "plan/experiment_scores.h"
#include "plan/experiment_shard.h"
#include "plan/experiment_stop.h"
#include "plan/experiment_tables.h"
#include "plan/matrix.h"
#include "plan/perturb.h"

#include <stdlib.h>

struct loader {
    struct experiment *experiment;
    struct mistakes *mistakes;
    struct opt_parse parse;
    const struct experiment_options *options;
    struct experiment_keys keys;
    const struct yaml *root;
    const struct scope *scope; /* what the root of a variant sees */
};

/* ---- small parts ---- */

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

static void load_names(struct loader *loader, str path)
{
    struct experiment *experiment = loader->experiment;
    struct arena *arena = experiment->arena;
    experiment->path = arena_str(arena, path);
    experiment->folder = path_folder(arena, path);
    experiment->name = experiment_name_of(arena, path);
    experiment->prompt_folder = path_beside(arena, path, loader->keys.prompts);
    experiment->schema_folder = path_beside(arena, path, loader->keys.schemas);
}

static void load_vars(struct loader *loader)
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

static void load_dataset(struct loader *loader)
{
    struct experiment *experiment = loader->experiment;
    const struct yaml *yaml = loader->keys.dataset;
    struct dataset_spec spec = {0};
    opt_defaults(dataset_options, experiment->arena, &spec);
    experiment->inputs_unknown = true;
    if (!yaml)
        return;
    if (!yaml_is(yaml, YAML_TEXT) && !yaml_is(yaml, YAML_MAPPING)) {
        mistake_add(loader->mistakes, yaml->place,
                    "dataset is %s; expected the name of a file, or a mapping with 'file' or "
                    "'samples'",
                    yaml_kind_name(yaml));
        return;
    }
    if (yaml_is(yaml, YAML_TEXT))
        spec.file = yaml->text;
    else if (opt_parse_mapping(&loader->parse, dataset_options, yaml, "dataset", NULL, &spec) <
             0)
        return;
    if (loader->options && loader->options->limit > 0)
        spec.limit = loader->options->limit;
    if (spec.file.n)
        experiment_file_used(experiment, "dataset",
                             path_beside(experiment->arena, experiment->path, spec.file));
    experiment->inputs_unknown =
        dataset_load(experiment->arena, &spec, experiment->path, yaml->place,
                     &experiment->dataset, loader->mistakes) < 0;
    experiment->originals = experiment->dataset.count;
    if (loader->keys.perturb)
        perturb_load(experiment, loader->keys.perturb, loader->mistakes);
}

struct budgets {
    const struct yaml *run, *cell;
};

static const struct opt budgets_options[] = {
    OPT_RAW(budgets, run, .word = "budget",
            .help = "the whole run; when it is spent no new request starts"),
    OPT_RAW(budgets, cell, .word = "budget", .help = "each cell"),
    OPT_END,
};

static const struct budget *read_budget(struct loader *loader, const struct yaml *yaml,
                                        const char *where)
{
    if (!yaml)
        return NULL;
    struct budget *budget = arena_new(loader->experiment->arena, struct budget);
    return opt_parse_mapping(&loader->parse, budget_options, yaml, where, NULL, budget) == 0
               ? budget
               : NULL;
}

/* The command line wins over the file, key by key. */
static const struct budget *override_budget(struct loader *loader, const struct budget *given)
{
    const struct experiment_options *options = loader->options;
    if (!options || !(options->max_nanousd || options->max_calls || options->max_tokens))
        return given;
    struct budget *budget = arena_new(loader->experiment->arena, struct budget);
    *budget = given ? *given : (struct budget){0};
    if (options->max_nanousd) {
        budget->has_usd = true;
        budget->usd = options->max_nanousd;
    }
    if (options->max_calls) {
        budget->has_calls = true;
        budget->calls = options->max_calls;
    }
    if (options->max_tokens) {
        budget->has_tokens = true;
        budget->tokens = options->max_tokens;
    }
    return budget;
}

static void load_budget(struct loader *loader)
{
    struct budgets budgets = {0};
    const struct yaml *yaml = loader->keys.budget;
    if (yaml &&
        opt_parse_mapping(&loader->parse, budgets_options, yaml, "budget", NULL, &budgets) < 0)
        return;
    loader->experiment->run_budget =
        override_budget(loader, read_budget(loader, budgets.run, "budget.run"));
    loader->experiment->cell_budget = read_budget(loader, budgets.cell, "budget.cell");
}

static void load_settings(struct loader *loader)
{
    struct experiment *experiment = loader->experiment;
    struct experiment_keys *keys = &loader->keys;
    struct arena *arena = experiment->arena;
    experiment->description = keys->description;
    experiment->trials = keys->trials;
    experiment->seed = keys->seed;
    experiment->concurrency = keys->concurrency;
    experiment->order = (enum order)keys->order;
    experiment->cache = (enum cache_mode)keys->cache;
    const struct experiment_options *options = loader->options;
    if (options && options->no_cache)
        experiment->cache = CACHE_NONE;
    if (options && options->trials > 0)
        experiment->trials = options->trials;
    if (options && options->concurrency > 0)
        experiment->concurrency = options->concurrency;
    if (options && options->seed >= 0)
        experiment->seed = options->seed;
    opt_defaults(limits_options, arena, &experiment->limits);
    if (keys->limits)
        opt_parse_mapping(&loader->parse, limits_options, keys->limits, "limits", NULL,
                          &experiment->limits);
    load_budget(loader);
    if (experiment->limits.time == 0)
        mistake_add(loader->mistakes, yaml_get(keys->limits, STR("time"))->place,
                    "time is 0s; expected a longer time");
    experiment->retry = llm_retry_default();
    if (keys->retry)
        llm_retry_read(&loader->parse, keys->retry, &experiment->retry);
    opt_defaults(report_options, arena, &experiment->report);
    if (keys->report)
        opt_parse_mapping(&loader->parse, report_options, keys->report, "report", NULL,
                          &experiment->report);
    if (experiment->report.title.n == 0)
        experiment->report.title = experiment->description;
}

static bool has_group(const struct dataset *dataset, str by)
{
    str metadata = STR("metadata.");
    str key = str_sub(by, metadata.n, by.n);
    for (size_t i = 0; i < dataset->count; i++) {
        const struct sample *sample = &dataset->sample[i];
        if (str_starts_with(by, metadata) && json_get(sample->metadata, key))
            return true;
        for (size_t t = 0; t < sample->tag_count; t++)
            if (str_starts_with(sample->tag[t], by))
                return true;
    }
    return false;
}

/* Groups that no sample is in would be a table that silently is not there. */
static void check_groups(struct loader *loader)
{
    const struct experiment *experiment = loader->experiment;
    const struct yaml *list = yaml_get(loader->keys.report, STR("group_by"));
    bool whole = !(loader->options && loader->options->limit > 0);
    for (size_t i = 0; i < experiment->report.group_by.count; i++) {
        str by = experiment->report.group_by.text[i];
        if (whole && !experiment->inputs_unknown && !has_group(&experiment->dataset, by))
            mistake_add(
                loader->mistakes, list->item[i]->place,
                "no sample has a tag that begins with '%.*s'; expected the beginning of "
                "tags, as lang:, or metadata.KEY",
                STR_ARG(by));
    }
}

/* Nobody misses a picture whose name is misspelled. */
static void check_plots(struct loader *loader)
{
    const struct yaml *plots = loader->experiment->report.plots;
    struct arena *arena = loader->experiment->arena;
    size_t count = 0;
    if (!plots || (yaml_is(plots, YAML_TEXT) && str_equal(plots->text, STR("none"))))
        return;
    if (!yaml_is(plots, YAML_LIST) || plots->count == 0) {
        mistake_add(
            loader->mistakes, plots->place,
            "plots is %s; expected none, or a list of names as weir list plots has them",
            yaml_is(plots, YAML_LIST) ? "empty" : yaml_kind_name(plots));
        return;
    }
    while (report_plot_names[count])
        count++;
    str *words = arena_array(arena, str, count);
    for (size_t i = 0; i < count; i++)
        words[i] = str_from(report_plot_names[i]);
    for (size_t i = 0; i < plots->count; i++) {
        bool known = false;
        for (size_t k = 0; k < count; k++)
            known = known || str_equal(plots->item[i]->text, words[k]);
        if (!known)
            mistake_add(loader->mistakes, plots->item[i]->place, "no plot '%.*s'%.*s",
                        STR_ARG(plots->item[i]->text),
                        STR_ARG(mistake_hint(arena, plots->item[i]->text, words, count, true)));
    }
}

/* A mock names answer keys and cassettes; what its words mean only the mock server knows. A text
 * that is a file's name beside it is taken for one. */
static void note_named_files(struct experiment *experiment, const json *value, str base)
{
    str name = json_text(value);
    bool may_be_name = name.n && name.n < 200 && !memchr(name.p, '\n', name.n) &&
                       !memchr(name.p, '\0', name.n) && path_extension(name).n;
    if (may_be_name) {
        str path = path_beside(experiment->arena, base, name);
        if (file_exists(path.p))
            experiment_file_used(experiment, "mock", path);
    }
    for (const json *item = json_first(value); item; item = json_next(item))
        note_named_files(experiment, item, base);
}

static void note_mock_file(struct experiment *experiment)
{
    struct mistakes quiet;
    mistakes_init(&quiet, experiment->arena);
    experiment_file_used(experiment, "mock", experiment->mock);
    const struct yaml *yaml = yaml_load(experiment->arena, experiment->mock, experiment->mock,
                                        &yaml_file_limits, &quiet);
    if (yaml)
        note_named_files(experiment, yaml_to_json(experiment->arena, yaml), experiment->mock);
}

static void load_mock(struct loader *loader)
{
    const struct yaml *mock = loader->keys.mock;
    struct experiment *experiment = loader->experiment;
    if (!mock)
        return;
    if (yaml_is(mock, YAML_MAPPING)) {
        experiment->mock_inline = yaml_to_json(experiment->arena, mock);
        note_named_files(experiment, experiment->mock_inline, experiment->path);
        return;
    }
    if (!yaml_is(mock, YAML_TEXT)) {
        mistake_add(loader->mistakes, mock->place,
                    "mock is %s; expected the name of a mock file, or a mapping",
                    yaml_kind_name(mock));
        return;
    }
    experiment->mock = path_beside(experiment->arena, experiment->path, mock->text);
    if (!file_exists(experiment->mock.p))
        mistake_add(loader->mistakes, mock->place, "no file '%.*s'; expected a mock file",
                    STR_ARG(experiment->mock));
    else
        note_mock_file(experiment);
}

/* ---- providers and models ---- */

static bool is_mapping(struct loader *loader, const struct yaml *yaml, const char *what,
                       const char *of)
{
    if (yaml_is(yaml, YAML_MAPPING))
        return true;
    if (yaml)
        mistake_add(loader->mistakes, yaml->place,
                    "%s is %s; expected a mapping from name to %s", what, yaml_kind_name(yaml),
                    of);
    return false;
}

static void check_name(struct loader *loader, const char *what, const struct yaml_pair *pair)
{
    if (!name_is_valid(pair->key))
        mistake_add(loader->mistakes, pair->key_place,
                    "%s '%.*s' is no name; expected letters, digits and _, not starting with a "
                    "digit",
                    what, STR_ARG(pair->key));
}

static struct llm_provider *find_provider(struct experiment *experiment, str name)
{
    for (size_t i = 0; i < experiment->providers; i++)
        if (str_equal(experiment->provider[i]->name, name))
            return experiment->provider[i];
    return NULL;
}

static void add_provider(struct loader *loader, struct llm_provider *provider)
{
    struct experiment *experiment = loader->experiment;
    struct llm_provider **list =
        arena_grow(experiment->arena, (const void *)experiment->provider, experiment->providers,
                   experiment->providers + 1, sizeof(struct llm_provider *));
    list[experiment->providers++] = provider;
    experiment->provider = list;
}

static void load_providers(struct loader *loader)
{
    const struct yaml *yaml = loader->keys.providers;
    if (!yaml || !is_mapping(loader, yaml, "providers", "provider"))
        return;
    for (size_t i = 0; i < yaml->count; i++) {
        check_name(loader, "provider", &yaml->pair[i]);
        struct llm_provider *provider =
            arena_new(loader->experiment->arena, struct llm_provider);
        if (llm_provider_read(&loader->parse, yaml->pair[i].key, yaml->pair[i].value,
                              &loader->experiment->retry, provider) == 0)
            add_provider(loader, provider);
    }
}

/* The default of a provider's concurrency (language 2.2): the run's, at least 32. */
static void limit_providers(struct experiment *experiment)
{
    for (size_t i = 0; i < experiment->providers; i++)
        if (experiment->provider[i]->concurrency == 0)
            experiment->provider[i]->concurrency =
                experiment->concurrency > 32 ? experiment->concurrency : 32;
}

static void unknown_provider(struct loader *loader, str name, struct place place)
{
    struct experiment *experiment = loader->experiment;
    str words[64];
    size_t count = 0;
    for (size_t i = 0; i < experiment->providers && count < 60; i++)
        words[count++] = experiment->provider[i]->name;
    for (size_t i = 0; llm_provider_builtin_name(i) && count < 64; i++)
        words[count++] = str_from(llm_provider_builtin_name(i));
    str hint = mistake_hint(experiment->arena, name, words, count, true);
    mistake_add(loader->mistakes, place, "unknown provider '%.*s'%.*s", STR_ARG(name),
                STR_ARG(hint));
}

/* A provider of the file, else one of the built-in ones. */
static const struct llm_provider *provider_for(struct loader *loader, str name,
                                               struct place place)
{
    struct experiment *experiment = loader->experiment;
    struct llm_provider *known = find_provider(experiment, name);
    if (known)
        return known;
    if (loader->keys.providers && yaml_get(loader->keys.providers, name))
        return NULL; /* it has mistakes of its own */
    struct llm_provider *provider = arena_new(experiment->arena, struct llm_provider);
    if (llm_provider_builtin(name, &experiment->retry, provider)) {
        add_provider(loader, provider);
        return provider;
    }
    unknown_provider(loader, name, place);
    return NULL;
}

static void load_models(struct loader *loader)
{
    struct experiment *experiment = loader->experiment;
    const struct yaml *yaml = loader->keys.models;
    if (!yaml || !is_mapping(loader, yaml, "models", "model"))
        return;
    struct llm_model **list =
        arena_calloc(experiment->arena, yaml->count + 1, sizeof(struct llm_model *));
    experiment->model = list;
    for (size_t i = 0; i < yaml->count; i++) {
        const struct yaml_pair *pair = &yaml->pair[i];
        struct llm_model *model = arena_new(experiment->arena, struct llm_model);
        check_name(loader, "model", pair);
        model->name = pair->key; /* also of one with mistakes, or every use of it were one */
        list[experiment->models++] = model;
        if (llm_model_read(&loader->parse, pair->key, pair->value, model) < 0)
            continue;
        const struct yaml *provider = yaml_get(pair->value, STR("provider"));
        model->provider = provider_for(loader, model->provider_name,
                                       provider ? provider->place : pair->key_place);
    }
}

/* `defaults` of the experiment or a variant. They count when a call is bound; here they are
 * looked at whether a call uses them or not. */
static int check_defaults(struct loader *loader, const struct yaml *defaults)
{
    struct llm_defaults unused = {0};
    if (opt_parse_mapping(&loader->parse, llm_defaults_options, defaults, "defaults", NULL,
                          &unused) < 0)
        return -1;
    struct binder binder = {.arena = loader->experiment->arena,
                            .mistakes = loader->mistakes,
                            .experiment = loader->experiment};
    const struct yaml *model = yaml_get(defaults, STR("model"));
    return model && !bind_model(&binder, model->text, model->place) ? -1 : 0;
}

static void load_defaults(struct loader *loader)
{
    const struct yaml *defaults = loader->keys.defaults;
    if (!defaults)
        return;
    check_defaults(loader, defaults);
    loader->experiment->defaults = defaults;
}

const struct llm_model *experiment_model(const struct experiment *experiment, str name)
{
    for (size_t i = 0; i < experiment->models; i++)
        if (str_equal(experiment->model[i]->name, name))
            return experiment->model[i];
    return NULL;
}

/* ---- names that templates see ---- */

static void bind_vars(struct loader *loader)
{
    struct arena *arena = loader->experiment->arena;
    for (const json *var = json_first(loader->experiment->vars); var; var = json_next(var))
        loader->scope = scope_bind(arena, loader->scope, SCOPE_VAR, json_key(var),
                                   (struct shape){.length = bind_var_length(var)});
}

/* Every field that some row has. A field in every row hides the var of its name; one that only
 * some have is checked where it is used. */
static void bind_inputs(struct loader *loader)
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

/* ---- variants ---- */

static bool variant_name_is_valid(str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!char_is_alnum(name.p[i]) && !memchr("_-.", name.p[i], 3))
            return false;
    return name.n > 0 && name.n <= 100;
}

static void load_variant(struct loader *loader, struct variant *variant,
                         const struct matrix_variant *from)
{
    struct experiment *experiment = loader->experiment;
    variant->name = from->pair.key;
    variant->place = from->pair.key_place;
    variant->axis = from->axis;
    variant->axes = from->axes;
    variant->last_step = &variant->first_step;
    if (!variant_name_is_valid(variant->name))
        mistake_add(loader->mistakes, variant->place,
                    "variant '%.*s' has a name that cannot be; expected letters, digits, _ - .",
                    STR_ARG(variant->name));
    variant->yaml = from->pair.value;
    if (!variant->yaml)
        return;
    variant->defaults = yaml_get(variant->yaml, STR("defaults"));
    if (variant->defaults)
        check_defaults(loader, variant->defaults);
    str own[] = {STR_INIT("defaults")};
    struct opt_also also = {.keys = own, .key_count = 1};
    struct binder binder = {
        .arena = experiment->arena,
        .mistakes = loader->mistakes,
        .experiment = experiment,
        .variant = variant,
        .scope = loader->scope,
        .path = STR(""),
        .label = variant->name,
    };
    if (budget_reserves(experiment->cell_budget)) {
        binder.reserves = experiment->cell_budget;
        binder.reserves_path = "budget.cell";
    }
    variant->root = bind_root(&binder, variant->yaml, &also);
    if (variant->root)
        variant->description = variant->root->description;
}

/* Those that no call uses are looked at too. */
static void load_tools(struct loader *loader)
{
    struct experiment *experiment = loader->experiment;
    const struct yaml *tools = loader->keys.tools;
    if (!tools || !is_mapping(loader, tools, "tools", "tool"))
        return;
    experiment->tools = tools;
    struct binder binder = {
        .arena = experiment->arena, .mistakes = loader->mistakes, .experiment = experiment};
    for (size_t i = 0; i < tools->count; i++) {
        struct bound_tool unused = {0};
        bind_tool(&binder, tools->pair[i].key, tools->pair[i].value->place, &unused);
    }
}

static void load_variants(struct loader *loader)
{
    struct experiment *experiment = loader->experiment;
    const struct yaml *variants = loader->keys.variants;
    experiment->nodes = loader->keys.nodes;
    if (loader->keys.nodes && !is_mapping(loader, loader->keys.nodes, "nodes", "node"))
        experiment->nodes = NULL;
    for (size_t i = 0; experiment->nodes && i < experiment->nodes->count; i++)
        check_name(loader, "shared node", &experiment->nodes->pair[i]);
    load_tools(loader);
    if (!variants || !is_mapping(loader, variants, "variants", "variant"))
        return;
    if (variants->count == 0 || variants->count > MAX_VARIANTS) {
        mistake_add(loader->mistakes, variants->place,
                    "variants has %zu entries; expected 1 to %d", variants->count,
                    MAX_VARIANTS);
        return;
    }
    size_t count = 0;
    const struct matrix_variant *from =
        matrix_expand(experiment->arena, loader->mistakes, variants, loader->keys.nodes,
                      MAX_VARIANTS, &count);
    if (!from)
        return;
    experiment->variant = arena_array(experiment->arena, struct variant, count + 1);
    experiment->variants = count;
    for (size_t i = 0; i < count; i++) {
        experiment->variant[i].index = (uint32_t)i;
        load_variant(loader, &experiment->variant[i], &from[i]);
    }
}

/* ---- all together ---- */

static void finish(struct loader *loader)
{
    struct experiment *experiment = loader->experiment;
    experiment_check_inputs(experiment, loader->mistakes);
    experiment->effective = experiment_effective(experiment, loader->root);
    baseline_check_scores(experiment, loader->mistakes);
    struct hash128 parts[] = {experiment_files_hash(experiment), experiment->dataset.hash};
    experiment->hash = experiment_definition_hash(experiment);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        experiment->hash =
            hash_add_int(hash_add_int(experiment->hash, parts[i].high), parts[i].low);
}

const struct experiment *experiment_read(struct arena *arena, str path,
                                         const struct experiment_options *options,
                                         struct mistakes *mistakes)
{
    struct experiment *experiment = arena_new(arena, struct experiment);
    struct loader loader = {
        .experiment = experiment,
        .mistakes = mistakes,
        .parse = {arena, mistakes, experiment},
        .options = options,
    };
    experiment->arena = arena;
    experiment->files = experiment_files_new(arena);
    loader.root = yaml_load(arena, path, path, &yaml_file_limits, mistakes);
    if (!loader.root)
        return NULL;
    opt_defaults(experiment_options, arena, &loader.keys);
    if (opt_parse_mapping(&loader.parse, experiment_options, loader.root, "the experiment",
                          NULL, &loader.keys) < 0 &&
        !yaml_is(loader.root, YAML_MAPPING))
        return NULL;
    load_names(&loader, path);
    experiment_file_used(experiment, "experiment", path);
    load_settings(&loader);
    load_vars(&loader);
    load_dataset(&loader);
    check_groups(&loader);
    check_plots(&loader);
    load_providers(&loader);
    load_models(&loader);
    load_defaults(&loader);
    bind_vars(&loader);
    bind_inputs(&loader);
    load_variants(&loader);
    if (loader.keys.baseline)
        baseline_load(experiment, loader.keys.baseline, options && options->no_baseline,
                      mistakes);
    limit_providers(experiment);
    if (loader.keys.score)
        scores_load(experiment, loader.keys.score, loader.scope, mistakes);
    if (loader.keys.require)
        rules_load(experiment, loader.keys.require, options, mistakes);
    if (loader.keys.stop)
        stop_load(experiment, loader.keys.stop, mistakes);
    load_mock(&loader);
    if (options && options->shards > 0)
        experiment_take_shard(experiment, options, loader.root, mistakes);
    finish(&loader);
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
