/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.c: reading and making values (see json.h).
 *
 * A json is a cJSON node whose memory comes from an arena (json_node.h). Parsing is in
 * json_parse.c; comparing and writing need nothing of cJSON and are in json_write.c.
 */
#include "base/json.h"

#include "base/json_node.h"
#include "base/text.h"

#include <assert.h>
#include <math.h>

/* ---- reading ---- */

static const cJSON *node_of(const json *value)
{
    return value ? &value->node : NULL;
}

enum json_kind json_kind(const json *value)
{
    const cJSON *node = node_of(value);
    if (!node)
        return JSON_NULL;
    switch (node->type & 0xff) {
    case cJSON_True:
    case cJSON_False:
        return JSON_BOOL;
    case cJSON_Number:
        return JSON_NUMBER;
    case cJSON_String:
        return JSON_TEXT;
    case cJSON_Array:
        return JSON_LIST;
    case cJSON_Object:
        return JSON_OBJECT;
    default:
        return JSON_NULL;
    }
}

bool json_is(const json *value, enum json_kind kind)
{
    return value && json_kind(value) == kind;
}

bool json_bool(const json *value)
{
    return cJSON_IsTrue(node_of(value)) != 0;
}

double json_number(const json *value)
{
    return json_is(value, JSON_NUMBER) ? value->node.valuedouble : 0;
}

bool json_int(const json *value, int64_t *number)
{
    double d = json_number(value);
    if (!json_is(value, JSON_NUMBER) || d != floor(d) || fabs(d) > 9007199254740992.0)
        return false;
    *number = (int64_t)d;
    return true;
}

str json_text(const json *value)
{
    return json_is(value, JSON_TEXT) ? str_from(value->node.valuestring) : (str){"", 0};
}

const json *json_first(const json *list_or_object)
{
    const cJSON *node = node_of(list_or_object);
    return node ? (const json *)node->child : NULL;
}

const json *json_next(const json *item)
{
    return (const json *)item->node.next;
}

str json_key(const json *member)
{
    return str_from(member->node.string);
}

size_t json_count(const json *value)
{
    size_t count = 0;
    for (const json *item = json_first(value); item; item = json_next(item))
        count++;
    return count;
}

const json *json_get(const json *object, str key)
{
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    for (const json *member = json_first(object); member; member = json_next(member)) {
        const char *name = member->node.string;
        /* a key with a NUL inside must not carry the comparison past the name's end */
        if (key.n == 0 ? !*name
                       : strncmp(name, key.p, key.n) == 0 && strnlen(name, key.n) == key.n &&
                             name[key.n] == '\0')
            return member;
    }
    return NULL;
}

const json *json_at(const json *list, int64_t index)
{
    if (!json_is(list, JSON_LIST))
        return NULL;
    if (index < 0)
        index += (int64_t)json_count(list);
    if (index < 0)
        return NULL;
    const json *item = json_first(list);
    while (item && index-- > 0)
        item = json_next(item);
    return item;
}

const json *json_path(const json *object, const char *dotted)
{
    str rest = str_from(dotted), name;
    while (object && rest.n) {
        str_cut(rest, '.', &name, &rest);
        object = json_get(object, name);
    }
    return object;
}

/* ---- making ---- */

const json *json_null(void)
{
    static const json null = {.node = {.type = cJSON_NULL}};
    return &null;
}

const json *json_new_bool(bool value)
{
    static const json truth = {.node = {.type = cJSON_True, .valueint = 1}};
    static const json falsehood = {.node = {.type = cJSON_False}};
    return value ? &truth : &falsehood;
}

const json *json_new_number(struct arena *arena, double number)
{
    cJSON *node = json_node_new(arena, cJSON_Number);
    cJSON_SetNumberHelper(node, number);
    return (const json *)node;
}

const json *json_new_int(struct arena *arena, int64_t number)
{
    return json_new_number(arena, (double)number);
}

static char *text_copy(struct arena *arena, str text)
{
    str clean = utf8_clean(arena, text);
    if (clean.n && memchr(clean.p, '\0', clean.n)) {
        struct buf out = {0};
        for (size_t i = 0; i < clean.n; i++)
            buf_add_str(&out, clean.p[i] ? str_sub(clean, i, i + 1) : STR("\xef\xbf\xbd"));
        clean = arena_str(arena, buf_str(&out));
        buf_release(&out);
    }
    char *copy = arena_alloc(arena, clean.n + 1);
    if (clean.n)
        memcpy(copy, clean.p, clean.n);
    return copy;
}

const json *json_new_text(struct arena *arena, str text)
{
    cJSON *node = json_node_new(arena, cJSON_String);
    node->valuestring = text_copy(arena, text);
    return (const json *)node;
}

json *json_new_list(struct arena *arena)
{
    return (json *)json_node_new(arena, cJSON_Array);
}

json *json_new_object(struct arena *arena)
{
    return (json *)json_node_new(arena, cJSON_Object);
}

/* A node of its own for the same value: siblings differ, all below is shared. */
static cJSON *share(struct arena *arena, const json *value)
{
    cJSON *node = json_node_new(arena, cJSON_NULL);
    if (value)
        *node = value->node;
    node->next = node->prev = NULL;
    node->string = NULL;
    return node;
}

void json_add(struct arena *arena, json *list, const json *item)
{
    assert(json_is(list, JSON_LIST));
    json_node_append(&list->node, share(arena, item));
}

void json_set(struct arena *arena, json *object, str key, const json *value)
{
    assert(json_is(object, JSON_OBJECT));
    cJSON *node = share(arena, value);
    for (cJSON *member = object->node.child; member; member = member->next)
        if (str_equal(str_from(member->string), key)) {
            node->string = member->string;
            node->next = member->next;
            node->prev = member->prev;
            *member = *node;
            return;
        }
    node->string = text_copy(arena, key);
    json_node_append(&object->node, node);
}

void json_set_text(struct arena *arena, json *object, const char *key, str text)
{
    json_set(arena, object, str_from(key), json_new_text(arena, text));
}

void json_set_int(struct arena *arena, json *object, const char *key, int64_t number)
{
    json_set(arena, object, str_from(key), json_new_int(arena, number));
}

json *json_copy(struct arena *arena, const json *list_or_object)
{
    bool object = json_is(list_or_object, JSON_OBJECT);
    json *copy = object ? json_new_object(arena) : json_new_list(arena);
    for (const json *item = json_first(list_or_object); item; item = json_next(item)) {
        cJSON *node = share(arena, item);
        node->string = object ? item->node.string : NULL;
        json_node_append(&copy->node, node);
    }
    return copy;
}

const json *json_deep_copy(struct arena *arena, const json *value)
{
    cJSON *node = share(arena, value);
    if (node->valuestring)
        node->valuestring = text_copy(arena, str_from(node->valuestring));
    node->child = NULL;
    for (const json *item = json_first(value); item; item = json_next(item)) {
        cJSON *child = (cJSON *)(uintptr_t)json_deep_copy(arena, item);
        child->string =
            item->node.string ? text_copy(arena, str_from(item->node.string)) : NULL;
        json_node_append(node, child);
    }
    return (const json *)node;
}
