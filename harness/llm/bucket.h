/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bucket.h: a rate per minute as a token bucket that holds one second's worth (at least one) and
 * fills evenly: within any minute at most the rate and one second's worth more goes out, and no
 * burst at the start that a provider would answer with a 429.
 *
 * Zero as rate is no limit; everything passes then. Not thread-safe; no clock of its own.
 */
#ifndef LLM_BUCKET_H
#define LLM_BUCKET_H

#include "base/clock.h"

#include <stdint.h>

struct llm_bucket {
    int64_t per_minute;
    double level, most; /* requests or tokens; a level below 0 is debt */
    struct moment updated;
};

struct llm_bucket llm_bucket_of(int64_t per_minute);
void llm_bucket_refill(struct llm_bucket *bucket, struct moment now);
/* How long until `amount` can be taken; 0: now. More than the bucket holds waits for a full one. */
int64_t llm_bucket_wait_ns(const struct llm_bucket *bucket, int64_t amount);
/* Negative amounts give back. */
void llm_bucket_take(struct llm_bucket *bucket, int64_t amount);

/* The provider says that of `limit` a minute `left` is left. A bucket without a rate gets this one
 * when little is left, less than a tenth: a provider that has plenty is not slowed down by what it
 * says. One with a rate never holds more than what is left. Unknown numbers are -1. */
void llm_bucket_learn(struct llm_bucket *bucket, int64_t limit, int64_t left,
                      struct moment now);

#endif
