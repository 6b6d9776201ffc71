/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_logprobs.h: made-up log probabilities of a reply's tokens, as OpenAI's endpoints list
 * them.
 */
#ifndef MOCK_OPENAI_LOGPROBS_H
#define MOCK_OPENAI_LOGPROBS_H

#include "mock_server/request.h"

/* A JSON list of the tokens from `first` up to `end` (token_piece; empty ones are left out):
 * {token, logprob, bytes, top_logprobs}, the last with request->top_logprobs entries, falling,
 * the token itself among them. The same for the same key, in one list or in many. */
void openai_write_logprobs(struct buf *out, const struct request *request, struct rng_key key,
                           str text, int64_t first, int64_t end);

#endif
