/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * said.c: requests and replies as texts (see said.h).
 *
 * Nothing here is trusted: members may be missing or of any type, and then the body stands for
 * itself. No figure is taken from a body; those are in the store's columns.
 */
#include "reports/said.h"

#include "base/json.h"
#include "llm/dialect.h"
#include "llm/stream.h"

enum { SETTING_MAX = 4000 };

/* ---- requests ---- */

static void add_text(struct buf *text, str more)
{
    if (text->n && more.n)
        buf_add_char(text, '\n');
    buf_add_str(text, more);
}

/* A text, or parts of which each may be a text, an object with one, or something else that is
 * shown as JSON (a call of a tool, an image). */
static void add_content(struct buf *text, const json *content, struct arena *arena)
{
    if (json_is(content, JSON_TEXT)) {
        add_text(text, json_text(content));
    } else if (json_is(content, JSON_LIST)) {
        for (const json *part = json_first(content); part; part = json_next(part))
            add_content(text, part, arena);
    } else if (json_is(content, JSON_OBJECT)) {
        const json *inner = json_get(content, STR("text"));
        if (!inner)
            inner = json_get(content, STR("parts"));
        if (json_is(inner, JSON_TEXT) || json_is(inner, JSON_LIST))
            add_content(text, inner, arena);
        else
            add_text(text, json_to_str(arena, content, JSON_SPACED));
    }
}

static str kept(struct arena *arena, struct buf *buf)
{
    str text = arena_str(arena, buf_str(buf));
    buf_release(buf);
    return text;
}

static str turn_text(const json *item, struct arena *arena)
{
    struct buf text = {0};
    const json *calls = json_get(item, STR("tool_calls"));
    if (json_is(item, JSON_TEXT) || json_get(item, STR("parts")))
        add_content(&text, item, arena);
    else if (json_get(item, STR("content")) || calls)
        add_content(&text, json_get(item, STR("content")), arena);
    else
        add_text(&text, json_to_str(arena, item, JSON_SPACED));
    for (const json *call = json_first(calls); call; call = json_next(call))
        add_text(&text, json_to_str(arena, call, JSON_SPACED));
    return kept(arena, &text);
}

static str turn_role(const json *item)
{
    str role = json_text(json_get(item, STR("role")));
    if (role.n == 0)
        role = json_text(json_get(item, STR("type")));
    return role.n ? role : STR("user");
}

struct turns {
    struct said_turn *turn;
    size_t count, room;
};

static void add_turn(struct turns *turns, str role, str text)
{
    if (turns->count < turns->room && text.n)
        turns->turn[turns->count++] = (struct said_turn){role, text};
}

static void add_turns(struct turns *turns, const json *list, struct arena *arena)
{
    if (json_is(list, JSON_TEXT))
        add_turn(turns, STR("user"), json_text(list));
    for (const json *item = json_is(list, JSON_LIST) ? json_first(list) : NULL; item;
         item = json_next(item))
        add_turn(turns, turn_role(item), turn_text(item, arena));
}

/* Members that hold the conversation, in the words of the dialects. */
static const char *const systems[] = {"system", "instructions", "systemInstruction",
                                      "system_instruction"};
static const char *const lists[] = {"messages", "input", "contents"};

static bool is_conversation(str key)
{
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++)
        if (str_equal(key, str_from(systems[i])))
            return true;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (str_equal(key, str_from(lists[i])))
            return true;
    return false;
}

/* All other members, a line each. */
static str settings_text(const json *root, struct arena *arena)
{
    struct buf text = {0};
    for (const json *member = json_first(root); member; member = json_next(member)) {
        if (is_conversation(json_key(member)))
            continue;
        str value = str_sub(json_render(arena, member), 0, SETTING_MAX);
        add_text(&text,
                 arena_printf(arena, "%.*s: %.*s", STR_ARG(json_key(member)), STR_ARG(value)));
    }
    return kept(arena, &text);
}

size_t said_request(struct arena *arena, str body, struct said_turn *turn, size_t room)
{
    struct turns turns = {turn, 0, room};
    const json *root = body.n ? json_parse(arena, body, NULL) : NULL;
    if (!json_is(root, JSON_OBJECT)) {
        add_turn(&turns, STR("request"), body);
        return turns.count;
    }
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
        struct buf text = {0};
        add_content(&text, json_get(root, str_from(systems[i])), arena);
        add_turn(&turns, STR("system"), kept(arena, &text));
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        add_turns(&turns, json_get(root, str_from(lists[i])), arena);
    add_turn(&turns, STR("settings"), settings_text(root, arena));
    return turns.count;
}

/* ---- replies ---- */

str said_reply(struct arena *arena, str name, bool good, str body)
{
    static const struct llm_model unknown = {0};
    const struct llm_dialect *dialect = llm_dialect_find(name);
    struct llm_decoded decoded = {.outcome = LLM_TRANSPORT};
    body = llm_stream_unfold(arena, body);
    /* a JSON reply begins as JSON does, and no event stream does */
    bool streamed = !str_starts_with(str_trim(str_sub(body, 0, 64)), STR("{"));
    if (good && streamed)
        return STR("");
    if (good && dialect && dialect->decode)
        dialect->decode(&unknown, body, arena, &decoded);
    if (decoded.outcome != LLM_OK || decoded.error_status)
        return body;
    struct buf text = {0};
    add_text(&text, decoded.text);
    for (size_t i = 0; i < decoded.tool_calls; i++)
        add_text(&text, arena_printf(arena, "%.*s(%.*s)", STR_ARG(decoded.tool_call[i].name),
                                     STR_ARG(decoded.tool_call[i].text)));
    if (text.n == 0)
        add_text(&text, decoded.message.n ? decoded.message : body);
    return kept(arena, &text);
}

str said_value(struct arena *arena, str text)
{
    const json *value = text.n ? json_parse(arena, text, NULL) : NULL;
    if (!value)
        return text;
    if (json_is(value, JSON_TEXT))
        return arena_str(arena, json_text(value));
    struct buf shown = {0};
    json_write_indented(&shown, value, 2);
    return kept(arena, &shown);
}
