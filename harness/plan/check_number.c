/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_number.c: checks that look at a number, or at a text that is one decimal number.
 */
#include "plan/check_parts.h"

#include <float.h>
#include <math.h>

static void bound_number(const struct check_subject *subject, struct check_result *result,
                         bool at_least)
{
    double value, bound;
    if (!check_subject_number(subject, result, &value) ||
        !check_operand_number(subject, result, &bound))
        return;
    if (at_least ? value >= bound : value <= bound) {
        check_yes(result);
        return;
    }
    str shown = number_shown(subject->arena, value),
        limit = number_shown(subject->arena, bound);
    check_no(subject, result, "%.*s is %s %.*s", STR_ARG(shown), at_least ? "below" : "above",
             STR_ARG(limit));
}

void check_by_min(const struct check_subject *subject, struct check_result *result)
{
    bound_number(subject, result, true);
}

void check_by_max(const struct check_subject *subject, struct check_result *result)
{
    bound_number(subject, result, false);
}

/* 1.1 and 1 differ by 0.1 to people, by a little more in binary: that little is forgiven. */
static bool is_near(double a, double b, double tolerance)
{
    double rounding = 4 * DBL_EPSILON * fmax(fabs(a), fabs(b));
    return fabs(a - b) <= tolerance + rounding;
}

void check_by_numeric(const struct check_subject *subject, struct check_result *result)
{
    const struct numeric_fixed *fixed = subject->fixed;
    double value, expected;
    if (!check_subject_number(subject, result, &value) ||
        !check_operand_number(subject, result, &expected))
        return;
    if (is_near(value, expected, fixed->tolerance)) {
        check_yes(result);
        return;
    }
    struct arena *arena = subject->arena;
    str shown = number_shown(arena, value), wanted = number_shown(arena, expected);
    str tolerance = number_shown(arena, fixed->tolerance);
    check_no(subject, result, "%.*s is not %.*s (tolerance %.*s)", STR_ARG(shown),
             STR_ARG(wanted), STR_ARG(tolerance));
}
