/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv_out.h: writes comma-separated values that a spreadsheet cannot mistake.
 *
 * RFC 4180: cells with commas, quotes or line breaks stand in double quotes, quotes doubled; a
 * record ends with LF. Two things beyond it, both for text from outside only: control characters
 * are shown (\n, \e, \x07), so that a terminal does not obey them, and what a spreadsheet would
 * run as a formula gets an apostrophe before it (OWASP, "CSV Injection"): text that begins with
 * = + - @, their full-width forms, a tab or a line break, also behind blanks and quotes; and such
 * a character behind a semicolon, where the spreadsheets of some countries begin a cell. Text of more
 * than 32,000 characters is cut and ends in "…": spreadsheets make two cells of it.
 */
#ifndef REPORTS_CSV_OUT_H
#define REPORTS_CSV_OUT_H

#include "base/buf.h"
#include "stats/maybe.h"

struct csv_out {
    struct buf *out;
    bool started; /* the record has a cell */
};

void csv_out_text(struct csv_out *csv, str text);
void csv_out_int(struct csv_out *csv, int64_t number);
/* Empty when negative: "or -1" of the store is unknown. */
void csv_out_count(struct csv_out *csv, int64_t count);
void csv_out_number(struct csv_out *csv, maybe number);
/* Exact decimals: milliseconds of nanoseconds, dollars of nano-dollars; empty when unknown. */
void csv_out_ms(struct csv_out *csv, bool known, int64_t ns);
void csv_out_usd(struct csv_out *csv, bool known, int64_t nanousd);
void csv_out_bool(struct csv_out *csv, bool value);
void csv_out_empty(struct csv_out *csv);
void csv_out_end(struct csv_out *csv); /* of the record */
/* Names of columns, which are our own words. */
void csv_out_heads(struct csv_out *csv, const char *const *names, size_t count);

#endif
