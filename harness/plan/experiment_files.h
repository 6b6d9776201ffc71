/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_files.h: the cache of prompt and schema files behind experiment_prompt and
 * experiment_schema.
 */
#ifndef PLAN_EXPERIMENT_FILES_H
#define PLAN_EXPERIMENT_FILES_H

#include "plan/experiment.h"

struct experiment_files *experiment_files_new(struct arena *arena);
/* Of prompts, schemas, rows and programs: all that results depend on beside the definition and
 * the dataset. */
struct hash128 experiment_files_hash(const struct experiment *experiment);

#endif
