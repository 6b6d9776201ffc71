/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cache.c: replies of earlier runs in a file of their own (see cache.h).
 *
 * Calls, attempts and bodies lie in the tables that a run's file has (store/columns.c); table
 * `entry` says whose they are. A put is one transaction; a find reads in one, so that what
 * another process forgets meanwhile is there as a whole or not at all.
 */
#include "store/cache_inside.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/schema.h"

enum {
    CACHE_APPLICATION = 0x77656963, /* "weic" */
    /* The schema that last changed tables which a cache has: what was paid for outlives others. */
    CACHE_VERSION = 4,
    TRIM_EVERY = 1000, /* puts */
};

/* clang-format off */
#define ENTRY(column, kind, field, comment) {column, kind, offsetof(struct cache_entry, field), comment, NULL}
static const struct column entry_columns[] = {
    ENTRY("key", COLUMN_TEXT, key_hash, "hash of the parts"),
    ENTRY("endpoint", COLUMN_TEXT, key.endpoint, "who was asked: dialect and address"),
    ENTRY("request_hash", COLUMN_TEXT, key.request_hash, "what was asked"),
    ENTRY("variant", COLUMN_TEXT, key.variant, ""),
    ENTRY("sample", COLUMN_TEXT, key.sample, "its id"),
    ENTRY("trial", COLUMN_INT, key.trial, "from 1"),
    ENTRY("path", COLUMN_TEXT, key.path, "of the step"),
    ENTRY("role", COLUMN_TEXT, key.role, "work, or judge"),
    ENTRY("repeat", COLUMN_INT, key.repeat, "number within the step, from 0"),
    ENTRY("run", COLUMN_TEXT, run, "that wrote it, and does not hit it"),
    ENTRY("model", COLUMN_TEXT, model, "its name in the experiment"),
    ENTRY("created_wall_ns", COLUMN_INT, created_wall_ns, "since 1970, UTC"),
    ENTRY("used_wall_ns", COLUMN_INT, used_wall_ns, "hit last; 0: not yet"),
    ENTRY("uses", COLUMN_INT, uses, "hits"),
    ENTRY("size", COLUMN_INT, size, "bytes of both bodies"),
    ENTRY("cost_nanousd", COLUMN_INT_OR_NO, cost_nanousd, "what it cost once; NULL: unknown"),
};
const struct table cache_entries = {
    "entry", "what each call was made for", "call", "its row in call",
    offsetof(struct cache_entry, call), true, entry_columns, sizeof entry_columns / sizeof *entry_columns,
    NULL};
/* clang-format on */

void cache_key_hash(const struct cache_key *key, char hex[33])
{
    const str parts[] = {key->endpoint, key->request_hash, key->variant,
                         key->sample,   key->path,         key->role};
    struct hash128 hash = hash_add((struct hash128){0}, STR("weir cache 1"));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        hash = hash_add(hash, parts[i]);
    hash = hash_add_int(hash, (uint64_t)key->trial);
    hash_hex(hash_add_int(hash, (uint64_t)key->repeat), hex);
}

/* --- statements ---------------------------------------------------------------------------- */

static sqlite3_stmt *prepare(struct cache *cache, enum cache_statement which, struct err *err)
{
    struct db *db = &cache->db;
    switch (which) {
    case CACHE_FIND_ENTRY:
        return db_prepare_select(db, &cache_entries, "WHERE key = ?", err);
    case CACHE_FIND_CALL:
        return db_prepare_select(db, &tables[TABLE_CALL], "WHERE call = ?", err);
    case CACHE_FIND_ATTEMPTS:
        return db_prepare_select(db, &tables[TABLE_ATTEMPT], "WHERE call = ? ORDER BY 1", err);
    case CACHE_FIND_BODY:
        return db_prepare_select(db, &tables[TABLE_BODY], "WHERE body = ?", err);
    case CACHE_USED:
        return db_prepare(
            db, "UPDATE entry SET used_wall_ns = ?1, uses = uses + 1 WHERE call = ?2", err);
    case CACHE_FORGET:
        return db_prepare(db, "DELETE FROM entry WHERE call = ?1", err);
    case CACHE_ADD_ENTRY:
        return db_prepare_insert(db, &cache_entries, err);
    case CACHE_ADD_CALL:
        return db_prepare_insert(db, &tables[TABLE_CALL], err);
    case CACHE_ADD_ATTEMPT:
        return db_prepare_insert(db, &tables[TABLE_ATTEMPT], err);
    case CACHE_ADD_BODY:
        return db_prepare_insert(db, &tables[TABLE_BODY], err);
    case CACHE_STATEMENTS:
        break;
    }
    return NULL;
}

/* The statement, made when it is first asked for, ready for values; NULL with err set. */
static sqlite3_stmt *statement_of(struct cache *cache, enum cache_statement which,
                                  struct err *err)
{
    sqlite3_stmt **statement = &cache->statement[which];
    if (!*statement)
        *statement = prepare(cache, which, err);
    if (*statement)
        sqlite3_reset(*statement);
    return *statement;
}

int cache_call(struct cache *cache, int64_t number, struct arena *arena,
               struct store_call *call, struct err *err)
{
    sqlite3_stmt *rows = statement_of(cache, CACHE_FIND_CALL, err);
    if (!rows)
        return -1;
    sqlite3_bind_int64(rows, 1, number);
    int more = db_next(&cache->db, rows, &tables[TABLE_CALL], call, err);
    if (more > 0)
        db_read_keep(arena, &tables[TABLE_CALL], call);
    sqlite3_reset(rows);
    return more;
}

int cache_body(struct cache *cache, int64_t number, struct arena *arena, str *text,
               struct err *err)
{
    struct body_row body;
    *text = STR("");
    if (number == 0)
        return 1;
    sqlite3_stmt *rows = statement_of(cache, CACHE_FIND_BODY, err);
    if (!rows)
        return -1;
    sqlite3_bind_int64(rows, 1, number);
    int more = db_next(&cache->db, rows, &tables[TABLE_BODY], &body, err);
    if (more > 0)
        *text = arena_str(arena, body.bytes);
    sqlite3_reset(rows);
    return more;
}

/* --- life ---------------------------------------------------------------------------------- */

static int make_tables(struct db *db, struct err *err)
{
    struct buf sql = {0};
    static const enum table_id kept[] = {TABLE_CALL, TABLE_ATTEMPT, TABLE_BODY};
    buf_printf(&sql, "PRAGMA application_id=%d;\nPRAGMA user_version=%d;\n", CACHE_APPLICATION,
               CACHE_VERSION);
    schema_write_table(&sql, &cache_entries);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        schema_write_table(&sql, &tables[kept[i]]);
    buf_add_str(&sql, STR("CREATE UNIQUE INDEX entry_by_key ON entry(key);\n"
                          "CREATE INDEX entry_by_use ON entry(max(created_wall_ns,"
                          " used_wall_ns), size);\n"
                          "CREATE INDEX attempt_by_call ON attempt_kept(call);\n"
                          "CREATE TRIGGER forget AFTER DELETE ON entry BEGIN\n"
                          "  DELETE FROM body WHERE body IN"
                          " (SELECT request FROM call WHERE call = old.call"
                          " UNION ALL SELECT reply FROM call WHERE call = old.call);\n"
                          "  DELETE FROM attempt_kept WHERE call = old.call;\n"
                          "  DELETE FROM call WHERE call = old.call;\n"
                          "END"));
    int result = db_exec(db, sql.p, err);
    buf_release(&sql);
    return result;
}

/* The columns are those of this weir: a file of an earlier one with others is made anew. */
static int use_tables(struct db *db, struct err *err)
{
    int64_t application, version, made;
    if (db_int(db, "PRAGMA application_id", 0, &application, err) < 0 ||
        db_int(db, "PRAGMA user_version", 0, &version, err) < 0 ||
        db_int(db, "SELECT count(*) FROM sqlite_schema", 0, &made, err) < 0)
        return -1;
    if (made && application != CACHE_APPLICATION)
        return err_set(err, ERR_INPUT,
                       "%s: not a cache of weir; move it away, and a new one is made",
                       db->path);
    if (version > CACHE_VERSION)
        return err_set(err, ERR_INPUT,
                       "%s: a newer weir's cache; use that weir, or move the file away",
                       db->path);
    if (made && version == CACHE_VERSION)
        return 0;
    if (made && db_exec(db,
                        "DROP TABLE entry; DROP TABLE call; DROP TABLE attempt_kept;"
                        " DROP TABLE body",
                        err) < 0)
        return -1;
    return make_tables(db, err);
}

static int open_file(struct cache *cache, struct err *err)
{
    struct db *db = &cache->db;
    if (db_open(db, cache->options.path, DB_CREATE, err) < 0 ||
        db_exec(db, "PRAGMA auto_vacuum=INCREMENTAL", err) < 0)
        return -1;
    /* SQLite waits for no lock when it changes the mode, and two runs may begin at once. */
    for (int tries = 200; db_exec(db, "PRAGMA journal_mode=WAL", err) < 0; tries--) {
        if (sqlite3_errcode(db->handle) != SQLITE_BUSY || tries == 0)
            return -1;
        sqlite3_sleep(10);
    }
    if (db_exec(db, "PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE", err) < 0)
        return -1;
    if (use_tables(db, err) == 0 && db_exec(db, "COMMIT", err) == 0)
        return 0;
    db_exec(db, "ROLLBACK", NULL);
    return -1;
}

int cache_open(struct cache **cache_out, const struct cache_options *options, struct err *err)
{
    struct cache *cache = xcalloc(1, sizeof *cache);
    struct err failed = {0};
    cache->options = *options;
    cache->options.path = arena_str(&cache->arena, str_from(options->path)).p;
    pthread_mutex_init(&cache->lock, NULL);
    *cache_out = cache;
    if (open_file(cache, &failed) == 0)
        return 0;
    *err = failed;
    cache->options.most_bytes = 0;
    cache_close(cache);
    *cache_out = NULL;
    return -1;
}

void cache_set_run(struct cache *cache, str run)
{
    cache->run = arena_str(&cache->arena, run);
}

void cache_close(struct cache *cache)
{
    if (!cache)
        return;
    if (cache->puts)
        cache_trim(cache, NULL);
    for (size_t i = 0; i < CACHE_STATEMENTS; i++)
        sqlite3_finalize(cache->statement[i]);
    db_close(&cache->db);
    pthread_mutex_destroy(&cache->lock);
    arena_release(&cache->scratch);
    arena_release(&cache->arena);
    xfree(cache);
}

/* --- finding ------------------------------------------------------------------------------- */

static int find_entry(struct cache *cache, const struct cache_key *key, struct arena *arena,
                      struct cache_entry *entry, struct err *err)
{
    char hex[33];
    cache_key_hash(key, hex);
    sqlite3_stmt *rows = statement_of(cache, CACHE_FIND_ENTRY, err);
    if (!rows)
        return -1;
    sqlite3_bind_text(rows, 1, hex, 32, SQLITE_STATIC);
    int more = db_next(&cache->db, rows, &cache_entries, entry, err);
    if (more > 0)
        db_read_keep(arena, &cache_entries, entry);
    sqlite3_reset(rows);
    return more;
}

static int find_attempts(struct cache *cache, struct arena *arena, int64_t call,
                         struct cache_found *found, struct err *err)
{
    sqlite3_stmt *rows = statement_of(cache, CACHE_FIND_ATTEMPTS, err);
    if (!rows)
        return -1;
    sqlite3_bind_int64(rows, 1, call);
    size_t room = 0;
    struct store_attempt *attempt = NULL;
    int more;
    do {
        if (found->attempts == room) {
            size_t larger = room ? 2 * room : 4;
            attempt = arena_grow(arena, attempt, room, larger, sizeof *attempt);
            room = larger;
        }
        more =
            db_next(&cache->db, rows, &tables[TABLE_ATTEMPT], &attempt[found->attempts], err);
        if (more > 0)
            db_read_keep(arena, &tables[TABLE_ATTEMPT], &attempt[found->attempts++]);
    } while (more > 0);
    sqlite3_reset(rows);
    found->attempt = attempt;
    return more;
}

/* 1, 0, -1, within a transaction. */
static int find_all(struct cache *cache, const struct cache_key *key, struct arena *arena,
                    struct cache_found *found, int64_t *call, struct err *err)
{
    struct cache_entry entry = {0};
    int there = find_entry(cache, key, arena, &entry, err);
    if (there <= 0 || str_equal(entry.run, cache->run))
        return there < 0 ? -1 : 0;
    *call = entry.call;
    found->run = entry.run;
    there = cache_call(cache, entry.call, arena, &found->call, err);
    if (there <= 0)
        return there;
    if (find_attempts(cache, arena, entry.call, found, err) < 0)
        return -1;
    int request = cache_body(cache, found->call.request.id, arena, &found->request, err);
    int reply = cache_body(cache, found->call.reply.id, arena, &found->reply, err);
    return request < 0 || reply < 0 ? -1 : request && reply;
}

/* That it was used is worth no waiting for others. */
static void note_use(struct cache *cache, int64_t call)
{
    sqlite3_stmt *used = statement_of(cache, CACHE_USED, NULL);
    if (!used)
        return;
    sqlite3_bind_int64(used, 1, clock_wall_ns());
    sqlite3_bind_int64(used, 2, call);
    db_run(&cache->db, used, NULL);
}

int cache_find(struct cache *cache, const struct cache_key *key, struct arena *arena,
               struct cache_found *found, struct err *err)
{
    int64_t call = 0;
    *found = (struct cache_found){0};
    pthread_mutex_lock(&cache->lock);
    int there = db_exec(&cache->db, "BEGIN", err);
    if (there == 0) {
        there = find_all(cache, key, arena, found, &call, err);
        db_exec(&cache->db, "COMMIT", NULL);
    }
    if (there > 0)
        note_use(cache, call);
    pthread_mutex_unlock(&cache->lock);
    return there;
}

/* --- putting ------------------------------------------------------------------------------- */

static int add_row(struct cache *cache, enum cache_statement which, const struct table *table,
                   const void *record, struct err *err)
{
    sqlite3_stmt *insert = statement_of(cache, which, err);
    if (!insert)
        return -1;
    db_bind_row(insert, table, record, NULL, &cache->scratch);
    return db_run(&cache->db, insert, err);
}

static int add_body(struct cache *cache, struct store_text *text, struct err *err)
{
    text->id = 0;
    if (text->text.n == 0)
        return 0;
    struct body_row row = {.size = (int64_t)text->text.n, .bytes = text->text};
    if (add_row(cache, CACHE_ADD_BODY, &tables[TABLE_BODY], &row, err) < 0)
        return -1;
    text->id = sqlite3_last_insert_rowid(cache->db.handle);
    return 0;
}

/* Forgets the entry of a call with all that belongs to it; within a transaction. */
static int cache_forget(struct cache *cache, int64_t call, struct err *err)
{
    sqlite3_stmt *forget = statement_of(cache, CACHE_FORGET, err);
    if (!forget)
        return -1;
    sqlite3_bind_int64(forget, 1, call);
    return db_run(&cache->db, forget, err);
}

static int add_all(struct cache *cache, const struct cache_key *key,
                   const struct store_call *call, struct err *err)
{
    char hex[33];
    struct cache_entry old = {0}, entry = {.key = *key,
                                           .key_hash = {hex, 32},
                                           .run = cache->run,
                                           .model = call->model,
                                           .created_wall_ns = clock_wall_ns(),
                                           .cost_nanousd = call->cost_nanousd};
    cache_key_hash(key, hex);
    int there = find_entry(cache, key, &cache->scratch, &old, err);
    if (there < 0 || (there > 0 && cache_forget(cache, old.call, err) < 0))
        return -1;
    struct store_call row = *call;
    entry.size = (int64_t)(call->request.text.n + call->reply.text.n);
    if (add_body(cache, &row.request, err) < 0 || add_body(cache, &row.reply, err) < 0 ||
        add_row(cache, CACHE_ADD_CALL, &tables[TABLE_CALL], &row, err) < 0)
        return -1;
    entry.call = sqlite3_last_insert_rowid(cache->db.handle);
    for (int64_t i = 0; i < call->attempts && call->attempt; i++) {
        struct store_attempt attempt = call->attempt[i];
        attempt.call = entry.call;
        if (add_row(cache, CACHE_ADD_ATTEMPT, &tables[TABLE_ATTEMPT], &attempt, err) < 0)
            return -1;
    }
    return add_row(cache, CACHE_ADD_ENTRY, &cache_entries, &entry, err);
}

int cache_put(struct cache *cache, const struct cache_key *key, const struct store_call *call,
              struct err *err)
{
    pthread_mutex_lock(&cache->lock);
    int result = db_exec(&cache->db, "BEGIN IMMEDIATE", err);
    if (result == 0) {
        result = add_all(cache, key, call, err);
        if (result == 0)
            result = db_exec(&cache->db, "COMMIT", err);
        if (result < 0)
            db_exec(&cache->db, "ROLLBACK", NULL);
    }
    bool full = result == 0 && ++cache->puts % TRIM_EVERY == 0;
    arena_clear(&cache->scratch);
    pthread_mutex_unlock(&cache->lock);
    return full ? cache_trim(cache, err) : result;
}
