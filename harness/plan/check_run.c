/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_run.c: running a check (see check.h).
 *
 * The row's function says how good the value is; here that becomes "passed or not": null
 * operands and values, negation, the threshold, and the reason that people (and, in `refine`,
 * models) read. Nothing here knows a single check.
 */
#include "plan/check_parts.h"

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

int check_run(const struct check *check, const struct env *env, const json *subject,
              struct arena *arena, struct check_result *result,
              struct template_problem *problem)
{
    *result = (struct check_result){.reason = STR("")};
    struct check_subject looked_at = {
        .arena = arena, .name = check->kind->name, .fixed = check->fixed, .env = env};
    if (check->operand) {
        looked_at.operand = template_eval(check->operand, env, arena, problem);
        if (!looked_at.operand)
            return -1;
        if (json_is(looked_at.operand, JSON_NULL)) {
            result->nothing_expected = true;
            result->passed = true;
            return 0;
        }
    }
    if (check->of) {
        subject = template_eval(check->of, env, arena, problem);
        if (!subject)
            return -1;
    }
    looked_at.value = transform_apply(arena, check->transform, check->transforms, subject);
    bool null = json_kind(looked_at.value) == JSON_NULL;
    if (null && json_kind(subject) != JSON_NULL)
        check_unfit(&looked_at, result, "the transform finds nothing in %.*s",
                    STR_ARG(value_shown(arena, subject)));
    else if (null && !check->kind->needs_no_value)
        check_unfit(&looked_at, result, "the value is null");
    else
        check->kind->run(&looked_at, result);
    settle(check, &looked_at, result);
    return 0;
}
