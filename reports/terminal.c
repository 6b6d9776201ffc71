/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * terminal.c: paragraphs and tables in columns (see terminal.h). Knows nothing of what they say.
 */
#include "reports/terminal.h"

#include "base/text.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { GAP = 2, NAME_ROOM = 16, NAME_MIN = 8, COLUMNS_MAX = 16, WIDTH_MOST = 1000 };

#define PLAIN "\x1b[0m"

/* ---- bytes ---- */

/* What a CI system would take for a command. */
static void add_tame(struct terminal *t, str text)
{
    if (!t->inside && str_starts_with(str_trim(text), STR("::"))) {
        size_t at = (size_t)str_find(text, STR("::"), 0);
        buf_add_str(t->out, str_sub(text, 0, at));
        buf_add_str(t->out, STR("∷ "));
        text = str_sub(text, at + 2, text.n);
        t->inside = true;
    }
    t->inside = t->inside || str_trim(text).n;
    buf_add_str(t->out, text);
}

void terminal_put(struct terminal *t, const char *style, str text)
{
    bool styled = t->colour && style && text.n;
    if (styled)
        buf_add_str(t->out, str_from(style));
    add_tame(t, text);
    if (styled)
        buf_add_str(t->out, STR(PLAIN));
}

void terminal_blanks(struct terminal *t, size_t count)
{
    while (count-- > 0)
        buf_add_char(t->out, ' ');
}

void terminal_newline(struct terminal *t)
{
    buf_add_char(t->out, '\n');
    t->inside = false;
}

size_t terminal_stdout_width(size_t otherwise)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    int64_t width = 0;
    if (!columns || !str_to_int(str_from(columns), &width) || width <= 0)
        width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    return width <= 0 ? otherwise : width > WIDTH_MOST ? WIDTH_MOST : (size_t)width;
}

bool terminal_stdout_colours(void)
{
    const char *no_color = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no_color && no_color[0]);
}

/* ---- paragraphs ---- */

/* Bytes of `text` that fit into `columns`, at least one code point. */
static size_t fitting(str text, size_t columns)
{
    size_t length = 0, fits = text_fitting(text, columns).n;
    if (fits == 0 && text.n)
        utf8_decode(text, 0, &length);
    return fits ? fits : length;
}

/* A number stays with its unit, and with the other limit of its interval. */
static bool may_break(str text, size_t blank)
{
    static const str to = STR_INIT("–");
    static const str units[] = {STR_INIT("%"), STR_INIT("ms"), STR_INIT("s"),
                                STR_INIT("×"), STR_INIT("µs"), STR_INIT("points")};
    if (str_ends_with(str_sub(text, 0, blank), to))
        return false;
    if (blank == 0 || !char_is_digit(text.p[blank - 1]))
        return true;
    str next = str_sub(text, blank + 1, text.n);
    if (str_starts_with(next, to))
        return false;
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

void terminal_paragraph(struct terminal *t, const char *style, str first, str text)
{
    size_t indent = text_columns(first);
    text = str_trim(text);
    terminal_put(t, style, first);
    for (bool more = false; text.n; more = true) {
        if (more)
            terminal_blanks(t, indent);
        terminal_put(t, style, take_line(&text, t->width > indent ? t->width - indent : 1));
        terminal_newline(t);
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

/* Of its widest line. */
static size_t cell_columns(str cell)
{
    size_t most = 0;
    for (str line; cell.n;) {
        str_cut(cell, '\n', &line, &cell);
        size_t columns = text_columns(line);
        most = columns > most ? columns : most;
    }
    return most;
}

static struct layout natural_layout(const struct sheet *sheet)
{
    struct layout layout = {{0}, {0}};
    for (size_t c = 0; c < sheet->columns; c++) {
        layout.shown[c] = sheet->column[c].drop == 0 || !sheet_column_is_empty(sheet, c);
        layout.width[c] = cell_columns(sheet->column[c].head);
        for (size_t r = 0; r < sheet->rows; r++) {
            size_t width = cell_columns(sheet_at(sheet, r, c));
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

str terminal_fit(struct arena *arena, str text, size_t columns)
{
    if (text_columns(text) <= columns)
        return text;
    size_t end = columns ? (columns - 1) / 2 : 0, start = columns ? columns - 1 - end : 0;
    return arena_printf(arena, "%.*s…%.*s", STR_ARG(text_fitting(text, start)),
                        STR_ARG(text_fitting_end(text, end)));
}

static void table_cell(struct terminal *t, const struct sheet_column *column, size_t width,
                       const char *style, str text, bool last)
{
    text = terminal_fit(t->arena, text, width);
    size_t pad = width - text_columns(text);
    if (column->right)
        terminal_blanks(t, pad);
    terminal_put(t, style, text);
    if (!column->right && !last)
        terminal_blanks(t, pad);
}

const char *terminal_mark_style(enum sheet_mark mark)
{
    return mark == SHEET_GOOD    ? TERMINAL_GREEN
           : mark == SHEET_BAD   ? TERMINAL_RED
           : mark == SHEET_GROUP ? TERMINAL_BOLD
                                 : NULL;
}

/* row -1 is the head. */
static str cell_at(const struct sheet *sheet, ptrdiff_t row, size_t column)
{
    return row < 0 ? sheet->column[column].head : sheet_at(sheet, (size_t)row, column);
}

/* One line of a cell, from 0; empty when it has no such line. */
static str line_of(str cell, size_t number)
{
    str line = STR("");
    for (size_t i = 0; i <= number; i++) {
        line = STR("");
        if (cell.n)
            str_cut(cell, '\n', &line, &cell);
    }
    return line;
}

static size_t lines_in(const struct sheet *sheet, ptrdiff_t row)
{
    size_t most = 1;
    for (size_t c = 0; c < sheet->columns; c++) {
        str cell = cell_at(sheet, row, c);
        size_t lines = 1;
        for (size_t i = 0; i < cell.n; i++)
            lines += cell.p[i] == '\n';
        most = lines > most ? lines : most;
    }
    return most;
}

/* What stands below a figure is dimmed, what stands below a name is not. */
static const char *style_of(const struct sheet *sheet, ptrdiff_t row, size_t column,
                            size_t line)
{
    if (line > 0 && column > 0)
        return TERMINAL_DIM;
    return row < 0 ? TERMINAL_BOLD : terminal_mark_style(sheet->mark[row]);
}

static void table_line(struct terminal *t, const struct sheet *sheet,
                       const struct layout *layout, ptrdiff_t row, size_t number)
{
    size_t last = sheet->columns - 1;
    bool group = row >= 0 && sheet->mark[row] == SHEET_GROUP;
    while (last > 0 &&
           (!layout->shown[last] || line_of(cell_at(sheet, row, last), number).n == 0))
        last--;
    for (size_t c = 0; c <= last; c++) {
        if (!layout->shown[c])
            continue;
        if (c > 0)
            terminal_blanks(t, GAP);
        table_cell(t, &sheet->column[c], group ? t->width : layout->width[c],
                   style_of(sheet, row, c, number), line_of(cell_at(sheet, row, c), number),
                   c == last);
    }
    terminal_newline(t);
}

static void table_row(struct terminal *t, const struct sheet *sheet,
                      const struct layout *layout, ptrdiff_t row)
{
    size_t lines = lines_in(sheet, row);
    for (size_t i = 0; i < lines; i++)
        table_line(t, sheet, layout, row, i);
}

void terminal_table(struct terminal *t, const struct sheet *sheet)
{
    struct layout layout = lay_out(t, sheet);
    struct buf rule = {0};
    table_row(t, sheet, &layout, -1);
    for (size_t i = total_width(sheet, &layout); i > 0; i--)
        buf_add_str(&rule, STR("─"));
    terminal_put(t, TERMINAL_DIM, buf_str(&rule));
    terminal_newline(t);
    buf_release(&rule);
    for (size_t r = 0; r < sheet->rows; r++)
        table_row(t, sheet, &layout, (ptrdiff_t)r);
    if (sheet->note)
        terminal_paragraph(t, TERMINAL_DIM, STR(""), str_from(sheet->note));
    terminal_newline(t);
}
