/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * docs_main.c: weir-docs: every command of the documentation is run, or at least held against the
 * option tables. docs/writing-docs.md says how pages are written for it.
 *
 *     weir-docs              all pages
 *     weir-docs PAGE…        these
 *
 * Exit codes: 0 all is as it should be, 1 something is not.
 */
#include "docs/pages.h"
#include "docs/sources.h"

#include "base/buf.h"
#include "base/file.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PAGES_MAX = 4000,
    AT_ONCE = 8, /* pages wait for simulated replies more than they compute */
    LIMIT_S = 600,
    /* Fewer than these, and the test itself is broken: pages are not found, or not read. */
    LEAST_PAGES = 400, /* with the sources */
    LEAST_RUN = 120,
    LEAST_SEEN = 200,
    LEAST_SECTIONS = 15,
};

/* Pages that programs print. */
static const str weir_manual = STR_INIT("weir help --man"),
                 mock_manual = STR_INIT("weir-mock --man");

static struct arena arena;
static str path[PAGES_MAX];
static size_t paths;

/* ---- which pages ---- */

static bool is_left_out(const char *name)
{
    return strstr(name, "/node_modules/") || strstr(name, "/.weir/");
}

/* Of the programs, not of their tests. */
static bool is_source(str name)
{
    return str_ends_with(name, STR(".c")) && !str_starts_with(name, STR("tests/"));
}

static int note_page(const char *name, const struct stat *facts, int type, struct FTW *at)
{
    (void)facts;
    bool readme = strcmp(name + at->base, "README.md") == 0,
         docs = str_starts_with(str_from(name), STR("docs/")),
         page = (docs || readme) && str_ends_with(str_from(name), STR(".md"));
    if (type == FTW_F && (page || is_source(str_from(name))) && !is_left_out(name) &&
        paths < PAGES_MAX)
        path[paths++] = arena_str(&arena, str_from(name));
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

static void find_pages(void)
{
    static const char *const folders[] = {"docs",     "fixtures", "tests",      "harness",
                                          "patterns", "reports",  "mock_server"};
    path[paths++] = STR("README.md");
    path[paths++] = weir_manual;
    path[paths++] = mock_manual;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        nftw(folders[i], note_page, 16, FTW_PHYS);
    qsort(path, paths, sizeof *path, by_name);
}

/* fixtures/NAME/README.md begins in a copy of its folder. */
static str folder_to_copy(str page)
{
    str folder = path_folder(&arena, page);
    return str_equal(path_folder(&arena, folder), STR("fixtures")) ? folder : STR("");
}

/* ---- all of it ---- */

static str output_of(const char *command)
{
    struct buf text = {0};
    char bytes[4096];
    size_t n;
    FILE *pipe = popen(command, "r");
    while (pipe && (n = fread(bytes, 1, sizeof bytes, pipe)) > 0)
        buf_add(&text, bytes, n);
    if (!pipe || pclose(pipe) != 0) {
        fprintf(stderr, "%s: it failed\n", command);
        exit(1);
    }
    str out = arena_str(&arena, buf_str(&text));
    buf_release(&text);
    return out;
}

static str read_text(str name)
{
    struct err err = {0};
    str text;
    if (file_read(&arena, name.p, 10000000, &text, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return text;
}

static bool has_commands(const struct docs_page *page)
{
    for (size_t i = 0; i < page->blocks; i++)
        if (docs_block_runs(&arena, &page->block[i]) || page->block[i].checked_by.n)
            return true;
    return false;
}

struct page_result {
    struct docs_page page;
    struct docs_look look;
    struct docs_run run;
};

static void read_and_look(struct page_result *result, str name)
{
    if (is_source(name)) {
        result->page.path = name;
        docs_look_at_source(&result->look, &result->page, read_text(name));
        return;
    }
    if (str_equal(name, weir_manual))
        result->page =
            docs_page_of_manual(&arena, name, output_of(DOCS_BIN "/weir help --man"), true);
    else if (str_equal(name, mock_manual))
        result->page =
            docs_page_of_manual(&arena, name, output_of(DOCS_BIN "/weir-mock --man"), false);
    else
        result->page = docs_page_read(&arena, name, read_text(name));
    docs_look_at(&result->look, &result->page);
}

static bool is_command_line(str line)
{
    line = str_trim(line);
    return line.n && line.p[0] != '#';
}

/* Each block of commands that is not run, and why; how many lines they have. */
static size_t print_not_run(const struct docs_page *page)
{
    size_t total = 0;
    for (size_t i = 0; i < page->blocks; i++) {
        const struct docs_block *block = &page->block[i];
        size_t lines = 0;
        if (!str_equal(block->language, STR("sh")) || block->file.n ||
            docs_block_runs(&arena, block))
            continue;
        for (size_t k = 0; k < block->lines; k++)
            lines += is_command_line(block->text[k].text);
        printf("    %.*s:%d: %zu not run: %.*s%.*s\n", STR_ARG(page->path), block->line, lines,
               STR_ARG(block->not_run.n ? block->not_run : STR("it needs ")),
               STR_ARG(block->not_run.n ? STR("") : block->needs));
        total += lines;
    }
    return total;
}

static void print_page(const struct page_result *result)
{
    const struct docs_run *run = &result->run;
    const struct docs_look *look = &result->look;
    bool silent = is_source(result->page.path) && !look->wrong;
    if (!silent && run->ran + run->wrong + look->commands_seen + look->sections + look->wrong)
        printf("%-40.*s run %3zu, looked at %3zu commands, %2zu sections of YAML\n%.*s%.*s",
               STR_ARG(result->page.path), run->ran, look->commands_seen, look->sections,
               STR_ARG(buf_str(&look->told)), STR_ARG(run->told));
}

static void run_pages(const struct docs_place *place, struct page_result *result)
{
    struct docs_run *run = arena_array(&arena, struct docs_run, paths + 1);
    size_t pages = 0;
    for (size_t i = 0; i < paths; i++)
        if (has_commands(&result[i].page))
            run[pages++] =
                (struct docs_run){.page = &result[i].page, .copy = folder_to_copy(path[i])};
    docs_run_pages(&arena, place, run, pages);
    for (size_t i = 0, done = 0; i < paths && done < pages; i++)
        if (run[done].page == &result[i].page)
            result[i].run = run[done++];
}

/* Exit code. */
static int tell(struct page_result *result, bool all)
{
    size_t ran = 0, not_run = 0, seen = 0, sections = 0, wrong = 0;
    for (size_t i = 0; i < paths; i++) {
        print_page(&result[i]);
        not_run += print_not_run(&result[i].page);
        ran += result[i].run.ran;
        seen += result[i].look.commands_seen;
        sections += result[i].look.sections;
        wrong += result[i].run.wrong + result[i].look.wrong;
        buf_release(&result[i].look.told);
    }
    printf(
        "%zu pages and sources: %zu commands run, %zu not run; %zu commands in lines that are "
        "not run, and in sentences, looked at; %zu sections of YAML; %zu wrong\n",
        paths, ran, not_run, seen, sections, wrong);
    bool broken = all && (paths < LEAST_PAGES || ran < LEAST_RUN || seen < LEAST_SEEN ||
                          sections < LEAST_SECTIONS);
    if (broken)
        printf("too few of them: the test itself is broken\n");
    return wrong || broken;
}

int main(int argc, char **argv)
{
    bool all = argc < 2, own = docs_network_is_own();
    if (chdir(DOCS_ROOT) < 0)
        return 1;
    for (int i = 1; i < argc && paths < PAGES_MAX; i++)
        path[paths++] = str_from(argv[i]);
    if (all)
        find_pages();
    const struct docs_place place = {DOCS_ROOT, DOCS_BIN, DOCS_ROOT "/tests/docs/page.bash",
                                     AT_ONCE,   own,      LIMIT_S};
    struct docs_commands commands = {.arena = &arena,
                                     .root = STR(DOCS_ROOT),
                                     .mock_help = output_of(DOCS_BIN "/weir-mock --help")};
    struct docs_snippets snippets;
    if (docs_snippets_init(&snippets, &arena, output_of(DOCS_BIN "/weir list schema")) < 0)
        return 1;
    struct page_result *result = arena_array(&arena, struct page_result, paths);
    for (size_t i = 0; i < paths; i++) {
        result[i].look = (struct docs_look){.commands = &commands, .snippets = &snippets};
        read_and_look(&result[i], path[i]);
    }
    run_pages(&place, result);
    if (!own)
        printf("pages shared the network of the machine, which gives none of their own\n");
    int code = tell(result, all);
    arena_release(&arena);
    return code;
}
