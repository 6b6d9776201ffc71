/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * budget.h: what a cell or a node may spend (language 2.7, `spend`).
 */
#ifndef PLAN_BUDGET_H
#define PLAN_BUDGET_H

#include "base/option.h"

struct budget {
    bool has_usd, has_calls, has_tokens, has_time;
    int64_t usd; /* nano-dollars */
    int64_t calls, tokens;
    int64_t time; /* ns, on the clock of latency */
};
extern const struct opt budget_options[];

/* Does it have to be reserved before a call is sent? Such calls need max_tokens, and for money a
 * price. */
static inline bool budget_reserves(const struct budget *budget)
{
    return budget && (budget->has_usd || budget->has_tokens);
}

#endif
