/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_diagnosis.c: what a report says of a pattern, against a mock whose skills are known.
 */
#include "e2e_diagnosis.h"

#include <math.h>

#include "base/buf.h"

/* ---- chain ---- */

/* Each step gets what the one before it said, and nothing else: errors are handed on. */
static const char chain_experiment[] =
    "dataset: rows.jsonl\n"
    "models: {m: {provider: openai, model: real}, p: {provider: openai, model: ideal}}\n"
    "defaults: {model: m, max_tokens: 20}\n"
    "variants:\n"
    "  real:\n"
    "    chain:\n"
    "      read: {call: {prompt: {user: 'Read {{text}}'}}}\n"
    "      extract: {call: {prompt: {user: 'Extract {{read}}'}}}\n"
    "      answer: {call: {prompt: {user: 'Answer {{extract}}'}}}\n"
    "  ideal: {extends: real, defaults: {model: p}}\n"
    "score:\n"
    "  right: {equals: '{{expected}}'}\n"
    "  read: {step: read, equals: '{{expected_steps.read}}'}\n"
    "  extract: {step: extract, equals: '{{expected_steps.extract}}'}\n"
    "mock: mock.yaml\n";

static const char chain_mock[] =
    "models:\n"
    "  real: {skills: {read: 0.95, extract: 0.80, answer: 0.97}}\n"
    "  ideal: {skills: {read: 0.95, extract: 1, answer: 0.97}}\n"
    "answers:\n"
    "  read: {file: rows.jsonl, find: [text], right: '{{row.expected_steps.read}}',"
    " wrong: [{text: lost}]}\n"
    "  extract: {file: rows.jsonl, find: [expected_steps.read],"
    " right: '{{row.expected_steps.extract}}', wrong: [{text: lost}]}\n"
    "  answer: {file: rows.jsonl, find: [expected_steps.extract],"
    " right: '{{row.expected}}', wrong: [{text: lost}]}\n"
    "rules:\n"
    "  read: {when: {prompt: Read}, answer: {from: read}}\n"
    "  extract: {when: {prompt: Extract, row: extract}, answer: {from: extract}}\n"
    "  answer: {when: {prompt: Answer, row: answer}, answer: {from: answer}}\n"
    "  rest: {reply: lost}\n";

enum { CHAIN_ROWS = 200 };

/* Protects show 5 of the diagnosis: the weak step is named, and what the chain would do without
 * its errors is what a chain without them does. */
static void the_weak_step_of_a_chain_is_named(void **state)
{
    struct place *place = *state;
    struct buf rows = {0};
    for (int i = 0; i < CHAIN_ROWS; i++)
        buf_printf(&rows,
                   "{\"id\": %d, \"text\": \"text %d.\", \"expected\": \"end %d.\", "
                   "\"expected_steps\": {\"read\": \"read %d.\", \"extract\": \"cut %d.\"}}\n",
                   i, i, i, i, i);
    place_write(place, "x/rows.jsonl", buf_str(&rows));
    buf_release(&rows);
    place_write_text(place, "x/experiment.yaml", chain_experiment);
    place_write_text(place, "x/mock.yaml", chain_mock);
    const char *db = run_good(place, "x", "--mock", NULL).db;

    const json *report = report_json(place, db);
    const json *chain = json_get(diagnosis_of(report, "real"), STR("chain"));
    assert_text(json_text(json_get(chain, STR("weakest"))), "extract");
    static const double skills[] = {0.95, 0.80, 0.97};
    for (int s = 0; s < 3; s++) {
        const json *step = json_at(json_get(chain, STR("steps")), s);
        assert_true(holds(json_get(step, STR("rate")), skills[s]));
    }
    const json *perfect =
        json_get(json_at(json_get(chain, STR("steps")), 1), STR("if_perfect"));
    double end = figure(variant_of(report, "results", "ideal"), "accuracy.value");
    print_message("accuracy %.3f; if extract were perfect %.3f, %.3f to %.3f; it is %.3f\n",
                  figure(variant_of(report, "results", "real"), "accuracy.value"),
                  figure(perfect, "value"), figure(perfect, "low"), figure(perfect, "high"),
                  end);
    assert_true(holds(perfect, end));
    assert_true(holds(perfect, 0.95 * 0.97));
    /* errors are handed on: nothing is repaired, and the rates multiply to the end */
    assert_true(figure(chain, "repaired") <= 0);
    assert_true(fabs(figure(chain, "all_right") -
                     figure(variant_of(report, "results", "real"), "accuracy.value")) < 1e-9);
    struct ended text = weir(place, "report", db, NULL);
    assert_contains(text.out, "start at step 2 (extract)");
    assert_contains(text.out, "If step 2 were perfect");
    assert_contains(weir(place, "report", db, "--md", "-", NULL).out,
                    "start at step 2 (extract)");
}

/* ---- vote ---- */

static const char vote_once[] =
    "dataset: rows.jsonl\n"
    "models: {m: {provider: openai, model: random, price: {input: 1, output: 1}},\n"
    "         s: {provider: openai, model: systematic, price: {input: 1, output: 1}}}\n"
    "defaults: {model: m, max_tokens: 5}\n"
    "nodes: {ask: {call: {prompt: {user: 'Which? {{text}}'}}}}\n"
    "variants: {random: {use: ask}, systematic: {use: ask, defaults: {model: s}}}\n"
    "trials: 5\n"
    "score: {s: {equals: '{{expected}}'}}\n"
    "mock: mock.yaml\n";

/* Each voter is scored, so that the variants of votes have a diagnosis too. */
static const char vote_many[] =
    "dataset: rows.jsonl\n"
    "models: {m: {provider: openai, model: random}, s: {provider: openai, model: systematic}}\n"
    "defaults: {model: m, max_tokens: 5}\n"
    "nodes: {ask: {call: {prompt: {user: 'Which? {{text}}'}}}}\n"
    "variants:\n"
    "  random: {vote: {voters: 3, each: {use: ask}}, matrix: {vote.voters: [3, 5]}}\n"
    "  systematic: {vote: {voters: 3, each: {use: ask}}, defaults: {model: s}}\n"
    "score: {s: {equals: '{{expected}}'}, each: {step: '[*]', equals: '{{expected}}'}}\n"
    "mock: mock.yaml\n";

static const char vote_mock[] =
    "models: {random: {skill: 0.7}, systematic: {skill: 0.7, systematic: 1}}\n"
    "answers: {rows: {file: rows.jsonl, find: [text], right: '{{row.expected}}',"
    " wrong: [{label: {one_of: [GOOD, BAD]}}]}}\n";

enum { VOTE_ROWS = 120 };

static const char *run_votes(struct place *place, const char *folder, const char *experiment)
{
    struct buf rows = {0};
    for (int i = 0; i < VOTE_ROWS; i++)
        buf_printf(&rows, "{\"id\": %d, \"text\": \"item %d.\", \"expected\": \"%s\"}\n", i, i,
                   i % 2 ? "GOOD" : "BAD");
    place_write(place, arena_printf(&place->arena, "%s/rows.jsonl", folder).p, buf_str(&rows));
    buf_release(&rows);
    place_write_text(place, arena_printf(&place->arena, "%s/mock.yaml", folder).p, vote_mock);
    place_write_text(place, arena_printf(&place->arena, "%s/experiment.yaml", folder).p,
                     experiment);
    return run_good(place, folder, "--mock", NULL).db;
}

static const json *majority_of(const json *vote, int64_t votes)
{
    const json *list = json_get(vote, STR("majorities"));
    for (const json *m = json_first(list); m; m = json_next(m))
        if (figure(m, "votes") > (double)votes - 0.5 &&
            figure(m, "votes") < (double)votes + 0.5)
            return m;
    fail_msg("no majority of %d", (int)votes);
    return NULL;
}

/* Protects show 4 of the diagnosis: from five answers to a sample follows what a majority of three
 * and of five is, whether the errors are random or not. */
static void votes_are_predicted(void **state)
{
    struct place *place = *state;
    const char *once = run_votes(place, "a", vote_once);
    const json *report = report_json(place, once);
    const json *many = report_json(place, run_votes(place, "b", vote_many));
    const json *vote = json_get(diagnosis_of(report, "random"), STR("vote"));
    static const struct {
        int64_t votes;
        const char *variant;
    } measured[] = {{3, "random-3"}, {5, "random-5"}};
    for (size_t i = 0; i < 2; i++) {
        const json *m = majority_of(vote, measured[i].votes);
        double is = accuracy_in(many, measured[i].variant);
        print_message("%d votes: predicted %.3f, %.3f to %.3f; measured %.3f\n",
                      (int)measured[i].votes, figure(m, "accuracy.value"),
                      figure(m, "accuracy.low"), figure(m, "accuracy.high"), is);
        assert_true(holds(json_get(m, STR("accuracy")), is));
        assert_true(figure(m, "cost_usd") > 0 && figure(m, "cost_per_point_usd") > 0);
    }
    assert_text(json_text(json_get(vote, STR("errors"))), "random");
    assert_true(json_is(json_get(vote, STR("helps")), JSON_BOOL) &&
                json_bool(json_get(vote, STR("helps"))));

    vote = json_get(diagnosis_of(report, "systematic"), STR("vote"));
    assert_text(json_text(json_get(vote, STR("errors"))), "systematic");
    assert_false(json_bool(json_get(vote, STR("helps"))));
    assert_true(holds(json_get(majority_of(vote, 3), STR("accuracy")),
                      accuracy_in(many, "systematic")));
    assert_true(fabs(accuracy_in(many, "systematic") - accuracy_in(report, "systematic")) <
                1e-9);
    assert_contains(weir(place, "report", once, NULL).out, "Voting will not help");

    /* the voters of a vote say the same */
    vote = json_get(diagnosis_of(many, "random-5"), STR("vote"));
    assert_text(json_text(json_get(vote, STR("of"))), "voters");
    assert_true(fabs(figure(majority_of(vote, 5), "accuracy.value") -
                     accuracy_in(many, "random-5")) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(the_weak_step_of_a_chain_is_named),
        e2e_test(votes_are_predicted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
