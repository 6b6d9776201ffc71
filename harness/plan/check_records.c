/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_records.c: the check that compares two lists of records, such as facts that were pulled out
 * of a text.
 *
 * Each expected item is paired with one that was given: by a key if there is one, else greedily, the
 * pair that is most alike first. A pair counts as much as its items are alike; F1 over both lists
 * then costs what is missing and what was invented. Likeness of two objects is the Dice share of
 * equal members, of two texts that of their words, of anything else equality.
 */
#include "plan/check_parts.h"

#include "base/mem.h"
#include "base/ngram.h"
#include "base/text.h"

#include <stdlib.h>

enum {
    /* Bytes of the items times the items that each is compared with: some 0.2 s. */
    WORK_MOST = 20 * 1000 * 1000,
    PAIRS_MOST = 1000 * 1000,
};

struct side {
    const json **item;
    size_t count, bytes;
    bool *taken;
};

struct pair {
    size_t expected, given;
    double alike;
};

static struct side side_of(struct arena *arena, const json *list)
{
    struct side side = {.count = json_count(list)};
    struct buf text = {0};
    json_write(&text, list, JSON_COMPACT);
    side.bytes = buf_str(&text).n;
    buf_release(&text);
    side.item = arena_array(arena, const json *, side.count + 1);
    side.taken = arena_array(arena, bool, side.count + 1);
    size_t n = 0;
    for (const json *item = json_first(list); item; item = json_next(item))
        side.item[n++] = item;
    return side;
}

/* ---- likeness ---- */

static double dice(size_t common, size_t a, size_t b)
{
    return a + b ? 2 * (double)common / (double)(a + b) : 1;
}

static double objects_alike(const json *a, const json *b)
{
    size_t a_count, b_count, common = 0;
    const json **x = members_sorted(a, &a_count), **y = members_sorted(b, &b_count);
    for (size_t i = 0, j = 0; i < a_count && j < b_count;) {
        int order = str_compare(json_key(x[i]), json_key(y[j]));
        common += order == 0 && values_equal(x[i], y[j]);
        i += order <= 0;
        j += order >= 0;
    }
    xfree(x);
    xfree(y);
    return dice(common, a_count, b_count);
}

static str *words_of(str text, size_t *count)
{
    str *word = xcalloc(text.n / 2 + 1, sizeof *word);
    *count = 0;
    for (size_t from = 0, to; from < text.n; from = to + 1) {
        for (to = from; to < text.n && !char_is_space(text.p[to]); to++)
            ;
        if (to > from)
            word[(*count)++] = str_sub(text, from, to);
    }
    return word;
}

static double texts_alike(struct arena *arena, str a, str b)
{
    size_t a_count, b_count, common;
    str *x = words_of(text_lower(arena, a), &a_count);
    str *y = words_of(text_lower(arena, b), &b_count);
    ngram_common(x, a_count, y, b_count, 1, &common);
    xfree(x);
    xfree(y);
    return dice(common, a_count, b_count);
}

static double items_alike(struct arena *arena, const json *a, const json *b)
{
    if (json_is(a, JSON_OBJECT) && json_is(b, JSON_OBJECT))
        return objects_alike(a, b);
    if (json_is(a, JSON_TEXT) && json_is(b, JSON_TEXT))
        return texts_alike(arena, json_text(a), json_text(b));
    return values_equal(a, b);
}

/* ---- pairs ---- */

static int most_alike_first(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->alike > y->alike || x->alike < y->alike)
        return x->alike > y->alike ? -1 : 1;
    if (x->expected != y->expected)
        return x->expected < y->expected ? -1 : 1;
    return x->given < y->given ? -1 : x->given > y->given;
}

/* All pairs that may be one; with a key those whose keys are equal. */
static size_t possible_pairs(struct arena *arena, str key, const struct side *expected,
                             const struct side *given, struct pair *pair)
{
    size_t count = 0;
    for (size_t e = 0; e < expected->count; e++)
        for (size_t g = 0; g < given->count; g++) {
            const json *x = expected->item[e], *y = given->item[g];
            const json *mine = json_get(x, key), *its = json_get(y, key);
            if (key.n && (!mine || !its || !values_equal(mine, its)))
                continue;
            double alike = items_alike(arena, x, y);
            if (alike > 0)
                pair[count++] = (struct pair){e, g, alike};
        }
    return count;
}

/* Takes the pairs in order; the sum of their likeness. */
static double take_pairs(const struct pair *pair, size_t count, struct side *expected,
                         struct side *given, size_t *taken)
{
    double sum = 0;
    *taken = 0;
    for (size_t i = 0; i < count; i++) {
        if (expected->taken[pair[i].expected] || given->taken[pair[i].given])
            continue;
        expected->taken[pair[i].expected] = given->taken[pair[i].given] = true;
        sum += pair[i].alike;
        ++*taken;
    }
    return sum;
}

static const json *first_left(const struct side *side)
{
    for (size_t i = 0; i < side->count; i++)
        if (!side->taken[i])
            return side->item[i];
    return NULL;
}

static str left_over(struct arena *arena, const struct side *side, const char *what)
{
    const json *first = first_left(side);
    if (!first)
        return STR("");
    return arena_printf(arena, "; %s %.*s", what, STR_ARG(value_shown(arena, first)));
}

void check_by_records(const struct check_subject *subject, struct check_result *result)
{
    struct arena *arena = subject->arena;
    const str *key = subject->fixed;
    if (!check_two_lists(subject, result))
        return;
    struct side given = side_of(arena, subject->value);
    struct side expected = side_of(arena, subject->operand);
    if (given.count > PAIRS_MOST / (expected.count + 1) ||
        given.bytes > WORK_MOST / (expected.count + 1) ||
        expected.bytes > WORK_MOST / (given.count + 1)) {
        check_unfit(subject, result, "the lists are too long to compare: %zu and %zu items",
                    given.count, expected.count);
        return;
    }
    struct pair *pair = xcalloc(given.count * expected.count + 1, sizeof *pair);
    size_t pairs = possible_pairs(arena, *key, &expected, &given, pair), taken;
    qsort(pair, pairs, sizeof *pair, most_alike_first);
    double sum = take_pairs(pair, pairs, &expected, &given, &taken);
    xfree(pair);
    size_t all = given.count + expected.count;
    double f1 = all ? 2 * sum / (double)all : 1;
    str missing = left_over(arena, &expected, "missing");
    str extra = left_over(arena, &given, "not expected");
    check_grade(subject, result, f1, "records %.3g: %zu pairs, alike by %.3g in all%.*s%.*s",
                f1, taken, sum, STR_ARG(missing), STR_ARG(extra));
}
