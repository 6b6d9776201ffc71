/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_rate.c: cells on a schedule: they start when they should whatever has not ended, their
 * times count from then, and what they answer is what they would have answered anyway.
 */
#include "e2e_run.h"

#include <stdio.h>

static const char experiment[] =
    "dataset: {file: rows.jsonl}\n"
    "providers: {here: {api: openai-chat, base_url: 'http://127.0.0.1:1/v1', concurrency: "
    "LIMIT}}\n"
    "models: {small: {provider: here, model: m}}\n"
    "defaults: {model: small, max_tokens: 60}\n"
    "variants: {one: {call: {prompt: {user: 'Say {{q}}'}}}}\n"
    "score: {same: {contains: hi}}\n"
    "concurrency: 1\n"
    "mock: {models: {'*': {first_token: 20ms}}, rules: {all: {reply: hi}}}\n";

static void write_experiment(struct place *place, int rows, const char *limit)
{
    struct buf text = {0};
    for (int i = 0; i < rows; i++)
        buf_printf(&text, "{\"id\": %d, \"q\": \"question %d\"}\n", i, i);
    place_write(place, "rows.jsonl", arena_str(&place->arena, buf_str(&text)));
    buf_release(&text);
    place_write_text(place, "experiment.yaml", experiment);
    place_replace(place, "experiment.yaml", "LIMIT", limit);
}

/* Protects the load that a user asks for: cell k is due k/rate seconds after the first, although
 * each takes four times that and -j is 1. */
static void cells_start_on_schedule(void **state)
{
    struct place *place = *state;
    write_experiment(place, 50, "64");
    struct ran ran = run_good(place, "--mock", "--rate", "200", "--arrivals", "constant", NULL);
    check_identities(ran.db);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell"), 50);
    assert_int_equal(sql_int(ran.db, "SELECT max(started_ns) - min(started_ns) FROM cell"),
                     49 * INT64_C(5000000));
    assert_int_equal(sql_int(ran.db, "SELECT count(DISTINCT started_ns) FROM cell"), 50);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell WHERE late_ns < 0"), 0);
    assert_text(sql_text(place, ran.db, "SELECT arrivals FROM run"), "constant");
    const json *report = report_json(place, ran.db);
    assert_true(json_number(json_path(report, "timing.rate.per_s")) == 200);
    /* several were under way at once */
    assert_true(sql_int(ran.db,
                        "SELECT count(*) FROM cell a JOIN cell b ON a.cell <> b.cell AND "
                        "b.started_ns < a.started_ns AND b.started_ns + b.wall_ns > "
                        "a.started_ns") > 0);
}

/* Protects against coordinated omission: where cells queue behind each other, the time from the
 * schedule grows with the queue, and the latency, which leaves our own waits out, does not. */
static void times_count_from_the_schedule(void **state)
{
    struct place *place = *state;
    write_experiment(place, 40, "1");
    struct ran ran = run_good(place, "--mock", "--rate", "1000", NULL);
    const json *report = report_json(place, ran.db);
    const json *one = variant_of(report, "timing", "one");
    double scheduled = json_number(json_path(one, "scheduled_ms.p90"));
    double latency = json_number(json_path(one, "latency_ms.p90"));
    assert_true(latency > 0);
    assert_true(scheduled > 5 * latency);
}

static str results_with(struct place *place, const char *option, const char *value)
{
    struct ran ran = run_good(place, "--mock", option, value, NULL);
    return results_of(report_text(place, ran.db));
}

/* Protects rule 4: a schedule changes when cells run, and nothing else. */
static void results_are_the_same(void **state)
{
    struct place *place = *state;
    write_experiment(place, 30, "64");
    str closed = results_with(place, "-j", "8");
    assert_same_text(results_with(place, "--rate", "300"), closed);
}

/* Protects against a run at a rate that nobody asked for. */
static void a_rate_is_a_number(void **state)
{
    struct place *place = *state;
    write_experiment(place, 1, "64");
    assert_code(weir(place, "run", "--mock", "--rate", "0", NULL), 2);
    assert_code(weir(place, "run", "--mock", "--rate", "many", NULL), 2);
    assert_code(weir(place, "run", "--mock", "--rate", "5", "--arrivals", "often", NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(cells_start_on_schedule),
        e2e_test(times_count_from_the_schedule),
        e2e_test(results_are_the_same),
        e2e_test(a_rate_is_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
