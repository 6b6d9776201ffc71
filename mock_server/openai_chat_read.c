/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_chat_read.c: the body of a Chat Completions request, checked field by field.
 *
 * The order of checks follows the provider's; its words are openai_read.c's.
 */
#include "mock_server/openai_chat.h"
#include "mock_server/openai_chat_inside.h"
#include "mock_server/openai_strict.h"
#include "mock_server/reasoning.h"

static const str field_names[FIELDS] = {
#define FIELD_TEXT(name, text) STR_INIT(text),
    FIELD_MAP(FIELD_TEXT)
#undef FIELD_TEXT
};

/* ---- numbers ---- */

static int read_numbers(const struct openai_body *in)
{
    struct request *request = in->request;
    const int64_t unlimited = INT64_C(1) << 53;
    int64_t seed = 0, old_limit = 0;
    request->choices = 1;
    if (openai_check_decimal(in, FIELD_TEMPERATURE, 0, 2) < 0 ||
        openai_check_decimal(in, FIELD_TOP_P, 0, 1) < 0 ||
        openai_check_decimal(in, FIELD_FREQUENCY_PENALTY, -2, 2) < 0 ||
        openai_check_decimal(in, FIELD_PRESENCE_PENALTY, -2, 2) < 0 ||
        openai_read_integer(in, FIELD_N, 1, 128, &request->choices) < 0 ||
        openai_read_integer(in, FIELD_SEED, -unlimited, unlimited, &seed) < 0 ||
        openai_read_integer(in, FIELD_MAX_TOKENS, 1, unlimited, &old_limit) < 0 ||
        openai_read_integer(in, FIELD_MAX_COMPLETION_TOKENS, 1, unlimited,
                            &request->max_tokens) < 0 ||
        openai_read_bool(in, FIELD_LOGPROBS, &request->logprobs) < 0 ||
        openai_read_integer(in, FIELD_TOP_LOGPROBS, 0, 20, &request->top_logprobs) < 0)
        return -1;
    if (old_limit && request->max_tokens)
        return REFUSE(
            in, "max_tokens", "invalid_parameter_combination",
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not "
            "supported.");
    if (old_limit)
        request->max_tokens = old_limit;
    if (openai_field(in, FIELD_TOP_LOGPROBS) && !request->logprobs)
        return REFUSE(in, "top_logprobs", "invalid_value",
                      "Invalid 'top_logprobs': it needs 'logprobs' to be true.");
    return 0;
}

static int read_stop(const struct openai_body *in)
{
    enum { STOPS_MAX = 4 };
    struct request *request = in->request;
    const json *stop = openai_field(in, FIELD_STOP);
    if (!stop)
        return 0;
    bool one = json_is(stop, JSON_TEXT);
    if (!one && !json_is(stop, JSON_LIST))
        return openai_wrong_type(in, "stop", "a string or an array of strings", stop);
    if (!one && json_count(stop) > STOPS_MAX)
        return REFUSE(
            in, "stop", "array_above_max_length",
            "Invalid 'stop': array too long. Expected an array with maximum length 4, "
            "but got an array with length %zu instead.",
            json_count(stop));
    str *texts = arena_array(request->arena, str, STOPS_MAX);
    request->stop = texts;
    if (one)
        texts[request->stops++] = json_text(stop);
    for (const json *text = one ? NULL : json_first(stop); text; text = json_next(text)) {
        if (!json_is(text, JSON_TEXT))
            return openai_wrong_type(in, "stop", "an array of strings", text);
        texts[request->stops++] = json_text(text);
    }
    return 0;
}

/* ---- structured output and tools ---- */

static int read_format(const struct openai_body *in)
{
    struct request *request = in->request;
    const json *format = openai_field(in, FIELD_RESPONSE_FORMAT);
    if (!format)
        return 0;
    if (!json_is(format, JSON_OBJECT))
        return openai_wrong_type(in, "response_format", "an object", format);
    const json *type = json_get(format, STR("type"));
    if (!type)
        return openai_missing(in, "response_format.type");
    if (str_equal(json_text(type), STR("text")))
        return 0;
    if (str_equal(json_text(type), STR("json_object"))) {
        request->wants_json = true;
        return 0;
    }
    if (!str_equal(json_text(type), STR("json_schema")))
        return REFUSE(in, "response_format.type", "invalid_value",
                      "Invalid value: '%.*s'. Supported values are: 'json_object', "
                      "'json_schema', and 'text'.",
                      STR_ARG(json_text(type)));
    const json *wanted = json_get(format, STR("json_schema"));
    if (!json_is(wanted, JSON_OBJECT))
        return openai_missing(in, "response_format.json_schema");
    if (openai_check_name(in, "response_format.json_schema.name", json_get(wanted, STR("name")),
                          OPENAI_NAME_MAX) < 0)
        return -1;
    request->schema_name = json_text(json_get(wanted, STR("name")));
    request->schema = json_get(wanted, STR("schema"));
    request->wants_json = true;
    if (request->schema && !json_is(request->schema, JSON_OBJECT))
        return openai_wrong_type(in, "response_format.json_schema.schema", "an object",
                                 request->schema);
    const struct strict_place place = {"response_format", request->schema_name,
                                       "response_format", NULL};
    return openai_check_strict(in, json_get(wanted, STR("strict")), request->schema, &place);
}

/* A function, a custom tool, or "one of these", of which the first is taken. */
static str named_tool(const json *choice)
{
    const json *allowed = json_get(choice, STR("allowed_tools"));
    if (allowed) {
        bool must = str_equal(json_text(json_get(allowed, STR("mode"))), STR("required"));
        return must ? named_tool(json_at(json_get(allowed, STR("tools")), 0)) : STR("");
    }
    str name = json_text(json_path(choice, "function.name"));
    return name.n ? name : json_text(json_path(choice, "custom.name"));
}

static int choose_tool(const struct openai_body *in, str name)
{
    struct request *request = in->request;
    request->tool_name = name;
    request->tool_choice = name.n ? TOOL_NAMED : TOOL_AUTO;
    for (size_t i = 0; i < request->tools; i++)
        if (str_equal(request->tool[i].name, name))
            return 0;
    return name.n ? REFUSE(in, "tool_choice", NULL,
                           "Tool choice '%.*s' not found in 'tools' parameter.", STR_ARG(name))
                  : 0;
}

static int read_tool_choice(const struct openai_body *in)
{
    struct request *request = in->request;
    const json *choice = openai_field(in, FIELD_TOOL_CHOICE);
    bool parallel = true;
    if (openai_read_bool(in, FIELD_PARALLEL_TOOL_CALLS, &parallel) < 0)
        return -1;
    request->one_call = !parallel;
    if (!choice)
        return 0;
    str word = json_text(choice);
    if (request->tools == 0 && !str_equal(word, STR("none")))
        return REFUSE(in, "tool_choice", "invalid_value",
                      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when "
                      "'tools' are specified.");
    if (json_is(choice, JSON_OBJECT))
        return choose_tool(in, named_tool(choice));
    if (str_equal(word, STR("none")))
        request->tool_choice = TOOL_NONE;
    else if (str_equal(word, STR("required")))
        request->tool_choice = TOOL_REQUIRED;
    else if (!str_equal(word, STR("auto")))
        return REFUSE(in, "tool_choice", "invalid_value",
                      "Invalid value: '%.*s'. Supported values are: 'none', 'auto', and "
                      "'required'.",
                      STR_ARG(word));
    return 0;
}

static int read_tools(const struct openai_body *in)
{
    struct request *request = in->request;
    const json *tools = openai_field(in, FIELD_TOOLS);
    if (!tools)
        return read_tool_choice(in);
    if (!json_is(tools, JSON_LIST))
        return openai_wrong_type(in, "tools", "an array of objects", tools);
    struct tool *tool = arena_array(request->arena, struct tool, json_count(tools));
    size_t i = 0;
    for (const json *one = json_first(tools); one; one = json_next(one), i++) {
        const char *param = arena_printf(request->arena, "tools[%zu].function.name", i).p;
        const json *function = json_get(one, STR("function"));
        tool[i].is_custom = !function;
        if (!function)
            function = json_get(one, STR("custom"));
        if (openai_check_name(in, param, json_get(function, STR("name")), OPENAI_NAME_MAX) < 0)
            return -1;
        tool[i].name = json_text(json_get(function, STR("name")));
        tool[i].parameters = json_get(function, STR("parameters"));
        const struct strict_place place = {
            "function", tool[i].name,
            arena_printf(request->arena, "tools[%zu].function.parameters", i).p,
            "invalid_function_parameters"};
        if (openai_check_strict(in, json_get(function, STR("strict")), tool[i].parameters,
                                &place) < 0)
            return -1;
    }
    request->tool = tool;
    request->tools = i;
    return read_tool_choice(in);
}

static int read_effort(const struct openai_body *in)
{
    static const char *const words[] = {"none", "minimal", "low", "medium",
                                        "high", "xhigh",   "max", NULL};
    const json *effort = openai_field(in, FIELD_REASONING_EFFORT);
    effort_from(json_text(effort), &in->request->effort);
    return openai_check_word(in, "reasoning_effort", effort, words);
}

/* ---- the whole ---- */

int openai_chat_read(const json *body, struct request *request, struct trouble *trouble)
{
    static const int sampling[] = {
        FIELD_TEMPERATURE,
        FIELD_TOP_P,
        FIELD_SEED,
        FIELD_FREQUENCY_PENALTY,
        FIELD_PRESENCE_PENALTY,
        FIELD_LOGIT_BIAS,
        FIELD_TOP_LOGPROBS,
        FIELD_REASONING_EFFORT,
        FIELD_VERBOSITY,
        FIELD_LOGPROBS,
        FIELD_PARALLEL_TOOL_CALLS,
    };
    const json *field[FIELDS] = {NULL};
    const struct openai_body whole = {request, trouble, field_names, field, FIELDS};
    const struct openai_body *in = &whole;
    if (openai_read_begin(in, body, FIELD_MODEL) < 0 || openai_chat_read_messages(in) < 0 ||
        read_numbers(in) < 0 ||
        openai_read_stream(in, FIELD_STREAM, FIELD_STREAM_OPTIONS) < 0 || read_stop(in) < 0 ||
        read_format(in) < 0 || read_tools(in) < 0 || read_effort(in) < 0)
        return -1;
    request->sampling = openai_hash_fields(in, sampling, sizeof sampling / sizeof sampling[0]);
    return 0;
}
