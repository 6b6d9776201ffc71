/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * buf.c: a growing buffer that cannot grow without an upper bound (see buf.h).
 */
#include "base/buf.h"

#include "base/mem.h"

#include <assert.h>
#include <stdio.h>

/* Room for `more` bytes and a NUL, or false when that passes the limit. */
static bool buf_reserve(struct buf *buf, size_t more)
{
    size_t limit = buf->limit ? buf->limit : BUF_DEFAULT_LIMIT;
    if (more > limit - buf->n) {
        buf->full = true;
        return false;
    }
    size_t need = buf->n + more + 1;
    if (need <= buf->capacity)
        return true;
    size_t capacity = buf->capacity ? buf->capacity : 256;
    while (capacity < need)
        capacity *= 2;
    buf->p = xrealloc(buf->p, capacity);
    buf->capacity = capacity;
    return true;
}

bool buf_add(struct buf *buf, const void *bytes, size_t n)
{
    if (!buf_reserve(buf, n))
        return false;
    if (n)
        memcpy(buf->p + buf->n, bytes, n);
    buf->n += n;
    buf->p[buf->n] = '\0';
    return true;
}

bool buf_add_str(struct buf *buf, str s)
{
    return buf_add(buf, s.p, s.n);
}

bool buf_add_char(struct buf *buf, char c)
{
    return buf_add(buf, &c, 1);
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    size_t room = buf->capacity - buf->n; /* the text often fits what is there */
    int length = vsnprintf(room ? buf->p + buf->n : NULL, room, format, args);
    va_end(args);
    assert(length >= 0);
    bool fits = buf_reserve(buf, (size_t)length);
    if (fits && (size_t)length >= room)
        vsnprintf(buf->p + buf->n, (size_t)length + 1, format, again);
    if (fits)
        buf->n += (size_t)length;
    else if (room)
        buf->p[buf->n] = '\0';
    va_end(again);
    return fits;
}

str buf_str(const struct buf *buf)
{
    return buf->n ? (str){buf->p, buf->n} : (str){"", 0};
}

void buf_clear(struct buf *buf)
{
    buf->n = 0;
    buf->full = false;
    if (buf->p)
        buf->p[0] = '\0';
}

void buf_release(struct buf *buf)
{
    xfree(buf->p);
    *buf = (struct buf){.limit = buf->limit};
}

static void release(void *object)
{
    buf_release(object);
}

void buf_in_arena(struct buf *buf, struct arena *arena)
{
    arena_on_end(arena, release, buf);
}
