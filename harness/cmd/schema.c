/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema.c: tables in, JSON Schema out (see schema.h).
 *
 * Every `word` of a row is a definition. Those made of other tables are built here; the rest
 * (templates, JSON) may be anything, as the language says.
 */
#include "cmd/schema.h"

#include "base/file.h"
#include "llm/model.h"
#include "patterns/orchestrate_plan.h"
#include "patterns/pattern.h"
#include "plan/bind.h"
#include "plan/check.h"
#include "plan/experiment_baseline.h"
#include "plan/experiment_rules.h"
#include "plan/experiment_stop.h"
#include "plan/experiment_tables.h"
#include "plan/perturb.h"

static const json *ref(struct arena *arena, const char *word)
{
    json *object = json_new_object(arena);
    json_set(arena, object, STR("$ref"),
             json_new_text(arena, arena_printf(arena, "#/$defs/%s", word)));
    return object;
}

static json *typed(struct arena *arena, const char *type)
{
    json *object = json_new_object(arena);
    json_set_text(arena, object, "type", str_from(type));
    return object;
}

static const json *list_of(struct arena *arena, const json *item)
{
    json *list = typed(arena, "array");
    json_set(arena, list, STR("items"), item);
    return list;
}

static const json *mapping_to(struct arena *arena, const json *value)
{
    json *object = typed(arena, "object");
    json_set(arena, object, STR("additionalProperties"), value);
    return object;
}

static const json *either(struct arena *arena, const json *a, const json *b)
{
    json *object = json_new_object(arena), *list = json_new_list(arena);
    json_add(arena, list, a);
    json_add(arena, list, b);
    json_set(arena, object, STR("anyOf"), list);
    return object;
}

static void add_properties(struct arena *arena, json *properties, const json *more)
{
    for (const json *p = json_first(more); p; p = json_next(p))
        json_set(arena, properties, json_key(p), p);
}

static void add_required(struct arena *arena, json *required, const struct opt *rows)
{
    for (; rows && rows->type != OPT_TYPE_END; rows++)
        if (rows->required)
            json_add(arena, required, json_new_text(arena, str_from(rows->key)));
}

/* An object of exactly these tables. */
static json *object_of(struct arena *arena, const struct opt *const *tables, size_t count)
{
    json *object = typed(arena, "object"), *properties = json_new_object(arena);
    json *required = json_new_list(arena);
    for (size_t i = 0; i < count; i++) {
        add_properties(arena, properties, opt_json_schema(arena, tables[i]));
        add_required(arena, required, tables[i]);
    }
    json_set(arena, object, STR("properties"), properties);
    if (json_count(required))
        json_set(arena, object, STR("required"), required);
    json_set(arena, object, STR("additionalProperties"), json_new_bool(false));
    return object;
}

static json *object_of_one(struct arena *arena, const struct opt *table)
{
    return object_of(arena, &table, 1);
}

/* ---- patterns and checks ---- */

static const json *pattern_schema(struct arena *arena, const struct pattern *pattern)
{
    if (!pattern->options)
        return json_new_object(arena);
    const struct opt *tables[8] = {pattern->options};
    size_t count = 1;
    for (size_t i = 0; pattern->also && i < pattern->also->table_count && count < 8; i++)
        tables[count++] = pattern->also->tables[i];
    return object_of(arena, tables, count);
}

static void add_patterns(struct arena *arena, json *properties)
{
    for (const struct pattern *const *p = pattern_table; *p; p++) {
        json *schema = json_copy(arena, pattern_schema(arena, *p));
        json_set_text(arena, schema, "description", str_from((*p)->summary));
        json_set(arena, properties, str_from((*p)->name), schema);
    }
}

static json *node_schema(struct arena *arena, bool variant)
{
    const struct opt *tables[] = {node_options, variant_options};
    json *object = object_of(arena, tables, variant ? 2 : 1);
    json *properties = json_copy(arena, json_get(object, STR("properties")));
    add_patterns(arena, properties);
    json_set(arena, object, STR("properties"), properties);
    return object;
}

static json *check_schema(struct arena *arena, bool score)
{
    json *object = score ? object_of_one(arena, score_options) : typed(arena, "object");
    json *properties =
        score ? json_copy(arena, json_get(object, STR("properties"))) : json_new_object(arena);
    json_set(arena, properties, STR("of"), json_new_object(arena));
    json_set(arena, properties, STR("transform"), ref(arena, "transforms"));
    json_set(arena, properties, STR("threshold"), typed(arena, "number"));
    for (const struct check_kind *kind = check_table; kind->name; kind++) {
        if ((kind->asks || kind->score_only) && !score)
            continue;
        json *operand = json_new_object(arena);
        json_set_text(arena, operand, "description", str_from(kind->summary));
        json_set(arena, properties, str_from(kind->name), operand);
        json_set(arena, properties, arena_printf(arena, "not-%s", kind->name), operand);
    }
    json_set(arena, object, STR("properties"), properties);
    json_set(arena, object, STR("additionalProperties"), json_new_bool(false));
    return object;
}

/* ---- definitions ---- */

static void define(struct arena *arena, json *defs, const char *word, const json *schema)
{
    json_set(arena, defs, str_from(word), schema);
}

static void define_models(struct arena *arena, json *defs)
{
    const struct opt *model[] = {llm_model_options, llm_model_defaults_options};
    define(arena, defs, "defaults", object_of_one(arena, llm_defaults_options));
    define(arena, defs, "retry", object_of_one(arena, llm_retry_options));
    define(arena, defs, "price", object_of_one(arena, llm_price_options));
    define(arena, defs, "capabilities", object_of_one(arena, llm_capabilities_options));
    define(arena, defs, "models", mapping_to(arena, object_of(arena, model, 2)));
    define(arena, defs, "providers",
           mapping_to(arena, object_of_one(arena, llm_provider_options)));
}

static void define_workflows(struct arena *arena, json *defs)
{
    const json *name = typed(arena, "string");
    define(arena, defs, "node", node_schema(arena, false));
    define(arena, defs, "nodes", mapping_to(arena, ref(arena, "node")));
    define(arena, defs, "variants", mapping_to(arena, node_schema(arena, true)));
    define(arena, defs, "cases", mapping_to(arena, ref(arena, "node")));
    define(arena, defs, "branches", mapping_to(arena, ref(arena, "node")));
    define(arena, defs, "labels", typed(arena, "array"));
    define(arena, defs, "vary", list_of(arena, typed(arena, "object")));
    define(arena, defs, "matrix", typed(arena, "object"));
    define(arena, defs, "check", check_schema(arena, false));
    define(arena, defs, "checks", list_of(arena, ref(arena, "check")));
    define(arena, defs, "score", mapping_to(arena, check_schema(arena, true)));
    define(arena, defs, "transforms", list_of(arena, json_new_object(arena)));
    define(arena, defs, "with", typed(arena, "object"));
    define(arena, defs, "set", typed(arena, "object"));
    define(arena, defs, "unset", list_of(arena, name));
    define(arena, defs, "object", typed(arena, "object"));
    define(arena, defs, "prompt", either(arena, name, typed(arena, "object")));
    define(arena, defs, "schema", either(arena, name, typed(arena, "object")));
    define(arena, defs, "mock", either(arena, name, typed(arena, "object")));
    define(arena, defs, "dataset", either(arena, name, object_of_one(arena, dataset_options)));
    define(arena, defs, "keywords_labels", mapping_to(arena, list_of(arena, name)));
    define(arena, defs, "baseline",
           either(arena, name, object_of_one(arena, baseline_options)));
    define(arena, defs, "variant_name", name);
    define(arena, defs, "plot_names", either(arena, name, list_of(arena, name)));
    define(arena, defs, "variant_list", either(arena, name, list_of(arena, name)));
    define(arena, defs, "quantity", either(arena, name, typed(arena, "number")));
    define(arena, defs, "rules", list_of(arena, object_of_one(arena, rule_options)));
    define(arena, defs, "stop", object_of_one(arena, stop_options));
    define(arena, defs, "shares", list_of(arena, typed(arena, "number")));
    define(arena, defs, "input_names", list_of(arena, name));
    define(arena, defs, "perturb",
           mapping_to(arena, object_of_one(arena, perturbation_options)));
    define(arena, defs, "validate", object_of_one(arena, plan_rules_options));
    define(arena, defs, "limits", object_of_one(arena, limits_options));
    define(arena, defs, "report", object_of_one(arena, report_options));
}

/* Words without a definition of their own may hold anything (templates). */
static void define_rest(struct arena *arena, json *defs, const json *value)
{
    str prefix = STR("#/$defs/"), text = json_text(json_get(value, STR("$ref")));
    if (str_starts_with(text, prefix)) {
        str word = str_sub(text, prefix.n, text.n);
        if (!json_get(defs, word))
            json_set(arena, defs, word, json_new_object(arena));
    }
    for (const json *item = json_first(value); item; item = json_next(item))
        define_rest(arena, defs, item);
}

const json *experiment_json_schema(struct arena *arena)
{
    json *root = json_new_object(arena), *defs = json_new_object(arena);
    json_set_text(arena, root, "$schema", STR("https://json-schema.org/draft/2020-12/schema"));
    json_set_text(arena, root, "title", STR("weir experiment"));
    const json *top = object_of_one(arena, experiment_options);
    define_models(arena, defs);
    define_workflows(arena, defs);
    define_rest(arena, defs, top);
    define_rest(arena, defs, json_copy(arena, defs));
    for (const json *member = json_first(top); member; member = json_next(member))
        json_set(arena, root, json_key(member), member);
    json_set(arena, root, STR("$defs"), defs);
    return root;
}

const char experiment_schema_line[] =
    "# yaml-language-server: $schema=experiment.schema.json\n";

int experiment_schema_write(struct arena *arena, str folder, struct err *err)
{
    struct buf text = {0};
    json_write_indented(&text, experiment_json_schema(arena), 2);
    buf_add_char(&text, '\n');
    int done = file_write(path_join(arena, folder, STR("experiment.schema.json")).p,
                          buf_str(&text), err);
    buf_release(&text);
    return done;
}
