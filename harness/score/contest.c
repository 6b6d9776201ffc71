/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * contest.c: which of two variants' texts is the better one, for all pairs (select-best).
 *
 * Judges lean to a place, most of them to the first. So each pair is asked about both ways round, as
 * often: the call with a cell's text first is the cell's, which shares the bill alike. What a judge
 * likes for its place alone comes out as a tie. A cell without a text loses to those that have one,
 * and equal texts tie; nobody is asked about either.
 *
 * When it is over, no cell holds what lives in another one: they end one by one.
 */
#include "score/ask_inside.h"

#include "base/ceilings.h"
#include "io/pool.h"
#include "plan/bind.h"
#include "plan/experiment.h"
#include "run/run.h"

/* One score's contest between the cells of all variants. */
struct contest {
    struct cell *const *cell;
    size_t cells;
    const struct score *score;
    struct score_question **question; /* by cell; NULL: it has no text */
    struct score_against *against;    /* cells × cells */
};

static struct score_against *against_of(const struct contest *contest, size_t own, size_t other)
{
    return &contest->against[own * contest->cells + other];
}

/* ---- what there is to ask ---- */

struct preparing {
    struct contest *contest;
    size_t at;
};

static void prepare_question(void *arg)
{
    struct preparing *preparing = arg;
    struct contest *contest = preparing->contest;
    contest->question[preparing->at] =
        score_contest_question(contest->cell[preparing->at], contest->score);
}

static void fiber_fn prepare_questions(struct contest *contest)
{
    for (size_t i = 0; i < contest->cells; i++) {
        struct preparing preparing = {contest, i};
        struct cell *cell = contest->cell[i];
        if (cell->arena->total > LARGE_CHECK_BYTES * 4)
            pool_run(cell->run->pool, prepare_question, &preparing);
        else
            prepare_question(&preparing);
    }
}

static void set_up(struct contest *contest, size_t own, size_t other)
{
    struct score_against *against = against_of(contest, own, other);
    struct score_question *mine = contest->question[own], *theirs = contest->question[other];
    struct arena *arena = contest->cell[own]->arena;
    *against = (struct score_against){.variant = contest->cell[other]->variant};
    if (!theirs) {
        against->points = 1;
        against->why = "it has no answer";
    } else if (str_equal(mine->asked.value, theirs->asked.value)) {
        against->points = 0.5;
        against->why = "it is the same text";
    } else {
        against->asked = true;
        against->verdict =
            arena_array(arena, struct check_verdict, (size_t)contest->score->repeats);
    }
}

static str job_path(const struct job *job, const struct score_against *against)
{
    struct arena *arena = job->cell->arena;
    str path = arena_printf(arena, "score:%.*s[%zu]", STR_ARG(job->score->name), job->repeat);
    return path_append(arena, path, path_segment(arena, against->variant->name));
}

static void add_jobs(const struct contest *contest, size_t own, size_t other,
                     struct asking *asking)
{
    struct score_against *against = against_of(contest, own, other);
    for (size_t r = 0; against->asked && r < (size_t)contest->score->repeats; r++) {
        struct job *job = &asking->job[asking->jobs++];
        *job = (struct job){.cell = contest->cell[own],
                            .question = contest->question[own],
                            .other = contest->question[other],
                            .score = contest->score,
                            .repeat = r,
                            .verdict = &against->verdict[r]};
        job->path = job_path(job, against);
    }
}

static void fiber_fn open_contest(struct contest *contest, struct asking *asking)
{
    struct arena *arena = contest->cell[0]->arena;
    contest->question = arena_array(arena, struct score_question *, contest->cells);
    contest->against =
        arena_array(arena, struct score_against, contest->cells * contest->cells);
    prepare_questions(contest);
    for (size_t own = 0; own < contest->cells; own++)
        for (size_t other = 0; other < contest->cells; other++)
            if (own != other && contest->question[own]) {
                set_up(contest, own, other);
                add_jobs(contest, own, other, asking);
            }
}

/* ---- what came ---- */

/* Of `own`: those with its text first, then the others turned round. */
static double points_at(const struct contest *contest, size_t own, size_t other, size_t at)
{
    size_t repeats = (size_t)contest->score->repeats;
    if (at < repeats)
        return against_of(contest, own, other)->verdict[at].score;
    return 1 - against_of(contest, other, own)->verdict[at - repeats].score;
}

/* How many of both orders say `points`, which is 0, a half or 1. */
static size_t count_of(const struct contest *contest, size_t own, size_t other, double points)
{
    size_t count = 0, all = 2 * (size_t)contest->score->repeats;
    for (size_t i = 0; i < all; i++) {
        double off = points_at(contest, own, other, i) - points;
        count += off < 0.25 && off > -0.25;
    }
    return count;
}

/* The median; of an even number the two in the middle have to agree. */
static double points_of(size_t lost, size_t tied, size_t won)
{
    size_t all = lost + tied + won;
    if (lost > all / 2)
        return 0;
    return won > all / 2 ? 1 : 0.5;
}

static double agreement_of(size_t lost, size_t tied, size_t won)
{
    size_t all = lost + tied + won;
    size_t alike = lost * (lost - 1) + tied * (tied - 1) + won * (won - 1);
    return (double)alike / (double)(all * (all - 1));
}

/* What the judge said for it, if it said it: else what it said. */
static str reason_of(const struct contest *contest, size_t own, size_t other, double points)
{
    size_t all = 2 * (size_t)contest->score->repeats, at = 0;
    while (at < all && (points_at(contest, own, other, at) < points - 0.25 ||
                        points_at(contest, own, other, at) > points + 0.25))
        at++;
    size_t repeats = all / 2;
    if (at == all)
        return STR("the verdicts differ");
    str said = at < repeats ? against_of(contest, own, other)->verdict[at].reason
                            : against_of(contest, other, own)->verdict[at - repeats].reason;
    return arena_str(contest->cell[own]->arena, said);
}

static struct check_duel duel_of(const struct contest *contest, size_t own, size_t other)
{
    struct score_against *against = against_of(contest, own, other);
    struct check_duel duel = {
        .opponent = against->variant->name, .points = against->points, .asked = against->asked};
    if (!against->asked) {
        duel.reason = str_from(against->why);
        return duel;
    }
    size_t lost = count_of(contest, own, other, 0), tied = count_of(contest, own, other, 0.5),
           won = count_of(contest, own, other, 1);
    duel.points = against->points = points_of(lost, tied, won);
    duel.agreement = agreement_of(lost, tied, won);
    duel.reason = reason_of(contest, own, other, duel.points);
    return duel;
}

/* A pair one half of which has no verdict has none. */
static void fail_pair(const struct contest *contest, const struct job *job)
{
    size_t own = job->cell->id.variant, other = job->other->variant;
    struct score_question *theirs = contest->question[other];
    against_of(contest, own, other)->failed = against_of(contest, other, own)->failed = true;
    if (theirs->answer.failed)
        return;
    theirs->answer.failed = true;
    theirs->answer.reason =
        arena_str(contest->cell[other]->arena, contest->question[own]->answer.reason);
}

static void take_duels(const struct contest *contest, size_t own)
{
    struct arena *arena = contest->cell[own]->arena;
    struct score_question *question = contest->question[own];
    if (!question)
        return;
    struct score_against *against = arena_array(arena, struct score_against, contest->cells);
    struct check_duel *duel = arena_array(arena, struct check_duel, contest->cells);
    for (size_t other = 0; other < contest->cells; other++) {
        if (other == own)
            continue;
        if (!against_of(contest, own, other)->failed)
            duel[question->answer.duels++] = duel_of(contest, own, other);
        against[question->opponents++] = *against_of(contest, own, other);
    }
    question->answer.duel = duel;
    question->against = against;
}

static void take_answers(const struct contest *contest, const struct asking *asking)
{
    for (size_t i = 0; i < asking->jobs; i++)
        if (asking->job[i].score == contest->score && asking->job[i].failure.kind)
            fail_pair(contest, &asking->job[i]);
    for (size_t own = 0; own < contest->cells; own++)
        take_duels(contest, own);
}

int fiber_fn score_contest(struct cell *const *cell, size_t count)
{
    const struct experiment *experiment = cell[0]->run->experiment;
    struct arena *arena = cell[0]->arena;
    struct contest *contest = arena_array(arena, struct contest, experiment->scores + 1);
    struct asking asking = {0};
    size_t contests = 0, jobs = 0;
    for (size_t i = 0; i < experiment->scores; i++) {
        const struct score *score = &experiment->score[i];
        if (score->check->kind->asks != ASKS_CONTEST)
            continue;
        contest[contests++] = (struct contest){.cell = cell, .cells = count, .score = score};
        jobs += (size_t)score->repeats * count * (count - 1);
    }
    asking.job = arena_array(arena, struct job, jobs + 1);
    for (size_t i = 0; i < contests; i++)
        open_contest(&contest[i], &asking);
    if (jobs_run(&asking) < 0)
        return -1;
    for (size_t i = 0; i < contests; i++)
        take_answers(&contest[i], &asking);
    return 0;
}
