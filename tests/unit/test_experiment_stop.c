/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_experiment_stop.c: what `stop` means when it says little, and what is said of one that
 * watches nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "plan/experiment_stop.h"
#include "unit/test_experiment_folder.h"

/* Lines 1 to 6; stop begins in line 7, column 7. */
#define HEAD(more)                                                                             \
    "dataset: {samples: [{id: s1, query: q, expected: x}]}\n"                                  \
    "models: {m: {provider: openai, model: gpt-6-luna}}\n"                                     \
    "variants:\n"                                                                              \
    "  once: {value: x}\n"                                                                     \
    "  " more "\n"                                                                             \
    "score: {right: {equals: \"{{expected}}\"}}\n"
#define TWO   HEAD("other: {value: y}")
#define THREE HEAD("other: {value: y, matrix: {value: [y, z]}}")
#define ONE   HEAD("")

static const struct {
    const char *head, *stop, *message;
} bad[] = {
    {TWO, "stop: {of: othr}\n", "x.yaml:7:12: no variant 'othr'; did you mean 'other'?"},
    {TWO, "stop: {of: once}\n",
     "x.yaml:7:12: 'once' is compared with itself; expected another variant"},
    {TWO, "stop: {of: other, against: other}\n",
     "x.yaml:7:12: 'other' is compared with itself; expected another variant"},
    {TWO, "stop: {against: [once]}\n",
     "x.yaml:7:17: against is a list; expected the name of a variant"},
    {TWO, "stop: {alpha: 0}\n",
     "x.yaml:7:15: alpha is the number 0; expected a number from 0.0001 to 0.5"},
    {TWO, "stop: {margin: 2}\n",
     "x.yaml:7:16: margin is the number 2; expected a number from 0 to 1"},
    {TWO, "stop: {min_samples: 0}\n",
     "x.yaml:7:21: min_samples is the number 0; expected an integer from 1 to 1000000000"},
    {TWO, "stop: {metric: cost}\n",
     "x.yaml:7:16: metric is 'cost'; expected accuracy or score"},
    {TWO, "stop: {min_sample: 3}\n",
     "x.yaml:7:8: unknown key 'min_sample' in stop; did you mean 'min_samples'?"},
    {TWO, "stop: {}\norder: file\n",
     "x.yaml:7:7: stop looks at samples in an order that says nothing of them; expected "
     "order: blocked, not file"},
    {THREE, "stop: {}\n",
     "x.yaml:7:7: stop does not say which of 3 variants it watches; expected of"},
    {ONE, "stop: {}\n",
     "x.yaml:7:7: stop compares two variants; expected a second one, or no stop"},
};

/* Protects: a run that could never stop, or stop for nothing, is refused before the first call. */
static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct folder folder;
        folder_open(&folder);
        str text = arena_printf(&folder.arena, "%s%s", bad[i].head, bad[i].stop);
        folder_bad(&folder, text.p, bad[i].message);
        folder_close(&folder);
    }
}

/* Protects: defaults, the pair of two variants, and that the stored definition says all of it: a
 * run is judged by what it began with. */
static void test_good(void **state)
{
    struct folder folder;
    (void)state;
    folder_open(&folder);
    const struct experiment *none = folder_good(&folder, TWO);
    assert_null(none->stop);
    uint64_t hash = none->hash.low;
    const struct experiment *usual = folder_good(&folder, TWO "stop: {}\n");
    assert_int_equal(usual->stop->of, 1);
    assert_int_equal(usual->stop->against, 0);
    assert_int_equal(usual->stop->min_samples, 20);
    assert_false(usual->stop->score);
    assert_true(usual->hash.low != hash);
    str said =
        json_to_str(&folder.arena, json_get(usual->effective, STR("stop")), JSON_COMPACT);
    assert_true(str_equal(said, STR("{\"of\":\"other\",\"against\":\"once\",\"metric\":"
                                    "\"accuracy\",\"alpha\":0.05,\"margin\":0,"
                                    "\"min_samples\":20}")));
    const struct experiment *full = folder_good(
        &folder, TWO "baseline: other\n"
                     "stop: {metric: score, alpha: 0.1, margin: 0.05, min_samples: 7}\n");
    assert_int_equal(full->stop->of, 0);
    assert_int_equal(full->stop->against, 1);
    assert_true(full->stop->score);
    folder_close(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bad), cmocka_unit_test(test_good)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
