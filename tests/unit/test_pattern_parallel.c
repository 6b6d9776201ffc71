/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_pattern_parallel.c: what parallel's parts see, what it refuses, and its calls. How it runs
 * is in tests/e2e/test_e2e_parallel_vote.c.
 */
#include "patterns/patterns.h"

#include "plan/estimate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "unit/test_experiment_folder.h"

#define EXPERIMENT                                                                             \
    "dataset: {samples: [{id: 1, text: t}]}\n"                                                 \
    "models: {m: {provider: openai, model: x}}\n"                                              \
    "defaults: {model: m}\n"                                                                   \
    "score: {s: {equals: a}}\n"                                                                \
    "variants:\n  v:\n    parallel:\n"
#define ASK "{call: {prompt: {user: \"{{text}}\"}, reask: 1}}"
#define TWO "      branches: {one: " ASK ", two: " ASK "}\n"

static const struct experiment *open_with(struct folder *folder, const char *keys)
{
    folder_open(folder);
    char text[2000];
    snprintf(text, sizeof text, "%s%s", EXPERIMENT, keys);
    folder_write(folder, "x.yaml", str_from(text));
    return folder_read(folder, NULL);
}

struct estimate_case {
    const char *keys;
    double low, expected, worst;
};

/* Calls are the sum; at least, a guard lets nothing be combined, or stops the branches. */
static void test_estimate(void **state)
{
    (void)state;
    static const struct estimate_case cases[] = {
        {TWO, 2, 2, 4},
        {TWO "      combine: " ASK "\n", 3, 3, 6},
        {TWO "      combine: " ASK "\n      guard: " ASK "\n", 3, 4, 8},
        {TWO "      guard: " ASK "\n      cancel_blocked: true\n", 1, 3, 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder folder;
        const struct experiment *experiment = open_with(&folder, cases[i].keys);
        if (!experiment)
            fail_msg("%s", folder_messages(&folder));
        folder_calls_are(experiment, cases[i].low, cases[i].expected, cases[i].worst);
        folder_close(&folder);
    }
}

/* `combine` sees every branch, the object of them and the names of those that failed. */
static void test_combine_sees_all(void **state)
{
    (void)state;
    struct folder folder;
    const struct experiment *experiment =
        open_with(&folder, TWO "      combine: {value: [\"{{one}}\", "
                               "\"{{branches.two}}\", \"{{failed}}\"]}\n");
    if (!experiment)
        fail_msg("%s", folder_messages(&folder));
    folder_close(&folder);
}

/* What is wrong is told where it stands. */
static void test_mistakes(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"      branches: {}\n",
         "x.yaml:8:17: parallel.branches has 0 entries; expected 1 to 100"},
        {"      branches: [a]\n",
         "x.yaml:8:17: parallel.branches is a list; expected a mapping from name to node"},
        {"      branches: {text: " ASK "}\n",
         "x.yaml:8:18: branch 'text' hides the sample field 'text'; expected another name"},
        {"      branches: {guard: " ASK "}\n",
         "x.yaml:8:18: 'guard' has a meaning of its own and cannot name a branch; expected "
         "another name"},
        {"      branches: {failed: " ASK "}\n",
         "x.yaml:8:18: 'failed' has a meaning of its own in combine and cannot name a branch; "
         "expected another name"},
        {TWO "      cancel_blocked: true\n      blocked: x\n",
         "x.yaml:9:7: 'cancel_blocked' without a guard; expected 'guard' beside it\n"
         "x.yaml:10:7: 'blocked' without a guard; expected 'guard' beside it"},
        {"      branches: {one: " ASK ", two: {value: \"{{one}}\"}}\n",
         "x.yaml:8:87: name 'one' is not known here; in scope: text"},
        {TWO "      combine: {value: \"{{branches.tow}}\"}\n", NULL},
        {TWO "      guard: {value: \"{{one}}\"}\n", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder folder;
        assert_null(open_with(&folder, cases[i][0]));
        const char *messages = folder_messages(&folder);
        if (cases[i][1] && strcmp(messages, cases[i][1]) != 0)
            fail_msg("%s\nnot\n%s", messages, cases[i][1]);
        folder_close(&folder);
    }
    assert_non_null(pattern_table[0]); /* links the patterns in */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimate),
        cmocka_unit_test(test_combine_sees_all),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
