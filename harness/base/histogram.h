/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * histogram.h: counts of many values in little memory, for quantiles that need not be exact.
 *
 * Values below 256 have a bucket each; above, each power of two is cut into 128 equal buckets, so that what
 * is read off is at most 1/128 (0.8 %) too high. Buckets are added as values need them: a histogram of
 * times below a minute, in microseconds, has about 2,500 of 4 bytes. The order of values and of merges does
 * not matter.
 *
 *     struct histogram h = {0};
 *     histogram_add(&h, 1200);
 *     uint64_t p99 = histogram_at(&h, 990);
 *     histogram_release(&h);
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/* {0} is an empty one. */
struct histogram {
    uint32_t *bucket;
    size_t room;
    uint64_t count; /* of values */
    uint64_t most;  /* the highest value; 0: none */
};

/* Negative values count as 0. */
void histogram_add(struct histogram *histogram, int64_t value);
/* Adds all that `from` holds, which stays as it is. */
void histogram_merge(struct histogram *into, const struct histogram *from);
/* The value at the nearest rank of a quantile: the highest of its bucket, never above the highest value that
 * was added; 0 of an empty histogram. */
uint64_t histogram_at(const struct histogram *histogram, unsigned permille);
/* Leaves an empty one. */
void histogram_release(struct histogram *histogram);

#endif
