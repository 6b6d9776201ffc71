/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wf_call.c: a pattern's model call: identity, limits, the call itself, its record (see wf.h).
 *
 * The call returns to its pattern only when its record has been written (rule 6): what was paid
 * for is never used before it is kept. The attempt key names the call by what it is for, not by
 * when it is made, so it is the same after a resume (rule 10).
 */
#include "run/wf_inside.h"

#include "base/hash.h"
#include "base/log.h"
#include "llm/client.h"
#include "run/barrier.h"
#include "run/cached.h"
#include "run/recorded.h"
#include "store/store.h"

static struct hash128 call_identity(const struct wf *wf, int64_t repeat)
{
    const struct cell *cell = wf->cell;
    struct hash128 hash = {0};
    hash = hash_add_int(hash, (uint64_t)cell->run->experiment->seed);
    hash = hash_add(hash, cell->variant->name);
    hash = hash_add(hash, cell->sample->id);
    hash = hash_add_int(hash, cell->id.trial);
    hash = hash_add(hash, wf->step.path);
    return hash_add_int(hash, (uint64_t)repeat);
}

/* ---- the record ---- */

static int fiber_fn write_call(struct wf *wf, const struct llm_request *request,
                               const struct llm_reply *reply, int64_t repeat, str hash)
{
    struct run *run = wf->cell->run;
    struct arena *scratch = wf_scratch(wf);
    struct store_call *row = arena_new(scratch, struct store_call);
    recorded_row(request, reply, wf->cell->start, scratch, row);
    row->cell = (int64_t)wf->cell->place;
    row->role = (enum store_role)wf->step.role;
    row->path = wf->step.path;
    row->repeat = repeat;
    row->request_hash = hash;
    row->cache_endpoint = cached_endpoint(wf, request);
    struct barrier barrier;
    struct moment before = clock_now();
    barrier_init(&barrier, run->loop);
    store_write_call(run->store, row, barrier_done, &barrier);
    int result = barrier_wait(&barrier);
    wf->step.own.store_wait_ns += moment_since(clock_now(), before);
    if (result < 0)
        run_stop(run);
    else
        cached_keep(wf, request, reply, row);
    return result;
}

/* ---- what an outcome means for the node ---- */

/* Out of time: a deadline's, or a budget's when only that has ended. */
static int timeout_failure(struct wf *wf, const struct llm_reply *reply)
{
    const struct purse *ended = purse_ended(wf->purse, wf->clock_ns);
    bool late = wf->deadline_ns && wf->clock_ns >= wf->deadline_ns;
    if (ended && !late)
        return wf_fail_budget(wf, ended, "its time is up");
    return wf_fail(wf, FAILURE_TIMEOUT, "%.*s", STR_ARG(reply->message));
}

static int outcome_failure(struct wf *wf, const struct llm_reply *reply)
{
    switch (reply->outcome) {
    case LLM_OK:
        return 0;
    case LLM_TIMEOUT:
        return timeout_failure(wf, reply);
    case LLM_LIMIT:
        return wf_fail(wf, FAILURE_LIMIT, "%.*s", STR_ARG(reply->message));
    case LLM_CANCELLED:
        return wf_fail(wf, FAILURE_CANCELLED, "the run was stopped");
    default:
        wf_fail(wf, FAILURE_PROVIDER, "%.*s", STR_ARG(reply->message));
        wf->failure.reason = str_from(llm_outcome_name(reply->outcome));
        return -1;
    }
}

static void count_call(struct run *run, const struct llm_reply *reply)
{
    run->counters.calls++;
    run->counters.cached += reply->cached;
    if (reply->cached)
        return; /* neither sent nor paid for */
    run->counters.retries += reply->attempts > 1 ? reply->attempts - 1 : 0;
    run->counters.cost_nanousd += reply->cost.nanousd;
    run->counters.unknown_cost_calls += !reply->cost.known;
    if (reply->attempts && !run->first_send.ns)
        run->first_send = reply->start;
    run->last_reply = reply->end;
}

/* ---- limits and budgets ---- */

/* What a request may take beside its texts: its JSON, names, parameters. */
enum { REQUEST_OVERHEAD_BYTES = 512 };

/* At most what an attempt can use: as many input tokens as it has bytes, and max_tokens. */
static struct amounts call_need(const struct wf *wf, const struct llm_request *request)
{
    struct amounts need = {.calls = 1};
    if (!purse_reserves(wf->purse))
        return need;
    size_t bytes = REQUEST_OVERHEAD_BYTES + llm_request_bytes(request);
    int64_t upper = llm_price_upper(&request->model->price, bytes, &request->params);
    need.tokens = (int64_t)bytes + request->params.max_tokens;
    need.nanousd = upper > 0 ? upper : 0;
    return need;
}

/* What was reserved and not used returns; an attempt without usage keeps its reservation. */
static void settle_call(struct wf *wf, const struct llm_reply *reply, struct amounts need)
{
    if (!purse_reserves(wf->purse))
        return;
    struct totals call = {0};
    totals_add_call(&call, reply);
    int64_t kept = call.lost_attempts;
    struct amounts used = {
        .tokens = call.input_tokens + call.cache_read_tokens + call.cache_write_tokens +
                  call.output_tokens + kept * need.tokens,
        .nanousd = call.cost_nanousd + kept * need.nanousd,
    };
    purse_settle(wf->purse, (struct amounts){.tokens = need.tokens - used.tokens,
                                             .nanousd = need.nanousd - used.nanousd});
}

/* A call that there is no time for, or no means, is recorded as unsent. */
static void count_unsent(struct wf *wf)
{
    wf->step.own.calls++;
    wf->step.own.unsent++;
}

static int refuse_without_time(struct wf *wf)
{
    const struct purse *ended = purse_ended(wf->purse, wf->clock_ns);
    bool late = wf->deadline_ns && wf->clock_ns >= wf->deadline_ns;
    if (!ended && !late)
        return 0;
    count_unsent(wf);
    return late ? wf_fail(wf, FAILURE_TIMEOUT, "the deadline passed before the call")
                : wf_fail_budget(wf, ended, "its time is up");
}

static int refuse_without_means(struct wf *wf, struct amounts need)
{
    const struct purse *lacking = purse_take(wf->purse, need);
    if (!lacking)
        return 0;
    count_unsent(wf);
    return wf_fail_budget(wf, lacking, "the next call does not fit");
}

/* What cannot fit the model's context window is not sent, and not paid for. */
static int refuse_too_long(struct wf *wf, const struct llm_request *request)
{
    int64_t context = request->model->context;
    if (!context)
        return 0;
    int64_t output = request->params.has_max_tokens ? request->params.max_tokens : 0;
    int64_t input = llm_estimate_tokens(request);
    if (input + output <= context)
        return 0;
    count_unsent(wf);
    wf_fail(
        wf, FAILURE_PROVIDER,
        "about %lld tokens of prompt and %lld of output do not fit the %lld of model '%.*s'",
        (long long)input, (long long)output, (long long)context, STR_ARG(request->model->name));
    wf->failure.reason = STR("context");
    return -1;
}

/* Until the first deadline or the end of a budget's time; 0: neither. */
static int64_t time_left(const struct wf *wf)
{
    int64_t until = purse_until(wf->purse);
    if (wf->deadline_ns && wf->deadline_ns < until)
        until = wf->deadline_ns;
    return until == PURSE_UNLIMITED ? 0 : until - wf->clock_ns;
}

/* By a second Ctrl-C, or since its budget is spent. */
static bool run_has_ended(const struct run *run)
{
    return run->stopped || run->budget.spent;
}

/* While cells are scored again nothing new is asked, but by judges when that is allowed: what is
 * stored of a judge that asks something else now is no answer. */
static int may_ask(struct wf *wf, enum replay_answer *answer)
{
    struct cell *cell = wf->cell;
    const struct run_options *options = cell->run->options;
    if (!options->rescore || *answer == REPLAY_FOUND)
        return 0;
    bool judge = (enum store_role)wf->step.role == STORE_JUDGE;
    cell->replay.differs = cell->replay.differs && !judge;
    *answer = REPLAY_NONE;
    if (judge && options->rescore_asks)
        return 0;
    run_refuse(cell, judge ? "the question of the score" : "the call of", wf->step.path);
    return wf_fail(wf, FAILURE_CANCELLED, "the run was stopped");
}

/* A call about several cells asks something else when another of them has changed. */
static int fiber_fn forget_call(struct wf *wf, int64_t repeat, enum replay_answer *answer)
{
    struct cell *cell = wf->cell;
    if (*answer != REPLAY_DIFFERS || !wf->of_others)
        return 0;
    const struct replay_item *item = replay_find_call(&cell->replay, wf->step.path, repeat);
    struct barrier barrier;
    cell->replay.differs = false;
    *answer = REPLAY_NONE;
    barrier_init(&barrier, cell->run->loop);
    store_supersede_call(cell->run->store, item->call.row.id, barrier_done, &barrier);
    if (barrier_wait(&barrier) == 0)
        return 0;
    run_stop(cell->run);
    return wf_fail(wf, FAILURE_CANCELLED, "the run was stopped");
}

int fiber_fn wf_call(struct wf *wf, struct llm_request *request, const struct llm_reply **out)
{
    struct cell *cell = wf->cell;
    struct run *run = cell->run;
    struct amounts need = call_need(wf, request);
    if (wf_go_on(wf) < 0 || refuse_too_long(wf, request) < 0 || refuse_without_time(wf) < 0 ||
        refuse_without_means(wf, need) < 0)
        return -1;

    int64_t repeat = wf->repeat++;
    struct hash128 identity = call_identity(wf, repeat);
    struct arena *scratch = wf_scratch(wf);
    char *key = arena_alloc(scratch, 33);
    hash_hex(identity, key);
    request->attempt_key = (str){key, 32};
    request->key = (struct rng_key){identity.high, identity.low};
    request->time_left_ns = time_left(wf);
    request->age = cell->place;

    struct llm_reply *reply = arena_new(scratch, struct llm_reply);
    char hex[33];
    hash_hex(llm_request_hash(request), hex);
    str hash = str_from(hex);
    enum replay_answer answer = replay_call(&cell->replay, wf->step.path, repeat, hash, request,
                                            scratch, run->pool, reply);
    if (may_ask(wf, &answer) < 0 || forget_call(wf, repeat, &answer) < 0)
        return -1;
    switch (answer) {
    case REPLAY_FOUND:
        wf->clock_ns += reply->latency_ns;
        settle_call(wf, reply, need);
        step_add_call(&wf->step, reply);
        *out = reply;
        return outcome_failure(wf, reply);
    case REPLAY_DIFFERS:
        return wf_go_on(wf);
    case REPLAY_NONE:
        break;
    }
    bool cached = cached_find(wf, request, repeat, reply);
    int result = cached ? 0 : llm_call(run->client, request, scratch, reply);
    /* A cell that the run's end cuts off is run again; one whose guard said no is kept. */
    bool kept = result == 0 || reply->outcome == LLM_OK || !run_has_ended(run);
    if (!kept)
        return wf_fail(wf, FAILURE_CANCELLED, "the run was stopped");
    wf->clock_ns += reply->latency_ns;
    settle_call(wf, reply, need);
    step_add_call(&wf->step, reply);
    count_call(run, reply);
    if (write_call(wf, request, reply, repeat, hash) < 0 || result < 0)
        return wf_fail(wf, FAILURE_CANCELLED, "%s",
                       run->stopped ? "the run was stopped" : "cancelled beside a guard");
    *out = reply;
    return outcome_failure(wf, reply);
}
