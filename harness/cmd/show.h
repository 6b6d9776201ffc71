/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * show.h: what the parts of `weir show` share: a cell with all its rows, and where it is printed.
 *
 * Everything is gathered first and printed through reports/terminal.h: no line of a table is wider
 * than the terminal, and nothing in a prompt or a reply reaches it as anything but text.
 */
#ifndef CMD_SHOW_H
#define CMD_SHOW_H

#include "cmd/export.h"
#include "cmd/timeline.h"
#include "reports/terminal.h"

struct show {
    struct terminal terminal;
    struct arena *arena;
    struct err *err;
    bool texts; /* in full, and the bodies as they were on the wire */
};

struct shown_cell {
    struct store *store;
    str run;  /* id */
    str name; /* variant/sample/trial, visible */
    struct store_cell row;
    struct export_cell of; /* its rows */
    struct timeline time;  /* from the cell's start */
};

/* ---- which cell (show_find.c) ---- */

/* "variant/sample/trial"; the sample as it is or as it is shown. Without a trial: 1. ERR_INPUT. */
int show_find(struct show *show, struct store *store, str cell, struct shown_cell *found);
/* What OTHER of --diff means, seen from a cell: a cell of the same run, a variant of it, a run, or
 * RUN:CELL or RUN:VARIANT. A run that had to be opened is in found->store and is the caller's. */
int show_find_other(struct show *show, const struct shown_cell *cell, str other,
                    struct shown_cell *found);
/* Cells that went wrong, first what failed; `most` of them. */
int show_list(struct show *show, struct store *store, size_t most);

/* ---- one cell (show_cell.c, show_tree.c) ---- */

int show_cell(struct show *show, const struct shown_cell *cell);
/* The steps as a tree with a waterfall of their calls. */
void show_tree(struct show *show, const struct shown_cell *cell);

/* ---- texts (show_texts.c) ---- */

/* What was said by whom, out of a request or a reply of any dialect; what is not understood is one
 * text as it is. `who` is "system", "user", "tools", "reply", … */
struct show_text {
    str who, text;
};
struct show_texts {
    struct show_text *text;
    size_t count, room;
};
/* Those of a call of the cell. 0 or -1. */
int show_call_texts(struct show *show, const struct shown_cell *cell,
                    const struct store_call *call, struct show_texts *asked,
                    struct show_texts *said);
/* Each behind its `who`, line by line; at most `most` lines of each, 0: all. */
void show_print_texts(struct show *show, const struct show_texts *texts, size_t most);

/* ---- two cells (show_diff.c) ---- */

int show_diff(struct show *show, const struct shown_cell *a, const struct shown_cell *b);

/* ---- words ---- */

str show_time(struct arena *arena, int64_t ns); /* "—" when it is below 0 */
str show_money(struct arena *arena, int64_t nanousd, int64_t unknown_calls);
/* A word as a shell takes it for one: in quotes where it must be. */
str show_shell_word(struct arena *arena, str word);

#endif
