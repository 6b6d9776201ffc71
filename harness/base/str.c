/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * str.c: slices of text (see str.h).
 */
#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

bool str_equal_nocase(str a, str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (char_lower(a.p[i]) != char_lower(b.p[i]))
            return false;
    return true;
}

int str_compare(str a, str b)
{
    size_t common = a.n < b.n ? a.n : b.n;
    int order = common ? memcmp(a.p, b.p, common) : 0;
    if (order)
        return order;
    return a.n < b.n ? -1 : a.n > b.n;
}

bool str_ends_with(str s, str suffix)
{
    return s.n >= suffix.n && str_equal(str_sub(s, s.n - suffix.n, s.n), suffix);
}

ptrdiff_t str_find(str s, str needle, size_t from)
{
    if (from > s.n || needle.n > s.n - from)
        return -1;
    if (needle.n == 0)
        return (ptrdiff_t)from;
    const char *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return hit ? hit - s.p : -1;
}

bool str_contains(str s, str needle)
{
    return str_find(s, needle, 0) >= 0;
}

str str_trim(str s)
{
    while (s.n && char_is_space(s.p[0]))
        s.p++, s.n--;
    while (s.n && char_is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_cut(str s, char at, str *before, str *after)
{
    const char *hit = s.n ? memchr(s.p, at, s.n) : NULL;
    size_t position = hit ? (size_t)(hit - s.p) : s.n;
    *before = str_sub(s, 0, position);
    *after = str_sub(s, position + (hit ? 1 : 0), s.n);
    return hit != NULL;
}

bool char_is_alnum(char c)
{
    char lower = char_lower(c);
    return char_is_digit(c) || (lower >= 'a' && lower <= 'z');
}

/* strtoll and strtod want a NUL, which a slice need not have. */
enum { NUMBER_MAX = 400 };

static bool copy_number(str s, char copy[NUMBER_MAX + 1])
{
    if (s.n == 0 || s.n > NUMBER_MAX)
        return false;
    memcpy(copy, s.p, s.n);
    copy[s.n] = '\0';
    return strlen(copy) == s.n && !char_is_space(copy[0]);
}

bool str_to_int(str s, int64_t *value)
{
    char copy[NUMBER_MAX + 1], *end;
    if (!copy_number(s, copy))
        return false;
    errno = 0;
    long long parsed = strtoll(copy, &end, 10);
    if (*end || errno)
        return false;
    *value = parsed;
    return true;
}

bool str_to_double(str s, double *value)
{
    char copy[NUMBER_MAX + 1], *end;
    if (!copy_number(s, copy) || strspn(copy, "+-.0123456789eE") != s.n)
        return false;
    double parsed = strtod(copy, &end);
    if (*end || !isfinite(parsed))
        return false;
    *value = parsed;
    return true;
}
