/* SPDX-License-Identifier: GPL-3.0-or-later */
/* weir-simulate: the simulations of script/simulate that need no server.
 *
 *     weir-simulate coverage [RUNS]      intervals: nominal against realised, as Markdown
 *     weir-simulate stop [RUNS]          early stop: false alarms and what it spares
 *     weir-simulate power P1 P2 TRIALS SAMPLES
 *         chance to find P2 - P1 with that many samples, as JSON {"percent", "low", "high"}: the
 *         last two are the shares of 300 runs between which it falls 99 times of 100
 *
 * Exit 0: every bound held; 1: one is broken; 2: usage. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/coverage.h"
#include "simulate/early.h"
#include "stats/distribution.h"
#include "stats/power.h"

enum { COVERAGE_RUNS = 20000, SEEDS = 300, MANY = 5000 };

static void print_row(void *arg, const struct coverage_row *row)
{
    bool *broken = arg;
    double share = (double)row->covered / (double)row->runs;
    char simple[80] = "";
    char bound[40] = "none";

    if (row->simple)
        snprintf(simple, sizeof simple, "%.3f (%s)",
                 (double)row->simple_covered / (double)row->simple_runs, row->simple);
    if (row->bound > 0.0) {
        bool held = share >= row->bound;

        snprintf(bound, sizeof bound, "≥ %.2f %s", row->bound, held ? "held" : "BROKEN");
        *broken = *broken || !held;
    }
    printf("| %s | %s | 0.95 | %.3f | %s | %s |\n", row->what, row->method, share, bound,
           simple);
    fflush(stdout);
}

static bool print_alarms(size_t runs)
{
    struct coverage_alarms a = coverage_false_alarms(runs);
    const struct {
        const char *what;
        size_t alarms;
        bool bound;
    } rows[] = {
        {"exact McNemar, once", a.fixed, true},
        {"exact McNemar every ten samples, until it says yes", a.peeking, false},
        {"sequential McNemar, every sample", a.sequential, true},
        {"confidence sequence, every sample", a.sequence, true},
    };
    bool broken = false;

    printf("\n### False alarms, no difference, 200 samples, 25 %% discordant, %zu runs\n\n",
           runs);
    printf("| method | nominal | realised | bound |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double share = (double)rows[i].alarms / (double)runs;
        bool held = share <= 0.05;

        printf("| %s | 0.05 | %.3f | %s |\n", rows[i].what, share,
               !rows[i].bound ? "none"
               : held         ? "≤ 0.05 held"
                              : "≤ 0.05 BROKEN");
        broken = broken || (rows[i].bound && !held);
    }
    printf("\n");
    return broken;
}

static int run_coverage(size_t runs)
{
    bool broken = false;
    struct coverage to = {runs, true, print_row, &broken};

    printf("### Coverage of 95 %% intervals, %zu runs a row\n\n", runs);
    printf("| setting | method | nominal | realised | bound | a simpler method |\n"
           "| --- | --- | --- | --- | --- | --- |\n");
    coverage_accuracy(&to);
    coverage_single_difference(&to);
    coverage_difference(&to);
    coverage_quantiles(&to);
    coverage_shift(&to);
    coverage_ratios(&to);
    broken = print_alarms(runs) || broken;
    return broken;
}

static bool print_early(const struct early *e, size_t runs)
{
    struct early_result r = early_simulate(e, runs, 1);
    bool none = !(fabs(e->difference) > 0.0) && !(e->margin > 0.0);
    size_t alarms = none ? r.better + r.worse : 0, most = runs * 23 / 300;
    bool held = alarms <= most && r.missed <= most;

    printf("| %zu × %zu%s | %.2f | %zu | %zu | %zu | %zu | %zu | %.0f | %.0f %% | %s |\n",
           e->samples, e->trials, e->shared ? ", one draw a sample" : "", e->difference,
           r.stopped, r.better, r.worse, r.other, r.missed, r.median_looked,
           100.0 * r.median_spared, held ? "held" : "BROKEN");
    return !held;
}

static int run_stop(size_t runs)
{
    static const struct {
        size_t samples, trials;
        bool shared;
        double margin;
    } plans[] = {{300, 1, false, 0.0},
                 {300, 1, true, 0.0},
                 {1000, 1, false, 0.0},
                 {1000, 3, false, 0.0},
                 {1000, 3, false, 0.05}};
    static const double differences[] = {0.0, 0.05, 0.10, 0.20};
    bool broken = false;

    printf("### Early stop, the library alone: %zu seeds, accuracy 0.70 against 0.70 + d\n\n",
           runs);
    printf(
        "At most %zu false alarms (d = 0) and as many sequences without the true difference. "
        "The last plan has a margin of 5 points.\n\n",
        runs * 23 / 300);
    printf(
        "| samples × trials | d | stopped | better | worse | by the margin | sequence misses | "
        "median samples | median spared | |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t p = 0; p < sizeof plans / sizeof plans[0]; p++)
        for (size_t d = 0; d < sizeof differences / sizeof differences[0]; d++) {
            struct early e = {.samples = plans[p].samples,
                              .trials = plans[p].trials,
                              .base = 0.70,
                              .difference = differences[d],
                              .shared = plans[p].shared,
                              .margin = plans[p].margin};

            broken = print_early(&e, runs) || broken;
        }
    printf("\n");
    return broken;
}

/* By the normal approximation that a plan is made with. */
static int run_power(double first, double second, double trials, double samples)
{
    struct stats_power_plan plan = {0.0, first * (1.0 - first), trials, second * (1.0 - second),
                                    trials};
    double low = 0.01, high = 0.999;

    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2.0;
        struct stats_power need = stats_power_samples(&plan, second - first, 0.05, middle);

        if (need.n_exact.value < samples)
            low = middle;
        else
            high = middle;
    }
    double spread = stats_normal_quantile(0.995) * sqrt(low * (1.0 - low) / SEEDS);

    printf("{\"percent\": \"%.1f\", \"low\": %.4f, \"high\": %.4f}\n", 100.0 * low,
           low - spread, low + spread);
    return 0;
}

int main(int argc, char **argv)
{
    size_t runs = argc == 3 ? (size_t)strtoul(argv[2], NULL, 10) : 0;

    if (argc >= 2 && argc <= 3 && strcmp(argv[1], "coverage") == 0)
        return run_coverage(runs ? runs : COVERAGE_RUNS);
    if (argc >= 2 && argc <= 3 && strcmp(argv[1], "stop") == 0)
        return run_stop(runs ? runs : SEEDS);
    if (argc == 6 && strcmp(argv[1], "power") == 0)
        return run_power(strtod(argv[2], NULL), strtod(argv[3], NULL), strtod(argv[4], NULL),
                         strtod(argv[5], NULL));
    fputs("usage: weir-simulate coverage [RUNS] | stop [RUNS] | power P1 P2 TRIALS SAMPLES\n",
          stderr);
    return 2;
}
