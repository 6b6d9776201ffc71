/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * str.h: text as a slice, pointer and length, passed by value.
 *
 * A slice does not own its bytes and need not end in NUL; cutting one copies nothing. Slices
 * made by an arena (arena_str and friends) do have a NUL behind their last byte, so that p can
 * be handed to libraries that want one.
 *
 *     str line = STR("a=b"), key;
 *     str_cut(line, '=', &key, &line);        key is "a", line is "b"
 *     printf("%.*s", STR_ARG(key));
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const char *p;
    size_t n;
} str;

#define STR(literal) ((str){(literal), sizeof(literal) - 1})
#define STR_INIT(literal)                                                                      \
    {                                                                                          \
        (literal), sizeof(literal) - 1                                                         \
    }
#define STR_ARG(s) (int)(s).n, (s).n ? (s).p : ""

/* The short ones are in this header: called for each event, member and byte, a call of its own
 * was half of what they took. */

/* The slice of a NUL-terminated text; NULL gives the empty slice. */
static inline str str_from(const char *text)
{
    return text ? (str){text, strlen(text)} : (str){"", 0};
}

static inline bool str_equal(str a, str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_equal_nocase(str a, str b); /* ASCII letters only */
/* Order by bytes, the shorter first: < 0, 0, > 0. */
int str_compare(str a, str b);
static inline bool str_starts_with(str s, str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends_with(str s, str suffix);
/* Byte offset of the first occurrence at or after `from`, or -1. */
ptrdiff_t str_find(str s, str needle, size_t from);
bool str_contains(str s, str needle);
/* The part from byte `from` up to, not including, `to`; both are clamped. */
static inline str str_sub(str s, size_t from, size_t to)
{
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    return s.p ? (str){s.p + from, to - from} : (str){"", 0};
}

/* Without white space (blank, tab, CR, LF, FF, VT) at the ends. */
str str_trim(str s);
/* Splits at the first `at`: true if it occurs. `before` and `after` may point to `s` itself. */
bool str_cut(str s, char at, str *before, str *after);

static inline bool char_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool char_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char char_lower(char c) /* ASCII */
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool char_is_alnum(char c); /* ASCII */

/* Whole-text conversions: true and a value only if all of `s` is one number in range. */
bool str_to_int(str s, int64_t *value);
bool str_to_double(str s, double *value); /* finite decimal, no hex, no blanks */

#endif
