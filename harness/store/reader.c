/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader.c: opening a run to read (see store.h; its rows one by one are in walks.c).
 *
 * A reader holds one transaction from opening to closing: all it sees is of one moment, also
 * while the run is being written.
 */
#include "store/internal.h"
#include "store/schema.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/identity.h"

/* --- opening ------------------------------------------------------------------------------- */

int read_run(struct db *db, struct arena *arena, struct store_run *run, struct err *err)
{
    sqlite3_stmt *rows = db_prepare_select(db, &tables[TABLE_RUN], "", err);
    if (!rows)
        return -1;
    int more = db_next(db, rows, &tables[TABLE_RUN], run, err);
    if (more > 0)
        db_read_keep(arena, &tables[TABLE_RUN], run);
    sqlite3_finalize(rows);
    if (more == 0)
        return err_set(err, ERR_FAILED, "%s: the run has no row about itself", db->path);
    return more < 0 ? -1 : 0;
}

/* All rows of a small table into an array of the arena, in the order of their key. */
static int read_all(struct store *store, enum table_id id, size_t row_size, void **array,
                    size_t *count, struct err *err)
{
    const struct table *table = &tables[id];
    sqlite3_stmt *rows = db_prepare_select(&store->db, table, "ORDER BY 1", err);
    if (!rows)
        return -1;
    size_t capacity = 0;
    int more;
    char *all = NULL;
    *count = 0;
    do {
        if (*count == capacity) {
            size_t grown = capacity ? 2 * capacity : 16;
            all = arena_grow(&store->arena, all, capacity, grown, row_size);
            capacity = grown;
        }
        more = db_next(&store->db, rows, table, all + *count * row_size, err);
        if (more > 0)
            db_read_keep(&store->arena, table, all + (*count)++ * row_size);
    } while (more > 0);
    sqlite3_finalize(rows);
    *array = all;
    return more;
}

static int read_names(struct store *store, struct err *err)
{
    void *variant, *sample, *node, *file;
    if (read_all(store, TABLE_VARIANT, sizeof *store->variant, &variant, &store->variants,
                 err) < 0 ||
        read_all(store, TABLE_SAMPLE, sizeof *store->sample, &sample, &store->samples, err) <
            0 ||
        read_all(store, TABLE_NODE, sizeof *store->node, &node, &store->nodes, err) < 0 ||
        read_all(store, TABLE_FILE, sizeof *store->file, &file, &store->files, err) < 0)
        return -1;
    store->variant = variant;
    store->sample = sample;
    store->node = node;
    store->file = file;
    for (size_t i = 0; i < store->nodes; i++) {
        const struct node_row *one = &store->node[i];
        if (one->id != (int64_t)i + 1)
            return err_set(err, ERR_FAILED, "%s: damaged: node %zu is missing", store->db.path,
                           i + 1);
        if (one->variant < 0 || one->variant >= (int64_t)store->variants)
            return err_set(err, ERR_FAILED,
                           "%s: damaged: node %zu is of a variant that the run does not have",
                           store->db.path, i + 1);
    }
    return 0;
}

/* A run that ended while somebody read it still has its WAL (fold_wal in store.c). Not being
 * able to mend that is no mistake: it reads as well with it. */
static void fold_left_wal(struct store *store)
{
    const char *path = store->db.path;
    struct db db;
    int64_t ended = 0;
    if (store->running || !file_exists(arena_printf(&store->arena, "%s-wal", path).p) ||
        db_open(&db, path, DB_WRITE, NULL) < 0)
        return;
    sqlite3_busy_timeout(db.handle, 0);
    if (schema_check(&db, NULL) == 0 &&
        db_int(&db, "SELECT state <> 'open' FROM run", 0, &ended, NULL) == 0 && ended)
        db_exec(&db, "PRAGMA journal_mode=DELETE", NULL);
    db_close(&db);
}

static int open_for_reading(struct store *store, struct err *err)
{
    const char *path = store->db.path;
    if (!file_exists(path))
        return err_set(err, ERR_INPUT,
                       "%s: no such run; `weir runs` lists those that there are", path);
    store->running = lock_is_held(path);
    fold_left_wal(store);
    if (db_open(&store->db, path, DB_READ, err) < 0 || db_exec(&store->db, "BEGIN", err) < 0 ||
        schema_check(&store->db, err) < 0 ||
        read_run(&store->db, &store->arena, &store->run, err) < 0 || read_names(store, err) < 0)
        return -1;
    return 0;
}

int store_open(struct store **store, const char *path, struct err *err)
{
    if (store_open_checked(store, path, err) < 0)
        return -1;
    if (identity_check(&(*store)->db, &(*store)->run, err) == 0)
        return 0;
    store_close(*store);
    *store = NULL;
    return -1;
}

int store_open_checked(struct store **store, const char *path, struct err *err)
{
    struct store *opened = xcalloc(1, sizeof *opened);
    opened->lock.fd = -1;
    opened->db.path = arena_str(&opened->arena, str_from(path)).p;
    if (open_for_reading(opened, err) < 0) {
        store_close(opened);
        return -1;
    }
    *store = opened;
    return 0;
}

void store_close(struct store *store)
{
    db_close(&store->db);
    arena_release(&store->arena);
    xfree(store);
}

const struct store_run *store_run_row(const struct store *store)
{
    return &store->run;
}

bool store_is_running(const struct store *store)
{
    return store->running;
}

const struct store_variant *store_variants(const struct store *store, size_t *count)
{
    *count = store->variants;
    return store->variant;
}

const struct store_sample *store_samples(const struct store *store, size_t *count)
{
    *count = store->samples;
    return store->sample;
}

const struct store_file *store_files(const struct store *store, size_t *count)
{
    *count = store->files;
    return store->file;
}

bool store_has_sample(const struct store_run *run, const struct store_sample *sample)
{
    return run->shards <= 0 || sample->place % run->shards == run->shard - 1;
}

int64_t store_own_cells(const struct store_run *run, int64_t places)
{
    if (run->shards <= 0 || places <= 0)
        return run->cells;
    int64_t own = (places + run->shards - run->shard) / run->shards;
    return run->cells / places * own;
}
