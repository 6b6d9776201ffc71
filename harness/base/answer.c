/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * answer.c: keys and shapes of answers (see answer.h).
 *
 * A shape is a text, so that a store can hold it, a report can show it, and comparing two is
 * walking along both.
 */
#include "base/answer.h"

#include "base/hash.h"
#include "base/text.h"

#include <stdlib.h>

/* The first byte keeps the text 5 apart from the number 5. */
str answer_key(struct arena *arena, const json *value)
{
    struct buf key = {0};
    if (json_is(value, JSON_TEXT)) {
        buf_add_char(&key, 't');
        buf_add_str(&key, text_lower(arena, text_squeeze(arena, json_text(value))));
    } else {
        buf_add_char(&key, 'j');
        json_write_canonical(&key, value);
    }
    str kept = arena_str(arena, buf_str(&key));
    buf_release(&key);
    return kept;
}

int64_t answer_hash(struct arena *arena, const json *value)
{
    str key = answer_key(arena, value);
    return (int64_t)(hash_sip(0, 0, key.p, key.n) >> 1);
}

/* ---- shapes ---- */

static int compare_texts(const void *left, const void *right)
{
    const str *a = left, *b = right;
    return str_compare(*a, *b);
}

static str shape_of(struct arena *arena, const json *value);

static str list_shape(struct arena *arena, const json *list)
{
    size_t count = json_count(list), n = 0;
    str *item = arena_array(arena, str, count + 1);
    for (const json *i = json_first(list); i; i = json_next(i))
        item[n++] = shape_of(arena, i);
    if (n)
        qsort(item, n, sizeof *item, compare_texts);
    struct buf out = {0};
    buf_add_char(&out, '[');
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !str_equal(item[i], item[i - 1]))
            buf_printf(&out, "%s%.*s", out.n > 1 ? " | " : "", STR_ARG(item[i]));
    buf_add_char(&out, ']');
    str shape = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return shape;
}

static bool is_plain(str key)
{
    for (size_t i = 0; i < key.n; i++)
        if (!char_is_alnum(key.p[i]) && key.p[i] != '_' && key.p[i] != '-')
            return false;
    return key.n > 0;
}

static str object_shape(struct arena *arena, const json *object)
{
    size_t count = json_count(object), n = 0;
    str *member = arena_array(arena, str, count + 1);
    for (const json *m = json_first(object); m; m = json_next(m)) {
        struct buf one = {0};
        str key = json_key(m);
        if (is_plain(key))
            buf_add_str(&one, key);
        else
            json_write_text(&one, key);
        buf_add_str(&one, STR(": "));
        buf_add_str(&one, shape_of(arena, m));
        member[n++] = arena_str(arena, buf_str(&one));
        buf_release(&one);
    }
    if (n)
        qsort(member, n, sizeof *member, compare_texts);
    struct buf out = {0};
    buf_add_char(&out, '{');
    for (size_t i = 0; i < n; i++) {
        buf_add_str(&out, i ? STR(", ") : STR(""));
        buf_add_str(&out, member[i]);
    }
    buf_add_char(&out, '}');
    str shape = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return shape;
}

static str shape_of(struct arena *arena, const json *value)
{
    static const char *const names[] = {"null", "bool", "number", "text"};
    enum json_kind kind = json_kind(value);
    return kind == JSON_LIST     ? list_shape(arena, value)
           : kind == JSON_OBJECT ? object_shape(arena, value)
                                 : str_from(names[kind]);
}

str answer_shape(struct arena *arena, const json *value)
{
    str shape = shape_of(arena, value);
    if (shape.n <= ANSWER_SHAPE_MAX)
        return shape;
    size_t kept = ANSWER_SHAPE_MAX - 24;
    while (kept > 0 && ((unsigned char)shape.p[kept] & 0xc0) == 0x80)
        kept--;
    return arena_printf(arena, "%.*s… %016llx", (int)kept, shape.p,
                        (unsigned long long)hash_sip(0, 0, shape.p, shape.n));
}

/* From an opening bracket to behind the one that closes it; quoted names may hold others. */
static size_t behind_list(str shape, size_t at)
{
    size_t depth = 0;
    bool quoted = false;
    for (; at < shape.n; at++) {
        char c = shape.p[at];
        if (quoted && c == '\\')
            at++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && c == '[')
            depth++;
        else if (!quoted && c == ']' && --depth == 0)
            return at + 1;
    }
    return shape.n;
}

static bool empty_list_at(str shape, size_t at)
{
    return at + 1 < shape.n && shape.p[at] == '[' && shape.p[at + 1] == ']';
}

bool answer_shapes_agree(str a, str b)
{
    size_t i = 0, j = 0;
    while (i < a.n && j < b.n) {
        if (a.p[i] == '[' && b.p[j] == '[' && (empty_list_at(a, i) || empty_list_at(b, j))) {
            i = behind_list(a, i);
            j = behind_list(b, j);
        } else if (a.p[i++] != b.p[j++]) {
            return false;
        }
    }
    return i == a.n && j == b.n;
}
