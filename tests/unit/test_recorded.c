/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_recorded.c: a reply, written to a run's file and read out of it, is the reply again: in all
 * dialects, streamed and not, with tools, schemas and vectors, and when it failed.
 */
#include "run/recorded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "llm/embed.h"
#include "unit/test_llm_streams.h"
#include "unit/test_llm_world.h"

static char folder[64], path[128];

static int begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/weir-recorded-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.db", folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void assert_good(int result, const struct err *err)
{
    if (result != 0)
        fail_msg("%s", err->message);
}

/* ---- there and back ---- */

static void same_text(const char *what, str is, str was)
{
    if (!str_equal(is, was))
        fail_msg("%s: '%.*s' instead of '%.*s'", what, STR_ARG(is), STR_ARG(was));
}

static void same_json(const char *what, const json *is, const json *was)
{
    struct arena arena = {0};
    assert_int_equal(!is, !was);
    if (was)
        same_text(what, json_to_str(&arena, is, JSON_COMPACT),
                  json_to_str(&arena, was, JSON_COMPACT));
    arena_release(&arena);
}

static void same_answer(const struct llm_reply *is, const struct llm_reply *was, size_t vectors)
{
    same_text("text", is->text, was->text);
    same_text("model", is->model, was->model);
    same_text("fingerprint", is->fingerprint, was->fingerprint);
    assert_int_equal(is->refused, was->refused);
    assert_int_equal(is->finish, was->finish);
    assert_int_equal(is->tool_calls, was->tool_calls);
    for (size_t i = 0; i < was->tool_calls; i++) {
        same_text("id", is->tool_call[i].id, was->tool_call[i].id);
        same_text("name", is->tool_call[i].name, was->tool_call[i].name);
        same_text("text", is->tool_call[i].text, was->tool_call[i].text);
        same_json("arguments", is->tool_call[i].arguments, was->tool_call[i].arguments);
    }
    same_json("raw turn", is->raw_turn, was->raw_turn);
    assert_int_equal(!is->vector, !was->vector);
    for (size_t i = 0; was->vector && i < vectors; i++) {
        assert_int_equal(is->vector[i].count, was->vector[i].count);
        assert_memory_equal(is->vector[i].value, was->vector[i].value,
                            was->vector[i].count * sizeof(float));
    }
}

static void same_attempts(const struct llm_reply *is, const struct llm_reply *was)
{
    assert_int_equal(is->attempts, was->attempts);
    for (unsigned i = 0; i < was->attempts; i++) {
        const struct llm_attempt *a = &is->attempt[i], *b = &was->attempt[i];
        assert_int_equal(a->number, b->number);
        assert_int_equal(a->status, b->status);
        assert_int_equal(a->outcome, b->outcome);
        same_text("message of an attempt", a->message, b->message);
        assert_int_equal(a->backoff_before_ns, b->backoff_before_ns);
        assert_int_equal(a->permit_wait_ns, b->permit_wait_ns);
        assert_int_equal(a->connect_ns, b->connect_ns);
        assert_int_equal(a->first_byte_ns, b->first_byte_ns);
        assert_int_equal(a->total_ns, b->total_ns);
        assert_int_equal(a->retry_after_ns, b->retry_after_ns);
        assert_int_equal(a->lost, b->lost);
        assert_int_equal(a->cost_upper_nanousd, b->cost_upper_nanousd);
    }
}

static void same_sums(const struct llm_reply *is, const struct llm_reply *was)
{
    assert_int_equal(is->outcome, was->outcome);
    assert_int_equal(is->status, was->status);
    same_text("message", is->message, was->message);
    assert_memory_equal(&is->usage, &was->usage, sizeof was->usage);
    assert_int_equal(is->cost.known, was->cost.known);
    assert_int_equal(is->cost.nanousd, was->cost.nanousd);
    assert_int_equal(is->cost.upper_nanousd, was->cost.upper_nanousd);
    assert_int_equal(is->permit_wait_ns, was->permit_wait_ns);
    assert_int_equal(is->backoff_ns, was->backoff_ns);
    assert_int_equal(is->connect_ns, was->connect_ns);
    assert_int_equal(is->provider_ns, was->provider_ns);
    assert_int_equal(is->latency_ns, was->latency_ns);
    assert_int_equal(is->ttft_ns, was->ttft_ns);
    same_text("request", is->request_body, was->request_body);
}

/* Finishing waits until it is written. */
static void write_call(const struct store_call *row)
{
    struct err err = {0};
    struct store *store;
    const struct store_plan plan = {0};
    const struct store_run run = {.id = STR("run"), .cells = 1};
    const struct store_run finished = {.state = STORE_INTERRUPTED};
    assert_good(store_create(&store, path, &run, &plan, &err), &err);
    store_write_call(store, row, NULL, NULL);
    assert_good(store_finish(store, &finished, &err), &err);
}

static void fiber_fn there_and_back(struct world *world)
{
    struct err err = {0};
    struct recorded_call recorded;
    struct llm_reply again;
    struct store *store;
    struct store_call row;
    recorded_row(&world->request, &world->reply, world->reply.start, &world->arena, &row);
    write_call(&row);
    assert_good(store_open(&store, path, &err), &err);
    assert_good(recorded_load(store, 1, &world->arena, &recorded, &err), &err);
    store_close(store);
    unlink(path);
    assert_true(recorded_reply(&recorded, &world->request, &world->arena, world->pool, &again));
    same_sums(&again, &world->reply);
    same_attempts(&again, &world->reply);
    same_answer(&again, &world->reply, world->request.embeds);
}

/* ---- good replies ---- */

struct exchange {
    const struct llm_dialect *dialect;
    str body;
    bool streamed, tool_schema;
    const char *text;  /* of the answer */
    size_t tool_calls; /* in it */
};

static const struct exchange *exchange; /* that is being made */

#define USAGE_CHAT ",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}"
#define CHAT(message, finish)                                                                  \
    STR_INIT("{\"id\":\"x\",\"model\":\"m-1\",\"system_fingerprint\":\"fp\",\"choices\":["     \
             "{\"index\":0,\"finish_reason\":\"" finish                                        \
             "\",\"message\":{\"role\":\"assistant\"," message "}}]" USAGE_CHAT)
#define CHAT_CALL(name)                                                                        \
    "\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":{"     \
    "\"name\":\"" name "\",\"arguments\":\"{\\\"a\\\": 1}\"}}]"
#define RESPONSES(item)                                                                        \
    STR_INIT("{\"id\":\"r\",\"object\":\"response\",\"status\":\"completed\",\"model\":"       \
             "\"m-1\",\"output\":[" item                                                       \
             "],\"usage\":{\"input_tokens\":9,\"output_tokens\":4,\"total_tokens\":13}}")
#define ANTHROPIC(content, stop)                                                               \
    STR_INIT("{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m-1\","    \
             "\"content\":[" content "],\"stop_reason\":\"" stop                               \
             "\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":9,\"output_tokens\":4}}")
#define GEMINI(part)                                                                           \
    STR_INIT("{\"candidates\":[{\"content\":{\"parts\":[" part "],\"role\":\"model\"},"        \
             "\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{"                     \
             "\"promptTokenCount\":9,\"candidatesTokenCount\":4},\"modelVersion\":\"m-1\"}")

#define ANSWER "H\xc3\xa9l\"lo w\xc3\xb6rld"

static const struct exchange good[] = {
    {&llm_dialect_openai_chat, CHAT("\"content\":\"fine\"", "stop"), false, false, "fine", 0},
    {&llm_dialect_openai_chat, CHAT("\"content\":\"cut\"", "length"), false, false, "cut", 0},
    {&llm_dialect_openai_chat, CHAT(CHAT_CALL("f"), "tool_calls"), false, false, "", 1},
    {&llm_dialect_openai_chat, CHAT(CHAT_CALL("output"), "tool_calls"), false, true,
     "{\"a\": 1}", 0},
    {&llm_dialect_openai_chat, CHAT("\"content\":null,\"refusal\":\"I will not\"", "stop"),
     false, false, "", 0},
    {&llm_dialect_openai_chat, STR_INIT(STREAM_CHAT), true, false, ANSWER, 0},
    {&llm_dialect_openai_responses,
     RESPONSES("{\"id\":\"msg\",\"type\":\"message\",\"status\":\"completed\",\"role\":"
               "\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"fine\","
               "\"annotations\":[]}]}"),
     false, false, "fine", 0},
    {&llm_dialect_openai_responses,
     RESPONSES("{\"id\":\"fc\",\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"f\","
               "\"arguments\":\"{\\\"a\\\":1}\",\"status\":\"completed\"}"),
     false, false, "", 1},
    {&llm_dialect_openai_responses, STR_INIT(STREAM_RESPONSES), true, false, ANSWER, 0},
    {&llm_dialect_anthropic_messages,
     ANTHROPIC("{\"type\":\"text\",\"text\":\"fine\"}", "end_turn"), false, false, "fine", 0},
    {&llm_dialect_anthropic_messages,
     ANTHROPIC("{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"},{\"type\":"
               "\"tool_use\",\"id\":\"c1\",\"name\":\"f\",\"input\":{\"a\":1}}",
               "tool_use"),
     false, false, "", 1},
    {&llm_dialect_anthropic_messages, STR_INIT(STREAM_ANTHROPIC), true, false, ANSWER, 0},
    {&llm_dialect_gemini, GEMINI("{\"text\":\"fine\"}"), false, false, "fine", 0},
    {&llm_dialect_gemini, GEMINI("{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":1}}}"),
     false, false, "", 1},
    {&llm_dialect_gemini, STR_INIT(STREAM_GEMINI), true, false, ANSWER, 0},
};

static void prepare(struct world *world)
{
    world->provider.dialect = exchange->dialect;
    world->model.capabilities = (struct llm_capabilities){.stream = exchange->streamed};
    if (!exchange->tool_schema)
        return;
    struct jsonschema_problem problem;
    const json *schema = json_parse(&world->arena,
                                    STR("{\"type\":\"object\",\"additionalProperties\":false,"
                                        "\"properties\":{\"a\":{\"type\":\"integer\"}}}"),
                                    NULL);
    world->model.capabilities.schema = LLM_SCHEMA_TOOL;
    world->request.schema = jsonschema_new(&world->arena, schema, &problem);
    assert_non_null(world->request.schema);
}

static void fiber_fn make_good(struct world *world)
{
    prepare(world);
    expect(world, LLM_OK, 1);
    same_text("the answer", world->reply.text, str_from(exchange->text));
    assert_int_equal(world->reply.tool_calls, exchange->tool_calls);
    assert_int_equal(world->reply.ttft_ns >= 0, exchange->streamed);
    there_and_back(world);
}

/* Protects: what a workflow sees of a call is the same when a resume reads it again. */
static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        exchange = &good[i];
        struct act_step step = {.act = exchange->streamed ? ACT_STREAM : ACT_REPLY,
                                .body = exchange->body,
                                .piece = 100};
        in_world(&step, 1, make_good);
    }
}

static void fiber_fn make_tool_stream(struct world *world)
{
    prepare(world);
    expect(world, LLM_OK, 1);
    assert_int_equal(world->reply.tool_calls, 1);
    assert_non_null(world->reply.raw_turn);
    there_and_back(world);
}

#define TOOL_DELTA(delta, finish)                                                              \
    "data: {\"id\":\"x\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":" delta         \
    ",\"finish_reason\":" finish "}]}\n\n"

/* Protects: a call of a tool that was streamed in pieces is whole after a resume. */
static void test_streamed_tool(void **state)
{
    (void)state;
    static const struct exchange row = {.dialect = &llm_dialect_openai_chat, .streamed = true};
    static const struct act_step step[] = {
        {.act = ACT_STREAM,
         .body = STR_INIT(
             TOOL_DELTA("{\"role\":\"assistant\",\"tool_calls\":[{\"index\":0,\"id\":"
                        "\"c1\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}",
                        "null") TOOL_DELTA("{\"tool_calls\":[{\"index\":0,\"function\":{"
                                           "\"arguments\":\"{\\\"a\\\":\"}}]}",
                                           "null")
                 TOOL_DELTA("{\"tool_calls\":[{\"index\":0,\"function\":{"
                            "\"arguments\":\"1}\"}}]}",
                            "null") TOOL_DELTA("{}", "\"tool_calls\"") "data: [DONE]\n\n")}};
    exchange = &row;
    IN_WORLD(step, make_tool_stream);
}

/* ---- vectors ---- */

static void fiber_fn make_vectors(struct world *world)
{
    static const str texts[] = {STR_INIT("a"), STR_INIT("b")};
    world->provider.dialect = exchange->dialect;
    world->request = llm_embed_request(&world->model, texts, 2);
    expect(world, LLM_OK, 1);
    assert_non_null(world->reply.vector);
    there_and_back(world);
}

/* Protects: vectors are the same to the last bit. */
static void test_vectors(void **state)
{
    (void)state;
    static const struct exchange rows[] = {
        {.dialect = &llm_dialect_openai_embeddings,
         .body =
             STR_INIT("{\"object\":\"list\",\"model\":\"e\",\"data\":[{\"object\":"
                      "\"embedding\",\"index\":0,\"embedding\":[0.1,-0.3333333]},{\"object\":"
                      "\"embedding\",\"index\":1,\"embedding\":[1e-9,0.7]}],\"usage\":{"
                      "\"prompt_tokens\":2,\"total_tokens\":2}}")},
        {.dialect = &llm_dialect_gemini,
         .body =
             STR_INIT("{\"embeddings\":[{\"values\":[0.1,-0.3333333]},{\"values\":[1e-9,0.7]}]"
                      "}")},
    };
    for (size_t i = 0; i < 2; i++) {
        exchange = &rows[i];
        struct act_step step = {.body = exchange->body};
        in_world(&step, 1, make_vectors);
    }
}

/* ---- attempts, failures, unknown costs ---- */

static void fiber_fn make_after_retries(struct world *world)
{
    expect(world, LLM_OK, 3);
    assert_int_equal(world->reply.attempt[1].lost, 1);
    assert_true(world->reply.cost.upper_nanousd > 0);
    there_and_back(world);
}

/* Protects: attempts before the good one, a lost one among them, keep times, reasons and what was
 * reserved. */
static void test_retries(void **state)
{
    (void)state;
    static const struct act_step steps[] = {
        {.status = 429,
         .headers = "Retry-After: 0\r\n",
         .body = STR_INIT("{\"error\":{\"message\":\"slow down\"}}")},
        {.act = ACT_RESET},
        {.body = CHAT("\"content\":\"fine\"", "stop")},
    };
    IN_WORLD(steps, make_after_retries);
}

static void fiber_fn make_failure(struct world *world)
{
    call(world);
    assert_true(world->reply.outcome != LLM_OK);
    there_and_back(world);
}

/* Protects: a call that failed fails again, in the same words, and is not made again. */
static void test_failures(void **state)
{
    (void)state;
    static const struct act_step steps[] = {
        {.status = 401, .body = STR_INIT("{\"error\":{\"message\":\"no such key\"}}")},
        {.status = 400, .body = STR_INIT("not even JSON")},
        {.status = 500, .body = STR_INIT("")},
        {.body = STR_INIT("{\"choices\":[]}")},
        {.act = ACT_RESET_BODY, .body = CHAT("\"content\":\"fine\"", "stop")},
        {.status = 402, .body = STR_INIT("{\"error\":{\"code\":\"insufficient_quota\"}}")},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        in_world(&steps[i], 1, make_failure);
}

static void fiber_fn make_unpriced(struct world *world)
{
    expect(world, LLM_OK, 1);
    assert_false(world->reply.cost.known);
    there_and_back(world);
}

/* Protects: a cost that is unknown stays so. */
static void test_unknown_cost(void **state)
{
    (void)state;
    static const struct act_step step[] = {
        {.body = STR_INIT("{\"model\":\"m\",\"choices\":[{\"message\":{\"role\":\"assistant\","
                          "\"content\":\"a\"},\"finish_reason\":\"stop\"}]}")}};
    IN_WORLD(step, make_unpriced);
}

static void fiber_fn make_cut_short(struct world *world)
{
    world->model.capabilities.stream = true;
    call(world);
    assert_int_equal(world->reply.outcome, LLM_OK);
    assert_true(world->reply.cost.nanousd > 0);
    assert_false(world->reply.cost.known);
    there_and_back(world);
}

/* Protects: of an unknown cost the known part is kept: what a stream said before it broke off. */
static void test_known_part(void **state)
{
    (void)state;
    static const struct act_step steps[] = {
        {.act = ACT_STREAM_RESET, .body = STR_INIT(CHAT_USAGE)},
        {.body = STR_INIT("{\"model\":\"m\",\"choices\":[{\"message\":{\"role\":\"assistant\","
                          "\"content\":\"a\"},\"finish_reason\":\"stop\"}]}")},
    };
    IN_WORLD(steps, make_cut_short);
}

static void fiber_fn make_damaged(struct world *world)
{
    struct recorded_call recorded = {0};
    struct llm_reply again;
    expect(world, LLM_OK, 1);
    recorded_row(&world->request, &world->reply, world->reply.start, &world->arena,
                 &recorded.row);
    recorded.reply = str_sub(world->reply.reply_body, 0, 40);
    assert_false(
        recorded_reply(&recorded, &world->request, &world->arena, world->pool, &again));
}

/* Protects: a body that was changed in the file is not taken for an answer. */
static void test_damaged(void **state)
{
    (void)state;
    static const struct act_step step[] = {{.body = CHAT("\"content\":\"fine\"", "stop")}};
    IN_WORLD(step, make_damaged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),       cmocka_unit_test(test_streamed_tool),
        cmocka_unit_test(test_vectors),    cmocka_unit_test(test_retries),
        cmocka_unit_test(test_failures),   cmocka_unit_test(test_unknown_cost),
        cmocka_unit_test(test_known_part), cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
