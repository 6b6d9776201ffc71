/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cache_inside.h: what the files of cache.h share.
 *
 *   cache.c       opening, finding, putting
 *   cache_list.c  looking through it, forgetting
 */
#ifndef STORE_CACHE_INSIDE_H
#define STORE_CACHE_INSIDE_H

#include "store/cache.h"
#include "store/db.h"

#include <pthread.h>

enum cache_statement {
    CACHE_FIND_ENTRY,
    CACHE_FIND_CALL,
    CACHE_FIND_ATTEMPTS,
    CACHE_FIND_BODY,
    CACHE_USED,
    CACHE_FORGET,
    CACHE_ADD_ENTRY,
    CACHE_ADD_CALL,
    CACHE_ADD_ATTEMPT,
    CACHE_ADD_BODY,
    CACHE_STATEMENTS,
};

struct cache {
    struct arena arena;
    struct db db;
    struct cache_options options;
    str run;
    pthread_mutex_t lock;                      /* of all below and the connection */
    sqlite3_stmt *statement[CACHE_STATEMENTS]; /* NULL until needed */
    struct arena scratch;
    uint64_t puts;
};

/* The table of entries; its record is a struct cache_entry. */
extern const struct table cache_entries;

/* The stored call of that number: 1, its texts (but for bodies) in the arena; 0: none; -1. */
int cache_call(struct cache *cache, int64_t number, struct arena *arena,
               struct store_call *call, struct err *err);
/* A body, likewise; the empty one has no number. */
int cache_body(struct cache *cache, int64_t number, struct arena *arena, str *text,
               struct err *err);
/* Forgets what was not used longest until the rest fits. */
int cache_trim(struct cache *cache, struct err *err);

#endif
