/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_assertion.c: one assertion of promptfoo's as a check of weir's (see importing_checks.h).
 */
#include "cmd/importing_checks.h"

#include "base/jsonschema.h"
#include "base/text.h"

void import_refuse_assertion(struct importing *importing, struct place place, str type,
                             const char *why)
{
    str shown = text_shorten(importing->arena, text_visible(importing->arena, type), 40);
    import_left_out(importing, place, "assertion '%.*s': %s", STR_ARG(shown), why);
}

static bool take_transforms(struct importing *importing, struct import_item assertion,
                            struct import_item options, json *list)
{
    struct import_item from[] = {import_get(importing, options, "transform"),
                                 import_get(importing, options, "postprocess"),
                                 import_get(importing, assertion, "transform")};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++)
        if (from[i].value && !import_transform(importing, import_text(from[i]), list))
            return false;
    return true;
}

/* A schema without what names its draft; NULL when weir does not know it. */
static const json *schema_of(struct importing *importing, const json *value)
{
    json *schema = json_new_object(importing->arena);
    struct jsonschema_problem problem;
    if (!json_is(value, JSON_OBJECT))
        return NULL;
    for (const json *m = json_first(value); m; m = json_next(m))
        if (!str_equal(json_key(m), STR("$schema")) && !str_equal(json_key(m), STR("$id")))
            json_set(importing->arena, schema, json_key(m), m);
    return jsonschema_new(importing->arena, schema, &problem) ? schema : NULL;
}

static bool take_value(struct importing *importing, struct import_item assertion,
                       struct import_assertion *made)
{
    struct import_item value = import_resolved(
        importing, import_get(importing, assertion, "value"), "assertion: a value");
    str path;
    made->operand_kind = made->check->operand;
    made->name = str_from(made->check->name);
    if (import_get(importing, assertion, "value").value && !value.value)
        return false;
    if (made->operand_kind == IMPORT_LATENCY || made->operand_kind == IMPORT_COST)
        value = import_get(importing, assertion, "threshold");
    made->operand = value.value ? value.value : json_null();
    if (made->operand_kind == IMPORT_JSON && value.value) {
        made->operand = schema_of(importing, value.value);
        made->operand_kind = IMPORT_SCHEMA;
        if (str_equal(made->name, STR("contains-json")))
            json_add(importing->arena, made->transforms,
                     json_new_text(importing->arena, STR("json")));
        made->name = STR("json-schema");
        if (!made->operand)
            import_refuse_assertion(importing, assertion.place, made->type,
                                    "weir does not know all of its schema");
        return made->operand != NULL;
    }
    if (made->operand_kind == IMPORT_LOWER)
        json_add(importing->arena, made->transforms,
                 json_new_text(importing->arena, STR("lower")));
    if (made->operand_kind == IMPORT_ANY && !json_count(made->transforms) &&
        (json_is(made->operand, JSON_OBJECT) || json_is(made->operand, JSON_LIST)))
        json_add(importing->arena, made->transforms,
                 json_new_text(importing->arena, STR("json")));
    if (made->operand_kind == IMPORT_ANY && !value.value) {
        import_refuse_assertion(importing, assertion.place, made->type, "it has no value");
        return false;
    }
    return !import_names_file(json_text(made->operand), &path);
}

static bool take_numbers(struct importing *importing, struct import_item assertion,
                         struct import_assertion *made, double weight)
{
    struct arena *arena = importing->arena;
    const json *threshold = json_get(assertion.value, STR("threshold"));
    const json *own = json_get(assertion.value, STR("weight"));
    double usual = str_equal(made->name, STR("llm-rubric")) ? 0.5
                   : str_equal(made->name, STR("similar"))  ? 0.75
                                                            : 1;
    if (own)
        weight *= json_number(own);
    if ((own && !json_is(own, JSON_NUMBER)) || weight < 0) {
        import_refuse_assertion(importing, assertion.place, made->type,
                                "its weight is no number of at least 0");
        return false;
    }
    if (made->operand_kind == IMPORT_LATENCY)
        weight = 0;
    if (weight < 1 || weight > 1)
        json_set(arena, made->value, STR("weight"), json_new_number(arena, weight));
    if (made->check->threshold < 0)
        return true;
    double passes = threshold ? json_number(threshold) : made->check->threshold;
    if ((threshold && !json_is(threshold, JSON_NUMBER)) || passes < 0 || passes > 1) {
        import_refuse_assertion(importing, assertion.place, made->type,
                                "its threshold is no number from 0 to 1");
        return false;
    }
    if (passes < usual || passes > usual)
        json_set(arena, made->value, STR("threshold"), json_new_number(arena, passes));
    return true;
}

static bool take_model(struct importing *importing, struct import_item assertion,
                       struct import_item options, struct import_assertion *made)
{
    bool vectors = made->operand_kind == IMPORT_VECTORS;
    struct import_item provider = import_get(importing, assertion, "provider");
    if (!vectors && made->operand_kind != IMPORT_JUDGED)
        return true;
    if (!provider.value)
        provider = import_get(importing, options, "provider");
    if (!provider.yaml)
        provider.place = assertion.place;
    str model = import_judge(importing, provider, vectors, assertion.place);
    if (!model.n)
        return false;
    json_set_text(importing->arena, made->value, "model", model);
    return true;
}

bool import_assertion_read(struct importing *importing, struct import_item assertion,
                           struct import_item options, double weight,
                           struct import_assertion *made)
{
    static const char *const known[] = {"type",   "value",    "threshold", "weight",
                                        "metric", "provider", "transform", NULL};
    struct arena *arena = importing->arena;
    made->type = import_text(import_get(importing, assertion, "type"));
    made->negated = str_starts_with(made->type, STR("not-"));
    str bare = made->negated ? str_sub(made->type, 4, made->type.n) : made->type;
    made->check = import_check_of(bare);
    made->transforms = json_new_list(arena);
    made->value = json_new_object(arena);
    if (!made->check) {
        const char *hint = import_check_hint(bare);
        import_refuse_assertion(importing, assertion.place, made->type,
                                arena_printf(arena, "no counterpart%s", hint ? hint : "").p);
        return false;
    }
    if (str_equal(bare, STR("select-best")) && import_variants(importing) < 2) {
        import_refuse_assertion(importing, assertion.place, made->type,
                                "it compares variants, and there is one");
        return false;
    }
    if (!take_transforms(importing, assertion, options, made->transforms)) {
        import_refuse_assertion(
            importing, assertion.place, made->type,
            "the output goes through a program first; transforms of weir's are in "
            "docs/checks.md");
        return false;
    }
    if (!take_value(importing, assertion, made) ||
        !take_numbers(importing, assertion, made, weight) ||
        !take_model(importing, assertion, options, made))
        return false;
    import_note_others(importing, assertion, known, "assertion");
    if (made->check->changed)
        import_changed(importing, assertion.place, "assertion '%.*s': %s", STR_ARG(made->type),
                       made->check->changed);
    return true;
}
