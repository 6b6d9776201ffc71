/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_price.c: money: exact sums, one rounding, and unknown that stays unknown.
 */
#include "llm/price.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct llm_price price = {.known = true,
                                       .input = 2000000,
                                       .cache_read = 200000,
                                       .cache_write = 2500000,
                                       .output = 10000000};

/* Sums of all kinds; reasoning is part of the output and not added. */
static void test_sum(void **state)
{
    (void)state;
    struct llm_usage usage = {1000, 200, 40, 300, 250};
    struct llm_cost cost = llm_price_cost(&price, &usage);
    assert_true(cost.known);
    assert_int_equal(cost.nanousd, 2000 + 40 + 100 + 3000);
    assert_int_equal(cost.upper_nanousd, 0);
}

/* One rounding of the sum, half up: not one for each kind. */
static void test_rounding(void **state)
{
    (void)state;
    static const struct {
        int64_t input_price, output_price, input, output, wanted;
    } rows[] = {
        {499999, 0, 1, 0, 0},  {500000, 0, 1, 0, 1},      {1499999, 0, 1, 0, 1},
        {1500000, 0, 1, 0, 2}, {250000, 250000, 1, 1, 1}, /* each alone would be 0 */
        {400000, 0, 3, 0, 1},  {0, 0, 5, 5, 0},           {75000000, 4500000000, 1, 1, 4575},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct llm_price row = {
            .known = true, .input = rows[i].input_price, .output = rows[i].output_price};
        struct llm_usage usage = {rows[i].input, 0, 0, rows[i].output, -1};
        assert_int_equal(llm_price_cost(&row, &usage).nanousd, rows[i].wanted);
    }
}

/* Hostile counts and prices do not overflow. */
static void test_large(void **state)
{
    (void)state;
    struct llm_price dear = {.known = true, .input = INT64_MAX, .output = INT64_MAX};
    struct llm_usage usage = {INT64_C(1) << 53, INT64_C(1) << 53, 0, INT64_C(1) << 53, 0};
    assert_int_equal(llm_price_cost(&dear, &usage).nanousd, INT64_MAX);
}

/* A kind that is not known, or a price that is not, makes the cost unknown. */
static void test_unknown(void **state)
{
    (void)state;
    static const struct llm_usage usages[] = {
        {-1, 0, 0, 1, 0}, {1, -1, 0, 1, 0}, {1, 0, -1, 1, 0}, {1, 0, 0, -1, 0}};
    for (size_t i = 0; i < 4; i++)
        assert_false(llm_price_cost(&price, &usages[i]).known);
    struct llm_usage usage = {1, 0, 0, 1, -1};
    assert_true(llm_price_cost(&price, &usage).known);
    assert_false(llm_price_cost(&(struct llm_price){0}, &usage).known);
}

/* Above the bound the whole request costs more, and its reservation with it. */
static void test_long(void **state)
{
    (void)state;
    struct llm_price bound = {.known = true,
                              .input = 2000000,
                              .cache_read = 1000000,
                              .output = 10000000,
                              .input_most = 272000};
    struct llm_params params = {.has_max_tokens = true, .max_tokens = 100};
    struct llm_usage usage = {272000, 0, 0, 1, 0};
    assert_int_equal(llm_price_cost(&bound, &usage).nanousd, 544000 + 10);
    usage.cache_read = 1;
    assert_int_equal(llm_price_cost(&bound, &usage).nanousd, 2 * (544000 + 1) + 15);
    usage.output = 0;
    bound.output = 1000000;
    assert_int_equal(llm_price_cost(&bound, &usage).nanousd, 2 * (544000 + 1));
    usage.output = 1; /* 1.5 nano-dollars: half up */
    assert_int_equal(llm_price_cost(&bound, &usage).nanousd, 2 * (544000 + 1) + 2);
    assert_int_equal(llm_price_upper(&bound, 272000, &params), 544000 + 100);
    assert_int_equal(llm_price_upper(&bound, 272001, &params), 2 * 544002 + 150);
}

/* The reservation: request bytes at the dearest input price and max_tokens of output. */
static void test_upper(void **state)
{
    (void)state;
    struct llm_params params = {.has_max_tokens = true, .max_tokens = 100};
    assert_int_equal(llm_price_upper(&price, 1000, &params), 2500 + 1000);
    assert_int_equal(llm_price_upper(&(struct llm_price){0}, 1000, &params), -1);
    params.has_max_tokens = false;
    assert_int_equal(llm_price_upper(&price, 1000, &params), -1);
}

/* The table: known models, exact nano-dollars, each row with source and day. */
static void test_table(void **state)
{
    (void)state;
    struct llm_price luna = llm_price_builtin(STR("gpt-6-luna"), LLM_TIER_STANDARD);
    assert_true(luna.known);
    assert_int_equal(luna.input, 100000000);
    assert_int_equal(luna.cache_read, 10000000);
    assert_int_equal(luna.cache_write, 125000000);
    assert_int_equal(luna.output, 500000000);
    assert_int_equal(llm_price_builtin(STR("gpt-5.4-mini"), LLM_TIER_STANDARD).cache_read,
                     75000000);
    assert_int_equal(llm_price_builtin(STR("gpt-6.1-sol"), LLM_TIER_STANDARD).input_most,
                     272000);
    assert_false(llm_price_builtin(STR("gpt-6-lun"), LLM_TIER_STANDARD).known);
    assert_false(llm_price_builtin(STR(""), LLM_TIER_STANDARD).known);
    assert_string_equal(llm_price_ends(STR("gemini-3.6-flash"))->last_day, "2026-12-31");
    assert_null(llm_price_ends(STR("gpt-6-luna")));
    const struct llm_price_row *row;
    size_t count = 0;
    for (; (row = llm_price_at(count)); count++) {
        assert_int_equal(strlen(row->as_of), 10);
        assert_true(strlen(row->source) > 10);
        assert_true(row->price.known && row->price.input > 0);
        assert_true(row->price.cache_read <= row->price.input);
        assert_true(row->price.cache_write >= row->price.input);
        assert_true(row->price.input <= row->price.output || row->price.output == 0);
        for (size_t i = 0; i < count; i++)
            assert_string_not_equal(llm_price_at(i)->model, row->model);
    }
    assert_true(count > 30);
}

/* Protects: tiers change the table's price where something is known of them, and where nothing is, the
 * cost is unknown and not too low. */
static void test_tiers(void **state)
{
    (void)state;
    struct llm_price flex = llm_price_builtin(STR("gpt-6.1-sol"), LLM_TIER_FLEX);
    assert_int_equal(flex.input, 1000000000);
    assert_int_equal(flex.cache_read, 50000000);
    assert_int_equal(flex.cache_write, 1250000000);
    assert_int_equal(flex.output, 5000000000);
    assert_int_equal(flex.input_most, 272000);
    assert_int_equal(llm_price_builtin(STR("gpt-6.1-sol"), LLM_TIER_PRIORITY).output,
                     20000000000);
    assert_false(llm_price_builtin(STR("gpt-6-sol"), LLM_TIER_PRIORITY).known);
    assert_int_equal(llm_price_builtin(STR("claude-opus-5-5"), LLM_TIER_BATCH).input,
                     2000000000);
    assert_false(llm_price_builtin(STR("claude-opus-5-5"), LLM_TIER_FLEX).known);
    assert_int_equal(llm_price_builtin(STR("gemini-2.5-pro"), LLM_TIER_BATCH).output,
                     5000000000);
    enum llm_tier tier = LLM_TIER_BATCH;
    assert_true(llm_tier_of_word(STR("fast"), &tier));
    assert_int_equal(tier, LLM_TIER_PRIORITY);
    assert_false(llm_tier_of_word(STR("scale"), &tier));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiers),    cmocka_unit_test(test_sum),
        cmocka_unit_test(test_rounding), cmocka_unit_test(test_large),
        cmocka_unit_test(test_unknown),  cmocka_unit_test(test_long),
        cmocka_unit_test(test_upper),    cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
