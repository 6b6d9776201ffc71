/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_embeddings.c: OpenAI's embeddings, which many servers have too.
 *
 * Vectors are asked for as numbers, which all servers know; one that sends base64 is understood.
 * The order of the list means nothing: each vector says whose it is.
 */
#include "llm/dialect_openai_embeddings.h"

#include <math.h>

#include "llm/dialect_openai_chat.h"
#include "llm/dialect_parts.h"

static void path(const struct llm_request *request, struct buf *out)
{
    (void)request;
    buf_add_str(out, STR("/embeddings"));
}

static void encode(const struct llm_request *request, struct buf *out)
{
    struct llm_body body = llm_body_begin(out, request->model->extra);
    llm_body_text(&body, "model", request->model->model);
    llm_body_texts(&body, "input", request->embed, request->embeds);
    llm_body_end(&body);
}

/* ---- base64 ---- */

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (char_is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The bytes of base64 (RFC 4648), or 0 when it is none. `out` has room for 3 bytes for each 4. */
static size_t base64_bytes(str text, unsigned char *out)
{
    size_t n = 0;
    uint32_t bits = 0;
    unsigned have = 0;
    while (str_ends_with(text, STR("=")))
        text.n--;
    for (size_t i = 0; i < text.n; i++) {
        int digit = digit_of(text.p[i]);
        if (digit < 0)
            return 0;
        bits = bits << 6 | (uint32_t)digit;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (unsigned char)(bits >> have);
        }
    }
    return n;
}

/* Little-endian float32. */
static struct llm_vector vector_of_base64(str text, struct arena *arena)
{
    unsigned char *bytes = arena_alloc(arena, text.n + 4);
    size_t count = base64_bytes(text, bytes) / 4;
    float *value = arena_array(arena, float, count);
    for (size_t i = 0; i < count; i++) {
        const unsigned char *b = bytes + 4 * i;
        uint32_t bits =
            (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        memcpy(&value[i], &bits, sizeof bits);
        if (!isfinite(value[i]))
            return (struct llm_vector){0};
    }
    return (struct llm_vector){value, count};
}

/* ---- decode ---- */

static void read_vectors(const json *data, struct llm_vector *vector, size_t wanted,
                         struct arena *arena)
{
    for (const json *item = json_is(data, JSON_LIST) ? json_first(data) : NULL; item;
         item = json_next(item)) {
        const json *embedding = json_get(item, STR("embedding"));
        int64_t index;
        if (!json_int(json_get(item, STR("index")), &index) || index < 0 ||
            (size_t)index >= wanted)
            continue;
        vector[index] = json_is(embedding, JSON_TEXT)
                            ? vector_of_base64(json_text(embedding), arena)
                            : llm_vector_of_json(embedding, arena);
    }
}

static void decode(const struct llm_request *request, str body, struct arena *arena,
                   struct llm_decoded *out)
{
    const json *root = llm_decode_root(body, arena, out);
    if (!root)
        return;
    int64_t input = llm_token_count(json_path(root, "usage.prompt_tokens"));
    if (input >= 0)
        out->usage = (struct llm_usage){.input = input};
    out->model = json_text(json_get(root, STR("model")));
    out->finish = LLM_FINISH_STOP;
    struct llm_vector *vector = arena_array(arena, struct llm_vector, request->embeds);
    read_vectors(json_get(root, STR("data")), vector, request->embeds, arena);
    llm_decoded_set_vectors(out, root, vector, request->embeds, arena);
}

const struct llm_embedding openai_embedding = {
    .path = path,
    .encode = encode,
    .decode = decode,
};

const struct llm_dialect llm_dialect_openai_embeddings = {
    .name = "openai-embeddings",
    .summary =
        "OpenAI embeddings: vectors for `similar` and for routing by example, no answers",
    .mock_path = "/v1",
    .probe_path = "/models",
    .key_header = "Authorization",
    .key_prefix = "Bearer ",
    .version_query = "api-version",
    .embedding = &openai_embedding,
    .explain = openai_explain,
};
