/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema.h: the JSON Schema of experiment files, made from the option tables, for editors.
 * docs/schema/experiment.schema.json is its output; a test keeps the two equal.
 */
#ifndef CMD_SCHEMA_H
#define CMD_SCHEMA_H

#include "base/err.h"
#include "base/json.h"

const json *experiment_json_schema(struct arena *arena);

/* First line of an experiment that has the schema beside it, with its line break, and that file. */
extern const char experiment_schema_line[];
int experiment_schema_write(struct arena *arena, str folder, struct err *err);

#endif
