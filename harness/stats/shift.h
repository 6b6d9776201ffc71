/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much slower on a typical sample, in units of time. */
#ifndef STATS_SHIFT_H
#define STATS_SHIFT_H

#include <stddef.h>
#include <stdint.h>

#include "stats/maybe.h"

/* Hodges-Lehmann estimate (1963): the median of all pairwise averages of the differences, with
 * the interval of the signed-rank statistic. `coverage` is what the interval really covers; below
 * six differences that is less than conf and belongs beside the numbers. Everything unknown for
 * no differences and for more than STATS_SHIFT_MOST (the averages would not fit in memory). */
enum { STATS_SHIFT_MOST = 3000 };

struct stats_shift {
    maybe estimate;
    uint64_t k; /* rank of the lower limit among the averages */
    maybe low, high;
    maybe coverage;
};

struct stats_shift stats_hodges_lehmann(const double *differences, size_t count, double conf);

#endif
