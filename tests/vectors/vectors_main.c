/* SPDX-License-Identifier: GPL-3.0-or-later */
/* weir-vectors [--by-statistic] FILE: runs a file of statistics reference vectors against the
 * library.
 *
 * The file is one JSON object: `tolerance` maps a stat to {kind: abs|rel, value}, `cases` is a
 * list of {id, stat, input, expected}. Prints one line for every failing case and closes with
 * "N passed, M failed"; with --by-statistic a line for each statistic stands before that, also for
 * those that the library knows and the file has no case of. Exit 0: all passed; 1: some failed; 2: no such file, or
 * not of that shape. A stat that the library does not know is a failed case, never a skipped one. */
#include <stdio.h>

#include "base/file.h"
#include "tests/vectors/adapters.h"

enum { FILE_LIMIT = 256 * 1024 * 1024 };

static const struct vector_adapter *const tables[] = {
    vector_adapters_single, vector_adapters_pair, vector_adapters_time,
    vector_adapters_diagnose};
enum { TABLES = sizeof tables / sizeof tables[0], STATISTICS_MOST = 200 };

/* Cases of each statistic, in the order of the tables; the last is of those nobody knows. */
struct tally {
    size_t passed[STATISTICS_MOST + 1], failed[STATISTICS_MOST + 1];
};

/* Its number in the order of the tables; STATISTICS_MOST: there is none. */
static size_t find_adapter(str stat, const struct vector_adapter **adapter)
{
    size_t number = 0;

    for (size_t t = 0; t < TABLES; t++)
        for (const struct vector_adapter *row = tables[t]; row->stat; row++, number++)
            if (str_equal(str_from(row->stat), stat)) {
                *adapter = row;
                return number;
            }
    *adapter = NULL;
    return STATISTICS_MOST;
}

static void print_tally(const struct tally *tally)
{
    size_t number = 0;

    for (size_t t = 0; t < TABLES; t++)
        for (const struct vector_adapter *row = tables[t]; row->stat; row++, number++) {
            bool none = tally->passed[number] + tally->failed[number] == 0;

            printf("%-28s %4zu passed %4zu failed%s\n", row->stat, tally->passed[number],
                   tally->failed[number], none ? "  no case in this file" : "");
        }
    if (tally->failed[STATISTICS_MOST])
        printf("%-28s %4d passed %4zu failed\n", "(not known)", 0,
               tally->failed[STATISTICS_MOST]);
}

static void read_tolerance(struct vector_case *c, const json *tolerances, str stat)
{
    const json *entry = json_get(tolerances, stat);
    str kind = json_text(json_get(entry, STR("kind")));
    const json *value = json_get(entry, STR("value"));

    c->relative = str_equal(kind, STR("rel"));
    c->tolerance = json_number(value);
    if (!json_is(value, JSON_NUMBER) || (!c->relative && !str_equal(kind, STR("abs"))))
        vector_fail(c, "the file gives no tolerance for it");
}

static bool run_case(const json *item, const json *tolerances, struct tally *tally)
{
    struct arena arena = {0};
    struct vector_case c = {.arena = &arena,
                            .input = json_get(item, STR("input")),
                            .expected = json_get(item, STR("expected"))};
    str stat = json_text(json_get(item, STR("stat"))),
        id = json_text(json_get(item, STR("id")));
    const struct vector_adapter *adapter;
    size_t number = find_adapter(stat, &adapter);

    if (!json_is(c.input, JSON_OBJECT) || !json_is(c.expected, JSON_OBJECT))
        vector_fail(&c, "input and expected must be objects");
    else if (!adapter)
        vector_fail(&c, "unknown statistic");
    else
        read_tolerance(&c, tolerances, stat);
    if (!c.failed)
        adapter->run(&c);
    if (c.failed)
        printf("FAIL %.*s (%.*s): %s\n", STR_ARG(id), STR_ARG(stat), c.reason);
    arena_release(&arena);
    tally->passed[number] += !c.failed;
    tally->failed[number] += c.failed;
    return !c.failed;
}

static int bad_file(const char *path, const char *what)
{
    fprintf(stderr, "weir-vectors: %s: %s\n", path, what);
    return 2;
}

static int run_file(struct arena *arena, const char *path, bool by_statistic)
{
    struct json_error wrong;
    struct err err = {0};
    const json *file, *cases, *tolerances;
    size_t passed = 0, failed = 0;
    struct tally tally = {0};
    str text;

    if (file_read(arena, path, FILE_LIMIT, &text, &err) != 0) {
        fprintf(stderr, "weir-vectors: %s\n", err.message);
        return 2;
    }
    file = json_parse(arena, text, &wrong);
    if (!file) {
        fprintf(stderr, "weir-vectors: %s:%u:%u: %s\n", path, wrong.line, wrong.col,
                wrong.what);
        return 2;
    }
    cases = json_get(file, STR("cases"));
    tolerances = json_get(file, STR("tolerance"));
    if (!json_is(cases, JSON_LIST) || json_count(cases) == 0)
        return bad_file(path, "no list of cases");
    if (!json_is(tolerances, JSON_OBJECT))
        return bad_file(path, "no map of tolerances");
    for (const json *item = json_first(cases); item; item = json_next(item)) {
        if (run_case(item, tolerances, &tally))
            passed++;
        else
            failed++;
    }
    if (by_statistic)
        print_tally(&tally);
    printf("%zu passed, %zu failed\n", passed, failed);
    return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    bool by_statistic = argc == 3 && str_equal(str_from(argv[1]), STR("--by-statistic"));
    int code;

    if (argc != 2 && !by_statistic) {
        fputs("usage: weir-vectors [--by-statistic] FILE\n", stderr);
        return 2;
    }
    code = run_file(&arena, argv[argc - 1], by_statistic);
    arena_release(&arena);
    return code;
}
