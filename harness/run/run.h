/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run.h: an experiment is run: many cells at once on one loop, each written when it ends.
 *
 *     struct run_options options = {.experiment = experiment, .store = store, ...};
 *     struct run_result result;
 *     if (run_execute(&options, &result, &err) < 0) ...
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "base/err.h"
#include "plan/plan.h"
#include "run/cell.h"
#include "run/control.h"
#include "run/meeting.h"
#include "run/pace.h"
#include "run/run_budget.h"
#include "run/scratch.h"

struct cache;
struct llm_client;
struct llm_tape;
struct loop;
struct pool;
struct store;

/* Counters for the progress line; all of the loop's thread. */
struct run_counters {
    uint64_t cells_done, cells_open, cells_total;
    uint64_t calls, cached, retries, errors; /* cached: of the calls, those of earlier runs */
    int64_t cost_nanousd;                    /* what was paid: not for those */
    uint64_t unknown_cost_calls;
    uint64_t ok, correct, scored;
};

/* A cell has ended, as early stopping looks at it. */
struct run_look {
    uint64_t sample; /* its place in the plan, from 0 */
    uint32_t variant, trial;
    bool known, correct; /* known: it has a score; of a failed cell that is 0 */
    double score;
};

/* How far a run was looked at: the first `samples` of the plan. */
struct run_looks {
    uint64_t samples;
    bool decided; /* after the last of them */
};

/* `look` NULL: what is known already. */
typedef struct run_looks run_decide(void *arg, const struct run_look *look);

struct run_options {
    const struct experiment *experiment;
    struct store *store;
    cell_asker *ask; /* fiber_fn; NULL: scores ask nobody */
    struct llm_tape *tape; /* optional: calls are recorded or replayed (llm/tape.h) */
    struct cache *cache; /* optional: replies of earlier runs (store/cache.h) */
    bool cache_refresh;  /* it is written, and not read */
    str cache_world;     /* what stands for the providers' addresses: a mock; empty: nothing */
    cell_scorer *score;
    cell_contest *contest; /* fiber_fn; NULL: no score compares variants (run/meeting.h) */
    struct resume *resume; /* of a run that goes on; NULL: it begins */
    int64_t earlier_ns;    /* wall time of its earlier parts */
    /* Cells with a result are scored again, by what `resume` has of them; no workflow may ask
     * anything that is not stored, and with `rescore_asks` judges may. */
    bool rescore, rescore_asks;
    struct pace pace;      /* per_s 0: as fast as cells end */
    /* Of an experiment with `stop` (run/stopping.h); NULL: every cell runs. */
    run_decide *decide;
    void *decide_arg;
    struct run_spent spent; /* of the run's budget, by others before it */
    /* Called about every `progress_ns` and once at the end, on the loop's thread; NULL: never. */
    void (*progress)(void *arg, const struct run *run, bool last);
    void *progress_arg;
    int64_t progress_ns;
    /* Called with each cell that has ended, on its fiber, with its arena, once its record is on the way to the
     * store; NULL: never. It may wait (io/fiber.h), and nothing of the cell's time is spent. */
    void (*on_cell)(void *arg, const struct cell *cell);
    void *on_cell_arg;
    bool signals; /* Ctrl-C and SIGTERM stop the run, as `control` does; false: they are not touched */
    struct run_control *control; /* NULL: nobody stops it */
};

struct run_result {
    bool complete;      /* every cell has a result, of this part or an earlier one */
    bool stopped;       /* a second Ctrl-C: what was open was dropped */
    const char *reason; /* why not complete, for people */
    int64_t wall_ns, cpu_ns;
    int64_t max_rss_bytes, lateness_p99_ns;
    int64_t first_send_ns; /* after the start of the run; -1: nothing was sent */
    int64_t send_span_ns;  /* first send to last reply */
    struct run_counters counters;
    struct totals setup; /* calls before the first cell (run/setup.h) */
    struct run_spent spent; /* of each budget that there is: by this run and those before it */
};

/* Runs all cells. 0 also when the run is incomplete (result says why); -1 with ERR_DOWN when a
 * provider gives no answer at all, ERR_FAILED when the store cannot write. */
int run_execute(const struct run_options *options, struct run_result *result, struct err *err);

/* Something that is not stored was asked while cells are scored again: `what` of that path. The run
 * ends with an error. */
struct cell;
void run_refuse(const struct cell *cell, const char *what, str path);
/* The store has failed, or the run's file: no result may count from here on. */
void run_stop(struct run *run);

struct run {
    const struct run_options *options;
    const struct experiment *experiment;
    struct plan plan;
    struct loop *loop;
    struct pool *pool;
    struct pool *commands; /* threads that wait for programs (io/exec.h), and do nothing else */
    struct scratch_pool scratch;
    struct llm_client *client;
    struct run_budget budget;
    struct store *store;
    bool cache_failed; /* the cache is not used any more */
    uint64_t next; /* place of the next cell to open */
    struct stopping *stopping; /* NULL: it does not end early */
    bool draining; /* open no more */
    bool stopped;
    struct totals setup;
    struct moment start;
    int64_t start_cpu_ns; /* of the process, which may have done other things before */
    struct moment first_send, last_reply;
    struct run_counters counters;
    struct fiber_group *workers;
    void (*worker)(void *run); /* fiber_fn: opens cell after cell; NULL on a schedule */
    struct meetings meetings;
    struct err err; /* that ended it, and is not the store writer's */
};

#endif
