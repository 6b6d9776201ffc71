/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run.c: an experiment is run on a thread of its own, while the caller's waits for what it tells.
 *
 * Its own thread, since signals, locale and listeners of the caller's thread are none of ours, and since
 * what the caller does in a callback must not hold up the loop.
 */
#include "api/events.h"
#include "api/inside.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "io/fiber.h"
#include "plan/perturb.h"
#include "session/again.h"
#include "session/kept.h"
#include "session/mock.h"
#include "session/running.h"
#include "store/store.h"

enum { FULL_NAP_MS = 2, PROGRESS_MS = 100 };

struct weir_run {
    struct arena arena;
    struct weir_experiment *experiment;
    struct run_control control;
    struct events events;
    struct events_listener listener;
    struct log_sink sink;
    struct api_folder *folder; /* of store=false; NULL: none */
    bool executed, ended;
    bool tells_progress, tells_cells; /* as it was when the run began */
    _Atomic(const char *) path;       /* NULL: there is no file yet */

    /* of its thread, until that has ended */
    struct run_result result;
    struct err err;
    const char *reason;
};

/* ---- what happens, on the run's threads ---- */

static void hear(void *arg, enum log_level level, str text)
{
    struct weir_run *run = arg;
    (void)level;
    events_add_warning(&run->events, text);
}

static const char *clean(struct arena *arena, str text)
{
    return api_shown(arena, secret_redact(arena, text));
}

static void fiber_fn cell_ended(void *arg, const struct cell *cell)
{
    struct weir_run *run = arg;
    const struct experiment *experiment = run->experiment->read;
    const struct perturbation *changed = perturb_of(experiment, cell->id.sample);
    size_t original = changed ? perturb_original(experiment, cell->id.sample) : cell->id.sample;
    bool scored = cell->scored && !cell->ungraded;
    struct arena arena = {0};
    while (events_are_full(&run->events))
        if (fiber_sleep(FULL_NAP_MS * NS_PER_MS) < 0)
            break; /* dropped: what has ended is told all the same */
    const struct weir_cell told = {
        .variant = arena_str(&arena, cell->variant->name).p,
        .sample = arena_str(&arena, experiment->dataset.sample[original].id).p,
        .trial = cell->id.trial,
        .status = store_status_name((enum store_status)cell->status),
        .reason = api_shown(&arena, cell->reason),
        .message = clean(&arena, cell->failure.message),
        .correct = scored ? cell->correct : -1,
        .score = scored ? cell->value : (double)NAN,
        .latency_ns = cell->latency_ns,
        .wall_ns = cell->wall_ns,
        .calls = (uint64_t)cell->totals.calls,
        .cost_nanousd = cell->totals.unknown_cost_calls ? -1 : cell->totals.cost_nanousd,
        .output = cell->output ? clean(&arena, json_to_str(&arena, cell->output, JSON_COMPACT))
                               : NULL,
        .perturbation = changed ? arena_str(&arena, changed->label).p : NULL,
    };
    events_add_cell(&run->events, &told, arena);
}

static void progressed(void *arg, const struct run *of, bool last)
{
    struct weir_run *run = arg;
    const struct run_counters *counters = &of->counters;
    const struct weir_progress progress = {
        .cells_done = counters->cells_done,
        .cells_open = counters->cells_open,
        .cells_total = counters->cells_total,
        .calls = counters->calls,
        .retries = counters->retries,
        .errors = counters->errors,
        .scored = counters->scored,
        .correct = counters->correct,
        .cost_nanousd = counters->cost_nanousd,
        .unknown_cost_calls = counters->unknown_cost_calls,
        .last = last,
    };
    events_set_progress(&run->events, &progress);
}

static void file_made(void *arg, str path)
{
    struct weir_run *run = arg;
    atomic_store(&run->path, path.p);
}

/* ---- the run's thread ---- */

static struct running running_of(struct weir_run *run)
{
    const struct weir_options *options = &run->experiment->options;
    return (struct running){
        .experiment = run->experiment->read,
        .again = options->resume.n ? &run->experiment->again : NULL,
        .folder = run->folder ? run->folder->unkept.folder : options->runs,
        .words = again_words(&run->arena, &run->experiment->overrides),
        .mock_url = options->mock_url,
        .mock = options->mock || options->mock_url.n,
        .own_mock = options->mock && !options->mock_url.n,
        .rate = options->rate,
        .arrivals = (enum arrivals)options->arrivals,
        .cache_size = options->cache_size,
        .on_file = file_made,
        .on_file_arg = run,
        .control = &run->control,
        .progress = run->tells_progress ? progressed : NULL,
        .progress_arg = run,
        .progress_ns = PROGRESS_MS * NS_PER_MS,
        .on_cell = run->tells_cells ? cell_ended : NULL,
        .on_cell_arg = run,
    };
}

static int perform(struct weir_run *run, const struct mock *mock)
{
    const struct experiment *experiment = run->experiment->read;
    const struct running running = running_of(run);
    str path;
    if (running.own_mock)
        mock_notes(experiment, &run->arena);
    running_tell_left_out(experiment, &run->arena);
    /* providers are the experiment's, and outlive the run */
    if (kept_check(experiment, running.mock, &run->arena, &run->err) < 0 ||
        providers_prepare(&run->experiment->arena, experiment, mock->url, false, &run->err) < 0)
        return -1;
    return running_execute(&running, &run->arena, &path, &run->result, &run->err);
}

static void *run_main(void *arg)
{
    struct weir_run *run = arg;
    const struct weir_options *options = &run->experiment->options;
    struct mock mock = {.url = options->mock_url, .heard = true};
    log_use_sink(&run->sink);
    if (!options->mock || mock.url.n ||
        mock_start(&mock, run->experiment->read, &run->arena, &run->err) == 0) {
        perform(run, &mock);
        mock_made_up(&mock, &run->arena);
        mock_stop(&mock);
    }
    if (run->result.reason && run->result.reason[0])
        run->reason = clean(&run->arena, str_from(run->result.reason));
    events_end(&run->events);
    return NULL;
}

/* ---- the caller's ---- */

static void stop(void *arg)
{
    weir_run_stop(arg);
}

struct weir_run *weir_run_new(struct weir_experiment *experiment)
{
    struct weir_run *run = xcalloc(1, sizeof *run);
    run->experiment = experiment;
    run->sink = (struct log_sink){.say = hear, .arg = run};
    run->listener = (struct events_listener){.stop = stop, .stop_arg = run};
    run_control_init(&run->control);
    events_init(&run->events);
    return run;
}

void weir_run_on_progress(struct weir_run *run, weir_progress_fn *fn, void *arg)
{
    run->listener.progress = fn;
    run->listener.progress_arg = arg;
}

void weir_run_on_cell(struct weir_run *run, weir_cell_fn *fn, void *arg)
{
    run->listener.cell = fn;
    run->listener.cell_arg = arg;
}

void weir_run_on_warning(struct weir_run *run, weir_warning_fn *fn, void *arg)
{
    run->listener.warning = fn;
    run->listener.warning_arg = arg;
}

static int execute(struct weir_run *run)
{
    enum { STACK_BYTES = 8 * 1024 * 1024 }; /* as a main thread has */
    pthread_attr_t attributes;
    pthread_t thread;
    run->tells_progress = run->listener.progress != NULL;
    run->tells_cells = run->listener.cell != NULL;
    if (!run->experiment->options.store && !(run->folder = api_folder_make(&run->err)))
        return -1;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int failed = thread_start(&thread, &attributes, run_main, run);
    pthread_attr_destroy(&attributes);
    if (failed)
        return err_set(&run->err, ERR_FAILED, "no thread for the run: %s", strerror(failed));
    events_deliver(&run->events, &run->listener);
    pthread_join(thread, NULL);
    run->ended = true;
    return run->err.kind == ERR_NONE ? 0 : -1;
}

/* What speaks against beginning; the run may be asked again when that is over. Once it may begin, its
 * experiment is busy. */
static int claim(struct weir_run *run, struct err *err)
{
    struct weir_experiment *experiment = run->experiment;
    if (run->executed)
        return err_set(err, ERR_INPUT, "the run was executed before; expected a new one");
    if (atomic_exchange(&experiment->busy, true))
        return err_set(err, ERR_INPUT,
                       "another run of this experiment is being executed; expected it to end, "
                       "or the experiment to be loaded again");
    if (!experiment->resumed)
        return 0;
    atomic_store(&experiment->busy, false);
    return err_set(err, ERR_INPUT,
                   "the run that the experiment resumes went on before; expected it to be "
                   "loaded again");
}

int weir_run_execute(struct weir_run *run, struct weir_error **error)
{
    struct err refused = {0};
    if (claim(run, &refused) < 0)
        return api_fail(error, &refused);
    run->executed = true;
    run->experiment->resumed = run->experiment->options.resume.n > 0;
    execute(run);
    atomic_store(&run->experiment->busy, false);
    int status = api_fail(error, &run->err);
    if (status != WEIR_FINE)
        return status;
    return run->result.stopped    ? WEIR_DROPPED
           : run->result.complete ? WEIR_FINE
                                  : WEIR_INCOMPLETE;
}

void weir_run_stop(struct weir_run *run)
{
    run_control_stop(&run->control);
}

const char *weir_run_path(const struct weir_run *run)
{
    return atomic_load(&run->path);
}

const char *weir_run_reason(const struct weir_run *run)
{
    return run->ended ? run->reason : NULL;
}

struct weir_report *weir_run_report(struct weir_run *run, struct weir_error **error)
{
    struct err err = {0};
    const char *path = weir_run_path(run);
    if (path)
        return api_report_open(str_from(path), run->folder, error);
    err_set(&err, ERR_INPUT, "the run has no results: it has not begun");
    api_fail(error, &err);
    return NULL;
}

void weir_run_free(struct weir_run *run)
{
    if (!run)
        return;
    api_folder_leave(run->folder);
    events_release(&run->events);
    run_control_release(&run->control);
    arena_release(&run->arena);
    xfree(run);
}
