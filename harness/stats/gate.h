/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regression gates: is the candidate not worse than the baseline by more than a margin? */
#ifndef STATS_GATE_H
#define STATS_GATE_H

#include <stddef.h>
#include <stdint.h>

#include "stats/cluster.h"
#include "stats/maybe.h"
#include "stats/paired.h"

enum stats_gate_verdict { STATS_GATE_INCONCLUSIVE, STATS_GATE_PASS, STATS_GATE_FAIL };

/* "PASS", "FAIL", "INCONCLUSIVE". */
const char *stats_gate_verdict_name(enum stats_gate_verdict verdict);

struct stats_gate {
    maybe difference;
    enum stats_paired_method method; /* how the bounds were made; see paired.h */
    double lower, upper;             /* one-sided bounds, each at confidence 1 - alpha */
    enum stats_gate_verdict verdict;
    uint64_t
        samples_needed; /* total that settles it 4 times out of 5 if both are equal; 0: none */
};

/* Per-sample differences candidate - baseline against a margin > 0. */
struct stats_gate stats_noninferiority_gate(const double *differences, size_t count,
                                            const struct stats_clusters *clusters,
                                            double margin, double alpha);

/* "Not more than `limit` times": PASS when the upper one-sided bound of the ratio is below it,
 * FAIL when the lower one is above; unknown bounds are inconclusive. */
enum stats_gate_verdict stats_gate_judge_ratio(maybe lower, maybe upper, double limit);

#endif
