/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sentences about routers. Numbers are those of the tables; no sentence says more than they do. */
#include <inttypes.h>

#include "stats/format.h"
#include "stats/summary_diagnose.h"

static str interval(struct summary *summary, const struct summary_estimate *estimate)
{
    struct arena *arena = &summary->arena;

    return arena_printf(arena, "%s %% interval %s",
                        stats_format_confidence(arena, summary->meta.confidence).p,
                        stats_format_percent_range(arena, estimate->low, estimate->high).p);
}

static str where(struct arena *arena, const struct summary_route *route)
{
    return str_equal(route->path, STR("."))
               ? STR("The router")
               : arena_printf(arena, "The router %.*s", STR_ARG(route->path));
}

static void say_accuracy(struct summary *summary, struct summary_diagnosis *d,
                         const struct summary_route *route)
{
    struct arena *arena = &summary->arena;
    str who = where(arena, route);

    if (route->judged == 0) {
        summary_say(d, arena_printf(arena,
                                    "%.*s: no score looks at its classifier (step: by, of: "
                                    "\"{{label}}\", equals: ...), so how often it was right is "
                                    "not known.",
                                    STR_ARG(who)));
        return;
    }
    str balanced = STR("");
    if (route->balanced.value.known)
        balanced = arena_printf(arena, "; the mean over its classes is %s (%s)",
                                stats_format_percent(arena, route->balanced.value).p,
                                interval(summary, &route->balanced).p);
    summary_say(d,
                arena_printf(arena, "%.*s was right in %s of %" PRIu64 " cells (%s)%s.",
                             STR_ARG(who), stats_format_percent(arena, route->accuracy.value).p,
                             route->judged, interval(summary, &route->accuracy).p, balanced.p));
    if (route->worst_wanted < route->class_count)
        summary_say(d, arena_printf(arena,
                                    "Its most frequent mistake: %.*s for %.*s, in %" PRIu64
                                    " cells.",
                                    STR_ARG(route->classes[route->worst_given].label),
                                    STR_ARG(route->classes[route->worst_wanted].label),
                                    route->confusion[route->worst_wanted * route->class_count +
                                                     route->worst_given]));
}

static void say_end(struct summary *summary, struct summary_diagnosis *d,
                    const struct summary_route *route)
{
    struct arena *arena = &summary->arena;

    if (!route->perfect.value.known)
        return;
    if (!route->if_wrong.value.known) {
        summary_say(d, STR("No cell was misrouted, so nothing is lost by it."));
        return;
    }
    summary_say(d, arena_printf(arena,
                                "Cells that were routed right end right in %s (%s), misrouted "
                                "ones in %s (%s).",
                                stats_format_percent(arena, route->if_right.value).p,
                                interval(summary, &route->if_right).p,
                                stats_format_percent(arena, route->if_wrong.value).p,
                                interval(summary, &route->if_wrong).p));
    summary_say(d, arena_printf(arena,
                                "With a router that is never wrong the accuracy would be about "
                                "%s (%s), %s points against now.",
                                stats_format_percent(arena, route->perfect.value).p,
                                interval(summary, &route->perfect).p,
                                stats_format_points(arena, route->gain).p));
}

static void say_unlabelled(struct summary *summary, struct summary_diagnosis *d,
                           const struct summary_route *route)
{
    struct arena *arena = &summary->arena;

    if (route->unlabelled)
        summary_say(
            d, arena_printf(arena,
                            "No case matched in %s of them (%" PRIu64 "): they went to "
                            "the fallback, if there is one.",
                            stats_format_percent(arena, maybe_of((double)route->unlabelled /
                                                                 (double)route->cells))
                                .p,
                            route->unlabelled));
}

static void say_money(struct summary *summary, struct summary_diagnosis *d,
                      const struct summary_route *route)
{
    struct arena *arena = &summary->arena;
    const struct summary_route_case *cases = route->cases;

    if (!route->mixed_usd.known || route->dearest == route->case_count)
        return;
    const struct summary_route_case *dear = &cases[route->dearest];
    const struct summary_route_case *cheap = &cases[route->cheapest];
    maybe saved = maybe_of(dear->cost_usd.value - route->mixed_usd.value);
    if (!route->least_cheap_share.known) {
        summary_say(d, arena_printf(arena,
                                    "The router costs a cell %s; its cases cost alike, so it "
                                    "saves no money.",
                                    stats_format_usd(arena, route->router_usd).p));
        return;
    }
    summary_say(d, arena_printf(
                       arena,
                       "A cell costs %s: %s for the router, and %s (%.*s) to %s (%.*s) for its "
                       "case. All through %.*s would cost about %s, %s%s a cell.",
                       stats_format_usd(arena, route->mixed_usd).p,
                       stats_format_usd(arena, route->router_usd).p,
                       stats_format_usd(arena, cheap->cost_usd).p, STR_ARG(cheap->label),
                       stats_format_usd(arena, dear->cost_usd).p, STR_ARG(dear->label),
                       STR_ARG(dear->label), stats_format_usd(arena, dear->cost_usd).p,
                       stats_format_usd(arena, maybe_of(fabs(saved.value))).p,
                       saved.value >= 0.0 ? " more" : " less"));
    if (!(route->router_usd.value > 0.0))
        return; /* a classifier without a call pays for itself at once */
    if (route->least_cheap_share.value < 1.0)
        summary_say(d, arena_printf(arena,
                                    "The router pays for itself when more than %s of the cells "
                                    "go to %.*s rather than there; %s went elsewhere.",
                                    stats_format_percent(arena, route->least_cheap_share).p,
                                    STR_ARG(cheap->label),
                                    stats_format_percent(arena, route->cheap_share).p));
    else
        summary_say(d,
                    arena_printf(arena, "The router costs more than the difference between its "
                                        "cases: it never pays for itself."));
}

static void say_single(struct summary *summary, const struct summary_variant *v,
                       const struct summary_route *route)
{
    struct arena *arena = &summary->arena;
    const struct summary_estimate *over = &route->over_single;
    maybe mine = v->cost_per_cell_usd.value;

    if (route->single == SUMMARY_NO_BASELINE || !over->value.known || !mine.known ||
        !route->single_usd.known)
        return;
    double more = mine.value - route->single_usd.value;
    str each = STR("");
    if (route->usd_per_gained.known)
        each = arena_printf(arena, ": %s for a right answer more",
                            stats_format_usd(arena, route->usd_per_gained).p);
    summary_say(
        v->diagnosis,
        arena_printf(
            arena,
            "Against the single prompt %.*s: %s points (%s %% interval %s to %s), at %s %s a "
            "cell%s.",
            STR_ARG(summary->variants[route->single].name),
            stats_format_points(arena, over->value).p,
            stats_format_confidence(arena, summary->meta.confidence).p,
            stats_format_points(arena, over->low).p, stats_format_points(arena, over->high).p,
            stats_format_usd(arena, maybe_of(fabs(more))).p, more < 0.0 ? "less" : "more",
            each.p));
}

static void say_oracle(struct summary *summary, const struct summary_variant *v,
                       const struct summary_route *route)
{
    struct arena *arena = &summary->arena;

    if (route->best_single == SUMMARY_NO_BASELINE || !route->oracle.known)
        return;
    const struct summary_variant *best = &summary->variants[route->best_single];
    summary_say(
        v->diagnosis,
        arena_printf(arena,
                     "Everything through one of its models is right in %s at best (%.*s); "
                     "the best of them for each sample would be in %s, which no router "
                     "beats (it is too high: chance helps the best of several).",
                     stats_format_percent(arena, best->accuracy.value).p, STR_ARG(best->name),
                     stats_format_percent(arena, route->oracle).p));
}

void summary_say_routes(struct summary *summary, size_t variant)
{
    const struct summary_variant *v = &summary->variants[variant];
    struct summary_diagnosis *d = v->diagnosis;

    for (size_t i = 0; i < d->route_count; i++) {
        const struct summary_route *route = &d->routes[i];
        say_accuracy(summary, d, route);
        say_unlabelled(summary, d, route);
        say_end(summary, d, route);
        say_money(summary, d, route);
        say_single(summary, v, route);
        say_oracle(summary, v, route);
    }
}
