/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sources.c: roff and C read just enough to find commands in them (see sources.h).
 */
#include "docs/sources.h"

struct docs_page docs_page_of_manual(struct arena *arena, str name, str roff, bool runs)
{
    struct buf text = {0};
    bool example = false;
    str line;
    buf_add_str(&text, runs ? STR("```sh\n")
                            : STR("<!-- not run: it serves until it is ended -->\n```sh\n"));
    while (roff.n) {
        str_cut(roff, '\n', &line, &roff);
        if (str_starts_with(line, STR(".SH ")))
            example = str_equal(line, STR(".SH EXAMPLE"));
        if (!example || !str_starts_with(line, STR("$ ")))
            continue;
        for (size_t i = 2; i < line.n; i++)
            if (line.p[i] != '\\')
                buf_add_char(&text, line.p[i]);
        buf_add_char(&text, '\n');
    }
    buf_add_str(&text, STR("```\n"));
    str kept = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return docs_page_read(arena, name, kept);
}

/* From the quote at `at`: adds what stands in it, returns where it ends. Line breaks of the text
 * end a line, other escapes are blanks. */
static size_t read_text(str code, size_t at, struct buf *text)
{
    for (at++; at < code.n && code.p[at] != '"' && code.p[at] != '\n'; at++) {
        if (code.p[at] != '\\') {
            buf_add_char(text, code.p[at]);
            continue;
        }
        at++;
        buf_add_char(text, at < code.n && code.p[at] == 'n' ? '\n' : ' ');
    }
    return at + 1;
}

static void look_at_text(struct docs_look *look, struct buf *text, int line)
{
    str words = arena_str(look->commands->arena, buf_str(text));
    buf_clear(text);
    if (docs_prose_check(look->commands, words))
        return;
    buf_printf(&look->told, "%.*s:%d: %.*s\n", STR_ARG(look->page->path), line,
               STR_ARG(look->commands->wrong));
    look->wrong++;
}

void docs_look_at_source(struct docs_look *look, struct docs_page *page, str code)
{
    size_t before = look->commands->seen;
    struct buf text = {0};
    int line = 1;
    look->page = page;
    for (size_t at = 0; at < code.n;) {
        char c = code.p[at];
        if (c == '"' && !(at > 0 && code.p[at - 1] == '\'')) {
            at = read_text(code, at, &text); /* texts side by side are one */
            continue;
        }
        if (!char_is_space(c) && text.n)
            look_at_text(look, &text, line);
        line += c == '\n';
        at++;
    }
    buf_release(&text);
    look->commands_seen = look->commands->seen - before;
}
