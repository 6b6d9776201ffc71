/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini_schema.c: JSON Schema out of Gemini's own kind, an OpenAPI 3.0 subset.
 *
 * What differs: types in capitals, "nullable", limits written as texts, an order of properties
 * told apart, the format "enum". Everything else has the same name and meaning.
 */
#include "mock_server/gemini.h"

struct converting {
    const struct gemini_reading *in;
    struct arena *arena;
};

static const json *convert(const struct converting *c, const json *schema, const char *where);

static const char *inside(const struct converting *c, const char *where, const char *what,
                          str name)
{
    return arena_printf(c->arena, "%s.%s%s%.*s%s", where, what, name.n ? "[" : "",
                        STR_ARG(name), name.n ? "]" : "")
        .p;
}

static void copy_members(const struct converting *c, const json *schema, json *out)
{
    static const char *const same[] = {"title", "description", "pattern", "default"};
    static const char *const numbers[] = {"minItems",  "maxItems",      "minLength",
                                          "maxLength", "minProperties", "maxProperties",
                                          "minimum",   "maximum"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (gemini_get(schema, same[i]))
            json_set(c->arena, out, str_from(same[i]), gemini_get(schema, same[i]));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const json *number = gemini_get(schema, numbers[i]);
        if (number)
            json_set(c->arena, out, str_from(numbers[i]),
                     json_new_number(c->arena, gemini_number(number)));
    }
    const json *format = gemini_get(schema, "format");
    if (format && !str_equal(json_text(format), STR("enum")))
        json_set(c->arena, out, STR("format"), format);
}

static void set_type(const struct converting *c, json *out, int type, bool nullable)
{
    static const char *const types[] = {
        [GEMINI_TYPE_STRING] = "string",   [GEMINI_TYPE_NUMBER] = "number",
        [GEMINI_TYPE_INTEGER] = "integer", [GEMINI_TYPE_BOOLEAN] = "boolean",
        [GEMINI_TYPE_ARRAY] = "array",     [GEMINI_TYPE_OBJECT] = "object",
        [GEMINI_TYPE_NULL] = "null"};
    if (type < 0)
        return;
    const json *word = json_new_text(c->arena, str_from(types[type]));
    if (nullable) {
        json *both = json_new_list(c->arena);
        json_add(c->arena, both, word);
        json_add(c->arena, both, json_new_text(c->arena, STR("null")));
        word = both;
    }
    json_set(c->arena, out, STR("type"), word);
}

static int set_enum(const struct converting *c, const json *schema, json *out, bool nullable,
                    const char *where)
{
    const json *words = gemini_get(schema, "enum");
    int type = gemini_word(gemini_get(schema, "type"), &gemini_types);
    if (!gemini_count(words))
        return 0;
    if (type >= 0 && type != GEMINI_TYPE_STRING)
        return gemini_refuse(c->in, inside(c, where, "enum", STR("")),
                             "only allowed for STRING type");
    json *list = json_new_list(c->arena);
    for (const json *word = gemini_first(words); word; word = gemini_next(words, word))
        json_add(c->arena, list, word);
    if (nullable)
        json_add(c->arena, list, json_null());
    json_set(c->arena, out, STR("enum"), list);
    return 0;
}

/* Those of the order that is told first, then the others as they come. */
static int set_properties(const struct converting *c, const json *schema, json *out,
                          const char *where)
{
    const json *properties = gemini_get(schema, "properties");
    const json *order = gemini_get(schema, "propertyOrdering");
    if (!properties)
        return 0;
    json *object = json_new_object(c->arena);
    for (const json *name = gemini_first(order); name; name = gemini_next(order, name))
        if (json_get(properties, json_text(name)))
            json_set(c->arena, object, json_text(name), json_null());
    for (const json *one = json_first(properties); one; one = json_next(one)) {
        const json *inner = convert(c, one, inside(c, where, "properties", json_key(one)));
        if (!inner)
            return -1;
        json_set(c->arena, object, json_key(one), inner);
    }
    json_set(c->arena, out, STR("properties"), object);
    return 0;
}

static int set_required(const struct converting *c, const json *schema, json *out,
                        const char *where)
{
    const json *required = gemini_get(schema, "required");
    const json *properties = gemini_get(schema, "properties");
    if (!gemini_count(required))
        return 0;
    json *list = json_new_list(c->arena);
    size_t i = 0;
    for (const json *name = gemini_first(required); name; name = gemini_next(required, name)) {
        if (!json_get(properties, json_text(name)))
            return gemini_refuse(c->in, arena_printf(c->arena, "%s.required[%zu]", where, i).p,
                                 "property is not defined");
        json_add(c->arena, list, name);
        i++;
    }
    json_set(c->arena, out, STR("required"), list);
    return 0;
}

static int set_items(const struct converting *c, const json *schema, json *out,
                     const char *where)
{
    const json *items = gemini_get(schema, "items");
    int type = gemini_word(gemini_get(schema, "type"), &gemini_types);
    if (!items)
        return type == GEMINI_TYPE_ARRAY
                   ? gemini_refuse(c->in, inside(c, where, "items", STR("")), "missing field.")
                   : 0;
    const json *inner = convert(c, items, inside(c, where, "items", STR("")));
    if (!inner)
        return -1;
    json_set(c->arena, out, STR("items"), inner);
    return 0;
}

static int set_any_of(const struct converting *c, const json *schema, json *out, bool nullable,
                      const char *where)
{
    const json *choices = gemini_get(schema, "anyOf");
    if (!gemini_count(choices))
        return 0;
    json *list = json_new_list(c->arena);
    size_t i = 0;
    for (const json *one = gemini_first(choices); one; one = gemini_next(choices, one), i++) {
        const json *inner =
            convert(c, one, arena_printf(c->arena, "%s.any_of[%zu]", where, i).p);
        if (!inner)
            return -1;
        json_add(c->arena, list, inner);
    }
    if (nullable) {
        json *null = json_new_object(c->arena);
        json_set_text(c->arena, null, "type", STR("null"));
        json_add(c->arena, list, null);
    }
    json_set(c->arena, out, STR("anyOf"), list);
    return 0;
}

static const json *convert(const struct converting *c, const json *schema, const char *where)
{
    json *out = json_new_object(c->arena);
    bool nullable = json_bool(gemini_get(schema, "nullable"));
    set_type(c, out, gemini_word(gemini_get(schema, "type"), &gemini_types), nullable);
    copy_members(c, schema, out);
    if (set_enum(c, schema, out, nullable, where) < 0 ||
        set_properties(c, schema, out, where) < 0 || set_required(c, schema, out, where) < 0 ||
        set_items(c, schema, out, where) < 0 || set_any_of(c, schema, out, nullable, where) < 0)
        return NULL;
    return out;
}

const json *gemini_read_schema(const struct gemini_reading *in, const json *schema,
                               const char *where)
{
    const struct converting c = {in, in->request->arena};
    return convert(&c, schema, where);
}
