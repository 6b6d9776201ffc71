/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorded.h: calls between memory and the store: a reply as a row, and a row as the reply again.
 *
 * Nothing that a workflow sees of a reply is stored twice: a recorded call is its row, its
 * attempts and the two bodies, and the dialect reads the reply out of the body as it did the
 * first time. So a resumed cell gets what it got before, failures included.
 */
#ifndef RUN_RECORDED_H
#define RUN_RECORDED_H

#include "io/fiber.h"
#include "llm/llm.h"
#include "store/store.h"

struct pool;

/* The row of a call that was made for `request`; its texts are those of request and reply. The
 * caller adds who asked: cell, path, repeat, request_hash. Times are counted from `zero` (the
 * cell's start); the attempts are in the arena. */
void recorded_row(const struct llm_request *request, const struct llm_reply *reply,
                  struct moment zero, struct arena *arena, struct store_call *row);

struct recorded_call {
    struct store_call row;
    const struct store_attempt *attempt;
    unsigned attempts;
    str request, reply; /* bodies, the reply's as it was kept */
};

/* Reads the call of that number with all that belongs to it, into the arena. -1: the file cannot
 * be read. */
int recorded_load(struct store *store, int64_t call, struct arena *arena,
                  struct recorded_call *recorded, struct err *err);

/* The reply that the call once was, in the arena: outcome, what it says, usage, cost, attempts and
 * all sums of times. Moments are 0, what the attempts used and the gaps between tokens are
 * unknown (-1). Large bodies are read on `pool`, if there is one: then on a fiber. False when the
 * call went well but its body cannot be read as that any more. */
bool fiber_fn recorded_reply(const struct recorded_call *recorded,
                             const struct llm_request *request, struct arena *arena,
                             struct pool *pool, struct llm_reply *reply);

#endif
