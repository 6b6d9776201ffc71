/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * purse.h: what a part of a cell may still spend: the cell's limits, and budgets inside them.
 *
 * A node with a budget has a purse in front of those it stands in; what a call takes is taken
 * from all of them or from none. Children at once get equal shares of what is left in each
 * (the remainder goes to the first) and return the rest when they join, so that what a child may
 * spend does not depend on who came first (language 2.7). Time is a point on the clock of latency
 * and is not divided.
 */
#ifndef RUN_PURSE_H
#define RUN_PURSE_H

#include "base/arena.h"
#include "plan/budget.h"

struct wf;

#define PURSE_UNLIMITED INT64_MAX

/* Amounts; of a purse what is left, of a need what is asked for. */
struct amounts {
    int64_t calls, steps, tokens, nanousd;
};

struct purse {
    struct purse *outer;
    const struct wf *owner; /* whose budget; NULL: the limits of the cell */
    struct amounts left;
    int64_t until_ns; /* on the clock of latency; PURSE_UNLIMITED: no end */
};

/* A purse for a budget that starts at this point of the clock. */
struct purse *purse_new(struct arena *arena, struct purse *outer, const struct wf *owner,
                        const struct budget *budget, int64_t clock_ns);
/* Takes from all purses: NULL. Or from none: the innermost that has not enough. */
const struct purse *purse_take(struct purse *purse, struct amounts need);
/* Returns what was taken and not used; may be negative, when more was used than taken. */
void purse_settle(struct purse *purse, struct amounts rest);
/* The innermost purse whose time is up, or NULL; and the earliest end. */
const struct purse *purse_ended(const struct purse *purse, int64_t clock_ns);
int64_t purse_until(const struct purse *purse);
/* Does any purse count tokens or money? (Else nothing need be reserved.) */
bool purse_reserves(const struct purse *purse);

/* Equal shares for `count` children: share[i] is the chain of the i-th. The chain itself is empty
 * until purse_join. */
void purse_share(struct purse *purse, struct arena *arena, size_t count, struct purse **share);
void purse_join(struct purse *purse, size_t count, struct purse *const *share);

#endif
