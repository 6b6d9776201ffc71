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

struct summary_diagnosis {
    struct summary_chain *chain; /* NULL: not a chain, or of fewer than two steps */
    str *sentences;              /* ready to print */
    size_t sentence_count;
};

#endif
