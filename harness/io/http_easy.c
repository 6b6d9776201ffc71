/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_easy.c: libcurl's easy handles: the options they are given, and the callbacks that fill a reply.
 *
 * Handles are used again with their options; only what differs from the exchange before is set, which
 * with one provider is the body and the header lines. A callback notes what came and when, and decides
 * nothing: the exchange is ended in http_exchange.c.
 */
#include "io/http_inside.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum {
    /* libcurl's buffer for what arrives, one in each exchange in flight. Each time it is full costs
     * a turn of two system calls: a stream of 20 KB took 27 of them, some 20 us, with the small one.
     * At 10,000 in flight each further KB would be 10 MB, so only the first few get the large one. */
    RECEIVE_SMALL = 1024,
    RECEIVE_LARGE = 16 * 1024,
    RECEIVE_LARGE_MOST = 256, /* exchanges in flight */
    HEADER_LIMIT = 64 * 1024,
    /* libcurl asks "Expect: 100-continue" first above this; a round trip we do without. */
    EXPECT_BYTES = 1024 * 1024,
};

/* --- callbacks of libcurl --- */

/* "HTTP/1.1 200 OK": 200, or 0 when it is no status line. */
static int status_of(str line)
{
    str version, rest;
    if (!str_starts_with(line, STR("HTTP/")) || !str_cut(line, ' ', &version, &rest))
        return 0;
    int status = 0;
    for (size_t i = 0; i < 3 && i < rest.n && char_is_digit(rest.p[i]); i++)
        status = status * 10 + (rest.p[i] - '0');
    return status;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct easy *easy = arg;
    const str line = {bytes, size * count};
    int status = status_of(line);
    if (status && easy->http2 && !easy->status)
        easy->answered_ns = moment_since(clock_now(), easy->exchange->reply->start);
    if (status) { /* after an interim reply (1xx) the next one begins anew */
        easy->status = status;
        buf_clear(&easy->headers);
    }
    if (easy->in_body || buf_add_str(&easy->headers, line)) /* trailers are let go */
        return line.n;
    easy->too_large = true;
    return 0;
}

/* A stream that tells its length is either buffered by somebody, or its length is wrong: then the
 * rest of it would arrive as the beginning of the next reply. Such a connection is not kept. */
static void doubt_length(struct easy *easy)
{
    if (easy->http2 || !header_value(buf_str(&easy->headers), "Content-Length").n)
        return; /* HTTP/2 has frames, which no length can mislead */
    curl_easy_setopt(easy->curl, CURLOPT_FORBID_REUSE, 1L);
    easy->forbids_reuse = true;
}

/* What one turn of libcurl reads came with one arrival: it hands over a stream that came at once
 * in some hundred pieces, one for each HTTP chunk, and there is one time for all of them. */
static void note_arrival(struct easy *easy)
{
    uint64_t turn = easy->multi->turn;
    struct http_arrival arrival = {.bytes = easy->body.n};
    if (easy->arrivals.n && easy->noted_turn == turn) {
        easy->arrivals.n -= sizeof arrival;
        memcpy(&arrival.at_ns,
               easy->arrivals.p + easy->arrivals.n + offsetof(struct http_arrival, at_ns),
               sizeof arrival.at_ns);
    } else {
        arrival.at_ns = moment_since(clock_now(), easy->exchange->reply->start);
    }
    buf_add(&easy->arrivals, &arrival, sizeof arrival);
    easy->noted_turn = turn;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct easy *easy = arg;
    const struct exchange *exchange = easy->exchange;
    const str chunk = {bytes, size * count};
    if (!easy->in_body && exchange->request->note_arrivals)
        doubt_length(easy);
    easy->in_body = true;
    easy->too_large = !buf_add_str(&easy->body, chunk);
    if (easy->too_large)
        return 0;
    if (exchange->request->note_arrivals && easy->status / 100 == 2)
        note_arrival(easy);
    if (exchange->request->is_over && !exchange->quiet_ns && easy->status / 100 == 2)
        exchange_watch_quiet(easy->exchange);
    return chunk.n;
}

/* Connected; the request is written next. A second time means that a kept connection died
 * without an answer and libcurl is about to send the request again. It may have been worked on,
 * so that is for the caller to decide, as another attempt. */
static int on_reached(void *arg, char *remote, char *local, int remote_port, int local_port)
{
    struct easy *easy = arg;
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    if (easy->reached) {
        easy->lost = true;
        return CURL_PREREQFUNC_ABORT;
    }
    easy->reached = true;
    if (easy->http2)
        easy->reached_ns = moment_since(clock_now(), easy->exchange->reply->start);
    if (easy->host)
        host_reached(easy->host);
    return CURL_PREREQFUNC_OK;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    struct http *http = arg;
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    watch_opened(http->watch, fd);
    http->stats.connections++;
    return fd;
}

static int on_close_socket(void *arg, curl_socket_t fd)
{
    struct http *http = arg;
    watch_closed(http->watch, fd);
    return close(fd);
}

/* --- handles --- */

struct easy *easy_make(struct http *http)
{
    struct easy *easy = xcalloc(1, sizeof *easy);
    CURL *curl = easy->curl = curl_easy_init();
    if (!curl)
        BUG("libcurl gives no more easy handles");
    easy->headers = BUF(HEADER_LIMIT);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, easy);
    curl_easy_setopt(curl, CURLOPT_SHARE, http->share);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    secure_apply(http, curl);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, ""); /* host_apply decides */
    /* What is for the server, the key above all, is not for the proxy in front of its TLS. */
    curl_easy_setopt(curl, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    /* A model may think for minutes; without it a gateway between drops the connection. */
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, easy->error);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, easy);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, easy);
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_reached);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, easy);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, http);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, http);
    return easy;
}

void easy_free(struct easy *easy)
{
    curl_easy_cleanup(easy->curl);
    xfree(easy->url);
    xfree(easy);
}

/* The list is in the arena and its lines are the request's: libcurl reads both and owns neither. */
static struct curl_slist *header_list(const struct http_request *request)
{
    struct curl_slist *first = NULL, **end = &first;
    for (size_t i = 0; i < request->header_count; i++) {
        *end = arena_new(request->arena, struct curl_slist);
        const char *line = request->headers[i].p;
        memcpy(&(*end)->data, &line, sizeof line); /* libcurl's field is not const */
        end = &(*end)->next;
    }
    if (request->body.n > EXPECT_BYTES) {
        static char no_expect[] = "Expect:";
        *end = arena_new(request->arena, struct curl_slist);
        (*end)->data = no_expect;
    }
    return first;
}

static void set_url(struct easy *easy, str url)
{
    if (easy->url && str_equal(str_from(easy->url), url))
        return;
    xfree(easy->url);
    easy->url = xmalloc(url.n + 1);
    if (url.n)
        memcpy(easy->url, url.p, url.n);
    easy->url[url.n] = '\0';
    curl_easy_setopt(easy->curl, CURLOPT_URL, easy->url);
}

static void set_method(struct easy *easy, const struct http_request *request)
{
    CURL *curl = easy->curl;
    bool is_post = !request->method.n || str_equal(request->method, STR("POST"));
    if (!is_post) {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(curl, CURLOPT_NOBODY,
                         str_equal(request->method, STR("HEAD")) ? 1L : 0L);
        if (request->body.n) { /* else libcurl would send none */
            curl_easy_setopt(curl, CURLOPT_POST, 1L);
        }
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST,
                         arena_str(request->arena, request->method).p);
    } else if (!easy->is_post) {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 0L);
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, NULL);
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
    }
    easy->is_post = is_post;
    if (is_post || request->body.n) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.n ? request->body.p : "");
    }
}

void easy_prepare(struct easy *easy, struct exchange *exchange)
{
    const struct http_request *request = exchange->request;
    easy->exchange = exchange;
    exchange->easy = easy;
    easy->status = 0;
    easy->reached = easy->too_large = easy->lost = easy->in_body = false;
    easy->error[0] = '\0';
    easy->body = BUF(request->reply_limit ? request->reply_limit : BUF_DEFAULT_LIMIT);
    const long receive =
        exchange->http->stats.in_flight <= RECEIVE_LARGE_MOST ? RECEIVE_LARGE : RECEIVE_SMALL;
    if (easy->receive != receive)
        curl_easy_setopt(easy->curl, CURLOPT_BUFFERSIZE, receive);
    easy->receive = receive;
    set_url(easy, request->url);
    set_method(easy, request);
    curl_easy_setopt(easy->curl, CURLOPT_HTTPHEADER, header_list(request));
    secure_set_http2(easy, request->http2);
    if (easy->forbids_reuse)
        curl_easy_setopt(easy->curl, CURLOPT_FORBID_REUSE, 0L);
    easy->forbids_reuse = false;
    if (exchange->host)
        host_apply(exchange->host, easy);
}
