/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bare_server.c: the least an HTTP server on libuv can do, which weir-mock is measured against.
 *
 * libuv, http_parser, the request's body parsed with cJSON, a fixed JSON reply of 0.7 KB, keep
 * alive. No keys, no rules, no pipelining.
 *
 *     bare_server [--port PORT] [--delay MS] [--events N | --stream N]
 *
 * With --events the reply is a stream of so many events, one write for each, --delay apart: the
 * least a paced sender can do. With --stream it is a stream of as many pieces of the fixed answer,
 * in the form that OpenAI sends, all of them in one write.
 *
 * Prints one line once it accepts connections: {"listening": "http://127.0.0.1:PORT", "pid": N}
 */
#include <cjson/cJSON.h>
#include <http_parser.h>
#include <uv.h>

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPLY_BYTES = 700, STREAM_BYTES = 1 << 20, READ_BYTES = 65536, BACKLOG = 4096 };

struct connection {
    uv_tcp_t tcp;
    uv_timer_t timer; /* with --delay only */
    http_parser parser;
    char *body;
    size_t size, capacity;
    int closing; /* handles still to be closed */
    long left;   /* events */
};

static char reply[STREAM_BYTES];
static size_t reply_size;
static uint64_t delay_ms;
static long events; /* 0: no streams */
static char read_buffer[READ_BYTES];

static _Noreturn void die(const char *what, int code)
{
    fprintf(stderr, "bare_server: %s: %s\n", what, code ? uv_strerror(code) : "failed");
    exit(1);
}

static void closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    if (--connection->closing > 0)
        return;
    free(connection->body);
    free(connection);
}

static void drop(struct connection *connection)
{
    if (connection->closing)
        return;
    connection->closing = 2;
    uv_close((uv_handle_t *)&connection->tcp, closed);
    uv_close((uv_handle_t *)&connection->timer, closed);
}

/* The kernel takes a short reply at once from a client that reads; one that does not is let go. */
static void answer(struct connection *connection)
{
    uv_buf_t out = uv_buf_init(reply, (unsigned)reply_size);
    if (uv_try_write((uv_stream_t *)&connection->tcp, &out, 1) != (int)reply_size)
        drop(connection);
}

static void due(uv_timer_t *timer)
{
    struct connection *connection = timer->data;
    answer(connection);
}

/* ---- streams ---- */

static char event[400];
static size_t event_size;

/* Of the size of weir-mock's, as a chunk. */
static void event_make(void)
{
    static const char text[] =
        "data: {\"id\":\"chatcmpl-0123456789012345678901234567\",\"object\":"
        "\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"m\",\"service_tier\":"
        "\"default\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"},\"logprobs\":"
        "null,\"finish_reason\":null}]}\n\n";
    event_size = (size_t)snprintf(event, sizeof event, "%zx\r\n%s\r\n", sizeof text - 1, text);
}

static void send_bytes(struct connection *connection, const char *bytes, size_t n)
{
    uv_buf_t out = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)n);
    if (uv_try_write((uv_stream_t *)&connection->tcp, &out, 1) != (int)n)
        drop(connection);
}

static void event_due(uv_timer_t *timer)
{
    static const char end[] = "0\r\n\r\n";
    struct connection *connection = timer->data;
    if (connection->left-- > 0) {
        send_bytes(connection, event, event_size);
        return;
    }
    uv_timer_stop(timer);
    send_bytes(connection, end, sizeof end - 1);
}

static void stream_begin(struct connection *connection)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    connection->left = events;
    send_bytes(connection, head, sizeof head - 1);
    uv_timer_start(&connection->timer, event_due, delay_ms, delay_ms);
}

static int on_body(http_parser *parser, const char *bytes, size_t n)
{
    struct connection *connection = parser->data;
    if (connection->size + n > connection->capacity) {
        connection->capacity = (connection->size + n) * 2;
        connection->body = realloc(connection->body, connection->capacity);
        if (!connection->body)
            die("memory", 0);
    }
    memcpy(connection->body + connection->size, bytes, n);
    connection->size += n;
    return 0;
}

static int on_complete(http_parser *parser)
{
    struct connection *connection = parser->data;
    cJSON *json = cJSON_ParseWithLength(connection->body, connection->size);
    connection->size = 0;
    if (!json)
        return 1;
    cJSON_Delete(json);
    if (events)
        stream_begin(connection);
    else if (delay_ms)
        uv_timer_start(&connection->timer, due, delay_ms, 0);
    else
        answer(connection);
    return 0;
}

static const http_parser_settings settings = {.on_body = on_body,
                                              .on_message_complete = on_complete};

static void give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    (void)handle;
    (void)wanted;
    *buffer = uv_buf_init(read_buffer, sizeof read_buffer);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct connection *connection = stream->data;
    if (n == 0)
        return;
    if (n < 0 || http_parser_execute(&connection->parser, &settings, buffer->base, (size_t)n) !=
                     (size_t)n)
        drop(connection);
}

static void on_connection(uv_stream_t *server, int status)
{
    if (status < 0)
        return;
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        die("memory", 0);
    uv_tcp_init(server->loop, &connection->tcp);
    uv_timer_init(server->loop, &connection->timer);
    connection->tcp.data = connection->timer.data = connection;
    http_parser_init(&connection->parser, HTTP_REQUEST);
    connection->parser.data = connection;
    if (uv_accept(server, (uv_stream_t *)&connection->tcp) < 0) {
        drop(connection);
        return;
    }
    uv_tcp_nodelay(&connection->tcp, 1);
    uv_read_start((uv_stream_t *)&connection->tcp, give_buffer, on_read);
}

/* A chat completion whose text, {"answer": "yyy…"}, fills it up to REPLY_BYTES. */
static void reply_make(void)
{
    static const char head[] =
        "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,"
        "\"model\":\"mock\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":"
        "{\"role\":\"assistant\",\"content\":\"{\\\"answer\\\":\\\"";
    static const char tail[] =
        "\\\"}\"}}],\"usage\":{\"prompt_tokens\":400,\"completion_tokens\":100,"
        "\"total_tokens\":500}}";
    char text[REPLY_BYTES];
    memset(text, 'y', sizeof text);
    int fill = (int)(REPLY_BYTES - (sizeof head - 1) - (sizeof tail - 1));
    int n = snprintf(reply, sizeof reply,
                     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                     "Content-Length: %d\r\n\r\n%s%.*s%s",
                     REPLY_BYTES, head, fill, text, tail);
    reply_size = (size_t)n;
}

static void add(const char *text)
{
    size_t n = strlen(text);
    if (reply_size + n >= sizeof reply)
        die("too many events", 0);
    memcpy(reply + reply_size, text, n + 1);
    reply_size += n;
}

static void add_event(const char *data)
{
    char chunk[1000];
    snprintf(chunk, sizeof chunk, "%zx\r\ndata: %s\n\n\r\n", strlen(data) + 8, data);
    add(chunk);
}

/* The same answer in pieces, each event with the envelope that OpenAI repeats in all of them. */
static void stream_make(long pieces)
{
    static const char head[] =
        "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","
        "\"created\":1700000000,\"model\":\"mock\",\"system_fingerprint\":"
        "\"fp_44709d6fcb\",\"service_tier\":\"default\",\"choices\":[";
    char data[800];
    add("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
    for (long i = 0; i < pieces; i++) {
        const char *piece = i == 0 ? "{\\\"answer\\\":\\\"" : i + 1 < pieces ? "yyyy" : "\\\"}";
        snprintf(data, sizeof data,
                 "%s{\"index\":0,\"delta\":{\"content\":\"%s\"},\"logprobs\":null,"
                 "\"finish_reason\":%s}],\"usage\":null}",
                 head, piece, i + 1 < pieces ? "null" : "\"stop\"");
        add_event(data);
    }
    snprintf(data, sizeof data,
             "%s],\"usage\":{\"prompt_tokens\":400,\"completion_tokens\":100,"
             "\"total_tokens\":500}}",
             head);
    add_event(data);
    add_event("[DONE]");
    add("0\r\n\r\n");
}

int main(int argc, char **argv)
{
    long port = 0, pieces = 0;
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 < argc && !strcmp(argv[i], "--port")) {
            port = strtol(argv[i + 1], NULL, 10);
        } else if (i + 1 < argc && !strcmp(argv[i], "--delay")) {
            delay_ms = (uint64_t)strtol(argv[i + 1], NULL, 10);
        } else if (i + 1 < argc && !strcmp(argv[i], "--events")) {
            events = strtol(argv[i + 1], NULL, 10);
        } else if (i + 1 < argc && !strcmp(argv[i], "--stream")) {
            pieces = strtol(argv[i + 1], NULL, 10);
        } else {
            fputs("usage: bare_server [--port PORT] [--delay MS] [--events N | --stream N]\n",
                  stderr);
            return 2;
        }
    }
    signal(SIGPIPE, SIG_IGN);
    if (pieces > 1)
        stream_make(pieces);
    else
        reply_make();
    event_make();
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t server;
    struct sockaddr_in address;
    int length = sizeof address, failed;
    uv_tcp_init(loop, &server);
    uv_ip4_addr("127.0.0.1", (int)port, &address);
    if ((failed = uv_tcp_bind(&server, (const struct sockaddr *)&address, 0)) < 0 ||
        (failed = uv_listen((uv_stream_t *)&server, BACKLOG, on_connection)) < 0 ||
        (failed = uv_tcp_getsockname(&server, (struct sockaddr *)&address, &length)) < 0)
        die("listen", failed);
    printf("{\"listening\": \"http://127.0.0.1:%d\", \"pid\": %d}\n", ntohs(address.sin_port),
           (int)getpid());
    fflush(stdout);
    return uv_run(loop, UV_RUN_DEFAULT);
}
