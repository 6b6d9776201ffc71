/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_running.h: starting the real weir-mock and speaking raw HTTP to it over loopback.
 */
#ifndef TEST_MOCK_RUNNING_H
#define TEST_MOCK_RUNNING_H

#include "test_mock_ask.h"

#include "base/option.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A running server. */
struct running {
    pid_t pid;
    int port;
    char config[64];
};

static inline const char *program(void)
{
    const char *given = getenv("WEIR_MOCK");
    return given ? given : TEST_BINARY_DIR "/weir-mock";
}

static inline int port_in(const char *line)
{
    struct arena arena = {0};
    const json *said = json_parse(&arena, str_trim(str_from(line)), NULL);
    str listening = json_text(json_get(said, STR("listening")));
    assert_true(str_starts_with(listening, STR("http://127.0.0.1:")));
    int64_t port = 0;
    assert_true(str_to_int(str_sub(listening, 17, listening.n), &port));
    arena_release(&arena);
    return (int)port;
}

/* `more`: further arguments, and NULL. */
static inline struct running start_with(const char *yaml, const char *const *more)
{
    const char *arguments[16] = {program(), "--port", "0", "--config"};
    struct running running = {.config = "/tmp/weir-mock-test-XXXXXX"};
    int out[2];
    int config = mkstemp(running.config);
    assert_true(config >= 0 && write(config, yaml, strlen(yaml)) == (ssize_t)strlen(yaml));
    close(config);
    arguments[4] = running.config;
    for (size_t i = 0; more && more[i]; i++)
        arguments[5 + i] = more[i];
    assert_int_equal(pipe(out), 0);
    running.pid = fork();
    if (running.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails must not leave it behind */
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        execv(program(), (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(out[1]);
    FILE *lines = fdopen(out[0], "r");
    char line[200] = "";
    if (!fgets(line, sizeof line, lines))
        fail_msg("%s did not start", program());
    fclose(lines);
    running.port = port_in(line);
    return running;
}

static inline struct running start(const char *yaml)
{
    return start_with(yaml, NULL);
}

/* SIGTERM ends it with 0: a sanitizer's complaint would not. */
static inline void stop(struct running *running)
{
    int status = -1;
    kill(running->pid, SIGTERM);
    waitpid(running->pid, &status, 0);
    unlink(running->config);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static inline int dial(const struct running *running)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)running->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        fail_msg("connect: %s", strerror(errno));
    return fd;
}

static inline void say(int fd, str bytes)
{
    while (bytes.n) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the server has closed: what it said before is what counts */
        bytes = str_sub(bytes, (size_t)n, bytes.n);
    }
}

/* Reads one more reply, or what there is before the end of the connection. */
struct hearing {
    int fd;
    struct buf bytes;
    size_t taken;
    bool ended, reset;
};

static inline bool more(struct hearing *hearing)
{
    char piece[65536];
    struct pollfd wait = {hearing->fd, POLLIN, 0};
    if (poll(&wait, 1, 200000) != 1)
        fail_msg("nothing came for 200 s");
    ssize_t n = recv(hearing->fd, piece, sizeof piece, 0);
    hearing->reset = n < 0 && errno == ECONNRESET;
    hearing->ended = n <= 0;
    if (n > 0)
        buf_add(&hearing->bytes, piece, (size_t)n);
    return n > 0;
}

/* Status of the next reply and its body; 0 when the connection ends before it is whole. */
static inline int hear(struct hearing *hearing, str *body)
{
    for (;;) {
        str rest = str_sub(buf_str(&hearing->bytes), hearing->taken, hearing->bytes.n);
        ptrdiff_t end = str_find(rest, STR("\r\n\r\n"), 0);
        if (end >= 0) {
            ptrdiff_t at = str_find(rest, STR("content-length: "), 0);
            size_t length = at >= 0 && at < end ? strtoul(rest.p + at + 16, NULL, 10) : 0;
            int status = (int)strtol(rest.p + 9, NULL, 10);
            if (rest.n >= (size_t)end + 4 + length) {
                *body = str_sub(rest, (size_t)end + 4, (size_t)end + 4 + length);
                hearing->taken += (size_t)end + 4 + length;
                return status;
            }
        }
        if (!more(hearing))
            return 0;
    }
}

static inline int ask_once(const struct running *running, str bytes, struct buf *reply)
{
    struct hearing hearing = {.fd = dial(running)};
    str body = {0};
    say(hearing.fd, bytes);
    int status = hear(&hearing, &body);
    buf_clear(reply);
    buf_add_str(reply, body);
    buf_release(&hearing.bytes);
    close(hearing.fd);
    return status;
}

static inline str request_text(struct arena *arena, const char *prompt, const char *headers)
{
    str body = arena_printf(
        arena, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}",
        prompt);
    return arena_printf(
        arena,
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n"
        "%sContent-Length: %zu\r\n\r\n%.*s",
        headers, body.n, STR_ARG(body));
}

#endif
