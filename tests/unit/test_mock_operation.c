/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_operation.c: weir-mock as a server to be run: workers, signals, what it tells of
 * itself, clients that behave oddly.
 */
#include "test_mock_running.h"

#include "base/file.h"

static void pause_ms(int64_t ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * NS_PER_MS}, NULL);
}

static void rewrite(const struct running *running, const char *yaml)
{
    FILE *file = fopen(running->config, "w");
    assert_non_null(file);
    fputs(yaml, file);
    fclose(file);
}

/* A page as JSON, in the arena. */
static const json *page(const struct running *running, struct arena *arena, const char *path)
{
    struct buf reply = {0};
    str request = arena_printf(arena, "GET %s HTTP/1.1\r\n\r\n", path);
    assert_int_equal(ask_once(running, request, &reply), 200);
    const json *value = json_parse(arena, arena_str(arena, buf_str(&reply)), NULL);
    buf_release(&reply);
    assert_non_null(value);
    return value;
}

/* Asks until the number at `path` of the page is at least `wanted`. */
static void await_number(const struct running *running, const char *of, const char *path,
                         double wanted)
{
    for (int i = 0; i < 2000; i++) {
        struct arena arena = {0};
        double number = json_number(json_path(page(running, &arena, of), path));
        arena_release(&arena);
        if (number >= wanted)
            return;
        pause_ms(10);
    }
    fail_msg("%s of %s did not become %g", path, of, wanted);
}

static bool says(const struct running *running, const char *prompt, const char *wanted)
{
    struct arena arena = {0};
    struct buf reply = {0};
    assert_int_equal(ask_once(running, request_text(&arena, prompt, ""), &reply), 200);
    bool yes = str_contains(buf_str(&reply), str_from(wanted));
    buf_release(&reply);
    arena_release(&arena);
    return yes;
}

/* Protects: SIGHUP puts a new file in force as a whole; a bad one changes nothing and is told;
 * what is under way finishes as it began. */
static void test_reload(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct running running = start_with("rules: {r: {reply: one, first_token: 400ms}}\n",
                                        (const char *const[]){"--workers", "2", NULL});
    struct hearing slow = {.fd = dial(&running)};
    str body;
    say(slow.fd, request_text(&arena, "x", ""));
    await_number(&running, "/mock/truth", "replies", 1);
    rewrite(&running, "rules: {r: {reply: two}}\n");
    kill(running.pid, SIGHUP);
    await_number(&running, "/healthz", "config.generation", 2);
    assert_true(says(&running, "x", "\"two\""));
    assert_int_equal(hear(&slow, &body), 200);
    assert_true(str_contains(body, STR("\"one\"")));

    rewrite(&running, "rules: {r: {replay: three}}\n");
    kill(running.pid, SIGHUP);
    await_number(&running, "/healthz", "config.failures", 1);
    const json *config = json_get(page(&running, &arena, "/healthz"), STR("config"));
    assert_int_equal(json_number(json_get(config, STR("generation"))), 2);
    assert_text(json_text(json_get(config, STR("path"))), running.config);
    assert_true(str_contains(json_text(json_get(config, STR("trouble"))), STR("replay")));
    assert_true(says(&running, "x", "\"two\""));

    rewrite(&running, "rules: {r: {reply: four}}\n");
    kill(running.pid, SIGHUP);
    await_number(&running, "/healthz", "config.generation", 3);
    config = json_get(page(&running, &arena, "/healthz"), STR("config"));
    assert_int_equal(json_text(json_get(config, STR("trouble"))).n, 0);
    for (int i = 0; i < 4; i++) /* whichever worker it is */
        assert_true(says(&running, "x", "\"four\""));
    close(slow.fd);
    buf_release(&slow.bytes);
    stop(&running);
    arena_release(&arena);
}

static int exit_code_of(struct running *running)
{
    int status = -1;
    waitpid(running->pid, &status, 0);
    unlink(running->config);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Protects: SIGTERM closes idle connections and takes no new ones, but finishes the reply under
 * way and ends with 0. */
static void test_drain(void **state)
{
    (void)state;
    for (int workers = 1; workers <= 3; workers += 2) {
        struct arena arena = {0};
        char count[4];
        snprintf(count, sizeof count, "%d", workers);
        struct running running =
            start_with("rules: {r: {reply: hello, first_token: 500ms}}\n",
                       (const char *const[]){"--workers", count, "--drain", "60s", NULL});
        struct hearing idle = {.fd = dial(&running)}, busy = {.fd = dial(&running)};
        str body;
        say(idle.fd, STR("GET /healthz HTTP/1.1\r\n\r\n"));
        assert_int_equal(hear(&idle, &body), 200);
        say(busy.fd, request_text(&arena, "x", ""));
        await_number(&running, "/mock/truth", "replies", 1);
        kill(running.pid, SIGTERM);
        assert_int_equal(hear(&idle, &body), 0);
        assert_true(idle.ended && !idle.reset);
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)running.port),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int late = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(late, (struct sockaddr *)&address, sizeof address), -1);
        assert_int_equal(hear(&busy, &body), 200);
        assert_true(str_contains(body, STR("hello")));
        assert_int_equal(hear(&busy, &body), 0);
        close(late);
        close(idle.fd);
        close(busy.fd);
        buf_release(&idle.bytes);
        buf_release(&busy.bytes);
        assert_int_equal(exit_code_of(&running), 0);
        arena_release(&arena);
    }
}

/* Protects: a second signal ends the server at once, and so does the end of the time for
 * draining. */
static void test_end_at_once(void **state)
{
    (void)state;
    for (int second = 0; second < 2; second++) {
        struct arena arena = {0};
        struct running running = start_with(
            "rules: {r: {reply: hello, first_token: 1000s}}\n",
            (const char *const[]){"--drain", second ? "1000s" : "100ms", "-w", "2", NULL});
        struct hearing busy = {.fd = dial(&running)};
        str body;
        say(busy.fd, request_text(&arena, "x", ""));
        await_number(&running, "/mock/truth", "replies", 1);
        kill(running.pid, SIGTERM);
        if (second) {
            pause_ms(50);
            kill(running.pid, SIGINT);
        }
        assert_int_equal(exit_code_of(&running), 0); /* a test that hangs here is killed */
        assert_int_equal(hear(&busy, &body), 0);
        close(busy.fd);
        buf_release(&busy.bytes);
        arena_release(&arena);
    }
}

/* Protects: a client that shuts down its sending side gets all replies it has asked for, and then
 * the end. */
static void test_half_closed(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct running running = start("rules: {late: {when: {prompt: late}, reply: l, "
                                   "first_token: 100ms}, r: {reply: hello}}\n");
    for (int late = 0; late < 2; late++) {
        struct hearing hearing = {.fd = dial(&running)};
        str body;
        for (int i = 0; i < 3; i++)
            say(hearing.fd, request_text(&arena, late ? "late" : "soon", ""));
        shutdown(hearing.fd, SHUT_WR);
        for (int i = 0; i < 3; i++)
            assert_int_equal(hear(&hearing, &body), 200);
        assert_int_equal(hear(&hearing, &body), 0);
        assert_true(hearing.ended && !hearing.reset);
        close(hearing.fd);
        buf_release(&hearing.bytes);
    }
    stop(&running);
    arena_release(&arena);
}

/* Protects: a client that goes away stops what is under way: it is counted, the journal says so,
 * and its slot is free for the next. */
static void test_gone(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct running running = start("models: {m: {slots: 1}}\n"
                                   "rules: {long: {when: {prompt: long}, reply: a b c d e f, "
                                   "first_token: 1ms, per_token: 1000s}, r: {reply: hello}}\n");
    for (int stream = 0; stream < 2; stream++) {
        struct hearing hearing = {.fd = dial(&running)};
        str asked = STR("{\"model\":\"m\",\"stream\":true,"
                        "\"messages\":[{\"role\":\"user\",\"content\":\"long\"}]}");
        str request = arena_printf(&arena,
                                   "POST /v1/chat/completions HTTP/1.1\r\nAuthorization: "
                                   "Bearer k\r\nContent-Length: %zu\r\n\r\n%s",
                                   asked.n, asked.p);
        say(hearing.fd, stream ? request : request_text(&arena, "long", ""));
        if (stream)
            assert_true(more(&hearing));
        else
            await_number(&running, "/mock/truth", "replies", 1);
        close(hearing.fd);
        buf_release(&hearing.bytes);
        assert_true(says(&running, "short", "hello")); /* after the only slot is free */
        const json *gone = page(&running, &arena, "/mock/journal?gone=1");
        assert_int_equal(json_count(gone), stream + 1);
        const json *entry = json_at(gone, stream);
        assert_text(json_text(json_get(entry, STR("rule"))), "long");
        double sent = json_number(json_get(entry, STR("sent_bytes")));
        assert_true(stream ? sent > 0 : sent == 0);
        await_number(&running, "/mock/truth", "gone", stream + 1);
    }
    stop(&running);
    arena_release(&arena);
}

/* Protects: HEAD is GET without a body, OPTIONS and 405 name the methods, and a connection goes on
 * after each. */
static void test_methods(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int status;
        const char *wanted;
    } rows[] = {
        {"HEAD /healthz", 200, "content-length: "},
        {"HEAD /v1/models", 200, "content-type: application/json"},
        {"HEAD /v1/chat/completions", 405, "allow: POST, OPTIONS\r\n"},
        {"OPTIONS /v1/chat/completions", 204, "allow: POST, OPTIONS\r\n"},
        {"OPTIONS /v1/models", 204, "allow: GET, HEAD, OPTIONS\r\n"},
        {"OPTIONS /mock/clock", 204, "allow: GET, HEAD, POST, OPTIONS\r\n"},
        {"DELETE /mock/truth", 405, "allow: GET, HEAD, OPTIONS\r\n"},
        {"OPTIONS /nowhere", 404, "x-request-id: "},
    };
    struct running running = start("{}\n");
    int fd = dial(&running);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        struct buf got = {0};
        char piece[4096];
        /* what stands behind the reply is the next one's: a body after HEAD would show */
        say(fd, arena_printf(&arena,
                             "%s HTTP/1.1\r\nAuthorization: Bearer k\r\n\r\n"
                             "GET /mock/clock HTTP/1.1\r\n\r\n",
                             rows[i].line));
        while (!str_contains(buf_str(&got), STR("virtual_ms"))) {
            ssize_t n = recv(fd, piece, sizeof piece, 0);
            assert_true(n > 0);
            buf_add(&got, piece, (size_t)n);
        }
        ptrdiff_t end = str_find(buf_str(&got), STR("\r\n\r\n"), 0) + 4;
        str head = str_sub(buf_str(&got), 0, (size_t)end);
        str rest = str_sub(buf_str(&got), (size_t)end, got.n);
        if (strtol(head.p + 9, NULL, 10) != rows[i].status ||
            !str_contains(head, str_from(rows[i].wanted)))
            fail_msg("%s: %.*s", rows[i].line, STR_ARG(head));
        if (str_starts_with(str_from(rows[i].line), STR("HEAD")) || rows[i].status == 204)
            assert_true(str_starts_with(rest, STR("HTTP/1.1 200")));
        buf_release(&got);
        arena_release(&arena);
    }
    close(fd);
    stop(&running);
}

/* ---- metrics ---- */

static bool is_name(str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return text.n > 0;
}

/* name{label="value",…} number; the name goes to *name, what is between the braces to *labels. */
static bool is_sample(str line, str *name, str *labels, double *value)
{
    size_t at = 0;
    while (at < line.n && line.p[at] != '{' && line.p[at] != ' ')
        at++;
    *name = str_sub(line, 0, at);
    *labels = STR("");
    if (!is_name(*name) || at == line.n)
        return false;
    size_t from = at + 1;
    while (at < line.n && line.p[at] != ' ') {
        size_t key = ++at; /* behind '{' or ',' */
        while (at < line.n && line.p[at] != '=')
            at++;
        if (!is_name(str_sub(line, key, at)) || at + 1 >= line.n || line.p[++at] != '"')
            return false;
        for (at++; at < line.n && line.p[at] != '"'; at++)
            if (line.p[at] == '\\' && ++at < line.n && !strchr("\\\"n", line.p[at]))
                return false;
        if (++at >= line.n || (line.p[at] != ',' && line.p[at] != '}'))
            return false;
        if (line.p[at] == '}') {
            *labels = str_sub(line, from, at++);
            break;
        }
    }
    return at < line.n && line.p[at] == ' ' &&
           str_to_double(str_sub(line, at + 1, line.n), value);
}

/* A family's own name, of a histogram's sample too. */
static str family_of(str name, str type)
{
    static const str ends[] = {STR_INIT("_bucket"), STR_INIT("_sum"), STR_INIT("_count")};
    for (size_t i = 0; str_equal(type, STR("histogram")) && i < 3; i++)
        if (str_ends_with(name, ends[i]))
            return str_sub(name, 0, name.n - ends[i].n);
    return name;
}

/* The rules of the text format: HELP and TYPE before a family's samples, each family in one piece,
 * names and labels well formed, no sample twice, buckets that only grow up to the count. */
static void check_metrics(str text)
{
    struct arena arena = {0};
    str rest = text, line, family = STR(""), type = STR("");
    str *seen = arena_array(&arena, str, 4096), *families = arena_array(&arena, str, 256);
    size_t samples = 0, count = 0;
    double bucket = 0;
    assert_true(str_ends_with(text, STR("\n")));
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        if (str_starts_with(line, STR("# HELP "))) {
            str help;
            str_cut(str_sub(line, 7, line.n), ' ', &family, &help);
            assert_true(is_name(family) && help.n);
            for (size_t i = 0; i < count; i++)
                assert_false(str_equal(families[i], family));
            families[count++] = family;
            str wanted = arena_printf(&arena, "# TYPE %.*s ", STR_ARG(family));
            assert_true(str_starts_with(rest, wanted));
            str_cut(rest, '\n', &line, &rest);
            type = str_sub(line, wanted.n, line.n);
            assert_true(str_equal(type, STR("counter")) || str_equal(type, STR("gauge")) ||
                        str_equal(type, STR("histogram")));
            assert_int_equal(str_equal(type, STR("counter")),
                             str_ends_with(family, STR("_total")));
            bucket = 0;
            continue;
        }
        str name, labels;
        double value;
        if (!is_sample(line, &name, &labels, &value))
            fail_msg("no sample: %.*s", STR_ARG(line));
        assert_true(str_equal(family_of(name, type), family));
        if (str_ends_with(name, STR("_bucket")) || str_ends_with(name, STR("_count"))) {
            assert_true(value >= bucket);
            bucket = value;
        }
        seen[samples] = str_sub(line, 0, name.n + labels.n);
        for (size_t i = 0; i < samples; i++)
            assert_false(str_equal(seen[i], seen[samples]) && labels.n == 0);
        samples++;
    }
    assert_true(count > 15 && samples > 25);
    arena_release(&arena);
}

/* Protects: /metrics is what Prometheus reads, also with texts of users in the labels, and counts
 * what was done. */
static void test_metrics(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct running running =
        start_with("models: {m: {skill: 0.5}}\n"
                   "answers: {'a \"b\\c': {samples: [{q: question, expected: y}], "
                   "find: [q], right: \"{{row.expected}}\"}}\n"
                   "faults: [{status: 503, attempts: [2]}]\n",
                   (const char *const[]){"--workers", "2", NULL});
    struct buf reply = {0};
    for (int i = 0; i < 3; i++)
        ask_once(&running, request_text(&arena, "a question", ""), &reply);
    ask_once(&running, STR("nonsense\r\n\r\n"), &reply);
    assert_int_equal(ask_once(&running, STR("GET /metrics HTTP/1.1\r\n\r\n"), &reply), 200);
    check_metrics(buf_str(&reply));
    static const char *const wanted[] = {
        "weir_mock_replies_total{endpoint=\"/chat/completions\",dialect=\"openai-chat\","
        "status=\"200\"} 2\n",
        "weir_mock_replies_total{endpoint=\"/chat/completions\",dialect=\"openai-chat\","
        "status=\"503\"} 1\n",
        "weir_mock_faults_total{fault=\"503\"} 1\n",
        "weir_mock_answers_total{model=\"m\",rule=\"a \\\"b\\\\c\",verdict=",
        "weir_mock_refused_total 1\n",
        "weir_mock_requests_total 4\n",
        "weir_mock_config_generation 1\n",
        "weir_mock_requests_in_flight 0\n",
        "weir_mock_streams_open 0\n",
        "weir_mock_clients_gone_total 0\n",
        "weir_mock_tokens_total{kind=\"output\"} ",
        "weir_mock_send_lateness_seconds_bucket{le=\"+Inf\"} ",
        "weir_mock_uptime_seconds ",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (!str_contains(buf_str(&reply), str_from(wanted[i])))
            fail_msg("%s is missing in\n%.*s", wanted[i], STR_ARG(buf_str(&reply)));
    buf_release(&reply);
    stop(&running);
    arena_release(&arena);
}

/* ---- journal, truth and reset by scope ---- */

/* Protects: the journal's filters, truth of a scope, and a reset that leaves the other scopes
 * alone. */
static void test_scopes(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct running running = start("rules: {r: {reply: '{{request.attempt}}'}}\n"
                                   "limits: [{requests: 3}]\n");
    struct buf reply = {0};
    for (int i = 0; i < 4; i++)
        for (int b = 0; b < 2; b++)
            ask_once(
                &running,
                request_text(&arena, "x", b ? "X-Mock-Scope: b\r\n" : "X-Mock-Scope: a\r\n"),
                &reply);
    assert_int_equal(json_count(page(&running, &arena, "/mock/journal")), 8);
    assert_int_equal(json_count(page(&running, &arena, "/mock/journal?scope=a")), 4);
    assert_int_equal(json_count(page(&running, &arena, "/scope/b/mock/journal?status=429")), 1);
    assert_int_equal(json_count(page(&running, &arena, "/mock/journal?after=3&rule=r")), 3);
    const json *last = page(&running, &arena, "/mock/journal?last=1&model=%6d");
    assert_int_equal(json_count(last), 1);
    assert_int_equal(json_number(json_path(json_at(last, 0), "number")), 8);
    assert_int_equal(json_number(json_path(page(&running, &arena, "/mock/truth"), "replies")),
                     6);

    ask_once(&running, STR("POST /scope/a/mock/reset HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
             &reply);
    assert_int_equal(json_count(page(&running, &arena, "/mock/journal")), 4);
    assert_int_equal(
        json_number(json_path(page(&running, &arena, "/mock/truth?scope=a"), "replies")), 0);
    assert_int_equal(
        json_number(json_path(page(&running, &arena, "/mock/truth?scope=b"), "replies")), 3);
    int status[2];
    for (int b = 0; b < 2; b++) {
        status[b] = ask_once(
            &running,
            request_text(&arena, "x", b ? "X-Mock-Scope: b\r\n" : "X-Mock-Scope: a\r\n"),
            &reply);
        if (b == 0) /* the first attempt again */
            assert_true(str_contains(buf_str(&reply), STR("\"content\":\"1\"")));
    }
    assert_int_equal(status[0], 200);
    assert_int_equal(status[1], 429);
    buf_release(&reply);
    stop(&running);
    arena_release(&arena);
}

/* ---- workers ---- */

enum { ASKERS = 40, EACH = 5 };

/* All replies, by prompt, from many connections at once. */
static void ask_all(const struct running *running, struct arena *arena, str replies[])
{
    struct hearing hearing[ASKERS];
    for (int i = 0; i < ASKERS; i++) {
        hearing[i] = (struct hearing){.fd = dial(running)};
        for (int k = 0; k < EACH; k++) {
            str prompt = arena_printf(arena, "question %d", (i * 7 + k * 3) % 50);
            str key = arena_printf(arena, "Idempotency-Key: k%d-%d\r\n", i, k);
            say(hearing[i].fd, request_text(arena, prompt.p, key.p));
        }
    }
    for (int i = 0; i < ASKERS; i++) {
        for (int k = 0; k < EACH; k++) {
            str body;
            size_t from = hearing[i].taken;
            hear(&hearing[i], &body);
            replies[i * EACH + k] =
                arena_str(arena, str_sub(buf_str(&hearing[i].bytes), from, hearing[i].taken));
        }
        close(hearing[i].fd);
        buf_release(&hearing[i].bytes);
    }
}

/* Protects: with four workers every reply is the same byte for byte as with one, and so is what
 * the server says that it did. */
static void test_workers(void **state)
{
    (void)state;
    static const char yaml[] =
        "models: {m: {skill: 0.6, first_token: {exponential: {mean: 5ms}}, slots: 30}}\n"
        "answers: {a: {samples: [{q: question 1, expected: one}, {q: question 2, expected: "
        "two}, "
        "{q: question 3, expected: three}], find: [q], right: \"{{row.expected}}\"}}\n"
        "faults: [{status: 503, share: 0.2}, {bad_json: true, share: 0.1}]\n"
        "limits: [{rpm: 100, mode: keyed, share: 0.1}]\n";
    struct arena arena = {0};
    str replies[2][ASKERS * EACH], truth[2];
    for (int many = 0; many < 2; many++) {
        struct running running =
            start_with(yaml, (const char *const[]){"-w", many ? "4" : "1", NULL});
        struct buf reply = {0};
        ask_all(&running, &arena, replies[many]);
        ask_once(&running, STR("GET /mock/truth HTTP/1.1\r\n\r\n"), &reply);
        ptrdiff_t sends = str_find(buf_str(&reply), STR("\"sends\""), 0);
        assert_true(sends > 0); /* the rest is about time */
        truth[many] = arena_str(&arena, str_sub(buf_str(&reply), 0, (size_t)sends));
        buf_release(&reply);
        stop(&running);
    }
    for (int i = 0; i < ASKERS * EACH; i++) {
        assert_true(replies[0][i].n > 0);
        assert_true(str_equal(replies[0][i], replies[1][i]));
    }
    assert_true(str_equal(truth[0], truth[1]));
    assert_true(str_contains(truth[0], STR("\"503\"")));
    arena_release(&arena);
}

/* Protects: slots are one number for all workers: of 12 requests, 3 at a time, of 50 ms each, the
 * last cannot come before four times 50 ms. */
static void test_slots_of_all(void **state)
{
    (void)state;
    struct arena arena = {0};
    enum { N = 12 };
    struct running running = start_with("models: {m: {slots: 3, first_token: 50ms}}\n"
                                        "rules: {r: {reply: hello}}\n",
                                        (const char *const[]){"--workers", "4", NULL});
    struct hearing hearing[N];
    int64_t begin = clock_now().ns;
    for (int i = 0; i < N; i++) {
        hearing[i] = (struct hearing){.fd = dial(&running)};
        say(hearing[i].fd, request_text(&arena, "x", ""));
    }
    for (int i = 0; i < N; i++) {
        str body;
        assert_int_equal(hear(&hearing[i], &body), 200);
        close(hearing[i].fd);
        buf_release(&hearing[i].bytes);
    }
    assert_true(clock_now().ns - begin >= 4 * 50 * NS_PER_MS);
    stop(&running);
    arena_release(&arena);
}

/* Protects: an address that others can reach is warned about, loopback is not. */
static void test_warning(void **state)
{
    (void)state;
    for (int open = 0; open < 2; open++) {
        int both[2];
        char said[2000] = "";
        size_t n = 0;
        assert_int_equal(pipe(both), 0);
        pid_t pid = fork();
        if (pid == 0) {
            dup2(both[1], 1);
            dup2(both[1], 2);
            close(both[0]);
            close(both[1]);
            execl(program(), program(), "--port", "0", "--host", open ? "0.0.0.0" : "127.0.0.1",
                  (char *)NULL);
            _exit(127);
        }
        close(both[1]);
        for (ssize_t got; !strstr(said, "listening") && n + 1 < sizeof said &&
                          (got = read(both[0], said + n, sizeof said - 1 - n)) > 0;)
            n += (size_t)got;
        close(both[0]);
        kill(pid, SIGTERM);
        waitpid(pid, NULL, 0);
        assert_non_null(strstr(said, "listening"));
        assert_int_equal(strstr(said, "warning") != NULL, open);
    }
}

/* What the program prints on stdout. */
static void run_for(struct buf *out, const char *option)
{
    int both[2];
    char piece[4096];
    assert_int_equal(pipe(both), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(both[1], 1);
        close(both[0]);
        close(both[1]);
        execl(program(), program(), option, (char *)NULL);
        _exit(127);
    }
    close(both[1]);
    for (ssize_t n; (n = read(both[0], piece, sizeof piece)) > 0;)
        buf_add(out, piece, (size_t)n);
    close(both[0]);
    waitpid(pid, NULL, 0);
}

/* Protects: the manual page that is installed is the one that the program writes. When this
 * fails: weir-mock --man >docs/man/weir-mock.1 */
static void test_manual(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct buf said = {0};
    str kept;
    struct err err = {0};
    run_for(&said, "--man");
    assert_int_equal(
        file_read(&arena, TEST_SOURCE_DIR "/docs/man/weir-mock.1", 1 << 20, &kept, &err), 0);
    assert_true(str_contains(kept, STR(".SH OPTIONS")) &&
                str_contains(kept, STR("\\-\\-port")));
    assert_true(str_equal(kept, buf_str(&said)));
    buf_release(&said);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reload),      cmocka_unit_test(test_drain),
        cmocka_unit_test(test_end_at_once), cmocka_unit_test(test_half_closed),
        cmocka_unit_test(test_gone),        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_metrics),     cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_workers),     cmocka_unit_test(test_slots_of_all),
        cmocka_unit_test(test_warning),     cmocka_unit_test(test_manual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
