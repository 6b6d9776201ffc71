/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream.c: the list of a stream's events (see stream.h).
 */
#include "mock_server/stream.h"

enum { FIRST_ROOM = 64 };

void stream_add(struct stream *stream, enum event_kind kind, int64_t tokens)
{
    if (stream->events == stream->room) {
        size_t room = stream->room ? stream->room * 2 : FIRST_ROOM;
        stream->event = arena_grow(stream->arena, stream->event, stream->events, room,
                                   sizeof *stream->event);
        stream->room = room;
    }
    stream->event[stream->events++] = (struct stream_event){kind, tokens, stream->out->n};
}
