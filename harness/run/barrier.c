/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * barrier.c: from the writer's thread back to a fiber (see barrier.h).
 */
#include "run/barrier.h"

static void wake(void *arg)
{
    struct barrier *barrier = arg;
    barrier->done = true;
    fiber_wake(barrier->fiber);
}

void barrier_init(struct barrier *barrier, struct loop *loop)
{
    *barrier = (struct barrier){.loop = loop, .fiber = fiber_current()};
    barrier->task = (struct loop_task){.run = wake, .arg = barrier};
}

void barrier_done(void *arg, bool failed)
{
    struct barrier *barrier = arg;
    barrier->failed = failed;
    loop_post(barrier->loop, &barrier->task);
}

int fiber_fn barrier_wait(struct barrier *barrier)
{
    while (!barrier->done)
        fiber_suspend_held();
    return barrier->failed ? -1 : 0;
}
