/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * barrier.h: a fiber waits until the store has written (rule 6).
 *
 *     struct barrier barrier;
 *     barrier_init(&barrier, run->loop);
 *     store_write_call(run->store, &record, barrier_done, &barrier);
 *     if (barrier_wait(&barrier) < 0) ...     the store cannot write: the run must stop
 */
#ifndef RUN_BARRIER_H
#define RUN_BARRIER_H

#include "io/fiber.h"
#include "io/loop.h"

struct barrier {
    struct loop_task task;
    struct loop *loop;
    struct fiber *fiber;
    bool done, failed;
};

/* On the fiber that will wait. */
void barrier_init(struct barrier *barrier, struct loop *loop);
/* The store's `done`: called on the writer's thread. */
void barrier_done(void *barrier, bool failed);
/* Waits, also when the fiber is cancelled: the record is in use until it is written. */
int fiber_fn barrier_wait(struct barrier *barrier);

#endif
