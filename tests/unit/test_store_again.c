/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_store_again.c: runs opened again: older files brought up to date, failed cells and those of
 * edited variants made open, how far a run has come, and what is superseded.
 */
#include "unit/test_store.h"

#include "base/file.h"
#include "store/cache.h"
#include "store/schema.h"

#include <unistd.h>

/* ---- older files ---- */

static void make_old(const struct place *place, int version)
{
    struct arena arena = {0};
    struct err err = {0};
    str sql;
    str path = arena_printf(&arena, TEST_SOURCE_DIR "/tests/data/store-%d.sql", version);
    assert_good(file_read(&arena, path.p, 1 << 20, &sql, &err), &err);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql.p, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("version %d: %s", version, sqlite3_errmsg(db));
    sqlite3_close(db);
    arena_release(&arena);
}

static int count_row(void *arg, const struct store_call *call)
{
    assert_int_equal(call->known_nanousd, 0);
    assert_int_equal(call->tls_ns, -1);
    assert_false(call->superseded);
    assert_int_equal(call->role, STORE_STEP);
    return ++*(int *)arg, 0;
}

static int no_command(void *arg, const struct store_command *command)
{
    (void)arg, (void)command;
    fail_msg("an old file has no programs");
    return -1;
}

static void check_old(struct store *store)
{
    struct err err = {0};
    size_t variants, samples, files;
    int calls = 0;
    assert_int_equal(store_run_row(store)->cells, 4);
    assert_int_equal(store_run_row(store)->shards, 0);
    assert_true(isnan(store_run_row(store)->rate));
    assert_str(store_run_row(store)->experiment_hash, STR(""));
    store_variants(store, &variants);
    store_samples(store, &samples);
    store_files(store, &files);
    assert_int_equal(variants, 2);
    assert_int_equal(samples, 2);
    assert_int_equal(files, 0);
    assert_good(store_each_call(store, STORE_EVERY, count_row, &calls, &err), &err);
    assert_int_equal(calls, 3);
    assert_good(store_each_command(store, STORE_EVERY, no_command, NULL, &err), &err);
    assert_good(store_each_command(store, 0, no_command, NULL, &err), &err);
}

static void go_on_with_old(const struct place *place)
{
    struct err err = {0};
    struct store *store;
    assert_good(resume_stored(&store, place->path, &err), &err);
    for (int64_t number = 1; number <= 3; number += 2) {
        struct store_cell cell = test_cell(number);
        if (number == 1) {
            struct store_call call = test_call(1);
            call.role = STORE_ROUTER;
            store_write_call(store, &call, NULL, NULL);
        }
        cell.variant = 1;
        cell.sample = number / 2;
        cell.trial = 1;
        cell.attempts = number == 3 ? 2 : 1;
        cell.retries = number == 3;
        store_write_cell(store, &cell, NULL, NULL);
    }
    test_finish(store, STORE_FINISHED);
}

/* Protects runs that cost money: files of every older schema are read as they are, without being
 * changed, and gone on with; what they lack is unknown. */
static void test_older(void **state)
{
    struct place *place = *state;
    for (int version = 1; version <= 5; version++) {
        make_old(place, version);
        struct store *store = test_open(place);
        check_old(store);
        store_close(store);
        assert_int_equal(test_sql(place->path, "PRAGMA user_version"), version);
        go_on_with_old(place);
        assert_int_equal(test_sql(place->path, "PRAGMA user_version"), SCHEMA_VERSION);
        assert_int_equal(test_sql(place->path, "SELECT setup_calls FROM run"), 0);
        assert_int_equal(test_sql(place->path, "SELECT count(*) FROM attempt"), 5);
        store = test_open(place);
        assert_int_equal(store_run_row(store)->state, STORE_FINISHED);
        store_close(store);
        place_clear(place);
    }
}

/* Protects runs of schema 3 with judges and superseded calls: they add up as they did then. */
static void test_older_judges(void **state)
{
    struct place *place = *state;
    sqlite3 *db;
    make_old(place, 3);
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    static const char more[] =
        "INSERT INTO call(cell, source, attempts, role) VALUES(0, 'sent', 2, 'judge');"
        "UPDATE score SET calls = 1, sent = 1, cached = 0, unsent = 0, attempts = 2"
        " WHERE cell = 0;"
        "INSERT INTO call(cell, source, attempts, superseded) VALUES(0, 'sent', 1, 1);";
    assert_int_equal(sqlite3_exec(db, more, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    store_close(test_open(place));
}

static int count_command(void *arg, const struct store_command *command)
{
    assert_int_equal(command->start_ns, -1);
    assert_int_equal(command->time_ns, 7);
    return ++*(int *)arg, 0;
}

/* Protects runs of schema 4 with programs: when those began is unknown, before and after it is
 * brought up to date, and not at the cell's start. */
static void test_older_programs(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct store *store;
    sqlite3 *db;
    make_old(place, 4);
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "INSERT INTO command(cell, path, repeat, outcome, time_ns) "
                                  "VALUES(0, '.', 0, 'ok', 7)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    for (int k = 0; k < 2; k++) {
        int commands = 0;
        store = test_open(place);
        assert_good(store_each_command(store, 0, count_command, &commands, &err), &err);
        assert_int_equal(commands, 1);
        store_close(store);
        if (k == 0) {
            assert_good(resume_stored(&store, place->path, &err), &err);
            test_finish(store, STORE_INTERRUPTED);
        }
    }
    assert_int_equal(test_sql(place->path, "PRAGMA user_version"), SCHEMA_VERSION);
    assert_int_equal(test_sql(place->path, "SELECT start_ns IS NULL FROM command"), 1);
}

/* The columns that a migrated file has, against those of a new one. */
static int64_t count_columns(const char *path)
{
    return test_sql(path, "SELECT count(*) FROM sqlite_master m, pragma_table_info(m.name) c"
                          " WHERE m.type IN ('table', 'view')");
}

/* Protects against a column that was added to the tables and to no migration. */
static void test_migrated_is_new(void **state)
{
    struct place *place = *state;
    struct store *store = test_create(place, 4);
    test_finish(store, STORE_INTERRUPTED);
    int64_t wanted = count_columns(place->path);
    for (int version = 1; version <= 5; version++) {
        struct err err = {0};
        place_clear(place);
        make_old(place, version);
        assert_good(resume_stored(&store, place->path, &err), &err);
        test_finish(store, STORE_INTERRUPTED);
        assert_int_equal(count_columns(place->path), wanted);
    }
}

static int64_t count_cached_columns(const char *path)
{
    return test_sql(path, "SELECT count(*) FROM sqlite_master m, pragma_table_info(m.name) c"
                          " WHERE m.name IN ('call', 'attempt_kept', 'body')");
}

/* Protects caches that cost money, and those who read them: the version that a cache's file has is
 * that of the schema whose columns it has, and no later one. */
static void test_cache_has_its_version(void **state)
{
    struct place *place = *state;
    struct arena arena = {0};
    struct err err = {0};
    struct cache *cache;
    struct cache_options options = {.path = arena_printf(&arena, "%s.cache", place->path).p};
    assert_good(cache_open(&cache, &options, &err), &err);
    cache_close(cache);
    int64_t columns = count_cached_columns(options.path);
    int version = (int)test_sql(options.path, "PRAGMA user_version");
    unlink(options.path);
    make_old(place, version - 1);
    assert_true(count_cached_columns(place->path) < columns);
    place_clear(place);
    make_old(place, version);
    assert_int_equal(count_cached_columns(place->path), columns);
    place_clear(place);
    test_finish(test_create(place, 4), STORE_INTERRUPTED);
    assert_int_equal(count_cached_columns(place->path), columns);
    arena_release(&arena);
}

/* ---- what runs again ---- */

/* Four cells: 0 went well, 1 failed after a good call, 2 has calls only, 3 has nothing. */
static void make_part(const struct place *place)
{
    struct store *store = test_create(place, 4);
    struct store_cell cell = test_cell(0);
    struct store_call call = test_call(0);
    store_write_call(store, &call, NULL, NULL);
    store_write_cell(store, &cell, NULL, NULL);
    call = test_call(1);
    store_write_call(store, &call, NULL, NULL);
    call.repeat = 1;
    call.outcome = STR("server");
    store_write_call(store, &call, NULL, NULL);
    cell = test_cell(1);
    cell.status = STORE_ERROR;
    cell.correct = -1;
    cell.calls = cell.sent = cell.attempts = 2;
    store_write_cell(store, &cell, NULL, NULL);
    call = test_call(2);
    call.cost_nanousd = 7;
    call.tokens = (struct store_tokens){10, 0, 0, 5, 0};
    store_write_call(store, &call, NULL, NULL);
    struct store_command command = {
        .cell = 2, .path = STR("a"), .outcome = STR("ok"), .output.text = STR("out")};
    store_write_command(store, &command, NULL, NULL);
    call = test_call(-1);
    store_write_call(store, &call, NULL, NULL);
    test_finish(store, STORE_INTERRUPTED);
}

static struct store_progress read_progress(const struct place *place, struct arena *arena)
{
    struct err err = {0};
    struct store_progress progress;
    struct store *store = test_open(place);
    assert_good(store_read_progress(store, false, arena, &progress, &err), &err);
    store_close(store);
    return progress;
}

/* Protects resumes: what is done, what is open, and what was spent, the set-up's part too. */
static void test_progress(void **state)
{
    struct place *place = *state;
    struct arena arena = {0};
    make_part(place);
    struct store_progress progress = read_progress(place, &arena);
    assert_true(progress.done[0] && progress.done[1]);
    assert_false(progress.done[2] || progress.done[3]);
    assert_int_equal(progress.cells, 2);
    assert_int_equal(progress.ok, 1);
    assert_int_equal(progress.errors, 1);
    assert_int_equal(progress.open_calls, 1);
    assert_int_equal(progress.call[0].cell, 2);
    assert_int_equal(progress.open_commands, 1);
    assert_int_equal(progress.command[0].cell, 2);
    assert_int_equal(progress.setup_calls, 1);
    assert_int_equal(progress.calls, 5);
    assert_int_equal(progress.sent, 5);
    assert_int_equal(progress.tokens, 15);
    assert_int_equal(progress.nanousd, 7);
    arena_release(&arena);
}

static struct store *reopen(const struct place *place, const struct store_again *again)
{
    struct err err = {0};
    struct store *store;
    assert_good(store_reopen(&store, place->path, again, &err), &err);
    return store;
}

/* Protects --retry-errors: failed cells are open again, good calls stay theirs, the others are
 * superseded, and what they cost is in the run's row. */
static void test_errors_again(void **state)
{
    struct place *place = *state;
    struct arena arena = {0};
    const struct store_again again = {.errors = true};
    make_part(place);
    test_sql(place->path, "UPDATE call SET cost_nanousd = 11 WHERE outcome = 'server'");
    test_finish(reopen(place, &again), STORE_INTERRUPTED);
    struct store_progress progress = read_progress(place, &arena);
    assert_false(progress.done[1]);
    assert_int_equal(progress.open_calls, 2);
    assert_int_equal(progress.call[0].cell, 1);
    assert_int_equal(test_sql(place->path, "SELECT superseded_calls FROM run"), 1);
    assert_int_equal(test_sql(place->path, "SELECT superseded_nanousd FROM run"), 11);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM step WHERE cell = 1"), 0);
    arena_release(&arena);
}

/* Protects --keep: cells of one variant are open again, with all their calls, and the definition is
 * the new one. */
static void test_variants_again(void **state)
{
    struct place *place = *state;
    struct arena arena = {0};
    const int64_t variant = 0;
    const struct store_file file = {STR("a.md"), STR("prompt"), STR("h"), {STR("new"), 0}};
    const struct store_plan plan = {.file = &file, .files = 1};
    const struct store_run edited = {.definition = STR("{\"new\":1}"),
                                     .experiment_hash = STR("e")};
    const struct store_again again = {
        .variant = &variant, .variants = 1, .edited = &edited, .plan = &plan};
    make_part(place);
    test_finish(reopen(place, &again), STORE_INTERRUPTED);
    struct store_progress progress = read_progress(place, &arena);
    assert_false(progress.done[0]);
    assert_true(progress.done[1]);
    assert_int_equal(progress.open_calls, 2);
    struct store *store = test_open(place);
    size_t files;
    assert_str(store_run_row(store)->definition, STR("{\"new\":1}"));
    assert_str(store_files(store, &files)[0].path, STR("a.md"));
    assert_int_equal(files, 1);
    store_close(store);
    arena_release(&arena);
}

/* Protects cells that start again: what they had is theirs no more. */
static void test_supersede(void **state)
{
    struct place *place = *state;
    struct arena arena = {0};
    make_part(place);
    const struct store_again again = {0};
    struct store *store = reopen(place, &again);
    struct waiter waiter = WAITER;
    struct store_call call = test_call(2);
    store_supersede(store, 2, waiter_done, &waiter);
    waiter_wait(&waiter, 1);
    store_write_call(store, &call, NULL, NULL);
    test_finish(store, STORE_INTERRUPTED);
    struct store_progress progress = read_progress(place, &arena);
    assert_int_equal(progress.open_calls, 1);
    assert_int_equal(progress.call[0].number,
                     test_sql(place->path, "SELECT max(call) FROM call"));
    assert_int_equal(progress.open_commands, 0);
    assert_int_equal(progress.calls, 6);
    arena_release(&arena);
}

/* Protects runs over large documents: a text that goes from step to step is stored once. */
static void test_large_once(void **state)
{
    struct place *place = *state;
    struct arena arena = {0};
    char *large = arena_alloc(&arena, 5000);
    memset(large, 'a', 5000);
    struct store *store = test_create(place, 4);
    for (int i = 0; i < 3; i++) {
        struct store_call call = test_call(i);
        call.reply.text = (str){large, 5000 - (i == 2)};
        store_write_call(store, &call, NULL, NULL);
    }
    test_finish(store, STORE_INTERRUPTED);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM body WHERE size > 4000"), 2);
    assert_int_equal(test_sql(place->path, "SELECT count(DISTINCT reply) FROM call"), 2);
    assert_int_equal(
        test_sql(place->path, "SELECT size FROM call JOIN body ON body = reply WHERE cell = 1"),
        5000);
    arena_release(&arena);
}

/* Protects the wall time of a run: a part that was killed counts to the end of its last cell. */
static void test_killed_wall(void **state)
{
    struct place *place = *state;
    make_old(place, 2);
    struct err err = {0};
    struct store *store;
    assert_good(resume_stored(&store, place->path, &err), &err);
    store_abandon(store);
    assert_int_equal(test_sql(place->path, "SELECT wall_ns FROM run"), 540);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, place_make, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_older),           TEST(test_older_judges),
        TEST(test_older_programs),  TEST(test_cache_has_its_version),
        TEST(test_migrated_is_new), TEST(test_progress),
        TEST(test_errors_again),    TEST(test_variants_again),
        TEST(test_supersede),       TEST(test_killed_wall),
        TEST(test_large_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
