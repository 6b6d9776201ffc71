/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_exchange.c: one exchange, from its start to its outcome.
 *
 * Deadlines are one timer of ours for each exchange: libcurl's would cost it two entries in its own
 * tree and know no first byte. What libcurl is told and what it hands over is in http_easy.c.
 */
#include "io/http_inside.h"

#include <stdio.h>
#include <string.h>

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

void exchange_watch_quiet(struct exchange *exchange)
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
        exchange_watch_quiet(exchange);
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
