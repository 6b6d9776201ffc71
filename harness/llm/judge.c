/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judge.c: what one attempt came to: decodes good replies, explains error statuses, and names the
 * ends that brought no reply.
 *
 * An attempt is *lost* when it went out and nothing came back that says what it used: it may have
 * been billed (docs/providers.md). An error status costs nothing.
 */
#include "base/ceilings.h"
#include "base/log.h"
#include "base/stream_secret.h"
#include "io/http.h"
#include "io/pool.h"
#include "llm/client_inside.h"
#include "llm/reply.h"
#include "llm/stream.h"

enum { REQUEST_ID_SHOWN = 100 }; /* bytes */

struct decoding {
    const struct llm_request *request;
    str body;
    struct llm_stream *stream; /* NULL: it is no stream */
    struct arena *arena;
    struct llm_decoded decoded;
};

static void run_decoding(void *arg)
{
    struct decoding *decoding = arg;
    const struct llm_model *model = decoding->request->model;
    const struct llm_dialect *dialect = model->provider->dialect;
    if (decoding->request->embeds)
        dialect->embedding->decode(decoding->request, decoding->body, decoding->arena,
                                   &decoding->decoded);
    else if (decoding->stream)
        dialect->decode_stream(model, decoding->stream, decoding->arena, &decoding->decoded);
    else
        dialect->decode(model, decoding->body, decoding->arena, &decoding->decoded);
}

static enum llm_outcome outcome_of_status(int status, bool quota)
{
    if (quota)
        return LLM_QUOTA;
    if (status == 429)
        return LLM_RATE_LIMITED;
    if (status == 401 || status == 403)
        return LLM_AUTH;
    if (status >= 500)
        return LLM_SERVER;
    return LLM_REQUEST;
}

static void keep_problem(struct call *call, const struct llm_decoded *decoded,
                         struct llm_attempt *attempt)
{
    str why = client_clean_message(call->arena, decoded->message);
    attempt->outcome = decoded->outcome;
    attempt->message = arena_str(call->arena, why);
    if (!decoded->error_status)
        return;
    attempt->outcome = outcome_of_status(decoded->error_status, decoded->quota);
    attempt->message = arena_printf(call->arena, "an error within the reply, as HTTP %d: %.*s",
                                    decoded->error_status, STR_ARG(why));
    if (decoded->retry_after_ns > 0)
        attempt->retry_after_ns = decoded->retry_after_ns;
}

/* Counted alike however it came: a stream has an envelope around each token. */
static bool says_too_much(struct call *call, const struct llm_decoded *decoded,
                          struct llm_attempt *attempt)
{
    size_t limit = call->client->options.reply_limit, said = decoded->text.n;
    for (size_t i = 0; i < decoded->tool_calls; i++)
        said += decoded->tool_call[i].text.n;
    if (limit == 0 || said <= limit)
        return false;
    attempt->outcome = LLM_LIMIT;
    attempt->message = arena_printf(
        call->arena, "the reply has %zu bytes, more than limits.reply (%zu)", said, limit);
    return true;
}

/* The tree of a reply is several times its size and is needed only here, so it does not go into
 * the cell's arena; a worker could not share that with the cell's other fibers either. */
static void fiber_fn decode_reply(struct call *call, str body, struct llm_stream *stream,
                                  struct llm_attempt *attempt)
{
    struct llm_client *client = call->client;
    struct arena large = {0};
    struct decoding decoding = {
        .request = call->request,
        .body = body,
        .stream = stream,
        .arena = &client->scratch,
    };
    struct llm_decoded *decoded = &decoding.decoded;
    if (body.n > LARGE_PARSE_BYTES && client->options.pool) {
        decoding.arena = &large;
        pool_run(client->options.pool, run_decoding, &decoding);
    } else {
        fiber_aside(run_decoding, &decoding);
    }
    attempt->usage = decoded->usage;
    keep_problem(call, decoded, attempt);
    call->end.status = decoded->error_status ? decoded->error_status : call->end.status;
    call->end.connection = decoded->cut;
    if (decoded->outcome == LLM_OK && !says_too_much(call, decoded, attempt)) {
        if (call->request->schema)
            llm_take_output(call->request, client_prepared(client, call->model, call->request),
                            decoded);
        llm_reply_keep(call->reply, call->request, decoded, call->arena);
    }
    arena_release(&large);
    arena_clear(&client->scratch);
}

/* "(request req_…)", for a question to the provider; empty when it names none. */
static str request_id(struct arena *arena, const struct http_reply *http)
{
    static const char *const headers[] = {"x-request-id", "request-id", "apim-request-id"};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        str id = http_header(http, headers[i]);
        if (id.n && id.n <= REQUEST_ID_SHOWN)
            return arena_printf(arena, "(request %.*s)", STR_ARG(id));
    }
    return STR("");
}

static void explain_status(struct call *call, const struct http_reply *http,
                           struct llm_attempt *attempt)
{
    struct arena *scratch = &call->client->scratch;
    struct llm_problem problem;
    /* An explanation of that size is none; cut off it is no JSON either. */
    str body = str_sub(http->body, 0, LARGE_PARSE_BYTES);
    call->request->model->provider->dialect->explain(http->status, body, scratch, &problem);
    attempt->outcome = problem.auth ? LLM_AUTH : outcome_of_status(http->status, problem.quota);
    str why = client_clean_message(scratch, problem.message.n ? problem.message : body);
    str where = http_header(http, "location");
    if (http->status < 400 && where.n)
        why = client_clean_message(
            scratch, arena_printf(scratch, "redirect to %.*s: check base_url", STR_ARG(where)));
    str id = client_clean_message(scratch, request_id(scratch, http));
    attempt->message =
        arena_printf(call->arena, "HTTP %d%s%.*s%s%.*s", http->status, why.n ? ": " : "",
                     STR_ARG(why), id.n ? " " : "", STR_ARG(id));
    attempt->retry_after_ns =
        llm_retry_hint_ns(http_header(http, "retry-after-ms"), http_header(http, "retry-after"),
                          http_header(http, "date"), clock_wall_ns());
    if (attempt->retry_after_ns < 0)
        attempt->retry_after_ns = problem.retry_after_ns;
    arena_clear(scratch);
}

static enum llm_outcome outcome_without_reply(enum http_outcome outcome)
{
    switch (outcome) {
    case HTTP_TIMEOUT:
        return LLM_TIMEOUT;
    case HTTP_TOO_LARGE:
        return LLM_LIMIT;
    case HTTP_CANCELLED:
        return LLM_CANCELLED;
    case HTTP_OK:
    case HTTP_CONNECT:
    case HTTP_BARRED:
    case HTTP_BROKEN:
        break;
    }
    return LLM_TRANSPORT;
}

bool call_knows_usage(const struct llm_usage *usage)
{
    return usage->input >= 0 && usage->output >= 0;
}

/* ---- streams ---- */

/* A server that cannot stream answers with plain JSON, an error's explanation too. Some leave the
 * type out. */
static bool is_stream(const struct call *call, const struct http_reply *http)
{
    static const char *const beginnings[] = {"data:", "event:", ":"};
    str type = http_header(http, "content-type");
    if (!call->http.note_arrivals)
        return false;
    if (str_equal_nocase(str_sub(type, 0, 17), STR("text/event-stream")))
        return true;
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (str_starts_with(http->body, str_from(beginnings[i])))
            return true;
    return false;
}

/* Behind the first blank line of the last bytes that are read without leaving the loop. */
static str tail_of(str body)
{
    static const str ends[] = {STR_INIT("\n\n"), STR_INIT("\r\n\r\n"), STR_INIT("\r\r")};
    if (body.n <= LARGE_PARSE_BYTES)
        return body;
    str tail = str_sub(body, body.n - LARGE_PARSE_BYTES, body.n);
    for (; tail.n; tail = str_sub(tail, 1, tail.n))
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            if (str_starts_with(tail, ends[i]))
                return str_sub(tail, ends[i].n, tail.n);
    return tail;
}

/* By the same reading that judges it then. Where only the end of the connection tells, it is over
 * when it has said what it used, too: that comes last. */
bool call_is_over(void *arg, str body)
{
    struct call *call = arg;
    struct arena *scratch = &call->client->scratch;
    const struct llm_model *model = call->request->model;
    const struct llm_dialect *dialect = model->provider->dialect;
    struct llm_decoded decoded;
    struct llm_stream stream;
    llm_stream_init(&stream, tail_of(body), NULL, 0);
    dialect->decode_stream(model, &stream, scratch, &decoded);
    llm_stream_release(&stream);
    arena_clear(scratch);
    if (decoded.cut)
        return false;
    return !dialect->ends_unsaid || decoded.outcome != LLM_OK ||
           call_knows_usage(&decoded.usage);
}

static void note_stream_times(const struct llm_stream_times *times, struct llm_attempt *attempt)
{
    if (times->first_ns < 0)
        return;
    /* libcurl's times are cut to microseconds. */
    int64_t first_ns =
        times->first_ns < attempt->total_ns ? times->first_ns : attempt->total_ns;
    attempt->ttft_ns = first_ns - attempt->connect_ns;
    if (times->events < 2)
        return;
    attempt->gap_most_ns = times->gap_most_ns;
    attempt->gap_mean_ns = (times->last_ns - times->first_ns) / (times->events - 1);
}

/* True when it says what the attempt came to: it was whole, whatever became of the connection
 * then, or it ended with an error of its own, or the exchange itself has nothing to add. */
static bool fiber_fn judge_stream(struct call *call, const struct http_reply *http,
                                  struct llm_attempt *attempt)
{
    struct llm_stream stream;
    llm_stream_init(&stream, http->body, http->arrival, http->arrivals);
    decode_reply(call, http->body, &stream, attempt);
    note_stream_times(&stream.times, attempt);
    llm_stream_release(&stream);
    if (http->outcome == HTTP_OK)
        return true;
    if (call->end.connection)
        return false;
    /* The rest was waiting for an end that did not matter any more. */
    if (http->arrivals && attempt->total_ns > http->arrival[http->arrivals - 1].at_ns)
        attempt->total_ns = http->arrival[http->arrivals - 1].at_ns;
    return true;
}

/* ---- the attempt ---- */

struct redacting {
    str body;
    bool streamed;
    struct arena *arena;
};

static void run_redacting(void *arg)
{
    struct redacting *r = arg;
    r->body = r->streamed ? stream_secret_redact(r->arena, r->body)
                          : escaped_secret_redact(r->arena, r->body);
}

/* A large one on a worker, in an arena that is not the cell's. */
static str fiber_fn redact_reply(struct call *call, str body, bool streamed)
{
    struct pool *pool = call->client->options.pool;
    struct arena large = {0};
    struct redacting redacting = {body, streamed, call->arena};
    if (body.n <= LARGE_PARSE_BYTES || !pool) {
        fiber_aside(run_redacting, &redacting);
        return redacting.body;
    }
    redacting.arena = &large;
    pool_run(pool, run_redacting, &redacting);
    if (redacting.body.p != body.p)
        body = arena_str(call->arena, redacting.body);
    arena_release(&large);
    return body;
}

/* Of a reply that was too large the beginning is enough. Redacted before it is cut or folded:
 * what is left of a key then is not recognised. */
static str fiber_fn kept_of(struct call *call, str body, bool streamed,
                            enum llm_outcome outcome)
{
    size_t limit = call->client->options.reply_limit;
    body = redact_reply(call, body, streamed);
    if (outcome == LLM_LIMIT && limit && body.n > limit)
        body = str_sub(body, 0, limit);
    return streamed ? llm_stream_fold(call->arena, body) : body;
}

static void judge_exchange(struct call *call, const struct http_reply *http,
                           struct llm_attempt *attempt)
{
    attempt->outcome = outcome_without_reply(http->outcome);
    attempt->message = client_clean_message(call->arena, http->error);
    call->end.connection = http->outcome == HTTP_TIMEOUT || http->outcome == HTTP_CONNECT ||
                           http->outcome == HTTP_BROKEN;
}

void fiber_fn call_judge(struct call *call, const struct http_reply *http,
                         struct llm_attempt *attempt)
{
    bool whole = http->outcome == HTTP_OK;
    bool good = http->status >= 200 && http->status < 300;
    bool streamed = good && is_stream(call, http);
    attempt->status = http->status;
    call->end = (struct llm_attempt_end){.status = http->status};
    if (streamed) {
        if (!judge_stream(call, http, attempt))
            judge_exchange(call, http, attempt);
    } else if (good && whole) {
        decode_reply(call, http->body, NULL, attempt);
    } else if (http->status >= 300 && (whole || http->outcome == HTTP_TOO_LARGE)) {
        explain_status(call, http, attempt);
        call->end.should_retry = http_header(http, "x-should-retry");
    } else {
        judge_exchange(call, http, attempt);
    }
    call->reply->header_lines = http->header_lines;
    call->reply->reply_body = kept_of(call, http->body, streamed, attempt->outcome);
    call->end.outcome = attempt->outcome;
    call->end.hint_ns = attempt->retry_after_ns;
    /* An error status costs nothing, also when its explanation broke off. */
    attempt->lost = attempt->outcome != LLM_OK && http->bytes_sent && http->status < 300 &&
                    !call_knows_usage(&attempt->usage);
    if (attempt->lost)
        attempt->cost_upper_nanousd = call->upper_nanousd;
}
