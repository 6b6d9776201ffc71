/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_plain.c: runs of plain bytes, sixteen at a time (see json_plain.h).
 */
#include "base/json_plain.h"

typedef unsigned char bytes16 __attribute__((vector_size(16)));

/* The place of the first byte in memory that is not 0, of eight that are 0 or 0xff. */
static size_t first_set(uint64_t bytes)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (size_t)__builtin_ctzll(bytes) / 8;
#else
    return (size_t)__builtin_clzll(bytes) / 8;
#endif
}

size_t json_plain_end(str text, size_t at, enum json_plain plain)
{
    const unsigned char high = plain == JSON_PLAIN_ASCII ? 0x80 : 0;
    for (bytes16 b; text.n - at >= sizeof b; at += sizeof b) {
        memcpy(&b, text.p + at, sizeof b);
        bytes16 stop = (bytes16)(b < 0x20) | (bytes16)(b == '"') | (bytes16)(b == '\\') |
                       (bytes16)(b == 0x7f) | (bytes16)((b & high) != 0);
        uint64_t half[2];
        memcpy(half, &stop, sizeof half);
        if (half[0])
            return at + first_set(half[0]);
        if (half[1])
            return at + sizeof half[0] + first_set(half[1]);
    }
    for (; at < text.n; at++) {
        unsigned char c = (unsigned char)text.p[at];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f || c & high)
            break;
    }
    return at;
}
