/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini_schema.h: JSON Schemas as Gemini's responseJsonSchema takes them (llm/schema_subset.h).
 */
#ifndef LLM_GEMINI_SCHEMA_H
#define LLM_GEMINI_SCHEMA_H

#include "llm/schema_subset.h"

extern const struct schema_subset gemini_schema;

#endif
