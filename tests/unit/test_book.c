/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_book.c: what the book says of keys, defaults and entries is what the tables and the
 * entries say; and the entries cost what the table of prices says. Its commands are run by docs-commands, its links
 * are checked by lint.
 */
#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "base/option.h"
#include "cmd/cmd.h"
#include "cmd/topics.h"
#include "llm/price.h"
#include "patterns/pattern.h"
#include "plan/experiment.h"
#include "reports/drawing.h"

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

/* The quotations that test_e2e_cookbook holds to runs are there, and of entries. */
static void test_quotations(void **state)
{
    (void)state;
    struct arena arena = {0};
    str line, text = page(&arena, "docs/diagnosis.md");
    size_t seen = 0;
    while (str_cut(text, '\n', &line, &text)) {
        if (!str_starts_with(line, STR("<!-- of ")))
            continue;
        str entry = str_trim(str_sub(line, strlen("<!-- of "), line.n - strlen("-->")));
        page(&arena, arena_printf(&arena, "fixtures/%.*s/experiment.yaml", STR_ARG(entry)).p);
        seen++;
    }
    assert_true(seen >= 6);
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

/* ---- the drawings of the entries ---- */

/* What somebody who copies an entry looks for. */
static void check_parts(struct arena *arena, const char *readme)
{
    static const char *const headings[] = {"What to look at", "What to change",
                                           "With a real model", "What the mock was told"};
    str text = page(arena, readme);
    for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++)
        if (!str_contains(text, arena_printf(arena, "\n## %s\n", headings[i])))
            fail_msg("%s has no part '%s'", readme, headings[i]);
}

/* What READMEs draw by hand: the lines of "## The variants" that are indented. */
static str hand_drawing(struct arena *arena, const char *readme)
{
    str line, text = page(arena, readme), drawing = STR("");
    ptrdiff_t at = str_find(text, STR("\n## The variants\n"), 0);
    if (at < 0)
        fail_msg("%s has no drawing of the variants", readme);
    text = str_sub(text, (size_t)at + strlen("\n## The variants\n"), text.n);
    while (str_cut(text, '\n', &line, &text) && !str_starts_with(line, STR("## ")))
        if (str_starts_with(line, STR("    ")))
            drawing = arena_printf(arena, "%.*s%.*s\n", STR_ARG(drawing), STR_ARG(line));
    return drawing;
}

/* The next "[ name, a remark ]": a call, by the name of its step, its prompt or its shared node. */
static bool next_call(str *drawing, str *name)
{
    ptrdiff_t at = str_find(*drawing, STR("[ "), 0);
    if (at < 0)
        return false;
    size_t from = (size_t)at + 2, n = 0;
    while (from + n < drawing->n && !strchr(" ,:", drawing->p[from + n]))
        n++;
    *name = str_sub(*drawing, from, from + n);
    *drawing = str_sub(*drawing, from + n, drawing->n);
    return true;
}

/* "prompt answer, max_tokens 250" has the prompt answer; of `use` the settings are the name. */
static bool goes_by(const struct drawing *drawing, size_t i, str name)
{
    const struct drawing_node *node = &drawing->node[i];
    str setting, rest = node->settings, key, value;
    while (rest.n) {
        str_cut(rest, ',', &setting, &rest);
        str_cut(str_trim(setting), ' ', &key, &value);
        if (str_equal(key, STR("prompt")) && str_equal(value, name))
            return true;
    }
    return str_equal(node->label, name) ||
           (str_equal(node->pattern, STR("use")) && str_equal(node->settings, name));
}

static bool is_drawn(const struct drawing *drawing, size_t i, str hand)
{
    size_t above = drawing->node[i].parent;
    bool shared =
        above != DRAWING_NO_PARENT && str_equal(drawing->node[above].pattern, STR("use"));
    for (str name; next_call(&hand, &name);)
        if (goes_by(drawing, i, name) || (shared && goes_by(drawing, above, name)))
            return true;
    return false;
}

struct variant_drawings {
    struct drawing drawing[24];
    size_t count;
};

static bool is_of_a_variant(const struct variant_drawings *all, str name)
{
    for (size_t v = 0; v < all->count; v++)
        for (size_t i = 0; i < all->drawing[v].count; i++)
            if (goes_by(&all->drawing[v], i, name))
                return true;
    return false;
}

static void check_drawing(struct arena *arena, const char *readme, str hand,
                          const json *definition)
{
    struct variant_drawings all = {.count = 0};
    const json *variant = json_first(json_get(definition, STR("variants")));
    for (; variant; variant = json_next(variant)) {
        str name = json_key(variant);
        if (!str_contains(hand, arena_printf(arena, " %.*s ", STR_ARG(name))))
            fail_msg("%s does not draw the variant %.*s", readme, STR_ARG(name));
        struct drawing *drawing = &all.drawing[all.count++];
        assert_true(all.count < 24);
        *drawing = drawing_of(arena, definition, name);
        for (size_t i = 0; i < drawing->count; i++)
            if (str_equal(drawing->node[i].pattern, STR("call")) && !is_drawn(drawing, i, hand))
                fail_msg("%s does not draw the call '%.*s' (%.*s) of %.*s", readme,
                         STR_ARG(drawing->node[i].label), STR_ARG(drawing->node[i].settings),
                         STR_ARG(name));
    }
    for (str name; next_call(&hand, &name);)
        if (!is_of_a_variant(&all, name))
            fail_msg("%s draws a call '%.*s' that no variant has", readme, STR_ARG(name));
}

/* An entry's README has all parts; what it draws is what its experiment has: every variant, every call,
 * and no other. */
static void test_drawings(void **state)
{
    (void)state;
    glob_t files;
    assert_int_equal(glob(TEST_SOURCE_DIR "/fixtures/*/experiment.yaml", 0, NULL, &files), 0);
    assert_true(files.gl_pathc >= 20);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        struct experiment_options options = {.limit = 1, .seed = -1};
        mistakes_init(&mistakes, &arena);
        str path = str_from(files.gl_pathv[i]);
        const struct experiment *experiment =
            experiment_read(&arena, path, &options, &mistakes);
        str folder =
            str_sub(path, strlen(TEST_SOURCE_DIR "/"), path.n - strlen("experiment.yaml"));
        const char *readme = arena_printf(&arena, "%.*sREADME.md", STR_ARG(folder)).p;
        check_parts(&arena, readme);
        if (experiment)
            check_drawing(&arena, readme, hand_drawing(&arena, readme), experiment->effective);
        else if (str_contains(page(&arena, path.p + strlen(TEST_SOURCE_DIR "/")),
                              STR("sandbox: true")))
            print_message("not looked at, where there is no sandbox: %s\n", readme);
        else
            fail_msg("%.*s", STR_ARG(mistakes_text(&mistakes)));
        arena_release(&arena);
    }
    globfree(&files);
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
        cmocka_unit_test(test_keys),       cmocka_unit_test(test_told),
        cmocka_unit_test(test_quotations), cmocka_unit_test(test_prices),
        cmocka_unit_test(test_drawings),   cmocka_unit_test(test_cover),
        cmocka_unit_test(test_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
