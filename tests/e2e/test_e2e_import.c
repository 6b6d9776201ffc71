/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_import.c: weir import: what promptfoo's configuration says comes over and runs, what has no
 * counterpart is listed by its place, and no key gets anywhere.
 */
#include "e2e_run.h"

#include "base/file.h"

#define DATA E2E_SOURCE_DIR "/tests/data/import/"

static struct ended import_text(struct place *place, const char *config)
{
    place_write_text(place, "c.yaml", config);
    return weir(place, "import", "c.yaml", "out", NULL);
}

static void runs_on_the_mock(struct place *place, const char *folder)
{
    struct ended check = weir(place, "check", folder, NULL);
    assert_code(check, 0);
    struct ended run = weir(place, "run", folder, "--mock", "-n", "2", "--quiet", NULL);
    assert_code(run, 0);
}

/* Protects: prompts times providers become variants, combinations of lists become samples,
 * assertions become scores and columns; the result passes `weir check` and runs. */
static void a_configuration_becomes_an_experiment(void **state)
{
    struct place *place = *state;
    struct ended ended =
        weir(place, "import", DATA "translate/promptfooconfig.yaml", "tr", NULL);
    assert_code(ended, 0);
    assert_text(ended.out, "tr/experiment.yaml\n");
    assert_contains(ended.err, "promptfooconfig.yaml:31:7: changed: assertion 'latency'");
    assert_contains(ended.err, "promptfooconfig.yaml:62:9: left out: assertion 'levenshtein'");
    assert_contains(ended.err, "1 left out, 1 changed\n"
                               "2 prompts, 2 providers, 6 tests, 8 scores are in tr");
    str experiment = place_read(place, "tr/experiment.yaml");
    assert_contains(experiment, "# yaml-language-server: $schema=.schema/experiment.schema.json\n");
    assert_contains(experiment, "trials: 2\nconcurrency: 3\n");
    /* what promptfoo sends unasked */
    assert_contains(experiment,
                    "    model: gpt-4o-mini\n    temperature: 0\n    max_tokens: 1024\n");
    assert_contains(experiment, "  sonnet:\n    provider: anthropic\n"
                                "    model: claude-sonnet-4-5\n    temperature: 0.2\n"
                                "    max_tokens: 300\n");
    assert_contains(experiment, "  careful-sonnet:\n    call:\n      model: sonnet\n"
                                "      prompt: careful\n");
    assert_contains(experiment, "  not_contains:\n    not-contains: As an AI\n");
    assert_contains(experiment, "  names_city:\n    icontains: \"{{city}}\"\n    weight: 2\n");
    assert_contains(experiment, "    latency: \"5000ms\"\n    weight: 0\n");
    assert_contains(experiment,
                    "  contains_any_2:\n"
                    "    contains-any: \"{{expected.contains_any_2 | default(null)}}\"\n"
                    "    weight: 0.5\n");
    assert_text(place_read(place, "tr/prompts/careful.md"),
                "You translate for a travel guide.\n\n"
                "Translate into {{language}}, and say nothing else:\n{{text}}\n");
    str rows = place_read(place, "tr/dataset.jsonl");
    assert_contains(rows,
                    "\"language\": \"German\", \"text\": \"Where is the station in Lyon?\"");
    assert_contains(rows, "\"contains_any_2\": [\"Lima\", \"lima\"]");
    assert_contains(rows, "\"id\": \"t6\"");
    assert_contains(rows, "\"id_\": \"reserved\", \"metadata\": {\"level\": \"easy\"}");
    runs_on_the_mock(place, "tr");
}

/* Protects: what files name comes over too (prompts, tests in CSV and JSON Lines, variables), and each
 * part without a counterpart is listed by its own line, in whatever file it stands. */
static void what_is_left_out_is_listed_by_its_place(void **state)
{
    static const char *const lines[] = {
        "/cases.csv:3:1: changed: the model that makes vectors is not named",
        "/cases.csv:3:1: left out: test: options: 'prefix' has no counterpart\n",
        "/cases.jsonl:1:1: left out: assertion 'is-sql': no counterpart\n",
        "yaml:7:5: left out: prompt: made by a program or a service",
        "yaml:8:5: left out: prompt: the filter 'upper', which weir's templates do not have\n",
        "yaml:9:5: left out: prompt: the tag 'if vip', which weir's templates do not have\n",
        "yaml:19:7: left out: provider: 'tools' has no counterpart\n",
        "yaml:21:5: left out: provider: 'a program or an address' is none that weir asks\n",
        "yaml:22:5: left out: provider: 'bedrock:us.anthropic",
        "yaml:40:9: left out: assertion 'javascript': no counterpart",
        "yaml:42:9: left out: assertion 'regex': only some tests have it",
        "yaml:44:9: left out: assertion 'icontains': the output goes through a program",
        "yaml:47:5: left out: test: a variable that is no text\n",
        "yaml:50:1: left out: configuration: 'derivedMetrics' has no counterpart\n",
        "\n13 left out, 3 changed\n4 prompts, 2 providers, 5 tests, 7 scores are in su\n",
    };
    struct place *place = *state;
    struct ended ended = weir(place, "import", DATA "support/promptfooconfig.yaml", "su", NULL);
    assert_code(ended, 0);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_contains(ended.err, lines[i]);
    assert_contains(place_read(place, "su/README.md"), lines[2]);
    str experiment = place_read(place, "su/experiment.yaml");
    assert_contains(experiment, "vars:\n  tone: \"\"\n  pages: []\n");
    assert_contains(experiment, "  openai_2:\n    api: openai-chat\n"
                                "    base_url: \"https://gateway.example/v1\"\n"
                                "    key_env: GATEWAY_KEY\n");
    assert_contains(experiment, "  chat-gpt-4o:\n");
    assert_lacks(experiment, "plain-gpt-4o:"); /* its provider asks for chat alone */
    assert_contains(experiment, "        system: You answer for a shop. Be short.\n"
                                "        messages:\n          - role: user\n");
    assert_text(place_read(place, "su/prompts/pages.md"),
                "Answer from these pages.\n{{#each pages as page}}\n{{index}}. {{page.title}}\n"
                "{{/each}}\nA literal {{\"{{\"}}brace}}.\n{{question}}\n");
    str rows = place_read(place, "su/dataset.jsonl");
    assert_contains(rows,
                    "\"expected\": {\"similar\": \"at nine\", \"not_icontains\": \"sorry\"}");
    assert_contains(rows, "{\"llm_rubric\": \"Answers 'Are returns free?' politely.\"");
    runs_on_the_mock(place, "su");
}

/* Protects: a key that stands in the file, in whatever place, is in no file of the folder and in
 * nothing that is printed; that it was there is said. */
static void a_key_is_never_copied(void **state)
{
    static const char key[] = "Zk-9f3c71d05aa84e";
    struct place *place = *state;
    struct ended ended = import_text(
        place,
        "prompts: ['Say {{x}}, Zk-9f3c71d05aa84e']\n"
        "providers:\n"
        "  - id: openai:gpt-4o\n"
        "    config:\n"
        "      apiKey: Zk-9f3c71d05aa84e\n"
        "      headers: {Authorization: Bearer Zk-9f3c71d05aa84e}\n"
        "      apiBaseUrl: https://user:Zk-9f3c71d05aa84e@gateway.example/v1\n"
        "  - https://gateway.example/?key=Zk-9f3c71d05aa84e\n"
        "env: {OPENAI_API_KEY: Zk-9f3c71d05aa84e}\n"
        "tests: [{vars: {x: 1}, assert: [{type: contains, value: Zk-9f3c71d05aa84e}]}]\n");
    assert_code(ended, 0);
    assert_contains(ended.err, "c.yaml:5:7: left out: provider: a key is never copied");
    assert_contains(ended.err, "c.yaml:6:7: left out: provider: 'headers'");
    assert_contains(ended.err, "c.yaml:7:7: left out: provider: 'apiBaseUrl'");
    assert_contains(ended.err, "c.yaml:9:1: left out: configuration: 'env'");
    assert_lacks(ended.err, key);
    assert_lacks(ended.out, key);
    assert_null(place_find_bytes(place, "out", str_from(key)));
    runs_on_the_mock(place, "out");
    /* nor where the line of a mistake is shown */
    place_write_text(
        place, "c.yaml",
        "prompts: [a]\nproviders:\n"
        "  - {id: openai:x, config: {'apiKey': \"Zk-9f3c71d05aa84e\", tools: [}}\n");
    ended = weir(place, "import", "c.yaml", "other", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "c.yaml:3:68: not YAML");
    assert_lacks(ended.err, key);
}

/* Protects: what stands behind an assertion is kept in the form that the check takes. */
static void checks_get_the_operands_they_take(void **state)
{
    struct place *place = *state;
    struct ended ended =
        import_text(place, "prompts: ['{{q}}']\n"
                           "providers: ollama:chat:llama3\n"
                           "defaultTest:\n"
                           "  assert:\n"
                           "    - {type: select-best, value: the shorter one}\n"
                           "    - {type: icontains-any, value: [Yes, NO]}\n"
                           "    - {type: is-json, value: {type: object, required: [a]}}\n"
                           "    - {type: not-regex, value: '\\bsorry\\b'}\n"
                           "    - {type: regex, value: '(?<open'}\n"
                           "    - {type: equals, value: {a: 1}}\n"
                           "    - {type: contains, value: 42}\n"
                           "    - {type: word-count, value: {min: 2, max: 9}}\n"
                           "    - {type: finish-reason, value: content_filter}\n"
                           "    - {type: cost, threshold: 0.01, weight: 0}\n"
                           "    - {type: is-refusal, metric: accuracy}\n"
                           "    - {type: equals, transform: JSON.parse(output), value: [1]}\n"
                           "tests: [{vars: {q: a}}, {vars: {q: b}}]\n");
    assert_code(ended, 0);
    assert_contains(ended.err, "c.yaml:9:7: left out: assertion 'regex': PCRE2 does not take");
    assert_contains(ended.err, "c.yaml:5:7: left out: assertion 'select-best': it compares");
    assert_contains(ended.err, "2 left out, 0 changed\n");
    str experiment = place_read(place, "out/experiment.yaml");
    assert_contains(experiment, "    base_url: \"http://localhost:11434/v1\"\n");
    assert_contains(experiment, "    transform:\n      - lower\n    contains-any:\n"
                                "      - \"yes\"\n      - \"no\"\n");
    assert_contains(experiment, "    json-schema:\n      type: object\n");
    assert_contains(experiment, "    not-regex: |-\n      \\bsorry\\b\n");
    assert_contains(experiment, "    contains: \"42\"\n");
    assert_contains(experiment, "    finish-reason: filter\n");
    assert_contains(experiment, "    cost: 0.01\n    weight: 0\n");
    assert_contains(experiment, "  accuracy_2:\n    is-refusal: true\n");
    runs_on_the_mock(place, "out");
}

/* Protects: of a configuration without assertions there is an experiment too, and its score decides
 * nothing; a provider may be put in the place of those that weir does not ask. */
static void what_is_missing_is_said_and_filled(void **state)
{
    struct place *place = *state;
    place_write_text(
        place, "c.yaml",
        "prompts: ['Hi {{x}}']\nproviders: [bedrock:llama]\ntests: [{vars: {x: 1}}]\n");
    struct ended ended = weir(place, "import", "c.yaml", "out", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "c.yaml:2:13: left out: provider: 'bedrock:llama'");
    assert_contains(ended.err,
                    "c.yaml has no provider that weir asks; --provider ID puts one in");
    assert_false(dir_exists(place_path(place, "out")));
    ended = weir(place, "import", "c.yaml", "out", "--provider", "openai:chat:gpt-4o", NULL);
    assert_code(ended, 0);
    assert_contains(ended.err,
                    "c.yaml:1:1: changed: no assertion came over: the score 'answered'");
    runs_on_the_mock(place, "out");
}

/* Protects: services are asked where they are, with the key where they want it. */
static void providers_have_their_addresses(void **state)
{
    struct place *place = *state;
    struct ended ended = import_text(
        place,
        "prompts: ['Hi {{x}}']\n"
        "providers:\n"
        "  - {id: 'azure:chat:mine', config: {apiHost: me.openai.azure.com}}\n"
        "  - azure:chat:nowhere\n"
        "  - openai:responses:gpt-5\n"
        "  - {id: 'openai:gpt-4', config: {apiKeyEnvar: no name}}\n"
        "  - {'google:gemini-2.5-flash': {label: flash, config: {temperature: 0, topP: 0.5}}}\n"
        "  - {id: 'openai:gpt-4o', config: {temperature: 3, max_tokens: 5, stop: END,\n"
        "                                 reasoning: {effort: low}}}\n"
        "tests: [{vars: {x: 1}}]\n");
    assert_code(ended, 0);
    assert_contains(ended.err,
                    "c.yaml:4:5: left out: provider: its address is not in the file");
    assert_contains(ended.err, "c.yaml:6:35: left out: provider: 'apiKeyEnvar'");
    assert_contains(ended.err, "c.yaml:8:36: left out: provider: 'temperature'");
    str experiment = place_read(place, "out/experiment.yaml");
    assert_contains(experiment, "    headers_env:\n      api-key: AZURE_API_KEY\n"
                                "    base_url: \"https://me.openai.azure.com/openai/v1\"\n");
    assert_contains(experiment, "    api: openai-responses\n");
    assert_contains(experiment, "  flash:\n    provider: gemini\n    model: gemini-2.5-flash\n"
                                "    temperature: 0\n    top_p: 0.5\n");
    assert_contains(experiment, "    max_tokens: 5\n    stop:\n      - END\n"
                                "    reasoning_effort: low\n");
    runs_on_the_mock(place, "out");
}

/* Protects: nothing is written over, and nothing is written at all when something cannot be read. */
static void nothing_is_written_over(void **state)
{
    struct place *place = *state;
    place_write_text(place, "out/notes.txt", "keep");
    struct ended ended = import_text(place, "prompts: [a]\nproviders: [openai:x]\n");
    assert_code(ended, 2);
    assert_contains(ended.err, "out is there and not empty");
    assert_int_equal(place_files(place, "out"), 1);
    ended = weir(place, "import", "c.yaml", "c.yaml", NULL);
    assert_code(ended, 2);
    ended = weir(place, "import", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "which file?");
}

/* Protects: what cannot be read is a mistake with its place, and nothing is written. */
static void mistakes_have_their_place(void **state)
{
    static const struct {
        const char *config, *told;
    } cases[] = {
        {"prompts: [a]\nproviders: [openai:x]\ntests: file://no.csv\n",
         "c.yaml:3:8: there is no file"},
        {"prompts:\n  - a\n  - file://no.txt\nproviders: [openai:x]\n",
         "c.yaml:3:5: there is no file"},
        {"prompts: [a]\nproviders: file://bad.yaml\n", "bad.yaml:2:1: "},
        {"prompts: [a]\nproviders: [openai:x]\ntests: file://bad.json\n",
         "bad.json:1:11: not JSON"},
        {"prompts: [a]\nproviders: [openai:x]\ntests: file://bad.csv\n",
         "bad.csv:2:1: the quotes of a cell are not closed"},
        {"prompts: [a]\nprompts: [b]\n", "c.yaml:2:1: duplicate key 'prompts'"},
        {"- a\n", "c.yaml:1:1: the file is a list; expected a mapping"},
        {"prompts: [a\n", "c.yaml:"},
        {"prompts: [a]\nproviders: [openai:x]\ntests: [{$ref: '#/tests'}]\n",
         "c.yaml:3:9: parts of the configuration that name each other"},
        {"prompts: [a]\nproviders: file://around.yaml\n", "name each other"},
        {"prompts: file://around.yaml\nproviders: [openai:x]\n", "name each other"},
        {"prompts: [a]\nproviders: [openai:x]\ns: {type: assert-set, assert: [{$ref: '#/s'}]}\n"
         "tests: [{assert: [{$ref: '#/s'}]}]\n",
         "name each other"},
    };
    struct place *place = *state;
    place_write_text(place, "bad.yaml", "a: 1\na: 2\n");
    place_write_text(place, "around.yaml", "- file://around.yaml\n");
    place_write_text(place, "bad.json", "[{\"vars\": }]");
    place_write_text(place, "bad.csv", "q\n\"open\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ended ended = import_text(place, cases[i].config);
        assert_code(ended, 2);
        assert_contains(ended.err, cases[i].told);
        assert_false(dir_exists(place_path(place, "out")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_configuration_becomes_an_experiment),
        e2e_test(what_is_left_out_is_listed_by_its_place),
        e2e_test(a_key_is_never_copied),
        e2e_test(checks_get_the_operands_they_take),
        e2e_test(what_is_missing_is_said_and_filled),
        e2e_test(providers_have_their_addresses),
        e2e_test(nothing_is_written_over),
        e2e_test(mistakes_have_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
