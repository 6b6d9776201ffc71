/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jsonschema_rules.c: reads the keywords that bound a value itself: its type, its size, its form.
 * Keywords that hold further schemas are read in jsonschema_keywords.c.
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

struct schema_list_rules *schema_list_rules_of(struct schema_compiler *compiler,
                                               struct schema_node *node)
{
    if (!node->list) {
        node->list = arena_new(compiler->arena, struct schema_list_rules);
        node->list->most = node->list->contains_most = SIZE_MAX;
        node->list->contains_least = 1;
    }
    return node->list;
}

struct schema_object_rules *schema_object_rules_of(struct schema_compiler *compiler,
                                                   struct schema_node *node)
{
    if (!node->object) {
        node->object = arena_new(compiler->arena, struct schema_object_rules);
        node->object->most = SIZE_MAX;
    }
    return node->object;
}

/* ---- readers: false after a problem ---- */

bool schema_is_keyword(const json *value, const char *keyword)
{
    return str_equal(json_key(value), str_from(keyword));
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

bool schema_read_names(struct schema_compiler *compiler, struct schema_node *node,
                       const json *value, const char *path, str **names, size_t *count)
{
    bool good = json_is(value, JSON_LIST);
    *names = arena_array(compiler->arena, str, json_count(value));
    *count = 0;
    for (const json *item = json_first(value); good && item; item = json_next(item)) {
        good = json_is(item, JSON_TEXT);
        (*names)[(*count)++] = json_text(item);
    }
    return good || schema_refuse(compiler, node, path, "'%s' is %.*s; expected a list of names",
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

bool schema_read_type(struct schema_compiler *compiler, struct schema_node *node,
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

bool schema_read_enum(struct schema_compiler *compiler, struct schema_node *node,
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

bool schema_read_const(struct schema_compiler *compiler, struct schema_node *node,
                       const json *value)
{
    (void)compiler;
    node->only = value;
    return true;
}

bool schema_read_bound(struct schema_compiler *compiler, struct schema_node *node,
                       const json *value)
{
    struct schema_number_rules *rules = number_rules(compiler, node);
    double number = json_number(value);
    if (!json_is(value, JSON_NUMBER))
        return schema_refuse_value(compiler, node, value, "a number");
    if (schema_is_keyword(value, "minimum"))
        rules->minimum = number;
    else if (schema_is_keyword(value, "maximum"))
        rules->maximum = number;
    else if (schema_is_keyword(value, "exclusiveMinimum"))
        rules->above = number;
    else
        rules->below = number;
    return true;
}

bool schema_read_multiple(struct schema_compiler *compiler, struct schema_node *node,
                          const json *value)
{
    if (!json_is(value, JSON_NUMBER) || json_number(value) <= 0)
        return schema_refuse_value(compiler, node, value, "a number above 0");
    number_rules(compiler, node)->multiple = json_number(value);
    return true;
}

bool schema_read_length(struct schema_compiler *compiler, struct schema_node *node,
                        const json *value)
{
    struct schema_text_rules *rules = text_rules(compiler, node);
    return read_count(compiler, node, value,
                      schema_is_keyword(value, "minLength") ? &rules->least : &rules->most);
}

const struct regex *schema_read_regex(struct schema_compiler *compiler,
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

bool schema_read_pattern(struct schema_compiler *compiler, struct schema_node *node,
                         const json *value)
{
    if (!json_is(value, JSON_TEXT))
        return schema_refuse_value(compiler, node, value, "a regular expression");
    struct schema_text_rules *rules = text_rules(compiler, node);
    rules->pattern_text = json_text(value);
    rules->pattern = schema_read_regex(compiler, node, "pattern", rules->pattern_text);
    return rules->pattern != NULL;
}

bool schema_read_list_size(struct schema_compiler *compiler, struct schema_node *node,
                           const json *value)
{
    struct schema_list_rules *rules = schema_list_rules_of(compiler, node);
    size_t *count = schema_is_keyword(value, "minItems")      ? &rules->least
                    : schema_is_keyword(value, "maxItems")    ? &rules->most
                    : schema_is_keyword(value, "minContains") ? &rules->contains_least
                                                              : &rules->contains_most;
    return read_count(compiler, node, value, count);
}

bool schema_read_unique(struct schema_compiler *compiler, struct schema_node *node,
                        const json *value)
{
    if (!json_is(value, JSON_BOOL))
        return schema_refuse_value(compiler, node, value, "true or false");
    schema_list_rules_of(compiler, node)->unique = json_bool(value);
    return true;
}

bool schema_read_object_size(struct schema_compiler *compiler, struct schema_node *node,
                             const json *value)
{
    struct schema_object_rules *rules = schema_object_rules_of(compiler, node);
    return read_count(compiler, node, value,
                      schema_is_keyword(value, "minProperties") ? &rules->least : &rules->most);
}

struct schema_member *schema_member_add(struct schema_compiler *compiler,
                                        struct schema_object_rules *rules, size_t more)
{
    rules->member = arena_grow(compiler->arena, rules->member, rules->member_count,
                               rules->member_count + more, sizeof *rules->member);
    return rules->member + rules->member_count;
}

bool schema_read_required(struct schema_compiler *compiler, struct schema_node *node,
                          const json *value)
{
    str *names;
    size_t count;
    if (!schema_read_names(compiler, node, value, "required", &names, &count))
        return false;
    struct schema_object_rules *rules = schema_object_rules_of(compiler, node);
    struct schema_member *member = schema_member_add(compiler, rules, count);
    for (size_t i = 0; i < count; i++, member++) {
        member->name = names[i];
        member->order = rules->member_count++;
        member->required = true;
    }
    return true;
}
