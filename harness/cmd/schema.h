/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema.h: the JSON Schema of experiment files, made from the option tables, for editors.
 * docs/schema/experiment.schema.json is its output; a test keeps the two equal.
 */
#ifndef CMD_SCHEMA_H
#define CMD_SCHEMA_H

#include "base/json.h"

const json *experiment_json_schema(struct arena *arena);

#endif
