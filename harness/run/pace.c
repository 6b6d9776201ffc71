/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pace.c: schedules (see pace.h). Gaps are drawn from the run's seed, so that the same run has the
 * same schedule again.
 */
#include "run/pace.h"

#include <math.h>

const char *const arrivals_names[] = {"constant", "poisson", NULL};

int64_t pace_next_ns(struct pace *pace)
{
    double mean_ns = 1e9 / pace->per_s;
    uint64_t place = pace->next++;
    if (pace->arrivals == ARRIVALS_CONSTANT)
        pace->due_ns = (double)place * mean_ns;
    else
        pace->due_ns += -log1p(-rng_uniform(pace->key, "arrival", place)) * mean_ns;
    return (int64_t)pace->due_ns;
}
