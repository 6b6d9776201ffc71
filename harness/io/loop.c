/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loop.c: libuv for descriptors and signals, with our own timers and task queue on top.
 *
 * A round is: timers that are due, tasks, then one turn of libuv, which waits only when no task
 * is left. libuv's own timers count whole milliseconds, so ours are a heap behind one timerfd,
 * armed for the nearest. It is armed again only when a nearer timer comes; one that was removed
 * costs at most a needless wakeup. Where there is no timerfd a libuv timer, rounded up, does.
 */
#include "io/loop_inside.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/timerfd.h>
#endif

#include "base/mem.h"

enum {
    /* Tasks that queue tasks are served this often before the loop looks at the kernel. A reply
     * wakes a fiber, which queues a request, which is sent: three, in one round. */
    SOON_ROUNDS = 8,
    /* A turn of libuv that takes longer than this before its first callback has waited. */
    WAITED_NS = 20000,
};

/* --- tasks --- */

static void queue_add(struct task_queue *queue, struct loop_task *task)
{
    task->next = NULL;
    task->queued = true;
    if (queue->last)
        queue->last->next = task;
    else
        queue->first = task;
    queue->last = task;
}

void loop_soon(struct loop *loop, struct loop_task *task)
{
    if (!task->queued)
        queue_add(&loop->soon, task);
}

void loop_unqueue(struct loop *loop, struct loop_task *task)
{
    struct task_queue left = {0};
    for (struct loop_task *at = loop->soon.first, *next; at; at = next) {
        next = at->next;
        if (at != task)
            queue_add(&left, at);
    }
    loop->soon = left;
    task->queued = false;
}

void loop_post(struct loop *loop, struct loop_task *task)
{
    pthread_mutex_lock(&loop->lock);
    bool first = !loop->posted.first;
    queue_add(&loop->posted, task);
    pthread_mutex_unlock(&loop->lock);
    if (first)
        uv_async_send(&loop->wakeup);
}

static void take_posted(uv_async_t *wakeup)
{
    struct loop *loop = wakeup->data;
    pthread_mutex_lock(&loop->lock);
    struct loop_task *task = loop->posted.first;
    loop->posted = (struct task_queue){0};
    pthread_mutex_unlock(&loop->lock);
    while (task) {
        struct loop_task *next = task->next;
        queue_add(&loop->soon, task);
        task = next;
    }
}

static void run_soon(struct loop *loop)
{
    for (int round = 0; round < SOON_ROUNDS && loop->soon.first; round++) {
        struct loop_task *task = loop->soon.first;
        loop->soon = (struct task_queue){0};
        while (task) {
            struct loop_task *next = task->next; /* it may queue itself again */
            task->queued = false;
            task->run(task->arg);
            task = next;
        }
    }
}

/* --- timers --- */

void loop_timer_set(struct loop *loop, struct loop_timer *timer, struct moment due)
{
    if (timer->place)
        timers_remove(&loop->timers, timer);
    timers_add(&loop->timers, timer, due);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
    if (timer->place)
        timers_remove(&loop->timers, timer);
}

static void run_timers(struct loop *loop)
{
    struct loop_timer *timer = timers_first(&loop->timers);
    if (!timer)
        return;
    /* One that sets itself again for now waits for the next round. */
    const struct moment now = clock_now();
    for (size_t most = loop->timers.count; timer && most; most--) {
        if (!moment_reached(now, timer->due))
            break;
        timers_remove(&loop->timers, timer);
        lateness_add(&loop->lateness, moment_since(now, timer->due));
        timer->run(timer->arg);
        timer = timers_first(&loop->timers);
    }
}

#ifdef __linux__

static void alarm_rang(uv_poll_t *poll, int status, int events)
{
    struct loop *loop = poll->data;
    uint64_t times;
    (void)status;
    (void)events;
    loop_ready_since(loop);
    if (read(loop->alarm_fd, &times, sizeof times) > 0)
        loop->alarm_at = (struct moment){0};
}

static int alarm_open(struct loop *loop)
{
    loop->alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (loop->alarm_fd < 0)
        return -errno;
    loop->alarm_poll.data = loop;
    int failed = uv_poll_init(&loop->uv, &loop->alarm_poll, loop->alarm_fd);
    return failed ? failed : uv_poll_start(&loop->alarm_poll, UV_READABLE, alarm_rang);
}

static void alarm_set(struct loop *loop, struct moment due)
{
    const int64_t ns = due.ns > 0 ? due.ns : 1; /* 0 would disarm */
    const struct itimerspec spec = {
        .it_value = {.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)}};
    timerfd_settime(loop->alarm_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void alarm_close(struct loop *loop)
{
    uv_close((uv_handle_t *)&loop->alarm_poll, NULL);
}

#else

static void alarm_rang(uv_timer_t *timer)
{
    struct loop *loop = timer->data;
    loop_ready_since(loop);
    loop->alarm_at = (struct moment){0};
}

static int alarm_open(struct loop *loop)
{
    loop->alarm_fd = -1;
    loop->alarm_timer.data = loop;
    return uv_timer_init(&loop->uv, &loop->alarm_timer);
}

static void alarm_set(struct loop *loop, struct moment due)
{
    int64_t ns = moment_since(due, clock_now());
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->alarm_timer, alarm_rang,
                   ns > 0 ? (uint64_t)((ns + NS_PER_MS - 1) / NS_PER_MS) : 0, 0);
}

static void alarm_close(struct loop *loop)
{
    uv_close((uv_handle_t *)&loop->alarm_timer, NULL);
}

#endif

static void arm(struct loop *loop)
{
    const struct loop_timer *timer = timers_first(&loop->timers);
    if (!timer || (loop->alarm_at.ns && moment_reached(timer->due, loop->alarm_at)))
        return;
    alarm_set(loop, timer->due);
    loop->alarm_at = timer->due;
}

/* --- signals --- */

static void signal_came(uv_signal_t *handle, int number)
{
    struct loop_signal *signal = handle->data;
    signal->fn(signal->arg, number);
}

void loop_signal(struct loop *loop, int number, void (*fn)(void *arg, int number), void *arg)
{
    struct loop_signal *found = NULL;
    for (size_t i = 0; i < LOOP_SIGNALS; i++) {
        struct loop_signal *signal = &loop->signals[i];
        if (signal->number == number || (!found && signal->number == 0))
            found = signal;
        if (signal->number == number)
            break;
    }
    if (!found)
        BUG("more than %d signals", LOOP_SIGNALS);
    found->fn = fn;
    found->arg = arg;
    if (fn && found->number == 0) {
        if (!found->handle.data) {
            uv_signal_init(&loop->uv, &found->handle);
            found->handle.data = found;
        }
        int failed = uv_signal_start(&found->handle, signal_came, number);
        if (failed)
            BUG("signal %d: %s", number, uv_strerror(failed));
    } else if (!fn && found->number) {
        uv_signal_stop(&found->handle);
    }
    found->number = fn ? number : 0;
}

/* --- lateness --- */

struct moment loop_ready_since(struct loop *loop)
{
    if (!loop->reported.ns)
        loop->reported = clock_now();
    bool waited = moment_since(loop->reported, loop->poll_began) > WAITED_NS;
    return waited ? loop->reported : loop->reported_before;
}

void loop_served(struct loop *loop, struct moment since)
{
    lateness_add(&loop->lateness, moment_since(clock_now(), since));
}

struct loop_lateness loop_lateness(const struct loop *loop)
{
    const struct lateness *lateness = &loop->lateness;
    return (struct loop_lateness){
        .count = lateness->count,
        .p50_ns = lateness_quantile(lateness, 0.50),
        .p99_ns = lateness_quantile(lateness, 0.99),
        .max_ns = lateness->max_ns,
    };
}

/* --- life --- */

static void need(int failed, const char *what)
{
    if (failed)
        BUG("cannot make the event loop: %s: %s", what, uv_strerror(failed));
}

struct loop *loop_open(void)
{
    struct loop *loop = xcalloc(1, sizeof *loop);
    pthread_mutex_init(&loop->lock, NULL);
    need(uv_loop_init(&loop->uv), "loop");
    need(uv_async_init(&loop->uv, &loop->wakeup, take_posted), "wakeup");
    loop->wakeup.data = loop;
    need(alarm_open(loop), "timer");
    return loop;
}

static void turn(struct loop *loop, uv_run_mode mode)
{
    loop->reported_before = loop->reported.ns ? loop->reported : loop->poll_began;
    loop->reported = (struct moment){0};
    loop->poll_began = clock_now();
    uv_run(&loop->uv, mode);
}

void loop_run(struct loop *loop)
{
    loop->stopped = false;
    loop->poll_began = clock_now(); /* what came while the loop stood is not late */
    loop->reported = (struct moment){0};
    for (;;) {
        run_timers(loop);
        run_soon(loop);
        if (loop->stopped)
            return;
        arm(loop);
        turn(loop, loop->soon.first ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    }
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

void loop_close(struct loop *loop)
{
    if (loop->fibers)
        fiber_pool_free(loop->fibers);
    uv_close((uv_handle_t *)&loop->wakeup, NULL);
    alarm_close(loop);
    for (size_t i = 0; i < LOOP_SIGNALS; i++)
        if (loop->signals[i].handle.data)
            uv_close((uv_handle_t *)&loop->signals[i].handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    int failed = uv_loop_close(&loop->uv);
    if (failed)
        BUG("the event loop is closed while something is open: %s", uv_strerror(failed));
    if (loop->alarm_fd >= 0)
        close(loop->alarm_fd);
    timers_release(&loop->timers);
    pthread_mutex_destroy(&loop->lock);
    xfree(loop);
}
