/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anthropic_tools.c: tools that a message may call, and which it must.
 *
 * Tools of the provider's own have a dated type and no schema; they are known by their name only.
 */
#include "mock_server/anthropic_inside.h"

enum { NAME_MAX_BYTES = 128 };

static bool is_name(str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!char_is_alnum(name.p[i]) && name.p[i] != '_' && name.p[i] != '-')
            return false;
    return name.n > 0 && name.n <= NAME_MAX_BYTES;
}

static int check_strict(const struct reading_message *in, const struct spot *at,
                        const json *tool, const json *schema)
{
    const struct spot here = {at, "input_schema", 0};
    const json *strict;
    if (anthropic_take(in, at, tool, "strict", JSON_BOOL, &strict) < 0)
        return -1;
    return json_bool(strict) ? anthropic_check_schema(in, &here, schema) : 0;
}

static int read_custom(const struct reading_message *in, const struct spot *at,
                       const json *value, struct tool *tool)
{
    static const char *const object_only[] = {"object", NULL};
    const struct spot here = {at, "custom", 0}, name_at = {&here, "name", 0},
                      schema_at = {&here, "input_schema", 0};
    const json *name = anthropic_need(in, &here, value, "name", JSON_TEXT), *description;
    if (!name || anthropic_take(in, &here, value, "description", JSON_TEXT, &description) < 0)
        return -1;
    if (!is_name(json_text(name)))
        return anthropic_refuse_at(in, &name_at,
                                   "String should match pattern '^[a-zA-Z0-9_-]{1,%d}$'",
                                   NAME_MAX_BYTES);
    const json *schema = anthropic_need(in, &here, value, "input_schema", JSON_OBJECT);
    if (!schema || !anthropic_need(in, &schema_at, schema, "type", JSON_TEXT) ||
        anthropic_take_word(in, &schema_at, schema, "type", object_only) < 0)
        return -1;
    *tool = (struct tool){.name = json_text(name), .parameters = schema};
    return check_strict(in, &here, value, schema);
}

static int read_tool(struct reading_message *in, const struct spot *at, const json *value,
                     struct tool *tool)
{
    const json *type;
    if (anthropic_check(in, at, value, JSON_OBJECT) < 0 ||
        anthropic_take(in, at, value, "type", JSON_TEXT, &type) < 0 ||
        anthropic_check_mark(in, at, value) < 0)
        return -1;
    if (!type || str_equal(json_text(type), STR("custom")))
        return read_custom(in, at, value, tool);
    const json *name = json_get(value, STR("name")); /* a set of tools has none */
    tool->name = json_is(name, JSON_TEXT) ? json_text(name) : json_text(type);
    return 0;
}

int anthropic_read_tools(struct reading_message *in, const json *tools)
{
    struct request *request = in->request;
    const struct spot at = {NULL, "tools", 0};
    size_t i = 0;
    if (!tools || json_is(tools, JSON_NULL))
        return 0;
    if (anthropic_check(in, &at, tools, JSON_LIST) < 0)
        return -1;
    struct tool *tool = arena_array(request->arena, struct tool, json_count(tools));
    for (const json *value = json_first(tools); value; value = json_next(value), i++) {
        const struct spot here = {&at, NULL, i};
        if (read_tool(in, &here, value, &tool[i]) < 0)
            return -1;
        for (size_t before = 0; before < i; before++)
            if (str_equal(tool[before].name, tool[i].name))
                return REFUSE(in, "tools: Tool names must be unique.");
    }
    request->tool = tool;
    request->tools = i;
    return 0;
}

/* ---- choice ---- */

static int read_named(const struct reading_message *in, const struct spot *at,
                      const json *choice)
{
    struct request *request = in->request;
    const json *name = anthropic_need(in, at, choice, "name", JSON_TEXT);
    if (!name)
        return -1;
    for (size_t i = 0; i < request->tools; i++)
        if (str_equal(request->tool[i].name, json_text(name))) {
            request->tool_name = json_text(name);
            request->tool_choice = TOOL_NAMED;
            return 0;
        }
    return REFUSE(in, "Tool '%.*s' not found in provided tools", STR_ARG(json_text(name)));
}

int anthropic_read_tool_choice(struct reading_message *in, const json *choice, bool thinks)
{
    static const char *const types[] = {"auto", "any", "tool", "none", NULL};
    struct request *request = in->request;
    const struct spot at = {NULL, "tool_choice", 0};
    const json *single;
    if (!choice || json_is(choice, JSON_NULL))
        return 0;
    if (anthropic_check(in, &at, choice, JSON_OBJECT) < 0)
        return -1;
    const json *type = anthropic_need(in, &at, choice, "type", JSON_TEXT);
    if (!type || anthropic_take_word(in, &at, choice, "type", types) < 0 ||
        anthropic_take(in, &at, choice, "disable_parallel_tool_use", JSON_BOOL, &single) < 0)
        return -1;
    request->one_call = json_bool(single);
    str word = json_text(type);
    bool named = str_equal(word, STR("tool")), any = str_equal(word, STR("any"));
    if (request->tools == 0 && !str_equal(word, STR("none")))
        return REFUSE(in,
                      "tool_choice: Tool choice may only be specified while providing tools.");
    if (thinks && (named || any))
        return REFUSE(in, "Thinking may not be enabled when tool_choice forces tool use.");
    if (str_equal(word, STR("none")))
        request->tool_choice = TOOL_NONE;
    else if (any)
        request->tool_choice = TOOL_REQUIRED;
    return named ? read_named(in, &at, choice) : 0;
}
