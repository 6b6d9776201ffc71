/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wf_fan.c: several nodes at once, each a child of the one that asks.
 *
 * They are laid out in the trace before any starts, in the order of their definition, so a
 * trace is the same whoever came first; budgets are divided in that order too (rule 4). Lanes
 * take them one after the other, and the slowest lane says where the clock stands afterwards.
 */
#include "run/wf_inside.h"

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
        bool through = fan->task[i].failed && wf_passes_through(failure);
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
        if (task->failed && (on_error == WF_FAIL || wf_passes_through(&task->failure)))
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
