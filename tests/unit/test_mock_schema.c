/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_schema.c: the schema of mock files says what their reader says, key by key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "mock_server/config.h"
#include "mock_server/schema.h"
#include "unit/test_schema_probes.h"

#include <stdlib.h>

/* Every table at least once. */
static const char whole[] =
    "seed: 1\n"
    "models:\n"
    "  m: {skill: {at: 0.5}, first_token: {normal: {mean: 1s, sd: 1ms}}, slowdown: "
    "{per_request: 0.1},\n"
    "      per_token: {lognormal: {median: 1ms, p95: 2ms}}, reasoning: {tokens: 5}, cache: "
    "{mode: keyed},\n"
    "      skills: {right: {at: 0.5}}}\n"
    "  n: {first_token: {exponential: {mean: 1s}}, per_token: {empirical: [1ms]}}\n"
    "answers:\n"
    "  rows:\n"
    "    samples: [{id: a, text: some text, expected: A}]\n"
    "    find: [text]\n"
    "    wrong: [{text: B}, {label: {one_of: [A, B]}}, {replace: {at: a, by: b}}, {prose: "
    "true}]\n"
    "rules:\n"
    "  right: {when: {prompt: x}, answer: {from: rows}}\n"
    "  call: {tool_call: {name: t, arguments: {}}}\n"
    "  said: {reply: Yes}\n"
    "faults: [{status: 503}, {hang: body}]\n"
    "limits: [{rpm: 60}]\n";

static const struct probe_site sites[] = {
    {"", mock_options},
    {"models.m", mock_model_options},
    {"models.m.skill", skill_options},
    {"models.m.skills.right", skill_options},
    {"models.m.slowdown", load_options},
    {"models.m.reasoning", reasoning_options},
    {"models.m.cache", prompt_cache_options},
    {"models.m.first_token", law_options},
    {"models.m.first_token.normal", normal_options},
    {"models.m.per_token.lognormal", lognormal_options},
    {"models.n.first_token.exponential", exponential_options},
    {"answers.rows", answers_options},
    {"answers.rows.wrong.[0]", wrong_options},
    {"answers.rows.wrong.[1].label", wrong_label_options},
    {"answers.rows.wrong.[2].replace", wrong_replace_options},
    {"answers.rows.wrong.[3]", wrong_options},
    {"rules.right", rule_options},
    {"rules.right.when", when_options},
    {"rules.right.answer", answer_options},
    {"rules.call.tool_call", tool_call_options},
    {"rules.said", rule_options},
    {"faults.[0]", fault_options},
    {"faults.[1]", fault_options},
    {"limits.[0]", limit_options},
};

static bool reads(struct probes *probes, struct arena *arena, str text, str *said)
{
    (void)probes;
    struct config *config = config_parse(arena, STR("mock.yaml"), text, said);
    bool good = config != NULL;
    config_free(config);
    return good;
}

/* Protects: a value that no table takes is refused by both, and the schema refuses nothing that the
 * reader takes. */
static void the_schema_says_what_the_reader_says(void **state)
{
    (void)state;
    struct probes probes = {.reads = reads, .tells = getenv("PROBES_TELL") != NULL};
    probes_schema(&probes, mock_json_schema(&probes.arena));
    probes_base(&probes, whole);
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++)
        probe_table(&probes, &sites[i]);
    assert_true(probes.both_refuse > 700 && probes.only_reader < probes.both_refuse / 10);
    probes_end(&probes, "mock files");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_says_what_the_reader_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
