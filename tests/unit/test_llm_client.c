/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_client.c: whole calls against a server that plays a script: what is sent, what becomes
 * of every kind of reply, retries, deadlines, money, and that no key ever shows.
 */
#include "llm/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "llm/embed.h"
#include "unit/test_llm_world.h"

#define GOOD                                                                                   \
    "{\"model\":\"m-2026\",\"system_fingerprint\":\"fp\",\"choices\":[{\"index\":0,"           \
    "\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"finish_reason\":\"stop\"}],"    \
    "\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":10,\"prompt_tokens_details\":"      \
    "{\"cached_tokens\":4}}}"
#define ERROR(code)                                                                            \
    "{\"error\":{\"message\":\"It failed\",\"type\":\"t\",\"code\":\"" code "\"}}"
#define REPLY(text)                                                                            \
    {                                                                                          \
        .body = STR_INIT(text)                                                                 \
    }

/* ---- a good reply ---- */

static void check_good(struct world *world)
{
    expect(world, LLM_OK, 1);
    const struct llm_reply *reply = &world->reply;
    assert_text(reply->text, "Hi");
    assert_text(reply->model, "m-2026");
    assert_text(reply->fingerprint, "fp");
    assert_int_equal(reply->finish, LLM_FINISH_STOP);
    assert_int_equal(reply->usage.input, 15);
    assert_int_equal(reply->usage.cache_read, 4);
    assert_int_equal(reply->usage.output, 10);
    assert_true(reply->cost.known);
    assert_int_equal(reply->cost.nanousd, 15 * 2 + 4 * 1 + 10 * 10);
    assert_int_equal(reply->cost.upper_nanousd, 0);
    assert_true(reply->provider_ns > 0 && reply->connect_ns >= 0);
    assert_int_equal(reply->backoff_ns, 0);
    assert_int_equal(reply->latency_ns, reply->connect_ns + reply->provider_ns);
    assert_int_equal(reply->ttft_ns, -1);
    assert_true(reply->end.ns - reply->start.ns >= reply->latency_ns);
    assert_text(reply->request_body,
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],"
                "\"max_completion_tokens\":100,\"stream\":false}");
    assert_text(reply->reply_body, GOOD);
    assert_text(script_body(world->script, 0), reply->request_body.p);
    assert_text(script_header(world->script, 0, "Authorization"), "Bearer " SECRET);
    assert_text(script_header(world->script, 0, "Content-Type"), "application/json");
    assert_true(str_starts_with(script_header(world->script, 0, "User-Agent"), STR("weir/")));
    assert_text(script_header(world->script, 0, "Idempotency-Key"), "key-1");
    assert_text(script_header(world->script, 0, "X-Weir-Attempt"), "1");
    assert_true(
        str_starts_with(script_request(world->script, 0), STR("POST /v1/chat/completions ")));
}

static void test_good(void **state)
{
    (void)state;
    static const struct act_step steps[] = {REPLY(GOOD)};
    IN_WORLD(steps, check_good);
}

static void check_headers(struct world *world)
{
    static const struct llm_pair headers[] = {{STR_INIT("X-Team"), STR_INIT("a b")}};
    static const struct llm_pair secrets[] = {{STR_INIT("X-Gate"), STR_INIT("pass-123456")}};
    static const struct llm_pair query[] = {{STR_INIT("api-version"), STR_INIT("v 1&2")}};
    world->provider.headers = (struct llm_pairs){headers, 1};
    world->provider.secret_headers = (struct llm_pairs){secrets, 1};
    world->provider.query = (struct llm_pairs){query, 1};
    world->endpoint.key = STR("");
    expect(world, LLM_OK, 1);
    assert_text(script_header(world->script, 0, "X-Team"), "a b");
    assert_text(script_header(world->script, 0, "X-Gate"), "pass-123456");
    assert_text(script_header(world->script, 0, "Authorization"), "");
    assert_has(script_request(world->script, 0),
               "POST /v1/chat/completions?api-version=v%201%262 ");
}

/* Extra headers and parameters arrive, escaped; without a key there is no Authorization. */
static void test_headers(void **state)
{
    (void)state;
    static const struct act_step steps[] = {REPLY(GOOD)};
    IN_WORLD(steps, check_headers);
}

/* clang-format off */
#define FAILS_ONCE {.status = 500}, REPLY(GOOD)
/* clang-format on */

/* One attempt at each of two endpoints, beginning with the one that the call's key names. */
static void check_endpoints(struct world *world)
{
    int port = world->script->port;
    struct llm_endpoint endpoint[2] = {
        {.base_url = arena_printf(&world->arena, "http://127.0.0.1:%d/east", port),
         .key = STR("east-key-1")},
        {.base_url = arena_printf(&world->arena, "http://127.0.0.1:%d/west", port),
         .key = STR("west-key-1")}};
    bool began_at[2] = {false, false};
    world->provider.endpoint = endpoint;
    world->provider.endpoints = 2;
    for (size_t i = 0; i < 8; i++) {
        world->request.key = rng_key(i);
        expect(world, LLM_OK, 2);
        size_t first = rng_below(rng_key(i), "endpoint", 0, 2);
        for (size_t k = 0; k < 2; k++) {
            const struct llm_endpoint *at = &endpoint[(first + k) % 2];
            const char *path = at == endpoint ? "POST /east/chat/completions "
                                              : "POST /west/chat/completions ";
            assert_true(
                str_starts_with(script_request(world->script, 2 * i + k), str_from(path)));
            str key = script_header(world->script, 2 * i + k, "Authorization");
            assert_true(str_ends_with(key, at->key));
        }
        began_at[first] = true;
    }
    assert_true(began_at[0] && began_at[1]);
    world->provider.endpoints = 1; /* the world's own again, for what it does at its end */
    world->provider.endpoint = &world->endpoint;
}

/* Calls spread over endpoints by their keys, and another attempt goes to the next one. */
static void test_endpoints(void **state)
{
    (void)state;
    static const struct act_step steps[] = {FAILS_ONCE, FAILS_ONCE, FAILS_ONCE, FAILS_ONCE,
                                            FAILS_ONCE, FAILS_ONCE, FAILS_ONCE, FAILS_ONCE};
    IN_WORLD(steps, check_endpoints);
}

/* ---- vectors ---- */

static void check_vectors(struct world *world)
{
    static const str texts[] = {STR_INIT("a"), STR_INIT("b")};
    const struct llm_request asked = world->request;
    world->request = llm_embed_request(&world->model, texts, 2);
    world->request.attempt_key = asked.attempt_key;
    expect(world, LLM_OK, 2);
    assert_true(str_starts_with(script_request(world->script, 1), STR("POST /v1/embeddings ")));
    assert_text(script_body(world->script, 1), "{\"model\":\"m\",\"input\":[\"a\",\"b\"]}");
    assert_int_equal(world->reply.vector[1].count, 2);
    assert_true(llm_vector_cosine(world->reply.vector[0], world->reply.vector[1]) == 0);
    assert_true(world->reply.cost.known);
    assert_int_equal(world->reply.cost.nanousd, 16); /* 8 tokens at $0.002 a million */
    assert_int_equal(world->reply.cost.upper_nanousd, 0);
    world->request = asked;
}

/* An embedding is tried again and paid for as an answer is, and its vectors outlive the reading. */
static void test_vectors(void **state)
{
    (void)state;
    static const struct act_step steps[] = {
        {.status = 429},
        REPLY("{\"data\":[{\"index\":1,\"embedding\":[0,1]},{\"index\":0,\"embedding\":[2,0]}],"
              "\"usage\":{\"prompt_tokens\":8}}")};
    IN_WORLD(steps, check_vectors);
}

/* ---- retries ---- */

static void check_second_is_good(struct world *world)
{
    expect(world, LLM_OK, 2);
    assert_text(world->reply.text, "Hi");
    assert_text(script_header(world->script, 0, "X-Weir-Attempt"), "1");
    assert_text(script_header(world->script, 1, "X-Weir-Attempt"), "2");
    assert_text(script_header(world->script, 1, "Idempotency-Key"), "key-1");
    assert_text(script_body(world->script, 1), world->reply.request_body.p);
    const struct llm_attempt *second = &world->reply.attempt[1];
    assert_int_equal(second->backoff_before_ns, world->reply.backoff_ns);
    assert_true(world->reply.backoff_ns > 0);
    assert_int_equal(world->reply.latency_ns, world->reply.connect_ns +
                                                  world->reply.provider_ns +
                                                  world->reply.backoff_ns);
}

/* Everything that is to be tried again is, with the same key and body and the next number. */
static void test_tried_again(void **state)
{
    (void)state;
    static const struct act_step firsts[] = {
        {.status = 429, .body = STR_INIT(ERROR("rate_limit_exceeded"))},
        {.status = 500, .body = STR_INIT(ERROR("server_error"))},
        {.status = 503},
        {.status = 408},
        {.status = 409},
        {.status = 400, .headers = "X-Should-Retry: true\r\n"},
        {.act = ACT_RESET},
        {.act = ACT_RESET_BODY, .body = STR_INIT(GOOD)},
    };
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        struct act_step steps[] = {firsts[i], REPLY(GOOD)};
        IN_WORLD(steps, check_second_is_good);
    }
}

struct final {
    struct act_step step;
    enum llm_outcome outcome;
    unsigned attempts;
    const char *message;
};
static const struct final *final;

static void check_final(struct world *world)
{
    expect(world, final->outcome, final->attempts);
    assert_has(world->reply.message, final->message);
    assert_int_equal(script_requests(world->script), final->attempts);
    assert_int_equal(world->reply.cost.nanousd, 0);
    assert_true(world->reply.cost.known);
}

#define STATUS(code, text)                                                                     \
    {                                                                                          \
        .status = (code), .body = STR_INIT(text)                                               \
    }

/* The outcome of every kind of failure, and how often it is tried: retries is 2. */
static void test_failures(void **state)
{
    (void)state;
    static const struct final rows[] = {
        {STATUS(429, ERROR("rate_limit_exceeded")), LLM_RATE_LIMITED, 3, "HTTP 429: It failed"},
        {STATUS(429, ERROR("insufficient_quota")), LLM_QUOTA, 1, "HTTP 429: It failed"},
        {STATUS(401, ERROR("invalid_api_key")), LLM_AUTH, 1, "HTTP 401: It failed"},
        {STATUS(403, "no"), LLM_AUTH, 1, "HTTP 403: no"},
        {STATUS(400, ERROR("x")), LLM_REQUEST, 1, "HTTP 400: It failed"},
        {STATUS(404, ""), LLM_REQUEST, 1, "HTTP 404"},
        {STATUS(500, "<html>oops</html>"), LLM_SERVER, 3, "HTTP 500: <html>oops</html>"},
        {STATUS(501, ""), LLM_SERVER, 1, "HTTP 501"},
        {{.status = 302, .headers = "Location: http://elsewhere/\r\n"},
         LLM_REQUEST,
         1,
         "redirect to http://elsewhere/"},
        {{.status = 500, .headers = "X-Should-Retry: false\r\n"}, LLM_SERVER, 1, "HTTP 500"},
        {{.status = 429, .headers = "Retry-After: 61\r\n"},
         LLM_RATE_LIMITED,
         1,
         "asked to wait 61 s"},
        {{.status = 503, .headers = "Retry-After: 3600\r\n"},
         LLM_RATE_LIMITED,
         1,
         "asked to wait 3.6e+03 s"},
        {{.act = ACT_RESET}, LLM_TRANSPORT, 3, ""},
        {{.act = ACT_RESET_BODY, .body = STR_INIT(GOOD)}, LLM_TRANSPORT, 3, ""},
        {{.body = STR_INIT("{\"choices\":[]}")}, LLM_TRANSPORT, 1, "no choices"},
        {{.body = STR_INIT("not json")}, LLM_TRANSPORT, 1, "not JSON"},
        {{.body = STR_INIT("")}, LLM_TRANSPORT, 1, "empty"},
        {{.body = STR_INIT("[1]")}, LLM_TRANSPORT, 1, "a list, not an object"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        final = &rows[i];
        in_world(&final->step, 1, check_final);
    }
}

static void check_no_retries(struct world *world)
{
    world->provider.retry.retries = 0;
    expect(world, LLM_SERVER, 1);
    assert_int_equal(script_requests(world->script), 1);
}

static void test_no_retries(void **state)
{
    (void)state;
    static const struct act_step steps[] = {STATUS(500, "")};
    IN_WORLD(steps, check_no_retries);
}

static void check_hint(struct world *world)
{
    expect(world, LLM_OK, 2);
    assert_int_equal(world->reply.attempt[0].retry_after_ns, 30 * NS_PER_MS);
    assert_true(world->reply.attempt[1].backoff_before_ns >= 30 * NS_PER_MS);
}

/* A hint is waited for, not the shorter backoff of these settings. */
static void test_hint(void **state)
{
    (void)state;
    static const struct act_step steps[] = {
        {.status = 429, .headers = "Retry-After: 9\r\nRetry-After-Ms: 30\r\n"}, REPLY(GOOD)};
    IN_WORLD(steps, check_hint);
}

static void check_down(struct world *world)
{
    world->endpoint.base_url = STR("http://127.0.0.1:1/v1");
    expect(world, LLM_TRANSPORT, 3);
    assert_true(world->reply.cost.known);
    assert_int_equal(world->reply.cost.upper_nanousd, 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_false(world->reply.attempt[i].lost);
        assert_int_equal(world->reply.attempt[i].total_ns, world->reply.attempt[i].connect_ns);
    }
    assert_int_equal(world->reply.provider_ns, 0);
}

/* What never reached the provider is tried again, and costs nothing. */
static void test_never_connected(void **state)
{
    (void)state;
    static const struct act_step steps[] = {REPLY(GOOD)};
    IN_WORLD(steps, check_down);
}

/* ---- time ---- */

static void check_attempt_timeout(struct world *world)
{
    world->provider.retry.attempt_timeout_ns = NS_PER_S;
    expect(world, LLM_OK, 2);
    assert_int_equal(world->reply.attempt[0].outcome, LLM_TIMEOUT);
    assert_true(world->reply.attempt[0].lost);
}

/* An attempt that hangs, before or inside the reply, ends at its timeout and is tried again. */
static void test_attempt_timeout(void **state)
{
    (void)state;
    static const struct act_step hang[] = {{.act = ACT_HANG}, REPLY(GOOD)};
    static const struct act_step body[] = {{.act = ACT_HANG_BODY, .body = STR_INIT(GOOD)},
                                           REPLY(GOOD)};
    IN_WORLD(hang, check_attempt_timeout);
    IN_WORLD(body, check_attempt_timeout);
}

static void check_first_byte_timeout(struct world *world)
{
    world->provider.retry.first_byte_timeout_ns = NS_PER_S;
    expect(world, LLM_OK, 2);
    assert_int_equal(world->reply.attempt[0].outcome, LLM_TIMEOUT);
}

static void test_first_byte_timeout(void **state)
{
    (void)state;
    static const struct act_step steps[] = {{.act = ACT_HANG}, REPLY(GOOD)};
    IN_WORLD(steps, check_first_byte_timeout);
}

static void check_deadline(struct world *world)
{
    world->request.time_left_ns = 80 * NS_PER_MS;
    expect(world, LLM_TIMEOUT, 1);
    assert_has(world->reply.message, "no time left");
    assert_true(world->reply.latency_ns >= 80 * NS_PER_MS);
}

/* A deadline shortens the attempt, and nothing is tried after it. */
static void test_deadline(void **state)
{
    (void)state;
    static const struct act_step steps[] = {{.act = ACT_HANG}};
    IN_WORLD(steps, check_deadline);
}

static void check_deadline_in_backoff(struct world *world)
{
    world->request.time_left_ns = 30 * NS_PER_S;
    expect(world, LLM_TIMEOUT, 1);
    assert_has(world->reply.message, "no time left for another attempt after: HTTP 429");
    assert_int_equal(world->reply.backoff_ns, 0);
    world->request.time_left_ns = -1;
    call(world);
    assert_int_equal(world->reply.outcome, LLM_TIMEOUT);
    assert_int_equal(world->reply.attempts, 0);
}

/* A backoff that would pass the deadline is not slept; with no time at all nothing is sent. */
static void test_deadline_in_backoff(void **state)
{
    (void)state;
    static const struct act_step steps[] = {{.status = 429, .headers = "Retry-After: 40\r\n"}};
    IN_WORLD(steps, check_deadline_in_backoff);
}

/* ---- money ---- */

static void check_lost(struct world *world)
{
    expect(world, LLM_OK, 2);
    int64_t upper = (int64_t)world->reply.request_body.n * 2 + 100 * 10;
    assert_true(world->reply.attempt[0].lost);
    assert_false(world->reply.attempt[1].lost);
    assert_int_equal(world->reply.attempt[0].cost_upper_nanousd, upper);
    assert_int_equal(world->reply.cost.upper_nanousd, upper);
    assert_int_equal(world->reply.cost.nanousd, 134);

    world->request.params.has_max_tokens = false;
    script_rewind(world->script);
    expect(world, LLM_OK, 2);
    assert_int_equal(world->reply.cost.upper_nanousd, -1);
}

/* An attempt that broke off after sending keeps what was reserved for it: request bytes as input
 * tokens and max_tokens of output, or unknown. */
static void test_lost(void **state)
{
    (void)state;
    static const struct act_step steps[] = {{.act = ACT_RESET}, REPLY(GOOD)};
    IN_WORLD(steps, check_lost);
}

static void check_unknown(struct world *world)
{
    expect(world, LLM_OK, 1);
    assert_false(world->reply.cost.known);
    assert_int_equal(world->reply.usage.input, -1);
    assert_int_equal(world->reply.usage.output, -1);
    expect(world, LLM_TRANSPORT, 1);
    assert_false(world->reply.attempt[0].lost);
    assert_true(world->reply.cost.known);
    assert_int_equal(world->reply.cost.nanousd, 3 * 2 + 1 * 10);
}

/* A reply without usage has an unknown cost; one that is unusable but says its usage has a known
 * one. */
static void test_unknown_cost(void **state)
{
    (void)state;
    static const struct act_step steps[] = {
        REPLY("{\"choices\":[{\"message\":{\"content\":\"x\"}}]}"),
        REPLY("{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}")};
    IN_WORLD(steps, check_unknown);
}

/* ---- hostile replies ---- */

static str repeated(struct arena *arena, const char *before, char c, size_t count,
                    const char *after)
{
    struct buf text = {0};
    buf_add_str(&text, str_from(before));
    for (size_t i = 0; i < count; i++)
        buf_add_char(&text, c);
    buf_add_str(&text, str_from(after));
    str result = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return result;
}

static void check_hostile(struct world *world)
{
    expect(world, LLM_TRANSPORT, 1);
    assert_true(world->reply.attempt[0].lost);
    expect(world, LLM_LIMIT, 1); /* on the wire */
    assert_true(world->reply.attempt[0].lost);
    expect(world, LLM_LIMIT, 1); /* what it says, which is paid for */
    assert_has(world->reply.message, "has 40001 bytes, more than limits.reply (40000)");
    assert_false(world->reply.attempt[0].lost);
    assert_int_equal(world->reply.usage.input, 3);
    assert_int_equal(world->reply.cost.nanousd, 3 * 2 + 1 * 10);
    assert_int_equal(world->reply.text.n, 0);
    expect(world, LLM_OK, 1);
    assert_int_equal(world->reply.text.n, WORLD_REPLY_LIMIT);
    expect(world, LLM_OK, 1);
    world->provider.retry.retries = 0;
    expect(world, LLM_SERVER, 1);
    assert_true(world->reply.message.n < 1000);
}

#define SAYS(count)                                                                            \
    repeated(&arena, "{\"choices\":[{\"message\":{\"content\":\"", 'x', count,                 \
             "\"}}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}")

/* Nested 100,000 deep; above the ceiling of the wire; above and at limits.reply; a megabyte, which
 * is parsed on a worker; an error whose explanation is huge. */
static void test_hostile(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct act_step steps[] = {
        {.body = repeated(&arena, "", '[', 100000, "")},
        {.body = repeated(&arena, "", ' ', WORLD_WIRE_LIMIT, "{}")},
        {.body = SAYS(WORLD_REPLY_LIMIT + 1)},
        {.body = SAYS(WORLD_REPLY_LIMIT)},
        {.body = repeated(&arena, "", ' ', 1000000, GOOD)},
        {.status = 500, .body = repeated(&arena, "", 'y', 5000000, "")},
    };
    IN_WORLD(steps, check_hostile);
    arena_release(&arena);
}

/* ---- secrets ---- */

static void check_redaction(struct world *world)
{
    expect(world, LLM_AUTH, 1);
    assert_has(world->reply.message, "bad key [secret] here");
    expect(world, LLM_TRANSPORT, 1);
    assert_has(world->reply.message, "[secret]");
    world->provider.retry.retries = 0;
    expect(world, LLM_SERVER, 1);
    expect(world, LLM_AUTH, 1);
    assert_text(world->reply.reply_body, "{\"error\":{\"message\":\"[secret]\"}}");
}

/* A server that repeats the key gets it into no message, and no escape of it is kept. */
static void test_redaction(void **state)
{
    (void)state;
    static const struct act_step steps[] = {
        STATUS(401, "{\"error\":{\"message\":\"bad key " SECRET " here\"}}"),
        REPLY("{\"error\":{\"message\":\"" SECRET "\"}}"),
        STATUS(500, "plain " SECRET SECRET SECRET),
        STATUS(401, "{\"error\":{\"message\":\"sk\\u002dvery-secret-0123456789\"}}"),
    };
    IN_WORLD(steps, check_redaction);
}

/* ---- cancelling ---- */

static void fiber_fn call_on_fiber(void *arg)
{
    call(arg);
}

static void check_cancel_on_wire(struct world *world)
{
    struct fiber_group group = {0};
    fiber_group_start(&group, call_on_fiber, world);
    while (script_requests(world->script) == 0)
        fiber_sleep(NS_PER_MS);
    fiber_group_cancel(&group);
    assert_int_equal(fiber_group_join(&group), 0);
    assert_int_equal(world->result, -1);
    assert_int_equal(world->reply.outcome, LLM_CANCELLED);
    assert_int_equal(world->reply.attempts, 1);
    assert_true(world->reply.attempt[0].lost);
    assert_true(world->reply.cost.upper_nanousd > 0);
    assert_int_equal(llm_client_stats(world->client).calls, 0);
}

/* Cancelled while the provider works: counted as lost, all permits back (asserted at close). */
static void test_cancel_on_wire(void **state)
{
    (void)state;
    static const struct act_step steps[] = {{.act = ACT_HANG}};
    IN_WORLD(steps, check_cancel_on_wire);
}

static void check_cancel_in_backoff(struct world *world)
{
    struct fiber_group group = {0};
    fiber_group_start(&group, call_on_fiber, world);
    while (llm_client_stats(world->client).backoff == 0)
        fiber_sleep(NS_PER_MS);
    str waiting = llm_client_waiting(world->client, &world->arena);
    assert_true(str_starts_with(waiting, STR("429 Retry-After ")));
    assert_true(str_ends_with(waiting, STR(" s (1 call)")));
    fiber_group_cancel(&group);
    assert_int_equal(fiber_group_join(&group), 0);
    assert_int_equal(world->result, -1);
    assert_int_equal(world->reply.outcome, LLM_CANCELLED);
    assert_true(world->reply.backoff_ns > 0);
    assert_text(llm_client_waiting(world->client, &world->arena), "");
}

/* Cancelled during backoff; before that the progress line can say what is waited for. */
static void test_cancel_in_backoff(void **state)
{
    (void)state;
    static const struct act_step steps[] = {{.status = 429, .headers = "Retry-After: 40\r\n"}};
    IN_WORLD(steps, check_cancel_in_backoff);
}

/* ---- many at once ---- */

struct nested {
    struct world *world;
    unsigned depth;
    unsigned *done;
};

static void fiber_fn call_nested(void *arg)
{
    struct nested *nested = arg;
    struct llm_reply reply;
    struct arena arena = {0};
    llm_call(nested->world->client, &nested->world->request, &arena, &reply);
    *nested->done += reply.outcome == LLM_OK;
    if (nested->depth) {
        struct fiber_group group = {0};
        struct nested inner[3];
        for (size_t i = 0; i < 3; i++) {
            inner[i] = (struct nested){nested->world, nested->depth - 1, nested->done};
            fiber_group_start(&group, call_nested, &inner[i]);
        }
        fiber_group_join(&group);
    }
    arena_release(&arena);
}

static void check_nesting(struct world *world)
{
    unsigned done = 0;
    struct nested outer = {world, 3, &done};
    world->provider.concurrency = 1;
    call_nested(&outer);
    assert_int_equal(done, 1 + 3 + 9 + 27);
    assert_int_equal(world->script->most_at_once, 1);
    struct llm_client_stats stats = llm_client_stats(world->client);
    assert_int_equal(stats.attempts, 40);
    assert_int_equal(stats.retries, 0);
    assert_int_equal(stats.in_flight + stats.waiting + stats.backoff + stats.calls, 0);
}

/* Fan-outs within fan-outs under a concurrency of 1: nothing deadlocks, nothing overtakes the
 * limit. */
static void test_nesting(void **state)
{
    (void)state;
    static const struct act_step steps[] = {REPLY(GOOD)};
    IN_WORLD(steps, check_nesting);
}

/* ---- warm-up ---- */

static void check_warmup(struct world *world)
{
    struct err err = {0};
    assert_int_equal(llm_warmup(world->client, &world->provider, &err), 0);
    assert_true(str_starts_with(script_request(world->script, 0), STR("GET /v1/models ")));
    assert_text(script_header(world->script, 0, "Authorization"), "Bearer " SECRET);
    assert_int_equal(llm_warmup(world->client, &world->provider, &err), 0);

    struct llm_provider down = world->provider;
    struct llm_endpoint nowhere = {.base_url = STR("http://127.0.0.1:1/" SECRET)};
    down.endpoint = &nowhere;
    assert_int_equal(llm_warmup(world->client, &down, &err), -1);
    assert_int_equal(err.kind, ERR_DOWN);
    assert_has(str_from(err.message), "provider 'test' is down: no HTTP answer from "
                                      "http://127.0.0.1:1/[secret]/models: ");
    assert_false(secret_occurs(str_from(err.message)));
}

/* Any HTTP answer will do, a 401 too; none is an error that names provider and URL. */
static void test_warmup(void **state)
{
    (void)state;
    static const struct act_step steps[] = {REPLY("{\"data\":[]}"), STATUS(401, "")};
    IN_WORLD(steps, check_warmup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_tried_again),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_no_retries),
        cmocka_unit_test(test_hint),
        cmocka_unit_test(test_never_connected),
        cmocka_unit_test(test_attempt_timeout),
        cmocka_unit_test(test_first_byte_timeout),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_deadline_in_backoff),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_unknown_cost),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_redaction),
        cmocka_unit_test(test_cancel_on_wire),
        cmocka_unit_test(test_cancel_in_backoff),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_warmup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
