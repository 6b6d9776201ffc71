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

static void write_family(struct buf *out, const char *name, int64_t limit, int64_t left,
                         const char *reset)
{
    str names = str_from(name);
    buf_add_str(out, STR("anthropic-ratelimit-"));
    buf_add_str(out, names);
    write_line(out, STR("-limit: "), limit);
    buf_add_str(out, STR("anthropic-ratelimit-"));
    buf_add_str(out, names);
    write_line(out, STR("-remaining: "), left);
    buf_add_str(out, STR("anthropic-ratelimit-"));
    buf_add_str(out, names);
    buf_add_str(out, STR("-reset: "));
    buf_add_str(out, str_from(reset));
    buf_add_str(out, STR("\r\n"));
}

enum { INSTANT_SIZE = 24 };

static void write_limits(struct buf *out, const struct quota_state *quota, int64_t now_s)
{
    char requests[INSTANT_SIZE], tokens[INSTANT_SIZE];
    int64_t now_ns = now_s * NS_PER_S + NS_PER_S - 1; /* up to a whole second */
    int64_t left = rounded(quota->tokens_left, quota->tokens_limit);
    clock_iso(now_ns + quota->requests_reset_ns, requests, sizeof requests);
    clock_iso(now_ns + quota->tokens_reset_ns, tokens, sizeof tokens);
    write_family(out, "requests", quota->requests_limit, quota->requests_left, requests);
    write_family(out, "tokens", quota->tokens_limit, left, tokens);
    write_family(out, "input-tokens", quota->tokens_limit, left, tokens);
    write_family(out, "output-tokens", quota->tokens_limit, left, tokens);
}

/* "Mon, 21 Sep 2026 14:13:20 GMT" (RFC 9110, section 5.6.7). */
static void write_date(struct buf *out, int64_t now_s)
{
    static const char days[7][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char iso[INSTANT_SIZE];
    clock_iso(now_s * NS_PER_S, iso, sizeof iso);
    int month = (iso[5] - '0') * 10 + iso[6] - '0';
    buf_printf(out, "date: %s, %.2s %s %.4s %.8s GMT\r\n", days[now_s / 86400 % 7], iso + 8,
               months[month - 1], iso, iso + 11);
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
