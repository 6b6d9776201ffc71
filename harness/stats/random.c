/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Seeds from names; the generator itself is in distribution.c, with the rest of GSL. */
#include "stats/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME  UINT64_C(0x100000001b3)

static uint64_t hash_more(uint64_t hash, str text)
{
    for (size_t i = 0; i < text.n; i++)
        hash = (hash ^ (unsigned char)text.p[i]) * FNV_PRIME;
    return hash;
}

static uint32_t fold(uint64_t hash)
{
    uint32_t seed = (uint32_t)(hash ^ (hash >> 32));

    /* GSL replaces a zero seed by another number without a word. */
    return seed ? seed : 1;
}

uint64_t stats_key_hash(str key)
{
    return hash_more(FNV_OFFSET, key);
}

uint32_t stats_seed_of(str key)
{
    return fold(stats_key_hash(key));
}

uint32_t stats_seed_for(uint64_t report_seed, const char *method, const char *metric,
                        str baseline, str candidate)
{
    char digits[24];
    uint64_t hash = FNV_OFFSET;
    int length = snprintf(digits, sizeof digits, "%" PRIu64, report_seed);
    const str parts[] = {str_from(method), str_from(metric), baseline, candidate};

    hash = hash_more(hash, (str){digits, (size_t)length});
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        hash = hash_more(hash, STR("|"));
        hash = hash_more(hash, parts[i]);
    }
    return fold(hash);
}
