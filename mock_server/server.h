/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server.h: connections, requests in, deliveries out. server.c, worker.c, connection.c,
 * exchange.c, slots.c and timer.c are the only files that know libuv.
 *
 * Each worker is a thread with a loop and connections of its own; the first runs in the thread
 * that calls server_run, and takes all connections from the listener. A worker's handler is
 * called with each whole request and fills a delivery; it must not block. Requests of one
 * connection are answered one after the other, as HTTP/1.1 pipelining asks. A client that goes
 * away takes its delivery with it; one that only shuts down its sending side gets its reply.
 *
 * SIGTERM or SIGINT drains: nothing is accepted any more, idle connections are closed, replies
 * under way are finished; a second signal, or the end of the time for it, closes all.
 */
#ifndef MOCK_SERVER_H
#define MOCK_SERVER_H

#include "base/clock.h"
#include "base/err.h"
#include "mock_server/delivery.h"
#include "mock_server/http.h"

/* Lateness of sends, achieved minus scheduled, in buckets that grow by the square root of 2. */
enum { LATENESS_BUCKETS = 96, WORKERS_MAX = 256 };

/* Sums over all workers. */
struct server_stats {
    uint64_t connections, open, requests, refused; /* refused: not HTTP as we take it */
    uint64_t gone;                                 /* clients that left before their reply */
    uint64_t in_flight, queued, streams;           /* now; streams: replies in several parts */
    uint64_t bytes_in, bytes_out;
    uint64_t held; /* bytes of requests that are not complete */
    uint64_t sends;
    uint64_t lateness[LATENESS_BUCKETS];
    int64_t lateness_max_ns, lateness_sum_ns;
};
/* Upper bound of the bucket in which the quantile q lies; 0 when nothing was sent. */
int64_t server_lateness_ns(const struct server_stats *stats, double q);
/* Upper bound of a bucket in ns. */
double server_lateness_bound_ns(int bucket);

struct server_handler {
    void *context;
    /* Required. */
    void (*request)(void *context, const struct http_request *request, struct moment arrived,
                    struct delivery *delivery);
    /* Required. The reply to bytes that are no request: the connection is closed after it. `http`
     * is NULL where not even its headers came whole. */
    void (*refused)(void *context, int status, const char *what,
                    const struct http_request *http, struct delivery *delivery);
    /* Optional. The client of the delivery with that ticket left when `sent` bytes were out. */
    void (*gone)(void *context, uint64_t ticket, uint64_t sent);
};

struct server_settings {
    const char *host;                 /* a numeric address */
    int port;                         /* 0: the kernel chooses */
    size_t workers;                   /* at least 1 */
    int64_t drain_ns;                 /* for replies under way when the server is to end */
    void (*on_hangup)(void *context); /* SIGHUP; NULL: it is not looked at */
    void *hangup_context;
};

struct server;

/* One handler for each worker. ERR_FAILED with the reason. */
struct server *server_new(const struct server_settings *settings,
                          const struct server_handler *handlers, struct err *err);
int server_port(const struct server *server);
/* Any thread may ask. */
struct server_stats server_stats(const struct server *server);
/* Serves until it is ended by a signal. */
void server_run(struct server *server);
void server_free(struct server *server);

#endif
