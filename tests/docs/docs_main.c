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
#include "docs/commands.h"
#include "docs/pages.h"

#include "base/buf.h"
#include "base/file.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PAGES_MAX = 400,
    AT_ONCE = 4, /* pages wait for simulated replies more than they compute */
    LIMIT_S = 120,
    /* Fewer than these, and the test itself is broken: pages are not found, or not read. */
    LEAST_PAGES = 40,
    LEAST_RUN = 80,
};

struct counts {
    size_t commands, wrong;
};

static struct arena arena;
static str path[PAGES_MAX];
static size_t paths;

/* ---- which pages ---- */

static bool is_left_out(const char *name)
{
    return strstr(name, "/node_modules/") || strstr(name, "/.weir/");
}

static int note_page(const char *name, const struct stat *facts, int type, struct FTW *at)
{
    (void)facts;
    bool readme = strcmp(name + at->base, "README.md") == 0,
         docs = str_starts_with(str_from(name), STR("docs/"));
    if (type == FTW_F && (docs || readme) && str_ends_with(str_from(name), STR(".md")) &&
        !is_left_out(name) && paths < PAGES_MAX)
        path[paths++] = arena_str(&arena, str_from(name));
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

static void find_pages(void)
{
    static const char *const folders[] = {"docs", "fixtures", "tests"};
    path[paths++] = STR("README.md");
    for (size_t i = 0; i < 3; i++)
        nftw(folders[i], note_page, 16, FTW_PHYS);
    qsort(path, paths, sizeof *path, by_name);
}

/* fixtures/NAME/README.md begins in a copy of its folder. */
static str folder_to_copy(str page)
{
    str folder = path_folder(&arena, page);
    return str_equal(path_folder(&arena, folder), STR("fixtures")) ? folder : STR("");
}

/* ---- what is looked at without running ---- */

static void complain(struct counts *counts, str page, int line, const char *what)
{
    printf("%.*s:%d: %s\n", STR_ARG(page), line, what);
    counts->wrong++;
}

static void check_marks(const struct docs_page *page, const struct docs_block *block,
                        struct counts *counts)
{
    static const char *const shells[] = {"bash",     "shell",      "console",      "zsh",
                                         "terminal", "sh-session", "shell-session"};
    if (!block->language.n)
        complain(counts, page->path, block->line,
                 "a block without a language: sh, yaml, text, …");
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (str_equal(block->language, str_from(shells[i])))
            complain(counts, page->path, block->line, "blocks of commands are marked sh");
    if (block->bad_mark)
        complain(counts, page->path, block->line,
                 "its mark lacks what it is for (a reason, a name)");
}

static void check_line(struct docs_commands *commands, str page, const struct docs_line *line,
                       struct counts *counts)
{
    if (!docs_commands_check(commands, line->text))
        complain(counts, page, line->line, commands->wrong.p);
}

/* Of a CI workflow: "- run: weir …". */
static void check_workflow(struct docs_commands *commands, const struct docs_page *page,
                           const struct docs_block *block, struct counts *counts)
{
    for (size_t i = 0; i < block->lines; i++) {
        struct docs_line line = block->text[i];
        ptrdiff_t at = str_find(line.text, STR("run: "), 0);
        line.text =
            at < 0 ? str_trim(line.text) : str_sub(line.text, (size_t)at + 5, line.text.n);
        if (at >= 0 || str_starts_with(line.text, STR("weir ")))
            check_line(commands, page->path, &line, counts);
    }
}

static void check_page(struct docs_commands *commands, const struct docs_page *page,
                       struct counts *counts)
{
    for (size_t i = 0; i < page->blocks; i++) {
        const struct docs_block *block = &page->block[i];
        check_marks(page, block, counts);
        if (str_equal(block->language, STR("yaml")))
            check_workflow(commands, page, block, counts);
        if (!str_equal(block->language, STR("sh")))
            continue;
        for (size_t k = 0; k < block->lines; k++) {
            if (str_starts_with(block->text[k].text, STR("$ ")))
                complain(counts, page->path, block->text[k].line,
                         "commands stand without a prompt");
            if (!docs_block_runs(&arena, block))
                check_line(commands, page->path, &block->text[k], counts);
        }
    }
    for (size_t i = 0; i < page->spans; i++)
        check_line(commands, page->path,
                   &(struct docs_line){page->span[i].text, page->span[i].line}, counts);
    for (size_t i = 0; i < page->looses; i++)
        complain(counts, page->path, page->loose[i].line,
                 "commands stand in a fence marked sh");
}

/* ---- all of it ---- */

static struct docs_page read_page(str name)
{
    struct err err = {0};
    str text;
    if (file_read(&arena, name.p, 10000000, &text, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return docs_page_read(&arena, name, text);
}

static bool has_commands(const struct docs_page *page)
{
    for (size_t i = 0; i < page->blocks; i++)
        if (docs_block_runs(&arena, &page->block[i]))
            return true;
    return false;
}

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

static void print_page(const struct docs_run *run, size_t looked_at)
{
    if (run->ran + run->wrong + looked_at == 0)
        return;
    printf("%-44.*s %4zu run %4zu looked at\n%.*s", STR_ARG(run->page->path), run->ran,
           looked_at, STR_ARG(run->told));
}

static size_t run_and_tell(const struct docs_place *place, struct docs_run *runs, size_t count,
                           const size_t *looked_at, struct counts *counts)
{
    struct docs_run *run = arena_array(&arena, struct docs_run, count + 1);
    size_t total = 0, pages = 0;
    for (size_t i = 0; i < count; i++)
        if (has_commands(runs[i].page))
            run[pages++] = runs[i];
    docs_run_pages(&arena, place, run, pages);
    for (size_t i = 0, done = 0; i < count; i++) {
        if (done < pages && run[done].page == runs[i].page)
            runs[i] = run[done++];
        print_page(&runs[i], looked_at[i]);
        total += runs[i].ran;
        counts->wrong += runs[i].wrong;
    }
    return total;
}

int main(int argc, char **argv)
{
    bool all = argc < 2, own = docs_network_is_own();
    if (chdir(DOCS_ROOT) < 0)
        return 1;
    const struct docs_place place = {DOCS_ROOT, DOCS_BIN, DOCS_ROOT "/tests/docs/page.bash",
                                     own ? AT_ONCE : 1, LIMIT_S};
    for (int i = 1; i < argc && paths < PAGES_MAX; i++)
        path[paths++] = str_from(argv[i]);
    if (all)
        find_pages();
    struct docs_commands commands = {.arena = &arena,
                                     .root = STR(DOCS_ROOT),
                                     .mock_help = output_of(DOCS_BIN "/weir-mock --help")};
    struct docs_page *page = arena_array(&arena, struct docs_page, paths);
    struct docs_run *runs = arena_array(&arena, struct docs_run, paths);
    size_t *looked_at = arena_array(&arena, size_t, paths);
    struct counts counts = {0};
    for (size_t i = 0; i < paths; i++) {
        page[i] = read_page(path[i]);
        runs[i] = (struct docs_run){.page = &page[i], .copy = folder_to_copy(path[i])};
        size_t before = commands.seen;
        check_page(&commands, &page[i], &counts);
        looked_at[i] = commands.seen - before;
    }
    size_t ran = run_and_tell(&place, runs, paths, looked_at, &counts);
    printf("%zu pages: %zu commands run, %zu of weir looked at only; %zu wrong%s\n", paths, ran,
           commands.seen, counts.wrong, own ? "" : "; without a network of their own");
    bool broken = all && (paths < LEAST_PAGES || ran < LEAST_RUN);
    if (broken)
        printf("too few pages or commands: the test itself is broken\n");
    arena_release(&arena);
    return counts.wrong || broken;
}
