/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_cassette.c: a run recorded once is run again without a network, and comes to the same:
 * every dialect, streamed and whole, with tools, embeddings, votes and a bad provider.
 */
#include "e2e_dialects.h"
#include "e2e_run.h"
#include "e2e_server.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* clang-format off */
static const char experiment[] =
    "dataset: {samples: [{id: a, q: one charge}, {id: b, q: two refunds}]}\n"
    DIALECTS_PROVIDERS
    "models:\n"
    "  chat: {provider: openai, model: gpt-4o-mini}\n"
    "  responses: {provider: r, model: gpt-4o-mini}\n"
    "  messages: {provider: anthropic, model: m, price: {input: 1, output: 2}}\n"
    "  contents: {provider: gemini, model: m}\n"
    "  embed: {provider: openai, model: text-embedding-3-small}\n"
    "defaults: {max_tokens: 200, stream: true}\n"
    "trials: 2\n"
    "retry: {retries: 2, attempt_timeout: 700ms, base: 5ms, cap: 20ms}\n"
    DIALECTS_TOOLS
    "nodes:\n"
    "  work:\n"
    "    chain:\n"
    "      kind:\n"
    "        route:\n"
    "          by: {nearest: {of: '{{q}}', examples: {pay: [a charge], back: [a refund]}, "
    "model: embed}}\n"
    "          label: '{{classification}}'\n"
    "          cases: {pay: {value: pay}, back: {value: back}}\n"
    "      text:\n"
    "        vote: {voters: 3, each: {call: {prompt: {system: Be brief., user: 'Say "
    "{{q}}'}}}}\n"
    DIALECTS_DATA
    "          schema: {type: object, required: [n], properties: {n: {type: integer}},"
    " additionalProperties: false}\n"
    DIALECTS_LAST_STEPS
    DIALECTS_VARIANTS
    DIALECTS_VARIANTS_WHOLE
    DIALECTS_SCORES
    "mock: mock.yaml\n";

static const char mock_file[] =
    "seed: 5\n"
    "scale: 0.02\n"
    "models: {gpt-4o-mini: {skill: 0.6}, m: {skill: 0.6}}\n"
    "answers: {rows: {file: rows.jsonl, find: [q]}}\n"
    "rules:\n"
    "  text:\n"
    "    when: {prompt: Say}\n"
    "    answer: {from: rows, right: Here you are., wrong: [{text: No.}]}\n"
    DIALECTS_RULES
    "faults:\n"
    "  - {status: 429, share: 0.1, retry_after: 1ms}\n"
    "  - {status: 503, share: 0.06}\n"
    "  - {reset: body, share: 0.04}\n"
    "  - {wrong_length: long, share: 0.02}\n"
    "  - {hang: headers, share: 0.03}\n"
    "  - {cut: before_end, share: 0.04}\n"
    "  - {bad_json: true, share: 0.03}\n";
/* clang-format on */

static void write_all(struct place *place)
{
    place_write_text(place, "experiment.yaml", experiment);
    place_write_text(place, "mock.yaml", mock_file);
    place_write_text(
        place, "rows.jsonl",
        "{\"id\": \"a\", \"q\": \"one charge\"}\n{\"id\": \"b\", \"q\": \"two refunds\"}\n");
}

/* ---- without a network ---- */

/* This program called with "--no-network PROGRAM …": the kernel ends whoever makes a socket. */
static int run_without_network(char **argv)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketpair, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("--no-network");
        return 77;
    }
    execv(argv[0], argv);
    perror(argv[0]);
    return 127;
}

static char self[4096];

static struct ended without_network(struct place *place, const char *a, const char *b,
                                    const char *c, const char *d)
{
    const char *const argv[] = {
        self, "--no-network", E2E_WEIR, "run", "--quiet", "--replay", a, b, c, d, NULL};
    struct child child = child_start(place, argv);
    return child_wait(&child);
}

/* ---- what must be the same ---- */

/* The rows of one list of `timing`, without what this machine took for them. */
static const json *rows_of(struct arena *arena, const json *list)
{
    static const char *const own[] = {"wall_ms", "permit_wait_ms", "store_wait_ms", "paid_usd"};
    json *rows = json_new_list(arena);
    assert_true(json_count(list) > 0);
    for (const json *row = json_first(list); row; row = json_next(row)) {
        json *clean = json_copy(arena, row);
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
            json_set(arena, clean, str_from(own[i]), json_new_bool(false));
        json_add(arena, rows, clean);
    }
    return rows;
}

/* The part of `timing` that is the providers'. */
static str times_of(struct place *place, str report)
{
    static const char *const own[] = {"client", "wall_s", "warnings"};
    static const char *const lists[] = {"variants", "cells"};
    struct arena *arena = &place->arena;
    const json *timing = json_get(json_parse(arena, report, NULL), STR("timing"));
    json *kept = json_copy(arena, timing);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        json_set(arena, kept, str_from(own[i]), json_new_bool(false));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        json_set(arena, kept, str_from(lists[i]),
                 rows_of(arena, json_get(timing, str_from(lists[i]))));
    return json_to_str(arena, kept, JSON_SPACED);
}

/* All that was kept of calls and attempts, but for ids, waits of our own and moments. */
static str calls_of(struct place *place, const char *db)
{
    return sql_text(
        place, db,
        "SELECT group_concat(line, char(10)) FROM (SELECT c.cell || ' ' || path || ' ' || "
        "repeat"
        " || ' ' || attempt_key || ' ' || c.http_status || ' ' || c.outcome || ' ' ||"
        " ifnull(c.message, '') || ' ' || ifnull(cost_nanousd, '?') || ' ' || latency_ns || ' "
        "' ||"
        " backoff_ns || ' ' || connect_ns || ' ' || provider_ns || ' ' || ifnull(ttft_ns, '-')"
        " || ' ' || ifnull(q.bytes, '') || ' ' || ifnull(r.bytes, '') || ' ' ||"
        " (SELECT group_concat(number || ' ' || http_status || ' ' || outcome || ' ' ||"
        " ifnull(message, '') || ' ' || ifnull(retry_after_ns, '-') || ' ' || backoff_before_ns"
        " || ' ' || ifnull(a.connect_ns, '-') || ' ' || ifnull(a.first_byte_ns, '-') || ' ' ||"
        " total_ns || ' ' || lost, '; ') FROM attempt a WHERE a.call = c.call) AS line"
        " FROM call c LEFT JOIN body q ON q.body = c.request LEFT JOIN body r ON r.body ="
        " c.reply ORDER BY c.cell, path, repeat)");
}

static void assert_replays(struct place *place, const char *db, const char *again)
{
    str first = report_text(place, db), second = report_text(place, again);
    check_identities(again);
    assert_same_text(results_of(second), results_of(first));
    assert_same_text(times_of(place, second), times_of(place, first));
    assert_same_text(calls_of(place, again), calls_of(place, db));
}

static const char *run_of(struct place *place, struct ended ended)
{
    assert_code(ended, 0);
    str path = str_trim(ended.out);
    return arena_printf(&place->arena, "%s/%.*s", place->folder, STR_ARG(path)).p;
}

/* Protects what cassettes are for: with no provider, no key and no network the same results, the
 * same latencies and the same records of every attempt come out, whatever runs at once; and the
 * report says where they come from. */
static void a_replay_comes_to_the_same(void **state)
{
    struct place *place = *state;
    write_all(place);
    const char *db = run_good(place, "--mock", "-j", "8", "--record", "tape.yaml", NULL).db;
    check_identities(db);
    assert_true(sql_int(db, "SELECT count(DISTINCT dialect) FROM call") == 4);
    assert_true(sql_int(db, "SELECT setup_calls FROM run") > 0);
    assert_true(sql_int(db, "SELECT count(*) FROM attempt WHERE http_status = 429") > 5);
    assert_true(sql_int(db, "SELECT count(*) FROM attempt WHERE outcome = 'transport'") > 5);
    assert_true(sql_int(db, "SELECT count(*) FROM attempt WHERE outcome = 'timeout'") > 0);
    assert_true(sql_int(db, "SELECT count(*) FROM call WHERE path LIKE 'tool%%'") > 30);
    assert_true(sql_int(db, "SELECT count(*) FROM cell WHERE correct = 1") > 5);

    struct ended ended = without_network(place, "tape.yaml", "-j", "3", NULL);
    if (ended.code == 77) {
        print_message("no seccomp here: replayed with a network\n");
        ended = weir(place, "run", "--quiet", "--replay", "tape.yaml", NULL);
    }
    const char *again = run_of(place, ended);
    assert_replays(place, db, again);
    assert_int_equal(sql_int(again, "SELECT mock FROM run"), 1);
    assert_int_equal(sql_int(again, "SELECT sum(paid_nanousd) FROM cell"), 0);
    assert_true(sql_int(again, "SELECT sum(cost_nanousd) FROM cell") > 0);
    ended = weir(place, "report", again, NULL);
    assert_contains(ended.out, "Replayed from tape.yaml");
    assert_lacks(weir(place, "report", db, NULL).out, "Replayed");
    /* one at a time, and with time to wait for */
    again =
        run_good(place, "--replay", "tape.yaml", "-j", "1", "--replay-scale", "0.01", NULL).db;
    assert_replays(place, db, again);
}

/* Protects --replay-scale: with 1 a replay takes the time that it is about. */
static void original_timing_takes_its_time(void **state)
{
    struct place *place = *state;
    place_write_text(
        place, "experiment.yaml",
        "dataset: {samples: [{id: a, q: a}]}\nmodels: {m: {provider: openai, model: m}}\n"
        "defaults: {model: m}\nvariants: {one: {call: {prompt: {user: '{{q}}'}}}}\n"
        "score: {any: {min-words: 1}}\n"
        "mock: {models: {m: {first_token: 300ms, per_token: 0ms}}}\n");
    const char *db = run_good(place, "--mock", "--record", "tape.yaml", NULL).db;
    const char *quick = run_good(place, "--replay", "tape.yaml", NULL).db;
    const char *slow = run_good(place, "--replay", "tape.yaml", "--replay-scale", "1", NULL).db;
    assert_replays(place, db, quick);
    assert_replays(place, db, slow);
    assert_true(sql_int(slow, "SELECT wall_ns FROM cell") > 290000000);
    assert_true(sql_int(quick, "SELECT latency_ns FROM cell") > 290000000);
}

/* ---- what is not in it ---- */

static const char chain[] =
    "dataset: {samples: [{id: a, q: apples}, {id: b, q: pears}]}\n"
    "models: {m: {provider: openai, model: m, price: {input: 1, output: 1}}}\n"
    "defaults: {model: m, max_tokens: 20}\n"
    "variants:\n"
    "  v:\n"
    "    chain:\n"
    "      first: {call: {prompt: {user: 'Begin with {{q}}'}}}\n"
    "      then: {call: {prompt: {user: \"Go on.\\nBe brief.\\nIt is about {{q}}.\"}}}\n"
    "score: {any: {min-words: 1}}\n"
    "mock: {scale: 0}\n";

/* Protects CI from passing on what was never recorded: an edited prompt fails its cells, shows
 * the line that changed, and the exit code says that the cassette does not fit. A new trial is no
 * old draw; --replay-any takes it for one. */
static void an_edited_prompt_fails_readably(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", chain);
    run_good(place, "--mock", "--record", "tape.yaml", NULL);
    place_replace(place, "experiment.yaml", "Be brief", "Be very brief");
    struct ran ran = run_quiet(place, "--replay", "tape.yaml", NULL);
    assert_code(ran.ended, 2);
    assert_contains(ran.ended.err, "weir: 2 requests are not in tape.yaml\n");
    assert_contains(ran.ended.err, "-      Be brief.\n");
    assert_contains(ran.ended.err, "+      Be very brief.\n");
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell WHERE status = 'error' AND"
                                     " reason = 'request' AND failed_path = 'then'"),
                     2);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM call WHERE outcome = 'ok'"), 2);
    assert_int_equal(sql_int(ran.db, "SELECT max(attempts) FROM call"), 1);
    check_identities(ran.db);
    place_replace(place, "experiment.yaml", "Be very brief", "Be brief");
    ran = run_quiet(place, "--replay", "tape.yaml", "--seed", "2", NULL);
    assert_code(ran.ended, 2);
    assert_contains(ran.ended.err, "was recorded 1 time (tape.yaml:5), but for other calls");
    ran = run_quiet(place, "--replay", "tape.yaml", "--seed", "2", "--replay-any", NULL);
    assert_code(ran.ended, 0);
}

/* Protects from surprises: files that cannot be, and options that contradict each other. */
static void bad_usage_is_refused(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", chain);
    place_write_text(place, "there.yaml", "something\n");
    struct ended ended = weir(place, "run", "--mock", "--record", "there.yaml", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "there.yaml is there already");
    assert_code(weir(place, "run", "--replay", "there.yaml", NULL), 2);
    assert_code(weir(place, "run", "--replay", "missing.yaml", NULL), 2);
    assert_code(weir(place, "run", "--mock", "--record", "no/folder.yaml", NULL), 2);
    run_good(place, "--mock", "--record", "tape.yaml", NULL);
    assert_code(weir(place, "run", "--mock", "--replay", "tape.yaml", NULL), 2);
    place_env(place, "OPENAI_API_KEY=sk-no-key");
    ended = weir(place, "run", "--replay", "tape.yaml", "--record", "tape.yaml", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "do not go into one");
    assert_int_equal(place_files(place, ".weir/runs"), 1);
}

/* ---- with weir-mock ---- */

static struct mock_server serve(struct place *place, const char *a, const char *b,
                                const char *c, const char *d)
{
    const char *const argv[] = {E2E_WEIR_MOCK, "--port", "0", a, b, c, d, NULL};
    struct mock_server mock = {.child = child_start(place, argv)};
    wait_until(str_contains(child_out(&mock.child), STR("\n")));
    const json *said = json_parse(&place->arena, str_trim(child_out(&mock.child)), NULL);
    mock.url = json_text(json_get(said, STR("listening")));
    assert_true(mock.url.n > 0);
    return mock;
}

/* Protects the one format: what weir recorded weir-mock serves, to the same results; what
 * weir-mock recorded between weir and a provider weir replays. */
static void cassettes_go_both_ways(void **state)
{
    struct place *place = *state;
    write_all(place);
    place_replace(place, "mock.yaml", "hang: headers, share: 0.03", "hang: headers, share: 0");
    place_replace(place, "experiment.yaml", "trials: 2", "trials: 1");
    place_replace(place, "experiment.yaml", "attempt_timeout: 700ms",
                  "attempt_timeout: 60s"); /* none hangs */
    const char *db = run_good(place, "--mock", "--record", "ours.yaml", NULL).db;
    struct mock_server mock = serve(place, "--replay", "ours.yaml", NULL, NULL);
    const char *served = run_good(place, "--mock-url", mock.url.p, NULL).db;
    mock_stop(&mock);
    assert_same_text(results_of(report_text(place, served)),
                     results_of(report_text(place, db)));

    mock = serve(place, "--config", "mock.yaml", NULL, NULL);
    struct mock_server recorder =
        serve(place, "--record", "theirs.yaml", "--upstream", mock.url.p);
    db = run_good(place, "--mock-url", recorder.url.p, NULL).db;
    mock_stop(&recorder);
    mock_stop(&mock);
    const char *again = run_good(place, "--replay", "theirs.yaml", NULL).db;
    check_identities(again);
    str first = results_of(report_text(place, db)),
        second = results_of(report_text(place, again));
    /* theirs does not know that a mock was recorded; all else is the same */
    assert_contains(first, "\"code\": \"mock\"");
    assert_lacks(second, "\"code\": \"mock\"");
    const json *a = json_get(json_parse(&place->arena, first, NULL), STR("variants"));
    const json *b = json_get(json_parse(&place->arena, second, NULL), STR("variants"));
    assert_same_text(json_to_str(&place->arena, b, JSON_COMPACT),
                     json_to_str(&place->arena, a, JSON_COMPACT));
}

/* ---- crashes and secrets ---- */

/* Protects a recording from a crash: it can be replayed up to there, and be completed with
 * --replay and --record, which asks only for what it lacks. */
static void a_killed_recording_can_be_completed(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", chain);
    place_replace(place, "experiment.yaml", "{scale: 0}",
                  "{models: {m: {first_token: 100ms, per_token: 0ms}}}");
    struct child child = weir_start(place, "run", "--mock", "--quiet", "--record", "tape.yaml",
                                    "--trials", "10", "-j", "1", NULL);
    wait_until(run_has_rows(place, "call", 8));
    child_signal(&child, SIGKILL);
    child_wait(&child);
    int64_t made = sql_int(only_run(place, "."), "SELECT count(*) FROM call");
    struct ran ran = run_quiet(place, "--replay", "tape.yaml", "--trials", "10", NULL);
    assert_code(ran.ended, 2);
    int64_t good = sql_int(ran.db, "SELECT count(*) FROM call WHERE outcome = 'ok'");
    assert_true(good >= made && good < 40);
    ran = run_good(place, "--mock", "--replay", "tape.yaml", "--record", "tape.yaml",
                   "--trials", "10", NULL);
    const char *again = run_good(place, "--replay", "tape.yaml", "--trials", "10", NULL).db;
    assert_same_text(results_of(report_text(place, again)),
                     results_of(report_text(place, ran.db)));
    assert_int_equal(sql_int(again, "SELECT count(*) FROM call WHERE outcome = 'ok'"), 40);
}

static void answer(void *arg, const struct asked *asked, struct said *said)
{
    (void)arg;
    (void)asked;
    said->headers = "Set-Cookie: session=0123456789abcdef\r\n"
                    "Date: Sat, 21 Nov 2026 08:00:00 GMT\r\n";
    said->body =
        chat_reply(said->arena, STR("Your key is sk-secret-0123456789abcdef."), "stop");
}

/* Protects keys: none is in the cassette, not even where a model repeats it, and the run without
 * the key comes to the same as the one with it. */
static void no_key_is_in_it(void **state)
{
    struct place *place = *state;
    struct server *server = server_start(place, answer, NULL);
    str providers = arena_printf(&place->arena,
                                 "providers: {openai: {api: openai-chat, base_url: '%.*s',"
                                 " key_env: THE_KEY, query: {a: b}}}\n%s",
                                 STR_ARG(server_url(server)), chain);
    place_write(place, "experiment.yaml", providers);
    place_env(place, "THE_KEY=sk-secret-0123456789abcdef");
    const char *db = run_good(place, "--record", "tape.yaml", NULL).db;
    server_stop(server);
    str tape = place_read(place, "tape.yaml");
    assert_lacks(tape, "sk-secret");
    assert_lacks(tape, "session=");
    assert_lacks(tape, "mock:");
    assert_contains(tape, "Your key is [secret]");
    assert_contains(tape, "query: \"a=b\"");
    place_env(place, "THE_KEY");
    const char *again = run_good(place, "--replay", "tape.yaml", NULL).db;
    assert_replays(place, db, again);
    assert_int_equal(sql_int(again, "SELECT mock FROM run"), 0);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--no-network") == 0)
        return run_without_network(argv + 2);
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        e2e_test(a_replay_comes_to_the_same),
        e2e_test(original_timing_takes_its_time),
        e2e_test(an_edited_prompt_fails_readably),
        e2e_test(bad_usage_is_refused),
        e2e_test(cassettes_go_both_ways),
        e2e_test(a_killed_recording_can_be_completed),
        e2e_test(no_key_is_in_it),
    };
    return cmocka_run_group_tests_name("cassettes", tests, NULL, NULL);
}
