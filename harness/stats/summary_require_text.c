/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a requirement asks, and why it passed, failed or did neither, as sentences. An inconclusive
 * one says how many samples it would take, where that can be said. */
#include <inttypes.h>
#include <math.h>

#include "stats/format.h"
#include "stats/summary_rows.h"

enum kind { KIND_SHARE, KIND_USD, KIND_COUNT, KIND_TIME };

static enum kind kind_of(const struct summary_rule *rule)
{
    switch (rule->metric) {
    case SUMMARY_COST:
        return KIND_USD;
    case SUMMARY_TOKENS:
    case SUMMARY_CALLS:
    case SUMMARY_RETRIES:
        return KIND_COUNT;
    case SUMMARY_LATENCY_P50:
    case SUMMARY_LATENCY_P95:
        return KIND_TIME;
    default:
        return KIND_SHARE;
    }
}

static str metric_words(struct summary *summary, const struct summary_rule *rule)
{
    struct arena *arena = &summary->arena;
    unsigned k = rule->k ? rule->k : (unsigned)summary->meta.trials;

    switch (rule->metric) {
    case SUMMARY_NAMED:
        return arena_printf(arena, "score '%.*s'",
                            STR_ARG(summary->meta.scores[rule->score].name));
    case SUMMARY_ERROR_RATE:
        return STR("error rate");
    case SUMMARY_COST:
        return STR("cost per cell");
    case SUMMARY_TOKENS:
        return STR("tokens per cell");
    case SUMMARY_CALLS:
        return STR("calls per cell");
    case SUMMARY_RETRIES:
        return STR("retries per cell");
    case SUMMARY_LATENCY_P50:
        return STR("latency p50");
    case SUMMARY_LATENCY_P95:
        return STR("latency p95");
    case SUMMARY_PASS_AT:
        return arena_printf(arena, "chance that one of %u trials is correct (pass@%u)", k, k);
    case SUMMARY_PASS_HAT:
        return arena_printf(arena, "chance that all of %u trials are correct (pass^%u)", k, k);
    default:
        return str_from(summary_metric_name(rule->metric));
    }
}

/* A value of the metric itself. */
static str amount(struct arena *arena, const struct summary_rule *rule, maybe value)
{
    switch (kind_of(rule)) {
    case KIND_USD:
        return stats_format_usd(arena, value);
    case KIND_TIME:
        return stats_format_duration(arena, value);
    case KIND_COUNT:
        return value.known ? arena_printf(arena, "%.3g", value.value) : STR("—");
    case KIND_SHARE:
        break;
    }
    return stats_format_percent(arena, value);
}

static str points(struct arena *arena, double share)
{
    return arena_printf(arena, "%.1f points", 100.0 * share);
}

static str reference_of(const struct summary *summary, const struct summary_rule *rule)
{
    return rule->against == SUMMARY_NO_BASELINE ? rule->reference
                                                : summary->meta.variants[rule->against].name;
}

str summary_requirement_what(struct summary *summary, const struct summary_rule *rule)
{
    static const char *const words[] = {"at least",  "at most", "not below",
                                        "not above", "above",   "below"};
    struct arena *arena = &summary->arena;
    str variant = rule->left_out.n ? rule->left_out : summary->meta.variants[rule->variant].name;
    str reference = reference_of(summary, rule);

    if (rule->metric == SUMMARY_MUST_PASS)
        return arena_printf(arena, "every trial of %.*s is correct for %.*s",
                            STR_ARG(rule->wanted), STR_ARG(variant));
    str metric = metric_words(summary, rule);
    str head = arena_printf(arena, "%.*s of %.*s %s", STR_ARG(metric), STR_ARG(variant),
                            words[rule->bar]);
    if (rule->bar <= SUMMARY_MAX)
        return arena_printf(arena, "%.*s %.*s", STR_ARG(head),
                            STR_ARG(amount(arena, rule, maybe_of(rule->limit))));
    if (rule->ratio > 0.0)
        return arena_printf(arena, "%.*s %.4g × %.*s", STR_ARG(head), rule->ratio,
                            STR_ARG(reference));
    if (rule->margin > 0.0)
        return arena_printf(arena, "%.*s %.*s, margin %.*s", STR_ARG(head), STR_ARG(reference),
                            STR_ARG(points(arena, rule->margin)));
    return arena_printf(arena, "%.*s %.*s", STR_ARG(head), STR_ARG(reference));
}

/* ---- why ---- */

/* Not below or above by more than a margin of points. */
static str margin_reason(struct summary *summary, const struct summary_requirement *r,
                         const char *level)
{
    struct arena *arena = &summary->arena;
    const struct summary_rule *rule = r->rule;
    bool below = rule->bar == SUMMARY_NOT_BELOW;
    const char *wrong = !below                               ? "higher"
                        : rule->metric == SUMMARY_ERROR_RATE ? "lower"
                                                             : "worse";
    const char *right = !below                               ? "lower"
                        : rule->metric == SUMMARY_ERROR_RATE ? "higher"
                                                             : "better";
    /* how far on the wrong side, at most and at least */
    double most = below ? -r->measured.low.value : r->measured.high.value;
    double least = below ? -r->measured.high.value : r->measured.low.value;
    str name = summary->meta.variants[rule->variant].name, other = reference_of(summary, rule);
    str margin = points(arena, rule->margin);

    if (rule->estimate)
        return arena_printf(arena,
                            "the difference between %.*s and %.*s is %.*s points; the "
                            "margin is %.*s",
                            STR_ARG(name), STR_ARG(other),
                            STR_ARG(stats_format_points(arena, r->measured.value)),
                            STR_ARG(margin));
    if (r->verdict == STATS_GATE_PASS && most < 0.0)
        return arena_printf(arena, "with %s %% confidence %.*s is at least %.*s %s than %.*s",
                            level, STR_ARG(name), STR_ARG(points(arena, -most)), right,
                            STR_ARG(other));
    if (r->verdict == STATS_GATE_INCONCLUSIVE)
        return arena_printf(arena, "%.*s could be up to %.*s %s than %.*s; the margin is %.*s",
                            STR_ARG(name), STR_ARG(points(arena, most)), wrong, STR_ARG(other),
                            STR_ARG(margin));
    bool pass = r->verdict == STATS_GATE_PASS;
    return arena_printf(
        arena, "with %s %% confidence %.*s is at %s %.*s %s than %.*s; the margin is %.*s",
        level, STR_ARG(name), pass ? "most" : "least",
        STR_ARG(points(arena, pass ? most : least)), wrong, STR_ARG(other), STR_ARG(margin));
}

static str shown(struct arena *arena, const struct summary_requirement *r, maybe value)
{
    if (!value.known)
        return STR("unknown");
    if (r->is_ratio)
        return arena_printf(arena, "%.*s times", STR_ARG(stats_format_ratio(arena, value)));
    if (r->is_difference && kind_of(r->rule) == KIND_SHARE)
        return arena_printf(arena, "%.*s points", STR_ARG(stats_format_points(arena, value)));
    if (r->is_difference)
        return arena_printf(arena, "%s%.*s",
                            value.value < 0.0   ? "−"
                            : value.value > 0.0 ? "+"
                                                : "",
                            STR_ARG(amount(arena, r->rule, maybe_of(fabs(value.value)))));
    return amount(arena, r->rule, value);
}

static str bounds_words(struct arena *arena, const struct summary_requirement *r)
{
    const struct summary_rule *rule = r->rule;
    bool upward = rule->bar == SUMMARY_MIN || rule->bar == SUMMARY_NOT_BELOW ||
                  rule->bar == SUMMARY_ABOVE;
    bool pass = r->verdict == STATS_GATE_PASS;
    const struct summary_estimate *m = &r->measured;

    if (r->verdict == STATS_GATE_INCONCLUSIVE && m->low.known && m->high.known)
        return arena_printf(arena, "between %.*s and %.*s", STR_ARG(shown(arena, r, m->low)),
                            STR_ARG(shown(arena, r, m->high)));
    if (r->verdict == STATS_GATE_INCONCLUSIVE && m->low.known)
        return arena_printf(arena, "at least %.*s, with no upper bound yet",
                            STR_ARG(shown(arena, r, m->low)));
    if (r->verdict == STATS_GATE_INCONCLUSIVE)
        return STR("not bounded yet");
    if (pass == upward)
        return arena_printf(arena, "at least %.*s", STR_ARG(shown(arena, r, m->low)));
    return arena_printf(arena, "at most %.*s", STR_ARG(shown(arena, r, m->high)));
}

static str plain_reason(struct summary *summary, const struct summary_requirement *r,
                        const char *level)
{
    struct arena *arena = &summary->arena;
    const struct summary_rule *rule = r->rule;
    str value = shown(arena, r, r->measured.value);
    str head = arena_printf(arena, "it is %.*s", STR_ARG(value));

    if (r->is_ratio)
        head = arena_printf(arena, "it is %.*s that of %.*s", STR_ARG(value),
                            STR_ARG(reference_of(summary, rule)));
    else if (r->is_difference)
        head = arena_printf(arena, "the difference to %.*s is %.*s",
                            STR_ARG(reference_of(summary, rule)), STR_ARG(value));
    if (rule->estimate)
        return head;
    return arena_printf(arena, "%.*s, with %s %% confidence %.*s", STR_ARG(head), level,
                        STR_ARG(bounds_words(arena, r)));
}

static str samples_words(struct summary *summary, const struct summary_requirement *r)
{
    const struct summary_rule *rule = r->rule;
    struct arena *arena = &summary->arena;
    uint64_t seen = r->measured.n;

    if (r->verdict != STATS_GATE_INCONCLUSIVE || r->samples_needed == 0)
        return STR("");
    const char *if_so =
        r->assumes_equal ? "the two are truly equal" : "the true value is what was seen";
    if (r->samples_needed <= seen)
        return arena_printf(arena, " So many samples settle it 4 times out of 5 if %s: %s.",
                            if_so,
                            r->assumes_equal ? "a small true difference is likely, or bad luck"
                                             : "a few more would likely do");
    uint64_t more = r->samples_needed - seen;
    if (!r->measured.high.known && rule->bar <= SUMMARY_MAX)
        return arena_printf(arena, " A bound exists from about %" PRIu64 " more sample%s on.",
                            more, more == 1 ? "" : "s");
    return arena_printf(arena,
                        " About %" PRIu64 " more sample%s (%" PRIu64
                        " in all) would likely settle it if %s.",
                        more, more == 1 ? "" : "s", r->samples_needed, if_so);
}

void summary_requirement_text(struct summary *summary, struct summary_requirement *r,
                              const char *missing)
{
    struct arena *arena = &summary->arena;
    const struct summary_rule *rule = r->rule;
    bool superior = rule->bar == SUMMARY_ABOVE || rule->bar == SUMMARY_BELOW;
    str level = stats_format_confidence(arena, superior ? summary->meta.confidence
                                                        : 1.0 - summary->meta.alpha);

    if (missing) {
        r->text = arena_printf(arena, "It cannot be judged: %s.", missing);
        return;
    }
    str reason = rule->margin > 0.0 ? margin_reason(summary, r, level.p)
                                    : plain_reason(summary, r, level.p);
    char first =
        reason.n && reason.p[0] >= 'a' && reason.p[0] <= 'z' &&
                (str_starts_with(reason, STR("with ")) || str_starts_with(reason, STR("it ")) ||
                 str_starts_with(reason, STR("the ")))
            ? (char)(reason.p[0] - 'a' + 'A')
            : 0;
    if (first)
        reason = arena_printf(arena, "%c%.*s", first, STR_ARG(str_sub(reason, 1, reason.n)));
    r->text =
        arena_printf(arena, "%.*s.%.*s", STR_ARG(reason), STR_ARG(samples_words(summary, r)));
}
