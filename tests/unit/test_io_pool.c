/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_io_pool.c: work on threads while fibers wait.
 */
#include "io/pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/loop.h"

struct shared {
    struct pool *pool;
    pthread_t loop_thread;
    atomic_int inside, most;
    atomic_bool release;
    int done;
};

struct piece {
    struct shared *shared;
    int number;
    long result;
};

static void compute(void *arg)
{
    struct piece *piece = arg;
    struct shared *shared = piece->shared;
    assert_false(pthread_equal(pthread_self(), shared->loop_thread));
    int inside = atomic_fetch_add(&shared->inside, 1) + 1, most = atomic_load(&shared->most);
    while (inside > most && !atomic_compare_exchange_weak(&shared->most, &most, inside))
        ;
    for (int i = 0; i <= piece->number; i++)
        piece->result += i;
    atomic_fetch_sub(&shared->inside, 1);
}

static void fiber_fn run_piece(void *arg)
{
    struct piece *piece = arg;
    pool_run(piece->shared->pool, compute, piece);
    assert_true(pthread_equal(pthread_self(), piece->shared->loop_thread));
    piece->shared->done++;
}

static void fiber_fn run_pieces(void *arg)
{
    enum { N = 1000 };
    struct shared *shared = arg;
    struct piece *pieces = xcalloc(N, sizeof *pieces);
    struct fiber_group group = {0};
    for (int i = 0; i < N; i++) {
        pieces[i] = (struct piece){.shared = shared, .number = i};
        fiber_group_start(&group, run_piece, &pieces[i]);
    }
    assert_int_equal(fiber_sleep(0), 0);
    assert_true(pool_busy(shared->pool) > 0);
    assert_int_equal(fiber_group_join(&group), 0);
    for (int i = 0; i < N; i++)
        assert_int_equal(pieces[i].result, (long)i * (i + 1) / 2);
    xfree(pieces);
}

/* Protects: a thousand jobs on three threads: all done, never more than three at once, and the
 * results are seen by the fibers. */
static void jobs_are_done(void **state)
{
    (void)state;
    struct loop *loop = loop_open();
    struct shared shared = {.pool = pool_open(loop, 3), .loop_thread = pthread_self()};
    fiber_run(loop, run_pieces, &shared);
    assert_int_equal(shared.done, 1000);
    assert_true(atomic_load(&shared.most) >= 1 && atomic_load(&shared.most) <= 3);
    assert_int_equal(pool_busy(shared.pool), 0);
    pool_close(shared.pool);
    loop_close(loop);
}

static void wait_for_release(void *arg)
{
    struct shared *shared = arg;
    while (!atomic_load(&shared->release))
        ;
}

static void fiber_fn hold_worker(void *arg)
{
    struct shared *shared = arg;
    pool_run(shared->pool, wait_for_release, shared);
    assert_true(fiber_cancelled());
    shared->done++;
}

static void fiber_fn cancel_work(void *arg)
{
    struct shared *shared = arg;
    struct fiber_group group = {0};
    fiber_group_start(&group, hold_worker, shared);
    assert_int_equal(fiber_sleep(NS_PER_MS), 0); /* the loop goes on meanwhile */
    fiber_group_cancel(&group);
    assert_int_equal(fiber_sleep(NS_PER_MS), 0);
    assert_int_equal(shared->done, 0);
    atomic_store(&shared->release, true);
    assert_int_equal(fiber_group_join(&group), 0);
    assert_int_equal(shared->done, 1);
}

/* Protects: the fiber of a job stays until the job is done, whoever cancels it. */
static void cancel_does_not_free(void **state)
{
    (void)state;
    struct loop *loop = loop_open();
    struct shared shared = {.pool = pool_open(loop, 0)};
    fiber_run(loop, cancel_work, &shared);
    pool_close(shared.pool);
    loop_close(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_are_done),
        cmocka_unit_test(cancel_does_not_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
