/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream_time.c: when the events of a stream are due (see stream.h for the law).
 *
 * The draws are those of the reply that is not streamed, so that both take the same time.
 */
#include "mock_server/frames.h"

/* The sum of the times of the tokens before token `upto`, going on from the last question. */
struct walk {
    const struct pace *pace;
    int64_t tokens;
    double ns;
};

static void walk_to(struct walk *walk, int64_t tokens)
{
    const struct pace *pace = walk->pace;
    for (; walk->tokens < tokens; walk->tokens++)
        walk->ns +=
            (double)law_draw(pace->per_token, pace->key, "token", (uint64_t)walk->tokens);
}

struct frames frames_of(const struct stream *stream, const struct pace *pace)
{
    struct frames frames = {.arena = stream->arena, .count = stream->events};
    struct walk walk = {pace, 0, 0};
    double first_ns = (double)law_draw(pace->first_token, pace->key, "first_token", 0);
    int64_t last_ns = 0;
    size_t from = 0;
    frames.frame = arena_array(stream->arena, struct frame, stream->events);
    for (size_t i = 0; i < stream->events; i++) {
        const struct stream_event *event = &stream->event[i];
        int64_t at_ns = pace->total_ns;
        if (event->kind == EVENT_NOTICE)
            at_ns = 0;
        else if (event->kind < EVENT_FINISH) {
            walk_to(&walk, event->tokens - 1);
            at_ns = (int64_t)((first_ns + walk.ns) * pace->scale);
        }
        last_ns = at_ns > last_ns ? at_ns : last_ns;
        frames.frame[i] = (struct frame){str_sub(buf_str(stream->out), from, event->upto),
                                         last_ns, event->kind};
        from = event->upto;
    }
    return frames;
}
