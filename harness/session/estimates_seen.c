/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * estimates_seen.c: what the steps of an experiment took in its newest run (see estimates.h).
 *
 * Half of max_tokens is a poor guess, and a run has counted. Only means of calls are taken over: how many
 * calls there are, the experiment says itself.
 */
#include "session/estimates.h"

#include "base/file.h"
#include "store/store.h"

struct looking {
    struct arena *arena;
    const struct store_variant *variant;
    struct estimate_seen *seen;
    size_t seens, room;
};

static int add_node(void *arg, const struct store_node_total *total)
{
    struct looking *looking = arg;
    const struct store_tokens *tokens = &total->tokens;
    int64_t counted = total->calls - total->unknown_usage_calls;
    if (!str_equal(total->pattern, STR("call")) || counted <= 0)
        return 0;
    if (looking->seens == looking->room) {
        size_t room = looking->room ? 2 * looking->room : 16;
        looking->seen = arena_grow(looking->arena, looking->seen, looking->seens, room,
                                   sizeof *looking->seen);
        looking->room = room;
    }
    looking->seen[looking->seens++] = (struct estimate_seen){
        .variant = arena_str(looking->arena, looking->variant[total->variant].name),
        .path = arena_str(looking->arena, total->node),
        .input = (double)(tokens->input + tokens->cache_read + tokens->cache_write) /
                 (double)counted,
        .output = (double)tokens->output / (double)counted,
    };
    return 0;
}

static bool read_run(struct arena *arena, const struct experiment *experiment,
                     const struct store_listing *listing, struct estimates_run *run)
{
    struct looking looking = {.arena = arena};
    struct err unread = {0};
    struct store *store;
    size_t variants;
    char hash[33];
    if (store_open_checked(&store, listing->path.p, &unread) < 0)
        return false;
    looking.variant = store_variants(store, &variants);
    bool good = store_each_node_total(store, add_node, &looking, &unread) == 0;
    hash_hex(experiment->hash, hash);
    *run = (struct estimates_run){
        .id = arena_str(arena, listing->id),
        .mock = listing->run.mock,
        .edited = !str_equal(listing->run.experiment_hash, str_from(hash)),
        .seen = looking.seen,
        .seens = looking.seens,
    };
    store_close(store);
    return good;
}

struct estimates_run estimates_look_back(struct arena *arena,
                                         const struct experiment *experiment)
{
    struct estimates_run run = {0};
    struct err unread = {0};
    struct store_listing *all;
    size_t count;
    str folder = path_beside(arena, experiment->path, STR(".weir/runs"));
    if (!dir_exists(folder.p) || store_runs(folder.p, arena, &all, &count, &unread) < 0)
        return run;
    for (int mock = 0; mock < 2; mock++)
        for (size_t i = 0; i < count; i++) {
            const struct store_run *row = &all[i].run;
            bool wanted = !all[i].problem.n && row->state == STORE_FINISHED &&
                          row->mock == (mock == 1) &&
                          str_equal(row->experiment, experiment->name);
            if (wanted && read_run(arena, experiment, &all[i], &run) && run.seens > 0)
                return run;
        }
    return (struct estimates_run){0};
}
