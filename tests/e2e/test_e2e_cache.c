/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_cache.c: what one run has paid for, the next does not pay again, and says so: every
 * dialect, streamed and whole, with tools and embeddings, while attempts fail.
 */
#include "e2e_dialects.h"
#include "e2e_run.h"

#include <signal.h>
#include <stdio.h>

/* clang-format off */
static const char experiment[] =
    "cache: use\n"
    "dataset: {samples: [{id: a, q: one charge}, {id: b, q: two refunds}]}\n"
    DIALECTS_PROVIDERS
    "models:\n"
    "  chat: {provider: openai, model: gpt-4o-mini}\n"
    "  responses: {provider: r, model: gpt-4o-mini}\n"
    "  messages: {provider: anthropic, model: m, price: {input: 1, output: 2}}\n"
    "  contents: {provider: gemini, model: m, price: {input: 1, output: 2}}\n"
    "  embed: {provider: openai, model: text-embedding-3-small}\n"
    "defaults: {max_tokens: 200, stream: true}\n"
    "trials: 1\n"
    "retry: {retries: 5, base: 5ms, cap: 20ms}\n"
    DIALECTS_TOOLS
    "nodes:\n"
    "  work:\n"
    "    chain:\n"
    "      kind:\n"
    "        nearest: {of: '{{q}}', examples: {pay: [a charge], back: [a refund]}, model: "
    "embed}\n"
    "      text: {vote: {voters: 3, each: {call: {prompt: {user: 'Say "
    "{{q}}'}}}}}\n"
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
    "  - {status: 503, share: 0.1}\n"
    "  - {cut: before_end, share: 0.05}\n";
/* clang-format on */

static void write_all(struct place *place)
{
    place_write_text(place, "experiment.yaml", experiment);
    place_write_text(place, "mock.yaml", mock_file);
    place_write_text(
        place, "rows.jsonl",
        "{\"id\": \"a\", \"q\": \"one charge\"}\n{\"id\": \"b\", \"q\": \"two refunds\"}\n");
}

static void small_experiment(struct place *place)
{
    place_write_text(
        place, "experiment.yaml",
        "cache: use\n"
        "dataset: {samples: [{id: a, q: one}, {id: b, q: two}, {id: c, q: three}]}\n"
        "models: {m: {provider: openai, model: m, price: {input: 1, output: 1}}}\n"
        "defaults: {model: m, max_tokens: 50}\n"
        "variants:\n"
        "  v:\n"
        "    chain:\n"
        "      first: {call: {prompt: {user: 'Begin {{q}}'}}}\n"
        "      then: {call: {prompt: {user: \"Go on.\\nBe brief.\\nIt is {{q}}.\"}}}\n"
        "score: {any: {min-words: 1}}\n"
        "mock: {scale: 0}\n");
}

static int64_t sum_of(const char *db, const char *column)
{
    return sql_int(db, "SELECT sum(%s) FROM cell", column);
}

/* Protects the cache: a second run sends nothing and comes to the same; every call keeps its
 * texts, usage, cost and latency; nothing of it is counted as sent, paid or measured. */
static void a_second_run_sends_nothing(void **state)
{
    struct place *place = *state;
    write_all(place);
    const char *first = run_good(place, "--mock", "-j", "8", NULL).db;
    check_identities(first);
    assert_int_equal(sum_of(first, "cached"), 0);
    assert_true(sum_of(first, "retries") > 5);
    assert_true(sum_of(first, "paid_nanousd") > 0);
    const char *second = run_good(place, "--mock", "-j", "2", NULL).db;
    check_identities(second);
    assert_int_equal(sum_of(second, "sent + unsent"),
                     sql_int(first, "SELECT count(*) FROM call WHERE outcome <> 'ok'"));
    assert_int_equal(
        sum_of(second, "cached"),
        sql_int(first, "SELECT count(*) FROM call WHERE outcome = 'ok' AND cell >= 0"));
    assert_int_equal(sum_of(second, "paid_nanousd"), 0);
    str one = report_text(place, first), two = report_text(place, second);
    assert_same_text(results_of(two), results_of(one));
    static const char calls[] =
        "SELECT group_concat(line, char(10)) FROM (SELECT cell || ' ' || path || ' ' || repeat "
        "||"
        " ' ' || finish || ' ' || ifnull(cost_nanousd, '?') || ' ' || ifnull(input_tokens, '?')"
        " || ' ' || ifnull(output_tokens, '?') || ' ' || latency_ns || ' ' || backoff_ns || ' '"
        " || provider_ns || ' ' || ifnull(ttft_ns, '-') || ' ' || ifnull(q.bytes, '') || ' ' ||"
        " r.bytes AS line FROM call c LEFT JOIN body q ON q.body = c.request JOIN body r ON"
        " r.body = c.reply WHERE outcome = 'ok' ORDER BY cell, path, repeat)";
    assert_same_text(sql_text(place, second, "%s", calls), sql_text(place, first, "%s", calls));
    const json *timing = variant_of(json_parse(&place->arena, two, NULL), "timing", "v_chat");
    assert_int_equal(json_number(json_get(timing, STR("cached_cells"))), 2);
    assert_true(json_is(json_path(timing, "latency_ms.p50"), JSON_NULL));
    assert_true(json_number(json_get(timing, STR("cached_latency_ms"))) > 0);
    assert_figure(timing, "paid_usd", 0);
    assert_contains(weir(place, "report", second, NULL).out,
                    "2 of 2 cells have replies of an earlier run");
    assert_contains(weir(place, "cache", "stats", NULL).out, "contents ");
}

/* Protects work on prompts: only what changed is asked again; `why` shows the changed line, and
 * knows a hit, a new trial and a run without cache. A half cached cell has no measured latency. */
static void only_what_changed_is_sent(void **state)
{
    struct place *place = *state;
    small_experiment(place);
    const char *first = run_good(place, "--mock", NULL).db;
    assert_int_equal(sum_of(first, "sent"), 6);
    place_replace(place, "experiment.yaml", "Be brief", "Be very brief");
    const char *second = run_good(place, "--mock", NULL).db;
    check_identities(second);
    assert_int_equal(sum_of(second, "cached"), 3);
    assert_int_equal(sum_of(second, "sent"), 3);
    assert_true(sum_of(second, "paid_nanousd") > 0);
    assert_true(sum_of(second, "paid_nanousd") < sum_of(second, "cost_nanousd"));
    str two = report_text(place, second);
    const json *timing = variant_of(json_parse(&place->arena, two, NULL), "timing", "v");
    assert_int_equal(json_number(json_get(timing, STR("cached_cells"))), 3);
    assert_true(json_is(json_path(timing, "latency_ms.mean"), JSON_NULL));
    struct ended why = weir(place, "cache", "why", second, "v/b/1:then#0", NULL);
    assert_code(why, 0);
    assert_contains(why.out, "-      Be brief.\n");
    assert_contains(why.out, "+      Be very brief.\n");
    assert_contains(weir(place, "cache", "why", second, "v/b/1:first#0", NULL).out,
                    "It was a hit");
    const char *third = run_good(place, "--mock", "--trials", "2", NULL).db;
    assert_int_equal(sum_of(third, "cached"), 6);
    assert_int_equal(sum_of(third, "sent"), 6);
    assert_contains(weir(place, "cache", "why", third, "v/a/2:first#0", NULL).out,
                    "  trial: 1 in the entry, 2 here\n");
    const char *without = run_good(place, "--mock", "--no-cache", NULL).db;
    assert_int_equal(sum_of(without, "sent"), 6);
    assert_contains(weir(place, "cache", "why", without, "1", NULL).out,
                    "The run used no cache");
    assert_code(weir(place, "cache", "why", third, "v/a/9:first#0", NULL), 2);
}

/* Protects `refresh`, and a mock's replies from standing for those of another mock. */
static void modes_and_worlds(void **state)
{
    struct place *place = *state;
    small_experiment(place);
    run_good(place, "--mock", NULL);
    place_replace(place, "experiment.yaml", "cache: use", "cache: refresh");
    assert_int_equal(sum_of(run_good(place, "--mock", NULL).db, "sent"), 6);
    place_replace(place, "experiment.yaml", "cache: refresh", "cache: none");
    assert_int_equal(sum_of(run_good(place, "--mock", NULL).db, "sent"), 6);
    place_replace(place, "experiment.yaml", "cache: none", "cache: use");
    assert_int_equal(sum_of(run_good(place, "--mock", NULL).db, "cached"), 6);
    place_replace(place, "experiment.yaml", "{scale: 0}", "{scale: 0, seed: 9}");
    assert_int_equal(sum_of(run_good(place, "--mock", NULL).db, "sent"), 6);
    place_replace(place, "experiment.yaml", "cache: use", "cache: yes");
    assert_code(weir(place, "check", NULL), 2);
}

/* Protects the bound: the file forgets what was not used longest, and `clear` forgets all. */
static void the_cache_is_bounded(void **state)
{
    struct place *place = *state;
    small_experiment(place);
    run_good(place, "--mock", "--cache-size", "15KB", NULL);
    const char *db = place_path(place, ".weir/cache.db");
    int64_t left = sql_int(db, "SELECT count(*) FROM entry");
    assert_true(left > 0 && left < 6);
    assert_true(sql_int(db, "SELECT sum(size) FROM entry") <= 15000);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call"), left);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM body"), 2 * left);
    assert_int_equal(sum_of(run_good(place, "--mock", NULL).db, "cached"), left);
    assert_code(weir(place, "cache", "clear", "--older", "1h", NULL), 0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM entry"), 6);
    assert_code(weir(place, "cache", "clear", NULL), 0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM entry"), 0);
    assert_int_equal(sum_of(run_good(place, "--mock", NULL).db, "sent"), 6);
}

/* Protects runs at once: three write and read one file, all end well, and the fourth sends
 * nothing. */
static void runs_at_once_share_it(void **state)
{
    struct place *place = *state;
    enum { RUNS = 3 };
    struct child child[RUNS];
    small_experiment(place);
    for (int i = 0; i < RUNS; i++)
        child[i] = weir_start(place, "run", "--mock", "--quiet", "--trials", "4", NULL);
    for (int i = 0; i < RUNS; i++) {
        struct ended ended = child_wait(&child[i]);
        assert_code(ended, 0);
        assert_lacks(ended.err, "cache");
    }
    const char *db = run_good(place, "--mock", "--trials", "4", NULL).db;
    assert_int_equal(sum_of(db, "cached"), 24);
    assert_int_equal(sql_int(place_path(place, ".weir/cache.db"), "SELECT count(*) FROM entry"),
                     24);
}

/* Protects both together: a run that is killed among hits and calls of its own is resumed to the
 * results of one that was not, and sends no call twice. */
static void a_killed_run_is_resumed(void **state)
{
    struct place *place = *state;
    small_experiment(place);
    place_replace(place, "experiment.yaml", "{scale: 0}",
                  "{models: {m: {first_token: 250ms, per_token: 0ms}}}");
    place_write(place, "x/experiment.yaml", place_read(place, "experiment.yaml"));
    const char *whole = run_good(place, "x", "--mock", "--no-cache", "--trials", "4", NULL).db;
    run_good(place, "x", "--mock", "--trials", "2", NULL);
    place_write(place, ".weir/cache.db", place_read(place, "x/.weir/cache.db"));
    struct child child =
        weir_start(place, "run", "--mock", "--quiet", "--trials", "4", "-j", "1", NULL);
    wait_until(run_has_rows(place, "call", 14)); /* 12 of them are hits at most */
    child_signal(&child, SIGKILL);
    child_wait(&child);
    const char *db = only_run(place, ".");
    assert_true(sql_int(db, "SELECT count(*) FROM call") < 24);
    run_good(place, "--resume", db, "--mock", NULL);
    check_identities(db);
    assert_int_equal(sum_of(db, "sent"), 12);
    assert_int_equal(sum_of(db, "cached"), 12);
    assert_true(sql_int(db, "SELECT count(*) FROM call WHERE source = 'sent'") <= 12);
    assert_same_text(results_of(report_text(place, db)), results_of(report_text(place, whole)));
}

/* Protects a run from what is no cache: refused before anything is sent. */
static void what_is_no_cache_is_refused(void **state)
{
    struct place *place = *state;
    small_experiment(place);
    assert_code(weir(place, "cache", "stats", NULL), 2);
    place_write_text(place, ".weir/cache.db", "this is no database at all, only a text\n");
    struct ended ended = weir(place, "run", "--mock", "--quiet", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "cache.db");
    assert_int_equal(place_files(place, ".weir/runs"), 0);
    assert_code(weir(place, "cache", "why", NULL), 2);
    assert_code(weir(place, "cache", "shrink", NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_second_run_sends_nothing), e2e_test(only_what_changed_is_sent),
        e2e_test(modes_and_worlds),           e2e_test(the_cache_is_bounded),
        e2e_test(runs_at_once_share_it),      e2e_test(what_is_no_cache_is_refused),
        e2e_test(a_killed_run_is_resumed),
    };
    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
