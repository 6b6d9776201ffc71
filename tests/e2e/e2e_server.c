/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_server.c: a server that does what a test says (see e2e_server.h).
 *
 * A thread per connection on blocking sockets: slow, and easy to be sure of.
 */
#include "e2e_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum { CONNECTIONS = 256, REQUESTS = 4096, REQUEST_MOST = 64 * 1000 * 1000 };

struct server {
    answer_fn *answer;
    void *arg;
    int listener, port;
    pthread_t acceptor, thread[CONNECTIONS];
    int fd[CONNECTIONS];
    size_t connections, count;
    bool stopping;
    pthread_mutex_t lock;
    struct arena arena;
    struct asked asked[REQUESTS];
    struct buf bytes;
    char url[64];
};

struct connection {
    struct server *server;
    int fd;
};

/* ---- bytes ---- */

static void send_all(int fd, str text)
{
    while (text.n > 0) {
        ssize_t sent = send(fd, text.p, text.n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text = str_sub(text, (size_t)sent, text.n);
    }
}

static size_t content_length(str head)
{
    str line, rest = head, key, value;
    while (str_cut(rest, '\n', &line, &rest))
        if (str_cut(line, ':', &key, &value) && str_equal_nocase(key, STR("content-length")))
            return (size_t)strtoul(str_trim(value).p, NULL, 10);
    return 0;
}

/* Reads one request: the length of its head, or 0 when the connection ended. */
static size_t read_request(int fd, struct buf *in)
{
    for (;;) {
        ptrdiff_t end = str_find(buf_str(in), STR("\r\n\r\n"), 0);
        if (end >= 0) {
            size_t head = (size_t)end + 4;
            if (in->n >= head + content_length(str_sub(buf_str(in), 0, head)))
                return head;
        }
        char bytes[16384];
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n <= 0 || in->n > REQUEST_MOST)
            return 0;
        buf_add(in, bytes, (size_t)n);
    }
}

/* Waits until the other side or the test closes the connection. */
static void wait_for_end(int fd)
{
    char bytes[256];
    while (recv(fd, bytes, sizeof bytes, 0) > 0)
        continue;
}

/* ---- one request ---- */

/* False when the connection is to be closed. */
static bool say(int fd, const struct said *said)
{
    struct buf head = {0};
    if (said->kind == SAID_NOTHING) {
        wait_for_end(fd);
        return false;
    }
    buf_printf(&head,
               "HTTP/1.1 %d Said\r\nContent-Type: application/json\r\n%sContent-Length: "
               "%zu\r\n\r\n",
               said->status, said->headers ? said->headers : "", said->body.n);
    send_all(fd, buf_str(&head));
    buf_release(&head);
    bool half = said->kind == SAID_HALF_BODY;
    send_all(fd, half ? str_sub(said->body, 0, said->body.n / 2) : said->body);
    if (half)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    return !half;
}

static void decide(struct server *server, str head, str body, struct said *said)
{
    *said = (struct said){.kind = SAID_REPLY, .status = 200, .arena = &server->arena};
    pthread_mutex_lock(&server->lock);
    buf_add_str(&server->bytes, head);
    buf_add_str(&server->bytes, body);
    if (str_starts_with(head, STR("GET "))) {
        said->body = STR("{\"object\":\"list\",\"data\":[]}");
    } else if (server->count < REQUESTS) {
        struct asked *asked = &server->asked[server->count];
        asked->number = server->count++;
        asked->head = arena_str(&server->arena, head);
        asked->body = arena_str(&server->arena, body);
        server->answer(server->arg, asked, said);
    }
    pthread_mutex_unlock(&server->lock);
}

static void *serve(void *arg)
{
    struct connection connection = *(struct connection *)arg;
    struct buf in = {.limit = REQUEST_MOST * 2};
    bool open = true;
    size_t head;
    xfree(arg);
    while (open && (head = read_request(connection.fd, &in)) > 0) {
        struct said said;
        str all = buf_str(&in);
        decide(connection.server, str_sub(all, 0, head), str_sub(all, head, all.n), &said);
        buf_clear(&in);
        open = say(connection.fd, &said);
        if (said.kind == SAID_HALF_BODY) {
            /* only closing sends the reset; the number stays taken until the server stops */
            int none = socket(AF_INET, SOCK_STREAM, 0);
            dup2(none, connection.fd);
            close(none);
        }
    }
    shutdown(connection.fd, SHUT_RDWR);
    buf_release(&in);
    return NULL;
}

/* ---- the server ---- */

static void *accept_all(void *arg)
{
    struct server *server = arg;
    for (bool stop = false; !stop;) {
        int fd = accept(server->listener, NULL, NULL);
        pthread_mutex_lock(&server->lock);
        stop = fd < 0 || server->stopping || server->connections == CONNECTIONS;
        if (!stop) {
            struct connection *connection = xmalloc(sizeof *connection);
            *connection = (struct connection){server, fd};
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
            server->fd[server->connections] = fd;
            pthread_create(&server->thread[server->connections++], NULL, serve, connection);
        } else if (fd >= 0) {
            close(fd);
        }
        pthread_mutex_unlock(&server->lock);
    }
    return NULL;
}

struct server *server_start(struct place *place, answer_fn *answer, void *arg)
{
    struct server *server = xcalloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    (void)place;
    server->answer = answer;
    server->arg = arg;
    pthread_mutex_init(&server->lock, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(server->listener, 256), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d/v1", server->port);
    assert_int_equal(pthread_create(&server->acceptor, NULL, accept_all, server), 0);
    return server;
}

void server_stop(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_mutex_unlock(&server->lock);
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->acceptor, NULL);
    close(server->listener);
    for (size_t i = 0; i < server->connections; i++)
        shutdown(server->fd[i], SHUT_RDWR);
    for (size_t i = 0; i < server->connections; i++) {
        pthread_join(server->thread[i], NULL);
        close(server->fd[i]);
    }
    pthread_mutex_destroy(&server->lock);
    buf_release(&server->bytes);
    arena_release(&server->arena);
    xfree(server);
}

str server_url(const struct server *server)
{
    return str_from(server->url);
}

size_t server_count(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

const struct asked *server_asked(struct server *server, size_t number)
{
    assert_true(number < server_count(server));
    return &server->asked[number];
}

str server_bytes(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    str bytes = arena_str(&server->arena, buf_str(&server->bytes));
    pthread_mutex_unlock(&server->lock);
    return bytes;
}

str asked_header(const struct asked *asked, const char *name)
{
    str rest = asked->head, line, key, value;
    while (str_cut(rest, '\n', &line, &rest))
        if (str_cut(line, ':', &key, &value) && str_equal_nocase(key, str_from(name)))
            return str_trim(value);
    return (str){"", 0};
}

str chat_reply(struct arena *arena, str content, const char *finish)
{
    struct buf out = {0};
    buf_add_str(&out, STR("{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,"
                          "\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
                          "\"assistant\",\"content\":"));
    json_write_text(&out, content);
    buf_printf(&out,
               "},\"finish_reason\":\"%s\"}],\"usage\":{\"prompt_tokens\":10,"
               "\"completion_tokens\":5,\"total_tokens\":15}}",
               finish);
    str reply = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return reply;
}

/* ---- a client, for the pages of weir-mock ---- */

str http_get(struct place *place, str url, const char *page)
{
    struct buf in = {0};
    char bytes[16384];
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ptrdiff_t port = str_find(url, STR("127.0.0.1:"), 0);
    assert_true(port >= 0);
    address.sin_port = htons((uint16_t)strtoul(url.p + port + 10, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    str request = arena_printf(&place->arena,
                               "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", page);
    send_all(fd, request);
    for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, 0)) > 0;)
        buf_add(&in, bytes, (size_t)n);
    close(fd);
    str all = arena_str(&place->arena, buf_str(&in));
    buf_release(&in);
    ptrdiff_t end = str_find(all, STR("\r\n\r\n"), 0);
    assert_true(end >= 0);
    return str_sub(all, (size_t)end + 4, all.n);
}
