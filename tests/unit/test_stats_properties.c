/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties that hold for all data, on a few hundred random data sets with a fixed seed. A
 * formula with a slip in it passes its example and fails one of these. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/agreement.h"
#include "stats/distribution.h"
#include "stats/gate.h"
#include "stats/interval.h"
#include "stats/multiple.h"
#include "stats/paired.h"
#include "stats/pareto.h"
#include "stats/passk.h"
#include "stats/quantile.h"
#include "stats/ratio.h"
#include "stats/sequential.h"
#include "stats/shift.h"
#include "stats/sum.h"
#include "stats/voting.h"

enum { ROUNDS = 300, MOST = 60, MOST_TRIALS = 5 };
#define CLOSE 1e-12

/* A random data set: binary or fractional scores, 1 to 5 trials a sample, some clusters. */
struct data {
    double scores[MOST * MOST_TRIALS];
    size_t start[MOST + 1];
    struct stats_trials trials;
    size_t cluster_of[MOST];
    struct stats_clusters clusters;
};

static double uniform(struct stats_random *random)
{
    return ((double)stats_random_next(random) + 0.5) / 4294967296.0;
}

static void draw_data(struct stats_random *random, struct data *data)
{
    size_t samples = 1 + stats_random_below(random, MOST),
           most = 1 + stats_random_below(random, 5);
    bool binary = stats_random_below(random, 2) == 0;
    double rate = uniform(random);
    uint64_t labels[MOST];

    data->start[0] = 0;
    for (size_t i = 0; i < samples; i++) {
        size_t count = 1 + stats_random_below(random, most);

        for (size_t j = 0; j < count; j++) {
            double u = uniform(random);

            data->scores[data->start[i] + j] = binary ? (u < rate ? 1.0 : 0.0) : u;
        }
        data->start[i + 1] = data->start[i] + count;
        labels[i] = stats_random_below(random, samples);
    }
    data->trials = (struct stats_trials){data->scores, data->start, samples};
    data->clusters = (struct stats_clusters){
        data->cluster_of, stats_clusters_number(labels, samples, data->cluster_of)};
}

static void draw_values(struct stats_random *random, double *values, size_t count, double low,
                        double high)
{
    for (size_t i = 0; i < count; i++)
        values[i] = low + (high - low) * uniform(random);
}

static void assert_near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance * fmax(1.0, fmax(fabs(a), fabs(b)))))
        fail_msg("%.17g is not %.17g", a, b);
}

static void assert_maybe_near(maybe a, maybe b, double tolerance)
{
    assert_int_equal(a.known, b.known);
    assert_near(a.value, b.value, tolerance);
}

static void assert_between(double low, double value, double high)
{
    if (!(low <= value + CLOSE && value <= high + CLOSE))
        fail_msg("%.17g is not in [%.17g, %.17g]", value, low, high);
}

/* Protects: an interval that does not hold its own estimate is wrong. */
static void test_intervals_hold_their_estimate(void **state)
{
    struct stats_random *random = stats_random_new(11);

    (void)state;
    for (size_t round = 0; round < ROUNDS; round++) {
        double n = 1.0 + (double)stats_random_below(random, 500);
        double k = (double)stats_random_below(random, (size_t)n + 1);
        struct stats_proportion wilson = stats_wilson(k, n, 0.95);
        struct stats_proportion exact = stats_clopper_pearson(k, n, 0.95);
        struct stats_accuracy accuracy;
        struct data data;

        assert_between(wilson.low, k / n, wilson.high);
        assert_between(exact.low, k / n, exact.high);
        assert_true(wilson.low >= 0.0 && wilson.high <= 1.0);
        assert_true(exact.high - exact.low >= 0.0);
        draw_data(random, &data);
        accuracy = stats_accuracy_neff(&data.trials, &data.clusters, 0.95);
        assert_between(accuracy.interval.low, accuracy.interval.estimate.value,
                       accuracy.interval.high);
        assert_true(accuracy.interval.low >= 0.0 && accuracy.interval.high <= 1.0);
    }
    stats_random_free(random);
}

/* Protects: the same for differences, ratios, shifts and quantiles; plus_two holds its centre. */
static void test_comparisons_hold_their_estimate(void **state)
{
    struct stats_random *random = stats_random_new(12);

    (void)state;
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t count = 1 + stats_random_below(random, MOST);
        double d[MOST], num[MOST], den[MOST];
        struct stats_paired_difference diff;
        struct stats_ratio ratio, typical;
        struct stats_shift shift;

        draw_values(random, d, count, -1.0, 1.0);
        draw_values(random, num, count, 0.1, 9.0);
        draw_values(random, den, count, 0.1, 9.0);
        diff = stats_paired_diff(d, count, NULL, 0.95, 2);
        assert_between(diff.low, diff.centre.known ? diff.centre.value : diff.difference.value,
                       diff.high);
        ratio = stats_ratio_logdelta(num, den, count, NULL, 0.95);
        typical = stats_geometric_ratio(num, den, count, NULL, 0.95);
        if (count > 1) {
            assert_between(ratio.low.value, ratio.ratio.value, ratio.high.value);
            assert_between(typical.low.value, typical.ratio.value, typical.high.value);
        }
        shift = stats_hodges_lehmann(d, count, 0.95);
        assert_between(shift.low.value, shift.estimate.value, shift.high.value);
    }
    stats_random_free(random);
}

/* Protects: swapping the variants negates differences, inverts ratios and leaves p alone. */
static void test_swapping_variants(void **state)
{
    struct stats_random *random = stats_random_new(13);

    (void)state;
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t count = 2 + stats_random_below(random, MOST - 1);
        double d[MOST], back[MOST], num[MOST], den[MOST];
        struct stats_paired_counts counts = {
            stats_random_below(random, 30), stats_random_below(random, 30),
            stats_random_below(random, 30), 1 + stats_random_below(random, 30)};
        struct stats_paired_counts swapped = {counts.both_right, counts.only_second,
                                              counts.only_first, counts.both_wrong};
        struct stats_newcombe a = stats_newcombe_paired(&counts, 0.95);
        struct stats_newcombe b = stats_newcombe_paired(&swapped, 0.95);
        struct stats_paired_difference first, second;
        struct stats_ratio ratio, inverse;

        assert_near(a.difference.value, -b.difference.value, CLOSE);
        assert_near(a.low, -b.high, CLOSE);
        assert_near(stats_mcnemar(counts.only_first, counts.only_second).p_exact,
                    stats_mcnemar(counts.only_second, counts.only_first).p_exact, CLOSE);
        draw_values(random, d, count, -1.0, 1.0);
        for (size_t i = 0; i < count; i++)
            back[i] = -d[i];
        first = stats_paired_diff(d, count, NULL, 0.95, 2);
        second = stats_paired_diff(back, count, NULL, 0.95, 2);
        assert_near(first.low, -second.high, CLOSE);
        assert_near(first.high, -second.low, CLOSE);
        draw_values(random, num, count, 0.1, 9.0);
        draw_values(random, den, count, 0.1, 9.0);
        ratio = stats_ratio_logdelta(num, den, count, NULL, 0.95);
        inverse = stats_ratio_logdelta(den, num, count, NULL, 0.95);
        assert_near(ratio.ratio.value, 1.0 / inverse.ratio.value, CLOSE);
        assert_near(ratio.low.value, 1.0 / inverse.high.value, CLOSE);
        ratio = stats_geometric_ratio(num, den, count, NULL, 0.95);
        inverse = stats_geometric_ratio(den, num, count, NULL, 0.95);
        assert_near(ratio.high.value, 1.0 / inverse.low.value, CLOSE);
    }
    stats_random_free(random);
}

/* Protects: nothing but sequential and bootstrap numbers depends on the order of samples. */
static void test_permuting_samples(void **state)
{
    struct stats_random *random = stats_random_new(14);

    (void)state;
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t count = 2 + stats_random_below(random, MOST - 1);
        double d[MOST], mixed[MOST], other[MOST], num[MOST];
        struct stats_paired_difference a, b;
        struct stats_mean m, n;

        draw_values(random, d, count, -1.0, 1.0);
        draw_values(random, num, count, 0.1, 9.0);
        for (size_t i = 0; i < count; i++) {
            mixed[i] = d[i];
            other[i] = num[i];
        }
        for (size_t i = count - 1; i > 0; i--) {
            size_t j = stats_random_below(random, i + 1);
            double keep = mixed[i], kept = other[i];

            mixed[i] = mixed[j];
            mixed[j] = keep;
            other[i] = other[j];
            other[j] = kept;
        }
        a = stats_paired_diff(d, count, NULL, 0.95, 2);
        b = stats_paired_diff(mixed, count, NULL, 0.95, 2);
        assert_near(a.low, b.low, CLOSE);
        assert_near(a.high, b.high, CLOSE);
        m = stats_mean_t(num, count, NULL, 0.95);
        n = stats_mean_t(other, count, NULL, 0.95);
        assert_maybe_near(m.se, n.se, CLOSE);
        assert_maybe_near(stats_hodges_lehmann(d, count, 0.95).estimate,
                          stats_hodges_lehmann(mixed, count, 0.95).estimate, CLOSE);
        assert_maybe_near(stats_geometric_ratio(num, num, count, NULL, 0.95).ratio,
                          stats_geometric_ratio(other, other, count, NULL, 0.95).ratio, CLOSE);
    }
    stats_random_free(random);
}

/* Protects: n * T trials are not n * T observations: doubling every trial adds no information. */
static void test_doubling_trials(void **state)
{
    struct stats_random *random = stats_random_new(15);

    (void)state;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct data data;
        double scores[2 * MOST * MOST_TRIALS];
        size_t start[MOST + 1];
        struct stats_trials doubled = {scores, start, 0};
        struct stats_accuracy a, b;

        draw_data(random, &data);
        doubled.samples = data.trials.samples;
        for (size_t i = 0; i <= data.trials.samples; i++)
            start[i] = 2 * data.start[i];
        for (size_t i = 0; i < data.start[data.trials.samples]; i++)
            scores[2 * i] = scores[2 * i + 1] = data.scores[i];
        a = stats_accuracy_neff(&data.trials, &data.clusters, 0.95);
        b = stats_accuracy_neff(&doubled, &data.clusters, 0.95);
        assert_maybe_near(a.interval.estimate, b.interval.estimate, CLOSE);
        assert_maybe_near(a.se, b.se, CLOSE);
        assert_maybe_near(a.df, b.df, CLOSE);
    }
    stats_random_free(random);
}

/* Protects: the two exact tests are one test where both apply. */
static void test_sign_flip_is_mcnemar(void **state)
{
    struct stats_random *random = stats_random_new(16);

    (void)state;
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t count = 1 + stats_random_below(random, MOST);
        uint64_t only_first = 0, only_second = 0;
        int64_t values[MOST];

        for (size_t i = 0; i < count; i++) {
            values[i] = (int64_t)stats_random_below(random, 3) - 1;
            only_first += values[i] > 0;
            only_second += values[i] < 0;
        }
        assert_near(stats_signflip_exact(values, count),
                    stats_mcnemar(only_first, only_second).p_exact, 1e-11);
    }
    stats_random_free(random);
}

/* Protects: convolution, enumeration and random patterns give the same p. */
static void test_sign_flip_ways_agree(void **state)
{
    struct stats_random *random = stats_random_new(17);

    (void)state;
    for (size_t round = 0; round < 40; round++) {
        size_t count = 1 + stats_random_below(random, 12);
        int64_t lattice[12];
        double values[12], exact, drawn;

        for (size_t i = 0; i < count; i++) {
            lattice[i] = (int64_t)stats_random_below(random, 13) - 6;
            values[i] = (double)lattice[i] / 6.0;
        }
        exact = stats_signflip_exact(lattice, count);
        drawn = stats_signflip_mc(values, count, 1 + (uint32_t)round, 20000).p;
        assert_near(exact, stats_signflip_enumerate(values, count), CLOSE);
        assert_true(fabs(exact - drawn) < 0.02); /* over five standard errors */
    }
    stats_random_free(random);
}

/* Protects: clusters of one sample each change nothing. */
static void test_single_clusters(void **state)
{
    struct stats_random *random = stats_random_new(18);
    size_t of[MOST];

    (void)state;
    for (size_t i = 0; i < MOST; i++)
        of[i] = i;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct data data;
        double d[MOST], num[MOST];
        struct stats_clusters own;
        struct stats_paired_difference a, b;
        size_t count;

        draw_data(random, &data);
        count = data.trials.samples;
        own = (struct stats_clusters){of, count};
        draw_values(random, d, count, -1.0, 1.0);
        draw_values(random, num, count, 0.1, 9.0);
        assert_maybe_near(stats_accuracy_neff(&data.trials, NULL, 0.95).n_eff,
                          stats_accuracy_neff(&data.trials, &own, 0.95).n_eff, CLOSE);
        a = stats_paired_diff(d, count, NULL, 0.95, 2);
        b = stats_paired_diff(d, count, &own, 0.95, 2);
        assert_near(a.low, b.low, CLOSE);
        assert_near(a.high, b.high, CLOSE);
        assert_maybe_near(stats_ratio_logdelta(num, num, count, NULL, 0.95).se_log,
                          stats_ratio_logdelta(num, num, count, &own, 0.95).se_log, CLOSE);
    }
    stats_random_free(random);
}

/* Protects: pass@1 = pass^1 = mean; reliability falls and chance of any success rises with k. */
static void test_pass_k(void **state)
{
    (void)state;
    for (uint64_t trials = 1; trials <= 12; trials++)
        for (uint64_t correct = 0; correct <= trials; correct++) {
            double mean = (double)correct / (double)trials, any = 0.0, all = 1.0;

            assert_near(stats_pass_at_k(trials, correct, 1).value, mean, CLOSE);
            assert_near(stats_pass_hat_k(trials, correct, 1).value, mean, CLOSE);
            for (uint64_t k = 1; k <= trials; k++) {
                assert_true(stats_pass_at_k(trials, correct, k).value >= any - CLOSE);
                assert_true(stats_pass_hat_k(trials, correct, k).value <= all + CLOSE);
                any = stats_pass_at_k(trials, correct, k).value;
                all = stats_pass_hat_k(trials, correct, k).value;
                assert_near(stats_pass_hat_k(trials, trials - correct, k).value, 1.0 - any,
                            CLOSE);
            }
            assert_false(stats_pass_at_k(trials, correct, trials + 1).known);
        }
}

/* Protects: Holm never makes a p-value smaller, keeps their order, and leaves unknowns alone. */
static void test_holm(void **state)
{
    struct stats_random *random = stats_random_new(19);

    (void)state;
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t count = 1 + stats_random_below(random, 8), known = 0;
        maybe p[8], adjusted[8];

        for (size_t i = 0; i < count; i++) {
            p[i] = stats_random_below(random, 5) ? maybe_of(uniform(random)) : maybe_none();
            known += p[i].known;
        }
        assert_int_equal(stats_holm(p, count, adjusted), known);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(p[i].known, adjusted[i].known);
            assert_true(adjusted[i].value >= p[i].value && adjusted[i].value <= 1.0);
            for (size_t j = 0; j < count; j++)
                if (p[i].known && p[j].known && p[i].value <= p[j].value)
                    assert_true(adjusted[i].value <= adjusted[j].value);
        }
    }
    stats_random_free(random);
}

/* Protects: a later look at a confidence sequence never takes back an earlier one. */
static void test_sequences_never_widen(void **state)
{
    struct stats_random *random = stats_random_new(20);

    (void)state;
    for (size_t round = 0; round < 50; round++) {
        struct stats_confidence_sequence sequence;
        struct stats_sequential_mcnemar test;
        double low = -1.0, high = 1.0, p = 1.0, shift = uniform(random) - 0.5;

        stats_confidence_sequence_init(&sequence, 0.05, STATS_SEQUENCE_BET);
        stats_sequential_mcnemar_init(&test, 0.05);
        for (size_t t = 0; t < 400; t++) {
            double d = fmax(-1.0, fmin(1.0, 2.0 * uniform(random) - 1.0 + shift));

            stats_confidence_sequence_add(&sequence, d);
            stats_sequential_mcnemar_add(&test, d);
            assert_true(sequence.low >= low && sequence.high <= high && test.p <= p);
            low = sequence.low;
            high = sequence.high;
            p = test.p;
        }
        assert_true(high - low < 1.0); /* and it does narrow */
    }
    stats_random_free(random);
}

/* Protects: quantile ranks are integers of the level, inside 1..n, with limits around them and
 * the promised coverage. */
static void test_quantile_ranks(void **state)
{
    static const unsigned levels[] = {1, 70, 500, 900, 950, 990, 999};

    (void)state;
    for (uint64_t n = 1; n <= 400; n++)
        for (size_t l = 0; l < sizeof levels / sizeof levels[0]; l++) {
            struct stats_order_ranks r = stats_order_stat_ranks(n, levels[l], 0.95);

            assert_true(r.rank >= 1 && r.rank <= n);
            assert_true(r.lower <= r.rank && r.rank <= r.upper && r.upper <= n + 1);
            assert_true(r.coverage >= 0.95 - CLOSE);
        }
    assert_int_equal(stats_order_stat_ranks(100, 70, 0.95).rank, 7); /* 0.07 * 100 is not 7 */
    assert_int_equal(stats_order_stat_ranks(5, 500, 0.95).upper, 6); /* none below n = 6 */
    assert_int_equal(stats_order_stat_ranks(6, 500, 0.95).upper, 6);
    assert_int_equal(stats_order_stat_ranks(367, 990, 0.95).upper, 368);
    assert_int_equal(stats_order_stat_ranks(368, 990, 0.95).upper, 368);
}

/* Protects: every value lies in its histogram bucket, the buckets join, the error is 0.1 %. */
static void test_hdr_buckets(void **state)
{
    struct stats_random *random = stats_random_new(21);

    (void)state;
    for (size_t round = 0; round < 2000; round++) {
        uint64_t value = ((uint64_t)stats_random_next(random) << 20 | round) >>
                         stats_random_below(random, 45);
        struct stats_hdr_bucket b = stats_hdr_bucket_of(value);
        struct stats_hdr_bucket next = stats_hdr_bucket_of(b.highest + 1);

        assert_true(b.lowest <= value && value <= b.highest);
        assert_int_equal(next.lowest, b.highest + 1);
        assert_true((double)(b.highest - b.lowest) <= 0.001 * (double)value);
    }
    stats_random_free(random);
}

/* Protects: quantile functions invert their distributions, also where GSL's search gives up. */
static void test_quantiles_invert(void **state)
{
    static const double levels[] = {1e-6, 0.025, 0.5, 0.975, 0.999999};

    (void)state;
    for (size_t l = 0; l < sizeof levels / sizeof levels[0]; l++) {
        double p = levels[l];

        assert_near(stats_normal_cdf(stats_normal_quantile(p)), p, CLOSE);
        for (double n = 1.0; n < 1e5; n *= 3.7)
            for (double k = 1.0; k <= n; k *= 2.9) {
                double x = stats_beta_quantile(p, k, n - k + 1.0);
                double below = stats_beta_quantile(p * 0.9, k, n - k + 1.0);

                assert_true(x > 0.0 && x < 1.0 && below <= x);
                /* P(Beta(k, n-k+1) <= x) = P(Bin(n, x) >= k), for whole k and n. */
                if (floor(k) >= k && floor(n) >= n)
                    assert_near(stats_binomial_at_least((int64_t)k, (uint64_t)n, x), p, 1e-10);
            }
    }
    assert_true(isnan(stats_beta_quantile(0.5, 0.0, 1.0)) != 0);
    assert_true(isnan(stats_normal_quantile(1.0)) != 0);
    assert_true(isnan(stats_t_quantile(0.0, 3.0)) != 0);
}

/* Protects: Wilson's edges are exact, and no data is said to be no data. */
static void test_edges(void **state)
{
    double none[1] = {0.0};

    (void)state;
    assert_true(stats_wilson(0, 17, 0.95).low <= 0.0);
    assert_true(stats_wilson(17, 17, 0.95).high >= 1.0);
    assert_false(stats_wilson(0, 0, 0.95).estimable);
    assert_false(stats_mean_t(none, 0, NULL, 0.95).mean.known);
    assert_false(stats_mean_t(none, 1, NULL, 0.95).low.known);
    assert_true(stats_paired_diff(none, 0, NULL, 0.95, 2).low <= -1.0);
    assert_false(stats_ratio_logdelta(none, none, 1, NULL, 0.95).ratio.known);
    assert_false(stats_hodges_lehmann(none, 0, 0.95).estimate.known);
    assert_false(stats_latency_quantile(NULL, 0, 0, 500, 0.95).estimate.known);
    assert_int_equal(stats_noninferiority_gate(none, 0, NULL, 0.05, 0.05).verdict,
                     STATS_GATE_INCONCLUSIVE);
    assert_near(stats_mcnemar(60000, 60000).p_exact, 1.0, CLOSE);
    assert_true(stats_mcnemar(61000, 59000).p_exact < 1e-6);
}

/* Protects: equal scores in every trial are no spread, whatever rounding makes of their mean. */
static void test_rounding_is_no_spread(void **state)
{
    double scores[60];
    size_t start[21];
    struct stats_trials trials = {scores, start, 20};
    struct stats_accuracy accuracy;

    (void)state;
    for (size_t i = 0; i <= 20; i++)
        start[i] = 3 * i;
    for (size_t i = 0; i < 60; i++)
        scores[i] = i % 3 < 2 ? 1.0 : 0.0;
    accuracy = stats_accuracy_neff(&trials, NULL, 0.95);
    assert_true(accuracy.se.known && accuracy.se.value <= 0.0);
    assert_near(accuracy.n_eff.value, 20.0, CLOSE);
    for (size_t i = 0; i < 60; i++)
        scores[i] = 0.1;
    accuracy = stats_accuracy_neff(&trials, NULL, 0.95);
    assert_near(accuracy.n_eff.value, 20.0, CLOSE);
}

/* Protects: compensated sums keep what plain ones lose. */
static void test_sums(void **state)
{
    const double hard[] = {1.0, 1e100, 1.0, -1e100};

    (void)state;
    assert_near(stats_sum_of(hard, 4), 2.0, CLOSE);
}

/* Protects: voting helps above one half and hurts below, and odd majorities add up. */
static void test_voting(void **state)
{
    (void)state;
    for (uint64_t votes = 3; votes <= 21; votes += 2)
        for (double p = 0.05; p < 1.0; p += 0.05) {
            double majority = stats_majority_independent(p, votes);

            assert_near(majority + stats_majority_independent(1.0 - p, votes), 1.0, CLOSE);
            if (p > 0.51)
                assert_true(majority > p);
            if (p < 0.49)
                assert_true(majority < p);
            assert_near(majority, stats_majority_independent(p, votes + 1), CLOSE);
        }
    /* Both ways to compute it meet where one takes over. */
    assert_near(stats_majority_independent(0.52, 501), stats_majority_independent(0.52, 502),
                1e-11);
    assert_near(stats_majority_independent(0.52, 499), stats_majority_independent(0.52, 500),
                1e-11);
    assert_true(stats_majority_independent(0.52, 501) > stats_majority_independent(0.52, 499));
    assert_near(stats_majority_beta_binomial(1e7 * 0.7, 1e7 * 0.3, 5),
                stats_majority_independent(0.7, 5), 1e-5);
}

/* Protects: perfect agreement is 1, agreement by chance is 0. */
static void test_agreement(void **state)
{
    const uint64_t perfect[] = {7, 0, 0, 5}, chance[] = {9, 9, 9, 9};

    (void)state;
    assert_near(stats_cohen_kappa(perfect, 2, 0.95).kappa.value, 1.0, CLOSE);
    assert_near(stats_cohen_kappa(chance, 2, 0.95).kappa.value, 0.0, CLOSE);
}

/* Protects: a point off the front is dominated by one on it. */
static void test_pareto(void **state)
{
    struct stats_random *random = stats_random_new(22);

    (void)state;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct stats_point points[9];
        bool on_front[9];

        for (size_t i = 0; i < 9; i++)
            points[i] = (struct stats_point){(double)stats_random_below(random, 6),
                                             (double)stats_random_below(random, 6)};
        assert_true(stats_pareto_front(points, 9, on_front) >= 1);
        for (size_t i = 0; i < 9; i++) {
            bool beaten = false;

            for (size_t j = 0; j < 9; j++)
                beaten = beaten || (on_front[j] && stats_dominates(&points[j], &points[i]));
            assert_int_equal(on_front[i], !beaten);
        }
    }
    stats_random_free(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intervals_hold_their_estimate),
        cmocka_unit_test(test_comparisons_hold_their_estimate),
        cmocka_unit_test(test_swapping_variants),
        cmocka_unit_test(test_permuting_samples),
        cmocka_unit_test(test_doubling_trials),
        cmocka_unit_test(test_sign_flip_is_mcnemar),
        cmocka_unit_test(test_sign_flip_ways_agree),
        cmocka_unit_test(test_single_clusters),
        cmocka_unit_test(test_pass_k),
        cmocka_unit_test(test_holm),
        cmocka_unit_test(test_sequences_never_widen),
        cmocka_unit_test(test_quantile_ranks),
        cmocka_unit_test(test_hdr_buckets),
        cmocka_unit_test(test_quantiles_invert),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_rounding_is_no_spread),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_voting),
        cmocka_unit_test(test_agreement),
        cmocka_unit_test(test_pareto),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
