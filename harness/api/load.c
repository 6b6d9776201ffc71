/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * load.c: an experiment, read and checked, and what it will take.
 */
#include "api/inside.h"

#include "base/mem.h"
#include "session/estimates.h"
#include "session/places.h"

static struct opt_texts copy_texts(struct arena *arena, const struct opt_texts *from)
{
    str *text = arena_array(arena, str, from->count + 1);
    for (size_t i = 0; i < from->count; i++)
        text[i] = arena_str(arena, from->text[i]);
    return (struct opt_texts){text, from->count};
}

static void take_options(struct weir_experiment *experiment, const struct weir_options *options)
{
    struct weir_options *own = &experiment->options;
    if (options)
        *own = *options;
    own->arena = (struct arena){0};
    if (!options)
        opt_defaults(api_options, &experiment->arena, own);
    own->mock_url = arena_str(&experiment->arena, own->mock_url);
    own->runs = arena_str(&experiment->arena, own->runs);
    own->resume = arena_str(&experiment->arena, own->resume);
    own->filter_range = arena_str(&experiment->arena, own->filter_range);
    own->filter_pattern = arena_str(&experiment->arena, own->filter_pattern);
    own->variants = arena_str(&experiment->arena, own->variants);
    own->sample_id = copy_texts(&experiment->arena, &own->sample_id);
    experiment->overrides = (struct experiment_options){
        .trials = own->trials,
        .concurrency = own->concurrency,
        .limit = own->limit,
        .choice = {own->filter_range, own->filter_pattern, own->sample_id},
        .variants = own->variants,
        .seed = own->has_seed ? own->seed : -1,
        .max_nanousd = own->max_cost,
        .max_calls = own->max_calls,
        .max_tokens = own->max_tokens,
        .no_cache = !own->cache,
        .no_baseline = !own->baseline,
    };
}

static void name_parts(struct weir_experiment *experiment)
{
    const struct experiment *read = experiment->read;
    struct arena *arena = &experiment->arena;
    experiment->name = arena_str(arena, read->name).p;
    experiment->variant = arena_array(arena, const char *, read->variants + 1);
    for (size_t i = 0; i < read->variants; i++)
        experiment->variant[i] = arena_str(arena, read->variant[i].name).p;
}

/* The run that goes on, and what of it counts for this part: until again_release it is open. */
static int find_again(struct weir_experiment *experiment, str path,
                      const struct again_options *wanted, struct err *err)
{
    struct weir_options *own = &experiment->options;
    struct arena *arena = &experiment->arena;
    struct again_options found = *wanted;
    struct again_manner manner = {own->mock, own->mock_url.n > 0, own->rate, own->arrivals};
    if (!own->store)
        return err_set(err, ERR_INPUT,
                       "resume goes on with a run that is stored; expected no store=false");
    if (!str_equal(wanted->run, STR(AGAIN_NEWEST)) &&
        run_find_beside(arena, path, wanted->run, &found.run, err) < 0)
        return -1;
    if (again_find(&experiment->again, &found, arena, err) < 0 ||
        again_take_options(&experiment->again, arena, &experiment->overrides, err) < 0 ||
        again_take_manner(&experiment->again, &manner, err) < 0)
        return -1;
    own->mock = manner.mock;
    own->rate = manner.rate;
    own->arrivals = manner.arrivals;
    return 0;
}

static int load_again(struct weir_experiment *experiment, str path, struct weir_error **error)
{
    const struct again_options wanted = {.run = experiment->options.resume,
                                         .experiment = path,
                                         .retry_errors = experiment->options.retry_errors};
    struct again *again = &experiment->again;
    struct err err = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &experiment->arena);
    if (find_again(experiment, path, &wanted, &err) == 0) {
        experiment->read = experiment_read(&experiment->arena, again->experiment_path,
                                           &experiment->overrides, &mistakes);
        if (experiment->read)
            again_check(again, experiment->read, &wanted, &experiment->arena, &err);
    }
    again_release(again);
    return mistakes.count ? api_fail_mistakes(error, &mistakes) : api_fail(error, &err);
}

static int load(struct weir_experiment *experiment, const char *path,
                const struct weir_options *options, struct weir_error **error)
{
    struct err err = {0};
    struct mistakes mistakes;
    str found;
    take_options(experiment, options);
    if (experiment->options.retry_errors && !experiment->options.resume.n) {
        err_set(&err, ERR_INPUT, "retry_errors goes with resume; expected that too");
        return api_fail(error, &err);
    }
    if (experiment->options.resume.n) {
        int status = load_again(experiment, str_from(path), error);
        if (status == WEIR_FINE)
            name_parts(experiment);
        return status;
    }
    mistakes_init(&mistakes, &experiment->arena);
    if (experiment_find(&experiment->arena, str_from(path), &found, &err) < 0)
        return api_fail(error, &err);
    experiment->read =
        experiment_read(&experiment->arena, found, &experiment->overrides, &mistakes);
    if (mistakes.count)
        return api_fail_mistakes(error, &mistakes);
    name_parts(experiment);
    return api_fail(error, &err);
}

struct weir_experiment *weir_load(const char *path, const struct weir_options *options,
                                  struct weir_error **error)
{
    struct api_call call;
    struct weir_experiment *experiment = xcalloc(1, sizeof *experiment);
    api_enter(&call);
    if (load(experiment, path, options, error) != WEIR_FINE) {
        weir_experiment_free(experiment);
        experiment = NULL;
    }
    api_leave(&call);
    return experiment;
}

const char *weir_experiment_name(const struct weir_experiment *experiment)
{
    return experiment->name;
}

size_t weir_experiment_variants(const struct weir_experiment *experiment)
{
    return experiment->read->variants;
}

const char *weir_experiment_variant(const struct weir_experiment *experiment, size_t i)
{
    return i < experiment->read->variants ? experiment->variant[i] : NULL;
}

uint64_t weir_experiment_cells(const struct weir_experiment *experiment)
{
    const struct experiment *read = experiment->read;
    return (uint64_t)read->dataset.count * read->variants * (uint64_t)read->trials;
}

char *weir_check(struct weir_experiment *experiment, struct weir_error **error)
{
    struct api_call call;
    struct arena arena = {0};
    const struct err none = {0};
    struct buf out = {0};
    api_enter(&call);
    struct estimates_run run = estimates_look_back(&arena, experiment->read);
    const struct estimates *estimates = estimates_of(&arena, experiment->read, &run);
    json_write_indented(&out, estimates_as_json(&arena, estimates), 2);
    char *text = api_text(buf_str(&out), NULL);
    buf_release(&out);
    arena_release(&arena);
    api_fail(error, &none);
    api_leave(&call);
    return text;
}

void weir_experiment_free(struct weir_experiment *experiment)
{
    if (!experiment)
        return;
    arena_release(&experiment->arena);
    xfree(experiment);
}
