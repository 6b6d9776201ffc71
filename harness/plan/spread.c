/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spread.c: sums of figures that are not yet certain (see spread.h).
 */
#include "plan/spread.h"

struct spread spread_exact(double value)
{
    return (struct spread){value, value, value, false};
}

struct spread spread_of_bytes(double bytes)
{
    const double bytes_per_token = 4;
    double tokens = bytes / bytes_per_token;
    return (struct spread){tokens, tokens, bytes, false};
}

struct spread spread_add(struct spread a, struct spread b)
{
    return (struct spread){a.low + b.low, a.expected + b.expected, a.worst + b.worst,
                           a.open || b.open};
}

struct spread spread_times(struct spread each, double low, double expected, double worst)
{
    return (struct spread){each.low * low, each.expected * expected, each.worst * worst,
                           each.open && worst > 0};
}

struct spread spread_either(struct spread a, struct spread b)
{
    return (struct spread){a.low < b.low ? a.low : b.low, (a.expected + b.expected) / 2,
                           a.worst > b.worst ? a.worst : b.worst, a.open || b.open};
}

struct spread spread_part(struct spread whole, double pieces)
{
    double expected = pieces > 1 ? whole.expected / pieces : whole.expected;
    return (struct spread){0, expected, whole.worst, whole.open};
}
