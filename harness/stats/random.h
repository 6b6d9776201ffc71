/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Seeds of the few statistics that draw random numbers: bootstrap ("boot"), Monte Carlo sign-flip
 * ("perm") and sample order ("order"). Every statistic has a generator of its own, seeded by what
 * it is about, so no result depends on the order of computation or on threads. */
#ifndef STATS_RANDOM_H
#define STATS_RANDOM_H

#include <stdint.h>

#include "base/str.h"

/* 64-bit FNV-1a over the bytes of key. */
uint64_t stats_key_hash(str key);

/* The two halves of that hash, folded by XOR; 0 becomes 1. */
uint32_t stats_seed_of(str key);

/* Seed of the key "<report seed>|<method>|<metric>|<baseline>|<candidate>". */
uint32_t stats_seed_for(uint64_t report_seed, const char *method, const char *metric,
                        str baseline, str candidate);

#endif
