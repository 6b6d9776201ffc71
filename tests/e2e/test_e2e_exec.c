/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_exec.c: programs and rows of files as steps of real runs, and models that stand in for
 * others: what becomes of a cell when a program does its worst.
 */
#include "e2e_run.h"

#include "base/file.h"

#include <signal.h>
#include <sys/stat.h>

static const char head[] = "dataset: {samples: [{id: a, text: tea, expected: TEA}]}\n"
                           "models:\n"
                           "  m: {provider: openai, model: weak}\n"
                           "  n: {provider: openai, model: strong, max_tokens: 7}\n"
                           "  o: {provider: openai, model: last}\n"
                           "defaults: {model: m}\n"
                           "retry: {retries: 1, base: 1ms, cap: 1ms}\n"
                           "score: {s: {equals: \"{{expected}}\"}}\n"
                           "mock: mock.yaml\n"
                           "variants:\n";

static const char mock[] = "rules:\n"
                           "  weak: {when: {model: weak}, status: 503}\n"
                           "  wrong: {when: {model: strong, prompt: WRONG}, reply: 'no JSON'}\n"
                           "  strong: {when: {model: strong}, reply: TEA}\n"
                           "  last: {when: {model: last}, status: 500}\n";

static void write_program(struct place *place, const char *name, const char *script)
{
    place_write_text(place, name, script);
    assert_int_equal(chmod(place_path(place, name), 0700), 0);
}

static struct ran run_with(struct place *place, const char *variants, const char *parallel)
{
    place_write(place, "experiment.yaml", arena_printf(&place->arena, "%s%s", head, variants));
    place_write_text(place, "mock.yaml", mock);
    struct ran ran = run_quiet(place, "--mock", "-j", parallel, NULL);
    if (!ran.db)
        fail_msg("%.*s", STR_ARG(ran.ended.err));
    check_identities(ran.db);
    return ran;
}

static const char *run(struct place *place, const char *variants)
{
    return run_with(place, variants, "1").db;
}

static str output(struct place *place, const char *db)
{
    return sql_text(place, db, "SELECT bytes FROM cell JOIN body ON body = output");
}

/* "kind: message" of the one cell. */
static str failure(struct place *place, const char *db)
{
    return sql_text(place, db, "SELECT status || ' ' || reason || ': ' || message FROM cell");
}

/* Protects: by default a program gets all names, in the folder of the experiment, and its stdout
 * is JSON; nothing of the answer is among them. */
static void test_input(void **state)
{
    struct place *place = *state;
    write_program(place, "bin/show",
                  "#!/bin/sh\nread -r line\n"
                  "printf '{\"in\": %s, \"file\": \"%s\"}' \"$line\" exp*.yaml\n"
                  "echo note >&2\n");
    const char *db =
        run(place, "  v: {exec: {run: [./bin/show]}, with: {more: [1, \"{{text}}\"]}}\n");
    assert_text(output(place, db), "{\"in\":{\"text\":\"tea\",\"more\":[1,\"tea\"]},"
                                   "\"file\":\"experiment.yaml\"}");
    assert_text(sql_text(place, db, "SELECT json_extract(note, '$.stderr') FROM step"),
                "note\n");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell"), 0);
    assert_int_equal(sql_int(db, "SELECT latency_ns > 0 AND total_work_ns > 0 FROM cell"), 1);
}

/* Protects: a program as classifier, its text as label, and as evaluator in a gate. */
static void test_classifier(void **state)
{
    struct place *place = *state;
    write_program(place, "label", "#!/bin/sh\ngrep -q tea && echo ' Drink '\n");
    const char *db = run(place, "  v:\n    route:\n"
                                "      by: {exec: {run: [./label], output: text}}\n"
                                "      cases: {Drink: {value: TEA}, Other: {value: no}}\n");
    assert_text(output(place, db), "\"TEA\"");
}

struct bad_program {
    const char *script, *keys, *wanted;
};

/* Protects: whatever a program does the cell ends, with the kind, what it did, and its stderr. */
static void test_bad_programs(void **state)
{
    static const struct bad_program cases[] = {
        {"echo 'a\033[31mb' >&2; exit 3", "",
         "error exec: ./bad: exit code 3; stderr: a\\e[31mb"},
        {"kill -KILL $$", "", "error exec: ./bad: signal 9: killed"},
        {"yes", "", "error exec: ./bad: it wrote more than 1000000 bytes and was killed"},
        {"echo 1 2", "",
         "error exec: ./bad: stdout is not one JSON value: line 1, column 3: something "
         "follows"},
        {"sleep 1000", ", timeout: 200ms",
         "timeout timeout: the deadline passed while the program ran"},
        {"sleep 1000 & echo '\"TEA\"'", "", "ok"},
        {"exec <&-; sleep 0.05; echo '\"TEA\"'", "", "ok"},
    };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        str script = arena_printf(&place->arena, "#!/bin/sh\n%s\n", cases[i].script);
        write_program(place, "bad", script.p);
        str variant =
            arena_printf(&place->arena, "  v: {exec: {run: [./bad]}%s}\n", cases[i].keys);
        const char *db = run(place, variant.p);
        if (strcmp(cases[i].wanted, "ok") == 0)
            assert_text(output(place, db), "\"TEA\"");
        else if (!str_starts_with(failure(place, db), str_from(cases[i].wanted)))
            fail_msg("%s: %.*s", cases[i].script, STR_ARG(failure(place, db)));
    }
    wait_until(place_processes(place) == 0); /* they would sleep for a quarter of an hour */
}

/* Protects: a program that is a check: it sees the answer in a score and not in a gate, its grade
 * counts, and it runs beside the loop. */
static void test_check(void **state)
{
    struct place *place = *state;
    write_program(place, "judge",
                  "#!/bin/sh\nread -r line\ncase $line in *'\"expected\":\"TEA\"'*)\n"
                  "echo '{\"score\": 0.75, \"reason\": \"nearly\"}';; *) echo 0.25;; esac\n");
    const char *db = run(place, "  v:\n    value: \"{{text}}\"\n"
                                "    gate: [{exec: [./judge], threshold: 0.25}]\n");
    assert_int_equal(sql_int(db, "SELECT status = 'ok' FROM cell"), 1);
    db = run(place, "  v: {value: \"{{text}}\", gate: [{exec: [./judge], threshold: 0.5}]}\n");
    assert_text(failure(place, db), "error gate: exec: [\"./judge\"]: exec is 0.25");
}

/* Protects: the same of a score. */
static void test_score(void **state)
{
    struct place *place = *state;
    write_program(place, "judge", "#!/bin/sh\ngrep -q '\"expected\":\"TEA\"' && echo 0.75\n");
    place_write_text(place, "mock.yaml", mock);
    str text = arena_printf(&place->arena, "%s  v: {value: \"{{text}}\"}\n", head);
    place_write(place, "experiment.yaml", text);
    place_replace(place, "experiment.yaml", "score: {s: {equals: \"{{expected}}\"}}",
                  "score: {s: {exec: [./judge], threshold: 0.7}}");
    struct ran ran = run_good(place, "--mock", NULL);
    assert_int_equal(sql_int(ran.db, "SELECT correct AND score = 0.75 FROM cell"), 1);
}

/* Protects: the first row whose field is this as text, and `otherwise`. */
static void test_lookup(void **state)
{
    struct place *place = *state;
    place_write_text(place, "rows.csv", "key,status\n7,first\ntea,TEA\n7,second\n");
    const char *db = run(place, "  v: {lookup: {in: rows.csv, by: key, key: \"{{text}}\"}}\n");
    assert_text(output(place, db), "{\"key\":\"tea\",\"status\":\"TEA\"}");
    place_write_text(place, "rows.json",
                     "[{\"key\": 7, \"n\": 1}, {\"key\": \"7\", \"n\": 2}, {\"n\": 3}]");
    db = run(place, "  v: {lookup: {in: rows.json, by: key, key: \"{{n}}\"}, with: {n: 7}}\n");
    assert_text(output(place, db), "{\"key\":7,\"n\":1}");
    db = run(place, "  v: {lookup: {in: rows.json, by: key, key: \"{{text}}\", otherwise: "
                    "{none: \"{{text}}\"}}}\n");
    assert_text(output(place, db), "{\"none\":\"tea\"}");
    db = run(place, "  v: {lookup: {in: rows.json, by: key, key: \"{{text}}\"}}\n");
    assert_text(output(place, db), "null");
}

#define ASK "call: {prompt: {user: \"{{text}}\"}, "

/* Protects: another model stands in when a provider fails, as a call of its own with its own
 * parameters, and the trace says so. */
static void test_fallback(void **state)
{
    struct place *place = *state;
    const char *db = run(place, "  v: {" ASK "fallback_models: [o, n]}}\n");
    assert_text(output(place, db), "\"TEA\"");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell"), 3);
    assert_int_equal(sql_int(db, "SELECT attempts FROM cell"), 5);
    assert_text(sql_text(place, db, "SELECT json_extract(note, '$.fallback') FROM step"), "n");
    assert_text(sql_text(place, db,
                         "SELECT group_concat(model) FROM (SELECT model FROM call "
                         "ORDER BY repeat)"),
                "m,o,n");
}

/* Protects: a broken schema is an answer, and when all fail the last failure is the step's. */
static void test_no_fallback(void **state)
{
    struct place *place = *state;
    const char *db = run(place, "  v: {call: {model: n, prompt: {user: \"WRONG {{text}}\"}, "
                                "schema: {type: object}, fallback_models: [m]}}\n");
    assert_int_equal(sql_int(db, "SELECT calls = 1 AND reason = 'schema' FROM cell"), 1);
    db = run(place, "  v: {" ASK "fallback_models: [o]}}\n");
    assert_int_equal(sql_int(db, "SELECT calls = 2 AND reason = 'server' FROM cell"), 1);
}

/* Protects rule 4: programs, models that stand in and rows give the same at any concurrency. */
static void test_any_concurrency(void **state)
{
    struct place *place = *state;
    static const char variants[] =
        "  v:\n    map:\n      over: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\n      as: n\n"
        "      on_error: partial\n      each:\n        chain:\n"
        "          code: {exec: {run: [cat], input: \"{{n}}\"}}\n"
        "          gated: {value: \"{{code}}\", gate: [{exec: [./small]}]}\n"
        "          said: {call: {prompt: {user: \"{{n}}\"}, fallback_models: [n]}}\n";
    write_program(place, "small", "#!/bin/sh\ngrep -q '\"value\":1' && echo 1 || echo 0\n");
    str first = results_of(report_text(place, run_with(place, variants, "1").db));
    str second = results_of(report_text(place, run_with(place, variants, "200").db));
    assert_true(str_equal(first, second));
    assert_true(first.n > 100);
}

/* Protects: the second Ctrl-C ends programs too. */
static void test_interrupt(void **state)
{
    struct place *place = *state;
    place_write_text(place, "mock.yaml", mock);
    write_program(place, "hang", "#!/bin/sh\ntouch started\nsleep 1000\n");
    str text =
        arena_printf(&place->arena, "%s  v: {exec: {run: [./hang]}, timeout: 900s}\n", head);
    place_write(place, "experiment.yaml", text);
    struct child child = weir_start(place, "run", "--mock", NULL);
    wait_until(file_exists(place_path(place, "started")));
    child_signal(&child, SIGINT);
    wait_until(str_contains(child_err(&child), STR("again")));
    child_signal(&child, SIGINT);
    struct ended ended = child_wait(&child);
    assert_int_equal(ended.code, 130);
    wait_until(place_processes(place) == 0); /* it was killed, and dies when it gets the CPU */
}

/* Protects: in a sandbox a program has no network and cannot write; without one this is skipped. */
static void test_sandbox(void **state)
{
    struct place *place = *state;
    skip_without_sandbox();
    write_program(place, "boxed",
                  "#!/bin/sh\n{ echo 1 > made; } 2>/dev/null && echo '\"wrote\"' && exit\n"
                  "test \"$(grep -c : /proc/net/dev)\" = 1 && echo '\"TEA\"'\n");
    const char *db = run(place, "  v: {exec: {run: [./boxed], sandbox: true}}\n");
    assert_text(output(place, db), "\"TEA\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(test_input),     e2e_test(test_classifier),  e2e_test(test_bad_programs),
        e2e_test(test_check),     e2e_test(test_score),       e2e_test(test_lookup),
        e2e_test(test_fallback),  e2e_test(test_no_fallback), e2e_test(test_any_concurrency),
        e2e_test(test_interrupt), e2e_test(test_sandbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
