/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_schema.h: the JSON Schemas of both files, for the tests that hold files against them.
 */
#ifndef E2E_SCHEMA_H
#define E2E_SCHEMA_H

#include "base/arena.h"
#include "base/str.h"

struct jsonschema;

/* All of a file; BUG when it cannot be read. */
str schema_file_read(struct arena *arena, str path);
/* BUG when it is no schema. */
const struct jsonschema *schema_load(struct arena *arena, str path);
/* What a schema says of a YAML file: "" nothing; "not YAML"; or where it is wrong, and how. */
str schema_says(struct arena *arena, const struct jsonschema *schema, str path);
/* The file that the first line of a YAML file names for editors; empty: it names none. */
str schema_named(struct arena *arena, str path);

#endif
