/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_otlp.c: OpenTelemetry traces in OTLP's JSON form, one trace a cell.
 *
 * Shape: TracesData of opentelemetry-proto (trace/v1/trace.proto) in the JSON mapping of
 * its docs, specification.md: names in lowerCamelCase, ids in hexadecimal, 64-bit numbers as
 * decimal texts, enums as numbers. Attributes: the semantic conventions for generative AI and
 * for HTTP; what they have no name for begins with "weir.".
 *
 * Ids are made of the run's id and of attempt keys, so an export of the same run has the same
 * bytes. The spans of calls and attempts lie on the wall clock. A step is stored on the clock of
 * latency only (its waits for permits are left out there), so its span is made to hold those
 * below it.
 */
#include "cmd/export.h"
#include "cmd/timeline.h"

#include "base/hash.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KIND_INTERNAL = 1, KIND_CLIENT = 3, CODE_ERROR = 2 };

/* ---- attributes ---- */

struct attributes {
    struct exporter *e;
    bool started;
};

static void open_attribute(struct attributes *a, const char *key, str suffix)
{
    struct buf *out = &a->e->out;
    buf_add_str(out, a->started ? STR(",{\"key\":") : STR("{\"key\":"));
    a->started = true;
    json_write_text(out, arena_printf(&a->e->arena, "%s%.*s", key, STR_ARG(suffix)));
    buf_add_str(out, STR(",\"value\":{"));
}

static void add_text(struct attributes *a, const char *key, str text)
{
    if (text.n == 0)
        return;
    open_attribute(a, key, STR(""));
    buf_add_str(&a->e->out, STR("\"stringValue\":"));
    json_write_text(&a->e->out, utf8_clean(&a->e->arena, text));
    buf_add_str(&a->e->out, STR("}}"));
}

static void add_int(struct attributes *a, const char *key, int64_t number)
{
    open_attribute(a, key, STR(""));
    buf_printf(&a->e->out, "\"intValue\":\"%lld\"}}", (long long)number);
}

/* -1 is unknown, and then there is no attribute. */
static void add_known(struct attributes *a, const char *key, int64_t number)
{
    if (number >= 0)
        add_int(a, key, number);
}

static void add_real(struct attributes *a, const char *key, double number)
{
    if (isnan(number))
        return;
    open_attribute(a, key, STR(""));
    buf_add_str(&a->e->out, STR("\"doubleValue\":"));
    json_write_number(&a->e->out, number);
    buf_add_str(&a->e->out, STR("}}"));
}

static void add_bool(struct attributes *a, const char *key, bool value)
{
    open_attribute(a, key, STR(""));
    buf_printf(&a->e->out, "\"boolValue\":%s}}", value ? "true" : "false");
}

static void add_text_list(struct attributes *a, const char *key, str only)
{
    if (only.n == 0)
        return;
    open_attribute(a, key, STR(""));
    buf_add_str(&a->e->out, STR("\"arrayValue\":{\"values\":[{\"stringValue\":"));
    json_write_text(&a->e->out, utf8_clean(&a->e->arena, only));
    buf_add_str(&a->e->out, STR("}]}}}"));
}

static int add_body(struct attributes *a, const char *key, const struct store_text *text)
{
    str bytes;
    if (!a->e->texts || text->id == 0)
        return 0;
    if (export_text(a->e, text, &bytes) < 0)
        return -1;
    add_text(a, key, bytes);
    return 0;
}

/* ---- ids ---- */

static const char *hex(struct arena *arena, struct hash128 hash, size_t digits)
{
    char *text = arena_alloc(arena, 33);
    if (hash.high == 0) /* all zeros are no id */
        hash.high = 1;
    hash_hex(hash, text);
    text[digits] = '\0';
    return text;
}

static struct hash128 trace_hash(struct exporter *e, const struct store_cell *cell)
{
    struct hash128 hash = hash_add((struct hash128){0}, store_run_row(e->store)->id);
    return hash_add_int(hash, (uint64_t)cell->cell);
}

struct ids {
    struct exporter *e;
    struct hash128 trace;
};

static const char *id_of(const struct ids *ids, str what, int64_t number)
{
    struct hash128 hash = hash_add_int(hash_add(ids->trace, what), (uint64_t)number);
    return hex(&ids->e->arena, hash, 16);
}

/* A call's is the first half of its attempt key: what a provider's or a gateway's log shows. One
 * that was superseded has the key of the one that came after it. */
static const char *id_of_call(const struct ids *ids, const struct store_call *call)
{
    if (call->attempt_key.n < 16 || call->superseded)
        return id_of(ids, STR("call"), call->id);
    return arena_str(&ids->e->arena, str_sub(call->attempt_key, 0, 16)).p;
}

/* ---- spans ---- */

struct span {
    const char *id, *parent; /* parent NULL: the root */
    str name;
    int kind;
    struct interval time;
    str error; /* empty: none */
};

static struct attributes open_span(const struct ids *ids, const struct span *span)
{
    struct exporter *e = ids->e;
    buf_printf(&e->out, "%s{\"traceId\":\"%s\",\"spanId\":\"%s\",", e->started ? "," : "",
               hex(&e->arena, ids->trace, 32), span->id);
    e->started = true;
    if (span->parent)
        buf_printf(&e->out, "\"parentSpanId\":\"%s\",", span->parent);
    buf_add_str(&e->out, STR("\"name\":"));
    json_write_text(&e->out, utf8_clean(&e->arena, span->name));
    buf_printf(&e->out,
               ",\"kind\":%d,\"startTimeUnixNano\":\"%lld\",\"endTimeUnixNano\":\"%lld\","
               "\"attributes\":[",
               span->kind, (long long)span->time.from, (long long)span->time.to);
    return (struct attributes){.e = e};
}

/* `events` is what stands between the brackets; empty: none. */
static void close_span(struct exporter *e, const struct span *span, str message)
{
    if (span->error.n) {
        buf_printf(&e->out, ",\"status\":{\"code\":%d", CODE_ERROR);
        buf_add_str(&e->out, STR(",\"message\":"));
        json_write_text(&e->out, utf8_clean(&e->arena, message.n ? message : span->error));
        buf_add_char(&e->out, '}');
    }
    buf_add_char(&e->out, '}');
}

static void close_attributes(struct exporter *e)
{
    buf_add_char(&e->out, ']');
}

static struct timeline timeline_of(struct exporter *e, const struct export_cell *of)
{
    int64_t zero = store_run_row(e->store)->created_wall + of->cell->started_ns;
    return timeline_make(&e->arena, of, zero);
}

/* ---- the cell ---- */

static void write_scores(struct exporter *e, const struct export_cell *of, int64_t when)
{
    if (of->scores == 0)
        return;
    buf_add_str(&e->out, STR(",\"events\":["));
    for (size_t i = 0; i < of->scores; i++) {
        const struct store_score *score = &of->score[i];
        buf_printf(&e->out,
                   "%s{\"timeUnixNano\":\"%lld\",\"name\":\"gen_ai.evaluation.result\","
                   "\"attributes\":[",
                   i ? "," : "", (long long)when);
        struct attributes a = {.e = e};
        add_text(&a, "gen_ai.evaluation.name", score->name);
        add_real(&a, "gen_ai.evaluation.score.value", score->value);
        if (!isnan(score->value))
            add_text(&a, "gen_ai.evaluation.score.label",
                     score->pass ? STR("pass") : STR("fail"));
        add_text(&a, "gen_ai.evaluation.explanation", score->reason);
        add_text(&a, "weir.step.path", score->path);
        buf_add_str(&e->out, STR("]}"));
    }
    buf_add_char(&e->out, ']');
}

static int write_root(const struct ids *ids, const struct export_cell *of,
                      const struct timeline *t, const char *id)
{
    const struct store_cell *cell = of->cell;
    struct exporter *e = ids->e;
    bool failed = cell->status == STORE_ERROR || cell->status == STORE_TIMEOUT;
    struct span span = {
        .id = id,
        .name = arena_printf(&e->arena, "cell %.*s", STR_ARG(of->variant->name)),
        .kind = KIND_INTERNAL,
        .time = t->cell,
        .error = failed ? cell->reason.n ? cell->reason : STR("error") : STR(""),
    };
    struct attributes a = open_span(ids, &span);
    add_text(&a, "weir.variant", of->variant->name);
    add_text(&a, "weir.sample", of->sample->id);
    add_text(&a, "weir.perturbation", of->sample->perturbation);
    add_int(&a, "weir.trial", cell->trial);
    add_text(&a, "weir.pattern", of->variant->pattern);
    add_text(&a, "weir.status", str_from(store_status_name(cell->status)));
    add_text(&a, "weir.reason", cell->reason);
    add_text(&a, "error.type", span.error);
    if (cell->correct >= 0)
        add_bool(&a, "weir.correct", cell->correct != 0);
    add_real(&a, "weir.score", cell->score);
    if (cell->latency_ns >= 0) /* of a resumed cell a part may be lost */
        add_real(&a, "weir.latency_ms", (double)cell->latency_ns / 1e6);
    add_real(&a, "weir.cost_usd",
             cell->unknown_cost_calls ? (double)NAN : (double)cell->cost_nanousd / 1e9);
    add_int(&a, "weir.calls", cell->calls);
    if (add_body(&a, "weir.output", &cell->output) < 0)
        return -1;
    close_attributes(e);
    write_scores(e, of, t->cell.to);
    close_span(e, &span, cell->message);
    return 0;
}

static int write_step(const struct ids *ids, const struct export_cell *of,
                      const struct timeline *t, size_t i, const char *root)
{
    const struct store_step *step = &of->step[i];
    struct exporter *e = ids->e;
    struct span span = {
        .id = id_of(ids, STR("step"), step->ordinal),
        .parent = step->parent >= 0 ? id_of(ids, STR("step"), step->parent) : root,
        .name =
            arena_printf(&e->arena, "%.*s %.*s", STR_ARG(step->pattern), STR_ARG(step->node)),
        .kind = KIND_INTERNAL,
        .time = t->step[i],
        .error = str_equal(step->outcome, STR("failed")) ? step->kind : STR(""),
    };
    struct attributes a = open_span(ids, &span);
    add_text(&a, "weir.step.path", step->path);
    add_text(&a, "weir.pattern", step->pattern);
    add_text(&a, "weir.outcome", step->outcome);
    add_text(&a, "error.type", span.error);
    add_text(&a, "weir.note", step->note);
    add_real(&a, "weir.latency_ms", (double)(step->end_ns - step->start_ns) / 1e6);
    if (add_body(&a, "weir.value", &step->value) < 0)
        return -1;
    close_attributes(e);
    close_span(e, &span, step->message);
    return 0;
}

/* ---- calls ---- */

/* The well-known values of gen_ai.provider.name and gen_ai.operation.name. */
struct dialect_names {
    const char *dialect, *provider, *operation;
};
static const struct dialect_names dialect_names[] = {
    {"openai-chat", "openai", "chat"},
    {"openai-responses", "openai", "chat"},
    {"openai-embeddings", "openai", "embeddings"},
    {"anthropic-messages", "anthropic", "chat"},
    {"gemini", "gcp.gemini", "generate_content"},
};

static struct dialect_names names_of(str dialect)
{
    for (size_t i = 0; i < sizeof dialect_names / sizeof dialect_names[0]; i++)
        if (str_equal(dialect, str_from(dialect_names[i].dialect)))
            return dialect_names[i];
    return (struct dialect_names){"", "custom", "chat"};
}

/* The provider's name for a model of the experiment. */
static str requested_model(struct exporter *e, str name)
{
    const json *model = json_get(json_get(e->definition, STR("models")), name);
    str own = json_text(json_get(model, STR("model")));
    return own.n ? own : name;
}

static int64_t sum_known(const int64_t *part, size_t count)
{
    int64_t sum = -1;
    for (size_t i = 0; i < count; i++)
        if (part[i] >= 0)
            sum = (sum < 0 ? 0 : sum) + part[i];
    return sum;
}

static int write_call(const struct ids *ids, const struct export_cell *of,
                      const struct timeline *t, size_t i, const char *root)
{
    const struct store_call *call = &of->call[i];
    struct exporter *e = ids->e;
    struct dialect_names names = names_of(call->dialect);
    str model = requested_model(e, call->model);
    int64_t input[] = {call->tokens.input, call->tokens.cache_read, call->tokens.cache_write};
    struct span span = {
        .id = id_of_call(ids, call),
        .parent = t->step_of[i] >= 0 ? id_of(ids, STR("step"), of->step[t->step_of[i]].ordinal)
                                     : root,
        .name = arena_printf(&e->arena, "%s %.*s", names.operation, STR_ARG(model)),
        .kind = KIND_CLIENT,
        .time = t->call[i],
        .error = str_equal(call->outcome, STR("ok")) ? STR("") : call->outcome,
    };
    struct attributes a = open_span(ids, &span);
    add_text(&a, "gen_ai.operation.name", str_from(names.operation));
    add_text(&a, "gen_ai.provider.name", str_from(names.provider));
    add_text(&a, "gen_ai.request.model", model);
    add_text(&a, "gen_ai.response.model", call->reported_model);
    add_text_list(&a, "gen_ai.response.finish_reasons", call->finish);
    add_known(&a, "gen_ai.usage.input_tokens", sum_known(input, 3));
    add_known(&a, "gen_ai.usage.cache_read.input_tokens", call->tokens.cache_read);
    add_known(&a, "gen_ai.usage.cache_creation.input_tokens", call->tokens.cache_write);
    add_known(&a, "gen_ai.usage.output_tokens", call->tokens.output);
    add_known(&a, "weir.usage.reasoning_tokens", call->tokens.reasoning);
    add_text(&a, "openai.response.system_fingerprint", call->fingerprint);
    add_text(&a, "error.type", span.error);
    add_text(&a, "weir.model", call->model);
    add_text(&a, "weir.dialect", call->dialect);
    add_text(&a, "weir.role", str_from(store_role_name(call->role)));
    add_text(&a, "weir.source", str_from(store_source_name(call->source)));
    add_text(&a, "weir.step.path", call->path);
    add_int(&a, "weir.repeat", call->repeat);
    if (call->superseded)
        add_bool(&a, "weir.superseded", true);
    add_text(&a, "weir.attempt_key", call->attempt_key);
    add_text(&a, "weir.request_hash", call->request_hash);
    add_int(&a, "weir.attempts", call->attempts);
    if (call->cost_nanousd >= 0)
        add_real(&a, "weir.cost_usd", (double)call->cost_nanousd / 1e9);
    add_real(&a, "weir.permit_wait_ms", (double)call->times.permit_wait_ns / 1e6);
    add_real(&a, "weir.backoff_ms", (double)call->times.backoff_ns / 1e6);
    if (call->ttft_ns >= 0)
        add_real(&a, "weir.ttft_ms", (double)call->ttft_ns / 1e6);
    if (add_body(&a, "weir.request", &call->request) < 0 ||
        add_body(&a, "weir.reply", &call->reply) < 0)
        return -1;
    close_attributes(e);
    close_span(e, &span, call->message);
    return 0;
}

static void write_attempt(const struct ids *ids, const struct store_call *call,
                          const struct store_attempt *attempt, int64_t zero)
{
    struct exporter *e = ids->e;
    int64_t from = zero + attempt->start_ns;
    bool by_key = call->attempt_key.n > 0 && !call->superseded;
    struct span span = {
        .id = id_of(ids, by_key ? call->attempt_key : STR("attempt"),
                    attempt->number + (by_key ? 0 : call->id << 8)),
        .parent = id_of_call(ids, call),
        .name = STR("POST"),
        .kind = KIND_CLIENT,
        .time = {from, from + attempt->total_ns},
        .error = str_equal(attempt->outcome, STR("ok")) ? STR("") : attempt->outcome,
    };
    struct attributes a = open_span(ids, &span);
    add_text(&a, "http.request.method", STR("POST"));
    if (attempt->http_status > 0)
        add_int(&a, "http.response.status_code", attempt->http_status);
    if (attempt->number > 1)
        add_int(&a, "http.request.resend_count", attempt->number - 1);
    add_text(&a, "error.type", span.error);
    add_int(&a, "weir.attempt", attempt->number);
    add_text(&a, "weir.protocol", attempt->protocol);
    add_real(&a, "weir.backoff_before_ms", (double)attempt->backoff_before_ns / 1e6);
    if (attempt->connect_ns >= 0)
        add_real(&a, "weir.connect_ms", (double)attempt->connect_ns / 1e6);
    if (attempt->first_byte_ns >= 0)
        add_real(&a, "weir.first_byte_ms", (double)attempt->first_byte_ns / 1e6);
    add_bool(&a, "weir.lost", attempt->lost);
    close_attributes(e);
    close_span(e, &span, attempt->message);
}

static int write_cell(struct exporter *e, const struct export_cell *of)
{
    struct ids ids = {e, trace_hash(e, of->cell)};
    struct timeline t = timeline_of(e, of);
    const char *root = id_of(&ids, STR("cell"), 0);
    if (write_root(&ids, of, &t, root) < 0)
        return -1;
    for (size_t i = 0; i < of->steps; i++)
        if (write_step(&ids, of, &t, i, root) < 0)
            return -1;
    for (size_t i = 0, k = 0; i < of->calls; i++) {
        if (write_call(&ids, of, &t, i, root) < 0)
            return -1;
        for (; k < of->attempts && of->attempt[k].call == of->call[i].id; k++)
            write_attempt(&ids, &of->call[i], &of->attempt[k], t.zero);
    }
    return 0;
}

/* ---- around them ---- */

static int begin(struct exporter *e)
{
    const struct store_run *run = store_run_row(e->store);
    buf_add_str(&e->out, STR("{\"resourceSpans\":[{\"resource\":{\"attributes\":["));
    struct attributes a = {.e = e};
    add_text(&a, "service.name", STR("weir"));
    add_text(&a, "service.version", run->weir_version);
    add_text(&a, "weir.run", run->id);
    add_text(&a, "weir.experiment", run->experiment);
    add_int(&a, "weir.seed", run->seed);
    add_bool(&a, "weir.mock", run->mock);
    buf_add_str(&e->out, STR("]},\"scopeSpans\":[{\"scope\":{\"name\":\"weir\",\"version\":"));
    json_write_text(&e->out, run->weir_version);
    buf_add_str(&e->out, STR("},\"spans\":["));
    return 0;
}

static int end(struct exporter *e)
{
    buf_add_str(&e->out,
                STR("],\"schemaUrl\":\"https://opentelemetry.io/schemas/1.37.0\"}]}]}\n"));
    return 0;
}

const struct export_format export_otlp = {"otlp", begin, write_cell, end};
