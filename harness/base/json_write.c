/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_write.c: comparing and writing JSON values, through the readers of json.h alone.
 */
#include "base/json.h"

#include "base/json_plain.h"
#include "base/mem.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Up to this many members a pairwise search is quicker than sorting. */
enum { PAIRWISE_MEMBERS = 16 };

/* ---- comparing ---- */

static int by_key(const void *a, const void *b)
{
    return str_compare(json_key(*(const json *const *)a), json_key(*(const json *const *)b));
}

/* The members sorted by name; the caller frees. */
static const json **sorted_members(const json *object, size_t count)
{
    const json **member = xmalloc(count * sizeof(const json *));
    size_t i = 0;
    for (const json *m = json_first(object); m; m = json_next(m))
        member[i++] = m;
    qsort(member, count, sizeof(const json *), by_key);
    return member;
}

static bool equal_sorted(const json *a, const json *b, size_t count)
{
    const json **x = sorted_members(a, count), **y = sorted_members(b, count);
    bool equal = true;
    for (size_t i = 0; i < count && equal; i++)
        equal = str_equal(json_key(x[i]), json_key(y[i])) && json_equal(x[i], y[i]);
    xfree((void *)x);
    xfree((void *)y);
    return equal;
}

static bool equal_objects(const json *a, const json *b)
{
    size_t count = json_count(a);
    if (count != json_count(b))
        return false;
    if (count > PAIRWISE_MEMBERS)
        return equal_sorted(a, b, count);
    for (const json *x = json_first(a); x; x = json_next(x)) {
        const json *y = json_get(b, json_key(x));
        if (!y || !json_equal(x, y))
            return false;
    }
    return true;
}

bool json_equal(const json *a, const json *b)
{
    enum json_kind kind = json_kind(a);
    if (kind != json_kind(b))
        return false;
    switch (kind) {
    case JSON_NULL:
        return true;
    case JSON_BOOL:
        return json_bool(a) == json_bool(b);
    case JSON_NUMBER:
        return json_number(a) == json_number(b);
    case JSON_TEXT:
        return str_equal(json_text(a), json_text(b));
    case JSON_LIST: {
        const json *x = json_first(a), *y = json_first(b);
        for (; x && y; x = json_next(x), y = json_next(y))
            if (!json_equal(x, y))
                return false;
        return !x && !y;
    }
    case JSON_OBJECT:
        return equal_objects(a, b);
    }
    return false;
}

/* ---- writing ---- */

void json_write_number(struct buf *out, double number)
{
    if (!isfinite(number)) {
        buf_add_str(out, STR("null"));
        return;
    }
    if (number == floor(number) && fabs(number) < 1e15) {
        buf_printf(out, "%.0f", number == 0 ? 0.0 : number);
        return;
    }
    /* 15 digits are never too many for a number that has that few, since %g drops zeros; only
     * below the smallest normal number do fewer say the same. */
    char text[40];
    for (int digits = fabs(number) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        double back = 0;
        if (str_to_double(str_from(text), &back) && back == number)
            break;
    }
    buf_add_str(out, str_from(text));
}

static void write_escape(struct buf *out, unsigned char c)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof shorts; i += 2)
        if (shorts[i] == (char)c) {
            buf_add_char(out, '\\');
            buf_add_char(out, shorts[i + 1]);
            return;
        }
    buf_printf(out, "\\u%04x", c);
}

void json_write_text(struct buf *out, str text)
{
    buf_add_char(out, '"');
    for (size_t at = 0; at < text.n; at++) {
        size_t end = json_plain_end(text, at, JSON_PLAIN_BYTES);
        buf_add(out, text.p + at, end - at);
        at = end;
        if (at < text.n)
            write_escape(out, (unsigned char)text.p[at]);
    }
    buf_add_char(out, '"');
}

struct layout {
    str comma, colon;
    unsigned indent; /* 0: one line */
};

static void new_line(struct buf *out, const struct layout *layout, unsigned depth)
{
    if (layout->indent)
        buf_printf(out, "\n%*s", (int)(layout->indent * depth), "");
}

static void write_value(struct buf *out, const json *value, const struct layout *layout,
                        unsigned depth);

static void write_children(struct buf *out, const json *value, const struct layout *layout,
                           unsigned depth)
{
    bool object = json_is(value, JSON_OBJECT);
    buf_add_char(out, object ? '{' : '[');
    for (const json *item = json_first(value); item; item = json_next(item)) {
        new_line(out, layout, depth + 1);
        if (object) {
            json_write_text(out, json_key(item));
            buf_add_str(out, layout->colon);
        }
        write_value(out, item, layout, depth + 1);
        if (json_next(item))
            buf_add_str(out, layout->comma);
        else
            new_line(out, layout, depth);
    }
    buf_add_char(out, object ? '}' : ']');
}

static void write_value(struct buf *out, const json *value, const struct layout *layout,
                        unsigned depth)
{
    switch (json_kind(value)) {
    case JSON_NULL:
        buf_add_str(out, STR("null"));
        break;
    case JSON_BOOL:
        buf_add_str(out, json_bool(value) ? STR("true") : STR("false"));
        break;
    case JSON_NUMBER:
        json_write_number(out, json_number(value));
        break;
    case JSON_TEXT:
        json_write_text(out, json_text(value));
        break;
    case JSON_LIST:
    case JSON_OBJECT:
        write_children(out, value, layout, depth);
        break;
    }
}

void json_write(struct buf *out, const json *value, enum json_style style)
{
    bool spaced = style == JSON_SPACED;
    struct layout layout = {spaced ? STR(", ") : STR(","), spaced ? STR(": ") : STR(":"), 0};
    write_value(out, value, &layout, 0);
}

void json_write_indented(struct buf *out, const json *value, unsigned indent)
{
    struct layout layout = {STR(","), STR(": "), indent};
    write_value(out, value, &layout, 0);
}

static void write_sorted_object(struct buf *out, const json *object)
{
    size_t count = json_count(object);
    const json **member = sorted_members(object, count);
    buf_add_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(out, ',');
        json_write_text(out, json_key(member[i]));
        buf_add_char(out, ':');
        json_write_canonical(out, member[i]);
    }
    buf_add_char(out, '}');
    xfree((void *)member);
}

void json_write_canonical(struct buf *out, const json *value)
{
    if (json_is(value, JSON_OBJECT)) {
        write_sorted_object(out, value);
    } else if (json_is(value, JSON_LIST)) {
        buf_add_char(out, '[');
        for (const json *item = json_first(value); item; item = json_next(item)) {
            json_write_canonical(out, item);
            if (json_next(item))
                buf_add_char(out, ',');
        }
        buf_add_char(out, ']');
    } else {
        json_write(out, value, JSON_COMPACT);
    }
}

str json_to_str(struct arena *arena, const json *value, enum json_style style)
{
    struct buf out = {0};
    json_write(&out, value, style);
    str text = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return text;
}

str json_render(struct arena *arena, const json *value)
{
    return json_is(value, JSON_TEXT) ? json_text(value)
                                     : json_to_str(arena, value, JSON_SPACED);
}

const char *json_kind_name(enum json_kind kind)
{
    static const char *const names[] = {"null",   "a bool", "a number",
                                        "a text", "a list", "an object"};
    return names[kind];
}
