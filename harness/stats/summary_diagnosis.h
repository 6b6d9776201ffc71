/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the pattern of a variant did, as part of the summary: where a chain goes wrong, whether
 * more votes would help. Diagnoses describe and carry intervals; no verdict rests on them.
 * Formulas: docs/statistics.md, "Patterns". Everything lives in the summary's arena. */
#ifndef STATS_SUMMARY_DIAGNOSIS_H
#define STATS_SUMMARY_DIAGNOSIS_H

#include "stats/summary.h"

/* A step of a chain at the root of a variant. A step is wrong in a cell when it failed, when its
 * score (`step:`) did not pass, or when it was never reached; one that nothing scores is right
 * when it did not fail, and where it is the last one, when the whole answer is. */
struct summary_chain_step {
    str name;
    bool scored;                      /* some score looks at it */
    uint64_t entered, passed;         /* cells: all steps before it right; it too */
    struct summary_estimate rate;     /* passed of those that entered */
    struct summary_estimate marginal; /* right of all cells, whatever came before */
    maybe blame;                      /* its share of the cells with a wrong step */
    /* Accuracy to expect when this step alone is never wrong: cells that it broke would then do
     * as those that it did not break. Wilson's interval at the effective sample size, the standard
     * error by the delta method over samples. */
    struct summary_estimate perfect;
    maybe gain; /* of that, in shares */
};

struct summary_chain {
    struct summary_chain_step *steps;
    size_t step_count;
    uint64_t cells;    /* finished and scored */
    uint64_t broken;   /* some step was wrong */
    uint64_t repaired; /* ... and yet the answer was right */
    uint64_t unblamed; /* the answer was wrong, and no step was */
    maybe all_right;   /* share of cells without a wrong step: the product of the rates */
    maybe product;     /* of the marginal rates: all_right, were steps independent */
    size_t weakest;    /* most cells are first wrong there; step_count: none are */
};

enum { SUMMARY_VOTE_SIZES = 6 };
extern const unsigned summary_vote_sizes[SUMMARY_VOTE_SIZES]; /* 1, 3, 5, 7, 9, 15 */

enum summary_errors {
    SUMMARY_ERRORS_UNKNOWN,
    SUMMARY_ERRORS_RANDOM,     /* correlation below 0.2: voting mends them */
    SUMMARY_ERRORS_PARTLY,     /* between */
    SUMMARY_ERRORS_SYSTEMATIC, /* 0.8 and more: voters err alike */
};
/* "random", "partly random", "systematic"; NULL: unknown. */
const char *summary_errors_name(enum summary_errors errors);

/* A majority of so many, predicted. */
struct summary_majority {
    /* `low` and `high` hold for all sizes together (Bonferroni over SUMMARY_VOTE_SIZES). */
    struct summary_estimate accuracy;
    bool extrapolated;   /* more votes than answers a sample */
    double independent;  /* were errors purely random */
    maybe cost_usd;      /* of a cell */
    maybe per_point_usd; /* what a point beyond one vote costs a cell; unknown without a gain */
};

/* Would a majority of several answers be right more often? From the trials of a variant, or from
 * the voters of a `vote`, where a score looks at them and all are always asked. */
struct summary_vote {
    bool voters; /* what is counted: voters, or trials */
    uint64_t samples, always_right, always_wrong, mixed;
    uint64_t answers; /* in all */
    maybe p, rho;     /* one answer; correlation of those of one sample */
    maybe plug_in_limit;
    enum summary_errors errors;
    struct summary_majority size[SUMMARY_VOTE_SIZES];
    /* Where it can be checked, extrapolation agrees with what was seen: at the most votes that
     * need none, within two standard errors. False: no advice rests on it. */
    bool fits;
    size_t best; /* most accurate; the fewest votes where several are */
    bool helps;  /* it gains a point or more over one answer */
};

struct summary_fan_branch {
    str path;
    uint64_t slowest; /* cells in which no other took longer */
    maybe
        without_ns; /* mean time of the slowest of the others, where it was, else of the slowest */
};

/* What runs side by side: branches of a parallel, items of a map, voters. Timing, by the clock;
 * means over the cells with two parts or more and without cached calls. */
struct summary_fan {
    uint64_t cells, parts;
    maybe slowest_ns, second_ns;         /* of a cell's parts */
    maybe mean_ns, work_ns;              /* of a part; of all parts of a cell together */
    struct summary_fan_branch *branches; /* of a parallel; in the order of the tree */
    size_t branch_count;
};

struct summary_diagnosis {
    struct summary_chain *chain; /* NULL: not a chain, or nothing looks into it */
    struct summary_vote *vote;   /* NULL: one answer a sample */
    struct summary_fan *fan;     /* timing; NULL: nothing runs side by side */
    str timing_text;             /* timing */
    str *sentences;              /* ready to print */
    size_t sentence_count;
};

#endif
