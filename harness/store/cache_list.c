/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cache_list.c: looking through a cache, and forgetting (see cache.h).
 */
#include "store/cache_inside.h"

int cache_each(struct cache *cache, cache_entry_fn *fn, void *arg, struct err *err)
{
    sqlite3_stmt *rows = db_prepare_select(&cache->db, &cache_entries,
                                           "ORDER BY created_wall_ns DESC, call DESC", err);
    if (!rows)
        return -1;
    struct cache_entry entry;
    int result;
    while ((result = db_next(&cache->db, rows, &cache_entries, &entry, err)) > 0)
        if ((result = fn(arg, &entry)) != 0)
            break;
    sqlite3_finalize(rows);
    return result;
}

int cache_request(struct cache *cache, const struct cache_entry *entry, struct arena *arena,
                  str *request, struct err *err)
{
    struct store_call call = {0};
    *request = STR("");
    int there = cache_call(cache, entry->call, arena, &call, err);
    if (there > 0)
        there = cache_body(cache, call.request.id, arena, request, err);
    return there < 0 ? -1 : 0;
}

/* Pages that are free go back to the file system. */
static int give_back(struct cache *cache, struct err *err)
{
    return db_exec(&cache->db, "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(PASSIVE)",
                   err);
}

int cache_clear(struct cache *cache, int64_t before_wall_ns, int64_t *count, struct err *err)
{
    sqlite3_stmt *forget = db_prepare(
        &cache->db, "DELETE FROM entry WHERE max(created_wall_ns, used_wall_ns) < ?1", err);
    *count = 0;
    if (!forget)
        return -1;
    pthread_mutex_lock(&cache->lock);
    sqlite3_bind_int64(forget, 1, before_wall_ns);
    int result = db_run(&cache->db, forget, err);
    if (result == 0)
        *count = sqlite3_changes(cache->db.handle);
    sqlite3_finalize(forget);
    if (result == 0)
        result = give_back(cache, err);
    pthread_mutex_unlock(&cache->lock);
    return result;
}

/* A tenth below the limit, so that not every put trims. */
static int trim(struct cache *cache, struct err *err)
{
    int64_t most = cache->options.most_bytes, size;
    if (db_int(&cache->db, "SELECT sum(size) FROM entry", 0, &size, err) < 0)
        return -1;
    if (size <= most)
        return 0;
    sqlite3_stmt *forget = db_prepare(
        &cache->db,
        "DELETE FROM entry WHERE call IN (SELECT call FROM (SELECT call, sum(size) OVER"
        " (ORDER BY max(created_wall_ns, used_wall_ns) DESC, call DESC) AS until FROM entry)"
        " WHERE until > ?1)",
        err);
    if (!forget)
        return -1;
    sqlite3_bind_int64(forget, 1, most - most / 10);
    int result = db_run(&cache->db, forget, err);
    sqlite3_finalize(forget);
    return result < 0 ? -1 : give_back(cache, err);
}

int cache_trim(struct cache *cache, struct err *err)
{
    if (!cache->options.most_bytes)
        return 0;
    pthread_mutex_lock(&cache->lock);
    int result = trim(cache, err);
    pthread_mutex_unlock(&cache->lock);
    return result;
}
