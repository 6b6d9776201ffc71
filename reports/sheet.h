/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sheet.h: a table of texts, before any format has touched it.
 *
 * Made once by page.c and laid out by every format that people read, so that two formats cannot
 * disagree about a figure. Cells are visible text (base/text.h, text_visible): no control
 * characters but the line breaks that we set ourselves, and not yet escaped for any format.
 *
 *     struct sheet *sheet = sheet_new(arena, "Cost", columns, 3);
 *     sheet_row(sheet, SHEET_PLAIN);
 *     sheet_add(sheet, name); sheet_add(sheet, STR("$0.10")); sheet_add(sheet, STR("—"));
 */
#ifndef REPORTS_SHEET_H
#define REPORTS_SHEET_H

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct sheet_column {
    str head;
    bool right;    /* numbers stand at the right */
    unsigned drop; /* left out when the page is too narrow, highest first; 0: never */
};

/* Decoration only: nothing is said by it that no cell says. */
enum sheet_mark { SHEET_PLAIN, SHEET_GOOD, SHEET_BAD, SHEET_GROUP };

struct sheet {
    const char *title, *note; /* note: a line under the table, or NULL */
    struct sheet_column *column;
    size_t columns;
    str *cell; /* rows × columns */
    enum sheet_mark *mark;
    size_t rows;
    size_t room, next; /* the builder's */
    struct arena *arena;
};

struct sheet *sheet_new(struct arena *arena, const char *title,
                        const struct sheet_column *columns, size_t count);
/* Begins a row of empty cells; sheet_add fills them from the left. A SHEET_GROUP row is a
 * heading over the rows below it and has a first cell alone. */
void sheet_row(struct sheet *sheet, enum sheet_mark mark);
void sheet_add(struct sheet *sheet, str text);
str sheet_at(const struct sheet *sheet, size_t row, size_t column);
/* True when no row has anything but a dash in that column. */
bool sheet_column_is_empty(const struct sheet *sheet, size_t column);

#endif
