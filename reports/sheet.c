/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sheet.c: tables that grow row by row (see sheet.h). Knows nothing of what stands in them.
 */
#include "reports/sheet.h"

#include "base/err.h"

struct sheet *sheet_new(struct arena *arena, const char *title,
                        const struct sheet_column *columns, size_t count)
{
    struct sheet *sheet = arena_new(arena, struct sheet);
    *sheet = (struct sheet){.title = title, .columns = count, .arena = arena};
    sheet->column = arena_array(arena, struct sheet_column, count);
    for (size_t i = 0; i < count; i++)
        sheet->column[i] = columns[i];
    return sheet;
}

void sheet_row(struct sheet *sheet, enum sheet_mark mark)
{
    if (sheet->rows == sheet->room) {
        size_t room = sheet->room ? 2 * sheet->room : 8, columns = sheet->columns;
        sheet->cell = arena_grow(sheet->arena, sheet->cell, sheet->rows * columns,
                                 room * columns, sizeof *sheet->cell);
        sheet->mark =
            arena_grow(sheet->arena, sheet->mark, sheet->rows, room, sizeof *sheet->mark);
        sheet->room = room;
    }
    for (size_t i = 0; i < sheet->columns; i++)
        sheet->cell[sheet->rows * sheet->columns + i] = STR("");
    sheet->mark[sheet->rows++] = mark;
    sheet->next = 0;
}

void sheet_add(struct sheet *sheet, str text)
{
    if (sheet->rows == 0 || sheet->next == sheet->columns)
        BUG("a cell beyond the columns of '%s'", sheet->title);
    sheet->cell[(sheet->rows - 1) * sheet->columns + sheet->next++] = text;
}

str sheet_at(const struct sheet *sheet, size_t row, size_t column)
{
    return sheet->cell[row * sheet->columns + column];
}

bool sheet_column_is_empty(const struct sheet *sheet, size_t column)
{
    for (size_t i = 0; i < sheet->rows; i++) {
        str cell = sheet_at(sheet, i, column);
        if (cell.n && !str_equal(cell, STR("—")))
            return false;
    }
    return true;
}
