/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_responses_tools.c: the tools of a Responses request, and which of them may be called.
 *
 * Functions and custom tools can be called; the provider's own tools (web_search, …) are taken and
 * never used.
 */
#include "mock_server/openai_responses_inside.h"
#include "mock_server/openai_strict.h"

enum { NAME_MAX_LENGTH = 128 };

static const char *const tool_types[] = {"function",
                                         "custom",
                                         "file_search",
                                         "web_search",
                                         "web_search_2025_08_26",
                                         "web_search_preview",
                                         "web_search_preview_2025_03_11",
                                         "computer",
                                         "computer_use_preview",
                                         "mcp",
                                         "code_interpreter",
                                         "programmatic_tool_calling",
                                         "image_generation",
                                         "local_shell",
                                         "shell",
                                         "namespace",
                                         "tool_search",
                                         "apply_patch",
                                         NULL};

static int read_tool(const struct openai_body *in, const json *one, size_t index,
                     struct tool *tools, size_t *count)
{
    struct arena *arena = in->request->arena;
    const char *param = arena_printf(arena, "tools[%zu]", index).p;
    const char *type_param = arena_printf(arena, "%s.type", param).p;
    const json *type = openai_member(one, "type");
    if (!json_is(one, JSON_OBJECT))
        return openai_wrong_type(in, param, "an object", one);
    if (!type)
        return openai_missing(in, type_param);
    if (openai_check_word(in, type_param, type, tool_types) < 0)
        return -1;
    bool custom = str_equal(json_text(type), STR("custom"));
    if (!custom && !str_equal(json_text(type), STR("function")))
        return 0;
    const json *name = openai_member(one, "name"), *schema = openai_member(one, "parameters");
    if (openai_check_name(in, arena_printf(arena, "%s.name", param).p, name, NAME_MAX_LENGTH) <
        0)
        return -1;
    if (schema && !json_is(schema, JSON_OBJECT))
        return openai_wrong_type(in, arena_printf(arena, "%s.parameters", param).p, "an object",
                                 schema);
    tools[(*count)++] =
        (struct tool){.name = json_text(name), .parameters = schema, .is_custom = custom};
    const struct strict_place place = {"function", json_text(name),
                                       arena_printf(arena, "%s.parameters", param).p,
                                       "invalid_function_parameters"};
    return openai_check_strict(in, json_get(one, STR("strict")), schema, &place);
}

/* ---- tool_choice ---- */

static bool is_offered(const struct request *request, str name)
{
    for (size_t i = 0; i < request->tools; i++)
        if (str_equal(request->tool[i].name, name))
            return true;
    return false;
}

static bool is_allowed(const json *list, str name)
{
    for (const json *one = json_first(list); one; one = json_next(one))
        if (str_equal(json_text(json_get(one, STR("name"))), name))
            return true;
    return false;
}

/* Only these are offered then. */
static int read_allowed(const struct openai_body *in, const json *choice)
{
    static const char *const modes[] = {"auto", "required", NULL};
    struct request *request = in->request;
    const json *mode = openai_member(choice, "mode"), *list = openai_member(choice, "tools");
    struct tool *kept = arena_array(request->arena, struct tool, request->tools);
    size_t count = 0;
    if (!mode)
        return openai_missing(in, "tool_choice.mode");
    if (openai_check_word(in, "tool_choice.mode", mode, modes) < 0)
        return -1;
    if (!json_is(list, JSON_LIST))
        return list ? openai_wrong_type(in, "tool_choice.tools", "an array of objects", list)
                    : openai_missing(in, "tool_choice.tools");
    for (size_t i = 0; i < request->tools; i++)
        if (is_allowed(list, request->tool[i].name))
            kept[count++] = request->tool[i];
    request->tool = kept;
    request->tools = count;
    if (str_equal(json_text(mode), STR("required")))
        request->tool_choice = TOOL_REQUIRED;
    return 0;
}

static int read_named(const struct openai_body *in, const json *choice)
{
    const json *name = openai_member(choice, "name");
    if (!name)
        return openai_missing(in, "tool_choice.name");
    if (!json_is(name, JSON_TEXT))
        return openai_wrong_type(in, "tool_choice.name", "a string", name);
    if (!is_offered(in->request, json_text(name)))
        return REFUSE(in, "tool_choice", "invalid_value",
                      "Tool choice '%.*s' not found in 'tools' parameter.",
                      STR_ARG(json_text(name)));
    in->request->tool_choice = TOOL_NAMED;
    in->request->tool_name = json_text(name);
    return 0;
}

static int read_choice(const struct openai_body *in)
{
    static const char *const words[] = {"none", "auto", "required", NULL};
    const json *choice = openai_field(in, FIELD_TOOL_CHOICE);
    struct request *request = in->request;
    if (!choice)
        return 0;
    if (json_is(choice, JSON_OBJECT)) {
        str type = json_text(json_get(choice, STR("type")));
        if (!type.n)
            return openai_missing(in, "tool_choice.type");
        if (str_equal(type, STR("allowed_tools")))
            return read_allowed(in, choice);
        return str_equal(type, STR("function")) || str_equal(type, STR("custom"))
                   ? read_named(in, choice)
                   : 0; /* one of the provider's own */
    }
    if (!json_is(choice, JSON_TEXT))
        return openai_wrong_type(in, "tool_choice", "a string or an object", choice);
    if (openai_check_word(in, "tool_choice", choice, words) < 0)
        return -1;
    if (str_equal(json_text(choice), STR("none")))
        request->tool_choice = TOOL_NONE;
    if (!str_equal(json_text(choice), STR("required")))
        return 0;
    request->tool_choice = TOOL_REQUIRED;
    return openai_field(in, FIELD_TOOLS)
               ? 0
               : REFUSE(in, "tool_choice", "invalid_value",
                        "Tool choice 'required' must be specified with 'tools' parameter.");
}

int openai_responses_read_tools(const struct openai_body *in)
{
    struct request *request = in->request;
    const json *tools = openai_field(in, FIELD_TOOLS);
    size_t index = 0, count = 0;
    if (tools && !json_is(tools, JSON_LIST))
        return openai_wrong_type(in, "tools", "an array of objects", tools);
    struct tool *tool = arena_array(request->arena, struct tool, json_count(tools));
    for (const json *one = json_first(tools); one; one = json_next(one), index++)
        if (read_tool(in, one, index, tool, &count) < 0)
            return -1;
    request->tool = tool;
    request->tools = count;
    return read_choice(in);
}
