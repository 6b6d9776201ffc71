/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * db.c: the only file that opens SQLite, and the generic way of records in and out of rows.
 *
 * Binding and reading go by the column tables.
 */
#include "store/db.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>

/* Milliseconds to wait for a lock. Readers never block a writer under WAL; what remains are
 * moments such as a reader that repairs the file of a run that died. */
enum { BUSY_MS = 5000 };

void store_configure_process(void)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* SQLite does not keep the system's reason when a COMMIT fails: then errno, which db_run and
 * db_exec have cleared, is still that of the write. */
static int system_reason(const struct db *db, int left_in_errno)
{
    int system = sqlite3_system_errno(db->handle);
    return system ? system : left_in_errno;
}

int db_fail(const struct db *db, struct err *err)
{
    int left_in_errno = errno;
    int code = sqlite3_errcode(db->handle);
    int system = code == SQLITE_IOERR ? system_reason(db, left_in_errno) : 0;
    if (code == SQLITE_FULL || system == ENOSPC || system == EFBIG || system == EDQUOT)
        return err_set(err, ERR_FAILED,
                       "%s: cannot write: the disk is full or the file has reached its size "
                       "limit",
                       db->path);
    if (system)
        return err_set(err, ERR_FAILED, "%s: %s: %s", db->path, sqlite3_errmsg(db->handle),
                       strerror(system));
    return err_set(err, code == SQLITE_NOTADB ? ERR_INPUT : ERR_FAILED, "%s: %s", db->path,
                   sqlite3_errmsg(db->handle));
}

int db_open(struct db *db, const char *path, enum db_mode mode, struct err *err)
{
    static const int flags[] = {SQLITE_OPEN_READONLY, SQLITE_OPEN_READWRITE,
                                SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
    *db = (struct db){.path = path};
    if (sqlite3_open_v2(path, &db->handle, flags[mode] | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        int system = db->handle ? sqlite3_system_errno(db->handle) : 0;
        err_set(err, ERR_INPUT, "%s: cannot open: %s", path,
                system       ? strerror(system)
                : db->handle ? sqlite3_errmsg(db->handle)
                             : "memory");
        db_close(db);
        return -1;
    }
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    return 0;
}

void db_close(struct db *db)
{
    sqlite3_close_v2(db->handle);
    db->handle = NULL;
}

int db_exec(struct db *db, const char *sql, struct err *err)
{
    errno = 0;
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_fail(db, err);
}

sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK)
        db_fail(db, err);
    return statement;
}

int db_run(struct db *db, sqlite3_stmt *statement, struct err *err)
{
    errno = 0;
    if (sqlite3_step(statement) == SQLITE_DONE) {
        sqlite3_reset(statement);
        return 0;
    }
    db_fail(db, err);
    sqlite3_reset(statement);
    return -1;
}

int db_int(struct db *db, const char *sql, int64_t missing, int64_t *value, struct err *err)
{
    sqlite3_stmt *statement = db_prepare(db, sql, err);
    if (!statement)
        return -1;
    int code = sqlite3_step(statement);
    bool there = code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL;
    *value = there ? sqlite3_column_int64(statement, 0) : missing;
    int result = code == SQLITE_ROW || code == SQLITE_DONE ? 0 : db_fail(db, err);
    sqlite3_finalize(statement);
    return result;
}

static sqlite3_stmt *prepare_and_release(struct db *db, struct buf *sql, struct err *err)
{
    sqlite3_stmt *statement = db_prepare(db, sql->p, err);
    buf_release(sql);
    return statement;
}

sqlite3_stmt *db_prepare_insert(struct db *db, const struct table *table, struct err *err)
{
    struct buf sql = {0};
    buf_printf(&sql, "INSERT INTO %s(", table->name);
    for (size_t i = 0; i < table->columns; i++)
        buf_printf(&sql, "%s%s", i ? "," : "", table->column[i].name);
    if (table->key_given)
        buf_printf(&sql, ",%s", table->key);
    buf_printf(&sql, ") VALUES(");
    for (size_t i = 0; i < table->columns; i++)
        buf_printf(&sql, "%s?", i ? "," : "");
    buf_printf(&sql, "%s)", table->key_given ? ",?" : "");
    return prepare_and_release(db, &sql, err);
}

/* The views that are read now were the tables of older schemas. */
static const char *read_name(const struct table *table)
{
    return table->view ? table->view : table->name;
}

/* Asked only of files of an older schema. */
static bool is_there(const struct db *db, const struct table *table, const char *column)
{
    return !db->older ||
           sqlite3_table_column_metadata(db->handle, NULL, read_name(table), column, NULL, NULL,
                                         NULL, NULL, NULL) == SQLITE_OK;
}

/* Of a table that the file does not have: no rows, with what `rest` names bound to nothing. */
static sqlite3_stmt *select_nothing(struct db *db, const struct table *table, struct err *err)
{
    struct buf sql = {0};
    buf_printf(&sql, "SELECT NULL");
    for (size_t i = 0; i < table->columns; i++)
        buf_printf(&sql, ",NULL");
    buf_printf(&sql, " WHERE 0");
    return prepare_and_release(db, &sql, err);
}

sqlite3_stmt *db_prepare_select(struct db *db, const struct table *table, const char *rest,
                                struct err *err)
{
    struct buf sql = {0};
    if (!is_there(db, table, NULL))
        return select_nothing(db, table, err);
    buf_printf(&sql, "SELECT %s", table->key ? table->key : "rowid");
    for (size_t i = 0; i < table->columns; i++)
        buf_printf(&sql, is_there(db, table, table->column[i].name) ? ",%s" : ",NULL AS %s",
                   table->column[i].name);
    buf_printf(&sql, " FROM %s %s", read_name(table), rest);
    return prepare_and_release(db, &sql, err);
}

/* --- one field ----------------------------------------------------------------------------- */

static void bind_text(sqlite3_stmt *statement, int at, str text)
{
    sqlite3_bind_text64(statement, at, text.n ? text.p : "", text.n, SQLITE_STATIC,
                        SQLITE_UTF8);
}

/* What a field of a number, or a text that is not there, is as a parameter. */
static struct bound bound_of(const struct column *column, const void *field)
{
    struct bound value = {.is_number = true};
    switch (column->type) {
    case COLUMN_INT:
    case COLUMN_REAL:
        memcpy(&value.number, field, sizeof value.number);
        break;
    case COLUMN_INT_OR_NO:
        memcpy(&value.number, field, sizeof value.number);
        value.is_number = value.number != -1;
        break;
    case COLUMN_BOOL:
        value.number = *(const bool *)field;
        break;
    case COLUMN_NAME:
        value.number = *(const unsigned *)field;
        break;
    case COLUMN_BODY:
        value.number = ((const struct store_text *)field)->id;
        value.is_number = value.number != 0;
        break;
    case COLUMN_TEXT:
    case COLUMN_PROSE:
        value.is_number = false;
        value.other = ((const str *)field)->n > 0;
        break;
    case COLUMN_BYTES:
        value = (struct bound){.other = true};
        break;
    }
    return value;
}

static bool is_bound(const struct bound *before, const struct bound *value)
{
    return !before->other && !value->other && before->is_number == value->is_number &&
           (!value->is_number || before->number == value->number);
}

static void bind_field(sqlite3_stmt *statement, int at, const struct column *column,
                       const void *field, const struct bound *value, struct arena *scratch)
{
    double real;
    str text;
    if (!value->is_number && !value->other) {
        sqlite3_bind_null(statement, at);
        return;
    }
    switch (column->type) {
    case COLUMN_REAL: /* SQLite makes NULL of NAN */
        memcpy(&real, field, sizeof real);
        sqlite3_bind_double(statement, at, real);
        break;
    case COLUMN_NAME:
        bind_text(statement, at, str_from(column->names[value->number]));
        break;
    case COLUMN_TEXT:
        memcpy(&text, field, sizeof text);
        bind_text(statement, at, text);
        break;
    case COLUMN_PROSE:
    case COLUMN_BYTES:
        memcpy(&text, field, sizeof text);
        bind_text(statement, at, secret_redact(scratch, text));
        break;
    default:
        sqlite3_bind_int64(statement, at, value->number);
    }
}

void db_bind_row(sqlite3_stmt *statement, const struct table *table, const void *record,
                 struct bound *bound, struct arena *scratch)
{
    for (size_t i = 0; i < table->columns; i++) {
        const struct column *column = &table->column[i];
        const void *field = (const char *)record + column->offset;
        struct bound value = bound_of(column, field);
        if (bound && is_bound(&bound[i], &value))
            continue;
        bind_field(statement, (int)i + 1, column, field, &value, scratch);
        if (bound)
            bound[i] = value;
    }
    if (table->key_given) {
        int64_t key;
        memcpy(&key, (const char *)record + table->key_offset, sizeof key);
        sqlite3_bind_int64(statement, (int)table->columns + 1, key);
    }
}

static str read_text(sqlite3_stmt *statement, int at)
{
    const char *text = (const char *)sqlite3_column_text(statement, at);
    return text ? (str){text, (size_t)sqlite3_column_bytes(statement, at)} : (str){0};
}

static unsigned name_number(const char *const *names, str text)
{
    for (unsigned i = 0; names[i]; i++)
        if (str_equal(text, str_from(names[i])))
            return i;
    return 0; /* identity_check has refused files with other names */
}

static bool is_null(sqlite3_stmt *statement, int at)
{
    return sqlite3_column_type(statement, at) == SQLITE_NULL;
}

static void read_field(sqlite3_stmt *statement, int at, const struct column *column,
                       void *field)
{
    int64_t number;
    double real;
    str text;
    switch (column->type) {
    case COLUMN_INT:
        number = sqlite3_column_int64(statement, at);
        memcpy(field, &number, sizeof number);
        return;
    case COLUMN_INT_OR_NO: /* NULL reads as 0, so only a 0 needs a second look */
        number = sqlite3_column_int64(statement, at);
        if (number == 0 && is_null(statement, at))
            number = -1;
        memcpy(field, &number, sizeof number);
        return;
    case COLUMN_BOOL:
        *(bool *)field = sqlite3_column_int(statement, at) != 0;
        return;
    case COLUMN_REAL:
        real = is_null(statement, at) ? (double)NAN : sqlite3_column_double(statement, at);
        memcpy(field, &real, sizeof real);
        return;
    case COLUMN_TEXT:
    case COLUMN_PROSE:
    case COLUMN_BYTES:
        text = read_text(statement, at);
        memcpy(field, &text, sizeof text);
        return;
    case COLUMN_NAME:
        *(unsigned *)field = name_number(column->names, read_text(statement, at));
        return;
    case COLUMN_BODY:
        *(struct store_text *)field =
            (struct store_text){.id = sqlite3_column_int64(statement, at)};
        return;
    }
}

void db_read_row(sqlite3_stmt *statement, const struct table *table, void *record)
{
    if (table->key_offset != NO_FIELD) {
        int64_t key = sqlite3_column_int64(statement, 0);
        memcpy((char *)record + table->key_offset, &key, sizeof key);
    }
    for (size_t i = 0; i < table->columns; i++)
        read_field(statement, (int)i + 1, &table->column[i],
                   (char *)record + table->column[i].offset);
}

void db_read_keep(struct arena *arena, const struct table *table, void *record)
{
    for (size_t i = 0; i < table->columns; i++) {
        const struct column *column = &table->column[i];
        if (column->type != COLUMN_TEXT && column->type != COLUMN_PROSE)
            continue;
        str text;
        memcpy(&text, (char *)record + column->offset, sizeof text);
        text = arena_str(arena, text);
        memcpy((char *)record + column->offset, &text, sizeof text);
    }
}

str db_text(sqlite3_stmt *rows, int column)
{
    const unsigned char *text = sqlite3_column_text(rows, column);
    return text ? (str){(const char *)text, (size_t)sqlite3_column_bytes(rows, column)}
                : (str){"", 0};
}

int db_next(struct db *db, sqlite3_stmt *statement, const struct table *table, void *record,
            struct err *err)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_DONE)
        return 0;
    if (code != SQLITE_ROW)
        return db_fail(db, err);
    db_read_row(statement, table, record);
    return 1;
}
