/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask.c: the calls of scores (see ask.h).
 *
 * A cell's calls for scores go out together, some at once, and their answers are put where the
 * question is; nothing depends on which came first. Permits are taken in the one queue of each
 * provider, by the age of the cell, as for any call.
 */
#include "score/ask_inside.h"

#include "base/ceilings.h"
#include "io/pool.h"
#include "llm/embed.h"
#include "plan/bind.h"
#include "run/beside.h"
#include "run/run.h"

enum { CALLS_AT_ONCE = 16 };

/* ---- what there is to ask ---- */

static bool asks_anybody(const struct cell *cell)
{
    const struct experiment *experiment = cell->run->experiment;
    for (size_t i = 0; i < experiment->scores; i++)
        if (experiment->score[i].check->kind->asks &&
            experiment->score[i].check->kind->asks != ASKS_CONTEST &&
            experiment->score[i].applies[cell->id.variant])
            return true;
    return false;
}

static void run_questions(void *arg)
{
    score_questions(arg);
}

static size_t job_count(const struct cell *cell)
{
    size_t count = 0;
    for (const struct score_question *q = cell->question; q; q = q->next)
        count += (size_t)cell->run->experiment->score[q->score].repeats;
    return count;
}

static str path_of(const struct score_question *question, const struct score *score,
                   size_t repeat, struct arena *arena)
{
    str path = arena_printf(arena, "score:%.*s[%zu]", STR_ARG(score->name), repeat);
    const struct step *step = question->step;
    if (!step || str_equal(step->path, STR(".")))
        return path;
    return path_append(arena, path, step->path);
}

static void add_jobs(struct asking *asking, struct cell *cell, struct score_question *question)
{
    const struct score *score = &cell->run->experiment->score[question->score];
    bool judged = score->check->kind->asks == ASKS_JUDGE;
    size_t repeats = (size_t)score->repeats;
    struct check_verdict *verdict = arena_array(cell->arena, struct check_verdict, repeats);
    for (size_t i = 0; i < repeats; i++)
        asking->job[asking->jobs++] =
            (struct job){.cell = cell,
                         .question = question,
                         .score = score,
                         .repeat = i,
                         .path = path_of(question, score, i, cell->arena),
                         .verdict = &verdict[i]};
    question->answer.verdict = verdict;
    question->answer.verdicts = judged ? repeats : 0;
}

/* ---- one call ---- */

/* Both texts at once. The vectors outlive the window. */
static int fiber_fn ask_vectors(struct wf *wf, const struct job *job)
{
    struct arena *arena = wf_arena(wf);
    const str texts[] = {job->question->asked.value, job->question->asked.operand};
    struct llm_request request = llm_embed_request(job->score->model, texts, 2);
    const struct llm_reply *reply;
    if (wf_call(wf, &request, &reply) < 0)
        return -1;
    struct llm_vector *kept = arena_array(arena, struct llm_vector, 2);
    for (size_t i = 0; i < 2; i++) {
        size_t count = reply->vector[i].count;
        float *value = arena_array(arena, float, count);
        memcpy(value, reply->vector[i].value, count * sizeof *value);
        kept[i] = (struct llm_vector){value, count};
    }
    job->question->answer.vector = kept;
    return 0;
}

static void fiber_fn run_job(struct asking *asking, struct job *job)
{
    struct cell *cell = job->cell;
    if (job->score->check->kind->asks == ASKS_SERVER) {
        if (webhook_ask(cell, job->question) < 0)
            asking->stopped = true;
        return;
    }
    struct wf *wf = wf_beside(cell, job->path);
    if (job->other)
        wf_beside_others(wf);
    int result = job->score->check->kind->asks == ASKS_VECTORS ? ask_vectors(wf, job)
                                                               : judge_ask(wf, job);
    if (result < 0)
        job->failure = *wf_failure(wf);
    job->spent = *wf_spent(wf);
    wf_beside_end(wf);
    if (job->failure.kind == FAILURE_CANCELLED)
        asking->stopped = true;
}

static void fiber_fn run_lane(void *arg)
{
    struct asking *asking = arg;
    while (asking->next < asking->jobs && !asking->stopped)
        run_job(asking, &asking->job[asking->next++]);
}

static void fiber_fn run_lanes(struct asking *asking)
{
    struct fiber_group lanes = {0};
    size_t width = asking->jobs < CALLS_AT_ONCE ? asking->jobs : CALLS_AT_ONCE;
    for (size_t i = 1; i < width; i++)
        fiber_group_start(&lanes, run_lane, asking);
    run_lane(asking);
    if (fiber_group_join(&lanes) < 0)
        asking->stopped = true;
}

/* ---- what came ---- */

static void fail_answer(const struct job *job)
{
    struct check_answer *answer = &job->question->answer;
    str reason = failure_reason(&job->failure), name = job->score->model->name;
    answer->failed = true;
    answer->reason =
        arena_printf(job->cell->arena, "model '%.*s' failed: %.*s: %.*s", STR_ARG(name),
                     STR_ARG(reason), STR_ARG(job->failure.message));
}

/* A repeat that failed leaves the question open: a median of the others would rest on fewer
 * verdicts than were asked for, and on the luck of the calls. */
static void take_answers(struct asking *asking)
{
    for (size_t i = 0; i < asking->jobs; i++) {
        const struct job *job = &asking->job[i];
        totals_add(&job->question->spent, &job->spent);
        if (job->failure.kind && !job->question->answer.failed)
            fail_answer(job);
    }
}

int fiber_fn jobs_run(struct asking *asking)
{
    if (asking->jobs)
        run_lanes(asking);
    if (asking->stopped)
        return -1;
    take_answers(asking);
    return 0;
}

int fiber_fn score_ask(struct cell *cell)
{
    if (!asks_anybody(cell))
        return 0;
    if (cell->arena->total > LARGE_CHECK_BYTES * 4)
        pool_run(cell->run->pool, run_questions, cell);
    else
        score_questions(cell);
    struct asking asking = {.job = arena_array(cell->arena, struct job, job_count(cell) + 1)};
    for (struct score_question *q = cell->question; q; q = q->next)
        add_jobs(&asking, cell, q);
    return jobs_run(&asking);
}
