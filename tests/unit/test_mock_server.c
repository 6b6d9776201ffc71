/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_server.c: the real weir-mock over loopback, spoken to in raw HTTP.
 */
#include "test_mock_running.h"

static const char echo[] = "rules: {r: {reply: 'said {{request.prompt}}'}}\n";

/* Protects: a plain chat works, keep-alive and all, without and with /v1. */
static void test_chat(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct running running = start(echo);
    struct hearing hearing = {.fd = dial(&running)};
    str body;
    for (int i = 0; i < 3; i++) {
        say(hearing.fd, request_text(&arena, "hello", ""));
        assert_int_equal(hear(&hearing, &body), 200);
        const json *reply = json_parse(&arena, body, NULL);
        assert_text(json_text(json_get(reply, STR("object"))), "chat.completion");
        assert_text(json_text(json_path(json_at(json_get(reply, STR("choices")), 0),
                                        "message.content")),
                    "said hello");
    }
    close(hearing.fd);
    buf_release(&hearing.bytes);
    stop(&running);
    arena_release(&arena);
}

/* Protects: every refusal has the provider's status, type, parameter and code. */
static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *line, *key, *body;
        int status;
        const char *param, *code;
    } rows[] = {
        {"GET /nope", "k", "", 404, "", ""},
        {"GET /v1/chat/completions", "k", "", 405, "", "method_not_supported"},
        {"POST /v1/models", "k", "{}", 405, "", "method_not_supported"},
        {"POST /v1/chat/completions", "", "{}", 401, "", "invalid_api_key"},
        {"POST /v1/chat/completions", "k", "{\"model\":", 400, "", ""},
        {"POST /v1/chat/completions", "k", "[]", 400, "", ""},
        {"POST /v1/chat/completions", "k", "{}", 400, "model", "missing_required_parameter"},
        {"POST /v1/chat/completions", "k", "{\"model\":5}", 400, "model", "invalid_type"},
        {"POST /v1/chat/completions", "k", "{\"model\":\"m\"}", 400, "messages",
         "missing_required_parameter"},
        {"POST /v1/chat/completions", "k", "{\"model\":\"m\",\"messages\":\"hi\"}", 400,
         "messages", "invalid_type"},
        {"POST /v1/chat/completions", "k", "{\"model\":\"m\",\"messages\":[]}", 400, "messages",
         "empty_array"},
        {"POST /v1/chat/completions", "k",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"usr\",\"content\":\"a\"}]}", 400,
         "messages[0].role", "invalid_value"},
        {"POST /v1/chat/completions", "k",
         "{\"model\":\"m\",\"messages\":[{\"content\":\"a\"}]}", 400, "messages[0].role",
         "missing_required_parameter"},
        {"POST /v1/chat/completions", "k",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":5}]}", 400,
         "messages[0].content", "invalid_type"},
        {"POST /v1/chat/completions", "k",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],"
         "\"temperature\":3}",
         400, "temperature", "decimal_above_max_value"},
        {"POST /v1/chat/completions", "k",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"n\":0}", 400,
         "n", "integer_below_min_value"},
        {"POST /v1/chat/completions", "k",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"n\":\"1\"}",
         400, "n", "invalid_type"},
        {"POST /v1/chat/completions", "k",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"response_"
         "format\":{"
         "\"type\":\"xml\"}}",
         400, "response_format.type", "invalid_value"},
        {"POST /v1/chat/completions", "k",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"response_"
         "format\":{"
         "\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a b\",\"schema\":{}}}}",
         400, "response_format.json_schema.name", "invalid_value"},
        {"POST /v1/chat/completions", "k",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"tool\",\"content\":\"a\",\"tool_call_id\":"
         "\"c\"}]}",
         400, "messages[0].role", "invalid_value"},
    };
    struct running running = start(echo);
    struct buf reply = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        str request =
            arena_printf(&arena,
                         "%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                         "%s\r\nContent-Length: %zu\r\n\r\n%s",
                         rows[i].line, rows[i].key, strlen(rows[i].body), rows[i].body);
        int status = ask_once(&running, request, &reply);
        const json *error = json_get(json_parse(&arena, buf_str(&reply), NULL), STR("error"));
        bool good =
            status == rows[i].status && json_text(json_get(error, STR("message"))).n &&
            str_equal(json_text(json_get(error, STR("type"))), STR("invalid_request_error")) &&
            str_equal(json_text(json_get(error, STR("param"))), str_from(rows[i].param)) &&
            str_equal(json_text(json_get(error, STR("code"))), str_from(rows[i].code));
        if (!good)
            fail_msg("%s %s: %d %.*s", rows[i].line, rows[i].body, status,
                     STR_ARG(buf_str(&reply)));
        arena_release(&arena);
    }
    buf_release(&reply);
    stop(&running);
}

/* Protects: every reply has a request id and rate-limit headers; explanations only on demand. */
static void test_headers(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct running running = start(echo);
    struct hearing hearing = {.fd = dial(&running)};
    str body;
    say(hearing.fd, request_text(&arena, "hello", ""));
    assert_int_equal(hear(&hearing, &body), 200);
    say(hearing.fd, STR("GET /nope HTTP/1.1\r\n\r\n"));
    size_t first = hearing.taken;
    assert_int_equal(hear(&hearing, &body), 404);
    str all = buf_str(&hearing.bytes);
    const str replies[] = {str_sub(all, 0, first), str_sub(all, first, all.n)};
    for (int i = 0; i < 2; i++) {
        assert_true(str_contains(replies[i], STR("x-request-id: req_")));
        assert_true(str_contains(replies[i], STR("x-ratelimit-remaining-tokens: ")));
        assert_false(str_contains(replies[i], STR("x-mock-")));
    }
    close(hearing.fd);
    buf_release(&hearing.bytes);
    stop(&running);
    arena_release(&arena);
}

/* Protects: pipelined requests are answered in order, whether replies are due now or later. */
static void test_pipelining(void **state)
{
    (void)state;
    struct running running =
        start("rules: {late: {when: {prompt: late}, reply: 'said {{request.prompt}}', "
              "first_token: 5ms}, r: {reply: 'said {{request.prompt}}'}}\n");
    struct arena arena = {0};
    struct buf requests = {0};
    enum { N = 200 };
    for (int i = 0; i < N; i++) {
        str prompt = arena_printf(&arena, "%s%d", i % 10 == 3 ? "late" : "p", i);
        buf_add_str(&requests, request_text(&arena, prompt.p, ""));
    }
    struct hearing hearing = {.fd = dial(&running)};
    say(hearing.fd, buf_str(&requests));
    for (int i = 0; i < N; i++) {
        str body;
        char wanted[40];
        snprintf(wanted, sizeof wanted, "said %s%d\"", i % 10 == 3 ? "late" : "p", i);
        assert_int_equal(hear(&hearing, &body), 200);
        assert_true(str_contains(body, str_from(wanted)));
    }
    close(hearing.fd);
    buf_release(&hearing.bytes);
    buf_release(&requests);
    stop(&running);
    arena_release(&arena);
}

/* Protects: chunked bodies, Expect: 100-continue, Connection: close, and a client that sends a
 * byte at a time. */
static void test_ways_of_sending(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct running running = start(echo);
    struct buf reply = {0};
    str body =
        STR("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}");
    str request =
        arena_printf(&arena,
                     "POST /chat/completions HTTP/1.1\r\nAuthorization: Bearer k\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n10\r\n%.16s\r\n%zx\r\n%s\r\n0\r\n\r\n",
                     body.p, body.n - 16, body.p + 16);
    assert_int_equal(ask_once(&running, request, &reply), 200);
    assert_true(str_contains(buf_str(&reply), STR("said hello")));

    struct hearing hearing = {.fd = dial(&running)};
    request = request_text(&arena, "hello", "Expect: 100-continue\r\nConnection: close\r\n");
    ptrdiff_t end = str_find(request, STR("\r\n\r\n"), 0) + 4;
    say(hearing.fd, str_sub(request, 0, (size_t)end));
    str none;
    assert_int_equal(hear(&hearing, &none), 100);
    say(hearing.fd, str_sub(request, (size_t)end, request.n));
    assert_int_equal(hear(&hearing, &none), 200);
    assert_int_equal(hear(&hearing, &none), 0);
    assert_true(hearing.ended && !hearing.reset);
    close(hearing.fd);
    buf_release(&hearing.bytes);

    hearing = (struct hearing){.fd = dial(&running)};
    request = request_text(&arena, "slow", "");
    for (size_t i = 0; i < request.n; i++)
        say(hearing.fd, str_sub(request, i, i + 1));
    assert_int_equal(hear(&hearing, &none), 200);
    close(hearing.fd);
    buf_release(&hearing.bytes);
    buf_release(&reply);
    stop(&running);
    arena_release(&arena);
}

/* Protects: what is not HTTP, huge headers and huge bodies are refused with a status and a close,
 * and the server goes on. */
static void test_malformed(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct running running = start(echo);
    struct buf reply = {0}, huge = {0};
    assert_int_equal(ask_once(&running, STR("\x16\x03\x01\x02hello\r\n\r\n"), &reply), 400);
    assert_true(str_contains(buf_str(&reply), STR("\"error\"")));
    buf_add_str(&huge, STR("POST / HTTP/1.1\r\nX: "));
    for (int i = 0; i < 1000000; i++)
        buf_add_char(&huge, 'x');
    assert_int_equal(ask_once(&running, buf_str(&huge), &reply), 431);
    assert_int_equal(
        ask_once(&running, STR("POST / HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n"), &reply),
        413);
    assert_int_equal(ask_once(&running, request_text(&arena, "still there?", ""), &reply), 200);
    buf_release(&reply);
    buf_release(&huge);
    stop(&running);
    arena_release(&arena);
}

/* Protects: faults on the wire are what they say: a reset, a close in mid-body, silence. */
static void test_faults(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct running running = start("rules: {r: {reply: hello}}\n"
                                   "faults:\n"
                                   "  - {reset: headers, when: {prompt: one}}\n"
                                   "  - {reset: body, fin: true, when: {prompt: two}}\n"
                                   "  - {hang: headers, when: {prompt: three}}\n"
                                   "  - {drip: 1ms, when: {prompt: four}}\n");
    str body;
    struct hearing hearing = {.fd = dial(&running)};
    say(hearing.fd, request_text(&arena, "one", ""));
    assert_int_equal(hear(&hearing, &body), 0);
    assert_true(hearing.reset && hearing.bytes.n == 0);
    close(hearing.fd);
    hearing = (struct hearing){.fd = dial(&running)};
    say(hearing.fd, request_text(&arena, "two", ""));
    assert_int_equal(hear(&hearing, &body), 0);
    assert_true(!hearing.reset && hearing.bytes.n > 200);
    close(hearing.fd);
    buf_release(&hearing.bytes);
    hearing = (struct hearing){.fd = dial(&running)};
    say(hearing.fd, request_text(&arena, "three", ""));
    struct pollfd wait = {hearing.fd, POLLIN, 0};
    assert_int_equal(poll(&wait, 1, 200), 0);
    close(hearing.fd);
    hearing = (struct hearing){.fd = dial(&running)};
    say(hearing.fd, request_text(&arena, "four", ""));
    assert_int_equal(hear(&hearing, &body), 200);
    assert_non_null(json_parse(&arena, body, NULL));
    close(hearing.fd);
    buf_release(&hearing.bytes);
    stop(&running);
    arena_release(&arena);
}

/* Protects: slots serve that many at once, the others in order; a client that leaves the queue
 * takes nothing with it. */
static void test_slots(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct running running = start("models: {m: {slots: 1, first_token: 50ms}}\n"
                                   "rules: {r: {reply: hello}}\n");
    enum { N = 5 };
    struct hearing hearing[N];
    int64_t begin = clock_now().ns;
    for (int i = 0; i < N; i++) {
        hearing[i] = (struct hearing){.fd = dial(&running)};
        say(hearing[i].fd, request_text(&arena, "x", ""));
    }
    close(hearing[1].fd);
    for (int i = 0; i < N; i++) {
        str body;
        if (i == 1)
            continue;
        assert_int_equal(hear(&hearing[i], &body), 200);
        close(hearing[i].fd);
        buf_release(&hearing[i].bytes);
    }
    /* four served one after the other cannot take less than four times the time of one */
    assert_true(clock_now().ns - begin >= 4 * 50 * NS_PER_MS);
    stop(&running);
    arena_release(&arena);
}

/* Protects: 2,000 connections with a request in flight each are all answered. */
static void test_many(void **state)
{
    (void)state;
    enum { N = 2000 };
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < N + 100)
        skip();
    struct arena arena = {0};
    struct running running = start("models: {m: {first_token: 300ms}}\n"
                                   "rules: {r: {reply: 'said {{request.prompt}}'}}\n");
    struct hearing *hearing = arena_array(&arena, struct hearing, N);
    for (int i = 0; i < N; i++) {
        hearing[i].fd = dial(&running);
        str prompt = arena_printf(&arena, "p%d", i);
        say(hearing[i].fd, request_text(&arena, prompt.p, ""));
    }
    for (int i = 0; i < N; i++) {
        str body, wanted = arena_printf(&arena, "said p%d\"", i);
        assert_int_equal(hear(&hearing[i], &body), 200);
        assert_true(str_contains(body, wanted));
        close(hearing[i].fd);
        buf_release(&hearing[i].bytes);
    }
    stop(&running);
    arena_release(&arena);
}

/* Protects: truth, metrics, journal and health of a running server. */
static void test_admin(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct running running = start(echo);
    struct buf reply = {0};
    ask_once(&running, request_text(&arena, "hello", "Idempotency-Key: abc\r\n"), &reply);
    assert_int_equal(ask_once(&running, STR("GET /mock/truth HTTP/1.1\r\n\r\n"), &reply), 200);
    const json *truth = json_parse(&arena, buf_str(&reply), NULL);
    assert_int_equal(json_number(json_get(truth, STR("replies"))), 1);
    assert_int_equal(json_number(json_path(truth, "sends.count")), 1);
    assert_int_equal(ask_once(&running, STR("GET /mock/journal HTTP/1.1\r\n\r\n"), &reply),
                     200);
    const json *entry = json_at(json_parse(&arena, buf_str(&reply), NULL), 0);
    assert_text(json_text(json_get(entry, STR("idempotency_key"))), "abc");
    assert_text(json_text(json_get(entry, STR("rule"))), "r");
    assert_true(str_contains(json_text(json_get(entry, STR("body"))), STR("hello")));
    assert_int_equal(ask_once(&running, STR("GET /metrics HTTP/1.1\r\n\r\n"), &reply), 200);
    assert_true(str_contains(buf_str(&reply),
                             STR("weir_mock_replies_total{endpoint=\"/chat/"
                                 "completions\",dialect=\"openai-chat\",status=\"200\"} 1\n")));
    assert_int_equal(ask_once(&running, STR("GET /healthz HTTP/1.1\r\n\r\n"), &reply), 200);
    assert_int_equal(ask_once(&running, STR("GET /mock/reset HTTP/1.1\r\n\r\n"), &reply), 405);
    buf_release(&reply);
    stop(&running);
    arena_release(&arena);
}

static int run_program(const char *const *arguments)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        dup2(null, 2);
        execv(program(), (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Protects: the exit codes of the command line. */
static void test_command_line(void **state)
{
    (void)state;
    struct running running = start(echo);
    char port[12];
    snprintf(port, sizeof port, "%d", running.port);
    const struct {
        int code;
        const char *arguments[6];
    } rows[] = {
        {0, {program(), "--version"}},
        {0, {program(), "--help"}},
        {0, {program(), "--check", "--config", running.config}},
        {0, {program(), "--check"}},
        {2, {program(), "--prot", "0"}},
        {2, {program(), "surplus"}},
        {2, {program(), "--port", "99999"}},
        {2, {program(), "--config", "/nonexistent.yaml"}},
        {2, {program(), "--host", "localhost", "--port", "0"}},
        {1, {program(), "--port", port}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int code = run_program(rows[i].arguments);
        if (code != rows[i].code)
            fail_msg("%s %s: %d", rows[i].arguments[1], rows[i].arguments[2], code);
    }
    stop(&running);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chat),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_pipelining),
        cmocka_unit_test(test_ways_of_sending),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_admin),
        cmocka_unit_test(test_command_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
