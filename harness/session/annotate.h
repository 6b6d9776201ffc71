/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * annotate.h: where in the files of a repository something stands that a report is about.
 */
#ifndef SESSION_ANNOTATE_H
#define SESSION_ANNOTATE_H

#include "reports/report.h"
#include "store/store.h"

/* Fills input->experiment and input->rule: the experiment's path, from the folder we are in where
 * it lies below it, and the lines of its `require` rules, as the run began with them. What cannot
 * be told stays empty. All in the arena. */
void annotate_places(struct report_input *input, struct store *store, struct arena *arena);

#endif
