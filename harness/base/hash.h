/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hash.h: hashes that are stable across machines and versions.
 *
 * hash_128 names contents (request hashes, attempt keys, datasets): it is written to files, so it
 * never changes. It is no protection against someone who makes collisions on purpose.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/str.h"

/* SipHash-2-4 with a 128-bit key (https://www.aumasson.jp/siphash/siphash.pdf). */
uint64_t hash_sip(uint64_t k0, uint64_t k1, const void *bytes, size_t n);

struct hash128 {
    uint64_t high, low;
};

/* A hash built up from parts; each part is followed by its length, so that ("ab","c") and
 * ("a","bc") differ. Zero is the empty hash. */
struct hash128 hash_add(struct hash128 hash, str part);
struct hash128 hash_add_int(struct hash128 hash, uint64_t part);
bool hash_equal(struct hash128 a, struct hash128 b);
/* A tenth of hash_sip's time, for tables in memory alone: it may change with the next version, and
 * whoever chooses the text can make collisions. */
uint64_t hash_quick(str text);
/* 32 hexadecimal digits and a NUL. */
void hash_hex(struct hash128 hash, char text[33]);

#endif
