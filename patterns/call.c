/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * call.c: one model request, text or structured output.
 *
 * With a schema the value is JSON and always validated here, whatever the provider promised. A
 * reply that breaks its schema is an outcome; with `reask` the reply and what is wrong with it
 * are added to the conversation and the model is asked again, as a call of its own in the trace.
 *
 * When a model's provider fails (no good reply after its retries), the next of `fallback_models`
 * is asked the same, as a call of its own too, and stays the one that is asked. A refusal or a
 * broken schema is an answer: nobody stands in for it.
 *
 * With `tools` the model may ask for some of them in place of an answer: they are run, all of a
 * round at once, their results are added to the conversation and the model is asked again, at most
 * `max_steps` times.
 * Calls: 1 + re-asks + models that failed + rounds of tools.
 *
 *     call: {prompt: answer, schema: source_list, max_tokens: 300}
 */
#include "patterns/call_tools.h"
#include "patterns/patterns.h"

#include "plan/bind.h"
#include "plan/estimate.h"
#include "plan/size.h"
#include "run/wf.h"

/* A model that may be asked, with its parameters. */
struct candidate {
    const struct llm_model *model;
    struct llm_params params;
};

struct call {
    const struct yaml *prompt_yaml, *schema_yaml, *transform_yaml, *fallback_yaml, *tools_yaml;

    const struct prompt *prompt;
    const struct jsonschema *schema; /* NULL: text output */
    str schema_name;
    const struct transform *transform;
    size_t transforms;
    struct candidate *candidate; /* the call's own model, then those that stand in for it */
    size_t candidates;
    int64_t reask, max_steps, concurrency;
    struct call_tools tools;
    const struct scope *scope; /* of the prompt's names */
    str path;                  /* of the step, generic */
    size_t fixed_bytes;        /* of schema and tools */
};

/* The call while it runs. */
struct asking {
    const struct call *call;
    struct llm_request request;
    struct llm_message *message;
    size_t room;      /* of message */
    size_t candidate; /* who is asked */
    int64_t rounds;   /* of tools, so far */
    struct tools_use tools_use;
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
    {.key = "tools",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct call, tools_yaml),
     .word = "tool_names",
     .help = "tools of the experiment that the model may use"},
    OPT_INT(call, max_steps, .min = 1, .max = 50, .fallback = "8",
            .help = "rounds of tool use; then kind limit"),
    OPT_INT(call, concurrency, .min = 1, .max = 10000,
            .help = "requests of this step in flight, over all cells, to each of its models"),
    {.key = "fallback_models",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct call, fallback_yaml),
     .word = "model_names",
     .help = "models that are asked in turn when a provider fails"},
    OPT_END_FORM("{if: {required: [max_steps]}, then: {required: [tools]}}"),
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
    bind_check_braces(binder, call->prompt);
    return result;
}

static struct bind_wish wish_of(const struct call *call)
{
    return (struct bind_wish){call->schema, call->tools.tool, call->tools.count};
}

static int bind_own_model(const struct binder *binder, const struct yaml *value,
                          struct call *call)
{
    struct candidate *own = &call->candidate[0];
    call->candidates = 1;
    if (bind_params(binder, value, value->place, &own->model, &own->params, &call->reask) < 0 ||
        bind_reservation(binder, value->place, own->model, &own->params) < 0)
        return -1;
    const struct bind_wish wish = wish_of(call);
    int result = bind_model_check(binder, value->place, own->model, &own->params, &wish);
    if (call->prompt)
        result |= bind_context_check(binder, value->place, own->model, &own->params, &wish,
                                     call->prompt);
    return result;
}

static int bind_fallbacks(const struct binder *binder, const struct yaml *value,
                          struct call *call)
{
    const struct yaml *names = call->fallback_yaml;
    const struct bind_wish wish = wish_of(call);
    int result = 0;
    for (size_t i = 0; i < names->count; i++) {
        const struct yaml *name = names->item[i];
        struct candidate *candidate = &call->candidate[call->candidates++];
        if (name->kind != YAML_TEXT)
            result = mistake_add(binder->mistakes, name->place,
                                 "fallback_models has %s; expected the name of a model",
                                 yaml_kind_name(name));
        else
            result |= bind_fallback(binder, value, name, &wish, &candidate->model,
                                    &candidate->params);
        for (size_t k = 0; candidate->model && k + 1 < call->candidates; k++)
            if (call->candidate[k].model == candidate->model)
                result = mistake_add(binder->mistakes, name->place,
                                     "model '%.*s' would be asked twice; expected another",
                                     STR_ARG(name->text));
    }
    return result;
}

static int bind_models(const struct binder *binder, const struct yaml *value, struct call *call)
{
    const struct yaml *names = call->fallback_yaml;
    bool list = !names || yaml_is(names, YAML_LIST);
    call->candidate =
        arena_array(binder->arena, struct candidate, 1 + (names && list ? names->count : 0));
    int result = bind_own_model(binder, value, call);
    if (!list)
        return mistake_add(binder->mistakes, names->place,
                           "fallback_models is %s; expected a list of names of models",
                           yaml_kind_name(names));
    return names && result == 0 ? bind_fallbacks(binder, value, call) : result;
}

/* As a text in a prompt: what the model may write. An object is written with a blank after each
 * comma and colon, which at most doubles it. */
static struct shape_size value_size(const struct call *call)
{
    struct spread output = estimate_output(&call->candidate[0].params);
    for (size_t i = 1; i < call->candidates; i++) {
        struct spread other = estimate_output(&call->candidate[i].params);
        output.worst = other.worst > output.worst ? other.worst : output.worst;
        output.open = output.open || other.open;
    }
    const double blanks = call->schema ? 2 : 1;
    struct shape_size size = shape_size_tokens(0, output.expected, blanks * output.worst);
    size.tokens.open = output.open;
    return size;
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
    if (call->tools_yaml)
        result |= call_tools_bind(binder, call->tools_yaml, &call->tools);
    else if (yaml_get(value, STR("max_steps")))
        result |= mistake_add(binder->mistakes, yaml_get(value, STR("max_steps"))->place,
                              "max_steps counts rounds of tools, and this call has none");
    result |= bind_models(binder, value, call);
    call->scope = binder->scope;
    call->path = binder->path.n ? path_generic(binder->arena, binder->path) : STR(".");
    call->fixed_bytes = llm_request_bytes(&(struct llm_request){
        .schema = call->schema, .tool = call->tools.tool, .tools = call->tools.count});
    if (call->schema)
        *yields = shape_schema(call->schema, call->schema_name);
    else if (!call->schema_yaml && !call->transform_yaml)
        *yields = (struct shape){.kind = SHAPE_TEXT};
    if (result == 0)
        yields->size = value_size(call);
    return result;
}

static struct spread input_of(const struct call *call, const struct estimating *estimating)
{
    const double tokens_per_message = 4;
    struct spread input = spread_of_bytes((double)call->fixed_bytes);
    for (size_t i = 0; i < call->prompt->count; i++) {
        input = spread_add(input, spread_exact(tokens_per_message));
        input = spread_add(input, size_of_template(call->prompt->message[i].text, call->scope,
                                                   estimating->env, estimating->scratch));
    }
    return input;
}

/* Requests that go on with the conversation: the k-th has k replies more in it, and what was said to
 * them, which is not known. What was seen of a step is a mean over such requests too. */
static struct estimate estimate_again(const struct call *call, struct spread input,
                                      double expected, double worst,
                                      const struct estimating *estimating)
{
    struct spread reply = estimate_output(&call->candidate[0].params);
    bool seen = estimate_as_seen(estimating, call->path, &input, &reply);
    input.expected += seen ? 0 : reply.expected;
    input.worst += reply.worst * (worst + 1) / 2; /* on average */
    input.open = true;
    struct estimate request =
        estimate_exchange(call->candidate[0].model, input, reply, estimating);
    estimate_time_calls(&request, estimating, call->path);
    return estimate_times(request, 0, expected, worst);
}

static void call_estimate(const void *options, const struct estimating *estimating,
                          struct estimate *estimate)
{
    const struct call *call = options;
    const bool tools = call->tools.count > 0;
    const double rounds = tools ? (double)call->max_steps : 0;
    const struct spread prompt = input_of(call, estimating);
    for (size_t i = 0; i < call->candidates; i++) {
        const struct candidate *one = &call->candidate[i];
        struct spread input = prompt, output = estimate_output(&one->params);
        estimate_as_seen(estimating, call->path, &input, &output);
        struct estimate request = estimate_exchange(one->model, input, output, estimating);
        estimate_time_calls(&request, estimating, call->path);
        double asked = i == 0 ? 1 : 0; /* the others only when it fails */
        estimate_add(estimate, estimate_times(request, asked, asked, 1));
    }
    estimate_add(estimate, estimate_again(call, prompt, tools ? 1 : 0,
                                          (double)call->reask + rounds, estimating));
    if (tools)
        estimate_add(estimate, estimate_times(call_tools_estimate(&call->tools, estimating), 0,
                                              1, rounds));
}

/* ---- the run ---- */

enum { PROBLEMS_SHOWN = 5 };

/* The next `count` messages of the conversation; earlier ones may move. */
static struct llm_message *add_messages(struct wf *wf, struct asking *asking, size_t count)
{
    size_t have = asking->request.message_count;
    if (have + count > asking->room) {
        size_t room = have + count + 2;
        asking->message =
            arena_grow(wf_scratch(wf), asking->message, have, room, sizeof *asking->message);
        asking->room = room;
    }
    asking->request.message = asking->message;
    asking->request.message_count = have + count;
    memset(asking->message + have, 0, count * sizeof *asking->message);
    return asking->message + have;
}

static int render_messages(struct wf *wf, struct asking *asking)
{
    const struct prompt *prompt = asking->call->prompt;
    struct llm_message *message = add_messages(wf, asking, prompt->count);
    for (size_t i = 0; i < prompt->count; i++) {
        message[i].role = prompt->message[i].role;
        if (wf_render_scratch(wf, prompt->message[i].text, wf_env(wf), &message[i].text) < 0)
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
    struct jsonschema_problem *problem =
        arena_array(wf_scratch(wf), struct jsonschema_problem, PROBLEMS_SHOWN);
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

static void ask_candidate(struct wf *wf, struct asking *asking, size_t number)
{
    const struct candidate *candidate = &asking->call->candidate[number];
    asking->candidate = number;
    asking->request.model = candidate->model;
    asking->request.step = asking->call;
    asking->request.step_concurrency = asking->call->concurrency;
    asking->request.params = candidate->params;
    if (asking->request.params.has_seed)
        asking->request.params.seed += wf_trial(wf); /* or all trials would be one */
}

/* The provider failed, and there is still time: another's may answer. */
static bool may_stand_in(const struct wf *wf, const struct asking *asking)
{
    enum failure_kind kind = wf_failure(wf)->kind;
    bool provider = kind == FAILURE_PROVIDER || kind == FAILURE_TIMEOUT;
    return provider && asking->candidate + 1 < asking->call->candidates && !wf_out_of_time(wf);
}

static int fiber_fn ask_once(struct wf *wf, struct asking *asking,
                             const struct llm_reply **reply)
{
    while (wf_call(wf, &asking->request, reply) < 0) {
        if (!may_stand_in(wf, asking))
            return -1;
        wf_forgive(wf);
        ask_candidate(wf, asking, asking->candidate + 1);
        wf_note(wf, "fallback", json_new_text(wf_arena(wf), asking->request.model->name));
    }
    return 0;
}

/* Until there is an answer: as long as the model wants tools, they are run. */
static int fiber_fn ask(struct wf *wf, struct asking *asking, const struct llm_reply **reply)
{
    const struct call *call = asking->call;
    for (;;) {
        if (ask_once(wf, asking, reply) < 0)
            return -1;
        if ((*reply)->tool_calls == 0 || call->tools.count == 0)
            return 0;
        if (asking->rounds++ == call->max_steps)
            return wf_fail(wf, FAILURE_LIMIT,
                           "the model still asks for tools after %lld rounds",
                           (long long)call->max_steps);
        struct llm_message *message = add_messages(wf, asking, 1 + (*reply)->tool_calls);
        message[0] = llm_reply_turn(*reply);
        if (call_tools_answer(wf, &call->tools, *reply, &asking->tools_use, message + 1) < 0)
            return -1;
    }
}

static void add_reask(struct wf *wf, struct asking *asking, const struct llm_reply *reply,
                      str problems)
{
    struct llm_message *message = add_messages(wf, asking, 2);
    message[0] = llm_reply_turn(reply);
    str text = arena_printf(wf_arena(wf),
                            "That reply does not conform to the schema:\n%.*s\n"
                            "Answer again with JSON that does, and nothing else.",
                            STR_ARG(problems));
    message[1] = (struct llm_message){.role = LLM_USER, .text = text};
}

static int fiber_fn structured_run(struct wf *wf, struct asking *asking, const json **value)
{
    const struct call *call = asking->call;
    const struct llm_reply *reply;
    for (int64_t round = 0;; round++) {
        if (ask(wf, asking, &reply) < 0)
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
        add_reask(wf, asking, reply, problems);
    }
}

static int fiber_fn text_run(struct wf *wf, struct asking *asking, const json **value)
{
    const struct call *call = asking->call;
    const struct llm_reply *reply;
    if (ask(wf, asking, &reply) < 0)
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
    struct asking asking = {
        .call = call,
        .request = {.schema = call->schema,
                    .schema_name = call->schema_name,
                    .tool = call->tools.tool,
                    .tools = call->tools.count},
    };
    if (render_messages(wf, &asking) < 0)
        return -1;
    ask_candidate(wf, &asking, 0);
    return call->schema ? structured_run(wf, &asking, value) : text_run(wf, &asking, value);
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
