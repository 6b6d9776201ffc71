/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * orchestrate.c: one node plans, workers do the tasks of the plan, one node puts the results
 * together.
 *
 * Unlike a map's list, the tasks are the planner's own: how many, of what type, and (with
 * `after`) what needs what. So a plan is judged before any worker runs (orchestrate_plan.c); one
 * that is not valid is asked for again, then the node fails with kind `misplanned`, which is the
 * planner's fault and not a worker's. Tasks run in layers: all those whose needs are done are
 * the next fan-out, so what runs when does not depend on who is fast.
 *
 * Without a synthesizer the value is the list of results. Calls: 1 + N + 1.
 *
 *     orchestrate:
 *       plan: {call: {prompt: plan, schema: task_list}}
 *       tasks: "{{plan.tasks}}"
 *       type: kind
 *       workers: {order: {lookup: …}, invoice: {call: …}}
 *       synthesize: {call: {prompt: reply}}
 */
#include "patterns/patterns.h"

#include "patterns/orchestrate_parts.h"
#include "run/wf.h"

/* ---- the plan ---- */

struct plan_job {
    struct task_plan *plan;
    const struct plan_rules *rules;
    const json *tasks;
    struct arena *arena;
};

static void run_plan_job(void *arg)
{
    struct plan_job *job = arg;
    task_plan_read(job->plan, job->rules, job->tasks, job->arena);
}

static void end_arena(void *object)
{
    arena_release(object);
}

/* Judges a plan on a worker when it is large, in an arena of its own that lives as long as the
 * cell's. */
static void fiber_fn read_plan(struct wf *wf, const struct orchestrate *o, const json *planned,
                               struct task_plan *plan)
{
    struct plan_job job = {.plan = plan, .rules = &o->rules};
    const struct env *env = env_bind(wf_arena(wf), wf_env(wf), STR("plan"), planned);
    *plan = (struct task_plan){0};
    if (wf_eval(wf, o->tasks, env, &job.tasks) < 0) { /* prose, or JSON of another form */
        task_plan_problem(plan, wf_arena(wf), "there are no tasks in the plan: %.*s",
                          STR_ARG(wf_failure(wf)->message));
        wf_forgive(wf);
        return;
    }
    job.arena = arena_new(wf_arena(wf), struct arena);
    arena_on_end(wf_arena(wf), end_arena, job.arena);
    wf_work(wf, wf_is_large(job.tasks), run_plan_job, &job);
}

static const json *problem_list(struct wf *wf, const struct task_plan *plan)
{
    struct arena *arena = wf_arena(wf);
    json *list = json_new_list(arena);
    for (size_t i = 0; i < plan->problems; i++)
        json_add(arena, list, json_new_text(arena, plan->problem[i]));
    if (plan->more)
        json_add(arena, list,
                 json_new_text(arena, arena_printf(arena, "and %zu more", plan->more)));
    return list;
}

static int misplanned(struct wf *wf, const json *planned, const json *problems)
{
    str text = STR("");
    for (const json *one = json_first(problems); one; one = json_next(one))
        text = arena_printf(wf_arena(wf), "%.*s%s%.*s", STR_ARG(text), text.n ? "; " : "",
                            STR_ARG(json_text(one)));
    wf_fail_value(wf, planned);
    return wf_fail(wf, FAILURE_MISPLANNED, "%.*s", STR_ARG(text));
}

static void add_rejected(struct wf *wf, json *rejected, str segment, const json *problems)
{
    json *entry = json_new_object(wf_arena(wf));
    json_set_text(wf_arena(wf), entry, "plan", segment);
    json_set(wf_arena(wf), entry, STR("problems"), problems);
    json_add(wf_arena(wf), rejected, entry);
}

/* Asks for a plan until it is valid, `replan` times more at most. */
static int fiber_fn make_plan(struct wf *wf, const struct orchestrate *o, const json **planned,
                              struct task_plan *plan)
{
    struct arena *arena = wf_arena(wf);
    const json *problems = json_new_list(arena);
    json *rejected = json_new_list(arena);
    for (int64_t round = 0;; round++) {
        const struct node *node = round ? o->plan_again : o->plan;
        str segment = round ? arena_printf(arena, "plan[%lld]", (long long)round) : STR("plan");
        const struct env *env = env_bind(arena, wf_env(wf), STR("problems"), problems);
        if (wf_run(wf, node, segment, env, planned) < 0)
            return -1;
        read_plan(wf, o, *planned, plan);
        if (plan->problems == 0)
            return 0;
        problems = problem_list(wf, plan);
        add_rejected(wf, rejected, segment, problems);
        wf_note(wf, "rejected", json_copy(arena, rejected));
        if (round == o->replan)
            return misplanned(wf, *planned, problems);
    }
}

static void note_tasks(struct wf *wf, const struct orchestrate *o, const struct task_plan *plan)
{
    struct arena *arena = wf_arena(wf);
    json *tasks = json_new_list(arena), *dropped = json_new_list(arena);
    for (size_t i = 0; i < plan->count; i++) {
        json *entry = json_new_object(arena);
        json_set_int(arena, entry, "task", (int64_t)plan->task[i].position);
        if (o->workers_yaml)
            json_set_text(arena, entry, "worker", o->rules.worker[plan->task[i].worker]);
        if (o->after.n)
            json_set_int(arena, entry, "layer", (int64_t)plan->task[i].layer);
        json_add(arena, tasks, entry);
    }
    int64_t duplicates = 0;
    for (size_t i = 0; i < plan->drops; i++) {
        duplicates += plan->dropped[i].duplicate;
        json *entry = json_new_object(arena);
        json_set_int(arena, entry, "task", (int64_t)plan->dropped[i].position);
        json_set_text(arena, entry, "why", plan->dropped[i].why);
        json_add(arena, dropped, entry);
    }
    wf_note(wf, "tasks", tasks);
    wf_note(wf, "dropped", dropped);
    wf_note(wf, "cut", json_new_int(arena, (int64_t)plan->cut));
    wf_note(wf, "amended", json_new_bool(plan->drops + plan->cut > 0));
    wf_note(wf, "duplicates", json_new_int(arena, duplicates));
    wf_note(wf, "alike", json_new_int(arena, (int64_t)plan->alike));
}

/* ---- the tasks ---- */

static const json *result_of(struct arena *arena, const json *task, const json *value,
                             const json *error)
{
    json *result = json_new_object(arena);
    json_set(arena, result, STR("task"), task);
    json_set(arena, result, STR("value"), value ? value : json_null());
    json_set(arena, result, STR("error"), error);
    return result;
}

static struct wf_task task_for(struct wf *wf, const struct orchestrate *o,
                               const struct task_plan *plan, size_t i, const struct env *env,
                               const json *const *result)
{
    struct arena *arena = wf_arena(wf);
    const struct plan_task *task = &plan->task[i];
    env = env_bind(arena, env, STR("task"), task->task);
    env = env_bind(arena, env, STR("index"), json_new_int(arena, (int64_t)i));
    if (o->after.n) {
        json *needed = json_new_list(arena);
        for (size_t k = 0; k < task->needs; k++)
            json_add(arena, needed, result[task->need[k]]);
        env = env_bind(arena, env, STR("needed"), needed);
    }
    return (struct wf_task){
        .node = o->worker[task->worker],
        .segment = arena_printf(arena, "[%zu]", i),
        .env = env,
    };
}

/* Runs the tasks of one layer and fills in their results. */
static int fiber_fn run_layer(struct wf *wf, const struct orchestrate *o,
                              const struct task_plan *plan, size_t layer, const struct env *env,
                              const json **result, struct failure *failure)
{
    struct arena *arena = wf_arena(wf);
    struct wf_task *task = arena_array(arena, struct wf_task, plan->count);
    size_t *number = arena_array(arena, size_t, plan->count);
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++)
        if (plan->task[i].layer == layer) {
            number[count] = i;
            task[count++] = task_for(wf, o, plan, i, env, result);
        }
    if (wf_run_all(wf, task, count, (size_t)o->width, (enum wf_on_error)o->on_error) < 0)
        return -1;
    for (size_t k = 0; k < count; k++) {
        size_t i = number[k];
        str kind = str_from(failure_kind_name(task[k].failure.kind));
        const json *error = task[k].failed ? json_new_text(arena, kind) : json_null();
        result[i] = result_of(arena, plan->task[i].task, task[k].value, error);
        failure[i] = task[k].failed ? task[k].failure : (struct failure){0};
    }
    return 0;
}

/* All tasks, layer by layer. When every one failed, so does the node, as the first did. */
static int fiber_fn run_tasks(struct wf *wf, const struct orchestrate *o,
                              const struct task_plan *plan, const struct env *env,
                              const json **result)
{
    struct failure *failure = arena_array(wf_arena(wf), struct failure, plan->count + 1);
    size_t failed = 0;
    for (size_t layer = 0; layer < plan->layers; layer++)
        if (run_layer(wf, o, plan, layer, env, result, failure) < 0)
            return -1;
    for (size_t i = 0; i < plan->count; i++)
        failed += failure[i].kind != FAILURE_NONE;
    return failed && failed == plan->count ? wf_fail_as(wf, &failure[0]) : 0;
}

static int fiber_fn orchestrate_run(struct wf *wf, const void *options, const json **value)
{
    const struct orchestrate *o = options;
    struct arena *arena = wf_arena(wf);
    struct task_plan plan;
    const json *planned;
    if (make_plan(wf, o, &planned, &plan) < 0)
        return -1;
    note_tasks(wf, o, &plan);

    const json **result = arena_calloc(arena, plan.count + 1, sizeof(const json *));
    const struct env *env = env_bind(arena, wf_env(wf), STR("plan"), planned);
    if (run_tasks(wf, o, &plan, env, result) < 0)
        return -1;

    json *tasks = json_new_list(arena), *results = json_new_list(arena);
    for (size_t i = 0; i < plan.count; i++) {
        json_add(arena, tasks, plan.task[i].task);
        json_add(arena, results, result[i]);
    }
    *value = results;
    if (!o->synthesize)
        return 0;
    env = env_bind(arena, env, STR("tasks"), tasks);
    env = env_bind(arena, env, STR("results"), results);
    return wf_run(wf, o->synthesize, STR("synthesize"), env, value);
}

/* ---- when a budget ends it ---- */

/* What the task of this number has; NULL: nothing. */
static const json *task_has(const struct wf *wf, size_t i)
{
    str segment = arena_printf(wf_arena(wf), "[%zu]", i);
    for (const struct wf *child = wf_first_child(wf); child; child = wf_next_child(child))
        if (str_equal(wf_segment(child), segment))
            return wf_has(child);
    return NULL;
}

/* The results so far, null where there is none. The plan is read again: nothing is kept between
 * run and here but the trace. */
static const json *orchestrate_best(const struct wf *wf, const void *options)
{
    const struct orchestrate *o = options;
    struct arena *arena = wf_arena(wf);
    const json *planned = NULL;
    for (const struct wf *child = wf_first_child(wf); child; child = wf_next_child(child))
        if (str_starts_with(wf_segment(child), STR("plan")))
            planned = wf_has(child);
    if (!planned)
        return NULL;
    struct task_plan plan;
    const struct env *env = env_bind(arena, wf_env(wf), STR("plan"), planned);
    const json *tasks = template_eval(o->tasks, env, arena, NULL);
    task_plan_read(&plan, &o->rules, tasks, arena);
    json *results = json_new_list(arena);
    size_t found = 0;
    for (size_t i = 0; i < plan.count && plan.problems == 0; i++) {
        const json *has = task_has(wf, i);
        found += has != NULL;
        json_add(arena, results,
                 has ? result_of(arena, plan.task[i].task, has, json_null()) : json_null());
    }
    return found ? results : NULL;
}

const struct pattern pattern_orchestrate = {
    .name = "orchestrate",
    .summary = "plan, run workers for the tasks of the plan, synthesize",
    .options = orchestrate_options,
    .options_size = sizeof(struct orchestrate),
    .bind = orchestrate_bind,
    .run = orchestrate_run,
    .best = orchestrate_best,
    .estimate = orchestrate_estimate,
};
