/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_refine.c: loops of draft and judgement against weir-mock: how many calls they make,
 * why they end, and which draft is the answer.
 *
 * Drafts are counted by their author: every rewriting adds a star. The judge is told how many
 * stars it wants.
 */
#include "e2e_run.h"

static const char mock[] =
    "rules:\n"
    "  write: {when: {prompt_regex: 'WRITE (?<t>.*)'}, reply: 'about {{t}} '}\n"
    "  same: {when: {prompt_regex: 'SAME (?<d>.*)'}, reply: '{{d}}'}\n"
    "  rewrite: {when: {prompt_regex: 'IMPROVE (?<d>[^|]*) [|]'}, reply: '{{d}}*'}\n"
    "  good: {when: {prompt_regex: 'JUDGE [^*]*[*][*]$'}, reply: APPROVED}\n"
    "  bad: {when: {prompt: JUDGE}, reply: one more star}\n"
    "models: {'*': {first_token: {exponential: {mean: 3ms}}}}\n";

static const char head[] =
    "dataset: samples.jsonl\n"
    "models: {m: {provider: openai, model: x}}\n"
    "defaults: {model: m}\n"
    "score: {s: {not-equals: \"\"}}\n"
    "mock: mock.yaml\n"
    "nodes:\n"
    "  write: {call: {prompt: {user: 'WRITE {{topic}}'}}}\n"
    "  rewrite: {call: {prompt: {user: 'IMPROVE {{draft}} | {{feedback}} {{round}}'}}}\n"
    "  judge: {call: {prompt: {user: 'JUDGE {{draft}}'}}}\n"
    "variants:\n";

static const char *run(struct place *place, const char *lines, const char *samples,
                       const char *parallel)
{
    str text = arena_printf(
        &place->arena, "%s  v:\n    refine:\n      generate: {use: write}\n%s", head, lines);
    place_write(place, "experiment.yaml", text);
    place_write_text(place, "mock.yaml", mock);
    place_write_text(place, "samples.jsonl", samples);
    struct ran ran = run_quiet(place, "--mock", "-j", parallel, NULL);
    if (!ran.db)
        fail_msg("%.*s", STR_ARG(ran.ended.err));
    check_identities(ran.db);
    return ran.db;
}

static const char sample[] = "{\"id\": \"a\", \"topic\": \"tea\"}\n";

#define LOOP                                                                                   \
    "      evaluate: {use: judge}\n      accept: [{equals: APPROVED}]\n"                       \
    "      improve: {use: rewrite}\n"

static str output(struct place *place, const char *db)
{
    return sql_text(place, db, "SELECT bytes FROM cell JOIN body ON body = output");
}

static str note(struct place *place, const char *db, const char *key)
{
    return sql_text(place, db, "SELECT json_extract(note, '$.%s') FROM step WHERE path = '.'",
                    key);
}

/* Protects rule 13: an evaluator that never approves ends after max_rounds with 2 × rounds calls,
 * and the last draft, which was judged, is the answer. */
static void never_approved(void **state)
{
    struct place *place = *state;
    const char *db = run(place,
                         "      evaluate: {call: {prompt: {user: 'JUDGE {{topic}}'}}}\n"
                         "      accept: [{equals: APPROVED}]\n      improve: {use: rewrite}\n"
                         "      max_rounds: 4\n",
                         sample, "1");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell"), 8);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM step WHERE path IN ('draft[3]', "
                                 "'evaluate[3]')"),
                     2);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM step"), 1 + 8);
    assert_text(output(place, db), "\"about tea***\"");
    assert_text(note(place, db, "stopped"), "max_rounds");
    assert_int_equal(sql_int(db, "SELECT status = 'ok' FROM cell"), 1);
}

/* Protects the end by approval, and what `improve` is told: the evaluation of the draft before. */
static void approved_in_the_third_round(void **state)
{
    struct place *place = *state;
    const char *db = run(place, LOOP "      max_rounds: 9\n", sample, "1");
    assert_text(output(place, db), "\"about tea**\"");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell"), 6);
    assert_text(note(place, db, "stopped"), "accepted");
    assert_text(note(place, db, "rounds[0].reasons"),
                "equals: APPROVED: 'one more star'; expected 'APPROVED'");
    assert_int_equal(
        sql_int(
            db,
            "SELECT count(*) FROM call JOIN body ON body = request WHERE path = 'draft[2]' AND"
            " bytes LIKE '%%| one more star 2%%'"),
        1);
}

/* Protects `if_rejected: fail`: kind gate, at the loop. */
static void rejected_may_fail(void **state)
{
    struct place *place = *state;
    const char *db =
        run(place, LOOP "      max_rounds: 1\n      if_rejected: fail\n", sample, "1");
    assert_text(
        sql_text(place, db, "SELECT reason || ' ' || failed_path || ' ' || message FROM cell"),
        "gate . no draft was accepted in 1 round: equals: APPROVED: 'one more star'; expected "
        "'APPROVED'");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell"), 2);
}

/* Protects acceptance by code: no call judges, and the reasons of failed checks are the feedback. */
static void code_judges(void **state)
{
    struct place *place = *state;
    const char *db = run(place,
                         "      accept: [{regex: '[*]{2}'}, {min-words: 2}]\n"
                         "      improve: {use: rewrite}\n",
                         sample, "1");
    assert_text(output(place, db), "\"about tea**\"");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell"), 3);
    assert_int_equal(
        sql_int(
            db,
            "SELECT count(*) FROM call JOIN body ON body = request WHERE path = 'draft[1]' AND"
            " bytes LIKE '%%| regex: %%'"),
        1);
}

/* Protects `stop_when_similar`: a draft like the one before ends the loop, but judged. */
static void similar_drafts_end_it(void **state)
{
    struct place *place = *state;
    const char *db = run(place,
                         "      evaluate: {use: judge}\n      accept: [{equals: APPROVED}]\n"
                         "      improve: {call: {prompt: {user: 'SAME {{draft}}'}}}\n"
                         "      max_rounds: 10\n      stop_when_similar: 0.98\n",
                         sample, "1");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell"), 4);
    assert_text(note(place, db, "stopped"), "similar");
    assert_text(note(place, db, "rounds[1].similarity"), "1");
}

/* Protects `score`: of the judged drafts the best is the answer, of equals the later. */
static void the_best_draft_is_kept(void **state)
{
    struct place *place = *state;
    const char *db = run(place,
                         "      evaluate: {value: {points: '{{marks[draft]}}'}}\n"
                         "      accept: [{of: '{{evaluation.points}}', min: 8}]\n"
                         "      score: '{{evaluation.points}}'\n      improve: {use: rewrite}\n"
                         "      max_rounds: 4\n",
                         "{\"id\": \"a\", \"topic\": \"tea\", \"marks\": {\"about tea\": 3, "
                         "\"about tea*\": \"7\","
                         " \"about tea**\": 7, \"about tea***\": 5}}\n",
                         "1");
    assert_text(output(place, db), "\"about tea**\"");
    assert_text(note(place, db, "rounds[1].score"), "7");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell"), 4);
}

/* Protects that an evaluator that fails fails the loop, and that no score is made up. */
static void evaluators_must_answer(void **state)
{
    struct place *place = *state;
    const char *db =
        run(place,
            "      evaluate: {call: {prompt: {user: 'JUDGE {{draft}}'}, schema: {type: "
            "object}}}\n      accept: [{equals: APPROVED}]\n"
            "      improve: {use: rewrite}\n",
            sample, "1");
    assert_text(sql_text(place, db, "SELECT reason || ' ' || failed_path FROM cell"),
                "schema evaluate[0]");
    db = run(place, LOOP "      score: '{{evaluation}}'\n", sample, "1");
    assert_text(sql_text(place, db, "SELECT reason || ' ' || message FROM cell"),
                "template refine.score is 'one more star', which is no number");
}

/* Protects rule 4, and the best draft so far when a budget ends the loop. */
static void results_do_not_depend_on_concurrency(void **state)
{
    struct place *place = *state;
    str samples = STR("");
    for (int i = 0; i < 30; i++)
        samples = arena_printf(&place->arena, "%.*s{\"id\": \"s%d\", \"topic\": \"t%d\"}\n",
                               STR_ARG(samples), i, i);
    const char *one = run(place, LOOP, samples.p, "1");
    const char *many = run(place, LOOP, samples.p, "50");
    assert_same_text(results_of(report_text(place, many)), results_of(report_text(place, one)));
    assert_int_equal(sql_int(one, "SELECT min(calls) = 6 AND max(calls) = 6 FROM cell"), 1);
    const char *cut = run(place, LOOP "    budget: {calls: 3}\n", sample, "1");
    assert_text(output(place, cut), "\"about tea*\"");
    assert_text(sql_text(place, cut, "SELECT reason FROM cell"), "cut_short");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(never_approved),         e2e_test(approved_in_the_third_round),
        e2e_test(rejected_may_fail),      e2e_test(code_judges),
        e2e_test(similar_drafts_end_it),  e2e_test(the_best_draft_is_kept),
        e2e_test(evaluators_must_answer), e2e_test(results_do_not_depend_on_concurrency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
