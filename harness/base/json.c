/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.c: the only file that includes cJSON (see json.h).
 *
 * A json is a cJSON node whose memory comes from an arena: cJSON's allocation hooks take from
 * the arena of the call in progress, and its free does nothing. The arena is thread-local and
 * set only while a function here runs, which never suspends a fiber.
 *
 * A strict scan (json_scan.h) goes before cJSON. Comparing and writing values need nothing of
 * cJSON and are in json_write.c.
 */
#include "base/json.h"

#include "base/json_doubled.h"
#include "base/json_scan.h"
#include "base/mem.h"
#include "base/text.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

struct json {
    cJSON node;
};

static _Thread_local struct arena *current_arena;

/* The hooks are the process's: a program that links libweir may use cJSON itself, on the heap. */
static void *hook_alloc(size_t size)
{
    return current_arena ? arena_alloc(current_arena, size) : xmalloc(size);
}

static void hook_free(void *memory)
{
    if (!current_arena)
        xfree(memory);
}

static void install_hooks(void)
{
    cJSON_Hooks hooks = {hook_alloc, hook_free};
    cJSON_InitHooks(&hooks);
}

static void use_arena(struct arena *arena)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_hooks);
    current_arena = arena;
}

/* ---- parsing ---- */

static void set_error(struct json_error *error, str text, size_t at, const char *what)
{
    if (!error)
        return;
    *error = (struct json_error){.at = at, .line = 1, .col = 1, .what = what};
    size_t line_start = 0;
    for (size_t i = 0; i < at && i < text.n; i++)
        if (text.p[i] == '\n') {
            error->line++;
            line_start = i + 1;
        }
    error->col = (unsigned)utf8_count(str_sub(text, line_start, at)) + 1;
}

/* `earlier` takes the value of `later`, which leaves the object. */
static void replace_earlier(cJSON *object, cJSON *earlier, cJSON *later)
{
    earlier->type = later->type;
    earlier->valuestring = later->valuestring;
    earlier->valuedouble = later->valuedouble;
    earlier->valueint = later->valueint;
    earlier->child = later->child;
    cJSON_DetachItemViaPointer(object, later);
}

struct keyed {
    cJSON *member;
    size_t position;
};

static int by_key_and_position(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int order = strcmp(x->member->string, y->member->string);
    return order ? order : (x->position > y->position) - (x->position < y->position);
}

/* The merging functions return the name that stood twice, or NULL. */
static const char *merge_sorted(cJSON *object, size_t count)
{
    struct keyed *keyed = xmalloc(count * sizeof *keyed);
    const char *doubled = NULL;
    size_t i = 0, first = 0;
    for (cJSON *member = object->child; member; member = member->next, i++)
        keyed[i] = (struct keyed){member, i};
    qsort(keyed, count, sizeof *keyed, by_key_and_position);
    for (i = 1; i < count; i++) {
        if (strcmp(keyed[i].member->string, keyed[first].member->string) == 0) {
            doubled = keyed[i].member->string;
            replace_earlier(object, keyed[first].member, keyed[i].member);
        } else {
            first = i;
        }
    }
    xfree(keyed);
    return doubled;
}

static const char *merge_pairwise(cJSON *object)
{
    const char *doubled = NULL;
    for (cJSON *member = object->child; member; member = member->next)
        for (cJSON *later = member->next, *next; later; later = next) {
            next = later->next;
            if (strcmp(member->string, later->string) != 0)
                continue;
            doubled = later->string;
            replace_earlier(object, member, later);
        }
    return doubled;
}

/* Wider objects are sorted to find duplicates. */
enum { PAIRWISE_MEMBERS = 16 };

/* Of duplicate members the last one counts; it takes the place of the first. Returns a name that had
 * duplicates, or NULL. */
static const char *drop_duplicates(cJSON *node)
{
    const char *doubled = NULL, *found;
    size_t count = 0;
    for (cJSON *child = node->child; child; child = child->next, count++)
        if (child->child && (found = drop_duplicates(child)))
            doubled = found;
    if (!cJSON_IsObject(node))
        return doubled;
    found = count > PAIRWISE_MEMBERS ? merge_sorted(node, count) : merge_pairwise(node);
    return found ? found : doubled;
}

static const json *parse_scanned(struct arena *arena, str text, const struct json_scan *scan,
                                 const char **doubled)
{
    str exact = str_sub(text, 0, scan->at);
    if (scan->has_unfit)
        exact = json_without_unfit(arena, exact);
    use_arena(arena);
    cJSON *node = cJSON_ParseWithLengthOpts(exact.p, exact.n, NULL, 0);
    current_arena = NULL;
    *doubled = node ? drop_duplicates(node) : NULL;
    return (const json *)node;
}

static const json *parse_prefix(struct arena *arena, str text, size_t *used,
                                const char **doubled)
{
    struct json_scan scan = {.text = text};
    if (!json_scan_value(&scan))
        return NULL;
    *used = scan.at;
    return parse_scanned(arena, text, &scan, doubled);
}

const json *json_parse_prefix(struct arena *arena, str text, size_t *used)
{
    const char *doubled;
    return parse_prefix(arena, text, used, &doubled);
}

const json *json_parse_unique_prefix(struct arena *arena, str text, size_t *used)
{
    const char *doubled = NULL;
    const json *value = parse_prefix(arena, text, used, &doubled);
    return doubled ? NULL : value;
}

static const json *parse(struct arena *arena, str text, struct json_error *error,
                         const char **doubled)
{
    struct json_scan scan = {.text = text};
    bool good = json_scan_value(&scan);
    size_t end = scan.at;
    if (good) {
        json_scan_blank(&scan);
        good = scan.at == text.n || json_scan_fail(&scan, "something follows the JSON value");
    }
    if (!good) {
        set_error(error, text, scan.at, scan.what);
        return NULL;
    }
    scan.at = end;
    const json *value = parse_scanned(arena, text, &scan, doubled);
    if (!value)
        set_error(error, text, 0, "is not JSON");
    return value;
}

const json *json_parse(struct arena *arena, str text, struct json_error *error)
{
    const char *doubled;
    return parse(arena, text, error, &doubled);
}

const json *json_parse_unique(struct arena *arena, str text, struct json_error *error)
{
    const char *doubled = NULL;
    const json *value = parse(arena, text, error, &doubled);
    if (!value || !doubled)
        return value;
    set_error(error, text, json_doubled_at(text, str_from(doubled)), "a name stands twice");
    if (error)
        error->doubled = str_from(doubled);
    return NULL;
}

str json_error_text(struct arena *arena, const struct json_error *error)
{
    if (!error->doubled.p)
        return arena_printf(arena, "not JSON: %s", error->what);
    return arena_printf(arena, "duplicate key '%.*s'; expected each key once in its object",
                        STR_ARG(error->doubled));
}

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

static cJSON *new_node(struct arena *arena, int type)
{
    cJSON *node = arena_new(arena, cJSON);
    node->type = type;
    return node;
}

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
    cJSON *node = new_node(arena, cJSON_Number);
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
    cJSON *node = new_node(arena, cJSON_String);
    node->valuestring = text_copy(arena, text);
    return (const json *)node;
}

json *json_new_list(struct arena *arena)
{
    return (json *)new_node(arena, cJSON_Array);
}

json *json_new_object(struct arena *arena)
{
    return (json *)new_node(arena, cJSON_Object);
}

/* A node of its own for the same value: siblings differ, all below is shared. */
static cJSON *share(struct arena *arena, const json *value)
{
    cJSON *node = arena_new(arena, cJSON);
    if (value)
        *node = value->node;
    else
        node->type = cJSON_NULL;
    node->next = node->prev = NULL;
    node->string = NULL;
    return node;
}

/* As in cJSON: the first child's prev is the last child, the last child's next is NULL. */
static void append(cJSON *parent, cJSON *node)
{
    cJSON *first = parent->child;
    if (!first) {
        parent->child = node;
        node->prev = node;
    } else {
        first->prev->next = node;
        node->prev = first->prev;
        first->prev = node;
    }
}

void json_add(struct arena *arena, json *list, const json *item)
{
    assert(json_is(list, JSON_LIST));
    append(&list->node, share(arena, item));
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
    append(&object->node, node);
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
        append(&copy->node, node);
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
        append(node, child);
    }
    return (const json *)node;
}
