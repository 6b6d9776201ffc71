/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * topics_mock.c: the keys of a mock file, for `weir help` (see topics.h).
 *
 * weir does not link weir-mock, whose tables they are; it holds the JSON Schema that weir-mock has made
 * of them, with the help of each key. So this turns a schema into words, and knows as much of schemas
 * as stands in that one.
 */
#include "cmd/topics.h"

#include "base/json.h"
#include "cmd/schema.h"

#define PREFIX "mock-"

static const json *schema(struct arena *arena)
{
    return json_parse(arena, mock_json_schema_text(), NULL);
}

static const json *get(const json *object, const char *key)
{
    return json_get(object, str_from(key));
}

/* The keys of a mapping, also of one that stands beside a short form; NULL: it has none. */
static const json *keys_of(const json *definition)
{
    const json *keys = get(definition, "properties");
    for (const json *form = json_first(get(definition, "anyOf")); !keys && form;
         form = json_next(form))
        keys = get(form, "properties");
    return keys;
}

static bool is_required(const json *definition, str key)
{
    for (const json *name = json_first(get(definition, "required")); name;
         name = json_next(name))
        if (str_equal(json_text(name), key))
            return true;
    return false;
}

/* ---- names ---- */

static void write_name(struct buf *out, str definition)
{
    buf_add_str(out, STR(PREFIX));
    for (size_t i = 0; i < definition.n; i++)
        buf_add_char(out, definition.p[i] == '_' ? '-' : definition.p[i]);
}

static str name_of(struct arena *arena, str definition)
{
    struct buf name = {0};
    write_name(&name, definition);
    str text = arena_str(arena, buf_str(&name));
    buf_release(&name);
    return text;
}

size_t topic_mock_names(struct arena *arena, str *name, size_t room)
{
    size_t count = 0;
    for (const json *d = json_first(get(schema(arena), "$defs")); d && count < room;
         d = json_next(d))
        if (keys_of(d))
            name[count++] = name_of(arena, json_key(d));
    return count;
}

/* ---- what a value may be ---- */

static void write_type(struct buf *out, const json *defs, const json *type);

static void write_words(struct buf *out, const json *words)
{
    for (const json *word = json_first(words); word; word = json_next(word)) {
        if (word != json_first(words))
            buf_add_str(out, json_next(word) ? STR(", ") : STR(" or "));
        buf_add_str(out, json_text(word));
    }
}

static void write_range(struct buf *out, const char *what, const json *type)
{
    const json *least = get(type, "minimum"), *most = get(type, "maximum");
    buf_add_str(out, str_from(what));
    if (least && most) {
        buf_add_str(out, STR(" from "));
        json_write_number(out, json_number(least));
        buf_add_str(out, STR(" to "));
        json_write_number(out, json_number(most));
    }
}

static void write_forms(struct buf *out, const json *defs, const json *forms)
{
    for (const json *form = json_first(forms); form; form = json_next(form)) {
        if (form != json_first(forms))
            buf_add_str(out, STR(", or "));
        write_type(out, defs, form);
    }
}

static void write_reference(struct buf *out, const json *defs, str reference)
{
    str name = str_sub(reference, strlen("#/$defs/"), reference.n);
    const json *definition = json_get(defs, name);
    if (keys_of(definition)) {
        if (!get(definition, "properties")) {
            write_type(out, defs, json_first(get(definition, "anyOf")));
            buf_add_str(out, STR(", or "));
        }
        buf_add_str(out, STR("a mapping (weir help "));
        write_name(out, name);
        buf_add_char(out, ')');
    } else if (get(definition, "enum") || get(definition, "items")) {
        write_type(out, defs, definition);
    } else {
        buf_add_str(out, STR("a "));
        buf_add_str(out, name);
    }
}

/* Of the types that are a word. */
static void write_kind(struct buf *out, const json *defs, const json *type)
{
    str kind = json_text(get(type, "type")), said = json_text(get(type, "patternErrorMessage"));
    str expected = STR("expected ");
    if (str_starts_with(said, expected)) {
        buf_add_str(out, str_sub(said, expected.n, said.n));
    } else if (str_equal(kind, STR("integer"))) {
        write_range(out, "an integer", type);
    } else if (str_equal(kind, STR("number"))) {
        write_range(out, "a number", type);
    } else if (str_equal(kind, STR("boolean"))) {
        buf_add_str(out, STR("true or false"));
    } else if (str_equal(kind, STR("string"))) {
        buf_add_str(out, STR("a text"));
    } else if (str_equal(kind, STR("array"))) {
        buf_add_str(out, STR("a list, each item "));
        write_type(out, defs, get(type, "items"));
    } else if (str_equal(kind, STR("object"))) {
        buf_add_str(out, STR("a mapping"));
        if (get(type, "additionalProperties")) {
            buf_add_str(out, STR(", each member "));
            write_type(out, defs, get(type, "additionalProperties"));
        }
    } else {
        buf_add_str(out, STR("any value"));
    }
}

static void write_type(struct buf *out, const json *defs, const json *type)
{
    str reference = json_text(get(type, "$ref"));
    if (reference.n)
        write_reference(out, defs, reference);
    else if (get(type, "enum"))
        write_words(out, get(type, "enum"));
    else if (get(type, "const"))
        buf_add_str(out, STR("true"));
    else if (get(type, "anyOf"))
        write_forms(out, defs, get(type, "anyOf"));
    else
        write_kind(out, defs, type);
}

/* ---- sections ---- */

static void write_section(struct buf *out, const json *defs, const json *section)
{
    for (const json *key = json_first(keys_of(section)); key; key = json_next(key)) {
        str name = json_key(key), help = json_text(get(key, "description"));
        const json *fallback = get(key, "default");
        buf_printf(out, "  %-18.*s %.*s\n  %-18s ", STR_ARG(name), STR_ARG(help), "");
        write_type(out, defs, key);
        if (is_required(section, name))
            buf_add_str(out, STR("; required"));
        if (json_is(fallback, JSON_TEXT))
            buf_printf(out, "; default %.*s", STR_ARG(json_text(fallback)));
        else if (fallback) {
            buf_add_str(out, STR("; default "));
            json_write(out, fallback, JSON_SPACED);
        }
        buf_add_char(out, '\n');
    }
}

static str summary_of(const json *definition)
{
    return json_text(get(definition, "description"));
}

void topic_mock_list(struct buf *out)
{
    struct arena arena = {0};
    buf_add_str(out, STR("\nsections of a mock file:\n"));
    buf_printf(out, "  %-18s %s\n", "mock", "the keys at its top");
    for (const json *d = json_first(get(schema(&arena), "$defs")); d; d = json_next(d))
        if (keys_of(d))
            buf_printf(out, "  %-18.*s %.*s\n", STR_ARG(name_of(&arena, json_key(d))),
                       STR_ARG(summary_of(d)));
    arena_release(&arena);
}

void topic_mock_write(struct buf *out, str name)
{
    struct arena arena = {0};
    const json *whole = schema(&arena), *defs = get(whole, "$defs");
    if (str_equal(name, STR("mock"))) {
        buf_add_str(out, STR("mock: the keys at the top of a mock file, for weir run --mock "
                             "and weir-mock (docs/mock-server.md)\n\n"));
        write_section(out, defs, whole);
    }
    for (const json *d = json_first(defs); d; d = json_next(d))
        if (keys_of(d) && str_equal(name, name_of(&arena, json_key(d)))) {
            buf_printf(out, "%.*s: %.*s\n\n", STR_ARG(name), STR_ARG(summary_of(d)));
            write_section(out, defs, d);
        }
    arena_release(&arena);
}

static void write_key(struct buf *out, const json *section, const char *under, str name)
{
    const json *key = json_get(keys_of(section), name);
    if (key)
        buf_printf(out, "%.*s, under %s (weir help %s): %.*s\n", STR_ARG(name), under, under,
                   STR_ARG(summary_of(key)));
}

void topic_mock_key(struct buf *out, str name)
{
    struct arena arena = {0};
    const json *whole = schema(&arena);
    write_key(out, whole, "mock", name);
    for (const json *d = json_first(get(whole, "$defs")); d; d = json_next(d))
        write_key(out, d, name_of(&arena, json_key(d)).p, name);
    arena_release(&arena);
}
