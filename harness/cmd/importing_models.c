/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_models.c: providers of a configuration that is imported (see importing.h).
 *
 * promptfoo's "openai:chat:gpt-4o" is what weir calls a model, and its kind is a provider. Those that
 * speak a dialect of weir's come over; services with an OpenAI-compatible API by their address. Keys
 * never do: weir takes them from the environment.
 */
#include "cmd/importing_models.h"

#include "base/file.h"
#include "base/text.h"

enum { MODELS_MAX = 100 };

/* ---- kinds ---- */

static const struct import_kind kinds[] = {
    /* clang-format off */
    {"openai:chat:",          "openai", NULL, NULL, NULL, false},
    {"openai:responses:",     "openai_responses", "openai-responses", "https://api.openai.com/v1", "OPENAI_API_KEY", false},
    {"openai:embeddings:",    "openai", NULL, NULL, NULL, true},
    {"openai:embedding:",     "openai", NULL, NULL, NULL, true},
    {"openai:",               "openai", NULL, NULL, NULL, false},
    {"anthropic:messages:",   "anthropic", NULL, NULL, NULL, false},
    {"anthropic:",            "anthropic", NULL, NULL, NULL, false},
    {"google:embedding:",     "gemini", NULL, NULL, NULL, true},
    {"google:",               "gemini", NULL, NULL, NULL, false},
    {"openrouter:",           "openrouter", "openai-chat", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", false},
    {"groq:",                 "groq", "openai-chat", "https://api.groq.com/openai/v1", "GROQ_API_KEY", false},
    {"mistral:",              "mistral", "openai-chat", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", false},
    {"deepseek:",             "deepseek", "openai-chat", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", false},
    {"xai:",                  "xai", "openai-chat", "https://api.x.ai/v1", "XAI_API_KEY", false},
    {"togetherai:",           "together", "openai-chat", "https://api.together.xyz/v1", "TOGETHER_API_KEY", false},
    {"fireworks:",            "fireworks", "openai-chat", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", false},
    {"cerebras:",             "cerebras", "openai-chat", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY", false},
    {"perplexity:",           "perplexity", "openai-chat", "https://api.perplexity.ai", "PERPLEXITY_API_KEY", false},
    {"azure:chat:",           "azure", "openai-chat", NULL, "AZURE_API_KEY", false},
    {"azureopenai:chat:",     "azure", "openai-chat", NULL, "AZURE_API_KEY", false},
    {"github:",               "github", "openai-chat", "https://models.github.ai/inference", "GITHUB_TOKEN", false},
    {"ollama:chat:",          "ollama", "openai-chat", "http://localhost:11434/v1", NULL, false},
    {"ollama:embeddings:",    "ollama_vectors", "openai-embeddings", "http://localhost:11434/v1", NULL, true},
    {"ollama:",               "ollama", "openai-chat", "http://localhost:11434/v1", NULL, false},
    {"localai:chat:",         "localai", "openai-chat", "http://localhost:8080/v1", NULL, false},
    {"localai:",              "localai", "openai-chat", "http://localhost:8080/v1", NULL, false},
    /* clang-format on */
};

/* Beginnings of what stands behind a prefix, that are other things than models that chat. */
static const char *const others[] = {
    "completion:", "assistant:", "realtime:",       "image:", "moderation:",
    "live:",       "agents:",    "codex",           "video:", "transcription:",
    "speech:",     "chatkit:",   "claude-agent-sdk"};

static const struct import_kind *kind_of(str id, str *model)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!str_starts_with(id, str_from(kinds[i].prefix)))
            continue;
        *model = str_sub(id, strlen(kinds[i].prefix), id.n);
        for (size_t k = 0; k < sizeof others / sizeof *others; k++)
            if (str_starts_with(*model, str_from(others[k])))
                return NULL;
        return model->n ? &kinds[i] : NULL;
    }
    return NULL;
}

/* "openai:chat:gpt-4o" is shown; addresses and command lines, which may hold keys, are not. */
static str shown_id(struct importing *importing, str id)
{
    if (str_contains(id, STR("://")) || str_contains(id, STR(" ")) ||
        str_starts_with(id, STR("exec:")))
        return STR("a program or an address");
    return text_shorten(importing->arena, text_visible(importing->arena, id), 80);
}

/* ---- entries ---- */

/* Under the name of the kind, or another one when an entry of that name is different. */
static str add_provider(struct import_draft *model)
{
    struct importing *importing = model->importing;
    str name = str_from(model->kind->provider);
    if (!model->provider && !model->kind->api)
        return name;
    json *entry = import_own_provider(model);
    for (unsigned i = 1;; i++) {
        str tried = i == 1 ? name : arena_printf(importing->arena, "%.*s_%u", STR_ARG(name), i);
        const json *there = json_get(importing->provider_entries, tried);
        /* an entry would replace the built-in one for the others too */
        if (i == 1 && !model->kind->api)
            continue;
        if (!there)
            json_set(importing->arena, importing->provider_entries, tried, entry);
        if (!there || json_equal(there, entry))
            return tried;
    }
}

/* Adds the model, or finds one that is the same. */
static str add_model(struct import_draft *model, str id, str wanted)
{
    struct importing *importing = model->importing;
    struct arena *arena = importing->arena;
    json *value = json_new_object(arena);
    json_set_text(arena, value, "provider", add_provider(model));
    json_set_text(arena, value, "model", id);
    for (const json *member = json_first(model->value); member; member = json_next(member))
        json_set(arena, value, json_key(member), member);
    if (model->extra)
        json_set(arena, value, STR("extra"), model->extra);
    for (const json *m = json_first(importing->model_entries); m; m = json_next(m))
        if (json_equal(m, value))
            return json_key(m);
    json *taken = json_copy(arena, importing->model_entries);
    str name = import_name(importing, wanted, false, taken);
    json_set(arena, importing->model_entries, name, value);
    return name;
}

struct provider {
    str id, label;
    struct import_item item; /* the mapping with config; no value: none */
    struct place place;
};

/* "openai:x", {id, label, config}, or {"openai:x": {config}}. */
static struct provider provider_of(struct importing *importing, struct import_item item)
{
    struct provider provider = {.place = item.place, .item = {.place = item.place}};
    if (import_is(item, JSON_TEXT)) {
        provider.id = import_text(item);
        return provider;
    }
    provider.item = item;
    provider.id = import_text(import_get(importing, item, "id"));
    if (!provider.id.n && import_is(item, JSON_OBJECT) && json_count(item.value) == 1) {
        provider.id = json_key(json_first(item.value));
        provider.item = import_get(importing, item, arena_str(importing->arena, provider.id).p);
        str other = import_text(import_get(importing, provider.item, "id"));
        provider.label = other;
    }
    str label = import_text(import_get(importing, provider.item, "label"));
    if (label.n)
        provider.label = label;
    return provider;
}

/* The entry that counts: its own, or a built-in one, which has all it needs. */
static const json *entry_of(struct import_draft *model)
{
    struct import_draft other = {.importing = model->importing, .kind = model->kind};
    return model->provider ? model->provider : import_own_provider(&other);
}

/* The name of its model; empty after a note. */
static str take_provider(struct importing *importing, const struct provider *provider,
                         bool vectors, const char *role)
{
    static const char *const known[] = {"id", "label", "config", "prompts", NULL};
    str id;
    const struct import_kind *kind = kind_of(provider->id, &id);
    if (!kind || kind->vectors != vectors) {
        str shown = shown_id(importing, provider->id);
        import_left_out(importing, provider->place, "%s: '%.*s' is none that weir asks", role,
                        STR_ARG(shown));
        return STR("");
    }
    struct import_draft model = {
        .importing = importing, .kind = kind, .value = json_new_object(importing->arena)};
    import_note_others(importing, provider->item, known, "provider");
    struct import_item config = import_get(importing, provider->item, "config");
    import_config(&model, config);
    if (!vectors)
        import_usual_parameters(&model, config, id);
    if (!json_get(entry_of(&model), STR("base_url"))) {
        import_left_out(importing, provider->place,
                        "%s: its address is not in the file; apiHost says it", role);
        return STR("");
    }
    return add_model(&model, id, provider->label.n ? provider->label : id);
}

static void add_variant_model(struct importing *importing, struct import_item item);

static void add_all(struct importing *importing, struct import_item list)
{
    if (!import_enter(importing, list.place))
        return;
    if (import_is(list, JSON_LIST)) {
        for (size_t i = 0; i < json_count(list.value); i++)
            add_variant_model(importing, import_at(importing, list, i));
    } else if (list.value) {
        add_variant_model(importing, list);
    }
    import_leave(importing);
}

static void add_variant_model(struct importing *importing, struct import_item item)
{
    str path;
    if (import_is(item, JSON_TEXT) && import_names_file(import_text(item), &path)) {
        if (import_is_program(path))
            import_left_out(importing, item.place,
                            "provider: a program; weir has exec nodes (docs/patterns.md)");
        else
            add_all(importing, import_resolved(importing, item, "provider"));
        return;
    }
    struct provider provider = provider_of(importing, item);
    str name = take_provider(importing, &provider, false, "provider");
    if (!name.n || importing->models == MODELS_MAX)
        return;
    str model = json_text(json_path(json_get(importing->model_entries, name), "model"));
    importing->model[importing->models++] =
        (struct import_model){.name = name,
                              .shown = provider.label.n ? provider.label : model,
                              .only = import_get(importing, provider.item, "prompts")};
}

void import_models(struct importing *importing, str instead)
{
    struct import_item providers = import_get(importing, importing->root, "providers");
    importing->model = arena_array(importing->arena, struct import_model, MODELS_MAX);
    importing->model_entries = json_new_object(importing->arena);
    importing->provider_entries = json_new_object(importing->arena);
    if (!providers.value)
        providers = import_get(importing, importing->root, "targets");
    if (instead.n)
        providers = (struct import_item){.value = json_new_text(importing->arena, instead)};
    if (import_is(providers, JSON_OBJECT) && !json_get(providers.value, STR("id")))
        for (const json *member = json_first(providers.value); member;
             member = json_next(member)) {
            json *one = json_new_object(importing->arena);
            json_set(importing->arena, one, json_key(member), member);
            add_variant_model(importing,
                              (struct import_item){.value = one, .place = providers.place});
        }
    else
        add_all(importing, providers);
}

/* promptfoo takes what the environment has a key for; weir asks nobody who is not named. */
static str usual_judge(struct importing *importing, bool vectors, struct place place)
{
    str id = vectors ? STR("openai:embedding:text-embedding-3-large") : STR("openai:gpt-5");
    struct provider provider = {
        .id = id, .label = vectors ? STR("vectors") : STR("judge"), .place = place};
    bool *told = vectors ? &importing->vectors_told : &importing->judge_told;
    str name = take_provider(importing, &provider, vectors, "judge");
    if (!*told)
        import_changed(importing, place,
                       "%s is not named, and promptfoo's own choice hangs on the keys that are "
                       "there: model '%.*s' of the experiment is a proposal",
                       vectors ? "the model that makes vectors" : "the judge", STR_ARG(name));
    *told = true;
    return name;
}

str import_judge(struct importing *importing, struct import_item provider, bool vectors,
                 struct place place)
{
    struct import_item of_kind =
        import_get(importing, provider, vectors ? "embedding" : "text");
    if (of_kind.value)
        provider = of_kind;
    provider = import_resolved(importing, provider, "judge");
    if (!provider.value)
        return usual_judge(importing, vectors, place);
    struct provider named = provider_of(importing, provider);
    str id;
    const struct import_kind *kind = kind_of(named.id, &id);
    if (vectors && kind && !kind->vectors) /* one that was named for the judges of the test */
        return usual_judge(importing, vectors, place);
    return take_provider(importing, &named, vectors, "judge");
}
