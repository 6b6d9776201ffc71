/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a run stops: the decision itself, that it does not depend on who came first, and what a
 * summary says of it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/rng.h"
#include "stats/stop.h"
#include "stats/summary_stop.h"
#include "unit/test_stats_rows.h"

static struct stats_stop begin(struct stats_stop_rule rule,
                               const struct stats_clusters *clusters, size_t samples,
                               size_t trials)
{
    struct stats_stop stop;

    if (!(rule.alpha > 0.0))
        rule.alpha = 0.05;
    stats_stop_init(&stop, &rule, clusters, samples, trials);
    return stop;
}

/* Looks at the same difference until it decides; the number of samples. */
static uint64_t looks_until(struct stats_stop_rule rule, double difference, size_t most,
                            enum stats_stop_decision *decision)
{
    struct stats_stop stop = begin(rule, NULL, most, 1);
    uint64_t looks = 0;

    for (size_t i = 0; i < most && !looks; i++)
        if (stats_stop_look(&stop, maybe_of(difference)))
            looks = stop.looked;
    *decision = stop.decision;
    stats_stop_release(&stop);
    return looks;
}

/* Protects: McNemar's sequential test at its hand-computed limit: 2^n n!/(n+1)! = 2^n/(n+1) is first
 * at least 20 at n = 8; then the least number of samples counts. */
static void test_single(void **state)
{
    enum stats_stop_decision decision;

    (void)state;
    assert_int_equal(looks_until((struct stats_stop_rule){.min_samples = 1, .single = true},
                                 1.0, 50, &decision),
                     8);
    assert_int_equal(decision, STATS_STOP_BETTER);
    assert_int_equal(looks_until((struct stats_stop_rule){.min_samples = 20, .single = true},
                                 -1.0, 50, &decision),
                     20);
    assert_int_equal(decision, STATS_STOP_WORSE);
    assert_int_equal(looks_until((struct stats_stop_rule){.min_samples = 1, .single = true},
                                 0.0, 50, &decision),
                     0);
    assert_int_equal(decision, STATS_STOP_UNDECIDED);
}

/* Protects: without the test the sequence decides, later; with a margin equality is an end too. */
static void test_sequence(void **state)
{
    struct stats_stop_rule rule = {.min_samples = 1};
    enum stats_stop_decision decision;
    uint64_t plain = looks_until(rule, 1.0, 200, &decision);

    (void)state;
    assert_true(plain > 8);
    assert_int_equal(decision, STATS_STOP_BETTER);
    assert_int_equal(looks_until(rule, 0.0, 2000, &decision), 0);
    rule.margin = 0.2;
    assert_true(looks_until(rule, 0.0, 2000, &decision) > 0);
    assert_int_equal(decision, STATS_STOP_NOT_WORSE);
    assert_true(looks_until(rule, -0.1, 20000, &decision) > 0); /* the first of the two */
    assert_int_equal(decision, STATS_STOP_WORSE);
    rule.single = true; /* 0.1 of a sample is none that McNemar sees: only the margin ends it */
    rule.margin = 0.05;
    assert_true(looks_until(rule, 0.0, 20000, &decision) > 0);
    assert_int_equal(decision, STATS_STOP_NOT_WORSE);
    assert_string_equal(stats_stop_decision_name(decision), "not worse");
}

/* Protects: samples without a difference are looked at and say nothing. */
static void test_unknown(void **state)
{
    struct stats_stop stop =
        begin((struct stats_stop_rule){.min_samples = 1, .single = true}, NULL, 50, 1);

    (void)state;
    for (int i = 0; i < 8; i++)
        assert_false(stats_stop_look(&stop, maybe_none()));
    for (int i = 0; i < 7; i++)
        assert_false(stats_stop_look(&stop, maybe_of(1.0)));
    assert_true(stats_stop_look(&stop, maybe_of(1.0)));
    assert_int_equal(stop.looked, 16);
    assert_int_equal(stop.pairs, 8);
    stats_stop_release(&stop);
}

/* Protects: a cluster is one observation, which comes with its last sample. */
static void test_clusters(void **state)
{
    const size_t of[] = {0, 1, 0, 1, 2, 2};
    const struct stats_clusters clusters = {of, 3};
    struct stats_stop stop = begin((struct stats_stop_rule){.min_samples = 1}, &clusters, 6, 1);
    struct stats_confidence_sequence by_hand;
    const double d[] = {1.0, 0.0, 0.0, 0.5, -1.0, 1.0};

    (void)state;
    stats_confidence_sequence_init(&by_hand, 0.05, STATS_SEQUENCE_BET);
    for (size_t i = 0; i < 6; i++) {
        stats_stop_look(&stop, i == 1 ? maybe_none() : maybe_of(d[i]));
        if (i == 2)
            stats_confidence_sequence_add(&by_hand, 0.5);
        if (i == 3)
            stats_confidence_sequence_add(&by_hand, 0.5); /* the other one has no score */
        if (i == 5)
            stats_confidence_sequence_add(&by_hand, 0.0);
        assert_int_equal(stop.sequence.count, by_hand.count);
        assert_true(stop.sequence.low <= by_hand.low && stop.sequence.low >= by_hand.low);
    }
    stats_stop_release(&stop);
}

enum { SAMPLES = 120, TRIALS = 3, CELLS = SAMPLES * 2 * TRIALS };

/* A third to two thirds, in thirds that are not sums of halves: rounding shows. */
static maybe score_at(size_t cell)
{
    struct rng_key key = rng_mix_int(rng_key(7), cell);
    bool candidate = cell / TRIALS % 2 == 0;

    if (cell % 41 == 0)
        return maybe_none();
    return maybe_of((candidate ? 0.55 : 0.2) + (double)(rng_below(key, "score", 0, 30)) / 97.0);
}

static struct stats_stop run_in_order(const uint32_t *order, uint64_t *stopped_at)
{
    struct stats_stop stop =
        begin((struct stats_stop_rule){.min_samples = 10}, NULL, SAMPLES, TRIALS);

    *stopped_at = 0;
    for (size_t i = 0; i < CELLS; i++) {
        size_t cell = order ? order[i] : i;

        stats_stop_cell(&stop, cell / TRIALS / 2,
                        cell / TRIALS % 2 == 0 ? STATS_STOP_CANDIDATE : STATS_STOP_BASELINE,
                        (unsigned)(cell % TRIALS) + 1, score_at(cell));
        if (stop.decision != STATS_STOP_UNDECIDED && !*stopped_at)
            *stopped_at = stop.looked;
    }
    return stop;
}

/* Protects: in whatever order cells end, the same samples decide the same, to the last bit. */
static void test_order_of_arrival(void **state)
{
    uint32_t order[CELLS];
    uint64_t at, other;
    struct stats_stop plain = run_in_order(NULL, &at);

    (void)state;
    assert_true(at > 10 && at < SAMPLES);
    for (uint64_t seed = 1; seed <= 50; seed++) {
        rng_shuffle(rng_key(seed), "cells", order, CELLS);
        struct stats_stop shuffled = run_in_order(order, &other);

        assert_int_equal(other, at);
        assert_int_equal(shuffled.looked, plain.looked);
        assert_memory_equal(&shuffled.sequence, &plain.sequence, sizeof plain.sequence);
        stats_stop_release(&shuffled);
    }
    stats_stop_release(&plain);
}

/* ---- in a summary ---- */

/* Two variants, 40 samples in the reverse order of the data set; the candidate is right always, the
 * baseline in one of four. */
static struct summary *summarize(const struct summary_stop_rule *rule, size_t cells)
{
    struct summary_meta meta = meta_of(2);
    meta.trials = 1;
    meta.stop = rule;
    struct summary *summary = summary_begin(&meta);

    for (size_t i = 0; i < 40; i++)
        summary_watch_sample(summary, i, 39 - i, STR(""));
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < cells; i++) {
            size_t sample = 39 - i / 2;
            struct summary_cell_row row =
                cell_of(i % 2, sample, 1, i % 2 == 1 || sample % 4 == 0, 1000, 5);

            if (pass)
                add(summary, &row);
            else
                summary_watch_cell(summary, &row);
        }
    finish(summary);
    return summary;
}

/* Protects: figures are of the samples up to the stop in the plan's order; what had begun beyond is
 * told apart, with its cost; the interval is a sequence, the test McNemar's sequential one. */
static void test_summary(void **state)
{
    struct summary_stop_rule rule = {
        .candidate = 1, .baseline = 0, .alpha = 0.05, .min_samples = 5};
    struct summary *summary = summarize(&rule, 60);
    const struct summary_stop *stop = summary->stop;
    const struct summary_comparison *c = &summary->comparisons[0];

    (void)state;
    assert_non_null(stop);
    assert_true(stop->stopped);
    /* samples 39, 38, ...: every fourth is right in both, the eighth that differs comes at 10 */
    assert_int_equal(stop->looked, 10);
    assert_int_equal(stop->samples, 40);
    assert_int_equal(stop->decision, STATS_STOP_BETTER);
    assert_near(stop->p.value, 9.0 / 256.0);
    assert_int_equal(stop->spared_cells, 60);
    assert_near(stop->spared_calls.value, 60.0);
    assert_near(stop->spared_usd.value, 60e-6);
    assert_int_equal(stop->beyond_cells, 40);
    assert_int_equal(stop->beyond_calls, 40);
    assert_near(stop->beyond_usd.value, 40e-6);
    assert_contains(stop->text, "Stopped after 10 of 40 samples: chain is better than single "
                                "(always-valid p = 0.035).");
    assert_contains(stop->text, "likely too high");
    assert_contains(stop->spared_text, "The other 30 samples, 60 cells, were not needed");
    assert_contains(stop->beyond_text, "40 of those cells had begun");
    for (size_t v = 0; v < 2; v++) {
        assert_int_equal(summary->variants[v].finished, 10);
        assert_int_equal(summary->variants[v].statuses[SUMMARY_SKIPPED], 20);
        assert_int_equal(summary->variants[v].traffic.calls, 10);
        assert_near(summary->variants[v].cost_usd.value, 10e-6);
    }
    assert_string_equal(c->accuracy.method, "eb_confidence_sequence");
    assert_string_equal(c->test, "sequential_mcnemar");
    assert_int_equal(c->verdict, SUMMARY_BETTER);
    assert_int_equal(c->pairs, 10);
    assert_true(str_equal(c->accuracy_text, stop->text));
    assert_int_equal(summary->winner, 1);
    assert_true(has_warning(summary, "stopped-early", SUMMARY_NO_BASELINE));
    assert_false(has_warning(summary, "skipped", 0));
    summary_free(summary);
}

/* Protects: a run that did not stop has the same methods, spares nothing and says so. */
static void test_summary_undecided(void **state)
{
    struct summary_stop_rule rule = {
        .candidate = 1, .baseline = 0, .alpha = 0.05, .min_samples = 60};
    struct summary *summary = summarize(&rule, 80);

    (void)state;
    assert_false(summary->stop->stopped);
    assert_int_equal(summary->stop->looked, 40);
    assert_int_equal(summary->stop->spared_cells, 0);
    assert_contains(summary->stop->text, "All 40 samples were looked at: nothing is decided");
    assert_contains(summary->stop->text, "it holds at whatever sample one looks");
    assert_string_equal(summary->comparisons[0].test, "sequential_mcnemar");
    assert_false(has_warning(summary, "stopped-early", SUMMARY_NO_BASELINE));
    summary_free(summary);
    summary = summarize(&rule, 30);
    assert_contains(summary->stop->text,
                    "The first 15 of 40 samples in the order of the plan are complete");
    summary_free(summary);
}

/* Protects: a requirement on the watched difference rests on bounds that hold under stopping. */
static void test_requirements(void **state)
{
    struct summary_stop_rule rule = {
        .candidate = 1, .baseline = 0, .alpha = 0.05, .min_samples = 5};
    const struct summary_rule rules[] = {
        {.metric = SUMMARY_ACCURACY, .bar = SUMMARY_ABOVE, .variant = 1, .against = 0},
        {.metric = SUMMARY_ACCURACY,
         .bar = SUMMARY_NOT_BELOW,
         .variant = 1,
         .against = 0,
         .margin = 0.05},
        {.metric = SUMMARY_ACCURACY, .bar = SUMMARY_ABOVE, .variant = 0, .against = 1},
    };
    struct summary_meta meta = meta_of(2);
    meta.trials = 1;
    meta.stop = &rule;
    meta.rules = rules;
    meta.rule_count = 3;
    struct summary *summary = summary_begin(&meta);

    (void)state;
    for (size_t i = 0; i < 40; i++)
        summary_watch_sample(summary, i, i, STR(""));
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < 80; i++) {
            struct summary_cell_row row = cell_of(i % 2, i / 2, 1, i % 2 == 1, 1000, 5);

            if (pass)
                add(summary, &row);
            else
                summary_watch_cell(summary, &row);
        }
    finish(summary);
    assert_int_equal(summary->stop->looked, 8);
    assert_int_equal(summary->requirements[0].verdict, STATS_GATE_PASS);
    assert_int_equal(summary->requirements[2].verdict, STATS_GATE_FAIL);
    assert_string_equal(summary->requirements[1].measured.method, "eb_confidence_sequence");
    /* eight samples are enough for the side, and not for a bound on the size */
    assert_int_equal(summary->requirements[1].verdict, STATS_GATE_INCONCLUSIVE);
    summary_free(summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single),
        cmocka_unit_test(test_sequence),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_clusters),
        cmocka_unit_test(test_order_of_arrival),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_summary_undecided),
        cmocka_unit_test(test_requirements),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
