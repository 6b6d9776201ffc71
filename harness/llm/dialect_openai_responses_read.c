/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_responses_read.c: OpenAI Responses: what comes back, whole or as a stream.
 *
 * A reply is a list of items of several types; those that are not known are passed over. A stream
 * ends with an event that holds the whole reply, so what came before it is looked at only for its
 * times and in case that event never comes.
 */
#include "llm/dialect_openai_responses.h"

#include "llm/dialect_openai_chat.h"
#include "llm/dialect_parts.h"
#include "llm/stream.h"

static void decode_usage(const json *usage, struct llm_usage *out)
{
    if (!json_is(usage, JSON_OBJECT))
        return;
    int64_t input = llm_token_count(json_get(usage, STR("input_tokens")));
    const json *details = json_get(usage, STR("input_tokens_details"));
    out->cache_read = llm_optional_count(json_get(details, STR("cached_tokens")));
    out->cache_write = llm_optional_count(json_get(details, STR("cache_write_tokens")));
    out->input = llm_count_without(input, out->cache_read, out->cache_write);
    out->output = llm_token_count(json_get(usage, STR("output_tokens")));
    out->reasoning =
        llm_token_count(json_path(usage, "output_tokens_details.reasoning_tokens"));
}

/* ---- items ---- */

struct reading {
    struct buf text, refusal;
    struct arena *arena;
    struct llm_decoded *out;
};

static void read_message(struct reading *reading, const json *item)
{
    const json *content = json_get(item, STR("content"));
    const json *part = json_is(content, JSON_LIST) ? json_first(content) : NULL;
    for (; part; part = json_next(part)) {
        str type = json_text(json_get(part, STR("type")));
        if (str_equal(type, STR("output_text")))
            buf_add_str(&reading->text, json_text(json_get(part, STR("text"))));
        else if (str_equal(type, STR("refusal")))
            buf_add_str(&reading->refusal, json_text(json_get(part, STR("refusal"))));
    }
}

/* Results refer to call_id; `id` is that of the item. */
static void read_item(struct reading *reading, const json *item)
{
    str type = json_text(json_get(item, STR("type")));
    if (str_equal(type, STR("message")))
        read_message(reading, item);
    if (!str_equal(type, STR("function_call")))
        return;
    str id = json_text(json_get(item, STR("call_id")));
    str name = json_text(json_get(item, STR("name")));
    const json *arguments = json_get(item, STR("arguments"));
    llm_decoded_add_call(
        reading->out, reading->arena,
        json_is(arguments, JSON_OBJECT)
            ? llm_tool_call_json(reading->arena, id, name, arguments)
            : llm_tool_call_text(reading->arena, id, name, json_text(arguments)));
}

static void read_output(const json *output, struct arena *arena, struct llm_decoded *out)
{
    struct reading reading = {.arena = arena, .out = out};
    for (const json *item = json_first(output); item; item = json_next(item))
        read_item(&reading, item);
    if (reading.refusal.n) {
        out->refused = true;
        out->message = arena_str(arena, buf_str(&reading.refusal));
    } else {
        out->text = arena_str(arena, buf_str(&reading.text));
    }
    if (out->tool_calls)
        out->raw_turn = output;
    buf_release(&reading.text);
    buf_release(&reading.refusal);
}

/* ---- a whole reply ---- */

static void read_failure(const json *error, struct arena *arena, struct llm_decoded *out)
{
    str why = json_text(json_get(error, STR("message")));
    str code = json_text(json_get(error, STR("code")));
    out->error_status = openai_error_status(error);
    out->quota = openai_error_is_quota(error);
    if (!why.n)
        why = code.n ? code : STR("the provider says no more");
    llm_decode_fail(out, arena_str(arena, why));
}

static void read_incomplete(const json *root, struct arena *arena, struct llm_decoded *out)
{
    str reason = json_text(json_path(root, "incomplete_details.reason"));
    out->finish = LLM_FINISH_OTHER;
    if (str_equal(reason, STR("max_output_tokens"))) {
        out->finish = LLM_FINISH_LENGTH;
    } else if (str_equal(reason, STR("content_filter"))) {
        out->finish = LLM_FINISH_FILTER;
        out->refused = true;
        out->message = STR("stopped by the provider's content filter");
    } else {
        out->message = arena_printf(arena, "the reply is incomplete: %.*s", STR_ARG(reason));
    }
}

/* `output` is that of the reply, or what a stream's items were. */
static void read_response(const json *root, const json *output, struct arena *arena,
                          struct llm_decoded *out)
{
    str status = json_text(json_get(root, STR("status")));
    const json *error = json_get(root, STR("error"));
    decode_usage(json_get(root, STR("usage")), &out->usage);
    out->model = json_text(json_get(root, STR("model")));
    if (str_equal(status, STR("failed")) || json_is(error, JSON_OBJECT)) {
        read_failure(error, arena, out);
        return;
    }
    if (!json_is(output, JSON_LIST)) {
        llm_decode_lacks(root, "list of output", arena, out);
        return;
    }
    read_output(output, arena, out);
    if (str_equal(status, STR("incomplete")))
        read_incomplete(root, arena, out);
    else if (str_equal(status, STR("completed")) || status.n == 0)
        out->finish = out->tool_calls ? LLM_FINISH_TOOL : LLM_FINISH_STOP;
    else
        llm_decode_fail(out, arena_printf(arena,
                                          "the reply is not finished: its status is "
                                          "'%.*s'",
                                          STR_ARG(status)));
    llm_note_used_up(out);
}

void openai_responses_decode(const struct llm_model *model, str body, struct arena *arena,
                             struct llm_decoded *out)
{
    (void)model;
    const json *root = llm_decode_root(body, arena, out);
    if (root)
        read_response(root, json_get(root, STR("output")), arena, out);
}

/* ---- a stream ---- */

static bool brings_output(str type)
{
    static const char *const words[] = {"response.output_text.delta", "response.refusal.delta",
                                        "response.function_call_arguments.delta", NULL};
    return llm_is_word(type, words);
}

static bool ends_stream(str type)
{
    static const char *const words[] = {"response.completed", "response.incomplete",
                                        "response.failed", NULL};
    return llm_is_word(type, words);
}

/* The event's error object: the event itself, or a member of it. NULL when it is none. */
static const json *error_of(const json *event, str type)
{
    const json *error = json_get(event, STR("error"));
    if (json_is(error, JSON_OBJECT))
        return error;
    return str_equal(type, STR("error")) ? event : NULL;
}

/* Some servers leave the items out of the last event. */
static void read_last(const json *event, const json *items, struct arena *arena,
                      struct llm_decoded *out)
{
    const json *response = json_get(event, STR("response"));
    const json *output = json_get(response, STR("output"));
    if (json_count(output) == 0 && json_count(items) > 0)
        output = items;
    if (json_is(response, JSON_OBJECT))
        read_response(response, output, arena, out);
    else
        llm_decode_fail(out, STR("the last event of the stream has no response"));
}

void openai_responses_decode_stream(const struct llm_model *model, struct llm_stream *stream,
                                    struct arena *arena, struct llm_decoded *out)
{
    (void)model;
    json *items = json_new_list(arena);
    *out = llm_decoded_new();
    while (llm_stream_next(stream)) {
        if (str_starts_with(stream->data, STR("[DONE]")))
            break;
        const json *event = llm_stream_object(stream, arena, out);
        if (!event)
            return;
        str type = json_text(json_get(event, STR("type")));
        const json *error = error_of(event, type.n ? type : stream->name);
        if (brings_output(type))
            llm_stream_output(stream);
        if (str_equal(type, STR("response.output_item.done")))
            json_add(arena, items, json_get(event, STR("item")));
        if (error) {
            read_failure(error, arena, out);
            return;
        }
        if (ends_stream(type)) {
            read_last(event, items, arena, out);
            return;
        }
    }
    llm_decode_cut(out);
}
