/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * weir_bench.c: runs programs for script/bench and says what they took.
 *
 *     weir_bench run LABEL -- PROGRAM ARGS…     CPU, wall and peak memory as one line of JSON; the
 *                                               child's stdout is dropped
 *     weir_bench first FILE -- PROGRAM ARGS…    time from start to the first POST, to a port of
 *                                               ours that stands for PORT in $WEIR_BENCH_TEMPLATE,
 *                                               which is written to FILE
 *     weir_bench first-at PORT -- PROGRAM ARGS…  the same at a port of the program's choosing
 *     weir_bench line -- PROGRAM ARGS…          time from start to its first line on stdout
 *     weir_bench load URL CONNECTIONS CALLS BODY_FILE
 *                                               requests a second of a server, from raw sockets
 *     weir_bench ask URL BODY_FILE              one request; prints the reply's body
 *     weir_bench span RUN.db                    first send to last reply of a run, in seconds
 *     weir_bench sums RUN.db                    CPU and wall of adding up, in SQL, every column of
 *                                               numbers of the tables that a report reads
 *
 * The load generator parses nothing but Content-Length, or looks for the end of a short chunked
 * reply, so that the server is what is measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/store.h"

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "weir_bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static pid_t spawn(char **argv)
{
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        if (null >= 0)
            dup2(null, STDOUT_FILENO);
        execv(argv[0], argv);
        die(argv[0]);
    }
    return pid;
}

/* ---- run ---- */

static int run_program(const char *label, char **argv)
{
    struct rusage usage;
    int status = 0;
    double start = now_s();
    pid_t pid = spawn(argv);
    if (wait4(pid, &status, 0, &usage) < 0)
        die("wait4");
    double wall = now_s() - start;
    double cpu = (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
                 ((double)usage.ru_utime.tv_usec + (double)usage.ru_stime.tv_usec) / 1e6;
    printf("{\"label\": \"%s\", \"exit\": %d, \"cpu_s\": %.6f, \"wall_s\": %.6f, \"rss_kb\": "
           "%ld}\n",
           label, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), cpu, wall,
           usage.ru_maxrss);
    return 0;
}

/* ---- first: a server that only wants to see a POST ---- */

/* At *port, or with 0 at one that is free. */
static int listen_at(int *port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)*port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 64) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        die("listen");
    *port = ntohs(address.sin_port);
    return fd;
}

/* Answers what is no POST with an empty list; returns true at the first POST. */
static bool serve_one(int fd)
{
    static const char list[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                               "Content-Length: 11\r\n\r\n{\"data\":[]}";
    char request[65536];
    ssize_t got = read(fd, request, sizeof request);
    if (got <= 0)
        return false;
    if (memcmp(request, "POST", 4) == 0)
        return true;
    if (write(fd, list, sizeof list - 1) < 0)
        die("write");
    return false;
}

static int wait_for_first(int listener, char **argv)
{
    double start = now_s();
    pid_t pid = spawn(argv);
    int client[64], clients = 0;
    for (bool seen = false; !seen;) {
        struct pollfd watch[65] = {{.fd = listener, .events = POLLIN}};
        for (int i = 0; i < clients; i++)
            watch[i + 1] = (struct pollfd){.fd = client[i], .events = POLLIN};
        if (poll(watch, (nfds_t)clients + 1, 60000) <= 0)
            die("no request came");
        for (int i = 0; i < clients; i++)
            seen = seen || ((watch[i + 1].revents & POLLIN) && serve_one(client[i]));
        if (!seen && (watch[0].revents & POLLIN) && clients < 64)
            client[clients++] = accept(listener, NULL, NULL);
    }
    printf("{\"label\": \"first\", \"ms\": %.3f}\n", (now_s() - start) * 1e3);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return 0;
}

static int first_request(const char *experiment, char **argv)
{
    int port = 0, listener = listen_at(&port);
    FILE *out = fopen(experiment, "w");
    const char *template = getenv("WEIR_BENCH_TEMPLATE");
    if (!out || !template)
        die(experiment);
    const char *at = strstr(template, "PORT");
    if (!at)
        die("PORT is not in the template");
    fprintf(out, "%.*s%d%s", (int)(at - template), template, port, at + 4);
    fclose(out);
    return wait_for_first(listener, argv);
}

static int first_request_at(int port, char **argv)
{
    return wait_for_first(listen_at(&port), argv);
}

/* ---- line: how long a server takes to start ---- */

static int first_line(char **argv)
{
    int out[2];
    char said[1024];
    if (pipe(out) < 0)
        die("pipe");
    double start = now_s();
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        execv(argv[0], argv);
        die(argv[0]);
    }
    close(out[1]);
    ssize_t n = read(out[0], said, sizeof said);
    double end = now_s();
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    if (n <= 0)
        die("it said nothing");
    printf("{\"label\": \"line\", \"ms\": %.3f}\n", (end - start) * 1e3);
    return 0;
}

/* ---- load ---- */

struct sender {
    int fd;
    size_t sent, got, need; /* need: bytes of the whole reply, 0 until its head is there */
    char head[4096];
};

static char *make_request(const char *url, const char *body_file, size_t *size)
{
    static char body[65536], request[70000];
    FILE *in = fopen(body_file, "r");
    if (!in)
        die(body_file);
    size_t n = fread(body, 1, sizeof body - 1, in);
    fclose(in);
    *size = (size_t)snprintf(request, sizeof request,
                             "POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\n"
                             "Authorization: Bearer bench\r\nContent-Type: application/json\r\n"
                             "Content-Length: %zu\r\n\r\n%.*s",
                             url + 7, n, (int)n, body);
    return request;
}

static int connect_to(const char *url)
{
    int port = atoi(strrchr(url, ':') + 1), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* True when a whole reply has come. */
static bool take(struct sender *sender)
{
    static char rest[65536];
    if (sender->need == 0) {
        ssize_t got =
            read(sender->fd, sender->head + sender->got, sizeof sender->head - 1 - sender->got);
        if (got <= 0)
            die("the server closed");
        sender->got += (size_t)got;
        sender->head[sender->got] = '\0';
        char *end = strstr(sender->head, "\r\n\r\n");
        if (!end)
            return false;
        char *length = strcasestr(sender->head, "\r\ncontent-length:");
        if (!length && strcasestr(sender->head, "\r\ntransfer-encoding: chunked"))
            return strncmp(sender->head + 9, "200", 3) == 0 &&
                   strcmp(sender->head + sender->got - 7, "\r\n0\r\n\r\n") == 0;
        if (!length || strncmp(sender->head + 9, "200", 3) != 0) {
            errno = EPROTO;
            die("not a 200 with Content-Length");
        }
        sender->need = (size_t)(end + 4 - sender->head) + strtoul(length + 17, NULL, 10);
    } else {
        ssize_t got = read(sender->fd, rest, sizeof rest);
        if (got <= 0)
            die("the server closed");
        sender->got += (size_t)got;
    }
    return sender->need && sender->got >= sender->need;
}

static void send_request(struct sender *sender, const char *request, size_t size)
{
    sender->got = sender->need = 0;
    if (write(sender->fd, request, size) != (ssize_t)size)
        die("write");
}

static int load(const char *url, int connections, long calls, const char *body_file)
{
    size_t size;
    char *request = make_request(url, body_file, &size);
    struct sender *sender = calloc((size_t)connections, sizeof *sender);
    int epoll = epoll_create1(0);
    long started = 0, done = 0;
    for (int i = 0; i < connections; i++) {
        sender[i].fd = connect_to(url);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        epoll_ctl(epoll, EPOLL_CTL_ADD, sender[i].fd, &event);
    }
    double start = now_s();
    for (int i = 0; i < connections && started < calls; i++, started++)
        send_request(&sender[i], request, size);
    while (done < calls) {
        struct epoll_event event[64];
        int n = epoll_wait(epoll, event, 64, 10000);
        if (n <= 0)
            die("no reply came");
        for (int i = 0; i < n; i++) {
            struct sender *s = &sender[event[i].data.u32];
            if (!take(s))
                continue;
            done++;
            if (started < calls) {
                started++;
                send_request(s, request, size);
            }
        }
    }
    printf("{\"label\": \"load\", \"per_s\": %.1f}\n", (double)calls / (now_s() - start));
    return 0;
}

/* ---- ask: is the server that load will measure the one that is meant? ---- */

static int ask(const char *url, const char *body_file)
{
    static char reply[65536];
    size_t size, got = 0, most = sizeof reply - 1;
    char *request = make_request(url, body_file, &size);
    int fd = connect_to(url);
    if (write(fd, request, size) != (ssize_t)size || shutdown(fd, SHUT_WR) < 0)
        die("write");
    for (ssize_t n; got < most && (n = read(fd, reply + got, most - got)) > 0;)
        got += (size_t)n;
    close(fd);
    char *body = strstr(reply, "\r\n\r\n");
    puts(body ? body + 4 : "null");
    return 0;
}

/* ---- span ---- */

struct span {
    struct store *store;
    int64_t *started; /* of each cell, by number */
    int64_t first, last;
};

static int see_cell(void *arg, const struct store_cell *cell)
{
    struct span *span = arg;
    span->started[cell->cell] = cell->started_ns;
    return 0;
}

static int see_call(void *arg, const struct store_call *call)
{
    struct span *span = arg;
    int64_t start = span->started[call->cell] + call->start_ns;
    int64_t end = start + call->latency_ns + call->times.permit_wait_ns;
    span->first = start < span->first ? start : span->first;
    span->last = end > span->last ? end : span->last;
    return 0;
}

static int print_span(const char *path)
{
    struct err err = {0};
    struct span span = {.first = INT64_MAX};
    if (store_open(&span.store, path, &err) < 0) {
        fprintf(stderr, "weir_bench: %s\n", err.message);
        return 1;
    }
    span.started = calloc((size_t)store_run_row(span.store)->cells + 1, sizeof *span.started);
    if (store_each_cell(span.store, STORE_AS_WRITTEN, see_cell, &span, &err) < 0 ||
        store_each_call(span.store, STORE_EVERY, see_call, &span, &err) < 0)
        return 1;
    printf("{\"label\": \"span\", \"s\": %.6f}\n", (double)(span.last - span.first) / 1e9);
    store_close(span.store);
    free(span.started);
    return 0;
}

/* ---- sums ---- */

/* "SELECT count(*), total(…), … FROM table": what SQL takes for the numbers that a report is made of.
 * total() and not sum(): hashes are among them, whose sum is no integer of 64 bits. */
static void add_up(sqlite3 *db, const char *table)
{
    char ask[200], sql[8192];
    sqlite3_stmt *rows = NULL;
    int n = snprintf(sql, sizeof sql, "SELECT count(*)");
    snprintf(ask, sizeof ask,
             "SELECT name FROM pragma_table_info('%s') WHERE type IN ('INTEGER', 'REAL')",
             table);
    if (sqlite3_prepare_v2(db, ask, -1, &rows, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
    while (sqlite3_step(rows) == SQLITE_ROW)
        n += snprintf(sql + n, sizeof sql - (size_t)n, ", total(\"%s\")",
                      (const char *)sqlite3_column_text(rows, 0));
    sqlite3_finalize(rows);
    snprintf(sql + n, sizeof sql - (size_t)n, " FROM %s", table);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
}

static int print_sums(const char *path)
{
    static const char *const tables[] = {"cell", "step", "score", "call"};
    sqlite3 *db = NULL;
    struct rusage usage;
    double start = now_s();
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        die(path);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        add_up(db, tables[i]);
    sqlite3_close(db);
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"label\": \"sums\", \"cpu_s\": %.6f, \"wall_s\": %.6f}\n",
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
           now_s() - start);
    return 0;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc > 4 && strcmp(argv[1], "run") == 0 && strcmp(argv[3], "--") == 0)
        return run_program(argv[2], argv + 4);
    if (argc > 4 && strcmp(argv[1], "first") == 0 && strcmp(argv[3], "--") == 0)
        return first_request(argv[2], argv + 4);
    if (argc > 4 && strcmp(argv[1], "first-at") == 0 && strcmp(argv[3], "--") == 0)
        return first_request_at(atoi(argv[2]), argv + 4);
    if (argc > 3 && strcmp(argv[1], "line") == 0 && strcmp(argv[2], "--") == 0)
        return first_line(argv + 3);
    if (argc == 6 && strcmp(argv[1], "load") == 0)
        return load(argv[2], atoi(argv[3]), strtol(argv[4], NULL, 10), argv[5]);
    if (argc == 4 && strcmp(argv[1], "ask") == 0)
        return ask(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "span") == 0)
        return print_span(argv[2]);
    if (argc == 3 && strcmp(argv[1], "sums") == 0)
        return print_sums(argv[2]);
    fputs("usage: weir_bench run LABEL -- PROGRAM…; first FILE -- PROGRAM…; first-at PORT -- "
          "PROGRAM…;\n"
          "       line -- PROGRAM…; load URL CONNECTIONS CALLS BODY_FILE; ask URL BODY_FILE;\n"
          "       span RUN.db; sums RUN.db\n",
          stderr);
    return 2;
}
