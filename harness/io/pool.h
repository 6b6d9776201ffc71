/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pool.h: worker threads for what would hold up the loop.
 *
 * Parsing of large replies, scorers, validation: the fiber waits, a worker computes. The work
 * gets a pointer and may touch what hangs on it: the waiting fiber does not, so no lock is
 * needed. It must not touch the loop, a fiber or another fiber's arena.
 */
#ifndef IO_POOL_H
#define IO_POOL_H

#include "io/fiber.h"

#include <stddef.h>

struct pool;
struct loop;

/* `threads` workers (0: one a processor, at most 16) that report to `loop`. Each starts when it
 * is first needed. */
struct pool *pool_open(struct loop *loop, unsigned threads);
/* No work may be under way. Joins the threads. */
void pool_close(struct pool *pool);

/* Runs fn(arg) on a worker and waits for it. Not cancellable: the fiber stays until fn has
 * returned, for fn may use the fiber's memory. First come, first served. */
void fiber_fn pool_run(struct pool *pool, void (*fn)(void *arg), void *arg);

/* The same, but when the fiber is cancelled stop(stop_arg) is called on the loop's thread, once,
 * to make fn end early; fn may not have begun by then. 0, or -1 when the fiber was cancelled; fn
 * has returned in both cases. */
int fiber_fn pool_run_until(struct pool *pool, void (*fn)(void *arg), void (*stop)(void *arg),
                            void *arg, void *stop_arg);

/* Jobs waiting for a worker or being worked on. */
size_t pool_busy(const struct pool *pool);

#endif
