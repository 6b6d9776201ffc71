/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server_inside.h: what server.c, worker.c, connection.c, exchange.c, flow.c and slots.c share.
 *
 * A connection is one socket; its exchange is the reply under way on it. A worker owns its
 * connections, a connection its exchange, and only the worker's thread touches them. What one
 * worker leaves for another is in the other's mail.
 */
#ifndef MOCK_SERVER_INSIDE_H
#define MOCK_SERVER_INSIDE_H

#include "mock_server/parcel.h"
#include "mock_server/server.h"
#include "mock_server/slots.h"
#include "mock_server/timer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

enum { READ_BYTES = 64 * 1024 };

struct worker;

struct exchange {
    struct timer timer;
    struct moment start;
    struct parcel parcel; /* what is to be sent */
    char *flowing;        /* bytes of a flow that are being written (flow.c) */
    uint64_t sent;        /* bytes */
    enum ending ending;
    bool busy, queued;
    uint64_t ticket;
    struct worker *worker;
    struct flow *flow;  /* that fills it, until it says that it has done */
    struct buf waiting; /* of a flow, behind `bytes` */

    /* guarded by the lock of the slots */
    struct slots *slots;
    struct exchange *queued_next;
    enum { PLACE_NONE, PLACE_QUEUED, PLACE_GRANTED, PLACE_TAKEN } place;
    struct exchange *granted_next; /* in the worker's mail */
};

/* What a connection's second timer waits for. */
enum patience {
    PATIENCE_NONE,
    PATIENCE_REQUEST, /* the end of a request that has begun */
    PATIENCE_CLOSE,   /* the client's own close, after ours */
    PATIENCE_CLIENT,  /* looks now and then whether a quiet client is still there */
};

struct connection {
    uv_tcp_t tcp; /* first: handle and connection are the same address */
    uv_write_t write;
    void (*written)(struct connection *connection); /* of connection_write */
    uv_shutdown_t shutdown;
    struct worker *worker;
    struct http_reader *reader;
    struct exchange exchange;
    struct buf ahead;
    struct timer timer;
    enum patience patience;
    struct connection *previous, *next;
    struct moment progress; /* when a blocked write last moved on */
    size_t unwritten, held;
    uint64_t read_turn; /* the loop's turn in which it was read last */
    bool writing, feeding, closing, stopped, paused;
    bool half_closed; /* the client sends no more */
    bool last;        /* closed when the reply under way is out */
};

/* A worker's statistics: written by its own thread, read by any. */
struct tally {
    atomic_uint_least64_t connections, open, requests, refused, gone, in_flight, queued,
        streams;
    atomic_uint_least64_t bytes_in, bytes_out, held, sends, lateness[LATENESS_BUCKETS];
    atomic_int_least64_t lateness_max_ns, lateness_sum_ns;
};

/* For counters that only one thread changes: no locked instruction. */
static inline void tally_add(atomic_uint_least64_t *counter, uint64_t more)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

static inline void tally_sub(atomic_uint_least64_t *counter, uint64_t less)
{
    tally_add(counter, (uint64_t)0 - less);
}

struct worker {
    struct server *server;
    uv_loop_t loop;
    uv_async_t wake;
    uv_check_t turning;
    uint64_t turn; /* of the loop */
    struct timers *timers;
    struct server_handler handler;
    struct tally tally;
    struct connection *connections;
    struct buf scratch;
    char *read_buffer;
    pthread_t thread;
    bool draining;
    atomic_bool ended;
    /* the mail, under the lock */
    pthread_mutex_t lock;
    int *socket; /* taken from the listener */
    size_t sockets, socket_room;
    struct exchange *granted; /* that may begin */
};

enum phase { PHASE_SERVING, PHASE_DRAINING, PHASE_ENDING };

struct server {
    struct worker *worker;
    size_t workers;
    int listener, port;
    uv_poll_t accepting; /* on the first worker's loop, as are the signals */
    uv_signal_t on_term, on_int, on_hangup;
    struct timer resume, deadline;
    struct server_settings settings;
    bool accepting_open;
    atomic_int phase;
    atomic_size_t live;         /* workers that run */
    atomic_uint_least64_t held; /* bytes of incomplete requests, of all workers */
};

/* ---- server.c ---- */

/* Closes the server's own handles on the first worker's loop. */
void server_close_handles(struct server *server);

/* ---- worker.c ---- */

int worker_init(struct worker *worker, struct server *server,
                const struct server_handler *handler, struct err *err);
void worker_release(struct worker *worker);
/* Runs its loop until the server ends. */
void worker_run(struct worker *worker);
/* From any thread. */
void worker_give_socket(struct worker *worker, int socket);
void worker_give_exchange(struct worker *worker, struct exchange *exchange);
void worker_take_back_exchange(struct worker *worker, struct exchange *exchange);
void worker_wake(struct worker *worker);
/* After a connection has gone: a worker that drains ends with its last. */
void worker_end_if_empty(struct worker *worker);
void worker_note_send(struct worker *worker, int64_t late_ns);

/* ---- connection.c ---- */

/* Takes over a socket. */
void connection_open(struct worker *worker, int socket);
/* In order or with a reset; its memory goes when the loop has run its closing callback. */
void connection_close(struct connection *connection, bool reset);
/* Says that nothing more comes and waits a little for the client to close. */
void connection_finish(struct connection *connection);
/* The client has left before its reply was out. */
void connection_lost(struct connection *connection);
/* How many of the bytes the socket takes now; -1: the client has gone. */
ssize_t connection_try_write(struct connection *connection, str bytes);
/* Bytes for libuv to write when the socket takes them; they stay where they are until then. `written` is
 * called unless the client has gone by then. -1: it has gone already. */
int connection_write(struct connection *connection, str bytes,
                     void (*written)(struct connection *connection));
/* Goes on with what the client sent while its reply was under way. */
void connection_feed_ahead(struct connection *connection);
/* From now on looks whether the client is there. */
void connection_watch(struct connection *connection);
/* Closes it now if it is idle, else after the reply under way. */
void connection_drain(struct connection *connection);

/* ---- exchange.c ---- */

/* Begins to carry out a delivery. The connection may be closed when this returns. */
void exchange_begin(struct connection *connection, const struct delivery *delivery,
                    struct moment arrived);
/* All is sent: ends it as its `ending` says. */
void exchange_end(struct connection *connection);
/* The exchange's timer. */
void exchange_on_due(struct timer *timer);
/* Its turn among its slots has come. */
void exchange_grant(struct exchange *exchange);
/* Frees what it holds; leaves queue or slot. */
void exchange_abandon(struct connection *connection);
/* True when all is sent that ever will be and only the client can end it. */
bool exchange_hangs(const struct exchange *exchange);

/* ---- flow.c ---- */

void flow_begin(struct connection *connection, struct flow *flow);
/* The exchange ends before its flow does. */
void flow_lose(struct exchange *exchange);

/* ---- slots.c ---- */

/* True: the exchange may begin now. Else it is queued and worker_give_exchange hands it back. */
bool slots_enter(struct slots *slots, struct exchange *exchange);
/* An exchange that was handed back begins. */
void slots_begin(struct exchange *exchange);
/* Leaves the queue or the slot; the next in the queue may begin. */
void slots_leave(struct exchange *exchange);

#endif
