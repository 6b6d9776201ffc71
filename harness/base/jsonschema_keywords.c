/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jsonschema_keywords.c: what reads each keyword of a schema.
 *
 * One table has a row per keyword; those that bound a value itself are read in
 * jsonschema_rules.c, those that hold further schemas here. Keywords that only describe (title,
 * default, format …) and unknown ones have no row and are passed over, as the specification says;
 * those that would change the verdict and are not built are refused, never ignored.
 */
#include "base/jsonschema_tree.h"

/* ---- readers of keywords: false after a problem ---- */

/* A sub-schema directly under a keyword. */
static bool read_child(struct schema_compiler *compiler, struct schema_node *node,
                       const json *value, const struct schema_node **child)
{
    *child = schema_compile(compiler, value, node, json_key(value), node->base);
    return *child != NULL;
}

static bool read_children(struct schema_compiler *compiler, struct schema_node *node,
                          const json *value, struct schema_nodes *children)
{
    size_t count = json_count(value);
    if (!json_is(value, JSON_LIST) || count == 0)
        return schema_refuse_value(compiler, node, value, "a list of at least one schema");
    children->item = arena_array(compiler->arena, const struct schema_node *, count);
    for (const json *item = json_first(value); item; item = json_next(item)) {
        str step = arena_printf(compiler->arena, "%s/%zu", json_key(value).p, children->count);
        const struct schema_node *child =
            schema_compile(compiler, item, node, step, node->base);
        if (!child)
            return false;
        children->item[children->count++] = child;
    }
    return true;
}

/* From a node to a member of one of its keywords. */
static str step_of(struct schema_compiler *compiler, const json *map, const json *member)
{
    str name = schema_escape(compiler->arena, json_key(member));
    return arena_printf(compiler->arena, "%s/%.*s", json_key(map).p, STR_ARG(name));
}

static const struct schema_node *compile_member(struct schema_compiler *compiler,
                                                struct schema_node *node, const json *map,
                                                const json *member)
{
    str step = step_of(compiler, map, member);
    return schema_compile(compiler, member, node, step, node->base);
}

static bool expect_map(struct schema_compiler *compiler, struct schema_node *node,
                       const json *value)
{
    return json_is(value, JSON_OBJECT) ||
           schema_refuse_value(compiler, node, value, "an object of schemas");
}

static bool read_prefix(struct schema_compiler *compiler, struct schema_node *node,
                        const json *value)
{
    return read_children(compiler, node, value, &schema_list_rules_of(compiler, node)->prefix);
}

static bool read_items(struct schema_compiler *compiler, struct schema_node *node,
                       const json *value)
{
    if (json_is(value, JSON_LIST))
        return schema_refuse(compiler, node, "items",
                             "'items' is a list; expected a schema (since draft 2020-12 a "
                             "list of schemas is 'prefixItems')");
    return read_child(compiler, node, value, &schema_list_rules_of(compiler, node)->rest);
}

static bool read_contains(struct schema_compiler *compiler, struct schema_node *node,
                          const json *value)
{
    return read_child(compiler, node, value, &schema_list_rules_of(compiler, node)->contains);
}

static bool read_properties(struct schema_compiler *compiler, struct schema_node *node,
                            const json *value)
{
    if (!expect_map(compiler, node, value))
        return false;
    struct schema_object_rules *rules = schema_object_rules_of(compiler, node);
    struct schema_member *member = schema_member_add(compiler, rules, json_count(value));
    rules->properties = value;
    for (const json *item = json_first(value); item; item = json_next(item), member++) {
        member->name = json_key(item);
        member->order = rules->member_count++;
        member->node = compile_member(compiler, node, value, item);
        if (!member->node)
            return false;
    }
    return true;
}

static bool read_patterns(struct schema_compiler *compiler, struct schema_node *node,
                          const json *value)
{
    if (!expect_map(compiler, node, value))
        return false;
    struct schema_object_rules *rules = schema_object_rules_of(compiler, node);
    rules->pattern = arena_array(compiler->arena, struct schema_pattern, json_count(value));
    for (const json *item = json_first(value); item; item = json_next(item)) {
        struct schema_pattern *pattern = &rules->pattern[rules->pattern_count++];
        pattern->text = json_key(item);
        pattern->regex = schema_read_regex(compiler, node, "patternProperties", pattern->text);
        if (!pattern->regex)
            return false;
        pattern->node = compile_member(compiler, node, value, item);
        if (!pattern->node)
            return false;
    }
    return true;
}

static bool read_object_child(struct schema_compiler *compiler, struct schema_node *node,
                              const json *value)
{
    struct schema_object_rules *rules = schema_object_rules_of(compiler, node);
    return read_child(compiler, node, value,
                      schema_is_keyword(value, "propertyNames") ? &rules->names : &rules->rest);
}

static bool read_dependents(struct schema_compiler *compiler, struct schema_node *node,
                            const json *value)
{
    bool schemas = schema_is_keyword(value, "dependentSchemas");
    if (!json_is(value, JSON_OBJECT))
        return schema_refuse_value(compiler, node, value,
                                   schemas ? "an object of schemas"
                                           : "an object of lists of names");
    struct schema_object_rules *rules = schema_object_rules_of(compiler, node);
    rules->dependent =
        arena_grow(compiler->arena, rules->dependent, rules->dependent_count,
                   rules->dependent_count + json_count(value), sizeof *rules->dependent);
    for (const json *item = json_first(value); item; item = json_next(item)) {
        struct schema_dependent *dependent = &rules->dependent[rules->dependent_count++];
        dependent->name = json_key(item);
        if (schemas) {
            dependent->node = compile_member(compiler, node, value, item);
            if (!dependent->node)
                return false;
            continue;
        }
        str path = step_of(compiler, value, item);
        if (!schema_read_names(compiler, node, item, path.p, &dependent->needs,
                               &dependent->needs_count))
            return false;
    }
    return true;
}

static bool read_combination(struct schema_compiler *compiler, struct schema_node *node,
                             const json *value)
{
    struct schema_nodes *children = schema_is_keyword(value, "allOf")   ? &node->all
                                    : schema_is_keyword(value, "anyOf") ? &node->any
                                                                        : &node->one;
    return read_children(compiler, node, value, children);
}

static bool read_condition(struct schema_compiler *compiler, struct schema_node *node,
                           const json *value)
{
    const struct schema_node **child = schema_is_keyword(value, "not")    ? &node->negated
                                       : schema_is_keyword(value, "if")   ? &node->condition
                                       : schema_is_keyword(value, "then") ? &node->then
                                                                          : &node->otherwise;
    return read_child(compiler, node, value, child);
}

/* Schemas that are only referred to. */
static bool read_definitions(struct schema_compiler *compiler, struct schema_node *node,
                             const json *value)
{
    if (!expect_map(compiler, node, value))
        return false;
    for (const json *item = json_first(value); item; item = json_next(item))
        if (!compile_member(compiler, node, value, item))
            return false;
    return true;
}

static bool read_reference(struct schema_compiler *compiler, struct schema_node *node,
                           const json *value)
{
    if (!json_is(value, JSON_TEXT))
        return schema_refuse_value(compiler, node, value,
                                   "a reference such as \"#/$defs/name\"");
    struct schema_pending *pending = arena_new(compiler->arena, struct schema_pending);
    *pending = (struct schema_pending){node, json_text(value), compiler->pending};
    compiler->pending = pending;
    return true;
}

bool schema_read_dialect(struct schema_compiler *compiler, struct schema_node *node,
                         const json *value)
{
    /* clang-format off */
    static const struct { const char *uri; bool older; } dialects[] = {
        {"https://json-schema.org/draft/2020-12/schema", false},
        {"https://json-schema.org/draft/2019-09/schema", true},
        {"http://json-schema.org/draft-07/schema", true},
        {"https://json-schema.org/draft-07/schema", true},
        {"http://json-schema.org/draft-06/schema", true},
    };
    /* clang-format on */
    str uri = json_text(value);
    if (str_ends_with(uri, STR("#")))
        uri.n--;
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
        if (str_equal(uri, str_from(dialects[i].uri))) {
            compiler->older = compiler->older || dialects[i].older;
            return true;
        }
    return schema_refuse_value(compiler, node, value,
                               "\"https://json-schema.org/draft/2020-12/schema\"");
}

static bool refuse_unsupported(struct schema_compiler *compiler, struct schema_node *node,
                               const json *value)
{
    const char *keyword = json_key(value).p;
    return schema_refuse(compiler, node, keyword, "'%s' is not supported by weir", keyword);
}

/* Keywords of older drafts: elsewhere they mean nothing and are passed over. */
static bool refuse_older(struct schema_compiler *compiler, struct schema_node *node,
                         const json *value)
{
    if (!compiler->older)
        return true;
    return schema_refuse(
        compiler, node, json_key(value).p,
        "'%s' is of an older draft; expected %s (draft 2020-12)", json_key(value).p,
        schema_is_keyword(value, "dependencies") ? "'dependentRequired' or 'dependentSchemas'"
                                                 : "'items' beside 'prefixItems'");
}

/* clang-format off */
static const struct {
    const char *name;
    schema_reader *read;
} keywords[] = {
    {"$anchor",               refuse_unsupported},
    {"$defs",                 read_definitions},
    {"$dynamicAnchor",        refuse_unsupported},
    {"$dynamicRef",           refuse_unsupported},
    {"$recursiveAnchor",      refuse_unsupported},
    {"$recursiveRef",         refuse_unsupported},
    {"$ref",                  read_reference},
    {"$vocabulary",           refuse_unsupported},
    {"additionalItems",       refuse_older},
    {"additionalProperties",  read_object_child},
    {"allOf",                 read_combination},
    {"anyOf",                 read_combination},
    {"const",                 schema_read_const},
    {"contains",              read_contains},
    {"definitions",           read_definitions},
    {"dependencies",          refuse_older},
    {"dependentRequired",     read_dependents},
    {"dependentSchemas",      read_dependents},
    {"else",                  read_condition},
    {"enum",                  schema_read_enum},
    {"exclusiveMaximum",      schema_read_bound},
    {"exclusiveMinimum",      schema_read_bound},
    {"if",                    read_condition},
    {"items",                 read_items},
    {"maxContains",           schema_read_list_size},
    {"maxItems",              schema_read_list_size},
    {"maxLength",             schema_read_length},
    {"maxProperties",         schema_read_object_size},
    {"maximum",               schema_read_bound},
    {"minContains",           schema_read_list_size},
    {"minItems",              schema_read_list_size},
    {"minLength",             schema_read_length},
    {"minProperties",         schema_read_object_size},
    {"minimum",               schema_read_bound},
    {"multipleOf",            schema_read_multiple},
    {"not",                   read_condition},
    {"oneOf",                 read_combination},
    {"pattern",               schema_read_pattern},
    {"patternProperties",     read_patterns},
    {"prefixItems",           read_prefix},
    {"properties",            read_properties},
    {"propertyNames",         read_object_child},
    {"required",              schema_read_required},
    {"then",                  read_condition},
    {"type",                  schema_read_type},
    {"unevaluatedItems",      refuse_unsupported},
    {"unevaluatedProperties", refuse_unsupported},
    {"uniqueItems",           schema_read_unique},
};
/* clang-format on */

schema_reader *schema_reader_of(str keyword)
{
    size_t low = 0, high = sizeof keywords / sizeof *keywords;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(keyword, str_from(keywords[middle].name));
        if (order == 0)
            return keywords[middle].read;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
