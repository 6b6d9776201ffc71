/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of refinements: what their files share. Not for reporters. */
#ifndef STATS_SUMMARY_REFINE_INSIDE_H
#define STATS_SUMMARY_REFINE_INSIDE_H

#include "stats/summary_diagnose.h"

/* One time that the refinement ran. */
struct summary_loop {
    size_t cell;
    unsigned rounds, accepted; /* complete ones; the one accepted, from 1, or 0 */
    bool ended, must_accept;
    bool stopped; /* by the limit, so that more rounds might have come */
    /* By round; NAN: unknown. */
    double *own, *likeness; /* the evaluator's score; likeness to the draft before */
    double *quality;        /* of the draft, by the measure */
    bool *right;
};

struct summary_refining {
    struct arena *scratch;
    struct summary *summary;
    size_t variant;
    const struct summary_cell *cells;
    size_t count;
    struct summary_loop *loops;
    size_t times;
    struct summary_refinement *to;
};

/* Fills w->loops, w->times and the measure of w->to from the facts of one node. */
void summary_read_loops(struct summary_refining *w, const struct summary_node_facts *node);
/* The cell is right or wrong, not unscored. */
bool summary_cell_is_scored(const struct summary_refining *w, size_t cell);

#endif
