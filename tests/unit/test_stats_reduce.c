/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One value a sample, made of its trials: reducers by themselves and in a summary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "stats/interval.h"
#include "stats/reduce.h"
#include "stats/stop.h"
#include "test_stats_rows.h"

static double reduced(enum stats_reducer reducer, const double *values, size_t count)
{
    double copy[8];
    for (size_t i = 0; i < count; i++)
        copy[i] = values[i];
    return stats_reduce(reducer, copy, count);
}

/* Each reducer by hand, in any order of the trials. */
static void reducers_are_what_their_names_say(void **state)
{
    (void)state;
    const double odd[] = {0.9, 0.1, 0.4}, even[] = {1.0, 0.2, 0.2, 0.6};
    assert_near(reduced(STATS_REDUCE_MEAN, odd, 3), 1.4 / 3.0);
    assert_near(reduced(STATS_REDUCE_MEDIAN, odd, 3), 0.4);
    assert_near(reduced(STATS_REDUCE_MAX, odd, 3), 0.9);
    assert_near(reduced(STATS_REDUCE_MODE, odd, 3), 1.4 / 3.0); /* all tie */
    assert_near(reduced(STATS_REDUCE_MEDIAN, even, 4), 0.4);
    assert_near(reduced(STATS_REDUCE_MODE, even, 4), 0.2);
    assert_near(reduced(STATS_REDUCE_MAX, even, 1), 1.0);
}

/* A majority is a majority, and a tie of right and wrong counts half. */
static void ties_count_half(void **state)
{
    (void)state;
    const double most[] = {1, 0, 1}, tie[] = {1, 0, 0, 1};
    assert_near(reduced(STATS_REDUCE_MODE, most, 3), 1.0);
    assert_near(reduced(STATS_REDUCE_MEDIAN, most, 3), 1.0);
    assert_near(reduced(STATS_REDUCE_MODE, tie, 4), 0.5);
    assert_near(reduced(STATS_REDUCE_MEDIAN, tie, 4), 0.5);
    assert_near(reduced(STATS_REDUCE_MAX, tie, 4), 1.0);
}

static void names_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < STATS_REDUCERS; i++) {
        enum stats_reducer reducer = (enum stats_reducer)i;
        assert_int_equal(stats_reducer_named(str_from(stats_reducer_name(reducer))), i);
    }
    assert_int_equal(stats_reducer_named(STR("")), STATS_REDUCE_MEAN);
}

/* Sample s of variant v is right in so many of its trials. */
static struct summary *summarise(enum stats_reducer reducer, unsigned trials,
                                 const unsigned right[2][10])
{
    struct summary_meta meta = meta_of(2);
    meta.samples = 10;
    meta.trials = trials;
    meta.reducer = reducer;
    struct summary *summary = summary_begin(&meta);
    for (size_t v = 0; v < 2; v++)
        for (size_t s = 0; s < 10; s++)
            for (unsigned t = 1; t <= trials; t++) {
                struct summary_cell_row row =
                    cell_of(v, s, t, t <= right[v][s], 1000000 + 1000 * (int64_t)s, 100);
                add(summary, &row);
            }
    finish(summary);
    return summary;
}

static const unsigned of_three[2][10] = {{3, 3, 3, 2, 2, 1, 1, 1, 0, 0},
                                         {3, 3, 3, 3, 2, 2, 2, 1, 1, 1}};

/* Majorities: 5 of 10 and 7 of 10 right, with the interval and the test of single answers. */
static void a_majority_is_one_answer_a_sample(void **state)
{
    (void)state;
    struct summary *summary = summarise(STATS_REDUCE_MODE, 3, of_three);
    struct stats_proportion wilson = stats_wilson(5.0, 10.0, 0.95);
    assert_near(summary->variants[0].accuracy.value.value, 0.5);
    assert_near(summary->variants[1].accuracy.value.value, 0.7);
    assert_string_equal(summary->variants[0].accuracy.method, "wilson");
    assert_near(summary->variants[0].accuracy.low.value, wilson.low);
    assert_int_equal(summary->variants[0].accuracy.n, 10);
    assert_string_equal(summary->comparisons[0].test, "mcnemar_exact");
    assert_near(summary->comparisons[0].p.value, 0.5); /* 2 to 0 */
    assert_near(summary->comparisons[0].accuracy.value.value, 0.2);
    assert_true(has_warning(summary, "reducer", SUMMARY_NO_BASELINE));
    assert_contains(summary->variants[0].accuracy_text, "majority of its trials");
    summary_free(summary);
}

/* The best of all tries, for scores too: a wrong trial scores 0.25. */
static void the_best_try_counts(void **state)
{
    (void)state;
    struct summary *summary = summarise(STATS_REDUCE_MAX, 3, of_three);
    assert_near(summary->variants[0].accuracy.value.value, 0.8);
    assert_near(summary->variants[0].score.value.value, (8.0 + 2.0 * 0.25) / 10.0);
    assert_near(summary->variants[1].accuracy.value.value, 1.0);
    summary_free(summary);
}

/* Trials stay trials where the figure is about them. */
static void what_is_about_trials_is_not_reduced(void **state)
{
    (void)state;
    struct summary *mean = summarise(STATS_REDUCE_MEAN, 3, of_three);
    struct summary *most = summarise(STATS_REDUCE_MAX, 3, of_three);
    const struct summary_variant *a = &mean->variants[0], *b = &most->variants[0];
    assert_true(a->se_rerun.known);
    assert_false(b->se_rerun.known);
    assert_int_equal(b->rerun_text.n, 0);
    assert_int_equal(a->correct, b->correct);
    assert_near(a->reliability[1].pass_at.value.value, b->reliability[1].pass_at.value.value);
    assert_near(a->icc.value, b->icc.value);
    assert_near(a->cost_per_correct_usd.value.value, b->cost_per_correct_usd.value.value);
    assert_int_equal(mean->comparisons[0].gained, most->comparisons[0].gained);
    assert_int_equal(most->comparisons[0].gained, 2);
    assert_false(has_warning(mean, "reducer", SUMMARY_NO_BASELINE));
    summary_free(mean);
    summary_free(most);
}

/* With ties there are halves: no table of right and wrong, no lattice. */
static void ties_are_tested_as_fractions(void **state)
{
    (void)state;
    static const unsigned of_two[2][10] = {{2, 2, 1, 1, 0, 0, 2, 1, 0, 1},
                                           {2, 1, 2, 2, 1, 0, 2, 2, 1, 2}};
    struct summary *summary = summarise(STATS_REDUCE_MODE, 2, of_two);
    struct summary *means = summarise(STATS_REDUCE_MEAN, 2, of_two);
    assert_near(summary->variants[0].accuracy.value.value, 0.5);
    assert_string_equal(summary->comparisons[0].test, "signflip_enumerated");
    /* of two trials the mode is the mean, so the exact test says the same */
    assert_string_equal(means->comparisons[0].test, "signflip_exact");
    assert_near(summary->comparisons[0].p.value, means->comparisons[0].p.value);
    assert_near(summary->comparisons[0].accuracy.low.value,
                means->comparisons[0].accuracy.low.value);
    summary_free(summary);
    summary_free(means);
}

/* One trial is what it is, by any reducer. */
static void of_one_trial_all_are_alike(void **state)
{
    (void)state;
    static const unsigned of_one[2][10] = {{1, 1, 0, 1, 0, 0, 1, 0, 1, 1},
                                           {1, 1, 1, 1, 0, 1, 1, 0, 1, 1}};
    struct summary *mean = summarise(STATS_REDUCE_MEAN, 1, of_one);
    for (int i = 1; i < STATS_REDUCERS; i++) {
        struct summary *other = summarise((enum stats_reducer)i, 1, of_one);
        assert_near(other->variants[1].accuracy.low.value,
                    mean->variants[1].accuracy.low.value);
        assert_near(other->comparisons[0].p.value, mean->comparisons[0].p.value);
        assert_true(
            str_equal(other->variants[0].accuracy_text, mean->variants[0].accuracy_text));
        assert_false(has_warning(other, "reducer", SUMMARY_NO_BASELINE));
        summary_free(other);
    }
    summary_free(mean);
}

/* A rule is judged on the same values as the report shows. */
static void rules_see_reduced_values(void **state)
{
    (void)state;
    struct summary_rule rule = {.metric = SUMMARY_ACCURACY,
                                .bar = SUMMARY_MIN,
                                .variant = 1,
                                .limit = 0.99,
                                .estimate = true};
    struct summary_meta meta = meta_of(2);
    meta.reducer = STATS_REDUCE_MAX;
    meta.rules = &rule;
    meta.rule_count = 1;
    struct summary *summary = summary_begin(&meta);
    for (size_t v = 0; v < 2; v++)
        for (size_t s = 0; s < 10; s++)
            for (unsigned t = 1; t <= 3; t++) {
                struct summary_cell_row row = cell_of(v, s, t, t == 2, 1000000, 100);
                add(summary, &row);
            }
    finish(summary);
    assert_near(summary->requirements[0].measured.value.value, 1.0);
    assert_int_equal(summary->requirements[0].verdict, STATS_GATE_PASS);
    summary_free(summary);
}

/* Early stopping looks at the same differences. */
static void a_stop_looks_at_reduced_values(void **state)
{
    (void)state;
    for (int reducer = 0; reducer < STATS_REDUCERS; reducer++) {
        struct stats_stop stop;
        struct stats_stop_rule rule = {
            .alpha = 0.05, .min_samples = 100, .reducer = (enum stats_reducer)reducer};
        static const double expected[] = {1.0 / 3.0, 0.0, 0.0, 1.0};
        stats_stop_init(&stop, &rule, NULL, 1, 3);
        for (unsigned t = 1; t <= 3; t++) {
            stats_stop_cell(&stop, 0, STATS_STOP_CANDIDATE, t, maybe_of(t == 3));
            stats_stop_cell(&stop, 0, STATS_STOP_BASELINE, t, maybe_of(0.0));
        }
        assert_int_equal(stop.pairs, 1);
        assert_near(stats_sum_value(&stop.sum), expected[reducer]);
        stats_stop_release(&stop);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reducers_are_what_their_names_say),
        cmocka_unit_test(ties_count_half),
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(a_majority_is_one_answer_a_sample),
        cmocka_unit_test(the_best_try_counts),
        cmocka_unit_test(what_is_about_trials_is_not_reduced),
        cmocka_unit_test(ties_are_tested_as_fractions),
        cmocka_unit_test(of_one_trial_all_are_alike),
        cmocka_unit_test(rules_see_reduced_values),
        cmocka_unit_test(a_stop_looks_at_reduced_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
