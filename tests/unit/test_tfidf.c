/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_tfidf.c: cosines of weighted words, against scikit-learn's figures.
 */
#include "base/tfidf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const str texts[] = {STR_INIT("the app crashes when I open it"),
                            STR_INIT("I was charged twice, I want a refund"),
                            STR_INIT("when do you open"), STR_INIT("!?")};

/* Protects the formula: by hand, with idf(w) = ln((1 + 4) / (1 + df)) + 1. "open" and "when" are in
 * two texts, all others of "when open" in none. */
static void test_formula(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct tfidf *tfidf = tfidf_new(&arena, texts, 4);
    double s[4], rare = log(5.0 / 2) + 1, shared = log(5.0 / 3) + 1;
    tfidf_compare(tfidf, STR("OPEN when? unknown"), &arena, s);
    /* text 0: the, app, crashes, when, i, open, it; of these when, i and open are in two texts */
    double length0 = sqrt(4 * rare * rare + 3 * shared * shared);
    double length2 = sqrt(2 * rare * rare + 2 * shared * shared);
    double query = sqrt(2 * shared * shared);
    assert_true(fabs(s[0] - 2 * shared * shared / (length0 * query)) < 1e-12);
    assert_true(fabs(s[2] - 2 * shared * shared / (length2 * query)) < 1e-12);
    assert_true(s[1] == 0 && s[3] == 0);
    arena_release(&arena);
}

/* Protects the ends: a text is like itself, like nothing when it has no known word, and words that
 * occur often count as often. */
static void test_ends(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct tfidf *tfidf = tfidf_new(&arena, texts, 4);
    double s[4];
    for (size_t i = 0; i < 3; i++) {
        tfidf_compare(tfidf, texts[i], &arena, s);
        assert_true(fabs(s[i] - 1) < 1e-12);
    }
    tfidf_compare(tfidf, STR(""), &arena, s);
    assert_true(s[0] == 0 && s[1] == 0 && s[2] == 0);
    tfidf_compare(tfidf, STR("refund refund refund app"), &arena, s);
    assert_true(s[1] > 2 * s[0] && s[0] > 0);
    arena_release(&arena);
}

/* Protects large example files: thousands of words, each text found by its own. */
static void test_many(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    struct arena arena = {0};
    str *text = arena_array(&arena, str, COUNT);
    double *s = arena_array(&arena, double, COUNT);
    for (int i = 0; i < COUNT; i++)
        text[i] = arena_printf(&arena, "word%d common other%d", i, i / 2);
    struct tfidf *tfidf = tfidf_new(&arena, text, COUNT);
    tfidf_compare(tfidf, STR("please find word1234 in common"), &arena, s);
    size_t best = 0;
    for (size_t i = 0; i < COUNT; i++)
        best = s[i] > s[best] ? i : best;
    assert_int_equal(best, 1234);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formula),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
