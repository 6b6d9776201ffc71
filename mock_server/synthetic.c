/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * synthetic.c: text and schema-conforming values from a key (see synthetic.h).
 *
 * A value is built top down from the keywords that describe it (type, properties, items, limits);
 * conditions (not, contains, oneOf's "exactly one") are not solved but met by trying: the finished
 * value is validated and, if need be, made again with other draws and fewer members.
 */
#include "mock_server/synthetic.h"

#include "base/jsonschema.h"
#include "mock_server/synthetic_inside.h"

#include <math.h>

enum {
    TRIES = 24, /* a third of them with all that may lack, with some of it, with none */
    ITEMS_MAX = 1000,
};

static const char *const words[] = {
    "river", "stone", "light",  "north",  "paper", "garden", "signal", "copper", "window",
    "field", "quiet", "orange", "method", "cloud", "bridge", "winter", "letter", "harbor",
    "small", "value", "simple", "steady", "green", "mirror", "number", "summer", "engine"};
enum { WORDS = sizeof words / sizeof words[0] };

uint64_t making_below(struct making *m, uint64_t n)
{
    return rng_below(m->key, "synthetic", m->draws++, n);
}

static const char *word(struct making *m)
{
    return words[making_below(m, WORDS)];
}

str synthetic_text(struct arena *arena, struct rng_key key)
{
    struct making m = {.arena = arena, .key = key};
    struct buf text = {0};
    uint64_t sentences = 2 + rng_below(key, "length", 0, 4);
    for (uint64_t s = 0; s < sentences; s++) {
        uint64_t count = 6 + making_below(&m, 9);
        for (uint64_t i = 0; i < count; i++) {
            const char *next = word(&m);
            buf_printf(&text, "%s%c%s", i || s ? " " : "",
                       i ? next[0] : (char)(next[0] - 'a' + 'A'), next + 1);
        }
        buf_add_char(&text, '.');
    }
    str copy = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return copy;
}

/* ---- values by type ---- */

static const json *make(struct making *m, const json *schema, int depth);

static bool limit_of(const json *schema, const char *keyword, double *number)
{
    const json *value = json_get(schema, str_from(keyword));
    if (!json_is(value, JSON_NUMBER))
        return false;
    *number = json_number(value);
    return true;
}

static const json *make_number(struct making *m, const json *schema, bool whole)
{
    double low = 0, high = 0, step = whole ? 1 : 0.5, bound;
    bool has_low = limit_of(schema, "minimum", &low),
         has_high = limit_of(schema, "maximum", &high);
    bool open_low = false, open_high = false;
    if (limit_of(schema, "exclusiveMinimum", &bound) && (!has_low || bound >= low)) {
        low = bound;
        has_low = open_low = true;
    }
    if (limit_of(schema, "exclusiveMaximum", &bound) && (!has_high || bound <= high)) {
        high = bound;
        has_high = open_high = true;
    }
    if (!has_low)
        low = has_high ? (high < 0 ? high - 100 : 0) : 1;
    if (!has_high)
        high = low + 100;
    if (limit_of(schema, "multipleOf", &bound) && bound > 0)
        step = whole && bound != floor(bound) ? bound * ceil(1 / bound) : bound;
    else if (!whole && high - low < 2)
        step = high > low ? (high - low) / 16 : 1;
    double first = ceil(low / step), last = floor(high / step);
    first += open_low && first * step <= low;
    last -= open_high && last * step >= high;
    double room = last - first;
    if (room < 0)
        return json_new_number(m->arena, open_low ? (low + high) / 2 : low);
    double pick = first + (double)making_below(m, room >= 1000 ? 1000 : (uint64_t)room + 1);
    return json_new_number(m->arena, pick * step);
}

/* A text of a format; NULL for one that is not known. */
static const char *format_text(str format)
{
    static const struct {
        const char *format, *text;
    } known[] = {{"date-time", "2026-11-21T08:45:00Z"},
                 {"date", "2026-11-21"},
                 {"time", "08:45:00Z"},
                 {"duration", "PT15M"},
                 {"email", "ada@example.com"},
                 {"idn-email", "ada@example.com"},
                 {"hostname", "example.com"},
                 {"idn-hostname", "example.com"},
                 {"ipv4", "192.0.2.17"},
                 {"ipv6", "2001:db8::17"},
                 {"uri", "https://example.com/page"},
                 {"uri-reference", "/page"},
                 {"iri", "https://example.com/page"},
                 {"iri-reference", "/page"},
                 {"uri-template", "/page/{id}"},
                 {"uuid", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"},
                 {"json-pointer", "/a/b"},
                 {"relative-json-pointer", "1/a"},
                 {"regex", "^[a-z]+$"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_equal(format, str_from(known[i].format)))
            return known[i].text;
    return NULL;
}

static const json *make_text(struct making *m, const json *schema)
{
    const json *pattern = json_get(schema, STR("pattern"));
    const char *format = format_text(json_text(json_get(schema, STR("format"))));
    str made;
    if (format)
        return json_new_text(m->arena, str_from(format));
    if (pattern &&
        synthetic_pattern(m->arena, json_text(pattern), rng_mix_int(m->key, m->draws++), &made))
        return json_new_text(m->arena, made);
    double least = 0, most = 1e6;
    limit_of(schema, "minLength", &least);
    limit_of(schema, "maxLength", &most);
    least = least > 100000 ? 100000 : least;
    struct buf text = {0};
    uint64_t count = 1 + making_below(m, 4);
    for (uint64_t i = 0; i < count || (double)text.n < least; i++)
        buf_printf(&text, "%s%s", i ? " " : "", word(m));
    size_t n = (double)text.n > most ? (size_t)most : text.n;
    const json *value = json_new_text(m->arena, str_sub(buf_str(&text), 0, n));
    buf_release(&text);
    return value;
}

static bool holds(const json *list, const json *value)
{
    for (const json *item = json_first(list); item; item = json_next(item))
        if (json_equal(item, value))
            return true;
    return false;
}

static const json *make_list(struct making *m, const json *schema, int depth)
{
    double least = 0, most = ITEMS_MAX;
    limit_of(schema, "minItems", &least);
    limit_of(schema, "maxItems", &most);
    bool unique = json_bool(json_get(schema, STR("uniqueItems")));
    const json *items = json_get(schema, STR("items"));
    const json *contains = json_get(schema, STR("contains"));
    double wanted = depth >= OPTIONAL_DEPTH ? 0 : 1 + (double)making_below(m, 3);
    wanted = wanted < least ? least : wanted > most ? most : wanted;
    wanted = wanted > ITEMS_MAX ? ITEMS_MAX : wanted;
    json *list = json_new_list(m->arena);
    size_t count = 0;
    const json *fixed = json_first(json_get(schema, STR("prefixItems")));
    for (; fixed && (double)count < most; fixed = json_next(fixed), count++)
        json_add(m->arena, list, make(m, fixed, depth + 1));
    if (items && json_is(items, JSON_BOOL) && !json_bool(items))
        return list;
    if (contains && (double)count < most) {
        json_add(m->arena, list, make(m, contains, depth + 1));
        count++;
    }
    for (size_t tries = 0; (double)count < wanted && tries < 4 * ITEMS_MAX; tries++) {
        const json *item = make(m, items, depth + 1);
        if (unique && holds(list, item))
            continue;
        json_add(m->arena, list, item);
        count++;
    }
    return list;
}

static bool is_required(const json *schema, str name)
{
    const json *required = json_get(schema, STR("required"));
    for (const json *r = json_first(required); r; r = json_next(r))
        if (str_equal(json_text(r), name))
            return true;
    return false;
}

static const json *make_object(struct making *m, const json *schema, int depth)
{
    json *object = json_new_object(m->arena);
    const json *properties = json_get(schema, STR("properties"));
    for (const json *p = json_first(properties); p; p = json_next(p)) {
        bool wanted = is_required(schema, json_key(p)) ||
                      (depth < OPTIONAL_DEPTH && m->sparse != MAKE_REQUIRED &&
                       (m->sparse == MAKE_ALL || making_below(m, 2)));
        if (wanted && !(json_is(p, JSON_BOOL) && !json_bool(p)))
            json_set(m->arena, object, json_key(p), make(m, p, depth + 1));
    }
    const json *required = json_get(schema, STR("required"));
    for (const json *r = json_first(required); r; r = json_next(r))
        if (json_is(r, JSON_TEXT) && !json_get(object, json_text(r)))
            json_set(m->arena, object, json_text(r),
                     make(m, making_member(m, schema, json_text(r)), depth + 1));
    double least = 0;
    limit_of(schema, "minProperties", &least);
    for (int i = 0; (double)json_count(object) < least && i < ITEMS_MAX; i++) {
        str name = arena_printf(m->arena, "%s_%d", word(m), i);
        json_set(m->arena, object, name, make(m, making_member(m, schema, name), depth + 1));
    }
    return object;
}

/* The type to make: of several the first that is not null, at times another. */
static str type_of(struct making *m, const json *schema, int depth)
{
    const json *type = json_get(schema, STR("type"));
    if (json_is(type, JSON_TEXT))
        return json_text(type);
    size_t count = json_is(type, JSON_LIST) ? json_count(type) : 0;
    if (count && depth >= OPTIONAL_DEPTH && holds(type, json_new_text(m->arena, STR("null"))))
        return STR("null");
    if (count)
        return json_text(
            json_at(type, making_below(m, 4) ? 0 : (int64_t)making_below(m, count)));
    static const struct {
        const char *keyword;
        str type;
    } hints[] = {{"properties", STR_INIT("object")},      {"required", STR_INIT("object")},
                 {"minProperties", STR_INIT("object")},   {"items", STR_INIT("array")},
                 {"prefixItems", STR_INIT("array")},      {"minItems", STR_INIT("array")},
                 {"contains", STR_INIT("array")},         {"minimum", STR_INIT("number")},
                 {"maximum", STR_INIT("number")},         {"multipleOf", STR_INIT("number")},
                 {"exclusiveMinimum", STR_INIT("number")}};
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (json_get(schema, str_from(hints[i].keyword)))
            return hints[i].type;
    return STR("string");
}

static const json *make(struct making *m, const json *schema, int depth)
{
    if (depth > DEPTH_MAX || m->steps++ > STEPS_MAX)
        return json_null();
    if (!json_is(schema, JSON_OBJECT))
        return json_new_text(m->arena, str_from(word(m)));
    schema = making_flatten(m, schema, depth);
    const json *constant = json_get(schema, STR("const")),
               *values = json_get(schema, STR("enum"));
    if (constant)
        return constant;
    if (json_first(values))
        return json_at(values, (int64_t)making_below(m, json_count(values)));
    str type = type_of(m, schema, depth);
    if (str_equal(type, STR("object")))
        return make_object(m, schema, depth);
    if (str_equal(type, STR("array")))
        return make_list(m, schema, depth);
    if (str_equal(type, STR("integer")) || str_equal(type, STR("number")))
        return make_number(m, schema, str_equal(type, STR("integer")));
    if (str_equal(type, STR("boolean")))
        return json_new_bool(making_below(m, 2) == 1);
    if (str_equal(type, STR("null")))
        return json_null();
    return make_text(m, schema);
}

const json *synthetic_value(struct arena *arena, const json *schema, struct rng_key key)
{
    struct making m = {.arena = arena, .root = schema, .key = key};
    if (!json_is(schema, JSON_OBJECT) || !json_first(schema)) {
        json *object = json_new_object(arena);
        json_set_text(arena, object, "result", synthetic_text(arena, key));
        return object;
    }
    const json *value = make(&m, schema, 0);
    struct jsonschema_problem problem;
    const struct jsonschema *compiled = jsonschema_new(arena, schema, &problem);
    for (int i = 0; compiled && m.steps < STEPS_MAX && i < TRIES; i++) {
        if (jsonschema_valid(compiled, value, arena, NULL, 0, NULL))
            return value;
        m.steps = 0;
        m.sparse = (enum sparse)((i + 1) * 3 / (TRIES + 1));
        value = make(&m, schema, 0);
    }
    return value;
}
