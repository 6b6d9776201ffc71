/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_io_server.h: a small HTTP server on a thread, for tests of the client only.
 *
 * It is written against sockets and poll(2) alone, so that it shares nothing with what it tests.
 * The path of a request says what happens (see server_answer). Everything is counted.
 */
#ifndef TEST_IO_SERVER_H
#define TEST_IO_SERVER_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

enum { SERVER_CONNECTIONS = 4000 };

struct server_connection {
    int fd; /* -1: free */
    struct buf in, out;
    struct moment due; /* when `out` is sent; 0: when the gate opens */
    bool waiting;      /* has an answer that is not sent yet */
    bool close_after;
    int pieces; /* of a chunked answer, still to send */
};

struct server {
    int listener, port, stop[2];
    pthread_t thread;
    struct server_connection *connections;
    int used;
    int gate; /* /gate answers when that many wait */
    atomic_int requests, accepted, open, most_waiting;
};

static void server_reset(struct server *server, struct server_connection *connection)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(connection->fd);
    connection->fd = -1;
    atomic_fetch_sub(&server->open, 1);
}

static void server_close(struct server *server, struct server_connection *connection)
{
    close(connection->fd);
    connection->fd = -1;
    atomic_fetch_sub(&server->open, 1);
}

static void server_write(const struct server_connection *connection, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(connection->fd, p, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = connection->fd, .events = POLLOUT};
            poll(&wait, 1, 1000);
        } else if (sent < 0) {
            return;
        } else {
            p += sent;
            n -= (size_t)sent;
        }
    }
}

static void server_reply(struct server_connection *connection, int status, const char *extra,
                         str body)
{
    buf_printf(&connection->out,
               "HTTP/1.1 %d Status\r\nContent-Type: application/json\r\n%s"
               "Content-Length: %zu\r\n\r\n",
               status, extra, body.n);
    buf_add_str(&connection->out, body);
}

static void server_answer(struct server *server, struct server_connection *connection, str path,
                          str body)
{
    struct buf text = {0};
    char line[100];
    connection->waiting = true;
    connection->due = clock_now();
    if (str_equal(path, STR("/hang"))) {
        connection->waiting = false;
    } else if (str_equal(path, STR("/stall"))) {
        buf_printf(&connection->out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun");
    } else if (str_equal(path, STR("/reset"))) {
        server_reset(server, connection);
    } else if (str_equal(path, STR("/partial"))) {
        buf_printf(&connection->out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun");
        connection->close_after = true;
    } else if (str_equal(path, STR("/nonsense"))) {
        buf_printf(&connection->out, "+OK this is POP3, I am afraid\r\n");
        connection->close_after = true;
    } else if (str_equal(path, STR("/interim"))) {
        buf_printf(&connection->out, "HTTP/1.1 103 Early\r\nRetry-After: 99\r\n\r\n");
        server_reply(connection, 200, "", STR("{}"));
    } else if (str_equal(path, STR("/redirect"))) {
        server_reply(connection, 302, "Location: /ok\r\n", STR("elsewhere"));
    } else if (str_equal(path, STR("/limited"))) {
        server_reply(connection, 429, "retry-after:  7 \r\nX-Empty:\r\n", STR("{\"error\":1}"));
    } else if (str_equal(path, STR("/more"))) { /* than was announced */
        server_reply(connection, 200, "", STR("announced"));
        buf_add_str(&connection->out, STR("HTTP/1.1 200 OK, or not: this is no reply"));
    } else if (str_equal(path, STR("/close"))) {
        server_reply(connection, 200, "Connection: close\r\n", STR("bye"));
        connection->close_after = true;
    } else if (str_equal(path, STR("/chunked"))) {
        buf_printf(&connection->out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        connection->pieces = 5;
    } else if (str_equal(path, STR("/chunked-error"))) {
        buf_printf(&connection->out, "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n");
        connection->pieces = 5;
    } else if (str_equal(path, STR("/echo"))) {
        server_reply(connection, 200, "", body);
    } else if (str_equal(path, STR("/gate"))) {
        server_reply(connection, 200, "", STR("through"));
        connection->due.ns = 0;
    } else if (str_starts_with(path, STR("/big/"))) {
        long n = strtol(path.p + 5, NULL, 10); /* ends at the blank */
        for (long i = 0; i < n; i++)
            buf_add_char(&text, (char)('a' + i % 26));
        server_reply(connection, 200, "", buf_str(&text));
    } else if (str_starts_with(path, STR("/slow/"))) {
        long ms = strtol(path.p + 6, NULL, 10);
        connection->due = moment_add(connection->due, ms * NS_PER_MS);
        server_reply(connection, 200, "", STR("slow"));
    } else {
        snprintf(line, sizeof line, "{\"path\":\"%.*s\"}", STR_ARG(path));
        server_reply(connection, 200, "", str_from(line));
    }
    buf_release(&text);
}

/* One whole request at the front of `in`, if there is one. */
static void server_parse(struct server *server, struct server_connection *connection)
{
    str in = buf_str(&connection->in), line, method, target, rest;
    ptrdiff_t end = str_find(in, STR("\r\n\r\n"), 0);
    if (end < 0)
        return;
    ptrdiff_t length_at = str_find(in, STR("Content-Length: "), 0);
    size_t length =
        length_at >= 0 && length_at < end ? (size_t)strtol(in.p + length_at + 16, NULL, 10) : 0;
    size_t whole = (size_t)end + 4 + length;
    if (in.n < whole)
        return;
    str_cut(in, '\r', &line, &rest);
    str_cut(line, ' ', &method, &target);
    str_cut(target, ' ', &target, &rest);
    atomic_fetch_add(&server->requests, 1);
    server_answer(server, connection, target, str_sub(in, (size_t)end + 4, whole));
    buf_clear(&connection->in); /* no pipelining */
}

static void server_send(struct server *server, struct server_connection *connection)
{
    server_write(connection, connection->out.p, connection->out.n);
    buf_clear(&connection->out);
    connection->waiting = false;
    if (connection->pieces > 0) {
        connection->pieces--;
        buf_printf(&connection->out, connection->pieces ? "6\r\npiece%d\r\n" : "0\r\n\r\n",
                   5 - connection->pieces);
        connection->due = moment_add(clock_now(), 2 * NS_PER_MS);
        connection->waiting = true;
    } else if (connection->close_after) {
        server_close(server, connection);
    }
}

static void server_accept(struct server *server)
{
    int fd = accept(server->listener, NULL, NULL), on = 1, i = 0;
    if (fd < 0)
        return;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while (i < server->used && server->connections[i].fd >= 0)
        i++;
    if (i == SERVER_CONNECTIONS) {
        close(fd);
        return;
    }
    if (i == server->used)
        server->used++;
    struct server_connection *connection = &server->connections[i];
    buf_release(&connection->in);
    buf_release(&connection->out);
    *connection = (struct server_connection){.fd = fd};
    atomic_fetch_add(&server->accepted, 1);
    atomic_fetch_add(&server->open, 1);
}

static void server_read(struct server *server, struct server_connection *connection)
{
    char bytes[16384];
    ssize_t n = recv(connection->fd, bytes, sizeof bytes, 0);
    if (n > 0) {
        buf_add(&connection->in, bytes, (size_t)n);
        server_parse(server, connection);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        server_close(server, connection);
    }
}

/* Sends what is due; returns the ms until the next is, at most 1,000. */
static int server_serve_due(struct server *server)
{
    int at_gate = 0, wait_ms = 1000;
    for (int i = 0; i < server->used; i++)
        at_gate += server->connections[i].fd >= 0 && server->connections[i].waiting &&
                   !server->connections[i].due.ns;
    if (at_gate > atomic_load(&server->most_waiting))
        atomic_store(&server->most_waiting, at_gate);
    for (int i = 0; i < server->used; i++) {
        struct server_connection *connection = &server->connections[i];
        if (connection->fd < 0 || !connection->waiting)
            continue;
        bool due = connection->due.ns ? moment_reached(clock_now(), connection->due)
                                      : at_gate >= server->gate;
        if (due)
            server_send(server, connection);
        if (connection->waiting && connection->due.ns)
            wait_ms = 1;
    }
    return wait_ms;
}

static void *server_run(void *arg)
{
    struct server *server = arg;
    struct pollfd *polls = xcalloc(SERVER_CONNECTIONS + 2, sizeof *polls);
    for (;;) {
        int wait_ms = server_serve_due(server);
        polls[0] = (struct pollfd){.fd = server->stop[0], .events = POLLIN};
        polls[1] = (struct pollfd){.fd = server->listener, .events = POLLIN};
        int used = server->used;
        for (int i = 0; i < used; i++)
            polls[2 + i] = (struct pollfd){.fd = server->connections[i].fd, .events = POLLIN};
        poll(polls, (nfds_t)used + 2, wait_ms);
        if (polls[0].revents)
            break;
        for (int i = 0; i < used; i++)
            if (polls[2 + i].revents && server->connections[i].fd >= 0)
                server_read(server, &server->connections[i]);
        if (polls[1].revents)
            server_accept(server);
    }
    xfree(polls);
    return NULL;
}

static struct server *server_start(void)
{
    struct server *server = xcalloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    server->connections = xcalloc(SERVER_CONNECTIONS, sizeof *server->connections);
    server->gate = 1;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server->listener, (struct sockaddr *)&address, length) < 0 ||
        listen(server->listener, 4096) < 0 || pipe(server->stop) < 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &length) < 0 ||
        pthread_create(&server->thread, NULL, server_run, server) != 0) {
        perror("test server");
        exit(1);
    }
    server->port = ntohs(address.sin_port);
    return server;
}

static void server_end(struct server *server)
{
    if (write(server->stop[1], "x", 1) == 1)
        pthread_join(server->thread, NULL);
    for (int i = 0; i < server->used; i++) {
        if (server->connections[i].fd >= 0)
            close(server->connections[i].fd);
        buf_release(&server->connections[i].in);
        buf_release(&server->connections[i].out);
    }
    close(server->listener);
    close(server->stop[0]);
    close(server->stop[1]);
    xfree(server->connections);
    xfree(server);
}

#endif
