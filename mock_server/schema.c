/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema.c: the tables of a mock file as JSON Schema (see schema.h).
 *
 * Each table is a definition; what may be written in a short form or as a mapping is either.
 */
#include "mock_server/schema.h"

#include "base/option_schema.h"
#include "mock_server/config.h"
#include "mock_server/dialect.h"

/* What `form` says, or a mapping of these keys. */
static json *short_or(struct arena *arena, const char *form, const struct opt *rows)
{
    json *schema = json_new_object(arena), *list = json_new_list(arena);
    json_add(arena, list, schema_form(arena, form));
    json_add(arena, list, schema_object_of(arena, rows));
    json_set(arena, schema, STR("anyOf"), list);
    return schema;
}

static json *dialects(struct arena *arena)
{
    size_t count = 0;
    const str *names = dialect_names(&count);
    json *schema = json_new_object(arena), *words = json_new_list(arena);
    for (size_t i = 0; i < count; i++)
        json_add(arena, words, json_new_text(arena, names[i]));
    json_set(arena, schema, STR("enum"), words);
    return schema;
}

static void define_tables(struct arena *arena, json *defs)
{
    const struct {
        const char *word;
        const struct opt *rows;
    } tables[] = {
        {"model", mock_model_options},
        {"answers", answers_options},
        {"rule", rule_options},
        {"answer", answer_options},
        {"tool_call", tool_call_options},
        {"when", when_options},
        {"wrong", wrong_options},
        {"wrong_label", wrong_label_options},
        {"wrong_replace", wrong_replace_options},
        {"fault", fault_options},
        {"limit", limit_options},
        {"cache", prompt_cache_options},
        {"normal", normal_options},
        {"lognormal", lognormal_options},
        {"exponential", exponential_options},
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        json_set(arena, defs, str_from(tables[i].word),
                 schema_object_of(arena, tables[i].rows));
}

#define DURATION "{type: string, " OPT_FORM_DURATION "}"

const json *mock_json_schema(struct arena *arena)
{
    json *defs = json_new_object(arena), *top = schema_object_of(arena, mock_options);
    define_tables(arena, defs);
    json_set(arena, defs, STR("time"), short_or(arena, DURATION, law_options));
    json_set(arena, defs, STR("skill"),
             short_or(arena, "{type: number, minimum: 0, maximum: 1}", skill_options));
    json_set(arena, defs, STR("slowdown"),
             short_or(arena, "{type: number, minimum: 0, maximum: 1000}", load_options));
    json_set(
        arena, defs, STR("reasoning"),
        short_or(arena, "{type: integer, minimum: 0, maximum: 1000000}", reasoning_options));
    json_set(arena, defs, STR("empirical"),
             schema_form(arena, "{type: array, minItems: 1, items: " DURATION "}"));
    json_set(arena, defs, STR("wrong_list"),
             schema_form(arena, "{type: array, minItems: 1, items: {$ref: '#/$defs/wrong'}}"));
    json_set(arena, defs, STR("dialect"), dialects(arena));
    json_set(arena, defs, STR("path"), schema_form(arena, "{type: string, minLength: 1}"));
    json_set(arena, defs, STR("regex"), schema_form(arena, "{type: string}"));
    /* an empty file is a mock without rules */
    schema_merge(arena, top, schema_form(arena, "{type: [object, 'null']}"));
    return schema_document(arena, "weir mock file", top, defs);
}
