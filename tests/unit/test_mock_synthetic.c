/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_synthetic.c: content without rules conforms to the schema asked for.
 */
#include "test_mock_ask.h"

#include "base/ceilings.h"
#include "base/file.h"
#include "base/jsonschema.h"
#include "base/regex.h"
#include "mock_server/synthetic.h"

static const char *const schemas[] = {
    "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"type\":\"string\"},"
    "\"b\":{\"type\":\"integer\"}},\"additionalProperties\":false}",
    "{\"type\":\"array\",\"items\":{\"type\":\"number\"},\"minItems\":4,\"maxItems\":5}",
    "{\"enum\":[\"x\",2,null]}",
    "{\"const\":{\"k\":[1]}}",
    "{\"type\":\"integer\",\"minimum\":10,\"maximum\":12}",
    "{\"type\":\"integer\",\"exclusiveMinimum\":3,\"exclusiveMaximum\":5}",
    "{\"type\":\"number\",\"exclusiveMinimum\":0,\"exclusiveMaximum\":0.5}",
    "{\"type\":\"number\",\"minimum\":-2.5,\"maximum\":-2}",
    "{\"type\":\"number\",\"multipleOf\":0.25,\"minimum\":1,\"maximum\":2}",
    "{\"type\":\"integer\",\"multipleOf\":7,\"minimum\":20}",
    "{\"type\":\"integer\",\"maximum\":-5}",
    "{\"type\":\"string\",\"minLength\":30,\"maxLength\":32}",
    "{\"type\":\"string\",\"maxLength\":3}",
    "{\"type\":\"string\",\"pattern\":\"^[A-Z]{3}-\\\\d{4}$\"}",
    "{\"type\":\"string\",\"pattern\":\"^(red|green|blue)( and (red|blue))?$\"}",
    "{\"type\":\"string\",\"format\":\"date-time\"}",
    "{\"type\":[\"string\",\"null\"]}",
    "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"object\",\"required\":[\"z\"],"
    "\"properties\":{\"z\":"
    "{\"type\":\"boolean\"}}}]}",
    "{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}",
    "{\"allOf\":[{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"minimum\":"
    "3}}},"
    "{\"properties\":{\"a\":{\"type\":\"integer\",\"maximum\":4}},\"required\":[\"b\"]}]}",
    "{\"$ref\":\"#/$defs/"
    "p\",\"$defs\":{\"p\":{\"type\":\"object\",\"required\":[\"name\",\"kids\"],"
    "\"properties\":{\"name\":{\"type\":\"string\"},\"kids\":{\"type\":\"array\",\"items\":{\"$"
    "ref\":"
    "\"#/$defs/p\"}}}}}}",
    "{\"type\":\"object\",\"required\":[\"next\"],\"properties\":{\"next\":{\"anyOf\":[{\"$"
    "ref\":\"#\"},"
    "{\"type\":\"null\"}]}}}",
    "{\"type\":\"array\",\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"integer\"}],"
    "\"items\":false,"
    "\"minItems\":2}",
    "{\"type\":\"array\",\"items\":{\"enum\":[\"a\",\"b\",\"c\"]},\"minItems\":3,"
    "\"uniqueItems\":true}",
    "{\"type\":\"array\",\"contains\":{\"const\":5},\"minItems\":1}",
    "{\"type\":\"object\",\"minProperties\":3}",
    "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"},\"required\":[\"q\"]"
    "}",
    "{\"type\":\"integer\",\"minimum\":0,\"maximum\":3,\"not\":{\"const\":2}}",
    "{\"if\":{\"properties\":{\"k\":{\"const\":\"a\"}}},\"then\":{\"required\":[\"x\"]},"
    "\"type\":\"object\","
    "\"required\":[\"k\"],\"properties\":{\"k\":{\"enum\":[\"a\",\"b\"]},\"x\":{\"type\":"
    "\"string\"}}}",
    "{\"properties\":{\"a\":{\"items\":{\"minimum\":2}}},\"required\":[\"a\"]}",
};

static void assert_conforms(str text, uint64_t keys)
{
    struct arena arena = {0};
    const json *schema = json_parse(&arena, text, NULL);
    struct jsonschema_problem problem = {0};
    const struct jsonschema *compiled = jsonschema_new(&arena, schema, &problem);
    if (!compiled)
        fail_msg("%.*s\n%.*s", STR_ARG(text), STR_ARG(problem.text));
    for (uint64_t key = 0; key < keys; key++) {
        size_t count;
        const json *value = synthetic_value(&arena, schema, rng_key(key));
        if (!jsonschema_valid(compiled, value, &arena, &problem, 1, &count))
            fail_msg("%.*s\n%s\n%.*s", STR_ARG(text),
                     json_to_str(&arena, value, JSON_COMPACT).p, STR_ARG(problem.text));
        assert_true(json_equal(value, synthetic_value(&arena, schema, rng_key(key))));
    }
    arena_release(&arena);
}

/* Protects: for each schema and many keys the value validates, and the same key gives the same
 * value. */
static void test_conforms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++)
        assert_conforms(str_from(schemas[i]), 40);
}

static str test_file(struct arena *arena, const char *name)
{
    struct err err = {0};
    str text;
    if (file_read(arena, arena_printf(arena, "%s/%s", TEST_SOURCE_DIR, name).p,
                  MAX_DATASET_BYTES, &text, &err) < 0)
        fail_msg("%s", err.message);
    return text;
}

/* Protects: the same for schemas as people and their libraries write them. */
static void test_conforms_to_answers(void **state)
{
    (void)state;
    struct arena arena = {0};
    str rest = test_file(&arena, "tests/data/answer-schemas.jsonl"), line;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        assert_conforms(line, 40);
    }
    arena_release(&arena);
}

/* Protects: the same for large ones, those of providers' own bodies. */
static void test_conforms_to_bodies(void **state)
{
    (void)state;
    static const char *const names[] = {"openai-chat-completions", "openai-embeddings",
                                        "openai-responses",        "anthropic-messages",
                                        "gemini-generate-reply",   "gemini-generate-content"};
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_conforms(
            test_file(&arena, arena_printf(&arena, "tests/data/schemas/%s.json", names[i]).p),
            5);
    arena_release(&arena);
}

/* Protects: a schema that nothing fits, or that is nonsense, ends and gives something. */
static void test_impossible(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"not\":{}}",
        "{\"$ref\":\"#\"}",
        "{\"$ref\":\"#/nope\"}",
        "{\"type\":\"strng\"}",
        "{\"allOf\":[{\"$ref\":\"#\"}]}",
        "{\"anyOf\":[]}",
        "{}",
        "{\"type\":\"array\",\"minItems\":1e9}",
        "{\"type\":\"integer\",\"minimum\":5,\"maximum\":4}",
        "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"$ref\":\"#\"}}}",
        "{\"pattern\":\"((((((((((((((((((((a{1000}){1000})))))))))))))))))))\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct arena arena = {0};
        const json *schema = json_parse(&arena, str_from(bad[i]), NULL);
        assert_non_null(synthetic_value(&arena, schema, rng_key(1)));
        arena_release(&arena);
    }
}

/* Protects: texts made for a pattern match it. */
static void test_patterns(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "abc",       "a+b*c?",          "[a-c]{2,4}x",  "(ab|cd|ef){3}", "\\d{3}-\\w+",
        "[^a-z]{5}", "x{2,}",           "(?:no)?yes",   "a|b|",          "[\\d.,]+",
        "\\.\\*\\(", "^(a(b(c|d)e)f)$", "(?<n>q)[xyz]$"};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct arena arena = {0};
        str what, text;
        size_t at;
        str whole = arena_printf(&arena, "^(?:%s)$", patterns[i]);
        const struct regex *regex = regex_new(&arena, whole, REGEX_UTF, &what, &at);
        for (uint64_t key = 0; key < 30; key++) {
            assert_true(synthetic_pattern(&arena, str_from(patterns[i]), rng_key(key), &text));
            if (regex_find(regex, text) != REGEX_YES)
                fail_msg("'%s' does not match %s", text.p, patterns[i]);
        }
        arena_release(&arena);
    }
}

/* Protects: a request for structured output without any rule gets JSON by its schema; tools that
 * must be called are called with arguments by theirs. */
static void test_through_the_server(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    str text =
        ask(&asker, "hi", "k", 1,
            ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\","
            "\"schema\":{\"type\":\"object\",\"required\":[\"label\"],\"properties\":{"
            "\"label\":{\"enum\":[\"A\",\"B\"]}}}}}");
    str label = json_text(json_get(json_parse(&asker.arena, text, NULL), STR("label")));
    assert_true(str_equal(label, STR("A")) || str_equal(label, STR("B")));
    text = ask(&asker, "hi", "k", 1, ",\"response_format\":{\"type\":\"json_object\"}");
    assert_true(json_is(json_parse(&asker.arena, text, NULL), JSON_OBJECT));
    ask(&asker, "hi", "k", 1,
        ",\"tool_choice\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":{"
        "\"name\":\"f\","
        "\"parameters\":{\"type\":\"object\",\"required\":[\"n\"],\"properties\":{\"n\":{"
        "\"type\":"
        "\"integer\",\"minimum\":8,\"maximum\":8}}}}}]");
    const json *choice = json_at(json_get(asker.body, STR("choices")), 0);
    const json *call = json_at(json_path(choice, "message.tool_calls"), 0);
    assert_text(json_text(json_path(call, "function.arguments")), "{\"n\":8}");
    assert_text(json_text(json_get(choice, STR("finish_reason"))), "tool_calls");
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conforms),           cmocka_unit_test(test_conforms_to_answers),
        cmocka_unit_test(test_conforms_to_bodies), cmocka_unit_test(test_impossible),
        cmocka_unit_test(test_patterns),           cmocka_unit_test(test_through_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
