/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wf.c: what stands behind a pattern's window (see wf.h): running nodes.
 *
 * A wf is one node instance. Its clock is that of latency (rule 2): it starts where its parent's
 * stands, moves on by what calls took, and after children at once is set to that of the slowest,
 * so the root's clock ends at the length of the longest path. Deadlines are points on this clock.
 *
 * Whatever runs at once is laid out in the trace before it starts, in the order of its
 * definition, so a trace is the same whoever came first. Model calls are in wf_call.c.
 */
#include "run/wf_inside.h"

#include "base/ceilings.h"
#include "base/text.h"
#include "io/exec.h"
#include "io/pool.h"
#include "patterns/pattern.h"
#include "plan/bind.h"
#include "plan/transform.h"

#include <stdio.h>

struct arena *wf_arena(const struct wf *wf)
{
    return wf->cell->arena;
}

struct arena *wf_scratch(struct wf *wf)
{
    if (!wf->scratch)
        wf->scratch = scratch_take(&wf->cell->run->scratch);
    return &wf->scratch->arena;
}

const struct env *wf_env(const struct wf *wf)
{
    return wf->env;
}

int64_t wf_trial(const struct wf *wf)
{
    return wf->cell->id.trial;
}

/* ---- failures ---- */

int wf_fail(struct wf *wf, enum failure_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const json *value = wf->failure.value;
    wf->failure = (struct failure){
        .kind = kind,
        .path = wf->step.path,
        .message = arena_vprintf(wf_arena(wf), format, args),
        .value = value,
    };
    va_end(args);
    wf->step.failed_itself = true;
    return -1;
}

int wf_fail_budget(struct wf *wf, const struct purse *purse, const char *what)
{
    if (!purse->owner)
        return wf_fail(wf, FAILURE_LIMIT, "more calls than limits.calls allows this part");
    str path = purse->owner->step.path;
    wf_fail(wf, FAILURE_BUDGET, "the budget of '%.*s' is spent: %s", STR_ARG(path), what);
    wf->failure.owner = purse->owner;
    return -1;
}

void wf_blocked(struct wf *wf)
{
    wf->blocked = true;
}

void wf_fail_value(struct wf *wf, const json *value)
{
    wf->failure.value = value;
}

int wf_fail_as(struct wf *wf, const struct failure *failure)
{
    wf->failure = *failure;
    return -1;
}

const struct failure *wf_failure(const struct wf *wf)
{
    return &wf->failure;
}

void wf_forgive(struct wf *wf)
{
    wf->failure = (struct failure){0};
    wf->step.failed_itself = false;
}

/* Failures that no pattern may forgive: the run is stopped, or a budget further out is spent. */
static bool passes_through(const struct failure *failure)
{
    return failure->kind == FAILURE_CANCELLED ||
           (failure->kind == FAILURE_BUDGET && failure->owner);
}

bool wf_must_end(const struct wf *wf)
{
    return passes_through(&wf->failure);
}

/* ---- templates ---- */

static int template_failed(struct wf *wf, const struct template_problem *problem)
{
    return wf_fail(wf, FAILURE_TEMPLATE, "%.*s", STR_ARG(problem->text));
}

int wf_eval(struct wf *wf, const struct template *template, const struct env *env,
            const json **value)
{
    struct template_problem problem = {0};
    *value = template_eval(template, env, wf_arena(wf), &problem);
    return *value ? 0 : template_failed(wf, &problem);
}

static int render(struct wf *wf, const struct template *template, const struct env *env,
                  struct arena *arena, str *text)
{
    struct template_problem problem = {0};
    if (template_render(template, env, arena, text, &problem) < 0)
        return template_failed(wf, &problem);
    return 0;
}

int wf_render(struct wf *wf, const struct template *template, const struct env *env, str *text)
{
    return render(wf, template, env, wf_arena(wf), text);
}

int wf_render_scratch(struct wf *wf, const struct template *template, const struct env *env,
                      str *text)
{
    return render(wf, template, env, wf_scratch(wf), text);
}

/* ---- the trace ---- */

void wf_note(struct wf *wf, const char *key, const json *value)
{
    if (!wf->step.note)
        wf->step.note = json_new_object(wf_arena(wf));
    json_set(wf_arena(wf), wf->step.note, str_from(key), value);
}

void wf_label_child(struct wf *wf, const json *label)
{
    for (struct wf *child = wf->last_child; child; child = child->last_child) {
        child->step.label = label;
        if (!child->step.hidden)
            break; /* behind `use` it is the shared node that counts */
    }
}

static struct wf *wf_new(struct wf *parent, const struct node *node, str segment,
                         const struct env *env)
{
    struct arena *arena = wf_arena(parent);
    struct wf *wf = arena_new(arena, struct wf);
    wf->cell = parent->cell;
    wf->env = env;
    wf->deadline_ns = parent->deadline_ns;
    wf->purse = parent->purse;
    wf->depth = parent->depth + 1;
    wf->segment = segment;
    wf->path = path_append(arena, parent->path, segment);
    wf->step.node = node;
    wf->step.path = wf->path.n ? wf->path : STR(".");
    wf->step.generic = path_generic(arena, wf->step.path);
    wf->step.role = parent->step.role;
    wf->step.hidden = node->pattern->transparent;
    wf->step.parent = &parent->step;
    if (parent->step.last_child)
        parent->step.last_child->next = &wf->step;
    else
        parent->step.first_child = &wf->step;
    parent->step.last_child = &wf->step;
    return wf;
}

struct wf *wf_new_root(struct cell *cell)
{
    struct wf *outside = arena_new(cell->arena, struct wf);
    outside->cell = cell;
    const struct experiment *experiment = cell->run->experiment;
    outside->purse = arena_new(cell->arena, struct purse);
    *outside->purse = (struct purse){
        .left = {experiment->limits.calls, experiment->limits.steps, PURSE_UNLIMITED,
                 PURSE_UNLIMITED},
        .until_ns = PURSE_UNLIMITED,
    };
    outside->deadline_ns = experiment->limits.time;
    struct wf *root = wf_new(outside, cell->variant->root, STR(""), cell->env);
    if (experiment->cell_budget)
        root->purse = purse_new(cell->arena, root->purse, root, experiment->cell_budget, 0);
    cell->trace.first_child = cell->trace.last_child = &root->step;
    root->step.parent = &cell->trace;
    return root;
}

/* ---- one node ---- */

static int64_t wall_since_start(const struct wf *wf)
{
    return moment_since(clock_now(), wf->cell->start);
}

static int bind_with_names(struct wf *wf)
{
    const struct node *node = wf->step.node;
    const struct env *outer = wf->env;
    for (size_t i = 0; i < node->withs; i++) {
        const json *value;
        if (wf_eval(wf, node->with[i].value, outer, &value) < 0)
            return -1;
        wf->env = env_bind(wf_arena(wf), wf->env, node->with[i].name, value);
    }
    return 0;
}

static int check_limits(struct wf *wf)
{
    const struct limits *limits = &wf->cell->run->experiment->limits;
    if (wf->depth > (unsigned)limits->depth)
        return wf_fail(wf, FAILURE_LIMIT, "nodes are nested deeper than limits.depth, %lld",
                       (long long)limits->depth);
    if (purse_take(wf->purse, (struct amounts){.steps = 1}))
        return wf_fail(wf, FAILURE_LIMIT, "more steps than limits.steps allows this part, %lld",
                       (long long)limits->steps);
    return 0;
}

/* Stops counting at the limit, so that shared parts cannot make it long. */
static size_t json_size(const json *value, size_t limit)
{
    size_t size = json_is(value, JSON_TEXT) ? json_text(value).n + 2 : 4;
    for (const json *item = json_first(value); item && size <= limit; item = json_next(item))
        size += json_size(item, limit - size) + 1;
    return size;
}

static int check_value(struct wf *wf, const json *value)
{
    size_t limit = (size_t)wf->cell->run->experiment->limits.value;
    if (json_size(value, limit) > limit)
        return wf_fail(wf, FAILURE_LIMIT, "the value is larger than limits.value, %zu bytes",
                       limit);
    return 0;
}

struct gate_job {
    const struct check *check;
    const struct env *env;
    const json *value;
    struct arena *arena;
    struct check_result result;
    struct template_problem problem;
    int status;
};

static void run_gate_job(void *arg)
{
    struct gate_job *job = arg;
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
    else if (json_size(value, LARGE_CHECK_BYTES) > LARGE_CHECK_BYTES)
        pool_run(wf->cell->run->pool, run_gate_job, &job);
    else
        run_gate_job(&job);
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

static int fiber_fn check_gates(struct wf *wf, const json *value)
{
    const struct node *node = wf->step.node;
    if (node->gates == 0)
        return 0;
    const struct env *env = env_bind(wf_arena(wf), wf->env, STR("value"), value);
    for (size_t i = 0; i < node->gates; i++) {
        str reason;
        if (wf_check(wf, node->gate[i], env, value, &reason))
            continue;
        wf_fail_value(wf, value);
        return wf_fail(wf, FAILURE_GATE, "%.*s", STR_ARG(reason));
    }
    return 0;
}

static int fiber_fn run_body(struct wf *wf, const json **value)
{
    const struct node *node = wf->step.node;
    if (check_limits(wf) < 0 || bind_with_names(wf) < 0)
        return -1;
    if (node->timeout_ns) {
        int64_t own = wf->step.start_ns + node->timeout_ns;
        if (wf->deadline_ns == 0 || own < wf->deadline_ns)
            wf->deadline_ns = own;
    }
    if (node->budget)
        wf->purse = purse_new(wf_arena(wf), wf->purse, wf, node->budget, wf->step.start_ns);
    if (node->pattern->run(wf, node->options, value) < 0)
        return -1;
    if (wf->deadline_ns && wf->clock_ns > wf->deadline_ns)
        return wf_fail(wf, FAILURE_TIMEOUT, "the deadline passed");
    const struct purse *ended = purse_ended(wf->purse, wf->clock_ns - 1);
    if (ended)
        return wf_fail_budget(wf, ended, "its time is up");
    return check_value(wf, *value) < 0 ? -1 : check_gates(wf, *value);
}

/* A gate beside `use` judges the shared node's step, which is the one that shows. */
static void fail_shown_step(struct wf *wf)
{
    struct wf *shown = wf->last_child;
    while (shown && shown->step.hidden)
        shown = shown->last_child;
    if (wf->step.hidden && wf->step.failed_itself && shown && shown->step.outcome == STEP_OK) {
        shown->step.outcome = STEP_FAILED;
        shown->step.failure = wf->failure;
        shown->step.failed_itself = true;
    }
}

/* A spent budget ends its owner with the best result so far, when there is one; the failure is
 * an ordinary one from there on. */
static int end_budget(struct wf *wf, const json **value)
{
    if (wf->failure.kind != FAILURE_BUDGET || wf->failure.owner != wf)
        return -1;
    wf->failure.owner = NULL;
    const struct node *node = wf->step.node;
    *value = node->pattern->best ? node->pattern->best(wf, node->options) : NULL;
    return *value ? 0 : -1;
}

int fiber_fn wf_node(struct wf *wf, const json **value)
{
    *value = NULL;
    wf->step.start_ns = wf->clock_ns;
    wf->step.wall_start_ns = wall_since_start(wf);
    int result = run_body(wf, value);
    scratch_give(&wf->cell->run->scratch, wf->scratch);
    wf->scratch = NULL;
    enum step_outcome ended_well = wf->blocked ? STEP_BLOCKED : STEP_OK;
    if (result < 0) {
        *value = NULL;
        ended_well = STEP_CUT_SHORT;
        result = end_budget(wf, value);
    }
    if (result == 0)
        wf_forgive(wf); /* what it caught is in its children's records */
    wf->step.outcome = result < 0 ? STEP_FAILED : ended_well;
    wf->step.failure = wf->failure;
    wf->step.value = result < 0 ? wf->failure.value : *value;
    wf->step.env = wf->env;
    wf->step.end_ns = wf->clock_ns;
    wf->step.wall_end_ns = wall_since_start(wf);
    if (result < 0)
        fail_shown_step(wf);
    return result;
}

int fiber_fn wf_run_as(struct wf *wf, enum call_role role, const struct node *child,
                       str segment, const struct env *env, const json **value)
{
    struct wf *inner = wf_new(wf, child, segment, env);
    inner->step.role = role;
    inner->clock_ns = wf->clock_ns;
    wf->last_child = inner;
    int result = wf_node(inner, value);
    wf->clock_ns = inner->clock_ns;
    if (result < 0)
        wf->failure = inner->failure;
    return result;
}

int fiber_fn wf_run(struct wf *wf, const struct node *child, str segment, const struct env *env,
                    const json **value)
{
    return wf_run_as(wf, wf->step.role, child, segment, env, value);
}

/* ---- several at once ---- */

struct fan_out {
    struct wf_task *task;
    struct wf **child;
    size_t count, next; /* of those that wait for a lane */
    struct fiber_group lanes;
    int64_t start_ns, end_ns; /* clock: where it began, where the slowest lane is */
    bool one_by_one, stop_at_failure, stopped;
    bool others_cancelled; /* by the task that runs beside them */
};

static int64_t fiber_fn run_task(struct fan_out *fan, size_t i, int64_t clock_ns)
{
    struct wf_task *task = &fan->task[i];
    struct wf *child = fan->child[i];
    child->clock_ns = clock_ns;
    task->failed = wf_node(child, &task->value) < 0;
    task->failure = child->failure;
    return child->clock_ns;
}

/* A lane runs one task after the other; its clock is the sum of theirs. */
static void fiber_fn run_lane(void *arg)
{
    struct fan_out *fan = arg;
    int64_t clock_ns = fan->start_ns;
    while (fan->next < fan->count && !fan->stopped) {
        size_t i = fan->next++;
        clock_ns = run_task(fan, i, clock_ns);
        const struct failure *failure = &fan->task[i].failure;
        bool through = fan->task[i].failed && passes_through(failure);
        fan->stopped = fan->stopped || failure->kind == FAILURE_CANCELLED ||
                       (fan->one_by_one && through) ||
                       (fan->stop_at_failure && fan->task[i].failed);
    }
    if (clock_ns > fan->end_ns)
        fan->end_ns = clock_ns;
}

static void fiber_fn run_beside(void *arg)
{
    struct fan_out *fan = arg;
    const struct wf_task *task = &fan->task[fan->count];
    int64_t clock_ns = run_task(fan, fan->count, fan->start_ns);
    if (clock_ns > fan->end_ns)
        fan->end_ns = clock_ns;
    if (task->failed && task->cancels && task->failure.kind == task->cancels) {
        fan->others_cancelled = fan->stopped = true;
        fiber_group_cancel(&fan->lanes);
    }
}

static void fiber_fn run_lanes(struct wf *wf, struct fan_out *fan, size_t width, bool beside)
{
    size_t all = fan->count + beside;
    struct purse **share = arena_calloc(wf_arena(wf), all, sizeof(struct purse *));
    purse_share(wf->purse, wf_arena(wf), all, share);
    for (size_t i = 0; i < all; i++)
        fan->child[i]->purse = share[i];
    for (size_t i = 0; i < width; i++)
        fiber_group_start(&fan->lanes, run_lane, fan);
    if (beside)
        fiber_group_start(&fan->lanes, run_beside, fan);
    fiber_group_join(&fan->lanes);
    purse_join(wf->purse, all, share);
}

/* The failure of the first task in order that makes the whole fail, or NULL. */
static const struct failure *first_failure(const struct fan_out *fan, size_t all,
                                           enum wf_on_error on_error)
{
    if (fan->others_cancelled)
        return &fan->task[all - 1].failure;
    for (size_t i = 0; i < all; i++) {
        const struct wf_task *task = &fan->task[i];
        if (task->failed && (on_error == WF_FAIL || passes_through(&task->failure)))
            return &task->failure;
    }
    return NULL;
}

int fiber_fn wf_run_all(struct wf *wf, struct wf_task *task, size_t count, size_t width,
                        enum wf_on_error on_error)
{
    if (count == 0)
        return 0;
    bool beside = task[count - 1].beside;
    size_t waiting = count - beside;
    width = width == 0 || width > waiting ? waiting : width;
    struct fan_out fan = {
        .task = task,
        .child = arena_calloc(wf_arena(wf), count, sizeof(struct wf *)),
        .count = waiting,
        .start_ns = wf->clock_ns,
        .end_ns = wf->clock_ns,
        .one_by_one = width == 1,
        .stop_at_failure = width == 1 && on_error == WF_FAIL,
    };
    for (size_t i = 0; i < count; i++)
        fan.child[i] = wf_new(wf, task[i].node, task[i].segment, task[i].env);
    if (width == 1 && !beside)
        run_lane(&fan);
    else
        run_lanes(wf, &fan, width, beside);
    wf->clock_ns = fan.end_ns;
    wf->last_child = fan.child[count - 1];
    if (fiber_cancelled())
        return wf_fail(wf, FAILURE_CANCELLED, "the run was stopped");
    const struct failure *failure = first_failure(&fan, count, on_error);
    return failure ? wf_fail_as(wf, failure) : 0;
}

/* ---- what a pattern's `best` looks at ---- */

/* A step is the first member of its wf. */
static const struct wf *wf_of(const struct step *step)
{
    return (const struct wf *)step;
}

const struct wf *wf_first_child(const struct wf *wf)
{
    return wf_of(wf->step.first_child);
}

const struct wf *wf_next_child(const struct wf *child)
{
    return wf_of(child->step.next);
}

str wf_segment(const struct wf *child)
{
    return child->segment;
}

const struct node *wf_child_node(const struct wf *child)
{
    return child->step.node;
}

const json *wf_has(const struct wf *child)
{
    const struct node *node = child->step.node;
    switch (child->step.outcome) {
    case STEP_OK:
    case STEP_BLOCKED:
    case STEP_CUT_SHORT:
        return child->step.value;
    case STEP_FAILED:
        if (child->step.failure.kind == FAILURE_BUDGET && node->pattern->best)
            return node->pattern->best(child, node->options);
        return NULL;
    case STEP_NOT_RUN:
        break;
    }
    return NULL;
}

/* ---- parsing and validation of what may be large ---- */

struct parse_job {
    struct arena *arena;
    str text;
    struct json_error *error;
    const json *value;
};

static void run_parse_job(void *arg)
{
    struct parse_job *job = arg;
    job->value = json_parse(job->arena, job->text, job->error);
}

static void end_arena(void *object)
{
    arena_release(object);
}

/* An arena that lives as long as the cell's, for a worker to fill while the cell's own is used
 * by its other fibers. */
static struct arena *arena_beside(struct wf *wf)
{
    struct arena *arena = arena_new(wf_arena(wf), struct arena);
    arena_on_end(wf_arena(wf), end_arena, arena);
    return arena;
}

const json *fiber_fn wf_parse(struct wf *wf, str text, struct json_error *error)
{
    struct parse_job job = {wf_arena(wf), text, error, NULL};
    if (text.n > LARGE_PARSE_BYTES) {
        job.arena = arena_beside(wf);
        pool_run(wf->cell->run->pool, run_parse_job, &job);
    } else {
        run_parse_job(&job);
    }
    return job.value;
}

struct valid_job {
    const struct jsonschema *schema;
    const json *value;
    struct arena *arena;
    struct jsonschema_problem *problems;
    size_t most, *count;
    bool valid;
};

static void run_valid_job(void *arg)
{
    struct valid_job *job = arg;
    job->valid = jsonschema_valid(job->schema, job->value, job->arena, job->problems, job->most,
                                  job->count);
}

bool fiber_fn wf_valid(struct wf *wf, const struct jsonschema *schema, const json *value,
                       struct jsonschema_problem *problems, size_t most, size_t *count)
{
    struct valid_job job = {schema, value, wf_arena(wf), problems, most, count, false};
    if (json_size(value, LARGE_CHECK_BYTES) > LARGE_CHECK_BYTES) {
        job.arena = arena_beside(wf);
        pool_run(wf->cell->run->pool, run_valid_job, &job);
    } else {
        run_valid_job(&job);
    }
    return job.valid;
}

struct transform_job {
    struct arena *arena;
    const struct transform *transform;
    size_t count;
    const json *value;
};

static void run_transform_job(void *arg)
{
    struct transform_job *job = arg;
    job->value = transform_apply(job->arena, job->transform, job->count, job->value);
}

const json *fiber_fn wf_transform(struct wf *wf, const struct transform *transform,
                                  size_t count, const json *value)
{
    struct transform_job job = {wf_arena(wf), transform, count, value};
    if (count && json_size(value, LARGE_CHECK_BYTES) > LARGE_CHECK_BYTES) {
        job.arena = arena_beside(wf);
        pool_run(wf->cell->run->pool, run_transform_job, &job);
    } else {
        run_transform_job(&job);
    }
    return job.value;
}

bool wf_is_large(const json *value)
{
    return json_size(value, LARGE_CHECK_BYTES) > LARGE_CHECK_BYTES;
}

void fiber_fn wf_work(struct wf *wf, bool large, void (*work)(void *arg), void *arg)
{
    if (large)
        pool_run(wf->cell->run->pool, work, arg);
    else
        work(arg);
}
