/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frames.h: a stream on its way to the wire: its events with the times at which they are due,
 * and what faults make of them.
 *
 * stream_time.c gives the times, stream_fault.c breaks the frames, respond_stream.c writes them.
 */
#ifndef MOCK_FRAMES_H
#define MOCK_FRAMES_H

#include "mock_server/delivery.h"
#include "mock_server/fault.h"
#include "mock_server/latency.h"
#include "mock_server/stream.h"

struct frame {
    str bytes;
    int64_t at_ns; /* after the request, never before the frame in front of it */
    enum event_kind kind;
};

struct frames {
    struct arena *arena;
    struct frame *frame;
    size_t count;
    bool is_list;       /* one JSON list, not events */
    bool is_broken;     /* HTTP's own end of the body is missing; then it ends so: */
    enum ending ending; /* CLOSE, RESET or HANG */
};

struct pace {
    const struct law *first_token, *per_token;
    struct rng_key key; /* of purposes "first_token" and "token" */
    double scale;
    int64_t total_ns; /* scaled */
};

/* The frames of a stream; their bytes stay the stream's. Times by the law of stream.h. */
struct frames frames_of(const struct stream *stream, const struct pace *pace);

/* Drops the events behind that many tokens, before an error takes their place. */
void stream_cut(struct stream *stream, int64_t tokens);

/* What a fault does to frames. Places are drawn from the key. Faults that strike heads or bytes
 * instead (status, empty, hang and reset before the headers, wrong_type, drip, wrong_length)
 * leave the frames as they are. */
void frames_break(struct frames *frames, const struct fault *fault, struct rng_key key);

#endif
