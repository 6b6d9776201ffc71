/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_baseline.c: what is kept of a run for comparisons, and comparisons of runs, baselines
 * and variants.
 */
#include "e2e_run.h"

static const char *run_support(struct place *place, const char *seed)
{
    return run_good(place, "support", "--mock", "-n", "24", "--trials", "2", "--seed", seed,
                    NULL)
        .db;
}

static void copy_support(struct place *place)
{
    place_copy_fixture(place, "support");
    place_replace(place, "support/mock.yaml", "scale: 0.25", "scale: 0");
    place_replace(place, "support/mock.yaml", "retry_after: 1s", "retry_after: 20ms");
}

static str compared(struct place *place, const char *base, const char *head)
{
    struct ended ended = weir(place, "compare", base, head, "--json", NULL);
    assert_code(ended, 0);
    return ended.out;
}

static const json *first_comparison(struct place *place, str text, const char *part)
{
    const json *whole = json_parse(&place->arena, str_trim(text), NULL);
    assert_non_null(whole);
    const json *comparison =
        json_first(json_get(json_get(whole, str_from(part)), STR("comparisons")));
    assert_non_null(comparison);
    return comparison;
}

/* Protects: the file is small, has the same bytes each time, and nothing of prompts or answers. */
static void a_baseline_is_small_and_stable(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *db = run_support(place, "1");
    assert_code(weir(place, "baseline", "save", db, "one.json", NULL), 0);
    assert_code(weir(place, "baseline", "save", db, "two.json", NULL), 0);
    str one = place_read(place, "one.json");
    assert_same_text(place_read(place, "two.json"), one);
    assert_true(one.n < 144 * 120 + 3000); /* 144 cells */
    str answer = sql_text(place, db,
                          "SELECT json_extract(bytes, '$.reply') FROM cell JOIN body"
                          " ON body = output WHERE status = 'ok' AND variant = 0 LIMIT 1");
    assert_true(answer.n > 20);
    assert_lacks(one, answer.p);
    assert_lacks(one, "You are");
    assert_contains(one, "\"weir_baseline\": 1,");
    assert_non_null(json_parse(&place->arena, one, NULL));
}

/* Protects: a comparison with a baseline is that with the run it was saved from, to the byte. */
static void a_baseline_stands_for_its_run(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *base = run_support(place, "1"), *head = run_support(place, "2");
    assert_code(weir(place, "baseline", "save", base, "base.json", NULL), 0);
    assert_code(weir(place, "baseline", "save", head, "head.json", NULL), 0);
    str whole = compared(place, base, head);
    str results = results_of(whole);
    assert_same_text(results_of(compared(place, "base.json", head)), results);
    assert_same_text(results_of(compared(place, base, "head.json")), results);
    assert_true(json_number(json_path(first_comparison(place, whole, "results"), "pairs")) ==
                24);
    const json *time = first_comparison(place, whole, "timing");
    const json *kept =
        first_comparison(place, compared(place, "base.json", "head.json"), "timing");
    assert_same_json(time, kept);
    /* three pairs of namesakes, and not the same twice */
    assert_contains(results, "\"baseline\": \"base:by_model\"");
    assert_contains(results, "\"candidate\": \"head:by_model\"");
    struct ended text = weir(place, "compare", "base.json", head, NULL);
    assert_code(text, 0);
    assert_contains(text.out, "Of 3 variants ");
}

/* Protects: two variants of a run are compared as the run's own report compares them, but for the
 * adjustment of p, which is of one test. */
static void variants_of_a_run(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *db = run_support(place, "1");
    const json *report = report_json(place, db);
    const json *own = json_first(json_path(report, "results.comparisons"));
    const char *base = arena_printf(&place->arena, "%s:generic", db).p,
               *head = arena_printf(&place->arena, "%s:by_model", db).p;
    const json *is = first_comparison(place, compared(place, base, head), "results");
    static const char *const same[] = {
        "baseline", "candidate",           "pairs",      "test",
        "p",        "accuracy_difference", "cost_ratio", "score_difference"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        assert_same_json(json_get(is, str_from(same[i])), json_get(own, str_from(same[i])));
    assert_int_equal((int64_t)json_number(json_get(is, STR("family"))), 1);
    /* of the newest run, by name alone */
    struct child child = child_start(
        place,
        (const char *const[]){"/bin/sh", "-c", "cd support && \"$1\" compare generic by_model",
                              "sh", E2E_WEIR, NULL});
    struct ended ended = child_wait(&child);
    assert_code(ended, 0);
    assert_contains(ended.out, "generic");
}

static void assert_refused(struct ended ended, const char *words)
{
    assert_code(ended, 2);
    assert_contains(ended.err, words);
}

/* A baseline as of a weir that did not keep what samples hold. */
static void forget_contents(struct place *place, const char *from, const char *to)
{
    str line, rest = place_read(place, from);
    struct buf old = {0};
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        bool sample = str_starts_with(line, STR("[\"q"));
        str id = str_sub(line, 2, 5);
        buf_printf(&old, sample ? "[\"%.*s\"]%s\n" : "%.*s%s\n", STR_ARG(sample ? id : line),
                   sample && str_ends_with(line, STR(",")) ? "," : "");
    }
    place_write(place, to, arena_str(&place->arena, buf_str(&old)));
    buf_release(&old);
}

/* Protects: what cannot be paired is refused with what differs. */
static void what_cannot_be_paired_is_refused(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *db = run_support(place, "1");
    assert_code(weir(place, "baseline", "save", db, "b.json", NULL), 0);
    const char *other = run_good(place, "support", "--mock", "-n", "23", NULL).db;
    assert_code(weir(place, "compare", "b.json", other, NULL), 0); /* of 23 samples */
    forget_contents(place, "b.json", "old.json");
    assert_code(weir(place, "compare", "old.json", db, NULL), 0);
    assert_refused(weir(place, "compare", "old.json", other, NULL),
                   "the dataset's fingerprint is");
    place_replace(place, "support/experiment.yaml", "step: by", "step: by\n    weight: 1");
    const char *scores = run_support(place, "1");
    assert_refused(weir(place, "compare", "b.json", scores, NULL), "scores' definitions");
    assert_refused(weir(place, "compare", "b.json", "nothing", NULL), "no run 'nothing'");
    assert_refused(weir(place, "compare", "b.json:nobody", db, NULL), "no variant 'nobody'");
    assert_refused(weir(place, "compare", db, NULL), "no complete run in .weir/runs here");
    assert_refused(weir(place, "compare", db, db, db, NULL), "expected BASE and HEAD");
    assert_refused(weir(place, "baseline", "save", db, "b.txt", NULL), "expected FILE.json");
    assert_refused(weir(place, "baseline", "keep", db, "b.json", NULL), "expected save");
}

/* Protects the reader against files that are no baseline, not whole, newer, or changed so that
 * they do not add up: a clear line, never numbers. */
static void bad_baselines_are_refused(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *db = run_good(place, "support", "--mock", "-n", "3", NULL).db;
    assert_code(weir(place, "baseline", "save", db, "good.json", NULL), 0);
    static const struct {
        const char *from, *to, *words;
    } row[] = {
        {"\"weir_baseline\": 1", "\"weir_baseline\": 2", "written by a newer weir (baseline 2"},
        {"\"weir_baseline\": 1", "\"other\": 1", "'weir_baseline' is missing"},
        {"\"correct\", ", "\"korrect\", ", "there is no column 'correct'"},
        {"[\"ok\",", "[\"good\",", "no status that weir knows"},
        {"\"trials\": 3", "\"trials\": 2", "more trials than there are"},
        {"\"trials\": 3", "\"trials\": \"3\"", "no number of trials"},
        {"\"samples\": [\n", "\"samples\": [\n[\"zz\"],\n",
         "not as many lines as there are samples"},
        {"\"roles\": {\"router\": [", "\"roles\": {\"router\": [-1,", "is no count"},
        {"\"roles\": {\"router\": [", "\"roles\": {\"router\": [7,", "does not add up"},
        {"\"variants\": [", "\"variants\": [[", ":"},
        {"\"sent\", ", "\"unknown\", ", "there is no column 'sent'"},
        {"\"attempts\", \"answer\"]", "\"x\", \"attempts\"]", "add up"},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        place_write(place, "bad.json", place_read(place, "good.json"));
        place_replace(place, "bad.json", row[i].from, row[i].to);
        assert_refused(weir(place, "compare", "bad.json", db, NULL), row[i].words);
    }
    str good = place_read(place, "good.json");
    for (size_t n = 0; n < good.n; n += 97) {
        place_write(place, "bad.json", str_sub(good, 0, n));
        assert_code(weir(place, "compare", "bad.json", db, NULL), 2);
        n += good.n / 10;
    }
    /* columns that a later version adds are passed over */
    place_write(place, "bad.json", good);
    place_replace(place, "bad.json", "\"answer\"]", "\"answer\", \"mood\"]");
    assert_same_text(results_of(compared(place, "bad.json", db)),
                     results_of(compared(place, "good.json", db)));
}

/* Protects: a run with pending cells is no baseline unless one says so, and then they are
 * missing, not wrong. */
static void an_incomplete_run(void **state)
{
    struct place *place = *state;
    copy_support(place);
    struct ran ran =
        run_quiet(place, "support", "--mock", "-n", "6", "--max-calls", "20", NULL);
    assert_code(ran.ended, 3);
    assert_refused(weir(place, "baseline", "save", ran.db, "b.json", NULL), "have no result");
    assert_code(weir(place, "baseline", "save", ran.db, "b.json", "--partial", NULL), 0);
    assert_same_text(results_of(compared(place, "b.json", ran.db)),
                     results_of(compared(place, ran.db, ran.db)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_baseline_is_small_and_stable),
        e2e_test(a_baseline_stands_for_its_run),
        e2e_test(variants_of_a_run),
        e2e_test(what_cannot_be_paired_is_refused),
        e2e_test(bad_baselines_are_refused),
        e2e_test(an_incomplete_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
