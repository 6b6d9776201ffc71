/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask_inside.h: what the files of the asking share; nobody else includes it.
 *
 *     score.c     which questions there are, and what answers are worth
 *     ask.c       the calls, and their order
 *     contest.c   questions about the cells of several variants
 *     verdicts.c  the record of what judges said
 *     webhook.c   the exchange with a server of the user's
 *     judge.c     what a judge is asked, and what its reply says
 */
#ifndef SCORE_ASK_INSIDE_H
#define SCORE_ASK_INSIDE_H

#include "score/ask.h"

struct score;

/* What the scores of a finished cell want to know of it alone: fills cell->question, newest first.
 * Pure; allocates in the cell's arena. */
void score_questions(struct cell *cell);
/* The cell's part in a contest, added to cell->question; NULL: it has none, since nothing is expected or it
 * has no text to show. Pure likewise. */
struct score_question *score_contest_question(struct cell *cell, const struct score *score);

/* Fills cell->verdict, and of each score of a judge what it was asked and shown. After the scorer. */
void score_keep_verdicts(struct cell *cell);

/* One call, or a few when a judge is asked again. */
struct job {
    struct cell *cell; /* whose it is */
    struct score_question *question;
    const struct score_question *other; /* of a contest: whose text stands second */
    const struct score *score;
    size_t repeat;
    str path;
    struct check_verdict *verdict; /* where a judge's goes */
    struct failure failure;
    struct totals spent;
};

struct asking {
    struct job *job;
    size_t jobs, next;
    bool stopped;
};

/* Makes the calls of all jobs, some at once. 0, or -1 when the run was stopped. What they cost is added
 * to their questions; an answer whose call failed is a failed one. */
int fiber_fn jobs_run(struct asking *asking);

/* Asks a judge once, through a window: 0 with the verdict in the cell's arena; else -1 and a
 * failure in the window. */
int fiber_fn judge_ask(struct wf *wf, const struct job *job);

/* Asks a server once. The answer's text in the cell's arena; or a failed answer. -1: the run was
 * stopped. */
int fiber_fn webhook_ask(struct cell *cell, struct score_question *question);

#endif
