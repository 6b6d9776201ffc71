/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bare_curl.c: the least a program on libcurl can do, which weir's cost is measured against.
 *
 * One multi handle, curl_multi_socket_action, one epoll set, easy handles used again: POSTs a
 * body of 1.5 KB and reads the reply into nothing, IN_FLIGHT at a time, until CALLS are done.
 * Prints one line of JSON with the CPU time (user and system) per call.
 *
 *     bare_curl http://127.0.0.1:PORT/ IN_FLIGHT CALLS
 */
#include <curl/curl.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { BODY_BYTES = 1500, BATCH = 256 };

struct bench {
    CURLM *multi;
    int set;
    long timeout_ms;
    long started, done, failed, calls;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bare_curl: %s\n", what);
    exit(1);
}

/* A chat request, as a provider would get it. */
static const char *body_make(void)
{
    static char body[BODY_BYTES + 1];
    int head = snprintf(body, sizeof body,
                        "{\"model\":\"mock\",\"max_tokens\":500,\"messages\":[{\"role\":"
                        "\"user\",\"content\":\"");
    memset(body + head, 'x', (size_t)(BODY_BYTES - head));
    snprintf(body + BODY_BYTES - 4, 5, "\"}]}");
    return body;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    struct bench *bench = arg;
    struct epoll_event event = {.data.fd = fd};
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(bench->set, EPOLL_CTL_DEL, fd, &event);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                   (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    if (epoll_ctl(bench->set, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) < 0)
        die(strerror(errno));
    curl_multi_assign(bench->multi, fd, bench);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
    struct bench *bench = arg;
    (void)multi;
    bench->timeout_ms = ms;
    return 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    (void)bytes;
    (void)arg;
    return size * count;
}

static void start(struct bench *bench, CURL *easy)
{
    bench->started++;
    if (curl_multi_add_handle(bench->multi, easy))
        die("curl_multi_add_handle");
}

static void collect(struct bench *bench)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(bench->multi, &left))) {
        CURL *easy = message->easy_handle;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        bench->failed += message->data.result != CURLE_OK || status != 200;
        bench->done++;
        curl_multi_remove_handle(bench->multi, easy);
        if (bench->started < bench->calls)
            start(bench, easy);
    }
}

static void run(struct bench *bench)
{
    struct epoll_event events[BATCH];
    int running;
    while (bench->done < bench->calls) {
        int n = 0;
        if (bench->timeout_ms != 0)
            n = epoll_wait(bench->set, events, BATCH, (int)bench->timeout_ms);
        if (n == 0) {
            bench->timeout_ms = -1;
            curl_multi_socket_action(bench->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        for (int i = 0; i < n; i++)
            curl_multi_socket_action(bench->multi, events[i].data.fd,
                                     (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                                         (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                                         (events[i].events & EPOLLERR ? CURL_CSELECT_ERR : 0),
                                     &running);
        collect(bench);
    }
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: bare_curl URL IN_FLIGHT CALLS\n", stderr);
        return 2;
    }
    const long in_flight = strtol(argv[2], NULL, 10);
    struct bench bench = {.calls = strtol(argv[3], NULL, 10), .timeout_ms = -1};
    const char *body = body_make();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    bench.set = epoll_create1(EPOLL_CLOEXEC);
    bench.multi = curl_multi_init();
    curl_multi_setopt(bench.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(bench.multi, CURLMOPT_SOCKETDATA, &bench);
    curl_multi_setopt(bench.multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(bench.multi, CURLMOPT_TIMERDATA, &bench);
    curl_multi_setopt(bench.multi, CURLMOPT_MAXCONNECTS, in_flight + 8);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Authorization: Bearer none");
    for (long i = 0; i < in_flight && i < bench.calls; i++) {
        CURL *easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)BODY_BYTES);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
        start(&bench, easy);
    }
    const double began = wall_s();
    run(&bench);
    const double wall = wall_s() - began;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const double cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    printf("{\"in_flight\": %ld, \"calls\": %ld, \"failed\": %ld, \"cpu_us_per_call\": %.2f, "
           "\"calls_per_s\": %.0f, \"max_rss_mb\": %.1f}\n",
           in_flight, bench.done, bench.failed, cpu * 1e6 / (double)bench.done,
           (double)bench.done / wall, (double)usage.ru_maxrss / 1024);
    return bench.failed ? 1 : 0;
}
