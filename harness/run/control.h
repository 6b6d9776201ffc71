/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * control.h: a run that is stopped from another thread, as Ctrl-C would stop it.
 */
#ifndef RUN_CONTROL_H
#define RUN_CONTROL_H

#include "io/loop.h"

#include <pthread.h>

/* Lives longer than the run. */
struct run_control {
    pthread_mutex_t lock;
    struct loop *loop; /* of the run; NULL: it has not begun, or has ended */
    struct loop_task task;
    bool posted;
    unsigned asked; /* how often */
    void (*interrupt)(void *run);
    void *run;
    unsigned given; /* how often `interrupt` was called */
};

void run_control_init(struct run_control *control);
void run_control_release(struct run_control *control);
/* The first time open cells are finished, from the second on they are dropped. Before a run has begun it
 * counts for that run; after it, for nothing. From any thread. */
void run_control_stop(struct run_control *control);

/* For run_execute: `interrupt` is called on the loop, once for each time that was asked. Both are
 * harmless for NULL. */
void run_control_begin(struct run_control *control, struct loop *loop,
                       void (*interrupt)(void *run), void *run);
void run_control_end(struct run_control *control);

#endif
