/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * syncer.c: fsync behind the writer (see syncer.h).
 *
 * The flush goes through SQLite's own file objects, for a descriptor of ours on the same file
 * would, when closed, drop SQLite's locks. The first flush takes in the file itself and its
 * folder: the run was created without waiting for the disk.
 */
#include "store/syncer.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum {
    SYNC_INTERVAL_NS = 500 * 1000 * 1000, /* begins at most this late; rule 6 allows a second */
    WAL_PAGES_MAX = 4096,                 /* 64 MB, some 20,000 calls */
};

struct syncer {
    struct db *writer; /* used in syncer_committed only */
    struct db db;
    pthread_t thread;
    bool begun;   /* the first flush is done */
    int wal_done; /* pages of the WAL at the last checkpoint */

    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    struct err error;

    atomic_int wal_pages;   /* at the last commit */
    atomic_bool dirty;      /* something was committed since the last flush */
    atomic_bool rest_waits; /* a checkpoint is through; the writer should finish it */
    atomic_bool failed;     /* error is set */
    atomic_uint_fast64_t syncs, checkpoints;
};

static int flush_file(struct syncer *syncer, int which, struct err *err)
{
    sqlite3_file *file = NULL;
    if (sqlite3_file_control(syncer->db.handle, "main", which, &file) != SQLITE_OK || !file ||
        !file->pMethods)
        return 0; /* no WAL yet: nothing to flush */
    if (file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) != SQLITE_OK)
        return err_set(err, ERR_FAILED, "%s: cannot flush to the disk: %s", syncer->db.path,
                       strerror(errno));
    return 0;
}

static void flush_folder(const char *path)
{
    struct arena arena = {0};
    str folder = path_folder(&arena, str_from(path));
    int fd = open(folder.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd); /* not every file system can; the run itself was flushed */
        close(fd);
    }
    arena_release(&arena);
}

static int flush(struct syncer *syncer, struct err *err)
{
    int64_t rows;
    if (!syncer->begun) {
        /* reading makes SQLite open the WAL */
        if (db_int(&syncer->db, "SELECT count(*) FROM run", 0, &rows, err) < 0 ||
            flush_file(syncer, SQLITE_FCNTL_FILE_POINTER, err) < 0)
            return -1;
        flush_folder(syncer->db.path);
        syncer->begun = true;
    }
    if (flush_file(syncer, SQLITE_FCNTL_JOURNAL_POINTER, err) < 0)
        return -1;
    atomic_fetch_add(&syncer->syncs, 1);
    return 0;
}

static int checkpoint(struct db *db, struct err *err)
{
    errno = 0; /* see db_fail */
    int code =
        sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return code == SQLITE_OK || code == SQLITE_BUSY ? 0 : db_fail(db, err);
}

/* SQLite calls this after each commit of the writer, and leaves checkpoints to us. */
static int on_commit(void *arg, sqlite3 *handle, const char *schema, int pages)
{
    struct syncer *syncer = arg;
    (void)handle;
    (void)schema;
    atomic_store(&syncer->wal_pages, pages);
    atomic_store(&syncer->dirty, true);
    return SQLITE_OK;
}

/* The WAL counts from its last checkpoint: a reader may keep it from beginning anew. */
static bool wal_is_large(struct syncer *syncer)
{
    int pages = atomic_load(&syncer->wal_pages);
    if (pages < syncer->wal_done)
        syncer->wal_done = 0;
    return pages - syncer->wal_done > WAL_PAGES_MAX;
}

static int tick(struct syncer *syncer, struct err *err)
{
    if (!atomic_exchange(&syncer->dirty, false))
        return 0;
    if (!syncer->db.handle && db_open(&syncer->db, syncer->writer->path, DB_WRITE, err) < 0)
        return -1;
    if (flush(syncer, err) < 0)
        return -1;
    if (!wal_is_large(syncer))
        return 0;
    syncer->wal_done = atomic_load(&syncer->wal_pages);
    if (checkpoint(&syncer->db, err) < 0)
        return -1;
    atomic_fetch_add(&syncer->checkpoints, 1);
    atomic_store(&syncer->rest_waits, true);
    return 0;
}

static bool pause_or_stop(struct syncer *syncer)
{
    struct moment due = moment_add(clock_now(), SYNC_INTERVAL_NS);
    struct timespec at = {.tv_sec = (time_t)(due.ns / NS_PER_S),
                          .tv_nsec = (long)(due.ns % NS_PER_S)};
    pthread_mutex_lock(&syncer->lock);
    while (!syncer->stopping && pthread_cond_timedwait(&syncer->wake, &syncer->lock, &at) == 0)
        ;
    bool stop = syncer->stopping;
    pthread_mutex_unlock(&syncer->lock);
    return stop;
}

static void *syncer_main(void *arg)
{
    struct syncer *syncer = arg;
    struct err err = {0};
    while (!pause_or_stop(syncer) && !atomic_load(&syncer->failed)) {
        if (tick(syncer, &err) < 0) {
            syncer->error = err;
            atomic_store(&syncer->failed, true);
        }
    }
    return NULL;
}

struct syncer *syncer_start(struct db *writer)
{
    struct syncer *syncer = xcalloc(1, sizeof *syncer);
    syncer->writer = writer;
    sqlite3_wal_hook(writer->handle, on_commit, syncer);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&syncer->lock, NULL);
    pthread_cond_init(&syncer->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (thread_start(&syncer->thread, NULL, syncer_main, syncer) != 0)
        BUG("no thread for the store");
    return syncer;
}

int syncer_committed(struct syncer *syncer, struct err *err)
{
    if (atomic_load(&syncer->failed)) {
        *err = syncer->error;
        return -1;
    }
    if (!atomic_exchange(&syncer->rest_waits, false))
        return 0;
    return checkpoint(syncer->writer, err);
}

void syncer_stats(struct syncer *syncer, struct store_stats *stats)
{
    clockid_t clock;
    struct timespec spent = {0};
    stats->syncs = atomic_load(&syncer->syncs);
    stats->checkpoints = atomic_load(&syncer->checkpoints);
    if (pthread_getcpuclockid(syncer->thread, &clock) == 0)
        clock_gettime(clock, &spent);
    stats->writer_cpu_ns += (int64_t)spent.tv_sec * NS_PER_S + spent.tv_nsec;
}

int syncer_stop(struct syncer *syncer, struct err *err)
{
    pthread_mutex_lock(&syncer->lock);
    syncer->stopping = true;
    pthread_mutex_unlock(&syncer->lock);
    pthread_cond_signal(&syncer->wake);
    pthread_join(syncer->thread, NULL);
    sqlite3_wal_hook(syncer->writer->handle, NULL, NULL);
    db_close(&syncer->db);
    int result = atomic_load(&syncer->failed) ? -1 : 0;
    if (result < 0)
        *err = syncer->error;
    pthread_cond_destroy(&syncer->wake);
    pthread_mutex_destroy(&syncer->lock);
    xfree(syncer);
    return result;
}
