/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See reduce.h. Results do not depend on the order of the trials, but for the rounding of means. */
#include "stats/reduce.h"

#include <stdlib.h>

#include "stats/sum.h"

static const char *const names[STATS_REDUCERS] = {"mean", "median", "mode", "max"};

const char *stats_reducer_name(enum stats_reducer reducer)
{
    return names[reducer];
}

enum stats_reducer stats_reducer_named(str name)
{
    for (size_t i = 0; i < STATS_REDUCERS; i++)
        if (str_equal(name, str_from(names[i])))
            return (enum stats_reducer)i;
    return STATS_REDUCE_MEAN;
}

static int compare(const void *left, const void *right)
{
    const double *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

/* Of sorted values. */
static double mode_of(const double *values, size_t count)
{
    size_t most = 0, tied = 0;
    double sum = 0.0;

    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && !(values[end] > values[first]);)
            end++;
        if (end - first > most) {
            most = end - first;
            tied = 0;
            sum = 0.0;
        }
        if (end - first == most) {
            sum += values[first];
            tied++;
        }
    }
    return sum / (double)tied;
}

double stats_reduce(enum stats_reducer reducer, double *values, size_t count)
{
    if (reducer == STATS_REDUCE_MEAN)
        return stats_sum_of(values, count) / (double)count;
    qsort(values, count, sizeof *values, compare);
    if (reducer == STATS_REDUCE_MAX)
        return values[count - 1];
    if (reducer == STATS_REDUCE_MODE)
        return mode_of(values, count);
    return (values[(count - 1) / 2] + values[count / 2]) / 2.0;
}
