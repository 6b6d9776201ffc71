/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * paper.c: short documents, filled and laid out (see paper.h).
 */
#include "reports/paper.h"

#include "base/mem.h"
#include "base/text.h"
#include "reports/markdown.h"
#include "reports/page.h"
#include "reports/terminal.h"

static void add(struct paper *paper, struct paper_part *part, str text)
{
    size_t n = part->sentences;
    if (text.n == 0)
        return;
    if ((n & (n - 1)) == 0) /* full at every power of two */
        part->sentence =
            arena_grow(paper->arena, part->sentence, n, n ? 2 * n : 1, sizeof *part->sentence);
    part->sentence[part->sentences++] = page_text(paper->arena, text, PAGE_TEXT_MAX);
}

void paper_begin(struct paper *paper, str heading, const struct sheet *sheet)
{
    size_t n = paper->parts;
    if ((n & (n - 1)) == 0) /* full at every power of two */
        paper->part =
            arena_grow(paper->arena, paper->part, n, n ? 2 * n : 1, sizeof *paper->part);
    paper->part[paper->parts++] = (struct paper_part){
        .heading = page_text(paper->arena, heading, PAGE_TEXT_MAX), .sheet = sheet};
}

void paper_say(struct paper *paper, str text)
{
    if (paper->parts == 0)
        BUG("a sentence of no part");
    add(paper, &paper->part[paper->parts - 1], text);
}

void paper_warn(struct paper *paper, str text)
{
    add(paper, &paper->warnings, text);
}

void paper_fact(struct paper *paper, const char *label, str text)
{
    if (text.n)
        add(paper, &paper->facts,
            arena_printf(paper->arena, "%-12s %.*s", label, STR_ARG(text)));
}

/* ---- terminal ---- */

static void text_facts(struct terminal *t, const struct paper *paper)
{
    for (size_t i = 0; i < paper->facts.sentences; i++) {
        str line = paper->facts.sentence[i];
        terminal_paragraph(t, NULL, str_sub(line, 0, PAPER_LABEL_WIDTH),
                           str_sub(line, PAPER_LABEL_WIDTH, line.n));
    }
    terminal_newline(t);
}

static bool is_empty(const struct paper_part *part)
{
    return part->sentences == 0 && (!part->sheet || part->sheet->rows == 0);
}

static void text_part(struct terminal *t, const struct paper_part *part)
{
    if (is_empty(part))
        return;
    if (part->heading.n)
        terminal_paragraph(t, TERMINAL_BOLD, STR(""), part->heading);
    for (size_t i = 0; i < part->sentences; i++)
        terminal_paragraph(t, NULL, STR("  "), part->sentence[i]);
    if (part->sheet && part->sheet->rows)
        terminal_table(t, part->sheet);
    else
        terminal_newline(t);
}

static void text_warnings(struct terminal *t, const struct paper *paper)
{
    if (paper->warnings.sentences == 0 && paper->notice.n == 0)
        return;
    terminal_put(t, TERMINAL_YELLOW, STR("Warnings"));
    terminal_newline(t);
    if (paper->notice.n)
        terminal_paragraph(t, TERMINAL_YELLOW, STR("  ! "), paper->notice);
    for (size_t i = 0; i < paper->warnings.sentences; i++)
        terminal_paragraph(t, NULL, STR("  ! "), paper->warnings.sentence[i]);
    terminal_newline(t);
}

/* No line is wider than `width`. */
static void write_text(const struct paper *paper, size_t width, bool colour, struct buf *out)
{
    struct arena arena = {0};
    struct terminal t = {.out = out, .arena = &arena, .colour = colour};
    t.width = width < REPORT_WIDTH_MIN ? REPORT_WIDTH_MIN : width;
    terminal_paragraph(&t, TERMINAL_BOLD, STR(""),
                       page_text(&arena, paper->title, PAGE_TEXT_MAX));
    terminal_newline(&t);
    text_facts(&t, paper);
    for (size_t i = 0; i < paper->parts; i++)
        text_part(&t, &paper->part[i]);
    text_warnings(&t, paper);
    terminal_paragraph(&t, TERMINAL_BOLD, STR(""),
                       page_text(&arena, paper->verdict, PAGE_TEXT_MAX));
    arena_release(&arena);
}

/* ---- Markdown ---- */

static void list(struct buf *out, struct arena *arena, const struct paper_part *part)
{
    for (size_t i = 0; i < part->sentences; i++)
        buf_printf(out, "- %.*s\n", STR_ARG(markdown_escaped(arena, part->sentence[i])));
    if (part->sentences)
        buf_add_char(out, '\n');
}

static void markdown_part(struct buf *out, struct arena *arena, const struct paper_part *part)
{
    if (is_empty(part))
        return;
    if (part->heading.n)
        buf_printf(out, "### %.*s\n\n", STR_ARG(markdown_escaped(arena, part->heading)));
    list(out, arena, part);
    if (part->sheet && part->sheet->rows)
        markdown_sheet(out, arena, part->sheet);
}

static void write_markdown(const struct paper *paper, struct buf *out)
{
    struct arena arena = {0};
    str title = page_text(&arena, paper->title, PAGE_TEXT_MAX);
    str verdict = page_text(&arena, paper->verdict, PAGE_TEXT_MAX);
    buf_printf(out, "## %.*s\n\n", STR_ARG(markdown_escaped(&arena, title)));
    if (verdict.n)
        buf_printf(out, "**%.*s**\n\n", STR_ARG(markdown_escaped(&arena, verdict)));
    if (paper->notice.n)
        buf_printf(out, "> %.*s\n\n", STR_ARG(markdown_escaped(&arena, paper->notice)));
    for (size_t i = 0; i < paper->parts; i++)
        markdown_part(out, &arena, &paper->part[i]);
    if (paper->warnings.sentences)
        buf_add_str(out, STR("### Warnings\n\n"));
    list(out, &arena, &paper->warnings);
    buf_add_str(out, STR("<details><summary>About this</summary>\n\n"));
    for (size_t i = 0; i < paper->facts.sentences; i++) {
        str line = paper->facts.sentence[i];
        buf_printf(out, "- %.*s: %.*s\n", STR_ARG(str_trim(str_sub(line, 0, PAPER_LABEL_WIDTH))),
                   STR_ARG(markdown_escaped(&arena, str_sub(line, PAPER_LABEL_WIDTH, line.n))));
    }
    buf_add_str(out, STR("\n</details>\n"));
    arena_release(&arena);
}

/* ---- all formats ---- */

int paper_emit(const struct paper_kind *kind, const void *data, str format, size_t width,
               bool colour, struct buf *out, struct err *err)
{
    struct arena arena = {0};
    struct paper paper = {.arena = &arena};
    int result = 0;
    if (str_equal(format, STR("json"))) {
        kind->json(data, out);
    } else if (str_equal(format, STR("csv"))) {
        kind->csv(data, out);
    } else if (str_equal(format, STR("text"))) {
        kind->fill(&paper, data);
        write_text(&paper, width, colour, out);
    } else if (str_equal(format, STR("md"))) {
        kind->fill(&paper, data);
        write_markdown(&paper, out);
    } else if (str_equal(format, STR("html"))) {
        kind->fill(&paper, data);
        result = paper_html(kind, data, &paper, out, err);
    } else {
        result = err_set(err, ERR_INPUT,
                         "no %s in the format '%.*s'; expected text, md, html, json or csv",
                         kind->name, STR_ARG(page_text(&arena, format, PAGE_NAME_MAX)));
    }
    arena_release(&arena);
    return result;
}
