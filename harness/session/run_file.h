/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run_file.h: the file of a run that begins: its experiment, variants and samples.
 */
#ifndef SESSION_RUN_FILE_H
#define SESSION_RUN_FILE_H

#include "plan/experiment.h"
#include "store/store.h"

/* Variants, samples in their places and files of an experiment, in the arena. */
struct store_plan *run_file_plan(struct arena *arena, const struct experiment *experiment);

/* Makes the file in `folder`, or with an empty one among the runs beside the experiment. The caller has set
 * in *run what belongs to this run alone (mock, replayed, options, rate, arrivals); the rest is filled in.
 * ERR_FAILED, ERR_INPUT. */
int run_file_create(struct arena *arena, const struct experiment *experiment, str folder,
                    struct store_run *run, struct store **store, str *path, struct err *err);

#endif
