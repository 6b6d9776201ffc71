/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_run.c: running a check (see check.h).
 *
 * The row's function says how good the value is; here that becomes "passed or not": null
 * operands and values, negation, the threshold, and the reason that people (and, in `refine`,
 * models) read. Nothing here knows a single check.
 */
#include "plan/check_parts.h"

#include <math.h>
#include <stdarg.h>

void check_yes(struct check_result *result)
{
    result->value = 1;
}

void check_no(const struct check_subject *subject, struct check_result *result,
              const char *format, ...)
{
    va_list args;
    va_start(args, format);
    result->reason = arena_vprintf(subject->arena, format, args);
    va_end(args);
    result->value = 0;
}

void check_unfit(const struct check_subject *subject, struct check_result *result,
                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    result->reason = arena_vprintf(subject->arena, format, args);
    va_end(args);
    result->value = 0;
    result->unfit = true;
}

void check_grade(const struct check_subject *subject, struct check_result *result, double value,
                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    result->reason = arena_vprintf(subject->arena, format, args);
    va_end(args);
    result->value = value;
}

/* Why a negated check failed: the row gives reasons for its "no" only. */
static str holds_text(const struct check *check, const struct check_subject *subject,
                      double value)
{
    struct arena *arena = subject->arena;
    str shown = value_shown(arena, subject->value);
    str with = check->shown; /* of constant operands: "not-regex: …" */
    if (subject->operand)
        with = arena_printf(arena, "not-%s: %.*s", check->kind->name,
                            STR_ARG(value_shown(arena, subject->operand)));
    if (!check->kind->graded)
        return arena_printf(arena, "%.*s does not hold for %.*s", STR_ARG(with),
                            STR_ARG(shown));
    return arena_printf(arena, "%s is %.3g; expected less than %.3g", check->kind->name, value,
                        check->threshold);
}

static void settle(const struct check *check, const struct check_subject *subject,
                   struct check_result *result)
{
    bool reached = !result->unfit && result->value >= check->threshold;
    result->passed = result->unfit ? false : reached != check->negated;
    if (check->negated && !result->unfit) {
        if (reached)
            result->reason = holds_text(check, subject, result->value);
        result->value = 1 - result->value;
    }
    if (result->passed)
        result->reason = STR("");
}

bool check_passes(const struct check *check, double value)
{
    if (check->negated && check->kind->graded)
        return 1 - value < check->threshold;
    return value >= check->threshold;
}

/* No provider makes a vector of an empty text. */
static int look_for_words(const struct check *check, const struct check_subject *looked_at,
                          struct check_result *result)
{
    if (check->kind->asks != ASKS_VECTORS)
        return 1;
    bool empty = json_render(looked_at->arena, looked_at->value).n == 0;
    if (!empty && json_render(looked_at->arena, looked_at->operand).n > 0)
        return 1;
    check_unfit(looked_at, result, "the %s is an empty text", empty ? "value" : "operand");
    return 0;
}

/* Looks up what a check compares: 1 when its row is to be run, 0 when there is nothing to run it
 * on and the result says so, -1 when a template does not resolve. */
static int look(const struct check *check, const json *subject, struct check_subject *looked_at,
                struct check_result *result, struct template_problem *problem)
{
    struct arena *arena = looked_at->arena;
    if (check->operand) {
        looked_at->operand = template_eval(check->operand, looked_at->env, arena, problem);
        if (!looked_at->operand)
            return -1;
        if (json_is(looked_at->operand, JSON_NULL)) {
            result->nothing_expected = true;
            return 0;
        }
    }
    if (check->of) {
        subject = template_eval(check->of, looked_at->env, arena, problem);
        if (!subject)
            return -1;
    }
    looked_at->value = transform_apply(arena, check->transform, check->transforms, subject);
    if (json_kind(looked_at->value) != JSON_NULL)
        return look_for_words(check, looked_at, result);
    if (json_kind(subject) != JSON_NULL)
        check_unfit(looked_at, result, "the transform finds nothing in %.*s",
                    STR_ARG(value_shown(arena, subject)));
    else if (check->kind->looks_at != LOOKS_AT_VALUE)
        return 1;
    else
        check_unfit(looked_at, result, "the value is null");
    return 0;
}

static struct check_subject looking(const struct check *check, const struct env *env,
                                    struct arena *arena)
{
    return (struct check_subject){
        .arena = arena,
        .name = check->kind->name,
        .fixed = check->fixed,
        .env = env,
        .threshold = check->threshold,
    };
}

/* Runs the row, unless it wants an answer that did not come. */
static void run_row(const struct check *check, const struct check_subject *subject,
                    struct check_result *result)
{
    const struct check_answer *answer = subject->answer;
    bool failed = answer && answer->failed;
    bool came = answer && !failed &&
                (answer->vector || answer->verdicts || answer->duels || answer->said.n);
    if (came || !check->kind->asks) {
        check->kind->run(subject, result);
        return;
    }
    result->ungraded = true;
    result->reason = failed ? answer->reason : STR("nobody was asked");
}

int check_run_answered(const struct check *check, const struct env *env, const json *subject,
                       const struct check_use *use, const struct check_answer *answer,
                       struct arena *arena, struct check_result *result,
                       struct template_problem *problem)
{
    *result = (struct check_result){.reason = STR(""), .agreement = (double)NAN};
    struct check_subject looked_at = looking(check, env, arena);
    looked_at.answer = answer;
    looked_at.use = use;
    int found = look(check, subject, &looked_at, result, problem);
    if (found < 0)
        return -1;
    if (found)
        run_row(check, &looked_at, result);
    result->compared.given = looked_at.value;
    result->compared.wanted = looked_at.operand;
    result->compared.equality = check->kind->run == check_by_equals && !check->negated;
    if (result->nothing_expected)
        result->passed = true;
    else if (!result->ungraded)
        settle(check, &looked_at, result);
    return 0;
}

int check_run(const struct check *check, const struct env *env, const json *subject,
              struct arena *arena, struct check_result *result,
              struct template_problem *problem)
{
    return check_run_answered(check, env, subject, NULL, NULL, arena, result, problem);
}

int check_asks(const struct check *check, const struct env *env, const json *subject,
               struct arena *arena, struct check_question *question,
               struct template_problem *problem)
{
    struct check_result result;
    struct check_subject looked_at = looking(check, env, arena);
    int found = look(check, subject, &looked_at, &result, problem);
    if (found <= 0)
        return found;
    if (check->kind->asks == ASKS_SERVER) {
        const str *url = check->fixed;
        *question = (struct check_question){check_grader_input(&looked_at), *url};
        return 1;
    }
    question->value = json_render(arena, looked_at.value);
    question->operand = json_render(arena, looked_at.operand);
    return 1;
}
