/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_io_fiber.c: fibers: waiting, waking, cancelling, groups, stacks.
 */
#include "io/fiber.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/loop.h"
#include "io/sanitize.h"

/* ThreadSanitizer knows at most some 8,000 threads, and a fiber counts as one. */
#if WEIR_TSAN
enum { MANY = 1000 };
#else
enum { MANY = 10000 };
#endif

struct many {
    struct fiber *fibers[MANY];
    int started, ended;
    bool go;
};

struct one_of_many {
    struct many *many;
    int number;
};

static void fiber_fn wait_for_go(void *arg)
{
    struct one_of_many *one = arg;
    int local = one->number * 3;
    one->many->fibers[one->many->started++] = fiber_current();
    while (!one->many->go)
        assert_int_equal(fiber_suspend(), 0);
    assert_int_equal(local, one->number * 3);
    one->many->ended++;
}

static void fiber_fn hold_many(void *arg)
{
    struct many *many = arg;
    struct fiber_group group = {0};
    struct one_of_many *ones = xcalloc(MANY, sizeof *ones);
    for (int i = 0; i < MANY; i++) {
        ones[i] = (struct one_of_many){many, i};
        fiber_group_start(&group, wait_for_go, &ones[i]);
    }
    assert_int_equal(many->started, 0);
    assert_int_equal(fiber_sleep(0), 0);
    assert_int_equal(many->started, MANY);
    assert_int_equal(fiber_stats(fiber_loop()).live, MANY + 1);
    many->go = true;
    for (int i = 0; i < MANY; i++)
        fiber_wake(many->fibers[i]);
    assert_int_equal(fiber_group_join(&group), 0);
    assert_int_equal(many->ended, MANY);
    xfree(ones);
}

/* Protects: thousands of fibers keep their stacks apart; their stacks are used again. */
static void holds_many_at_once(void **state)
{
    (void)state;
    struct loop *loop = loop_open();
    struct many *many = xcalloc(1, sizeof *many);
    fiber_run(loop, hold_many, many);
    size_t stacks = fiber_stats(loop).stacks;
    assert_int_equal(stacks, MANY + 1);
    memset(many, 0, sizeof *many);
    fiber_run(loop, hold_many, many);
    struct fiber_stats stats = fiber_stats(loop);
    assert_int_equal(stats.stacks, stacks);
    assert_int_equal(stats.live, 0);
    assert_int_equal(stats.peak, MANY + 1);
    xfree(many);
    loop_close(loop);
}

struct tree {
    int depth, *leaves;
};

static void fiber_fn grow(void *arg)
{
    struct tree *tree = arg;
    if (tree->depth == 0) {
        assert_int_equal(fiber_sleep(1000), 0);
        ++*tree->leaves;
        return;
    }
    struct tree below = {tree->depth - 1, tree->leaves};
    struct fiber_group group = {0};
    int before = *tree->leaves;
    for (int i = 0; i < 3; i++)
        fiber_group_start(&group, grow, &below);
    assert_int_equal(fiber_group_join(&group), 0);
    assert_true(*tree->leaves > before);
    assert_int_equal(group.live, 0);
}

/* Protects: groups inside groups; a join waits for all children and grandchildren. */
static void joins_nested_groups(void **state)
{
    (void)state;
    struct loop *loop = loop_open();
    int leaves = 0;
    struct tree tree = {5, &leaves};
    fiber_run(loop, grow, &tree);
    assert_int_equal(leaves, 3 * 3 * 3 * 3 * 3);
    loop_close(loop);
}

struct unwinding {
    int depth;
    int *unwound;
};

static int fiber_fn wait_at_depth(int depth, int *unwound)
{
    int result =
        depth ? wait_at_depth(depth - 1, unwound) : fiber_sleep(INT64_C(3600000000000));
    if (result < 0)
        ++*unwound;
    return result;
}

static void fiber_fn unwind_child(void *arg)
{
    const struct unwinding *unwinding = arg;
    assert_int_equal(wait_at_depth(unwinding->depth, unwinding->unwound), -1);
    assert_true(fiber_cancelled());
    /* Every further wait says so at once. */
    assert_int_equal(fiber_suspend(), -1);
    assert_int_equal(fiber_sleep(0), -1);
}

static void fiber_fn unwind_parent(void *arg)
{
    struct fiber_group group = {0};
    for (int i = 0; i < 4; i++)
        fiber_group_start(&group, unwind_child, arg);
    assert_int_equal(fiber_group_join(&group), -1);
    assert_int_equal(group.live, 0);
}

static void fiber_fn cancel_parent(void *arg)
{
    struct fiber *parent = fiber_start(fiber_loop(), unwind_parent, arg);
    assert_int_equal(fiber_sleep(100000), 0);
    fiber_cancel(parent);
    while (fiber_stats(fiber_loop()).live > 1)
        assert_int_equal(fiber_sleep(0), 0);
    assert_false(fiber_cancelled());
}

/* Protects: cancelling a parent that joins cancels its children, which unwind by returning. */
static void cancel_unwinds(void **state)
{
    (void)state;
    struct loop *loop = loop_open();
    int unwound = 0;
    struct unwinding unwinding = {9, &unwound};
    fiber_run(loop, cancel_parent, &unwinding);
    assert_int_equal(unwound, 4 * 10);
    loop_close(loop);
}

static void fiber_fn ends_at_once(void *arg)
{
    assert_int_equal(fiber_suspend(), -1);
    ++*(int *)arg;
}

static void fiber_fn cancel_before_start(void *arg)
{
    struct fiber_group group = {0};
    fiber_group_cancel(&group);
    fiber_group_start(&group, ends_at_once, arg);
    assert_int_equal(fiber_group_join(&group), 0); /* the parent was not cancelled */
    fiber_cancel(fiber_start(fiber_loop(), ends_at_once, arg));
    assert_int_equal(fiber_sleep(0), 0);
}

/* Protects: children of a cancelled group, and fibers cancelled before they began, still run
 * and clean up after themselves. */
static void cancel_before_the_start(void **state)
{
    (void)state;
    struct loop *loop = loop_open();
    int ended = 0;
    fiber_run(loop, cancel_before_start, &ended);
    assert_int_equal(ended, 2);
    loop_close(loop);
}

struct held {
    struct fiber *fiber;
    bool done, returned;
};

static void fiber_fn stay(void *arg)
{
    struct held *held = arg;
    while (!held->done)
        fiber_suspend_held();
    assert_true(fiber_cancelled());
    held->returned = true;
}

static void fiber_fn cancel_held(void *arg)
{
    struct held *held = arg;
    held->fiber = fiber_start(fiber_loop(), stay, held);
    assert_int_equal(fiber_sleep(0), 0);
    fiber_cancel(held->fiber);
    for (int i = 0; i < 3; i++)
        assert_int_equal(fiber_sleep(0), 0);
    assert_false(held->returned);
    held->done = true;
    fiber_wake(held->fiber);
    assert_int_equal(fiber_sleep(0), 0);
    assert_true(held->returned);
}

/* Protects: a held wait (a store write that was paid for) is not cut short by a cancel. */
static void held_wait_outlasts_cancel(void **state)
{
    (void)state;
    struct loop *loop = loop_open();
    struct held held = {0};
    fiber_run(loop, cancel_held, &held);
    loop_close(loop);
}

static void fiber_fn wake_self(void *arg)
{
    (void)arg;
    fiber_wake(fiber_current());
    fiber_wake(fiber_current());
    assert_int_equal(fiber_suspend(), 0); /* both wakes count once */
    struct loop_timer none = {0};
    assert_false(loop_timer_is_set(&none));
    assert_int_equal(fiber_sleep(1000), 0);
}

/* Protects: a wake that comes before the wait is not lost. */
static void early_wake_counts(void **state)
{
    (void)state;
    struct loop *loop = loop_open();
    fiber_run(loop, wake_self, NULL);
    loop_close(loop);
}

static uint64_t use_stack(size_t bytes)
{
    volatile unsigned char frame[1024];
    for (size_t i = 0; i < sizeof frame; i += 64)
        frame[i] = (unsigned char)(bytes / 64 + i + 7);
    uint64_t below = bytes > sizeof frame ? use_stack(bytes - sizeof frame) : 0;
    return below + frame[512];
}

static void fiber_fn go_deep(void *arg)
{
    uint64_t *sum = arg;
    *sum = use_stack((size_t)38 * 1024);
    assert_int_equal(fiber_sleep(1000), 0);
    assert_int_equal(*sum, use_stack((size_t)38 * 1024));
}

/* Protects: some 48 KB of stack are usable (38 frames of 1 KB and what the compiler adds). */
static void stack_is_deep_enough(void **state)
{
    (void)state;
    struct loop *loop = loop_open();
    uint64_t sum = 0;
    fiber_run(loop, go_deep, &sum);
    assert_true(sum > 0);
    loop_close(loop);
}

static void fiber_fn overflow(void *arg)
{
    uint64_t *sum = arg;
    if (sum)
        *sum = use_stack(fiber_stats(fiber_loop()).stack_bytes + (size_t)8 * 1024);
}

static void fiber_fn overflow_into_neighbour(void *arg)
{
    struct fiber_group group = {0};
    fiber_group_start(&group, overflow, NULL); /* a stack on either side */
    fiber_group_start(&group, overflow, arg);
    (void)fiber_group_join(&group);
}

/* Protects: a fiber that needs more stack than it has ends the program, and does not write into
 * its neighbour's. */
static void overflow_is_caught(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        uint64_t sum = 0;
        if (!freopen("/dev/null", "w", stderr)) /* the sanitizers have much to say */
            _exit(0);
        fiber_run(loop_open(), overflow_into_neighbour, &sum);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A frame that is live across a switch must hold floating point state of its own too. */
static void fiber_fn add_halves(void *arg)
{
    double *sum = arg;
    double own = *sum;
    for (int i = 0; i < 100; i++) {
        own += 0.5;
        assert_int_equal(fiber_sleep(0), 0);
    }
    *sum = own;
}

static void fiber_fn many_sums(void *arg)
{
    double *sums = arg;
    struct fiber_group group = {0};
    for (int i = 0; i < 10; i++)
        fiber_group_start(&group, add_halves, &sums[i]);
    assert_int_equal(fiber_group_join(&group), 0);
}

/* Protects: registers survive switches between fibers that compute. */
static void registers_survive(void **state)
{
    (void)state;
    struct loop *loop = loop_open();
    double sums[10];
    for (int i = 0; i < 10; i++)
        sums[i] = i * 1000.0;
    fiber_run(loop, many_sums, sums);
    for (int i = 0; i < 10; i++)
        assert_true(sums[i] == i * 1000.0 + 50);
    loop_close(loop);
}

struct aside {
    struct fiber *fiber;
    const char *on_fiber; /* an address of the fiber's stack */
    int others;           /* fibers that ran meanwhile */
    bool done;
};

static void count_other(void *arg)
{
    struct aside *aside = arg;
    aside->others++;
}

/* As deep as no fiber's stack is. */
static void compute_deep(void *arg)
{
    struct aside *aside = arg;
    volatile char deep[300 * 1024];
    deep[0] = deep[sizeof deep - 1] = 1;
    uintptr_t here = (uintptr_t)&deep[sizeof deep - 1], there = (uintptr_t)aside->on_fiber;
    assert_true(here > there ? here - there > 1024 * 1024 : there - here > 1024 * 1024);
    assert_null(fiber_current());
    assert_int_equal(aside->others, 0);
    fiber_wake(aside->fiber);
    aside->done = true;
}

static void fiber_fn go_aside(void *arg)
{
    struct aside *aside = arg;
    struct fiber_group group = {0};
    char local = 'x';
    aside->fiber = fiber_current();
    aside->on_fiber = &local;
    fiber_group_start(&group, count_other, aside);
    fiber_aside(compute_deep, aside);
    assert_true(aside->done);
    assert_ptr_equal(fiber_current(), aside->fiber);
    assert_int_equal(aside->others, 0);
    assert_int_equal(fiber_suspend(), 0); /* it was woken meanwhile */
    assert_int_equal(aside->others, 0);
    assert_int_equal(fiber_group_join(&group), 0);
    assert_int_equal(aside->others, 1);
}

static void plain_call(void *arg)
{
    *(int *)arg += 1;
}

/* Protects: what goes deep leaves a fiber's stack as it was, and is no wait: nothing runs in
 * between, and a wake that it makes counts. */
static void goes_aside(void **state)
{
    (void)state;
    struct loop *loop = loop_open();
    struct aside aside = {0};
    fiber_run(loop, go_aside, &aside);
    int calls = 0;
    fiber_aside(plain_call, &calls);
    assert_int_equal(calls, 1);
    loop_close(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_many_at_once),
        cmocka_unit_test(joins_nested_groups),
        cmocka_unit_test(cancel_unwinds),
        cmocka_unit_test(cancel_before_the_start),
        cmocka_unit_test(held_wait_outlasts_cancel),
        cmocka_unit_test(early_wake_counts),
        cmocka_unit_test(stack_is_deep_enough),
        cmocka_unit_test(overflow_is_caught),
        cmocka_unit_test(registers_survive),
        cmocka_unit_test(goes_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
