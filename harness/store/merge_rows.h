/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * merge_rows.h: rows of one run's file into another's, within SQLite (see merge.h).
 */
#ifndef STORE_MERGE_ROWS_H
#define STORE_MERGE_ROWS_H

#include "store/db.h"

/* The run at `path` can be read as `src` until merge_detach. */
int merge_attach(struct db *db, const char *path, struct err *err);
int merge_detach(struct db *db, struct err *err);

/* The first run's variants and samples. */
int merge_plan(struct db *db, struct err *err);
/* The number of a cell that both files have and that differs in what a reply decides; -1: there
 * is none. `both` is how many cells both have. */
int merge_disagreement(struct db *db, int64_t *cell, int64_t *both, struct err *err);
/* All cells that are not there yet, with all that belongs to them. */
int merge_cells(struct db *db, struct err *err);
/* Calls of cells that have a result in no run: what a resume will not pay for again. */
int merge_left_calls(struct db *db, struct err *err);

#endif
