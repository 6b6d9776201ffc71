/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_stream.c: replies are streamed unless the experiment says otherwise, and but for the
 * time to the first token nothing comes out differently.
 */
#include "e2e_run.h"

static void copy_quick(struct place *place, const char *name, const char *defaults)
{
    place_copy_fixture(place, name);
    const char *mock = arena_printf(&place->arena, "%s/mock.yaml", name).p;
    const char *experiment = arena_printf(&place->arena, "%s/experiment.yaml", name).p;
    place_replace(place, mock, "scale: 0.25", "scale: 0");
    place_replace(place, mock, "retry_after: 1s", "retry_after: 10ms");
    if (defaults)
        place_replace(place, experiment, "defaults: {", defaults);
}

static void expect_ttft(const json *report, enum json_kind kind)
{
    const json *variants = json_path(report, "timing.variants");
    assert_true(json_count(variants) > 0);
    for (const json *v = json_first(variants); v; v = json_next(v)) {
        bool called = json_number(json_get(v, STR("attempts"))) > 0;
        assert_int_equal(json_kind(json_get(v, STR("ttft_ms"))), called ? kind : JSON_NULL);
    }
}

/* All calls of a run have these words in their requests and beginnings of replies. */
static void expect_bodies(const char *db, const char *request, const char *reply)
{
    assert_true(sql_int(db, "SELECT count(*) FROM call") > 100);
    assert_int_equal(sql_int(db,
                             "SELECT count(*) FROM call JOIN body ON body = request"
                             " WHERE instr(bytes, '%s') = 0",
                             request),
                     0);
    assert_int_equal(sql_int(db,
                             "SELECT count(*) FROM call JOIN body ON body = reply"
                             " WHERE http_status = 200 AND substr(bytes, 1, %d) <> '%s'",
                             (int)strlen(reply), reply),
                     0);
}

/* Protects rule 4 over streaming, on structured and plain replies, tokens and money: the same
 * bytes of results; and that the default is to stream. */
static void results_are_the_same_streamed_or_not(void **state)
{
    struct place *place = *state;
    static const char *const names[] = {"faq", "support", "refine"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        copy_quick(place, names[i], NULL);
        const char *streamed = run_good(place, names[i], "--mock", "--trials", "1", NULL).db;
        copy_quick(place, names[i], "defaults: {stream: false, ");
        const char *whole = run_good(place, names[i], "--mock", "--trials", "1", NULL).db;
        check_identities(streamed);
        str one = report_text(place, streamed), other = report_text(place, whole);
        assert_same_text(results_of(one), results_of(other));
        expect_ttft(json_parse(&place->arena, str_trim(one), NULL), JSON_NUMBER);
        expect_ttft(json_parse(&place->arena, str_trim(other), NULL), JSON_NULL);
        if (i > 0)
            continue;
        expect_bodies(streamed, "\"stream\":true,\"stream_options\":{\"include_usage\":true}",
                      ":~weir\ndata: {");
        expect_bodies(whole, "\"stream\":false", "{");
    }
}

static const char slow_mock[] = "models: {'*': {first_token: 60ms, per_token: 50ms}}\n"
                                "rules:\n"
                                "  all: {reply: 'one two three four five six seven eight nine "
                                "ten eleven twelve'}\n";
static const char slow_experiment[] =
    "dataset: {samples: [{id: a, q: x}, {id: b, q: y}]}\n"
    "models: {m: {provider: openai, model: gpt-6-luna, price: {input: 1, output: 2}}}\n"
    "defaults: {model: m}\n"
    "variants:\n"
    "  streamed: {call: {prompt: {user: '{{q}}'}}}\n"
    "  whole: {call: {prompt: {user: '{{q}}'}, stream: false}}\n"
    "score: {any: {min-words: 1}}\n"
    "mock: mock.yaml\n";

/* Protects the time to the first token: after the mock's, before the end; per call, per cell, in
 * the report; and `stream: false` of a single call. */
static void the_first_token_has_a_time(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", slow_experiment);
    place_write_text(place, "mock.yaml", slow_mock);
    const char *db = run_good(place, ".", "--mock", NULL).db;
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE ttft_ns IS NOT NULL"), 2);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE ttft_ns < 60000000"
                                 " OR ttft_ns + 2 * 50000000 > provider_ns"),
                     0);
    assert_int_equal(
        sql_int(db, "SELECT count(*) FROM cell_named WHERE streamed_calls <>"
                    " (variant_name = 'streamed') OR (ttft_ns > 0) <> (streamed_calls = 1)"),
        0);
    const json *report = report_json(place, db);
    double ttft =
        json_number(json_get(variant_of(report, "timing", "streamed"), STR("ttft_ms")));
    double provider =
        json_number(json_get(variant_of(report, "timing", "streamed"), STR("provider_ms")));
    assert_true(ttft >= 60 && ttft < provider);
    assert_int_equal(json_kind(json_get(variant_of(report, "timing", "whole"), STR("ttft_ms"))),
                     JSON_NULL);
}

/* Protects `weir show`: the time to the first token, and the stream as it was on the wire. */
static void a_trace_shows_the_stream(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", slow_experiment);
    place_write_text(place, "mock.yaml", slow_mock);
    const char *db = run_good(place, ".", "--mock", NULL).db;
    struct ended shown = weir(place, "show", db, "streamed/a/1", "--texts", NULL);
    assert_code(shown, 0);
    assert_contains(shown.out, ", first token after ");
    assert_contains(shown.out, "data: [DONE]");
    assert_contains(shown.out, "\"stream\":true");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(results_are_the_same_streamed_or_not),
        e2e_test(the_first_token_has_a_time),
        e2e_test(a_trace_shows_the_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
