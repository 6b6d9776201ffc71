/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream_fault.c: what faults make of a stream's frames (see frames.h).
 *
 * Only the bytes of events are looked at, so every dialect is broken in the same ways. Where a
 * fault strikes is drawn from the request and its attempt.
 */
#include "mock_server/frames.h"

void stream_cut(struct stream *stream, int64_t tokens)
{
    size_t kept = 0;
    while (kept < stream->events && stream->event[kept].kind < EVENT_FINISH &&
           stream->event[kept].tokens <= tokens)
        kept++;
    stream->events = kept;
    stream->out->n = kept ? stream->event[kept - 1].upto : 0;
}

/* ---- places ---- */

/* The number of a drawn event that carries output; that of the last event when none does. */
static size_t drawn_token(const struct frames *frames, struct rng_key key)
{
    size_t tokens = 0;
    for (size_t i = 0; i < frames->count; i++)
        tokens += frames->frame[i].kind == EVENT_TOKEN;
    if (tokens == 0)
        return frames->count ? frames->count - 1 : 0;
    size_t left = (size_t)rng_below(key, "event", 0, tokens);
    for (size_t i = 0;; i++)
        if (frames->frame[i].kind == EVENT_TOKEN && left-- == 0)
            return i;
}

/* ---- ends ---- */

/* The stream ends inside or behind an event, its HTTP in order. */
static void end_at(struct frames *frames, size_t event, size_t bytes)
{
    frames->frame[event].bytes = str_sub(frames->frame[event].bytes, 0, bytes);
    frames->count = event + 1;
}

/* Behind a drawn event, and HTTP is broken too. */
static void break_off(struct frames *frames, struct rng_key key, enum ending ending)
{
    if (frames->count)
        frames->count = drawn_token(frames, key) + 1;
    frames->is_broken = true;
    frames->ending = ending;
}

static bool is_first_of_many(char c)
{
    return ((unsigned char)c & 0xc0) == 0xc0;
}

/* Behind the first byte of a drawn character of several bytes; without any, inside a text. */
static bool cut_utf8(struct frames *frames, struct rng_key key)
{
    size_t found = 0;
    for (size_t i = 0; i < frames->count; i++)
        for (size_t at = 0; at < frames->frame[i].bytes.n; at++)
            found += frames->frame[i].kind == EVENT_TOKEN &&
                     is_first_of_many(frames->frame[i].bytes.p[at]);
    if (found == 0)
        return false;
    size_t left = (size_t)rng_below(key, "character", 0, found);
    for (size_t i = 0;; i++)
        for (size_t at = 0; at < frames->frame[i].bytes.n; at++)
            if (frames->frame[i].kind == EVENT_TOKEN &&
                is_first_of_many(frames->frame[i].bytes.p[at]) && left-- == 0) {
                end_at(frames, i, at + 1);
                return true;
            }
}

/* Inside a drawn text of a drawn event's JSON: behind its opening quote or further. */
static void cut_string(struct frames *frames, struct rng_key key)
{
    if (frames->count == 0)
        return;
    size_t event = drawn_token(frames, key), found = 0;
    str bytes = frames->frame[event].bytes;
    size_t *place = arena_array(frames->arena, size_t, bytes.n + 1);
    bool inside = false;
    for (size_t at = 0; at < bytes.n; at++) {
        if (inside && bytes.p[at] == '\\')
            at++;
        else if (bytes.p[at] == '"')
            inside = !inside;
        if (inside && at + 1 < bytes.n)
            place[found++] = at + 1;
    }
    end_at(frames, event, found ? place[rng_below(key, "character", 0, found)] : bytes.n / 2);
}

/* Before the first event of one of the kinds; the first kind that there is counts. A provider
 * without a terminator has its last event to lose. */
static void cut_before(struct frames *frames, enum event_kind kind)
{
    for (; kind <= EVENT_END; kind++)
        for (size_t i = 0; i < frames->count; i++)
            if (frames->frame[i].kind == kind) {
                frames->count = i;
                return;
            }
    if (frames->count)
        frames->count--;
}

static void cut(struct frames *frames, const struct fault *fault, struct rng_key key)
{
    switch (fault->cut) {
    case CUT_UTF8:
        if (!cut_utf8(frames, key))
            cut_string(frames, key);
        break;
    case CUT_STRING:
        cut_string(frames, key);
        break;
    case CUT_BEFORE_USAGE:
        cut_before(frames, EVENT_USAGE);
        break;
    case CUT_BEFORE_END:
        cut_before(frames, EVENT_END);
        break;
    }
}

/* ---- bytes ---- */

static str joined(struct arena *arena, str a, str b)
{
    char *both = arena_alloc(arena, a.n + b.n);
    if (a.n)
        memcpy(both, a.p, a.n);
    if (b.n)
        memcpy(both + a.n, b.p, b.n);
    return (str){both, a.n + b.n};
}

/* What stands before the line breaks at its end. */
static size_t line_end(str bytes)
{
    size_t n = bytes.n;
    while (n && (bytes.p[n - 1] == '\n' || bytes.p[n - 1] == '\r'))
        n--;
    return n;
}

/* The JSON of a drawn event stops short; the event's own end is in order. */
static void bad_json(struct frames *frames, struct rng_key key)
{
    if (frames->count == 0)
        return;
    struct frame *frame = &frames->frame[drawn_token(frames, key)];
    size_t end = line_end(frame->bytes);
    frame->bytes = joined(frames->arena, str_sub(frame->bytes, 0, end - end / 3),
                          str_sub(frame->bytes, end, frame->bytes.n));
}

static str with_crlf(struct arena *arena, str bytes)
{
    char *out = arena_alloc(arena, 2 * bytes.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] == '\n' && (i == 0 || bytes.p[i - 1] != '\r'))
            out[n++] = '\r';
        out[n++] = bytes.p[i];
    }
    return (str){out, n};
}

static void insert(struct frames *frames, size_t at, struct frame frame)
{
    struct frame *more = arena_grow(frames->arena, frames->frame, frames->count,
                                    frames->count + 1, sizeof *more);
    memmove(&more[at + 1], &more[at], (frames->count - at) * sizeof *more);
    more[at] = frame;
    frames->frame = more;
    frames->count++;
}

/* A drawn event and the one behind it. */
static void swap(struct frames *frames, struct rng_key key)
{
    size_t first = drawn_token(frames, key);
    if (first + 1 >= frames->count && first > 0)
        first--;
    if (first + 1 >= frames->count)
        return;
    struct frame *frame = &frames->frame[first];
    str bytes = frame[0].bytes;
    frame[0].bytes = frame[1].bytes;
    frame[1].bytes = bytes;
}

/* Two events in each chunk, when the later one is due. */
static void join(struct frames *frames)
{
    size_t count = 0;
    for (size_t i = 0; i < frames->count; i += 2) {
        struct frame frame = frames->frame[i];
        if (i + 1 < frames->count) {
            frame.bytes = joined(frames->arena, frame.bytes, frames->frame[i + 1].bytes);
            frame.at_ns = frames->frame[i + 1].at_ns;
        }
        frames->frame[count++] = frame;
    }
    frames->count = count;
}

/* Each event in two chunks at a drawn byte, the second half with the next event's first. */
static void split(struct frames *frames, struct rng_key key)
{
    size_t count = frames->count;
    struct frame *half = arena_array(frames->arena, struct frame, 2 * count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct frame *whole = &frames->frame[i];
        size_t at = whole->bytes.n ? (size_t)rng_below(key, "split", i, whole->bytes.n) : 0;
        half[2 * i] = half[2 * i + 1] = *whole;
        half[2 * i].bytes = str_sub(whole->bytes, 0, at);
        half[2 * i + 1].bytes = str_sub(whole->bytes, at, whole->bytes.n);
        half[2 * i + 1].at_ns = i + 1 < count ? frames->frame[i + 1].at_ns : whole->at_ns;
    }
    frames->frame = half;
    frames->count = 2 * count;
}

/* Blanks take the place of comments where the stream is a list. */
static void add_comments(struct frames *frames)
{
    const str comment = frames->is_list ? STR(" \n") : STR(": keep-alive\n\n");
    for (size_t i = 0; i < frames->count; i++)
        frames->frame[i].bytes = joined(frames->arena, comment, frames->frame[i].bytes);
}

static void reframe(struct frames *frames, enum fault_frames how, struct rng_key key)
{
    size_t drawn = drawn_token(frames, key);
    switch (how) {
    case FRAMES_DOUBLE:
        if (frames->count)
            insert(frames, drawn, frames->frame[drawn]);
        break;
    case FRAMES_SWAP:
        swap(frames, key);
        break;
    case FRAMES_JOIN:
        join(frames);
        break;
    case FRAMES_SPLIT:
        split(frames, key);
        break;
    case FRAMES_CRLF:
        for (size_t i = 0; i < frames->count; i++)
            frames->frame[i].bytes = with_crlf(frames->arena, frames->frame[i].bytes);
        break;
    case FRAMES_COMMENTS:
        add_comments(frames);
        break;
    }
}

void frames_break(struct frames *frames, const struct fault *fault, struct rng_key key)
{
    bool behind_headers = fault->point != POINT_HEADERS;
    if (fault->kind == FAULT_HANG && behind_headers)
        break_off(frames, key, ENDING_HANG);
    else if (fault->kind == FAULT_RESET && behind_headers)
        break_off(frames, key, fault->fin ? ENDING_CLOSE : ENDING_RESET);
    else if (fault->kind == FAULT_CUT)
        cut(frames, fault, key);
    else if (fault->kind == FAULT_BAD_JSON)
        bad_json(frames, key);
    else if (fault->kind == FAULT_FRAMES)
        reframe(frames, fault->frames, key);
}
