/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * look.c: marks, commands that are not run, YAML (see look.h).
 */
#include "docs/look.h"

#include "docs/pages.h"

static void complain(struct docs_look *look, int line, const char *what)
{
    buf_printf(&look->told, "%.*s:%d: %s\n", STR_ARG(look->page->path), line, what);
    look->wrong++;
}

static void check_marks(struct docs_look *look, const struct docs_block *block)
{
    static const char *const shells[] = {"bash",     "shell",      "console",      "zsh",
                                         "terminal", "sh-session", "shell-session"};
    if (!block->language.n)
        complain(look, block->line, "a block without a language: sh, yaml, text, …");
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (str_equal(block->language, str_from(shells[i])))
            complain(look, block->line, "blocks of commands are marked sh");
    if (block->bad_mark)
        complain(look, block->line, "its mark lacks what it is for (a reason, a name)");
}

static void check_line(struct docs_look *look, str text, int line)
{
    if (!docs_commands_check(look->commands, text))
        complain(look, line, look->commands->wrong.p);
}

static void check_shell(struct docs_look *look, const struct docs_block *block)
{
    bool runs = docs_block_runs(look->commands->arena, block);
    for (size_t i = 0; i < block->lines; i++) {
        if (str_starts_with(block->text[i].text, STR("$ ")))
            complain(look, block->text[i].line, "commands stand without a prompt");
        if (!runs)
            check_line(look, block->text[i].text, block->text[i].line);
    }
}

/* Of a CI workflow: "- run: weir …", or lines of their own. */
static void check_workflow(struct docs_look *look, const struct docs_block *block)
{
    for (size_t i = 0; i < block->lines; i++) {
        str text = block->text[i].text;
        ptrdiff_t at = str_find(text, STR("run: "), 0);
        text = at < 0 ? str_trim(text) : str_sub(text, (size_t)at + 5, text.n);
        if (at >= 0 || str_starts_with(text, STR("weir ")))
            check_line(look, text, block->text[i].line);
    }
}

static void check_yaml(struct docs_look *look, struct docs_block *block)
{
    str wrong;
    switch (docs_snippet_check(look->snippets, look->page, block, &wrong)) {
    case SNIPPET_EXPERIMENT:
        block->checked_by = STR("weir check");
        break;
    case SNIPPET_MOCK:
        block->checked_by = STR("weir-mock --check --config");
        break;
    case SNIPPET_COMMANDS:
        check_workflow(look, block);
        break;
    case SNIPPET_SECTION:
        if (block->file.n)
            return; /* what uses it says more */
        look->sections++;
        break;
    case SNIPPET_OTHER:
        break;
    }
    if (wrong.n)
        complain(look, block->line, arena_str(look->commands->arena, str_trim(wrong)).p);
}

void docs_look_at(struct docs_look *look, struct docs_page *page)
{
    size_t before = look->commands->seen;
    look->page = page;
    for (size_t i = 0; i < page->blocks; i++) {
        struct docs_block *block = &page->block[i];
        check_marks(look, block);
        if (str_equal(block->language, STR("yaml")))
            check_yaml(look, block);
        else if (str_equal(block->language, STR("sh")))
            check_shell(look, block);
    }
    for (size_t i = 0; i < page->spans; i++)
        check_line(look, page->span[i].text, page->span[i].line);
    for (size_t i = 0; i < page->looses; i++)
        complain(look, page->loose[i].line, "commands stand in a fence marked sh");
    look->commands_seen = look->commands->seen - before;
}
