/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rate_headers.h: what a reply's headers say of rate limits.
 *
 * OpenAI: x-ratelimit-limit-requests, -remaining-requests, the same of tokens. Anthropic:
 * anthropic-ratelimit-requests-limit, -remaining, the same of tokens. Gemini sends none. The
 * reset headers are not read: limits are per minute, so limit and rest say when more comes.
 */
#ifndef LLM_RATE_HEADERS_H
#define LLM_RATE_HEADERS_H

#include "base/str.h"

#include <stdint.h>

/* -1 is unknown. */
struct llm_rate_state {
    int64_t requests_limit, requests_left;
    int64_t tokens_limit, tokens_left;
};

/* `lines`: as received, one header a line. One pass. */
struct llm_rate_state llm_rate_headers_read(str lines);

#endif
