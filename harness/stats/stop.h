/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a run may end early: one pair of variants is looked at sample by sample, in the order of
 * the plan.
 *
 *     struct stats_stop stop;
 *     stats_stop_init(&stop, &rule, clusters, samples, trials);
 *     ... whenever a cell of the pair has ended ...
 *         stats_stop_cell(&stop, sample, STATS_STOP_CANDIDATE, trial, maybe_of(1.0));
 *         if (stop.decision != STATS_STOP_UNDECIDED) ...       after stop.looked samples
 *     stats_stop_release(&stop);
 *
 * A sample enters when all trials of both variants have ended, and never before the samples in
 * front of it: slow samples are often the hard ones, and who takes them as they come counts them
 * last. Both methods below hold at every look (stats/sequential.h), so the looks need not be
 * planned and the run may as well end for another reason. */
#ifndef STATS_STOP_H
#define STATS_STOP_H

#include "stats/cluster.h"
#include "stats/maybe.h"
#include "stats/reduce.h"
#include "stats/sequential.h"

struct stats_stop_rule {
    double alpha;
    double margin; /* above 0: non-inferiority by it ends the run too */
    uint64_t min_samples;
    /* Right or wrong, one trial a sample, no clusters: McNemar's sequential test decides of a
     * difference, which needs far fewer samples. Otherwise the confidence sequence does. */
    bool single;
    enum stats_reducer reducer; /* of the trials of a sample */
};

enum stats_stop_decision {
    STATS_STOP_UNDECIDED,
    STATS_STOP_BETTER, /* the candidate */
    STATS_STOP_WORSE,
    STATS_STOP_NOT_WORSE, /* by the margin; it may be better */
    STATS_STOP_TOO_BAD,   /* worse by more than the margin */
};
/* "undecided", "better", "worse", "not worse", "worse by more than the margin". */
const char *stats_stop_decision_name(enum stats_stop_decision decision);

struct stats_stop {
    struct stats_stop_rule rule;
    uint64_t looked;      /* samples, also those without a difference */
    uint64_t pairs;       /* with one */
    struct stats_sum sum; /* of those differences */
    struct stats_confidence_sequence sequence;
    struct stats_sequential_mcnemar test; /* of rule.single */
    enum stats_stop_decision decision;

    size_t samples, trials;
    const struct stats_clusters *clusters;
    struct stats_stop_cluster *cluster; /* by number; NULL: each sample is one */
    double *
        value; /* of cells that have ended, NAN: none; [(sample * 2 + side) * trials + trial] */
    double *trial; /* those of one sample, to be reduced */
    uint32_t *left; /* cells of the pair that have not ended, by sample */
};

enum stats_stop_side { STATS_STOP_CANDIDATE, STATS_STOP_BASELINE };

/* `clusters`: of the samples in the order of the plan; NULL when no two share one. It must stay in
 * place. A cluster is one observation, the mean of its differences, and enters with its last
 * sample. */
void stats_stop_init(struct stats_stop *stop, const struct stats_stop_rule *rule,
                     const struct stats_clusters *clusters, size_t samples, size_t trials);
void stats_stop_release(struct stats_stop *stop);

/* A cell has ended, in any order: `sample` is its sample's place in the plan, `trial` counts from 1;
 * an unknown value is one without a score. Looks at every sample that is complete by now, up to
 * the first that decides. What comes after that, or twice, is let pass. */
void stats_stop_cell(struct stats_stop *stop, size_t sample, enum stats_stop_side side,
                     unsigned trial, maybe value);

/* For who has differences already: that of the next sample, candidate less baseline, unknown when
 * one of them has no scored trial. True: the run may end here. */
bool stats_stop_look(struct stats_stop *stop, maybe difference);

#endif
