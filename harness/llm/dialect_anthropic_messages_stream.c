/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_anthropic_messages_stream.c: Anthropic Messages as a stream: blocks that grow by deltas,
 * put together to the message that a whole reply would have had.
 *
 * Blocks come one after the other and are numbered. The counts of the input come first, that of
 * the output with the last delta; the one that comes with the input is no more than a beginning.
 */
#include "llm/dialect_anthropic_messages.h"

#include "llm/dialect_parts.h"
#include "llm/stream.h"

/* More blocks than any reply has; each is some hundred bytes here. */
enum { BLOCKS_MOST = 10000 };

struct block {
    json *start; /* as it was announced */
    struct buf text, input, thinking, signature;
};

struct message {
    struct arena *arena;
    struct block *block;
    size_t blocks, room;
    struct anthropic_counts counts;
    bool has_output; /* the last delta came */
    json *stop;      /* stop_reason, stop_details */
};

static void start_block(struct message *message, const json *event)
{
    const json *announced = json_get(event, STR("content_block"));
    if (!json_is(announced, JSON_OBJECT) || message->blocks == BLOCKS_MOST)
        return;
    if (message->blocks == message->room) {
        size_t room = message->room ? 2 * message->room : 4;
        message->block = arena_grow(message->arena, message->block, message->blocks, room,
                                    sizeof *message->block);
        message->room = room;
    }
    struct block *block = &message->block[message->blocks++];
    *block = (struct block){.start = json_copy(message->arena, announced)};
    buf_add_str(&block->text, json_text(json_get(announced, STR("text"))));
    buf_add_str(&block->thinking, json_text(json_get(announced, STR("thinking"))));
}

/* True when it was a piece of the answer. */
static bool add_delta(struct message *message, const json *event)
{
    int64_t index;
    const json *delta = json_get(event, STR("delta"));
    str type = json_text(json_get(delta, STR("type")));
    if (!json_int(json_get(event, STR("index")), &index) || index < 0 ||
        (size_t)index >= message->blocks)
        return false;
    struct block *block = &message->block[index];
    str text = json_text(json_get(delta, STR("text")));
    str input = json_text(json_get(delta, STR("partial_json")));
    if (str_equal(type, STR("text_delta")))
        buf_add_str(&block->text, text);
    else if (str_equal(type, STR("input_json_delta")))
        buf_add_str(&block->input, input);
    else if (str_equal(type, STR("thinking_delta")))
        buf_add_str(&block->thinking, json_text(json_get(delta, STR("thinking"))));
    else if (str_equal(type, STR("signature_delta")))
        buf_add_str(&block->signature, json_text(json_get(delta, STR("signature"))));
    return text.n || input.n;
}

static void end_message(struct message *message, const json *event)
{
    const json *delta = json_get(event, STR("delta"));
    const json *usage = json_get(event, STR("usage"));
    for (const json *item = json_first(delta); item; item = json_next(item))
        json_set(message->arena, message->stop, json_key(item), item);
    anthropic_read_counts(usage, &message->counts);
    message->has_output = message->has_output || json_get(usage, STR("output_tokens"));
}

static void set_text(struct message *message, json *block, const char *name,
                     const struct buf *text)
{
    json_set_text(message->arena, block, name, buf_str(text));
}

/* The block as a whole reply has it. Arguments that are no JSON stay a text. */
static const json *whole_block(struct message *message, const struct block *block)
{
    json *whole = block->start;
    str type = json_text(json_get(whole, STR("type")));
    if (str_equal(type, STR("text"))) {
        set_text(message, whole, "text", &block->text);
    } else if (str_equal(type, STR("thinking"))) {
        set_text(message, whole, "thinking", &block->thinking);
        if (block->signature.n)
            set_text(message, whole, "signature", &block->signature);
    } else if (block->input.n) {
        const json *input = json_parse(message->arena, buf_str(&block->input), NULL);
        if (input)
            json_set(message->arena, whole, STR("input"), input);
        else
            set_text(message, whole, "input", &block->input);
    }
    return whole;
}

static const json *whole_content(struct message *message)
{
    json *content = json_new_list(message->arena);
    for (size_t i = 0; i < message->blocks; i++)
        json_add(message->arena, content, whole_block(message, &message->block[i]));
    return content;
}

static void read_error(const json *event, struct arena *arena, struct llm_decoded *out)
{
    const json *error = json_get(event, STR("error"));
    str why = json_text(json_get(error, STR("message")));
    out->error_status = anthropic_error_status(error);
    out->quota = anthropic_error_is_quota(error);
    llm_decode_fail(out, why.n ? arena_str(arena, why) : STR("the provider says no more"));
}

/* True when the event ended the message, well or not. */
static bool read_event(struct message *message, struct llm_stream *stream,
                       struct llm_decoded *out)
{
    const json *event = llm_stream_object(stream, message->arena, out);
    if (!event)
        return true;
    str type = json_text(json_get(event, STR("type")));
    if (str_equal(type, STR("content_block_delta"))) {
        if (add_delta(message, event))
            llm_stream_output(stream);
    } else if (str_equal(type, STR("message_start"))) {
        const json *start = json_get(event, STR("message"));
        out->model = json_text(json_get(start, STR("model")));
        anthropic_read_counts(json_get(start, STR("usage")), &message->counts);
    } else if (str_equal(type, STR("content_block_start"))) {
        start_block(message, event);
    } else if (str_equal(type, STR("message_delta"))) {
        end_message(message, event);
    } else if (str_equal(type, STR("error")) ||
               json_is(json_get(event, STR("error")), JSON_OBJECT)) {
        read_error(event, message->arena, out);
        return true;
    } else if (str_equal(type, STR("message_stop"))) {
        anthropic_read_message(whole_content(message), message->stop, message->arena, out);
        return true;
    }
    return false;
}

static void release_message(struct message *message)
{
    for (size_t i = 0; i < message->blocks; i++) {
        buf_release(&message->block[i].text);
        buf_release(&message->block[i].input);
        buf_release(&message->block[i].thinking);
        buf_release(&message->block[i].signature);
    }
}

void anthropic_decode_stream(const struct llm_model *model, struct llm_stream *stream,
                             struct arena *arena, struct llm_decoded *out)
{
    (void)model;
    struct message message = {
        .arena = arena, .counts = anthropic_no_counts(), .stop = json_new_object(arena)};
    bool ended = false;
    *out = llm_decoded_new();
    while (!ended && llm_stream_next(stream))
        ended = read_event(&message, stream, out);
    if (!ended)
        llm_decode_cut(out);
    if (!message.has_output)
        message.counts.output = -1;
    anthropic_usage(&message.counts, &out->usage);
    release_message(&message);
}
