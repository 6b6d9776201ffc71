/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * merge_rows.c: copying and comparing the rows of two runs (see merge_rows.h).
 *
 * Numbers that SQLite gave (bodies, calls, steps) are moved up by the largest that is there;
 * nodes are found by their names. The statements are made from the column tables, so a column
 * that is added there is carried along.
 */
#include "store/merge_rows.h"

#include "base/buf.h"
#include "store/store.h"

/* The tables below are all there are: a new one has to be copied too. */
_Static_assert(TABLES == 13, "merge_rows.c copies every table");

/* ---- attaching ---- */

int merge_attach(struct db *db, const char *path, struct err *err)
{
    sqlite3_stmt *attach = db_prepare(db, "ATTACH ?1 AS src", err);
    if (!attach)
        return -1;
    sqlite3_bind_text(attach, 1, path, -1, SQLITE_STATIC);
    int result = db_run(db, attach, err);
    sqlite3_finalize(attach);
    return result;
}

int merge_detach(struct db *db, struct err *err)
{
    return db_exec(db, "DETACH src", err);
}

/* ---- copying ---- */

/* What is added to the numbers of src. */
struct moved {
    int64_t body, call, step, command;
};

static int read_moved(struct db *db, struct moved *moved, struct err *err)
{
    return db_int(db, "SELECT max(body) FROM main.body", 0, &moved->body, err) < 0 ||
                   db_int(db, "SELECT max(call) FROM main.call", 0, &moved->call, err) < 0 ||
                   db_int(db, "SELECT max(step) FROM main.step", 0, &moved->step, err) < 0 ||
                   db_int(db, "SELECT max(command) FROM main.command", 0, &moved->command,
                          err) < 0
               ? -1
               : 0;
}

static int64_t key_moved(enum table_id id, const struct moved *moved)
{
    switch (id) {
    case TABLE_BODY:
        return moved->body;
    case TABLE_CALL:
        return moved->call;
    case TABLE_STEP:
        return moved->step;
    case TABLE_COMMAND:
        return moved->command;
    case TABLE_RUN:
    case TABLE_VARIANT:
    case TABLE_SAMPLE:
    case TABLE_NODE:
    case TABLE_CELL:
    case TABLE_SCORE:
    case TABLE_VERDICT:
    case TABLE_ATTEMPT:
    case TABLE_FILE:
    case TABLES:
        break;
    }
    return 0;
}

/* The value that a column of the copy gets. */
static void write_value(struct buf *sql, enum table_id id, const struct column *column,
                        const struct moved *moved)
{
    if (column->type == COLUMN_BODY)
        buf_printf(sql, ",s.%s+%lld", column->name, (long long)moved->body);
    else if (id == TABLE_STEP && column->offset == offsetof(struct store_step, node_id))
        buf_printf(sql, ",(SELECT new FROM temp.node_map WHERE old = s.%s)", column->name);
    else if (id == TABLE_CELL && column->offset == offsetof(struct store_cell, only_node))
        buf_printf(sql, ",(SELECT new FROM temp.node_map WHERE old = s.%s)", column->name);
    else if (id == TABLE_ATTEMPT && column->offset == offsetof(struct store_attempt, call))
        buf_printf(sql, ",s.%s+%lld", column->name, (long long)moved->call);
    else
        buf_printf(sql, ",s.%s", column->name);
}

static int copy_rows(struct db *db, enum table_id id, const struct moved *moved,
                     const char *where, struct err *err)
{
    const struct table *table = &tables[id];
    struct buf sql = {0};
    const char *key = table->key ? table->key : "rowid";
    buf_printf(&sql, "INSERT INTO main.%s(%s", table->name, key);
    for (size_t i = 0; i < table->columns; i++)
        buf_printf(&sql, ",%s", table->column[i].name);
    if (table->key)
        buf_printf(&sql, ") SELECT s.%s+%lld", key, (long long)key_moved(id, moved));
    else
        buf_printf(&sql, ") SELECT NULL");
    for (size_t i = 0; i < table->columns; i++)
        write_value(&sql, id, &table->column[i], moved);
    buf_printf(&sql, " FROM src.%s s WHERE %s", table->name, where);
    int result = db_exec(db, sql.p, err);
    buf_release(&sql);
    return result;
}

/* The bodies that rows of a table name. */
static void write_bodies_of(struct buf *sql, enum table_id id, const char *where)
{
    for (size_t i = 0; i < tables[id].columns; i++)
        if (tables[id].column[i].type == COLUMN_BODY)
            buf_printf(sql, "%sSELECT %s FROM src.%s s WHERE %s", sql->n ? " UNION " : "",
                       tables[id].column[i].name, tables[id].name, where);
}

static int copy_bodies(struct db *db, const enum table_id *id, size_t count,
                       const struct moved *moved, const char *where, struct err *err)
{
    struct buf named = {0}, in = {0};
    for (size_t i = 0; i < count; i++)
        write_bodies_of(&named, id[i], where);
    buf_printf(&in, "s.body IN (%s)", named.p);
    int result = copy_rows(db, TABLE_BODY, moved, in.p, err);
    buf_release(&named);
    buf_release(&in);
    return result;
}

int merge_plan(struct db *db, struct err *err)
{
    static const enum table_id with_bodies[] = {TABLE_SAMPLE, TABLE_FILE};
    struct moved moved = {0};
    return read_moved(db, &moved, err) < 0 ||
                   copy_rows(db, TABLE_VARIANT, &moved, "1", err) < 0 ||
                   copy_bodies(db, with_bodies, 2, &moved, "1", err) < 0 ||
                   copy_rows(db, TABLE_FILE, &moved, "1", err) < 0 ||
                   copy_rows(db, TABLE_SAMPLE, &moved, "1", err) < 0
               ? -1
               : 0;
}

/* ---- cells ---- */

static const char nodes_sql[] =
    "INSERT INTO main.node(variant, path, pattern)"
    " SELECT s.variant, s.path, s.pattern FROM src.node s WHERE NOT EXISTS"
    " (SELECT 1 FROM main.node m WHERE m.variant = s.variant AND m.path IS s.path"
    "   AND m.pattern IS s.pattern) ORDER BY s.node;"
    "DROP TABLE IF EXISTS temp.node_map;"
    "CREATE TEMP TABLE node_map AS SELECT s.node AS old, m.node AS new FROM src.node s"
    " JOIN main.node m ON m.variant = s.variant AND m.path IS s.path AND m.pattern IS "
    "s.pattern;"
    "CREATE INDEX temp.node_map_old ON node_map(old)";

static int choose(struct db *db, const char *cells, struct err *err)
{
    struct buf sql = {0};
    buf_printf(&sql,
               "DROP TABLE IF EXISTS temp.chosen;"
               "CREATE TEMP TABLE chosen(cell INTEGER PRIMARY KEY);"
               "INSERT INTO chosen %s",
               cells);
    int result = db_exec(db, sql.p, err);
    buf_release(&sql);
    return result;
}

#define OF_CHOSEN "s.cell IN (SELECT cell FROM temp.chosen)"

int merge_cells(struct db *db, struct err *err)
{
    static const enum table_id with_bodies[] = {TABLE_CELL, TABLE_STEP, TABLE_CALL,
                                                TABLE_COMMAND, TABLE_SCORE};
    struct moved moved;
    return db_exec(db, nodes_sql, err) < 0 || read_moved(db, &moved, err) < 0 ||
                   choose(db,
                          "SELECT cell FROM src.cell"
                          " WHERE cell NOT IN (SELECT cell FROM main.cell)",
                          err) < 0 ||
                   copy_bodies(db, with_bodies, 5, &moved, OF_CHOSEN, err) < 0 ||
                   copy_rows(db, TABLE_CALL, &moved, OF_CHOSEN, err) < 0 ||
                   copy_rows(db, TABLE_ATTEMPT, &moved,
                             "s.call IN (SELECT s.call FROM src.call s WHERE " OF_CHOSEN ")",
                             err) < 0 ||
                   copy_rows(db, TABLE_COMMAND, &moved, OF_CHOSEN, err) < 0 ||
                   copy_rows(db, TABLE_STEP, &moved, OF_CHOSEN, err) < 0 ||
                   copy_rows(db, TABLE_SCORE, &moved, OF_CHOSEN, err) < 0 ||
                   copy_rows(db, TABLE_VERDICT, &moved, OF_CHOSEN, err) < 0 ||
                   copy_rows(db, TABLE_CELL, &moved, OF_CHOSEN, err) < 0
               ? -1
               : 0;
}

int merge_left_calls(struct db *db, struct err *err)
{
    static const enum table_id with_bodies[] = {TABLE_CALL, TABLE_COMMAND};
    struct moved moved;
    return read_moved(db, &moved, err) < 0 ||
                   choose(db,
                          "SELECT DISTINCT cell FROM src.call"
                          " WHERE cell NOT IN (SELECT cell FROM main.cell)"
                          "   AND cell NOT IN (SELECT cell FROM main.call)",
                          err) < 0 ||
                   copy_bodies(db, with_bodies, 2, &moved, OF_CHOSEN, err) < 0 ||
                   copy_rows(db, TABLE_COMMAND, &moved, OF_CHOSEN, err) < 0 ||
                   copy_rows(db, TABLE_CALL, &moved, OF_CHOSEN, err) < 0 ||
                   copy_rows(db, TABLE_ATTEMPT, &moved,
                             "s.call IN (SELECT s.call FROM src.call s WHERE " OF_CHOSEN ")",
                             err) < 0
               ? -1
               : 0;
}

/* ---- comparing ---- */

/* What replies decide of a cell, its scores and its steps: times, attempts and which of several
 * runs' caches answered are left out. @ is the name of the file. */
static const char *const compared[] = {
    "SELECT c.cell, c.variant, c.sample, c.trial, c.status, c.reason, c.failed_path, c.correct,"
    " c.score, c.calls, c.unsent, c.input_tokens, c.cache_read_tokens, c.cache_write_tokens,"
    " c.output_tokens, c.reasoning_tokens, c.unknown_usage_calls, c.cost_nanousd,"
    " c.unknown_cost_calls, b.bytes FROM @.cell c LEFT JOIN @.body b ON b.body = c.output"
    " WHERE c.cell IN (SELECT cell FROM temp.chosen)",
    "SELECT c.cell, c.name, c.path, c.value, c.pass, c.weight FROM @.score c"
    " WHERE c.cell IN (SELECT cell FROM temp.chosen)",
    "SELECT c.cell, c.ordinal, c.path, c.parent, c.outcome, c.kind, c.calls, c.cost_nanousd,"
    " c.note, b.bytes FROM @.step c LEFT JOIN @.body b ON b.body = c.value"
    " WHERE c.cell IN (SELECT cell FROM temp.chosen)",
};

static void write_of_file(struct buf *sql, str rows, const char *file)
{
    str part;
    while (str_cut(rows, '@', &part, &rows))
        buf_printf(sql, "%.*s%s", STR_ARG(part), file);
    buf_add_str(sql, part);
}

/* A cell with a row in `one` that `other` has not. */
static int find_difference(struct db *db, const char *rows, const char *one, const char *other,
                           int64_t *cell, struct err *err)
{
    struct buf sql = {0};
    buf_printf(&sql, "SELECT min(cell) FROM (");
    write_of_file(&sql, str_from(rows), one);
    buf_printf(&sql, " EXCEPT ");
    write_of_file(&sql, str_from(rows), other);
    buf_printf(&sql, ")");
    int result = db_int(db, sql.p, -1, cell, err);
    buf_release(&sql);
    return result;
}

int merge_disagreement(struct db *db, int64_t *cell, int64_t *both, struct err *err)
{
    *cell = -1;
    if (choose(db, "SELECT cell FROM src.cell WHERE cell IN (SELECT cell FROM main.cell)",
               err) < 0 ||
        db_int(db, "SELECT count(*) FROM temp.chosen", 0, both, err) < 0)
        return -1;
    for (size_t i = 0; *both > 0 && *cell < 0 && i < sizeof compared / sizeof compared[0]; i++)
        if (find_difference(db, compared[i], "src", "main", cell, err) < 0 ||
            (*cell < 0 && find_difference(db, compared[i], "main", "src", cell, err) < 0))
            return -1;
    return 0;
}
