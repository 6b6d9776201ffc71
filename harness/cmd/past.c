/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which runs a history can show (see past.h). Reasons are sentences for people: whoever misses a run is
 * told what it would take. */
#include "cmd/past.h"

#include "base/clock.h"

str past_time(struct arena *arena, const struct store_listing *listing)
{
    char time[24] = "";
    if (!listing->problem.n)
        clock_iso(listing->run.created_wall, time, sizeof time);
    return arena_str(arena, str_from(time));
}

str past_own_reason(struct arena *arena, const struct store_listing *listing)
{
    const struct store_run *run = &listing->run;
    if (listing->problem.n)
        return arena_printf(arena, "it cannot be read: %.*s", STR_ARG(listing->problem));
    if (listing->running)
        return STR("it is being written");
    if (run->shards)
        return arena_printf(arena, "it is shard %lld of %lld; weir merge joins them",
                            (long long)run->shard, (long long)run->shards);
    if (listing->cells_done < listing->own_cells)
        return arena_printf(arena, "%lld of %lld cells have no result",
                            (long long)(listing->own_cells - listing->cells_done),
                            (long long)listing->own_cells);
    if (run->scored_from.n)
        return arena_printf(arena, "its answers are those of run %.*s, scored again",
                            STR_ARG(run->scored_from));
    return STR("");
}

static str skipped_reason(const struct side *side)
{
    for (size_t i = 0; i < side->cells; i++)
        if (side->cell[i].status == SUMMARY_SKIPPED)
            return STR("it stopped early, when its own comparison was decided");
    return STR("");
}

static const char *provider_of(bool mock)
{
    return mock ? "weir-mock" : "a real provider";
}

/* Why it cannot stand beside the measure; empty: it can. */
static str reason_beside(struct arena *arena, const struct side *side,
                         const struct side *measure)
{
    str run = measure->run;
    if (side->mock != measure->mock)
        return arena_printf(arena, "%s answered it, and %s %.*s", provider_of(side->mock),
                            provider_of(measure->mock), STR_ARG(run));
    if (!str_equal(side->fingerprint, measure->fingerprint))
        return arena_printf(
            arena, "its dataset is another one: fingerprint %.*s, that of %.*s is %.*s",
            STR_ARG(side->fingerprint), STR_ARG(run), STR_ARG(measure->fingerprint));
    if (!str_equal(side->graders, measure->graders))
        return arena_printf(arena, "its scores are defined otherwise than those of %.*s",
                            STR_ARG(run));
    return STR("");
}

void past_close(struct past_run *run)
{
    arena_release(&run->arena);
    *run = (struct past_run){0};
}

str past_open(struct past_run *to, const struct store_listing *listing,
              const struct past_run *measure, struct arena *arena)
{
    struct err problem = {0};
    *to = (struct past_run){.listing = listing};
    str reason = past_own_reason(arena, listing);
    if (reason.n == 0 && side_of_run(&to->side, listing->path, &to->arena, &problem) < 0)
        reason = arena_printf(arena, "it cannot be read: %s", problem.message);
    if (reason.n == 0)
        reason = skipped_reason(&to->side);
    if (reason.n == 0 && measure->open)
        reason = reason_beside(arena, &to->side, &measure->side);
    if (reason.n)
        past_close(to);
    else
        to->open = true;
    return reason;
}
