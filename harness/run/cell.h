/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cell.h: one cell from its opening to its record in the store.
 *
 * A cell is one variant on one sample in one trial. It has an arena, a fiber and a trace; when
 * its root has ended it is scored, written, and forgotten.
 */
#ifndef RUN_CELL_H
#define RUN_CELL_H

#include "plan/plan.h"
#include "run/replay.h"
#include "run/step.h"

struct run;
struct store_verdict;

/* What one score gave. */
struct score_result {
    bool applies; /* false: nothing expected here, or the step was not part of this cell */
    double value; /* 0 to 1 */
    bool passed;
    bool ungraded; /* who should grade it failed: there is no value (`applies` is false) */
    str reason;
    bool has_agreement;  /* a judge was asked several times, and answered: */
    double agreement;    /* the share of pairs of its verdicts that say the same of passing */
    struct totals spent; /* of its calls: no part of the cell's */
    struct check_compared compared; /* of the instance that was checked last */
    str instances; /* one by one, as JSON (score/instances.h); empty: `value` says it all */
    str asked, shown;    /* of a judge asked about the output: what by, and the text */
};

struct score_question; /* score/ask.h */

struct cell {
    struct run *run;
    struct arena *arena;
    uint64_t place; /* in the plan, from 0 */
    struct cell_id id;
    const struct variant *variant;
    const struct sample *sample;
    const struct env *env; /* inputs in front of vars */
    struct moment start;   /* on a schedule: when it should have started */
    int64_t late_ns;       /* that it started later */

    struct replay replay; /* what an earlier part of the run has of it */
    struct step trace;    /* its first child is the root */
    const json *output;   /* NULL when the root failed */
    struct failure failure;

    /* Filled in when the root has ended. */
    enum cell_status status;
    str reason;
    int64_t latency_ns; /* -1: in part lost at an interruption */
    int64_t wall_ns;    /* -1: it was resumed */
    struct totals totals;

    /* Filled in by the scorer: one for each score of the experiment. */
    struct score_result *score;
    struct score_question *question; /* what scores asked models, newest first */
    bool ungraded; /* a weighted score has no value since who should grade it failed */
    bool scored;   /* some weighted score applied */
    bool correct;  /* every weighted score that applied passed */

    int64_t answer; /* hash and shape of the output (base/answer.h); -1 and empty: there is none */
    str shape;
    double value;  /* weighted mean of their values */
    const struct store_verdict *verdict; /* what judges said, answer by answer */
    size_t verdicts;

    bool replaced; /* it waited for others, and another worker went on meanwhile */
};

/* Scores a cell whose root has ended: fills `score`, `scored`, `correct`, `value`. Pure: may run on
 * another thread; allocates in the cell's arena. Given to the run by cmd/, since score/ lies to
 * the left of run/. */
typedef void cell_scorer(struct cell *cell);

/* Asks models what scores want to know, before the scorer: 0, or -1 when the run was stopped. Leaves
 * `question`. The workflow has ended; its latency and counts are not touched. */
typedef int cell_asker(struct cell *cell);

/* Asks judges about the cells of all variants for one sample and trial, in the order of variants; each
 * has been asked about alone (cell_asker). 0, or -1 when the run was stopped. Leaves `question`
 * in each. */
typedef int cell_contest(struct cell *const *cell, size_t count);

/* Runs the cell at a place of the plan and writes it. On a fiber; `arena` is empty and is left
 * for the caller to clear. `due`: when it should start, NULL for now. `replaced`: it waited for
 * cells of other variants, and another worker was started instead of the caller (run/meeting.h). 0,
 * or -1 when the run was stopped before the cell had a result. */
int cell_run(struct run *run, uint64_t place, const struct moment *due, struct arena *arena,
             bool *replaced);

#endif
