/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_embeddings.h: OpenAI's embeddings, which its other dialects offer beside their
 * own endpoint: they have the same base_url and key.
 */
#ifndef LLM_DIALECT_OPENAI_EMBEDDINGS_H
#define LLM_DIALECT_OPENAI_EMBEDDINGS_H

#include "llm/dialect.h"

extern const struct llm_embedding openai_embedding;

#endif
