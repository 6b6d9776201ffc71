/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_server.h: an HTTP server that plays a script and remembers what it was sent.
 *
 * Replies are given in the order in which requests arrive; the last one is repeated. A thread per
 * connection on blocking sockets: slow, and easy to be sure of.
 */
#ifndef TEST_LLM_SERVER_H
#define TEST_LLM_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"

enum act {
    ACT_REPLY,
    ACT_HANG,         /* never answers */
    ACT_HANG_BODY,    /* status and headers, then nothing */
    ACT_RESET,        /* closes without a byte */
    ACT_RESET_BODY,   /* half of the body, then closes */
    ACT_STREAM,       /* the body in chunks, as an event stream */
    ACT_STREAM_RESET, /* the same, but closes in place of the last, empty chunk */
    ACT_STREAM_HANG,  /* the same, but does nothing then */
};

struct act_step {
    enum act act;
    int status;          /* 0: 200 */
    const char *headers; /* whole lines with \r\n; NULL: none */
    str body;
    int delay_ms;
    size_t piece;     /* of a stream: bytes in a chunk; 0: all in one */
    int pause_ms;     /* before each chunk */
    const char *type; /* NULL: JSON, or an event stream */
};

enum { SCRIPT_CONNECTIONS = 128, SCRIPT_REQUESTS = 4096 };

struct script {
    const struct act_step *step;
    size_t steps;
    int listener, port;
    pthread_t acceptor, thread[SCRIPT_CONNECTIONS];
    int fd[SCRIPT_CONNECTIONS];
    int connections;
    bool stopping;
    pthread_mutex_t lock;
    struct arena arena;
    str request[SCRIPT_REQUESTS]; /* line, headers and body as they came */
    size_t requests;
    size_t at_once, most_at_once;
    size_t said; /* streams that were sent as far as they go */
};

struct script_connection {
    struct script *script;
    int fd;
};

static void script_send(int fd, str text)
{
    while (text.n > 0) {
        ssize_t sent = send(fd, text.p, text.n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text = str_sub(text, (size_t)sent, text.n);
    }
}

/* Waits until the other side or the test closes the connection. */
static void script_hang(int fd)
{
    char byte[256];
    while (recv(fd, byte, sizeof byte, 0) > 0)
        continue;
}

static void script_pause(int ms)
{
    struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};
    if (ms)
        nanosleep(&pause, NULL);
}

/* False when the connection is to be closed. */
static bool script_stream(struct script *script, int fd, const struct act_step *step)
{
    struct buf out = {0};
    int at_once = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    buf_printf(&out,
               "HTTP/1.1 %d Scripted\r\nContent-Type: %s\r\n%s"
               "Transfer-Encoding: chunked\r\n\r\n",
               step->status ? step->status : 200, step->type ? step->type : "text/event-stream",
               step->headers ? step->headers : "");
    script_send(fd, buf_str(&out));
    size_t piece = step->piece ? step->piece : step->body.n;
    for (size_t at = 0; at < step->body.n; at += piece) {
        str chunk = str_sub(step->body, at, at + piece);
        script_pause(step->pause_ms);
        buf_clear(&out);
        buf_printf(&out, "%zx\r\n", chunk.n);
        buf_add_str(&out, chunk);
        buf_add_str(&out, STR("\r\n"));
        script_send(fd, buf_str(&out));
    }
    buf_release(&out);
    if (step->act == ACT_STREAM)
        script_send(fd, STR("0\r\n\r\n"));
    pthread_mutex_lock(&script->lock);
    script->said++;
    pthread_mutex_unlock(&script->lock);
    if (step->act == ACT_STREAM_HANG)
        script_hang(fd);
    return step->act == ACT_STREAM;
}

/* False when the connection is to be closed. */
static bool script_act(struct script *script, int fd, const struct act_step *step)
{
    struct buf head = {0};
    script_pause(step->delay_ms);
    buf_printf(&head,
               "HTTP/1.1 %d Scripted\r\nContent-Type: %s\r\n%s"
               "Content-Length: %zu\r\n\r\n",
               step->status ? step->status : 200, step->type ? step->type : "application/json",
               step->headers ? step->headers : "", step->body.n);
    switch (step->act) {
    case ACT_REPLY:
        buf_add_str(&head, step->body);
        script_send(fd, buf_str(&head));
        break;
    case ACT_HANG:
        script_hang(fd);
        break;
    case ACT_HANG_BODY:
        script_send(fd, buf_str(&head));
        script_hang(fd);
        break;
    case ACT_RESET:
        break;
    case ACT_RESET_BODY:
        buf_add_str(&head, str_sub(step->body, 0, step->body.n / 2));
        script_send(fd, buf_str(&head));
        break;
    case ACT_STREAM:
    case ACT_STREAM_RESET:
    case ACT_STREAM_HANG:
        buf_release(&head);
        return script_stream(script, fd, step);
    }
    buf_release(&head);
    return step->act == ACT_REPLY;
}

/* Reads one request into `in`; its length, or 0 when the connection ended. */
static size_t script_read(int fd, struct buf *in)
{
    for (;;) {
        ptrdiff_t end = str_find(buf_str(in), STR("\r\n\r\n"), 0);
        ptrdiff_t at = str_find(buf_str(in), STR("Content-Length: "), 0);
        size_t length =
            end >= 0 && at >= 0 && at < end ? (size_t)strtol(in->p + at + 16, NULL, 10) : 0;
        if (end >= 0 && in->n >= (size_t)end + 4 + length)
            return (size_t)end + 4 + length;
        char bytes[16384];
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n <= 0)
            return 0;
        buf_add(in, bytes, (size_t)n);
    }
}

static void *script_serve(void *arg)
{
    struct script_connection connection = *(struct script_connection *)arg;
    struct script *script = connection.script;
    struct buf in = {0};
    bool open = true;
    xfree(arg);
    while (open && script_read(connection.fd, &in) > 0) {
        pthread_mutex_lock(&script->lock);
        size_t number = script->requests++;
        if (number < SCRIPT_REQUESTS)
            script->request[number] = arena_str(&script->arena, buf_str(&in));
        if (++script->at_once > script->most_at_once)
            script->most_at_once = script->at_once;
        pthread_mutex_unlock(&script->lock);
        buf_clear(&in);
        open = script_act(script, connection.fd,
                          &script->step[number < script->steps ? number : script->steps - 1]);
        pthread_mutex_lock(&script->lock);
        script->at_once--;
        pthread_mutex_unlock(&script->lock);
    }
    shutdown(connection.fd, SHUT_RDWR);
    buf_release(&in);
    return NULL;
}

static void *script_accept(void *arg)
{
    struct script *script = arg;
    for (;;) {
        int fd = accept(script->listener, NULL, NULL);
        pthread_mutex_lock(&script->lock);
        bool stop = fd < 0 || script->stopping || script->connections == SCRIPT_CONNECTIONS;
        if (!stop) {
            struct script_connection *connection = xmalloc(sizeof *connection);
            *connection = (struct script_connection){script, fd};
            script->fd[script->connections] = fd;
            pthread_create(&script->thread[script->connections++], NULL, script_serve,
                           connection);
        }
        pthread_mutex_unlock(&script->lock);
        if (stop) {
            if (fd >= 0)
                close(fd);
            return NULL;
        }
    }
}

static struct script *script_start(const struct act_step *step, size_t steps)
{
    struct script *script = xcalloc(1, sizeof *script);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    script->step = step;
    script->steps = steps;
    pthread_mutex_init(&script->lock, NULL);
    script->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(script->listener, (struct sockaddr *)&address, length) < 0 ||
        listen(script->listener, 256) < 0 ||
        getsockname(script->listener, (struct sockaddr *)&address, &length) < 0 ||
        pthread_create(&script->acceptor, NULL, script_accept, script) != 0) {
        perror("test server");
        exit(1);
    }
    script->port = ntohs(address.sin_port);
    return script;
}

static void script_end(struct script *script)
{
    pthread_mutex_lock(&script->lock);
    script->stopping = true;
    pthread_mutex_unlock(&script->lock);
    shutdown(script->listener, SHUT_RDWR);
    pthread_join(script->acceptor, NULL);
    close(script->listener);
    for (int i = 0; i < script->connections; i++)
        shutdown(script->fd[i], SHUT_RDWR);
    for (int i = 0; i < script->connections; i++) {
        pthread_join(script->thread[i], NULL);
        close(script->fd[i]);
    }
    pthread_mutex_destroy(&script->lock);
    arena_release(&script->arena);
    xfree(script);
}

/* ---- what was received so far ---- */

static inline size_t script_requests(struct script *script)
{
    pthread_mutex_lock(&script->lock);
    size_t requests = script->requests;
    pthread_mutex_unlock(&script->lock);
    return requests;
}

static inline size_t script_said(struct script *script)
{
    pthread_mutex_lock(&script->lock);
    size_t said = script->said;
    pthread_mutex_unlock(&script->lock);
    return said;
}

/* Plays the script from its beginning again. */
static inline void script_rewind(struct script *script)
{
    pthread_mutex_lock(&script->lock);
    script->requests = 0;
    pthread_mutex_unlock(&script->lock);
}

static str script_request(struct script *script, size_t number)
{
    pthread_mutex_lock(&script->lock);
    str request = script->request[number];
    pthread_mutex_unlock(&script->lock);
    return request;
}

/* A header of a recorded request; empty when it is absent. */
static inline str script_header(struct script *script, size_t number, const char *name)
{
    str rest = script_request(script, number), line, key;
    while (str_cut(rest, '\n', &line, &rest) && str_trim(line).n) {
        str value = {"", 0};
        if (str_cut(line, ':', &key, &value) && str_equal_nocase(key, str_from(name)))
            return str_trim(value);
    }
    return (str){"", 0};
}

static inline str script_body(struct script *script, size_t number)
{
    str request = script_request(script, number);
    ptrdiff_t end = str_find(request, STR("\r\n\r\n"), 0);
    return end < 0 ? (str){"", 0} : str_sub(request, (size_t)end + 4, request.n);
}

#endif
