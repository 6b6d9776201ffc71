/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * identity.h: which repetition and which attempt of a request this is.
 *
 * The attempt (1 is the first) is, in this order: X-Weir-Attempt; X-Stainless-Retry-Count plus
 * 1; X-Mock-Attempt; else 1 plus the number of earlier requests with the same content,
 * idempotency key, dialect and task: the same text to be counted, embedded or answered is not
 * tried again. Without an idempotency key the number of earlier first attempts with the same
 * content tells repetitions apart. Nothing is counted across different requests, so the order in
 * which different requests arrive changes nothing.
 */
#ifndef MOCK_IDENTITY_H
#define MOCK_IDENTITY_H

#include "mock_server/http.h"
#include "mock_server/request.h"

struct counters; /* of requests seen, by scope, content and idempotency key */

/* Any thread may use them. */
struct counters *counters_new(void);
void counters_clear(struct counters *counters);
void counters_forget(struct counters *counters, str scope);
void counters_free(struct counters *counters);

/* Fills idempotency, attempt and sample of a request whose content key and scope are known. */
void identity_find(struct counters *counters, const struct http_request *http,
                   struct request *request);

/* The attempt that a header tells, or -1. */
int64_t identity_told_attempt(const struct http_request *http);

/* The key of all draws about this request: (seed, scope, content, sample), and with the attempt
 * for faults, times and ids. */
struct rng_key identity_key(uint64_t seed, const struct request *request);
struct rng_key identity_attempt_key(uint64_t seed, const struct request *request);

#endif
