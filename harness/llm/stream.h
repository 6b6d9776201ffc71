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
    str before;    /* data of the event before, empty when it is not kept */
    bool in_place; /* the data are a slice of the body */
    size_t end;    /* of the event in the body */
    const struct http_arrival *arrival;
    size_t arrivals, arrived; /* the event was whole with the arrival of that index */
    struct llm_stream_times times;
};

void llm_stream_init(struct llm_stream *stream, str body, const struct http_arrival *arrival,
                     size_t arrivals);
void llm_stream_release(struct llm_stream *stream);

/* The next whole event: false at the end of what came. The texts live until the next call. */
bool llm_stream_next(struct llm_stream *stream);
/* So many bytes at the beginning and at the end of `data` are as in the event before it: events
 * repeat their envelope, so that a dialect may look at the middle alone. The two may overlap. */
bool llm_stream_repeats(const struct llm_stream *stream, size_t head, size_t tail);
/* The event brought some of the answer: text, a refusal, arguments of a tool. Not reasoning that
 * is shown, nor events that only announce: providers differ in both. */
void llm_stream_output(struct llm_stream *stream);

/*
 * The bytes of a stream in less room, for keeping: a token has an envelope of 200 bytes that is
 * almost the same in all events. Nothing is lost, and what is left can be read by people:
 *
 *     :~weir
 *     data: {"id":"chatcmpl-1",…,"choices":[{"index":0,"delta":{"content":"Hel"}}]}
 *
 *     :~151,5,lo
 *
 * A line that begins with ":~" stands for the last long line before it (LLM_FOLD_BYTES or more)
 * with another text between its first 151 and its last 5 bytes. Both give `text` itself where
 * there is nothing to do, else a text in the arena.
 */
enum { LLM_FOLD_BYTES = 48 };
str llm_stream_fold(struct arena *arena, str text);
str llm_stream_unfold(struct arena *arena, str text);

#endif
