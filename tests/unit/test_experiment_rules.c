/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_experiment_rules.c: what is said of a rule of `require` that could not be judged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "unit/test_experiment_folder.h"

/* Lines 1 to 7; the rules begin in line 8, column 5. */
#define HEAD                                                                                   \
    "dataset: {samples: [{id: s1, query: q, expected: x, tags: [safety]}]}\n"                  \
    "models: {m: {provider: openai, model: gpt-6-luna}}\n"                                     \
    "variants:\n"                                                                              \
    "  once: {value: x}\n"                                                                     \
    "  other: {value: y}\n"                                                                    \
    "score: {right: {equals: \"{{expected}}\"}}\n"                                             \
    "require:\n"

static const struct {
    const char *rule, *message;
} bad[] = {
    {"{metric: acuracy, min: 0.5}",
     "x.yaml:8:14: unknown metric 'acuracy'; did you mean 'accuracy'?"},
    {"{metric: accuracy, min: 0.5, of: othr}",
     "x.yaml:8:38: no variant 'othr'; did you mean 'other'?"},
    {"{metric: accuracy, not_below: onc, margin: 0.02}",
     "x.yaml:8:35: no variant 'onc'; did you mean 'once'?"},
    {"{metric: accuracy, min: 80}",
     "x.yaml:8:29: min of accuracy is 80; expected a share from 0 to 1, as 0.8"},
    {"{metric: latency_p95, max: 2000}",
     "x.yaml:8:32: max of latency_p95 is 2000; expected a duration, as 2s or 500ms"},
    {"{metric: cost_usd, max: 2s}",
     "x.yaml:8:29: max of cost_usd is 2s; expected a number, 0 or more"},
    {"{metric: cost_usd, not_above: once, margin: 0.1}",
     "x.yaml:8:41: margin is in points, and cost_usd is no share; expected ratio, as 1.5"},
    {"{metric: accuracy, not_below: once}",
     "x.yaml:8:24: not_below needs a distance; expected margin (points, as 0.02) or ratio (as "
     "1.5)"},
    {"{metric: accuracy, not_below: once, margin: 0.1, ratio: 2}",
     "x.yaml:8:24: not_below needs one of margin and ratio; expected margin (points, as 0.02) "
     "or ratio (as 1.5)"},
    {"{metric: accuracy, not_below: once, margin: 5%}",
     "x.yaml:8:49: margin is '5%'; expected a number from 0 to 1; did you mean 0.05?"},
    {"{metric: accuracy, not_below: once, margin: 0}",
     "x.yaml:8:41: margin is 0; expected more than 0"},
    {"{metric: accuracy, above: once, margin: 0.1}",
     "x.yaml:8:37: margin is for not_below and not_above; 'above' has none"},
    {"{metric: accuracy}",
     "x.yaml:8:5: a rule on accuracy says no limit; expected one of min, max, not_below, "
     "not_above, above, below"},
    {"{metric: accuracy, min: 0.1, max: 0.2}",
     "x.yaml:8:34: a rule has min and max; expected one of them, and a rule for each"},
    {"{min: 0.1}", "x.yaml:8:5: a rule has neither metric nor must_pass; expected one of them"},
    {"{metric: accuracy, min: 0.1, must_pass: [safety]}",
     "x.yaml:8:5: a rule has metric and must_pass; expected one of them"},
    {"{must_pass: [safty]}",
     "x.yaml:8:18: no sample has the tag or id 'safty'; expected one that does"},
    {"{must_pass: []}", "x.yaml:8:17: must_pass is empty; expected tags or ids of samples"},
    {"{must_pass: [s1], min: 0.5}",
     "x.yaml:8:23: min is for a metric; a rule with must_pass has none"},
    {"{metric: pass_hat_k, k: 2, min: 0.5}",
     "x.yaml:8:26: k is 2, and trials is 1; expected at most as many"},
    {"{metric: accuracy, k: 1, min: 0.5}", "x.yaml:8:24: k is for pass_at_k and pass_hat_k"},
    {"{metric: accuracy, of: once, above: once}",
     "x.yaml:8:28: 'once' is compared with itself; expected another variant"},
    {"{metric: accuracy, of: once, above: baseline}",
     "x.yaml:8:28: 'once' is compared with itself; expected another variant"},
    {"{metric: accuracy, mi: 0.5}",
     "x.yaml:8:24: unknown key 'mi' in require; did you mean 'min'?"},
    {"{metric: accuracy, min: 0.5, inconclusive: ignore}",
     "x.yaml:8:48: inconclusive is 'ignore'; expected fail, pass or warn"},
};

/* Protects: a rule that says nothing or names nothing never looks like one that passes. */
static void test_bad_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct folder folder;
        folder_open(&folder);
        str text = arena_printf(&folder.arena, HEAD "  - %s\n", bad[i].rule);
        folder_bad(&folder, text.p, bad[i].message);
        folder_close(&folder);
    }
}

/* Protects: all forms of the language are taken, and rules are no part of an identity. */
static void test_good_rules(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    const struct experiment *without = folder_good(&folder, HEAD "  []\n");
    uint64_t hash = without->hash.low;
    const struct experiment *with = folder_good(
        &folder, HEAD "  - {metric: accuracy, of: other, not_below: baseline, margin: 0.02}\n"
                      "  - {metric: cost_usd, of: [other], not_above: once, ratio: 1.5}\n"
                      "  - {metric: latency_p95, max: 2s, of: [once, other]}\n"
                      "  - {metric: right, min: 1, using: estimate}\n"
                      "  - {metric: tokens, below: once, inconclusive: warn}\n"
                      "  - {must_pass: [safety, s1]}\n");
    assert_int_equal(with->rules, 6);
    assert_int_equal(with->hash.low, hash);
    folder_close(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bad_rules),
                                       cmocka_unit_test(test_good_rules)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
