/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_bench.h: a request to one dialect, and tables of replies, streams and errors as it is
 * to read them.
 */
#ifndef TEST_LLM_BENCH_H
#define TEST_LLM_BENCH_H

#include "test_llm_bodies.h"

#include "llm/schema_subset.h"
#include "llm/stream.h"

static struct {
    struct arena arena;
    struct llm_provider provider;
    struct llm_model model;
    struct llm_message message[6];
    struct llm_tool tool[2];
    struct llm_request request;
} bench;

#define CLOSED_INSIDE                                                                          \
    "\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"],"  \
    "\"additionalProperties\":false"
#define CLOSED "{" CLOSED_INSIDE "}"
#define UNKNOWN                                                                                \
    {                                                                                          \
        -1, -1, -1, -1, -1                                                                     \
    }

static inline void bench_begin(const struct llm_dialect *dialect)
{
    memset(&bench, 0, sizeof bench);
    bench.provider = (struct llm_provider){.name = STR("p"), .dialect = dialect};
    bench.model = (struct llm_model){
        .name = STR("small"),
        .model = STR("m"),
        .provider = &bench.provider,
        .capabilities = {.tools = true, .seed = true, .temperature = true},
    };
    bench.message[0] = (struct llm_message){.role = LLM_SYSTEM, .text = STR("Be \"brief\".")};
    bench.message[1] = (struct llm_message){.role = LLM_USER, .text = STR("A\nB")};
    bench.request = (struct llm_request){
        .model = &bench.model, .message = bench.message, .message_count = 2};
}

static inline int bench_end(void **state)
{
    (void)state;
    arena_release(&bench.arena);
    return 0;
}

/* Everything that can be set. */
static inline struct llm_params bench_params(void)
{
    return (struct llm_params){
        .has_temperature = true,
        .has_top_p = true,
        .has_max_tokens = true,
        .has_seed = true,
        .has_effort = true,
        .temperature = 0.1,
        .top_p = 1,
        .max_tokens = 500,
        .seed = INT64_MAX,
        .stop = {STR_INIT("END"), STR_INIT("\"")},
        .stop_count = 2,
        .effort = LLM_EFFORT_LOW,
    };
}

static inline void bench_tools(void)
{
    bench.tool[0] = (struct llm_tool){
        .name = STR("weather"),
        .description = STR("Now."),
        .parameters = json_of(&bench.arena, "{\"type\":\"object\",\"properties\":{\"city\":{"
                                            "\"type\":\"string\",\"minLength\":1}}}")};
    bench.tool[1] = (struct llm_tool){
        .name = STR("count"), .parameters = json_of(&bench.arena, CLOSED), .strict = true};
    bench.request.tool = bench.tool;
    bench.request.tools = 2;
}

/* A question, two calls, and what came of them: the first a JSON object, the second an error. */
static inline void bench_round(struct llm_tool_call call[2])
{
    call[0] = (struct llm_tool_call){STR("c1"), STR("weather"),
                                     json_of(&bench.arena, "{\"city\":\"Oslo\"}"),
                                     STR("{\"city\": \"Oslo\"}")};
    call[1] = (struct llm_tool_call){STR("c2"), STR("count"), NULL, STR("{oops")};
    bench.message[0] = (struct llm_message){.role = LLM_USER, .text = STR("x")};
    bench.message[1] = (struct llm_message){
        .role = LLM_ASSISTANT, .text = STR("Wait."), .tool_call = call, .tool_calls = 2};
    bench.message[2] =
        (struct llm_message){.role = LLM_TOOL, .text = STR("{\"c\": 4}"), .answers = &call[0]};
    bench.message[3] = (struct llm_message){
        .role = LLM_TOOL, .text = STR("no JSON"), .answers = &call[1], .failed = true};
    bench.request.message_count = 4;
}

static inline str bench_body(void)
{
    return valid_body_of(&bench.request, &bench.arena);
}

static inline void expect_has(str text, const char *part)
{
    if (!str_contains(text, str_from(part)))
        fail_msg("\n%.*s\nlacks\n%s", STR_ARG(text), part);
}

static inline str bench_check(void)
{
    return llm_request_check(&bench.request, &bench.arena);
}

static inline str bench_path(void)
{
    struct buf out = {0};
    bench.provider.dialect->path(&bench.request, &out);
    str path = arena_str(&bench.arena, buf_str(&out));
    buf_release(&out);
    return path;
}

/* ---- replies ---- */

struct reply_row {
    const char *body;
    enum llm_outcome outcome;
    const char *text, *message; /* message: a part of it */
    bool refused;
    enum llm_finish finish;
    struct llm_usage usage;
    int error_status;
    bool cut, quota;
};

#define BAD(given, why)                                                                        \
    {                                                                                          \
        .body = (given), .outcome = LLM_TRANSPORT, .text = "", .message = (why),               \
        .finish = LLM_FINISH_OTHER, .usage = UNKNOWN                                           \
    }
/* A good reply that says "x" and nothing else of note but its usage. */
#define COUNTED(given, ...)                                                                    \
    {                                                                                          \
        .body = (given), .outcome = LLM_OK, .text = "x", .message = "",                        \
        .finish = LLM_FINISH_STOP, .usage = __VA_ARGS__                                        \
    }

static inline void expect_row(const struct reply_row *row, const struct llm_decoded *decoded)
{
    if (decoded->outcome != row->outcome || decoded->refused != row->refused ||
        (row->outcome == LLM_OK && decoded->finish != row->finish) ||
        (row->outcome == LLM_OK && !str_equal(decoded->text, str_from(row->text))) ||
        !str_contains(decoded->message, str_from(row->message)) ||
        decoded->error_status != row->error_status || decoded->cut != row->cut ||
        decoded->quota != row->quota ||
        memcmp(&decoded->usage, &row->usage, sizeof row->usage) != 0)
        fail_msg(
            "%s\n%s, text '%.*s', message '%.*s', finish %d, refused %d, status %d, cut %d, "
            "quota %d, usage %lld %lld %lld %lld %lld",
            row->body, llm_outcome_name(decoded->outcome), STR_ARG(decoded->text),
            STR_ARG(decoded->message), (int)decoded->finish, decoded->refused,
            decoded->error_status, decoded->cut, decoded->quota,
            (long long)decoded->usage.input, (long long)decoded->usage.cache_read,
            (long long)decoded->usage.cache_write, (long long)decoded->usage.output,
            (long long)decoded->usage.reasoning);
}

static inline void bench_decode(const char *body, struct llm_decoded *decoded)
{
    bench.provider.dialect->decode(&bench.model, str_from(body), &bench.arena, decoded);
}

static inline void bench_decode_stream(const char *body, struct llm_decoded *decoded)
{
    struct llm_stream stream;
    llm_stream_init(&stream, str_from(body), NULL, 0);
    bench.provider.dialect->decode_stream(&bench.model, &stream, &bench.arena, decoded);
    llm_stream_release(&stream);
}

static inline void expect_rows(const struct reply_row *row, size_t count,
                               void (*read)(const char *body, struct llm_decoded *decoded))
{
    for (size_t i = 0; i < count; i++) {
        struct llm_decoded decoded;
        read(row[i].body, &decoded);
        expect_row(&row[i], &decoded);
    }
}

/* Any JSON value in the place of any other: an outcome in any case. */
static inline void survive_values(const char *good,
                                  void (*read)(const char *body, struct llm_decoded *decoded))
{
    static const char *const values[] = {"null", "7", "\"x\"", "[]", "{}", "[[1]]", "true"};
    size_t length = strlen(good), tried = 0;
    for (size_t at = 0; at < length; at++) {
        if (!strchr("\"{[0123456789tfn", good[at]) || (at && !strchr(":,[", good[at - 1])))
            continue;
        size_t used;
        struct arena scratch = {0};
        if (json_parse_prefix(&scratch, (str){good + at, length - at}, &used)) {
            for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
                struct llm_decoded decoded;
                str body = arena_printf(&scratch, "%.*s%s%s", (int)at, good, values[v],
                                        good + at + used);
                read(body.p, &decoded);
                assert_true(decoded.outcome == LLM_OK || decoded.message.n > 0);
                tried++;
            }
        }
        arena_release(&scratch);
    }
    assert_true(tried > 50);
}

/* ---- errors ---- */

struct problem_row {
    int status;
    const char *body, *message;
    bool quota, auth;
    int64_t retry_after_ns; /* 0: none */
};

static inline void expect_problems(const struct problem_row *row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct llm_problem problem;
        bench.provider.dialect->explain(row[i].status, str_from(row[i].body), &bench.arena,
                                        &problem);
        int64_t hint = row[i].retry_after_ns ? row[i].retry_after_ns : -1;
        assert_str(problem.message, row[i].message);
        if (problem.quota != row[i].quota || problem.auth != row[i].auth ||
            problem.retry_after_ns != hint)
            fail_msg("%s: quota %d, auth %d, hint %lld", row[i].body, problem.quota,
                     problem.auth, (long long)problem.retry_after_ns);
    }
}

/* ---- schemas ---- */

struct schema_row {
    const char *schema, *fit; /* fit: NULL when it is refused, for this reason: */
    const char *why;
};

static inline void expect_schemas(const struct schema_subset *subset,
                                  const struct schema_row *row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct jsonschema_problem problem = {0};
        const json *fit = schema_subset_fit(subset, &bench.arena,
                                            json_of(&bench.arena, row[i].schema), &problem);
        if (row[i].fit) {
            if (!fit)
                fail_msg("%s: %.*s", row[i].schema, STR_ARG(problem.text));
            assert_str(json_to_str(&bench.arena, fit, JSON_COMPACT), row[i].fit);
        } else {
            if (fit)
                fail_msg("%s fits", row[i].schema);
            assert_str(jsonschema_problem_line(&bench.arena, &problem), row[i].why);
        }
    }
}

#endif
