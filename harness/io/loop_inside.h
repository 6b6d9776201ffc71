/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loop_inside.h: what the other files of io/ know of the loop. Nothing outside io/ includes it.
 */
#ifndef IO_LOOP_INSIDE_H
#define IO_LOOP_INSIDE_H

#include "io/lateness.h"
#include "io/loop.h"
#include "io/timers.h"

#include <pthread.h>
#include <uv.h>

struct fiber_pool;

struct task_queue {
    struct loop_task *first, *last;
};

enum { LOOP_SIGNALS = 8 };

struct loop_signal {
    uv_signal_t handle;
    void (*fn)(void *arg, int number);
    void *arg;
    int number; /* 0: free */
};

struct loop {
    uv_loop_t uv;
    struct task_queue soon;
    struct timers timers;
    bool stopped;

    /* Posted by other threads, under the lock; `wakeup` brings the loop to look. */
    pthread_mutex_t lock;
    struct task_queue posted;
    uv_async_t wakeup;

    /* Where the nearest timer is due; on Linux a timerfd watched by `alarm_poll`, elsewhere
     * `alarm_timer`. alarm_at is what it is armed for, 0 when it is not. */
    int alarm_fd;
    uv_poll_t alarm_poll;
    uv_timer_t alarm_timer;
    struct moment alarm_at;

    struct moment poll_began; /* when the loop last went to wait */
    struct moment reported; /* when the kernel reported in this round; 0 when it did not yet */
    struct moment reported_before;
    struct lateness lateness;

    struct loop_signal signals[LOOP_SIGNALS];
    struct fiber_pool *fibers; /* made by the first fiber, released by loop_close */
};

/* The moment from which on what the kernel reports in this round may have been ready. Called at
 * the start of every callback for descriptors. */
struct moment loop_ready_since(struct loop *loop);
/* Notes that something ready at `since` is served only now. */
void loop_served(struct loop *loop, struct moment since);
/* Takes a task back that may be queued. */
void loop_unqueue(struct loop *loop, struct loop_task *task);

/* fiber.c: gives the stacks back; BUG when a fiber is alive. */
void fiber_pool_free(struct fiber_pool *pool);

#endif
