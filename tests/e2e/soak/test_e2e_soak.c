/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_soak.c: thousands of cells at once, mostly for ThreadSanitizer: the loop, the pool,
 * the store's threads and the fibers under load. Minutes, so only script/soak runs it.
 */
#include "e2e_run.h"

#include <stdio.h>

enum { SAMPLES = 1000, CELLS = 2 * SAMPLES };

static const char experiment[] =
    "dataset: rows.jsonl\n"
    "models: {small: {provider: openai, model: m, price: {input: 1, output: 1}}}\n"
    "defaults: {model: small, max_tokens: 100}\n"
    "retry: {retries: 5, attempt_timeout: 20s, base: 5ms, cap: 50ms}\n"
    "variants:\n"
    "  plain: {call: {prompt: {user: 'Say {{q}}'}}}\n"
    "  nested:\n"
    "    map:\n"
    "      over: ['{{q}}', two, three]\n"
    "      as: part\n"
    "      each:\n"
    "        chain:\n"
    "          a: {call: {prompt: {user: 'A {{part}}'}}}\n"
    "          b: {call: {prompt: {user: 'B {{a}}'}, schema: {type: object}}}\n"
    "score: {same: {contains: '{{expected}}', transform: [trim, lower]}}\n"
    "mock:\n"
    "  models: {m: {first_token: {exponential: {mean: 30ms}}}}\n"
    "  rules: {shaped: {when: {prompt: 'B '}, reply: {said: '{{request.prompt}}'}},\n"
    "    all: {reply: '{{request.prompt}}'}}\n"
    "  faults:\n"
    "    - {status: 429, share: 0.02, retry_after: 50ms}\n"
    "    - {status: 500, share: 0.02}\n"
    "    - {reset: body, share: 0.01}\n";

static void write_rows(struct place *place)
{
    struct buf rows = {0};
    for (int i = 0; i < SAMPLES; i++)
        buf_printf(&rows, "{\"id\": %d, \"q\": \"q%d\", \"expected\": \"q%d\"}\n", i, i, i);
    str text = arena_str(&place->arena, buf_str(&rows));
    buf_release(&rows);
    place_write(place, "rows.jsonl", text);
    place_write_text(place, "experiment.yaml", experiment);
}

/* Protects against races under load: 2,000 cells with faults at -j 500, no word from a sanitizer,
 * every cell has a result, and the results are those of -j 20. */
static void two_thousand_cells_at_once(void **state)
{
    struct place *place = *state;
    place->limit_s = 400;
    write_rows(place);
    struct ran many = run_good(place, "--mock", "-j", "500", NULL);
    assert_lacks(many.ended.err, "Sanitizer");
    check_identities(many.db);
    assert_int_equal(sql_int(many.db, "SELECT count(*) FROM cell"), CELLS);
    assert_true(sql_int(many.db, "SELECT sum(retries) FROM cell") > 100);
    struct ran few = run_good(place, "--mock", "-j", "20", NULL);
    assert_lacks(few.ended.err, "Sanitizer");
    assert_same_text(results_of(report_text(place, few.db)),
                     results_of(report_text(place, many.db)));
    assert_int_equal(place_processes(place), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {e2e_test(two_thousand_cells_at_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
