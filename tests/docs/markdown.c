/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * markdown.c: a page read line by line (see markdown.h). Lists, quotes and tables are not told
 * from text: fences and back-ticks mean the same in all of them.
 */
#include "docs/markdown.h"

struct reader {
    struct arena *arena;
    struct docs_page page;
    struct docs_block *block;
    struct docs_span *span;
    struct docs_line *loose;
    struct docs_line *text; /* of the block that is open */
    size_t lines;
    bool open;
    str fence;              /* that closes it: its indentation and marks */
    struct docs_block next; /* what comments said of the block that follows */
};

#define ADD(reader, array, count)                                                              \
    ((reader)->array = arena_grow((reader)->arena, (reader)->array, (count), (count) + 1,      \
                                  sizeof *(reader)->array),                                    \
     &(reader)->array[(count)++])

static str spaces_of(str line)
{
    size_t n = 0;
    while (n < line.n && line.p[n] == ' ')
        n++;
    return str_sub(line, 0, n);
}

/* "<!-- NAME: WORDS -->": the words; empty when it is another comment. */
static bool comment_says(str comment, const char *name, str *words)
{
    str inside = str_trim(str_sub(comment, 4, comment.n - 3));
    if (!str_starts_with(inside, str_from(name)))
        return false;
    *words = str_trim(str_sub(inside, strlen(name), inside.n));
    return true;
}

static void read_comment(struct reader *reader, str comment)
{
    struct docs_block *next = &reader->next;
    str rest;
    if (comment_says(comment, "not run", &next->not_run)) {
        bool colon = str_starts_with(next->not_run, STR(":"));
        next->not_run = str_trim(str_sub(next->not_run, 1, next->not_run.n));
        next->bad_mark |= !colon || !next->not_run.n;
    } else if (comment_says(comment, "needs:", &next->needs)) {
        next->bad_mark |= !next->needs.n || str_contains(next->needs, STR(" "));
    } else if (comment_says(comment, "file:", &next->file)) {
        next->bad_mark |= !next->file.n || str_contains(next->file, STR(".."));
    } else if (comment_says(comment, "yaml:", &next->kind)) {
        next->bad_mark |= !next->kind.n;
    } else if (comment_says(comment, "in full", &rest)) {
        next->in_full = true;
        next->bad_mark |= rest.n > 0;
    } else if (comment_says(comment, "interrupted", &rest)) {
        next->interrupted = true;
        next->bad_mark |= rest.n > 0;
    } else if (comment_says(comment, "as printed", &rest)) {
        next->printed = true;
        next->bad_mark |= rest.n > 0;
    }
}

static void open_block(struct reader *reader, str line, int number)
{
    str indent = spaces_of(line), info = str_sub(line, indent.n, line.n);
    size_t ticks = 0;
    while (ticks < info.n && info.p[ticks] == '`')
        ticks++;
    struct docs_block *block = ADD(reader, block, reader->page.blocks);
    *block = reader->next;
    block->language = str_trim(str_sub(info, ticks, info.n));
    block->line = number;
    reader->fence = str_sub(line, 0, indent.n + ticks);
    reader->next = (struct docs_block){0};
    reader->text = NULL;
    reader->lines = 0;
    reader->open = true;
}

static void read_code(struct reader *reader, str line, int number)
{
    struct docs_block *block = &reader->block[reader->page.blocks - 1];
    if (str_equal(str_trim(line), str_trim(reader->fence))) {
        reader->open = false;
        block->text = reader->text;
        block->lines = reader->lines;
        return;
    }
    size_t indent = spaces_of(reader->fence).n, here = spaces_of(line).n;
    *ADD(reader, text, reader->lines) =
        (struct docs_line){str_sub(line, here < indent ? here : indent, line.n), number};
}

static bool is_command(str text)
{
    static const char *const words[] = {"weir ", "weir-mock ", "script/", "cmake ", "ctest "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_starts_with(text, str_from(words[i])))
            return true;
    return false;
}

/* `weir …`: what stands between back-ticks. */
static void read_spans(struct reader *reader, str line, int number)
{
    for (ptrdiff_t at = str_find(line, STR("`"), 0); at >= 0;) {
        ptrdiff_t end = str_find(line, STR("`"), (size_t)at + 1);
        if (end < 0)
            return;
        str text = str_sub(line, (size_t)at + 1, (size_t)end);
        if (str_starts_with(text, STR("weir ")) || str_starts_with(text, STR("weir-mock ")))
            *ADD(reader, span, reader->page.spans) = (struct docs_span){text, number};
        at = str_find(line, STR("`"), (size_t)end + 1);
    }
}

static void read_line(struct reader *reader, str line, int number)
{
    str text = str_trim(line);
    if (reader->open) {
        read_code(reader, line, number);
    } else if (str_starts_with(text, STR("```"))) {
        open_block(reader, line, number);
    } else if (str_starts_with(text, STR("<!--")) && str_ends_with(text, STR("-->"))) {
        read_comment(reader, text);
    } else {
        reader->next = (struct docs_block){0};
        if (str_starts_with(line, STR("    ")) && is_command(text))
            *ADD(reader, loose, reader->page.looses) = (struct docs_line){text, number};
        read_spans(reader, line, number);
    }
}

struct docs_page docs_page_read(struct arena *arena, str path, str text)
{
    struct reader reader = {.arena = arena, .page = {.path = path}};
    str line;
    for (int number = 1; text.n; number++) {
        str_cut(text, '\n', &line, &text);
        read_line(&reader, line, number);
    }
    if (reader.open) /* to the end of the page, as Markdown has it */
        read_code(&reader, reader.fence, 0);
    reader.page.block = reader.block;
    reader.page.span = reader.span;
    reader.page.loose = reader.loose;
    return reader.page;
}
