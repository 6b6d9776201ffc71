/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_chat_messages.c: the messages of a Chat Completions request: roles, parts, tool calls.
 */
#include "mock_server/openai_chat_inside.h"

static bool role_of(str word, enum role *role)
{
    static const struct {
        str word;
        enum role role;
    } roles[] = {{STR_INIT("user"), ROLE_USER},           {STR_INIT("system"), ROLE_SYSTEM},
                 {STR_INIT("assistant"), ROLE_ASSISTANT}, {STR_INIT("developer"), ROLE_SYSTEM},
                 {STR_INIT("tool"), ROLE_TOOL},           {STR_INIT("function"), ROLE_TOOL}};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (str_equal(roles[i].word, word)) {
            *role = roles[i].role;
            return true;
        }
    return false;
}

static const char *at(const struct openai_body *in, size_t index, const char *field)
{
    return arena_printf(in->request->arena, "messages[%zu]%s", index, field).p;
}

static int part_text(const struct openai_body *in, const json *part, size_t index,
                     struct buf *out)
{
    str type = json_text(json_get(part, STR("type")));
    const char *field = NULL;
    if (str_equal(type, STR("text")))
        field = "text";
    else if (str_equal(type, STR("refusal")))
        field = "refusal";
    else if (str_equal(type, STR("image_url")) || str_equal(type, STR("input_audio")) ||
             str_equal(type, STR("file")))
        return 0; /* taken, and not looked at */
    if (!field)
        return REFUSE(in, at(in, index, ".content"), "invalid_value",
                      "Invalid value: '%.*s'. Supported values are: 'text', 'image_url', "
                      "'input_audio', 'refusal', and 'file'.",
                      STR_ARG(type));
    const json *text = json_get(part, str_from(field));
    if (!json_is(text, JSON_TEXT))
        return text ? openai_wrong_type(in, at(in, index, ".content"), "a string", text)
                    : openai_missing(in, at(in, index, ".content"));
    buf_add_str(out, json_text(text));
    return 0;
}

static int read_content(const struct openai_body *in, const json *message, size_t index,
                        struct turn *turn)
{
    const json *content = json_get(message, STR("content"));
    if (json_is(content, JSON_TEXT)) {
        turn->text = json_text(content);
        return 0;
    }
    bool may_lack = turn->role == ROLE_ASSISTANT && (json_get(message, STR("tool_calls")) ||
                                                     json_get(message, STR("refusal")) ||
                                                     json_get(message, STR("function_call")));
    if (!content || json_is(content, JSON_NULL)) {
        turn->text = STR("");
        return may_lack || (content && turn->role == ROLE_ASSISTANT)
                   ? 0
                   : openai_wrong_type(in, at(in, index, ".content"),
                                       "a string or an array of objects", json_null());
    }
    if (!json_is(content, JSON_LIST))
        return openai_wrong_type(in, at(in, index, ".content"),
                                 "a string or an array of objects", content);
    struct buf text = {0};
    int result = 0;
    for (const json *part = json_first(content); part && result == 0; part = json_next(part))
        result = part_text(in, part, index, &text);
    turn->text = arena_str(in->request->arena, buf_str(&text));
    buf_release(&text);
    return result;
}

/* The ids of tool calls are drawn, so a conversation is known by their order. */
static void read_tool_calls(const struct openai_body *in, const json *message, json *ids,
                            struct turn *turn)
{
    struct arena *arena = in->request->arena;
    const json *calls = json_get(message, STR("tool_calls"));
    if (!json_is(calls, JSON_LIST) || !json_first(calls))
        return;
    json *neutral = json_new_list(arena);
    for (const json *call = json_first(calls); call; call = json_next(call)) {
        json *one = json_new_object(arena);
        json_set(arena, one, STR("name"), json_path(call, "function.name"));
        json_set(arena, one, STR("arguments"),
                 call_arguments(arena, json_path(call, "function.arguments")));
        json_add(arena, neutral, one);
        json_add(arena, ids, json_get(call, STR("id")));
    }
    turn->tool_calls = neutral;
}

static int read_tool_answer(const struct openai_body *in, const json *message, size_t index,
                            const json *ids, struct turn *turn)
{
    const json *id = json_get(message, STR("tool_call_id"));
    if (str_equal(json_text(json_get(message, STR("role"))), STR("function")))
        return 0;
    if (!json_is(id, JSON_TEXT))
        return id ? openai_wrong_type(in, at(in, index, ".tool_call_id"), "a string", id)
                  : openai_missing(in, at(in, index, ".tool_call_id"));
    turn->answers = 0;
    for (const json *known = json_first(ids); known; known = json_next(known), turn->answers++)
        if (json_equal(known, id))
            return 0;
    return REFUSE(
        in, at(in, index, ".role"), "invalid_value",
        "Invalid parameter: messages with role 'tool' must be a response to a preceding "
        "message with 'tool_calls'.");
}

static int read_message(const struct openai_body *in, const json *message, size_t index,
                        json *ids, struct turn *turn)
{
    if (!json_is(message, JSON_OBJECT))
        return openai_wrong_type(in, at(in, index, ""), "an object", message);
    const json *role = json_get(message, STR("role"));
    if (!role)
        return openai_missing(in, at(in, index, ".role"));
    if (!json_is(role, JSON_TEXT))
        return openai_wrong_type(in, at(in, index, ".role"), "a string", role);
    if (!role_of(json_text(role), &turn->role))
        return REFUSE(in, at(in, index, ".role"), "invalid_value",
                      "Invalid value: '%.*s'. Supported values are: 'system', 'assistant', "
                      "'user', 'function', 'tool', and 'developer'.",
                      STR_ARG(json_text(role)));
    if (read_content(in, message, index, turn) < 0)
        return -1;
    if (turn->role == ROLE_ASSISTANT)
        read_tool_calls(in, message, ids, turn);
    return turn->role == ROLE_TOOL ? read_tool_answer(in, message, index, ids, turn) : 0;
}

/* Is there an answer to the call among the tool messages that follow? */
static bool is_answered(const json *id, const json *message)
{
    for (; message; message = json_next(message)) {
        if (!str_equal(json_text(json_get(message, STR("role"))), STR("tool")))
            return false;
        if (json_equal(json_get(message, STR("tool_call_id")), id))
            return true;
    }
    return false;
}

static int check_answered(const struct openai_body *in, const json *messages)
{
    size_t index = 0;
    for (const json *m = json_first(messages); m; m = json_next(m), index++) {
        const json *calls = json_get(m, STR("tool_calls"));
        for (const json *call = json_first(calls); call; call = json_next(call)) {
            const json *id = json_get(call, STR("id"));
            if (is_answered(id, json_next(m)))
                continue;
            return REFUSE(
                in, arena_printf(in->request->arena, "messages.[%zu].role", index + 1).p, NULL,
                "An assistant message with 'tool_calls' must be followed by tool messages "
                "responding to each 'tool_call_id'. The following tool_call_ids did not have "
                "response messages: %.*s",
                STR_ARG(json_text(id)));
        }
    }
    return 0;
}

int openai_chat_read_messages(const struct openai_body *in)
{
    struct request *request = in->request;
    const json *messages = in->field[FIELD_MESSAGES];
    if (!messages)
        return openai_missing(in, "messages");
    if (!json_is(messages, JSON_LIST))
        return openai_wrong_type(in, "messages", "an array of objects", messages);
    size_t count = json_count(messages), i = 0;
    if (count == 0)
        return REFUSE(
            in, "messages", "empty_array",
            "Invalid 'messages': empty array. Expected an array with minimum length 1, "
            "but got an empty array instead.");
    struct turn *turn = arena_array(request->arena, struct turn, count);
    json *ids = json_new_list(request->arena);
    for (const json *m = json_first(messages); m; m = json_next(m), i++)
        if (read_message(in, m, i, ids, &turn[i]) < 0)
            return -1;
    request->turn = turn;
    request->turns = count;
    return check_answered(in, messages);
}
