/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_dialect_anthropic.c: Anthropic Messages: bodies sent, replies, streams and errors read,
 * schemas rewritten.
 */
#include "llm/anthropic_schema.h"
#include "test_llm_bench.h"

static int setup(void **state)
{
    (void)state;
    bench_begin(&llm_dialect_anthropic_messages);
    return 0;
}

#define HEAD "{\"model\":\"m\",\"system\":\"Be \\\"brief\\\".\",\"messages\":["
#define ASK  "{\"role\":\"user\",\"content\":\"A\\nB\"}"

/* ---- bodies ---- */

/* Protects: max_tokens is always there; everything else only when it was set. */
static void test_encode(void **state)
{
    (void)state;
    assert_str(bench_path(), "/v1/messages");
    assert_str(bench_body(), HEAD ASK "],\"max_tokens\":1024,\"stream\":false}");
    bench.request.params = bench_params();
    assert_str(bench_body(), HEAD ASK
               "],\"max_tokens\":500,\"temperature\":0.1,\"top_p\":1,\"stop_sequences\":["
               "\"END\",\"\\\"\"],\"output_config\":{\"effort\":\"low\"},\"stream\":false}");
    bench.request.params = (struct llm_params){0};
    bench.model.extra =
        json_of(&bench.arena, "{\"thinking\":{\"type\":\"adaptive\"},"
                              "\"max_tokens\":9,\"metadata\":{\"user_id\":\"u\"}}");
    assert_str(bench_body(), HEAD ASK
               "],\"stream\":false,\"thinking\":{\"type\":\"adaptive\"},\"max_tokens\":9,"
               "\"metadata\":{\"user_id\":\"u\"}}");
}

/* Protects: system texts go to one place; a turn that said nothing is left out. */
static void test_turns(void **state)
{
    (void)state;
    bench.message[2] = (struct llm_message){.role = LLM_ASSISTANT, .text = STR("")};
    bench.message[3] = (struct llm_message){.role = LLM_SYSTEM, .text = STR("Now in French.")};
    bench.message[4] = (struct llm_message){.role = LLM_ASSISTANT, .text = STR("oui")};
    bench.message[5] = (struct llm_message){.role = LLM_USER, .text = STR("?")};
    bench.request.message_count = 6;
    assert_str(bench_body(),
               "{\"model\":\"m\",\"system\":\"Be \\\"brief\\\".\\n\\nNow in "
               "French.\",\"messages\":[" ASK
               ",{\"role\":\"assistant\",\"content\":\"oui\"},{\"role\":\"user\",\"content\":"
               "\"?\"}],\"max_tokens\":1024,\"stream\":false}");
}

/* Protects: structured output in the three ways that capabilities name. */
static void test_schema(void **state)
{
    (void)state;
    bench.request.schema = schema_from(&bench.arena, CLOSED);
    assert_str(bench_body(), HEAD ASK
               "],\"max_tokens\":1024,\"output_config\":{\"format\":{\"type\":\"json_schema\","
               "\"schema\":{\"title\":\"output\"," CLOSED_INSIDE "}}},\"stream\":false}");
    /* a title of its own gives way: rules of a mock know a schema by its name */
    bench.request.schema_name = STR("faq");
    bench.request.schema =
        schema_from(&bench.arena, "{\"type\":\"string\",\"title\":\"My FAQ\"}");
    expect_has(bench_body(), "\"schema\":{\"title\":\"faq\",\"type\":\"string\"}");
    /* beside a reference nothing may stand */
    bench.request.schema = schema_from(
        &bench.arena, "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":\"string\"}}}");
    expect_has(bench_body(), "\"schema\":{\"$ref\":\"#/$defs/a\",");
    bench.request.schema_name = STR("");
    bench.request.schema = schema_from(&bench.arena, CLOSED);
    bench.request.params = (struct llm_params){.has_effort = true, .effort = LLM_EFFORT_HIGH};
    expect_has(bench_body(), "\"output_config\":{\"effort\":\"high\",\"format\":{");
    bench.model.capabilities.schema = LLM_SCHEMA_TOOL;
    expect_has(bench_body(), "\"tools\":[{\"name\":\"output\",\"input_schema\":" CLOSED
                             ",\"strict\":true}],\"tool_choice\":{\"type\":\"tool\",\"name\":"
                             "\"output\"},\"stream\":false}");
    /* a hint where it does not fit */
    bench.request.schema = schema_from(&bench.arena, "{\"type\":\"object\"}");
    expect_has(bench_body(), "{\"name\":\"output\",\"input_schema\":{\"type\":\"object\"}}]");
    bench.model.capabilities.schema = LLM_SCHEMA_PROMPT;
    expect_has(bench_body(), "\"system\":\"Be \\\"brief\\\".\\n\\nAnswer with one JSON");
}

/* Protects: tools, and a round whose results are one message of the user. */
static void test_tools(void **state)
{
    (void)state;
    struct llm_tool_call call[2];
    bench_tools();
    expect_has(
        bench_body(),
        "\"tools\":[{\"name\":\"weather\",\"description\":\"Now.\",\"input_schema\":{\"type\":"
        "\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"minLength\":1}}}},{"
        "\"name\":\"count\",\"input_schema\":" CLOSED ",\"strict\":true}],\"stream\"");
    bench.request.tool_choice = LLM_TOOLS_NONE;
    expect_has(bench_body(), "\"tool_choice\":{\"type\":\"none\"}");
    bench.request.tool_choice = LLM_TOOLS_REQUIRED;
    expect_has(bench_body(), "\"tool_choice\":{\"type\":\"any\"}");
    bench_round(call);
    expect_has(
        bench_body(),
        "\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\","
        "\"content\":[{\"type\":\"text\",\"text\":\"Wait.\"},{\"type\":\"tool_use\",\"id\":"
        "\"c1\",\"name\":\"weather\",\"input\":{\"city\":\"Oslo\"}},{\"type\":\"tool_use\","
        "\"id\":\"c2\",\"name\":\"count\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{"
        "\"type\":\"tool_result\",\"tool_use_id\":\"c1\",\"content\":\"{\\\"c\\\": 4}\"},{"
        "\"type\":\"tool_result\",\"tool_use_id\":\"c2\",\"content\":\"no JSON\","
        "\"is_error\":true}]}]");
    bench.message[1].raw_turn = json_of(
        &bench.arena, "[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"Eq\"},"
                      "{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"f\",\"input\":{}}]");
    expect_has(bench_body(), "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\","
                             "\"thinking\":\"hm\",\"signature\":\"Eq\"},");
}

/* Protects: what the API, or the version of it, does not have is said before the run. */
static void test_check(void **state)
{
    (void)state;
    struct llm_params *params = &bench.request.params;
    *params = (struct llm_params){.has_temperature = true, .has_top_p = true};
    assert_str(bench_check(), "");
    bench.provider.api_version = STR("2026-10-21");
    assert_str(bench_check(),
               "model 'small' cannot take temperature: version 2026-10-21 of the "
               "API has no such thing; 2023-06-01 has");
    params->has_temperature = false;
    expect_has(bench_check(), "cannot take top_p: version");
    bench.provider.api_version = STR("2027-01-01");
    expect_has(bench_check(), "cannot take top_p: version");
    *params = (struct llm_params){.has_effort = true, .effort = LLM_EFFORT_MINIMAL};
    assert_str(bench_check(), "model 'small' cannot take reasoning_effort minimal: "
                              "anthropic-messages knows low, medium and high");
    *params = (struct llm_params){.has_seed = true};
    assert_str(bench_check(),
               "model 'small' cannot take a seed: anthropic-messages has no such thing");
    *params = (struct llm_params){0};
    bench.model.extra = json_of(&bench.arena, "{\"system\":\"x\"}");
    expect_has(bench_check(), "extra cannot set 'system'");
    bench.model.extra = NULL;
    bench.request.schema = schema_from(&bench.arena, "{\"type\":\"object\"}");
    assert_str(bench_check(), "model 'small' cannot take this schema (Anthropic's structured "
                              "output): at the top: an object must name its properties");
    assert_int_equal(params->has_max_tokens, false);
    llm_params_complete(&bench.model, params);
    assert_int_equal(params->max_tokens, 1024);
    params->max_tokens = 7;
    llm_params_complete(&bench.model, params);
    assert_int_equal(params->max_tokens, 7);
}

/* Protects: what the subset lacks is filled in, left out for checking here, or refused where it
 * would change what is allowed. */
static void test_subset(void **state)
{
    (void)state;
    static const struct schema_row rows[] = {
        {"{\"$schema\":\"x\",\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\","
         "\"minimum\":1,\"default\":2},\"b\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":3,"
         "\"items\":{\"type\":\"string\",\"pattern\":\"x\",\"format\":\"uri\"}},\"c\":{"
         "\"type\":"
         "\"array\",\"minItems\":2,\"items\":{\"type\":\"string\",\"format\":\"color\"}}}}",
         "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"type\":"
         "\"array\",\"minItems\":1,\"items\":{\"type\":\"string\",\"format\":\"uri\"}},\"c\":{"
         "\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"additionalProperties\":false}",
         NULL},
        {"{\"type\":\"array\",\"items\":{\"oneOf\":[{\"type\":\"null\"},{\"const\":3}]}}",
         "{\"type\":\"array\",\"items\":{\"anyOf\":[{\"type\":\"null\"},{\"const\":3}]}}",
         NULL},
        {"{\"allOf\":[{\"type\":\"string\",\"minLength\":1},{\"enum\":[\"a\",null]}]}",
         "{\"allOf\":[{\"type\":\"string\"},{\"enum\":[\"a\",null]}]}", NULL},
        {"{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/a~1b\",\"description\":\"x\"},"
         "\"$defs\":{\"a/b\":{\"type\":\"string\"}}}",
         "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/a~1b\"},\"$defs\":{\"a/b\":{"
         "\"type\":\"string\"}}}",
         NULL},
        {"{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}", NULL,
         "at /items/$ref: the reference makes the schema contain itself"},
        {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":\"array\",\"items\":{\"$ref\":"
         "\"#/$defs/b\"}},\"b\":{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#/$defs/a\"}]}}}",
         NULL, "at /$ref: the reference makes the schema contain itself"},
        {"{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"}}}]}", NULL,
         "at /allOf/0: an object inside allOf cannot be closed"},
        {"{\"type\":\"object\",\"properties\":{\"a\":{}}}", NULL,
         "at /properties/a: a schema that allows anything needs a 'type'"},
        {"{\"enum\":[\"a\",[1]]}", NULL, "at /enum/1: a list cannot be one of the values"},
        {"{\"type\":\"object\",\"properties\":{},\"patternProperties\":{\"x\":{}}}", NULL,
         "at /patternProperties: 'patternProperties' is not part of it"},
        {"{\"anyOf\":[{\"type\":\"null\"}],\"oneOf\":[{\"type\":\"null\"}]}", NULL,
         "at /oneOf: 'oneOf' stands beside another of its kind"},
        {"{\"type\":\"object\",\"properties\":{},\"additionalProperties\":{\"type\":\"null\"}}",
         NULL, "at /additionalProperties: 'additionalProperties' must be false"},
    };
    expect_schemas(&anthropic_schema, rows, sizeof rows / sizeof *rows);
}

/* ---- replies ---- */

#define REPLY(content, reason)                                                                 \
    "{\"model\":\"claude-1\",\"content\":" content ",\"stop_reason\":" reason "}"
#define TEXT(text) "{\"type\":\"text\",\"text\":" text ",\"citations\":null}"
#define CALL                                                                                   \
    "{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"f\",\"input\":{\"a\":1},\"caller\":{"     \
    "\"type\":\"direct\"}}"
#define USAGE(usage)                                                                           \
    "{\"content\":[" TEXT("\"x\"") "],\"stop_reason\":\"end_turn\",\"usage\":" usage "}"

static const struct reply_row replies[] = {
    {REPLY("[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"E\"}," TEXT(
               "\"H\"") "," TEXT("\"i\"") "]",
           "\"end_turn\""),
     LLM_OK, "Hi", "", false, LLM_FINISH_STOP, UNKNOWN, 0, false, false},
    {REPLY("[" TEXT("\"a\"") "," CALL "]", "\"tool_use\""), LLM_OK, "a", "", false,
     LLM_FINISH_TOOL, UNKNOWN, 0, false, false},
    {REPLY("[" TEXT("\"x\"") "]", "\"stop_sequence\""), LLM_OK, "x", "", false, LLM_FINISH_STOP,
     UNKNOWN, 0, false, false},
    {REPLY("[" TEXT("\"cut\"") "]", "\"max_tokens\""), LLM_OK, "cut", "", false,
     LLM_FINISH_LENGTH, UNKNOWN, 0, false, false},
    {REPLY("[]", "\"max_tokens\""), LLM_OK, "", "max_tokens was used up", false,
     LLM_FINISH_LENGTH, UNKNOWN, 0, false, false},
    {REPLY("[" TEXT("\"cut\"") "]", "\"model_context_window_exceeded\""), LLM_OK, "cut",
     "context window", false, LLM_FINISH_LENGTH, UNKNOWN, 0, false, false},
    {REPLY("[]", "\"pause_turn\""), LLM_OK, "", "", false, LLM_FINISH_OTHER, UNKNOWN, 0, false,
     false},
    {"{\"content\":[" TEXT(
         "\"half\"") "],\"stop_reason\":\"refusal\",\"stop_details\":{"
                     "\"type\":\"refusal\",\"category\":\"bio\",\"explanation\":\"No.\"}}",
     LLM_OK, "", "No.", true, LLM_FINISH_FILTER, UNKNOWN, 0, false, false},
    {"{\"content\":[],\"stop_reason\":\"refusal\",\"stop_details\":{\"category\":\"cyber\"}}",
     LLM_OK, "", "refused: cyber", true, LLM_FINISH_FILTER, UNKNOWN, 0, false, false},
    {REPLY("[]", "\"refusal\""), LLM_OK, "", "did not say why", true, LLM_FINISH_FILTER,
     UNKNOWN, 0, false, false},
    BAD("", "the reply is empty"),
    BAD("<html>", "the reply is not JSON"),
    BAD("7", "the reply is a number, not an object"),
    BAD("{}", "no list of content"),
    BAD("{\"content\":\"Hi\"}", "no list of content"),
    BAD("{\"type\":\"error\",\"error\":{\"message\":\"oh\"}}", "in spite of its status: oh"),
    /* input_tokens leaves the cache out */
    COUNTED(USAGE("{\"input_tokens\":20,\"output_tokens\":12}"), {20, 0, 0, 12, -1}),
    COUNTED(
        USAGE("{\"input_tokens\":20,\"cache_creation_input_tokens\":5,"
              "\"cache_read_input_tokens\":300,\"output_tokens\":12,\"output_tokens_details\":"
              "{\"thinking_tokens\":4}}"),
        {20, 300, 5, 12, 4}),
    COUNTED(
        USAGE("{\"input_tokens\":20,\"cache_read_input_tokens\":null,\"output_tokens\":\"x\"}"),
        {20, 0, 0, -1, -1}),
    COUNTED(USAGE("[]"), UNKNOWN),
};

static void test_decode(void **state)
{
    (void)state;
    struct llm_decoded decoded;
    expect_rows(replies, sizeof replies / sizeof *replies, bench_decode);
    for (size_t i = 0; i < 2; i++)
        survive_values(replies[i].body, bench_decode);
    bench_decode(replies[1].body, &decoded);
    assert_str(decoded.model, "claude-1");
    assert_int_equal(decoded.tool_calls, 1);
    assert_str(decoded.tool_call[0].id, "c1");
    assert_str(decoded.tool_call[0].text, "{\"a\":1}");
    assert_int_equal(json_count(decoded.raw_turn), 2);
}

/* ---- streams ---- */

#define EVENT(name, rest) "event: " name "\ndata: {\"type\":\"" name "\"" rest "  }\n\n"
#define START                                                                                  \
    EVENT("message_start", ",\"message\":{\"model\":\"claude-1\",\"content\":[],\"usage\":{"   \
                           "\"input_tokens\":377,\"output_tokens\":1}}")
#define BLOCK(index, block)                                                                    \
    EVENT("content_block_start", ",\"index\":" index ",\"content_block\":" block)
#define DELTA(index, delta)                                                                    \
    EVENT("content_block_delta", ",\"index\":" index ",\"delta\":" delta)
#define END(reason)                                                                            \
    EVENT("message_delta", ",\"delta\":{\"stop_reason\":" reason "},\"usage\":{"               \
                           "\"output_tokens\":12}")                                            \
    EVENT("message_stop", "")

#define THOUGHT                                                                                \
    BLOCK("0", "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")                 \
    DELTA("0", "{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}")                            \
    DELTA("0", "{\"type\":\"signature_delta\",\"signature\":\"EqQB\"}")                        \
    EVENT("content_block_stop", ",\"index\":0")
#define TOOL                                                                                   \
    BLOCK("1", "{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"f\",\"input\":{}}")            \
    DELTA("1", "{\"type\":\"input_json_delta\",\"partial_json\":\"\"}")                        \
    DELTA("1", "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":\"}")             \
    DELTA("1", "{\"type\":\"input_json_delta\",\"partial_json\":\" 1}\"}")
#define HI                                                                                     \
    BLOCK("0", "{\"type\":\"text\",\"text\":\"\"}")                                            \
    DELTA("0", "{\"type\":\"text_delta\",\"text\":\"Hi\"}")
#define IN_TIME                                                                                \
    {                                                                                          \
        377, 0, 0, 12, -1                                                                      \
    }
#define TOO_SOON                                                                               \
    {                                                                                          \
        377, 0, 0, -1, -1                                                                      \
    }

static const struct reply_row streams[] = {
    {START THOUGHT TOOL END("\"tool_use\""), LLM_OK, "", "", false, LLM_FINISH_TOOL, IN_TIME, 0,
     false, false},
    {START HI EVENT("ping", "") END("\"end_turn\""), LLM_OK, "Hi", "", false, LLM_FINISH_STOP,
     IN_TIME, 0, false, false},
    {START HI END("\"refusal\",\"stop_details\":{\"category\":\"bio\"}"), LLM_OK, "",
     "refused: bio", true, LLM_FINISH_FILTER, IN_TIME, 0, false, false},
    {START HI EVENT("error", ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}"),
     LLM_TRANSPORT, "", "busy", false, LLM_FINISH_OTHER, TOO_SOON, 529, false, false},
    {EVENT("error",
           ",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"spent\",\"details\":"
           "{\"error_code\":\"contract_spend_limit_reached\"}}"),
     LLM_TRANSPORT, "", "spent", false, LLM_FINISH_OTHER, UNKNOWN, 429, false, true},
    {EVENT("error", ",\"error\":{\"type\":\"new_error\"}"), LLM_TRANSPORT, "", "says no more",
     false, LLM_FINISH_OTHER, UNKNOWN, 500, false, false},
    {START HI, LLM_TRANSPORT, "", "ended before", false, LLM_FINISH_OTHER, TOO_SOON, 0, true,
     false},
    /* deltas of blocks that there are not */
    {START DELTA("7", "{\"type\":\"text_delta\",\"text\":\"x\"}")
         DELTA("-1", "{\"type\":\"text_delta\",\"text\":\"x\"}") END("\"end_turn\""),
     LLM_OK, "", "", false, LLM_FINISH_STOP, IN_TIME, 0, false, false},
    {START "data: nonsense\n\n" HI END("\"end_turn\""), LLM_TRANSPORT, "", "not a JSON object",
     false, LLM_FINISH_OTHER, TOO_SOON, 0, false, false},
};

static void test_streams(void **state)
{
    (void)state;
    struct llm_decoded decoded;
    expect_rows(streams, sizeof streams / sizeof *streams, bench_decode_stream);
    survive_values(streams[0].body, bench_decode_stream);
    bench_decode_stream(streams[0].body, &decoded);
    assert_str(decoded.tool_call[0].text, "{\"a\":1}");
    assert_str(json_to_str(&bench.arena, decoded.raw_turn, JSON_COMPACT),
               "[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"EqQB\"},{\"type\":"
               "\"tool_use\",\"id\":\"c1\",\"name\":\"f\",\"input\":{\"a\":1}}]");
    /* what cannot go back as it came is written anew */
    bench_decode_stream(
        START BLOCK("0", "{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"f\","
                         "\"input\":{}}")
            DELTA("0", "{\"type\":\"input_json_delta\",\"partial_json\":\"{oops\"}")
                END("\"tool_use\""),
        &decoded);
    assert_int_equal(decoded.tool_calls, 1);
    assert_null(decoded.tool_call[0].arguments);
    assert_str(decoded.tool_call[0].text, "{oops");
    assert_null(decoded.raw_turn);
}

/* ---- errors ---- */

#define ERROR(type, more)                                                                      \
    "{\"type\":\"error\",\"error\":{\"type\":\"" type "\",\"message\":\"m\"" more "},"         \
    "\"request_id\":\"req_1\"}"

static void test_explain(void **state)
{
    (void)state;
    static const struct problem_row rows[] = {
        {429, ERROR("rate_limit_error", ""), "m", false, false, 0},
        {429,
         ERROR("rate_limit_error", ",\"details\":{\"error_code\":\"ramp_limit_exceeded\"}"),
         "m", false, false, 0},
        {429,
         ERROR("rate_limit_error",
               ",\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}"),
         "m", true, false, 0},
        {402, ERROR("billing_error", ""), "m", true, false, 0},
        {402, "<html>", "", true, false, 0},
        {413, "<html>", "", false, false, 0},
        {529, ERROR("overloaded_error", ",\"details\":7"), "m", false, false, 0},
        {500, "{\"error\":[]}", "", false, false, 0},
        {500, "", "", false, false, 0},
    };
    expect_problems(rows, sizeof rows / sizeof *rows);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, bench_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_encode), TEST(test_turns),   TEST(test_schema),
        TEST(test_tools),  TEST(test_check),   TEST(test_subset),
        TEST(test_decode), TEST(test_streams), TEST(test_explain),
    };
    return cmocka_run_group_tests(tests, NULL, bodies_end);
}
