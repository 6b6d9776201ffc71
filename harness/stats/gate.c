/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A test that finds no difference proves nothing: a tiny one never does. A gate therefore passes
 * only on evidence, namely when the whole one-sided interval lies on the good side of the
 * margin; too little data is its own verdict. */
#include "stats/gate.h"

#include "stats/distribution.h"

const char *stats_gate_verdict_name(enum stats_gate_verdict verdict)
{
    switch (verdict) {
    case STATS_GATE_PASS:
        return "PASS";
    case STATS_GATE_FAIL:
        return "FAIL";
    case STATS_GATE_INCONCLUSIVE:
        break;
    }
    return "INCONCLUSIVE";
}

/* PASS when lower > -margin, FAIL when upper < -margin. */
static enum stats_gate_verdict judge(double lower, double upper, double margin)
{
    if (lower > -margin)
        return STATS_GATE_PASS;
    return upper < -margin ? STATS_GATE_FAIL : STATS_GATE_INCONCLUSIVE;
}

enum stats_gate_verdict stats_gate_judge_ratio(maybe lower, maybe upper, double limit)
{
    if (upper.known && upper.value < limit)
        return STATS_GATE_PASS;
    return lower.known && lower.value > limit ? STATS_GATE_FAIL : STATS_GATE_INCONCLUSIVE;
}

struct stats_gate stats_noninferiority_gate(const double *differences, size_t count,
                                            const struct stats_clusters *clusters,
                                            double margin, double alpha)
{
    struct stats_paired_difference bounds =
        stats_paired_diff(differences, count, clusters, 1.0 - alpha, 1);
    struct stats_gate result = {.difference = bounds.difference,
                                .method = bounds.method,
                                .lower = bounds.low,
                                .upper = bounds.high};
    double factor;

    if (count == 0)
        return result;
    result.verdict = judge(bounds.low, bounds.high, margin);
    if (!bounds.se.known || !(margin > 0.0))
        return result;
    factor = (stats_normal_quantile_upper(alpha) + stats_normal_quantile(0.8)) *
             bounds.se.value / margin;
    result.samples_needed = (uint64_t)ceil((double)count * factor * factor);
    return result;
}
