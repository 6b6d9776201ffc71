/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replier.c: which models replies say they are from (see store_each_replier).
 *
 * DISTINCT keeps a small index of what it has seen; GROUP BY would sort every call.
 */
#include "store/internal.h"

static const char repliers[] =
    "SELECT DISTINCT cell.variant, model, ifnull(reported_model, ''), ifnull(fingerprint, '')"
    " FROM call JOIN cell ON cell.cell = call.cell"
    " WHERE outcome = 'ok' AND (reported_model IS NOT NULL OR fingerprint IS NOT NULL)"
    " ORDER BY 1, 2, 3, 4";

static str text_of(sqlite3_stmt *rows, int column)
{
    const unsigned char *text = sqlite3_column_text(rows, column);
    return text ? (str){(const char *)text, (size_t)sqlite3_column_bytes(rows, column)}
                : (str){"", 0};
}

int store_each_replier(struct store *store, store_replier_fn *fn, void *arg, struct err *err)
{
    sqlite3_stmt *rows = db_prepare(&store->db, repliers, err);
    int more = SQLITE_ROW, result = 0;
    if (!rows)
        return -1;
    while (result == 0 && (more = sqlite3_step(rows)) == SQLITE_ROW) {
        const struct store_replier replier = {
            .variant = sqlite3_column_int64(rows, 0),
            .model = text_of(rows, 1),
            .reported = text_of(rows, 2),
            .fingerprint = text_of(rows, 3),
        };
        result = fn(arg, &replier);
    }
    if (result == 0 && more != SQLITE_DONE)
        result = db_fail(&store->db, err);
    sqlite3_finalize(rows);
    return result;
}
