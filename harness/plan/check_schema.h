/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_schema.h: checks and transforms as JSON Schema, from their tables.
 */
#ifndef PLAN_CHECK_SCHEMA_H
#define PLAN_CHECK_SCHEMA_H

#include "base/json.h"

/* A check of a workflow, or (`score`) an entry of `score`, which has more checks and keys. Refers
 * to the definition `transforms`. */
json *check_json_schema(struct arena *arena, bool score);
/* A list of transforms. */
json *transforms_json_schema(struct arena *arena);

#endif
