/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runs of one experiment, one after the other: what each says of each variant, and which changes
 * from run to run the statistics support.
 *
 * Each comparable run is compared with the one before it, and the newest with the oldest, on the same
 * samples; where the figures come from is the summary of the two (stats/summary.h). Accuracy is
 * tested, and the p-values of all these comparisons are adjusted together (Holm); cost and latency
 * are estimated, and a change is marked when an interval at confidence 1 - alpha/m excludes 1, m being
 * all ratios of that kind (Bonferroni). docs/history.md.
 *
 *     struct history *history = history_begin(&meta);
 *     run = history_add_run(history, &run_meta);
 *     history_add_value(history, run, &summary->variants[v]);
 *     history_add_change(history, run, &change);
 *     history_finish(history);
 */
#ifndef STATS_HISTORY_H
#define STATS_HISTORY_H

#include "stats/summary.h"

struct history_meta {
    str experiment;
    double confidence, alpha; /* of the summaries; 0: 0.95, 0.05 */
};

/* Slices are copied. */
struct history_run_meta {
    str id;
    str time; /* ISO 8601 */
    bool mock;
    int64_t seed;
    str version; /* of weir */
};

enum history_metric { HISTORY_ACCURACY, HISTORY_COST, HISTORY_LATENCY, HISTORY_METRICS };
/* "accuracy", "cost", "latency". */
const char *history_metric_name(enum history_metric metric);

enum history_mark { HISTORY_UNMARKED, HISTORY_UP, HISTORY_DOWN };
const char *history_mark_name(enum history_mark mark); /* "", "up", "down" */

/* One variant in one run. */
struct history_value {
    bool there;
    uint64_t samples;
    struct summary_estimate accuracy, cost_usd; /* of a cell */
    struct stats_quantile latency_ns;           /* median */
};

/* One variant against itself in an earlier run, on the samples of both. */
struct history_change {
    bool there;
    size_t from; /* run */
    uint64_t pairs;
    struct summary_estimate accuracy;                /* difference */
    struct summary_estimate cost_ratio, latency_ratio;
    const char *test;
    maybe p, p_adjusted;
    maybe detectable; /* difference found with the power of the summary */
    size_t clusters;  /* independent units among the pairs */
    /* At a confidence that holds for all ratios of the kind together. */
    maybe cost_low, cost_high, latency_low, latency_high;
    enum history_mark mark[HISTORY_METRICS];
};

struct history_run {
    struct history_run_meta meta;
    str *note; /* what is different from the run before: the experiment, the seed, a model */
    size_t notes;
    struct history_value *value;   /* by variant */
    struct history_change *change; /* likewise: against the run before */
};

struct history_left_out {
    str id, time, reason;
};

struct history {
    struct history_meta meta;
    str dataset, fingerprint;
    struct history_run *run; /* oldest first */
    size_t runs;
    str *variant; /* in the order of the newest run, then of older ones */
    size_t variants;
    struct history_change *overall; /* by variant: the newest run against the oldest, of three or more */
    struct history_left_out *left_out; /* runs that cannot be compared, and why */
    size_t left_outs;
    size_t family[HISTORY_METRICS]; /* comparisons that a mark had to stand out of */
    str *sentence;                  /* one a mark, in the order of runs and variants */
    size_t sentences;
    str verdict;
    struct arena arena; /* owns everything above */
    struct history_rows *private;
};

/* Copies meta. */
struct history *history_begin(const struct history_meta *meta);
void history_free(struct history *history);
/* Runs are added oldest first. Returns its number. */
size_t history_add_run(struct history *history, const struct history_run_meta *meta);
void history_add_note(struct history *history, size_t run, str note);
void history_add_value(struct history *history, size_t run, str variant,
                       const struct summary_variant *value);
/* `run` against `from`; `overall`: it is the newest against the oldest. `clusters`: independent units
 * of the data set. */
void history_add_change(struct history *history, size_t from, size_t run, str variant, bool overall,
                        const struct summary_comparison *comparison, size_t clusters);
void history_leave_out(struct history *history, str id, str time, str reason);
/* Of the data set that all runs share; known when the first run is. */
void history_set_dataset(struct history *history, str dataset, str fingerprint, double confidence);
/* Adjusts, marks, and says it. To be called once; nothing can be added afterwards. */
void history_finish(struct history *history);

#endif
