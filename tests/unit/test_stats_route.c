/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a router's mistakes come to: against figures worked out by hand, and by simulation. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "stats/route.h"

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-12 * fmax(1.0, fabs(expected))))
        fail_msg("%.17g is not %.17g", value, expected);
}

/* Class 0: 6 cells, 4 hit, of which 3 right; class 1: 2 cells, 2 hit, 1 right; the missed are wrong. */
static const struct stats_routed eight[] = {
    {0, 0, 1.0, true, true},  {0, 1, 1.0, true, true},   {0, 2, 1.0, true, true},
    {0, 3, 1.0, true, false}, {0, 4, 1.0, false, false}, {0, 5, 1.0, false, false},
    {1, 6, 1.0, true, true},  {1, 7, 1.0, true, false},
};

static struct stats_proportion recalls_of(const struct stats_routed *cells, size_t count,
                                          size_t classes)
{
    struct stats_proportion recall[3];
    for (size_t c = 0; c < classes; c++) {
        double hit = 0.0, all = 0.0;
        for (size_t i = 0; i < count; i++)
            if (cells[i].truth == c) {
                all += 1.0;
                hit += cells[i].hit;
            }
        recall[c] = stats_wilson(hit, all, 0.95);
    }
    return stats_route_balanced(recall, classes);
}

/* Protects the formulas: recalls 4/6 and 1, and half of the root of the distances of Wilson's limits,
 * squared and added. */
static void balanced_accuracy_is_the_mean_of_recalls(void **state)
{
    (void)state;
    struct stats_proportion a = recalls_of(eight, 8, 2);
    struct stats_proportion first = stats_wilson(4, 6, 0.95), second = stats_wilson(2, 2, 0.95);
    double mean = (4.0 / 6.0 + 1.0) / 2.0, low = 4.0 / 6.0 - first.low;
    assert_near(a.estimate.value, mean);
    assert_near(a.low, mean - hypot(low, 1.0 - second.low) / 2.0);
    assert_near(a.high, mean + (first.high - 4.0 / 6.0) / 2.0);
    const struct stats_proportion with_none[] = {first, {.low = 0.0, .high = 1.0}};
    assert_near(stats_route_balanced(with_none, 2).estimate.value, 4.0 / 6.0);
    assert_false(stats_route_balanced(with_none + 1, 1).estimable);
}

/* Protects the weights of classes: 6/8 of 3/4, and 2/8 of 1/2. */
static void a_perfect_router_hands_on_what_was_hit(void **state)
{
    (void)state;
    struct stats_accuracy a = stats_route_perfect(eight, 8, 2, 8, NULL, 0.95);
    assert_near(a.interval.estimate.value, 6.0 / 8.0 * 0.75 + 2.0 / 8.0 * 0.5);
    assert_true(a.interval.low < a.interval.estimate.value);
    assert_true(a.interval.high > a.interval.estimate.value);
}

/* Protects the ends: a class that was never hit does as all others, no cell at all is unknown, and a
 * router without mistakes changes nothing. */
static void ends_are_decided(void **state)
{
    (void)state;
    struct stats_routed never[8], always[8];
    for (size_t i = 0; i < 8; i++) {
        never[i] = always[i] = eight[i];
        never[i].hit = eight[i].hit && eight[i].truth == 0;
        always[i].hit = true;
    }
    struct stats_accuracy a = stats_route_perfect(never, 8, 2, 8, NULL, 0.95);
    assert_near(a.interval.estimate.value, 0.75);
    a = stats_route_perfect(always, 8, 2, 8, NULL, 0.95);
    assert_near(a.interval.estimate.value, 4.0 / 8.0);
    for (size_t i = 0; i < 8; i++)
        never[i].hit = false;
    assert_false(stats_route_perfect(never, 8, 2, 8, NULL, 0.95).interval.estimate.known);
}

/* Protects trials: the same cell twice at half the weight says as much as once. */
static void trials_of_a_sample_count_together(void **state)
{
    (void)state;
    struct stats_routed twice[16];
    for (size_t i = 0; i < 16; i++) {
        twice[i] = eight[i / 2];
        twice[i].weight = 0.5;
    }
    struct stats_accuracy one = stats_route_perfect(eight, 8, 2, 8, NULL, 0.95);
    struct stats_accuracy two = stats_route_perfect(twice, 16, 2, 8, NULL, 0.95);
    assert_near(two.interval.estimate.value, one.interval.estimate.value);
    assert_near(two.interval.low, one.interval.low);
    assert_near(two.interval.high, one.interval.high);
}

/* ---- coverage ---- */

struct world {
    size_t samples;
    double share[3], recall[3], right[3]; /* by class */
};

static double draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-53;
}

enum { RUNS = 2000, MOST = 300 };

static void simulate(const struct world *world, double *balanced_held, double *perfect_held)
{
    static struct stats_routed cells[MOST];
    uint64_t state = 7;
    double perfect = 0.0;
    size_t held[2] = {0};
    for (size_t c = 0; c < 3; c++)
        perfect += world->share[c] * world->right[c];
    for (size_t run = 0; run < RUNS; run++) {
        double balanced = 0.0, occurring = 0.0;
        size_t counts[3] = {0};
        for (size_t i = 0; i < world->samples; i++) {
            double u = draw(&state);
            size_t c = u < world->share[0] ? 0 : u < world->share[0] + world->share[1] ? 1 : 2;
            bool hit = draw(&state) < world->recall[c];
            cells[i] = (struct stats_routed){c, i, 1.0, hit,
                                             hit ? draw(&state) < world->right[c] : false};
            counts[c]++;
        }
        for (size_t c = 0; c < 3; c++)
            if (counts[c]) {
                balanced += world->recall[c];
                occurring += 1.0;
            }
        balanced /= occurring;
        struct stats_proportion b = recalls_of(cells, world->samples, 3);
        held[0] += b.low <= balanced && balanced <= b.high;
        struct stats_accuracy a =
            stats_route_perfect(cells, world->samples, 3, world->samples, NULL, 0.95);
        held[1] += a.interval.low <= perfect && perfect <= a.interval.high;
    }
    *balanced_held = (double)held[0] / RUNS;
    *perfect_held = (double)held[1] / RUNS;
}

/* Protects the intervals: nominal 95 %, held in at least 92 % of runs, also with classes that are
 * rare and routers that hardly err. */
static void intervals_hold_the_truth(void **state)
{
    (void)state;
    static const struct world worlds[] = {
        {60, {0.4, 0.3, 0.3}, {0.8, 0.9, 0.7}, {0.9, 0.8, 0.6}},
        {200, {0.7, 0.2, 0.1}, {0.95, 0.8, 0.6}, {0.95, 0.7, 0.5}},
        {300, {0.8, 0.15, 0.05}, {0.98, 0.97, 0.9}, {0.97, 0.97, 0.97}},
    };
    for (size_t i = 0; i < sizeof worlds / sizeof worlds[0]; i++) {
        double balanced, perfect;
        simulate(&worlds[i], &balanced, &perfect);
        print_message("%zu samples: balanced accuracy held in %.3f, if perfect in %.3f\n",
                      worlds[i].samples, balanced, perfect);
        assert_true(balanced >= 0.92);
        assert_true(perfect >= 0.92);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balanced_accuracy_is_the_mean_of_recalls),
        cmocka_unit_test(a_perfect_router_hands_on_what_was_hit),
        cmocka_unit_test(ends_are_decided),
        cmocka_unit_test(trials_of_a_sample_count_together),
        cmocka_unit_test(intervals_hold_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
