/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server.c: the listening socket and the life of a connection (see server.h).
 *
 * An idle connection holds no buffers: all reads go into one buffer of the server's, because
 * libuv hands over what it has read before it reads again. What a handler writes goes into one
 * scratch buffer and from there, when it is due now, straight to the socket; only a reply that
 * is due later, or that the socket does not take at once, is copied into memory of its own.
 *
 * While a reply is under way its connection is still read, since that is how one learns that a
 * client has left; what arrives waits, up to a bound.
 */
#include "mock_server/server.h"

#include "base/mem.h"
#include "mock_server/timer.h"

#include <math.h>
#include <sys/resource.h>
#include <uv.h>

enum {
    READ_BYTES = 64 * 1024,
    /* what a client may send ahead while its reply is under way */
    AHEAD_BYTES = 256 * 1024,
    BACKLOG = 4096,
};
/* A request must be complete this long after its first byte. */
#define REQUEST_TIME_NS (60 * NS_PER_S)

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

static void feed(struct connection *connection, str bytes);

/* ---- lateness ---- */

static void note_send(struct server_stats *stats, int64_t late_ns)
{
    if (late_ns < 0)
        late_ns = 0;
    stats->sends++;
    stats->lateness_sum_ns += (double)late_ns;
    if (late_ns > stats->lateness_max_ns)
        stats->lateness_max_ns = late_ns;
    int bucket = late_ns > 1 ? (int)(2 * log2((double)late_ns)) : 0;
    stats->lateness[bucket < LATENESS_BUCKETS ? bucket : LATENESS_BUCKETS - 1]++;
}

int64_t server_lateness_ns(const struct server_stats *stats, double q)
{
    double below = q * (double)stats->sends, seen = 0;
    for (int i = 0; i < LATENESS_BUCKETS; i++) {
        seen += (double)stats->lateness[i];
        if (seen >= below && seen > 0) {
            int64_t bound = (int64_t)exp2((i + 1) / 2.0);
            return bound < stats->lateness_max_ns ? bound : stats->lateness_max_ns;
        }
    }
    return 0;
}

/* ---- closing ---- */

static void slots_leave(struct connection *connection);

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = (struct connection *)handle;
    http_reader_free(connection->reader);
    buf_release(&connection->ahead);
    xfree(connection->exchange.bytes);
    xfree(connection);
}

static void connection_close(struct connection *connection, bool reset)
{
    struct server *server = connection->server;
    if (connection->closing)
        return;
    connection->closing = true;
    server->stats.open--;
    timer_cancel(server->timers, &connection->exchange.timer);
    timer_cancel(server->timers, &connection->patience);
    slots_leave(connection);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    if (!reset || uv_tcp_close_reset(&connection->tcp, on_closed) != 0)
        uv_close((uv_handle_t *)&connection->tcp, on_closed);
}

/* ---- sending ---- */

static void exchange_go_on(struct connection *connection);
static void exchange_end(struct connection *connection);

static struct connection *connection_of(struct exchange *exchange)
{
    return (struct connection *)(void *)((char *)exchange -
                                         offsetof(struct connection, exchange));
}

static void on_due(struct timer *timer)
{
    exchange_go_on(connection_of((struct exchange *)(void *)timer));
}

static void on_written(uv_write_t *write, int status)
{
    struct connection *connection = write->data;
    connection->writing = false;
    if (connection->closing)
        return;
    if (status < 0) {
        connection->server->stats.gone++;
        connection_close(connection, false);
        return;
    }
    exchange_go_on(connection);
}

/* Bytes that the exchange owns, up to `upto`; what the socket does not take is left to libuv. */
static int send_owned(struct connection *connection, size_t upto)
{
    struct exchange *exchange = &connection->exchange;
    uv_buf_t bytes =
        uv_buf_init(exchange->bytes + exchange->sent, (unsigned)(upto - exchange->sent));
    exchange->sent = upto;
    int taken = bytes.len ? uv_try_write((uv_stream_t *)&connection->tcp, &bytes, 1) : 0;
    if (taken < 0 && taken != UV_EAGAIN)
        return -1;
    if (taken < 0)
        taken = 0;
    if ((size_t)taken == bytes.len)
        return 0;
    bytes.base += taken;
    bytes.len -= (size_t)taken;
    connection->write.data = connection;
    connection->writing = true;
    return uv_write(&connection->write, (uv_stream_t *)&connection->tcp, &bytes, 1, on_written);
}

/* Sends every part that is due and waits for the next one. */
static void exchange_go_on(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    struct server *server = connection->server;
    while (!connection->writing && exchange->next < exchange->parts) {
        const struct part *part = &exchange->part[exchange->next];
        struct moment due = moment_add(exchange->start, part->at_ns), now = clock_now();
        if (!moment_reached(now, due)) {
            timer_set(server->timers, &exchange->timer, due);
            return;
        }
        exchange->next++;
        if (part->upto > exchange->sent)
            note_send(&server->stats, moment_since(now, due));
        if (send_owned(connection, part->upto) < 0) {
            server->stats.gone++;
            connection_close(connection, false);
            return;
        }
    }
    if (!connection->writing)
        exchange_end(connection);
}

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
    (void)shutdown;
    (void)status; /* the client's own end of the connection closes it, or its patience ends */
}

/* Closed only when the client has closed too: an early close would turn into a reset and take
 * the reply's last bytes with it. */
static void close_in_order(struct connection *connection)
{
    connection->stopped = true;
    uv_shutdown(&connection->shutdown, (uv_stream_t *)&connection->tcp, on_shutdown);
    timer_set(connection->server->timers, &connection->patience,
              moment_add(clock_now(), 2 * NS_PER_S));
}

static void feed_ahead(struct connection *connection);

static void exchange_end(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    if (exchange->ending == ENDING_HANG)
        return;
    slots_leave(connection);
    xfree(exchange->bytes);
    exchange->bytes = NULL;
    exchange->busy = false;
    if (exchange->ending == ENDING_RESET)
        connection_close(connection, true);
    else if (exchange->ending == ENDING_CLOSE)
        close_in_order(connection);
    else if (!connection->feeding && connection->ahead.n)
        feed_ahead(connection);
}

/* ---- slots ---- */

static void slots_enter(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    struct slots *slots = exchange->slots;
    if (!slots || slots->active < slots->most) {
        if (slots)
            slots->active++;
        exchange->holds_slot = slots != NULL;
        exchange_go_on(connection);
        return;
    }
    exchange->queued = true;
    exchange->queued_next = NULL;
    if (slots->last)
        slots->last->queued_next = exchange;
    else
        slots->first = exchange;
    slots->last = exchange;
}

static void slots_unqueue(struct slots *slots, struct exchange *exchange)
{
    struct exchange **link = &slots->first, *before = NULL;
    while (*link != exchange) {
        before = *link;
        link = &(*link)->queued_next;
    }
    *link = exchange->queued_next;
    if (slots->last == exchange)
        slots->last = before;
    exchange->queued = false;
}

static void slots_leave(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    struct slots *slots = exchange->slots;
    exchange->slots = NULL;
    if (exchange->queued)
        slots_unqueue(slots, exchange);
    if (!exchange->holds_slot)
        return;
    exchange->holds_slot = false;
    slots->active--;
    struct exchange *next = slots->first;
    if (!next)
        return;
    slots_unqueue(slots, next);
    slots->active++;
    next->holds_slot = true;
    next->start = clock_now();
    /* by the timer, not from here: a chain of replies due at once would be a chain of calls */
    timer_set(connection->server->timers, &next->timer, next->start);
}

/* ---- deliveries ---- */

/* The whole reply at once, without a copy, if it is due and the socket takes it. True: done. */
static bool send_at_once(struct connection *connection, const struct delivery *delivery)
{
    if (delivery->parts || delivery->at_ns > 0 || delivery->slots ||
        delivery->ending == ENDING_HANG)
        return false;
    struct exchange *exchange = &connection->exchange;
    uv_buf_t bytes = uv_buf_init(delivery->bytes->p, (unsigned)delivery->bytes->n);
    int taken = bytes.len ? uv_try_write((uv_stream_t *)&connection->tcp, &bytes, 1) : 0;
    exchange->ending = delivery->ending;
    if (taken < 0 && taken != UV_EAGAIN) {
        connection->server->stats.gone++;
        connection_close(connection, false);
        return true;
    }
    exchange->sent = taken > 0 ? (size_t)taken : 0;
    if (exchange->sent < delivery->bytes->n)
        return false;
    note_send(&connection->server->stats, 0);
    exchange_end(connection);
    return true;
}

static void deliver(struct connection *connection, const struct delivery *delivery,
                    struct moment arrived)
{
    struct exchange *exchange = &connection->exchange;
    const struct part whole = {delivery->at_ns, delivery->bytes->n};
    const struct part *part = delivery->parts ? delivery->part : &whole;
    size_t parts = delivery->parts ? delivery->parts : 1, n = delivery->bytes->n;
    size_t aligned = (n + 15) / 16 * 16;

    exchange->sent = 0;
    if (send_at_once(connection, delivery))
        return;
    exchange->bytes = xmalloc(aligned + parts * sizeof *part);
    if (n)
        memcpy(exchange->bytes, delivery->bytes->p, n);
    exchange->part = (struct part *)(void *)(exchange->bytes + aligned);
    memcpy(exchange->part, part, parts * sizeof *part);
    exchange->n = n;
    exchange->parts = parts;
    exchange->next = 0;
    exchange->ending = delivery->ending;
    exchange->slots = delivery->slots;
    exchange->start = arrived;
    exchange->busy = true;
    slots_enter(connection);
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
    deliver(connection, &delivery, now);
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
    deliver(connection, &delivery, now);
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

static void feed_ahead(struct connection *connection)
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

static void on_connection(uv_stream_t *listener, int status)
{
    struct server *server = listener->data;
    if (status < 0)
        return;
    struct connection *connection = xcalloc(1, sizeof *connection);
    uv_tcp_init(&server->loop, &connection->tcp);
    connection->server = server;
    connection->reader = http_reader_new();
    connection->exchange.timer.fire = on_due;
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

/* ---- the server ---- */

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void server_stop(struct server *server)
{
    if (server->stopping)
        return;
    server->stopping = true;
    uv_close((uv_handle_t *)&server->listener, NULL);
    uv_close((uv_handle_t *)&server->on_term, NULL);
    uv_close((uv_handle_t *)&server->on_int, NULL);
    while (server->connections)
        connection_close(server->connections, false);
    if (server->timers)
        timers_close(server->timers);
}

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    server_stop(signal->data);
}

static int listen_on(struct server *server, const char *host, int port, struct err *err)
{
    struct sockaddr_storage address;
    int size = sizeof address;
    int status = uv_ip4_addr(host, port, (struct sockaddr_in *)&address);
    if (status < 0)
        status = uv_ip6_addr(host, port, (struct sockaddr_in6 *)&address);
    if (status < 0)
        return err_set(err, ERR_INPUT, "--host: '%s' is no numeric address", host);
    status = uv_tcp_bind(&server->listener, (struct sockaddr *)&address, 0);
    if (status == 0)
        status = uv_listen((uv_stream_t *)&server->listener, BACKLOG, on_connection);
    if (status == 0)
        status = uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &size);
    if (status < 0)
        return err_set(err, ERR_FAILED, "cannot listen on %s:%d: %s", host, port,
                       uv_strerror(status));
    server->port =
        ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                            : ((struct sockaddr_in *)&address)->sin_port);
    return 0;
}

struct server *server_new(const char *host, int port, const struct server_handler *handler,
                          struct err *err)
{
    struct server *server = xcalloc(1, sizeof *server);
    raise_file_limit();
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&server->loop);
    server->handler = *handler;
    server->read_buffer = xmalloc(READ_BYTES);
    server->timers = timers_new(&server->loop, err);
    uv_tcp_init(&server->loop, &server->listener);
    uv_signal_init(&server->loop, &server->on_term);
    uv_signal_init(&server->loop, &server->on_int);
    server->listener.data = server->on_term.data = server->on_int.data = server;
    if (server->timers && listen_on(server, host, port, err) == 0) {
        uv_signal_start(&server->on_term, on_signal, SIGTERM);
        uv_signal_start(&server->on_int, on_signal, SIGINT);
        return server;
    }
    server_free(server);
    return NULL;
}

int server_port(const struct server *server)
{
    return server->port;
}

const struct server_stats *server_stats(const struct server *server)
{
    return &server->stats;
}

void server_run(struct server *server)
{
    uv_run(&server->loop, UV_RUN_DEFAULT);
}

void server_free(struct server *server)
{
    if (!server)
        return;
    server_stop(server);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    uv_loop_close(&server->loop);
    buf_release(&server->scratch);
    xfree(server->read_buffer);
    xfree(server);
}
