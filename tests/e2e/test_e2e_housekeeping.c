/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_housekeeping.c: what has been run, and getting rid of it.
 */
#include "e2e_run.h"

#include "base/file.h"

#include <signal.h>
#include <stdio.h>

static void copy_support(struct place *place)
{
    place_copy_fixture(place, "support");
    place_replace(place, "support/mock.yaml", "retry_after: 1s", "retry_after: 20ms");
}

static const char *run_few(struct place *place)
{
    return run_good(place, "support", "--mock", "-n", "2", "--trials", "1", NULL).db;
}

static const char *id_of(struct place *place, const char *db)
{
    str name = path_name(str_from(db));
    return arena_str(&place->arena, str_sub(name, 0, name.n - 3)).p;
}

/* Protects: the list says of each run its state, experiment, cells, cost and age, and of a file
 * that is none why it cannot be read. */
static void runs_are_listed(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *done = run_few(place);
    struct ran cut = run_quiet(place, "support", "--mock", "-n", "9", "--max-calls", "5",
                               "--shard", "1/3", NULL);
    assert_code(cut.ended, 3);
    place_write_text(place, "support/.weir/runs/00000000T000000Z-0000.db", "no run");
    struct ended few = weir(place, "runs", "support", "-n", "1", "--folder",
                            "support/.weir/runs", "--json", NULL);
    assert_code(few, 0);
    const json *rows = json_parse(&place->arena, str_trim(few.out), NULL);
    assert_int_equal(json_count(rows), 1);
    assert_text(json_text(json_get(json_first(rows), STR("experiment"))), "support");
    assert_true(json_number(json_get(json_first(rows), STR("known_cost_usd"))) > 0);
    struct ended none = weir(place, "runs", "else", "--folder", "support/.weir/runs", NULL);
    assert_code(none, 0);
    assert_contains(none.err, "no runs of else in support/.weir/runs");
    struct ended list = weir(place, "runs", "--folder", "support/.weir/runs", NULL);
    assert_code(list, 0);
    str rest = list.out, line;
    int seen = 0;
    while (str_cut(rest, '\n', &line, &rest)) {
        if (str_starts_with(line, str_from(id_of(place, done)))) {
            assert_contains(line, " finished    support ");
            assert_contains(line, " 6/6 ");
            assert_contains(line, " $0.000");
            assert_contains(line, " s  mock");
            seen++;
        } else if (str_starts_with(line, str_from(id_of(place, cut.db)))) {
            assert_contains(line, " interrupted support ");
            assert_contains(line, "/27 ");
            assert_contains(line, "shard 1/3");
            seen++;
        } else if (str_starts_with(line, STR("00000000T000000Z-0000"))) {
            assert_contains(line, " unreadable ");
            assert_contains(line, "not a database");
            seen++;
        }
    }
    assert_int_equal(seen, 3);
}

/* Protects: nothing goes without a yes, and then all that belongs to the run does. */
static void removing_asks_first(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *one = run_few(place), *two = run_few(place);
    struct ended asked = weir(place, "rm", one, NULL);
    assert_code(asked, 2);
    assert_contains(asked.err, "expected --yes");
    assert_true(file_exists(one));
    assert_code(weir(place, "rm", NULL), 2);
    assert_code(weir(place, "rm", one, "nothing", "--yes", NULL), 2);
    place_write_text(place, "letter.db", "Dear all,");
    assert_code(weir(place, "rm", one, "letter.db", "--yes", NULL), 2);
    assert_true(file_exists(one) && file_exists(place_path(place, "letter.db")));
    place_write_text(
        place, arena_printf(&place->arena, "support/.weir/runs/%s.db-wal", id_of(place, one)).p,
        "");
    assert_code(weir(place, "rm", one, "--yes", NULL), 0);
    assert_false(file_exists(one));
    assert_int_equal(place_files(place, "support/.weir/runs"), 1);
    assert_true(file_exists(two));
}

/* Protects: --older-than takes the old ones and leaves the young. */
static void old_runs_are_removed(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *old = run_few(place), *young = run_few(place), *folder = "support/.weir/runs";
    sql_run(old, "UPDATE run SET created_wall_ns = created_wall_ns - 31 * 86400 * 1000000000");
    assert_code(weir(place, "rm", "--older-than", "soon", "--yes", NULL), 2);
    assert_code(weir(place, "rm", "--older-than", "32d", "--yes", "--folder", folder, NULL), 0);
    assert_true(file_exists(old));
    assert_contains(weir(place, "runs", "--folder", folder, NULL).out, " 31 d  mock");
    assert_code(weir(place, "rm", "--older-than", "30d", "--yes", "--folder", folder, NULL), 0);
    assert_false(file_exists(old));
    assert_true(file_exists(young));
}

/* Protects: a run that is being written stays, and so does all that was named with it. */
static void a_running_run_stays(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *done = run_few(place);
    assert_int_equal(rename(done, place_path(place, "done.db")), 0);
    place_replace(place, "support/mock.yaml", "scale: 0.25", "scale: 20");
    struct child child = weir_start(place, "run", "support", "--mock", "--quiet", NULL);
    wait_until(str_contains(weir(place, "runs", "--folder", "support/.weir/runs", NULL).out,
                            STR(" running ")));
    const char *running = only_run(place, "support");
    struct ended ended = weir(place, "rm", "done.db", running, "--yes", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "is being written");
    assert_true(file_exists(place_path(place, "done.db")));
    child_signal(&child, SIGKILL);
    child_wait(&child);
    assert_code(weir(place, "rm", running, "--yes", NULL), 0);
    assert_int_equal(place_files(place, "support/.weir/runs"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(runs_are_listed),
        e2e_test(removing_asks_first),
        e2e_test(old_runs_are_removed),
        e2e_test(a_running_run_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
