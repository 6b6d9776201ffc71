/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wf.c: what stands behind a pattern's window (see wf.h): running nodes.
 *
 * A wf is one node instance. Its clock is that of latency (rule 2): it starts where its parent's
 * stands, moves on by what calls took, and after children at once is set to that of the slowest,
 * so the root's clock ends at the length of the longest path. Deadlines are points on this clock.
 *
 * Its calls are in wf_call.c, its programs in wf_exec.c, its checks in wf_check.c, its children
 * at once in wf_fan.c.
 */
#include "run/wf_inside.h"

#include "patterns/pattern.h"
#include "plan/bind.h"

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

bool wf_passes_through(const struct failure *failure)
{
    return failure->kind == FAILURE_CANCELLED ||
           (failure->kind == FAILURE_BUDGET && failure->owner);
}

bool wf_must_end(const struct wf *wf)
{
    return wf_passes_through(&wf->failure);
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

struct wf *wf_new(struct wf *parent, const struct node *node, str segment,
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

static int check_value(struct wf *wf, const json *value)
{
    size_t limit = (size_t)wf->cell->run->experiment->limits.value;
    if (wf_larger_than(value, limit))
        return wf_fail(wf, FAILURE_LIMIT, "the value is larger than limits.value, %zu bytes",
                       limit);
    return 0;
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
