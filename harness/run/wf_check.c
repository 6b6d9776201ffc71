/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wf_check.c: a check of a value inside a cell: of a gate, or of a refinement's evaluator.
 *
 * One that runs a program is written before it counts and replayed like a call (rule 6). Its
 * time is part of latency, as a command's is.
 */
#include "run/wf_inside.h"

#include "io/exec.h"

struct gate_job {
    const struct check *check;
    const struct env *env;
    const json *value;
    struct arena *arena;
    struct check_result result;
    struct template_problem problem;
    struct moment start;
    int status;
};

static void run_gate_job(void *arg)
{
    struct gate_job *job = arg;
    job->start = clock_now();
    job->status =
        check_run(job->check, job->env, job->value, job->arena, &job->result, &job->problem);
}

static struct hash128 check_hash(struct gate_job *job)
{
    struct hash128 hash = hash_add((struct hash128){0}, job->check->shown);
    const json *seen = env_to_json(job->arena, job->env);
    if (job->value)
        hash = hash_add(hash, json_to_str(job->arena, job->value, JSON_COMPACT));
    return hash_add(hash, json_to_str(job->arena, seen, JSON_COMPACT));
}

/* What a program judges is written before it counts, and not asked again after a resume. */
static void fiber_fn run_blocking_check(struct wf *wf, struct gate_job *job)
{
    struct command_record record;
    job->result.reason = STR("the run was stopped");
    if (wf_replay(wf, check_hash(job), job->check->shown, &record) < 0)
        return;
    if (record.found) {
        const struct store_command *row = &record.found->command;
        job->result.passed = str_equal(row->outcome, STR("passed"));
        job->result.reason = row->reason;
        job->result.time_ns = row->time_ns;
        return;
    }
    if (exec_work(wf->cell->run->commands, run_gate_job, job) < 0)
        return;
    record.row.outcome = job->status == 0 && job->result.passed ? STR("passed") : STR("failed");
    record.row.reason = job->status < 0 ? job->problem.text : job->result.reason;
    record.row.start_ns = wf_since_start(wf, job->start);
    record.row.time_ns = job->result.time_ns;
    wf_record(wf, &record);
}

/* The arena is the job's own, for while a worker has it others of the cell run. */
bool fiber_fn wf_check(struct wf *wf, const struct check *check, const struct env *env,
                       const json *value, str *reason)
{
    struct arena own = {0};
    struct gate_job job = {.check = check, .env = env, .value = value, .arena = &own};
    if (check->kind->blocks)
        run_blocking_check(wf, &job);
    else
        wf_work(wf, wf_is_large(value), run_gate_job, &job);
    wf->clock_ns += job.result.time_ns;
    wf->step.own.work_ns += job.result.time_ns;
    bool passed = job.status == 0 && job.result.passed;
    str why = job.status < 0 ? job.problem.text : job.result.reason;
    *reason =
        passed ? STR("")
               : arena_printf(wf_arena(wf), "%.*s: %.*s", STR_ARG(check->shown), STR_ARG(why));
    arena_release(&own);
    return passed;
}
