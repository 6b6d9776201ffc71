/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_estimate_time.c: how the longest path goes up a tree, and how cells, calls and rates share the time of a
 * run: each against the value that follows by hand.
 */
#include "session/estimates.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

static struct estimate seen(double least, double mean, double most, double deviation)
{
    const struct estimate_time time = {.variant = STR_INIT("v"),
                                       .path = STR_INIT("step"),
                                       .count = 10,
                                       .least_ns = least,
                                       .mean_ns = mean,
                                       .most_ns = most,
                                       .squares = 10 * deviation * deviation};
    const struct estimating estimating = {.variant = STR_INIT("v"), .time = &time, .times = 1};
    struct estimate one = {.part[ESTIMATE_CALLS] = spread_exact(1)};
    estimate_time_calls(&one, &estimating, STR("step"));
    return one;
}

static void check_spread(struct spread is, double low, double expected, double worst)
{
    assert_true(fabs(is.low - low) < 1e-9 * (1 + low));
    assert_true(fabs(is.expected - expected) < 1e-9 * (1 + expected));
    assert_true(fabs(is.worst - worst) < 1e-9 * (1 + worst));
}

/* Protects: a step that no run has timed is unknown, and nothing is made of it. */
static void unseen_is_open(void **state)
{
    (void)state;
    const struct estimating nothing = {.variant = STR_INIT("v")};
    struct estimate one = {.part[ESTIMATE_CALLS] = spread_exact(1)};
    estimate_time_calls(&one, &nothing, STR("step"));
    assert_true(one.part[ESTIMATE_PATH_NS].open);
    assert_true(one.part[ESTIMATE_WORK_NS].open);
    struct estimate none = {.part[ESTIMATE_CALLS].low = 0};
    estimate_time_calls(&none, &nothing, STR("step"));
    assert_false(none.part[ESTIMATE_PATH_NS].open);
}

/* Protects: one after the other adds up; at the same time the longer counts, and more than the longer mean is
 * expected of two that vary. */
static void after_and_beside(void **state)
{
    (void)state;
    struct estimate sum = seen(1, 2, 4, 0);
    estimate_add(&sum, seen(10, 20, 40, 0));
    check_spread(sum.part[ESTIMATE_PATH_NS], 11, 22, 44);
    struct estimate pair = seen(1, 2, 4, 0);
    estimate_beside(&pair, seen(10, 20, 40, 0));
    check_spread(pair.part[ESTIMATE_PATH_NS], 10, 20, 40);
    check_spread(pair.part[ESTIMATE_WORK_NS], 11, 22, 44);
    struct estimate varied = seen(1, 10, 40, 3);
    estimate_beside(&varied, seen(1, 10, 40, 4));
    check_spread(varied.part[ESTIMATE_PATH_NS], 1, 12.5, 40); /* (10 + 10 + sqrt(9 + 16)) / 2 */
    struct estimate first = {0};
    estimate_beside(&first, seen(1, 2, 4, 1));
    check_spread(first.part[ESTIMATE_PATH_NS], 1, 2, 4);
}

/* Protects: items of a list run in waves of the width, all in one without it. */
static void waves_of_a_width(void **state)
{
    (void)state;
    struct estimate all = estimate_waves(seen(1, 2, 4, 0), 3, 5, 8, 0);
    check_spread(all.part[ESTIMATE_PATH_NS], 1, 2, 4);
    check_spread(all.part[ESTIMATE_WORK_NS], 3, 10, 32);
    struct estimate two = estimate_waves(seen(1, 2, 4, 0), 3, 5, 8, 2);
    check_spread(two.part[ESTIMATE_PATH_NS], 2, 6, 16);
    struct estimate varied = estimate_waves(seen(1, 2, 4, 3), 5, 5, 5, 0);
    check_spread(varied.part[ESTIMATE_PATH_NS], 1, 2 + 3 * 4.0 / 3, 4); /* (5 - 1) / sqrt(9) */
    struct estimate none = estimate_waves(seen(1, 2, 4, 0), 0, 0, 0, 2);
    check_spread(none.part[ESTIMATE_PATH_NS], 0, 0, 0);
    struct estimate narrow = {0}, after = {0};
    for (int i = 0; i < 4; i++) {
        estimate_beside(&narrow, seen(1, 1, 1, 0));
        estimate_add(&after, seen(1, 1, 1, 0));
    }
    estimate_narrow(&narrow, &after, 2);
    check_spread(narrow.part[ESTIMATE_PATH_NS], 2, 2, 2.5);
}

/* ---- of a run ---- */

struct world {
    struct llm_provider provider;
    struct llm_model model;
    struct llm_provider *providers[1];
    struct experiment experiment;
    struct variant_estimate variant;
    struct model_estimate asked;
    struct estimates made;
};

/* 100 cells of one call of 1 to 3 s, 2 s on average. */
static void make_world(struct world *world, int64_t cells_at_once, int64_t calls_at_once)
{
    const double ns = 1e9;
    *world = (struct world){0};
    struct estimate cell = seen(1 * ns, 2 * ns, 3 * ns, 0);
    world->provider = (struct llm_provider){.name = STR("p"), .concurrency = calls_at_once};
    world->model = (struct llm_model){.name = STR("m"), .provider = &world->provider};
    world->providers[0] = &world->provider;
    world->variant = (struct variant_estimate){cell, estimate_times(cell, 100, 100, 100)};
    world->asked = (struct model_estimate){&world->model, world->variant.all};
    world->experiment = (struct experiment){.variants = 1,
                                            .concurrency = cells_at_once,
                                            .provider = world->providers,
                                            .providers = 1};
    world->made = (struct estimates){.experiment = &world->experiment,
                                     .cells = 100,
                                     .variant = &world->variant,
                                     .all = world->variant.all,
                                     .model = &world->asked,
                                     .models = 1};
}

static void check_wall(struct world *world, double low, double expected, double worst,
                       const char *by)
{
    struct arena arena = {0};
    estimates_take_time(&arena, &world->made);
    check_spread(world->made.wall_s, low, expected, worst);
    assert_true(str_equal(world->made.wall_by, str_from(by)));
    arena_release(&arena);
}

/* Protects the bounds: one place is the sum; ten are a tenth and an end; what is scarcer counts; and a rate
 * that lets through less than all of these. */
static void the_scarcest_counts(void **state)
{
    (void)state;
    struct world world;
    make_world(&world, 1, 32);
    check_wall(&world, 100, 200, 300, "concurrency 1 of cells");
    make_world(&world, 10, 32);
    check_wall(&world, 10, 20 + 0.9, 30 + 0.9 * 3, "concurrency 10 of cells");
    make_world(&world, 10, 5); /* at worst places of both are short by turns */
    check_wall(&world, 20, 40 + 0.9, 30 + 60 + 0.9 * 3, "concurrency 5 of provider 'p'");
    make_world(&world, 10, 32);
    world.model.rpm = 60; /* 99 of them wait a second each */
    check_wall(&world, 99, 99 + 0.9, 30 + 99 + 0.9 * 3, "rpm of model 'm'");
    make_world(&world, 500, 500);
    check_wall(&world, 1, 2 + 0.99, 3 + 0.99 * 3, "concurrency 100 of cells");
}

/* Protects: where no step was timed nothing is said; where some were, at least that. */
static void what_is_not_known_is_not_said(void **state)
{
    (void)state;
    struct world world;
    struct arena arena = {0};
    make_world(&world, 10, 32);
    world.variant = (struct variant_estimate){0};
    world.variant.all.part[ESTIMATE_PATH_NS].open = true;
    estimates_take_time(&arena, &world.made);
    assert_int_equal(world.made.wall_by.n, 0);
    make_world(&world, 10, 32);
    world.variant.all.part[ESTIMATE_PATH_NS].open = true;
    estimates_take_time(&arena, &world.made);
    assert_true(world.made.wall_s.open);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unseen_is_open),
        cmocka_unit_test(after_and_beside),
        cmocka_unit_test(waves_of_a_width),
        cmocka_unit_test(the_scarcest_counts),
        cmocka_unit_test(what_is_not_known_is_not_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
