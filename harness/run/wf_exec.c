/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wf_exec.c: a pattern's program: its deadline, its time, what becomes of a failure (see wf.h).
 *
 * What a program takes is part of the latency as a call's time is; the wait for its turn is not,
 * since it depends on how many cells are open. What a program said is written before it is used, as
 * a call is, for it may say something else when it is run again.
 */
#include "run/wf_inside.h"

#include "run/barrier.h"
#include "run/run.h"
#include "store/store.h"

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

/* ---- as a record ---- */

static struct hash128 request_hash(const struct exec_request *request)
{
    struct hash128 hash = {0};
    for (size_t i = 0; i < request->argc; i++)
        hash = hash_add(hash, request->argv[i]);
    hash = hash_add(hash, request->input);
    return hash_add_int(hash, request->sandbox);
}

static const char *const outcome_names[] = {
    [EXEC_OK] = "ok",           [EXEC_FAILED] = "failed",           [EXEC_TIMEOUT] = "timeout",
    [EXEC_FLOODED] = "flooded", [EXEC_NOT_STARTED] = "not-started",
};

static enum exec_outcome outcome_named(str name)
{
    for (int i = EXEC_OK; i < EXEC_NOT_STARTED; i++)
        if (str_equal(name, str_from(outcome_names[i])))
            return (enum exec_outcome)i;
    return EXEC_NOT_STARTED;
}

/* After the cell's start. */
int64_t wf_since_start(const struct wf *wf, struct moment at)
{
    return at.ns ? moment_since(at, wf->cell->start) : -1;
}

static void fill_row(const struct wf *wf, struct store_command *row,
                     const struct exec_result *result)
{
    row->start_ns = wf_since_start(wf, result->start);
    row->outcome = str_from(outcome_names[result->outcome]);
    row->exit_code = result->exit_code;
    row->exit_signal = result->signal;
    row->reason = result->reason;
    row->time_ns = result->time_ns;
    row->cpu_ns = result->cpu_ns;
    row->output.text = result->output;
    row->errors.text = result->errors;
}

static struct exec_result result_of(const struct replay_item *item)
{
    const struct store_command *row = &item->command;
    return (struct exec_result){
        .outcome = outcome_named(row->outcome),
        .exit_code = (int)row->exit_code,
        .signal = (int)row->exit_signal,
        .output = item->output,
        .errors = item->errors,
        .reason = row->reason,
        .time_ns = row->time_ns,
        .cpu_ns = row->cpu_ns,
    };
}

int wf_go_on(struct wf *wf)
{
    return wf->cell->replay.differs
               ? wf_fail(wf, FAILURE_CANCELLED, "the cell starts again without what is stored")
               : 0;
}

int wf_replay(struct wf *wf, struct hash128 hash, str program, struct command_record *record)
{
    *record = (struct command_record){0};
    if (wf_go_on(wf) < 0)
        return -1;
    hash_hex(hash, record->hash);
    record->row = (struct store_command){
        .cell = (int64_t)wf->cell->place,
        .path = wf->step.path,
        .repeat = wf->commands++,
        .request_hash = str_from(record->hash),
        .program = program,
        .start_ns = -1,
    };
    replay_command(&wf->cell->replay, wf->step.path, record->row.repeat,
                   record->row.request_hash, &record->found);
    if (wf->cell->run->options->rescore && (!record->found || wf->cell->replay.differs)) {
        run_refuse(wf->cell, "the program of", wf->step.path);
        return wf_fail(wf, FAILURE_CANCELLED, "the run was stopped");
    }
    return wf_go_on(wf);
}

int fiber_fn wf_record(struct wf *wf, struct command_record *record)
{
    struct run *run = wf->cell->run;
    struct barrier barrier;
    struct moment before = clock_now();
    barrier_init(&barrier, run->loop);
    store_write_command(run->store, &record->row, barrier_done, &barrier);
    int result = barrier_wait(&barrier);
    wf->step.own.store_wait_ns += moment_since(clock_now(), before);
    if (result < 0)
        run_stop(run);
    return result;
}

/* ---- running it ---- */

static int fiber_fn run_program(struct wf *wf, struct exec_request *request,
                                struct exec_result *result)
{
    struct command_record record;
    if (wf_replay(wf, request_hash(request), request->argv[0], &record) < 0)
        return -1;
    if (record.found) {
        *result = result_of(record.found);
        return 0;
    }
    if (exec_run(wf->cell->run->commands, request, wf_scratch(wf), result) < 0)
        return wf_fail(wf, FAILURE_CANCELLED, "the run was stopped");
    fill_row(wf, &record.row, result);
    if (wf_record(wf, &record) < 0)
        return wf_fail(wf, FAILURE_CANCELLED, "the run was stopped");
    return 0;
}

int fiber_fn wf_exec(struct wf *wf, struct exec_request *request,
                     const struct exec_result **out)
{
    if (wf_out_of_time(wf))
        return fail_out_of_time(wf, "before the program was started");
    set_times(wf, request);
    struct exec_result *result = arena_new(wf_scratch(wf), struct exec_result);
    if (run_program(wf, request, result) < 0)
        return -1;
    wf->clock_ns += result->time_ns;
    wf->step.own.work_ns += result->time_ns;
    *out = result;
    return outcome_failure(wf, request, result);
}
