/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_text.c: the formats that people read: terminal and Markdown.
 */
#include "unit/test_report_data.h"

#include "base/text.h"
#include "reports/page.h"

static void assert_width(const struct buf *out, size_t width)
{
    str rest = buf_str(out), line;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        if (text_columns(line) > width)
            fail_msg("%zu columns: %.*s", text_columns(line), STR_ARG(line));
    }
}

/* Protects: no line is wider than asked for, with plain and with hostile names. */
static void widths(void **state)
{
    (void)state;
    static const char *const wide[] = {"名前がとても長いバリアントの名前がとても長いバリアント",
                                       "plain", "a\xcc\x81"};
    const char *hostile[] = {data_hostile, "x", data_hostile + 10};
    for (unsigned i = 0; i < 3; i++) {
        struct data data;
        data_make(&data,
                  (struct data_options){.names = i == 0   ? NULL
                                                 : i == 1 ? hostile
                                                          : wide,
                                        .hostile = i == 1},
                  false);
        for (unsigned width = 80; width <= 120; width += 20) {
            struct report_input input = data_input(&data);
            input.width = width;
            struct buf out = data_render("text", &input);
            assert_width(&out, width);
            buf_release(&out);
        }
        data_free(&data);
    }
}

/* Protects: what a reader needs is there: notice, tables in decision order, verdict at the end. */
static void says(void **state)
{
    (void)state;
    struct data data;
    data_make(&data, (struct data_options){0}, false);
    struct report_input input = data_input(&data);
    struct buf out = data_render("text", &input);
    assert_has(&out, "Answered by weir-mock: these figures describe its configuration, not a "
                     "model.");
    assert_has(&out, "queries.jsonl (fingerprint 3fa9c14e77d20b15), 40 samples × 2 trials");
    assert_has(&out, "baseline generic");
    const char *const tables[] = {"\nAccuracy ",         "\nLatency ", "\nCost ",
                                  "\nCalls and errors ", "\nReasons ", "\nSteps ",
                                  "\nMean times "};
    ptrdiff_t at = 0;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        at = str_find(buf_str(&out), str_from(tables[i]), (size_t)at);
        if (at < 0)
            fail_msg("no table%s", tables[i]);
    }
    ptrdiff_t better = str_find(buf_str(&out), STR("\nby_model "), 0);
    ptrdiff_t middle = str_find(buf_str(&out), STR("\nby_keywords "), 0);
    ptrdiff_t base = str_find(buf_str(&out), STR("\ngeneric "), 0);
    assert_true(better > 0 && better < middle && middle < base);
    assert_has(&out, "≥ $"); /* lost attempts */
    ptrdiff_t warnings = str_find(buf_str(&out), STR("\nWarnings\n"), 0);
    ptrdiff_t verdict = str_find(buf_str(&out), data.summary->winner_text, 0);
    assert_true(warnings > at && verdict > warnings);
    assert_lacks(&out, "\x1b");
    buf_release(&out);
    data_free(&data);
}

static str line_of(const struct buf *out, const char *start, size_t skip)
{
    ptrdiff_t at = str_find(buf_str(out), str_from(start), 0);
    str line, rest;
    if (at < 0)
        fail_msg("no line '%s'", start);
    rest = str_sub(buf_str(out), (size_t)at + 1, out->n);
    do {
        str_cut(rest, '\n', &line, &rest);
    } while (skip-- > 0);
    return line;
}

/* Protects: one page to decide by, at 80 columns and at 120: the comparison first, with intervals,
 * tests and ratios below the figures or beside them; warnings in one place; the verdict last. */
static void decides(void **state)
{
    (void)state;
    struct data data;
    data_make(&data, (struct data_options){0}, false);
    for (unsigned width = 80; width <= 120; width += 40) {
        struct report_input input = data_input(&data);
        input.width = width;
        input.brief = true;
        struct buf out = data_render("text", &input);
        size_t lines = 0;
        for (size_t i = 0; i < out.n; i++)
            lines += out.p[i] == '\n';
        assert_true(lines < 60);
        assert_width(&out, width);
        str head = line_of(&out, "\nVariant ", 0);
        str name = line_of(&out, "\nby_model ", 0), below = line_of(&out, "\nby_model ", 1);
        str third = line_of(&out, "\nby_model ", 2);
        assert_true(str_contains(head, STR("Δ points")));
        assert_int_equal(str_contains(head, STR("× baseline")), width == 120);
        assert_true(str_contains(name, STR(" %  ")) && str_contains(name, STR("+")));
        assert_true(str_starts_with(below, STR("better ")));
        assert_true(str_contains(below, STR(" – ")) && str_contains(below, STR("$")));
        assert_true(str_contains(third, STR("n ")) && str_contains(third, STR("p ")));
        assert_int_equal(str_contains(third, STR("× ")), width == 80);
        assert_true(str_starts_with(line_of(&out, "\ngeneric ", 1), STR("baseline ")));
        ptrdiff_t table = str_find(buf_str(&out), STR("\nVariant "), 0);
        ptrdiff_t warnings = str_find(buf_str(&out), STR("\nWarnings\n  ! Answered by"), 0);
        ptrdiff_t verdict = str_find(buf_str(&out), STR("\nby_model is more"), 0);
        ptrdiff_t price = str_find(buf_str(&out), STR("\nby_model: "), 0);
        assert_true(table > 0 && warnings > table && verdict > warnings && price > verdict);
        assert_lacks(&out, "\nSteps ");
        buf_release(&out);
    }
    data_free(&data);
}

/* Protects: a real provider's run has no notice; one without a baseline compares nothing. */
static void variations(void **state)
{
    (void)state;
    struct data data;
    data_make(&data, (struct data_options){.live = true, .no_baseline = true, .clean = true},
              false);
    struct report_input input = data_input(&data);
    struct buf out = data_render("text", &input);
    assert_lacks(&out, "weir-mock");
    assert_lacks(&out, "baseline");
    assert_lacks(&out, "≥");
    assert_lacks(&out, "\nReasons ");
    buf_release(&out);
    input.colour = true;
    out = data_render("text", &input);
    assert_has(&out, "\x1b[1m");
    buf_release(&out);
    data_free(&data);
}

/* Protects: a run without a single row is a report too, with dashes and no crash. */
static void empty(void **state)
{
    (void)state;
    static const struct summary_variant_meta variant = {STR_INIT("only"), STR_INIT("call")};
    struct summary_meta meta = {.variants = &variant, .variant_count = 1};
    struct err err = {0};
    struct summary *summary = summary_begin(&meta);
    data_check(summary_finish(summary, &err), &err);
    struct report_input input = {.summary = summary};
    const char *const formats[] = {"text", "md", "json"};
    for (unsigned i = 0; i < 3; i++) {
        struct buf out = data_render(formats[i], &input);
        assert_has(&out, i == 2 ? "\"value\": null" : "—");
        buf_release(&out);
    }
    summary_free(summary);
}

/* Protects: where a small p stands beside "no clear difference" the short form says why. */
static void borderline(void **state)
{
    (void)state;
    struct data data;
    data_make(&data, (struct data_options){0}, false);
    struct report_input input = data_input(&data);
    input.brief = true;
    struct buf clear = data_render("text", &input);
    assert_lacks(&clear, "orderline");
    data.summary->comparisons[0].verdict = SUMMARY_NO_CLEAR_DIFFERENCE;
    data.summary->comparisons[0].borderline = true;
    static const char *const formats[] = {"text", "html", "md"};
    for (size_t i = 0; i < 3; i++) {
        struct buf out = data_render(formats[i], &input);
        assert_has(&out, i == 2 ? "no clear difference (borderline)" : "(borderline)");
        if (i < 2)
            assert_has(&out, "Borderline: of test (p) and interval one");
        buf_release(&out);
    }
    buf_release(&clear);
    data_free(&data);
}

/* Protects: what `weir compare` compares stands together, the baseline first. */
static void pairs(void **state)
{
    (void)state;
    const double accuracy[] = {0.6, 0.9, 0.7, 0.8, 0.95};
    struct summary_variant variants[5];
    memset(variants, 0, sizeof variants);
    for (unsigned i = 0; i < 5; i++)
        variants[i].accuracy.value = maybe_of(accuracy[i]);
    const struct summary_pair pair[] = {{0, 3}, {1, 2}};
    struct summary summary = {.meta = {.variant_count = 5, .pairs = pair, .pair_count = 2},
                              .variants = variants};
    struct arena arena = {0};
    size_t *places = page_order(&summary, &arena);
    const size_t expected[] = {4, 1, 2, 0, 3};
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(places[i], expected[i]);
    arena_release(&arena);
}

/* Protects: accuracy decides, then cost, then the file's order; the unknown come last. */
static void order(void **state)
{
    (void)state;
    struct summary_variant variants[4] = {{.accuracy = {.value = maybe_of(0.5)}},
                                          {.accuracy = {.value = maybe_none()}},
                                          {.accuracy = {.value = maybe_of(0.5)}},
                                          {.accuracy = {.value = maybe_of(0.9)}}};
    variants[0].cost_per_cell_usd.value = maybe_none();
    variants[2].cost_per_cell_usd.value = maybe_of(7);
    struct summary summary = {.meta = {.variant_count = 4}, .variants = variants};
    struct arena arena = {0};
    size_t *places = page_order(&summary, &arena);
    const size_t expected[] = {3, 2, 0, 1};
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(places[i], expected[i]);
    arena_release(&arena);
}

/* Protects: Markdown puts the verdict first, folds the rest and closes what it opens. */
static void markdown(void **state)
{
    (void)state;
    struct data data;
    data_make(&data, (struct data_options){0}, false);
    struct report_input input = data_input(&data);
    struct buf out = data_render("md", &input);
    assert_true(str_starts_with(buf_str(&out), STR("## Support mail\n\n**by\\_model is more")));
    ptrdiff_t table = str_find(buf_str(&out), STR("| Variant | Accuracy |"), 0);
    ptrdiff_t fold = str_find(buf_str(&out), STR("<details>"), 0);
    ptrdiff_t words = str_find(buf_str(&out), STR("- by\\_model answers"), 0);
    assert_true(table > 0 && words > table && fold > words);
    assert_has(&out, "> Answered by weir-mock");
    size_t opened = 0, closed = 0;
    for (ptrdiff_t at = -1;
         (at = str_find(buf_str(&out), STR("<details>"), (size_t)(at + 1))) >= 0;)
        opened++;
    for (ptrdiff_t at = -1;
         (at = str_find(buf_str(&out), STR("</details>"), (size_t)(at + 1))) >= 0;)
        closed++;
    assert_true(opened >= 8);
    assert_int_equal(opened, closed);
    buf_release(&out);
    data_free(&data);
}

/* Protects: a hundred variants with names of which each sign takes nine bytes when escaped, 200
 * requirements and 40 scores stay under 60 KB, the best first, and it is said how many were left
 * out; annotations stay those that GitHub shows. */
static void markdown_size(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct summary *summary = data_many(&arena, 100);
    struct report_input input = {.summary = summary, .title = str_from(data_hostile)};
    struct buf out = data_render("md", &input);
    assert_true(out.n < 60000);
    assert_true(out.n > 50000);
    assert_has(&out, "more rows: see the JSON report");
    assert_has(&out, "more requirements: see the JSON report");
    buf_release(&out);
    struct buf notes = data_render("github", &input);
    size_t errors = 0;
    for (str line, rest = buf_str(&notes); rest.n;) {
        str_cut(rest, '\n', &line, &rest);
        errors += str_starts_with(line, STR("::error "));
    }
    assert_int_equal(errors, 10);
    assert_has(&notes, "191 more errors: see the report");
    buf_release(&notes);
    struct buf text = data_render("text", &input);
    assert_width(&text, REPORT_WIDTH);
    buf_release(&text);
    input.brief = true;
    text = data_render("text", &input);
    size_t lines = 0;
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    assert_true(lines < 400); /* names of 60 columns in 15 warnings and 15 requirements */
    assert_has(&text, "87 more variants: --details.");
    assert_has(&text, " more warnings (--details)");
    assert_has(&text, " more requirements (--details)");
    buf_release(&text);
    summary_free(summary);
    arena_release(&arena);
}

static size_t bare(str line, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < line.n; i++)
        count += line.p[i] == c && (i == 0 || line.p[i - 1] != '\\');
    return count;
}

/* Protects: names and titles cannot become markup, HTML, a mention, a link or a table's cell. */
static void markdown_hostile(void **state)
{
    (void)state;
    const char *names[] = {data_hostile, "https://x.test www.x.test :smile:", "- item"};
    struct data data;
    data_make(&data, (struct data_options){.names = names, .hostile = true}, false);
    struct report_input input = data_input(&data);
    struct buf out = data_render("md", &input);
    const char *const never[] = {"<script",      "</script", "@everyone", "#1 ",
                                 "https://",     "www.x",    ":smile:",   "\x1b",
                                 "\xe2\x80\xae", "\r",       "- - item"};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        assert_lacks(&out, never[i]);
    str rest = buf_str(&out), line;
    size_t cells = 0;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        assert_int_equal(bare(line, '`'), 0);
        assert_int_equal(bare(line, '$'), 0);
        bool row = str_starts_with(line, STR("|"));
        if (row && cells)
            assert_int_equal(bare(line, '|'), cells);
        cells = row ? bare(line, '|') : 0;
    }
    assert_has(&out, "\\`touch weir\\_pwned\\`");
    buf_release(&out);
    data_free(&data);
}

/* Protects: nothing in names reaches the terminal as a control, nor turns its direction. */
static void text_hostile(void **state)
{
    (void)state;
    const char *names[] = {data_hostile, "a\x1b]0;title\x07",
                           "\xc2\x9b"
                           "31m"};
    struct data data;
    data_make(&data, (struct data_options){.names = names, .hostile = true}, false);
    struct report_input input = data_input(&data);
    struct buf out = data_render("text", &input);
    for (size_t i = 0; i < out.n; i++)
        assert_true((unsigned char)out.p[i] >= 0x20 || out.p[i] == '\n');
    assert_lacks(&out, "\xc2\x9b");
    assert_lacks(&out, "\xe2\x80\xae");
    assert_int_equal(utf8_invalid_at(buf_str(&out)), -1);
    assert_has(&out, "\\e[31mred U+202E rtl \\xff line\\nbreak\\ttab\\r");
    buf_release(&out);
    data_free(&data);
}

/* Protects: formats are found by name and by a file's extension, and a wrong one is named. */
static void find(void **state)
{
    (void)state;
    struct report_input input = {0};
    struct buf out = {0};
    struct err err = {0};
    size_t count;
    report_reporters(&count);
    assert_true(count >= 7);
    assert_string_equal(report_for_file(STR("a/b.c/report.MD"))->name, "md");
    assert_string_equal(report_for_file(STR("x.txt"))->name, "text");
    assert_string_equal(report_for_file(STR("x.csv"))->name, "csv");
    assert_string_equal(report_for_file(STR("x.json"))->name, "json");
    assert_null(report_for_file(STR("x.docx")));
    assert_null(report_for_file(STR("json")));
    assert_null(report_find(STR("")));
    assert_int_equal(report_emit(STR("htm\x1bl"), &input, &out, &err), -1);
    assert_int_equal(err.kind, ERR_INPUT);
    assert_true(str_contains(str_from(err.message), STR("text, md, html, json, junit, ")));
    assert_false(str_contains(str_from(err.message), STR("\x1b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths),        cmocka_unit_test(says),
        cmocka_unit_test(decides),       cmocka_unit_test(variations),
        cmocka_unit_test(empty),         cmocka_unit_test(borderline),
        cmocka_unit_test(pairs),         cmocka_unit_test(order),
        cmocka_unit_test(find),          cmocka_unit_test(markdown),
        cmocka_unit_test(markdown_size), cmocka_unit_test(markdown_hostile),
        cmocka_unit_test(text_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
