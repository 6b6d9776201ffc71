/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_json.c: checks that look at JSON: equality, form, size, members.
 *
 * A value that is no text is JSON already; a text may hold some.
 */
#include "plan/check_parts.h"

#include "base/jsonschema.h"
#include "base/mem.h"
#include "base/text.h"

enum { PROBLEMS_SHOWN = 3 };

void check_by_equals(const struct check_subject *subject, struct check_result *result)
{
    if (values_equal(subject->value, subject->operand)) {
        check_yes(result);
        return;
    }
    str value = value_shown(subject->arena, subject->value);
    str wanted = value_shown(subject->arena, subject->operand);
    check_no(subject, result, "%.*s; expected %.*s", STR_ARG(value), STR_ARG(wanted));
}

/* ---- form ---- */

/* The value, or what its text holds; NULL after a "no". */
static const json *parsed_value(const struct check_subject *subject,
                                struct check_result *result)
{
    if (!json_is(subject->value, JSON_TEXT))
        return subject->value ? subject->value : json_null();
    struct json_error error;
    const json *value = json_parse(subject->arena, json_text(subject->value), &error);
    if (!value)
        check_no(subject, result, "not JSON: %s, at line %u, column %u", error.what, error.line,
                 error.col);
    return value;
}

void check_by_is_json(const struct check_subject *subject, struct check_result *result)
{
    if (parsed_value(subject, result))
        check_yes(result);
}

void check_by_contains_json(const struct check_subject *subject, struct check_result *result)
{
    static const struct transform first_json = {.kind = TRANSFORM_JSON};
    const json *found = transform_apply(subject->arena, &first_json, 1, subject->value);
    if (json_kind(found) != JSON_NULL)
        check_yes(result);
    else
        check_no(subject, result, "no JSON value in %.*s",
                 STR_ARG(value_shown(subject->arena, subject->value)));
}

void check_by_json_schema(const struct check_subject *subject, struct check_result *result)
{
    const json *value = parsed_value(subject, result);
    struct jsonschema_problem problem[PROBLEMS_SHOWN];
    size_t count = 0;
    if (!value)
        return;
    if (jsonschema_valid(subject->fixed, value, subject->arena, problem, PROBLEMS_SHOWN,
                         &count)) {
        check_yes(result);
        return;
    }
    struct buf list = {0};
    for (size_t i = 0; i < count && i < PROBLEMS_SHOWN; i++)
        buf_printf(&list, "%s%.*s%s%.*s", i ? "; " : "", STR_ARG(problem[i].path),
                   problem[i].path.n ? ": " : "", STR_ARG(problem[i].text));
    str shown = text_visible(subject->arena, text_shorten(subject->arena, buf_str(&list), 300));
    buf_release(&list);
    check_no(subject, result, "%.*s", STR_ARG(shown));
}

/* ---- size ---- */

enum count_bound { COUNT_EXACT, COUNT_MIN, COUNT_MAX };

static void check_count(const struct check_subject *subject, struct check_result *result,
                        enum count_bound bound)
{
    static const char *const words[] = {"exactly", "at least", "at most"};
    double wanted;
    bool list = json_is(subject->value, JSON_LIST);
    if (!list && !json_is(subject->value, JSON_OBJECT)) {
        check_unfit(subject, result, "the value is %s; %s looks at a list or an object",
                    json_kind_name(json_kind(subject->value)), subject->name);
        return;
    }
    if (!check_operand_number(subject, result, &wanted))
        return;
    size_t count = json_count(subject->value);
    double size = (double)count;
    if (bound == COUNT_EXACT ? size == wanted
        : bound == COUNT_MIN ? size >= wanted
                             : size <= wanted)
        check_yes(result);
    else
        check_no(subject, result, "%zu %s%s; expected %s %.*s", count, list ? "item" : "member",
                 count == 1 ? "" : "s", words[bound],
                 STR_ARG(number_shown(subject->arena, wanted)));
}

void check_by_count(const struct check_subject *subject, struct check_result *result)
{
    check_count(subject, result, COUNT_EXACT);
}

void check_by_min_count(const struct check_subject *subject, struct check_result *result)
{
    check_count(subject, result, COUNT_MIN);
}

void check_by_max_count(const struct check_subject *subject, struct check_result *result)
{
    check_count(subject, result, COUNT_MAX);
}

/* ---- members ---- */

struct field_count {
    size_t equal, all;
    str first_wrong; /* of the members that are not equal */
};

/* Both sides sorted by name, so that wide objects cost no more than their sorting. */
static struct field_count count_fields(const struct check_subject *subject)
{
    size_t wanted, given;
    const json **x = members_sorted(subject->operand, &wanted);
    const json **y = members_sorted(subject->value, &given);
    struct field_count fields = {.all = wanted};
    for (size_t i = 0, j = 0; i < wanted; i++) {
        str key = json_key(x[i]);
        while (j < given && str_compare(json_key(y[j]), key) < 0)
            j++;
        bool there = j < given && str_equal(json_key(y[j]), key);
        if (there && values_equal(y[j], x[i])) {
            fields.equal++;
        } else if (!fields.first_wrong.n) {
            str name = text_shown(subject->arena, key);
            str seen = there ? value_shown(subject->arena, y[j]) : STR("missing");
            fields.first_wrong =
                arena_printf(subject->arena, "%.*s is %.*s", STR_ARG(name), STR_ARG(seen));
        }
    }
    xfree(x);
    xfree(y);
    return fields;
}

void check_by_fields(const struct check_subject *subject, struct check_result *result)
{
    if (!json_is(subject->operand, JSON_OBJECT)) {
        check_unfit(subject, result, "fields is %s; expected an object",
                    json_kind_name(json_kind(subject->operand)));
        return;
    }
    if (!json_is(subject->value, JSON_OBJECT)) {
        check_unfit(subject, result, "the value is %s; fields looks at an object",
                    json_kind_name(json_kind(subject->value)));
        return;
    }
    struct field_count fields = count_fields(subject);
    double share = fields.all ? (double)fields.equal / (double)fields.all : 1;
    check_grade(subject, result, share, "%zu of %zu members are equal; %.*s", fields.equal,
                fields.all, STR_ARG(fields.first_wrong));
}
