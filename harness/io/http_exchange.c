/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_exchange.c: one exchange, from its start to its outcome.
 *
 * Easy handles are used again with their options; only what differs from the exchange before is
 * set, which with one provider is the body and the header lines. Deadlines are one timer of ours
 * for each exchange: libcurl's would cost it two entries in its own tree and know no first byte.
 */
#include "io/http_inside.h"

#include <stdio.h>
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

static void watch_quiet(struct exchange *exchange);

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
        watch_quiet(easy->exchange);
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

/* --- easy handles --- */

static struct easy *easy_make(struct http *http)
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

static void easy_prepare(struct easy *easy, struct exchange *exchange)
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

/* --- the end --- */

static void exchange_end(struct exchange *exchange)
{
    loop_timer_stop(exchange->http->loop, &exchange->deadline);
    exchange->state = EXCHANGE_DONE;
    fiber_wake(exchange->fiber);
}

void exchange_fail(struct exchange *exchange, enum http_outcome outcome, const char *reason)
{
    struct http_reply *reply = exchange->reply;
    reply->outcome = outcome;
    reply->error = arena_str(exchange->request->arena, str_from(reason));
    reply->total_ns = moment_since(clock_now(), reply->start);
    exchange_end(exchange);
}

/* A time from libcurl, counted from when it got the exchange; to ours, counted from the start. */
static int64_t time_of(const struct easy *easy, CURLINFO info, int64_t handed_ns)
{
    curl_off_t us = 0;
    curl_easy_getinfo(easy->curl, info, &us);
    return handed_ns + us * NS_PER_US;
}

static void fill_times(struct http_reply *reply, const struct easy *easy, bool whole)
{
    const int64_t handed_ns = moment_since(easy->handed, reply->start);
    curl_off_t tls_us = 0;
    if (easy->reached) {
        const int64_t connected_ns = time_of(easy, CURLINFO_CONNECT_TIME_T, handed_ns);
        curl_easy_getinfo(easy->curl, CURLINFO_APPCONNECT_TIME_T, &tls_us);
        reply->connect_ns =
            tls_us ? time_of(easy, CURLINFO_APPCONNECT_TIME_T, handed_ns) : connected_ns;
        if (tls_us && !reply->reused)
            reply->tls_ns = reply->connect_ns - connected_ns;
    }
    if (easy->status)
        reply->first_byte_ns = time_of(easy, CURLINFO_STARTTRANSFER_TIME_T, handed_ns);
    /* libcurl stamps the end only when it comes to it. */
    reply->total_ns = whole ? time_of(easy, CURLINFO_TOTAL_TIME_T, handed_ns)
                            : moment_since(clock_now(), reply->start);
    if (easy->http2)
        secure_times(reply, easy);
}

static void keep_arrivals(struct http_reply *reply, struct easy *easy, struct arena *arena)
{
    struct http_arrival *kept;
    reply->arrivals = easy->arrivals.n / sizeof *kept;
    if (reply->arrivals) {
        kept = arena_array(arena, struct http_arrival, reply->arrivals);
        memcpy(kept, easy->arrivals.p, easy->arrivals.n);
        reply->arrival = kept;
    }
    buf_release(&easy->arrivals);
}

/* Fills the reply from the handle, and lets the handle go. */
static void exchange_land(struct easy *easy, enum http_outcome outcome, const char *reason)
{
    struct exchange *exchange = easy->exchange;
    struct http_reply *reply = exchange->reply;
    struct arena *arena = exchange->request->arena;
    long connections = 0;
    curl_easy_getinfo(easy->curl, CURLINFO_NUM_CONNECTS, &connections);
    reply->outcome = outcome;
    reply->status = easy->status;
    reply->bytes_sent = easy->reached;
    reply->reused = easy->reached && connections == 0;
    reply->protocol = easy->status ? secure_protocol(easy->curl) : NULL;
    reply->header_lines = arena_str(arena, buf_str(&easy->headers));
    reply->body = arena_str(arena, buf_str(&easy->body));
    keep_arrivals(reply, easy, arena);
    if (outcome != HTTP_OK)
        reply->error = arena_str(arena, str_from(reason));
    fill_times(reply, easy, outcome == HTTP_OK);
    buf_release(&easy->headers);
    buf_release(&easy->body);

    multi_remove(easy);
    /* Both point into the fiber's world, which goes on. */
    curl_easy_setopt(easy->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(easy->curl, CURLOPT_POSTFIELDS, NULL);
    easy->exchange = NULL;
    exchange->easy = NULL;
    easy->next = exchange->http->idle;
    exchange->http->idle = easy;
    exchange_end(exchange);
}

void exchange_finish(struct easy *easy, CURLcode result)
{
    struct buf reason = {0};
    if (result == CURLE_OK) {
        exchange_land(easy, HTTP_OK, "");
    } else if (easy->too_large) {
        exchange_land(easy, HTTP_TOO_LARGE, "the reply is larger than its limit");
    } else if (easy->lost) {
        exchange_land(easy, HTTP_BROKEN, "the connection was lost after the request was sent");
    } else {
        enum http_outcome outcome = trouble_explain(easy, result, &reason);
        exchange_land(easy, outcome, reason.p);
        buf_release(&reason);
    }
}

/* --- start, deadlines, abort --- */

static void stop(struct exchange *exchange, enum http_outcome outcome, const char *reason)
{
    if (exchange->state == EXCHANGE_RESOLVING)
        host_leave(exchange);
    if (exchange->easy)
        exchange_land(exchange->easy, outcome, reason);
    else
        exchange_fail(exchange, outcome, reason);
}

void exchange_abort(void *arg)
{
    struct exchange *exchange = arg;
    if (exchange->state != EXCHANGE_DONE)
        stop(exchange, HTTP_CANCELLED, "cancelled");
    else
        fiber_wake(exchange->fiber);
}

/* The deadline still ahead that comes first: ns from the start, or 0 when there is none. */
static int64_t next_deadline(const struct exchange *exchange)
{
    const struct http_request *request = exchange->request;
    const struct easy *easy = exchange->easy;
    int64_t next = request->timeout_ns;
    if (request->first_byte_timeout_ns && !(easy && easy->status) &&
        (!next || request->first_byte_timeout_ns < next))
        next = request->first_byte_timeout_ns;
    if (request->connect_timeout_ns && !(easy && easy->reached) &&
        (!next || request->connect_timeout_ns < next))
        next = request->connect_timeout_ns;
    if (exchange->quiet_ns && (!next || exchange->quiet_ns < next))
        next = exchange->quiet_ns;
    return next;
}

/* --- replies that are over before their connection is --- */

/* From now on, or again. */
static void watch_quiet(struct exchange *exchange)
{
    const int64_t passed = moment_since(clock_now(), exchange->reply->start);
    exchange->quiet_ns = passed + HTTP_QUIET_NS;
    exchange->quiet_bytes = exchange->easy->body.n;
    loop_timer_set(exchange->http->loop, &exchange->deadline,
                   moment_add(exchange->reply->start, next_deadline(exchange)));
}

/* Looked at once for each time that it is quiet: the next piece begins anew. */
static void quiet_came(struct exchange *exchange)
{
    const struct http_request *request = exchange->request;
    struct http_reply *reply = exchange->reply;
    const struct easy *easy = exchange->easy;
    const int64_t last_ns = exchange->quiet_ns - HTTP_QUIET_NS;
    if (easy->body.n != exchange->quiet_bytes) {
        watch_quiet(exchange);
        return;
    }
    exchange->quiet_ns = 0;
    if (request->is_over(request->is_over_arg, buf_str(&easy->body))) {
        exchange_land(exchange->easy, HTTP_OK, "");
        reply->total_ns = reply->arrivals ? reply->arrival[reply->arrivals - 1].at_ns : last_ns;
        return;
    }
    const int64_t next = next_deadline(exchange);
    if (next)
        loop_timer_set(exchange->http->loop, &exchange->deadline,
                       moment_add(reply->start, next));
}

static void deadline_came(void *arg)
{
    struct exchange *exchange = arg;
    const struct http_request *request = exchange->request;
    const struct easy *easy = exchange->easy;
    const int64_t next = next_deadline(exchange);
    const int64_t passed = moment_since(clock_now(), exchange->reply->start);
    char reason[100];
    if (!next)
        return;
    if (next > passed) { /* what it was set for has been met */
        loop_timer_set(exchange->http->loop, &exchange->deadline,
                       moment_add(exchange->reply->start, next));
        return;
    }
    if (next == exchange->quiet_ns) {
        quiet_came(exchange);
        return;
    }
    const double seconds = (double)next / (double)NS_PER_S;
    if (!(easy && easy->reached) && next == request->connect_timeout_ns) {
        snprintf(reason, sizeof reason, "no connection within %g s", seconds);
        stop(exchange, HTTP_CONNECT, reason);
        return;
    }
    snprintf(reason, sizeof reason, "no %s within %g s",
             easy && easy->status ? "end of the reply" : "reply", seconds);
    stop(exchange, HTTP_TIMEOUT, reason);
}

/* A line break in a header line would begin a header of its own. */
static bool has_line_break(const struct http_request *request)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (memchr(request->headers[i].p, '\n', request->headers[i].n) ||
            memchr(request->headers[i].p, '\r', request->headers[i].n))
            return true;
    return false;
}

void exchange_start(void *arg)
{
    struct exchange *exchange = arg;
    struct http *http = exchange->http;
    exchange->reply->start = clock_now();
    if (has_line_break(exchange->request)) {
        exchange_fail(exchange, HTTP_BARRED, "a header holds a line break");
        return;
    }
    exchange->host = host_of(http, exchange->request->url);
    exchange->deadline = (struct loop_timer){.run = deadline_came, .arg = exchange};
    const int64_t due = next_deadline(exchange);
    if (due)
        loop_timer_set(http->loop, &exchange->deadline,
                       moment_add(exchange->reply->start, due));
    if (!exchange->host || host_ready(exchange->host, exchange))
        exchange_fly(exchange);
    else
        exchange->state = EXCHANGE_RESOLVING;
}

void exchange_fly(struct exchange *exchange)
{
    struct http *http = exchange->http;
    struct easy *easy = http->idle;
    if (easy)
        http->idle = easy->next;
    else
        easy = easy_make(http);
    easy_prepare(easy, exchange);
    exchange->state = EXCHANGE_FLYING;
    http->stats.sent++;
    easy->handed = clock_now();
    multi_add(multi_choose(http, exchange->request->http2), easy);
}
