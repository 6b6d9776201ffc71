/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cached.c: the cache between a pattern's call and the client (see cached.h).
 *
 * The file is read and written by workers: the node that calls does nothing else meanwhile, so
 * they may use its scratch. A cache that fails is left alone from then on; the run goes on as
 * without one.
 */
#include "run/cached.h"

#include "base/hash.h"
#include "base/log.h"
#include "io/pool.h"
#include "llm/dialect.h"
#include "run/recorded.h"
#include "run/wf_inside.h"
#include "store/cache.h"

struct job {
    struct run *run;
    struct cache_key key;
    struct arena *arena;
    struct cache_found found;
    const struct store_call *row;
    int result;
    struct err err;
};

static str endpoint_of(const struct run *run, const struct llm_provider *provider,
                       struct arena *arena)
{
    if (run->options->cache_world.n)
        return arena_printf(arena, "%s %.*s", provider->dialect->name,
                            STR_ARG(run->options->cache_world));
    return arena_printf(arena, "%s %.*s %.*s", provider->dialect->name,
                        STR_ARG(provider->endpoint[0].base_url),
                        STR_ARG(provider->api_version));
}

static struct cache_key key_of(struct wf *wf, const struct llm_request *request, int64_t repeat)
{
    const struct cell *cell = wf->cell;
    struct arena *arena = wf_scratch(wf);
    char *hash = arena_alloc(arena, 33);
    hash_hex(llm_request_hash(request), hash);
    return (struct cache_key){
        .endpoint = endpoint_of(cell->run, request->model->provider, arena),
        .request_hash = {hash, 32},
        .variant = cell->variant->name,
        .sample = cell->sample->id,
        .trial = cell->id.trial,
        .path = wf->step.path,
        .role = str_from(store_role_name((enum store_role)wf->step.role)),
        .repeat = repeat,
    };
}

/* Says so once. */
static void give_up(struct run *run, const struct err *err)
{
    if (run->cache_failed)
        return;
    run->cache_failed = true;
    log_line(LOG_WARNING, "the cache is not used any more: %s", err->message);
}

static bool is_used(const struct run *run)
{
    return run->options->cache && !run->cache_failed;
}

str cached_endpoint(struct wf *wf, const struct llm_request *request)
{
    const struct run *run = wf->cell->run;
    return is_used(run) ? endpoint_of(run, request->model->provider, wf_scratch(wf)) : STR("");
}

/* ---- finding ---- */

static void find(void *arg)
{
    struct job *job = arg;
    job->result =
        cache_find(job->run->options->cache, &job->key, job->arena, &job->found, &job->err);
}

static bool fiber_fn make_reply(struct wf *wf, const struct llm_request *request,
                                const struct cache_found *found, struct llm_reply *reply)
{
    const struct recorded_call recorded = {.row = found->call,
                                           .attempt = found->attempt,
                                           .attempts = found->attempts,
                                           .request = found->request,
                                           .reply = found->reply};
    int64_t left_ns = request->time_left_ns;
    if (left_ns && found->call.latency_ns > left_ns)
        return false;
    if (!recorded_reply(&recorded, request, wf_scratch(wf), wf->cell->run->pool, reply) ||
        reply->outcome != LLM_OK)
        return false;
    reply->cached = true;
    reply->start = reply->end = clock_now();
    reply->permit_wait_ns = 0;
    return true;
}

bool cached_find(struct wf *wf, const struct llm_request *request, int64_t repeat,
                 struct llm_reply *reply)
{
    struct run *run = wf->cell->run;
    if (!is_used(run) || run->options->cache_refresh)
        return false;
    struct job job = {.run = run, .key = key_of(wf, request, repeat), .arena = wf_scratch(wf)};
    pool_run(run->pool, find, &job);
    if (job.result < 0)
        give_up(run, &job.err);
    return job.result > 0 && make_reply(wf, request, &job.found, reply);
}

/* ---- keeping ---- */

static void put(void *arg)
{
    struct job *job = arg;
    job->result = cache_put(job->run->options->cache, &job->key, job->row, &job->err);
}

void cached_keep(struct wf *wf, const struct llm_request *request,
                 const struct llm_reply *reply, const struct store_call *row)
{
    struct run *run = wf->cell->run;
    if (!is_used(run) || reply->cached || reply->outcome != LLM_OK || !reply->attempts)
        return;
    struct job job = {.run = run, .key = key_of(wf, request, row->repeat), .row = row};
    pool_run(run->pool, put, &job);
    if (job.result < 0)
        give_up(run, &job.err);
}
