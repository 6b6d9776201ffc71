/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * identity.c: the bookkeeping identities of a run (see identity.h).
 *
 * One pass over the cells, one over four columns of the calls (an index alone, once the run is
 * finished), one over the scores that asked a model: a judge's calls are in their counts, and in none
 * of the cell's. Calls of cells that have no row belong to cells that were cut short by the end of
 * the run; they are paid for and kept for a resume, and counted by nobody. So are
 * superseded ones, whose cell was run again without them.
 */
#include "store/identity.h"

#include "base/mem.h"

#include <inttypes.h>

/* What the rows of `call` say of one cell. */
struct counted {
    int64_t sent, cached, attempts;
    int64_t judged, judge_attempts; /* of its judges: sent or cached; taken off by its scores */
    bool has_row;
};

static int broken(const struct db *db, int64_t cell, const char *left, int64_t is,
                  const char *right, int64_t should, struct err *err)
{
    return err_set(err, ERR_FAILED,
                   "%s: broken identity in cell %" PRId64 ": %s (%" PRId64 ") is not %s "
                   "(%" PRId64 "); the file was damaged or changed",
                   db->path, cell, left, is, right, should);
}

static void count_call(struct counted *of, const char *source, int64_t attempts, bool judge)
{
    bool sent = source[0] == 's', cached = source[0] == 'c';
    attempts = sent ? attempts : 0;
    if (judge) {
        of->judged += sent || cached;
        of->judge_attempts += attempts;
        return;
    }
    of->sent += sent;
    of->cached += cached;
    of->attempts += attempts;
}

/* Before schema 3 calls were of steps, and none was superseded. */
static bool has_roles(const struct db *db)
{
    return !db->older || db->version >= 3;
}

static int count_calls(struct db *db, struct counted *counted, int64_t cells, struct err *err)
{
    static const char in_use[] = "SELECT cell, source, attempts, role FROM call"
                                 " WHERE superseded IS NOT 1";
    sqlite3_stmt *rows = db_prepare(
        db, has_roles(db) ? in_use : "SELECT cell, source, attempts, NULL FROM call", err);
    if (!rows)
        return -1;
    int code;
    int result = 0;
    while (result == 0 && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        if (sqlite3_column_type(rows, 0) == SQLITE_NULL)
            continue; /* before the first cell */
        int64_t cell = sqlite3_column_int64(rows, 0);
        const char *source = (const char *)sqlite3_column_text(rows, 1);
        const char *role = (const char *)sqlite3_column_text(rows, 3);
        if (cell < 0 || cell >= cells || !source)
            result = err_set(err, ERR_FAILED,
                             "%s: broken identity: a call of cell %" PRId64
                             ", which the plan does not have",
                             db->path, cell);
        else
            count_call(&counted[cell], source, sqlite3_column_int64(rows, 2),
                       role && role[0] == 'j');
    }
    if (result == 0 && code != SQLITE_DONE)
        result = db_fail(db, err);
    sqlite3_finalize(rows);
    return result;
}

/* Takes off what the scores say they asked. */
static int count_scores(struct db *db, struct counted *counted, int64_t cells, struct err *err)
{
    if (!has_roles(db))
        return 0;
    sqlite3_stmt *rows = db_prepare(
        db, "SELECT cell, sent + cached, attempts, calls - sent - cached - unsent FROM score",
        err);
    if (!rows)
        return -1;
    int code;
    int result = 0;
    while (result == 0 && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        int64_t cell = sqlite3_column_int64(rows, 0);
        if (cell < 0 || cell >= cells || sqlite3_column_int64(rows, 3) != 0) {
            result = err_set(err, ERR_FAILED,
                             "%s: broken identity: a score of cell %" PRId64
                             ": its calls are not sent + cached + unsent",
                             db->path, cell);
            continue;
        }
        counted[cell].judged -= sqlite3_column_int64(rows, 1);
        counted[cell].judge_attempts -= sqlite3_column_int64(rows, 2);
    }
    if (result == 0 && code != SQLITE_DONE)
        result = db_fail(db, err);
    sqlite3_finalize(rows);
    return result;
}

static int check_cell(const struct db *db, sqlite3_stmt *row, struct counted *counted,
                      int64_t cells, struct err *err)
{
    enum {
        CELL,
        CALLS,
        SENT,
        CACHED,
        UNSENT,
        ATTEMPTS,
        RETRIES,
        KNOWN_STATUS,
        KNOWN_VARIANT,
        KNOWN_SAMPLE,
        FIELDS
    };
    int64_t value[FIELDS];
    for (int i = 0; i < FIELDS; i++)
        value[i] = sqlite3_column_int64(row, i);
    int64_t cell = value[CELL];
    if (cell < 0 || cell >= cells)
        return err_set(err, ERR_FAILED,
                       "%s: broken identity: cells are not the sum of the "
                       "statuses: cell %" PRId64 " is not one of the plan's %" PRId64,
                       db->path, cell, cells);
    struct counted *of = &counted[cell];
    if (of->has_row)
        return err_set(err, ERR_FAILED,
                       "%s: broken identity: cells are not the sum of the "
                       "statuses: cell %" PRId64 " has two rows",
                       db->path, cell);
    of->has_row = true;
    if (!value[KNOWN_STATUS])
        return err_set(err, ERR_FAILED,
                       "%s: broken identity: cells are not the sum of the "
                       "statuses: cell %" PRId64 " has none that is known",
                       db->path, cell);
    if (!value[KNOWN_VARIANT] || !value[KNOWN_SAMPLE])
        return err_set(err, ERR_FAILED,
                       "%s: broken identity: cell %" PRId64
                       " is of a %s that the run does not have",
                       db->path, cell, value[KNOWN_VARIANT] ? "sample" : "variant");
    if (value[CALLS] != value[SENT] + value[CACHED] + value[UNSENT])
        return broken(db, cell, "calls", value[CALLS], "sent + cached + unsent",
                      value[SENT] + value[CACHED] + value[UNSENT], err);
    if (value[RETRIES] != value[ATTEMPTS] - value[SENT])
        return broken(db, cell, "retries", value[RETRIES], "attempts - sent",
                      value[ATTEMPTS] - value[SENT], err);
    if (value[SENT] != of->sent)
        return broken(db, cell, "sent", value[SENT], "the number of its sent calls", of->sent,
                      err);
    if (value[CACHED] != of->cached)
        return broken(db, cell, "cached", value[CACHED], "the number of its cached calls",
                      of->cached, err);
    if (of->judged || of->judge_attempts)
        return err_set(err, ERR_FAILED,
                       "%s: broken identity in cell %" PRId64
                       ": calls of judges are not those of "
                       "its scores; the file was damaged or changed",
                       db->path, cell);
    if (value[ATTEMPTS] != of->attempts)
        return broken(db, cell, "attempts", value[ATTEMPTS], "the sum over its sent calls",
                      of->attempts, err);
    return 0;
}

static int check_cells(struct db *db, struct counted *counted, const struct store_run *run,
                       struct err *err)
{
    sqlite3_stmt *rows =
        db_prepare(db,
                   "SELECT cell, calls, sent, cached, unsent, attempts, retries,"
                   " status IN ('ok', 'error', 'timeout', 'unscored', 'skipped'),"
                   " variant >= 0 AND variant < (SELECT count(*) FROM variant),"
                   " sample >= 0 AND sample < (SELECT count(*) FROM sample) FROM cell",
                   err);
    if (!rows)
        return -1;
    int code;
    int result = 0;
    int64_t count = 0;
    while (result == 0 && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        result = check_cell(db, rows, counted, run->cells, err);
        count++;
    }
    if (result == 0 && code != SQLITE_DONE)
        result = db_fail(db, err);
    sqlite3_finalize(rows);
    int64_t places, own = run->cells;
    if (result == 0 && run->shards > 0) {
        result = db_int(db, "SELECT count(DISTINCT place) FROM sample", 0, &places, err);
        own = store_own_cells(run, places);
    }
    if (result == 0 && run->state == STORE_FINISHED && count != own)
        return err_set(err, ERR_FAILED,
                       "%s: broken identity: the run is finished, but its "
                       "statuses sum up to %" PRId64 " of %" PRId64 " cells",
                       db->path, count, own);
    return result;
}

int identity_check(struct db *db, const struct store_run *run, struct err *err)
{
    if (run->cells < 0 || run->cells > INT32_MAX)
        return err_set(err, ERR_FAILED, "%s: broken: a plan of %" PRId64 " cells", db->path,
                       run->cells);
    struct counted *counted = xcalloc((size_t)run->cells + 1, sizeof *counted);
    int result = count_calls(db, counted, run->cells, err);
    if (result == 0)
        result = count_scores(db, counted, run->cells, err);
    if (result == 0)
        result = check_cells(db, counted, run, err);
    xfree(counted);
    return result;
}
