/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Would a majority of several answers be right more often? Depends on whether the errors of one
 * sample are random (voting helps) or systematic (it only costs). */
#ifndef STATS_VOTING_H
#define STATS_VOTING_H

#include <stddef.h>
#include <stdint.h>

#include "stats/maybe.h"
#include "stats/trials.h"

/* P(Bin(votes, p) > votes/2), ties of an even number at half weight: "if errors were random". */
double stats_majority_independent(double p, uint64_t votes);

/* A sample with `correct` of `trials` right: chance that most of `votes` drawn from its trials
 * without replacement are right, ties at half weight. Unbiased; unknown for votes > trials. */
maybe stats_majority_ustat(uint64_t trials, uint64_t correct, uint64_t votes);

/* Success probabilities of samples spread as Beta(alpha, beta). */
double stats_majority_beta_binomial(double alpha, double beta, uint64_t votes);

enum stats_majority_method {
    STATS_MAJORITY_NONE,          /* needs at least two trials a sample */
    STATS_MAJORITY_USTAT,         /* from the trials themselves */
    STATS_MAJORITY_BETA_BINOMIAL, /* extrapolated */
    STATS_MAJORITY_BINOMIAL,      /* extrapolated, no correlation */
    STATS_MAJORITY_DEGENERATE,    /* all trials of a sample agree: voting changes nothing */
};

/* "none", "ustat", "beta_binomial", "binomial", "degenerate". */
const char *stats_majority_method_name(enum stats_majority_method method);

struct stats_majority {
    maybe estimate;
    enum stats_majority_method method;
    double independent;
};

struct stats_voting {
    maybe p, rho; /* mean of sample means; correlation of trials within a sample */
    size_t always_right, always_wrong, mixed;
    maybe plug_in_limit; /* many votes: share of samples above one half, optimistic */
    maybe alpha, beta;   /* of the fitted spread; known for 0 < rho < 1 */
};

/* Scores are 0 or 1. */
struct stats_voting stats_voting_report(const struct stats_trials *trials);

/* Majority of `votes` for the data that `report` was made of. */
struct stats_majority stats_voting_majority(const struct stats_trials *trials,
                                            const struct stats_voting *report, uint64_t votes);

#endif
