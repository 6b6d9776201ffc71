/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * query.c: looking into the part of a URL behind '?' (see query.h).
 */
#include "mock_server/query.h"

#include "base/text.h"

static int hex_of(char c)
{
    if (char_is_digit(c))
        return c - '0';
    c = char_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %41 and '+'. */
static str decoded(struct arena *arena, str text)
{
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i] == '+' ? ' ' : text.p[i];
        if (c == '%' && i + 2 < text.n && hex_of(text.p[i + 1]) >= 0 &&
            hex_of(text.p[i + 2]) >= 0) {
            c = (char)(hex_of(text.p[i + 1]) * 16 + hex_of(text.p[i + 2]));
            i += 2;
        }
        out[n++] = c;
    }
    return (str){out, n};
}

/* The value as sent; false when the name is not there. */
static bool find(str query, str name, str *value)
{
    str pair, key;
    while (query.n) {
        str_cut(query, '&', &pair, &query);
        str_cut(pair, '=', &key, value);
        if (str_equal(key, name))
            return true;
    }
    *value = STR("");
    return false;
}

bool query_has(str query, str name)
{
    str value;
    return find(query, name, &value);
}

bool query_is(str query, str name, str wanted)
{
    str value;
    return find(query, name, &value) && str_equal(value, wanted);
}

bool query_get(struct arena *arena, str query, str name, str *value)
{
    if (!find(query, name, value))
        return false;
    *value = utf8_clean(arena, decoded(arena, *value));
    return true;
}

str query_hide(struct arena *arena, str target, str name)
{
    str path, query, value;
    if (!str_cut(target, '?', &path, &query) || !find(query, name, &value) || !value.n)
        return target;
    size_t at = (size_t)(value.p - target.p);
    str behind = str_sub(target, at + value.n, target.n);
    return arena_printf(arena, "%.*shidden%.*s", STR_ARG(str_sub(target, 0, at)),
                        STR_ARG(behind));
}
