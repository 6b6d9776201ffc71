/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_models.c: the providers and models of an experiment. A provider is the file's, or one of the
 * built-in ones, which come into being when a model names them.
 */
#include "plan/experiment_inside.h"

#include "base/ceilings.h"

bool experiment_is_mapping(struct experiment_loader *loader, const struct yaml *yaml,
                           const char *what, const char *of)
{
    if (yaml_is(yaml, YAML_MAPPING))
        return true;
    if (yaml)
        mistake_add(loader->mistakes, yaml->place,
                    "%s is %s; expected a mapping from name to %s", what, yaml_kind_name(yaml),
                    of);
    return false;
}

void experiment_check_name(struct experiment_loader *loader, const char *what,
                           const struct yaml_pair *pair)
{
    if (!name_is_valid(pair->key))
        mistake_add(loader->mistakes, pair->key_place,
                    "%s '%.*s' is no name; expected letters, digits and _, not starting with a "
                    "digit",
                    what, STR_ARG(pair->key));
}

/* ---- providers ---- */

static struct llm_provider *find_provider(struct experiment *experiment, str name)
{
    for (size_t i = 0; i < experiment->providers; i++)
        if (str_equal(experiment->provider[i]->name, name))
            return experiment->provider[i];
    return NULL;
}

static void add_provider(struct experiment_loader *loader, struct llm_provider *provider)
{
    struct experiment *experiment = loader->experiment;
    struct llm_provider **list =
        arena_grow(experiment->arena, (const void *)experiment->provider, experiment->providers,
                   experiment->providers + 1, sizeof(struct llm_provider *));
    list[experiment->providers++] = provider;
    experiment->provider = list;
}

void experiment_load_providers(struct experiment_loader *loader)
{
    const struct yaml *yaml = loader->keys.providers;
    if (!yaml || !experiment_is_mapping(loader, yaml, "providers", "provider"))
        return;
    for (size_t i = 0; i < yaml->count; i++) {
        experiment_check_name(loader, "provider", &yaml->pair[i]);
        struct llm_provider *provider =
            arena_new(loader->experiment->arena, struct llm_provider);
        if (llm_provider_read(&loader->parse, yaml->pair[i].key, yaml->pair[i].value,
                              &loader->experiment->retry, provider) == 0)
            add_provider(loader, provider);
    }
}

/* The default of a provider's concurrency (language 2.2): the run's, at least 32. */
void experiment_limit_providers(struct experiment *experiment)
{
    for (size_t i = 0; i < experiment->providers; i++)
        if (experiment->provider[i]->concurrency == 0)
            experiment->provider[i]->concurrency =
                experiment->concurrency > 32 ? experiment->concurrency : 32;
}

static void unknown_provider(struct experiment_loader *loader, str name, struct place place)
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
static const struct llm_provider *provider_for(struct experiment_loader *loader, str name,
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

/* ---- models ---- */

void experiment_load_models(struct experiment_loader *loader)
{
    struct experiment *experiment = loader->experiment;
    const struct yaml *yaml = loader->keys.models;
    if (!yaml || !experiment_is_mapping(loader, yaml, "models", "model"))
        return;
    struct llm_model **list =
        arena_calloc(experiment->arena, yaml->count + 1, sizeof(struct llm_model *));
    experiment->model = list;
    experiment->model_used_by =
        arena_array(experiment->arena, bool, yaml->count *MAX_VARIANTS + 1);
    for (size_t i = 0; i < yaml->count; i++) {
        const struct yaml_pair *pair = &yaml->pair[i];
        struct llm_model *model = arena_new(experiment->arena, struct llm_model);
        experiment_check_name(loader, "model", pair);
        model->name = pair->key; /* also of one with mistakes, or every use of it were one */
        list[experiment->models++] = model;
        if (llm_model_read(&loader->parse, pair->key, pair->value, model) < 0)
            continue;
        const struct yaml *provider = yaml_get(pair->value, STR("provider"));
        model->provider = provider_for(loader, model->provider_name,
                                       provider ? provider->place : pair->key_place);
    }
}

int experiment_check_defaults(struct experiment_loader *loader, const struct yaml *defaults)
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

void experiment_load_defaults(struct experiment_loader *loader)
{
    const struct yaml *defaults = loader->keys.defaults;
    if (!defaults)
        return;
    experiment_check_defaults(loader, defaults);
    loader->experiment->defaults = defaults;
}

bool experiment_uses_provider(const struct experiment *experiment,
                              const struct llm_provider *provider)
{
    const struct left_out *left_out = experiment->left_out;
    for (size_t i = 0; i < experiment->models; i++)
        if (experiment->model[i]->provider == provider &&
            !(left_out && left_out->idle_model[i]))
            return true;
    return false;
}

const struct llm_model *experiment_model(const struct experiment *experiment, str name)
{
    for (size_t i = 0; i < experiment->models; i++)
        if (str_equal(experiment->model[i]->name, name))
            return experiment->model[i];
    return NULL;
}
