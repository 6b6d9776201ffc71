/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_chat.c: OpenAI's Chat Completions, which most servers speak: what is sent.
 *
 * Facts: OpenAI's OpenAPI description of August 2026 (docs/providers.md). The first message has
 * role `system`: OpenAI accepts it beside the newer `developer`, and Ollama, vLLM and others know
 * no other. The largest answer is `max_completion_tokens`, since OpenAI's reasoning models refuse
 * the older `max_tokens`; a server that knows only that one gets it through `extra`. Nothing is
 * sent that the user did not set, for models refuse what they do not take.
 */
#include "llm/dialect_openai_chat.h"

#include "llm/dialect_openai_embeddings.h"
#include "llm/dialect_parts.h"
#include "llm/openai_schema.h"

/* ---- prepare ---- */

/* {"name":…,"strict":…,"parameters":…}: a function, or a named schema. */
static void add_named_schema(struct buf *out, str name, str description, bool strict,
                             const char *member, str schema)
{
    struct llm_body body = llm_body_begin(out, NULL);
    llm_body_text(&body, "name", name);
    if (description.n)
        llm_body_text(&body, "description", description);
    llm_body_bool(&body, "strict", strict);
    llm_body_raw(&body, member, schema);
    llm_body_end(&body);
}

static void add_function(struct buf *out, str name, str description, bool strict, str schema)
{
    buf_add_str(out, STR("{\"type\":\"function\",\"function\":"));
    add_named_schema(out, name, description, strict, "parameters", schema);
    buf_add_char(out, '}');
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
    buf_add_str(out, STR("/chat/completions"));
}

static const char *role_name(enum llm_role role)
{
    static const char *const names[] = {"system", "user", "assistant", "tool"};
    return names[role];
}

static void add_calls(struct llm_body *body, const struct llm_message *message)
{
    struct buf *out = body->out;
    llm_body_member(body, "tool_calls");
    for (size_t i = 0; i < message->tool_calls; i++) {
        const struct llm_tool_call *call = &message->tool_call[i];
        buf_add_str(out, i ? STR(",{\"id\":") : STR("[{\"id\":"));
        json_write_text(out, call->id);
        buf_add_str(out, STR(",\"type\":\"function\",\"function\":{\"name\":"));
        json_write_text(out, call->name);
        buf_add_str(out, STR(",\"arguments\":"));
        json_write_text(out, call->text);
        buf_add_str(out, STR("}}"));
    }
    buf_add_char(out, ']');
}

static void add_message(struct buf *out, const struct llm_message *message)
{
    if (message->raw_turn) {
        json_write(out, message->raw_turn, JSON_COMPACT);
        return;
    }
    struct llm_body body = llm_body_begin(out, NULL);
    llm_body_text(&body, "role", str_from(role_name(message->role)));
    if (message->answers)
        llm_body_text(&body, "tool_call_id", message->answers->id);
    if (message->tool_calls && message->text.n == 0)
        llm_body_raw(&body, "content", STR("null"));
    else
        llm_body_text(&body, "content", message->text);
    if (message->tool_calls)
        add_calls(&body, message);
    llm_body_end(&body);
}

/* The system text with what asks for JSON behind it. */
static void add_system_with_schema(struct buf *out, str text, str schema)
{
    struct buf whole = {0};
    buf_add_str(&whole, text);
    if (text.n)
        buf_add_str(&whole, STR("\n\n"));
    llm_write_schema_prompt(&whole, schema);
    add_message(out, &(struct llm_message){.role = LLM_SYSTEM, .text = buf_str(&whole)});
    buf_release(&whole);
}

static void add_messages(const struct llm_request *request, const struct llm_prepared *prepared,
                         struct buf *out)
{
    size_t i = 0;
    buf_add_char(out, '[');
    if (llm_schema_is(request, LLM_SCHEMA_PROMPT)) {
        bool has_system = request->message_count && request->message[0].role == LLM_SYSTEM;
        add_system_with_schema(out, has_system ? request->message[i++].text : STR(""),
                               prepared->schema);
        if (i < request->message_count)
            buf_add_char(out, ',');
    }
    if (prepared->any_object && !llm_mentions_json(request)) {
        add_message(out, &(struct llm_message){.role = LLM_SYSTEM, .text = STR(LLM_ASK_JSON)});
        if (i < request->message_count)
            buf_add_char(out, ',');
    }
    for (size_t first = i; i < request->message_count; i++) {
        if (i > first)
            buf_add_char(out, ',');
        add_message(out, &request->message[i]);
    }
    buf_add_char(out, ']');
}

static void add_params(const struct llm_params *params, struct llm_body *body)
{
    if (params->has_temperature)
        llm_body_number(body, "temperature", params->temperature);
    if (params->has_top_p)
        llm_body_number(body, "top_p", params->top_p);
    if (params->has_max_tokens)
        llm_body_int(body, "max_completion_tokens", params->max_tokens);
    if (params->has_seed)
        llm_body_int(body, "seed", params->seed);
    if (params->stop_count)
        llm_body_texts(body, "stop", params->stop, params->stop_count);
    if (params->has_effort)
        llm_body_text(body, "reasoning_effort", str_from(llm_effort_name(params->effort)));
}

/* With the schema as a tool the model must call that one, or, among others, any. */
static void add_tool_choice(const struct llm_request *request,
                            const struct llm_prepared *prepared, struct llm_body *body)
{
    if (llm_schema_is(request, LLM_SCHEMA_TOOL) &&
        (request->tools == 0 || request->tool_choice == LLM_TOOLS_NONE)) {
        if (!llm_body_member(body, "tool_choice"))
            return;
        buf_add_str(body->out, STR("{\"type\":\"function\",\"function\":{\"name\":"));
        json_write_text(body->out, prepared->schema_name);
        buf_add_str(body->out, STR("}}"));
    } else if (request->tool_choice == LLM_TOOLS_REQUIRED ||
               llm_schema_is(request, LLM_SCHEMA_TOOL)) {
        llm_body_text(body, "tool_choice", STR("required"));
    } else if (request->tool_choice == LLM_TOOLS_NONE) {
        llm_body_text(body, "tool_choice", STR("none"));
    }
}

static void add_format(const struct llm_prepared *prepared, struct buf *out)
{
    if (prepared->any_object) {
        buf_add_str(out, STR("{\"type\":\"json_object\"}"));
        return;
    }
    buf_add_str(out, STR("{\"type\":\"json_schema\",\"json_schema\":"));
    add_named_schema(out, prepared->schema_name, STR(""), prepared->strict, "schema",
                     prepared->schema);
    buf_add_char(out, '}');
}

static void encode(const struct llm_request *request, const struct llm_prepared *prepared,
                   struct buf *out)
{
    struct llm_body body = llm_body_begin(out, request->model->extra);
    llm_body_text(&body, "model", request->model->model);
    if (llm_body_member(&body, "messages"))
        add_messages(request, prepared, out);
    add_params(&request->params, &body);
    if (llm_schema_is(request, LLM_SCHEMA_NATIVE) && llm_body_member(&body, "response_format"))
        add_format(prepared, out);
    if (prepared->tools.n) {
        llm_body_raw(&body, "tools", prepared->tools);
        add_tool_choice(request, prepared, &body);
    }
    bool streams = llm_request_streams(request);
    llm_body_bool(&body, "stream", streams);
    if (streams) /* or the reply would not say what it used */
        llm_body_raw(&body, "stream_options", STR("{\"include_usage\":true}"));
    llm_body_end(&body);
}

static str check(const struct llm_request *request, struct arena *arena)
{
    return llm_schema_check(&openai_schema, request, arena);
}

const struct llm_dialect llm_dialect_openai_chat = {
    .name = "openai-chat",
    .summary = "OpenAI Chat Completions and the servers that speak it",
    .mock_path = "/v1",
    .probe_path = "/models",
    .key_header = "Authorization",
    .key_prefix = "Bearer ",
    .version_query = "api-version",
    .embedding = &openai_embedding,
    .prepare = prepare,
    .path = path,
    .encode = encode,
    .decode = openai_chat_decode,
    .decode_stream = openai_chat_decode_stream,
    .explain = openai_explain,
    .check = check,
};
