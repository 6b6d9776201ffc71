/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anthropic_messages.c: the conversation of a message request, as turns.
 *
 * One message of the user may hold results of tools and then words: these are turns of their
 * own, as they are messages of their own elsewhere, so that rules see one conversation whatever
 * the dialect. Neighbours of one role are one message to the provider; only the rules of tool
 * calls care.
 */
#include "mock_server/anthropic_inside.h"

/* A call that a result must answer. */
struct call_id {
    str id;
    bool answered;
};

struct conversation {
    struct reading_message *in;
    struct turn *turn;
    size_t turns;
    struct call_id *call; /* all so far */
    size_t calls, room;
    size_t open;        /* first call of the assistant's last message */
    size_t caller;      /* that message */
    enum role speaker;  /* of the last message; SYSTEM before the first */
    bool results_first; /* only results so far in this message of the user's */
};

static struct turn *add_turn(struct conversation *c, enum role role, str text)
{
    struct turn *turn = &c->turn[c->turns++];
    *turn = (struct turn){.role = role, .text = text};
    return turn;
}

/* ---- calls and results ---- */

static int refuse_unanswered(const struct conversation *c, const struct call_id *call)
{
    return REFUSE(c->in,
                  "messages.%zu: `tool_use` ids were found without `tool_result` blocks "
                  "immediately after: %.*s. Each `tool_use` block must have a corresponding "
                  "`tool_result` block in the next message.",
                  c->caller, STR_ARG(call->id));
}

static int check_all_answered(const struct conversation *c)
{
    for (size_t i = c->open; i < c->calls; i++)
        if (!c->call[i].answered)
            return refuse_unanswered(c, &c->call[i]);
    return 0;
}

static bool is_id(str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!char_is_alnum(id.p[i]) && id.p[i] != '_' && id.p[i] != '-')
            return false;
    return id.n > 0;
}

static int add_call(struct conversation *c, const struct spot *at, str id)
{
    const struct spot here = {at, "id", 0};
    if (!is_id(id))
        return anthropic_refuse_at(c->in, &here,
                                   "String should match pattern '^[a-zA-Z0-9_-]+$'");
    for (size_t i = 0; i < c->calls; i++)
        if (str_equal(c->call[i].id, id))
            return anthropic_refuse_at(c->in, at->in, "`tool_use` ids must be unique");
    if (c->calls == c->room) {
        size_t room = c->room ? c->room * 2 : 8;
        c->call = arena_grow(c->in->request->arena, c->call, c->calls, room, sizeof *c->call);
        c->room = room;
    }
    c->call[c->calls++] = (struct call_id){id, false};
    return 0;
}

static int read_tool_use(struct conversation *c, const struct spot *block_at, const json *block,
                         json **calls)
{
    struct arena *arena = c->in->request->arena;
    const struct spot at = {block_at, "tool_use", 0};
    const json *id = anthropic_need(c->in, &at, block, "id", JSON_TEXT);
    const json *name = id ? anthropic_need(c->in, &at, block, "name", JSON_TEXT) : NULL;
    const json *input = name ? anthropic_need(c->in, &at, block, "input", JSON_OBJECT) : NULL;
    if (!input || anthropic_check_mark(c->in, block_at, block) < 0 ||
        add_call(c, &at, json_text(id)) < 0)
        return -1;
    json *one = json_new_object(arena);
    json_set(arena, one, STR("name"), name);
    json_set(arena, one, STR("arguments"), input);
    if (!*calls)
        *calls = json_new_list(arena);
    json_add(arena, *calls, one);
    return 0;
}

static int answer_call(struct conversation *c, const struct spot *at, str id, int64_t *ordinal)
{
    for (size_t i = c->open; i < c->calls; i++) {
        if (!str_equal(c->call[i].id, id))
            continue;
        if (c->call[i].answered)
            return anthropic_refuse_at(c->in, at,
                                       "each tool_use must have a single result. Found "
                                       "multiple `tool_result` blocks with id: %.*s",
                                       STR_ARG(id));
        if (!c->results_first)
            return refuse_unanswered(c, &c->call[i]);
        c->call[i].answered = true;
        *ordinal = (int64_t)i;
        return 0;
    }
    return anthropic_refuse_at(
        c->in, at,
        "unexpected `tool_use_id` found in `tool_result` blocks: %.*s. Each `tool_result` "
        "block must have a corresponding `tool_use` block in the previous message.",
        STR_ARG(id));
}

static int read_tool_result(struct conversation *c, const struct spot *block_at,
                            const json *block)
{
    static const char *const inside[] = {
        "text", "image", "search_result", "document", "tool_reference", "browser_state", NULL};
    struct reading_message *in = c->in;
    const struct spot at = {block_at, "tool_result", 0}, content_at = {&at, "content", 0};
    const json *id = anthropic_need(in, &at, block, "tool_use_id", JSON_TEXT), *is_error;
    const json *content = json_get(block, STR("content"));
    str text = STR("");
    int64_t ordinal = 0;
    if (!id || anthropic_take(in, &at, block, "is_error", JSON_BOOL, &is_error) < 0 ||
        anthropic_check_mark(in, block_at, block) < 0 ||
        answer_call(c, block_at, json_text(id), &ordinal) < 0 ||
        (content && !json_is(content, JSON_NULL) &&
         anthropic_read_texts(in, &content_at, content, inside, &text) < 0))
        return -1;
    add_turn(c, ROLE_TOOL, text)->answers = ordinal;
    return 0;
}

/* ---- blocks of a message ---- */

static int check_for_version(const struct conversation *c, const struct spot *at,
                             enum role role, const json *block, str type)
{
    if (!c->in->latest)
        return 0;
    if (role == ROLE_ASSISTANT && str_equal(type, STR("document")))
        return anthropic_refuse_at(c->in, at,
                                   "`document` blocks can only be in `user` messages");
    if (role == ROLE_USER && json_count(json_get(block, STR("citations"))) > 0 &&
        str_equal(type, STR("text")))
        return anthropic_refuse_at(c->in, at,
                                   "`citations` can only be in `assistant` messages");
    return 0;
}

static int check_role(const struct conversation *c, const struct spot *at, enum role role,
                      str type)
{
    static const char *const of_user[] = {"tool_result", NULL};
    static const char *const of_assistant[] = {"tool_use", "thinking", "redacted_thinking",
                                               "server_tool_use", NULL};
    const char *where = role == ROLE_USER && anthropic_is_one_of(type, of_assistant)
                            ? "assistant"
                        : role == ROLE_ASSISTANT && anthropic_is_one_of(type, of_user) ? "user"
                                                                                       : NULL;
    return where ? anthropic_refuse_at(c->in, at, "`%.*s` blocks can only be in `%s` messages",
                                       STR_ARG(type), where)
                 : 0;
}

/* Words of the user come in a turn behind those of its results. */
static int read_blocks(struct conversation *c, const struct spot *at, const json *content,
                       enum role role)
{
    struct buf text = {0};
    json *calls = NULL;
    size_t i = 0;
    bool words = role == ROLE_ASSISTANT;
    int result = 0;
    for (const json *block = json_first(content); block && result == 0;
         block = json_next(block), i++) {
        const struct spot here = {at, NULL, i};
        str type = anthropic_block_type(c->in, &here, block);
        if (!type.n || check_role(c, &here, role, type) < 0 ||
            check_for_version(c, &here, role, block, type) < 0) {
            result = -1;
        } else if (str_equal(type, STR("tool_use"))) {
            result = read_tool_use(c, &here, block, &calls);
        } else if (str_equal(type, STR("tool_result"))) {
            result = read_tool_result(c, &here, block);
        } else {
            words = true;
            c->results_first = false;
            result = anthropic_read_block(c->in, &here, block, type, &text);
        }
    }
    if (words && result == 0)
        add_turn(c, role, arena_str(c->in->request->arena, buf_str(&text)))->tool_calls = calls;
    buf_release(&text);
    return result;
}

static int read_content(struct conversation *c, const struct spot *message_at,
                        const json *message, enum role role, bool last)
{
    const struct spot at = {message_at, "content", 0};
    const json *content = json_get(message, STR("content"));
    bool text = json_is(content, JSON_TEXT);
    if (!text && anthropic_check(c->in, &at, content, JSON_LIST) < 0)
        return -1;
    bool empty = text ? json_text(content).n == 0 : json_count(content) == 0;
    if (empty && !(last && role == ROLE_ASSISTANT))
        return anthropic_refuse_at(c->in, message_at,
                                   "all messages must have non-empty content except for the "
                                   "optional final assistant message");
    if (!text)
        return read_blocks(c, &at, content, role);
    c->results_first = false;
    if (!empty && str_trim(json_text(content)).n == 0)
        return REFUSE(c->in, "messages: text content blocks must contain non-whitespace text");
    add_turn(c, role, json_text(content));
    return 0;
}

/* The cache ends with the last turn that is marked; what stands before it is part of it. */
static void note_marks(const struct conversation *c, int before)
{
    if (c->in->marks > before)
        c->in->request->cache_turns = c->turns;
}

/* ---- messages ---- */

static int read_role(const struct conversation *c, const struct spot *at, const json *message,
                     enum role *role)
{
    const json *word = anthropic_need(c->in, at, message, "role", JSON_TEXT);
    if (!word)
        return -1;
    if (str_equal(json_text(word), STR("user")))
        *role = ROLE_USER;
    else if (str_equal(json_text(word), STR("assistant")))
        *role = ROLE_ASSISTANT;
    else if (str_equal(json_text(word), STR("system")))
        *role = ROLE_SYSTEM;
    else
        return REFUSE(c->in,
                      "messages: Unexpected role \"%.*s\". Allowed roles are \"user\" or "
                      "\"assistant\"",
                      STR_ARG(json_text(word)));
    return 0;
}

static int read_message(struct conversation *c, const json *message, size_t index, bool last)
{
    static const char *const only_text[] = {"text", NULL};
    const struct spot list_at = {NULL, "messages", 0}, at = {&list_at, NULL, index},
                      content_at = {&at, "content", 0};
    enum role role = ROLE_USER;
    if (anthropic_check(c->in, &at, message, JSON_OBJECT) < 0 ||
        read_role(c, &at, message, &role) < 0)
        return -1;
    if (role == ROLE_SYSTEM) {
        str text;
        if (anthropic_read_texts(c->in, &content_at, json_get(message, STR("content")),
                                 only_text, &text) < 0)
            return -1;
        add_turn(c, ROLE_SYSTEM, text);
        return 0;
    }
    if (c->speaker == ROLE_SYSTEM && role == ROLE_ASSISTANT)
        return REFUSE(c->in, "messages: first message must use the \"user\" role");
    if (role == ROLE_ASSISTANT && c->speaker == ROLE_USER) {
        if (check_all_answered(c) < 0)
            return -1;
        c->open = c->calls;
    }
    if (role == ROLE_ASSISTANT)
        c->caller = index;
    /* results answer the last message of the assistant, in this message or its neighbours */
    if (role == ROLE_USER && c->speaker == ROLE_ASSISTANT)
        c->results_first = true;
    if (read_content(c, &at, message, role, last) < 0)
        return -1;
    c->speaker = role;
    return 0;
}

static size_t blocks_of(const json *messages)
{
    size_t blocks = 0;
    for (const json *message = json_first(messages); message; message = json_next(message)) {
        const json *content = json_get(message, STR("content"));
        blocks += json_is(content, JSON_LIST) ? json_count(content) : 0;
    }
    return blocks;
}

static int read_system(struct conversation *c, const json *system)
{
    static const char *const only_text[] = {"text", NULL};
    const struct spot at = {NULL, "system", 0};
    str text;
    if (!system || json_is(system, JSON_NULL))
        return 0;
    if (anthropic_read_texts(c->in, &at, system, only_text, &text) < 0)
        return -1;
    if (text.n)
        add_turn(c, ROLE_SYSTEM, text);
    return 0;
}

/* A prefill is continued, so it must not end in a blank. */
static int check_prefill(const struct conversation *c)
{
    str text = c->speaker == ROLE_ASSISTANT ? c->turn[c->turns - 1].text : STR("");
    if (text.n && char_is_space(text.p[text.n - 1]))
        return REFUSE(c->in,
                      "messages: final assistant content cannot end with trailing whitespace");
    return 0;
}

int anthropic_read_messages(struct reading_message *in, const json *system,
                            const json *messages)
{
    const struct spot at = {NULL, "messages", 0};
    struct conversation c = {.in = in, .speaker = ROLE_SYSTEM};
    if (anthropic_check(in, &at, messages, JSON_LIST) < 0)
        return -1;
    size_t count = json_count(messages), i = 0;
    int marks = in->marks;
    if (count == 0)
        return REFUSE(in, "messages: at least one message is required");
    c.turn = arena_array(in->request->arena, struct turn, 1 + count + blocks_of(messages));
    in->request->cache_by_marks = true;
    if (read_system(&c, system) < 0)
        return -1;
    note_marks(&c, marks);
    for (const json *message = json_first(messages); message;
         message = json_next(message), i++) {
        marks = in->marks;
        if (read_message(&c, message, i, i + 1 == count) < 0)
            return -1;
        note_marks(&c, marks);
    }
    in->request->turn = c.turn;
    in->request->turns = c.turns;
    return check_all_answered(&c) < 0 ? -1 : check_prefill(&c);
}
