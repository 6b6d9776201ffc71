/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect.c: the table of dialects and their paths, and writers they share (see dialect.h).
 */
#include "mock_server/dialect.h"

#include "base/hash.h"

/* A path that ends in '/' takes the rest as a name. */
struct route_row {
    str path, method;
    enum endpoint endpoint;
    const struct dialect *dialect;
    const struct provider *provider;
};

/* clang-format off */
static const struct route_row routes[] = {
    {STR_INIT("/chat/completions"), STR_INIT("POST"), ENDPOINT_CHAT,   &dialect_openai_chat, &provider_openai},
    {STR_INIT("/models"),           STR_INIT("GET"),  ENDPOINT_MODELS, NULL,                 &provider_openai},
    {STR_INIT("/models/"),          STR_INIT("GET"),  ENDPOINT_MODEL,  NULL,                 &provider_openai},
};
/* clang-format on */

static const str names[] = {STR_INIT("openai-chat"), STR_INIT("openai-responses"),
                            STR_INIT("openai-embeddings"), STR_INIT("anthropic-messages"),
                            STR_INIT("gemini")};

struct route route_find(str path)
{
    if (str_starts_with(path, STR("/v1/")))
        path = str_sub(path, 3, path.n);
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        const struct route_row *row = &routes[i];
        bool takes_rest = row->path.p[row->path.n - 1] == '/';
        bool fits = takes_rest ? path.n > row->path.n && str_starts_with(path, row->path)
                               : str_equal(path, row->path);
        if (fits)
            return (struct route){row->endpoint, row->dialect, row->provider, row->method,
                                  str_sub(path, row->path.n, path.n)};
    }
    return (struct route){.provider = &provider_openai};
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
