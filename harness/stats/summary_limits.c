/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits that a run supports another value of. Each sentence names what was seen; nothing is said of what
 * is to come. */
#include "stats/summary_recommend_inside.h"

#include <inttypes.h>

#include "stats/format.h"

enum {
    TOKENS_LEAST = 100,   /* that a lower limit must spare to be worth a sentence */
    CALLS_LEAST = 50,     /* to speak of the longest reply, */
    ATTEMPTS_LEAST = 200, /* ... of the slowest attempt */
};

#define NS_PER_MS 1e6

static struct summary_limit *add_limit(struct summary_recommending *w,
                                       const struct summary_limit *limit)
{
    if (w->to->limit_count == SUMMARY_RECOMMENDED_MOST)
        return NULL;
    w->to->limits[w->to->limit_count] = *limit;
    return &w->to->limits[w->to->limit_count++];
}

/* Up to two significant digits, so that nobody takes it for a measurement. */
static int64_t rounded_up(double value)
{
    int64_t step = 1;

    while (value / (double)step > 100.0)
        step *= 10;
    int64_t whole = (int64_t)(value / (double)step);
    return (whole + ((double)whole * (double)step < value)) * step;
}

static str step_name(struct arena *arena, const struct summary *summary, size_t variant,
                     str path)
{
    str name = summary->meta.variants[variant].name;

    return str_equal(path, STR("."))
               ? name
               : arena_printf(arena, "%.*s, step %.*s", STR_ARG(name), STR_ARG(path));
}

static void advise_tokens(struct summary_recommending *w, size_t variant,
                          const struct summary_use *use)
{
    struct arena *arena = &w->summary->arena;
    str who = step_name(arena, w->summary, variant, use->path);
    struct summary_limit limit = {
        .variant = variant, .path = use->path, .option = "max_tokens", .seen = use->calls};

    if (use->limited != use->calls || use->low_limit != use->high_limit)
        return;
    limit.now = maybe_of((double)use->high_limit);
    if (use->truncated > 0) {
        limit.text = arena_printf(
            arena,
            "%.*s: %" PRIu64 " of %" PRIu64 " replies (%s) were cut off at max_tokens %" PRId64
            ": raise it. How long they would have become is not known.",
            STR_ARG(who), use->truncated, use->calls,
            stats_format_percent(arena, maybe_of((double)use->truncated / (double)use->calls))
                .p,
            use->high_limit);
        add_limit(w, &limit);
        return;
    }
    double most = (double)use->tokens.most;
    int64_t set = rounded_up(1.5 * most);
    if (use->tokens.count < CALLS_LEAST || use->tokens.count != use->calls || most < 1.0 ||
        2 * set > use->high_limit || set + TOKENS_LEAST > use->high_limit)
        return;
    limit.set = maybe_of((double)set);
    limit.text =
        arena_printf(arena,
                     "%.*s: set max_tokens to %" PRId64 " (now %" PRId64 "): of %" PRIu64
                     " replies the longest had %" PRIu64 " tokens, 99 %% at most %" PRIu64 ".",
                     STR_ARG(who), set, use->high_limit, use->calls, use->tokens.most,
                     histogram_at(&use->tokens, 990));
    add_limit(w, &limit);
}

static void advise_rounds(struct summary_recommending *w, size_t variant)
{
    const struct summary_diagnosis *d = w->summary->variants[variant].diagnosis;

    for (size_t i = 0; d && i < d->refinement_count; i++) {
        const struct summary_refinement *of = &d->refinements[i];
        if (of->enough == 0)
            continue;
        add_limit(w, &(struct summary_limit){
                         .variant = variant,
                         .path = of->path,
                         .option = "max_rounds",
                         .now = of->capped ? maybe_of((double)of->round_count) : maybe_none(),
                         .set = maybe_of((double)of->enough),
                         .seen = of->cells,
                         .said = true,
                         .text = of->advice,
                     });
    }
}

static void advise_workers(struct summary_recommending *w, size_t variant)
{
    struct arena *arena = &w->summary->arena;
    const struct summary_diagnosis *d = w->summary->variants[variant].diagnosis;
    int64_t now = w->from->settings.max_workers ? w->from->settings.max_workers[variant] : 0;

    for (size_t i = 0; d && i < d->plan_count && now > 0; i++) {
        const struct summary_plan *of = &d->plans[i];
        uint64_t valid = of->plans - of->misplanned;
        int64_t set = (int64_t)of->most_tasks + (int64_t)(of->most_tasks + 1) / 2;
        if (!str_equal(of->path, STR(".")) || of->cut > 0 || of->misplanned > 0 ||
            valid < CALLS_LEAST || 2 * set > now)
            continue;
        add_limit(w, &(struct summary_limit){
                         .variant = variant,
                         .path = of->path,
                         .option = "max_workers",
                         .now = maybe_of((double)now),
                         .set = maybe_of((double)set),
                         .seen = valid,
                         .text = arena_printf(arena,
                                              "%.*s: set max_workers to %" PRId64
                                              " (now %" PRId64 "): of %" PRIu64
                                              " plans the largest had %" PRIu64 " tasks.",
                                              STR_ARG(w->summary->meta.variants[variant].name),
                                              set, now, valid, of->most_tasks),
                     });
    }
}

static void advise_stopping(struct summary_recommending *w, size_t variant)
{
    struct arena *arena = &w->summary->arena;
    size_t count;
    const struct summary_fact *facts = summary_facts(w->summary, variant, &count);

    for (size_t i = 0, next; i < count; i = next) {
        uint64_t polls = 0, asked = 0;
        double enough = 0.0;
        for (next = i; next < count && facts[next].path == facts[i].path; next++)
            if (facts[next].kind == SUMMARY_NOTE_POLLED) {
                polls++;
                asked += facts[next].index;
                enough += facts[next].first;
            }
        double spared = polls ? 1.0 - enough / (double)asked : 0.0;
        if (polls < CALLS_LEAST || spared < 0.05)
            continue;
        str path = w->summary->private->names.text[facts[i].path];
        add_limit(
            w, &(struct summary_limit){
                   .variant = variant,
                   .path = path,
                   .option = "stop_early",
                   .now = maybe_of(0.0),
                   .set = maybe_of(1.0),
                   .seen = polls,
                   .text = arena_printf(
                       arena,
                       "%.*s: set stop_early: in %" PRIu64
                       " votes it would have asked %.1f voters instead of %.1f, %s fewer, for "
                       "the same winners.",
                       STR_ARG(step_name(arena, w->summary, variant, path)), polls,
                       enough / (double)polls, (double)asked / (double)polls,
                       stats_format_percent(arena, maybe_of(spared)).p)});
    }
}

/* Fewer voters that are right as often, where that was seen and is not extrapolated. */
static void advise_voters(struct summary_recommending *w, size_t variant)
{
    struct arena *arena = &w->summary->arena;
    const struct summary_diagnosis *d = w->summary->variants[variant].diagnosis;
    const struct summary_vote *vote = d ? d->vote : NULL;
    size_t now = SUMMARY_VOTE_SIZES;

    if (!vote || !vote->voters || vote->polls < CALLS_LEAST)
        return;
    for (size_t i = 0; i < SUMMARY_VOTE_SIZES; i++)
        if (summary_vote_sizes[i] == vote->per_poll)
            now = i;
    if (now == SUMMARY_VOTE_SIZES || vote->size[now].extrapolated)
        return;
    for (size_t i = 0; i < now; i++) {
        const struct summary_majority *few = &vote->size[i], *all = &vote->size[now];
        if (few->accuracy.value.value < all->accuracy.value.value - 0.005)
            continue;
        add_limit(
            w,
            &(struct summary_limit){
                .variant = variant,
                .path = STR("."),
                .option = "voters",
                .now = maybe_of((double)summary_vote_sizes[now]),
                .set = maybe_of((double)summary_vote_sizes[i]),
                .seen = vote->samples,
                .text = arena_printf(
                    arena,
                    "%.*s: set voters to %u (now %u): a majority of so many is right in %s "
                    "(%s), "
                    "of all in %s (%s).",
                    STR_ARG(w->summary->meta.variants[variant].name), summary_vote_sizes[i],
                    summary_vote_sizes[now], stats_format_percent(arena, few->accuracy.value).p,
                    stats_format_percent_range(arena, few->accuracy.low, few->accuracy.high).p,
                    stats_format_percent(arena, all->accuracy.value).p,
                    stats_format_percent_range(arena, all->accuracy.low, all->accuracy.high)
                        .p)});
        return;
    }
}

/* ---- limits on time ---- */

static void advise_timeout(struct summary_recommending *w)
{
    struct arena *arena = &w->summary->arena;
    struct histogram all = {0};
    double now = (double)w->from->settings.attempt_timeout_ns / NS_PER_MS;

    for (size_t v = 0; v < w->from->variants; v++)
        for (size_t i = 0; i < w->from->of[v].count; i++)
            histogram_merge(&all, &w->from->of[v].use[i].attempts);
    double most = (double)all.most / 1e3, high = (double)histogram_at(&all, 990) / 1e3;
    double set = (double)rounded_up(fmax(4.0 * high, 2.0 * most) / 1e3) * 1e3;
    if (all.count >= ATTEMPTS_LEAST && now > 0.0 && 2.0 * set <= now) {
        struct summary_limit *limit = &w->to->timing_limits[w->to->timing_limit_count++];
        *limit = (struct summary_limit){.variant = SUMMARY_NO_BASELINE,
                                        .option = "attempt_timeout",
                                        .now = maybe_of(now),
                                        .set = maybe_of(set),
                                        .seen = all.count};
        limit->text = arena_printf(
            arena,
            "Set retry.attempt_timeout to %.0fs (now %.0fs): of %" PRIu64
            " attempts that were answered at once 99 %% took at most %s, the slowest %s.",
            set / 1e3, now / 1e3, all.count,
            stats_format_duration(arena, maybe_of(high * NS_PER_MS)).p,
            stats_format_duration(arena, maybe_of(most * NS_PER_MS)).p);
    }
    histogram_release(&all);
}

static void advise_widths(struct summary_recommending *w)
{
    for (size_t v = 0; v < w->from->variants; v++) {
        const struct summary_diagnosis *d = w->summary->variants[v].diagnosis;
        for (size_t i = 0; d && i < d->fan_count; i++)
            if (d->fans[i].enough_width &&
                w->to->timing_limit_count + 1 < SUMMARY_RECOMMENDED_MOST)
                w->to->timing_limits[w->to->timing_limit_count++] =
                    (struct summary_limit){.variant = v,
                                           .path = d->fans[i].path,
                                           .option = "width",
                                           .set = maybe_of((double)d->fans[i].enough_width),
                                           .seen = d->fans[i].cells,
                                           .said = true,
                                           .text = d->timing_text};
    }
}

void summary_recommend_limits(struct summary_recommending *w)
{
    for (size_t v = 0; v < w->from->variants; v++) {
        advise_rounds(w, v);
        advise_stopping(w, v);
        advise_voters(w, v);
        advise_workers(w, v);
        for (size_t i = 0; i < w->from->of[v].count; i++)
            advise_tokens(w, v, &w->from->of[v].use[i]);
    }
    advise_timeout(w);
    advise_widths(w);
}
