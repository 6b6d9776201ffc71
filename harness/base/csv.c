/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv.c: reading comma-separated values (see csv.h).
 *
 * Strict where leniency would shift cells silently: a quote inside an unquoted cell and text
 * behind a closing quote are faults.
 */
#include "base/csv.h"

static char peek(const struct csv *csv)
{
    return csv->at < csv->text.n ? csv->text.p[csv->at] : '\0';
}

/* Takes LF or CRLF. */
static bool take_line_break(struct csv *csv)
{
    str rest = str_sub(csv->text, csv->at, csv->text.n);
    size_t n = str_starts_with(rest, STR("\r\n")) ? 2
               : str_starts_with(rest, STR("\n")) ? 1
                                                  : 0;
    csv->at += n;
    csv->line += n > 0;
    return n > 0;
}

static bool at_cell_end(const struct csv *csv)
{
    str rest = str_sub(csv->text, csv->at, csv->text.n);
    return rest.n == 0 || rest.p[0] == ',' || rest.p[0] == '\n' ||
           str_starts_with(rest, STR("\r\n"));
}

static int fail(struct csv_fault *fault, size_t offset, const char *what)
{
    *fault = (struct csv_fault){offset, what};
    return -1;
}

static str undouble(struct arena *arena, str raw)
{
    char *copy = arena_alloc(arena, raw.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        copy[n++] = raw.p[i];
        i += raw.p[i] == '"';
    }
    return (str){copy, n};
}

static int read_quoted(struct csv *csv, struct arena *arena, struct csv_cell *cell,
                       struct csv_fault *fault)
{
    size_t from = ++csv->at;
    bool doubled = false;
    for (;; csv->at++) {
        if (csv->at == csv->text.n)
            return fail(fault, cell->offset, "the quotes of a cell are not closed");
        csv->line += peek(csv) == '\n';
        if (peek(csv) != '"')
            continue;
        if (csv->at + 1 == csv->text.n || csv->text.p[csv->at + 1] != '"')
            break;
        doubled = true;
        csv->at++;
    }
    str raw = str_sub(csv->text, from, csv->at++);
    cell->text = doubled ? undouble(arena, raw) : raw;
    if (at_cell_end(csv))
        return 0;
    return fail(fault, csv->at,
                "text after the closing quote of a cell; expected ',' or the "
                "end of the line (a quote in a cell is doubled)");
}

static int read_cell(struct csv *csv, struct arena *arena, struct csv_cell *cell,
                     struct csv_fault *fault)
{
    cell->offset = csv->at;
    if (peek(csv) == '"')
        return read_quoted(csv, arena, cell, fault);
    while (!at_cell_end(csv)) {
        if (peek(csv) == '"')
            return fail(fault, csv->at,
                        "a quote inside a cell; expected the whole cell in "
                        "quotes, and this one doubled");
        csv->at++;
    }
    cell->text = str_sub(csv->text, cell->offset, csv->at);
    return 0;
}

int csv_next(struct csv *csv, struct arena *arena, struct csv_record *record,
             struct csv_fault *fault)
{
    while (take_line_break(csv))
        continue;
    if (csv->at >= csv->text.n)
        return 0;
    record->count = 0;
    record->offset = csv->at;
    record->line = csv->line;
    for (;;) {
        if (record->count == record->capacity) {
            size_t capacity = record->capacity ? record->capacity * 2 : 16;
            record->cell = arena_grow(arena, record->cell, record->count, capacity,
                                      sizeof record->cell[0]);
            record->capacity = capacity;
        }
        if (read_cell(csv, arena, &record->cell[record->count], fault) < 0)
            return -1;
        record->count++;
        if (peek(csv) != ',')
            break;
        csv->at++;
    }
    take_line_break(csv);
    return 1;
}
