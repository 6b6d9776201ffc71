/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_settings.c: what an experiment says of a run besides what it runs: settings, limits and budgets,
 * the rows, what its report shows, the mock. The command line wins over the file.
 */
#include "plan/experiment_inside.h"

#include <string.h>

#include "base/file.h"
#include "plan/experiment_files.h"
#include "plan/perturb.h"

/* ---- rows ---- */

bool experiment_is_cut(const struct experiment_options *options)
{
    return options && (options->limit > 0 || options->choice.range.n ||
                       options->choice.pattern.n || options->choice.ids.count);
}

void experiment_load_dataset(struct experiment_loader *loader)
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
    if (yaml_is(yaml, YAML_MAPPING))
        spec.mapping = yaml;
    if (loader->options && loader->options->limit > 0)
        spec.limit = loader->options->limit;
    if (loader->options)
        spec.choice = &loader->options->choice;
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

/* ---- the report ---- */

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
void experiment_check_groups(struct experiment_loader *loader)
{
    const struct experiment *experiment = loader->experiment;
    const struct yaml *list = yaml_get(loader->keys.report, STR("group_by"));
    bool whole = !experiment_is_cut(loader->options);
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
void experiment_check_plots(struct experiment_loader *loader)
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

/* ---- budgets ---- */

struct budgets {
    const struct yaml *run, *cell;
};

const struct opt budgets_options[] = {
    OPT_RAW(budgets, run, .word = "budget",
            .help = "the whole run; when it is spent no new request starts"),
    OPT_RAW(budgets, cell, .word = "budget", .help = "each cell"),
    OPT_END,
};

static const struct budget *read_budget(struct experiment_loader *loader,
                                        const struct yaml *yaml, const char *where)
{
    if (!yaml)
        return NULL;
    struct budget *budget = arena_new(loader->experiment->arena, struct budget);
    return opt_parse_mapping(&loader->parse, budget_options, yaml, where, NULL, budget) == 0
               ? budget
               : NULL;
}

/* The command line wins over the file, key by key. */
static const struct budget *override_budget(struct experiment_loader *loader,
                                            const struct budget *given)
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

static void load_budget(struct experiment_loader *loader)
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

/* ---- settings ---- */

void experiment_load_settings(struct experiment_loader *loader)
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
    if (options && options->use_cache &&
        (experiment->cache == CACHE_NONE || options->refreshed))
        experiment->cache = CACHE_USE;
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

/* ---- the mock ---- */

/* A mock names answer keys and cassettes; what its words mean only the mock server knows. A text
 * that is a file's name beside it is taken for one; `also_missing`: or may be one that is waited for. */
static void note_named_files(struct experiment *experiment, const json *value, str base,
                             bool also_missing)
{
    str name = json_text(value);
    bool may_be_name = name.n && name.n < 200 && !memchr(name.p, '\n', name.n) &&
                       !memchr(name.p, '\0', name.n) && path_extension(name).n;
    if (may_be_name) {
        str path = path_beside(experiment->arena, base, name);
        if (also_missing || file_exists(path.p))
            experiment_file_used(experiment, "mock", path);
    }
    for (const json *item = json_first(value); item; item = json_next(item))
        note_named_files(experiment, item, base, also_missing);
}

static const json *read_mock_file(struct experiment *experiment)
{
    struct mistakes quiet;
    mistakes_init(&quiet, experiment->arena);
    const struct yaml *yaml = yaml_load(experiment->arena, experiment->mock, experiment->mock,
                                        &yaml_file_limits, &quiet);
    return yaml ? yaml_to_json(experiment->arena, yaml) : NULL;
}

/* A mock that is there: its files, and what is wrong with it. */
static void look_into_mock(struct experiment_loader *loader, const json *mock, str base)
{
    struct experiment *experiment = loader->experiment;
    const struct experiment_options *options = loader->options;
    const size_t before = loader->mistakes->count;
    if (options && options->read_mock)
        options->read_mock(experiment, loader->keys.mock->place, loader->mistakes);
    note_named_files(experiment, mock, base, loader->mistakes->count > before);
}

void experiment_load_mock(struct experiment_loader *loader)
{
    const struct yaml *mock = loader->keys.mock;
    struct experiment *experiment = loader->experiment;
    if (!mock)
        return;
    if (yaml_is(mock, YAML_MAPPING)) {
        experiment->mock_inline = yaml_to_json(experiment->arena, mock);
        look_into_mock(loader, experiment->mock_inline, experiment->path);
        return;
    }
    if (!yaml_is(mock, YAML_TEXT)) {
        mistake_add(loader->mistakes, mock->place,
                    "mock is %s; expected the name of a mock file, or a mapping",
                    yaml_kind_name(mock));
        return;
    }
    experiment->mock = path_beside(experiment->arena, experiment->path, mock->text);
    experiment_file_used(experiment, "mock", experiment->mock);
    if (!file_exists(experiment->mock.p))
        mistake_add(loader->mistakes, mock->place, "no file '%.*s'; expected a mock file",
                    STR_ARG(experiment->mock));
    else
        look_into_mock(loader, read_mock_file(experiment), experiment->mock);
}
