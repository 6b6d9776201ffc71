/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_dialect.c: OpenAI Chat Completions: bodies sent, replies and errors read, schemas
 * rewritten; and the neutral requests' hashes and estimates.
 */
#include "llm/dialect.h"

#include "llm/openai_schema.h"
#include "test_llm_bodies.h"

#include "test_texts.h"

static struct arena arena;
static struct llm_provider provider;
static struct llm_model model;
static struct llm_message messages[4];
static struct llm_request request;

static int setup(void **state)
{
    (void)state;
    provider = (struct llm_provider){.name = STR("p"), .dialect = &llm_dialect_openai_chat};
    model = (struct llm_model){.name = STR("small"), .model = STR("m"), .provider = &provider};
    messages[0] = (struct llm_message){.role = LLM_SYSTEM, .text = STR("Be \"brief\".")};
    messages[1] = (struct llm_message){.role = LLM_USER, .text = STR("A\nB")};
    messages[2] = (struct llm_message){.role = LLM_ASSISTANT, .text = STR("")};
    messages[3] = (struct llm_message){.role = LLM_USER, .text = STR("ü")};
    request = (struct llm_request){.model = &model, .message = messages, .message_count = 2};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const json *parsed(const char *text)
{
    const json *value = json_parse(&arena, str_from(text), NULL);
    if (!value)
        fail_msg("not JSON: %s", text);
    return value;
}

static str encoded(void)
{
    return valid_body_of(&request, &arena);
}

static const struct jsonschema *schema_of(const char *text)
{
    struct jsonschema_problem problem;
    const struct jsonschema *schema = jsonschema_new(&arena, parsed(text), &problem);
    if (!schema)
        fail_msg("%s: %.*s", text, STR_ARG(problem.text));
    return schema;
}

/* ---- bodies ---- */

/* Only what was set is sent. */
static void test_encode_plain(void **state)
{
    (void)state;
    assert_text(
        encoded(),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"Be "
        "\\\"brief\\\".\"},{\"role\":\"user\",\"content\":\"A\\nB\"}],\"stream\":false}");
    struct buf path = {0};
    llm_dialect_openai_chat.path(&request, &path);
    assert_text(buf_str(&path), "/chat/completions");
    buf_release(&path);
}

static void test_encode_params(void **state)
{
    (void)state;
    request.message_count = 4;
    request.params = (struct llm_params){
        .has_temperature = true,
        .has_top_p = true,
        .has_max_tokens = true,
        .has_seed = true,
        .has_effort = true,
        .temperature = 0.1,
        .top_p = 1,
        .max_tokens = 500,
        .seed = INT64_MIN,
        .stop = {STR_INIT("END"), STR_INIT("\"")},
        .stop_count = 2,
        .effort = LLM_EFFORT_LOW,
    };
    assert_text(encoded(),
                "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"Be "
                "\\\"brief\\\".\"},{\"role\":\"user\",\"content\":\"A\\nB\"},{\"role\":"
                "\"assistant\",\"content\":\"\"},{\"role\":\"user\",\"content\":\"ü\"}],"
                "\"temperature\":0.1,\"top_p\":1,\"max_completion_tokens\":500,"
                "\"seed\":-9223372036854775808,\"stop\":[\"END\",\"\\\"\"],"
                "\"reasoning_effort\":\"low\",\"stream\":false}");
}

/* `extra` replaces members of the same name and adds its own. */
static void test_encode_extra(void **state)
{
    (void)state;
    messages[0] = (struct llm_message){.role = LLM_USER, .text = STR("x")};
    request.message_count = 1;
    request.params = (struct llm_params){
        .has_temperature = true, .temperature = 0.5, .has_max_tokens = true, .max_tokens = 9};
    model.extra = parsed("{\"top_k\":40,\"temperature\":2,\"nested\":{\"a\":[1]}}");
    assert_text(body_of(&request, &arena),
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
                "\"max_completion_tokens\":9,\"stream\":false,\"top_k\":40,"
                "\"temperature\":2,\"nested\":{\"a\":[1]}}");
}

#define CLOSED                                                                                 \
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]," \
    "\"additionalProperties\":false}"

/* Structured output in the three ways that capabilities name. */
static void test_encode_schema(void **state)
{
    (void)state;
    messages[0] = (struct llm_message){.role = LLM_USER, .text = STR("x")};
    request.message_count = 1;
    request.schema = schema_of("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
                               "\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
                               "\"integer\"}},\"required\":[\"a\"]}");
    request.schema_name = STR("my faq.v2");
    assert_text(encoded(),
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
                "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":"
                "\"my_faq_v2\",\"strict\":true,\"schema\":" CLOSED "}},\"stream\":false}");

    request.schema_name = STR("");
    model.capabilities.schema = LLM_SCHEMA_TOOL;
    assert_text(
        encoded(),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":"
        "[{\"type\":\"function\",\"function\":{\"name\":\"output\",\"strict\":true,"
        "\"parameters\":" CLOSED "}}],\"tool_choice\":{\"type\":\"function\","
        "\"function\":{\"name\":\"output\"}},\"stream\":false}");

    model.capabilities.schema = LLM_SCHEMA_PROMPT;
    request.schema = schema_of("{\"type\":\"array\"}");
    const json *body = parsed(encoded().p);
    assert_int_equal(json_count(json_get(body, STR("messages"))), 2);
    const json *system = json_first(json_get(body, STR("messages")));
    assert_text(json_text(json_get(system, STR("role"))), "system");
    assert_true(str_ends_with(json_text(json_get(system, STR("content"))),
                              STR("nothing else:\n{\"type\":\"array\"}")));
    messages[0] = (struct llm_message){.role = LLM_SYSTEM, .text = STR("Be brief.")};
    body = parsed(encoded().p);
    assert_int_equal(json_count(json_get(body, STR("messages"))), 1);
    system = json_first(json_get(body, STR("messages")));
    assert_true(str_starts_with(json_text(json_get(system, STR("content"))),
                                STR("Be brief.\n\nAnswer with one JSON value")));
}

/* Protects: a schema that asks for an object and no more is the provider's JSON mode, which wants
 * a word of it among the messages; with anything more it must be in the strict subset. */
static void test_encode_any_object(void **state)
{
    (void)state;
    messages[0] = (struct llm_message){.role = LLM_USER, .text = STR("As jSoN")};
    request.message_count = 1;
    request.schema = schema_of("{\"type\":\"object\",\"title\":\"any\"}");
    assert_text(llm_request_check(&request, &arena), "");
    assert_text(encoded(),
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"As jSoN\"}],"
                "\"response_format\":{\"type\":\"json_object\"},\"stream\":false}");
    messages[0].text = STR("jso");
    assert_text(
        encoded(),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"Answer with a "
        "JSON object.\"},{\"role\":\"user\",\"content\":\"jso\"}],"
        "\"response_format\":{\"type\":\"json_object\"},\"stream\":false}");
    static const char *const more[][2] = {
        {"{\"type\":\"object\",\"minProperties\":1}",
         "model 'small' cannot take this schema (OpenAI's strict output): at the top: an "
         "object "
         "must name its properties"},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\"}},\"required\":["
         "\"a\"]}",
         "model 'small' cannot take this schema (OpenAI's strict output): at /properties/a: an "
         "object must name its properties"},
        {"{\"type\":\"object\",\"properties\":{\"a\":{}}}",
         "model 'small' cannot take this schema (OpenAI's strict output): at the top: property "
         "'a' is not in 'required'; let it be null instead"},
    };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        request.schema = schema_of(more[i][0]);
        assert_text(llm_request_check(&request, &arena), more[i][1]);
        /* a hint: the way for what does not fit */
        model.capabilities.tools = true;
        model.capabilities.schema = LLM_SCHEMA_TOOL;
        assert_text(llm_request_check(&request, &arena), "");
        model.capabilities.schema = LLM_SCHEMA_NATIVE;
    }
}

/* ---- schemas ---- */

static void test_strict(void **state)
{
    (void)state;
    /* what fits, and what it becomes; NULL: refused, for the reason given */
    static const char *const rows[][3] = {
        {"{\"type\":\"object\",\"properties\":{}}",
         "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}"},
        {CLOSED, CLOSED},
        {"{\"type\":\"object\",\"required\":[\"l\"],\"properties\":{\"l\":{\"type\":\"array\","
         "\"minItems\":1,\"uniqueItems\":true,\"items\":{\"type\":\"string\",\"minLength\":2,"
         "\"pattern\":\"a\",\"format\":\"uri\"}}}}",
         "{\"type\":\"object\",\"required\":[\"l\"],\"properties\":{\"l\":{\"type\":\"array\","
         "\"minItems\":1,\"items\":{\"type\":\"string\",\"pattern\":\"a\"}}},"
         "\"additionalProperties\":false}"},
        {"{\"type\":\"object\",\"required\":[\"d\",\"r\"],\"properties\":{\"d\":{\"format\":"
         "\"date\"},\"r\":{\"$ref\":\"#/$defs/x\"}},\"$defs\":{\"x\":{\"anyOf\":[{\"type\":"
         "\"null\"},{\"type\":\"object\",\"properties\":{}}]}}}",
         "{\"type\":\"object\",\"required\":[\"d\",\"r\"],\"properties\":{\"d\":{\"format\":"
         "\"date\"},\"r\":{\"$ref\":\"#/$defs/x\"}},\"$defs\":{\"x\":{\"anyOf\":[{\"type\":"
         "\"null\"},{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}]}},"
         "\"additionalProperties\":false}"},
        {"{\"type\":\"array\"}", NULL,
         "at the top: its root must have type \"object\" and no anyOf"},
        {"true", NULL, "at the top: its root must have type \"object\" and no anyOf"},
        {"{\"type\":\"object\",\"anyOf\":[]}", NULL,
         "at the top: its root must have type \"object\" and no anyOf"},
        {"{\"type\":\"object\"}", NULL, "at the top: an object must name its properties"},
        {"{\"type\":\"object\",\"properties\":{\"a\":{},\"b\":{}},\"required\":[\"a\"]}", NULL,
         "at the top: property 'b' is not in 'required'; let it be null instead"},
        {"{\"type\":\"object\",\"properties\":{},\"additionalProperties\":true}", NULL,
         "at /additionalProperties: 'additionalProperties' must be false"},
        {"{\"type\":\"object\",\"properties\":{\"a\":true},\"required\":[\"a\"]}", NULL,
         "at /properties/a: true and false are no schemas here"},
        {"{\"type\":\"object\",\"properties\":{},\"allOf\":[]}", NULL,
         "at /allOf: 'allOf' is not part of it"},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"object\",\"null\"]}},"
         "\"required\":[\"a\"]}",
         NULL, "at /properties/a: an object must name its properties"},
        {"{\"type\":\"object\",\"required\":[\"a/b\"],\"properties\":{\"a/"
         "b\":{\"anyOf\":[{\"type\":"
         "\"null\"},{\"not\":{}}]}}}",
         NULL, "at /properties/a~1b/anyOf/1/not: 'not' is not part of it"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct jsonschema_problem problem;
        const json *strict =
            schema_subset_fit(&openai_schema, &arena, parsed(rows[i][0]), &problem);
        if (!rows[i][1]) {
            assert_null(strict);
            assert_text(jsonschema_problem_line(&arena, &problem), rows[i][2]);
            continue;
        }
        if (!strict)
            fail_msg("%s: %.*s", rows[i][0], STR_ARG(problem.text));
        assert_text(json_to_str(&arena, strict, JSON_COMPACT), rows[i][1]);
    }
}

/* Deeper than ten levels, or with too many values. */
static void test_strict_limits(void **state)
{
    (void)state;
    struct jsonschema_problem problem;
    const json *inner = parsed("{\"type\":\"string\"}");
    for (int i = 0; i < 11; i++) {
        json *list = json_new_object(&arena);
        json_set_text(&arena, list, "type", STR("array"));
        json_set(&arena, list, STR("items"), inner);
        inner = list;
    }
    json *root = json_copy(&arena, parsed(CLOSED));
    json *properties = json_new_object(&arena);
    json_set(&arena, properties, STR("a"), inner);
    json_set(&arena, root, STR("properties"), properties);
    assert_null(schema_subset_fit(&openai_schema, &arena, root, &problem));
    assert_text(problem.text, "it is nested more than 10 levels deep");

    json *values = json_new_list(&arena), *many = json_new_object(&arena);
    for (int i = 0; i < 1001; i++)
        json_add(&arena, values, json_new_int(&arena, i));
    json_set(&arena, many, STR("enum"), values);
    json_set(&arena, properties, STR("a"), many);
    root = json_copy(&arena, parsed(CLOSED));
    json_set(&arena, root, STR("properties"), properties);
    assert_null(schema_subset_fit(&openai_schema, &arena, root, &problem));
    assert_text(problem.text, "it has more than 1000 values in enum and const");
}

/* ---- replies ---- */

struct reply_row {
    const char *body;
    enum llm_outcome outcome;
    const char *text, *message; /* message: a part of it */
    bool refused;
    enum llm_finish finish;
    struct llm_usage usage;
};

#define UNKNOWN                                                                                \
    {                                                                                          \
        -1, -1, -1, -1, -1                                                                     \
    }
#define CHOICE(message, reason)                                                                \
    "{\"choices\":[{\"message\":" message ",\"finish_reason\":" reason "}]}"
#define USAGE(usage) "{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"usage\":" usage "}"
#define BAD(body, message)                                                                     \
    {                                                                                          \
        body, LLM_TRANSPORT, "", message, false, LLM_FINISH_OTHER, UNKNOWN                     \
    }
#define COUNTED(usage, ...)                                                                    \
    {                                                                                          \
        USAGE(usage), LLM_OK, "x", "", false, LLM_FINISH_OTHER, __VA_ARGS__                    \
    }

static const struct reply_row replies[] = {
    {CHOICE("{\"content\":\"Hi\"}", "\"stop\""), LLM_OK, "Hi", "", false, LLM_FINISH_STOP,
     UNKNOWN},
    {CHOICE("{\"content\":\"Hi\"}", "\"new_reason\""), LLM_OK, "Hi", "", false,
     LLM_FINISH_OTHER, UNKNOWN},
    {CHOICE("{\"content\":\"cut\"}", "\"length\""), LLM_OK, "cut", "", false, LLM_FINISH_LENGTH,
     UNKNOWN},
    {CHOICE("{\"content\":\"\"}", "\"length\""), LLM_OK, "", "max_tokens was used up", false,
     LLM_FINISH_LENGTH, UNKNOWN},
    {CHOICE("{\"content\":null,\"refusal\":\"I will not\"}", "\"stop\""), LLM_OK, "",
     "I will not", true, LLM_FINISH_STOP, UNKNOWN},
    {CHOICE("{\"content\":\"half\"}", "\"content_filter\""), LLM_OK, "half", "content filter",
     true, LLM_FINISH_FILTER, UNKNOWN},
    {CHOICE("{\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"text\":7},{\"text\":\"b\"}]}",
            "\"stop\""),
     LLM_OK, "ab", "", false, LLM_FINISH_STOP, UNKNOWN},
    {CHOICE("{\"content\":null}", "\"tool_calls\""), LLM_OK, "", "", false, LLM_FINISH_TOOL,
     UNKNOWN},
    {CHOICE("{\"content\":{\"a\":1},\"refusal\":[3]}", "17"), LLM_OK, "", "", false,
     LLM_FINISH_OTHER, UNKNOWN},
    /* what is no reply of this provider */
    BAD("", "the reply is empty"),
    BAD("<html>", "the reply is not JSON"),
    BAD("{\"choices\":", "the reply is not JSON"),
    BAD("null", "not an object"),
    BAD("\"text\"", "the reply is a text, not an object"),
    BAD("{}", "no choices"),
    BAD("{\"choices\":null}", "no choices"),
    BAD("{\"choices\":{\"0\":{\"message\":{\"content\":\"x\"}}}}", "no choices"),
    BAD("{\"choices\":[]}", "no choices"),
    BAD("{\"choices\":[7]}", "no choices"),
    BAD("{\"choices\":[{\"message\":\"x\"}]}", "no choices"),
    BAD("{\"error\":{\"message\":\"overloaded\"}}", "in spite of its status: overloaded"),
    BAD("{\"choices\":[{\"message\":{\"content\":\"\xff\"}}]}", "the reply is not JSON"),
    /* counts: the cache is part of the prompt; what is no count is unknown */
    COUNTED("{\"prompt_tokens\":19,\"completion_tokens\":10}", {19, 0, 0, 10, -1}),
    COUNTED("{\"prompt_tokens\":19,\"completion_tokens\":10,\"prompt_tokens_details\":{"
            "\"cached_tokens\":4,\"cache_write_tokens\":5},\"completion_tokens_details\":{"
            "\"reasoning_tokens\":6}}",
            {10, 4, 5, 10, 6}),
    COUNTED("{\"prompt_tokens\":19,\"completion_tokens\":10,\"prompt_tokens_details\":null}",
            {19, 0, 0, 10, -1}),
    COUNTED("{\"prompt_tokens\":3,\"completion_tokens\":1,\"prompt_tokens_details\":{"
            "\"cached_tokens\":4}}",
            {-1, 4, 0, 1, -1}),
    COUNTED("{\"prompt_tokens\":\"19\",\"completion_tokens\":-1}", {-1, 0, 0, -1, -1}),
    COUNTED("{\"prompt_tokens\":1.5,\"completion_tokens\":1e300}", {-1, 0, 0, -1, -1}),
    COUNTED("{\"prompt_tokens\":3,\"completion_tokens\":1,\"prompt_tokens_details\":{"
            "\"cached_tokens\":\"many\"}}",
            {-1, -1, 0, 1, -1}),
    COUNTED("[1,2]", UNKNOWN),
    COUNTED("7", UNKNOWN),
};

static void test_decode(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        const struct reply_row *row = &replies[i];
        struct llm_decoded decoded;
        llm_dialect_openai_chat.decode(&model, str_from(row->body), &arena, &decoded);
        if (decoded.outcome != row->outcome || decoded.refused != row->refused ||
            decoded.finish != row->finish || !str_equal(decoded.text, str_from(row->text)) ||
            !str_contains(decoded.message, str_from(row->message)) ||
            memcmp(&decoded.usage, &row->usage, sizeof row->usage) != 0)
            fail_msg("%s: %s, text '%.*s', message '%.*s'", row->body,
                     llm_outcome_name(decoded.outcome), STR_ARG(decoded.text),
                     STR_ARG(decoded.message));
    }
}

/* The answer of a forced tool is its arguments, as a text or as JSON. */
static void test_decode_tool(void **state)
{
    (void)state;
    struct llm_decoded decoded;
    static const char as_text[] =
        CHOICE("{\"content\":null,\"tool_calls\":[{\"function\":{\"arguments\":"
               "\"{\\\"a\\\": 1}\"}}]}",
               "\"tool_calls\"");
    static const char as_json[] =
        CHOICE("{\"tool_calls\":[{\"function\":{\"arguments\":{\"a\":1}}}]}", "\"tool_calls\"");
    struct llm_prepared prepared = {.schema_name = STR("output")};
    model.capabilities.schema = LLM_SCHEMA_TOOL;
    request.schema = schema_of(CLOSED);
    llm_dialect_openai_chat.decode(&model, STR(as_text), &arena, &decoded);
    llm_take_output(&request, &prepared, &decoded);
    assert_text(decoded.text, "{\"a\": 1}");
    assert_int_equal(decoded.finish, LLM_FINISH_STOP);
    assert_int_equal(decoded.tool_calls, 0);
    llm_dialect_openai_chat.decode(&model, STR(as_json), &arena, &decoded);
    llm_take_output(&request, &prepared, &decoded);
    assert_text(decoded.text, "{\"a\":1}");
    /* among other tools it is told by its name */
    request.tools = 1;
    llm_dialect_openai_chat.decode(&model, STR(as_text), &arena, &decoded);
    llm_take_output(&request, &prepared, &decoded);
    assert_text(decoded.text, "");
    assert_int_equal(decoded.tool_calls, 1);
}

/* ---- tools ---- */

static struct llm_tool tools[2];

static void give_tools(void)
{
    tools[0] = (struct llm_tool){.name = STR("weather"),
                                 .description = STR("Now."),
                                 .parameters = parsed("{\"type\":\"object\",\"properties\":{"
                                                      "\"city\":{\"type\":\"string\"}}}")};
    tools[1] =
        (struct llm_tool){.name = STR("count"), .parameters = parsed(CLOSED), .strict = true};
    request.tool = tools;
    request.tools = 2;
}

#define TOOLS                                                                                  \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"description\":"    \
    "\"Now.\",\"strict\":false,\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":"  \
    "{\"type\":\"string\"}}}}},{\"type\":\"function\",\"function\":{\"name\":\"count\","       \
    "\"strict\":true,\"parameters\":" CLOSED "}}"

/* Tools are offered, a round of calls and results goes back as it came. */
static void test_encode_tools(void **state)
{
    (void)state;
    messages[0] = (struct llm_message){.role = LLM_USER, .text = STR("x")};
    request.message_count = 1;
    give_tools();
    assert_text(encoded(), "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
                           "\"x\"}]," TOOLS "],\"stream\":false}");
    request.tool_choice = LLM_TOOLS_NONE;
    assert_true(str_contains(encoded(), STR("],\"tool_choice\":\"none\",")));
    request.tool_choice = LLM_TOOLS_REQUIRED;
    assert_true(str_contains(encoded(), STR("],\"tool_choice\":\"required\",")));
    request.tool_choice = LLM_TOOLS_AUTO;

    struct llm_tool_call calls[2] = {{STR("c1"), STR("weather"), NULL, STR("{\"city\": 1}")},
                                     {STR("c2"), STR("count"), NULL, STR("{}")}};
    messages[1] =
        (struct llm_message){.role = LLM_ASSISTANT, .tool_call = calls, .tool_calls = 2};
    messages[2] =
        (struct llm_message){.role = LLM_TOOL, .text = STR("4 C"), .answers = &calls[0]};
    messages[3] = (struct llm_message){
        .role = LLM_TOOL, .text = STR("no"), .answers = &calls[1], .failed = true};
    request.message_count = 4;
    assert_true(str_contains(
        encoded(),
        STR("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":"
            "\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"{\\\"city\\\": "
            "1}\"}},{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"count\","
            "\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":"
            "\"4 C\"},{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"no\"}],")));
    messages[1].raw_turn = parsed("{\"role\":\"assistant\",\"own\":[1]}");
    assert_true(str_contains(body_of(&request, &arena),
                             STR("},{\"role\":\"assistant\",\"own\":[1]},{\"role\":")));
}

/* A schema as a tool among tools: the model must call one, and its name is not taken. */
static void test_encode_schema_among_tools(void **state)
{
    (void)state;
    give_tools();
    request.schema = schema_of(CLOSED);
    request.schema_name = STR("count");
    model.capabilities.schema = LLM_SCHEMA_TOOL;
    assert_true(
        str_contains(encoded(), STR(TOOLS ",{\"type\":\"function\",\"function\":{\"name\":"
                                          "\"count_2\",\"strict\":true,\"parameters\":" CLOSED
                                          "}}],\"tool_choice\":\"required\",\"stream\":")));
    request.tool_choice = LLM_TOOLS_NONE;
    assert_true(
        str_contains(encoded(), STR("\"tool_choice\":{\"type\":\"function\",\"function\":"
                                    "{\"name\":\"count_2\"}},")));
}

/* What the model calls is read, with arguments that are no JSON as text, and the turn is kept
 * without what only replies have. */
static void test_decode_calls(void **state)
{
    (void)state;
    struct llm_decoded decoded;
    static const char body[] = CHOICE(
        "{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"annotations\":[],"
        "\"reasoning\":\"hm\",\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\","
        "\"function\":{"
        "\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"Oslo\\\"}\"}},{\"id\":\"c2\","
        "\"function\":{\"name\":\"count\",\"arguments\":\"\"}},{\"function\":{\"name\":\"f\","
        "\"arguments\":\"{oops\"}},{\"type\":\"custom\",\"custom\":{}},7]}",
        "\"tool_calls\"");
    llm_dialect_openai_chat.decode(&model, STR(body), &arena, &decoded);
    assert_int_equal(decoded.outcome, LLM_OK);
    assert_int_equal(decoded.finish, LLM_FINISH_TOOL);
    assert_int_equal(decoded.tool_calls, 3);
    assert_text(decoded.tool_call[0].id, "c1");
    assert_text(decoded.tool_call[0].name, "weather");
    assert_text(json_text(json_get(decoded.tool_call[0].arguments, STR("city"))), "Oslo");
    assert_text(decoded.tool_call[1].text, "{}");
    assert_true(json_is(decoded.tool_call[1].arguments, JSON_OBJECT));
    assert_null(decoded.tool_call[2].arguments);
    assert_text(decoded.tool_call[2].text, "{oops");
    assert_text(decoded.tool_call[2].id, "");
    assert_null(json_get(decoded.raw_turn, STR("annotations")));
    assert_null(json_get(decoded.raw_turn, STR("reasoning")));
    assert_null(json_get(decoded.raw_turn, STR("refusal")));
    assert_int_equal(json_count(json_get(decoded.raw_turn, STR("tool_calls"))), 5);
    assert_int_equal(json_kind(json_get(decoded.raw_turn, STR("content"))), JSON_NULL);
}

static void test_explain(void **state)
{
    (void)state;
    static const struct {
        const char *body, *message;
        bool quota;
    } rows[] = {
        {"{\"error\":{\"message\":\"Bad\",\"type\":\"invalid_request_error\",\"code\":null}}",
         "Bad", false},
        {"{\"error\":{\"message\":\"m\",\"type\":\"insufficient_quota\"}}", "m", true},
        {"{\"error\":{\"message\":\"m\",\"code\":\"credit_balance_exhausted\"}}", "m", true},
        {"{\"error\":{\"message\":\"m\",\"code\":\"project_spend_limit_exceeded\"}}", "m",
         true},
        {"{\"error\":{\"message\":\"m\",\"code\":\"rate_limit_exceeded\",\"type\":\"tokens\"}}",
         "m", false},
        {"[{\"error\":{\"message\":\"wrapped\"}}]", "wrapped", false},
        {"{\"error\":\"plain\"}", "plain", false},
        {"{\"object\":\"error\",\"message\":\"flat\",\"code\":400}", "flat", false},
        {"{\"error\":{\"message\":{\"a\":1},\"code\":17}}", "", false},
        {"{\"error\":null}", "", false},
        {"<html>", "", false},
        {"", "", false},
        {"[]", "", false},
        {"7", "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct llm_problem problem;
        llm_dialect_openai_chat.explain(429, str_from(rows[i].body), &arena, &problem);
        assert_text(problem.message, rows[i].message);
        assert_int_equal(problem.quota, rows[i].quota);
        assert_int_equal(problem.retry_after_ns, -1);
    }
}

/* ---- requests ---- */

/* Whatever changes what is asked changes the hash; who asks, and when, does not. */
static void test_hash(void **state)
{
    (void)state;
    request.message_count = 4;
    struct hash128 hash[32];
    size_t n = 0;
    hash[n++] = llm_request_hash(&request);
    struct llm_request same = request;
    same.attempt_key = STR("k");
    same.age = 5;
    same.time_left_ns = 9;
    same.key.k0 = 3;
    assert_true(hash_equal(hash[0], llm_request_hash(&same)));
    request.message_count = 3;
    hash[n++] = llm_request_hash(&request);
    messages[2].text = STR("?");
    hash[n++] = llm_request_hash(&request);
    messages[2].role = LLM_USER;
    hash[n++] = llm_request_hash(&request);
    model.model = STR("m2");
    hash[n++] = llm_request_hash(&request);
    provider.name = STR("p2");
    hash[n++] = llm_request_hash(&request);
    request.params.has_temperature = true;
    hash[n++] = llm_request_hash(&request);
    request.params.temperature = 1;
    hash[n++] = llm_request_hash(&request);
    request.params.has_max_tokens = true;
    request.params.max_tokens = 3;
    hash[n++] = llm_request_hash(&request);
    request.params.has_max_tokens = false;
    request.params.has_seed = true;
    request.params.seed = 3;
    hash[n++] = llm_request_hash(&request);
    request.params.stop[0] = STR("x");
    request.params.stop_count = 1;
    hash[n++] = llm_request_hash(&request);
    request.schema = schema_of(CLOSED);
    hash[n++] = llm_request_hash(&request);
    request.schema_name = STR("s");
    hash[n++] = llm_request_hash(&request);
    model.extra = parsed("{\"a\":1}");
    hash[n++] = llm_request_hash(&request);
    give_tools();
    hash[n++] = llm_request_hash(&request);
    tools[0].description = STR("Later.");
    hash[n++] = llm_request_hash(&request);
    request.tool_choice = LLM_TOOLS_NONE;
    hash[n++] = llm_request_hash(&request);
    struct llm_tool_call call = {.name = STR("weather"), .text = STR("{}")};
    messages[1].tool_call = &call;
    messages[1].tool_calls = 1;
    hash[n++] = llm_request_hash(&request);
    call.text = STR("{\"city\":1}");
    hash[n++] = llm_request_hash(&request);
    messages[2].answers = &call;
    hash[n++] = llm_request_hash(&request);
    messages[2].failed = true;
    hash[n++] = llm_request_hash(&request);
    /* what a provider makes up anew each time does not count */
    call.id = STR("call_17");
    messages[1].raw_turn = parsed("{}");
    assert_true(hash_equal(hash[n - 1], llm_request_hash(&request)));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            assert_false(hash_equal(hash[i], hash[j]));
    /* equal schemas in another order of members are the same question */
    request.schema = schema_of("{\"additionalProperties\":false,\"required\":[\"a\"],"
                               "\"properties\":{\"a\":{\"type\":\"integer\"}},"
                               "\"type\":\"object\"}");
    assert_true(hash_equal(hash[n - 1], llm_request_hash(&request)));
}

/* The hash is written to files: it must be the same in every version. */
static void test_hash_is_stable(void **state)
{
    (void)state;
    char text[33];
    request.params.has_temperature = true;
    request.params.temperature = 0.5;
    hash_hex(llm_request_hash(&request), text);
    assert_string_equal(text, "00458990b84f46c8a187a4f0fe559dd7");
}

static void test_estimate(void **state)
{
    (void)state;
    /* 11 and 3 bytes: 3 + 4 and 1 + 4 */
    assert_int_equal(llm_estimate_tokens(&request), 12);
    request.schema = schema_of("{\"type\":\"object\"}"); /* 17 bytes */
    assert_int_equal(llm_estimate_tokens(&request), 12 + 5);
    request.schema = NULL;
    give_tools(); /* 11 and 5 bytes of words, 57 and 101 of schemas: 3 + 2 + 15 + 26 */
    assert_int_equal(llm_estimate_tokens(&request), 12 + 46);
    request.tools = 0;
    struct llm_tool_call call = {.name = STR("f"), .text = STR("{\"a\":1}")}; /* 8: 2 */
    messages[1].tool_call = &call;
    messages[1].tool_calls = 1;
    assert_int_equal(llm_estimate_tokens(&request), 12 + 2);
    messages[1].raw_turn = parsed("{\"a\":[1,2,3]}"); /* 13: 4, instead of 1 and 2 */
    assert_int_equal(llm_estimate_tokens(&request), 12 + 3);
    request.message_count = 0;
    assert_int_equal(llm_estimate_tokens(&request), 0);
}

/* The table has no two dialects of one name, and finds each. */
static void test_table(void **state)
{
    (void)state;
    const struct llm_dialect *dialect;
    for (size_t i = 0; (dialect = llm_dialect_at(i)); i++)
        assert_ptr_equal(llm_dialect_find(str_from(dialect->name)), dialect);
    assert_null(llm_dialect_find(STR("openai-chats")));
    assert_string_equal(llm_outcome_name(LLM_RATE_LIMITED), "rate-limited");
    assert_string_equal(llm_effort_name(LLM_EFFORT_MINIMAL), "minimal");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_encode_plain),
        TEST(test_encode_params),
        TEST(test_encode_extra),
        TEST(test_encode_schema),
        TEST(test_encode_any_object),
        TEST(test_strict),
        TEST(test_strict_limits),
        TEST(test_decode),
        TEST(test_decode_tool),
        TEST(test_encode_tools),
        TEST(test_encode_schema_among_tools),
        TEST(test_decode_calls),
        TEST(test_explain),
        TEST(test_hash),
        TEST(test_hash_is_stable),
        TEST(test_estimate),
        TEST(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, bodies_end);
}
