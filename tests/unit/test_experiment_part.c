/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_experiment_part.c: a part of an experiment, as the command line chooses it: what stays, what goes
 * with the rest, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "plan/experiment_select.h"
#include "plan/experiment_stop.h"
#include "unit/test_experiment_folder.h"

#define REST                                                                                   \
    "dataset: {samples: [{id: s1, query: q, expected: x}]}\n"                                  \
    "models: {m: {provider: openai, model: gpt-6-luna}}\n"                                     \
    "defaults: {model: m, max_tokens: 9}\n"                                                    \
    "score: {right: {equals: '{{expected}}'}, early: {equals: '1', step: first}}\n"
#define FOUR                                                                                   \
    REST "variants:\n"                                                                         \
         "  one: {value: x}\n"                                                                 \
         "  two: {chain: {first: {value: y}, last: {value: x}}}\n"                             \
         "  three: {value: z, matrix: {value: [a, b]}}\n"

static const struct experiment *read_part(struct folder *folder, const char *text,
                                          const char *names)
{
    struct experiment_options options = {.seed = -1, .variants = str_from(names)};
    folder_write(folder, "x.yaml", str_from(text));
    mistakes_init(&folder->mistakes, &folder->arena);
    return folder_read(folder, &options);
}

static const char *refused(struct folder *folder, const char *text, const char *names)
{
    assert_null(read_part(folder, text, names));
    return folder_messages(folder);
}

static void assert_variant(const struct experiment *experiment, size_t place, const char *name)
{
    assert_true(place < experiment->variants);
    assert_int_equal(experiment->variant[place].index, place);
    assert_true(str_equal(experiment->variant[place].name, str_from(name)));
}

/* Protects: the variants that are named stay, in the order of the file, with what belongs to them. */
static void test_what_stays(void **state)
{
    struct folder folder;
    (void)state;
    folder_open(&folder);
    const struct experiment *part = read_part(&folder, FOUR, " three-b ,two,two");
    assert_non_null(part);
    assert_int_equal(part->variants, 2);
    assert_variant(part, 0, "two");
    assert_variant(part, 1, "three-b");
    assert_true(part->score[0].applies[0] && part->score[0].applies[1]);
    assert_true(part->score[1].applies[0] && !part->score[1].applies[1]);
    assert_int_equal(json_count(json_get(part->effective, STR("variants"))), 2);
    assert_int_equal(json_count(json_get(part->effective, STR("axes"))), 1);
    const json *left_out = json_get(part->effective, STR("left_out"));
    assert_string_equal(json_to_str(&folder.arena, left_out, JSON_COMPACT).p,
                        "{\"variants\":[\"one\",\"three-a\"],\"baseline\":\"one\"}");
    str told = experiment_left_out_text(&folder.arena, part);
    assert_string_equal(told.p,
                        "--variants leaves out the baseline 'one': variants are compared "
                        "with 'two'\n");
    /* all of them are no part */
    const struct experiment *all = read_part(&folder, FOUR, "two,one,three-a,three-b");
    assert_null(all->left_out);
    assert_null(json_get(all->effective, STR("left_out")));
    assert_int_equal(all->hash.low, read_part(&folder, FOUR, "")->hash.low);
    folder_close(&folder);
}

/* Protects: a baseline is where it was, and which run it is hangs on what runs, not on the rest. */
static void test_baseline_and_hash(void **state)
{
    struct folder folder;
    (void)state;
    folder_open(&folder);
    const struct experiment *part = read_part(&folder, FOUR "baseline: two\n", "three-a,two");
    assert_variant(part, part->baseline, "two");
    assert_int_equal(part->left_out->baseline.n, 0);
    const struct experiment *more =
                                read_part(&folder, FOUR "  four: {value: x}\nbaseline: two\n",
                                          "two,three-a"),
                            *other = read_part(&folder, FOUR "baseline: two\n", "two,one");
    assert_int_equal(part->hash.low, more->hash.low);
    assert_int_not_equal(part->hash.low, other->hash.low);
    folder_close(&folder);
}

/* Protects: stop goes on with the pair that it watches, and is off without one of them, and told. */
static void test_stop(void **state)
{
    struct folder folder;
    (void)state;
    folder_open(&folder);
    const char *text = FOUR "stop: {of: three-a, against: two}\n";
    const struct experiment *part = read_part(&folder, text, "two,three-a,three-b");
    assert_variant(part, part->stop->of, "three-a");
    assert_variant(part, part->stop->against, "two");
    part = read_part(&folder, text, "two,one");
    assert_null(part->stop);
    assert_null(json_get(part->effective, STR("stop")));
    str told = experiment_left_out_text(&folder.arena, part);
    assert_string_equal(told.p, "--variants leaves out a variant that stop watches: no cell is "
                                "skipped\n");
    folder_close(&folder);
}

/* Protects: examples that only a variant that is left out compares with are not paid for. */
static void test_examples(void **state)
{
    struct folder folder;
    (void)state;
    folder_open(&folder);
    static const char text[] =
        "dataset: {samples: [{id: s1, query: q, expected: x}]}\n"
        "models: {e: {provider: openai, model: text-embedding-3-small}}\n"
        "score: {right: {equals: '{{expected}}'}}\n"
        "variants:\n"
        "  plain: {value: x}\n"
        "  near: {nearest: {of: '{{query}}', model: e, examples: {a: [one], b: [two]}}}\n"
        "  also: {nearest: {of: '{{query}}', model: e, examples: {a: [one], b: [two]}}}\n";
    const struct experiment *whole = read_part(&folder, text, "");
    if (!whole)
        fail_msg("%s", folder_messages(&folder));
    assert_non_null(whole->examples);
    assert_null(read_part(&folder, text, "plain")->examples);
    assert_non_null(read_part(&folder, text, "plain,also")->examples);
    folder_close(&folder);
}

/* Protects: a provider that only variants that are left out ask needs no key; one that a score asks does. */
static void test_providers(void **state)
{
    struct folder folder;
    (void)state;
    folder_open(&folder);
    static const char text[] = "dataset: {samples: [{id: s1, query: q, expected: x}]}\n"
                               "models:\n"
                               "  a: {provider: openai, model: m}\n"
                               "  b: {provider: anthropic, model: m}\n"
                               "  c: {provider: gemini, model: m}\n"
                               "defaults: {model: a, max_tokens: 9}\n"
                               "score:\n"
                               "  right: {equals: '{{expected}}'}\n"
                               "  kind: {llm-rubric: It is kind., model: c, weight: 0}\n"
                               "variants:\n"
                               "  plain: {value: x}\n"
                               "  asks: {call: {prompt: {user: hi}}}\n"
                               "  falls: {call: {prompt: {user: hi}, fallback_models: [b]}}\n";
    static const struct {
        const char *names, *used;
    } cases[] = {
        {"", "openai anthropic gemini "},
        {"plain", "gemini "},
        {"asks,plain", "openai gemini "},
        {"falls", "openai anthropic gemini "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct experiment *part = read_part(&folder, text, cases[i].names);
        str used = {"", 0};
        if (!part)
            fail_msg("%s", folder_messages(&folder));
        for (size_t p = 0; p < part->providers; p++)
            if (experiment_uses_provider(part, part->provider[p]))
                used = arena_printf(&folder.arena, "%.*s%.*s ", STR_ARG(used),
                                    STR_ARG(part->provider[p]->name));
        assert_string_equal(used.p, cases[i].used);
    }
    folder_close(&folder);
}

/* Protects: a name that is none is told with the nearest and with all; mistakes elsewhere in the file are
 * told whatever runs; what compares variants is not run with one. */
static void test_refused(void **state)
{
    struct folder folder;
    (void)state;
    folder_open(&folder);
    assert_string_equal(refused(&folder, FOUR, "one,tw"),
                        "--variants: no variant 'tw'; did you mean 'two'? The variants are "
                        "one, two, three-a, three-b");
    assert_string_equal(
        refused(&folder, FOUR, "three"),
        "--variants: no variant 'three'; did you mean 'three-a'? The variants are one, two, "
        "three-a, three-b");
    assert_string_equal(
        refused(&folder, FOUR, ",one"),
        "--variants: no variant ''; expected some of one, two, three-a, three-b");
    assert_string_equal(
        refused(&folder, FOUR "  four: {valu: x}\n", "one"),
        "x.yaml:9:10: unknown key 'valu' in node 'four'; did you mean 'value'?");
    assert_string_equal(
        refused(&folder, FOUR "require: [{metric: accuracy, of: fuor, min: 0.5}]\n", "one"),
        "x.yaml:9:34: no variant 'fuor'; expected one of one, two, three-a, three-b");
    assert_string_equal(
        refused(&folder,
                "dataset: {samples: [{id: s1, query: q, expected: x}]}\n"
                "models: {m: {provider: openai, model: gpt-6-luna}}\n"
                "variants: {one: {value: x}, two: {value: y}}\n"
                "score: {best: {select-best: Which is better?, model: m}}\n",
                "two"),
        "--variants leaves one variant, and a score of the experiment compares variants "
        "(select-best); expected at least two");
    folder_close(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_stays), cmocka_unit_test(test_baseline_and_hash),
        cmocka_unit_test(test_stop),       cmocka_unit_test(test_examples),
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_providers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
