/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_kills.c: a run that is killed again and again pays for nothing twice, and ends with the
 * results of a run that was never stopped. E2E_KILLS=200 makes it long (script/soak).
 */
#include "e2e_run.h"

#include "base/rng.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* ---- a run with everything in it ---- */

static const char everything[] =
    "dataset: {file: rows.jsonl}\n"
    "models: {small: {provider: openai, model: m, price: {input: 1, output: 1}}}\n"
    "defaults: {model: small, max_tokens: 50}\n"
    "retry: {retries: 6, attempt_timeout: 20s, base: 1ms, cap: 5ms}\n"
    "concurrency: 4\n"
    "tools:\n"
    "  add:\n"
    "    description: Adds.\n"
    "    parameters: {type: object, properties: {a: {type: number}}, required: [a]}\n"
    "    run: {exec: {run: [cat], input: '{{args.a}}', output: text}}\n"
    "variants:\n"
    "  steps:\n"
    "    chain:\n"
    "      first: {call: {prompt: {user: 'First {{q}}'}}}\n"
    "      sized:\n"
    "        exec: {run: [./noted.sh], input: '{{q}} {{first}}', output: text}\n"
    "        gate: [{contains: q}]\n"
    "      last: {call: {prompt: {user: 'Last {{sized}}'}}}\n"
    "  parts:\n"
    "    map:\n"
    "      over: ['{{q}}', two, three]\n"
    "      as: part\n"
    "      each: {call: {prompt: {user: 'Part {{part}} of {{q}}'}}}\n"
    "  many: {vote: {voters: 3, each: {call: {prompt: {user: 'Vote {{index}} {{q}}'}}}}}\n"
    "  rounds:\n"
    "    refine:\n"
    "      generate: {call: {prompt: {user: 'Draft {{q}}'}}}\n"
    "      evaluate: {call: {prompt: {user: 'Judge {{draft}}'}}}\n"
    "      accept: [{equals: good}]\n"
    "      improve: {call: {prompt: {user: 'Improve {{draft}} by {{feedback}}'}}}\n"
    "      max_rounds: 2\n"
    "  tooled: {call: {prompt: {user: 'Tool {{q}}'}, tools: [add], max_steps: 3}}\n"
    "score: {same: {contains: '{{expected}}'}}\n";

static const char everything_mock[] =
    "seed: 3\n"
    "models: {'*': {first_token: {exponential: {mean: 20ms}}}}\n"
    "rules:\n"
    "  judged: {when: {prompt: Judge}, reply: bad}\n"
    "  called: {when: {prompt: Tool, turn: 0}, tool_call: {name: add, arguments: {a: 1}}}\n"
    "  all: {reply: 'said {{request.prompt}}'}\n"
    "faults:\n"
    "  - {status: 429, share: 0.05, retry_after: 2ms}\n"
    "  - {status: 500, share: 0.05}\n"
    "  - {reset: body, share: 0.02}\n";

/* What it was asked, a line each time. */
static const char noted[] = "#!/bin/sh\n"
                            "read line\n"
                            "mkdir -p notes\n"
                            "echo \"$line\" >>notes/all\n"
                            "echo \"$line\"\n";

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

static void write_everything(struct place *place, int samples)
{
    write_rows(place, samples);
    place_write_text(place, "experiment.yaml", everything);
    place_write_text(place, "mock.yaml", everything_mock);
    place_write_text(place, "noted.sh", noted);
    chmod(place_path(place, "noted.sh"), 0755);
}

static str results(struct place *place, const char *db)
{
    return results_of(report_text(place, db));
}

/* ---- what is asked again ---- */

/* What was complete when the run was last looked at, and how often it was done once more. */
struct watched {
    struct place *place;
    str url;
    int64_t number; /* of the mock's last request that was looked at */
    str calls;      /* keys */
    str programs;   /* outputs, each in line feeds */
    size_t lines;   /* of notes/all that were looked at */
    size_t requests, calls_again, programs_again;
};

static void watch_requests(struct watched *watched)
{
    struct arena *arena = &watched->place->arena;
    str page = arena_printf(arena, "/mock/journal?after=%lld", (long long)watched->number);
    const json *list = json_parse(arena, http_get(watched->place, watched->url, page.p), NULL);
    assert_non_null(list);
    for (const json *entry = json_first(list); entry; entry = json_next(entry)) {
        str key = json_text(json_get(entry, STR("idempotency_key")));
        json_int(json_get(entry, STR("number")), &watched->number);
        watched->requests += key.n > 0;
        watched->calls_again += key.n > 0 && str_contains(watched->calls, key);
    }
}

static void watch_programs(struct watched *watched)
{
    struct arena *arena = &watched->place->arena;
    if (!place_files(watched->place, "notes"))
        return;
    str rest = place_read(watched->place, "notes/all"), line;
    for (size_t i = 0; rest.n; i++) {
        str_cut(rest, '\n', &line, &rest);
        if (i < watched->lines)
            continue;
        watched->lines = i + 1;
        str whole = arena_printf(arena, "\n%.*s\n", STR_ARG(line));
        watched->programs_again += str_contains(watched->programs, whole);
    }
}

/* Looks at what was done since the last time, then at what is complete now. */
static void watch(struct watched *watched, const char *db)
{
    watch_requests(watched);
    watch_programs(watched);
    if (!db)
        return;
    watched->calls = sql_text(watched->place, db, "SELECT group_concat(attempt_key) FROM call");
    watched->programs =
        sql_text(watched->place, db,
                 "SELECT char(10) || group_concat(trim(bytes, char(10)), char(10)) || char(10)"
                 " FROM command JOIN body ON body = output");
}

/* ---- kills ---- */

enum { KILLS = 20, OPEN_CELLS = 4, MOST_AT_ONCE = 3 * OPEN_CELLS };

static int kills_wanted(void)
{
    const char *text = getenv("E2E_KILLS");
    int64_t number;
    return text && str_to_int(str_from(text), &number) && number > 0 ? (int)number : KILLS;
}

static void sleep_ms(uint64_t ms)
{
    struct timespec pause = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

static struct child start_again(struct place *place, str url)
{
    return weir_start(place, "run", "--resume", "--mock-url", url.p, "--quiet", NULL);
}

/* At a moment of this part that the seed decides; false: it had ended before. */
static bool kill_part(struct child *child, int part)
{
    enum { SHORTEST_MS = 30, LONGEST_MS = 420 };
    sleep_ms(SHORTEST_MS +
             rng_below(rng_key(7), "kill", (uint64_t)part, LONGEST_MS - SHORTEST_MS));
    child_signal(child, SIGKILL);
    return child_wait(child).signal == SIGKILL;
}

static bool has_ended(const struct child *child)
{
    siginfo_t info = {0};
    waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid != 0;
}

static const char *killed_run(struct place *place, struct watched *watched, int kills)
{
    struct child child =
        weir_start(place, "run", "--mock-url", watched->url.p, "--quiet", NULL);
    wait_until(run_has_rows(place, "call", 1));
    const char *db = only_run(place, ".");
    for (int part = 0; part < kills; part++) {
        if (!kill_part(&child, part))
            fail_msg("the run had ended after %d kills: it is too short for this test", part);
        watch(watched, db);
        child = start_again(place, watched->url);
    }
    while (!has_ended(&child)) { /* the mock remembers a thousand requests */
        sleep_ms(100);
        watch_requests(watched);
    }
    assert_code(child_wait(&child), 0);
    watch(watched, NULL);
    return db;
}

/* Protects what a night's run is worth: killed at any moment, again and again, it ends with the
 * results of a run that was not, byte for byte, and no call or program that was complete is paid
 * for or run again. */
static void kills_change_nothing(void **state)
{
    struct place *place = *state;
    int kills = kills_wanted();
    place->limit_s = LIMIT_S + 10 * kills;
    write_everything(place, 2 * kills);
    struct mock_server mock = mock_start(place, "mock.yaml");
    struct watched watched = {.place = place, .url = mock.url};
    const char *db = killed_run(place, &watched, kills);
    str after_kills = results(place, db);
    check_identities(db);
    int64_t calls = sql_int(db, "SELECT sum(attempts) FROM call");
    print_message(
        "%d kills: %lld attempts stored, %zu requests seen, %lld cells without latency\n",
        kills, (long long)calls, watched.requests,
        (long long)sql_int(db, "SELECT count(*) FROM cell WHERE latency_ns IS NULL"));
    assert_int_equal(watched.calls_again, 0);
    assert_int_equal(watched.programs_again, 0);
    assert_in_range(watched.requests, calls, calls + kills * MOST_AT_ONCE);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE superseded = 1"), 0);
    assert_text(sql_text(place, db, "SELECT state FROM run"), "finished");
    assert_true(sql_int(db, "SELECT count(*) FROM cell WHERE latency_ns IS NULL") <=
                kills * OPEN_CELLS);
    mock_stop(&mock);
    mock = mock_start(place, "mock.yaml");
    struct ran whole = run_good(place, "--mock-url", mock.url.p, NULL);
    assert_same_text(after_kills, results(place, whole.db));
    assert_true(after_kills.n > 10000);
    mock_stop(&mock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(kills_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
