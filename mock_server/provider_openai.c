/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * provider_openai.c: what all of OpenAI's endpoints share: keys, errors, headers, models.
 */
#include "mock_server/provider_openai.h"

#include "base/clock.h"

static int authorize(const struct http_request *http, struct request *request,
                     struct trouble *trouble)
{
    str line = http_header_get(http, STR("authorization"));
    bool bearer = line.n > 7 && str_equal_nocase(str_sub(line, 0, 7), STR("bearer "));
    request->api_key = bearer ? str_trim(str_sub(line, 7, line.n)) : STR("");
    if (!line.n) /* at Azure */
        request->api_key = str_trim(http_header_get(http, STR("api-key")));
    if (request->api_key.n)
        return 0;
    return trouble_set(request->arena, trouble, 401, NULL, line.n ? "invalid_api_key" : NULL,
                       "You didn't provide an API key. You need to provide your API key in an "
                       "Authorization header using Bearer auth (i.e. Authorization: Bearer "
                       "YOUR_KEY).");
}

/* ---- errors ---- */

static void refuse_context(const struct request *request, str most, struct trouble *trouble)
{
    if (request->dialect == &dialect_openai_chat)
        trouble_set(
            request->arena, trouble, 400, "messages", "context_length_exceeded",
            "This model's maximum context length is %.*s tokens. However, your messages "
            "resulted in %lld tokens. Please reduce the length of the messages.",
            STR_ARG(most), (long long)request->input_tokens);
    else
        trouble_set(request->arena, trouble, 400, "input", "context_length_exceeded",
                    "Your input exceeds the context window of this model. Please adjust your "
                    "input and try again.");
}

static void refuse(const struct request *request, enum refusal why, str what,
                   struct trouble *trouble)
{
    const struct http_request *http = request->http;
    struct arena *arena = request->arena;
    switch (why) {
    case REFUSE_PATH:
        trouble_set(arena, trouble, 404, NULL, NULL, "Invalid URL (%.*s %.*s)",
                    STR_ARG(http->method), STR_ARG(http->path));
        break;
    case REFUSE_METHOD:
        trouble_set(arena, trouble, 405, NULL, "method_not_supported",
                    "Not allowed to %.*s on %.*s.", STR_ARG(http->method), STR_ARG(http->path));
        break;
    case REFUSE_JSON:
        trouble_set(
            arena, trouble, 400, NULL, NULL,
            "We could not parse the JSON body of your request. (HINT: This likely means "
            "you aren't using your HTTP library correctly. The API expects a JSON "
            "payload, but what was sent was not valid JSON: %.*s)",
            STR_ARG(what));
        break;
    case REFUSE_MODEL:
        trouble_set(arena, trouble, 404, "model", "model_not_found",
                    "The model '%.*s' does not exist or you do not have access to it.",
                    STR_ARG(what));
        break;
    case REFUSE_CONTEXT:
        refuse_context(request, what, trouble);
        break;
    }
}

struct usual {
    int status; /* the last row is for all others */
    str type, code, message;
};

/* clang-format off */
static const struct usual usual_errors[] = {
    {400, STR_INIT("invalid_request_error"), STR_INIT(""), STR_INIT("The request could not be processed.")},
    {401, STR_INIT("invalid_request_error"), STR_INIT("invalid_api_key"), STR_INIT("Incorrect API key provided.")},
    {403, STR_INIT("invalid_request_error"), STR_INIT("unsupported_country_region_territory"), STR_INIT("Country, region, or territory not supported.")},
    {404, STR_INIT("invalid_request_error"), STR_INIT(""), STR_INIT("Not found.")},
    {405, STR_INIT("invalid_request_error"), STR_INIT("method_not_supported"), STR_INIT("Method not allowed.")},
    {408, STR_INIT("server_error"), STR_INIT(""), STR_INIT("Request timed out.")},
    {409, STR_INIT("server_error"), STR_INIT(""), STR_INIT("The resource is locked by another request.")},
    {413, STR_INIT("invalid_request_error"), STR_INIT(""), STR_INIT("Request body is too large.")},
    {429, STR_INIT("requests"), STR_INIT("rate_limit_exceeded"), STR_INIT("Rate limit reached for requests.")},
    {503, STR_INIT("service_unavailable_error"), STR_INIT("server_is_overloaded"), STR_INIT("The server is overloaded or not ready yet.")},
    {500, STR_INIT("server_error"), STR_INIT(""), STR_INIT("The server had an error while processing your request. Sorry about that!")},
};
static const struct usual quota_error = {
    429, STR_INIT("insufficient_quota"), STR_INIT("insufficient_quota"), STR_INIT("You exceeded your current quota, please check your plan and billing details.")
};
/* clang-format on */

static const struct usual *usual_error(const struct trouble *trouble)
{
    const size_t last = sizeof usual_errors / sizeof usual_errors[0] - 1;
    if (trouble->quota)
        return &quota_error;
    for (size_t i = 0; i < last; i++)
        if (usual_errors[i].status == trouble->status)
            return &usual_errors[i];
    return &usual_errors[trouble->status < 500 ? 0 : last];
}

struct openai_error openai_error_of(struct arena *arena, const struct trouble *trouble)
{
    const struct usual *usual = usual_error(trouble);
    bool own = trouble->message.n > 0; /* with its own message goes its own code, or none */
    str message = own ? trouble->message : usual->message;
    if (!own && trouble->status == 429 && trouble->retry_after_ns > 0)
        message = arena_printf(arena, "%.*s Please try again in %gs.", STR_ARG(message),
                               (double)trouble->retry_after_ns / 1e9);
    return (struct openai_error){
        .message = message,
        .type = trouble->type.n ? trouble->type : usual->type,
        .code = own || trouble->code.n ? trouble->code : usual->code,
    };
}

void openai_write_or_null(struct buf *out, str text)
{
    if (text.n)
        json_write_text(out, text);
    else
        buf_add_str(out, STR("null"));
}

static void write_error(struct buf *out, const struct reply_head *head,
                        const struct trouble *trouble)
{
    struct arena arena = {0};
    const struct openai_error error = openai_error_of(&arena, trouble);
    (void)head;
    buf_add_str(out, STR("{\"error\":{\"message\":"));
    json_write_text(out, error.message);
    buf_add_str(out, STR(",\"type\":"));
    json_write_text(out, error.type);
    buf_add_str(out, STR(",\"param\":"));
    openai_write_or_null(out, trouble->param);
    buf_add_str(out, STR(",\"code\":"));
    openai_write_or_null(out, error.code);
    buf_add_str(out, STR("}}"));
    arena_release(&arena);
}

/* ---- headers ---- */

/* "20ms", "1.5s", "6m0s": the time until the bucket is full again. */
static void write_duration(struct buf *out, int64_t ns)
{
    int64_t ms = (ns + NS_PER_MS - 1) / NS_PER_MS;
    if (ms < 1000) {
        write_int(out, ms);
        buf_add_str(out, STR("ms"));
        return;
    }
    int64_t minutes = ms / 60000;
    if (minutes) {
        write_int(out, minutes);
        buf_add_char(out, 'm');
    }
    buf_printf(out, "%gs", (double)(ms % 60000) / 1000);
}

static void write_line(struct buf *out, str name, int64_t number)
{
    buf_add_str(out, name);
    write_int(out, number);
    buf_add_str(out, STR("\r\n"));
}

static void write_head(struct buf *out, const struct reply_head *head,
                       const struct trouble *trouble)
{
    const struct quota_state *quota = &head->quota;
    buf_add_str(out, STR("x-request-id: req_"));
    write_id(out, head->ids, "request id", 32);
    buf_add_str(out,
                STR("\r\nopenai-organization: weir-mock\r\nopenai-version: 2020-10-01\r\n"));
    write_line(out, STR("openai-processing-ms: "), head->took_ns / NS_PER_MS);
    write_line(out, STR("x-ratelimit-limit-requests: "), quota->requests_limit);
    write_line(out, STR("x-ratelimit-limit-tokens: "), quota->tokens_limit);
    write_line(out, STR("x-ratelimit-remaining-requests: "), quota->requests_left);
    write_line(out, STR("x-ratelimit-remaining-tokens: "), quota->tokens_left);
    buf_add_str(out, STR("x-ratelimit-reset-requests: "));
    write_duration(out, quota->requests_reset_ns);
    buf_add_str(out, STR("\r\nx-ratelimit-reset-tokens: "));
    write_duration(out, quota->tokens_reset_ns);
    buf_add_str(out, STR("\r\n"));
    if (trouble && trouble->retry_after_ns > 0) {
        write_line(out, STR("retry-after-ms: "), trouble->retry_after_ns / NS_PER_MS);
        write_line(out, STR("retry-after: "),
                   (trouble->retry_after_ns + NS_PER_S - 1) / NS_PER_S);
    }
}

/* ---- models ---- */

static void write_model(struct buf *out, str model)
{
    buf_add_str(out, STR("{\"id\":"));
    json_write_text(out, model);
    buf_add_str(out, STR(",\"object\":\"model\",\"created\":"));
    write_int(out, drawn_time(rng_mix_str(rng_key(0), model)));
    buf_add_str(out, STR(",\"owned_by\":\"openai\",\"shutdown_date\":null}"));
}

static void write_models(struct buf *out, const struct model_list *list)
{
    if (list->one.n) {
        write_model(out, list->one);
        return;
    }
    buf_add_str(out, STR("{\"object\":\"list\",\"data\":["));
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            buf_add_char(out, ',');
        write_model(out, list->name[i]);
    }
    buf_add_str(out, STR("]}"));
}

const struct provider provider_openai = {
    .name = "openai",
    .usual_model = {STR_INIT("gpt-6-luna"), STR_INIT("gpt-6.1-sol")},
    .authorize = authorize,
    .refuse = refuse,
    .write_error = write_error,
    .write_head = write_head,
    .write_models = write_models,
};
