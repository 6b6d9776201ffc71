/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Judges the requirements of a run: each rule about one variant gets an estimate with one-sided
 * bounds (summary_measure.c) and a verdict. A verdict rests on bounds, so that a run too small to show
 * anything is INCONCLUSIVE, not PASS. Sentences are in summary_require_text.c; what a rule means for exit
 * codes and files is none of its business. */
#include <math.h>

#include "stats/distribution.h"
#include "stats/summary_require_inside.h"

#define GOOD_POWER 0.8

const char *summary_metric_name(enum summary_metric metric)
{
    static const char *const names[SUMMARY_METRICS] = {
        "accuracy",  "score",      "score",    "error_rate",  "cost_usd",
        "tokens",    "calls",      "retries",  "latency_p50", "latency_p95",
        "pass_at_k", "pass_hat_k", "must_pass"};

    return names[metric];
}

const char *summary_bar_name(enum summary_bar bar)
{
    static const char *const names[] = {"min",       "max",   "not_below",
                                        "not_above", "above", "below"};

    return names[bar];
}

/* ---- verdicts ---- */

static bool is_upward(const struct summary_rule *rule)
{
    return rule->bar == SUMMARY_MIN || rule->bar == SUMMARY_NOT_BELOW ||
           rule->bar == SUMMARY_ABOVE;
}

static double threshold_of(const struct summary_judging *j)
{
    const struct summary_rule *rule = j->rule;

    switch (rule->bar) {
    case SUMMARY_MIN:
    case SUMMARY_MAX:
        return rule->limit;
    case SUMMARY_NOT_BELOW:
        return j->requirement->is_ratio ? rule->ratio : -rule->margin;
    case SUMMARY_NOT_ABOVE:
        return j->requirement->is_ratio ? rule->ratio : rule->margin;
    case SUMMARY_ABOVE:
    case SUMMARY_BELOW:
        break;
    }
    return j->requirement->is_ratio ? 1.0 : 0.0;
}

static enum stats_gate_verdict by_estimate(const struct summary_judging *j)
{
    double value = j->requirement->measured.value.value, threshold = threshold_of(j);
    bool strict = j->rule->bar == SUMMARY_ABOVE || j->rule->bar == SUMMARY_BELOW;
    bool good = is_upward(j->rule) ? value > threshold || (!strict && !(value < threshold))
                                   : value < threshold || (!strict && !(value > threshold));

    return good ? STATS_GATE_PASS : STATS_GATE_FAIL;
}

static enum stats_gate_verdict by_bounds(const struct summary_judging *j)
{
    const struct summary_estimate *m = &j->requirement->measured;
    double threshold = threshold_of(j);

    if (j->decided)
        return (j->decided > 0) == is_upward(j->rule) ? STATS_GATE_PASS : STATS_GATE_FAIL;
    if (!is_upward(j->rule))
        return stats_gate_judge_ratio(m->low, m->high, threshold);
    return stats_gate_judge_ratio(maybe_scale(m->high, -1.0), maybe_scale(m->low, -1.0),
                                  -threshold);
}

/* Where the true value is taken to be, to plan by: equality where the rule grants a distance to
 * it, else what was seen. */
static void plan_samples(struct summary_judging *j)
{
    struct summary_requirement *r = j->requirement;
    const struct summary_rule *rule = j->rule;
    double threshold = threshold_of(j), seen = r->measured.value.value, distance;
    bool generous = rule->margin > 0.0 ||
                    (rule->bar == SUMMARY_NOT_ABOVE && rule->ratio > 1.0) ||
                    (rule->bar == SUMMARY_NOT_BELOW && rule->ratio > 0.0 && rule->ratio < 1.0);

    if (!r->measured.value.known || !(j->se > 0.0) || r->samples_needed)
        return;
    if (r->is_ratio && !(threshold > 0.0 && seen > 0.0))
        return;
    if (r->is_ratio)
        distance = generous ? log(threshold) : log(threshold) - log(seen);
    else
        distance = generous ? threshold : threshold - seen;
    double factor = (stats_normal_quantile_upper(j->tail) + stats_normal_quantile(GOOD_POWER)) *
                    j->se / fabs(distance);
    double needed = ceil((double)r->measured.n * factor * factor);

    r->assumes_equal = generous;
    if (isfinite(needed) && needed < 1e12)
        r->samples_needed = (uint64_t)needed;
}

/* ---- what stands in the way of a verdict ---- */

static const char *obstacle(const struct summary_judging *j)
{
    const struct summary *summary = j->summary;
    const struct summary_rule *rule = j->rule;
    bool pair = rule->bar >= SUMMARY_NOT_BELOW;
    const size_t variants[] = {rule->variant, pair ? rule->against : rule->variant};

    for (size_t i = 0; i < 2; i++) {
        if (summary_rule_is_scored(rule) && summary_too_many_unscored(summary, variants[i]))
            return "more than 2 % of the trials of a variant have no score, since their grader "
                   "failed";
        if (rule->metric == SUMMARY_COST && summary->variants[variants[i]].cost.unknown_calls)
            return "some calls are of unknown cost";
    }
    return NULL;
}

/* ---- one rule ---- */

static void judge_metric(struct summary_judging *j)
{
    struct summary_requirement *r = j->requirement;
    const struct summary_rule *rule = j->rule;
    bool superior = rule->bar == SUMMARY_ABOVE || rule->bar == SUMMARY_BELOW;
    const char *missing = obstacle(j);

    j->tail = superior ? (1.0 - j->summary->meta.confidence) / 2.0 : j->summary->meta.alpha;
    if (rule->bar >= SUMMARY_NOT_BELOW)
        summary_measure_pair(j);
    else
        summary_measure_alone(j);
    if (!missing && !r->measured.value.known && !r->measured.low.known)
        missing = r->measured.reason ? r->measured.reason : "there is no value";
    if (missing)
        r->verdict = STATS_GATE_INCONCLUSIVE;
    else if (rule->estimate && r->measured.value.known)
        r->verdict = by_estimate(j);
    else
        r->verdict = by_bounds(j);
    if (r->verdict == STATS_GATE_INCONCLUSIVE && !missing)
        plan_samples(j);
    else
        r->samples_needed = 0;
    summary_requirement_text(j->summary, r, missing);
}

/* Why a rule is not judged at all: somebody it names is not here. Empty: all are. */
static str not_at_hand(struct summary *summary, const struct summary_rule *rule)
{
    bool pair = rule->metric != SUMMARY_MUST_PASS && rule->bar >= SUMMARY_NOT_BELOW;

    if (rule->left_out.n && summary->meta.pair_count && !summary->meta.left_outs)
        return arena_printf(&summary->arena, "Not judged, since not compared here: %.*s.",
                            STR_ARG(rule->left_out));
    if (rule->left_out.n)
        return arena_printf(&summary->arena, "Not judged: the run left out %.*s (--variants).",
                            STR_ARG(rule->left_out));
    if (!pair || rule->against != SUMMARY_NO_BASELINE)
        return STR("");
    return rule->against_left_out
               ? arena_printf(&summary->arena,
                              "Not judged: the run left out '%.*s', which it is compared with "
                              "(--variants).",
                              STR_ARG(rule->reference))
               : arena_printf(
                     &summary->arena,
                     "Not judged here: '%.*s' is not among what is shown; weir compare BASE "
                     "HEAD judges it against an earlier run or a saved baseline.",
                     STR_ARG(rule->reference));
}

static void judge(struct summary *summary, const struct summary_rule *rule,
                  struct summary_requirement *requirement)
{
    struct summary_judging j = {.summary = summary, .requirement = requirement, .rule = rule};

    *requirement = (struct summary_requirement){.rule = rule,
                                                .timing = summary_rule_is_latency(rule) ||
                                                          rule->metric == SUMMARY_RETRIES,
                                                .measured = summary_unknown("not judged")};
    requirement->what = summary_requirement_what(summary, rule);
    requirement->text = not_at_hand(summary, rule);
    if (requirement->text.n)
        return;
    requirement->judged = true;
    if (rule->metric == SUMMARY_MUST_PASS)
        summary_judge_must_pass(&j);
    else
        judge_metric(&j);
    requirement->failed = requirement->verdict == STATS_GATE_FAIL ||
                          (requirement->verdict == STATS_GATE_INCONCLUSIVE &&
                           rule->undecided == SUMMARY_UNDECIDED_FAIL);
    arena_release(&j.scratch);
}

void summary_fill_requirements(struct summary *summary)
{
    const struct summary_meta *meta = &summary->meta;
    bool any = false, fail = false, inconclusive = false;

    summary->requirements =
        arena_array(&summary->arena, struct summary_requirement, meta->rule_count + 1);
    summary->requirement_count = meta->rule_count;
    for (size_t i = 0; i < meta->rule_count; i++) {
        struct summary_requirement *r = &summary->requirements[i];

        judge(summary, &meta->rules[i], r);
        any |= r->judged;
        fail |= r->judged && r->verdict == STATS_GATE_FAIL;
        inconclusive |= r->failed;
        summary->requirement_failed |= r->failed;
    }
    if (any)
        summary->requirement_verdict =
            stats_gate_verdict_name(fail           ? STATS_GATE_FAIL
                                    : inconclusive ? STATS_GATE_INCONCLUSIVE
                                                   : STATS_GATE_PASS);
}
