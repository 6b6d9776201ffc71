/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema.c: the declaration of the tables, made from store/columns.c, and their versions.
 *
 * The comments are part of what SQLite keeps, so ".schema" in the sqlite3 shell is the manual of
 * a file at hand. Views join what people ask for most; the program itself reads the tables.
 */
#include "store/schema.h"

#include "base/buf.h"
#include "base/mem.h"

/* A call that went well at its first try has no row in attempt_kept: its own columns say all.
 * The view puts both together. */
#define ATTEMPT_VIEW                                                                           \
    "CREATE VIEW attempt AS -- every HTTP try\n"                                               \
    "  SELECT call, number, http_status, outcome, message, retry_after_ns, permit_wait_ns,\n"  \
    "         backoff_before_ns, start_ns, connect_ns, first_byte_ns, total_ns, lost,\n"       \
    "         cost_upper_nanousd, protocol, tls_ns\n"                                          \
    "    FROM attempt_kept\n"                                                                  \
    "  UNION ALL\n"                                                                            \
    "  SELECT call, 1, http_status, outcome, message, NULL, permit_wait_ns,\n"                 \
    "         0, start_ns, connect_ns, first_byte_ns, connect_ns + provider_ns, 0, 0,\n"       \
    "         protocol, tls_ns\n"                                                              \
    "    FROM call WHERE source = 'sent' AND attempts = 1\n"                                   \
    "     AND NOT EXISTS (SELECT 1 FROM attempt_kept k WHERE k.call = call.call);\n"

/* A step or score that says what its cell's row says has none in step_kept or score_kept
 * (store/repeats.h). The views put both together. */
#define STEP_VIEW                                                                              \
    "CREATE VIEW step AS -- every step of finished cells\n"                                    \
    "  SELECT step, cell, ordinal, node, path, parent, outcome, kind, message, start_ns,\n"    \
    "         end_ns, calls, sent, cached, unsent, attempts, input_tokens,\n"                  \
    "         cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,\n"       \
    "         unknown_usage_calls, cost_nanousd, unknown_cost_calls, lost_attempts,\n"         \
    "         cost_upper_nanousd, permit_wait_ns, backoff_ns, store_wait_ns, connect_ns,\n"    \
    "         provider_ns, value, note, role\n"                                                \
    "    FROM step_kept\n"                                                                     \
    "  UNION ALL\n"                                                                            \
    "  SELECT -1 - cell, cell, 0, only_node, '.', NULL, 'ok', NULL, NULL, 0,\n"                \
    "         latency_ns, calls, sent, cached, unsent, attempts, input_tokens,\n"              \
    "         cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,\n"       \
    "         unknown_usage_calls, cost_nanousd, unknown_cost_calls, lost_attempts,\n"         \
    "         cost_upper_nanousd, permit_wait_ns, backoff_ns, store_wait_ns, connect_ns,\n"    \
    "         provider_ns, NULL, NULL, 'step'\n"                                               \
    "    FROM cell WHERE only_node IS NOT NULL;\n"
#define SCORE_VIEW                                                                             \
    "CREATE VIEW score AS -- everything scorers said\n"                                        \
    "  SELECT cell, name, path, value, pass, weight, reason, ungraded, agreement, calls,\n"    \
    "         sent, cached, unsent, attempts, input_tokens, cache_read_tokens,\n"              \
    "         cache_write_tokens, output_tokens, reasoning_tokens, unknown_usage_calls,\n"     \
    "         cost_nanousd, unknown_cost_calls, lost_attempts, cost_upper_nanousd,\n"          \
    "         work_ns, instances, question, answer\n"                                          \
    "    FROM score_kept\n"                                                                    \
    "  UNION ALL\n"                                                                            \
    "  SELECT cell, only_score, NULL, score, correct, 1.0, NULL, 0, NULL, 0,\n"                \
    "         0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL\n"                 \
    "    FROM cell WHERE only_score IS NOT NULL;\n"
#define STEP_NAMED_VIEW                                                                        \
    "CREATE VIEW step_named AS -- steps with the names of variant and node\n"                  \
    "  SELECT v.name AS variant_name, n.variant, n.path AS node_path, n.pattern, step.*\n"     \
    "    FROM step JOIN node n USING (node) JOIN variant v USING (variant);\n"

static const char views[] = ATTEMPT_VIEW STEP_VIEW SCORE_VIEW STEP_NAMED_VIEW
    "CREATE VIEW cell_named AS -- cells with the names of variant and sample\n"
    "  SELECT v.name AS variant_name, s.id AS sample_id, cell.*\n"
    "    FROM cell JOIN variant v USING (variant) JOIN sample s USING (sample);\n";

static const char indexes[] =
    "CREATE UNIQUE INDEX IF NOT EXISTS cell_by_number ON cell(cell);\n"
    "CREATE UNIQUE INDEX IF NOT EXISTS cell_by_place ON cell(variant, sample, trial);\n"
    "CREATE INDEX IF NOT EXISTS call_by_cell ON call(cell, source, attempts, role, "
    "superseded);\n"
    "CREATE INDEX IF NOT EXISTS command_by_cell ON command(cell);\n"
    "CREATE INDEX IF NOT EXISTS step_by_cell ON step_kept(cell);\n"
    "CREATE INDEX IF NOT EXISTS score_by_cell ON score_kept(cell);\n"
    "CREATE INDEX IF NOT EXISTS verdict_by_cell ON verdict(cell);\n"
    "CREATE INDEX IF NOT EXISTS attempt_by_call ON attempt_kept(call);\n";

/* What schema_write makes is the newest version. A migration repeats in SQL what a new row in
 * store/columns.c says, for files that exist already. */
static const struct migration migrations[] = {
    {1, ""},
    {2, "ALTER TABLE run ADD COLUMN rate REAL; ALTER TABLE run ADD COLUMN arrivals TEXT;"
        " ALTER TABLE run ADD COLUMN setup_calls INTEGER;"
        " ALTER TABLE run ADD COLUMN setup_tokens INTEGER;"
        " ALTER TABLE run ADD COLUMN setup_nanousd INTEGER;"
        " ALTER TABLE cell ADD COLUMN late_ns INTEGER"},
    {3, "ALTER TABLE call ADD COLUMN known_nanousd INTEGER;"
        " ALTER TABLE run ADD COLUMN experiment_hash TEXT;"
        " ALTER TABLE run ADD COLUMN scored_from TEXT;"
        " ALTER TABLE run ADD COLUMN shard INTEGER; ALTER TABLE run ADD COLUMN shards INTEGER;"
        " ALTER TABLE sample ADD COLUMN place INTEGER;"
        " ALTER TABLE call ADD COLUMN role TEXT;"
        " ALTER TABLE step ADD COLUMN role TEXT;"
        " ALTER TABLE score ADD COLUMN ungraded INTEGER;"
        " ALTER TABLE score ADD COLUMN agreement REAL;"
        " ALTER TABLE score ADD COLUMN calls INTEGER;"
        " ALTER TABLE score ADD COLUMN sent INTEGER;"
        " ALTER TABLE score ADD COLUMN cached INTEGER;"
        " ALTER TABLE score ADD COLUMN unsent INTEGER;"
        " ALTER TABLE score ADD COLUMN attempts INTEGER;"
        " ALTER TABLE score ADD COLUMN input_tokens INTEGER;"
        " ALTER TABLE score ADD COLUMN cache_read_tokens INTEGER;"
        " ALTER TABLE score ADD COLUMN cache_write_tokens INTEGER;"
        " ALTER TABLE score ADD COLUMN output_tokens INTEGER;"
        " ALTER TABLE score ADD COLUMN reasoning_tokens INTEGER;"
        " ALTER TABLE score ADD COLUMN unknown_usage_calls INTEGER;"
        " ALTER TABLE score ADD COLUMN cost_nanousd INTEGER;"
        " ALTER TABLE score ADD COLUMN unknown_cost_calls INTEGER;"
        " ALTER TABLE score ADD COLUMN lost_attempts INTEGER;"
        " ALTER TABLE score ADD COLUMN cost_upper_nanousd INTEGER;"
        " ALTER TABLE score ADD COLUMN work_ns INTEGER;"
        " ALTER TABLE call ADD COLUMN protocol TEXT; ALTER TABLE call ADD COLUMN tls_ns INTEGER;"
        " ALTER TABLE attempt_kept ADD COLUMN protocol TEXT;"
        " ALTER TABLE attempt_kept ADD COLUMN tls_ns INTEGER;"
        " ALTER TABLE run ADD COLUMN replayed TEXT;"
        " ALTER TABLE call ADD COLUMN superseded INTEGER;"
        " ALTER TABLE call ADD COLUMN cache_endpoint TEXT;"
        " ALTER TABLE run ADD COLUMN superseded_calls INTEGER;"
        " ALTER TABLE run ADD COLUMN superseded_nanousd INTEGER;"
        " CREATE TABLE command(command INTEGER PRIMARY KEY, cell INTEGER, path TEXT,"
        " repeat INTEGER, request_hash TEXT, program TEXT, outcome TEXT, exit_code INTEGER,"
        " exit_signal INTEGER, reason TEXT, time_ns INTEGER, cpu_ns INTEGER, output INTEGER,"
        " errors INTEGER, superseded INTEGER);"
        " CREATE TABLE file(file INTEGER PRIMARY KEY, path TEXT, role TEXT, hash TEXT,"
        " text INTEGER);"
        " DROP VIEW attempt; " ATTEMPT_VIEW},
    {4, "ALTER TABLE score ADD COLUMN instances TEXT;"
        " ALTER TABLE call ADD COLUMN max_tokens INTEGER;"
        " ALTER TABLE score ADD COLUMN question INTEGER;"
        " ALTER TABLE score ADD COLUMN answer INTEGER;"
        " CREATE TABLE verdict(cell INTEGER, name TEXT, path TEXT, opponent INTEGER,"
        " repeat INTEGER, value REAL, reason TEXT);"
        " ALTER TABLE sample ADD COLUMN hash TEXT;"
        " ALTER TABLE sample ADD COLUMN metadata INTEGER;"
        " ALTER TABLE sample ADD COLUMN perturbation TEXT;"
        " ALTER TABLE sample ADD COLUMN original INTEGER;"
        " ALTER TABLE cell ADD COLUMN answer INTEGER;"
        " ALTER TABLE cell ADD COLUMN shape TEXT"},
    {5, "ALTER TABLE command ADD COLUMN start_ns INTEGER"},
    {6, "DROP VIEW step_named;"
        " ALTER TABLE step RENAME TO step_kept; ALTER TABLE score RENAME TO score_kept;"
        " ALTER TABLE cell ADD COLUMN only_node INTEGER;"
        " ALTER TABLE cell ADD COLUMN only_score TEXT; " STEP_VIEW SCORE_VIEW STEP_NAMED_VIEW},
};

static const char *declared_type(const struct column *column)
{
    switch (column->type) {
    case COLUMN_INT:
    case COLUMN_INT_OR_NO:
    case COLUMN_BOOL:
    case COLUMN_BODY:
        return "INTEGER";
    case COLUMN_REAL:
        return "REAL";
    case COLUMN_TEXT:
    case COLUMN_PROSE:
    case COLUMN_NAME:
    case COLUMN_BYTES:
        break;
    }
    return "TEXT";
}

static void write_line(struct buf *sql, const char *declaration, const char *comment, bool last)
{
    buf_printf(sql, "  %s%s%s%s\n", declaration, last ? "" : ",", *comment ? " -- " : "",
               comment);
}

void schema_write_table(struct buf *sql, const struct table *table)
{
    struct buf line = {0};
    buf_printf(sql, "CREATE TABLE %s( -- %s\n", table->name, table->comment);
    if (table->key) {
        buf_printf(&line, "%s INTEGER PRIMARY KEY", table->key);
        write_line(sql, line.p, table->key_comment, false);
    }
    for (size_t i = 0; i < table->columns; i++) {
        const struct column *column = &table->column[i];
        buf_clear(&line);
        buf_printf(&line, "%s %s", column->name, declared_type(column));
        write_line(sql, line.p, column->comment, i + 1 == table->columns);
    }
    buf_printf(sql, ");\n");
    buf_release(&line);
}

void schema_write(struct buf *sql)
{
    for (size_t i = 0; i < TABLES; i++)
        schema_write_table(sql, &tables[i]);
    buf_add_str(sql, STR(views));
}

int schema_create(struct db *db, struct err *err)
{
    struct buf sql = {0};
    buf_printf(&sql, "BEGIN;\nPRAGMA application_id=%d;\nPRAGMA user_version=%d;\n",
               SCHEMA_APPLICATION, SCHEMA_VERSION);
    schema_write(&sql);
    buf_printf(&sql, "COMMIT");
    int result = db_exec(db, sql.p, err);
    buf_release(&sql);
    return result;
}

int schema_check(struct db *db, struct err *err)
{
    int64_t application, version;
    if (db_int(db, "PRAGMA application_id", 0, &application, err) < 0 ||
        db_int(db, "PRAGMA user_version", 0, &version, err) < 0)
        return -1;
    if (application != SCHEMA_APPLICATION || version < 1)
        return err_set(err, ERR_INPUT,
                       "%s: not a run of weir; expected the file of a run, or its ID",
                       db->path);
    if (version > SCHEMA_VERSION)
        return err_set(err, ERR_INPUT,
                       "%s: written by a newer weir (schema %lld, this one knows up to %d); "
                       "expected a weir "
                       "as new as that",
                       db->path, (long long)version, SCHEMA_VERSION);
    db->older = version < SCHEMA_VERSION;
    db->version = (int)version;
    return 0;
}

int schema_migrate(struct db *db, const struct migration *migration, size_t count,
                   struct err *err)
{
    int64_t version;
    if (db_int(db, "PRAGMA user_version", 0, &version, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (migration[i].version <= version)
            continue;
        struct buf sql = {0};
        buf_printf(&sql, "BEGIN IMMEDIATE;\n%s;\nPRAGMA user_version=%d;\nCOMMIT",
                   migration[i].sql, migration[i].version);
        int result = db_exec(db, sql.p, err);
        buf_release(&sql);
        if (result < 0) {
            db_exec(db, "ROLLBACK", NULL);
            return -1;
        }
    }
    return 0;
}

int schema_upgrade(struct db *db, struct err *err)
{
    if (schema_migrate(db, migrations, sizeof migrations / sizeof migrations[0], err) < 0)
        return -1;
    db->older = false;
    db->version = SCHEMA_VERSION;
    return 0;
}

int schema_index(struct db *db, struct err *err)
{
    return db_exec(db, indexes, err);
}
