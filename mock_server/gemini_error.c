/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini_error.c: Gemini's errors: google.rpc.Status as JSON, with what its details say.
 *
 * What is to be known about a wait stands in the body only: the provider sends no Retry-After and
 * no headers about limits.
 */
#include "mock_server/dialect.h"
#include "mock_server/gemini.h"

#define TYPE(name) "{\"@type\":\"type.googleapis.com/google.rpc." name "\""

struct usual {
    int status; /* the last two rows are for all other 4xx and 5xx */
    str word, message;
};

/* clang-format off */
static const struct usual usual_errors[] = {
    {400, STR_INIT("INVALID_ARGUMENT"), STR_INIT("Request contains an invalid argument.")},
    {401, STR_INIT("UNAUTHENTICATED"), STR_INIT("Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.")},
    {403, STR_INIT("PERMISSION_DENIED"), STR_INIT("The caller does not have permission")},
    {404, STR_INIT("NOT_FOUND"), STR_INIT("Requested entity was not found.")},
    {405, STR_INIT("UNIMPLEMENTED"), STR_INIT("Method not allowed.")},
    {408, STR_INIT("DEADLINE_EXCEEDED"), STR_INIT("The request timed out.")},
    {409, STR_INIT("ABORTED"), STR_INIT("The operation was aborted.")},
    {413, STR_INIT("INVALID_ARGUMENT"), STR_INIT("Request payload size exceeds the limit.")},
    {499, STR_INIT("CANCELLED"), STR_INIT("The operation was cancelled.")},
    {501, STR_INIT("UNIMPLEMENTED"), STR_INIT("Operation is not implemented, or supported, or enabled.")},
    {502, STR_INIT("UNAVAILABLE"), STR_INIT("Bad gateway.")},
    {503, STR_INIT("UNAVAILABLE"), STR_INIT("The model is overloaded. Please try again later.")},
    {504, STR_INIT("DEADLINE_EXCEEDED"), STR_INIT("Deadline expired before operation could complete.")},
    {0, STR_INIT("FAILED_PRECONDITION"), STR_INIT("The request could not be processed.")},
    {0, STR_INIT("INTERNAL"), STR_INIT("An internal error has occurred. Please retry or report.")},
};
/* clang-format on */

static const struct usual *usual_error(int status)
{
    const size_t count = sizeof usual_errors / sizeof usual_errors[0];
    for (size_t i = 0; i < count; i++)
        if (usual_errors[i].status == status)
            return &usual_errors[i];
    return &usual_errors[status < 500 ? count - 2 : count - 1];
}

/* ---- details ---- */

/* Where a line of the message says that something is: …at 'contents[0].role'… */
static str place_in(str line)
{
    static const str mark = STR_INIT(" at '");
    ptrdiff_t from = str_find(line, mark, 0);
    if (from < 0)
        return STR("");
    str rest = str_sub(line, (size_t)from + mark.n, line.n);
    ptrdiff_t end = str_find(rest, STR("'"), 0);
    return end < 0 ? STR("") : str_sub(rest, 0, (size_t)end);
}

static void write_violations(struct buf *out, str message)
{
    bool any = false;
    buf_add_str(out, STR(TYPE("BadRequest") ",\"fieldViolations\":["));
    while (message.n) {
        str line, place;
        str_cut(message, '\n', &line, &message);
        place = place_in(line);
        if (any)
            buf_add_char(out, ',');
        any = true;
        buf_add_char(out, '{');
        if (place.n) {
            buf_add_str(out, STR("\"field\":"));
            json_write_text(out, place);
            buf_add_char(out, ',');
        }
        buf_add_str(out, STR("\"description\":"));
        json_write_text(out, line);
        buf_add_char(out, '}');
    }
    buf_add_str(out, STR("]}"));
}

static void write_bad_key(struct buf *out)
{
    buf_add_str(
        out, STR(TYPE("ErrorInfo") ",\"reason\":\"API_KEY_INVALID\",\"domain\":"
                                   "\"googleapis.com\",\"metadata\":{\"service\":"
                                   "\"generativelanguage.googleapis.com\"}}," TYPE(
                                       "LocalizedMessage") ",\"locale\":\"en-US\",\"message\":"
                                                           "\"API key not valid. Please pass a "
                                                           "valid API key.\"}"));
}

struct quota {
    str metric, id;
};

static struct quota quota_of(const struct trouble *trouble)
{
    if (trouble->quota)
        return (struct quota){STR("generate_content_free_tier_requests"),
                              STR("GenerateRequestsPerDayPerProjectPerModel-FreeTier")};
    if (str_equal(trouble->type, STR("tokens")))
        return (struct quota){STR("generate_content_free_tier_input_token_count"),
                              STR("GenerateContentInputTokensPerModelPerMinute-FreeTier")};
    return (struct quota){STR("generate_content_free_tier_requests"),
                          STR("GenerateRequestsPerMinutePerProjectPerModel-FreeTier")};
}

/* "36s", "36.4s" */
static void write_wait(struct buf *out, int64_t ns)
{
    int64_t part = ns % 1000000000;
    write_int(out, ns / 1000000000);
    if (part)
        buf_printf(out, ".%09lld", (long long)part);
    buf_add_char(out, 's');
}

static void write_quota(struct buf *out, const struct quota *quota, int64_t limit)
{
    buf_add_str(out, STR(TYPE("QuotaFailure") ",\"violations\":[{\"quotaMetric\":"
                                              "\"generativelanguage.googleapis.com/"));
    buf_add_str(out, quota->metric);
    buf_add_str(out, STR("\",\"quotaId\":\""));
    buf_add_str(out, quota->id);
    buf_add_char(out, '"');
    if (limit) {
        buf_add_str(out, STR(",\"quotaValue\":\""));
        write_int(out, limit);
        buf_add_char(out, '"');
    }
    buf_add_str(out, STR("}]}," TYPE("Help") ",\"links\":[{\"description\":\"Learn more about "
                                             "Gemini API quotas\",\"url\":"
                                             "\"https://ai.google.dev/gemini-api/docs/"
                                             "rate-limits\"}]}"));
}

static void write_details(struct buf *out, int64_t limit, const struct trouble *trouble)
{
    size_t begin = out->n;
    buf_add_str(out, STR(",\"details\":["));
    size_t first = out->n;
    if (trouble->status == 429) {
        const struct quota quota = quota_of(trouble);
        write_quota(out, &quota, limit);
    } else if (str_equal(trouble->code, STR("API_KEY_INVALID"))) {
        write_bad_key(out);
    } else if (str_starts_with(trouble->message, STR("Invalid JSON payload")) ||
               str_starts_with(trouble->message, STR("Invalid value at"))) {
        write_violations(out, trouble->message);
    }
    if (trouble->retry_after_ns > 0) {
        if (out->n > first)
            buf_add_char(out, ',');
        buf_add_str(out, STR(TYPE("RetryInfo") ",\"retryDelay\":\""));
        write_wait(out, trouble->retry_after_ns);
        buf_add_str(out, STR("\"}"));
    }
    if (out->n == first)
        out->n = begin;
    else
        buf_add_char(out, ']');
}

/* ---- the whole ---- */

static void write_exceeded(struct buf *out, int64_t limit, const struct trouble *trouble)
{
    const struct quota quota = quota_of(trouble);
    struct buf said = {0};
    buf_printf(&said,
               "You exceeded your current quota, please check your plan and billing details. "
               "For more information on this error, head over to: "
               "https://ai.google.dev/gemini-api/docs/rate-limits. \n* Quota exceeded for "
               "metric: generativelanguage.googleapis.com/%s",
               quota.metric.p);
    if (limit)
        buf_printf(&said, ", limit: %lld", (long long)limit);
    if (trouble->retry_after_ns > 0) {
        buf_add_str(&said, STR("\nPlease retry in "));
        write_wait(&said, trouble->retry_after_ns);
        buf_add_char(&said, '.');
    }
    json_write_text(out, buf_str(&said));
    buf_release(&said);
}

void gemini_write_error(struct buf *out, int64_t limit, const struct trouble *trouble)
{
    const struct usual *usual = usual_error(trouble->status);
    buf_add_str(out, STR("{\"error\":{\"code\":"));
    write_int(out, trouble->status);
    buf_add_str(out, STR(",\"message\":"));
    if (trouble->status == 429)
        write_exceeded(out, limit, trouble);
    else
        json_write_text(out, trouble->message.n ? trouble->message : usual->message);
    buf_add_str(out, STR(",\"status\":\""));
    buf_add_str(out, trouble->status == 429 ? STR("RESOURCE_EXHAUSTED") : usual->word);
    buf_add_char(out, '"');
    write_details(out, limit, trouble);
    buf_add_str(out, STR("}}"));
}
