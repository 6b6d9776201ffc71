/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do the default intervals cover what they promise? The short form of script/simulate: the same
 * seeded settings (tests/simulate/coverage.h) with RUNS runs a row, whose own standard error is
 * less than half a point. The seeds are fixed, so the tests are too. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simulate/coverage.h"
#include "simulate/draw.h"
#include "simulate/early.h"
#include "stats/distribution.h"
#include "stats/expect.h"
#include "stats/interval.h"

enum { RUNS = 3000 };

static void assert_coverage(void *arg, const struct coverage_row *row)
{
    double share = (double)row->covered / (double)row->runs;
    size_t *rows = arg;

    print_message("    %-60s %.3f\n", row->what, share);
    if (share < row->bound)
        fail_msg("%s: coverage %.3f is below %.2f", row->what, share, row->bound);
    ++*rows;
}

static void check_rows(void (*simulate)(const struct coverage *to), size_t expected)
{
    size_t rows = 0;
    struct coverage to = {RUNS, false, assert_coverage, &rows};

    simulate(&to);
    assert_int_equal(rows, expected);
}

/* Protects: accuracy with repeated trials, from 20 samples at 60 % to 300 at 97 %. */
static void test_accuracy(void **state)
{
    (void)state;
    check_rows(coverage_accuracy, 18);
}

/* Protects: one trial a sample (Wilson), at every number of successes: exact, no simulation. */
static void test_wilson(void **state)
{
    static const double rates[] = {0.5, 0.7, 0.9, 0.97};
    static const uint64_t sizes[] = {20, 40, 100};

    (void)state;
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            double covers = 0.0, p = rates[r];

            for (uint64_t k = 0; k <= sizes[s]; k++) {
                struct stats_proportion w =
                    stats_wilson((double)k, (double)sizes[s], COVERAGE_CONF);

                if (w.low <= p && p <= w.high)
                    covers += stats_choose(sizes[s], k) * pow(p, (double)k) *
                              pow(1.0 - p, (double)(sizes[s] - k));
            }
            if (covers < 0.90) /* the coverage of any interval of a count goes up and down */
                fail_msg("Wilson covers %.3f at %.2f of %d", covers, p, (int)sizes[s]);
        }
}

/* Protects: one trial, variants that mostly agree (85 % both right, 5 % and 2 % discordant). */
static void test_newcombe(void **state)
{
    (void)state;
    check_rows(coverage_single_difference, 3);
}

/* Protects: three trials, few samples that differ at all: one in ten is lost by the candidate. */
static void test_guarded_difference(void **state)
{
    (void)state;
    check_rows(coverage_difference, 4);
}

/* Protects: pooled quantiles of strongly alike trials; ignoring that covers 0.77 to 0.87. */
static void test_quantiles(void **state)
{
    (void)state;
    check_rows(coverage_quantiles, 3);
}

/* Protects: the ratio of mean costs, with costs that vary between samples and go together. */
static void test_ratio(void **state)
{
    (void)state;
    check_rows(coverage_ratios, 6);
}

/* Protects: the typical shift in milliseconds. */
static void test_shift(void **state)
{
    (void)state;
    check_rows(coverage_shift, 1);
}

/* Protects: false alarms of the tests of "no difference" stay below 5 %, at every look for the
 * sequential ones; who peeks with the ordinary test has three times as many. */
static void test_false_alarms(void **state)
{
    struct coverage_alarms a = coverage_false_alarms(RUNS);

    (void)state;
    assert_true(a.fixed <= RUNS / 20);
    assert_true(a.sequential <= RUNS / 20);
    assert_true(a.sequence <= RUNS / 20);
    assert_true(a.peeking > RUNS / 10);
}

/* Protects: an early stop in 300 runs has at most 23 false alarms, with one trial and with three, and
 * the larger the difference the more it spares. */
static void test_early_stop(void **state)
{
    static const double differences[] = {0.0, 0.05, 0.10, 0.20};
    double before = -1.0;

    (void)state;
    for (size_t trials = 1; trials <= 3; trials += 2)
        for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
            struct early e = {
                .samples = 600, .trials = trials, .base = 0.70, .difference = differences[i]};
            struct early_result r = early_simulate(&e, 300, 1);

            if (i == 0)
                assert_true(r.better + r.worse <= 23);
            assert_true(r.missed <= 23);
            assert_true(r.worse <= 23);
            assert_true(i == 0 || r.median_spared >= before);
            before = r.median_spared;
            if (i == 3)
                assert_true(r.better == 300 && r.median_spared > 0.5);
        }
}

/* ---- expected times ---- */

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return a < b ? -1 : a > b;
}

/* Protects: the formulas for fan-outs against simulated exponential providers (five standard
 * errors of the simulated mean). */
static void test_exponential_fanout(void **state)
{
    enum { CALLS = 5, FASTEST = 3, WORKERS = 2, DRAWS = 20000 };
    struct stats_random *random = stats_random_new(800);
    double slowest = 0.0, kth = 0.0, sum = 0.0, makespan = 0.0;
    struct stats_exp_fanout expected = stats_exp_fanout(2.0, CALLS);

    (void)state;
    for (size_t draw = 0; draw < DRAWS; draw++) {
        double times[CALLS], busy[WORKERS] = {0}, end = 0.0;

        for (size_t i = 0; i < CALLS; i++) {
            size_t idle = busy[0] <= busy[1] ? 0 : 1;

            times[i] = draw_exponential(random, 2.0);
            busy[idle] += times[i];
            end = fmax(end, busy[idle]);
            sum += times[i];
        }
        makespan += end;
        qsort(times, CALLS, sizeof times[0], compare_doubles);
        slowest += times[CALLS - 1];
        kth += times[FASTEST - 1];
    }
    stats_random_free(random);
    assert_true(fabs(slowest / DRAWS - expected.mean_max.value) <
                5.0 * sqrt(expected.var_max.value / DRAWS));
    assert_true(fabs(sum / DRAWS - expected.mean_sum.value) < 5.0 * sqrt(4.0 * CALLS / DRAWS));
    assert_true(fabs(kth / DRAWS - stats_exp_kth_of_n(2.0, CALLS, FASTEST).value) < 0.06);
    assert_true(fabs(makespan / DRAWS - stats_exp_makespan(2.0, CALLS, WORKERS).value) < 0.12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accuracy),   cmocka_unit_test(test_wilson),
        cmocka_unit_test(test_newcombe),   cmocka_unit_test(test_guarded_difference),
        cmocka_unit_test(test_quantiles),  cmocka_unit_test(test_ratio),
        cmocka_unit_test(test_shift),      cmocka_unit_test(test_false_alarms),
        cmocka_unit_test(test_early_stop), cmocka_unit_test(test_exponential_fanout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
