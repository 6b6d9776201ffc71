/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * call_use.c: what good calls used of what they were allowed (see store_each_call_use).
 *
 * One pass over the calls with the few columns that advice on limits and models rests on: their
 * rows are wide, and a run may have a million of them.
 */
#include "store/internal.h"

static int64_t number_or_no(sqlite3_stmt *rows, int column)
{
    return sqlite3_column_type(rows, column) == SQLITE_NULL
               ? -1
               : sqlite3_column_int64(rows, column);
}

/* Files of schemas before 4 do not know what calls were allowed. */
static const char *statement(const struct db *db)
{
    if (db->older && db->version < 4)
        return NULL;
    return "SELECT cell, path, model, truncated, output_tokens, max_tokens, attempts,"
           " connect_ns + provider_ns, source = 'sent' FROM call"
           " WHERE outcome = 'ok' AND superseded IS NOT 1 AND role IS NOT 'judge'"
           " AND cell IS NOT NULL";
}

int store_each_call_use(struct store *store, store_call_use_fn *fn, void *arg, struct err *err)
{
    const char *sql = statement(&store->db);
    if (!sql)
        return 0;
    sqlite3_stmt *rows = db_prepare(&store->db, sql, err);
    if (!rows)
        return -1;
    int code, result = 0;
    while (result == 0 && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        bool once = sqlite3_column_int64(rows, 6) == 1 && sqlite3_column_int(rows, 8);
        result = fn(arg, &(struct store_call_use){
                             .cell = sqlite3_column_int64(rows, 0),
                             .path = db_text(rows, 1),
                             .model = db_text(rows, 2),
                             .truncated = sqlite3_column_int(rows, 3) != 0,
                             .output_tokens = number_or_no(rows, 4),
                             .max_tokens = number_or_no(rows, 5),
                             .attempt_ns = once ? number_or_no(rows, 7) : -1,
                         });
    }
    if (result == 0 && code != SQLITE_DONE)
        result = db_fail(&store->db, err);
    sqlite3_finalize(rows);
    return result;
}
