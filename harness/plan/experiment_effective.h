/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_effective.h: an experiment as it counts, for `weir check --effective`, for the store
 * and for the identity of a run.
 */
#ifndef PLAN_EXPERIMENT_EFFECTIVE_H
#define PLAN_EXPERIMENT_EFFECTIVE_H

#include "plan/experiment.h"

/* The file as JSON: variants after extends, set and unset; what the command line replaced; and
 * the defaults of the option tables where the file says nothing. Parameters of calls are not
 * filled in: where they come from is a matter of precedence, not of a default. */
const json *experiment_effective(const struct experiment *experiment, const struct yaml *root);
/* Of what decides results in it: neither what only reports show nor how many cells are open. */
struct hash128 experiment_definition_hash(const struct experiment *experiment);

#endif
