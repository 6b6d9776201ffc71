/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_watch_runs.c: --watch while runs are on: they are stopped by an edit, nothing is paid for twice or
 * beyond the budget, and Ctrl-C ends it all with the right code.
 */
#include "e2e_watch.h"

#include <signal.h>

/* Protects: an edit while a run is on ends that run as one Ctrl-C does and begins the next, which takes what was
 * paid for from the cache: no call of the other variant is sent twice. */
static void an_edit_stops_the_run(void **state)
{
    struct place *place = *state;
    watch_write(place);
    watch_slow(place, "1s"); /* five seconds and more to be seen in */
    struct child child = watch_run(place);
    wait_until(run_has_rows(place, "cell", 4));
    const char *first = only_run(place, ".");
    watch_save(place, "prompts/ask.md", "Please say {{q}}\n");
    wait_until(watch_rests(&child, 1));
    const char *second = watch_last(place, &child);
    assert_contains(child_err(&child), "open cells are finished, then it runs again");
    assert_string_not_equal(first, second);
    assert_text(sql_text(place, first, "SELECT state FROM run"), "interrupted");
    assert_text(sql_text(place, second, "SELECT state FROM run"), "finished");
    check_identities(first);
    check_identities(second);
    assert_true(sql_int(first, "SELECT count(*) FROM cell") < 2 * WATCH_ROWS);
    assert_int_equal(watch_sent(first, "other") + watch_sent(second, "other"), WATCH_ROWS);
    assert_int_equal(watch_sent(second, "edited"), WATCH_ROWS);
    watch_end(&child, 0);
}

/* Protects what is paid for: a Ctrl-C while open cells are finished because of an edit lets them be finished
 * too, and then nothing is run again. */
static void an_interrupt_after_an_edit_waits(void **state)
{
    struct place *place = *state;
    watch_write(place);
    watch_slow(place, "3s"); /* so long open cells stay open */
    struct child child = watch_run(place);
    wait_until(run_has_rows(place, "cell", 3)); /* of the other variant: soon four wait */
    watch_save(place, "prompts/ask.md", "Please say {{q}}\n");
    wait_until(str_contains(child_err(&child), STR("a file has changed")));
    child_signal(&child, SIGINT);
    struct ended ended = child_wait(&child);
    assert_code(ended, 3);
    assert_contains(ended.err, "press Ctrl-C again to drop them");
    const char *db = only_run(place, ".");
    check_identities(db);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE cell NOT IN"
                                 " (SELECT cell FROM cell)"),
                     0);
}

/* Protects the terminal: Ctrl-C typed there ends a watch that rests, and leaves it at the start of a line. */
static void a_terminal_is_left_clean(void **state)
{
    struct place *place = *state;
    watch_write(place);
    struct ended ended =
        weir_typed(place, "Ctrl-C ends", "\003", "run", "--mock", "--watch", NULL);
    assert_code(ended, 0);
    assert_true(str_ends_with(ended.out, STR("\n")));
    assert_contains(ended.out, "Paid now: $");
    assert_lacks(ended.out, "\033[?"); /* no mode was set */
    assert_int_equal(place_processes(place), 0);
}

/* Protects money: --max-cost holds for all runs of the watch together; what fits is paid, then nothing is. */
static void the_budget_is_of_the_whole_watch(void **state)
{
    struct place *place = *state;
    watch_write(place);
    const char *whole = run_good(place, "--mock", "--no-cache", NULL).db;
    int64_t cost = sql_int(whole, "SELECT sum(paid_nanousd) FROM cell");
    int64_t most = 2 * cost; /* the next run fits, but for what its last calls reserve */
    const char *dollars =
        arena_printf(&place->arena, "%lld.%09lld", (long long)(most / 1000000000),
                     (long long)(most % 1000000000))
            .p;
    struct child child = weir_start(place, "run", "--mock", "--watch", "--no-progress-bar",
                                    "--max-cost", dollars, NULL);
    int64_t paid = 0;
    wait_until(watch_rests(&child, 1));
    paid += sql_int(watch_last(place, &child), "SELECT sum(paid_nanousd) FROM cell");
    assert_int_equal(paid, cost);
    for (size_t i = 2; i <= 4; i++) {
        watch_save(place, "prompts/ask.md",
                   arena_printf(&place->arena, "Say %zu times {{q}}\n", i).p);
        wait_until(watch_rests(&child, i));
        const char *db = watch_last(place, &child);
        paid += sql_int(db, "SELECT ifnull(sum(paid_nanousd), 0) FROM cell");
        assert_true(paid <= most);
        assert_int_equal(watch_sent(db, "other"), 0); /* is in the cache */
        if (i == 2)
            assert_in_range(watch_sent(db, "edited"), 1, WATCH_ROWS - 1);
        else
            assert_int_equal(watch_sent(db, "edited"), 0);
    }
    assert_contains(child_err(&child), "budget.run.usd is spent");
    watch_save(place, "prompts/ask.md", "Say {{q}}\n"); /* is in the cache */
    wait_until(watch_rests(&child, 5));
    assert_text(sql_text(place, watch_last(place, &child), "SELECT state FROM run"),
                "finished");
    watch_end(&child, 0);
}

/* Protects the exit code: Ctrl-C during a run is one Ctrl-C of that run; a requirement that is not met
 * is the code of a watch that rests. */
static void it_ends_with_the_code_of_the_last_run(void **state)
{
    struct place *place = *state;
    watch_write(place);
    place_write(place, "experiment.yaml",
                arena_printf(&place->arena,
                             "%srequire: [{metric: accuracy, of: edited, min: 0.9}]\n",
                             watch_experiment));
    watch_slow(place, "1s");
    struct child child = watch_run(place);
    wait_until(run_has_rows(place, "cell", 2));
    watch_end(&child, 3);
    place_replace(place, "mock.yaml", "first_token: 1s", "first_token: 0ms");
    child = watch_run(place);
    wait_until(watch_rests(&child, 1));
    watch_end(&child, 100);
}

/* Protects scripts: nothing waits for edits that nobody makes, and what cannot be meant is refused. */
static void what_would_never_end_is_refused(void **state)
{
    struct place *place = *state;
    watch_write(place);
    static const char *const refused[] = {"--quiet",         "--json", "--no-store",
                                          "--resume",        "--html", "--shard=1/2",
                                          "--record=c.jsonl"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct ended ended = weir(place, "run", "--mock", "--watch", refused[i], NULL);
        assert_code(ended, 2);
        assert_contains(ended.err, "--watch");
    }
    assert_code(weir(place, "check", "--watch", "--json", NULL), 2);
    assert_code(weir(place, "check", "--watch", "nothing", NULL), 2);
    place_env(place, "CI=true");
    struct ended ended = weir(place, "run", "--mock", "--watch", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "CI is set");
    assert_int_equal(place_files(place, ".weir/runs"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(an_edit_stops_the_run),
        e2e_test(an_interrupt_after_an_edit_waits),
        e2e_test(a_terminal_is_left_clean),
        e2e_test(the_budget_is_of_the_whole_watch),
        e2e_test(it_ends_with_the_code_of_the_last_run),
        e2e_test(what_would_never_end_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
