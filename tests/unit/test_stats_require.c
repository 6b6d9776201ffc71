/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_stats_require.c: verdicts of requirements on cells whose figures are known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/distribution.h"
#include "stats/gate.h"
#include "stats/interval.h"
#include "stats/quantile_ratio.h"
#include "unit/test_stats_rows.h"

enum { SAMPLES = 40, TRIALS = 3 };

/* Variant 0 is right on 3 of 4 samples, variant 1 on all but `wrong` of them; each twice as dear
 * and as slow as the one before. */
static struct summary *made(const struct summary_rule *rules, size_t count, size_t wrong)
{
    struct summary_meta meta = meta_of(2);
    meta.rules = rules;
    meta.rule_count = count;
    struct summary *summary = summary_begin(&meta);
    for (size_t s = 0; s < SAMPLES; s++)
        for (unsigned t = 1; t <= TRIALS; t++) {
            struct summary_cell_row base = cell_of(0, s, t, s % 4 != 0, 1000, 100 + (int64_t)s);
            struct summary_cell_row head =
                cell_of(1, s, t, s >= wrong, 2000, 200 + 2 * (int64_t)s);
            head.traffic = (struct summary_traffic){2, 2, 0, 0, 2, 0};
            add(summary, &base);
            add(summary, &head);
        }
    struct err err = {0};
    assert_int_equal(summary_finish(summary, &err), 0);
    return summary;
}

static const size_t first_samples[] = {0, 1, 2};

static const struct {
    const char *about;
    struct summary_rule rule;
    size_t wrong;
    enum stats_gate_verdict verdict;
    const char *text; /* part of it */
} cases[] = {
    {"better than the margin asks",
     {.bar = SUMMARY_NOT_BELOW, .variant = 1, .margin = 0.05},
     0,
     STATS_GATE_PASS,
     "With 95 % confidence chain is at least "},
    {"clearly worse",
     {.bar = SUMMARY_NOT_BELOW, .variant = 1, .margin = 0.05},
     30,
     STATS_GATE_FAIL,
     " points worse than single; the margin is 5.0 points."},
    {"about as good",
     {.bar = SUMMARY_NOT_BELOW, .variant = 1, .margin = 0.05},
     10,
     STATS_GATE_INCONCLUSIVE,
     "would likely settle it if the two are truly equal."},
    {"the plain value decides",
     {.bar = SUMMARY_NOT_BELOW, .variant = 1, .margin = 0.05, .estimate = true},
     10,
     STATS_GATE_PASS,
     "the margin is 5.0 points."},
    {"superior", {.bar = SUMMARY_ABOVE, .variant = 1}, 0, STATS_GATE_PASS, "at least +"},
    {"inferior", {.bar = SUMMARY_ABOVE, .variant = 1}, 30, STATS_GATE_FAIL, "at most −"},
    {"a floor",
     {.bar = SUMMARY_MIN, .variant = 1, .limit = 0.9},
     0,
     STATS_GATE_PASS,
     "It is 100.0 %, with 95 % confidence at least 9"},
    {"a floor that is too near",
     {.bar = SUMMARY_MIN, .variant = 1, .limit = 0.99},
     0,
     STATS_GATE_INCONCLUSIVE,
     "more samples"},
    {"a ceiling of cost",
     {.metric = SUMMARY_COST, .bar = SUMMARY_MAX, .variant = 1, .limit = 3e-6},
     0,
     STATS_GATE_PASS,
     "at most $"},
    {"twice as dear",
     {.metric = SUMMARY_COST, .bar = SUMMARY_NOT_ABOVE, .variant = 1, .ratio = 1.5},
     0,
     STATS_GATE_FAIL,
     "It is 2.0 times that of single"},
    {"half as accurate would do, and it is not known to be",
     {.bar = SUMMARY_NOT_ABOVE, .variant = 1, .ratio = 0.95},
     10,
     STATS_GATE_INCONCLUSIVE,
     "would likely settle it if the true value is what was seen."},
    {"twice as many calls",
     {.metric = SUMMARY_CALLS, .bar = SUMMARY_NOT_ABOVE, .variant = 1, .ratio = 2.5},
     0,
     STATS_GATE_PASS,
     "It is 2.0 times"},
    {"tokens alike",
     {.metric = SUMMARY_TOKENS, .bar = SUMMARY_MAX, .variant = 1, .limit = 121},
     0,
     STATS_GATE_PASS,
     "It is 120"},
    {"a quantile of time",
     {.metric = SUMMARY_LATENCY_P50, .bar = SUMMARY_MAX, .variant = 1, .limit = 300e6},
     0,
     STATS_GATE_PASS,
     "at most 2"},
    {"a ratio of quantiles",
     {.metric = SUMMARY_LATENCY_P50, .bar = SUMMARY_NOT_ABOVE, .variant = 1, .ratio = 2.2},
     0,
     STATS_GATE_PASS,
     "It is 2.0 times"},
    {"a ratio of quantiles, broken",
     {.metric = SUMMARY_LATENCY_P50, .bar = SUMMARY_NOT_ABOVE, .variant = 1, .ratio = 1.5},
     0,
     STATS_GATE_FAIL,
     "It is 2.0 times"},
    {"all of three",
     {.metric = SUMMARY_PASS_HAT, .bar = SUMMARY_MIN, .variant = 0, .limit = 0.5},
     0,
     STATS_GATE_PASS,
     "It is 75.0 %"},
    {"no errors, as far as seen",
     {.metric = SUMMARY_ERROR_RATE, .bar = SUMMARY_MAX, .variant = 0, .limit = 0.01},
     0,
     STATS_GATE_INCONCLUSIVE,
     "It is 0.0 %"},
    {"samples that must pass",
     {.metric = SUMMARY_MUST_PASS, .variant = 1, .samples = first_samples, .sample_count = 3},
     0,
     STATS_GATE_PASS,
     "All 9 trials of 3 samples are correct."},
    {"samples that do not",
     {.metric = SUMMARY_MUST_PASS, .variant = 1, .samples = first_samples, .sample_count = 3},
     1,
     STATS_GATE_FAIL,
     "3 of 9 trials are wrong: s0 (trial 1), s0 (trial 2)"},
    {"samples that are not there",
     {.metric = SUMMARY_MUST_PASS, .variant = 1},
     0,
     STATS_GATE_INCONCLUSIVE,
     "No sample"},
};

/* Protects: each kind of rule passes, fails and hesitates where its figures say so. */
static void test_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct summary *summary = made(&cases[i].rule, 1, cases[i].wrong);
        const struct summary_requirement *r = &summary->requirements[0];
        if (r->verdict != cases[i].verdict || !str_contains(r->text, str_from(cases[i].text)))
            fail_msg("%s: %s, %.*s", cases[i].about, stats_gate_verdict_name(r->verdict),
                     STR_ARG(r->text));
        assert_int_equal(r->failed, cases[i].verdict != STATS_GATE_PASS);
        assert_int_equal(summary->requirement_failed, r->failed);
        assert_string_equal(summary->requirement_verdict, stats_gate_verdict_name(r->verdict));
        assert_true(r->judged && r->what.n > 0);
        summary_free(summary);
    }
}

/* Protects: the numbers of a non-inferiority rule are those of the gate that is tested against
 * vectors. */
static void test_is_the_gate(void **state)
{
    (void)state;
    struct summary_rule rule = {.bar = SUMMARY_NOT_BELOW, .variant = 1, .margin = 0.05};
    struct summary *summary = made(&rule, 1, 10);
    double d[SAMPLES];
    for (size_t s = 0; s < SAMPLES; s++)
        d[s] = (double)(s >= 10) - (double)(s % 4 != 0);
    struct stats_gate gate = stats_noninferiority_gate(d, SAMPLES, NULL, 0.05, 0.05);
    const struct summary_requirement *r = &summary->requirements[0];
    assert_true(fabs(gate.lower - r->measured.low.value) < 1e-12);
    assert_true(fabs(gate.upper - r->measured.high.value) < 1e-12);
    assert_int_equal(gate.verdict, r->verdict);
    assert_int_equal(gate.samples_needed, r->samples_needed);
    summary_free(summary);
}

/* Protects: what an inconclusive rule counts as, and that one without its other side counts for
 * nothing. */
static void test_policies(void **state)
{
    (void)state;
    struct summary_rule rules[] = {
        {.bar = SUMMARY_MIN, .variant = 1, .limit = 0.99, .undecided = SUMMARY_UNDECIDED_WARN},
        {.bar = SUMMARY_MIN, .variant = 1, .limit = 0.99, .undecided = SUMMARY_UNDECIDED_PASS},
        {.bar = SUMMARY_NOT_BELOW,
         .variant = 1,
         .against = SUMMARY_NO_BASELINE,
         .margin = 0.05,
         .reference = STR("baseline")},
    };
    struct summary *summary = made(rules, 3, 0);
    assert_false(summary->requirement_failed);
    assert_string_equal(summary->requirement_verdict, "PASS");
    assert_int_equal(summary->requirements[0].verdict, STATS_GATE_INCONCLUSIVE);
    assert_false(summary->requirements[2].judged);
    summary_free(summary);
    summary = made(&rules[2], 1, 0);
    assert_null(summary->requirement_verdict);
    summary_free(summary);
}

/* Protects: a cost that is not known, or may be more, never passes on what is known of it. */
static void test_unknown_cost(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        struct summary_rule rule = {
            .metric = SUMMARY_COST, .bar = SUMMARY_MAX, .variant = 1, .limit = 3e-6};
        struct summary_meta meta = meta_of(2);
        meta.rules = &rule;
        meta.rule_count = 1;
        struct summary *summary = summary_begin(&meta);
        for (size_t s = 0; s < SAMPLES; s++) {
            struct summary_cell_row row = cell_of(1, s, 1, true, 2000, 100);
            if (s == 0 && lost) {
                row.cost.lost_attempts = 1;
                row.cost.upper_nanousd += 60000;
            } else if (s == 0) {
                row.cost.unknown_calls = 1;
            }
            add(summary, &row);
        }
        struct err err = {0};
        assert_int_equal(summary_finish(summary, &err), 0);
        assert_int_equal(summary->requirements[0].verdict, STATS_GATE_INCONCLUSIVE);
        summary_free(summary);
    }
}

/* Protects: the ratio of two quantiles holds its true value about as often as it says, and a
 * quantile that is a timeout bounds nothing. */
static void test_quantile_ratio(void **state)
{
    (void)state;
    enum { RUNS = 60, VALUES = 50 };
    struct stats_random *random = stats_random_new(7);
    int held = 0;
    for (int run = 0; run < RUNS; run++) {
        struct stats_observation a[VALUES], b[VALUES];
        for (size_t i = 0; i < VALUES; i++) {
            /* exponential, one twice the other; alike on a slow sample */
            double u = ((double)stats_random_next(random) + 1.0) / 4294967297.0;
            double v = ((double)stats_random_next(random) + 1.0) / 4294967297.0;
            a[i] = (struct stats_observation){(int64_t)(-2e6 * log(u)), i};
            b[i] = (struct stats_observation){(int64_t)(-1e6 * log(v)), i};
        }
        struct stats_quantile_data x = {a, VALUES}, y = {b, VALUES};
        struct stats_quantile_ratio r = stats_quantile_ratio(&x, &y, VALUES, 500, 1, 0.9);
        assert_true(r.low.value <= r.ratio.value && r.ratio.value <= r.high.value);
        held += r.low.value < 2.0 && r.high.value > 2.0;
    }
    stats_random_free(random);
    assert_in_range(held, 46, 60); /* binomial(60, 0.9): below 46 once in 1,500 */
    struct stats_observation late[] = {{STATS_CENSORED, 0}, {STATS_CENSORED, 1}};
    struct stats_observation soon[] = {{5, 0}, {7, 1}};
    struct stats_quantile_data x = {late, 2}, y = {soon, 2};
    struct stats_quantile_ratio r = stats_quantile_ratio(&x, &y, 2, 950, 1, 0.9);
    assert_false(r.ratio.known || r.high.known || r.low.known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),       cmocka_unit_test(test_is_the_gate),
        cmocka_unit_test(test_policies),       cmocka_unit_test(test_unknown_cost),
        cmocka_unit_test(test_quantile_ratio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
