/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pace.h: when cells start that are sent on a schedule (`weir run --rate`).
 *
 * In a closed loop a slow provider is asked less, and its slow minutes count for little. On a
 * schedule cells start at their times whatever has not ended yet, and their time on the clock
 * counts from when they should have started (coordinated omission, Gil Tene).
 */
#ifndef RUN_PACE_H
#define RUN_PACE_H

#include "base/rng.h"

enum arrivals {
    ARRIVALS_CONSTANT, /* one every 1/rate seconds */
    ARRIVALS_POISSON,  /* exponential gaps of that mean: independent users */
};
extern const char *const arrivals_names[];

struct pace {
    double per_s; /* 0: no schedule */
    enum arrivals arrivals;
    struct rng_key key;
    /* the pace's own */
    uint64_t next;
    double due_ns;
};

/* When the next cell starts, in ns after the first possible moment; never falls. */
int64_t pace_next_ns(struct pace *pace);

#endif
