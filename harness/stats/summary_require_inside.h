/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of requirements: what their files share. Not for reporters. */
#ifndef STATS_SUMMARY_REQUIRE_INSIDE_H
#define STATS_SUMMARY_REQUIRE_INSIDE_H

#include "stats/summary_rows.h"

/* What is known of one rule while it is judged. */
struct summary_judging {
    struct summary *summary;
    struct summary_requirement *requirement;
    const struct summary_rule *rule;
    struct arena scratch;
    double tail; /* of each bound */
    double se;   /* of the measured value, on the scale of the limit; 0: not known */
    int decided; /* by a test of its own: 1 above the other, -1 below; 0: by bounds */
};

static inline bool summary_rule_is_latency(const struct summary_rule *rule)
{
    return rule->metric == SUMMARY_LATENCY_P50 || rule->metric == SUMMARY_LATENCY_P95;
}

/* Rests on scores, which a grader may owe. */
static inline bool summary_rule_is_scored(const struct summary_rule *rule)
{
    return rule->metric <= SUMMARY_NAMED || rule->metric == SUMMARY_PASS_AT ||
           rule->metric == SUMMARY_PASS_HAT;
}

/* Fill requirement->measured and what else is known of it, from j->tail on. The metric of one variant, and
 * its difference from or ratio to that of another. */
void summary_measure_alone(struct summary_judging *j);
void summary_measure_pair(struct summary_judging *j);
/* Judges `must_pass` with its sentence. */
void summary_judge_must_pass(struct summary_judging *j);

#endif
