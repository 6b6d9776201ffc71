/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mock.c: the way of a request: path, key, body, limits, faults, decision, times (see mock.h).
 *
 * A request is refused as the provider refuses it before any limit or fault is asked: what is
 * wrong with a request does not depend on luck.
 */
#include "mock_server/call.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "mock_server/query.h"

static const str json_type = STR_INIT("application/json");

/* A first block that holds all of an ordinary request: later ones would be freed each time. */
enum { REQUEST_ARENA = 128 * 1024, BODY_KEPT = 1 << 20 };

struct mock *mock_new(struct state *state)
{
    struct mock *mock = xcalloc(1, sizeof *mock);
    mock->state = state;
    mock->counters = state_counters(state);
    mock->limits = state_limits(state);
    mock->truth = state_truth(state);
    mock->journal = state_journal(state);
    arena_alloc(&mock->arena, REQUEST_ARENA);
    return mock;
}

void mock_free(struct mock *mock)
{
    version_release(mock->state, mock->version);
    upstream_free(mock->upstream);
    arena_release(&mock->arena);
    buf_release(&mock->body);
    xfree(mock);
}

void mock_play(struct mock *mock, struct replay *replay, struct recorder *recorder)
{
    mock->replay = replay;
    mock->recorder = recorder;
    mock->upstream = recorder ? recorder_upstream(recorder) : NULL;
}

/* A request is answered as one configuration says, whatever is read meanwhile. */
static void refresh(struct mock *mock)
{
    version_refresh(mock->state, &mock->version);
    mock->config = mock->version->config;
    mock->seed = mock->version->seed;
    mock->scale = mock->version->scale;
}

/* ---- path and scope ---- */

/* "/scope/NAME/v1/…" or a header: tests that share a server do not count each other's requests. */
static str take_scope(const struct http_request *http, str *scope)
{
    str path = http->path, rest;
    *scope = http_header_get(http, STR("x-mock-scope"));
    if (!str_starts_with(path, STR("/scope/")))
        return path;
    rest = str_sub(path, 7, path.n);
    ptrdiff_t slash = str_find(rest, STR("/"), 0);
    if (slash <= 0)
        return path;
    *scope = str_sub(rest, 0, (size_t)slash);
    return str_sub(rest, (size_t)slash, rest.n);
}

/* Ids of replies to what is no request of any dialect. */
static struct rng_key raw_key(const struct call *call)
{
    struct rng_key key = rng_mix_str(rng_key(call->mock->seed), call->request.scope);
    key = rng_mix_str(rng_mix_str(key, call->http->method), call->http->target);
    return rng_mix_int(key, hash_sip(1, 2, call->http->body.p, call->http->body.n));
}

static int refuse(struct call *call, enum refusal why, str what)
{
    call->route.provider->refuse(&call->request, why, what, &call->trouble);
    return -1;
}

/* ---- models ---- */

static bool knows_model(const struct config *config, str name)
{
    for (size_t i = 0; i < config->models; i++)
        if (str_equal(config->model[i].name, name) && !str_equal(name, STR("*")))
            return true;
    return !config->refuse_unknown;
}

static int list_models(struct call *call)
{
    const struct config *config = call->mock->config;
    struct buf *body = &call->mock->body;
    size_t count = 0;
    str *names = arena_array(&call->mock->arena, str, config->models + 2);
    for (size_t i = 0; i < config->models; i++)
        if (!str_equal(config->model[i].name, STR("*")))
            names[count++] = config->model[i].name;
    if (count == 0) {
        names[count++] = call->route.provider->usual_model[0];
        names[count++] = call->route.provider->usual_model[1];
    }
    if (call->route.endpoint == ENDPOINT_MODEL && !knows_model(config, call->route.rest))
        return refuse(call, REFUSE_MODEL, call->route.rest);
    buf_clear(body);
    call->head.ids = raw_key(call);
    const struct model_list list = {names, count, call->route.rest, call->http};
    call->route.provider->write_models(body, &list);
    respond_body(call, 200, json_type);
    return 0;
}

/* ---- dialects ---- */

static int read_request(struct call *call)
{
    struct request *request = &call->request;
    struct json_error error;
    const json *body = json_parse(&call->mock->arena, call->http->body, &error);
    request->dialect = call->route.dialect;
    request->url_model = call->route.rest;
    if (!body)
        return refuse(call, REFUSE_JSON,
                      arena_printf(request->arena, "%s, at byte %zu", error.what, error.at));
    if (request->dialect->read(body, request, &call->trouble) < 0)
        return -1;
    request_complete(request);
    identity_find(call->mock->counters, call->http, request);
    call->head.ids = identity_attempt_key(call->mock->seed, request);
    return 0;
}

static int check_limits(struct call *call)
{
    const struct limit_clocks now = {state_up_ns(call->mock->state, call->arrived),
                                     state_virtual_ns(call->mock->state)};
    int result = limits_take(&call->mock->config->limits, call->mock->limits, &call->request,
                             call->head.ids, now, &call->head.quota, &call->trouble);
    if (result < 0)
        truth_note_fault(call->mock->truth, call->request.scope, STR("limit"));
    return result;
}

static int strike(struct call *call)
{
    int64_t up_ns = state_up_ns(call->mock->state, call->arrived);
    const struct fault *fault = faults_strike(&call->mock->config->faults, &call->request,
                                              call->http, call->head.ids, up_ns);
    if (!fault)
        return 0;
    call->fault = fault;
    truth_note_fault(call->mock->truth, call->request.scope, fault->name);
    if (fault->kind != FAULT_STATUS)
        return 0;
    call->trouble = (struct trouble){.status = (int)fault->status,
                                     .retry_after_ns = fault->retry_after_ns,
                                     .quota = fault->quota,
                                     .html = fault->html};
    return -1;
}

/* Replies whose content does not arrive whole are not counted as answered or billed. */
static bool is_delivered(const struct fault *fault)
{
    return !fault || fault->kind == FAULT_DRIP || fault->kind == FAULT_WRONG_TYPE ||
           fault->kind == FAULT_FRAMES;
}

static int answer(struct call *call)
{
    struct mock *mock = call->mock;
    const struct request *request = &call->request;
    const enum task task = request->dialect->task;
    int decided = decide(mock->config, call->model, request, call->http, &call->decision,
                         &call->trouble);
    if (call->decision.rule)
        truth_note_rule(mock->truth, request->scope, call->decision.rule->name);
    if (decided < 0)
        return -1;
    plan_reply(call);
    if (task != TASK_COUNT && is_delivered(call->fault))
        truth_note_reply(mock->truth, request, &call->decision, call->reply.output_tokens);
    if (request->stream && !call->decision.body.n) {
        respond_stream(call);
        return 0;
    }
    buf_clear(&mock->body);
    if (call->decision.body.n)
        buf_add_str(&mock->body, call->decision.body);
    else
        request->dialect->write(&mock->body, request, &call->reply);
    respond_body(call, 200, json_type);
    return 0;
}

static int check_context(struct call *call)
{
    const struct request *request = &call->request;
    int64_t context = call->model->context;
    if (!context || request->input_tokens <= context || request->dialect->task != TASK_REPLY)
        return 0;
    return refuse(call, REFUSE_CONTEXT,
                  arena_printf(request->arena, "%lld", (long long)context));
}

static int converse(struct call *call)
{
    if (read_request(call) < 0)
        return -1;
    call->model = config_model(call->mock->config, call->request.model);
    if (!call->model)
        return refuse(call, REFUSE_MODEL, call->request.model);
    if (check_context(call) < 0 || check_limits(call) < 0 || strike(call) < 0)
        return -1;
    return answer(call);
}

/* ---- every request ---- */

/* What a client may send where the table says `method`. */
static str methods_beside(str method)
{
    return str_equal(method, STR("GET")) ? STR("GET, HEAD, OPTIONS") : STR("POST, OPTIONS");
}

static bool is_options(struct call *call)
{
    if (!str_equal(call->http->method, STR("OPTIONS")) || call->route.endpoint == ENDPOINT_NONE)
        return false;
    call->allow = methods_beside(call->route.method);
    call->head.ids = raw_key(call);
    respond_head(call, 204, STR(""), LENGTH_NONE);
    return true;
}

/* HEAD is GET without the body. */
static void drop_body(struct delivery *delivery)
{
    ptrdiff_t end = str_find(buf_str(delivery->bytes), STR("\r\n\r\n"), 0);
    if (end >= 0)
        delivery->bytes->n = (size_t)end + 4;
}

static int handle(struct call *call)
{
    const struct route *route = &call->route;
    if (route->endpoint == ENDPOINT_NONE)
        return refuse(call, REFUSE_PATH, STR(""));
    if (!str_equal(route->method, call->http->method)) {
        call->allow = methods_beside(route->method);
        return refuse(call, REFUSE_METHOD, STR(""));
    }
    if (route->provider->authorize(call->http, &call->request, &call->trouble) < 0)
        return -1;
    return route->endpoint == ENDPOINT_TASK ? converse(call) : list_models(call);
}

static void note(struct call *call)
{
    const struct request *request = &call->request;
    const struct dialect *dialect = call->route.dialect;
    if (!call->delivery->flow) /* record.c learns what it will be */
        truth_note_status(call->mock->truth, request->scope, call->route.pattern,
                          dialect ? dialect_name(dialect) : STR(""), call->status);
    const struct journal_entry entry = {
        .method = call->http->method,
        .target = query_hide(request->arena, call->http->target, STR("key")),
        .scope = request->scope,
        .model = request->model,
        .idempotency = request->idempotency,
        .rule = call->decision.name,
        .fault = call->fault ? call->fault->name : STR(""),
        .body = call->http->body,
        .attempt = request->attempt,
        .status = call->status,
        .planned_ns = call->total_ns,
    };
    call->delivery->ticket = journal_add(call->mock->journal, &entry);
}

static void init_call(struct call *call, struct mock *mock, const struct http_request *http,
                      struct moment arrived, struct delivery *delivery)
{
    *call = (struct call){.mock = mock, .http = http, .arrived = arrived, .delivery = delivery};
    refresh(mock);
    arena_clear(&mock->arena);
    call->request.arena = &mock->arena;
    call->request.http = call->head.http = http;
    if (mock->body.capacity > BODY_KEPT)
        buf_release(&mock->body);
    delivery->ending = http->keep_alive ? ENDING_KEEP : ENDING_CLOSE;
    call->head.quota = (struct quota_state){10000, 9999, 6 * NS_PER_MS, 30000000, 29999900, 0};
}

/* Out of a cassette, or by another server. */
static bool answer_elsewhere(struct call *call)
{
    struct mock *mock = call->mock;
    if (call->is_head || (!mock->replay && !mock->recorder))
        return false;
    call->head.ids = raw_key(call);
    if (mock->replay && replay_answer(mock->replay, call))
        return true;
    if (mock->recorder)
        record_forward(mock->recorder, mock->upstream, call);
    return mock->recorder != NULL;
}

static void answer_provider(struct call *call)
{
    call->route = route_find(call->path, call->http);
    if (!is_options(call) && !answer_elsewhere(call) && handle(call) < 0) {
        if (!call->head.ids.k0)
            call->head.ids = raw_key(call);
        respond_trouble(call);
    }
    note(call);
}

/* Parts of the head are quoted in replies and in the journal, and those are UTF-8. */
static void clean_head(struct arena *arena, struct http_request *asked)
{
    struct http_header *clean = NULL;
    str target = utf8_clean(arena, asked->target);
    if (target.p != asked->target.p) {
        asked->target = target;
        str_cut(target, '?', &asked->path, &asked->query);
    }
    for (size_t i = 0; i < asked->headers; i++) {
        str value = utf8_clean(arena, asked->header[i].value);
        if (value.p == asked->header[i].value.p)
            continue;
        if (!clean) {
            clean = arena_array(arena, struct http_header, asked->headers);
            memcpy(clean, asked->header, asked->headers * sizeof *clean);
            asked->header = clean;
        }
        clean[i].value = value;
    }
}

static void on_request(void *context, const struct http_request *http, struct moment arrived,
                       struct delivery *delivery)
{
    struct call call;
    struct http_request asked = *http;
    bool head = str_equal(http->method, STR("HEAD"));
    if (head)
        asked.method = STR("GET");
    init_call(&call, context, &asked, arrived, delivery);
    clean_head(call.request.arena, &asked);
    call.path = take_scope(&asked, &call.request.scope);
    call.is_head = head;
    if (!admin_handle(&call))
        answer_provider(&call);
    if (head)
        drop_body(delivery);
}

static void on_refused(void *context, int status, const char *what,
                       const struct http_request *http, struct delivery *delivery)
{
    static const struct http_request none = {.keep_alive = false};
    struct http_request asked = http ? *http : none;
    struct call call;
    asked.keep_alive = false;
    init_call(&call, context, &asked, (struct moment){0}, delivery);
    clean_head(call.request.arena, &asked);
    call.path = take_scope(&asked, &call.request.scope);
    call.route = route_find(call.path, &asked);
    call.head.ids = rng_mix_str(rng_key(call.mock->seed), str_from(what));
    trouble_set(&call.mock->arena, &call.trouble, status, NULL, NULL, "%s", what);
    respond_trouble(&call);
    truth_note_status(call.mock->truth, STR(""), STR(""), STR(""), call.status);
}

static void on_gone(void *context, uint64_t ticket, uint64_t sent)
{
    const struct mock *mock = context;
    journal_note_gone(mock->journal, ticket, sent);
}

struct server_handler mock_handler(struct mock *mock)
{
    return (struct server_handler){mock, on_request, on_refused, on_gone};
}
