/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * credentials.c: keys of providers (see credentials.h, and llm_provider_load_keys in model.h).
 *
 * A credential never stands in an experiment file: what looks like one is refused, and its text
 * is registered as a secret first, so that neither the message nor the line shown with it can
 * repeat it. Keys come from the environment and stay in memory.
 */
#include "llm/credentials.h"

#include "base/log.h"
#include "base/text.h"
#include "io/http_proxy.h"
#include "llm/dialect.h"
#include "llm/model.h"

/* Sent instead of a key to the mock server, which accepts any. Too short to be registered as a
 * secret, as it must be: it is none. */
#define MOCK_KEY STR("mock")

/* ---- in a file ---- */

static bool names_credential(str key)
{
    static const char *const words[] = {
        "access_key", "access_token",  "api_key",       "api_token",  "apikey",
        "auth",       "auth_token",    "bearer",        "bearer_key", "key",
        "keys",       "bearer_token",  "authorization", "credential", "password",
        "secret",     "token",         "credentials",   "secret_key", "x_api_key",
        "openai_key", "openai_api_key"};
    struct arena scratch = {0};
    str lower = text_lower_ascii(&scratch, key);
    char plain[64];
    size_t n = lower.n < sizeof plain ? lower.n : sizeof plain;
    for (size_t i = 0; i < n; i++)
        plain[i] = lower.p[i] == '-' ? '_' : lower.p[i];
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        found = found || str_equal((str){plain, n}, str_from(words[i]));
    arena_release(&scratch);
    return found;
}

void llm_hide_value(const struct yaml *value)
{
    if (value->kind != YAML_LIST && value->kind != YAML_MAPPING)
        secret_add(value->text);
}

const struct yaml *llm_refuse_credentials(struct opt_parse *parse, const struct yaml *mapping)
{
    const struct yaml *clean = mapping;
    for (size_t i = 0; mapping->kind == YAML_MAPPING && i < mapping->count; i++) {
        const struct yaml_pair *pair = &mapping->pair[i];
        if (!names_credential(pair->key))
            continue;
        llm_hide_value(pair->value);
        mistake_add(parse->mistakes, pair->value->place,
                    "a key must not be in the file; expected key_env, the name of an "
                    "environment variable");
        clean = yaml_without(parse->arena, clean, pair->key);
    }
    return clean;
}

/* ---- in the environment ---- */

bool llm_has_control(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ' || text.p[i] == 127)
            return true;
    return false;
}

/* The variable's value without white space at its ends, registered as a secret. */
static int load_variable(const struct llm_provider *provider, struct arena *arena, str name,
                         char *(*get)(const char *name), str *value, struct err *err)
{
    str variable = arena_str(arena, name);
    *value = arena_str(arena, str_trim(str_from(get(variable.p))));
    if (value->n == 0)
        return err_set(err, ERR_INPUT,
                       "provider '%.*s': environment variable %.*s is not set; it holds the "
                       "key (--mock needs none)",
                       STR_ARG(provider->name), STR_ARG(name));
    secret_add(*value);
    if (llm_has_control(*value))
        return err_set(err, ERR_INPUT,
                       "provider '%.*s': environment variable %.*s holds a line break or "
                       "another control character",
                       STR_ARG(provider->name), STR_ARG(name));
    return 0;
}

int llm_provider_load_keys(struct llm_provider *provider, struct arena *arena,
                           char *(*get)(const char *name), struct err *err)
{
    struct llm_endpoint *endpoint =
        arena_array(arena, struct llm_endpoint, provider->endpoints);
    for (size_t i = 0; i < provider->endpoints; i++) {
        endpoint[i] = provider->endpoint[i];
        if (endpoint[i].key_env.n &&
            load_variable(provider, arena, endpoint[i].key_env, get, &endpoint[i].key, err) < 0)
            return -1;
    }
    provider->endpoint = endpoint;
    http_proxy_hide_passwords();
    size_t count = provider->headers_env.count;
    struct llm_pair *pair = arena_array(arena, struct llm_pair, count + 1);
    for (size_t i = 0; i < count; i++) {
        pair[i].name = provider->headers_env.pair[i].name;
        if (load_variable(provider, arena, provider->headers_env.pair[i].value, get,
                          &pair[i].value, err) < 0)
            return -1;
    }
    provider->secret_headers = (struct llm_pairs){pair, count};
    return 0;
}

void llm_provider_use_mock(struct llm_provider *provider, struct arena *arena, str mock_url)
{
    while (str_ends_with(mock_url, STR("/")))
        mock_url.n--;
    struct llm_endpoint *endpoint = arena_new(arena, struct llm_endpoint);
    endpoint->base_url =
        arena_printf(arena, "%.*s%s", STR_ARG(mock_url), provider->dialect->mock_path);
    endpoint->key = MOCK_KEY; /* also where no key is needed: a mock asks for one */
    provider->endpoint = endpoint;
    provider->endpoints = 1;
    provider->secret_headers = (struct llm_pairs){0};
}
