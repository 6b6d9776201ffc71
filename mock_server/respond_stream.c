/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * respond_stream.c: streamed replies: events become chunks of a body, due one by one.
 *
 * Events that are due at the same moment go out as one part, so that a stream without times is
 * one write. A client of HTTP/1.0 knows no chunks and reads until the connection closes.
 */
#include "mock_server/call.h"
#include "mock_server/frames.h"

static str type_of(const struct call *call)
{
    if (call->fault && call->fault->kind == FAULT_WRONG_TYPE)
        return STR("text/html; charset=utf-8");
    return call->request.stream_list ? STR("application/json")
                                     : STR("text/event-stream; charset=utf-8");
}

/* Behind the head, which goes with the first of them. */
static void write_frames(struct call *call, const struct frames *frames, bool chunked)
{
    struct delivery *delivery = call->delivery;
    struct buf *out = delivery->bytes;
    struct part *part = arena_array(&call->mock->arena, struct part, frames->count + 1);
    size_t parts = 0;
    part[0].at_ns = frames->count ? frames->frame[0].at_ns : call->total_ns;
    for (size_t i = 0; i < frames->count; i++) {
        const struct frame *frame = &frames->frame[i];
        if (frame->at_ns > part[parts].at_ns)
            part[++parts].at_ns = frame->at_ns;
        if (chunked && frame->bytes.n) /* an empty chunk would be the last */
            http_write_chunk(out, frame->bytes);
        else
            buf_add_str(out, frame->bytes);
        part[parts].upto = out->n;
    }
    if (chunked && !frames->is_broken)
        http_write_last_chunk(out);
    part[parts].upto = out->n;
    delivery->part = part;
    delivery->parts = parts + 1;
    delivery->at_ns = part[0].at_ns;
}

static void make_frames(struct call *call, struct frames *frames)
{
    const struct request *request = &call->request;
    struct mock *mock = call->mock;
    const struct fault *fault = call->fault;
    struct stream stream = {.out = &mock->body, .arena = &mock->arena};
    buf_clear(&mock->body);
    request->dialect->write_stream(&stream, request, &call->reply);
    if (fault && fault->kind == FAULT_ERROR_EVENT) {
        const struct trouble trouble = {.status = (int)fault->status};
        stream_cut(&stream, fault->after_tokens);
        request->dialect->write_stream_error(&stream, request, &trouble);
    }
    const struct pace pace = {.first_token = call->first_token,
                              .per_token = call->per_token,
                              .key = call->head.ids,
                              .scale = call->scale,
                              .total_ns = call->total_ns};
    *frames = frames_of(&stream, &pace);
    frames->is_list = request->stream_list;
    if (fault)
        frames_break(frames, fault, rng_mix_str(call->head.ids, STR("fault position")));
}

/* Faults that need no stream to strike; those that do are stream_fault.c's. */
static void apply_fault(struct call *call, size_t head)
{
    const struct fault *fault = call->fault;
    bool headers = fault && fault->point == POINT_HEADERS;
    if (!fault)
        return;
    if (fault->kind == FAULT_HANG && headers)
        respond_silence(call, ENDING_HANG);
    else if (fault->kind == FAULT_RESET && headers)
        respond_silence(call, fault->fin ? ENDING_CLOSE : ENDING_RESET);
    else if (fault->kind == FAULT_DRIP)
        respond_drip(call, head);
    else if (fault->kind == FAULT_WRONG_LENGTH)
        call->delivery->ending = ENDING_CLOSE;
}

static int64_t length_of(struct call *call, const struct frames *frames)
{
    size_t bytes = 0;
    for (size_t i = 0; i < frames->count; i++)
        bytes += frames->frame[i].bytes.n;
    if (call->fault && call->fault->kind == FAULT_WRONG_LENGTH)
        return respond_length(call->fault, bytes);
    if (!call->http->is_1_0)
        return LENGTH_CHUNKED;
    if (call->delivery->ending == ENDING_KEEP)
        call->delivery->ending = ENDING_CLOSE;
    return LENGTH_UNTIL_CLOSE;
}

void respond_stream(struct call *call)
{
    struct frames frames;
    make_frames(call, &frames);
    if (call->fault && call->fault->kind == FAULT_EMPTY)
        frames.count = 0;
    int64_t length = length_of(call, &frames);
    call->head.took_ns = frames.count ? frames.frame[0].at_ns : call->total_ns;
    respond_head(call, 200, type_of(call), length);
    size_t head = call->delivery->bytes->n;
    write_frames(call, &frames, length == LENGTH_CHUNKED);
    if (frames.is_broken)
        call->delivery->ending = frames.ending;
    apply_fault(call, head);
}
