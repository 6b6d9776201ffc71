/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_no_store.c: weir run --no-store: the report of any run, and nothing left behind, however
 * the run ends.
 */
#include "e2e_run.h"

#include "base/buf.h"
#include "session/unkept.h"

#include <glob.h>
#include <signal.h>
#include <stdlib.h>

/* 24 cells of two calls, four open at once. */
static const char experiment[] =
    "dataset: {file: rows.jsonl}\n"
    "models: {small: {provider: openai, model: m, price: {input: 1, output: 1}}}\n"
    "defaults: {model: small, max_tokens: 10}\n"
    "variants:\n"
    "  single: {call: {prompt: {user: 'Say {{q}}'}}}\n"
    "  two:\n"
    "    chain:\n"
    "      first: {call: {prompt: {user: 'First {{q}}'}}}\n"
    "      second: {call: {prompt: {user: 'Second {{q}} {{first}}'}}}\n"
    "score: {same: {equals: '{{expected}}'}}\n"
    "concurrency: 4\n"
    "mock:\n"
    "  models: {'*': {first_token: 1ms}}\n"
    "  rules: {all: {reply: hi}}\n";

static void write_experiment(struct place *place)
{
    struct buf rows = {0};
    for (int i = 0; i < 24; i++)
        buf_printf(&rows, "{\"id\": %d, \"q\": \"q%d\", \"expected\": \"%s\"}\n", i, i,
                   i % 3 ? "hi" : "ho");
    place_write(place, "rows.jsonl", arena_str(&place->arena, buf_str(&rows)));
    buf_release(&rows);
    place_write_text(place, "experiment.yaml", experiment);
}

static size_t matches(const char *pattern)
{
    glob_t found;
    size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

/* In memory, or in the temporary folder of the test where there is no room in memory. */
static bool lies_somewhere(struct place *place, const struct child *child, const char *file)
{
    const char *folder = unkept_place("/dev/shm").p;
    return matches(arena_printf(&place->arena, "%s/weir-%d-*%s", folder, child->pid, file).p) >
           0;
}

static void check_nothing_is_left(struct place *place, const struct child *child)
{
    assert_false(lies_somewhere(place, child, ""));
    assert_int_equal(place_files(place, ".weir"), 0);
    assert_int_equal(place_processes(place), 0);
}

/* Protects --no-store's meaning: results of the same seed are those of a kept run byte for byte,
 * stdout is the report or nothing, and no file stays. */
static void the_report_is_that_of_a_kept_run(void **state)
{
    struct place *place = *state;
    write_experiment(place);
    struct child child = weir_start(place, "run", "--mock", "--seed", "7", "--cells", "--quiet",
                                    "--no-store", "-o", "unkept.json", NULL);
    struct ended ended = child_wait(&child);
    assert_code(ended, 0);
    assert_text(ended.out, "");
    check_nothing_is_left(place, &child);
    struct ended kept = weir(place, "run", "--mock", "--seed", "7", "--cells", "--quiet", "-o",
                             "kept.json", NULL);
    assert_code(kept, 0);
    assert_same_text(results_of(place_read(place, "unkept.json")),
                     results_of(place_read(place, "kept.json")));
    struct ended shown = weir(place, "run", "--mock", "--no-store", NULL);
    assert_code(shown, 0);
    assert_contains(shown.out, "two");
    assert_lacks(shown.out, ".db");
    assert_lacks(shown.err, ".db");
    assert_int_equal(place_files(place, ".weir/runs"), 1);
}

/* Protects the exit codes that a pipeline reads: a spent budget ends it as ever. */
static void a_spent_budget_is_told(void **state)
{
    struct place *place = *state;
    write_experiment(place);
    struct child child = weir_start(place, "run", "--mock", "--no-store", "--max-calls", "10",
                                    "-o", "r.json", NULL);
    struct ended ended = child_wait(&child);
    assert_code(ended, 3);
    assert_contains(place_read(place, "r.json"), "\"pending\":");
    check_nothing_is_left(place, &child);
}

/* A cell of two calls waits for its second. */
static bool has_half_a_cell(struct place *place, const struct child *child)
{
    const char *folder = unkept_place("/dev/shm").p;
    glob_t found;
    bool half = false;
    if (glob(arena_printf(&place->arena, "%s/weir-%d-*/*.db", folder, child->pid).p, 0, NULL,
             &found) == 0) {
        const char *db = found.gl_pathv[0];
        half = sql_int(db, "SELECT count(*) FROM sqlite_master WHERE name = 'call'") > 0 &&
               sql_int(db, "SELECT count(*) FROM call WHERE path = 'first'") > 0;
    }
    globfree(&found);
    return half;
}

/* `second`: how long second calls take. */
static struct child start_slow(struct place *place, const char *second)
{
    write_experiment(place);
    place_replace(place, "experiment.yaml", "first_token: 1ms", "first_token: 300ms");
    place_replace(
        place, "experiment.yaml", "rules: {all:",
        arena_printf(
            &place->arena,
            "rules: {b: {when: {prompt: Second}, first_token: %s, reply: hi}, all:", second)
            .p);
    struct child child =
        weir_start(place, "run", "--mock", "--quiet", "--no-store", "-o", "r.json", NULL);
    wait_until(has_half_a_cell(place, &child));
    assert_true(place_processes(place) >= 3); /* weir, its guard and the mock */
    return child;
}

/* Protects whoever presses Ctrl-C, once or twice, or shuts the machine down: the exit codes and the
 * report are as ever, and nothing is left. */
static void a_signal_leaves_nothing(void **state)
{
    struct place *place = *state;
    static const struct {
        int number, times, code;
    } ends[] = {{SIGINT, 1, 3}, {SIGTERM, 1, 3}, {SIGINT, 2, 130}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct child child = start_slow(place, ends[i].times == 2 ? "60s" : "300ms");
        child_signal(&child, ends[i].number);
        wait_until(str_contains(child_err(&child), STR("open cells are finished")));
        if (ends[i].times == 2)
            child_signal(&child, ends[i].number);
        assert_code(child_wait(&child), ends[i].code);
        check_nothing_is_left(place, &child);
        assert_contains(place_read(place, "r.json"), "\"results\"");
    }
}

/* Protects memory that nobody would look into: also a process that could do nothing more leaves
 * no file. */
static void a_kill_leaves_nothing(void **state)
{
    struct place *place = *state;
    struct child child = start_slow(place, "60s");
    assert_true(lies_somewhere(place, &child, "/*.db-wal"));
    child_signal(&child, SIGKILL);
    assert_int_equal(child_wait(&child).signal, SIGKILL);
    wait_until(!lies_somewhere(place, &child, ""));
    wait_until(place_processes(place) == 0);
    assert_int_equal(place_files(place, ".weir"), 0);
}

/* Protects the same when the run cannot even begin: a provider that is down, a broken file. */
static void a_failure_leaves_nothing(void **state)
{
    struct place *place = *state;
    write_experiment(place);
    place_replace(place, "experiment.yaml", "provider: openai", "provider: near");
    place_replace(place, "experiment.yaml", "models: {small",
                  "providers: {near: {api: openai-chat, base_url: 'http://127.0.0.1:1/v1'}}\n"
                  "models: {small");
    struct child child = weir_start(place, "run", "--no-store", NULL);
    assert_code(child_wait(&child), 3);
    check_nothing_is_left(place, &child);
    place_write_text(place, "experiment.yaml", "variants: [\n");
    child = weir_start(place, "run", "--no-store", NULL);
    assert_code(child_wait(&child), 2);
    check_nothing_is_left(place, &child);
}

/* Protects money: what could only be asked of a kept run, and reports that cannot be written, are
 * refused before the first call. */
static void what_needs_a_kept_run_is_refused(void **state)
{
    struct place *place = *state;
    static const char *const refused[][4] = {
        {"--resume", NULL, NULL, "no --resume"},
        {"--shard", "1/2", NULL, "no --shard"},
        {"--quiet", NULL, NULL, "expected a report"},
        {"-o", "report.pdf", NULL, "no report format"},
        {"--json", "run.db", NULL, "looks like a run"},
    };
    write_experiment(place);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct ended ended =
            weir(place, "run", "--mock", "--no-store", refused[i][0], refused[i][1], NULL);
        assert_code(ended, 2);
        assert_contains(ended.err, refused[i][3]);
        assert_text(ended.out, "");
    }
    assert_int_equal(place_files(place, ".weir"), 0);
}

/* Protects money: the same of a run that is kept; and whoever forgets the mock file is told. */
static void what_cannot_be_written_is_told_before_the_run(void **state)
{
    struct place *place = *state;
    static const char *const refused[][3] = {
        {"-o", "report.pdf", "no report format"},
        {"--html", "nowhere/report.html", "there is no folder 'nowhere'"},
        {"-o", "nowhere/report.md", "there is no folder 'nowhere'"},
        {"--json", ".", ". is a folder; expected the name of a file"},
    };
    write_experiment(place);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct ended ended = weir(place, "run", "--mock", refused[i][0], refused[i][1], NULL);
        assert_code(ended, 2);
        assert_contains(ended.err, refused[i][2]);
    }
    assert_int_equal(place_files(place, ".weir"), 0);
    struct ended told = weir(place, "run", "--mock", "-n", "1", NULL);
    assert_false(str_contains(told.err, STR("names no mock file")));
    size_t mock = (size_t)(strstr(experiment, "mock:\n") - experiment);
    str without = str_sub(str_from(experiment), 0, mock);
    place_write(place, "experiment.yaml", arena_str(&place->arena, without));
    struct ended bare = weir(place, "run", "--mock", "-n", "1", NULL);
    assert_contains(bare.err, "names no mock file");
    assert_contains(bare.err, "'weir init --dataset FILE' writes a mock");
    str other = arena_printf(&place->arena, "%.*smock: {models: {mm: {skill: 0.5}}}\n",
                             STR_ARG(without));
    place_write(place, "experiment.yaml", other);
    assert_contains(weir(place, "run", "--mock", "-n", "1", NULL).err,
                    "the mock file has no model 'm'");
}

static const char unforeseen[] =
    "mock:\n"
    "  models: {m: {}}\n"
    "  answers: {rows: {file: rows.jsonl, find: [q], right: '{{row.expected}}'}}\n"
    "  rules:\n"
    "    first: {when: {prompt: First}, reply: \"A \\e[31mshort summary.\"}\n"
    "    never: {when: {prompt: Seconds}, reply: x}\n";

/* Protects whoever hands a step a summary that the mock recognises no row in: what is made up looks like
 * a bad prompt. Told of runs that have some alone, and nothing of it steers the terminal. */
static void replies_that_the_mock_made_up_are_told(void **state)
{
    struct place *place = *state;
    write_experiment(place);
    struct ended ended = weir(place, "run", "--mock", "-n", "3", NULL);
    assert_false(str_contains(ended.err, STR("made up")));
    assert_false(str_contains(ended.err, STR("decided no reply")));
    size_t mock = (size_t)(strstr(experiment, "mock:\n") - experiment);
    str text = arena_printf(&place->arena, "%.*s%s", (int)mock, experiment, unforeseen);
    char *second = strstr(text.p, "Second {{q}}");
    memcpy(second, "Second      ", 12);
    place_write(place, "experiment.yaml", text);
    ended = weir(place, "run", "--mock", "-n", "3", NULL);
    assert_code(ended, 0);
    assert_contains(ended.err,
                    "weir-mock made up 3 of the 9 replies of 'm': no rule and no answer of the "
                    "mock file fits the prompt, as in 'Second A \\e[31mshort summary.'");
    assert_contains(ended.err, "rules of the mock file that decided no reply: never\n");
    ended = weir(place, "run", "--mock", "-n", "3", "--quiet", NULL);
    assert_text(ended.err, "");
}

/* Protects machines without memory to spare: the file then lies where temporary files do. */
static void without_room_in_memory_it_is_a_temporary_file(void **state)
{
    struct place *place = *state;
    setenv("TMPDIR", place->folder, 1);
    assert_text(unkept_place("/proc"), place->folder);
    assert_text(unkept_place("/nonexistent"), place->folder);
    setenv("TMPDIR", "", 1);
    assert_text(unkept_place("/proc"), "/tmp");
    unsetenv("TMPDIR");
    assert_text(unkept_place("/nonexistent"), "/tmp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(the_report_is_that_of_a_kept_run),
        e2e_test(a_spent_budget_is_told),
        e2e_test(a_signal_leaves_nothing),
        e2e_test(a_kill_leaves_nothing),
        e2e_test(a_failure_leaves_nothing),
        e2e_test(what_needs_a_kept_run_is_refused),
        e2e_test(what_cannot_be_written_is_told_before_the_run),
        e2e_test(replies_that_the_mock_made_up_are_told),
        e2e_test(without_room_in_memory_it_is_a_temporary_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
