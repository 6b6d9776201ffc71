/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_dialect_responses.c: OpenAI Responses: bodies sent, replies and streams read.
 */
#include "test_llm_bench.h"

static int setup(void **state)
{
    (void)state;
    bench_begin(&llm_dialect_openai_responses);
    return 0;
}

#define HEAD "{\"model\":\"m\",\"instructions\":\"Be \\\"brief\\\".\",\"input\":["
#define TAIL "\"store\":false,\"stream\":false}"
#define ASK  "{\"role\":\"user\",\"content\":\"A\\nB\"}"

/* ---- bodies ---- */

/* Protects: the system text goes apart, and only what was set is sent, under its names here. */
static void test_encode(void **state)
{
    (void)state;
    assert_str(bench_path(), "/responses");
    assert_str(bench_body(), HEAD ASK "]," TAIL);
    bench.request.params = bench_params();
    bench.request.params.has_seed = false;
    bench.request.params.stop_count = 0;
    assert_str(bench_body(),
               HEAD ASK "],\"temperature\":0.1,\"top_p\":1,\"max_output_tokens\":500,"
                        "\"reasoning\":{\"effort\":\"low\"}," TAIL);
    bench.model.extra = json_of(&bench.arena, "{\"reasoning\":{\"summary\":\"auto\"},"
                                              "\"max_output_tokens\":17,\"store\":true}");
    assert_str(bench_body(),
               HEAD ASK "],\"temperature\":0.1,\"top_p\":1,\"reasoning\":{"
                        "\"effort\":\"low\",\"summary\":\"auto\"},\"stream\":false,"
                        "\"max_output_tokens\":17,\"store\":true}");
    bench.message[2] = (struct llm_message){.role = LLM_ASSISTANT, .text = STR("one")};
    bench.message[3] = (struct llm_message){.role = LLM_USER, .text = STR("two?")};
    bench.request.message_count = 4;
    expect_has(bench_body(), ASK ",{\"role\":\"assistant\",\"content\":\"one\"},{\"role\":"
                                 "\"user\",\"content\":\"two?\"}]");
}

/* Protects: structured output in the three ways that capabilities name. */
static void test_schema(void **state)
{
    (void)state;
    bench.request.schema = schema_from(&bench.arena, CLOSED);
    bench.request.schema_name = STR("my faq");
    assert_str(bench_body(),
               HEAD ASK "],\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":"
                        "\"my_faq\",\"strict\":true,\"schema\":" CLOSED "}}," TAIL);
    /* any object: JSON mode, with a word of it where there is none */
    bench.request.schema = schema_from(&bench.arena, "{\"type\":\"object\"}");
    expect_has(bench_body(),
               "\"input\":[{\"role\":\"developer\",\"content\":\"Answer with a JSON "
               "object.\"},{\"role\":\"user\"");
    expect_has(bench_body(), "],\"text\":{\"format\":{\"type\":\"json_object\"}},");
    bench.request.schema = schema_from(&bench.arena, CLOSED);
    bench.model.capabilities.schema = LLM_SCHEMA_TOOL;
    assert_str(bench_body(), HEAD ASK
               "],\"tools\":[{\"type\":\"function\",\"name\":\"my_faq\",\"strict\":true,"
               "\"parameters\":" CLOSED "}],\"tool_choice\":{\"type\":\"function\","
               "\"name\":\"my_faq\"}," TAIL);
    bench.model.capabilities.schema = LLM_SCHEMA_PROMPT;
    expect_has(bench_body(), "\"instructions\":\"Be \\\"brief\\\".\\n\\nAnswer with one JSON");
}

/* Protects: tools, and a round of calls and results in the order they came. */
static void test_tools(void **state)
{
    (void)state;
    struct llm_tool_call call[2];
    bench_tools();
    expect_has(
        bench_body(),
        "\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"description\":\"Now.\","
        "\"strict\":false,\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{"
        "\"type\":\"string\",\"minLength\":1}}}},{\"type\":\"function\",\"name\":\"count\","
        "\"strict\":true,\"parameters\":" CLOSED "}],\"store\"");
    bench.request.tool_choice = LLM_TOOLS_NONE;
    expect_has(bench_body(), "],\"tool_choice\":\"none\",");
    bench_round(call);
    expect_has(
        bench_body(),
        "\"input\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":"
        "\"Wait.\"},{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"weather\","
        "\"arguments\":\"{\\\"city\\\": \\\"Oslo\\\"}\"},{\"type\":\"function_call\","
        "\"call_id\":\"c2\",\"name\":\"count\",\"arguments\":\"{oops\"},{\"type\":"
        "\"function_call_output\",\"call_id\":\"c1\",\"output\":\"{\\\"c\\\": 4}\"},{\"type\":"
        "\"function_call_output\",\"call_id\":\"c2\",\"output\":\"no JSON\"}]");
}

/* Protects: a turn goes back as it came, but for reasoning that the provider does not have. */
static void test_raw_turn(void **state)
{
    (void)state;
    struct llm_tool_call call[2];
    static const char items[] =
        "[{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[],\"encrypted_content\":\"gA\"},"
        "{\"type\":\"reasoning\",\"id\":\"rs_2\",\"summary\":[],\"encrypted_content\":null},"
        "{\"type\":\"function_call\",\"id\":\"fc_1\",\"call_id\":\"c1\",\"name\":\"f\","
        "\"arguments\":\"{}\"}]";
    bench_round(call);
    bench.message[1].raw_turn = json_of(&bench.arena, items);
    str body = bench_body();
    expect_has(body,
               "\"content\":\"x\"},{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[],"
               "\"encrypted_content\":\"gA\"},{\"type\":\"function_call\",\"id\":\"fc_1\"");
    bench.model.extra = json_of(&bench.arena, "{\"store\":true}");
    expect_has(bench_body(), "\"rs_2\"");
}

/* Protects: what this API does not have is said before the run. */
static void test_check(void **state)
{
    (void)state;
    assert_str(bench_check(), "");
    bench.request.params.stop_count = 1;
    assert_str(bench_check(),
               "model 'small' cannot take stop: openai-responses has no such thing");
    bench.request.params.has_seed = true;
    assert_str(bench_check(),
               "model 'small' cannot take a seed: openai-responses has no such thing");
    bench.request.params = (struct llm_params){.has_max_tokens = true, .max_tokens = 15};
    assert_str(bench_check(),
               "model 'small' cannot take max_tokens 15: openai-responses wants at least 16");
    bench.request.params.max_tokens = 16;
    bench.request.schema =
        schema_from(&bench.arena, "{\"type\":\"object\",\"properties\":{\"l\":{"
                                  "\"type\":\"array\",\"prefixItems\":[{}]}},"
                                  "\"required\":[\"l\"]}");
    assert_str(bench_check(),
               "model 'small' cannot take this schema (OpenAI's strict output): at "
               "/properties/l/prefixItems: 'prefixItems' is not part of it");
    bench.model.capabilities.schema = LLM_SCHEMA_TOOL;
    assert_str(bench_check(), "");
    bench.model.extra = json_of(&bench.arena, "{\"instructions\":\"x\"}");
    assert_str(bench_check(),
               "model 'small': extra cannot set 'instructions'; weir sets it itself");
}

/* ---- replies ---- */

#define REPLY(status, output)                                                                  \
    "{\"model\":\"m-2026\",\"status\":" status ",\"output\":" output "}"
#define TEXT(text)                                                                             \
    "{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":" text "}]}"
#define CALL                                                                                   \
    "{\"type\":\"function_call\",\"id\":\"fc_1\",\"call_id\":\"c1\",\"name\":\"f\","           \
    "\"arguments\":\"{\\\"a\\\":1}\"}"
#define USAGE(usage) "{\"output\":[" TEXT("\"x\"") "],\"usage\":" usage "}"

static const struct reply_row replies[] = {
    {REPLY("\"completed\"",
           "[{\"type\":\"reasoning\",\"summary\":[]}," TEXT("\"H\"") "," TEXT("\"i\"") "]"),
     LLM_OK, "Hi", "", false, LLM_FINISH_STOP, UNKNOWN, 0, false, false},
    {REPLY("\"completed\"", "[" TEXT("\"a\"") "," CALL "]"), LLM_OK, "a", "", false,
     LLM_FINISH_TOOL, UNKNOWN, 0, false, false},
    {REPLY("\"completed\"", "[{\"type\":\"message\",\"content\":[{\"type\":\"refusal\","
                            "\"refusal\":\"I will not\"}]}]"),
     LLM_OK, "", "I will not", true, LLM_FINISH_STOP, UNKNOWN, 0, false, false},
    {"{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"max_output_tokens\"},"
     "\"output\":[" TEXT("\"cut\"") "]}",
     LLM_OK, "cut", "", false, LLM_FINISH_LENGTH, UNKNOWN, 0, false, false},
    {"{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"max_output_tokens\"},"
     "\"output\":[]}",
     LLM_OK, "", "max_tokens was used up", false, LLM_FINISH_LENGTH, UNKNOWN, 0, false, false},
    {"{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"content_filter\"},"
     "\"output\":[" TEXT("\"half\"") "]}",
     LLM_OK, "half", "content filter", true, LLM_FINISH_FILTER, UNKNOWN, 0, false, false},
    {"{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"steered\"},"
     "\"output\":[]}",
     LLM_OK, "", "incomplete: steered", false, LLM_FINISH_OTHER, UNKNOWN, 0, false, false},
    {"{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"oh\"},"
     "\"output\":[]}",
     LLM_TRANSPORT, "", "oh", false, LLM_FINISH_OTHER, UNKNOWN, 500, false, false},
    {"{\"status\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"oh\"}}",
     LLM_TRANSPORT, "", "oh", false, LLM_FINISH_OTHER, UNKNOWN, 429, false, false},
    {"{\"status\":\"failed\",\"error\":{\"code\":\"invalid_prompt\",\"message\":\"oh\"}}",
     LLM_TRANSPORT, "", "oh", false, LLM_FINISH_OTHER, UNKNOWN, 400, false, false},
    {"{\"status\":\"failed\",\"error\":{\"code\":\"insufficient_quota\",\"message\":\"oh\"}}",
     LLM_TRANSPORT, "", "oh", false, LLM_FINISH_OTHER, UNKNOWN, 429, false, true},
    {"{\"status\":\"failed\"}", LLM_TRANSPORT, "", "says no more", false, LLM_FINISH_OTHER,
     UNKNOWN, 500, false, false},
    BAD(REPLY("\"in_progress\"", "[]"), "its status is 'in_progress'"),
    BAD("", "the reply is empty"),
    BAD("{", "the reply is not JSON"),
    BAD("[]", "the reply is a list, not an object"),
    BAD("{}", "no list of output"),
    BAD("{\"output\":{}}", "no list of output"),
    COUNTED(USAGE("{\"input_tokens\":36,\"output_tokens\":87}"), {36, 0, 0, 87, -1}),
    COUNTED(USAGE("{\"input_tokens\":36,\"input_tokens_details\":{\"cached_tokens\":30,"
                  "\"cache_write_tokens\":2},\"output_tokens\":87,\"output_tokens_details\":{"
                  "\"reasoning_tokens\":60}}"),
            {4, 30, 2, 87, 60}),
    COUNTED(USAGE("{\"input_tokens\":3,\"input_tokens_details\":{\"cached_tokens\":30}}"),
            {-1, 30, 0, -1, -1}),
    COUNTED(USAGE("7"), UNKNOWN),
};

static void test_decode(void **state)
{
    (void)state;
    struct llm_decoded decoded;
    expect_rows(replies, sizeof replies / sizeof *replies, bench_decode);
    for (size_t i = 0; i < 2; i++)
        survive_values(replies[i].body, bench_decode);
    bench_decode(replies[1].body, &decoded);
    assert_str(decoded.model, "m-2026");
    assert_int_equal(decoded.tool_calls, 1);
    assert_str(decoded.tool_call[0].id, "c1");
    assert_str(decoded.tool_call[0].name, "f");
    assert_str(decoded.tool_call[0].text, "{\"a\":1}");
    assert_int_equal(json_count(decoded.raw_turn), 2);
}

/* ---- streams ---- */

#define EVENT(name, rest)                                                                      \
    "event: response." name "\ndata: {\"type\":\"response." name "\"," rest "}\n\n"
#define FINAL(name, response) EVENT(name, "\"response\":" response)

static const struct reply_row streams[] = {
    {EVENT("output_text.delta", "\"delta\":\"no\"")
         FINAL("completed", REPLY("\"completed\"", "[" TEXT("\"Hi\"") "]")) "data: [DONE]\n\n",
     LLM_OK, "Hi", "", false, LLM_FINISH_STOP, UNKNOWN, 0, false, false},
    /* items that only came on their way */
    {EVENT("output_item.done", "\"item\":" TEXT("\"Hi\"")) EVENT(
         "output_item.done", "\"item\":" CALL) FINAL("completed", REPLY("\"completed\"", "[]")),
     LLM_OK, "Hi", "", false, LLM_FINISH_TOOL, UNKNOWN, 0, false, false},
    {FINAL("incomplete", "{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":"
                         "\"max_output_tokens\"},\"output\":[" TEXT(
                             "\"cu\"") "],\"usage\":{"
                                       "\"input_tokens\":3,\"output_tokens\":2}}"),
     LLM_OK,
     "cu",
     "",
     false,
     LLM_FINISH_LENGTH,
     {3, 0, 0, 2, -1},
     0,
     false,
     false},
    {FINAL("failed", "{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":"
                     "\"oh\"},\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}"),
     LLM_TRANSPORT,
     "",
     "oh",
     false,
     LLM_FINISH_OTHER,
     {3, 0, 0, 2, -1},
     500,
     false,
     false},
    {EVENT("output_text.delta", "\"delta\":\"Hi\"") "event: error\ndata: {\"type\":\"error\","
                                                    "\"code\":\"rate_limit_exceeded\","
                                                    "\"message\":\"slow\",\"param\":null}\n\n",
     LLM_TRANSPORT, "", "slow", false, LLM_FINISH_OTHER, UNKNOWN, 429, false, false},
    {"data: {\"type\":\"error\",\"error\":{\"type\":\"server_error\",\"message\":\"in\"}}\n\n",
     LLM_TRANSPORT, "", "in", false, LLM_FINISH_OTHER, UNKNOWN, 500, false, false},
    {EVENT("output_text.delta", "\"delta\":\"Hi\""), LLM_TRANSPORT, "", "ended before", false,
     LLM_FINISH_OTHER, UNKNOWN, 0, true, false},
    {"data: [DONE]\n\n", LLM_TRANSPORT, "", "ended before", false, LLM_FINISH_OTHER, UNKNOWN, 0,
     true, false},
    {FINAL("completed", "7"), LLM_TRANSPORT, "", "has no response", false, LLM_FINISH_OTHER,
     UNKNOWN, 0, false, false},
    {"data: nonsense\n\n" FINAL("completed", REPLY("\"completed\"", "[]")), LLM_TRANSPORT, "",
     "not a JSON object", false, LLM_FINISH_OTHER, UNKNOWN, 0, false, false},
};

static void test_streams(void **state)
{
    (void)state;
    expect_rows(streams, sizeof streams / sizeof *streams, bench_decode_stream);
    survive_values(streams[1].body, bench_decode_stream);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, bench_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_encode), TEST(test_schema), TEST(test_tools),   TEST(test_raw_turn),
        TEST(test_check),  TEST(test_decode), TEST(test_streams),
    };
    return cmocka_run_group_tests(tests, NULL, bodies_end);
}
