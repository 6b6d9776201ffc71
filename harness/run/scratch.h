/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scratch.h: arenas for what is needed only while a node works: its prompts, and what goes over
 * the wire. They are used again from node to node, so a cell that waits in its third call does
 * not hold the requests and replies of the first two.
 */
#ifndef RUN_SCRATCH_H
#define RUN_SCRATCH_H

#include "base/arena.h"

struct scratch {
    struct arena arena;
    struct scratch *next;
};

/* Zeroed, it is empty. Of the loop's thread. */
struct scratch_pool {
    struct scratch *unused;
    size_t made;
};

/* An empty arena. */
struct scratch *scratch_take(struct scratch_pool *pool);
/* Empties it and takes it back; NULL is let pass. */
void scratch_give(struct scratch_pool *pool, struct scratch *scratch);
/* Frees those that were given back. */
void scratch_pool_release(struct scratch_pool *pool);

#endif
