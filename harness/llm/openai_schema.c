/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_schema.c: the strict subset of JSON Schema (see openai_schema.h).
 *
 * One walk over the schema copies what is accepted, leaves out bounds and remarks, fills in
 * additionalProperties: false, and gives up at what changes the shape. The subset is that of
 * OpenAI's documentation as of February 2026.
 */
#include "llm/openai_schema.h"

enum {
    LEVELS_MOST = 10,
    PROPERTIES_MOST = 5000,
    ENUM_MOST = 1000,
    NAME_BYTES_MOST = 120000, /* of property names, enum and const values */
};

enum rule {
    KEEP,      /* copied as it is */
    LEAVE_OUT, /* a bound or remark: the reply is checked against it here */
    CHILD,     /* one schema */
    CHILDREN,  /* a list of schemas */
    NAMED,     /* schemas by name */
    PROPERTIES,
    VALUES,  /* enum, const: count against the limits */
    FORMAT,  /* kept when the provider knows it */
    CLOSED,  /* additionalProperties: only false */
    REFUSED, /* changes the shape: no strict output */
};

static const struct keyword {
    const char *name;
    enum rule rule;
} keywords[] = {
    {"$comment", LEAVE_OUT},
    {"$defs", NAMED},
    {"$id", LEAVE_OUT},
    {"$ref", KEEP},
    {"$schema", LEAVE_OUT},
    {"additionalProperties", CLOSED},
    {"anyOf", CHILDREN},
    {"const", VALUES},
    {"contains", LEAVE_OUT},
    {"default", LEAVE_OUT},
    {"definitions", NAMED},
    {"deprecated", LEAVE_OUT},
    {"description", KEEP},
    {"enum", VALUES},
    {"examples", LEAVE_OUT},
    {"exclusiveMaximum", KEEP},
    {"exclusiveMinimum", KEEP},
    {"format", FORMAT},
    {"items", CHILD},
    {"maxContains", LEAVE_OUT},
    {"maxItems", KEEP},
    {"maxLength", LEAVE_OUT},
    {"maxProperties", LEAVE_OUT},
    {"maximum", KEEP},
    {"minContains", LEAVE_OUT},
    {"minItems", KEEP},
    {"minLength", LEAVE_OUT},
    {"minProperties", LEAVE_OUT},
    {"minimum", KEEP},
    {"multipleOf", KEEP},
    {"pattern", KEEP},
    {"properties", PROPERTIES},
    {"propertyNames", LEAVE_OUT},
    {"readOnly", LEAVE_OUT},
    {"required", KEEP},
    {"title", KEEP},
    {"type", KEEP},
    {"uniqueItems", LEAVE_OUT},
    {"writeOnly", LEAVE_OUT},
};

static enum rule rule_of(str name)
{
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (str_equal(name, str_from(keywords[i].name)))
            return keywords[i].rule;
    return REFUSED;
}

static bool format_is_known(str name)
{
    static const char *const formats[] = {"date-time", "time", "date", "duration", "email",
                                          "hostname",  "ipv4", "ipv6", "uuid"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (str_equal(name, str_from(formats[i])))
            return true;
    return false;
}

struct walk {
    struct arena *arena;
    const char *why; /* set: does not fit */
    unsigned level;
    size_t properties, values, bytes;
};

static const json *walk_schema(struct walk *walk, const json *schema);

static void count_values(struct walk *walk, str keyword, const json *value)
{
    if (!str_equal(keyword, STR("enum"))) {
        walk->bytes += json_text(value).n;
        return;
    }
    for (const json *item = json_first(value); item; item = json_next(item)) {
        walk->values++;
        walk->bytes += json_text(item).n;
    }
}

static const json *walk_children(struct walk *walk, const json *list)
{
    json *out = json_new_list(walk->arena);
    for (const json *item = json_first(list); item && !walk->why; item = json_next(item))
        json_add(walk->arena, out, walk_schema(walk, item));
    return out;
}

static const json *walk_named(struct walk *walk, const json *object, bool properties)
{
    json *out = json_new_object(walk->arena);
    for (const json *item = json_first(object); item && !walk->why; item = json_next(item)) {
        walk->properties += properties;
        walk->bytes += json_key(item).n;
        json_set(walk->arena, out, json_key(item), walk_schema(walk, item));
    }
    return out;
}

static bool type_has_object(const json *type)
{
    if (str_equal(json_text(type), STR("object")))
        return true;
    for (const json *item = json_is(type, JSON_LIST) ? json_first(type) : NULL; item;
         item = json_next(item))
        if (str_equal(json_text(item), STR("object")))
            return true;
    return false;
}

static bool lists_all_properties(const json *schema)
{
    const json *required = json_get(schema, STR("required"));
    const json *property = json_first(json_get(schema, STR("properties")));
    for (; property; property = json_next(property)) {
        bool found = false;
        for (const json *name = json_first(required); name && !found; name = json_next(name))
            found = str_equal(json_text(name), json_key(property));
        if (!found)
            return false;
    }
    return true;
}

static void check_object(struct walk *walk, const json *schema, json *out)
{
    const json *properties = json_get(schema, STR("properties"));
    if (!properties && !type_has_object(json_get(schema, STR("type"))))
        return;
    if (!json_is(properties, JSON_OBJECT))
        walk->why = "an object does not name its properties";
    else if (!lists_all_properties(schema))
        walk->why = "an object has properties that are not required";
    else
        json_set(walk->arena, out, STR("additionalProperties"), json_new_bool(false));
}

static void walk_member(struct walk *walk, const json *member, json *out)
{
    str name = json_key(member);
    const json *value = member;
    switch (rule_of(name)) {
    case KEEP:
        break;
    case LEAVE_OUT:
        return;
    case CHILD:
        value = walk_schema(walk, member);
        break;
    case CHILDREN:
        value = walk_children(walk, member);
        break;
    case NAMED:
    case PROPERTIES:
        value = walk_named(walk, member, str_equal(name, STR("properties")));
        break;
    case VALUES:
        count_values(walk, name, member);
        break;
    case FORMAT:
        if (!format_is_known(json_text(member)))
            return;
        break;
    case CLOSED:
        if (!json_is(member, JSON_BOOL) || json_bool(member))
            walk->why = "an object allows additional properties";
        return;
    case REFUSED:
        walk->why = "it has a keyword that strict output does not know";
        return;
    }
    if (!walk->why)
        json_set(walk->arena, out, name, value);
}

static const json *walk_schema(struct walk *walk, const json *schema)
{
    json *out = json_new_object(walk->arena);
    if (!json_is(schema, JSON_OBJECT)) {
        walk->why = "a schema inside it is true or false";
        return out;
    }
    if (walk->level == LEVELS_MOST) {
        walk->why = "it is nested more than 10 levels deep";
        return out;
    }
    walk->level++;
    for (const json *member = json_first(schema); member && !walk->why;
         member = json_next(member))
        walk_member(walk, member, out);
    if (!walk->why)
        check_object(walk, schema, out);
    walk->level--;
    return out;
}

bool openai_schema_root_is_object(const json *schema)
{
    return json_is(schema, JSON_OBJECT) &&
           str_equal(json_text(json_get(schema, STR("type"))), STR("object")) &&
           !json_get(schema, STR("anyOf"));
}

const json *openai_schema_strict(struct arena *arena, const json *schema, const char **why)
{
    struct walk walk = {.arena = arena};
    const json *strict = NULL;
    if (!openai_schema_root_is_object(schema))
        walk.why = "its root is not an object";
    else
        strict = walk_schema(&walk, schema);
    if (!walk.why && (walk.properties > PROPERTIES_MOST || walk.values > ENUM_MOST ||
                      walk.bytes > NAME_BYTES_MOST))
        walk.why = "it is too large";
    *why = walk.why;
    return walk.why ? NULL : strict;
}
