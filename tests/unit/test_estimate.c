/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_estimate.c: calls of a cell, counted before a run.
 */
#include "plan/estimate.h"

#include "plan/experiment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "unit/test_experiment_folder.h"

struct count_case {
    const char *about, *node;
    double low, expected, worst;
};

#define CALL "{call: {prompt: {user: hi}}}"
#define QUESTIONS                                                                              \
    "questions: {call: {prompt: {user: hi}, schema: {type: object, required: [r, q], "        \
    "properties: {r: {}, q: {type: array}}}}"
#define EACH "each: " CALL

/* clang-format off */
static const struct count_case cases[] = {
    {"a call", CALL, 1, 1, 1},
    {"re-asks count in the worst case", "{call: {prompt: {user: hi}, reask: 2}}", 1, 1, 3},
    {"a value", "{value: 1}", 0, 0, 0},
    {"keywords", "{keywords: {of: x, labels: {a: [b]}}}", 0, 0, 0},
    {"a chain is the sum", "{chain: {a: " CALL ", b: {value: 1}, c: " CALL "}}", 2, 2, 2},
    {"a shared node is what it is", "{use: two}", 2, 2, 2},
    {"a map of a list that is not known", "{map: {over: \"{{mixed}}\", " EACH "}}", 0, 5, 100},
    {"with few items at most", "{map: {over: \"{{mixed}}\", max_items: 3, " EACH "}}", 0, 3, 3},
    {"of a list in place", "{map: {over: [1, \"{{n}}\", 3], " EACH "}}", 3, 3, 3},
    {"of an empty one", "{map: {over: [], " EACH "}}", 0, 0, 0},
    {"of a var", "{map: {over: \"{{fixed}}\", " EACH "}}", 2, 2, 2},
    {"of an input", "{map: {over: \"{{docs}}\", " EACH "}}", 1, 2, 3},
    {"of one member of each of an input", "{map: {over: \"{{docs[*].x}}\", " EACH "}}", 1, 2, 3},
    {"of what is inside them", "{map: {over: \"{{docs[*].x[*]}}\", " EACH "}}", 0, 5, 100},
    {"of a list that a gate fixes",
     "{chain: {" QUESTIONS ", gate: [{of: \"{{value.q}}\", count: 4}]}, m: {map: {over: "
     "\"{{questions.q}}\", " EACH "}}}}", 5, 5, 5},
    {"that a var fixes",
     "{chain: {" QUESTIONS ", gate: [{of: \"{{value.q}}\", count: \"{{n}}\"}]}, m: {map: {over: "
     "\"{{questions.q}}\", " EACH "}}}}", 8, 8, 8},
    {"an input fixes nothing",
     "{chain: {" QUESTIONS ", gate: [{of: \"{{value.q}}\", count: \"{{k}}\"}]}, m: {map: {over: "
     "\"{{questions.q}}\", " EACH "}}}}", 1, 6, 101},
    {"nor does the opposite",
     "{chain: {" QUESTIONS ", gate: [{of: \"{{value.q}}\", not-count: 4}]}, m: {map: {over: "
     "\"{{questions.q}}\", " EACH "}}}}", 1, 6, 101},
    {"nor the count of another member",
     "{chain: {" QUESTIONS ", gate: [{of: \"{{value.r}}\", count: 4}]}, m: {map: {over: "
     "\"{{questions.q}}\", " EACH "}}}}", 1, 6, 101},
    {"a map of what a map gave",
     "{chain: {a: {map: {over: \"{{docs}}\", " EACH "}}, b: {map: {over: \"{{a}}\", " EACH "}}}}",
     2, 4, 6},
    {"by way of a value",
     "{chain: {a: {map: {over: \"{{fixed}}\", " EACH "}}, v: {value: {all: \"{{a}}\"}}, b: {map: "
     "{over: \"{{v.all}}\", " EACH "}}}}", 4, 4, 4},
    {"maps in maps", "{map: {over: [1, 2], each: {map: {over: \"{{docs}}\", as: d, " EACH "}}}}",
     2, 4, 6},
    {"a map of chains", "{map: {over: [1, 2], each: {use: two}}}", 4, 4, 4},
    {"a route: cheapest, mean and dearest case",
     "{route: {by: " CALL ", cases: {a: {value: 1}, b: " CALL ", c: {map: {over: [1, 2, 3, 4, 5], "
     EACH "}}}}}", 1, 3, 6},
    {"the fallback is the exception",
     "{route: {by: {value: 1}, cases: {a: " CALL "}, fallback: {use: two}}}", 1, 1, 2},
};
/* clang-format on */

/* The figures of `weir check`, for every pattern of the table and for what lists are known of. */
static void test_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder folder;
        folder_open(&folder);
        str text = arena_printf(&folder.arena,
                                "dataset: {samples: [{id: 1, docs: [{}], mixed: [1], k: 1}, "
                                "{id: 2, docs: [{}, {}, {}], mixed: a, k: 1}]}\n"
                                "vars: {n: 7, fixed: [1, 2]}\n"
                                "models: {m: {provider: openai, model: x}}\n"
                                "defaults: {model: m}\n"
                                "nodes: {two: {chain: {one: " CALL ", other: " CALL "}}}\n"
                                "variants: {v: %s}\n"
                                "score: {s: {equals: a}}\n",
                                cases[i].node);
        const struct experiment *experiment = folder_good(&folder, text.p);
        struct spread is = folder_calls(experiment);
        if (is.low != cases[i].low || is.expected != cases[i].expected ||
            is.worst != cases[i].worst)
            fail_msg("%s: %g %g %g", cases[i].about, is.low, is.expected, is.worst);
        folder_close(&folder);
    }
}

/* The fixture's own numbers: one call, and nine. */
static void test_faq(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &arena);
    const struct experiment *experiment = experiment_read(
        &arena, STR(TEST_SOURCE_DIR "/fixtures/faq/experiment.yaml"), NULL, &mistakes);
    assert_non_null(experiment);
    for (size_t i = 0; i < 3; i++) {
        const struct estimating nothing = {.scratch = &arena};
        struct estimate cell = estimate_node(experiment->variant[i].root, &nothing);
        struct spread is = cell.part[ESTIMATE_CALLS];
        double calls = i == 0 ? 1 : 9;
        assert_true(is.low == calls && is.expected == calls && is.worst == calls);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_counts),
                                       cmocka_unit_test(test_faq)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
