/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema.h: the JSON Schemas of experiment and mock files, for editors. That of experiments is made
 * from the option tables, and docs/schema/experiment.schema.json is its output; that of mock files
 * is docs/schema/mock.schema.json, the output of `weir-mock --schema`. A test keeps them equal.
 *
 * A folder that weir makes holds a copy of both, which the first line of each of its files names:
 * so an editor finds them without a network, wherever the folder is moved, and in a repository.
 */
#ifndef CMD_SCHEMA_H
#define CMD_SCHEMA_H

#include "base/err.h"
#include "base/json.h"

const json *experiment_json_schema(struct arena *arena);

str mock_json_schema_text(void);

#define SCHEMA_FOLDER ".schema"

/* First line of an experiment in such a folder, with its line break. */
extern const char experiment_schema_line[];
/* The text of a file of this repository whose first line names a schema of docs/schema, naming
 * that of its own folder instead; any other text as it is. */
str schema_line_beside(struct arena *arena, str bytes);
/* Writes both schemas into the folder's own. */
int schemas_write(struct arena *arena, str folder, struct err *err);

#endif
