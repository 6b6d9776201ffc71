/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_set.c: checks that compare two lists as sets. (F1 of two texts is in check_words.c.)
 *
 * An item counts once however often it occurs. Items are compared by a key: a text trimmed and
 * lower-cased; a number as its text, so that 900 and "900" are one item; anything else as
 * canonical JSON. Both sets are sorted by key and walked side by side, so that lists of a
 * hundred thousand items cost no more than their sorting.
 */
#include "plan/check_parts.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>

enum { LISTED_MAX = 3 };

struct item {
    str key;
    const json *value; /* as it was written, for reasons */
    size_t order;
};

struct set {
    struct item *item; /* sorted, each key once; xfree */
    size_t count;
};

static str item_key(struct arena *arena, const json *value)
{
    if (json_is(value, JSON_TEXT))
        return text_lower(arena, str_trim(json_text(value)));
    if (json_is(value, JSON_NUMBER))
        return number_shown(arena, json_number(value));
    struct buf key = {0};
    buf_add_char(&key, '\0'); /* no text has one: {"a":1} and its text stay two items */
    json_write_canonical(&key, value);
    str kept = arena_str(arena, buf_str(&key));
    buf_release(&key);
    return kept;
}

static int by_key(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    int order = str_compare(x->key, y->key);
    return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

static struct set set_of(struct arena *arena, const json *list)
{
    struct set set = {.item = xcalloc(json_count(list) + 1, sizeof(struct item))};
    size_t n = 0;
    for (const json *value = json_first(list); value; value = json_next(value), n++)
        set.item[n] = (struct item){item_key(arena, value), value, n};
    qsort(set.item, n, sizeof set.item[0], by_key);
    for (size_t i = 0; i < n; i++)
        if (set.count == 0 || !str_equal(set.item[set.count - 1].key, set.item[i].key))
            set.item[set.count++] = set.item[i];
    return set;
}

/* ---- what two sets have in common, and what not ---- */

struct difference {
    size_t given, expected, common;
    size_t missing, extra;
    struct buf missing_text, extra_text; /* the first few */
};

static void list_item(struct arena *arena, struct buf *text, size_t *count,
                      const struct item *item)
{
    if ((*count)++ < LISTED_MAX) {
        str shown = value_shown(arena, item->value);
        buf_printf(text, "%s%.*s", *count > 1 ? ", " : "", STR_ARG(shown));
    }
}

static void compare_sets(struct arena *arena, const struct set *given,
                         const struct set *expected, struct difference *difference)
{
    *difference = (struct difference){.given = given->count, .expected = expected->count};
    size_t i = 0, j = 0;
    while (i < given->count || j < expected->count) {
        int order = i == given->count ? 1
                    : j == expected->count
                        ? -1
                        : str_compare(given->item[i].key, expected->item[j].key);
        if (order == 0) {
            difference->common++;
            i++;
            j++;
        } else if (order < 0) {
            list_item(arena, &difference->extra_text, &difference->extra, &given->item[i++]);
        } else {
            list_item(arena, &difference->missing_text, &difference->missing,
                      &expected->item[j++]);
        }
    }
}

/* "missing 'a', 'b' and 3 more; not expected 'c'" */
static str difference_text(struct arena *arena, struct difference *difference)
{
    if (difference->missing > LISTED_MAX)
        buf_printf(&difference->missing_text, " and %zu more",
                   difference->missing - LISTED_MAX);
    if (difference->extra > LISTED_MAX)
        buf_printf(&difference->extra_text, " and %zu more", difference->extra - LISTED_MAX);
    str missing = buf_str(&difference->missing_text), extra = buf_str(&difference->extra_text);
    return arena_printf(arena, "%s%.*s%s%s%.*s", missing.n ? "missing " : "", STR_ARG(missing),
                        missing.n && extra.n ? "; " : "", extra.n ? "not expected " : "",
                        STR_ARG(extra));
}

/* False when the check has ended as unfit. */
static bool compare(const struct check_subject *subject, struct check_result *result,
                    struct difference *difference, str *text)
{
    if (!check_two_lists(subject, result))
        return false;
    struct set given = set_of(subject->arena, subject->value);
    struct set expected = set_of(subject->arena, subject->operand);
    compare_sets(subject->arena, &given, &expected, difference);
    *text = difference_text(subject->arena, difference);
    result->compared.counted = true;
    result->compared.common = difference->common;
    result->compared.given_items = given.count;
    result->compared.wanted_items = expected.count;
    buf_release(&difference->missing_text);
    buf_release(&difference->extra_text);
    xfree(given.item);
    xfree(expected.item);
    return true;
}

void check_by_set_equals(const struct check_subject *subject, struct check_result *result)
{
    struct difference difference;
    str text;
    if (!compare(subject, result, &difference, &text))
        return;
    if (difference.missing + difference.extra == 0)
        check_yes(result);
    else
        check_no(subject, result, "%.*s", STR_ARG(text));
}

/* F1 of precision c/g and recall c/e is 2c/(g + e): one division, so that equal sets give
 * exactly 1. */
void check_by_f1(const struct check_subject *subject, struct check_result *result)
{
    struct difference difference;
    str text;
    if (json_is(subject->operand, JSON_TEXT) && !json_is(subject->value, JSON_LIST)) {
        check_f1_of_texts(subject, result);
        return;
    }
    if (!compare(subject, result, &difference, &text))
        return;
    size_t sizes = difference.given + difference.expected;
    double f1 = sizes ? 2 * (double)difference.common / (double)sizes : 1;
    check_grade(subject, result, f1, "F1 %.3g: %.*s", f1, STR_ARG(text));
}
