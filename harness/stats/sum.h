/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums and means that do not depend on luck: Neumaier's compensated summation.
 *
 * All sums of this library go through here, in input order. The error is about one rounding of
 * the result whatever the number of terms (A. Neumaier, ZAMM 54, 1974), so reports agree to the
 * ten digits that are printed, on every machine. Needs strict IEEE arithmetic: the library is
 * built with -ffp-contract=off and never with -ffast-math. */
#ifndef STATS_SUM_H
#define STATS_SUM_H

#include <stddef.h>

/* A running sum; {0} is the empty one. */
struct stats_sum {
    double total;
    double lost; /* what rounding has cut off so far */
};

void stats_sum_add(struct stats_sum *sum, double term);
double stats_sum_value(const struct stats_sum *sum);

double stats_sum_of(const double *values, size_t count);

/* Of (value - centre) squared. */
double stats_sum_of_squares(const double *values, size_t count, double centre);

/* count must be above 0. */
double stats_mean_of(const double *values, size_t count);

#endif
