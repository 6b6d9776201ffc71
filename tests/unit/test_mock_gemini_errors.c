/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_gemini_errors.c: the mock's errors as Gemini: keys, paths, limits, faults, also in
 * streams.
 */
#include "mock_server/query.h"
#include "test_mock_gemini.h"

/* ---- keys, paths ---- */

static void ask_as(struct asker *asker, const char *method, const char *target,
                   const char *name, const char *value)
{
    const char *headers[] = {name, value, NULL};
    ask_raw(asker, method, target, STR("{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}"),
            name ? headers : NULL);
}

/* Protects: a missing key is a 400 as a bad one is, and no 401; a key in the URL is told nowhere. */
static void test_keys(void **state)
{
    (void)state;
    static const char *const target = MODEL ":generateContent";
    struct asker asker = asker_new("unknown_model: refuse\nmodels: {gemini-3.8-flash: {}}\n");
    ask_as(&asker, "POST", target, NULL, NULL);
    assert_refused(&asker, 400, "INVALID_ARGUMENT");
    const json *missing = json_at(json_path(asker.body, "error.details"), 0);
    assert_text(json_text(json_get(missing, STR("reason"))), "API_KEY_INVALID");
    ask_as(&asker, "POST", target, "x-goog-api-key", "a b");
    assert_refused(&asker, 400, "INVALID_ARGUMENT"); /* not a 401 */
    const json *info = json_at(json_path(asker.body, "error.details"), 0);
    assert_text(json_text(json_get(info, STR("reason"))), "API_KEY_INVALID");
    ask_as(&asker, "POST", MODEL ":generateContent?key=", NULL, NULL);
    assert_refused(&asker, 400, "INVALID_ARGUMENT");
    ask_as(&asker, "POST", MODEL ":generateContent?key=secret", NULL, NULL);
    assert_int_equal(asker.status, 200);
    ask_as(&asker, "POST", target, "authorization", "Bearer t");
    assert_int_equal(asker.status, 200);
    assert_text(header_of(&asker, "x-ratelimit-limit-requests"), "");
    ask_as(&asker, "GET", "/mock/journal", NULL, NULL);
    assert_false(str_contains(buf_str(&asker.bytes), STR("secret")));
    asker_end(&asker);
}

/* Protects: what is not there is refused in the provider's envelope. */
static void test_paths(void **state)
{
    (void)state;
    struct asker asker = asker_new("unknown_model: refuse\nmodels: {gemini-3.8-flash: {}}\n");
    ask_as(&asker, "POST", "/v1beta/models/other:generateContent", "x-goog-api-key", "k");
    assert_contains(assert_refused(&asker, 404, "NOT_FOUND"), "models/other is not found");
    ask_as(&asker, "GET", "/v1beta/models/other", "x-goog-api-key", "k");
    assert_refused(&asker, 404, "NOT_FOUND");
    ask_as(&asker, "POST", MODEL ":dream", "x-goog-api-key", "k");
    assert_refused(&asker, 404, "NOT_FOUND");
    ask_as(&asker, "POST", "/v1beta/nothing", NULL, NULL);
    assert_refused(&asker, 404, "NOT_FOUND");
    ask_as(&asker, "POST", "/nothing", "x-goog-api-key", "k");
    assert_refused(&asker, 404, "NOT_FOUND");
    ask_as(&asker, "DELETE", "/v1beta/models", "x-goog-api-key", "k");
    assert_refused(&asker, 405, "UNIMPLEMENTED");
    post(&asker, "{\"contents\":");
    assert_contains(assert_refused(&asker, 400, "INVALID_ARGUMENT"), "Invalid JSON payload");
    post(&asker, "[]");
    assert_contains(assert_refused(&asker, 400, "INVALID_ARGUMENT"), "Root element");
    asker_end(&asker);
    asker = asker_new("models: {gemini-3.8-flash: {context: 5}}\n");
    post(&asker, body_of(&asker, "more than one token", ""));
    assert_contains(
        assert_refused(&asker, 400, "INVALID_ARGUMENT"),
        "The input token count (9) exceeds the maximum number of tokens allowed (5)");
    asker_end(&asker);
}

/* ---- errors ---- */

static const json *detail(const struct asker *asker, const char *type)
{
    for (const json *d = json_first(json_path(asker->body, "error.details")); d;
         d = json_next(d))
        if (str_ends_with(json_text(json_get(d, STR("@type"))), str_from(type)))
            return d;
    return NULL;
}

/* Protects: a wait and its reason are told in the body, in the provider's form, and nowhere else;
 * a quota of a day is told from a limit per minute. */
static void test_errors(void **state)
{
    (void)state;
    struct asker asker =
        asker_new("faults:\n"
                  "  - {status: 429, when: {prompt: busy}, retry_after: 36400ms}\n"
                  "  - {status: 429, when: {prompt: poor}, quota: true}\n"
                  "  - {status: 503, when: {prompt: over}, retry_after: 2s}\n"
                  "  - {status: 504, when: {prompt: late}}\n"
                  "  - {status: 500, when: {prompt: fail}}\n"
                  "  - {status: 418, when: {prompt: odd}}\n");
    post(&asker, body_of(&asker, "busy", ""));
    assert_contains(assert_refused(&asker, 429, "RESOURCE_EXHAUSTED"), "retry in 36.4");
    const json *violation =
        json_at(json_get(detail(&asker, "QuotaFailure"), STR("violations")), 0);
    assert_contains(json_text(json_get(violation, STR("quotaId"))), "PerMinute");
    assert_text(json_text(json_get(detail(&asker, "RetryInfo"), STR("retryDelay"))),
                "36.400000000s");
    assert_text(header_of(&asker, "retry-after"), "");
    post(&asker, body_of(&asker, "poor", ""));
    assert_refused(&asker, 429, "RESOURCE_EXHAUSTED");
    violation = json_at(json_get(detail(&asker, "QuotaFailure"), STR("violations")), 0);
    assert_contains(json_text(json_get(violation, STR("quotaId"))), "PerDay");
    assert_null(detail(&asker, "RetryInfo"));
    post(&asker, body_of(&asker, "over", ""));
    assert_refused(&asker, 503, "UNAVAILABLE");
    assert_text(json_text(json_get(detail(&asker, "RetryInfo"), STR("retryDelay"))), "2s");
    post(&asker, body_of(&asker, "late", ""));
    assert_refused(&asker, 504, "DEADLINE_EXCEEDED");
    post(&asker, body_of(&asker, "fail", ""));
    assert_refused(&asker, 500, "INTERNAL");
    post(&asker, body_of(&asker, "odd", ""));
    assert_refused(&asker, 418, "FAILED_PRECONDITION");
    asker_end(&asker);
}

/* Protects: the mock's own limits are told as the provider's, with their value. */
static void test_limits(void **state)
{
    (void)state;
    struct asker asker = asker_new("limits: [{rpm: 2}]\n");
    for (int i = 0; i < 3; i++)
        post(&asker, body_of(&asker, "hi", ""));
    assert_contains(assert_refused(&asker, 429, "RESOURCE_EXHAUSTED"), "limit: 2");
    const json *violation =
        json_at(json_get(detail(&asker, "QuotaFailure"), STR("violations")), 0);
    assert_text(json_text(json_get(violation, STR("quotaValue"))), "2");
    asker_end(&asker);
}

/* Protects: where the stream is one JSON list, errors are lists, before it and in its midst. */
static void test_stream_errors(void **state)
{
    (void)state;
    struct asker asker = asker_new("faults:\n"
                                   "  - {status: 503, when: {prompt: over}}\n"
                                   "  - {error_event: 2, when: {prompt: midst}}\n"
                                   "  - {error_event: 0, when: {prompt: begin}}\n"
                                   "  - {cut: before_end, when: {prompt: cut}}\n"
                                   "  - {cut: before_usage, when: {prompt: count}}\n");
    post_to(&asker, MODEL ":streamGenerateContent?alt=sse", body_of(&asker, "over", ""));
    assert_refused(&asker, 503, "UNAVAILABLE");
    post_to(&asker, MODEL ":streamGenerateContent", body_of(&asker, "over", ""));
    assert_int_equal(asker.status, 503);
    assert_int_equal(json_count(asker.body), 1);
    assert_valid(&asker, "gemini-error-reply", json_at(asker.body, 0));
    post_to(&asker, MODEL ":streamGenerateContent", "{}");
    assert_valid(&asker, "gemini-error-reply", json_at(asker.body, 0));
    static const char *const prompts[] = {"midst", "begin"};
    for (size_t i = 0; i < 2; i++) {
        post_to(&asker, MODEL ":streamGenerateContent", body_of(&asker, prompts[i], ""));
        const json *list = json_parse(&asker.arena, hear(&asker).body, NULL);
        assert_int_equal(json_count(list), i ? 1 : 3);
        assert_valid(&asker, "gemini-error-reply", json_at(list, -1));
        post_to(&asker, MODEL ":streamGenerateContent?alt=sse",
                body_of(&asker, prompts[i], ""));
        str body = hear(&asker).body;
        ptrdiff_t at = str_find(body, STR("data: {\"error\":"), 0);
        assert_true(i ? at == 0 : at > 0);
        assert_true(str_ends_with(body, STR("}\r\n\r\n")));
    }
    /* without a terminator, only the reason to end tells that a stream is whole */
    static const char *const cuts[] = {"cut", "count"};
    for (size_t i = 0; i < 2; i++) {
        post_to(&asker, MODEL ":streamGenerateContent?alt=sse", body_of(&asker, cuts[i], ""));
        assert_false(str_contains(hear(&asker).body, STR("finishReason")));
        post_to(&asker, MODEL ":streamGenerateContent", body_of(&asker, cuts[i], ""));
        assert_null(json_parse(&asker.arena, hear(&asker).body, NULL));
    }
    asker_end(&asker);
}

/* ---- queries ---- */

/* Protects: names are whole, values lose their escapes, and only what is to be hidden is. */
static void test_queries(void **state)
{
    (void)state;
    struct arena arena = {0};
    str value;
    assert_true(query_get(&arena, STR("monkey=1&key=a%2Fb+c%zz&key=2"), STR("key"), &value));
    assert_text(value, "a/b c%zz");
    assert_true(query_get(&arena, STR("a&key"), STR("key"), &value));
    assert_text(value, "");
    assert_false(query_get(&arena, STR("monkey=1"), STR("key"), &value));
    assert_text(query_hide(&arena, STR("/a?b=1&key=s&c=2"), STR("key")),
                "/a?b=1&key=hidden&c=2");
    assert_text(query_hide(&arena, STR("/a?monkey=1"), STR("key")), "/a?monkey=1");
    assert_text(query_hide(&arena, STR("/a?key="), STR("key")), "/a?key=");
    assert_text(query_hide(&arena, STR("/key=s"), STR("key")), "/key=s");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),          cmocka_unit_test(test_paths),
        cmocka_unit_test(test_errors),        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_stream_errors), cmocka_unit_test(test_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
