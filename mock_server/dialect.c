/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect.c: the table of dialects and their paths, and writers they share (see dialect.h).
 */
#include "mock_server/dialect.h"

#include "base/hash.h"
#include "mock_server/query.h"

/* '*' in a path stands for the name of a model. Paths begin behind the version. */
struct route_row {
    str path, method;
    enum endpoint endpoint;
    const struct dialect *dialect;
    const struct provider *provider;
};

/* clang-format off */
static const struct route_row routes[] = {
    {STR_INIT("/chat/completions"), STR_INIT("POST"), ENDPOINT_TASK,   &dialect_openai_chat, &provider_openai},
    {STR_INIT("/responses"),        STR_INIT("POST"), ENDPOINT_TASK,   &dialect_openai_responses, &provider_openai},
    {STR_INIT("/responses/input_tokens"), STR_INIT("POST"), ENDPOINT_TASK, &dialect_openai_input_tokens, &provider_openai},
    {STR_INIT("/embeddings"),       STR_INIT("POST"), ENDPOINT_TASK,   &dialect_openai_embeddings, &provider_openai},
    {STR_INIT("/openai/deployments/*/chat/completions"), STR_INIT("POST"), ENDPOINT_TASK, &dialect_openai_chat, &provider_openai},
    {STR_INIT("/openai/deployments/*/embeddings"), STR_INIT("POST"), ENDPOINT_TASK, &dialect_openai_embeddings, &provider_openai},
    {STR_INIT("/messages"),         STR_INIT("POST"), ENDPOINT_TASK,   &dialect_anthropic_messages, &provider_anthropic},
    {STR_INIT("/messages/count_tokens"), STR_INIT("POST"), ENDPOINT_TASK, &dialect_anthropic_count, &provider_anthropic},
    {STR_INIT("/models/*:generateContent"), STR_INIT("POST"), ENDPOINT_TASK, &dialect_gemini, &provider_gemini},
    {STR_INIT("/models/*:streamGenerateContent"), STR_INIT("POST"), ENDPOINT_TASK, &dialect_gemini_stream, &provider_gemini},
    {STR_INIT("/models/*:countTokens"), STR_INIT("POST"), ENDPOINT_TASK, &dialect_gemini_count, &provider_gemini},
    {STR_INIT("/models/*:embedContent"), STR_INIT("POST"), ENDPOINT_TASK, &dialect_gemini_embed, &provider_gemini},
    {STR_INIT("/models/*:batchEmbedContents"), STR_INIT("POST"), ENDPOINT_TASK, &dialect_gemini_batch_embed, &provider_gemini},
    {STR_INIT("/models"),           STR_INIT("GET"),  ENDPOINT_MODELS, NULL,                 &provider_openai},
    {STR_INIT("/models"),           STR_INIT("GET"),  ENDPOINT_MODELS, NULL,                 &provider_anthropic},
    {STR_INIT("/models"),           STR_INIT("GET"),  ENDPOINT_MODELS, NULL,                 &provider_gemini},
    {STR_INIT("/models/*"),         STR_INIT("GET"),  ENDPOINT_MODEL,  NULL,                 &provider_openai},
    {STR_INIT("/models/*"),         STR_INIT("GET"),  ENDPOINT_MODEL,  NULL,                 &provider_anthropic},
    {STR_INIT("/models/*"),         STR_INIT("GET"),  ENDPOINT_MODEL,  NULL,                 &provider_gemini},
};
/* clang-format on */

static const str names[] = {STR_INIT("openai-chat"), STR_INIT("openai-responses"),
                            STR_INIT("openai-embeddings"), STR_INIT("anthropic-messages"),
                            STR_INIT("gemini")};

/* What stands for the '*' goes to *rest. */
static bool path_fits(str pattern, str path, str *rest)
{
    str before, behind;
    *rest = STR("");
    if (!str_cut(pattern, '*', &before, &behind))
        return str_equal(pattern, path);
    if (path.n <= before.n + behind.n || !str_starts_with(path, before) ||
        !str_ends_with(path, behind))
        return false;
    *rest = str_sub(path, before.n, path.n - behind.n);
    return true;
}

/* Official clients name their provider by a header or the version in the path; all others are
 * taken for OpenAI's, whose API most servers speak. */
static const struct provider *provider_of(str version, const struct http_request *http)
{
    if (str_starts_with(version, STR("/v1")) && version.n > 3)
        return &provider_gemini;
    if (http_header_get(http, STR("x-goog-api-key")).n || query_has(http->query, STR("key")))
        return &provider_gemini;
    if (http_header_get(http, STR("anthropic-version")).n ||
        http_header_get(http, STR("x-api-key")).n)
        return &provider_anthropic;
    return &provider_openai;
}

/* Azure has the same API under /openai/v1. */
static str take_version(str *path)
{
    if (str_starts_with(*path, STR("/openai/v1/")))
        *path = str_sub(*path, 7, path->n);
    static const str versions[] = {STR_INIT("/v1"), STR_INIT("/v1beta"), STR_INIT("/v1alpha")};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (str_starts_with(*path, versions[i]) && path->n > versions[i].n &&
            path->p[versions[i].n] == '/') {
            *path = str_sub(*path, versions[i].n, path->n);
            return versions[i];
        }
    return STR("");
}

struct route route_find(str path, const struct http_request *http)
{
    str version = take_version(&path), rest;
    const struct provider *provider = provider_of(version, http);
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        const struct route_row *row = &routes[i];
        if (!path_fits(row->path, path, &rest))
            continue;
        if (row->endpoint == ENDPOINT_TASK || row->provider == provider)
            return (struct route){row->endpoint, row->dialect, row->provider,
                                  row->method,   row->path,    rest};
    }
    return (struct route){.provider = provider};
}

const str *dialect_names(size_t *count)
{
    *count = sizeof names / sizeof names[0];
    return names;
}

bool dialect_name_is_known(str name)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_equal(names[i], name))
            return true;
    return false;
}

str dialect_name(const struct dialect *dialect)
{
    return str_from(dialect->name);
}

void write_id(struct buf *out, struct rng_key key, const char *purpose, size_t count)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    enum { PER_DRAW = 10 }; /* 62^10 < 2^64 */
    char text[64];
    uint64_t bits = 0;
    key = rng_mix_str(key, str_from(purpose));
    if (count > sizeof text)
        count = sizeof text;
    for (size_t i = 0; i < count; i++) {
        if (i % PER_DRAW == 0) /* rng_bits would mix the purpose in each time */
            bits = hash_sip(key.k0, key.k1, &i, sizeof i);
        text[i] = digits[bits % 62];
        bits /= 62;
    }
    buf_add(out, text, count);
}

int64_t drawn_time(struct rng_key key)
{
    return 1790000000 + (int64_t)rng_below(key, "created", 0, 2000000);
}

void write_int(struct buf *out, int64_t number)
{
    char text[24], *at = text + sizeof text;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        *--at = '-';
    buf_add(out, at, (size_t)(text + sizeof text - at));
}
