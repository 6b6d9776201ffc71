/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_trace.c: one cell with its steps, calls, attempts, programs and scores (see html_traces.h).
 *
 * Figures are written as people read them (stats/format.h), so that the page's scripts round
 * nothing.
 */
#include "reports/html_trace.h"

#include "base/units.h"
#include "reports/said.h"
#include "stats/format.h"

#include <inttypes.h>
#include <math.h>

enum {
    SHORT_MAX = 300,
    EXCERPT_MAX = 160,
};
#define NS_PER_US 1000

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

static int64_t known(int64_t tokens)
{
    return tokens > 0 ? tokens : 0;
}

static str tokens(struct trace *trace, const struct store_tokens *t)
{
    int64_t cached = known(t->cache_read);
    int64_t input = known(t->input) + cached + known(t->cache_write);
    if (t->input < 0 && t->output < 0)
        return STR("—");
    str text =
        arena_printf(trace->arena, "%" PRId64 " in, %" PRId64 " out", input, known(t->output));
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

/* The same of what may repeat words of a model: nothing where the page is to have none of those. */
static str reported(struct trace *trace, str text)
{
    bool wanted = trace->job->html->texts != HTML_TEXTS_NONE;
    return wanted ? shortened(trace, text) : STR("");
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
    str message = reported(trace, row->message);
    if (row->kind.n || message.n)
        json_out_text(to, "why",
                      arena_printf(trace->arena, "%.*s%s%.*s", STR_ARG(row->kind),
                                   row->kind.n && message.n ? ": " : "", STR_ARG(message)));
    json_out_text(to, "time", duration(trace, row->end_ns - row->start_ns));
    if (row->note.n)
        json_out_text(to, "note", reported(trace, row->note));
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
    json_out_text(to, "message", reported(trace, attempt->message));
    json_out_list(to, "facts");
    fact(trace, "backoff", if_any(trace, attempt->backoff_before_ns));
    fact(trace, "permit wait", if_any(trace, attempt->permit_wait_ns));
    fact(trace, "connect", if_any(trace, attempt->connect_ns));
    fact(trace, streamed ? "first token" : "first byte",
         attempt->first_byte_ns < 0 && !streamed
             ? STR("")
             : duration(trace, html_trace_first_ns(call, attempt, last)));
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
    const struct trace_step *step = html_trace_step(trace, row->path);
    json_out_object(to, NULL);
    json_out_int(to, "step", step ? step - trace->step : -1);
    if (!step)
        json_out_text(to, "path", shortened(trace, row->path));
    json_out_text(to, "role", str_from(store_role_name(row->role)));
    json_out_text(to, "model", shortened(trace, row->model));
    json_out_text(to, "outcome", row->outcome);
    json_out_text(to, "message", reported(trace, row->message));
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
    json_out_text(to, "reason", reported(trace, score->reason));
    json_out_end(to);
}

static void write_command(struct trace *trace, const struct store_command *command)
{
    struct json_out *to = &trace->to;
    json_out_object(to, NULL);
    json_out_text(to, "path", shortened(trace, command->path));
    json_out_text(to, "program", shortened(trace, command->program));
    json_out_text(to, "outcome", command->outcome);
    json_out_text(to, "reason", reported(trace, command->reason));
    json_out_text(to, "time", duration(trace, command->time_ns));
    json_out_end(to);
}

/* ---- the cell ---- */

/* In a line, for tables: why the cell failed, or which scores did. */
static str what_went_wrong(struct trace *trace)
{
    const struct store_cell *cell = &trace->cell;
    struct arena *arena = trace->arena;
    if (cell->status != STORE_OK) {
        bool inside = cell->failed_path.n && !str_equal(cell->failed_path, STR("."));
        str message = reported(trace, cell->message);
        return arena_printf(arena, "%.*s%s%.*s%s%.*s", STR_ARG(cell->reason),
                            inside ? " at " : "", inside ? (int)cell->failed_path.n : 0,
                            inside ? cell->failed_path.p : "", message.n ? ": " : "",
                            STR_ARG(message));
    }
    str text = STR("");
    for (size_t i = 0; i < trace->scores; i++) {
        const struct store_score *score = &trace->score[i];
        if (isnan(score->value) || score->pass || !(score->weight > 0))
            continue;
        str reason = reported(trace, score->reason);
        text = arena_printf(arena, "%.*s%s%.*s%s%.*s", STR_ARG(text), text.n ? "; " : "",
                            STR_ARG(score->name), reason.n ? ": " : "", STR_ARG(reason));
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
    json_out_flat_object(to, NULL);
    json_out_count(to, "v", place->variant);
    json_out_count(to, "s", place->sample);
    json_out_count(to, "t", place->trial);
    json_out_text(to, "why", str_from(whys[trace->job->why]));
    json_out_text(to, "status", str_from(store_status_name(cell->status)));
    json_out_text(to, "reason", shortened(trace, cell->reason));
    json_out_text(to, "message", reported(trace, cell->message));
    json_out_text(to, "failed", shortened(trace, cell->failed_path));
    json_out_bool(to, "bodies", trace->job->bodies);
    json_out_count(to, "left_out", trace->left_out);
    json_out_int(to, "span", html_trace_span(trace) / NS_PER_US + 1);
    json_out_text(to, "span_text", duration(trace, html_trace_span(trace)));
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
    if (html_trace_read(&trace) < 0 || fill_kept(&trace) < 0)
        return -1;
    return write_trace(&trace);
}
