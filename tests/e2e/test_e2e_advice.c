/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_advice.c: what a report advises to change is changed, and what it promised comes true.
 */
#include "e2e_diagnosis.h"

#include <math.h>

#include "base/buf.h"

enum { ROWS = 100 };

static const char experiment[] =
    "dataset: rows.jsonl\n"
    "models:\n"
    "  small: {provider: openai, model: small, price: {input: 1, output: 1}}\n"
    "  large: {provider: openai, model: large, price: {input: 10, output: 10}}\n"
    "defaults: {model: large, max_tokens: 400}\n"
    "nodes: {ask: {call: {prompt: {user: 'Which? {{text}}'}}}}\n"
    "variants:\n"
    "  both:\n"
    "    chain:\n"
    "      read: {call: {prompt: {user: 'Read {{text}}'}}}\n"
    "      answer: {call: {prompt: {user: 'Answer {{read}}'}}}\n"
    "  saving: {extends: both, set: {chain.answer.call.model: small}}\n"
    "  votes: {vote: {voters: 5, each: {use: ask}}}\n"
    "  other: {chain: {first: {use: ask}, then: {call: {prompt: {user: 'Which? {{text}}'}}}}}\n"
    "score: {right: {equals: '{{expected}}'}}\n"
    "mock: mock.yaml\n";

static const char mock[] =
    "seed: 5\n"
    "models:\n"
    "  large: {skills: {read: 1, answer: 0.9, ask: 0.75}}\n"
    "  small: {skills: {answer: 0.7}}\n"
    "answers:\n"
    "  rows: {file: rows.jsonl, find: [text], right: '{{row.expected}}',"
    " wrong: [{label: {one_of: [GOOD, BAD]}}]}\n"
    "rules:\n"
    "  read: {when: {prompt: Read}, answer: {from: rows, right: '{{row.text}}'}}\n"
    "  answer: {when: {prompt: Answer}, answer: {from: rows}}\n"
    "  ask: {when: {prompt: Which}, answer: {from: rows}}\n";

static const char *run_in(struct place *place, const char *folder, const char *from,
                          const char *to)
{
    struct arena *arena = &place->arena;
    struct buf rows = {0};
    for (int i = 0; i < ROWS; i++)
        buf_printf(&rows, "{\"id\": %d, \"text\": \"item %d.\", \"expected\": \"%s\"}\n", i, i,
                   i % 2 ? "GOOD" : "BAD");
    place_write(place, arena_printf(arena, "%s/rows.jsonl", folder).p, buf_str(&rows));
    buf_release(&rows);
    place_write_text(place, arena_printf(arena, "%s/mock.yaml", folder).p, mock);
    const char *file = arena_printf(arena, "%s/experiment.yaml", folder).p;
    place_write_text(place, file, experiment);
    if (from)
        place_replace(place, file, from, to);
    return run_good(place, folder, "--mock", NULL).db;
}

static const json *limit_of(const json *report, const char *variant, const char *option)
{
    const json *list = json_path(report, "results.recommendations.limits");
    for (const json *one = json_first(list); one; one = json_next(one))
        if (str_equal(json_text(json_get(one, STR("variant"))), str_from(variant)) &&
            str_equal(json_text(json_get(one, STR("option"))), str_from(option)))
            return one;
    fail_msg("no advice on %s of %s", option, variant);
    return NULL;
}

/* Protects advice on limits: with them changed as it says the answers are the same, and the calls
 * are those that it foretold. */
static void limits_hold_what_they_promise(void **state)
{
    struct place *place = *state;
    const json *before = report_json(place, run_in(place, "a", NULL, NULL));
    const json *stop = limit_of(before, "votes", "stop_early");
    assert_contains(json_text(json_get(stop, STR("text"))), "for the same winners");
    const json *after = report_json(
        place, run_in(place, "b", "voters: 5, each", "voters: 5, stop_early: true, each"));
    double asked = figure(variant_of(before, "results", "votes"), "calls");
    double enough = figure(variant_of(after, "results", "votes"), "calls");
    str said = json_text(json_get(stop, STR("text")));
    str spared = arena_printf(&place->arena, "%.1f %% fewer", 100 * (1 - enough / asked));
    print_message("%.*s\nit asked %g instead of %g\n", STR_ARG(said), enough, asked);
    assert_contains(said, spared.p);
    assert_true(fabs(accuracy_in(after, "votes") - accuracy_in(before, "votes")) < 1e-9);

    const json *tokens = limit_of(before, "both", "max_tokens");
    double set = figure(tokens, "recommended");
    assert_true(set < 200 && figure(tokens, "now") > 399);
    after = report_json(place, run_in(place, "c", "max_tokens: 400",
                                      arena_printf(&place->arena, "max_tokens: %.0f", set).p));
    assert_true(fabs(accuracy_in(after, "both") - accuracy_in(before, "both")) < 1e-9);
}

/* Protects advice on models: the pair that differs in one step's model is found, its difference is
 * the truth's, and of what no pair tells it is said that it is not known. */
static void a_cheaper_model_is_told_for_one_step(void **state)
{
    struct place *place = *state;
    const char *db = run_in(place, "a", NULL, NULL);
    const json *report = report_json(place, db);
    const json *models = json_path(report, "results.recommendations.models");
    assert_int_equal(json_count(models), 1);
    const json *one = json_first(models);
    assert_text(json_text(json_get(one, STR("path"))), "answer");
    assert_text(json_text(json_get(one, STR("cheap_model"))), "small");
    assert_text(json_text(json_get(one, STR("cheap"))), "saving");
    assert_text(json_text(json_get(one, STR("finding"))), "worse");
    assert_holds(one, "accuracy_difference", 0.7 - 0.9);
    double ratio = figure(variant_of(report, "results", "saving"), "cost_per_cell_usd") /
                   figure(variant_of(report, "results", "both"), "cost_per_cell_usd");
    assert_true(fabs(figure(one, "cost_ratio.value") / ratio - 1) < 1e-9);
    str unknown = json_text(json_path(report, "results.recommendations.models_text"));
    assert_contains(unknown, "cannot be known from this run for other:");
    struct ended text = weir(place, "report", db, "--md", "-", NULL);
    assert_contains(text.out, "Step answer with small instead of large (saving against both)");
    assert_contains(text.out, "cannot be known from this run for other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(limits_hold_what_they_promise),
        e2e_test(a_cheaper_model_is_told_for_one_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
