/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What orchestrators plan: how much, how often again, for whom; and, where a score compares a plan
 * with what was wanted, what it left out and what it invented. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "stats/format.h"
#include "stats/summary_diagnose.h"

struct work {
    struct arena *scratch;
    struct summary *summary;
    size_t variant, count; /* cells */
    struct summary_plan *to;
    /* Sums over the plans of a cell, and how many of them have a value. */
    double *coverage, *invented, *overlap;
    double *covered, *inventing, *overlapping;
    uint64_t *tasks; /* of each valid plan */
    size_t valid;
};

static maybe share_of(uint64_t part, uint64_t whole)
{
    return whole ? maybe_of((double)part / (double)whole) : maybe_none();
}

static struct summary_worker *worker_of(struct work *w, uint32_t name)
{
    struct summary_plan *to = w->to;
    str text = w->summary->private->names.text[name];

    for (size_t i = 0; i < to->worker_count; i++)
        if (str_equal(to->workers[i].name, text))
            return &to->workers[i];
    to->workers = arena_grow(&w->summary->arena, to->workers, to->worker_count,
                             to->worker_count + 1, sizeof *to->workers);
    to->workers[to->worker_count] = (struct summary_worker){.name = text};
    return &to->workers[to->worker_count++];
}

/* What one plan is made of. */
struct plan {
    double tasks, alike, dropped;
    bool made, valid;
};

static void read_fact(struct work *w, const struct summary_fact *fact, size_t cell,
                      struct plan *plan)
{
    struct summary_plan *to = w->to;

    if (fact->kind == SUMMARY_NOTE_PLANNED) {
        plan->made = true;
        plan->valid = fact->yes;
        plan->tasks = fact->first;
        plan->alike = fact->second;
        to->remade += fact->index - (fact->yes || fact->index == 0 ? 0 : 1);
    } else if (fact->kind == SUMMARY_NOTE_AMENDED) {
        plan->dropped = fact->first + fact->second;
        to->amended += fact->first + fact->second > 0.0;
        to->capped += fact->index > 0;
        to->cut += fact->index;
        to->duplicates += (uint64_t)fact->first;
        to->untyped += (uint64_t)fact->second;
    } else if (fact->kind == SUMMARY_NOTE_WORKER) {
        struct summary_worker *worker = worker_of(w, fact->name);
        worker->tasks += fact->index;
        worker->plans++;
    } else if (fact->kind == SUMMARY_NOTE_COVERED) {
        to->judged++;
        if (fact->second > 0.0) {
            w->coverage[cell] += (double)fact->index / fact->second;
            w->covered[cell] += 1.0;
        }
        if (fact->first > 0.0) {
            w->invented[cell] += (fact->first - (double)fact->index) / fact->first;
            w->inventing[cell] += 1.0;
        }
    }
}

static void read_plans(struct work *w, const struct summary_node_facts *node)
{
    struct summary_plan *to = w->to;
    size_t cell = 0;

    for (size_t i = 0, end; i < node->count; i = end) {
        struct plan plan = {0};
        end = summary_instance_end(node, i);
        size_t found = summary_cell_of(w->summary, w->variant, &node->first[i], cell);
        if (found == w->count)
            continue;
        cell = found;
        for (size_t k = i; k < end; k++)
            read_fact(w, &node->first[k], cell, &plan);
        if (!plan.made)
            continue;
        to->plans++;
        to->misplanned += !plan.valid;
        if (!plan.valid)
            continue;
        w->tasks[w->valid++] = (uint64_t)plan.tasks;
        to->tasks += (uint64_t)plan.tasks;
        if (plan.tasks + plan.dropped > 0.0) {
            w->overlap[cell] += plan.alike / (plan.tasks + plan.dropped);
            w->overlapping[cell] += 1.0;
        }
    }
}

static struct summary_estimate mean_share(const struct work *w, double *sums,
                                          const double *times, const char *without)
{
    struct arena scratch = {0};

    for (size_t i = 0; i < w->count; i++)
        sums[i] = times[i] > 0.0 ? sums[i] / times[i] : (double)NAN;
    struct summary_series series = summary_series_of(&scratch, w->summary, w->variant, sums);
    struct summary_estimate result =
        series.trials.samples ? summary_share(w->summary, &series) : summary_unknown(without);
    arena_release(&scratch);
    return result;
}

static int by_size(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

static int by_name(const void *left, const void *right)
{
    const struct summary_worker *a = left, *b = right;

    return str_compare(a->name, b->name);
}

static void fill(struct work *w)
{
    struct summary_plan *to = w->to;

    to->mean_tasks = share_of(to->tasks, w->valid);
    if (w->valid) {
        qsort(w->tasks, w->valid, sizeof *w->tasks, by_size);
        to->median_tasks = w->tasks[(w->valid - 1) / 2];
        to->most_tasks = w->tasks[w->valid - 1];
    }
    if (to->worker_count)
        qsort(to->workers, to->worker_count, sizeof *to->workers, by_name);
    to->overlap = mean_share(w, w->overlap, w->overlapping, "there is no task");
    to->coverage =
        mean_share(w, w->coverage, w->covered, "no score compares a plan with what was wanted");
    to->invented = mean_share(w, w->invented, w->inventing,
                              "no score compares a plan with what was wanted");
}

size_t summary_plans_of(struct summary *summary, size_t variant, struct summary_plan **plans)
{
    const struct summary_rows *rows = summary->private;
    size_t cells = rows->cell_start[variant + 1] - rows->cell_start[variant], made = 0;
    struct arena scratch = {0};
    struct summary_node_facts *nodes;
    size_t count = summary_nodes_with(&scratch, summary, variant, SUMMARY_NOTE_PLANNED, &nodes);

    *plans = arena_array(&summary->arena, struct summary_plan, count + 1);
    for (size_t n = 0; n < count; n++) {
        struct work w = {.scratch = &scratch,
                         .summary = summary,
                         .variant = variant,
                         .count = cells,
                         .to = &(*plans)[made]};
        w.coverage = arena_array(&scratch, double, 6 * cells + 1);
        w.invented = w.coverage + cells;
        w.overlap = w.coverage + 2 * cells;
        w.covered = w.coverage + 3 * cells;
        w.inventing = w.coverage + 4 * cells;
        w.overlapping = w.coverage + 5 * cells;
        w.tasks = arena_array(&scratch, uint64_t, nodes[n].count + 1);
        w.to->path = nodes[n].path;
        read_plans(&w, &nodes[n]);
        if (w.to->plans == 0)
            continue;
        fill(&w);
        made++;
    }
    arena_release(&scratch);
    return made;
}

/* ---- sentences ---- */

static str range_of(const struct summary *summary, struct arena *arena,
                    const struct summary_estimate *e)
{
    return arena_printf(arena, "%s %% interval %s",
                        stats_format_confidence(arena, summary->meta.confidence).p,
                        stats_format_percent_range(arena, e->low, e->high).p);
}

static void say_made(struct summary *summary, struct summary_diagnosis *d,
                     const struct summary_plan *to)
{
    struct arena *arena = &summary->arena;
    str remade = STR(""), failed = STR(""), who = STR("A plan");

    if (!str_equal(to->path, STR(".")))
        who = arena_printf(arena, "A plan of %.*s, one", STR_ARG(to->path));
    if (to->remade)
        remade = arena_printf(arena, " %" PRIu64 " plans were asked for again.", to->remade);
    if (to->misplanned)
        failed = arena_printf(arena, " %" PRIu64 " never became valid.", to->misplanned);
    summary_say(d, arena_printf(arena,
                                "%.*s of %" PRIu64 " has %.1f tasks on average, %" PRIu64
                                " at the median and %" PRIu64 " at most.%.*s%.*s",
                                STR_ARG(who), to->plans, to->mean_tasks.value, to->median_tasks,
                                to->most_tasks, STR_ARG(remade), STR_ARG(failed)));
}

static void say_quality(struct summary *summary, struct summary_diagnosis *d,
                        const struct summary_plan *to)
{
    struct arena *arena = &summary->arena;

    if (to->coverage.value.known && to->invented.value.known)
        summary_say(d,
                    arena_printf(arena,
                                 "It plans %s of what was wanted (%s), and %s of what it plans "
                                 "nobody wanted (%s).",
                                 stats_format_percent(arena, to->coverage.value).p,
                                 range_of(summary, arena, &to->coverage).p,
                                 stats_format_percent(arena, to->invented.value).p,
                                 range_of(summary, arena, &to->invented).p));
    else
        summary_say(d, STR("No score compares the plan with what was wanted (step: plan, "
                           "set-equals: ...), so what it left out or invented is not known."));
    if (to->overlap.value.known && to->overlap.value.value > 0.0)
        summary_say(d, arena_printf(arena, "%s of the tasks say what another one says (%s).",
                                    stats_format_percent(arena, to->overlap.value).p,
                                    range_of(summary, arena, &to->overlap).p));
    if (to->untyped + to->cut + to->duplicates)
        summary_say(d,
                    arena_printf(arena,
                                 "Not run were %" PRIu64 " tasks of a type that no worker has, "
                                 "%" PRIu64 " duplicates and %" PRIu64 " beyond max_workers.",
                                 to->untyped, to->duplicates, to->cut));
}

static void say_workers(struct summary *summary, struct summary_diagnosis *d,
                        const struct summary_plan *to)
{
    struct arena *arena = &summary->arena;
    str list = STR("");

    for (size_t i = 0; i < to->worker_count && i < 8; i++)
        list = arena_printf(
            arena, "%.*s%s%.*s %s", STR_ARG(list), list.n ? ", " : "",
            STR_ARG(to->workers[i].name),
            stats_format_percent(arena, share_of(to->workers[i].plans, to->plans)).p);
    if (list.n)
        summary_say(d, arena_printf(arena, "Plans that use each worker: %.*s.", STR_ARG(list)));
}

void summary_say_plans(struct summary *summary, size_t variant)
{
    struct summary_diagnosis *d = summary->variants[variant].diagnosis;

    for (size_t i = 0; i < d->plan_count; i++) {
        say_made(summary, d, &d->plans[i]);
        say_quality(summary, d, &d->plans[i]);
        say_workers(summary, d, &d->plans[i]);
    }
}
