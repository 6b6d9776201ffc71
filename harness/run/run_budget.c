/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run_budget.c: reservations against the budget of a run (see run_budget.h).
 *
 * All on the loop's thread. One budget serves the queues of all providers: what returns to one of
 * them may let somebody in another go, hence poke.
 */
#include "run/run_budget.h"

#define UNLIMITED INT64_MAX

static void spend_out(struct run_budget *budget, const char *what)
{
    if (budget->spent)
        return;
    budget->spent = what;
    budget->on_spent(budget->poke_arg);
    budget->poke(budget->poke_arg);
}

static void on_time(void *arg)
{
    spend_out(arg, "time");
}

static int64_t rest(bool has, int64_t limit, int64_t spent)
{
    return !has ? UNLIMITED : spent < limit ? limit - spent : 0;
}

void run_budget_start(struct run_budget *budget, const struct budget *limits,
                      const struct run_spent *spent, struct loop *loop)
{
    budget->calls = rest(limits && limits->has_calls, limits ? limits->calls : 0, spent->calls);
    budget->tokens =
        rest(limits && limits->has_tokens, limits ? limits->tokens : 0, spent->tokens);
    budget->nanousd = rest(limits && limits->has_usd, limits ? limits->usd : 0, spent->nanousd);
    if (!limits || !limits->has_time)
        return;
    budget->timer = (struct loop_timer){.run = on_time, .arg = budget};
    loop_timer_set(loop, &budget->timer,
                   moment_add(clock_now(), limits->time - spent->time_ns));
}

void run_budget_stop(struct run_budget *budget, struct loop *loop)
{
    loop_timer_stop(loop, &budget->timer);
}

/* ---- reservations ---- */

static bool fits(int64_t left, int64_t need)
{
    return left == UNLIMITED || (need >= 0 && need <= left);
}

static const char *lacking(const struct run_budget *budget, const struct llm_permit *permit)
{
    if (!fits(budget->calls, permit->again ? 0 : 1))
        return "calls";
    if (!fits(budget->tokens, permit->upper_tokens))
        return "tokens";
    return fits(budget->nanousd, permit->upper_nanousd) ? NULL : "usd";
}

static void take(int64_t *left, int64_t amount)
{
    if (*left != UNLIMITED)
        *left -= amount;
}

static enum llm_means_answer reserve(void *arg, const struct llm_permit *permit)
{
    struct run_budget *budget = arg;
    if (budget->spent)
        return LLM_MEANS_NEVER;
    const char *what = lacking(budget, permit);
    if (what && budget->under_way) {
        budget->somebody_waits = true;
        return LLM_MEANS_LATER;
    }
    if (what) {
        spend_out(budget, what);
        return LLM_MEANS_NEVER;
    }
    take(&budget->calls, permit->again ? 0 : 1);
    take(&budget->tokens, permit->upper_tokens);
    take(&budget->nanousd, permit->upper_nanousd);
    budget->under_way++;
    return LLM_MEANS_RESERVED;
}

static int64_t unused(int64_t reserved, int64_t used)
{
    return used < 0 ? 0 : reserved - used;
}

static void settle(void *arg, const struct llm_permit *permit, const struct llm_used *used)
{
    struct run_budget *budget = arg;
    const struct llm_used nothing = {0, 0};
    if (!used && !permit->again)
        take(&budget->calls, -1);
    used = used ? used : &nothing;
    take(&budget->tokens, -unused(permit->upper_tokens, used->tokens));
    take(&budget->nanousd, -unused(permit->upper_nanousd, used->nanousd));
    budget->under_way--;
    if (!budget->somebody_waits)
        return;
    budget->somebody_waits = false;
    budget->poke(budget->poke_arg);
}

struct llm_means run_budget_means(struct run_budget *budget)
{
    return (struct llm_means){.reserve = reserve, .settle = settle, .arg = budget};
}
