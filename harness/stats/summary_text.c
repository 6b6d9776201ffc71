/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plain sentences of a report. They say what an interval means for the reader's question and
 * never claim that two variants are equal: not telling apart is not the same. Numbers come from
 * format.c, so they match the tables. */
#include <inttypes.h>
#include <math.h>

#include "stats/distribution.h"
#include "stats/format.h"
#include "stats/summary_rows.h"

enum { FEW_SAMPLES = 10, CORRELATED_PERCENT = 99 };
#define HIGH_CORRELATION 0.8
#define RATIOS_DIFFER    1.25

static str few_samples(const struct summary_variant *v)
{
    return v->samples < FEW_SAMPLES ? STR(" Very few samples; treat this as an indication.")
                                    : STR("");
}

/* ---- accuracy ---- */

/* One trial a sample, right or wrong: counts can be named. */
static str plain_accuracy(struct arena *arena, const struct summary *summary,
                          const struct summary_variant *v)
{
    const struct summary_estimate *a = &v->accuracy;
    str level = stats_format_confidence(arena, summary->meta.confidence);

    if (v->correct == a->n)
        return arena_printf(arena,
                            "%" PRIu64 " of %" PRIu64 " correct. That does not mean 100 %%: "
                            "with %s %% confidence it is at least %s.%s",
                            v->correct, a->n, level.p, stats_format_percent(arena, a->low).p,
                            few_samples(v).p);
    if (v->correct == 0)
        return arena_printf(arena,
                            "None of %" PRIu64 " correct. That does not mean 0 %%: with %s %% "
                            "confidence it is at most %s.%s",
                            a->n, level.p, stats_format_percent(arena, a->high).p,
                            few_samples(v).p);
    return arena_printf(arena,
                        "Accuracy %s (%" PRIu64 " of %" PRIu64 "). With %s %% confidence the "
                        "accuracy on new samples of this kind is between %s and %s.%s",
                        stats_format_percent(arena, a->value).p, v->correct, a->n, level.p,
                        stats_format_percent(arena, a->low).p,
                        stats_format_percent(arena, a->high).p, few_samples(v).p);
}

static str repeated_accuracy(struct arena *arena, const struct summary *summary,
                             const struct summary_variant *v)
{
    const struct summary_estimate *a = &v->accuracy;
    str worth = STR(""), trials = STR("");

    if (v->trials > 1)
        trials = arena_printf(arena, " × %" PRIu64 " trials", v->trials);
    if (a->n_eff.known && a->n_eff.value * 100.0 < (double)a->n * CORRELATED_PERCENT)
        worth = arena_printf(arena,
                             " %s resemble each other, so the %" PRIu64
                             " scored trials are worth about %.0f independent ones.",
                             v->trials > 1 ? "The trials of one sample"
                                           : "The samples of one cluster",
                             a->n, a->n_eff.value);
    return arena_printf(arena,
                        "Accuracy %s over %" PRIu64 " samples%.*s (%s %% interval %s).%.*s%.*s",
                        stats_format_percent(arena, a->value).p, v->samples, STR_ARG(trials),
                        stats_format_confidence(arena, summary->meta.confidence).p,
                        stats_format_percent_range(arena, a->low, a->high).p, STR_ARG(worth),
                        STR_ARG(few_samples(v)));
}

/* What is counted is not cells, so no fraction of them is given. */
static str reduced_accuracy(struct arena *arena, const struct summary *summary,
                            const struct summary_variant *v)
{
    static const char *const how[STATS_REDUCERS] = {
        [STATS_REDUCE_MEDIAN] = "by the median of its trials",
        [STATS_REDUCE_MODE] = "by the majority of its trials",
        [STATS_REDUCE_MAX] = "by the best of its trials"};
    const struct summary_estimate *a = &v->accuracy;

    return arena_printf(arena,
                        "Accuracy %s over %" PRIu64
                        " samples, each %s, of which there are up to %" PRIu64
                        " (%s %% interval %s).%.*s",
                        stats_format_percent(arena, a->value).p, a->n,
                        how[summary->meta.reducer], v->trials,
                        stats_format_confidence(arena, summary->meta.confidence).p,
                        stats_format_percent_range(arena, a->low, a->high).p,
                        STR_ARG(few_samples(v)));
}

static str accuracy_text(struct arena *arena, const struct summary *summary,
                         const struct summary_variant *v)
{
    if (!v->accuracy.value.known)
        return arena_printf(arena, "No data: %s.", v->accuracy.reason);
    if (summary->meta.reducer != STATS_REDUCE_MEAN && v->trials > 1)
        return reduced_accuracy(arena, summary, v);
    return str_equal(str_from(v->accuracy.method), STR("wilson"))
               ? plain_accuracy(arena, summary, v)
               : repeated_accuracy(arena, summary, v);
}

static str rerun_text(struct arena *arena, const struct summary_variant *v)
{
    if (!v->se_rerun.known || v->identical_trials)
        return STR("");
    return arena_printf(arena,
                        "Running the same %" PRIu64 " samples again would move the accuracy by "
                        "about ± %.1f points (re-run noise, one standard error); the interval "
                        "above also covers which samples happened to be in the set.%s",
                        v->samples, 100.0 * v->se_rerun.value,
                        v->icc.known && v->icc.value >= HIGH_CORRELATION
                            ? " More trials would hardly help; add samples."
                            : "");
}

/* ---- cost ---- */

static str interval_of(struct arena *arena, const struct summary *summary, str range)
{
    return arena_printf(arena, "%s %% interval %.*s",
                        stats_format_confidence(arena, summary->meta.confidence).p,
                        STR_ARG(range));
}

static str cost_text(struct arena *arena, const struct summary *summary,
                     const struct summary_variant *v)
{
    const struct summary_estimate *cell = &v->cost_per_cell_usd;
    const struct summary_estimate *right = &v->cost_per_correct_usd;
    const char *bound = v->cost.lost_attempts ? "at least " : "";
    str range, answer;

    if (v->finished == 0)
        return STR("");
    if (v->cost.unknown_calls > 0)
        return arena_printf(arena,
                            "The cost is not known: %" PRIu64 " calls have no price or no "
                            "usage; the others cost %s.",
                            v->cost.unknown_calls,
                            stats_format_usd(arena, maybe_of(v->known_usd)).p);
    if (v->cost.known_nanousd == 0 && v->cost.lost_attempts == 0)
        return STR("It cost nothing.");
    range = interval_of(arena, summary, stats_format_usd_range(arena, cell->low, cell->high));
    answer = right->value.known
                 ? arena_printf(arena, "a correct answer %s (%s)",
                                stats_format_usd(arena, right->value).p,
                                stats_format_usd_range(arena, right->low, right->high).p)
                 : arena_printf(arena, "there are no correct answers");
    return arena_printf(arena, "A cell costs %s%s (%.*s), %.*s.", bound,
                        stats_format_usd(arena, cell->value).p, STR_ARG(range),
                        STR_ARG(answer));
}

/* ---- latency ---- */

/* Fewest independent values from which a two-sided interval of this quantile exists: one more
 * would have to lie beyond the largest with probability above the tail. */
static uint64_t runs_needed(unsigned permille, double confidence)
{
    double p = (double)permille / 1000.0;

    return (uint64_t)ceil(log((1.0 - confidence) / 2.0) / log(p));
}

static str quantile_text(struct arena *arena, const struct stats_quantile *q)
{
    if (!q->estimate.known)
        return STR("a timeout");
    return arena_printf(arena, "%s (%s)", stats_format_duration(arena, q->estimate).p,
                        stats_format_duration_range(arena, q->low, q->high).p);
}

static str latency_text(struct arena *arena, const struct summary *summary,
                        const struct summary_variant *v)
{
    const struct stats_quantile *p50 = &v->latency_ns[SUMMARY_P50];
    const struct stats_quantile *p90 = &v->latency_ns[SUMMARY_P90];
    const struct stats_quantile *p99 = &v->latency_ns[SUMMARY_P99];
    str slowest = STR(""), level, half;

    if (p50->n == 0)
        return STR("");
    if (!p50->estimate.known)
        return STR("At least half of the runs ended in a timeout.");
    level = stats_format_confidence(arena, summary->meta.confidence);
    half = stats_format_duration_range(arena, p50->low, p50->high);
    if (!p99->estimate.known)
        slowest = STR(" The slowest 1 % includes timeouts.");
    if (p99->upper_rank == 0)
        slowest = arena_printf(arena,
                               "%.*s A two-sided interval for p99 needs %" PRIu64
                               " independent runs; these %" PRIu64 " count as %" PRIu64 ".",
                               STR_ARG(slowest), runs_needed(990, summary->meta.confidence),
                               p99->n, p99->n_eff);
    return arena_printf(arena,
                        "Half of the runs finished within %s (%s %% interval %.*s); 90 %% "
                        "within %.*s.%.*s",
                        stats_format_duration(arena, p50->estimate).p, level.p, STR_ARG(half),
                        STR_ARG(quantile_text(arena, p90)), STR_ARG(slowest));
}

/* ---- comparisons ---- */

static str p_text(struct arena *arena, const struct summary_comparison *c)
{
    const char *sign = c->p_adjusted.value < 0.001 ? "" : "= ";

    if (c->family > 1)
        return arena_printf(arena, "p %s%s after adjusting for %" PRIu64 " comparisons", sign,
                            stats_format_p(arena, c->p_adjusted).p, c->family);
    return arena_printf(arena, "p %s%s", sign, stats_format_p(arena, c->p_adjusted).p);
}

/* The largest difference of which this test was too small, with the samples that find it. */
static str samples_text(struct arena *arena, const struct summary_comparison *c)
{
    for (size_t i = SUMMARY_POWERS; i-- > 0;)
        if (c->powers[i].samples && c->powers[i].difference < c->detectable.value)
            return arena_printf(arena,
                                " One of %.0f point%s would take about %" PRIu64 " samples%s.",
                                100.0 * c->powers[i].difference,
                                c->powers[i].difference < 0.015 ? "" : "s", c->powers[i].samples,
                                c->verdict == SUMMARY_UNPAIRED ? " on each side" : "");
    return STR("");
}

static str verdict_text(struct arena *arena, const struct summary *summary,
                        const struct summary_comparison *c)
{
    str name = summary->variants[c->candidate].name;
    double power = summary->meta.power;
    str often = fabs(power - 0.8) < 1e-9
                    ? STR("4 times out of 5")
                    : arena_printf(arena, "%.0f times out of 100", 100.0 * power);

    if (c->verdict == SUMMARY_BETTER || c->verdict == SUMMARY_WORSE)
        return arena_printf(arena, " %.*s is %s.", STR_ARG(name),
                            summary_verdict_name(c->verdict));
    return arena_printf(arena,
                        " %s A true difference of about %.1f points would have been found "
                        "%.*s.%.*s",
                        c->verdict == SUMMARY_UNPAIRED ? "It is estimated, not tested."
                        : c->borderline ? "This is borderline: test and interval disagree, so no "
                                        "clear difference."
                                      : "This test cannot tell the two apart.",
                        100.0 * c->detectable.value, STR_ARG(often),
                        STR_ARG(samples_text(arena, c)));
}

static str unpaired_text(struct arena *arena, const struct summary *summary,
                         const struct summary_comparison *c)
{
    const struct summary_estimate *d = &c->accuracy;

    return arena_printf(
        arena,
        "%.*s answers %.1f points %s often correctly than %.*s, but on other samples: unpaired, "
        "less precise (%s %% interval %s to %s points).%.*s",
        STR_ARG(summary->variants[c->candidate].name), 100.0 * fabs(d->value.value),
        d->value.value < 0.0 ? "less" : "more", STR_ARG(summary->variants[c->baseline].name),
        stats_format_confidence(arena, summary->meta.confidence).p,
        stats_format_points(arena, d->low).p, stats_format_points(arena, d->high).p,
        STR_ARG(verdict_text(arena, summary, c)));
}

static str compare_accuracy_text(struct arena *arena, struct summary *summary,
                                 const struct summary_comparison *c)
{
    const struct summary_estimate *d = &c->accuracy;
    str candidate = summary->variants[c->candidate].name;
    str baseline = summary->variants[c->baseline].name;

    if (!d->value.known)
        return arena_printf(arena, "%.*s cannot be compared with %.*s: %s.", STR_ARG(candidate),
                            STR_ARG(baseline), d->reason);
    if (summary_is_sequential(summary))
        return summary_sequential_text(summary, c);
    if (c->verdict == SUMMARY_UNPAIRED)
        return unpaired_text(arena, summary, c);
    return arena_printf(
        arena,
        "%.*s answers %.1f points %s often correctly than %.*s on the same %" PRIu64
        " samples (%s %% interval %s to %s points, %s).%s",
        STR_ARG(candidate), 100.0 * fabs(d->value.value),
        d->value.value < 0.0 ? "less" : "more", STR_ARG(baseline), c->pairs,
        stats_format_confidence(arena, summary->meta.confidence).p,
        stats_format_points(arena, d->low).p, stats_format_points(arena, d->high).p,
        p_text(arena, c).p, verdict_text(arena, summary, c).p);
}

/* What judges cost is told apart: it says nothing of the workflow. */
static str judge_text(struct arena *arena, const struct summary *summary,
                      const struct summary_variant *v)
{
    const struct summary_account *a = &v->roles[SUMMARY_JUDGE];
    uint64_t ungraded = 0;
    str cost;

    for (size_t k = 0; k < summary->meta.score_count; k++)
        ungraded += v->judges[k].ungraded;
    if (a->traffic.calls == 0 && ungraded == 0)
        return STR("");
    cost = a->cost_usd.known ? stats_format_usd(arena, a->cost_usd)
                             : arena_printf(arena, "an unknown sum");
    cost = arena_printf(arena,
                        "Asking models for its scores took %" PRIu64
                        " call%s and cost %s%.*s, beside "
                        "all other figures.",
                        a->traffic.calls, a->traffic.calls == 1 ? "" : "s",
                        a->cost.lost_attempts ? "at least " : "", STR_ARG(cost));
    if (ungraded == 0)
        return cost;
    return arena_printf(arena,
                        "%.*s %" PRIu64 " time%s no answer came: such a score has no value.",
                        STR_ARG(cost), ungraded, ungraded == 1 ? "" : "s");
}

static str compare_cost_text(struct arena *arena, const struct summary *summary,
                             const struct summary_comparison *c)
{
    const struct summary_estimate *r = &c->cost_ratio;
    str candidate = summary->variants[c->candidate].name;
    str baseline = summary->variants[c->baseline].name;

    if (!r->value.known)
        return arena_printf(arena, "The costs of %.*s and %.*s cannot be compared: %s.",
                            STR_ARG(candidate), STR_ARG(baseline), r->reason);
    return arena_printf(
        arena, "%.*s costs %s times as much as %.*s (%.*s).%s", STR_ARG(candidate),
        stats_format_ratio(arena, r->value).p, STR_ARG(baseline),
        STR_ARG(interval_of(arena, summary, stats_format_ratio_range(arena, r->low, r->high))),
        c->cost_dominated ? " Few samples decide this; the interval is approximate." : "");
}

static str compare_latency_text(struct arena *arena, const struct summary *summary,
                                const struct summary_comparison *c)
{
    const struct summary_estimate *r = &c->latency_ratio, *typical = &c->latency_ratio_typical;
    str candidate = summary->variants[c->candidate].name;
    str baseline = summary->variants[c->baseline].name, usual = STR(""), note = STR("");
    double apart;

    if (!r->value.known)
        return STR("");
    if (typical->value.known) {
        usual = arena_printf(arena, ", %s times on a typical sample (%s)",
                             stats_format_ratio(arena, typical->value).p,
                             stats_format_ratio_range(arena, typical->low, typical->high).p);
        apart = r->value.value / typical->value.value;
        if (fmax(apart, 1.0 / apart) > RATIOS_DIFFER)
            note = STR(" A few slow samples dominate the total.");
    }
    if (c->latency_dominated && note.n == 0)
        note = STR(" Few samples decide this; the interval is approximate.");
    return arena_printf(
        arena, "%.*s takes %s%s times as long as %.*s overall (%.*s)%.*s.%.*s",
        STR_ARG(candidate), c->latency_at_least ? "about " : "",
        stats_format_ratio(arena, r->value).p, STR_ARG(baseline),
        STR_ARG(interval_of(arena, summary, stats_format_ratio_range(arena, r->low, r->high))),
        STR_ARG(usual), STR_ARG(note));
}

static str shift_text(struct arena *arena, const struct summary *summary,
                      const struct summary_comparison *c)
{
    const struct summary_estimate *s = &c->latency_shift_ns;
    bool longer = s->value.value >= 0.0;
    maybe low = longer ? s->low : maybe_scale(s->high, -1.0);
    maybe high = longer ? s->high : maybe_scale(s->low, -1.0);
    double covers =
        c->shift_coverage.known ? c->shift_coverage.value : summary->meta.confidence;

    if (!s->value.known)
        return STR("");
    return arena_printf(
        arena, "On a typical sample %.*s takes %s%s %s than %.*s (%.*s %% interval %s).",
        STR_ARG(summary->variants[c->candidate].name), c->latency_at_least ? "at least " : "",
        stats_format_duration(arena, maybe_of(fabs(s->value.value))).p,
        longer ? "longer" : "less", STR_ARG(summary->variants[c->baseline].name),
        STR_ARG(covers < summary->meta.confidence
                    ? arena_printf(arena, "%.0f", 100.0 * covers)
                    : stats_format_confidence(arena, summary->meta.confidence)),
        stats_format_duration_range(arena, low, high).p);
}

void summary_fill_texts(struct summary *summary)
{
    struct arena *arena = &summary->arena;

    for (size_t v = 0; v < summary->meta.variant_count; v++) {
        struct summary_variant *variant = &summary->variants[v];

        variant->accuracy_text = accuracy_text(arena, summary, variant);
        variant->rerun_text = rerun_text(arena, variant);
        variant->cost_text = cost_text(arena, summary, variant);
        variant->latency_text = latency_text(arena, summary, variant);
        variant->judge_text = judge_text(arena, summary, variant);
    }
    for (size_t i = 0; i < summary->comparison_count; i++) {
        struct summary_comparison *c = &summary->comparisons[i];

        c->accuracy_text = compare_accuracy_text(arena, summary, c);
        c->cost_text = compare_cost_text(arena, summary, c);
        c->latency_text = compare_latency_text(arena, summary, c);
        c->shift_text = shift_text(arena, summary, c);
    }
}
