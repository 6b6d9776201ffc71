/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_checks.c: checks that look at calls, on real ones: how they ended in each dialect, what
 * they cost, that time decides nothing; and metrics of text beside them.
 */
#include "e2e_run.h"
#include "e2e_server.h"

#include <stdio.h>

static const char experiment[] =
    "dataset:\n"
    "  samples:\n"
    "    - {id: good, q: capital of France, expected: Paris is the capital of France}\n"
    "    - {id: bad, q: a forbidden thing, expected: null}\n"
    "    - {id: sorry, q: something sad, expected: null}\n"
    "models:\n"
    "  small: {provider: PROVIDER, model: m, price: {input: 1, output: 2}, max_tokens: 60}\n"
    "defaults: {model: small}\n"
    "variants:\n"
    "  once: {call: {prompt: {user: '{{q}}?'}}}\n"
    "  twice:\n"
    "    chain:\n"
    "      draft: {call: {prompt: {user: '{{q}}?'}}}\n"
    "      short: {call: {max_tokens: 2, prompt: {user: 'again {{draft}}'}}}\n"
    "score:\n"
    "  refused: {is-refusal: true, weight: 0}\n"
    "  whole: {finish-reason: stop, weight: 0}\n"
    "  cut: {step: short, finish-reason: length}\n"
    "  cheap: {cost: 1}\n"
    "  dear: {step: draft, not-cost: 0}\n"
    "  quick: {latency: 1h}\n"
    "  fast: {step: draft, latency: 0s}\n"
    "  overlap: {rouge-n: '{{expected}}', weight: 0}\n"
    "  bleu: {bleu: '{{expected}}', weight: 0}\n"
    "retry: {base: 1ms, cap: 2ms}\n"
    "mock:\n"
    "  models: {'*': {first_token: 5ms, skill: 0}}\n"
    "  answers:\n"
    "    refusals: {samples: [{id: r, q: forbidden, expected: x}], find: [q]}\n"
    "  rules:\n"
    "    no: {when: {prompt: forbidden}, answer: {from: refusals, wrong: [{refusal: true}]}}\n"
    "    sad: {when: {prompt: sad}, reply: 'I am sorry, but I cannot help with that.'}\n"
    "    other: {reply: Paris is the capital of France}\n";

static double score(const char *db, const char *variant, const char *sample, const char *name)
{
    return (double)sql_int(
               db,
               "SELECT coalesce(round(1000 * s.value), -1) FROM score s JOIN cell c "
               "ON c.cell = s.cell JOIN variant v ON v.variant = c.variant JOIN "
               "sample m ON m.sample = c.sample WHERE v.name = '%s' AND m.id = '%s' "
               "AND s.name = '%s'",
               variant, sample, name) /
           1000;
}

#define assert_value(expression, wanted)                                                       \
    assert_int_equal((int)(1000 * (expression)), (int)(1000 * (wanted)))

/* Protects: what a call was like is the same in every dialect, also where the cell failed of it. */
static void calls_are_looked_at(void **state)
{
    struct place *place = *state;
    static const char *const providers[] = {"openai", "anthropic", "gemini"};
    for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++) {
        place_write(place, "experiment.yaml", str_from(experiment));
        place_replace(place, "experiment.yaml", "PROVIDER", providers[i]);
        const char *db = run_good(place, "--mock", NULL).db;
        check_identities(db);
        assert_value(score(db, "once", "good", "refused"), 0);
        assert_value(score(db, "once", "bad", "refused"), 1);
        assert_value(score(db, "once", "sorry", "refused"), 1);
        assert_value(score(db, "once", "good", "whole"), 1);
        assert_value(score(db, "twice", "good", "whole"), 0);
        assert_value(score(db, "twice", "good", "cut"), 1);
        assert_value(score(db, "twice", "good", "dear"), 1);
        assert_value(score(db, "once", "good", "cheap"), 1);
        assert_value(score(db, "once", "good", "quick"), 1);
        assert_value(score(db, "twice", "good", "fast"), 0);
        assert_value(score(db, "once", "good", "overlap"), 1);
        assert_value(score(db, "once", "good", "bleu"), 1);
        assert_int_equal(sql_int(db, "SELECT count(*) FROM cell WHERE status = 'ok'"), 4);
    }
}

static const json *score_in(const json *report, const char *part, const char *name)
{
    const json *scores = json_get(variant_of(report, part, "once"), STR("scores"));
    for (const json *one = json_first(scores); one; one = json_next(one))
        if (str_equal(json_text(json_get(one, STR("name"))), str_from(name)))
            return one;
    return NULL;
}

/* Protects: a score that hangs on a clock is told apart from results, and weighs nothing. */
static void time_decides_nothing(void **state)
{
    struct place *place = *state;
    place_write(place, "experiment.yaml", str_from(experiment));
    place_replace(place, "experiment.yaml", "PROVIDER", "openai");
    const char *db = run_good(place, "--mock", NULL).db;
    assert_int_equal(
        sql_int(db, "SELECT count(*) FROM score WHERE name = 'quick' AND weight = 0"), 6);
    const json *report = report_json(place, db);
    assert_non_null(score_in(report, "results", "cheap"));
    assert_null(score_in(report, "results", "quick"));
    assert_null(score_in(report, "timing", "cheap"));
    assert_non_null(score_in(report, "timing", "quick"));
    assert_figure(score_in(report, "timing", "quick"), "weight", 0);

    place_replace(place, "experiment.yaml", "latency: 1h", "latency: 1h, weight: 1");
    struct ended ended = weir(place, "check", "experiment.yaml", NULL);
    assert_int_equal(ended.code, 2);
    assert_contains(ended.err, "'latency' hangs on a clock and decides nothing");
}

/* The grader of the test: 0.7 of France, nothing usable of sadness, an error of anything else. */
static void grade(void *arg, const struct asked *asked, struct said *said)
{
    (void)arg;
    if (str_contains(asked->body, STR("France")))
        said->body = STR("{\"score\": 0.7, \"reason\": \"so so\"}");
    else if (str_contains(asked->body, STR("sad")))
        said->body = STR("maybe");
    else
        said->status = 500;
}

static const char graded[] = "dataset:\n"
                             "  samples:\n"
                             "    - {id: good, q: capital of France, expected: Paris}\n"
                             "    - {id: sorry, q: something sad, expected: null}\n"
                             "    - {id: other, q: nothing, expected: null}\n"
                             "models: {small: {provider: openai, model: m, max_tokens: 60}}\n"
                             "defaults: {model: small}\n"
                             "variants: {once: {call: {prompt: {user: '{{q}}?'}}}}\n"
                             "score:\n"
                             "  outside: {webhook: 'URL/grade', threshold: 0.6}\n"
                             "mock: {rules: {other: {reply: fine}}}\n";

/* Protects: a server gets what a program would, and one that fails says nothing of the answer. */
static void a_server_grades(void **state)
{
    struct place *place = *state;
    struct server *server = server_start(place, grade, NULL);
    place_write_text(place, "experiment.yaml", graded);
    place_replace(place, "experiment.yaml", "URL",
                  arena_str(&place->arena, server_url(server)).p);
    const char *db = run_good(place, "--mock", NULL).db;
    check_identities(db);
    assert_value(score(db, "once", "good", "outside"), 0.7);
    assert_value(score(db, "once", "sorry", "outside"), 0);
    assert_value(score(db, "once", "other", "outside"), -0.001); /* no value */
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell WHERE correct = 1"), 1);
    assert_int_equal(sql_int(db,
                             "SELECT count(*) FROM cell WHERE status = 'unscored' AND reason "
                             "= 'grader'"),
                     1);
    assert_contains(sql_text(place, db, "SELECT reason FROM score WHERE ungraded"),
                    "the webhook failed: status 500");
    assert_contains(sql_text(place, db, "SELECT reason FROM score WHERE value = 0"),
                    "the server wrote 'maybe'; expected a number from 0 to 1");
    assert_int_equal(server_count(server), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct asked *asked = server_asked(server, i);
        const json *body = json_parse(&place->arena, asked->body, NULL);
        assert_int_equal(json_count(body), 3);
        assert_string_equal(json_text(json_get(body, STR("value"))).p, "fine");
        assert_true(json_is(json_path(body, "inputs.q"), JSON_TEXT));
        assert_true(asked_header(asked, "Authorization").n == 0);
    }
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(calls_are_looked_at),
        e2e_test(time_decides_nothing),
        e2e_test(a_server_grades),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
