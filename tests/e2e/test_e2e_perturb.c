/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_perturb.c: samples that run also with a harmless change, against a mock that was told how
 * much it minds: the report finds what was put in, and nothing of it gets into the comparison.
 */
#include "e2e_run.h"

#include "base/buf.h"

#include <math.h>
#include <stdio.h>

enum { SAMPLES = 80 };

static void write_rows(struct place *place, int samples)
{
    struct buf rows = {0};
    for (int i = 0; i < samples; i++)
        buf_printf(
            &rows,
            "{\"id\": \"s%d\", \"ref\": \"R%03dX\", \"text\": \"Please sort message "
            "number %d of Tuesday\", \"steps\": [\"one\", \"two %d\", \"three\"], "
            "\"facts\": [{\"text\": \"fact R%03dY\", \"key\": true}, {\"text\": \"%0300d\"}, "
            "{\"text\": \"%0300d\"}], \"tags\": [\"%s\"], \"expected\": \"answer %d\"}\n",
            i, i, i, i, i, 0, 0, i % 2 ? "odd" : "even", i);
    str text = arena_str(&place->arena, buf_str(&rows));
    buf_release(&rows);
    place_write(place, "rows.jsonl", text);
}

static const char experiment[] =
    "dataset: {file: rows.jsonl}\n"
    "models: {small: {provider: openai, model: m, price: {input: 1, output: 1}},\n"
    "         large: {provider: openai, model: l, price: {input: 3, output: 3}}}\n"
    "defaults: {model: small, max_tokens: 20}\n"
    "variants:\n"
    "  once: {call: {prompt: {user: 'Ref {{ref}}. {{text}}: {{steps}}'}}}\n"
    "  twice:\n"
    "    chain:\n"
    "      first: {call: {model: large, prompt: {user: 'Ref {{ref}}. {{text}}'}}}\n"
    "      second: {call: {prompt: {user: 'Ref {{ref}}. Again: {{first}}'}}}\n"
    "score: {same: {equals: '{{expected}}'}, step: {step: second, equals: '{{expected}}'}}\n"
    "require: [{metric: accuracy, of: once, min: 0.1}]\n"
    "mock: mock.yaml\n";

static const char changes[] = "perturb:\n"
                              "  shout: {case: upper, fields: [text]}\n"
                              "  order: {shuffle: true, fields: [steps]}\n";

static const char mock[] =
    "seed: 5\n"
    "models: {'*': {skill: 0.8, systematic: 1, prompt_sensitivity: SENSITIVITY}}\n"
    "answers: {rows: {file: rows.jsonl, find: [ref], wrong: [{text: maybe}]}}\n"
    "rules: {all: {answer: {from: rows}}}\n";

static void write_all(struct place *place, int samples, const char *more,
                      const char *sensitivity)
{
    write_rows(place, samples);
    place_write(place, "experiment.yaml",
                arena_printf(&place->arena, "%s%s", experiment, more));
    place_write_text(place, "mock.yaml", mock);
    place_replace(place, "mock.yaml", "SENSITIVITY", sensitivity);
}

static const json *perturbed(const json *report, const char *variant, const char *name)
{
    const json *list = json_get(variant_of(report, "results", variant), STR("perturbed"));
    for (const json *one = json_first(list); one; one = json_next(one))
        if (str_equal(json_text(json_get(one, STR("name"))), str_from(name)))
            return one;
    fail_msg("%s has no %s", variant, name);
    return NULL;
}

static void assert_holds(const json *of, const char *estimate, double truth)
{
    const json *e = json_path(of, estimate);
    if (!(figure(e, "low") <= truth && truth <= figure(e, "high")))
        fail_msg("%s: %g is not within %g and %g", estimate, truth, figure(e, "low"),
                 figure(e, "high"));
}

/* Protects: a model that minds no wording flips on nothing; one whose every answer is drawn anew for
 * another wording flips with 2·0.8·0.2, and stays as accurate. */
static void flips_are_what_the_mock_was_told(void **state)
{
    struct place *place = *state;
    write_all(place, SAMPLES, changes, "0");
    const json *report = report_json(place, run_good(place, "--mock", NULL).db);
    const json *shout = perturbed(report, "once", "shout");
    assert_figure(shout, "flips.value", 0);
    assert_figure(shout, "difference.value", 0);
    assert_figure(shout, "other_answers.value", 0);
    assert_true(figure(shout, "difference.high") > 0); /* 80 samples prove no zero */
    assert_figure(shout, "pairs", SAMPLES);
    assert_figure(shout, "changed", SAMPLES);

    write_all(place, SAMPLES, changes, "1");
    const char *db = run_good(place, "--mock", NULL).db;
    report = report_json(place, db);
    check_identities(db);
    static const char *const names[] = {"shout", "order"};
    for (size_t i = 0; i < 2; i++) {
        const json *one = perturbed(report, "once", names[i]);
        assert_holds(one, "flips", 2 * 0.8 * 0.2);
        assert_holds(one, "difference", 0);
        assert_holds(one, "accuracy", 0.8);
        assert_figure(one, "flips.value",
                      (figure(one, "broken") + figure(one, "fixed")) / SAMPLES);
        assert_figure(one, "difference.value",
                      (figure(one, "fixed") - figure(one, "broken")) / SAMPLES);
    }
    /* `twice` does not see the steps */
    assert_figure(perturbed(report, "twice", "order"), "flips.value", 0);
    struct ended text = weir(place, "report", db, NULL);
    assert_contains(text.out, "Changed samples");
    assert_contains(text.out, "shout: ");
    assert_contains(text.out, "320 cells more of changed samples");
    struct ended page = weir(place, "report", db, "--md", NULL);
    assert_contains(page.out, "Changed samples");
    assert_code(weir(place, "report", db, "--html", "page.html", NULL), 0);
    assert_contains(place_read(place, "page.html"), "Changed samples");
    struct ended csv = weir(place, "report", db, "--csv", NULL);
    assert_contains(csv.out, "once,s7~shout,s7,1,ok");
    struct ended show = weir(place, "show", db, "once/s7~shout/1", NULL);
    assert_contains(show.out, "by perturbation 'shout'; unchanged it is once/s7/1");
    assert_contains(show.out, "PLEASE SORT MESSAGE");
    struct ended junit = weir(place, "report", db, "--junit", NULL);
    assert_lacks(junit.out, "~shout");
}

/* Protects: where a change makes a model worse the report says by how much: half as able beside a
 * second Tuesday, and less able the nearer the key fact is to the middle. */
static void losses_are_what_the_mock_was_told(void **state)
{
    struct place *place = *state;
    write_all(place, SAMPLES,
              "perturb: {aside: {distractor: 'It is Tuesday.', fields: [text]}}\n", "0");
    place_replace(place, "mock.yaml", "skill: 0.8",
                  "skill: {at: 0.9, instruction: 'Tuesday', per_instruction: 0.5}");
    const json *report = report_json(place, run_good(place, "--mock", NULL).db);
    const json *aside = perturbed(report, "once", "aside");
    assert_holds(aside, "difference", 0.45 - 0.9);
    assert_true(figure(aside, "difference.high") < 0);
    assert_figure(aside, "fixed", 0);
    assert_contains(json_text(json_get(aside, STR("text"))), "points less often correct");

    write_all(place, SAMPLES, "perturb: {needle: {position: [0, 0.5, 1], fields: [facts]}}\n",
              "0");
    place_replace(place, "mock.yaml", "skill: 0.8", "skill: {at: 0.9, middle: 0.2}");
    place_replace(place, "mock.yaml", "find: [ref]", "find: ['facts[0].text']");
    place_replace(place, "experiment.yaml", "Ref {{ref}}. {{text}}: {{steps}}",
                  "{{#each facts as f}}{{f.text}} {{/each}} Sort.");
    report = report_json(place, run_good(place, "--mock", NULL).db);
    const json *middle = perturbed(report, "once", "needle-0.5");
    assert_true(figure(middle, "difference.high") < -0.4);
    assert_figure(perturbed(report, "once", "needle-0"), "flips.value", 0);
    assert_figure(perturbed(report, "once", "needle-0"), "changed", 0);
    assert_true(figure(perturbed(report, "once", "needle-1"), "accuracy.value") >
                figure(middle, "accuracy.value") + 0.4);
}

static const char structured[] =
    "dataset: {file: rows.jsonl}\n"
    "models: {small: {provider: openai, model: m, price: {input: 1, output: 1}}}\n"
    "trials: 3\n"
    "variants:\n"
    "  once:\n"
    "    call:\n"
    "      model: small\n"
    "      prompt: {user: 'Ref {{ref}}. {{text}}'}\n"
    "      schema: {type: object, required: [label, note], additionalProperties: false,\n"
    "               properties: {label: {type: string}, note: {type: [string, 'null']}}}\n"
    "score: {same: {of: '{{output.label}}', equals: '{{expected}}'}}\n"
    "mock: mock.yaml\n";

/* Protects label consistency and schema drift: of a model that is right with 0.8, anew on each trial,
 * two answers are the same with 0.64 + 0.04, and where a wrong one has no note 0.32 of the pairs
 * have another shape; a model that always errs alike is wholly consistent. */
static void consistency_is_what_the_mock_was_told(void **state)
{
    struct place *place = *state;
    write_rows(place, SAMPLES);
    place_write_text(place, "experiment.yaml", structured);
    place_write_text(place, "mock.yaml", mock);
    place_replace(place, "mock.yaml", "systematic: 1, prompt_sensitivity: SENSITIVITY",
                  "systematic: 0");
    place_replace(place, "mock.yaml", "wrong: [{text: maybe}]",
                  "right: {label: '{{row.expected}}', note: sure}, "
                  "wrong: [{text: '{\"label\": \"Maybe\", \"note\": null}'}]");
    const char *db = run_good(place, "--mock", NULL).db;
    const json *report = report_json(place, db);
    const json *c = json_get(variant_of(report, "results", "once"), STR("consistency"));
    assert_holds(c, "same_answer", 0.68);
    assert_holds(c, "flips", 0.32);
    assert_holds(c, "other_shape", 0.32);
    assert_figure(c, "shapes_seen", 2);
    assert_text(json_text(json_path(json_first(json_get(c, STR("shapes"))), "shape")),
                "{label: text, note: text}");
    struct ended text = weir(place, "report", db, NULL);
    assert_contains(text.out, "Trials of a sample");
    assert_contains(text.out, "{label: text, note: null} (");
    struct ended csv = weir(place, "report", db, "--csv", NULL);
    assert_contains(csv.out, "\"{label: text, note: text}\"");

    place_replace(place, "mock.yaml", "systematic: 0", "systematic: 1");
    report = report_json(place, run_good(place, "--mock", NULL).db);
    c = json_get(variant_of(report, "results", "once"), STR("consistency"));
    assert_figure(c, "same_answer.value", 1);
    assert_figure(c, "other_shape.value", 0);
    assert_figure(c, "shapes_seen", 2); /* wrong ones have none each time */
}

/* Protects: with and without changes a variant's figures, comparisons and requirements are the
 * same; a baseline and `weir compare` do not see them. */
static void nothing_enters_the_comparison(void **state)
{
    struct place *place = *state;
    write_all(place, 30, "trials: 2\n", "0.5");
    const char *without = run_good(place, "--mock", NULL).db;
    write_all(place, 30, arena_printf(&place->arena, "trials: 2\n%s", changes).p, "0.5");
    const char *with = run_good(place, "--mock", NULL).db;
    const json *a = report_json(place, without), *b = report_json(place, with);
    static const char *const names[] = {"once", "twice"};
    for (size_t i = 0; i < 2; i++) {
        const json *was = variant_of(a, "results", names[i]),
                   *is = variant_of(b, "results", names[i]);
        for (const json *m = json_first(was); m; m = json_next(m))
            if (!str_equal(json_key(m), STR("perturbed")))
                assert_same_json(m, json_get(is, json_key(m)));
        assert_int_equal(json_count(json_get(is, STR("perturbed"))), 2);
    }
    static const char *const parts[] = {"comparisons", "requirements", "winner", "warnings"};
    for (size_t i = 0; i < 4; i++)
        assert_same_json(json_path(a, arena_printf(&place->arena, "results.%s", parts[i]).p),
                         json_path(b, arena_printf(&place->arena, "results.%s", parts[i]).p));
    assert_int_equal(sql_int(with, "SELECT count(*) FROM cell"),
                     3 * sql_int(without, "SELECT count(*) FROM cell"));
    assert_code(weir(place, "baseline", "save", with, "b.json", NULL), 0);
    assert_lacks(place_read(place, "b.json"), "~shout");
    struct ended one = weir(place, "compare", with, without, "--json", NULL);
    struct ended two = weir(place, "compare", without, without, "--json", NULL);
    assert_code(one, 0);
    assert_same_text(results_of(one.out), results_of(two.out));
}

/* Protects: changed samples are stored, resumed, divided, recorded and cached as all others. */
static void runs_go_on_and_apart(void **state)
{
    struct place *place = *state;
    write_all(place, 12, changes, "0.5");
    str whole = results_of(
        report_text(place, run_quiet(place, "--mock", "--record", "tape.jsonl", NULL).db));
    struct ran part = run_quiet(place, "--mock", "--max-calls", "37", "-j", "3", NULL);
    assert_code(part.ended, 3);
    struct ended again =
        weir(place, "run", "--resume", part.db, "--max-calls", "500", "--quiet", NULL);
    assert_true(again.code == 0 || again.code == 100);
    assert_same_text(results_of(report_text(place, part.db)), whole);
    const char *shard[3];
    static const char *const names[] = {"1/3", "2/3", "3/3"};
    for (int i = 0; i < 3; i++) {
        shard[i] = run_quiet(place, "--mock", "--shard", names[i], NULL).db;
        assert_int_equal(sql_int(shard[i], "SELECT count(*) FROM cell"), 4 * 3 * 2);
        check_identities(shard[i]);
    }
    assert_code(weir(place, "merge", "all.db", shard[2], shard[0], shard[1], NULL), 0);
    assert_same_text(results_of(report_text(place, place_path(place, "all.db"))), whole);
    assert_same_text(
        results_of(report_text(place, run_quiet(place, "--replay", "tape.jsonl", NULL).db)),
        whole);
    place_replace(place, "experiment.yaml", "mock: mock.yaml", "mock: mock.yaml\ncache: use");
    place_env(place, "XDG_CACHE_HOME=.");
    run_good(place, "--mock", NULL);
    const char *cached = run_good(place, "--mock", NULL).db;
    assert_int_equal(sql_int(cached, "SELECT count(*) FROM call WHERE source <> 'cached'"), 0);
    assert_same_text(results_of(report_text(place, cached)), whole);
}

/* Protects: `weir check` counts them, and says where a change has nothing to change. */
static void check_counts_them(void **state)
{
    struct place *place = *state;
    write_all(place, 12, changes, "0");
    struct ended ended = weir(place, "check", NULL);
    assert_code(ended, 0);
    assert_contains(ended.out,
                    "12 samples × 3 (unchanged, and by each of 2 changes) × 1 trials × "
                    "2 variants = 72 cells");
    assert_contains(ended.out, "12 of 12");
    write_all(place, 12, "perturb: {shout: {case: uper, fields: [text]}}\n", "0");
    ended = weir(place, "check", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "experiment.yaml:14:25: case is 'uper'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(flips_are_what_the_mock_was_told),
        e2e_test(losses_are_what_the_mock_was_told),
        e2e_test(consistency_is_what_the_mock_was_told),
        e2e_test(nothing_enters_the_comparison),
        e2e_test(runs_go_on_and_apart),
        e2e_test(check_counts_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
