/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_network.c: what stands between weir and a provider: TLS, HTTP/2, certificates that are not
 * to be trusted, proxies, IPv6, redirects. nginx answers, in front of weir-mock; certificates are
 * those of a CA made for the test.
 */
#include "e2e_server.h"
#include "gateway.h"
#include "tunnel.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEY      "sk-net-T9r8E7w6Q5p4L3k2"
#define PASSWORD "Pr0xy-Pa55word"

enum { SAMPLES = 60 };

static const char mock_file[] = "models: {'*': {first_token: 30ms}}\n"
                                "rules: {all: {reply: hi}}\n";

static const char text[] =
    "dataset: rows.jsonl\n"
    "providers: {p: {api: openai-chat, base_url: 'URL', key_env: NET_KEY, KEYS}}\n"
    "models: {m: {provider: p, model: m, price: {input: 1, output: 1}}}\n"
    "defaults: {model: m, max_tokens: 10}\n"
    "concurrency: 60\n"
    "retry: {retries: 2, base: 5ms, cap: 10ms}\n"
    "variants: {one: {call: {prompt: {user: 'Say {{q}}'}}}}\n"
    "score: {same: {equals: hi}}\n";

static void write_rows(struct place *place, int count)
{
    struct buf rows = {0};
    for (int i = 0; i < count; i++)
        buf_printf(&rows, "{\"id\": \"s%d\", \"q\": \"word %d\"}\n", i, i);
    place_write(place, "rows.jsonl", buf_str(&rows));
    buf_release(&rows);
}

static void write_experiment(struct place *place, const char *url, const char *keys)
{
    write_rows(place, SAMPLES);
    place_write_text(place, "experiment.yaml", text);
    place_replace(place, "experiment.yaml", "URL", url);
    place_replace(place, "experiment.yaml", "KEYS", keys);
    place_env(place, "NET_KEY=" KEY);
}

static struct gateway start(struct place *place, bool trusted)
{
    place_write_text(place, "mock.yaml", mock_file);
    return gateway_start(place, "mock.yaml", trusted);
}

static void check_all_good(const char *db)
{
    check_identities(db);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell WHERE status = 'ok'"), SAMPLES);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt"), SAMPLES);
}

/* Protects: over TLS calls go by HTTP/1.1 unless more is asked for; the file says so of every
 * attempt, and how much of connecting TLS was: only of attempts that connected. */
static void tls_by_http_1_1(void **state)
{
    struct place *place = *state;
    struct gateway gateway = start(place, true);
    write_experiment(place, gateway_url(&gateway, DOOR_TLS, "127.0.0.1"), "rpm: 600000");
    const char *db = run_good(place, ".", NULL).db;
    check_all_good(db);
    assert_int_equal(gateway_calls(&gateway, "HTTP/1.1"), SAMPLES);
    assert_int_equal(gateway_calls(&gateway, "HTTP/2"), 0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt WHERE protocol = 'http/1.1'"),
                     SAMPLES);
    int64_t connected = sql_int(db, "SELECT count(*) FROM attempt WHERE tls_ns IS NOT NULL");
    /* the warm-up opened one of them */
    assert_int_equal(connected, (int64_t)gateway_connections(&gateway) - 1);
    assert_true(connected > 0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt WHERE tls_ns > connect_ns OR "
                                 "tls_ns = 0"),
                     0);
    struct ended shown = weir(place, "show", "one/s1/1", NULL);
    assert_code(shown, 0);
    assert_contains(shown.out, "by http/1.1");
    gateway_stop(&gateway);
}

/* Protects: HTTP/2 where it is asked for, with few connections and one attempt a call. */
static void http_2_on_request(void **state)
{
    struct place *place = *state;
    struct gateway gateway = start(place, true);
    write_experiment(place, gateway_url(&gateway, DOOR_TLS, "127.0.0.1"), "http2: true");
    const char *db = run_good(place, ".", NULL).db;
    check_all_good(db);
    assert_int_equal(gateway_calls(&gateway, "HTTP/2"), SAMPLES);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt WHERE protocol = 'h2'"),
                     SAMPLES);
    assert_int_equal(gateway_connections(&gateway), 1);
    struct ended shown = weir(place, "show", "one/s1/1", NULL);
    assert_contains(shown.out, "by h2");
    gateway_stop(&gateway);
}

/* Protects: a connection carries fewer streams than its server allows: nothing is refused, with
 * 60 calls at once where 8 are allowed. */
static void streams_stay_below_the_servers_maximum(void **state)
{
    struct place *place = *state;
    struct gateway gateway = start(place, true);
    write_experiment(place, gateway_url(&gateway, DOOR_FEW_STREAMS, "127.0.0.1"),
                     "http2: true");
    const char *db = run_good(place, ".", NULL).db;
    check_all_good(db);
    assert_int_equal(gateway_calls(&gateway, "HTTP/2"), SAMPLES);
    assert_lacks(gateway_errors(&gateway), "concurrent streams exceeded");
    print_message("60 calls at once, 8 streams allowed: %zu connections\n",
                  gateway_connections(&gateway));
    gateway_stop(&gateway);
}

/* Protects: many calls at once share few connections, each with fewer streams than the 128 that
 * nginx allows by default. */
static void many_calls_share_few_connections(void **state)
{
    enum { CALLS = 200 };
    struct place *place = *state;
    struct gateway gateway = start(place, true);
    write_experiment(place, gateway_url(&gateway, DOOR_TLS, "127.0.0.1"),
                     "http2: true, concurrency: 200");
    write_rows(place, CALLS);
    const char *db = run_good(place, "-j", "200", NULL).db;
    check_identities(db);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt WHERE protocol = 'h2'"), CALLS);
    print_message("200 calls at once: %zu connections\n", gateway_connections(&gateway));
    /* those that waited for a connection of others were connecting meanwhile: the reply comes no
     * sooner than the mock's 30 ms after that */
    assert_int_equal(sql_int(db,
                             "SELECT count(*) FROM attempt WHERE first_byte_ns < connect_ns "
                             "OR total_ns - connect_ns < 30000000"),
                     0);
    assert_true(sql_int(db,
                        "SELECT count(*) FROM attempt WHERE tls_ns IS NULL AND connect_ns > "
                        "(SELECT min(tls_ns) FROM attempt) / 2") > 0);
    assert_in_range(gateway_connections(&gateway), 2, 8);
    gateway_stop(&gateway);
}

/* ---- certificates ---- */

/* Nobody was asked anything but what TLS itself needs. */
static void check_untouched(struct gateway *gateway)
{
    assert_int_equal(gateway_log(gateway).n, 0);
    assert_lacks(http_get(gateway->place, gateway->mock.url, "/mock/journal"), "word 1");
}

static void check_refused(struct gateway *gateway, enum door door, const char *reason)
{
    struct place *place = gateway->place;
    write_experiment(place, gateway_url(gateway, door, "127.0.0.1"), "rpm: 600000");
    struct ended ended = weir(place, "run", "--quiet", NULL);
    assert_code(ended, 3);
    assert_contains(ended.err, "provider 'p' is down");
    assert_contains(ended.err, "is not trusted");
    assert_contains(ended.err, reason);
    write_experiment(place, gateway_url(gateway, door, "127.0.0.1"), "warmup: false");
    const char *db = run_good(place, ".", NULL).db;
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell WHERE reason = 'transport'"),
                     SAMPLES);
    assert_int_equal(sql_int(db, "SELECT max(attempts) FROM call"), 1);
    assert_int_equal(sql_int(db, "SELECT sum(lost_attempts) FROM call"), 0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt WHERE protocol IS NOT NULL"), 0);
    assert_contains(sql_text(place, db, "SELECT message FROM attempt LIMIT 1"), reason);
    check_untouched(gateway);
}

/* Protects: a server that does not prove who it is gets no request and no key, is not asked again,
 * and the message says what is wrong with its certificate and what to do. */
static void bad_certificates(void **state)
{
    struct place *place = *state;
    struct gateway gateway = start(place, true);
    check_refused(&gateway, DOOR_EXPIRED, "it has expired");
    check_refused(&gateway, DOOR_OTHER_HOST, "it is for another host");
    check_refused(&gateway, DOOR_SELF_SIGNED, "no authority known here has signed it");
    gateway_stop(&gateway);
}

/* Protects: an authority is trusted because this machine or its user says so. */
static void unknown_authority(void **state)
{
    struct place *place = *state;
    struct gateway gateway = start(place, false);
    check_refused(&gateway, DOOR_TLS, "SSL_CERT_FILE");
    place_env(place, "SSL_CERT_FILE=/nonexistent/ca.pem");
    const char *db = run_good(place, "--limit", "2", NULL).db;
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt WHERE message LIKE "
                                 "'%%check SSL_CERT_FILE%%'"),
                     2);
    gateway_stop(&gateway);
}

/* Protects: http and https taken for each other are named. */
static void wrong_scheme(void **state)
{
    struct place *place = *state;
    struct gateway gateway = start(place, true);
    str url = arena_printf(&place->arena, "https://127.0.0.1:%d/v1", gateway.port[DOOR_PLAIN]);
    write_experiment(place, url.p, "rpm: 600000");
    struct ended ended = weir(place, "run", "--quiet", NULL);
    assert_code(ended, 3);
    assert_contains(ended.err, "Should base_url begin with http://");
    gateway_stop(&gateway);
}

/* ---- proxies ---- */

static void use_proxy(struct place *place, const char *variable, const char *user, int port)
{
    place_env(place,
              arena_printf(&place->arena, "%s=http://%s127.0.0.1:%d", variable, user, port).p);
}

/* Protects: https goes through a proxy's CONNECT, which learns the host and nothing else: neither
 * the key nor a header of the request; the proxy's own password reaches it and no file. */
static void through_a_connect_proxy(void **state)
{
    struct place *place = *state;
    struct gateway gateway = start(place, true);
    struct tunnel *tunnel = tunnel_start(place, gateway.port[DOOR_TLS], 200);
    use_proxy(place, "https_proxy", "me:" PASSWORD "@", tunnel_port(tunnel));
    write_experiment(place, "https://weir.test/v1", "concurrency: 4");
    const char *db = run_good(place, ".", NULL).db;
    check_all_good(db);
    assert_int_equal(gateway_calls(&gateway, "HTTP/1.1"), SAMPLES);
    str heads = tunnel_heads(tunnel);
    assert_true(str_starts_with(heads, STR("CONNECT weir.test:443 HTTP/1.1\r\n")));
    assert_contains(heads, "Proxy-Authorization: Basic ");
    assert_lacks(heads, "\nAuthorization");
    assert_lacks(heads, "Idempotency-Key");
    assert_lacks(heads, "X-Weir-Attempt");
    assert_lacks(heads, KEY);
    assert_true(tunnel_bytes(tunnel).n > 10000);
    assert_lacks(tunnel_bytes(tunnel), KEY);
    assert_lacks(tunnel_bytes(tunnel), "Say word");
    if (place_find_bytes(place, ".weir", STR(PASSWORD)))
        fail_msg("the proxy's password is in the run's file");
    tunnel_stop(tunnel);
    gateway_stop(&gateway);
}

/* Protects: HTTP/2 goes through a proxy as well. */
static void http_2_through_a_proxy(void **state)
{
    struct place *place = *state;
    struct gateway gateway = start(place, true);
    struct tunnel *tunnel = tunnel_start(place, gateway.port[DOOR_TLS], 200);
    use_proxy(place, "ALL_PROXY", "", tunnel_port(tunnel));
    write_experiment(place, "https://weir.test/v1", "http2: true");
    check_all_good(run_good(place, ".", NULL).db);
    assert_int_equal(gateway_calls(&gateway, "HTTP/2"), SAMPLES);
    tunnel_stop(tunnel);
    gateway_stop(&gateway);
}

/* Protects: NO_PROXY, and that this machine is never reached through a proxy. */
static void past_the_proxy(void **state)
{
    struct place *place = *state;
    struct gateway gateway = start(place, true);
    struct tunnel *tunnel = tunnel_start(place, gateway.port[DOOR_TLS], 200);
    use_proxy(place, "HTTPS_PROXY", "", tunnel_port(tunnel));
    write_experiment(place, gateway_url(&gateway, DOOR_TLS, "127.0.0.1"), "concurrency: 4");
    check_all_good(run_good(place, ".", NULL).db);
    assert_int_equal(tunnel_heads(tunnel).n, 0);
    place_env(place, "NO_PROXY=.test");
    write_experiment(place, "https://weir.test/v1", "concurrency: 4");
    struct ended ended = weir(place, "run", "--quiet", NULL);
    assert_code(ended, 3);
    assert_contains(ended.err, "cannot resolve host weir.test");
    assert_int_equal(tunnel_heads(tunnel).n, 0);
    tunnel_stop(tunnel);
    gateway_stop(&gateway);
}

static void check_proxy_says(struct place *place, int status, const char *words, int attempts)
{
    struct tunnel *tunnel = tunnel_start(place, 1, status);
    use_proxy(place, "https_proxy", "me:" PASSWORD "@", tunnel_port(tunnel));
    write_experiment(place, "https://weir.test/v1", "concurrency: 4");
    struct ended ended = weir(place, "run", "--quiet", NULL);
    assert_code(ended, 3);
    assert_contains(ended.err, words);
    assert_lacks(ended.err, PASSWORD);
    write_experiment(place, "https://weir.test/v1", "concurrency: 4, warmup: false");
    const char *db = run_good(place, "--limit", "2", NULL).db;
    assert_int_equal(sql_int(db, "SELECT max(attempts) FROM call"), attempts);
    assert_int_equal(sql_int(db, "SELECT sum(lost_attempts) FROM call"), 0);
    assert_lacks(sql_text(place, db, "SELECT message FROM attempt LIMIT 1"), PASSWORD);
    tunnel_stop(tunnel);
}

/* Protects: a proxy that refuses is named, with what to do; only what may pass is tried again. */
static void a_proxy_that_refuses(void **state)
{
    struct place *place = *state;
    check_proxy_says(place, 407, "HTTP 407. It wants a user and a password: https_proxy=", 1);
    check_proxy_says(place, 403, "HTTP 403. NO_PROXY names hosts", 1);
    check_proxy_says(place, 502, "refuses to connect to https://weir.test: HTTP 502", 3);
    place_env(place, "https_proxy=http://127.0.0.1:1");
    const char *db = run_good(place, "--limit", "2", NULL).db;
    assert_contains(sql_text(place, db, "SELECT message FROM attempt LIMIT 1"),
                    "no connection to the proxy http://127.0.0.1:1 (https_proxy)");
}

static void answer_hi(void *arg, const struct asked *asked, struct said *said)
{
    (void)arg, (void)asked;
    said->body = chat_reply(said->arena, STR("hi"), "stop");
}

/* Protects: http goes through a proxy of its own variable, by absolute addresses. */
static void plain_http_through_a_proxy(void **state)
{
    struct place *place = *state;
    struct server *server = server_start(place, answer_hi, NULL);
    str url = server_url(server);
    place_env(place, arena_printf(&place->arena, "http_proxy=%.*s", (int)url.n - 3, url.p).p);
    write_experiment(place, "http://weir.test:8080/v1", "concurrency: 4");
    check_all_good(run_good(place, ".", NULL).db);
    assert_contains(server_asked(server, 0)->head,
                    "POST http://weir.test:8080/v1/chat/completions HTTP/1.1");
    server_stop(server);
}

/* ---- addresses ---- */

static bool has_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return has;
}

/* Protects: addresses of IPv6 in base_url, with and without TLS, whatever the proxy. */
static void ipv6(void **state)
{
    struct place *place = *state;
    if (!has_ipv6()) {
        print_message("SKIPPED: this machine has no IPv6\n");
        skip();
    }
    struct gateway gateway = start(place, true);
    place_env(place, "ALL_PROXY=http://127.0.0.1:1");
    write_experiment(place, gateway_url(&gateway, DOOR_PLAIN, "[::1]"), "concurrency: 4");
    check_all_good(run_good(place, ".", NULL).db);
    write_experiment(place, gateway_url(&gateway, DOOR_TLS, "[::1]"), "http2: true");
    check_all_good(run_good(place, ".", NULL).db);
    assert_int_equal(gateway_calls(&gateway, "HTTP/1.1"), SAMPLES);
    assert_int_equal(gateway_calls(&gateway, "HTTP/2"), SAMPLES);
    gateway_stop(&gateway);
}

/* Protects: no redirect is followed, so the key goes nowhere else. */
static void redirects_are_not_followed(void **state)
{
    struct place *place = *state;
    struct gateway gateway = start(place, true);
    str url = arena_printf(&place->arena, "https://127.0.0.1:%d/moved", gateway.port[DOOR_TLS]);
    write_experiment(place, url.p, "concurrency: 4");
    const char *db = run_good(place, ".", NULL).db;
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt WHERE http_status = 307 AND "
                                 "outcome = 'request' AND message LIKE '%%/elsewhere%%'"),
                     SAMPLES);
    assert_lacks(gateway_log(&gateway), " /elsewhere");
    gateway_stop(&gateway);
}

/* Protects: weir doctor tells of TLS and the clock, and of a certificate that is not trusted. */
static void doctor_looks_at_tls(void **state)
{
    struct place *place = *state;
    struct gateway gateway = start(place, true);
    write_experiment(place, gateway_url(&gateway, DOOR_TLS, "127.0.0.1"), "http2: true");
    struct ended ended = weir(place, "doctor", NULL);
    assert_code(ended, 0);
    assert_contains(ended.out, "by h2");
    assert_contains(ended.out, "(TLS ");
    assert_contains(ended.out, "clock   ok       this machine's is within 2 s of the server's");
    write_experiment(place, gateway_url(&gateway, DOOR_EXPIRED, "127.0.0.1"), "rpm: 600");
    ended = weir(place, "doctor", NULL);
    assert_code(ended, 3);
    assert_contains(ended.out, "it has expired");
    assert_contains(ended.out, "not asked");
    str url = arena_printf(&place->arena, "https://127.0.0.1:%d/moved", gateway.port[DOOR_TLS]);
    write_experiment(place, url.p, "rpm: 600");
    ended = weir(place, "doctor", NULL);
    assert_code(ended, 2);
    assert_contains(ended.out, "put the address they lead to into base_url");
    assert_lacks(gateway_log(&gateway), " /elsewhere");
    gateway_stop(&gateway);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(tls_by_http_1_1),
        e2e_test(http_2_on_request),
        e2e_test(streams_stay_below_the_servers_maximum),
        e2e_test(many_calls_share_few_connections),
        e2e_test(bad_certificates),
        e2e_test(unknown_authority),
        e2e_test(wrong_scheme),
        e2e_test(through_a_connect_proxy),
        e2e_test(http_2_through_a_proxy),
        e2e_test(past_the_proxy),
        e2e_test(a_proxy_that_refuses),
        e2e_test(plain_http_through_a_proxy),
        e2e_test(ipv6),
        e2e_test(redirects_are_not_followed),
        e2e_test(doctor_looks_at_tls),
    };
    if (!gateway_is_possible()) {
        print_message("SKIPPED: nginx or openssl is not installed (script/bootstrap)\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
