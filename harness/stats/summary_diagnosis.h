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
    uint64_t per_poll, polls; /* voters of a vote, and votes; 0: trials */
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

/* ---- routers ---- */

/* A class of the samples, as a score of the classifier (`step: by`) wants it. */
struct summary_route_class {
    str label;               /* "(none)": the router gave no label */
    uint64_t wanted, given;  /* cells */
    struct summary_estimate recall; /* of those that belong to it, given it */
    maybe precision, f1;
};

struct summary_route_case {
    str label; /* empty: no case matched, so the fallback, or nothing */
    uint64_t cells;
    maybe share;
    struct summary_estimate accuracy; /* of the answers at the end */
    maybe cost_usd;                   /* a cell, without the router */
};

struct summary_route {
    str path;
    uint64_t cells;    /* in which it ran; with several instances in a cell, instances */
    bool once;         /* once in each cell: what comes of it can be told */
    uint64_t unlabelled; /* no case matched */
    struct summary_route_case *cases; /* in the order of their labels, without one last */
    size_t case_count;

    uint64_t judged; /* whose right class a score knows */
    struct summary_route_class *classes; /* in the order of their labels */
    size_t class_count;
    uint64_t *confusion; /* class wanted * class_count + class given */
    struct summary_estimate accuracy; /* of the router */
    struct summary_estimate balanced; /* mean recall of the classes that occur */
    maybe macro_f1;
    size_t worst_wanted, worst_given; /* the most frequent mistake; class_count: there is none */

    /* Accuracy at the end: where the router was right, where it was not, and if it always were. */
    struct summary_estimate if_right, if_wrong, perfect;
    maybe gain; /* of perfect over what is */

    /* Money a cell, of a route at the root whose costs are known. */
    maybe router_usd;
    size_t cheapest, dearest;  /* cases; case_count: not known */
    maybe mixed_usd;           /* the router and the cases as they were taken */
    maybe cheap_share;         /* of cells that did not go to the dearest case */
    maybe least_cheap_share;   /* above it routing is cheaper than the dearest case for all, if what
                                  does not go there goes to the cheapest */
    /* Against a variant of one call: the baseline if it is one, else the first. */
    size_t single;                     /* SUMMARY_NO_BASELINE: there is none */
    struct summary_estimate over_single; /* difference of accuracy */
    maybe single_usd;
    maybe usd_per_gained;              /* what a right answer more costs; unknown without both */
    /* Where there are variants of one call for every model behind the cases: the most accurate of them,
     * and the accuracy of choosing the best of them for each sample afterwards, which no router beats.
     * The latter is too high by chance: of several noisy results it takes the best. */
    size_t best_single; /* SUMMARY_NO_BASELINE: there are none */
    maybe oracle;
};

/* ---- refinements ---- */

enum summary_measure {
    SUMMARY_MEASURE_NONE,
    SUMMARY_MEASURE_ANSWER,    /* accuracy: drafts were scored as if they were the answer */
    SUMMARY_MEASURE_STEP,      /* mean of a score of drafts */
    SUMMARY_MEASURE_EVALUATOR, /* the evaluator's own score, in its units */
};
/* "accuracy", "score", "evaluator"; NULL: none. */
const char *summary_measure_name(enum summary_measure measure);

/* What `max_rounds: number` would have come to: a draft accepted by then, else the best so far. */
struct summary_round {
    unsigned number;  /* from 1 */
    uint64_t reached; /* cells that have it */
    uint64_t accepted;
    struct summary_estimate accepted_by; /* share of cells accepted in this round or before */
    struct summary_estimate quality;     /* by the measure */
    struct summary_estimate gain;        /* over the round before, paired */
    uint64_t fixed, broken;              /* cells that are better, worse than a round before */
    struct summary_estimate rest;        /* what all rounds after it gain, paired */
    maybe likeness;                      /* of drafts to those before */
};

struct summary_refinement {
    str path;
    uint64_t cells; /* in which it ran and a round was complete */
    bool once;
    struct summary_round *rounds;
    size_t round_count;
    maybe mean_rounds;
    uint64_t accepted, capped, alike, failed; /* how it ended; failed: also cut short */
    bool must_accept;                         /* a rejection fails the cell */
    enum summary_measure measure;
    uint64_t stuck; /* rejected drafts that say what the one before said (0.98 and more) */
    uint64_t drafts;
    /* Of wrong drafts those that were accepted, of right ones those that were not. */
    struct summary_estimate false_accept, false_reject;
    size_t enough; /* rounds that would have done; 0: no advice */
    maybe saved;   /* share of all rounds that come after those */
    str advice;    /* ready to print; empty without */
};

/* ---- plans of an orchestrator ---- */

struct summary_worker {
    str name;
    uint64_t tasks, plans; /* plans that use it */
};

struct summary_plan {
    str path;
    uint64_t plans;     /* made: one for each time it ran */
    uint64_t remade;    /* plans that were asked for again */
    uint64_t misplanned; /* never became valid */
    uint64_t tasks;     /* kept, of valid plans */
    maybe mean_tasks;
    uint64_t median_tasks, most_tasks;
    uint64_t amended, capped; /* plans that had tasks dropped, cut off */
    uint64_t cut, duplicates, untyped; /* tasks that were cut off, or dropped: as duplicates, for a type
                                          that no worker has */
    struct summary_estimate overlap;  /* share of a plan's tasks that say what another says */
    uint64_t judged;                  /* plans that a score compares with what was wanted */
    struct summary_estimate coverage; /* share of what was wanted that is planned */
    struct summary_estimate invented; /* share of what is planned that nobody wanted */
    struct summary_worker *workers;
    size_t worker_count;
};

struct summary_fan_branch {
    str path;
    uint64_t slowest; /* cells in which no other took longer */
    maybe
        without_ns; /* mean time of the slowest of the others, where it was, else of the slowest */
};

/* What runs side by side: branches of a parallel, items of a map, voters, tasks of an orchestrator.
 * Timing, by the clock; means over the cells with two parts or more and without cached calls. */
struct summary_fan {
    str path;
    uint64_t cells, parts;
    maybe slowest_ns, second_ns; /* of a cell's parts: the critical path, and without its slowest */
    maybe mean_ns, work_ns;      /* of a part; of all parts of a cell together */
    maybe took_ns;               /* of the node itself, of a map and a vote */
    bool one_by_one;             /* ... as long as all parts one after the other */
    uint64_t straggled;          /* cells whose slowest part takes twice the mean of the others */
    struct summary_fan_branch *branches; /* of a parallel; in the order of the tree */
    size_t branch_count;
    /* The narrowest width at which a cell would wait at most 5 % longer than with all parts at once,
     * though the slowest came last; 0: none that is half of the parts. */
    size_t enough_width;
    maybe wait_ns; /* then */
};

struct summary_diagnosis {
    struct summary_chain *chain; /* NULL: not a chain, or nothing looks into it */
    struct summary_vote *vote;   /* NULL: one answer a sample */
    struct summary_fan *fans;    /* timing; nodes that have parts side by side, in tree order */
    size_t fan_count;
    struct summary_route *routes; /* wherever they stand, in the order of their paths */
    size_t route_count;
    struct summary_refinement *refinements;
    size_t refinement_count;
    struct summary_plan *plans;
    size_t plan_count;
    str timing_text;             /* timing */
    str *sentences;              /* ready to print */
    size_t sentence_count;
};

#endif
