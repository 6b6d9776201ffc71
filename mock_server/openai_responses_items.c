/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_responses_items.c: the input of a Responses request: a text, or a list of messages,
 * calls and their outputs.
 *
 * A conversation is the same as in the other dialects: what an assistant says and the calls that
 * follow it are one turn, and an output answers a call by its ordinal. Items of tools that are not
 * simulated, and reasoning, which a client only hands back, are passed over.
 */
#include "mock_server/openai_responses_inside.h"

/* A call that was read, for the outputs that refer to it. */
struct known_call {
    str id;
    bool is_custom, answered;
};

struct items {
    const struct openai_body *in;
    struct turn *turn;
    size_t turns;
    struct known_call *call;
    size_t calls;
    json *said; /* calls of the turn in hand; NULL: the next call begins one */
    size_t index;
};

static const char *at(const struct items *items, const char *field)
{
    return arena_printf(items->in->request->arena, "input[%zu]%s", items->index, field).p;
}

/* ---- parts ---- */

static const char *const user_parts[] = {"input_text", "input_image", "input_file",
                                         "input_audio", NULL};
static const char *const assistant_parts[] = {"output_text", "refusal", NULL};

static int part_text(const struct items *items, const json *part, size_t index, bool assistant,
                     struct buf *out)
{
    const struct openai_body *in = items->in;
    const char *const *allowed = assistant ? assistant_parts : user_parts;
    const char *param =
        arena_printf(in->request->arena, "%s[%zu]", at(items, ".content"), index).p;
    const json *type = json_get(part, STR("type"));
    if (!type)
        return openai_missing(in, arena_printf(in->request->arena, "%s.type", param).p);
    if (!json_is(type, JSON_TEXT))
        return openai_wrong_type(in, param, "a string", type);
    if (openai_check_word(in, param, type, allowed) < 0)
        return -1;
    bool refusal = str_equal(json_text(type), STR("refusal"));
    if (!refusal && !str_ends_with(json_text(type), STR("put_text")))
        return 0; /* images and files are taken, and not looked at */
    const char *field = refusal ? "refusal" : "text";
    const json *text = json_get(part, str_from(field));
    param = arena_printf(in->request->arena, "%s.%s", param, field).p;
    if (!json_is(text, JSON_TEXT))
        return text ? openai_wrong_type(in, param, "a string", text)
                    : openai_missing(in, param);
    buf_add_str(out, json_text(text));
    return 0;
}

static int read_parts(const struct items *items, const json *content, const char *field,
                      bool assistant, str *text)
{
    const struct openai_body *in = items->in;
    struct buf all = {0};
    size_t i = 0;
    int result = 0;
    if (!content)
        return openai_missing(in, at(items, field));
    if (json_is(content, JSON_TEXT)) {
        *text = json_text(content);
        return 0;
    }
    if (!json_is(content, JSON_LIST))
        return openai_wrong_type(in, at(items, field), "a string or an array of objects",
                                 content);
    for (const json *part = json_first(content); part && result == 0;
         part = json_next(part), i++)
        result = part_text(items, part, i, assistant, &all);
    *text = arena_str(in->request->arena, buf_str(&all));
    buf_release(&all);
    return result;
}

/* ---- messages ---- */

static int read_message(struct items *items, const json *item)
{
    static const char *const roles[] = {"assistant", "system", "developer", "user", NULL};
    const struct openai_body *in = items->in;
    const json *role = json_get(item, STR("role"));
    struct turn *turn = &items->turn[items->turns++];
    if (!role)
        return openai_missing(in, at(items, ".role"));
    if (!json_is(role, JSON_TEXT))
        return openai_wrong_type(in, at(items, ".role"), "a string", role);
    if (openai_check_word(in, at(items, ".role"), role, roles) < 0)
        return -1;
    str word = json_text(role);
    bool assistant = str_equal(word, STR("assistant"));
    turn->role = assistant                      ? ROLE_ASSISTANT
                 : str_equal(word, STR("user")) ? ROLE_USER
                                                : ROLE_SYSTEM;
    return read_parts(items, json_get(item, STR("content")), ".content", assistant,
                      &turn->text);
}

/* ---- calls and outputs ---- */

static int required_text(const struct items *items, const json *item, const char *field,
                         str *text)
{
    const json *value = json_get(item, str_from(field));
    const char *param = at(items, arena_printf(items->in->request->arena, ".%s", field).p);
    if (!value)
        return openai_missing(items->in, param);
    if (!json_is(value, JSON_TEXT))
        return openai_wrong_type(items->in, param, "a string", value);
    *text = json_text(value);
    return 0;
}

/* A call belongs to what the assistant said before it. */
static void add_call(struct items *items, str name, const json *arguments)
{
    struct arena *arena = items->in->request->arena;
    struct turn *last = items->turns ? &items->turn[items->turns - 1] : NULL;
    if (!last || last->role != ROLE_ASSISTANT) {
        last = &items->turn[items->turns++];
        last->role = ROLE_ASSISTANT;
        last->text = STR("");
    }
    if (!items->said || last->tool_calls != items->said)
        items->said = json_new_list(arena);
    json *call = json_new_object(arena);
    json_set_text(arena, call, "name", name);
    json_set(arena, call, STR("arguments"), call_arguments(arena, arguments));
    json_add(arena, items->said, call);
    last->tool_calls = items->said;
}

static int read_call(struct items *items, const json *item, bool custom)
{
    struct known_call *call = &items->call[items->calls];
    const char *field = custom ? "input" : "arguments";
    str name, arguments;
    if (required_text(items, item, "call_id", &call->id) < 0 ||
        required_text(items, item, "name", &name) < 0 ||
        required_text(items, item, field, &arguments) < 0)
        return -1;
    call->is_custom = custom;
    items->calls++;
    add_call(items, name, json_get(item, str_from(field)));
    return 0;
}

static int read_output(struct items *items, const json *item, bool custom)
{
    const struct openai_body *in = items->in;
    struct turn *turn = &items->turn[items->turns++];
    str id;
    if (required_text(items, item, "call_id", &id) < 0 ||
        read_parts(items, json_get(item, STR("output")), ".output", false, &turn->text) < 0)
        return -1;
    turn->role = ROLE_TOOL;
    for (size_t i = items->calls; i-- > 0;)
        if (str_equal(items->call[i].id, id) && items->call[i].is_custom == custom) {
            items->call[i].answered = true;
            turn->answers = (int64_t)i;
            return 0;
        }
    return REFUSE(in, "input", NULL, "No tool call found for %s output with call_id %.*s.",
                  custom ? "custom tool call" : "function call", STR_ARG(id));
}

static int check_answered(const struct items *items)
{
    for (size_t i = 0; i < items->calls; i++)
        if (!items->call[i].answered)
            return REFUSE(items->in, "input", NULL, "No tool output found for %s %.*s.",
                          items->call[i].is_custom ? "custom tool call" : "function call",
                          STR_ARG(items->call[i].id));
    return 0;
}

/* ---- the list ---- */

/* Items that are taken and not looked at; the first ones are looked at. */
static const char *const item_types[] = {"message",
                                         "function_call",
                                         "function_call_output",
                                         "custom_tool_call",
                                         "custom_tool_call_output",
                                         "item_reference",
                                         "reasoning",
                                         "compaction",
                                         "compaction_trigger",
                                         "file_search_call",
                                         "web_search_call",
                                         "computer_call",
                                         "computer_call_output",
                                         "code_interpreter_call",
                                         "image_generation_call",
                                         "local_shell_call",
                                         "local_shell_call_output",
                                         "shell_call",
                                         "shell_call_output",
                                         "apply_patch_call",
                                         "apply_patch_call_output",
                                         "mcp_list_tools",
                                         "mcp_approval_request",
                                         "mcp_approval_response",
                                         "mcp_call",
                                         "tool_search_call",
                                         "tool_search_output",
                                         "additional_tools",
                                         "program",
                                         "program_output",
                                         NULL};

/* Nothing is stored here, so there is nothing to refer to. */
static int refuse_reference(const struct items *items, const json *item)
{
    const struct openai_body *in = items->in;
    return trouble_set(in->request->arena, in->trouble, 404, "input", NULL,
                       "Item with id '%.*s' not found.",
                       STR_ARG(json_text(json_get(item, STR("id")))));
}

static int read_item(struct items *items, const json *item)
{
    const struct openai_body *in = items->in;
    if (!json_is(item, JSON_OBJECT))
        return openai_wrong_type(in, at(items, ""), "an object", item);
    const json *type = openai_member(item, "type");
    str word = type ? json_text(type) : STR("message");
    if (type && openai_check_word(in, at(items, ".type"), type, item_types) < 0)
        return -1;
    if (str_equal(word, STR("message")))
        return read_message(items, item);
    if (str_equal(word, STR("function_call")))
        return read_call(items, item, false);
    if (str_equal(word, STR("custom_tool_call")))
        return read_call(items, item, true);
    if (str_equal(word, STR("function_call_output")))
        return read_output(items, item, false);
    if (str_equal(word, STR("custom_tool_call_output")))
        return read_output(items, item, true);
    return str_equal(word, STR("item_reference")) ? refuse_reference(items, item) : 0;
}

static void add_text(struct items *items, enum role role, const json *text)
{
    items->turn[items->turns++] = (struct turn){.role = role, .text = json_text(text)};
}

static int read_list(struct items *items, const json *list)
{
    if (!json_first(list))
        return REFUSE(items->in, "input", "empty_array",
                      "Invalid 'input': empty array. Expected an array with minimum length 1, "
                      "but got an empty array instead.");
    for (const json *item = json_first(list); item; item = json_next(item), items->index++)
        if (read_item(items, item) < 0)
            return -1;
    return check_answered(items);
}

int openai_responses_read_items(const struct openai_body *in)
{
    struct request *request = in->request;
    const json *input = openai_field(in, FIELD_INPUT);
    const json *instructions = openai_field(in, FIELD_INSTRUCTIONS);
    if (!input)
        return openai_missing(in, "input");
    if (!json_is(input, JSON_TEXT) && !json_is(input, JSON_LIST))
        return openai_wrong_type(in, "input", "a string or an array of input items", input);
    if (openai_check_text(in, FIELD_INSTRUCTIONS) < 0)
        return -1;
    size_t most = json_is(input, JSON_LIST) ? json_count(input) : 1;
    struct items items = {.in = in};
    items.turn = arena_array(request->arena, struct turn, most + 1);
    items.call = arena_array(request->arena, struct known_call, most);
    if (instructions)
        add_text(&items, ROLE_SYSTEM, instructions);
    if (json_is(input, JSON_TEXT))
        add_text(&items, ROLE_USER, input);
    else if (read_list(&items, input) < 0)
        return -1;
    request->turn = items.turn;
    request->turns = items.turns;
    return 0;
}
