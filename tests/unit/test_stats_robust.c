/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_stats_robust.c: changed samples, trials held against each other, groups of samples and
 * comparisons of two datasets, against figures that were worked out by hand or are published.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "base/rng.h"
#include "stats/agreement.h"
#include "stats/interval.h"
#include "stats/paired.h"
#include "stats/summary_robust.h"
#include "unit/test_stats_rows.h"

/* ---- pure functions ---- */

/* Newcombe, Stat. Med. 17:873 (1998), table II, method 10. */
static const struct {
    double k1, n1, k2, n2, low, high;
} newcombe[] = {
    {56, 70, 48, 80, 0.0524, 0.3339}, {9, 10, 3, 10, 0.1705, 0.8090},
    {6, 7, 2, 7, 0.0582, 0.8062},     {5, 56, 0, 29, -0.0381, 0.1926},
    {0, 10, 0, 20, -0.1611, 0.2775},  {0, 10, 0, 10, -0.2775, 0.2775},
    {10, 10, 0, 20, 0.6791, 1.0},     {10, 10, 0, 10, 0.6075, 1.0},
};

/* Protects the unpaired interval: what its author printed, and its mirror image. */
static void published_unpaired_intervals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof newcombe / sizeof newcombe[0]; i++) {
        struct stats_proportion a = stats_wilson(newcombe[i].k1, newcombe[i].n1, 0.95);
        struct stats_proportion b = stats_wilson(newcombe[i].k2, newcombe[i].n2, 0.95);
        struct stats_unpaired d = stats_newcombe_unpaired(&a, &b);
        struct stats_unpaired back = stats_newcombe_unpaired(&b, &a);
        if (fabs(d.low - newcombe[i].low) > 6e-5 || fabs(d.high - newcombe[i].high) > 6e-5)
            fail_msg("row %zu: %.4f to %.4f", i, d.low, d.high);
        assert_near(back.low, -d.high);
        assert_near(back.high, -d.low);
    }
}

/* Protects label consistency: pairs of 1 1 1 are 3 of 3, of 1 1 2 are 1 of 3, of 1 2 none. */
static void agreement_of_pairs(void **state)
{
    (void)state;
    uint64_t same[] = {7, 7, 7}, two[] = {9, 3, 9}, apart[] = {1, 2}, four[] = {1, 2, 1, 2};
    assert_near(stats_pair_agreement(same, 3).value, 1);
    assert_near(stats_pair_agreement(two, 3).value, 1.0 / 3);
    assert_near(stats_pair_agreement(apart, 2).value, 0);
    assert_near(stats_pair_agreement(four, 4).value, 2.0 / 6);
    assert_false(stats_pair_agreement(same, 1).known);
    assert_false(stats_pair_agreement(same, 0).known);
}

enum { RUNS = 2500 };

static size_t successes(struct rng_key key, const char *what, uint64_t run, size_t n, double p)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += rng_uniform(key, what, run * 1000 + i) < p;
    return count;
}

/* Protects coverage of the unpaired interval, nominal 95 %, for sides of unequal size and skill. */
static void unpaired_intervals_hold(void **state)
{
    (void)state;
    static const struct {
        size_t n1, n2;
        double p1, p2;
    } rows[] = {{20, 20, 0.8, 0.9}, {40, 60, 0.6, 0.6}, {100, 30, 0.95, 0.85}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rng_key key = rng_key(i + 1);
        size_t held = 0;
        for (uint64_t run = 0; run < RUNS; run++) {
            struct stats_proportion a =
                stats_wilson((double)successes(key, "a", run, rows[i].n1, rows[i].p1),
                             (double)rows[i].n1, 0.95);
            struct stats_proportion b =
                stats_wilson((double)successes(key, "b", run, rows[i].n2, rows[i].p2),
                             (double)rows[i].n2, 0.95);
            struct stats_unpaired d = stats_newcombe_unpaired(&a, &b);
            double truth = rows[i].p1 - rows[i].p2;
            held += d.low <= truth && truth <= d.high;
        }
        print_message("unpaired %zu and %zu: %.3f\n", rows[i].n1, rows[i].n2,
                      (double)held / RUNS);
        assert_true((double)held / RUNS >= 0.94);
    }
}

/* Protects coverage of label consistency: T trials of samples that give their first answer with
 * probabilities of their own. */
static void consistency_intervals_hold(void **state)
{
    (void)state;
    static const struct {
        size_t samples, trials;
    } rows[] = {{20, 3}, {40, 2}, {100, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rng_key key = rng_key(i + 11);
        size_t held = 0;
        const double truth = (1 + 0.82 + 0.52) / 3;
        double mean = 0;
        for (uint64_t run = 0; run < RUNS; run++) {
            double value[100];
            for (size_t s = 0; s < rows[i].samples; s++) {
                /* p is 1, 0.9 or 0.6, each as often: pairs agree with 1, 0.82 and 0.52 */
                static const double first[] = {1.0, 0.9, 0.6};
                double p = first[rng_below(key, "p", run * 1000 + s, 3)];
                uint64_t label[3];
                for (size_t t = 0; t < rows[i].trials; t++)
                    label[t] = rng_uniform(key, "t", (run * 1000 + s) * 10 + t) < p;
                value[s] = stats_pair_agreement(label, rows[i].trials).value;
                mean += value[s];
            }
            struct stats_accuracy a =
                stats_accuracy_of_values(value, rows[i].samples, NULL, 0.95);
            held += a.interval.low <= truth && truth <= a.interval.high;
        }
        print_message("consistency of %zu samples × %zu trials: %.3f\n", rows[i].samples,
                      rows[i].trials, (double)held / RUNS);
        assert_true((double)held / RUNS >= 0.93);
        assert_true(fabs(mean / RUNS / (double)rows[i].samples - truth) < 0.005);
    }
}

/* ---- trials of a sample ---- */

static struct summary_cell_row answered(size_t sample, unsigned trial, bool right,
                                        uint64_t answer, const char *shape)
{
    struct summary_cell_row row = cell_of(0, sample, trial, right, 1000, 10);
    row.answer = answer;
    row.shape = str_from(shape);
    return row;
}

/* Protects consistency and drift: three samples of three trials, worked out by hand, with the
 * interval of per-sample shares. */
static void trials_of_a_sample(void **state)
{
    (void)state;
    struct summary_meta meta = meta_of(1);
    struct summary *summary = summary_begin(&meta);
    static const struct {
        size_t sample;
        bool right;
        uint64_t answer;
        const char *shape;
    } rows[] = {
        /* same answers, one empty list: no drift */
        {0, true, 5, "{a: [], b: text}"},
        {0, true, 5, "{a: [text], b: text}"},
        {0, true, 5, "{a: [text], b: text}"},
        /* 1 of 3 pairs the same; one lacks b: 2 of 3 pairs differ; one wrong: 2 of 3 flip */
        {1, true, 6, "{a: [text], b: text}"},
        {1, true, 6, "{a: [text], b: text}"},
        {1, false, 7, "{a: [text]}"},
        /* one has no answer: a single pair, another answer, the same shape */
        {2, false, 1, "text"},
        {2, true, 2, "text"},
        {2, false, 0, ""},
    };
    for (size_t i = 0; i < 9; i++) {
        struct summary_cell_row row = answered(rows[i].sample, (unsigned)(i % 3) + 1,
                                               rows[i].right, rows[i].answer, rows[i].shape);
        add(summary, &row);
    }
    finish(summary);
    const struct summary_consistency *c = summary->variants[0].consistency;
    const double same[] = {1, 1.0 / 3, 0}, drift[] = {0, 2.0 / 3, 0};
    const double flips[] = {0, 2.0 / 3, 2.0 / 3};
    struct stats_accuracy should = stats_accuracy_of_values(same, 3, NULL, 0.95);
    assert_near(c->same.value.value, 4.0 / 9);
    assert_near(c->same.low.value, should.interval.low);
    assert_near(c->same.high.value, should.interval.high);
    assert_int_equal(c->same.n, 3);
    should = stats_accuracy_of_values(drift, 3, NULL, 0.95);
    assert_near(c->drift.value.value, 2.0 / 9);
    assert_near(c->drift.low.value, should.interval.low);
    should = stats_accuracy_of_values(flips, 3, NULL, 0.95);
    assert_near(c->rerun_flips.value.value, 4.0 / 9);
    assert_near(c->rerun_flips.high.value, should.interval.high);
    assert_int_equal(c->shapes_seen, 4);
    assert_contains(c->shapes[0].shape, "{a: [text], b: text}");
    assert_int_equal(c->shapes[0].cells, 4);
    assert_contains(c->text, "the same answer 44.4 % of the time");
    assert_contains(c->text, "4 shapes were seen, {a: [text], b: text} (4 cells), ");
    summary_free(summary);
}

/* Protects: with one trial there is nothing to hold against each other. */
static void one_trial(void **state)
{
    (void)state;
    struct summary_meta meta = meta_of(1);
    struct summary *summary = summary_begin(&meta);
    for (size_t i = 0; i < 12; i++) {
        struct summary_cell_row row = answered(i, 1, true, i + 1, "text");
        add(summary, &row);
    }
    finish(summary);
    assert_null(summary->variants[0].consistency);
    summary_free(summary);
}

/* ---- changed samples ---- */

/* Right answers of sample i: unchanged, and under the two changes. */
static bool right_of(size_t sample, size_t perturbation)
{
    return perturbation == 0   ? sample % 5 != 0
           : perturbation == 1 ? sample % 3 != 0
                               : sample % 5 != 0;
}

static struct summary *with_changes(bool changed)
{
    static const struct summary_perturbation two[] = {{STR_INIT("shout"), 30},
                                                      {STR_INIT("order"), 12}};
    struct summary_meta meta = meta_of(2);
    if (changed) {
        meta.perturbations = two;
        meta.perturbation_count = 2;
    }
    struct summary *summary = summary_begin(&meta);
    for (size_t v = 0; v < 2; v++)
        for (size_t i = 0; i < 30; i++)
            for (size_t p = 0; p < (changed ? 3 : 1); p++) {
                struct summary_cell_row row =
                    cell_of(v, i, 1, right_of(i, v == 0 ? p : 0), 1000 + (int64_t)p, 10);
                row.perturbation = p;
                row.answer = right_of(i, v == 0 ? p : 0) ? 1 : 2;
                add(summary, &row);
            }
    finish(summary);
    return summary;
}

/* Protects: a change is compared like a variant with another (Newcombe and the counts behind it),
 * and the variant's own figures do not move by a bit. */
static void changes_beside_no_change(void **state)
{
    (void)state;
    struct summary *with = with_changes(true), *without = with_changes(false);
    const struct summary_variant *a = &with->variants[0], *b = &without->variants[0];
    struct stats_paired_counts counts = {0};
    for (size_t i = 0; i < 30; i++) {
        counts.both_right += right_of(i, 1) && right_of(i, 0);
        counts.only_first += right_of(i, 1) && !right_of(i, 0);
        counts.only_second += !right_of(i, 1) && right_of(i, 0);
        counts.both_wrong += !right_of(i, 1) && !right_of(i, 0);
    }
    struct stats_newcombe should = stats_newcombe_paired(&counts, 0.95);
    const struct summary_perturbed *shout = &a->perturbed[0], *order = &a->perturbed[1];
    assert_near(shout->difference.value.value, should.difference.value);
    assert_near(shout->difference.low.value, should.low);
    assert_near(shout->difference.high.value, should.high);
    assert_int_equal(shout->broken, counts.only_second);
    assert_int_equal(shout->fixed, counts.only_first);
    assert_near(shout->flips.value.value,
                (double)(counts.only_first + counts.only_second) / 30);
    assert_near(shout->answers.value.value, shout->flips.value.value);
    assert_near(order->flips.value.value, 0);
    assert_true(order->difference.low.value < 0 && order->difference.high.value > 0);
    assert_int_equal(shout->account.traffic.calls, 30);
    assert_near(order->account.cost_usd.value, 30 * 1002e-9);
    assert_near(a->accuracy.low.value, b->accuracy.low.value);
    assert_int_equal(a->cells, b->cells);
    assert_int_equal(a->traffic.calls, b->traffic.calls);
    assert_near(a->cost_usd.value, b->cost_usd.value);
    assert_int_equal(with->comparison_count, 1);
    assert_near(with->comparisons[0].p.value, without->comparisons[0].p.value);
    assert_contains(shout->text, "shout: ");
    assert_contains(order->text, "order: as often correct as unchanged on the same 30 samples");
    summary_free(with);
    summary_free(without);
}

/* Protects: a perturbation that is not there is refused. */
static void unknown_changes_are_refused(void **state)
{
    (void)state;
    struct summary_meta meta = meta_of(1);
    struct summary *summary = summary_begin(&meta);
    struct summary_cell_row row = cell_of(0, 0, 1, true, 1, 1);
    struct err err = {0};
    row.perturbation = 1;
    assert_int_equal(summary_add_cell(summary, &row, &err), -1);
    assert_contains(str_from(err.message), "no such perturbation");
    summary_free(summary);
}

/* ---- groups of samples ---- */

static struct summary_cell_row grouped(size_t variant, size_t sample, unsigned trial)
{
    static const char *const clusters[] = {"c0", "c1", "c2", "c3",  "c4",  "c5",  "c6",
                                           "c7", "c8", "c9", "c10", "c11", "c12", "c13"};
    struct summary_cell_row row =
        cell_of(variant, sample, trial, (sample * 7 + trial + variant) % 4 != 0, 100, 5);
    row.cluster = str_from(clusters[sample / 3]);
    return row;
}

static struct summary *of_samples(const struct summary_group *group, bool alone)
{
    struct summary_meta meta = meta_of(2);
    meta.groups = group;
    meta.group_count = alone ? 0 : 1;
    struct summary *summary = summary_begin(&meta);
    for (size_t v = 0; v < 2; v++)
        for (size_t i = 0; i < 40; i++)
            for (unsigned t = 1; t <= 3; t++) {
                struct summary_cell_row row = grouped(v, i, t);
                bool within = false;
                for (size_t k = 0; k < group->count; k++)
                    within = within || group->samples[k] == i;
                if (within || !alone)
                    add(summary, &row);
            }
    finish(summary);
    return summary;
}

/* Protects slices, with clusters and trials: a group is reported as if it were the dataset. */
static void a_slice_is_the_report_of_its_samples(void **state)
{
    (void)state;
    static const uint32_t samples[] = {0,  1,  2,  4,  5,  7,  9,  12, 13, 15, 18, 20,
                                       21, 24, 26, 27, 30, 31, 33, 34, 36, 37, 38, 39};
    struct summary_group group = {STR("lang:"), STR("lang:de"), samples, 24};
    struct summary *whole = of_samples(&group, false), *part = of_samples(&group, true);
    const struct summary_slice *slice = &whole->slices[0];
    assert_int_equal(whole->slice_count, 1);
    assert_int_equal(slice->samples, 24);
    for (size_t v = 0; v < 2; v++) {
        assert_near(slice->accuracy[v].value.value, part->variants[v].accuracy.value.value);
        assert_near(slice->accuracy[v].low.value, part->variants[v].accuracy.low.value);
        assert_near(slice->accuracy[v].high.value, part->variants[v].accuracy.high.value);
        assert_int_equal(slice->accuracy[v].n, 72);
    }
    assert_near(slice->difference[0].low.value, part->comparisons[0].accuracy.low.value);
    assert_near(slice->difference[0].high.value, part->comparisons[0].accuracy.high.value);
    assert_true(has_warning(whole, "slices", SUMMARY_NO_BASELINE));
    assert_true(whole->clustered);
    summary_free(whole);
    summary_free(part);
}

/* ---- two datasets ---- */

static struct summary *two_sides(const struct summary_matching *matching, size_t shift)
{
    static const struct summary_pair pair = {0, 1};
    struct summary_meta meta = meta_of(2);
    meta.pairs = &pair;
    meta.pair_count = 1;
    meta.matching = matching;
    struct summary *summary = summary_begin(&meta);
    for (size_t v = 0; v < 2; v++)
        for (size_t i = 0; i < 20; i++) {
            size_t sample = v == 0 ? i : i + shift;
            struct summary_cell_row row =
                cell_of(v, sample, 1, i % (v == 0 ? 4 : 5) != 0, 10, 5);
            row.alone = v == 0 ? sample < shift : sample >= 20;
            add(summary, &row);
        }
    finish(summary);
    return summary;
}

/* Protects: shared samples are paired and no other is missed; with none in common two Wilson
 * intervals are joined, nothing is tested, and the reader is told. */
static void sides_of_two_datasets(void **state)
{
    (void)state;
    struct summary_matching some = {.matched = 15,
                                    .only_baseline = 5,
                                    .only_candidate = 5,
                                    .baseline_ids = STR("s0, s1"),
                                    .candidate_ids = STR("s20, s21")};
    struct summary *summary = two_sides(&some, 5);
    const struct summary_comparison *c = &summary->comparisons[0];
    assert_int_equal(c->pairs, 15);
    assert_int_equal(c->dropped, 0);
    assert_contains(str_from(c->accuracy.method), "newcombe_paired");
    assert_true(has_warning(summary, "datasets-differ", SUMMARY_NO_BASELINE));
    assert_int_equal(c->powers[2].samples,
                     (int64_t)ceil(15 * pow(c->detectable.value / 0.05, 2)));
    summary_free(summary);

    struct summary_matching none = {.only_baseline = 20, .only_candidate = 20};
    summary = two_sides(&none, 20);
    c = &summary->comparisons[0];
    struct stats_proportion first = stats_wilson(16, 20, 0.95),
                            second = stats_wilson(15, 20, 0.95);
    struct stats_unpaired should = stats_newcombe_unpaired(&first, &second);
    assert_int_equal(c->pairs, 0);
    assert_near(c->accuracy.value.value, 0.05);
    assert_near(c->accuracy.low.value, should.low);
    assert_near(c->accuracy.high.value, should.high);
    assert_int_equal(c->verdict, SUMMARY_UNPAIRED);
    assert_false(c->p.known || c->cost_ratio.value.known);
    assert_contains(c->accuracy_text, "unpaired, less precise");
    assert_contains(c->accuracy_text, "samples on each side");
    assert_true(has_warning(summary, "unpaired", SUMMARY_NO_BASELINE));
    summary_free(summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_unpaired_intervals),
        cmocka_unit_test(unpaired_intervals_hold),
        cmocka_unit_test(agreement_of_pairs),
        cmocka_unit_test(consistency_intervals_hold),
        cmocka_unit_test(trials_of_a_sample),
        cmocka_unit_test(one_trial),
        cmocka_unit_test(changes_beside_no_change),
        cmocka_unit_test(unknown_changes_are_refused),
        cmocka_unit_test(a_slice_is_the_report_of_its_samples),
        cmocka_unit_test(sides_of_two_datasets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
