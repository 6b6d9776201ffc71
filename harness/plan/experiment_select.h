/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_select.h: some variants of an experiment, and nothing else of it (weir run --variants).
 *
 * The file is read and checked whole before that, so what is a mistake does not depend on what is run.
 * What needs a variant that is left out is not quietly something else: rules about it are not judged and
 * say so (session/rules.c), `stop` that watches it is off, a baseline that is one of them is told, and
 * what compares variants wants two.
 */
#ifndef PLAN_EXPERIMENT_SELECT_H
#define PLAN_EXPERIMENT_SELECT_H

#include "plan/experiment.h"

/* `names` is "a,b", in any order; they stay in that of the file. Adds a mistake for a name that no variant
 * has. */
void experiment_select(struct experiment *experiment, str names, struct mistakes *mistakes);
/* What of the experiment does not hold for this run, as sentences for people, a line each; empty: all of
 * it does. */
str experiment_left_out_text(struct arena *arena, const struct experiment *experiment);
/* As it stands in the definition of a run, `left_out`: {variants, baseline?}; NULL: nothing is. */
const json *experiment_left_out_json(const struct experiment *experiment);

#endif
