/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jsonschema_keywords.c: what reads each keyword of a schema.
 *
 * One table has a row per keyword. Keywords that only describe (title, default, format …) and
 * unknown ones have none and are passed over, as the specification says; those that would change
 * the verdict and are not built are refused, never ignored.
 */
#include "base/jsonschema_tree.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>

/* ---- parts of a node ---- */

static struct schema_number_rules *number_rules(struct schema_compiler *compiler,
                                                struct schema_node *node)
{
    if (!node->number) {
        node->number = arena_new(compiler->arena, struct schema_number_rules);
        node->number->minimum = node->number->above = -HUGE_VAL;
        node->number->maximum = node->number->below = HUGE_VAL;
    }
    return node->number;
}

static struct schema_text_rules *text_rules(struct schema_compiler *compiler,
                                            struct schema_node *node)
{
    if (!node->text) {
        node->text = arena_new(compiler->arena, struct schema_text_rules);
        node->text->most = SIZE_MAX;
    }
    return node->text;
}

static struct schema_list_rules *list_rules(struct schema_compiler *compiler,
                                            struct schema_node *node)
{
    if (!node->list) {
        node->list = arena_new(compiler->arena, struct schema_list_rules);
        node->list->most = node->list->contains_most = SIZE_MAX;
        node->list->contains_least = 1;
    }
    return node->list;
}

static struct schema_object_rules *object_rules(struct schema_compiler *compiler,
                                                struct schema_node *node)
{
    if (!node->object) {
        node->object = arena_new(compiler->arena, struct schema_object_rules);
        node->object->most = SIZE_MAX;
    }
    return node->object;
}

/* ---- readers of keywords: false after a problem ---- */

static bool is_keyword(const json *value, const char *keyword)
{
    return str_equal(json_key(value), str_from(keyword));
}

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

static const struct schema_node *compile_member(struct schema_compiler *compiler,
                                                struct schema_node *node, const json *map,
                                                const json *member)
{
    str name = schema_escape(compiler->arena, json_key(member));
    str step = arena_printf(compiler->arena, "%s/%.*s", json_key(map).p, STR_ARG(name));
    return schema_compile(compiler, member, node, step, node->base);
}

static bool expect_map(struct schema_compiler *compiler, struct schema_node *node,
                       const json *value)
{
    return json_is(value, JSON_OBJECT) ||
           schema_refuse_value(compiler, node, value, "an object of schemas");
}

static bool read_count(struct schema_compiler *compiler, struct schema_node *node,
                       const json *value, size_t *count)
{
    double number = json_number(value);
    if (!json_is(value, JSON_NUMBER) || number < 0 || number != floor(number))
        return schema_refuse_value(compiler, node, value, "a whole number from 0");
    *count = number < 9e15 ? (size_t)number : SIZE_MAX;
    return true;
}

static bool read_names(struct schema_compiler *compiler, struct schema_node *node,
                       const json *value, str **names, size_t *count)
{
    bool good = json_is(value, JSON_LIST);
    *names = arena_array(compiler->arena, str, json_count(value));
    *count = 0;
    for (const json *item = json_first(value); good && item; item = json_next(item)) {
        good = json_is(item, JSON_TEXT);
        (*names)[(*count)++] = json_text(item);
    }
    return good || schema_refuse(compiler, node, "", "'%s' is %.*s; expected a list of names",
                                 json_key(value).p, STR_ARG(schema_shown(compiler, value)));
}

static const char *const type_names[TYPE_COUNT] = {"array",  "boolean", "integer", "null",
                                                   "number", "object",  "string"};

static unsigned type_bit(const json *name)
{
    for (unsigned i = 0; i < TYPE_COUNT; i++)
        if (json_is(name, JSON_TEXT) && str_equal(json_text(name), str_from(type_names[i])))
            return 1u << i;
    return 0;
}

static bool read_type(struct schema_compiler *compiler, struct schema_node *node,
                      const json *value)
{
    static const char expected[] =
        "one of array, boolean, integer, null, number, object, string";
    bool list = json_is(value, JSON_LIST);
    const json *name = list ? json_first(value) : value;
    for (; name; name = list ? json_next(name) : NULL) {
        unsigned bit = type_bit(name);
        if (!bit)
            return schema_refuse(compiler, node, "type", "'type' %s %.*s; expected %s",
                                 list ? "has" : "is", STR_ARG(schema_shown(compiler, name)),
                                 expected);
        node->types |= bit;
    }
    return node->types || schema_refuse_value(compiler, node, value, expected);
}

static int by_text(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

static bool read_enum(struct schema_compiler *compiler, struct schema_node *node,
                      const json *value)
{
    size_t count = json_count(value);
    if (!json_is(value, JSON_LIST))
        return schema_refuse_value(compiler, node, value, "a list of values");
    struct schema_choices *choices = arena_new(compiler->arena, struct schema_choices);
    choices->text = arena_array(compiler->arena, str, count);
    choices->other = arena_array(compiler->arena, const json *, count);
    for (const json *item = json_first(value); item; item = json_next(item)) {
        if (json_is(item, JSON_TEXT))
            choices->text[choices->text_count++] = json_text(item);
        else
            choices->other[choices->other_count++] = item;
    }
    qsort(choices->text, choices->text_count, sizeof(str), by_text);
    node->choices = choices;
    return true;
}

static bool read_const(struct schema_compiler *compiler, struct schema_node *node,
                       const json *value)
{
    (void)compiler;
    node->only = value;
    return true;
}

static bool read_bound(struct schema_compiler *compiler, struct schema_node *node,
                       const json *value)
{
    struct schema_number_rules *rules = number_rules(compiler, node);
    double number = json_number(value);
    if (!json_is(value, JSON_NUMBER))
        return schema_refuse_value(compiler, node, value, "a number");
    if (is_keyword(value, "minimum"))
        rules->minimum = number;
    else if (is_keyword(value, "maximum"))
        rules->maximum = number;
    else if (is_keyword(value, "exclusiveMinimum"))
        rules->above = number;
    else
        rules->below = number;
    return true;
}

static bool read_multiple(struct schema_compiler *compiler, struct schema_node *node,
                          const json *value)
{
    if (!json_is(value, JSON_NUMBER) || json_number(value) <= 0)
        return schema_refuse_value(compiler, node, value, "a number above 0");
    number_rules(compiler, node)->multiple = json_number(value);
    return true;
}

static bool read_length(struct schema_compiler *compiler, struct schema_node *node,
                        const json *value)
{
    struct schema_text_rules *rules = text_rules(compiler, node);
    return read_count(compiler, node, value,
                      is_keyword(value, "minLength") ? &rules->least : &rules->most);
}

static const struct regex *read_regex(struct schema_compiler *compiler,
                                      const struct schema_node *node, const char *keyword,
                                      str pattern)
{
    str what;
    size_t at;
    const struct regex *regex =
        regex_new(compiler->arena, pattern, REGEX_UTF | REGEX_ECMA, &what, &at);
    if (!regex)
        schema_refuse(compiler, node, keyword,
                      "'%s' is no regular expression weir knows: %.*s (after %zu characters)",
                      keyword, STR_ARG(what), utf8_count(str_sub(pattern, 0, at)));
    return regex;
}

static bool read_pattern(struct schema_compiler *compiler, struct schema_node *node,
                         const json *value)
{
    if (!json_is(value, JSON_TEXT))
        return schema_refuse_value(compiler, node, value, "a regular expression");
    struct schema_text_rules *rules = text_rules(compiler, node);
    rules->pattern_text = json_text(value);
    rules->pattern = read_regex(compiler, node, "pattern", rules->pattern_text);
    return rules->pattern != NULL;
}

static bool read_list_size(struct schema_compiler *compiler, struct schema_node *node,
                           const json *value)
{
    struct schema_list_rules *rules = list_rules(compiler, node);
    size_t *count = is_keyword(value, "minItems")      ? &rules->least
                    : is_keyword(value, "maxItems")    ? &rules->most
                    : is_keyword(value, "minContains") ? &rules->contains_least
                                                       : &rules->contains_most;
    return read_count(compiler, node, value, count);
}

static bool read_prefix(struct schema_compiler *compiler, struct schema_node *node,
                        const json *value)
{
    return read_children(compiler, node, value, &list_rules(compiler, node)->prefix);
}

static bool read_items(struct schema_compiler *compiler, struct schema_node *node,
                       const json *value)
{
    if (json_is(value, JSON_LIST))
        return schema_refuse(compiler, node, "items",
                             "'items' is a list; expected a schema (since draft 2020-12 a "
                             "list of schemas is 'prefixItems')");
    return read_child(compiler, node, value, &list_rules(compiler, node)->rest);
}

static bool read_contains(struct schema_compiler *compiler, struct schema_node *node,
                          const json *value)
{
    return read_child(compiler, node, value, &list_rules(compiler, node)->contains);
}

static bool read_unique(struct schema_compiler *compiler, struct schema_node *node,
                        const json *value)
{
    if (!json_is(value, JSON_BOOL))
        return schema_refuse_value(compiler, node, value, "true or false");
    list_rules(compiler, node)->unique = json_bool(value);
    return true;
}

static bool read_object_size(struct schema_compiler *compiler, struct schema_node *node,
                             const json *value)
{
    struct schema_object_rules *rules = object_rules(compiler, node);
    return read_count(compiler, node, value,
                      is_keyword(value, "minProperties") ? &rules->least : &rules->most);
}

static struct schema_member *member_add(struct schema_compiler *compiler,
                                        struct schema_object_rules *rules, size_t more)
{
    rules->member = arena_grow(compiler->arena, rules->member, rules->member_count,
                               rules->member_count + more, sizeof *rules->member);
    return rules->member + rules->member_count;
}

static bool read_properties(struct schema_compiler *compiler, struct schema_node *node,
                            const json *value)
{
    if (!expect_map(compiler, node, value))
        return false;
    struct schema_object_rules *rules = object_rules(compiler, node);
    struct schema_member *member = member_add(compiler, rules, json_count(value));
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

static bool read_required(struct schema_compiler *compiler, struct schema_node *node,
                          const json *value)
{
    str *names;
    size_t count;
    if (!read_names(compiler, node, value, &names, &count))
        return false;
    struct schema_object_rules *rules = object_rules(compiler, node);
    struct schema_member *member = member_add(compiler, rules, count);
    for (size_t i = 0; i < count; i++, member++) {
        member->name = names[i];
        member->order = rules->member_count++;
        member->required = true;
    }
    return true;
}

static bool read_patterns(struct schema_compiler *compiler, struct schema_node *node,
                          const json *value)
{
    if (!expect_map(compiler, node, value))
        return false;
    struct schema_object_rules *rules = object_rules(compiler, node);
    rules->pattern = arena_array(compiler->arena, struct schema_pattern, json_count(value));
    for (const json *item = json_first(value); item; item = json_next(item)) {
        struct schema_pattern *pattern = &rules->pattern[rules->pattern_count++];
        pattern->text = json_key(item);
        pattern->regex = read_regex(compiler, node, "patternProperties", pattern->text);
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
    struct schema_object_rules *rules = object_rules(compiler, node);
    return read_child(compiler, node, value,
                      is_keyword(value, "propertyNames") ? &rules->names : &rules->rest);
}

static bool read_dependents(struct schema_compiler *compiler, struct schema_node *node,
                            const json *value)
{
    bool schemas = is_keyword(value, "dependentSchemas");
    if (!json_is(value, JSON_OBJECT))
        return schema_refuse_value(compiler, node, value,
                                   schemas ? "an object of schemas"
                                           : "an object of lists of names");
    struct schema_object_rules *rules = object_rules(compiler, node);
    rules->dependent =
        arena_grow(compiler->arena, rules->dependent, rules->dependent_count,
                   rules->dependent_count + json_count(value), sizeof *rules->dependent);
    for (const json *item = json_first(value); item; item = json_next(item)) {
        struct schema_dependent *dependent = &rules->dependent[rules->dependent_count++];
        dependent->name = json_key(item);
        if (schemas)
            dependent->node = compile_member(compiler, node, value, item);
        else if (!read_names(compiler, node, item, &dependent->needs, &dependent->needs_count))
            return false;
        if (schemas && !dependent->node)
            return false;
    }
    return true;
}

static bool read_combination(struct schema_compiler *compiler, struct schema_node *node,
                             const json *value)
{
    struct schema_nodes *children = is_keyword(value, "allOf")   ? &node->all
                                    : is_keyword(value, "anyOf") ? &node->any
                                                                 : &node->one;
    return read_children(compiler, node, value, children);
}

static bool read_condition(struct schema_compiler *compiler, struct schema_node *node,
                           const json *value)
{
    const struct schema_node **child = is_keyword(value, "not")    ? &node->negated
                                       : is_keyword(value, "if")   ? &node->condition
                                       : is_keyword(value, "then") ? &node->then
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
        is_keyword(value, "dependencies") ? "'dependentRequired' or 'dependentSchemas'"
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
    {"const",                 read_const},
    {"contains",              read_contains},
    {"definitions",           read_definitions},
    {"dependencies",          refuse_older},
    {"dependentRequired",     read_dependents},
    {"dependentSchemas",      read_dependents},
    {"else",                  read_condition},
    {"enum",                  read_enum},
    {"exclusiveMaximum",      read_bound},
    {"exclusiveMinimum",      read_bound},
    {"if",                    read_condition},
    {"items",                 read_items},
    {"maxContains",           read_list_size},
    {"maxItems",              read_list_size},
    {"maxLength",             read_length},
    {"maxProperties",         read_object_size},
    {"maximum",               read_bound},
    {"minContains",           read_list_size},
    {"minItems",              read_list_size},
    {"minLength",             read_length},
    {"minProperties",         read_object_size},
    {"minimum",               read_bound},
    {"multipleOf",            read_multiple},
    {"not",                   read_condition},
    {"oneOf",                 read_combination},
    {"pattern",               read_pattern},
    {"patternProperties",     read_patterns},
    {"prefixItems",           read_prefix},
    {"properties",            read_properties},
    {"propertyNames",         read_object_child},
    {"required",              read_required},
    {"then",                  read_condition},
    {"type",                  read_type},
    {"unevaluatedItems",      refuse_unsupported},
    {"unevaluatedProperties", refuse_unsupported},
    {"uniqueItems",           read_unique},
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
