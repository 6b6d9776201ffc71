/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anthropic_schema.c: which JSON Schemas output can be held to.
 *
 * What the provider's own libraries take out of a schema before they send it is refused, and so
 * are recursion, references out of the schema and objects that are open. The words are this
 * program's; the provider's are not documented.
 */
#include "mock_server/anthropic_inside.h"

/* Nodes are counted as often as they are referred to, which can be very many. */
enum { SCHEMA_DEPTH = 64, SCHEMA_NODES = 20000 };

/* References that are being followed: one that comes again is recursive. */
struct following {
    const struct following *outer;
    const json *node;
    int depth;
};

struct checking {
    const struct reading_message *in;
    const struct spot *at; /* the whole schema */
    const json *root;
    size_t nodes; /* so far */
};

/* clang-format off */
static const char *const unsupported[] = {
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "maxItems", "uniqueItems", "patternProperties", "propertyNames", "minProperties", "maxProperties", "contains",
    "prefixItems", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", NULL,
};
static const char *const formats[] = {
    "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid", NULL,
};
/* clang-format on */

static int check_node(struct checking *c, const json *node, const struct following *outer);

static const char *type_word(const json *node)
{
    const json *type = json_get(node, STR("type"));
    return json_is(type, JSON_TEXT) ? json_text(type).p : "any";
}

static int check_keywords(struct checking *c, const json *node)
{
    for (const json *member = json_first(node); member; member = json_next(member)) {
        str key = json_key(member);
        if (anthropic_is_one_of(key, unsupported))
            return anthropic_refuse_at(c->in, c->at,
                                       "For '%s' type, property '%.*s' is not supported",
                                       type_word(node), STR_ARG(key));
        if (str_equal(key, STR("minItems")) && json_number(member) > 1)
            return anthropic_refuse_at(
                c->in, c->at,
                "For 'array' type, 'minItems' values other than 0 or 1 are not supported");
        if (str_equal(key, STR("format")) && json_is(member, JSON_TEXT) &&
            !anthropic_is_one_of(json_text(member), formats))
            return anthropic_refuse_at(c->in, c->at,
                                       "For 'string' type, 'format' '%.*s' is not supported",
                                       STR_ARG(json_text(member)));
    }
    return 0;
}

static int check_object(struct checking *c, const json *node, const struct following *outer)
{
    const json *open = json_get(node, STR("additionalProperties"));
    const json *type = json_get(node, STR("type"));
    bool object = str_equal(json_text(type), STR("object"));
    for (const json *one = json_is(type, JSON_LIST) ? json_first(type) : NULL; one;
         one = json_next(one))
        object |= str_equal(json_text(one), STR("object"));
    if (object && (!json_is(open, JSON_BOOL) || json_bool(open)))
        return anthropic_refuse_at(
            c->in, c->at,
            "For 'object' type, 'additionalProperties' must be explicitly set to false");
    const json *properties = json_get(node, STR("properties"));
    for (const json *one = json_is(properties, JSON_OBJECT) ? json_first(properties) : NULL;
         one; one = json_next(one))
        if (check_node(c, one, outer) < 0)
            return -1;
    return 0;
}

static int check_lists(struct checking *c, const json *node, const struct following *outer)
{
    static const char *const lists[] = {"anyOf", "oneOf", "allOf", NULL};
    for (size_t i = 0; lists[i]; i++) {
        const json *list = json_get(node, str_from(lists[i]));
        for (const json *one = json_is(list, JSON_LIST) ? json_first(list) : NULL; one;
             one = json_next(one))
            if (check_node(c, one, outer) < 0)
                return -1;
    }
    const json *items = json_get(node, STR("items"));
    return items ? check_node(c, items, outer) : 0;
}

/* "#/$defs/name"; names with escapes are rare and not looked up. */
static const json *referred(struct checking *c, str ref)
{
    str head, name;
    if (str_equal(ref, STR("#")))
        return c->root;
    if (str_starts_with(ref, STR("#/$defs/")))
        head = STR("$defs"), name = str_sub(ref, 8, ref.n);
    else if (str_starts_with(ref, STR("#/definitions/")))
        head = STR("definitions"), name = str_sub(ref, 14, ref.n);
    else
        return NULL;
    return json_get(json_get(c->root, head), name);
}

static int check_ref(struct checking *c, str ref, const struct following *outer)
{
    const json *target = referred(c, ref);
    if (!target)
        return anthropic_refuse_at(c->in, c->at, "reference '%.*s' cannot be resolved",
                                   STR_ARG(ref));
    return check_node(c, target, outer);
}

static bool says_something(const json *node)
{
    static const char *const any[] = {"type",  "enum",  "const", "anyOf",
                                      "oneOf", "allOf", "$ref",  NULL};
    for (size_t i = 0; any[i]; i++)
        if (json_get(node, str_from(any[i])))
            return true;
    return false;
}

static int check_node(struct checking *c, const json *node, const struct following *outer)
{
    const struct following here = {outer, node, outer ? outer->depth + 1 : 0};
    if (!json_is(node, JSON_OBJECT))
        return anthropic_refuse_kind(c->in, c->at, JSON_OBJECT);
    for (const struct following *up = outer; up; up = up->outer)
        if (up->node == node)
            return anthropic_refuse_at(c->in, c->at, "recursive schemas are not supported");
    if (++c->nodes > SCHEMA_NODES)
        return anthropic_refuse_at(c->in, c->at, "the compiled grammar is too large");
    if (here.depth > SCHEMA_DEPTH)
        return anthropic_refuse_at(c->in, c->at, "the schema is nested too deeply");
    if (!says_something(node))
        return anthropic_refuse_at(c->in, c->at,
                                   "Schema must have a 'type', 'enum', 'const', 'anyOf', "
                                   "'oneOf', 'allOf', or '$ref' field");
    const json *ref = json_get(node, STR("$ref"));
    if (json_is(ref, JSON_TEXT))
        return check_ref(c, json_text(ref), &here);
    return check_keywords(c, node) < 0 || check_object(c, node, &here) < 0 ||
                   check_lists(c, node, &here) < 0
               ? -1
               : 0;
}

int anthropic_check_schema(const struct reading_message *in, const struct spot *at,
                           const json *schema)
{
    struct checking c = {in, at, schema, 0};
    return check_node(&c, schema, NULL);
}
