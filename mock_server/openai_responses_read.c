/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_responses_read.c: the body of a Responses request, checked field by field.
 *
 * The words are openai_read.c's. What needs a memory of earlier responses is refused as a
 * provider refuses an id that it does not know: nothing is stored here, so that a reply depends on
 * its request alone.
 */
#include "mock_server/openai_responses.h"
#include "mock_server/openai_responses_inside.h"
#include "mock_server/openai_strict.h"
#include "mock_server/reasoning.h"

static const str field_names[FIELDS] = {
#define FIELD_TEXT(name, text) STR_INIT(text),
    FIELD_MAP(FIELD_TEXT)
#undef FIELD_TEXT
};

/* ---- what is not for this endpoint ---- */

static int refuse_chat_fields(const struct openai_body *in)
{
    static const struct {
        enum field field;
        const char *moved; /* NULL: there is nothing of the kind */
    } fields[] = {
        {FIELD_MESSAGES, "input"},
        {FIELD_MAX_TOKENS, "max_output_tokens"},
        {FIELD_MAX_COMPLETION_TOKENS, "max_output_tokens"},
        {FIELD_RESPONSE_FORMAT, "text.format"},
        {FIELD_REASONING_EFFORT, "reasoning.effort"},
        {FIELD_VERBOSITY, "text.verbosity"},
        {FIELD_STOP, NULL},
        {FIELD_SEED, NULL},
        {FIELD_N, NULL},
        {FIELD_LOGPROBS, NULL},
        {FIELD_FREQUENCY_PENALTY, NULL},
        {FIELD_PRESENCE_PENALTY, NULL},
        {FIELD_LOGIT_BIAS, NULL},
        {FIELD_FUNCTIONS, NULL},
        {FIELD_FUNCTION_CALL, NULL},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const char *name = in->name[fields[i].field].p;
        if (!in->field[fields[i].field])
            continue;
        if (fields[i].moved)
            return REFUSE(in, name, "unsupported_parameter",
                          "Unsupported parameter: '%s'. In the Responses API, this parameter "
                          "has moved to '%s'. Try again with the new parameter.",
                          name, fields[i].moved);
        return REFUSE(in, name, "unknown_parameter", "Unknown parameter: '%s'.", name);
    }
    return 0;
}

static int refuse_memory(const struct openai_body *in)
{
    const json *previous = openai_field(in, FIELD_PREVIOUS_RESPONSE_ID);
    const json *conversation = openai_field(in, FIELD_CONVERSATION);
    const json *prompt = openai_field(in, FIELD_PROMPT);
    bool background = false;
    if (openai_check_text(in, FIELD_PREVIOUS_RESPONSE_ID) < 0)
        return -1;
    if (previous)
        return REFUSE(in, "previous_response_id", "previous_response_not_found",
                      "Previous response with id '%.*s' not found.",
                      STR_ARG(json_text(previous)));
    if (conversation) {
        const json *id = json_is(conversation, JSON_OBJECT) ? json_get(conversation, STR("id"))
                                                            : conversation;
        return trouble_set(in->request->arena, in->trouble, 404, "conversation", NULL,
                           "Conversation with id '%.*s' not found.", STR_ARG(json_text(id)));
    }
    if (prompt)
        return trouble_set(in->request->arena, in->trouble, 404, "prompt", NULL,
                           "Prompt with id '%.*s' not found.",
                           STR_ARG(json_text(json_get(prompt, STR("id")))));
    if (openai_read_bool(in, FIELD_BACKGROUND, &background) < 0)
        return -1;
    return background ? REFUSE(in, "background", "unsupported_value",
                               "Unsupported value: 'background' does not support true with "
                               "this model. Only false is supported.")
                      : 0;
}

/* ---- numbers and words ---- */

static int read_numbers(const struct openai_body *in)
{
    enum { OUTPUT_TOKENS_LEAST = 16 };
    const int64_t unlimited = INT64_C(1) << 53;
    struct request *request = in->request;
    int64_t tool_calls = 0;
    bool ignored = false, parallel = true;
    request->choices = 1;
    if (openai_read_integer(in, FIELD_MAX_OUTPUT_TOKENS, OUTPUT_TOKENS_LEAST, unlimited,
                            &request->max_tokens) < 0 ||
        openai_read_integer(in, FIELD_MAX_TOOL_CALLS, 1, unlimited, &tool_calls) < 0 ||
        openai_check_decimal(in, FIELD_TEMPERATURE, 0, 2) < 0 ||
        openai_check_decimal(in, FIELD_TOP_P, 0, 1) < 0 ||
        openai_read_integer(in, FIELD_TOP_LOGPROBS, 0, 20, &request->top_logprobs) < 0 ||
        openai_read_bool(in, FIELD_STORE, &ignored) < 0 ||
        openai_read_bool(in, FIELD_PARALLEL_TOOL_CALLS, &parallel) < 0)
        return -1;
    request->one_call = !parallel;
    return 0;
}

static int check_metadata(const struct openai_body *in)
{
    enum { PAIRS_MAX = 16, VALUE_MAX = 512 };
    const json *metadata = openai_field(in, FIELD_METADATA);
    if (!metadata)
        return 0;
    if (!json_is(metadata, JSON_OBJECT))
        return openai_wrong_type(in, "metadata", "an object", metadata);
    if (json_count(metadata) > PAIRS_MAX)
        return REFUSE(in, "metadata", "object_above_max_properties",
                      "Invalid 'metadata': too many properties. Expected an object with at "
                      "most %d properties, but got an object with %zu properties instead.",
                      PAIRS_MAX, json_count(metadata));
    for (const json *pair = json_first(metadata); pair; pair = json_next(pair)) {
        const char *param =
            arena_printf(in->request->arena, "metadata.%.*s", STR_ARG(json_key(pair))).p;
        if (!json_is(pair, JSON_TEXT))
            return openai_wrong_type(in, param, "a string", pair);
        if (json_text(pair).n > VALUE_MAX)
            return REFUSE(in, param, "string_above_max_length",
                          "Invalid '%s': string too long. Expected a string with maximum "
                          "length %d, but got a string with length %zu instead.",
                          param, VALUE_MAX, json_text(pair).n);
    }
    return 0;
}

static int read_include(const struct openai_body *in)
{
    static const char *const words[] = {"file_search_call.results",
                                        "web_search_call.results",
                                        "web_search_call.action.sources",
                                        "message.input_image.image_url",
                                        "computer_call_output.output.image_url",
                                        "code_interpreter_call.outputs",
                                        "reasoning.encrypted_content",
                                        "message.output_text.logprobs",
                                        NULL};
    const json *include = openai_field(in, FIELD_INCLUDE);
    size_t i = 0;
    if (!include)
        return 0;
    if (!json_is(include, JSON_LIST))
        return openai_wrong_type(in, "include", "an array of strings", include);
    for (const json *word = json_first(include); word; word = json_next(word), i++) {
        if (openai_check_word(in, arena_printf(in->request->arena, "include[%zu]", i).p, word,
                              words) < 0)
            return -1;
        if (str_equal(json_text(word), STR("message.output_text.logprobs")))
            in->request->logprobs = true;
    }
    return 0;
}

static int check_words(const struct openai_body *in)
{
    static const char *const truncations[] = {"auto", "disabled", NULL};
    static const char *const tiers[] = {"auto",     "default", "flex",      "scale",
                                        "priority", "fast",    "ultrafast", NULL};
    if (openai_check_word(in, "truncation", openai_field(in, FIELD_TRUNCATION), truncations) <
            0 ||
        openai_check_word(in, "service_tier", openai_field(in, FIELD_SERVICE_TIER), tiers) <
            0 ||
        openai_check_text(in, FIELD_USER) < 0 || check_metadata(in) < 0)
        return -1;
    return read_include(in);
}

static int read_reasoning(const struct openai_body *in)
{
    static const char *const efforts[] = {"none", "minimal", "low", "medium",
                                          "high", "xhigh",   "max", NULL};
    static const char *const summaries[] = {"auto", "concise", "detailed", NULL};
    const json *reasoning = openai_field(in, FIELD_REASONING);
    const json *effort = openai_member(reasoning, "effort");
    const json *summary = openai_member(reasoning, "summary");
    if (reasoning && !json_is(reasoning, JSON_OBJECT))
        return openai_wrong_type(in, "reasoning", "an object", reasoning);
    if (openai_check_word(in, "reasoning.effort", effort, efforts) < 0 ||
        openai_check_word(in, "reasoning.summary", summary, summaries) < 0)
        return -1;
    effort_from(json_text(effort), &in->request->effort);
    in->request->show_reasoning = summary != NULL;
    return 0;
}

/* ---- text ---- */

static int read_schema(const struct openai_body *in, const json *format)
{
    struct request *request = in->request;
    const json *name = openai_member(format, "name"), *schema = openai_member(format, "schema");
    if (openai_check_name(in, "text.format.name", name, OPENAI_NAME_MAX) < 0)
        return -1;
    if (!schema)
        return openai_missing(in, "text.format.schema");
    if (!json_is(schema, JSON_OBJECT))
        return openai_wrong_type(in, "text.format.schema", "an object", schema);
    request->schema_name = json_text(name);
    request->schema = schema;
    request->wants_json = true;
    const struct strict_place place = {"response_format", json_text(name), "text.format.schema",
                                       "invalid_json_schema"};
    return openai_check_strict(in, json_get(format, STR("strict")), schema, &place);
}

static int read_text(const struct openai_body *in)
{
    static const char *const types[] = {"text", "json_object", "json_schema", NULL};
    static const char *const verbosities[] = {"low", "medium", "high", NULL};
    const json *text = openai_field(in, FIELD_TEXT);
    if (!text)
        return 0;
    if (!json_is(text, JSON_OBJECT))
        return openai_wrong_type(in, "text", "an object", text);
    if (openai_check_word(in, "text.verbosity", json_get(text, STR("verbosity")), verbosities) <
        0)
        return -1;
    const json *format = openai_member(text, "format"), *type = openai_member(format, "type");
    if (!format)
        return 0;
    if (!json_is(format, JSON_OBJECT))
        return openai_wrong_type(in, "text.format", "an object", format);
    if (!type)
        return openai_missing(in, "text.format.type");
    if (openai_check_word(in, "text.format.type", type, types) < 0)
        return -1;
    if (str_equal(json_text(type), STR("json_schema")))
        return read_schema(in, format);
    in->request->wants_json = str_equal(json_text(type), STR("json_object"));
    return 0;
}

/* ---- the whole ---- */

int openai_responses_read(const json *body, struct request *request, struct trouble *trouble)
{
    static const int sampling[] = {FIELD_TEMPERATURE, FIELD_TOP_P, FIELD_REASONING,
                                   FIELD_TOP_LOGPROBS, FIELD_INCLUDE};
    const json *field[FIELDS] = {NULL};
    const struct openai_body whole = {request, trouble, field_names, field, FIELDS};
    const struct openai_body *in = &whole;
    request->body = body;
    if (openai_read_begin(in, body, FIELD_MODEL) < 0 || refuse_chat_fields(in) < 0 ||
        refuse_memory(in) < 0 || openai_responses_read_items(in) < 0 || read_numbers(in) < 0 ||
        openai_read_stream(in, FIELD_STREAM, FIELD_STREAM_OPTIONS) < 0 || check_words(in) < 0 ||
        read_reasoning(in) < 0 || read_text(in) < 0 || openai_responses_read_tools(in) < 0)
        return -1;
    request->sampling = openai_hash_fields(in, sampling, sizeof sampling / sizeof sampling[0]) +
                        json_hash(openai_member(field[FIELD_TEXT], "verbosity"), NULL);
    return 0;
}
