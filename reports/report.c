/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.c: the table of formats and how one is found (see report.h).
 */
#include "reports/report.h"

#include "base/file.h"
#include "base/text.h"
#include "reports/reporters.h"

/* clang-format off */
static const struct reporter table[] = {
    {"text",      "txt",         "tables and sentences for a terminal",  report_text},
    {"md",        "md markdown", "Markdown for a pull request",          report_markdown},
    {"html",      "html htm",    "one page for a browser, with traces",  report_html},
    {"json",      "json",        "one object, for scripts",              report_json},
    {"junit",     "xml",         "test cases, for a CI system",          report_junit},
    {"github",    "",            "annotations, for GitHub Actions",       report_github},
    {"csv",       "csv",         "a row per cell",                       report_csv},
    {"csv-calls", "",            "a row per call",                       report_csv_calls},
    {"csv-requirements", "",     "a row per requirement, judged",        report_csv_requirements},
    {"csv-diagnosis", "",        "a row per figure of the diagnosis",    report_csv_diagnosis},
};
/* clang-format on */
enum { REPORTERS = sizeof table / sizeof table[0] };

const struct reporter *report_reporters(size_t *count)
{
    *count = REPORTERS;
    return table;
}

const struct reporter *report_find(str name)
{
    for (size_t i = 0; i < REPORTERS; i++)
        if (str_equal(name, str_from(table[i].name)))
            return &table[i];
    return NULL;
}

static bool has_extension(const struct reporter *reporter, str extension)
{
    str rest = str_from(reporter->extensions), word;
    while (rest.n) {
        str_cut(rest, ' ', &word, &rest);
        if (str_equal_nocase(word, extension))
            return true;
    }
    return false;
}

const struct reporter *report_for_file(str path)
{
    str extension = path_extension(path);
    for (size_t i = 0; i < REPORTERS && extension.n; i++)
        if (has_extension(&table[i], extension))
            return &table[i];
    return NULL;
}

static int no_such_format(str name, struct err *err)
{
    struct arena arena = {0};
    str names = STR("");
    for (size_t i = 0; i < REPORTERS; i++)
        names = arena_printf(&arena, "%.*s%s%s", STR_ARG(names), i ? ", " : "", table[i].name);
    int result = err_set(err, ERR_INPUT, "no report format '%.*s'; there are %s",
                         STR_ARG(text_visible(&arena, str_sub(name, 0, 60))), names.p);
    arena_release(&arena);
    return result;
}

int report_emit(str name, const struct report_input *input, struct buf *out, struct err *err)
{
    const struct reporter *reporter = report_find(name);
    if (!reporter)
        return no_such_format(name, err);
    if (reporter->emit(input, out, err) < 0)
        return -1;
    return out->full ? err_set(err, ERR_FAILED, "the %s report is larger than %zu bytes",
                               reporter->name, out->limit ? out->limit : BUF_DEFAULT_LIMIT)
                     : 0;
}
