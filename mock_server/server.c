/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server.c: the listening socket, signals and statistics (see server.h). Connections are
 * connection.c's, what goes out on them exchange.c's.
 */
#include "mock_server/server_inside.h"

#include "base/mem.h"

#include <math.h>
#include <sys/resource.h>

enum { BACKLOG = 4096 };

/* ---- lateness ---- */

void server_note_send(struct server *server, int64_t late_ns)
{
    struct server_stats *stats = &server->stats;
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

static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0)
        connection_open(listener->data, listener);
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
