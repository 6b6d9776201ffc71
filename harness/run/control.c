/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * control.c: from any thread to the loop's (see control.h).
 */
#include "run/control.h"

static void pass_on(void *arg)
{
    struct run_control *control = arg;
    pthread_mutex_lock(&control->lock);
    control->posted = false;
    unsigned times = control->loop ? control->asked - control->given : 0;
    control->given += times;
    pthread_mutex_unlock(&control->lock);
    while (times--)
        control->interrupt(control->run);
}

/* Under the lock. */
static void post(struct run_control *control)
{
    if (!control->loop || control->posted || control->asked == control->given)
        return;
    control->posted = true;
    control->task = (struct loop_task){.run = pass_on, .arg = control};
    loop_post(control->loop, &control->task);
}

void run_control_init(struct run_control *control)
{
    *control = (struct run_control){.asked = 0};
    pthread_mutex_init(&control->lock, NULL);
}

void run_control_release(struct run_control *control)
{
    pthread_mutex_destroy(&control->lock);
}

void run_control_stop(struct run_control *control)
{
    pthread_mutex_lock(&control->lock);
    control->asked++;
    post(control);
    pthread_mutex_unlock(&control->lock);
}

void run_control_begin(struct run_control *control, struct loop *loop,
                       void (*interrupt)(void *run), void *run)
{
    if (!control)
        return;
    pthread_mutex_lock(&control->lock);
    control->loop = loop;
    control->interrupt = interrupt;
    control->run = run;
    control->posted = false;
    post(control);
    pthread_mutex_unlock(&control->lock);
}

void run_control_end(struct run_control *control)
{
    if (!control)
        return;
    pthread_mutex_lock(&control->lock);
    control->loop = NULL;
    pthread_mutex_unlock(&control->lock);
}
