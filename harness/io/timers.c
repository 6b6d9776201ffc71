/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timers.c: a 4-ary heap of loop timers (see timers.h).
 *
 * Most timers are deadlines that never come: they are added behind everything and removed
 * again, which in a heap touches few slots. The key lies in the slot, so that sifting does not
 * fetch every timer it passes; four children share a cache line or two and halve the depth.
 * Every timer knows its slot, and can be removed without a search.
 */
#include "io/timers.h"

#include "base/mem.h"

enum { CHILDREN = 4, FIRST_CAPACITY = 64 };

static bool before(const struct timer_slot *a, const struct timer_slot *b)
{
    return a->due_ns < b->due_ns || (a->due_ns == b->due_ns && a->order < b->order);
}

static void put(struct timers *timers, size_t at, struct timer_slot slot)
{
    timers->slots[at] = slot;
    slot.timer->place = at + 1;
}

static void sift_up(struct timers *timers, size_t at, struct timer_slot slot)
{
    while (at > 0) {
        size_t parent = (at - 1) / CHILDREN;
        if (!before(&slot, &timers->slots[parent]))
            break;
        put(timers, at, timers->slots[parent]);
        at = parent;
    }
    put(timers, at, slot);
}

static void sift_down(struct timers *timers, size_t at, struct timer_slot slot)
{
    for (;;) {
        size_t child = at * CHILDREN + 1, end = child + CHILDREN;
        if (child >= timers->count)
            break;
        if (end > timers->count)
            end = timers->count;
        size_t least = child;
        for (size_t i = child + 1; i < end; i++)
            if (before(&timers->slots[i], &timers->slots[least]))
                least = i;
        if (!before(&timers->slots[least], &slot))
            break;
        put(timers, at, timers->slots[least]);
        at = least;
    }
    put(timers, at, slot);
}

void timers_add(struct timers *timers, struct loop_timer *timer, struct moment due)
{
    if (timers->count == timers->capacity) {
        timers->capacity = timers->capacity ? timers->capacity * 2 : FIRST_CAPACITY;
        timers->slots = xrealloc(timers->slots, timers->capacity * sizeof *timers->slots);
    }
    timer->due = due;
    sift_up(timers, timers->count++, (struct timer_slot){due.ns, ++timers->order, timer});
}

void timers_remove(struct timers *timers, struct loop_timer *timer)
{
    size_t at = timer->place - 1;
    struct timer_slot last = timers->slots[--timers->count];
    timer->place = 0;
    if (last.timer == timer)
        return;
    /* The last one fills the gap; it may belong above it or below. */
    if (at > 0 && before(&last, &timers->slots[(at - 1) / CHILDREN]))
        sift_up(timers, at, last);
    else
        sift_down(timers, at, last);
}

struct loop_timer *timers_first(const struct timers *timers)
{
    return timers->count ? timers->slots[0].timer : NULL;
}

void timers_release(struct timers *timers)
{
    xfree(timers->slots);
    *timers = (struct timers){0};
}
