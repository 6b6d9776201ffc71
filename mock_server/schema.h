/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema.h: the JSON Schema of mock files, made from the option tables, for editors.
 * docs/schema/mock.schema.json is its output; a test keeps the two equal.
 */
#ifndef MOCK_SCHEMA_H
#define MOCK_SCHEMA_H

#include "base/json.h"

const json *mock_json_schema(struct arena *arena);

#endif
