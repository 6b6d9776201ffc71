/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sentences that close a report: which variant to look at first, how right it is, what it
 * costs and how long it takes. Of variants that the test cannot tell apart it is the one that
 * costs least, and it is said when that is not clear either. Money is told for a thousand cells:
 * people cannot read $0.0000231. */
#include <math.h>

#include "stats/format.h"
#include "stats/summary_rows.h"

#define CELLS_OF_MONEY 1000.0

static str thousand(struct arena *arena, maybe usd)
{
    return stats_format_usd(arena, maybe_scale(usd, CELLS_OF_MONEY));
}

static const struct summary_comparison *against_baseline(const struct summary *summary,
                                                         size_t variant)
{
    for (size_t i = 0; i < summary->comparison_count; i++)
        if (summary->comparisons[i].candidate == variant &&
            summary->comparisons[i].baseline == summary->meta.baseline)
            return &summary->comparisons[i];
    return NULL;
}

/* The cheapest of the variants that none is better than; *clearly when the interval of its cost
 * against each of the others says so. */
static size_t cheapest(struct summary *summary, bool *clearly)
{
    const struct summary_rows *rows = summary->private;
    size_t best = SUMMARY_NO_BASELINE;

    for (size_t v = 0; v < summary->meta.variant_count; v++) {
        maybe cost = summary->variants[v].cost_per_cell_usd.value;

        if (!rows->unbeaten[v])
            continue;
        if (!cost.known)
            return SUMMARY_NO_BASELINE;
        if (best == SUMMARY_NO_BASELINE ||
            cost.value < summary->variants[best].cost_per_cell_usd.value.value)
            best = v;
    }
    *clearly = true;
    for (size_t v = 0; v < summary->meta.variant_count && best != SUMMARY_NO_BASELINE; v++) {
        if (v == best || !rows->unbeaten[v])
            continue;
        struct summary_estimate ratio = summary_cost_ratio(summary, v, best);
        *clearly = *clearly && ratio.high.known && ratio.high.value < 1.0;
    }
    return best;
}

static str ratio_text(struct summary *summary, size_t variant, const struct summary_estimate *r)
{
    struct arena *arena = &summary->arena;

    if (variant == summary->meta.baseline || !r || !r->value.known)
        return STR("");
    str baseline = summary->variants[summary->meta.baseline].name;
    return arena_printf(arena, ", %s times %.*s (%s)", stats_format_ratio(arena, r->value).p,
                        STR_ARG(baseline), stats_format_ratio_range(arena, r->low, r->high).p);
}

static str cost_part(struct summary *summary, size_t variant)
{
    const struct summary_variant *v = &summary->variants[variant];
    const struct summary_estimate *cell = &v->cost_per_cell_usd;
    const struct summary_comparison *c = against_baseline(summary, variant);
    struct arena *arena = &summary->arena;

    if (!cell->value.known)
        return STR("its cost is not known");
    if (!(cell->value.value > 0.0) && v->cost.lost_attempts == 0)
        return STR("it cost nothing");
    str low = thousand(arena, cell->low), high = thousand(arena, cell->high);
    str range = cell->low.known && cell->high.known
                    ? arena_printf(arena, " (%s – %s)", low.p, high.p)
                    : STR("");
    return arena_printf(arena, "%s%s per 1,000 cells%.*s%s",
                        v->cost.lost_attempts ? "at least " : "",
                        thousand(arena, cell->value).p, STR_ARG(range),
                        ratio_text(summary, variant, c ? &c->cost_ratio : NULL).p);
}

/* ", 17.0 points more than generic (+7.5 to +26.6, p = 0.0016)" */
static str difference_part(struct summary *summary, size_t variant)
{
    const struct summary_comparison *c = against_baseline(summary, variant);
    struct arena *arena = &summary->arena;

    if (!c || !c->accuracy.low.known || !c->accuracy.high.known || !c->p_adjusted.known)
        return STR("");
    double points = c->accuracy.value.value;
    return arena_printf(
        arena, ", %.1f points %s than %.*s (%s to %s, p %s%s)", 100.0 * fabs(points),
        points < 0.0 ? "less" : "more", STR_ARG(summary->variants[summary->meta.baseline].name),
        stats_format_points(arena, c->accuracy.low).p,
        stats_format_points(arena, c->accuracy.high).p, c->p_adjusted.value < 0.001 ? "" : "= ",
        stats_format_p(arena, c->p_adjusted).p);
}

static str figures(struct summary *summary, size_t variant)
{
    const struct summary_variant *v = &summary->variants[variant];
    struct arena *arena = &summary->arena;

    if (!v->accuracy.value.known)
        return cost_part(summary, variant);
    return arena_printf(arena, "%s correct (%s %% interval %s)%s; %s",
                        stats_format_percent(arena, v->accuracy.value).p,
                        stats_format_confidence(arena, summary->meta.confidence).p,
                        stats_format_percent_range(arena, v->accuracy.low, v->accuracy.high).p,
                        difference_part(summary, variant).p, cost_part(summary, variant).p);
}

static str latency(struct summary *summary, size_t variant)
{
    const struct summary_variant *v = &summary->variants[variant];
    const struct stats_quantile *half = &v->latency_ns[SUMMARY_P50];
    const struct summary_comparison *c = against_baseline(summary, variant);
    struct arena *arena = &summary->arena;

    if (!half->estimate.known)
        return STR("");
    str mean = ratio_text(summary, variant, c ? &c->latency_ratio : NULL);
    str range = half->low.known || half->high.known
                    ? arena_printf(arena, " (%s)",
                                   stats_format_duration_range(arena, half->low, half->high).p)
                    : STR("");
    return arena_printf(arena, "Half of its cells end within %s%.*s%s%.*s.",
                        stats_format_duration(arena, half->estimate).p, STR_ARG(range),
                        mean.n ? "; its mean time is" : "", STR_ARG(str_sub(mean, 1, mean.n)));
}

void summary_fill_advice(struct summary *summary)
{
    struct arena *arena = &summary->arena;
    size_t variants = summary->meta.variant_count;
    bool clearly = true, won = summary->winner != SUMMARY_NO_BASELINE;

    summary->advised = SUMMARY_NO_BASELINE;
    if (variants == 0 || summary->meta.pair_count)
        return;
    summary->advised = variants == 1 ? 0 : won ? summary->winner : cheapest(summary, &clearly);
    if (summary->advised == SUMMARY_NO_BASELINE ||
        summary->variants[summary->advised].correct == 0) {
        summary->advised = SUMMARY_NO_BASELINE;
        return;
    }
    str name = summary->variants[summary->advised].name;
    /* of the only one the verdict has said how right it is */
    str text = variants == 1 ? cost_part(summary, 0) : figures(summary, summary->advised);
    if (variants == 1 || won)
        summary->advice_text = arena_printf(arena, "%.*s: %.*s.", STR_ARG(name), STR_ARG(text));
    else
        summary->advice_text =
            arena_printf(arena, "Of these %.*s costs least%s: %.*s.", STR_ARG(name),
                         clearly ? "" : " on these samples, though not clearly", STR_ARG(text));
    summary->advice_latency_text = latency(summary, summary->advised);
}
