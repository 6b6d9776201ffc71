/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_text.c: the report for a terminal.
 *
 * One page of plain text, no line wider than asked for. Tables are as wide as their cells; when
 * that is too wide, first the columns marked as droppable go, then the names are shortened. The
 * verdict comes last, where the eye is when the command has ended. Colour and bold only repeat
 * what the words say.
 */
#include "reports/page.h"
#include "reports/reporters.h"

#include "base/text.h"

enum { GAP = 2, NAME_ROOM = 16, NAME_MIN = 8, COLUMNS_MAX = 16 };

#define BOLD   "\x1b[1m"
#define DIM    "\x1b[2m"
#define GREEN  "\x1b[32m"
#define RED    "\x1b[31m"
#define YELLOW "\x1b[33m"
#define PLAIN  "\x1b[0m"

struct terminal {
    struct buf *out;
    struct arena *arena;
    size_t width;
    bool colour;
};

static void put(struct terminal *t, const char *style, str text)
{
    if (t->colour && style && text.n)
        buf_add_str(t->out, str_from(style));
    buf_add_str(t->out, text);
    if (t->colour && style && text.n)
        buf_add_str(t->out, STR(PLAIN));
}

static void blanks(struct terminal *t, size_t count)
{
    while (count-- > 0)
        buf_add_char(t->out, ' ');
}

/* ---- paragraphs ---- */

/* Bytes of `text` that fit into `columns`, at least one code point. */
static size_t fitting(str text, size_t columns)
{
    size_t at = 0, used = 0, length;
    while (at < text.n) {
        utf8_decode(text, at, &length);
        used += text_columns(str_sub(text, at, at + length));
        if (used > columns && at > 0)
            break;
        at += length;
    }
    return at;
}

/* A number stays with its unit. */
static bool may_break(str text, size_t blank)
{
    static const str units[] = {STR_INIT("%"), STR_INIT("ms"), STR_INIT("s"),
                                STR_INIT("×"), STR_INIT("µs"), STR_INIT("points")};
    if (blank == 0 || !char_is_digit(text.p[blank - 1]))
        return true;
    str next = str_sub(text, blank + 1, text.n);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (str_starts_with(next, units[i]) &&
            (next.n == units[i].n || !char_is_alnum(next.p[units[i].n])))
            return false;
    return true;
}

/* Takes the next line of at most `columns` from `text`: broken at a blank where there is one. */
static str take_line(str *text, size_t columns)
{
    size_t end = fitting(*text, columns), blank = end;
    if (end < text->n) {
        while (blank > 0 && (text->p[blank] != ' ' || !may_break(*text, blank)))
            blank--;
        end = blank > 0 ? blank : end;
    }
    str line = str_trim(str_sub(*text, 0, end));
    *text = str_trim(str_sub(*text, end, text->n));
    return line;
}

/* `first` stands before the first line, blanks of its width before the others. */
static void paragraph(struct terminal *t, const char *style, str first, str text)
{
    size_t indent = text_columns(first);
    text = str_trim(text);
    put(t, style, first);
    for (bool more = false; text.n; more = true) {
        if (more)
            blanks(t, indent);
        put(t, style, take_line(&text, t->width > indent ? t->width - indent : 1));
        buf_add_char(t->out, '\n');
    }
}

/* ---- tables ---- */

struct layout {
    size_t width[COLUMNS_MAX];
    bool shown[COLUMNS_MAX];
};

static size_t total_width(const struct sheet *sheet, const struct layout *layout)
{
    size_t width = 0;
    for (size_t c = 0; c < sheet->columns; c++)
        if (layout->shown[c])
            width += layout->width[c] + (c > 0 ? GAP : 0);
    return width;
}

/* Drops the column that is least needed; false when none may go. */
static bool drop_one(const struct sheet *sheet, struct layout *layout)
{
    size_t victim = 0;
    for (size_t c = 1; c < sheet->columns; c++)
        if (layout->shown[c] && sheet->column[c].drop > sheet->column[victim].drop)
            victim = c;
    layout->shown[victim] = victim == 0 && layout->shown[0];
    return victim > 0;
}

static struct layout natural_layout(const struct sheet *sheet)
{
    struct layout layout = {{0}, {0}};
    for (size_t c = 0; c < sheet->columns; c++) {
        layout.shown[c] = sheet->column[c].drop == 0 || !sheet_column_is_empty(sheet, c);
        layout.width[c] = text_columns(sheet->column[c].head);
        for (size_t r = 0; r < sheet->rows; r++) {
            size_t width = text_columns(sheet_at(sheet, r, c));
            if (sheet->mark[r] != SHEET_GROUP && width > layout.width[c])
                layout.width[c] = width;
        }
    }
    return layout;
}

static void narrow_widest(const struct sheet *sheet, struct layout *layout)
{
    size_t widest = 0;
    for (size_t c = 1; c < sheet->columns; c++)
        if (layout->shown[c] && layout->width[c] > layout->width[widest])
            widest = c;
    layout->width[widest]--;
}

static struct layout lay_out(const struct terminal *t, const struct sheet *sheet)
{
    struct layout layout = natural_layout(sheet);
    for (;;) {
        size_t width = total_width(sheet, &layout);
        size_t spare = layout.width[0] > NAME_ROOM ? layout.width[0] - NAME_ROOM : 0;
        if (width <= t->width + spare || !drop_one(sheet, &layout))
            break;
    }
    while (total_width(sheet, &layout) > t->width && layout.width[0] > NAME_MIN)
        layout.width[0]--;
    while (total_width(sheet, &layout) > t->width)
        narrow_widest(sheet, &layout);
    return layout;
}

/* The last bytes of `text` that fit into `columns`. */
static str fitting_end(str text, size_t columns)
{
    size_t at = text.n;
    while (at > 0) {
        size_t before = at - 1;
        while (before > 0 && ((unsigned char)text.p[before] & 0xc0) == 0x80)
            before--;
        if (text_columns(str_sub(text, before, text.n)) > columns)
            break;
        at = before;
    }
    return str_sub(text, at, text.n);
}

/* Cut to columns, not to code points, and in the middle: names often differ at their ends. */
static str fit(struct arena *arena, str text, size_t columns)
{
    if (text_columns(text) <= columns)
        return text;
    size_t end = (columns - 1) / 2, start = columns - 1 - end;
    return arena_printf(arena, "%.*s…%.*s", STR_ARG(str_sub(text, 0, fitting(text, start))),
                        STR_ARG(fitting_end(text, end)));
}

static void table_cell(struct terminal *t, const struct sheet_column *column, size_t width,
                       const char *style, str text, bool last)
{
    text = fit(t->arena, text, width);
    size_t pad = width - text_columns(text);
    if (column->right)
        blanks(t, pad);
    put(t, style, text);
    if (!column->right && !last)
        blanks(t, pad);
}

static const char *row_style(enum sheet_mark mark)
{
    return mark == SHEET_GOOD    ? GREEN
           : mark == SHEET_BAD   ? RED
           : mark == SHEET_GROUP ? BOLD
                                 : NULL;
}

/* row -1 is the head. */
static void table_row(struct terminal *t, const struct sheet *sheet,
                      const struct layout *layout, ptrdiff_t row)
{
    size_t last = sheet->columns - 1;
    while (last > 0 &&
           (!layout->shown[last] || (row >= 0 && sheet_at(sheet, (size_t)row, last).n == 0)))
        last--;
    for (size_t c = 0; c <= last; c++) {
        if (!layout->shown[c])
            continue;
        bool head = row < 0;
        str text = head ? sheet->column[c].head : sheet_at(sheet, (size_t)row, c);
        const char *style = head ? BOLD : row_style(sheet->mark[row]);
        size_t width = layout->width[c];
        if (!head && sheet->mark[row] == SHEET_GROUP)
            width = t->width;
        if (c > 0)
            blanks(t, GAP);
        table_cell(t, &sheet->column[c], width, style, text, c == last);
    }
    buf_add_char(t->out, '\n');
}

static void table(struct terminal *t, const struct sheet *sheet)
{
    struct layout layout = lay_out(t, sheet);
    struct buf rule = {0};
    table_row(t, sheet, &layout, -1);
    for (size_t i = total_width(sheet, &layout); i > 0; i--)
        buf_add_str(&rule, STR("─"));
    put(t, DIM, buf_str(&rule));
    buf_add_char(t->out, '\n');
    buf_release(&rule);
    for (size_t r = 0; r < sheet->rows; r++)
        table_row(t, sheet, &layout, (ptrdiff_t)r);
    if (sheet->note)
        paragraph(t, DIM, STR(""), str_from(sheet->note));
    buf_add_char(t->out, '\n');
}

/* ---- the page ---- */

static void header(struct terminal *t, const struct page *page)
{
    paragraph(t, BOLD, STR(""), page->title);
    if (page->description.n)
        paragraph(t, NULL, STR(""), page->description);
    if (page->mock.n)
        paragraph(t, YELLOW, STR(""), page->mock);
    buf_add_char(t->out, '\n');
    for (size_t i = 0; i < page->facts; i++)
        paragraph(t, NULL, arena_printf(t->arena, "%-12s", page->fact[i].label),
                  page->fact[i].text);
    buf_add_char(t->out, '\n');
}

static void sentences(struct terminal *t, const struct page *page, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct page_part *part = &page->part[i];
        if (part->count == 0)
            continue;
        paragraph(t, BOLD, STR(""), part->heading);
        for (size_t s = 0; s < part->count; s++)
            paragraph(t, NULL, STR("  "), part->sentence[s]);
    }
    buf_add_char(t->out, '\n');
}

static void warnings(struct terminal *t, const struct page *page)
{
    if (page->warnings == 0)
        return;
    put(t, YELLOW, STR("Warnings"));
    buf_add_char(t->out, '\n');
    for (size_t i = 0; i < page->warnings; i++)
        paragraph(t, NULL, STR("  ! "), page->warning[i]);
    buf_add_char(t->out, '\n');
}

static void requirements(struct terminal *t, const struct page *page)
{
    if (page->requirements == 0)
        return;
    put(t, BOLD, STR("Requirements"));
    buf_add_char(t->out, '\n');
    for (size_t i = 0; i < page->requirements; i++) {
        const struct page_requirement *r = &page->requirement[i];
        str first = arena_printf(t->arena, "  %-12.*s  ", STR_ARG(r->verdict));
        paragraph(t, row_style(r->mark), first, r->what);
        paragraph(t, NULL, arena_printf(t->arena, "%16s", ""), r->why);
    }
    buf_add_char(t->out, '\n');
}

int report_text(const struct report_input *input, struct buf *out, struct err *err)
{
    (void)err;
    struct arena arena = {0};
    struct page page;
    struct terminal t = {.out = out, .arena = &arena, .colour = input->colour};
    t.width = input->width ? input->width : REPORT_WIDTH;
    if (t.width < REPORT_WIDTH_MIN)
        t.width = REPORT_WIDTH_MIN;
    page_make(&page, input, &arena);
    header(&t, &page);
    for (size_t i = 0; i < page.sheets; i++)
        table(&t, page.sheet[i]);
    sentences(&t, &page, 0, page.variant_parts);
    if (page.parts > page.variant_parts) {
        paragraph(&t, BOLD, STR(""), STR("Diagnosis"));
        sentences(&t, &page, page.variant_parts, page.parts);
    }
    warnings(&t, &page);
    requirements(&t, &page);
    paragraph(&t, BOLD, STR(""), page.verdict);
    paragraph(&t, NULL, STR(""), page.price);
    paragraph(&t, BOLD, STR(""), page.required);
    arena_release(&arena);
    return 0;
}
