/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_list.c: weir list KIND: the tables this weir is made of, printed from themselves.
 */
#include "cmd/cmd.h"

#include "base/text.h"
#include "cmd/schema.h"
#include "llm/dialect.h"
#include "patterns/pattern.h"
#include "plan/check.h"
#include "reports/plot.h"
#include "reports/report.h"

#include <stdio.h>

struct list_cmd {
    bool unused;
};

static const struct opt list_cmd_options[] = {OPT_END};

static void list_patterns(void)
{
    for (const struct pattern *const *p = pattern_table; *p; p++)
        printf("%-12s %s\n", (*p)->name, (*p)->summary);
}

static void list_checks(void)
{
    for (const struct check_kind *kind = check_table; kind->name; kind++)
        printf("%-14s %s\n", kind->name, kind->summary);
}

static void list_dialects(void)
{
    for (size_t i = 0; llm_dialect_at(i); i++)
        printf("%-18s %s\n", llm_dialect_at(i)->name, llm_dialect_at(i)->summary);
}

static void list_reports(void)
{
    size_t count;
    const struct reporter *reporter = report_reporters(&count);
    for (size_t i = 0; i < count; i++)
        printf("%-10s %s\n", reporter[i].name, reporter[i].summary);
}

static void list_plots(void)
{
    size_t count;
    const struct plot_entry *plot = plot_entries(&count);
    for (size_t i = 0; i < count; i++)
        printf("%-14s %s\n", plot[i].name, plot[i].summary);
}

static void list_prices(void)
{
    for (size_t i = 0; llm_price_at(i); i++) {
        const struct llm_price_row *row = llm_price_at(i);
        const struct llm_price_end *end = llm_price_ends(str_from(row->model));
        printf("%-28s %-10s input %8.4f  output %8.4f  USD per million tokens, %s", row->model,
               row->provider, (double)row->price.input / 1e9, (double)row->price.output / 1e9,
               row->as_of);
        if (end)
            printf("; until %s, and %lld times that afterwards", end->last_day,
                   (long long)end->times);
        putchar('\n');
    }
}

static void list_schema(void)
{
    struct arena arena = {0};
    struct buf out = {0};
    json_write_indented(&out, experiment_json_schema(&arena), 2);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    buf_release(&out);
    arena_release(&arena);
}

static void list_mock_schema(void)
{
    str text = mock_json_schema_text();
    fwrite(text.p, 1, text.n, stdout);
}

static const struct kind {
    const char *name;
    void (*print)(void);
} kinds[] = {
    {"checks", list_checks},     {"dialects", list_dialects}, {"mock-schema", list_mock_schema},
    {"patterns", list_patterns}, {"plots", list_plots},       {"prices", list_prices},
    {"reports", list_reports},   {"schema", list_schema},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };
static const char *const kind_names[] = {"checks",   "dialects", "mock-schema",
                                         "patterns", "plots",    "prices",
                                         "reports",  "schema",   NULL};

static int list_run(struct arena *arena, const void *options, const str *arg, size_t args,
                    struct err *err)
{
    str words[KINDS];
    (void)options;
    for (size_t i = 0; i < KINDS; i++) {
        words[i] = str_from(kinds[i].name);
        if (args == 1 && str_equal(arg[0], words[i])) {
            kinds[i].print();
            return EXIT_FINE;
        }
    }
    str hint = mistake_hint(arena, cmd_arg(arg, args, 0), words, KINDS, true);
    str shown = args ? text_visible(arena, arg[0]) : STR("");
    if (args == 0)
        err_set(err, ERR_INPUT, "list needs a KIND%.*s", STR_ARG(hint));
    else if (cmd_no_more(arg, args, 1, err) == 0)
        err_set(err, ERR_INPUT, "unknown KIND '%.*s'%.*s", STR_ARG(shown), STR_ARG(hint));
    return -1;
}

const struct cmd cmd_list = {
    .name = "list",
    .usage = "KIND",
    .summary =
        "print a table: checks, dialects, mock-schema, patterns, plots, prices, reports, "
        "schema",
    .details =
        "`schema` and `mock-schema` are the JSON Schemas of experiment and mock files, for\n"
        "editors.",
    .words = kind_names,
    CMD_OPTIONS(list_cmd),
    .run = list_run,
};
