/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml_tree.c: reading a loaded tree, finding places in it, making changed copies (see yaml.h).
 */
#include "base/yaml.h"

#include "base/text.h"

/* ---- reading the tree ---- */

const struct yaml_pair *yaml_pair_get(const struct yaml *mapping, str key)
{
    if (!yaml_is(mapping, YAML_MAPPING))
        return NULL;
    for (size_t i = 0; i < mapping->count; i++)
        if (str_equal(mapping->pair[i].key, key))
            return &mapping->pair[i];
    return NULL;
}

const struct yaml *yaml_get(const struct yaml *mapping, str key)
{
    const struct yaml_pair *pair = yaml_pair_get(mapping, key);
    return pair ? pair->value : NULL;
}

bool yaml_is(const struct yaml *node, enum yaml_kind kind)
{
    return node && node->kind == kind;
}

const char *yaml_kind_name(const struct yaml *node)
{
    static const char *const names[] = {"null",   "a bool", "a number",
                                        "a text", "a list", "a mapping"};
    return node ? names[node->kind] : "nothing";
}

const json *yaml_to_json(struct arena *arena, const struct yaml *node)
{
    switch (node->kind) {
    case YAML_NULL:
        return json_null();
    case YAML_BOOL:
        return json_new_bool(node->boolean);
    case YAML_NUMBER:
        return json_new_number(arena, node->number);
    case YAML_TEXT:
        return json_new_text(arena, node->text);
    case YAML_LIST: {
        json *list = json_new_list(arena);
        for (size_t i = 0; i < node->count; i++)
            json_add(arena, list, yaml_to_json(arena, node->item[i]));
        return list;
    }
    case YAML_MAPPING: {
        json *object = json_new_object(arena);
        for (size_t i = 0; i < node->count; i++)
            json_set(arena, object, node->pair[i].key,
                     yaml_to_json(arena, node->pair[i].value));
        return object;
    }
    }
    return json_null();
}

/* Bytes of the escape that begins at a backslash in double quotes. */
static size_t escape_length(str raw, size_t at)
{
    char kind = at + 1 < raw.n ? raw.p[at + 1] : '\0';
    return kind == 'x' ? 4 : kind == 'u' ? 6 : kind == 'U' ? 10 : 2;
}

/* Bytes that one code point of the value takes in the file. */
static size_t raw_length(char style, str raw, size_t at)
{
    if (style == '"' && raw.p[at] == '\\')
        return escape_length(raw, at);
    if (style == '\'' && raw.p[at] == '\'')
        return 2;
    size_t length, end = at;
    bool broken = false;
    for (; end < raw.n && char_is_space(raw.p[end]); end++)
        broken |= raw.p[end] == '\n';
    if (broken) /* a line break with its indentation */
        return end - at;
    utf8_decode(raw, at, &length);
    return length;
}

/* In the raw text, of the n-th `part` (from 0, not overlapping); -1: there is none. */
static ptrdiff_t raw_find(str raw, str part, size_t nth)
{
    ptrdiff_t at = str_find(raw, part, 0);
    while (nth-- > 0 && at >= 0)
        at = str_find(raw, part, (size_t)at + part.n);
    return at;
}

struct place yaml_text_place(const struct yaml *scalar, size_t from, size_t to)
{
    struct place place = scalar->place;
    str part = str_sub(scalar->text, from, to);
    size_t nth = 0;
    if (!place.source || scalar->raw_to <= scalar->raw_from)
        return place;
    for (ptrdiff_t at = str_find(scalar->text, part, 0); at >= 0 && (size_t)at < from;
         at = str_find(scalar->text, part, (size_t)at + part.n))
        nth++;
    ptrdiff_t at =
        raw_find(str_sub(place.source->text, scalar->raw_from, scalar->raw_to), part, nth);
    return at < 0 ? place : place_at(place.source, scalar->raw_from + (size_t)at);
}

struct place yaml_tag_place(const struct yaml *scalar, size_t nth, size_t after)
{
    struct place place = scalar->place;
    if (!place.source || scalar->raw_to <= scalar->raw_from)
        return place;
    str raw = str_sub(place.source->text, scalar->raw_from, scalar->raw_to);
    ptrdiff_t tag = raw_find(raw, STR("{{"), nth);
    if (tag < 0)
        return place;
    size_t at = (size_t)tag;
    while (after-- > 0 && at < raw.n)
        at += raw_length(scalar->style, raw, at);
    return place_at(place.source, scalar->raw_from + at);
}

/* ---- changed copies ---- */

const struct yaml *yaml_with(struct arena *arena, const struct yaml *mapping, str key,
                             struct place key_place, const struct yaml *value)
{
    struct yaml *copy = arena_new(arena, struct yaml);
    *copy = *mapping;
    struct yaml_pair *pair = arena_array(arena, struct yaml_pair, mapping->count + 1);
    size_t at = mapping->count;
    for (size_t i = 0; i < mapping->count; i++) {
        pair[i] = mapping->pair[i];
        if (str_equal(pair[i].key, key))
            at = i;
    }
    if (at == mapping->count)
        copy->count++;
    pair[at] = (struct yaml_pair){arena_str(arena, key), key_place, value};
    copy->pair = pair;
    return copy;
}

const struct yaml *yaml_without(struct arena *arena, const struct yaml *mapping, str key)
{
    struct yaml *copy = arena_new(arena, struct yaml);
    *copy = *mapping;
    copy->count = 0;
    struct yaml_pair *pair = arena_array(arena, struct yaml_pair, mapping->count);
    for (size_t i = 0; i < mapping->count; i++)
        if (!str_equal(mapping->pair[i].key, key))
            pair[copy->count++] = mapping->pair[i];
    copy->pair = pair;
    return copy;
}

const struct yaml *yaml_with_item(struct arena *arena, const struct yaml *list, size_t index,
                                  const struct yaml *value)
{
    struct yaml *copy = arena_new(arena, struct yaml);
    *copy = *list;
    const struct yaml **item = arena_grow(arena, (const void *)list->item, list->count,
                                          list->count, sizeof(struct yaml *));
    item[index] = value;
    copy->item = item;
    return copy;
}

const struct yaml *yaml_new_mapping(struct arena *arena, struct place place)
{
    struct yaml *node = arena_new(arena, struct yaml);
    node->kind = YAML_MAPPING;
    node->place = place;
    return node;
}

const struct yaml *yaml_new_text(struct arena *arena, struct place place, str text)
{
    struct yaml *node = arena_new(arena, struct yaml);
    node->kind = YAML_TEXT;
    node->place = place;
    node->text = text;
    return node;
}
