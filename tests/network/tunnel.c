/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tunnel.c: see tunnel.h. A thread per connection, blocking sockets and poll(2).
 */
#include "tunnel.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum { CONNECTIONS = 64, HEAD_MOST = 65536 };

struct tunnel {
    struct place *place;
    int listener, own_port, port, status;
    pthread_t acceptor, thread[CONNECTIONS];
    int fd[CONNECTIONS];
    size_t connections;
    pthread_mutex_t lock;
    struct buf heads, bytes;
};

struct connection {
    struct tunnel *tunnel;
    int fd;
};

static void note(struct tunnel *tunnel, struct buf *where, str text)
{
    pthread_mutex_lock(&tunnel->lock);
    buf_add_str(where, text);
    pthread_mutex_unlock(&tunnel->lock);
}

/* Up to the empty line. A client waits for the answer, so nothing is behind it. */
static bool read_head(int fd, struct buf *head)
{
    char byte;
    while (head->n < HEAD_MOST && recv(fd, &byte, 1, 0) == 1) {
        buf_add_char(head, byte);
        if (str_ends_with(buf_str(head), STR("\r\n\r\n")))
            return true;
    }
    return false;
}

static bool pass_on(struct tunnel *tunnel, int from, int to, bool of_client)
{
    char bytes[16384];
    ssize_t n = recv(from, bytes, sizeof bytes, 0);
    if (n <= 0)
        return false;
    if (of_client)
        note(tunnel, &tunnel->bytes, (str){bytes, (size_t)n});
    for (ssize_t sent = 0, more; sent < n; sent += more)
        if ((more = send(to, bytes + sent, (size_t)(n - sent), MSG_NOSIGNAL)) <= 0)
            return false;
    return true;
}

static void pass_all(struct tunnel *tunnel, int client)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)tunnel->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int server = socket(AF_INET, SOCK_STREAM, 0);
    bool open = connect(server, (struct sockaddr *)&address, sizeof address) == 0;
    while (open) {
        struct pollfd fds[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
        if (poll(fds, 2, -1) < 0)
            break;
        if (fds[0].revents)
            open = pass_on(tunnel, client, server, true);
        if (open && fds[1].revents)
            open = pass_on(tunnel, server, client, false);
    }
    close(server);
}

static void *serve(void *arg)
{
    struct connection connection = *(struct connection *)arg;
    struct tunnel *tunnel = connection.tunnel;
    struct buf head = {0};
    char answer[200];
    xfree(arg);
    if (read_head(connection.fd, &head)) {
        note(tunnel, &tunnel->heads, buf_str(&head));
        int n = snprintf(answer, sizeof answer, "HTTP/1.1 %d Said\r\n%s\r\n", tunnel->status,
                         tunnel->status == 200 ? "" : "Content-Length: 0\r\n");
        send(connection.fd, answer, (size_t)n, MSG_NOSIGNAL);
        if (tunnel->status == 200)
            pass_all(tunnel, connection.fd);
    }
    buf_release(&head);
    shutdown(connection.fd, SHUT_RDWR);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct tunnel *tunnel = arg;
    int fd;
    while (tunnel->connections < CONNECTIONS &&
           (fd = accept(tunnel->listener, NULL, NULL)) >= 0) {
        struct connection *connection = xmalloc(sizeof *connection);
        *connection = (struct connection){tunnel, fd};
        tunnel->fd[tunnel->connections] = fd;
        pthread_create(&tunnel->thread[tunnel->connections++], NULL, serve, connection);
    }
    return NULL;
}

struct tunnel *tunnel_start(struct place *place, int port, int status)
{
    struct tunnel *tunnel = xcalloc(1, sizeof *tunnel);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    tunnel->place = place;
    tunnel->port = port;
    tunnel->status = status;
    pthread_mutex_init(&tunnel->lock, NULL);
    tunnel->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(tunnel->listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(tunnel->listener, 128), 0);
    assert_int_equal(getsockname(tunnel->listener, (struct sockaddr *)&address, &length), 0);
    tunnel->own_port = ntohs(address.sin_port);
    pthread_create(&tunnel->acceptor, NULL, accept_all, tunnel);
    return tunnel;
}

void tunnel_stop(struct tunnel *tunnel)
{
    shutdown(tunnel->listener, SHUT_RDWR);
    pthread_join(tunnel->acceptor, NULL);
    close(tunnel->listener);
    for (size_t i = 0; i < tunnel->connections; i++) {
        shutdown(tunnel->fd[i], SHUT_RDWR);
        pthread_join(tunnel->thread[i], NULL);
        close(tunnel->fd[i]);
    }
    buf_release(&tunnel->heads);
    buf_release(&tunnel->bytes);
    pthread_mutex_destroy(&tunnel->lock);
    xfree(tunnel);
}

int tunnel_port(const struct tunnel *tunnel)
{
    return tunnel->own_port;
}

static str copy(struct tunnel *tunnel, const struct buf *from)
{
    pthread_mutex_lock(&tunnel->lock);
    str text = arena_str(&tunnel->place->arena, buf_str(from));
    pthread_mutex_unlock(&tunnel->lock);
    return text;
}

str tunnel_heads(struct tunnel *tunnel)
{
    return copy(tunnel, &tunnel->heads);
}

str tunnel_bytes(struct tunnel *tunnel)
{
    return copy(tunnel, &tunnel->bytes);
}
