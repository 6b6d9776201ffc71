/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * result.c: what a run came to as a whole (see result.h).
 */
#include "run/result.h"

#include "io/loop.h"
#include "run/stopping.h"

#include <sys/resource.h>

static int64_t max_rss_bytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    return (int64_t)usage.ru_maxrss;
#else
    return (int64_t)usage.ru_maxrss * 1024;
#endif
}

static const char *budget_reason(const struct run_budget *budget)
{
    static const char *const reasons[][2] = {
        {"calls", "the run's budget of calls is spent"},
        {"tokens", "the run's budget of tokens is spent"},
        {"usd", "the run's budget of dollars is spent"},
        {"time", "the run's budget of time is spent"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (strcmp(reasons[i][0], budget->spent) == 0)
            return reasons[i][1];
    return "the run's budget is spent";
}

static struct run_spent spent_of(const struct run *run)
{
    const struct budget *limits = run->experiment->run_budget;
    struct run_spent spent = {0};
    if (limits && limits->has_calls)
        spent.calls = limits->calls - run->budget.calls;
    if (limits && limits->has_tokens)
        spent.tokens = limits->tokens - run->budget.tokens;
    if (limits && limits->has_usd)
        spent.nanousd = limits->usd - run->budget.nanousd;
    return spent;
}

void run_result_fill(const struct run *run, struct run_result *result)
{
    bool sent = run->first_send.ns != 0;
    bool complete = run->counters.cells_done == run->plan.cells || stopping_is_complete(run);
    *result = (struct run_result){
        .complete = complete,
        .stopped = run->stopped,
        .reason = run->stopped        ? "stopped by a second interrupt"
                  : complete          ? ""
                  : run->budget.spent ? budget_reason(&run->budget)
                  : run->draining     ? "interrupted"
                                      : "",
        .wall_ns = moment_since(clock_now(), run->start),
        .cpu_ns = clock_cpu_ns() - run->start_cpu_ns,
        .max_rss_bytes = max_rss_bytes(),
        .lateness_p99_ns = loop_lateness(run->loop).p99_ns,
        .first_send_ns = sent ? moment_since(run->first_send, run->start) : -1,
        .send_span_ns = sent ? moment_since(run->last_reply, run->first_send) : 0,
        .counters = run->counters,
        .setup = run->setup,
        .spent = spent_of(run),
    };
}
