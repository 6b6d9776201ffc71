/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_io.c: what the waiting and wire layer costs by itself. Prints one line of JSON.
 *
 *     bench_io switch                        ns for a fiber to wait and go on
 *     bench_io fibers COUNT                  bytes of memory for each suspended fiber
 *     bench_io http URL IN_FLIGHT CALLS      CPU us for an http_send, as bare_curl measures it
 */
#include "io/fiber.h"
#include "io/http.h"
#include "io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"

enum { BODY_BYTES = 1500 };

static double cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static long rss_bytes(void)
{
    char line[200] = "", *rest = line;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && !fgets(line, sizeof line, file))
        line[0] = '\0';
    if (file)
        fclose(file);
    strtol(line, &rest, 10); /* the whole address space */
    return strtol(rest, NULL, 10) * sysconf(_SC_PAGESIZE);
}

/* --- switch --- */

static void fiber_fn wake_and_wait(void *arg)
{
    const long times = *(const long *)arg;
    for (long i = 0; i < times; i++)
        fiber_sleep(0);
}

static void fiber_fn two_fibers(void *arg)
{
    struct fiber_group group = {0};
    fiber_group_start(&group, wake_and_wait, arg);
    fiber_group_start(&group, wake_and_wait, arg);
    fiber_group_join(&group);
}

static int bench_switch(struct loop *loop)
{
    long times = 1000000;
    double before = cpu_s();
    fiber_run(loop, two_fibers, &times);
    double cpu = cpu_s() - before;
    printf("{\"wait_ns\": %.1f, \"switches\": %llu}\n", cpu * 1e9 / (2.0 * (double)times),
           (unsigned long long)fiber_stats(loop).switches);
    return 0;
}

/* --- fibers --- */

struct crowd {
    long count;
    double create_ns;
    long bytes;
};

static void fiber_fn wait_for_cancel(void *arg)
{
    (void)arg;
    while (fiber_suspend() == 0)
        ;
}

static void fiber_fn hold_crowd(void *arg)
{
    struct crowd *crowd = arg;
    struct fiber_group group = {0};
    long before = rss_bytes();
    double cpu = cpu_s();
    for (long i = 0; i < crowd->count; i++)
        fiber_group_start(&group, wait_for_cancel, NULL);
    fiber_sleep(0);
    crowd->create_ns = (cpu_s() - cpu) * 1e9 / (double)crowd->count;
    crowd->bytes = (rss_bytes() - before) / crowd->count;
    fiber_group_cancel(&group);
    fiber_group_join(&group);
}

static int bench_fibers(struct loop *loop, long count)
{
    struct crowd crowd = {.count = count};
    fiber_run(loop, hold_crowd, &crowd);
    printf("{\"fibers\": %ld, \"create_ns\": %.0f, \"bytes_each\": %ld}\n", count,
           crowd.create_ns, crowd.bytes);
    return 0;
}

/* --- http --- */

struct load {
    struct http *http;
    str url, body;
    long in_flight, left, failed;
};

static void fiber_fn send_many(void *arg)
{
    static const str headers[] = {STR_INIT("Content-Type: application/json"),
                                  STR_INIT("Authorization: Bearer none")};
    struct load *load = arg;
    struct arena arena = {0};
    while (load->left > 0) {
        const struct http_request request = {.url = load->url,
                                             .headers = headers,
                                             .header_count = 2,
                                             .body = load->body,
                                             .arena = &arena,
                                             .timeout_ns = 60 * NS_PER_S,
                                             .first_byte_timeout_ns = 30 * NS_PER_S,
                                             .connect_timeout_ns = 10 * NS_PER_S,
                                             .reply_limit = 1 << 20};
        struct http_reply reply;
        load->left--;
        http_send(load->http, &request, &reply);
        load->failed += reply.outcome != HTTP_OK || reply.status != 200;
        arena_clear(&arena);
    }
    arena_release(&arena);
}

static void fiber_fn run_load(void *arg)
{
    struct load *load = arg;
    struct fiber_group group = {0};
    for (long i = 0; i < load->in_flight; i++)
        fiber_group_start(&group, send_many, load);
    fiber_group_join(&group);
}

static int bench_http(struct loop *loop, const char *url, long in_flight, long calls)
{
    static char body[BODY_BYTES + 1];
    int head = snprintf(body, sizeof body,
                        "{\"model\":\"mock\",\"max_tokens\":500,\"messages\":[{\"role\":"
                        "\"user\",\"content\":\"");
    memset(body + head, 'x', (size_t)(BODY_BYTES - head));
    snprintf(body + BODY_BYTES - 4, 5, "\"}]}");
    struct load load = {.url = str_from(url),
                        .body = {body, BODY_BYTES},
                        .in_flight = in_flight,
                        .left = calls};
    struct err err;
    if (http_open(&load.http, loop, &err) < 0) {
        fprintf(stderr, "bench_io: %s\n", err.message);
        return 1;
    }
    const struct moment began = clock_now();
    fiber_run(loop, run_load, &load);
    const double wall = (double)moment_since(clock_now(), began) / 1e9;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const struct loop_lateness late = loop_lateness(loop);
    printf("{\"in_flight\": %ld, \"calls\": %ld, \"failed\": %ld, \"cpu_us_per_call\": %.2f, "
           "\"calls_per_s\": %.0f, \"max_rss_mb\": %.1f, \"handles\": %zu, "
           "\"connections\": %llu, \"lateness_ms_p99\": %.3f}\n",
           in_flight, calls, load.failed, cpu_s() * 1e6 / (double)calls, (double)calls / wall,
           (double)usage.ru_maxrss / 1024, http_stats(load.http).handles,
           (unsigned long long)http_stats(load.http).connections, (double)late.p99_ns / 1e6);
    http_close(load.http);
    return load.failed ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct loop *loop = loop_open();
    int result = 2;
    if (argc == 2 && !strcmp(argv[1], "switch"))
        result = bench_switch(loop);
    else if (argc == 3 && !strcmp(argv[1], "fibers"))
        result = bench_fibers(loop, strtol(argv[2], NULL, 10));
    else if (argc == 5 && !strcmp(argv[1], "http"))
        result =
            bench_http(loop, argv[2], strtol(argv[3], NULL, 10), strtol(argv[4], NULL, 10));
    else
        fputs("usage: bench_io switch | fibers COUNT | http URL IN_FLIGHT CALLS\n", stderr);
    loop_close(loop);
    return result;
}
