/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_baseline_file.c: an experiment whose baseline is a file: `weir run` alone compares with it,
 * judges by it and keeps it, with the figures of `weir compare`.
 */
#include "e2e_run.h"

#include <stdio.h>

#define FOLDER     "prompt-regression"
#define EXPERIMENT FOLDER "/experiment.yaml"

static void copy_quick(struct place *place)
{
    place_copy_fixture(place, FOLDER);
    place_replace(place, FOLDER "/mock.yaml", "scale: 0.25", "scale: 0");
}

static void use_candidate(struct place *place, const char *name)
{
    const char *from = arena_printf(&place->arena, FOLDER "/candidates/%s.md", name).p;
    place_write(place, FOLDER "/prompts/sort.md", place_read(place, from));
}

static const json *first_comparison(struct place *place, const char *file)
{
    const json *whole = json_parse(&place->arena, str_trim(place_read(place, file)), NULL);
    const json *comparison = json_first(json_path(whole, "results.comparisons"));
    assert_non_null(comparison);
    return comparison;
}

/* Protects: one command says that a prompt is worse, and why, with exit code 100; the figures are those
 * of weir compare; a report says the same without the file. */
static void a_run_is_judged_by_the_file(void **state)
{
    struct place *place = *state;
    copy_quick(place);
    use_candidate(place, "worse");
    struct ran ran = run_quiet(place, FOLDER, "--mock", "--json", "run.json", "--junit",
                               "run.xml", "--html", "run.html", "--csv", "run.csv", NULL);
    assert_code(ran.ended, 100);
    assert_code(
        weir(place, "compare", FOLDER "/baseline.json", ran.db, "--json", "compare.json", NULL),
        100);
    const json *is = first_comparison(place, "run.json");
    const json *as = first_comparison(place, "compare.json");
    static const char *const same[] = {
        "pairs", "test", "p", "verdict", "accuracy_difference", "cost_ratio"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_non_null(json_get(is, str_from(same[i])));
        assert_true(
            json_equal(json_get(is, str_from(same[i])), json_get(as, str_from(same[i]))));
    }
    assert_text(json_text(json_get(is, STR("baseline"))), "base:sort");
    assert_text(json_text(json_get(is, STR("candidate"))), "sort");
    assert_contains(place_read(place, "run.xml"),
                    "<testsuite name=\"requirements\" tests=\"4\" "
                    "failures=\"2\"");
    assert_lacks(place_read(place, "run.xml"), "name=\"base:sort\"");
    assert_lacks(place_read(place, "run.csv"), "base:sort");
    place_write(place, FOLDER "/baseline.json", STR("another one"));
    struct ended shown = weir(place, "report", ran.db, "--json", "report.json", NULL);
    assert_code(shown, 0);
    assert_contains(shown.out, "cells       180: 180 ok");
    assert_contains(shown.out,
                    "FAIL          accuracy of sort not below base:sort, margin 5.0");
    assert_contains(shown.out, "baseline.json, of run 2");
    assert_contains(shown.out, "Requirements: FAIL (2 passed, 2 failed, 0 inconclusive).");
    assert_same_text(place_read(place, "report.json"), place_read(place, "run.json"));
}

/* Protects: a better prompt passes, and becomes the next baseline, against which it is no better. */
static void the_next_baseline(void **state)
{
    struct place *place = *state;
    copy_quick(place);
    use_candidate(place, "better");
    struct ran ran = run_quiet(place, FOLDER, "--mock", NULL);
    assert_code(ran.ended, 0);
    struct ended shown = weir(place, "report", ran.db, NULL);
    assert_contains(shown.out, "sort is better than base:sort.");
    assert_contains(shown.out, "Requirements: PASS (4 passed, 0 failed, 0 inconclusive).");
    assert_code(weir(place, "baseline", "save", ran.db, FOLDER "/baseline.json", NULL), 0);
    ran = run_quiet(place, FOLDER, "--mock", NULL);
    assert_code(ran.ended, 0);
    shown = weir(place, "report", ran.db, NULL);
    assert_contains(shown.out, "Requirements: PASS (4 passed, 0 failed, 0 inconclusive).");
    assert_lacks(shown.out, "is better than");
}

/* Protects: an experiment begins without a baseline; then nothing is judged by one, and its run becomes
 * the first. Parts of the dataset and new variants are compared as far as the file has them. */
static void the_first_baseline(void **state)
{
    struct place *place = *state;
    copy_quick(place);
    assert_int_equal(remove(place_path(place, FOLDER "/baseline.json")), 0);
    struct ended bad = weir(place, "run", FOLDER, "--mock", NULL);
    assert_code(bad, 2);
    assert_contains(bad.err,
                    "experiment.yaml:21:18: no file '" FOLDER "/baseline.json'; weir run "
                    "--no-baseline and weir baseline save make a new one");
    struct ran ran = run_quiet(place, FOLDER, "--mock", "--no-baseline", NULL);
    assert_code(ran.ended, 0);
    struct ended shown = weir(place, "report", ran.db, NULL);
    assert_contains(shown.out, "not judged    accuracy of sort not below baseline");
    assert_code(weir(place, "baseline", "save", ran.db, FOLDER "/baseline.json", NULL), 0);
    place_replace(place, EXPERIMENT,
                  "\nscore:", "  copy:\n    call: {prompt: sort, max_tokens: 9}\n\nscore:");
    struct ended check = weir(place, "check", FOLDER, NULL);
    assert_code(check, 2);
    assert_contains(check.err, "baseline.json has no variant 'copy'; expected of, with what it "
                               "has: sort");
    place_replace(place, EXPERIMENT, "{metric: accuracy,", "{metric: accuracy, of: sort,");
    place_replace(place, EXPERIMENT, "{metric: cost_usd,", "{metric: cost_usd, of: [sort],");
    ran = run_quiet(place, FOLDER, "--mock", "-n", "40", NULL);
    shown = weir(place, "report", ran.db, NULL);
    assert_code(shown, 0);
    assert_contains(shown.out, "cells       240: 240 ok");
    assert_contains(shown.out,
                    "Compared are the 40 samples with the same content on both sides");
    assert_contains(shown.out, "Only in the baseline: 20 (");
    assert_contains(shown.out, "sort against base:sort");
    assert_lacks(shown.out, "copy against");
}

/* Protects: a run that is scored again goes on with the baseline that it keeps, and with none once the
 * scores are others. */
static void scored_again(void **state)
{
    struct place *place = *state;
    copy_quick(place);
    const char *db = run_good(place, FOLDER, "--mock", NULL).db;
    struct ended same = weir(place, "score", db, "--quiet", NULL);
    assert_code(same, 0);
    struct ended shown =
        weir(place, "report", arena_str(&place->arena, str_trim(same.out)).p, NULL);
    assert_contains(shown.out, "Requirements: PASS (4 passed, 0 failed, 0 inconclusive).");
    place_replace(place, EXPERIMENT, "[no-punctuation]", "[trim]");
    struct ended other = weir(place, "score", db, "--quiet", NULL);
    assert_code(other, 0);
    shown = weir(place, "report", arena_str(&place->arena, str_trim(other.out)).p, NULL);
    assert_contains(shown.out, "not judged    accuracy of sort not below baseline");
    assert_lacks(shown.out, "base:sort");
}

/* Protects: what cannot be compared is told before the first call, with its place. */
static void what_is_refused(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *file, *from, *to, *words;
    } row[] = {
        {EXPERIMENT, "{file: baseline.json}", "[sort]",
         "baseline is a list; expected the name of a variant, or {file: FILE.json}"},
        {EXPERIMENT, "{file: baseline.json}", "{path: baseline.json}", "unknown key 'path'"},
        {EXPERIMENT, "{file: baseline.json}", "{file: mock.yaml}",
         "is no baseline; expected a"},
        {FOLDER "/baseline.json", "\"name\": \"sort\"", "\"name\": \"other\"",
         ":21:18: baseline.json has none of the variants here; it has: other"},
        {EXPERIMENT, "[no-punctuation]", "[trim]",
         ":21:18: baseline.json was saved with other"},
        {FOLDER "/baseline.json", "\"trials\": 3", "\"trials\": 2",
         "more trials than there are"},
        {FOLDER "/baseline.json", "\"trials\": 3", "\"trials\": 3, \"reducer\": \"average\"",
         "'reducer' is none that weir knows"},
        {FOLDER "/baseline.json", "\"mock\": true", "\"mock\": false",
         "was answered by a real model, and this run is by weir-mock"},
        {EXPERIMENT, "trials: 3", "trials: 3\nstop: {of: sort}",
         "stop watches two variants of a run, and baseline is a file"},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        copy_quick(place);
        place_replace(place, row[i].file, row[i].from, row[i].to);
        struct ended bad = weir(place, "run", FOLDER, "--mock", "-n", "1", NULL);
        assert_code(bad, 2);
        assert_contains(bad.err, row[i].words);
        assert_int_equal(place_files(place, FOLDER "/.weir"), 0);
    }
    copy_quick(place);
    str mails = place_read(place, FOLDER "/mails.csv"), head, rest;
    str_cut(mails, '\n', &head, &rest);
    place_write(
        place, FOLDER "/other.csv",
        arena_printf(&place->arena, "%.*s\nz1,\"Is it open?\",LOW,danger\n", STR_ARG(head)));
    place_replace(place, EXPERIMENT, "dataset: mails.csv", "dataset: other.csv");
    struct ended other = weir(place, "check", FOLDER, NULL);
    assert_code(other, 2);
    assert_contains(other.err,
                    ":21:18: baseline.json is of another dataset: its fingerprint is");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_run_is_judged_by_the_file),
        e2e_test(the_next_baseline),
        e2e_test(the_first_baseline),
        e2e_test(scored_again),
        e2e_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
