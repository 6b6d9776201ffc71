/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_figures.c: figures of runs that stand in texts (see e2e_cookbook.h).
 *
 * In an entry's README the table with the header below has a row for each variant. In the index and
 * in the book a row names an entry and gives figures of its variants: "`tested` 0.833", "at 1.7×"
 * behind it for its price beside that of the baseline. A figure is compared as it is written: to as
 * many digits as it has. Quotations of reports in the book are held to what the run's report says.
 */
#include "e2e_cookbook.h"

#include "base/file.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char header[] =
    "| variant | told | measured | calls | dollars per million cells |";

static str text_of(struct place *place, const char *path)
{
    struct err err = {0};
    str text;
    if (file_read(&place->arena, path, 1 << 20, &text, &err) < 0)
        fail_msg("%s", err.message);
    return text;
}

/* ---- numbers as they are written ---- */

/* "1,430" or "0.0187": as it is rounded, half of its last digit may be lost. */
static bool is_written(str written, double number)
{
    char digits[32];
    size_t n = 0, decimals = 0;
    bool point = false;
    for (size_t i = 0; i < written.n && n + 1 < sizeof digits; i++) {
        if (written.p[i] == ',')
            continue;
        decimals += point;
        point = point || written.p[i] == '.';
        digits[n++] = written.p[i];
    }
    digits[n] = '\0';
    double shown = 0;
    return str_to_double(str_from(digits), &shown) &&
           fabs(shown - number) <= 0.5000001 * pow(10, -(double)decimals);
}

static void check_number(const char *where, str variant, const char *what, str written,
                         double number)
{
    if (!is_written(written, number))
        fail_msg("%s, %.*s: %s stands there as '%.*s' and is %.6g", where, STR_ARG(variant),
                 what, STR_ARG(written), number);
}

/* ---- the README of an entry ---- */

static size_t split_row(str line, str cell[8])
{
    size_t count = 0;
    str one, rest = str_sub(line, 1, line.n);
    while (count < 8 && rest.n) {
        str_cut(rest, '|', &one, &rest);
        cell[count++] = str_trim(one);
    }
    return count;
}

static str without_ticks(str name)
{
    bool quoted = name.n > 2 && name.p[0] == '`' && name.p[name.n - 1] == '`';
    return quoted ? str_sub(name, 1, name.n - 1) : name;
}

static double price_of(const json *variant)
{
    return json_number(json_get(variant, STR("cost_per_cell_usd")));
}

static bool check_row(const char *where, str line, const json *expected, const json *report)
{
    str cell[8];
    char name[100];
    if (split_row(line, cell) < 5)
        fail_msg("%s: '%.*s'", where, STR_ARG(line));
    str variant = without_ticks(cell[0]);
    snprintf(name, sizeof name, "%.*s", STR_ARG(variant));
    const json *told = json_get(json_get(expected, STR("accuracy")), variant);
    if (!told)
        fail_msg("%s: nothing is expected of a variant '%s'", where, name);
    const json *found = variant_of(report, "results", name);
    check_number(where, variant, "what was told", cell[1], json_number(told));
    check_number(where, variant, "accuracy", cell[2], figure(found, "accuracy.value"));
    check_number(where, variant, "calls", cell[3], figure(found, "calls_per_cell"));
    check_number(where, variant, "dollars", cell[4], 1e6 * price_of(found));
    return true;
}

/* The part of a README on one experiment: up to "## widths.yaml", or from there to the next. */
static str part_of(struct place *place, str readme, const char *experiment)
{
    bool main = strcmp(experiment, "experiment") == 0;
    str heading = arena_printf(&place->arena, "\n## %s.yaml", experiment);
    ptrdiff_t from = main ? 0 : str_find(readme, heading, 0);
    if (from < 0)
        return (str){"", 0};
    str line, rest = str_sub(readme, (size_t)from + (main ? 0 : heading.n), readme.n),
              whole = rest;
    while (str_cut(rest, '\n', &line, &rest))
        if (str_starts_with(line, STR("## ")) && str_contains(line, STR(".yaml")))
            return str_sub(whole, 0, (size_t)(line.p - whole.p));
    return whole;
}

/* The next name in back-ticks, or the next number; false when there is none. */
static bool next_word(str *text, bool number, str *word)
{
    size_t from = 0, n = 0;
    while (from < text->n && !(number ? char_is_digit(text->p[from]) : text->p[from] == '`'))
        from++;
    from += !number;
    if (from >= text->n)
        return false;
    while (from + n < text->n &&
           (number ? char_is_digit(text->p[from + n]) || text->p[from + n] == '.'
                   : text->p[from + n] != '`'))
        n++;
    *word = str_sub(*text, from, from + n);
    *text = str_sub(*text, from + n + !number, text->n);
    return true;
}

static size_t words_of(str cell, bool number, str words[8])
{
    size_t count = 0;
    while (count < 8 && next_word(&cell, number, &words[count]))
        count++;
    return count;
}

/* "| `translate`, `again` | 0.80, 0.85 |", or one rule with a skill for each model. */
static void check_skills(const char *entry, str part, str mock)
{
    static const char begin[] = "| rule | skill |";
    ptrdiff_t at = str_find(part, STR(begin), 0);
    str line, rest = at < 0 ? (str){"", 0} : str_sub(part, (size_t)at, part.n), cell[8];
    str_cut(rest, '\n', &line, &rest);
    str_cut(rest, '\n', &line, &rest);
    while (str_cut(rest, '\n', &line, &rest) && str_starts_with(line, STR("|"))) {
        str rule[8], skill[8];
        assert_true(split_row(line, cell) >= 2);
        size_t rules = words_of(cell[0], false, rule), skills = words_of(cell[1], true, skill);
        for (size_t i = 0; i < rules; i++)
            for (size_t k = 0; k < skills; k++) {
                char told[100];
                snprintf(told, sizeof told, "%.*s: %.*s", STR_ARG(rule[i]), STR_ARG(skill[k]));
                if ((rules != skills || i == k) && !str_contains(mock, str_from(told)))
                    fail_msg("%s: README.md says '%s', the mock file does not", entry, told);
            }
    }
}

/* Every variant has a row, if any has. */
static void check_readme(struct place *place, const char *entry, const char *experiment,
                         const json *expected, const json *report)
{
    str readme = text_of(place, place_path(place, "README.md"));
    str part = part_of(place, readme, experiment), line;
    ptrdiff_t at = str_find(part, STR(header), 0);
    size_t rows = 0, variants = json_count(json_get(expected, STR("accuracy")));
    bool main = strcmp(experiment, "experiment") == 0;
    str mock =
        main ? STR("mock.yaml") : arena_printf(&place->arena, "%s-mock.yaml", experiment);
    check_skills(entry, part, place_read(place, mock.p));
    if (at < 0 && !main)
        return;
    if (at < 0)
        fail_msg("fixtures/%s/README.md has no table '%s'", entry, header);
    part = str_sub(part, (size_t)at, part.n);
    str_cut(part, '\n', &line, &part);
    str_cut(part, '\n', &line, &part); /* the line of dashes */
    while (str_cut(part, '\n', &line, &part) && str_starts_with(line, STR("|")))
        rows += check_row(entry, line, expected, report);
    if (rows != variants)
        fail_msg("fixtures/%s/README.md has figures of %zu of %zu variants", entry, rows,
                 variants);
}

/* ---- the index, and the book ---- */

static const json *baseline_of(const json *report)
{
    str name = json_text(json_path(report, "options.baseline"));
    return variant_of(report, "results", name.p);
}

static str digits_of(str text)
{
    size_t n = 0;
    while (n < text.n && (char_is_digit(text.p[n]) || strchr(".,", text.p[n])))
        n++;
    while (n && strchr(".,", text.p[n - 1]))
        n--; /* the sentence's */
    return str_sub(text, 0, n);
}

/* "`tested` 0.833", "`other` 0.950 at 14×" */
static size_t check_figures(const char *where, str line, const json *report)
{
    size_t found = 0;
    const json *list = json_path(report, "results.variants");
    for (const json *v = json_first(list); v; v = json_next(v)) {
        str name = json_text(json_get(v, STR("name")));
        char quoted[100];
        snprintf(quoted, sizeof quoted, "`%.*s` ", STR_ARG(name));
        ptrdiff_t at = str_find(line, str_from(quoted), 0);
        if (at < 0)
            continue;
        str rest = str_sub(line, (size_t)at + strlen(quoted), line.n);
        str accuracy = digits_of(rest);
        check_number(where, name, "accuracy", accuracy, figure(v, "accuracy.value"));
        rest = str_sub(rest, accuracy.n, rest.n);
        if (str_starts_with(rest, STR(" at ")))
            check_number(where, name, "times the price", digits_of(str_sub(rest, 4, rest.n)),
                         price_of(v) / price_of(baseline_of(report)));
        found++;
    }
    return found;
}

/* "| [faq](…) | `single` | 65.0 % | 65.0 % | 1 |" */
static void check_book_row(const char *where, str line, const json *report)
{
    str cell[8];
    char name[100];
    assert_true(split_row(line, cell) >= 5);
    str variant = without_ticks(cell[1]);
    snprintf(name, sizeof name, "%.*s", STR_ARG(variant));
    const json *found = variant_of(report, "results", name);
    check_number(where, variant, "percent", digits_of(cell[3]),
                 100 * figure(found, "accuracy.value"));
    check_number(where, variant, "times the price", cell[4],
                 price_of(found) / price_of(baseline_of(report)));
}

/* ---- what reports say ---- */

static bool is_said(const json *value, str sentence)
{
    if (json_is(value, JSON_TEXT))
        return str_contains(json_text(value), sentence);
    bool nested = json_is(value, JSON_OBJECT) || json_is(value, JSON_LIST), said = false;
    for (const json *in = nested ? json_first(value) : NULL; in && !said; in = json_next(in))
        said = is_said(in, sentence);
    return said;
}

/* Each sentence of a quotation, wherever its lines were broken. */
static void check_quotation(const char *entry, str quoted, const json *report)
{
    while (quoted.n) {
        ptrdiff_t end = str_find(quoted, STR(". "), 0);
        str sentence = end < 0 ? quoted : str_sub(quoted, 0, (size_t)end);
        quoted = end < 0 ? (str){"", 0} : str_sub(quoted, (size_t)end + 2, quoted.n);
        if (!is_said(json_get(report, STR("results")), sentence))
            fail_msg("docs/diagnosis.md quotes of %s what its report does not say: '%.*s'",
                     entry, STR_ARG(sentence));
    }
}

static void check_quotations(struct place *place, const char *entry, const json *report)
{
    str line, page = text_of(place, E2E_SOURCE_DIR "/docs/diagnosis.md"), quoted = {"", 0};
    str mark = arena_printf(&place->arena, "<!-- of %s -->", entry);
    bool within = false;
    while (str_cut(page, '\n', &line, &page)) {
        if (within && str_starts_with(line, STR("> "))) {
            quoted = arena_printf(&place->arena, "%.*s%s%.*s", STR_ARG(quoted),
                                  quoted.n ? " " : "", STR_ARG(str_sub(line, 2, line.n)));
            continue;
        }
        check_quotation(entry, quoted, report);
        quoted.n = 0;
        within = str_equal(line, mark);
    }
}

void figures_check(struct place *place, const char *entry, const char *experiment,
                   const json *expected, const json *report)
{
    check_readme(place, entry, experiment, expected, report);
    if (strcmp(experiment, "experiment") != 0)
        return;
    check_quotations(place, entry, report);
    str start = arena_printf(&place->arena, "| [%s](", entry), line;
    str index = text_of(place, E2E_SOURCE_DIR "/fixtures/README.md");
    size_t figures = 0;
    while (str_cut(index, '\n', &line, &index))
        if (str_starts_with(line, start))
            figures += check_figures("fixtures/README.md", line, report);
    if (figures == 0)
        fail_msg("fixtures/README.md says nothing of what was found in %s", entry);
    str book = text_of(place, E2E_SOURCE_DIR "/docs/choosing.md");
    while (str_cut(book, '\n', &line, &book))
        if (str_starts_with(line, start))
            check_book_row("docs/choosing.md", line, report);
}
