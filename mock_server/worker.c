/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker.c: a loop with its connections, its mail and its statistics (see server_inside.h).
 *
 * The mail is a list under a lock and one wake-up of the loop, however much came in meanwhile.
 */
#include "mock_server/server_inside.h"

#include "base/mem.h"

#include <math.h>
#include <unistd.h>

/* ---- statistics ---- */

void worker_note_send(struct worker *worker, int64_t late_ns)
{
    struct tally *tally = &worker->tally;
    if (late_ns < 0)
        late_ns = 0;
    tally_add(&tally->sends, 1);
    atomic_fetch_add_explicit(&tally->lateness_sum_ns, late_ns, memory_order_relaxed);
    if (late_ns > atomic_load_explicit(&tally->lateness_max_ns, memory_order_relaxed))
        atomic_store_explicit(&tally->lateness_max_ns, late_ns, memory_order_relaxed);
    int bucket = late_ns > 1 ? (int)(2 * log2((double)late_ns)) : 0;
    tally_add(&tally->lateness[bucket < LATENESS_BUCKETS ? bucket : LATENESS_BUCKETS - 1], 1);
}

/* ---- mail ---- */

void worker_wake(struct worker *worker)
{
    uv_async_send(&worker->wake);
}

void worker_give_socket(struct worker *worker, int socket)
{
    pthread_mutex_lock(&worker->lock);
    if (worker->sockets == worker->socket_room) {
        worker->socket_room = worker->socket_room ? worker->socket_room * 2 : 64;
        worker->socket = xrealloc(worker->socket, worker->socket_room * sizeof *worker->socket);
    }
    worker->socket[worker->sockets++] = socket;
    pthread_mutex_unlock(&worker->lock);
    worker_wake(worker);
}

void worker_give_exchange(struct worker *worker, struct exchange *exchange)
{
    pthread_mutex_lock(&worker->lock);
    struct exchange **link = &worker->granted;
    while (*link) /* in order; a few at most */
        link = &(*link)->granted_next;
    *link = exchange;
    exchange->granted_next = NULL;
    pthread_mutex_unlock(&worker->lock);
    worker_wake(worker);
}

void worker_take_back_exchange(struct worker *worker, struct exchange *exchange)
{
    pthread_mutex_lock(&worker->lock);
    struct exchange **link = &worker->granted;
    while (*link && *link != exchange)
        link = &(*link)->granted_next;
    if (*link)
        *link = exchange->granted_next;
    pthread_mutex_unlock(&worker->lock);
}

static struct exchange *next_granted(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    struct exchange *exchange = worker->granted;
    if (exchange)
        worker->granted = exchange->granted_next;
    pthread_mutex_unlock(&worker->lock);
    return exchange;
}

static void take_sockets(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    int *socket = worker->socket;
    size_t count = worker->sockets;
    worker->socket = NULL;
    worker->sockets = worker->socket_room = 0;
    pthread_mutex_unlock(&worker->lock);
    for (size_t i = 0; i < count; i++)
        connection_open(worker, socket[i]);
    xfree(socket);
}

/* ---- the end ---- */

static void drain(struct worker *worker)
{
    worker->draining = true;
    for (struct connection *connection = worker->connections, *next; connection;
         connection = next) {
        next = connection->next;
        connection_drain(connection);
    }
}

static void close_handles(struct worker *worker)
{
    uv_close((uv_handle_t *)&worker->wake, NULL);
    uv_close((uv_handle_t *)&worker->turning, NULL);
}

/* The first worker's loop has the signals and the deadline of all, and so ends last. */
static void end(struct worker *worker)
{
    struct server *server = worker->server;
    bool first = worker == server->worker;
    if (worker->ended || (first && atomic_load(&server->live) > 1))
        return;
    worker->ended = true;
    if (first)
        server_close_handles(server);
    timers_close(worker->timers);
    close_handles(worker);
    if (!first) {
        atomic_fetch_sub(&server->live, 1);
        worker_wake(server->worker);
    }
}

void worker_end_if_empty(struct worker *worker)
{
    if (worker->draining && !worker->connections)
        end(worker);
}

static void on_wake(uv_async_t *wake)
{
    struct worker *worker = wake->data;
    if (worker->ended)
        return;
    take_sockets(worker);
    for (struct exchange *exchange; (exchange = next_granted(worker));) {
        slots_begin(exchange);
        exchange_grant(exchange);
    }
    int phase = atomic_load(&worker->server->phase);
    if (phase != PHASE_SERVING && !worker->draining)
        drain(worker);
    while (phase == PHASE_ENDING && worker->connections)
        connection_close(worker->connections, false);
    worker_end_if_empty(worker);
}

/* ---- life ---- */

static void on_turn(uv_check_t *turning)
{
    struct worker *worker = turning->data;
    worker->turn++;
}

int worker_init(struct worker *worker, struct server *server,
                const struct server_handler *handler, struct err *err)
{
    worker->server = server;
    worker->turn = 1; /* no connection was read in turn 0 */
    worker->handler = *handler;
    worker->read_buffer = xmalloc(READ_BYTES);
    pthread_mutex_init(&worker->lock, NULL);
    uv_loop_init(&worker->loop);
    uv_async_init(&worker->loop, &worker->wake, on_wake);
    uv_check_init(&worker->loop, &worker->turning);
    uv_check_start(&worker->turning, on_turn);
    worker->wake.data = worker->turning.data = worker;
    worker->timers = timers_new(&worker->loop, err);
    return worker->timers ? 0 : -1;
}

void worker_run(struct worker *worker)
{
    uv_run(&worker->loop, UV_RUN_DEFAULT);
}

void worker_release(struct worker *worker)
{
    if (!worker->server)
        return; /* never begun */
    if (!worker->ended) {
        worker->ended = true;
        close_handles(worker);
        if (worker->timers)
            timers_close(worker->timers);
        uv_run(&worker->loop, UV_RUN_DEFAULT);
    }
    for (size_t i = 0; i < worker->sockets; i++)
        close(worker->socket[i]);
    uv_loop_close(&worker->loop);
    pthread_mutex_destroy(&worker->lock);
    buf_release(&worker->scratch);
    xfree(worker->socket);
    xfree(worker->read_buffer);
}
