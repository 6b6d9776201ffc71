/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema_break.c: values that break a schema in a given way (see wrong.h).
 *
 * All places of the value where that way could break it are tried, beginning with a drawn one,
 * until validation says that the schema is broken.
 */
#include "mock_server/wrong.h"

#include "base/jsonschema.h"

enum { PLACES_MAX = 200 };

struct breaking {
    struct arena *arena;
    enum break_kind how;
    size_t wanted; /* the place to change, from 0 */
    size_t seen;   /* places met so far */
};

static const json *other_type(struct arena *arena, const json *value)
{
    if (json_is(value, JSON_TEXT))
        return json_new_int(arena, (int64_t)json_text(value).n);
    if (json_is(value, JSON_OBJECT) || json_is(value, JSON_LIST))
        return json_new_text(arena, STR("n/a"));
    return json_new_text(arena, json_render(arena, value));
}

/* One change at this very value, if it is a place for it: else NULL. */
static const json *change_here(struct breaking *b, const json *value, size_t member)
{
    bool object = json_is(value, JSON_OBJECT);
    json *changed;
    switch (b->how) {
    case BREAK_TYPE:
        return other_type(b->arena, value);
    case BREAK_ENUM:
        return json_is(value, JSON_TEXT)
                   ? json_new_text(b->arena, arena_printf(b->arena, "%.*s (other)",
                                                          STR_ARG(json_text(value))))
                   : NULL;
    case BREAK_EXTRA:
        if (!object)
            return NULL;
        changed = json_copy(b->arena, value);
        json_set_text(b->arena, changed, "comment", STR("added for completeness"));
        return changed;
    case BREAK_MISSING:
        if (!object)
            return NULL;
        changed = json_new_object(b->arena);
        for (const json *m = json_first(value); m; m = json_next(m))
            if (member-- != 0)
                json_set(b->arena, changed, json_key(m), m);
        return changed;
    }
    return NULL;
}

/* Places are numbered in the order of the value; a copy with the wanted one changed, or NULL
 * when it is not in this part. */
static const json *change(struct breaking *b, const json *value)
{
    bool object = json_is(value, JSON_OBJECT), list = json_is(value, JSON_LIST);
    size_t places = b->how == BREAK_MISSING ? (object ? json_count(value) : 0) : 1;
    if (b->wanted < b->seen + places)
        return change_here(b, value, b->wanted - b->seen);
    b->seen += places;
    if (!object && !list)
        return NULL;
    for (const json *part = json_first(value); part; part = json_next(part)) {
        const json *changed = change(b, part);
        if (!changed) {
            if (b->wanted < b->seen)
                return NULL;
            continue;
        }
        json *copy = object ? json_new_object(b->arena) : json_new_list(b->arena);
        for (const json *p = json_first(value); p; p = json_next(p)) {
            const json *kept = p == part ? changed : p;
            if (object)
                json_set(b->arena, copy, json_key(p), kept);
            else
                json_add(b->arena, copy, kept);
        }
        return copy;
    }
    return NULL;
}

static size_t count_places(struct arena *arena, const json *value, enum break_kind how)
{
    struct breaking b = {arena, how, SIZE_MAX, 0};
    change(&b, value);
    return b.seen < PLACES_MAX ? b.seen : PLACES_MAX;
}

const json *schema_break(struct arena *arena, const json *schema, const json *value,
                         enum break_kind how, struct rng_key draw)
{
    struct jsonschema_problem problem;
    const struct jsonschema *compiled = jsonschema_new(arena, schema, &problem);
    size_t places = count_places(arena, value, how);
    if (!compiled || places == 0)
        return NULL;
    size_t first = rng_below(draw, "break", 0, places);
    for (size_t i = 0; i < places; i++) {
        struct breaking b = {arena, how, (first + i) % places, 0};
        const json *changed = change(&b, value);
        if (changed && !jsonschema_valid(compiled, changed, arena, NULL, 0, NULL))
            return changed;
    }
    return NULL;
}
