/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_truth.c: weir measures what weir-mock puts in. A few seeds, of which each gives the same
 * replies every time; the proof over 300 is script/simulate.
 */
#include "e2e_run.h"

#include "base/buf.h"

enum { SEEDS = 6, SAMPLES = 60 };
#define BASE   0.80
#define BETTER 0.95

static const char config[] =
    "models: {base: {skill: 0.80}, better: {skill: 0.95}}\n"
    "answers: {rows: {file: rows.jsonl, find: [q], right: \"{{row.expected}}\", wrong: "
    "[{text: wrong}]}}\n"
    "rules: {all: {answer: {from: rows}}}\n";

static const char experiment[] =
    "dataset: rows.jsonl\n"
    "models: {m: {provider: openai, model: base}, n: {provider: openai, model: better}}\n"
    "defaults: {max_tokens: 20}\n"
    "variants:\n"
    "  one: {call: {model: m, prompt: {user: \"{{q}}\"}}}\n"
    "  other: {call: {model: n, prompt: {user: \"{{q}}\"}}}\n"
    "score: {right: {equals: \"{{expected}}\"}}\n"
    "trials: 3\n";

static const json *report_of_seed(struct place *place, const struct mock_server *mock, int seed)
{
    str number = arena_printf(&place->arena, "%d", seed);
    struct ended ended =
        weir(place, "run", "--mock-url", arena_str(&place->arena, mock->url).p, "--seed",
             number.p, "--quiet", "--no-store", "-o", "out.json", NULL);
    assert_code(ended, 0);
    const json *report = json_parse(&place->arena, place_read(place, "out.json"), NULL);
    assert_non_null(report);
    return report;
}

static bool holds(const json *estimate, double truth)
{
    return json_number(json_get(estimate, STR("low"))) <= truth &&
           truth <= json_number(json_get(estimate, STR("high")));
}

/* Protects: through prompts, replies, scores, pairing and intervals the skills of the mock come out,
 * and the difference of fifteen points is found. */
static void the_truth_comes_out(void **state)
{
    struct place *place = *state;
    size_t base = 0, better = 0, difference = 0, found = 0;
    double sum = 0;
    place_write_rows(place, SAMPLES);
    place_write_text(place, "experiment.yaml", experiment);
    place_write_text(place, "mock.yaml", config);
    struct mock_server mock = mock_start(place, "mock.yaml");
    for (int seed = 1; seed <= SEEDS; seed++) {
        const json *report = report_of_seed(place, &mock, seed);
        const json *c = json_first(json_path(report, "results.comparisons"));
        const json *d = json_get(c, STR("accuracy_difference"));
        base += holds(json_get(variant_of(report, "results", "one"), STR("accuracy")), BASE);
        better +=
            holds(json_get(variant_of(report, "results", "other"), STR("accuracy")), BETTER);
        difference += holds(d, BETTER - BASE);
        found += str_equal(json_text(json_get(c, STR("verdict"))), STR("better"));
        sum += json_number(json_get(d, STR("value")));
    }
    mock_stop(&mock);
    assert_true(base >= SEEDS - 1);
    assert_true(better >= SEEDS - 1);
    assert_true(difference >= SEEDS - 1);
    assert_true(found >= SEEDS - 1);
    /* six means of 180 trials each: a standard error of 1.1 points, of which four */
    assert_true(sum / SEEDS > BETTER - BASE - 0.045 && sum / SEEDS < BETTER - BASE + 0.045);
}

int main(void)
{
    const struct CMUnitTest tests[] = {e2e_test(the_truth_comes_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
