/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_gemini_embed.c: Gemini's batchEmbedContents.
 *
 * Vectors come in the order of the texts. Replies need not say what they used; then the cost is
 * unknown.
 */
#include "llm/dialect_gemini.h"

#include "llm/dialect_parts.h"

static void path(const struct llm_request *request, struct buf *out)
{
    gemini_path(request->model, ":batchEmbedContents", out);
}

/* The model is named again in each part, as the path names it. `extra` belongs to the parts. */
static void add_part(const struct llm_request *request, str text, struct buf *out)
{
    str name = request->model->model;
    struct buf full = {0};
    if (!memchr(name.p, '/', name.n))
        buf_add_str(&full, STR("models/"));
    buf_add_str(&full, name);
    struct llm_body body = llm_body_begin(out, request->model->extra), content, part;
    llm_body_text(&body, "model", buf_str(&full));
    if (llm_body_object(&body, "content", &content)) {
        if (llm_body_member(&content, "parts")) {
            buf_add_char(out, '[');
            part = llm_body_begin(out, NULL);
            llm_body_text(&part, "text", text);
            llm_body_end(&part);
            buf_add_char(out, ']');
        }
        llm_body_end(&content);
    }
    llm_body_end(&body);
    buf_release(&full);
}

static void encode(const struct llm_request *request, struct buf *out)
{
    buf_add_str(out, STR("{\"requests\":["));
    for (size_t i = 0; i < request->embeds; i++) {
        if (i)
            buf_add_char(out, ',');
        add_part(request, request->embed[i], out);
    }
    buf_add_str(out, STR("]}"));
}

static void decode(const struct llm_request *request, str body, struct arena *arena,
                   struct llm_decoded *out)
{
    const json *root = llm_decode_root(body, arena, out);
    if (!root)
        return;
    int64_t input = llm_token_count(json_path(root, "usageMetadata.promptTokenCount"));
    if (input >= 0)
        out->usage = (struct llm_usage){.input = input};
    out->finish = LLM_FINISH_STOP;
    struct llm_vector *vector = arena_array(arena, struct llm_vector, request->embeds);
    const json *list = json_get(root, STR("embeddings"));
    const json *item = json_is(list, JSON_LIST) ? json_first(list) : NULL;
    for (size_t i = 0; item && i < request->embeds; i++, item = json_next(item))
        vector[i] = llm_vector_of_json(json_get(item, STR("values")), arena);
    llm_decoded_set_vectors(out, root, vector, request->embeds, arena);
}

const struct llm_embedding gemini_embedding = {
    .path = path,
    .encode = encode,
    .decode = decode,
};
