/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_diagnosis.c: what a report says of a pattern, against a mock whose skills are known.
 */
#include "e2e_run.h"

#include <math.h>

#include "base/buf.h"

static const json *diagnosis_of(const json *report, const char *variant)
{
    const json *diagnosis = json_get(variant_of(report, "results", variant), STR("diagnosis"));
    assert_true(json_is(diagnosis, JSON_OBJECT));
    return diagnosis;
}

static double number_at(const json *value, const char *path)
{
    const json *number = json_path(value, path);
    if (!json_is(number, JSON_NUMBER))
        fail_msg("no number at %s", path);
    return json_number(number);
}

static bool holds(const json *estimate, double value)
{
    return number_at(estimate, "low") <= value && value <= number_at(estimate, "high");
}

/* ---- chain ---- */

/* Each step gets what the one before it said, and nothing else: errors are handed on. */
static const char chain_experiment[] =
    "dataset: rows.jsonl\n"
    "models: {m: {provider: openai, model: real}, p: {provider: openai, model: ideal}}\n"
    "defaults: {model: m, max_tokens: 20}\n"
    "variants:\n"
    "  real:\n"
    "    chain:\n"
    "      read: {call: {prompt: {user: 'Read {{text}}'}}}\n"
    "      extract: {call: {prompt: {user: 'Extract {{read}}'}}}\n"
    "      answer: {call: {prompt: {user: 'Answer {{extract}}'}}}\n"
    "  ideal: {extends: real, defaults: {model: p}}\n"
    "score:\n"
    "  right: {equals: '{{expected}}'}\n"
    "  read: {step: read, equals: '{{expected_steps.read}}'}\n"
    "  extract: {step: extract, equals: '{{expected_steps.extract}}'}\n"
    "mock: mock.yaml\n";

static const char chain_mock[] =
    "models:\n"
    "  real: {skills: {read: 0.95, extract: 0.80, answer: 0.97}}\n"
    "  ideal: {skills: {read: 0.95, extract: 1, answer: 0.97}}\n"
    "answers:\n"
    "  read: {file: rows.jsonl, find: [text], right: '{{row.expected_steps.read}}',"
    " wrong: [{text: lost}]}\n"
    "  extract: {file: rows.jsonl, find: [expected_steps.read],"
    " right: '{{row.expected_steps.extract}}', wrong: [{text: lost}]}\n"
    "  answer: {file: rows.jsonl, find: [expected_steps.extract],"
    " right: '{{row.expected}}', wrong: [{text: lost}]}\n"
    "rules:\n"
    "  read: {when: {prompt: Read}, answer: {from: read}}\n"
    "  extract: {when: {prompt: Extract, row: extract}, answer: {from: extract}}\n"
    "  answer: {when: {prompt: Answer, row: answer}, answer: {from: answer}}\n"
    "  rest: {reply: lost}\n";

enum { CHAIN_ROWS = 300 };

/* Protects show 5 of the diagnosis: the weak step is named, and what the chain would do without
 * its errors is what a chain without them does. */
static void the_weak_step_of_a_chain_is_named(void **state)
{
    struct place *place = *state;
    struct buf rows = {0};
    for (int i = 0; i < CHAIN_ROWS; i++)
        buf_printf(&rows,
                   "{\"id\": %d, \"text\": \"text %d.\", \"expected\": \"end %d.\", "
                   "\"expected_steps\": {\"read\": \"read %d.\", \"extract\": \"cut %d.\"}}\n",
                   i, i, i, i, i);
    place_write(place, "x/rows.jsonl", buf_str(&rows));
    buf_release(&rows);
    place_write_text(place, "x/experiment.yaml", chain_experiment);
    place_write_text(place, "x/mock.yaml", chain_mock);
    const char *db = run_good(place, "x", "--mock", NULL).db;

    const json *report = report_json(place, db);
    const json *chain = json_get(diagnosis_of(report, "real"), STR("chain"));
    assert_text(json_text(json_get(chain, STR("weakest"))), "extract");
    static const double skills[] = {0.95, 0.80, 0.97};
    for (int s = 0; s < 3; s++) {
        const json *step = json_at(json_get(chain, STR("steps")), s);
        assert_true(holds(json_get(step, STR("rate")), skills[s]));
    }
    const json *perfect =
        json_get(json_at(json_get(chain, STR("steps")), 1), STR("if_perfect"));
    double end = number_at(variant_of(report, "results", "ideal"), "accuracy.value");
    print_message("accuracy %.3f; if extract were perfect %.3f, %.3f to %.3f; it is %.3f\n",
                  number_at(variant_of(report, "results", "real"), "accuracy.value"),
                  number_at(perfect, "value"), number_at(perfect, "low"),
                  number_at(perfect, "high"), end);
    assert_true(holds(perfect, end));
    assert_true(holds(perfect, 0.95 * 0.97));
    /* errors are handed on: nothing is repaired, and the rates multiply to the end */
    assert_true(number_at(chain, "repaired") <= 0);
    assert_true(fabs(number_at(chain, "all_right") -
                     number_at(variant_of(report, "results", "real"), "accuracy.value")) <
                1e-9);
    struct ended text = weir(place, "report", db, NULL);
    assert_contains(text.out, "start at step 2 (extract)");
    assert_contains(text.out, "If step 2 were perfect");
    assert_contains(weir(place, "report", db, "--md", "-", NULL).out,
                    "start at step 2 (extract)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(the_weak_step_of_a_chain_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
