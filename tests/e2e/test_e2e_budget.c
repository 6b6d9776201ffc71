/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_budget.c: the budget of a whole run: it is never overshot, it is used as far as it
 * goes, and what it cuts off stays open.
 *
 * WEIR_BUDGET_SEEDS sets how many seeds the long test tries (script/soak: 50).
 */
#include "e2e_run.h"

#include <stdio.h>
#include <stdlib.h>

/* Dollars a million tokens, as in the experiment below. */
static const double input_price = 5, output_price = 20;

/* 500 cells of two calls, each about 0.0006 dollars: more than 0.50 in all. */
static const char experiment[] =
    "dataset: {file: rows.jsonl}\n"
    "models: {small: {provider: openai, model: m, price: {input: 5, output: 20}}}\n"
    "defaults: {model: small, max_tokens: 60}\n"
    "variants:\n"
    "  two:\n"
    "    chain:\n"
    "      first: {call: {prompt: {user: 'First {{q}}'}}}\n"
    "      second: {call: {prompt: {user: 'Second {{q}} {{first}}'}}}\n"
    "score: {same: {contains: hi}}\n"
    "concurrency: 64\n"
    "retry: {retries: 2, attempt_timeout: 1s, base: 5ms, cap: 20ms}\n"
    "budget: {run: {SPEND}}\n";

static const char mock_file[] =
    "models: {'*': {first_token: {exponential: {mean: 4ms}}}}\n"
    "rules: {all: {reply: 'hi, this is a reply of some twenty tokens, made long enough by "
    "words that say nothing more than that'}}\n"
    "faults:\n"
    "  - {status: 429, share: 0.08}\n"
    "  - {status: 500, share: 0.05}\n"
    "  - {reset: body, share: 0.02}\n"
    "  - {hang: headers, share: 0.005}\n";

static void write_experiment(struct place *place, const char *spend)
{
    struct buf rows = {0};
    for (int i = 0; i < 500; i++)
        buf_printf(&rows,
                   "{\"id\": %d, \"q\": \"question %d, with as many words behind it as make a "
                   "prompt of an ordinary length for a test\"}\n",
                   i, i);
    place_write(place, "rows.jsonl", arena_str(&place->arena, buf_str(&rows)));
    buf_release(&rows);
    place_write_text(place, "experiment.yaml", experiment);
    place_write_text(place, "mock.yaml", mock_file);
    place_replace(place, "experiment.yaml", "SPEND", spend);
}

static int64_t truth_number(const json *truth, const char *path)
{
    return (int64_t)json_number(json_path(truth, path));
}

static double billed_usd(struct place *place, const struct mock_server *mock)
{
    str text = http_get(place, mock->url, "/mock/truth");
    const json *truth = json_parse(&place->arena, text, NULL);
    assert_non_null(truth);
    int64_t input = truth_number(truth, "tokens.input");
    int64_t output = truth_number(truth, "tokens.output");
    assert_true(input > 0 && output > 0);
    return ((double)input * input_price + (double)output * output_price) / 1e6;
}

static void spend_with_seed(struct place *place, int seed)
{
    struct mock_server mock = mock_start(place, "mock.yaml");
    char number[16];
    snprintf(number, sizeof number, "%d", seed);
    struct ended ended =
        weir(place, "run", "--mock-url", mock.url.p, "--seed", number, "--quiet", NULL);
    assert_code(ended, 3);
    assert_contains(ended.err, "budget.run.usd is spent");
    double billed = billed_usd(place, &mock);
    mock_stop(&mock);
    if (billed > 0.50)
        fail_msg("seed %d: the mock billed %.6f of 0.50 dollars", seed, billed);
    /* a request's reservation is below 0.006; what was lost keeps its own */
    assert_true(billed > 0.30);
}

static int seeds_wanted(void)
{
    const char *given = getenv("WEIR_BUDGET_SEEDS");
    return given ? (int)strtol(given, NULL, 10) : 3;
}

/* Protects the user's money: whatever fails on the way, what the provider bills stays within the
 * budget at any concurrency, and the run says why it ended. */
static void dollars_are_never_overshot(void **state)
{
    struct place *place = *state;
    place->limit_s = 600;
    write_experiment(place, "usd: 0.50");
    for (int seed = 1; seed <= seeds_wanted(); seed++)
        spend_with_seed(place, seed);
}

/* Protects runs whose budget is of calls: exactly that many are made, those that were begun are
 * kept, open cells are pending and the identities hold. */
static void calls_are_counted_exactly(void **state)
{
    struct place *place = *state;
    write_experiment(place, "calls: 101");
    place_replace(place, "mock.yaml", "faults:", "limits: []\nfaults: []\nunused:");
    place_write_text(place, "mock.yaml", "rules: {all: {reply: hi}}\n");
    struct mock_server mock = mock_start(place, "mock.yaml");
    struct ended ended = weir(place, "run", "--mock-url", mock.url.p, "--quiet", NULL);
    assert_code(ended, 3);
    mock_stop(&mock);
    const char *db = only_run(place, ".");
    check_identities(db);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call"), 101);
    assert_text(sql_text(place, db, "SELECT state FROM run"), "interrupted");
    assert_contains(sql_text(place, db, "SELECT stop_reason FROM run"), "calls");
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell WHERE status <> 'ok'"), 0);
    assert_true(sql_int(db, "SELECT count(*) FROM cell") >= 18);
}

/* Protects against a budget that cuts into runs that fit: enough is as good as none. */
static void enough_is_enough(void **state)
{
    struct place *place = *state;
    write_experiment(place, "calls: 1000, tokens: 10000000, usd: 100, time: 10m");
    place_write_text(place, "mock.yaml", "rules: {all: {reply: hi}}\n");
    struct mock_server mock = mock_start(place, "mock.yaml");
    struct ended ended = weir(place, "run", "--mock-url", mock.url.p, "--quiet", NULL);
    assert_code(ended, 0);
    mock_stop(&mock);
    assert_int_equal(sql_int(only_run(place, "."), "SELECT count(*) FROM cell"), 500);
}

/* Protects whoever must be done by a time: no request starts after it, those under way are
 * finished. */
static void time_ends_a_run(void **state)
{
    struct place *place = *state;
    write_experiment(place, "time: 400ms");
    place_write_text(place, "mock.yaml",
                     "models: {'*': {first_token: 100ms}}\nrules: {all: {reply: hi}}\n");
    place_replace(place, "experiment.yaml", "concurrency: 64", "concurrency: 4");
    struct mock_server mock = mock_start(place, "mock.yaml");
    struct ended ended = weir(place, "run", "--mock-url", mock.url.p, "--quiet", NULL);
    assert_code(ended, 3);
    mock_stop(&mock);
    const char *db = only_run(place, ".");
    check_identities(db);
    assert_contains(sql_text(place, db, "SELECT stop_reason FROM run"), "time");
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE outcome <> 'ok'"), 0);
}

/* Protects against budgets that could not be kept: a price or max_tokens is missing. */
static void what_cannot_be_reserved_is_refused(void **state)
{
    struct place *place = *state;
    write_experiment(place, "usd: 0.50");
    place_replace(place, "experiment.yaml", ", max_tokens: 60", "");
    struct ended ended = weir(place, "check", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "budget.run.usd must reserve it");
}

/* Protects from runs that end early after money was spent: it is said before. */
static void what_cannot_fit_is_warned_of(void **state)
{
    struct place *place = *state;
    const char *told = "budget.run.calls of 5: the run needs at least 1,000 and will end early";
    write_experiment(place, "calls: 5");
    assert_contains(weir(place, "check", NULL).out, told);
    assert_contains(weir(place, "run", "--mock", NULL).err,
                    arena_printf(&place->arena, "warning: %s", told).p);
    write_experiment(place, "calls: 1000");
    assert_contains(weir(place, "check", NULL).out, "budget.run.calls of 1,000: enough");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(dollars_are_never_overshot),
        e2e_test(calls_are_counted_exactly),
        e2e_test(enough_is_enough),
        e2e_test(time_ends_a_run),
        e2e_test(what_cannot_be_reserved_is_refused),
        e2e_test(what_cannot_fit_is_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
