/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_resume.c: runs that are interrupted, cut off or short of means, and go on: nothing is
 * paid for twice, what does not fit is told, and the results are those of a run that was never
 * stopped.
 */
#include "e2e_run.h"

#include "base/file.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

static void write_rows(struct place *place, int samples)
{
    struct buf rows = {0};
    for (int i = 0; i < samples; i++)
        buf_printf(&rows, "{\"id\": \"s%d\", \"q\": \"q%d\", \"expected\": \"q%d\"}\n", i, i,
                   i);
    str text = arena_str(&place->arena, buf_str(&rows));
    buf_release(&rows);
    place_write(place, "rows.jsonl", text);
}

static str results(struct place *place, const char *db)
{
    return results_of(report_text(place, db));
}

/* ---- interruptions ---- */

static const char slow_mock[] = "seed: 3\n"
                                "models: {'*': {first_token: 100ms}}\n"
                                "rules: {all: {reply: 'said {{request.prompt}}'}}\n";

static const char two_steps[] =
    "dataset: {file: rows.jsonl}\n"
    "models: {small: {provider: openai, model: m, price: {input: 1, output: 1}}}\n"
    "defaults: {model: small, max_tokens: 50}\n"
    "retry: {retries: 1, base: 1ms}\n"
    "concurrency: 3\n"
    "variants:\n"
    "  one: {call: {prompt: {user: 'One {{q}}'}}}\n"
    "  two:\n"
    "    chain:\n"
    "      first: {call: {prompt: {user: 'First {{q}}'}}}\n"
    "      second: {call: {prompt: {user: 'Second {{first}}'}}}\n"
    "score: {same: {contains: '{{expected}}'}}\n"
    "mock: mock.yaml\n";

enum { SAMPLES = 8, CELLS = 2 * SAMPLES, CALLS = 3 * SAMPLES };

static void write_two_steps(struct place *place)
{
    write_rows(place, SAMPLES);
    place_write_text(place, "experiment.yaml", two_steps);
    place_write_text(place, "mock.yaml", slow_mock);
}

static const char *whole_run(struct place *place)
{
    return run_good(place, "--mock", NULL).db;
}

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

static struct child start_run(struct place *place, int64_t calls)
{
    write_two_steps(place);
    struct child child = weir_start(place, "run", "--mock", "--quiet", NULL);
    wait_until(run_has_rows(place, "call", calls));
    return child;
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
    place_replace(place, "mock.yaml", "100ms", "5s");
    struct child child = weir_start(place, "run", "--mock", "--quiet", NULL);
    wait_until(run_has_rows(place, "sample", 1));
    struct ended second = weir(place, "run", "--resume", "--quiet", NULL);
    assert_code(second, 2);
    assert_contains(second.err, "another weir is writing");
    child_signal(&child, SIGKILL);
    child_wait(&child);
    place_replace(place, "mock.yaml", "5s", "100ms"); /* which is no part of the experiment */
    resume_to_the_end(place, only_run(place, "."));
}

/* ---- what does not fit ---- */

static const char *killed_at(struct place *place, int64_t calls)
{
    struct child child = start_run(place, calls);
    child_signal(&child, SIGKILL);
    child_wait(&child);
    return only_run(place, ".");
}

static void sql_do(const char *db, const char *sql)
{
    sqlite3 *handle;
    assert_int_equal(sqlite3_open(db, &handle), SQLITE_OK);
    sqlite3_busy_timeout(handle, 5000);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
}

/* Protects rule 6: stored calls that are of another course of the cell are not used: it starts
 * again, says so, and what they cost stays known. */
static void a_cell_that_asks_something_else_starts_again(void **state)
{
    struct place *place = *state;
    const char *db = killed_at(place, 6);
    /* of whichever variant the last cell is: both have a first step that does not fit */
    sql_do(db, "INSERT INTO call(cell, source, attempts, path, repeat, request_hash, outcome,"
               " cost_nanousd) VALUES(15, 'sent', 1, 'first', 0, 'x', 'ok', 5),"
               " (15, 'sent', 1, '.', 0, 'x', 'ok', 5)");
    struct ended ended = weir(place, "run", "--resume", "--quiet", NULL);
    assert_code(ended, 0);
    assert_contains(ended.err, "starts again");
    assert_int_equal(
        sql_int(db, "SELECT count(*) FROM call WHERE superseded = 1 AND cell = 15"), 2);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell"), CELLS);
    check_identities(db);
    assert_same_text(results(place, db), results(place, whole_run(place)));
}

/* Protects against results of two experiments in one run: an edit is refused with the place and
 * both values; cells of variants that are named stay, all others run again. */
static void an_edited_experiment_is_refused(void **state)
{
    struct place *place = *state;
    const char *db = killed_at(place, 8);
    place_replace(place, "experiment.yaml", "Second {{first}}", "Then {{first}}");
    struct ended refused = weir(place, "run", "--resume", "--quiet", NULL);
    assert_code(refused, 2);
    assert_contains(refused.err, "variants.two.chain.second.call.prompt.user");
    assert_contains(refused.err, "\"Then {{first}}\"");
    assert_contains(refused.err, "--keep");
    struct ended unknown = weir(place, "run", "--resume", "--keep", "ones", "--quiet", NULL);
    assert_code(unknown, 2);
    assert_contains(unknown.err, "no variant 'ones'");
    int64_t paid = sql_int(db, "SELECT count(*) FROM call WHERE path = '.'");
    assert_code(weir(place, "run", "--resume", "--keep", "one", "--quiet", NULL), 0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE path = '.'"),
                     SAMPLES > paid ? SAMPLES : paid);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call JOIN body ON body = request"
                                 " WHERE path = 'second' AND superseded IS NOT 1"
                                 " AND instr(bytes, 'Then') = 0"),
                     0);
    check_identities(db);
    assert_same_text(results(place, db), results(place, whole_run(place)));
}

static const char with_program[] = "dataset: {file: rows.jsonl}\n"
                                   "models: {small: {provider: openai, model: m}}\n"
                                   "defaults: {model: small, max_tokens: 50}\n"
                                   "variants:\n"
                                   "  two:\n"
                                   "    chain:\n"
                                   "      first: {call: {prompt: {user: 'First {{q}}'}}}\n"
                                   "      second: {exec: {run: [./judge.sh], output: text}}\n"
                                   "score: {same: {equals: right}}\n"
                                   "mock: mock.yaml\n";

static void write_program(struct place *place, const char *text)
{
    place_write_text(place, "judge.sh", text);
    chmod(place_path(place, "judge.sh"), 0755);
}

/* Protects against the same through a file: a program, whose text is no part of the definition. */
static void an_edited_file_is_refused(void **state)
{
    struct place *place = *state;
    write_rows(place, SAMPLES);
    place_write_text(place, "experiment.yaml", with_program);
    place_write_text(place, "mock.yaml", slow_mock);
    write_program(place, "#!/bin/sh\necho right\n");
    struct ended first = weir(place, "run", "--mock", "--quiet", "--max-calls", "3", NULL);
    assert_code(first, 3);
    write_program(place, "#!/bin/sh\necho wrong\n");
    struct ended refused = weir(place, "run", "--resume", "--quiet", NULL);
    assert_code(refused, 2);
    assert_contains(refused.err, "program judge.sh: has changed");
    assert_contains(refused.err, "line 2: 'echo right' is now 'echo wrong'");
}

/* ---- errors ---- */

/* Protects a run of which a part failed: only failed calls are made again, what went well before
 * them in the same cell is used. */
static void failed_cells_run_again(void **state)
{
    struct place *place = *state;
    write_two_steps(place);
    place_write_text(place, "broken.yaml",
                     "seed: 3\nrules:\n"
                     "  bad: {when: {prompt: 'Second said First q3'}, status: 500}\n"
                     "  all: {reply: 'said {{request.prompt}}'}\n");
    struct mock_server mock = mock_start(place, "broken.yaml");
    struct ran ran = run_good(place, "--mock-url", mock.url.p, NULL);
    mock_stop(&mock);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell WHERE status = 'error'"), 1);
    int64_t calls = sql_int(ran.db, "SELECT count(*) FROM call");
    mock = mock_start(place, "mock.yaml");
    struct ended again = weir(place, "run", "--resume", "--retry-errors", "--mock-url",
                              mock.url.p, "--quiet", NULL);
    assert_code(again, 0);
    str journal = http_get(place, mock.url, "/mock/journal?last=1000");
    mock_stop(&mock);
    size_t requests = 0;
    const json *list = json_parse(&place->arena, journal, NULL);
    for (const json *entry = json_first(list); entry; entry = json_next(entry))
        requests += json_get(entry, STR("idempotency_key")) != NULL;
    assert_int_equal(requests, 1);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM call"), calls + 1);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM call WHERE superseded = 1"), 1);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell WHERE status = 'ok'"), CELLS);
    check_identities(ran.db);
    assert_same_text(results(place, ran.db), results(place, whole_run(place)));
}

/* ---- before the first cell ---- */

static const char vectors[] =
    "dataset: {file: rows.jsonl}\n"
    "models:\n"
    "  small: {provider: openai, model: m, price: {input: 1, output: 1}}\n"
    "  embed: {provider: openai, model: text-embedding-3-small, price: {input: 1, output: 0}}\n"
    "defaults: {model: small, max_tokens: 50}\n"
    "concurrency: 2\n"
    "variants:\n"
    "  near: {nearest: {of: '{{q}}', examples: {a: [the first text], b: [another one]},"
    " model: embed}}\n"
    "  two: {call: {prompt: {user: 'Two {{q}}'}}}\n"
    "score: {same: {contains: '{{expected}}'}}\n"
    "mock: mock.yaml\n";

/* Protects what is paid for before the first cell: examples are embedded once a run. */
static void examples_are_embedded_once(void **state)
{
    struct place *place = *state;
    write_two_steps(place);
    place_write_text(place, "experiment.yaml", vectors);
    struct mock_server mock = mock_start(place, "mock.yaml");
    struct child child = weir_start(place, "run", "--mock-url", mock.url.p, "--quiet", NULL);
    wait_until(run_has_rows(place, "call", 4));
    child_signal(&child, SIGKILL);
    child_wait(&child);
    const char *db = only_run(place, ".");
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE cell IS NULL"), 1);
    run_good(place, "--resume", "--mock-url", mock.url.p, NULL);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE cell IS NULL"), 1);
    assert_int_equal(sql_int(db, "SELECT setup_calls FROM run"), 1);
    assert_int_equal(sql_int(db, "SELECT setup_nanousd > 0 FROM run"), 1);
    str journal = http_get(place, mock.url, "/mock/journal?last=1000");
    assert_true(str_find(journal, STR("another one"), 0) > 0);
    assert_int_equal(str_find(journal, STR("another one"),
                              (size_t)str_find(journal, STR("another one"), 0) + 1),
                     -1);
    mock_stop(&mock);
    assert_same_text(results(place, db), results(place, whole_run(place)));
}

/* ---- the command line ---- */

/* Protects against options that do nothing, and runs that are not there. */
static void mistakes_are_told(void **state)
{
    struct place *place = *state;
    write_two_steps(place);
    struct ended none = weir(place, "run", "--resume", NULL);
    assert_code(none, 2);
    assert_contains(none.err, "no unfinished run");
    struct ended alone = weir(place, "run", "--retry-errors", NULL);
    assert_code(alone, 2);
    assert_contains(alone.err, "--resume");
    assert_code(weir(place, "run", "--resume", "nowhere.db", NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(an_interrupted_run_goes_on),
        e2e_test(dropped_cells_keep_their_calls),
        e2e_test(a_budget_counts_all_parts),
        e2e_test(a_provider_that_was_down),
        e2e_test(one_process_at_a_time),
        e2e_test(a_cell_that_asks_something_else_starts_again),
        e2e_test(an_edited_experiment_is_refused),
        e2e_test(an_edited_file_is_refused),
        e2e_test(failed_cells_run_again),
        e2e_test(examples_are_embedded_once),
        e2e_test(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
