/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_determinism.c: what a reply depends on, and what it must not depend on.
 */
#include "test_mock_ask.h"

static const char yaml[] =
    "seed: 5\n"
    "models: {m: {skill: 0.5, first_token: {exponential: {mean: 100ms}}}}\n"
    "answers: {qa: {samples: [{id: 1, q: How tall?, expected: right}], find: [q],\n"
    "               wrong: [{text: wrong one}, {text: wrong two}]}}\n"
    "faults: [{status: 500, share: 0.3}]\n";

static str bytes_of(struct asker *asker)
{
    return arena_str(&asker->arena, buf_str(&asker->bytes));
}

/* Protects: the same request twice is the same bytes, ids and times included, on one server and
 * on another. */
static void test_same_bytes(void **state)
{
    (void)state;
    struct asker one = asker_new(yaml), other = asker_new(yaml);
    for (int i = 0; i < 50; i++) {
        char key[20];
        snprintf(key, sizeof key, "k%d", i);
        ask(&one, "How tall?", key, 1, NULL);
        str first = bytes_of(&one);
        int64_t at_ns = one.delivery.at_ns;
        ask(&one, "How tall?", key, 1, NULL);
        assert_true(str_equal(first, bytes_of(&one)));
        ask(&other, "How tall?", key, 1, NULL);
        assert_true(str_equal(first, bytes_of(&other)));
        assert_true(at_ns == one.delivery.at_ns && at_ns == other.delivery.at_ns);
    }
    asker_end(&one);
    asker_end(&other);
}

/* Protects: key order, white space, user, metadata and other headers change nothing. */
static void test_canonical(void **state)
{
    (void)state;
    struct asker asker = asker_new(yaml);
    static const char *const bodies[] = {
        "{\"model\":\"m\",\"temperature\":0.5,\"messages\":[{\"role\":\"user\",\"content\":"
        "\"hi\"}]}",
        "{ \"messages\" : [ { \"content\":\"hi\", \"role\":\"user\" } ],\n \"temperature\": "
        "5e-1, "
        "\"model\":\"m\", \"user\":\"ada\", \"metadata\":{\"a\":\"b\"}, \"stream\": false}",
        "{\"model\":\"m\",\"temperature\":0.6,\"messages\":[{\"role\":\"user\",\"content\":"
        "\"hi\"}]}",
        "{\"model\":\"m\",\"temperature\":0.5,\"messages\":[{\"role\":\"system\",\"content\":"
        "\"hi\"}]}",
    };
    str id[4];
    for (int i = 0; i < 4; i++) {
        const char *headers[] = {
            "authorization",     "Bearer k", "idempotency-key", "a", "x-weir-attempt",
            i % 2 ? "11" : "11", "x-noise",  i % 2 ? "1" : "2", NULL};
        ask_raw(&asker, "POST", i % 2 ? "/chat/completions" : "/v1/chat/completions",
                str_from(bodies[i]), headers);
        id[i] = json_text(json_get(asker.body, STR("id")));
        if (asker.status != 200)
            id[i] = header_of(&asker, "x-request-id");
        assert_true(id[i].n > 20);
    }
    assert_true(str_equal(id[0], id[1]));
    assert_false(str_equal(id[0], id[2]));
    assert_false(str_equal(id[0], id[3]));
    asker_end(&asker);
}

/* Protects: what a reply says does not depend on the attempt; ids, times and faults do. */
static void test_attempts(void **state)
{
    (void)state;
    struct asker asker = asker_new(yaml);
    int faulted = 0, contents = 0;
    for (int i = 0; i < 40; i++) {
        char key[20];
        str said = STR("");
        snprintf(key, sizeof key, "k%d", i);
        for (int attempt = 1; attempt <= 6; attempt++) {
            str text = ask(&asker, "How tall?", key, attempt, NULL);
            if (asker.status == 500) {
                faulted++;
                continue;
            }
            if (said.n)
                assert_true(str_equal(said, text));
            said = text;
        }
        contents += str_equal(said, STR("right"));
    }
    assert_in_range(faulted, 40,
                    104); /* 72 expected of 240, four standard deviations about it */
    assert_in_range(contents, 7, 33);
    asker_end(&asker);
}

/* Protects: other idempotency keys are fresh draws; with systematic: 1 they are not. */
static void test_repetitions(void **state)
{
    (void)state;
    struct asker fresh = asker_new(yaml);
    struct asker stuck = asker_new(
        "models: {m: {skill: 0.5, systematic: 1}}\n"
        "answers: {qa: {samples: [{id: 1, q: How tall?, expected: right}], find: [q],\n"
        "               wrong: [{text: wrong one}, {text: wrong two}]}}\n");
    int right = 0;
    str first = STR("");
    for (int i = 0; i < 60; i++) {
        char key[20];
        snprintf(key, sizeof key, "k%d", i);
        str text = ask(&fresh, "How tall?", key, 1, NULL);
        right += str_equal(text, STR("right"));
        text = ask(&stuck, "How tall?", key, 1, NULL);
        if (i)
            assert_true(str_equal(text, first));
        first = text;
    }
    assert_in_range(right, 5, 40);
    asker_end(&fresh);
    asker_end(&stuck);
}

/* The attempt that the server took a request for. */
static int attempt_seen(struct asker *asker, const char *name, const char *value,
                        const char *key)
{
    const char *headers[] = {"authorization",
                             "Bearer k",
                             "x-mock-explain",
                             "1",
                             name ? name : "x-none",
                             name ? value : "1",
                             key ? "idempotency-key" : NULL,
                             key,
                             NULL};
    ask_raw(asker, "POST", "/v1/chat/completions",
            STR("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"),
            headers);
    int64_t attempt = 0;
    str_to_int(header_of(asker, "x-mock-attempt"), &attempt);
    return (int)attempt;
}

/* Protects: where the attempt comes from, in order, and that counting is per content and key. */
static void test_attempt_sources(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    assert_int_equal(attempt_seen(&asker, "x-weir-attempt", "4", "a"), 4);
    assert_int_equal(attempt_seen(&asker, "x-stainless-retry-count", "2", "a"), 3);
    assert_int_equal(attempt_seen(&asker, "x-mock-attempt", "9", "a"), 9);
    assert_int_equal(attempt_seen(&asker, "x-weir-attempt", "zero", "new"), 1);
    assert_int_equal(attempt_seen(&asker, NULL, NULL, "b"), 1);
    assert_int_equal(attempt_seen(&asker, NULL, NULL, "b"), 2);
    assert_int_equal(attempt_seen(&asker, NULL, NULL, "c"), 1);
    assert_int_equal(attempt_seen(&asker, NULL, NULL, NULL), 1);
    assert_int_equal(attempt_seen(&asker, NULL, NULL, NULL), 2);
    ask_raw(&asker, "POST", "/mock/reset", STR(""), NULL);
    assert_int_equal(attempt_seen(&asker, NULL, NULL, NULL), 1);
    asker_end(&asker);
}

/* Protects: without idempotency keys the n-th first attempt of a prompt is its n-th repetition,
 * and a retry of it gets its content. */
static void test_ordinals(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL), again = asker_new(NULL);
    str said[6];
    int distinct = 1;
    for (int i = 0; i < 6; i++) {
        said[i] = ask(&asker, "hi", NULL, 1, NULL);
        assert_true(str_equal(said[i], ask(&asker, "hi", NULL, 2, NULL)));
        for (int j = 0; j < i; j++)
            assert_false(str_equal(said[i], said[j]));
        distinct += i > 0;
        assert_true(str_equal(said[i], ask(&again, "hi", NULL, 1, NULL)));
    }
    assert_int_equal(distinct, 6);
    asker_end(&asker);
    asker_end(&again);
}

/* Protects: what a server says does not depend on the order in which different requests come,
 * faults included. */
static void test_order(void **state)
{
    (void)state;
    enum { N = 60 };
    struct asker asker = asker_new(yaml), other = asker_new(yaml);
    str transcript[N];
    for (int i = 0; i < N; i++) {
        char prompt[40], key[20];
        snprintf(prompt, sizeof prompt, "How tall? %d", i % 20);
        snprintf(key, sizeof key, "k%d", i);
        ask(&asker, prompt, key, 1, NULL);
        transcript[i] = bytes_of(&asker);
    }
    for (int j = 0; j < N; j++) {
        int i = j * 37 % N;
        char prompt[40], key[20];
        snprintf(prompt, sizeof prompt, "How tall? %d", i % 20);
        snprintf(key, sizeof key, "k%d", i);
        ask(&other, prompt, key, 1, NULL);
        assert_true(str_equal(bytes_of(&other), transcript[i]));
    }
    asker_end(&asker);
    asker_end(&other);
}

/* Protects: a scope is a world of its own, by header and by path. */
static void test_scopes(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    static const char body[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    const char *plain[] = {"authorization", "Bearer k", "x-mock-explain", "1", NULL};
    const char *scoped[] = {
        "authorization", "Bearer k", "x-mock-explain", "1", "x-mock-scope", "t1", NULL};
    ask_raw(&asker, "POST", "/v1/chat/completions", str_from(body), plain);
    str first = bytes_of(&asker);
    ask_raw(&asker, "POST", "/v1/chat/completions", str_from(body), scoped);
    str by_header = bytes_of(&asker);
    assert_false(str_equal(first, by_header));
    assert_text(header_of(&asker, "x-mock-attempt"), "1");
    ask_raw(&asker, "POST", "/scope/t1/v1/chat/completions", str_from(body), plain);
    assert_text(header_of(&asker, "x-mock-attempt"), "2");
    ask_raw(&asker, "POST", "/mock/reset", STR(""), NULL);
    ask_raw(&asker, "POST", "/scope/t1/v1/chat/completions", str_from(body), plain);
    assert_true(str_equal(bytes_of(&asker), by_header));
    asker_end(&asker);
}

/* Protects: the same text at another endpoint is neither a repetition nor another attempt. */
static void test_endpoints(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    static const char *const paths[] = {"/v1/messages/count_tokens", "/v1/messages",
                                        "/v1/chat/completions"};
    static const char body[] = "{\"model\":\"m\",%s\"messages\":[{\"role\":\"user\","
                               "\"content\":\"hi\"}]}";
    const char *headers[] = {
        "authorization", "Bearer k",       "x-api-key", "k", "anthropic-version",
        "2023-06-01",    "x-mock-explain", "1",         NULL};
    for (int round = 1; round <= 2; round++)
        for (int i = 0; i < 3; i++) {
            str sent = arena_printf(&asker.arena, body, i == 1 ? "\"max_tokens\":9," : "");
            ask_raw(&asker, "POST", paths[i], sent, headers);
            assert_int_equal(asker.status, 200);
            assert_text(header_of(&asker, "x-mock-attempt"), round == 1 ? "1" : "2");
        }
    /* embedding a text, and having it answered */
    ask_raw(&asker, "POST", "/v1/embeddings", STR("{\"model\":\"m\",\"input\":\"one\"}"),
            headers);
    assert_text(header_of(&asker, "x-mock-attempt"), "1");
    ask_raw(&asker, "POST", "/v1/responses", STR("{\"model\":\"m\",\"input\":\"one\"}"),
            headers);
    assert_text(header_of(&asker, "x-mock-attempt"), "1");
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes),      cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_attempts),        cmocka_unit_test(test_repetitions),
        cmocka_unit_test(test_attempt_sources), cmocka_unit_test(test_ordinals),
        cmocka_unit_test(test_order),           cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_endpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
