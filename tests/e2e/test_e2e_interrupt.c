/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_interrupt.c: runs that end early: a provider that is down, one Ctrl-C, two, a kill.
 * Nothing hangs, nothing that was written is lost, and the report says what is missing.
 */
#include "e2e_run.h"
#include "e2e_server.h"

#include <signal.h>
#include <stdio.h>

/* 400 cells of two calls; five are open at once and each call takes a fifth of a second: half a minute,
 * of which tests see the beginning. */
static const char slow[] =
    "dataset: {file: rows.jsonl}\n"
    "models:\n"
    "  small: {provider: openai, model: m, price: {input: 1, output: 1}}\n"
    "  other: {provider: openai, model: n, price: {input: 1, output: 1}}\n"
    "defaults: {model: small, max_tokens: 10}\n"
    "variants:\n"
    "  two:\n"
    "    chain:\n"
    "      first: {call: {prompt: {user: 'First {{q}}'}}}\n"
    "      second: {call: {model: other, prompt: {user: 'Second {{q}} {{first}}'}}}\n"
    "score: {same: {equals: '{{expected}}'}}\n"
    "concurrency: 5\n"
    "mock:\n"
    "  models: {m: {first_token: 200ms}, n: {first_token: 200ms}}\n"
    "  rules: {all: {reply: hi}}\n";

enum { CELLS = 400 };

static void write_slow(struct place *place)
{
    struct buf rows = {0};
    for (int i = 0; i < CELLS; i++)
        buf_printf(&rows, "{\"id\": %d, \"q\": \"q%d\", \"expected\": \"hi\"}\n", i, i);
    str text = arena_str(&place->arena, buf_str(&rows));
    buf_release(&rows);
    place_write(place, "rows.jsonl", text);
    place_write_text(place, "experiment.yaml", slow);
}

static struct child start_slow(struct place *place)
{
    write_slow(place);
    struct child child = weir_start(place, "run", "--mock", "--quiet", NULL);
    wait_until(run_has_rows(place, "cell", 5));
    return child;
}

/* What is there is whole: every cell with both calls, and the sums are right. */
static void check_what_is_there(const char *db)
{
    check_identities(db);
    assert_true(sql_int(db, "SELECT count(*) FROM cell") >= 5);
    assert_true(sql_int(db, "SELECT count(*) FROM cell") < CELLS);
    assert_int_equal(
        sql_int(db, "SELECT count(*) FROM cell WHERE status <> 'ok' OR calls <> 2"), 0);
    assert_int_equal(sql_int(db, "SELECT cells FROM run"), CELLS);
}

static void check_pending_shows(struct place *place, const char *db)
{
    int64_t pending = CELLS - sql_int(db, "SELECT count(*) FROM cell");
    const json *report = report_json(place, db);
    const json *two = variant_of(report, "results", "two");
    assert_int_equal(json_number(json_path(two, "statuses.pending")), pending);
    assert_int_equal(json_number(json_get(two, STR("cells"))), CELLS);
    struct ended shown = weir(place, "report", db, NULL);
    assert_code(shown, 0);
    assert_contains(shown.out, "pending");
}

/* Protects users who press Ctrl-C: open cells are finished and written, the run is marked, the
 * exit code says "resume it", and the report how much is missing. */
static void one_interrupt_finishes_open_cells(void **state)
{
    struct place *place = *state;
    struct child child = start_slow(place);
    child_signal(&child, SIGINT);
    struct ended ended = child_wait(&child);
    assert_code(ended, 3);
    const char *db = only_run(place, ".");
    assert_contains(ended.out, ".weir/runs/");
    assert_contains(ended.err, "open cells are finished");
    check_what_is_there(db);
    assert_text(sql_text(place, db, "SELECT state FROM run"), "interrupted");
    assert_true(sql_text(place, db, "SELECT stop_reason FROM run").n > 0);
    /* no call without its cell: nothing that was begun is left half done */
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE cell NOT IN"
                                 " (SELECT cell FROM cell)"),
                     0);
    assert_int_equal(place_files(place, ".weir"), 1);
    assert_int_equal(place_processes(place), 0);
    check_pending_shows(place, db);
}

/* Protects the same for SIGTERM, which is what a machine that shuts down sends. */
static void a_termination_is_an_interrupt(void **state)
{
    struct place *place = *state;
    struct child child = start_slow(place);
    child_signal(&child, SIGTERM);
    assert_code(child_wait(&child), 3);
    check_what_is_there(only_run(place, "."));
    assert_int_equal(place_processes(place), 0);
}

/* Protects users in a hurry: the second Ctrl-C ends the run at once, with 130; what was written
 * stays, and calls that were paid for are kept although their cells are not finished. */
static void two_interrupts_drop_open_cells(void **state)
{
    struct place *place = *state;
    write_slow(place);
    place_replace(place, "experiment.yaml", "n: {first_token: 200ms}", "n: {first_token: 60s}");
    struct child child = weir_start(place, "run", "--mock", "--quiet", NULL);
    wait_until(run_has_rows(place, "call", 5)); /* the second calls are under way */
    child_signal(&child, SIGINT);
    wait_until(str_contains(child_err(&child), STR("again")));
    child_signal(&child, SIGINT);
    struct ended ended = child_wait(&child);
    assert_code(ended, 130);
    const char *db = only_run(place, ".");
    check_identities(db);
    assert_text(sql_text(place, db, "SELECT state FROM run"), "interrupted");
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell"), 0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE path = 'first'"), 5);
    assert_int_equal(place_files(place, ".weir"), 1);
    assert_int_equal(place_processes(place), 0);
    check_pending_shows(place, db);
}

/* Protects rule 6 against the death of the process: what was committed is there, the file opens,
 * the report says that the run did not end, and the mock server has not outlived weir. */
static void a_kill_loses_nothing_written(void **state)
{
    struct place *place = *state;
    struct child child = start_slow(place);
    int64_t cells = sql_int(only_run(place, "."), "SELECT count(*) FROM cell");
    child_signal(&child, SIGKILL);
    struct ended ended = child_wait(&child);
    assert_int_equal(ended.signal, SIGKILL);
    wait_until(place_processes(place) == 0);
    const char *db = only_run(place, ".");
    check_what_is_there(db);
    assert_true(sql_int(db, "SELECT count(*) FROM cell") >= cells);
    assert_text(sql_text(place, db, "SELECT state FROM run"), "open");
    check_pending_shows(place, db);
    struct ended runs = weir(place, "runs", NULL);
    assert_code(runs, 0);
    assert_contains(runs.out, "cut off");
}

/* Protects whoever looks while it runs: the report of a run that is being written works. */
static void a_report_while_it_runs(void **state)
{
    struct place *place = *state;
    struct child child = start_slow(place);
    struct ended runs = weir(place, "runs", NULL);
    struct ended shown = weir(place, "report", NULL);
    child_signal(&child, SIGINT);
    assert_code(child_wait(&child), 3);
    assert_code(runs, 0);
    assert_contains(runs.out, "running");
    assert_code(shown, 0);
    assert_contains(shown.out, "pending");
    check_identities(only_run(place, "."));
}

/* ---- a provider that is down ---- */

static const char down[] =
    "dataset: {samples: [{id: s1, q: hello, expected: hi}]}\n"
    "providers: {near: {api: openai-chat, base_url: 'URL', key_env: NEAR_KEY}}\n"
    "models: {small: {provider: near, model: m}}\n"
    "defaults: {model: small}\n"
    "variants:\n"
    "  one: {call: {prompt: {user: 'Say {{q}}'}}}\n"
    "score: {same: {equals: '{{expected}}'}}\n"
    "retry: {retries: 0, attempt_timeout: 1s}\n";

static void check_down(struct place *place, const char *url)
{
    struct ended ended = weir(place, "run", NULL);
    assert_code(ended, 3);
    assert_contains(ended.err, "near");
    assert_contains(ended.err, url);
    assert_lacks(ended.err, "sk-never-shown");
    assert_lacks(ended.out, "sk-never-shown");
}

static void say_nothing(void *arg, const struct asked *asked, struct said *said)
{
    (void)arg, (void)asked;
    said->kind = SAID_NOTHING;
}

/* Protects against a run of 10,000 errors: a provider that gives no HTTP answer at all to the
 * warm-up ends the run with 3, and the message names it and its URL, and no key. */
static void a_provider_that_refuses_connections(void **state)
{
    struct place *place = *state;
    struct server *server = server_start(place, say_nothing, NULL);
    str url = arena_str(&place->arena, server_url(server));
    server_stop(server); /* nobody listens on its port now */
    place_env(place, "NEAR_KEY=sk-never-shown");
    place_write_text(place, "experiment.yaml", down);
    place_replace(place, "experiment.yaml", "URL", url.p);
    check_down(place, url.p);
    const char *db = only_run(place, ".");
    assert_text(sql_text(place, db, "SELECT state FROM run"), "interrupted");
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell"), 0);
    assert_null(place_find_bytes(place, ".", STR("sk-never-shown")));
}

/* Protects the same for a name that does not exist. ".invalid" never does (RFC 2606). */
static void a_provider_that_has_no_address(void **state)
{
    struct place *place = *state;
    place_env(place, "NEAR_KEY=sk-never-shown");
    place_write_text(place, "experiment.yaml", down);
    place_replace(place, "experiment.yaml", "URL", "http://nowhere.invalid/v1");
    check_down(place, "http://nowhere.invalid/v1");
}

/* Protects the boundary of "down": a provider that answers the warm-up and then is silent gives
 * cells that say so, and the run is complete. */
static void a_provider_lost_later_gives_errors(void **state)
{
    struct place *place = *state;
    struct server *server = server_start(place, say_nothing, NULL);
    place_env(place, "NEAR_KEY=sk-never-shown");
    place_write_text(place, "experiment.yaml", down);
    place_replace(place, "experiment.yaml", "URL", server_url(server).p);
    struct ran ran = run_good(place, "experiment.yaml", NULL);
    server_stop(server);
    assert_text(sql_text(place, ran.db, "SELECT status FROM cell"), "timeout");
    assert_text(sql_text(place, ran.db, "SELECT reason FROM cell"), "timeout");
    assert_int_equal(sql_int(ran.db, "SELECT lost_attempts FROM cell"), 1);
    check_identities(ran.db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(one_interrupt_finishes_open_cells),
        e2e_test(a_termination_is_an_interrupt),
        e2e_test(two_interrupts_drop_open_cells),
        e2e_test(a_kill_loses_nothing_written),
        e2e_test(a_report_while_it_runs),
        e2e_test(a_provider_that_refuses_connections),
        e2e_test(a_provider_that_has_no_address),
        e2e_test(a_provider_lost_later_gives_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
