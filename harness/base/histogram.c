/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * histogram.c: buckets that grow with their values (see histogram.h). For a hot path that may not allocate
 * there is io/lateness.h, which is coarser.
 */
#include "base/histogram.h"

#include <string.h>

#include "base/mem.h"

/* So many to a power of two; twice as many below the first that is cut. */
enum { PARTS = 128, BUCKETS_MORE = 64 };

static size_t bucket_of(uint64_t value)
{
    unsigned shift = 0;
    while (value >> shift >= 2 * PARTS)
        shift++;
    return shift * (size_t)PARTS + (size_t)(value >> shift);
}

/* The highest value of a bucket. */
static uint64_t bucket_top(size_t bucket)
{
    if (bucket < 2 * PARTS)
        return bucket;
    unsigned shift = (unsigned)(bucket / PARTS) - 1;
    return ((uint64_t)(bucket % PARTS + PARTS + 1) << shift) - 1;
}

static void grow(struct histogram *histogram, size_t room)
{
    if (room <= histogram->room)
        return;
    histogram->bucket = xrealloc(histogram->bucket, room * sizeof *histogram->bucket);
    memset(histogram->bucket + histogram->room, 0,
           (room - histogram->room) * sizeof *histogram->bucket);
    histogram->room = room;
}

void histogram_add(struct histogram *histogram, int64_t value)
{
    uint64_t positive = value > 0 ? (uint64_t)value : 0;
    size_t at = bucket_of(positive);
    if (at >= histogram->room)
        grow(histogram, at + BUCKETS_MORE);
    histogram->bucket[at]++;
    histogram->count++;
    histogram->most = positive > histogram->most ? positive : histogram->most;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    grow(into, from->room);
    for (size_t i = 0; i < from->room; i++)
        into->bucket[i] += from->bucket[i];
    into->count += from->count;
    into->most = from->most > into->most ? from->most : into->most;
}

uint64_t histogram_at(const struct histogram *histogram, unsigned permille)
{
    uint64_t rank = (histogram->count * permille + 999) / 1000, seen = 0;
    for (size_t i = 0; i < histogram->room; i++) {
        seen += histogram->bucket[i];
        if (seen >= rank && seen > 0)
            return bucket_top(i) < histogram->most ? bucket_top(i) : histogram->most;
    }
    return histogram->most;
}

void histogram_release(struct histogram *histogram)
{
    xfree(histogram->bucket);
    *histogram = (struct histogram){0};
}
