/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_schema.h: JSON Schemas as OpenAI's `strict` takes them (llm/schema_subset.h).
 */
#ifndef LLM_OPENAI_SCHEMA_H
#define LLM_OPENAI_SCHEMA_H

#include "llm/schema_subset.h"

extern const struct schema_subset openai_schema;

#endif
