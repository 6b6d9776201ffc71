/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv.h: records of comma-separated values (RFC 4180), one at a time.
 *
 * Cells are separated by commas, records by LF or CRLF. A cell in double quotes may hold commas,
 * line breaks and, doubled, quotes; blanks belong to a cell. Empty lines are passed over. What a
 * column means is not known here.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/arena.h"
#include "base/str.h"

struct csv {
    str text;
    size_t at;     /* byte that is read next */
    unsigned line; /* its line, from 1 */
};
#define CSV(all) ((struct csv){.text = (all), .line = 1})

struct csv_cell {
    str text;      /* without quotes; a slice of the file where it can be */
    size_t offset; /* of the cell in the file, its quote included */
};

/* Reused from record to record. */
struct csv_record {
    struct csv_cell *cell;
    size_t count, capacity;
    size_t offset;
    unsigned line;
};

struct csv_fault {
    size_t offset;
    const char *what; /* static text */
};

/* 1 and a record, 0 at the end, -1 and *fault. After a fault the rest cannot be read. */
int csv_next(struct csv *csv, struct arena *arena, struct csv_record *record,
             struct csv_fault *fault);

#endif
