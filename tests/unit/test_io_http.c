/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_io_http.c: the HTTP client against a server that does as the path says.
 */
#include "io/http.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "io/loop.h"
#include "io/sanitize.h"
#include "unit/test_io_server.h"

#if WEIR_TSAN
enum { CROWD = 500 };
#else
enum { CROWD = 2000 };
#endif

struct world {
    struct server *server;
    struct loop *loop;
    struct http *http;
    struct arena arena;
    void (*test)(struct world *world);
};

static void fiber_fn run_in_world(void *arg)
{
    struct world *world = arg;
    world->test(world);
}

/* Runs a test on a fiber, with everything fresh around it. */
static void in_world(void (*test)(struct world *world))
{
    struct world world = {.server = server_start(), .loop = loop_open(), .test = test};
    struct err err;
    assert_int_equal(http_open(&world.http, world.loop, &err), 0);
    fiber_run(world.loop, run_in_world, &world);
    assert_int_equal(http_in_flight(world.http), 0);
    http_close(world.http);
    loop_close(world.loop);
    server_end(world.server);
    arena_release(&world.arena);
}

static str url_of(struct world *world, const char *path)
{
    return arena_printf(&world->arena, "http://127.0.0.1:%d%s", world->server->port, path);
}

static struct http_request request_of(struct world *world, const char *path)
{
    return (struct http_request){
        .url = url_of(world, path), .arena = &world->arena, .timeout_ns = 600 * NS_PER_S};
}

static struct http_reply fiber_fn ask(struct world *world, const char *path)
{
    struct http_request request = request_of(world, path);
    struct http_reply reply;
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    return reply;
}

static void assert_text(str actual, const char *expected)
{
    assert_int_equal(actual.n, strlen(expected));
    assert_memory_equal(actual.p, expected, actual.n);
    assert_int_equal(actual.p[actual.n], 0);
}

static void fiber_fn whole_reply(struct world *world)
{
    static const str headers[] = {STR_INIT("Content-Type: application/json"),
                                  STR_INIT("X-Weir-Attempt: 1")};
    struct http_request request = request_of(world, "/echo");
    request.headers = headers;
    request.header_count = 2;
    request.body = STR("{\"model\":\"m\"}");
    struct http_reply reply;
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.outcome, HTTP_OK);
    assert_int_equal(reply.status, 200);
    assert_text(reply.body, "{\"model\":\"m\"}");
    assert_int_equal(reply.error.n, 0);
    assert_true(reply.bytes_sent && !reply.reused);
    assert_true(reply.start.ns > 0 && reply.connect_ns >= 0);
    assert_true(reply.connect_ns <= reply.first_byte_ns);
    assert_true(reply.first_byte_ns <= reply.total_ns);

    reply = ask(world, "/limited");
    assert_int_equal(reply.outcome, HTTP_OK);
    assert_int_equal(reply.status, 429);
    assert_string_equal(reply.body.p, "{\"error\":1}");
    str retry = http_header(&reply, "Retry-After");
    assert_int_equal(retry.n, 1);
    assert_int_equal(retry.p[0], '7');
    assert_int_equal(http_header(&reply, "X-Empty").n, 0);
    assert_int_equal(http_header(&reply, "Retry").n, 0);
    assert_int_equal(http_header(&reply, "absent").n, 0);
}

/* Protects: body, headers and status of a reply arrive as sent; the times are in order. */
static void reply_is_whole(void **state)
{
    (void)state;
    in_world(whole_reply);
}

static void fiber_fn reuse(struct world *world)
{
    for (int i = 0; i < 20; i++) {
        struct http_reply reply = ask(world, i % 2 ? "/ok" : "/limited");
        assert_int_equal(reply.outcome, HTTP_OK);
        assert_int_equal(reply.reused, i > 0);
    }
    assert_int_equal(atomic_load(&world->server->accepted), 1);
    assert_int_equal(http_stats(world->http).connections, 1);
    assert_int_equal(ask(world, "/close").outcome, HTTP_OK);
    assert_int_equal(ask(world, "/ok").outcome, HTTP_OK);
    assert_int_equal(atomic_load(&world->server->accepted), 2);
}

/* Protects: one connection serves many exchanges, until the server closes it. */
static void connections_are_kept(void **state)
{
    (void)state;
    in_world(reuse);
}

struct crowd {
    struct world *world;
    int number;
    struct http_reply reply;
};

static void fiber_fn ask_at_gate(void *arg)
{
    struct crowd *one = arg;
    one->reply = ask(one->world, "/gate");
}

static void fiber_fn crowded(struct world *world)
{
    struct crowd *all = xcalloc(CROWD, sizeof *all);
    world->server->gate = CROWD; /* before any request, so the thread sees it */
    for (int round = 0; round < 2; round++) {
        struct fiber_group group = {0};
        for (int i = 0; i < CROWD; i++) {
            all[i] = (struct crowd){.world = world, .number = i};
            fiber_group_start(&group, ask_at_gate, &all[i]);
        }
        assert_int_equal(fiber_group_join(&group), 0);
        for (int i = 0; i < CROWD; i++) {
            assert_int_equal(all[i].reply.outcome, HTTP_OK);
            assert_string_equal(all[i].reply.body.p, "through");
            assert_int_equal(all[i].reply.reused, round > 0);
        }
    }
    struct http_stats stats = http_stats(world->http);
    assert_int_equal(atomic_load(&world->server->most_waiting), CROWD);
    assert_int_equal(stats.peak, CROWD);
    assert_int_equal(stats.connections, CROWD);
    assert_int_equal(stats.sent, 2 * CROWD);
    assert_int_equal(stats.handles, (CROWD + 199) / 200);
    xfree(all);
}

/* Protects: 2,000 at once are all in flight together, over several handles, and a second wave
 * finds every connection again. */
static void many_at_once(void **state)
{
    (void)state;
    in_world(crowded);
}

static void fiber_fn time_out(struct world *world)
{
    struct http_request request = request_of(world, "/hang");
    struct http_reply reply;
    request.timeout_ns = 500 * NS_PER_MS;
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.outcome, HTTP_TIMEOUT);
    assert_int_equal(reply.status, 0);
    assert_true(reply.bytes_sent);
    assert_true(reply.total_ns >= 500 * NS_PER_MS);
    assert_int_equal(reply.first_byte_ns, -1);
    assert_true(str_contains(reply.error, STR("no reply within 0.5 s")));

    /* The body stalls: the first byte came in time, the last does not. */
    request.url = url_of(world, "/stall");
    request.first_byte_timeout_ns = 20 * NS_PER_S;
    request.timeout_ns = 500 * NS_PER_MS;
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.outcome, HTTP_TIMEOUT);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body.p, "begun");
    assert_true(str_contains(reply.error, STR("no end of the reply")));

    request.url = url_of(world, "/hang");
    request.first_byte_timeout_ns = 500 * NS_PER_MS;
    request.timeout_ns = 60 * NS_PER_S;
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.outcome, HTTP_TIMEOUT);
    assert_true(reply.total_ns < 30 * NS_PER_S);
}

/* Protects: each deadline of an exchange, and what a reply that broke off still tells. */
static void deadlines_hold(void **state)
{
    (void)state;
    in_world(time_out);
}

static void fiber_fn slow(struct world *world)
{
    struct http_reply reply = ask(world, "/slow/40");
    assert_int_equal(reply.outcome, HTTP_OK);
    assert_true(reply.first_byte_ns >= 40 * NS_PER_MS);
    assert_true(reply.connect_ns < reply.first_byte_ns);
    assert_true(reply.total_ns >= reply.first_byte_ns);
}

/* Protects: the wait for the provider is in the first byte's time, not in connect's. */
static void times_tell_where(void **state)
{
    (void)state;
    in_world(slow);
}

static void fiber_fn broken(struct world *world)
{
    static const char *const paths[] = {"/reset", "/partial", "/nonsense"};
    static const char *const words[] = {"was reset after the request was sent",
                                        "closed the connection before the end of its reply",
                                        "is no HTTP"};
    for (size_t i = 0; i < 3; i++) {
        struct http_reply reply = ask(world, paths[i]);
        assert_int_equal(reply.outcome, HTTP_BROKEN);
        assert_true(str_contains(reply.error, str_from(words[i])));
        assert_true(str_contains(reply.error, STR("http://127.0.0.1:")));
        assert_true(reply.bytes_sent);
        assert_true(reply.error.n > 0);
    }
    /* On a kept connection libcurl alone would send it a second time. */
    assert_int_equal(ask(world, "/ok").outcome, HTTP_OK);
    int before = atomic_load(&world->server->requests);
    struct http_reply reply = ask(world, "/reset");
    assert_int_equal(reply.outcome, HTTP_BROKEN);
    assert_int_equal(atomic_load(&world->server->requests), before + 1);
    assert_int_equal(ask(world, "/ok").outcome, HTTP_OK);
}

/* Protects: a connection lost after sending is told apart, and never sent twice unseen. */
static void lost_after_sending(void **state)
{
    (void)state;
    in_world(broken);
}

/* A port that nobody listens on: bound, so that nobody else gets it. */
static int closed_port(int *fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

static void fiber_fn unreachable(struct world *world)
{
    int fd, port = closed_port(&fd);
    struct http_request request = request_of(world, "/");
    struct http_reply reply;
    request.url = arena_printf(&world->arena, "http://127.0.0.1:%d/", port);
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.outcome, HTTP_CONNECT);
    assert_false(reply.bytes_sent);
    assert_true(reply.error.n > 0);
    assert_int_equal(reply.connect_ns, -1);
    close(fd);

    assert_true(str_contains(reply.error, STR("nothing listens there")));
    request.url = STR("http://a..b:1/");
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.outcome, HTTP_CONNECT); /* a name may get an address later */

    static const char *const wrong[] = {"http://", "ftp://127.0.0.1/",
                                        "http://127.0.0.1:99999/", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        request.url = str_from(wrong[i]);
        assert_int_equal(http_send(world->http, &request, &reply), 0);
        assert_int_equal(reply.outcome, HTTP_BARRED);
        assert_false(reply.bytes_sent);
        assert_true(reply.error.n > 0);
    }

    const str line = STR("X: 1\r\nY: 2");
    request = request_of(world, "/ok");
    request.headers = &line;
    request.header_count = 1;
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.outcome, HTTP_BARRED);
    assert_int_equal(atomic_load(&world->server->requests), 0);
}

/* Protects: what never reached the provider says so: no port, no such name, no URL. */
static void never_reached(void **state)
{
    (void)state;
    in_world(unreachable);
}

/* Accepts into its backlog and says nothing: TLS never gets an answer. */
static void fiber_fn slow_connect(struct world *world)
{
    int fd, port = closed_port(&fd);
    assert_int_equal(listen(fd, 10), 0);
    struct http_request request = request_of(world, "/");
    struct http_reply reply;
    request.url = arena_printf(&world->arena, "https://127.0.0.1:%d/", port);
    request.connect_timeout_ns = 30 * NS_PER_MS;
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.outcome, HTTP_CONNECT);
    assert_false(reply.bytes_sent);
    assert_true(str_contains(reply.error, STR("no connection within 0.03 s")));
    close(fd);
}

/* Protects: a connection that is not made in time is no timeout of the provider. */
static void connect_timeout(void **state)
{
    (void)state;
    in_world(slow_connect);
}

static void fiber_fn oversize(struct world *world)
{
    struct http_request request = request_of(world, "/big/100000");
    struct http_reply reply;
    request.reply_limit = 99999;
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.outcome, HTTP_TOO_LARGE);
    assert_int_equal(reply.status, 200);
    assert_true(reply.body.n <= 99999);
    request.reply_limit = 100000;
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.outcome, HTTP_OK);
    assert_int_equal(reply.body.n, 100000);
    for (size_t i = 0; i < reply.body.n; i++)
        assert_int_equal(reply.body.p[i], 'a' + (int)(i % 26));
}

/* Protects: a reply is cut off exactly above its limit. */
static void reply_limit(void **state)
{
    (void)state;
    in_world(oversize);
}

static void fiber_fn chunked(struct world *world)
{
    struct http_reply reply = ask(world, "/chunked");
    assert_int_equal(reply.outcome, HTTP_OK);
    assert_string_equal(reply.body.p, "piece1piece2piece3piece4");
    assert_true(reply.total_ns > reply.first_byte_ns);
    reply = ask(world, "/interim");
    assert_int_equal(reply.outcome, HTTP_OK);
    assert_int_equal(reply.status, 200);
    assert_int_equal(http_header(&reply, "retry-after").n, 0);
    reply = ask(world, "/redirect");
    assert_int_equal(reply.status, 302);
    assert_string_equal(reply.body.p, "elsewhere");
}

/* Protects: chunked bodies, interim replies, redirects that are not followed. */
static void forms_of_reply(void **state)
{
    (void)state;
    in_world(chunked);
}

static void fiber_fn leftovers(struct world *world)
{
    for (int i = 0; i < 20; i++) {
        struct http_reply reply = ask(world, "/more");
        assert_int_equal(reply.outcome, HTTP_OK);
        assert_string_equal(reply.body.p, "announced");
        reply = ask(world, "/ok");
        if (reply.outcome != HTTP_OK)
            fail_msg("outcome %d: %s", (int)reply.outcome, reply.error.p);
        assert_false(reply.reused);
        assert_true(ask(world, "/ok").reused);
    }
}

/* Protects: a server that sends more than it announced spoils its own connection only, not the
 * next reply to anybody. */
static void what_is_left_over_spoils_nothing(void **state)
{
    (void)state;
    in_world(leftovers);
}

static void fiber_fn timed(struct world *world)
{
    struct http_request request = request_of(world, "/chunked");
    struct http_reply reply;
    request.note_arrivals = true;
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.outcome, HTTP_OK);
    assert_string_equal(reply.body.p, "piece1piece2piece3piece4");
    assert_true(reply.arrivals > 1);
    for (size_t i = 0; i < reply.arrivals; i++) {
        assert_true(reply.arrival[i].at_ns >= (i ? reply.arrival[i - 1].at_ns : 1));
        assert_true(reply.arrival[i].bytes > (i ? reply.arrival[i - 1].bytes : 0));
    }
    assert_int_equal(reply.arrival[reply.arrivals - 1].bytes, reply.body.n);
    assert_true(reply.arrival[0].at_ns >= reply.connect_ns);

    /* What came before the limit is kept, with its times. */
    request.reply_limit = 13;
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.outcome, HTTP_TOO_LARGE);
    assert_true(reply.arrivals > 0);
    assert_int_equal(reply.arrival[reply.arrivals - 1].bytes, 12);
    request.reply_limit = 0;

    /* An error's explanation is no stream. */
    request.url = url_of(world, "/chunked-error");
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.status, 500);
    assert_string_equal(reply.body.p, "piece1piece2piece3piece4");
    assert_int_equal(reply.arrivals, 0);

    request.url = url_of(world, "/chunked");
    request.note_arrivals = false;
    assert_int_equal(http_send(world->http, &request, &reply), 0);
    assert_int_equal(reply.arrivals, 0);
}

/* Protects: the times at which the pieces of a body arrived are kept, only where asked for. */
static void arrivals_are_noted(void **state)
{
    (void)state;
    in_world(timed);
}

struct cancelling {
    struct world *world;
    const char *path;
    struct http_reply reply;
    int result;
};

static void fiber_fn send_cancelled(void *arg)
{
    struct cancelling *one = arg;
    struct http_request request = request_of(one->world, one->path);
    one->result = http_send(one->world->http, &request, &one->reply);
    assert_true(fiber_cancelled());
    struct http_reply again;
    assert_int_equal(http_send(one->world->http, &request, &again), -1);
    assert_int_equal(again.outcome, HTTP_CANCELLED);
    assert_false(again.bytes_sent);
}

static void fiber_fn cancelled(struct world *world)
{
    static const char *const paths[] = {"/hang", "/stall", "/gate"};
    struct cancelling all[3];
    struct fiber_group group = {0};
    world->server->gate = 2;
    for (size_t i = 0; i < 3; i++) {
        all[i] = (struct cancelling){.world = world, .path = paths[i]};
        fiber_group_start(&group, send_cancelled, &all[i]);
    }
    while (atomic_load(&world->server->requests) < 3)
        assert_int_equal(fiber_sleep(NS_PER_MS), 0);
    assert_int_equal(http_in_flight(world->http), 3);
    fiber_group_cancel(&group);
    assert_int_equal(fiber_group_join(&group), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(all[i].result, -1);
        assert_int_equal(all[i].reply.outcome, HTTP_CANCELLED);
        assert_true(all[i].reply.bytes_sent);
    }
    /* Cancelled before its start has run. */
    struct cancelling early = {.world = world, .path = "/ok"};
    struct fiber_group soon = {0};
    fiber_group_start(&soon, send_cancelled, &early);
    assert_int_equal(fiber_sleep(0), 0);
    fiber_group_cancel(&soon);
    assert_int_equal(fiber_group_join(&soon), 0);
    assert_int_equal(early.result, -1);
    assert_int_equal(ask(world, "/ok").outcome, HTTP_OK);
    while (atomic_load(&world->server->open) > 1) /* what was cancelled is closed */
        assert_int_equal(fiber_sleep(NS_PER_MS), 0);
}

/* Protects: a cancel ends the exchange at once, closes its connection, and harms no other. */
static void cancel_ends_it(void **state)
{
    (void)state;
    in_world(cancelled);
}

static void fiber_fn methods(struct world *world)
{
    static const char *const names[] = {"GET", "POST", "PUT", "HEAD", "", "DELETE", "POST"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct http_request request = request_of(world, "/echo");
        struct http_reply reply;
        request.method = str_from(names[i]);
        bool has_body = !request.method.n || request.method.p[0] == 'P';
        request.body = has_body ? STR("body") : STR("");
        if (str_equal(request.method, STR("HEAD")))
            request.url = url_of(world, "/limited");
        assert_int_equal(http_send(world->http, &request, &reply), 0);
        assert_int_equal(reply.outcome, HTTP_OK);
        assert_string_equal(reply.body.p, has_body ? "body" : "");
    }
}

/* Protects: an easy handle that is used again keeps nothing of the method before. */
static void methods_alternate(void **state)
{
    (void)state;
    in_world(methods);
}

static void fiber_fn ask_by_name(void *arg)
{
    struct crowd *one = arg;
    struct http_request request = request_of(one->world, "/ok");
    request.url = arena_printf(&one->world->arena, "http://localhost:%d/%d",
                               one->world->server->port, one->number);
    assert_int_equal(http_send(one->world->http, &request, &one->reply), 0);
}

static void fiber_fn by_name(struct world *world)
{
    enum { N = 50 };
    static struct crowd all[N];
    struct fiber_group group = {0};
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    for (int i = 0; i < N; i++) {
        all[i] = (struct crowd){.world = world, .number = i};
        fiber_group_start(&group, ask_by_name, &all[i]);
    }
    assert_int_equal(fiber_group_join(&group), 0);
    for (int i = 0; i < N; i++)
        assert_int_equal(all[i].reply.outcome, HTTP_OK);
    assert_int_equal(ask(world, "/ok").outcome, HTTP_OK);
    unsetenv("http_proxy");
}

/* Protects: names are looked up while exchanges wait; loopback is never asked of a proxy. */
static void names_are_resolved(void **state)
{
    (void)state;
    in_world(by_name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reply_is_whole),
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(deadlines_hold),
        cmocka_unit_test(times_tell_where),
        cmocka_unit_test(lost_after_sending),
        cmocka_unit_test(never_reached),
        cmocka_unit_test(connect_timeout),
        cmocka_unit_test(reply_limit),
        cmocka_unit_test(forms_of_reply),
        cmocka_unit_test(what_is_left_over_spoils_nothing),
        cmocka_unit_test(arrivals_are_noted),
        cmocka_unit_test(cancel_ends_it),
        cmocka_unit_test(methods_alternate),
        cmocka_unit_test(names_are_resolved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
