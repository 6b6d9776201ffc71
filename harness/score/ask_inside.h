/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask_inside.h: what the files of the asking share; nobody else includes it.
 *
 *     score.c     which questions there are (score_questions), and what answers are worth
 *     ask.c       the calls, and their order
 *     webhook.c   the exchange with a server of the user's
 *     judge.c     what a judge is asked, and what its reply says
 */
#ifndef SCORE_ASK_INSIDE_H
#define SCORE_ASK_INSIDE_H

#include "score/ask.h"

/* What the scores of a finished cell want to know: fills cell->question, newest first. Pure;
 * allocates in the cell's arena. */
void score_questions(struct cell *cell);

/* Asks a judge once, through its own window; the seed is the experiment's: 0 with the verdict in the cell's arena; else -1 and a
 * failure in the window. */
struct score;
int fiber_fn judge_ask(struct wf *wf, int64_t seed, const struct score *score,
                       const struct score_question *question, size_t repeat,
                       struct check_verdict *verdict);

/* Asks a server once. The answer's text in the cell's arena; or a failed answer. -1: the run was
 * stopped. */
int fiber_fn webhook_ask(struct cell *cell, struct score_question *question);

#endif
