/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the summary: the sorted rows and what its files share. Not for reporters. */
#ifndef STATS_SUMMARY_ROWS_H
#define STATS_SUMMARY_ROWS_H

#include "base/err.h"
#include "stats/cluster.h"
#include "stats/summary.h"
#include "stats/trials.h"

/* A sample that occurs in any cell, in data set order. */
struct summary_sample {
    size_t index; /* place in the data set file */
    str id;
    str cluster_name;
    bool alone; /* the other side of a comparison does not have it */
    size_t cluster; /* numbered by first appearance */
};

/* What is kept of a cell until the end: what an order, a pairing or a median needs. The rest is
 * added up when the cell comes. Narrow, for a run of a million cells has a million of them. */
struct summary_cell {
    double score; /* NAN: unknown */
    int64_t cost_nanousd, latency_ns, wall_ns, late_ns; /* times -1: none was measured */
    uint32_t variant; /* or a group behind the variants: summary_cells_under */
    uint32_t sample, trial;
    uint32_t place; /* of its sample in summary_rows.samples */
    uint32_t
        scores; /* its score_count values begin at summary_rows.score[scores * score_count] */
    uint32_t reason; /* its place in summary_rows.names */
    uint64_t answer; /* 0: none */
    uint16_t shape;  /* its place in summary_rows.shapes; 0: unknown */
    uint8_t status;
    int8_t correct; /* -1: unknown */
};

/* Sums of all cells of a variant; the times of finished ones that have them. */
struct summary_sums {
    uint64_t timed, whole; /* cells with times, and those of them that were not resumed */
    struct summary_traffic traffic;
    struct summary_tokens tokens;
    struct summary_money cost;
    int64_t wall_ns, provider_ns, permit_wait_ns, backoff_ns, store_wait_ns, connect_ns;
    int64_t critical_path_ns, total_work_ns, ttft_ns;
    uint64_t ttft_calls;
    uint64_t cached, cached_timed; /* cells with cached calls: in none of the above times */
    int64_t cached_ns, paid_nanousd;
};

/* Of the instance of a step whose sample has no cell. */
#define SUMMARY_NO_PLACE UINT32_MAX

/* One instance of a step, and what all instances at one place of a variant add up to. */
struct summary_instance {
    double score; /* NAN: unknown */
    int64_t latency_ns;
    uint32_t kind;  /* in summary_rows.kinds */
    uint32_t place; /* of its sample in the data set; once finishing in summary_rows.samples */
    uint32_t trial;
    uint32_t failure : 31; /* its place in summary_rows.names; 0: it did not fail */
    uint32_t wrong : 1;    /* its score did not pass */
};

struct summary_kind {
    size_t variant, order;
    str path, pattern;
    struct summary_traffic traffic;
    struct summary_tokens tokens;
    struct summary_money cost;
    int64_t work_ns; /* of the cells that were timed */
    uint32_t number; /* that its instances have */
};

/* A summary_note that is kept. */
struct summary_fact {
    uint32_t variant, sample, trial;
    uint32_t place; /* once finishing: of its sample in summary_rows.samples */
    uint32_t path, name, other; /* in summary_rows.names */
    uint32_t instance, index, score;
    double first, second; /* NAN: unknown */
    uint8_t kind;
    bool yes;
};

/* Texts of which there are few, each once; the first is empty. */
struct summary_names {
    str *text;
    size_t count, room;
};

/* Sums of what a score asked in a variant. */
struct summary_judge_sum {
    struct summary_account account;
    uint64_t cells, ungraded;
    int64_t work_ns;
};

/* What few rules ask for of a cell. */
struct summary_amounts {
    int64_t tokens;
    uint32_t calls, retries;
};

struct summary_verdicts; /* summary_contest.c */

/* How far a judge's repeats agree in one cell. */
struct summary_agreement {
    uint32_t variant, score, sample, trial;
    double value;
};

struct summary_rows {
    struct summary_verdicts *verdicts; /* NULL: none came */
    struct summary_agreement *agreements; /* in the order of their members once finishing */
    size_t agreement_count, agreement_room;
    struct summary_amounts *amounts; /* by summary_cell.scores; NULL: no rule asks for them */
    size_t amount_room;
    bool keeps_amounts;
    struct summary_watched *watched; /* summary_stop_inside.h; NULL: the run does not end early */
    struct summary_judge_sum *judge; /* [variant * score_count + k] */
    struct summary_cell *cells;      /* sorted by variant, sample, trial once finishing */
    size_t cell_count, cell_room;
    double *score; /* NAN: unknown */
    size_t score_room;
    struct summary_sums *sums;          /* by variant */
    struct summary_account *router;     /* by variant: of its steps of that role */
    struct summary_account *told_judge; /* by variant: of its judges, where no rows are added */
    bool *roles_told;                   /* by variant */
    struct summary_instance *instances; /* sorted by kind, sample, trial, ... */
    size_t instance_count, instance_room;
    struct summary_kind *kinds; /* sorted by variant, order, path */
    size_t kind_count, kind_room, kind_last;
    struct summary_names names;
    struct summary_names shapes; /* the first of many; the first is empty */
    size_t groups;               /* variants, and each with each perturbation */
    struct summary_account *perturbed_judges; /* by group: what scores asked there */
    size_t *cell_start; /* of variant or group v: cells [cell_start[v], cell_start[v + 1]) */
    size_t *kind_start; /* instances of kind k: [kind_start[k], kind_start[k + 1]) */
    struct summary_sample *samples; /* in data set order once finishing */
    size_t sample_count, sample_room;
    uint32_t *place_of; /* of each place in the data set, 1 + its place in samples; 0: none */
    size_t place_room;
    struct summary_advising *advising; /* what advice rests on; NULL: nothing */
    struct summary_fact *facts; /* by variant, path, sample, trial, instance, kind, index, score */
    size_t fact_count, fact_room;
    struct err conflict; /* the first sample with two ids or clusters */
    bool *of_variant;    /* [variant * score_count + k]: it has what score k looks at */
    bool *restricted;    /* [k]: some variant was named for score k */
    bool *applies;       /* [place * score_count + k]: score k applies to the sample */
    bool *unbeaten;      /* by variant, of several: no other is better */
    bool finished;
};

/* Cells of samples changed by a perturbation, from 1, lie behind those of all variants, as if each
 * variant were another one there. What walks over the variants never meets them. */
static inline size_t summary_cells_under(const struct summary *summary, size_t variant,
                                   size_t perturbation)
{
    return perturbation * summary->meta.variant_count + variant;
}

/* Copies it into the summary. */
void summary_copy_meta(struct summary *summary, const struct summary_meta *given);
/* Room for one row more in an array of `count`, which is given back, moved or not. */
void *summary_grow(void *rows, size_t count, size_t *room, size_t size);
/* The place of a text in `names`. */
uint32_t summary_number(struct summary *summary, str text);
/* Of labels that are neither a case of a router nor wanted by any score. */
#define SUMMARY_OTHER_LABEL "(other)"
/* The place of a shape in `shapes`; 0: none, or not among the first hundreds. */
uint16_t summary_shape_number(struct summary *summary, str shape);
/* The facts of a variant, sorted. */
const struct summary_fact *summary_facts(const struct summary *summary, size_t variant,
                                         size_t *count);
void summary_sort_facts(struct summary_rows *rows);

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
/* One value a sample, made of its trials as the report's reducer says: of what is right or wrong, and
 * of scores. With means, which are the rule, the series as it is. */
struct summary_series summary_reduce(struct arena *scratch, const struct summary *summary,
                                     const struct summary_series *series);

/* The samples that both variants have a value for. */
struct summary_pairing {
    struct summary_series candidate, baseline;
    size_t *from_candidate, *from_baseline; /* entries of the series */
    size_t *places;
    size_t count;
    const struct stats_clusters *clusters;
};

/* Of two series of the same value. */
struct summary_pairing summary_pair_series(struct arena *scratch, const struct summary *summary,
                                           struct summary_series baseline,
                                           struct summary_series candidate);
/* What is right or wrong, and scores, as the reducer says. */
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
bool summary_is_grader_failure(const struct summary *summary, const struct summary_cell *cell);

/* A share of [0,1] with Wilson's interval, plain or at the effective sample size. */
struct summary_estimate summary_share(const struct summary *summary,
                                      const struct summary_series *series);
/* ... at that confidence instead of the report's. */
struct summary_estimate summary_share_at(const struct summary_series *series,
                                         double confidence);
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
void summary_agreement_add(struct summary_rows *rows, const struct summary_judge_row *row);

/* ERR_INPUT with the cell's name before `what`; -1. */
struct summary_row_name {
    const struct summary *summary;
    size_t variant, sample;
    str sample_id;
    unsigned trial;
};
int summary_refuse(struct err *err, const struct summary_row_name *name, const char *what);

/* Early stopping (summary_stop.h). */
void summary_add_beyond(struct summary *summary, const struct summary_traffic *traffic,
                        const struct summary_money *cost, bool cell);
void summary_free_watched(struct summary_watched *watched);
/* Differences have confidence sequences for intervals. */
bool summary_is_sequential(const struct summary *summary);
/* The difference of accuracy or score and its confidence sequence; *p (may be NULL) of McNemar's
 * sequential test, where it applies. */
struct summary_estimate summary_sequence(const struct summary *summary, size_t baseline,
                                         size_t candidate, bool score, double alpha, maybe *p);
void summary_compare_sequentially(struct summary *summary,
                                  struct summary_comparison *comparison);
struct summary_estimate summary_score_sequence(const struct summary *summary,
                                               const struct summary_comparison *comparison);
void summary_judge_sequentially(const struct summary *summary,
                                struct summary_comparison *comparisons, size_t count);
str summary_sequential_text(struct summary *summary,
                            const struct summary_comparison *comparison);

/* The stages of summary_finish, in this order. */
int summary_sort(struct summary *summary, struct err *err);
void summary_fill_variant(struct summary *summary, size_t variant);
void summary_fill_steps(struct summary *summary, size_t variant);
void summary_fill_diagnosis(struct summary *summary, size_t variant);
void summary_sort_agreements(struct summary_rows *rows);
void summary_fill_roles(struct summary *summary, size_t variant);
void summary_fill_stop(struct summary *summary);
void summary_fill_consistency(struct summary *summary, size_t variant);
void summary_fill_perturbed(struct summary *summary, size_t variant);
void summary_fill_comparisons(struct summary *summary);
/* Of the first 200 comparisons: nobody looks at more. */
void summary_fill_flips(struct summary *summary);
void summary_fill_front(struct summary *summary);
void summary_fill_contests(struct summary *summary);
void summary_free_verdicts(struct summary_verdicts *verdicts);
void summary_fill_advice(struct summary *summary);
void summary_fill_rate(struct summary *summary);
void summary_fill_requirements(struct summary *summary);
struct summary_advising;
void summary_fill_recommendations(struct summary *summary);
void summary_free_advising(struct summary_advising *advising);
void summary_fill_texts(struct summary *summary);
/* The two sentences of a requirement that was measured; `short_of`: what is missing, or NULL. */
void summary_requirement_text(struct summary *summary, struct summary_requirement *requirement,
                              const char *short_of);
str summary_requirement_what(struct summary *summary, const struct summary_rule *rule);
void summary_fill_warnings(struct summary *summary);
/* Not about times; variant SUMMARY_NO_BASELINE: about the whole run. Only while these are filled. */
void summary_warn(struct summary *summary, const char *code, size_t variant, str text);
void summary_warn_of_repliers(struct summary *summary);

/* One right-or-wrong trial a sample on both sides, no clusters: the case of McNemar's test. */
bool summary_is_single(const struct summary_pairing *p);
struct stats_paired_counts;
void summary_count_pairs(const struct summary_pairing *p, struct stats_paired_counts *counts);
/* Difference of accuracy with its interval: Newcombe's where the pairs are single answers, else the
 * guarded t interval; its standard error is that of the latter. */
struct summary_estimate summary_paired_interval(struct arena *scratch,
                                                const struct summary_pairing *p, double conf);
/* More of its trials than a verdict may rest on have no score. */
bool summary_too_many_unscored(const struct summary *summary, size_t variant);

/* Difference of accuracy, its interval and test; the rest of the comparison stays empty. */
void summary_compare_accuracy(struct summary *summary, size_t baseline, size_t candidate,
                              struct summary_comparison *comparison);
/* Where the two share no sample: the difference of their accuracies. */
void summary_compare_unpaired(struct summary *summary, struct summary_comparison *comparison);
/* Samples for differences of 1, 2, 5 and 10 points, from the one that was detectable. */
void summary_fill_powers(struct summary_comparison *comparison, uint64_t samples);
/* What a reader must know of samples that were matched. */
void summary_warn_of_matching(struct summary *summary);
void summary_fill_slices(struct summary *summary);
void summary_warn_of_slices(struct summary *summary);
/* The rest of it: score, cost and latency, estimated and not tested. */
void summary_compare_rest(struct summary *summary, struct summary_comparison *comparison);
/* Holm over the family, then verdicts. */
void summary_judge(const struct summary *summary, struct summary_comparison *comparisons,
                   size_t count);
/* Ratio of means of cost, candidate over baseline. */
struct summary_estimate summary_cost_ratio(struct summary *summary, size_t baseline,
                                           size_t candidate);

#endif
