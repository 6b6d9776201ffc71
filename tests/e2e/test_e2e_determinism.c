/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_determinism.c: rule 4: same experiment, seed and mock, same results, byte for byte,
 * whatever runs at once; also when the provider throttles, breaks and hangs. And rule 8: what a
 * cell says of its calls and attempts is what they say themselves.
 */
#include "e2e_run.h"

static const char one_at_a_time[] = "providers:\n"
                                    "  openai: {api: openai-chat, base_url: "
                                    "'https://api.openai.com/v1', key_env: OPENAI_API_KEY,"
                                    " concurrency: 1}\n";

static void copy_quick(struct place *place, const char *name, const char *mock,
                       const char *scale)
{
    place_copy_fixture(place, name);
    str path = arena_printf(&place->arena, "%s/%s", name, mock);
    place_replace(place, path.p, scale, "scale: 0");
    place_replace(place, path.p, "retry_after: 1s", "retry_after: 20ms");
}

static void append(struct place *place, const char *name, const char *text)
{
    str before = place_read(place, name);
    place_write(place, name, arena_printf(&place->arena, "%.*s%s", STR_ARG(before), text));
}

/* Protects rule 4 and rule 7 over the router fixture: -j 1, -j 50, and one request at a time to
 * the provider give the same bytes, and the last of them finishes at all. */
static void support_does_not_depend_on_concurrency(void **state)
{
    struct place *place = *state;
    copy_quick(place, "support", "mock.yaml", "scale: 0.25");
    str one = report_text(place, run_good(place, "support", "--mock", "-j", "1", NULL).db);
    str many = report_text(place, run_good(place, "support", "--mock", "-j", "50", NULL).db);
    append(place, "support/experiment.yaml", one_at_a_time);
    const char *db = run_good(place, "support", "--mock", "-j", "1", NULL).db;
    assert_same_text(results_of(many), results_of(one));
    assert_same_text(results_of(report_text(place, db)), results_of(one));
    assert_true(results_of(one).n > 100 * 1000); /* every cell is in it */
    check_identities(db);
    /* what goes well at once needs no row of its own for that */
    assert_true(sql_int(db, "SELECT count(*) FROM attempt WHERE outcome = 'ok'") > 100);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt_kept JOIN call USING (call)"
                                 " WHERE attempts = 1 AND call.outcome = 'ok'"),
                     0);
}

/* Protects the test above against saying nothing: another seed gives other results. */
static void another_seed_gives_other_results(void **state)
{
    struct place *place = *state;
    copy_quick(place, "support", "mock.yaml", "scale: 0.25");
    str one = report_text(place, run_good(place, "support", "--mock", NULL).db);
    str other =
        report_text(place, run_good(place, "support", "--mock", "--seed", "2", NULL).db);
    assert_false(str_equal(results_of(one), results_of(other)));
}

/* Protects rule 7: a map of width 4 nested in a chain finishes with -j 1 and a single permit, and
 * gives what it gives with all permits there are. */
static void nesting_needs_one_permit(void **state)
{
    struct place *place = *state;
    copy_quick(place, "faq", "mock.yaml", "scale: 0.25");
    str many = report_text(
        place,
        run_good(place, "faq", "--mock", "--trials", "1", "-n", "12", "-j", "50", NULL).db);
    append(place, "faq/experiment.yaml", one_at_a_time);
    const char *db =
        run_good(place, "faq", "--mock", "--trials", "1", "-n", "12", "-j", "1", NULL).db;
    str one = report_text(place, db);
    assert_same_text(results_of(one), results_of(many));
    /* a value that was only handed on is in the file once */
    assert_true(sql_int(db, "SELECT count(*) FROM step JOIN cell USING (cell)"
                            " WHERE value = output") >= 12);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM step s JOIN cell c USING (cell)"
                                 " JOIN body v ON v.body = s.value"
                                 " JOIN body o ON o.body = c.output"
                                 " WHERE v.body <> o.body AND v.bytes = o.bytes"),
                     0);
}

static void copy_faults(struct place *place)
{
    copy_quick(place, "faq", "faults-mock.yaml", "scale: 0.1");
    place_replace(place, "faq/faults.yaml",
                  "retry: {retries: 4, attempt_timeout: 3s, base: 200ms, cap: 2s}",
                  "retry: {retries: 4, attempt_timeout: 2s, base: 10ms, cap: 50ms}");
}

static void check_fault_run(struct place *place, const char *db)
{
    check_identities(db);
    assert_int_equal(sql_int(db, "SELECT cells - (SELECT count(*) FROM cell) FROM run"), 0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell WHERE status NOT IN"
                                 " ('ok', 'error', 'timeout')"),
                     0);
    /* all three kinds of fault did strike, and were tried again */
    assert_true(sql_int(db, "SELECT count(*) FROM attempt WHERE http_status = 429") > 10);
    assert_true(sql_int(db, "SELECT count(*) FROM attempt WHERE http_status = 500") > 5);
    assert_true(sql_int(db, "SELECT count(*) FROM attempt WHERE outcome = 'timeout'") > 0);
    assert_true(sql_int(db, "SELECT sum(retries) FROM cell") > 15);
    /* a hint is obeyed, and a backoff counts as latency, not as provider time */
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt WHERE http_status = 429"
                                 " AND retry_after_ns IS NULL"),
                     0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call c JOIN attempt a USING (call)"
                                 " WHERE a.http_status = 429 AND c.attempts > a.number"
                                 " AND c.backoff_ns < a.retry_after_ns"),
                     0);
    /* rule 3: an error status costs nothing and is not lost; silence after sending is */
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt WHERE lost <>"
                                 " (outcome = 'timeout')"),
                     0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt WHERE lost AND"
                                 " NOT cost_upper_nanousd > 0"),
                     0);
    (void)place;
}

/* Protects rules 3, 4 and 8 together on a bad day at the provider (10 % 429, 5 % 500, 1 % hang):
 * every cell ends, the identities hold, results do not depend on -j, and lost attempts show. */
static void a_bad_day_changes_no_result(void **state)
{
    struct place *place = *state;
    copy_faults(place);
    const char *few =
        run_good(place, "faq/faults.yaml", "--mock", "-n", "20", "-j", "3", NULL).db;
    const char *many =
        run_good(place, "faq/faults.yaml", "--mock", "-n", "20", "-j", "60", NULL).db;
    check_fault_run(place, few);
    check_fault_run(place, many);
    str report = report_text(place, few);
    assert_same_text(results_of(report_text(place, many)), results_of(report));

    const json *whole = json_parse(&place->arena, str_trim(report), NULL);
    double lost = 0;
    const json *variants = json_path(whole, "results.variants");
    for (const json *v = json_first(variants); v; v = json_next(v)) {
        double cost = json_number(json_get(v, STR("cost_usd"))),
               upper = json_number(json_get(v, STR("cost_upper_usd"))),
               own = json_number(json_get(v, STR("lost_attempts")));
        lost += own;
        assert_true(cost > 0);
        assert_true(own > 0 ? upper > cost : upper == cost);
    }
    assert_true(lost > 0);
    assert_int_equal((int64_t)lost, sql_int(few, "SELECT sum(lost_attempts) FROM cell"));
    /* the terminal says it too */
    struct ended shown = weir(place, "report", few, NULL);
    assert_code(shown, 0);
    assert_contains(shown.out, "≥");
    assert_contains(shown.out, "lost");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(support_does_not_depend_on_concurrency),
        e2e_test(another_seed_gives_other_results),
        e2e_test(nesting_needs_one_permit),
        e2e_test(a_bad_day_changes_no_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
