/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compensated summation. Kept apart because every other file of the library needs it and because
 * it is the one place where an optimising compiler could do harm. */
#include "stats/sum.h"

#include <math.h>

void stats_sum_add(struct stats_sum *sum, double term)
{
    double next = sum->total + term;

    /* The smaller of the two lost its low bits in the addition; recover them from the larger. */
    if (fabs(sum->total) >= fabs(term))
        sum->lost += (sum->total - next) + term;
    else
        sum->lost += (term - next) + sum->total;
    sum->total = next;
}

double stats_sum_value(const struct stats_sum *sum)
{
    return sum->total + sum->lost;
}

double stats_sum_of(const double *values, size_t count)
{
    struct stats_sum sum = {0};

    for (size_t i = 0; i < count; i++)
        stats_sum_add(&sum, values[i]);
    return stats_sum_value(&sum);
}

double stats_sum_of_squares(const double *values, size_t count, double centre)
{
    struct stats_sum sum = {0};

    for (size_t i = 0; i < count; i++)
        stats_sum_add(&sum, (values[i] - centre) * (values[i] - centre));
    return stats_sum_value(&sum);
}

double stats_mean_of(const double *values, size_t count)
{
    return stats_sum_of(values, count) / (double)count;
}
