/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * db.h: SQLite behind a few functions that fit our errors, and records in and out of rows.
 *
 * A connection belongs to one thread at a time (SQLite is used in its multi-thread mode, without
 * its own locks).
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/err.h"
#include "base/str.h"
#include "store/columns.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct arena;

struct db {
    sqlite3 *handle;
    const char *path; /* of the caller, for messages */
    bool older;       /* of a schema before ours (schema_check): columns may be missing, which
                       * read as NULL, and tables, which have no rows */
    int version;      /* of its schema; 0: nobody looked */
};

enum db_mode { DB_READ, DB_WRITE, DB_CREATE };

/* ERR_INPUT when it cannot be opened. `path` stays in place until db_close. */
int db_open(struct db *db, const char *path, enum db_mode mode, struct err *err);
void db_close(struct db *db);
/* Fills err from SQLite's last error; returns -1. */
int db_fail(const struct db *db, struct err *err);

/* One or more statements without results that matter. */
int db_exec(struct db *db, const char *sql, struct err *err);
/* The first column of the first row; `missing` when there is no row. */
int db_int(struct db *db, const char *sql, int64_t missing, int64_t *value, struct err *err);

/* NULL, with err set, when the SQL is wrong. Statements that stay are marked as such, which
 * spares SQLite's memory for short ones. Ended with sqlite3_finalize. */
sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct err *err);
/* Runs a statement that yields no rows and makes it ready for the next values. */
int db_run(struct db *db, sqlite3_stmt *statement, struct err *err);

/* "INSERT INTO call(…) VALUES(?,…)": every column, and the key where the record gives it. */
sqlite3_stmt *db_prepare_insert(struct db *db, const struct table *table, struct err *err);
/* "SELECT key, columns… FROM table" and `rest` behind it. */
sqlite3_stmt *db_prepare_select(struct db *db, const struct table *table, const char *rest,
                                struct err *err);

/* What a parameter of an insert is bound to; zeroed, as a new statement is: NULL. */
struct bound {
    bool other; /* a text: bound anew for each row */
    bool is_number;
    int64_t number; /* a real's bits too */
};

/* Binds the record's fields to the parameters of a db_prepare_insert. Texts must stay until the
 * statement has run. `scratch` takes cleaned copies of texts that hold a secret. `bound` has an item
 * for each column and belongs to the statement: most numbers are those of the row before, and need
 * no call into SQLite. NULL: all are bound. */
void db_bind_row(sqlite3_stmt *statement, const struct table *table, const void *record,
                 struct bound *bound, struct arena *scratch);
/* The current row of a db_prepare_select; its texts are valid until the next step. */
void db_read_row(sqlite3_stmt *statement, const struct table *table, void *record);
void db_read_keep(struct arena *arena, const struct table *table,
                  void *record); /* copies them */

/* The text of a column of the current row, valid until the next step; empty for NULL. */
str db_text(sqlite3_stmt *rows, int column);
/* Walks the rows: 1 and the record filled, 0 at the end, -1. */
int db_next(struct db *db, sqlite3_stmt *statement, const struct table *table, void *record,
            struct err *err);

#endif
