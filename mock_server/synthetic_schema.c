/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * synthetic_schema.c: schemas made flat for making values: references followed, parts merged,
 * branches drawn (see synthetic_inside.h).
 *
 * Merging keeps what both parts ask for where that is easy to say (properties, required, limits,
 * enum, type); the value is validated in the end.
 */
#include "mock_server/synthetic_inside.h"

#include "base/regex.h"

enum { REFERENCES_MAX = 16 };

/* ---- references ---- */

static str unescaped(struct arena *arena, str token)
{
    char *out = arena_alloc(arena, token.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < token.n; i++) {
        if (token.p[i] == '~' && i + 1 < token.n && token.p[i + 1] <= '1')
            out[n++] = token.p[++i] == '0' ? '~' : '/';
        else
            out[n++] = token.p[i];
    }
    return (str){out, n};
}

static int hex_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* A reference is a URI's fragment, so letters outside ASCII may stand as %C3%A9. */
static str percent_decoded(struct arena *arena, str text)
{
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool coded = text.p[i] == '%' && i + 2 < text.n && hex_of(text.p[i + 1]) >= 0 &&
                     hex_of(text.p[i + 2]) >= 0;
        out[n++] =
            coded ? (char)(hex_of(text.p[i + 1]) * 16 + hex_of(text.p[i + 2])) : text.p[i];
        i += coded ? 2 : 0;
    }
    return (str){out, n};
}

static const json *resolve(const struct making *m, str reference)
{
    const json *at = m->root;
    str rest = reference, token;
    if (!str_starts_with(reference, STR("#")))
        return NULL;
    reference = percent_decoded(m->arena, reference);
    str_cut(reference, '/', &token, &rest);
    while (at && rest.n) {
        int64_t index;
        str_cut(rest, '/', &token, &rest);
        token = unescaped(m->arena, token);
        at = json_is(at, JSON_LIST) && str_to_int(token, &index) ? json_at(at, index)
                                                                 : json_get(at, token);
    }
    return at;
}

/* ---- merging: $ref, allOf and the branch taken of anyOf and oneOf become one schema ---- */

static void merge_properties(struct making *m, json *into, str keyword, const json *more)
{
    const json *old = json_get(into, keyword);
    json *all =
        json_is(old, JSON_OBJECT) ? json_copy(m->arena, old) : json_new_object(m->arena);
    for (const json *p = json_first(more); p; p = json_next(p)) {
        const json *known = json_get(all, json_key(p));
        if (known && json_is(known, JSON_OBJECT) && json_is(p, JSON_OBJECT)) {
            json *both = json_new_object(m->arena);
            json *list = json_new_list(m->arena);
            json_add(m->arena, list, known);
            json_add(m->arena, list, p);
            json_set(m->arena, both, STR("allOf"), list);
            json_set(m->arena, all, json_key(p), both);
        } else {
            json_set(m->arena, all, json_key(p), p);
        }
    }
    json_set(m->arena, into, keyword, all);
}

static void merge_required(struct making *m, json *into, const json *more)
{
    const json *old = json_get(into, STR("required"));
    json *all = json_is(old, JSON_LIST) ? json_copy(m->arena, old) : json_new_list(m->arena);
    for (const json *name = json_first(more); name; name = json_next(name))
        json_add(m->arena, all, name);
    json_set(m->arena, into, STR("required"), all);
}

/* The narrower of two limits. */
static bool is_narrower(str keyword, const json *more, const json *old)
{
    bool least =
        str_starts_with(keyword, STR("min")) || str_equal(keyword, STR("exclusiveMinimum"));
    if (!json_is(more, JSON_NUMBER) || !json_is(old, JSON_NUMBER))
        return true;
    return least ? json_number(more) > json_number(old) : json_number(more) < json_number(old);
}

/* Values, or types, that both allow. */
static const json *both_of(struct making *m, const json *a, const json *b)
{
    json *both = json_new_list(m->arena);
    if (json_is(a, JSON_TEXT) || json_is(b, JSON_TEXT)) /* type: one word */
        return json_is(a, JSON_TEXT) ? a : b;
    for (const json *x = json_first(a); x; x = json_next(x))
        for (const json *y = json_first(b); y; y = json_next(y))
            if (json_equal(x, y))
                json_add(m->arena, both, x);
    return json_first(both) ? both : a;
}

static void merge(struct making *m, json *into, const json *more)
{
    for (const json *k = json_first(more); k; k = json_next(k)) {
        str keyword = json_key(k);
        const json *old = json_get(into, keyword);
        if (str_equal(keyword, STR("properties")) ||
            str_equal(keyword, STR("patternProperties")))
            merge_properties(m, into, keyword, k);
        else if (str_equal(keyword, STR("required")))
            merge_required(m, into, k);
        else if (old && (str_equal(keyword, STR("enum")) || str_equal(keyword, STR("type"))))
            json_set(m->arena, into, keyword, both_of(m, old, k));
        else if (!old || is_narrower(keyword, k, old))
            json_set(m->arena, into, keyword, k);
    }
}

static void take_out(struct making *m, json **schema, str keyword)
{
    json *rest = json_new_object(m->arena);
    for (const json *k = json_first(*schema); k; k = json_next(k))
        if (!str_equal(json_key(k), keyword))
            json_set(m->arena, rest, json_key(k), k);
    *schema = rest;
}

/* A recursive schema ends at the branch that has the least in it: null before an object. */
static const json *pick_branch(struct making *m, const json *branches, int depth)
{
    size_t count = json_count(branches);
    if (count == 0)
        return NULL;
    if (depth >= OPTIONAL_DEPTH)
        for (const json *b = json_first(branches); b; b = json_next(b))
            if (!json_get(b, STR("$ref")) && !json_get(b, STR("properties")) &&
                !json_get(b, STR("items")))
                return b;
    return json_at(branches, (int64_t)making_below(m, count));
}

/* Either the condition and what follows from it, or what holds else: that the condition does not
 * hold then is left to luck. */
static const json *pick_condition(struct making *m, json **flat)
{
    const json *condition = json_get(*flat, STR("if")), *then = json_get(*flat, STR("then"));
    const json *otherwise = json_get(*flat, STR("else"));
    take_out(m, flat, STR("if"));
    take_out(m, flat, STR("then"));
    take_out(m, flat, STR("else"));
    if (making_below(m, 2))
        return otherwise;
    json *both = json_new_object(m->arena), *list = json_new_list(m->arena);
    if (json_is(condition, JSON_OBJECT))
        json_add(m->arena, list, condition);
    if (json_is(then, JSON_OBJECT))
        json_add(m->arena, list, then);
    json_set(m->arena, both, STR("allOf"), list);
    return both;
}

const json *making_flatten(struct making *m, const json *schema, int depth)
{
    json *flat = json_copy(m->arena, schema);
    for (int i = 0; i < REFERENCES_MAX && depth <= DEPTH_MAX && m->steps++ < STEPS_MAX; i++) {
        const json *reference = json_get(flat, STR("$ref")),
                   *all = json_get(flat, STR("allOf"));
        const json *any = json_get(flat, STR("anyOf")), *one = json_get(flat, STR("oneOf"));
        const json *more = NULL;
        if (reference) {
            more = resolve(m, json_text(reference));
            take_out(m, &flat, STR("$ref"));
        } else if (all) {
            take_out(m, &flat, STR("allOf"));
            for (const json *part = json_first(all); part; part = json_next(part))
                if (json_is(part, JSON_OBJECT))
                    merge(m, flat, making_flatten(m, part, depth + 1));
        } else if (any || one) {
            more = pick_branch(m, any ? any : one, depth);
            take_out(m, &flat, any ? STR("anyOf") : STR("oneOf"));
        } else if (json_get(flat, STR("if"))) {
            more = pick_condition(m, &flat);
        } else {
            break;
        }
        if (json_is(more, JSON_OBJECT))
            merge(m, flat, more);
    }
    return flat;
}

/* ---- members ---- */

const json *making_member(struct making *m, const json *schema, str name)
{
    const json *patterns = json_get(schema, STR("patternProperties"));
    for (const json *p = json_first(patterns); p; p = json_next(p)) {
        str what;
        size_t at;
        const struct regex *regex =
            regex_new(m->arena, json_key(p), REGEX_UTF | REGEX_ECMA, &what, &at);
        if (regex && regex_find(regex, name) == REGEX_YES)
            return p;
    }
    return json_get(schema, STR("additionalProperties"));
}
