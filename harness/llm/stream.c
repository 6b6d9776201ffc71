/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream.c: events with the times of their arrival (see stream.h).
 */
#include "llm/stream.h"

void llm_stream_init(struct llm_stream *stream, str body, const struct http_arrival *arrival,
                     size_t arrivals)
{
    *stream = (struct llm_stream){
        .body = body,
        .arrival = arrival,
        .arrivals = arrivals,
        .times = {.first_ns = -1, .last_ns = -1},
    };
}

void llm_stream_release(struct llm_stream *stream)
{
    sse_release(&stream->sse);
}

bool llm_stream_next(struct llm_stream *stream)
{
    struct sse_event event;
    stream->before = stream->in_place ? stream->data : STR("");
    if (!sse_next(&stream->sse, stream->body, &event))
        return false;
    stream->name = event.name;
    stream->data = event.data;
    stream->in_place = event.in_place;
    stream->end = event.end;
    return true;
}

bool llm_stream_repeats(const struct llm_stream *stream, size_t head, size_t tail)
{
    str data = stream->data, before = stream->before;
    return data.n >= head && data.n >= tail && before.n >= head && before.n >= tail &&
           memcmp(data.p, before.p, head) == 0 &&
           memcmp(data.p + data.n - tail, before.p + before.n - tail, tail) == 0;
}

void llm_stream_output(struct llm_stream *stream)
{
    struct llm_stream_times *times = &stream->times;
    times->events++;
    while (stream->arrived < stream->arrivals &&
           stream->arrival[stream->arrived].bytes < stream->end)
        stream->arrived++;
    if (stream->arrived == stream->arrivals) /* the times are not known */
        return;
    int64_t now_ns = stream->arrival[stream->arrived].at_ns;
    if (times->first_ns < 0)
        times->first_ns = now_ns;
    else if (now_ns - times->last_ns > times->gap_most_ns)
        times->gap_most_ns = now_ns - times->last_ns;
    times->last_ns = now_ns;
}
