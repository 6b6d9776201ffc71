/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lateness.h: how long things that were due had to wait, as a histogram of fixed size.
 *
 * Buckets grow by powers of two, each cut into 16 equal parts, so that a quantile read from it
 * is at most 1/16 too high, from 1 ns to 2^62 ns.
 */
#ifndef IO_LATENESS_H
#define IO_LATENESS_H

#include <stdint.h>

enum { LATENESS_PARTS = 16, LATENESS_BUCKETS = 60 * LATENESS_PARTS };

/* Zero is empty. */
struct lateness {
    uint64_t count;
    int64_t max_ns;
    uint32_t buckets[LATENESS_BUCKETS];
};

/* Negative durations count as 0. */
void lateness_add(struct lateness *lateness, int64_t ns);
/* The least bucket bound below which a share of at least `share` (0 to 1) lies; 0 when empty. */
int64_t lateness_quantile(const struct lateness *lateness, double share);

#endif
