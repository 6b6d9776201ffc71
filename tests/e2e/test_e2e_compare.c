/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_compare.c: comparisons of runs whose datasets differ, after a prompt was edited, with
 * clusters and groups of samples, and what roles cost in them.
 */
#include "e2e_run.h"

#include "base/buf.h"
#include "base/file.h"
#include "stats/paired.h"

#include <math.h>
#include <stdio.h>

/* ---- datasets ---- */

/* Rows from..to as `prefix`N; every fifth is asked in other words, and every seventh renamed. */
static void write_rows(struct place *place, int from, int to, bool edited)
{
    struct buf rows = {0};
    for (int i = from; i < to; i++)
        buf_printf(&rows,
                   "{\"id\": \"%s%d\", \"ref\": \"R%03dX\", \"q\": \"question %d%s\", "
                   "\"cluster\": \"doc%d\", \"tags\": [\"lang:%s\", \"all\"], \"expected\": "
                   "\"answer %d\", \"metadata\": {\"source\": \"%s\"}}\n",
                   edited && i % 7 == 0 ? "new" : "s", i, i, i,
                   edited && i % 5 == 1 ? ", please" : "", i / 3, i % 2 ? "de" : "en", i,
                   i % 4 ? "mail" : "form");
    str text = arena_str(&place->arena, buf_str(&rows));
    buf_release(&rows);
    place_write(place, "rows.jsonl", text);
}

static const char experiment[] =
    "dataset: {file: rows.jsonl}\n"
    "models: {small: {provider: openai, model: m, price: {input: 1, output: 1}},\n"
    "         judge: {provider: openai, model: j, price: {input: 5, output: 5}}}\n"
    "defaults: {model: small, max_tokens: 20}\n"
    "trials: 2\n"
    "variants:\n"
    "  once: {call: {prompt: {user: 'Ref {{ref}}. {{q}}'}}}\n"
    "  routed:\n"
    "    route:\n"
    "      by: {call: {max_tokens: 5, prompt: {user: 'Which? {{q}}'}}}\n"
    "      cases: {a: {value: no}}\n"
    "      fallback: {call: {prompt: {user: 'Ref {{ref}}. Routed: {{q}}'}}}\n"
    "score:\n"
    "  same: {equals: '{{expected}}'}\n"
    "  polite: {llm-rubric: 'It is polite.', model: judge, weight: 0}\n"
    "mock: mock.yaml\n";

static const char mock[] =
    "seed: 5\n"
    "models: {'*': {skill: 0.7, systematic: 0.5}}\n"
    "answers: {rows: {file: all.jsonl, find: [ref], wrong: [{text: maybe}]}}\n"
    "rules:\n"
    "  judge: {when: {model: j}, reply: '{\"reason\": \"fine\", \"score\": 1, \"pass\": "
    "true}'}\n"
    "  which: {when: {prompt: 'Which?'}, reply: 'b'}\n"
    "  all: {answer: {from: rows}}\n";

static void write_all(struct place *place)
{
    write_rows(place, 0, 60, false);
    place_write(place, "all.jsonl", place_read(place, "rows.jsonl"));
    place_write_text(place, "experiment.yaml", experiment);
    place_write_text(place, "mock.yaml", mock);
}

static const char *run_rows(struct place *place, int from, int to, bool edited)
{
    write_rows(place, from, to, edited);
    return run_good(place, "--mock", NULL).db;
}

/* ---- reading ---- */

static const json *compared(struct place *place, const char *base, const char *head)
{
    struct ended ended = weir(place, "compare", base, head, "--json", NULL);
    assert_code(ended, 0);
    const json *whole = json_parse(&place->arena, str_trim(ended.out), NULL);
    assert_non_null(whole);
    return whole;
}

static const json *first_of(const json *whole)
{
    return json_first(json_path(whole, "results.comparisons"));
}

static const json *warning_of(const json *whole, const char *code)
{
    const json *list = json_path(whole, "results.warnings");
    for (const json *one = json_first(list); one; one = json_next(one))
        if (str_equal(json_text(json_get(one, STR("code"))), str_from(code)))
            return one;
    return NULL;
}

/* ---- tests ---- */

/* Protects: of two versions of a dataset the samples with the same content are compared, also under
 * another id and in another place; all others are counted and named. A baseline does the same. */
static void an_edited_dataset(void **state)
{
    struct place *place = *state;
    write_all(place);
    const char *base = run_rows(place, 0, 30, false), *head = run_rows(place, 4, 34, true);
    assert_code(weir(place, "baseline", "save", base, "base.json", NULL), 0);
    const json *whole = compared(place, base, head), *c = first_of(whole);
    /* 4 … 29 are on both sides; 6, 11, 16, 21, 26 have other words, 7, 14, 28 another id (21 both) */
    const json *m = json_path(whole, "results.matching");
    assert_figure(m, "matched", 21);
    assert_figure(m, "renamed", 3);
    assert_figure(m, "edited", 4);
    assert_figure(m, "only_baseline", 9);
    assert_figure(m, "only_candidate", 9);
    assert_text(json_text(json_get(m, STR("edited_samples"))), "s11, s16, s26, s6");
    assert_text(json_text(json_get(m, STR("baseline_samples"))),
                "s0, s1, s2, s3, s6, s11, s16, s21, …");
    assert_figure(c, "pairs", 21);
    assert_figure(c, "dropped", 0);
    assert_figure(variant_of(whole, "results", "head:once"), "samples", 30);
    const json *told = warning_of(whole, "datasets-differ");
    assert_non_null(told);
    assert_contains(json_text(json_get(told, STR("text"))), "21 samples with the same content");
    assert_contains(json_text(json_get(c, STR("text"))), "on the same 21 samples");
    struct ended by_file = weir(place, "compare", "base.json", head, "--json", NULL),
                 by_run = weir(place, "compare", base, head, "--json", NULL);
    assert_code(by_file, 0);
    assert_same_text(results_of(by_file.out), results_of(by_run.out));
    struct ended text = weir(place, "compare", base, head, NULL);
    assert_contains(text.out, "The two datasets differ");
    struct ended page = weir(place, "compare", base, head, "--md", NULL);
    assert_contains(page.out, "The two datasets differ");
    /* the same samples as if nothing else were there */
    write_rows(place, 4, 30, false);
    str rows = place_read(place, "rows.jsonl"), line, rest = rows;
    struct buf kept = {0};
    for (int i = 4; rest.n; i++) {
        str_cut(rest, '\n', &line, &rest);
        if (i % 5 != 1)
            buf_printf(&kept, "%.*s\n", STR_ARG(line));
    }
    place_write(place, "rows.jsonl", arena_str(&place->arena, buf_str(&kept)));
    buf_release(&kept);
    const char *only = run_good(place, "--mock", NULL).db;
    const json *own = first_of(compared(place, base, only));
    assert_figure(own, "pairs", 21);
}

/* Protects: with no sample in common the report says that it is unpaired and why, tests nothing, and
 * joins the limits of both accuracies. */
static void nothing_in_common(void **state)
{
    struct place *place = *state;
    write_all(place);
    const char *base = run_rows(place, 0, 25, false), *head = run_rows(place, 30, 60, false);
    const json *whole = compared(place, base, head), *c = first_of(whole);
    const json *a = json_get(variant_of(whole, "results", "head:once"), STR("accuracy"));
    const json *b = json_get(variant_of(whole, "results", "base:once"), STR("accuracy"));
    double off = figure(a, "value") - figure(b, "value");
    double below =
        hypot(figure(a, "value") - figure(a, "low"), figure(b, "high") - figure(b, "value"));
    double above =
        hypot(figure(a, "high") - figure(a, "value"), figure(b, "value") - figure(b, "low"));
    assert_text(json_text(json_get(c, STR("verdict"))), "unpaired");
    assert_true(fabs(figure(c, "accuracy_difference.value") - off) < 1e-9);
    assert_true(fabs(figure(c, "accuracy_difference.low") - (off - below)) < 1e-9);
    assert_true(fabs(figure(c, "accuracy_difference.high") - (off + above)) < 1e-9);
    assert_true(json_is(json_get(c, STR("p")), JSON_NULL));
    assert_true(json_is(json_path(c, "cost_ratio.value"), JSON_NULL));
    const json *told = warning_of(whole, "unpaired");
    assert_non_null(told);
    assert_contains(json_text(json_get(told, STR("text"))), "share no sample");
    struct ended text = weir(place, "compare", base, head, NULL);
    assert_contains(text.out, "unpaired");
}

/* Protects: rules against a base that shares no sample are inconclusive, never passed. */
static void rules_need_pairs(void **state)
{
    struct place *place = *state;
    write_all(place);
    const char *base = run_rows(place, 0, 12, false);
    place_replace(place, "experiment.yaml", "mock: mock.yaml",
                  "require: [{metric: accuracy, of: once, not_below: baseline, margin: 0.9}]\n"
                  "baseline: routed\nmock: mock.yaml");
    write_rows(place, 20, 32, false);
    const char *head = run_quiet(place, "--mock", NULL).db;
    struct ended ended = weir(place, "compare", base, head, NULL);
    assert_code(ended, 100);
    assert_contains(ended.out, "INCONCLUSIVE");
}

/* Protects: what routers and judges used stands in a comparison as in the runs' own reports, from a
 * run as from a baseline. */
static void roles_cost_what_they_cost(void **state)
{
    struct place *place = *state;
    write_all(place);
    const char *base = run_rows(place, 0, 12, false);
    place_replace(place, "experiment.yaml", "Ref {{ref}}. {{q}}", "Edited. Ref {{ref}}. {{q}}");
    const char *head = run_rows(place, 0, 12, false);
    assert_code(weir(place, "baseline", "save", base, "base.json", NULL), 0);
    const json *whole = compared(place, "base.json", head);
    const json *own = report_json(place, base);
    const json *roles = json_get(variant_of(whole, "results", "base:routed"), STR("roles"));
    assert_same_json(roles, json_get(variant_of(own, "results", "routed"), STR("roles")));
    assert_figure(json_at(roles, 1), "calls", 24); /* router */
    assert_figure(json_at(roles, 2), "calls", 24); /* judge */
    assert_true(figure(json_at(roles, 2), "cost_usd") > 0);
    /* and so does how alike trials are, without a word of what they said */
    const json *alike =
        json_path(variant_of(whole, "results", "base:once"), "consistency.same_answer");
    assert_true(figure(alike, "value") > 0.5 && figure(alike, "value") < 1);
    assert_same_json(alike,
                     json_path(variant_of(own, "results", "once"), "consistency.same_answer"));
    struct ended edited = weir(place, "compare", base, head, NULL);
    assert_contains(edited.out, "Edited between the two runs: variants.once.call.prompt.user.");
    struct ended text = weir(place, "compare", "base.json", head, NULL);
    assert_contains(text.out, "Cost by role");
    assert_contains(text.out, "router");
    /* the edited prompt is another request, and the same samples are compared */
    assert_figure(first_of(whole), "pairs", 12);
    assert_null(warning_of(whole, "datasets-differ"));
}

static const json *slice_of(const json *whole, const char *group)
{
    const json *list = json_path(whole, "results.slices");
    for (const json *one = json_first(list); one; one = json_next(one))
        if (str_equal(json_text(json_get(one, STR("group"))), str_from(group)))
            return one;
    fail_msg("no slice %s", group);
    return NULL;
}

/* Protects: groups and clusters are those of the experiment in every report, and a comparison of two
 * variants of one run has the figures of the run's own report. */
static void groups_and_clusters(void **state)
{
    struct place *place = *state;
    write_all(place);
    place_replace(place, "experiment.yaml", "mock: mock.yaml",
                  "report: {group_by: ['lang:', metadata.source]}\nmock: mock.yaml");
    const char *db = run_rows(place, 0, 36, false);
    const json *own = report_json(place, db);
    assert_true(json_bool(json_path(own, "dataset.clustered")));
    assert_int_equal(json_count(json_path(own, "results.slices")), 4);
    const json *de = slice_of(own, "lang:de"), *form = slice_of(own, "source: form");
    assert_figure(de, "samples", 18);
    assert_figure(form, "samples", 9);
    assert_non_null(warning_of(own, "slices"));
    int64_t right = sql_int(db, "SELECT sum(correct) FROM cell JOIN sample USING (sample)"
                                " WHERE variant = 0 AND tags LIKE '%%lang:de%%'");
    assert_figure(json_at(json_get(de, STR("variants")), 0), "accuracy.value",
                  (double)right / 36);
    const char *base = arena_printf(&place->arena, "%s:once", db).p,
               *head = arena_printf(&place->arena, "%s:routed", db).p;
    const json *whole = compared(place, base, head);
    assert_true(json_bool(json_path(whole, "dataset.clustered")));
    const json *c = first_of(whole), *is = json_first(json_path(own, "results.comparisons"));
    assert_same_json(json_get(c, STR("accuracy_difference")),
                     json_get(is, STR("accuracy_difference")));
    assert_same_json(json_get(slice_of(whole, "lang:de"), STR("comparisons")),
                     json_get(de, STR("comparisons")));
    struct ended page = weir(place, "report", db, "--md", NULL);
    struct ended text = weir(place, "report", db, NULL);
    assert_contains(page.out, "in clusters");
    assert_contains(text.out, "in clusters");
    assert_contains(text.out, "lang:de, 18 samples");
    assert_contains(page.out, "de, 18 samples"); /* the colon is escaped */
    assert_code(weir(place, "report", db, "--html", "page.html", NULL), 0);
    assert_contains(place_read(place, "page.html"), "lang:de, 18 samples");
    struct ended csv = weir(place, "report", db, "--csv", NULL);
    assert_contains(csv.out, "lang:de");
    struct ended other = weir(place, "report", db, "--group-by", "al", "--json", NULL);
    assert_contains(other.out, "\"group\": \"all\"");
    assert_lacks(other.out, "\"group\": \"lang:de\"");
    place_replace(place, "experiment.yaml", "'lang:'", "'lng:'");
    struct ended check = weir(place, "check", NULL);
    assert_code(check, 2);
    assert_contains(check.err, "no sample has a tag that begins with 'lng:'");
}

/* The ID in a run's path. */
static const char *id_of(struct place *place, const char *db)
{
    str name = path_name(str_from(db));
    return arena_str(&place->arena, str_sub(name, 0, name.n - 3)).p;
}

/* Protects: without names the two newest complete runs of one experiment are compared, the older as
 * baseline; it is told which, what was passed over, and what to do when there are fewer. One word is
 * held against the newest complete run, and never against itself. */
static void the_newest_two(void **state)
{
    struct place *place = *state;
    write_all(place);
    struct ended none = weir(place, "compare", NULL);
    assert_code(none, 2);
    assert_contains(none.err,
                    "no complete run in .weir/runs here; expected two: weir run makes");
    const char *base = run_rows(place, 0, 8, false);
    const char *part = run_good(place, "--mock", "--shard", "1/2", NULL).db;
    struct ended one = weir(place, "compare", NULL);
    assert_code(one, 2);
    assert_contains(one.err, "is the only complete run of experiment '");
    assert_contains(one.err, "weir compare NAME NAME");
    assert_contains(one.err, "it is shard 1 of 2; weir merge joins them");
    place_replace(place, "experiment.yaml", "Ref {{ref}}. {{q}}", "Edited. Ref {{ref}}. {{q}}");
    const char *head = run_rows(place, 0, 8, false);
    place_write(place, "other.yaml", place_read(place, "experiment.yaml"));
    assert_code(weir(place, "baseline", "save", base, "base.json", NULL), 0);
    struct ended two = weir(place, "compare", "--json", NULL),
                 named = weir(place, "compare", base, head, "--json", NULL);
    assert_code(two, 0);
    assert_same_text(results_of(two.out), results_of(named.out));
    assert_contains(two.err,
                    arena_printf(&place->arena, "baseline: %s,", id_of(place, base)).p);
    assert_contains(two.err,
                    arena_printf(&place->arena, "candidate: %s,", id_of(place, head)).p);
    assert_contains(
        two.err,
        arena_printf(&place->arena, "not taken: %s: it is shard 1 of 2", id_of(place, part)).p);
    struct ended kept = weir(place, "compare", "base.json", "--json", NULL),
                 by_id = weir(place, "compare", id_of(place, base), "--json", NULL);
    assert_same_text(results_of(kept.out), results_of(named.out));
    assert_same_text(results_of(by_id.out), results_of(named.out));
    struct ended itself = weir(place, "compare", head, NULL),
                 variant = weir(place, "compare", "once", NULL);
    assert_code(itself, 2);
    assert_contains(itself.err, "which is the newest complete one here; expected HEAD too");
    assert_code(variant, 2);
    assert_contains(variant.err, "'once' is a variant of the newest run; expected another one");
    /* what is no run may have been meant as a variant */
    assert_contains(
        weir(place, "compare", "oncee", "routed", NULL).err,
        "no run 'oncee'; did you mean 'once'? Expected the path of a run's file, an ID "
        "in .weir/runs (weir runs lists them), or a variant of the newest run: once, "
        "routed");
    assert_contains(weir(place, "compare", "foo", "bar", NULL).err,
                    "no run 'foo'; expected the path of a run's file, an ID");
    /* another experiment in the folder is no earlier run of this one */
    const char *other = run_good(place, "other.yaml", "--mock", NULL).db;
    struct ended alone = weir(place, "compare", NULL);
    assert_code(alone, 2);
    assert_contains(alone.err, arena_printf(&place->arena,
                                            "%s is the only complete run of experiment 'other'",
                                            id_of(place, other))
                                   .p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(an_edited_dataset),   e2e_test(nothing_in_common),
        e2e_test(rules_need_pairs),    e2e_test(roles_cost_what_they_cost),
        e2e_test(groups_and_clusters), e2e_test(the_newest_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
