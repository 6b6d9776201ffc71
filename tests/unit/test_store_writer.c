/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_store_writer.c: the barrier: what was acknowledged is in the file, whatever happens to
 * the process, to the disk, or between threads.
 */
#include "test_store.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"

/* --- done comes after the commit ------------------------------------------------------------ */

struct barrier {
    const char *path;
    int64_t repeat;
    bool visible;
    struct waiter waiter;
};

static void look_from_outside(void *arg, bool failed)
{
    struct barrier *barrier = arg;
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM call WHERE repeat = %d",
             (int)barrier->repeat);
    barrier->visible = !failed && test_sql(barrier->path, sql) == 1;
    waiter_done(&barrier->waiter, failed);
}

/* Protects: when `done` is called, a second connection sees the record. */
static void test_barrier(void **state)
{
    struct place *place = *state;
    struct store *store = test_create(place, 1);
    for (int64_t i = 0; i < 50; i++) {
        struct barrier barrier = {.path = place->path, .repeat = i, .waiter = WAITER};
        struct store_call call = test_call(0);
        call.repeat = i;
        store_write_call(store, &call, look_from_outside, &barrier);
        waiter_wait(&barrier.waiter, 1);
        assert_true(barrier.visible);
    }
    test_finish(store, STORE_INTERRUPTED);
}

/* Protects: a record that nobody waits for is committed too, without another one pushing it. */
static void test_lazy(void **state)
{
    struct place *place = *state;
    struct store *store = test_create(place, 1);
    struct store_cell cell = test_cell(0);
    cell.calls = cell.sent = cell.attempts = 0;
    store_write_cell(store, &cell, NULL, NULL);
    for (int i = 0; i < 1000 && test_sql(place->path, "SELECT count(*) FROM cell") == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10 * NS_PER_MS}, NULL);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM cell"), 1);
    test_finish(store, STORE_FINISHED);
}

/* --- many threads --------------------------------------------------------------------------- */

enum { THREADS = 4, CALLS = 500 };

struct producer {
    struct store *store;
    int64_t cell;
    struct waiter waiter;
};

static void *produce(void *arg)
{
    struct producer *producer = arg;
    for (int i = 0; i < CALLS; i++) {
        struct store_call call = test_call(producer->cell);
        call.repeat = i;
        store_write_call(producer->store, &call, waiter_done, &producer->waiter);
        if (i % 100 == 99)
            waiter_wait(&producer->waiter, i + 1);
    }
    struct store_cell cell = test_cell(producer->cell);
    cell.calls = cell.sent = cell.attempts = CALLS;
    store_write_cell(producer->store, &cell, NULL, NULL);
    return NULL;
}

/* Protects: records of several threads all arrive, once each, those of one thread in their
 * order; a reader that comes in the middle finds the books in balance. */
static void test_threads(void **state)
{
    struct place *place = *state;
    struct store *store = test_create(place, THREADS);
    struct producer producer[THREADS];
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++) {
        producer[i] = (struct producer){.store = store, .cell = i, .waiter = WAITER};
        assert_int_equal(pthread_create(&thread[i], NULL, produce, &producer[i]), 0);
    }
    for (int i = 0; i < 20; i++)
        store_close(test_open(place));
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    struct store_stats stats = store_stats(store);
    assert_true(stats.records >= (uint64_t)THREADS * CALLS);
    assert_true(stats.commits < stats.records);
    test_finish(store, STORE_FINISHED);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(producer[i].waiter.failed, 0);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM call"), THREADS * CALLS);
    assert_int_equal(test_sql(place->path,
                              "SELECT count(*) FROM (SELECT repeat, row_number() OVER"
                              " (PARTITION BY cell ORDER BY call) - 1 AS place FROM call)"
                              " WHERE repeat <> place"),
                     0);
    store_close(test_open(place));
}

/* --- the process dies ----------------------------------------------------------------------- */

struct acknowledged {
    int fd;
    int64_t repeat;
    atomic_llong *told; /* of all calls together */
};

static void acknowledge(void *arg, bool failed)
{
    struct acknowledged *acknowledged = arg;
    if (!failed && write(acknowledged->fd, &acknowledged->repeat, sizeof(int64_t)) < 0)
        _exit(3);
    atomic_fetch_add(acknowledged->told, 1);
}

/* Writes calls for ever, and says of each that it is committed. */
static void child_main(const char *path, int fd)
{
    enum { ROUND = 4096 };
    static struct acknowledged acknowledged[ROUND];
    static atomic_llong told;
    struct err err;
    struct store *store;
    struct store_run run = test_run(1);
    if (store_create(&store, path, &run, &test_plan, &err) < 0)
        _exit(2);
    for (int64_t i = 0; i < 1000000; i++) {
        while (i - atomic_load(&told) >= ROUND) /* its place is still taken */
            nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
        acknowledged[i % ROUND] = (struct acknowledged){fd, i, &told};
        struct store_call call = test_call(0);
        call.repeat = i;
        store_write_call(store, &call, acknowledge, &acknowledged[i % ROUND]);
        if (i % 50 == 49)
            nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    }
    _exit(4);
}

/* Protects: kill -9 in the middle of writing loses nothing that was acknowledged, and the run
 * can be read, resumed and finished. */
static void test_killed(void **state)
{
    struct place *place = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        child_main(place->path, ends[1]);
    }
    close(ends[1]);
    int64_t repeat, last = -1;
    while (last < 1500 && read(ends[0], &repeat, sizeof repeat) == sizeof repeat)
        last = repeat;
    kill(child, SIGKILL);
    while (read(ends[0], &repeat, sizeof repeat) == sizeof repeat)
        last = repeat;
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status) && last >= 1500);

    struct store *store = test_open(place);
    assert_int_equal(store_run_row(store)->state, STORE_OPEN);
    assert_false(store_is_running(store));
    store_close(store);
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT count(DISTINCT repeat) FROM call WHERE repeat <= %d",
             (int)last);
    assert_int_equal(test_sql(place->path, sql), last + 1);

    struct err err;
    assert_good(resume_stored(&store, place->path, &err), &err);
    test_finish(store, STORE_INTERRUPTED);
    assert_int_equal(test_sql(place->path, sql), last + 1);
    assert_int_equal(place_files(place), 1);
}

/* --- the disk is full ----------------------------------------------------------------------- */

static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Protects: a full disk ends writing with one clear error that stays, is told to all who wait,
 * and leaves what was acknowledged readable and the run resumable. */
static void test_disk_full(void **state)
{
    struct place *place = *state;
    enum { TRIES = 200 };
    static char text[50000];
    struct err err = {0}, later = {0};
    memset(text, 'x', sizeof text);
    signal(SIGXFSZ, SIG_IGN);
    struct store *store = test_create(place, 1);
    limit_file_size(2000000);
    struct waiter waiter = WAITER;
    int64_t acknowledged = 0;
    for (int i = 0; i < TRIES; i++) {
        struct store_call call = test_call(0);
        call.repeat = i;
        call.reply.text = (str){text, sizeof text};
        store_write_call(store, &call, waiter_done, &waiter);
        waiter_wait(&waiter, i + 1);
        if (!waiter.failed)
            acknowledged++;
    }
    assert_true(acknowledged > 0 && acknowledged < TRIES);
    assert_int_equal(waiter.failed, TRIES - acknowledged);
    assert_int_equal(store_error(store, &err), -1);
    if (!strstr(err.message, "disk is full"))
        fail_msg("%s", err.message);
    assert_int_equal(store_error(store, &later), -1);
    assert_string_equal(err.message, later.message);
    struct store_run end = {.state = STORE_INTERRUPTED};
    assert_int_equal(store_finish(store, &end, &later), -1);
    assert_string_equal(err.message, later.message);
    limit_file_size(RLIM_INFINITY);
    signal(SIGXFSZ, SIG_DFL);

    store = test_open(place);
    assert_int_equal(store_run_row(store)->state, STORE_OPEN);
    store_close(store);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM call"), acknowledged);
    assert_good(resume_stored(&store, place->path, &err), &err);
    test_finish(store, STORE_INTERRUPTED);
}

/* Protects: a run that cannot be begun for want of room leaves no file behind that would look like
 * one. */
static void test_no_room_to_begin(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct store *store;
    struct store_run run = test_run(0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t bytes = 0; bytes <= 64 * 1024; bytes += 16 * 1024) {
        limit_file_size(bytes);
        assert_int_equal(store_create(&store, place->path, &run, &test_plan, &err), -1);
        if (!strstr(err.message, "disk is full"))
            fail_msg("%s", err.message);
        assert_int_equal(place_files(place), 0);
    }
    limit_file_size(RLIM_INFINITY);
    signal(SIGXFSZ, SIG_DFL);
}

/* --- fsync ---------------------------------------------------------------------------------- */

/* Protects: what was committed is flushed to the disk without anyone asking, and a WAL that has
 * grown large is moved into the file while writing goes on, and does not grow for ever. */
static void test_syncs_and_checkpoints(void **state)
{
    struct place *place = *state;
    enum { RECORD = 1000 * 1000 };
    char *text = xmalloc(RECORD);
    memset(text, 'y', RECORD);
    struct store *store = test_create(place, 1);
    struct waiter waiter = WAITER;
    int written = 0;
    struct store_stats stats = {0};
    for (int i = 0; i < 2000 && (stats.checkpoints < 1 || i < 100); i++) {
        struct store_call call = test_call(0);
        memcpy(text, &i, sizeof i); /* equal ones are stored once */
        call.reply.text = (str){text, RECORD};
        store_write_call(store, &call, waiter_done, &waiter);
        waiter_wait(&waiter, ++written);
        stats = store_stats(store);
    }
    assert_true(stats.syncs >= 1);
    assert_true(stats.checkpoints >= 1);
    for (int i = 0; i < 3; i++) { /* the writer finishes the checkpoint, then begins anew */
        struct store_call call = test_call(0);
        store_write_call(store, &call, waiter_done, &waiter);
        waiter_wait(&waiter, ++written);
    }
    assert_int_equal(waiter.failed, 0);
    test_finish(store, STORE_INTERRUPTED);
    xfree(text);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM call"), written);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)
    const struct CMUnitTest tests[] = {
        TEST(test_barrier),
        TEST(test_lazy),
        TEST(test_threads),
        TEST(test_killed),
        TEST(test_disk_full),
        TEST(test_no_room_to_begin),
        TEST(test_syncs_and_checkpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
