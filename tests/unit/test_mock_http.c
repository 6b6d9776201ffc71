/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_http.c: the reader of requests, fed in pieces of every size.
 */
#include "test_mock_ask.h"

#include "mock_server/http.h"

static const char chunked[] =
    "POST /v1/a?b=c HTTP/1.1\r\nHost: x\r\nX-Empty:\r\nX-Long:  some value \r\n"
    "Transfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n7;ext=1\r\n, world\r\n0\r\nX-Trailer: t\r\n\r\n";
static const char plain[] =
    "POST /v1/b HTTP/1.1\r\nHost: x\r\ncontent-length: 5\r\nConnection: close\r\n\r\nabcde";
static const char get[] = "\r\nGET /g HTTP/1.0\r\n\r\n";

/* Feeds all of it in pieces; checks each request as it comes. */
static int feed_pieces(str all, size_t piece, void (*check)(const struct http_request *, int))
{
    struct http_reader *reader = http_reader_new();
    int requests = 0;
    size_t at = 0;
    while (at < all.n) {
        /* a copy of exactly that size, so that the sanitizer sees every step beyond it */
        str part = str_sub(all, at, at + piece);
        char *copy = test_malloc(part.n);
        memcpy(copy, part.p, part.n);
        size_t used = 0, done = 0;
        while (done < part.n) {
            enum reader_event event =
                http_reader_feed(reader, (str){copy + done, part.n - done}, &used);
            assert_true(event == READER_MORE || event == READER_REQUEST);
            if (event == READER_REQUEST)
                check(http_reader_request(reader), requests++);
            done += used;
        }
        test_free(copy);
        at += part.n;
    }
    assert_false(http_reader_is_inside(reader));
    http_reader_free(reader);
    return requests;
}

static void check_request(const struct http_request *request, int number)
{
    if (number % 2 == 0) {
        assert_text(request->method, "POST");
        assert_text(request->path, "/v1/a");
        assert_text(request->query, "b=c");
        assert_text(http_header_get(request, STR("x-long")), "some value ");
        assert_int_equal(http_header_get(request, STR("x-empty")).n, 0);
        assert_text(http_header_get(request, STR("x-trailer")), "");
        assert_text(request->body, "hello, world");
        assert_true(request->keep_alive);
        assert_int_equal(request->headers, 4);
    } else {
        assert_text(request->path, "/g");
        assert_int_equal(request->body.n, 0);
        assert_text(request->query, "");
        assert_true(request->keep_alive);
    }
}

/* Protects: requests are the same in whatever pieces their bytes arrive. */
static void test_pieces(void **state)
{
    (void)state;
    struct buf all = {0};
    buf_printf(&all, "%s\r\nGET /g HTTP/1.1\r\nA: b\r\n\r\n%s", chunked, chunked);
    for (size_t piece = 1; piece <= all.n; piece++)
        assert_int_equal(feed_pieces(buf_str(&all), piece, check_request), 3);
    buf_release(&all);
}

static void check_close(const struct http_request *request, int number)
{
    (void)number;
    assert_text(request->body, "abcde");
    assert_false(request->keep_alive);
}

static void check_old(const struct http_request *request, int number)
{
    (void)number;
    assert_text(request->method, "GET");
    assert_false(request->keep_alive);
}

/* Protects: Connection: close and HTTP/1.0 are known. */
static void test_close(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < sizeof plain; piece++)
        assert_int_equal(feed_pieces(STR(plain), piece, check_close), 1);
    assert_int_equal(feed_pieces(STR(get), 100, check_old), 1);
}

static int status_of(str bytes)
{
    struct http_reader *reader = http_reader_new();
    const char *what;
    int status = 0;
    while (bytes.n && !status) {
        size_t used = 0;
        enum reader_event event = http_reader_feed(reader, bytes, &used);
        bytes = str_sub(bytes, used, bytes.n);
        if (event == READER_REFUSED)
            status = http_reader_status(reader, &what);
    }
    http_reader_free(reader);
    return status;
}

/* Protects: what is no request, or too large, has its own status. */
static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(status_of(STR("hello\r\n\r\n")), 400);
    assert_int_equal(status_of(STR("GET / HTTP/9.x\r\n\r\n")), 400);
    assert_int_equal(status_of(STR("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n")), 400);
    assert_int_equal(
        status_of(STR("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")), 400);
    assert_int_equal(status_of(STR("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                                   "Content-Length: 5\r\n\r\n")),
                     400);
    assert_int_equal(status_of(STR("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n")),
                     413);
    struct buf large = {0};
    buf_add_str(&large, STR("GET / HTTP/1.1\r\nX: "));
    for (int i = 0; i < 100000; i++)
        buf_add_char(&large, 'x');
    assert_int_equal(status_of(buf_str(&large)), 431);
    buf_clear(&large);
    buf_add_str(&large, STR("GET / HTTP/1.1\r\n"));
    for (int i = 0; i < HTTP_MAX_HEADERS + 1; i++)
        buf_printf(&large, "h%d: v\r\n", i);
    assert_int_equal(status_of(buf_str(&large)), 431);
    buf_release(&large);
}

/* Protects: of a request that is refused after its headers these are known, however they came:
 * the refusal is told in the provider's shape. */
static void test_refused_head(void **state)
{
    (void)state;
    const str all = STR("POST /v1/messages HTTP/1.1\r\nX-Api-Key: k\r\n"
                        "Content-Length: 99999999999\r\n\r\n");
    for (size_t cut = 0; cut < all.n; cut++) {
        struct http_reader *reader = http_reader_new();
        size_t used;
        if (cut)
            assert_int_equal(http_reader_feed(reader, str_sub(all, 0, cut), &used),
                             READER_MORE);
        assert_null(http_reader_refused(reader));
        assert_int_equal(http_reader_feed(reader, str_sub(all, cut, all.n), &used),
                         READER_REFUSED);
        assert_text(http_reader_refused(reader)->path, "/v1/messages");
        assert_text(http_header_get(http_reader_refused(reader), STR("x-api-key")), "k");
        http_reader_free(reader);
    }
    struct http_reader *reader = http_reader_new();
    size_t used;
    assert_int_equal(http_reader_feed(reader, STR("GET /\x01 nonsense\r\n\r\n"), &used),
                     READER_REFUSED);
    assert_null(http_reader_refused(reader));
    http_reader_free(reader);
}

/* Protects: "100 Continue" is asked for once, when the head is there and the body is not. */
static void test_continue(void **state)
{
    (void)state;
    struct http_reader *reader = http_reader_new();
    size_t used;
    str head = STR("POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n");
    assert_int_equal(http_reader_feed(reader, head, &used), READER_MORE);
    assert_int_equal(http_reader_feed(reader, STR("\r\n"), &used), READER_CONTINUE);
    assert_int_equal(http_reader_feed(reader, STR("o"), &used), READER_MORE);
    assert_int_equal(http_reader_feed(reader, STR("k"), &used), READER_REQUEST);
    assert_text(http_reader_request(reader)->body, "ok");
    http_reader_free(reader);
}

/* Protects: an offer to switch to HTTP/2 is passed over, the body is read. */
static void test_upgrade(void **state)
{
    (void)state;
    struct http_reader *reader = http_reader_new();
    size_t used;
    assert_int_equal(
        http_reader_feed(reader,
                         STR("POST /u HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings"
                             "\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok"),
                         &used),
        READER_REQUEST);
    assert_text(http_reader_request(reader)->body, "ok");
    http_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),   cmocka_unit_test(test_close),
        cmocka_unit_test(test_refused),  cmocka_unit_test(test_refused_head),
        cmocka_unit_test(test_continue), cmocka_unit_test(test_upgrade),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
