/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * terminal.h: paragraphs and tables for a terminal of so many columns.
 *
 * No line is wider than asked for. Paragraphs break at blanks. Tables are as wide as their cells;
 * when that is too wide, first the columns marked as droppable go, then the names are shortened.
 * Colour and bold only repeat what the words say. All texts must be visible text (base/text.h).
 *
 * CI systems take a line of a log that begins with "::" for a command: such text is written with a
 * look-alike (∷), in the same number of columns.
 *
 *     struct terminal terminal = {.out = &out, .arena = &arena, .width = 100};
 *     terminal_paragraph(&terminal, TERMINAL_BOLD, STR(""), text);
 *     terminal_table(&terminal, sheet);
 */
#ifndef REPORTS_TERMINAL_H
#define REPORTS_TERMINAL_H

#include "base/buf.h"
#include "reports/sheet.h"

#define TERMINAL_BOLD   "\x1b[1m"
#define TERMINAL_DIM    "\x1b[2m"
#define TERMINAL_GREEN  "\x1b[32m"
#define TERMINAL_RED    "\x1b[31m"
#define TERMINAL_YELLOW "\x1b[33m"
#define TERMINAL_CYAN   "\x1b[36m"

struct terminal {
    struct buf *out;
    struct arena *arena;
    size_t width;
    bool colour;
    bool inside; /* the line has something other than blanks; the terminal's own */
};

/* Part of a line. `style` is one of the above, or NULL. */
void terminal_put(struct terminal *t, const char *style, str text);
void terminal_blanks(struct terminal *t, size_t count);
void terminal_newline(struct terminal *t);
/* `first` stands before the first line, blanks of its width before the others. */
void terminal_paragraph(struct terminal *t, const char *style, str first, str text);
/* A cell may have several lines: the first is the cell, the others stand below it, dimmed. */
void terminal_table(struct terminal *t, const struct sheet *sheet);
/* How a row is coloured; NULL: plain. */
const char *terminal_mark_style(enum sheet_mark mark);
/* Cut to columns, not to code points, and in the middle: names often differ at their ends. */
str terminal_fit(struct arena *arena, str text, size_t columns);

/* What stdout is: its width (COLUMNS in the environment, else of the terminal, else
 * `otherwise`), and whether to colour (a terminal, without NO_COLOR). */
size_t terminal_stdout_width(size_t otherwise);
bool terminal_stdout_colours(void);

#endif
