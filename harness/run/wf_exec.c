/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wf_exec.c: a pattern's program: its deadline, its time, what becomes of a failure (see wf.h).
 *
 * What a program takes is part of the latency as a call's time is; the wait for its turn is not,
 * since it depends on how many cells are open.
 */
#include "run/wf_inside.h"

#include "run/run.h"

static bool is_late(const struct wf *wf)
{
    return wf->deadline_ns && wf->clock_ns >= wf->deadline_ns;
}

bool wf_out_of_time(const struct wf *wf)
{
    return is_late(wf) || purse_ended(wf->purse, wf->clock_ns);
}

static int fail_out_of_time(struct wf *wf, const char *what)
{
    const struct purse *ended = purse_ended(wf->purse, wf->clock_ns);
    if (ended && !is_late(wf))
        return wf_fail_budget(wf, ended, "its time is up");
    return wf_fail(wf, FAILURE_TIMEOUT, "the deadline passed %s", what);
}

/* What the program may take: its own limit, and the nearest deadline around it. */
static void set_times(const struct wf *wf, struct exec_request *request)
{
    int64_t own = wf->step.node->timeout_ns ? wf->step.node->timeout_ns : EXEC_TIMEOUT_NS;
    int64_t until = purse_until(wf->purse);
    if (wf->deadline_ns && wf->deadline_ns < until)
        until = wf->deadline_ns;
    request->timeout_ns = own;
    if (until != PURSE_UNLIMITED && until - wf->clock_ns < own)
        request->timeout_ns = until - wf->clock_ns;
    if (request->cpu_ns == 0)
        request->cpu_ns = own;
}

static int outcome_failure(struct wf *wf, const struct exec_request *request,
                           const struct exec_result *result)
{
    if (result->outcome == EXEC_OK)
        return 0;
    if (result->outcome == EXEC_TIMEOUT && wf_out_of_time(wf))
        return fail_out_of_time(wf, "while the program ran");
    str told = exec_explain(wf_scratch(wf), result);
    return wf_fail(wf, FAILURE_EXEC, "%.*s: %.*s", STR_ARG(request->argv[0]), STR_ARG(told));
}

int fiber_fn wf_exec(struct wf *wf, struct exec_request *request,
                     const struct exec_result **out)
{
    if (wf_out_of_time(wf))
        return fail_out_of_time(wf, "before the program was started");
    set_times(wf, request);
    struct exec_result *result = arena_new(wf_scratch(wf), struct exec_result);
    if (exec_run(wf->cell->run->commands, request, wf_scratch(wf), result) < 0)
        return wf_fail(wf, FAILURE_CANCELLED, "the run was stopped");
    wf->clock_ns += result->time_ns;
    wf->step.own.work_ns += result->time_ns;
    *out = result;
    return outcome_failure(wf, request, result);
}
