/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * show_texts.c: prompts and replies out of what went over the wire (see show.h).
 *
 * A reply that was streamed is not put together here: runs of older versions have secrets in several
 * pieces, which were not removed as one. What its step gave is shown instead.
 *
 * For people, not for workflows: dialects (llm/) read replies for those, and need a request to do
 * it. Here a body is looked through for the members in which the dialects keep what was said;
 * whatever has none of them is shown as it is.
 */
#include "cmd/show.h"

#include "base/text.h"
#include "llm/stream.h"

static void add(struct arena *arena, struct show_texts *texts, str who, str text)
{
    if (texts->count == texts->room) {
        size_t room = texts->room ? 2 * texts->room : 8;
        texts->text = arena_grow(arena, texts->text, texts->count, room, sizeof *texts->text);
        texts->room = room;
    }
    texts->text[texts->count++] = (struct show_text){who, text};
}

/* ---- content ---- */

static const json *member(const json *of, const char *name)
{
    return json_is(of, JSON_OBJECT) ? json_get(of, str_from(name)) : NULL;
}

static void add_content(struct arena *arena, struct buf *out, const json *content);

/* A part of a list: text, a call of a tool, its result, or something that is named by its type. */
static void add_part(struct arena *arena, struct buf *out, const json *part)
{
    static const char *const inner[] = {"text",    "content", "parts",   "output",
                                        "refusal", "summary", "thinking"};
    for (size_t i = 0; i < sizeof inner / sizeof inner[0]; i++)
        if (member(part, inner[i])) {
            add_content(arena, out, member(part, inner[i]));
            return;
        }
    buf_add_str(out, json_to_str(arena, part, JSON_COMPACT));
}

static void add_content(struct arena *arena, struct buf *out, const json *content)
{
    if (json_is(content, JSON_TEXT)) {
        buf_add_str(out, json_text(content));
    } else if (json_is(content, JSON_LIST)) {
        for (const json *part = json_first(content); part; part = json_next(part)) {
            if (part != json_first(content))
                buf_add_char(out, '\n');
            if (json_is(part, JSON_OBJECT))
                add_part(arena, out, part);
            else
                add_content(arena, out, part);
        }
    } else if (json_is(content, JSON_OBJECT)) {
        add_part(arena, out, content);
    } else if (content && json_kind(content) != JSON_NULL) {
        buf_add_str(out, json_to_str(arena, content, JSON_COMPACT));
    }
}

static str content_text(struct arena *arena, const json *content)
{
    struct buf out = {0};
    add_content(arena, &out, content);
    str text = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return text;
}

/* ---- requests ---- */

static void add_message(struct arena *arena, struct show_texts *texts, const json *message)
{
    const json *calls = member(message, "tool_calls");
    str role = json_text(member(message, "role"));
    if (!role.n)
        role = json_text(member(message, "type"));
    const json *content = member(message, "content");
    str text = content_text(arena, content ? content : member(message, "parts"));
    if (!text.n && !calls)
        text = json_to_str(arena, message, JSON_COMPACT);
    if (text.n)
        add(arena, texts, role.n ? role : STR("user"), text);
    for (const json *call = json_first(calls); call; call = json_next(call))
        add(arena, texts, STR("tool call"), json_to_str(arena, call, JSON_COMPACT));
}

static void add_messages(struct arena *arena, struct show_texts *texts, const json *list)
{
    if (json_is(list, JSON_TEXT))
        add(arena, texts, STR("user"), json_text(list));
    else if (json_is(list, JSON_LIST))
        for (const json *message = json_first(list); message; message = json_next(message)) {
            if (json_is(message, JSON_TEXT))
                add(arena, texts, STR("user"), json_text(message));
            else
                add_message(arena, texts, message);
        }
}

/* Names of the tools that a model may call. */
static void add_tools(struct arena *arena, struct show_texts *texts, const json *tools)
{
    str names = STR("");
    for (const json *tool = json_first(tools); tool; tool = json_next(tool)) {
        const json *inner = member(tool, "function");
        str name = json_text(member(inner ? inner : tool, "name"));
        if (name.n)
            names = arena_printf(arena, "%.*s%s%.*s", STR_ARG(names), names.n ? ", " : "",
                                 STR_ARG(name));
    }
    if (names.n)
        add(arena, texts, STR("tools"), names);
}

static void request_texts(struct arena *arena, str body, struct show_texts *texts)
{
    static const char *const first[] = {"system", "instructions", "systemInstruction",
                                        "system_instruction"};
    static const char *const then[] = {"messages", "contents", "input"};
    const json *request = body.n ? json_parse(arena, body, NULL) : NULL;
    size_t before = texts->count;
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        if (member(request, first[i]))
            add(arena, texts, STR("system"), content_text(arena, member(request, first[i])));
    for (size_t i = 0; i < sizeof then / sizeof then[0]; i++)
        add_messages(arena, texts, member(request, then[i]));
    add_tools(arena, texts, member(request, "tools"));
    if (texts->count == before && body.n)
        add(arena, texts, STR("request"), body);
}

/* ---- replies ---- */

static void add_list(struct arena *arena, struct show_texts *texts, const json *list)
{
    for (const json *item = json_first(list); item; item = json_next(item)) {
        str type = json_text(member(item, "type"));
        bool says = !type.n || str_equal(type, STR("text")) || str_equal(type, STR("message"));
        add(arena, texts, says ? STR("reply") : type, content_text(arena, item));
    }
}

static void reply_texts(struct arena *arena, str body, struct show_texts *texts)
{
    const json *reply = body.n ? json_parse(arena, body, NULL) : NULL;
    const json *choice = json_first(member(reply, "choices"));
    const json *candidate = json_first(member(reply, "candidates"));
    const json *error = member(reply, "error");
    size_t before = texts->count;
    if (choice)
        add_message(arena, texts, member(choice, "message"));
    else if (candidate)
        add_list(arena, texts, member(member(candidate, "content"), "parts"));
    else if (json_is(member(reply, "content"), JSON_LIST))
        add_list(arena, texts, member(reply, "content"));
    else if (json_is(member(reply, "output"), JSON_LIST))
        add_list(arena, texts, member(reply, "output"));
    else if (error && json_kind(error) != JSON_NULL)
        add(arena, texts, STR("error"), json_to_str(arena, error, JSON_COMPACT));
    else if (json_is(reply, JSON_TEXT))
        add(arena, texts, STR("reply"), json_text(reply));
    if (texts->count == before && body.n)
        add(arena, texts, STR("reply"), body);
}

static bool is_stream(str body)
{
    return str_starts_with(body, STR("data:")) || str_contains(body, STR("\ndata:"));
}

/* What the step of a call gave, when it was its last call. */
static int64_t value_of(const struct shown_cell *cell, const struct store_call *call)
{
    for (size_t i = 0; i < cell->of.steps; i++)
        if (str_equal(cell->of.step[i].path, call->path) && !call->superseded &&
            cell->of.step[i].calls == call->repeat + 1)
            return cell->of.step[i].value.id;
    return 0;
}

int show_call_texts(struct show *show, const struct shown_cell *cell,
                    const struct store_call *call, struct show_texts *asked,
                    struct show_texts *said)
{
    str request, reply;
    if (store_body(cell->store, call->request.id, show->arena, &request, show->err) < 0 ||
        store_body(cell->store, call->reply.id, show->arena, &reply, show->err) < 0)
        return -1;
    request_texts(show->arena, request, asked);
    reply = llm_stream_unfold(show->arena, reply);
    int64_t value = is_stream(reply) ? value_of(cell, call) : 0;
    if (value && store_body(cell->store, value, show->arena, &reply, show->err) < 0)
        return -1;
    reply_texts(show->arena, reply, said);
    return 0;
}

/* ---- on the terminal ---- */

enum { WHO_WIDTH = 11, INDENT = 4 };

/* The next piece of a line, of at most `room` columns, broken at a blank where there is one. */
static str take_piece(str *rest, size_t room)
{
    str piece = text_fitting(*rest, room);
    if (piece.n == rest->n) {
        *rest = STR("");
        return piece;
    }
    size_t end = piece.n;
    while (end > piece.n / 2 && rest->p[end] != ' ')
        end--;
    end = rest->p[end] == ' ' && end > 0 ? end : piece.n > 0 ? piece.n : 1;
    piece = str_sub(*rest, 0, end);
    *rest = str_sub(*rest, end + (rest->p[end] == ' '), rest->n);
    return piece;
}

static void print_piece(struct show *show, str who, str piece)
{
    struct terminal *t = &show->terminal;
    terminal_blanks(t, INDENT);
    terminal_put(t, TERMINAL_CYAN, who);
    terminal_blanks(t, WHO_WIDTH - 2 - text_columns(who));
    terminal_put(t, TERMINAL_DIM, STR("│ "));
    terminal_put(t, NULL, piece);
    terminal_newline(t);
}

static void print_text(struct show *show, const struct show_text *text, size_t most)
{
    size_t width = show->terminal.width, number = 0;
    size_t room = width > INDENT + WHO_WIDTH + 20 ? width - INDENT - WHO_WIDTH : 20;
    str who = text_clip(show->arena, text_visible(show->arena, text->who), WHO_WIDTH - 2);
    str rest = text->text, line;
    do {
        str_cut(rest, '\n', &line, &rest);
        /* what can be seen of it is enough to be made visible */
        bool cut = most && line.n > 4 * room * most;
        line = text_visible(show->arena, cut ? str_sub(line, 0, 4 * room * most) : line);
        do {
            print_piece(show, number++ ? STR("") : who, take_piece(&line, room));
        } while (line.n && (!most || number < most));
        rest = line.n || cut ? STR("\n") : rest;
    } while (rest.n && (!most || number < most));
    if (rest.n)
        terminal_paragraph(
            &show->terminal, TERMINAL_DIM,
            arena_printf(show->arena, "%*s", INDENT + WHO_WIDTH, ""),
            arena_printf(show->arena, "… %zu bytes in all (--texts)", text->text.n));
}

void show_print_texts(struct show *show, const struct show_texts *texts, size_t most)
{
    for (size_t i = 0; i < texts->count; i++)
        print_text(show, &texts->text[i], most);
}
