/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anthropic_schema.h: JSON Schemas as Anthropic's output_config.format and strict tools take them
 * (llm/schema_subset.h).
 */
#ifndef LLM_ANTHROPIC_SCHEMA_H
#define LLM_ANTHROPIC_SCHEMA_H

#include "llm/schema_subset.h"

extern const struct schema_subset anthropic_schema;

#endif
