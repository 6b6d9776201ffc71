/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Input and comparison for vector cases. Files come from outside, so nothing in them is taken on
 * trust: a wrong type is a failed case, never a crash. */
#include "tests/vectors/vector_case.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "stats/random.h"

void vector_fail(struct vector_case *c, const char *format, ...)
{
    va_list args;

    if (c->failed)
        return;
    c->failed = true;
    va_start(args, format);
    vsnprintf(c->reason, sizeof c->reason, format, args);
    va_end(args);
}

double vector_number(struct vector_case *c, const char *key)
{
    const json *value = json_get(c->input, str_from(key));

    if (!json_is(value, JSON_NUMBER))
        vector_fail(c, "input.%s is not a number", key);
    return json_number(value);
}

double vector_number_or(struct vector_case *c, const char *key, double fallback)
{
    return json_get(c->input, str_from(key)) ? vector_number(c, key) : fallback;
}

uint64_t vector_whole(struct vector_case *c, const char *key)
{
    int64_t number = 0;

    if (!json_int(json_get(c->input, str_from(key)), &number) || number < 0) {
        vector_fail(c, "input.%s is not a whole number of at least 0", key);
        return 0;
    }
    return (uint64_t)number;
}

str vector_text(struct vector_case *c, const char *key)
{
    const json *value = json_get(c->input, str_from(key));

    if (!json_is(value, JSON_TEXT))
        vector_fail(c, "input.%s is not a text", key);
    return json_text(value);
}

const json *vector_list(struct vector_case *c, const char *key)
{
    const json *value = json_get(c->input, str_from(key));

    if (json_is(value, JSON_LIST))
        return value;
    vector_fail(c, "input.%s is not a list", key);
    return json_new_list(c->arena);
}

static size_t read_numbers(struct vector_case *c, const char *key, const json *list, double *to)
{
    size_t count = 0;

    for (const json *item = json_first(list); item; item = json_next(item)) {
        if (!json_is(item, JSON_NUMBER))
            vector_fail(c, "input.%s holds something that is not a number", key);
        to[count++] = json_number(item);
    }
    return count;
}

const double *vector_numbers(struct vector_case *c, const char *key, size_t *count)
{
    const json *list = vector_list(c, key);
    double *values = arena_array(c->arena, double, json_count(list) + 1);

    *count = read_numbers(c, key, list, values);
    return values;
}

struct stats_trials vector_trials(struct vector_case *c, const char *key)
{
    const json *list = vector_list(c, key);
    size_t total = 0, sample = 0;
    double *scores;
    size_t *start = arena_array(c->arena, size_t, json_count(list) + 1);

    for (const json *item = json_first(list); item; item = json_next(item))
        total += json_is(item, JSON_LIST) ? json_count(item) : 0;
    scores = arena_array(c->arena, double, total + 1);
    for (const json *item = json_first(list); item; item = json_next(item)) {
        if (!json_is(item, JSON_LIST) || json_count(item) == 0) {
            vector_fail(c, "input.%s holds something that is not a list of scores", key);
            return (struct stats_trials){scores, start, 0};
        }
        start[sample + 1] = start[sample] + read_numbers(c, key, item, scores + start[sample]);
        sample++;
    }
    return (struct stats_trials){scores, start, sample};
}

const struct stats_clusters *vector_clusters(struct vector_case *c, size_t count)
{
    const json *list = json_get(c->input, STR("clusters"));
    struct stats_clusters *clusters;
    uint64_t *labels;
    size_t *of, i = 0;

    if (!list || json_is(list, JSON_NULL) || json_kind(list) == JSON_NULL)
        return NULL;
    if (!json_is(list, JSON_LIST) || json_count(list) != count) {
        vector_fail(c, "input.clusters does not have one label an item");
        return NULL;
    }
    labels = arena_array(c->arena, uint64_t, count + 1);
    of = arena_array(c->arena, size_t, count + 1);
    for (const json *item = json_first(list); item; item = json_next(item))
        labels[i++] = stats_key_hash(json_to_str(c->arena, item, JSON_COMPACT));
    clusters = arena_new(c->arena, struct stats_clusters);
    *clusters = (struct stats_clusters){of, stats_clusters_number(labels, count, of)};
    return clusters;
}

struct vector_check check_begin(struct vector_case *c)
{
    return (struct vector_check){c, c->expected, NULL, 0};
}

static const json *look_up(struct vector_check *check, const char *key)
{
    const json *value = json_get(check->object, str_from(key));

    check->seen += value != NULL;
    return value;
}

static void differ(struct vector_check *check, const char *key, const json *expected,
                   const char *got)
{
    str wanted = json_to_str(check->c->arena, expected, JSON_COMPACT);

    vector_fail(check->c, "%s%s%s: expected %.*s, got %s", check->name ? check->name : "",
                check->name ? "." : "", key, wanted.n > 60 ? 60 : (int)wanted.n, wanted.p, got);
}

struct vector_check check_inside(struct vector_check *check, const char *key)
{
    const json *object = look_up(check, key);

    if (object && !json_is(object, JSON_OBJECT))
        differ(check, key, object, "an object");
    return (struct vector_check){check->c, object, key, 0};
}

void check_end(struct vector_check *check)
{
    size_t members = check->object ? json_count(check->object) : 0;

    if (check->seen < members)
        vector_fail(check->c, "%s: %zu expected members are not computed by the library",
                    check->name ? check->name : "expected", members - check->seen);
}

static bool near_enough(const struct vector_case *c, double expected, double value)
{
    double allowed = c->tolerance * (c->relative ? fabs(expected) : 1.0);

    return fabs(value - expected) <= allowed;
}

static void compare(struct vector_check *check, const char *key, const json *expected,
                    maybe value, bool exact)
{
    char got[40];
    bool same;

    if (json_kind(expected) == JSON_NULL)
        same = !value.known;
    else if (!value.known || !json_is(expected, JSON_NUMBER))
        same = false;
    else if (exact)
        same = !(json_number(expected) < value.value || json_number(expected) > value.value);
    else
        same = near_enough(check->c, json_number(expected), value.value);
    if (same)
        return;
    snprintf(got, sizeof got, "%.17g", value.value);
    differ(check, key, expected, value.known ? got : "null");
}

static void compare_member(struct vector_check *check, const char *key, maybe value, bool exact)
{
    const json *expected = look_up(check, key);

    if (expected)
        compare(check, key, expected, value, exact);
}

void check_number(struct vector_check *check, const char *key, maybe value)
{
    compare_member(check, key, value, false);
}

void check_whole(struct vector_check *check, const char *key, uint64_t value)
{
    compare_member(check, key, maybe_of((double)value), true);
}

void check_whole_maybe(struct vector_check *check, const char *key, maybe value)
{
    compare_member(check, key, value, true);
}

void check_text(struct vector_check *check, const char *key, const char *value)
{
    const json *expected = look_up(check, key);

    if (expected &&
        (!json_is(expected, JSON_TEXT) || !str_equal(json_text(expected), str_from(value))))
        differ(check, key, expected, value);
}

void check_bool(struct vector_check *check, const char *key, bool value)
{
    const json *expected = look_up(check, key);

    if (expected && (!json_is(expected, JSON_BOOL) || json_bool(expected) != value))
        differ(check, key, expected, value ? "true" : "false");
}

static bool list_of(struct vector_check *check, const char *key, const json *expected,
                    size_t count)
{
    char got[40];

    if (!expected)
        return false;
    if (json_is(expected, JSON_LIST) && json_count(expected) == count)
        return true;
    snprintf(got, sizeof got, "a list of %zu", count);
    differ(check, key, expected, got);
    return false;
}

void check_numbers(struct vector_check *check, const char *key, const maybe *values,
                   size_t count)
{
    const json *expected = look_up(check, key);

    if (!list_of(check, key, expected, count))
        return;
    for (const json *item = json_first(expected); item; item = json_next(item))
        compare(check, key, item, *values++, false);
}

void check_wholes(struct vector_check *check, const char *key, const uint64_t *values,
                  size_t count)
{
    const json *expected = look_up(check, key);

    if (!list_of(check, key, expected, count))
        return;
    for (const json *item = json_first(expected); item; item = json_next(item))
        compare(check, key, item, maybe_of((double)*values++), true);
}
