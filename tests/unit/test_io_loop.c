/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_io_loop.c: the loop: order of timers, tasks, posts of other threads, signals, lateness.
 */
#include "io/loop.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/lateness.h"
#include "io/timers.h"

struct tick {
    struct loop_timer timer;
    struct loop *loop;
    int number;
    int *order, *fired;
    struct moment ran;
};

static void tick_run(void *arg)
{
    struct tick *tick = arg;
    tick->ran = clock_now();
    tick->order[(*tick->fired)++] = tick->number;
}

static void stop_loop(void *arg)
{
    loop_stop(arg);
}

/* Protects: timers fire in order of time, never early, and not after they were stopped. */
static void timers_keep_order(void **state)
{
    (void)state;
    enum { N = 200 };
    struct loop *loop = loop_open();
    struct tick ticks[N];
    int order[N], fired = 0;
    const struct moment start = clock_now();
    for (int i = 0; i < N; i++) {
        int place = (i * 77) % N; /* 77 and 200 have no common factor */
        ticks[i] =
            (struct tick){.loop = loop, .number = place, .order = order, .fired = &fired};
        ticks[i].timer = (struct loop_timer){.run = tick_run, .arg = &ticks[i]};
        loop_timer_set(loop, &ticks[i].timer, moment_add(start, (place + 1) * 50 * NS_PER_US));
    }
    for (int i = 0; i < N; i++)
        if (ticks[i].number % 3 == 1)
            loop_timer_stop(loop, &ticks[i].timer);
    struct loop_timer last = {.run = stop_loop, .arg = loop};
    loop_timer_set(loop, &last, moment_add(start, (N + 1) * 50 * NS_PER_US));
    loop_run(loop);
    for (int i = 0, expect = 0; i < fired; i++, expect++) {
        if (expect % 3 == 1)
            expect++;
        assert_int_equal(order[i], expect);
    }
    assert_int_equal(fired, N - N / 3 - (N % 3 > 1));
    for (int i = 0; i < N; i++) {
        assert_false(loop_timer_is_set(&ticks[i].timer));
        if (ticks[i].number % 3 != 1)
            assert_true(moment_reached(ticks[i].ran, ticks[i].timer.due));
    }
    struct loop_lateness lateness = loop_lateness(loop);
    assert_true(lateness.count >= (uint64_t)fired);
    assert_true(lateness.p50_ns <= lateness.p99_ns && lateness.p99_ns <= lateness.max_ns);
    loop_close(loop);
}

/* Protects: the heap against any mix of additions and removals. */
static void heap_sorts(void **state)
{
    (void)state;
    enum { N = 5000 };
    struct timers timers = {0};
    struct loop_timer *all = xcalloc(N, sizeof *all);
    uint32_t random = 12345;
    for (int i = 0; i < N; i++) {
        random = random * 1664525u + 1013904223u;
        timers_add(&timers, &all[i], (struct moment){random >> 20});
        if (i % 4 == 3) {
            struct loop_timer *gone = &all[(random >> 8) % (unsigned)(i + 1)];
            if (gone->place)
                timers_remove(&timers, gone);
        }
    }
    size_t left = timers.count, taken = 0;
    const struct loop_timer *before = NULL;
    for (struct loop_timer *timer; (timer = timers_first(&timers)); before = timer, taken++) {
        timers_remove(&timers, timer);
        assert_true(!before || before->due.ns < timer->due.ns ||
                    (before->due.ns == timer->due.ns && before < timer));
    }
    assert_int_equal(left, taken);
    assert_true(left > N / 2);
    timers_release(&timers);
    xfree(all);
}

struct posting {
    struct loop *loop;
    struct loop_task tasks[100];
    int value, *ran;
    int seen;
};

static void posted(void *arg)
{
    struct posting *posting = arg;
    assert_int_equal(posting->value, 42);
    posting->seen++;
    if (++*posting->ran == 400)
        loop_stop(posting->loop);
}

static void *post_all(void *arg)
{
    struct posting *posting = arg;
    posting->value = 42; /* no lock: loop_post orders it before the task */
    for (int i = 0; i < 100; i++)
        loop_post(posting->loop, &posting->tasks[i]);
    return NULL;
}

/* Protects: tasks of other threads arrive, all of them, and see what was written before. */
static void threads_post(void **state)
{
    (void)state;
    struct loop *loop = loop_open();
    struct posting postings[4];
    pthread_t threads[4];
    int ran = 0;
    for (int i = 0; i < 4; i++) {
        postings[i] = (struct posting){.loop = loop, .ran = &ran};
        for (int k = 0; k < 100; k++)
            postings[i].tasks[k] = (struct loop_task){.run = posted, .arg = &postings[i]};
        pthread_create(&threads[i], NULL, post_all, &postings[i]);
    }
    loop_run(loop);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(postings[i].seen, 100);
    }
    loop_close(loop);
}

static void on_signal(void *arg, int number)
{
    assert_int_equal(number, SIGUSR1);
    loop_stop(arg);
}

static void raise_signal(void *arg)
{
    (void)arg;
    kill(getpid(), SIGUSR1);
}

/* Protects: a signal reaches the loop, can be given back, and taken again. */
static void signals_arrive(void **state)
{
    (void)state;
    struct loop *loop = loop_open();
    struct loop_task task = {.run = raise_signal};
    for (int i = 0; i < 3; i++) {
        loop_signal(loop, SIGUSR1, on_signal, loop);
        loop_soon(loop, &task);
        loop_run(loop);
        loop_signal(loop, SIGUSR1, NULL, NULL);
    }
    loop_close(loop);
}

struct again {
    struct loop *loop;
    struct loop_task task;
    struct loop_timer timer;
    int tasks, timers;
};

static void task_again(void *arg)
{
    struct again *again = arg;
    again->tasks++;
    loop_soon(again->loop, &again->task);
    loop_soon(again->loop, &again->task); /* queued already: stays once */
}

static void timer_again(void *arg)
{
    struct again *again = arg;
    if (++again->timers == 10)
        loop_stop(again->loop);
    loop_timer_set(again->loop, &again->timer, clock_now());
}

/* Protects: a task or a timer that always queues itself again starves nobody. */
static void nobody_starves(void **state)
{
    (void)state;
    struct again again = {.loop = loop_open()};
    again.task = (struct loop_task){.run = task_again, .arg = &again};
    again.timer = (struct loop_timer){.run = timer_again, .arg = &again};
    loop_soon(again.loop, &again.task);
    loop_timer_set(again.loop, &again.timer, clock_now());
    loop_run(again.loop);
    assert_int_equal(again.timers, 10);
    assert_true(again.tasks >= 10);
    loop_timer_stop(again.loop, &again.timer);
    loop_close(again.loop);
}

/* Protects: quantiles read from the histogram are right to 1/16, from nanoseconds to hours. */
static void lateness_quantiles(void **state)
{
    (void)state;
    static const int64_t scales[] = {1, 1000, 1000000, INT64_C(3600000000000)};
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        struct lateness lateness = {0};
        for (int64_t i = 1; i <= 1000; i++)
            lateness_add(&lateness, i * scales[s]);
        int64_t p50 = lateness_quantile(&lateness, 0.5),
                p99 = lateness_quantile(&lateness, 0.99);
        assert_true(p50 >= 500 * scales[s] && p50 <= 500 * scales[s] * 17 / 16);
        assert_true(p99 >= 990 * scales[s] && p99 <= 1000 * scales[s]);
        assert_true(lateness.max_ns == 1000 * scales[s]);
        assert_true(lateness_quantile(&lateness, 1) == lateness.max_ns);
    }
    struct lateness none = {0};
    assert_true(lateness_quantile(&none, 0.99) == 0);
    lateness_add(&none, -5);
    assert_true(none.max_ns == 0 && none.count == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_keep_order), cmocka_unit_test(heap_sorts),
        cmocka_unit_test(threads_post),      cmocka_unit_test(signals_arrive),
        cmocka_unit_test(nobody_starves),    cmocka_unit_test(lateness_quantiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
