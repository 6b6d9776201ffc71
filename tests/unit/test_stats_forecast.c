/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_stats_forecast.c: what a variant costs and needs in use: against values worked out by hand,
 * and by simulation.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/distribution.h"
#include "stats/forecast.h"
#include "stats/weighted.h"
#include "test_stats_rows.h"

enum { MOST = 64 };

/* ---- means by slice ---- */

/* Protects: without slices all is as in any report: mean, error, limits, to the bit. */
static void without_slices_it_is_the_plain_mean(void **state)
{
    (void)state;
    const double values[] = {0.1, 0.7, 0.3, 2.9, 0.2};
    struct stats_mean plain = stats_mean_t(values, 5, NULL, 0.95);
    struct stats_weighted same = stats_stratified_mean(values, 5, NULL, NULL, 0.95);
    assert_true(same.mean.value == plain.mean.value && same.low.value == plain.low.value &&
                same.high.value == plain.high.value && same.df.value == 4.0);
    assert_near(same.kish, 5.0);
}

static const size_t two_slices[] = {0, 0, 1, 1, 1};
static const double eighty_twenty[] = {0.8, 0.2};
static const struct stats_strata strata = {two_slices, eighty_twenty, 2};

/* Protects: the stratified formula. easy: 1, 3 (mean 2, variance 2); hard: 10, 12, 14 (12, 4). */
static void a_stratified_mean(void **state)
{
    (void)state;
    const double values[] = {1, 3, 10, 12, 14};
    struct stats_weighted w = stats_stratified_mean(values, 5, &strata, NULL, 0.95);
    double easy = 0.64 * 2 / 2, hard = 0.04 * 4 / 3;
    assert_near(w.mean.value, 0.8 * 2 + 0.2 * 12);
    assert_near(w.se.value, sqrt(easy + hard));
    double df = (easy + hard) * (easy + hard) / (easy * easy / 1 + hard * hard / 2);
    assert_near(w.df.value, df);
    assert_near(w.high.value - w.mean.value, stats_t_quantile(0.975, df) * w.se.value);
    assert_near(w.kish, 1.0 / (2 * 0.16 + 3 * 0.04 / 9));
}

/* Protects: clusters across slices are summed before they are squared: here they cancel. */
static void clusters_across_slices(void **state)
{
    (void)state;
    const size_t of[] = {0, 0, 1, 1}, cluster[] = {0, 1, 0, 1};
    const double share[] = {0.5, 0.5}, values[] = {1, 3, 7, 5};
    const struct stats_strata half = {of, share, 2};
    const struct stats_clusters clusters = {cluster, 2};
    struct stats_weighted w = stats_stratified_mean(values, 4, &half, &clusters, 0.95);
    assert_near(w.mean.value, 4.0);
    assert_true(w.se.known && w.se.value == 0.0);
    w = stats_stratified_mean(values, 4, &half, NULL, 0.95);
    assert_near(w.se.value, sqrt(0.25 * 2 / 2 + 0.25 * 2 / 2));
}

/* Protects: a slice without samples makes the mean unknown, one with a single sample its error; one
 * that nobody asks for neither. */
static void slices_that_say_too_little(void **state)
{
    (void)state;
    const size_t of[] = {0, 0, 1};
    const double values[] = {1, 2, 3}, all[] = {0.5, 0.3, 0.2}, some[] = {0.5, 0.5, 0},
                 first[] = {1, 0, 0};
    struct stats_weighted w =
        stats_stratified_mean(values, 3, &(struct stats_strata){of, all, 3}, NULL, 0.95);
    assert_true(!w.mean.known && w.empty_slice);
    w = stats_stratified_mean(values, 3, &(struct stats_strata){of, some, 3}, NULL, 0.95);
    assert_true(w.mean.known && !w.se.known && !w.low.known && w.thin_slice);
    w = stats_stratified_mean(values, 3, &(struct stats_strata){of, first, 3}, NULL, 0.95);
    assert_near(w.mean.value, 1.5);
    assert_true(w.se.known && w.df.value == 1.0);
}

/* Protects: shares as in the data give the unweighted difference and its bounds, guarded or not. */
static void weights_of_the_data_change_nothing(void **state)
{
    (void)state;
    size_t of[30];
    double d[30];
    const double share[] = {1.0 / 3, 2.0 / 3};
    for (size_t few = 0; few < 2; few++) {
        for (size_t i = 0; i < 30; i++) {
            of[i] = i >= 10;
            d[i] = few ? (double)(i == 3) : (double)((int)(i % 3) - 1) / 2.0;
        }
        struct stats_paired_difference a = stats_paired_diff(d, 30, NULL, 0.95, 1);
        struct stats_paired_difference b =
            stats_weighted_diff(d, 30, &(struct stats_strata){of, share, 2}, NULL, 0.95);
        assert_int_equal(a.method, b.method);
        assert_near(a.difference.value, b.difference.value);
        assert_near(a.low, b.low);
        assert_near(a.high, b.high);
    }
}

/* ---- forecasts ---- */

static const struct forecast_limit limits[] = {{STR_INIT("provider p"), 600, 0},
                                               {STR_INIT("model m"), 60, 100000}};

static struct forecast_meta basis(size_t variants, size_t samples)
{
    static struct forecast_sample none[MOST];
    return (struct forecast_meta){.per_day = 100,
                                  .days = 30,
                                  .variant = three_variants,
                                  .variants = variants,
                                  .sample = none,
                                  .samples = samples,
                                  .limit = limits,
                                  .limits = 2};
}

static void feed(struct forecast *f, size_t variant, size_t sample, bool right, double usd,
                 double attempts)
{
    struct err err = {0};
    struct forecast_amount *amounts = arena_array(&f->arena, struct forecast_amount, 2);
    struct forecast_row *row = arena_new(&f->arena, struct forecast_row);
    amounts[0] = amounts[1] = (struct forecast_amount){attempts, 500 * attempts};
    *row = (struct forecast_row){.variant = variant,
                                 .sample = sample,
                                 .trial = 1,
                                 .correct = maybe_of(right),
                                 .usd = usd,
                                 .upper_usd = usd,
                                 .batch_usd = maybe_of(usd / 2),
                                 .uncached_usd = maybe_of(usd),
                                 .attempts = attempts,
                                 .amount = amounts};
    if (forecast_add(f, row, &err) < 0)
        fail_msg("%s", err.message);
}

/* Protects: mean, interval, and the bill of a day and a month with the chance of the requests. */
static void a_bill(void **state)
{
    (void)state;
    struct forecast_meta meta = basis(1, 4);
    struct forecast *f = forecast_begin(&meta);
    for (size_t i = 0; i < 4; i++)
        feed(f, 0, 3 - i, true, 0.001 * (double)(i + 1), 1);
    forecast_finish(f);
    const struct forecast_variant *v = &f->variants[0];
    double t = 3.18244630528371, se2 = 5.0 / 3 / 4 * 1e-6, s2 = 1.25 * 4 / 3 * 1e-6;
    assert_near(v->request_usd.value.value, 0.0025);
    assert_near(v->request_usd.low.value, 0.0025 - t * sqrt(se2));
    assert_near(v->day_usd.value.value, 0.25);
    assert_near(v->day_usd.high.value, 0.25 + t * sqrt(100 * 100 * se2 + 100 * s2));
    assert_near(v->month_usd.value.value, 7.5);
    assert_near(v->month_usd.low.value, 7.5 - t * sqrt(9e6 * se2 + 3000 * s2));
    assert_near(v->batch_month_usd.value, 3.75);
    assert_string_equal(v->request_usd.method, "mean_t");
    assert_true(v->samples == 4 && v->cells == 4);
    forecast_free(f);
}

/* Protects: what is needed at the peak, against limits: within, beyond, and not to be told apart. */
static void needs_and_limits(void **state)
{
    (void)state;
    struct forecast_meta meta = basis(2, 4);
    meta.peak_per_minute = maybe_of(60);
    struct forecast *f = forecast_begin(&meta);
    for (size_t i = 0; i < 4; i++) {
        feed(f, 0, i, true, 0.001, 2);
        feed(f, 1, i, true, 0.001, (double)(i == 3) * 2 + 0.5);
    }
    forecast_finish(f);
    const struct forecast_need *two = f->variants[0].need;
    assert_near(two[0].rpm.value.value, 120);
    assert_int_equal(two[0].rpm_fit, FORECAST_FITS);
    assert_int_equal(two[0].tpm_fit, FORECAST_NO_LIMIT);
    assert_near(two[0].most_per_minute.value, 300);
    assert_int_equal(two[1].rpm_fit, FORECAST_EXCEEDS);
    assert_near(two[1].tpm.value.value, 60000);
    assert_int_equal(two[1].tpm_fit, FORECAST_FITS);
    assert_near(two[1].most_per_minute.value, 30);
    /* 0.5, 0.5, 0.5, 2.5: mean 1, and an interval far around it */
    assert_near(f->variants[1].need[1].rpm.value.value, 60);
    assert_int_equal(f->variants[1].need[1].rpm_fit, FORECAST_MAY_NOT);
    assert_int_equal(f->warnings, 2);
    assert_contains(f->warning[0], "single needs 120 requests a minute of model m at the peak "
                                   "(interval 120 – 120), which allows 60: 30 of 60");
    assert_contains(f->load_text, "A run with --rate 1 does.");
    forecast_free(f);
}

/* Two variants that are right on the same 38 of 40 samples; the second costs half. */
static struct forecast *two_alike(double margin)
{
    struct forecast_meta meta = basis(2, 40);
    meta.margin = margin > 0 ? maybe_of(margin) : maybe_none();
    struct forecast *f = forecast_begin(&meta);
    for (size_t i = 0; i < 40; i++) {
        feed(f, 0, i, i >= 2 || i == 0, 0.002, 1);
        feed(f, 1, i, i >= 2, 0.001, 1);
    }
    forecast_finish(f);
    return f;
}

/* Protects: the cheaper one is chosen when it is shown to be within the margin, and not before; the
 * bound is that of plus_two with one sample of 40 that differs. */
static void the_cheapest_that_is_not_worse(void **state)
{
    (void)state;
    double centre = -1.0 / 42, squares = 39 * centre * centre + pow(-1 - centre, 2) +
                                         pow(1 - centre, 2) + pow(-1 - centre, 2);
    double low = centre - stats_t_quantile(0.95, 41) * sqrt(42.0 / 41 * squares) / 42;
    struct forecast *f = two_alike(0.11);
    assert_true(f->best == 0 && f->choice == 1);
    assert_near(f->variants[1].behind.value, -1.0 / 40);
    assert_near(f->variants[1].behind_low.value, low);
    assert_contains(
        f->choice_text,
        "chain is the cheapest variant that is shown to be at most 11.0 points less "
        "accurate than the most accurate one, single: the difference is −2.5 points, "
        "and with 95 % confidence not below −9.4. It costs $3.00 a month instead of "
        "$6.00.");
    assert_int_equal(f->advice_count, 1); /* batch; that single is better is not shown */
    assert_contains(f->advice[0],
                    "at batch prices chain costs $1.50 a month instead of $3.00.");
    forecast_free(f);
    f = two_alike(0.05);
    assert_true(f->best == 0 && f->choice == 0);
    assert_contains(f->choice_text, "no cheaper variant is shown to be at most 5.0 points");
    forecast_free(f);
    f = two_alike(0);
    assert_true(f->choice == SUMMARY_NO_BASELINE);
    assert_contains(f->choice_text, "No margin was given");
    forecast_free(f);
}

/* Protects: what a further correct answer costs is said where the difference is shown, and is the
 * ratio of the two differences. */
static void the_price_of_accuracy(void **state)
{
    (void)state;
    struct forecast_meta meta = basis(2, 40);
    meta.margin = maybe_of(0.02);
    struct forecast *f = forecast_begin(&meta);
    for (size_t i = 0; i < 40; i++) {
        feed(f, 0, i, true, 0.005, 1);
        feed(f, 1, i, i % 2, 0.001, 1);
    }
    forecast_finish(f);
    assert_true(f->choice == 0 && f->advice_count == 2);
    /* $0.004 more a request for half a correct answer more */
    assert_contains(f->advice[0], "$0.00800 for each further correct answer");
    assert_contains(f->advice[0], "$12.0 more a month for 50.0 points");
    forecast_free(f);
}

/* Protects: kinds of requests that different variants serve best are shown as a route, with its
 * cost; the shares decide what all of it costs. */
static void a_route_by_kind(void **state)
{
    (void)state;
    static const struct forecast_slice slices[] = {{STR_INIT("easy"), 0.75},
                                                   {STR_INIT("hard"), 0.25}};
    struct forecast_sample sample[MOST] = {{0}};
    for (size_t i = 0; i < MOST; i++)
        sample[i].slice = i >= 32;
    struct forecast_meta meta = basis(2, MOST);
    meta.slice = slices;
    meta.slices = 2;
    meta.sample = sample;
    meta.margin = maybe_of(0.2);
    struct forecast *f = forecast_begin(&meta);
    for (size_t i = 0; i < MOST; i++) {
        feed(f, 0, i, i < 32, 0.001, 1);
        feed(f, 1, i, true, 0.005, 1);
    }
    forecast_finish(f);
    assert_near(f->variants[0].accuracy.value.value, 0.75);
    assert_true(f->choice == 1);
    assert_true(f->variants[0].part[0].not_worse && !f->variants[0].part[1].not_worse);
    /* 0.75 × 0.001 + 0.25 × 0.005 = 0.002 against 0.005, 3000 times */
    assert_contains(f->advice[1],
                    "easy to single (100.0 % correct on 32 samples), hard to chain");
    assert_contains(f->advice[1],
                    "$6.00 a month, $9.00 less than chain for all. It pays off while "
                    "routing costs less than $0.00300 a request");
    forecast_free(f);
}

/* Protects: unknown costs are unknown, and name no choice; what is not scored neither. */
static void what_is_not_known(void **state)
{
    (void)state;
    struct err err = {0};
    const struct forecast_amount amounts[2] = {{1, 1}, {1, 1}};
    struct forecast_meta meta = basis(1, 4);
    meta.margin = maybe_of(0.1);
    meta.pending = 3;
    meta.skipped = 2;
    struct forecast *f = forecast_begin(&meta);
    struct forecast_row rows[4];
    for (size_t i = 0; i < 4; i++) {
        rows[i] = (struct forecast_row){.sample = i,
                                        .trial = 1,
                                        .correct = maybe_of(1),
                                        .unknown_cost = i == 1,
                                        .amount = amounts};
        assert_int_equal(forecast_add(f, &rows[i], &err), 0);
    }
    forecast_finish(f);
    assert_true(!f->variants[0].request_usd.value.known &&
                !f->variants[0].month_usd.value.known);
    assert_string_equal(f->variants[0].request_usd.reason, "calls of unknown cost");
    assert_true(f->choice == SUMMARY_NO_BASELINE && f->best == 0);
    assert_contains(f->choice_text, "is not known (calls of unknown cost)");
    assert_int_equal(f->advice_count, 0);
    assert_contains(f->warning[0], "2 cells were skipped");
    assert_contains(f->warning[1], "3 cells have no result yet");
    forecast_free(f);
    f = forecast_begin(&meta);
    assert_int_equal(forecast_add(f, &(struct forecast_row){.sample = 4}, &err), -1);
    forecast_finish(f);
    assert_contains(f->choice_text, "No cell was scored");
    forecast_free(f);
}

/* ---- simulation ---- */

static double uniform(struct stats_random *random)
{
    return ((double)stats_random_next(random) + 0.5) / 4294967296.0;
}

/* A request's cost: its kind by its share, log-normal within it. */
static double draw(struct stats_random *random, bool hard)
{
    return exp((hard ? 1.5 : 0.0) + 0.5 * stats_normal_quantile(uniform(random)));
}

/* Protects: the interval of a bill holds the bill, of few requests and of many, where shares are
 * not those of the data. Fixed seeds. */
static void an_interval_that_holds_the_bill(void **state)
{
    (void)state;
    enum { RUNS = 1500, SAMPLES = 45, EASY = 30 };
    static const struct forecast_slice slices[] = {{STR_INIT("easy"), 0.3},
                                                   {STR_INIT("hard"), 0.7}};
    struct forecast_sample sample[MOST] = {{0}};
    for (size_t i = 0; i < MOST; i++)
        sample[i].slice = i >= EASY;
    struct stats_random *random = stats_random_new(20260101);
    for (double requests = 20; requests <= 200; requests += 180) {
        size_t covered = 0;
        for (size_t run = 0; run < RUNS; run++) {
            struct forecast_meta meta = basis(1, SAMPLES);
            meta.per_day = requests;
            meta.slice = slices;
            meta.slices = 2;
            meta.sample = sample;
            struct forecast *f = forecast_begin(&meta);
            for (size_t i = 0; i < SAMPLES; i++)
                feed(f, 0, i, true, draw(random, i >= EASY), 1);
            forecast_finish(f);
            double bill = 0.0;
            for (double i = 0; i < requests; i++)
                bill += draw(random, uniform(random) < 0.7);
            covered += bill >= f->variants[0].day_usd.low.value &&
                       bill <= f->variants[0].day_usd.high.value;
            forecast_free(f);
        }
        print_message("    %.0f requests: %.3f\n", requests, (double)covered / RUNS);
        if ((double)covered / RUNS < 0.93)
            fail_msg("coverage %.3f with %.0f requests", (double)covered / RUNS, requests);
    }
    stats_random_free(random);
}

/* Protects: of several that are worse by just the margin, one is called not worse than the best in at
 * most 5 % of the runs, also with shares; and one that is as good is, in a run of that size, mostly. */
static void not_worse_is_not_said_lightly(void **state)
{
    (void)state;
    enum { RUNS = 600, SAMPLES = 60, EASY = 40 };
    static const struct forecast_slice slices[] = {{STR_INIT("easy"), 0.5},
                                                   {STR_INIT("hard"), 0.5}};
    struct forecast_sample sample[MOST] = {{0}};
    for (size_t i = 0; i < MOST; i++)
        sample[i].slice = i >= EASY;
    struct stats_random *random = stats_random_new(4711);
    size_t wrong = 0, right = 0;
    for (size_t run = 0; run < 2 * RUNS; run++) {
        bool alike = run >= RUNS;
        struct forecast_meta meta = basis(3, SAMPLES);
        meta.margin = maybe_of(alike ? 0.2 : 0.1);
        meta.slice = slices;
        meta.slices = 2;
        meta.sample = sample;
        struct forecast *f = forecast_begin(&meta);
        for (size_t i = 0; i < SAMPLES; i++) {
            double luck = uniform(random);
            for (size_t v = 0; v < 3; v++) /* 95 %, and 85 % for the cheaper ones */
                feed(f, v, i,
                     luck < 0.8 ? true : uniform(random) < (v == 0 || alike ? 0.75 : 0.25),
                     v == 0 ? 0.002 : 0.001, 1);
        }
        forecast_finish(f);
        wrong += !alike && f->best == 0 && f->choice != 0;
        right += alike && f->choice != SUMMARY_NO_BASELINE && f->choice != 0;
        forecast_free(f);
    }
    stats_random_free(random);
    print_message("    wrongly chosen %.3f, rightly %.3f\n", (double)wrong / RUNS,
                  (double)right / RUNS);
    assert_true(wrong <= RUNS * 5 / 100);
    assert_true(right >= RUNS * 80 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_slices_it_is_the_plain_mean),
        cmocka_unit_test(a_stratified_mean),
        cmocka_unit_test(clusters_across_slices),
        cmocka_unit_test(slices_that_say_too_little),
        cmocka_unit_test(weights_of_the_data_change_nothing),
        cmocka_unit_test(a_bill),
        cmocka_unit_test(needs_and_limits),
        cmocka_unit_test(the_cheapest_that_is_not_worse),
        cmocka_unit_test(the_price_of_accuracy),
        cmocka_unit_test(a_route_by_kind),
        cmocka_unit_test(what_is_not_known),
        cmocka_unit_test(an_interval_that_holds_the_bill),
        cmocka_unit_test(not_worse_is_not_said_lightly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
