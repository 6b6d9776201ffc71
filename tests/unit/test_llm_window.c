/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_window.c: limits that adapt: requests in flight, rates that headers tell.
 */
#include "llm/bucket.h"
#include "llm/rate_headers.h"
#include "llm/window.h"

#include "base/rng.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

/* A server that bears `capacity` requests in flight and answers all beyond with a 429; the client
 * keeps as many in flight as the window lets it. The mean of the last half. */
static double settled_size(struct llm_window *window, int64_t capacity, int rounds)
{
    double sum = 0;
    int counted = 0;
    for (int round = 0; round < rounds; round++) {
        int64_t held = 0;
        while (held < 1000 && llm_window_is_open(window, held))
            held++;
        for (int64_t i = 0; i < held; i++)
            llm_window_note(window, i < capacity ? LLM_PRESSURE_NONE : LLM_PRESSURE_RATE, held);
        if (round < rounds / 2)
            continue;
        sum += (double)held;
        counted++;
    }
    return sum / counted;
}

/* Protects throughput and the provider: the window finds what the server bears and stays near. */
static void window_finds_the_capacity(void **state)
{
    (void)state;
    static const int64_t capacities[] = {4, 20, 60, 150};
    for (size_t i = 0; i < 4; i++) {
        struct llm_window window = {.most = 200};
        double size = settled_size(&window, capacities[i], 400);
        if (size < (double)capacities[i] * 0.6 || size > (double)capacities[i] * 1.4 + 8)
            fail_msg("capacity %lld: window %.1f", (long long)capacities[i], size);
    }
}

/* Protects runs against errors that load has nothing to do with: one refusal in fifty at random
 * leaves the window open. */
static void few_refusals_cost_little(void **state)
{
    (void)state;
    struct llm_window window = {.most = 32};
    struct rng_key key = rng_key(7);
    uint64_t draw = 0;
    double sum = 0;
    for (int round = 0; round < 400; round++) {
        int64_t held = 0;
        while (held < 1000 && llm_window_is_open(&window, held))
            held++;
        for (int64_t i = 0; i < held; i++) {
            bool refused = rng_uniform(key, "refused", draw++) < 0.02;
            llm_window_note(&window, refused ? LLM_PRESSURE_RATE : LLM_PRESSURE_NONE, held);
        }
        sum += (double)held;
    }
    assert_true(sum / 400 > 29);
}

/* Protects against a queue that stands still: whatever happens, one request may go. */
static void one_always_may(void **state)
{
    (void)state;
    struct llm_window window = {.most = 8};
    for (int i = 0; i < 1000; i++) {
        assert_true(llm_window_is_open(&window, 0));
        llm_window_note(&window, LLM_PRESSURE_RATE, 1);
    }
    assert_false(llm_window_is_open(&window, 1));
    for (int i = 0; i < 100; i++)
        llm_window_note(&window, LLM_PRESSURE_NONE, 1);
    assert_true(llm_window_is_open(&window, 7));
    assert_false(llm_window_is_open(&window, 8));
}

/* Protects the difference between "you ask too often" and "I am broken". */
static void statuses_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(llm_pressure_of(429), LLM_PRESSURE_RATE);
    static const int load[] = {0, 502, 503, 504, 529};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(llm_pressure_of(load[i]), LLM_PRESSURE_LOAD);
    static const int none[] = {200, 400, 401, 404, 408, 500};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(llm_pressure_of(none[i]), LLM_PRESSURE_NONE);
    struct llm_window rate = {.most = 100}, load_only = {.most = 100};
    for (int i = 0; i < 100; i++) {
        llm_window_note(&rate, LLM_PRESSURE_RATE, 100);
        llm_window_note(&load_only, LLM_PRESSURE_LOAD, 100);
    }
    assert_true(rate.size < load_only.size && load_only.size < 100);
}

/* Protects calls to providers whose limit is near: it is taken over from the headers, and not
 * before it is near. */
static void headers_teach_a_bucket(void **state)
{
    (void)state;
    struct moment now = {NS_PER_S};
    struct llm_bucket bucket = llm_bucket_of(0);
    llm_bucket_learn(&bucket, 600, 599, now);
    assert_int_equal(llm_bucket_wait_ns(&bucket, 1000), 0);
    llm_bucket_learn(&bucket, -1, -1, now);
    assert_int_equal(bucket.per_minute, 0);
    llm_bucket_learn(&bucket, 600, 0, now);
    assert_int_equal(bucket.per_minute, 600);
    assert_int_equal(llm_bucket_wait_ns(&bucket, 1), 100 * NS_PER_MS);
    /* a configured rate stands, and holds no more than what is left */
    struct llm_bucket own = llm_bucket_of(6000);
    llm_bucket_learn(&own, 60000, 3, now);
    assert_int_equal(own.per_minute, 6000);
    assert_true(own.level <= 3);
}

static void both_families_are_read(void **state)
{
    (void)state;
    struct llm_rate_state s = llm_rate_headers_read(
        STR("HTTP/1.1 200 OK\r\nX-RateLimit-Limit-Requests: 60\r\n"
            "x-ratelimit-remaining-requests: 59\r\nx-ratelimit-limit-tokens: 150000\r\n"
            "x-ratelimit-remaining-tokens: 149984\r\nx-ratelimit-reset-requests: 1s\r\n\r\n"));
    assert_int_equal(s.requests_limit, 60);
    assert_int_equal(s.requests_left, 59);
    assert_int_equal(s.tokens_limit, 150000);
    assert_int_equal(s.tokens_left, 149984);
    s = llm_rate_headers_read(
        STR("anthropic-ratelimit-requests-limit: 50\r\n"
            "anthropic-ratelimit-requests-remaining: 0\r\n"
            "anthropic-ratelimit-requests-reset: 2026-11-20T12:41:00Z\r\n"
            "anthropic-ratelimit-tokens-limit: many\r\nanthropic-ratelimit-tokens-remaining: "
            "-5\r\n"));
    assert_int_equal(s.requests_limit, 50);
    assert_int_equal(s.requests_left, 0);
    assert_int_equal(s.tokens_limit, -1);
    assert_int_equal(s.tokens_left, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_finds_the_capacity),
        cmocka_unit_test(few_refusals_cost_little),
        cmocka_unit_test(one_always_may),
        cmocka_unit_test(statuses_are_told_apart),
        cmocka_unit_test(headers_teach_a_bucket),
        cmocka_unit_test(both_families_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
