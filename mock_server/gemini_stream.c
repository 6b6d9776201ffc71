/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini_stream.c: a reply as a series of GenerateContentResponses, each with what is new.
 *
 * As events (alt=sse), or as the items of one JSON list. A chunk for every token of text, one for
 * all that is shown of the reasoning, one for each call, and a last one with the reasons why the
 * candidates ended. Every chunk tells the usage so far.
 */
#include "mock_server/gemini.h"
#include "mock_server/stream.h"

/* How far a candidate has come. */
struct progress {
    int64_t tokens, thoughts; /* out so far; the latter part of the former */
    int64_t text;             /* tokens of the text */
    size_t use;
    bool done;
};

struct telling {
    struct stream *stream;
    const struct request *request;
    const struct reply *reply;
    struct progress *progress;
};

/* ---- framing ---- */

static void begin_item(struct stream *stream, const struct request *request)
{
    if (!request->stream_list)
        buf_add_str(stream->out, STR("data: "));
    else
        buf_add_str(stream->out, stream->events ? STR(",\r\n") : STR("["));
}

static void end_item(struct stream *stream, const struct request *request, enum event_kind kind,
                     int64_t tokens)
{
    buf_add_str(stream->out, request->stream_list ? STR("\n") : STR("\r\n\r\n"));
    stream_add(stream, kind, tokens);
}

static void end_list(struct stream *stream, const struct request *request)
{
    if (!request->stream_list)
        return;
    buf_add_str(stream->out, STR("]\n"));
    stream_add(stream, EVENT_END, 0);
}

/* ---- chunks ---- */

static void write_usage(const struct telling *t)
{
    int64_t thoughts = 0, tokens = 0;
    for (size_t i = 0; i < t->reply->choices; i++) {
        thoughts += t->progress[i].thoughts;
        tokens += t->progress[i].tokens;
    }
    gemini_write_rest(t->stream->out, t->request, t->reply, thoughts, tokens - thoughts);
}

static void tell(const struct telling *t, const struct candidate_part *part)
{
    struct buf *out = t->stream->out;
    begin_item(t->stream, t->request);
    buf_add_str(out, STR("{\"candidates\":["));
    gemini_write_candidate(out, t->request, t->reply, part);
    buf_add_char(out, ']');
    write_usage(t);
    end_item(t->stream, t->request, EVENT_TOKEN, t->progress[part->index].tokens);
}

static void tell_thoughts(const struct telling *t, size_t index)
{
    const struct choice *choice = &t->reply->choice[index];
    struct progress *at = &t->progress[index];
    at->thoughts = at->tokens = choice->reasoning_tokens;
    const struct candidate_part part = {
        .index = index, .choice = choice, .thought = choice->reasoning};
    if (t->request->show_reasoning && choice->reasoning.n)
        tell(t, &part);
}

static void tell_text(const struct telling *t, size_t index)
{
    const struct choice *choice = &t->reply->choice[index];
    struct progress *at = &t->progress[index];
    const struct candidate_part part = {
        .index = index, .choice = choice, .first = at->text, .end = at->text + 1};
    at->text++;
    at->tokens++;
    if (token_piece(choice->text, part.first).n)
        tell(t, &part);
}

static void tell_call(const struct telling *t, size_t index)
{
    const struct choice *choice = &t->reply->choice[index];
    struct progress *at = &t->progress[index];
    const struct tool_use *use = &choice->use[at->use];
    const struct candidate_part part = {
        .index = index, .choice = choice, .use = at->use, .uses = 1};
    at->use++;
    at->tokens += token_count(use->name) + token_count(use->arguments);
    tell(t, &part);
}

/* The next that a candidate has to say. Refusals say nothing but that they are. */
static void tell_next(const struct telling *t, size_t index)
{
    const struct choice *choice = &t->reply->choice[index];
    struct progress *at = &t->progress[index];
    if (at->thoughts < choice->reasoning_tokens)
        tell_thoughts(t, index);
    else if (choice->kind != CHOICE_REFUSAL && at->text < token_count(choice->text))
        tell_text(t, index);
    else if (at->use < choice->uses)
        tell_call(t, index);
    else {
        at->tokens = choice->tokens;
        at->done = true;
    }
}

/* The candidate that has said least, or -1 when all have ended. */
static int64_t next_of(const struct telling *t)
{
    int64_t found = -1;
    for (size_t i = 0; i < t->reply->choices; i++)
        if (!t->progress[i].done &&
            (found < 0 || t->progress[i].tokens < t->progress[found].tokens))
            found = (int64_t)i;
    return found;
}

static void tell_end(const struct telling *t)
{
    struct buf *out = t->stream->out;
    bool blocked = gemini_is_blocked(t->reply);
    begin_item(t->stream, t->request);
    if (blocked)
        gemini_write_blocked(out, t->reply);
    else
        buf_add_str(out, STR("{\"candidates\":["));
    for (size_t i = 0; i < t->reply->choices && !blocked; i++) {
        const struct choice *choice = &t->reply->choice[i];
        const struct candidate_part part = {.index = i, .choice = choice, .is_last = true};
        if (i)
            buf_add_char(out, ',');
        gemini_write_candidate(out, t->request, t->reply, &part);
    }
    if (!blocked)
        buf_add_char(out, ']');
    write_usage(t);
    end_item(t->stream, t->request, EVENT_USAGE, t->reply->output_tokens);
}

void gemini_write_stream(struct stream *stream, const struct request *request,
                         const struct reply *reply)
{
    const struct telling t = {stream, request, reply,
                              arena_array(stream->arena, struct progress, reply->choices)};
    for (int64_t i = next_of(&t); i >= 0; i = next_of(&t))
        tell_next(&t, (size_t)i);
    tell_end(&t);
    end_list(stream, request);
}

void gemini_write_stream_error(struct stream *stream, const struct request *request,
                               const struct trouble *trouble)
{
    begin_item(stream, request);
    gemini_write_error(stream->out, 0, trouble);
    end_item(stream, request, EVENT_FINISH, 0);
    end_list(stream, request);
}
