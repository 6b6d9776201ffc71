/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_require.c: a change of a prompt is judged as a build would: exit codes, reasons, and every
 * format, on the fixture prompt-regression with its own baseline file, by `weir compare`. That the run
 * compares by itself: test_e2e_baseline_file.c.
 */
#include "e2e_run.h"

static void copy_quick(struct place *place)
{
    place_copy_fixture(place, "prompt-regression");
    place_replace(place, "prompt-regression/mock.yaml", "scale: 0.25", "scale: 0");
    place_replace(place, "prompt-regression/experiment.yaml",
                  "baseline: {file: baseline.json}\n", "");
    place_replace(place, "prompt-regression/experiment.yaml", ", inconclusive: warn", "");
}

/* The run of a candidate; `code` is that of weir run. */
static const char *run_candidate(struct place *place, const char *name, int code)
{
    const char *from =
        arena_printf(&place->arena, "prompt-regression/candidates/%s.md", name).p;
    place_write(place, "prompt-regression/prompts/sort.md", place_read(place, from));
    struct ran ran = run_quiet(place, "prompt-regression", "--mock", NULL);
    assert_code(ran.ended, code);
    return ran.db;
}

static struct ended compare(struct place *place, const char *db, const char *option,
                            const char *file)
{
    return weir(place, "compare", "prompt-regression/baseline.json", db, option, file, NULL);
}

static const json *requirements_of(struct place *place, str text)
{
    const json *whole = json_parse(&place->arena, str_trim(text), NULL);
    assert_non_null(whole);
    return json_path(whole, "results.requirements");
}

static const json *accuracy_rule(struct place *place, str text)
{
    const json *rule = json_first(requirements_of(place, text));
    assert_true(str_equal(json_text(json_get(rule, STR("metric"))), STR("accuracy")));
    return rule;
}

/* Protects: a worse prompt fails the build, and the report says why in words. */
static void a_worse_prompt_fails(void **state)
{
    struct place *place = *state;
    copy_quick(place);
    const char *db = run_candidate(place, "worse", 100); /* mails of danger are missed */
    struct ended text = compare(place, db, "-o", "out.txt");
    assert_code(text, 100);
    assert_contains(text.out,
                    "FAIL          accuracy of head:sort not below base:sort, margin 5.0");
    assert_contains(text.out, "points worse than base:sort");
    assert_contains(text.out, "trials are wrong: m0");
    assert_contains(text.out, "PASS          cost per cell");
    assert_contains(text.out, "Requirements: FAIL (2 passed, 2 failed, 0 inconclusive).");
    assert_same_text(place_read(place, "out.txt"), text.out);
    struct ended md = compare(place, db, "--md", "-");
    assert_code(md, 100);
    assert_contains(md.out, "- **FAIL**: accuracy of head:");
    struct ended junit = compare(place, db, "--junit", "-");
    assert_code(junit, 100);
    assert_contains(junit.out, "tests=\"4\" failures=\"2\"");
    assert_contains(junit.out, "type=\"FAIL\"");
    struct ended as_json = compare(place, db, "--json", "-");
    assert_code(as_json, 100);
    const json *rule = accuracy_rule(place, as_json.out);
    assert_true(str_equal(json_text(json_get(rule, STR("verdict"))), STR("FAIL")));
    assert_contains(as_json.out, "\"verdict\": \"FAIL\",\n    \"wall_s\"");
}

/* Protects: a prompt in other words passes, or is told to need more samples: never a failure. */
static void an_equal_prompt_is_no_regression(void **state)
{
    struct place *place = *state;
    copy_quick(place);
    struct ended ended = compare(place, run_candidate(place, "equal", 0), "--json", "-");
    const json *rule = accuracy_rule(place, ended.out);
    str verdict = json_text(json_get(rule, STR("verdict")));
    bool pass = str_equal(verdict, STR("PASS"));
    assert_code(ended, pass ? 0 : 100);
    if (!pass) {
        assert_true(str_equal(verdict, STR("INCONCLUSIVE")));
        assert_true(json_number(json_get(rule, STR("samples_needed"))) > 0);
    }
    /* two points are more than 60 mails can show */
    place_replace(place, "prompt-regression/experiment.yaml", "margin: 0.05", "margin: 0.01");
    const char *db = run_candidate(place, "equal", 0);
    struct ended narrow = compare(place, db, "--json", "-");
    assert_code(narrow, 100);
    rule = accuracy_rule(place, narrow.out);
    assert_true(str_equal(json_text(json_get(rule, STR("verdict"))), STR("INCONCLUSIVE")));
    assert_true(json_number(json_get(rule, STR("samples_needed"))) > 60);
    struct ended text = compare(place, db, "-o", "narrow.txt");
    assert_contains(text.out, "INCONCLUSIVE");
    assert_contains(text.out, "more samples");
    place_replace(place, "prompt-regression/experiment.yaml", "margin: 0.01",
                  "margin: 0.01, inconclusive: warn");
    db = run_candidate(place, "equal", 0);
    struct ended warned = compare(place, db, "--json", "-");
    assert_code(warned, 0);
    assert_contains(warned.out, "\"verdict\": \"INCONCLUSIVE\"");
    /* what fails no run has not passed by that */
    assert_contains(compare(place, db, "-o", "warned.txt").out,
                    "Requirements: none failed (3 passed, 0 failed, 1 inconclusive).");
}

/* Protects: a better prompt passes every rule and is called better. */
static void a_better_prompt_passes(void **state)
{
    struct place *place = *state;
    copy_quick(place);
    struct ended text =
        compare(place, run_candidate(place, "better", 0), "--junit", "better.xml");
    assert_code(text, 0);
    assert_contains(text.out, "Requirements: PASS (4 passed, 0 failed, 0 inconclusive).");
    assert_contains(place_read(place, "better.xml"), "tests=\"4\" failures=\"0\"");
}

/* Protects: rules against a baseline that is not at hand neither pass nor fail; `weir report` shows
 * what `weir run` judged and has exit code 0; an incomplete run is 3 before it is 100; a bad rule is
 * told before the first call. */
static void exit_codes(void **state)
{
    struct place *place = *state;
    copy_quick(place);
    const char *db = run_candidate(place, "worse", 100);
    struct ended shown = weir(place, "report", db, NULL);
    assert_code(shown, 0);
    assert_contains(shown.out, "not judged    accuracy of sort not below baseline");
    assert_contains(shown.out, "Requirements: FAIL (1 passed, 1 failed, 0 inconclusive, 2 not");
    struct ended junit = weir(place, "report", db, "--junit", NULL);
    assert_code(junit, 0);
    assert_contains(junit.out, "<testsuite name=\"sort\" tests=\"60\"");
    struct ran part =
        run_quiet(place, "prompt-regression", "--mock", "--max-calls", "60", NULL);
    assert_code(part.ended, 3);
    place_replace(place, "prompt-regression/experiment.yaml", "max: 0.05", "max: 5");
    struct ended bad = weir(place, "check", "prompt-regression", NULL);
    assert_code(bad, 2);
    assert_contains(bad.err, "experiment.yaml:25:31: max of error_rate is 5; expected a share");
}

static size_t not_judged(struct ended report)
{
    size_t count = 0;
    for (str rest = report.out, line; rest.n;) {
        str_cut(rest, '\n', &line, &rest);
        count += str_starts_with(str_trim(line), STR("not judged "));
    }
    return count;
}

/* Protects: a run of some variants says of each rule about another that it is not judged, and why; it is
 * told that it is a part, and with whom its variants are compared; so does weir compare. */
static void rules_about_variants_left_out(void **state)
{
    struct place *place = *state;
    place_write_rows(place, 12);
    place_write_text(place, "experiment.yaml",
                     "dataset: rows.jsonl\n"
                     "models: {m: {provider: openai, model: m}}\n"
                     "variants: {one: {value: a}, two: {value: b}, three: {value: c}}\n"
                     "score: {said: {contains-any: [a, b]}}\n"
                     "baseline: one\n"
                     "require:\n"
                     "  - {metric: accuracy, min: 0.5}\n"
                     "  - {metric: accuracy, of: three, min: 0.5}\n"
                     "  - {metric: accuracy, of: two, not_below: baseline, margin: 0.5}\n"
                     "  - {metric: accuracy, of: [two, three], not_below: one, margin: 0.5}\n");
    struct ended check = weir(place, "check", "--variants", "two", NULL);
    assert_lacks(check.out, "as in run"); /* there is none, and nothing takes time */
    /* a provider that nobody who runs asks needs no key, and is not asked either */
    assert_code(weir(place, "run", "-q", NULL), 2);
    assert_code(weir(place, "run", "-q", "--variants", "two", NULL), 0);
    struct ran whole = run_quiet(place, "--mock", NULL);
    assert_code(whole.ended, 100); /* three is always wrong */
    const char *two = run_good(place, "--mock", "--variants", "two", NULL).db;
    struct ended told = weir(place, "report", two, NULL);
    assert_int_equal(not_judged(told), 5);
    assert_contains(told.out, "PASS          accuracy of two at least 50.0 %");
    assert_contains(told.out, "not judged    accuracy of three at least 50.0 %");
    assert_contains(told.out, "Not judged: the run left out three (--variants).");
    assert_contains(told.out,
                    "Not judged: the run left out 'baseline', which it is compared with");
    assert_contains(told.out, "(1 passed, 0 failed, 0 inconclusive, 5 not judged here)");
    assert_contains(told.out,
                    "1 of the experiment's 3 variants ran (--variants), without one, three.");
    struct ended as_json = weir(place, "report", two, "--json", NULL);
    assert_contains(as_json.out, "\"variants-left-out\"");
    for (size_t i = 0; i < 3; i++) {
        static const char *const formats[] = {"--junit", "--csv-requirements", "--github"};
        assert_code(weir(place, "report", two, formats[i], NULL), 0);
    }
    /* with nothing but the baseline there is nothing to judge */
    const char *one = run_good(place, "--mock", "--variants", "one", NULL).db;
    told = weir(place, "report", one, NULL);
    assert_int_equal(not_judged(told), 4);
    assert_contains(told.out, "Requirements: not judged");
    /* the first stands in for a baseline that is not there, in no rule */
    struct ended pair = weir(place, "run", "--mock", "--variants", "three,two", NULL);
    assert_code(pair, 100);
    assert_contains(pair.err,
                    "leaves out the baseline 'one': variants are compared with 'two'");
    assert_contains(pair.out, "The baseline 'one' is one of");
    assert_contains(pair.out, "the run left out 'baseline', which");
    struct ended compared = weir(place, "compare", whole.db, two, NULL);
    assert_code(compared, 0);
    assert_contains(compared.out, "PASS          accuracy of head:two at least 50.0 %");
    assert_contains(compared.out, "Not judged, since not compared here: one, three.");
    assert_contains(compared.out, "Nothing was edited between the two runs.");
    /* nor does a new variant pass for want of a base */
    struct ended alone = weir(place, "compare", two, whole.db, NULL);
    assert_code(alone, 0);
    assert_contains(alone.out, "not judged    accuracy of three at least 50.0 %");
    assert_contains(alone.out, "Not judged, since not compared here: three.");
    struct ended named =
        weir(place, "compare", arena_printf(&place->arena, "%s:two", whole.db).p, two, NULL);
    assert_lacks(named.out, "--variants");
    /* a new variant is none of the part's business */
    place_replace(place, "experiment.yaml", "three: {value: c}",
                  "three: {value: c}, four: {value: d}");
    place_replace(place, "experiment.yaml", "[a, b]", "[a]");
    struct ended scored = weir(place, "score", two, NULL);
    assert_code(scored, 0);
    assert_contains(scored.err, "12 cells scored again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_worse_prompt_fails),          e2e_test(an_equal_prompt_is_no_regression),
        e2e_test(a_better_prompt_passes),        e2e_test(exit_codes),
        e2e_test(rules_about_variants_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
