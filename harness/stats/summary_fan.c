/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What runs side by side, and what it waits for: the branches of a parallel, the items of a map,
 * the voters of a vote, the tasks of an orchestrator, wherever they stand once in a cell. All are
 * times by the clock, our own waits among them.
 *
 * Slowest and second slowest are found cell by cell, never from means of branches: a sample that is
 * slow is slow everywhere. Instances and cells lie in one order, so one pass over both will do. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stats/format.h"
#include "stats/summary_diagnose.h"

enum { WIDTHS = 16, PARTS_LEAST = 4 }; /* widths that are tried; parts that make one worth it */

static const double straggling = 1.5; /* times the mean part: worth a sentence */
static const double often = 0.5;      /* of the cells */
static const double hardly = 1.05;    /* longer: not worth a wider fan */
static const double serial = 0.9;     /* of the work: the parts run one after the other */
static const double twice = 2.0;      /* the mean of the others: a straggler */

struct part {
    int64_t ns;
    size_t branch;
};

struct work {
    const struct summary *summary;
    struct summary_span *spans;
    size_t span_count, *at;
    struct part *parts; /* of the cell at hand */
    size_t count, room;
    struct summary_fan *fan;
    double slowest, second, mean, work;
    struct summary_span node; /* itself, where nothing of it runs before or after its parts */
    size_t node_at;
    double took, took_cells;
    double *without;       /* by branch */
    double waited[WIDTHS]; /* cells together, at width + 1 */
};

/* ---- one cell ---- */

static void gather(struct work *w, const struct summary_cell *cell)
{
    w->count = 0;
    for (size_t s = 0; s < w->span_count; s++) {
        const struct summary_span *span = &w->spans[s];
        size_t *at = &w->at[s];
        while (*at < span->count && (span->first[*at].place < cell->place ||
                                     (span->first[*at].place == cell->place &&
                                      span->first[*at].trial < cell->trial)))
            (*at)++;
        for (; *at < span->count && span->first[*at].place == cell->place &&
               span->first[*at].trial == cell->trial;
             (*at)++) {
            if (span->first[*at].latency_ns < 0)
                continue;
            if (w->count == w->room) {
                w->room = w->room ? 2 * w->room : 64;
                w->parts = xrealloc(w->parts, w->room * sizeof *w->parts);
            }
            w->parts[w->count++] = (struct part){span->first[*at].latency_ns, span->number};
        }
    }
}

/* The time of the node itself in that cell. */
static void add_node(struct work *w, const struct summary_cell *cell)
{
    const struct summary_span *node = &w->node;

    while (w->node_at < node->count && (node->first[w->node_at].place < cell->place ||
                                        (node->first[w->node_at].place == cell->place &&
                                         node->first[w->node_at].trial < cell->trial)))
        w->node_at++;
    if (w->count < 2 || w->node_at == node->count ||
        node->first[w->node_at].place != cell->place ||
        node->first[w->node_at].trial != cell->trial || node->first[w->node_at].latency_ns < 0)
        return;
    w->took += (double)node->first[w->node_at].latency_ns;
    w->took_cells += 1.0;
}

static int by_time(const void *left, const void *right)
{
    const struct part *a = left, *b = right;

    if (a->ns != b->ns)
        return a->ns < b->ns ? -1 : 1;
    return (a->branch < b->branch) -
           (a->branch > b->branch); /* the first of equals is the slowest */
}

/* How long so many at once would take. The shortest start first, so that the slowest comes last: no
 * order of the parts waits much longer. */
static double wait_at(const struct work *w, size_t width)
{
    double busy[WIDTHS] = {0}, end = 0.0;

    if (width >= w->count)
        return (double)w->parts[w->count - 1].ns;

    for (size_t i = 0; i < w->count; i++) {
        size_t first = 0;
        for (size_t k = 1; k < width; k++)
            if (busy[k] < busy[first])
                first = k;
        busy[first] += (double)w->parts[i].ns;
        end = busy[first] > end ? busy[first] : end;
    }
    return end;
}

static void add_cell(struct work *w)
{
    struct summary_fan *fan = w->fan;
    double sum = 0.0;

    if (w->count < 2)
        return;
    qsort(w->parts, w->count, sizeof *w->parts, by_time);
    const struct part *most = &w->parts[w->count - 1], *second = &w->parts[w->count - 2];
    for (size_t i = 0; i < w->count; i++)
        sum += (double)w->parts[i].ns;
    double others = (sum - (double)most->ns) / (double)(w->count - 1);
    fan->cells++;
    fan->parts += w->count;
    fan->straggled += (double)most->ns >= twice * others;
    w->slowest += (double)most->ns;
    w->second += (double)second->ns;
    w->mean += sum / (double)w->count;
    w->work += sum;
    for (size_t b = 0; b < fan->branch_count; b++)
        w->without[b] += (double)(most->branch == b ? second->ns : most->ns);
    if (fan->branch_count)
        fan->branches[most->branch].slowest++;
    for (size_t width = 1; width <= WIDTHS; width++)
        w->waited[width - 1] += wait_at(w, width);
}

/* ---- a node ---- */

static void fill(struct work *w)
{
    struct summary_fan *fan = w->fan;
    double cells = (double)fan->cells;

    fan->slowest_ns = maybe_of(w->slowest / cells);
    fan->second_ns = maybe_of(w->second / cells);
    fan->mean_ns = maybe_of(w->mean / cells);
    fan->work_ns = maybe_of(w->work / cells);
    fan->took_ns = w->took_cells > 0.0 ? maybe_of(w->took / w->took_cells) : maybe_none();
    fan->one_by_one = fan->took_ns.known && fan->took_ns.value >= serial * fan->work_ns.value;
    for (size_t b = 0; b < fan->branch_count; b++)
        fan->branches[b].without_ns = maybe_of(w->without[b] / cells);
    if ((double)fan->parts < PARTS_LEAST * cells)
        return;
    for (size_t width = 1; width <= WIDTHS && !fan->enough_width; width++)
        if (w->waited[width - 1] <= hardly * w->slowest &&
            2.0 * (double)width <= (double)fan->parts / cells) {
            fan->enough_width = width;
            fan->wait_ns = maybe_of(w->waited[width - 1] / cells);
        }
}

static str below(struct arena *arena, str path)
{
    return str_equal(path, STR(".")) ? STR("") : arena_printf(arena, "%.*s.", STR_ARG(path));
}

/* The nodes right below one: for a parallel what stands beside each other, else its items. */
static void find_spans(struct arena *scratch, struct work *w, size_t variant, str path,
                       bool parallel)
{
    const struct summary_rows *rows = w->summary->private;
    str folder = below(scratch, path), items;

    items = str_equal(path, STR(".")) ? STR("[*]")
                                      : arena_printf(scratch, "%.*s[*]", STR_ARG(path));
    w->spans = arena_array(scratch, struct summary_span, rows->kind_count + 1);
    for (size_t k = 0; k < rows->kind_count; k++) {
        str at = rows->kinds[k].path;
        if (rows->kinds[k].variant != variant)
            continue;
        if (!parallel) {
            if (str_equal(at, items))
                w->spans[w->span_count++] = summary_span_of(rows, k);
            continue;
        }
        if (!str_starts_with(at, folder) || at.n <= folder.n)
            continue;
        str rest = str_sub(at, folder.n, at.n);
        bool is_child = summary_is_child(rest) && !str_equal(rest, STR("guard")) &&
                        !str_equal(rest, STR("combine"));
        if (is_child) {
            w->spans[w->span_count] = summary_span_of(rows, k);
            w->spans[w->span_count].path = rest;
            w->spans[w->span_count].number = w->span_count;
            w->span_count++;
        }
    }
}

static bool fill_node(struct summary *summary, size_t variant, size_t kind, str pattern,
                      struct summary_fan *fan)
{
    str path = summary->private->kinds[kind].path;
    bool parallel = str_equal(pattern, STR("parallel"));
    const struct summary_rows *rows = summary->private;
    struct arena scratch = {0};
    struct work w = {.summary = summary, .fan = fan};

    find_spans(&scratch, &w, variant, path, parallel);
    if (str_equal(pattern, STR("map")) || str_equal(pattern, STR("vote")))
        w.node = summary_span_of(rows, kind);
    *fan = (struct summary_fan){.path = path};
    if (parallel) {
        fan->branch_count = w.span_count;
        fan->branches =
            arena_array(&summary->arena, struct summary_fan_branch, w.span_count + 1);
        for (size_t b = 0; b < w.span_count; b++)
            fan->branches[b].path = w.spans[b].path;
    }
    w.at = arena_array(&scratch, size_t, w.span_count + 1);
    w.without = arena_array(&scratch, double, w.span_count + 1);
    for (size_t i = rows->cell_start[variant];
         w.span_count && i < rows->cell_start[variant + 1]; i++) {
        gather(&w, &rows->cells[i]);
        add_cell(&w);
        if (w.node.count)
            add_node(&w, &rows->cells[i]);
    }
    if (fan->cells)
        fill(&w);
    xfree(w.parts);
    arena_release(&scratch);
    return fan->cells > 0;
}

size_t summary_fans_of(struct summary *summary, size_t variant, struct summary_fan **fans)
{
    static const char *const patterns[] = {"parallel", "map", "vote", "orchestrate"};
    const struct summary_rows *rows = summary->private;
    size_t count = 0, room = 1;

    for (size_t k = 0; k < rows->kind_count; k++)
        room += rows->kinds[k].variant == variant;
    *fans = arena_array(&summary->arena, struct summary_fan, room);
    for (size_t k = 0; k < rows->kind_count; k++) {
        const struct summary_kind *kind = &rows->kinds[k];
        str pattern = str_equal(kind->path, STR(".")) ? summary_root_pattern(summary, variant)
                                                      : kind->pattern;
        bool fans_out = false;
        for (size_t p = 0; p < sizeof patterns / sizeof patterns[0]; p++)
            fans_out = fans_out || str_equal(pattern, str_from(patterns[p]));
        if (kind->variant != variant || !fans_out || str_contains(kind->path, STR("[*]")))
            continue;
        count += fill_node(summary, variant, k, pattern, &(*fans)[count]);
    }
    return count;
}

/* ---- sentences ---- */

static str fan_text(struct arena *arena, const struct summary_fan *fan)
{
    double ratio = fan->mean_ns.value > 0.0 ? fan->slowest_ns.value / fan->mean_ns.value : 1.0;
    double gain =
        fan->slowest_ns.value > 0.0 ? fan->work_ns.value / fan->slowest_ns.value : 1.0;
    if (fan->one_by_one)
        return arena_printf(arena,
                            "%.*s takes %s: its %.1f parts, %s each, run one after the other. "
                            "Side by side a cell "
                            "would wait %s for the slowest.",
                            STR_ARG(str_equal(fan->path, STR(".")) ? STR("It") : fan->path),
                            stats_format_duration(arena, fan->took_ns).p,
                            (double)fan->parts / (double)fan->cells,
                            stats_format_duration(arena, fan->mean_ns).p,
                            stats_format_duration(arena, fan->slowest_ns).p);
    str who = str_equal(fan->path, STR("."))
                  ? STR("A cell")
                  : arena_printf(arena, "%.*s: a cell", STR_ARG(fan->path));
    str text = arena_printf(
        arena,
        "%.*s waits %s for the slowest of its %.1f parts, which take %s each and %s together "
        "(%s times that)%s.",
        STR_ARG(who), stats_format_duration(arena, fan->slowest_ns).p,
        (double)fan->parts / (double)fan->cells, stats_format_duration(arena, fan->mean_ns).p,
        stats_format_duration(arena, fan->work_ns).p,
        stats_format_ratio(arena, maybe_of(gain)).p,
        ratio >= straggling ? arena_printf(arena, ": stragglers take %s times the mean",
                                           stats_format_ratio(arena, maybe_of(ratio)).p)
                                  .p
                            : "");
    if (ratio >= straggling)
        text = arena_printf(
            arena,
            "%.*s In %s of the cells one part takes twice as long as the others; without it a "
            "cell would wait %s.",
            STR_ARG(text),
            stats_format_percent(arena, maybe_of((double)fan->straggled / (double)fan->cells))
                .p,
            stats_format_duration(arena, fan->second_ns).p);
    for (size_t b = 0; b < fan->branch_count; b++) {
        const struct summary_fan_branch *branch = &fan->branches[b];
        if ((double)branch->slowest > often * (double)fan->cells && ratio >= straggling)
            text = arena_printf(arena,
                                "%.*s Branch %.*s is the slowest in %" PRIu64 " of %" PRIu64
                                " cells; without it they would wait %s.",
                                STR_ARG(text), STR_ARG(branch->path), branch->slowest,
                                fan->cells, stats_format_duration(arena, branch->without_ns).p);
    }
    if (fan->enough_width)
        text = arena_printf(arena,
                            "%.*s A width of %zu would do: even with the slowest part last a "
                            "cell would wait %s.",
                            STR_ARG(text), fan->enough_width,
                            stats_format_duration(arena, fan->wait_ns).p);
    return text;
}

void summary_say_fan(struct summary *summary, const struct summary_variant *v)
{
    struct summary_diagnosis *d = v->diagnosis;

    for (size_t i = 0; i < d->fan_count; i++)
        d->timing_text = arena_printf(&summary->arena, "%.*s%s%s", STR_ARG(d->timing_text),
                                      i ? " " : "", fan_text(&summary->arena, &d->fans[i]).p);
}
