/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_decide.c: rules, answer keys and every kind of wrong answer, as a client sees them.
 */
#include "test_mock_ask.h"

#include "base/jsonschema.h"

#define ROWS                                                                                   \
    "answers:\n"                                                                               \
    "  qa:\n"                                                                                  \
    "    samples:\n"                                                                           \
    "      - {id: 1, q: \"How tall is it?\", expected: {a: Tall, l: [x, y, z], n: 1}}\n"       \
    "      - {id: 2, q: \"How wide is it?\", expected: {a: Wide, l: [u], n: 2}}\n"             \
    "      - {id: 3, q: \"How wide is it? Really?\", expected: {a: Both, l: [v], n: 3}}\n"     \
    "    find: [q]\n"

static const char schema[] =
    ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":"
    "{\"type\":\"object\",\"required\":[\"a\",\"l\",\"n\"],\"additionalProperties\":false,"
    "\"properties\":{\"a\":{\"enum\":[\"Tall\",\"Wide\",\"Both\"]},\"l\":{\"type\":\"array\","
    "\"items\":{\"type\":\"string\"}},\"n\":{\"type\":\"integer\"}}}}}";

/* Protects: without rules an answer key answers by itself, the longest text deciding the row. */
static void test_key_alone(void **state)
{
    (void)state;
    struct asker asker = asker_new(ROWS);
    assert_text(ask(&asker, "Q: How tall is it?", "k", 1, NULL),
                "{\"a\":\"Tall\",\"l\":[\"x\",\"y\",\"z\"],\"n\":1}");
    assert_text(ask(&asker, "How  wide\nis it? Really?", "k", 1, NULL),
                "{\"a\":\"Both\",\"l\":[\"v\"],\"n\":3}");
    assert_text(header_of(&asker, "x-mock-rule"), "qa");
    ask(&asker, "Something else", "k", 1, NULL);
    assert_text(header_of(&asker, "x-mock-rule"), "-");
    asker_end(&asker);
}

/* Protects: the first rule that matches replies; every test of `when`; captures; names. */
static void test_rules(void **state)
{
    (void)state;
    struct asker asker = asker_new(
        ROWS "rules:\n"
             "  model: {when: {model: other}, reply: never}\n"
             "  turn: {when: {turn: 1}, reply: second turn}\n"
             "  system: {when: {system: pirate}, reply: Arr}\n"
             "  header: {when: {header: {x-mock-explain: '2'}}, reply: never}\n"
             "  capture: {when: {prompt_regex: 'name is (?<who>\\w+)'}, reply: 'Hi {{who}}'}\n"
             "  schema: {when: {schema: s}, reply: {a: '{{request.schema}}', n: 1}}\n"
             "  tool: {when: {tool: f}, tool_call: {name: f, arguments: {x: "
             "'{{request.prompt}}'}}}\n"
             "  row: {when: {row: qa}, reply: 'row {{row.id}} of {{request.model}}'}\n"
             "  status: {when: {prompt: fail}, status: 503}\n"
             "  attempt: {when: {prompt: which}, reply: '{{request.attempt}} {{request.turn}} "
             "{{request.dialect}}'}\n"
             "  rest: {reply: '{{request.prompt}}!'}\n");
    assert_text(ask(&asker, "my name is Ada", "k", 1, NULL), "Hi Ada");
    assert_text(ask(&asker, "go", "k", 1, schema), "{\"a\":\"s\",\"n\":1}");
    assert_text(ask(&asker, "How tall is it?", "k", 1, NULL), "row 1 of m");
    assert_text(ask(&asker, "which", "k", 3, NULL), "3 0 openai-chat");
    assert_text(ask(&asker, "hello", "k", 1, NULL), "hello!");
    ask(&asker, "fail", "k", 1, NULL);
    assert_int_equal(asker.status, 503);
    ask(&asker, "go", "k", 1,
        ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]");
    const json *message =
        json_get(json_at(json_get(asker.body, STR("choices")), 0), STR("message"));
    const json *call = json_at(json_get(message, STR("tool_calls")), 0);
    assert_text(json_text(json_path(call, "function.arguments")), "{\"x\":\"go\"}");
    assert_true(str_starts_with(json_text(json_get(call, STR("id"))), STR("call_")));
    assert_true(json_is(json_get(message, STR("content")), JSON_NULL));
    const char *const headers[] = {"authorization", "bearer x", NULL};
    ask_raw(
        &asker, "POST", "/v1/chat/completions",
        STR("{\"model\":\"m\",\"messages\":[{\"role\":\"developer\",\"content\":\"a pirate\"},"
            "{\"role\":\"user\",\"content\":\"hey\"}]}"),
        headers);
    assert_text(asker.text, "Arr");
    ask_raw(&asker, "POST", "/v1/chat/completions",
            STR("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"},"
                "{\"role\":\"assistant\",\"content\":\"b\"},{\"role\":\"user\",\"content\":[{"
                "\"type\":\"text\",\"text\":\"c\"}]}]}"),
            headers);
    assert_text(asker.text, "second turn");
    asker_end(&asker);
}

/* A mock whose model is always wrong in one way. */
static struct asker always_wrong(const char *wrong)
{
    char yaml[2000];
    snprintf(yaml, sizeof yaml, "models: {m: {skill: 0}}\n" ROWS "    wrong: [%s]\n", wrong);
    return asker_new(yaml);
}

static str wrong_answer(struct asker *asker, const char *more)
{
    return ask(asker, "How tall is it?", "k", 1, more);
}

/* Protects: each kind of wrong answer is that kind of wrong, and never right. */
static void test_wrong_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *wrong, *reply;
    } rows[] = {
        {"{label: {at: a, one_of: [Tall, Wide]}}",
         "{\"a\":\"Wide\",\"l\":[\"x\",\"y\",\"z\"],\"n\":1}"},
        {"{text: 'no {{row.id}}'}", "no 1"},
        {"{drop_item: 'l'}", NULL},
        {"{double_item: 'l'}", NULL},
        {"{replace: {at: 'l[1]', by: 'not {{row.expected.l[1]}}'}}",
         "{\"a\":\"Tall\",\"l\":[\"x\",\"not y\",\"z\"],\"n\":1}"},
        {"{replace: {at: n, by: 9}}", "{\"a\":\"Tall\",\"l\":[\"x\",\"y\",\"z\"],\"n\":9}"},
        {"{fenced: true}", "```json\n{\"a\":\"Tall\",\"l\":[\"x\",\"y\",\"z\"],\"n\":1}\n```"},
        {"{prose: true}", "Sure! Here is what you asked "
                          "for:\n\n{\"a\":\"Tall\",\"l\":[\"x\",\"y\",\"z\"],\"n\":1}"
                          "\n\nLet me know if you need anything else."},
        {"{other_row: true}", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct asker asker = always_wrong(rows[i].wrong);
        str reply = wrong_answer(&asker, NULL);
        if (rows[i].reply)
            assert_text(reply, rows[i].reply);
        else
            assert_false(
                str_equal(reply, STR("{\"a\":\"Tall\",\"l\":[\"x\",\"y\",\"z\"],\"n\":1}")));
        assert_true(str_contains(header_of(&asker, "x-mock-plan"), STR("chance=0 verdict=")));
        asker_end(&asker);
    }
}

/* Protects: a dropped item leaves two of three, a doubled one makes four of the same. */
static void test_list_kinds(void **state)
{
    (void)state;
    struct asker asker = always_wrong("{drop_item: l}");
    const json *value = json_parse(&asker.arena, wrong_answer(&asker, NULL), NULL);
    assert_int_equal(json_count(json_get(value, STR("l"))), 2);
    asker_end(&asker);
    asker = always_wrong("{double_item: l}");
    value = json_parse(&asker.arena, wrong_answer(&asker, NULL), NULL);
    assert_int_equal(json_count(json_get(value, STR("l"))), 4);
    asker_end(&asker);
}

/* Protects: a truncated answer ends with reason length, a refusal is the provider's. */
static void test_truncated_and_refusal(void **state)
{
    (void)state;
    struct asker asker = always_wrong("{truncated: true}");
    str text = wrong_answer(&asker, NULL);
    const json *choice = json_at(json_get(asker.body, STR("choices")), 0);
    assert_text(json_text(json_get(choice, STR("finish_reason"))), "length");
    assert_true(
        str_starts_with(STR("{\"a\":\"Tall\",\"l\":[\"x\",\"y\",\"z\"],\"n\":1}"), text));
    assert_null(json_parse(&asker.arena, text, NULL));
    asker_end(&asker);
    asker = always_wrong("{refusal: No thanks}");
    wrong_answer(&asker, NULL);
    choice = json_at(json_get(asker.body, STR("choices")), 0);
    assert_text(json_text(json_path(choice, "message.refusal")), "No thanks");
    assert_true(json_is(json_path(choice, "message.content"), JSON_NULL));
    assert_text(json_text(json_get(choice, STR("finish_reason"))), "stop");
    asker_end(&asker);
}

/* Protects: each way of breaking a schema gives JSON that the schema refuses. */
static void test_break_schema(void **state)
{
    (void)state;
    static const char *const ways[] = {"type", "missing", "extra", "enum"};
    for (size_t i = 0; i < 4; i++) {
        char wrong[60];
        snprintf(wrong, sizeof wrong, "{break_schema: %s}", ways[i]);
        struct asker asker = always_wrong(wrong);
        const json *value = json_parse(&asker.arena, wrong_answer(&asker, schema), NULL);
        const json *format =
            json_parse(&asker.arena, str_sub(str_from(schema), 19, SIZE_MAX), NULL);
        struct jsonschema_problem problem;
        const struct jsonschema *compiled =
            jsonschema_new(&asker.arena, json_path(format, "json_schema.schema"), &problem);
        assert_non_null(value);
        assert_non_null(compiled);
        assert_false(jsonschema_valid(compiled, value, &asker.arena, NULL, 0, NULL));
        asker_end(&asker);
    }
}

/* Protects: a kind that cannot be applied gives way, and never to the right answer. */
static void test_kinds_that_do_not_apply(void **state)
{
    (void)state;
    struct asker asker = always_wrong("{drop_item: nope}, {break_schema: enum}, {text: no}");
    assert_text(wrong_answer(&asker, NULL), "no");
    asker_end(&asker);
    asker = always_wrong("{drop_item: nope}");
    str text = wrong_answer(&asker, NULL);
    assert_true(
        str_starts_with(STR("{\"a\":\"Tall\",\"l\":[\"x\",\"y\",\"z\"],\"n\":1}"), text));
    assert_null(json_parse(&asker.arena, text, NULL));
    asker_end(&asker);
}

/* Protects: shares are weights among the wrong answers; realised accuracy and mix are near what
 * the file says, and /mock/truth tells the client's own count. */
static void test_shares_and_truth(void **state)
{
    (void)state;
    struct asker asker = asker_new("models: {m: {skills: {qa: 0.6}}}\n" ROWS
                                   "    wrong: [{text: one, share: 3}, {text: two}]\n");
    enum { N = 4000 };
    int right = 0, one = 0, two = 0;
    for (int i = 0; i < N; i++) {
        char key[20];
        snprintf(key, sizeof key, "k%d", i);
        str text = ask(&asker, "How tall is it?", key, 1, NULL);
        right += str_starts_with(text, STR("{"));
        one += str_equal(text, STR("one"));
        two += str_equal(text, STR("two"));
    }
    assert_int_equal(right + one + two, N);
    assert_in_range(right, 2400 - 4 * 31, 2400 + 4 * 31);
    assert_in_range(one, 1200 - 4 * 29, 1200 + 4 * 29);
    ask_raw(&asker, "GET", "/mock/truth", STR(""), NULL);
    const json *answer = json_at(json_get(asker.body, STR("answers")), 0);
    assert_int_equal(json_number(json_get(answer, STR("replies"))), N);
    assert_int_equal(json_number(json_get(answer, STR("correct"))), right);
    assert_true(json_number(json_get(answer, STR("expected"))) > 0.6 - 1e-9);
    assert_int_equal(json_number(json_path(asker.body, "statuses.200")), N);
    asker_end(&asker);
}

/* Protects: prompts that the file did not foresee are counted, by model, with one that does not depend
 * on the order of asking; a file that says no texts has none such. */
static void test_made_up(void **state)
{
    (void)state;
    static const char *const prompt[] = {"what now", "and a summary", "hello", "fail"};
    struct asker asker = asker_new("rules: {hi: {when: {prompt: hello}, reply: hi},\n"
                                   "  no: {when: {prompt: fail}, status: 503},\n"
                                   "  never: {when: {prompt: unheard of}, reply: x}}\n");
    for (size_t i = 0; i < sizeof prompt / sizeof prompt[0]; i++)
        ask(&asker, prompt[i], "k", 1, NULL);
    ask_raw(&asker, "GET", "/mock/truth", STR(""), NULL);
    const json *made_up = json_get(asker.body, STR("made_up")), *one = json_at(made_up, 0);
    assert_int_equal(json_count(made_up), 1);
    assert_text(json_text(json_get(one, STR("model"))), "m");
    assert_int_equal(json_number(json_get(one, STR("replies"))), 3);
    assert_int_equal(json_number(json_get(one, STR("made_up"))), 2);
    assert_true(str_starts_with(json_text(json_get(one, STR("prompt"))), STR("and a summary")));
    assert_int_equal(json_count(json_get(asker.body, STR("unused"))), 1);
    assert_text(json_text(json_at(json_get(asker.body, STR("unused")), 0)), "never");
    asker_end(&asker);
    asker = asker_new("rules: {no: {when: {prompt: fail}, status: 503}}\n");
    ask(&asker, "hello", "k", 1, NULL);
    ask_raw(&asker, "GET", "/mock/truth", STR(""), NULL);
    assert_int_equal(json_count(json_get(asker.body, STR("made_up"))), 0);
    asker_end(&asker);
}

/* Protects: exact mode over a dataset through the whole server, in any order of asking. */
static void test_exact_dataset(void **state)
{
    (void)state;
    struct buf yaml = {0};
    enum { N = 37 };
    buf_printf(&yaml,
               "models: {m: {mode: exact, skill: 0.7}}\nanswers:\n  qa:\n    samples:\n");
    for (int i = 0; i < N; i++)
        buf_printf(&yaml, "      - {id: r%d, q: \"question number %d.\", expected: good}\n", i,
                   i);
    buf_printf(&yaml, "    find: [q]\n    wrong: [{text: bad}]\n");
    struct asker asker = asker_new(yaml.p);
    int right = 0;
    for (int i = 0; i < N; i++) {
        char prompt[40];
        snprintf(prompt, sizeof prompt, "Say: question number %d.", i * 10 % N);
        right += str_equal(ask(&asker, prompt, NULL, 1, NULL), STR("good"));
    }
    assert_in_range(right, 25, 26);
    asker_end(&asker);
    buf_release(&yaml);
}

/* Protects: items of a list are rows of their own, with the whole row as parent; `within` says
 * where to look. */
static void test_items_and_within(void **state)
{
    (void)state;
    struct asker asker = asker_new(
        "answers:\n"
        "  parts:\n"
        "    samples:\n"
        "      - {id: 1, title: T1, parts: [{q: \"first thing\", a: A}, {q: \"second thing\", "
        "a: B}]}\n"
        "      - {id: 2, title: T2, parts: [{q: \"third thing\", a: C}]}\n"
        "    items: parts\n"
        "    find: [q]\n"
        "    within: '{{about}}'\n"
        "rules:\n"
        "  r:\n"
        "    when: {prompt_regex: 'about: (?<about>[^.]*)'}\n"
        "    answer: {from: parts, right: '{{row.a}} of {{parent.title}}, {{about}}'}\n"
        "  none: {reply: unknown}\n");
    assert_text(ask(&asker, "first thing about: second thing.", "k", 1, NULL),
                "B of T1, second thing");
    assert_text(ask(&asker, "about: third thing. second thing", "k", 1, NULL),
                "C of T2, third thing");
    assert_text(ask(&asker, "third thing about: nothing.", "k", 1, NULL), "unknown");
    asker_end(&asker);
}

/* Protects: stop texts cut before themselves, max tokens give length, n gives n choices, and
 * usage adds up. */
static void test_stop_length_n(void **state)
{
    (void)state;
    struct asker asker =
        asker_new("rules: {r: {reply: 'one two three four five six seven'}}\n");
    assert_text(ask(&asker, "x", "k", 1, ",\"stop\":[\"nope\",\" four\"]"), "one two three");
    assert_text(ask(&asker, "x", "k", 1, ",\"stop\":\"two\""), "one ");
    const json *choice = json_at(json_get(asker.body, STR("choices")), 0);
    assert_text(json_text(json_get(choice, STR("finish_reason"))), "stop");
    assert_text(ask(&asker, "x", "k", 1, ",\"max_completion_tokens\":2"), "one two ");
    choice = json_at(json_get(asker.body, STR("choices")), 0);
    assert_text(json_text(json_get(choice, STR("finish_reason"))), "length");
    assert_int_equal(json_number(json_path(asker.body, "usage.completion_tokens")), 2);
    ask(&asker, "x", "k", 1, ",\"n\":3");
    assert_int_equal(json_count(json_get(asker.body, STR("choices"))), 3);
    double in = json_number(json_path(asker.body, "usage.prompt_tokens"));
    double out = json_number(json_path(asker.body, "usage.completion_tokens"));
    assert_int_equal(out, 3 * 9);
    assert_int_equal(json_number(json_path(asker.body, "usage.total_tokens")), in + out);
    asker_end(&asker);
}

/* Protects: a rule finds a schema by its name, by its title where a dialect has no names. */
static void test_schema_names(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body, *reply;
    } rows[] = {
        {"/v1/chat/completions",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],"
         "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"faq\","
         "\"schema\":{\"title\":\"other\",\"type\":\"object\"}}}}",
         "\"content\":\"found\""},
        {"/v1/responses",
         "{\"model\":\"m\",\"input\":\"a\",\"text\":{\"format\":{\"type\":\"json_schema\","
         "\"name\":\"faq\",\"schema\":{\"type\":\"object\"},\"strict\":false}}}",
         "\"text\":\"found\""},
        {"/v1/messages",
         "{\"model\":\"m\",\"max_tokens\":50,\"messages\":[{\"role\":\"user\",\"content\":"
         "\"a\"}],\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{"
         "\"title\":\"faq\",\"type\":\"object\",\"properties\":{},"
         "\"additionalProperties\":false}}}}",
         "\"text\":\"found\""},
        {"/v1beta/models/m:generateContent",
         "{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}],\"generationConfig\":{"
         "\"responseMimeType\":\"application/json\",\"responseSchema\":{\"type\":\"OBJECT\","
         "\"title\":\"faq\",\"properties\":{\"a\":{\"type\":\"STRING\"}}}}}",
         "\"text\":\"found\""},
        {"/v1beta/models/m:streamGenerateContent?alt=sse",
         "{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}],\"generationConfig\":{"
         "\"responseMimeType\":\"application/json\",\"responseJsonSchema\":{\"type\":"
         "\"object\",\"title\":\"faq\"}}}",
         "\"text\":\"foun"},
    };
    const char *headers[] = {
        "authorization", "Bearer k",       "x-api-key", "k", "anthropic-version",
        "2023-06-01",    "x-goog-api-key", "k",         NULL};
    struct asker asker =
        asker_new("rules: {one: {when: {schema: faq}, reply: found}, rest: {reply: lost}}\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ask_raw(&asker, "POST", rows[i].path, str_from(rows[i].body), headers);
        str all = buf_str(&asker.bytes);
        if (asker.status != 200 || !str_contains(all, str_from(rows[i].reply)))
            fail_msg("%s: %.*s", rows[i].path, STR_ARG(all));
    }
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_alone),        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_schema_names),     cmocka_unit_test(test_wrong_kinds),
        cmocka_unit_test(test_list_kinds),       cmocka_unit_test(test_truncated_and_refusal),
        cmocka_unit_test(test_break_schema),     cmocka_unit_test(test_kinds_that_do_not_apply),
        cmocka_unit_test(test_shares_and_truth), cmocka_unit_test(test_made_up),
        cmocka_unit_test(test_exact_dataset),    cmocka_unit_test(test_items_and_within),
        cmocka_unit_test(test_stop_length_n),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
