/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anthropic_stream.c: a message as named events (see stream.h).
 *
 * Blocks of content come one after the other, each opened, given in pieces of a token and
 * closed. Like the provider's, the objects of pieces have blanks before their last brace now and
 * then: a client that compares bytes must not get away with it here.
 */
#include "mock_server/anthropic.h"
#include "mock_server/stream.h"

struct streaming {
    struct stream *stream;
    const struct request *request;
    const struct reply *reply;
    struct rng_key padding;
    int64_t out;  /* tokens so far */
    size_t block; /* number of the block in hand */
};

static void begin(struct streaming *s, str event)
{
    struct buf *out = s->stream->out;
    buf_add_str(out, STR("event: "));
    buf_add_str(out, event);
    buf_add_str(out, STR("\ndata: {\"type\":\""));
    buf_add_str(out, event);
    buf_add_char(out, '"');
}

static void end(struct streaming *s, enum event_kind kind)
{
    buf_add_str(s->stream->out, STR("}\n\n"));
    stream_add(s->stream, kind, s->out);
}

static void begin_block_event(struct streaming *s, str event)
{
    begin(s, event);
    buf_add_str(s->stream->out, STR(",\"index\":"));
    write_int(s->stream->out, (int64_t)s->block);
}

/* Before the first token an opening. */
static enum event_kind kind_now(const struct streaming *s)
{
    return s->out ? EVENT_TOKEN : EVENT_OPENING;
}

/* ---- blocks ---- */

static void ping(struct streaming *s)
{
    begin(s, STR("ping"));
    end(s, EVENT_PAUSE);
}

static void begin_block(struct streaming *s)
{
    begin_block_event(s, STR("content_block_start"));
    buf_add_str(s->stream->out, STR(",\"content_block\":"));
}

/* After the first block has begun there is a ping, as there mostly is. */
static void begun_block(struct streaming *s)
{
    end(s, kind_now(s));
    if (s->block == 0)
        ping(s);
}

static void delta(struct streaming *s, str type, str member, str piece)
{
    static const char blanks[] = "          ";
    struct buf *out = s->stream->out;
    uint64_t draw = rng_bits(s->padding, "blanks", s->stream->events);
    begin_block_event(s, STR("content_block_delta"));
    buf_add_str(out, STR(",\"delta\":{\"type\":\""));
    buf_add_str(out, type);
    buf_add_str(out, STR("\",\""));
    buf_add_str(out, member);
    buf_add_str(out, STR("\":"));
    json_write_text(out, piece);
    buf_add_char(out, '}');
    if (draw % 4 == 0)
        buf_add(out, blanks, (size_t)(draw / 4 % sizeof blanks));
    end(s, kind_now(s));
}

static void end_block(struct streaming *s, bool last)
{
    begin_block_event(s, STR("content_block_stop"));
    end(s, last ? EVENT_FINISH : kind_now(s));
    s->block++;
}

/* The pieces of a text bring `tokens` tokens, which for what is shown of reasoning may be more or
 * less than it has itself. */
static void deltas(struct streaming *s, str type, str member, str text, int64_t tokens)
{
    int64_t pieces = token_count(text), before = s->out;
    for (int64_t i = 0; i < pieces; i++) {
        str piece = token_piece(text, i);
        s->out = before + (tokens == pieces ? i + 1 : (i + 1) * tokens / pieces);
        if (piece.n)
            delta(s, type, member, piece);
    }
    s->out = before + tokens;
}

static void thinking(struct streaming *s, const struct choice *choice)
{
    struct buf *out = s->stream->out;
    begin_block(s);
    buf_add_str(out, STR("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"));
    begun_block(s);
    deltas(s, STR("thinking_delta"), STR("thinking"), anthropic_thoughts(s->request, choice),
           choice->reasoning_tokens);
    begin_block_event(s, STR("content_block_delta"));
    buf_add_str(out, STR(",\"delta\":{\"type\":\"signature_delta\",\"signature\":"));
    anthropic_write_signature(out, s->reply);
    buf_add_char(out, '}');
    end(s, EVENT_TOKEN);
    end_block(s, !choice->text.n && !choice->uses);
}

static void text(struct streaming *s, const struct choice *choice)
{
    begin_block(s);
    buf_add_str(s->stream->out, STR("{\"type\":\"text\",\"text\":\"\",\"citations\":null}"));
    begun_block(s);
    deltas(s, STR("text_delta"), STR("text"), choice->text, token_count(choice->text));
    end_block(s, !choice->uses);
}

static void tool_use(struct streaming *s, const struct choice *choice, size_t index)
{
    const struct tool_use *use = &choice->use[index];
    /* what the limit of tokens cut is sent as it was cut */
    str input =
        choice->finish == FINISH_LENGTH ? use->arguments : anthropic_input(s->request, use);
    begin_block(s);
    anthropic_write_tool_use(s->stream->out, s->reply, choice, index, STR("{}"));
    s->out += token_count(use->name);
    begun_block(s);
    delta(s, STR("input_json_delta"), STR("partial_json"), STR(""));
    deltas(s, STR("input_json_delta"), STR("partial_json"), input, token_count(use->arguments));
    end_block(s, index + 1 == choice->uses);
}

/* ---- the whole ---- */

static void message_start(struct streaming *s)
{
    struct buf *out = s->stream->out;
    begin(s, STR("message_start"));
    buf_add_str(out, STR(",\"message\":"));
    anthropic_write_begin(out, s->reply);
    buf_add_str(out, STR(",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"
                         "\"stop_details\":null,\"container\":null,\"diagnostics\":null,"
                         "\"usage\":"));
    anthropic_write_usage(out, s->request, s->reply, s->reply->output_tokens > 0);
    buf_add_char(out, '}');
    end(s, EVENT_OPENING);
}

/* Why it ended and all of the usage: the output's count replaces the first one. */
static void message_delta(struct streaming *s)
{
    struct buf *out = s->stream->out;
    begin(s, STR("message_delta"));
    buf_add_str(out, STR(",\"delta\":{"));
    anthropic_write_stop(out, s->reply);
    buf_add_str(out, STR(",\"container\":null},\"usage\":"));
    anthropic_write_final_usage(out, s->request, s->reply);
    end(s, EVENT_USAGE);
}

void anthropic_write_stream(struct stream *stream, const struct request *request,
                            const struct reply *reply)
{
    struct streaming s = {.stream = stream,
                          .request = request,
                          .reply = reply,
                          .padding = rng_mix_str(reply->ids, STR("padding"))};
    const struct choice *choice = reply->choices ? reply->choice : NULL;
    message_start(&s);
    if (choice && choice->reasoning_tokens > 0)
        thinking(&s, choice);
    if (choice && choice->text.n && choice->kind != CHOICE_REFUSAL)
        text(&s, choice);
    for (size_t i = 0; choice && choice->kind == CHOICE_TOOL && i < choice->uses; i++)
        tool_use(&s, choice, i);
    s.out = reply->output_tokens;
    message_delta(&s);
    begin(&s, STR("message_stop"));
    end(&s, EVENT_END);
}

void anthropic_write_stream_error(struct stream *stream, const struct request *request,
                                  const struct trouble *trouble)
{
    struct streaming s = {.stream = stream, .request = request};
    begin(&s, STR("error"));
    buf_add_str(stream->out, STR(",\"error\":"));
    anthropic_write_error(stream->out, trouble);
    end(&s, EVENT_FINISH);
}
