/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How steady a variant is: under changes of its samples that should not matter, and from trial to
 * trial of one sample. Described with intervals; no tests and no verdicts. docs/statistics.md says
 * how each figure is made. */
#ifndef STATS_SUMMARY_ROBUST_H
#define STATS_SUMMARY_ROBUST_H

#include "stats/summary.h"

/* A variant on samples changed by one perturbation, beside itself on the same samples unchanged. */
struct summary_perturbed {
    uint64_t cells, finished, scored, correct; /* of changed samples */
    uint64_t statuses[SUMMARY_STATUSES];
    struct summary_estimate accuracy;
    uint64_t pairs; /* samples with a scored trial both ways */
    /* Accuracy changed less unchanged, on these: newcombe_paired, cluster_t or plus_two. */
    struct summary_estimate difference;
    maybe detectable; /* true difference found with the power of meta */
    /* Cells of the same sample and trial, both scored; of them those that became wrong and right. */
    uint64_t cell_pairs, broken, fixed;
    struct summary_estimate flips;   /* share of those, mean over samples */
    struct summary_estimate answers; /* share of cells whose answer is another one, likewise */
    struct summary_account account;  /* of the workflow, in no other figure */
    struct summary_account judges;   /* of its scores */
    str text;
};

struct summary_shape {
    str shape;      /* as base/answer.h writes it */
    uint64_t cells; /* that have it */
};

/* Trials of one sample held against each other. */
struct summary_consistency {
    /* Share of pairs of trials with the same answer, mean over samples with two or more. */
    struct summary_estimate same;
    /* The same of pairs of which one is right and one wrong: what running again flips by itself. */
    struct summary_estimate rerun_flips;
    /* Share of pairs of trials whose answers have other members or kinds. */
    struct summary_estimate drift;
    struct summary_shape *shapes; /* most frequent first; at most SUMMARY_SHAPES_SHOWN */
    size_t shape_count;
    uint64_t shapes_seen; /* different ones */
    str text;
};
enum { SUMMARY_SHAPES_SHOWN = 10 };

#endif
