/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_drift.c: what replies say of the model that they are from is stored, and a change of it
 * is a warning in every report: the name in an experiment is an alias to its provider.
 */
#include "e2e_run.h"

#define HEAD                                                                                   \
    "dataset:\n"                                                                               \
    "  samples: [{id: a, q: a}, {id: b, q: b}, {id: c, q: c}, {id: d, q: d}, {id: e, q: e},"   \
    " {id: f, q: f}]\n"                                                                        \
    "models:\n"                                                                                \
    "  chat: {provider: openai, model: alias}\n"                                               \
    "  claude: {provider: anthropic, model: alias}\n"                                          \
    "  gem: {provider: gemini, model: alias}\n"                                                \
    "defaults: {max_tokens: 20}\n"                                                             \
    "variants:\n"                                                                              \
    "  one: {call: {model: chat, prompt: {user: 'one {{q}}'}}}\n"                              \
    "  two: {call: {model: claude, prompt: {user: 'two {{q}}'}}}\n"                            \
    "  three: {call: {model: gem, prompt: {user: 'three {{q}}'}, stream: false}}\n"            \
    "score: {any: {not-equals: ''}}\n"                                                         \
    "mock:\n"                                                                                  \
    "  rules: {all: {reply: hi}}\n"

static const char drifting[] = HEAD "  models:\n"
                                    "    alias: {snapshots: [alias-2026-09-01, "
                                    "alias-2026-11-01], fingerprints: [fp_a, fp_b]}\n";

/* One call for each variant: none changes, but they differ. */
static const char between[] = "dataset: {samples: [{id: a, q: a}]}\n"
                              "models: {chat: {provider: openai, model: old}}\n"
                              "defaults: {max_tokens: 20, model: chat}\n"
                              "variants:\n"
                              "  one: {call: {prompt: {user: 'one {{q}}'}}}\n"
                              "  two: {call: {prompt: {user: 'two {{q}}'}}}\n"
                              "score: {any: {not-equals: ''}}\n"
                              "mock:\n"
                              "  models: {old: {snapshots: [s1, s2, s3, s4, s5]}}\n"
                              "  rules: {all: {reply: hi}}\n";

static const char steady[] = HEAD "  models: {alias: {snapshots: [alias-2026-09-01]}}\n";

static size_t count_of(const json *warnings, const char *code)
{
    size_t count = 0;
    for (const json *item = json_first(warnings); item; item = json_next(item))
        count += str_equal(json_text(json_get(item, STR("code"))), str_from(code));
    return count;
}

static const json *results_in(struct place *place, const char *db)
{
    return json_get(report_json(place, db), STR("results"));
}

/* Protects: both are stored with each call, for every dialect that tells them, streamed and not;
 * a change within a variant is said of that variant, in every format. */
static void a_change_within_a_variant(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", drifting);
    const char *db = run_good(place, "--mock", NULL).db;
    assert_text(sql_text(place, db,
                         "SELECT group_concat(line, char(10)) FROM (SELECT DISTINCT model ||"
                         " ' ' || reported_model || ' ' || ifnull(fingerprint, '-') AS line"
                         " FROM call ORDER BY 1)"),
                "chat alias-2026-09-01 fp_a\n"
                "chat alias-2026-09-01 fp_b\n"
                "chat alias-2026-11-01 fp_b\n"
                "claude alias-2026-09-01 -\n"
                "claude alias-2026-11-01 -\n"
                "gem alias-2026-09-01 -\n"
                "gem alias-2026-11-01 -");
    const json *results = results_in(place, db);
    assert_int_equal(json_count(json_get(results, STR("models"))), 7);
    assert_int_equal(count_of(json_get(results, STR("warnings")), "model-changed"), 3);
    assert_int_equal(count_of(json_get(results, STR("warnings")), "fingerprint-changed"), 1);
    assert_contains(weir(place, "report", db, NULL).out, "one: replies of model chat name 2");
    assert_contains(weir(place, "report", db, "--md", NULL).out,
                    "one: replies of model chat name 2 models");
}

/* Protects: two variants that were answered by two models under one name are not compared in
 * silence. */
static void a_change_between_variants(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", between);
    const json *warnings =
        json_get(results_in(place, run_good(place, "--mock", NULL).db), STR("warnings"));
    assert_int_equal(count_of(warnings, "model-changed"), 1);
    for (const json *item = json_first(warnings); item; item = json_next(item))
        if (str_equal(json_text(json_get(item, STR("code"))), STR("model-changed"))) {
            assert_true(json_is(json_get(item, STR("variant")), JSON_NULL));
            assert_contains(json_text(json_get(item, STR("text"))), "Between variants: ");
        }
}

/* Protects the same for two runs. */
static void a_change_between_runs(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", steady);
    const char *base = run_good(place, "--mock", NULL).db;
    place_replace(place, "experiment.yaml", "alias-2026-09-01", "alias-2026-11-01");
    const char *head = run_good(place, "--mock", NULL).db;
    struct ended compared = weir(place, "compare", base, head, NULL);
    assert_code(compared, 0);
    assert_contains(compared.out, "Between variants: replies of model chat name 2 models: "
                                  "alias-2026-09-01");
    assert_lacks(weir(place, "compare", head, head, NULL).out, "Between variants");
    /* and for a baseline that was saved */
    assert_code(weir(place, "baseline", "save", base, "base.json", NULL), 0);
    assert_contains(weir(place, "compare", "base.json", head, NULL).out,
                    "Between variants: replies of model gem name 2 models");
}

/* Protects: no change, no warning; and the results with their warnings are the same at any
 * concurrency. */
static void no_change_no_warning(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", steady);
    const char *db = run_good(place, "--mock", NULL).db;
    const json *warnings = json_get(results_in(place, db), STR("warnings"));
    assert_int_equal(count_of(warnings, "model-changed"), 0);
    assert_int_equal(count_of(warnings, "fingerprint-changed"), 0);
    place_write_text(place, "experiment.yaml", drifting);
    str many = report_text(place, run_good(place, "--mock", "-j", "50", NULL).db);
    str few = report_text(place, run_good(place, "--mock", "-j", "1", NULL).db);
    assert_same_text(results_of(few), results_of(many));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_change_within_a_variant),
        e2e_test(a_change_between_variants),
        e2e_test(a_change_between_runs),
        e2e_test(no_change_no_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
