/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_formats.c: one run in every format: the figures read back from terminal, Markdown, CSV,
 * JUnit, annotations and the page are those of the JSON report, and a second report has the same
 * bytes.
 */
#include "e2e_run.h"

#include "base/csv.h"
#include "base/text.h"
#include "stats/format.h"
#include "tests/unit/test_junit_reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES = 24, TRIALS = 2, VARIANTS = 3 };
static const char *const names[VARIANTS] = {"plain", "good", "twice"};

static void write_experiment(struct place *place)
{
    struct buf rows = {0};
    for (int i = 0; i < SAMPLES; i++)
        buf_printf(&rows,
                   "{\"id\": \"s%02d\", \"q\": \"question number %d of many\", \"expected\": "
                   "\"answer %d\"}\n",
                   i, i, i);
    place_write(place, "rows.jsonl", buf_str(&rows));
    buf_release(&rows);
    place_write_text(
        place, "experiment.yaml",
        "dataset: rows.jsonl\n"
        "trials: 2\n"
        "models:\n"
        "  small: {provider: openai, model: weak, price: {input: 1, output: 4}}\n"
        "  large: {provider: openai, model: strong, price: {input: 3, output: 12}}\n"
        "defaults: {model: small, max_tokens: 100}\n"
        "variants:\n"
        "  plain: {call: {prompt: {user: 'Answer: {{q}}'}}}\n"
        "  good: {call: {prompt: {user: 'Answer: {{q}}'}, model: large}}\n"
        "  twice:\n"
        "    chain:\n"
        "      draft: {call: {prompt: {user: 'Draft: {{q}}'}}}\n"
        "      final: {call: {prompt: {user: 'Answer: {{q}}'}}}\n"
        "score: {same: {equals: '{{expected}}'}}\n"
        "require:\n"
        "  - {metric: error_rate, max: 0.5}\n"
        "  - {metric: accuracy, min: 0.99, using: estimate}\n"
        "mock:\n"
        "  models: {weak: {skill: 0.5, first_token: 12ms}, strong: {skill: 0.9, first_token: "
        "24ms}}\n"
        "  answers: {rows: {file: rows.jsonl, find: [q], right: '{{row.expected}}'}}\n");
}

struct reports {
    const json *json;
    str text, md, csv, calls, junit, github, html;
};

static struct reports all_reports(struct place *place, const char *db)
{
    struct reports r = {
        .json = report_json(place, db),
        .text = weir(place, "report", db, NULL).out,
        .md = weir(place, "report", db, "--md", NULL).out,
        .csv = weir(place, "report", db, "--csv", NULL).out,
        .calls = weir(place, "report", db, "--csv-calls", NULL).out,
        .junit = weir(place, "report", db, "--junit", NULL).out,
        .html = weir(place, "report", db, "--html", NULL).out,
    };
    assert_code(weir(place, "report", db, "--github", "notes", NULL), 0);
    r.github = place_read(place, "notes");
    return r;
}

/* ---- reading back ---- */

/* The number at the start of a text as people write it: "−6.4 %", "$0.0491", "< 0.001", "1.4×". */
static double number_of(str text)
{
    char plain[40];
    size_t n = 0;
    double number, sign = 1;
    text = str_trim(text);
    for (size_t at = 0, length; at < text.n && n + 1 < sizeof plain; at += length) {
        uint32_t c = utf8_decode(text, at, &length);
        if (n == 0 && c == 0x2212)
            sign = -1;
        else if (n == 0 &&
                 (c == '$' || c == '+' || c == '<' || c == ' ' || c == '\\' || c == 'p'))
            continue;
        else if (c < 0x80 && (char_is_digit((char)c) || c == '.'))
            plain[n++] = (char)c;
        else
            break;
    }
    plain[n] = '\0';
    if (!str_to_double(str_from(plain), &number))
        fail_msg("no number: '%.*s'", STR_ARG(text));
    return sign * number;
}

/* Of so many significant digits, or decimals, shown. */
static void assert_near(double shown, double is, double tolerance, const char *what)
{
    if (!(fabs(shown - is) <= tolerance))
        fail_msg("%s: %.10g is shown as %.10g", what, is, shown);
}

static const json *comparison_of(const json *report, const char *part, const char *name)
{
    const json *list = json_get(json_get(report, str_from(part)), STR("comparisons"));
    for (const json *c = json_first(list); c; c = json_next(c))
        if (str_equal(json_text(json_get(c, STR("candidate"))), str_from(name)))
            return c;
    return NULL;
}

static double digits3(double value)
{
    return fabs(value) * 0.0051 + 1e-12;
}

/* ---- the comparison of the terminal ---- */

/* The n-th cell of a line, cells being two blanks or more apart. */
static str column(str line, size_t n)
{
    line = str_trim(line);
    for (size_t i = 0;; i++) {
        ptrdiff_t gap = str_find(line, STR("  "), 0);
        if (i == n || gap < 0)
            return gap < 0 ? (i == n ? line : STR("")) : str_sub(line, 0, (size_t)gap);
        line = str_trim(str_sub(line, (size_t)gap, line.n));
    }
}

static str line_with(str text, const char *start, size_t skip)
{
    for (str line, rest = text; rest.n;) {
        str_cut(rest, '\n', &line, &rest);
        if (!str_starts_with(line, str_from(start)))
            continue;
        while (skip-- > 0)
            str_cut(rest, '\n', &line, &rest);
        return line;
    }
    fail_msg("no line '%s'", start);
    return STR("");
}

static void check_terminal(const struct reports *r, const char *name, bool baseline)
{
    struct arena arena = {0};
    const char *start = arena_printf(&arena, "%s ", name).p;
    str first = line_with(r->text, start, 0), second = line_with(r->text, start, 1);
    str third = line_with(r->text, start, 2);
    const json *v = variant_of(r->json, "results", name);
    const json *t = variant_of(r->json, "timing", name);
    const json *c = comparison_of(r->json, "results", name);
    size_t cost = baseline ? 3 : 4, time = baseline ? 2 : 3;
    assert_near(number_of(column(first, 1)), 100 * figure(v, "accuracy.value"), 0.0501, name);
    /* verdicts begin the second line; its intervals are behind it */
    ptrdiff_t dash = str_find(second, STR(" – "), 0);
    str low = column(second, 1);
    assert_true(dash > 0);
    assert_near(number_of(low), 100 * figure(v, "accuracy.low"), 0.0501, "low");
    assert_near(number_of(str_sub(second, (size_t)dash + strlen(" – "), second.n)),
                100 * figure(v, "accuracy.high"), 0.0501, "high");
    assert_near(number_of(column(first, time)), figure(t, "latency_ms.p50"),
                digits3(figure(t, "latency_ms.p50")), "p50");
    assert_near(number_of(column(first, cost)), 1000 * figure(v, "cost_per_cell_usd"),
                digits3(1000 * figure(v, "cost_per_cell_usd")), "cost");
    str n = arena_printf(&arena, "n %d", (int)figure(v, "accuracy.n"));
    assert_contains(third, n.p);
    if (c) {
        const json *timed = comparison_of(r->json, "timing", name);
        assert_near(number_of(column(first, 2)), 100 * figure(c, "accuracy_difference.value"),
                    0.0501, "difference");
        double slower = figure(timed, "latency_ratio.value");
        double dearer = figure(c, "cost_ratio.value");
        str slow = stats_format_ratio(&arena, maybe_of(slower));
        str dear = stats_format_ratio(&arena, maybe_of(dearer));
        assert_contains(third, arena_printf(&arena, " %s× ", slow.p).p);
        assert_contains(third, arena_printf(&arena, " %s× ", dear.p).p);
        assert_contains(
            third, arena_printf(&arena, "p %s",
                                stats_format_p(&arena, maybe_of(figure(c, "p_adjusted"))).p)
                       .p);
    }
    arena_release(&arena);
}

/* ---- the table of Markdown ---- */

static str markdown_cell(str line, size_t n)
{
    str cell = STR("");
    for (size_t i = 0; i <= n + 1; i++)
        str_cut(line, '|', &cell, &line);
    return str_trim(cell);
}

static void check_markdown(const struct reports *r, const char *name)
{
    struct arena arena = {0};
    str line = line_with(r->md, arena_printf(&arena, "| %s |", name).p, 0);
    const json *v = variant_of(r->json, "results", name);
    const json *t = variant_of(r->json, "timing", name);
    const json *c = comparison_of(r->json, "results", name);
    assert_near(number_of(markdown_cell(line, 1)), 100 * figure(v, "accuracy.value"), 0.0501,
                "Markdown, accuracy");
    assert_int_equal((int)number_of(markdown_cell(line, 2)), (int)figure(v, "accuracy.n"));
    if (c)
        assert_near(number_of(markdown_cell(line, 3)),
                    100 * figure(c, "accuracy_difference.value"), 0.0501, "Markdown, Δ");
    assert_near(number_of(markdown_cell(line, 6)), figure(t, "latency_ms.p50"),
                digits3(figure(t, "latency_ms.p50")), "Markdown, p50");
    assert_near(number_of(markdown_cell(line, 7)), figure(t, "latency_ms.p95"),
                digits3(figure(t, "latency_ms.p95")), "Markdown, p95");
    assert_near(number_of(markdown_cell(line, 8)), 1000 * figure(v, "cost_per_cell_usd"),
                digits3(1000 * figure(v, "cost_per_cell_usd")), "Markdown, cost");
    assert_near(number_of(markdown_cell(line, 9)), figure(v, "cost_per_correct_usd"),
                digits3(figure(v, "cost_per_correct_usd")), "Markdown, per correct answer");
    assert_near(number_of(markdown_cell(line, 11)), figure(t, "retries"), 0, "retries");
    arena_release(&arena);
}

/* ---- rows ---- */

struct sums {
    double cells, correct, cost, calls, latency_ms, output_tokens;
};

static size_t head_of(const struct csv_record *heads, const char *name)
{
    for (size_t i = 0; i < heads->count; i++)
        if (str_equal(heads->cell[i].text, str_from(name)))
            return i;
    fail_msg("no column '%s'", name);
    return 0;
}

static double cell_number(const struct csv_record *record, size_t column_number)
{
    double number = 0;
    str text = record->cell[column_number].text;
    if (text.n && !str_to_double(text, &number))
        fail_msg("no number: '%.*s'", STR_ARG(text));
    return number;
}

/* What the rows of a variant add up to. */
static struct sums sum_rows(str text, const char *name, bool calls)
{
    struct arena arena = {0};
    struct csv csv = CSV(text);
    struct csv_record heads = {0}, row = {0};
    struct csv_fault fault;
    struct sums sums = {0};
    assert_int_equal(csv_next(&csv, &arena, &heads, &fault), 1);
    while (csv_next(&csv, &arena, &row, &fault) == 1) {
        if (!str_equal(row.cell[head_of(&heads, "variant")].text, str_from(name)))
            continue;
        sums.cells++;
        sums.cost += cell_number(&row, head_of(&heads, "cost_usd"));
        sums.output_tokens += cell_number(&row, head_of(&heads, "output_tokens"));
        sums.latency_ms += cell_number(&row, head_of(&heads, "latency_ms"));
        if (calls)
            continue;
        sums.correct += cell_number(&row, head_of(&heads, "correct"));
        sums.calls += cell_number(&row, head_of(&heads, "calls"));
    }
    arena_release(&arena);
    return sums;
}

static void check_rows(const struct reports *r, const char *name)
{
    const json *v = variant_of(r->json, "results", name);
    const json *t = variant_of(r->json, "timing", name);
    struct sums cells = sum_rows(r->csv, name, false), calls = sum_rows(r->calls, name, true);
    assert_near(cells.cells, figure(v, "cells"), 0, "rows");
    assert_near(cells.correct, figure(v, "correct"), 0, "correct");
    assert_near(cells.correct / cells.cells, figure(v, "accuracy.value"), 1e-9, "accuracy");
    assert_near(cells.calls, figure(v, "calls"), 0, "calls");
    assert_near(calls.cells, figure(v, "calls"), 0, "rows of calls");
    assert_near(cells.cost, figure(v, "cost_usd"), 1e-12, "cost");
    assert_near(calls.cost, figure(v, "cost_usd"), 1e-12, "cost of calls");
    assert_near(cells.cost / cells.cells, figure(v, "cost_per_cell_usd"), 1e-12, "a cell's");
    assert_near(cells.output_tokens, figure(v, "tokens.output"), 0, "tokens");
    assert_near(calls.output_tokens, figure(v, "tokens.output"), 0, "tokens of calls");
    assert_near(cells.latency_ms / cells.cells, figure(t, "latency_ms.mean"), 1e-5, "latency");
}

/* ---- test cases ---- */

static void check_junit(const struct reports *r)
{
    struct reader reader;
    size_t wrong = 0, requirements = 0, failed = 0;
    for (size_t v = 0; v < VARIANTS; v++)
        for (int s = 0; s < SAMPLES; s++) {
            bool right = true;
            char id[20];
            snprintf(id, sizeof id, "s%02d", s);
            for (int trial = 1; trial <= TRIALS; trial++)
                right = right && json_bool(json_get(cell_of(r->json, names[v], id, trial),
                                                    STR("correct")));
            wrong += !right;
        }
    static const char *const parts[] = {"results", "timing"};
    for (size_t p = 0; p < 2; p++) {
        const json *list = json_get(json_get(r->json, str_from(parts[p])), STR("requirements"));
        for (const json *one = json_first(list); one; one = json_next(one)) {
            requirements++;
            failed += json_bool(json_get(one, STR("failed")));
            /* the same words everywhere */
            str what = json_text(json_get(one, STR("requirement")));
            assert_contains(r->text, what.p);
            assert_contains(r->junit, what.p);
        }
    }
    read_xml(&reader, r->junit);
    assert_int_equal(reader.tests, requirements + (size_t)SAMPLES * VARIANTS);
    assert_int_equal(reader.failures, wrong + failed);
    assert_true(failed > 0 && wrong > 0);
    size_t errors = 0;
    for (str line, rest = r->github; rest.n;) {
        str_cut(rest, '\n', &line, &rest);
        errors += str_starts_with(line, STR("::error "));
    }
    assert_int_equal(errors, failed);
    buf_release(&reader.text);
}

/* Protects: no two formats tell different figures of one run. */
static void formats_agree(void **state)
{
    struct place *place = *state;
    write_experiment(place);
    struct ended ran = weir(place, "run", "--mock", NULL);
    assert_code(ran, 100);
    struct reports r = all_reports(place, only_run(place, "."));
    for (size_t v = 0; v < VARIANTS; v++) {
        check_terminal(&r, names[v], v == 0);
        check_markdown(&r, names[v]);
        check_rows(&r, names[v]);
        const json *variant = variant_of(r.json, "results", names[v]);
        str percent =
            stats_format_percent(&place->arena, maybe_of(figure(variant, "accuracy.value")));
        assert_contains(r.html, percent.p);
    }
    check_junit(&r);
    /* the line of the rule that failed, as the file has it */
    unsigned number = 0;
    for (str line, rest = place_read(place, "experiment.yaml"); rest.n;) {
        str_cut(rest, '\n', &line, &rest);
        number++;
        if (str_contains(line, STR("metric: accuracy, min: 0.99")))
            break;
    }
    assert_contains(
        r.github,
        arena_printf(&place->arena,
                     "::error file=experiment.yaml,line=%u,title=weir%%3A FAIL::", number)
            .p);
    /* sentences are the same bytes: the winner, or that there is none, and what it costs */
    str winner = json_text(json_path(r.json, "results.winner_text"));
    assert_contains(r.text, winner.p);
    assert_contains(r.github, winner.p);
}

/* Protects: a report depends on the run alone; not on the clock, the zone, the language, or how
 * often it was made. */
static void a_second_report_is_the_same(void **state)
{
    struct place *place = *state;
    write_experiment(place);
    assert_code(weir(place, "run", "--mock", NULL), 100);
    const char *db = only_run(place, ".");
    static const char *const formats[] = {"text",  "--md",    "--html",      "--json",
                                          "--csv", "--junit", "--csv-calls", "--github"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const char *cells = strcmp(formats[i], "--json") == 0 ? "--cells" : NULL;
        struct ended twice[2];
        for (int n = 0; n < 2; n++) {
            place_env(place, n ? "TZ=Asia/Tokyo" : "TZ=UTC");
            place_env(place, n ? "LC_ALL=de_DE.UTF-8" : "LC_ALL=C");
            twice[n] = i ? weir(place, "report", db, formats[i], "-", cells, NULL)
                         : weir(place, "report", db, NULL);
            assert_code(twice[n], 0);
            assert_true(twice[n].out.n > 500);
        }
        assert_same_text(twice[1].out, twice[0].out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(formats_agree),
        e2e_test(a_second_report_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
