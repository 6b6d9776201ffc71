/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a pattern did: chains, routers, refinement loops. Diagnostics describe, they do not
 * judge: no verdict rests on these. Callers own all arrays. */
#ifndef STATS_DIAGNOSE_H
#define STATS_DIAGNOSE_H

#include <stddef.h>
#include <stdint.h>

#include "stats/maybe.h"
#include "stats/trials.h"

/* reached[0] samples enter a chain, reached[s] pass step s (steps + 1 entries, falling).
 * step_rate[s - 1] and failure_share[s - 1]: share of the entrants of step s that pass it, and of
 * all failures that start there. Returns the end-to-end rate; unknown when nothing entered. */
maybe stats_chain_attribution(const uint64_t *reached, size_t steps, maybe *step_rate,
                              maybe *failure_share);

/* One class of a router's confusion matrix. */
struct stats_route_class {
    maybe recall; /* unknown when the class never occurs */
    double precision, f1;
};

struct stats_routing {
    maybe accuracy, balanced_accuracy, macro_f1;
};

/* confusion is row-major, true class by predicted class; `classes` results are written. */
struct stats_routing stats_routing_report(const uint64_t *confusion, size_t count,
                                          struct stats_route_class *classes);

/* Costs a sample of a router, a small and a large model, a check of the small answer. */
struct stats_break_even {
    maybe min_small_share; /* routing saves money above this share; unknown: it never does */
    double cascade_cost;   /* small, check, and the given share escalated to large */
    maybe max_escalation;  /* the cascade saves money below this share */
};

struct stats_break_even stats_routing_break_even(double router, double small, double large,
                                                 double check, double escalation);

/* Score after each round of a refinement loop, the last score carried forward for samples that
 * stopped (averaging only those that went on would average the hard ones). `rounds` holds one
 * list of scores a sample, each at least one long. Arrays have room for `longest` entries; gain,
 * fixed and broken are about round r + 2 against r + 1 and use longest - 1. */
struct stats_refinement {
    size_t longest; /* most rounds of any sample */
    maybe mean_rounds;
    uint64_t *histogram; /* [r]: samples with r + 1 rounds */
    double *mean_at, *gain;
    uint64_t *fixed, *broken;
};

size_t stats_refinement_longest(const struct stats_trials *rounds);
void stats_refinement_report(const struct stats_trials *rounds,
                             struct stats_refinement *report);

#endif
