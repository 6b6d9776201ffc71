/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sched.c: a whole run: opens what it needs, keeps cells open, ends in order (see run.h).
 *
 * `concurrency` workers, each a fiber with an arena of its own, take the next cell of the plan
 * until there is none. The first Ctrl-C makes "none" true early: what is open is finished and
 * written. The second cancels: fibers unwind by returns, what has no result stays pending.
 * With a rate, cells start at their times instead, each on a fiber of its own.
 */
#include "run/run.h"

#include "base/log.h"
#include "base/mem.h"
#include "io/exec.h"
#include "io/fiber.h"
#include "io/http.h"
#include "io/loop.h"
#include "io/pool.h"
#include "llm/client.h"
#include "run/result.h"
#include "run/setup.h"
#include "run/stopping.h"
#include "store/store.h"

#include <signal.h>

struct scheduler {
    struct run run;
    struct http *http;
    struct fiber_group workers;
    struct loop_timer progress;
    struct arena arena; /* plan, vectors of examples */
    struct err err;     /* what ended the run early */
};

/* ---- workers ---- */

void run_stop(struct run *run)
{
    run->draining = run->stopped = true;
    fiber_group_cancel(run->workers);
}

void run_refuse(const struct cell *cell, const char *what, str path)
{
    struct run *run = cell->run;
    if (run->err.kind == ERR_NONE)
        err_set(&run->err, ERR_INPUT,
                "%.*s/%.*s/%u: %s '%.*s' is not what is stored: the workflow is not that of the "
                "run any more",
                STR_ARG(cell->variant->name), STR_ARG(cell->sample->id), cell->id.trial, what,
                STR_ARG(path));
    run_stop(run);
}

/* Cells that an earlier part of the run has finished are passed over. */
static bool fiber_fn next_cell(struct run *run, uint64_t *place)
{
    const struct resume *resume = run->options->resume;
    while (!run->draining && run->next < run->plan.cells) {
        *place = plan_place(&run->plan, run->next++);
        if ((resume && resume_has(resume, *place)) || !meeting_is_possible(run, *place))
            continue;
        if (!stopping_admit(run, *place))
            return false;
        meeting_open(run, *place);
        return true;
    }
    return false;
}

/* The first workers have room for a whole cell of one call; ten thousand would need 80 MB. */
enum { ROOMY_CELLS = 256, CELL_BYTES = 8 * 1024 };

static void fiber_fn work(void *arg)
{
    struct run *run = arg;
    struct arena arena = {0};
    uint64_t place;
    bool replaced = false;
    if (run->counters.cells_open < ROOMY_CELLS)
        arena.first = CELL_BYTES;
    while (!replaced && next_cell(run, &place)) {
        run->counters.cells_open++;
        cell_run(run, place, NULL, &arena, &replaced);
        run->counters.cells_open--;
        stopping_wake(run);
        arena_clear(&arena);
    }
    if (!replaced)
        meetings_end(run);
    arena_release(&arena);
}

/* ---- cells on a schedule ---- */

struct paced_cell {
    struct run *run;
    uint64_t place;
    struct moment due;
};

static void fiber_fn work_paced(void *arg)
{
    struct paced_cell cell = *(struct paced_cell *)arg;
    struct arena arena = {0};
    bool replaced;
    xfree(arg);
    cell.run->counters.cells_open++;
    cell_run(cell.run, cell.place, &cell.due, &arena, &replaced);
    cell.run->counters.cells_open--;
    stopping_wake(cell.run);
    arena_release(&arena);
}

/* In short naps, so that a drain is not kept waiting by a slow schedule. -1: it ended. */
static int fiber_fn sleep_until(const struct run *run, struct moment due)
{
    enum { NAP_MS = 100 };
    for (;;) {
        int64_t left_ns = moment_since(due, clock_now());
        if (run->draining || stopping_is_over(run))
            return -1;
        if (left_ns <= 0)
            return 0;
        if (fiber_sleep(left_ns < NAP_MS * NS_PER_MS ? left_ns : NAP_MS * NS_PER_MS) < 0)
            return -1;
    }
}

static void fiber_fn keep_schedule(void *arg)
{
    struct scheduler *scheduler = arg;
    struct run *run = &scheduler->run;
    struct pace pace = run->options->pace;
    struct moment begin = clock_now();
    uint64_t place;
    for (;;) {
        struct moment due = moment_add(begin, pace_next_ns(&pace));
        if (run->next >= run->plan.cells || sleep_until(run, due) < 0 ||
            !next_cell(run, &place)) {
            meetings_end(run);
            return;
        }
        struct paced_cell *cell = xmalloc(sizeof *cell);
        *cell = (struct paced_cell){run, place, due};
        fiber_group_start(&scheduler->workers, work_paced, cell);
    }
}

static void fiber_fn run_cells(struct scheduler *scheduler)
{
    struct run *run = &scheduler->run;
    if (run->options->pace.per_s > 0) {
        fiber_group_start(&scheduler->workers, keep_schedule, scheduler);
        fiber_group_join(&scheduler->workers);
        return;
    }
    run->worker = work;
    uint64_t width = (uint64_t)run->experiment->concurrency;
    if (width > run->plan.cells)
        width = run->plan.cells;
    for (uint64_t i = 0; i < width; i++)
        fiber_group_start(&scheduler->workers, work, run);
    fiber_group_join(&scheduler->workers);
}

/* ---- warm-up: is anybody there? ---- */

struct warmup {
    struct run *run;
    const struct llm_provider *provider;
    struct err err;
};

static void fiber_fn warm_up_one(void *arg)
{
    struct warmup *warmup = arg;
    llm_warmup(warmup->run->client, warmup->provider, &warmup->err);
}

static int fiber_fn warm_up(struct scheduler *scheduler)
{
    const struct experiment *experiment = scheduler->run.experiment;
    struct arena arena = {0};
    struct warmup *warmup = arena_array(&arena, struct warmup, experiment->providers + 1);
    struct fiber_group group = {0};
    for (size_t i = 0; i < experiment->providers; i++) {
        const struct llm_provider *provider = experiment->provider[i];
        warmup[i] = (struct warmup){.run = &scheduler->run, .provider = provider};
        if (provider->warmup && experiment_uses_provider(experiment, provider))
            fiber_group_start(&group, warm_up_one, &warmup[i]);
    }
    fiber_group_join(&group);
    int result = 0;
    for (size_t i = 0; i < experiment->providers && result == 0; i++)
        if (warmup[i].err.kind != ERR_NONE) {
            scheduler->err = warmup[i].err;
            result = -1;
        }
    arena_release(&arena);
    return result;
}

static void fiber_fn run_main(void *arg)
{
    struct scheduler *scheduler = arg;
    struct run *run = &scheduler->run;
    bool asks = !run->options->rescore || run->options->rescore_asks;
    if (asks && warm_up(scheduler) < 0)
        return;
    if (run_set_up(run, &scheduler->arena, &run->setup, &scheduler->err) == 0) {
        resume_setup_done(run->options->resume);
        run_cells(scheduler);
        stopping_skip_rest(run);
    } else if (run->draining)
        scheduler->err = (struct err){0}; /* the run has ended for a reason of its own */
}

/* ---- the run's budget ---- */

static void poke_queues(void *arg)
{
    struct run *run = arg;
    llm_client_poke(run->client);
}

static void on_budget_spent(void *arg)
{
    struct run *run = arg;
    run->draining = true;
    log_notice("budget.run.%s is spent: no new request starts", run->budget.spent);
}

/* ---- progress and signals ---- */

static void show_progress(void *arg)
{
    struct scheduler *scheduler = arg;
    const struct run_options *options = scheduler->run.options;
    options->progress(options->progress_arg, &scheduler->run, false);
    loop_timer_set(scheduler->run.loop, &scheduler->progress,
                   moment_add(clock_now(), options->progress_ns));
}

static void interrupt(void *arg)
{
    struct scheduler *scheduler = arg;
    struct run *run = &scheduler->run;
    if (!run->draining) {
        run->draining = true;
        return;
    }
    run->stopped = true;
    fiber_group_cancel(&scheduler->workers);
}

static void signal_came(void *arg, int number)
{
    const struct scheduler *scheduler = arg;
    (void)number;
    if (!scheduler->run.draining)
        log_notice("stopping: open cells are finished; press Ctrl-C again to drop them");
    interrupt(arg);
}

static void watch(struct scheduler *scheduler)
{
    const struct run_options *options = scheduler->run.options;
    if (options->signals) {
        loop_signal(scheduler->run.loop, SIGINT, signal_came, scheduler);
        loop_signal(scheduler->run.loop, SIGTERM, signal_came, scheduler);
    }
    run_control_begin(options->control, scheduler->run.loop, interrupt, scheduler);
    if (options->progress) {
        scheduler->progress = (struct loop_timer){.run = show_progress, .arg = scheduler};
        loop_timer_set(scheduler->run.loop, &scheduler->progress,
                       moment_add(clock_now(), options->progress_ns));
    }
}

static void unwatch(struct scheduler *scheduler)
{
    loop_timer_stop(scheduler->run.loop, &scheduler->progress);
    run_control_end(scheduler->run.options->control);
    if (scheduler->run.options->signals) {
        loop_signal(scheduler->run.loop, SIGINT, NULL, NULL);
        loop_signal(scheduler->run.loop, SIGTERM, NULL, NULL);
    }
}

/* ---- the whole ---- */

static int open_parts(struct scheduler *scheduler, struct err *err)
{
    struct run *run = &scheduler->run;
    run->loop = loop_open();
    if (http_open(&scheduler->http, run->loop, err) < 0) {
        loop_close(run->loop);
        return -1;
    }
    run->pool = pool_open(run->loop, 0);
    run->commands = pool_open(run->loop, exec_at_once());
    struct llm_client_options options = {
        .loop = run->loop,
        .http = scheduler->http,
        .pool = run->pool,
        .reply_limit = (size_t)run->experiment->limits.reply,
        .tape = run->options->tape,
    };
    if (run->experiment->run_budget)
        options.means = run_budget_means(&run->budget);
    run->budget =
        (struct run_budget){.poke = poke_queues, .on_spent = on_budget_spent, .poke_arg = run};
    run->client = llm_client_open(&options);
    return 0;
}

static void close_parts(struct scheduler *scheduler)
{
    struct run *run = &scheduler->run;
    llm_client_close(run->client);
    pool_close(run->commands);
    scratch_pool_release(&run->scratch);
    pool_close(run->pool);
    http_close(scheduler->http);
    loop_close(run->loop);
}

/* What earlier parts of the run have done, and what of its budget they have spent. */
static void count_earlier(struct run *run, const struct store_progress *done)
{
    struct run_counters *counters = &run->counters;
    counters->cells_done = done->cells;
    counters->ok = done->ok;
    counters->errors = done->errors;
    counters->scored = done->scored;
    counters->correct = done->correct;
    counters->calls = (uint64_t)done->calls;
    counters->retries = (uint64_t)done->retries;
    counters->cost_nanousd = done->nanousd;
    counters->unknown_cost_calls = (uint64_t)done->unknown_cost_calls;
}

static void begin_budget(struct run *run)
{
    const struct store_progress *done =
        run->options->resume && !run->options->rescore ? resume_progress(run->options->resume)
                                                       : NULL;
    struct run_spent spent = run->options->spent;
    if (done)
        spent = (struct run_spent){.calls = done->sent,
                                   .tokens = done->tokens,
                                   .nanousd = done->nanousd + done->reserved_nanousd,
                                   .time_ns = run->options->earlier_ns};
    run_budget_start(&run->budget, run->experiment->run_budget, &spent, run->loop);
}

int run_execute(const struct run_options *options, struct run_result *result, struct err *err)
{
    struct scheduler scheduler = {0};
    struct run *run = &scheduler.run;
    run->options = options;
    run->experiment = options->experiment;
    run->store = options->store;
    run->workers = &scheduler.workers;
    run->start = clock_now();
    run->start_cpu_ns = clock_cpu_ns();
    plan_init(&run->plan, options->experiment, &scheduler.arena);
    meetings_open(run);
    run->counters.cells_total = run->plan.cells;
    if (options->resume && !options->rescore)
        count_earlier(run, resume_progress(options->resume));
    if (open_parts(&scheduler, err) < 0) {
        meetings_close(run);
        arena_release(&scheduler.arena);
        return -1;
    }
    watch(&scheduler);
    begin_budget(run);
    stopping_begin(run, &scheduler.arena);
    fiber_run(run->loop, run_main, &scheduler);
    run_budget_stop(&run->budget, run->loop);
    unwatch(&scheduler);
    if (options->progress)
        options->progress(options->progress_arg, run, true);
    run_result_fill(run, result);
    close_parts(&scheduler);
    meetings_close(run);
    arena_release(&scheduler.arena);
    if (scheduler.err.kind == ERR_NONE)
        scheduler.err = run->err;
    if (scheduler.err.kind != ERR_NONE) {
        *err = scheduler.err;
        return -1;
    }
    return store_error(options->store, err);
}
