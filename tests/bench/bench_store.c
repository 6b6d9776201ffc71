/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_store.c: what storing costs (row T12 of the targets in docs/architecture.md).
 *
 *     bench_store [FOLDER [CELLS]]
 *
 * Three measurements, each on a file of its own that is removed after:
 *   records  call records of 2.4 KB (prompt 1.5 KB, reply 0.7 KB), as fast as the writer takes
 *            them: records a second of the store's CPU and of the clock, bytes a record
 *   cells    one-call cells (a call, then the cell with step and score), the same way
 *   paced    one-call cells at 15,000 a second with 64 open, as a run does it
 * "store" is the CPU of both threads of the store and of store_finish, which moves what is left
 * of the WAL into the file; "producer" that of making and queueing the records and, when paced,
 * of waiting for the time. A median over runs is the caller's business.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    REQUEST_BYTES = 1500,
    REPLY_BYTES = 700,
    IN_FLIGHT = 1000,
    OPEN_CELLS = 64,
    RATE = 15000
};

static char request[REQUEST_BYTES], reply[REPLY_BYTES];
static atomic_long done_count;
static atomic_bool has_failed;

static void on_done(void *arg, bool failed)
{
    (void)arg;
    if (failed)
        atomic_store(&has_failed, true);
    atomic_fetch_add(&done_count, 1);
}

static int64_t thread_cpu_ns(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return (int64_t)spent.tv_sec * NS_PER_S + spent.tv_nsec;
}

static void fill_texts(void)
{
    for (size_t i = 0; i < sizeof request; i++)
        request[i] = (char)(' ' + i * 7 % 90);
    for (size_t i = 0; i < sizeof reply; i++)
        reply[i] = (char)(' ' + i * 11 % 90);
}

/* No request is like another: the store would write it once. */
static struct store_call make_call(int64_t cell)
{
    static char hash[33];
    snprintf(hash, sizeof hash, "%032llx", (unsigned long long)cell);
    static const struct store_attempt attempt = {
        .number = 1,
        .http_status = 200,
        .outcome = STR_INIT("ok"),
        .retry_after_ns = -1,
        .permit_wait_ns = 1200,
        .start_ns = 3100,
        .connect_ns = 0,
        .first_byte_ns = 1950000,
        .total_ns = 2000000,
    };
    return (struct store_call){
        .cell = cell,
        .path = STR("."),
        .request_hash = {hash, 32},
        .attempt_key = STR("fedcba9876543210fedcba9876543210"),
        .model = STR("small"),
        .dialect = STR("openai-chat"),
        .reported_model = STR("gpt-6-luna-2026-08-07"),
        .fingerprint = STR("fp_0123456789"),
        .source = STORE_SENT,
        .request.text = {request, sizeof request},
        .reply.text = {reply, sizeof reply},
        .finish = STR("stop"),
        .http_status = 200,
        .outcome = STR("ok"),
        .tokens = {410, 0, 0, 95, 0},
        .cost_nanousd = 123456,
        .times = {.permit_wait_ns = 1200, .provider_ns = 2000000},
        .first_byte_ns = 1950000,
        .ttft_ns = -1,
        .latency_ns = 2000000,
        .start_ns = 3100,
        .attempts = 1,
        .attempt = &attempt,
    };
}

static void write_cell(struct store *store, int64_t number)
{
    static const str answer = STR_INIT("Technical Support");
    struct store_step step = {
        .path = STR("."),
        .node = STR("."),
        .pattern = STR("call"),
        .parent = -1,
        .outcome = STR("ok"),
        .end_ns = 2100000,
        .calls = 1,
        .sent = 1,
        .attempts = 1,
        .tokens = {410, 0, 0, 95, 0},
        .cost_nanousd = 123456,
        .times = {.permit_wait_ns = 1200, .store_wait_ns = 400000, .provider_ns = 2000000},
        .value.text = answer,
    };
    struct store_score score = {
        .name = STR("label"), .value = 1, .pass = true, .weight = 1, .reason = {0}};
    struct store_cell cell = {
        .cell = number,
        .variant = number % 2,
        .sample = number / 2,
        .trial = 1,
        .output.text = answer,
        .correct = 1,
        .score = 1,
        .calls = 1,
        .sent = 1,
        .attempts = 1,
        .tokens = {410, 0, 0, 95, 0},
        .cost_nanousd = 123456,
        .paid_nanousd = 123456,
        .latency_ns = 2000000,
        .wall_ns = 2500000,
        .times = step.times,
        .critical_path_ns = 2400000,
        .total_work_ns = 2000000,
        .started_ns = number * 66000,
        .step = &step,
        .steps = 1,
        .score_row = &score,
        .score_rows = 1,
    };
    store_write_cell(store, &cell, NULL, NULL); /* as a run does: nobody waits for it */
}

static void wait_for(long records)
{
    while (atomic_load(&done_count) < records)
        nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
}

struct bench {
    struct store *store;
    char path[4096];
    int64_t cells;
    struct moment start;
    int64_t cpu_start;
};

static void bench_begin(struct bench *bench, const char *folder, const char *name,
                        int64_t cells)
{
    struct err err = {0};
    struct store_run run = {.id = STR("bench"), .experiment = STR("bench"), .cells = cells};
    static const struct store_plan no_plan;
    snprintf(bench->path, sizeof bench->path, "%s/bench-%s-%ld.db", folder, name,
             (long)getpid());
    bench->cells = cells;
    atomic_store(&done_count, 0);
    if (store_create(&bench->store, bench->path, &run, &no_plan, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    bench->start = clock_now();
    bench->cpu_start = thread_cpu_ns();
}

static void bench_end(struct bench *bench, const char *name, double records)
{
    double wall = (double)moment_since(clock_now(), bench->start);
    double producer = (double)(thread_cpu_ns() - bench->cpu_start);
    struct store_stats stats = store_stats(bench->store);
    struct moment before = clock_now();
    int64_t cpu_before = thread_cpu_ns();
    struct err err = {0};
    struct store_run end = {.state = STORE_INTERRUPTED, .max_rss_bytes = -1};
    if (store_finish(bench->store, &end, &err) < 0 || atomic_load(&has_failed)) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    double finish = (double)moment_since(clock_now(), before);
    double cpu = (double)(stats.writer_cpu_ns + thread_cpu_ns() - cpu_before);
    struct stat file = {0};
    stat(bench->path, &file);
    unlink(bench->path);
    printf("%-8s %7.0f/s of CPU %7.0f/s by the clock; us each: store %5.2f producer %5.2f; "
           "bytes each %5.0f; %6.1f a commit; finish %.0f ms\n",
           name, records / cpu * 1e9, records / wall * 1e9, cpu / records / 1e3,
           producer / records / 1e3, (double)file.st_size / records,
           (double)stats.records / (double)stats.commits, finish / 1e6);
    fflush(stdout);
}

static void bench_records(const char *folder, int64_t count)
{
    struct bench bench;
    bench_begin(&bench, folder, "records", count);
    for (int64_t i = 0; i < count; i++) {
        struct store_call call = make_call(i);
        if (i >= IN_FLIGHT)
            wait_for(i - IN_FLIGHT);
        store_write_call(bench.store, &call, on_done, NULL);
    }
    wait_for(count);
    bench_end(&bench, "records", (double)count);
}

static void bench_cells(const char *folder, int64_t count)
{
    struct bench bench;
    bench_begin(&bench, folder, "cells", count);
    for (int64_t i = 0; i < count; i++) {
        struct store_call call = make_call(i);
        if (i >= IN_FLIGHT)
            wait_for(i - IN_FLIGHT);
        store_write_call(bench.store, &call, on_done, NULL);
        write_cell(bench.store, i);
    }
    wait_for(count);
    bench_end(&bench, "cells", (double)count);
}

/* One at a time, when it is due; the cell of a call follows OPEN_CELLS later. */
static void bench_paced(const char *folder, int64_t count)
{
    struct bench bench;
    bench_begin(&bench, folder, "paced", count);
    struct moment start = clock_now();
    for (int64_t i = 0; i < count + OPEN_CELLS; i++) {
        struct moment due = moment_add(start, i * NS_PER_S / RATE);
        while (!moment_reached(clock_now(), due))
            ;
        if (i >= OPEN_CELLS)
            write_cell(bench.store, i - OPEN_CELLS);
        if (i < count) {
            struct store_call call = make_call(i);
            store_write_call(bench.store, &call, on_done, NULL);
        }
    }
    wait_for(count);
    bench_end(&bench, "paced", (double)count);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : ".";
    int64_t cells = argc > 2 ? strtoll(argv[2], NULL, 10) : 100000;
    fill_texts();
    bench_records(folder, cells);
    bench_cells(folder, cells);
    bench_paced(folder, cells);
    return 0;
}
