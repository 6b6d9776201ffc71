/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_config.c: what a provider's `config` says, as keys of a model and of its provider (see
 * importing_models.h).
 */
#include "cmd/importing_models.h"

#include "base/option.h"
#include "base/text.h"

static const struct {
    const char *theirs, *ours;
} parameters[] = {
    {"temperature", "temperature"},
    {"max_tokens", "max_tokens"},
    {"maxOutputTokens", "max_tokens"},
    {"max_completion_tokens", "max_tokens"},
    {"max_output_tokens", "max_tokens"},
    {"top_p", "top_p"},
    {"topP", "top_p"},
    {"seed", "seed"},
    {"reasoning_effort", "reasoning_effort"},
    {"stop", "stop"},
};

/* What OpenAI's dialects put into the body as it is. */
static const char *const bodies[] = {"frequency_penalty",
                                     "presence_penalty",
                                     "response_format",
                                     "verbosity",
                                     "service_tier",
                                     "top_k",
                                     NULL};

static const char *parameter_of(str name)
{
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        if (str_equal(name, str_from(parameters[i].theirs)))
            return parameters[i].ours;
    return NULL;
}

static bool in_range(const char *parameter, const json *value)
{
    int64_t whole;
    double number = json_number(value);
    str name = str_from(parameter);
    if (str_equal(name, STR("temperature")))
        return json_is(value, JSON_NUMBER) && number >= 0 && number <= 2;
    if (str_equal(name, STR("top_p")))
        return json_is(value, JSON_NUMBER) && number >= 0 && number <= 1;
    if (str_equal(name, STR("max_tokens")) || str_equal(name, STR("seed")))
        return json_int(value, &whole) && whole >= (str_equal(name, STR("seed")) ? 0 : 1);
    if (str_equal(name, STR("stop")))
        return json_is(value, JSON_LIST) && json_count(value) >= 1 && json_count(value) <= 4;
    static const char *const efforts[] = {"minimal", "low", "medium", "high"};
    for (size_t i = 0; i < sizeof efforts / sizeof *efforts; i++)
        if (str_equal(json_text(value), str_from(efforts[i])))
            return true;
    return false;
}

static bool has_template(const json *value)
{
    struct arena scratch = {0};
    str text = json_to_str(&scratch, value, JSON_COMPACT);
    bool has = str_contains(text, STR("{{")) || str_contains(text, STR("file://"));
    arena_release(&scratch);
    return has;
}

static bool is_azure(const struct import_kind *kind)
{
    return str_equal(str_from(kind->provider), STR("azure"));
}

/* Where the built-in provider of a kind is; the kind itself when it has an entry of its own. */
static struct import_kind place_of(const struct import_kind *kind)
{
    struct import_kind place = *kind;
    str name = str_from(kind->provider);
    if (kind->api)
        return place;
    bool anthropic = str_equal(name, STR("anthropic")), gemini = str_equal(name, STR("gemini"));
    place.api = anthropic ? "anthropic-messages" : gemini ? "gemini" : "openai-chat";
    place.base_url = anthropic ? "https://api.anthropic.com"
                     : gemini  ? "https://generativelanguage.googleapis.com"
                               : "https://api.openai.com/v1";
    place.key_env = anthropic ? "ANTHROPIC_API_KEY"
                    : gemini  ? "GEMINI_API_KEY"
                              : "OPENAI_API_KEY";
    return place;
}

/* Azure has its key in a header of its own. */
static void set_key(struct import_draft *model, str variable)
{
    struct arena *arena = model->importing->arena;
    if (!is_azure(model->kind)) {
        json_set_text(arena, model->provider, "key_env", variable);
        return;
    }
    json *headers = json_new_object(arena);
    json_set_text(arena, headers, "api-key", variable);
    json_set(arena, model->provider, STR("headers_env"), headers);
}

json *import_own_provider(struct import_draft *model)
{
    struct arena *arena = model->importing->arena;
    struct import_kind place = place_of(model->kind);
    if (model->provider)
        return model->provider;
    model->provider = json_new_object(arena);
    json_set_text(arena, model->provider, "api", str_from(place.api));
    if (place.base_url)
        json_set_text(arena, model->provider, "base_url", str_from(place.base_url));
    if (place.key_env)
        set_key(model, str_from(place.key_env));
    return model->provider;
}

static bool is_address(str url)
{
    ptrdiff_t host = str_find(url, STR("://"), 0);
    return (str_starts_with(url, STR("http://")) || str_starts_with(url, STR("https://"))) &&
           str_find(url, STR("@"), (size_t)host) < 0 && str_find(url, STR("?"), 0) < 0 &&
           str_find(url, STR("{{"), 0) < 0;
}

static bool take_address(struct import_draft *model, str name, const json *value)
{
    struct arena *arena = model->importing->arena;
    str url = json_text(value);
    if (str_equal(name, STR("apiHost")) && url.n && !str_contains(url, STR("://")))
        url = arena_printf(arena, "https://%.*s%s/v1", STR_ARG(url),
                           is_azure(model->kind) ? "/openai" : "");
    if (!is_address(url))
        return false;
    while (str_ends_with(url, STR("/")))
        url.n--;
    json_set_text(arena, import_own_provider(model), "base_url", url);
    return true;
}

/* One member of `config`; false when it has no counterpart. */
static bool take_member(struct import_draft *model, const json *member)
{
    struct arena *arena = model->importing->arena;
    str name = json_key(member);
    const char *parameter = parameter_of(name);
    if (parameter && str_equal(str_from(parameter), STR("stop")) &&
        json_is(member, JSON_TEXT)) {
        json *list = json_new_list(arena);
        json_add(arena, list, member);
        member = list;
    }
    if (parameter && in_range(parameter, member)) {
        json_set(arena, model->value, str_from(parameter), member);
        return true;
    }
    if (str_equal(name, STR("apiBaseUrl")) || str_equal(name, STR("apiHost")))
        return take_address(model, name, member);
    if (str_equal(name, STR("apiKeyEnvar")) && name_is_valid(json_text(member))) {
        import_own_provider(model);
        set_key(model, json_text(member));
        return true;
    }
    if (str_equal(name, STR("reasoning")) && json_count(member) == 1 &&
        in_range("reasoning_effort", json_get(member, STR("effort")))) {
        json_set(arena, model->value, STR("reasoning_effort"), json_get(member, STR("effort")));
        return true;
    }
    bool openai = !str_equal(str_from(model->kind->provider), STR("anthropic")) &&
                  !str_equal(str_from(model->kind->provider), STR("gemini"));
    for (size_t i = 0; bodies[i]; i++)
        if (openai && str_equal(name, str_from(bodies[i])) && !has_template(member)) {
            if (!model->extra)
                model->extra = json_new_object(arena);
            json_set(arena, model->extra, name, member);
            return true;
        }
    return false;
}

void import_config(struct import_draft *model, struct import_item config)
{
    struct importing *importing = model->importing;
    if (!import_is(config, JSON_OBJECT))
        return;
    for (const json *member = json_first(config.value); member; member = json_next(member)) {
        str name = json_key(member);
        const struct yaml_pair *pair = config.yaml ? yaml_pair_get(config.yaml, name) : NULL;
        struct place place = pair ? pair->key_place : config.place;
        if (str_equal(name, STR("apiKey")))
            import_left_out(importing, place,
                            "provider: a key is never copied; weir reads the environment "
                            "variable that key_env names");
        else if (!take_member(model, member))
            import_left_out(importing, place, "provider: '%.*s' has no counterpart",
                            STR_ARG(text_shorten(importing->arena,
                                                 text_visible(importing->arena, name), 60)));
    }
}

void import_usual_parameters(struct import_draft *model, struct import_item config, str id)
{
    static const struct {
        const char *provider, *family;
    } known[] = {{"openai", "gpt-3.5"}, {"openai", "gpt-4"}, {"anthropic", "claude-3"}};
    static const struct {
        const char *name;
        int64_t value;
    } usual[] = {{"temperature", 0}, {"max_tokens", 1024}};
    bool takes = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        takes =
            takes || (str_equal(str_from(model->kind->provider), str_from(known[i].provider)) &&
                      str_starts_with(id, str_from(known[i].family)));
    for (size_t i = 0; takes && i < sizeof usual / sizeof *usual; i++)
        if (!json_get(config.value, str_from(usual[i].name)) &&
            !json_get(model->value, str_from(usual[i].name)))
            json_set_int(model->importing->arena, model->value, usual[i].name, usual[i].value);
}
