/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_markdown.c: the report for a pull request.
 *
 * The verdict first, then one table, what the comparisons say, warnings; everything else folded.
 * Comments of code hosts end at 64 KB, so each part has a share of the room, and rows beyond it
 * are counted instead of written: the best variants stand first and stay.
 *
 * All text is escaped alike, ours too: what a Markdown reader could take for markup, HTML, a
 * mention, a reference to an issue or a link is taken for text (rule 12).
 */
#include "reports/markdown.h"
#include "reports/page.h"
#include "reports/reporters.h"

#include "base/text.h"

enum {
    LIMIT_OVERVIEW = 24000, /* bytes from the start at which a part ends */
    LIMIT_SENTENCES = 34000,
    LIMIT_WARNINGS = 40000,
    LIMIT_FLIPS = 46000,
    LIMIT_DETAILS = 57000,
    DETAIL_MAX = 9000,   /* of one folded part */
    DETAIL_LEAST = 1500, /* room that one is begun with */
    FLIPS_LEAST = 6000,
    SENTENCE_MOST =
        600, /* code points of one that no other limit holds for; escaped, up to 9 times
                            as many bytes */
};

/* Breaks what would be a mention, an issue or a link, and is not seen. */
#define ZERO_WIDTH STR("&#8203;")

struct markdown {
    struct buf *out;
    struct arena *arena;
    size_t start; /* of this report in the buffer */
};

/* ---- escaping ---- */

/* What begins a list, a heading or a rule at the start of a line and nowhere else. */
static bool starts_block(str text, size_t at)
{
    size_t digits = 0;
    while (digits < at && char_is_digit(text.p[digits]))
        digits++;
    char c = text.p[at];
    bool alone = at + 1 == text.n || text.p[at + 1] == ' ';
    return at == 0 ? c == '-' || c == '+' || c == '='
                   : digits == at && alone && (c == '.' || c == ')');
}

static void escape_char(struct buf *out, str text, size_t at)
{
    char c = text.p[at];
    bool glued = at + 1 < text.n && !char_is_space(text.p[at + 1]);
    bool dotted = c == 'w' && at >= 2 && at + 1 < text.n && text.p[at + 1] == '.';
    if (c == '\n')
        buf_add_str(out, STR("<br>"));
    else if (c == '<')
        buf_add_str(out, STR("&lt;"));
    else if (c == '>')
        buf_add_str(out, STR("&gt;"));
    else if (c == '&')
        buf_add_str(out, STR("&amp;"));
    else if (strchr("\\`*_{}[]|~!$#", c))
        buf_printf(out, "\\%c", c);
    else
        buf_add_char(out, c);
    if (c == '@' || c == '#' || (c == ':' && glued) || dotted)
        buf_add_str(out, ZERO_WIDTH);
}

/* A copy in the arena; the buffer's memory is given back. */
static str kept(struct arena *arena, struct buf *buf)
{
    str text = arena_str(arena, buf_str(buf));
    buf_release(buf);
    return text;
}

/* Inside a line. `text` is visible text: the only line breaks in it are ours (sheet.h). */
static void escape(struct buf *out, str text)
{
    for (size_t at = 0; at < text.n; at++)
        escape_char(out, text, at);
}

/* As a paragraph, or an item of a list. */
static str escaped(struct arena *arena, str text)
{
    struct buf out = {0};
    for (size_t at = 0; at < text.n; at++) {
        if (starts_block(text, at))
            buf_add_char(&out, '\\');
        escape_char(&out, text, at);
    }
    return kept(arena, &out);
}

/* ---- room ---- */

/* Adds a line if the report stays below `limit` bytes. */
static bool add_line(struct markdown *md, str line, size_t limit)
{
    if (md->out->n - md->start + line.n + 1 > limit)
        return false;
    buf_add_str(md->out, line);
    buf_add_char(md->out, '\n');
    return true;
}

static void add_left_out(struct markdown *md, size_t count, const char *what)
{
    if (count)
        buf_printf(md->out, "\n%zu more %s: see the JSON report.\n", count, what);
}

/* ---- tables ---- */

static bool is_shown(const struct sheet *sheet, size_t column)
{
    return column == 0 || sheet->column[column].drop == 0 ||
           !sheet_column_is_empty(sheet, column);
}

static str table_row(struct markdown *md, const struct sheet *sheet, ptrdiff_t row)
{
    struct buf line = {0};
    for (size_t c = 0; c < sheet->columns; c++) {
        if (!is_shown(sheet, c))
            continue;
        str cell = row < 0 ? sheet->column[c].head : sheet_at(sheet, (size_t)row, c);
        bool group = row >= 0 && sheet->mark[row] == SHEET_GROUP && cell.n;
        bool step = str_starts_with(cell, STR("  "));
        buf_add_str(&line, group ? STR("| **") : step ? STR("| &nbsp; ") : STR("| "));
        escape(&line, str_trim(cell));
        buf_add_str(&line, group ? STR("** ") : STR(" "));
    }
    buf_add_char(&line, '|');
    return kept(md->arena, &line);
}

static str table_rule(struct markdown *md, const struct sheet *sheet)
{
    struct buf line = {0};
    for (size_t c = 0; c < sheet->columns; c++)
        if (is_shown(sheet, c))
            buf_add_str(&line, sheet->column[c].right ? STR("| ---: ") : STR("| :--- "));
    buf_add_char(&line, '|');
    return kept(md->arena, &line);
}

static void table(struct markdown *md, const struct sheet *sheet, size_t limit)
{
    size_t row = 0;
    if (!add_line(md, table_row(md, sheet, -1), limit) ||
        !add_line(md, table_rule(md, sheet), limit))
        return;
    while (row < sheet->rows && add_line(md, table_row(md, sheet, (ptrdiff_t)row), limit))
        row++;
    add_left_out(md, sheet->rows - row, "rows");
    if (sheet->note)
        buf_printf(md->out, "\n%.*s\n", STR_ARG(escaped(md->arena, str_from(sheet->note))));
    buf_add_char(md->out, '\n');
}

/* ---- parts ---- */

static void head(struct markdown *md, const struct page *page)
{
    buf_printf(md->out, "## %.*s\n\n", STR_ARG(escaped(md->arena, page->title)));
    str verdict = text_shorten(md->arena, page->verdict, SENTENCE_MOST);
    str price = text_shorten(md->arena, page->price, SENTENCE_MOST);
    buf_printf(md->out, "**%.*s**\n\n", STR_ARG(escaped(md->arena, verdict)));
    if (page->price.n)
        buf_printf(md->out, "%.*s\n\n", STR_ARG(escaped(md->arena, price)));
    if (page->mock.n)
        buf_printf(md->out, "> %.*s\n\n", STR_ARG(escaped(md->arena, page->mock)));
}

static str part_line(struct markdown *md, const struct page_part *part, bool named)
{
    struct buf line = {0};
    buf_add_str(&line, STR("-"));
    if (named)
        buf_printf(&line, " **%.*s**", STR_ARG(escaped(md->arena, part->heading)));
    for (size_t i = 0; i < part->count; i++)
        buf_printf(&line, " %.*s", STR_ARG(escaped(md->arena, part->sentence[i])));
    return kept(md->arena, &line);
}

/* Variants' sentences do not all name the variant; those of comparisons do. */
static void parts(struct markdown *md, const struct page *page, size_t from, size_t to,
                  size_t limit)
{
    size_t left = 0;
    for (size_t i = from; i < to; i++)
        if (page->part[i].count &&
            !add_line(md, part_line(md, &page->part[i], i >= page->comparison_parts), limit))
            left++;
    add_left_out(md, left, "paragraphs");
    buf_add_char(md->out, '\n');
}

static void requirements(struct markdown *md, const struct page *page)
{
    size_t left = 0;
    if (page->requirements == 0)
        return;
    buf_printf(md->out, "**%.*s**\n\n", STR_ARG(escaped(md->arena, page->required)));
    for (size_t i = 0; i < page->requirements; i++) {
        const struct page_requirement *r = &page->requirement[i];
        if (!add_line(md,
                      arena_printf(md->arena, "- **%.*s**: %.*s. %.*s",
                                   STR_ARG(escaped(md->arena, r->verdict)),
                                   STR_ARG(escaped(md->arena, r->what)),
                                   STR_ARG(escaped(md->arena, r->why))),
                      LIMIT_SENTENCES))
            left++;
    }
    add_left_out(md, left, "requirements");
    buf_add_char(md->out, '\n');
}

static void warnings(struct markdown *md, const struct page *page)
{
    size_t left = 0;
    if (page->warnings == 0)
        return;
    buf_add_str(md->out, STR("**Warnings**\n\n"));
    for (size_t i = 0; i < page->warnings; i++)
        if (!add_line(md,
                      arena_printf(md->arena, "- %.*s",
                                   STR_ARG(escaped(md->arena, page->warning[i]))),
                      LIMIT_WARNINGS))
            left++;
    add_left_out(md, left, "warnings");
    buf_add_char(md->out, '\n');
}

static size_t detail_limit(const struct markdown *md)
{
    size_t limit = md->out->n - md->start + DETAIL_MAX;
    return limit < LIMIT_DETAILS ? limit : LIMIT_DETAILS;
}

/* Between its tags a code host reads HTML: `title` must be escaped. */
static void begin_details(struct markdown *md, str title)
{
    buf_printf(md->out, "<details><summary>%.*s</summary>\n\n", STR_ARG(title));
}

static void end_details(struct markdown *md)
{
    buf_add_str(md->out, STR("</details>\n\n"));
}

/* HTML takes no backslash for an escape. */
static str escaped_html(struct arena *arena, str text)
{
    struct buf out = {0};
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool word = char_is_alnum(c) || c == ' ' || ((unsigned char)c & 0x80);
        if (word)
            buf_add_char(&out, c);
        else
            buf_printf(&out, "&#%u;", (unsigned)(unsigned char)c);
    }
    return kept(arena, &out);
}

/* What changed for which sample, for each comparison; the first ones when there are many. */
static void flips(struct markdown *md, const struct page *page)
{
    size_t left = 0;
    for (size_t i = 0; i < page->flip_lists; i++) {
        const struct page_flips *flips = &page->flips[i];
        size_t limit = md->out->n - md->start + DETAIL_MAX;
        if (md->out->n - md->start + FLIPS_LEAST > LIMIT_FLIPS) {
            left++;
            continue;
        }
        str sentence = text_shorten(md->arena, flips->sentence, SENTENCE_MOST / 2);
        begin_details(md, escaped_html(md->arena, flips->heading));
        buf_printf(md->out, "%.*s\n\n", STR_ARG(escaped(md->arena, sentence)));
        table(md, flips->sheet, limit < LIMIT_FLIPS ? limit : LIMIT_FLIPS);
        end_details(md);
    }
    add_left_out(md, left, "lists of flips");
}

static bool has_room(const struct markdown *md)
{
    return md->out->n - md->start + DETAIL_LEAST <= LIMIT_DETAILS;
}

static void about(struct markdown *md, const struct page *page)
{
    begin_details(md, STR("About this run"));
    if (page->description.n)
        add_line(md, escaped(md->arena, page->description), LIMIT_DETAILS);
    buf_add_char(md->out, '\n');
    for (size_t i = 0; i < page->facts; i++)
        add_line(md,
                 arena_printf(md->arena, "- %s: %.*s", page->fact[i].label,
                              STR_ARG(escaped(md->arena, page->fact[i].text))),
                 LIMIT_DETAILS);
    buf_add_char(md->out, '\n');
    end_details(md);
}

static void folded_parts(struct markdown *md, const struct page *page, str title, size_t from,
                         size_t to)
{
    begin_details(md, title);
    parts(md, page, from, to, detail_limit(md));
    end_details(md);
}

static void details(struct markdown *md, const struct page *page)
{
    size_t left = 0;
    about(md, page);
    for (size_t i = 0; i < page->sheets; i++) {
        if (!has_room(md)) {
            left++;
            continue;
        }
        begin_details(md, str_from(page->sheet[i]->title));
        table(md, page->sheet[i], detail_limit(md));
        end_details(md);
    }
    if (has_room(md))
        folded_parts(md, page, STR("Each variant in words"), page->comparison_parts,
                     page->variant_parts);
    if (has_room(md) && page->parts > page->variant_parts)
        folded_parts(md, page, STR("Diagnosis"), page->variant_parts, page->parts);
    add_left_out(md, left, "tables");
}

int report_markdown(const struct report_input *input, struct buf *out, struct err *err)
{
    (void)err;
    struct arena arena = {0};
    struct page page;
    struct markdown md = {.out = out, .arena = &arena, .start = out->n};
    page_make(&page, input, &arena);
    head(&md, &page);
    requirements(&md, &page);
    if (page.overview)
        table(&md, page.overview, LIMIT_OVERVIEW);
    parts(&md, &page, 0, page.comparison_parts, LIMIT_SENTENCES);
    warnings(&md, &page);
    flips(&md, &page);
    details(&md, &page);
    arena_release(&arena);
    return 0;
}

/* ---- for others ---- */

str markdown_escaped(struct arena *arena, str text)
{
    return escaped(arena, text);
}

void markdown_sheet(struct buf *out, struct arena *arena, const struct sheet *sheet)
{
    struct markdown md = {.out = out, .arena = arena};
    table(&md, sheet, BUF_DEFAULT_LIMIT);
}
