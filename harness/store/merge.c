/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * merge.c: joining the shards of a run (see merge.h).
 *
 * Every input is opened once as any reader would, which checks it; then its rows are copied by
 * SQLite itself, one input after the other, each in a transaction. The file is built without a
 * journal, since what is not finished is thrown away.
 */
#include "store/merge.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/insert.h"
#include "store/internal.h"
#include "store/merge_rows.h"
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

struct merger {
    struct store_merge *merge;
    struct arena arena;
    struct store_run *run; /* of each input */
    const char *beside;    /* where the file is built */
    struct db db;
    struct err *err;
};

/* ---- the inputs ---- */

static int not_alike(struct merger *m, size_t i, const char *what)
{
    return err_set(m->err, ERR_INPUT,
                   "%s: %s than %s; expected shards of one run: the same experiment, dataset, "
                   "seed and kind of provider",
                   m->merge->run[i].p, what, m->merge->run[0].p);
}

static int check_alike(struct merger *m, size_t i)
{
    const struct store_run *run = &m->run[i], *first = &m->run[0];
    if (run->experiment_hash.n == 0)
        return err_set(m->err, ERR_INPUT,
                       "%s: of an older weir, which did not keep what shards are known by",
                       m->merge->run[i].p);
    if (run->seed != first->seed)
        return not_alike(m, i, "of another seed");
    if (!str_equal(run->dataset_hash, first->dataset_hash))
        return not_alike(m, i, "of another dataset");
    if (!str_equal(run->experiment_hash, first->experiment_hash) || run->cells != first->cells)
        return not_alike(m, i, "of another experiment");
    if (run->mock != first->mock)
        return not_alike(
            m, i, run->mock ? "answered by weir-mock, rather" : "not by weir-mock, rather");
    return 0;
}

static int read_input(struct merger *m, size_t i)
{
    struct store *store;
    const char *path = m->merge->run[i].p;
    int64_t version = 0;
    if (store_open(&store, path, m->err) < 0)
        return -1;
    int result = 0;
    if (store_is_running(store))
        result = err_set(m->err, ERR_INPUT,
                         "%s: is being written; expected a run that has ended", path);
    m->run[i] = *store_run_row(store);
    db_read_keep(&m->arena, &tables[TABLE_RUN], &m->run[i]);
    if (result == 0)
        result = db_int(&store->db, "PRAGMA user_version", 0, &version, m->err);
    store_close(store);
    if (result == 0 && version != SCHEMA_VERSION)
        result =
            err_set(m->err, ERR_INPUT,
                    "%s: of another version of weir (schema %" PRId64 ", this one joins %d)",
                    path, version, SCHEMA_VERSION);
    return result < 0 ? -1 : check_alike(m, i);
}

static int read_inputs(struct merger *m)
{
    m->run = arena_array(&m->arena, struct store_run, m->merge->runs + 1);
    for (size_t i = 0; i < m->merge->runs; i++)
        if (read_input(m, i) < 0)
            return -1;
    return 0;
}

/* ---- rows ---- */

static int disagree(struct merger *m, size_t i, int64_t cell)
{
    struct buf sql = {0};
    buf_printf(&sql,
               "SELECT v.name || '/' || s.id || '/' || c.trial FROM main.cell c"
               " JOIN main.variant v USING (variant) JOIN main.sample s USING (sample)"
               " WHERE c.cell = %" PRId64,
               cell);
    sqlite3_stmt *row = db_prepare(&m->db, sql.p, NULL);
    buf_release(&sql);
    const char *name = NULL;
    if (row && sqlite3_step(row) == SQLITE_ROW)
        name = (const char *)sqlite3_column_text(row, 0);
    err_set(
        m->err, ERR_INPUT,
        "%s: cell %s has another result than in the runs before it; expected runs that agree "
        "where they overlap",
        m->merge->run[i].p, name ? name : "?");
    sqlite3_finalize(row);
    return -1;
}

static int copy_input(struct merger *m, size_t i)
{
    int64_t cell, both;
    if ((i == 0 && merge_plan(&m->db, m->err) < 0) ||
        merge_disagreement(&m->db, &cell, &both, m->err) < 0)
        return -1;
    if (cell >= 0)
        return disagree(m, i, cell);
    m->merge->agreeing += both;
    return merge_cells(&m->db, m->err);
}

static int copy_left(struct merger *m, size_t i)
{
    (void)i;
    return merge_left_calls(&m->db, m->err);
}

static int with_each(struct merger *m, int (*copy)(struct merger *m, size_t i))
{
    for (size_t i = 0; i < m->merge->runs; i++) {
        if (merge_attach(&m->db, m->merge->run[i].p, m->err) < 0 ||
            db_exec(&m->db, "BEGIN", m->err) < 0 || copy(m, i) < 0 ||
            db_exec(&m->db, "COMMIT", m->err) < 0 || merge_detach(&m->db, m->err) < 0)
            return -1;
    }
    return 0;
}

/* ---- what is missing ---- */

/* The first shard that nobody gave, when all are parts of one division; 0: none, or no telling. */
static int64_t absent_shard(const struct merger *m)
{
    int64_t shards = m->run[0].shards;
    for (int64_t shard = 1; shard <= shards; shard++) {
        bool there = false;
        for (size_t i = 0; i < m->merge->runs; i++) {
            if (m->run[i].shards != shards)
                return 0;
            there = there || m->run[i].shard == shard;
        }
        if (!there)
            return shard;
    }
    return 0;
}

static int refuse_missing(struct merger *m)
{
    int64_t shard = absent_shard(m);
    if (shard)
        return err_set(m->err, ERR_INPUT,
                       "shard %" PRId64 "/%" PRId64 " is missing; expected all shards, or "
                       "--partial",
                       shard, m->run[0].shards);
    for (size_t i = 0; i < m->merge->runs; i++)
        if (m->run[i].state != STORE_FINISHED)
            return err_set(
                m->err, ERR_INPUT,
                "%s: has pending cells; expected it to be resumed first, or --partial",
                m->merge->run[i].p);
    return err_set(m->err, ERR_INPUT,
                   "%" PRId64 " of %" PRId64
                   " cells are in none of the runs; expected all shards, or --partial",
                   m->merge->missing, m->merge->cells);
}

static int count_missing(struct merger *m)
{
    int64_t there;
    if (db_int(&m->db, "SELECT count(*) FROM cell", 0, &there, m->err) < 0)
        return -1;
    m->merge->cells = m->run[0].cells;
    m->merge->missing = m->run[0].cells - there;
    return m->merge->missing && !m->merge->partial ? refuse_missing(m) : 0;
}

/* ---- the row of the run ---- */

static int compare_starts(const void *left, const void *right)
{
    const struct store_run *a = left, *b = right;
    return (a->created_wall > b->created_wall) - (a->created_wall < b->created_wall);
}

/* Of runs in the order of their starts: how long at least one of them was running. */
static int64_t time_of_some(const struct store_run *run, size_t count)
{
    int64_t sum = 0, covered = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        int64_t from = run[i].created_wall, to = from + run[i].wall_ns;
        if (from < covered)
            from = covered;
        if (to > from) {
            sum += to - from;
            covered = to;
        }
    }
    return sum;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static struct store_run joined_row(struct merger *m)
{
    size_t count = m->merge->runs;
    struct store_run *run = arena_array(&m->arena, struct store_run, count);
    memcpy(run, m->run, count * sizeof *run);
    qsort(run, count, sizeof *run, compare_starts);
    str name = path_name(m->merge->out), extension = path_extension(name);
    struct store_run row = run[0];
    row.id = str_equal(extension, STR("db")) ? str_sub(name, 0, name.n - 3) : name;
    row.weir_version = STR(WEIR_VERSION);
    row.shard = row.shards = 0;
    row.state = m->merge->missing ? STORE_INTERRUPTED : STORE_FINISHED;
    row.stop_reason = m->merge->missing ? arena_printf(&m->arena,
                                                       "%" PRId64 " cells were in none of the "
                                                       "runs that were joined",
                                                       m->merge->missing)
                                        : STR("");
    row.wall_ns = time_of_some(run, count);
    for (size_t i = 1; i < count; i++) {
        row.cpu_ns += run[i].cpu_ns;
        row.max_rss_bytes = larger(row.max_rss_bytes, run[i].max_rss_bytes);
        row.lateness_p99_ns = larger(row.lateness_p99_ns, run[i].lateness_p99_ns);
        row.rate += run[i].rate; /* NAN: one of them had none */
        row.setup_calls = larger(row.setup_calls, run[i].setup_calls);
        row.setup_tokens = larger(row.setup_tokens, run[i].setup_tokens);
        row.setup_nanousd = larger(row.setup_nanousd, run[i].setup_nanousd);
    }
    if (isnan(row.rate))
        row.arrivals = STR("");
    return row;
}

static int insert_joined_row(struct merger *m)
{
    struct inserter inserter;
    struct store_run row = joined_row(m);
    int result = inserter_init(&inserter, &m->db, m->err);
    if (result == 0)
        result = insert_run(&inserter, &row, m->err);
    inserter_release(&inserter);
    return result;
}

/* ---- the file ---- */

static int asked_to_stop(void *arg)
{
    const volatile sig_atomic_t *stop = arg;
    return *stop != 0;
}

static int build(struct merger *m)
{
    enum { STEPS_BETWEEN_LOOKS = 10000 };
    static const char pragmas[] = "PRAGMA page_size=16384; PRAGMA synchronous=OFF;"
                                  "PRAGMA journal_mode=OFF; PRAGMA cache_size=-65536;"
                                  "PRAGMA temp_store=MEMORY";
    unlink(m->beside); /* of a merge that was killed */
    if (db_open(&m->db, m->beside, DB_CREATE, m->err) < 0)
        return -1;
    if (m->merge->stop) {
        union {
            const volatile sig_atomic_t *from;
            void *to;
        } arg = {.from = m->merge->stop};
        sqlite3_progress_handler(m->db.handle, STEPS_BETWEEN_LOOKS, asked_to_stop, arg.to);
    }
    return db_exec(&m->db, pragmas, m->err) < 0 || schema_create(&m->db, m->err) < 0 ||
                   schema_index(&m->db, m->err) < 0 || with_each(m, copy_input) < 0 ||
                   with_each(m, copy_left) < 0 || count_missing(m) < 0 ||
                   insert_joined_row(m) < 0
               ? -1
               : 0;
}

/* As every run is looked at when it is opened. */
static int verify(const struct merger *m)
{
    struct store *store;
    if (store_open(&store, m->beside, m->err) < 0)
        return -1;
    store_close(store);
    return 0;
}

static int flush(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    return close(fd) < 0 ? -1 : result;
}

/* link, unlike rename, never takes the place of a file that has come meanwhile. */
static int put_in_place(struct merger *m)
{
    const char *out = m->merge->out.p;
    if (flush(m->beside) < 0 || link(m->beside, out) < 0)
        return err_set(m->err, ERR_FAILED, "%s: cannot be written: %s", out, strerror(errno));
    unlink(m->beside);
    return 0;
}

static int merge_locked(struct merger *m)
{
    if (file_exists(m->merge->out.p))
        return err_set(
            m->err, ERR_INPUT,
            "%s: exists already; expected OUT, the path of a new file, before the runs",
            m->merge->out.p);
    if (read_inputs(m) < 0)
        return -1;
    int result = build(m);
    db_close(&m->db);
    if (result == 0)
        result = verify(m);
    if (result == 0)
        result = put_in_place(m);
    if (result < 0)
        unlink(m->beside);
    return result;
}

int store_merge(struct store_merge *merge, struct err *err)
{
    struct merger m = {.merge = merge, .err = err};
    struct lock lock = {.fd = -1};
    merge->cells = merge->missing = merge->agreeing = 0;
    m.beside = arena_printf(&m.arena, "%s-merging", merge->out.p).p;
    int result = lock_take(&lock, merge->out.p, err);
    if (result == 0)
        result = merge_locked(&m);
    lock_release(&lock);
    if (result < 0 && merge->stop && *merge->stop)
        result = err_set(err, ERR_CANCELLED, "interrupted: nothing was written");
    arena_release(&m.arena);
    return result;
}
