/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_stream.c: streamed chat completions: the same replies in pieces, at their times.
 */
#include "test_mock_heard.h"

enum { CHOICES = 4, CALLS = 4 };

/* A stream put together again. */
struct said {
    struct buf text[CHOICES], refusal[CHOICES], name[CHOICES][CALLS], arguments[CHOICES][CALLS];
    size_t calls[CHOICES];
    str finish[CHOICES], id;
    const json *usage;
    struct buf logprobs[CHOICES];
    size_t chunks, usages; /* usages: chunks with a member of that name */
    bool done, padded;
};

static void add(struct buf *out, const json *text)
{
    buf_add_str(out, json_text(text));
}

static void take_call(struct said *said, size_t i, const json *call)
{
    int64_t index = -1;
    assert_true(json_int(json_get(call, STR("index")), &index) && index < CALLS);
    if (json_get(call, STR("id"))) {
        assert_int_equal(index, said->calls[i]++);
        assert_text(json_text(json_get(call, STR("type"))), "function");
    }
    add(&said->name[i][index], json_path(call, "function.name"));
    add(&said->arguments[i][index], json_path(call, "function.arguments"));
}

static void take_chunk(struct said *said, const json *chunk)
{
    assert_text(json_text(json_get(chunk, STR("object"))), "chat.completion.chunk");
    said->chunks++;
    said->id = json_text(json_get(chunk, STR("id")));
    said->padded |= json_get(chunk, STR("obfuscation")) != NULL;
    const json *usage = json_get(chunk, STR("usage"));
    said->usages += usage != NULL;
    if (json_is(usage, JSON_OBJECT)) {
        assert_int_equal(json_count(json_get(chunk, STR("choices"))), 0);
        said->usage = usage;
    }
    for (const json *c = json_first(json_get(chunk, STR("choices"))); c; c = json_next(c)) {
        int64_t index = -1;
        const json *delta = json_get(c, STR("delta"));
        assert_true(json_int(json_get(c, STR("index")), &index) && index < CHOICES);
        size_t i = (size_t)index;
        assert_int_equal(said->finish[i].n, 0);
        add(&said->text[i], json_get(delta, STR("content")));
        add(&said->refusal[i], json_get(delta, STR("refusal")));
        for (const json *call = json_first(json_get(delta, STR("tool_calls"))); call;
             call = json_next(call))
            take_call(said, i, call);
        for (const json *p = json_first(json_path(c, "logprobs.content")); p;
             p = json_next(p)) {
            buf_add_char(&said->logprobs[i], said->logprobs[i].n ? ',' : '[');
            json_write(&said->logprobs[i], p, JSON_COMPACT);
        }
        said->finish[i] = json_text(json_get(c, STR("finish_reason")));
    }
}

static struct said put_together(struct asker *asker, str body)
{
    struct said said = {.usages = 0};
    str data;
    while (next_data(&body, &data)) {
        assert_false(said.done);
        if (str_equal(data, STR("[DONE]"))) {
            said.done = true;
            continue;
        }
        const json *chunk = json_parse(&asker->arena, data, NULL);
        assert_non_null(chunk);
        take_chunk(&said, chunk);
    }
    return said;
}

static void release(struct said *said)
{
    for (size_t i = 0; i < CHOICES; i++) {
        buf_release(&said->text[i]);
        buf_release(&said->refusal[i]);
        buf_release(&said->logprobs[i]);
        for (size_t k = 0; k < CALLS; k++) {
            buf_release(&said->name[i][k]);
            buf_release(&said->arguments[i][k]);
        }
    }
}

static struct said streamed(struct asker *asker, const char *prompt, const char *more)
{
    char all[2000];
    snprintf(all, sizeof all, ",\"stream\":true%s", more);
    ask(asker, prompt, "k", 1, all);
    assert_int_equal(asker->status, 200);
    struct heard heard = hear(asker);
    assert_true(heard.ended);
    return put_together(asker, heard.body);
}

static const char everything[] =
    "models: {m: {first_token: 20ms, per_token: {exponential: {mean: 7ms}}, skill: 0}}\n"
    "answers: {a: {samples: [{q: secret, expected: x}], find: [q], wrong: [{refusal: true}]}}\n"
    "rules:\n"
    "  call: {when: {prompt: weather}, tool_call: {name: get_weather, arguments: {city: Oslø, "
    "days: [1, 2, 3]}}}\n"
    "  umlauts: {when: {prompt: umlauts}, reply: \"Größe, Übermaß — und 漢字 ohne Ende\"}\n";

static void assert_same(str got, const json *wanted)
{
    if (!str_equal(got, json_text(wanted)))
        fail_msg("'%.*s' is not '%.*s'", STR_ARG(got), STR_ARG(json_text(wanted)));
}

/* Protects: a stream says what the whole reply says, choice by choice, with the same id, usage,
 * reason to end and log probabilities. */
static void test_same_reply(void **state)
{
    (void)state;
    static const char *const requests[][2] = {
        {"hello", ""},
        {"hello", ",\"n\":3"},
        {"hello", ",\"max_tokens\":7"},
        {"hello", ",\"stop\":[\"a\",\"e\"]"},
        {"hello", ",\"logprobs\":true,\"top_logprobs\":3,\"n\":2"},
        {"umlauts", ",\"max_tokens\":8"},
        {"secret", ""},
        {"what weather", ""},
        {"what weather", ",\"max_tokens\":9,\"n\":2"},
        {"a",
         ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{"
         "\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\"]"
         "}}}],\"tool_choice\":\"required\""},
        {"b", ",\"response_format\":{\"type\":\"json_object\"}"},
    };
    for (size_t r = 0; r < sizeof requests / sizeof requests[0]; r++) {
        struct asker asker = asker_new(everything);
        char more[1000];
        snprintf(more, sizeof more, ",\"stream_options\":{\"include_usage\":true}%s",
                 requests[r][1]);
        struct said said = streamed(&asker, requests[r][0], more);
        struct arena arena = asker.arena; /* of what was said */
        asker.arena = (struct arena){0};
        ask(&asker, requests[r][0], "k", 1, requests[r][1]);
        const json *choices = json_get(asker.body, STR("choices"));
        assert_true(said.done);
        assert_same(said.id, json_get(asker.body, STR("id")));
        assert_true(json_equal(said.usage, json_get(asker.body, STR("usage"))));
        for (size_t i = 0; i < json_count(choices); i++) {
            const json *c = json_at(choices, (int64_t)i), *m = json_get(c, STR("message"));
            const json *calls = json_get(m, STR("tool_calls"));
            assert_same(buf_str(&said.text[i]), json_get(m, STR("content")));
            assert_same(buf_str(&said.refusal[i]), json_get(m, STR("refusal")));
            assert_same(said.finish[i], json_get(c, STR("finish_reason")));
            assert_int_equal(said.calls[i], calls ? json_count(calls) : 0);
            for (size_t k = 0; k < said.calls[i]; k++) {
                const json *function = json_get(json_at(calls, (int64_t)k), STR("function"));
                assert_same(buf_str(&said.name[i][k]), json_get(function, STR("name")));
                assert_same(buf_str(&said.arguments[i][k]),
                            json_get(function, STR("arguments")));
            }
            if (said.logprobs[i].n) {
                buf_add_char(&said.logprobs[i], ']');
                str whole =
                    json_to_str(&asker.arena, json_path(c, "logprobs.content"), JSON_COMPACT);
                assert_true(str_equal(whole, buf_str(&said.logprobs[i])));
            } else {
                assert_true(json_is(json_get(c, STR("logprobs")), JSON_NULL));
            }
        }
        release(&said);
        arena_release(&arena);
        asker_end(&asker);
    }
}

/* Protects: token i is due when the first token's time and that of i more have passed; the end
 * when the reply that is not streamed comes. */
static void test_times(void **state)
{
    (void)state;
    struct asker asker = asker_new("models: {m: {first_token: 100ms, per_token: 10ms}}\n"
                                   "rules: {r: {reply: abcdefghijkl}}\n");
    ask(&asker, "hi", "k", 1, ",\"stream\":true,\"stream_options\":{\"include_usage\":true}");
    struct heard heard = hear(&asker);
    static const int64_t ms[] = {100, 100, 110, 120, 130, 130, 130};
    assert_int_equal(heard.chunks, 7); /* role, three tokens, finish, usage, [DONE] */
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(heard.chunk[i].at_ns, ms[i] * NS_PER_MS);
    assert_int_equal(asker.delivery.parts, 4);
    ask(&asker, "hi", "k", 1, NULL);
    assert_int_equal(asker.delivery.at_ns, 130 * NS_PER_MS);
    asker_end(&asker);

    asker = asker_new("scale: 0.5\nmodels: {m: {first_token: {lognormal: {median: 90ms, p95: "
                      "200ms}}, per_token: {exponential: {mean: 10ms}}}}\n");
    for (int attempt = 1; attempt < 20; attempt++) {
        ask(&asker, "hi", "k", attempt, ",\"stream\":true,\"n\":2");
        heard = hear(&asker);
        for (size_t i = 1; i < heard.chunks; i++)
            assert_true(heard.chunk[i].at_ns >= heard.chunk[i - 1].at_ns);
        int64_t last_ns = heard.chunk[heard.chunks - 1].at_ns;
        assert_true(heard.chunk[0].at_ns < last_ns);
        ask(&asker, "hi", "k", attempt, ",\"n\":2");
        assert_int_equal(asker.delivery.at_ns, last_ns);
    }
    asker_end(&asker);

    asker = asker_new("scale: 0\nmodels: {m: {profile: large}}\n");
    ask(&asker, "hi", "k", 1, ",\"stream\":true");
    assert_int_equal(asker.delivery.parts, 1);
    assert_int_equal(asker.part[0].at_ns, 0);
    assert_int_equal(asker.part[0].upto, asker.bytes.n);
    asker_end(&asker);
}

/* Protects: usage only where asked for, then null in all other chunks; padding unless refused. */
static void test_options(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    struct said said = streamed(&asker, "hi", "");
    assert_true(said.padded && said.usages == 0 && !said.usage);
    release(&said);
    assert_text(header_of(&asker, "content-type"), "text/event-stream; charset=utf-8");
    said = streamed(&asker, "hi", ",\"stream_options\":{\"include_usage\":true}");
    assert_true(said.padded && said.usage && said.usages == said.chunks);
    release(&said);
    said = streamed(&asker, "hi", ",\"stream_options\":{\"include_obfuscation\":false}");
    assert_true(!said.padded && said.usages == 0);
    release(&said);
    asker_end(&asker);
}

/* Protects: chunks of several choices take turns token by token. */
static void test_choices_interleave(void **state)
{
    (void)state;
    struct asker asker = asker_new("rules: {r: {reply: abcdefghijkl}}\n");
    ask(&asker, "hi", "k", 1, ",\"stream\":true,\"n\":2");
    str body = hear(&asker).body, data;
    for (size_t i = 0; next_data(&body, &data) && !str_equal(data, STR("[DONE]")); i++) {
        const json *chunk = json_parse(&asker.arena, data, NULL);
        const json *choice = json_at(json_get(chunk, STR("choices")), 0);
        int64_t index = -1;
        assert_true(json_int(json_get(choice, STR("index")), &index));
        assert_int_equal(index, i % 2);
    }
    asker_end(&asker);
}

/* Protects: log probabilities are such: none above 0, the list falls, its texts are different,
 * and the token that was sent is in it; the tokens are the text. */
static void test_logprobs(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    ask(&asker, "hi", "k", 1, ",\"logprobs\":true,\"top_logprobs\":20");
    const json *c = json_at(json_get(asker.body, STR("choices")), 0);
    struct buf text = {0};
    size_t not_first = 0, tokens = 0;
    for (const json *p = json_first(json_path(c, "logprobs.content")); p; p = json_next(p)) {
        const json *top = json_get(p, STR("top_logprobs"));
        double last = 0, own = json_number(json_get(p, STR("logprob")));
        bool found = false;
        size_t place = 0;
        assert_int_equal(json_count(top), 20);
        for (const json *t = json_first(top); t; t = json_next(t), place++) {
            double logprob = json_number(json_get(t, STR("logprob")));
            assert_true(logprob <= last);
            last = logprob;
            for (const json *u = json_next(t); u; u = json_next(u))
                assert_false(json_equal(json_get(t, STR("token")), json_get(u, STR("token"))));
            if (!json_equal(json_get(t, STR("token")), json_get(p, STR("token"))))
                continue;
            found = true;
            not_first += place > 0;
            assert_true(logprob >= own && logprob <= own);
        }
        assert_true(found);
        buf_add_str(&text, json_text(json_get(p, STR("token"))));
        tokens++;
    }
    assert_true(str_equal(buf_str(&text), asker.text));
    assert_in_range(not_first, 0, tokens / 3);
    buf_release(&text);
    ask(&asker, "hi", "k", 1, ",\"top_logprobs\":2");
    assert_int_equal(asker.status, 400);
    asker_end(&asker);
}

/* Protects: what is wrong is told before a stream begins, as a plain error. */
static void test_errors_come_first(void **state)
{
    (void)state;
    struct asker asker = asker_new("faults: [{status: 503}]\n");
    ask(&asker, "hi", "k", 1, ",\"stream\":true");
    assert_int_equal(asker.status, 503);
    assert_text(header_of(&asker, "content-type"), "application/json");
    assert_text(json_text(json_path(asker.body, "error.code")), "server_is_overloaded");
    ask(&asker, "hi", "k", 1, ",\"stream\":true,\"n\":0");
    assert_int_equal(asker.status, 400);
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_reply), cmocka_unit_test(test_times),
        cmocka_unit_test(test_options),    cmocka_unit_test(test_choices_interleave),
        cmocka_unit_test(test_logprobs),   cmocka_unit_test(test_errors_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
