/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loop.h: the one thread that waits.
 *
 * The loop runs tasks ("soon"), timers to the nanosecond, signals, and whatever io/ watches; all
 * callbacks run on its thread, on its own stack, and must not block. It stands on libuv, which
 * shows nowhere outside io/.
 *
 * Tasks and timers are embedded in the caller's structures: queueing one allocates nothing and
 * cannot fail. They must stay where they are until they have run or were stopped.
 *
 *     struct loop *loop = loop_open();
 *     loop_timer_set(loop, &timer, moment_add(clock_now(), 5 * NS_PER_MS));
 *     loop_run(loop);                         until loop_stop
 *     loop_close(loop);
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "base/clock.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

/* Never NULL: a kernel that has no descriptor left for us ends the program with a line. */
struct loop *loop_open(void);
/* The loop must stand still, with no fiber alive (BUG) and no task of another thread coming. */
void loop_close(struct loop *loop);

/* Runs until loop_stop; can be called again after that. */
void loop_run(struct loop *loop);
/* Ends loop_run after the current round. On the loop's thread; others post a task. */
void loop_stop(struct loop *loop);

struct loop_task {
    void (*run)(void *arg);
    void *arg;
    struct loop_task *next; /* the queue's */
    bool queued;            /* the queue's; false again when run is called */
};

/* Runs the task on the loop's own stack, after those queued before it and before the loop waits
 * again. A task that is queued already stays where it is. On the loop's thread. */
void loop_soon(struct loop *loop, struct loop_task *task);
/* The same from any thread. What the caller wrote before is seen by the task. The task must not
 * be in a queue already. */
void loop_post(struct loop *loop, struct loop_task *task);

struct loop_timer {
    void (*run)(void *arg);
    void *arg;
    struct moment due; /* when it is, or was last, set for */
    size_t place;      /* the loop's: 1 + place among the timers, 0 when not set */
};

/* Sets the timer, or sets it anew. It fires once, at `due` or as soon as possible after, never
 * before; those due at one moment fire in the order they were set. On Linux as exact as the
 * kernel's timers (some 60 us), elsewhere to the millisecond. */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, struct moment due);
/* Harmless when it is not set. */
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);
static inline bool loop_timer_is_set(const struct loop_timer *timer)
{
    return timer->place != 0;
}

/* From now on fn(arg, number) runs on the loop for every signal of that number, instead of the
 * default action; NULL gives the default action back. At most 8 different signals. */
void loop_signal(struct loop *loop, int number, void (*fn)(void *arg, int number), void *arg);

/*
 * How late the loop served what was due: timers, and sockets that were ready. For a socket it
 * is an upper bound: counted from when the kernel reported it, or, when the loop did not wait
 * before that report, from the report before it.
 */
struct loop_lateness {
    uint64_t count;
    int64_t p50_ns, p99_ns, max_ns; /* 0 when count is 0; quantiles to within 7 %, upwards */
};
struct loop_lateness loop_lateness(const struct loop *loop);

#endif
