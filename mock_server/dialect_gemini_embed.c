/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_gemini_embed.c: Gemini's embedContent and batchEmbedContents.
 *
 * Vectors are those of embedding.h, of any length up to the model's; a task type is taken and
 * changes nothing, so that a question is near to the text that answers it. All requests of a
 * batch must ask for the same length.
 */
#include "mock_server/dialect.h"
#include "mock_server/embedding.h"
#include "mock_server/gemini.h"

enum { DIMENSIONS = 3072, BATCH_MAX = 100 };

/* One EmbedContentRequest; `where` begins places, as "requests[0]." does. */
static int read_one(const struct gemini_reading *in, const json *one, const char *where,
                    str *input, int64_t *dimensions)
{
    struct arena *arena = in->request->arena;
    const json *content = gemini_get(one, "content");
    const json *length = gemini_get(one, "outputDimensionality");
    *dimensions = length ? gemini_int(length) : DIMENSIONS;
    if (!content)
        return gemini_refuse(in, arena_printf(arena, "%scontent", where).p,
                             "content is not specified");
    if (gemini_count(gemini_get(content, "parts")) == 0)
        return gemini_refuse(in, arena_printf(arena, "%scontent.parts", where).p,
                             "contents.parts must not be empty.");
    if (*dimensions < 1 || *dimensions > DIMENSIONS)
        return gemini_refuse(in, arena_printf(arena, "%soutput_dimensionality", where).p,
                             "output_dimensionality must be in the range [1, %d].", DIMENSIONS);
    *input = gemini_content_text(arena, content);
    if (input->n == 0)
        return gemini_refuse(in, arena_printf(arena, "%scontent", where).p,
                             "content contains an empty Part.");
    return 0;
}

static int read_embed(const json *body, struct request *request, struct trouble *trouble)
{
    struct gemini_reading in = {request, trouble, gemini_embed_content.type};
    str *input = arena_new(request->arena, str);
    request->model = request->url_model;
    if (gemini_check(body, &gemini_embed_content, request, trouble) < 0 ||
        read_one(&in, body, "", input, &request->dimensions) < 0)
        return -1;
    request->input = input;
    request->inputs = 1;
    return 0;
}

static int read_batch(const json *body, struct request *request, struct trouble *trouble)
{
    struct gemini_reading in = {request, trouble, gemini_batch_embed.type};
    request->model = request->url_model;
    if (gemini_check(body, &gemini_batch_embed, request, trouble) < 0)
        return -1;
    const json *requests = gemini_get(body, "requests");
    size_t count = gemini_count(requests), i = 0;
    if (count == 0)
        return gemini_refuse(&in, "requests", "requests is not specified");
    if (count > BATCH_MAX)
        return gemini_refuse(&in, "requests", "at most %d requests can be in one batch",
                             BATCH_MAX);
    str *input = arena_array(request->arena, str, count);
    for (const json *one = gemini_first(requests); one; one = gemini_next(requests, one), i++) {
        int64_t dimensions;
        const char *where = arena_printf(request->arena, "requests[%zu].", i).p;
        if (read_one(&in, one, where, &input[i], &dimensions) < 0)
            return -1;
        if (i && dimensions != request->dimensions)
            return gemini_refuse(
                &in, arena_printf(request->arena, "%soutput_dimensionality", where).p,
                "weir-mock wants the same output_dimensionality in all "
                "requests of a batch.");
        request->dimensions = dimensions;
    }
    request->input = input;
    request->inputs = count;
    return 0;
}

/* ---- replies ---- */

static void write_vector(struct buf *out, struct arena *arena, str text, size_t dimensions)
{
    float *vector = arena_array(arena, float, dimensions);
    embedding_make(text, dimensions, vector);
    buf_add_str(out, STR("{\"values\":"));
    embedding_write(out, vector, dimensions);
    buf_add_char(out, '}');
}

static void write_usage(struct buf *out, const struct request *request)
{
    buf_add_str(out, STR(",\"usageMetadata\":{\"promptTokenCount\":"));
    write_int(out, request->input_tokens);
    buf_add_str(out, STR(",\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":"));
    write_int(out, request->input_tokens);
    buf_add_str(out, STR("}]}}"));
}

static void write_one(struct buf *out, const struct request *request, const struct reply *reply)
{
    (void)reply;
    buf_add_str(out, STR("{\"embedding\":"));
    write_vector(out, request->arena, request->input[0], (size_t)request->dimensions);
    write_usage(out, request);
}

static void write_batch(struct buf *out, const struct request *request,
                        const struct reply *reply)
{
    (void)reply;
    buf_add_str(out, STR("{\"embeddings\":["));
    for (size_t i = 0; i < request->inputs; i++) {
        if (i)
            buf_add_char(out, ',');
        write_vector(out, request->arena, request->input[i], (size_t)request->dimensions);
    }
    buf_add_char(out, ']');
    write_usage(out, request);
}

const struct dialect dialect_gemini_embed = {
    .name = "gemini",
    .provider = &provider_gemini,
    .task = TASK_EMBED,
    .read = read_embed,
    .write = write_one,
};

const struct dialect dialect_gemini_batch_embed = {
    .name = "gemini",
    .provider = &provider_gemini,
    .task = TASK_EMBED,
    .read = read_batch,
    .write = write_batch,
};
