/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_pattern_refine.c: how alike drafts are, which is the best, and mistakes in an
 * experiment's `refine`. Runs are in tests/e2e/test_e2e_refine.c.
 */
#include "patterns/patterns.h"
#include "patterns/refine_drafts.h"
#include "patterns/similar.h"

#include "base/mem.h"
#include "plan/estimate.h"
#include "plan/experiment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "unit/test_experiment_folder.h"

/* Edits over code points by hand: bytes do not count, nor do blanks less than letters. */
static void test_similarity(void **state)
{
    (void)state;
    assert_true(texts_similarity(STR(""), STR("")) == 1);
    assert_true(texts_similarity(STR("abc"), STR("abc")) == 1);
    assert_true(texts_similarity(STR("abc"), STR("")) == 0);
    assert_true(texts_similarity(STR("kitten"), STR("sitting")) == 1 - 3.0 / 7);
    assert_true(texts_similarity(STR("sitting"), STR("kitten")) == 1 - 3.0 / 7);
    assert_true(texts_similarity(STR("möve"), STR("move")) == 0.75);
    assert_true(texts_similarity(STR("日本"), STR("日木")) == 0.5);
}

static str repeat(struct arena *arena, str text, size_t times)
{
    struct buf out = {0};
    for (size_t i = 0; i < times; i++)
        buf_add_str(&out, text);
    str kept = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return kept;
}

/* Above 20,000 code points words are compared: their order does not count then. At 20,000 it
 * still does, and letters of two bytes are one. */
static void test_long_similarity(void **state)
{
    (void)state;
    struct arena arena = {0};
    str a = repeat(&arena, STR("Alpha beta "), 2000),
        b = repeat(&arena, STR("beta gamma alpha "), 1500);
    assert_true(texts_similarity(a, b) == 2.0 / 3);
    str words = repeat(&arena, STR("one two "), 2501);
    assert_true(texts_similarity(words, STR("two\none")) == 1);
    str letters = repeat(&arena, STR("ö"), 20000);
    assert_true(texts_similarity(letters, STR("öö")) == 1 - 19998.0 / 20000);
    arena_release(&arena);
}

/* The best score wins, of equals the later; without scores the last. */
static void test_best(void **state)
{
    (void)state;
    struct arena arena = {0};
    const json *draft[4];
    for (int i = 0; i < 4; i++)
        draft[i] = json_new_int(&arena, i);
    const struct maybe_number none = {0};
    struct best_draft best = {0};
    assert_null(best.draft);
    best_draft_add(&best, draft[0], none);
    best_draft_add(&best, draft[1], none);
    assert_ptr_equal(best.draft, draft[1]);
    best_draft_add(&best, draft[2], (struct maybe_number){true, -1});
    best_draft_add(&best, draft[3], none);
    assert_ptr_equal(best.draft, draft[2]);

    best = (struct best_draft){0};
    const double scores[] = {3, 7, 7, 5};
    for (int i = 0; i < 4; i++)
        best_draft_add(&best, draft[i], (struct maybe_number){true, scores[i]});
    assert_ptr_equal(best.draft, draft[2]);
    arena_release(&arena);
}

/* Numbers, and texts that are one and nothing else. */
static void test_number_in(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_true(number_in(json_new_int(&arena, 7)).value == 7);
    assert_true(number_in(json_new_text(&arena, STR(" 7.5\n"))).value == 7.5);
    assert_false(number_in(json_new_text(&arena, STR("8/10"))).known);
    assert_false(number_in(json_new_bool(true)).known);
    assert_false(number_in(NULL).known);
    arena_release(&arena);
}

/* ---- experiments ---- */

#define HEAD                                                                                   \
    "dataset: {samples: [{id: 1, text: t, least: 3}]}\n"                                       \
    "models: {m: {provider: openai, model: x, capabilities: {schema: prompt}}}\n"              \
    "defaults: {model: m}\n"                                                                   \
    "score: {s: {equals: a}}\n"                                                                \
    "variants:\n"                                                                              \
    "  v:\n"                                                                                   \
    "    refine:\n"
#define GENERATE "      generate: {call: {prompt: {user: \"{{text}}\"}}}\n"
#define IMPROVE                                                                                \
    "      improve: {call: {prompt: {user: \"{{draft}} {{feedback}} {{round}}\"}}}\n"
#define EVALUATE                                                                               \
    "      evaluate: {call: {prompt: {user: \"{{draft}} {{round}}\"}, schema: {title: "        \
    "verdict, "                                                                                \
    "type: object, properties: {points: {type: integer}, feedback: {type: string}}}}}\n"

/* All keys; steps are drafts and evaluations, and the calls are 2 for a round at the most. */
static void test_bind(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    const struct experiment *experiment =
        folder_good(&folder, HEAD GENERATE EVALUATE IMPROVE
                    "      accept: [{of: \"{{evaluation.points}}\", min: 8}, {of: "
                    "\"{{draft}}\", min-words: "
                    "3}, {of: \"{{round}}\", max: 2}]\n"
                    "      max_rounds: 4\n      score: \"{{evaluation.points}}\"\n"
                    "      stop_when_similar: 0.9\n      if_rejected: fail\n");
    size_t row = 0;
    while (pattern_table[row] && pattern_table[row] != &pattern_refine)
        row++;
    assert_ptr_equal(pattern_table[row], experiment->variant[0].root->pattern);
    const char *const paths[] = {".", "draft[*]", "evaluate[*]", "draft[*]"};
    const struct bound_step *step = experiment->variant[0].first_step;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++, step = step->next)
        assert_string_equal(step->path.p, paths[i]);
    assert_null(step);
    struct spread calls = folder_calls(experiment);
    assert_true(calls.low == 2 && calls.expected == 4 && calls.worst == 8);
    folder_close(&folder);
}

/* An evaluator in code makes no call: 1 × rounds. */
static void test_estimate_of_code(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    const struct experiment *experiment =
        folder_good(&folder, HEAD GENERATE IMPROVE "      accept: [{min-words: 3}]\n");
    struct spread calls = folder_calls(experiment);
    assert_true(calls.low == 1 && calls.expected == 2 && calls.worst == 3);
    folder_close(&folder);
}

/* Required keys, choices and limits are rows; `accept` needs a check, `score` one reference. */
static void test_keys(void **state)
{
    (void)state;
    folder_bad_alone(
        HEAD GENERATE IMPROVE "      max_rounds: 21\n",
        "x.yaml:8:7: refine has no 'accept'; expected checks\n"
        "x.yaml:10:19: max_rounds is the number 21; expected an integer from 1 to 20");
    folder_bad_alone(HEAD GENERATE IMPROVE "      accept: []\n",
                     "x.yaml:10:15: refine.accept is empty; expected at least one check");
    folder_bad_alone(HEAD GENERATE IMPROVE "      accept: {equals: a}\n",
                     "x.yaml:10:15: refine.accept is a mapping; expected a list of checks");
    folder_bad_alone(
        HEAD GENERATE IMPROVE "      accept: [{equals: a}]\n      score: \"{{draft}} of 10\"\n",
        "x.yaml:11:14: refine.score is text around references; expected one {{…}} alone that "
        "yields a number");
    folder_bad_alone(
        HEAD GENERATE IMPROVE "      accept: [{equals: a}]\n      score: 3\n",
        "x.yaml:11:14: refine.score is a number; expected one {{…}} alone that yields a "
        "number");
}

/* Who sees which names (language 3.1). */
static void test_names(void **state)
{
    (void)state;
    folder_bad_alone(
        HEAD "      generate: {value: \"{{draft}}\"}\n"
             "      improve: {value: \"{{evaluation}}\"}\n"
             "      accept: [{of: \"{{feedback}}\", equals: a}]\n",
        "x.yaml:8:28: name 'draft' is not known here; in scope: text, least\n"
        "x.yaml:9:27: name 'evaluation' is not known here; in scope: text, least, draft, "
        "round, feedback\n"
        "x.yaml:10:24: name 'feedback' is not known here; in scope: text, least, draft, "
        "round, value");
    folder_bad_alone(
        HEAD GENERATE IMPROVE EVALUATE
        "      accept: [{of: \"{{evaluation.point}}\", min: 8}]\n"
        "      score: \"{{draft.points}}\"\n",
        "x.yaml:11:24: step 'evaluation' has no member 'point'; schema verdict has: points, "
        "feedback; did you mean 'points'?\n"
        "x.yaml:12:17: step 'draft' yields text, which has no members; expected {{draft}}, "
        "or a schema on the call");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_similarity), cmocka_unit_test(test_long_similarity),
        cmocka_unit_test(test_best),       cmocka_unit_test(test_number_in),
        cmocka_unit_test(test_bind),       cmocka_unit_test(test_estimate_of_code),
        cmocka_unit_test(test_keys),       cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
