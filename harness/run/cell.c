/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cell.c: one cell: its root is run, scored and written (see cell.h).
 */
#include "run/cell.h"

#include "base/answer.h"
#include "base/ceilings.h"
#include "base/log.h"
#include "io/exec.h"
#include "io/pool.h"
#include "llm/tape.h"
#include "patterns/pattern.h"
#include "plan/perturb.h"
#include "run/barrier.h"
#include "run/run.h"
#include "run/stopping.h"
#include "run/wf_inside.h"
#include "store/store.h"

#include <math.h>

/* In the arena, as all that is large: a fiber that waits keeps whole pages of its stack, and with
 * 10,000 of them each page is 40 MB. */
static struct cell *cell_open(struct run *run, uint64_t place, const struct moment *due,
                              struct arena *arena)
{
    const struct experiment *experiment = run->experiment;
    struct cell *cell = arena_new(arena, struct cell);
    cell->run = run;
    cell->arena = arena;
    cell->place = place;
    cell->answer = -1;
    cell->id = plan_cell(&run->plan, place);
    cell->variant = &experiment->variant[cell->id.variant];
    cell->sample = &experiment->dataset.sample[cell->id.sample];
    cell->env = env_bind_object(arena, NULL, experiment->vars);
    cell->env =
        env_bind_object(arena, cell->env, perturb_inputs(experiment, cell->id.sample, arena));
    cell->start = clock_now();
    if (due) {
        cell->late_ns = moment_since(cell->start, *due);
        cell->start = *due;
    }
    return cell;
}

/* ---- status ---- */

static void add_up(struct cell *cell)
{
    const struct step *root = cell->trace.first_child;
    const struct replay *replay = &cell->replay;
    /* What was under way at the interruption is not known: an attempt, a backoff. */
    bool lost = replay->used && replay->live;
    cell->latency_ns = lost ? -1 : root->end_ns;
    cell->wall_ns = replay->used ? -1 : moment_since(clock_now(), cell->start);
    for (struct step *s = step_first(&cell->trace); s; s = step_next(s))
        totals_add(&cell->totals, &s->own);
}

/* An answer that a budget or a guard had a hand in is marked (rule 8). */
static str reason_of_ok(const struct cell *cell)
{
    bool blocked = false;
    for (struct step *s = step_first(&cell->trace); s; s = step_next(s)) {
        if (s->outcome == STEP_CUT_SHORT)
            return STR("cut_short");
        blocked = blocked || s->outcome == STEP_BLOCKED;
    }
    return blocked ? STR("blocked") : STR("");
}

static void set_status(struct cell *cell)
{
    if (cell->failure.kind != FAILURE_NONE) {
        bool timeout = cell->failure.kind == FAILURE_TIMEOUT;
        cell->status = timeout ? CELL_TIMEOUT : CELL_ERROR;
        cell->reason = failure_reason(&cell->failure);
    } else if (cell->ungraded) {
        cell->status = CELL_UNSCORED;
        cell->reason = STR("grader");
    } else if (!cell->scored) {
        cell->status = CELL_UNSCORED;
        cell->reason = STR("nothing-expected");
    } else {
        cell->status = CELL_OK;
        cell->reason = reason_of_ok(cell);
    }
}

static void run_scorer(void *arg)
{
    struct cell *cell = arg;
    cell->run->options->score(cell);
    if (!cell->output)
        return;
    cell->answer = answer_hash(cell->arena, cell->output);
    cell->shape = answer_shape(cell->arena, cell->output);
}

static bool waits_for_programs(const struct experiment *experiment)
{
    bool waits = false;
    for (size_t i = 0; i < experiment->scores; i++)
        waits = waits || experiment->score[i].check->kind->blocks;
    return waits;
}

/* Only the root's fiber is left by now, so the cell's arena may go to a worker with it. */
static int fiber_fn score(struct cell *cell)
{
    cell_asker *ask = cell->run->options->ask;
    cell->score =
        arena_array(cell->arena, struct score_result, cell->run->experiment->scores + 1);
    if ((ask && ask(cell) < 0) || cell->replay.differs || meeting_hold(cell) < 0)
        return -1;
    if (waits_for_programs(cell->run->experiment))
        return exec_work(cell->run->commands, run_scorer, cell);
    if (cell->arena->total > LARGE_CHECK_BYTES * 4)
        pool_run(cell->run->pool, run_scorer, cell);
    else
        fiber_aside(run_scorer, cell);
    return 0;
}

/* ---- the record ---- */

static str output_text(struct arena *arena, const json *value)
{
    return value ? json_to_str(arena, value, JSON_COMPACT) : STR("");
}

static struct store_tokens token_row(const struct totals *totals)
{
    return (struct store_tokens){totals->input_tokens, totals->cache_read_tokens,
                                 totals->cache_write_tokens, totals->output_tokens,
                                 totals->reasoning_tokens};
}

static struct store_times time_row(const struct totals *totals)
{
    return (struct store_times){totals->permit_wait_ns, totals->backoff_ns,
                                totals->store_wait_ns, totals->connect_ns, totals->provider_ns};
}

static void fill_step_row(struct cell *cell, const struct step *step,
                          struct store_step *restrict row)
{
    bool failed = step->outcome == STEP_FAILED;
    *row = (struct store_step){
        .path = step->path,
        .node = step->generic,
        .pattern = str_from(step->node->pattern->name),
        .role = (enum store_role)step->role,
        .parent = -1,
        .outcome = str_from(step_outcome_name(step->outcome)),
        .kind = failed ? failure_reason(&step->failure) : STR(""),
        .message = failed && step->failed_itself ? step->failure.message : STR(""),
        .start_ns = step->start_ns,
        .end_ns = step->end_ns,
        .calls = step->own.calls,
        .sent = step->own.sent,
        .cached = step->own.cached,
        .unsent = step->own.unsent,
        .attempts = step->own.attempts,
        .tokens = token_row(&step->own),
        .unknown_usage_calls = step->own.unknown_usage_calls,
        .cost_nanousd = step->own.cost_nanousd,
        .unknown_cost_calls = step->own.unknown_cost_calls,
        .lost_attempts = step->own.lost_attempts,
        .cost_upper_nanousd = step->own.cost_upper_nanousd,
        .times = time_row(&step->own),
        .note = output_text(cell->arena, step->note),
    };
}

static const struct step *shown_parent(const struct step *step)
{
    const struct step *parent = step->parent;
    while (parent && (parent->hidden || !parent->node))
        parent = parent->parent;
    return parent;
}

/* A value that was only handed on, as a chain's is its last step's, is printed once: the store tells
 * by the place of its text that it has it. */
static str value_text(struct cell *cell, const struct step *step, const struct store_step *row,
                      str output)
{
    const struct step *parent = shown_parent(step);
    if (step->value && step->value == cell->output)
        return output;
    if (step->value && parent && step->value == parent->value)
        return row[parent->number].value.text;
    return output_text(cell->arena, step->value);
}

static const struct store_step *step_rows(struct cell *cell, str output, size_t *count)
{
    *count = 0;
    for (struct step *s = step_first(&cell->trace); s; s = step_next(s))
        s->number = (*count)++;
    struct store_step *row = arena_array(cell->arena, struct store_step, *count + 1);
    for (struct step *s = step_first(&cell->trace); s; s = step_next(s)) {
        const struct step *parent = shown_parent(s);
        fill_step_row(cell, s, &row[s->number]);
        row[s->number].value.text = value_text(cell, s, row, output);
        if (parent)
            row[s->number].parent = (int64_t)parent->number;
    }
    /* the cell's output is the root's value: written once, with the cell */
    if (*count && row[0].parent < 0)
        row[0].value.text = STR("");
    return row;
}

static const struct store_score *score_rows(struct cell *cell, size_t *count)
{
    const struct experiment *experiment = cell->run->experiment;
    struct store_score *row =
        arena_array(cell->arena, struct store_score, experiment->scores + 1);
    *count = 0;
    for (size_t i = 0; i < experiment->scores; i++) {
        const struct score *score = &experiment->score[i];
        const struct score_result *result = &cell->score[i];
        if (!score->applies[cell->id.variant])
            continue;
        row[(*count)++] = (struct store_score){
            .name = score->name,
            .path = score->step,
            .value = result->applies ? result->value : (double)NAN,
            .pass = result->passed,
            .weight = score->weight,
            .reason = result->reason,
            .ungraded = result->ungraded,
            .agreement = result->has_agreement ? result->agreement : (double)NAN,
            .calls = result->spent.calls,
            .sent = result->spent.sent,
            .cached = result->spent.cached,
            .unsent = result->spent.unsent,
            .attempts = result->spent.attempts,
            .tokens = token_row(&result->spent),
            .unknown_usage_calls = result->spent.unknown_usage_calls,
            .cost_nanousd = result->spent.cost_nanousd,
            .unknown_cost_calls = result->spent.unknown_cost_calls,
            .lost_attempts = result->spent.lost_attempts,
            .cost_upper_nanousd = result->spent.cost_upper_nanousd,
            .work_ns = result->spent.work_ns,
            .instances = result->instances,
            .question = {.text = result->asked},
            .answer = {.text = result->shown},
        };
    }
    return row;
}

static struct store_cell *cell_row(struct cell *cell)
{
    const struct totals *totals = &cell->totals;
    struct store_cell *row = arena_new(cell->arena, struct store_cell);
    *row = (struct store_cell){
        .cell = (int64_t)cell->place,
        .variant = cell->id.variant,
        .sample = cell->id.sample,
        .trial = cell->id.trial,
        .status = (enum store_status)cell->status,
        .reason = cell->reason,
        .message = cell->failure.message,
        .failed_path = cell->failure.kind ? cell->failure.path : STR(""),
        .output = {.text = output_text(cell->arena, cell->output)},
        .correct = cell->scored && !cell->ungraded ? cell->correct : -1,
        .score = cell->scored && !cell->ungraded ? cell->value : (double)NAN,
        .calls = totals->calls,
        .sent = totals->sent,
        .cached = totals->cached,
        .unsent = totals->unsent,
        .attempts = totals->attempts,
        .retries = totals->attempts - totals->sent,
        .tokens = token_row(totals),
        .unknown_usage_calls = totals->unknown_usage_calls,
        .cost_nanousd = totals->cost_nanousd,
        .paid_nanousd =
            llm_tape_is_offline(cell->run->options->tape) ? 0 : totals->paid_nanousd,
        .unknown_cost_calls = totals->unknown_cost_calls,
        .lost_attempts = totals->lost_attempts,
        .cost_upper_nanousd = totals->cost_upper_nanousd,
        .latency_ns = cell->latency_ns,
        .wall_ns = cell->wall_ns,
        .times = time_row(totals),
        .critical_path_ns = cell->latency_ns,
        .total_work_ns = totals->work_ns,
        .ttft_ns = totals->ttft_ns,
        .streamed_calls = totals->ttft_calls,
        .started_ns =
            moment_since(cell->start, cell->run->start) + cell->run->options->earlier_ns,
        .late_ns = cell->late_ns,
        .answer = cell->answer,
        .shape = cell->shape,
    };
    row->step = step_rows(cell, row->output.text, &row->steps);
    row->score_row = score_rows(cell, &row->score_rows);
    row->verdict = cell->verdict;
    row->verdicts = cell->verdicts;
    return row;
}

/* Nobody uses a cell before the end of the run, so nobody waits for its record: after a crash it
 * is made again from its calls. The waits for those calls keep the store's queue short; a cell
 * that made none waits for itself, or cells would queue faster than they can be written. */
static int fiber_fn write_cell(struct cell *cell)
{
    struct run *run = cell->run;
    struct store_cell *row = cell_row(cell);
    row->rescored = run->options->rescore;
    if (row->rescored)
        row->steps = 0;
    if (run->meetings.of)
        return meeting_write(cell, row);
    if (row->sent > 0) {
        store_write_cell(run->store, row, NULL, NULL);
        return 0;
    }
    struct barrier barrier;
    barrier_init(&barrier, run->loop);
    store_write_cell(run->store, row, barrier_done, &barrier);
    return barrier_wait(&barrier);
}

static void count_cell(struct cell *cell)
{
    struct run_counters *counters = &cell->run->counters;
    counters->cells_done++;
    counters->ok += cell->status == CELL_OK;
    counters->errors += cell->status == CELL_ERROR || cell->status == CELL_TIMEOUT;
    if (cell->id.sample >= cell->run->experiment->originals)
        return; /* changed samples are no part of the accuracy */
    counters->scored += cell->scored && !cell->ungraded;
    counters->correct += cell->scored && !cell->ungraded && cell->correct;
}

/* From the cell's opening to its record. 0, or -1; then it may have to start again. */
static int fiber_fn run_once(struct cell *cell)
{
    struct run *run = cell->run;
    struct wf *root = wf_new_root(cell);
    if (wf_node(root, &cell->output) < 0)
        cell->failure = root->failure;
    if (cell->failure.kind == FAILURE_CANCELLED || cell->replay.differs || run->stopped)
        return -1;
    add_up(cell);
    if (score(cell) < 0 || cell->replay.differs)
        return -1; /* the run was stopped while a program judged */
    set_status(cell);
    if (write_cell(cell) < 0)
        return -1;
    count_cell(cell);
    stopping_note(run, cell);
    if (run->options->on_cell)
        run->options->on_cell(run->options->on_cell_arg, cell);
    return 0;
}

static int fiber_fn read_earlier(struct cell *cell)
{
    struct run *run = cell->run;
    struct err err = {0};
    if (resume_cell(run->options->resume, run->pool, cell->place, cell->arena, &cell->replay,
                    &err) == 0)
        return 0;
    run->err = err;
    run_stop(run);
    return -1;
}

/* What is stored of the cell is of another course of it: asked something else. It was paid for,
 * and stays as that. */
static int fiber_fn forget_earlier(const struct cell *cell)
{
    struct run *run = cell->run;
    struct barrier barrier;
    log_line(
        LOG_WARNING,
        "%.*s/%.*s/%u: what is stored of it does not fit what it asks now; it starts again",
        STR_ARG(cell->variant->name), STR_ARG(cell->sample->id), cell->id.trial);
    barrier_init(&barrier, run->loop);
    store_supersede(run->store, (int64_t)cell->place, barrier_done, &barrier);
    if (barrier_wait(&barrier) == 0)
        return 0;
    run_stop(run);
    return -1;
}

/* *cell is another one when it had to start again. */
static int fiber_fn run_opened(struct cell **cell)
{
    struct run *run = (*cell)->run;
    struct arena *arena = (*cell)->arena;
    uint64_t place = (*cell)->place;
    if (read_earlier(*cell) < 0)
        return -1;
    int result = run_once(*cell);
    if (result == 0 || !(*cell)->replay.differs || run->stopped || run->options->rescore)
        return result;
    if (forget_earlier(*cell) < 0)
        return -1;
    arena_clear(arena);
    *cell = cell_open(run, place, NULL, arena);
    return run_once(*cell);
}

int cell_run(struct run *run, uint64_t place, const struct moment *due, struct arena *arena,
             bool *replaced)
{
    struct cell *cell = cell_open(run, place, due, arena);
    int result = run_opened(&cell);
    meeting_leave(cell, result == 0);
    *replaced = cell->replaced;
    return result;
}
