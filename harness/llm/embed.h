/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * embed.h: texts as vectors, for what compares meanings.
 *
 * An embedding is a call like any other (permits, attempts, cost, record); its request has texts
 * to embed instead of messages, and its reply a vector for each of them.
 *
 *     struct llm_request request = llm_embed_request(model, text, llm_embed_batch(text, left));
 *     if (llm_call(client, &request, arena, &reply) == 0 && reply.outcome == LLM_OK)
 *         likeness = llm_vector_cosine(reply.vector[0], reply.vector[1]);
 */
#ifndef LLM_EMBED_H
#define LLM_EMBED_H

#include "llm/llm.h"

/* What every provider takes at once: OpenAI's tokens (it takes 2,048 texts) and what is said of
 * Gemini's texts, which could not be checked (docs/providers.md). */
enum { LLM_EMBED_TEXTS_MOST = 100, LLM_EMBED_TOKENS_MOST = 300000 };

/* A request for the vectors of `count` texts, none of them empty: providers refuse those. The caller
 * fills in attempt_key, key and what else concerns the cell. */
struct llm_request llm_embed_request(const struct llm_model *model, const str *text,
                                     size_t count);

/* How many of the texts, from the first on, go into one request: at least 1 unless count is 0. */
size_t llm_embed_batch(const str *text, size_t count);

/* The cosine of the angle between two vectors, in [-1, 1]; 0 when one has length 0 or they have not
 * as many numbers. */
double llm_vector_cosine(struct llm_vector a, struct llm_vector b);

#endif
