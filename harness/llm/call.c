/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * call.c: one call: attempts until there is an answer, or a reason to stop (see client.h).
 *
 * The body is encoded once; all attempts send the same bytes under the same key. What an attempt
 * came to is judged in judge.c, whether another follows is decided in retry.c; here they are
 * sent, waited between and added up.
 */
#include "llm/client.h"

#include "base/ceilings.h"
#include "base/log.h"
#include "io/http.h"
#include "llm/client_inside.h"
#include "llm/tape.h"

/* ---- what is sent ---- */

/* The most that may come for one reply, whatever it says. */
static size_t wire_limit(const struct llm_client *client)
{
    size_t limit = client->options.reply_limit;
    size_t most = limit > MAX_REPLY_WIRE_BYTES / 2 ? 2 * limit : MAX_REPLY_WIRE_BYTES;
    if (limit == 0)
        return 0;
    if (limit < (most - REPLY_WIRE_ROOM_BYTES) / REPLY_WIRE_FACTOR)
        return REPLY_WIRE_ROOM_BYTES + REPLY_WIRE_FACTOR * limit;
    return most;
}

static void build_headers(struct call *call)
{
    const struct client_provider *provider = call->model->provider;
    str *line = arena_array(call->arena, str, provider->lines + 3);
    size_t n = provider->lines;
    memcpy(line, provider->line, n * sizeof *line);
    call->attempt_line = &line[n++];
    if (provider->key_line[0].n) /* all have one, or none has */
        call->key_line = &line[n++];
    if (call->request->attempt_key.n)
        line[n++] =
            arena_join(call->arena, STR("Idempotency-Key: "), call->request->attempt_key);
    call->http.headers = line;
    call->http.header_count = n;
}

static void build_request(struct call *call)
{
    struct llm_client *client = call->client;
    const struct llm_provider *provider = call->model->provider->provider;
    const struct llm_embedding *embedding =
        call->request->embeds ? provider->dialect->embedding : NULL;
    struct buf *out = &client->encoded;
    buf_clear(out);
    if (embedding)
        embedding->path(call->request, out);
    else
        provider->dialect->path(call->request, out);
    client_add_query(call->model->provider, out);
    call->path = arena_str(call->arena, buf_str(out));

    buf_clear(out);
    if (embedding)
        embedding->encode(call->request, out);
    else
        provider->dialect->encode(call->request,
                                  client_prepared(client, call->model, call->request), out);
    call->http = (struct http_request){
        .body = arena_str(call->arena, buf_str(out)),
        .arena = call->arena,
        .first_byte_timeout_ns = call->retry->first_byte_timeout_ns,
        .reply_limit = wire_limit(client),
        .note_arrivals = llm_request_streams(call->request),
        .http2 = provider->http2,
    };
    if (call->http.note_arrivals && provider->dialect->decode_stream) {
        call->http.is_over = call_is_over;
        call->http.is_over_arg = call;
    }
    build_headers(call);
    call->reply->request_body = call->http.body;
    call->upper_nanousd = llm_price_upper(&call->request->model->price, call->http.body.n,
                                          &call->request->params);
}

/* ---- one attempt ---- */

static struct llm_attempt *next_attempt(struct call *call)
{
    if (call->attempts == call->room) {
        unsigned room = call->room ? (unsigned)call->retry->retries + 1 : 1;
        call->attempt =
            arena_grow(call->arena, call->attempt, call->attempts, room, sizeof *call->attempt);
        call->room = room;
    }
    struct llm_attempt *attempt = &call->attempt[call->attempts];
    *attempt = (struct llm_attempt){
        .number = call->attempts + 1,
        .retry_after_ns = -1,
        .tls_ns = -1,
        .ttft_ns = -1,
        .gap_most_ns = -1,
        .gap_mean_ns = -1,
        .usage = {-1, -1, -1, -1, -1},
    };
    return attempt;
}

static void note_times(struct llm_attempt *attempt, const struct http_reply *http)
{
    attempt->start = http->start;
    attempt->connect_ns = http->connect_ns;
    attempt->tls_ns = http->tls_ns;
    attempt->protocol = str_from(http->protocol);
    attempt->first_byte_ns = http->first_byte_ns;
    attempt->total_ns = http->total_ns;
    /* Who never connected spent all the time on it. */
    if (attempt->connect_ns < 0)
        attempt->connect_ns = http->bytes_sent ? 0 : http->total_ns;
}

static int64_t shorter(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What settles the permits: an error status used nothing, a lost attempt nobody knows. */
static void settle(struct call *call, struct llm_permit *permit,
                   const struct llm_attempt *attempt)
{
    const struct llm_usage *usage = &attempt->usage;
    if (call_knows_usage(usage)) {
        struct llm_cost cost = llm_price_cost(&call->request->model->price, usage);
        int64_t cached = usage->cache_read + usage->cache_write;
        llm_permit_settle(permit, usage->input + cached + usage->output,
                          cost.known ? cost.nanousd : -1);
    } else {
        bool unknown = attempt->lost || attempt->outcome == LLM_OK;
        llm_permit_settle(permit, unknown ? -1 : 0, unknown ? -1 : 0);
    }
}

/* Every reply has the headers; now and then is enough to see a limit come near. */
static void learn_rates(struct call *call, const struct http_reply *http)
{
    enum { EVERY = 8 };
    if (call->client->stats.attempts % EVERY != 1 && http->status / 100 == 2)
        return;
    struct llm_rate_state state = llm_rate_headers_read(http->header_lines);
    llm_queue_learn(call->model->limits, &state);
}

/* Calls spread over a provider's endpoints by their keys, so the same in every run; each attempt
 * goes to the next one. */
static void aim(struct call *call, unsigned number)
{
    const struct client_provider *of = call->model->provider;
    size_t count = of->provider->endpoints, at = 0;
    if (count > 1)
        at = (rng_below(call->request->key, "endpoint", 0, count) + number - 1) % count;
    if (count > 1 || number == 1)
        call->http.url =
            arena_join(call->arena, of->provider->endpoint[at].base_url, call->path);
    if (call->key_line)
        *call->key_line = of->key_line[at];
}

static int fiber_fn send(struct call *call, const struct llm_tape_try *attempt,
                         struct http_reply *http, enum llm_tape_way *way)
{
    const struct llm_client_options *options = &call->client->options;
    *way = LLM_TAPE_SENT;
    if (!options->tape)
        return http_send(options->http, &call->http, http);
    return llm_tape_send(options->tape, options->http, options->pool, &call->http, attempt,
                         http, way);
}

/* Asked for what the cassette does not have: as a provider would say 404. */
static void judge_unseen(struct call *call, const struct http_reply *http,
                         struct llm_attempt *attempt)
{
    attempt->outcome = LLM_REQUEST;
    attempt->message = http->error;
    call->reply->reply_body = STR("");
    call->end = (struct llm_attempt_end){.outcome = LLM_REQUEST, .hint_ns = -1};
}

static void tell_attempt(const struct call *call, const struct llm_attempt *attempt)
{
    const struct llm_model *model = call->request->model;
    log_line(LOG_DEBUG, "%.*s: %.*s, attempt %u: %s, HTTP %d, %.3f ms%s%.*s",
             STR_ARG(model->provider->name), STR_ARG(call->http.url), attempt->number,
             llm_outcome_name(attempt->outcome), attempt->status,
             (double)attempt->total_ns / 1e6, attempt->message.n ? ": " : "",
             STR_ARG(attempt->message));
}

/* 0, or -1 when cancelled: before it was sent (no attempt is counted), or while it was under way
 * (its end is noted). */
static int fiber_fn run_attempt(struct call *call, int64_t backoff_before_ns)
{
    struct llm_client *client = call->client;
    struct llm_attempt *attempt = next_attempt(call);
    const struct llm_params *params = &call->request->params;
    struct llm_permit permit = {
        .model = client_line(client, call->model, call->request),
        .age = call->request->age,
        .tokens = (int64_t)(call->http.body.n / 4) +
                  (params->has_max_tokens ? params->max_tokens : 0),
        .again = attempt->number > 1,
        .upper_tokens =
            (int64_t)call->http.body.n + (params->has_max_tokens ? params->max_tokens : 0),
        .upper_nanousd = call->upper_nanousd,
    };
    int taken = llm_permit_take(&permit, &attempt->permit_wait_ns);
    call->reply->permit_wait_ns += attempt->permit_wait_ns;
    if (taken < 0)
        return -1;

    const struct llm_tape_try try = {attempt->number, backoff_before_ns};
    enum llm_tape_way way;
    attempt->backoff_before_ns = backoff_before_ns;
    call->http.timeout_ns = shorter(call->retry->attempt_timeout_ns, call->left_ns);
    aim(call, attempt->number);
    *call->attempt_line =
        attempt->number == 1 ? STR("X-Weir-Attempt: 1")
                             : arena_printf(call->arena, "X-Weir-Attempt: %u", attempt->number);
    client->stats.in_flight++;
    client->stats.attempts++;
    client->stats.retries += attempt->number > 1;
    call->attempts++;
    struct http_reply http;
    int sent = send(call, &try, &http, &way);
    client->stats.in_flight--;
    bool cancelled = http.outcome == HTTP_CANCELLED;
    llm_permit_give(&permit, cancelled ? LLM_PRESSURE_NONE : llm_pressure_of(http.status));
    if (way == LLM_TAPE_SENT)
        learn_rates(call, &http);
    note_times(attempt, &http);
    if (way == LLM_TAPE_UNSEEN)
        judge_unseen(call, &http, attempt);
    else
        call_judge(call, &http, attempt);
    settle(call, &permit, attempt);
    tell_attempt(call, attempt);
    if (call->left_ns != INT64_MAX)
        call->left_ns -= shorter(attempt->total_ns, call->left_ns);
    return sent;
}

/* ---- backoff ---- */

/* 0, or -1 when cancelled. *slept_ns counts either way. */
static int fiber_fn back_off(struct call *call, int64_t wait_ns, int64_t *slept_ns)
{
    struct llm_client *client = call->client;
    struct llm_tape *tape = client->options.tape;
    struct moment begin = clock_now();
    int64_t recorded_ns = 0;
    bool played =
        llm_tape_backoff(tape, &call->http, call->attempts + 1, wait_ns, &recorded_ns);
    if (played)
        wait_ns = llm_tape_scaled(tape, recorded_ns);
    struct backing_off self = {
        .next = client->backing_off,
        .link = &client->backing_off,
        .due = moment_add(begin, wait_ns),
        .status = call->end.status,
        .hinted = call->end.hint_ns > 0,
    };
    if (self.next)
        self.next->link = &self.next;
    client->backing_off = &self;
    client->stats.backoff++;
    int result = wait_ns > 0 ? fiber_sleep(wait_ns) : 0;
    client->stats.backoff--;
    *self.link = self.next;
    if (self.next)
        self.next->link = self.link;
    *slept_ns = played ? recorded_ns : moment_since(clock_now(), begin);
    if (tape)
        *slept_ns = llm_tape_rounded(*slept_ns);
    call->reply->backoff_ns += *slept_ns;
    if (call->left_ns != INT64_MAX)
        call->left_ns -= shorter(*slept_ns, call->left_ns);
    return result;
}

/* ---- the whole call ---- */

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

static void end_call(struct call *call, enum llm_outcome outcome, str message)
{
    call->reply->outcome = outcome;
    call->reply->message = message;
}

static str last_message(const struct call *call)
{
    return call->attempts ? call->attempt[call->attempts - 1].message : STR("");
}

static str no_time_left(const struct call *call)
{
    str message = last_message(call);
    return arena_printf(call->arena, "no time left for another attempt after: %.*s",
                        STR_ARG(message));
}

/* Cancelled: what is whole is kept, all else is not an outcome. */
static int end_cancelled(struct call *call)
{
    bool whole = call->attempts && call->end.outcome == LLM_OK;
    end_call(call, whole ? LLM_OK : LLM_CANCELLED,
             whole ? last_message(call) : STR("cancelled"));
    return -1;
}

static int fiber_fn run_attempts(struct call *call)
{
    int64_t slept_ns = 0;
    for (;;) {
        /* A sleep may end late; and 0 would be no limit at all for the attempt. */
        if (call->left_ns <= 0) {
            end_call(call, LLM_TIMEOUT,
                     call->attempts ? no_time_left(call)
                                    : STR("no time was left for an attempt"));
            return 0;
        }
        if (run_attempt(call, slept_ns) < 0)
            return end_cancelled(call);
        str message = last_message(call);
        struct llm_decision decision =
            llm_retry_decide(call->retry, &call->end, call->attempts, call->request->key);
        if (!decision.again) {
            if (decision.hint_too_long)
                message = arena_printf(call->arena,
                                       "asked to wait %.3g s, more than retry_after_cap: %.*s",
                                       seconds(call->end.hint_ns), STR_ARG(message));
            end_call(call, decision.outcome, message);
            return 0;
        }
        if (decision.wait_ns >= call->left_ns) {
            end_call(call, LLM_TIMEOUT, no_time_left(call));
            return 0;
        }
        if (back_off(call, decision.wait_ns, &slept_ns) < 0)
            return end_cancelled(call);
    }
}

static void add_up_times(struct call *call)
{
    struct llm_reply *reply = call->reply;
    for (unsigned i = 0; i < call->attempts; i++) {
        const struct llm_attempt *attempt = &call->attempt[i];
        reply->connect_ns += attempt->connect_ns;
        reply->provider_ns += attempt->total_ns - attempt->connect_ns;
    }
    reply->latency_ns = reply->connect_ns + reply->provider_ns + reply->backoff_ns;
}

static void add_known(int64_t *sum, int64_t tokens)
{
    *sum += tokens > 0 ? tokens : 0;
}

/* What is known of an attempt that broke off, or of an unusable reply: a lower bound where it is
 * lost. Its reservation goes down by what is known to have been spent. */
static void add_spoiled(struct call *call, struct llm_attempt *attempt)
{
    const struct llm_usage *said = &attempt->usage;
    struct llm_usage known = {0}, *sum = &call->reply->usage;
    add_known(&known.input, said->input);
    add_known(&known.cache_read, said->cache_read);
    add_known(&known.cache_write, said->cache_write);
    add_known(&known.output, said->output);
    struct llm_cost cost = llm_price_cost(&call->request->model->price, &known);
    int64_t *upper_nanousd = &attempt->cost_upper_nanousd;
    call->reply->cost.nanousd += cost.nanousd;
    call->reply->cost.known = call->reply->cost.known && cost.known;
    if (attempt->lost && *upper_nanousd >= 0)
        *upper_nanousd = *upper_nanousd > cost.nanousd ? *upper_nanousd - cost.nanousd : 0;
    sum->input += known.input;
    sum->cache_read += known.cache_read;
    sum->cache_write += known.cache_write;
    sum->output += known.output;
    add_known(&sum->reasoning, said->reasoning);
}

/* A count that is unknown makes the sum unknown. */
static int64_t sum_of(int64_t a, int64_t b)
{
    return a < 0 || b < 0 ? -1 : a + b;
}

static void add_good(struct call *call, const struct llm_attempt *attempt)
{
    struct llm_reply *reply = call->reply;
    const struct llm_usage *said = &attempt->usage;
    struct llm_cost cost = llm_price_cost(&call->request->model->price, said);
    struct llm_usage *sum = &reply->usage;
    sum->input = sum_of(sum->input, said->input);
    sum->cache_read = sum_of(sum->cache_read, said->cache_read);
    sum->cache_write = sum_of(sum->cache_write, said->cache_write);
    sum->output = sum_of(sum->output, said->output);
    sum->reasoning = sum_of(sum->reasoning, said->reasoning);
    reply->cost.nanousd += cost.nanousd;
    reply->cost.known = reply->cost.known && cost.known;
    reply->ttft_ns = attempt->ttft_ns;
    reply->gap_most_ns = attempt->gap_most_ns;
    reply->gap_mean_ns = attempt->gap_mean_ns;
}

/* A good reply that does not say what it used is unknown. Error statuses cost nothing; for lost
 * attempts stands beside what was reserved. */
static void add_up_cost(struct call *call)
{
    struct llm_reply *reply = call->reply;
    struct llm_cost *cost = &reply->cost;
    bool good = call->end.outcome == LLM_OK;
    unsigned spoiled = good ? call->attempts - 1 : call->attempts;
    int64_t upper = 0;
    cost->known = true;
    for (unsigned i = 0; i < spoiled; i++) {
        struct llm_attempt *attempt = &call->attempt[i];
        if (attempt->lost || call_knows_usage(&attempt->usage))
            add_spoiled(call, attempt);
        if (attempt->lost && upper >= 0)
            upper = attempt->cost_upper_nanousd < 0 ? -1 : upper + attempt->cost_upper_nanousd;
    }
    if (good)
        add_good(call, &call->attempt[spoiled]);
    cost->upper_nanousd = upper;
}

int llm_call(struct llm_client *client, const struct llm_request *request, struct arena *arena,
             struct llm_reply *reply)
{
    *reply = (struct llm_reply){.ttft_ns = -1, .gap_most_ns = -1, .gap_mean_ns = -1};
    reply->start = clock_now();
    struct call call = {
        .client = client,
        .request = request,
        .retry = &request->model->provider->retry,
        .arena = arena,
        .reply = reply,
        .left_ns = request->time_left_ns ? request->time_left_ns : INT64_MAX,
        .end = {.outcome = LLM_CANCELLED},
    };
    int result = 0;
    client->stats.calls++;
    call.model = client_model(client, request->model);
    build_request(&call);
    if (fiber_cancelled())
        result = end_cancelled(&call);
    else
        result = run_attempts(&call);
    client->stats.calls--;
    reply->attempt = call.attempt;
    reply->attempts = call.attempts;
    if (call.attempts)
        reply->status = call.attempt[call.attempts - 1].status;
    add_up_times(&call);
    add_up_cost(&call);
    reply->end = clock_now();
    return result;
}
