/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_chat.c: OpenAI's Chat Completions, which most servers speak.
 *
 * Facts: OpenAI's OpenAPI description of August 2026 (docs/providers.md). The first message has
 * role `system`: OpenAI accepts it beside the newer `developer`, and Ollama, vLLM and others know
 * no other. The largest answer is `max_completion_tokens`, since OpenAI's reasoning models refuse
 * the older `max_tokens`; a server that knows only that one gets it through `extra`. Nothing is
 * sent that the user did not set, for models refuse what they do not take.
 */
#include "llm/dialect.h"

#include "llm/openai_schema.h"

/* ---- prepare ---- */

enum { NAME_BYTES_MOST = 64 };

static str schema_name_of(struct arena *arena, str name)
{
    if (name.n == 0)
        return STR("output");
    size_t n = name.n < NAME_BYTES_MOST ? name.n : NAME_BYTES_MOST;
    char *text = arena_alloc(arena, n + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = char_is_alnum(name.p[i]) || name.p[i] == '-' ? name.p[i] : '_';
    return (str){text, n};
}

static void prepare(const struct llm_model *model, const struct jsonschema *schema,
                    str schema_name, struct arena *arena, struct llm_prepared *prepared)
{
    *prepared = (struct llm_prepared){0};
    if (schema) {
        const json *source = jsonschema_source(schema), *strict = NULL;
        const char *why;
        if (model->capabilities.schema != LLM_SCHEMA_PROMPT)
            strict = openai_schema_strict(arena, source, &why);
        prepared->strict = strict != NULL;
        prepared->schema = json_to_str(arena, strict ? strict : source, JSON_COMPACT);
        prepared->schema_name = schema_name_of(arena, schema_name);
    }
    struct buf extra = {0};
    for (const json *item = json_first(model->extra); item; item = json_next(item)) {
        buf_add_char(&extra, ',');
        json_write_text(&extra, json_key(item));
        buf_add_char(&extra, ':');
        json_write(&extra, item, JSON_COMPACT);
    }
    prepared->extra = arena_str(arena, buf_str(&extra));
    buf_release(&extra);
}

/* ---- encode ---- */

static void path(const struct llm_request *request, struct buf *out)
{
    (void)request;
    buf_add_str(out, STR("/chat/completions"));
}

/* The beginning of a member, unless `extra` sets that member. */
static bool begin(const struct llm_request *request, const char *key, struct buf *out)
{
    if (request->model->extra && json_get(request->model->extra, str_from(key)))
        return false;
    buf_add_str(out, STR(",\""));
    buf_add_str(out, str_from(key));
    buf_add_str(out, STR("\":"));
    return true;
}

static void add_int(struct buf *out, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (value < 0)
        digits[--at] = '-';
    buf_add(out, digits + at, sizeof digits - at);
}

static const char *role_name(enum llm_role role)
{
    static const char *const names[] = {"system", "user", "assistant"};
    return names[role];
}

static void add_message(struct buf *out, enum llm_role role, str text)
{
    buf_add_str(out, STR("{\"role\":\""));
    buf_add_str(out, str_from(role_name(role)));
    buf_add_str(out, STR("\",\"content\":"));
    json_write_text(out, text);
    buf_add_char(out, '}');
}

/* The system text with what asks for JSON behind it. */
static void add_system_with_schema(struct buf *out, str text, str schema)
{
    struct buf whole = {0};
    buf_add_str(&whole, text);
    if (text.n)
        buf_add_str(&whole, STR("\n\n"));
    llm_write_schema_prompt(&whole, schema);
    add_message(out, LLM_SYSTEM, buf_str(&whole));
    buf_release(&whole);
}

static void add_messages(const struct llm_request *request, const struct llm_prepared *prepared,
                         struct buf *out)
{
    size_t i = 0;
    buf_add_str(out, STR(",\"messages\":["));
    if (prepared->schema.n && request->model->capabilities.schema == LLM_SCHEMA_PROMPT) {
        bool has_system = request->message_count && request->message[0].role == LLM_SYSTEM;
        add_system_with_schema(out, has_system ? request->message[i++].text : STR(""),
                               prepared->schema);
        if (i < request->message_count)
            buf_add_char(out, ',');
    }
    for (size_t first = i; i < request->message_count; i++) {
        if (i > first)
            buf_add_char(out, ',');
        add_message(out, request->message[i].role, request->message[i].text);
    }
    buf_add_char(out, ']');
}

static void add_params(const struct llm_request *request, struct buf *out)
{
    const struct llm_params *params = &request->params;
    if (params->has_temperature && begin(request, "temperature", out))
        json_write_number(out, params->temperature);
    if (params->has_top_p && begin(request, "top_p", out))
        json_write_number(out, params->top_p);
    if (params->has_max_tokens && begin(request, "max_completion_tokens", out))
        add_int(out, params->max_tokens);
    if (params->has_seed && begin(request, "seed", out))
        add_int(out, params->seed);
    if (params->stop_count && begin(request, "stop", out)) {
        for (size_t i = 0; i < params->stop_count; i++) {
            buf_add_char(out, i ? ',' : '[');
            json_write_text(out, params->stop[i]);
        }
        buf_add_char(out, ']');
    }
    if (params->has_effort && begin(request, "reasoning_effort", out))
        json_write_text(out, str_from(llm_effort_name(params->effort)));
}

static void add_named_schema(const struct llm_prepared *prepared, const char *member,
                             struct buf *out)
{
    buf_add_str(out, STR("{\"name\":"));
    json_write_text(out, prepared->schema_name);
    buf_add_str(out,
                prepared->strict ? STR(",\"strict\":true,\"") : STR(",\"strict\":false,\""));
    buf_add_str(out, str_from(member));
    buf_add_str(out, STR("\":"));
    buf_add_str(out, prepared->schema);
    buf_add_char(out, '}');
}

static void add_schema(const struct llm_request *request, const struct llm_prepared *prepared,
                       struct buf *out)
{
    enum llm_schema_mode mode = request->model->capabilities.schema;
    if (mode == LLM_SCHEMA_NATIVE && begin(request, "response_format", out)) {
        buf_add_str(out, STR("{\"type\":\"json_schema\",\"json_schema\":"));
        add_named_schema(prepared, "schema", out);
        buf_add_char(out, '}');
    }
    if (mode == LLM_SCHEMA_TOOL && begin(request, "tools", out)) {
        buf_add_str(out, STR("[{\"type\":\"function\",\"function\":"));
        add_named_schema(prepared, "parameters", out);
        buf_add_str(out, STR("}]"));
    }
    if (mode == LLM_SCHEMA_TOOL && begin(request, "tool_choice", out)) {
        buf_add_str(out, STR("{\"type\":\"function\",\"function\":{\"name\":"));
        json_write_text(out, prepared->schema_name);
        buf_add_str(out, STR("}}"));
    }
}

static void encode(const struct llm_request *request, const struct llm_prepared *prepared,
                   struct buf *out)
{
    buf_add_str(out, STR("{\"model\":"));
    json_write_text(out, request->model->model);
    add_messages(request, prepared, out);
    add_params(request, out);
    if (prepared->schema.n)
        add_schema(request, prepared, out);
    buf_add_str(out, STR(",\"stream\":false"));
    buf_add_str(out, prepared->extra);
    buf_add_char(out, '}');
}

/* ---- decode ---- */

static void decode_usage(const json *usage, struct llm_usage *out)
{
    *out = (struct llm_usage){-1, -1, -1, -1, -1};
    if (!json_is(usage, JSON_OBJECT))
        return;
    int64_t prompt = llm_token_count(json_get(usage, STR("prompt_tokens")));
    const json *details = json_get(usage, STR("prompt_tokens_details"));
    const json *cached = json_get(details, STR("cached_tokens"));
    const json *written = json_get(details, STR("cache_write_tokens"));
    /* Who does not report the cache does not bill it apart. */
    out->cache_read = json_kind(cached) == JSON_NULL ? 0 : llm_token_count(cached);
    out->cache_write = json_kind(written) == JSON_NULL ? 0 : llm_token_count(written);
    if (prompt >= 0 && out->cache_read >= 0 && out->cache_write >= 0 &&
        out->cache_read + out->cache_write <= prompt)
        out->input = prompt - out->cache_read - out->cache_write;
    out->output = llm_token_count(json_get(usage, STR("completion_tokens")));
    out->reasoning =
        llm_token_count(json_path(usage, "completion_tokens_details.reasoning_tokens"));
}

static enum llm_finish decode_finish(str reason)
{
    static const struct {
        const char *name;
        enum llm_finish finish;
    } rows[] = {{"stop", LLM_FINISH_STOP},
                {"length", LLM_FINISH_LENGTH},
                {"content_filter", LLM_FINISH_FILTER},
                {"tool_calls", LLM_FINISH_TOOL},
                {"function_call", LLM_FINISH_TOOL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (str_equal(reason, str_from(rows[i].name)))
            return rows[i].finish;
    return LLM_FINISH_OTHER;
}

/* A text, or the texts of a list of parts, as some servers send it. */
static str content_text(const json *content, struct arena *arena)
{
    if (!json_is(content, JSON_LIST))
        return json_text(content);
    struct buf text = {0};
    for (const json *part = json_first(content); part; part = json_next(part))
        buf_add_str(&text, json_text(json_get(part, STR("text"))));
    str whole = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return whole;
}

/* Arguments of the forced tool: JSON in a text, or the JSON itself from lenient servers. */
static bool tool_arguments(const json *message, struct arena *arena, str *text)
{
    const json *call = json_first(json_get(message, STR("tool_calls")));
    const json *arguments = json_path(call, "function.arguments");
    if (json_is(arguments, JSON_OBJECT))
        *text = json_to_str(arena, arguments, JSON_COMPACT);
    else if (json_is(arguments, JSON_TEXT))
        *text = json_text(arguments);
    else
        return false;
    return true;
}

static void decode_message(const struct llm_model *model, const json *choice,
                           struct arena *arena, struct llm_decoded *out)
{
    const json *message = json_get(choice, STR("message"));
    str refusal = json_text(json_get(message, STR("refusal")));
    out->text = content_text(json_get(message, STR("content")), arena);
    if (refusal.n) {
        out->refused = true;
        out->message = refusal;
        out->text = STR("");
    } else if (out->finish == LLM_FINISH_FILTER) {
        out->refused = true;
        out->message = STR("stopped by the provider's content filter");
    } else if (model->capabilities.schema == LLM_SCHEMA_TOOL &&
               tool_arguments(message, arena, &out->text)) {
        if (out->finish == LLM_FINISH_TOOL)
            out->finish = LLM_FINISH_STOP;
    } else if (out->text.n == 0 && out->finish == LLM_FINISH_LENGTH) {
        out->message = STR("the answer is empty: max_tokens was used up, perhaps by reasoning "
                           "that is not shown");
    }
}

static void fail(struct llm_decoded *out, str message)
{
    out->outcome = LLM_TRANSPORT;
    out->message = message;
}

static void decode(const struct llm_model *model, str body, struct arena *arena,
                   struct llm_decoded *out)
{
    struct json_error error = {0};
    *out = (struct llm_decoded){.finish = LLM_FINISH_OTHER};
    const json *root = json_parse(arena, body, &error);
    decode_usage(json_get(root, STR("usage")), &out->usage);
    if (!root) {
        fail(out, body.n == 0 ? STR("the reply is empty")
                              : arena_printf(arena, "the reply is not JSON: %s at byte %zu",
                                             error.what, error.at));
        return;
    }
    if (!json_is(root, JSON_OBJECT)) {
        fail(out, arena_printf(arena, "the reply is %s, not an object",
                               json_kind_name(json_kind(root))));
        return;
    }
    const json *choices = json_get(root, STR("choices"));
    const json *choice = json_is(choices, JSON_LIST) ? json_first(choices) : NULL;
    out->model = json_text(json_get(root, STR("model")));
    out->fingerprint = json_text(json_get(root, STR("system_fingerprint")));
    out->finish = decode_finish(json_text(json_get(choice, STR("finish_reason"))));
    if (json_is(json_get(choice, STR("message")), JSON_OBJECT)) {
        decode_message(model, choice, arena, out);
        return;
    }
    str why = json_text(json_path(root, "error.message"));
    fail(out, why.n ? arena_printf(arena, "the reply is an error in spite of its status: %.*s",
                                   STR_ARG(why))
                    : STR("the reply has no choices with a message"));
}

/* ---- errors ---- */

static bool is_quota(const json *error)
{
    static const char *const words[] = {
        "insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded", "organization_usage_limit_exceeded"};
    str type = json_text(json_get(error, STR("type")));
    str code = json_text(json_get(error, STR("code")));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_equal(type, str_from(words[i])) || str_equal(code, str_from(words[i])))
            return true;
    return false;
}

/* {"error": {…}}, the same in a list of one, {"error": "text"}, or flat {"message": …}. */
static void explain(int status, str body, struct arena *arena, struct llm_problem *problem)
{
    (void)status;
    *problem = (struct llm_problem){.retry_after_ns = -1};
    const json *root = json_parse(arena, body, NULL);
    if (json_is(root, JSON_LIST))
        root = json_first(root);
    const json *error = json_get(root, STR("error"));
    problem->message = json_text(error);
    if (!error)
        error = root;
    if (json_is(error, JSON_OBJECT))
        problem->message = json_text(json_get(error, STR("message")));
    problem->quota = is_quota(error);
}

static str check(const struct llm_model *model, const struct llm_params *params,
                 const struct jsonschema *schema, struct arena *arena)
{
    (void)params;
    if (schema && model->capabilities.schema != LLM_SCHEMA_PROMPT &&
        !openai_schema_root_is_object(jsonschema_source(schema)))
        return arena_printf(arena,
                            "model '%.*s' cannot take this schema: its root must have type "
                            "\"object\" and no anyOf",
                            STR_ARG(model->name));
    return STR("");
}

const struct llm_dialect llm_dialect_openai_chat = {
    .name = "openai-chat",
    .summary = "OpenAI Chat Completions and the servers that speak it",
    .mock_path = "/v1",
    .probe_path = "/models",
    .key_header = "Authorization",
    .key_prefix = "Bearer ",
    .prepare = prepare,
    .path = path,
    .encode = encode,
    .decode = decode,
    .explain = explain,
    .check = check,
};
