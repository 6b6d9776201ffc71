/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_anthropic_messages.c: Anthropic Messages: what is sent.
 *
 * Facts: Anthropic's SDKs and documentation of November 2026 (docs/providers.md). max_tokens is
 * required, so it is always sent. There is no seed. Temperature and top_p exist in version
 * 2023-06-01 only, which is therefore what is asked for unless api_version says otherwise.
 */
#include "llm/dialect_anthropic_messages.h"

#include "llm/anthropic_schema.h"
#include "llm/dialect_parts.h"

enum { MAX_TOKENS = 1024 };

#define VERSION               "2023-06-01"
#define VERSION_WITHOUT_PARAM "2026-10-21" /* the first without temperature and top_p */

/* ---- prepare ---- */

static void add_tool(struct buf *out, str name, str description, bool strict, str schema)
{
    struct llm_body body = llm_body_begin(out, NULL);
    llm_body_text(&body, "name", name);
    if (description.n)
        llm_body_text(&body, "description", description);
    llm_body_raw(&body, "input_schema", schema);
    if (strict)
        llm_body_bool(&body, "strict", true);
    llm_body_end(&body);
}

static const struct llm_form form = {
    .subset = &anthropic_schema, .add_tool = add_tool, .names_by_title = true};

static void prepare(const struct llm_request *request, struct arena *arena,
                    struct llm_prepared *prepared)
{
    llm_prepare(&form, request, arena, prepared);
}

/* ---- messages ---- */

static void path(const struct llm_request *request, struct buf *out)
{
    (void)request;
    buf_add_str(out, STR("/v1/messages"));
}

static void add_call(struct buf *out, const struct llm_tool_call *call)
{
    struct llm_body body = llm_body_begin(out, NULL);
    llm_body_text(&body, "type", STR("tool_use"));
    llm_body_text(&body, "id", call->id);
    llm_body_text(&body, "name", call->name);
    if (json_is(call->arguments, JSON_OBJECT))
        llm_body_json(&body, "input", call->arguments);
    else
        llm_body_raw(&body, "input", STR("{}"));
    llm_body_end(&body);
}

static void add_assistant(struct buf *out, const struct llm_message *message)
{
    struct llm_body body = llm_body_begin(out, NULL);
    llm_body_text(&body, "role", STR("assistant"));
    if (message->raw_turn) {
        llm_body_json(&body, "content", message->raw_turn);
    } else if (message->tool_calls == 0) {
        llm_body_text(&body, "content", message->text);
    } else if (llm_body_member(&body, "content")) {
        buf_add_char(out, '[');
        if (message->text.n) {
            struct llm_body text = llm_body_begin(out, NULL);
            llm_body_text(&text, "type", STR("text"));
            llm_body_text(&text, "text", message->text);
            llm_body_end(&text);
        }
        for (size_t i = 0; i < message->tool_calls; i++) {
            if (i || message->text.n)
                buf_add_char(out, ',');
            add_call(out, &message->tool_call[i]);
        }
        buf_add_char(out, ']');
    }
    llm_body_end(&body);
}

static void add_user(struct buf *out, str text)
{
    struct llm_body body = llm_body_begin(out, NULL);
    llm_body_text(&body, "role", STR("user"));
    llm_body_text(&body, "content", text);
    llm_body_end(&body);
}

static void add_result(struct buf *out, const struct llm_message *message)
{
    struct llm_body body = llm_body_begin(out, NULL);
    llm_body_text(&body, "type", STR("tool_result"));
    llm_body_text(&body, "tool_use_id", message->answers->id);
    if (message->text.n)
        llm_body_text(&body, "content", message->text);
    if (message->failed)
        llm_body_bool(&body, "is_error", true);
    llm_body_end(&body);
}

/* The results of a round are one user message. Returns how many there were. */
static size_t add_results(struct buf *out, const struct llm_message *message, size_t most)
{
    size_t n = 0;
    buf_add_str(out, STR("{\"role\":\"user\",\"content\":["));
    for (; n < most && message[n].role == LLM_TOOL; n++) {
        if (n)
            buf_add_char(out, ',');
        add_result(out, &message[n]);
    }
    buf_add_str(out, STR("]}"));
    return n;
}

/* An assistant's turn without text cannot be sent; without it its neighbours are merged. */
static bool is_left_out(const struct llm_message *message)
{
    return message->role == LLM_SYSTEM ||
           (message->role == LLM_ASSISTANT && !message->raw_turn && message->tool_calls == 0 &&
            message->text.n == 0);
}

static void add_messages(const struct llm_request *request, struct buf *out)
{
    bool comma = false;
    buf_add_char(out, '[');
    for (size_t i = 0; i < request->message_count; i++) {
        const struct llm_message *message = &request->message[i];
        if (is_left_out(message))
            continue;
        if (comma)
            buf_add_char(out, ',');
        comma = true;
        if (message->role == LLM_TOOL)
            i += add_results(out, message, request->message_count - i) - 1;
        else if (message->role == LLM_ASSISTANT)
            add_assistant(out, message);
        else
            add_user(out, message->text);
    }
    buf_add_char(out, ']');
}

/* ---- the rest ---- */

static void add_params(const struct llm_params *params, struct llm_body *body)
{
    llm_body_int(body, "max_tokens", params->has_max_tokens ? params->max_tokens : MAX_TOKENS);
    if (params->has_temperature)
        llm_body_number(body, "temperature", params->temperature);
    if (params->has_top_p)
        llm_body_number(body, "top_p", params->top_p);
    if (params->stop_count)
        llm_body_texts(body, "stop_sequences", params->stop, params->stop_count);
}

static void add_output_config(const struct llm_request *request,
                              const struct llm_prepared *prepared, struct llm_body *body)
{
    struct llm_body config, format;
    bool native = llm_schema_is(request, LLM_SCHEMA_NATIVE);
    if ((!native && !request->params.has_effort) ||
        !llm_body_object(body, "output_config", &config))
        return;
    if (request->params.has_effort)
        llm_body_text(&config, "effort", str_from(llm_effort_name(request->params.effort)));
    if (native && llm_body_object(&config, "format", &format)) {
        llm_body_text(&format, "type", STR("json_schema"));
        llm_body_raw(&format, "schema", prepared->schema);
        llm_body_end(&format);
    }
    llm_body_end(&config);
}

static void add_tool_choice(const struct llm_request *request,
                            const struct llm_prepared *prepared, struct llm_body *body)
{
    struct llm_body choice;
    bool output = llm_schema_is(request, LLM_SCHEMA_TOOL);
    bool only_output =
        output && (request->tools == 0 || request->tool_choice == LLM_TOOLS_NONE);
    if ((!output && request->tool_choice == LLM_TOOLS_AUTO) ||
        !llm_body_object(body, "tool_choice", &choice))
        return;
    if (only_output) {
        llm_body_text(&choice, "type", STR("tool"));
        llm_body_text(&choice, "name", prepared->schema_name);
    } else if (output || request->tool_choice == LLM_TOOLS_REQUIRED) {
        llm_body_text(&choice, "type", STR("any"));
    } else {
        llm_body_text(&choice, "type", STR("none"));
    }
    llm_body_end(&choice);
}

static void encode(const struct llm_request *request, const struct llm_prepared *prepared,
                   struct buf *out)
{
    struct arena scratch = {0};
    str system = llm_system_text(request, prepared, &scratch);
    struct llm_body body = llm_body_begin(out, request->model->extra);
    llm_body_text(&body, "model", request->model->model);
    if (system.n)
        llm_body_text(&body, "system", system);
    if (llm_body_member(&body, "messages"))
        add_messages(request, out);
    add_params(&request->params, &body);
    add_output_config(request, prepared, &body);
    if (prepared->tools.n) {
        llm_body_raw(&body, "tools", prepared->tools);
        add_tool_choice(request, prepared, &body);
    }
    llm_body_bool(&body, "stream", llm_request_streams(request));
    llm_body_end(&body);
    arena_release(&scratch);
}

/* Versions are dates, so their order is that of their texts. */
static bool takes_sampling(const struct llm_provider *provider)
{
    return str_compare(llm_api_version(provider), STR(VERSION_WITHOUT_PARAM)) < 0;
}

static str check(const struct llm_request *request, struct arena *arena)
{
    static const char *const own[] = {"system", NULL};
    const struct llm_params *params = &request->params;
    const struct llm_model *model = request->model;
    if (params->has_seed)
        return llm_cannot_take(request, arena, "a seed");
    if (params->has_effort && params->effort == LLM_EFFORT_MINIMAL)
        return arena_printf(arena,
                            "model '%.*s' cannot take reasoning_effort minimal: "
                            "anthropic-messages knows low, medium and high",
                            STR_ARG(model->name));
    if ((params->has_temperature || params->has_top_p) && !takes_sampling(model->provider))
        return arena_printf(arena,
                            "model '%.*s' cannot take %s: version " VERSION_WITHOUT_PARAM
                            " of the API has no such thing; " VERSION " has",
                            STR_ARG(model->name),
                            params->has_temperature ? "temperature" : "top_p");
    str problem = llm_check_extra(request, arena, own);
    return problem.n ? problem : llm_schema_check(&anthropic_schema, request, arena);
}

const struct llm_dialect llm_dialect_anthropic_messages = {
    .name = "anthropic-messages",
    .summary = "Anthropic Messages",
    .mock_path = "",
    .probe_path = "/v1/models",
    .key_header = "x-api-key",
    .key_prefix = "",
    .version_header = "anthropic-version",
    .version = VERSION,
    .max_tokens = MAX_TOKENS,
    .prepare = prepare,
    .path = path,
    .encode = encode,
    .decode = anthropic_decode,
    .decode_stream = anthropic_decode_stream,
    .explain = anthropic_explain,
    .check = check,
};
