/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_responses.c: OpenAI Responses: what is sent.
 *
 * Facts: OpenAI's OpenAPI description of August 2026 (docs/providers.md). Nothing is stored at the
 * provider (`store: false`), so a conversation carries its own past: a turn that called tools goes
 * back as the items it came as, reasoning included. This API has neither `stop` nor `seed`.
 */
#include "llm/dialect_openai_responses.h"

#include "llm/dialect_openai_chat.h"
#include "llm/dialect_openai_embeddings.h"
#include "llm/dialect_parts.h"
#include "llm/openai_schema.h"

enum { MAX_TOKENS_LEAST = 16 };

/* ---- prepare ---- */

static void add_function(struct buf *out, str name, str description, bool strict, str schema)
{
    struct llm_body body = llm_body_begin(out, NULL);
    llm_body_text(&body, "type", STR("function"));
    llm_body_text(&body, "name", name);
    if (description.n)
        llm_body_text(&body, "description", description);
    llm_body_bool(&body, "strict", strict);
    llm_body_raw(&body, "parameters", schema);
    llm_body_end(&body);
}

static const struct llm_form form = {
    .subset = &openai_schema, .add_tool = add_function, .has_json_object = true};

static void prepare(const struct llm_request *request, struct arena *arena,
                    struct llm_prepared *prepared)
{
    llm_prepare(&form, request, arena, prepared);
}

/* ---- encode ---- */

static void path(const struct llm_request *request, struct buf *out)
{
    (void)request;
    buf_add_str(out, STR("/responses"));
}

struct input {
    struct buf *out;
    bool comma, stored;
};

static void next_item(struct input *input)
{
    if (input->comma)
        buf_add_char(input->out, ',');
    input->comma = true;
}

static void add_text(struct input *input, const struct llm_message *message)
{
    next_item(input);
    struct llm_body body = llm_body_begin(input->out, NULL);
    llm_body_text(&body, "role",
                  message->role == LLM_ASSISTANT ? STR("assistant") : STR("user"));
    llm_body_text(&body, "content", message->text);
    llm_body_end(&body);
}

static void add_call(struct input *input, const struct llm_tool_call *call)
{
    next_item(input);
    struct llm_body body = llm_body_begin(input->out, NULL);
    llm_body_text(&body, "type", STR("function_call"));
    llm_body_text(&body, "call_id", call->id);
    llm_body_text(&body, "name", call->name);
    llm_body_text(&body, "arguments", call->text);
    llm_body_end(&body);
}

static void add_result(struct input *input, const struct llm_message *message)
{
    next_item(input);
    struct llm_body body = llm_body_begin(input->out, NULL);
    llm_body_text(&body, "type", STR("function_call_output"));
    llm_body_text(&body, "call_id", message->answers->id);
    llm_body_text(&body, "output", message->text);
    llm_body_end(&body);
}

/* The provider keeps nothing, so reasoning without its encrypted content would be a reference to
 * what it does not have. */
static void add_raw_turn(struct input *input, const json *items)
{
    for (const json *item = json_first(items); item; item = json_next(item)) {
        bool reasoning = str_equal(json_text(json_get(item, STR("type"))), STR("reasoning"));
        if (reasoning && !input->stored &&
            json_text(json_get(item, STR("encrypted_content"))).n == 0)
            continue;
        next_item(input);
        json_write(input->out, item, JSON_COMPACT);
    }
}

static void add_message(struct input *input, const struct llm_message *message)
{
    if (message->role == LLM_TOOL) {
        add_result(input, message);
    } else if (message->raw_turn) {
        add_raw_turn(input, message->raw_turn);
    } else {
        if (message->text.n || message->tool_calls == 0)
            add_text(input, message);
        for (size_t i = 0; i < message->tool_calls; i++)
            add_call(input, &message->tool_call[i]);
    }
}

static void add_input(const struct llm_request *request, const struct llm_prepared *prepared,
                      struct buf *out)
{
    struct input input = {
        .out = out,
        .stored = json_bool(json_get(request->model->extra, STR("store"))),
    };
    buf_add_char(out, '[');
    /* Instructions may not count. */
    if (prepared->any_object && !llm_mentions_json(request)) {
        next_item(&input);
        buf_add_str(out, STR("{\"role\":\"developer\",\"content\":\"" LLM_ASK_JSON "\"}"));
    }
    for (size_t i = 0; i < request->message_count; i++)
        if (request->message[i].role != LLM_SYSTEM)
            add_message(&input, &request->message[i]);
    buf_add_char(out, ']');
}

static void add_format(const struct llm_request *request, const struct llm_prepared *prepared,
                       struct llm_body *body)
{
    struct llm_body text, format;
    if (!llm_schema_is(request, LLM_SCHEMA_NATIVE) || !llm_body_object(body, "text", &text))
        return;
    if (llm_body_object(&text, "format", &format)) {
        llm_body_text(&format, "type",
                      prepared->any_object ? STR("json_object") : STR("json_schema"));
        if (!prepared->any_object) {
            llm_body_text(&format, "name", prepared->schema_name);
            llm_body_bool(&format, "strict", prepared->strict);
            llm_body_raw(&format, "schema", prepared->schema);
        }
        llm_body_end(&format);
    }
    llm_body_end(&text);
}

static void add_tool_choice(const struct llm_request *request,
                            const struct llm_prepared *prepared, struct llm_body *body)
{
    bool output = llm_schema_is(request, LLM_SCHEMA_TOOL);
    if (output && (request->tools == 0 || request->tool_choice == LLM_TOOLS_NONE)) {
        struct llm_body choice;
        if (!llm_body_object(body, "tool_choice", &choice))
            return;
        llm_body_text(&choice, "type", STR("function"));
        llm_body_text(&choice, "name", prepared->schema_name);
        llm_body_end(&choice);
    } else if (output || request->tool_choice == LLM_TOOLS_REQUIRED) {
        llm_body_text(body, "tool_choice", STR("required"));
    } else if (request->tool_choice == LLM_TOOLS_NONE) {
        llm_body_text(body, "tool_choice", STR("none"));
    }
}

static void add_params(const struct llm_params *params, struct llm_body *body)
{
    struct llm_body reasoning;
    if (params->has_temperature)
        llm_body_number(body, "temperature", params->temperature);
    if (params->has_top_p)
        llm_body_number(body, "top_p", params->top_p);
    if (params->has_max_tokens)
        llm_body_int(body, "max_output_tokens", params->max_tokens);
    if (params->has_effort && llm_body_object(body, "reasoning", &reasoning)) {
        llm_body_text(&reasoning, "effort", str_from(llm_effort_name(params->effort)));
        llm_body_end(&reasoning);
    }
}

static void encode(const struct llm_request *request, const struct llm_prepared *prepared,
                   struct buf *out)
{
    struct arena scratch = {0};
    str system = llm_system_text(request, prepared, &scratch);
    struct llm_body body = llm_body_begin(out, request->model->extra);
    llm_body_text(&body, "model", request->model->model);
    if (system.n)
        llm_body_text(&body, "instructions", system);
    if (llm_body_member(&body, "input"))
        add_input(request, prepared, out);
    add_params(&request->params, &body);
    add_format(request, prepared, &body);
    if (prepared->tools.n) {
        llm_body_raw(&body, "tools", prepared->tools);
        add_tool_choice(request, prepared, &body);
    }
    llm_body_bool(&body, "store", false);
    llm_body_bool(&body, "stream", llm_request_streams(request));
    llm_body_end(&body);
    arena_release(&scratch);
}

static str check(const struct llm_request *request, struct arena *arena)
{
    static const char *const own[] = {"input", "instructions", NULL};
    const struct llm_params *params = &request->params;
    if (params->has_seed)
        return llm_cannot_take(request, arena, "a seed");
    if (params->stop_count)
        return llm_cannot_take(request, arena, "stop");
    if (params->has_max_tokens && params->max_tokens < MAX_TOKENS_LEAST)
        return arena_printf(
            arena,
            "model '%.*s' cannot take max_tokens %lld: openai-responses wants at "
            "least %d",
            STR_ARG(request->model->name), (long long)params->max_tokens, MAX_TOKENS_LEAST);
    str problem = llm_check_extra(request, arena, own);
    return problem.n ? problem : llm_schema_check(&openai_schema, request, arena);
}

const struct llm_dialect llm_dialect_openai_responses = {
    .name = "openai-responses",
    .summary = "OpenAI Responses",
    .mock_path = "/v1",
    .probe_path = "/models",
    .key_header = "Authorization",
    .key_prefix = "Bearer ",
    .version_query = "api-version",
    .embedding = &openai_embedding,
    .prepare = prepare,
    .path = path,
    .encode = encode,
    .decode = openai_responses_decode,
    .decode_stream = openai_responses_decode_stream,
    .explain = openai_explain,
    .check = check,
};
