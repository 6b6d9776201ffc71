/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_variant.c: extends, set, unset and use, judged by the tree that comes out.
 */
#include "plan/variant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

struct bench {
    struct arena arena;
    struct mistakes mistakes;
    const struct yaml *root;
};

static void bench_open(struct bench *bench, const char *text)
{
    *bench = (struct bench){0};
    mistakes_init(&bench->mistakes, &bench->arena);
    struct source *source = arena_new(&bench->arena, struct source);
    *source = (struct source){STR("x.yaml"), str_from(text)};
    bench->root = yaml_parse(&bench->arena, source, &yaml_file_limits, &bench->mistakes);
    assert_non_null(bench->root);
}

static const struct yaml *resolve(struct bench *bench, const char *name)
{
    const struct yaml *variants = yaml_get(bench->root, STR("variants"));
    return variant_resolve(&bench->arena, &bench->mistakes, variants,
                           yaml_pair_get(variants, str_from(name)),
                           yaml_get(bench->root, STR("nodes")));
}

struct variant_case {
    const char *about;
    const char *base;  /* the variant a */
    const char *other; /* the variant b, which extends a */
    const char *json;  /* what b is */
};

/* clang-format off */
static const struct variant_case cases[] = {
    {"a copy", "{call: {prompt: p}}", "{extends: a}", "{\"call\": {\"prompt\": \"p\"}}"},
    {"a value replaced in its place", "{call: {prompt: p, top_p: 1, seed: 2}}",
     "{extends: a, set: {call.top_p: 0.5}}",
     "{\"call\": {\"prompt\": \"p\", \"top_p\": 0.5, \"seed\": 2}}"},
    {"a value added", "{call: {prompt: p}}", "{extends: a, set: {call.top_p: 0.5}}",
     "{\"call\": {\"prompt\": \"p\", \"top_p\": 0.5}}"},
    {"mappings on the way are made", "{call: {prompt: p}}",
     "{extends: a, set: {defaults.model: large}}",
     "{\"call\": {\"prompt\": \"p\"}, \"defaults\": {\"model\": \"large\"}}"},
    {"a step that is added comes last", "{chain: {one: {value: 1}, two: {value: 2}}}",
     "{extends: a, set: {chain.three: {value: 3}, chain.one: {value: 0}}}",
     "{\"chain\": {\"one\": {\"value\": 0}, \"two\": {\"value\": 2}, \"three\": {\"value\": 3}}}"},
    {"quoted keys and indexes", "{route: {cases: {Technical Support: {gate: [{min-words: 1}, x]}}}}",
     "{extends: a, set: {'route.cases[\"Technical Support\"].gate[0].min-words': 5, "
     "'route.cases[\"Technical Support\"].gate[1]': y, 'route.cases[\"Other \\u00e4\"]': 1}}",
     "{\"route\": {\"cases\": {\"Technical Support\": {\"gate\": [{\"min-words\": 5}, \"y\"]}, "
     "\"Other \u00e4\": 1}}}"},
    {"unset after set", "{call: {prompt: p, top_p: 1}, gate: [a]}",
     "{extends: a, set: {call.seed: 3}, unset: [call.top_p, gate, call.seed]}",
     "{\"call\": {\"prompt\": \"p\"}}"},
    {"unset in lists", "{gate: [{equals: a, of: b}, {equals: c}]}",
     "{extends: a, unset: ['gate[0].of', 'gate[1]']}", "{\"gate\": [{\"equals\": \"a\"}]}"},
    {"common keys beside extends replace those of the copy",
     "{call: {prompt: p}, gate: [a], timeout: 1s, defaults: {top_p: 1, seed: 1}}",
     "{extends: a, gate: [b], defaults: {seed: 2}}",
     "{\"call\": {\"prompt\": \"p\"}, \"gate\": [\"b\"], \"timeout\": \"1s\", \"defaults\": {\"seed\": 2}}"},
    {"set comes after them", "{value: 1}", "{extends: a, defaults: {seed: 2}, set: {defaults.seed: 3}}",
     "{\"value\": 1, \"defaults\": {\"seed\": 3}}"},
    {"a description is its own", "{value: 1, description: of a}", "{extends: a}", "{\"value\": 1}"},
    {"its own description", "{value: 1, description: of a}", "{extends: a, description: of b}",
     "{\"value\": 1, \"description\": \"of b\"}"},
    {"a set to null", "{value: 1}", "{extends: a, set: {value: null}}", "{\"value\": null}"},
    {"a shared node's copy is changed, through another",
     "{chain: {s: {use: outer}, t: {use: outer}}}",
     "{extends: a, set: {chain.s.use.chain.x.use.value: 9}}",
     "{\"chain\": {\"s\": {\"use\": {\"chain\": {\"x\": {\"use\": {\"value\": 9}}}}}, "
     "\"t\": {\"use\": \"outer\"}}}"},
    {"another shared node", "{use: outer}", "{extends: a, set: {use: inner}}", "{\"use\": \"inner\"}"},
    {"with what stood there under an index", "{chain: {s: {call: {stop: [a, b]}}}}",
     "{extends: a, set: {'chain.s.call.stop[1]': c}}",
     "{\"chain\": {\"s\": {\"call\": {\"stop\": [\"a\", \"c\"]}}}}"},
};

static const struct variant_case mistakes[] = {
    {"no such name under a mapping of names", "{chain: {draft: {value: 1}}}",
     "{extends: a, set: {chain.drat.value: 2}}",
     "path 'chain.drat.value': variant 'a' has no 'drat' under 'chain'; did you mean 'draft'?"},
    {"no such case", "{route: {cases: {Yes: {value: 1}}}}",
     "{extends: a, set: {'route.cases[\"No way\"].value': 2}}",
     "path 'route.cases[\"No way\"].value': variant 'a' has no 'No way' under 'cases'"},
    {"unset of what is not there", "{call: {prompt: p, top_p: 1}}",
     "{extends: a, unset: [call.top_q]}",
     "path 'call.top_q': variant 'a' has no 'top_q' under 'call'; did you mean 'top_p'?"},
    {"unset behind what is not there", "{value: 1}", "{extends: a, unset: [call.top_q]}",
     "path 'call.top_q': variant 'a' has no 'call'"},
    {"no such item", "{gate: [{equals: a}]}", "{extends: a, set: {'gate[1].of': 1}}",
     "path 'gate[1].of': variant 'a' has no item [1] under 'gate'"},
    {"an item of what is no list", "{gate: {equals: a}}", "{extends: a, set: {'gate[0]': 1}}",
     "path 'gate[0]': variant 'a' has no item [0] under 'gate'"},
    {"a member of what is no mapping", "{call: {prompt: p}}",
     "{extends: a, set: {call.prompt.user: hi}}",
     "path 'call.prompt.user': variant 'a' has no 'user' under 'prompt'"},
    {"no path", "{value: 1}", "{extends: a, set: {'value.': 1}}",
     "path 'value.' is not a path; expected keys joined by dots, such as "
     "chain.draft.gate[0].min-words"},
    {"no path", "{value: 1}", "{extends: a, set: {'a[x]': 1}}",
     "path 'a[x]' is not a path; expected keys joined by dots, such as "
     "chain.draft.gate[0].min-words"},
    {"no path", "{value: 1}", "{extends: a, set: {'a[0]b': 1}}",
     "path 'a[0]b' is not a path; expected keys joined by dots, such as "
     "chain.draft.gate[0].min-words"},
    {"no path", "{value: 1}", "{extends: a, set: {'a[\"x': 1}}",
     "path 'a[\"x' is not a path; expected keys joined by dots, such as "
     "chain.draft.gate[0].min-words"},
    {"an empty path", "{value: 1}", "{extends: a, unset: ['']}",
     "path '' is not a path; expected keys joined by dots, such as chain.draft.gate[0].min-words"},
    {"set is a list", "{value: 1}", "{extends: a, set: [value]}",
     "set is a list; expected a mapping from path to value"},
    {"unset is a text", "{value: 1}", "{extends: a, unset: value}",
     "unset is a text; expected a list of paths"},
    {"a pattern beside extends", "{value: 1}", "{extends: a, value: 2}",
     "variant 'b' has 'value' beside 'extends'; expected set, unset or a common key"},
};
/* clang-format on */

static const char *text_of(struct bench *bench, const struct variant_case *one)
{
    return arena_printf(&bench->arena,
                        "nodes:\n  outer: {chain: {x: {use: inner}}}\n  inner: {value: 1}\n"
                        "variants:\n  a: %s\n  b: %s\n",
                        one->base, one->other)
        .p;
}

/* What a variant is after extends, set and unset, and that its base is not changed by it. */
static void test_resolve(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench names = {0}, bench;
        bench_open(&bench, text_of(&names, &cases[i]));
        const struct yaml *a = resolve(&bench, "a");
        str before = json_to_str(&bench.arena, yaml_to_json(&bench.arena, a), JSON_SPACED);
        const struct yaml *b = resolve(&bench, "b");
        if (!b)
            fail_msg("%s: %s", cases[i].about, mistakes_text(&bench.mistakes).p);
        str is = json_to_str(&bench.arena, yaml_to_json(&bench.arena, b), JSON_SPACED);
        if (strcmp(is.p, cases[i].json) != 0)
            fail_msg("%s: %s", cases[i].about, is.p);
        a = resolve(&bench, "a");
        str after = json_to_str(&bench.arena, yaml_to_json(&bench.arena, a), JSON_SPACED);
        assert_string_equal(before.p, after.p);
        arena_release(&bench.arena);
        arena_release(&names.arena);
    }
}

/* Paths that lead nowhere, and keys of the wrong kind. */
static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct bench names = {0}, bench;
        bench_open(&bench, text_of(&names, &mistakes[i]));
        assert_null(resolve(&bench, "b"));
        str line, rest;
        str_cut(mistakes_text(&bench.mistakes), '\n', &line, &rest);
        ptrdiff_t at = str_find(line, STR(": "), 0);
        line = arena_str(&bench.arena, str_sub(line, (size_t)at + 2, line.n));
        if (strcmp(line.p, mistakes[i].json) != 0)
            fail_msg("%s: %s", mistakes[i].about, line.p);
        assert_int_equal(bench.mistakes.count, 1);
        arena_release(&bench.arena);
        arena_release(&names.arena);
    }
}

/* A long line of extends, each of which changes one more thing. */
static void test_long_line(void **state)
{
    (void)state;
    struct bench names = {0}, bench;
    str text = STR("variants:\n  v0: {value: {n0: 0}}\n");
    for (int i = 1; i < 100; i++)
        text = arena_printf(&names.arena, "%.*s  v%d: {extends: v%d, set: {value.n%d: %d}}\n",
                            STR_ARG(text), i, i - 1, i, i);
    bench_open(&bench, text.p);
    const struct yaml *value = yaml_get(resolve(&bench, "v99"), STR("value"));
    assert_int_equal(value->count, 100);
    assert_string_equal(value->pair[99].key.p, "n99");
    arena_release(&bench.arena);
    arena_release(&names.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolve),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_long_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
