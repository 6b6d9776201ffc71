/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * provider_anthropic.c: what all of Anthropic's endpoints share: keys, versions, errors, headers.
 *
 * The limits' resets are instants here, and a reply's bytes must not depend on the clock: they
 * are told against a time that is drawn, which the reply's own date header says.
 */
#include "mock_server/anthropic.h"

#include "base/clock.h"

static const str versions[] = {STR_INIT("2023-06-01"), STR_INIT("2026-10-21")};

bool anthropic_is_latest(const struct http_request *http)
{
    return str_equal(http_header_get(http, STR("anthropic-version")), versions[1]);
}

static int authorize(const struct http_request *http, struct request *request,
                     struct trouble *trouble)
{
    str version = str_trim(http_header_get(http, STR("anthropic-version")));
    str line = http_header_get(http, STR("authorization"));
    request->api_key = str_trim(http_header_get(http, STR("x-api-key")));
    if (!request->api_key.n && line.n > 7 &&
        str_equal_nocase(str_sub(line, 0, 7), STR("bearer ")))
        request->api_key = str_trim(str_sub(line, 7, line.n));
    if (!request->api_key.n)
        return trouble_set(request->arena, trouble, 401, NULL, NULL,
                           line.n ? "Invalid bearer token" : "x-api-key header is required");
    if (!version.n)
        return trouble_set(request->arena, trouble, 400, NULL, NULL,
                           "anthropic-version: header is required");
    if (!str_equal(version, versions[0]) && !str_equal(version, versions[1]))
        return trouble_set(request->arena, trouble, 400, NULL, NULL,
                           "anthropic-version: \"%.*s\" is not a valid version",
                           STR_ARG(version));
    return anthropic_check_paging(http, request->arena, trouble);
}

/* ---- errors ---- */

static void refuse(const struct request *request, enum refusal why, str what,
                   struct trouble *trouble)
{
    struct arena *arena = request->arena;
    switch (why) {
    case REFUSE_PATH:
        trouble_set(arena, trouble, 404, NULL, NULL, "Not found");
        break;
    case REFUSE_METHOD:
        trouble_set(arena, trouble, 405, NULL, NULL, "Method Not Allowed");
        break;
    case REFUSE_JSON:
        trouble_set(arena, trouble, 400, NULL, NULL, "The request body is not valid JSON: %.*s",
                    STR_ARG(what));
        break;
    case REFUSE_MODEL:
        trouble_set(arena, trouble, 404, NULL, NULL, "model: %.*s", STR_ARG(what));
        break;
    case REFUSE_CONTEXT:
        trouble_set(arena, trouble, 400, NULL, NULL,
                    "prompt is too long: %lld tokens > %.*s maximum",
                    (long long)request->input_tokens, STR_ARG(what));
        break;
    }
}

struct usual {
    int status; /* the last row is for all others from 500 */
    str type, message;
};

/* clang-format off */
static const struct usual usual_errors[] = {
    {400, STR_INIT("invalid_request_error"), STR_INIT("The request could not be processed.")},
    {401, STR_INIT("authentication_error"),  STR_INIT("invalid x-api-key")},
    {402, STR_INIT("billing_error"),         STR_INIT("Your credit balance is too low to access the Anthropic API.")},
    {403, STR_INIT("permission_error"),      STR_INIT("Your API key does not have permission to use the specified resource.")},
    {404, STR_INIT("not_found_error"),       STR_INIT("Not found")},
    {408, STR_INIT("timeout_error"),         STR_INIT("Request timed out")},
    {409, STR_INIT("conflict_error"),        STR_INIT("The request conflicts with another one.")},
    {413, STR_INIT("request_too_large"),     STR_INIT("Request exceeds the maximum size")},
    {429, STR_INIT("rate_limit_error"),      STR_INIT("This request would exceed your organization's rate limit. Please try again later.")},
    {504, STR_INIT("timeout_error"),         STR_INIT("Request timed out")},
    {529, STR_INIT("overloaded_error"),      STR_INIT("Overloaded")},
    {500, STR_INIT("api_error"),             STR_INIT("Internal server error")},
};
/* clang-format on */

static const struct usual *usual_error(int status)
{
    const size_t last = sizeof usual_errors / sizeof usual_errors[0] - 1;
    for (size_t i = 0; i < last; i++)
        if (usual_errors[i].status == status)
            return &usual_errors[i];
    return &usual_errors[status < 500 ? 0 : last];
}

/* Where a limit is asked for more than it has, in the provider's words. */
static void write_limit_message(struct buf *out, const struct quota_state *quota, bool tokens)
{
    struct buf said = {0};
    buf_printf(&said,
               "This request would exceed your organization's rate limit of %lld %s per "
               "minute. Please try again later.",
               (long long)(tokens ? quota->tokens_limit : quota->requests_limit),
               tokens ? "input tokens" : "requests");
    json_write_text(out, buf_str(&said));
    buf_release(&said);
}

void anthropic_write_error(struct buf *out, const struct trouble *trouble)
{
    const struct usual *usual = usual_error(trouble->status);
    buf_add_str(out, STR("{\"type\":"));
    json_write_text(out, usual->type);
    buf_add_str(out, STR(",\"message\":"));
    json_write_text(out, trouble->message.n ? trouble->message : usual->message);
    if (trouble->code.n) {
        buf_add_str(out, STR(",\"details\":{\"error_code\":"));
        json_write_text(out, trouble->code);
        buf_add_char(out, '}');
    }
    buf_add_char(out, '}');
}

static void write_error(struct buf *out, const struct reply_head *head,
                        const struct trouble *trouble)
{
    buf_add_str(out, STR("{\"type\":\"error\",\"error\":"));
    if (trouble->status == 429 && trouble->quota) {
        buf_add_str(out,
                    STR("{\"type\":\"rate_limit_error\",\"message\":\"You have reached your "
                        "organization's monthly spend limit.\",\"details\":{"
                        "\"error_code\":\"enforced_spend_limit_reached\"}}"));
    } else if (trouble->status == 429 && trouble->type.n) {
        buf_add_str(out, STR("{\"type\":\"rate_limit_error\",\"message\":"));
        write_limit_message(out, &head->quota, str_equal(trouble->type, STR("tokens")));
        buf_add_char(out, '}');
    } else {
        anthropic_write_error(out, trouble);
    }
    buf_add_str(out, STR(",\"request_id\":\"req_01"));
    write_id(out, head->ids, "request id", 22);
    buf_add_str(out, STR("\"}"));
}

/* ---- headers ---- */

static void write_line(struct buf *out, str name, int64_t number)
{
    buf_add_str(out, name);
    write_int(out, number);
    buf_add_str(out, STR("\r\n"));
}

/* To the nearest thousand, as the provider says it of tokens. */
static int64_t rounded(int64_t tokens, int64_t limit)
{
    int64_t thousands = (tokens + 500) / 1000 * 1000;
    return thousands < limit ? thousands : limit;
}

static void write_family(struct buf *out, str name, int64_t limit, int64_t left, str reset)
{
    buf_add_str(out, STR("anthropic-ratelimit-"));
    buf_add_str(out, name);
    write_line(out, STR("-limit: "), limit);
    buf_add_str(out, STR("anthropic-ratelimit-"));
    buf_add_str(out, name);
    write_line(out, STR("-remaining: "), left);
    buf_add_str(out, STR("anthropic-ratelimit-"));
    buf_add_str(out, name);
    buf_add_str(out, STR("-reset: "));
    buf_add_str(out, reset);
    buf_add_str(out, STR("\r\n"));
}

/* The C library's calendar asks the environment for a time zone first, which takes longer than
 * the rest of a head. */
struct instant {
    int64_t year, month, day, seconds; /* of the day */
};

/* From seconds since 1970: years of 365.2425 days that begin in March (Howard Hinnant, "chrono-
 * compatible low-level date algorithms", civil_from_days; for times after 1970). */
static struct instant instant_of(int64_t seconds)
{
    int64_t days = seconds / 86400 + 719468;
    int64_t era = days / 146097, of_era = days % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t march_month = (5 * of_year + 2) / 153;
    int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    return (struct instant){.year = year + era * 400 + (month <= 2),
                            .month = month,
                            .day = of_year - (153 * march_month + 2) / 5 + 1,
                            .seconds = seconds % 86400};
}

static void add_two(struct buf *out, int64_t number, char behind)
{
    const char text[3] = {(char)('0' + number / 10), (char)('0' + number % 10), behind};
    buf_add(out, text, sizeof text);
}

static void add_time(struct buf *out, const struct instant *instant, char behind)
{
    add_two(out, instant->seconds / 3600, ':');
    add_two(out, instant->seconds / 60 % 60, ':');
    add_two(out, instant->seconds % 60, behind);
}

/* "2026-09-21T14:13:20Z" (RFC 3339), rounded up to a whole second. */
static void add_instant(struct buf *out, int64_t now_s, int64_t after_ns)
{
    const struct instant instant = instant_of(now_s + (after_ns + NS_PER_S - 1) / NS_PER_S);
    write_int(out, instant.year);
    buf_add_char(out, '-');
    add_two(out, instant.month, '-');
    add_two(out, instant.day, 'T');
    add_time(out, &instant, 'Z');
}

static void write_limits(struct buf *out, const struct quota_state *quota, int64_t now_s)
{
    int64_t left = rounded(quota->tokens_left, quota->tokens_limit);
    struct buf requests = {0}, tokens = {0};
    add_instant(&requests, now_s, quota->requests_reset_ns);
    add_instant(&tokens, now_s, quota->tokens_reset_ns);
    write_family(out, STR("requests"), quota->requests_limit, quota->requests_left,
                 buf_str(&requests));
    write_family(out, STR("tokens"), quota->tokens_limit, left, buf_str(&tokens));
    write_family(out, STR("input-tokens"), quota->tokens_limit, left, buf_str(&tokens));
    write_family(out, STR("output-tokens"), quota->tokens_limit, left, buf_str(&tokens));
    buf_release(&requests);
    buf_release(&tokens);
}

/* "Mon, 21 Sep 2026 14:13:20 GMT" (RFC 9110, section 5.6.7). */
static void write_date(struct buf *out, int64_t now_s)
{
    static const str days[] = {STR_INIT("Thu, "), STR_INIT("Fri, "), STR_INIT("Sat, "),
                               STR_INIT("Sun, "), STR_INIT("Mon, "), STR_INIT("Tue, "),
                               STR_INIT("Wed, ")};
    static const str months[] = {STR_INIT("Jan "), STR_INIT("Feb "), STR_INIT("Mar "),
                                 STR_INIT("Apr "), STR_INIT("May "), STR_INIT("Jun "),
                                 STR_INIT("Jul "), STR_INIT("Aug "), STR_INIT("Sep "),
                                 STR_INIT("Oct "), STR_INIT("Nov "), STR_INIT("Dec ")};
    const struct instant now = instant_of(now_s);
    buf_add_str(out, STR("date: "));
    buf_add_str(out, days[now_s / 86400 % 7]);
    add_two(out, now.day, ' ');
    buf_add_str(out, months[now.month - 1]);
    write_int(out, now.year);
    buf_add_char(out, ' ');
    add_time(out, &now, ' ');
    buf_add_str(out, STR("GMT\r\n"));
}

static void write_head(struct buf *out, const struct reply_head *head,
                       const struct trouble *trouble)
{
    int64_t now_s = drawn_time(head->ids);
    write_date(out, now_s);
    buf_add_str(out, STR("request-id: req_01"));
    write_id(out, head->ids, "request id", 22);
    buf_add_str(out, STR("\r\nanthropic-organization-id: "
                         "00000000-0000-4000-8000-000000000000\r\n"
                         "anthropic-workspace-id: wrkspc_01WeirMock\r\n"));
    write_limits(out, &head->quota, now_s);
    if (trouble && trouble->retry_after_ns > 0)
        write_line(out, STR("retry-after: "),
                   (trouble->retry_after_ns + NS_PER_S - 1) / NS_PER_S);
}

const struct provider provider_anthropic = {
    .name = "anthropic",
    .usual_model = {STR_INIT("claude-haiku-5-5"), STR_INIT("claude-opus-5-5")},
    .authorize = authorize,
    .refuse = refuse,
    .write_error = write_error,
    .write_head = write_head,
    .write_models = anthropic_write_models,
};
