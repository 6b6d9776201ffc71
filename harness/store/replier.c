/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replier.c: which models replies say they are from (see store_each_replier).
 *
 * One pass over the calls, whose rows mostly say what the one before said; the few different
 * combinations are kept here. In SQL, with the cells joined for their variants, it took four times
 * as long: most of a second for a million calls.
 */
#include "store/internal.h"

#include "base/mem.h"

#include <string.h>

/* A provider may give every reply a print of its own: beyond this it is a mixture anyway. */
enum { REPLIERS_MOST = 1000 };

struct repliers {
    struct arena arena;
    struct store_replier list[REPLIERS_MOST + 1]; /* in order */
    size_t count, last;                           /* last: what the row before said */
    int32_t *variant; /* of each cell of the plan; -1: it has no row */
};

static int read_variants(struct store *store, struct repliers *repliers, struct err *err)
{
    int64_t cells = store->run.cells;
    sqlite3_stmt *rows = db_prepare(&store->db, "SELECT cell, variant FROM cell", err);
    if (!rows)
        return -1;
    repliers->variant = xcalloc((size_t)cells + 1, sizeof *repliers->variant);
    for (int64_t i = 0; i < cells; i++)
        repliers->variant[i] = -1;
    int code;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        int64_t cell = sqlite3_column_int64(rows, 0);
        if (cell >= 0 && cell < cells)
            repliers->variant[cell] = sqlite3_column_int(rows, 1);
    }
    int result = code == SQLITE_DONE ? 0 : db_fail(&store->db, err);
    sqlite3_finalize(rows);
    return result;
}

static int compare(const struct store_replier *a, const struct store_replier *b)
{
    int order = (a->variant > b->variant) - (a->variant < b->variant);
    if (order == 0)
        order = str_compare(a->model, b->model);
    if (order == 0)
        order = str_compare(a->reported, b->reported);
    return order ? order : str_compare(a->fingerprint, b->fingerprint);
}

/* Where it is, or where it belongs. */
static size_t place_of(const struct repliers *repliers, const struct store_replier *replier)
{
    size_t low = 0, high = repliers->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&repliers->list[middle], replier) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first of them in order are kept, not those that came first: rows lie in the order in which
 * calls ended, which is another in each run. */
static void add(struct repliers *repliers, const struct store_replier *replier)
{
    struct store_replier *list = repliers->list;
    if (repliers->last < repliers->count && compare(&list[repliers->last], replier) == 0)
        return;
    size_t at = place_of(repliers, replier);
    repliers->last = at;
    if (at == REPLIERS_MOST || (at < repliers->count && compare(&list[at], replier) == 0))
        return;
    memmove(&list[at + 1], &list[at], (repliers->count - at) * sizeof *list);
    list[at] = (struct store_replier){
        .variant = replier->variant,
        .model = arena_str(&repliers->arena, replier->model),
        .reported = arena_str(&repliers->arena, replier->reported),
        .fingerprint = arena_str(&repliers->arena, replier->fingerprint),
    };
    if (repliers->count < REPLIERS_MOST)
        repliers->count++;
}

static int read_calls(struct store *store, struct repliers *repliers, struct err *err)
{
    sqlite3_stmt *rows =
        db_prepare(&store->db,
                   "SELECT cell, model, reported_model, fingerprint FROM call"
                   " WHERE outcome = 'ok'"
                   " AND (reported_model IS NOT NULL OR fingerprint IS NOT NULL)",
                   err);
    if (!rows)
        return -1;
    int code;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        int64_t cell = sqlite3_column_int64(rows, 0);
        if (cell < 0 || cell >= store->run.cells || repliers->variant[cell] < 0)
            continue;
        const struct store_replier replier = {
            .variant = repliers->variant[cell],
            .model = db_text(rows, 1),
            .reported = db_text(rows, 2),
            .fingerprint = db_text(rows, 3),
        };
        add(repliers, &replier);
    }
    int result = code == SQLITE_DONE ? 0 : db_fail(&store->db, err);
    sqlite3_finalize(rows);
    return result;
}

int store_each_replier(struct store *store, store_replier_fn *fn, void *arg, struct err *err)
{
    struct repliers repliers = {0};
    int result = read_variants(store, &repliers, err);
    if (result == 0)
        result = read_calls(store, &repliers, err);
    for (size_t i = 0; i < repliers.count && result == 0; i++)
        result = fn(arg, &repliers.list[i]);
    xfree(repliers.variant);
    arena_release(&repliers.arena);
    return result;
}
