/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_strict.c: a walk through a schema that must be strict (see openai_strict.h).
 *
 * The first thing that is wrong is told with its place, in the provider's words ("In
 * context=('properties', 'a'), 'additionalProperties' is required …"). Bounds on size and depth
 * and keywords whose fate is not known are let pass.
 */
#include "mock_server/openai_strict.h"

struct walk {
    const struct openai_body *in;
    const struct strict_place *place;
};

/* A step on the way from the root; the way is told from its end. */
struct step {
    const struct step *before;
    str name;
};

static str context_of(struct arena *arena, const struct step *step)
{
    if (!step)
        return STR("");
    str before = context_of(arena, step->before);
    return arena_printf(arena, "%.*s%s'%.*s'", STR_ARG(before), before.n ? ", " : "",
                        STR_ARG(step->name));
}

static int refuse(const struct walk *walk, const struct step *step, str what)
{
    struct arena *arena = walk->in->request->arena;
    const struct strict_place *place = walk->place;
    str context = context_of(arena, step);
    bool alone = step && !step->before; /* a tuple of one, as the provider prints it */
    return REFUSE(walk->in, place->param, place->code,
                  "Invalid schema for %s '%.*s': In context=(%.*s%s), %.*s.", place->what,
                  STR_ARG(place->name), STR_ARG(context), alone ? "," : "", STR_ARG(what));
}

static bool has_text(const json *value, str text)
{
    if (json_is(value, JSON_TEXT))
        return str_equal(json_text(value), text);
    for (const json *item = json_first(value); item; item = json_next(item))
        if (str_equal(json_text(item), text))
            return true;
    return false;
}

static int check_object(const struct walk *walk, const json *schema, const struct step *step)
{
    struct arena *arena = walk->in->request->arena;
    const json *others = json_get(schema, STR("additionalProperties"));
    const json *required = json_get(schema, STR("required"));
    if (!json_is(others, JSON_BOOL) || json_bool(others))
        return refuse(walk, step,
                      STR("'additionalProperties' is required to be supplied and to be false"));
    const json *members = json_get(schema, STR("properties"));
    for (const json *member = json_first(members); member; member = json_next(member))
        if (!has_text(required, json_key(member)))
            return refuse(
                walk, step,
                arena_printf(arena,
                             "'required' is required to be supplied and to be an "
                             "array including every key in properties. Missing '%.*s'",
                             STR_ARG(json_key(member))));
    return 0;
}

static int check_keywords(const struct walk *walk, const json *schema, const struct step *step)
{
    static const char *const refused[] = {
        "allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (json_get(schema, str_from(refused[i])))
            return refuse(
                walk, step,
                arena_printf(walk->in->request->arena, "'%s' is not permitted", refused[i]));
    return 0;
}

static int check_schema(const struct walk *walk, const json *schema, const struct step *before);

/* Schemas by name, or in a list. */
static int check_all(const struct walk *walk, const json *schemas, const char *keyword,
                     const struct step *before)
{
    const struct step outer = {before, str_from(keyword)};
    size_t i = 0;
    for (const json *one = json_first(schemas); one; one = json_next(one), i++) {
        const struct step step = {&outer,
                                  json_is(schemas, JSON_OBJECT)
                                      ? json_key(one)
                                      : arena_printf(walk->in->request->arena, "%zu", i)};
        if (check_schema(walk, one, &step) < 0)
            return -1;
    }
    return 0;
}

static int check_schema(const struct walk *walk, const json *schema, const struct step *before)
{
    static const char *const maps[] = {"properties", "$defs", "definitions", "anyOf"};
    const json *items = json_get(schema, STR("items"));
    const struct step item_step = {before, STR("items")};
    bool object = has_text(json_get(schema, STR("type")), STR("object"));
    if (!json_is(schema, JSON_OBJECT))
        return 0;
    if (check_keywords(walk, schema, before) < 0 ||
        ((object || json_get(schema, STR("properties"))) &&
         check_object(walk, schema, before) < 0))
        return -1;
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        if (check_all(walk, json_get(schema, str_from(maps[i])), maps[i], before) < 0)
            return -1;
    return items ? check_schema(walk, items, &item_step) : 0;
}

int openai_check_strict(const struct openai_body *in, const json *strict, const json *schema,
                        const struct strict_place *place)
{
    const struct walk walk = {in, place};
    const json *type = json_get(schema, STR("type"));
    if (!json_bool(strict) || !json_is(schema, JSON_OBJECT))
        return 0;
    if (!str_equal(json_text(type), STR("object")))
        return REFUSE(in, place->param, place->code,
                      "Invalid schema for %s '%.*s': schema must be a JSON Schema of 'type: "
                      "\"object\"', got 'type: \"%.*s\"'.",
                      place->what, STR_ARG(place->name),
                      json_is(type, JSON_TEXT) ? (int)json_text(type).n : 4,
                      json_is(type, JSON_TEXT) ? json_text(type).p : "None");
    return check_schema(&walk, schema, NULL);
}
