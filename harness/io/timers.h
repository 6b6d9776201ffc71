/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timers.h: a heap of loop timers, nearest first. It knows no clock and waits for nothing.
 */
#ifndef IO_TIMERS_H
#define IO_TIMERS_H

#include "io/loop.h"

#include <stddef.h>

struct timer_slot {
    int64_t due_ns;
    uint64_t order;
    struct loop_timer *timer;
};

/* Zero is an empty heap. */
struct timers {
    struct timer_slot *slots;
    size_t count, capacity;
    uint64_t order; /* of the last one added */
};

void timers_add(struct timers *timers, struct loop_timer *timer, struct moment due);
void timers_remove(struct timers *timers, struct loop_timer *timer);
/* The nearest, NULL when there is none. */
struct loop_timer *timers_first(const struct timers *timers);
void timers_release(struct timers *timers);

#endif
