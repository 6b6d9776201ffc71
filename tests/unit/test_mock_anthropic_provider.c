/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_anthropic_provider.c: what all of Anthropic's endpoints share: keys, errors, headers,
 * limits, the list of models.
 */
#include "test_mock_anthropic.h"

#include "mock_server/dialect.h"

#include <time.h>

#define OPEN "{" MODEL_AND_LIMIT ","
#define HI   USER_HI

/* ---- what is wrong before a body is read ---- */

/* Protects: keys, paths, methods and JSON are refused in this provider's shape, wherever its
 * headers say that it is asked. */
static void test_ways_in(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *name, *value, *version;
        int status;
        const char *type;
    } rows[] = {
        {"POST", "/v1/messages", "x-api-key", "k", "2023-06-01", 400, "invalid_request_error"},
        {"POST", "/messages", "authorization", "Bearer k", "2026-10-21", 400,
         "invalid_request_error"},
        {"POST", "/v1/messages", "x-api-key", " ", "2023-06-01", 401, "authentication_error"},
        {"POST", "/v1/messages", "authorization", "k", "2023-06-01", 401,
         "authentication_error"},
        {"POST", "/v1/messages", "x-nothing", "k", NULL, 401, "authentication_error"},
        {"POST", "/v1/messages", "x-api-key", "k", NULL, 400, "invalid_request_error"},
        {"GET", "/v1/messages", "x-api-key", "k", "2023-06-01", 405, "invalid_request_error"},
        {"POST", "/v1/models", "x-api-key", "k", "2023-06-01", 405, "invalid_request_error"},
        {"POST", "/v1/complete", "x-api-key", "k", "2023-06-01", 404, "not_found_error"},
        {"GET", "/v2/files", "authorization", "Bearer k", "2023-06-01", 404, "not_found_error"},
        {"GET", "/v1/models?limit=0", "x-api-key", "k", "2023-06-01", 400,
         "invalid_request_error"},
        {"GET", "/v1/models?limit=1001", "x-api-key", "k", "2023-06-01", 400,
         "invalid_request_error"},
        {"GET", "/v1/models?limit=x", "x-api-key", "k", "2023-06-01", 400,
         "invalid_request_error"},
        {"GET", "/v1/models/other", "x-api-key", "k", "2023-06-01", 404, "not_found_error"},
    };
    struct asker asker = asker_new("models: {m: {}}\nunknown_model: refuse\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *headers[] = {rows[i].name, rows[i].value,
                                 rows[i].version ? "anthropic-version" : NULL, rows[i].version,
                                 NULL};
        ask_raw(&asker, rows[i].method, rows[i].target, STR("{\"model\":"), headers);
        assert_error(&asker, rows[i].status, rows[i].type);
    }
    ask_anthropic(&asker, "/v1/messages", NULL, OPEN HI "}");
    assert_error(&asker, 404, "not_found_error");
    assert_text(error_message(&asker), "model: claude-opus-5-5");
    asker_end(&asker);
}

/* Protects: a body that is too large, which is refused before it is read, is this provider's
 * error when the headers say so. */
static void test_too_large(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    const struct server_handler handler = mock_handler(asker.mock);
    const struct http_header header = {STR("x-api-key"), STR("k")};
    const struct http_request request = {.method = STR("POST"),
                                         .target = STR("/v1/messages"),
                                         .path = STR("/v1/messages"),
                                         .header = &header,
                                         .headers = 1};
    struct delivery delivery = {.bytes = &asker.bytes};
    handler.refused(handler.context, 413, "large", &request, &delivery);
    assert_true(str_contains(buf_str(&asker.bytes), STR("\"type\":\"request_too_large\"")));
    assert_true(delivery.ending == ENDING_CLOSE);
    buf_clear(&asker.bytes);
    handler.refused(handler.context, 413, "large", NULL, &delivery);
    assert_true(str_contains(buf_str(&asker.bytes), STR("\"param\":null")));
    asker_end(&asker);
}

/* ---- failures ---- */

/* Protects: each status has the provider's type, on messages and on counts, streamed or not. */
static void test_statuses(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *type;
    } rows[] = {
        {400, "invalid_request_error"},
        {401, "authentication_error"},
        {402, "billing_error"},
        {403, "permission_error"},
        {404, "not_found_error"},
        {409, "conflict_error"},
        {413, "request_too_large"},
        {422, "invalid_request_error"},
        {429, "rate_limit_error"},
        {500, "api_error"},
        {502, "api_error"},
        {503, "api_error"},
        {504, "timeout_error"},
        {529, "overloaded_error"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char yaml[60];
        snprintf(yaml, sizeof yaml, "faults: [{status: %d}]\n", rows[i].status);
        struct asker asker = asker_new(yaml);
        ask_anthropic(&asker, "/v1/messages", NULL, OPEN HI "}");
        assert_error(&asker, rows[i].status, rows[i].type);
        ask_anthropic(&asker, "/v1/messages", NULL, OPEN HI ",\"stream\":true}");
        assert_error(&asker, rows[i].status, rows[i].type);
        ask_anthropic(&asker, "/v1/messages/count_tokens", NULL, "{\"model\":\"m\"," HI "}");
        assert_error(&asker, rows[i].status, rows[i].type);
        asker_end(&asker);
    }
}

/* Protects: what a limit refuses says when to come again, in seconds; what a quota refuses says
 * that it is none of that. */
static void test_429(void **state)
{
    (void)state;
    struct asker asker = asker_new("limits: [{rpm: 3}]\n");
    for (int i = 0; i < 4; i++)
        ask_anthropic(&asker, "/v1/messages", NULL, OPEN HI "}");
    assert_error(&asker, 429, "rate_limit_error");
    assert_text(header_of(&asker, "retry-after"), "20");
    assert_text(header_of(&asker, "retry-after-ms"), "");
    assert_text(header_of(&asker, "anthropic-ratelimit-requests-limit"), "3");
    assert_text(header_of(&asker, "anthropic-ratelimit-requests-remaining"), "0");
    assert_true(
        str_contains(error_message(&asker), STR("rate limit of 3 requests per minute")));
    assert_null(json_path(asker.body, "error.details"));
    asker_end(&asker);
    asker = asker_new("limits: [{requests: 1}]\n");
    for (int i = 0; i < 2; i++)
        ask_anthropic(&asker, "/v1/messages", NULL, OPEN HI "}");
    assert_error(&asker, 429, "rate_limit_error");
    assert_text(header_of(&asker, "retry-after"), "");
    assert_text(json_text(json_path(asker.body, "error.details.error_code")),
                "enforced_spend_limit_reached");
    asker_end(&asker);
    asker = asker_new("limits: [{tpm: 300}]\n");
    for (int i = 0; i < 2; i++)
        ask_anthropic(&asker, "/v1/messages", NULL, OPEN HI "}");
    assert_error(&asker, 429, "rate_limit_error");
    assert_true(
        str_contains(error_message(&asker), STR("rate limit of 300 input tokens per minute")));
    asker_end(&asker);
}

/* ---- headers ---- */

static bool is_instant(str text)
{
    static const char shape[] = "0000-00-00T00:00:00Z";
    if (text.n != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (shape[i] == '0' ? !char_is_digit(text.p[i]) : shape[i] != text.p[i])
            return false;
    return true;
}

static void check_headers(const struct asker *asker)
{
    static const char *const families[] = {"requests", "tokens", "input-tokens",
                                           "output-tokens"};
    for (size_t i = 0; i < 4; i++) {
        char name[60];
        int64_t limit, left;
        snprintf(name, sizeof name, "anthropic-ratelimit-%s-limit", families[i]);
        assert_true(str_to_int(header_of(asker, name), &limit));
        snprintf(name, sizeof name, "anthropic-ratelimit-%s-remaining", families[i]);
        assert_true(str_to_int(header_of(asker, name), &left) && left <= limit);
        snprintf(name, sizeof name, "anthropic-ratelimit-%s-reset", families[i]);
        assert_true(is_instant(header_of(asker, name)));
    }
    assert_true(str_starts_with(header_of(asker, "request-id"), STR("req_")));
    assert_true(header_of(asker, "anthropic-organization-id").n == 36);
    assert_true(str_ends_with(header_of(asker, "date"), STR(" GMT")));
    assert_text(header_of(asker, "x-request-id"), "");
    assert_text(header_of(asker, "x-ratelimit-limit-requests"), "");
}

static int64_t seconds_of(const char *text, const char *format)
{
    struct tm tm = {0};
    assert_non_null(strptime(text, format, &tm));
    return timegm(&tm);
}

/* Protects: instants are those of the calendar, told against the reply's date, and a date has
 * its day of the week. */
static void test_instants(void **state)
{
    (void)state;
    struct arena arena = {0};
    static const int64_t waits_ns[] = {0,          1,           999999999,
                                       1000000000, 59000000000, 86400000000000};
    for (uint64_t i = 0; i < 600; i++) {
        struct buf out = {0};
        int64_t wait_ns = waits_ns[i % 6];
        struct reply_head head = {.ids = {i, 3}, .quota = {9, 8, wait_ns, 7000, 6000, wait_ns}};
        provider_anthropic.write_head(&out, &head, NULL);
        struct asker asker = {.head = arena_str(&arena, buf_str(&out))};
        str date = arena_str(&arena, header_of(&asker, "date"));
        str reset = arena_str(&arena, header_of(&asker, "anthropic-ratelimit-tokens-reset"));
        int64_t now_s = seconds_of(date.p, "%a, %d %b %Y %H:%M:%S GMT");
        assert_int_equal(now_s, drawn_time(head.ids));
        assert_int_equal(seconds_of(reset.p, "%Y-%m-%dT%H:%M:%SZ"),
                         now_s + (wait_ns + 999999999) / 1000000000);
        char wanted[40];
        time_t now = (time_t)now_s;
        struct tm tm;
        strftime(wanted, sizeof wanted, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
        assert_text(date, wanted);
        buf_release(&out);
    }
    arena_release(&arena);
}

/* Protects: every reply, good or bad, has an id and all families of limits, with instants. */
static void test_headers(void **state)
{
    (void)state;
    static const char *const targets[] = {"/v1/messages", "/v1/messages/count_tokens",
                                          "/v1/nope"};
    static const char *const bodies[] = {OPEN HI "}", OPEN HI ",\"stream\":true}", "{}"};
    struct asker asker = asker_new("models: {claude-opus-5-5: {first_token: 1ms}}\n");
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++) {
            ask_anthropic(&asker, targets[i], NULL, bodies[k]);
            check_headers(&asker);
        }
    const char *headers[] = {"x-api-key", "k", "anthropic-version", "2026-10-21", NULL};
    ask_raw(&asker, "GET", "/v1/models", STR(""), headers);
    check_headers(&asker);
    asker_end(&asker);
    asker = asker_new("limits: [{tpm: 100000}]\n");
    ask_anthropic(&asker, "/v1/messages", NULL,
                  "{\"model\":\"m\",\"max_tokens\":1700," USER_HI "}");
    assert_text(header_of(&asker, "anthropic-ratelimit-tokens-limit"), "100000");
    assert_text(header_of(&asker, "anthropic-ratelimit-tokens-remaining"), "98000");
    asker_end(&asker);
}

/* ---- models ---- */

static str page(struct asker *asker, const char *query)
{
    const char *headers[] = {"authorization", "Bearer k", "anthropic-version", "2026-10-21",
                             NULL};
    char target[100];
    struct buf ids = {0};
    snprintf(target, sizeof target, "/v1/models%s", query);
    ask_raw(asker, "GET", target, STR(""), headers);
    assert_int_equal(asker->status, 200);
    assert_valid(&asker->arena, schema_read(&asker->arena, "anthropic-models.json"),
                 asker->body);
    for (const json *m = json_first(json_get(asker->body, STR("data"))); m; m = json_next(m))
        buf_printf(&ids, "%.*s ", STR_ARG(json_text(json_get(m, STR("id")))));
    buf_add_str(&ids, json_bool(json_get(asker->body, STR("has_more"))) ? STR("+") : STR("."));
    str first = json_text(json_get(asker->body, STR("first_id")));
    str last = json_text(json_get(asker->body, STR("last_id")));
    buf_printf(&ids, " %.*s %.*s", STR_ARG(first), STR_ARG(last));
    str all = arena_str(&asker->arena, buf_str(&ids));
    buf_release(&ids);
    return all;
}

/* Protects: pages forwards and backwards, their ends, and one model alone. */
static void test_models(void **state)
{
    (void)state;
    struct asker asker = asker_new("models: {a: {}, b: {}, c: {}, d: {}, '*': {}}\n");
    assert_text(page(&asker, ""), "a b c d . a d");
    assert_text(page(&asker, "?limit=2"), "a b + a b");
    assert_text(page(&asker, "?limit=2&after_id=b"), "c d . c d");
    assert_text(page(&asker, "?limit=%32&after%5Fid=x&after_id=%62"), "c d . c d");
    assert_text(page(&asker, "?after_id=d"), ".  ");
    assert_text(page(&asker, "?before_id=d&limit=2"), "b c + b c");
    assert_text(page(&asker, "?before_id=b"), "a . a a");
    assert_text(page(&asker, "?before_id=a"), ".  ");
    const char *headers[] = {"x-api-key", "k", "anthropic-version", "2023-06-01", NULL};
    ask_raw(&asker, "GET", "/v1/models/claude-opus-5-5", STR(""), headers);
    assert_text(json_text(json_get(asker.body, STR("display_name"))), "Claude Opus 5.5");
    assert_text(json_text(json_get(asker.body, STR("line"))), "opus");
    asker_end(&asker);
    asker = asker_new(NULL);
    assert_text(page(&asker, ""),
                "claude-haiku-5-5 claude-opus-5-5 . claude-haiku-5-5 claude-opus-5-5");
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ways_in),  cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_statuses), cmocka_unit_test(test_429),
        cmocka_unit_test(test_headers),  cmocka_unit_test(test_instants),
        cmocka_unit_test(test_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
