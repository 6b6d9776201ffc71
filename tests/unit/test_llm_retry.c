/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_retry.c: the rules of retrying, row by row.
 */
#include "llm/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

enum { NONE = -1 };

struct row {
    enum llm_outcome outcome;
    int status;
    bool connection;
    const char *should_retry;
    int64_t hint_ms; /* -1: none */
    unsigned number;
    bool again;
    int64_t wait_ms; /* exact; -1: the backoff's */
    enum llm_outcome end;
};

/* Defaults of the language: 2 retries, 500 ms to 8 s, hints up to 60 s. */
static const struct row rows[] = {
    /* statuses of the list, and others */
    {LLM_RATE_LIMITED, 429, false, "", NONE, 1, true, NONE, LLM_RATE_LIMITED},
    {LLM_SERVER, 500, false, "", NONE, 2, true, NONE, LLM_SERVER},
    {LLM_SERVER, 502, false, "", NONE, 1, true, NONE, LLM_SERVER},
    {LLM_SERVER, 503, false, "", NONE, 1, true, NONE, LLM_SERVER},
    {LLM_SERVER, 504, false, "", NONE, 1, true, NONE, LLM_SERVER},
    {LLM_SERVER, 529, false, "", NONE, 1, true, NONE, LLM_SERVER},
    {LLM_REQUEST, 408, false, "", NONE, 1, true, NONE, LLM_REQUEST},
    {LLM_REQUEST, 409, false, "", NONE, 1, true, NONE, LLM_REQUEST},
    {LLM_SERVER, 501, false, "", NONE, 1, false, 0, LLM_SERVER},
    {LLM_REQUEST, 400, false, "", NONE, 1, false, 0, LLM_REQUEST},
    {LLM_AUTH, 401, false, "", NONE, 1, false, 0, LLM_AUTH},
    {LLM_REQUEST, 302, false, "", NONE, 1, false, 0, LLM_REQUEST},
    /* the third attempt is the last */
    {LLM_SERVER, 500, false, "", NONE, 3, false, 0, LLM_SERVER},
    {LLM_TIMEOUT, 0, true, "", NONE, 3, false, 0, LLM_TIMEOUT},
    /* what never became a reply */
    {LLM_TIMEOUT, 0, true, "", NONE, 1, true, NONE, LLM_TIMEOUT},
    {LLM_TRANSPORT, 0, true, "", NONE, 1, true, NONE, LLM_TRANSPORT},
    {LLM_TRANSPORT, 200, true, "", NONE, 1, true, NONE, LLM_TRANSPORT},
    /* whole replies that are no use, or too long, would come again */
    {LLM_OK, 200, false, "", NONE, 1, false, 0, LLM_OK},
    {LLM_OK, 200, false, "true", NONE, 1, false, 0, LLM_OK},
    {LLM_TRANSPORT, 200, false, "", NONE, 1, false, 0, LLM_TRANSPORT},
    {LLM_LIMIT, 200, false, "", NONE, 1, false, 0, LLM_LIMIT},
    {LLM_LIMIT, 0, false, "", NONE, 1, false, 0, LLM_LIMIT},
    {LLM_CANCELLED, 0, false, "", NONE, 1, false, 0, LLM_CANCELLED},
    /* the server's own word goes before the list, a quota before that */
    {LLM_REQUEST, 400, false, "true", NONE, 1, true, NONE, LLM_REQUEST},
    {LLM_SERVER, 500, false, "false", NONE, 1, false, 0, LLM_SERVER},
    {LLM_SERVER, 500, false, "perhaps", NONE, 1, true, NONE, LLM_SERVER},
    {LLM_QUOTA, 429, false, "true", NONE, 1, false, 0, LLM_QUOTA},
    {LLM_QUOTA, 429, false, "", 1000, 1, false, 0, LLM_QUOTA},
    /* hints: never earlier, up to a tenth later, up to the cap */
    {LLM_RATE_LIMITED, 429, false, "", 7000, 1, true, 7000, LLM_RATE_LIMITED},
    {LLM_RATE_LIMITED, 429, false, "", 1, 2, true, 1, LLM_RATE_LIMITED},
    {LLM_RATE_LIMITED, 429, false, "", 60000, 1, true, 60000, LLM_RATE_LIMITED},
    {LLM_RATE_LIMITED, 429, false, "", 60001, 1, false, 0, LLM_RATE_LIMITED},
    {LLM_SERVER, 503, false, "", 60001, 1, false, 0, LLM_RATE_LIMITED},
    {LLM_SERVER, 503, false, "", 60001, 3, false, 0, LLM_SERVER},
};

static void test_rows(void **state)
{
    (void)state;
    struct llm_retry retry = llm_retry_default();
    struct rng_key key = rng_key(7);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct llm_attempt_end end = {row->outcome, row->status, row->connection,
                                      str_from(row->should_retry),
                                      row->hint_ms < 0 ? -1 : row->hint_ms * NS_PER_MS};
        struct llm_decision decision = llm_retry_decide(&retry, &end, row->number, key);
        int64_t wait = row->wait_ms * NS_PER_MS;
        if (row->wait_ms < 0)
            wait = llm_backoff_ns(&retry, row->number - 1, key);
        int64_t most = row->hint_ms > 0 && row->again ? wait + wait / 10 : wait;
        if (decision.again != row->again || decision.wait_ns < wait ||
            decision.wait_ns > most || decision.outcome != row->end)
            fail_msg("row %zu: again %d after %lld ns, %s", i, decision.again,
                     (long long)decision.wait_ns, llm_outcome_name(decision.outcome));
        assert_int_equal(decision.hint_too_long,
                         !row->again && row->hint_ms > 60000 && row->number < 3);
    }
}

/* Protects providers from callers that come back together: the same hint, other waits; and the
 * same wait in every run. */
static void test_hints_are_spread(void **state)
{
    (void)state;
    struct llm_retry retry = llm_retry_default();
    struct llm_attempt_end end = {
        .outcome = LLM_RATE_LIMITED, .status = 429, .hint_ns = NS_PER_S};
    int64_t least = INT64_MAX, most = 0;
    for (uint64_t i = 0; i < 200; i++) {
        struct rng_key key = rng_key(i);
        int64_t wait = llm_retry_decide(&retry, &end, 1, key).wait_ns;
        assert_int_equal(wait, llm_retry_decide(&retry, &end, 1, key).wait_ns);
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
    }
    assert_in_range(least, NS_PER_S, NS_PER_S + 10 * NS_PER_MS);
    assert_in_range(most, NS_PER_S + 90 * NS_PER_MS, NS_PER_S + 100 * NS_PER_MS);
}

/* `retries: 0` is obeyed, and a list of statuses of one's own. */
static void test_settings(void **state)
{
    (void)state;
    struct llm_retry retry = llm_retry_default();
    struct llm_attempt_end end = {.outcome = LLM_SERVER, .status = 500, .hint_ns = -1};
    retry.retries = 0;
    assert_false(llm_retry_decide(&retry, &end, 1, rng_key(1)).again);
    retry.retries = 1;
    retry.statuses[0] = 418;
    retry.status_count = 1;
    assert_false(llm_retry_decide(&retry, &end, 1, rng_key(1)).again);
    end = (struct llm_attempt_end){.outcome = LLM_REQUEST, .status = 418, .hint_ns = -1};
    assert_true(llm_retry_decide(&retry, &end, 1, rng_key(1)).again);
}

/* min(cap, base·2^k)·(1 − 0.25·U): within its bounds, never the same for two calls, always the
 * same for one. */
static void test_backoff(void **state)
{
    (void)state;
    struct llm_retry retry = llm_retry_default();
    static const int64_t most_ms[] = {500, 1000, 2000, 4000, 8000, 8000, 8000};
    int64_t sum = 0;
    for (unsigned k = 0; k < 7; k++)
        for (uint64_t seed = 0; seed < 200; seed++) {
            int64_t wait = llm_backoff_ns(&retry, k, rng_key(seed));
            assert_in_range(wait, most_ms[k] * NS_PER_MS * 3 / 4, most_ms[k] * NS_PER_MS);
            assert_int_equal(wait, llm_backoff_ns(&retry, k, rng_key(seed)));
            if (k == 0)
                sum += wait;
        }
    /* the mean of 200 draws lies near 437.5 ms */
    assert_in_range(sum / 200, 425 * NS_PER_MS, 450 * NS_PER_MS);
    assert_true(llm_backoff_ns(&retry, 0, rng_key(1)) != llm_backoff_ns(&retry, 0, rng_key(2)));
    assert_in_range(llm_backoff_ns(&retry, 1000, rng_key(1)), 6 * NS_PER_S, 8 * NS_PER_S);
}

#define NOW INT64_C(784111777) /* Sun, 06 Nov 1994 08:49:37 GMT */

struct hint_row {
    const char *ms, *after, *date;
    int64_t wanted_ms; /* -1: no hint */
};

static void test_hints(void **state)
{
    (void)state;
    static const struct hint_row hints[] = {
        {"", "", "", NONE},
        {"", "7", "", 7000},
        {"", " 1.5 ", "", 1500},
        {"250", "7", "", 250},
        {"12.5", "", "", 12},
        {"x", "7", "", 7000},
        {"0", "7", "", NONE},
        {"", "0", "", NONE},
        {"", "-3", "", NONE},
        {"", "soon", "", NONE},
        {"", "7 seconds", "", NONE},
        {"", "1e300", "", 366 * INT64_C(86400000)},
        {"", "99999999999999999999", "", 366 * INT64_C(86400000)},
        {"", "nan", "", NONE},
        {"", "inf", "", NONE},
        {"", "Sun, 06 Nov 1994 08:49:42 GMT", "", 5000},
        {"", "Sunday, 06-Nov-94 08:49:42 GMT", "", 5000},
        {"", "Sun Nov  6 08:49:42 1994", "", 5000},
        {"", "Sun, 06 Nov 1994 08:49:37 GMT", "", NONE},
        {"", "Sun, 06 Nov 1993 08:49:42 GMT", "", NONE},
        {"", "Tue, 08 Nov 1994 08:49:37 GMT", "", 172800000},
        {"", "Fri, 31 Dec 9999 23:59:59 GMT", "", 366 * INT64_C(86400000)},
        /* a clock that is an hour off does not matter when the reply says its own time */
        {"", "Sun, 06 Nov 1994 09:49:42 GMT", "Sun, 06 Nov 1994 09:49:37 GMT", 5000},
        {"", "Sun, 06 Nov 1994 08:49:42 GMT", "nonsense", 5000},
    };
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        int64_t hint = llm_retry_hint_ns(str_from(hints[i].ms), str_from(hints[i].after),
                                         str_from(hints[i].date), NOW * NS_PER_S);
        int64_t got_ms = hint < 0 ? hint : hint / NS_PER_MS;
        if (got_ms != hints[i].wanted_ms)
            fail_msg("'%s' '%s': %lld ms", hints[i].ms, hints[i].after, (long long)got_ms);
    }
}

/* RFC 9110 5.6.7: three forms; anything else is no date. */
static void test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds; /* -1: no date */
    } dates[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", NOW},
        {"Sunday, 06-Nov-94 08:49:37 GMT", NOW},
        {"Sun Nov  6 08:49:37 1994", NOW},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Thu, 29 Feb 2024 12:00:00 GMT", 1709208000},
        {"Sun, 06 Nov 1994 08:49:37", NONE},
        {"Sun, 06 Nov 1994 08:49:37 CET", NONE},
        {"Sun, 06 Nov 1994 08:49:37 GMT and more", NONE},
        {"Sun, 06 Nov 1994 24:00:00 GMT", NONE},
        {"Sun, 32 Nov 1994 08:49:37 GMT", NONE},
        {"Sun, 06 Xyz 1994 08:49:37 GMT", NONE},
        {"Sun, 06 Nov -994 08:49:37 GMT", NONE},
        {"", NONE},
    };
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        int64_t wall = -NS_PER_S;
        bool good = llm_parse_http_date(str_from(dates[i].text), NOW * NS_PER_S, &wall);
        if (good != (dates[i].seconds >= 0) || wall / NS_PER_S != dates[i].seconds)
            fail_msg("'%s': %d %lld", dates[i].text, good, (long long)(wall / NS_PER_S));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_backoff),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_hints_are_spread),
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
