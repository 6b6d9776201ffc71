/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_values.c: how checks look at values (see check_parts.h).
 *
 * Values come from models and may be large: nothing here is quadratic in their size. Recursion
 * is bounded by the nesting of values (JSON_DEPTH_MAX and what templates put around).
 */
#include "plan/check_parts.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>

enum { SHOWN_COLUMNS = 60 };

/* ---- shown to people ---- */

str text_shown(struct arena *arena, str text)
{
    str shown = text_visible(arena, text_shorten(arena, text, SHOWN_COLUMNS));
    return arena_printf(arena, "'%.*s'", STR_ARG(shown));
}

str value_shown(struct arena *arena, const json *value)
{
    if (json_is(value, JSON_TEXT))
        return text_shown(arena, json_text(value));
    struct buf whole = {0};
    json_write(&whole, value ? value : json_null(), JSON_SPACED);
    str shown = text_shorten(arena, buf_str(&whole), SHOWN_COLUMNS);
    shown = text_visible(arena, shown);
    buf_release(&whole);
    return shown;
}

str number_shown(struct arena *arena, double number)
{
    struct buf text = {0};
    json_write_number(&text, number);
    str shown = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return shown;
}

/* ---- types ---- */

bool value_number(const json *value, double *number)
{
    if (json_is(value, JSON_TEXT))
        return str_to_double(str_trim(json_text(value)), number);
    *number = json_number(value);
    return json_is(value, JSON_NUMBER);
}

static const char *kind_of(const json *value)
{
    return json_kind_name(json_kind(value));
}

bool check_subject_text(const struct check_subject *subject, struct check_result *result,
                        str *text)
{
    *text = json_text(subject->value);
    if (json_is(subject->value, JSON_TEXT))
        return true;
    check_unfit(subject, result, "the value is %s; %s looks at a text", kind_of(subject->value),
                subject->name);
    return false;
}

bool check_subject_number(const struct check_subject *subject, struct check_result *result,
                          double *number)
{
    if (value_number(subject->value, number))
        return true;
    check_unfit(subject, result, "%.*s is no number",
                STR_ARG(value_shown(subject->arena, subject->value)));
    return false;
}

bool check_operand_number(const struct check_subject *subject, struct check_result *result,
                          double *number)
{
    if (value_number(subject->operand, number))
        return true;
    check_unfit(subject, result, "%s is %.*s, which is no number", subject->name,
                STR_ARG(value_shown(subject->arena, subject->operand)));
    return false;
}

bool check_operand_text(const struct check_subject *subject, struct check_result *result,
                        str *text)
{
    enum json_kind kind = json_kind(subject->operand);
    if (kind == JSON_LIST || kind == JSON_OBJECT) {
        check_unfit(subject, result, "%s is %s; expected a text", subject->name,
                    json_kind_name(kind));
        return false;
    }
    *text = json_render(subject->arena, subject->operand);
    return true;
}

bool check_two_lists(const struct check_subject *subject, struct check_result *result)
{
    if (!json_is(subject->operand, JSON_LIST))
        check_unfit(subject, result, "%s is %s; expected a list", subject->name,
                    kind_of(subject->operand));
    else if (!json_is(subject->value, JSON_LIST))
        check_unfit(subject, result, "the value is %s; %s looks at a list",
                    kind_of(subject->value), subject->name);
    else
        return true;
    return false;
}

/* ---- equality ---- */

static int by_key(const void *a, const void *b)
{
    const json *x = *(const json *const *)a, *y = *(const json *const *)b;
    return str_compare(json_key(x), json_key(y));
}

const json **members_sorted(const json *object, size_t *count)
{
    *count = json_count(object);
    const json **members = xcalloc(*count + 1, sizeof(const json *));
    size_t n = 0;
    for (const json *member = json_first(object); member; member = json_next(member))
        members[n++] = member;
    qsort(members, n, sizeof members[0], by_key);
    return members;
}

static bool objects_equal(const json *a, const json *b)
{
    if (json_count(a) != json_count(b))
        return false;
    size_t count;
    const json **x = members_sorted(a, &count);
    const json **y = members_sorted(b, &count);
    bool equal = true;
    for (size_t i = 0; i < count && equal; i++)
        equal = str_equal(json_key(x[i]), json_key(y[i])) && values_equal(x[i], y[i]);
    xfree(x);
    xfree(y);
    return equal;
}

static bool lists_equal(const json *a, const json *b)
{
    const json *x = json_first(a), *y = json_first(b);
    for (; x && y; x = json_next(x), y = json_next(y))
        if (!values_equal(x, y))
            return false;
    return !x && !y;
}

bool values_equal(const json *a, const json *b)
{
    enum json_kind kind = json_kind(a);
    double x, y;
    if (kind == JSON_TEXT && json_is(b, JSON_TEXT))
        return str_equal(str_trim(json_text(a)), str_trim(json_text(b)));
    if (json_is(a, JSON_NUMBER) || json_is(b, JSON_NUMBER))
        return value_number(a, &x) && value_number(b, &y) && x == y;
    if (kind != json_kind(b))
        return false;
    if (kind == JSON_LIST)
        return lists_equal(a, b);
    return kind == JSON_OBJECT ? objects_equal(a, b) : json_equal(a, b);
}
