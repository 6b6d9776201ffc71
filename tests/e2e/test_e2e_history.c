/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_history.c: `weir history`: the runs of an experiment one after the other, with the
 * figures of the comparison of each two, and the reasons of those that cannot stand beside them.
 */
#include "e2e_run.h"

#include <math.h>
#include <stdio.h>

static const char experiment[] =
    "dataset: {file: rows.jsonl}\n"
    "providers: {here: {api: openai-chat, base_url: 'http://127.0.0.1:1/v1'}}\n"
    "models: {small: {provider: here, model: gpt-6-luna}}\n"
    "defaults: {model: small, max_tokens: 60}\n"
    "variants:\n"
    "  one: {call: {prompt: {user: 'Say {{q}}'}}}\n"
    "  two: {call: {prompt: {user: 'Please say {{q}}'}}}\n"
    "score: {same: {contains: yes}}\n"
    "mock:\n"
    "  rules:\n"
    "    no: {when: {prompt_regex: 'PATTERN'}, reply: 'no'}\n"
    "    all: {reply: 'yes'}\n";

enum { ROWS = 40 };

static void write_all(struct place *place, const char *pattern)
{
    struct buf text = {0};
    for (int i = 0; i < ROWS; i++)
        buf_printf(&text, "{\"id\": %d, \"q\": \"question %02d\"}\n", i, i);
    place_write(place, "exp/rows.jsonl", arena_str(&place->arena, buf_str(&text)));
    buf_release(&text);
    place_write_text(place, "exp/experiment.yaml", experiment);
    place_replace(place, "exp/experiment.yaml", "PATTERN", pattern);
}

/* Runs are listed by the names of their files, which begin with the second they began in: here they
 * get names that tell their order. */
static const char *named(struct place *place, const char *db, const char *name)
{
    const char *path =
        place_path(place, arena_printf(&place->arena, "exp/.weir/runs/%s.db", name).p);
    assert_int_equal(rename(db, path), 0);
    return path;
}

static const char *run_as(struct place *place, const char *name, const char *option,
                          const char *value)
{
    return named(place, run_good(place, "exp", "--mock", option, value, NULL).db, name);
}

static const json *history_of(struct place *place, const char *option, const char *value)
{
    struct ended ended = weir(place, "history", "exp", "--json", option, value, NULL);
    assert_code(ended, 0);
    const json *history = json_parse(&place->arena, str_trim(ended.out), NULL);
    assert_non_null(history);
    return history;
}

static const json *run_at(const json *history, int64_t at)
{
    const json *run = json_at(json_get(history, STR("runs")), at);
    assert_non_null(run);
    return run;
}

static const json *change_in(const json *run, int64_t variant)
{
    return json_get(json_at(json_get(run, STR("variants")), variant), STR("change"));
}

static str reason_of(const json *history, const char *run)
{
    const json *one = json_first(json_get(history, STR("left_out")));
    while (one && !str_equal(json_text(json_get(one, STR("run"))), str_from(run)))
        one = json_next(one);
    if (!one)
        fail_msg("%s is not left out", run);
    return json_text(json_get(one, STR("reason")));
}

/* Three runs: two alike, then variant `one` is wrong on three samples of four, another model has
 * answered and a setting was edited. */
static void three_runs(struct place *place, const char **second, const char **third)
{
    write_all(place, "question 0[0-3]");
    run_as(place, "r1", "-j", "4");
    *second = run_as(place, "r2", "-j", "8");
    write_all(place, "^Say question [0-2]");
    place_replace(place, "exp/experiment.yaml", "model: gpt-6-luna", "model: gpt-6-sol");
    place_replace(place, "exp/experiment.yaml", "max_tokens: 60", "max_tokens: 61");
    *third = run_as(place, "r3", "-j", "4");
}

/* Protects: a change is marked at the run where it happened and for the variant that it happened to,
 * with the figures that a comparison of the two has; what was edited and who answers is named. */
static void a_change_is_marked(void **state)
{
    struct place *place = *state;
    const char *second, *third;
    three_runs(place, &second, &third);
    const json *history = history_of(place, NULL, NULL);
    assert_int_equal(json_count(json_get(history, STR("runs"))), 3);
    assert_int_equal(json_count(json_get(history, STR("left_out"))), 0);
    /* two variants in two steps, and the newest against the oldest */
    assert_figure(history, "family.accuracy", 6);
    assert_true(json_is(change_in(run_at(history, 0), 0), JSON_NULL));
    const json *alike = change_in(run_at(history, 1), 0);
    assert_figure(alike, "accuracy.difference.value", 0);
    assert_true(json_is(json_path(alike, "accuracy.changed"), JSON_NULL));
    const json *fell = change_in(run_at(history, 2), 0);
    assert_text(json_text(json_path(fell, "accuracy.changed")), "down");
    assert_text(json_text(json_path(fell, "cost.changed")), "up"); /* the model is dearer */
    assert_true(
        json_is(json_path(change_in(run_at(history, 2), 1), "accuracy.changed"), JSON_NULL));
    assert_true(figure(fell, "accuracy.p_adjusted") > figure(fell, "accuracy.p"));
    struct ended compared = weir(place, "compare", second, third, "--json", NULL);
    assert_code(compared, 0);
    const json *pair = json_first(
        json_path(json_parse(&place->arena, compared.out, NULL), "results.comparisons"));
    static const char *const members[] = {"value", "low", "high", "method", "n"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        assert_same_json(
            json_get(json_get(pair, STR("accuracy_difference")), str_from(members[i])),
            json_get(json_path(fell, "accuracy.difference"), str_from(members[i])));
    assert_same_json(json_get(pair, STR("p")), json_path(fell, "accuracy.p"));
    str notes =
        json_to_str(&place->arena, json_get(run_at(history, 2), STR("notes")), JSON_SPACED);
    assert_contains(notes, "defaults.max_tokens: 60 is now 61");
    assert_contains(notes,
                    "replies of 'small' name the model gpt-6-sol, and gpt-6-luna before");
    assert_int_equal(json_count(json_get(run_at(history, 1), STR("notes"))), 0);
    const json *overall = json_first(json_get(history, STR("overall")));
    assert_text(json_text(json_path(overall, "change.accuracy.changed")), "down");
}

/* Protects: all formats say the same, and the same again. */
static void formats_agree(void **state)
{
    struct place *place = *state;
    const char *second, *third;
    three_runs(place, &second, &third);
    struct ended text = weir(place, "history", "exp", NULL);
    assert_code(text, 0);
    assert_contains(text.out, "History of exp");
    assert_contains(text.out, "25.0 % (14.2 – 40.2 %)");
    assert_contains(weir(place, "history", "exp", "--json", NULL).out,
                    "one is right 65.0 points less often than in the run before");
    assert_contains(text.out, "weir-mock");
    assert_same_text(weir(place, "history", "exp", NULL).out, text.out);
    struct ended csv = weir(place, "history", "exp", "--csv", NULL);
    assert_contains(csv.out, ",one,accuracy,0.25,0.14");
    assert_contains(csv.out, ",down\n");
    struct ended md = weir(place, "history", "exp", "--md", NULL);
    assert_contains(md.out, "25.0 % (14.2 – 40.2 %)");
    assert_code(weir(place, "history", "exp", "-o", "h.csv", NULL), 0);
    assert_same_text(place_read(place, "h.csv"), csv.out);
    assert_code(weir(place, "history", "exp", "-o", "h.html", NULL), 0);
    assert_contains(place_read(place, "h.html"), "<span class=\"range\">(14.2");
    assert_same_text(weir(place, "history", "exp", "--html", NULL).out,
                     place_read(place, "h.html"));
    struct ended bad = weir(place, "history", "exp", "-o", "h.xml", NULL);
    assert_code(bad, 2);
    assert_contains(bad.err, "expected text, md, html, json or csv");
    struct ended one = weir(place, "history", "exp", "-n", "2", "--json", NULL);
    assert_int_equal(
        json_count(json_get(json_parse(&place->arena, one.out, NULL), STR("runs"))), 2);
}

/* Protects: what cannot stand beside the others is named with its reason, and runs of other
 * experiments are not. */
static void what_is_left_out(void **state)
{
    struct place *place = *state;
    write_all(place, "question 0[0-3]");
    place_write_text(place, "exp/.weir/runs/r0.db", "no run");
    run_as(place, "r1", "-j", "4");
    struct ended part =
        weir(place, "run", "exp", "--mock", "--quiet", "--max-calls", "9", NULL);
    assert_code(part, 3);
    named(place, place_path(place, arena_str(&place->arena, str_trim(part.out)).p), "r2");
    run_as(place, "r3", "--shard", "1/2");
    run_as(place, "r4", "-n", "10");
    place_replace(place, "exp/experiment.yaml", "contains: yes", "contains: no");
    run_as(place, "r5", "-j", "4");
    place_replace(place, "exp/experiment.yaml", "contains: no", "contains: yes");
    place_write(place, "exp/other.yaml", place_read(place, "exp/experiment.yaml"));
    named(place, run_good(place, "exp/other.yaml", "--mock", NULL).db, "r6");
    run_as(place, "r7", "-j", "4");
    const json *history = history_of(place, NULL, NULL);
    assert_int_equal(json_count(json_get(history, STR("runs"))), 2);
    assert_int_equal(json_count(json_get(history, STR("left_out"))), 5);
    assert_contains(reason_of(history, "r0"), "it cannot be read");
    assert_contains(reason_of(history, "r2"), "cells have no result");
    assert_contains(reason_of(history, "r3"), "it is shard 1 of 2");
    assert_contains(reason_of(history, "r4"), "its dataset is another one");
    assert_contains(reason_of(history, "r5"), "its scores are defined otherwise");
    /* another measure */
    const json *like = history_of(place, "--like", "exp/.weir/runs/r4.db");
    assert_int_equal(json_count(json_get(like, STR("runs"))), 1);
    assert_contains(reason_of(like, "r7"), "its dataset is another one");
    assert_contains(json_text(json_get(like, STR("verdict"))), "none to compare it with");
    struct ended nobody = weir(place, "history", "nobody", NULL);
    assert_code(nobody, 2);
    assert_contains(nobody.err, "no runs of 'nobody'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_change_is_marked),
        e2e_test(formats_agree),
        e2e_test(what_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
