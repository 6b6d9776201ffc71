/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run_budget.h: what a whole run may spend (language 2.7, `budget.run`).
 *
 * Every attempt reserves, before it is sent, the most it can use; what it did not use returns
 * with the reply. An attempt that does not fit waits while others are under way, since they may
 * return something; when none is, the budget is spent: no attempt is made any more, and cells
 * that need one stay pending. So the budget is never overshot, is used as far as it goes, and
 * changes the result of no cell. `time` is wall time from the start of the run.
 */
#ifndef RUN_RUN_BUDGET_H
#define RUN_RUN_BUDGET_H

#include "io/loop.h"
#include "llm/permit.h"
#include "plan/budget.h"

struct run_budget {
    struct loop_timer timer;        /* the end of `time` */
    int64_t calls, tokens, nanousd; /* left */
    size_t under_way;               /* reservations */
    const char *spent;              /* NULL, or which: "calls", "time", … */
    bool somebody_waits;
    void (*poke)(void *arg); /* somebody may go, or nobody ever will */
    void *poke_arg;
    void (*on_spent)(void *arg); /* once */
};

/* By earlier parts of the run. */
struct run_spent {
    int64_t calls, tokens, nanousd, time_ns;
};

/* Zeroed but for poke, on_spent and poke_arg, which both get. NULL as budget: nothing is
 * limited. The loop's timer is set for `time`. */
void run_budget_start(struct run_budget *budget, const struct budget *limits,
                      const struct run_spent *spent, struct loop *loop);
void run_budget_stop(struct run_budget *budget, struct loop *loop);
/* For the queues of permits; `budget` stays in place. */
struct llm_means run_budget_means(struct run_budget *budget);

#endif
