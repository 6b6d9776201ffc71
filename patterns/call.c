/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * call.c: one model request, text or structured output.
 *
 * With a schema the value is JSON and always validated here, whatever the provider promised. A
 * reply that breaks its schema is an outcome; with `reask` the reply and what is wrong with it
 * are added to the conversation and the model is asked again, as a call of its own in the trace.
 * Calls: 1 + re-asks.
 *
 *     call: {prompt: answer, schema: source_list, max_tokens: 300}
 */
#include "patterns/patterns.h"

#include "plan/bind.h"
#include "plan/estimate.h"
#include "run/wf.h"

struct call {
    const struct yaml *prompt_yaml, *schema_yaml, *transform_yaml;

    const struct prompt *prompt;
    const struct jsonschema *schema; /* NULL: text output */
    str schema_name;
    const struct transform *transform;
    size_t transforms;
    const struct llm_model *model;
    struct llm_params params;
    int64_t reask;
};

static const struct opt call_options[] = {
    {.key = "prompt",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct call, prompt_yaml),
     .word = "prompt",
     .required = true,
     .help = "a prompt's name, or the prompt in place"},
    {.key = "schema",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct call, schema_yaml),
     .word = "schema",
     .help = "structured output: a schema's name, or the schema in place"},
    {.key = "transform",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct call, transform_yaml),
     .word = "transforms",
     .help = "applied to a text reply, in order"},
    OPT_END,
};

static const struct opt *const call_also_tables[] = {llm_defaults_options};
static const struct opt_also call_also = {.tables = call_also_tables, .table_count = 1};

/* ---- before a run ---- */

static int bind_prompt_names(const struct binder *binder, const struct call *call)
{
    int result = 0;
    for (size_t i = 0; i < call->prompt->count; i++)
        result |= bind_check_names(binder, call->prompt->message[i].text, call->prompt->in_file,
                                   call->prompt_yaml->place);
    return result;
}

static int call_bind(struct binder *binder, const struct yaml *value, void *options,
                     struct shape *yields)
{
    struct call *call = options;
    int result = 0;
    call->prompt = bind_prompt(binder, call->prompt_yaml);
    result |= call->prompt ? bind_prompt_names(binder, call) : -1;
    if (call->schema_yaml)
        result |= bind_schema(binder, call->schema_yaml, &call->schema, &call->schema_name);
    if (call->transform_yaml)
        result |= transform_read(binder->arena, binder->mistakes, call->transform_yaml,
                                 &call->transform, &call->transforms);
    result |=
        bind_params(binder, value, value->place, &call->model, &call->params, &call->reask);
    if (result == 0)
        result = bind_reservation(binder, value->place, call->model, &call->params);
    if (result == 0)
        result =
            bind_model_check(binder, value->place, call->model, &call->params, call->schema);
    if (call->schema)
        *yields = shape_schema(call->schema, call->schema_name);
    else if (!call->schema_yaml && !call->transform_yaml)
        *yields = (struct shape){.kind = SHAPE_TEXT};
    return result;
}

static void call_estimate(const void *options, struct estimate *estimate)
{
    const struct call *call = options;
    *estimate = (struct estimate){1, 1, 1 + (double)call->reask};
}

/* ---- the run ---- */

enum { PROBLEMS_SHOWN = 5 };

/* Room for the prompt's messages and, behind them, two for each re-ask. */
static int render_messages(struct wf *wf, const struct call *call, struct llm_message **message)
{
    size_t room = call->prompt->count + 2 * (size_t)call->reask;
    *message = arena_array(wf_arena(wf), struct llm_message, room);
    for (size_t i = 0; i < call->prompt->count; i++) {
        (*message)[i].role = call->prompt->message[i].role;
        if (wf_render(wf, call->prompt->message[i].text, wf_env(wf), &(*message)[i].text) < 0)
            return -1;
    }
    return 0;
}

/* What is wrong with a reply, one problem a line; empty when it is as asked for. */
static str fiber_fn problems_of(struct wf *wf, const struct call *call,
                                const struct llm_reply *reply, const json **value)
{
    struct arena *arena = wf_arena(wf);
    struct json_error error = {0};
    *value = wf_parse(wf, reply->text, &error);
    if (!*value)
        return arena_printf(arena, "the reply is not JSON: line %u, column %u: %s", error.line,
                            error.col, error.what);
    struct jsonschema_problem problem[PROBLEMS_SHOWN];
    size_t count = 0;
    if (wf_valid(wf, call->schema, *value, problem, PROBLEMS_SHOWN, &count))
        return STR("");
    str text = STR("");
    for (size_t i = 0; i < count; i++)
        text = arena_printf(arena, "%.*s%sat %.*s: %.*s", STR_ARG(text), i ? "\n" : "",
                            STR_ARG(problem[i].path.n ? problem[i].path : STR("the root")),
                            STR_ARG(problem[i].text));
    return text;
}

static void add_reask(struct wf *wf, struct llm_request *request, struct llm_message *message,
                      str reply, str problems)
{
    message[request->message_count++] = (struct llm_message){LLM_ASSISTANT, reply};
    str text = arena_printf(wf_arena(wf),
                            "That reply does not conform to the schema:\n%.*s\n"
                            "Answer again with JSON that does, and nothing else.",
                            STR_ARG(problems));
    message[request->message_count++] = (struct llm_message){LLM_USER, text};
}

static int fiber_fn structured_run(struct wf *wf, const struct call *call,
                                   struct llm_request *request, struct llm_message *message,
                                   const json **value)
{
    const struct llm_reply *reply;
    for (int64_t round = 0;; round++) {
        if (wf_call(wf, request, &reply) < 0)
            return -1;
        if (reply->refused)
            return wf_fail(wf, FAILURE_REFUSED, "the model refused: %.*s",
                           STR_ARG(reply->message));
        str problems = reply->finish == LLM_FINISH_LENGTH
                           ? STR("the reply was cut off at max_tokens")
                           : problems_of(wf, call, reply, value);
        if (problems.n == 0)
            return 0;
        if (round == call->reask) {
            wf_fail_value(wf, json_new_text(wf_arena(wf), reply->text));
            return wf_fail(wf, FAILURE_SCHEMA, "%.*s", STR_ARG(problems));
        }
        add_reask(wf, request, message, reply->text, problems);
    }
}

static int fiber_fn text_run(struct wf *wf, const struct call *call,
                             struct llm_request *request, const json **value)
{
    const struct llm_reply *reply;
    if (wf_call(wf, request, &reply) < 0)
        return -1;
    if (reply->refused)
        return wf_fail(wf, FAILURE_REFUSED, "the model refused: %.*s", STR_ARG(reply->message));
    if (reply->finish == LLM_FINISH_LENGTH)
        wf_note(wf, "truncated", json_new_bool(true));
    const json *text = json_new_text(wf_arena(wf), str_trim(reply->text));
    *value = wf_transform(wf, call->transform, call->transforms, text);
    return 0;
}

static int fiber_fn call_run(struct wf *wf, const void *options, const json **value)
{
    const struct call *call = options;
    struct llm_message *message;
    if (render_messages(wf, call, &message) < 0)
        return -1;
    struct llm_request request = {
        .model = call->model,
        .message = message,
        .message_count = call->prompt->count,
        .schema = call->schema,
        .schema_name = call->schema_name,
        .params = call->params,
    };
    if (request.params.has_seed)
        request.params.seed += wf_trial(wf); /* or all trials would be one */
    return call->schema ? structured_run(wf, call, &request, message, value)
                        : text_run(wf, call, &request, value);
}

const struct pattern pattern_call = {
    .name = "call",
    .summary = "one model request, text or structured output",
    .options = call_options,
    .options_size = sizeof(struct call),
    .also = &call_also,
    .bind = call_bind,
    .run = call_run,
    .estimate = call_estimate,
};
