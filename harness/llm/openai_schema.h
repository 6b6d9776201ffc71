/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_schema.h: JSON Schemas as OpenAI's structured output takes them.
 *
 * With `strict` the provider promises that the reply matches, but accepts a subset of JSON Schema
 * only (docs/providers.md has the list). A schema that fits is rewritten into the subset in a way
 * that allows no less than before; what it leaves out is checked on the reply, as everything is.
 * A schema that does not fit is sent as it stands and is a hint.
 */
#ifndef LLM_OPENAI_SCHEMA_H
#define LLM_OPENAI_SCHEMA_H

#include "base/json.h"

/* The schema in the strict subset, or NULL and *why (static text) when it does not fit. */
const json *openai_schema_strict(struct arena *arena, const json *schema, const char **why);

/* The root is an object, which the provider demands also without `strict`. */
bool openai_schema_root_is_object(const json *schema);

#endif
