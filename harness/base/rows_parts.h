/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rows_parts.h: what the readers of rows share; nobody else includes it.
 *
 *     rows.c      files by extension; JSON, JSON lines, YAML
 *     rows_csv.c  columns of CSV files
 */
#ifndef BASE_ROWS_PARTS_H
#define BASE_ROWS_PARTS_H

#include "base/dataset.h"

struct rows_reader {
    struct arena *arena;
    const struct source *source;
    struct mistakes *mistakes;
    struct row *row;
    size_t count, capacity;
    bool failed;
};

/* Makes room for a row of each line: of millions, growing would leave as much behind as they take. */
void rows_expect_lines(struct rows_reader *reader);
void rows_add(struct rows_reader *reader, struct row row);
void rows_read_csv(struct rows_reader *reader);
/* Byte of the cell that a member of a CSV row came from, or the row's. */
size_t rows_csv_offset(const struct row *row, str key);

#define rows_mistake(reader, place, ...)                                                       \
    ((reader)->failed = true, (void)mistake_add((reader)->mistakes, (place), __VA_ARGS__))

#endif
