/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * estimates_seen.c: what the steps of an experiment took in its newest run (see estimates.h).
 *
 * Half of max_tokens is a poor guess, and a run has counted. Only means of calls are taken over: how many
 * calls there are, the experiment says itself.
 */
#include "session/estimates.h"

#include "base/file.h"
#include "plan/bind.h"
#include "store/store.h"

struct looking {
    struct arena *arena;
    const struct store_variant *variant;
    size_t variants;
    struct estimate_seen *seen;
    size_t seens, room;
    uint32_t *variant_of; /* by cell, from 1; 0: it has no row */
    size_t cells;
    struct arena scratch;
    struct estimate_time *time;
    size_t times, time_room;
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

/* ---- times ---- */

static int add_cell(void *arg, const struct store_cell *cell)
{
    struct looking *looking = arg;
    if (cell->cell >= 0 && (size_t)cell->cell < looking->cells && cell->variant >= 0 &&
        (size_t)cell->variant < looking->variants) /* the file was not checked */
        looking->variant_of[cell->cell] = (uint32_t)cell->variant + 1;
    return 0;
}

static struct estimate_time *time_of(struct looking *looking, str variant, str path)
{
    for (size_t i = 0; i < looking->times; i++)
        if (str_equal(looking->time[i].path, path) &&
            str_equal(looking->time[i].variant, variant))
            return &looking->time[i];
    if (looking->times == looking->time_room) {
        size_t room = looking->time_room ? 2 * looking->time_room : 16;
        looking->time = arena_grow(looking->arena, looking->time, looking->times, room,
                                   sizeof *looking->time);
        looking->time_room = room;
    }
    struct estimate_time *made = &looking->time[looking->times++];
    *made = (struct estimate_time){.variant = arena_str(looking->arena, variant),
                                   .path = arena_str(looking->arena, path)};
    return made;
}

/* Mean and squares go on as in B. P. Welford, Note on a method for calculating corrected sums of squares and
 * products, 1962. */
static void add_time(struct looking *looking, int64_t cell, str instance_path, int64_t took_ns)
{
    if (cell < 0 || (size_t)cell >= looking->cells || !looking->variant_of[cell])
        return;
    arena_clear(&looking->scratch);
    str path = path_generic(&looking->scratch, instance_path);
    struct estimate_time *time =
        time_of(looking, looking->variant[looking->variant_of[cell] - 1].name,
                path.n ? path : STR("."));
    double took = (double)took_ns, from_mean = took - time->mean_ns;
    time->count++;
    time->mean_ns += from_mean / time->count;
    time->squares += from_mean * (took - time->mean_ns);
    time->least_ns = time->count > 1 && time->least_ns < took ? time->least_ns : took;
    time->most_ns = time->most_ns > took ? time->most_ns : took;
}

/* A cached call took what it took when it was made. */
static int add_call_time(void *arg, const struct store_call *call)
{
    if (call->source != STORE_UNSENT && !call->superseded)
        add_time(arg, call->cell, call->path, call->latency_ns);
    return 0;
}

static int add_command_time(void *arg, const struct store_command *command)
{
    if (!command->superseded)
        add_time(arg, command->cell, command->path, command->time_ns);
    return 0;
}

static bool read_times(struct looking *looking, struct store *store, struct err *err)
{
    looking->cells = (size_t)store_run_row(store)->cells;
    looking->variant_of = arena_calloc(looking->arena, looking->cells + 1, sizeof(uint32_t));
    bool good = store_each_cell(store, STORE_AS_WRITTEN, add_cell, looking, err) == 0 &&
                store_each_call(store, STORE_EVERY, add_call_time, looking, err) == 0 &&
                store_each_command(store, STORE_EVERY, add_command_time, looking, err) == 0;
    arena_release(&looking->scratch);
    return good;
}

static bool read_run(struct arena *arena, const struct experiment *experiment,
                     const struct store_listing *listing, struct estimates_run *run)
{
    struct looking looking = {.arena = arena};
    struct err unread = {0};
    struct store *store;
    char hash[33];
    if (store_open_checked(&store, listing->path.p, &unread) < 0)
        return false;
    looking.variant = store_variants(store, &looking.variants);
    bool good = store_each_node_total(store, add_node, &looking, &unread) == 0 &&
                read_times(&looking, store, &unread);
    hash_hex(experiment->hash, hash);
    *run = (struct estimates_run){
        .id = arena_str(arena, listing->id),
        .mock = listing->run.mock,
        .edited = !str_equal(listing->run.experiment_hash, str_from(hash)),
        .seen = looking.seen,
        .seens = looking.seens,
        .time = looking.time,
        .times = looking.times,
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
