/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_store_repeats.c: steps and scores that only repeat what their cell's row says take no rows
 * of their own, and nobody who reads a run sees that.
 */
#include "test_store_columns.h"

#include "base/file.h"
#include "store/columns.h"
#include "store/schema.h"

enum { CELLS_MOST = 100 };

struct cells {
    struct store_cell cell[CELLS_MOST];
    struct store_step step[CELLS_MOST];
    struct store_score score[CELLS_MOST];
    size_t count;
};

/* A cell of one call, whose step and score repeat it. No call is sent: its books balance. */
static size_t add_cell(struct cells *cells)
{
    size_t i = cells->count++;
    assert_true(i < CELLS_MOST);
    cells->step[i] = (struct store_step){
        .cell = (int64_t)i,
        .path = STR("."),
        .node = STR("."),
        .pattern = STR("call"),
        .parent = -1,
        .outcome = STR("ok"),
        .end_ns = 700,
        .calls = 2,
        .unsent = 2,
        .tokens = {11, 12, -1, 14, 15},
        .unknown_usage_calls = 1,
        .cost_nanousd = 16,
        .unknown_cost_calls = 1,
        .lost_attempts = 2,
        .cost_upper_nanousd = 17,
        .times = {21, 22, 23, 24, 25},
    };
    cells->score[i] = (struct store_score){.cell = (int64_t)i,
                                           .name = STR("said"),
                                           .value = 0.25,
                                           .weight = 1,
                                           .agreement = (double)NAN};
    const struct store_step *step = &cells->step[i];
    cells->cell[i] = (struct store_cell){
        .cell = (int64_t)i,
        .variant = (int64_t)i % 2,
        .sample = (int64_t)i / 2 % 2,
        .trial = 1 + (int64_t)i / 4,
        .score = 0.25,
        .calls = step->calls,
        .unsent = step->unsent,
        .tokens = step->tokens,
        .unknown_usage_calls = 1,
        .cost_nanousd = 16,
        .unknown_cost_calls = 1,
        .lost_attempts = 2,
        .cost_upper_nanousd = 17,
        .latency_ns = 700,
        .times = step->times,
        .step = &cells->step[i],
        .steps = 1,
        .score_row = &cells->score[i],
        .score_rows = 1,
    };
    return i;
}

static void change_field(const struct column *column, void *record)
{
    char *field = (char *)record + column->offset;
    const str text = STR("other");
    int64_t number;
    double real = 0.75;
    switch (column->type) {
    case COLUMN_INT:
    case COLUMN_INT_OR_NO:
        memcpy(&number, field, sizeof number);
        number++;
        memcpy(field, &number, sizeof number);
        break;
    case COLUMN_BOOL:
        *(bool *)field = !*(bool *)field;
        break;
    case COLUMN_REAL:
        memcpy(field, &real, sizeof real);
        break;
    case COLUMN_NAME:
        *(unsigned *)field = 1;
        break;
    case COLUMN_TEXT:
    case COLUMN_PROSE:
    case COLUMN_BODY:
    case COLUMN_BYTES:
        memcpy(field, &text, sizeof text);
        break;
    }
}

static bool is_counted(const char *column)
{
    static const char *const names[] = {"calls", "sent", "cached", "unsent", "attempts"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(column, names[i]) == 0)
            return true;
    return false;
}

/* A cell for each column in which a step may differ from its cell. */
static size_t add_changed_steps(struct cells *cells)
{
    const struct table *table = &tables[TABLE_STEP];
    size_t added = 0;
    for (size_t i = 0; i < table->columns; i++) {
        size_t offset = table->column[i].offset;
        if (offset == offsetof(struct store_step, cell) ||
            offset == offsetof(struct store_step, ordinal) ||
            offset == offsetof(struct store_step, node_id))
            continue;
        change_field(&table->column[i], &cells->step[add_cell(cells)]);
        added++;
    }
    return added;
}

/* The counts of judges are looked at when a run is opened: they change together. */
static size_t add_changed_scores(struct cells *cells)
{
    const struct table *table = &tables[TABLE_SCORE];
    size_t added = 1;
    size_t asked = add_cell(cells);
    cells->score[asked].calls = cells->score[asked].unsent = 1;
    for (size_t i = 0; i < table->columns; i++) {
        if (table->column[i].offset == offsetof(struct store_score, cell) ||
            table->column[i].offset == offsetof(struct store_score, name) ||
            is_counted(table->column[i].name))
            continue;
        change_field(&table->column[i], &cells->score[add_cell(cells)]);
        added++;
    }
    return added;
}

/* ---- reading back ---- */

struct reading {
    struct store *store;
    const struct cells *cells;
    size_t seen;
};

static int check_step(void *arg, const struct store_step *step)
{
    struct reading *r = arg;
    struct store_step should = r->cells->step[step->cell];
    assert_str(step->node, STR("."));
    assert_str(step->pattern, STR("call"));
    assert_int_equal(step->variant, step->cell % 2);
    should.node_id = step->node_id;
    assert_columns(r->store, &tables[TABLE_STEP], step, &should);
    r->seen++;
    return 0;
}

static int check_score(void *arg, const struct store_score *score)
{
    struct reading *r = arg;
    assert_columns(r->store, &tables[TABLE_SCORE], score, &r->cells->score[score->cell]);
    r->seen++;
    return 0;
}

static void check_run(const struct place *place, const struct cells *cells)
{
    struct err err = {0};
    struct store *store = test_open(place);
    struct reading r = {store, cells, 0};
    assert_good(store_each_step(store, STORE_EVERY, check_step, &r, &err), &err);
    assert_int_equal(r.seen, cells->count);
    assert_good(store_each_score(store, STORE_EVERY, check_score, &r, &err), &err);
    assert_int_equal(r.seen, 2 * cells->count);
    for (size_t i = 0; i < cells->count; i++) {
        r.seen = 0;
        assert_good(store_each_step(store, (int64_t)i, check_step, &r, &err), &err);
        assert_good(store_each_score(store, (int64_t)i, check_score, &r, &err), &err);
        assert_int_equal(r.seen, 2);
    }
    store_close(store);
}

static struct cells *write_cells(const struct place *place, struct cells *cells)
{
    struct store *store = test_create(place, (int64_t)cells->count);
    for (size_t i = 0; i < cells->count; i++)
        store_write_cell(store, &cells->cell[i], NULL, NULL);
    test_finish(store, STORE_FINISHED);
    return cells;
}

/* Protects every figure of steps and scores: a row that differs from its cell's in any one column is
 * kept, one that does not is left out, and both are read back as they were written. */
static void test_what_repeats(void **state)
{
    struct place *place = *state;
    struct cells *cells = xcalloc(1, sizeof *cells);
    add_cell(cells);
    size_t steps = add_changed_steps(cells), scores = add_changed_scores(cells);
    check_run(place, write_cells(place, cells));
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM step_kept"), steps);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM score_kept"), scores);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM step"), cells->count);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM score"), cells->count);
    assert_int_equal(test_sql(place->path, "SELECT count(DISTINCT step) FROM step"),
                     cells->count);
    xfree(cells);
}

/* Protects cells without a latency, and those whose scores say nothing: neither is made up. */
static void test_unknown(void **state)
{
    struct place *place = *state;
    struct cells *cells = xcalloc(1, sizeof *cells);
    size_t lost = add_cell(cells), unscored = add_cell(cells);
    cells->cell[lost].latency_ns = -1;
    cells->step[lost].end_ns = -1;
    cells->cell[unscored].correct = -1;
    cells->cell[unscored].score = cells->score[unscored].value = (double)NAN;
    check_run(place, write_cells(place, cells));
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM step_kept"), 1);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM score_kept"), 1);
    xfree(cells);
}

/* Protects cells that are scored again: the new score takes the place of one that had no row, and
 * the other way round. */
static void test_scored_again(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct store *store;
    struct cells *cells = xcalloc(1, sizeof *cells);
    add_cell(cells);
    size_t told = add_cell(cells);
    cells->score[told].reason = STR("as the key has it");
    cells->count++; /* a cell that is still pending, so that the run can be gone on with */
    store = test_create(place, 3);
    for (size_t i = 0; i < 2; i++)
        store_write_cell(store, &cells->cell[i], NULL, NULL);
    test_finish(store, STORE_INTERRUPTED);

    assert_good(resume_stored(&store, place->path, &err), &err);
    cells->count = 2;
    for (size_t i = 0; i < 2; i++) {
        cells->cell[i].rescored = true;
        cells->cell[i].score = cells->score[i].value = 1;
        cells->cell[i].correct = cells->score[i].pass = true;
        cells->score[i].reason = i == 0 ? STR("in other words") : (str){0};
        store_write_cell(store, &cells->cell[i], NULL, NULL);
    }
    test_finish(store, STORE_INTERRUPTED);
    check_run(place, cells);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM score_kept WHERE cell = 0"),
                     1);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM score_kept"), 1);
    xfree(cells);
}

/* ---- the views ---- */

/* Protects who asks in SQL: the views have the columns of the tables they are read for, in order. */
static void test_views_have_all_columns(void **state)
{
    struct place *place = *state;
    test_finish(test_create(place, 1), STORE_INTERRUPTED);
    static const enum table_id ids[] = {TABLE_STEP, TABLE_SCORE};
    for (size_t i = 0; i < 2; i++) {
        char sql[300];
        snprintf(sql, sizeof sql,
                 "SELECT count(*) FROM pragma_table_info('%s') v JOIN pragma_table_info('%s') t"
                 " ON v.cid = t.cid AND v.name = t.name",
                 tables[ids[i]].view, tables[ids[i]].name);
        assert_int_equal(test_sql(place->path, sql),
                         tables[ids[i]].columns + (tables[ids[i]].key ? 1 : 0));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)
    const struct CMUnitTest tests[] = {
        TEST(test_what_repeats),
        TEST(test_unknown),
        TEST(test_scored_again),
        TEST(test_views_have_all_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
