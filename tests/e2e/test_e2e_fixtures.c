/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_fixtures.c: the two experiments that users copy, run as they are but for the mock's
 * simulated times: calls in each cell, what latency is made of, and what is compared.
 */
#include "e2e_run.h"

#include <stdio.h>

/* The fixture without waiting: simulated times scaled away, Retry-After short. */
static void copy_quick(struct place *place, const char *name)
{
    place_copy_fixture(place, name);
    const char *mock = arena_printf(&place->arena, "%s/mock.yaml", name).p;
    place_replace(place, mock, "scale: 0.25", "scale: 0");
    place_replace(place, mock, "retry_after: 1s", "retry_after: 10ms");
}

/* Protects the contract of `weir run --quiet`: exit code 0, the path as the only output, one file
 * without a WAL beside it, and nothing left running or lying about. */
static void a_run_leaves_one_file_and_prints_its_path(void **state)
{
    struct place *place = *state;
    copy_quick(place, "support");
    size_t before = place_files(place, "support");
    struct ran ran = run_good(place, "support", "--mock", "--trials", "1", NULL);
    assert_int_equal(ran.ended.err.n, 0);
    assert_int_equal(place_files(place, "support/.weir"), 1);
    assert_int_equal(place_files(place, "support"), before + 1);
    assert_int_equal(sql_int(ran.db, "SELECT state = 'finished' AND mock = 1 FROM run"), 1);
    assert_int_equal(place_processes(place), 0);
    check_identities(ran.db);
}

/* Protects the same without --quiet: the report comes first, the path is still the last line. */
static void without_quiet_the_path_is_the_last_line(void **state)
{
    struct place *place = *state;
    copy_quick(place, "support");
    struct ended ended =
        weir(place, "run", "support", "--mock", "--trials", "1", "--limit", "8", NULL);
    assert_code(ended, 0);
    str text = str_trim(ended.out), last = text;
    for (str rest = text; str_cut(rest, '\n', &last, &rest);)
        last = rest;
    assert_true(str_starts_with(last, STR("support/.weir/runs/")));
    assert_true(str_ends_with(last, STR(".db")));
    assert_contains(ended.out, "by_model");
    assert_contains(ended.out, "mock");
}

/* Protects the calls of faq: 1, 9 and 9 in every cell that passes its gates, 1 in a cell that
 * does not. */
static void faq_makes_one_nine_and_nine_calls(void **state)
{
    struct place *place = *state;
    copy_quick(place, "faq");
    const char *db = run_good(place, "faq", "--mock", "--trials", "1", NULL).db;
    int64_t samples = sql_int(db, "SELECT count(*) FROM sample");
    assert_true(samples >= 40);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell"), 3 * samples);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell_named WHERE variant_name = 'single'"
                                 " AND calls = 1"),
                     samples);
    assert_int_equal(sql_int(db,
                             "SELECT count(*) FROM cell_named WHERE variant_name <> 'single'"
                             " AND calls = iif(reason IS 'gate', 1, 9)"),
                     2 * samples);
    check_identities(db);
}

/* Protects the comparison: a variant that is better by far is said to be. */
static void faq_compares_its_variants(void **state)
{
    struct place *place = *state;
    copy_quick(place, "faq");
    const json *report = report_json(place, run_good(place, "faq", "--mock", NULL).db);
    const json *comparison = json_first(json_path(report, "results.comparisons"));
    assert_text(json_text(json_get(comparison, STR("baseline"))), "single");
    assert_text(json_text(json_get(comparison, STR("candidate"))), "sequential");
    assert_true(json_number(json_path(comparison, "accuracy_difference.low")) > 0.1);
    assert_true(json_is(json_get(comparison, STR("p")), JSON_NUMBER));
    assert_true(figure(comparison, "p") < 0.001);
}

/* Protects rule 2: the latency of a cell is the longest path through its trace. It is computed
 * again from the calls, to the nanosecond: a chain's is the sum, a map of width 4 has that of its
 * slowest item. The work is the same either way. */
static void latency_is_the_longest_path(void **state)
{
    struct place *place = *state;
    copy_quick(place, "faq");
    place_replace(place, "faq/mock.yaml", "scale: 0", "scale: 1");
    place_replace(place, "faq/mock.yaml",
                  "first_token: {lognormal: {median: 250ms, p95: 600ms, max: 1200ms}}",
                  "first_token: 200ms");
    place_replace(place, "faq/mock.yaml", "per_token: 4ms", "per_token: 0ms");
    const char *db = run_good(place, "faq", "--mock", "--trials", "1", "--limit", "6", NULL).db;
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell_named WHERE variant_name ="
                                 " 'sequential' AND latency_ns <> total_work_ns"),
                     0);
    static const char longest[] =
        "SELECT count(*) FROM cell_named c WHERE variant_name = 'parallel' AND calls = 9"
        " AND latency_ns %s (SELECT latency_ns FROM call k WHERE k.cell = c.cell"
        "   AND path = 'questions')"
        " + (SELECT max(work) FROM (SELECT sum(latency_ns) AS work FROM call k"
        "   WHERE k.cell = c.cell AND path LIKE 'faqs[%%' GROUP BY substr(path, 1, 7)))";
    assert_true(sql_int(db, longest, "=") >= 5);
    assert_int_equal(sql_int(db, longest, "<>"), 0);
    /* nine calls of equal length, three of them one after the other */
    assert_int_equal(sql_int(db,
                             "SELECT count(*) FROM cell_named WHERE variant_name = 'parallel'"
                             " AND calls = 9 AND latency_ns * 10 > total_work_ns * 6"),
                     0);
    /* the work of all samples: of one, a stall of the machine can be the half */
    assert_int_equal(sql_int(db, "SELECT sum(p.total_work_ns) * 2 > 3 * sum(s.total_work_ns)"
                                 " FROM cell_named p JOIN cell_named s USING (sample)"
                                 " WHERE p.variant_name = 'parallel' AND s.variant_name ="
                                 " 'sequential' AND p.calls = 9 AND s.calls = 9"),
                     0);
    const json *report = report_json(place, db);
    const json *parallel = variant_of(report, "timing", "parallel");
    assert_true(figure(parallel, "critical_path_ms") < 0.6 * figure(parallel, "total_work_ms"));
    assert_true(figure(parallel, "latency_ms.p50") <
                0.6 * figure(variant_of(report, "timing", "sequential"), "latency_ms.p50"));
}

/* Protects the published case that widths.yaml has its times from: nine calls at once take 0.405
 * of what they take one after the other, two questions at a time 0.603, and more than four nothing
 * less. What a busy machine adds to both sides is allowed for; it is little beside calls of a quarter of a
 * second and more. */
static void widths_have_the_published_ratio(void **state)
{
    struct place *place = *state;
    place_copy_fixture(place, "faq");
    place_replace(place, "faq/widths-mock.yaml", "scale: 0.05", "scale: 0.2");
    const char *db =
        run_good(place, "faq/widths.yaml", "--mock", "--limit", "4", "-j", "16", NULL).db;
    const json *report = report_json(place, db);
    static const struct {
        const char *variant;
        double ratio;
    } told[] = {{"width-2", 0.603}, {"width-4", 0.405}, {"width-8", 0.405}};
    double one = figure(variant_of(report, "timing", "width-1"), "latency_ms.p50");
    for (size_t i = 0; i < 3; i++) {
        double ratio =
            figure(variant_of(report, "timing", told[i].variant), "latency_ms.p50") / one;
        if (!(ratio > told[i].ratio - 0.04 && ratio < told[i].ratio + 0.08))
            fail_msg("%s: %g, not %g", told[i].variant, ratio, told[i].ratio);
    }
}

/* Protects support as its README tells it: keywords need no call to sort, the model's router has
 * one more than that, and the fallback answers without one. */
static void support_routes_with_and_without_calls(void **state)
{
    struct place *place = *state;
    copy_quick(place, "support");
    const char *db = run_good(place, "support", "--mock", "--trials", "1", NULL).db;
    assert_true(sql_int(db, "SELECT count(*) FROM sample") >= 80);
    static const char strange[] =
        "SELECT count(*) FROM cell_named c WHERE status = 'ok' AND calls <> CASE variant_name"
        " WHEN 'generic' THEN 1 WHEN 'by_model' THEN 1 + %s ELSE %s END";
    static const char handled[] = "(NOT EXISTS (SELECT 1 FROM step s WHERE s.cell = c.cell"
                                  " AND s.path = 'fallback'))";
    assert_int_equal(sql_int(db, strange, handled, handled), 0);
    assert_int_equal(sql_int(db,
                             "SELECT count(DISTINCT path) FROM step_named"
                             " WHERE variant_name = 'by_model' AND path IN"
                             " ('by', 'fallback', '[\"Technical Support\"].text',"
                             " '[\"Billing Inquiry\"].text', '[\"General Question\"].text')"),
                     5);
    check_identities(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_run_leaves_one_file_and_prints_its_path),
        e2e_test(without_quiet_the_path_is_the_last_line),
        e2e_test(faq_makes_one_nine_and_nine_calls),
        e2e_test(faq_compares_its_variants),
        e2e_test(latency_is_the_longest_path),
        e2e_test(widths_have_the_published_ratio),
        e2e_test(support_routes_with_and_without_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
