/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.c: the life of a run's file: made, written, finished, resumed (see store.h).
 *
 * Making the file waits for no disk: the first flush of the sync thread brings it there. A run
 * is finished by turning the WAL into the file, so that what lies in .weir/runs is one file
 * that can be copied.
 */
#include "store/internal.h"
#include "store/schema.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/insert.h"

#include <unistd.h>

/* page_size: rows of 2 KB waste half of a 4 KB page (library-choices, store). secure_delete
 * would zero pages, and nothing is ever deleted. */
static const char create_pragmas[] = "PRAGMA page_size=16384;"
                                     "PRAGMA synchronous=OFF;"
                                     "PRAGMA journal_mode=WAL;"
                                     "PRAGMA secure_delete=OFF";
static const char write_pragmas[] = "PRAGMA synchronous=NORMAL;"
                                    "PRAGMA cache_size=-4096;"
                                    "PRAGMA temp_store=MEMORY";

static struct store *store_alloc(const char *path)
{
    struct store *store = xcalloc(1, sizeof *store);
    store->lock.fd = -1;
    store->db.path = arena_str(&store->arena, str_from(path)).p;
    return store;
}

static void store_free(struct store *store)
{
    db_close(&store->db);
    lock_release(&store->lock);
    arena_release(&store->arena);
    xfree(store);
}

/* --- making -------------------------------------------------------------------------------- */

static int insert_first_row(struct store *store, const struct store_run *run, struct err *err)
{
    struct inserter inserter;
    struct store_run row = *run;
    if (row.weir_version.n == 0)
        row.weir_version = STR(WEIR_VERSION);
    row.state = STORE_OPEN;
    int result = inserter_init(&inserter, &store->db, err);
    if (result == 0)
        result = insert_run(&inserter, &row, err);
    inserter_release(&inserter);
    return result;
}

static int fill(struct store *store, const struct store_run *run, struct err *err)
{
    if (db_open(&store->db, store->db.path, DB_CREATE, err) < 0 ||
        db_exec(&store->db, create_pragmas, err) < 0 || schema_create(&store->db, err) < 0 ||
        insert_first_row(store, run, err) < 0 || db_exec(&store->db, write_pragmas, err) < 0)
        return -1;
    return 0;
}

/* Nothing is left of a run that could not be begun. */
static void discard(struct store *store)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    db_close(&store->db);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        unlink(arena_printf(&store->arena, "%s%s", store->db.path, suffixes[i]).p);
}

static int create(struct store *store, const struct store_run *run, struct err *err)
{
    const char *path = store->db.path;
    if (lock_take(&store->lock, path, err) < 0)
        return -1;
    if (file_exists(path))
        return err_set(err, ERR_INPUT, "%s: exists already; expected the path of a new file",
                       path);
    if (fill(store, run, err) == 0)
        return 0;
    discard(store);
    return -1;
}

int store_create(struct store **store, const char *path, const struct store_run *run,
                 const struct store_plan *plan, struct err *err)
{
    struct store *made = store_alloc(path);
    if (create(made, run, err) < 0) {
        store_free(made);
        return -1;
    }
    made->writer = writer_start(&made->db, plan);
    *store = made;
    return 0;
}

static int write_edited_files(struct store *store, const struct store_plan *plan,
                              struct err *err)
{
    struct inserter inserter;
    struct store_plan files = {0};
    if (!plan)
        return 0;
    files.file = plan->file;
    files.files = plan->files;
    int result = inserter_init(&inserter, &store->db, err);
    if (result == 0)
        result = db_exec(&store->db, "DELETE FROM file", err);
    if (result == 0)
        result = insert_plan(&inserter, &files, err);
    inserter_release(&inserter);
    return result;
}

static int write_edited(struct store *store, const struct store_again *again, struct err *err)
{
    const struct store_run *run = again->edited;
    sqlite3_stmt *update = db_prepare(&store->db,
                                      "UPDATE run SET definition = ?1, experiment_hash = ?2,"
                                      " options = ?3",
                                      err);
    if (!update)
        return -1;
    str definition = secret_redact(&store->arena, run->definition);
    str options = secret_redact(&store->arena, run->options);
    sqlite3_bind_text(update, 1, definition.p, (int)definition.n, SQLITE_STATIC);
    sqlite3_bind_text(update, 2, run->experiment_hash.p, (int)run->experiment_hash.n,
                      SQLITE_STATIC);
    sqlite3_bind_text(update, 3, options.n ? options.p : "", (int)options.n, SQLITE_STATIC);
    int result = db_run(&store->db, update, err);
    sqlite3_finalize(update);
    return result < 0 ? -1 : write_edited_files(store, again->plan, err);
}

/* A part that was killed has not said how long it took: as long as its last cell, at least. */
static const char begin_again[] =
    "UPDATE run SET wall_ns = max(wall_ns, ifnull((SELECT max(started_ns + wall_ns) FROM cell),"
    " 0)) WHERE state = 'open';"
    "UPDATE run SET state = 'open', stop_reason = NULL;";

static const char again_skipped[] = "DELETE FROM cell WHERE status = 'skipped';";
static const char again_errors[] =
    "CREATE TEMP TABLE again AS SELECT cell FROM cell WHERE status IN ('error', 'timeout')"
    " OR cell IN (SELECT cell FROM score_kept WHERE ungraded);"
    "UPDATE call SET superseded = 1 WHERE outcome <> 'ok' AND cell IN again;"
    "UPDATE command SET superseded = 1 WHERE outcome NOT IN ('ok', 'passed') AND cell IN "
    "again;";
static const char again_variant[] =
    "CREATE TEMP TABLE again AS SELECT cell FROM cell WHERE variant = %lld;";
static const char again_whole_trials[] =
    "INSERT INTO again SELECT c.cell FROM cell c WHERE c.cell NOT IN again AND (c.sample, c.trial)"
    " IN (SELECT a.sample, a.trial FROM cell a WHERE a.cell IN again);";
static const char drop_again[] = "DELETE FROM step_kept WHERE cell IN again;"
                                 "DELETE FROM score_kept WHERE cell IN again;"
                                 "DELETE FROM verdict WHERE cell IN again;"
                                 "DELETE FROM cell WHERE cell IN again;"
                                 "DROP TABLE again;";

static const char again_rivals[] =
    "CREATE TEMP TABLE again AS SELECT cell FROM cell WHERE status <> 'skipped' AND"
    " (sample, trial) IN (SELECT sample, trial FROM cell WHERE status = 'skipped');"
    "UPDATE call SET superseded = 1 WHERE cell IN again;"
    "UPDATE command SET superseded = 1 WHERE cell IN again;"
    "DELETE FROM step_kept WHERE cell IN again;";

/* What tells a cell from others; everything else is the same in all that are skipped. */
static bool is_of_cell(const char *column)
{
    static const char *const names[] = {"cell", "variant", "sample", "trial"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(column, names[i]) == 0)
            return true;
    return false;
}

/* Cells whose rivals will never run. */
static int skip_rivals(struct store *store, struct err *err)
{
    const struct table *table = &tables[TABLE_CELL];
    struct buf names = {0};
    for (size_t i = 0; i < table->columns; i++)
        if (!is_of_cell(table->column[i].name))
            buf_printf(&names, "%s%s", names.n ? ", " : "", table->column[i].name);
    str sql = arena_printf(&store->arena,
                           "UPDATE cell SET (%s) = (SELECT %s FROM cell WHERE status = "
                           "'skipped' LIMIT 1) WHERE cell IN again; DROP TABLE again",
                           names.p, names.p);
    buf_release(&names);
    return db_exec(&store->db, again_rivals, err) < 0 ? -1 : db_exec(&store->db, sql.p, err);
}

static int drop_cells(struct db *db, const struct store_again *again, struct err *err)
{
    if (again->whole_trials && db_exec(db, again_whole_trials, err) < 0)
        return -1;
    return db_exec(db, drop_again, err);
}

static int make_open_again(struct store *store, const struct store_again *again,
                           struct err *err)
{
    struct db *db = &store->db;
    if (!again->keep_skipped && db_exec(db, again_skipped, err) < 0)
        return -1;
    if (again->keep_skipped && again->whole_trials && skip_rivals(store, err) < 0)
        return -1;
    if (again->errors &&
        (db_exec(db, again_errors, err) < 0 || drop_cells(db, again, err) < 0))
        return -1;
    for (size_t i = 0; i < again->variants; i++) {
        str sql = arena_printf(&store->arena, again_variant, (long long)again->variant[i]);
        if (db_exec(db, sql.p, err) < 0 || drop_cells(db, again, err) < 0)
            return -1;
    }
    return again->edited ? write_edited(store, again, err) : 0;
}

static int begin_writing(struct store *store, const struct store_again *again, struct err *err)
{
    struct db *db = &store->db;
    if (db_exec(db, "BEGIN IMMEDIATE", err) < 0)
        return -1;
    if (make_open_again(store, again, err) == 0 && db_exec(db, begin_again, err) == 0 &&
        db_exec(db, "COMMIT", err) == 0)
        return 0;
    db_exec(db, "ROLLBACK", NULL);
    return -1;
}

static int reopen(struct store *store, const struct store_again *again, struct err *err)
{
    const char *path = store->db.path;
    if (!file_exists(path))
        return err_set(err, ERR_INPUT,
                       "%s: no such run; `weir runs` lists those that there are", path);
    if (lock_take(&store->lock, path, err) < 0 ||
        db_open(&store->db, path, DB_WRITE, err) < 0 || schema_check(&store->db, err) < 0 ||
        schema_upgrade(&store->db, err) < 0 ||
        read_run(&store->db, &store->arena, &store->run, err) < 0)
        return -1;
    if (store->run.state == STORE_FINISHED && !again->errors && !again->variants)
        return err_set(err, ERR_INPUT, "%s: the run is finished, nothing of it is left to run",
                       path);
    if (db_exec(&store->db, "PRAGMA journal_mode=WAL", err) < 0 ||
        db_exec(&store->db, write_pragmas, err) < 0)
        return -1;
    return begin_writing(store, again, err);
}

int store_reopen(struct store **store, const char *path, const struct store_again *again,
                 struct err *err)
{
    struct store *opened = store_alloc(path);
    int64_t planned;
    if (reopen(opened, again, err) < 0 ||
        db_int(&opened->db, "SELECT count(*) FROM variant", 0, &planned, err) < 0) {
        store_free(opened);
        return -1;
    }
    opened->resumed = true;
    opened->writer = writer_start(&opened->db, planned ? NULL : again->plan);
    *store = opened;
    return 0;
}

/* --- writing ------------------------------------------------------------------------------- */

void store_write_call(struct store *store, const struct store_call *call, store_done *done,
                      void *arg)
{
    writer_add_call(store->writer, call, done, arg);
}

void store_write_cell(struct store *store, const struct store_cell *cell, store_done *done,
                      void *arg)
{
    writer_add_cell(store->writer, cell, done, arg);
}

void store_write_cells(struct store *store, const struct store_cell *const *cell, size_t count,
                       store_done *done, void *arg)
{
    writer_add_cells(store->writer, cell, count, done, arg);
}

void store_write_command(struct store *store, const struct store_command *command,
                         store_done *done, void *arg)
{
    writer_add_command(store->writer, command, done, arg);
}

void store_supersede(struct store *store, int64_t cell, store_done *done, void *arg)
{
    writer_supersede(store->writer, cell, done, arg);
}

void store_supersede_call(struct store *store, int64_t call, store_done *done, void *arg)
{
    writer_supersede_call(store->writer, call, done, arg);
}

int store_error(struct store *store, struct err *err)
{
    return writer_error(store->writer, err);
}

struct store_stats store_stats(struct store *store)
{
    return writer_stats(store->writer);
}

/* --- ending -------------------------------------------------------------------------------- */

static int write_end(struct store *store, const struct store_run *end, struct err *err)
{
    sqlite3_stmt *update =
        db_prepare(&store->db,
                   "UPDATE run SET state = ?1, stop_reason = ?2, wall_ns = wall_ns + ?3,"
                   " cpu_ns = cpu_ns + ?4, max_rss_bytes = nullif(?5, -1),"
                   " lateness_p99_ns = nullif(?6, -1),"
                   " setup_tokens = max(ifnull(setup_tokens, 0), ?8),"
                   " setup_nanousd = CASE WHEN ?7 < ifnull(setup_calls, 0) THEN setup_nanousd"
                   " ELSE nullif(?9, -1) END, setup_calls = max(ifnull(setup_calls, 0), ?7)",
                   err);
    if (!update)
        return -1;
    static const char *const names[] = {"open", "finished", "interrupted"};
    str reason = secret_redact(&store->arena, end->stop_reason);
    sqlite3_bind_text(update, 1, names[end->state], -1, SQLITE_STATIC);
    if (reason.n)
        sqlite3_bind_text(update, 2, reason.p, (int)reason.n, SQLITE_STATIC);
    sqlite3_bind_int64(update, 3, end->wall_ns);
    sqlite3_bind_int64(update, 4, end->cpu_ns);
    sqlite3_bind_int64(update, 5, end->max_rss_bytes);
    sqlite3_bind_int64(update, 6, end->lateness_p99_ns);
    sqlite3_bind_int64(update, 7, end->setup_calls);
    sqlite3_bind_int64(update, 8, end->setup_tokens);
    sqlite3_bind_int64(update, 9, end->setup_nanousd);
    int result = db_run(&store->db, update, err);
    sqlite3_finalize(update);
    return result;
}

/* Someone who reads the run at this moment keeps the WAL in place. Nothing is lost, so that is
 * no error; the next store_open does the rest. */
static int fold_wal(struct store *store, struct err *err)
{
    enum { PATIENCE_MS = 300 }; /* for readers that are about to go */
    sqlite3_busy_timeout(store->db.handle, PATIENCE_MS);
    int code = sqlite3_wal_checkpoint_v2(store->db.handle, NULL, SQLITE_CHECKPOINT_TRUNCATE,
                                         NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(store->db.handle, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        log_line(LOG_INFO, "%s: is being read; its -wal file stays for now", store->db.path);
        return 0;
    }
    return code == SQLITE_OK ? 0 : db_fail(&store->db, err);
}

static const char sum_superseded[] =
    "UPDATE run SET (superseded_calls, superseded_nanousd) = (SELECT count(*),"
    " ifnull(sum(ifnull(cost_nanousd, known_nanousd)), 0) FROM call WHERE superseded = 1)";

static int finish(struct store *store, const struct store_run *end, struct err *err)
{
    if (writer_stop(store->writer, false, err) < 0)
        return -1;
    if (end->state == STORE_FINISHED && schema_index(&store->db, err) < 0)
        return -1;
    if (write_end(store, end, err) < 0)
        return -1;
    if (store->resumed && db_exec(&store->db, sum_superseded, err) < 0)
        return -1;
    return fold_wal(store, err);
}

int store_finish(struct store *store, const struct store_run *end, struct err *err)
{
    if (end->state == STORE_OPEN)
        BUG("a run is finished or interrupted");
    int result = finish(store, end, err);
    store_free(store);
    return result;
}

void store_abandon(struct store *store)
{
    writer_stop(store->writer, true, NULL);
    store_free(store);
}
