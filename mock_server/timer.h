/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timer.h: timers in nanoseconds on a libuv loop.
 *
 * libuv counts whole milliseconds, which makes a paced stream visibly late. Here a heap of
 * absolute due times stands behind one timerfd (elsewhere behind one libuv timer, at most a
 * millisecond late). A timer belongs to its owner; setting and cancelling allocate nothing but
 * the heap's room.
 *
 *     struct timer timer = {.fire = on_due};
 *     timer_set(timers, &timer, moment_add(clock_now(), 5 * NS_PER_MS));
 */
#ifndef MOCK_TIMER_H
#define MOCK_TIMER_H

#include "base/clock.h"
#include "base/err.h"

#include <stddef.h>
#include <uv.h>

struct timers;

struct timer {
    struct moment due;
    size_t place; /* in the heap, from 1; 0: not set */
    void (*fire)(struct timer *timer);
};

/* The timers of a loop; freed by timers_close once the loop has run its closing callbacks. */
struct timers *timers_new(uv_loop_t *loop, struct err *err);
/* Sets or moves a timer; fire is called once, at or after `due`, never from inside timer_set. */
void timer_set(struct timers *timers, struct timer *timer, struct moment due);
/* No effect on a timer that is not set. */
void timer_cancel(struct timers *timers, struct timer *timer);
/* Closes the handles; the memory goes when the loop has run them out. */
void timers_close(struct timers *timers);

#endif
