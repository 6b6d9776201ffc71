/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_gemini.c: Gemini's generateContent: what is sent.
 *
 * Facts: Google's SDKs and documentation of November 2026 (docs/providers.md). The model and the
 * choice to stream are in the path, not in the body; the version of the API is its first part.
 * What goes back to the model of its own turn must hold its thought signatures, so a turn that
 * called tools is sent as it came.
 */
#include "llm/dialect_gemini.h"

#include "llm/dialect_parts.h"
#include "llm/gemini_schema.h"

#define VERSION "v1beta"

/* ---- prepare ---- */

static void add_declaration(struct buf *out, str name, str description, bool strict, str schema)
{
    (void)strict; /* there is no such word */
    struct llm_body body = llm_body_begin(out, NULL);
    llm_body_text(&body, "name", name);
    if (description.n)
        llm_body_text(&body, "description", description);
    llm_body_raw(&body, "parametersJsonSchema", schema);
    llm_body_end(&body);
}

static const struct llm_form form = {.subset = &gemini_schema,
                                     .add_tool = add_declaration,
                                     .names_by_title = true,
                                     .always_subset = true};

static void prepare(const struct llm_request *request, struct arena *arena,
                    struct llm_prepared *prepared)
{
    llm_prepare(&form, request, arena, prepared);
    if (prepared->tools.n)
        prepared->tools =
            arena_printf(arena, "[{\"functionDeclarations\":%.*s}]", STR_ARG(prepared->tools));
}

/* ---- path ---- */

/* A name such as "tunedModels/x" is a path of its own; any other is one of models/. */
void gemini_path(const struct llm_model *model, const char *method, struct buf *out)
{
    str version = llm_api_version(model->provider);
    buf_add_char(out, '/');
    llm_write_escaped(out, version, "");
    buf_add_str(out, memchr(model->model.p, '/', model->model.n) ? STR("/") : STR("/models/"));
    llm_write_escaped(out, model->model, "/");
    buf_add_str(out, str_from(method));
}

static void path(const struct llm_request *request, struct buf *out)
{
    bool streams = llm_request_streams(request);
    gemini_path(request->model, streams ? ":streamGenerateContent?alt=sse" : ":generateContent",
                out);
}

/* ---- contents ---- */

static void add_text_part(struct buf *out, str text)
{
    struct llm_body part = llm_body_begin(out, NULL);
    llm_body_text(&part, "text", text);
    llm_body_end(&part);
}

static void add_call_part(struct buf *out, const struct llm_tool_call *call)
{
    struct llm_body part = llm_body_begin(out, NULL), inner;
    llm_body_object(&part, "functionCall", &inner);
    if (call->id.n)
        llm_body_text(&inner, "id", call->id);
    llm_body_text(&inner, "name", call->name);
    if (json_is(call->arguments, JSON_OBJECT))
        llm_body_json(&inner, "args", call->arguments);
    llm_body_end(&inner);
    llm_body_end(&part);
}

/* The response must be an object: anything else becomes a member of one. */
static void add_response(struct llm_body *body, const struct llm_message *message)
{
    struct arena scratch = {0};
    const json *value = json_parse(&scratch, message->text, NULL);
    struct llm_body response;
    if (json_is(value, JSON_OBJECT) && !message->failed) {
        llm_body_json(body, "response", value);
    } else if (llm_body_object(body, "response", &response)) {
        const char *name = message->failed ? "error" : "result";
        if (value)
            llm_body_json(&response, name, value);
        else
            llm_body_text(&response, name, message->text);
        llm_body_end(&response);
    }
    arena_release(&scratch);
}

static void add_result_part(struct buf *out, const struct llm_message *message)
{
    struct llm_body part = llm_body_begin(out, NULL), inner;
    llm_body_object(&part, "functionResponse", &inner);
    if (message->answers->id.n)
        llm_body_text(&inner, "id", message->answers->id);
    llm_body_text(&inner, "name", message->answers->name);
    add_response(&inner, message);
    llm_body_end(&inner);
    llm_body_end(&part);
}

static void add_model_turn(struct buf *out, const struct llm_message *message)
{
    if (message->raw_turn) {
        json_write(out, message->raw_turn, JSON_COMPACT);
        return;
    }
    buf_add_str(out, STR("{\"role\":\"model\",\"parts\":["));
    if (message->text.n || message->tool_calls == 0)
        add_text_part(out, message->text);
    for (size_t i = 0; i < message->tool_calls; i++) {
        if (i || message->text.n)
            buf_add_char(out, ',');
        add_call_part(out, &message->tool_call[i]);
    }
    buf_add_str(out, STR("]}"));
}

/* The results of a round are one content. Returns how many there were. */
static size_t add_results(struct buf *out, const struct llm_message *message, size_t most)
{
    size_t n = 0;
    buf_add_str(out, STR("{\"role\":\"user\",\"parts\":["));
    for (; n < most && message[n].role == LLM_TOOL; n++) {
        if (n)
            buf_add_char(out, ',');
        add_result_part(out, &message[n]);
    }
    buf_add_str(out, STR("]}"));
    return n;
}

static void add_contents(const struct llm_request *request, struct buf *out)
{
    bool comma = false;
    buf_add_char(out, '[');
    for (size_t i = 0; i < request->message_count; i++) {
        const struct llm_message *message = &request->message[i];
        if (message->role == LLM_SYSTEM)
            continue;
        if (comma)
            buf_add_char(out, ',');
        comma = true;
        if (message->role == LLM_TOOL) {
            i += add_results(out, message, request->message_count - i) - 1;
        } else if (message->role == LLM_ASSISTANT) {
            add_model_turn(out, message);
        } else {
            buf_add_str(out, STR("{\"role\":\"user\",\"parts\":["));
            add_text_part(out, message->text);
            buf_add_str(out, STR("]}"));
        }
    }
    buf_add_char(out, ']');
}

/* ---- the rest ---- */

static const char *level_name(enum llm_effort effort)
{
    static const char *const names[] = {"MINIMAL", "LOW", "MEDIUM", "HIGH"};
    return names[effort];
}

static bool has_config(const struct llm_request *request)
{
    const struct llm_params *params = &request->params;
    return params->has_temperature || params->has_top_p || params->has_max_tokens ||
           params->has_seed || params->has_effort || params->stop_count ||
           llm_schema_is(request, LLM_SCHEMA_NATIVE);
}

static void add_config(const struct llm_request *request, const struct llm_prepared *prepared,
                       struct llm_body *body)
{
    const struct llm_params *params = &request->params;
    struct llm_body config, thinking;
    if (!has_config(request) || !llm_body_object(body, "generationConfig", &config))
        return;
    if (params->has_temperature)
        llm_body_number(&config, "temperature", params->temperature);
    if (params->has_top_p)
        llm_body_number(&config, "topP", params->top_p);
    if (params->has_max_tokens)
        llm_body_int(&config, "maxOutputTokens", params->max_tokens);
    if (params->has_seed)
        llm_body_int(&config, "seed", params->seed);
    if (params->stop_count)
        llm_body_texts(&config, "stopSequences", params->stop, params->stop_count);
    if (params->has_effort && llm_body_object(&config, "thinkingConfig", &thinking)) {
        llm_body_text(&thinking, "thinkingLevel", str_from(level_name(params->effort)));
        llm_body_end(&thinking);
    }
    if (llm_schema_is(request, LLM_SCHEMA_NATIVE)) {
        llm_body_text(&config, "responseMimeType", STR("application/json"));
        llm_body_raw(&config, "responseJsonSchema", prepared->schema);
    }
    llm_body_end(&config);
}

static void add_tool_config(const struct llm_request *request,
                            const struct llm_prepared *prepared, struct llm_body *body)
{
    struct llm_body config, calling;
    bool output = llm_schema_is(request, LLM_SCHEMA_TOOL);
    if ((!output && request->tool_choice == LLM_TOOLS_AUTO) ||
        !llm_body_object(body, "toolConfig", &config))
        return;
    if (llm_body_object(&config, "functionCallingConfig", &calling)) {
        bool any = output || request->tool_choice == LLM_TOOLS_REQUIRED;
        llm_body_text(&calling, "mode", any ? STR("ANY") : STR("NONE"));
        if (output && request->tools && request->tool_choice == LLM_TOOLS_NONE)
            llm_body_texts(&calling, "allowedFunctionNames", &prepared->schema_name, 1);
        llm_body_end(&calling);
    }
    llm_body_end(&config);
}

static void encode(const struct llm_request *request, const struct llm_prepared *prepared,
                   struct buf *out)
{
    struct arena scratch = {0};
    str system = llm_system_text(request, prepared, &scratch);
    struct llm_body body = llm_body_begin(out, request->model->extra);
    if (system.n && llm_body_member(&body, "systemInstruction")) {
        buf_add_str(out, STR("{\"parts\":["));
        add_text_part(out, system);
        buf_add_str(out, STR("]}"));
    }
    if (llm_body_member(&body, "contents"))
        add_contents(request, out);
    add_config(request, prepared, &body);
    if (prepared->tools.n) {
        llm_body_raw(&body, "tools", prepared->tools);
        add_tool_config(request, prepared, &body);
    }
    llm_body_end(&body);
    arena_release(&scratch);
}

/* proto-JSON accepts names with underscores too: a second one would stand beside weir's. */
static str check(const struct llm_request *request, struct arena *arena)
{
    static const char *const own[] = {"contents",           "systemInstruction",
                                      "system_instruction", "generation_config",
                                      "tool_config",        NULL};
    str problem = llm_check_extra(request, arena, own);
    return problem.n ? problem : llm_schema_check(&gemini_schema, request, arena);
}

const struct llm_dialect llm_dialect_gemini = {
    .name = "gemini",
    .summary = "Gemini's generateContent",
    .mock_path = "",
    .probe_path = "/" VERSION "/models",
    .key_header = "x-goog-api-key",
    .key_prefix = "",
    .version = VERSION,
    .embedding = &gemini_embedding,
    .prepare = prepare,
    .path = path,
    .encode = encode,
    .decode = gemini_decode,
    .decode_stream = gemini_decode_stream,
    .ends_unsaid = true,
    .explain = gemini_explain,
    .check = check,
};
