/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_faults.c: faults and limits as the plan of a delivery shows them.
 */
#include "test_mock_ask.h"

static struct asker with_fault(const char *fault)
{
    char yaml[400];
    snprintf(
        yaml, sizeof yaml,
        "models: {m: {first_token: 10ms}}\nrules: {r: {reply: hello there}}\nfaults: [%s]\n",
        fault);
    return asker_new(yaml);
}

static int status_at(struct asker *asker, int attempt)
{
    ask(asker, "hi", "k", attempt, NULL);
    return asker->status;
}

/* Protects: fail twice, then succeed. */
static void test_attempts(void **state)
{
    (void)state;
    struct asker asker = with_fault("{status: 503, attempts: [1, 2], retry_after: 1500ms}");
    assert_int_equal(status_at(&asker, 1), 503);
    assert_text(header_of(&asker, "retry-after"), "2");
    assert_text(header_of(&asker, "retry-after-ms"), "1500");
    assert_text(json_text(json_path(asker.body, "error.code")), "server_is_overloaded");
    assert_int_equal(asker.delivery.at_ns, 0);
    assert_int_equal(status_at(&asker, 2), 503);
    assert_int_equal(status_at(&asker, 3), 200);
    assert_text(asker.text, "hello there");
    asker_end(&asker);
}

/* Protects: the 429 of a rate and of a quota are different errors. */
static void test_429(void **state)
{
    (void)state;
    struct asker asker = with_fault("{status: 429, retry_after: 1s}");
    assert_int_equal(status_at(&asker, 1), 429);
    assert_text(header_of(&asker, "retry-after"), "1");
    assert_text(json_text(json_path(asker.body, "error.code")), "rate_limit_exceeded");
    assert_text(json_text(json_path(asker.body, "error.type")), "requests");
    asker_end(&asker);
    asker = with_fault("{status: 429, quota: true}");
    assert_int_equal(status_at(&asker, 1), 429);
    assert_text(header_of(&asker, "retry-after"), "");
    assert_text(json_text(json_path(asker.body, "error.type")), "insufficient_quota");
    asker_end(&asker);
    asker = with_fault("{status: 502, html: true}");
    assert_int_equal(status_at(&asker, 1), 502);
    assert_text(header_of(&asker, "content-type"), "text/html");
    assert_null(asker.body);
    asker_end(&asker);
}

/* Protects: the first fault that strikes is the one, each with its own chance; a share is kept
 * within four standard deviations. */
static void test_shares(void **state)
{
    (void)state;
    struct asker asker = with_fault("{status: 429, share: 0.1}, {status: 500, share: 0.5}");
    enum { N = 3000 };
    int limited = 0, failed = 0;
    for (int i = 0; i < N; i++) {
        char key[20];
        snprintf(key, sizeof key, "k%d", i);
        ask(&asker, "hi", key, 1, NULL);
        limited += asker.status == 429;
        failed += asker.status == 500;
    }
    assert_in_range(limited, 300 - 66, 300 + 66);
    assert_in_range(failed, 1350 - 109, 1350 + 109);
    ask_raw(&asker, "GET", "/mock/truth", STR(""), NULL);
    assert_int_equal(json_number(json_path(asker.body, "faults.429")), limited);
    assert_int_equal(json_number(json_path(asker.body, "statuses.500")), failed);
    asker_end(&asker);
}

/* Protects: a brown-out holds in its stretch of the server's time only; when limits whom. */
static void test_brown_out_and_when(void **state)
{
    (void)state;
    struct asker asker = with_fault("{status: 500, from: 10s, for: 30s, when: {prompt: hi}}");
    assert_int_equal(status_at(&asker, 1), 200);
    asker.up_ms = 10000;
    assert_int_equal(status_at(&asker, 1), 500);
    ask(&asker, "other", "k", 1, NULL);
    assert_int_equal(asker.status, 200);
    asker.up_ms = 39999;
    assert_int_equal(status_at(&asker, 1), 500);
    asker.up_ms = 40000;
    assert_int_equal(status_at(&asker, 1), 200);
    asker_end(&asker);
}

/* Protects: what each broken reply sends and how it ends. */
static void test_broken_replies(void **state)
{
    (void)state;
    struct asker good = asker_new("rules: {r: {reply: hello there}}\n");
    ask(&good, "hi", "k", 1, NULL);
    size_t head = good.head.n + 2, body = good.bytes.n - head;
    asker_end(&good);

    struct asker asker = with_fault("{hang: headers}");
    status_at(&asker, 1);
    assert_true(asker.bytes.n == 0 && asker.delivery.ending == ENDING_HANG);
    asker_end(&asker);
    asker = with_fault("{reset: headers}");
    status_at(&asker, 1);
    assert_true(asker.bytes.n == 0 && asker.delivery.ending == ENDING_RESET);
    asker_end(&asker);
    asker = with_fault("{hang: body}");
    assert_int_equal(status_at(&asker, 1), 200);
    assert_true(asker.bytes.n > head && asker.bytes.n < head + body);
    assert_true(asker.delivery.ending == ENDING_HANG && asker.delivery.at_ns == 10 * NS_PER_MS);
    asker_end(&asker);
    asker = with_fault("{reset: body, fin: true}");
    assert_int_equal(status_at(&asker, 1), 200);
    assert_true(!asker.body && asker.delivery.ending == ENDING_CLOSE);
    asker_end(&asker);
    asker = with_fault("{empty: true}");
    assert_int_equal(status_at(&asker, 1), 200);
    assert_text(header_of(&asker, "content-length"), "0");
    asker_end(&asker);
    asker = with_fault("{wrong_type: true}");
    assert_int_equal(status_at(&asker, 1), 200);
    assert_true(str_starts_with(header_of(&asker, "content-type"), STR("text/html")));
    asker_end(&asker);
    asker = with_fault("{bad_json: true}");
    assert_int_equal(status_at(&asker, 1), 200);
    assert_null(asker.body);
    assert_true(asker.bytes.n > head && asker.delivery.ending == ENDING_KEEP);
    asker_end(&asker);
}

/* Protects: a drip sends a byte at its time, the head first, and loses none. */
static void test_drip(void **state)
{
    (void)state;
    struct asker asker = with_fault("{drip: 5ms}");
    assert_int_equal(status_at(&asker, 1), 200);
    size_t head = asker.head.n + 2, parts = asker.delivery.parts;
    assert_int_equal(parts, asker.bytes.n - head + 1);
    assert_true(asker.part[0].upto == head && asker.part[0].at_ns == 10 * NS_PER_MS);
    assert_true(asker.part[3].upto == head + 3 && asker.part[3].at_ns == 25 * NS_PER_MS);
    assert_true(asker.part[parts - 1].upto == asker.bytes.n);
    asker_end(&asker);
}

/* Protects: keyed limits refuse by the request and the attempt alone, and headers say the limit. */
static void test_keyed_limit(void **state)
{
    (void)state;
    struct asker asker = asker_new("limits: [{rpm: 600, mode: keyed, share: 0.2}]\n");
    int refused = 0;
    enum { N = 2000 };
    for (int i = 0; i < N; i++) {
        char key[20];
        snprintf(key, sizeof key, "k%d", i);
        ask(&asker, "hi", key, 1, NULL);
        refused += asker.status == 429;
        assert_text(header_of(&asker, "x-ratelimit-limit-requests"), "600");
        int before = asker.status;
        ask(&asker, "hi", key, 1, NULL);
        assert_int_equal(asker.status, before);
    }
    assert_in_range(refused, 400 - 72, 400 + 72);
    asker_end(&asker);
}

/* Protects: a bucket empties, says how long to wait and refills; a window begins anew; a quota
 * does not; keys have limits of their own. */
static void test_counted_limits(void **state)
{
    (void)state;
    struct asker asker = asker_new("limits: [{rpm: 3}]\n");
    for (int i = 0; i < 3; i++) {
        ask(&asker, "hi", "k", 1, NULL);
        assert_int_equal(asker.status, 200);
        char left[4];
        snprintf(left, sizeof left, "%d", 2 - i);
        assert_text(header_of(&asker, "x-ratelimit-remaining-requests"), left);
    }
    ask(&asker, "hi", "k", 1, NULL);
    assert_int_equal(asker.status, 429);
    assert_text(header_of(&asker, "retry-after"), "20");
    asker.up_ms = 20000;
    ask(&asker, "hi", "k", 1, NULL);
    assert_int_equal(asker.status, 200);
    asker_end(&asker);

    asker = asker_new("limits: [{rpm: 2, shape: window, mode: virtual}]\n");
    for (int i = 0; i < 3; i++)
        ask(&asker, "hi", "k", 1, NULL);
    assert_int_equal(asker.status, 429);
    asker.up_ms = 100000; /* not its clock */
    ask(&asker, "hi", "k", 1, NULL);
    assert_int_equal(asker.status, 429);
    ask_raw(&asker, "POST", "/mock/clock", STR("{\"advance\": \"60s\"}"), NULL);
    assert_int_equal(asker.status, 200);
    ask(&asker, "hi", "k", 1, NULL);
    assert_int_equal(asker.status, 200);
    asker_end(&asker);

    asker = asker_new("limits: [{requests: 1}]\n");
    ask(&asker, "hi", "k", 1, NULL);
    assert_int_equal(asker.status, 200);
    asker.up_ms = 10000000;
    ask(&asker, "hi", "k", 1, NULL);
    assert_int_equal(asker.status, 429);
    assert_text(json_text(json_path(asker.body, "error.code")), "insufficient_quota");
    const char *headers[] = {"authorization", "Bearer other", NULL};
    ask_raw(&asker, "POST", "/v1/chat/completions",
            STR("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"),
            headers);
    assert_int_equal(asker.status, 200);
    asker_end(&asker);

    asker = asker_new("limits: [{tpm: 100, per: model}]\n");
    ask(&asker, "hi", "k", 1, ",\"max_tokens\":90");
    assert_int_equal(asker.status, 200);
    ask(&asker, "hi", "k", 1, ",\"max_tokens\":90");
    assert_int_equal(asker.status, 429);
    assert_text(json_text(json_path(asker.body, "error.type")), "tokens");
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attempts),       cmocka_unit_test(test_429),
        cmocka_unit_test(test_shares),         cmocka_unit_test(test_brown_out_and_when),
        cmocka_unit_test(test_broken_replies), cmocka_unit_test(test_drip),
        cmocka_unit_test(test_keyed_limit),    cmocka_unit_test(test_counted_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
