/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * baseline_inside.h: the layout of a baseline file, for who writes it and who reads it (see side.h).
 *
 * One line a sample and variant, so that a difference of two versions shows which samples changed.
 * A trial is a list whose places are named once, in `columns`; a reader goes by those names, so
 * that later versions can add columns at the end.
 */
#ifndef SESSION_BASELINE_INSIDE_H
#define SESSION_BASELINE_INSIDE_H

#include "session/side.h"

enum baseline_column {
    BASELINE_STATUS,
    BASELINE_REASON,
    BASELINE_CORRECT,
    BASELINE_SCORE,
    BASELINE_SCORES,
    BASELINE_LATENCY,
    BASELINE_COST,
    BASELINE_UNKNOWN_COST,
    BASELINE_LOST,
    BASELINE_COST_UPPER,
    BASELINE_INPUT,
    BASELINE_CACHE_READ,
    BASELINE_CACHE_WRITE,
    BASELINE_OUTPUT,
    BASELINE_REASONING,
    BASELINE_CALLS,
    BASELINE_SENT,
    BASELINE_CACHED,
    BASELINE_ATTEMPTS,
    BASELINE_ANSWER,
    BASELINE_COLUMNS
};
extern const char *const baseline_column_names[BASELINE_COLUMNS];

/* In the order of a trial's columns from cost to attempts. */
enum { BASELINE_ROLE_VALUES = 14 };

#endif
