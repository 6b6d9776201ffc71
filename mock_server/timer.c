/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timer.c: a binary heap of due times behind one timerfd (see timer.h).
 *
 * Due timers run before the loop goes to sleep and when the timerfd wakes it. The timerfd is
 * set at most once per turn of the loop, and only when the earliest due time has changed: with
 * thousands of timers set in one turn a system call for each would cost more than the requests.
 */
#include "mock_server/timer.h"

#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/timerfd.h>
#endif

struct timers {
    struct timer **heap; /* heap[1] is the earliest */
    size_t count, capacity;
    uv_loop_t *loop;
    uv_prepare_t prepare;
    int64_t armed_ns; /* 0: nothing armed */
    unsigned open_handles;
#ifdef __linux__
    int fd;
    uv_poll_t wake;
#else
    uv_timer_t wake;
#endif
};

/* ---- the heap ---- */

static void put(struct timers *timers, size_t place, struct timer *timer)
{
    timers->heap[place] = timer;
    timer->place = place;
}

static void sift_up(struct timers *timers, size_t place)
{
    struct timer *timer = timers->heap[place];
    while (place > 1 && timers->heap[place / 2]->due.ns > timer->due.ns) {
        put(timers, place, timers->heap[place / 2]);
        place /= 2;
    }
    put(timers, place, timer);
}

static void sift_down(struct timers *timers, size_t place)
{
    struct timer *timer = timers->heap[place];
    for (;;) {
        size_t child = place * 2;
        if (child > timers->count)
            break;
        if (child < timers->count &&
            timers->heap[child + 1]->due.ns < timers->heap[child]->due.ns)
            child++;
        if (timers->heap[child]->due.ns >= timer->due.ns)
            break;
        put(timers, place, timers->heap[child]);
        place = child;
    }
    put(timers, place, timer);
}

void timer_set(struct timers *timers, struct timer *timer, struct moment due)
{
    timer_cancel(timers, timer);
    if (timers->count + 1 >= timers->capacity) {
        timers->capacity = timers->capacity ? timers->capacity * 2 : 64;
        timers->heap = xrealloc(timers->heap, timers->capacity * sizeof(struct timer *));
    }
    timer->due = due;
    put(timers, ++timers->count, timer);
    sift_up(timers, timers->count);
}

void timer_cancel(struct timers *timers, struct timer *timer)
{
    size_t place = timer->place;
    if (place == 0)
        return;
    timer->place = 0;
    struct timer *last = timers->heap[timers->count--];
    if (last == timer)
        return;
    put(timers, place, last);
    sift_up(timers, place);
    sift_down(timers, last->place);
}

static void run_due(struct timers *timers)
{
    if (timers->count == 0)
        return;
    struct moment now = clock_now();
    while (timers->count && timers->heap[1]->due.ns <= now.ns) {
        struct timer *timer = timers->heap[1];
        timer_cancel(timers, timer);
        timer->fire(timer);
    }
}

/* ---- the wake-up ---- */

#ifdef __linux__

static void arm(struct timers *timers, int64_t due_ns)
{
    struct itimerspec when = {
        .it_value = {.tv_sec = due_ns / NS_PER_S, .tv_nsec = (long)(due_ns % NS_PER_S)}};
    timerfd_settime(timers->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void on_wake(uv_poll_t *wake, int status, int events)
{
    struct timers *timers = wake->data;
    uint64_t expirations;
    (void)status;
    (void)events;
    if (read(timers->fd, &expirations, sizeof expirations) > 0)
        timers->armed_ns = 0;
    run_due(timers);
}

static int wake_open(struct timers *timers, struct err *err)
{
    timers->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timers->fd < 0)
        return err_set(err, ERR_FAILED, "timerfd: %s", strerror(errno));
    uv_poll_init(timers->loop, &timers->wake, timers->fd);
    uv_poll_start(&timers->wake, UV_READABLE, on_wake);
    return 0;
}

static void wake_closed(struct timers *timers)
{
    close(timers->fd);
}

#else

static void on_wake(uv_timer_t *wake)
{
    struct timers *timers = wake->data;
    timers->armed_ns = 0;
    run_due(timers);
}

static void arm(struct timers *timers, int64_t due_ns)
{
    int64_t left = due_ns - clock_now().ns;
    uv_update_time(timers->loop);
    uv_timer_start(&timers->wake, on_wake, left <= 0 ? 0 : (uint64_t)(left / NS_PER_MS) + 1, 0);
}

static int wake_open(struct timers *timers, struct err *err)
{
    (void)err;
    return uv_timer_init(timers->loop, &timers->wake);
}

static void wake_closed(struct timers *timers)
{
    (void)timers;
}

#endif

static void on_prepare(uv_prepare_t *prepare)
{
    struct timers *timers = prepare->data;
    run_due(timers);
    if (timers->count && timers->heap[1]->due.ns != timers->armed_ns) {
        timers->armed_ns = timers->heap[1]->due.ns;
        arm(timers, timers->armed_ns);
    }
}

struct timers *timers_new(uv_loop_t *loop, struct err *err)
{
    struct timers *timers = xcalloc(1, sizeof *timers);
    timers->loop = loop;
    if (wake_open(timers, err) < 0) {
        xfree(timers);
        return NULL;
    }
    uv_prepare_init(loop, &timers->prepare);
    timers->prepare.data = timers->wake.data = timers;
    timers->open_handles = 2;
    uv_prepare_start(&timers->prepare, on_prepare);
    return timers;
}

static void on_closed(uv_handle_t *handle)
{
    struct timers *timers = handle->data;
    if (--timers->open_handles > 0)
        return;
    wake_closed(timers);
    xfree(timers->heap);
    xfree(timers);
}

void timers_close(struct timers *timers)
{
    uv_close((uv_handle_t *)&timers->prepare, on_closed);
    uv_close((uv_handle_t *)&timers->wake, on_closed);
}
