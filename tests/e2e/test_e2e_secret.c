/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_secret.c: the keys of providers (rule 12), planted as known strings, are nowhere after runs
 * with every fault that weir-mock has, in every dialect, streamed and not: not in the store, a
 * cassette, a report, an export, what is printed, or what a crash leaves.
 */
#include "e2e_run.h"

#include "base/buf.h"
#include "llm/stream.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define KEY   "sk-planted-3f9Qe71LbXw0"
#define INNER "3f9Qe71LbXw0" /* nobody writes this by chance */
#define TEAM  "team-planted-8Kd2Zr5VmYt4"

static const char *const secrets[] = {KEY, INNER, TEAM, "8Kd2Zr5VmYt4"};
enum { SECRETS = sizeof secrets / sizeof *secrets };

static const char *const dialects[] = {"openai-chat", "openai-responses", "anthropic-messages",
                                       "gemini"};
enum { DIALECTS = sizeof dialects / sizeof *dialects };

static const char *const faults[] = {"status: 500",
                                     "status: 503, retry_after: 10ms",
                                     "status: 429, retry_after: 10ms",
                                     "status: 429, quota: true",
                                     "status: 400",
                                     "status: 401",
                                     "status: 502, html: true",
                                     "empty: true",
                                     "wrong_type: true",
                                     "bad_json: true",
                                     "hang: headers",
                                     "hang: body",
                                     "drip: 0.01ms",
                                     "drip: 40ms",
                                     "reset: headers",
                                     "reset: body",
                                     "reset: stream",
                                     "reset: headers, fin: true",
                                     "reset: body, fin: true",
                                     "reset: stream, fin: true",
                                     "wrong_length: short",
                                     "wrong_length: long",
                                     "cut: utf8",
                                     "cut: string",
                                     "cut: before_usage",
                                     "cut: before_end",
                                     "error_event: 2",
                                     "error_event: 0, error_status: 503",
                                     "frames: join",
                                     "frames: split",
                                     "frames: crlf",
                                     "frames: comments"};
enum { FAULTS = sizeof faults / sizeof *faults };

/* What the model says holds the key where a prompt had it: as if it knew it. */
static void write_mock(struct place *place)
{
    struct buf text = {0};
    buf_add_str(&text, STR("rules:\n"
                           "  echo: {when: {prompt: 'say the key'}, reply: 'It is " KEY ".'}\n"
                           "  all: {reply: 'eins zwei drei'}\n"
                           "faults:\n"));
    for (size_t i = 0; i < FAULTS; i++)
        buf_printf(&text, "  - {%s, when: {prompt: 'fault=%zu.'}}\n", faults[i], i);
    place_write(place, "../mock.yaml", buf_str(&text));
    buf_release(&text);
}

static void write_experiment(struct place *place, str url)
{
    struct buf text = {0};
    buf_add_str(&text, STR("retry: {retries: 1, attempt_timeout: 1500ms, base: 5ms, cap: 8ms}\n"
                           "defaults: {max_tokens: 100}\n"
                           "concurrency: 100\n"
                           "score: {right: {equals: 'eins zwei drei'}}\n"
                           "dataset:\n  samples:\n"
                           "    - {id: none, q: nothing}\n"
                           "    - {id: echo, q: say the key}\n"));
    for (size_t i = 0; i < FAULTS; i++)
        buf_printf(&text, "    - {id: f%zu, q: fault=%zu.}\n", i, i);
    buf_add_str(&text, STR("providers:\n"));
    for (size_t i = 0; i < DIALECTS; i++)
        buf_printf(&text,
                   "  p%zu: {api: %s, base_url: '%.*s%s', key_env: THE_KEY, headers_env: "
                   "{X-Team: THE_TEAM}, warmup: false}\n",
                   i, dialects[i], STR_ARG(url), i < 2 ? "/v1" : "");
    buf_add_str(&text, STR("models:\n"));
    for (size_t i = 0; i < DIALECTS; i++)
        buf_printf(&text, "  m%zu: {provider: p%zu, model: m, price: {input: 1, output: 2}}\n",
                   i, i);
    buf_add_str(&text, STR("variants:\n"));
    for (size_t i = 0; i < DIALECTS; i++)
        buf_printf(&text,
                   "  whole%zu: {call: {prompt: {user: 'Do {{q}}'}, model: m%zu, stream: "
                   "false}}\n"
                   "  streamed%zu: {call: {prompt: {user: 'Do {{q}}'}, model: m%zu}}\n",
                   i, i, i, i);
    place_write(place, "experiment.yaml", buf_str(&text));
    buf_release(&text);
    place_env(place, "THE_KEY=" KEY);
    place_env(place, "THE_TEAM=" TEAM);
}

static void check_text(str text, const char *where)
{
    for (size_t i = 0; i < SECRETS; i++)
        if (str_contains(text, str_from(secrets[i])))
            fail_msg("'%s' is in %s", secrets[i], where);
}

static struct ended check_ended(struct ended ended, const char *where)
{
    check_text(ended.out, where);
    check_text(ended.err, where);
    return ended;
}

/* Every byte of every file below the folder. */
static void check_files(struct place *place)
{
    for (size_t i = 0; i < SECRETS; i++) {
        const char *file = place_find_bytes(place, ".", str_from(secrets[i]));
        if (file)
            fail_msg("'%s' is in %s", secrets[i], file);
    }
}

/* The texts of these members put behind each other, as who reads a stream does. */
static str put_together(struct place *place, str body, const char *member)
{
    struct buf text = {0};
    str begin = arena_printf(&place->arena, "\"%s\":", member);
    for (ptrdiff_t at = 0; (at = str_find(body, begin, (size_t)at)) >= 0;) {
        at += (ptrdiff_t)begin.n;
        while ((size_t)at < body.n && body.p[at] == ' ')
            at++;
        if ((size_t)at >= body.n || body.p[at] != '"')
            continue;
        ptrdiff_t end = str_find(body, STR("\""), (size_t)++at);
        if (end < 0)
            end = (ptrdiff_t)body.n;
        buf_add_str(&text, str_sub(body, (size_t)at, (size_t)end));
        at = end;
    }
    str result = arena_str(&place->arena, buf_str(&text));
    buf_release(&text);
    return result;
}

/* Protects: nor do the pieces of a stream make up a key, in the run's file or in a cassette. */
static void check_pieces(struct place *place, const char *db)
{
    static const char *const members[] = {"content", "delta", "text"};
    enum { MEMBERS = sizeof members / sizeof *members };
    int64_t said = 0;
    str tape = place_read(place, "out/tape");
    for (size_t m = 0; m < MEMBERS; m++)
        check_text(put_together(place, tape, members[m]), "the pieces of a cassette");
    for (size_t i = 0; i < DIALECTS; i++) {
        str body = sql_text(place, db,
                            "SELECT CAST(bytes AS TEXT) FROM call JOIN cell_named USING (cell)"
                            " JOIN body ON body = reply WHERE sample_id = 'echo' AND"
                            " variant_name = 'streamed%d' LIMIT 1",
                            (int)i);
        body = llm_stream_unfold(&place->arena, body);
        for (size_t m = 0; m < MEMBERS; m++) {
            str text = put_together(place, body, members[m]);
            check_text(text, "the pieces of a stream");
            said += str_contains(text, STR("It is [secret]"));
        }
    }
    assert_true(said >= (int64_t)DIALECTS);
}

/* A run with every kind of output, and all that can be made of it afterwards. */
static struct ended run_and_look(struct place *place)
{
    struct ended ended =
        check_ended(weir(place, "run", "--json", "out/report.json", "--md", "out/report.md",
                         "--csv", "out/report.csv", "--cells", "--record", "out/tape", NULL),
                    "what weir run printed");
    assert_code(ended, 0);
    const char *db = only_run(place, ".");
    assert_int_equal(sql_int(db, "SELECT count(*) > 0 FROM cell WHERE reason = 'auth'"), 1);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell"), (FAULTS + 2) * DIALECTS * 2);
    /* the keys were sent, for the mock wants one, and what said them back was kept without */
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell_named WHERE sample_id = 'none' AND"
                                 " status = 'ok'"),
                     DIALECTS * 2);
    assert_int_equal(
        sql_int(db, "SELECT count(*) > 0 FROM cell_named JOIN body ON body = output"
                    " WHERE sample_id = 'echo' AND instr(bytes, 'It is [secret].') > 0"),
        1);
    check_ended(weir(place, "report", db, NULL), "weir report");
    check_ended(weir(place, "report", db, "--json", "--cells", NULL), "the JSON report");
    check_ended(weir(place, "export", db, "--texts", "--jsonl", NULL), "the export");
    check_ended(weir(place, "export", db, "--texts", "--otlp", "out/traces.json", NULL),
                "the traces");
    check_ended(weir(place, "show", db, "streamed0/echo/1", NULL), "weir show");
    check_ended(weir(place, "show", db, "whole2/f5/1", NULL), "weir show");
    check_ended(weir(place, "runs", NULL), "weir runs");
    check_ended(weir(place, "check", "--effective", NULL), "weir check");
    check_files(place);
    check_pieces(place, db);
    return ended;
}

/* The mock's own file has the key in it, so it stands outside. */
static struct mock_server begin(struct place *place)
{
    write_mock(place);
    struct mock_server mock = mock_start(place, place_path(place, "../mock.yaml"));
    write_experiment(place, mock.url);
    place_write_text(place, "out/made", "");
    return mock;
}

static void nowhere_after_every_fault(void **state)
{
    struct place *place = *state;
    struct mock_server mock = begin(place);
    run_and_look(place);
    mock_stop(&mock);
}

/* Protects the same where every attempt is told on stderr. */
static void nowhere_in_the_log(void **state)
{
    struct place *place = *state;
    struct mock_server mock = begin(place);
    place_env(place, "WEIR_LOG=debug");
    assert_contains(run_and_look(place).err, "attempt 2: server, HTTP 500");
    mock_stop(&mock);
}

/* Protects: what a crash in mid-run leaves: no core file, and nothing printed. */
static void nowhere_after_a_crash(void **state)
{
    struct place *place = *state;
    char path[64];
    struct mock_server mock = begin(place);
    place_replace(place, "experiment.yaml", "1500ms", "20s");
    struct child child = weir_start(place, "run", NULL);
    wait_until(run_has_rows(place, "cell", 1));
    snprintf(path, sizeof path, "/proc/%d/limits", child.pid);
    char limits[4096];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = fread(limits, 1, sizeof limits, file);
    fclose(file);
    str rest = {limits, n};
    ptrdiff_t at = str_find(rest, STR("Max core file size"), 0);
    assert_true(at >= 0);
    str value = str_trim(str_sub(rest, (size_t)at + sizeof "Max core file size" - 1,
                                 (size_t)at + sizeof "Max core file size" + 20));
    assert_true(str_starts_with(value, STR("0")));
    child_signal(&child, SIGABRT);
    check_ended(child_wait(&child), "what a crash left");
    check_files(place);
    mock_stop(&mock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(nowhere_after_every_fault),
        e2e_test(nowhere_in_the_log),
        e2e_test(nowhere_after_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
