/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bucket.c: rates per minute (see bucket.h).
 */
#include "llm/bucket.h"

#include <math.h>

static const double ns_per_minute = 60e9;

struct llm_bucket llm_bucket_of(int64_t per_minute)
{
    double most = fmax((double)per_minute / 60, 1);
    return (struct llm_bucket){.per_minute = per_minute, .level = most, .most = most};
}

void llm_bucket_refill(struct llm_bucket *bucket, struct moment now)
{
    if (!bucket->per_minute)
        return;
    if (bucket->updated.ns) {
        double passed = (double)moment_since(now, bucket->updated);
        bucket->level += passed * (double)bucket->per_minute / ns_per_minute;
        bucket->level = fmin(bucket->level, bucket->most);
    }
    bucket->updated = now;
}

int64_t llm_bucket_wait_ns(const struct llm_bucket *bucket, int64_t amount)
{
    if (!bucket->per_minute)
        return 0;
    double lacks = fmin((double)amount, bucket->most) - bucket->level;
    /* Less than a millionth is rounding: a timer that fires exactly then must find it there. */
    if (lacks < 1e-6)
        return 0;
    return (int64_t)ceil(lacks * ns_per_minute / (double)bucket->per_minute);
}

void llm_bucket_take(struct llm_bucket *bucket, int64_t amount)
{
    if (bucket->per_minute)
        bucket->level = fmin(bucket->level - (double)amount, bucket->most);
}

void llm_bucket_learn(struct llm_bucket *bucket, int64_t limit, int64_t left, struct moment now)
{
    if (left < 0)
        return;
    if (!bucket->per_minute) {
        if (limit <= 0 || left >= limit / 10)
            return;
        *bucket = llm_bucket_of(limit);
        bucket->updated = now;
    }
    llm_bucket_refill(bucket, now);
    bucket->level = fmin(bucket->level, (double)left);
}
