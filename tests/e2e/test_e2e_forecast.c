/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_forecast.c: `weir report --forecast`: its figures against those of the report and of the
 * run's file, all formats from one, and what it refuses.
 */
#include "e2e_run.h"

/* Two models of the built-in table: half of the hard samples are too much for the small one. */
static const char experiment[] =
    "dataset: {file: rows.jsonl}\n"
    "providers: {here: {api: openai-chat, base_url: 'http://127.0.0.1:1/v1', rpm: 60000}}\n"
    "models:\n"
    "  small: {provider: here, model: gpt-6-luna, rpm: 9000}\n"
    "  large: {provider: here, model: gpt-6-sol}\n"
    "defaults: {max_tokens: 60}\n"
    "variants:\n"
    "  quick: {call: {model: small, prompt: {user: 'Say {{q}}'}}}\n"
    "  twice:\n"
    "    chain:\n"
    "      draft: {call: {model: small, prompt: {user: 'Draft {{q}}'}}}\n"
    "      final: {call: {model: large, prompt: {user: 'Say {{q}}, as in {{draft}}'}}}\n"
    "score: {same: {contains: yes}}\n"
    "mock:\n"
    "  models: {'*': {first_token: 1ms}}\n"
    "  rules:\n"
    "    draft: {when: {prompt: Draft}, reply: a draft of some words}\n"
    "    no: {when: {model: gpt-6-luna, prompt: trouble}, reply: no}\n"
    "    all: {reply: 'yes'}\n";

enum { EASY = 40, HARD = 20 };

static const char *run_it(struct place *place, const char *option, const char *value)
{
    struct buf text = {0};
    for (int i = 0; i < EASY + HARD; i++)
        buf_printf(&text, "{\"id\": %d, \"q\": \"%s %d\", \"tags\": [\"%s\"%s]}\n", i,
                   i < EASY ? "question"
                   : i % 2  ? "trouble with a longer question"
                            : "riddle",
                   i, i < EASY ? "easy" : "hard", i == 3 ? ", \"first\"" : "");
    place_write(place, "rows.jsonl", arena_str(&place->arena, buf_str(&text)));
    buf_release(&text);
    place_write_text(place, "experiment.yaml", experiment);
    return run_good(place, "--mock", option, value, NULL).db;
}

static const char volumes[] = "requests_per_day: 20000\n"
                              "peak_per_minute: 6000\n"
                              "margin: 0.1\n"
                              "shares: {easy: 0.9}\n";

static const json *forecast_of(struct place *place, const char *db, const char *file)
{
    struct ended ended = weir(place, "report", db, "--forecast", file, "--json", NULL);
    assert_code(ended, 0);
    const json *forecast = json_parse(&place->arena, str_trim(ended.out), NULL);
    assert_non_null(forecast);
    return forecast;
}

static const json *variant_in(const json *forecast, const char *name)
{
    const json *v = json_first(json_get(forecast, STR("variants")));
    while (v && !str_equal(json_text(json_get(v, STR("name"))), str_from(name)))
        v = json_next(v);
    assert_non_null(v);
    return v;
}

/* Protects: without kinds, a request costs what a cell costs in the report, and the busiest minute
 * needs its attempts; against the limits of provider and model. */
static void figures_of_the_report(void **state)
{
    struct place *place = *state;
    const char *db = run_it(place, "-j", "4");
    place_write_text(place, "volumes.yaml",
                     "{requests_per_day: 20000, peak_per_minute: 6000, margin: 0.1}");
    const json *forecast = forecast_of(place, db, "volumes.yaml");
    const json *report = report_json(place, db);
    const json *twice = variant_in(forecast, "twice");
    const json *cell = variant_of(report, "results", "twice");
    double cost = figure(cell, "cost_per_cell_usd");
    assert_true(cost > 0);
    assert_figure(twice, "request_usd.value", cost);
    assert_figure(twice, "request_usd.high", figure(cell, "cost_per_cell_usd_interval.high"));
    assert_figure(twice, "day_usd.value", 20000 * cost);
    assert_figure(twice, "month_usd.value", 600000 * cost);
    assert_figure(twice, "accuracy.value", figure(cell, "accuracy.value"));
    assert_figure(twice, "batch_month_usd", 300000 * cost); /* half of the list price */
    const json *provider = json_first(json_get(twice, STR("needs")));
    const json *model = json_next(provider);
    assert_text(json_text(json_get(provider, STR("of"))), "provider here");
    assert_figure(provider, "rpm.value", 12000);
    assert_text(json_text(json_get(provider, STR("rpm_verdict"))), "fits");
    assert_figure(provider, "most_per_minute", 30000);
    assert_text(json_text(json_get(model, STR("of"))), "model small");
    assert_figure(model, "rpm.value", 6000);
    int64_t tokens = sql_int(db, "SELECT sum(input_tokens + output_tokens) FROM cell WHERE "
                                 "variant = 1");
    assert_figure(provider, "tokens_per_request.value", (double)tokens / (EASY + HARD));
    assert_text(json_text(json_get(forecast, STR("most_accurate"))), "twice");
    assert_contains(
        json_text(json_at(json_get(forecast, STR("prices")), 0)),
        "small (gpt-6-luna): $0.100 input, $0.0100 cached, $0.500 output per million "
        "tokens, list price of ");
}

/* Protects: shares re-weight the samples: nine requests in ten are easy. */
static void kinds_of_requests(void **state)
{
    struct place *place = *state;
    const char *db = run_it(place, "-j", "4");
    place_write_text(place, "volumes.yaml", volumes);
    const json *forecast = forecast_of(place, db, "volumes.yaml");
    const json *quick = variant_in(forecast, "quick");
    double easy =
               (double)sql_int(db, "SELECT sum(cost_nanousd) FROM cell WHERE variant = 0 AND "
                                   "sample < 40") /
               EASY,
           hard =
               (double)sql_int(db, "SELECT sum(cost_nanousd) FROM cell WHERE variant = 0 AND "
                                   "sample >= 40") /
               HARD;
    assert_true(hard > easy);
    assert_figure(quick, "request_usd.value", (0.9 * easy + 0.1 * hard) * 1e-9);
    assert_figure(quick, "accuracy.value", 0.95); /* half of one in ten is wrong */
    const json *kind = json_at(json_get(quick, STR("kinds")), 1);
    assert_text(json_text(json_get(kind, STR("kind"))), "all other");
    assert_figure(kind, "accuracy.value", 0.5);
    assert_figure(kind, "request_usd.value", hard * 1e-9);
    assert_figure(quick, "behind", -0.05);
    assert_text(json_text(json_get(forecast, STR("choice"))), "quick");
    assert_contains(
        json_text(json_get(forecast, STR("choice_text"))),
        "quick is the cheapest variant that is shown to be at most 10.0 points less");
}

/* Protects: one structure behind all formats: the same rounded figure in each, the same bytes
 * again. */
static void formats_agree(void **state)
{
    struct place *place = *state;
    const char *db = run_it(place, "-j", "4");
    place_write_text(place, "volumes.yaml", volumes);
    double month =
        figure(variant_in(forecast_of(place, db, "volumes.yaml"), "twice"), "month_usd.value");
    assert_true(month > 10 && month < 100);
    const char *shown = arena_printf(&place->arena, "$%.1f", month).p;
    struct ended text = weir(place, "report", db, "--forecast", "volumes.yaml", NULL);
    assert_code(text, 0);
    assert_contains(text.out, shown);
    assert_contains(text.out, "Latency under load is not known.");
    assert_contains(text.out, "weir-mock");
    struct ended md = weir(place, "report", db, "--forecast", "volumes.yaml", "--md", NULL);
    assert_contains(md.out, shown + 1);
    struct ended csv = weir(place, "report", db, "--forecast", "volumes.yaml", "--csv", NULL);
    assert_contains(csv.out, arena_printf(&place->arena, "twice,month_usd,,%.10g,", month).p);
    struct ended again = weir(place, "report", db, "--forecast", "volumes.yaml", NULL);
    assert_same_text(again.out, text.out);
    assert_code(weir(place, "report", db, "--forecast", "volumes.yaml", "-o", "f.csv", NULL),
                0);
    assert_same_text(place_read(place, "f.csv"), csv.out);
    /* options instead of the file */
    struct ended flags =
        weir(place, "report", db, "--forecast", "--requests-per-day", "20000",
             "--peak-per-minute", "6000", "--margin", "0.1", "--share", "easy=0.9", NULL);
    assert_same_text(flags.out, text.out);
}

/* Protects: latency under load is that of a run on a schedule, its own or another; where its load
 * was lower than the peak, that is said. */
static void latency_under_load(void **state)
{
    struct place *place = *state;
    const char *closed = run_it(place, "-j", "4");
    const char *rate = run_it(place, "--rate", "400");
    place_write_text(place, "volumes.yaml", "{requests_per_day: 20000, peak_per_minute: 600}");
    const json *own = forecast_of(place, rate, "volumes.yaml");
    const json *timing = variant_of(report_json(place, rate), "timing", "twice");
    const json *latency = json_get(variant_in(own, "twice"), STR("latency_ms"));
    assert_figure(latency, "p90.value", figure(timing, "scheduled_ms.p90"));
    assert_true(json_bool(json_get(latency, STR("load_reached"))));
    assert_figure(own, "load.cells_per_s", 400);
    assert_figure(own, "load.attempts_per_s", 600); /* one call and two */
    place_write_text(
        place, "volumes.yaml",
        arena_printf(&place->arena,
                     "{requests_per_day: 20000, peak_per_minute: 60000, load: '%s'}", rate)
            .p);
    const json *other = forecast_of(place, closed, "volumes.yaml");
    latency = json_get(variant_in(other, "twice"), STR("latency_ms"));
    assert_figure(latency, "p90.value", figure(timing, "scheduled_ms.p90"));
    assert_false(json_bool(json_get(latency, STR("load_reached"))));
    struct ended text = weir(place, "report", closed, "--forecast", "volumes.yaml", NULL);
    assert_contains(text.out, "not reached");
    assert_contains(text.out, "its latency then is not known, and hardly lower.");
}

/* Protects: what was read from the provider's cache was cheap, and what it costs without is said. */
static void tokens_of_a_cache(void **state)
{
    struct place *place = *state;
    run_it(place, "-j", "4");
    place_write_text(place, "volumes.yaml", "requests_per_day: 20000");
    place_replace(place, "experiment.yaml", "{first_token: 1ms}",
                  "{first_token: 1ms, cache: {share: 1, least: 1, step: 1}}");
    const char *db = run_good(place, "--mock", NULL).db;
    const json *twice = variant_in(forecast_of(place, db, "volumes.yaml"), "twice");
    assert_true(sql_int(db, "SELECT sum(cache_read_tokens) FROM cell") > 0);
    double read =
        (double)sql_int(db, "SELECT sum(c.cache_read_tokens * CASE c.model WHEN 'small' "
                            "THEN 90 ELSE 1800 END) FROM call c JOIN cell USING (cell) "
                            "WHERE variant = 1");
    double more = read * 1e-9 / (EASY + HARD) * 600000; /* 0.09 and 1.8 dollars a million */
    assert_figure(twice, "uncached_month_usd", figure(twice, "month_usd.value") + more);
    assert_true(figure(twice, "provider_cache_share") > 0.2);
    assert_contains(
        weir(place, "report", db, "--forecast", "volumes.yaml", "--json", NULL).out,
        "of its input tokens were read from the provider's cache. Where none are, a "
        "month costs");
}

/* Protects: what cannot be forecast is refused, with what was expected. */
static void what_is_refused(void **state)
{
    struct place *place = *state;
    const char *db = run_it(place, "-j", "4");
    place_write_text(place, "none.yaml", "{peak_per_minute: 3}");
    place_write_text(place, "wrong.yaml", "{requests_per_day: 3, peek_per_minute: 3}");
    place_write_text(place, "word.yaml", "{requests_per_day: 3, shares: {easy: most}}");
    static const struct {
        const char *argument[6];
        const char *words;
    } cases[] = {
        {{"--requests-per-day", "3"}, "expected --forecast too"},
        {{"--forecast", "none.yaml"}, "expected requests_per_day"},
        {{"--forecast", "wrong.yaml"}, "did you mean 'peak_per_minute'"},
        {{"--forecast", "word.yaml"}, "expected a number from 0 to 1"},
        {{"--forecast", "--requests-per-day", "3", "--share", "eazy=0.5"},
         "has the tag 'eazy'"},
        {{"--forecast", "--requests-per-day", "3", "--share", "easy"}, "expected TAG=SHARE"},
        {{"--forecast", "--requests-per-day", "3", "--share", "easy=1.5"}, "not in 0 to 1"},
        {{"--forecast=-", "--requests-per-day=3", "--share=easy=0.5", "--share=first=0.1"},
         "expected kinds that do not overlap"},
        {{"--forecast=-", "--requests-per-day=3", "--share=easy=0.7", "--share=hard=0.7"},
         "sum to 1.4"},
        {{"--forecast=-", "--requests-per-day=3", "--share=easy=0.1", "--share=hard=0.2"},
         "expected a sum of 1"},
        {{"--forecast=-", "--requests-per-day=3", "--load=experiment.yaml"}, "not"},
        {{"--forecast=-", "--requests-per-day=3", "--junit"}, "expected no --junit"},
        {{"--forecast=-", "--requests-per-day=3", "-o", "x.xml"}, "no forecast in the format"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const *a = cases[i].argument;
        struct ended ended = weir(place, "report", db, a[0], a[1], a[2], a[3], a[4], NULL);
        assert_code(ended, 2);
        assert_contains(ended.err, cases[i].words);
        assert_int_equal(ended.out.n, 0);
    }
    struct ended load =
        weir(place, "report", db, "--forecast", "--requests-per-day", "3", "--load", db, NULL);
    assert_code(load, 2);
    assert_contains(load.err, "expected a run with --rate");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(figures_of_the_report), e2e_test(kinds_of_requests),
        e2e_test(formats_agree),         e2e_test(tokens_of_a_cache),
        e2e_test(latency_under_load),    e2e_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
