/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream.h: a reply that came as an event stream, as a dialect reads it.
 *
 * The client keeps the bytes and when they arrived, and has the stream read when the exchange is
 * over: nothing is parsed while tokens come, so reading delays no other call, and a dialect is
 * straight code:
 *
 *     while (llm_stream_next(stream)) {
 *         ...look at stream->name and stream->data
 *         if (it brought a piece of the answer)
 *             llm_stream_output(stream);
 *     }
 */
#ifndef LLM_STREAM_H
#define LLM_STREAM_H

#include "io/http.h"
#include "llm/sse.h"

/* Times of the events that brought output, counted from the start of the exchange. */
struct llm_stream_times {
    int64_t first_ns, last_ns; /* -1: no output came */
    int64_t gap_most_ns;       /* longest time between two that followed each other */
    int64_t events;            /* with output */
};

struct llm_stream {
    str name, data; /* of the event; the name is empty where it has none */

    str body; /* as it came, perhaps not to its end */
    struct sse sse;
    size_t end; /* of the event in the body */
    const struct http_arrival *arrival;
    size_t arrivals, arrived; /* the event was whole with the arrival of that index */
    struct llm_stream_times times;
};

void llm_stream_init(struct llm_stream *stream, str body, const struct http_arrival *arrival,
                     size_t arrivals);
void llm_stream_release(struct llm_stream *stream);

/* The next whole event: false at the end of what came. The texts live until the next call. */
bool llm_stream_next(struct llm_stream *stream);
/* The event brought some of the answer: text, a refusal, arguments of a tool. Not reasoning that
 * is shown, nor events that only announce: providers differ in both. */
void llm_stream_output(struct llm_stream *stream);

#endif
