/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorded.c: replies into rows and back (see recorded.h).
 */
#include "run/recorded.h"

#include "llm/dialect.h"
#include "llm/reply.h"

/* ---- a reply as a row ---- */

static int64_t after(struct moment moment, struct moment zero)
{
    return moment.ns ? moment_since(moment, zero) : 0;
}

static const struct store_attempt *attempt_rows(const struct llm_reply *reply,
                                                struct moment zero, struct arena *arena)
{
    struct store_attempt *row = arena_array(arena, struct store_attempt, reply->attempts + 1);
    for (unsigned i = 0; i < reply->attempts; i++) {
        const struct llm_attempt *attempt = &reply->attempt[i];
        row[i] = (struct store_attempt){
            .number = attempt->number,
            .http_status = attempt->status,
            .outcome = str_from(llm_outcome_name(attempt->outcome)),
            .message = attempt->message,
            .retry_after_ns = attempt->retry_after_ns,
            .permit_wait_ns = attempt->permit_wait_ns,
            .backoff_before_ns = attempt->backoff_before_ns,
            .start_ns = after(attempt->start, zero),
            .connect_ns = attempt->connect_ns,
            .first_byte_ns = attempt->first_byte_ns,
            .total_ns = attempt->total_ns,
            .lost = attempt->lost,
            .cost_upper_nanousd = attempt->cost_upper_nanousd,
            .protocol = attempt->protocol,
            .tls_ns = attempt->tls_ns,
        };
    }
    return row;
}

void recorded_row(const struct llm_request *request, const struct llm_reply *reply,
                  struct moment zero, struct arena *arena, struct store_call *row)
{
    const struct llm_attempt *last =
        reply->attempts ? &reply->attempt[reply->attempts - 1] : NULL;
    bool sent = reply->attempts && !reply->cached;
    int64_t lost = 0;
    for (unsigned i = 0; i < reply->attempts; i++)
        lost += reply->attempt[i].lost;
    *row = (struct store_call){
        .attempt_key = request->attempt_key,
        .model = request->model->name,
        .dialect = str_from(request->model->provider->dialect->name),
        .reported_model = reply->model,
        .fingerprint = reply->fingerprint,
        .source = reply->cached     ? STORE_CACHED
                  : reply->attempts ? STORE_SENT
                                    : STORE_UNSENT,
        .request = {.text = reply->request_body},
        .reply = {.text = reply->reply_body},
        .finish = reply->outcome == LLM_OK ? str_from(llm_finish_name(reply->finish)) : STR(""),
        .refused = reply->refused,
        .truncated = reply->outcome == LLM_OK && reply->finish == LLM_FINISH_LENGTH,
        .max_tokens = request->params.has_max_tokens ? request->params.max_tokens : -1,
        .http_status = reply->status,
        .outcome = str_from(llm_outcome_name(reply->outcome)),
        .message = reply->message,
        .tokens = {reply->usage.input, reply->usage.cache_read, reply->usage.cache_write,
                   reply->usage.output, reply->usage.reasoning},
        .cost_nanousd = reply->cost.known ? reply->cost.nanousd : -1,
        .known_nanousd = reply->cost.known ? 0 : reply->cost.nanousd,
        .cost_upper_nanousd = reply->cost.upper_nanousd,
        .lost_attempts = lost,
        .times = {.permit_wait_ns = reply->permit_wait_ns,
                  .backoff_ns = reply->backoff_ns,
                  .connect_ns = reply->connect_ns,
                  .provider_ns = reply->provider_ns},
        .first_byte_ns = last ? last->first_byte_ns : -1,
        .ttft_ns = reply->ttft_ns,
        .protocol = last ? last->protocol : STR(""),
        .tls_ns = last ? last->tls_ns : -1,
        .latency_ns = reply->latency_ns,
        .start_ns = after(sent ? reply->attempt[0].start : reply->start, zero),
        /* those of a cached call were another run's */
        .attempts = reply->cached ? 0 : reply->attempts,
        .attempt = reply->cached ? NULL : attempt_rows(reply, zero, arena),
    };
}

/* ---- out of the store ---- */

struct loading {
    struct arena *arena;
    struct store_attempt *attempt;
    unsigned count, room;
};

static int add_attempt(void *arg, const struct store_attempt *row)
{
    struct loading *loading = arg;
    if (loading->count == loading->room)
        return 1; /* more than the call says that it has */
    struct store_attempt *attempt = &loading->attempt[loading->count++];
    *attempt = *row;
    attempt->outcome = arena_str(loading->arena, row->outcome);
    attempt->message = arena_str(loading->arena, row->message);
    attempt->protocol = arena_str(loading->arena, row->protocol);
    return 0;
}

int recorded_load(struct store *store, int64_t call, struct arena *arena,
                  struct recorded_call *recorded, struct err *err)
{
    *recorded = (struct recorded_call){0};
    if (store_find_call(store, call, arena, &recorded->row, err) < 0)
        return -1;
    struct loading loading = {.arena = arena, .room = (unsigned)recorded->row.attempts};
    loading.attempt = arena_array(arena, struct store_attempt, loading.room + 1);
    if (store_each_attempt(store, &recorded->row, add_attempt, &loading, err) < 0 ||
        store_body(store, recorded->row.request.id, arena, &recorded->request, err) < 0 ||
        store_body(store, recorded->row.reply.id, arena, &recorded->reply, err) < 0)
        return -1;
    recorded->attempt = loading.attempt;
    recorded->attempts = loading.count;
    return 0;
}

/* ---- a row as a reply ---- */

/* A name that this weir does not know is of a failure that it does not know. */
static enum llm_outcome outcome_named(str name)
{
    for (int i = LLM_OK; i <= LLM_CANCELLED; i++)
        if (str_equal(name, str_from(llm_outcome_name((enum llm_outcome)i))))
            return (enum llm_outcome)i;
    return LLM_TRANSPORT;
}

static const struct llm_attempt *attempts_of(const struct recorded_call *recorded,
                                             struct arena *arena)
{
    struct llm_attempt *made = arena_array(arena, struct llm_attempt, recorded->attempts + 1);
    for (unsigned i = 0; i < recorded->attempts; i++) {
        const struct store_attempt *row = &recorded->attempt[i];
        made[i] = (struct llm_attempt){
            .number = (unsigned)row->number,
            .status = (int)row->http_status,
            .outcome = outcome_named(row->outcome),
            .message = row->message,
            .retry_after_ns = row->retry_after_ns,
            .permit_wait_ns = row->permit_wait_ns,
            .backoff_before_ns = row->backoff_before_ns,
            .connect_ns = row->connect_ns,
            .tls_ns = row->tls_ns,
            .protocol = row->protocol,
            .first_byte_ns = row->first_byte_ns,
            .total_ns = row->total_ns,
            .lost = row->lost,
            .cost_upper_nanousd = row->cost_upper_nanousd,
            .ttft_ns = -1,
            .gap_most_ns = -1,
            .gap_mean_ns = -1,
            .usage = {-1, -1, -1, -1, -1},
        };
    }
    if (recorded->attempts)
        made[recorded->attempts - 1].ttft_ns = recorded->row.ttft_ns;
    return made;
}

bool fiber_fn recorded_reply(const struct recorded_call *recorded,
                             const struct llm_request *request, struct arena *arena,
                             struct pool *pool, struct llm_reply *reply)
{
    const struct store_call *row = &recorded->row;
    const struct store_tokens *tokens = &row->tokens;
    *reply = (struct llm_reply){
        .outcome = outcome_named(row->outcome),
        .status = (int)row->http_status,
        .message = row->message,
        .refused = row->refused,
        .cached = row->source == STORE_CACHED,
        .usage = {tokens->input, tokens->cache_read, tokens->cache_write, tokens->output,
                  tokens->reasoning},
        .cost = {.known = row->cost_nanousd >= 0,
                 .nanousd = row->cost_nanousd >= 0 ? row->cost_nanousd : row->known_nanousd,
                 .upper_nanousd = row->cost_upper_nanousd},
        .model = row->reported_model,
        .fingerprint = row->fingerprint,
        .request_body = recorded->request,
        .reply_body = recorded->reply,
        .attempt = attempts_of(recorded, arena),
        .attempts = recorded->attempts,
        .permit_wait_ns = row->times.permit_wait_ns,
        .backoff_ns = row->times.backoff_ns,
        .connect_ns = row->times.connect_ns,
        .provider_ns = row->times.provider_ns,
        .ttft_ns = row->ttft_ns,
        .gap_most_ns = -1,
        .gap_mean_ns = -1,
        .latency_ns = row->latency_ns,
    };
    return reply->outcome != LLM_OK ||
           llm_reply_read(reply, request, recorded->reply, arena, pool);
}
