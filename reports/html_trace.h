/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_trace.h: the rows of one cell, and where its bars stand on the wall: what html_trace.c writes.
 *
 * Two clocks meet here (docs/architecture.md). What a step took is said by the clock of latency,
 * which our own waits do not move; bars are drawn on the clock on the wall, where those waits can
 * be seen. A program has no moment on the wall in the store: its bar begins where what came before
 * it, by the clock of latency, ended.
 */
#ifndef REPORTS_HTML_TRACE_H
#define REPORTS_HTML_TRACE_H

#include "reports/html_traces.h"
#include "reports/json_out.h"
#include "store/store.h"

enum {
    TRACE_ROWS_MAX = 250 /* steps, calls, attempts of a call, scores and programs of a cell */
};

enum segment_kind { PERMIT, BACKOFF, CONNECT, FIRST, TOKENS, PROGRAM };

struct segment {
    enum segment_kind kind;
    int64_t from_ns, to_ns; /* on the wall, after the cell's start */
};

struct bar {
    struct segment *segment;
    size_t count, room;
};

struct trace_call {
    struct store_call row;
    struct store_attempt *attempt;
    size_t attempts;
    struct bar bar;
};

struct trace_step {
    struct store_step row;
    unsigned depth;
    struct bar programs;    /* what it ran itself */
    int64_t from_ns, to_ns; /* hull of all below it, on the wall; to < from: nothing */
};

struct trace {
    const struct html_trace_job *job;
    struct arena *arena;
    struct store *store;
    struct store_cell cell;
    struct trace_step *step;
    struct trace_call *call;
    struct store_score *score;
    struct store_command *command;
    size_t steps, calls, scores, commands;
    size_t left_out; /* rows beyond the ceilings */
    struct json_out to;
};

/* Reads the cell of the job, with all that belongs to it, and places its bars. -1: err is set. */
int html_trace_read(struct trace *trace);
/* The step of that path, or NULL: of a judge's call. */
struct trace_step *html_trace_step(struct trace *trace, str path);
/* From the start of an attempt to the first token of a streamed reply, else to its first byte. */
int64_t html_trace_first_ns(const struct trace_call *call, const struct store_attempt *attempt,
                            bool last);
/* The end of the last bar, or of the cell: what the width of the drawing stands for. */
int64_t html_trace_span(const struct trace *trace);

#endif
