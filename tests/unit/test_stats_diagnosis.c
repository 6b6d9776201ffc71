/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the summary says of patterns, from rows made by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/interval.h"
#include "stats/summary_diagnosis.h"
#include "stats/voting.h"
#include "unit/test_stats_rows.h"

enum { CHAIN = 1 }; /* the variant of that pattern in the table of rows */

static void add_chain_step(struct summary *summary, size_t sample, unsigned trial, size_t order,
                           const char *path, bool scored, bool right, const char *failure)
{
    struct summary_step_row row = {.variant = CHAIN,
                                   .sample = sample,
                                   .trial = trial,
                                   .order = order,
                                   .path = str_from(path),
                                   .pattern = STR("call"),
                                   .failure = str_from(failure),
                                   .score = scored ? maybe_of(right) : maybe_none(),
                                   .wrong = scored && !right,
                                   .traffic = {1, 1, 0, 0, 1, 0},
                                   .latency_ns = 1000};
    add_step(summary, &row);
}

/* A chain of a, b and c on one sample. `wrong` names the steps that are: "b", "bc"; the others
 * are right. */
static void add_chain(struct summary *summary, size_t sample, unsigned trial, const char *wrong,
                      bool answer)
{
    static const char *const paths[] = {"a", "b", "c"};
    struct summary_cell_row cell = cell_of(CHAIN, sample, trial, answer, 10, 5);
    add(summary, &cell);
    add_chain_step(summary, sample, trial, 0, ".", false, true, "");
    for (size_t s = 0; s < 3; s++)
        add_chain_step(summary, sample, trial, s + 1, paths[s], s < 2,
                       !str_contains(str_from(wrong), str_from(paths[s])), "");
}

static struct summary *begin(void)
{
    struct summary_meta meta = meta_of(2);
    return summary_begin(&meta);
}

static const struct summary_chain *chain_of(const struct summary *summary)
{
    assert_non_null(summary->variants[CHAIN].diagnosis);
    assert_non_null(summary->variants[CHAIN].diagnosis->chain);
    return summary->variants[CHAIN].diagnosis->chain;
}

static bool says(const struct summary *summary, const char *part)
{
    const struct summary_diagnosis *d = summary->variants[CHAIN].diagnosis;
    for (size_t i = 0; i < d->sentence_count; i++)
        if (str_contains(d->sentences[i], str_from(part)))
            return true;
    return false;
}

/* Protects the counts: the first wrong step takes the blame, one that nothing scores has the
 * answer's fault, and intervals are Wilson's. */
static void the_first_wrong_step_takes_the_blame(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 40; i++)
        add_chain(summary, i, 1, i < 2 ? "ab" : i < 10 ? "b" : "", i >= 11);
    finish(summary);
    const struct summary_chain *chain = chain_of(summary);
    assert_int_equal(chain->step_count, 3);
    static const uint64_t entered[] = {40, 38, 30}, passed[] = {38, 30, 29};
    for (size_t s = 0; s < 3; s++) {
        const struct summary_chain_step *step = &chain->steps[s];
        struct stats_proportion wilson =
            stats_wilson((double)passed[s], (double)entered[s], 0.95);
        assert_int_equal(step->entered, entered[s]);
        assert_int_equal(step->passed, passed[s]);
        assert_near(step->rate.value.value, wilson.estimate.value);
        assert_near(step->rate.low.value, wilson.low);
        assert_near(step->rate.high.value, wilson.high);
        assert_near(step->blame.value, (double)(entered[s] - passed[s]) / 11.0);
    }
    assert_int_equal(chain->weakest, 1);
    assert_int_equal(chain->broken, 11);
    assert_int_equal(chain->repaired + chain->unblamed, 0);
    assert_near(chain->all_right.value, 29.0 / 40.0);
    assert_near(chain->product.value, 38.0 / 40.0 * (30.0 / 40.0) * (29.0 / 40.0));
    assert_near(chain->steps[1].perfect.value.value, 38.0 / 40.0 * (29.0 / 30.0));
    assert_near(chain->steps[1].gain.value, 38.0 / 40.0 * (29.0 / 30.0) - 29.0 / 40.0);
    assert_true(says(summary, "8 of the 11 failures start at step 2 (b)."));
    assert_true(says(summary, "If step 2 were perfect, the accuracy would be about 91.8 %"));
    summary_free(summary);
}

/* Protects the standard error: with one step before and one behind, by the delta method for the
 * product of two independent shares. */
static void the_interval_without_a_step_is_that_of_a_product(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 40; i++)
        add_chain(summary, i, 1, i < 4 ? "a" : i < 16 ? "b" : "", i >= 22);
    finish(summary);
    const struct summary_estimate *perfect = &chain_of(summary)->steps[1].perfect;
    double before = 36.0 / 40.0, after = 18.0 / 24.0;
    /* (SE/p)^2 = (1-a)/(a n) + (1-b)/(b m); samples minus one, as everywhere */
    double relative = (1 - before) / (before * 40.0) + (1 - after) / (after * 24.0);
    assert_near(perfect->value.value, before * after);
    assert_near(perfect->se.value, before * after * sqrt(relative * 40.0 / 39.0));
    assert_true(perfect->low.value < before * after && perfect->high.value > before * after);
    summary_free(summary);
}

/* Protects chains whose steps do not hang on each other: what ended right is not counted as
 * lost, and what no score saw is said. */
static void repaired_and_unblamed_cells_are_said(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 20; i++)
        add_chain(summary, i, 1, i < 6 ? "b" : "", i > 3);
    finish(summary);
    const struct summary_chain *chain = chain_of(summary);
    assert_int_equal(chain->broken, 6);
    assert_int_equal(chain->repaired, 2);
    assert_near(chain->steps[1].perfect.value.value, 1.0);
    assert_near(chain->steps[0].perfect.value.value, 16.0 / 20.0);
    assert_true(says(summary, "2 cells ended right although a step was wrong"));
    summary_free(summary);
}

/* Protects trials: those of one sample are no samples of their own. */
static void trials_of_a_sample_count_together(void **state)
{
    (void)state;
    struct summary *once = begin(), *thrice = begin();
    for (size_t i = 0; i < 20; i++)
        for (unsigned trial = 1; trial <= 3; trial++) {
            add_chain(thrice, i, trial, i < 5 ? "b" : "", i >= 7);
            if (trial == 1)
                add_chain(once, i, trial, i < 5 ? "b" : "", i >= 7);
        }
    finish(once);
    finish(thrice);
    const struct summary_estimate *a = &chain_of(once)->steps[1].perfect;
    const struct summary_estimate *b = &chain_of(thrice)->steps[1].perfect;
    assert_near(a->value.value, b->value.value);
    assert_near(a->low.value, b->low.value);
    assert_near(a->high.value, b->high.value);
    summary_free(once);
    summary_free(thrice);
}

/* Protects against blame by guesswork: nothing looks into the chain, so nothing is said. */
static void a_chain_that_nothing_looks_into_has_no_diagnosis(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 10; i++) {
        struct summary_cell_row cell = cell_of(CHAIN, i, 1, i % 2, 10, 5);
        add(summary, &cell);
        add_chain_step(summary, i, 1, 1, "a", false, true, "");
        add_chain_step(summary, i, 1, 2, "b", false, true, "");
    }
    finish(summary);
    assert_null(summary->variants[CHAIN].diagnosis);
    summary_free(summary);
}

/* Protects gates: a step that fails is wrong without any score, and those behind it are not
 * reached. */
static void a_gate_takes_the_blame(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 10; i++) {
        bool stopped = i < 3;
        struct summary_cell_row cell = cell_of(CHAIN, i, 1, true, 10, 5);
        if (stopped)
            cell.status = SUMMARY_ERROR;
        cell.reason = stopped ? STR("gate") : STR("");
        add(summary, &cell);
        add_chain_step(summary, i, 1, 1, "a", false, true, stopped ? "gate" : "");
        if (!stopped)
            add_chain_step(summary, i, 1, 2, "b", false, true, "");
    }
    finish(summary);
    const struct summary_chain *chain = chain_of(summary);
    assert_int_equal(chain->weakest, 0);
    assert_int_equal(chain->steps[0].passed, 7);
    assert_int_equal(chain->steps[1].entered, 7);
    assert_int_equal(chain->steps[1].passed, 7);
    assert_near(chain->steps[0].perfect.value.value, 1.0);
    assert_true(says(summary, "No score looks at a"));
    summary_free(summary);
}

/* ---- votes ---- */

enum { SINGLE = 0 };

/* Right in `right[i]` of `trials` trials of sample i. */
static struct summary *votes_of(const unsigned *right, size_t samples, unsigned trials)
{
    struct summary *summary = begin();
    for (size_t i = 0; i < samples; i++)
        for (unsigned t = 1; t <= trials; t++) {
            struct summary_cell_row cell = cell_of(SINGLE, i, t, t <= right[i], 1000000, 5);
            add(summary, &cell);
        }
    finish(summary);
    return summary;
}

/* Protects the binned formulas: they are those that agree with the reference vectors. */
static void predictions_are_those_of_the_reference(void **state)
{
    (void)state;
    static const unsigned right[] = {0, 1, 2, 3, 3, 3, 2, 1, 3, 0, 3, 2};
    double scores[36];
    size_t start[13] = {0};
    for (size_t i = 0; i < 12; i++) {
        start[i + 1] = (i + 1) * 3;
        for (size_t t = 0; t < 3; t++)
            scores[i * 3 + t] = t < right[i];
    }
    struct stats_trials trials = {scores, start, 12};
    struct stats_voting report = stats_voting_report(&trials);
    struct summary *summary = votes_of(right, 12, 3);
    const struct summary_vote *vote = summary->variants[SINGLE].diagnosis->vote;
    assert_int_equal(vote->always_right, 5);
    assert_int_equal(vote->always_wrong, 2);
    assert_near(vote->rho.value, report.rho.value);
    for (size_t i = 0; i < SUMMARY_VOTE_SIZES; i++) {
        struct stats_majority m =
            stats_voting_majority(&trials, &report, summary_vote_sizes[i]);
        assert_near(vote->size[i].accuracy.value.value, m.estimate.value);
        assert_near(vote->size[i].independent, m.independent);
        assert_string_equal(vote->size[i].accuracy.method,
                            stats_majority_method_name(m.method));
        assert_int_equal(vote->size[i].extrapolated, i > 1);
        assert_true(vote->size[i].accuracy.low.value < m.estimate.value);
        assert_true(vote->size[i].accuracy.high.value > m.estimate.value);
        assert_near(vote->size[i].cost_usd.value, 0.001 * summary_vote_sizes[i]);
    }
    summary_free(summary);
}

/* Protects the intervals of all sizes together: for one vote it is that of the accuracy, at a
 * sixth of the error. */
static void intervals_hold_together(void **state)
{
    (void)state;
    static const unsigned right[] = {4, 4, 3, 1, 2, 4, 0, 4, 3, 2};
    double means[10];
    for (size_t i = 0; i < 10; i++)
        means[i] = right[i] / 4.0;
    struct summary *summary = votes_of(right, 10, 4);
    const struct summary_estimate *one =
        &summary->variants[SINGLE].diagnosis->vote->size[0].accuracy;
    struct stats_accuracy wide =
        stats_accuracy_of_values(means, 10, NULL, 1.0 - 0.05 / SUMMARY_VOTE_SIZES);
    assert_near(one->low.value, wide.interval.low);
    assert_near(one->high.value, wide.interval.high);
    summary_free(summary);
}

/* Protects against advice that rests on a wrong spread: half of the samples are settled, the others
 * are a coin's. */
static void extrapolation_that_does_not_fit_is_said(void **state)
{
    (void)state;
    unsigned settled[40], spread[40];
    for (unsigned i = 0; i < 40; i++) {
        settled[i] = i < 8 ? 0 : i < 20 ? 5 : 3 + i % 2;
        spread[i] = i % 6;
    }
    struct summary *summary = votes_of(settled, 40, 5);
    const struct summary_vote *vote = summary->variants[SINGLE].diagnosis->vote;
    assert_false(vote->fits);
    assert_false(vote->size[vote->best].extrapolated);
    summary_free(summary);
    summary = votes_of(spread, 40, 5);
    assert_true(summary->variants[SINGLE].diagnosis->vote->fits);
    summary_free(summary);
}

/* Protects the ends: trials that always agree are systematic, and nothing is promised. */
static void votes_that_agree_do_not_help(void **state)
{
    (void)state;
    static const unsigned right[] = {3, 3, 0, 3, 0, 3, 3, 3};
    static const unsigned all[] = {3, 3, 3, 3};
    struct summary *summary = votes_of(right, 8, 3);
    const struct summary_vote *vote = summary->variants[SINGLE].diagnosis->vote;
    assert_int_equal(vote->errors, SUMMARY_ERRORS_SYSTEMATIC);
    assert_false(vote->helps);
    assert_near(vote->size[5].accuracy.value.value, 0.75);
    assert_false(vote->size[5].per_point_usd.known);
    summary_free(summary);
    summary = votes_of(all, 4, 3);
    vote = summary->variants[SINGLE].diagnosis->vote;
    assert_int_equal(vote->errors, SUMMARY_ERRORS_UNKNOWN);
    assert_near(vote->size[5].accuracy.value.value, 1.0);
    assert_near(vote->size[5].accuracy.high.value, 1.0);
    assert_true(vote->size[5].accuracy.low.value < 0.7);
    summary_free(summary);
}

/* ---- side by side ---- */

static void add_branch(struct summary *summary, size_t sample, size_t order, const char *path,
                       int64_t latency_ns)
{
    struct summary_step_row row = {.variant = SINGLE,
                                   .sample = sample,
                                   .trial = 1,
                                   .order = order,
                                   .path = str_from(path),
                                   .pattern = STR("call"),
                                   .traffic = {1, 1, 0, 0, 1, 0},
                                   .latency_ns = latency_ns};
    add_step(summary, &row);
}

/* Protects stragglers: who a cell waits for is found in the cell, a guard is no branch, and
 * without the slow branch the second slowest is what is waited for. */
static void the_branch_that_is_waited_for_is_named(void **state)
{
    (void)state;
    static const struct summary_variant_meta parallel = {STR_INIT("fan"), STR_INIT("parallel")};
    struct summary_meta meta = meta_of(1);
    meta.variants = &parallel;
    struct summary *summary = summary_begin(&meta);
    for (size_t i = 0; i < 10; i++) {
        struct summary_cell_row cell = cell_of(SINGLE, i, 1, true, 10, 5);
        add(summary, &cell);
        add_branch(summary, i, 0, ".", 9000);
        add_branch(summary, i, 1, "guard", 90000);
        add_branch(summary, i, 2, "a", 1000);
        add_branch(summary, i, 3, "b", i < 8 ? 6000 : 500);
        add_branch(summary, i, 4, "c", i < 8 ? 2000 : 2500);
    }
    finish(summary);
    const struct summary_fan *fan = summary->variants[SINGLE].diagnosis->fans;
    assert_int_equal(fan->cells, 10);
    assert_int_equal(fan->parts, 30);
    assert_near(fan->slowest_ns.value, 0.8 * 6000 + 0.2 * 2500);
    assert_near(fan->work_ns.value, 0.8 * 9000 + 0.2 * 4000);
    assert_near(fan->mean_ns.value, (0.8 * 9000 + 0.2 * 4000) / 3);
    assert_int_equal(fan->branch_count, 3);
    assert_int_equal(fan->branches[1].slowest, 8);
    assert_int_equal(fan->branches[2].slowest, 2);
    assert_near(fan->branches[1].without_ns.value, 0.8 * 2000 + 0.2 * 2500);
    assert_near(fan->branches[0].without_ns.value, fan->slowest_ns.value);
    assert_contains(summary->variants[SINGLE].diagnosis->timing_text,
                    "Branch b is the slowest in 8 of 10 cells");
    summary_free(summary);
}

/* Protects maps: the items of one cell are its parts. */
static void items_of_a_map_are_parts(void **state)
{
    (void)state;
    static const struct summary_variant_meta map = {STR_INIT("fan"), STR_INIT("map")};
    struct summary_meta meta = meta_of(1);
    meta.variants = &map;
    struct summary *summary = summary_begin(&meta);
    for (size_t i = 0; i < 4; i++) {
        struct summary_cell_row cell = cell_of(SINGLE, i, 1, true, 10, 5);
        add(summary, &cell);
        add_branch(summary, i, 0, ".", 9000);
        for (int64_t k = 0; k <= (int64_t)i;
             k++) /* the first has one, which waits for nobody */
            add_branch(summary, i, 1, "[*]", 1000 * (k + 1));
    }
    finish(summary);
    const struct summary_fan *fan = summary->variants[SINGLE].diagnosis->fans;
    assert_int_equal(fan->cells, 3);
    assert_int_equal(fan->parts, 9);
    assert_near(fan->slowest_ns.value, 3000);
    assert_near(fan->second_ns.value, 2000);
    assert_int_equal(fan->branch_count, 0);
    assert_near(fan->took_ns.value, 9000);
    assert_true(fan->one_by_one); /* 9000 for items of 3000, 6000 and 10000 in all */
    assert_contains(summary->variants[SINGLE].diagnosis->timing_text, "one after the other");
    summary_free(summary);
}

/* Protects advice on widths: with eight parts of which one takes as long as many others, two at
 * once will do, though the long one starts last. */
static void a_width_that_would_do_is_found(void **state)
{
    (void)state;
    static const struct summary_variant_meta map = {STR_INIT("fan"), STR_INIT("map")};
    struct summary_meta meta = meta_of(1);
    meta.variants = &map;
    struct summary *summary = summary_begin(&meta);
    for (size_t i = 0; i < 5; i++) {
        struct summary_cell_row cell = cell_of(SINGLE, i, 1, true, 10, 5);
        add(summary, &cell);
        add_branch(summary, i, 0, ".", 10000);
        for (int64_t k = 0; k < 8; k++)
            add_branch(summary, i, 1, "[*]", k < 7 ? 100 : 10000);
    }
    finish(summary);
    const struct summary_fan *fan = summary->variants[SINGLE].diagnosis->fans;
    assert_int_equal(fan->enough_width, 2); /* 10400 is 4 % more than 10000; one takes 10700 */
    assert_near(fan->wait_ns.value, 10300);
    assert_int_equal(fan->straggled, 5);
    summary_free(summary);
}

/* Protects variants that are `use: NAME`: what they are is what their root does. */
static void a_shared_node_is_what_it_does(void **state)
{
    (void)state;
    static const struct summary_variant_meta use = {STR_INIT("shared"), STR_INIT("use")};
    struct summary_meta meta = meta_of(1);
    meta.variants = &use;
    struct summary *summary = summary_begin(&meta);
    for (size_t i = 0; i < 10; i++) {
        struct summary_cell_row cell = cell_of(SINGLE, i, 1, i > 2, 10, 5);
        struct summary_step_row step = {.sample = i,
                                        .trial = 1,
                                        .path = STR("."),
                                        .pattern = STR("chain"),
                                        .latency_ns = 1};
        add(summary, &cell);
        add_step(summary, &step);
        step.order = 1;
        step.path = STR("a");
        step.score = maybe_of(i > 2);
        step.wrong = i <= 2;
        add_step(summary, &step);
        step.order = 2;
        step.path = STR("b");
        add_step(summary, &step);
    }
    finish(summary);
    assert_non_null(summary->variants[SINGLE].diagnosis->chain);
    assert_int_equal(summary->variants[SINGLE].diagnosis->chain->weakest, 0);
    summary_free(summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_wrong_step_takes_the_blame),
        cmocka_unit_test(the_interval_without_a_step_is_that_of_a_product),
        cmocka_unit_test(repaired_and_unblamed_cells_are_said),
        cmocka_unit_test(trials_of_a_sample_count_together),
        cmocka_unit_test(a_chain_that_nothing_looks_into_has_no_diagnosis),
        cmocka_unit_test(a_gate_takes_the_blame),
        cmocka_unit_test(predictions_are_those_of_the_reference),
        cmocka_unit_test(intervals_hold_together),
        cmocka_unit_test(extrapolation_that_does_not_fit_is_said),
        cmocka_unit_test(the_branch_that_is_waited_for_is_named),
        cmocka_unit_test(items_of_a_map_are_parts),
        cmocka_unit_test(a_width_that_would_do_is_found),
        cmocka_unit_test(a_shared_node_is_what_it_does),
        cmocka_unit_test(votes_that_agree_do_not_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
