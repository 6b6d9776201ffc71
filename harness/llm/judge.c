/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judge.c: what one attempt came to: decodes good replies, explains error statuses, and names the
 * ends that brought no reply.
 *
 * An attempt is *lost* when it went out and nothing came back that says what it used: it may have
 * been billed (docs/providers.md). An error status costs nothing.
 */
#include "base/ceilings.h"
#include "io/http.h"
#include "io/pool.h"
#include "llm/client_inside.h"

struct decoding {
    const struct llm_dialect *dialect;
    const struct llm_model *model;
    str body;
    struct arena *arena;
    struct llm_decoded decoded;
};

static void run_decoding(void *arg)
{
    struct decoding *decoding = arg;
    decoding->dialect->decode(decoding->model, decoding->body, decoding->arena,
                              &decoding->decoded);
}

static void keep_calls(struct call *call, const struct llm_decoded *decoded)
{
    struct llm_tool_call *kept =
        arena_array(call->arena, struct llm_tool_call, decoded->tool_calls);
    for (size_t i = 0; i < decoded->tool_calls; i++) {
        const struct llm_tool_call *from = &decoded->tool_call[i];
        kept[i].id = arena_str(call->arena, from->id);
        kept[i].name = arena_str(call->arena, from->name);
        kept[i].text = arena_str(call->arena, from->text);
        if (from->arguments)
            kept[i].arguments = json_deep_copy(call->arena, from->arguments);
    }
    call->reply->tool_call = kept;
    call->reply->tool_calls = decoded->tool_calls;
    if (decoded->raw_turn)
        call->reply->raw_turn = json_deep_copy(call->arena, decoded->raw_turn);
}

static void keep_decoded(struct call *call, const struct llm_decoded *decoded)
{
    struct llm_reply *reply = call->reply;
    reply->text = arena_str(call->arena, decoded->text);
    reply->model = arena_str(call->arena, decoded->model);
    reply->fingerprint = arena_str(call->arena, decoded->fingerprint);
    reply->refused = decoded->refused;
    reply->finish = decoded->finish;
    reply->usage = decoded->usage;
    if (decoded->tool_calls)
        keep_calls(call, decoded);
    reply->message =
        arena_str(call->arena, client_clean_message(call->arena, decoded->message));
}

/* The tree of a reply is several times its size and is needed only here, so it does not go into
 * the cell's arena; a worker could not share that with the cell's other fibers either. */
static enum llm_outcome fiber_fn decode_reply(struct call *call, str body)
{
    struct llm_client *client = call->client;
    struct arena large = {0};
    struct decoding decoding = {call->request->model->provider->dialect,
                                call->request->model,
                                body,
                                &client->scratch,
                                {0}};
    if (body.n > LARGE_PARSE_BYTES && client->options.pool) {
        decoding.arena = &large;
        pool_run(client->options.pool, run_decoding, &decoding);
    } else {
        run_decoding(&decoding);
    }
    llm_take_output(call->request, client_prepared(client, call->model, call->request),
                    &decoding.decoded);
    keep_decoded(call, &decoding.decoded);
    arena_release(&large);
    arena_clear(&client->scratch);
    return decoding.decoded.outcome;
}

static enum llm_outcome outcome_of_status(int status, bool quota)
{
    if (status == 429)
        return quota ? LLM_QUOTA : LLM_RATE_LIMITED;
    if (status == 401 || status == 403)
        return LLM_AUTH;
    if (status >= 500)
        return LLM_SERVER;
    return LLM_REQUEST;
}

static void explain_status(struct call *call, const struct http_reply *http,
                           struct llm_attempt *attempt)
{
    struct arena *scratch = &call->client->scratch;
    struct llm_problem problem;
    /* An explanation of that size is none; cut off it is no JSON either. */
    str body = str_sub(http->body, 0, LARGE_PARSE_BYTES);
    call->request->model->provider->dialect->explain(http->status, body, scratch, &problem);
    attempt->outcome = outcome_of_status(http->status, problem.quota);
    str why = client_clean_message(scratch, problem.message.n ? problem.message : body);
    str where = http_header(http, "location");
    if (http->status < 400 && where.n)
        why = client_clean_message(
            scratch, arena_printf(scratch, "redirect to %.*s: check base_url", STR_ARG(where)));
    attempt->message =
        why.n ? arena_printf(call->arena, "HTTP %d: %.*s", http->status, STR_ARG(why))
              : arena_printf(call->arena, "HTTP %d", http->status);
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
    case HTTP_BROKEN:
        break;
    }
    return LLM_TRANSPORT;
}

bool call_is_good(const struct http_reply *http)
{
    return http->status >= 200 && http->status < 300;
}

bool call_knows_usage(const struct llm_usage *usage)
{
    return usage->input >= 0 && usage->output >= 0;
}

void call_judge(struct call *call, const struct http_reply *http, struct llm_attempt *attempt)
{
    struct llm_reply *reply = call->reply;
    bool whole = http->outcome == HTTP_OK;
    attempt->status = http->status;
    reply->reply_body = http->body;
    if (whole && call_is_good(http)) {
        attempt->outcome = decode_reply(call, http->body);
        attempt->message = reply->message;
        attempt->lost = attempt->outcome != LLM_OK && !call_knows_usage(&reply->usage);
    } else if (http->status >= 300 && (whole || http->outcome == HTTP_TOO_LARGE)) {
        explain_status(call, http, attempt);
    } else {
        attempt->outcome = outcome_without_reply(http->outcome);
        attempt->message = client_clean_message(call->arena, http->error);
        /* An error status costs nothing, also when its explanation broke off. */
        attempt->lost = http->bytes_sent && http->status < 300;
    }
    if (attempt->lost)
        attempt->cost_upper_nanousd = call->upper_nanousd;
}
