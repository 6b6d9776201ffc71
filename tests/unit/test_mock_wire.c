/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_wire.c: what is passed on between a client and a real server, and what is not.
 */
#include "test_mock_ask.h"

#include "mock_server/upstream.h"
#include "mock_server/wire.h"

static void assert_url(const char *base, const char *target, const char *should)
{
    struct arena arena = {0};
    str url = upstream_url(&arena, str_from(base), str_from(target));
    assert_string_equal(url.p, should);
    arena_release(&arena);
}

/* The path that the upstream's URL and the request have in common counts once: both ways to
 * write a base URL work. */
static void test_url(void **state)
{
    (void)state;
    assert_url("https://a.com", "/v1/x?b=c", "https://a.com/v1/x?b=c");
    assert_url("https://a.com/v1", "/v1/x", "https://a.com/v1/x");
    assert_url("https://a.com/v1", "/v11/x", "https://a.com/v1/v11/x");
    assert_url("https://a.com/proxy/openai", "/v1/x", "https://a.com/proxy/openai/v1/x");
    assert_url("http://127.0.0.1:80", "/", "http://127.0.0.1:80/");
}

/* Headers about one connection are not passed on, nor those that Connection names. */
static void test_hop_by_hop(void **state)
{
    (void)state;
    assert_true(wire_is_hop_by_hop(STR("Transfer-Encoding"), STR("")));
    assert_true(wire_is_hop_by_hop(STR("keep-alive"), STR("close")));
    assert_true(wire_is_hop_by_hop(STR("X-Own"), STR("close, x-own")));
    assert_false(wire_is_hop_by_hop(STR("x-own"), STR("close, x-owner")));
    assert_false(wire_is_hop_by_hop(STR("authorization"), STR("")));
}

/* A head says how long the body is in the way that the client understands, and never twice. */
static void test_head(void **state)
{
    const struct cassette_header header[] = {
        {STR_INIT("Content-Length"), STR_INIT("5")},
        {STR_INIT("Connection"), STR_INIT("keep-alive, x-hop")},
        {STR_INIT("X-Hop"), STR_INIT("1")},
        {STR_INIT("Content-Type"), STR_INIT("text/plain")},
    };
    struct wire_head head = {
        .status = 200, .header = header, .headers = 4, .framing = FRAMING_LENGTH, .length = 7};
    struct buf out = {0};
    (void)state;
    wire_write_head(&out, &head);
    assert_string_equal(out.p, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                               "content-length: 7\r\n\r\n");
    buf_clear(&out);
    head.framing = FRAMING_UNTIL_CLOSE;
    wire_write_head(&out, &head);
    assert_string_equal(out.p, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                               "connection: close\r\n\r\n");
    buf_release(&out);
    const struct http_request old = {.is_1_0 = true}, new = {.is_1_0 = false};
    assert_int_equal(wire_framing(&new, 200, true), FRAMING_CHUNKED);
    assert_int_equal(wire_framing(&old, 200, true), FRAMING_UNTIL_CLOSE);
    assert_int_equal(wire_framing(&old, 200, false), FRAMING_LENGTH);
    assert_int_equal(wire_framing(&new, 204, false), FRAMING_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url),
        cmocka_unit_test(test_hop_by_hop),
        cmocka_unit_test(test_head),
    };
    return cmocka_run_group_tests_name("passing on", tests, NULL, NULL);
}
