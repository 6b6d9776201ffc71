/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_gemini.c: Gemini's generateContent, streamGenerateContent and countTokens.
 *
 * The model stands in the path. Reading is gemini_read.c's, writing gemini_write.c's and
 * gemini_stream.c's.
 */
#include "mock_server/dialect.h"
#include "mock_server/gemini.h"
#include "mock_server/query.h"

static int read_body(const json *body, const struct gemini_message *message,
                     struct gemini_reading *in)
{
    struct request *request = in->request;
    in->message = message->type;
    request->model = request->url_model;
    return gemini_check(body, message, request, in->trouble);
}

static int read_generate(const json *body, struct request *request, struct trouble *trouble)
{
    struct gemini_reading in = {.request = request, .trouble = trouble};
    if (read_body(body, &gemini_generate_content, &in) < 0)
        return -1;
    return gemini_read_generate(&in, body);
}

bool gemini_streams_list(const struct http_request *http)
{
    return http && str_ends_with(http->path, STR(":streamGenerateContent")) &&
           !query_is(http->query, STR("alt"), STR("sse"));
}

static int read_stream(const json *body, struct request *request, struct trouble *trouble)
{
    request->stream = request->stream_usage = true;
    request->stream_list = gemini_streams_list(request->http);
    return read_generate(body, request, trouble);
}

/* ---- counts ---- */

static int read_count(const json *body, struct request *request, struct trouble *trouble)
{
    struct gemini_reading in = {.request = request, .trouble = trouble};
    if (read_body(body, &gemini_count_tokens, &in) < 0)
        return -1;
    const json *whole = gemini_get(body, "generateContentRequest");
    if (whole && gemini_get(body, "contents"))
        return gemini_refuse(&in, "contents",
                             "contents and generate_content_request must not both be set.");
    return gemini_read_generate(&in, whole ? whole : body);
}

static void write_count(struct buf *out, const struct request *request,
                        const struct reply *reply)
{
    buf_add_str(out, STR("{\"totalTokens\":"));
    write_int(out, request->input_tokens);
    if (reply->cache_read) {
        buf_add_str(out, STR(",\"cachedContentTokenCount\":"));
        write_int(out, reply->cache_read);
    }
    buf_add_str(out, STR(",\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":"));
    write_int(out, request->input_tokens);
    buf_add_str(out, STR("}]}"));
}

const struct dialect dialect_gemini = {
    .name = "gemini",
    .provider = &provider_gemini,
    .read = read_generate,
    .write = gemini_write_reply,
};

const struct dialect dialect_gemini_stream = {
    .name = "gemini",
    .provider = &provider_gemini,
    .read = read_stream,
    .write = gemini_write_reply,
    .write_stream = gemini_write_stream,
    .write_stream_error = gemini_write_stream_error,
};

const struct dialect dialect_gemini_count = {
    .name = "gemini",
    .provider = &provider_gemini,
    .task = TASK_COUNT,
    .read = read_count,
    .write = write_count,
};
