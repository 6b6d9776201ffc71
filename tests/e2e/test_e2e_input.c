/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_input.c: wrong usage and wrong files: exit code 2, one clear message on stderr that
 * says where, nothing on stdout, and no run left behind.
 */
#include "e2e_run.h"

#include <stdio.h>

#define MODELS  "models: {small: {provider: openai, model: m}}\ndefaults: {model: small}\n"
#define DATASET "dataset: {samples: [{id: s1, q: hello, expected: hi}]}\n"
#define SCORE   "score: {same: {equals: '{{expected}}'}}\n"
#define VARIANT "variants:\n  one:\n    call: {prompt: {user: 'Say {{q}}'}}\n"
#define GOOD    DATASET MODELS VARIANT SCORE

/* stdout empty, stderr with the part, no run, and not a word from a sanitizer. */
static bool is_refused(struct place *place, const struct ended *ended, const char *part)
{
    bool good =
        ended->code == 2 && ended->out.n == 0 && str_contains(ended->err, str_from(part)) &&
        !str_contains(ended->err, STR("Sanitizer")) && !str_contains(ended->err, STR("\033")) &&
        place_files(place, ".weir") == 0 && place_processes(place) == 0;
    if (!good)
        print_error("expected exit code 2 (is %d) and '%s' on stderr:\n%.*s\nstdout:\n%.*s\n",
                    ended->code, part, STR_ARG(ended->err), STR_ARG(ended->out));
    return good;
}

static void check_refused(struct place *place, const struct ended *ended, const char *part)
{
    if (!is_refused(place, ended, part))
        fail();
}

/* Protects exit code 2 for usage, and that a slip of the finger gets a hint. */
static void wrong_usage(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", GOOD);
    static const struct {
        const char *argv[5];
        const char *says;
    } cases[] = {
        {{"reprot"}, "unknown command 'reprot'; did you mean 'report'?"},
        {{"x\033[31m"}, "unknown command 'x"},
        {{"run", "--zebra"}, "unknown option '--zebra'"},
        {{"run", "--moc"}, "unknown option '--moc'; did you mean '--mock'?"},
        {{"run", "-j", "0"}, "0"},
        {{"run", "-j", "many"}, "many"},
        {{"run", "-j"}, "-j"},
        {{"run", "--trials", "1001"}, "1001"},
        {{"run", "--trials=x"}, "trials"},
        {{"run", "nowhere.yaml"}, "nowhere.yaml"},
        {{"run", "experiment.yaml", "other.yaml"}, "other.yaml"},
        {{"check", "nowhere.yaml"}, "nowhere.yaml"},
        {{"check", "--wrong"}, "--wrong"},
        {{"report", "nowhere.db"}, "nowhere.db"},
        {{"report"}, "no runs"},
        {{"report", "experiment.yaml"}, "experiment.yaml"},
        {{"list", "patern"}, "unknown KIND 'patern'; did you mean 'patterns'?"},
        {{"list"}, "expected one of checks"},
    };
    int missed = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const *argv = cases[i].argv;
        struct ended ended = weir(place, argv[0], argv[1], argv[2], argv[3], argv[4], NULL);
        missed += !is_refused(place, &ended, cases[i].says);
    }
    assert_int_equal(missed, 0);
}

/* Protects that a run without a command says what there is, and that help is exit code 0. */
static void help_is_no_mistake(void **state)
{
    struct place *place = *state;
    static const char *const commands[] = {"run", "check", "report", "runs", "list"};
    struct ended none = weir(place, NULL, NULL);
    assert_code(none, 2);
    assert_contains(none.out, "usage: weir");
    struct ended help = weir(place, "--help", NULL);
    assert_code(help, 0);
    for (size_t i = 0; i < 5; i++) {
        struct ended one = weir(place, commands[i], "--help", NULL);
        assert_code(one, 0);
        assert_contains(one.out, commands[i]);
        assert_contains(help.out, commands[i]);
        assert_int_equal(one.err.n, 0);
    }
    assert_code(weir(place, "--version", NULL), 0);
}

/* One mistake per experiment: where it stands (line and column) and what is said. */
static const struct mistake {
    const char *text, *says;
} mistakes[] = {
    {"dataset: [\n", "experiment.yaml:"},
    {"\tdataset: x\n", "experiment.yaml:1:"},
    {GOOD "temprature: 1\n", "experiment.yaml:8:1: unknown key 'temprature'"},
    {GOOD "seed: 1\nseed: 2\n", "experiment.yaml:9:1: duplicate key 'seed'"},
    {GOOD "trials: many\n", "experiment.yaml:8:9: trials"},
    {GOOD "trials: 0\n", "experiment.yaml:8:9: trials"},
    {DATASET MODELS SCORE "variants:\n  one: {call: {prompt: greet}}\n",
     "experiment.yaml:6:24: no prompt 'greet'"},
    {DATASET MODELS SCORE "variants:\n  one: {call: {prompt: {user: x}, model: smal}}\n",
     "experiment.yaml:6:42: unknown model 'smal'"},
    {DATASET MODELS SCORE "variants:\n  one: {call: {prompt: {user: 'a {{p}}'}}}\n",
     "experiment.yaml:6:"},
    {DATASET MODELS SCORE "variants:\n  one: {call: {prompt: {user: '{{expected}}'}}}\n",
     "'expected' is for scores"},
    {DATASET MODELS SCORE
     "variants:\n  one: {call: {prompt: {user: x}, schema: {type: strng}}}\n",
     "experiment.yaml:6:"},
    {DATASET MODELS SCORE "variants:\n  one: {call: {prompt: {user: x}, schema: {type: object,"
                          " properties: {a: {type: object}}, required: [a]}}}\n",
     "cannot take this schema (OpenAI's strict output): at /properties/a: an object must name"},
    {DATASET SCORE "models: {small: {provider: openai, model: m, context: 40}}\n"
                   "variants:\n  one: {call: {prompt: {user: 'say {{q}} and again and again'}, "
                   "model: small, max_tokens: 30}}\n",
     "experiment.yaml:5:"},
    {DATASET SCORE "models: {small: {provider: openai, model: m, context: 40}}\n"
                   "variants:\n  one: {call: {prompt: {user: 'say {{q}} and again and again'}, "
                   "model: small, max_tokens: 30}}\n",
     "do not fit the 40 of model 'small'"},
    {DATASET MODELS SCORE "variants:\n  one: {call: {prompt: {user: x}}, timeout: 60}\n",
     "experiment.yaml:6:45: timeout is the number 60"},
    {DATASET MODELS SCORE "variants: [a, b]\n", "experiment.yaml:5:11: variants is a list"},
    {DATASET MODELS SCORE "variants: {}\n", "experiment.yaml:5:"},
    {MODELS VARIANT SCORE, "dataset"},
    {"dataset: {samples: []}\n" MODELS VARIANT SCORE, "no samples"},
    {"dataset: {samples: [{q: x}]}\n" MODELS VARIANT SCORE, "has no 'id'"},
    {"dataset: {samples: [{id: a, q: x}, {id: a, q: y}]}\n" MODELS VARIANT SCORE,
     "id 'a' is already used"},
    {"dataset: {samples: [{id: a}]}\n" MODELS VARIANT SCORE, "'q'"},
    /* a column that no row has is told where the experiment names it, and only there */
    {"dataset: {samples: [{id: a, q: x, label: A}], expected: lable}\n" MODELS VARIANT SCORE,
     "experiment.yaml:1:57: no column 'lable' in the rows; did you mean 'label'?"},
    {"dataset: {samples: [{id: a, q: x}], cluster: mailbox}\n" MODELS VARIANT SCORE,
     "no column 'mailbox' in the rows; expected one of id, q"},
    {"dataset: none.jsonl\n" MODELS VARIANT SCORE, "none.jsonl"},
    {"dataset: broken.jsonl\n" MODELS VARIANT SCORE, "broken.jsonl:2:"},
    {"dataset: latin.jsonl\n" MODELS VARIANT SCORE, "latin.jsonl:1:"},
    {"dataset: ids.jsonl\n" MODELS VARIANT SCORE, "ids.jsonl:2:"},
    {DATASET
     "models: {small: {provider: opnai, model: m}}\ndefaults: {model: small}\n" VARIANT SCORE,
     "experiment.yaml:2:28: "},
    {DATASET
     "providers: {p: {api: openai-chat, base_url: 'http://x', api_key: sk-secret1}}\n" MODELS
         VARIANT SCORE,
     "a key must not be in the file"},
    {DATASET MODELS VARIANT "score: {same: {min_words: 5}}\n", "did you mean 'min-words'?"},
    {DATASET MODELS VARIANT "score: {same: {step: nosuch, equals: a}}\n", "nosuch"},
    {GOOD "mock: nowhere.yaml\n", "nowhere.yaml"},
    {GOOD "baseline: two\n", "experiment.yaml:8:11: "},
};

/* Protects "strict everywhere": each mistake is found before the first call, by `run --mock` and
 * by `check` alike, with the file, and the line and column where it stands. */
static void mistakes_in_an_experiment(void **state)
{
    struct place *place = *state;
    place_write_text(place, "broken.jsonl",
                     "{\"id\": 1, \"q\": \"x\"}\n{\"id\": 2, \"q\": }\n");
    place_write_text(place, "latin.jsonl", "{\"id\": 1, \"q\": \"caf\xe9\"}\n");
    place_write_text(place, "ids.jsonl", "{\"id\": 1, \"q\": \"x\"}\n{\"q\": \"y\"}\n");
    int missed = 0;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        place_write_text(place, "experiment.yaml", mistakes[i].text);
        struct ended run = weir(place, "run", "--mock", NULL);
        missed += !is_refused(place, &run, mistakes[i].says);
        assert_lacks(run.err, "sk-secret1");
        struct ended check = weir(place, "check", NULL);
        missed += !is_refused(place, &check, mistakes[i].says);
    }
    assert_int_equal(missed, 0);
}

/* Protects the promise that all mistakes come at once, not one a run. */
static void several_mistakes_come_together(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml",
                     DATASET MODELS SCORE "trails: 2\nvariants:\n"
                                          "  one: {call: {prompt: greet}}\n"
                                          "  two: {call: {prompt: {user: '{{nobody}}'}}}\n");
    struct ended ended = weir(place, "check", NULL);
    check_refused(place, &ended, "unknown key 'trails'");
    assert_contains(ended.err, "no prompt 'greet'");
    assert_contains(ended.err, "nobody");
}

/* Protects the same for files that an experiment names: the message names that file. */
static void mistakes_in_named_files(void **state)
{
    struct place *place = *state;
    place_write_text(
        place, "experiment.yaml",
        "dataset: {samples: [{id: s1, question: hello, expected: hi}]}\n" MODELS SCORE
        "variants:\n  one: {call: {prompt: answer, schema: shape}}\n");
    place_write_text(place, "prompts/answer.md", "Answer this.\nAbout {{qeustion}}.\n");
    place_write_text(
        place, "schemas/shape.json",
        "{\n  \"type\": \"object\",\n  \"properties\": {\"a\": {\"type\": \"strng\"}}\n}\n");
    struct ended ended = weir(place, "check", NULL);
    check_refused(place, &ended, "prompts/answer.md:2:9");
    assert_contains(ended.err, "'qeustion' is not known here");
    assert_contains(ended.err, "did you mean 'question'?");
    assert_contains(ended.err, "schemas/shape.json:3:");
    assert_contains(ended.err, "'type' is \"strng\"");
}

/* Protects that a mistake in the mock file is the user's too: code 2, its place, and no run. */
static void mistakes_in_the_mock_file(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", GOOD "mock: mock.yaml\n");
    place_write_text(place, "mock.yaml", "seed: 1\nruels: {}\n");
    struct ended ended = weir(place, "run", "--mock", NULL);
    check_refused(place, &ended, "mock.yaml:2:1: unknown key 'ruels'");
}

/* Protects users from a crash on bytes that are no YAML at all. */
static void bytes_that_are_no_experiment(void **state)
{
    struct place *place = *state;
    struct buf deep = {0}, wide = {0};
    for (int i = 0; i < 100000; i++)
        buf_add_char(&deep, '[');
    for (int i = 0; i < 30; i++)
        buf_printf(&wide, "a%d: &a%d [%s%d, %s%d]\n", i, i, i ? "*a" : "", i ? i - 1 : 0,
                   i ? "*a" : "", i ? i - 1 : 0);
    const str texts[] = {STR(""),
                         STR("\0\1\2\3"),
                         STR("\xff\xfe a: b"),
                         STR("- a\n- b\n"),
                         STR("a: 1\n---\nb: 2\n"),
                         STR("a: !!python/object x\n"),
                         arena_str(&place->arena, buf_str(&deep)),
                         arena_str(&place->arena, buf_str(&wide))};
    buf_release(&deep);
    buf_release(&wide);
    int missed = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        place_write(place, "experiment.yaml", texts[i]);
        struct ended ended = weir(place, "check", NULL);
        missed += !is_refused(place, &ended, "experiment.yaml");
    }
    assert_int_equal(missed, 0);
}

/* Protects a user without a key: code 2, the variable's name, before anything is sent or made.
 * `weir check` does without. */
static void an_unset_key_is_named(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", GOOD);
    struct ended ended = weir(place, "run", NULL);
    check_refused(place, &ended, "OPENAI_API_KEY");
    place_env(place, "OPENAI_API_KEY=");
    struct ended empty = weir(place, "run", NULL);
    check_refused(place, &empty, "OPENAI_API_KEY");
    assert_code(weir(place, "check", NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(wrong_usage),
        e2e_test(help_is_no_mistake),
        e2e_test(mistakes_in_an_experiment),
        e2e_test(several_mistakes_come_together),
        e2e_test(mistakes_in_named_files),
        e2e_test(mistakes_in_the_mock_file),
        e2e_test(bytes_that_are_no_experiment),
        e2e_test(an_unset_key_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
