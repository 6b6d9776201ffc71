/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sse.h: events of an event stream (WHATWG HTML, "Server-sent events"), taken from bytes that may
 * still be growing.
 *
 * The bytes stay where the caller keeps them; the parser remembers places in them, not the bytes,
 * and looks at each of them once. So it takes any chunking, and needs memory of its own only for
 * an event with several `data` lines.
 *
 *     struct sse sse = {0};
 *     struct sse_event event;
 *     while (sse_next(&sse, bytes_so_far, &event))
 *         use(event.name, event.data);
 *     ...more bytes came: the same again, with all of them
 *     if (sse_unfinished(&sse, all_bytes)) ...      the stream was cut off within an event
 *     sse_release(&sse);
 */
#ifndef LLM_SSE_H
#define LLM_SSE_H

#include "base/buf.h"
#include "base/str.h"

struct sse_event {
    str name;      /* of the `event` line; empty: it had none */
    str data;      /* of the `data` lines, joined by line feeds; never empty */
    bool in_place; /* data are a slice of the bytes, not joined */
    size_t end;    /* the event was whole with so many bytes */
};

/* All zero at the beginning. */
struct sse {
    size_t at; /* where the next line begins */
    size_t looked,
        feed; /* from `at` on there is no CR before the one, no LF before the other */
    size_t name, name_end; /* of the event so far: places of values in the bytes */
    size_t data, data_end;
    size_t data_lines;
    bool begun;      /* a byte order mark was looked for */
    bool after_cr;   /* the line before ended in CR: a line feed belongs to it */
    bool in_event;   /* lines of an event came, the blank line did not */
    struct buf join; /* data of several lines */
};

/* The next whole event of `bytes`, which are those of the last time with more behind them (at the
 * same place or another): false when there is none yet. Comments, events without data and
 * unknown fields are passed over. The texts live as long as the bytes, and until the next call. */
bool sse_next(struct sse *sse, str bytes, struct sse_event *event);

/* After sse_next has said false to these bytes: they end within an event or a line. A client has
 * to discard what is not whole, so the stream was cut off. */
bool sse_unfinished(const struct sse *sse, str bytes);

void sse_release(struct sse *sse);

#endif
