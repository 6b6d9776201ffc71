/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * buf.h: growing bytes with a ceiling.
 *
 * A buffer never holds more than `limit` bytes. What does not fit is dropped and `full` stays
 * set, so that a long series of appends needs one check at its end. The bytes are always
 * followed by a NUL that is not counted.
 *
 *     struct buf buf = BUF(LIMIT_REPLY);
 *     buf_printf(&buf, "%d", 3);
 *     if (buf.full) ...
 *     buf_release(&buf);
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"
#include "base/str.h"

struct buf {
    char *p;
    size_t n, capacity;
    size_t limit; /* bytes; 0 means BUF_DEFAULT_LIMIT */
    bool full;    /* something was dropped at the limit */
};

/* 1 GiB: more than any text weir makes (an HTML report of 10,000 cells is some 10 MB). */
#define BUF_DEFAULT_LIMIT ((size_t)1 << 30)
#define BUF(ceiling) ((struct buf){.limit = (ceiling)})

/* All return false, and set full, when the limit was met. */
bool buf_add(struct buf *buf, const void *bytes, size_t n);
bool buf_add_str(struct buf *buf, str s);
bool buf_add_char(struct buf *buf, char c);
bool buf_printf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The bytes; valid until the next change of the buffer. */
str buf_str(const struct buf *buf);
/* Empties the buffer and keeps its memory and limit. */
void buf_clear(struct buf *buf);
/* Gives the memory back; the limit stays. */
void buf_release(struct buf *buf);
/* Ties the buffer to an arena: released with it. */
void buf_in_arena(struct buf *buf, struct arena *arena);

#endif
