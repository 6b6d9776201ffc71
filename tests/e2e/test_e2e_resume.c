/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_resume.c: runs that are interrupted, cut off or short of means, and go on: nothing is
 * paid for twice, and the results are those of a run that was never stopped.
 */
#include "e2e_steps.h"

#include "base/file.h"

/* Resumes the run until it is finished, and holds it against one that was never stopped. */
static void resume_to_the_end(struct place *place, const char *db)
{
    struct ran ran = run_good(place, "--resume", db, NULL);
    assert_text(sql_text(place, db, "SELECT state FROM run"), "finished");
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell"), CELLS);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call"), CALLS);
    assert_same_text(results(place, ran.db), results(place, whole_run(place)));
    check_identities(db);
}

/* Protects who presses Ctrl-C: the run goes on where it stopped, with the mock that it began with,
 * without being told what to run. */
static void an_interrupted_run_goes_on(void **state)
{
    struct place *place = *state;
    struct child child = start_run(place, 4);
    child_signal(&child, SIGINT);
    assert_code(child_wait(&child), 3);
    struct ran ran = run_good(place, "--resume", NULL);
    const char *db = only_run(place, ".");
    assert_true(str_ends_with(str_from(ran.db), path_name(str_from(db))));
    /* all cells that had begun were finished: nothing was lost, and no time is missing */
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell WHERE wall_ns IS NULL"), 0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call"), CALLS);
    assert_same_text(results(place, db), results(place, whole_run(place)));
    struct ended again = weir(place, "run", "--resume", db, NULL);
    assert_code(again, 2);
    assert_contains(again.err, "finished");
}

/* Protects who is in a hurry: after a second Ctrl-C the calls of dropped cells are used. */
static void dropped_cells_keep_their_calls(void **state)
{
    struct place *place = *state;
    struct child child = start_run(place, 5);
    child_signal(&child, SIGINT);
    wait_until(str_contains(child_err(&child), STR("again")));
    child_signal(&child, SIGINT);
    int code = child_wait(&child).code;
    assert_true(code == 130 || code == 3);
    resume_to_the_end(place, only_run(place, "."));
}

/* Protects budgets: a resume counts what earlier parts spent, and goes on when it may spend more. */
static void a_budget_counts_all_parts(void **state)
{
    struct place *place = *state;
    write_two_steps(place);
    struct ended first = weir(place, "run", "--mock", "--quiet", "--max-calls", "7", NULL);
    assert_code(first, 3);
    const char *db = only_run(place, ".");
    int64_t calls = sql_int(db, "SELECT count(*) FROM call");
    assert_int_equal(calls, 7);
    assert_code(weir(place, "run", "--resume", "--quiet", "--max-calls", "7", NULL), 3);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call"), calls);
    assert_code(weir(place, "run", "--resume", "--quiet", "--max-calls", "10", NULL), 3);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call"), 10);
    assert_contains(sql_text(place, db, "SELECT stop_reason FROM run"), "calls");
    resume_to_the_end(place, db);
}

/* Protects against a provider that is down at the start, and up at the next try. */
static void a_provider_that_was_down(void **state)
{
    struct place *place = *state;
    write_two_steps(place);
    struct ended first =
        weir(place, "run", "--mock-url", "http://127.0.0.1:1", "--quiet", NULL);
    assert_code(first, 3);
    const char *db = only_run(place, ".");
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call"), 0);
    resume_to_the_end(place, db);
}

/* Protects against two processes that run the same cells; and against a lock that a crash leaves
 * behind. */
static void one_process_at_a_time(void **state)
{
    struct place *place = *state;
    write_two_steps(place);
    place_replace(place, "mock.yaml", "10ms", "5s");
    struct child child = weir_start(place, "run", "--mock", "--quiet", NULL);
    wait_until(run_has_rows(place, "sample", 1));
    struct ended second = weir(place, "run", "--resume", "--quiet", NULL);
    assert_code(second, 2);
    assert_contains(second.err, "another weir is writing");
    child_signal(&child, SIGKILL);
    child_wait(&child);
    place_replace(place, "mock.yaml", "5s", "10ms");
    resume_to_the_end(place, only_run(place, "."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(an_interrupted_run_goes_on), e2e_test(dropped_cells_keep_their_calls),
        e2e_test(a_budget_counts_all_parts),  e2e_test(a_provider_that_was_down),
        e2e_test(one_process_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
