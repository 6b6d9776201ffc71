/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * provider_gemini.c: what all of Gemini's endpoints share: keys, refusals, headers.
 */
#include "mock_server/dialect.h"
#include "mock_server/gemini.h"
#include "mock_server/query.h"

#include "base/clock.h"

/* ---- keys ---- */

static bool is_key(str key)
{
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] <= ' ' || key.p[i] > '~')
            return false;
    return key.n > 0;
}

/* A header that is there and empty reads as one that is not. */
static bool find_key(const struct http_request *http, struct arena *arena, str *key)
{
    str bearer = http_header_get(http, STR("authorization"));
    *key = str_trim(http_header_get(http, STR("x-goog-api-key")));
    if (key->n || query_get(arena, http->query, STR("key"), key))
        return true;
    if (bearer.n <= 7 || !str_equal_nocase(str_sub(bearer, 0, 7), STR("bearer ")))
        return false;
    *key = str_trim(str_sub(bearer, 7, bearer.n));
    return true;
}

static int authorize(const struct http_request *http, struct request *request,
                     struct trouble *trouble)
{
    struct arena *arena = request->arena;
    if (!find_key(http, arena, &request->api_key) || !is_key(request->api_key))
        return trouble_set(arena, trouble, 400, NULL, "API_KEY_INVALID",
                           "API key not valid. Please pass a valid API key.");
    return gemini_check_paging(http, arena, trouble);
}

/* ---- refusals ---- */

/* "generateContent" of "/v1beta/models/m:generateContent". */
static str method_of(str path)
{
    str before, method;
    return str_cut(path, ':', &before, &method) ? method : STR("generateContent");
}

static void refuse(const struct request *request, enum refusal why, str what,
                   struct trouble *trouble)
{
    const struct http_request *http = request->http;
    struct arena *arena = request->arena;
    switch (why) {
    case REFUSE_METHOD:
        if (!str_contains(http->path, STR(":"))) {
            trouble_set(arena, trouble, 405, NULL, NULL, "Method %.*s is not allowed on %.*s.",
                        STR_ARG(http->method), STR_ARG(http->path));
            break;
        }
        __attribute__((fallthrough)); /* a method of a model that there is not */
    case REFUSE_PATH:
        trouble_set(arena, trouble, 404, NULL, NULL,
                    "The requested URL %.*s was not found on this server.",
                    STR_ARG(http->path));
        break;
    case REFUSE_JSON:
        trouble_set(arena, trouble, 400, NULL, NULL, "Invalid JSON payload received. %.*s",
                    STR_ARG(what));
        break;
    case REFUSE_MODEL:
        trouble_set(arena, trouble, 404, NULL, NULL,
                    "models/%.*s is not found for API version v1beta, or is not supported for "
                    "%.*s. Call ListModels to see the list of available models and their "
                    "supported methods.",
                    STR_ARG(what), STR_ARG(method_of(http->path)));
        break;
    case REFUSE_CONTEXT:
        trouble_set(arena, trouble, 400, NULL, NULL,
                    "The input token count (%lld) exceeds the maximum number of tokens allowed "
                    "(%.*s).",
                    (long long)request->input_tokens, STR_ARG(what));
        break;
    }
}

/* What is streamed without alt=sse is a list, its errors too. */
static void write_error(struct buf *out, const struct reply_head *head,
                        const struct trouble *trouble)
{
    bool tokens = str_equal(trouble->type, STR("tokens"));
    bool list = gemini_streams_list(head->http);
    if (list)
        buf_add_char(out, '[');
    gemini_write_error(out, tokens ? head->quota.tokens_limit : head->quota.requests_limit,
                       trouble);
    if (list)
        buf_add_char(out, ']');
}

static void write_head(struct buf *out, const struct reply_head *head,
                       const struct trouble *trouble)
{
    (void)trouble;
    buf_add_str(out, STR("vary: Origin, X-Origin, Referer\r\n"
                         "x-content-type-options: nosniff\r\n"
                         "x-frame-options: SAMEORIGIN\r\n"
                         "server-timing: gfet4t7; dur="));
    write_int(out, head->took_ns / NS_PER_MS);
    buf_add_str(out, STR("\r\n"));
}

const struct provider provider_gemini = {
    .name = "gemini",
    .usual_model = {STR_INIT("gemini-3.8-flash"), STR_INIT("gemini-embedding-001")},
    .authorize = authorize,
    .refuse = refuse,
    .write_error = write_error,
    .write_head = write_head,
    .write_models = gemini_write_models,
};
