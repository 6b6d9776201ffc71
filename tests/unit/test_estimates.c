/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_estimates.c: tokens, dollars, time and budgets of a run before it begins, against sums by
 * hand.
 *
 * A message counts 4 tokens; text counts a quarter of its bytes, in the worst case all of them; a
 * reply 1, half of max_tokens, max_tokens.
 */
#include "session/estimates.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "unit/test_experiment_folder.h"

/* Fields of 8 and 16 bytes, lists of 1 and 2 texts of 4 bytes. */
#define SAMPLES                                                                                \
    "dataset: {samples: [{id: 1, q: abcdefgh, docs: [{t: abcd}], expected: e}, "               \
    "{id: 2, q: abcdefghijklmnop, docs: [{t: abcd}, {t: efgh}], expected: e}]}\n"              \
    "vars: {n: 7, fixed: 'twelve bytes'}\n"
#define MODELS                                                                                 \
    "models:\n"                                                                                \
    "  m: {provider: openai, model: x, price: {input: 1, output: 10}}\n"                       \
    "  other: {provider: openai, model: y, rpm: 60, tpm: 6000}\n"                              \
    "defaults: {model: m, max_tokens: 100}\n"
/* 4 + (4 + 8) / 4 = 7 and 4 + (4 + 16) / 4 = 9 tokens of input; at most 16 and 24. */
#define ASK "{call: {prompt: {user: 'ask {{q}}'}}}"

struct prompt_case {
    const char *about, *node;
    struct spread input, output; /* of a cell */
};

/* clang-format off */
static const struct prompt_case rows[] = {
    {"text and a field", ASK, {7, 8, 24, false}, {1, 50, 100, false}},
    {"a var", "{call: {prompt: {user: '{{fixed}}'}}}", {7, 7, 16, false}, {1, 50, 100, false}},
    {"two messages", "{call: {prompt: {system: abcd, user: abcd}}}",
     {10, 10, 16, false}, {1, 50, 100, false}},
    {"a loop over a field: 5 bytes an item",
     "{call: {prompt: {user: '{{#each docs as d}}{{d.t}};{{/each}}'}}}",
     {5.25, 5.875, 14, false}, {1, 50, 100, false}},
    {"a reply in a prompt", "{chain: {a: " ASK ", b: {call: {prompt: {user: '{{a}}'}, max_tokens: 10}}}}",
     {11, 62, 128, false}, {2, 55, 110, false}},
    {"a filter does not hide a reply",
     "{chain: {a: " ASK ", b: {call: {prompt: {user: '{{a | default(null)}}'}}}}}",
     {11, 62, 128, false}, {2, 100, 200, false}},
    {"by way of a value and a name",
     "{chain: {a: " ASK ", v: {value: '{{a}}'}, b: {with: {w: '{{v}}'}, call: {prompt: {user: '{{w}}'}}}}}",
     {11, 62, 128, false}, {2, 100, 200, false}},
    {"a map of a field: an item is a part of it, {\"t\": \"abcd\"}; in lists 15 and 30 bytes",
     "{map: {over: '{{docs}}', each: {call: {prompt: {user: '{{item.t}}'}}}}}",
     {4, 1.5 * (4 + 22.5 / 4 / 1.5), 2 * 34, false}, {1, 75, 200, false}},
    {"a re-ask: what is said to it is not known",
     "{call: {prompt: {user: abcd}, schema: {type: object}, reask: 1}}",
     {5 + 17 / 4.0, 5 + 17 / 4.0, 25 + 125, true}, {1, 50, 200, false}},
    {"what a program writes is not known",
     "{chain: {a: {exec: {run: [/bin/echo, a]}}, b: {call: {prompt: {user: 'abcd{{a}}'}}}}}",
     {5, 5, 8, true}, {1, 50, 100, false}},
    {"a route: one of two labels",
     "{route: {by: {keywords: {of: x, labels: {abcd: [a], abcdefgh: [b]}, otherwise: abcd}}, "
     "cases: {abcd: {value: 1}, abcdefgh: {call: {prompt: {user: '{{label}}'}}}}}}",
     {0, (4 + (1.5 + 1) / 2) / 2, 12, false}, {0, 25, 100, false}},
    {"a list of unknown length, written: its items are the reply",
     "{chain: {a: {call: {prompt: {user: abcd}, schema: {type: object, required: [l], properties: {l: {type: array, "
     "items: {type: string}}}}}}, b: {call: {prompt: {user: '{{#each a.l as i}}{{i}}{{/each}}'}}}}}",
     {4 + 1 + 96 / 4.0 + 4, 4 + 1 + 96 / 4.0 + 4 + 50, 4 + 4 + 96 + 4 + 200, false},
     {2, 100, 200, false}},
    {"a budget is the most", "{budget: {tokens: 50}, call: {prompt: {user: abcd}}}",
     {0, 5, 8, false}, {0, 50, 50, false}},
};
/* clang-format on */

static const struct estimates *read_estimates(struct folder *folder, const char *text)
{
    return estimates_of(&folder->arena, folder_good(folder, text), NULL);
}

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-6 * (1 + fabs(b));
}

static bool is_same(struct spread a, struct spread b)
{
    return is_near(a.low, b.low) && is_near(a.expected, b.expected) &&
           is_near(a.worst, b.worst) && a.open == b.open;
}

/* Protects: what a prompt takes, by what its names stand for. */
static void test_tokens(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct folder folder;
        folder_open(&folder);
        str text = arena_printf(&folder.arena,
                                SAMPLES MODELS "variants: {v: %s}\nscore: {s: {equals: a}}\n",
                                rows[i].node);
        const struct spread *cell = read_estimates(&folder, text.p)->variant[0].cell.part;
        if (!is_same(cell[ESTIMATE_INPUT], rows[i].input) ||
            !is_same(cell[ESTIMATE_OUTPUT], rows[i].output))
            fail_msg("%s: input %g %g %g %d, output %g %g %g %d", rows[i].about,
                     cell[ESTIMATE_INPUT].low, cell[ESTIMATE_INPUT].expected,
                     cell[ESTIMATE_INPUT].worst, cell[ESTIMATE_INPUT].open,
                     cell[ESTIMATE_OUTPUT].low, cell[ESTIMATE_OUTPUT].expected,
                     cell[ESTIMATE_OUTPUT].worst, cell[ESTIMATE_OUTPUT].open);
        folder_close(&folder);
    }
}

static void assert_spread(struct spread is, double low, double expected, double worst,
                          bool open)
{
    if (!is_same(is, (struct spread){low, expected, worst, open}))
        fail_msg("%.9g %.9g %.9g %d", is.low, is.expected, is.worst, is.open);
}

/* Protects: dollars of a cell and of the run, trials and variants; tokens without max_tokens have no
 * bound, and a model without a price is named, not free. */
static void test_sums(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    const struct estimates *e = read_estimates(
        &folder, SAMPLES MODELS "trials: 3\nvariants:\n  a: " ASK "\n"
                                "  b: {call: {prompt: {user: abcd}, model: other}}\n"
                                "score: {s: {equals: a}}\n");
    /* 7 and 9 tokens at 1 dollar a million, 1, 50 or 100 at 10; input is 16 and 24 at worst */
    assert_spread(e->variant[0].cell.part[ESTIMATE_NANOUSD], 17e3, 508e3, 1024e3, false);
    assert_spread(e->variant[0].all.part[ESTIMATE_NANOUSD], 3 * (17e3 + 19e3), 6 * 508e3,
                  3 * (1016e3 + 1024e3), false);
    assert_spread(e->variant[0].all.part[ESTIMATE_INPUT], 48, 48, 120, false);
    assert_spread(e->variant[1].all.part[ESTIMATE_NANOUSD], 0, 0, 0, true);
    assert_spread(e->all.part[ESTIMATE_CALLS], 12, 12, 12, false);
    assert_spread(e->all.part[ESTIMATE_NANOUSD], 108e3, 3048e3, 6120e3, true);
    assert_int_equal(e->models, 2);
    assert_false(e->model[1].model->price.known);
    assert_spread(e->model[1].all.part[ESTIMATE_OUTPUT], 6, 300, 600, false);

    /* 6 calls at 1 a second, the first at once; (30 + 300) tokens at 100 a second, 100 at once */
    assert_spread(e->rates_s, 5, 5, (6 * 8 + 600 - 100) / 100.0, false);
    assert_string_equal(e->rates_by.p, "rpm of model 'other'");

    struct buf out = {0};
    estimates_as_text(&folder.arena, &out, e);
    assert_true(str_contains(buf_str(&out), STR("No price is known of 'other'")));
    assert_true(
        str_contains(buf_str(&out), STR("the rates alone take 5 s, expected 5 s, worst")));
    buf_release(&out);
    folder_close(&folder);
}

/* Protects: what has no bound is said to have none, and never counts nothing. */
static void test_unbounded(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    const struct estimates *e = read_estimates(
        &folder,
        SAMPLES "models: {m: {provider: openai, model: x, price: {input: 1, output: 10}}}\n"
                "variants: {v: {chain: {a: {call: {prompt: {user: abcd}, model: m}}, b: "
                "{call: {prompt: {user: '{{a}}'}, model: m, max_tokens: 10}}}}}\n"
                "score: {s: {equals: a}}\n");
    const struct spread *cell = e->variant[0].cell.part;
    assert_spread(cell[ESTIMATE_OUTPUT], 2, 6, 11, true);
    assert_spread(cell[ESTIMATE_INPUT], 9, 10, 13, true);
    assert_true(cell[ESTIMATE_NANOUSD].open && cell[ESTIMATE_NANOUSD].low > 0);
    struct buf out = {0};
    estimates_as_text(&folder.arena, &out, e);
    assert_true(str_contains(buf_str(&out), STR("≥ 6")));
    assert_true(str_contains(buf_str(&out), STR("a reply without max_tokens")));
    buf_release(&out);
    folder_close(&folder);
}

/* Protects: means of an earlier run stand for the steps that it had, and for no others. */
static void test_seen(void **state)
{
    (void)state;
    static const struct estimate_seen seen[] = {{STR_INIT("w"), STR_INIT("a"), 1, 1},
                                                {STR_INIT("v"), STR_INIT("a"), 20, 30}};
    const struct estimates_run run = {.id = STR("R"), .mock = true, .seen = seen, .seens = 2};
    struct folder folder;
    folder_open(&folder);
    const struct experiment *experiment =
        folder_good(&folder, SAMPLES MODELS "variants: {v: {chain: {a: " ASK ", b: " ASK "}}}\n"
                                            "score: {s: {equals: a}}\n");
    const struct estimates *e = estimates_of(&folder.arena, experiment, &run);
    const struct spread *cell = e->variant[0].cell.part;
    assert_spread(cell[ESTIMATE_INPUT], 14, 20 + 8, 48, false);
    assert_spread(cell[ESTIMATE_OUTPUT], 2, 30 + 50, 200, false);
    assert_spread(cell[ESTIMATE_NANOUSD], 34e3, 320e3 + 508e3, 2048e3, false);
    struct buf out = {0};
    estimates_as_text(&folder.arena, &out, e);
    assert_true(str_contains(buf_str(&out), STR("in run R, of a mock;")));
    buf_release(&out);
    folder_close(&folder);
}

/* Protects users from a run that ends early: what a budget of the run allows. */
static void test_budgets(void **state)
{
    (void)state;
    static const struct {
        const char *budget;
        enum estimates_verdict verdict;
    } is[] = {
        {"calls: 2", ESTIMATES_FITS},
        {"calls: 1", ESTIMATES_CANNOT},
        {"tokens: 240", ESTIMATES_FITS}, /* 40 of input, 200 of output */
        {"tokens: 239", ESTIMATES_MAY_NOT},
        {"tokens: 115", ESTIMATES_LIKELY_NOT}, /* 16 + 100 */
        {"tokens: 17", ESTIMATES_CANNOT},      /* 16 + 2 */
        {"usd: 0.002041", ESTIMATES_FITS},
        {"usd: 0.0012", ESTIMATES_MAY_NOT},
        {"usd: 0.001", ESTIMATES_LIKELY_NOT},
        {"usd: 0.00003", ESTIMATES_CANNOT},
    };
    for (size_t i = 0; i < sizeof is / sizeof is[0]; i++) {
        struct folder folder;
        folder_open(&folder);
        str text = arena_printf(&folder.arena,
                                SAMPLES MODELS "budget: {run: {%s}}\nvariants: {v: " ASK "}\n"
                                               "score: {s: {equals: a}}\n",
                                is[i].budget);
        const struct estimates *e = read_estimates(&folder, text.p);
        struct buf out = {0};
        estimates_warn(&folder.arena, &out, e);
        if (e->budgets != 1 || e->budget[0].verdict != is[i].verdict ||
            (out.n > 0) != (is[i].verdict >= ESTIMATES_LIKELY_NOT))
            fail_msg("%s: %d, %.*s", is[i].budget, (int)e->budget[0].verdict,
                     STR_ARG(buf_str(&out)));
        buf_release(&out);
        folder_close(&folder);
    }
}

/* Protects: the bill of judges, who see the text that is graded and the operand. */
static void test_judges(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    const struct estimates *e = read_estimates(
        &folder, SAMPLES MODELS "variants: {v: " ASK "}\n"
                                "score:\n"
                                "  short: {llm-rubric: 'abcd', model: m, repeats: 2}\n"
                                "  long: {llm-rubric: 'abcdefgh', model: m, repeats: 2}\n");
    assert_int_equal(e->scores, 2);
    const struct spread *a = e->score[0].all.part, *b = e->score[1].all.part;
    assert_spread(a[ESTIMATE_CALLS], 0, 4, 4, false);
    assert_spread(a[ESTIMATE_OUTPUT], 0, 200, 400, false);
    /* 4 bytes more in each of 4 calls */
    assert_spread((struct spread){0, b[ESTIMATE_INPUT].expected - a[ESTIMATE_INPUT].expected,
                                  b[ESTIMATE_INPUT].worst - a[ESTIMATE_INPUT].worst,
                                  a[ESTIMATE_INPUT].open},
                  0, 4, 16, false);
    assert_true(a[ESTIMATE_INPUT].expected > 4 * 50); /* the reply of 50 tokens is in it */
    folder_close(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),    cmocka_unit_test(test_sums),
        cmocka_unit_test(test_unbounded), cmocka_unit_test(test_seen),
        cmocka_unit_test(test_budgets),   cmocka_unit_test(test_judges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
