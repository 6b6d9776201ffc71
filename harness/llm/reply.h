/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reply.h: from what a provider's body says to the reply of a call, when it came and again later.
 *
 * A body that was kept can be read again by the dialect that read it first, so a stored call
 * needs no second copy of its text, its tool calls or its vectors.
 */
#ifndef LLM_REPLY_H
#define LLM_REPLY_H

#include "io/fiber.h"
#include "llm/dialect.h"

struct pool;

/* Copies to the reply what was decoded, all of it to `arena`. */
void llm_reply_keep(struct llm_reply *reply, const struct llm_request *request,
                    const struct llm_decoded *decoded, struct arena *arena);

/* Fills in what the body of a good reply says: text, refusal, finish, tool calls, raw turn,
 * vectors, model, fingerprint. `kept` is the body as it came, or folded (llm/stream.h). Large ones
 * are read on `pool`, when that is given: then on a fiber. False when the body is no good reply to
 * this request; the reply is then as it was. */
bool fiber_fn llm_reply_read(struct llm_reply *reply, const struct llm_request *request,
                             str kept, struct arena *arena, struct pool *pool);

#endif
