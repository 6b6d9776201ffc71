/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of samples, in any order and as many of a sample as there are, on their way to a series. For
 * files of stats alone. */
#ifndef STATS_SUMMARY_VALUES_H
#define STATS_SUMMARY_VALUES_H

#include "stats/summary_rows.h"

struct summary_value_of {
    size_t place; /* its sample */
    double value;
    size_t number; /* as they came, so that sums are the same everywhere */
};

/* Zeroed but for the arena, which its series live in too. */
struct summary_values {
    struct summary_value_of *value;
    size_t count, room;
    struct arena *arena;
};

void summary_values_add(struct summary_values *values, size_t place, double value);
/* By sample; without clusters. */
struct summary_series summary_values_series(struct summary_values *values);

#endif
