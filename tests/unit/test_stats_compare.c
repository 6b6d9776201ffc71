/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparisons in the summary: pairing, tests, verdicts, the winner, cost against accuracy, and the
 * sentences that say so. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/paired.h"
#include "unit/test_stats_rows.h"

enum { SAMPLES = 40 };

/* single: right on the first 10 of 40; chain: on 30; router: on 12. Costs 1 : 9 : 2. */
static struct summary *three_way(bool all_pairs, unsigned trials)
{
    static const size_t right[] = {10, 30, 12};
    static const int64_t cost[] = {1000, 9000, 2000};
    struct summary_meta meta = meta_of(3);
    struct summary *summary;

    meta.all_pairs = all_pairs;
    summary = summary_begin(&meta);
    for (size_t v = 0; v < 3; v++)
        for (size_t i = 0; i < SAMPLES; i++)
            for (unsigned t = 1; t <= trials; t++) {
                struct summary_cell_row row =
                    cell_of(v, i, t, i < right[v], cost[v] + (int64_t)i, 100 + 50 * (int64_t)v);

                add(summary, &row);
            }
    finish(summary);
    return summary;
}

/* Protects: method, test, adjustment and verdict of each variant against the baseline. */
static void test_verdicts(void **state)
{
    struct summary *summary = three_way(false, 1);
    const struct summary_comparison *chain = &summary->comparisons[0];
    const struct summary_comparison *router = &summary->comparisons[1];

    (void)state;
    assert_int_equal(summary->comparison_count, 2);
    assert_int_equal(chain->candidate, 1);
    assert_int_equal(chain->verdict, SUMMARY_BETTER);
    assert_false(chain->borderline);
    assert_int_equal(chain->family, 2);
    assert_near(chain->p.value, stats_mcnemar(20, 0).p_exact);
    assert_near(chain->p_adjusted.value, 2.0 * stats_mcnemar(20, 0).p_exact);
    assert_near(chain->accuracy.value.value, 0.5);
    assert_true(chain->low_simultaneous.value < chain->accuracy.low.value);
    assert_true(chain->high_simultaneous.value > chain->accuracy.high.value);
    assert_int_equal(router->verdict, SUMMARY_NO_CLEAR_DIFFERENCE);
    assert_near(router->p.value, 0.5);
    assert_true(router->detectable.value > 0.05);
    assert_near(chain->latency_ratio.value.value, 1.5);
    assert_near(chain->latency_shift_ns.value.value, 50e6);
    assert_int_equal(summary->winner, 1);
    assert_contains(summary->winner_text, "chain is more accurate");
    assert_contains(chain->accuracy_text,
                    "chain answers 50.0 points more often correctly than single on the same 40 "
                    "samples (95 % interval +");
    assert_contains(chain->accuracy_text,
                    "p < 0.001 after adjusting for 2 comparisons). chain is "
                    "better.");
    assert_contains(router->accuracy_text, "This test cannot tell the two apart. A true "
                                           "difference of about ");
    assert_contains(chain->cost_text,
                    "chain costs 8.8 times as much as single (95 % interval ");
    assert_contains(chain->shift_text, "chain takes 50.0 ms longer than single");
    summary_free(summary);
}

/* Protects: with trials the test becomes the sign flip, with the same p for identical trials. */
static void test_repeated_trials(void **state)
{
    struct summary *summary = three_way(true, 3);
    const struct summary_comparison *pairs = summary->comparisons;

    (void)state;
    assert_int_equal(summary->comparison_count, 3);
    assert_int_equal(pairs[2].baseline, 1);
    assert_int_equal(pairs[2].candidate, 2);
    assert_string_equal(pairs[0].test, "signflip_exact");
    assert_string_equal(pairs[0].accuracy.method, "cluster_t");
    assert_string_equal(pairs[1].accuracy.method, "plus_two");
    assert_near(pairs[0].p.value, stats_mcnemar(20, 0).p_exact);
    assert_int_equal(pairs[0].family, 3);
    assert_int_equal(pairs[2].verdict, SUMMARY_WORSE);
    assert_true(summary->variants[0].identical_trials);
    assert_true(has_warning(summary, "identical-trials", 0));
    assert_int_equal(summary->variants[0].reliability_count, 3);
    assert_near(summary->variants[0].accuracy.n_eff.value,
                0.25 * 0.75 / pow(summary->variants[0].accuracy.se.value, 2.0));
    assert_contains(summary->variants[0].accuracy_text,
                    "over 40 samples × 3 trials (95 % interval");
    assert_contains(summary->variants[0].accuracy_text, "worth about 39 independent ones");
    summary_free(summary);
}

/* Protects: "dominated" needs both axes beyond doubt, else it is only so on these samples. */
static void test_front(void **state)
{
    static const size_t right[] = {10, 30, 11};
    static const int64_t cost[] = {9000, 1000, 9500};
    struct summary_meta meta = meta_of(3);
    struct summary *summary = summary_begin(&meta);

    (void)state;
    for (size_t v = 0; v < 3; v++)
        for (size_t i = 0; i < SAMPLES; i++) {
            struct summary_cell_row row =
                cell_of(v, i, 1, i < right[v], cost[v] + (int64_t)(i * 13 % 40), 10);

            add(summary, &row);
        }
    finish(summary);
    assert_int_equal(summary->variants[0].front, SUMMARY_FRONT_DOMINATED);
    assert_int_equal(summary->variants[0].dominated_by, 1);
    assert_int_equal(summary->variants[1].front, SUMMARY_FRONT_ON);
    assert_int_equal(summary->variants[2].front, SUMMARY_FRONT_DOMINATED);
    summary_free(summary);

    summary = summary_begin(&meta);
    for (size_t v = 0; v < 2; v++)
        for (size_t i = 0; i < SAMPLES; i++) {
            struct summary_cell_row row =
                cell_of(v, i, 1, i < 10 + v,
                        1000 - (int64_t)v + (int64_t)(i * v * 13 % 40) - 20 * (int64_t)v, 10);

            add(summary, &row);
        }
    finish(summary);
    assert_int_equal(summary->variants[1].front, SUMMARY_FRONT_ON);
    assert_int_equal(summary->variants[0].front, SUMMARY_FRONT_OFF);
    assert_int_equal(summary->winner, SUMMARY_NO_BASELINE);
    assert_contains(summary->winner_text, "No clear winner among: single, chain");
    summary_free(summary);
}

/* Protects: samples that only one variant has are left out and counted. */
static void test_pairing(void **state)
{
    struct summary_meta meta = meta_of(2);
    struct summary *summary = summary_begin(&meta);

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        struct summary_cell_row first = cell_of(0, i, 1, i % 2, 10, 10);
        struct summary_cell_row second = cell_of(1, i, 1, i % 3 != 0, 10, 10);

        if (i < 3) {
            second.status = SUMMARY_UNSCORED;
            second.reason = STR("grader");
        }
        add(summary, &first);
        if (i != 10)
            add(summary, &second);
    }
    finish(summary);
    assert_int_equal(summary->comparisons[0].pairs, 16);
    assert_int_equal(summary->comparisons[0].dropped, 4);
    assert_true(summary->comparisons[0].unscored);
    assert_true(has_warning(summary, "dropped-samples", 1));
    assert_true(has_warning(summary, "unscored-comparison", 1));
    summary_free(summary);
}

/* ---- sentences ---- */

/* Protects: 100 % and 0 % are never sold as certainty, and a mock run says so. */
static void test_sentences(void **state)
{
    struct summary_meta meta = meta_of(2);
    struct summary *summary;

    (void)state;
    meta.mock = true;
    summary = summary_begin(&meta);
    for (size_t i = 0; i < SAMPLES; i++) {
        struct summary_cell_row right = cell_of(0, i, 1, true, 10, 10);
        struct summary_cell_row some = cell_of(1, i, 1, i < 34, 10, 10);

        add(summary, &right);
        add(summary, &some);
    }
    finish(summary);
    assert_contains(summary->variants[0].accuracy_text,
                    "40 of 40 correct. That does not mean 100 %: with 95 % confidence it is at "
                    "least 91.2 %.");
    assert_contains(
        summary->variants[1].accuracy_text,
        "Accuracy 85.0 % (34 of 40). With 95 % confidence the accuracy on new samples "
        "of this kind is between 70.9 % and 92.9 %.");
    assert_contains(
        summary->variants[0].latency_text,
        "A two-sided interval for p99 needs 368 independent runs; these 40 count as "
        "40.");
    assert_true(has_warning(summary, "mock", SUMMARY_NO_BASELINE));
    summary_free(summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),  cmocka_unit_test(test_repeated_trials),
        cmocka_unit_test(test_front),     cmocka_unit_test(test_pairing),
        cmocka_unit_test(test_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
