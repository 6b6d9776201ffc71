/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connection.c: the life of a connection: reading, requests, closing.
 *
 * An idle connection holds no buffers: all reads go into one buffer of the worker's, because
 * libuv hands over what it has read before it reads again. While a reply is under way its
 * connection is still read, since that is how one learns that a client has left; what arrives
 * waits, up to a bound.
 *
 * A client that closes its connection and one that only shuts down its sending side look the
 * same. Such a one gets its reply; meanwhile the kernel is asked whether anybody still has the
 * other end open (peer.h).
 */
#include "mock_server/server_inside.h"

#include "base/mem.h"
#include "mock_server/peer.h"

#include <unistd.h>

enum {
    /* What a client may send ahead while its reply is under way. */
    AHEAD_BYTES = 256 * 1024,
    /* Of all requests that are not complete yet; beyond it new pieces are refused. */
    HELD_MAX = 512 * 1024 * 1024,
};
/* A request must be complete this long after its first byte. */
#define REQUEST_TIME_NS (60 * NS_PER_S)
/* A client must take something of its reply in this time. */
#define WRITE_TIME_NS (60 * NS_PER_S)
#define CLOSE_TIME_NS (2 * NS_PER_S)
/* Whether a client that sends no more is still there. */
#define WATCH_FIRST_NS (20 * NS_PER_MS)
#define WATCH_EVERY_NS (250 * NS_PER_MS)

static void wait_for(struct connection *connection, enum patience patience, int64_t ns)
{
    connection->patience = patience;
    timer_set(connection->worker->timers, &connection->timer, moment_add(clock_now(), ns));
}

static void stop_waiting(struct connection *connection)
{
    connection->patience = PATIENCE_NONE;
    timer_cancel(connection->worker->timers, &connection->timer);
}

/* ---- closing ---- */

static void note_held(struct connection *connection)
{
    size_t held = connection->ahead.n + http_reader_held(connection->reader);
    if (held == connection->held)
        return;
    atomic_fetch_add_explicit(&connection->worker->server->held,
                              (uint64_t)held - (uint64_t)connection->held,
                              memory_order_relaxed);
    connection->held = held;
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = (struct connection *)handle;
    http_reader_free(connection->reader);
    parcel_release(&connection->exchange.parcel);
    xfree(connection->exchange.flowing);
    xfree(connection);
}

static void unlink_from_worker(struct connection *connection)
{
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        connection->worker->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
}

void connection_close(struct connection *connection, bool reset)
{
    struct worker *worker = connection->worker;
    if (connection->closing)
        return;
    connection->closing = true;
    stop_waiting(connection);
    exchange_abandon(connection);
    atomic_fetch_sub_explicit(&worker->tally.open, 1, memory_order_relaxed);
    unlink_from_worker(connection);
    atomic_fetch_sub_explicit(&worker->server->held, connection->held, memory_order_relaxed);
    connection->held = 0;
    buf_release(&connection->ahead);
    if (!reset || uv_tcp_close_reset(&connection->tcp, on_closed) != 0)
        uv_close((uv_handle_t *)&connection->tcp, on_closed);
    worker_end_if_empty(worker);
}

void connection_lost(struct connection *connection)
{
    struct worker *worker = connection->worker;
    const struct exchange *exchange = &connection->exchange;
    tally_add(&worker->tally.gone, 1);
    if (worker->handler.gone)
        worker->handler.gone(worker->handler.context, exchange->ticket, exchange->sent);
    connection_close(connection, false);
}

static void on_written(uv_write_t *write, int status)
{
    struct connection *connection = write->data;
    connection->writing = false;
    if (connection->closing)
        return;
    if (status < 0)
        connection_lost(connection);
    else
        connection->written(connection);
}

ssize_t connection_try_write(struct connection *connection, str bytes)
{
    uv_buf_t part = uv_buf_init((char *)(uintptr_t)bytes.p, (unsigned)bytes.n);
    int taken = bytes.n ? uv_try_write((uv_stream_t *)&connection->tcp, &part, 1) : 0;
    if (taken < 0 && taken != UV_EAGAIN)
        return -1;
    return taken > 0 ? taken : 0;
}

int connection_write(struct connection *connection, str bytes,
                     void (*written)(struct connection *connection))
{
    uv_buf_t part = uv_buf_init((char *)(uintptr_t)bytes.p, (unsigned)bytes.n);
    connection->write.data = connection;
    connection->written = written;
    connection->writing = true;
    connection_watch(connection);
    if (uv_write(&connection->write, (uv_stream_t *)&connection->tcp, &part, 1, on_written) ==
        0)
        return 0;
    connection->writing = false;
    return -1;
}

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
    (void)shutdown;
    (void)status; /* the client's own end of the connection closes it, or its patience ends */
}

/* Closed only when the client has closed too: an early close would turn into a reset and take
 * the reply's last bytes with it. */
void connection_finish(struct connection *connection)
{
    if (connection->half_closed) {
        connection_close(connection, false);
        return;
    }
    connection->stopped = true;
    uv_shutdown(&connection->shutdown, (uv_stream_t *)&connection->tcp, on_shutdown);
    wait_for(connection, PATIENCE_CLOSE, CLOSE_TIME_NS);
}

void connection_drain(struct connection *connection)
{
    connection->last = true;
    if (connection->stopped)
        return; /* it is ending already */
    if (connection->exchange.busy ? exchange_hangs(&connection->exchange)
                                  : !http_reader_is_inside(connection->reader))
        connection_close(connection, false);
}

/* ---- patience ---- */

static bool is_alive(const struct connection *connection)
{
    uv_os_fd_t fd;
    return uv_fileno((const uv_handle_t *)&connection->tcp, &fd) < 0 || !peer_is_gone(fd);
}

void connection_watch(struct connection *connection)
{
    if (connection->patience == PATIENCE_CLIENT)
        return;
    connection->progress = clock_now();
    wait_for(connection, PATIENCE_CLIENT, WATCH_EVERY_NS);
}

/* Nothing is written, or the client takes it. */
static bool is_taking(struct connection *connection)
{
    struct moment now = clock_now();
    size_t unwritten = uv_stream_get_write_queue_size((uv_stream_t *)&connection->tcp);
    if (!connection->writing || unwritten != connection->unwritten) {
        connection->unwritten = unwritten;
        connection->progress = now;
    }
    return moment_since(now, connection->progress) < WRITE_TIME_NS;
}

/* A request that has begun must end. */
static void await_request(struct connection *connection)
{
    if (http_reader_is_inside(connection->reader))
        wait_for(connection, PATIENCE_REQUEST, REQUEST_TIME_NS);
    else
        connection->patience = PATIENCE_NONE;
}

static void on_patience_end(struct timer *timer)
{
    struct connection *connection =
        (struct connection *)(void *)((char *)timer - offsetof(struct connection, timer));
    if (connection->patience != PATIENCE_CLIENT) {
        connection_close(connection, false);
    } else if (!connection->exchange.busy) {
        await_request(connection);
    } else if (!is_alive(connection) || !is_taking(connection)) {
        connection_lost(connection);
    } else if (connection->half_closed || connection->writing) {
        wait_for(connection, PATIENCE_CLIENT, WATCH_EVERY_NS);
    } else {
        connection->patience = PATIENCE_NONE;
    }
}

/* ---- reading ---- */

static void start_delivery(struct worker *worker, struct delivery *delivery)
{
    buf_clear(&worker->scratch);
    *delivery = (struct delivery){.bytes = &worker->scratch};
}

static void take_request(struct connection *connection, struct moment now)
{
    struct worker *worker = connection->worker;
    struct http_request request = *http_reader_request(connection->reader);
    struct delivery delivery;
    if (connection->last)
        request.keep_alive = false;
    start_delivery(worker, &delivery);
    tally_add(&worker->tally.requests, 1);
    stop_waiting(connection);
    worker->handler.request(worker->handler.context, &request, now, &delivery);
    http_reader_forget(connection->reader);
    exchange_begin(connection, &delivery, now);
}

static void refuse(struct connection *connection, int status, const char *what)
{
    struct worker *worker = connection->worker;
    struct delivery delivery;
    start_delivery(worker, &delivery);
    tally_add(&worker->tally.refused, 1);
    stop_waiting(connection);
    worker->handler.refused(worker->handler.context, status, what,
                            http_reader_refused(connection->reader), &delivery);
    exchange_begin(connection, &delivery, clock_now());
}

static void take_refusal(struct connection *connection)
{
    const char *what;
    int status = http_reader_status(connection->reader, &what);
    refuse(connection, status, what);
}

static void say_continue(struct connection *connection)
{
    static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uv_buf_t bytes = {.base = (char *)(uintptr_t)line, .len = sizeof line - 1};
    /* A socket that cannot take 25 bytes now has other troubles; the client goes on after a
     * second anyway. */
    uv_try_write((uv_stream_t *)&connection->tcp, &bytes, 1);
}

/* A client that sends further ahead than this is read again after its reply. */
static void keep_ahead(struct connection *connection, str bytes)
{
    buf_add_str(&connection->ahead, bytes);
    note_held(connection);
    if (connection->ahead.n < AHEAD_BYTES)
        return;
    connection->paused = true;
    uv_read_stop((uv_stream_t *)&connection->tcp);
}

/* One step; false when no more can be taken now. */
static bool feed_some(struct connection *connection, str *bytes)
{
    size_t used = 0;
    struct moment now = clock_now();
    enum reader_event event = http_reader_feed(connection->reader, *bytes, &used);
    *bytes = str_sub(*bytes, used, bytes->n);
    if (event == READER_REQUEST)
        take_request(connection, now);
    else if (event == READER_CONTINUE)
        say_continue(connection);
    else if (event == READER_REFUSED)
        take_refusal(connection);
    else if (atomic_load_explicit(&connection->worker->server->held, memory_order_relaxed) >
                 HELD_MAX &&
             http_reader_held(connection->reader) > READ_BYTES)
        refuse(connection, 503, "too much of requests is under way");
    else
        return true;
    return event != READER_REFUSED;
}

static void feed(struct connection *connection, str bytes)
{
    connection->feeding = true;
    while (bytes.n && !connection->closing && !connection->stopped) {
        if (connection->exchange.busy) {
            keep_ahead(connection, bytes);
            break;
        }
        if (!feed_some(connection, &bytes))
            break;
    }
    connection->feeding = false;
    if (connection->closing)
        return;
    note_held(connection);
    if (connection->exchange.busy || connection->stopped)
        return;
    if (connection->half_closed)
        connection_finish(connection);
    else if (connection->patience == PATIENCE_NONE)
        await_request(connection);
}

/* libuv would read up to 32 times from one connection before it looks at the next. One that has
 * had its read in this turn of the loop gets no buffer, which is how libuv is told to go on. */
static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    struct connection *connection = (struct connection *)handle;
    struct worker *worker = connection->worker;
    (void)wanted;
    bool had_its_turn = connection->read_turn == worker->turn;
    connection->read_turn = worker->turn;
    *buffer = uv_buf_init(worker->read_buffer, had_its_turn ? 0 : READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer);

void connection_feed_ahead(struct connection *connection)
{
    struct buf ahead = connection->ahead;
    connection->ahead = (struct buf){0};
    feed(connection, buf_str(&ahead));
    buf_release(&ahead);
    if (!connection->paused || connection->closing || connection->ahead.n >= AHEAD_BYTES)
        return;
    connection->paused = false;
    uv_read_start((uv_stream_t *)&connection->tcp, on_alloc, on_read);
}

/* The client sends no more. What it has asked for it gets. */
static void on_end(struct connection *connection)
{
    if (!connection->exchange.busy) {
        connection_close(connection, false);
        return;
    }
    connection->half_closed = true;
    connection->progress = clock_now();
    wait_for(connection, PATIENCE_CLIENT, WATCH_FIRST_NS);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct connection *connection = (struct connection *)stream;
    if (n == 0 || n == UV_ENOBUFS || connection->closing)
        return;
    if (n > 0) {
        tally_add(&connection->worker->tally.bytes_in, (uint64_t)n);
        feed(connection, (str){buffer->base, (size_t)n});
    } else if (n == UV_EOF) {
        on_end(connection);
    } else if (connection->exchange.busy) {
        connection_lost(connection);
    } else {
        connection_close(connection, false);
    }
}

void connection_open(struct worker *worker, int socket)
{
    struct connection *connection = xcalloc(1, sizeof *connection);
    uv_tcp_init(&worker->loop, &connection->tcp);
    connection->worker = connection->exchange.worker = worker;
    connection->reader = http_reader_new();
    connection->exchange.timer.fire = exchange_on_due;
    connection->timer.fire = on_patience_end;
    connection->next = worker->connections;
    if (connection->next)
        connection->next->previous = connection;
    worker->connections = connection;
    tally_add(&worker->tally.connections, 1);
    if (uv_tcp_open(&connection->tcp, socket) != 0) {
        close(socket);
        connection_close(connection, false);
        return;
    }
    uv_tcp_nodelay(&connection->tcp, 1);
    uv_read_start((uv_stream_t *)&connection->tcp, on_alloc, on_read);
    if (worker->draining)
        connection_drain(connection);
}
