/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The signed-rank distribution is exact up to 200 differences and normal above, where the two
 * agree to the printed digits. */
#include "stats/shift.h"

#include <stdlib.h>

#include "base/mem.h"
#include "stats/distribution.h"

enum { EXACT_UP_TO = 200 };

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return a < b ? -1 : a > b;
}

/* Smallest s with P(V <= s) >= tail, at least 1, and the coverage of the interval it gives. V is
 * the sum of those ranks 1..n that a fair coin picks: one convolution a rank. */
static uint64_t exact_rank(size_t n, double tail, double *coverage)
{
    size_t averages = n * (n + 1) / 2;
    double *chance = xcalloc(averages + 1, sizeof *chance), below = 0.0;
    uint64_t k = 0;

    chance[0] = 1.0;
    for (size_t rank = 1; rank <= n; rank++) {
        for (size_t v = rank * (rank + 1) / 2 + 1; v-- > 0;)
            chance[v] = 0.5 * chance[v] + (v >= rank ? 0.5 * chance[v - rank] : 0.0);
    }
    while (k < averages && (k == 0 || below + chance[k] < tail))
        below += chance[k++];
    xfree(chance);
    *coverage = fmax(0.0, 1.0 - 2.0 * below);
    return k;
}

static uint64_t normal_rank(size_t n, double tail, double *coverage)
{
    double size = (double)n, mean = size * (size + 1.0) / 4.0;
    double deviation = sqrt(size * (size + 1.0) * (2.0 * size + 1.0) / 24.0);
    double k = fmax(1.0, floor(mean - stats_normal_quantile_upper(tail) * deviation));

    *coverage = 1.0 - 2.0 * stats_normal_cdf((k - 0.5 - mean) / deviation);
    return (uint64_t)k;
}

static double *sorted_averages(const double *differences, size_t count, size_t *averages)
{
    double *list = xcalloc(count * (count + 1) / 2, sizeof *list);
    size_t filled = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t j = i; j < count; j++)
            list[filled++] = (differences[i] + differences[j]) / 2.0;
    qsort(list, filled, sizeof *list, compare_doubles);
    *averages = filled;
    return list;
}

struct stats_shift stats_hodges_lehmann(const double *differences, size_t count, double conf)
{
    struct stats_shift result = {0};
    double tail = (1.0 - conf) / 2.0, coverage, *averages;
    size_t m;

    if (count == 0 || count > STATS_SHIFT_MOST)
        return result;
    averages = sorted_averages(differences, count, &m);
    result.estimate = maybe_of((averages[(m - 1) / 2] + averages[m / 2]) / 2.0);
    result.k = count <= EXACT_UP_TO ? exact_rank(count, tail, &coverage)
                                    : normal_rank(count, tail, &coverage);
    result.low = maybe_of(averages[result.k - 1]);
    result.high = maybe_of(averages[m - result.k]);
    result.coverage = maybe_of(coverage);
    xfree(averages);
    return result;
}
