/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_check_words.c: metrics of text are those that people know by their names: on every case of
 * tests/data/text-metrics.json they give what the reference implementations gave.
 */
#include "plan/check.h"

#include "base/file.h"
#include "base/ngram.h"
#include "plan/bind.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
/* cmocka wants those before it */
#include <cmocka.h>

/* Runs `NAME: "{{gold}}"` on two values. */
static void run(struct arena *arena, const char *name, const json *value, const json *gold,
                struct check_result *result)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes, arena);
    struct binder binder = {.arena = arena, .mistakes = &mistakes};
    binder.scope = scope_bind(arena, NULL, SCOPE_NAME, STR("gold"), (struct shape){0});
    struct source *source = arena_new(arena, struct source);
    *source = (struct source){STR("x.yaml"), arena_printf(arena, "{%s: '{{gold}}'}", name)};
    const struct yaml *yaml = yaml_parse(arena, source, &yaml_file_limits, &mistakes);
    assert_non_null(yaml);
    const struct check *check = check_new(&binder, yaml, "check", NULL);
    if (!check)
        fail_msg("%s", mistakes_text(&mistakes).p);
    struct template_problem problem = {0};
    const struct env *env = env_bind(arena, NULL, STR("gold"), gold);
    assert_int_equal(check_run(check, env, value, arena, result, &problem), 0);
}

static void assert_reference(struct arena *arena, const json *one, const char *name)
{
    struct check_result result;
    const json *value = json_get(one, STR("value")), *gold = json_get(one, STR("expected"));
    const json *wanted = json_get(one, str_from(name));
    assert_true(json_is(wanted, JSON_NUMBER));
    run(arena, name, value, gold, &result);
    assert_false(result.unfit);
    assert_true(result.value >= 0 && result.value <= 1);
    if (!(fabs(result.value - json_number(wanted)) <= 1e-12))
        fail_msg("%s of '%s' and '%s' is %.17g; the reference says %.17g", name,
                 json_text(value).p, json_text(gold).p, result.value, json_number(wanted));
}

/* Protects: published figures stay comparable, whoever computed them. */
static void test_references(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct err err = {0};
    str text;
    assert_int_equal(file_read(&arena, TEST_SOURCE_DIR "/tests/data/text-metrics.json", 1 << 20,
                               &text, &err),
                     0);
    const json *file = json_parse(&arena, text, NULL), *cases = json_get(file, STR("cases"));
    assert_true(json_count(cases) > 80);
    for (const json *one = json_first(cases); one; one = json_next(one)) {
        assert_reference(&arena, one, "rouge-n");
        assert_reference(&arena, one, "bleu");
        assert_reference(&arena, one, "f1");
        assert_reference(&arena, one, "levenshtein");
    }
    arena_release(&arena);
}

/* Protects: equal texts pass at the default threshold, 1: no rounding stands in the way. */
static void test_equal_texts_pass(void **state)
{
    (void)state;
    static const char *const names[] = {"rouge-n", "bleu", "f1"};
    struct arena arena = {0};
    struct buf text = {0};
    for (int words = 1; words < 40; words++) {
        buf_printf(&text, "%sword%d", words > 1 ? " " : "", words % 7);
        const json *value = json_new_text(&arena, buf_str(&text));
        for (size_t i = 0; i < 3; i++) {
            struct check_result result;
            run(&arena, names[i], value, value, &result);
            assert_true(result.passed);
            assert_true(result.value >= 1 && result.value <= 1);
        }
    }
    buf_release(&text);
    arena_release(&arena);
}

/* Protects: the reason tells what was compared; wrong types and floods fail with one. */
static void test_reasons(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct check_result result;
    const json *gold = json_new_text(&arena, STR("the cat sat on the mat"));
    run(&arena, "bleu", json_new_text(&arena, STR("the cat sat on mat")), gold, &result);
    assert_string_equal(arena_str(&arena, result.reason).p,
                        "BLEU 0.579: 5, 3, 2, 1 runs of 1 to 4 words in common; 5 words, "
                        "expected 6");
    run(&arena, "rouge-n", json_new_text(&arena, STR("A dog sat")), gold, &result);
    assert_string_equal(arena_str(&arena, result.reason).p,
                        "rouge-n 0.222: 1 words in common, of 3; expected 6");
    run(&arena, "bleu", json_new_list(&arena), gold, &result);
    assert_true(result.unfit);
    struct buf flood = {0};
    for (int i = 0; i < 400 * 1000; i++)
        buf_add_str(&flood, STR("x "));
    run(&arena, "rouge-n", json_new_text(&arena, buf_str(&flood)), gold, &result);
    assert_true(result.unfit);
    assert_string_equal(arena_str(&arena, result.reason).p,
                        "the texts are too long to compare: 400000 and 6 words");
    buf_release(&flood);
    arena_release(&arena);
}

/* Protects: runs of words are counted as often as the poorer text has them. */
static void test_ngrams(void **state)
{
    (void)state;
    const str a[] = {STR_INIT("x"), STR_INIT("y"), STR_INIT("x"), STR_INIT("y"), STR_INIT("x")};
    const str b[] = {STR_INIT("x"), STR_INIT("y"), STR_INIT("x")};
    size_t common[4];
    ngram_common(a, 5, b, 3, 4, common);
    const size_t wanted[] = {3, 2, 1, 0};
    assert_memory_equal(common, wanted, sizeof wanted);
    ngram_common(a, 0, b, 3, 4, common);
    const size_t none[] = {0, 0, 0, 0};
    assert_memory_equal(common, none, sizeof none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_equal_texts_pass),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_ngrams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
