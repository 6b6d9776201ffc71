/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_judge_check.c: the mock as truth. It plays judges of known skill that lean to a place or a length, and
 * the truth plays the people: weir has to find both as they were set up.
 */
#include "e2e_run.h"

#include "base/file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES = 240 };

/* Each row is long or short, and `a` is the better one of every second pair of them. */
static void write_rows(struct place *place)
{
    struct buf rows = {0};
    for (int i = 0; i < SAMPLES; i++)
        buf_printf(&rows,
                   "{\"id\": \"s%03d\", \"q\": \"item-%03d\", \"pad\": \"%s\", \"a\": \"%s\", "
                   "\"b\": \"%s\", \"expected\": \"x\"}\n",
                   i, i, i % 2 ? "LONG, with many more words than anybody needs" : "brief",
                   i / 2 % 2 ? "GOOD" : "POOR", i / 2 % 2 ? "POOR" : "GOOD");
    place_write(place, "rows.jsonl", buf_str(&rows));
    buf_release(&rows);
}

#define MODELS                                                                                 \
    "dataset: rows.jsonl\n"                                                                    \
    "models:\n"                                                                                \
    "  small: {provider: openai, model: m, max_tokens: 60}\n"                                  \
    "  judge: {provider: openai, model: j, max_tokens: 90}\n"                                  \
    "defaults: {model: small}\n"

#define ANSWER(name, when, right, wrong)                                                       \
    "    " name ": {when: {model: j, prompt_regex: '" when "'}, answer: {from: items, right: " \
    "{reason: r, " right "}, wrong: [{replace: " wrong "}]}}\n"

static const char opinion[] = MODELS
    "variants:\n"
    "  one: {call: {prompt: {user: 'write {{q}}'}}}\n"
    "score:\n"
    "  fine: {llm-rubric: 'Is the answer about {{q}} good?', model: judge, repeats: 3}\n"
    "mock:\n"
    "  models:\n"
    "    m: {skill: 0.6}\n"
    "    j: {skills: {good_long: 0.95, good_short: 0.85, poor_long: 0.6, poor_short: 0.95}}\n"
    "  answers:\n"
    "    items: {file: rows.jsonl, find: [q]}\n"
    "  rules:\n" ANSWER("good_long", "GOOD[^<]*LONG", "score: 0.9", "{at: score, by: 0.2}")
        ANSWER("good_short", "GOOD", "score: 0.9", "{at: score, by: 0.2}")
            ANSWER("poor_long", "LONG", "score: 0.2", "{at: score, by: 0.9}") ANSWER(
                "poor_short", "POOR", "score: 0.2",
                "{at: score, by: 0.9}") "    write: {when: {model: m}, answer: {from: items, "
                                        "right: 'GOOD, {{row.q}}, {{row.pad}}', "
                                        "wrong: [{text: 'POOR, {{row.q}}, {{row.pad}}'}]}}\n";

static const char contest[] = MODELS
    "variants:\n"
    "  a: {call: {prompt: {user: 'first writer, {{q}}'}}}\n"
    "  b: {call: {prompt: {user: 'second writer, {{q}}'}}}\n"
    "score:\n"
    "  best: {select-best: 'Which is better about {{q}}?', model: judge, weight: 0}\n"
    "  any: {contains: item}\n"
    "mock:\n"
    "  models:\n"
    "    j: {skills: {good_first: 0.9, good_second: 0.7}}\n"
    "  answers:\n"
    "    items: {file: rows.jsonl, find: [q]}\n"
    "  rules:\n" ANSWER("good_first", "(?s)GOOD.*POOR", "better: first",
                        "{at: better, by: second}")
        ANSWER("good_second", "(?s)POOR.*GOOD", "better: second",
               "{at: better, by: first}") "    a: {when: {prompt: first writer}, answer: "
                                          "{from: items, right: '{{row.a}}, {{row.q}}'}}\n"
                                          "    b: {when: {prompt: second writer}, answer: "
                                          "{from: items, right: '{{row.b}}, {{row.q}}, "
                                          "{{row.pad}}'}}\n";

static const char *run(struct place *place, const char *experiment)
{
    write_rows(place);
    place_write(place, "experiment.yaml", str_from(experiment));
    return run_good(place, "--mock", NULL).db;
}

/* What a person who is never wrong says: lines made of the file's rows. */
static void write_labels(struct place *place, const char *db, const char *lines)
{
    struct err err = {0};
    str text =
        sql_text(place, db, "SELECT group_concat(line, char(10)) || char(10) FROM (%s)", lines);
    str file = arena_printf(&place->arena, "%.*s.labels.jsonl", (int)(strlen(db) - 3), db);
    assert_int_equal(file_write(file.p, text, &err), 0);
}

static const json *check(struct place *place, const char *db)
{
    struct ended ended = weir(place, "judge-check", db, "--json", NULL);
    assert_code(ended, 0);
    const json *report = json_parse(&place->arena, ended.out, NULL);
    assert_non_null(report);
    return report;
}

/* A share of what the mock was told, as far as `n` draws can tell. */
static void assert_share(const json *report, const char *name, double truth, double n)
{
    char path[60];
    snprintf(path, sizeof path, "%s.value", name);
    double value = figure(report, path), off = 3.5 * sqrt(truth * (1 - truth) / n);
    if (!(fabs(value - truth) <= off))
        fail_msg("%s is %g; the mock was told %g ± %g", name, value, truth, off);
}

#define SHOWN                                                                                  \
    " FROM score k JOIN cell c USING (cell) JOIN sample s USING (sample) JOIN variant v "      \
    "USING "                                                                                   \
    "(variant) JOIN body t ON t.body = k.answer"

/* Protects the figures on one text: skill where people say yes and no, agreement, kappa, a lean to long
 * texts, and how steady verdicts are. */
static void a_judge_of_single_texts_is_found_out(void **state)
{
    struct place *place = *state;
    const char *db = run(place, opinion);
    check_identities(db);
    write_labels(place, db,
                 "SELECT json_object('score', 'fine', 'sample', s.id, 'trial', 1, 'variant', "
                 "v.name, 'rater', 'truth', 'label', iif(t.bytes LIKE 'GOOD%', 'yes', 'no')) "
                 "AS line" SHOWN);
    const json *report = check(place, db);
    /* the median of three draws is right with p²(3 − 2p) */
    double long_yes = 0.95 * 0.95 * (3 - 2 * 0.95), short_yes = 0.85 * 0.85 * (3 - 2 * 0.85);
    double long_no = 0.6 * 0.6 * (3 - 2 * 0.6), short_no = 0.95 * 0.95 * (3 - 2 * 0.95);
    double sensitivity = (long_yes + short_yes) / 2, specificity = (long_no + short_no) / 2;
    assert_true(figure(report, "samples") == SAMPLES && figure(report, "labels") == SAMPLES);
    assert_share(report, "sensitivity", sensitivity, 0.6 * SAMPLES);
    assert_share(report, "specificity", specificity, 0.4 * SAMPLES);
    double yes = 0.6 * sensitivity + 0.4 * (1 - specificity);
    double agree = 0.6 * sensitivity + 0.4 * specificity;
    double chance = 0.6 * yes + 0.4 * (1 - yes);
    assert_share(report, "agreement", agree, SAMPLES);
    double kappa = figure(report, "kappa.value");
    assert_true(fabs(kappa - (agree - chance) / (1 - chance)) <
                3.5 * figure(report, "kappa.se"));
    assert_true(json_bool(json_get(report, STR("validated"))));
    const json *variant = json_first(json_get(report, STR("variants")));
    assert_share(variant, "judge_yes", yes, SAMPLES);
    /* with its own errors taken off: the share of good texts there are, which people have labelled all of */
    assert_true(fabs(figure(variant, "corrected") - figure(report, "people_rates.yes")) < 1e-9);
    /* it says yes to poor texts that are long */
    double bias =
        (0.6 * long_yes + 0.4 * (1 - long_no)) - (0.6 * short_yes + 0.4 * (1 - short_no));
    assert_true(fabs(figure(report, "length_bias.value") - bias) <
                3.5 * figure(report, "length_bias.se"));
    assert_true(figure(report, "length_bias.low") > 0);
    double same = 0;
    const double skill[] = {0.95, 0.85, 0.6, 0.95}, share[] = {0.3, 0.3, 0.2, 0.2};
    for (int i = 0; i < 4; i++)
        same += share[i] * (skill[i] * skill[i] + (1 - skill[i]) * (1 - skill[i]));
    assert_share(report, "again", same, SAMPLES);
    struct ended ended = weir(place, "judge-check", db, NULL);
    assert_contains(ended.out, "It likes long texts better than people do.");
    assert_contains(ended.out, "this says how it was set up");
    /* a report of the run knows of it */
    assert_lacks(report_text(place, db), "judge-not-validated");
}

/* Protects the figures on pairs: the place that the judge leans to and how often it is right there; a lean cancels in
 * the result, which favours neither variant. */
static void a_judge_of_pairs_is_found_out(void **state)
{
    struct place *place = *state;
    const char *db = run(place, contest);
    check_identities(db);
    write_labels(place, db,
                 "SELECT json_object('score', 'best', 'sample', s.id, 'trial', 1, 'variant', "
                 "'b', 'against', 'a', 'shown_first', iif(s.sample % 3, 'variant', 'against'), "
                 "'rater', 'truth', 'label', iif(t.bytes LIKE 'GOOD%', 'better', 'worse')) AS "
                 "line" SHOWN " WHERE v.name = 'b' AND k.name = 'best'");
    const json *report = check(place, db);
    assert_share(report, "right_when_first", 0.9, SAMPLES);
    assert_share(report, "right_when_second", 0.7, SAMPLES);
    assert_share(report, "first_place", 0.6, 2 * SAMPLES);
    assert_share(report, "both_ways", 0.9 * 0.7 + 0.1 * 0.3, SAMPLES);
    assert_share(report, "agreement", 0.9 * 0.7, SAMPLES);
    assert_share(report, "people_first_place", 0.5, SAMPLES);
    assert_true(figure(report, "first_place.low") > 0.5);
    assert_false(json_bool(json_get(report, STR("validated"))));
    /* po 0.63, pe 0.33, with ties for people who have none */
    assert_true(fabs(figure(report, "kappa.value") - 0.30 / 0.67) <
                3.5 * figure(report, "kappa.se"));
    struct ended ended = weir(place, "judge-check", db, NULL);
    assert_contains(ended.out, "The judge leans to the first place.");
    assert_contains(ended.out, "judge not validated: kappa is not at least 0.6");
    const json *whole = report_json(place, db);
    const json *contests = json_path(whole, "results.contests");
    assert_share(json_first(contests), "first_place", 0.6, 2 * SAMPLES);
    const json *pair = json_first(json_get(json_first(contests), STR("pairs")));
    assert_share(pair, "share", 0.5, SAMPLES);
    assert_true(figure(pair, "share.low") < 0.5 && figure(pair, "share.high") > 0.5);
    assert_true(figure(pair, "asked") == SAMPLES);
    assert_contains(report_text(place, db), "best rests on a judge. On 240 samples");
    assert_contains(weir(place, "report", db, "--details", NULL).out, "first place");
}

/* Protects several raters: each has a kappa of their own, missing labels are no disagreement, and people who are
 * divided count for nothing. */
static void several_people_may_label(void **state)
{
    struct place *place = *state;
    const char *db = run(place, opinion);
    write_labels(
        place, db,
        "SELECT json_object('score', 'fine', 'sample', s.id, 'trial', 1, 'variant', v.name, "
        "'rater', r.name, 'label', iif((t.bytes LIKE 'GOOD%') = (r.name <> 'ned'), 'yes', "
        "'no')) AS line" SHOWN
        ", (SELECT 'ann' AS name UNION SELECT 'bob' UNION SELECT 'ned') r "
        "WHERE r.name = 'ann' OR (r.name = 'bob' AND s.sample < 100) OR (r.name = 'ned' AND "
        "s.sample BETWEEN 80 AND 119)");
    const json *report = check(place, db);
    assert_true(figure(report, "labels") == SAMPLES + 100 + 40);
    assert_true(figure(report, "divided") == 20); /* ann against ned alone */
    assert_true(figure(report, "samples") == SAMPLES - 20);
    const json *raters = json_get(report, STR("raters"));
    assert_int_equal(json_count(raters), 3);
    for (const json *r = json_first(raters); r; r = json_next(r)) {
        bool wrong = str_equal(json_text(json_get(r, STR("name"))), STR("ned"));
        assert_true((figure(r, "kappa.value") < 0) == wrong);
    }
    double people = figure(report, "alpha_people"), all = figure(report, "alpha");
    assert_true(people > 0.2 && people < 0.9 && all > 0.2 && all < 0.9);
    struct ended ended = weir(place, "judge-check", db, NULL);
    assert_contains(ended.out, "20 answers are left out, since people were evenly divided.");
    assert_contains(ended.out, "with bob");
    assert_contains(ended.out, "of people alone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_judge_of_single_texts_is_found_out),
        e2e_test(a_judge_of_pairs_is_found_out),
        e2e_test(several_people_may_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
