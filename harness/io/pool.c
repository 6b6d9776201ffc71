/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pool.c: threads of our own with one queue (see pool.h).
 *
 * libuv has workers too, but a fixed number for the whole process, set by an environment
 * variable, and names are looked up on them: a long parse would hold up the next connection.
 * A job is on its fiber's stack; handing it over and back allocates nothing.
 */
#include "io/pool.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"
#include "io/loop.h"

enum { MOST_BY_DEFAULT = 16 };

struct job {
    void (*fn)(void *arg);
    void *arg;
    struct fiber *fiber;
    struct job *next;
    struct loop_task back; /* run on the loop when fn has returned */
    bool done;
};

struct pool {
    struct loop *loop;
    /* Only the loop's thread touches these. */
    size_t busy;
    unsigned threads, most; /* running; allowed */
    pthread_t *ids;

    pthread_mutex_t lock;
    pthread_cond_t work;
    /* Under the lock. */
    struct job *first, *last;
    bool closing;
};

static struct job *job_take(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->closing)
        pthread_cond_wait(&pool->work, &pool->lock);
    struct job *job = pool->first;
    if (job) {
        pool->first = job->next;
        if (!pool->first)
            pool->last = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void *work(void *arg)
{
    struct pool *pool = arg;
    struct job *job;
    while ((job = job_take(pool))) {
        job->fn(job->arg);
        loop_post(pool->loop, &job->back); /* job may be gone after this */
    }
    return NULL;
}

static void came_back(void *arg)
{
    struct job *job = arg;
    job->done = true;
    fiber_wake(job->fiber);
}

static void add_thread(struct pool *pool)
{
    int failed = thread_start(&pool->ids[pool->threads], NULL, work, pool);
    if (!failed)
        pool->threads++;
    else if (pool->threads == 0)
        BUG("cannot start a worker thread: %s", strerror(failed));
}

struct pool *pool_open(struct loop *loop, unsigned threads)
{
    if (threads == 0) {
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        threads = processors < 1                 ? 1
                  : processors > MOST_BY_DEFAULT ? MOST_BY_DEFAULT
                                                 : (unsigned)processors;
    }
    struct pool *pool = xcalloc(1, sizeof *pool);
    pool->loop = loop;
    pool->most = threads;
    pool->ids = xcalloc(threads, sizeof *pool->ids);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    return pool;
}

void pool_close(struct pool *pool)
{
    if (pool->busy)
        BUG("the pool is closed with %zu jobs", pool->busy);
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->threads; i++)
        pthread_join(pool->ids[i], NULL);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    xfree(pool->ids);
    xfree(pool);
}

static void job_hand_over(struct pool *pool, struct job *job)
{
    job->back = (struct loop_task){.run = came_back, .arg = job};
    pool->busy++;
    if (pool->busy > pool->threads && pool->threads < pool->most)
        add_thread(pool);
    pthread_mutex_lock(&pool->lock);
    if (pool->last)
        pool->last->next = job;
    else
        pool->first = job;
    pool->last = job;
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
}

static void fiber_fn job_await(struct pool *pool, struct job *job)
{
    while (!job->done)
        fiber_suspend_held();
    pool->busy--;
}

void fiber_fn pool_run(struct pool *pool, void (*fn)(void *arg), void *arg)
{
    struct job job = {.fn = fn, .arg = arg, .fiber = fiber_current()};
    job_hand_over(pool, &job);
    job_await(pool, &job);
}

int fiber_fn pool_run_until(struct pool *pool, void (*fn)(void *arg), void (*stop)(void *arg),
                            void *arg, void *stop_arg)
{
    struct job job = {.fn = fn, .arg = arg, .fiber = fiber_current()};
    bool cancelled = false;
    job_hand_over(pool, &job);
    while (!job.done && !cancelled)
        cancelled = fiber_suspend() < 0;
    if (cancelled && !job.done)
        stop(stop_arg);
    job_await(pool, &job);
    return cancelled || fiber_cancelled() ? -1 : 0;
}

size_t pool_busy(const struct pool *pool)
{
    return pool->busy;
}
