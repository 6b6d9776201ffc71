/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * places.h: where experiments and runs are found (docs/architecture.md, contracts).
 *
 * A run is .weir/runs/ID.db beside its experiment. RUN on the command line is a path, an ID, or
 * nothing: the newest.
 */
#ifndef SESSION_PLACES_H
#define SESSION_PLACES_H

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

#define RUNS_HERE ".weir/runs" /* from the folder of an experiment */

/* The folder of runs beside an experiment file, made when it is not there. */
int runs_folder(struct arena *arena, str experiment_path, str *folder, struct err *err);
/* "20261121T084511Z-1a2b", and its file in the folder. */
void run_new_id(struct arena *arena, str folder, str *id, str *path);
/* The file that RUN (may be empty) means, looked for in .weir/runs here. ERR_INPUT. */
int run_find(struct arena *arena, str run, str *path, struct err *err);
/* The same in .weir/runs beside `experiment`, a file or a folder; empty: here. */
int run_find_beside(struct arena *arena, str experiment, str run, str *path, struct err *err);
/* Opens that run to read it. NULL with ERR_INPUT, ERR_FAILED; ended by store_close. */
struct store *run_open(struct arena *arena, str run, str *path, struct err *err);
/* EXP, ./experiment.yaml when empty; a folder means the experiment.yaml in it. */
int experiment_find(struct arena *arena, str experiment, str *path, struct err *err);
/* weir-mock: beside this program, else its bare name for PATH. */
str mock_program(struct arena *arena);

#endif
