/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_tools.c: tools in a call: rounds, several at once, what goes wrong with them, limits.
 */
#include "e2e_run.h"

#include <stdio.h>

static const char experiment[] =
    "dataset: {file: rows.jsonl}\n"
    "models: {small: {provider: openai, model: m}}\n"
    "defaults: {model: small, max_tokens: 200}\n"
    "tools:\n"
    "  find_order:\n"
    "    description: Finds an order by its number.\n"
    "    parameters: {type: object, properties: {number: {type: string}}, required: [number],"
    " additionalProperties: false}\n"
    "    run: {lookup: {in: orders.jsonl, by: id, key: '{{number}}', otherwise: no such "
    "order}}\n"
    "  add:\n"
    "    description: Adds two numbers.\n"
    "    parameters: {type: object, properties: {a: {type: number}, b: {type: number}},"
    " required: [a, b]}\n"
    "    run: {exec: {run: [jq, -c, '.a + .b'], input: '{{args}}', output: json}}\n"
    "  fail:\n"
    "    description: Never works.\n"
    "    parameters: {type: object}\n"
    "    run: {exec: {run: ['false']}}\n"
    "variants:\n"
    "  one: {call: {prompt: {user: '{{q}}'}, tools: [find_order, add, fail], max_steps: 3}}\n"
    "score: {same: {equals: '{{expected}}'}}\n"
    "mock: mock.yaml\n";

static const char mock_file[] =
    "rules:\n"
    "  both:\n"
    "    when: {prompt: both, turn: 0}\n"
    "    tool_call: [{name: find_order, arguments: {number: A7}}, {name: add, arguments: {a: "
    "1, "
    "b: 2}}]\n"
    "  both-told: {when: {prompt: both, turn: 1}, reply: 'shipped, 3'}\n"
    "  twice-0: {when: {prompt: twice, turn: 0}, tool_call: {name: add, arguments: {a: 1, b: "
    "1}}}\n"
    "  twice-1: {when: {prompt: twice, turn: 1}, tool_call: {name: add, arguments: {a: 2, b: "
    "2}}}\n"
    "  twice-2: {when: {prompt: twice, turn: 2}, reply: '4'}\n"
    "  endless: {when: {prompt: endless}, tool_call: {name: add, arguments: {a: 1, b: 1}}}\n"
    "  wrong-0:\n"
    "    when: {prompt: wrong, turn: 0}\n"
    "    tool_call: [{name: nothing, arguments: {}}, {name: add, arguments: {a: x}}, {name: "
    "fail, "
    "arguments: {}}]\n"
    "  wrong-1: {when: {prompt: wrong, turn: 1}, reply: sorry}\n"
    "  none: {when: {prompt: none}, reply: plain}\n";

static void write_all(struct place *place)
{
    place_write_text(place, "experiment.yaml", experiment);
    place_write_text(place, "mock.yaml", mock_file);
    place_write_text(place, "orders.jsonl", "{\"id\": \"A7\", \"status\": \"shipped\"}\n");
    place_write_text(place, "rows.jsonl",
                     "{\"id\": \"both\", \"q\": \"both\", \"expected\": \"shipped, 3\"}\n"
                     "{\"id\": \"twice\", \"q\": \"twice\", \"expected\": \"4\"}\n"
                     "{\"id\": \"wrong\", \"q\": \"wrong\", \"expected\": \"sorry\"}\n"
                     "{\"id\": \"none\", \"q\": \"none\", \"expected\": \"plain\"}\n");
}

static int64_t calls_of(const char *db, const char *sample)
{
    return sql_int(db, "SELECT calls FROM cell_named WHERE sample_id = '%s'", sample);
}

static int64_t steps_of(const char *db, const char *sample, const char *path)
{
    return sql_int(
        db,
        "SELECT count(*) FROM step JOIN cell_named c USING (cell) WHERE c.sample_id ="
        " '%s' AND step.path LIKE '%s'",
        sample, path);
}

/* The last thing that a model was asked in a sample. */
static str last_request(struct place *place, const char *db, const char *sample)
{
    return sql_text(
        place, db,
        "SELECT b.bytes FROM call JOIN cell_named c USING (cell) JOIN body b ON b.body"
        " = call.request WHERE c.sample_id = '%s' ORDER BY repeat DESC",
        sample);
}

/* Protects what a tool loop is: results go back in order, each run is a step, rounds are calls. */
static void tools_are_run_and_told(void **state)
{
    struct place *place = *state;
    write_all(place);
    struct ran ran = run_good(place, "--mock", NULL);
    check_identities(ran.db);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell WHERE correct = 1"), 4);
    assert_int_equal(calls_of(ran.db, "both"), 2);
    assert_int_equal(steps_of(ran.db, "both", "tools[%%]"), 2);
    assert_int_equal(calls_of(ran.db, "twice"), 3);
    assert_int_equal(steps_of(ran.db, "twice", "tools[1]"), 1);
    assert_int_equal(calls_of(ran.db, "none"), 1);
    str asked = last_request(place, ran.db, "both");
    ptrdiff_t order = str_find(asked, STR("shipped"), 0);
    ptrdiff_t sum = str_find(asked, STR("\"content\":\"3\""), 0);
    assert_true(order > 0 && sum > order);
}

/* Protects a run from what models do with tools: the call goes on, and the trace says it. */
static void mistakes_are_told_to_the_model(void **state)
{
    struct place *place = *state;
    write_all(place);
    struct ran ran = run_good(place, "--mock", NULL);
    assert_int_equal(calls_of(ran.db, "wrong"), 2);
    assert_int_equal(steps_of(ran.db, "wrong", "tools[%%]"),
                     1); /* only the one that could run */
    str asked = last_request(place, ran.db, "wrong");
    assert_contains(asked, "there is no tool 'nothing'");
    assert_contains(asked, "do not conform to the schema");
    assert_contains(asked, "exec: ");
    struct ended shown = weir(place, "show", ran.db, "one/wrong/1", NULL);
    assert_contains(shown.out, "there is no tool 'nothing'");
}

/* Protects against a model that never answers. */
static void rounds_are_bounded(void **state)
{
    struct place *place = *state;
    write_all(place);
    place_write_text(place, "rows.jsonl",
                     "{\"id\": 1, \"q\": \"endless\", \"expected\": \"x\"}\n");
    struct ran ran = run_good(place, "--mock", NULL);
    assert_text(sql_text(place, ran.db, "SELECT reason FROM cell"), "limit");
    assert_int_equal(sql_int(ran.db, "SELECT calls FROM cell"), 4);
}

/* Protects users from tools that cannot be: all is said before a call is paid for. */
static void bad_tools_are_refused(void **state)
{
    struct place *place = *state;
    write_all(place);
    place_replace(place, "experiment.yaml", "[find_order, add, fail]", "[find_ordr, add, add]");
    struct ended ended = weir(place, "check", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "no tool 'find_ordr' in tools");
    assert_contains(ended.err, "find_order");
    assert_contains(ended.err, "tool 'add' is there twice");
    write_all(place);
    place_replace(place, "experiment.yaml", "key: '{{number}}'", "key: '{{q}}'");
    ended = weir(place, "check", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "q");
}

/* Protects rule 4 for tools: the same bytes at any concurrency. */
static void tools_are_deterministic(void **state)
{
    struct place *place = *state;
    write_all(place);
    struct ran one = run_good(place, "--mock", "-j", "1", "--trials", "3", NULL);
    struct ran many = run_good(place, "--mock", "-j", "50", "--trials", "3", NULL);
    assert_same_text(results_of(report_text(place, one.db)),
                     results_of(report_text(place, many.db)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(tools_are_run_and_told),  e2e_test(mistakes_are_told_to_the_model),
        e2e_test(rounds_are_bounded),      e2e_test(bad_tools_are_refused),
        e2e_test(tools_are_deterministic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
