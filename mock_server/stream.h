/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream.h: a streamed reply: events, and which token each of them brings.
 *
 * A dialect writes the bytes of one event to stream->out, with whatever ends it on the wire (a
 * blank line), and says what the event was:
 *
 *     buf_add_str(stream->out, STR("data: {…}\n\n"));
 *     stream_add(stream, EVENT_TOKEN, tokens_so_far);
 *
 * It knows no times: those follow from the tokens (stream_times). Token i, from 0, of a reply is
 * due when the first token's time and that of i more have passed, the last events when the time
 * of all tokens has: just when the reply would have come that is not streamed. Nor does it know
 * faults: they are done to the events afterwards (stream_fault.c).
 */
#ifndef MOCK_STREAM_H
#define MOCK_STREAM_H

#include "base/buf.h"
#include "mock_server/request.h"

enum event_kind {
    EVENT_NOTICE,  /* before any token, at once: response.created */
    EVENT_OPENING, /* before any token, with the first: the role, message_start */
    EVENT_TOKEN,   /* output; `tokens` counts what is out with it */
    EVENT_PAUSE,   /* a ping or comment between tokens */
    EVENT_FINISH,  /* why it ended, and other events behind the last token */
    EVENT_USAGE,   /* token counts */
    EVENT_END,     /* the terminator */
};

struct stream_event {
    enum event_kind kind;
    int64_t tokens; /* that are out when it is, over all of its choice; 0 before the first */
    size_t upto;    /* its end in stream->out */
};

struct stream {
    struct buf *out;
    struct arena *arena;
    struct stream_event *event;
    size_t events, room;
};

/* Behind the bytes of each event. */
void stream_add(struct stream *stream, enum event_kind kind, int64_t tokens);

#endif
