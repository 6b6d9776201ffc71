/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_responses.c: OpenAI's POST /v1/responses, and /v1/responses/input_tokens, which
 * counts.
 *
 * A response repeats most of what was asked; what was not given is there with its default.
 */
#include "mock_server/dialect.h"
#include "mock_server/openai_responses.h"

/* ---- what was asked ---- */

/* ,"name":value as it was sent, or the fallback, which is JSON. */
static void repeat(struct buf *out, const struct request *request, const char *name,
                   const char *fallback)
{
    const json *value = json_get(request->body, str_from(name));
    buf_printf(out, ",\"%s\":", name);
    if (value && !json_is(value, JSON_NULL))
        json_write(out, value, JSON_COMPACT);
    else
        buf_add_str(out, str_from(fallback));
}

/* An object's member with its default where it was not given. */
static void set_default(struct arena *arena, json *object, const char *name, const json *value)
{
    if (!json_get(object, str_from(name)))
        json_set(arena, object, str_from(name), value);
}

static void write_text_options(struct buf *out, const struct request *request)
{
    struct arena *arena = request->arena;
    const json *text = json_get(request->body, STR("text"));
    const json *format = json_get(text, STR("format"));
    const json *verbosity = json_get(text, STR("verbosity"));
    buf_add_str(out, STR(",\"text\":{\"format\":"));
    if (request->schema) {
        json *whole = json_copy(arena, format);
        set_default(arena, whole, "strict", json_new_bool(false));
        json_write(out, whole, JSON_COMPACT);
    } else {
        buf_add_str(out, request->wants_json ? STR("{\"type\":\"json_object\"}")
                                             : STR("{\"type\":\"text\"}"));
    }
    buf_add_str(out, STR(",\"verbosity\":"));
    if (json_is(verbosity, JSON_TEXT))
        json_write(out, verbosity, JSON_COMPACT);
    else
        buf_add_str(out, STR("\"medium\""));
    buf_add_char(out, '}');
}

static void write_reasoning_options(struct buf *out, const struct request *request)
{
    struct arena *arena = request->arena;
    const json *given = json_get(request->body, STR("reasoning"));
    json *whole =
        json_is(given, JSON_OBJECT) ? json_copy(arena, given) : json_new_object(arena);
    set_default(arena, whole, "effort", json_null());
    set_default(arena, whole, "summary", json_null());
    buf_add_str(out, STR(",\"reasoning\":"));
    json_write(out, whole, JSON_COMPACT);
}

static void write_tools(struct buf *out, const struct request *request)
{
    struct arena *arena = request->arena;
    const json *tools = json_get(request->body, STR("tools"));
    bool any = false;
    buf_add_str(out, STR(",\"tools\":["));
    for (const json *tool = json_first(tools); tool; tool = json_next(tool)) {
        json *whole = json_copy(arena, tool);
        if (str_equal(json_text(json_get(tool, STR("type"))), STR("function"))) {
            set_default(arena, whole, "description", json_null());
            set_default(arena, whole, "parameters", json_null());
            set_default(arena, whole, "strict", json_new_bool(true));
        }
        if (any)
            buf_add_char(out, ',');
        json_write(out, whole, JSON_COMPACT);
        any = true;
    }
    buf_add_char(out, ']');
}

/* ---- what came of it ---- */

static void write_output(struct buf *out, const struct request *request,
                         const struct reply *reply, enum response_state state)
{
    size_t count = 0;
    const struct output_item *item =
        state == RESPONSE_ENDED ? openai_responses_items(request, reply, &count) : NULL;
    buf_add_str(out, STR(",\"output\":["));
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(out, ',');
        openai_responses_write_item(out, request, reply, &item[i], RESPONSE_ENDED);
    }
    buf_add_char(out, ']');
}

static void write_count(struct buf *out, str name, int64_t number)
{
    buf_add_str(out, name);
    write_int(out, number);
}

static void write_usage(struct buf *out, const struct request *request,
                        const struct reply *reply)
{
    write_count(out, STR(",\"usage\":{\"input_tokens\":"), request->input_tokens);
    write_count(out, STR(",\"input_tokens_details\":{\"cached_tokens\":"), reply->cache_read);
    write_count(out, STR(",\"cache_write_tokens\":"), reply->cache_write);
    write_count(out, STR("},\"output_tokens\":"), reply->output_tokens);
    write_count(out, STR(",\"output_tokens_details\":{\"reasoning_tokens\":"),
                reply->reasoning_tokens);
    write_count(out, STR("},\"total_tokens\":"), request->input_tokens + reply->output_tokens);
    buf_add_char(out, '}');
}

static void write_state(struct buf *out, const struct reply *reply, enum response_state state)
{
    bool ended = state == RESPONSE_ENDED;
    bool cut = ended && reply->choice[0].finish == FINISH_LENGTH;
    int64_t created = drawn_time(reply->ids);
    write_count(out, STR(",\"created_at\":"), created);
    buf_add_str(out, !ended ? STR(",\"status\":\"in_progress\"")
                     : cut  ? STR(",\"status\":\"incomplete\"")
                            : STR(",\"status\":\"completed\""));
    buf_add_str(out, STR(",\"background\":false"));
    if (ended && !cut)
        write_count(out, STR(",\"completed_at\":"), created + 1);
    else
        buf_add_str(out, STR(",\"completed_at\":null"));
    buf_add_str(out, STR(",\"error\":null"));
    buf_add_str(out, cut ? STR(",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}")
                         : STR(",\"incomplete_details\":null"));
}

void openai_responses_write(struct buf *out, const struct request *request,
                            const struct reply *reply, enum response_state state)
{
    buf_add_str(out, STR("{\"id\":\"resp_"));
    write_id(out, reply->ids, "id", 48);
    buf_add_str(out, STR("\",\"object\":\"response\""));
    write_state(out, reply, state);
    repeat(out, request, "instructions", "null");
    repeat(out, request, "max_output_tokens", "null");
    repeat(out, request, "max_tool_calls", "null");
    buf_add_str(out, STR(",\"model\":"));
    json_write_text(out, reply->model);
    write_output(out, request, reply, state);
    repeat(out, request, "parallel_tool_calls", "true");
    repeat(out, request, "previous_response_id", "null");
    repeat(out, request, "prompt_cache_key", "null");
    write_reasoning_options(out, request);
    repeat(out, request, "safety_identifier", "null");
    buf_add_str(out, state == RESPONSE_ENDED ? STR(",\"service_tier\":\"default\"")
                                             : STR(",\"service_tier\":\"auto\""));
    repeat(out, request, "store", "true");
    repeat(out, request, "temperature", "1.0");
    write_text_options(out, request);
    repeat(out, request, "tool_choice", "\"auto\"");
    write_tools(out, request);
    repeat(out, request, "top_logprobs", "0");
    repeat(out, request, "top_p", "1.0");
    repeat(out, request, "truncation", "\"disabled\"");
    if (state == RESPONSE_ENDED)
        write_usage(out, request, reply);
    else
        buf_add_str(out, STR(",\"usage\":null"));
    repeat(out, request, "user", "null");
    repeat(out, request, "metadata", "{}");
    buf_add_char(out, '}');
}

static void write_reply(struct buf *out, const struct request *request,
                        const struct reply *reply)
{
    openai_responses_write(out, request, reply, RESPONSE_ENDED);
}

const struct dialect dialect_openai_responses = {
    .name = "openai-responses",
    .provider = &provider_openai,
    .read = openai_responses_read,
    .write = write_reply,
    .write_stream = openai_responses_write_stream,
    .write_stream_error = openai_responses_write_stream_error,
};

/* ---- counting ---- */

static int read_counted(const json *body, struct request *request, struct trouble *trouble)
{
    int result = openai_responses_read(body, request, trouble);
    request->stream = false;
    return result;
}

static void write_tokens(struct buf *out, const struct request *request,
                         const struct reply *reply)
{
    (void)reply;
    write_count(out, STR("{\"object\":\"response.input_tokens\",\"input_tokens\":"),
                request->input_tokens);
    buf_add_char(out, '}');
}

const struct dialect dialect_openai_input_tokens = {
    .name = "openai-responses",
    .provider = &provider_openai,
    .task = TASK_COUNT,
    .read = read_counted,
    .write = write_tokens,
};
