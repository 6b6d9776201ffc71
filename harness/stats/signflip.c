/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sign-flip tests: under "the names of the two variants could be swapped on any sample" every
 * difference is as likely to have the other sign. Three ways to the same number: convolution on a
 * lattice (binary scores, any number of trials), enumeration (few real values), random patterns
 * (many real values). The first two are exact and use no random numbers. */
#include "stats/paired.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/sum.h"

#define TIE_TOLERANCE 1e-12

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* chance[x]: probability that the values taken with plus add up to x, in units of the divisor. */
static double *plus_sum_distribution(const int64_t *values, size_t count, uint64_t divisor,
                                     size_t total)
{
    double *chance = xcalloc(total + 1, sizeof *chance);
    size_t reach = 0;

    chance[0] = 1.0;
    for (size_t i = 0; i < count; i++) {
        size_t weight = (size_t)(magnitude(values[i]) / divisor);

        if (weight == 0)
            continue;
        reach += weight;
        for (size_t x = reach + 1; x-- > 0;)
            chance[x] = 0.5 * chance[x] + (x >= weight ? 0.5 * chance[x - weight] : 0.0);
    }
    return chance;
}

double stats_signflip_exact(const int64_t *values, size_t count)
{
    uint64_t divisor = 0, total = 0, observed;
    struct stats_sum tail = {0};
    int64_t sum = 0;
    double *chance;

    for (size_t i = 0; i < count; i++) {
        divisor = greatest_common_divisor(divisor, magnitude(values[i]));
        total += magnitude(values[i]);
        sum += values[i];
    }
    if (divisor == 0)
        return 1.0;
    total /= divisor;
    observed = magnitude(sum) / divisor;
    chance = plus_sum_distribution(values, count, divisor, (size_t)total);
    for (uint64_t x = 0; x <= total; x++)
        if (magnitude(2 * (int64_t)x - (int64_t)total) >= observed)
            stats_sum_add(&tail, chance[x]);
    xfree(chance);
    return fmin(1.0, stats_sum_value(&tail));
}

size_t stats_signflip_nonzero(const double *values, size_t count)
{
    size_t nonzero = 0;

    for (size_t i = 0; i < count; i++)
        nonzero += fabs(values[i]) > TIE_TOLERANCE;
    return nonzero;
}

/* The non-zero values in order, their number, and the sum from which on a pattern is extreme. */
struct flippable {
    double *values;
    size_t count;
    double threshold;
};

static struct flippable flippable_of(const double *values, size_t count)
{
    struct flippable set = {xcalloc(count + 1, sizeof *set.values), 0, 0.0};
    struct stats_sum sum = {0}, size = {0};

    for (size_t i = 0; i < count; i++) {
        if (fabs(values[i]) <= TIE_TOLERANCE)
            continue;
        set.values[set.count++] = values[i];
        stats_sum_add(&sum, values[i]);
        stats_sum_add(&size, fabs(values[i]));
    }
    set.threshold = fabs(stats_sum_value(&sum)) - TIE_TOLERANCE * stats_sum_value(&size);
    return set;
}

double stats_signflip_enumerate(const double *values, size_t count)
{
    struct flippable set = flippable_of(values, count);
    uint64_t patterns, extreme = 0;

    if (set.count == 0 || set.count > 62) {
        xfree(set.values);
        return 1.0;
    }
    /* The last sign is kept: every pattern and its mirror image are extreme together. */
    patterns = (uint64_t)1 << (set.count - 1);
    for (uint64_t pattern = 0; pattern < patterns; pattern++) {
        double sum = 0.0;

        for (size_t i = 0; i < set.count; i++)
            sum += (pattern >> i) & 1 ? -set.values[i] : set.values[i];
        extreme += fabs(sum) >= set.threshold;
    }
    xfree(set.values);
    return (double)extreme / (double)patterns;
}

struct stats_signflip_mc stats_signflip_mc(const double *values, size_t count, uint32_t seed,
                                           uint64_t patterns)
{
    struct flippable set = flippable_of(values, count);
    struct stats_random *random = stats_random_new(seed);
    uint64_t extreme = 0;

    for (uint64_t pattern = 0; pattern < patterns; pattern++) {
        uint32_t word = 0;
        double sum = 0.0;

        for (size_t i = 0; i < set.count; i++) {
            if (i % 32 == 0)
                word = stats_random_next(random);
            sum += (word >> (i % 32)) & 1 ? set.values[i] : -set.values[i];
        }
        extreme += fabs(sum) >= set.threshold;
    }
    stats_random_free(random);
    xfree(set.values);
    return (struct stats_signflip_mc){(1.0 + (double)extreme) / (1.0 + (double)patterns),
                                      extreme};
}
