/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the summary: the sorted rows and what its files share. Not for reporters. */
#ifndef STATS_SUMMARY_ROWS_H
#define STATS_SUMMARY_ROWS_H

#include "stats/cluster.h"
#include "stats/summary.h"
#include "stats/trials.h"

/* A sample that occurs in any cell, in data set order. */
struct summary_sample {
    size_t index; /* place in the data set file */
    str id;
    str cluster_name;
    size_t cluster; /* numbered by first appearance */
};

struct summary_cell {
    struct summary_cell_row row;
    size_t place; /* of its sample in summary_rows.samples */
};

/* Sums of what a score asked in a variant. */
struct summary_judge_sum {
    struct summary_account account;
    uint64_t cells, ungraded, agreements;
    int64_t agreement; /* in units of 1e-9, for any order adds up alike */
    int64_t work_ns;
};

struct summary_rows {
    struct summary_judge_sum *judge; /* [variant * score_count + k] */
    struct summary_cell *cells; /* sorted by variant, sample, trial once finishing */
    size_t cell_count, cell_room;
    struct summary_step_row *steps; /* sorted by variant, order, path, sample, trial, ... */
    size_t step_count, step_room;
    size_t *cell_start; /* of variant v: cells [cell_start[v], cell_start[v + 1]) */
    size_t *step_start;
    struct summary_sample *samples;
    size_t sample_count;
    bool *of_variant; /* [variant * score_count + k]: it has what score k looks at */
    bool *restricted; /* [k]: some variant was named for score k */
    bool *applies;    /* [place * score_count + k]: score k applies to the sample */
    bool finished;
};

/* What a cell contributes to a statistic; unknown: nothing. */
typedef maybe (*summary_value)(const struct summary *summary, const struct summary_cell *cell,
                               size_t which);

/* A variant's values of one kind, trials grouped by sample; samples without any are left out. */
struct summary_series {
    struct stats_trials trials;
    size_t *places; /* sample of each entry */
    double *means, *sums;
    const struct stats_clusters *clusters; /* NULL when the data has none */
};

struct summary_series summary_collect(struct arena *scratch, const struct summary *summary,
                                      size_t variant, summary_value value, size_t which);

/* The samples that both variants have a value for. */
struct summary_pairing {
    struct summary_series candidate, baseline;
    size_t *from_candidate, *from_baseline; /* entries of the series */
    size_t *places;
    size_t count;
    const struct stats_clusters *clusters;
};

struct summary_pairing summary_pair_up(struct arena *scratch, const struct summary *summary,
                                       size_t baseline, size_t candidate, summary_value value);
/* Candidate's mean - baseline's, one a pair. */
double *summary_differences(struct arena *scratch, const struct summary_pairing *p);

/* Clusters of these samples, or NULL when no two samples of the data share one. */
const struct stats_clusters *summary_clusters_of(struct arena *scratch,
                                                 const struct summary *summary,
                                                 const size_t *places, size_t count);

/* Values for summary_collect. `which` is the score for summary_value_named and ignored else. */
maybe summary_value_correct(const struct summary *summary, const struct summary_cell *cell,
                            size_t which);
maybe summary_value_score(const struct summary *summary, const struct summary_cell *cell,
                          size_t which);
maybe summary_value_named(const struct summary *summary, const struct summary_cell *cell,
                          size_t which);
maybe summary_value_cost(const struct summary *summary, const struct summary_cell *cell,
                         size_t which);
maybe summary_value_latency(const struct summary *summary, const struct summary_cell *cell,
                            size_t which);

bool summary_is_finished(enum summary_status status);
/* Unscored because the grader failed, not because nothing was expected. */
bool summary_is_grader_failure(const struct summary_cell *cell);

/* A share of [0,1] with Wilson's interval, plain or at the effective sample size. */
struct summary_estimate summary_share(const struct summary *summary,
                                      const struct summary_series *series);
struct summary_estimate summary_unknown(const char *reason);
/* Results of the pure functions in the terms of an estimate. */
struct stats_paired_difference;
struct summary_estimate summary_difference(const struct stats_paired_difference *d, size_t n);
struct stats_ratio;
struct summary_estimate summary_ratio(const struct stats_ratio *ratio, size_t n,
                                      const char *method);
struct stats_mean;
struct summary_estimate summary_mean(const struct stats_mean *mean, size_t n);

void summary_traffic_add(struct summary_traffic *sum, const struct summary_traffic *more);
void summary_tokens_add(struct summary_tokens *sum, const struct summary_tokens *more);
void summary_money_add(struct summary_money *sum, const struct summary_money *more);
/* The total in dollars, unknown when a call's cost is. */
maybe summary_money_usd(const struct summary_money *money);

void summary_judge_add(struct summary_judge_sum *sum, const struct summary_judge_row *row);

/* The stages of summary_finish, in this order. */
void summary_fill_variant(struct summary *summary, size_t variant);
void summary_fill_steps(struct summary *summary, size_t variant);
void summary_fill_roles(struct summary *summary, size_t variant);
void summary_fill_comparisons(struct summary *summary);
void summary_fill_front(struct summary *summary);
void summary_fill_rate(struct summary *summary);
void summary_fill_texts(struct summary *summary);
void summary_fill_warnings(struct summary *summary);
/* Not about times; variant SUMMARY_NO_BASELINE: about the whole run. Only while these are filled. */
void summary_warn(struct summary *summary, const char *code, size_t variant, str text);
void summary_warn_of_repliers(struct summary *summary);

/* Difference of accuracy, its interval and test; the rest of the comparison stays empty. */
void summary_compare_accuracy(struct summary *summary, size_t baseline, size_t candidate,
                              struct summary_comparison *comparison);
/* The rest of it: score, cost and latency, estimated and not tested. */
void summary_compare_rest(struct summary *summary, struct summary_comparison *comparison);
/* Holm over the family, then verdicts. */
void summary_judge(const struct summary *summary, struct summary_comparison *comparisons,
                   size_t count);
/* Ratio of means of cost, candidate over baseline. */
struct summary_estimate summary_cost_ratio(struct summary *summary, size_t baseline,
                                           size_t candidate);

#endif
