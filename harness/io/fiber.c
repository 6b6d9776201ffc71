/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fiber.c: fibers over a switch of stacks and the loop's task queue (see fiber.h).
 *
 * A fiber lives at the top of its own stack, so that a suspended one costs one touched page and
 * no allocation. Only the loop's stack resumes a fiber, as a task, and a fiber that waits always
 * goes back to the loop's stack; so there is one way in and one way out, and the sanitizers are
 * told of both in one place each.
 *
 * A stack is kept for the next fiber when its function has returned, last in first out.
 */
#include "io/fiber.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/fiber_stack.h"
#include "io/fiber_switch.h"
#include "io/loop_inside.h"

#if WEIR_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if WEIR_TSAN
#include <sanitizer/tsan_interface.h>
#endif

enum fiber_state {
    FIBER_READY, /* queued as a task, waits for the loop */
    FIBER_RUNNING,
    FIBER_ASIDE,     /* the loop's stack computes something for it */
    FIBER_SUSPENDED, /* waits for fiber_wake or, unless held, fiber_cancel */
    FIBER_ENDED,     /* its function has returned: the loop takes it down */
};

struct fiber {
    struct loop_task task;
    struct fiber_context context;
    struct fiber_pool *pool;
    void (*fn)(void *arg);
    void *arg;
    void (*aside)(void *arg); /* what the loop's stack is to compute, and of what */
    void *aside_arg;
    struct fiber_group *group; /* NULL when it was started on its own */
    struct fiber *next, *prev; /* in the group; next also among idle stacks */
    char *low;                 /* of the stack */
    size_t size;
    enum fiber_state state;
    bool woken; /* a wake came while it ran */
    bool held;  /* its wait takes no notice of a cancel */
    bool cancelled;
#if WEIR_ASAN
    void *fake_stack;
#endif
#if WEIR_TSAN
    void *tsan;
#endif
};

struct fiber_pool {
    struct loop *loop;
    struct fiber_context main; /* where the loop's stack was left */
    struct fiber *idle;        /* ended, their stacks ready for reuse */
    struct fiber_stacks stacks;
    struct fiber_stats stats;
#if WEIR_ASAN
    void *main_fake_stack;
    const void *main_low; /* the loop's stack, learned at the first entry into a fiber */
    size_t main_size;
#endif
#if WEIR_TSAN
    void *main_tsan;
#endif
};

static _Thread_local struct fiber *current;

/* --- the two ways across --- */

static void enter(struct fiber *fiber)
{
    struct fiber_pool *pool = fiber->pool;
    current = fiber;
    fiber->state = FIBER_RUNNING;
    pool->stats.switches++;
#if WEIR_ASAN
    __sanitizer_start_switch_fiber(&pool->main_fake_stack, fiber->low, fiber->size);
#endif
#if WEIR_TSAN
    pool->main_tsan = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fiber->tsan, 0);
#endif
    fiber_context_switch(&pool->main, &fiber->context);
#if WEIR_ASAN
    __sanitizer_finish_switch_fiber(pool->main_fake_stack, NULL, NULL);
#endif
    current = NULL;
}

static void leave(struct fiber *fiber)
{
    struct fiber_pool *pool = fiber->pool;
#if WEIR_ASAN
    /* The fake stack of one that has ended is let go. */
    __sanitizer_start_switch_fiber(fiber->state == FIBER_ENDED ? NULL : &fiber->fake_stack,
                                   pool->main_low, pool->main_size);
#endif
#if WEIR_TSAN
    __tsan_switch_to_fiber(pool->main_tsan, 0);
#endif
    fiber_context_switch(&fiber->context, &pool->main);
#if WEIR_ASAN
    __sanitizer_finish_switch_fiber(fiber->fake_stack, &pool->main_low, &pool->main_size);
#endif
}

/* The first frame of every fiber. */
static void begin(void *arg)
{
    struct fiber *fiber = arg;
#if WEIR_ASAN
    __sanitizer_finish_switch_fiber(NULL, &fiber->pool->main_low, &fiber->pool->main_size);
#endif
    fiber->fn(fiber->arg);
    fiber->state = FIBER_ENDED;
    leave(fiber);
    BUG("a fiber that has ended goes on");
}

/* --- life --- */

static void group_remove(struct fiber *fiber)
{
    struct fiber_group *group = fiber->group;
    if (fiber->prev)
        fiber->prev->next = fiber->next;
    else
        group->first = fiber->next;
    if (fiber->next)
        fiber->next->prev = fiber->prev;
    if (--group->live == 0 && group->joiner)
        fiber_wake(group->joiner);
}

static void run(void *arg)
{
    struct fiber *fiber = arg;
    struct fiber_pool *pool = fiber->pool;
    enter(fiber);
    while (fiber->state == FIBER_ASIDE) {
        fiber->aside(fiber->aside_arg);
        enter(fiber);
    }
    if (fiber->state != FIBER_ENDED)
        return;
    if (fiber->group)
        group_remove(fiber);
#if WEIR_TSAN
    __tsan_destroy_fiber(fiber->tsan);
#endif
    pool->stats.live--;
    fiber->next = pool->idle;
    pool->idle = fiber;
}

static struct fiber_pool *pool_of(struct loop *loop)
{
    if (!loop->fibers) {
        loop->fibers = xcalloc(1, sizeof *loop->fibers);
        loop->fibers->loop = loop;
    }
    return loop->fibers;
}

static struct fiber *fiber_take(struct fiber_pool *pool)
{
    struct fiber *fiber = pool->idle;
    if (fiber) {
        pool->idle = fiber->next;
#if WEIR_ASAN
        /* The last frames of the one before never returned; their red zones are still marked. */
        ASAN_UNPOISON_MEMORY_REGION(fiber->low, fiber->size);
#endif
        return fiber;
    }
    size_t size;
    char *low = fiber_stack_make(&pool->stacks, &size);
    size_t own = (sizeof *fiber + 15) / 16 * 16; /* what is left stays aligned */
    fiber = (struct fiber *)(void *)(low + size - own);
    fiber->low = low;
    fiber->size = size - own;
    return fiber;
}

struct fiber *fiber_start(struct loop *loop, void (*fn)(void *arg), void *arg)
{
    struct fiber_pool *pool = pool_of(loop);
    struct fiber *fiber = fiber_take(pool);
    *fiber = (struct fiber){.pool = pool,
                            .fn = fn,
                            .arg = arg,
                            .low = fiber->low,
                            .size = fiber->size,
                            .state = FIBER_READY};
    fiber->task = (struct loop_task){.run = run, .arg = fiber};
    fiber_context_make(&fiber->context, fiber->low, fiber->size, begin, fiber);
#if WEIR_TSAN
    fiber->tsan = __tsan_create_fiber(0);
#endif
    if (++pool->stats.live > pool->stats.peak)
        pool->stats.peak = pool->stats.live;
    loop_soon(loop, &fiber->task);
    return fiber;
}

void fiber_pool_free(struct fiber_pool *pool)
{
    if (pool->stats.live)
        BUG("the loop is closed with %zu fibers alive", pool->stats.live);
    fiber_stacks_release(&pool->stacks);
    xfree(pool);
}

struct first {
    struct loop *loop;
    void (*fn)(void *arg);
    void *arg;
};

static void fiber_fn run_first(void *arg)
{
    const struct first *first = arg;
    first->fn(first->arg);
    loop_stop(first->loop);
}

void fiber_run(struct loop *loop, void (*fn)(void *arg), void *arg)
{
    struct first first = {loop, fn, arg};
    fiber_start(loop, run_first, &first);
    loop_run(loop);
}

struct fiber *fiber_current(void)
{
    return current;
}

void fiber_aside(void (*fn)(void *arg), void *arg)
{
    struct fiber *fiber = current;
    if (!fiber) {
        fn(arg);
        return;
    }
    fiber->aside = fn;
    fiber->aside_arg = arg;
    fiber->state = FIBER_ASIDE;
    leave(fiber);
}

struct loop *fiber_loop(void)
{
    return current->pool->loop;
}

struct fiber_stats fiber_stats(const struct loop *loop)
{
    if (!loop->fibers)
        return (struct fiber_stats){.stack_bytes = FIBER_STACK_SIZE};
    struct fiber_stats stats = loop->fibers->stats;
    stats.stacks = loop->fibers->stacks.made;
    stats.stack_bytes = FIBER_STACK_SIZE;
    return stats;
}

/* --- waiting --- */

static void fiber_fn hold_still(struct fiber *fiber, bool held)
{
    if (!fiber)
        BUG("a wait outside of a fiber");
    if (fiber->woken) {
        fiber->woken = false;
        return;
    }
    fiber->held = held;
    fiber->state = FIBER_SUSPENDED;
    leave(fiber);
}

int fiber_fn fiber_suspend(void)
{
    struct fiber *fiber = current;
    if (fiber && fiber->cancelled)
        return -1;
    hold_still(fiber, false);
    return fiber->cancelled ? -1 : 0;
}

void fiber_fn fiber_suspend_held(void)
{
    hold_still(current, true);
}

void fiber_wake(struct fiber *fiber)
{
    if (fiber->state == FIBER_SUSPENDED) {
        fiber->state = FIBER_READY;
        loop_soon(fiber->pool->loop, &fiber->task);
    } else if (fiber->state == FIBER_RUNNING || fiber->state == FIBER_ASIDE) {
        fiber->woken = true;
    }
}

void fiber_cancel(struct fiber *fiber)
{
    fiber->cancelled = true;
    if (fiber->state == FIBER_SUSPENDED && !fiber->held)
        fiber_wake(fiber);
}

bool fiber_cancelled(void)
{
    return current->cancelled;
}

struct nap {
    struct fiber *fiber;
    bool over;
};

static void nap_over(void *arg)
{
    struct nap *nap = arg;
    nap->over = true;
    fiber_wake(nap->fiber);
}

int fiber_fn fiber_sleep(int64_t ns)
{
    struct loop *loop = current->pool->loop;
    struct nap nap = {.fiber = current};
    struct loop_timer timer = {.run = nap_over, .arg = &nap};
    struct loop_task turn = {.run = nap_over, .arg = &nap};
    if (current->cancelled)
        return -1;
    if (ns > 0) {
        loop_timer_set(loop, &timer, moment_add(clock_now(), ns));
    } else {
        loop_soon(loop, &turn);
    }
    while (!nap.over) {
        if (ns <= 0) {
            fiber_suspend_held(); /* the task is on its way and lives on this stack */
        } else if (fiber_suspend() < 0) {
            loop_timer_stop(loop, &timer);
            return -1;
        }
    }
    return current->cancelled ? -1 : 0;
}

/* --- groups --- */

void fiber_group_start(struct fiber_group *group, void (*fn)(void *arg), void *arg)
{
    struct fiber *parent = current;
    if (!parent)
        BUG("a group outside of a fiber");
    struct fiber *fiber = fiber_start(parent->pool->loop, fn, arg);
    fiber->cancelled = group->cancelled;
    fiber->group = group;
    fiber->next = group->first;
    if (fiber->next)
        fiber->next->prev = fiber;
    group->first = fiber;
    group->live++;
}

int fiber_fn fiber_group_join(struct fiber_group *group)
{
    struct fiber *fiber = current;
    group->joiner = fiber;
    while (group->live) {
        if (fiber->cancelled && !group->cancelled)
            fiber_group_cancel(group);
        if (group->cancelled)
            fiber_suspend_held(); /* nothing left to pass on */
        else
            (void)fiber_suspend();
    }
    group->joiner = NULL;
    return fiber->cancelled ? -1 : 0;
}

void fiber_group_cancel(struct fiber_group *group)
{
    group->cancelled = true;
    for (struct fiber *child = group->first; child; child = child->next)
        fiber_cancel(child);
}
