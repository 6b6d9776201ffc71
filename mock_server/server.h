/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server.h: connections, requests in, deliveries out. server.c, connection.c, exchange.c and
 * timer.c are the only files that know libuv.
 *
 * One thread. The handler is called with each whole request and fills a delivery; it must not
 * block. Requests of one connection are answered one after the other, as HTTP/1.1 pipelining
 * asks. A client that goes away takes its delivery with it.
 */
#ifndef MOCK_SERVER_H
#define MOCK_SERVER_H

#include "base/clock.h"
#include "base/err.h"
#include "mock_server/delivery.h"
#include "mock_server/http.h"

/* Lateness of sends, achieved minus scheduled, in buckets that grow by the square root of 2. */
enum { LATENESS_BUCKETS = 96 };

struct server_stats {
    uint64_t connections, open, requests, refused; /* refused: not HTTP as we take it */
    uint64_t gone;                                 /* clients that left before their reply */
    uint64_t sends;
    uint64_t lateness[LATENESS_BUCKETS];
    int64_t lateness_max_ns;
    double lateness_sum_ns;
};
/* Upper bound of the bucket in which the quantile q lies; 0 when nothing was sent. */
int64_t server_lateness_ns(const struct server_stats *stats, double q);

struct server_handler {
    void *context;
    /* Required. */
    void (*request)(void *context, const struct http_request *request, struct moment arrived,
                    struct delivery *delivery);
    /* Required. The reply to bytes that are no request: the connection is closed after it. */
    void (*refused)(void *context, int status, const char *what, struct delivery *delivery);
};

struct server;

/* Listens on a numeric address; port 0 lets the kernel choose. ERR_FAILED with the reason. */
struct server *server_new(const char *host, int port, const struct server_handler *handler,
                          struct err *err);
int server_port(const struct server *server);
const struct server_stats *server_stats(const struct server *server);
/* Serves until SIGTERM, SIGINT or server_stop; then closes everything. */
void server_run(struct server *server);
/* From inside a handler. */
void server_stop(struct server *server);
void server_free(struct server *server);

#endif
