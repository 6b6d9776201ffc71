/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runs.c: the runs of a folder (see store_runs).
 *
 * Reads the one row about the run and counts its cells by their last row's number (rows are
 * never deleted); bookkeeping is checked when a run is opened, not when it is listed.
 */
#include "store/internal.h"
#include "store/schema.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* By the second in their names, and of one second by when they began: the rest of a name says nothing
 * of that. */
static int newest_first(const void *left, const void *right)
{
    enum { STAMP = sizeof "20261121T084511Z" - 1 };
    const struct store_listing *a = left, *b = right;
    int order = str_compare(str_sub(b->id, 0, STAMP), str_sub(a->id, 0, STAMP));
    if (order == 0 && a->run.created_wall != b->run.created_wall)
        order = a->run.created_wall < b->run.created_wall ? 1 : -1;
    return order ? order : str_compare(b->id, a->id);
}

static void list_run(struct arena *arena, struct store_listing *listing)
{
    struct err err = {0};
    struct db db = {0};
    struct arena scratch = {0};
    struct store_run run = {0};
    listing->running = lock_is_held(listing->path.p);
    if (db_open(&db, listing->path.p, DB_READ, &err) == 0 && schema_check(&db, &err) == 0 &&
        read_run(&db, &scratch, &run, &err) == 0 &&
        db_int(&db, "SELECT max(rowid) FROM cell", 0, &listing->cells_done, &err) == 0) {
        int64_t places = 0;
        if (run.shards > 0)
            db_int(&db, "SELECT count(DISTINCT place) FROM sample", 0, &places, NULL);
        listing->own_cells = store_own_cells(&run, places);
        run.definition = (str){0};
        db_read_keep(arena, &tables[TABLE_RUN], &run);
        listing->run = run;
    } else {
        listing->problem = arena_str(arena, str_from(err.message));
    }
    db_close(&db);
    arena_release(&scratch);
}

int store_runs(const char *folder, struct arena *arena, struct store_listing **runs,
               size_t *count, struct err *err)
{
    static const str suffix = STR_INIT(".db");
    size_t capacity = 0;
    *runs = NULL;
    *count = 0;
    DIR *dir = opendir(folder);
    if (!dir)
        return errno == ENOENT ? 0 : err_set(err, ERR_INPUT, "%s: %s", folder, strerror(errno));
    for (struct dirent *entry; (entry = readdir(dir));) {
        str name = str_from(entry->d_name);
        if (!str_ends_with(name, suffix) || name.n == suffix.n)
            continue;
        if (*count == capacity) {
            size_t grown = capacity ? 2 * capacity : 64;
            *runs = arena_grow(arena, *runs, capacity, grown, sizeof **runs);
            capacity = grown;
        }
        (*runs)[(*count)++] = (struct store_listing){
            .path = arena_printf(arena, "%s/%s", folder, entry->d_name),
            .id = arena_str(arena, str_sub(name, 0, name.n - suffix.n)),
        };
    }
    closedir(dir);
    for (size_t i = 0; i < *count; i++)
        list_run(arena, &(*runs)[i]);
    if (*count)
        qsort(*runs, *count, sizeof **runs, newest_first);
    return 0;
}

int store_list_one(str path, struct arena *arena, struct store_listing *listing,
                   struct err *err)
{
    *listing =
        (struct store_listing){.path = arena_str(arena, path), .id = arena_str(arena, path)};
    list_run(arena, listing);
    return listing->problem.n ? err_set(err, ERR_INPUT, "%.*s", STR_ARG(listing->problem)) : 0;
}

bool store_cost(const char *path, int64_t *nanousd, int64_t *unknown_calls,
                int64_t *lost_attempts)
{
    struct db db = {0};
    bool good =
        db_open(&db, path, DB_READ, NULL) == 0 && schema_check(&db, NULL) == 0 &&
        db_int(&db, "SELECT sum(cost_nanousd) FROM cell", 0, nanousd, NULL) == 0 &&
        db_int(&db, "SELECT sum(unknown_cost_calls) FROM cell", 0, unknown_calls, NULL) == 0 &&
        db_int(&db, "SELECT sum(lost_attempts) FROM cell", 0, lost_attempts, NULL) == 0;
    db_close(&db);
    return good;
}

int store_remove(const char *path, int64_t *bytes, struct err *err)
{
    /* the file last: as long as it is there, what lies beside it belongs to somebody */
    static const char *const suffix[] = {"-wal", "-shm", ""};
    struct lock lock;
    struct stat info;
    struct arena arena = {0};
    if (lock_take(&lock, path, err) < 0)
        return -1;
    int result = 0;
    for (size_t i = 0; i < sizeof suffix / sizeof suffix[0] && result == 0; i++) {
        const char *file = arena_printf(&arena, "%s%s", path, suffix[i]).p;
        if (stat(file, &info) < 0)
            continue;
        if (unlink(file) < 0)
            result =
                err_set(err, ERR_FAILED, "%s: cannot be removed: %s", file, strerror(errno));
        else
            *bytes += info.st_size;
    }
    lock_release(&lock);
    arena_release(&arena);
    return result;
}
