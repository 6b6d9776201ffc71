/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What runs side by side, and what it waits for: the branches of a parallel, the items of a map,
 * the voters of a vote. All are times by the clock, our own waits among them.
 *
 * Slowest and second slowest are found cell by cell, never from means of branches: a sample that is
 * slow is slow everywhere. */
#include <inttypes.h>

#include "base/mem.h"
#include "stats/format.h"
#include "stats/summary_diagnose.h"

/* What a cell waited for. */
struct cell_fan {
    int64_t most, second, sum; /* nanoseconds */
    uint32_t count, slowest;   /* parts; the first of the slowest ones */
};

static const double straggling = 1.5; /* times the mean part: worth a sentence */
static const double often = 0.5;      /* of the cells */

static void add_part(struct cell_fan *fan, int64_t latency_ns, uint32_t number)
{
    if (fan->count++ == 0 || latency_ns > fan->most) {
        fan->second = fan->count == 1 ? 0 : fan->most;
        fan->most = latency_ns;
        fan->slowest = number;
    } else if (latency_ns > fan->second) {
        fan->second = latency_ns;
    }
    fan->sum += latency_ns;
}

/* Instances and cells lie in one order, so one pass a part is enough. */
static void add_span(struct cell_fan *fans, const struct summary_cell *cells, size_t count,
                     const struct summary_span *span)
{
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        const struct summary_instance *one = &span->first[at];

        while (at < span->count &&
               (one->place < cells[i].place ||
                (one->place == cells[i].place && one->trial < cells[i].trial)))
            one = &span->first[++at];
        for (; at < span->count && one->place == cells[i].place && one->trial == cells[i].trial;
             one = &span->first[++at])
            if (one->latency_ns >= 0)
                add_part(&fans[i], one->latency_ns, (uint32_t)span->number);
    }
}

/* Neither what runs before or after the branches, nor beside them to stop them. */
static size_t branches(const struct summary *summary, size_t variant,
                       struct summary_span *spans)
{
    size_t all = summary_children(summary, variant, spans), kept = 0;

    for (size_t i = 0; i < all; i++)
        if (!str_equal(spans[i].path, STR("guard")) &&
            !str_equal(spans[i].path, STR("combine")))
            spans[kept++] = spans[i];
    for (size_t i = 0; i < kept; i++)
        spans[i].number = i;
    return kept;
}

static void fill(struct summary_fan *fan, const struct cell_fan *fans, size_t count)
{
    double slowest = 0.0, mean = 0.0, work = 0.0, without = 0.0;

    for (size_t i = 0; i < count; i++) {
        if (fans[i].count < 2)
            continue;
        fan->cells++;
        fan->parts += fans[i].count;
        slowest += (double)fans[i].most;
        without += (double)fans[i].second;
        mean += (double)fans[i].sum / fans[i].count;
        work += (double)fans[i].sum;
        if (fan->branches)
            fan->branches[fans[i].slowest].slowest++;
    }
    if (fan->cells == 0)
        return;
    double cells = (double)fan->cells;
    fan->slowest_ns = maybe_of(slowest / cells);
    fan->second_ns = maybe_of(without / cells);
    fan->mean_ns = maybe_of(mean / cells);
    fan->work_ns = maybe_of(work / cells);
}

/* Mean time of a cell's slowest part, were it not for this branch. */
static void fill_without(struct summary_fan *fan, const struct cell_fan *fans, size_t count)
{
    for (size_t b = 0; b < fan->branch_count; b++) {
        double sum = 0.0;
        for (size_t i = 0; i < count; i++)
            if (fans[i].count >= 2)
                sum += (double)(fans[i].slowest == b ? fans[i].second : fans[i].most);
        if (fan->cells)
            fan->branches[b].without_ns = maybe_of(sum / (double)fan->cells);
    }
}

struct summary_fan *summary_fan_of(struct summary *summary, size_t variant)
{
    const struct summary_rows *rows = summary->private;
    const struct summary_variant *v = &summary->variants[variant];
    const struct summary_cell *cells = rows->cells + rows->cell_start[variant];
    size_t count = rows->cell_start[variant + 1] - rows->cell_start[variant], parts = 1;
    bool parallel = str_equal(v->pattern, STR("parallel"));
    struct arena scratch = {0};

    if (!parallel && !str_equal(v->pattern, STR("map")) && !str_equal(v->pattern, STR("vote")))
        return NULL;
    struct summary_span *spans = arena_array(&scratch, struct summary_span, v->step_count + 2);
    if (parallel)
        parts = branches(summary, variant, spans);
    else
        spans[0] = summary_items(summary, variant);
    struct cell_fan *fans = xcalloc(count + 1, sizeof *fans);
    struct summary_fan *fan = arena_new(&summary->arena, struct summary_fan);
    if (parallel) {
        fan->branch_count = parts;
        fan->branches = arena_array(&summary->arena, struct summary_fan_branch, parts + 1);
    }
    for (size_t i = 0; i < parts; i++) {
        if (parallel)
            fan->branches[i].path = spans[i].path;
        if (spans[i].count)
            add_span(fans, cells, count, &spans[i]);
    }
    fill(fan, fans, count);
    fill_without(fan, fans, count);
    xfree(fans);
    arena_release(&scratch);
    return fan->cells ? fan : NULL;
}

void summary_say_fan(struct summary *summary, const struct summary_variant *v)
{
    struct arena *arena = &summary->arena;
    struct summary_diagnosis *d = v->diagnosis;
    const struct summary_fan *fan = d->fan;
    double ratio = fan->mean_ns.value > 0.0 ? fan->slowest_ns.value / fan->mean_ns.value : 1.0;

    d->timing_text = arena_printf(
        arena,
        "A cell waits %s for the slowest of its %.1f parts, which take %s each and %s "
        "together%s.",
        stats_format_duration(arena, fan->slowest_ns).p,
        (double)fan->parts / (double)fan->cells, stats_format_duration(arena, fan->mean_ns).p,
        stats_format_duration(arena, fan->work_ns).p,
        ratio >= straggling ? arena_printf(arena, ": stragglers take %s times the mean",
                                           stats_format_ratio(arena, maybe_of(ratio)).p)
                                  .p
                            : "");
    for (size_t b = 0; b < fan->branch_count; b++) {
        const struct summary_fan_branch *branch = &fan->branches[b];
        if ((double)branch->slowest > often * (double)fan->cells && ratio >= straggling)
            d->timing_text =
                arena_printf(arena,
                             "%.*s Branch %.*s is the slowest in %" PRIu64 " of %" PRIu64
                             " cells; without it they would wait %s.",
                             STR_ARG(d->timing_text), STR_ARG(branch->path), branch->slowest,
                             fan->cells, stats_format_duration(arena, branch->without_ns).p);
    }
}
