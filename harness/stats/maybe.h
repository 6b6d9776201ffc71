/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A number that may not exist.
 *
 * A statistic that cannot be estimated (no data, one cluster, a ratio over zero) is neither 0 nor
 * NaN: it is unknown, JSON `null` and a dash in text. `maybe` carries that through every struct
 * of this library; no NaN and no infinity ever leaves it. */
#ifndef STATS_MAYBE_H
#define STATS_MAYBE_H

#include <math.h>
#include <stdbool.h>

typedef struct {
    bool known;
    double value; /* 0 when unknown, so that structs compare and print alike */
} maybe;

static inline maybe maybe_none(void)
{
    return (maybe){false, 0.0};
}

/* Known if x is finite, unknown otherwise: the one gate through which results pass. */
static inline maybe maybe_of(double x)
{
    return isfinite(x) ? (maybe){true, x} : maybe_none();
}

/* Of a value that means something only then. */
static inline maybe maybe_if(bool is_known, double x)
{
    return is_known ? maybe_of(x) : maybe_none();
}

static inline maybe maybe_scale(maybe x, double factor)
{
    return x.known ? maybe_of(x.value * factor) : x;
}

#endif
