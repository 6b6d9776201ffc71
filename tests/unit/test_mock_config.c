/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_config.c: mock files: what is taken, and what is said of mistakes.
 */
#include "test_mock_ask.h"

#include "mock_server/config.h"

/* The first line of what is said about a file. */
static str first_line(struct arena *arena, const char *yaml)
{
    str said, line, rest;
    struct config *config = config_parse(arena, STR("x.yaml"), str_from(yaml), &said);
    config_free(config);
    str_cut(said, '\n', &line, &rest);
    return line;
}

#define KEY "answers: {qa: {samples: [{id: 1, q: one two, expected: A}], find: [q]}}\n"

/* Protects: each mistake is told where it is, with what was expected. */
static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *said;
    } rows[] = {
        {"sed: 1\n", "x.yaml:1:1: unknown key 'sed' in mock file; did you mean 'seed'?"},
        {"models: {m: {skil: 1}}\n",
         "x.yaml:1:14: unknown key 'skil' in model; did you mean 'skill'?"},
        {"models: [{skill: 1}, {skill: 0}]\n",
         "x.yaml:1:9: models is a list; expected a mapping from name to model"},
        {"models: {m: {skill: 1.5}}\n",
         "x.yaml:1:21: skill is the number 1.5; expected a number from 0 to 1"},
        {"models: {m: {skill: {per_1k_tokens: 1}}}\n",
         "x.yaml:1:21: skill has neither 'at' nor 'ability'; expected exactly one"},
        {"models: {m: {first_token: 300}}\n",
         "x.yaml:1:27: a time is the number 300; expected a duration such as 300ms, or one of "
         "normal, lognormal, exponential, empirical"},
        {"models: {m: {first_token: {lognormal: {median: 2s, p95: 1s}}}}\n",
         "x.yaml:1:39: lognormal needs a median above 0 and a p95 of at least the median"},
        {"models: {m: {skills: {nope: 1}}}\n" KEY,
         "x.yaml:1:23: unknown rule or answer key 'nope'; expected qa"},
        {"rules: {r: {reply: a, status: 500}}\n",
         "x.yaml:1:23: rule has two kinds, 'reply' and 'status'; expected exactly one"},
        {"rules: {r: {when: {}}}\n", "x.yaml:1:12: rule says not what it is; expected one of "
                                     "answer, reply, file, tool_call, "
                                     "status"},
        {"rules: {r: {when: {prompt_regex: '('}, reply: a}}\n",
         "x.yaml:1:34: not a regular expression: missing closing parenthesis, at character 1"},
        {"rules: {r: {when: {dialect: openai-chatt}, reply: a}}\n",
         "x.yaml:1:29: unknown dialect 'openai-chatt'; did you mean 'openai-chat'?"},
        {"rules: {r: {reply: '{{who}}'}}\n",
         "x.yaml:1:23: name 'who' is not known here; in scope: request"},
        {"rules: {r: {reply: '{{row.x}}'}}\n",
         "x.yaml:1:23: name 'row' is not known here; in scope: request; a rule knows the row with "
         "`when: {row: KEY}`, where KEY is one of `answers`"},
        {"rules: {r: {reply: '{{row.x}}'}}\n" KEY,
         "x.yaml:1:23: name 'row' is not known here; in scope: request; a rule knows the row with "
         "`when: {row: qa}`"},
        {"rules: {r: {answer: {from: qb}}}\n" KEY,
         "x.yaml:1:28: unknown answer key 'qb'; expected qa"},
        {"rules: {r: {answer: {from: qa, right: '{{row.nope}}'}}}\n" KEY, NULL},
        {"rules: {r: {answer: {from: qa, wrong: [{txt: a}]}}}\n" KEY,
         "x.yaml:1:41: unknown key 'txt' in wrong answer; did you mean 'text'?"},
        {"answers: {qa: {samples: [{id: 1}], find: [q]}}\n",
         "x.yaml:1:26: row has none of the texts by which answer key 'qa' finds it"},
        {"answers: {qa: {find: [q]}}\n",
         "x.yaml:1:15: answer key has neither 'file' nor 'samples'; expected exactly one"},
        {"answers: {qa: {file: nope.jsonl, find: [q]}}\n",
         "x.yaml:1:22: there is no file 'nope.jsonl'; expected one of rows, beside the mock file"},
        {"faults: [{status: 200}]\n",
         "x.yaml:1:19: status is the number 200; expected an integer from 400 to 599"},
        {"faults: [{hang: headers, reset: body}]\n",
         "x.yaml:1:26: fault has two kinds, 'hang' and 'reset'; expected exactly one"},
        {"faults: [{status: 500, quota: true}]\n",
         "x.yaml:1:24: 'quota' goes only with status: 429"},
        {"faults: [{status: 500, attempts: [0]}]\n",
         "x.yaml:1:35: expected the number of an attempt; 1 is the first"},
        {"faults: [{cut: utf8, error_status: 503}]\n",
         "x.yaml:1:22: 'error_status' goes only with error_event"},
        {"limits: [{mode: keyed}]\n",
         "x.yaml:1:10: limit limits nothing; expected one of rpm, tpm, requests"},
        {"limits: [{rpm: 5, mode: kyed}]\n",
         "x.yaml:1:25: mode is 'kyed'; expected real, keyed or virtual; did you mean 'keyed'?"},
        {"limits: [{rpm: 5, share: 0.5}]\n", "x.yaml:1:19: 'share' goes only with mode: keyed"},
    };
    int different = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        str said = first_line(&arena, rows[i].yaml);
        bool good =
            rows[i].said
                ? str_equal(said, str_from(rows[i].said))
                : str_contains(said, STR("row does not fit the right answer at x.yaml:1:39"));
        if (!good)
            print_error("%ssays\n%.*s\nnot\n%s\n", rows[i].yaml, STR_ARG(said),
                        rows[i].said ? rows[i].said : "that a row does not fit");
        different += !good;
        arena_release(&arena);
    }
    assert_int_equal(different, 0);
}

/* Protects: an empty mapping serves. */
static void test_nothing(void **state)
{
    (void)state;
    struct asker asker = asker_new("{}\n");
    assert_true(ask(&asker, "hello", "k", 1, NULL).n > 0);
    assert_int_equal(asker.status, 200);
    asker_end(&asker);
}

/* Protects: the mock files that are shipped and the language's key for rows in place. */
static void test_shipped_files(void **state)
{
    (void)state;
    static const char *const files[] = {"fixtures/faq/mock.yaml",
                                        "fixtures/faq/faults-mock.yaml"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct err err = {0};
        struct arena arena = {0};
        str path = arena_printf(&arena, "%s/%s", TEST_SOURCE_DIR, files[i]);
        struct config *config = config_load((struct config_place){path, STR("")}, &err);
        if (!config)
            fail_msg("%s: %s", files[i], err.message);
        assert_true(config->rules.count == 4 && config->answers.count == 2);
        assert_true(config->answers.key[1].items > config->answers.key[0].items);
        config_free(config);
        arena_release(&arena);
    }
}

/* Protects: "*" is any other model, and unknown ones can be refused. */
static void test_models(void **state)
{
    (void)state;
    struct asker asker = asker_new("unknown_model: refuse\nmodels: {known: {}}\n");
    ask(&asker, "hello", "k", 1, NULL);
    assert_int_equal(asker.status, 404);
    assert_text(json_text(json_path(asker.body, "error.code")), "model_not_found");
    asker_end(&asker);
    asker = asker_new("unknown_model: refuse\nmodels: {'*': {first_token: 7ms}}\n");
    ask(&asker, "hello", "k", 1, NULL);
    assert_int_equal(asker.status, 200);
    assert_int_equal(asker.delivery.at_ns, 7 * NS_PER_MS);
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_shipped_files),
        cmocka_unit_test(test_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
