/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_again.c: runs that go on although something is not as it was: other requests, an edited
 * experiment, errors, a folder that is gone.
 */
#include "e2e_steps.h"

#include "base/file.h"

#include <sys/stat.h>

/* ---- what does not fit ---- */

static const char *killed_at(struct place *place, int64_t calls)
{
    struct child child = start_run(place, calls);
    child_signal(&child, SIGKILL);
    child_wait(&child);
    return only_run(place, ".");
}

/* Protects rule 6: stored calls that are of another course of the cell are not used: it starts
 * again, says so, and what they cost stays known. */
static void a_cell_that_asks_something_else_starts_again(void **state)
{
    struct place *place = *state;
    const char *db = killed_at(place, 6);
    /* of whichever variant the last cell is: both have a first step that does not fit */
    sql_run(db, "INSERT INTO call(cell, source, attempts, path, repeat, request_hash, outcome,"
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
    assert_contains(unknown.err, "did you mean 'one'?");
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
    place_write_text(place, "mock.yaml", quick_mock);
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

/* ---- without its folder ---- */

/* Protects runs that are looked at years later, elsewhere: what is in the run's file is enough to
 * run it again, prompts, schemas, rows and answer keys among it, with the same results. */
static void a_run_is_run_again_from_its_file(void **state)
{
    struct place *place = *state;
    static const char *const fixtures[] = {"support", "faq"};
    for (size_t i = 0; i < 2; i++) {
        str folder = arena_printf(&place->arena, "new/%s", fixtures[i]);
        place_copy_fixture(place, fixtures[i]);
        struct ran ran = run_good(place, fixtures[i], "--mock", "-n", "4", "--trials", "1",
                                  "--seed", "5", NULL);
        str wanted = results(place, ran.db);
        assert_int_equal(rename(ran.db, place_path(place, "moved.db")), 0);
        place_write_text(place,
                         arena_printf(&place->arena, "%s/experiment.yaml", fixtures[i]).p, "");
        struct ended out = weir(place, "unpack", "moved.db", folder.p, NULL);
        assert_code(out, 0);
        assert_contains(out.err, "--trials 1 --limit 4 --seed 5 --mock");
        struct ran again = run_good(place, folder.p, "--mock", "-n", "4", "--trials", "1",
                                    "--seed", "5", NULL);
        assert_same_text(results(place, again.db), wanted);
        assert_code(weir(place, "unpack", "moved.db", folder.p, NULL), 2);
    }
}

/* Protects: a run of a part has of it what the run of all has, and goes on as what it is; whoever gets its
 * file is told which part; the words that other tools have for it are known. */
static void a_part_goes_on_as_a_part(void **state)
{
    struct place *place = *state;
    write_two_steps(place);
    const json *whole = report_json(place, whole_run(place));
    struct ran part =
        run_quiet(place, "--mock", "--variants", "two", "--filter-range", ":7", "--sample-id",
                  "s1,s2", "--sample-id", "s5", "--sample-id", "s7", "--filter-pattern",
                  "^s[1 '5]$", "--repeat", "2", "--max-calls", "5", NULL);
    assert_code(part.ended, 3);
    assert_int_equal(sql_int(part.db, "SELECT cells FROM run"), 4);
    struct ended other =
        weir(place, "run", "--resume", "--variants", "one", "--max-calls", "99", NULL);
    assert_code(other, 2);
    assert_contains(other.err, "the experiment is not the one of this run any more");
    struct ended again = weir(place, "run", "--resume", "-q", "--max-concurrency", "2",
                              "--max-calls", "99", NULL);
    assert_code(again, 0);
    assert_true(str_ends_with(str_from(part.db), str_trim(again.out)));
    assert_int_equal(sql_int(part.db, "SELECT count(*) FROM cell"), 4);
    check_identities(part.db);
    const json *report = report_json(place, part.db);
    for (size_t i = 0; i < 2; i++) {
        static const char *const samples[] = {"s1", "s5"};
        assert_same_json(json_get(cell_of(report, "two", samples[i], 1), STR("output")),
                         json_get(cell_of(whole, "two", samples[i], 1), STR("output")));
    }
    struct ended out = weir(place, "unpack", part.db, "new", NULL);
    assert_contains(out.err,
                    "--trials 2 --filter-range :7 --filter-pattern '^s[1 '\\''5]$' --sample-id "
                    "s1,s2 --sample-id s5 --sample-id s7 --variants two --mock");
    struct ended twice = weir(place, "check", ".", "-c", "experiment.yaml", NULL);
    assert_code(twice, 2);
    assert_contains(twice.err,
                    "-c names the experiment, and so does '.'; expected one of them");
    struct ended named = weir(place, "check", "-c", "experiment.yaml", "--filter-range",
                              "2:", "--variants", "two", NULL);
    assert_contains(named.out, "6 samples × 1 trials × 1 variants = 6 cells");
    place_env(place, "WEIR_CONFIG=nowhere.yaml"); /* what is typed wins */
    assert_code(weir(place, "check", ".", NULL), 0);
    assert_contains(weir(place, "check", NULL).err, "nowhere.yaml");
}

/* Protects people who get a run from somebody else: nothing is written outside of the folder. */
static void unpacking_stays_in_its_folder(void **state)
{
    struct place *place = *state;
    write_two_steps(place);
    const char *db = whole_run(place);
    sql_run(db, "INSERT INTO file(path, role, text) VALUES('../out.md', 'prompt', 1),"
                " ('a/../../out.md', 'prompt', 1), ('/tmp/weir-e2e-out.md', 'prompt', 1)");
    struct ended out = weir(place, "unpack", db, "inner/new", NULL);
    assert_code(out, 0);
    assert_contains(out.err, "not written");
    assert_int_equal(place_files(place, "inner"), 3);
    assert_false(file_exists("/tmp/weir-e2e-out.md"));
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
        e2e_test(a_cell_that_asks_something_else_starts_again),
        e2e_test(an_edited_experiment_is_refused),
        e2e_test(an_edited_file_is_refused),
        e2e_test(failed_cells_run_again),
        e2e_test(examples_are_embedded_once),
        e2e_test(a_run_is_run_again_from_its_file),
        e2e_test(a_part_goes_on_as_a_part),
        e2e_test(unpacking_stays_in_its_folder),
        e2e_test(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
