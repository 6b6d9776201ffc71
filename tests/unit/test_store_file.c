/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_store_file.c: a run as a file: one file when it is finished, locked while it is written,
 * versioned, and refused when its books do not balance.
 */
#include "test_store.h"

#include "base/arena.h"
#include "base/file.h"
#include "store/schema.h"

/* Cells 0 and 1 with a call each, and a finished run of them. */
static void make_run(const struct place *place, enum store_state state)
{
    struct store *store = test_create(place, 2);
    for (int64_t i = 0; i < 2; i++) {
        struct store_call call = test_call(i);
        struct store_cell cell = test_cell(i);
        store_write_call(store, &call, NULL, NULL);
        store_write_cell(store, &cell, NULL, NULL);
    }
    test_finish(store, state);
}

static void assert_refused(const struct place *place, enum err_kind kind, const char *words)
{
    struct store *store;
    struct err err = {0};
    assert_int_equal(store_open(&store, place->path, &err), -1);
    if (err.kind != kind || !strstr(err.message, words))
        fail_msg("expected \"%s\" in: %s", words, err.message);
}

/* Protects: a finished or interrupted run is one file that can be copied. */
static void test_one_file(void **state)
{
    struct place *place = *state;
    make_run(place, STORE_FINISHED);
    assert_int_equal(place_files(place), 1);
    store_close(test_open(place));
    assert_int_equal(place_files(place), 1);
    assert_int_equal(test_sql(place->path, "PRAGMA application_id"), 0x77656972);
    assert_int_equal(test_sql(place->path, "PRAGMA page_size"), 16384);
    place_clear(place);
    make_run(place, STORE_INTERRUPTED);
    assert_int_equal(place_files(place), 1);
}

/* Protects: a reader sees one moment of a run that goes on, and does not keep it from ending. */
static void test_reader_meanwhile(void **state)
{
    struct place *place = *state;
    struct waiter waiter = WAITER;
    struct err err = {0};
    struct store *store = test_create(place, 2);
    struct store_call call = test_call(0);
    store_write_call(store, &call, waiter_done, &waiter);
    waiter_wait(&waiter, 1);
    struct store *reader = test_open(place);
    assert_true(store_is_running(reader));
    store_write_call(store, &call, waiter_done, &waiter);
    waiter_wait(&waiter, 2);
    struct arena arena = {0};
    str text;
    assert_good(store_body(reader, 2, &arena, &text, &err), &err);    /* of the first call */
    assert_int_equal(store_body(reader, 5, &arena, &text, &err), -1); /* came later */
    store_close(reader);
    test_finish(store, STORE_INTERRUPTED);
    assert_int_equal(place_files(place), 1);
    arena_release(&arena);
}

/* Protects: a run that ends while it is read ends well, and is one file once nobody reads. */
static void test_read_while_ending(void **state)
{
    struct place *place = *state;
    struct store *store = test_create(place, 1);
    struct waiter waiter = WAITER;
    struct store_call call = test_call(0);
    store_write_call(store, &call, waiter_done, &waiter);
    waiter_wait(&waiter, 1);
    struct store *reader = test_open(place);
    struct store_cell cell = test_cell(0);
    store_write_cell(store, &cell, NULL, NULL);
    test_finish(store, STORE_FINISHED);
    assert_int_equal(store_run_row(reader)->state, STORE_OPEN);
    struct store *second = test_open(place);
    assert_int_equal(store_run_row(second)->state, STORE_FINISHED);
    store_close(second);
    store_close(reader);
    store_close(test_open(place));
    assert_int_equal(place_files(place), 1);
}

/* Protects: files that are no runs, or runs of a newer weir, are refused with a clear line. */
static void test_refused(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    assert_refused(place, ERR_INPUT, "no such run");
    assert_good(file_write(place->path, STR("This is no database, and not even short."), &err),
                &err);
    assert_refused(place, ERR_INPUT, "not a database");
    unlink(place->path);
    assert_good(file_write(place->path, STR(""), &err), &err);
    assert_refused(place, ERR_INPUT, "not a run of weir");
    unlink(place->path);
    test_sql(place->path, "CREATE TABLE call(x)");
    assert_refused(place, ERR_INPUT, "not a run of weir");
    unlink(place->path);
    make_run(place, STORE_INTERRUPTED);
    test_sql(place->path, "PRAGMA user_version = 99");
    assert_refused(place, ERR_INPUT, "newer weir (schema 99");
    struct store *store;
    assert_int_equal(resume_stored(&store, place->path, &err), -1);
    assert_non_null(strstr(err.message, "newer weir"));
}

/* Protects: an existing file is never written over. */
static void test_exists(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct store *store;
    struct store_run run = test_run(0);
    assert_good(file_write(place->path, STR("mine"), &err), &err);
    assert_int_equal(store_create(&store, place->path, &run, &test_plan, &err), -1);
    assert_int_equal(err.kind, ERR_INPUT);
    assert_int_equal(place_files(place), 1);
    struct place nowhere = {.path = "/nonexistent/folder/run.db"};
    assert_int_equal(store_create(&store, nowhere.path, &run, &test_plan, &err), -1);
    assert_int_equal(err.kind, ERR_INPUT);
}

/* Protects: numbered migrations run once, in order, and one that fails changes nothing. */
static void test_migrations(void **state)
{
    struct place *place = *state;
    static const struct migration good[] = {
        {SCHEMA_VERSION, "would fail"},
        {SCHEMA_VERSION + 1, "ALTER TABLE run ADD COLUMN two"},
        {SCHEMA_VERSION + 2, "ALTER TABLE run ADD COLUMN three; UPDATE run SET three = 3"},
    };
    static const struct migration bad[] = {
        {SCHEMA_VERSION + 3, "CREATE TABLE four(x); nonsense"}};
    struct err err = {0};
    make_run(place, STORE_FINISHED);
    struct db db;
    assert_good(db_open(&db, place->path, DB_WRITE, &err), &err);
    assert_good(schema_upgrade(&db, &err), &err);
    for (int i = 0; i < 2; i++)
        assert_good(schema_migrate(&db, good, 3, &err), &err);
    assert_int_equal(schema_migrate(&db, bad, 1, &err), -1);
    db_close(&db);
    assert_int_equal(test_sql(place->path, "SELECT three FROM run"), 3);
    assert_int_equal(test_sql(place->path, "PRAGMA user_version"),
                     SCHEMA_VERSION + 2);
    assert_int_equal(
        test_sql(place->path, "SELECT count(*) FROM sqlite_master WHERE name = 'four'"), 0);
}

/* Protects: rule 8: a run whose books do not balance is not reported on. */
static void test_identities(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *damage, *words;
    } rows[] = {
        {"UPDATE cell SET calls = 5 WHERE cell = 1",
         "cell 1: calls (5) is not sent + cached + unsent (1)"},
        {"UPDATE cell SET retries = 2 WHERE cell = 0",
         "retries (2) is not attempts - sent (0)"},
        {"UPDATE call SET attempts = 4 WHERE cell = 1",
         "attempts (1) is not the sum over its sent calls (4)"},
        {"DELETE FROM call WHERE cell = 0", "sent (1) is not the number of its sent calls (0)"},
        {"UPDATE call SET source = 'cached'",
         "sent (1) is not the number of its sent calls (0)"},
        {"INSERT INTO call(cell, source) VALUES(0, 'cached')",
         "cached (0) is not the number of its cached calls (1)"},
        {"UPDATE cell SET status = 'good' WHERE cell = 1", "cells are not the sum"},
        {"DELETE FROM cell WHERE cell = 1", "statuses sum up to 1 of 2 cells"},
        {"DROP INDEX cell_by_number; UPDATE cell SET cell = 0", "cell 0 has two rows"},
        {"UPDATE run SET cells = 1", "a call of cell 1, which the plan does not have"},
        {"UPDATE run SET cells = 1e15", "a plan of"},
        {"UPDATE cell SET cell = -7 WHERE cell = 1", "cell -7 is not one of the plan's 2"},
        {"UPDATE cell SET variant = 99 WHERE cell = 1", "cell 1 is of a variant that the run"},
        {"UPDATE cell SET variant = -1 WHERE cell = 1", "cell 1 is of a variant that the run"},
        {"UPDATE cell SET sample = 99 WHERE cell = 1", "cell 1 is of a sample that the run"},
        {"INSERT INTO node(node, variant, path) VALUES(1, 99, 'x')",
         "node 1 is of a variant that the run does not have"},
        {"DELETE FROM run", "no row about itself"},
        {"INSERT INTO node(node, variant, path) VALUES(5, 0, 'x')", "node 1 is missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        place_clear(place);
        make_run(place, STORE_FINISHED);
        test_sql(place->path, rows[i].damage);
        assert_refused(place, ERR_FAILED, rows[i].words);
    }
}

/* Protects: pending cells are no mistake in a run that did not finish, and calls of a cell that
 * has no row yet are nobody's. */
static void test_pending(void **state)
{
    struct place *place = *state;
    struct store *store = test_create(place, 10);
    struct store_call call = test_call(7);
    store_write_call(store, &call, NULL, NULL);
    test_finish(store, STORE_INTERRUPTED);
    store = test_open(place);
    assert_int_equal(store_run_row(store)->state, STORE_INTERRUPTED);
    assert_int_equal(store_run_row(store)->cells, 10);
    store_close(store);
}

/* Protects: one weir at a time writes a run; the lock ends with its holder. */
static void test_lock(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct store *store = test_create(place, 0), *second;
    assert_int_equal(resume_stored(&second, place->path, &err), -1);
    assert_int_equal(err.kind, ERR_INPUT);
    assert_non_null(strstr(err.message, "another weir is writing"));
    store_abandon(store);
    assert_good(resume_stored(&second, place->path, &err), &err);
    test_finish(second, STORE_FINISHED);
    assert_int_equal(resume_stored(&second, place->path, &err), -1);
    assert_non_null(strstr(err.message, "finished"));
}

static int count_step(void *arg, const struct store_step *step)
{
    assert_str(step->node, STR("faqs[*]"));
    ++*(int *)arg;
    return 0;
}

/* Protects: a resumed run goes on where it was: same nodes, times added up. */
static void test_resume(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct store_step step = {
        .path = STR("faqs[0]"), .node = STR("faqs[*]"), .pattern = STR("call"), .parent = -1};
    struct store *store = test_create(place, 3);
    for (int64_t i = 0; i < 3; i++) {
        struct store_cell cell = test_cell(2 * i);
        cell.cell = i;
        cell.calls = cell.sent = cell.attempts = 0;
        cell.step = &step;
        cell.steps = 1;
        struct waiter waiter = WAITER;
        store_write_cell(store, &cell, waiter_done, &waiter);
        waiter_wait(&waiter, 1);
        struct store_run end = {.state = i < 2 ? STORE_INTERRUPTED : STORE_FINISHED,
                                .stop_reason = i < 2 ? STR("Ctrl-C") : (str){0},
                                .wall_ns = 10,
                                .cpu_ns = 3};
        assert_good(store_finish(store, &end, &err), &err);
        if (i < 2)
            assert_good(resume_stored(&store, place->path, &err), &err);
    }
    store = test_open(place);
    const struct store_run *run = store_run_row(store);
    assert_int_equal(run->state, STORE_FINISHED);
    assert_int_equal(run->wall_ns, 30);
    assert_int_equal(run->cpu_ns, 9);
    assert_int_equal(run->stop_reason.n, 0);
    int steps = 0;
    assert_good(store_each_step(store, STORE_EVERY, count_step, &steps, &err), &err);
    assert_int_equal(steps, 3);
    store_close(store);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM node"), 1);
    assert_int_equal(place_files(place), 1);
}

/* Protects: the list of runs is newest first, and a file that cannot be read is in it with the
 * reason. */
static void test_listing(void **state)
{
    struct place *place = *state;
    struct arena arena = {0};
    struct err err = {0};
    struct store_listing *runs;
    size_t count;
    assert_good(store_runs("/nonexistent/runs", &arena, &runs, &count, &err), &err);
    assert_int_equal(count, 0);

    static const char *const names[] = {"20260101T000000Z-aaaa", "20260301T000000Z-bbbb",
                                        "20260201T000000Z-cccc"};
    for (int i = 0; i < 3; i++) {
        snprintf(place->path, sizeof place->path, "%s/%s.db", place->folder, names[i]);
        make_run(place, i == 1 ? STORE_INTERRUPTED : STORE_FINISHED);
    }
    snprintf(place->path, sizeof place->path, "%s/10.db", place->folder);
    assert_good(file_write(place->path, STR("junk that is not a database at all"), &err), &err);
    snprintf(place->path, sizeof place->path, "%s/20260401T000000Z-dddd.db", place->folder);
    struct store *writing = test_create(place, 5);

    assert_good(store_runs(place->folder, &arena, &runs, &count, &err), &err);
    assert_int_equal(count, 5);
    assert_str(runs[0].id, STR("20260401T000000Z-dddd"));
    assert_true(runs[0].running);
    assert_str(runs[1].id, STR("20260301T000000Z-bbbb"));
    assert_int_equal(runs[1].run.state, STORE_INTERRUPTED);
    assert_int_equal(runs[1].cells_done, 2);
    assert_false(runs[1].running);
    assert_str(runs[3].id, STR("20260101T000000Z-aaaa"));
    assert_str(runs[3].run.experiment, STR("test"));
    assert_int_equal(runs[3].problem.n, 0);
    assert_true(str_contains(runs[4].problem, STR("not a database")));
    store_abandon(writing);
    arena_release(&arena);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)
    const struct CMUnitTest tests[] = {
        TEST(test_one_file),
        TEST(test_read_while_ending),
        TEST(test_reader_meanwhile),
        TEST(test_refused),
        TEST(test_exists),
        TEST(test_migrations),
        TEST(test_identities),
        TEST(test_pending),
        TEST(test_lock),
        TEST(test_resume),
        TEST(test_listing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
