/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_trace.c: one cell with its steps, calls, attempts, programs and scores (see html_traces.h).
 *
 * Two clocks meet here (docs/architecture.md). What a step took is said by the clock of latency,
 * which our own waits do not move; bars are drawn on the clock on the wall, where those waits can
 * be seen. A program has no moment on the wall in the store: its bar begins where what came before
 * it, by the clock of latency, ended. Figures are written here as people read them
 * (stats/format.h), so that the page's scripts round nothing.
 */
#include "reports/html_traces.h"

#include "reports/json_out.h"
#include "reports/said.h"
#include "stats/format.h"

#include <inttypes.h>
#include <math.h>

enum {
    ROWS_MAX = 250, /* steps, calls and attempts of a cell that are drawn */
    SHORT_MAX = 300,
    EXCERPT_MAX = 160,
};
#define NS_PER_US    1000
#define USD_PER_NANO 1e-9

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

/* ---- reading ---- */

#define KEEP(field) ((field) = arena_str(trace->arena, (field)))

/* A place for one more row, or NULL at the ceiling. */
static void *new_row(struct trace *trace, void *rows, size_t *count, size_t size)
{
    if (*count == ROWS_MAX) {
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
    if (call->attempts == ROWS_MAX)
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
    size_t room =
        row->attempts > 0 && row->attempts < ROWS_MAX ? (size_t)row->attempts : ROWS_MAX;
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
    trace->step = arena_array(trace->arena, struct trace_step, ROWS_MAX);
    trace->call = arena_array(trace->arena, struct trace_call, ROWS_MAX);
    trace->score = arena_array(trace->arena, struct store_score, ROWS_MAX);
    trace->command = arena_array(trace->arena, struct store_command, ROWS_MAX);
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
static int64_t first_ns(const struct trace_call *call, const struct store_attempt *attempt,
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
        int64_t first = first_ns(call, attempt, i + 1 == call->attempts);
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

static struct trace_step *step_at(struct trace *trace, str path)
{
    for (size_t i = trace->steps; i > 0; i--)
        if (str_equal(trace->step[i - 1].row.path, path))
            return &trace->step[i - 1];
    return NULL;
}

/* Where all that ended, by the clock of latency, before the step began ends on the wall. */
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
        struct trace_step *step = step_at(trace, trace->call[i].row.path);
        make_call_bar(trace, &trace->call[i]);
        if (step)
            widen_by(step, &trace->call[i].bar);
    }
    for (size_t i = 0; i < trace->commands; i++) {
        const struct store_command *command = &trace->command[i];
        struct trace_step *step = step_at(trace, command->path);
        if (!step)
            continue;
        int64_t from =
            step->to_ns >= step->from_ns ? step->to_ns : end_of_all_before(trace, step);
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

static int64_t span_of(const struct trace *trace)
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

/* ---- figures ---- */

static str duration(struct trace *trace, int64_t ns)
{
    return stats_format_duration(trace->arena, ns < 0 ? maybe_none() : maybe_of((double)ns));
}

static str money(struct trace *trace, int64_t nanousd, bool unknown, bool at_least)
{
    maybe usd = unknown ? maybe_none() : maybe_of((double)nanousd * USD_PER_NANO);
    str text = stats_format_usd(trace->arena, usd);
    return at_least && !unknown ? arena_printf(trace->arena, "≥ %.*s", STR_ARG(text)) : text;
}

static str tokens(struct trace *trace, const struct store_tokens *t)
{
    int64_t cached = at_least_0(t->cache_read);
    int64_t input = at_least_0(t->input) + cached + at_least_0(t->cache_write);
    if (t->input < 0 && t->output < 0)
        return STR("—");
    str text = arena_printf(trace->arena, "%" PRId64 " in, %" PRId64 " out", input,
                            at_least_0(t->output));
    return cached ? arena_printf(trace->arena, "%.*s, %" PRId64 " from the provider's cache",
                                 STR_ARG(text), cached)
                  : text;
}

static str shortened(struct trace *trace, str text)
{
    size_t left_out;
    str shown = html_lines(trace->arena, text, SHORT_MAX, &left_out);
    return left_out ? arena_printf(trace->arena, "%.*s …", STR_ARG(shown)) : shown;
}

/* A pair of a list of facts, left out when there is nothing to say. */
static void fact(struct trace *trace, const char *label, str text)
{
    if (text.n == 0)
        return;
    json_out_list(&trace->to, NULL);
    json_out_text(&trace->to, NULL, str_from(label));
    json_out_text(&trace->to, NULL, text);
    json_out_end(&trace->to);
}

static str if_any(struct trace *trace, int64_t ns)
{
    return ns > 0 ? duration(trace, ns) : STR("");
}

static void write_facts(struct trace *trace)
{
    const struct store_cell *cell = &trace->cell;
    json_out_list(&trace->to, "facts");
    fact(trace, "latency", duration(trace, cell->latency_ns));
    fact(trace, "by the clock", duration(trace, cell->wall_ns));
    fact(trace, "waited for permits", if_any(trace, cell->times.permit_wait_ns));
    fact(trace, "backoff", if_any(trace, cell->times.backoff_ns));
    fact(trace, "calls",
         arena_printf(
             trace->arena, "%" PRId64 "%s", cell->calls,
             cell->cached
                 ? arena_printf(trace->arena, ", %" PRId64 " from a cache", cell->cached).p
                 : ""));
    fact(trace, "retries",
         cell->retries ? arena_printf(trace->arena, "%" PRId64, cell->retries) : STR(""));
    fact(trace, "tokens", tokens(trace, &cell->tokens));
    fact(trace, "cost",
         money(trace, cell->cost_nanousd, cell->unknown_cost_calls > 0,
               cell->lost_attempts > 0));
    json_out_end(&trace->to);
}

/* ---- texts ---- */

static void text_member(struct trace *trace, const char *key, str text)
{
    json_out_int(&trace->to, key, html_text_place(trace->job->table, text));
}

static int body_of(struct trace *trace, const struct store_text *text, str *bytes)
{
    *bytes = STR("");
    return text->id ? store_body(trace->store, text->id, trace->arena, bytes, trace->job->err)
                    : 0;
}

static int write_value(struct trace *trace, const char *key, const struct store_text *value)
{
    str text;
    if (body_of(trace, value, &text) < 0)
        return -1;
    text_member(trace, key, said_value(trace->arena, text));
    return 0;
}

/* ---- rows ---- */

static void write_bar(struct trace *trace, const char *key, const struct bar *bar)
{
    json_out_list(&trace->to, key);
    for (size_t i = 0; i < bar->count; i++) {
        const struct segment *segment = &bar->segment[i];
        json_out_int(&trace->to, NULL, (int64_t)segment->kind);
        json_out_int(&trace->to, NULL, segment->from_ns / NS_PER_US);
        json_out_int(&trace->to, NULL, (segment->to_ns - segment->from_ns) / NS_PER_US);
    }
    json_out_end(&trace->to);
}

static int write_step(struct trace *trace, const struct trace_step *step)
{
    struct json_out *to = &trace->to;
    const struct store_step *row = &step->row;
    json_out_object(to, NULL);
    json_out_text(to, "path", shortened(trace, row->path));
    json_out_text(to, "pattern", row->pattern);
    json_out_count(to, "depth", step->depth);
    json_out_text(to, "outcome", row->outcome);
    if (row->kind.n || row->message.n)
        json_out_text(
            to, "why",
            shortened(trace, arena_printf(trace->arena, "%.*s%s%.*s", STR_ARG(row->kind),
                                          row->kind.n && row->message.n ? ": " : "",
                                          STR_ARG(row->message))));
    json_out_text(to, "time", duration(trace, row->end_ns - row->start_ns));
    if (row->note.n)
        json_out_text(to, "note", shortened(trace, row->note));
    json_out_list(to, "hull");
    if (step->to_ns >= step->from_ns) {
        json_out_int(to, NULL, step->from_ns / NS_PER_US);
        json_out_int(to, NULL, (step->to_ns - step->from_ns) / NS_PER_US);
    }
    json_out_end(to);
    write_bar(trace, "programs", &step->programs);
    int result = trace->job->bodies ? write_value(trace, "value", &row->value) : 0;
    json_out_end(to);
    return result;
}

static void write_attempt(struct trace *trace, const struct trace_call *call, size_t i)
{
    const struct store_attempt *attempt = &call->attempt[i];
    struct json_out *to = &trace->to;
    bool last = i + 1 == call->attempts, streamed = last && call->row.ttft_ns >= 0;
    json_out_object(to, NULL);
    json_out_text(
        to, "outcome",
        arena_printf(trace->arena, "%s%.*s%s",
                     attempt->http_status
                         ? arena_printf(trace->arena, "%" PRId64 " ", attempt->http_status).p
                         : "no reply, ",
                     STR_ARG(attempt->outcome), attempt->lost ? ", lost" : ""));
    json_out_text(to, "message", shortened(trace, attempt->message));
    json_out_list(to, "facts");
    fact(trace, "backoff", if_any(trace, attempt->backoff_before_ns));
    fact(trace, "permit wait", if_any(trace, attempt->permit_wait_ns));
    fact(trace, "connect", if_any(trace, attempt->connect_ns));
    fact(trace, streamed ? "first token" : "first byte",
         attempt->first_byte_ns < 0 && !streamed
             ? STR("")
             : duration(trace, first_ns(call, attempt, last)));
    fact(trace, "in all", duration(trace, attempt->total_ns));
    fact(trace, "server asked to wait", if_any(trace, attempt->retry_after_ns));
    fact(trace, "protocol", attempt->protocol);
    json_out_end(to);
    json_out_end(to);
}

static int write_texts(struct trace *trace, const struct trace_call *call)
{
    struct said_turn turn[SAID_TURNS_MAX];
    str request, reply;
    if (body_of(trace, &call->row.request, &request) < 0 ||
        body_of(trace, &call->row.reply, &reply) < 0)
        return -1;
    size_t turns = said_request(trace->arena, request, turn, SAID_TURNS_MAX);
    bool good = str_equal(call->row.outcome, STR("ok"));
    json_out_list(&trace->to, "asks");
    for (size_t i = 0; i < turns; i++) {
        json_out_text(&trace->to, NULL, shortened(trace, turn[i].role));
        text_member(trace, NULL, turn[i].text);
    }
    json_out_end(&trace->to);
    str answer = said_reply(trace->arena, call->row.dialect, good, reply);
    if (answer.n == 0 && reply.n)
        answer = STR("(streamed: see what its step gave)");
    text_member(trace, "answer", answer);
    return 0;
}

static int write_call(struct trace *trace, const struct trace_call *call)
{
    struct json_out *to = &trace->to;
    const struct store_call *row = &call->row;
    const struct trace_step *step = step_at(trace, row->path);
    json_out_object(to, NULL);
    json_out_int(to, "step", step ? step - trace->step : -1);
    if (!step)
        json_out_text(to, "path", shortened(trace, row->path));
    json_out_text(to, "role", str_from(store_role_name(row->role)));
    json_out_text(to, "model", shortened(trace, row->model));
    json_out_text(to, "outcome", row->outcome);
    json_out_text(to, "message", shortened(trace, row->message));
    json_out_list(to, "facts");
    fact(trace, "source",
         row->source == STORE_SENT ? STR("") : str_from(store_source_name(row->source)));
    fact(trace, "answered by", shortened(trace, row->reported_model));
    fact(trace, "took", row->latency_ns >= 0 ? duration(trace, row->latency_ns) : STR(""));
    fact(trace, "tokens", tokens(trace, &row->tokens));
    fact(trace, "cost",
         money(trace, row->cost_nanousd, row->cost_nanousd<0, row->lost_attempts> 0));
    fact(trace, "ended by", row->finish);
    json_out_end(to);
    write_bar(trace, "bar", &call->bar);
    json_out_list(to, "attempts");
    for (size_t i = 0; i < call->attempts; i++)
        write_attempt(trace, call, i);
    json_out_end(to);
    int result = trace->job->bodies ? write_texts(trace, call) : 0;
    json_out_end(to);
    return result;
}

static void write_score(struct trace *trace, const struct store_score *score)
{
    struct json_out *to = &trace->to;
    bool applies = !isnan(score->value);
    json_out_object(to, NULL);
    json_out_text(to, "name", shortened(trace, score->name));
    json_out_text(to, "step", shortened(trace, score->path));
    json_out_text(to, "value",
                  applies ? stats_format_percent(trace->arena, maybe_of(score->value))
                          : STR("—"));
    json_out_text(to, "verdict",
                  score->ungraded ? STR("ungraded")
                  : !applies      ? STR("does not apply")
                  : score->pass   ? STR("passed")
                                  : STR("failed"));
    json_out_bool(to, "counts", score->weight > 0);
    json_out_text(to, "reason", shortened(trace, score->reason));
    json_out_end(to);
}

static void write_command(struct trace *trace, const struct store_command *command)
{
    struct json_out *to = &trace->to;
    json_out_object(to, NULL);
    json_out_text(to, "path", shortened(trace, command->path));
    json_out_text(to, "program", shortened(trace, command->program));
    json_out_text(to, "outcome", command->outcome);
    json_out_text(to, "reason", shortened(trace, command->reason));
    json_out_text(to, "time", duration(trace, command->time_ns));
    json_out_end(to);
}

/* ---- the cell ---- */

/* In a line, for tables: why the cell failed, or which scores did. */
static str what_went_wrong(struct trace *trace)
{
    const struct store_cell *cell = &trace->cell;
    struct arena *arena = trace->arena;
    if (cell->status != STORE_OK)
        return arena_printf(
            arena, "%.*s%s%.*s%s%.*s", STR_ARG(cell->reason),
            cell->failed_path.n && !str_equal(cell->failed_path, STR(".")) ? " at " : "",
            str_equal(cell->failed_path, STR(".")) ? 0 : (int)cell->failed_path.n,
            cell->failed_path.n ? cell->failed_path.p : "", cell->message.n ? ": " : "",
            STR_ARG(cell->message));
    str text = STR("");
    for (size_t i = 0; i < trace->scores; i++) {
        const struct store_score *score = &trace->score[i];
        if (isnan(score->value) || score->pass || !(score->weight > 0))
            continue;
        text = arena_printf(arena, "%.*s%s%.*s%s%.*s", STR_ARG(text), text.n ? "; " : "",
                            STR_ARG(score->name), score->reason.n ? ": " : "",
                            STR_ARG(score->reason));
    }
    return text;
}

static int fill_kept(struct trace *trace)
{
    struct html_kept *kept = trace->job->kept;
    struct arena *to = trace->job->html->arena;
    str output;
    if (trace->cell.status != STORE_OK || trace->cell.correct != 1)
        kept->says = page_text(to, what_went_wrong(trace), EXCERPT_MAX);
    if (trace->job->html->texts == HTML_TEXTS_NONE)
        return 0;
    if (body_of(trace, &trace->cell.output, &output) < 0)
        return -1;
    kept->output = page_text(to, output, EXCERPT_MAX);
    return 0;
}

static int write_answer(struct trace *trace)
{
    const struct html *html = trace->job->html;
    const struct store_sample *sample = &html->cells->sample[trace->job->place->sample];
    if (html->texts == HTML_TEXTS_NONE)
        return 0;
    if (write_value(trace, "output", &trace->cell.output) < 0)
        return -1;
    return write_value(trace, "expected", &sample->expected);
}

static int write_rows(struct trace *trace)
{
    struct json_out *to = &trace->to;
    int result = 0;
    json_out_list(to, "scores");
    for (size_t i = 0; i < trace->scores; i++)
        write_score(trace, &trace->score[i]);
    json_out_end(to);
    json_out_list(to, "steps");
    for (size_t i = 0; i < trace->steps && result == 0; i++)
        result = write_step(trace, &trace->step[i]);
    json_out_end(to);
    json_out_list(to, "calls");
    for (size_t i = 0; i < trace->calls && result == 0; i++)
        result = write_call(trace, &trace->call[i]);
    json_out_end(to);
    json_out_list(to, "programs");
    for (size_t i = 0; i < trace->commands; i++)
        write_command(trace, &trace->command[i]);
    json_out_end(to);
    return result;
}

static int write_trace(struct trace *trace)
{
    static const char *const whys[HTML_WHYS] = {[HTML_TYPICAL] = "typical",
                                                [HTML_SLOWEST] = "slowest",
                                                [HTML_FLIP] = "flip",
                                                [HTML_FAILURE] = "failure",
                                                [HTML_WRONG] = "wrong",
                                                [HTML_UNGRADED] = "unscored",
                                                [HTML_REST] = ""};
    const struct html_place *place = trace->job->place;
    const struct store_cell *cell = &trace->cell;
    struct json_out *to = &trace->to;
    bool texts = trace->job->html->texts != HTML_TEXTS_NONE;
    json_out_flat_object(to, NULL);
    json_out_count(to, "v", place->variant);
    json_out_count(to, "s", place->sample);
    json_out_count(to, "t", place->trial);
    json_out_text(to, "why", str_from(whys[trace->job->why]));
    json_out_text(to, "status", str_from(store_status_name(cell->status)));
    json_out_text(to, "reason", shortened(trace, cell->reason));
    json_out_text(to, "message", texts ? shortened(trace, cell->message) : STR(""));
    json_out_text(to, "failed", shortened(trace, cell->failed_path));
    json_out_bool(to, "bodies", trace->job->bodies);
    json_out_count(to, "left_out", trace->left_out);
    json_out_int(to, "span", span_of(trace) / NS_PER_US + 1);
    json_out_text(to, "span_text", duration(trace, span_of(trace)));
    write_facts(trace);
    int result = write_answer(trace);
    if (result == 0)
        result = write_rows(trace);
    json_out_end(to);
    return result;
}

int html_trace(const struct html_trace_job *job, struct buf *to)
{
    struct trace trace = {.job = job, .arena = job->arena, .store = job->html->input->store};
    trace.to.out = to;
    if (read_cell(&trace) < 0 || fill_kept(&trace) < 0)
        return -1;
    make_bars(&trace);
    return write_trace(&trace);
}
