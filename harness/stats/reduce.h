/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the trials of a sample become its one value (`report.reducer`). Everything behind it takes one
 * value a sample, as if there had been one trial. */
#ifndef STATS_REDUCE_H
#define STATS_REDUCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum stats_reducer {
    STATS_REDUCE_MEAN,
    STATS_REDUCE_MEDIAN, /* of an even number the mean of the middle two */
    /* The value that most trials have; of several as frequent ones their mean, so that a tie of right
     * and wrong counts half. Of right and wrong it is a majority: a vote that was not held. */
    STATS_REDUCE_MODE,
    STATS_REDUCE_MAX, /* the best of all tries */
    STATS_REDUCERS
};

/* "mean", "median", "mode", "max". */
const char *stats_reducer_name(enum stats_reducer reducer);
/* Mean for a name that is none of them. */
enum stats_reducer stats_reducer_named(str name);

/* Of at least one value. All but the mean put them in order; the mean adds them as they come. */
double stats_reduce(enum stats_reducer reducer, double *values, size_t count);

#endif
