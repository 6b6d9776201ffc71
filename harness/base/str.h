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

#define STR(literal)                                                                         \
    ((str){(literal), sizeof(literal) - 1})
#define STR_INIT(literal)                                                                    \
    {                                                                                        \
        (literal), sizeof(literal) - 1                                                       \
    }
#define STR_ARG(s) (int)(s).n, (s).n ? (s).p : ""

/* The slice of a NUL-terminated text; NULL gives the empty slice. */
str str_from(const char *text);
bool str_equal(str a, str b);
bool str_equal_nocase(str a, str b); /* ASCII letters only */
/* Order by bytes, the shorter first: < 0, 0, > 0. */
int str_compare(str a, str b);
bool str_starts_with(str s, str prefix);
bool str_ends_with(str s, str suffix);
/* Byte offset of the first occurrence at or after `from`, or -1. */
ptrdiff_t str_find(str s, str needle, size_t from);
bool str_contains(str s, str needle);
/* The part from byte `from` up to, not including, `to`; both are clamped. */
str str_sub(str s, size_t from, size_t to);
/* Without white space (blank, tab, CR, LF, FF, VT) at the ends. */
str str_trim(str s);
/* Splits at the first `at`: true if it occurs. `before` and `after` may point to `s` itself. */
bool str_cut(str s, char at, str *before, str *after);

bool char_is_space(char c);
bool char_is_digit(char c);
bool char_is_alnum(char c); /* ASCII */
char char_lower(char c);    /* ASCII */

/* Whole-text conversions: true and a value only if all of `s` is one number in range. */
bool str_to_int(str s, int64_t *value);
bool str_to_double(str s, double *value); /* finite decimal, no hex, no blanks */

#endif
