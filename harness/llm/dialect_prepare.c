/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_prepare.c: what all dialects do with schemas and tools before a request is written; how
 * they differ is in a struct llm_form (see dialect_parts.h).
 */
#include "llm/dialect_parts.h"

static void add_tool(const struct llm_form *form, struct buf *out, str name, str description,
                     bool strict, str schema)
{
    buf_add_char(out, out->n ? ',' : '[');
    form->add_tool(out, name, description, strict, schema);
}

static str tools_text(const struct llm_form *form, const struct llm_request *request,
                      const struct llm_prepared *prepared, struct arena *arena)
{
    struct buf out = {0};
    for (size_t i = 0; i < request->tools; i++) {
        const struct llm_tool *tool = &request->tool[i];
        bool strict;
        str schema = llm_schema_text(form->subset, arena, tool->parameters,
                                     tool->strict || form->always_subset, &strict);
        add_tool(form, &out, tool->name, tool->description, strict, schema);
    }
    if (llm_schema_is(request, LLM_SCHEMA_TOOL))
        add_tool(form, &out, prepared->schema_name, STR(""), prepared->strict,
                 prepared->schema);
    if (out.n)
        buf_add_char(&out, ']');
    str text = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return text;
}

static void prepare_schema(const struct llm_form *form, const struct llm_request *request,
                           struct arena *arena, struct llm_prepared *prepared)
{
    const json *source = jsonschema_source(request->schema);
    bool native = llm_schema_is(request, LLM_SCHEMA_NATIVE);
    prepared->schema =
        llm_schema_text(form->subset, arena, source, !llm_schema_is(request, LLM_SCHEMA_PROMPT),
                        &prepared->strict);
    prepared->schema_name = llm_schema_name(request, arena);
    if (form->has_json_object)
        prepared->any_object = native && schema_is_any_object(source);
    if (form->names_by_title && native && prepared->strict)
        prepared->schema =
            llm_schema_titled(form->subset, arena, source, prepared->schema_name);
}

void llm_prepare(const struct llm_form *form, const struct llm_request *request,
                 struct arena *arena, struct llm_prepared *prepared)
{
    *prepared = (struct llm_prepared){0};
    if (request->schema)
        prepare_schema(form, request, arena, prepared);
    prepared->tools = tools_text(form, request, prepared, arena);
}
