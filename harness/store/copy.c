/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * copy.c: a run's file once more, to be scored again (see store_copy).
 */
#include "store/internal.h"

#include "base/file.h"
#include "store/schema.h"

#include <unistd.h>

static int copy_file(const char *from, const char *path, struct err *err)
{
    struct db source = {0}, copy = {0};
    int result = -1;
    if (db_open(&source, from, DB_READ, err) == 0 &&
        db_open(&copy, path, DB_CREATE, err) == 0) {
        sqlite3_backup *backup =
            sqlite3_backup_init(copy.handle, "main", source.handle, "main");
        if (backup) {
            sqlite3_backup_step(backup, -1);
            sqlite3_backup_finish(backup);
        }
        result = sqlite3_errcode(copy.handle) == SQLITE_OK ? 0 : db_fail(&copy, err);
    }
    db_close(&copy);
    db_close(&source);
    return result;
}

static int count_results(struct db *db, int64_t *count, struct err *err)
{
    return db_int(db, "SELECT count(*) FROM cell WHERE status <> 'skipped'", 0, count, err);
}

/* The state says that it may be written on; who has scored it writes the true one. */
static int rename_run(const char *path, const struct store_run *as, int64_t *results,
                      struct err *err)
{
    struct db db = {0};
    if (db_open(&db, path, DB_WRITE, err) < 0)
        return -1;
    if (schema_check(&db, err) < 0 || schema_upgrade(&db, err) < 0) {
        db_close(&db);
        return -1;
    }
    sqlite3_stmt *update =
        db_prepare(&db, "UPDATE run SET id = ?1, scored_from = ?2, state = 'interrupted'", err);
    int result = -1;
    if (update) {
        sqlite3_bind_text(update, 1, as->id.p, (int)as->id.n, SQLITE_STATIC);
        sqlite3_bind_text(update, 2, as->scored_from.p, (int)as->scored_from.n, SQLITE_STATIC);
        result = db_run(&db, update, err);
    }
    sqlite3_finalize(update);
    if (result == 0) /* so that those that are there are new ones */
        result = db_exec(&db,
                         "DELETE FROM score_kept; DELETE FROM verdict;"
                         "UPDATE cell SET only_score = NULL WHERE only_score IS NOT NULL",
                         err);
    if (result == 0)
        result = count_results(&db, results, err);
    db_close(&db);
    return result;
}

int store_copy(struct store **store, const char *from, const char *path,
               const struct store_run *as, bool whole_trials, struct store_copied *copied,
               struct err *err)
{
    struct store_again again = {
        .edited = as, .keep_skipped = true, .whole_trials = whole_trials};
    int64_t before;
    if (file_exists(path))
        return err_set(err, ERR_INPUT, "%s: exists already; expected the path of a new file",
                       path);
    if (copy_file(from, path, err) == 0 && rename_run(path, as, &before, err) == 0 &&
        store_reopen(store, path, &again, err) == 0) {
        if (count_results(&(*store)->db, &copied->cells, err) == 0) {
            copied->skipped = before - copied->cells;
            return 0;
        }
        store_abandon(*store);
    }
    unlink(path);
    return -1;
}

int store_supersede_judges(const char *path, struct err *err)
{
    struct db db = {0};
    if (db_open(&db, path, DB_WRITE, err) < 0)
        return -1;
    int result = db_exec(&db,
                         "UPDATE call SET superseded = 1 WHERE role = 'judge' AND EXISTS"
                         " (SELECT 1 FROM call n WHERE n.cell = call.cell AND n.role = 'judge'"
                         "  AND n.call > call.call AND n.repeat = call.repeat"
                         "  AND n.path = call.path)",
                         err);
    db_close(&db);
    return result;
}

int store_drop_unscored(const char *path, struct err *err)
{
    struct db db = {0};
    if (db_open(&db, path, DB_WRITE, err) < 0)
        return -1;
    int result = db_exec(&db,
                         "BEGIN IMMEDIATE;"
                         "DELETE FROM step_kept WHERE cell NOT IN (SELECT cell FROM score);"
                         "DELETE FROM verdict WHERE cell NOT IN (SELECT cell FROM score);"
                         "DELETE FROM cell WHERE cell NOT IN (SELECT cell FROM score);"
                         "COMMIT",
                         err);
    db_close(&db);
    return result;
}
