/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shape.c: what is known of a value before a run: its form, its length, its size (see scope.h).
 */
#include "plan/scope.h"

struct shape_length shape_length_exact(double count)
{
    return (struct shape_length){true, count, count, count};
}

struct shape_size shape_size_tokens(double low, double expected, double worst)
{
    return (struct shape_size){.kind = SIZE_TOKENS,
                               .tokens = {.low = low, .expected = expected, .worst = worst}};
}

struct shape_size shape_size_texts(const str *text, size_t count)
{
    struct spread all = {0};
    for (size_t i = 0; i < count; i++) {
        struct spread one = spread_of_bytes((double)text[i].n);
        double expected = all.expected + one.expected;
        all = i == 0 ? one : spread_either(all, one);
        all.expected = expected;
    }
    return shape_size_tokens(all.low, count ? all.expected / (double)count : 0, all.worst);
}

struct shape_size shape_size_part(struct shape_size whole, double pieces)
{
    double of = pieces > 1 ? pieces : 1;
    whole.pieces = whole.pieces > 0 ? whole.pieces * of : of;
    return whole;
}

struct shape_size shape_size_either(struct shape_size a, struct shape_size b)
{
    if (a.kind != SIZE_TOKENS || b.kind != SIZE_TOKENS || a.pieces > 0 || b.pieces > 0)
        return (struct shape_size){0};
    a.tokens = spread_either(a.tokens, b.tokens);
    return a;
}

double shape_items(const struct shape *list)
{
    enum { ITEMS_EXPECTED = 5 };
    return list->length.known ? list->length.expected : ITEMS_EXPECTED;
}

struct shape shape_list(struct arena *arena, struct shape item)
{
    struct shape *kept = arena_new(arena, struct shape);
    *kept = item;
    return (struct shape){.kind = SHAPE_LIST, .item = kept};
}

struct shape shape_schema(const struct jsonschema *schema, str name)
{
    return (struct shape){.kind = SHAPE_SCHEMA,
                          .schema = schema,
                          .at = jsonschema_source(schema),
                          .schema_name = name};
}

struct shape shape_either(struct shape a, struct shape b)
{
    bool same = a.kind == b.kind && a.item == b.item && a.member == b.member && a.at == b.at;
    struct shape_size size = shape_size_either(a.size, b.size);
    if (!same)
        return (struct shape){.size = size};
    a.size = size;
    a.length = (struct shape_length){0}; /* not worth telling two apart */
    a.counted = NULL;
    return a;
}
