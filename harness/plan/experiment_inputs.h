/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_inputs.h: which sample fields are used, and whether every row has them.
 */
#ifndef PLAN_EXPERIMENT_INPUTS_H
#define PLAN_EXPERIMENT_INPUTS_H

#include "plan/experiment.h"

/* Every row must have what templates use without a default, unless vars give it. */
void experiment_check_inputs(const struct experiment *experiment, struct mistakes *mistakes);

#endif
