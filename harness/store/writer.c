/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * writer.c: commits in batches, fsync behind (see writer.h).
 *
 * A commit writes the last page of every table it touched, 16 KB each, whatever the number of
 * records. Committing every record alone would cost more than the call it belongs to. So:
 *
 * - A record that somebody waits for (calls) and that comes when nothing was committed for a
 *   while is committed at once. Under load commits keep COMMIT_PACE_NS apart, or until
 *   COMMIT_RECORDS have queued: the wait is bounded, and so is the cost of commits, whatever
 *   the rate.
 * - A record that nobody waits for (cells, which can be made again from their calls for nothing)
 *   may wait LAZY_NS, so that most commits touch two tables and not five.
 *
 * The first error ends writing for good: a half-written run must stop, not go on spending money
 * on calls that are not kept.
 *
 * Locks: one mutex guards the queue, the pool, the state and the counters. It is never held while
 * SQLite works, nor during `done`.
 */
#include "store/writer.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "store/insert.h"
#include "store/record.h"
#include "store/syncer.h"

#include <pthread.h>
#include <time.h>

enum {
    COMMIT_RECORDS = 100,         /* beyond it a transaction gains little */
    COMMIT_PACE_NS = 1000 * 1000, /* figures: docs/store.md */
    LAZY_NS = 20 * 1000 * 1000,
};

struct queue {
    struct record *first, **last;
    size_t count;
};

struct writer {
    struct db *db;
    const struct store_plan *plan;
    struct inserter inserter; /* the writer thread's, as are the next two */
    sqlite3_stmt *begin, *commit;
    struct syncer *syncer;
    pthread_t thread;

    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct queue awaited, lazy;
    struct moment last_commit;
    struct moment lazy_since; /* when the first of lazy came */
    struct moment wakes;      /* the writer sleeps until then; ns is 0 when it does not sleep */
    struct record_pool pool;
    bool stopping, dropping;
    struct err error;
    uint64_t records, commits;
};

static void queue_init(struct queue *queue)
{
    *queue = (struct queue){.last = &queue->first};
}

static void writer_fail(struct writer *writer, const struct err *err)
{
    pthread_mutex_lock(&writer->lock);
    if (!writer->error.kind)
        writer->error = *err;
    pthread_mutex_unlock(&writer->lock);
}

/* --- the queue's front end: any thread ----------------------------------------------------- */

static struct record *take_block(struct writer *writer, size_t size)
{
    pthread_mutex_lock(&writer->lock);
    struct record *record = record_take(&writer->pool, size);
    pthread_mutex_unlock(&writer->lock);
    return record ? record : record_make(size);
}

static void queue_append(struct queue *queue, struct record *record)
{
    record->next = NULL;
    *queue->last = record;
    queue->last = &record->next;
    queue->count++;
}

static const struct moment never = {INT64_MAX};

/* When the next commit is due, as things stand. */
static struct moment commit_due(const struct writer *writer)
{
    struct moment due = never;
    if (writer->stopping || writer->awaited.count >= COMMIT_RECORDS ||
        writer->lazy.count >= COMMIT_RECORDS)
        return (struct moment){0};
    if (writer->lazy.count)
        due = moment_add(writer->lazy_since, LAZY_NS);
    if (writer->awaited.count) {
        struct moment pace = moment_add(writer->last_commit, COMMIT_PACE_NS);
        if (pace.ns < due.ns)
            due = pace;
    }
    return due;
}

/* Ends a change of the queues: the thread that would wake too late for them is woken. */
static void unlock_and_wake(struct writer *writer)
{
    bool wake = writer->wakes.ns && commit_due(writer).ns < writer->wakes.ns;
    if (wake)
        writer->wakes.ns = 0;
    pthread_mutex_unlock(&writer->lock);
    if (wake)
        pthread_cond_signal(&writer->wake);
}

static void enqueue(struct writer *writer, struct record *record, store_done *done, void *arg)
{
    record->done = done;
    record->arg = arg;
    pthread_mutex_lock(&writer->lock);
    if (!done && writer->lazy.count == 0)
        writer->lazy_since = clock_now();
    queue_append(done ? &writer->awaited : &writer->lazy, record);
    unlock_and_wake(writer);
}

void writer_add_call(struct writer *writer, const struct store_call *call, store_done *done,
                     void *arg)
{
    struct record *record = take_block(writer, record_size_call(call));
    record_fill_call(record, call);
    enqueue(writer, record, done, arg);
}

void writer_add_cell(struct writer *writer, const struct store_cell *cell, store_done *done,
                     void *arg)
{
    struct record *record = take_block(writer, record_size_cell(cell));
    record_fill_cell(record, cell);
    enqueue(writer, record, done, arg);
}

/* Lazy records are committed all at once, so those that are queued together are. */
void writer_add_cells(struct writer *writer, const struct store_cell *const *cell, size_t count,
                      store_done *done, void *arg)
{
    struct queue cells;
    queue_init(&cells);
    for (size_t i = 0; i < count; i++) {
        struct record *record = take_block(writer, record_size_cell(cell[i]));
        record_fill_cell(record, cell[i]);
        record->done = i + 1 == count ? done : NULL;
        record->arg = arg;
        queue_append(&cells, record);
    }
    pthread_mutex_lock(&writer->lock);
    if (writer->lazy.count == 0)
        writer->lazy_since = clock_now();
    *writer->lazy.last = cells.first;
    writer->lazy.last = cells.last;
    writer->lazy.count += count;
    unlock_and_wake(writer);
}

void writer_add_command(struct writer *writer, const struct store_command *command,
                        store_done *done, void *arg)
{
    struct record *record = take_block(writer, record_size_command(command));
    record_fill_command(record, command);
    enqueue(writer, record, done, arg);
}

void writer_supersede(struct writer *writer, int64_t cell, store_done *done, void *arg)
{
    struct record *record = take_block(writer, sizeof *record);
    record->kind = RECORD_SUPERSEDE;
    record->superseded = cell;
    enqueue(writer, record, done, arg);
}

void writer_supersede_call(struct writer *writer, int64_t call, store_done *done, void *arg)
{
    struct record *record = take_block(writer, sizeof *record);
    record->kind = RECORD_SUPERSEDE_CALL;
    record->superseded = call;
    enqueue(writer, record, done, arg);
}

int writer_error(struct writer *writer, struct err *err)
{
    pthread_mutex_lock(&writer->lock);
    bool failed = writer->error.kind != ERR_NONE;
    if (failed && err)
        *err = writer->error;
    pthread_mutex_unlock(&writer->lock);
    return failed ? -1 : 0;
}

/* --- the writer thread --------------------------------------------------------------------- */

/* Sleeps, with the lock held before and after, until a commit is due. */
static void wait_until_due(struct writer *writer)
{
    for (;;) {
        struct moment due = commit_due(writer);
        if (moment_reached(clock_now(), due))
            return;
        writer->wakes = due;
        struct timespec at = {.tv_sec = (time_t)(due.ns / NS_PER_S),
                              .tv_nsec = (long)(due.ns % NS_PER_S)};
        if (due.ns == never.ns)
            pthread_cond_wait(&writer->wake, &writer->lock);
        else
            pthread_cond_timedwait(&writer->wake, &writer->lock, &at);
        writer->wakes.ns = 0;
    }
}

/* The first `most` records of the queue. */
static struct record *queue_take(struct queue *queue, size_t most)
{
    struct record *taken = queue->first;
    struct record **end = &queue->first;
    size_t count = 0;
    for (; *end && count < most; count++)
        end = &(*end)->next;
    struct record *rest = *end;
    *end = NULL;
    if (rest)
        *queue = (struct queue){rest, queue->last, queue->count - count};
    else
        queue_init(queue);
    return taken;
}

static bool lazy_is_due(const struct writer *writer)
{
    return writer->lazy.count &&
           (writer->stopping || writer->lazy.count >= COMMIT_RECORDS ||
            moment_reached(clock_now(), moment_add(writer->lazy_since, LAZY_NS)));
}

/* The records of the next commit, in order; NULL at the end. Lazy ones go behind all awaited
 * ones, so that no cell is ever committed before a call of its own. */
static struct record *next_batch(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    wait_until_due(writer);
    size_t most = COMMIT_RECORDS;
    if (lazy_is_due(writer)) {
        *writer->awaited.last = writer->lazy.first;
        writer->awaited.last = writer->lazy.last;
        queue_init(&writer->lazy);
        most = SIZE_MAX;
    }
    struct record *batch = queue_take(&writer->awaited, most);
    writer->last_commit = clock_now();
    pthread_mutex_unlock(&writer->lock);
    return batch;
}

static int commit(struct writer *writer, struct record *batch, struct err *err)
{
    if (db_run(writer->db, writer->begin, err) < 0)
        return -1;
    for (struct record *record = batch; record; record = record->next) {
        if (insert_record(&writer->inserter, record, err) < 0) {
            db_exec(writer->db, "ROLLBACK", NULL);
            return -1;
        }
    }
    if (db_run(writer->db, writer->commit, err) < 0) {
        db_exec(writer->db, "ROLLBACK", NULL);
        return -1;
    }
    return 0;
}

static void count_commit(struct writer *writer, const struct record *batch)
{
    uint64_t count = 0;
    for (; batch; batch = batch->next)
        count++;
    pthread_mutex_lock(&writer->lock);
    writer->records += count;
    writer->commits++;
    pthread_mutex_unlock(&writer->lock);
}

/* Tells the waiting, and takes the blocks back. */
static void batch_end(struct writer *writer, struct record *batch, bool failed)
{
    for (struct record *record = batch; record; record = record->next)
        if (record->done)
            record->done(record->arg, failed);
    pthread_mutex_lock(&writer->lock);
    while (batch) {
        struct record *next = batch->next;
        record_give(&writer->pool, batch);
        batch = next;
    }
    pthread_mutex_unlock(&writer->lock);
}

static bool must_drop(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    bool drop = writer->dropping || writer->error.kind != ERR_NONE;
    pthread_mutex_unlock(&writer->lock);
    return drop;
}

static int prepare(struct writer *writer, struct err *err)
{
    writer->begin = db_prepare(writer->db, "BEGIN", err);
    writer->commit = db_prepare(writer->db, "COMMIT", err);
    return writer->begin && writer->commit ? inserter_init(&writer->inserter, writer->db, err)
                                           : -1;
}

static int write_plan(struct writer *writer, struct err *err)
{
    if (db_run(writer->db, writer->begin, err) < 0)
        return -1;
    if (insert_plan(&writer->inserter, writer->plan, err) < 0 ||
        db_run(writer->db, writer->commit, err) < 0) {
        db_exec(writer->db, "ROLLBACK", NULL);
        return -1;
    }
    return 0;
}

static void *writer_main(void *arg)
{
    struct writer *writer = arg;
    struct err err = {0};
    if (prepare(writer, &err) < 0 || (writer->plan && write_plan(writer, &err) < 0))
        writer_fail(writer, &err);
    for (struct record *batch; (batch = next_batch(writer));) {
        bool failed = must_drop(writer);
        if (!failed && commit(writer, batch, &err) < 0) {
            writer_fail(writer, &err);
            failed = true;
        }
        if (!failed)
            count_commit(writer, batch);
        batch_end(writer, batch, failed);
        if (!failed && syncer_committed(writer->syncer, &err) < 0)
            writer_fail(writer, &err);
    }
    inserter_release(&writer->inserter);
    sqlite3_finalize(writer->begin);
    sqlite3_finalize(writer->commit);
    return NULL;
}

/* --- life ---------------------------------------------------------------------------------- */

struct writer *writer_start(struct db *db, const struct store_plan *plan)
{
    struct writer *writer = xcalloc(1, sizeof *writer);
    writer->db = db;
    writer->plan = plan;
    queue_init(&writer->awaited);
    queue_init(&writer->lazy);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    writer->syncer = syncer_start(db);
    if (thread_start(&writer->thread, NULL, writer_main, writer) != 0)
        BUG("no thread for the store");
    return writer;
}

static int64_t thread_cpu_ns(pthread_t thread)
{
    clockid_t clock;
    struct timespec spent = {0};
    if (pthread_getcpuclockid(thread, &clock) == 0)
        clock_gettime(clock, &spent);
    return (int64_t)spent.tv_sec * NS_PER_S + spent.tv_nsec;
}

struct store_stats writer_stats(struct writer *writer)
{
    struct store_stats stats = {0};
    pthread_mutex_lock(&writer->lock);
    stats.records = writer->records;
    stats.commits = writer->commits;
    pthread_mutex_unlock(&writer->lock);
    syncer_stats(writer->syncer, &stats);
    stats.writer_cpu_ns += thread_cpu_ns(writer->thread);
    return stats;
}

int writer_stop(struct writer *writer, bool at_once, struct err *err)
{
    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    writer->dropping = at_once;
    pthread_mutex_unlock(&writer->lock);
    pthread_cond_signal(&writer->wake);
    pthread_join(writer->thread, NULL);
    struct err sync_error = {0};
    if (syncer_stop(writer->syncer, &sync_error) < 0)
        writer_fail(writer, &sync_error);
    int result = writer_error(writer, err);
    record_pool_release(&writer->pool);
    pthread_cond_destroy(&writer->wake);
    pthread_mutex_destroy(&writer->lock);
    xfree(writer);
    return result;
}
