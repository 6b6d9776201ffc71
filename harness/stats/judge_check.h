/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A judge held against people: do they agree beyond chance, and what else does it look at than they
 * do (its place, its length)? Definitions: docs/judges.md; formulas: stats/agreement.h and the
 * intervals of any share.
 *
 * Labels are numbers. Of single texts: 0 no, 1 yes. Of comparisons, in terms of the candidate: 0 the
 * reference is better, 1 neither, 2 the candidate is. */
#ifndef STATS_JUDGE_CHECK_H
#define STATS_JUDGE_CHECK_H

#include "stats/agreement.h"
#include "stats/summary.h"

enum {
    JUDGE_CHECK_LABELS_MOST = 3,
    JUDGE_CHECK_SAMPLES_LEAST = 50, /* people's labels that a validated judge rests on */
};

/* One answer of a judge. */
struct judge_check_verdict {
    size_t label;
    bool turned; /* of a comparison: the reference stood first */
};

/* What was judged, and by whom how. */
struct judge_check_item {
    size_t variant;              /* whose text; of a comparison the candidate's */
    size_t sample;               /* any number; the unit of all intervals */
    size_t judge;                /* its label, of all its answers */
    const size_t *people;        /* by rater; STATS_LABEL_MISSING: none */
    const bool *candidate_first; /* by rater, of a comparison: what was shown first */
    const struct judge_check_verdict *verdict;
    size_t verdicts;
    double length, reference_length; /* characters; of single texts the first */
};

struct judge_check_input {
    const struct judge_check_item *item; /* in the order in which people labelled them */
    size_t items;
    size_t labels; /* 2 or 3 */
    size_t raters;
    size_t variants;
    double confidence;
};

/* How often the judge said yes to a variant's texts, labelled or not, and what that would be were the judge's
 * errors those that labels show (Rogan and Gladen 1978): beside the raw value, never instead of it. */
struct judge_check_variant {
    struct summary_estimate yes;
    maybe corrected;
};

struct judge_check_rater {
    uint64_t samples;
    struct stats_kappa kappa; /* judge against this one */
};

struct judge_check {
    uint64_t labelled; /* items with a label */
    uint64_t
        samples; /* of those below: the first labelled item of each, where people agree at all */
    uint64_t tied; /* left out since as many people said one thing as another */
    /* Judge against most people: [judge * labels + people]. */
    uint64_t table[JUDGE_CHECK_LABELS_MOST * JUDGE_CHECK_LABELS_MOST];
    maybe judge_rate[JUDGE_CHECK_LABELS_MOST], people_rate[JUDGE_CHECK_LABELS_MOST];
    struct stats_kappa kappa;
    struct summary_estimate agreement;
    /* Single texts: the judge's yes where people say yes, its no where they say no. */
    struct summary_estimate sensitivity, specificity;
    maybe alpha;        /* Krippendorff's, of the judge and all raters on all items */
    maybe alpha_people; /* of the raters alone: what a judge can hope for */
    struct judge_check_rater *rater; /* as many as raters */
    size_t raters;
    struct judge_check_variant *variant; /* of single texts; as many as variants */
    size_t variants;
    bool validated;

    /* Comparisons: verdicts and people that chose what stood first; verdicts that chose what most people
     * did, where that stood first and second. */
    struct summary_estimate first, people_first, right_first, right_second;
    /* Single texts: judge less people, in the longer and in the shorter half, and the former less the
     * latter. Comparisons: how often judge and people chose the longer text, and the difference. */
    struct summary_estimate long_half, short_half, length_bias;
    struct summary_estimate judge_longer, people_longer;
    /* Of all items that the judge answered: pairs of its answers that agree. */
    struct summary_estimate both_ways, again;

    str text, bias_text; /* in sentences */
};

/* All results live in the arena. */
void judge_check(const struct judge_check_input *input, struct arena *arena,
                 struct judge_check *check);

#endif
