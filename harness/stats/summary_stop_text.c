/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sentences about early stopping. They say what was decided and after how many samples; and, since
 * a run that stops for what it saw saw more of it than there is, which way its estimate leans. */
#include <inttypes.h>
#include <math.h>

#include "stats/format.h"
#include "stats/summary_stop_inside.h"

static str name_of(const struct summary *summary, size_t variant)
{
    return variant < summary->meta.variant_count ? summary->variants[variant].name : STR("?");
}

/* "vote is better than once" */
static str decision_text(struct summary *summary, const struct summary_stop *stop)
{
    struct arena *arena = &summary->arena;
    str candidate = name_of(summary, stop->rule.candidate);
    str baseline = name_of(summary, stop->rule.baseline);
    str margin = arena_printf(arena, "%.1f points", 100.0 * stop->rule.margin);

    switch (stop->decision) {
    case STATS_STOP_BETTER:
    case STATS_STOP_WORSE:
        return arena_printf(arena, "%.*s is %s than %.*s", STR_ARG(candidate),
                            stats_stop_decision_name(stop->decision), STR_ARG(baseline));
    case STATS_STOP_NOT_WORSE:
        return arena_printf(arena, "%.*s is not worse than %.*s by %.*s or more",
                            STR_ARG(candidate), STR_ARG(baseline), STR_ARG(margin));
    case STATS_STOP_TOO_BAD:
        return arena_printf(arena, "%.*s is worse than %.*s by more than %.*s",
                            STR_ARG(candidate), STR_ARG(baseline), STR_ARG(margin));
    case STATS_STOP_UNDECIDED:
        break;
    }
    return arena_printf(arena, "nothing is decided of %.*s and %.*s", STR_ARG(candidate),
                        STR_ARG(baseline));
}

static str where_text(struct arena *arena, const struct summary_stop *stop)
{
    if (stop->stopped)
        return arena_printf(arena, "Stopped after %" PRIu64 " of %" PRIu64 " samples",
                            stop->looked, stop->samples);
    if (stop->looked < stop->samples)
        return arena_printf(arena,
                            "The first %" PRIu64 " of %" PRIu64
                            " samples in the order of the plan are complete",
                            stop->looked, stop->samples);
    return arena_printf(arena, "All %" PRIu64 " samples were looked at", stop->samples);
}

/* Where a run stops for what it saw, it saw more of it than there is. */
static str lean_text(struct arena *arena, const struct summary_stop *stop)
{
    bool more = stop->decision == STATS_STOP_BETTER || stop->decision == STATS_STOP_NOT_WORSE;

    if (!stop->stopped)
        return STR("it holds at whatever sample one looks.");
    return arena_printf(arena,
                        "it holds wherever a run stops, but because this one stopped early, "
                        "the middle of it is likely too %s.",
                        more ? "high" : "low");
}

static str stop_text(struct summary *summary, const struct summary_stop *stop)
{
    struct arena *arena = &summary->arena;
    const struct summary_estimate *d = &stop->difference;
    str p = STR("");

    if (stop->p.known)
        p = arena_printf(arena, " (always-valid p %s%s)", stop->p.value < 0.001 ? "" : "= ",
                         stats_format_p(arena, stop->p).p);
    str head = arena_printf(arena, "%.*s: %.*s%.*s.", STR_ARG(where_text(arena, stop)),
                            STR_ARG(decision_text(summary, stop)), STR_ARG(p));
    if (stop->inconsistent)
        return arena_printf(arena,
                            "%.*s Inconsistent data over time: the samples drift, or chance "
                            "plays a rare trick; so nothing is decided.",
                            STR_ARG(head));
    if (!d->value.known)
        return head;
    return arena_printf(
        arena,
        "%.*s The %s %% confidence sequence for the difference%s is %s to %s points; %.*s",
        STR_ARG(head), stats_format_confidence(arena, 1.0 - stop->rule.alpha).p,
        stop->rule.score ? " of mean scores" : "", stats_format_points(arena, d->low).p,
        stats_format_points(arena, d->high).p, STR_ARG(lean_text(arena, stop)));
}

static str spared_text(struct arena *arena, const struct summary_stop *stop)
{
    if (!stop->stopped)
        return STR("");
    str cost = stop->spared_usd.known ? stats_format_usd(arena, stop->spared_usd)
                                      : STR("an unknown sum");
    return arena_printf(arena,
                        "The other %" PRIu64 " samples, %" PRIu64
                        " cells, were not needed: by the means of the others about %.0f calls "
                        "and %.*s.",
                        stop->samples - stop->looked, stop->spared_cells,
                        stop->spared_calls.value, STR_ARG(cost));
}

static str beyond_text(struct arena *arena, const struct summary_stop *stop)
{
    if (stop->beyond_cells == 0)
        return STR("");
    str cost = stop->beyond_usd.known ? stats_format_usd(arena, stop->beyond_usd)
                                      : STR("an unknown sum");
    return arena_printf(arena,
                        "%" PRIu64 " of those cells had begun before it was decided: %" PRIu64
                        " call%s, %.*s, paid and in no other figure.",
                        stop->beyond_cells, stop->beyond_calls,
                        stop->beyond_calls == 1 ? "" : "s", STR_ARG(cost));
}

void summary_stop_say(struct summary *summary, struct summary_stop *stop)
{
    stop->text = stop_text(summary, stop);
    stop->spared_text = spared_text(&summary->arena, stop);
    stop->beyond_text = beyond_text(&summary->arena, stop);
}

str summary_sequential_text(struct summary *summary, const struct summary_comparison *c)
{
    const struct summary_stop *stop = summary->stop;
    struct arena *arena = &summary->arena;
    const struct summary_estimate *d = &c->accuracy;
    str candidate = summary->variants[c->candidate].name;
    str baseline = summary->variants[c->baseline].name, p = STR("");

    if (stop && !stop->rule.score && c->candidate == stop->rule.candidate &&
        c->baseline == stop->rule.baseline)
        return stop->text;
    if (c->p_adjusted.known)
        p = arena_printf(arena, ", always-valid p %s%s",
                         c->p_adjusted.value < 0.001 ? "" : "= ",
                         stats_format_p(arena, c->p_adjusted).p);
    str decided = c->verdict == SUMMARY_NO_CLEAR_DIFFERENCE
                      ? STR("That decides nothing.")
                      : arena_printf(arena, "%.*s is %s.", STR_ARG(candidate),
                                     summary_verdict_name(c->verdict));
    return arena_printf(
        arena,
        "%.*s answers %.1f points %s often correctly than %.*s on the same %" PRIu64
        " samples (%s %% confidence sequence %s to %s points%.*s). %.*s",
        STR_ARG(candidate), 100.0 * fabs(d->value.value),
        d->value.value < 0.0 ? "less" : "more", STR_ARG(baseline), c->pairs,
        stats_format_confidence(arena, 1.0 - summary_sequential_alpha(summary, c)).p,
        stats_format_points(arena, d->low).p, stats_format_points(arena, d->high).p, STR_ARG(p),
        STR_ARG(decided));
}
