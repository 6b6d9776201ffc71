/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema.c: the schemas of both files, for editors (see schema.h).
 *
 * Every `word` of a row is a definition. Those made of other tables are built here; the rest
 * (templates, JSON) may be anything, as the language says.
 */
#include "cmd/schema.h"

#include "base/embedded.h"
#include "base/file.h"
#include "base/option_schema.h"
#include "llm/dialect.h"
#include "llm/model.h"
#include "patterns/orchestrate_plan.h"
#include "patterns/pattern.h"
#include "plan/bind.h"
#include "plan/check_schema.h"
#include "plan/experiment_baseline.h"
#include "plan/experiment_rules.h"
#include "plan/experiment_stop.h"
#include "plan/experiment_tables.h"
#include "plan/perturb.h"
#include "plan/prompt.h"

/* A mapping whose keys are names the user chose. */
static json *named(struct arena *arena, const json *value)
{
    json *object = schema_mapping_to(arena, value);
    schema_merge(arena, object,
                 schema_form(arena, "{propertyNames: {pattern: '" OPT_FORM_NAME "'}}"));
    return object;
}

#define FILE_NAME "pattern: '^[^./][^/]*$'" /* in its folder, without an ending */

/* A text of that form, or the thing itself. */
static json *named_or(struct arena *arena, const char *name, const json *itself)
{
    json *object = json_new_object(arena), *list = json_new_list(arena);
    json_add(arena, list, schema_form(arena, name));
    json_add(arena, list, itself);
    json_set(arena, object, STR("anyOf"), list);
    return object;
}

/* ---- nodes ---- */

static const char *pattern_word(struct arena *arena, const struct pattern *pattern)
{
    return arena_printf(arena, "pattern_%s", pattern->name).p;
}

static json *pattern_schema(struct arena *arena, const struct pattern *pattern)
{
    const struct opt *tables[8] = {pattern->options};
    size_t count = 1;
    if (!pattern->options)
        return pattern->form ? schema_form(arena, pattern->form) : json_new_object(arena);
    for (size_t i = 0; pattern->also && i < pattern->also->table_count && count < 8; i++)
        tables[count++] = pattern->also->tables[i];
    return schema_object(arena, tables, count);
}

/* Exactly one pattern; in a variant `extends` stands for one. */
static json *node_schema(struct arena *arena, bool variant)
{
    const struct opt *tables[] = {node_options, variant_options};
    json *object = schema_object(arena, tables, variant ? 2 : 1), *keys = json_new_list(arena);
    json *properties = json_copy(arena, json_get(object, STR("properties")));
    for (const struct pattern *const *p = pattern_table; *p; p++) {
        json *schema = schema_ref(arena, pattern_word(arena, *p));
        json_set_text(arena, schema, "description", str_from((*p)->summary));
        json_set(arena, properties, str_from((*p)->name), schema);
        schema_one_key(arena, keys, (*p)->name);
    }
    if (variant)
        schema_one_key(arena, keys, "extends");
    json_set(arena, object, STR("properties"), properties);
    json_set(arena, object, STR("oneOf"), keys);
    return object;
}

/* ---- definitions ---- */

static void define(struct arena *arena, json *defs, const char *word, const json *schema)
{
    json_set(arena, defs, str_from(word), schema);
}

static void define_form(struct arena *arena, json *defs, const char *word, const char *form)
{
    define(arena, defs, word, schema_form(arena, form));
}

static json *dialects(struct arena *arena)
{
    json *object = json_new_object(arena), *words = json_new_list(arena);
    for (size_t i = 0; llm_dialect_at(i); i++)
        json_add(arena, words, json_new_text(arena, str_from(llm_dialect_at(i)->name)));
    json_set(arena, object, STR("enum"), words);
    return object;
}

static void define_models(struct arena *arena, json *defs)
{
    const struct opt *model[] = {llm_model_options, llm_model_defaults_options};
    define(arena, defs, "defaults", schema_object_of(arena, llm_defaults_options));
    define(arena, defs, "retry", schema_object_of(arena, llm_retry_options));
    define(arena, defs, "price", schema_object_of(arena, llm_price_options));
    define(arena, defs, "capabilities", schema_object_of(arena, llm_capabilities_options));
    define(arena, defs, "dialect", dialects(arena));
    define(arena, defs, "models", named(arena, schema_object(arena, model, 2)));
    define(arena, defs, "providers",
           named(arena, schema_object_of(arena, llm_provider_options)));
}

static void define_workflows(struct arena *arena, json *defs)
{
    const json *node = schema_ref(arena, "node");
    json *variants = schema_mapping_to(arena, node_schema(arena, true));
    json *cases = schema_mapping_to(arena, node), *branches = named(arena, node);
    schema_merge(arena, variants,
                 schema_form(arena, "{minProperties: 1, maxProperties: 100,"
                                    " propertyNames: {pattern: '^[A-Za-z0-9_.-]{1,100}$'}}"));
    schema_merge(arena, cases, schema_form(arena, "{minProperties: 1}"));
    schema_merge(arena, branches, schema_form(arena, "{minProperties: 1, maxProperties: 100}"));
    for (const struct pattern *const *p = pattern_table; *p; p++)
        define(arena, defs, pattern_word(arena, *p), pattern_schema(arena, *p));
    define(arena, defs, "node", node_schema(arena, false));
    define(arena, defs, "nodes", named(arena, node));
    define(arena, defs, "tools", named(arena, schema_object_of(arena, tool_options)));
    define(arena, defs, "variants", variants);
    define(arena, defs, "cases", cases);
    define(arena, defs, "branches", branches);
    define(arena, defs, "budget", schema_object_of(arena, budget_options));
    define(arena, defs, "budgets", schema_object_of(arena, budgets_options));
    define(arena, defs, "validate", schema_object_of(arena, plan_rules_options));
    define_form(arena, defs, "with",
                "{type: object, propertyNames: {pattern: '" OPT_FORM_NAME "'}}");
    define_form(arena, defs, "set", "{type: object}");
    define_form(arena, defs, "unset", "{type: array, items: {type: string}}");
    define_form(arena, defs, "matrix",
                "{type: object, minProperties: 1, additionalProperties: {anyOf: ["
                "{type: array, minItems: 1, items: {type: [string, number, boolean, 'null']}}, "
                "{type: object, minProperties: 1, additionalProperties: {type: object},"
                " propertyNames: {pattern: '^[A-Za-z0-9_.-]+$'}}]}}");
    define_form(arena, defs, "command", "{type: array, minItems: 1, items: {type: string}}");
    define_form(arena, defs, "tool_names", "{type: array, minItems: 1, items: {type: string}}");
    define_form(arena, defs, "model_names", "{type: array, items: {type: string}}");
    define_form(arena, defs, "keywords_labels",
                "{type: object, minProperties: 1,"
                " additionalProperties: {type: array, items: {type: string, minLength: 1}}}");
}

static void define_scores(struct arena *arena, json *defs)
{
    json *scores = schema_mapping_to(arena, schema_ref(arena, "score_check"));
    schema_merge(arena, scores,
                 schema_form(arena, "{propertyNames: {pattern: '" OPT_FORM_NAME "'}}"));
    define(arena, defs, "check", check_json_schema(arena, false));
    define(arena, defs, "score_check", check_json_schema(arena, true));
    define(arena, defs, "checks", schema_list_of(arena, schema_ref(arena, "check")));
    define(arena, defs, "score", scores);
    define(arena, defs, "transforms", transforms_json_schema(arena));
    define(arena, defs, "baseline",
           named_or(arena, "{type: string}", schema_object_of(arena, baseline_options)));
    define(arena, defs, "rules", schema_list_of(arena, schema_object_of(arena, rule_options)));
    define(arena, defs, "stop", schema_object_of(arena, stop_options));
    define_form(arena, defs, "variant_name", "{type: string}");
    define_form(arena, defs, "variant_list",
                "{type: [string, array], minItems: 1, items: {type: string}}");
    define_form(arena, defs, "quantity",
                "{type: [number, string], minimum: 0,"
                " " OPT_FORM_DURATION "}");
}

static json *plot_names(struct arena *arena)
{
    json *schema = schema_form(arena, "{anyOf: [{const: none}]}"),
         *words = json_new_list(arena);
    json *list = schema_form(arena, "{type: array, minItems: 1}"),
         *item = json_new_object(arena);
    json *either = json_copy(arena, json_get(schema, STR("anyOf")));
    for (size_t i = 0; report_plot_names[i]; i++)
        json_add(arena, words, json_new_text(arena, str_from(report_plot_names[i])));
    json_set(arena, item, STR("enum"), words);
    json_set(arena, list, STR("items"), item);
    json_add(arena, either, list);
    json_set(arena, schema, STR("anyOf"), either);
    return schema;
}

static void define_parts(struct arena *arena, json *defs)
{
    define_form(arena, defs, "schema", "{type: [string, object], " FILE_NAME "}");
    define_form(arena, defs, "mock", "{type: [string, object]}");
    define(arena, defs, "prompt",
           named_or(arena, "{type: string, " FILE_NAME "}",
                    schema_object_of(arena, prompt_options)));
    define(arena, defs, "message", schema_object_of(arena, prompt_message_options));
    define(arena, defs, "dataset",
           named_or(arena, "{type: string, " OPT_FORM_ROWS "}",
                    schema_object_of(arena, dataset_options)));
    define_form(arena, defs, "rows",
                "{type: array, minItems: 1, items: {type: object, properties: {"
                "tags: {type: array, items: {type: string}}, metadata: {type: object},"
                " expected_steps: {type: object}, description: {type: string}}}}");
    define(arena, defs, "limits", schema_object_of(arena, limits_options));
    define(arena, defs, "report", schema_object_of(arena, report_options));
    define(arena, defs, "plot_names", plot_names(arena));
    define(arena, defs, "perturb", named(arena, schema_object_of(arena, perturbation_options)));
    define_form(arena, defs, "shares",
                "{type: array, minItems: 1, items: {type: number, minimum: 0, maximum: 1}}");
    define_form(arena, defs, "input_names",
                "{type: array, minItems: 1, uniqueItems: true, items: {type: string}}");
}

const json *experiment_json_schema(struct arena *arena)
{
    json *defs = json_new_object(arena);
    define_models(arena, defs);
    define_workflows(arena, defs);
    define_scores(arena, defs);
    define_parts(arena, defs);
    return schema_document(arena, "weir experiment",
                           schema_object_of(arena, experiment_options), defs);
}

/* ---- for a folder of the user's ---- */

/* Made of docs/schema/ by cmake/Embed.cmake: the tables of mock files are weir-mock's. */
extern const struct embedded embedded_schemas[];

str mock_json_schema_text(void)
{
    return embedded_schemas[0].bytes;
}

const char experiment_schema_line[] =
    "# yaml-language-server: $schema=" SCHEMA_FOLDER "/experiment.schema.json\n";

str schema_line_beside(struct arena *arena, str bytes)
{
    static const char here[] = "../../docs/schema/";
    str line, rest;
    if (!str_starts_with(bytes, STR("# yaml-language-server: ")) ||
        !str_cut(bytes, '\n', &line, &rest))
        return bytes;
    ptrdiff_t at = str_find(line, str_from(here), 0);
    if (at < 0)
        return bytes;
    return arena_printf(
        arena, "%.*s" SCHEMA_FOLDER "/%.*s\n%.*s", STR_ARG(str_sub(line, 0, (size_t)at)),
        STR_ARG(str_sub(line, (size_t)at + sizeof here - 1, line.n)), STR_ARG(rest));
}

int schemas_write(struct arena *arena, str folder, struct err *err)
{
    struct buf text = {0};
    str inside = path_join(arena, folder, STR(SCHEMA_FOLDER));
    json_write_indented(&text, experiment_json_schema(arena), 2);
    buf_add_char(&text, '\n');
    int done = dir_make(inside.p, err) < 0 ||
                       file_write(path_join(arena, inside, STR("experiment.schema.json")).p,
                                  buf_str(&text), err) < 0 ||
                       file_write(path_join(arena, inside, STR("mock.schema.json")).p,
                                  mock_json_schema_text(), err) < 0
                   ? -1
                   : 0;
    buf_release(&text);
    return done;
}
