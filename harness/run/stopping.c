/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stopping.c: no more cells once the question is decided (see stopping.h).
 *
 * Of each cell one byte is kept, since at the end three kinds are told apart beyond the stop: with
 * a result; begun, and cut off by a budget or a crash, so that calls of it may be stored, which were
 * paid for and are superseded; and never touched.
 */
#include "run/stopping.h"

#include "base/log.h"
#include "llm/tape.h"
#include "run/barrier.h"
#include "run/replay.h"
#include "run/run.h"
#include "store/store.h"

#include <math.h>

enum { ROWS_AT_ONCE = 512 }; /* of skipped cells, before the store is waited for */

enum state { UNTOUCHED, BEGUN, ENDED };

struct waiter {
    struct waiter *next;
    struct fiber *fiber;
};

struct stopping {
    unsigned char *state; /* by place in the plan */
    uint64_t of_sample;   /* cells, also those of samples changed by `perturb` */
    struct run_looks looks;
    bool careful; /* no cell is opened that may turn out unwanted */
    struct waiter *waiter;
};

static uint64_t end_of(const struct stopping *s)
{
    return s->looks.samples * s->of_sample;
}

static bool is_beyond(const struct stopping *s, uint64_t place)
{
    return s->looks.decided && place >= end_of(s);
}

static void tell(struct run *run)
{
    const struct stopping *s = run->stopping;
    uint64_t samples = run->plan.all / s->of_sample, total = end_of(s);
    for (uint64_t place = end_of(s); place < run->plan.all; place++)
        total += s->state[place] != UNTOUCHED;
    run->counters.cells_total = total;
    if (s->looks.samples < samples)
        log_notice("stop: decided after %llu of %llu samples: no further one begins",
                   (unsigned long long)s->looks.samples, (unsigned long long)samples);
}

void stopping_begin(struct run *run, struct arena *arena)
{
    const struct run_options *options = run->options;
    if (!options->decide)
        return;
    struct stopping *s = run->stopping = arena_new(arena, struct stopping);
    s->state = arena_calloc(arena, run->plan.all + 1, 1);
    s->of_sample =
        run->experiment->variants * (uint64_t)run->experiment->trials * run->plan.versions;
    s->careful = llm_tape_is_offline(options->tape);
    for (uint64_t place = 0; options->resume && place < run->plan.all; place++)
        s->state[place] = resume_has(options->resume, place)         ? ENDED
                          : resume_has_calls(options->resume, place) ? BEGUN
                                                                     : UNTOUCHED;
    s->looks = options->decide(options->decide_arg, NULL);
    if (s->looks.decided)
        tell(run);
}

bool fiber_fn stopping_admit(struct run *run, uint64_t place)
{
    struct stopping *s = run->stopping;
    if (!s)
        return true;
    while (s->careful && !run->draining && !s->looks.decided &&
           place / s->of_sample > s->looks.samples) {
        struct waiter self = {s->waiter, fiber_current()}, **link = &s->waiter;
        s->waiter = &self;
        int waited = fiber_suspend();
        while (*link != &self)
            link = &(*link)->next;
        *link = self.next;
        if (waited < 0)
            return false;
    }
    if (run->draining || is_beyond(s, place))
        return false;
    s->state[place] = BEGUN;
    return true;
}

void stopping_wake(struct run *run)
{
    for (struct waiter *w = run->stopping ? run->stopping->waiter : NULL; w; w = w->next)
        fiber_wake(w->fiber);
}

void stopping_note(struct run *run, const struct cell *cell)
{
    struct stopping *s = run->stopping;
    if (!s)
        return;
    bool before = s->looks.decided;
    bool failed = cell->status == CELL_ERROR || cell->status == CELL_TIMEOUT;
    struct run_look look = {
        .sample = cell->place / s->of_sample,
        .variant = cell->id.variant,
        .trial = cell->id.trial,
        .known = failed || cell->status == CELL_OK,
        .correct = cell->status == CELL_OK && cell->correct,
        .score = cell->status == CELL_OK ? cell->value : 0,
    };
    s->state[cell->place] = ENDED;
    if (cell->id.sample >= run->experiment->originals)
        return; /* it says how steady a variant is, not which is better */
    s->looks = run->options->decide(run->options->decide_arg, &look);
    if (s->looks.decided && !before)
        tell(run);
}

bool stopping_has_decided(const struct run *run)
{
    return run->stopping && run->stopping->looks.decided;
}

bool stopping_is_over(const struct run *run)
{
    return run->stopping && run->next < run->plan.all && is_beyond(run->stopping, run->next);
}

bool stopping_is_complete(const struct run *run)
{
    const struct stopping *s = run->stopping;
    if (!s || !s->looks.decided)
        return false;
    for (uint64_t place = 0; place < end_of(s); place++)
        if (s->state[place] != ENDED)
            return false;
    return true;
}

/* ---- cells that will never run ---- */

static int fiber_fn supersede(struct run *run, uint64_t place)
{
    struct barrier barrier;
    barrier_init(&barrier, run->loop);
    store_supersede(run->store, (int64_t)place, barrier_done, &barrier);
    return barrier_wait(&barrier);
}

static int fiber_fn write_skipped(struct run *run, uint64_t place, bool wait)
{
    struct cell_id id = plan_cell(&run->plan, place);
    struct store_cell row = {
        .cell = (int64_t)place,
        .variant = id.variant,
        .sample = id.sample,
        .trial = id.trial,
        .status = STORE_SKIPPED,
        .reason = STR("stop"),
        .answer = -1,
        .correct = -1,
        .score = (double)NAN,
        .latency_ns = -1,
        .wall_ns = 0,
    };
    struct barrier barrier;
    if (!wait) {
        store_write_cell(run->store, &row, NULL, NULL);
        return 0;
    }
    barrier_init(&barrier, run->loop);
    store_write_cell(run->store, &row, barrier_done, &barrier);
    return barrier_wait(&barrier);
}

void fiber_fn stopping_skip_rest(struct run *run)
{
    const struct stopping *s = run->stopping;
    if (run->stopped || !stopping_is_complete(run))
        return;
    uint64_t rows = 0;
    for (uint64_t place = end_of(s); place < run->plan.all; place++) {
        if (s->state[place] == ENDED)
            continue;
        if (s->state[place] == BEGUN && supersede(run, place) < 0)
            return; /* the store says what is wrong with it */
        if (write_skipped(run, place, ++rows % ROWS_AT_ONCE == 0) < 0)
            return;
    }
}
