/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_option.c: option rows: values of every type, defaults, the command line, what is printed.
 */
#include "base/option.h"
#include "base/option_schema.h"

#include "base/jsonschema.h"
#include "llm/model.h"
#include "patterns/pattern.h"
#include "plan/bind.h"
#include "plan/check.h"
#include "plan/experiment_stop.h"
#include "plan/experiment_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const char *const colours[] = {"red", "dark_green", NULL};

struct all {
    str text, label, name;
    int64_t count, plain, wait, size, price;
    double ratio, share;
    bool flag, has_count, has_custom;
    int colour;
    struct opt_texts texts;
    const struct yaml *raw;
    str custom;
};

static int read_custom(struct opt_parse *parse, const struct yaml *value, void *field)
{
    if (value->kind != YAML_TEXT || value->text.n != 3)
        return mistake_add(parse->mistakes, value->place, "custom is not three letters");
    *(str *)field = value->text;
    return 0;
}

static const struct opt rows[] = {
    OPT_TEXT(all, text, .letter = 't', .bare = "bare", .help = "any text"),
    OPT_LABEL(all, label, .help = "a label"),
    OPT_NAME(all, name, .fallback = "item", .help = "a name"),
    OPT_INT(all, count, .min = 1, .max = 10, .letter = 'j', OPT_GIVEN(all, has_count),
            .help = "a count"),
    OPT_INT(all, plain, .help = "any integer"),
    OPT_NUMBER(all, ratio, .min = -0.5, .max = 0.5, .help = "a ratio"),
    OPT_SHARE(all, share, .fallback = "0.25", .help = "a share"),
    OPT_BOOL(all, flag, .letter = 'f', .fallback = "true", .help = "a flag"),
    OPT_DURATION(all, wait, .fallback = "1.5s", .help = "a time"),
    OPT_SIZE(all, size, .fallback = "4MB", .help = "a size"),
    OPT_USD(all, price, .fallback = "0.1", .help = "dollars"),
    OPT_CHOICE(all, colour, .choices = colours, .fallback = "dark_green", .help = "a colour"),
    OPT_TEXTS(all, texts, .help = "texts"),
    OPT_RAW(all, raw, .word = "node", .help = "read elsewhere"),
    OPT_CUSTOM(all, custom, .custom = read_custom, .word = "three letters",
               OPT_GIVEN(all, has_custom), .help = "its own reader"),
    OPT_END,
};

struct bench {
    struct arena arena;
    struct mistakes mistakes;
    struct all all;
};

static int parse(struct bench *bench, const char *text, const struct opt_also *also)
{
    *bench = (struct bench){0};
    mistakes_init(&bench->mistakes, &bench->arena);
    struct source *source = arena_new(&bench->arena, struct source);
    *source = (struct source){STR("x.yaml"), str_from(text)};
    const struct yaml *yaml =
        yaml_parse(&bench->arena, source, &yaml_file_limits, &bench->mistakes);
    assert_non_null(yaml);
    struct opt_parse with = {&bench->arena, &bench->mistakes, NULL};
    opt_defaults(rows, &bench->arena, &bench->all);
    return opt_parse_mapping(&with, rows, yaml, "here", also, &bench->all);
}

/* ---- files ---- */

static bool near(double a, double b)
{
    return a > b - 1e-12 && a < b + 1e-12;
}

/* A default is the value its text would give; what has none is zero, and not `given`. */
static void test_defaults(void **state)
{
    (void)state;
    struct bench bench;
    assert_int_equal(parse(&bench, "{}", NULL), 0);
    assert_string_equal(bench.all.name.p, "item");
    assert_true(near(bench.all.share, 0.25));
    assert_true(bench.all.flag);
    assert_int_equal(bench.all.wait, 1500000000);
    assert_int_equal(bench.all.size, 4000000);
    assert_int_equal(bench.all.price, 100000000);
    assert_int_equal(bench.all.colour, 1);
    assert_int_equal(bench.all.count, 0);
    assert_false(bench.all.has_count);
    assert_null(bench.all.raw);
    arena_release(&bench.arena);
}

/* One good value of each type. */
static void test_good(void **state)
{
    (void)state;
    struct bench bench;
    assert_int_equal(parse(&bench,
                           "{text: '5', label: 3.50, name: _a9, count: 1, plain: -7, ratio: "
                           "-5e-1, share: 1, flag: false, wait: 2h, size: 64KB, price: "
                           "0.000000001, colour: red, texts: [a, ''], raw: [1], custom: abc}",
                           NULL),
                     0);
    assert_string_equal(bench.all.text.p, "5");
    assert_string_equal(bench.all.label.p, "3.50"); /* as written */
    assert_string_equal(bench.all.name.p, "_a9");
    assert_int_equal(bench.all.count, 1);
    assert_true(bench.all.has_count && bench.all.has_custom);
    assert_int_equal(bench.all.plain, -7);
    assert_true(near(bench.all.ratio, -0.5));
    assert_true(near(bench.all.share, 1));
    assert_false(bench.all.flag);
    assert_int_equal(bench.all.wait, INT64_C(7200000000000));
    assert_int_equal(bench.all.size, 64000);
    assert_int_equal(bench.all.price, 1);
    assert_int_equal(bench.all.colour, 0);
    assert_int_equal(bench.all.texts.count, 2);
    assert_true(yaml_is(bench.all.raw, YAML_LIST));
    assert_string_equal(bench.all.custom.p, "abc");
    arena_release(&bench.arena);
}

struct bad {
    const char *yaml, *message;
};

/* clang-format off */
static const struct bad bad_values[] = {
    {"text: 5", "1:7: text is the number 5; expected a text"},
    {"text: true", "1:7: text is the bool true; expected a text"},
    {"text: ", "1:1: text is null; expected a text"},
    {"label: ''", "1:8: label is ''; expected a text of 1 to 100 characters"},
    {"label: [a]", "1:8: label is a list; expected a text of 1 to 100 characters"},
    {"name: 9a", "1:7: name is '9a'; expected a name (letters, digits and _, not starting with a digit)"},
    {"name: ä", "1:7: name is 'ä'; expected a name (letters, digits and _, not starting with a digit)"},
    {"count: 0", "1:8: count is the number 0; expected an integer from 1 to 10"},
    {"count: 11", "1:8: count is the number 11; expected an integer from 1 to 10"},
    {"count: 1.5", "1:8: count is the number 1.5; expected an integer from 1 to 10"},
    {"count: '5'", "1:8: count is '5'; expected an integer from 1 to 10"},
    {"plain: 1e16", "1:8: plain is the number 1e16; expected an integer"},
    {"plain: .inf", "1:8: plain is '.inf'; expected an integer"},
    {"ratio: .nan", "1:8: ratio is '.nan'; expected a number from -0.5 to 0.5"},
    {"ratio: 0.51", "1:8: ratio is the number 0.51; expected a number from -0.5 to 0.5"},
    {"share: -0.1", "1:8: share is the number -0.1; expected a number from 0 to 1"},
    {"share: .nan", "1:8: share is '.nan'; expected a number from 0 to 1"},
    {"flag: yes", "1:7: flag is 'yes'; expected true or false"},
    {"wait: 60", "1:7: wait is the number 60; expected a duration with a unit, such as 60s or 500ms"},
    {"wait: 5 s", "1:7: wait is '5 s'; expected a duration with a unit, such as 60s or 500ms"},
    {"wait: -5s", "1:7: wait is '-5s'; expected a duration with a unit, such as 60s or 500ms"},
    {"wait: 1.2.3s", "1:7: wait is '1.2.3s'; expected a duration with a unit, such as 60s or 500ms"},
    {"wait: 9999999h", "1:7: wait is '9999999h'; expected a duration with a unit, such as 60s or 500ms"},
    {"size: 5MiB", "1:7: size is '5MiB'; expected a size with a unit, such as 64KB or 10MB"},
    {"price: 0.0000000001", "1:8: price is the number 0.0000000001; expected an amount of dollars with at most nine decimals"},
    {"price: -1", "1:8: price is the number -1; expected an amount of dollars with at most nine decimals"},
    {"colour: rad", "1:9: colour is 'rad'; expected red or dark_green; did you mean 'red'?"},
    {"colour: 1", "1:9: colour is the number 1; expected red or dark_green"},
    {"texts: a", "1:8: texts is 'a'; expected a list of texts"},
    {"texts: [1]", "1:8: texts is a list; expected a list of texts"},
    {"custom: ab", "1:9: custom is not three letters"},
    {"cont: 1", "1:1: unknown key 'cont' in here; did you mean 'count'?"},
    {"elsewhere: 1", "1:1: unknown key 'elsewhere' in here; expected one of text, label, name, count, plain, ratio, share, flag, wait, size, price, colour, texts, raw, custom"},
    {"[a]", "1:1: here is a list; expected a mapping"},
};
/* clang-format on */

/* Bad values of each type: what it is, and what was expected. */
static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_values / sizeof bad_values[0]; i++) {
        struct bench bench;
        assert_int_equal(parse(&bench, bad_values[i].yaml, NULL), -1);
        str line, rest;
        str_cut(mistakes_text(&bench.mistakes), '\n', &line, &rest);
        line = arena_str(&bench.arena, str_sub(line, 7, line.n));
        if (strcmp(line.p, bad_values[i].message) != 0)
            fail_msg("%s: %s", bad_values[i].yaml, line.p);
        assert_int_equal(bench.mistakes.count, 1);
        arena_release(&bench.arena);
    }
}

/* Keys of other tables are left to them, but are good suggestions. */
static void test_also(void **state)
{
    (void)state;
    static const struct opt other[] = {OPT_TEXT(all, text, .help = "t"), OPT_END};
    static const struct opt *const tables[] = {other};
    static const str keys[] = {STR_INIT("single_key")};
    const struct opt_also also = {
        .tables = tables, .table_count = 1, .keys = keys, .key_count = 1};
    struct bench bench;
    assert_int_equal(parse(&bench, "{single_key: 1}", &also), 0);
    arena_release(&bench.arena);
    assert_int_equal(parse(&bench, "{singel_key: 1}", &also), -1);
    assert_non_null(strstr(mistakes_text(&bench.mistakes).p, "did you mean 'single_key'?"));
    arena_release(&bench.arena);
}

struct needs {
    str file;
    const struct yaml *work;
};

static const struct opt needs_rows[] = {
    OPT_TEXT(needs, file, .required = true, .help = "f"),
    OPT_RAW(needs, work, .word = "node", .required = true, .help = "w"),
    OPT_END,
};

/* Keys that must be there; one that was misspelled is not missing as well. */
static void test_required(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"a: 1", "x.yaml:1:1: needs has no 'file'; expected a text\n"},
        {"a: 1", "x.yaml:1:1: needs has no 'work'; expected a node\n"},
        {"{fil: x, work: 1}", "x.yaml:1:2: unknown key 'fil' in needs; did you mean 'file'?\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        struct source source = {STR("x.yaml"), str_from(cases[i][0])};
        struct needs needs = {0};
        struct opt_parse with = {&arena, &mistakes, NULL};
        const struct yaml *yaml = yaml_parse(&arena, &source, &yaml_file_limits, &mistakes);
        assert_int_equal(opt_parse_mapping(&with, needs_rows, yaml, "needs", NULL, &needs), -1);
        if (!strstr(mistakes_text(&mistakes).p, cases[i][1]))
            fail_msg("%s", mistakes_text(&mistakes).p);
        assert_int_equal(mistakes.count, i < 2 ? 3 : 1);
        arena_release(&arena);
    }
}

/* ---- the command line ---- */

enum { WORDS = 10 };

static int parse_words(struct bench *bench, const char *const *words, str **rest, size_t *count,
                       struct err *err)
{
    char *argv[WORDS];
    int argc = 0;
    *bench = (struct bench){0};
    opt_defaults(rows, &bench->arena, &bench->all);
    for (; words[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)arena_str(&bench->arena, str_from(words[argc])).p;
    return opt_parse_argv(&bench->arena, rows, argc, argv, &bench->all, rest, count, err);
}

/* All forms of options; what is none is handed back in order. */
static void test_argv(void **state)
{
    (void)state;
    struct bench bench;
    struct err err = {0};
    str *rest;
    size_t count;
    assert_int_equal(parse_words(&bench,
                                 (const char *const[]){"one", "--count=4", "--wait", "10ms",
                                                       "-tx", "two", NULL},
                                 &rest, &count, &err),
                     0);
    assert_int_equal(bench.all.count, 4);
    assert_true(bench.all.has_count);
    assert_int_equal(bench.all.wait, 10000000);
    assert_string_equal(arena_str(&bench.arena, bench.all.text).p, "x");
    assert_int_equal(count, 2);
    assert_true(str_equal(rest[0], STR("one")) && str_equal(rest[1], STR("two")));
    arena_release(&bench.arena);

    assert_int_equal(
        parse_words(&bench,
                    (const char *const[]){"-j4", "--no-flag", "--text", "--colour", "red",
                                          "--texts=a", "--texts", "b", "--", NULL},
                    &rest, &count, &err),
        0);
    assert_int_equal(bench.all.count, 4);
    assert_false(bench.all.flag);
    assert_string_equal(bench.all.text.p, "bare"); /* an option follows */
    assert_int_equal(bench.all.colour, 0);
    assert_int_equal(bench.all.texts.count, 2);
    assert_true(str_equal(bench.all.texts.text[1], STR("b")));
    assert_int_equal(count, 0);
    arena_release(&bench.arena);

    assert_int_equal(parse_words(&bench,
                                 (const char *const[]){"-j", "5", "--flag=false", "-", "--",
                                                       "--count", "-x", NULL},
                                 &rest, &count, &err),
                     0);
    assert_int_equal(bench.all.count, 5);
    assert_false(bench.all.flag);
    assert_int_equal(count, 3);
    assert_true(str_equal(rest[0], STR("-")) && str_equal(rest[1], STR("--count")));
    arena_release(&bench.arena);

    assert_int_equal(parse_words(&bench, (const char *const[]){"--no-flag", "-f", "-t", NULL},
                                 &rest, &count, &err),
                     0);
    assert_true(bench.all.flag); /* the last one counts */
    assert_string_equal(bench.all.text.p, "bare");
    arena_release(&bench.arena);
}

struct bad_words {
    const char *word[WORDS];
    const char *message;
};

static const struct bad_words bad_words[] = {
    {{"--cont", "4"}, "unknown option '--cont'; did you mean '--count'?"},
    {{"--zzz"}, "unknown option '--zzz'; see --help"},
    {{"-z"}, "unknown option '-z'; see --help"},
    {{"--no-count"}, "unknown option '--no-count'; see --help"},
    {{"--count"}, "--count has no value"},
    {{"-j"}, "-j has no value"},
    {{"--count=many"}, "--count is 'many'; expected an integer from 1 to 10"},
    {{"--count="}, "--count is ''; expected an integer from 1 to 10"},
    {{"-j11"}, "-j is '11'; expected an integer from 1 to 10"},
    {{"--flag=maybe"}, "--flag is 'maybe'; expected true or false"},
    {{"--wait=5"}, "--wait is '5'; expected a duration with a unit, such as 60s or 500ms"},
    {{"--share=1.5"}, "--share is '1.5'; expected a number from 0 to 1"},
    {{"--name=\x1b[31m"},
     "--name is '\\e[31m'; expected a name (letters, digits and _, not "
     "starting with a digit)"},
    {{"--\x1b"}, "unknown option '--\\e'; see --help"},
};

/* Mistakes on the command line are told as they were written, without control characters. */
static void test_bad_argv(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_words / sizeof bad_words[0]; i++) {
        struct bench bench;
        struct err err = {0};
        str *rest;
        size_t count;
        assert_int_equal(parse_words(&bench, bad_words[i].word, &rest, &count, &err), -1);
        assert_int_equal(err.kind, ERR_INPUT);
        assert_string_equal(err.message, bad_words[i].message);
        arena_release(&bench.arena);
    }
}

/* ---- what is printed ---- */

static void test_help(void **state)
{
    (void)state;
    static const struct opt some[] = {
        OPT_INT(all, count, .letter = 'j', .min = 1, .max = 9, .help = "at once"),
        OPT_BOOL(all, has_count, .fallback = "false", .help = "a flag"),
        OPT_DURATION(all, wait, .fallback = "60s", .help = "how long"),
        OPT_TEXT(all, text, .word = "a very long word for a value", .help = "text"),
        OPT_RAW(all, raw, .word = "node", .required = true, .help = "the work"),
        OPT_END,
    };
    struct buf out = {0};
    opt_write_help(&out, some);
    buf_add_char(&out, '\0');
    assert_string_equal(out.p, "  -j, --count N               at once\n"
                               "      --has-count             a flag\n"
                               "      --wait TIME             how long (default 60s)\n"
                               "      --text a very long word for a value text\n"
                               "      --raw node              the work\n");
    buf_clear(&out);
    opt_write_reference(&out, some);
    buf_add_char(&out, '\0');
    assert_string_equal(
        out.p, "| key | type | default | meaning |\n| --- | --- | --- | --- |\n"
               "| `count` | an integer from 1 to 9 | none | at once |\n"
               "| `has_count` | true or false | false | a flag |\n"
               "| `wait` | a duration with a unit, such as 60s or 500ms | 60s | how long |\n"
               "| `text` | a text | none | text |\n"
               "| `raw` | a node | required | the work |\n");
    buf_release(&out);
}

/* The properties of a table as a schema that stands alone: definitions may be anything. */
static const struct jsonschema *schema_of(struct arena *arena, const struct opt *table)
{
    json *top = schema_form(arena, "{type: object, additionalProperties: false}");
    json_set(arena, top, STR("properties"), schema_properties(arena, table));
    const json *schema = schema_document(arena, "table", top, json_new_object(arena));
    struct jsonschema_problem problem = {0};
    const struct jsonschema *compiled = jsonschema_new(arena, schema, &problem);
    if (!compiled)
        fail_msg("%.*s at %.*s", STR_ARG(problem.text), STR_ARG(problem.path));
    return compiled;
}

/* The JSON Schema of rows is one, and says of values what the parser says of them. */
static void test_json_schema(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct jsonschema *schema = schema_of(&arena, rows);
    const json *good = json_parse(
        &arena,
        STR("{\"text\": \"5\", \"label\": 3, \"name\": \"_a9\", \"count\": 10, \"plain\": -7, "
            "\"ratio\": -0.5, \"share\": 1, \"flag\": false, \"wait\": \"1.5s\", \"size\": "
            "\"64KB\", \"price\": 0.5, \"colour\": \"red\", \"texts\": [\"a\"], \"raw\": [1], "
            "\"custom\": \"abc\"}"),
        NULL);
    struct jsonschema_problem problem[1];
    size_t count = 0;
    if (!jsonschema_valid(schema, good, &arena, problem, 1, &count))
        fail_msg("%.*s %.*s", STR_ARG(problem[0].path), STR_ARG(problem[0].text));
    for (size_t i = 0; i < sizeof bad_values / sizeof bad_values[0]; i++) {
        struct source source = {STR("x"), str_from(bad_values[i].yaml)};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        const struct yaml *yaml = yaml_parse(&arena, &source, &yaml_file_limits, &mistakes);
        if (strstr(bad_values[i].yaml, ".inf") || strstr(bad_values[i].yaml, ".nan") ||
            strstr(bad_values[i].yaml, "custom") || strstr(bad_values[i].yaml, "label: ''") ||
            strstr(bad_values[i].yaml, "1e16") || strstr(bad_values[i].yaml, "99999") ||
            strstr(bad_values[i].yaml, "0.0000000001"))
            continue; /* beyond what a schema says, or what JSON has */
        if (jsonschema_valid(schema, yaml_to_json(&arena, yaml), &arena, NULL, 0, NULL))
            fail_msg("valid by the schema: %s", bad_values[i].yaml);
    }
    arena_release(&arena);
}

static void try_table(const char *name, const struct opt *table)
{
    struct arena arena = {0};
    for (const struct opt *row = table; row && row->type != OPT_TYPE_END; row++) {
        if (!row->help || !row->help[0])
            fail_msg("%s.%s has no help", name, row->key);
        bool owner = row->type == OPT_TYPE_RAW || row->type == OPT_TYPE_CUSTOM;
        if (owner && !row->word)
            fail_msg("%s.%s does not name its type", name, row->key);
    }
    if (table)
        schema_of(&arena, table);
    arena_release(&arena);
}

/* Every table of the program has help, type words and a schema. */
static void test_tables(void **state)
{
    (void)state;
    const struct {
        const char *name;
        const struct opt *table;
    } tables[] = {
        {"experiment", experiment_options}, {"variant", variant_options},
        {"score", score_options},           {"limits", limits_options},
        {"report", report_options},         {"node", node_options},
        {"check", check_options},           {"dataset", dataset_options},
        {"defaults", llm_defaults_options}, {"provider", llm_provider_options},
        {"model", llm_model_options},       {"retry", llm_retry_options},
        {"price", llm_price_options},       {"capabilities", llm_capabilities_options},
        {"prompt", prompt_options},
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        try_table(tables[i].name, tables[i].table);
    for (size_t i = 0; pattern_table[i]; i++)
        try_table(pattern_table[i]->name, pattern_table[i]->options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),    cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),         cmocka_unit_test(test_also),
        cmocka_unit_test(test_required),    cmocka_unit_test(test_argv),
        cmocka_unit_test(test_bad_argv),    cmocka_unit_test(test_help),
        cmocka_unit_test(test_json_schema), cmocka_unit_test(test_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
