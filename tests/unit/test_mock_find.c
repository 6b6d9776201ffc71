/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_find.c: which row a prompt speaks of.
 */
#include "test_mock_ask.h"

#include "base/rng.h"
#include "mock_server/find.h"

static struct find *index_of(struct arena *arena, const char *const *texts)
{
    struct find *find = find_new(arena);
    for (uint32_t i = 0; texts[i]; i++)
        find_add(find, str_from(texts[i]), i);
    find_build(find);
    return find;
}

static int found(struct arena *arena, const struct find *find, const char *prompt)
{
    struct find_hit hit;
    return find_longest(find, find_squeeze(arena, str_from(prompt)), &hit) ? (int)hit.number
                                                                           : -1;
}

/* Protects: of texts that lie inside one another the longest is the row. */
static void test_longest_wins(void **state)
{
    (void)state;
    struct arena arena = {0};
    const char *const texts[] = {"ab",
                                 "abc",
                                 "solar",
                                 "What is solar power?",
                                 "What is solar power? And why does it matter to us?",
                                 "What is solar power? And why",
                                 NULL};
    const struct find *find = index_of(&arena, texts);
    assert_int_equal(found(&arena, find, "x ab y"), 0);
    assert_int_equal(found(&arena, find, "x abc y"), 1);
    assert_int_equal(found(&arena, find, "x abd solar"), 2);
    assert_int_equal(found(&arena, find, "Q: What is solar power? ."), 3);
    assert_int_equal(found(&arena, find, "Q: What is solar power? And why not"), 5);
    assert_int_equal(found(&arena, find, "What is solar power? And why does it matter to us?"),
                     4);
    assert_int_equal(found(&arena, find, "nothing"), -1);
    assert_int_equal(found(&arena, find, ""), -1);
    arena_release(&arena);
}

/* Protects: the same text in two rows is the earlier row's, and so is a tie of lengths. */
static void test_earlier_row(void **state)
{
    (void)state;
    struct arena arena = {0};
    const char *const texts[] = {"second word", "first words", "second word", NULL};
    const struct find *find = index_of(&arena, texts);
    assert_int_equal(found(&arena, find, "first words then second word"), 0);
    assert_int_equal(found(&arena, find, "second word"), 0);
    arena_release(&arena);
}

/* Protects: line breaks and indentation of a prompt do not hide a row. */
static void test_white_space(void **state)
{
    (void)state;
    struct arena arena = {0};
    const char *const texts[] = {" a  question\nof\tmany   words, and then some more ", "   ",
                                 NULL};
    const struct find *find = index_of(&arena, texts);
    assert_int_equal(
        found(&arena, find, "xx a\r\nquestion   of many words,\n\n\nand then some   more"), 0);
    assert_text(find_squeeze(&arena, STR(" \t a  b\n\nc      d ")), "a b c d");
    assert_text(find_squeeze(&arena, STR("no change at all here")), "no change at all here");
    assert_text(find_squeeze(&arena, STR("12345678 9 \n")), "12345678 9");
    assert_text(find_squeeze(&arena, STR(" \n ")), "");
    arena_release(&arena);
}

/* The slow and certain way. */
static int scan(const str *texts, uint32_t count, str prompt)
{
    int best = -1;
    for (uint32_t i = 0; i < count; i++)
        if (str_contains(prompt, texts[i]) && (best < 0 || texts[i].n > texts[best].n))
            best = (int)i;
    return best;
}

/* Protects: the index says what a scan over all rows says, for texts of all lengths over a small
 * alphabet (where windows and prefixes collide all the time). */
static void test_against_scan(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct rng_key key = rng_key(5);
    enum { TEXTS = 400, PROMPTS = 1500 };
    str texts[TEXTS];
    struct find *find = find_new(&arena);
    uint64_t draw = 0;
    for (uint32_t i = 0; i < TEXTS; i++) {
        size_t n = 1 + rng_below(key, "n", draw++, i % 2 ? 40 : 6);
        char *text = arena_alloc(&arena, n + 1);
        for (size_t c = 0; c < n; c++)
            text[c] = (char)('a' + rng_below(key, "c", draw++, 2));
        texts[i] = (str){text, n};
        assert_true(find_add(find, texts[i], i));
    }
    find_build(find);
    int hits = 0;
    for (int i = 0; i < PROMPTS; i++) {
        char prompt[120];
        size_t n = rng_below(key, "n", draw++, sizeof prompt);
        for (size_t c = 0; c < n; c++)
            prompt[c] = (char)('a' + rng_below(key, "c", draw++, i % 3 ? 3 : 2));
        struct find_hit hit;
        bool any = find_longest(find, (str){prompt, n}, &hit);
        int wanted = scan(texts, TEXTS, (str){prompt, n});
        assert_int_equal(any ? (int)hit.number : -1, wanted);
        if (any)
            assert_memory_equal(prompt + hit.at, texts[wanted].p, hit.n);
        hits += any;
    }
    assert_true(hits > PROMPTS / 2);
    arena_release(&arena);
}

/* Protects: every one of 5,000 rows is found at every place of a prompt. */
static void test_many_rows(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct find *find = find_new(&arena);
    enum { ROWS = 5000 };
    for (uint32_t i = 0; i < ROWS; i++)
        find_add(find, arena_printf(&arena, "What about case number %u?", i), i);
    find_build(find);
    for (uint32_t i = 0; i < ROWS; i++) {
        str prompt = arena_printf(&arena, "%.*sWhat about case number %u? Thanks.",
                                  (int)(i % 17), "xxxxxxxxxxxxxxxxxx", i);
        struct find_hit hit;
        assert_true(find_longest(find, prompt, &hit));
        assert_int_equal(hit.number, i);
        assert_int_equal(hit.at, i % 17);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_longest_wins), cmocka_unit_test(test_earlier_row),
        cmocka_unit_test(test_white_space),  cmocka_unit_test(test_against_scan),
        cmocka_unit_test(test_many_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
