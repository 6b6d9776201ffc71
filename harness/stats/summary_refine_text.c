/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sentences about refinements. What is not sure is said as such. */
#include <inttypes.h>

#include "stats/format.h"
#include "stats/summary_diagnose.h"

static maybe share_of(uint64_t part, uint64_t whole)
{
    return whole ? maybe_of((double)part / (double)whole) : maybe_none();
}

static str where(struct arena *arena, const struct summary_refinement *to)
{
    return str_equal(to->path, STR(".")) ? STR("")
                                         : arena_printf(arena, "%.*s: ", STR_ARG(to->path));
}

static void say_rounds(struct summary *summary, struct summary_diagnosis *d,
                       const struct summary_refinement *to)
{
    struct arena *arena = &summary->arena;
    str list = STR(""), capped = STR("");

    for (size_t r = 0; r < to->round_count && r < 5; r++)
        list =
            arena_printf(arena, "%.*s%s%s by round %zu", STR_ARG(list), r ? ", " : "",
                         stats_format_percent(arena, to->rounds[r].accepted_by.value).p, r + 1);
    if (to->capped)
        capped = arena_printf(arena, "; %s ended at the limit",
                              stats_format_percent(arena, share_of(to->capped, to->cells)).p);
    summary_say(d,
                arena_printf(arena,
                             "%.*sOf %" PRIu64 " refinements %.*s were accepted%.*s. They took "
                             "%.2f rounds on average.",
                             STR_ARG(where(arena, to)), to->cells, STR_ARG(list),
                             STR_ARG(capped), to->mean_rounds.value));
}

static str points_interval(const struct summary *summary, struct arena *arena,
                           const struct summary_estimate *e)
{
    return arena_printf(arena, "%s %% interval %s to %s",
                        stats_format_confidence(arena, summary->meta.confidence).p,
                        stats_format_points(arena, e->low).p,
                        stats_format_points(arena, e->high).p);
}

/* "Round 2 adds +6.0 points (...), round 3 nothing measurable (...)." */
static void say_gains(struct summary *summary, struct summary_diagnosis *d,
                      const struct summary_refinement *to)
{
    struct arena *arena = &summary->arena;
    str list = STR("");

    for (size_t r = 1; r < to->round_count && r < 4; r++) {
        const struct summary_estimate *gain = &to->rounds[r].gain;
        if (!gain->value.known || !gain->low.known)
            return;
        bool seen = gain->low.value > 0.0 || gain->high.value < 0.0;
        str what =
            seen ? arena_printf(arena, "%s points", stats_format_points(arena, gain->value).p)
                 : STR("nothing measurable");
        list = arena_printf(arena, "%.*s%s %zu adds %.*s (%s)", STR_ARG(list),
                            r > 1 ? ", round" : "Round", r + 1, STR_ARG(what),
                            points_interval(summary, arena, gain).p);
    }
    if (list.n)
        summary_say(d, arena_printf(arena, "%.*s, counted in %s.", STR_ARG(list),
                                    to->measure == SUMMARY_MEASURE_ANSWER
                                        ? "accuracy at the end"
                                        : "the score of drafts"));
}

static void say_advice(struct summary *summary, struct summary_diagnosis *d,
                       struct summary_refinement *to)
{
    struct arena *arena = &summary->arena;

    if (to->enough == 0)
        return;
    const struct summary_round *enough = &to->rounds[to->enough - 1];
    bool known = enough->rest.value.known && to->measure != SUMMARY_MEASURE_EVALUATOR;
    bool last = to->enough + 1 == to->round_count;
    if (known)
        summary_say(d, arena_printf(arena, "Round%s %zu%s bought nothing: %s points (%s).",
                                    last ? "" : "s", to->enough + 1, last ? "" : " and later",
                                    stats_format_points(arena, enough->rest.value).p,
                                    points_interval(summary, arena, &enough->rest).p));
    to->advice =
        arena_printf(arena,
                     "Set max_rounds to %zu: %s were accepted by then, and %s of all "
                     "drafts came later%s.",
                     to->enough, stats_format_percent(arena, enough->accepted_by.value).p,
                     stats_format_percent(arena, to->saved).p,
                     known ? ""
                           : " (whether those were better is not known: no score "
                             "looks at drafts)");
    summary_say(d, to->advice);
}

static void say_verdicts(struct summary *summary, struct summary_diagnosis *d,
                         const struct summary_refinement *to)
{
    struct arena *arena = &summary->arena;
    const struct summary_estimate *wrong = &to->false_accept, *right = &to->false_reject;

    if (wrong->value.known && right->value.known)
        summary_say(
            d, arena_printf(arena,
                            "Of the wrong drafts %s (%s) were accepted, of the right ones %s "
                            "(%s) were not.",
                            stats_format_percent(arena, wrong->value).p,
                            stats_format_percent_range(arena, wrong->low, wrong->high).p,
                            stats_format_percent(arena, right->value).p,
                            stats_format_percent_range(arena, right->low, right->high).p));
}

void summary_say_refinements(struct summary *summary, size_t variant)
{
    struct arena *arena = &summary->arena;
    struct summary_diagnosis *d = summary->variants[variant].diagnosis;

    for (size_t i = 0; i < d->refinement_count; i++) {
        struct summary_refinement *to = &d->refinements[i];
        say_rounds(summary, d, to);
        if (to->measure == SUMMARY_MEASURE_ANSWER || to->measure == SUMMARY_MEASURE_STEP)
            say_gains(summary, d, to);
        say_advice(summary, d, to);
        say_verdicts(summary, d, to);
        if (to->stuck)
            summary_say(d, arena_printf(arena,
                                        "%" PRIu64 " rejected drafts say what the one before "
                                        "said: stop_when_similar: 0.98 would end there.",
                                        to->stuck));
    }
}
