/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_chat_stream.c: OpenAI's Chat Completions: a reply that came in chunks.
 *
 * Each event is a chunk with a few letters of the answer, and the envelope again; some hundred
 * make a reply, so chunks are walked, not parsed to trees. The pieces are put together into the
 * choice that would have come whole, which is then read as ever. Facts: OpenAI's OpenAPI
 * description (docs/providers.md); usage comes in a chunk of its own whose `choices` is empty,
 * and only when it was asked for; `data: [DONE]` is the end.
 */
#include "llm/dialect_openai_chat.h"

#include "base/json_plain.h"
#include "base/json_walk.h"
#include "llm/dialect_parts.h"
#include "llm/stream.h"

/* More calls of tools than any model makes at once; looking one up is a walk through all. */
enum { CALLS_MOST = 1024 };

struct streamed_call {
    int64_t index;
    str id, name;
    struct buf arguments;
};

struct chat_stream {
    struct arena *arena;
    bool any_choice, has_refusal;
    struct buf text, refusal;
    struct streamed_call *call;
    size_t calls, room;
    str finish, model, fingerprint; /* as JSON */
    str usage;                      /* likewise; the last one counts */
    bool output;                    /* the event brought some of the answer */
    /* Of the event: the only text of the answer in it, if nothing else in it adds up. */
    str content;
    size_t contents, others;
    /* Most events are as the one before but for that text: bytes before it and behind it, quotes
     * included; 0: the event before was not of that kind. */
    size_t before, behind;
};

/* ---- tool calls ---- */

/* Fragments of one call have its index; a server that sends none begins a call with its id. */
static struct streamed_call *call_of(struct chat_stream *chat, str index_text, bool has_id)
{
    int64_t index;
    size_t count = chat->calls;
    if (!str_to_int(index_text, &index))
        index = has_id || count == 0 ? (int64_t)count : chat->call[count - 1].index;
    while (count > 0 && chat->call[count - 1].index != index)
        count--;
    if (count > 0)
        return &chat->call[count - 1];
    if (chat->calls == CALLS_MOST)
        return NULL;
    if (chat->calls == chat->room) {
        size_t room = chat->room ? chat->room * 4 : 4;
        chat->call = arena_grow(chat->arena, chat->call, chat->calls, room, sizeof *chat->call);
        chat->room = room;
    }
    struct streamed_call *call = &chat->call[chat->calls++];
    *call = (struct streamed_call){.index = index};
    return call;
}

/* Names and ids come once, whole. */
static void take_once(struct chat_stream *chat, str value, str *text)
{
    struct buf said = {0};
    if (text->n == 0 && json_walk_text(value, &said))
        *text = arena_str(chat->arena, buf_str(&said));
    buf_release(&said);
}

static void take_arguments(struct chat_stream *chat, struct streamed_call *call, str value)
{
    size_t before = call->arguments.n;
    if (!json_walk_text(value, &call->arguments) && value.n && value.p[0] == '{')
        buf_add_str(&call->arguments, value); /* from lenient servers, as JSON */
    chat->output = chat->output || call->arguments.n > before;
}

static void take_function(struct chat_stream *chat, struct streamed_call *call, str function)
{
    struct json_walk walk = json_walk_begin(function);
    str key;
    if (!json_walk_object(&walk))
        return;
    while (json_walk_member(&walk, &key)) {
        str value = json_walk_value(&walk);
        if (str_equal(key, STR("name")))
            take_once(chat, value, &call->name);
        else if (str_equal(key, STR("arguments")))
            take_arguments(chat, call, value);
    }
}

static void take_call(struct chat_stream *chat, struct json_walk *walk)
{
    str key, index = STR(""), id = STR(""), function = STR("");
    if (!json_walk_object(walk)) {
        json_walk_value(walk);
        return;
    }
    while (json_walk_member(walk, &key)) {
        str value = json_walk_value(walk);
        if (str_equal(key, STR("index")))
            index = value;
        else if (str_equal(key, STR("id")))
            id = value;
        else if (str_equal(key, STR("function")))
            function = value;
    }
    struct streamed_call *call = call_of(chat, index, id.n > 2 && id.p[0] == '"');
    if (!call)
        return;
    take_once(chat, id, &call->id);
    take_function(chat, call, function);
}

static void take_calls(struct chat_stream *chat, str calls)
{
    struct json_walk walk = json_walk_begin(calls);
    if (json_walk_list(&walk))
        while (json_walk_item(&walk))
            take_call(chat, &walk);
}

/* ---- chunks ---- */

/* A text, or a list of parts with texts, as some servers send it. */
static void take_content(struct chat_stream *chat, str value)
{
    size_t before = chat->text.n;
    chat->content = value;
    chat->contents++;
    if (!json_walk_text(value, &chat->text) && value.n && value.p[0] == '[') {
        const json *parts = json_parse(chat->arena, value, NULL);
        for (const json *part = json_first(parts); part; part = json_next(part))
            buf_add_str(&chat->text, json_text(json_get(part, STR("text"))));
    }
    chat->output = chat->output || chat->text.n > before;
}

static void take_delta(struct chat_stream *chat, str delta)
{
    struct json_walk walk = json_walk_begin(delta);
    str key;
    if (!json_walk_object(&walk))
        return;
    while (json_walk_member(&walk, &key)) {
        str value = json_walk_value(&walk);
        if (str_equal(key, STR("content"))) {
            take_content(chat, value);
        } else if (str_equal(key, STR("tool_calls"))) {
            chat->others++;
            take_calls(chat, value);
        } else if (str_equal(key, STR("refusal")) && json_walk_text(value, &chat->refusal)) {
            chat->others++;
            chat->has_refusal = true;
            chat->output = chat->output || value.n > 2;
        }
    }
}

/* Several answers (`n`) interleave; the first is the one. */
static void take_choice(struct chat_stream *chat, struct json_walk *walk)
{
    str key, index = STR(""), delta = STR(""), finish = STR("");
    if (!json_walk_object(walk)) {
        json_walk_value(walk);
        return;
    }
    while (json_walk_member(walk, &key)) {
        str value = json_walk_value(walk);
        if (str_equal(key, STR("delta")))
            delta = value;
        else if (str_equal(key, STR("finish_reason")))
            finish = value;
        else if (str_equal(key, STR("index")))
            index = value;
    }
    if (index.n && !str_equal(index, STR("0")))
        return;
    chat->any_choice = true;
    take_delta(chat, delta);
    if (finish.n && !json_walk_is_null(finish))
        chat->finish = arena_str(chat->arena, finish);
}

static void take_choices(struct chat_stream *chat, struct json_walk *walk)
{
    if (!json_walk_list(walk)) {
        json_walk_value(walk);
        return;
    }
    while (json_walk_item(walk))
        take_choice(chat, walk);
}

static void keep(struct chat_stream *chat, str value, str *kept)
{
    if (!json_walk_is_null(value))
        *kept = arena_str(chat->arena, value);
}

enum chunk { CHUNK_FINE, CHUNK_ERROR, CHUNK_NOT_JSON };

/* An error is {"error": …} in place of a chunk, or flat with `object` "error" from old vLLM. */
static enum chunk walk_chunk(struct chat_stream *chat, str data)
{
    struct json_walk walk = json_walk_begin(data);
    bool error = false;
    str key;
    if (!json_walk_object(&walk)) {
        json_walk_value(&walk);
        return CHUNK_NOT_JSON;
    }
    while (json_walk_member(&walk, &key)) {
        if (str_equal(key, STR("choices"))) {
            take_choices(chat, &walk);
            continue;
        }
        str value = json_walk_value(&walk);
        if (str_equal(key, STR("usage")))
            keep(chat, value, &chat->usage);
        else if (str_equal(key, STR("model")) && !chat->model.n)
            keep(chat, value, &chat->model);
        else if (str_equal(key, STR("system_fingerprint")) && !chat->fingerprint.n)
            keep(chat, value, &chat->fingerprint);
        else if (str_equal(key, STR("error")))
            error = error || !json_walk_is_null(value);
        else if (str_equal(key, STR("object")))
            error = error || str_equal(value, STR("\"error\""));
    }
    if (!json_walk_end(&walk))
        return CHUNK_NOT_JSON;
    return error ? CHUNK_ERROR : CHUNK_FINE;
}

/* True when the event is as the one before but for the text of the answer: then that alone is
 * read, for the rest has been looked at. */
static bool take_same(struct chat_stream *chat, const struct llm_stream *stream)
{
    str data = stream->data;
    if (!chat->before || data.n < chat->before + chat->behind ||
        !llm_stream_repeats(stream, chat->before, chat->behind))
        return false;
    str content = str_sub(data, chat->before - 1, data.n - chat->behind + 1);
    /* A token without escapes, in ASCII, needs no scanner: that took a fifth of reading a stream. */
    if (content.n >= 2 && json_plain_end(content, 1, JSON_PLAIN_ASCII) + 1 == content.n) {
        buf_add(&chat->text, content.p + 1, content.n - 2);
        chat->output = chat->output || content.n > 2;
        return true;
    }
    struct json_walk walk = json_walk_begin(content);
    if (json_walk_value(&walk).n != content.n)
        return false;
    take_content(chat, content);
    return true;
}

static enum chunk take_chunk(struct chat_stream *chat, const struct llm_stream *stream)
{
    str data = stream->data;
    chat->output = false;
    if (take_same(chat, stream))
        return CHUNK_FINE;
    chat->contents = chat->others = chat->before = chat->behind = 0;
    enum chunk chunk = walk_chunk(chat, data);
    str content = chat->content;
    if (chunk == CHUNK_FINE && chat->contents == 1 && chat->others == 0 &&
        content.p[0] == '"') {
        chat->before = (size_t)(content.p - data.p) + 1;
        chat->behind = data.n - chat->before - (content.n - 2);
    }
    return chunk;
}

/* ---- the whole ---- */

static const json *calls_of(const struct chat_stream *chat)
{
    struct arena *arena = chat->arena;
    json *list = json_new_list(arena);
    for (size_t i = 0; i < chat->calls; i++) {
        const struct streamed_call *from = &chat->call[i];
        json *call = json_new_object(arena), *function = json_new_object(arena);
        json_set_text(arena, function, "name", from->name);
        json_set_text(arena, function, "arguments", buf_str(&from->arguments));
        json_set_text(arena, call, "id", from->id);
        json_set_text(arena, call, "type", STR("function"));
        json_set(arena, call, STR("function"), function);
        json_add(arena, list, call);
    }
    return list;
}

/* The message as it would have come in one piece. */
static const json *message_of(const struct chat_stream *chat)
{
    struct arena *arena = chat->arena;
    json *message = json_new_object(arena);
    json_set_text(arena, message, "role", STR("assistant"));
    json_set(arena, message, STR("content"),
             chat->text.n ? json_new_text(arena, buf_str(&chat->text)) : json_null());
    if (chat->has_refusal)
        json_set_text(arena, message, "refusal", buf_str(&chat->refusal));
    if (chat->calls)
        json_set(arena, message, STR("tool_calls"), calls_of(chat));
    return message;
}

static void end_with_error(struct chat_stream *chat, str data, struct llm_decoded *out)
{
    struct llm_problem problem;
    const json *error = llm_problem_error(data, chat->arena, &problem);
    out->error_status = openai_error_status(error);
    out->quota = openai_error_is_quota(error);
    llm_decode_fail(out, problem.message.n ? problem.message : STR("it says nothing"));
}

static void release(struct chat_stream *chat)
{
    buf_release(&chat->text);
    buf_release(&chat->refusal);
    for (size_t i = 0; i < chat->calls; i++)
        buf_release(&chat->call[i].arguments);
}

/* Reads up to the end, an error, or as far as it came. */
static void read_events(struct chat_stream *chat, struct llm_stream *stream,
                        struct llm_decoded *out)
{
    while (llm_stream_next(stream)) {
        if (str_starts_with(stream->data, STR("[DONE]")))
            return;
        enum chunk chunk = take_chunk(chat, stream);
        if (chat->output)
            llm_stream_output(stream);
        if (chunk == CHUNK_ERROR || str_equal(stream->name, STR("error"))) {
            end_with_error(chat, stream->data, out);
            return;
        }
        if (chunk == CHUNK_NOT_JSON) {
            llm_decode_fail(out, STR("an event of the stream is not a JSON object"));
            return;
        }
    }
    out->cut = true;
    llm_decode_fail(out, STR("the stream ended before its end, \"[DONE]\""));
}

void openai_chat_decode_stream(const struct llm_model *model, struct llm_stream *stream,
                               struct arena *arena, struct llm_decoded *out)
{
    (void)model;
    struct chat_stream chat = {.arena = arena};
    *out = (struct llm_decoded){.finish = LLM_FINISH_OTHER};
    read_events(&chat, stream, out);
    openai_chat_usage(json_parse(arena, chat.usage, NULL), &out->usage);
    out->model = json_text(json_parse(arena, chat.model, NULL));
    out->fingerprint = json_text(json_parse(arena, chat.fingerprint, NULL));
    out->finish = openai_chat_finish(json_text(json_parse(arena, chat.finish, NULL)));
    if (out->outcome == LLM_OK && chat.any_choice)
        openai_chat_message(message_of(&chat), arena, out);
    else if (out->outcome == LLM_OK)
        llm_decode_fail(out, STR("the stream has no choices"));
    release(&chat);
}
