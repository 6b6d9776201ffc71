/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_anthropic_refusals.c: which bodies Anthropic's endpoints refuse, and in which words.
 */
#include "test_mock_anthropic.h"

/* ---- bodies ---- */

#define OPEN          "{" MODEL_AND_LIMIT ","
#define HI            USER_HI
#define TEXT_BLOCK    "{\"type\":\"text\",\"text\":\"a\"}"
#define USER(content) "\"messages\":[{\"role\":\"user\",\"content\":" content "}]"
#define CALL          "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}}"
#define RESULT        "{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":\"r\"}"
#define TALK(call, result)                                                                     \
    "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":" \
    "[" call "]},{\"role\":\"user\",\"content\":[" result "]}]"
#define TOOLS(more) "\"tools\":[{\"name\":\"f\"," more "}]"
#define SHAPED(schema)                                                                         \
    "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":" schema "}}"

/* Protects: what is wrong with a body is said in the provider's words, place first. */
static void test_bodies(void **state)
{
    (void)state;
    static const struct {
        const char *body, *says;
    } rows[] = {
        {"[]", "Input should be a valid dictionary"},
        {"{\"max_tokens\":1," HI "}", "model: Field required"},
        {"{\"model\":\"\",\"max_tokens\":1," HI "}", "model: String should have at least 1"},
        {"{\"model\":\"m\"," HI "}", "max_tokens: Field required"},
        {"{\"model\":\"m\",\"max_tokens\":-1," HI "}",
         "max_tokens: Input should be greater than or equal to 0"},
        {"{\"model\":\"m\",\"max_tokens\":1.5," HI "}",
         "max_tokens: Input should be a valid integer"},
        {OPEN "\"frequency_penalty\":1," HI "}",
         "frequency_penalty: Extra inputs are not permitted"},
        {"{" MODEL_AND_LIMIT "}", "messages: Field required"},
        {OPEN "\"messages\":[]}", "messages: at least one message is required"},
        {OPEN "\"messages\":[5]}", "messages.0: Input should be an object"},
        {OPEN "\"messages\":[{\"content\":\"a\"}]}", "messages.0.role: Field required"},
        {OPEN "\"messages\":[{\"role\":\"usr\",\"content\":\"a\"}]}",
         "messages: Unexpected role \"usr\". Allowed roles are \"user\" or \"assistant\""},
        {OPEN "\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}]}",
         "messages: first message must use the \"user\" role"},
        {OPEN "\"messages\":[{\"role\":\"user\"}]}", "messages.0.content: Field required"},
        {OPEN USER("\"\"") "}", "messages.0: all messages must have non-empty content"},
        {OPEN USER("[]") "}", "messages.0: all messages must have non-empty content"},
        {OPEN USER("\" \"") "}", "text content blocks must contain non-whitespace text"},
        {OPEN USER("[{\"text\":\"a\"}]") "}", "messages.0.content.0.type: Field required"},
        {OPEN USER("[{\"type\":\"text\"}]") "}",
         "messages.0.content.0.text.text: Field required"},
        {OPEN USER("[{\"type\":\"text\",\"text\":\"\"}]") "}",
         "messages.0.content.0: text content blocks must be non-empty"},
        {OPEN USER("[{\"type\":\"picture\"}]") "}",
         "messages.0.content.0: Input tag 'picture' found using 'type' does not match"},
        {OPEN USER("[{\"type\":\"image\"}]") "}",
         "messages.0.content.0.image.source: Field required"},
        {OPEN USER("[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"a\","
                   "\"media_type\":\"image/bmp\"}}]") "}",
         "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', "
         "'image/png', 'image/gif' or 'image/webp'"},
        {OPEN USER("[{\"type\":\"image\",\"source\":{\"type\":\"url\"}}]") "}",
         "messages.0.content.0.image.source.url.url: Field required"},
        {OPEN USER("[" CALL "]") "}",
         "messages.0.content.0: `tool_use` blocks can only be in `assistant` messages"},
        {OPEN USER("[" RESULT "]") "}",
         "unexpected `tool_use_id` found in `tool_result` blocks: t1"},
        {OPEN TALK(CALL, TEXT_BLOCK) "}", "messages.1: `tool_use` ids were found without "
                                          "`tool_result` blocks immediately after: "
                                          "t1"},
        {OPEN TALK(CALL, TEXT_BLOCK "," RESULT) "}",
         "messages.1: `tool_use` ids were found without `tool_result` blocks"},
        {OPEN TALK(CALL, RESULT "," RESULT) "}",
         "Found multiple `tool_result` blocks with id: t1"},
        {OPEN TALK(CALL "," CALL, RESULT) "}", "`tool_use` ids must be unique"},
        {OPEN TALK("{\"type\":\"tool_use\",\"id\":\"t 1\",\"name\":\"f\",\"input\":{}}",
                   RESULT) "}",
         "messages.1.content.0.tool_use.id: String should match pattern"},
        {OPEN TALK("{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":\"{}\"}",
                   RESULT) "}",
         "messages.1.content.0.tool_use.input: Input should be an object"},
        {OPEN TALK(RESULT, RESULT) "}",
         "messages.1.content.0: `tool_result` blocks can only be in `user` messages"},
        {OPEN "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\","
              "\"content\":\"So: \"}]}",
         "messages: final assistant content cannot end with trailing whitespace"},
        {OPEN HI ",\"system\":[{\"type\":\"image\"}]}", "system.0: Input tag 'image'"},
        {OPEN HI ",\"stop_sequences\":[\"a\",5]}",
         "stop_sequences.1: Input should be a valid string"},
        {OPEN HI ",\"stop_sequences\":[\" \"]}",
         "stop_sequences: each stop sequence must contain non-whitespace"},
        {OPEN HI ",\"temperature\":1.1}",
         "temperature: Input should be less than or equal to 1"},
        {OPEN HI ",\"top_p\":-1}", "top_p: Input should be greater than or equal to 0"},
        {OPEN HI ",\"service_tier\":\"flex\"}",
         "service_tier: Input should be 'auto' or 'standard_only'"},
        {OPEN HI ",\"metadata\":{\"user_id\":5}}",
         "metadata.user_id: Input should be a valid string"},
        {OPEN HI "," TOOLS("\"description\":\"d\"") "}",
         "tools.0.custom.input_schema: Field required"},
        {OPEN HI "," TOOLS("\"input_schema\":{}") "}",
         "tools.0.custom.input_schema.type: Field required"},
        {OPEN HI "," TOOLS("\"input_schema\":{\"type\":\"array\"}") "}",
         "tools.0.custom.input_schema.type: Input should be 'object'"},
        {OPEN HI ",\"tools\":[{\"name\":\"a b\",\"input_schema\":{\"type\":\"object\"}}]}",
         "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"},
        {OPEN HI ",\"tools\":[{\"name\":\"a\",\"input_schema\":{\"type\":\"object\"}},{"
                 "\"name\":\"a\",\"input_schema\":{\"type\":\"object\"}}]}",
         "tools: Tool names must be unique."},
        {OPEN HI "," TOOLS("\"strict\":true,\"input_schema\":{\"type\":\"object\"}") "}",
         "'additionalProperties' must be explicitly set to false"},
        {OPEN HI ",\"tool_choice\":{\"type\":\"any\"}}",
         "tool_choice: Tool choice may only be specified while providing tools."},
        {OPEN HI ",\"tool_choice\":{\"type\":\"tool\",\"name\":\"g\"}," TOOLS(
             "\"input_schema\":{\"type\":\"object\"}") "}",
         "Tool 'g' not found in provided tools"},
        {OPEN HI ",\"tool_choice\":{\"type\":\"all\"}," TOOLS(
             "\"input_schema\":{\"type\":\"object\"}") "}",
         "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'"},
        {"{\"model\":\"m\",\"max_tokens\":2000," HI
         ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},\"tool_choice\":{"
         "\"type\":\"any\"}," TOOLS("\"input_schema\":{\"type\":\"object\"}") "}",
         "Thinking may not be enabled when tool_choice forces tool use."},
        {OPEN HI ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1023}}",
         "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"},
        {OPEN HI ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}}",
         "`max_tokens` must be greater than `thinking.budget_tokens`."},
        {OPEN HI ",\"thinking\":{\"type\":\"much\"}}", "thinking.type: Input should be"},
        {OPEN HI ",\"output_config\":{\"effort\":\"huge\"}}",
         "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"},
        {OPEN HI ",\"output_config\":{\"format\":{\"type\":\"json\"}}}",
         "output_config.format.type: Input should be 'json_schema'"},
        {OPEN HI ",\"output_config\":{\"format\":{\"type\":\"json_schema\"}}}",
         "output_config.format.schema: Field required"},
        {OPEN HI "," SHAPED("{\"type\":\"object\"}") "}",
         "output_config.format.schema: For 'object' type, 'additionalProperties' must be"},
        {OPEN HI "," SHAPED("{\"type\":\"integer\",\"minimum\":3}") "}",
         "For 'integer' type, property 'minimum' is not supported"},
        {OPEN HI "," SHAPED("{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
                            "\"minItems\":2}") "}",
         "'minItems' values other than 0 or 1 are not supported"},
        {OPEN HI "," SHAPED("{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#\"}]}") "}",
         "recursive schemas are not supported"},
        {OPEN HI "," SHAPED("{\"$ref\":\"http://x/y\"}") "}",
         "reference 'http://x/y' cannot be resolved"},
        {OPEN HI "," SHAPED("{\"description\":\"d\"}") "}", "Schema must have a 'type'"},
        {OPEN USER(
             "[{\"type\":\"text\",\"text\":\"a\",\"cache_control\":{\"type\":\"x\"}}]") "}",
         "messages.0.content.0.cache_control.type: Input should be 'ephemeral'"},
        {OPEN USER("[{\"type\":\"text\",\"text\":\"a\",\"cache_control\":{\"type\":"
                   "\"ephemeral\",\"ttl\":\"2h\"}}]") "}",
         "messages.0.content.0.cache_control.ttl: Input should be '5m' or '1h'"},
    };
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ask_anthropic(&asker, "/v1/messages", NULL, rows[i].body);
        assert_error(&asker, 400, "invalid_request_error");
        if (!str_contains(error_message(&asker), str_from(rows[i].says)))
            fail_msg("%s\n'%.*s' does not say '%s'", rows[i].body,
                     STR_ARG(error_message(&asker)), rows[i].says);
    }
    asker_end(&asker);
}

/* Protects: a small schema that stands for a huge one is refused in no time. */
static void test_huge_schema(void **state)
{
    (void)state;
    struct buf body = {0};
    struct asker asker = asker_new(NULL);
    buf_add_str(&body, STR(OPEN HI ",\"output_config\":{\"format\":{\"type\":\"json_schema\","
                                   "\"schema\":{\"$ref\":\"#/$defs/d0\",\"$defs\":{"));
    for (int i = 0; i < 40; i++)
        buf_printf(
            &body,
            "\"d%d\":{\"anyOf\":[{\"$ref\":\"#/$defs/d%d\"},{\"$ref\":\"#/$defs/d%d\"}]},", i,
            i + 1, i + 1);
    buf_add_str(&body, STR("\"d40\":{\"type\":\"null\"}}}}}}"));
    ask_anthropic(&asker, "/v1/messages", NULL, body.p);
    assert_error(&asker, 400, "invalid_request_error");
    assert_true(str_contains(error_message(&asker), STR("too")));
    buf_release(&body);
    asker_end(&asker);
}

/* Protects: every member refuses every other type, and says which member it is. */
static void test_wrong_types(void **state)
{
    (void)state;
    enum { NUL = 1, BOOL = 2, NUMBER = 4, TEXT = 8, LIST = 16, OBJECT = 32 };
    static const char *const values[] = {"null", "true", "7.5", "\"abc\"", "[5]", "{\"a\":5}"};
    static const struct {
        const char *name;
        int takes;
    } rows[] = {
        {"model", TEXT},
        {"messages", 0},
        {"max_tokens", 0},
        {"system", NUL | TEXT},
        {"stream", NUL | BOOL},
        {"stop_sequences", NUL},
        {"temperature", NUL},
        {"top_p", NUL},
        {"top_k", NUL},
        {"tools", NUL},
        {"tool_choice", NUL},
        {"thinking", NUL},
        {"output_config", NUL | OBJECT},
        {"output_format", NUL},
        {"metadata", NUL | OBJECT},
        {"service_tier", NUL},
        {"speed", NUL},
        {"cache_control", NUL},
    };
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int k = 0; k < 6; k++) {
            static char body[500];
            snprintf(body, sizeof body, "{" MODEL_AND_LIMIT "," HI ",\"%s\":%s}", rows[i].name,
                     values[k]); /* of duplicate members the last counts */
            ask_anthropic(&asker, "/v1/messages", NULL, body);
            bool good = asker.status == (rows[i].takes & 1 << k ? 200 : 400);
            if (asker.status == 400) {
                assert_error(&asker, 400, "invalid_request_error");
                good &= str_starts_with(error_message(&asker), str_from(rows[i].name));
            }
            if (!good)
                fail_msg("%s: %d %.*s", body, asker.status, STR_ARG(error_message(&asker)));
        }
    asker_end(&asker);
}

/* Protects: each version refuses what it does not have. */
static void test_versions(void **state)
{
    (void)state;
    static const struct {
        const char *body, *older, *latest; /* NULL: good */
    } rows[] = {
        {OPEN HI "}", NULL, NULL},
        {OPEN HI ",\"temperature\":1}", NULL, "temperature: Extra inputs are not permitted"},
        {OPEN HI ",\"top_p\":1}", NULL, "top_p: Extra inputs are not permitted"},
        {OPEN HI ",\"top_k\":5}", NULL, "top_k: Extra inputs are not permitted"},
        {OPEN USER("[{\"type\":\"text\",\"text\":\"a\",\"citations\":[{}]}]") "}", NULL,
         "messages.0.content.0: `citations` can only be"},
        {OPEN "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\","
              "\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"url\",\"url\":\"u\"}}"
              "]}]}",
         NULL, "messages.1.content.0: `document` blocks can only be"},
    };
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int latest = 0; latest < 2; latest++) {
            const char *says = latest ? rows[i].latest : rows[i].older;
            ask_anthropic(&asker, "/v1/messages", latest ? "2026-10-21" : "2023-06-01",
                          rows[i].body);
            if (says)
                assert_error(&asker, 400, "invalid_request_error");
            if (says ? !str_starts_with(error_message(&asker), str_from(says))
                     : asker.status != 200)
                fail_msg("%s: %.*s", rows[i].body, STR_ARG(error_message(&asker)));
        }
    ask_anthropic(&asker, "/v1/messages", "2020-01-01", OPEN HI "}");
    assert_error(&asker, 400, "invalid_request_error");
    assert_text(error_message(&asker),
                "anthropic-version: \"2020-01-01\" is not a valid version");
    asker_end(&asker);
}

/* Protects: members of beta features are taken with their header only; a conversation that the
 * provider should hold is not found, with the code that makes clients send all of it. */
static void test_beta(void **state)
{
    (void)state;
    static const struct {
        const char *more, *beta;
        int status;
        const char *type;
    } rows[] = {
        {",\"thread\":{\"type\":\"create\"}", NULL, 400, "invalid_request_error"},
        {",\"thread\":{\"type\":\"create\"}", "threads", 200, ""},
        {",\"thread\":{\"type\":\"split\"}", "threads", 400, "invalid_request_error"},
        {",\"thread\":{\"type\":\"continue\"}", "threads", 400, "invalid_request_error"},
        {",\"thread\":{\"type\":\"continue\",\"previous_message_id\":\"msg_1\"}", "threads",
         404, "not_found_error"},
        {",\"mcp_servers\":[]", NULL, 400, "invalid_request_error"},
        {",\"mcp_servers\":[]", "mcp", 200, ""},
    };
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static char body[400];
        const char *headers[] = {"x-api-key",
                                 "k",
                                 "anthropic-version",
                                 "2026-10-21",
                                 rows[i].beta ? "anthropic-beta" : NULL,
                                 rows[i].beta,
                                 NULL};
        snprintf(body, sizeof body, OPEN HI "%s}", rows[i].more);
        ask_raw(&asker, "POST", "/v1/messages?beta=true", str_from(body), headers);
        if (rows[i].status == 200)
            assert_int_equal(asker.status, 200);
        else
            assert_error(&asker, rows[i].status, rows[i].type);
        if (rows[i].status == 404)
            assert_text(json_text(json_path(asker.body, "error.details.error_code")),
                        "thread_not_found");
    }
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies),      cmocka_unit_test(test_huge_schema),
        cmocka_unit_test(test_wrong_types), cmocka_unit_test(test_versions),
        cmocka_unit_test(test_beta),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
