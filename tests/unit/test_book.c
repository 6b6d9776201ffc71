/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_book.c: what the book says of keys, defaults and entries is what the tables and the
 * entries say; and the entries cost what the table of prices says. Its commands are run by docs-commands, its links are checked by lint.
 */
#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "base/option.h"
#include "cmd/cmd.h"
#include "cmd/topics.h"
#include "llm/price.h"
#include "patterns/pattern.h"

#include <dirent.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static str page(struct arena *arena, const char *path)
{
    struct err err = {0};
    str text;
    const char *whole = arena_printf(arena, "%s/%s", TEST_SOURCE_DIR, path).p;
    if (file_read(arena, whole, 1 << 20, &text, &err) < 0)
        fail_msg("%s", err.message);
    return text;
}

/* The next line of a table, and its cells without their blanks; how many there are, 0 at the end.
 * A `\|` within a cell ends no cell that is looked at here. */
enum { CELLS = 8 };
static size_t next_row(str *text, str cell[CELLS])
{
    str line;
    while (text->n) {
        str_cut(*text, '\n', &line, text);
        if (!str_starts_with(line, STR("| ")))
            continue;
        str rest = str_sub(line, 1, line.n);
        size_t count = 0;
        for (str one; count < CELLS && rest.n;) {
            str_cut(rest, '|', &one, &rest);
            cell[count++] = str_trim(one);
        }
        return count;
    }
    return 0;
}

/* ---- keys and their defaults ---- */

static str pages(struct arena *arena)
{
    return arena_printf(
        arena, "%.*s\n%.*s\n%.*s\n%.*s", STR_ARG(page(arena, "docs/experiment-file.md")),
        STR_ARG(page(arena, "docs/patterns.md")), STR_ARG(page(arena, "docs/checks.md")),
        STR_ARG(page(arena, "docs/forecast.md")));
}

/* A default as pages write it: `fail`, 1,000 for 1000. */
static bool is_default(struct arena *arena, str cell, const char *fallback)
{
    char plain[200];
    size_t n = 0;
    for (size_t i = 0; i < cell.n && n + 1 < sizeof plain; i++)
        if (cell.p[i] != ',' && cell.p[i] != '`')
            plain[n++] = cell.p[i];
    plain[n] = 0;
    str rest = str_from(plain), word = str_from(fallback);
    if (!str_starts_with(rest, word))
        return str_contains(cell, arena_printf(arena, "`%s`", fallback));
    return rest.n == word.n || !strchr("0123456789.abcdefghijklmnopqrstuvwxyz", rest.p[word.n]);
}

static size_t wrong;

static void look_for(struct arena *arena, str text, const char *table, const struct opt *row)
{
    str key = arena_printf(arena, "`%s`", row->key), cell[CELLS];
    bool named = false;
    for (size_t count; (count = next_row(&text, cell)) > 0;) {
        if (!str_contains(cell[0], key))
            continue;
        named = true;
        for (size_t i = 1; row->fallback && i + 1 < count; i++)
            if (is_default(arena, cell[i], row->fallback))
                return;
        if (!row->fallback)
            return;
    }
    if (named)
        fprintf(stderr, "%s: the default of '%s' is %s, and no page says so\n", table, row->key,
                row->fallback);
    else
        fprintf(stderr, "%s: '%s' stands in no table of a page\n", table, row->key);
    wrong++;
}

/* Every key that weir help explains stands in a table of the reference, with its default. */
static void test_keys(void **state)
{
    (void)state;
    struct arena arena = {0};
    str text = pages(&arena);
    size_t seen = 0;
    const struct topic_section *section;
    for (size_t i = 0; (section = topic_section(i)); i++)
        for (size_t t = 0; t < 2 && section->rows[t]; t++)
            for (const struct opt *row = section->rows[t]; row->type != OPT_TYPE_END;
                 row++, seen++)
                look_for(&arena, text, section->name, row);
    for (size_t i = 0; pattern_table[i]; i++)
        for (const struct opt *row = pattern_table[i]->options;
             row && row->type != OPT_TYPE_END; row++, seen++)
            look_for(&arena, text, pattern_table[i]->name, row);
    for (size_t i = 0; pattern_table[i]; i++) {
        /* "### `map`" on one page, "## `vote`: the same question several times" on another */
        str heading = arena_printf(&arena, "## `%s`", pattern_table[i]->name);
        assert_true(str_contains(text, heading));
    }
    assert_int_equal(wrong, 0);
    assert_true(seen > 150); /* else the tables were not found */
    arena_release(&arena);
}

/* ---- what was measured ---- */

/* The column "told" of the chapter on patterns is what the entries' expected.json imply. */
static void test_told(void **state)
{
    (void)state;
    struct arena arena = {0};
    str text = page(&arena, "docs/choosing.md"), cell[CELLS];
    size_t seen = 0;
    for (size_t count; (count = next_row(&text, cell)) > 0;) {
        str entry, variant, rest;
        if (count < 5 || !str_contains(cell[0], STR("](../fixtures/")))
            continue;
        str_cut(str_sub(cell[0], 1, cell[0].n), ']', &entry, &rest);
        variant = str_sub(cell[1], 1, cell[1].n - 1);
        str path = arena_printf(&arena, "fixtures/%.*s/expected.json", STR_ARG(entry));
        const json *told = json_get(
            json_get(json_parse(&arena, page(&arena, path.p), NULL), STR("accuracy")), variant);
        if (!told)
            fail_msg("%.*s has no variant %.*s", STR_ARG(path), STR_ARG(variant));
        char said[20];
        snprintf(said, sizeof said, "%.1f %%", 100 * json_number(told) + 1e-9);
        if (!str_equal(cell[2], str_from(said)))
            fail_msg("docs/choosing.md, %.*s of %.*s: '%.*s' should be %s", STR_ARG(variant),
                     STR_ARG(entry), STR_ARG(cell[2]), said);
        seen++;
    }
    assert_true(seen > 20);
    arena_release(&arena);
}

/* ---- the models of the entries ---- */

static void check_models(struct arena *arena, const char *path, size_t *seen)
{
    str line, text = page(arena, path);
    while (str_cut(text, '\n', &line, &text)) {
        ptrdiff_t at = str_find(line, STR("{provider: "), 0);
        at = at < 0 ? at : str_find(line, STR(", model: "), (size_t)at);
        if (at < 0)
            continue;
        size_t from = (size_t)at + strlen(", model: "), n = 0;
        while (from + n < line.n && !strchr(",}", line.p[from + n]))
            n++;
        if (!llm_price_builtin(str_sub(line, from, from + n), LLM_TIER_STANDARD).known)
            fail_msg("%s: of the model in '%.*s' no price is known", path, STR_ARG(line));
        if (str_contains(line, STR("price:")))
            fail_msg("%s: '%.*s' has a price beside the table's", path, STR_ARG(line));
        ++*seen;
    }
}

/* Who runs an entry on a provider is told what that costs: every model is one of the table of
 * prices, and none has a price of its own that may be another. */
static void test_prices(void **state)
{
    (void)state;
    struct arena arena = {0};
    glob_t files;
    size_t seen = 0;
    assert_int_equal(glob(TEST_SOURCE_DIR "/fixtures/*/*.yaml", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        check_models(&arena, files.gl_pathv[i] + strlen(TEST_SOURCE_DIR "/"), &seen);
    assert_true(seen > 30);
    globfree(&files);
    arena_release(&arena);
}

/* ---- the cover ---- */

/* No page is forgotten: the cover leads to each. */
static void test_cover(void **state)
{
    (void)state;
    struct arena arena = {0};
    str cover = page(&arena, "docs/README.md");
    DIR *folder = opendir(TEST_SOURCE_DIR "/docs");
    assert_non_null(folder);
    size_t seen = 0;
    for (const struct dirent *file; (file = readdir(folder));) {
        str name = str_from(file->d_name);
        if (!str_ends_with(name, STR(".md")) || str_equal(name, STR("README.md")))
            continue;
        seen++;
        if (!str_contains(cover, arena_printf(&arena, "](%.*s)", STR_ARG(name))))
            fail_msg("docs/README.md does not lead to %.*s", STR_ARG(name));
    }
    closedir(folder);
    assert_true(seen > 30);
    arena_release(&arena);
}

/* The page of commands has a word on each. */
static void test_commands(void **state)
{
    (void)state;
    struct arena arena = {0};
    str text = page(&arena, "docs/commands.md");
    for (size_t i = 0; cmd_table[i]; i++) {
        str row = arena_printf(&arena, "`weir %s`", cmd_table[i]->name);
        if (!str_contains(text, row))
            fail_msg("docs/commands.md says nothing of weir %s", cmd_table[i]->name);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_told),
        cmocka_unit_test(test_prices),
        cmocka_unit_test(test_cover),
        cmocka_unit_test(test_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
