/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lateness.c: a log-linear histogram (see lateness.h).
 *
 * Durations below 16 ns have a bucket each. Above, with e the place of the highest bit, the
 * four bits below it choose among the 16 parts of [2^e, 2^(e+1)).
 */
#include "io/lateness.h"

static unsigned bucket_of(uint64_t ns)
{
    if (ns < LATENESS_PARTS)
        return (unsigned)ns;
    unsigned exponent = 63 - (unsigned)__builtin_clzll(ns); /* at least 4 */
    unsigned part = (unsigned)(ns >> (exponent - 4)) - LATENESS_PARTS;
    unsigned bucket = (exponent - 3) * LATENESS_PARTS + part;
    return bucket < LATENESS_BUCKETS ? bucket : LATENESS_BUCKETS - 1;
}

/* The highest duration that falls into the bucket. */
static int64_t bucket_high(unsigned bucket)
{
    if (bucket < LATENESS_PARTS)
        return bucket;
    unsigned shift = bucket / LATENESS_PARTS - 1;
    uint64_t next = (uint64_t)(bucket % LATENESS_PARTS + LATENESS_PARTS + 1) << shift;
    return (int64_t)(next - 1);
}

void lateness_add(struct lateness *lateness, int64_t ns)
{
    if (ns < 0)
        ns = 0;
    lateness->count++;
    lateness->buckets[bucket_of((uint64_t)ns)]++;
    if (ns > lateness->max_ns)
        lateness->max_ns = ns;
}

int64_t lateness_quantile(const struct lateness *lateness, double share)
{
    double want = share * (double)lateness->count;
    uint64_t seen = 0;
    for (unsigned i = 0; i < LATENESS_BUCKETS; i++) {
        seen += lateness->buckets[i];
        if (seen && (double)seen >= want) {
            int64_t high = bucket_high(i);
            return high < lateness->max_ns ? high : lateness->max_ns;
        }
    }
    return lateness->max_ns;
}
