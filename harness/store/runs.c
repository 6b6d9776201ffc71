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

static int compare_names(const void *left, const void *right)
{
    const struct store_listing *a = left, *b = right;
    return str_compare(b->id, a->id);
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
    if (*count)
        qsort(*runs, *count, sizeof **runs, compare_names);
    for (size_t i = 0; i < *count; i++)
        list_run(arena, &(*runs)[i]);
    return 0;
}
