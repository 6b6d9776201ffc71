/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_dialect_gemini.c: Gemini's generateContent: bodies and paths sent, replies, streams and
 * errors read, schemas rewritten.
 */
#include "llm/gemini_schema.h"
#include "test_llm_bench.h"

static int setup(void **state)
{
    (void)state;
    bench_begin(&llm_dialect_gemini);
    return 0;
}

#define HEAD                                                                                   \
    "{\"systemInstruction\":{\"parts\":[{\"text\":\"Be \\\"brief\\\".\"}]},\"contents\":["
#define ASK "{\"role\":\"user\",\"parts\":[{\"text\":\"A\\nB\"}]}"

/* ---- bodies ---- */

/* Protects: model, version and the choice to stream are in the path. */
static void test_path(void **state)
{
    (void)state;
    assert_str(bench_path(), "/v1beta/models/m:generateContent");
    bench.model.capabilities.stream = true;
    assert_str(bench_path(), "/v1beta/models/m:streamGenerateContent?alt=sse");
    bench.request.params = (struct llm_params){.has_stream = true};
    bench.model.model = STR("tunedModels/a b?");
    bench.provider.api_version = STR("v2/x");
    assert_str(bench_path(), "/v2%2Fx/tunedModels/a%20b%3F:generateContent");
}

/* Protects: only what was set is sent, under its names here. */
static void test_encode(void **state)
{
    (void)state;
    assert_str(bench_body(), HEAD ASK "]}");
    bench.request.params = bench_params();
    assert_str(bench_body(), HEAD ASK
               "],\"generationConfig\":{\"temperature\":0.1,\"topP\":1,"
               "\"maxOutputTokens\":500,\"seed\":9223372036854775807,\"stopSequences\":["
               "\"END\",\"\\\"\"],\"thinkingConfig\":{\"thinkingLevel\":\"LOW\"}}}");
    bench.request.params.has_seed = false;
    bench.request.params.stop_count = 0;
    bench.model.extra = json_of(
        &bench.arena, "{\"generationConfig\":{\"topK\":40,\"topP\":0.5,\"thinkingConfig\":{"
                      "\"includeThoughts\":true}},\"serviceTier\":\"flex\"}");
    assert_str(bench_body(), HEAD ASK
               "],\"generationConfig\":{\"temperature\":0.1,\"maxOutputTokens\":500,"
               "\"thinkingConfig\":{\"thinkingLevel\":\"LOW\",\"includeThoughts\":true},"
               "\"topK\":40,\"topP\":0.5},\"serviceTier\":\"flex\"}");
    bench.message[2] = (struct llm_message){.role = LLM_ASSISTANT, .text = STR("one")};
    bench.message[3] = (struct llm_message){.role = LLM_USER, .text = STR("two?")};
    bench.request.message_count = 4;
    expect_has(bench_body(),
               ASK ",{\"role\":\"model\",\"parts\":[{\"text\":\"one\"}]},{\"role\":"
                   "\"user\",\"parts\":[{\"text\":\"two?\"}]}]");
}

/* Protects: structured output in the three ways that capabilities name. */
static void test_schema(void **state)
{
    (void)state;
    bench.request.schema = schema_from(&bench.arena, CLOSED);
    bench.request.schema_name = STR("faq");
    assert_str(bench_body(),
               HEAD ASK "],\"generationConfig\":{\"responseMimeType\":\"application/json\","
                        "\"responseJsonSchema\":{\"title\":\"faq\"," CLOSED_INSIDE "}}}");
    bench.model.capabilities.schema = LLM_SCHEMA_TOOL;
    assert_str(bench_body(),
               HEAD ASK "],\"tools\":[{\"functionDeclarations\":[{\"name\":\"faq\","
                        "\"parametersJsonSchema\":" CLOSED "}]}],\"toolConfig\":{"
                        "\"functionCallingConfig\":{\"mode\":\"ANY\"}}}");
    bench_tools();
    expect_has(bench_body(), "\"mode\":\"ANY\"}}}");
    bench.request.tool_choice = LLM_TOOLS_NONE;
    expect_has(bench_body(), "\"mode\":\"ANY\",\"allowedFunctionNames\":[\"faq\"]}}}");
    bench.model.capabilities.schema = LLM_SCHEMA_PROMPT;
    bench.request.tools = 0;
    expect_has(bench_body(), "Be \\\"brief\\\".\\n\\nAnswer with one JSON");
}

/* Protects: tools, and a round whose results are objects in one content. */
static void test_tools(void **state)
{
    (void)state;
    struct llm_tool_call call[2];
    bench_tools();
    expect_has(
        bench_body(),
        "\"tools\":[{\"functionDeclarations\":[{\"name\":\"weather\",\"description\":"
        "\"Now.\",\"parametersJsonSchema\":{\"type\":\"object\",\"properties\":{\"city\":{"
        "\"type\":\"string\"}}}},{\"name\":\"count\",\"parametersJsonSchema\":" CLOSED "}]}]}");
    bench.request.tool_choice = LLM_TOOLS_NONE;
    expect_has(bench_body(), "\"functionCallingConfig\":{\"mode\":\"NONE\"}");
    bench.request.tool_choice = LLM_TOOLS_REQUIRED;
    expect_has(bench_body(), "\"functionCallingConfig\":{\"mode\":\"ANY\"}");
    bench_round(call);
    call[1].id = STR("");
    expect_has(
        bench_body(),
        "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"x\"}]},{\"role\":\"model\","
        "\"parts\":[{\"text\":\"Wait.\"},{\"functionCall\":{\"id\":\"c1\",\"name\":"
        "\"weather\",\"args\":{\"city\":\"Oslo\"}}},{\"functionCall\":{\"name\":\"count\"}}]},"
        "{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"id\":\"c1\",\"name\":"
        "\"weather\",\"response\":{\"c\":4}}},{\"functionResponse\":{\"name\":\"count\","
        "\"response\":{\"error\":\"no JSON\"}}}]}],\"tools\":[{\"functionDeclarations\":[{"
        "\"name\":\"weather\",\"description\":");
    bench.message[2].text = STR("[1, 2]");
    bench.message[3].text = STR("{\"a\":1}");
    str body = bench_body();
    expect_has(body, "\"response\":{\"result\":[1,2]}");
    expect_has(body, "\"response\":{\"error\":{\"a\":1}}");
    bench.message[1].raw_turn = json_of(
        &bench.arena, "{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\"},"
                      "\"thoughtSignature\":\"AY\"}]}");
    expect_has(bench_body(),
               "{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\"},"
               "\"thoughtSignature\":\"AY\"}]},");
}

/* Protects: names that would stand beside weir's own are said before the run. */
static void test_check(void **state)
{
    (void)state;
    bench.request.params = bench_params();
    assert_str(bench_check(), "");
    bench.model.extra = json_of(&bench.arena, "{\"generation_config\":{}}");
    assert_str(bench_check(),
               "model 'small': extra cannot set 'generation_config'; weir sets it itself");
    bench.model.extra = NULL;
    bench.request.schema = schema_from(&bench.arena, "{\"allOf\":[{}]}");
    assert_str(bench_check(), "model 'small' cannot take this schema (Gemini's "
                              "responseJsonSchema): at /allOf: 'allOf' is not part of it");
}

static void test_subset(void **state)
{
    (void)state;
    static const struct schema_row rows[] = {
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"const\":\"x\"},\"b\":{\"type\":"
         "\"string\","
         "\"maxLength\":3,\"format\":\"color\"}},\"additionalProperties\":{\"type\":"
         "\"integer\","
         "\"minimum\":1,\"multipleOf\":2}}",
         "{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[\"x\"]},\"b\":{\"type\":"
         "\"string\",\"format\":\"color\"}},\"additionalProperties\":{\"type\":\"integer\","
         "\"minimum\":1}}",
         NULL},
        {"{\"type\":\"array\",\"prefixItems\":[{\"type\":\"null\"}],\"items\":{\"$ref\":\"#\","
         "\"title\":\"t\"}}",
         "{\"type\":\"array\",\"prefixItems\":[{\"type\":\"null\"}],\"items\":{\"$ref\":\"#\"}"
         "}",
         NULL},
        {"{\"enum\":[\"a\",null]}", NULL, "at /enum/1: null cannot be one of the values"},
        {"{\"const\":true}", NULL, "at /const: a bool cannot be one of the values"},
        {"{\"type\":\"object\",\"patternProperties\":{}}", NULL,
         "at /patternProperties: 'patternProperties' is not part of it"},
        {"{\"enum\":[\"a\"],\"const\":\"a\"}", NULL,
         "at /const: 'const' stands beside another of its kind"},
    };
    expect_schemas(&gemini_schema, rows, sizeof rows / sizeof *rows);
}

/* ---- replies ---- */

#define REPLY(parts, reason)                                                                   \
    "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[" parts                      \
    "]},\"finishReason\":" reason ",\"index\":0}],\"modelVersion\":\"gemini-1\"}"
#define CALL                                                                                   \
    "{\"functionCall\":{\"id\":\"c1\",\"name\":\"f\",\"args\":{\"a\":1}},"                     \
    "\"thoughtSignature\":"                                                                    \
    "\"AY\"}"
#define USAGE(usage)                                                                           \
    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]},\"finishReason\":\"STOP\"}]" \
    ","                                                                                        \
    "\"usageMetadata\":" usage "}"
#define BLOCKED(reason, why)                                                                   \
    {                                                                                          \
        "{\"candidates\":[{\"finishReason\":\"" reason "\"}]}", LLM_OK, "", why, true,         \
            LLM_FINISH_FILTER, UNKNOWN, 0, false, false                                        \
    }

static const struct reply_row replies[] = {
    {REPLY("{\"text\":\"hm\",\"thought\":true},{\"text\":\"H\",\"thoughtSignature\":\"AY\"},"
           "{\"text\":\"i\"}",
           "\"STOP\""),
     LLM_OK, "Hi", "", false, LLM_FINISH_STOP, UNKNOWN, 0, false, false},
    {REPLY("{\"text\":\"a\"}," CALL, "\"STOP\""), LLM_OK, "a", "", false, LLM_FINISH_TOOL,
     UNKNOWN, 0, false, false},
    {REPLY("{\"text\":\"cut\"}", "\"MAX_TOKENS\""), LLM_OK, "cut", "", false, LLM_FINISH_LENGTH,
     UNKNOWN, 0, false, false},
    {"{\"candidates\":[{\"finishReason\":\"MAX_TOKENS\"}]}", LLM_OK, "",
     "max_tokens was used up", false, LLM_FINISH_LENGTH, UNKNOWN, 0, false, false},
    {"{\"candidates\":[{\"finishReason\":\"STOP\"}]}", LLM_OK, "", "", false, LLM_FINISH_STOP,
     UNKNOWN, 0, false, false},
    BLOCKED("SAFETY", "the answer was blocked (SAFETY)"),
    BLOCKED("RECITATION", "(RECITATION)"),
    BLOCKED("PROHIBITED_CONTENT", "(PROHIBITED_CONTENT)"),
    BLOCKED("SPII", "(SPII)"),
    {"{\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{\"promptTokenCount\":"
     "9,"
     "\"totalTokenCount\":9}}",
     LLM_OK,
     "",
     "the prompt was blocked (SAFETY)",
     true,
     LLM_FINISH_FILTER,
     {9, 0, 0, 0, 0},
     0,
     false,
     false},
    {"{\"candidates\":[{\"finishReason\":\"MALFORMED_FUNCTION_CALL\",\"finishMessage\":\"bad\"}"
     "]}",
     LLM_OK, "", "the answer is empty: MALFORMED_FUNCTION_CALL: bad", false, LLM_FINISH_OTHER,
     UNKNOWN, 0, false, false},
    {REPLY("{\"text\":\"x\"}", "\"CONTINUATION\""), LLM_OK, "x", "", false, LLM_FINISH_OTHER,
     UNKNOWN, 0, false, false},
    BAD("", "the reply is empty"),
    BAD("<html>", "the reply is not JSON"),
    BAD("[]", "the reply is a list, not an object"),
    BAD("{}", "no candidates with content"),
    BAD("{\"candidates\":[{}]}", "no candidates with content"),
    BAD("{\"candidates\":{\"0\":1}}", "no candidates with content"),
    BAD("{\"error\":{\"message\":\"oh\"}}", "in spite of its status: oh"),
    /* the prompt includes the cache; the candidates leave the thoughts out; zeros are left out */
    COUNTED(
        USAGE("{\"promptTokenCount\":12,\"candidatesTokenCount\":9,\"thoughtsTokenCount\":30,"
              "\"toolUsePromptTokenCount\":5,\"cachedContentTokenCount\":4,"
              "\"totalTokenCount\":56}"),
        {13, 4, 0, 39, 30}),
    COUNTED(USAGE("{\"promptTokenCount\":12,\"totalTokenCount\":12}"), {12, 0, 0, 0, 0}),
    COUNTED(USAGE("{\"trafficType\":\"ON_DEMAND\"}"), UNKNOWN),
    COUNTED(USAGE("{\"promptTokenCount\":3,\"cachedContentTokenCount\":4}"), {-1, 4, 0, 0, 0}),
    COUNTED(USAGE("{\"promptTokenCount\":3,\"candidatesTokenCount\":\"9\"}"), {3, 0, 0, -1, 0}),
    COUNTED(USAGE("[1]"), UNKNOWN),
};

static void test_decode(void **state)
{
    (void)state;
    struct llm_decoded decoded;
    expect_rows(replies, sizeof replies / sizeof *replies, bench_decode);
    for (size_t i = 0; i < 2; i++)
        survive_values(replies[i].body, bench_decode);
    bench_decode(replies[1].body, &decoded);
    assert_str(decoded.model, "gemini-1");
    assert_int_equal(decoded.tool_calls, 1);
    assert_str(decoded.tool_call[0].id, "c1");
    assert_str(decoded.tool_call[0].text, "{\"a\":1}");
    assert_str(json_to_str(&bench.arena, decoded.raw_turn, JSON_COMPACT),
               "{\"role\":\"model\",\"parts\":[{\"text\":\"a\"}," CALL "]}");
}

/* ---- streams ---- */

#define CHUNK(parts, rest)                                                                     \
    "data: {\"candidates\":[{\"content\":{\"parts\":[" parts "]}" rest "}]}\r\n\r\n"
#define LAST ",\"finishReason\":\"STOP\""
#define ERROR                                                                                  \
    "{\"error\":{\"code\":503,\"message\":\"busy\",\"status\":\"UNAVAILABLE\",\"details\":["   \
    "{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"2s\"}]}}"

static const struct reply_row streams[] = {
    {CHUNK("{\"text\":\"H\"}", "") CHUNK("{\"text\":\"i\"}", LAST), LLM_OK, "Hi", "", false,
     LLM_FINISH_STOP, UNKNOWN, 0, false, false},
    {CHUNK("{\"text\":\"hm\",\"thought\":true}", "") CHUNK(CALL, "")
         CHUNK("{\"text\":\"\",\"thoughtSignature\":\"AZ\"}", LAST),
     LLM_OK, "", "", false, LLM_FINISH_TOOL, UNKNOWN, 0, false, false},
    {"data: {\"promptFeedback\":{\"blockReason\":\"OTHER\"}}\n\n", LLM_OK, "",
     "the prompt was blocked (OTHER)", true, LLM_FINISH_FILTER, UNKNOWN, 0, false, false},
    {CHUNK("{\"text\":\"H\"}", "") "data: {\"candidates\":[{\"finishReason\":\"SAFETY\"}]}\r\r",
     LLM_OK, "H", "the answer was blocked (SAFETY)", true, LLM_FINISH_FILTER, UNKNOWN, 0, false,
     false},
    /* the last counts are those that count */
    {"data: {\"usageMetadata\":{\"promptTokenCount\":7,\"totalTokenCount\":7}}\n\n"
     "data: {\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{"
     "\"promptTokenCount\":7,\"candidatesTokenCount\":2}}\n\n",
     LLM_OK,
     "",
     "",
     false,
     LLM_FINISH_STOP,
     {7, 0, 0, 2, 0},
     0,
     false,
     false},
    {CHUNK("{\"text\":\"H\"}", "") "data: " ERROR "\n\n", LLM_TRANSPORT, "", "busy", false,
     LLM_FINISH_OTHER, UNKNOWN, 503, false, false},
    {CHUNK("{\"text\":\"H\"}", "") ERROR, LLM_TRANSPORT, "", "busy", false, LLM_FINISH_OTHER,
     UNKNOWN, 503, false, false},
    {"[" ERROR "]", LLM_TRANSPORT, "", "busy", false, LLM_FINISH_OTHER, UNKNOWN, 503, false,
     false},
    {"data: {\"error\":{\"code\":400,\"message\":\"key\",\"details\":[{\"reason\":"
     "\"API_KEY_INVALID\"}]}}\n\n",
     LLM_TRANSPORT, "", "key", false, LLM_FINISH_OTHER, UNKNOWN, 401, false, false},
    {CHUNK("{\"text\":\"H\"}", ""), LLM_TRANSPORT, "", "ended before", false, LLM_FINISH_OTHER,
     UNKNOWN, 0, true, false},
    {CHUNK("{\"text\":\"H\"}", LAST) "data: {\"cand", LLM_TRANSPORT, "", "ended before", false,
     LLM_FINISH_OTHER, UNKNOWN, 0, true, false},
    {"data: {\"usageMetadata\":{\"promptTokenCount\":7,\"candidatesTokenCount\":1}}\n\n",
     LLM_TRANSPORT,
     "",
     "ended before",
     false,
     LLM_FINISH_OTHER,
     {7, 0, 0, -1, -1},
     0,
     true,
     false},
    {"", LLM_TRANSPORT, "", "ended before", false, LLM_FINISH_OTHER, UNKNOWN, 0, true, false},
};

static void test_streams(void **state)
{
    (void)state;
    struct llm_decoded decoded;
    expect_rows(streams, sizeof streams / sizeof *streams, bench_decode_stream);
    survive_values(streams[1].body, bench_decode_stream);
    bench_decode_stream(streams[1].body, &decoded);
    assert_int_equal(json_count(json_get(decoded.raw_turn, STR("parts"))), 3);
    bench_decode_stream(streams[5].body, &decoded);
    assert_int_equal(decoded.retry_after_ns, 2 * NS_PER_S);
}

/* ---- errors ---- */

#define PROBLEM(status, details)                                                               \
    "{\"error\":{\"code\":429,\"status\":\"" status                                            \
    "\",\"message\":\"m\",\"details\":[" details "]}}"
#define TYPE(name)    "\"@type\":\"type.googleapis.com/google.rpc." name "\""
#define RETRY(delay)  "{" TYPE("RetryInfo") ",\"retryDelay\":" delay "}"
#define VIOLATION(id) "{" TYPE("QuotaFailure") ",\"violations\":[{\"quotaId\":\"" id "\"}]}"

static void test_explain(void **state)
{
    (void)state;
    static const struct problem_row rows[] = {
        {429,
         PROBLEM("RESOURCE_EXHAUSTED",
                 VIOLATION("GenerateRequestsPerMinutePerProject") ","
                                                                  "{" TYPE("Help") "}," RETRY(
                                                                      "\"36.429760048s\"")),
         "m", false, false, 36429760048},
        {429, "[" PROBLEM("RESOURCE_EXHAUSTED", RETRY("\"36s\"")) "]", "m", false, false,
         36 * NS_PER_S},
        {429, PROBLEM("RESOURCE_EXHAUSTED", VIOLATION("GenerateRequestsPerDayPerProject")), "m",
         true, false, 0},
        {400,
         PROBLEM("INVALID_ARGUMENT", "{" TYPE("ErrorInfo") ",\"reason\":\"API_KEY_INVALID\"}"),
         "m", false, true, 0},
        {400, PROBLEM("FAILED_PRECONDITION", ""), "m", false, false, 0},
        {429, PROBLEM("RESOURCE_EXHAUSTED", RETRY("\"soon\"") ",7,null,[]"), "m", false, false,
         0},
        {429, PROBLEM("RESOURCE_EXHAUSTED", RETRY("36")), "m", false, false, 0},
        {429, PROBLEM("RESOURCE_EXHAUSTED", RETRY("\"-3s\"")), "m", false, false, 0},
        {429, PROBLEM("RESOURCE_EXHAUSTED", RETRY("\"1e300s\"")), "m", false, false,
         366 * (int64_t)86400 * NS_PER_S},
        {503, "{\"error\":{\"message\":\"m\",\"details\":{\"a\":1}}}", "m", false, false, 0},
        {500, "<html>", "", false, false, 0},
        {500, "", "", false, false, 0},
    };
    expect_problems(rows, sizeof rows / sizeof *rows);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, bench_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_path),   TEST(test_encode),  TEST(test_schema),
        TEST(test_tools),  TEST(test_check),   TEST(test_subset),
        TEST(test_decode), TEST(test_streams), TEST(test_explain),
    };
    return cmocka_run_group_tests(tests, NULL, bodies_end);
}
