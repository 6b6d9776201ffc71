/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_plan.c: the order of cells: complete, blocked, and a pure function of experiment and seed.
 */
#include "plan/plan.h"
#include "plan/experiment_shard.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static struct experiment experiment_of(size_t samples, size_t variants, int64_t trials,
                                       int64_t seed, enum order order)
{
    struct experiment experiment = {
        .variants = variants, .trials = trials, .seed = seed, .order = order};
    experiment.dataset.count = experiment.originals = samples;
    return experiment;
}

struct shape_case {
    size_t samples, variants;
    int64_t trials;
};

static const struct shape_case shapes[] = {{1, 1, 1},    {1, 100, 1}, {7, 3, 2},  {50, 1, 1},
                                           {1, 1, 1000}, {3, 100, 5}, {200, 4, 3}};

static const enum order orders[] = {ORDER_BLOCKED, ORDER_FILE};

/* Each cell stands in the plan exactly once, in blocks: all of a sample, in it all of a trial. */
static void test_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof shapes / sizeof shapes[0]; i++) {
        const struct shape_case *shape = &shapes[i / 2];
        struct experiment experiment =
            experiment_of(shape->samples, shape->variants, shape->trials, 42, orders[i % 2]);
        struct arena arena = {0};
        struct plan plan;
        plan_init(&plan, &experiment, &arena);
        size_t trials = (size_t)shape->trials, block = shape->variants * trials;
        assert_int_equal(plan.cells, shape->samples * block);
        bool *seen = xcalloc(plan.cells, sizeof(bool));
        for (uint64_t place = 0; place < plan.cells; place++) {
            struct cell_id cell = plan_cell(&plan, place);
            assert_true(cell.variant < shape->variants && cell.sample < shape->samples);
            assert_true(cell.trial >= 1 && cell.trial <= trials);
            assert_int_equal(cell.sample, plan.sample[place / block]);
            assert_int_equal(cell.trial - 1, place % block / shape->variants);
            size_t at =
                (cell.sample * trials + cell.trial - 1) * shape->variants + cell.variant;
            assert_false(seen[at]);
            seen[at] = true;
        }
        xfree(seen);
        arena_release(&arena);
    }
}

/* `order: file` is that of the file. */
static void test_file_order(void **state)
{
    (void)state;
    struct experiment experiment = experiment_of(5, 3, 2, 42, ORDER_FILE);
    struct arena arena = {0};
    struct plan plan;
    plan_init(&plan, &experiment, &arena);
    for (uint64_t place = 0; place < plan.cells; place++) {
        struct cell_id cell = plan_cell(&plan, place);
        assert_int_equal(cell.sample, place / 6);
        assert_int_equal(cell.trial, place / 3 % 2 + 1);
        assert_int_equal(cell.variant, place % 3);
    }
    arena_release(&arena);
}

/* Places at which two plans of the same size differ. */
static uint64_t differences(const struct experiment *a, const struct experiment *b)
{
    struct arena arena = {0};
    struct plan one, two;
    uint64_t count = 0;
    plan_init(&one, a, &arena);
    plan_init(&two, b, &arena);
    assert_int_equal(one.cells, two.cells);
    for (uint64_t place = one.cells; place-- > 0;) {
        struct cell_id x = plan_cell(&one, place), y = plan_cell(&two, place);
        count += x.sample != y.sample || x.variant != y.variant || x.trial != y.trial;
    }
    arena_release(&arena);
    return count;
}

/* The same seed gives the same plan, another seed another one; concurrency has no part in it. */
static void test_pure(void **state)
{
    (void)state;
    struct experiment one = experiment_of(40, 4, 3, 42, ORDER_BLOCKED), two = one;
    two.concurrency = 7;
    assert_int_equal(differences(&one, &two), 0);
    two.seed = 43;
    assert_true(differences(&one, &two) > 200);
}

/* The samples of a plan that more trials are added to keep their order: a resumed or longer run
 * looks at them in the same one. */
static void test_trials_keep_samples(void **state)
{
    (void)state;
    struct experiment one = experiment_of(40, 4, 1, 42, ORDER_BLOCKED), two = one;
    struct arena arena = {0};
    struct plan a, b;
    two.trials = 9;
    plan_init(&a, &one, &arena);
    plan_init(&b, &two, &arena);
    assert_memory_equal(a.sample, b.sample, 40 * sizeof a.sample[0]);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(plan_cell(&a, i).variant, plan_cell(&b, i).variant);
    arena_release(&arena);
}

/* Shuffles are fair: over 600 blocks of three variants each variant is about as often first,
 * each of the six orders comes about 100 times (binomial, sd 9.1; 5 sd allowed). */
static void test_fair(void **state)
{
    (void)state;
    struct experiment experiment = experiment_of(200, 3, 3, 1, ORDER_BLOCKED);
    struct arena arena = {0};
    struct plan plan;
    int count[3][3] = {{0}};
    plan_init(&plan, &experiment, &arena);
    for (uint64_t place = 0; place < plan.cells; place += 3)
        count[plan_cell(&plan, place).variant][plan_cell(&plan, place + 1).variant]++;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            assert_in_range(count[i][k], i == k ? 0 : 54, i == k ? 0 : 146);
    arena_release(&arena);
}

/* Rule 5: shards share the plan out, each cell to one of them, whole samples, in the plan's order,
 * also when there are more shards than samples. */
static void test_shards(void **state)
{
    (void)state;
    static const int64_t counts[] = {1, 2, 3, 4, 7, 9};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct experiment experiment = experiment_of(7, 3, 2, 5, ORDER_BLOCKED);
        struct arena arena = {0};
        struct plan whole, part;
        plan_init(&whole, &experiment, &arena);
        bool *seen = xcalloc(whole.all, sizeof(bool));
        uint64_t sum = 0;
        experiment.shards = counts[i];
        for (experiment.shard = 1; experiment.shard <= counts[i]; experiment.shard++) {
            plan_init(&part, &experiment, &arena);
            uint64_t last = 0;
            sum += part.cells;
            for (uint64_t n = 0; n < part.cells; n++) {
                uint64_t place = plan_place(&part, n);
                assert_true(place < whole.all && (n == 0 || place > last));
                assert_int_equal(place / 6 % (uint64_t)counts[i], experiment.shard - 1);
                assert_false(seen[place]);
                seen[place] = true;
                last = place;
            }
        }
        assert_int_equal(sum, whole.all);
        xfree(seen);
        arena_release(&arena);
    }
}

/* The parts of a budget or a rate are the whole, and differ by one at most. */
static void test_shard_parts(void **state)
{
    (void)state;
    for (int64_t whole = 0; whole < 30; whole++)
        for (int64_t shards = 1; shards < 12; shards++) {
            int64_t sum = 0;
            for (int64_t shard = 1; shard <= shards; shard++) {
                int64_t part = shard_part(whole, shard, shards);
                assert_true(part == whole / shards || part == whole / shards + 1);
                sum += part;
            }
            assert_int_equal(sum, whole);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_complete),    cmocka_unit_test(test_file_order),
        cmocka_unit_test(test_pure),        cmocka_unit_test(test_trials_keep_samples),
        cmocka_unit_test(test_fair),        cmocka_unit_test(test_shards),
        cmocka_unit_test(test_shard_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
