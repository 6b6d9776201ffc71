/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_skill.c: chances, their factors, and the modes of drawing.
 */
#include "test_mock_ask.h"

#include "mock_server/skill.h"

#include <math.h>

static void assert_near(double got, double wanted, double within)
{
    if (fabs(got - wanted) > within)
        fail_msg("%.9g is not %.9g", got, wanted);
}

/* Protects: each factor as the language defines it, and their product with its floor. */
static void test_factors(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct skill_facts facts = {.tokens = 3000, .place = 0.5, .prompt = STR("- a\n- b\n- c")};
    struct skill skill = skill_of(0.8);
    assert_near(skill_chance(&skill, &facts), 0.8, 1e-12);
    skill.per_1k_tokens = 0.9;
    assert_near(skill_chance(&skill, &facts), 0.8 * 0.729, 1e-12);
    skill.per_1k_tokens = 1;
    skill.middle = 0.5;
    assert_near(skill_chance(&skill, &facts), 0.4, 1e-12);
    facts.place = 0.25;
    assert_near(skill_chance(&skill, &facts), 0.6, 1e-12);
    facts.place = 1;
    assert_near(skill_chance(&skill, &facts), 0.8, 1e-12);
    str what;
    size_t at;
    skill.instruction = regex_new(&arena, STR("(?m)^- "), REGEX_UTF, &what, &at);
    assert_non_null(skill.instruction);
    skill.per_instruction = 0.5;
    assert_near(skill_chance(&skill, &facts), 0.2, 1e-12);
    skill.floor = 0.3;
    assert_near(skill_chance(&skill, &facts), 0.3, 1e-12);
    skill = (struct skill){.ability = 1,
                           .ability_given = true,
                           .per_1k_tokens = 1,
                           .per_instruction = 1,
                           .middle = 1};
    facts.difficulty = 2;
    assert_near(skill_chance(&skill, &facts), 1 / (1 + exp(1)), 1e-12);
    arena_release(&arena);
}

static struct skill_draw draw_of(enum skill_mode mode, uint64_t item, uint64_t items)
{
    return (struct skill_draw){.seed = 7,
                               .mode = mode,
                               .model = STR("m"),
                               .rule = STR("r"),
                               .item = item * 977,
                               .index = item,
                               .items = items,
                               .sample = {item, 4}};
}

/* Protects: mode exact hits any chance to within one item of the dataset, of any size. */
static void test_exact(void **state)
{
    (void)state;
    const uint64_t sizes[] = {1, 2, 7, 41, 64, 1000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (int percent = 0; percent <= 100; percent += 5) {
            double right = 0, chance = percent / 100.0;
            for (uint64_t i = 0; i < sizes[s]; i++) {
                struct skill_draw draw = draw_of(MODE_EXACT, i, sizes[s]);
                right += skill_draw_u(&draw, 0) < chance;
            }
            if (fabs(right - chance * (double)sizes[s]) > 1 + 1e-9)
                fail_msg("%g of %g right at %g", right, (double)sizes[s], chance);
        }
}

/* Protects: in mode exact which items are wrong depends on the model. */
static void test_exact_models_differ(void **state)
{
    (void)state;
    int same = 0;
    for (uint64_t i = 0; i < 100; i++) {
        struct skill_draw one = draw_of(MODE_EXACT, i, 100), other = one;
        other.model = STR("n");
        same += (skill_draw_u(&one, 0) < 0.5) == (skill_draw_u(&other, 0) < 0.5);
    }
    assert_in_range(same, 25, 75);
}

/* Protects: bernoulli is what it says, within four standard deviations of 20,000 draws. */
static void test_bernoulli(void **state)
{
    (void)state;
    enum { N = 20000 };
    double right = 0;
    for (uint64_t i = 0; i < N; i++) {
        struct skill_draw draw = draw_of(MODE_BERNOULLI, i, N);
        right += skill_draw_u(&draw, 0) < 0.65;
    }
    assert_near(right / N, 0.65, 4 * sqrt(0.65 * 0.35 / N));
}

/* Protects: another idempotency key is a fresh draw; the same one the same draw. */
static void test_repetitions(void **state)
{
    (void)state;
    struct skill_draw one = draw_of(MODE_BERNOULLI, 3, 10), same = one, other = one;
    other.sample.k0++;
    assert_true(skill_draw_u(&one, 0) == skill_draw_u(&same, 0));
    assert_false(skill_draw_u(&one, 0) == skill_draw_u(&other, 0));
    assert_false(skill_draw_u(&one, 0) == skill_draw_u(&one, 1));
}

/* Protects: a share `systematic` of the items has the same draw on every repetition. */
static void test_systematic(void **state)
{
    (void)state;
    enum { N = 5000 };
    double repeats = 0;
    for (uint64_t i = 0; i < N; i++) {
        struct skill_draw one = draw_of(MODE_BERNOULLI, i, N), other;
        one.systematic = 0.3;
        other = one;
        other.sample.k0 += 1000000;
        repeats += skill_draw_u(&one, 0) == skill_draw_u(&other, 0);
    }
    assert_near(repeats / N, 0.3, 4 * sqrt(0.3 * 0.7 / N));
}

/* Protects: models of mode paired share one draw per item, so that the better one is right
 * wherever the worse one is; other modes do not. */
static void test_paired(void **state)
{
    (void)state;
    int same = 0;
    for (uint64_t i = 0; i < 200; i++) {
        struct skill_draw one = draw_of(MODE_PAIRED, i, 200), other = one;
        other.model = STR("other");
        other.sample.k0 = 99;
        assert_true(skill_draw_u(&one, 0) == skill_draw_u(&other, 0));
        one.mode = other.mode = MODE_BERNOULLI;
        same += skill_draw_u(&one, 0) == skill_draw_u(&other, 0);
    }
    assert_int_equal(same, 0);
}

/* Protects: wording changes the draw of a share prompt_sensitivity of the items, and of no other. */
static void test_sensitivity(void **state)
{
    (void)state;
    enum { N = 5000 };
    double changed = 0;
    for (uint64_t i = 0; i < N; i++) {
        struct skill_draw one = draw_of(MODE_BERNOULLI, i, N), other = one;
        other.content.k0 = 1;
        assert_true(skill_draw_u(&one, 0) == skill_draw_u(&other, 0));
        one.prompt_sensitivity = other.prompt_sensitivity = 0.2;
        changed += skill_draw_u(&one, 0) != skill_draw_u(&other, 0);
    }
    assert_near(changed / N, 0.2, 4 * sqrt(0.2 * 0.8 / N));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_factors),
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_exact_models_differ),
        cmocka_unit_test(test_bernoulli),
        cmocka_unit_test(test_repetitions),
        cmocka_unit_test(test_systematic),
        cmocka_unit_test(test_paired),
        cmocka_unit_test(test_sensitivity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
