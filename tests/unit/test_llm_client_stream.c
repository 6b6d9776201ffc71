/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_client_stream.c: whole calls whose replies are streamed, against a server that plays a
 * script: any chunking on the wire, times, faults in mid-stream, and what they cost.
 */
#include "llm/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "llm/stream.h"
#include "unit/test_llm_streams.h"
#include "unit/test_llm_world.h"

#define ANSWER       "H\xc3\xa9l\"lo w\xc3\xb6rld"
#define CUT          CHAT_DELTA("{\"content\":\"half\"}", "null")
#define CUT_KNOWN    CUT CHAT_USAGE
#define FAILED(type) "data: {\"error\":{\"message\":\"Oops\",\"type\":\"" type "\"}}\n\n"
#define GOOD                                                                                   \
    "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","          \
    "\"content\":\"Whole\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":377,"    \
    "\"completion_tokens\":12}}"

/* 377 of input and 12 of output, at the prices of the world's model. */
enum { COST_NANOUSD = 377 * 2 + 12 * 10 };

static void ask_for_a_stream(struct world *world)
{
    world->request.params.has_stream = world->request.params.stream = true;
    world->model.capabilities.stream = true;
}

/* ---- a good reply ---- */

static const struct act_step *playing;

static void check_answer(struct world *world)
{
    ask_for_a_stream(world);
    expect(world, LLM_OK, 1);
    const struct llm_reply *reply = &world->reply;
    assert_text(reply->text, ANSWER);
    assert_text(reply->model, "gpt-6.1-sol-2026");
    assert_text(reply->fingerprint, "fp_1");
    assert_int_equal(reply->finish, LLM_FINISH_STOP);
    assert_int_equal(reply->usage.input, 377);
    assert_int_equal(reply->usage.output, 12);
    assert_int_equal(reply->cost.nanousd, COST_NANOUSD);
    assert_true(reply->cost.known);
    assert_text(reply->request_body,
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],"
                "\"max_completion_tokens\":100,\"stream\":true,"
                "\"stream_options\":{\"include_usage\":true}}");
    assert_text(script_body(world->script, 0), reply->request_body.p);
    assert_text(script_header(world->script, 0, "Accept-Encoding"), "");
    assert_text(llm_stream_unfold(&world->arena, reply->reply_body), STREAM_CHAT);
    assert_true(reply->reply_body.n < sizeof STREAM_CHAT * 3 / 4);
    assert_true(reply->ttft_ns >= 0 && reply->ttft_ns <= reply->provider_ns);
    assert_int_equal(reply->ttft_ns, reply->attempt[0].ttft_ns);
    assert_true(reply->gap_most_ns >= reply->gap_mean_ns && reply->gap_mean_ns >= 0);
}

/* Protects: the same reply whatever the chunks on the wire are: one byte each, or any size; and
 * the bytes are kept as they came. */
static void any_chunks(void **state)
{
    (void)state;
    static const size_t pieces[] = {0, 1, 2, 3, 7, 64, 500, 1024, 5000};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct act_step steps[] = {
            {.act = ACT_STREAM, .body = STR_INIT(STREAM_CHAT), .piece = pieces[i]}};
        playing = steps;
        IN_WORLD(steps, check_answer);
    }
}

static void check_times(struct world *world)
{
    ask_for_a_stream(world);
    expect(world, LLM_OK, 1);
    const struct llm_reply *reply = &world->reply;
    const int64_t pause_ns = playing->pause_ms * NS_PER_MS;
    /* Output is in the third to fifth of seven pieces. */
    assert_true(reply->ttft_ns >= 3 * pause_ns);
    assert_true(reply->ttft_ns + pause_ns <= reply->provider_ns);
    assert_true(reply->gap_most_ns > 0 && reply->gap_mean_ns > 0);
    assert_true(reply->gap_mean_ns <= reply->gap_most_ns);
    assert_true(reply->attempt[0].first_byte_ns < reply->ttft_ns + reply->connect_ns);
}

/* Protects: the time to the first token is not that of the first byte or event, nor of the end. */
static void times_of_output(void **state)
{
    (void)state;
    static const char body[] = STREAM_CHAT;
    struct act_step steps[] = {{.act = ACT_STREAM,
                                .body = {body, sizeof body - 1},
                                .piece = (sizeof body - 1) / 7,
                                .pause_ms = 150}};
    playing = steps;
    IN_WORLD(steps, check_times);
}

static void check_whole(struct world *world)
{
    ask_for_a_stream(world);
    expect(world, LLM_OK, 1);
    assert_text(world->reply.text, "Whole");
    assert_int_equal(world->reply.usage.input, 377);
    assert_int_equal(world->reply.ttft_ns, -1);
    assert_int_equal(world->reply.gap_most_ns, -1);
    assert_int_equal(world->reply.gap_mean_ns, -1);
}

/* Protects: a server that does not stream in spite of the request is read all the same. */
static void plain_reply(void **state)
{
    (void)state;
    static const struct act_step steps[] = {
        {.body = STR_INIT(GOOD)},
        {.body = STR_INIT(GOOD), .type = "application/json; charset=utf-8"},
        {.body = STR_INIT(GOOD), .type = ""},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        in_world(&steps[i], 1, check_whole);
}

static void check_untyped(struct world *world)
{
    ask_for_a_stream(world);
    expect(world, LLM_OK, 1);
    assert_text(world->reply.text, ANSWER);
    assert_true(world->reply.ttft_ns >= 0);
}

/* Protects: a stream is known by its beginning where its type is missing or wrong. */
static void untyped_stream(void **state)
{
    (void)state;
    static const struct act_step steps[] = {
        {.act = ACT_STREAM, .body = STR_INIT(STREAM_CHAT), .type = ""},
        {.act = ACT_STREAM, .body = STR_INIT(STREAM_CHAT), .type = "text/plain"},
        {.act = ACT_STREAM, .body = STR_INIT(STREAM_CHAT), .type = "Text/Event-Stream; a=b"},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        in_world(&steps[i], 1, check_untyped);
}

static void check_asked(struct world *world)
{
    struct llm_params *params = &world->request.params;
    static const struct {
        bool given, stream, capable, streamed;
    } rows[] = {
        {true, true, true, true},
        {true, false, true, false},
        {true, true, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        params->has_stream = rows[i].given;
        params->stream = rows[i].stream;
        world->model.capabilities.stream = rows[i].capable;
        script_rewind(world->script);
        expect(world, LLM_OK, 1);
        assert_has(script_body(world->script, 0), rows[i].streamed
                                                      ? "\"stream\":true,\"stream_options\""
                                                      : "\"stream\":false}");
    }
}

/* Protects: streaming is asked for where the parameter wants it and the model can. */
static void when_it_is_asked_for(void **state)
{
    (void)state;
    static const struct act_step steps[] = {{.body = STR_INIT(GOOD)}};
    IN_WORLD(steps, check_asked);
}

/* ---- faults ---- */

struct fault {
    struct act_step step;
    enum llm_outcome outcome;
    unsigned attempts;
    bool lost;
    const char *message;
};
static const struct fault *fault;

static void check_fault(struct world *world)
{
    ask_for_a_stream(world);
    if (fault->outcome == LLM_TIMEOUT) /* its message says that something had come */
        world->provider.retry.attempt_timeout_ns = 500 * NS_PER_MS;
    expect(world, fault->outcome, fault->attempts);
    const struct llm_reply *reply = &world->reply;
    assert_has(reply->message, fault->message);
    assert_int_equal(script_requests(world->script), fault->attempts);
    for (unsigned i = 0; i < reply->attempts; i++) {
        assert_int_equal(reply->attempt[i].lost, fault->lost);
        assert_int_equal(reply->attempt[i].outcome, fault->outcome);
    }
    assert_int_equal(reply->text.n, 0);
    assert_int_equal(reply->ttft_ns, -1);
    assert_true(reply->cost.known);
    assert_int_equal(reply->cost.nanousd, fault->lost ? 0 : COST_NANOUSD * fault->attempts);
    assert_int_equal(reply->usage.input, fault->lost ? 0 : 377 * (int64_t)fault->attempts);
    assert_int_equal(reply->cost.upper_nanousd > 0, fault->lost);
    assert_true(reply->latency_ns < fault->attempts * 20 * NS_PER_S);
}

/* Protects: the outcome of every way in which a stream fails, how often it is tried (retries is
 * 2), and whether it may have been billed. */
static void faults_in_mid_stream(void **state)
{
    (void)state;
    static const struct fault rows[] = {
        {{.act = ACT_STREAM, .body = STR_INIT(CUT)}, LLM_TRANSPORT, 3, true, "[DONE]"},
        {{.act = ACT_STREAM, .body = STR_INIT(CUT "data: [DO")},
         LLM_TRANSPORT,
         3,
         true,
         "[DONE]"},
        {{.act = ACT_STREAM, .body = STR_INIT(CUT_KNOWN)}, LLM_TRANSPORT, 3, false, "[DONE]"},
        {{.act = ACT_STREAM, .body = STR_INIT("")}, LLM_TRANSPORT, 3, true, "[DONE]"},
        {{.act = ACT_STREAM_RESET, .body = STR_INIT(CUT)}, LLM_TRANSPORT, 3, true, ""},
        {{.act = ACT_STREAM_RESET, .body = STR_INIT(CUT_KNOWN)}, LLM_TRANSPORT, 3, false, ""},
        {{.act = ACT_STREAM_HANG, .body = STR_INIT(CUT)}, LLM_TIMEOUT, 3, true, "no end"},
        {{.act = ACT_STREAM_HANG, .body = STR_INIT(CUT_KNOWN)},
         LLM_TIMEOUT,
         3,
         false,
         "no end"},
        {{.act = ACT_STREAM, .body = STR_INIT(CUT FAILED("server_error"))},
         LLM_SERVER,
         3,
         true,
         "an error within the reply, as HTTP 500: Oops"},
        {{.act = ACT_STREAM_RESET, .body = STR_INIT(CUT FAILED("overloaded_error"))},
         LLM_SERVER,
         3,
         true,
         "as HTTP 529: Oops"},
        {{.act = ACT_STREAM_HANG, .body = STR_INIT(CUT FAILED("rate_limit_error"))},
         LLM_RATE_LIMITED,
         3,
         true,
         "as HTTP 429: Oops"},
        {{.act = ACT_STREAM, .body = STR_INIT(CUT_KNOWN FAILED("insufficient_quota"))},
         LLM_QUOTA,
         1,
         false,
         "as HTTP 429: Oops"},
        {{.act = ACT_STREAM, .body = STR_INIT(CUT FAILED("invalid_request_error"))},
         LLM_REQUEST,
         1,
         true,
         "as HTTP 400: Oops"},
        {{.act = ACT_STREAM, .body = STR_INIT(CUT "data: <html>\n\n")},
         LLM_TRANSPORT,
         1,
         true,
         "not a JSON object"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fault = &rows[i];
        in_world(&fault->step, 1, check_fault);
    }
}

static void check_end_that_lacks(struct world *world)
{
    ask_for_a_stream(world);
    expect(world, LLM_OK, 1);
    assert_text(world->reply.text, ANSWER);
    assert_int_equal(world->reply.cost.nanousd, COST_NANOUSD);
    assert_int_equal(world->reply.cost.upper_nanousd, 0);
    assert_true(world->reply.latency_ns < world->provider.retry.attempt_timeout_ns / 4);
}

/* Protects: what was whole stays whole when the connection breaks off or hangs behind its end;
 * waiting for nothing is no latency. */
static void whole_in_spite_of_its_end(void **state)
{
    (void)state;
    static const struct act_step steps[] = {
        {.act = ACT_STREAM_RESET, .body = STR_INIT(STREAM_CHAT)},
        {.act = ACT_STREAM_HANG, .body = STR_INIT(STREAM_CHAT)},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        in_world(&steps[i], 1, check_end_that_lacks);
}

static const struct recorded_stream *hanging;

static void check_over(struct world *world)
{
    ask_for_a_stream(world);
    const struct llm_dialect *dialect = llm_dialect_find(str_from(hanging->dialect));
    world->provider.dialect = dialect;
    for (unsigned connections = 1; connections <= 2; connections++) {
        expect(world, LLM_OK, 1);
        assert_text(world->reply.text, ANSWER);
        assert_int_equal(world->reply.cost.nanousd, COST_NANOUSD);
        int64_t took_ns = moment_since(world->reply.end, world->reply.start);
        assert_true(took_ns < world->provider.retry.attempt_timeout_ns / 4);
        assert_true(world->reply.latency_ns + HTTP_QUIET_NS <= took_ns);
        assert_int_equal(http_stats(world->http).connections, connections);
    }
}

/* Protects: a call ends when its stream said so, though the server keeps the connection open,
 * which is then closed and not used again; to latency it is as if it had ended there. */
static void over_before_its_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < RECORDED_STREAMS; i++) {
        hanging = &recorded_streams[i];
        struct act_step steps[] = {{.act = ACT_STREAM_HANG, .body = hanging->body}};
        IN_WORLD(steps, check_over);
    }
}

static void check_pauses(struct world *world)
{
    ask_for_a_stream(world);
    expect(world, LLM_OK, 1);
    assert_text(world->reply.text, "[DONE][DONE]");
    assert_int_equal(http_stats(world->http).connections, 1);
    assert_true(world->reply.gap_most_ns > HTTP_QUIET_NS);
}

/* Protects: a model that pauses, after whatever it said, is waited for. */
static void a_pause_is_no_end(void **state)
{
    (void)state;
    static const char body[] = CHAT_DELTA("{\"content\":\"[DONE]\"}", "null")
        CHAT_DELTA("{\"content\":\"[DONE]\"}", "null") CHAT_USAGE "data: [DONE]\n\n";
    struct act_step steps[] = {
        {.act = ACT_STREAM,
         .body = {body, sizeof body - 1},
         .piece = sizeof CHAT_DELTA("{\"content\":\"[DONE]\"}", "null") - 1,
         .pause_ms = (int)(HTTP_QUIET_NS * 3 / 2 / NS_PER_MS)}};
    IN_WORLD(steps, check_pauses);
}

static void check_sums(struct world *world)
{
    ask_for_a_stream(world);
    expect(world, LLM_OK, 3);
    const struct llm_reply *reply = &world->reply;
    assert_text(reply->text, ANSWER);
    /* One broke off and had said its usage, one is lost, one is good. */
    assert_int_equal(reply->usage.input, 2 * 377);
    assert_int_equal(reply->usage.output, 2 * 12);
    assert_int_equal(reply->cost.nanousd, 2 * COST_NANOUSD);
    assert_false(reply->attempt[0].lost);
    assert_true(reply->attempt[1].lost);
    assert_int_equal(reply->cost.upper_nanousd, (int64_t)reply->request_body.n * 2 + 100 * 10);
    assert_true(reply->attempt[0].ttft_ns >= 0);
    assert_int_equal(reply->ttft_ns, reply->attempt[2].ttft_ns);
    assert_true(reply->cost.known);
}

/* Protects: a call costs what all its attempts are known to have used; times are the good one's. */
static void attempts_add_up(void **state)
{
    (void)state;
    static const struct act_step steps[] = {
        {.act = ACT_STREAM_RESET, .body = STR_INIT(CUT_KNOWN)},
        {.act = ACT_STREAM, .body = STR_INIT(CUT)},
        {.act = ACT_STREAM, .body = STR_INIT(STREAM_CHAT)},
    };
    IN_WORLD(steps, check_sums);
}

static void check_first_byte(struct world *world)
{
    ask_for_a_stream(world);
    world->provider.retry.retries = 0;
    world->provider.retry.first_byte_timeout_ns = NS_PER_S;
    expect(world, LLM_OK, 1);
    assert_true(world->reply.provider_ns > 1500 * NS_PER_MS);
}

/* Protects: the limit for the first byte is met by the head of a slow stream. */
static void slow_stream_meets_first_byte(void **state)
{
    (void)state;
    static const struct act_step steps[] = {{.act = ACT_STREAM,
                                             .body = STR_INIT(STREAM_CHAT),
                                             .piece = sizeof STREAM_CHAT / 4,
                                             .pause_ms = 400}};
    IN_WORLD(steps, check_first_byte);
}

static void check_limit(struct world *world)
{
    ask_for_a_stream(world);
    expect(world, LLM_LIMIT, 1);
    assert_has(world->reply.message, "has 40010 bytes, more than limits.reply (40000)");
    assert_false(world->reply.attempt[0].lost);
    assert_true(world->reply.usage.output > 0);
}

static void check_wire(struct world *world)
{
    ask_for_a_stream(world);
    expect(world, LLM_LIMIT, 1);
    assert_true(world->reply.attempt[0].lost);
}

static void check_large(struct world *world)
{
    ask_for_a_stream(world);
    expect(world, LLM_OK, 1);
    assert_int_equal(world->reply.text.n, WORLD_REPLY_LIMIT);
}

/* `count` deltas of ten bytes, and the end of a stream. */
static void say_in_deltas(struct buf *body, size_t count)
{
    buf_clear(body);
    for (size_t i = 0; i < count; i++)
        buf_add_str(body, STR(CHAT_DELTA("{\"content\":\"0123456789\"}", "null")));
    buf_add_str(body, STR(CHAT_DELTA("{}", "\"stop\"") CHAT_USAGE "data: [DONE]\n\n"));
}

/* Protects: limits.reply counts what a stream says and not its envelopes; what is above it was
 * paid for; large streams are read off the loop; and those that never end still do. */
static void large_streams(void **state)
{
    (void)state;
    struct buf body = {0};
    struct act_step steps[] = {{.act = ACT_STREAM, .piece = 1 << 20}};
    say_in_deltas(&body, WORLD_REPLY_LIMIT / 10);
    assert_true(body.n > LARGE_PARSE_BYTES && body.n < WORLD_WIRE_LIMIT);
    steps[0].body = buf_str(&body);
    IN_WORLD(steps, check_large);
    say_in_deltas(&body, WORLD_REPLY_LIMIT / 10 + 1);
    steps[0].body = buf_str(&body);
    IN_WORLD(steps, check_limit);
    buf_clear(&body);
    while (body.n <= WORLD_WIRE_LIMIT)
        buf_add_str(&body, STR(": keep-alive, keep-alive, keep-alive\n\n"));
    steps[0].body = buf_str(&body);
    IN_WORLD(steps, check_wire);
    buf_release(&body);
}

/* ---- cancelling ---- */

static void fiber_fn call_on_fiber(void *arg)
{
    call(arg);
}

static void cancel_in_mid_stream(struct world *world)
{
    struct fiber_group group = {0};
    ask_for_a_stream(world);
    fiber_group_start(&group, call_on_fiber, world);
    while (script_said(world->script) == 0)
        fiber_sleep(NS_PER_MS);
    for (int i = 0; i < 3; i++) /* rounds of the loop, which reads what was said */
        fiber_sleep(NS_PER_MS);
    fiber_group_cancel(&group);
    assert_int_equal(fiber_group_join(&group), 0);
    assert_int_equal(world->result, -1);
    assert_int_equal(world->reply.attempts, 1);
}

static void check_cancelled(struct world *world)
{
    cancel_in_mid_stream(world);
    assert_int_equal(world->reply.outcome, LLM_CANCELLED);
    assert_true(world->reply.attempt[0].lost);
}

static void check_cancelled_whole(struct world *world)
{
    cancel_in_mid_stream(world);
    assert_int_equal(world->reply.outcome, LLM_OK);
    assert_text(world->reply.text, ANSWER);
    assert_int_equal(world->reply.cost.nanousd, COST_NANOUSD);
}

/* Protects: a stream that is cancelled on its way is lost; one that had come to its end is kept,
 * for it was paid for. */
static void cancelled_on_its_way(void **state)
{
    (void)state;
    static const struct act_step half[] = {{.act = ACT_STREAM_HANG, .body = STR_INIT(CUT)}};
    static const struct act_step whole[] = {
        {.act = ACT_STREAM_HANG, .body = STR_INIT(STREAM_CHAT)}};
    IN_WORLD(half, check_cancelled);
    IN_WORLD(whole, check_cancelled_whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_chunks),
        cmocka_unit_test(times_of_output),
        cmocka_unit_test(plain_reply),
        cmocka_unit_test(untyped_stream),
        cmocka_unit_test(when_it_is_asked_for),
        cmocka_unit_test(faults_in_mid_stream),
        cmocka_unit_test(whole_in_spite_of_its_end),
        cmocka_unit_test(over_before_its_connection),
        cmocka_unit_test(a_pause_is_no_end),
        cmocka_unit_test(attempts_add_up),
        cmocka_unit_test(slow_stream_meets_first_byte),
        cmocka_unit_test(large_streams),
        cmocka_unit_test(cancelled_on_its_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
