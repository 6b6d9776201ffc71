/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_nearest.c: routing by the examples that are most alike, by words and by vectors.
 */
#include "e2e_run.h"

#include <stdio.h>

static const char experiment[] =
    "dataset: {file: rows.jsonl}\n"
    "models:\n"
    "  small: {provider: openai, model: m}\n"
    "  embed: {provider: openai, model: text-embedding-3-small, price: {input: 1, output: 0}}\n"
    "defaults: {model: small, max_tokens: 60}\n"
    "variants:\n"
    "  words:\n"
    "    route:\n"
    "      by: {nearest: {of: '{{q}}', examples: examples.csv, k: 3, otherwise: Other}}\n"
    "      label: '{{classification}}'\n"
    "      cases:\n"
    "        Technical: {value: Technical}\n"
    "        Billing: {value: Billing}\n"
    "      fallback: {value: Other}\n"
    "  vectors:\n"
    "    extends: words\n"
    "    set: {route.by.nearest.model: embed, route.by.nearest.min_similarity: 0.3}\n"
    "  stages: {nearest: {of: '{{q}}', examples: examples.csv, candidates: 2}}\n"
    "score: {same: {equals: '{{expected}}'}}\n"
    "mock: {rules: {}}\n";

static void write_all(struct place *place)
{
    place_write_text(place, "experiment.yaml", experiment);
    place_write_text(
        place, "examples.csv",
        "label,text\nTechnical,the app crashes when I open it\nTechnical,an error on "
        "installing the app\nBilling,I was charged twice on my invoice\nBilling,I "
        "want a refund for this charge\nBilling,where is my invoice\n");
    place_write_text(
        place, "rows.jsonl",
        "{\"id\": \"crash\", \"q\": \"My app crashes on installing\", \"expected\": "
        "\"Technical\"}\n"
        "{\"id\": \"money\", \"q\": \"a refund for an invoice charged twice\", \"expected\": "
        "\"Billing\"}\n"
        "{\"id\": \"other\", \"q\": \"zebra quantum\", \"expected\": \"Other\"}\n");
}

/* Protects what a router is for: each query goes where its like went, and what is like nothing to
 * the fallback; by words without a call, by vectors with one. */
static void queries_go_where_their_like_went(void **state)
{
    struct place *place = *state;
    write_all(place);
    struct ran ran = run_good(place, "--mock", NULL);
    check_identities(ran.db);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell_named WHERE variant_name IN "
                                     "('words', 'vectors') AND correct = 1"),
                     6);
    assert_int_equal(
        sql_int(ran.db, "SELECT sum(calls) FROM cell_named WHERE variant_name = 'words'"), 0);
    assert_int_equal(
        sql_int(ran.db, "SELECT sum(calls) FROM cell_named WHERE variant_name = 'vectors'"), 3);
}

/* Protects the bill: five examples are embedded once, and the report says so; no cell pays. */
static void examples_are_embedded_once(void **state)
{
    struct place *place = *state;
    write_all(place);
    struct ran ran = run_good(place, "--mock", "--trials", "4", NULL);
    assert_int_equal(sql_int(ran.db, "SELECT setup_calls FROM run"), 1);
    assert_true(sql_int(ran.db, "SELECT setup_tokens FROM run") > 20);
    assert_true(sql_int(ran.db, "SELECT setup_nanousd FROM run") > 20000);
    const json *report = report_json(place, ran.db);
    assert_true(json_number(json_path(report, "results.setup.calls")) == 1);
    assert_contains(weir(place, "report", ran.db, NULL).out, "examples were embedded");
}

/* Protects two-stage classifiers: different labels, the nearest first. */
static void candidates_are_a_list(void **state)
{
    struct place *place = *state;
    write_all(place);
    struct ran ran = run_good(place, "--mock", NULL);
    const json *report = report_json(place, ran.db);
    const json *cell = cell_of(report, "stages", "crash", 1);
    str output = json_to_str(&place->arena, json_get(cell, STR("output")), JSON_COMPACT);
    assert_text(output, "[\"Technical\",\"Billing\"]");
}

/* Protects rule 4 where a set-up comes before the cells. */
static void nearest_is_deterministic(void **state)
{
    struct place *place = *state;
    write_all(place);
    struct ran one = run_good(place, "--mock", "-j", "1", NULL);
    struct ran many = run_good(place, "--mock", "-j", "20", NULL);
    assert_same_text(results_of(report_text(place, one.db)),
                     results_of(report_text(place, many.db)));
}

/* Protects users: what cannot be is told at its place, before a call. */
static void bad_examples_are_refused(void **state)
{
    struct place *place = *state;
    write_all(place);
    place_replace(place, "experiment.yaml", "provider: openai, model: text-embedding-3-small",
                  "provider: anthropic, model: x");
    struct ended ended = weir(place, "check", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "cannot make vectors");
    write_all(place);
    place_write_text(place, "examples.csv", "label,words\nTechnical,x\n");
    ended = weir(place, "check", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "examples.csv:2");
    assert_contains(ended.err, "needs a label and a text");
}

/* Protects a run whose embedding model does not work: it ends before a cell is paid for. */
static void a_failing_set_up_ends_the_run(void **state)
{
    struct place *place = *state;
    write_all(place);
    place_replace(place, "experiment.yaml", "mock: {rules: {}}",
                  "mock: {faults: [{status: 401, when: {model: text-embedding-3-small}}]}");
    struct ended ended = weir(place, "run", "--mock", "--quiet", NULL);
    assert_code(ended, 3);
    assert_contains(ended.err, "cannot embed the examples");
    assert_int_equal(sql_int(only_run(place, "."), "SELECT count(*) FROM cell"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(queries_go_where_their_like_went),
        e2e_test(examples_are_embedded_once),
        e2e_test(candidates_are_a_list),
        e2e_test(nearest_is_deterministic),
        e2e_test(bad_examples_are_refused),
        e2e_test(a_failing_set_up_ends_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
