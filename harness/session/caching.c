/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * caching.c: the cache of the runs beside an experiment (see caching.h).
 */
#include "session/caching.h"

#include "base/ceilings.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

/* The file beside the runs of an experiment; its folder is made. */
static int find_place(struct arena *arena, str experiment_path, str *path, struct err *err)
{
    str folder = path_beside(arena, experiment_path, STR(".weir"));
    *path = path_join(arena, folder, STR("cache.db"));
    return dir_make(folder.p, err);
}

int caching_open(struct cache **cache, struct arena *arena, const struct experiment *experiment,
                 int64_t most_bytes, struct err *err)
{
    str path;
    *cache = NULL;
    if (experiment->cache == CACHE_NONE)
        return 0;
    if (find_place(arena, experiment->path, &path, err) < 0)
        return -1;
    const struct cache_options options = {.path = path.p, .most_bytes = most_bytes};
    return cache_open(cache, &options, err);
}

void caching_for(struct cache *cache, str run_path)
{
    str name = path_name(run_path);
    if (cache)
        cache_set_run(cache,
                      str_ends_with(name, STR(".db")) ? str_sub(name, 0, name.n - 3) : name);
}

str caching_world(struct arena *arena, const struct experiment *experiment, bool bundled,
                  str mock_url)
{
    str text = STR("");
    char hex[33];
    if (!bundled)
        return mock_url.n ? arena_printf(arena, "mock %.*s", STR_ARG(mock_url)) : STR("");
    if (experiment->mock_inline)
        text = json_to_str(arena, experiment->mock_inline, JSON_COMPACT);
    else if (experiment->mock.n)
        file_read(arena, experiment->mock.p, MAX_DATASET_BYTES, &text, NULL);
    struct hash128 hash = hash_add((struct hash128){0}, text);
    hash = hash_add_int(hash_add_int(hash, experiment->dataset.hash.high),
                        experiment->dataset.hash.low);
    hash_hex(hash, hex);
    return arena_printf(arena, "mock %s", hex);
}
