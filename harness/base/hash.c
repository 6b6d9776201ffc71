/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hash.c: SipHash-2-4 and content names built on it (see hash.h).
 */
#include "base/hash.h"

/* Inlined by force: left to itself gcc keeps the state in memory between rounds, at half speed. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE uint64_t rotate(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

ALWAYS_INLINE void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static uint64_t read_le(const unsigned char *bytes, size_t n)
{
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

static uint64_t read_word(const unsigned char *bytes)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
#else
    return read_le(bytes, 8);
#endif
}

uint64_t hash_sip(uint64_t k0, uint64_t k1, const void *bytes, size_t n)
{
    uint64_t v[4] = {k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
                     k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
    const unsigned char *in = bytes;
    size_t left = n;
    for (; left >= 8; left -= 8, in += 8) {
        uint64_t word = read_word(in);
        v[3] ^= word;
        sip_round(v);
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = (left ? read_le(in, left) : 0) | ((uint64_t)n << 56);
    v[3] ^= last;
    sip_round(v);
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct hash128 hash_add(struct hash128 hash, str part)
{
    uint64_t low = hash_sip(hash.high, hash.low, part.p, part.n);
    uint64_t high = hash_sip(hash.low ^ UINT64_C(0x9e3779b97f4a7c15), low, part.p, part.n);
    return (struct hash128){high, low};
}

struct hash128 hash_add_int(struct hash128 hash, uint64_t part)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(part >> (8 * i));
    return hash_add(hash, (str){(const char *)bytes, sizeof bytes});
}

bool hash_equal(struct hash128 a, struct hash128 b)
{
    return a.high == b.high && a.low == b.low;
}

uint64_t hash_quick(str text)
{
    /* Odd, with bits all over: a product carries each bit of a word upwards, the shift brings the
     * high half back down. Two lanes, since one would wait for each product. */
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    const unsigned char *in = (const unsigned char *)text.p;
    size_t left = text.n;
    uint64_t a = text.n * odd, b = ~a;
    for (; left >= 16; left -= 16, in += 16) {
        a = (a ^ read_word(in)) * odd;
        b = (b ^ read_word(in + 8)) * odd;
        a ^= a >> 32;
        b ^= b >> 32;
    }
    for (; left; left--, in++)
        a = (a ^ *in) * odd;
    return (a ^ a >> 29) * odd + (b ^ b >> 31);
}

void hash_hex(struct hash128 hash, char text[33])
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < 16; i++) {
        text[15 - i] = digits[hash.high >> (4 * i) & 15];
        text[31 - i] = digits[hash.low >> (4 * i) & 15];
    }
    text[32] = '\0';
}
