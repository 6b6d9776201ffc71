/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_openai_responses.c: OpenAI's Responses: what is on the wire, whole and streamed, how
 * a conversation is understood, and what is refused. That all of it has the published shape is
 * test_mock_openai_schema.c's.
 */
#include "test_mock_heard.h"

static const char mock_file[] =
    "models:\n"
    "  thinker: {reasoning: 12}\n"
    "  slow: {first_token: 1s, per_token: 100ms}\n"
    "  small: {context: 20}\n"
    "  refuser: {skill: 0}\n"
    "rules:\n"
    "  refuse: {when: {prompt: REFUSE}, answer: {from: a, wrong: [{refusal: \"I will "
    "not.\"}]}}\n"
    "  call: {when: {prompt: CALL, turn: 0}, tool_call: {name: weather, arguments: "
    "{city: Oslo, days: 3}}}\n"
    "  second: {when: {turn: 1}, reply: \"turn one of {{request.prompt}}\"}\n"
    "  third: {when: {turn: 2}, reply: \"turn two\"}\n"
    "  system: {when: {system: Answer briefly}, reply: \"Brief.\"}\n"
    "  long: {when: {prompt: LONG}, reply: \"Größe, 日本語, 🙂 and some more words to "
    "say.\"}\n"
    "answers: {a: {samples: [{text: REFUSE, expected: yes}], find: [text]}}\n";

/* {"model":…,MEMBERS}, always the same repetition and attempt. */
static void respond(struct asker *asker, const char *model, const char *members)
{
    static const char *const headers[] = {
        "Authorization", "Bearer k", "Idempotency-Key", "one", "X-Weir-Attempt", "1", NULL};
    struct buf body = {0};
    buf_printf(&body, "{\"model\":\"%s\",%s}", model, members);
    ask_raw(asker, "POST", "/v1/responses", buf_str(&body), headers);
    buf_release(&body);
}

static const json *output(const struct asker *asker, int64_t index)
{
    return json_at(json_get(asker->body, STR("output")), index);
}

static str output_text(const struct asker *asker)
{
    for (const json *item = json_first(json_get(asker->body, STR("output"))); item;
         item = json_next(item))
        if (str_equal(json_text(json_get(item, STR("type"))), STR("message")))
            return json_text(json_get(json_at(json_get(item, STR("content")), 0), STR("text")));
    return STR("");
}

static str word(const json *value, const char *path)
{
    return json_text(json_path(value, path));
}

static int64_t number(const json *value, const char *path)
{
    return (int64_t)json_number(json_path(value, path));
}

/* ---- whole replies ---- */

/* Protects: ids by their kind, the usage, and that what was asked comes back. */
static void reply_says_what_was_asked(void **state)
{
    (void)state;
    struct asker asker = asker_new(mock_file);
    respond(&asker, "gpt-6-luna",
            "\"input\":\"LONG\",\"instructions\":\"Do.\",\"temperature\":0.5,\"metadata\":"
            "{\"run\":\"7\"},\"max_output_tokens\":100,\"text\":{\"verbosity\":\"low\"}");
    assert_int_equal(asker.status, 200);
    assert_true(str_starts_with(word(asker.body, "id"), STR("resp_")));
    assert_text(word(asker.body, "object"), "response");
    assert_text(word(asker.body, "status"), "completed");
    assert_text(word(asker.body, "instructions"), "Do.");
    assert_text(word(asker.body, "metadata.run"), "7");
    assert_text(word(asker.body, "text.format.type"), "text");
    assert_text(word(asker.body, "text.verbosity"), "low");
    assert_int_equal(number(asker.body, "max_output_tokens"), 100);
    assert_int_equal(json_count(json_get(asker.body, STR("output"))), 1);
    assert_true(str_starts_with(word(output(&asker, 0), "id"), STR("msg_")));
    assert_text(word(output(&asker, 0), "status"), "completed");
    assert_text(output_text(&asker), "Größe, 日本語, 🙂 and some more words to say.");
    assert_int_equal(number(asker.body, "usage.input_tokens"), 10);
    assert_int_equal(number(asker.body, "usage.output_tokens"), 13);
    assert_int_equal(number(asker.body, "usage.total_tokens"), 23);
    assert_true(number(asker.body, "completed_at") > number(asker.body, "created_at"));
    asker_end(&asker);
}

/* Protects: a cut reply says so in three places; there is no finish reason. */
static void limit_makes_a_reply_incomplete(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    respond(&asker, "m", "\"input\":\"a\",\"max_output_tokens\":16");
    assert_text(word(asker.body, "status"), "incomplete");
    assert_text(word(asker.body, "incomplete_details.reason"), "max_output_tokens");
    assert_text(word(output(&asker, 0), "status"), "incomplete");
    assert_true(json_is(json_get(asker.body, STR("completed_at")), JSON_NULL));
    assert_int_equal(number(asker.body, "usage.output_tokens"), 16);
    asker_end(&asker);
}

/* Protects: reasoning that eats the whole limit leaves no message, as clients must expect. */
static void reasoning_alone_leaves_no_message(void **state)
{
    (void)state;
    struct asker asker = asker_new("models: {m: {reasoning: 50}}\n");
    respond(&asker, "m", "\"input\":\"a\",\"max_output_tokens\":16");
    assert_text(word(asker.body, "status"), "incomplete");
    assert_int_equal(json_count(json_get(asker.body, STR("output"))), 1);
    assert_text(word(output(&asker, 0), "type"), "reasoning");
    assert_int_equal(number(asker.body, "usage.output_tokens_details.reasoning_tokens"), 16);
    asker_end(&asker);
}

/* Protects: output[0] is not always the message; nothing of the reasoning shows unasked. */
static void reasoning_is_an_item_of_its_own(void **state)
{
    (void)state;
    struct asker asker = asker_new(mock_file);
    respond(&asker, "thinker", "\"input\":\"LONG\"");
    assert_text(word(output(&asker, 0), "type"), "reasoning");
    assert_true(str_starts_with(word(output(&asker, 0), "id"), STR("rs_")));
    assert_int_equal(json_count(json_get(output(&asker, 0), STR("summary"))), 0);
    assert_null(json_get(output(&asker, 0), STR("encrypted_content")));
    assert_text(word(output(&asker, 1), "type"), "message");
    assert_int_equal(number(asker.body, "usage.output_tokens_details.reasoning_tokens"), 12);
    assert_int_equal(number(asker.body, "usage.output_tokens"), 25);
    respond(&asker, "thinker",
            "\"input\":\"LONG\",\"reasoning\":{\"summary\":\"auto\"},\"include\":["
            "\"reasoning.encrypted_content\"]");
    const json *summary = json_at(json_get(output(&asker, 0), STR("summary")), 0);
    assert_text(word(summary, "type"), "summary_text");
    assert_true(word(summary, "text").n > 0);
    assert_true(word(output(&asker, 0), "encrypted_content").n > 0);
    respond(&asker, "thinker", "\"input\":\"LONG\",\"reasoning\":{\"effort\":\"none\"}");
    assert_text(word(output(&asker, 0), "type"), "message");
    asker_end(&asker);
}

/* Protects: results refer to call_id, which is not the item's id; arguments are text. */
static void call_has_two_ids(void **state)
{
    (void)state;
    struct asker asker = asker_new(mock_file);
    respond(&asker, "m",
            "\"input\":\"CALL\",\"tools\":[{\"type\":\"function\",\"name\":\"weather\"}]");
    assert_text(word(asker.body, "status"), "completed");
    assert_text(word(output(&asker, 0), "type"), "function_call");
    assert_true(str_starts_with(word(output(&asker, 0), "id"), STR("fc_")));
    assert_true(str_starts_with(word(output(&asker, 0), "call_id"), STR("call_")));
    assert_text(word(output(&asker, 0), "name"), "weather");
    const json *arguments =
        json_parse(&asker.arena, word(output(&asker, 0), "arguments"), NULL);
    assert_text(word(arguments, "city"), "Oslo");
    const json *tool = json_at(json_get(asker.body, STR("tools")), 0);
    assert_true(json_bool(json_get(tool, STR("strict"))));
    asker_end(&asker);
}

/* Protects: a refusal is a 200 with a part of its own. */
static void refusal_is_a_part(void **state)
{
    (void)state;
    struct asker asker =
        asker_new("models: {m: {skill: 0}}\n"
                  "answers: {a: {samples: [{text: hi, expected: yes}], find: [text], "
                  "wrong: [{refusal: \"I will not.\"}]}}\n");
    respond(&asker, "m", "\"input\":\"hi\"");
    assert_text(word(asker.body, "status"), "completed");
    const json *part = json_at(json_get(output(&asker, 0), STR("content")), 0);
    assert_text(word(part, "type"), "refusal");
    assert_text(word(part, "refusal"), "I will not.");
    asker_end(&asker);
}

/* Protects: log probabilities come only with `include`, as many alternatives as were asked for. */
static void logprobs_need_include(void **state)
{
    (void)state;
    struct asker asker = asker_new(mock_file);
    respond(&asker, "m", "\"input\":\"LONG\",\"top_logprobs\":2");
    const json *part = json_at(json_get(output(&asker, 0), STR("content")), 0);
    assert_int_equal(json_count(json_get(part, STR("logprobs"))), 0);
    respond(
        &asker, "m",
        "\"input\":\"LONG\",\"top_logprobs\":2,\"include\":[\"message.output_text.logprobs\"]");
    part = json_at(json_get(output(&asker, 0), STR("content")), 0);
    const json *list = json_get(part, STR("logprobs"));
    assert_true(json_count(list) >= 10);
    assert_int_equal(json_count(json_get(json_first(list), STR("top_logprobs"))), 2);
    asker_end(&asker);
}

/* ---- conversations ---- */

/* Protects: what was said and the calls behind it are one turn, as in the other dialects. */
static void calls_belong_to_their_turn(void **state)
{
    (void)state;
    struct asker asker = asker_new(mock_file);
    respond(
        &asker, "m",
        "\"input\":[{\"role\":\"user\",\"content\":\"CALL\"},"
        "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[]},"
        "{\"type\":\"message\",\"role\":\"assistant\",\"status\":\"completed\",\"id\":\"msg_"
        "1\","
        "\"content\":[{\"type\":\"output_text\",\"text\":\"I look.\",\"annotations\":[]}]},"
        "{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"f\",\"arguments\":\"{}\"},"
        "{\"type\":\"custom_tool_call\",\"call_id\":\"c2\",\"name\":\"g\",\"input\":\"x\"},"
        "{\"type\":\"custom_tool_call_output\",\"call_id\":\"c2\",\"output\":\"2\"},"
        "{\"type\":\"function_call_output\",\"call_id\":\"c1\",\"output\":[{\"type\":"
        "\"input_text\",\"text\":\"1\"}]}]");
    assert_text(output_text(&asker), "turn one of CALL");
    respond(
        &asker, "m",
        "\"input\":[{\"role\":\"user\",\"content\":\"x\"},"
        "{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"f\",\"arguments\":\"{}\"},"
        "{\"type\":\"function_call_output\",\"call_id\":\"c1\",\"output\":\"1\"},"
        "{\"type\":\"function_call\",\"call_id\":\"c2\",\"name\":\"f\",\"arguments\":\"{}\"},"
        "{\"type\":\"function_call_output\",\"call_id\":\"c2\",\"output\":\"1\"}]");
    assert_text(output_text(&asker), "turn two");
    asker_end(&asker);
}

/* Protects: ids of calls are drawn, so they must not change what is replied next. */
static void ids_of_calls_change_nothing(void **state)
{
    (void)state;
    static const char *const ids[] = {"call_a", "call_b"};
    struct asker asker = asker_new(NULL);
    str text[2];
    for (size_t i = 0; i < 2; i++) {
        str members = arena_printf(
            &asker.arena,
            "\"input\":[{\"role\":\"user\",\"content\":\"x\"},{\"type\":\"function_call\","
            "\"call_id\":\"%s\",\"name\":\"f\",\"arguments\":\"{}\"},{\"type\":"
            "\"function_call_output\",\"call_id\":\"%s\",\"output\":\"1\"}]",
            ids[i], ids[i]);
        respond(&asker, "m", members.p);
        text[i] = word(asker.body, "id");
    }
    assert_true(text[0].n > 0 && str_equal(text[0], text[1]));
    asker_end(&asker);
}

/* Protects: instructions, developer and system messages are all the system's; parts are joined. */
static void roles_and_parts_are_understood(void **state)
{
    (void)state;
    static const char *const members[] = {
        "\"input\":\"x\",\"instructions\":\"Answer briefly.\"",
        "\"input\":[{\"role\":\"developer\",\"content\":\"Answer briefly.\"},"
        "{\"role\":\"user\",\"content\":\"x\"}]",
        "\"input\":[{\"type\":\"message\",\"role\":\"system\",\"content\":[{\"type\":\"input_"
        "text\","
        "\"text\":\"Answer \"},{\"type\":\"input_text\",\"text\":\"briefly.\"}]},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"x\"},"
        "{\"type\":\"input_image\",\"image_url\":\"https://example.org/a.png\"}]}]",
    };
    struct asker asker = asker_new(mock_file);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        respond(&asker, "m", members[i]);
        assert_text(output_text(&asker), "Brief.");
    }
    asker_end(&asker);
}

/* Protects: what counts as input is what is billed later, tools and schema too. */
static void count_equals_the_bill(void **state)
{
    (void)state;
    static const char *const headers[] = {"Authorization", "Bearer k", NULL};
    static const char *const members[] = {
        "\"input\":\"some words to count\"",
        "\"input\":\"x\",\"instructions\":\"Be "
        "brief.\",\"tools\":[{\"type\":\"function\",\"name\":"
        "\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}"
        "}}]",
    };
    struct asker asker = asker_new("models: {m: {first_token: 5s}}\n");
    for (size_t i = 0; i < 2; i++) {
        respond(&asker, "m", members[i]);
        int64_t billed = number(asker.body, "usage.input_tokens");
        str body = arena_printf(&asker.arena, "{\"model\":\"m\",%s}", members[i]);
        ask_raw(&asker, "POST", "/v1/responses/input_tokens", body, headers);
        assert_text(word(asker.body, "object"), "response.input_tokens");
        assert_true(billed > 4);
        assert_int_equal(number(asker.body, "input_tokens"), billed);
        assert_int_equal(asker.delivery.at_ns, 0); /* nothing is generated */
    }
    asker_end(&asker);
}

/* ---- refusals ---- */

struct refused {
    const char *members;
    int status;
    const char *param, *code;
};

/* Protects: what the provider refuses is refused, with its parameter and code. */
static void bad_requests_are_refused(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"\"store\":true", 400, "input", "missing_required_parameter"},
        {"\"input\":7", 400, "input", "invalid_type"},
        {"\"input\":[]", 400, "input", "empty_array"},
        {"\"input\":[1]", 400, "input[0]", "invalid_type"},
        {"\"input\":[{\"role\":\"bot\",\"content\":\"x\"}]", 400, "input[0].role",
         "invalid_value"},
        {"\"input\":[{\"content\":\"x\"}]", 400, "input[0].role", "missing_required_parameter"},
        {"\"input\":[{\"role\":\"user\"}]", 400, "input[0].content",
         "missing_required_parameter"},
        {"\"input\":[{\"type\":\"speech\"}]", 400, "input[0].type", "invalid_value"},
        {"\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}]",
         400, "input[0].content[0]", "invalid_value"},
        {"\"input\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"input_text\",\"text\":"
         "\"x\"}]}]",
         400, "input[0].content[0]", "invalid_value"},
        {"\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\"}]}]", 400,
         "input[0].content[0].text", "missing_required_parameter"},
        {"\"input\":[{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":\"{}\"}]", 400,
         "input[0].call_id", "missing_required_parameter"},
        {"\"input\":[{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\","
         "\"arguments\":{}}]",
         400, "input[0].arguments", "invalid_type"},
        {"\"input\":[{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\","
         "\"arguments\":\"\"}]",
         400, "input", ""},
        {"\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"1\"}]",
         400, "input", ""},
        {"\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_1\"}]", 404, "input", ""},
        {"\"input\":\"x\",\"previous_response_id\":\"resp_1\"", 400, "previous_response_id",
         "previous_response_not_found"},
        {"\"input\":\"x\",\"conversation\":\"conv_1\"", 404, "conversation", ""},
        {"\"input\":\"x\",\"background\":true", 400, "background", "unsupported_value"},
        {"\"input\":\"x\",\"messages\":[]", 400, "messages", "unsupported_parameter"},
        {"\"input\":\"x\",\"max_tokens\":9", 400, "max_tokens", "unsupported_parameter"},
        {"\"input\":\"x\",\"response_format\":{}", 400, "response_format",
         "unsupported_parameter"},
        {"\"input\":\"x\",\"stop\":\"a\"", 400, "stop", "unknown_parameter"},
        {"\"input\":\"x\",\"seed\":1", 400, "seed", "unknown_parameter"},
        {"\"input\":\"x\",\"max_output_tokens\":15", 400, "max_output_tokens",
         "integer_below_min_value"},
        {"\"input\":\"x\",\"temperature\":2.1", 400, "temperature", "decimal_above_max_value"},
        {"\"input\":\"x\",\"top_p\":-1", 400, "top_p", "decimal_below_min_value"},
        {"\"input\":\"x\",\"top_logprobs\":21", 400, "top_logprobs", "integer_above_max_value"},
        {"\"input\":\"x\",\"store\":1", 400, "store", "invalid_type"},
        {"\"input\":\"x\",\"instructions\":[]", 400, "instructions", "invalid_type"},
        {"\"input\":\"x\",\"stream_options\":{}", 400, "stream_options", "invalid_value"},
        {"\"input\":\"x\",\"include\":[\"all\"]", 400, "include[0]", "invalid_value"},
        {"\"input\":\"x\",\"truncation\":\"no\"", 400, "truncation", "invalid_value"},
        {"\"input\":\"x\",\"service_tier\":\"gold\"", 400, "service_tier", "invalid_value"},
        {"\"input\":\"x\",\"metadata\":{\"a\":1}", 400, "metadata.a", "invalid_type"},
        {"\"input\":\"x\",\"reasoning\":{\"effort\":\"some\"}", 400, "reasoning.effort",
         "invalid_value"},
        {"\"input\":\"x\",\"reasoning\":{\"summary\":\"all\"}", 400, "reasoning.summary",
         "invalid_value"},
        {"\"input\":\"x\",\"text\":{\"format\":{\"type\":\"yaml\"}}", 400, "text.format.type",
         "invalid_value"},
        {"\"input\":\"x\",\"text\":{\"format\":{\"type\":\"json_schema\",\"schema\":{}}}", 400,
         "text.format.name", "missing_required_parameter"},
        {"\"input\":\"x\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"a b\","
         "\"schema\":{}}}",
         400, "text.format.name", "invalid_value"},
        {"\"input\":\"x\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"a\"}}", 400,
         "text.format.schema", "missing_required_parameter"},
        {"\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]",
         400, "tools[0].name", "missing_required_parameter"},
        {"\"input\":\"x\",\"tools\":[{\"name\":\"f\"}]", 400, "tools[0].type",
         "missing_required_parameter"},
        {"\"input\":\"x\",\"tools\":[{\"type\":\"hammer\"}]", 400, "tools[0].type",
         "invalid_value"},
        {"\"input\":\"x\",\"tool_choice\":\"must\"", 400, "tool_choice", "invalid_value"},
        {"\"input\":\"x\",\"tool_choice\":\"required\"", 400, "tool_choice", "invalid_value"},
        {"\"input\":\"x\",\"tool_choice\":{\"type\":\"function\",\"name\":\"f\"}", 400,
         "tool_choice", "invalid_value"},
    };
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        respond(&asker, "m", cases[i].members);
        str param = word(asker.body, "error.param"), code = word(asker.body, "error.code");
        if (asker.status != cases[i].status || !str_equal(param, str_from(cases[i].param)) ||
            !str_equal(code, str_from(cases[i].code)))
            fail_msg("%s: %d, '%.*s', '%.*s'", cases[i].members, asker.status, STR_ARG(param),
                     STR_ARG(code));
        assert_text(word(asker.body, "error.type"), "invalid_request_error");
    }
    asker_end(&asker);
}

/* Schemas that are no strict ones, and the end of what is said of them. */
static const struct {
    const char *schema, *said;
} loose[] = {
    {"{\"type\":\"array\",\"items\":{}}",
     "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'."},
    {"{\"anyOf\":[]}",
     "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."},
    {"{\"type\":\"object\"}",
     "In context=(), 'additionalProperties' is required to be supplied and to be false."},
    {"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"a\":{\"type\":"
     "\"string\"},\"b\":{}},\"required\":[\"a\"]}",
     "In context=(), 'required' is required to be supplied and to be an array including every "
     "key "
     "in properties. Missing 'b'."},
    {"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"a\"],\"properties\":{"
     "\"a\":{\"type\":\"array\",\"items\":{\"type\":[\"object\",\"null\"]}}}}",
     "In context=('properties', 'a', 'items'), 'additionalProperties' is required to be "
     "supplied "
     "and to be false."},
    {"{\"type\":\"object\",\"additionalProperties\":false,\"$defs\":{\"d\":{\"anyOf\":[{"
     "\"type\":\"string\"},{\"allOf\":[]}]}}}",
     "In context=('$defs', 'd', 'anyOf', '1'), 'allOf' is not permitted."},
};

/* Protects: a schema that the provider would not take fails here too, before it costs money. */
static void strict_schemas_must_be_strict(void **state)
{
    (void)state;
    static const struct {
        const char *path, *before, *behind, *param, *code;
    } places[] = {
        {"/v1/responses",
         "\"input\":\"x\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\","
         "\"strict\":true,\"schema\":",
         "}}", "text.format.schema", "invalid_json_schema"},
        {"/v1/responses",
         "\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"n\",\"strict\":true,"
         "\"parameters\":",
         "}]", "tools[0].parameters", "invalid_function_parameters"},
        {"/v1/chat/completions",
         "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":"
         "\"json_schema\",\"json_schema\":{\"name\":\"n\",\"strict\":true,\"schema\":",
         "}}", "response_format", ""},
        {"/v1/chat/completions",
         "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":"
         "\"function\",\"function\":{\"name\":\"n\",\"strict\":true,\"parameters\":",
         "}}]", "tools[0].function.parameters", "invalid_function_parameters"},
    };
    static const char *const headers[] = {"Authorization", "Bearer k", NULL};
    struct asker asker = asker_new(NULL);
    for (size_t p = 0; p < sizeof places / sizeof places[0]; p++)
        for (size_t i = 0; i < sizeof loose / sizeof loose[0]; i++) {
            str body = arena_printf(&asker.arena, "{\"model\":\"m\",%s%s%s}", places[p].before,
                                    loose[i].schema, places[p].behind);
            ask_raw(&asker, "POST", places[p].path, body, headers);
            assert_int_equal(asker.status, 400);
            assert_text(word(asker.body, "error.param"), places[p].param);
            assert_text(word(asker.body, "error.code"), places[p].code);
            str message = word(asker.body, "error.message");
            if (!str_ends_with(message, str_from(loose[i].said)))
                fail_msg("%.*s", STR_ARG(message));
        }
    respond(&asker, "m",
            "\"input\":\"x\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\","
            "\"strict\":false,\"schema\":{\"type\":\"object\"}}}");
    assert_int_equal(asker.status, 200);
    asker_end(&asker);
}

/* Protects: in Chat Completions as well every call must have its answer. */
static void chat_wants_every_call_answered(void **state)
{
    (void)state;
    static const char *const headers[] = {"Authorization", "Bearer k", NULL};
    struct asker asker = asker_new(NULL);
    const char *calls =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":"
        "\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\","
        "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},{\"id\":\"c2\",\"type\":"
        "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"1\"}";
    str body = arena_printf(&asker.arena, "%s]}", calls);
    ask_raw(&asker, "POST", "/v1/chat/completions", body, headers);
    assert_int_equal(asker.status, 400);
    assert_text(word(asker.body, "error.param"), "messages.[2].role");
    assert_true(str_ends_with(word(asker.body, "error.message"), STR("messages: c2")));
    body = arena_printf(&asker.arena,
                        "%s,{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"2\"}]}",
                        calls);
    ask_raw(&asker, "POST", "/v1/chat/completions", body, headers);
    assert_int_equal(asker.status, 200);
    asker_end(&asker);
}

/* Protects: a prompt that is too long is an ordinary 400, also where a stream was asked for. */
static void long_prompts_do_not_fit(void **state)
{
    (void)state;
    struct asker asker = asker_new(mock_file);
    char prompt[128];
    memset(prompt, 'a', sizeof prompt - 1);
    prompt[sizeof prompt - 1] = '\0';
    str members = arena_printf(&asker.arena, "\"input\":\"%s\",\"stream\":true", prompt);
    respond(&asker, "small", members.p);
    assert_int_equal(asker.status, 400);
    assert_text(word(asker.body, "error.code"), "context_length_exceeded");
    assert_text(word(asker.body, "error.param"), "input");
    respond(&asker, "small", "\"input\":\"short\"");
    assert_int_equal(asker.status, 200);
    respond(&asker, "m", members.p);
    assert_int_equal(asker.status, 200);
    str body = arena_printf(&asker.arena,
                            "{\"model\":\"small\",\"messages\":[{\"role\":\"user\",\"content\":"
                            "\"%s\"}],\"stream\":true}",
                            prompt);
    static const char *const headers[] = {"Authorization", "Bearer k", NULL};
    ask_raw(&asker, "POST", "/v1/chat/completions", body, headers);
    assert_int_equal(asker.status, 400);
    assert_text(word(asker.body, "error.code"), "context_length_exceeded");
    assert_text(word(asker.body, "error.param"), "messages");
    assert_true(str_contains(word(asker.body, "error.message"), STR("20 tokens")));
    asker_end(&asker);
}

/* ---- streams ---- */

/* What a client makes of a stream that it takes apart by itself. */
struct told {
    struct arena *arena;
    const json *last;         /* the last event */
    struct buf text, summary; /* of all deltas: text, refusal, arguments */
    int64_t events;
    bool open, done; /* an item is in hand; the stream has ended */
};

static bool is(str type, const char *wanted)
{
    return str_equal(type, str_from(wanted));
}

static void tell(struct told *told, str name, const json *event)
{
    str type = word(event, "type");
    assert_true(str_equal(name, type));
    assert_int_equal(number(event, "sequence_number"), told->events);
    assert_false(told->done);
    if (told->events < 2) {
        assert_text(type, told->events ? "response.in_progress" : "response.created");
        assert_text(word(event, "response.status"), "in_progress");
        assert_true(json_is(json_path(event, "response.usage"), JSON_NULL));
        assert_int_equal(json_count(json_path(event, "response.output")), 0);
    } else if (is(type, "response.output_item.added")) {
        assert_false(told->open);
        told->open = true;
    } else if (is(type, "response.output_item.done")) {
        assert_true(told->open);
        told->open = false;
    } else if (is(type, "response.completed") || is(type, "response.incomplete")) {
        assert_false(told->open);
        told->done = true;
    } else {
        assert_true(told->open);
    }
    if (is(type, "response.reasoning_summary_text.delta"))
        buf_add_str(&told->summary, word(event, "delta"));
    else if (str_ends_with(type, STR(".delta")))
        buf_add_str(&told->text, word(event, "delta"));
    told->last = event;
    told->events++;
}

/* Every event: "event: NAME", "data: JSON", a blank line; nothing else. */
static void listen(struct asker *asker, struct told *told)
{
    *told = (struct told){.arena = &asker->arena};
    str rest = hear(asker).body, first, second, blank;
    buf_in_arena(&told->text, told->arena);
    buf_in_arena(&told->summary, told->arena);
    while (rest.n) {
        assert_true(str_cut(rest, '\n', &first, &rest));
        assert_true(str_cut(rest, '\n', &second, &rest));
        assert_true(str_cut(rest, '\n', &blank, &rest));
        assert_true(str_starts_with(first, STR("event: ")));
        assert_true(str_starts_with(second, STR("data: ")));
        assert_int_equal(blank.n, 0);
        const json *event = json_parse(told->arena, str_sub(second, 6, second.n), NULL);
        assert_non_null(event);
        tell(told, str_sub(first, 7, first.n), event);
    }
}

struct asked {
    const char *model, *members, *end;
};

static const struct asked asked[] = {
    {"m", "\"input\":\"LONG\"", "response.completed"},
    {"m", "\"input\":\"hello\",\"max_output_tokens\":16", "response.incomplete"},
    {"m", "\"input\":\"CALL\",\"tools\":[{\"type\":\"function\",\"name\":\"weather\"}]",
     "response.completed"},
    {"m",
     "\"input\":\"x\",\"tools\":[{\"type\":\"custom\",\"name\":\"code\"}],\"tool_choice\":"
     "\"required\"",
     "response.completed"},
    {"thinker", "\"input\":\"LONG\",\"reasoning\":{\"summary\":\"detailed\"}",
     "response.completed"},
    {"m",
     "\"input\":\"LONG\",\"top_logprobs\":2,\"include\":[\"message.output_text.logprobs\"]",
     "response.completed"},
    {"refuser", "\"input\":\"REFUSE\"", "response.completed"},
};

/* All that the items of a response say, in their order. */
static str said_in(struct arena *arena, const json *response)
{
    struct buf all = {0};
    for (const json *item = json_first(json_get(response, STR("output"))); item;
         item = json_next(item)) {
        const json *part = json_at(json_get(item, STR("content")), 0);
        buf_add_str(&all, word(part, "text"));
        buf_add_str(&all, word(part, "refusal"));
        buf_add_str(&all, word(item, "arguments"));
        buf_add_str(&all, word(item, "input"));
    }
    str text = arena_str(arena, buf_str(&all));
    buf_release(&all);
    return text;
}

/* Protects: a stream says what the whole reply says: the deltas, and the last event to the byte. */
static void stream_tells_the_whole_reply(void **state)
{
    (void)state;
    struct asker asker = asker_new(mock_file);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        respond(&asker, asked[i].model, asked[i].members);
        assert_int_equal(asker.status, 200);
        const json *whole = asker.body;
        str members = arena_printf(&asker.arena, "%s,\"stream\":true", asked[i].members);
        respond(&asker, asked[i].model, members.p);
        struct told *told = arena_new(&asker.arena, struct told);
        listen(&asker, told);
        assert_true(told->done);
        assert_text(word(told->last, "type"), asked[i].end);
        const json *response = json_get(told->last, STR("response"));
        if (!json_equal(whole, response))
            fail_msg("%s: the last event holds another response", asked[i].members);
        str said = said_in(&asker.arena, whole);
        assert_true(said.n > 0 && str_equal(said, buf_str(&told->text)));
        const json *first = json_at(json_get(whole, STR("output")), 0);
        const json *summary = json_at(json_get(first, STR("summary")), 0);
        assert_true(str_equal(word(summary, "text"), buf_str(&told->summary)));
    }
    asker_end(&asker);
}

/* Protects: obfuscation is on unless it is switched off. */
static void padding_can_be_switched_off(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    respond(&asker, "m", "\"input\":\"x\",\"stream\":true");
    assert_true(str_contains(hear(&asker).body, STR("\"obfuscation\":\"")));
    respond(
        &asker, "m",
        "\"input\":\"x\",\"stream\":true,\"stream_options\":{\"include_obfuscation\":false}");
    assert_false(str_contains(hear(&asker).body, STR("obfuscation")));
    asker_end(&asker);
}

/* Protects: the stream ends when the whole reply would have come; its notices come at once. */
static void stream_takes_as_long_as_the_reply(void **state)
{
    (void)state;
    struct asker asker = asker_new(mock_file);
    respond(&asker, "slow", "\"input\":\"LONG\"");
    int64_t whole_ns = asker.delivery.at_ns;
    respond(&asker, "slow", "\"input\":\"LONG\",\"stream\":true");
    struct heard heard = hear(&asker);
    assert_int_equal(whole_ns, 1000 * NS_PER_MS + 13 * 100 * NS_PER_MS);
    assert_int_equal(heard.chunk[heard.chunks - 1].at_ns, whole_ns);
    assert_int_equal(heard.chunk[0].at_ns, 0);
    for (size_t i = 0; i < heard.chunks; i++)
        if (str_contains(heard.chunk[i].bytes, STR("event: response.output_text.delta"))) {
            assert_int_equal(heard.chunk[i].at_ns, 1000 * NS_PER_MS);
            break;
        }
    asker_end(&asker);
}

/* Protects: an error in the middle is one flat event with the next number, and the last. */
static void error_in_a_stream_is_flat(void **state)
{
    (void)state;
    struct asker asker = asker_new("faults: [{error_event: 2}]\n");
    respond(&asker, "m", "\"input\":\"x\",\"stream\":true");
    str body = hear(&asker).body, data;
    const json *event = NULL;
    int64_t events = 0, deltas = 0;
    for (; next_data(&body, &data); events++) {
        event = json_parse(&asker.arena, data, NULL);
        deltas += is(word(event, "type"), "response.output_text.delta");
    }
    assert_int_equal(deltas, 2);
    assert_text(word(event, "type"), "error");
    assert_int_equal(number(event, "sequence_number"), events - 1);
    assert_text(word(event, "code"), "server_error");
    assert_true(word(event, "message").n > 0);
    assert_null(json_get(event, STR("error")));
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reply_says_what_was_asked),
        cmocka_unit_test(limit_makes_a_reply_incomplete),
        cmocka_unit_test(reasoning_alone_leaves_no_message),
        cmocka_unit_test(reasoning_is_an_item_of_its_own),
        cmocka_unit_test(call_has_two_ids),
        cmocka_unit_test(refusal_is_a_part),
        cmocka_unit_test(logprobs_need_include),
        cmocka_unit_test(calls_belong_to_their_turn),
        cmocka_unit_test(ids_of_calls_change_nothing),
        cmocka_unit_test(roles_and_parts_are_understood),
        cmocka_unit_test(count_equals_the_bill),
        cmocka_unit_test(bad_requests_are_refused),
        cmocka_unit_test(strict_schemas_must_be_strict),
        cmocka_unit_test(chat_wants_every_call_answered),
        cmocka_unit_test(long_prompts_do_not_fit),
        cmocka_unit_test(stream_tells_the_whole_reply),
        cmocka_unit_test(padding_can_be_switched_off),
        cmocka_unit_test(stream_takes_as_long_as_the_reply),
        cmocka_unit_test(error_in_a_stream_is_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
