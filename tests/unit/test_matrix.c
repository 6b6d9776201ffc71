/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_matrix.c: which variants come out of a matrix, with which values, and what it refuses.
 */
#include "plan/matrix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "patterns/pattern.h"
#include "unit/test_experiment_folder.h"

struct bench {
    struct arena arena;
    struct mistakes mistakes;
    const struct matrix_variant *variant;
    size_t count;
};

static void bench_open(struct bench *bench, const char *variants)
{
    *bench = (struct bench){0};
    mistakes_init(&bench->mistakes, &bench->arena);
    struct source *source = arena_new(&bench->arena, struct source);
    *source = (struct source){STR("x.yaml"), str_from(variants)};
    const struct yaml *root =
        yaml_parse(&bench->arena, source, &yaml_file_limits, &bench->mistakes);
    assert_non_null(root);
    bench->variant =
        matrix_expand(&bench->arena, &bench->mistakes, root, NULL, 100, &bench->count);
}

static const char *body(struct bench *bench, size_t i)
{
    const json *value = yaml_to_json(&bench->arena, bench->variant[i].pair.value);
    return json_to_str(&bench->arena, value, JSON_COMPACT).p;
}

/* The product in file order, the last axis fastest; the base is gone, the axes are known. */
static void test_product(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(
        &bench,
        "plain: {value: 1}\n"
        "v: {call: {top_p: 1}, matrix: {call.seed: [3, 0.50], size: {tiny: {call.model: s, "
        "call.max_tokens: 50}, big: {}}}}\n");
    assert_int_equal(bench.mistakes.count, 0);
    static const char *const names[] = {"plain", "v-3-tiny", "v-3-big", "v-0.50-tiny",
                                        "v-0.50-big"};
    assert_int_equal(bench.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_true(str_equal(bench.variant[i].pair.key, str_from(names[i])));
    assert_string_equal(body(&bench, 0), "{\"value\":1}");
    assert_string_equal(
        body(&bench, 1),
        "{\"call\":{\"top_p\":1,\"seed\":3,\"model\":\"s\",\"max_tokens\":50}}");
    assert_string_equal(body(&bench, 4), "{\"call\":{\"top_p\":1,\"seed\":0.5}}");
    assert_int_equal(bench.variant[0].axes, 0);
    assert_int_equal(bench.variant[3].axes, 2);
    assert_string_equal(bench.variant[3].axis[0].axis.p, "call.seed");
    assert_true(str_equal(bench.variant[3].axis[0].value, STR("0.50")));
    assert_true(str_equal(bench.variant[3].axis[1].axis, STR("size")));
    assert_true(str_equal(bench.variant[3].axis[1].value, STR("tiny")));
    arena_release(&bench.arena);
}

/* A variant starts from a copy with its matrix not yet carried out, and may take it away. */
static void test_extends(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "a: {value: {x: 1}, matrix: {value.y: [1, 2]}}\n"
                       "b: {extends: a, set: {value.x: 5}}\n"
                       "c: {extends: a, unset: [matrix]}\n"
                       "d: {extends: a, matrix: {value.z: [true]}}\n");
    static const char *const names[] = {"a-1", "a-2", "b-1", "b-2", "c", "d-true"};
    assert_int_equal(bench.count, 6);
    for (size_t i = 0; i < 6; i++)
        assert_true(str_equal(bench.variant[i].pair.key, str_from(names[i])));
    assert_string_equal(body(&bench, 3), "{\"value\":{\"x\":5,\"y\":2}}");
    assert_string_equal(body(&bench, 4), "{\"value\":{\"x\":1}}");
    assert_string_equal(body(&bench, 5), "{\"value\":{\"x\":1,\"z\":true}}");
    arena_release(&bench.arena);
}

static const char *const wrong[][2] = {
    {"v: {value: 1, matrix: [a]}\n", "x.yaml:1:23: matrix is a list; expected a mapping from "
                                     "path to a list of scalars, or from a "
                                     "name to labelled sets"},
    {"v: {value: 1, matrix: {}}\n", "x.yaml:1:23: matrix is empty; expected a mapping from "
                                    "path to a list of scalars, or from a "
                                    "name to labelled sets"},
    {"v: {value: 1, matrix: {a: 3}}\n",
     "x.yaml:1:27: axis 'a' is a number; expected a list of scalars, or labelled sets"},
    {"v: {value: 1, matrix: {a: []}}\n",
     "x.yaml:1:27: axis 'a' is empty; expected a list of scalars, or labelled sets"},
    {"v: {value: 1, matrix: {a: [1, [2]]}}\n",
     "x.yaml:1:31: axis 'a' has a list among its values; expected scalars, or a name with "
     "labelled sets"},
    {"v: {value: 1, matrix: {a: [x, 'y z']}}\n",
     "x.yaml:1:31: 'y z' cannot be part of a variant's name; expected letters, digits, _ - ., "
     "or "
     "a labelled set: {NAME: {LABEL: {PATH: VALUE}}}"},
    {"v: {value: 1, matrix: {a: [1, 1]}}\n",
     "x.yaml:1:31: '1' stands twice on axis 'a'; expected different values"},
    {"v: {value: 1, matrix: {a.b: {x: {value: 2}}}}\n",
     "x.yaml:1:24: axis 'a.b' has labelled sets and is no name; expected a name, or a list of "
     "scalars for this path"},
    {"v: {value: 1, matrix: {a: {x: 5}}}\n",
     "x.yaml:1:31: 'x' of axis 'a' is a number; expected a mapping from path to value"},
    {"v: {value: 1, matrix: {value.x.y: [1, 2]}}\n",
     "x.yaml:1:24: path 'value.x.y': variant 'v' has no 'x' under 'value'"},
    {"v: {chain: {draft: {value: 1}}, matrix: {chain.drat.value: [1]}}\n",
     "x.yaml:1:42: path 'chain.drat.value': variant 'v' has no 'drat' under 'chain'; did you "
     "mean "
     "'draft'?"},
    {"v-1: {value: 1}\nv: {value: 1, matrix: {value: [1]}}\n",
     "x.yaml:2:1: two variants are named 'v-1', with those of a matrix; expected another name "
     "or "
     "other labels"},
    {"v: {value: {}, matrix: {value.a: [1,2,3,4,5], value.b: [1,2,3,4,5], value.c: "
     "[1,2,3,4,5]}}\n",
     "x.yaml:1:24: more than 100 variants, those of a matrix counted; expected at most 100"},
};

/* Mistakes at their places, each told once however many variants would have it. */
static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct bench bench;
        str line, rest;
        bench_open(&bench, wrong[i][0]);
        str_cut(mistakes_text(&bench.mistakes), '\n', &line, &rest);
        if (!str_equal(line, str_from(wrong[i][1])) || bench.mistakes.count != 1)
            fail_msg("%zu: %.*s", bench.mistakes.count, STR_ARG(line));
        arena_release(&bench.arena);
    }
}

/* An experiment runs the combinations and records where each stands. */
static void test_experiment(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    const struct experiment *experiment =
        folder_good(&folder, "dataset: {samples: [{id: 1, text: t}]}\n"
                             "models: {m: {provider: openai, model: x}}\n"
                             "variants: {v: {value: {}, matrix: {value.a: [1, 2]}}}\n"
                             "baseline: v-2\n"
                             "score: {s: {equals: a}}\n");
    assert_int_equal(experiment->variants, 2);
    assert_int_equal(experiment->baseline, 1);
    assert_int_equal(experiment->variant[1].axes, 1);
    const json *axes = json_get(experiment->effective, STR("axes"));
    assert_string_equal(json_to_str(&folder.arena, axes, JSON_COMPACT).p,
                        "{\"v-1\":{\"value.a\":\"1\"},\"v-2\":{\"value.a\":\"2\"}}");
    assert_null(json_path(experiment->effective, "variants.v"));
    folder_close(&folder);
    assert_non_null(pattern_table[0]); /* links the patterns in */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_product),
        cmocka_unit_test(test_extends),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_experiment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
