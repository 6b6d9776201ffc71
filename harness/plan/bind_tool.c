/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bind_tool.c: the tools of an experiment, as a call uses them (see bind.h).
 *
 * A tool's implementation is a node of the call that uses it, at "tools[*]" below it: each call has
 * a copy of its own, as with shared nodes. It sees the arguments and nothing else, so that it means
 * the same wherever it is used.
 */
#include "plan/bind.h"

#include "plan/experiment.h"

struct tool_keys {
    str description;
    const struct yaml *parameters, *run;
};

const struct opt tool_options[] = {
    OPT_TEXT(tool_keys, description, .required = true, .help = "told to the model"),
    OPT_RAW(tool_keys, parameters, .word = "schema", .required = true,
            .form = "{$ref: '#/$defs/schema', required: [type],"
                    " properties: {type: {const: object}}}",
            .help = "JSON Schema of the arguments: a schema's name, or in place; an object"),
    OPT_RAW(tool_keys, run, .word = "node", .required = true,
            .help = "what it does; sees the arguments by name, and args"),
    OPT_END,
};

static const struct yaml *find_tool(const struct binder *binder, str name, struct place place)
{
    const struct yaml *tools = binder->experiment->tools;
    const struct yaml *tool = yaml_get(tools, name);
    if (tool)
        return tool;
    size_t count = tools ? tools->count : 0;
    str *words = arena_array(binder->arena, str, count + 1);
    for (size_t i = 0; i < count; i++)
        words[i] = tools->pair[i].key;
    str hint = mistake_hint(binder->arena, name, words, count, true);
    mistake_add(binder->mistakes, place, "no tool '%.*s' in tools%.*s", STR_ARG(name),
                STR_ARG(hint));
    return NULL;
}

/* The arguments by name, and `args`. */
static void bind_arguments(struct binder *inner, const struct jsonschema *schema, str name)
{
    const json *source = jsonschema_source(schema);
    struct shape all = shape_schema(schema, name);
    inner->scope = NULL;
    bind_name(inner, SCOPE_NAME, STR("args"), all);
    const json *properties = json_get(source, STR("properties"));
    for (const json *one = json_first(properties); one; one = json_next(one)) {
        const json *at = NULL;
        struct shape shape = {0};
        if (jsonschema_member(schema, source, json_key(one), &at) == SCHEMA_MEMBER_YES && at) {
            shape = all;
            shape.at = at;
        }
        bind_name(inner, SCOPE_NAME, json_key(one), shape);
    }
}

static int read_parameters(const struct binder *inner, const struct yaml *yaml,
                           struct bound_tool *tool)
{
    str name;
    if (bind_schema(inner, yaml, &tool->schema, &name) < 0)
        return -1;
    const json *source = jsonschema_source(tool->schema);
    if (!str_equal(json_text(json_get(source, STR("type"))), STR("object")))
        return mistake_add(inner->mistakes, yaml->place,
                           "the parameters of a tool are no object; expected type: object");
    tool->tool.parameters = source;
    tool->tool.strict = true;
    return 0;
}

int bind_tool(const struct binder *binder, str name, struct place place,
              struct bound_tool *tool)
{
    struct tool_keys keys = {0};
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    const struct yaml *yaml = find_tool(binder, name, place);
    if (!yaml)
        return -1;
    if (!name_is_valid(name)) /* what all providers take */
        return mistake_add(binder->mistakes, yaml->place,
                           "tool '%.*s' has a name that providers refuse; expected letters, "
                           "digits and _, no digit first",
                           STR_ARG(name));
    if (opt_parse_mapping(&parse, tool_options, yaml, "tool", NULL, &keys) < 0)
        return -1;
    struct binder inner = *binder;
    inner.label = name;
    inner.depth++;
    tool->tool = (struct llm_tool){.name = name, .description = keys.description};
    if (read_parameters(&inner, keys.parameters, tool) < 0)
        return -1;
    bind_arguments(&inner, tool->schema, name);
    tool->run = bind_child(&inner, keys.run, STR("tools[*]"), NULL);
    return tool->run ? 0 : -1;
}
