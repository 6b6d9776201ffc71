/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jsonschema_compile.c: from a schema as JSON to its nodes (see jsonschema_tree.h).
 *
 * A node is made for every place that is a schema, its keywords are read by their row in
 * jsonschema_keywords.c, and references are looked up at the end, when every place is known
 * (jsonschema_refs.c).
 */
#include "base/jsonschema_tree.h"

#include "base/text.h"

#include <stdlib.h>

/* ---- places and problems ---- */

str schema_escape(struct arena *arena, str name)
{
    if (!name.n || (!memchr(name.p, '~', name.n) && !memchr(name.p, '/', name.n)))
        return name;
    struct buf out = {0};
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '~')
            buf_add_str(&out, STR("~0"));
        else if (name.p[i] == '/')
            buf_add_str(&out, STR("~1"));
        else
            buf_add_char(&out, name.p[i]);
    }
    str escaped = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return escaped;
}

/* The JSON pointer of a node, in the arena. */
static str path_of(struct arena *arena, const struct schema_node *node)
{
    str path = {"", 0};
    for (; node && node->above; node = node->above)
        path = arena_printf(arena, "/%.*s%.*s", STR_ARG(node->step), STR_ARG(path));
    return path;
}

bool schema_refuse(struct schema_compiler *compiler, const struct schema_node *node,
                   const char *keyword, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str text = arena_vprintf(compiler->arena, format, args);
    va_end(args);
    str path = path_of(compiler->arena, node);
    if (*keyword)
        path = arena_printf(compiler->arena, "%.*s/%s", STR_ARG(path), keyword);
    *compiler->problem = (struct jsonschema_problem){path, text};
    return false;
}

/* A keyword's value as a problem quotes it. */
str schema_shown(struct schema_compiler *compiler, const json *value)
{
    str text = json_to_str(compiler->arena, value, JSON_SPACED);
    return text_visible(compiler->arena, text_shorten(compiler->arena, text, 60));
}

bool schema_refuse_value(struct schema_compiler *compiler, const struct schema_node *node,
                         const json *value, const char *expected)
{
    const char *keyword = json_key(value).p;
    return schema_refuse(compiler, node, keyword, "'%s' is %.*s; expected %s", keyword,
                         STR_ARG(schema_shown(compiler, value)), expected);
}

/* ---- nodes by value ---- */

static size_t map_slot(const struct schema_map *map, const json *source)
{
    size_t at = (size_t)(((uintptr_t)source >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20);
    for (at &= map->size - 1; map->slot[at] && map->slot[at]->source != source;)
        at = (at + 1) & (map->size - 1);
    return at;
}

struct schema_node *schema_map_find(const struct schema_map *map, const json *source)
{
    return map->size ? map->slot[map_slot(map, source)] : NULL;
}

static void map_add(struct schema_compiler *compiler, struct schema_node *node)
{
    struct schema_map *map = &compiler->map;
    if (map->used * 2 >= map->size) {
        struct schema_map old = *map;
        map->size = old.size ? old.size * 2 : 64;
        map->slot = arena_array(compiler->arena, struct schema_node *, map->size);
        for (size_t i = 0; i < old.size; i++)
            if (old.slot[i])
                map->slot[map_slot(map, old.slot[i]->source)] = old.slot[i];
    }
    map->slot[map_slot(map, node->source)] = node;
    map->used++;
}

/* ---- a whole node ---- */

static int by_name(const void *a, const void *b)
{
    const struct schema_member *x = a, *y = b;
    int order = str_compare(x->name, y->name);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* Sorts the names and puts what properties and required say of one into one entry. */
static void finish_members(struct schema_object_rules *rules)
{
    if (!rules || rules->member_count == 0)
        return;
    struct schema_member *member = rules->member;
    qsort(member, rules->member_count, sizeof *member, by_name);
    size_t kept = 0;
    for (size_t i = 1; i < rules->member_count; i++) {
        if (!str_equal(member[kept].name, member[i].name)) {
            member[++kept] = member[i];
            continue;
        }
        member[kept].required = member[kept].required || member[i].required;
        if (member[i].node) {
            member[kept].node = member[i].node;
            member[kept].order = member[i].order;
        }
    }
    rules->member_count = kept + 1;
    for (size_t i = 0; i < rules->member_count; i++)
        rules->required_count += member[i].required;
}

/* $id starts a part with an address of its own; it counts before anything beside it. */
static bool read_id(struct schema_compiler *compiler, struct schema_node *node)
{
    const json *id = json_get(node->source, STR("$id"));
    if (!id)
        return true;
    str uri = json_text(id);
    if (str_ends_with(uri, STR("#")))
        uri.n--;
    if (!json_is(id, JSON_TEXT) || (uri.n && memchr(uri.p, '#', uri.n)))
        return schema_refuse_value(compiler, node, id, "an address without a fragment");
    struct schema_base *base = arena_new(compiler->arena, struct schema_base);
    base->uri =
        schema_uri_resolve(compiler->arena, node->base ? node->base->uri : STR(""), uri);
    base->root = node->source;
    for (struct schema_base *other = compiler->bases; other; other = other->next)
        if (other->root != node->source && str_equal(other->uri, base->uri))
            return schema_refuse_value(compiler, node, id, "an address that no other part has");
    base->next = compiler->bases;
    compiler->bases = node->base = base;
    return true;
}

static bool read_node(struct schema_compiler *compiler, struct schema_node *node)
{
    const json *dialect = json_get(node->source, STR("$schema"));
    if (dialect && !schema_read_dialect(compiler, node, dialect))
        return false;
    if (!read_id(compiler, node))
        return false;
    for (const json *value = json_first(node->source); value; value = json_next(value)) {
        schema_reader *read = schema_reader_of(json_key(value));
        if (read && !read(compiler, node, value))
            return false;
    }
    finish_members(node->object);
    return true;
}

const struct schema_node *schema_compile(struct schema_compiler *compiler, const json *source,
                                         const struct schema_node *above, str step,
                                         struct schema_base *base)
{
    struct schema_node *node = schema_map_find(&compiler->map, source);
    if (node)
        return node;
    node = arena_new(compiler->arena, struct schema_node);
    *node = (struct schema_node){
        .source = source, .above = above, .step = step, .base = base, .next = compiler->nodes};
    compiler->nodes = node;
    map_add(compiler, node);
    if (json_is(source, JSON_BOOL)) {
        node->verdict = json_bool(source) ? SCHEMA_TRUE : SCHEMA_FALSE;
        return node;
    }
    if (!json_is(source, JSON_OBJECT)) {
        schema_refuse(compiler, node, "",
                      "%.*s is no schema; expected an object, true or false",
                      STR_ARG(schema_shown(compiler, source)));
        return NULL;
    }
    if (compiler->depth == JSON_DEPTH_MAX) {
        schema_refuse(compiler, node, "", "schemas are nested deeper than %d", JSON_DEPTH_MAX);
        return NULL;
    }
    compiler->depth++;
    bool good = read_node(compiler, node);
    compiler->depth--;
    return good ? node : NULL;
}

static str canonical_text(struct arena *arena, const json *value)
{
    struct buf text = {0};
    json_write_canonical(&text, value);
    str copy = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return copy;
}

const struct jsonschema *jsonschema_new(struct arena *arena, const json *schema,
                                        struct jsonschema_problem *problem)
{
    struct schema_compiler compiler = {.arena = arena, .problem = problem};
    struct schema_base *base = arena_new(arena, struct schema_base);
    base->uri = STR("");
    base->root = schema ? schema : json_null();
    compiler.bases = base;
    const struct schema_node *root = schema_compile(&compiler, base->root, NULL, STR(""), base);
    if (!root || !schema_resolve_all(&compiler) || !schema_refuse_loops(&compiler))
        return NULL;
    struct jsonschema *compiled = arena_new(arena, struct jsonschema);
    compiled->root = root;
    compiled->map = compiler.map;
    compiled->canonical = canonical_text(arena, root->source);
    return compiled;
}

const json *jsonschema_source(const struct jsonschema *schema)
{
    return schema->root->source;
}

str jsonschema_canonical(const struct jsonschema *schema)
{
    return schema->canonical;
}
