/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scratch.c: the arena that was given back last is taken first, for it is still in the
 * processor's cache (see scratch.h). There are as many as nodes made calls at once.
 */
#include "run/scratch.h"

#include "base/mem.h"

struct scratch *scratch_take(struct scratch_pool *pool)
{
    struct scratch *scratch = pool->unused;
    if (!scratch)
        return xcalloc(1, sizeof *scratch);
    pool->unused = scratch->next;
    return scratch;
}

void scratch_give(struct scratch_pool *pool, struct scratch *scratch)
{
    if (!scratch)
        return;
    arena_clear(&scratch->arena);
    scratch->next = pool->unused;
    pool->unused = scratch;
}

void scratch_pool_release(struct scratch_pool *pool)
{
    while (pool->unused) {
        struct scratch *scratch = pool->unused;
        pool->unused = scratch->next;
        arena_release(&scratch->arena);
        xfree(scratch);
    }
}
