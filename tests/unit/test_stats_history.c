/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_stats_history.c: changes between runs: adjusted over all of them, marked by what supports
 * them, and rarely where nothing changed.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/distribution.h"
#include "stats/history.h"
#include "test_stats_rows.h"

enum { SAMPLES = 40 };

static size_t add_named(struct history *h, const char *id)
{
    struct history_run_meta meta = {.id = str_from(id), .time = STR("2026-01-02T03:04:05Z")};
    return history_add_run(h, &meta);
}

static struct summary_comparison change(double difference, double low, double high, double p)
{
    return (struct summary_comparison){.pairs = SAMPLES,
                                       .test = "mcnemar_exact",
                                       .p = maybe_of(p),
                                       .accuracy = {.value = maybe_of(difference),
                                                    .low = maybe_of(low),
                                                    .high = maybe_of(high)},
                                       .cost_ratio = {.reason = "none"},
                                       .latency_ratio = {.reason = "none"}};
}

/* Protects: Holm over all changes of all variants: 0.01, 0.03 and 0.04 become 0.03, 0.06 and 0.06,
 * so that one is marked where three would be alone. */
static void p_values_are_adjusted_together(void **state)
{
    (void)state;
    struct history *h = history_begin(&(struct history_meta){.experiment = STR("e")});
    struct summary_comparison a = change(-0.2, -0.3, -0.1, 0.01),
                              b = change(0.1, 0.01, 0.2, 0.03),
                              c = change(0.1, 0.01, 0.2, 0.04);
    add_named(h, "r1");
    add_named(h, "r2");
    add_named(h, "r3");
    history_add_change(h, 0, 1, STR("one"), false, &a, SAMPLES);
    history_add_change(h, 1, 2, STR("one"), false, &b, SAMPLES);
    history_add_change(h, 1, 2, STR("two"), false, &c, SAMPLES);
    history_finish(h);
    assert_int_equal(h->family[HISTORY_ACCURACY], 3);
    assert_near(h->run[1].change[0].p_adjusted.value, 0.03);
    assert_near(h->run[2].change[0].p_adjusted.value, 0.06);
    assert_near(h->run[2].change[1].p_adjusted.value, 0.06);
    assert_int_equal(h->run[1].change[0].mark[HISTORY_ACCURACY], HISTORY_DOWN);
    assert_int_equal(h->run[2].change[0].mark[HISTORY_ACCURACY], HISTORY_UNMARKED);
    assert_int_equal(h->sentences, 1);
    assert_contains(h->sentence[0],
                    "run r2: one is right 20.0 points less often than in the run "
                    "before, r1 (interval −30.0 to −10.0 points, p 0.030 adjusted "
                    "for 3 comparisons).");
    assert_contains(
        h->verdict,
        "1 change between 3 runs is supported: 1 of accuracy; against the run before, "
        "the newest has 0, 0 and 0.");
    history_free(h);
}

/* Protects: a small p is no mark where the interval holds 0. */
static void test_and_interval_must_agree(void **state)
{
    (void)state;
    struct history *h = history_begin(&(struct history_meta){.experiment = STR("e")});
    struct summary_comparison a = change(0.1, -0.01, 0.21, 0.001);
    add_named(h, "r1");
    add_named(h, "r2");
    history_add_change(h, 0, 1, STR("one"), false, &a, SAMPLES);
    history_finish(h);
    assert_int_equal(h->run[1].change[0].mark[HISTORY_ACCURACY], HISTORY_UNMARKED);
    assert_contains(h->verdict, "that is not to say that nothing changed");
    history_free(h);
}

/* Protects: ratios are marked by limits at 1 - alpha/m: ratio e^0.1, error 0.04, 40 units: alone it
 * would be marked, as one of two it is not; with error 0.03 it is. */
static void ratios_are_marked_together(void **state)
{
    (void)state;
    for (int exact = 0; exact < 2; exact++) {
        struct history *h = history_begin(&(struct history_meta){.experiment = STR("e")});
        struct summary_comparison a = change(0, -0.1, 0.1, 1), b = a;
        double se = exact ? 0.03 : 0.046;
        a.cost_ratio =
            (struct summary_estimate){.value = maybe_of(exp(0.1)), .se = maybe_of(se)};
        b.cost_ratio = (struct summary_estimate){.value = maybe_of(1), .se = maybe_of(0.1)};
        b.latency_ratio = a.cost_ratio;
        add_named(h, "r1");
        add_named(h, "r2");
        history_add_change(h, 0, 1, STR("one"), false, &a, SAMPLES);
        history_add_change(h, 0, 1, STR("two"), false, &b, SAMPLES);
        history_finish(h);
        const struct history_change *one = &h->run[1].change[0], *two = &h->run[1].change[1];
        double t2 = stats_t_quantile(1 - 0.05 / 4, 39), t1 = stats_t_quantile(1 - 0.05 / 2, 39);
        assert_near(one->cost_low.value, exp(0.1 - t2 * se));
        assert_near(one->cost_high.value, exp(0.1 + t2 * se));
        assert_int_equal(one->mark[HISTORY_COST], exact ? HISTORY_UP : HISTORY_UNMARKED);
        assert_int_equal(h->family[HISTORY_LATENCY], 1);
        assert_near(two->latency_low.value, exp(0.1 - t1 * se));
        assert_int_equal(two->mark[HISTORY_LATENCY], HISTORY_UP);
        assert_int_equal(two->mark[HISTORY_COST], HISTORY_UNMARKED);
        history_free(h);
    }
}

/* Protects: variants stand in the order of the newest run, and one that is gone behind them; a run
 * that cannot be shown is named. */
static void variants_and_left_out_runs(void **state)
{
    (void)state;
    struct history *h = history_begin(&(struct history_meta){.experiment = STR("e")});
    struct summary_variant value = {.samples = 3, .accuracy.value = maybe_of(0.5)};
    add_named(h, "r1");
    add_named(h, "r2");
    history_add_value(h, 0, STR("old"), &value);
    history_add_value(h, 0, STR("b"), &value);
    history_add_value(h, 1, STR("a"), &value);
    history_add_value(h, 1, STR("b"), &value);
    history_leave_out(h, STR("r0"), STR(""), STR("it is being written"));
    history_finish(h);
    assert_int_equal(h->variants, 3);
    assert_contains(h->variant[0], "a");
    assert_contains(h->variant[1], "b");
    assert_contains(h->variant[2], "old");
    assert_true(h->run[0].value[1].there && !h->run[0].value[0].there);
    assert_false(h->run[1].value[2].there || h->run[1].change[1].there);
    assert_int_equal(h->left_outs, 1);
    assert_contains(h->verdict, "No change between 2 runs");
    history_free(h);
}

/* ---- simulation ---- */

static double uniform(struct stats_random *random)
{
    return ((double)stats_random_next(random) + 0.5) / 4294967296.0;
}

/* One run after the other of a variant whose answers and costs are drawn anew each time. */
static void compare_runs(struct history *h, struct stats_random *random, size_t runs,
                         const double *skill)
{
    bool right[SAMPLES] = {false};
    int64_t cost[SAMPLES] = {0};
    for (size_t r = 0; r < runs; r++) {
        struct summary_variant_meta names[] = {{STR_INIT("before"), STR_INIT("call")},
                                               {STR_INIT("now"), STR_INIT("call")}};
        struct summary_pair pair = {0, 1};
        struct summary_meta meta = {.variants = names,
                                    .variant_count = 2,
                                    .pairs = &pair,
                                    .pair_count = 1,
                                    .samples = SAMPLES,
                                    .trials = 1};
        struct summary *summary = summary_begin(&meta);
        for (size_t i = 0; i < SAMPLES; i++) {
            struct summary_cell_row row = cell_of(0, i, 1, right[i], cost[i] ? cost[i] : 1, 10);
            row.scores = NULL;
            add(summary, &row);
            right[i] = uniform(random) < skill[r];
            cost[i] = (int64_t)(1e6 * exp(0.3 * stats_normal_quantile(uniform(random))));
            row = cell_of(1, i, 1, right[i], cost[i], 10);
            add(summary, &row);
        }
        add_named(h, "r");
        finish(summary);
        if (r)
            history_add_change(h, r - 1, r, STR("one"), false, &summary->comparisons[0],
                               SAMPLES);
        summary_free(summary);
    }
    history_finish(h);
}

/* Protects: six runs of one thing: any mark at all in at most 5 % of the histories, of accuracy and
 * of cost each; and a fall of 40 points is marked, at the run where it fell, in most. */
static void false_alarms_are_rare(void **state)
{
    (void)state;
    enum { HISTORIES = 300, RUNS = 6 };
    const double steady[RUNS] = {0.8, 0.8, 0.8, 0.8, 0.8, 0.8},
                 falling[RUNS] = {0.8, 0.8, 0.8, 0.4, 0.4, 0.4};
    struct stats_random *random = stats_random_new(77);
    size_t alarms = 0, dearer = 0, found = 0;
    for (size_t i = 0; i < 2 * HISTORIES; i++) {
        struct history *h = history_begin(&(struct history_meta){.experiment = STR("e")});
        compare_runs(h, random, RUNS, i < HISTORIES ? steady : falling);
        bool any = false, cost = false;
        for (size_t r = 1; r < RUNS; r++) {
            any = any || h->run[r].change[0].mark[HISTORY_ACCURACY];
            cost = cost || h->run[r].change[0].mark[HISTORY_COST];
        }
        alarms += any && i < HISTORIES;
        dearer += cost && i < HISTORIES;
        found += i >= HISTORIES && h->run[3].change[0].mark[HISTORY_ACCURACY] == HISTORY_DOWN;
        history_free(h);
    }
    stats_random_free(random);
    print_message("    false alarms: accuracy %.3f, cost %.3f; found %.3f\n",
                  (double)alarms / HISTORIES, (double)dearer / HISTORIES,
                  (double)found / HISTORIES);
    assert_true(alarms <= HISTORIES * 6 / 100 && dearer <= HISTORIES * 8 / 100);
    assert_true(found >= HISTORIES * 80 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_values_are_adjusted_together),
        cmocka_unit_test(test_and_interval_must_agree),
        cmocka_unit_test(ratios_are_marked_together),
        cmocka_unit_test(variants_and_left_out_runs),
        cmocka_unit_test(false_alarms_are_rare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
