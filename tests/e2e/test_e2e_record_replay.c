/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_record_replay.c: one weir-mock plays the provider, a second records it, a third
 * replays the cassette.
 */
#include "e2e.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cassette.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

static const char upstream_config[] =
    "models:\n"
    "  slow: {first_token: 20ms, per_token: 4ms}\n"
    "  paced: {first_token: 0ms, per_token: 250ms}\n"
    "rules:\n"
    "  all: {reply: \"You said: {{request.prompt}}\\nTwo lines, umlauts äöü, a "
    "\\\"quote\\\".\"}\n"
    "faults:\n"
    "  - {status: 429, attempts: [1], retry_after: 1s, when: {prompt: flaky}}\n"
    "  - {status: 502, html: true, when: {prompt: gateway}}\n"
    "  - {reset: stream, when: {prompt: broken}}\n"
    "  - {reset: body, fin: true, when: {prompt: halved}}\n"
    "  - {reset: headers, when: {prompt: vanish}}\n"
    "  - {bad_json: true, when: {prompt: torn}}\n";

/* ---- servers ---- */

/* weir-mock with these arguments, which end with NULL. */
static struct mock_server serve(struct place *place, const char *const *arguments)
{
    const char *argv[20] = {E2E_WEIR_MOCK, "--port", "0"};
    for (size_t i = 0; arguments[i]; i++)
        argv[3 + i] = arguments[i];
    struct mock_server mock = {.child = child_start(place, argv)};
    wait_until(str_contains(child_out(&mock.child), STR("\n")) ||
               waitpid(mock.child.pid, NULL, WNOHANG) != 0);
    const json *said = json_parse(&place->arena, str_trim(child_out(&mock.child)), NULL);
    mock.url = json_text(json_get(said, STR("listening")));
    if (!mock.url.n)
        fail_msg("weir-mock said '%.*s'", STR_ARG(child_err(&mock.child)));
    return mock;
}
#define serve(place, ...) serve(place, (const char *const[]){__VA_ARGS__, NULL})

static struct ended refused(struct place *place, const char *const *arguments)
{
    const char *argv[20] = {E2E_WEIR_MOCK, "--port", "0"};
    for (size_t i = 0; arguments[i]; i++)
        argv[3 + i] = arguments[i];
    struct child child = child_start(place, argv);
    return child_wait(&child);
}
#define refused(place, ...) refused(place, (const char *const[]){__VA_ARGS__, NULL})

/* ---- a client that keeps every byte ---- */

struct heard {
    str all, head, body; /* the body as sent, chunks and all */
    bool reset;
    int64_t first_ns, end_ns; /* from the request to the first and last byte */
};

/* `room`: bytes that the kernel keeps for a client that does not read; 0: what it likes. */
static int dial_with_room(str url, int room)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ptrdiff_t port = str_find(url, STR("127.0.0.1:"), 0);
    assert_true(port >= 0);
    address.sin_port = htons((uint16_t)strtoul(url.p + port + 10, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (room)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int dial(str url)
{
    return dial_with_room(url, 0);
}

/* A request to be written as it is: "POST /path", further header lines, body. */
struct wish {
    const char *line, *headers;
    str body;
};

static void send_wish(struct place *place, int fd, const struct wish *wish)
{
    str request = arena_printf(&place->arena,
                               "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
                               "application/json\r\n%sContent-Length: %zu\r\n\r\n%.*s",
                               wish->line, wish->headers, wish->body.n, STR_ARG(wish->body));
    assert_int_equal(send(fd, request.p, request.n, MSG_NOSIGNAL), request.n);
}

static struct heard hear(struct place *place, int fd)
{
    struct heard heard = {0};
    struct buf in = {0};
    char bytes[16384];
    ssize_t n;
    struct moment start = clock_now();
    while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0) {
        heard.end_ns = moment_since(clock_now(), start);
        heard.first_ns = in.n ? heard.first_ns : heard.end_ns;
        buf_add(&in, bytes, (size_t)n);
    }
    heard.reset = n < 0;
    close(fd);
    heard.all = arena_str(&place->arena, buf_str(&in));
    buf_release(&in);
    ptrdiff_t end = str_find(heard.all, STR("\r\n\r\n"), 0);
    heard.head = end < 0 ? STR("") : str_sub(heard.all, 0, (size_t)end + 4);
    heard.body = str_sub(heard.all, heard.head.n, heard.all.n);
    return heard;
}

static struct heard ask(struct place *place, str url, const struct wish *wish)
{
    int fd = dial(url);
    send_wish(place, fd, wish);
    return hear(place, fd);
}

static int status_of(struct heard heard)
{
    return heard.head.n > 12 ? (int)strtol(heard.head.p + 9, NULL, 10) : 0;
}

#define SECRET "sk-proj-0123456789abcdefghij"
static const char bearer[] = "Authorization: Bearer " SECRET "\r\n";

static struct wish chat(struct place *place, const char *model, const char *prompt, bool stream)
{
    return (struct wish){
        "POST /v1/chat/completions", bearer,
        arena_printf(&place->arena,
                     "{\"model\": \"%s\", \"stream\": %s, \"messages\": [{\"role\": \"user\", "
                     "\"content\": \"%s\"}]}",
                     model, stream ? "true" : "false", prompt)};
}

static struct wish message(struct place *place, const char *prompt)
{
    return (struct wish){
        "POST /v1/messages", "x-api-key: " SECRET "\r\nanthropic-version: 2023-06-01\r\n",
        arena_printf(&place->arena,
                     "{\"model\": \"slow\", \"max_tokens\": 40, \"stream\": true, "
                     "\"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]}",
                     prompt)};
}

static struct heard ask_chat(struct place *place, str url, const char *prompt, bool stream)
{
    const struct wish wish = chat(place, "slow", prompt, stream);
    return ask(place, url, &wish);
}

static const struct cassette *load(struct place *place, const char *name)
{
    struct err err = {0};
    struct cassette *cassette = cassette_load(place_path(place, name), &err);
    if (!cassette)
        fail_msg("%s", err.message);
    return cassette;
}

static void unload(const struct cassette *cassette)
{
    cassette_free((struct cassette *)(uintptr_t)cassette);
}

/* ---- record and replay ---- */

/* The last one asks for a key back. */
enum { WISHES = 16, ECHO = WISHES - 1 };

static void fill_wishes(struct place *place, struct wish wish[WISHES])
{
    size_t n = 0;
    wish[n++] = chat(place, "slow", "plain", false);
    wish[n++] = chat(place, "slow", "streamed", true);
    wish[n++] = chat(place, "slow", "flaky", false);
    wish[n++] = chat(place, "slow", "flaky", false); /* asked again, as clients do */
    wish[n++] = chat(place, "slow", "gateway", false);
    wish[n++] = chat(place, "slow", "broken", true);
    wish[n++] = chat(place, "slow", "halved", false);
    wish[n++] = chat(place, "slow", "vanish", false);
    wish[n++] = chat(place, "slow", "torn", false);
    wish[n++] = (struct wish){"GET /v1/models", bearer, STR("")};
    wish[n++] =
        (struct wish){"POST /v1/embeddings", bearer,
                      STR("{\"model\": \"e\", \"input\": \"text\", \"dimensions\": 64}")};
    wish[n++] = message(place, "The quay is mine");
    wish[n++] =
        (struct wish){"POST /v1/nowhere?key=" SECRET "&alt=sse", bearer, STR("no json")};
    const str contents = STR("{\"contents\": [{\"parts\": [{\"text\": \"hello\"}]}]}");
    wish[n++] = (struct wish){"POST /v1beta/models/slow:streamGenerateContent",
                              "x-goog-api-key: " SECRET "\r\n", contents};
    wish[n++] = (struct wish){
        "POST /v1beta/models/slow:streamGenerateContent?alt=sse&key=" SECRET, "", contents};
    wish[n++] = message(place, "The key " SECRET " is mine");
    assert_int_equal(n, WISHES);
}

/* The reply with those lines of its head that cassettes keep, and those that say how long the
 * body is. */
static str as_kept(struct place *place, struct heard heard)
{
    struct buf kept = {0};
    str line, rest = heard.head, name, value;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        bool is_field = str_cut(line, ':', &name, &value);
        if (!is_field || cassette_keeps_header(name) || str_equal(name, STR("connection")) ||
            str_equal(name, STR("content-length")) || str_equal(name, STR("transfer-encoding")))
            buf_printf(&kept, "%.*s\n", STR_ARG(line));
    }
    buf_add_str(&kept, heard.body);
    str text = arena_str(&place->arena, buf_str(&kept));
    buf_release(&kept);
    return text;
}

/* "parts=1.000ms/15,2.500ms/29" of x-mock-plan is what the cassette says. */
static void assert_plan(struct place *place, struct heard heard,
                        const struct cassette_reply *reply, double scale)
{
    struct buf should = {0};
    buf_printf(&should,
               "x-mock-plan: head=%.3fms parts=", (double)reply->head_ns * scale / 1e6);
    for (size_t i = 0; i < reply->parts; i++)
        buf_printf(&should, "%s%.3fms/%zu", i ? "," : "",
                   (double)reply->part[i].at_ns * scale / 1e6, reply->part[i].upto);
    buf_printf(&should, " end=%.3fms\r\n", (double)reply->end_ns * scale / 1e6);
    str text = arena_str(&place->arena, buf_str(&should));
    buf_release(&should);
    assert_contains(heard.head, text.p);
}

/* The scheduled times of a replay are those of the cassette, times `scale`. */
static void check_plans(struct place *place, const struct wish *wish, const char *scale)
{
    struct mock_server replay = serve(place, "--replay", "tape.yaml", "--scale", scale);
    const struct cassette *cassette = load(place, "tape.yaml");
    for (size_t i = 0; i < WISHES; i++) {
        struct wish explained = wish[i];
        explained.headers =
            arena_printf(&place->arena, "%sX-Mock-Explain: 1\r\n", wish[i].headers).p;
        struct heard heard = ask(place, replay.url, &explained);
        if (cassette->exchange[i].reply.status)
            assert_plan(place, heard, &cassette->exchange[i].reply, strtod(scale, NULL));
    }
    unload(cassette);
    mock_stop(&replay);
}

/* Every kind of reply, good and broken, of several providers: the replay's bytes are those that
 * the recorder passed on, chunk by chunk, due when they came, and it breaks where they broke. No
 * key is in the file. */
static void replays_bit_exact(void **state)
{
    struct place *place = *state;
    struct wish wish[WISHES];
    struct heard heard[WISHES];
    static const int statuses[WISHES] = {200, 200, 429, 200, 502, 200, 200, 0,
                                         200, 200, 200, 200, 404, 200, 200, 200};
    fill_wishes(place, wish);
    place_write_text(place, "mock.yaml", upstream_config);
    struct mock_server upstream = serve(place, "--config", "mock.yaml");
    struct mock_server recorder =
        serve(place, "--record", "tape.yaml", "--upstream", upstream.url.p);
    for (size_t i = 0; i < WISHES; i++) {
        heard[i] = ask(place, recorder.url, &wish[i]);
        assert_int_equal(status_of(heard[i]), statuses[i]);
    }
    mock_stop(&recorder);
    mock_stop(&upstream);
    assert_true(heard[5].reset && heard[7].reset && !heard[6].reset);
    str file = place_read(place, "tape.yaml");
    assert_lacks(file, "0123456789abcdefghij");
    assert_contains(file, "The key [secret] is mine");
    assert_contains(file, "query: \"alt=sse\"");

    struct mock_server replay = serve(place, "--replay", "tape.yaml", "--workers", "2");
    struct heard again;
    for (size_t i = 0; i < WISHES; i++) {
        again = ask(place, replay.url, &wish[i]);
        assert_int_equal(again.reset, heard[i].reset);
        if (i != ECHO)
            assert_same_text(again.all, as_kept(place, heard[i]));
    }
    /* four characters in each event: the recorder passed them on and kept none */
    assert_contains(heard[ECHO].all, "\"text\":\"-pro\"");
    assert_contains(again.all, "\"text\":\"y [secret]\"");
    assert_lacks(again.all, "\"text\":\"-pro\"");
    assert_lacks(file, "-pro\\");
    assert_lacks(file, "\"text\":\"-pro\"");
    mock_stop(&replay);
    check_plans(place, wish, "1");
    check_plans(place, wish, "0.5");
    check_plans(place, wish, "0");
}

/* A recorder passes bytes on when they come: its client sees a stream, not a body at the end;
 * what it writes down is never earlier than the upstream's schedule. */
static void keeps_time_to_first_token(void **state)
{
    struct place *place = *state;
    place_write_text(place, "mock.yaml", upstream_config);
    struct mock_server upstream = serve(place, "--config", "mock.yaml");
    struct mock_server recorder =
        serve(place, "--record", "tape.yaml", "--upstream", upstream.url.p);
    struct wish wish = chat(place, "paced", "a", true);
    wish.body = arena_printf(&place->arena, "%.*s, \"max_tokens\": 5}", (int)wish.body.n - 1,
                             wish.body.p);
    struct heard heard = ask(place, recorder.url, &wish);
    assert_int_equal(status_of(heard), 200);
    assert_true(heard.end_ns - heard.first_ns > 100 * NS_PER_MS);
    mock_stop(&recorder);
    mock_stop(&upstream);
    const struct cassette *cassette = load(place, "tape.yaml");
    const struct cassette_reply *reply = &cassette->exchange[0].reply;
    assert_true(reply->chunked && reply->parts >= 5);
    assert_true(reply->end_ns >= 400 * NS_PER_MS);
    assert_true(reply->part[reply->parts - 1].at_ns - reply->part[0].at_ns > 100 * NS_PER_MS);
    unload(cassette);
}

/* Megabytes, asked for by a client that takes its time: not a byte is lost, doubled or recorded
 * twice, and the replay has the same ones. */
static void waits_for_slow_clients(void **state)
{
    enum { LINES = 250000 };
    struct place *place = *state;
    struct buf text = {0};
    for (int i = 0; i < LINES; i++)
        buf_printf(&text, "This is line %d of a long reply.\n", i);
    place_write(place, "long.txt", buf_str(&text));
    buf_release(&text);
    place_write_text(place, "mock.yaml", "rules: {all: {file: long.txt}}\n");
    struct wish wish = chat(place, "m", "a", false);
    wish.headers = "Authorization: Bearer " SECRET "\r\n"
                   "Idempotency-Key: one\r\nX-Weir-Attempt: 1\r\n"; /* the same ids each time */
    struct mock_server upstream = serve(place, "--config", "mock.yaml");
    struct mock_server recorder =
        serve(place, "--record", "tape.yaml", "--upstream", upstream.url.p);
    struct heard direct = ask(place, upstream.url, &wish);
    int fd = dial_with_room(recorder.url, 4096);
    send_wish(place, fd, &wish);
    for (int i = 0; i < 60; i++) /* 300 ms at least */
        nap_5ms();
    struct heard slow = hear(place, fd);
    mock_stop(&recorder);
    mock_stop(&upstream);
    assert_true(direct.body.n > 8 * 1000 * 1000);
    assert_true(str_equal(slow.body, direct.body));
    struct mock_server replay = serve(place, "--replay", "tape.yaml");
    assert_true(str_equal(ask(place, replay.url, &wish).body, direct.body));
    mock_stop(&replay);
    const struct cassette *cassette = load(place, "tape.yaml");
    assert_true(cassette->exchange[0].reply.parts > 1);
    /* the upstream was not read to its end before the client took something */
    assert_true(cassette->exchange[0].reply.end_ns > 250 * NS_PER_MS);
    unload(cassette);
}

/* Of the first connection to it what a request has. */
static int accept_request(int listener)
{
    char bytes[4096];
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    assert_true(recv(fd, bytes, sizeof bytes, 0) > 0);
    return fd;
}

static void stop_and_wait(int pid)
{
    int status;
    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
}

/* A server that breaks off right behind what it has said: a recorder that finds both at once passes on
 * what was said, and then the reset. */
static void a_reset_takes_nothing_with_it(void **state)
{
    struct place *place = *state;
    static const char said[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                               "Content-Length: 1000\r\n\r\n{\"half\": \"of it";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    const char *url =
        arena_printf(&place->arena, "http://127.0.0.1:%d", ntohs(address.sin_port)).p;
    struct mock_server recorder = serve(place, "--record", "tape.yaml", "--upstream", url);
    const struct wish wish = chat(place, "slow", "a", false);
    int client = dial(recorder.url);
    send_wish(place, client, &wish);
    int server = accept_request(listener);
    stop_and_wait(recorder.child.pid);
    assert_int_equal(send(server, said, sizeof said - 1, MSG_NOSIGNAL), sizeof said - 1);
    setsockopt(server, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    close(server);
    child_signal(&recorder.child, SIGCONT);
    struct heard heard = hear(place, client);
    close(listener);
    assert_int_equal(status_of(heard), 200);
    assert_text(heard.body, "{\"half\": \"of it");
    assert_true(heard.reset);
    mock_stop(&recorder);
    const struct cassette *cassette = load(place, "tape.yaml");
    assert_int_equal(cassette->count, 1);
    assert_int_equal(cassette->exchange[0].reply.end, CASSETTE_RESET);
    assert_int_equal(cassette->exchange[0].reply.parts, 1);
    unload(cassette);
}

/* ---- what is not in the cassette ---- */

static struct mock_server record_some(struct place *place, const char *prompt)
{
    place_write_text(place, "mock.yaml", upstream_config);
    struct mock_server upstream = serve(place, "--config", "mock.yaml");
    struct mock_server recorder =
        serve(place, "--record", "tape.yaml", "--upstream", upstream.url.p);
    assert_int_equal(status_of(ask_chat(place, recorder.url, prompt, false)), 200);
    mock_stop(&recorder);
    return upstream;
}

/* A changed prompt is refused in the provider's shape, not to be tried again, with the nearest
 * recording and the difference, which stderr shows too; asked more often than recorded as well. */
static void refuses_what_is_unseen(void **state)
{
    struct place *place = *state;
    struct mock_server upstream =
        record_some(place, "What is the capital of France?\\nBe brief.\\nNo prose, please.");
    mock_stop(&upstream);
    struct mock_server replay = serve(place, "--replay", "tape.yaml");
    struct heard heard =
        ask_chat(place, replay.url,
                 "What is the capital of Spain?\\nBe brief.\\nNo prose, please.", false);
    assert_int_equal(status_of(heard), 404);
    assert_contains(heard.head, "x-should-retry: false\r\n");
    const json *error = json_get(json_parse(&place->arena, heard.body, NULL), STR("error"));
    assert_text(json_text(json_get(error, STR("code"))), "not_recorded");
    static const char difference[] = "This request is not in tape.yaml. The nearest of 1 is in "
                                     "line 4 (84 % alike):\n"
                                     "--- recorded\n"
                                     "+++ asked\n"
                                     " POST /v1/chat/completions\n"
                                     " messages:\n"
                                     "   - content: |-\n"
                                     "-      What is the capital of France?\n"
                                     "+      What is the capital of Spain?\n"
                                     "       Be brief.\n"
                                     "       No prose, please.\n"
                                     "     role: user";
    assert_text(json_text(json_get(error, STR("message"))), difference);
    assert_contains(child_err(&replay.child), difference);
    print_message("%s\n", difference);

    static const char again[] =
        "What is the capital of France?\\nBe brief.\\nNo prose, please.";
    assert_int_equal(status_of(ask_chat(place, replay.url, again, false)), 200);
    heard = ask_chat(place, replay.url, again, false);
    assert_int_equal(status_of(heard), 404);
    assert_contains(heard.body,
                    "was recorded 1 time (tape.yaml:4) and has been asked more often");
    struct wish scoped = chat(place, "slow", again, false);
    scoped.line = "POST /scope/another/v1/chat/completions";
    assert_int_equal(status_of(ask(place, replay.url, &scoped)), 200);
    assert_int_equal(status_of(ask(place, replay.url, &scoped)), 404);
    const struct wish reset = {"POST /mock/reset", "", STR("")};
    assert_int_equal(status_of(ask(place, replay.url, &reset)), 200);
    assert_int_equal(status_of(ask_chat(place, replay.url, again, false)), 200);
    mock_stop(&replay);

    replay = serve(place, "--replay", "tape.yaml", "--repeat");
    for (int i = 0; i < 3; i++)
        assert_int_equal(status_of(ask_chat(place, replay.url, again, false)), 200);
    mock_stop(&replay);
}

/* With --fallback the mock answers what the cassette does not have; with --record it is fetched
 * once, and is in the cassette from then on. */
static void goes_elsewhere(void **state)
{
    struct place *place = *state;
    struct mock_server upstream = record_some(place, "first");
    struct mock_server replay =
        serve(place, "--replay", "tape.yaml", "--fallback", "--config", "mock.yaml");
    assert_contains(ask_chat(place, replay.url, "first", false).body, "You said: first");
    assert_contains(ask_chat(place, replay.url, "second", false).body, "You said: second");
    mock_stop(&replay);

    replay = serve(place, "--replay", "tape.yaml", "--record", "tape.yaml", "--upstream",
                   upstream.url.p);
    struct heard first = ask_chat(place, replay.url, "first", false);
    struct heard second = ask_chat(place, replay.url, "second", false);
    mock_stop(&replay);
    str asked = http_get(place, upstream.url, "/mock/journal");
    assert_int_equal(json_count(json_parse(&place->arena, asked, NULL)), 2);
    mock_stop(&upstream);
    const struct cassette *cassette = load(place, "tape.yaml");
    assert_int_equal(cassette->count, 2);
    unload(cassette);

    replay = serve(place, "--replay", "tape.yaml");
    assert_same_text(ask_chat(place, replay.url, "first", false).all, first.all);
    assert_same_text(ask_chat(place, replay.url, "second", false).all, as_kept(place, second));
    mock_stop(&replay);
}

/* Protects: journal and counts of a recorder know what the upstream answered. */
static void knows_what_was_answered(void **state)
{
    struct place *place = *state;
    place_write_text(place, "mock.yaml", upstream_config);
    struct mock_server upstream = serve(place, "--config", "mock.yaml");
    struct mock_server recorder =
        serve(place, "--record", "tape.yaml", "--upstream", upstream.url.p);
    assert_int_equal(status_of(ask_chat(place, recorder.url, "first", true)), 200);
    const struct wish bad = {"POST /v1/chat/completions", bearer, STR("{}")};
    assert_int_equal(status_of(ask(place, recorder.url, &bad)), 400);
    const json *asked =
        json_parse(&place->arena, http_get(place, recorder.url, "/mock/journal"), NULL);
    assert_int_equal(json_count(asked), 2);
    assert_int_equal(json_number(json_get(json_at(asked, 0), STR("status"))), 200);
    assert_int_equal(json_number(json_get(json_at(asked, 1), STR("status"))), 400);
    str counts = http_get(place, recorder.url, "/metrics");
    assert_contains(counts, "dialect=\"openai-chat\",status=\"200\"} 1\n");
    assert_contains(counts, "dialect=\"openai-chat\",status=\"400\"} 1\n");
    assert_null(strstr(counts.p, "status=\"0\""));
    mock_stop(&recorder);
    mock_stop(&upstream);
}

/* ---- trouble ---- */

/* No upstream: the provider's error with 502, a line on stderr, nothing in the cassette, and the
 * recorder serves on. */
static void says_that_upstream_is_down(void **state)
{
    struct place *place = *state;
    struct mock_server recorder =
        serve(place, "--record", "tape.yaml", "--upstream", "http://127.0.0.1:1/");
    struct heard heard = ask_chat(place, recorder.url, "a", false);
    assert_int_equal(status_of(heard), 502);
    assert_contains(heard.body,
                    "{\"error\":{\"message\":\"weir-mock could not get an answer from "
                    "http://127.0.0.1:1: ");
    assert_contains(child_err(&recorder.child),
                    "weir-mock: POST /v1/chat/completions: upstream is down: ");
    assert_int_equal(status_of(ask_chat(place, recorder.url, "a", true)), 502);
    assert_contains(http_get(place, recorder.url, "/metrics"), "status=\"502\"} 2\n");
    assert_contains(http_get(place, recorder.url, "/healthz"), "ok");
    mock_stop(&recorder);
    const struct cassette *cassette = load(place, "tape.yaml");
    assert_int_equal(cassette->count, 0);
    unload(cassette);
}

/* A client that leaves ends the upstream's work, and half a reply is not recorded. */
static void lets_a_client_go(void **state)
{
    struct place *place = *state;
    char bytes[1000];
    place_write_text(place, "mock.yaml", upstream_config);
    struct mock_server upstream = serve(place, "--config", "mock.yaml");
    struct mock_server recorder =
        serve(place, "--record", "tape.yaml", "--upstream", upstream.url.p);
    const struct wish wish = chat(place, "paced", "a long stream", true);
    int fd = dial(recorder.url);
    send_wish(place, fd, &wish);
    assert_true(recv(fd, bytes, sizeof bytes, 0) > 0);
    close(fd);
    wait_until(str_contains(child_err(&recorder.child), STR("the client left")));
    wait_until(str_contains(http_get(place, upstream.url, "/mock/truth"), STR("\"gone\":1")));
    mock_stop(&recorder);
    mock_stop(&upstream);
    const struct cassette *cassette = load(place, "tape.yaml");
    assert_int_equal(cassette->count, 0);
    unload(cassette);
}

/* A recorder that is killed leaves a cassette that can be replayed, and gone on with. */
static void survives_a_kill(void **state)
{
    struct place *place = *state;
    place_write_text(place, "mock.yaml", upstream_config);
    struct mock_server upstream = serve(place, "--config", "mock.yaml");
    struct mock_server recorder =
        serve(place, "--record", "tape.yaml", "--upstream", upstream.url.p);
    assert_int_equal(status_of(ask_chat(place, recorder.url, "first", false)), 200);
    wait_until(str_contains(place_read(place, "tape.yaml"), STR("\n  end: ")));
    child_signal(&recorder.child, SIGKILL);
    child_wait(&recorder.child);
    str file = place_read(place, "tape.yaml");
    place_write(place, "tape.yaml",
                arena_printf(&place->arena, "%.*s---\nrequest:\n  meth", STR_ARG(file)));
    struct mock_server replay = serve(place, "--replay", "tape.yaml", "--record", "tape.yaml",
                                      "--upstream", upstream.url.p);
    assert_contains(child_err(&replay.child), "this last exchange has no end and is left out");
    assert_int_equal(status_of(ask_chat(place, replay.url, "first", false)), 200);
    assert_int_equal(status_of(ask_chat(place, replay.url, "second", false)), 200);
    mock_stop(&replay);
    mock_stop(&upstream);
    const struct cassette *cassette = load(place, "tape.yaml");
    assert_int_equal(cassette->count, 2);
    assert_int_equal(cassette->unfinished, 0);
    unload(cassette);
}

/* Options that make no sense together, and files that are no cassettes, are refused at once. */
static void refuses_bad_usage(void **state)
{
    struct place *place = *state;
    place_write_text(place, "there.yaml", "something\n");
    struct ended ended = refused(place, "--record", "new.yaml");
    assert_code(ended, 2);
    assert_contains(ended.err, "--record and --upstream go together");
    ended = refused(place, "--record", "new.yaml", "--upstream", "localhost:80");
    assert_code(ended, 2);
    ended = refused(place, "--record", "there.yaml", "--upstream", "http://127.0.0.1:1");
    assert_code(ended, 2);
    assert_contains(ended.err, "there.yaml is there already");
    ended = refused(place, "--fallback");
    assert_code(ended, 2);
    ended = refused(place, "--replay", "there.yaml");
    assert_code(ended, 2);
    assert_contains(ended.err, "there.yaml:1:1: is no cassette");
    ended = refused(place, "--replay", "missing.yaml");
    assert_code(ended, 2);
    assert_contains(ended.err, "missing.yaml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(replays_bit_exact),       e2e_test(keeps_time_to_first_token),
        e2e_test(waits_for_slow_clients),  e2e_test(a_reset_takes_nothing_with_it),
        e2e_test(refuses_what_is_unseen),  e2e_test(goes_elsewhere),
        e2e_test(knows_what_was_answered), e2e_test(says_that_upstream_is_down),
        e2e_test(lets_a_client_go),        e2e_test(survives_a_kill),
        e2e_test(refuses_bad_usage),
    };
    return cmocka_run_group_tests_name("record and replay", tests, NULL, NULL);
}
