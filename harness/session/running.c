/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * running.c: see running.h. Where the parts of a run are put together: store, cache, cassette,
 * scores, schedule and early stopping.
 */
#include "session/running.h"

#include "session/again.h"
#include "session/caching.h"
#include "session/run_file.h"
#include "session/watching.h"

#include "base/log.h"
#include "plan/experiment_scores.h"
#include "plan/experiment_select.h"
#include "score/ask.h"
#include "score/score.h"

#include <math.h>

void running_tell_left_out(const struct experiment *experiment, struct arena *arena)
{
    str rest = experiment_left_out_text(arena, experiment), line;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        log_text(line);
    }
}

/* What the file says of this run alone. */
static int create_store(const struct running *running, struct arena *arena,
                        struct store **store, str *path, struct err *err)
{
    bool paced = running->rate > 0;
    struct store_run run = {
        .mock = running->mock,
        .replayed = running->replayed,
        .options = running->words,
        .rate = paced ? running->rate : (double)NAN,
        .arrivals = paced ? str_from(arrivals_names[running->arrivals]) : STR(""),
    };
    return run_file_create(arena, running->experiment, running->folder, &run, store, path, err);
}

static int finish_store(struct store *store, const struct run_result *result, struct err *err)
{
    const struct totals *setup = &result->setup;
    struct store_run end = {
        .state = result->complete ? STORE_FINISHED : STORE_INTERRUPTED,
        .stop_reason = str_from(result->reason ? result->reason : ""),
        .wall_ns = result->wall_ns,
        .cpu_ns = result->cpu_ns,
        .max_rss_bytes = result->max_rss_bytes,
        .lateness_p99_ns = result->lateness_p99_ns,
        .setup_calls = setup->calls,
        .setup_tokens = setup->input_tokens + setup->cache_read_tokens +
                        setup->cache_write_tokens + setup->output_tokens,
        .setup_nanousd = setup->unknown_cost_calls ? -1 : setup->cost_nanousd,
    };
    return store_finish(store, &end, err);
}

/* Shards start their cells at moments of their own: else all would do so at once. */
static struct pace pace_of(const struct running *running)
{
    const struct experiment *experiment = running->experiment;
    struct pace pace = {.per_s = running->rate,
                        .arrivals = running->arrivals,
                        .key = rng_key((uint64_t)experiment->seed)};
    if (experiment->shards > 0) {
        pace.per_s /= (double)experiment->shards;
        pace.key = rng_mix_int(pace.key, (uint64_t)experiment->shard);
    }
    return pace;
}

/* The run's file, made or opened again, to write to. */
static int open_store(const struct running *running, struct arena *arena,
                      struct run_options *run, str *path, struct err *err)
{
    struct again *again = running->again;
    if (!again)
        return create_store(running, arena, &run->store, path, err);
    *path = again->path;
    again->kept.plan = run_file_plan(arena, running->experiment);
    again->kept.whole_trials = experiment_has_contest(running->experiment);
    if (store_reopen(&run->store, path->p, &again->kept, err) < 0)
        return -1;
    if (resume_open(&run->resume, path->p, err) == 0) {
        run->earlier_ns = resume_wall_ns(run->resume);
        return 0;
    }
    store_abandon(run->store);
    return -1;
}

/* run_execute, with an eye on the pair that `stop` watches. */
static int execute_watched(struct arena *arena, struct run_options *run, str path,
                           struct run_result *result, struct err *err)
{
    struct watching watching;
    if (!run->experiment->stop)
        return run_execute(run, result, err);
    if (watching_open(&watching, run->experiment, run->resume ? path.p : NULL, arena, err) < 0)
        return -1;
    run->decide = watching_decide;
    run->decide_arg = &watching;
    int status = run_execute(run, result, err);
    watching_close(&watching);
    return status;
}

int running_execute(const struct running *running, struct arena *arena, str *path,
                    struct run_result *result, struct err *err)
{
    const struct experiment *experiment = running->experiment;
    struct cache *cache;
    if (caching_open(&cache, arena, experiment, running->cache_size, err) < 0)
        return -1;
    struct run_options run = {
        .experiment = experiment,
        .ask = score_ask,
        .tape = running->tape,
        .cache = cache,
        .cache_refresh = experiment->cache == CACHE_REFRESH,
        .cache_world = caching_world(arena, experiment, running->own_mock, running->mock_url),
        .score = score_cell,
        .contest = experiment_has_contest(experiment) ? score_contest : NULL,
        .pace = pace_of(running),
        .progress = running->progress,
        .progress_arg = running->progress_arg,
        .progress_ns = running->progress_ns,
        .on_cell = running->on_cell,
        .on_cell_arg = running->on_cell_arg,
        .signals = running->signals,
        .control = running->control,
        .spent = running->spent,
    };
    if (open_store(running, arena, &run, path, err) < 0) {
        cache_close(cache);
        return -1;
    }
    caching_for(cache, *path);
    if (running->on_file)
        running->on_file(running->on_file_arg, *path);
    int status = execute_watched(arena, &run, *path, result, err);
    resume_close(run.resume);
    cache_close(cache);
    if (status < 0)
        result->reason = err->message;
    struct err closing = {0};
    if (finish_store(run.store, result, &closing) < 0 && status == 0) {
        *err = closing;
        status = -1;
    }
    return status;
}
