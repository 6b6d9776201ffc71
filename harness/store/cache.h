/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cache.h: replies of earlier runs, kept for later ones (rule 10, docs/cache.md).
 *
 * One SQLite file beside the runs. An entry is a call as a run stores it, with its attempts and
 * both bodies, under a key that says who asked what: so no two calls of a run share an entry, and
 * an entry can be turned into the reply again by whoever reads stored calls.
 *
 * Any number of processes use a file at once; what one has put the others find. A cache may
 * forget: a file of an older weir is emptied, and what was not asked for longest goes first when
 * it has grown too large. Losing entries to a power cut is no harm either.
 *
 * The functions may be called from any thread, and may wait for the disk and for other processes:
 * never from the loop's.
 */
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include "store/store.h"

struct cache;

/* Who asked what. All of it is kept beside the entry, for `weir cache why`. */
struct cache_key {
    str endpoint;     /* who was asked: dialect and address */
    str request_hash; /* what was asked */
    str variant, sample;
    int64_t trial;
    str path; /* of the step */
    str role; /* of its calls */
    int64_t repeat;
};

struct cache_options {
    const char *path;
    int64_t most_bytes; /* 0: no limit */
};

/* Makes the file when there is none. ERR_INPUT when it is no cache, or a newer weir's. */
int cache_open(struct cache **cache, const struct cache_options *options, struct err *err);
/* Who asks: entries that this run wrote are not there for it. */
void cache_set_run(struct cache *cache, str run);
/* Forgets what is too much. Harmless for NULL. */
void cache_close(struct cache *cache);

struct cache_found {
    struct store_call call; /* its own numbers (cell, id) mean nothing here */
    const struct store_attempt *attempt;
    unsigned attempts;
    str request, reply; /* bodies */
    str run;            /* that wrote it */
};

/* 1 and the entry, in the arena; 0: there is none; -1. */
int cache_find(struct cache *cache, const struct cache_key *key, struct arena *arena,
               struct cache_found *found, struct err *err);
/* Keeps a call, in place of an entry of the same key. */
int cache_put(struct cache *cache, const struct cache_key *key, const struct store_call *call,
              struct err *err);

/* --- for people ---------------------------------------------------------------------------- */

struct cache_entry {
    int64_t call; /* its number in the file */
    struct cache_key key;
    str key_hash, run, model;
    int64_t created_wall_ns, used_wall_ns; /* since 1970; used 0: never yet */
    int64_t uses, size;
    int64_t cost_nanousd; /* or -1 */
};
/* The entries, newest first; texts are valid until fn returns. A return other than 0 ends the
 * walk and is handed on. */
typedef int cache_entry_fn(void *arg, const struct cache_entry *entry);
int cache_each(struct cache *cache, cache_entry_fn *fn, void *arg, struct err *err);
/* The body that was asked with. */
int cache_request(struct cache *cache, const struct cache_entry *entry, struct arena *arena,
                  str *request, struct err *err);
/* Forgets all entries that were neither made nor used since that time (ns since 1970);
 * INT64_MAX: all. */
int cache_clear(struct cache *cache, int64_t before_wall_ns, int64_t *count, struct err *err);
void cache_key_hash(const struct cache_key *key, char hex[33]);

#endif
