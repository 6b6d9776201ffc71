/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at the data while it comes in: methods that stay valid at every look.
 *
 * Both are fed one paired difference a sample (clusters: their mean) in the order of the plan,
 * never in order of arrival, or slow and hard samples would bias the result. */
#ifndef STATS_SEQUENTIAL_H
#define STATS_SEQUENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/sum.h"

/* Empirical-Bernstein confidence sequence for the mean of differences in [-1,1], predictable
 * plug-in, running intersection (Waudby-Smith and Ramdas 2024, JRSS B 86). O(1) a sample. */
struct stats_confidence_sequence {
    double log_term, ceiling; /* ln(2/alpha); largest bet c */
    uint64_t count;
    double mean, variance; /* plug-in estimates on the 0..1 scale after `count` samples */
    struct stats_sum values, squares, weights, weighted, penalty;
    double low, high;  /* current limits of the difference, never wider than before */
    bool inconsistent; /* the intersection is empty: drift, or an event of probability alpha */
};

enum { STATS_NEVER = 0 };
#define STATS_SEQUENCE_BET 0.5

void stats_confidence_sequence_init(struct stats_confidence_sequence *sequence, double alpha,
                                    double ceiling);
void stats_confidence_sequence_add(struct stats_confidence_sequence *sequence,
                                   double difference);

/* Mixture likelihood-ratio test of "discordant samples are a fair coin" (Robbins 1970), for one
 * right-or-wrong trial a sample. */
struct stats_sequential_mcnemar {
    double alpha;
    uint64_t count;              /* samples seen */
    uint64_t positive, negative; /* discordant ones by side */
    double log_e;                /* evidence, natural log */
    double p;                    /* always-valid p-value, never rises */
    uint64_t stop_at;            /* first sample at which p <= alpha, or STATS_NEVER */
};

void stats_sequential_mcnemar_init(struct stats_sequential_mcnemar *test, double alpha);
void stats_sequential_mcnemar_add(struct stats_sequential_mcnemar *test, double difference);

#endif
