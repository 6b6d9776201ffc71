/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_store_faults.c: runs whose disk lets them down: a write, a flush or an SQL step that
 * fails or that the process dies in, no room, no right to write, a torn write-ahead log. Each
 * time weir says what is wrong, keeps what was paid for, and finishes the run when told to go on.
 *
 * With WEIR_FAULTS=N each of the first N steps of each kind fails in turn (script/soak: 500);
 * without, some of them.
 */
#include "e2e_run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char head[] = "dataset: {file: rows.jsonl}\n"
                           "providers: {local: {api: openai-chat, base_url: %.*s/v1,"
                           " key_env: LOCAL_KEY}}\n"
                           "models: {small: {provider: local, model: m,"
                           " price: {input: 1, output: 1}}}\n"
                           "defaults: {model: small, max_tokens: 10}\n"
                           "variants:\n"
                           "  two:\n"
                           "    chain:\n"
                           "      first: {call: {prompt: {user: 'First {{q}}'}}}\n"
                           "      second: {call: {prompt: {user: 'Second {{q}} {{first}}'}}}\n"
                           "score: {same: {contains: '{{expected}}'}}\n"
                           "concurrency: 2\n";

enum { CELLS = 60, CALLS = 2 * CELLS };

static struct mock_server write_world(struct place *place)
{
    place_write_text(place, "mock.yaml", "rules: {all: {reply: 'so {{request.prompt}}'}}\n");
    struct mock_server mock = mock_start(place, "mock.yaml");
    struct buf rows = {0};
    for (int i = 0; i < CELLS; i++)
        buf_printf(&rows, "{\"id\": %d, \"q\": \"q%d\", \"expected\": \"q%d\"}\n", i, i,
                   i % 50);
    place_write(place, "rows.jsonl", buf_str(&rows));
    buf_release(&rows);
    place_env(place, "LOCAL_KEY=any");
    place_write(place, "experiment.yaml", arena_printf(&place->arena, head, STR_ARG(mock.url)));
    return mock;
}

/* The results of a run that nothing happened to. */
static str wanted_results(struct place *place)
{
    str results = results_of(report_text(place, run_good(place, "experiment.yaml", NULL).db));
    assert_contains(results, "\"correct\": 51,");
    return results;
}

static void forget_runs(struct place *place)
{
    const char *const argv[] = {"/bin/rm", "-rf", place_path(place, ".weir"), NULL};
    struct child child = child_start(place, argv);
    assert_code(child_wait(&child), 0);
}

static struct ended run_faulty(struct place *place, const char *fault)
{
    static const char *const argv[] = {E2E_WEIR_FAULTY, "run", "--quiet", NULL};
    size_t before = place->environments;
    place_env(place, arena_printf(&place->arena, "WEIR_FAULTY=%s", fault).p);
    struct child child = child_start(place, argv);
    struct ended ended = child_wait(&child);
    place->environments = before;
    return ended;
}

/* Requests that the server has had; asking is one of them. */
static int64_t requests(struct place *place, const struct mock_server *mock)
{
    static const char name[] = "\nweir_mock_requests_total ";
    str metrics = http_get(place, mock->url, "/metrics");
    ptrdiff_t at = str_find(metrics, STR(name), 0);
    assert_true(at >= 0);
    return strtoll(metrics.p + at + sizeof name - 1, NULL, 10);
}

/* A run that was begun is finished by a resume; one that was not, by beginning it. Its results are
 * those of a run that nothing happened to. */
static void check_goes_on(struct place *place, const char *what, str wanted)
{
    struct ended ended = weir(place, "run", "--quiet", "--resume", NULL);
    if (ended.code == 2 && str_contains(ended.err, STR("weir: no unfinished run of"))) {
        forget_runs(place); /* a death while the file was made may leave a part of it */
        ended = weir(place, "run", "--quiet", NULL);
    }
    if (ended.code != 0)
        fail_msg("after %s: %d: %.*s", what, ended.code, STR_ARG(ended.err));
    const char *db = only_run(place, ".");
    check_identities(db);
    if (!str_equal(results_of(report_text(place, db)), wanted))
        fail_msg("after %s the results are others", what);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call"), CALLS);
}

static bool is_finished(struct place *place)
{
    return place_files(place, ".weir/runs") == 1 &&
           str_equal(sql_text(place, only_run(place, "."), "SELECT state FROM run"),
                     STR("finished"));
}

/* The end is one that a user can understand: a word of what went wrong, or nothing did. */
static void check_end(struct place *place, const char *fault, struct ended ended)
{
    bool killed = strstr(fault, "kill") && ended.signal == SIGKILL;
    if (!killed && (ended.signal || ended.code > 1))
        fail_msg("%s: %d, signal %d: %.*s", fault, ended.code, ended.signal,
                 STR_ARG(ended.err));
    if (ended.code == 1 && !str_contains(ended.err, STR("weir: ")))
        fail_msg("%s: no word of what went wrong: %.*s", fault, STR_ARG(ended.err));
    assert_lacks(ended.err, "Sanitizer");
    if (ended.code == 0 && !is_finished(place))
        fail_msg("%s: an unfinished run exits with 0", fault);
}

/* Beside the calls: those in flight when the run stopped are made again, each part of the run
 * asks for the list of models once, and we ask for the count. */
enum { IN_FLIGHT = 2, OTHER_REQUESTS = 3 };

static void check_fault(struct place *place, const struct mock_server *mock, const char *fault,
                        str wanted)
{
    forget_runs(place);
    int64_t before = requests(place, mock);
    check_end(place, fault, run_faulty(place, fault));
    if (!is_finished(place))
        check_goes_on(place, fault, wanted);
    else if (!str_equal(results_of(report_text(place, only_run(place, "."))), wanted))
        fail_msg("%s: the results are others", fault);
    int64_t asked = requests(place, mock) - before;
    if (asked > CALLS + IN_FLIGHT + OTHER_REQUESTS)
        fail_msg("%s: %lld requests for %d calls", fault, (long long)asked, CALLS);
}

static const struct {
    const char *step, *how;
} kinds[] = {{"write", ""}, {"sync", ""}, {"step", ""}, {"write", ":kill"}, {"step", ":kill"}};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Protects what was paid for against any single failure of the disk: nothing is lost, nothing is
 * paid twice but what was in flight, no step's failure goes unseen. */
static void each_step_may_fail(void **state)
{
    struct place *place = *state;
    place->limit_s = 3000;
    struct mock_server mock = write_world(place);
    str wanted = wanted_results(place);
    static const int some[] = {1, 60, 300};
    const char *all = getenv("WEIR_FAULTS");
    int count = all ? atoi(all) : (int)(sizeof some / sizeof *some);
    for (size_t k = 0; k < KINDS; k++)
        for (int i = 0; i < count; i++) {
            char fault[40];
            snprintf(fault, sizeof fault, "%s:%d%s", kinds[k].step, all ? i + 1 : some[i],
                     kinds[k].how);
            check_fault(place, &mock, fault, wanted);
        }
    mock_stop(&mock);
}

/* ---- the disk as a whole ---- */

static struct ended shell(struct place *place, const char *script)
{
    const char *const argv[] = {"/bin/sh", "-c", script, "sh", E2E_WEIR, NULL};
    struct child child = child_start(place, argv);
    return child_wait(&child);
}

/* Protects runs under a limit on the size of files: a word about it, and a resume without the
 * limit finishes what was begun. */
static void the_file_may_not_grow(void **state)
{
    struct place *place = *state;
    struct mock_server mock = write_world(place);
    str wanted = wanted_results(place);
    forget_runs(place);
    struct ended ended = shell(place, "ulimit -f 800; exec \"$1\" run --quiet");
    assert_code(ended, 1);
    assert_contains(ended.err, "the disk is full or the file has reached its size limit");
    assert_true(sql_int(only_run(place, "."), "SELECT count(*) FROM call") > 0);
    check_goes_on(place, "a limit", wanted);
    mock_stop(&mock);
}

/* Namespaces of the kernel give a test a small disk and a folder that not even root may write. */
static void skip_without_mounts(struct place *place)
{
    if (shell(place, "unshare -rm mount -t tmpfs none .").code == 0)
        return;
    print_message("skipped: this machine gives no file systems to unprivileged users\n");
    skip();
}

/* Protects runs on a disk that fills up: a word about it; with more room a resume finishes. */
static void the_disk_is_full(void **state)
{
    struct place *place = *state;
    skip_without_mounts(place);
    struct mock_server mock = write_world(place);
    str wanted = wanted_results(place);
    forget_runs(place);
    struct ended ended =
        shell(place, "unshare -rm sh -ec '"
                     " mkdir .weir; mount -t tmpfs -o size=400k none .weir;"
                     " \"$1\" run --quiet && exit 9;"
                     " mount -o remount,size=100m .weir; \"$1\" run --quiet --resume;"
                     " \"$1\" report --json --cells' sh \"$1\"");
    assert_code(ended, 0);
    assert_contains(ended.err, "the disk is full");
    str report = ended.out;
    ptrdiff_t at = str_find(report, STR("{"), 0); /* behind the path that the resume printed */
    assert_true(at > 0);
    assert_same_text(results_of(str_sub(report, (size_t)at, report.n)), wanted);
    mock_stop(&mock);
}

/* Protects users who may not write here: one line that says so, before anything is sent. */
static void the_folder_is_read_only(void **state)
{
    struct place *place = *state;
    skip_without_mounts(place);
    struct mock_server mock = write_world(place);
    int64_t before = requests(place, &mock);
    struct ended ended = shell(place, "unshare -rm sh -ec 'mount --bind . .;"
                                      " mount -o remount,ro,bind . ; cd \"$PWD\";"
                                      " exec \"$1\" run --quiet' sh \"$1\"");
    assert_true(ended.code == 1 || ended.code == 2);
    assert_contains(ended.err, "Read-only file system");
    assert_contains(ended.err, ".weir");
    assert_int_equal(requests(place, &mock) - before, 1);
    mock_stop(&mock);
}

/* Protects what was committed against a log whose end the power took: the resume goes on from the
 * last whole commit. */
static void the_log_is_torn(void **state)
{
    struct place *place = *state;
    struct mock_server mock = write_world(place);
    str wanted = wanted_results(place);
    static const char *const ends[] = {"-1", "-40000", "/2"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        forget_runs(place);
        struct ended ended = run_faulty(place, "write:300:kill");
        assert_int_equal(ended.signal, SIGKILL);
        const char *script = arena_printf(&place->arena,
                                          "f=$(ls .weir/runs/*-wal); n=$(stat -c %%s \"$f\");"
                                          " truncate -s $((n%s)) \"$f\"",
                                          ends[i])
                                 .p;
        assert_code(shell(place, script), 0);
        check_goes_on(place, script, wanted);
    }
    mock_stop(&mock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(each_step_may_fail), e2e_test(the_file_may_not_grow),
        e2e_test(the_disk_is_full),   e2e_test(the_folder_is_read_only),
        e2e_test(the_log_is_torn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
