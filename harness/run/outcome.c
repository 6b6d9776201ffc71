/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outcome.c: names of outcomes (see outcome.h).
 */
#include "run/outcome.h"

const char *failure_kind_name(enum failure_kind kind)
{
    static const char *const names[] = {
#define X(name, text, meaning) text,
        FAILURE_MAP(X)
#undef X
    };
    return names[kind];
}

str failure_reason(const struct failure *failure)
{
    if (failure->kind == FAILURE_PROVIDER && failure->reason.n)
        return failure->reason;
    return str_from(failure_kind_name(failure->kind));
}

const char *step_outcome_name(enum step_outcome outcome)
{
    static const char *const names[] = {"not-run", "ok", "blocked", "cut_short", "failed"};
    return names[outcome];
}
