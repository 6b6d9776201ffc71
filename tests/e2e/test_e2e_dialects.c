/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_dialects.c: one workflow on four dialects: a text, a structured reply and a round of
 * tools come out alike, streamed and whole, whatever the way of structured output.
 */
#include "e2e_dialects.h"
#include "e2e_run.h"

/* clang-format off */
static const char experiment[] =
    "dataset: {samples: [{id: a, q: one}, {id: b, q: two}]}\n"
    DIALECTS_PROVIDERS
    "models:\n"
    "  chat: {provider: openai, model: m, capabilities: {schema: native}}\n"
    "  responses: {provider: r, model: m, capabilities: {schema: native}}\n"
    "  messages: {provider: anthropic, model: m, capabilities: {schema: native}}\n"
    "  contents: {provider: gemini, model: m, capabilities: {schema: native}}\n"
    "defaults: {max_tokens: 200, stream: true}\n"
    DIALECTS_TOOLS
    "nodes:\n"
    "  work:\n"
    "    chain:\n"
    "      text: {call: {prompt: {system: Be brief., user: 'Say {{q}}'}}}\n"
    DIALECTS_DATA
    "          schema: {type: object, required: [n], properties: {n: {type: integer, minimum: "
    "1}}}\n"
    DIALECTS_LAST_STEPS
    DIALECTS_VARIANTS
    DIALECTS_SCORES
    "mock: mock.yaml\n";

static const char mock_file[] =
    "scale: 0\n"
    "rules:\n"
    "  text: {when: {prompt: Say}, reply: Here you are.}\n"
    DIALECTS_RULES;
/* clang-format on */

/* How many different answers four dialects give. */
static int64_t kinds(const char *db, const char *what, const char *where)
{
    return sql_int(db,
                   "SELECT max(kinds) FROM (SELECT count(DISTINCT %s) AS kinds FROM call WHERE"
                   " %s GROUP BY path, repeat)",
                   what, where);
}

/*
 * Usage is normalised, so it is the same wherever the provider counts the same. What a model writes is:
 * texts, JSON, names and arguments of tools. Of what it reads the texts are; but schemas and tools
 * count as they are sent, and every dialect sends them in its own form: Anthropic without bounds and with a
 * title, Gemini without the envelope of a function. Both of OpenAI's forms count alike; a schema that
 * goes as text does everywhere; and so does what a round of tools adds.
 */
static void expect_same_usage(const char *db, bool as_text)
{
    assert_int_equal(kinds(db, "output_tokens || '/' || reasoning_tokens", "true"), 1);
    assert_int_equal(kinds(db, "input_tokens", "path = 'text'"), 1);
    assert_int_equal(
        kinds(db, "input_tokens", "dialect IN ('openai-chat', 'openai-responses')"), 1);
    if (as_text)
        assert_int_equal(kinds(db, "input_tokens", "path = 'data'"), 1);
    assert_int_equal(sql_int(db,
                             "SELECT count(DISTINCT after.input_tokens - before.input_tokens)"
                             " FROM call before JOIN call after USING (cell, path)"
                             " WHERE path = 'tool' AND before.repeat = 0 AND"
                             " after.repeat = 1"),
                     1);
}

static void expect_alike(struct place *place, bool as_text)
{
    const char *db = run_good(place, ".", "--mock", NULL).db;
    check_identities(db);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE outcome = 'ok'"), 4 * 2 * 4);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call"), 4 * 2 * 4);
    assert_int_equal(sql_int(db, "SELECT count(DISTINCT dialect) FROM call"), 4);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE input_tokens < 1"
                                 " OR output_tokens < 1 OR cache_read_tokens <> 0"),
                     0);
    expect_same_usage(db, as_text);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM score WHERE pass = 1"), 4 * 2 * 3);
}

/* Protects: no dialect reads or writes less than another. */
static void four_dialects_come_out_alike(void **state)
{
    struct place *place = *state;
    place_write(place, "experiment.yaml", str_from(experiment));
    place_write(place, "mock.yaml", str_from(mock_file));
    expect_alike(place, false);
    place_replace(place, "experiment.yaml", "stream: true", "stream: false");
    expect_alike(place, false);
    place_replace(place, "experiment.yaml", "schema: native", "schema: tool");
    expect_alike(place, false);
    place_replace(place, "experiment.yaml", "stream: false", "stream: true");
    expect_alike(place, false);
    place_replace(place, "experiment.yaml", "schema: tool", "schema: prompt");
    expect_alike(place, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {e2e_test(four_dialects_come_out_alike)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
