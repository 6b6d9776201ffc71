/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_model.c: checks that rest on what a model said: likeness of meaning, a judge's verdict.
 *
 * The models were asked before (score/ask.h); here their answers become a value, by arithmetic
 * alone. What a judge wrote is the text of a model that read the text of another: it is shown, cut
 * short, and never obeyed.
 */
#include "plan/check_parts.h"

#include "base/text.h"
#include "llm/embed.h"

#include <math.h>

enum { REASON_SHOWN = 300 }; /* columns of what a judge says */

/* Opposite meanings are no more wrong than unrelated ones. */
void check_by_similar(const struct check_subject *subject, struct check_result *result)
{
    const struct llm_vector *vector = subject->answer->vector;
    double likeness = fmax(0, llm_vector_cosine(vector[0], vector[1]));
    str operand = value_shown(subject->arena, subject->operand);
    check_grade(subject, result, likeness, "%.*s is like %.*s by %.3g",
                STR_ARG(value_shown(subject->arena, subject->value)), STR_ARG(operand),
                likeness);
}

/* ---- a judge, asked once or several times ---- */

/* The verdict at a rank, from the lowest score on; equal scores in their order. */
static const struct check_verdict *verdict_at(const struct check_answer *answer, size_t rank)
{
    for (size_t i = 0; i < answer->verdicts; i++) {
        size_t below = 0;
        double score = answer->verdict[i].score;
        for (size_t k = 0; k < answer->verdicts; k++) {
            double other = answer->verdict[k].score;
            below += other < score || (k < i && !(other > score));
        }
        if (below == rank)
            return &answer->verdict[i];
    }
    return &answer->verdict[0];
}

/* The share of pairs of verdicts that say the same of passing. */
static double agreement_of(const struct check_answer *answer, double threshold)
{
    size_t count = answer->verdicts, passed = 0;
    if (count < 2)
        return (double)NAN;
    for (size_t i = 0; i < count; i++)
        passed += answer->verdict[i].score >= threshold;
    size_t alike = passed * (passed - 1) + (count - passed) * (count - passed - 1);
    if (passed == 0 || passed == count)
        return 1;
    return (double)alike / (double)(count * (count - 1));
}

static void judge(const struct check_subject *subject, struct check_result *result)
{
    const struct check_answer *answer = subject->answer;
    const struct check_verdict *low = verdict_at(answer, (answer->verdicts - 1) / 2);
    const struct check_verdict *high = verdict_at(answer, answer->verdicts / 2);
    str reason =
        text_visible(subject->arena, text_shorten(subject->arena, low->reason, REASON_SHOWN));
    result->agreement = agreement_of(answer, subject->threshold);
    check_grade(subject, result, (low->score + high->score) / 2, "the judge says %.3g: %.*s",
                (low->score + high->score) / 2, STR_ARG(reason));
}

void check_by_llm_rubric(const struct check_subject *subject, struct check_result *result)
{
    judge(subject, result);
}

void check_by_factuality(const struct check_subject *subject, struct check_result *result)
{
    judge(subject, result);
}

/* ---- a judge, asked about pairs ---- */

static str duel_text(struct arena *arena, const struct check_duel *duel)
{
    const char *how = duel->points > 0.5 ? "beats" : duel->points < 0.5 ? "loses to" : "ties";
    str reason = text_visible(arena, text_shorten(arena, duel->reason, REASON_SHOWN));
    if (duel->points > 0.5 || reason.n == 0)
        return arena_printf(arena, "%s %.*s", how, STR_ARG(duel->opponent));
    return arena_printf(arena, "%s %.*s (%.*s)", how, STR_ARG(duel->opponent), STR_ARG(reason));
}

/* Won pairs, and half of the tied ones, of all. */
void check_by_select_best(const struct check_subject *subject, struct check_result *result)
{
    const struct check_answer *answer = subject->answer;
    double points = 0, agreement = 0;
    size_t asked = 0;
    str told = STR("");
    for (size_t i = 0; i < answer->duels; i++) {
        const struct check_duel *duel = &answer->duel[i];
        str text = duel_text(subject->arena, duel);
        told = arena_printf(subject->arena, "%.*s%s%.*s", STR_ARG(told), told.n ? "; " : "",
                            STR_ARG(text));
        points += duel->points;
        agreement += duel->asked ? duel->agreement : 0;
        asked += duel->asked;
    }
    if (asked)
        result->agreement = agreement / (double)asked;
    check_grade(subject, result, points / (double)answer->duels, "%.*s", STR_ARG(told));
}
