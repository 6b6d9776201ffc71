/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fiber.h: code that waits as if it blocked, while the loop goes on.
 *
 * A fiber is a function with a stack of its own that runs on the loop's thread. Where it waits,
 * the loop runs others; nothing runs beside it, so between two waits it needs no lock. Whatever
 * may wait is marked `fiber_fn` in its declaration: the reader sees where control may leave.
 *
 *     static void fiber_fn ask_all(void *arg)
 *     {
 *         struct fiber_group group = {0};
 *         for (size_t i = 0; i < 3; i++)
 *             fiber_group_start(&group, ask_one, &asks[i]);
 *         if (fiber_group_join(&group) < 0)
 *             return;                        cancelled: unwind
 *         ...
 *     }
 *
 * Rules (docs/fibers.md has the reasons):
 *   1. No blocking call: the loop would stand still and it would be measured as latency.
 *   2. Stacks are small (64 KB, of which 60 are usable): no large arrays, no deep recursion.
 *   3. State that must hold across a wait is read again after it.
 *   4. No lock is held across a wait.
 *   5. After a wait has returned -1 the fiber unwinds by returning; every further wait
 *      returns -1 at once. What must be finished all the same uses fiber_suspend_held.
 *
 * Everything here is called on the loop's thread only; other threads use loop_post.
 */
#ifndef IO_FIBER_H
#define IO_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct fiber;

/* Marks a function that may suspend: it must be called on a fiber. */
#define fiber_fn

/* Starts fn(arg) on a fiber of its own, soon: never before this call has returned. The pointer
 * is good until fn returns; the fiber then takes itself down. */
struct fiber *fiber_start(struct loop *loop, void (*fn)(void *arg), void *arg);

/* Runs fn(arg) on a fiber, and the loop until fn has returned. For a program's main function
 * and for tests; not called on a fiber. */
void fiber_run(struct loop *loop, void (*fn)(void *arg), void *arg);

/* The running fiber; NULL on the loop's own stack. */
struct fiber *fiber_current(void);
struct loop *fiber_loop(void); /* the loop of the running fiber */

/* Waits until fiber_wake: 0, or -1 when the fiber is cancelled. A wake that arrived since the
 * last wait counts, so a wait may end early: callers wait in a loop on their condition.
 *     while (!done)
 *         if (fiber_suspend() < 0) { take back what was asked for; return -1; } */
int fiber_fn fiber_suspend(void);
/* The same, but a cancel does not end it: for what has to be seen to its end. */
void fiber_fn fiber_suspend_held(void);
/* The fiber goes on soon (never inline). Waking one that already runs or is about to makes its
 * next wait return at once, respectively does nothing. */
void fiber_wake(struct fiber *fiber);

/* Waits `ns` nanoseconds (0: lets the others run once). 0, or -1 when cancelled. */
int fiber_fn fiber_sleep(int64_t ns);

/* The fiber's current or next wait returns -1, as do all after it. Groups it has started are
 * cancelled when it joins them, which it must. */
void fiber_cancel(struct fiber *fiber);
bool fiber_cancelled(void); /* was the running fiber cancelled? */

/* Runs fn(arg) on the loop's stack, now, and nothing else in between: for what goes deep, such as
 * parsing. A page of a fiber's stack that was touched once costs 4 KB as long as the fiber waits,
 * and 10,000 may. fn must not wait. Off the loop's fibers it is a plain call. */
void fiber_aside(void (*fn)(void *arg), void *arg);

/*
 * Fan-out and join. A zeroed group is ready for use. The fiber that started children must join
 * the group before the group goes out of scope; it may start more after a join.
 */
struct fiber_group {
    struct fiber *first;  /* children that have not ended, newest first */
    struct fiber *joiner; /* who waits for them */
    size_t live;
    bool cancelled;
};

/* Children of a cancelled group start too, cancelled: each sees it at its first wait. */
void fiber_group_start(struct fiber_group *group, void (*fn)(void *arg), void *arg);
/* Waits until every child has ended: 0, or -1 when this fiber was cancelled; the children were
 * then cancelled too, and have ended. */
int fiber_fn fiber_group_join(struct fiber_group *group);
/* Cancels the children, now and those still to be started. Does not wait; a child may call it. */
void fiber_group_cancel(struct fiber_group *group);

struct fiber_stats {
    size_t live, peak;  /* fibers that have not ended; most at once */
    size_t stacks;      /* made so far; they are reused, never given back before the end */
    size_t stack_bytes; /* reserved for one, of which only touched pages cost memory */
    uint64_t switches;  /* into fibers */
};
struct fiber_stats fiber_stats(const struct loop *loop);

#endif
