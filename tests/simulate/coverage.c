/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See coverage.h. Each row has a generator and a seed of its own, so that rows can be added without
 * changing others. */
#include "simulate/coverage.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "base/mem.h"
#include "simulate/draw.h"
#include "stats/interval.h"
#include "stats/paired.h"
#include "stats/quantile.h"
#include "stats/ratio.h"
#include "stats/sequential.h"
#include "stats/shift.h"

enum { MOST = 300, TRIALS = 3 };

static struct coverage_row row_of(const struct coverage *to, const char *method, double bound,
                                  const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static struct coverage_row row_of(const struct coverage *to, const char *method, double bound,
                                  const char *format, ...)
{
    struct coverage_row row = {.method = method, .runs = to->runs, .bound = bound};
    va_list args;

    va_start(args, format);
    vsnprintf(row.what, sizeof row.what, format, args);
    va_end(args);
    return row;
}

static bool holds(double low, double truth, double high)
{
    return low <= truth && truth <= high;
}

static bool maybe_holds(maybe low, double truth, maybe high)
{
    return (!low.known || low.value <= truth) && (!high.known || truth <= high.value);
}

static bool mean_holds(const double *values, size_t count, double truth)
{
    struct stats_mean mean = stats_mean_t(values, count, NULL, COVERAGE_CONF);

    return holds(mean.low.value, truth, mean.high.value);
}

/* ---- accuracy ---- */

static void accuracy_row(const struct coverage *to, uint32_t seed, size_t samples, double p,
                         double rho, double bound)
{
    struct stats_random *random = stats_random_new(seed);
    double scores[MOST * TRIALS], means[MOST];
    size_t start[MOST + 1];
    struct stats_trials trials = {scores, start, samples};
    struct coverage_row row = row_of(
        to, "wilson_neff", bound, "accuracy, 3 trials: %zu samples, %.0f %%, correlation %.1f",
        samples, 100.0 * p, rho);

    row.simple = "t on sample means";
    row.simple_runs = to->runs;
    for (size_t i = 0; i <= samples; i++)
        start[i] = TRIALS * i;
    for (size_t run = 0; run < to->runs; run++) {
        for (size_t i = 0; i < samples; i++) {
            double rate = draw_success_rate(random, p, rho), right = 0.0;

            for (size_t t = 0; t < TRIALS; t++)
                right += scores[TRIALS * i + t] = draw_uniform(random) < rate ? 1.0 : 0.0;
            means[i] = right / TRIALS;
        }
        struct stats_accuracy result = stats_accuracy_neff(&trials, NULL, COVERAGE_CONF);

        row.covered += holds(result.interval.low, p, result.interval.high);
        row.simple_covered += mean_holds(means, samples, p);
    }
    stats_random_free(random);
    to->sink(to->arg, &row);
}

void coverage_accuracy(const struct coverage *to)
{
    static const struct {
        size_t samples;
        double p, bound;
    } rows[] = {{20, 0.60, COVERAGE_ENOUGH}, {20, 0.97, COVERAGE_ENOUGH},
                {40, 0.90, COVERAGE_ENOUGH}, {40, 0.97, COVERAGE_ENOUGH},
                {100, 0.97, COVERAGE_HARD},  {300, 0.97, COVERAGE_ENOUGH}};
    static const double correlations[] = {0.2, 0.5, 0.9};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (size_t c = 0; c < sizeof correlations / sizeof correlations[0]; c++)
            accuracy_row(to, (uint32_t)(100 + 10 * r + c), rows[r].samples, rows[r].p,
                         correlations[c], rows[r].bound);
}

/* ---- differences ---- */

/* 85 % both right, 5 % and 2 % discordant: a true difference of 3 points. */
void coverage_single_difference(const struct coverage *to)
{
    static const size_t sizes[] = {20, 40, 100};

    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct stats_random *random = stats_random_new((uint32_t)(200 + s));
        struct coverage_row row =
            row_of(to, "newcombe_paired", COVERAGE_ENOUGH,
                   "difference, 1 trial, 7 %% discordant: %zu samples", sizes[s]);
        double d[MOST];

        row.simple = "t on differences";
        row.simple_runs = to->runs;
        for (size_t run = 0; run < to->runs; run++) {
            struct stats_paired_counts counts = {0};

            for (size_t i = 0; i < sizes[s]; i++) {
                double u = draw_uniform(random);

                counts.both_right += u < 0.85;
                counts.only_first += u >= 0.85 && u < 0.90;
                counts.only_second += u >= 0.90 && u < 0.92;
                counts.both_wrong += u >= 0.92;
                d[i] = u >= 0.85 && u < 0.90 ? 1.0 : u >= 0.90 && u < 0.92 ? -1.0 : 0.0;
            }
            struct stats_newcombe result = stats_newcombe_paired(&counts, COVERAGE_CONF);

            row.covered += holds(result.low, 0.03, result.high);
            row.simple_covered += mean_holds(d, sizes[s], 0.03);
        }
        stats_random_free(random);
        to->sink(to->arg, &row);
    }
}

/* A share of the samples is lost by the candidate, another gained; all others are at rates of
 * their own. `rho` above 0: rates of both are beta instead, with the means `base` and
 * `candidate`. */
struct kind {
    const char *name;
    double lost, lost_rate, gained, gained_rate;
    double base, candidate, rho;
};

static double truth_of(const struct kind *k)
{
    double rest = 1.0 - k->lost - k->gained;

    if (k->rho > 0.0)
        return k->candidate - k->base;
    return k->lost * (k->lost_rate - 1.0) + k->gained * (1.0 - k->gained_rate) +
           rest * (k->candidate - k->base);
}

static double difference_of(struct stats_random *random, const struct kind *k)
{
    double u = draw_uniform(random), base = k->base, candidate = k->candidate;

    if (k->rho > 0.0) {
        base = draw_success_rate(random, k->base, k->rho);
        candidate = draw_success_rate(random, k->candidate, k->rho);
    } else if (u < k->lost) {
        base = 1.0;
        candidate = k->lost_rate;
    } else if (u < k->lost + k->gained) {
        base = k->gained_rate;
        candidate = 1.0;
    }
    return draw_mean_of_trials(random, candidate, TRIALS) -
           draw_mean_of_trials(random, base, TRIALS);
}

void coverage_difference(const struct coverage *to)
{
    static const struct kind kinds[] = {
        {"10 % lost, 3 % gained", 0.10, 0.3, 0.03, 0.5, 1.0, 1.0, 0.0},
        {"5 % lost", 0.05, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0},
        {"5 % lost, 5 % gained", 0.05, 0.3, 0.05, 0.3, 1.0, 1.0, 0.0},
        {"20 % lost, 10 % gained", 0.20, 0.5, 0.10, 0.5, 1.0, 1.0, 0.0},
        {"both at 97 %", 0.0, 0.0, 0.0, 0.0, 0.97, 0.97, 0.0},
        {"70 % and 80 %", 0.0, 0.0, 0.0, 0.0, 0.7, 0.8, 0.0},
        {"80 % and 80 %, correlation 0.5", 0.0, 0.0, 0.0, 0.0, 0.8, 0.8, 0.5},
    };
    static const size_t sizes[] = {10, 20, 40, 100};
    size_t count = to->full ? sizeof kinds / sizeof kinds[0] : 1;

    for (size_t k = 0; k < count; k++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            struct stats_random *random = stats_random_new((uint32_t)(300 + 10 * k + s));
            struct coverage_row row =
                row_of(to, "cluster_t, plus_two", COVERAGE_ENOUGH,
                       "difference, 3 trials, %s: %zu samples", kinds[k].name, sizes[s]);
            double d[MOST], truth = truth_of(&kinds[k]);

            row.simple = "t on differences";
            row.simple_runs = to->runs;
            for (size_t run = 0; run < to->runs; run++) {
                for (size_t i = 0; i < sizes[s]; i++)
                    d[i] = difference_of(random, &kinds[k]);
                struct stats_paired_difference result =
                    stats_paired_diff(d, sizes[s], NULL, COVERAGE_CONF, 2);

                row.covered += holds(result.low, truth, result.high);
                row.simple_covered += mean_holds(d, sizes[s], truth);
            }
            stats_random_free(random);
            to->sink(to->arg, &row);
        }
}

/* ---- latency ---- */

/* Lognormal; `alike` is the correlation of the logs within a sample. */
static double latency_of(struct stats_random *random, double of_sample, double alike)
{
    return exp(6.0 + 0.6 * (sqrt(alike) * of_sample + sqrt(1.0 - alike) * draw_normal(random)));
}

void coverage_quantiles(const struct coverage *to)
{
    static const struct {
        size_t samples;
        unsigned permille;
    } rows[] = {{40, 500}, {100, 500}, {100, 900}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct stats_random *random = stats_random_new((uint32_t)(400 + r));
        size_t samples = rows[r].samples, all = samples * TRIALS;
        double truth =
            1e6 * exp(6.0 + 0.6 * stats_normal_quantile((double)rows[r].permille / 1000.0));
        struct coverage_row row = row_of(to, "order statistics, n_eff", COVERAGE_ENOUGH,
                                         "p%u of latency: %zu samples × 3 alike trials",
                                         rows[r].permille / 10, samples);

        row.simple = "as if independent";
        row.simple_runs = to->runs;
        for (size_t run = 0; run < to->runs; run++) {
            struct stats_observation o[MOST * TRIALS];

            for (size_t i = 0; i < all; i += TRIALS) {
                double of_sample = draw_normal(random);

                for (size_t t = 0; t < TRIALS; t++)
                    o[i + t] = (struct stats_observation){
                        (int64_t)(1e6 * latency_of(random, of_sample, 0.9)), i / TRIALS};
            }
            struct stats_quantile q =
                stats_latency_quantile(o, all, samples, rows[r].permille, COVERAGE_CONF);

            row.covered += maybe_holds(q.low, truth, q.high);
            for (size_t i = 0; i < all; i++)
                o[i].cluster = i;
            q = stats_latency_quantile(o, all, all, rows[r].permille, COVERAGE_CONF);
            row.simple_covered += maybe_holds(q.low, truth, q.high);
        }
        stats_random_free(random);
        to->sink(to->arg, &row);
    }
}

void coverage_shift(const struct coverage *to)
{
    struct stats_random *random = stats_random_new(600);
    struct coverage_row row =
        row_of(to, "hodges_lehmann", COVERAGE_ENOUGH, "shift of latency: 30 samples");

    for (size_t run = 0; run < to->runs; run++) {
        double d[30];

        for (size_t i = 0; i < 30; i++)
            d[i] =
                250.0 + 100.0 * (draw_exponential(random, 1.0) - draw_exponential(random, 1.0));
        struct stats_shift shift = stats_hodges_lehmann(d, 30, COVERAGE_CONF);

        row.covered += holds(shift.low.value, 250.0, shift.high.value);
    }
    stats_random_free(random);
    to->sink(to->arg, &row);
}

/* ---- ratios ---- */

/* Costs that vary between samples and go together; the ratio of means is 3. */
static void draw_costs(struct stats_random *random, double spread, double *num, double *den,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double length = spread * draw_normal(random);

        num[i] = 3.0 * exp(length + 0.3 * draw_normal(random));
        den[i] = exp(length + 0.3 * draw_normal(random));
    }
}

static void ratio_row(const struct coverage *to, uint32_t seed, size_t samples, double bound,
                      bool tails)
{
    struct stats_random *random = stats_random_new(seed);
    double num[MOST], den[MOST], spread = tails ? 1.0 : 0.4, own = tails ? 1.0 : 0.3;
    const char *kind = tails ? ", heavy tails" : "";
    struct coverage_row overall = row_of(to, "ratio_logdelta", bound,
                                         "ratio of mean costs%s: %zu samples", kind, samples);
    struct coverage_row typical = row_of(to, "geometric_ratio", COVERAGE_ENOUGH,
                                         "typical ratio%s: %zu samples", kind, samples);
    /* 9,999 replicates each: a part of the runs is enough beside them */
    size_t bootstraps = to->full ? to->runs / 20 : 0;

    overall.simple = bootstraps ? "percentile bootstrap" : NULL;
    overall.simple_runs = bootstraps;
    for (size_t run = 0; run < to->runs; run++) {
        draw_costs(random, spread, num, den, samples);
        for (size_t i = 0; tails && i < samples; i++)
            num[i] = 3.0 * exp(own * draw_normal(random)); /* of its own, as skewed */
        struct stats_ratio ratio = stats_ratio_logdelta(num, den, samples, NULL, COVERAGE_CONF);
        /* E exp(spread z) * E exp(0.3 z) below, E exp(own z) above */
        double truth = tails ? 3.0 * exp(0.5 * own * own - 0.5 * spread * spread - 0.045) : 3.0;

        overall.covered += maybe_holds(ratio.low, truth, ratio.high);
        if (run < bootstraps) {
            struct stats_bootstrap boot =
                stats_ratio_bootstrap(num, den, samples, NULL, (uint32_t)(seed + run),
                                      STATS_BOOTSTRAP_REPLICATES, COVERAGE_CONF);
            overall.simple_covered += maybe_holds(boot.pct_low, truth, boot.pct_high);
        }
        ratio = stats_geometric_ratio(num, den, samples, NULL, COVERAGE_CONF);
        typical.covered += maybe_holds(ratio.low, 3.0, ratio.high);
    }
    stats_random_free(random);
    to->sink(to->arg, &overall);
    to->sink(to->arg, &typical);
}

void coverage_ratios(const struct coverage *to)
{
    static const size_t sizes[] = {20, 40, 100}, few[] = {10, 20, 40};

    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        ratio_row(to, (uint32_t)(500 + s), sizes[s], COVERAGE_ENOUGH, false);
    for (size_t s = 0; to->full && s < sizeof few / sizeof few[0]; s++)
        ratio_row(to, (uint32_t)(520 + s), few[s], 0.0, true);
}

/* ---- false alarms ---- */

struct coverage_alarms coverage_false_alarms(size_t runs)
{
    enum { SAMPLES = 200, LOOK_EVERY = 10 };
    struct stats_random *random = stats_random_new(700);
    struct coverage_alarms alarms = {.runs = runs};

    for (size_t run = 0; run < runs; run++) {
        struct stats_sequential_mcnemar test;
        struct stats_confidence_sequence sequence;
        uint64_t first = 0, second = 0;
        bool out = false, peeked = false;

        stats_sequential_mcnemar_init(&test, 1.0 - COVERAGE_CONF);
        stats_confidence_sequence_init(&sequence, 1.0 - COVERAGE_CONF, STATS_SEQUENCE_BET);
        for (size_t i = 1; i <= SAMPLES; i++) {
            double u = draw_uniform(random), d = u < 0.125 ? 1.0 : u < 0.25 ? -1.0 : 0.0;

            first += d > 0.0;
            second += d < 0.0;
            stats_sequential_mcnemar_add(&test, d);
            stats_confidence_sequence_add(&sequence, d);
            out = out || sequence.low > 0.0 || sequence.high < 0.0;
            if (i % LOOK_EVERY == 0)
                peeked = peeked || stats_mcnemar(first, second).p_exact <= 1.0 - COVERAGE_CONF;
        }
        alarms.fixed += stats_mcnemar(first, second).p_exact <= 1.0 - COVERAGE_CONF;
        alarms.peeking += peeked;
        alarms.sequential += test.stop_at != STATS_NEVER;
        alarms.sequence += out;
    }
    stats_random_free(random);
    return alarms;
}
