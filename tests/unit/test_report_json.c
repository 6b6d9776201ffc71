/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_json.c: the contract of the JSON report, field by field.
 */
#include "unit/test_report_data.h"

#include "base/file.h"
#include "base/json.h"
#include "reports/json_out.h"

static const json *parse(struct arena *arena, const struct buf *out)
{
    struct json_error error;
    const json *value = json_parse(arena, buf_str(out), &error);
    if (!value)
        fail_msg("line %u: %s", error.line, error.what);
    return value;
}

static const json *member(const json *object, const char *name)
{
    const json *value = json_get(object, str_from(name));
    if (!value)
        fail_msg("no member '%s'", name);
    return value;
}

/* `names` has a blank between two; all must be there. */
static void assert_members(const json *object, const char *names)
{
    str rest = str_from(names), name;
    struct arena arena = {0};
    assert_true(json_is(object, JSON_OBJECT));
    while (rest.n) {
        str_cut(rest, ' ', &name, &rest);
        member(object, arena_str(&arena, name).p);
    }
    arena_release(&arena);
}

/* Protects: every field that scripts rely on is there, by its name. */
static void contract(void **state)
{
    (void)state;
    struct data data;
    struct arena arena = {0};
    data_make(&data, (struct data_options){0}, true);
    struct report_input input = data_input(&data);
    input.cells = true;
    struct buf out = data_render("json", &input);
    const json *report = parse(&arena, &out);

    assert_members(report, "weir schema experiment run mock results timing");
    assert_true(json_bool(member(report, "mock")));
    const json *results = member(report, "results"), *timing = member(report, "timing");
    assert_members(results, "variants comparisons requirements cells");
    const json *variant = json_at(member(results, "variants"), 1);
    assert_members(variant,
                   "name pattern cells samples trials correct accuracy score statuses "
                   "error_rate calls calls_per_cell tokens cost_usd unknown_cost_calls "
                   "lost_attempts cost_upper_usd cost_per_cell_usd "
                   "cost_per_correct_usd steps");
    assert_members(member(variant, "accuracy"), "value low high method");
    assert_members(member(variant, "tokens"), "input cache_read cache_write output reasoning");
    assert_members(member(variant, "statuses"), "ok error timeout unscored skipped pending");
    assert_int_equal(json_count(member(variant, "steps")), DATA_STEPS);
    assert_members(json_at(member(variant, "steps"), 1), "path calls accuracy cost_usd");
    assert_members(json_at(member(results, "cells"), 0),
                   "variant sample trial status reason output scores cost_usd calls");
    assert_members(timing, "variants comparisons requirements verdict wall_s client");
    const json *timed = json_at(member(timing, "variants"), 1);
    assert_members(timed, "name latency_ms wall_ms provider_ms permit_wait_ms backoff_ms "
                          "store_wait_ms ttft_ms critical_path_ms total_work_ms attempts "
                          "retries");
    assert_members(member(timed, "latency_ms"), "p50 p90 p95 p99 mean");
    assert_members(member(timing, "client"),
                   "cpu_s cpu_us_per_call max_rss_mb lateness_ms_p99");
    buf_release(&out);
    arena_release(&arena);
    data_free(&data);
}

static void assert_documented(const json *value, str page, struct arena *arena)
{
    bool named = json_is(value, JSON_OBJECT);
    for (const json *item = json_first(value); item; item = json_next(item)) {
        str key = named ? json_key(item) : (str){"", 0};
        if (named && !str_contains(page, key))
            fail_msg("docs/reports.md does not name \"%.*s\"", STR_ARG(key));
        if (!str_equal(key, STR("output")) && !str_equal(key, STR("scores")))
            assert_documented(item, page, arena);
    }
}

/* Protects: docs/reports.md names every member there is. */
static void documented(void **state)
{
    (void)state;
    struct data data;
    struct err err = {0};
    data_make(&data, (struct data_options){0}, false);
    struct report_input input = data_input(&data);
    struct buf out = data_render("json", &input);
    str page;
    data_check(file_read(&data.arena, TEST_SOURCE_DIR "/docs/reports.md", 1 << 20, &page, &err),
               &err);
    assert_documented(parse(&data.arena, &out), page, &data.arena);
    buf_release(&out);
    data_free(&data);
}

/* Protects: the figures are the summary's, unknown is null, and a timeout's cost is a bound. */
static void figures(void **state)
{
    (void)state;
    struct data data;
    struct arena arena = {0};
    data_make(&data, (struct data_options){0}, false);
    struct report_input input = data_input(&data);
    struct buf out = data_render("json", &input);
    const json *report = parse(&arena, &out);
    for (size_t v = 0; v < DATA_VARIANTS; v++) {
        const struct summary_variant *expected = &data.summary->variants[v];
        const json *variant = json_at(json_path(report, "results.variants"), (int64_t)v);
        double accuracy = json_number(json_path(variant, "accuracy.value"));
        assert_true(fabs(accuracy - expected->accuracy.value.value) < 1e-9);
        assert_int_equal((int)json_number(json_get(variant, STR("calls"))),
                         (int)expected->traffic.calls);
        assert_int_equal((int)json_number(json_path(variant, "statuses.error")),
                         (int)expected->statuses[SUMMARY_ERROR]);
        /* not a word of what hangs on a clock */
        assert_null(json_get(variant, STR("attempts")));
        assert_null(json_get(variant, STR("retries")));
        const json *timed = json_at(json_path(report, "timing.variants"), (int64_t)v);
        assert_int_equal((int)json_number(json_get(timed, STR("retries"))),
                         (int)expected->traffic.retries);
        double ms = json_number(json_path(timed, "latency_ms.p50"));
        assert_true(fabs(ms - expected->latency_ns[SUMMARY_P50].estimate.value / 1e6) < 1e-6);
        assert_int_equal(json_kind(json_get(timed, STR("ttft_ms"))), JSON_NULL);
    }
    const json *lossy = json_at(json_path(report, "results.variants"), 1);
    assert_true(json_number(json_get(lossy, STR("lost_attempts"))) > 0);
    assert_true(json_number(json_get(lossy, STR("cost_upper_usd"))) >
                json_number(json_get(lossy, STR("cost_usd"))));
    assert_int_equal(json_count(json_path(report, "results.comparisons")), 2);
    assert_int_equal(json_kind(json_path(report, "timing.verdict")), JSON_NULL);
    buf_release(&out);
    arena_release(&arena);
    data_free(&data);
}

/* Protects: cells come by variant, sample and trial, with the output as JSON, pending ones too. */
static void cells(void **state)
{
    (void)state;
    struct data data;
    struct arena arena = {0};
    data_make(&data, (struct data_options){.step = 7}, true);
    struct report_input input = data_input(&data);
    input.cells = true;
    struct buf out = data_render("json", &input);
    const json *report = parse(&arena, &out), *list = json_path(report, "results.cells");
    assert_int_equal(json_count(list), DATA_CELLS);
    int64_t place = 0;
    for (const json *cell = json_first(list); cell; cell = json_next(cell), place++) {
        size_t v = (size_t)place / DATA_TRIALS / DATA_SAMPLES;
        assert_string_equal(arena_str(&arena, json_text(json_get(cell, STR("variant")))).p,
                            data_names[v]);
        assert_int_equal((int)json_number(json_get(cell, STR("trial"))), 1 + (int)place % 2);
    }
    const json *first = json_at(list, 0), *last = json_at(list, -1);
    assert_true(str_equal(json_text(json_path(first, "output.department")), STR("Billing")));
    assert_true(str_equal(json_text(json_get(last, STR("status"))), STR("pending")));
    assert_int_equal(json_kind(json_get(last, STR("cost_usd"))), JSON_NULL);
    buf_release(&out);
    arena_release(&arena);
    data_free(&data);
}

static str results_of(struct arena *arena, unsigned step)
{
    struct data data;
    data_make(&data, (struct data_options){.step = step}, true);
    struct report_input input = data_input(&data);
    input.cells = true;
    struct buf out = data_render("json", &input);
    ptrdiff_t from = str_find(buf_str(&out), STR("\"results\""), 0);
    ptrdiff_t to = str_find(buf_str(&out), STR("\n  \"timing\""), 0);
    assert_true(from > 0 && to > from);
    str results = arena_str(arena, str_sub(buf_str(&out), (size_t)from, (size_t)to));
    buf_release(&out);
    data_free(&data);
    return results;
}

/* Protects: `results` has the same bytes whatever order the cells finished in. */
static void any_order(void **state)
{
    (void)state;
    struct arena arena = {0};
    str one = results_of(&arena, 1), other = results_of(&arena, 77);
    assert_true(one.n > 10000);
    assert_true(str_equal(one, other));
    arena_release(&arena);
}

/* Protects: without the run's file the cells are refused with a clear line, not left out. */
static void no_store(void **state)
{
    (void)state;
    struct data data;
    struct buf out = {0};
    struct err err = {0};
    data_make(&data, (struct data_options){0}, false);
    struct report_input input = data_input(&data);
    input.cells = true;
    assert_int_equal(report_emit(STR("json"), &input, &out, &err), -1);
    assert_true(str_contains(str_from(err.message), STR("not at hand")));
    buf_release(&out);
    data_free(&data);
}

/* Protects: numbers have ten digits, no NaN gets out, and controls are escaped, not written. */
static void writer(void **state)
{
    (void)state;
    struct buf out = {0};
    struct json_out to = {.out = &out};
    json_out_flat_list(&to, NULL);
    json_out_number(&to, NULL, 1.0 / 3);
    json_out_number(&to, NULL, -0.0);
    json_out_number(&to, NULL, (double)NAN);
    json_out_number(&to, NULL, 2e-7);
    json_out_maybe(&to, NULL, maybe_none());
    json_out_text(&to, NULL, STR("a\x1b[2J\"\\\n\xc2\x9b\xe2\x80\xae\xff\0"));
    json_out_flat_object(&to, NULL);
    json_out_end(&to);
    json_out_end(&to);
    assert_string_equal(out.p, "[0.3333333333, 0, null, 2e-07, null, "
                               "\"a\\u001b[2J\\\"\\\\\\n\\u009b\\u202e\xef\xbf\xbd\\u0000\", "
                               "{}]\n");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contract),   cmocka_unit_test(figures),  cmocka_unit_test(cells),
        cmocka_unit_test(any_order),  cmocka_unit_test(no_store), cmocka_unit_test(writer),
        cmocka_unit_test(documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
