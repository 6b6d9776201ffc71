/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cached.h: calls that an earlier run has paid for (rule 10, docs/cache.md).
 *
 * A hit is a call like any other but that nothing is sent: it keeps the text, usage, cost, attempts
 * and latency that it had, and says so (llm_reply.cached).
 */
#ifndef RUN_CACHED_H
#define RUN_CACHED_H

#include "io/fiber.h"
#include "llm/llm.h"
#include "store/store.h"

struct wf;

/* True: *reply, in the wf's scratch, is that of an earlier run. Waits for the file, not on the
 * loop. A reply that took longer than the call has time for is none. */
bool fiber_fn cached_find(struct wf *wf, const struct llm_request *request, int64_t repeat,
                          struct llm_reply *reply);
/* What the row of a call says of whom the cache takes to have been asked; empty without a cache. */
str cached_endpoint(struct wf *wf, const struct llm_request *request);
/* Keeps a good reply that was sent for. */
void fiber_fn cached_keep(struct wf *wf, const struct llm_request *request,
                          const struct llm_reply *reply, const struct store_call *row);

#endif
