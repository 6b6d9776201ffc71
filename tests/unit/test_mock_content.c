/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_content.c: calls of tools, reasoning, prompts read before, and load.
 */
#include "test_mock_heard.h"

#include "base/jsonschema.h"

#define SCHEMA                                                                                 \
    "{\"type\":\"object\",\"required\":[\"city\",\"days\"],\"additionalProperties\":false,"    \
    "\"properties\":{\"city\":{\"type\":\"string\",\"minLength\":3},\"days\":{\"type\":"       \
    "\"array\",\"minItems\":1,\"items\":{\"type\":\"integer\",\"minimum\":1}}}}"
#define TOOLS                                                                                  \
    ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\","                   \
    "\"parameters\":" SCHEMA "}},{\"type\":\"custom\",\"custom\":{\"name\":\"code\"}}]"

#define ALLOWED                                                                                \
    "{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":[{"        \
    "\"type\":\"function\",\"function\":{\"name\":\"weather\"}}]}}"

static const json *message(const struct asker *asker)
{
    return json_get(json_at(json_get(asker->body, STR("choices")), 0), STR("message"));
}

static const json *calls(const struct asker *asker)
{
    return json_get(message(asker), STR("tool_calls"));
}

static int64_t number(const json *from, const char *path)
{
    int64_t value = -1;
    if (!json_int(json_path(from, path), &value))
        fail_msg("no %s", path);
    return value;
}

/* Protects: a rule may call several tools at once, each with an id of its own; not where one
 * call at most is wanted. */
static void test_calls_at_once(void **state)
{
    (void)state;
    struct asker asker = asker_new(
        "rules:\n  r:\n    when: {prompt_regex: \"in (?<city>\\\\w+)\"}\n    tool_call:\n"
        "      - {name: weather, arguments: {city: \"{{city}}\"}}\n"
        "      - {name: time, arguments: {}}\n"
        "      - {name: weather, arguments: {city: \"{{request.model}}\"}}\n");
    ask(&asker, "how is it in Oslo", "k", 1, ",\"n\":2");
    const json *list = calls(&asker);
    assert_int_equal(json_count(list), 3);
    assert_text(json_text(json_path(json_at(list, 0), "function.arguments")),
                "{\"city\":\"Oslo\"}");
    assert_text(json_text(json_path(json_at(list, 1), "function.name")), "time");
    assert_text(json_text(json_path(json_at(list, 2), "function.arguments")),
                "{\"city\":\"m\"}");
    for (int64_t i = 0; i < 3; i++)
        for (int64_t k = 0; k < i; k++)
            assert_false(json_equal(json_get(json_at(list, i), STR("id")),
                                    json_get(json_at(list, k), STR("id"))));
    ask(&asker, "how is it in Oslo", "k", 1, TOOLS ",\"parallel_tool_calls\":false");
    assert_int_equal(json_count(calls(&asker)), 1);
    asker_end(&asker);
}

/* Protects: calls are cut at the limit of tokens in the order in which they are made. */
static void test_calls_cut(void **state)
{
    (void)state;
    struct asker asker = asker_new("rules: {r: {tool_call: [{name: abcd, arguments: {a: 1}}, "
                                   "{name: efgh, arguments: {}}]}}\n");
    static const struct {
        int most;
        size_t calls;
        const char *last;
    } cases[] = {{1, 1, ""}, {2, 1, "{\"a\""}, {3, 1, "{\"a\":1}"}, {4, 2, ""}, {5, 2, "{}"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char more[40];
        snprintf(more, sizeof more, ",\"max_tokens\":%d", cases[i].most);
        ask(&asker, "hi", "k", 1, more);
        assert_int_equal(json_count(calls(&asker)), cases[i].calls);
        assert_text(json_text(json_path(json_at(calls(&asker), -1), "function.arguments")),
                    cases[i].last);
        assert_int_equal(number(asker.body, "usage.completion_tokens"), cases[i].most);
    }
    asker_end(&asker);
}

/* Protects: without rules a tool is called only where one must be, with arguments that conform to
 * its schema; results of tools are answered with a text. */
static void test_default_calls(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    struct jsonschema_problem problem;
    const json *schema = json_parse(&asker.arena, STR(SCHEMA), NULL);
    const struct jsonschema *compiled = jsonschema_new(&asker.arena, schema, &problem);
    ask(&asker, "hi", "k", 1, TOOLS);
    assert_true(asker.text.n > 0 && !calls(&asker));
    static const char *const choices[] = {
        "\"required\"", "{\"type\":\"function\",\"function\":{\"name\":\"weather\"}}", ALLOWED};
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        char more[2000];
        snprintf(more, sizeof more, "%s,\"tool_choice\":%s", TOOLS, choices[i]);
        ask(&asker, "hi", "k", 1, more);
        const json *function = json_get(json_at(calls(&asker), 0), STR("function"));
        assert_text(json_text(json_get(function, STR("name"))), "weather");
        const json *given =
            json_parse(&asker.arena, json_text(json_get(function, STR("arguments"))), NULL);
        assert_true(given && jsonschema_valid(compiled, given, &asker.arena, NULL, 0, NULL));
    }
    ask(&asker, "hi", "k", 1,
        TOOLS ",\"tool_choice\":{\"type\":\"custom\",\"custom\":{\"name\":\"code\"}}");
    const json *call = json_at(calls(&asker), 0);
    assert_text(json_text(json_get(call, STR("type"))), "custom");
    assert_true(json_text(json_path(call, "custom.input")).n > 0);
    ask(&asker, "hi", "k", 1,
        TOOLS ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"other\"}}");
    assert_int_equal(asker.status, 400);

    const char *headers[] = {"authorization", "Bearer k", NULL};
    ask_raw(
        &asker, "POST", "/v1/chat/completions",
        STR("{\"model\":\"m\"" TOOLS ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},"
            "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1\","
            "\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"{}\"}}"
            "]},{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"4 degrees\"}]}"),
        headers);
    assert_true(asker.status == 200 && asker.text.n > 0 && !calls(&asker));
    asker_end(&asker);
}

/* Protects: reasoning is counted in the output, scaled by the effort, cut by the limit first, and
 * takes its time before the first token that is seen; replies say the same with and without. */
static void test_reasoning(void **state)
{
    (void)state;
    struct asker asker = asker_new("models: {m: {reasoning: 50, first_token: 100ms, per_token: "
                                   "10ms}}\nrules: {r: {reply: abcdefgh}}\n");
    ask(&asker, "hi", "k", 1, NULL);
    assert_text(asker.text, "abcdefgh");
    assert_int_equal(number(asker.body, "usage.completion_tokens"), 52);
    assert_int_equal(number(asker.body, "usage.completion_tokens_details.reasoning_tokens"),
                     50);
    assert_int_equal(asker.delivery.at_ns, (100 + 520) * NS_PER_MS);
    ask(&asker, "hi", "k", 1, ",\"stream\":true");
    struct heard heard = hear(&asker);
    assert_int_equal(heard.chunk[0].at_ns, 100 * NS_PER_MS + 49 * 10 * NS_PER_MS);
    assert_int_equal(heard.chunk[1].at_ns, (100 + 500) * NS_PER_MS);
    static const struct {
        const char *effort;
        int tokens;
    } efforts[] = {{"none", 0}, {"minimal", 5}, {"low", 20}, {"medium", 50}, {"high", 100}};
    for (size_t i = 0; i < sizeof efforts / sizeof efforts[0]; i++) {
        char more[60];
        snprintf(more, sizeof more, ",\"reasoning_effort\":\"%s\"", efforts[i].effort);
        ask(&asker, "hi", "k", 1, more);
        assert_int_equal(number(asker.body, "usage.completion_tokens_details.reasoning_tokens"),
                         efforts[i].tokens);
    }
    ask(&asker, "hi", "k", 1, ",\"reasoning_effort\":\"lots\"");
    assert_int_equal(asker.status, 400);
    ask(&asker, "hi", "k", 1, ",\"max_completion_tokens\":30");
    assert_text(asker.text, "");
    assert_int_equal(number(asker.body, "usage.completion_tokens_details.reasoning_tokens"),
                     30);
    assert_text(json_text(json_get(json_at(json_get(asker.body, STR("choices")), 0),
                                   STR("finish_reason"))),
                "length");
    asker_end(&asker);
}

/* Protects: drawn reasoning has the median that was written, and does not depend on the attempt. */
static void test_drawn_reasoning(void **state)
{
    (void)state;
    struct asker asker = asker_new("models: {m: {reasoning: {median: 200, p95: 900}}}\n");
    int below = 0;
    enum { N = 400 };
    for (int i = 0; i < N; i++) {
        char key[20];
        snprintf(key, sizeof key, "k%d", i);
        ask(&asker, "hi", key, 1, NULL);
        int64_t tokens = number(asker.body, "usage.completion_tokens_details.reasoning_tokens");
        below += tokens < 200;
        ask(&asker, "hi", key, 2, NULL);
        assert_int_equal(
            tokens, number(asker.body, "usage.completion_tokens_details.reasoning_tokens"));
    }
    assert_in_range(below, N / 2 - 40, N / 2 + 40); /* four standard deviations */
    asker_end(&asker);
}

static void ask_long(struct asker *asker, const char *beginning, const char *end)
{
    struct buf prompt = {0};
    while (prompt.n < 8192)
        buf_add_str(&prompt, str_from(beginning));
    buf_add_str(&prompt, str_from(end));
    ask(asker, prompt.p, end, 1, NULL);
    buf_release(&prompt);
}

#define CACHED  "usage.prompt_tokens_details.cached_tokens"
#define WRITTEN "usage.prompt_tokens_details.cache_write_tokens"

/* Protects: a real cache knows what a prompt begins with, per model and key, for its time; a
 * keyed one hits in its share of requests whatever came before. */
static void test_cache(void **state)
{
    (void)state;
    struct asker asker = asker_new("models: {m: {cache: {mode: real, ttl: 60s}}}\n");
    ask_long(&asker, "abcdefgh", "one");
    assert_int_equal(number(asker.body, CACHED), 0);
    assert_int_equal(number(asker.body, WRITTEN), 2048);
    ask_long(&asker, "abcdefgh", "two");
    assert_int_equal(number(asker.body, CACHED), 2048);
    assert_int_equal(number(asker.body, WRITTEN), 0);
    assert_true(number(asker.body, "usage.prompt_tokens") > 2048);
    ask_long(&asker, "abcdefgx", "three");
    assert_int_equal(number(asker.body, CACHED), 0);
    ask(&asker, "short", "k", 1, NULL);
    ask(&asker, "short", "k", 1, NULL);
    assert_int_equal(number(asker.body, CACHED) + number(asker.body, WRITTEN), 0);
    asker.up_ms = 59000;
    ask_long(&asker, "abcdefgh", "four");
    assert_int_equal(number(asker.body, CACHED), 2048);
    asker.up_ms = 120000;
    ask_long(&asker, "abcdefgh", "five");
    assert_int_equal(number(asker.body, CACHED), 0);
    asker_end(&asker);

    asker = asker_new("models: {m: {cache: {share: 0.25}}}\n");
    int hits = 0;
    enum { N = 400 };
    for (int i = 0; i < N; i++) {
        char end[20];
        snprintf(end, sizeof end, "number %d", i);
        ask_long(&asker, "abcdefgh", end);
        hits += number(asker.body, CACHED) == 2048;
        assert_int_equal(number(asker.body, CACHED) + number(asker.body, WRITTEN), 2048);
        arena_clear(&asker.arena);
    }
    assert_in_range(hits, 100 - 35, 100 + 35); /* four standard deviations */
    asker_end(&asker);
}

/* Protects: drawn load slows a request by a whole number of others, the same for an attempt, with
 * the mean that was written. */
static void test_keyed_load(void **state)
{
    (void)state;
    struct asker asker = asker_new("models: {m: {first_token: 100ms, slowdown: {per_request: "
                                   "0.5, mode: keyed, others: 3}}}\n");
    double sum = 0;
    enum { N = 1000 };
    for (int i = 0; i < N; i++) {
        char key[20];
        snprintf(key, sizeof key, "k%d", i);
        ask(&asker, "hi", key, 1, NULL);
        int64_t more_ns = asker.delivery.at_ns - 100 * NS_PER_MS;
        assert_true(more_ns >= 0 && more_ns % (50 * NS_PER_MS) == 0);
        sum += (double)(more_ns / (50 * NS_PER_MS));
        ask(&asker, "hi", key, 1, NULL);
        assert_int_equal(asker.delivery.at_ns - 100 * NS_PER_MS, more_ns);
        arena_clear(&asker.arena);
    }
    assert_true(sum / N > 2.56 && sum / N < 3.44); /* sd of a geometric of mean 3: 3.46 */
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_at_once),   cmocka_unit_test(test_calls_cut),
        cmocka_unit_test(test_default_calls),   cmocka_unit_test(test_reasoning),
        cmocka_unit_test(test_drawn_reasoning), cmocka_unit_test(test_cache),
        cmocka_unit_test(test_keyed_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
