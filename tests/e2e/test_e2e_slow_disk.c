/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_slow_disk.c: a disk whose every flush takes 800 ms is no part of what a provider is said
 * to take. Row `slow` of script/bench says by how much (docs/benchmarks.md).
 */
#include "e2e_run.h"

static const char experiment[] =
    "dataset: {file: rows.jsonl}\n"
    "providers: {here: {api: openai-chat, base_url: 'http://127.0.0.1:1/v1'}}\n"
    "models: {small: {provider: here, model: m}}\n"
    "defaults: {model: small, max_tokens: 60, temperature: 0}\n"
    "variants: {chain: {chain: {one: {call: {prompt: {user: 'Say {{q}}'}}},"
    " two: {call: {prompt: {user: 'Again {{one}}'}}}}}}\n"
    "score: {same: {contains: hi}}\n"
    "concurrency: 4\n"
    "mock: {models: {'*': {first_token: 50ms}}, rules: {all: {reply: hi}}}\n";

static const char *run_on(struct place *place, const char *program, const char *slow)
{
    const char *const argv[] = {program, "run", "--quiet", "--mock", NULL};
    place_env(place, slow);
    struct child child = child_start(place, argv);
    struct ended ended = child_wait(&child);
    assert_code(ended, 0);
    return place_path(place, arena_str(&place->arena, str_trim(ended.out)).p);
}

/* Protects rule 2: waiting for the store is a column of its own. On a disk that takes sixteen times
 * as long as a reply, results are the same, and no cell's latency has a flush in it: the slowest
 * takes less than one flush more than the quickest of a run on a good disk. */
static void flushes_are_in_no_latency(void **state)
{
    struct place *place = *state;
    struct buf rows = {0};
    for (int i = 0; i < 48; i++)
        buf_printf(&rows, "{\"id\": %d, \"q\": \"question %d\"}\n", i, i);
    place_write(place, "rows.jsonl", arena_str(&place->arena, buf_str(&rows)));
    buf_release(&rows);
    place_write_text(place, "experiment.yaml", experiment);
    const char *good = run_on(place, E2E_WEIR, "WEIR_SLOW_SYNC_MS=0");
    const char *slow = run_on(place, E2E_WEIR_FAULTY, "WEIR_SLOW_SYNC_MS=800");
    check_identities(slow);
    assert_same_text(results_of(report_text(place, slow)),
                     results_of(report_text(place, good)));
    int64_t quickest = sql_int(good, "SELECT min(latency_ns) FROM cell");
    int64_t slowest = sql_int(slow, "SELECT max(latency_ns) FROM cell");
    assert_true(slowest < quickest + 800 * INT64_C(1000000));
    /* The run took a second and more, so that the disk was flushed while calls were under way. */
    assert_true(sql_int(slow, "SELECT max(started_ns) FROM cell") > 500 * INT64_C(1000000));
    assert_int_equal(sql_int(slow, "SELECT count(*) FROM call WHERE latency_ns <>"
                                   " connect_ns + provider_ns + backoff_ns"),
                     0);
    assert_int_equal(sql_int(slow, "SELECT count(*) FROM cell WHERE store_wait_ns = 0"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(flushes_are_in_no_latency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
