/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gnuplot.h: text that gnuplot takes as text, and gnuplot run on a script.
 */
#ifndef REPORTS_GNUPLOT_H
#define REPORTS_GNUPLOT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

/* Appends `text` as a single-quoted gnuplot string: visible text (base/text.h) of at most
 * `columns` code points. In single quotes gnuplot replaces nothing: no backticks, no @macros, no
 * backslash escapes. An apostrophe becomes U+2019: gnuplot 5.4 does not know a doubled quote at
 * the start of a string, nor two of them in a row, so that doubling would let text out. What it
 * draws must not be used as a number format (tic labels are: use `set label`), and terminals
 * must be set to `noenhanced`. */
void gnuplot_text(struct buf *script, str text, size_t columns);

enum gnuplot_result { GNUPLOT_DONE, GNUPLOT_ABSENT, GNUPLOT_FAILED };

/* Runs `gnuplot -d FILE...`, all scripts in one process, in the folder: no shell, no start-up
 * files, empty stdin, a process group of its own, which is killed at the deadline. The names are
 * ours: they neither begin with a dash nor lie elsewhere. GNUPLOT_ABSENT when there is no gnuplot on
 * PATH; GNUPLOT_FAILED with err set, its own words in it, which name the file and line. Blocks. */
enum gnuplot_result gnuplot_run(const char *folder, const char *const *scripts, size_t count,
                                int64_t timeout_ns, struct err *err);

#endif
