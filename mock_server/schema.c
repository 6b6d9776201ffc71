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

static void define(struct arena *arena, json *defs, const char *word, const char *summary,
                   json *schema)
{
    json_set_text(arena, schema, "description", str_from(summary));
    json_set(arena, defs, str_from(word), schema);
}

static void define_tables(struct arena *arena, json *defs)
{
    const struct {
        const char *word, *summary;
        const struct opt *rows;
    } tables[] = {
        {"model", "an entry of models", mock_model_options},
        {"answers", "an entry of answers: an answer key", answers_options},
        {"rule", "an entry of rules: when it applies and one of what it replies", rule_options},
        {"answer", "the answer of a rule", answer_options},
        {"tool_call", "a call of a tool, in a rule", tool_call_options},
        {"when", "which requests a rule or a fault is for", when_options},
        {"wrong", "a kind of wrong answer: one of these, and its share", wrong_options},
        {"wrong_label", "another label as a wrong answer", wrong_label_options},
        {"wrong_replace", "a part replaced, as a wrong answer", wrong_replace_options},
        {"fault", "an entry of faults: one kind, and where it strikes", fault_options},
        {"limit", "an entry of limits", limit_options},
        {"cache", "what of a prompt was read before", prompt_cache_options},
        {"normal", "a time by the normal distribution", normal_options},
        {"lognormal", "a time by the log-normal distribution", lognormal_options},
        {"exponential", "a time by the exponential distribution", exponential_options},
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        define(arena, defs, tables[i].word, tables[i].summary,
               schema_object_of(arena, tables[i].rows));
}

#define DURATION "{type: string, " OPT_FORM_DURATION "}"

const json *mock_json_schema(struct arena *arena)
{
    json *defs = json_new_object(arena), *top = schema_object_of(arena, mock_options);
    define_tables(arena, defs);
    define(arena, defs, "time", "a time: a duration, or one of these distributions",
           short_or(arena, DURATION, law_options));
    define(arena, defs, "skill", "how often a model is right: a chance, or what it depends on",
           short_or(arena, "{type: number, minimum: 0, maximum: 1}", skill_options));
    define(arena, defs, "slowdown", "how times grow under load; a number is per_request",
           short_or(arena, "{type: number, minimum: 0, maximum: 1000}", load_options));
    define(arena, defs, "reasoning", "tokens of reasoning; a number is always as many",
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
