/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_csv.c: CSV that reads back, and that no spreadsheet runs.
 */
#include "unit/test_report_data.h"

#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"
#include "reports/csv_out.h"

enum { COLUMNS_MAX = 64, ROWS_MAX = 1024 };

struct sheet_read {
    str cell[ROWS_MAX][COLUMNS_MAX];
    size_t rows, columns;
};

static struct sheet_read *read_back(struct arena *arena, const struct buf *out)
{
    struct sheet_read *sheet = arena_new(arena, struct sheet_read);
    struct csv csv = CSV(buf_str(out));
    struct csv_record record = {0};
    struct csv_fault fault;
    int more;
    while ((more = csv_next(&csv, arena, &record, &fault)) == 1) {
        if (sheet->rows == 0)
            sheet->columns = record.count;
        assert_int_equal(record.count, sheet->columns);
        assert_true(record.count <= COLUMNS_MAX && sheet->rows < ROWS_MAX);
        for (size_t i = 0; i < record.count; i++)
            sheet->cell[sheet->rows][i] = arena_str(arena, record.cell[i].text);
        sheet->rows++;
    }
    if (more < 0)
        fail_msg("byte %zu: %s", fault.offset, fault.what);
    return sheet;
}

static str at(const struct sheet_read *sheet, size_t row, const char *column)
{
    for (size_t i = 0; i < sheet->columns; i++)
        if (str_equal(sheet->cell[0][i], str_from(column)))
            return sheet->cell[row][i];
    fail_msg("no column '%s'", column);
    return STR("");
}

/* Protects: a row per cell, in order, with the figures of the cell and unknown as empty. */
static void cells(void **state)
{
    (void)state;
    struct data data;
    struct arena arena = {0};
    data_make(&data, (struct data_options){.step = 11}, true);
    struct report_input input = data_input(&data);
    struct buf out = data_render("csv", &input);
    struct sheet_read *sheet = read_back(&arena, &out);
    assert_int_equal(sheet->rows, 1 + DATA_CELLS);
    double cost = 0;
    uint64_t calls = 0, retries = 0;
    for (size_t row = 1; row < sheet->rows; row++) {
        double usd = 0;
        int64_t n = 0;
        size_t v = (row - 1) / DATA_TRIALS / DATA_SAMPLES;
        assert_string_equal(at(sheet, row, "variant").p, data_names[v]);
        assert_string_equal(at(sheet, row, "mock").p, "true");
        if (str_equal(at(sheet, row, "status"), STR("pending"))) {
            assert_int_equal(at(sheet, row, "calls").n, 0);
            continue;
        }
        assert_true(str_to_double(at(sheet, row, "cost_usd"), &usd));
        cost += usd;
        assert_true(str_to_int(at(sheet, row, "calls"), &n));
        calls += (uint64_t)n;
        assert_true(str_to_int(at(sheet, row, "retries"), &n));
        retries += (uint64_t)n;
    }
    double expected = 0;
    for (size_t v = 0; v < DATA_VARIANTS; v++) {
        expected += data.summary->variants[v].known_usd;
        calls -= data.summary->variants[v].traffic.calls;
        retries -= data.summary->variants[v].traffic.retries;
    }
    assert_true(fabs(cost - expected) < 1e-12);
    assert_int_equal(calls, 0);
    assert_int_equal(retries, 0);
    assert_int_equal(at(sheet, 1, "ttft_ms").n, 0);
    assert_string_equal(at(sheet, 1, "score:department").p, "1");
    buf_release(&out);
    arena_release(&arena);
    data_free(&data);
}

/* Protects: a row per call, each with the cell it belongs to. */
static void calls(void **state)
{
    (void)state;
    struct data data;
    struct arena arena = {0};
    data_make(&data, (struct data_options){0}, true);
    struct report_input input = data_input(&data);
    struct buf out = data_render("csv-calls", &input);
    struct sheet_read *sheet = read_back(&arena, &out);
    uint64_t expected = 0;
    for (size_t v = 0; v < DATA_VARIANTS; v++)
        expected += data.summary->variants[v].traffic.calls;
    assert_int_equal(sheet->rows, 1 + expected);
    for (size_t row = 1; row < sheet->rows; row++) {
        assert_true(at(sheet, row, "variant").n > 0);
        assert_true(at(sheet, row, "sample").n > 0);
        assert_string_equal(at(sheet, row, "source").p, "sent");
        assert_string_equal(at(sheet, row, "latency_ms").p, "400");
    }
    buf_release(&out);
    arena_release(&arena);
    data_free(&data);
}

/* Protects: no cell of a hostile run is a formula, steers a terminal or breaks a record. */
static void hostile(void **state)
{
    (void)state;
    const char *names[] = {"=HYPERLINK(\"http://127.0.0.1\")", "@SUM(1)", data_hostile};
    const char *const formats[] = {"csv", "csv-calls", "csv-diagnosis"};
    struct data data;
    data_make(&data, (struct data_options){.names = names, .hostile = true}, true);
    struct report_input input = data_input(&data);
    for (unsigned f = 0; f < 3; f++) {
        struct arena arena = {0};
        struct buf out = data_render(formats[f], &input);
        struct sheet_read *sheet = read_back(&arena, &out);
        for (size_t row = 0; row < sheet->rows; row++)
            for (size_t i = 0; i < sheet->columns; i++) {
                str cell = sheet->cell[row][i];
                if (cell.n && memchr("=+-@\t\r\n", cell.p[0], 7))
                    fail_msg("a formula: %s", cell.p);
            }
        if (f < 2) /* there is nothing to diagnose in it */
            assert_string_equal(at(sheet, 1, "variant").p, "'=HYPERLINK(\"http://127.0.0.1\")");
        assert_lacks(&out, "\x1b");
        assert_lacks(&out, "\r");
        buf_release(&out);
        arena_release(&arena);
    }
    data_free(&data);
}

/* Protects: docs/reports.md names every column. */
static void documented(void **state)
{
    (void)state;
    const char *const formats[] = {"csv", "csv-calls", "csv-requirements", "csv-diagnosis"};
    struct data data;
    struct err err = {0};
    data_make(&data, (struct data_options){0}, true);
    struct report_input input = data_input(&data);
    str page;
    data_check(file_read(&data.arena, TEST_SOURCE_DIR "/docs/reports.md", 1 << 20, &page, &err),
               &err);
    for (unsigned f = 0; f < 4; f++) {
        struct buf out = data_render(formats[f], &input);
        struct sheet_read *sheet = read_back(&data.arena, &out);
        for (size_t i = 0; i < sheet->columns; i++) {
            str head = sheet->cell[0][i];
            str word = arena_printf(&data.arena, "`%s`", head.p);
            if (!str_starts_with(head, STR("score:")) && !str_contains(page, word))
                fail_msg("docs/reports.md does not name %s", word.p);
        }
        buf_release(&out);
    }
    data_free(&data);
}

/* Protects: RFC 4180 quoting, exact decimals, and the apostrophe before formulas alone. */
static void writer(void **state)
{
    (void)state;
    struct buf out = {0};
    struct csv_out csv = {.out = &out};
    csv_out_text(&csv, STR("a,\"b\""));
    csv_out_text(&csv, STR("-1"));
    csv_out_int(&csv, -1);
    csv_out_text(&csv, STR("\t=1"));
    csv_out_text(&csv, STR("1=1"));
    csv_out_count(&csv, -1);
    csv_out_end(&csv);
    csv_out_usd(&csv, true, 1);
    csv_out_usd(&csv, true, 1200000000);
    csv_out_usd(&csv, true, -50);
    csv_out_usd(&csv, false, 5);
    csv_out_ms(&csv, true, 1234567);
    csv_out_ms(&csv, true, 0);
    csv_out_end(&csv);
    assert_string_equal(out.p, "\"a,\"\"b\"\"\",'-1,-1,'\\t=1,1=1,\n"
                               "0.000000001,1.2,-0.00000005,,1.234567,0\n");
    buf_release(&out);
}

/* Protects: what a spreadsheet runs after it has taken blanks and quotes away, in full width, behind
 * a semicolon, or where it cuts a long cell. */
static void formulas(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"=1", "'=1\n"},           {" =1", "' =1\n"},    {"\"=1", "\"'\"\"=1\"\n"},
        {"＝1", "'＝1\n"},         {"＠x", "'＠x\n"},    {"a;=1", "\"a;'=1\"\n"},
        {"a; +1", "\"a;' +1\"\n"}, {"a;b", "\"a;b\"\n"}, {"1-2", "1-2\n"},
        {"x=1", "x=1\n"},          {"'=1", "''=1\n"},    {";＋1", "\";'＋1\"\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = {0};
        struct csv_out csv = {.out = &out};
        csv_out_text(&csv, str_from(cases[i].text));
        csv_out_end(&csv);
        assert_string_equal(out.p, cases[i].shown);
        buf_release(&out);
    }
    struct buf line = {0}, out = {0};
    struct csv_out csv = {.out = &out};
    for (unsigned i = 0; i < 40000; i++)
        buf_add_str(&line, i % 2 ? STR("é") : STR("="));
    csv_out_text(&csv, buf_str(&line));
    assert_int_equal(utf8_count(buf_str(&out)), 1 + 32000); /* and the apostrophe */
    assert_true(str_ends_with(buf_str(&out), STR("…")));
    buf_release(&line);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells),      cmocka_unit_test(calls),  cmocka_unit_test(hostile),
        cmocka_unit_test(documented), cmocka_unit_test(writer), cmocka_unit_test(formulas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
