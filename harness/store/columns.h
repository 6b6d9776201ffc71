/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * columns.h: the columns of every table, and the fields of the records they hold.
 *
 * One row of these tables is the column's declaration and comment in the file (store/schema.c),
 * the parameter of its INSERT, the place of its value in a record when it is written or read
 * (store/db.c), and its line in docs/store.md, which a test holds against it. Adding a column
 * is adding a field, a row here and a migration.
 */
#ifndef STORE_COLUMNS_H
#define STORE_COLUMNS_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

enum column_type {
    COLUMN_INT,       /* int64_t */
    COLUMN_INT_OR_NO, /* int64_t, -1 is NULL */
    COLUMN_BOOL,      /* bool */
    COLUMN_REAL,      /* double, NAN is NULL */
    COLUMN_TEXT,      /* str, empty is NULL */
    COLUMN_PROSE,     /* the same, from outside: secrets are removed */
    COLUMN_NAME,      /* an enum, by its names */
    COLUMN_BODY,      /* struct store_text; the column holds the row of `body` */
    COLUMN_BYTES,     /* str, kept also when it is empty: the text of a body */
};

struct column {
    const char *name;
    enum column_type type;
    size_t offset; /* in the record */
    const char *comment;
    const char *const *names; /* of COLUMN_NAME */
};

struct table {
    const char *name, *comment;
    const char *key, *key_comment; /* INTEGER PRIMARY KEY; NULL: the rowid, without a name */
    size_t key_offset;             /* where reading puts it; NO_FIELD: nowhere */
    bool key_given;                /* by the record; else SQLite counts from 1 */
    const struct column *column;
    size_t columns;
    const char *view; /* what is read in its place, with rows that were not worth storing; NULL:
                       * the table itself */
};
#define NO_FIELD ((size_t)-1)

/* What the step instances of one place in a variant have in common. */
struct node_row {
    int64_t id, variant;
    str path, pattern;
};

struct body_row {
    str hash;
    int64_t size;
    str bytes;
};

enum table_id {
    TABLE_RUN,
    TABLE_VARIANT,
    TABLE_SAMPLE,
    TABLE_NODE,
    TABLE_CELL,
    TABLE_STEP,
    TABLE_SCORE,
    TABLE_VERDICT,
    TABLE_CALL,
    TABLE_ATTEMPT,
    TABLE_COMMAND,
    TABLE_FILE,
    TABLE_BODY,
    TABLES
};
extern const struct table tables[TABLES];

#endif
