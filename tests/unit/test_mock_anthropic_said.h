/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_anthropic_said.h: a streamed message of Anthropic's, put together as a client does it,
 * and checked event by event on the way.
 */
#ifndef TEST_MOCK_ANTHROPIC_SAID_H
#define TEST_MOCK_ANTHROPIC_SAID_H

#include "test_mock_anthropic.h"

enum { BLOCKS = 8 };

struct said {
    struct arena *arena;
    const struct jsonschema *event_schema;
    json *message; /* of message_start, with what came after */
    json *block[BLOCKS];
    struct buf text[BLOCKS], thinking[BLOCKS], input[BLOCKS];
    str signature[BLOCKS];
    size_t blocks, deltas[BLOCKS], pings;
    bool open, ended, failed;
    const json *error;
};

static inline void take_delta(struct said *said, const json *event)
{
    const json *delta = json_get(event, STR("delta"));
    str type = json_text(json_get(delta, STR("type")));
    size_t i = said->blocks - 1;
    assert_true(said->open);
    said->deltas[i]++;
    if (str_equal(type, STR("text_delta")))
        buf_add_str(&said->text[i], json_text(json_get(delta, STR("text"))));
    else if (str_equal(type, STR("thinking_delta")))
        buf_add_str(&said->thinking[i], json_text(json_get(delta, STR("thinking"))));
    else if (str_equal(type, STR("signature_delta")))
        said->signature[i] = json_text(json_get(delta, STR("signature")));
    else
        buf_add_str(&said->input[i], json_text(json_get(delta, STR("partial_json"))));
}

/* A block as a client has it once it is closed; input that was cut short is what came. */
static inline void close_block(struct said *said)
{
    size_t i = said->blocks - 1;
    json *block = said->block[i];
    str type = json_text(json_get(block, STR("type")));
    if (str_equal(type, STR("text"))) {
        json_set_text(said->arena, block, "text", buf_str(&said->text[i]));
    } else if (str_equal(type, STR("thinking"))) {
        json_set_text(said->arena, block, "thinking", buf_str(&said->thinking[i]));
        json_set_text(said->arena, block, "signature", said->signature[i]);
    } else {
        const json *input = json_parse(said->arena, buf_str(&said->input[i]), NULL);
        if (input)
            json_set(said->arena, block, STR("input"), input);
    }
    said->open = false;
}

static inline void take_end(struct said *said, const json *event)
{
    struct arena *arena = said->arena;
    const json *delta = json_get(event, STR("delta")), *usage = json_get(event, STR("usage"));
    json *whole = json_copy(arena, json_get(said->message, STR("usage")));
    for (const json *one = json_first(delta); one; one = json_next(one))
        json_set(arena, said->message, json_key(one), one);
    for (const json *one = json_first(usage); one; one = json_next(one))
        json_set(arena, whole, json_key(one), one);
    json_set(arena, said->message, STR("usage"), whole);
}

static inline void take_event(struct said *said, const json *event)
{
    struct arena *arena = said->arena;
    str type = json_text(json_get(event, STR("type")));
    int64_t index = (int64_t)said->blocks;
    assert_false(said->ended || said->failed);
    if (str_equal(type, STR("error"))) {
        said->failed = true;
        said->error = event;
        return;
    }
    assert_valid(arena, said->event_schema, event);
    json_int(json_get(event, STR("index")), &index);
    if (str_equal(type, STR("message_start"))) {
        assert_null(said->message);
        said->message = json_copy(arena, json_get(event, STR("message")));
    } else if (str_equal(type, STR("content_block_start"))) {
        assert_true(said->message && !said->open && index == (int64_t)said->blocks);
        said->block[said->blocks++] = json_copy(arena, json_get(event, STR("content_block")));
        said->open = true;
    } else if (str_equal(type, STR("content_block_delta"))) {
        assert_int_equal(index, said->blocks - 1);
        take_delta(said, event);
    } else if (str_equal(type, STR("content_block_stop"))) {
        assert_int_equal(index, said->blocks - 1);
        close_block(said);
    } else if (str_equal(type, STR("message_delta"))) {
        assert_false(said->open);
        take_end(said, event);
    } else if (str_equal(type, STR("message_stop"))) {
        said->ended = true;
    } else {
        said->pings++;
    }
}

/* Each event is a line with its name, one with its data and a blank one. */
static inline struct said said_from(struct arena *arena, str body)
{
    struct said said = {.arena = arena,
                        .event_schema = schema_read(arena, "anthropic-stream-event.json")};
    str name, data;
    while (body.n) {
        assert_true(str_cut(body, '\n', &name, &body) && str_cut(body, '\n', &data, &body));
        assert_true(str_starts_with(name, STR("event: ")) &&
                    str_starts_with(data, STR("data: ")));
        assert_true(body.n && body.p[0] == '\n');
        body = str_sub(body, 1, body.n);
        const json *event = json_parse(arena, str_sub(data, 6, data.n), NULL);
        assert_true(
            str_equal(json_text(json_get(event, STR("type"))), str_sub(name, 7, name.n)));
        take_event(&said, event);
    }
    if (said.message && said.ended) {
        json *content = json_new_list(arena);
        for (size_t i = 0; i < said.blocks; i++)
            json_add(arena, content, said.block[i]);
        json_set(arena, said.message, STR("content"), content);
    }
    return said;
}

static inline void said_release(struct said *said)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        buf_release(&said->text[i]);
        buf_release(&said->thinking[i]);
        buf_release(&said->input[i]);
    }
}

#endif
