/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server_inside.h: what server.c, connection.c and exchange.c share.
 *
 * A connection is one socket; its exchange is the reply under way on it. The server owns all
 * connections, a connection its exchange.
 */
#ifndef MOCK_SERVER_INSIDE_H
#define MOCK_SERVER_INSIDE_H

#include "mock_server/server.h"
#include "mock_server/timer.h"

#include <uv.h>

enum { READ_BYTES = 64 * 1024 };

struct exchange {
    struct timer timer;
    struct moment start;
    char *bytes; /* own copy: bytes, then the parts */
    size_t n, sent;
    struct part *part;
    size_t parts, next;
    enum ending ending;
    struct slots *slots;
    struct exchange *queued_next;
    bool busy, queued, holds_slot;
};

struct connection {
    uv_tcp_t tcp; /* first: handle and connection are the same address */
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct server *server;
    struct http_reader *reader;
    struct exchange exchange;
    struct buf ahead;
    struct timer patience; /* for a request that does not end */
    struct connection *previous, *next;
    bool writing, feeding, closing, stopped, paused;
};

struct server {
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_signal_t on_term, on_int;
    struct timers *timers;
    struct server_handler handler;
    struct server_stats stats;
    struct connection *connections;
    struct buf scratch;
    char *read_buffer;
    int port;
    bool stopping;
};

/* ---- connection.c ---- */

/* Takes a connection from the listener. */
void connection_open(struct server *server, uv_stream_t *listener);
/* In order or with a reset; its memory goes when the loop has run its closing callback. */
void connection_close(struct connection *connection, bool reset);
/* Says that nothing more comes and waits a little for the client to close. */
void connection_finish(struct connection *connection);
/* Goes on with what the client sent while its reply was under way. */
void connection_feed_ahead(struct connection *connection);

/* ---- exchange.c ---- */

/* Begins to carry out a delivery. The connection may be closed when this returns. */
void exchange_begin(struct connection *connection, const struct delivery *delivery,
                    struct moment arrived);
/* The exchange's timer. */
void exchange_on_due(struct timer *timer);
/* Leaves queue or slot; the next in the queue begins. */
void exchange_leave_slots(struct connection *connection);

/* ---- server.c ---- */

void server_note_send(struct server *server, int64_t late_ns);

#endif
