/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_papers.c: forecasts and histories as they are written: every member documented, no
 * line too wide, and names from outside taken for text in every format.
 */
#include "test_report_data.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "reports/forecast_report.h"
#include "reports/history_report.h"

enum { SAMPLES = 12 };

static struct forecast *make_forecast(const char *name)
{
    static struct summary_variant_meta variants[2];
    static struct forecast_slice slices[2];
    static struct forecast_sample sample[SAMPLES];
    static struct forecast_limit limits[1];
    static struct stats_quantile quantiles[2][SUMMARY_LEVELS];
    static uint64_t cells[2] = {SAMPLES, SAMPLES};
    static str price[1];
    struct err err = {0};
    variants[0] = (struct summary_variant_meta){str_from(name), STR("call")};
    variants[1] = (struct summary_variant_meta){STR("two"), STR("chain")};
    slices[0] = (struct forecast_slice){str_from(name), 0.25};
    slices[1] = (struct forecast_slice){STR("all other"), 0.75};
    limits[0] = (struct forecast_limit){str_from(name), 60, 1000};
    price[0] = str_from(name);
    for (size_t i = 0; i < SAMPLES; i++)
        sample[i].slice = i % 2;
    for (size_t i = 0; i < SUMMARY_LEVELS; i++)
        quantiles[0][i] = quantiles[1][i] =
            (struct stats_quantile){.estimate = maybe_of(1e9), .low = maybe_of(9e8)};
    struct forecast_meta meta = {
        .run = str_from(name),
        .experiment = str_from(name),
        .per_day = 20000,
        .peak_per_minute = maybe_of(100),
        .margin = maybe_of(0.05),
        .variant = variants,
        .variants = 2,
        .slice = slices,
        .slices = 2,
        .sample = sample,
        .samples = SAMPLES,
        .limit = limits,
        .limits = 1,
        .load = {str_from(name), true, 4, maybe_of(1),
                 (const struct stats_quantile(*)[SUMMARY_LEVELS])quantiles, cells},
        .prices = price,
        .price_count = 1,
    };
    struct forecast *f = forecast_begin(&meta);
    for (size_t i = 0; i < 2 * SAMPLES; i++) {
        static const struct forecast_amount amount = {2, 40};
        struct forecast_row *row = arena_new(&f->arena, struct forecast_row);
        *row = (struct forecast_row){.variant = i / SAMPLES,
                                     .sample = i % SAMPLES,
                                     .trial = 1,
                                     .correct = maybe_of(i > SAMPLES || i % 3 > 0),
                                     .usd = 0.001 * (double)(1 + i / SAMPLES),
                                     .upper_usd = 0.002,
                                     .lost = i == 0,
                                     .batch_usd = maybe_of(0.0001),
                                     .uncached_usd = maybe_of(0.01),
                                     .cache_read = 1,
                                     .input = 2,
                                     .attempts = 2,
                                     .retries = 1,
                                     .amount = &amount};
        data_check(forecast_add(f, row, &err), &err);
    }
    forecast_finish(f);
    return f;
}

static struct history *make_history(const char *name)
{
    struct history *h = history_begin(&(struct history_meta){.experiment = str_from(name)});
    struct summary_variant value = {
        .samples = 9,
        .accuracy = {.value = maybe_of(0.5), .low = maybe_of(0.2), .high = maybe_of(0.8)}};
    struct summary_comparison change = {
        .pairs = 9,
        .test = "mcnemar_exact",
        .p = maybe_of(0.0001),
        .accuracy = {.value = maybe_of(-0.5), .low = maybe_of(-0.8), .high = maybe_of(-0.2)},
        .cost_ratio = {.value = maybe_of(2), .se = maybe_of(0.01)},
        .latency_ratio = {.value = maybe_of(0.5), .se = maybe_of(0.01)}};
    history_set_dataset(h, str_from(name), str_from(name), 0.95);
    for (size_t run = 0; run < 3; run++) {
        struct history_run_meta meta = {
            .id = str_from(name), .time = STR("2026-01-02T03:04:05Z"), .mock = true};
        history_add_run(h, &meta);
        history_add_note(h, run, str_from(name));
        history_add_value(h, run, str_from(name), &value);
        if (run)
            history_add_change(h, run - 1, run, str_from(name), false, &change, 9);
    }
    history_add_change(h, 0, 2, str_from(name), true, &change, 9);
    history_leave_out(h, str_from(name), STR(""), str_from(name));
    history_finish(h);
    return h;
}

static struct buf render(bool forecast, const char *name, const char *format, size_t width)
{
    struct buf out = {0};
    struct err err = {0};
    if (forecast) {
        struct forecast *f = make_forecast(name);
        data_check(paper_emit(&forecast_paper, f, str_from(format), width, false, &out, &err),
                   &err);
        forecast_free(f);
    } else {
        struct history *h = make_history(name);
        data_check(paper_emit(&history_paper, h, str_from(format), width, false, &out, &err),
                   &err);
        history_free(h);
    }
    return out;
}

/* ---- documents ---- */

static void assert_named(const json *value, str page)
{
    bool named = json_is(value, JSON_OBJECT);
    for (const json *item = json_first(value); item; item = json_next(item)) {
        if (named && !str_contains(page, json_key(item)))
            fail_msg("the page does not name \"%.*s\"", STR_ARG(json_key(item)));
        assert_named(item, page);
    }
}

/* Protects: the pages name every member of the JSON and every column of the CSV. */
static void documented(void **state)
{
    (void)state;
    static const char *const pages[] = {"/docs/history.md", "/docs/forecast.md"};
    for (int forecast = 0; forecast < 2; forecast++) {
        struct arena arena = {0};
        struct err err = {0};
        str page, reports, head, word;
        const char *path = arena_printf(&arena, "%s%s", TEST_SOURCE_DIR, pages[forecast]).p;
        data_check(file_read(&arena, path, 1 << 20, &page, &err), &err);
        /* estimates are described there */
        data_check(
            file_read(&arena, TEST_SOURCE_DIR "/docs/reports.md", 1 << 20, &reports, &err),
            &err);
        struct buf out = render(forecast, "plain", "json", 0);
        const json *whole = json_parse(&arena, buf_str(&out), NULL);
        assert_non_null(whole);
        assert_named(whole, arena_printf(&arena, "%.*s%.*s", STR_ARG(page), STR_ARG(reports)));
        buf_release(&out);
        out = render(forecast, "plain", "csv", 0);
        str_cut(buf_str(&out), '\n', &head, &word);
        while (head.n) {
            str_cut(head, ',', &word, &head);
            assert_true(str_contains(page, arena_printf(&arena, "`%.*s`", STR_ARG(word))));
        }
        buf_release(&out);
        arena_release(&arena);
    }
}

/* Protects: no line of a terminal is wider than it, whatever names are. */
static void fits_the_terminal(void **state)
{
    (void)state;
    static const char *const names[] = {"v",
                                        "a-name-that-is-rather-long-for-a-column-of-a-table",
                                        "名前名前名前名前名前名前名前名前名前名前名前名前名前"};
    for (size_t i = 0; i < 3; i++)
        for (size_t width = 80; width <= 120; width += 20)
            for (int forecast = 0; forecast < 2; forecast++) {
                struct buf out = render(forecast, names[i], "text", width);
                str rest = buf_str(&out), line;
                while (rest.n) {
                    str_cut(rest, '\n', &line, &rest);
                    if (text_columns(line) > width)
                        fail_msg("%zu columns: %.*s", text_columns(line), STR_ARG(line));
                }
                buf_release(&out);
            }
}

/* ---- hostile names ---- */

static void assert_clean(str text, bool markup)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 && text.p[i] != '\n')
            fail_msg("a control character at byte %zu", i);
    assert_false(str_contains(text, STR("\xe2\x80\xae")));
    if (markup)
        assert_false(str_contains(text, STR("<script")));
}

/* Protects: text from outside reaches terminal, Markdown, JSON and spreadsheet as text. */
static void hostile_names(void **state)
{
    (void)state;
    static const char *const formats[] = {"text", "md", "json", "csv", "html"};
    static const char formula[] = "=cmd|' /C calc'!A0";
    for (int forecast = 0; forecast < 2; forecast++) {
        for (size_t i = 0; i < 5; i++) {
            struct buf out = render(forecast, data_hostile, formats[i], 100);
            assert_true(utf8_invalid_at(buf_str(&out)) < 0);
            assert_clean(buf_str(&out), i == 1 || i == 4);
            buf_release(&out);
        }
        struct buf csv = render(forecast, formula, "csv", 0);
        str rest = buf_str(&csv), line;
        while (rest.n) {
            str_cut(rest, '\n', &line, &rest);
            assert_false(str_starts_with(line, STR("=")) || str_contains(line, STR(",=")) ||
                         str_contains(line, STR("\"=")));
        }
        buf_release(&csv);
    }
}

/* Protects: a page stands alone: it runs nothing and may run nothing, names nothing else, says what the
 * document comes to before its tables, and has every figure of the Markdown. */
static void pages(void **state)
{
    (void)state;
    for (int forecast = 0; forecast < 2; forecast++) {
        struct buf out = render(forecast, "plain", "html", 0);
        str page = buf_str(&out);
        assert_true(str_starts_with(page, STR("<!DOCTYPE html>")));
        assert_true(str_contains(page, STR("default-src 'none'")));
        assert_true(str_contains(page, STR("style-src 'sha256-")));
        static const char *const never[] = {"script", "http:", "https:", "url(", " style=\""};
        for (size_t i = 0; i < sizeof never / sizeof *never; i++)
            if (str_contains(page, str_from(never[i])))
                fail_msg("%s", never[i]);
        ptrdiff_t verdict = str_find(page, STR("class=\"verdict\""), 0);
        ptrdiff_t table = str_find(page, STR("<table"), 0);
        assert_true(verdict > 0 && table > verdict);
        assert_true(str_ends_with(page, STR("</body>\n</html>\n")));
        struct buf again = render(forecast, "plain", "html", 0);
        assert_true(str_equal(page, buf_str(&again)));
        buf_release(&again);
        buf_release(&out);
    }
}

int main(void)
{
    setenv("PATH", "/nowhere", 1); /* no pictures: those are tested elsewhere */

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented),
        cmocka_unit_test(fits_the_terminal),
        cmocka_unit_test(hostile_names),
        cmocka_unit_test(pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
