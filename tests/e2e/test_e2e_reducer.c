/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_reducer.c: `report.reducer`, from the experiment's line to what reports, comparisons,
 * baselines and the forecast say.
 */
#include "e2e_run.h"

#include "base/buf.h"

#include <math.h>

enum { SAMPLES = 30, TRIALS = 3 };

static void write_all(struct place *place, const char *report)
{
    place_write_rows(place, SAMPLES);
    place_write(place, "experiment.yaml",
                arena_printf(&place->arena,
                             "dataset: rows.jsonl\n"
                             "models:\n"
                             "  a: {provider: openai, model: alpha, price: {input: 1, output: "
                             "2}}\n"
                             "defaults: {max_tokens: 20}\n"
                             "trials: 3\n"
                             "variants:\n"
                             "  once: {call: {model: a, prompt: {user: \"{{q}}\"}}}\n"
                             "  twice: {call: {model: a, prompt: {user: \"Again: {{q}}\"}}}\n"
                             "baseline: once\n"
                             "score: {right: {equals: \"{{expected}}\"}}\n"
                             "mock: mock.yaml\n"
                             "%s",
                             report));
    place_write_text(place, "mock.yaml",
                     "seed: 5\nmodels: {alpha: {skill: 0.6}}\n"
                     "answers:\n  rows: {file: rows.jsonl, find: [q], right: "
                     "\"{{row.expected}}\", wrong: [{text: wrong}]}\n"
                     "rules: {all: {answer: {from: rows}}}\n");
}

/* By the cells of the report: the share of samples of which `least` trials are right. */
static double share_by_cells(struct place *place, const char *db, const char *variant,
                             int least)
{
    struct ended ended = weir(place, "report", db, "--json", "--cells", NULL);
    assert_code(ended, 0);
    const json *report = json_parse(&place->arena, ended.out, NULL);
    const json *cells = json_path(report, "results.cells");
    int right[SAMPLES] = {0}, all = 0;
    for (const json *cell = json_first(cells); cell; cell = json_next(cell)) {
        int64_t sample;
        if (!str_equal(json_text(json_get(cell, STR("variant"))), str_from(variant)))
            continue;
        str id = json_text(json_get(cell, STR("sample")));
        assert_true(str_to_int((str){id.p + 1, id.n - 1}, &sample)); /* s12 */
        right[sample] += json_bool(json_get(cell, STR("correct")));
        all++;
    }
    assert_int_equal(all, SAMPLES * TRIALS);
    double share = 0;
    for (int i = 0; i < SAMPLES; i++)
        share += (right[i] >= least) / (double)SAMPLES;
    return share;
}

static double accuracy_of(const json *report, int variant)
{
    const json *one = json_first(json_path(report, "results.variants"));
    while (variant--)
        one = json_next(one);
    return json_number(json_path(one, "accuracy.value"));
}

static void assert_close(double is, double should)
{
    if (!(fabs(is - should) < 1e-9))
        fail_msg("%.12g is not %.12g", is, should);
}

/* Protects: accuracy is the share of samples whose majority (or best trial) is right, counted here from
 * the cells alone, and every page says that it is. */
static void accuracy_is_of_reduced_samples(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *line, *said;
        int least;
    } cases[] = {{"report: {reducer: mode}\n", "a vote that was not held", 2},
                 {"report: {reducer: max}\n", "the best of its trials", 1},
                 {"report: {reducer: median}\n", "the median of its trials", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_all(place, cases[i].line);
        const char *db = run_good(place, "--mock", NULL).db;
        const json *report = report_json(place, db);
        assert_close(accuracy_of(report, 0), share_by_cells(place, db, "once", cases[i].least));
        assert_close(accuracy_of(report, 1),
                     share_by_cells(place, db, "twice", cases[i].least));
        assert_true(
            json_is(json_path(json_first(json_path(report, "results.variants")), "se_rerun"),
                    JSON_NULL));
        assert_contains(report_text(place, db), cases[i].said);
        assert_contains(weir(place, "report", db, "--md", NULL).out,
                        "of the trials of a sample the");
    }
}

/* Protects: a comparison of two runs, also with one of them a baseline file, and the forecast have the
 * same accuracy as the report. */
static void every_document_reduces_alike(void **state)
{
    struct place *place = *state;
    write_all(place, "report: {reducer: mode}\n");
    const char *db = run_good(place, "--mock", NULL).db;
    double accuracy = accuracy_of(report_json(place, db), 0);
    assert_code(weir(place, "baseline", "save", db, "base.json", NULL), 0);
    assert_contains(place_read(place, "base.json"), "\"reducer\": \"mode\"");
    struct ended compared = weir(place, "compare", db, "base.json", "--json", NULL);
    assert_code(compared, 0);
    assert_close(accuracy_of(json_parse(&place->arena, compared.out, NULL), 0), accuracy);
    struct ended forecast =
        weir(place, "report", db, "--forecast", "--requests-per-day", "1000", "--json", NULL);
    assert_code(forecast, 0);
    const json *first =
        json_first(json_path(json_parse(&place->arena, forecast.out, NULL), "variants"));
    assert_close(json_number(json_path(first, "accuracy.value")), accuracy);
}

/* Protects: a word that is no reducer is refused with its place and the words that are. */
static void another_word_is_refused(void **state)
{
    struct place *place = *state;
    write_all(place, "report: {reducer: average}\n");
    struct ended ended = weir(place, "check", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "experiment.yaml:12:");
    assert_contains(ended.err, "expected mean, median, mode or max");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(accuracy_is_of_reduced_samples),
        e2e_test(every_document_reduces_alike),
        e2e_test(another_word_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
