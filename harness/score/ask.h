/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask.h: what scores ask models: embeddings for `similar`, verdicts for judges (docs/checks.md).
 *
 * Scoring has three parts. First each score that asks a model says what it wants to know: pure, on
 * a worker when values are large. Then the questions are asked, on the cell's fiber and some
 * beside it, outside of the workflow (run/beside.h); each call is written before it is used. Last
 * the scorer (score/score.h) makes values of the answers: pure again.
 *
 * The path of a call is score:NAME[R], R counting the repeats of a judge from 0; for the instance
 * of a step score:NAME[R].PATH, and for the text of this cell, shown first, beside that of another variant
 * score:NAME[R].VARIANT. So its attempt key depends on nothing but what it is for.
 */
#ifndef SCORE_ASK_H
#define SCORE_ASK_H

#include "run/cell.h"
#include "run/wf.h"

/* The text of a question beside that of another variant. */
struct score_against {
    const struct variant *variant;
    bool asked;    /* false: it was decided without a judge, and `why` says how */
    bool failed; /* the judge, about this pair: there are no points */
    double points; /* of the question's cell: 1, 0.5, 0 */
    const char *why;
    struct check_verdict
        *verdict; /* as many as repeats, this cell's text first: 1 when it is the
                                      better one, 0 when the other is, 0.5 */
};

/* One question and what came of it. */
struct score_question {
    struct score_question *next;
    size_t score;            /* of the experiment */
    size_t variant;          /* of its cell: index */
    const struct step *step; /* the instance that is judged; NULL: the output */
    struct check_question asked;
    struct check_answer answer;
    const struct score_against *against; /* of a contest: each other variant */
    size_t opponents;
    struct totals spent;
};

/* The answer to what a score asked about a step (NULL: the output); NULL when it asked nothing. */
const struct score_question *score_question_find(const struct cell *cell, size_t score,
                                                 const struct step *step);

/* Bytes of what a judge is asked around the operand and the texts to grade: both messages. */
size_t judge_question_bytes(const struct score *score, struct arena *scratch);

/* Asks all that the cell's scores want to know: a cell_asker. 0, or -1 when the run was stopped; a
 * call that fails is an answer (`failed`). */
int fiber_fn score_ask(struct cell *cell);
/* Asks all that scores want to know of the cells together: a cell_contest. */
int fiber_fn score_contest(struct cell *const *cell, size_t count);

#endif
