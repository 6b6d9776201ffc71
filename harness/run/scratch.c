/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scratch.c: the arena that was given back last is taken first, for it is still in the
 * processor's cache (see scratch.h). There are as many as nodes made calls at once.
 */
#include "run/scratch.h"

#include "base/mem.h"

enum {
    ROOM_BYTES = 12 * 1024, /* a request and a reply of some KB each */
    ROOMY_MOST = 256,       /* of ten thousand in use at once the others stay small */
};

static struct scratch *scratch_make(struct scratch_pool *pool)
{
    struct scratch *scratch = xcalloc(1, sizeof *scratch);
    if (pool->made++ < ROOMY_MOST)
        scratch->arena.first = ROOM_BYTES;
    return scratch;
}

struct scratch *scratch_take(struct scratch_pool *pool)
{
    struct scratch *scratch = pool->unused;
    if (!scratch)
        return scratch_make(pool);
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
