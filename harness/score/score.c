/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * score.c: the scores of one cell (see score.h).
 *
 * Every score runs its check in the environment that the language gives it: the sample's inputs
 * (or what the step saw), then what workflows must not see, then output and value. Steps are
 * taken in the order of the trace, which is that of the definition, so that means and reasons do
 * not depend on what ran first.
 */
#include "score/score.h"

#include "plan/experiment_scores.h"
#include "run/run.h"
#include "score/ask_inside.h"
#include "score/instances.h"

#include <math.h>

/* ---- what checks see ---- */

static const json *tag_list(struct arena *arena, const struct sample *sample)
{
    json *tags = json_new_list(arena);
    for (size_t i = 0; i < sample->tag_count; i++)
        json_add(arena, tags, json_new_text(arena, sample->tag[i]));
    return tags;
}

static const struct env *bind_answer(const struct cell *cell, const struct env *env)
{
    struct arena *arena = cell->arena;
    const struct sample *sample = cell->sample;
    const json *none = json_new_object(arena);
    env = env_bind(arena, env, STR("expected"), sample->expected);
    env = env_bind(arena, env, STR("expected_steps"),
                   sample->expected_steps ? sample->expected_steps : none);
    env = env_bind(arena, env, STR("metadata"), sample->metadata ? sample->metadata : none);
    env = env_bind(arena, env, STR("tags"), tag_list(arena, sample));
    return env_bind(arena, env, STR("output"), cell->output);
}

static const struct env *step_env(const struct cell *cell, const struct step *step,
                                  const json *value)
{
    const struct env *env = bind_answer(cell, step->env);
    env = env_bind(cell->arena, env, STR("value"), value);
    if (instance_is_classifier(step->path))
        env = env_bind(cell->arena, env, STR("label"), step->label);
    return env;
}

/* ---- one check ---- */

static bool cell_failed(const struct cell *cell)
{
    return cell->failure.kind != FAILURE_NONE;
}

static str failure_text(struct arena *arena, const char *what, const struct failure *failure)
{
    str reason = failure_reason(failure);
    return arena_printf(arena, "%s failed: %.*s at %.*s", what, STR_ARG(reason),
                        STR_ARG(failure->path.n ? failure->path : STR(".")));
}

static size_t number_of(const struct cell *cell, const struct score *score)
{
    return (size_t)(score - cell->run->experiment->score);
}

/* ---- what calls were like ---- */

static bool is_within(const struct step *step, const struct step *outer)
{
    while (step && step != outer)
        step = step->parent;
    return step == outer;
}

/* Of a step with all that it holds, or of the whole cell (NULL). The last call is the step's own, if
 * it made any: calls of its tools came before that. Else it is the last in the order of the
 * definition, which does not depend on what ended first. */
static struct check_use use_of(const struct cell *cell, const struct step *step)
{
    struct check_use use = {.latency_ns = cell->latency_ns};
    const struct step *last = NULL, *outer = step ? step : cell->trace.first_child;
    if (step && cell->latency_ns >= 0)
        use.latency_ns = step->end_ns - step->start_ns;
    for (const struct step *s = step_first(&cell->trace); s; s = step_next(s)) {
        if (!is_within(s, outer))
            continue;
        use.cost_nanousd += s->own.cost_nanousd;
        use.unknown_cost_calls += s->own.unknown_cost_calls;
        if (s->own.calls > s->own.unsent && (!last || last != outer))
            last = s;
    }
    if (last) {
        use.called = true;
        use.refused = last->refused;
        use.finish = last->answered ? llm_finish_name(last->finish) : NULL;
    }
    return use;
}

static bool looks_at_calls(const struct score *score)
{
    return score->check->kind->looks_at >= LOOKS_AT_REPLY;
}

/* A template that does not resolve is a value that is missing: 0. `step`: the instance that is
 * judged; NULL: the output. */
static struct score_result run_check(const struct cell *cell, const struct score *score,
                                     const struct step *step, const struct env *env,
                                     const json *subject)
{
    struct check_result result;
    struct template_problem problem = {0};
    const struct score_question *question =
        score->check->kind->asks ? score_question_find(cell, number_of(cell, score), step)
                                 : NULL;
    struct check_use use = {0};
    if (looks_at_calls(score))
        use = use_of(cell, step);
    if (check_run_answered(score->check, env, subject, &use,
                           question ? &question->answer : NULL, cell->arena, &result,
                           &problem) < 0)
        return (struct score_result){.applies = true, .reason = problem.text};
    bool applies = !result.nothing_expected && !result.ungraded;
    return (struct score_result){
        .applies = applies,
        .value = applies ? result.value : 0,
        .passed = applies && result.passed,
        .ungraded = result.ungraded,
        .reason = result.reason,
        .has_agreement = !isnan(result.agreement),
        .agreement = result.agreement,
        .compared = result.compared,
    };
}

static struct score_result score_output(const struct cell *cell, const struct score *score)
{
    return run_check(cell, score, NULL, bind_answer(cell, cell->env), cell->output);
}

/* ---- steps ---- */

/* The mean over the instances of a step. */
struct mean {
    double sum;
    size_t count, failed;
    str reason;       /* of the first that did not pass, with its path */
    double agreement; /* the sum of those that have one */
    size_t agreements;
};

/* The value that a step had, also when its own gate refused it; what a failed child left behind is
 * not its parent's. */
static const json *step_value(const struct step *step)
{
    return step->outcome == STEP_FAILED && !step->failed_itself ? NULL : step->value;
}

static struct score_result score_instance(const struct cell *cell, const struct score *score,
                                          const struct step *step)
{
    const json *value = step_value(step);
    struct score_result result =
        run_check(cell, score, step, step_env(cell, step, value), value);
    bool judged = result.applies || result.ungraded;
    if (value || !judged || (result.passed && score->check->of) || looks_at_calls(score))
        return result;
    /* a check may say yes to null (not-equals): but there is no value that it could judge */
    return (struct score_result){
        .applies = true, .reason = failure_text(cell->arena, "the step", &step->failure)};
}

static void add_instance(const struct cell *cell, struct mean *mean,
                         const struct score_result *result, const struct step *step)
{
    mean->sum += result->value;
    mean->count++;
    if (result->has_agreement) {
        mean->agreement += result->agreement;
        mean->agreements++;
    }
    if (!result->passed && mean->failed++ == 0)
        mean->reason = arena_printf(cell->arena, "%.*s: %.*s", STR_ARG(step->path),
                                    STR_ARG(result->reason));
}

/* No instance was run. Only a score that weighs says 0, unless nothing is expected. */
static struct score_result score_absent(const struct cell *cell, const struct score *score)
{
    if (score->weight <= 0)
        return (struct score_result){.reason = STR("")};
    struct score_result result = score_output(cell, score);
    if (result.applies || result.ungraded)
        result = (struct score_result){
            .applies = true,
            .reason =
                arena_printf(cell->arena, "the step '%.*s' was not run", STR_ARG(score->step))};
    return result;
}

static struct score_result score_step(const struct cell *cell, const struct score *score)
{
    struct mean mean = {0};
    struct instances instances = {0};
    struct score_result last = {.reason = STR("")};
    bool found = false;
    for (const struct step *s = step_first(&cell->trace); s; s = step_next(s)) {
        if (!step_path_matches(score->step, s->path))
            continue;
        found = true;
        struct score_result result = score_instance(cell, score, s);
        if (result.ungraded)
            return result; /* a mean of the others would be of another step */
        if (!result.applies)
            continue;
        add_instance(cell, &mean, &result, s);
        instances_add(
            &instances, cell->arena,
            &(struct instance){s->path, result.value, result.passed, &result.compared});
        last = result;
    }
    if (!found)
        return score_absent(cell, score);
    last.instances = instances_text(&instances, cell->arena);
    if (mean.count <= 1)
        return last;
    struct score_result result = {
        .applies = true, .value = mean.sum / (double)mean.count, .instances = last.instances};
    /* rounding of the sum must not fail what passed everywhere */
    result.passed = mean.failed == 0 || check_passes(score->check, result.value);
    result.reason = STR("");
    result.has_agreement = mean.agreements > 0;
    if (result.has_agreement)
        result.agreement = mean.agreement / (double)mean.agreements;
    if (!result.passed)
        result.reason = arena_printf(cell->arena, "%zu of %zu did not pass; %.*s", mean.failed,
                                     mean.count, STR_ARG(mean.reason));
    return result;
}

/* ---- drafts of a refinement ---- */

static const struct step *step_at(const struct cell *cell, str path)
{
    for (const struct step *s = step_first(&cell->trace); s; s = step_next(s))
        if (str_equal(s->path, path))
            return s;
    return NULL;
}

/* The refinement whose draft is the output, or would have been. */
static const struct step *final_refinement(const struct cell *cell)
{
    for (const struct step *s = step_first(&cell->trace); s; s = step_next(s)) {
        bool made = s->value && s->value == cell->output;
        bool failed = !cell->output && str_equal(s->path, STR("."));
        if ((made || failed) && s->note && json_get(s->note, STR("rounds")))
            return s;
    }
    return NULL;
}

/* Could the score be asked what it says of another output, at no cost? */
static bool may_be_asked_again(const struct score *score)
{
    const struct check_kind *kind = score->check->kind;
    return !score->step.n && !kind->asks && !kind->blocks && kind->looks_at <= LOOKS_AT_ANY;
}

static str score_drafts_by(const struct cell *cell, const struct score *score, str path)
{
    struct arena *arena = cell->arena;
    struct instances instances = {0};
    str folder =
        str_equal(path, STR(".")) ? STR("") : arena_printf(arena, "%.*s.", STR_ARG(path));
    for (size_t round = 0;; round++) {
        str at = arena_printf(arena, "%.*sdraft[%zu]", STR_ARG(folder), round);
        const struct step *step = step_at(cell, at);
        const json *draft = step ? step_value(step) : NULL;
        if (!draft)
            break;
        const struct env *env =
            env_bind(arena, bind_answer(cell, cell->env), STR("output"), draft);
        struct score_result result = run_check(cell, score, NULL, env, draft);
        instances_add(&instances, arena,
                      &(struct instance){at, result.value, result.passed, NULL});
    }
    return instances_text(&instances, arena);
}

/* What earlier drafts would have scored as the answer: all weighted scores are asked, or none, for
 * a part of them would not say what is correct. */
static void score_drafts(struct cell *cell)
{
    const struct experiment *experiment = cell->run->experiment;
    const struct step *refinement = final_refinement(cell);
    for (size_t i = 0; i < experiment->scores; i++) {
        const struct score *score = &experiment->score[i];
        bool counts = cell->score[i].applies || cell->score[i].ungraded;
        if (score->applies[cell->id.variant] && score->weight > 0 && counts &&
            !may_be_asked_again(score))
            return;
    }
    for (size_t i = 0; refinement && i < experiment->scores; i++)
        if (experiment->score[i].weight > 0 && cell->score[i].applies)
            cell->score[i].instances =
                score_drafts_by(cell, &experiment->score[i], refinement->path);
}

/* ---- questions for models ---- */

const struct score_question *score_question_find(const struct cell *cell, size_t score,
                                                 const struct step *step)
{
    for (const struct score_question *q = cell->question; q; q = q->next)
        if (q->score == score && q->step == step)
            return q;
    return NULL;
}

/* NULL: there is nothing to ask. */
static struct score_question *add_question(struct cell *cell, const struct score *score,
                                           const struct step *step, const struct env *env,
                                           const json *subject)
{
    struct check_question asked;
    struct template_problem problem = {0};
    if (check_asks(score->check, env, subject, cell->arena, &asked, &problem) <= 0)
        return NULL;
    struct score_question *question = arena_new(cell->arena, struct score_question);
    *question = (struct score_question){.next = cell->question,
                                        .score = number_of(cell, score),
                                        .variant = cell->id.variant,
                                        .step = step,
                                        .asked = asked};
    cell->question = question;
    return question;
}

/* Is the score 0 whatever a model would say of the value? What a call was like stands though the
 * cell failed: that it was refused may be why. */
static bool is_lost(const struct cell *cell, const struct score *score)
{
    if (looks_at_calls(score) && score->weight <= 0)
        return false;
    return cell_failed(cell) && (!score->step.n || score->weight > 0);
}

static void add_questions(struct cell *cell, const struct score *score)
{
    if (!score->step.n) {
        add_question(cell, score, NULL, bind_answer(cell, cell->env), cell->output);
        return;
    }
    for (const struct step *s = step_first(&cell->trace); s; s = step_next(s)) {
        const json *value = step_value(s);
        if (value && step_path_matches(score->step, s->path))
            add_question(cell, score, s, step_env(cell, s, value), value);
    }
}

void score_questions(struct cell *cell)
{
    const struct experiment *experiment = cell->run->experiment;
    for (size_t i = 0; i < experiment->scores; i++) {
        const struct score *score = &experiment->score[i];
        if (score->check->kind->asks && score->check->kind->asks != ASKS_CONTEST &&
            score->applies[cell->id.variant] && !is_lost(cell, score))
            add_questions(cell, score);
    }
}

struct score_question *score_contest_question(struct cell *cell, const struct score *score)
{
    if (is_lost(cell, score))
        return NULL;
    return add_question(cell, score, NULL, bind_answer(cell, cell->env), cell->output);
}

/* What it cost to ask, also when the answer came to nothing. */
static struct totals spent_on(const struct cell *cell, size_t score)
{
    struct totals sum = {0};
    for (const struct score_question *q = cell->question; q; q = q->next)
        if (q->score == score)
            totals_add(&sum, &q->spent);
    return sum;
}

/* ---- the cell ---- */

static struct score_result score_one(const struct cell *cell, const struct score *score)
{
    bool of_step = score->step.n > 0;
    struct score_result result = of_step ? score_step(cell, score) : score_output(cell, score);
    if (is_lost(cell, score) && (result.applies || result.ungraded))
        result = (struct score_result){
            .applies = true, .reason = failure_text(cell->arena, "the cell", &cell->failure)};
    return result;
}

void score_cell(struct cell *cell)
{
    const struct experiment *experiment = cell->run->experiment;
    double weights = 0, sum = 0;
    cell->scored = cell_failed(cell);
    cell->correct = !cell_failed(cell);
    cell->ungraded = false;
    for (size_t i = 0; i < experiment->scores; i++) {
        const struct score *score = &experiment->score[i];
        cell->score[i] = (struct score_result){.reason = STR("")};
        if (!score->applies[cell->id.variant])
            continue;
        cell->score[i] = score_one(cell, score);
        cell->score[i].spent = spent_on(cell, i);
        cell->ungraded = cell->ungraded || (cell->score[i].ungraded && score->weight > 0);
        if (!cell->score[i].applies || score->weight <= 0)
            continue;
        cell->scored = true;
        cell->correct = cell->correct && cell->score[i].passed;
        weights += score->weight;
        sum += score->weight * cell->score[i].value;
    }
    score_keep_verdicts(cell);
    cell->correct = cell->correct && cell->scored;
    cell->value = weights > 0 ? sum / weights : 0;
    score_drafts(cell);
}
