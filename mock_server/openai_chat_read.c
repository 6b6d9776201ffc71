/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_chat_read.c: the body of a Chat Completions request, checked field by field.
 *
 * Messages, codes and the order of checks follow the provider's ("Invalid type for 'n': expected
 * an integer, but got a string instead."). Fields that are not known here are passed over, as
 * they are there for newer models.
 */
#include "mock_server/openai_chat.h"
#include "mock_server/openai_chat_inside.h"

#include <math.h>

static const str field_names[FIELDS] = {
#define FIELD_TEXT(name, text) STR_INIT(text),
    FIELD_MAP(FIELD_TEXT)
#undef FIELD_TEXT
};

static const char *kind_word(const json *value)
{
    static const char *const words[] = {
        [JSON_NULL] = "null",     [JSON_BOOL] = "a boolean", [JSON_NUMBER] = "a number",
        [JSON_TEXT] = "a string", [JSON_LIST] = "an array",  [JSON_OBJECT] = "an object"};
    return words[json_kind(value)];
}

int openai_wrong_type(const struct reading_body *in, const char *param, const char *expected,
                      const json *value)
{
    int64_t ignored;
    const char *got = kind_word(value);
    if (json_is(value, JSON_NUMBER))
        got = json_int(value, &ignored) ? "an integer" : "a decimal";
    return REFUSE(in, param, "invalid_type",
                  "Invalid type for '%s': expected %s, but got %s instead.", param, expected,
                  got);
}

int openai_missing(const struct reading_body *in, const char *param)
{
    return REFUSE(in, param, "missing_required_parameter", "Missing required parameter: '%s'.",
                  param);
}

static void find_fields(struct reading_body *in, const json *body)
{
    for (const json *member = json_first(body); member; member = json_next(member)) {
        str key = json_key(member);
        for (int i = 0; i < FIELDS; i++)
            if (field_names[i].n == key.n && memcmp(field_names[i].p, key.p, key.n) == 0)
                in->field[i] = member;
    }
}

/* A member that is there and not null. */
static const json *member(const struct reading_body *in, enum field field)
{
    return json_is(in->field[field], JSON_NULL) ? NULL : in->field[field];
}

/* ---- numbers ---- */

static int read_integer(const struct reading_body *in, enum field field, int64_t least,
                        int64_t most, int64_t *number)
{
    const json *value = member(in, field);
    const char *name = field_names[field].p;
    if (!value)
        return 0;
    if (!json_int(value, number))
        return openai_wrong_type(in, name, "an integer", value);
    if (*number < least)
        return REFUSE(
            in, name, "integer_below_min_value",
            "Invalid '%s': integer below minimum value. Expected a value >= %lld, but "
            "got %lld instead.",
            name, (long long)least, (long long)*number);
    if (*number > most)
        return REFUSE(
            in, name, "integer_above_max_value",
            "Invalid '%s': integer above maximum value. Expected a value <= %lld, but "
            "got %lld instead.",
            name, (long long)most, (long long)*number);
    return 0;
}

static int check_decimal(const struct reading_body *in, enum field field, double least,
                         double most)
{
    const json *value = member(in, field);
    const char *name = field_names[field].p;
    if (!value)
        return 0;
    if (!json_is(value, JSON_NUMBER))
        return openai_wrong_type(in, name, "a decimal", value);
    double number = json_number(value);
    if (number >= least && number <= most)
        return 0;
    bool below = number < least;
    return REFUSE(in, name, below ? "decimal_below_min_value" : "decimal_above_max_value",
                  "Invalid '%s': decimal %s value. Expected a value %s %g, but got %g instead.",
                  name, below ? "below minimum" : "above maximum",
                  below ? ">=" : "<=", below ? least : most, number);
}

static int read_bool(const struct reading_body *in, enum field field, bool *flag)
{
    const json *value = member(in, field);
    const char *name = field_names[field].p;
    if (!value)
        return 0;
    if (!json_is(value, JSON_BOOL))
        return openai_wrong_type(in, name, "a boolean", value);
    *flag = json_bool(value);
    return 0;
}

static int read_numbers(const struct reading_body *in)
{
    struct request *request = in->request;
    const int64_t unlimited = INT64_C(1) << 53;
    int64_t seed = 0, old_limit = 0;
    request->choices = 1;
    if (check_decimal(in, FIELD_TEMPERATURE, 0, 2) < 0 ||
        check_decimal(in, FIELD_TOP_P, 0, 1) < 0 ||
        check_decimal(in, FIELD_FREQUENCY_PENALTY, -2, 2) < 0 ||
        check_decimal(in, FIELD_PRESENCE_PENALTY, -2, 2) < 0 ||
        read_integer(in, FIELD_N, 1, 128, &request->choices) < 0 ||
        read_integer(in, FIELD_SEED, -unlimited, unlimited, &seed) < 0 ||
        read_integer(in, FIELD_MAX_TOKENS, 1, unlimited, &old_limit) < 0 ||
        read_integer(in, FIELD_MAX_COMPLETION_TOKENS, 1, unlimited, &request->max_tokens) < 0 ||
        read_bool(in, FIELD_LOGPROBS, &request->logprobs) < 0 ||
        read_integer(in, FIELD_TOP_LOGPROBS, 0, 20, &request->top_logprobs) < 0)
        return -1;
    if (old_limit && request->max_tokens)
        return REFUSE(
            in, "max_tokens", "invalid_parameter_combination",
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not "
            "supported.");
    if (old_limit)
        request->max_tokens = old_limit;
    if (member(in, FIELD_TOP_LOGPROBS) && !request->logprobs)
        return REFUSE(in, "top_logprobs", "invalid_value",
                      "Invalid 'top_logprobs': it needs 'logprobs' to be true.");
    return 0;
}

static int read_stream(const struct reading_body *in)
{
    struct request *request = in->request;
    if (read_bool(in, FIELD_STREAM, &request->stream) < 0)
        return -1;
    const json *options = member(in, FIELD_STREAM_OPTIONS);
    request->stream_padding = true;
    if (!options)
        return 0;
    if (!json_is(options, JSON_OBJECT))
        return openai_wrong_type(in, "stream_options", "an object", options);
    if (!request->stream)
        return REFUSE(
            in, "stream_options", "invalid_value",
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
    request->stream_usage = json_bool(json_get(options, STR("include_usage")));
    const json *padding = json_get(options, STR("include_obfuscation"));
    request->stream_padding = !padding || json_bool(padding);
    return 0;
}

static int read_stop(const struct reading_body *in)
{
    enum { STOPS_MAX = 4 };
    struct request *request = in->request;
    const json *stop = member(in, FIELD_STOP);
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

static bool is_name(str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!char_is_alnum(name.p[i]) && name.p[i] != '_' && name.p[i] != '-')
            return false;
    return name.n > 0 && name.n <= 64;
}

static int check_name(const struct reading_body *in, const char *param, const json *name)
{
    if (!name)
        return openai_missing(in, param);
    if (!json_is(name, JSON_TEXT))
        return openai_wrong_type(in, param, "a string", name);
    if (!is_name(json_text(name)))
        return REFUSE(in, param, "invalid_value",
                      "Invalid '%s': string does not match pattern. Expected a string that "
                      "matches the pattern '^[a-zA-Z0-9_-]{1,64}$'.",
                      param);
    return 0;
}

static int read_format(const struct reading_body *in)
{
    struct request *request = in->request;
    const json *format = member(in, FIELD_RESPONSE_FORMAT);
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
    if (check_name(in, "response_format.json_schema.name", json_get(wanted, STR("name"))) < 0)
        return -1;
    request->schema_name = json_text(json_get(wanted, STR("name")));
    request->schema = json_get(wanted, STR("schema"));
    request->wants_json = true;
    if (request->schema && !json_is(request->schema, JSON_OBJECT))
        return openai_wrong_type(in, "response_format.json_schema.schema", "an object",
                                 request->schema);
    return 0;
}

static int read_tool_choice(const struct reading_body *in)
{
    struct request *request = in->request;
    const json *choice = member(in, FIELD_TOOL_CHOICE);
    if (!choice)
        return 0;
    str word = json_text(choice);
    if (request->tools == 0 && !str_equal(word, STR("none")))
        return REFUSE(in, "tool_choice", "invalid_value",
                      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when "
                      "'tools' are specified.");
    if (str_equal(word, STR("none")))
        request->tool_choice = TOOL_NONE;
    else if (str_equal(word, STR("required")))
        request->tool_choice = TOOL_REQUIRED;
    else if (json_is(choice, JSON_OBJECT)) {
        request->tool_name = json_text(json_path(choice, "function.name"));
        if (!request->tool_name.n)
            request->tool_name = json_text(json_path(choice, "custom.name"));
        request->tool_choice = request->tool_name.n ? TOOL_NAMED : TOOL_AUTO;
    } else if (!str_equal(word, STR("auto")))
        return REFUSE(in, "tool_choice", "invalid_value",
                      "Invalid value: '%.*s'. Supported values are: 'none', 'auto', and "
                      "'required'.",
                      STR_ARG(word));
    return 0;
}

static int read_tools(const struct reading_body *in)
{
    struct request *request = in->request;
    const json *tools = member(in, FIELD_TOOLS);
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
        if (check_name(in, param, json_get(function, STR("name"))) < 0)
            return -1;
        tool[i].name = json_text(json_get(function, STR("name")));
        tool[i].parameters = json_get(function, STR("parameters"));
    }
    request->tool = tool;
    request->tools = i;
    return read_tool_choice(in);
}

/* ---- the whole ---- */

static void hash_sampling(const struct reading_body *in)
{
    static const enum field fields[] = {
        FIELD_TEMPERATURE,      FIELD_TOP_P,      FIELD_SEED,         FIELD_FREQUENCY_PENALTY,
        FIELD_PRESENCE_PENALTY, FIELD_LOGIT_BIAS, FIELD_TOP_LOGPROBS, FIELD_REASONING_EFFORT,
        FIELD_VERBOSITY,        FIELD_LOGPROBS,
    };
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const json *value = member(in, fields[i]);
        if (value)
            sum += json_hash(value, NULL) * (2 * i + 3);
    }
    in->request->sampling = sum;
}

int openai_chat_read(const json *body, struct request *request, struct trouble *trouble)
{
    struct reading_body in = {.request = request, .trouble = trouble};
    if (!json_is(body, JSON_OBJECT))
        return REFUSE(&in, NULL, NULL, "Invalid request body: expected a JSON object.");
    find_fields(&in, body);
    const json *model = in.field[FIELD_MODEL];
    if (!model)
        return openai_missing(&in, "model");
    if (!json_is(model, JSON_TEXT) || json_text(model).n == 0)
        return openai_wrong_type(&in, "model", "a string", model);
    request->model = json_text(model);
    if (openai_chat_read_messages(&in) < 0 || read_numbers(&in) < 0 || read_stream(&in) < 0 ||
        read_stop(&in) < 0 || read_format(&in) < 0 || read_tools(&in) < 0)
        return -1;
    hash_sampling(&in);
    return 0;
}
