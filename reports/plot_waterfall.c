/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_waterfall.c: where the time of a cell went: a typical cell and the slowest one of the run,
 * call by call on one axis. The typical one has the median latency of the slowest one's variant.
 *
 * By the wall clock, so that our own waits are seen beside the provider's time: an attempt waited
 * out its backoff, waited for a permit, connected, waited for the first byte and received the
 * rest. Programs are not drawn: `weir show` has them.
 */
#include "reports/plot_latencies.h"

#include "stats/format.h"
#include "store/store.h"

#include <stdlib.h>

enum { CALLS_MAX = 24, ROW_HEIGHT = 25, CALL_NAME_MAX = 34 };
/* Of a call; so that two cells are not more than PLOT_POINTS_MAX. */
enum { BARS_MAX = PLOT_POINTS_MAX / (2 * CALLS_MAX) };

enum part {
    PART_BACKOFF,
    PART_PERMIT,
    PART_CONNECT,
    PART_FIRST,
    PART_REST,
    PART_FAILED,
    PARTS
};
static const char *const part_names[] = {"backoff", "waits for a permit", "connects",
                                         "waits for the first byte", "receives"};
static const unsigned part_fills[] = {3, 4, 7, 2, 1};

/* A line of the picture: a cell's heading, or a call. */
struct row {
    bool heading;
    str name, text;
    int64_t end_ns;
    size_t bars;
};

struct waterfall {
    struct plot_work *work;
    struct err *err;
    struct row row[2 * (CALLS_MAX + 1)];
    size_t rows, left_out;
    int64_t end_ns; /* of all */
    bool has[PARTS];
    /* of the cell being read */
    struct store_call *call;
    size_t calls, room;
};

/* ---- which cells ---- */

struct choice {
    size_t variant;
    const struct plot_latency *typical, *slowest;
};

/* False when no cell has a latency. */
static bool choose(const struct plot_work *work, const struct plot_latencies *all,
                   struct choice *choice)
{
    *choice = (struct choice){.slowest = NULL};
    for (size_t i = 0; all && i < work->summary->meta.variant_count; i++) {
        const struct plot_latencies *of = &all[work->order[i]];
        for (size_t k = 0; k < of->count; k++)
            if (!choice->slowest || of->cell[k].ns > choice->slowest->ns) {
                choice->variant = work->order[i];
                choice->slowest = &of->cell[k];
            }
    }
    if (!choice->slowest)
        return false;
    const struct plot_latencies *of = &all[choice->variant];
    uint64_t rank = work->summary->variants[choice->variant].latency_ns[SUMMARY_P50].rank;
    choice->typical = &of->cell[rank && rank <= of->count ? rank - 1 : (of->count - 1) / 2];
    return true;
}

/* ---- a call ---- */

static void write_bar(struct waterfall *all, enum part part, int64_t from_ns, int64_t to_ns)
{
    struct csv_out *csv = &all->work->csv;
    struct row *row = &all->row[all->rows];
    from_ns = from_ns < 0 ? 0 : from_ns;
    if (to_ns <= from_ns && part != PART_FAILED)
        return;
    row->end_ns = to_ns > row->end_ns ? to_ns : row->end_ns;
    if (row->bars++ >= BARS_MAX)
        return;
    csv_out_int(csv, (int64_t)all->rows + 1);
    csv_out_int(csv, (int64_t)part + 1);
    csv_out_ms(csv, true, from_ns);
    csv_out_ms(csv, true, to_ns);
    plot_data_text(all->work, row->name);
    csv_out_end(csv);
    all->has[part] = true;
}

static int write_attempt(void *arg, const struct store_attempt *attempt)
{
    struct waterfall *all = arg;
    int64_t start = attempt->start_ns, end = start + attempt->total_ns;
    int64_t waited = start - attempt->permit_wait_ns;
    int64_t connected = start + (attempt->connect_ns > 0 ? attempt->connect_ns : 0);
    int64_t first = attempt->first_byte_ns >= 0 ? start + attempt->first_byte_ns : end;
    first = first < connected ? connected : first > end ? end : first;
    write_bar(all, PART_BACKOFF, waited - attempt->backoff_before_ns, waited);
    write_bar(all, PART_PERMIT, waited, start);
    write_bar(all, PART_CONNECT, start, connected);
    write_bar(all, PART_FIRST, connected, first);
    write_bar(all, PART_REST, first, end);
    if (!str_equal(attempt->outcome, STR("ok")))
        write_bar(all, PART_FAILED, end, end);
    return 0;
}

static int write_call(struct waterfall *all, const struct store_call *call)
{
    struct arena *arena = all->work->arena;
    struct row *row = &all->row[all->rows];
    str path = plot_path(all->work, call->path, CALL_NAME_MAX - 4);
    *row = (struct row){.name = path, .end_ns = call->start_ns};
    if (call->repeat)
        row->name =
            arena_printf(arena, "%.*s #%lld", STR_ARG(path), (long long)call->repeat + 1);
    if (store_each_attempt(all->work->input->store, call, write_attempt, all, all->err) < 0)
        return -1;
    maybe took = maybe_of((double)(row->end_ns - call->start_ns));
    row->text = call->source == STORE_SENT ? stats_format_duration(arena, took)
                                           : str_from(store_source_name(call->source));
    if (call->attempts > 1)
        row->text = arena_printf(arena, "%.*s, %lld attempts%s", STR_ARG(row->text),
                                 (long long)call->attempts,
                                 row->bars > BARS_MAX ? ", not all drawn" : "");
    all->end_ns = row->end_ns > all->end_ns ? row->end_ns : all->end_ns;
    all->rows++;
    return 0;
}

/* ---- a cell ---- */

static int keep_call(void *arg, const struct store_call *call)
{
    struct waterfall *all = arg;
    if (call->superseded || call->role == STORE_JUDGE)
        return 0;
    if (all->calls == all->room) {
        size_t room = all->room ? 2 * all->room : 32;
        all->call =
            arena_grow(all->work->arena, all->call, all->calls, room, sizeof *all->call);
        all->room = room;
    }
    struct store_call *kept = &all->call[all->calls++];
    *kept = *call;
    kept->path = arena_str(all->work->arena, call->path);
    kept->outcome = arena_str(all->work->arena, call->outcome);
    return 0;
}

static int compare_calls(const void *left, const void *right)
{
    const struct store_call *a = left, *b = right;
    if (a->start_ns != b->start_ns)
        return a->start_ns > b->start_ns ? 1 : -1;
    int by_path = str_compare(a->path, b->path);
    return by_path ? by_path : (a->repeat > b->repeat) - (a->repeat < b->repeat);
}

static void add_heading(struct waterfall *all, size_t variant, const struct plot_latency *cell,
                        const char *what)
{
    struct arena *arena = all->work->arena;
    size_t samples;
    const struct store_sample *sample = store_samples(all->work->input->store, &samples);
    str id =
        cell->sample < samples ? plot_text(all->work, sample[cell->sample].id, 24) : STR("?");
    str name =
        plot_text(all->work, all->work->summary->meta.variants[variant].name, PLOT_NAME_MAX);
    all->row[all->rows++] = (struct row){
        .heading = true,
        .name = arena_printf(arena, "%s: %.*s/%.*s/%u, latency %s%s", what, STR_ARG(name),
                             STR_ARG(id), cell->trial,
                             stats_format_duration(arena, maybe_of((double)cell->ns)).p,
                             cell->timeout ? ", a timeout" : ""),
    };
}

static int write_cell(struct waterfall *all, size_t variant, const struct plot_latency *cell,
                      const char *what)
{
    all->calls = 0;
    if (store_each_call(all->work->input->store, cell->cell, keep_call, all, all->err) < 0)
        return -1;
    if (all->calls)
        qsort(all->call, all->calls, sizeof *all->call, compare_calls);
    add_heading(all, variant, cell, what);
    for (size_t i = 0; i < all->calls && i < CALLS_MAX; i++)
        if (write_call(all, &all->call[i]) < 0)
            return -1;
    all->left_out += all->calls > CALLS_MAX ? all->calls - CALLS_MAX : 0;
    return 0;
}

static int write_data(struct waterfall *all, const struct choice *choice)
{
    static const char *const heads[] = {"row", "part", "from_ms", "to_ms", "step"};
    csv_out_heads(&all->work->csv, heads, 5);
    csv_out_end(&all->work->csv);
    if (choice->typical != choice->slowest &&
        write_cell(all, choice->variant, choice->typical, "Typical of its variant") < 0)
        return -1;
    return write_cell(all, choice->variant, choice->slowest, "Slowest of the run");
}

/* ---- the picture ---- */

static void write_row_texts(struct plot_work *work, const struct waterfall *all)
{
    for (size_t i = 0; i < all->rows; i++) {
        const struct row *row = &all->row[i];
        if (row->heading) {
            plot_label(work, row->name, 110, "at graph 0, first %zu left font ':Bold'", i + 1);
            continue;
        }
        plot_label(work, row->name, CALL_NAME_MAX, "at graph -0.01, first %zu right", i + 1);
        plot_label(work, row->text, 40,
                   "at x(%.6g), first %zu left offset 0.8,0 font ',11' tc rgb '#404040'",
                   (double)row->end_ns / 1e6, i + 1);
    }
}

static str command(struct plot_work *work, const struct waterfall *all)
{
    struct buf command = {0};
    const char *before = "plot ";
    for (size_t part = 0; part < PART_FAILED; part++) {
        if (!all->has[part])
            continue;
        buf_printf(&command,
                   "%s'waterfall.csv' using ($2 == %zu ? x($3) : NaN):1:(x($3)):(x($4)):"
                   "($1-half):($1+half) \\\n        with boxxyerror %s title '%s'",
                   before, part + 1, plot_fill(part_fills[part]), part_names[part]);
        before = ", \\\n    ";
    }
    if (all->has[PART_FAILED])
        buf_printf(&command,
                   "%s'waterfall.csv' using ($2 == %d ? x($3) : NaN):1 with points pt 2 ps 1.2 "
                   "lw 2.5 lc rgb '#000000' title 'attempt failed'",
                   before, PART_FAILED + 1);
    return plot_command_end(work, &command);
}

static void write_plot(struct plot_work *work, const struct waterfall *all)
{
    unsigned left = 8;
    for (size_t i = 0; i < all->rows; i++)
        left = all->row[i].heading ? left : plot_wider(left, all->row[i].name);
    str note = STR("by the wall clock, our own waits included");
    struct plot_frame frame = {
        .name = "waterfall",
        .title = "Where the time of a cell went",
        .note = plot_left_out(work, note, all->left_out, "call"),
        .height = plot_rows_height(all->rows, ROW_HEIGHT, PARTS),
        .left = left + 3,
        .right = 34,
    };
    plot_frame_begin(work, &frame);
    plot_time_axis(work, 0, (double)all->end_ns / 1e6 * 1.16, "time since the cell began");
    plot_bars(work, all->rows, 0.3);
    write_row_texts(work, all);
    plot_frame_end(work, &frame, command(work, all));
}

int plot_waterfall(struct plot_work *work, struct err *err)
{
    const struct plot_latencies *latencies;
    struct choice choice;
    struct waterfall all = {.work = work, .err = err};
    if (plot_latencies(work, &latencies, err) < 0)
        return -1;
    if (!choose(work, latencies, &choice))
        return 1;
    if (write_data(&all, &choice) < 0)
        return -1;
    if (all.end_ns <= 0)
        return 1; /* no call of it was sent */
    write_plot(work, &all);
    return 0;
}
