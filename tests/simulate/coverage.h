/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do the default intervals cover what they promise? Seeded simulations of the settings in which
 * simpler methods fail: few samples, rates near 1, alike trials, few differing samples, skewed
 * costs. Nominal coverage is 95 %; at least 93 % is asked for, 91 % for one known hard row. In the
 * test suite with a few thousand runs a row (test_stats_calibration), in script/simulate with
 * many, where the simpler methods stand beside. */
#ifndef SIMULATE_COVERAGE_H
#define SIMULATE_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>

#define COVERAGE_CONF   0.95
#define COVERAGE_ENOUGH 0.93
#define COVERAGE_HARD   0.91

struct coverage_row {
    char what[96];
    const char *method;
    size_t runs, covered;
    double bound;       /* 0: known to cover less, and said so in reports */
    const char *simple; /* what others do; NULL: not shown */
    size_t simple_runs, simple_covered;
};

typedef void coverage_sink(void *arg, const struct coverage_row *row);

struct coverage {
    size_t runs; /* a row */
    bool full;   /* also the settings and methods that take long */
    coverage_sink *sink;
    void *arg;
};

/* Accuracy of three trials a sample, 20 to 300 samples, within-sample correlation 0.2 to 0.9. */
void coverage_accuracy(const struct coverage *to);
/* Difference of one trial a sample, of variants that mostly agree. */
void coverage_single_difference(const struct coverage *to);
/* Difference of three trials: seven kinds of pairs, 10 to 100 samples. */
void coverage_difference(const struct coverage *to);
/* Quantiles of latency, pooled over alike trials. */
void coverage_quantiles(const struct coverage *to);
/* Ratios of cost; with heavy tails they are known to cover less. */
void coverage_ratios(const struct coverage *to);
/* The typical shift of latency. */
void coverage_shift(const struct coverage *to);

/* False alarms at 5 % of a difference that is not there, 200 samples. */
struct coverage_alarms {
    size_t runs;
    size_t fixed;      /* exact McNemar, once at the end */
    size_t peeking;    /* the same test every ten samples, until it says yes */
    size_t sequential; /* sequential McNemar, at every sample */
    size_t sequence;   /* the confidence sequence excludes 0 at some sample */
};
struct coverage_alarms coverage_false_alarms(size_t runs);

#endif
