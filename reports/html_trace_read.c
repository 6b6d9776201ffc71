/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_trace_read.c: the rows of a cell out of the store, and its bars (see html_trace.h).
 */
#include "reports/html_trace.h"

/* ---- reading ---- */

#define KEEP(field) ((field) = arena_str(trace->arena, (field)))

/* A place for one more row, or NULL at the ceiling. */
static void *new_row(struct trace *trace, void *rows, size_t *count, size_t size)
{
    if (*count == TRACE_ROWS_MAX) {
        trace->left_out++;
        return NULL;
    }
    return (char *)rows + (*count)++ * size;
}

static int add_step(void *arg, const struct store_step *row)
{
    struct trace *trace = arg;
    struct trace_step *step = new_row(trace, trace->step, &trace->steps, sizeof *step);
    if (!step)
        return 0;
    step->row = *row;
    KEEP(step->row.path);
    KEEP(step->row.outcome);
    KEEP(step->row.kind);
    KEEP(step->row.message);
    KEEP(step->row.note);
    step->to_ns = -1;
    bool nested = row->parent >= 0 && (size_t)row->parent + 1 < trace->steps;
    step->depth = nested ? trace->step[row->parent].depth + 1 : 0;
    return 0;
}

static int add_attempt(void *arg, const struct store_attempt *row)
{
    struct trace *trace = arg;
    struct trace_call *call = &trace->call[trace->calls - 1];
    if (call->attempts == TRACE_ROWS_MAX)
        return 1;
    struct store_attempt *attempt = &call->attempt[call->attempts++];
    *attempt = *row;
    KEEP(attempt->outcome);
    KEEP(attempt->message);
    KEEP(attempt->protocol);
    return 0;
}

static int add_call(void *arg, const struct store_call *row)
{
    struct trace *trace = arg;
    if (row->superseded)
        return 0;
    struct trace_call *call = new_row(trace, trace->call, &trace->calls, sizeof *call);
    if (!call)
        return 0;
    call->row = *row;
    KEEP(call->row.path);
    KEEP(call->row.model);
    KEEP(call->row.dialect);
    KEEP(call->row.reported_model);
    KEEP(call->row.finish);
    KEEP(call->row.outcome);
    KEEP(call->row.message);
    size_t room = row->attempts > 0 && row->attempts < TRACE_ROWS_MAX ? (size_t)row->attempts
                                                                      : TRACE_ROWS_MAX;
    call->attempt = arena_array(trace->arena, struct store_attempt, room + 1);
    struct store_call copy = *row;
    return store_each_attempt(trace->store, &copy, add_attempt, trace, trace->job->err) < 0 ? -1
                                                                                            : 0;
}

static int add_score(void *arg, const struct store_score *row)
{
    struct trace *trace = arg;
    struct store_score *score = new_row(trace, trace->score, &trace->scores, sizeof *score);
    if (!score)
        return 0;
    *score = *row;
    KEEP(score->name);
    KEEP(score->path);
    KEEP(score->reason);
    return 0;
}

static int add_command(void *arg, const struct store_command *row)
{
    struct trace *trace = arg;
    struct store_command *command =
        row->superseded ? NULL
                        : new_row(trace, trace->command, &trace->commands, sizeof *command);
    if (!command)
        return 0;
    *command = *row;
    KEEP(command->path);
    KEEP(command->program);
    KEEP(command->outcome);
    KEEP(command->reason);
    return 0;
}

static int read_cell(struct trace *trace)
{
    const struct html_place *place = trace->job->place;
    struct err *err = trace->job->err;
    trace->step = arena_array(trace->arena, struct trace_step, TRACE_ROWS_MAX);
    trace->call = arena_array(trace->arena, struct trace_call, TRACE_ROWS_MAX);
    trace->score = arena_array(trace->arena, struct store_score, TRACE_ROWS_MAX);
    trace->command = arena_array(trace->arena, struct store_command, TRACE_ROWS_MAX);
    if (store_find_cell(trace->store, (int64_t)place->variant, (int64_t)place->sample,
                        place->trial, trace->arena, &trace->cell, err) < 0)
        return -1;
    int64_t cell = trace->cell.cell;
    if (store_each_step(trace->store, cell, add_step, trace, err) < 0 ||
        store_each_call(trace->store, cell, add_call, trace, err) < 0 ||
        store_each_score(trace->store, cell, add_score, trace, err) < 0)
        return -1;
    return store_each_command(trace->store, cell, add_command, trace, err) < 0 ? -1 : 0;
}

/* ---- bars ---- */

static void add_segment(struct trace *trace, struct bar *bar, enum segment_kind kind,
                        int64_t from_ns, int64_t length_ns)
{
    if (length_ns <= 0)
        return;
    if (bar->count == bar->room) {
        size_t room = bar->room ? 2 * bar->room : 8;
        bar->segment =
            arena_grow(trace->arena, bar->segment, bar->count, room, sizeof *bar->segment);
        bar->room = room;
    }
    bar->segment[bar->count++] = (struct segment){kind, from_ns, from_ns + length_ns};
}

static int64_t at_least_0(int64_t ns)
{
    return ns > 0 ? ns : 0;
}

/* From the start of an attempt to the first token, or to its first byte. */
int64_t html_trace_first_ns(const struct trace_call *call, const struct store_attempt *attempt,
                            bool last)
{
    int64_t connect = at_least_0(attempt->connect_ns);
    if (last && call->row.ttft_ns >= 0)
        return connect + call->row.ttft_ns;
    return attempt->first_byte_ns >= 0 ? attempt->first_byte_ns : attempt->total_ns;
}

static void make_call_bar(struct trace *trace, struct trace_call *call)
{
    for (size_t i = 0; i < call->attempts; i++) {
        const struct store_attempt *attempt = &call->attempt[i];
        int64_t start = attempt->start_ns, connect = at_least_0(attempt->connect_ns);
        int64_t first = html_trace_first_ns(call, attempt, i + 1 == call->attempts);
        int64_t waited = start - attempt->permit_wait_ns;
        first = first > attempt->total_ns ? attempt->total_ns : first;
        add_segment(trace, &call->bar, BACKOFF, waited - attempt->backoff_before_ns,
                    attempt->backoff_before_ns);
        add_segment(trace, &call->bar, PERMIT, waited, attempt->permit_wait_ns);
        add_segment(trace, &call->bar, CONNECT, start, connect);
        add_segment(trace, &call->bar, FIRST, start + connect, first - connect);
        add_segment(trace, &call->bar, TOKENS, start + first, attempt->total_ns - first);
    }
}

static void widen(struct trace_step *step, int64_t from_ns, int64_t to_ns)
{
    bool empty = step->to_ns < step->from_ns;
    step->from_ns = empty || from_ns < step->from_ns ? from_ns : step->from_ns;
    step->to_ns = empty || to_ns > step->to_ns ? to_ns : step->to_ns;
}

static void widen_by(struct trace_step *step, const struct bar *bar)
{
    for (size_t i = 0; i < bar->count; i++)
        widen(step, bar->segment[i].from_ns, bar->segment[i].to_ns);
}

struct trace_step *html_trace_step(struct trace *trace, str path)
{
    for (size_t i = trace->steps; i > 0; i--)
        if (str_equal(trace->step[i - 1].row.path, path))
            return &trace->step[i - 1];
    return NULL;
}

/* For programs of runs that do not say when they began (before schema 5): where all that ended, by the clock of
 * latency, before the step began ends on the wall. */
static int64_t end_of_all_before(const struct trace *trace, const struct trace_step *step)
{
    int64_t end = 0;
    for (size_t i = 0; i < trace->steps; i++) {
        const struct trace_step *other = &trace->step[i];
        if (other != step && other->to_ns >= other->from_ns &&
            other->row.end_ns <= step->row.start_ns && other->to_ns > end)
            end = other->to_ns;
    }
    return end;
}

static void make_bars(struct trace *trace)
{
    for (size_t i = 0; i < trace->calls; i++) {
        struct trace_step *step = html_trace_step(trace, trace->call[i].row.path);
        make_call_bar(trace, &trace->call[i]);
        if (step)
            widen_by(step, &trace->call[i].bar);
    }
    for (size_t i = 0; i < trace->commands; i++) {
        const struct store_command *command = &trace->command[i];
        struct trace_step *step = html_trace_step(trace, command->path);
        if (!step)
            continue;
        int64_t from = command->start_ns >= 0        ? command->start_ns
                       : step->to_ns >= step->from_ns ? step->to_ns
                                                      : end_of_all_before(trace, step);
        add_segment(trace, &step->programs, PROGRAM, from, command->time_ns);
        widen_by(step, &step->programs);
    }
    for (size_t i = trace->steps; i-- > 1;) {
        const struct trace_step *step = &trace->step[i];
        if (step->row.parent >= 0 && (size_t)step->row.parent < i &&
            step->to_ns >= step->from_ns)
            widen(&trace->step[step->row.parent], step->from_ns, step->to_ns);
    }
}

int64_t html_trace_span(const struct trace *trace)
{
    int64_t span = trace->cell.wall_ns > 0 ? trace->cell.wall_ns : 1;
    for (size_t i = 0; i < trace->calls; i++)
        for (size_t k = 0; k < trace->call[i].bar.count; k++)
            if (trace->call[i].bar.segment[k].to_ns > span)
                span = trace->call[i].bar.segment[k].to_ns;
    for (size_t i = 0; i < trace->steps; i++)
        span = trace->step[i].to_ns > span ? trace->step[i].to_ns : span;
    return span;
}

int html_trace_read(struct trace *trace)
{
    if (read_cell(trace) < 0)
        return -1;
    make_bars(trace);
    return 0;
}
