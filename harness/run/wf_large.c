/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wf_large.c: work on values that may be large, kept off the loop thread (rule 1).
 *
 * What is small is done at once, on the loop's stack, since handing it over would take longer than
 * the work. What is large goes to a worker, with an arena of its own: the cell's is used meanwhile
 * by its other fibers.
 */
#include "run/wf_inside.h"

#include "base/ceilings.h"
#include "io/pool.h"
#include "plan/transform.h"

/* Stops counting at the limit, so that shared parts cannot make it long. */
static size_t json_size(const json *value, size_t limit)
{
    size_t size = json_is(value, JSON_TEXT) ? json_text(value).n + 2 : 4;
    for (const json *item = json_first(value); item && size <= limit; item = json_next(item))
        size += json_size(item, limit - size) + 1;
    return size;
}

bool wf_larger_than(const json *value, size_t bytes)
{
    return json_size(value, bytes) > bytes;
}

bool wf_is_large(const json *value)
{
    return wf_larger_than(value, LARGE_CHECK_BYTES);
}

struct parse_job {
    struct arena *arena;
    str text;
    struct json_error *error;
    const json *value;
};

static void run_parse_job(void *arg)
{
    struct parse_job *job = arg;
    job->value = json_parse(job->arena, job->text, job->error);
}

static void end_arena(void *object)
{
    arena_release(object);
}

/* An arena that lives as long as the cell's, for a worker to fill while the cell's own is used
 * by its other fibers. */
static struct arena *arena_beside(struct wf *wf)
{
    struct arena *arena = arena_new(wf_arena(wf), struct arena);
    arena_on_end(wf_arena(wf), end_arena, arena);
    return arena;
}

const json *fiber_fn wf_parse(struct wf *wf, str text, struct json_error *error)
{
    struct parse_job job = {wf_arena(wf), text, error, NULL};
    if (text.n > LARGE_PARSE_BYTES) {
        job.arena = arena_beside(wf);
        pool_run(wf->cell->run->pool, run_parse_job, &job);
    } else {
        fiber_aside(run_parse_job, &job);
    }
    return job.value;
}

struct valid_job {
    const struct jsonschema *schema;
    const json *value;
    struct arena *arena;
    struct jsonschema_problem *problems;
    size_t most, *count;
    bool valid;
};

static void run_valid_job(void *arg)
{
    struct valid_job *job = arg;
    job->valid = jsonschema_valid(job->schema, job->value, job->arena, job->problems, job->most,
                                  job->count);
}

bool fiber_fn wf_valid(struct wf *wf, const struct jsonschema *schema, const json *value,
                       struct jsonschema_problem *problems, size_t most, size_t *count)
{
    struct valid_job job = {schema, value, wf_arena(wf), problems, most, count, false};
    if (wf_is_large(value)) {
        job.arena = arena_beside(wf);
        pool_run(wf->cell->run->pool, run_valid_job, &job);
    } else {
        fiber_aside(run_valid_job, &job);
    }
    return job.valid;
}

struct transform_job {
    struct arena *arena;
    const struct transform *transform;
    size_t count;
    const json *value;
};

static void run_transform_job(void *arg)
{
    struct transform_job *job = arg;
    job->value = transform_apply(job->arena, job->transform, job->count, job->value);
}

const json *fiber_fn wf_transform(struct wf *wf, const struct transform *transform,
                                  size_t count, const json *value)
{
    struct transform_job job = {wf_arena(wf), transform, count, value};
    if (count && wf_is_large(value)) {
        job.arena = arena_beside(wf);
        pool_run(wf->cell->run->pool, run_transform_job, &job);
    } else {
        fiber_aside(run_transform_job, &job);
    }
    return job.value;
}

void fiber_fn wf_work(struct wf *wf, bool large, void (*work)(void *arg), void *arg)
{
    if (large)
        pool_run(wf->cell->run->pool, work, arg);
    else
        fiber_aside(work, arg);
}
