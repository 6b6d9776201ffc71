/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_keys.c: two kinds of key. Credentials (rule 12) go to their provider and nowhere else;
 * attempt keys (rule 10) say which requests are the same question.
 */
#include "e2e_run.h"
#include "e2e_server.h"

#include <stdio.h>

#define SECRET       "sk-live-Q7w8E9r0T1y2U3i4"
#define OTHER_SECRET "team-Zx9Yw8Vu7Ts6Rq5P"

static const char text[] =
    "dataset: {samples: [{id: s1, q: hello, expected: hi}, {id: s2, q: bye, expected: hi}]}\n"
    "providers:\n"
    "  near:\n"
    "    api: openai-chat\n"
    "    base_url: 'URL'\n"
    "    key_env: NEAR_KEY\n"
    "    headers_env: {X-Team: NEAR_TEAM}\n"
    "models: {small: {provider: near, model: m, price: {input: 1, output: 1}}}\n"
    "defaults: {model: small, max_tokens: 10}\n"
    "retry: {retries: 2, base: 5ms, cap: 10ms}\n"
    "variants:\n"
    "  one: {call: {prompt: {user: 'One {{q}}'}}}\n"
    "  two:\n"
    "    chain:\n"
    "      a: {call: {prompt: {user: 'Two {{q}}'}}}\n"
    "      b: {call: {prompt: {user: 'Then {{q}} {{a}}'}}}\n"
    "score: {same: {equals: '{{expected}}'}}\n"
    "mock: {rules: {all: {reply: hi}}}\n";

static void write_experiment(struct place *place, str url)
{
    place_write_text(place, "experiment.yaml", text);
    place_replace(place, "experiment.yaml", "URL", url.p);
    place_env(place, "NEAR_KEY=" SECRET);
    place_env(place, "NEAR_TEAM=" OTHER_SECRET);
}

/* ---- credentials ---- */

static str whole_secret(struct arena *arena, const struct asked *asked)
{
    return arena_printf(arena, "%.*s and %.*s", STR_ARG(asked_header(asked, "authorization")),
                        STR_ARG(asked_header(asked, "x-team")));
}

/* Repeats the credentials in every way a careless server or a model may. */
static void echo_credentials(void *arg, const struct asked *asked, struct said *said)
{
    str secret = whole_secret(said->arena, asked);
    (void)arg;
    if (str_contains(asked->body, STR("One hello"))) {
        said->status = 401;
        said->body = arena_printf(said->arena,
                                  "{\"error\":{\"message\":\"bad key: %.*s\",\"code\":null}}",
                                  STR_ARG(secret));
    } else if (str_contains(asked->body, STR("One bye"))) {
        said->status = 500;
        said->body = secret;
    } else {
        said->body = chat_reply(said->arena, secret, "stop");
    }
}

static void check_not_there(struct place *place, str where)
{
    (void)place;
    assert_lacks(where, SECRET);
    assert_lacks(where, OTHER_SECRET);
    assert_lacks(where, "Q7w8E9r0T1y2U3i4");
}

/* Protects rule 12: the credentials reach the server and are then in no file below the experiment
 * but nowhere else, in no message and in no report, although the server says them back in an
 * error for people, in an error for nobody and in a reply. */
static void credentials_are_written_nowhere(void **state)
{
    struct place *place = *state;
    struct server *server = server_start(place, echo_credentials, NULL);
    write_experiment(place, server_url(server));
    struct ended ended = weir(place, "run", "--json", "report.json", "--md", "report.md",
                              "--csv", "report.csv", "--cells", NULL);
    assert_code(ended, 0);
    assert_contains(server_bytes(server), "Bearer " SECRET); /* it was there to be leaked */
    assert_contains(server_bytes(server), "X-Team: " OTHER_SECRET);
    server_stop(server);
    check_not_there(place, ended.out);
    check_not_there(place, ended.err);
    static const char *const secrets[] = {SECRET, OTHER_SECRET, "Q7w8E9r0T1y2U3i4"};
    for (size_t i = 0; i < 3; i++) {
        const char *file = place_find_bytes(place, ".", str_from(secrets[i]));
        if (file)
            fail_msg("'%s' is in %s", secrets[i], file);
    }
    const char *db = only_run(place, ".");
    assert_int_equal(
        sql_int(db, "SELECT count(*) FROM cell WHERE reason IN ('auth', 'server')"), 2);
    struct ended report = weir(place, "report", db, NULL);
    assert_code(report, 0);
    check_not_there(place, report.out);
}

static void answer_hi(void *arg, const struct asked *asked, struct said *said)
{
    (void)arg, (void)asked;
    said->body = chat_reply(said->arena, STR("hi"), "stop");
}

/* Protects users who try an experiment on the mock with their real key in the environment: it is
 * not even read; a made-up one goes out. */
static void the_mock_never_gets_the_real_key(void **state)
{
    struct place *place = *state;
    struct server *server = server_start(place, answer_hi, NULL);
    write_experiment(place, STR("http://127.0.0.1:1/v1"));
    str url = str_sub(server_url(server), 0, server_url(server).n - 3); /* without /v1 */
    run_good(place, "--mock-url", arena_str(&place->arena, url).p, NULL);
    assert_int_equal(server_count(server), 6);
    check_not_there(place, server_bytes(server));
    str sent = asked_header(server_asked(server, 0), "authorization");
    assert_true(str_starts_with(sent, STR("Bearer ")));
    server_stop(server);
    assert_int_equal(sql_int(only_run(place, "."), "SELECT mock FROM run"), 1);
}

/* Protects the same where weir starts the mock, which needs no key at all. */
static void the_mock_needs_no_key(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", text);
    place_replace(place, "experiment.yaml", "URL", "http://127.0.0.1:1/v1");
    const char *db = run_good(place, "--mock", NULL).db;
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell WHERE status = 'ok'"), 4);
}

/* Protects a provider without a key (a local server): nothing is asked for, nothing is sent. */
static void a_provider_without_a_key(void **state)
{
    struct place *place = *state;
    struct server *server = server_start(place, answer_hi, NULL);
    write_experiment(place, server_url(server));
    place_replace(place, "experiment.yaml", "    key_env: NEAR_KEY\n", "");
    place_replace(place, "experiment.yaml", "    headers_env: {X-Team: NEAR_TEAM}\n", "");
    const char *db = run_good(place, "experiment.yaml", NULL).db;
    assert_lacks(server_bytes(server), "uthorization");
    server_stop(server);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell WHERE status = 'ok'"), 4);
}

/* Protects against a proxy in the environment: this machine is reached directly, and the key is
 * not handed to the proxy. */
static void a_proxy_is_not_asked_for_this_machine(void **state)
{
    struct place *place = *state;
    struct server *server = server_start(place, answer_hi, NULL);
    write_experiment(place, server_url(server));
    place_env(place, "http_proxy=http://127.0.0.1:1");
    place_env(place, "ALL_PROXY=http://127.0.0.1:1");
    run_good(place, "experiment.yaml", NULL);
    assert_int_equal(server_count(server), 6);
    server_stop(server);
}

/* ---- attempt keys ---- */

/* Says 503 to the first attempt of everything, and 429 to the second of some. */
static void answer_late(void *arg, const struct asked *asked, struct said *said)
{
    str attempt = asked_header(asked, "x-weir-attempt");
    (void)arg;
    if (str_equal(attempt, STR("1")))
        said->status = 503;
    else if (str_equal(attempt, STR("2")) && str_contains(asked->body, STR("Then")))
        said->status = 429;
    said->body = said->status == 200 ? chat_reply(said->arena, STR("hi"), "stop") : STR("{}");
}

/* One line a call, sorted: its key, its body's hash by equality, and its attempt numbers. */
static str calls_seen(struct place *place, struct server *server, size_t from)
{
    struct buf out = {0};
    size_t count = server_count(server);
    for (size_t i = from; i < count; i++) {
        const struct asked *first = server_asked(server, i);
        if (!str_equal(asked_header(first, "x-weir-attempt"), STR("1")))
            continue;
        str key = asked_header(first, "idempotency-key");
        buf_printf(&out, "%.*s:", STR_ARG(key));
        for (size_t k = i; k < count; k++) {
            const struct asked *asked = server_asked(server, k);
            if (!str_equal(asked_header(asked, "idempotency-key"), key))
                continue;
            buf_printf(&out, " %.*s", STR_ARG(asked_header(asked, "x-weir-attempt")));
            if (!str_equal(asked->body, first->body))
                buf_add_str(&out, STR(" (another body)"));
        }
        buf_add_char(&out, '\n');
    }
    str seen = arena_str(&place->arena, buf_str(&out));
    buf_release(&out);
    return seen;
}

/* Protects rule 10: one key for all attempts of a call, counted from 1, the same body each time;
 * as many keys as calls, so none is shared by variants, samples, trials or steps. */
static void attempts_of_a_call_share_its_key(void **state)
{
    struct place *place = *state;
    struct server *server = server_start(place, answer_late, NULL);
    write_experiment(place, server_url(server));
    const char *db = run_good(place, "-j", "1", "--trials", "2", NULL).db;
    enum { CALLS = 2 * 2 * 3 }; /* samples, trials, calls of both variants */
    assert_int_equal(server_count(server), CALLS * 2 + 4);
    assert_int_equal(sql_int(db, "SELECT count(DISTINCT attempt_key) FROM call"), CALLS);
    assert_int_equal(sql_int(db, "SELECT sum(retries) FROM cell"), CALLS + 4);
    str seen = calls_seen(place, server, 0), line;
    size_t lines = 0;
    for (str rest = seen; str_cut(rest, '\n', &line, &rest); lines++) {
        str key, numbers;
        assert_true(str_cut(line, ':', &key, &numbers));
        assert_true(key.n >= 32);
        assert_true(str_equal(numbers, STR(" 1 2")) || str_equal(numbers, STR(" 1 2 3")));
        assert_int_equal(
            sql_int(db, "SELECT count(*) FROM call WHERE attempt_key = '%.*s'", STR_ARG(key)),
            1);
    }
    assert_int_equal(lines, CALLS);
    server_stop(server);
    check_identities(db);
}

/* Protects what a resume and a mock's determinism stand on: the keys depend on the seed and on
 * nothing else of a run: not on the run, not on its concurrency, not on the address. */
static void keys_are_the_same_in_another_run(void **state)
{
    struct place *place = *state;
    struct server *server = server_start(place, answer_hi, NULL);
    write_experiment(place, server_url(server));
    static const char keys[] =
        "SELECT group_concat(v || ' ' || s || ' ' || trial || ' ' || path || ' ' || "
        "attempt_key,"
        " char(10)) FROM (SELECT variant_name AS v, sample_id AS s, trial, path, attempt_key"
        " FROM call JOIN cell_named USING (cell) ORDER BY 1, 2, 3, 4)";
    str one = sql_text(place, run_good(place, "-j", "1", "--trials", "2", NULL).db, keys);
    str two = sql_text(place, run_good(place, "-j", "9", "--trials", "2", NULL).db, keys);
    str mock = sql_text(place, run_good(place, "--mock", "--trials", "2", NULL).db, keys);
    str more = sql_text(place, run_good(place, "--trials", "3", NULL).db, keys);
    str seed = sql_text(place, run_good(place, "--seed", "7", NULL).db, keys);
    server_stop(server);
    assert_same_text(two, one);
    assert_same_text(mock, one);
    str line;
    for (str rest = one; str_cut(rest, '\n', &line, &rest);)
        assert_true(str_contains(more, line)); /* a further trial leaves the others */
    for (str rest = seed; str_cut(rest, '\n', &line, &rest);)
        assert_false(str_contains(one, line));
}

/* Protects the mock's own reading of them, by its journal: it sees the key and the attempt. */
static void the_mock_sees_attempts(void **state)
{
    struct place *place = *state;
    place_write_text(place, "mock.yaml",
                     "rules: {all: {reply: hi}}\nfaults: [{status: 500, attempts: [1]}]\n");
    write_experiment(place, STR("http://127.0.0.1:1/v1"));
    struct mock_server mock = mock_start(place, "mock.yaml");
    run_good(place, "--mock-url", arena_str(&place->arena, mock.url).p, NULL);
    str journal = http_get(place, mock.url, "/mock/journal");
    mock_stop(&mock);
    check_not_there(place, journal);
    const json *entries = json_parse(&place->arena, str_trim(journal), NULL);
    size_t first = 0, second = 0;
    for (const json *e = json_first(entries); e; e = json_next(e)) {
        if (!str_contains(json_text(json_get(e, STR("target"))), STR("/chat/completions")))
            continue;
        int attempt = (int)json_number(json_get(e, STR("attempt")));
        int status = (int)json_number(json_get(e, STR("status")));
        first += attempt == 1 && status == 500;
        second += attempt == 2 && status == 200;
    }
    assert_int_equal(first, 6);
    assert_int_equal(second, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(credentials_are_written_nowhere),
        e2e_test(the_mock_never_gets_the_real_key),
        e2e_test(the_mock_needs_no_key),
        e2e_test(a_provider_without_a_key),
        e2e_test(a_proxy_is_not_asked_for_this_machine),
        e2e_test(attempts_of_a_call_share_its_key),
        e2e_test(keys_are_the_same_in_another_run),
        e2e_test(the_mock_sees_attempts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
