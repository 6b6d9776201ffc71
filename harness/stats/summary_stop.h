/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Early stopping in a summary: what was watched, where the run stopped and what that spared.
 *
 * A run with `stop` is told in two passes. First all samples and cells are shown, so that the
 * summary decides where it stopped, from the same data and by the same function as the run did:
 *
 *     for (...) summary_watch_sample(summary, index, place, cluster);
 *     for (...) summary_watch_cell(summary, &row);
 *     for (...) summary_add_cell(summary, &row, err);           as of any other run
 *
 * Cells beyond the stop that had begun already count as skipped in every figure; what they cost is
 * told apart (`beyond`). So all results are those of the samples up to the stop, and depend on
 * nothing else: which cells had begun hangs on the clock.
 *
 * In such a run every difference of accuracy and of scores has a confidence sequence for its
 * interval and, with one trial, McNemar's sequential test: they hold although the end of the run
 * hangs on what was seen, which the usual ones do not. */
#ifndef STATS_SUMMARY_STOP_H
#define STATS_SUMMARY_STOP_H

#include "stats/stop.h"
#include "stats/summary.h"

struct summary_stop_rule {
    size_t candidate,
        baseline; /* variants; SUMMARY_NO_BASELINE: the pair is not among those told */
    bool score;   /* of the mean score; else of right or wrong */
    double alpha, margin;
    uint64_t min_samples;
};

struct summary_stop {
    struct summary_stop_rule rule;
    const char *test; /* that decides: "sequential_mcnemar" or "eb_confidence_sequence" */
    uint64_t samples; /* of the plan */
    uint64_t looked;  /* the first of them, complete */
    enum stats_stop_decision decision;
    bool stopped;      /* decided before the last */
    bool inconsistent; /* the sequence contradicts itself: nothing is decided */
    maybe p;           /* always-valid, of McNemar's test */
    struct summary_estimate difference; /* candidate less baseline, confidence 1 - alpha */
    /* Beyond the stop, of the plan: cells, and what they would have taken by the means of those
     * that ran. All 0 when it did not stop. */
    uint64_t spared_cells;
    maybe spared_calls, spared_usd;
    str text, spared_text;

    /* timing: of those cells, the ones that had begun. Judges' calls are in it. */
    uint64_t beyond_cells, beyond_calls;
    uint64_t beyond_unknown; /* calls of unknown cost */
    maybe beyond_usd;
    str beyond_text;

    const bool *is_beyond; /* of each sample, by its place in the data set, below `indexes` */
    size_t indexes;
};

/* Of summary_meta.stop only, and before any row. `place` in the plan; `cluster` may be empty. */
void summary_watch_sample(struct summary *summary, size_t sample, size_t place, str cluster);
void summary_watch_cell(struct summary *summary, const struct summary_cell_row *row);
/* Lies the sample beyond the stop? Its cells count as skipped. Before summary_finish. */
bool summary_is_beyond(const struct summary *summary, size_t sample);

#endif
