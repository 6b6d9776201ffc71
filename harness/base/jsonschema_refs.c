/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jsonschema_refs.c: where a $ref leads.
 *
 * A reference is an address and a JSON pointer: "#/$defs/x", "part.json", "part.json#/$defs/x".
 * The address is resolved against the nearest $id (RFC 3986, 5.2) and must be that of a part of
 * the same document; nothing is ever fetched. A pointer may lead to a place that no keyword made
 * a schema; it is compiled then, which may bring more references, hence the loop.
 */
#include "base/jsonschema_tree.h"

#include "base/mem.h"
#include "base/mistakes.h"
#include "base/text.h"

#include <assert.h>

/* ---- addresses ---- */

struct uri {
    str scheme; /* with ':' */
    str host;   /* with "//" */
    str path;
    str query; /* with '?' */
};

static struct uri uri_split(str text)
{
    struct uri uri = {{"", 0}, {"", 0}, {"", 0}, {"", 0}};
    size_t at = 0;
    while (at < text.n && (char_is_alnum(text.p[at]) || strchr("+-.", text.p[at])))
        at++;
    if (at > 0 && at < text.n && text.p[at] == ':') {
        uri.scheme = str_sub(text, 0, at + 1);
        text = str_sub(text, at + 1, text.n);
    }
    if (str_starts_with(text, STR("//"))) {
        for (at = 2; at < text.n && text.p[at] != '/' && text.p[at] != '?';)
            at++;
        uri.host = str_sub(text, 0, at);
        text = str_sub(text, at, text.n);
    }
    ptrdiff_t query = str_find(text, STR("?"), 0);
    uri.path = query < 0 ? text : str_sub(text, 0, (size_t)query);
    uri.query = query < 0 ? (str){"", 0} : str_sub(text, (size_t)query, text.n);
    return uri;
}

/* Takes "." and ".." out of a path (RFC 3986, 5.2.4). */
static str without_dots(struct arena *arena, str path)
{
    struct buf out = {0};
    while (path.n) {
        bool rooted = path.p[0] == '/';
        ptrdiff_t end = str_find(path, STR("/"), rooted);
        str segment = str_sub(path, rooted, end < 0 ? path.n : (size_t)end);
        path = str_sub(path, end < 0 ? path.n : (size_t)end, path.n);
        bool up = str_equal(segment, STR(".."));
        if (!up && !str_equal(segment, STR("."))) {
            if (rooted)
                buf_add_char(&out, '/');
            buf_add_str(&out, segment);
            continue;
        }
        while (up && out.n && out.p[--out.n] != '/')
            ;
        if (!path.n && rooted)
            buf_add_char(&out, '/');
        if (!rooted)
            path = str_sub(path, 1, path.n);
    }
    str clean = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return clean;
}

str schema_uri_resolve(struct arena *arena, str base, str reference)
{
    struct uri from = uri_split(base), to = uri_split(reference);
    if (!reference.n)
        return base;
    if (to.scheme.n)
        return reference;
    if (!to.host.n) {
        to.host = from.host;
        if (!to.path.n) {
            to.path = from.path;
            to.query = to.query.n ? to.query : from.query;
        } else if (to.path.p[0] != '/') {
            size_t folder = from.path.n;
            while (folder && from.path.p[folder - 1] != '/')
                folder--;
            to.path = arena_printf(arena, "%.*s%.*s", STR_ARG(str_sub(from.path, 0, folder)),
                                   STR_ARG(to.path));
        }
    }
    to.path = without_dots(arena, to.path);
    return arena_printf(arena, "%.*s%.*s%.*s%.*s", STR_ARG(from.scheme), STR_ARG(to.host),
                        STR_ARG(to.path), STR_ARG(to.query));
}

/* ---- JSON pointers (RFC 6901) ---- */

static int hex_value(char c)
{
    if (char_is_digit(c))
        return c - '0';
    c = char_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static str percent_decoded(struct arena *arena, str text)
{
    if (!text.n || !memchr(text.p, '%', text.n))
        return text;
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++, n++) {
        out[n] = text.p[i];
        if (text.p[i] != '%' || text.n - i < 3)
            continue;
        int high = hex_value(text.p[i + 1]), low = hex_value(text.p[i + 2]);
        if (high < 0 || low < 0)
            continue;
        out[n] = (char)(high << 4 | low);
        i += 2;
    }
    return (str){out, n};
}

/* "~1" is '/', "~0" is '~'. */
static str token_decoded(struct arena *arena, str token)
{
    if (!token.n || !memchr(token.p, '~', token.n))
        return token;
    char *out = arena_alloc(arena, token.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < token.n; i++, n++) {
        bool escape = token.p[i] == '~' && i + 1 < token.n;
        if (escape && (token.p[i + 1] == '0' || token.p[i + 1] == '1'))
            out[n] = token.p[++i] == '0' ? '~' : '/';
        else
            out[n] = token.p[i];
    }
    return (str){out, n};
}

static const json *step_into(const json *value, str token)
{
    int64_t index;
    if (!json_is(value, JSON_LIST))
        return json_get(value, token);
    bool plain = token.n && char_is_digit(token.p[0]) && (token.n == 1 || token.p[0] != '0');
    return plain && str_to_int(token, &index) ? json_at(value, index) : NULL;
}

static bool refuse_lost(struct schema_compiler *compiler, const struct schema_node *node,
                        str reference, const json *last, str token)
{
    size_t count = 0;
    str *names = arena_array(compiler->arena, str, json_count(last));
    if (json_is(last, JSON_OBJECT))
        for (const json *member = json_first(last); member; member = json_next(member))
            names[count++] = json_key(member);
    str hint = mistake_hint(compiler->arena, token, names, count, count <= 20);
    return schema_refuse(compiler, node, "$ref",
                         "'$ref' is \"%.*s\"; there is no '%.*s' in the schema%.*s",
                         STR_ARG(reference), STR_ARG(token), STR_ARG(hint));
}

/* Follows the pointer from the root of `base`. */
static const struct schema_node *follow(struct schema_compiler *compiler,
                                        const struct schema_node *from, str reference,
                                        struct schema_base *base, str pointer)
{
    const json *value = base->root;
    const struct schema_node *known = schema_map_find(&compiler->map, value);
    size_t known_at = 0, at = 0;
    assert(known);
    while (at < pointer.n) {
        size_t end = at + 1;
        while (end < pointer.n && pointer.p[end] != '/')
            end++;
        str token = token_decoded(compiler->arena, str_sub(pointer, at + 1, end));
        const json *inner = step_into(value, token);
        if (!inner) {
            refuse_lost(compiler, from, reference, value, token);
            return NULL;
        }
        value = inner;
        at = end;
        const struct schema_node *node = schema_map_find(&compiler->map, value);
        if (node) {
            known = node;
            known_at = at;
        }
    }
    if (known->source == value)
        return known;
    str step = str_sub(pointer, known_at + 1, pointer.n);
    return schema_compile(compiler, value, known, step, known->base);
}

static bool resolve(struct schema_compiler *compiler, struct schema_node *node, str reference)
{
    str address, fragment;
    str_cut(reference, '#', &address, &fragment);
    str uri = schema_uri_resolve(compiler->arena, node->base->uri, address);
    struct schema_base *base = node->base;
    if (address.n)
        for (base = compiler->bases; base && !str_equal(base->uri, uri);)
            base = base->next;
    if (!base)
        return schema_refuse(compiler, node, "$ref",
                             "'$ref' is \"%.*s\"; references to other documents are not "
                             "supported by weir; expected a place in this one, such as "
                             "\"#/$defs/name\"",
                             STR_ARG(reference));
    str pointer = percent_decoded(compiler->arena, fragment);
    if (pointer.n && pointer.p[0] != '/')
        return schema_refuse(compiler, node, "$ref",
                             "'$ref' is \"%.*s\"; anchors are not supported by weir; expected "
                             "a JSON pointer such as \"#/$defs/name\"",
                             STR_ARG(reference));
    node->reference = follow(compiler, node, reference, base, pointer);
    return node->reference != NULL;
}

bool schema_resolve_all(struct schema_compiler *compiler)
{
    while (compiler->pending) {
        struct schema_pending *pending = compiler->pending;
        compiler->pending = pending->next;
        if (!resolve(compiler, pending->node, pending->reference))
            return false;
    }
    return true;
}

/* ---- references without end ---- */

/* The i-th schema that looks at the same value as `node`; NULL after the last. */
static const struct schema_node *in_place(const struct schema_node *node, size_t i)
{
    const struct schema_node *single[] = {node->reference, node->negated, node->condition,
                                          node->then, node->otherwise};
    const struct schema_nodes *several[] = {&node->all, &node->any, &node->one};
    for (size_t k = 0; k < sizeof single / sizeof *single; k++)
        if (single[k] && i-- == 0)
            return single[k];
    for (size_t k = 0; k < sizeof several / sizeof *several; k++) {
        if (i < several[k]->count)
            return several[k]->item[i];
        i -= several[k]->count;
    }
    size_t dependents = node->object ? node->object->dependent_count : 0;
    for (size_t k = 0; k < dependents; k++)
        if (node->object->dependent[k].node && i-- == 0)
            return node->object->dependent[k].node;
    return NULL;
}

enum { MARK_NEW, MARK_OPEN, MARK_DONE };

struct visit {
    struct schema_node *node;
    size_t edge;
};

/* Depth first with a stack of its own: a chain of references may be long. */
static bool search(struct schema_compiler *compiler, struct visit *stack,
                   struct schema_node *start)
{
    size_t depth = 0;
    stack[depth++] = (struct visit){start, 0};
    start->mark = MARK_OPEN;
    while (depth) {
        struct visit *top = &stack[depth - 1];
        const struct schema_node *found = in_place(top->node, top->edge++);
        if (!found) {
            top->node->mark = MARK_DONE;
            depth--;
            continue;
        }
        struct schema_node *next = schema_map_find(&compiler->map, found->source);
        if (next->mark == MARK_OPEN) {
            while (depth > 1 && !stack[depth - 1].node->reference)
                depth--;
            return schema_refuse(compiler, stack[depth - 1].node, "$ref",
                                 "'$ref' leads back to its own schema without going into a "
                                 "member or item, so checking would never end");
        }
        if (next->mark == MARK_NEW) {
            next->mark = MARK_OPEN;
            stack[depth++] = (struct visit){next, 0};
        }
    }
    return true;
}

bool schema_refuse_loops(struct schema_compiler *compiler)
{
    struct visit *stack = xcalloc(compiler->map.used, sizeof *stack);
    bool good = true;
    for (struct schema_node *node = compiler->nodes; node && good; node = node->next)
        good = node->mark != MARK_NEW || search(compiler, stack, node);
    xfree(stack);
    return good;
}
