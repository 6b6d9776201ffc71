/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_otlp.c: OpenTelemetry traces in OTLP's JSON form, one trace a cell.
 *
 * Shape: TracesData of opentelemetry-proto (trace/v1/trace.proto) in the JSON mapping of
 * its docs, specification.md: names in lowerCamelCase, ids in hexadecimal, 64-bit numbers as
 * decimal texts, enums as numbers. Attributes: the semantic conventions for generative AI and
 * for HTTP; what they have no name for begins with "weir.".
 *
 * The spans of calls, attempts and programs lie on the wall clock. A step is stored on the clock of
 * latency only (its waits for permits are left out there), so its span is made to hold those
 * below it. Programs of runs before schema 5 have no place on that clock, and no span.
 */
#include "cmd/export_otlp_inside.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
        struct otlp_attributes a = {.e = e};
        otlp_add_text(&a, "gen_ai.evaluation.name", score->name);
        otlp_add_real(&a, "gen_ai.evaluation.score.value", score->value);
        if (!isnan(score->value))
            otlp_add_text(&a, "gen_ai.evaluation.score.label",
                          score->pass ? STR("pass") : STR("fail"));
        otlp_add_text(&a, "gen_ai.evaluation.explanation", score->reason);
        otlp_add_text(&a, "weir.step.path", score->path);
        buf_add_str(&e->out, STR("]}"));
    }
    buf_add_char(&e->out, ']');
}

static int write_root(const struct otlp_ids *ids, const struct export_cell *of,
                      const struct timeline *t, const char *id)
{
    const struct store_cell *cell = of->cell;
    struct exporter *e = ids->e;
    bool failed = cell->status == STORE_ERROR || cell->status == STORE_TIMEOUT;
    struct otlp_span span = {
        .id = id,
        .name = arena_printf(&e->arena, "cell %.*s", STR_ARG(of->variant->name)),
        .kind = OTLP_INTERNAL,
        .time = t->cell,
        .error = failed ? cell->reason.n ? cell->reason : STR("error") : STR(""),
    };
    struct otlp_attributes a = otlp_open_span(ids, &span);
    otlp_add_text(&a, "weir.variant", of->variant->name);
    otlp_add_text(&a, "weir.sample", of->sample->id);
    otlp_add_text(&a, "weir.perturbation", of->sample->perturbation);
    otlp_add_int(&a, "weir.trial", cell->trial);
    otlp_add_text(&a, "weir.pattern", of->variant->pattern);
    otlp_add_text(&a, "weir.status", str_from(store_status_name(cell->status)));
    otlp_add_text(&a, "weir.reason", cell->reason);
    otlp_add_text(&a, "error.type", span.error);
    if (cell->correct >= 0)
        otlp_add_bool(&a, "weir.correct", cell->correct != 0);
    otlp_add_real(&a, "weir.score", cell->score);
    if (cell->latency_ns >= 0) /* of a resumed cell a part may be lost */
        otlp_add_real(&a, "weir.latency_ms", (double)cell->latency_ns / 1e6);
    otlp_add_real(&a, "weir.cost_usd",
                  cell->unknown_cost_calls ? (double)NAN : (double)cell->cost_nanousd / 1e9);
    otlp_add_int(&a, "weir.calls", cell->calls);
    if (otlp_add_body(&a, "weir.output", &cell->output) < 0)
        return -1;
    otlp_close_attributes(e);
    write_scores(e, of, t->cell.to);
    otlp_close_span(e, &span, cell->message);
    return 0;
}

static int write_step(const struct otlp_ids *ids, const struct export_cell *of,
                      const struct timeline *t, size_t i, const char *root)
{
    const struct store_step *step = &of->step[i];
    struct exporter *e = ids->e;
    struct otlp_span span = {
        .id = otlp_id_of(ids, STR("step"), step->ordinal),
        .parent = step->parent >= 0 ? otlp_id_of(ids, STR("step"), step->parent) : root,
        .name =
            arena_printf(&e->arena, "%.*s %.*s", STR_ARG(step->pattern), STR_ARG(step->node)),
        .kind = OTLP_INTERNAL,
        .time = t->step[i],
        .error = str_equal(step->outcome, STR("failed")) ? step->kind : STR(""),
    };
    struct otlp_attributes a = otlp_open_span(ids, &span);
    otlp_add_text(&a, "weir.step.path", step->path);
    otlp_add_text(&a, "weir.pattern", step->pattern);
    otlp_add_text(&a, "weir.outcome", step->outcome);
    otlp_add_text(&a, "error.type", span.error);
    otlp_add_text(&a, "weir.note", step->note);
    otlp_add_real(&a, "weir.latency_ms", (double)(step->end_ns - step->start_ns) / 1e6);
    if (otlp_add_body(&a, "weir.value", &step->value) < 0)
        return -1;
    otlp_close_attributes(e);
    otlp_close_span(e, &span, step->message);
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

static int write_call(const struct otlp_ids *ids, const struct export_cell *of,
                      const struct timeline *t, size_t i, const char *root)
{
    const struct store_call *call = &of->call[i];
    struct exporter *e = ids->e;
    struct dialect_names names = names_of(call->dialect);
    str model = requested_model(e, call->model);
    int64_t input[] = {call->tokens.input, call->tokens.cache_read, call->tokens.cache_write};
    struct otlp_span span = {
        .id = otlp_id_of_call(ids, call),
        .parent = t->step_of[i] >= 0
                      ? otlp_id_of(ids, STR("step"), of->step[t->step_of[i]].ordinal)
                      : root,
        .name = arena_printf(&e->arena, "%s %.*s", names.operation, STR_ARG(model)),
        .kind = OTLP_CLIENT,
        .time = t->call[i],
        .error = str_equal(call->outcome, STR("ok")) ? STR("") : call->outcome,
    };
    struct otlp_attributes a = otlp_open_span(ids, &span);
    otlp_add_text(&a, "gen_ai.operation.name", str_from(names.operation));
    otlp_add_text(&a, "gen_ai.provider.name", str_from(names.provider));
    otlp_add_text(&a, "gen_ai.request.model", model);
    otlp_add_text(&a, "gen_ai.response.model", call->reported_model);
    otlp_add_text_list(&a, "gen_ai.response.finish_reasons", call->finish);
    otlp_add_known(&a, "gen_ai.usage.input_tokens", sum_known(input, 3));
    otlp_add_known(&a, "gen_ai.usage.cache_read.input_tokens", call->tokens.cache_read);
    otlp_add_known(&a, "gen_ai.usage.cache_creation.input_tokens", call->tokens.cache_write);
    otlp_add_known(&a, "gen_ai.usage.output_tokens", call->tokens.output);
    otlp_add_known(&a, "weir.usage.reasoning_tokens", call->tokens.reasoning);
    otlp_add_text(&a, "openai.response.system_fingerprint", call->fingerprint);
    otlp_add_text(&a, "error.type", span.error);
    otlp_add_text(&a, "weir.model", call->model);
    otlp_add_text(&a, "weir.dialect", call->dialect);
    otlp_add_text(&a, "weir.role", str_from(store_role_name(call->role)));
    otlp_add_text(&a, "weir.source", str_from(store_source_name(call->source)));
    otlp_add_text(&a, "weir.step.path", call->path);
    otlp_add_int(&a, "weir.repeat", call->repeat);
    if (call->superseded)
        otlp_add_bool(&a, "weir.superseded", true);
    otlp_add_text(&a, "weir.attempt_key", call->attempt_key);
    otlp_add_text(&a, "weir.request_hash", call->request_hash);
    otlp_add_int(&a, "weir.attempts", call->attempts);
    if (call->cost_nanousd >= 0)
        otlp_add_real(&a, "weir.cost_usd", (double)call->cost_nanousd / 1e9);
    otlp_add_real(&a, "weir.permit_wait_ms", (double)call->times.permit_wait_ns / 1e6);
    otlp_add_real(&a, "weir.backoff_ms", (double)call->times.backoff_ns / 1e6);
    if (call->ttft_ns >= 0)
        otlp_add_real(&a, "weir.ttft_ms", (double)call->ttft_ns / 1e6);
    if (otlp_add_body(&a, "weir.request", &call->request) < 0 ||
        otlp_add_body(&a, "weir.reply", &call->reply) < 0)
        return -1;
    otlp_close_attributes(e);
    otlp_close_span(e, &span, call->message);
    return 0;
}

static void write_attempt(const struct otlp_ids *ids, const struct store_call *call,
                          const struct store_attempt *attempt, int64_t zero)
{
    struct exporter *e = ids->e;
    int64_t from = zero + attempt->start_ns;
    bool by_key = call->attempt_key.n > 0 && !call->superseded;
    struct otlp_span span = {
        .id = otlp_id_of(ids, by_key ? call->attempt_key : STR("attempt"),
                         attempt->number + (by_key ? 0 : call->id << 8)),
        .parent = otlp_id_of_call(ids, call),
        .name = STR("POST"),
        .kind = OTLP_CLIENT,
        .time = {from, from + attempt->total_ns},
        .error = str_equal(attempt->outcome, STR("ok")) ? STR("") : attempt->outcome,
    };
    struct otlp_attributes a = otlp_open_span(ids, &span);
    otlp_add_text(&a, "http.request.method", STR("POST"));
    if (attempt->http_status > 0)
        otlp_add_int(&a, "http.response.status_code", attempt->http_status);
    if (attempt->number > 1)
        otlp_add_int(&a, "http.request.resend_count", attempt->number - 1);
    otlp_add_text(&a, "error.type", span.error);
    otlp_add_int(&a, "weir.attempt", attempt->number);
    otlp_add_text(&a, "weir.protocol", attempt->protocol);
    otlp_add_real(&a, "weir.backoff_before_ms", (double)attempt->backoff_before_ns / 1e6);
    if (attempt->connect_ns >= 0)
        otlp_add_real(&a, "weir.connect_ms", (double)attempt->connect_ns / 1e6);
    if (attempt->first_byte_ns >= 0)
        otlp_add_real(&a, "weir.first_byte_ms", (double)attempt->first_byte_ns / 1e6);
    otlp_add_bool(&a, "weir.lost", attempt->lost);
    otlp_close_attributes(e);
    otlp_close_span(e, &span, attempt->message);
}

static int write_command(const struct otlp_ids *ids, const struct export_cell *of,
                         const struct timeline *t, size_t i, const char *root)
{
    const struct store_command *command = &of->command[i];
    struct exporter *e = ids->e;
    int64_t step = t->step_of_command[i];
    bool good =
        str_equal(command->outcome, STR("ok")) || str_equal(command->outcome, STR("passed"));
    struct otlp_span span = {
        .id = otlp_id_of(ids, STR("command"), command->id),
        .parent = step >= 0 ? otlp_id_of(ids, STR("step"), of->step[step].ordinal) : root,
        .name = arena_printf(&e->arena, "program %.*s", STR_ARG(command->program)),
        .kind = OTLP_INTERNAL,
        .time = t->command[i],
        .error = good ? STR("") : command->outcome,
    };
    if (span.time.to < span.time.from)
        return 0;
    struct otlp_attributes a = otlp_open_span(ids, &span);
    otlp_add_text(&a, "process.executable.name", command->program);
    otlp_add_int(&a, "process.exit.code", command->exit_code);
    otlp_add_text(&a, "error.type", span.error);
    otlp_add_text(&a, "weir.step.path", command->path);
    otlp_add_int(&a, "weir.repeat", command->repeat);
    otlp_add_text(&a, "weir.outcome", command->outcome);
    if (command->superseded)
        otlp_add_bool(&a, "weir.superseded", true);
    otlp_add_real(&a, "weir.cpu_ms", (double)command->cpu_ns / 1e6);
    if (otlp_add_body(&a, "weir.stdout", &command->output) < 0 ||
        otlp_add_body(&a, "weir.stderr", &command->errors) < 0)
        return -1;
    otlp_close_attributes(e);
    otlp_close_span(e, &span, command->reason);
    return 0;
}

static int write_cell(struct exporter *e, const struct export_cell *of)
{
    struct otlp_ids ids = {e, otlp_trace_hash(e, of->cell)};
    struct timeline t = timeline_of(e, of);
    const char *root = otlp_id_of(&ids, STR("cell"), 0);
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
    for (size_t i = 0; i < of->commands; i++)
        if (write_command(&ids, of, &t, i, root) < 0)
            return -1;
    return 0;
}

/* ---- around them ---- */

static int begin(struct exporter *e)
{
    const struct store_run *run = store_run_row(e->store);
    buf_add_str(&e->out, STR("{\"resourceSpans\":[{\"resource\":{\"attributes\":["));
    struct otlp_attributes a = {.e = e};
    otlp_add_text(&a, "service.name", STR("weir"));
    otlp_add_text(&a, "service.version", run->weir_version);
    otlp_add_text(&a, "weir.run", run->id);
    otlp_add_text(&a, "weir.experiment", run->experiment);
    otlp_add_int(&a, "weir.seed", run->seed);
    otlp_add_bool(&a, "weir.mock", run->mock);
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
