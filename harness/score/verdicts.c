/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verdicts.c: what judges said, answer by answer, and what they were shown: for the record, so that people
 * can judge the same (weir label) and judges can be judged (weir judge-check).
 */
#include "score/ask_inside.h"

#include "plan/experiment.h"
#include "run/run.h"
#include "store/store.h"

static void add_verdicts(struct store_verdict *row, size_t *count, struct store_verdict as,
                         const struct check_verdict *verdict, size_t repeats)
{
    for (size_t r = 0; r < repeats; r++) {
        as.repeat = (int64_t)r;
        as.value = verdict[r].score;
        as.reason = verdict[r].reason;
        row[(*count)++] = as;
    }
}

static void add_verdicts_of(const struct score_question *question, size_t repeats,
                            struct store_verdict *row, size_t *count, struct store_verdict as)
{
    add_verdicts(row, count, as, question->answer.verdict, question->answer.verdicts);
    for (size_t i = 0; i < question->opponents; i++) {
        const struct score_against *against = &question->against[i];
        if (against->failed)
            continue;
        as.opponent = against->variant->index;
        as.repeat = -1;
        as.value = against->points;
        as.reason = str_from(against->why ? against->why : "");
        row[(*count)++] = as;
        if (against->asked)
            add_verdicts(row, count, as, against->verdict, repeats);
    }
}

/* In the order in which the questions were found: that of scores, then of steps. */
static void keep_verdicts(struct cell *cell)
{
    const struct experiment *experiment = cell->run->experiment;
    size_t questions = 0, rows = 0, count = 0;
    for (const struct score_question *q = cell->question; q; q = q->next) {
        questions++;
        rows += q->answer.verdicts +
                q->opponents * ((size_t)experiment->score[q->score].repeats + 1);
    }
    const struct score_question **question =
        arena_array(cell->arena, const struct score_question *, questions + 1);
    for (const struct score_question *q = cell->question; q; q = q->next)
        question[--questions] = q;
    struct store_verdict *row = arena_array(cell->arena, struct store_verdict, rows + 1);
    for (size_t i = 0; rows && question[i]; i++) {
        const struct score *score = &experiment->score[question[i]->score];
        const struct store_verdict as = {
            .name = score->name,
            .path = question[i]->step ? question[i]->step->path : STR(""),
            .opponent = -1,
        };
        if (!question[i]->answer.failed || question[i]->opponents)
            add_verdicts_of(question[i], (size_t)score->repeats, row, &count, as);
    }
    cell->verdict = row;
    cell->verdicts = count;
}

/* What people would have to see to judge as the judge did. */
static void keep_question(const struct cell *cell, size_t score)
{
    const struct score_question *question = score_question_find(cell, score, NULL);
    if (!question || !check_is_judged(cell->run->experiment->score[score].check->kind))
        return;
    cell->score[score].asked = question->asked.operand;
    cell->score[score].shown = question->asked.value;
}

void score_keep_verdicts(struct cell *cell)
{
    for (size_t i = 0; i < cell->run->experiment->scores; i++)
        keep_question(cell, i);
    keep_verdicts(cell);
}
