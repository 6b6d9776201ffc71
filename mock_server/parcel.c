/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parcel.c: parts packed against the part before them (see parcel.h).
 *
 * A packed part is: the time since the part before (ns), its length, and then, until the length
 * is reached: how many bytes to copy from the part before, how many new ones follow, these, and
 * how many bytes of the part before to skip. Numbers are in groups of seven bits, the lowest
 * first, as in DWARF's LEB128. New bytes end where eight of those that come are found again a
 * little further on in the part before.
 */
#include "mock_server/parcel.h"

#include "base/mem.h"

#include <string.h>

enum {
    FOUND = 8,   /* so many equal bytes are a place to go on copying */
    AHEAD = 128, /* how far such a place is looked for */
};

/* ---- numbers ---- */

static void put_number(struct buf *out, uint64_t number)
{
    char bytes[10];
    size_t n = 0;
    do {
        bytes[n++] = (char)((number & 127) | (number > 127 ? 128 : 0));
        number >>= 7;
    } while (number);
    buf_add(out, bytes, n);
}

static uint64_t take_number(struct parcel *parcel)
{
    uint64_t number = 0;
    unsigned shift = 0;
    unsigned char byte;
    do {
        byte = (unsigned char)parcel->memory[parcel->at++];
        number |= (uint64_t)(byte & 127) << shift;
        shift += 7;
    } while (byte & 128);
    return number;
}

/* ---- packing ---- */

static size_t common(str a, str b)
{
    size_t n = a.n < b.n ? a.n : b.n, i = 0;
    while (i + 8 <= n && memcmp(a.p + i, b.p + i, 8) == 0)
        i += 8;
    while (i < n && a.p[i] == b.p[i])
        i++;
    return i;
}

static str behind(str text, size_t n)
{
    return (str){text.p + n, text.n - n};
}

/* How many bytes of `now` are new before it goes on as `before` does; *skip bytes further on. */
static size_t new_bytes(str now, str before, size_t *skip)
{
    size_t ahead = before.n < AHEAD ? before.n : AHEAD;
    *skip = 0;
    for (size_t n = 0; n + FOUND <= now.n && ahead >= FOUND; n++) {
        const char *hit = memmem(before.p, ahead, now.p + n, FOUND);
        if (!hit)
            continue;
        *skip = (size_t)(hit - before.p);
        return n;
    }
    return now.n;
}

static void pack(struct buf *out, str now, str before)
{
    put_number(out, now.n);
    while (now.n) {
        size_t same = common(now, before), skip;
        now = behind(now, same);
        before = behind(before, same);
        put_number(out, same);
        if (now.n == 0)
            break;
        size_t fresh = new_bytes(now, before, &skip);
        put_number(out, fresh);
        buf_add(out, now.p, fresh);
        now = behind(now, fresh);
        before = behind(before, skip);
        if (now.n)
            put_number(out, skip);
    }
}

static void find_next(struct parcel *parcel)
{
    if (parcel->taken < parcel->parts)
        parcel->next_ns = parcel->last_ns + (int64_t)take_number(parcel);
}

void parcel_make(struct parcel *parcel, const struct delivery *delivery)
{
    const struct part whole = {delivery->at_ns, delivery->bytes->n};
    const struct part *part = delivery->parts ? delivery->part : &whole;
    size_t parts = delivery->parts ? delivery->parts : 1, most = 0, from = 0;
    struct buf packed = {0};
    str before = STR("");
    int64_t last_ns = 0;
    for (size_t i = 0; i < parts; i++) {
        str now = str_sub(buf_str(delivery->bytes), from, part[i].upto);
        int64_t at_ns = part[i].at_ns > last_ns ? part[i].at_ns : last_ns;
        put_number(&packed, (uint64_t)(at_ns - last_ns));
        pack(&packed, now, before);
        most = now.n > most ? now.n : most;
        last_ns = at_ns;
        from = part[i].upto;
        before = now;
    }
    if (parts == 1)
        most = 0; /* it lies in one piece as it is */
    *parcel =
        (struct parcel){.memory = xmalloc(packed.n + most), .packed = packed.n, .parts = parts};
    memcpy(parcel->memory, packed.p, packed.n);
    parcel->last = parcel->memory + packed.n;
    buf_release(&packed);
    find_next(parcel);
}

void parcel_release(struct parcel *parcel)
{
    xfree(parcel->memory);
    *parcel = (struct parcel){0};
}

/* ---- unpacking ---- */

bool parcel_due(const struct parcel *parcel, int64_t *at_ns)
{
    *at_ns = parcel->next_ns;
    return parcel->taken < parcel->parts;
}

static void unpack(struct parcel *parcel, size_t n, struct buf *scratch)
{
    size_t before = 0;
    buf_clear(scratch);
    while (scratch->n < n) {
        size_t same = take_number(parcel);
        buf_add(scratch, parcel->last + before, same);
        before += same;
        if (scratch->n >= n)
            break;
        size_t fresh = take_number(parcel);
        buf_add(scratch, parcel->memory + parcel->at, fresh);
        parcel->at += fresh;
        if (scratch->n < n)
            before += take_number(parcel);
    }
    if (n)
        memcpy(parcel->last, scratch->p, n);
}

str parcel_take(struct parcel *parcel, struct buf *scratch)
{
    size_t n = take_number(parcel);
    str bytes = {parcel->last, n};
    if (parcel->parts > 1) {
        unpack(parcel, n, scratch);
    } else if (n) {
        take_number(parcel); /* nothing is copied, all is new */
        take_number(parcel);
        bytes.p = parcel->memory + parcel->at;
    }
    parcel->last_ns = parcel->next_ns;
    parcel->taken++;
    find_next(parcel);
    return bytes;
}
