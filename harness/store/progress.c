/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress.c: how far a run has come, for who resumes it (see store_read_progress).
 *
 * One pass over each of three tables, in the order of their rows: there is no index on a run that
 * is not finished, and a resume of a million calls should not wait for one.
 */
#include "store/internal.h"

#include "base/mem.h"

/* The rows of calls or programs that belong to cells without a row. */
struct open_list {
    struct store_open_row *row;
    size_t count, room;
};

static void add_open(struct arena *arena, struct open_list *list, int64_t cell, int64_t number)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 256;
        list->row = arena_grow(arena, list->row, list->count, room, sizeof *list->row);
        list->room = room;
    }
    list->row[list->count++] = (struct store_open_row){cell, number};
}

static int read_cells(struct store *store, struct store_progress *progress, struct err *err)
{
    sqlite3_stmt *rows = db_prepare(
        &store->db,
        "SELECT cell, status = 'ok', status IN ('error', 'timeout'),"
        " CASE WHEN sample < (SELECT count(*) FROM sample WHERE perturbation IS NULL)"
        " THEN correct END FROM cell WHERE status <> 'skipped'",
        err);
    if (!rows)
        return -1;
    int code;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        int64_t cell = sqlite3_column_int64(rows, 0);
        bool scored = sqlite3_column_type(rows, 3) != SQLITE_NULL;
        if (cell < 0 || cell >= store->run.cells)
            continue; /* identity_check has refused such files */
        progress->done[cell] = true;
        progress->cells++;
        progress->ok += sqlite3_column_int(rows, 1) != 0;
        progress->errors += sqlite3_column_int(rows, 2) != 0;
        progress->scored += scored;
        progress->correct += scored && sqlite3_column_int(rows, 3) != 0;
    }
    sqlite3_finalize(rows);
    return code == SQLITE_DONE ? 0 : db_fail(&store->db, err);
}

enum call_column {
    CALL_NUMBER,
    CALL_CELL,
    CALL_ATTEMPTS,
    CALL_SUPERSEDED,
    CALL_TOKENS,
    CALL_COST,
    CALL_KNOWN,
    CALL_RESERVED,
};

static void add_call(sqlite3_stmt *row, struct store_progress *progress)
{
    int64_t attempts = sqlite3_column_int64(row, CALL_ATTEMPTS);
    bool known = sqlite3_column_type(row, CALL_COST) != SQLITE_NULL;
    progress->calls++;
    progress->sent += attempts > 0;
    progress->retries += attempts > 1 ? attempts - 1 : 0;
    progress->tokens += attempts > 0 ? sqlite3_column_int64(row, CALL_TOKENS) : 0;
    if (attempts > 0) /* what a cache answered was paid for by another run */
        progress->nanousd += sqlite3_column_int64(row, known ? CALL_COST : CALL_KNOWN);
    progress->unknown_cost_calls += !known;
    progress->reserved_nanousd += sqlite3_column_int64(row, CALL_RESERVED);
}

static bool is_open(const struct store *store, const struct store_progress *progress,
                    int64_t cell)
{
    return cell >= 0 && cell < store->run.cells &&
           progress->done[cell] == progress->of_finished;
}

static int read_calls(struct store *store, struct arena *arena, struct store_progress *progress,
                      struct err *err)
{
    static const char sql[] =
        "SELECT call, cell, attempts, superseded, ifnull(input_tokens, 0) +"
        " ifnull(cache_read_tokens, 0) + ifnull(cache_write_tokens, 0) +"
        " ifnull(output_tokens, 0), cost_nanousd, known_nanousd, cost_upper_nanousd FROM call";
    sqlite3_stmt *rows = db_prepare(&store->db, sql, err);
    if (!rows)
        return -1;
    struct open_list open = {0}, setup = {0};
    int code;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        int64_t number = sqlite3_column_int64(rows, CALL_NUMBER);
        int64_t cell = sqlite3_column_int64(rows, CALL_CELL);
        add_call(rows, progress);
        if (sqlite3_column_int(rows, CALL_SUPERSEDED))
            continue;
        if (sqlite3_column_type(rows, CALL_CELL) == SQLITE_NULL)
            add_open(arena, &setup, -1, number);
        else if (is_open(store, progress, cell))
            add_open(arena, &open, cell, number);
    }
    progress->call = open.row;
    progress->open_calls = open.count;
    progress->setup = setup.row;
    progress->setup_calls = setup.count;
    sqlite3_finalize(rows);
    return code == SQLITE_DONE ? 0 : db_fail(&store->db, err);
}

static int read_commands(struct store *store, struct arena *arena,
                         struct store_progress *progress, struct err *err)
{
    sqlite3_stmt *rows = db_prepare(
        &store->db, "SELECT command, cell FROM command WHERE superseded IS NOT 1", err);
    if (!rows)
        return -1;
    struct open_list open = {0};
    int code;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW)
        if (is_open(store, progress, sqlite3_column_int64(rows, 1)))
            add_open(arena, &open, sqlite3_column_int64(rows, 1),
                     sqlite3_column_int64(rows, 0));
    progress->command = open.row;
    progress->open_commands = open.count;
    sqlite3_finalize(rows);
    return code == SQLITE_DONE ? 0 : db_fail(&store->db, err);
}

int store_read_progress(struct store *store, bool finished, struct arena *arena,
                        struct store_progress *progress, struct err *err)
{
    *progress = (struct store_progress){.of_finished = finished};
    progress->done = arena_calloc(arena, (size_t)store->run.cells + 1, sizeof *progress->done);
    return read_cells(store, progress, err) < 0 ||
                   read_calls(store, arena, progress, err) < 0 ||
                   read_commands(store, arena, progress, err) < 0
               ? -1
               : 0;
}
