/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * retry.h: is an attempt tried again, and when? Pure functions of what happened.
 *
 * The rules are those of the language (2.7), of the official SDKs where it is silent, and are told
 * in docs/providers.md.
 */
#ifndef LLM_RETRY_H
#define LLM_RETRY_H

#include "base/rng.h"
#include "llm/llm.h"
#include "llm/model.h"

/* What is known of an attempt that ended without a good reply. */
struct llm_attempt_end {
    enum llm_outcome outcome; /* what it was, taken alone */
    int status;               /* 0: no whole reply */
    bool connection;          /* never connected, timed out or broke off: no whole reply came */
    str should_retry;         /* header x-should-retry; empty: absent */
    int64_t hint_ns;          /* how long the server asks to wait; -1: it does not */
};

struct llm_decision {
    bool again;
    bool hint_too_long;       /* it would be tried again, were the hint not above its cap */
    int64_t wait_ns;          /* before the next attempt */
    enum llm_outcome outcome; /* of the call when it ends here */
};

/* `number` is the attempt's, from 1. The jitter is drawn from `key` for this attempt. */
struct llm_decision llm_retry_decide(const struct llm_retry *retry,
                                     const struct llm_attempt_end *end, unsigned number,
                                     struct rng_key key);

/* min(cap, base·2^k)·(1 − 0.25·U), U in [0, 1) drawn from the key for k, from 0. */
int64_t llm_backoff_ns(const struct llm_retry *retry, unsigned k, struct rng_key key);

/* The hint of a reply's headers: retry-after-ms, else retry-after (seconds or an HTTP date, which
 * is taken relative to the reply's own `date`, else to now_wall_ns). -1 when there is none, or
 * none in the future. */
int64_t llm_retry_hint_ns(str retry_after_ms, str retry_after, str date, int64_t now_wall_ns);

/* An HTTP date (RFC 9110 5.6.7, all three forms) as nanoseconds since 1970. */
bool llm_parse_http_date(str text, int64_t now_wall_ns, int64_t *wall_ns);

#endif
