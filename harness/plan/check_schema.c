/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_schema.c: the tables of checks and transforms as JSON Schema (see check_schema.h).
 *
 * What goes with which check is said under if and then, so that an editor marks the key that is
 * out of place and not the whole check.
 */
#include "plan/check_schema.h"

#include "base/option_schema.h"
#include "plan/check_parts.h"
#include "plan/experiment_tables.h"

#define REF  "pattern: '\\{\\{'"
#define TEXT "{type: string}"

/* What may stand behind the key; NULL: a mapping with options. */
static const char *operand_form(const struct check_kind *kind)
{
    switch (kind->operand) {
    case OPERAND_TEXT:
    case OPERAND_REGEX:
    case OPERAND_RUBRIC:
    case OPERAND_REFERENCE:
    case OPERAND_CRITERION:
        return TEXT;
    case OPERAND_TEXTS:
        return "{type: [array, string], items: {type: string}, " REF "}";
    case OPERAND_LIST:
        return "{type: [array, string], " REF "}";
    case OPERAND_OBJECT:
        return "{type: [object, string], " REF "}";
    case OPERAND_INT:
        return "{type: [integer, string], minimum: 0, " REF "}";
    case OPERAND_NUMBER:
        return "{type: [number, string], " REF "}";
    case OPERAND_TRUE:
        return "{const: true}";
    case OPERAND_SCHEMA:
        return "{$ref: '#/$defs/schema'}";
    case OPERAND_COMMAND:
        return "{type: array, minItems: 1, items: " TEXT "}";
    case OPERAND_URL:
        return "{type: string, pattern: '^https?://'}";
    case OPERAND_FINISH:
        return "{enum: [stop, length, filter, tool, other, content_filter, tool_calls]}";
    case OPERAND_TEMPLATE:
    case OPERAND_LIKENESS:
        return "{type: [string, number, boolean, array, object]}";
    case OPERAND_NUMERIC:
    case OPERAND_RECORDS:
    case OPERAND_SPAN:
    case OPERAND_DURATION:
    case OPERAND_USD:
        break;
    }
    return NULL;
}

static json *operand_schema(struct arena *arena, const struct check_kind *kind)
{
    static const struct opt time_row[] = {{.key = "x", .type = OPT_TYPE_DURATION}, OPT_END};
    static const struct opt cost_row[] = {{.key = "x", .type = OPT_TYPE_USD}, OPT_END};
    const char *form = operand_form(kind);
    json *schema, *list;
    if (form)
        return schema_form(arena, form);
    switch (kind->operand) {
    case OPERAND_NUMERIC:
        return schema_object_of(arena, check_numeric_options);
    case OPERAND_RECORDS:
        return schema_object_of(arena, check_records_options);
    case OPERAND_DURATION:
        return json_copy(arena, json_get(schema_properties(arena, time_row), STR("x")));
    case OPERAND_USD:
        return json_copy(arena, json_get(schema_properties(arena, cost_row), STR("x")));
    default:
        break;
    }
    schema = json_new_object(arena);
    list = json_new_list(arena);
    json_add(arena, list,
             schema_form(arena, "{type: integer, minimum: 0, maximum: 1000000000}"));
    json_add(arena, list, schema_object_of(arena, check_span_options));
    json_set(arena, schema, STR("anyOf"), list);
    return schema;
}

/* ---- what goes with which check ---- */

typedef bool choice(const struct check_kind *kind);

static bool is_graded(const struct check_kind *kind)
{
    return kind->graded;
}

static bool is_plain(const struct check_kind *kind)
{
    return !check_looks_at_no_value(kind);
}

static bool asks_a_model(const struct check_kind *kind)
{
    return check_is_judged(kind) || kind->asks == ASKS_VECTORS;
}

static bool is_for(const struct check_kind *kind, bool score)
{
    return score || !(kind->asks || kind->score_only);
}

/* {anyOf: [{required: [f1]}, {required: [not-f1]}, …]} of the chosen checks, or oneOf. */
static json *has_one_of(struct arena *arena, const char *how, choice *chosen, bool score)
{
    json *schema = json_new_object(arena), *list = json_new_list(arena);
    for (const struct check_kind *kind = check_table; kind->name; kind++) {
        if (!is_for(kind, score) || (chosen && !chosen(kind)))
            continue;
        schema_one_key(arena, list, kind->name);
        schema_one_key(arena, list, arena_printf(arena, "not-%s", kind->name).p);
    }
    json_set(arena, schema, str_from(how), list);
    return schema;
}

/* With one of the chosen checks `then` holds, else `other`; either may be NULL. */
static void add_condition(struct arena *arena, json *all, choice *chosen, const char *then,
                          const char *other)
{
    json *condition = json_new_object(arena);
    json_set(arena, condition, STR("if"), has_one_of(arena, "anyOf", chosen, true));
    if (then)
        json_set(arena, condition, STR("then"), schema_form(arena, then));
    if (other)
        json_set(arena, condition, STR("else"), schema_form(arena, other));
    json_add(arena, all, condition);
}

json *check_json_schema(struct arena *arena, bool score)
{
    const struct opt *tables[] = {check_options, score_options};
    json *object = schema_object(arena, tables, score ? 2 : 1);
    json *properties = json_copy(arena, json_get(object, STR("properties")));
    json *all = json_new_list(arena);
    for (const struct check_kind *kind = check_table; kind->name; kind++) {
        if (!is_for(kind, score))
            continue;
        json *operand = operand_schema(arena, kind);
        json_set_text(arena, operand, "description", str_from(kind->summary));
        json_set(arena, properties, str_from(kind->name), operand);
        json_set(arena, properties, arena_printf(arena, "not-%s", kind->name), operand);
    }
    json_set(arena, object, STR("properties"), properties);
    schema_merge(arena, object, has_one_of(arena, "oneOf", NULL, score));
    add_condition(arena, all, is_graded, NULL, "{properties: {threshold: false}}");
    if (score) {
        add_condition(arena, all, is_plain, NULL,
                      "{properties: {of: false, transform: false}}");
        add_condition(arena, all, asks_a_model, "{required: [model]}",
                      "{properties: {model: false}}");
        add_condition(arena, all, check_is_judged, NULL, "{properties: {repeats: false}}");
    }
    json_set(arena, object, STR("allOf"), all);
    return object;
}

/* ---- transforms ---- */

json *transforms_json_schema(struct arena *arena)
{
    json *words = json_new_list(arena), *plain = json_new_object(arena);
    bool takes_value;
    for (size_t i = 0; transform_word(i, &takes_value); i++)
        if (!takes_value)
            json_add(arena, words,
                     json_new_text(arena, str_from(transform_word(i, &takes_value))));
    json_set(arena, plain, STR("enum"), words);
    json *object = schema_form(arena, "{type: object, minProperties: 1, maxProperties: 1,"
                                      " additionalProperties: false}");
    json_set(arena, object, STR("properties"),
             schema_form(arena, "{tag: {type: string, pattern: '^[A-Za-z0-9_.:-]+$',"
                                " description: 'what stands between <NAME> and </NAME>'},"
                                " capture: {type: string,"
                                " description: 'the first group of a PCRE2 pattern'},"
                                " label: {type: array, minItems: 1,"
                                " items: {type: [string, number, boolean]},"
                                " description: 'the only one of these labels that occurs'}}"));
    json *list = json_new_list(arena), *either = json_new_object(arena);
    json_add(arena, list, plain);
    json_add(arena, list, object);
    json_set(arena, either, STR("anyOf"), list);
    return schema_list_of(arena, either);
}
