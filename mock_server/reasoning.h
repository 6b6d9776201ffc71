/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reasoning.h: how many tokens a model thinks before it speaks.
 *
 * They are part of the output, are billed and take their time before the first visible token.
 */
#ifndef MOCK_REASONING_H
#define MOCK_REASONING_H

#include "mock_server/latency.h"
#include "mock_server/request.h"

struct reasoning {
    struct law tokens; /* a law of numbers instead of ns; zeroed: none */
};

/* Custom reader for a struct reasoning: a number of tokens or {median, p95, max}. */
int reasoning_read(struct opt_parse *parse, const struct yaml *value, void *field);
extern const struct opt reasoning_options[];

/* Tokens for a choice at the effort that was asked for, never more than request->thinking_most.
 * The same for the same key, which should not know the attempt. */
int64_t reasoning_draw(const struct reasoning *reasoning, const struct request *request,
                       struct rng_key key, uint64_t choice);

/* "none", "minimal", "low", "medium", "high", "xhigh", "max"; false for other words. */
bool effort_from(str word, enum effort *effort);

#endif
