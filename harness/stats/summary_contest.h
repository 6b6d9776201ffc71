/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contests in a summary: what a judge says of two variants' answers to the same samples, pair by
 * pair, and how much of that was the place in which an answer stood (select-best, docs/judges.md).
 *
 * Every pair was asked about in both orders, as often, so a judge that likes a place gives ties and
 * no wins. Its lean and its consistency describe the judge; they carry intervals and no verdict. */
#ifndef STATS_SUMMARY_CONTEST_H
#define STATS_SUMMARY_CONTEST_H

#include "stats/summary.h"

enum { SUMMARY_OUTCOME = -1 };

/* One verdict, or the outcome of a pair, from the side of one of its cells. */
struct summary_verdict_row {
    size_t score, variant, opponent, sample;
    unsigned trial;
    int repeat;   /* from 0; SUMMARY_OUTCOME: how the pair ended */
    double value; /* 1: the variant's answer, which stood first, is better; 0: the other; 0.5 */
};

/* Of two variants, over the trials of all samples in which both took part. */
struct summary_duel {
    size_t reference,
        candidate;   /* variants: the baseline where it is one of them, else the earlier */
    uint64_t trials; /* pairs of answers */
    uint64_t asked;  /* of those: a judge was */
    uint64_t won, tied, lost;      /* by the candidate */
    struct summary_estimate share; /* the candidate's: won, and half of the tied */
};

struct summary_contest {
    size_t score;
    struct summary_duel *duels; /* by reference and candidate */
    size_t duel_count;
    uint64_t verdicts, undecided; /* of the judge; neither was better */
    struct summary_estimate
        first; /* of the decided ones: what stood first is better; half without a lean */
    struct summary_estimate both_ways; /* of an order and the other one: they agree */
    struct summary_estimate again;     /* of two repeats in one order: they agree */
    str text;                          /* the judge's lean, in sentences */
};

/* Before summary_finish. ERR_INPUT: no such variant or score, or a value outside [0,1]. */
int summary_add_verdict(struct summary *summary, const struct summary_verdict_row *row,
                        struct err *err);

#endif
