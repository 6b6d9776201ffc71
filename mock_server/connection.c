/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connection.c: the life of a connection: reading, requests, closing.
 *
 * An idle connection holds no buffers: all reads go into one buffer of the server's, because
 * libuv hands over what it has read before it reads again. While a reply is under way its
 * connection is still read, since that is how one learns that a client has left; what arrives
 * waits, up to a bound.
 */
#include "mock_server/server_inside.h"

#include "base/mem.h"

/* What a client may send ahead while its reply is under way. */
enum { AHEAD_BYTES = 256 * 1024 };
/* A request must be complete this long after its first byte. */
#define REQUEST_TIME_NS (60 * NS_PER_S)

/* ---- closing ---- */

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = (struct connection *)handle;
    http_reader_free(connection->reader);
    buf_release(&connection->ahead);
    xfree(connection->exchange.bytes);
    xfree(connection);
}

void connection_close(struct connection *connection, bool reset)
{
    struct server *server = connection->server;
    if (connection->closing)
        return;
    connection->closing = true;
    server->stats.open--;
    timer_cancel(server->timers, &connection->exchange.timer);
    timer_cancel(server->timers, &connection->patience);
    exchange_leave_slots(connection);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    if (!reset || uv_tcp_close_reset(&connection->tcp, on_closed) != 0)
        uv_close((uv_handle_t *)&connection->tcp, on_closed);
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
    connection->stopped = true;
    uv_shutdown(&connection->shutdown, (uv_stream_t *)&connection->tcp, on_shutdown);
    timer_set(connection->server->timers, &connection->patience,
              moment_add(clock_now(), 2 * NS_PER_S));
}

/* ---- reading ---- */

static void start_delivery(struct server *server, struct delivery *delivery)
{
    buf_clear(&server->scratch);
    *delivery = (struct delivery){.bytes = &server->scratch};
}

static void take_request(struct connection *connection, struct moment now)
{
    struct server *server = connection->server;
    struct delivery delivery;
    start_delivery(server, &delivery);
    server->stats.requests++;
    timer_cancel(server->timers, &connection->patience);
    server->handler.request(server->handler.context, http_reader_request(connection->reader),
                            now, &delivery);
    exchange_begin(connection, &delivery, now);
}

static void take_refusal(struct connection *connection, struct moment now)
{
    struct server *server = connection->server;
    struct delivery delivery;
    const char *what;
    int status = http_reader_status(connection->reader, &what);
    start_delivery(server, &delivery);
    server->stats.refused++;
    timer_cancel(server->timers, &connection->patience);
    server->handler.refused(server->handler.context, status, what, &delivery);
    exchange_begin(connection, &delivery, now);
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
    if (connection->ahead.n < AHEAD_BYTES)
        return;
    connection->paused = true;
    uv_read_stop((uv_stream_t *)&connection->tcp);
}

static void feed(struct connection *connection, str bytes)
{
    connection->feeding = true;
    while (bytes.n && !connection->closing && !connection->stopped) {
        if (connection->exchange.busy) {
            keep_ahead(connection, bytes);
            break;
        }
        size_t used = 0;
        struct moment now = clock_now();
        enum reader_event event = http_reader_feed(connection->reader, bytes, &used);
        bytes = str_sub(bytes, used, bytes.n);
        if (event == READER_REQUEST)
            take_request(connection, now);
        else if (event == READER_CONTINUE)
            say_continue(connection);
        else if (event == READER_REFUSED)
            take_refusal(connection, now);
        if (event == READER_REFUSED)
            break;
    }
    connection->feeding = false;
    if (connection->closing || connection->exchange.busy || connection->stopped)
        return;
    if (http_reader_is_inside(connection->reader) && !connection->patience.place)
        timer_set(connection->server->timers, &connection->patience,
                  moment_add(clock_now(), REQUEST_TIME_NS));
}

static void on_patience_end(struct timer *timer)
{
    struct connection *connection =
        (struct connection *)(void *)((char *)timer - offsetof(struct connection, patience));
    connection_close(connection, false);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    *buffer = uv_buf_init(((struct connection *)handle)->server->read_buffer, READ_BYTES);
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

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct connection *connection = (struct connection *)stream;
    if (n == 0 || connection->closing)
        return;
    if (n < 0) {
        if (connection->exchange.busy)
            connection->server->stats.gone++;
        connection_close(connection, false);
        return;
    }
    feed(connection, (str){buffer->base, (size_t)n});
}

void connection_open(struct server *server, uv_stream_t *listener)
{
    struct connection *connection = xcalloc(1, sizeof *connection);
    uv_tcp_init(&server->loop, &connection->tcp);
    connection->server = server;
    connection->reader = http_reader_new();
    connection->exchange.timer.fire = exchange_on_due;
    connection->patience.fire = on_patience_end;
    connection->next = server->connections;
    if (connection->next)
        connection->next->previous = connection;
    server->connections = connection;
    server->stats.connections++;
    server->stats.open++;
    if (uv_accept(listener, (uv_stream_t *)&connection->tcp) != 0) {
        connection_close(connection, false);
        return;
    }
    uv_tcp_nodelay(&connection->tcp, 1);
    uv_read_start((uv_stream_t *)&connection->tcp, on_alloc, on_read);
}
