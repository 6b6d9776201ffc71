/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_responses_stream.c: a response as named events, each with its number.
 *
 * The response is announced, then every item is begun, told token by token and ended, and the last
 * event holds the whole response. There is no "[DONE]".
 */
#include "mock_server/openai_responses.h"
#include "mock_server/provider_openai.h"
#include "mock_server/stream.h"

struct telling {
    struct stream *stream;
    const struct request *request;
    const struct reply *reply;
    const struct output_item *item; /* in hand */
    size_t index, items;
    int64_t tokens; /* out so far */
    uint64_t padded;
};

/* ---- events ---- */

/* Up to the number; the caller goes on with a comma. */
static struct buf *begin_event(struct stream *stream, const char *type)
{
    struct buf *out = stream->out;
    buf_add_str(out, STR("event: "));
    buf_add_str(out, str_from(type));
    buf_add_str(out, STR("\ndata: {\"type\":\""));
    buf_add_str(out, str_from(type));
    buf_add_str(out, STR("\",\"sequence_number\":"));
    write_int(out, (int64_t)stream->events);
    return out;
}

static void end_event(struct telling *t, enum event_kind kind)
{
    buf_add_str(t->stream->out, STR("}\n\n"));
    stream_add(t->stream, kind, t->tokens);
}

/* Between tokens, or behind the last. */
static enum event_kind kind_between(const struct telling *t)
{
    return t->tokens >= t->reply->choice[0].tokens ? EVENT_FINISH
           : t->tokens                             ? EVENT_PAUSE
                                                   : EVENT_OPENING;
}

/* An event about the item in hand, up to its place in the output. */
static struct buf *begin_item_event(struct telling *t, const char *type)
{
    struct buf *out = begin_event(t->stream, type);
    buf_add_str(out, STR(",\"output_index\":"));
    write_int(out, (int64_t)t->index);
    return out;
}

/* An event about a part of it. `place` ends with the part's index, such as
 * ,"content_index":0 */
static struct buf *begin_part_event(struct telling *t, const char *type, str place)
{
    struct buf *out = begin_item_event(t, type);
    buf_add_str(out, STR(",\"item_id\":\""));
    buf_add_str(out, t->item->id);
    buf_add_char(out, '"');
    buf_add_str(out, place);
    return out;
}

#define CONTENT STR(",\"content_index\":0")
#define SUMMARY STR(",\"summary_index\":0")
#define NO_PART STR("")

/* Random text of random length hides from listeners how long the tokens are. */
static void write_delta(struct telling *t, str piece)
{
    struct buf *out = t->stream->out;
    buf_add_str(out, STR(",\"delta\":"));
    json_write_text(out, piece);
    if (!t->request->stream_padding)
        return;
    struct rng_key key = rng_mix_int(t->reply->ids, t->padded++);
    buf_add_str(out, STR(",\"obfuscation\":\""));
    write_id(out, key, "obfuscation", 2 + (size_t)(key.k0 % 15));
    buf_add_char(out, '"');
}

static void write_named(struct buf *out, str name, str text)
{
    buf_add_str(out, name);
    json_write_text(out, text);
}

static void tell_response(struct telling *t, const char *type, enum response_state state,
                          enum event_kind kind)
{
    struct buf *out = begin_event(t->stream, type);
    buf_add_str(out, STR(",\"response\":"));
    openai_responses_write(out, t->request, t->reply, state);
    end_event(t, kind);
}

static void tell_item(struct telling *t, const char *type, enum response_state state,
                      enum event_kind kind)
{
    struct buf *out = begin_item_event(t, type);
    buf_add_str(out, STR(",\"item\":"));
    openai_responses_write_item(out, t->request, t->reply, t->item, state);
    end_event(t, kind);
}

/* ---- reasoning ---- */

static void tell_summary_part(struct telling *t, const char *type, str text)
{
    struct buf *out = begin_part_event(t, type, SUMMARY);
    write_named(out, STR(",\"part\":{\"type\":\"summary_text\",\"text\":"), text);
    buf_add_char(out, '}');
    end_event(t, kind_between(t));
}

/* A summary is shorter than what it sums up: its pieces are spread over all of the tokens. */
static void tell_summary(struct telling *t, str summary)
{
    int64_t pieces = token_count(summary), all = t->reply->choice[0].reasoning_tokens;
    tell_summary_part(t, "response.reasoning_summary_part.added", STR(""));
    for (int64_t i = 0; i < pieces; i++) {
        str piece = token_piece(summary, i);
        t->tokens = all * (i + 1) / pieces;
        if (!piece.n)
            continue;
        begin_part_event(t, "response.reasoning_summary_text.delta", SUMMARY);
        write_delta(t, piece);
        end_event(t, EVENT_TOKEN);
    }
    write_named(begin_part_event(t, "response.reasoning_summary_text.done", SUMMARY),
                STR(",\"text\":"), summary);
    end_event(t, kind_between(t));
    tell_summary_part(t, "response.reasoning_summary_part.done", summary);
}

static void tell_reasoning(struct telling *t)
{
    str summary = openai_responses_summary(t->request, t->reply);
    if (summary.n)
        tell_summary(t, summary);
    t->tokens = t->reply->choice[0].reasoning_tokens;
}

/* ---- the message ---- */

static void tell_part(struct telling *t, const char *type, enum response_state state)
{
    struct buf *out = begin_part_event(t, type, CONTENT);
    buf_add_str(out, STR(",\"part\":"));
    openai_responses_write_part(out, t->request, t->reply, state);
    end_event(t, kind_between(t));
}

static void write_text_logprobs(struct telling *t, int64_t first, int64_t end)
{
    buf_add_str(t->stream->out, STR(",\"logprobs\":"));
    openai_responses_write_logprobs(t->stream->out, t->request, t->reply, first, end);
}

static void tell_message(struct telling *t)
{
    const struct choice *choice = &t->reply->choice[0];
    bool refusal = choice->kind == CHOICE_REFUSAL;
    int64_t pieces = token_count(choice->text);
    tell_part(t, "response.content_part.added", RESPONSE_STARTED);
    for (int64_t i = 0; i < pieces; i++) {
        str piece = token_piece(choice->text, i);
        t->tokens++;
        if (!piece.n)
            continue;
        begin_part_event(t, refusal ? "response.refusal.delta" : "response.output_text.delta",
                         CONTENT);
        write_delta(t, piece);
        if (!refusal)
            write_text_logprobs(t, i, i + 1);
        end_event(t, EVENT_TOKEN);
    }
    write_named(
        begin_part_event(t, refusal ? "response.refusal.done" : "response.output_text.done",
                         CONTENT),
        refusal ? STR(",\"refusal\":") : STR(",\"text\":"), choice->text);
    if (!refusal)
        write_text_logprobs(t, 0, pieces);
    end_event(t, kind_between(t));
    tell_part(t, "response.content_part.done", RESPONSE_ENDED);
}

/* ---- calls ---- */

static void tell_call(struct telling *t)
{
    const struct tool_use *use = &t->reply->choice[0].use[t->item->use];
    bool custom = t->item->kind == OUTPUT_CUSTOM;
    int64_t pieces = token_count(use->arguments);
    for (int64_t i = 0; i < pieces; i++) {
        str piece = token_piece(use->arguments, i);
        t->tokens++;
        if (!piece.n)
            continue;
        begin_part_event(t,
                         custom ? "response.custom_tool_call_input.delta"
                                : "response.function_call_arguments.delta",
                         NO_PART);
        write_delta(t, piece);
        end_event(t, EVENT_TOKEN);
    }
    struct buf *out = begin_part_event(t,
                                       custom ? "response.custom_tool_call_input.done"
                                              : "response.function_call_arguments.done",
                                       NO_PART);
    if (!custom)
        write_named(out, STR(",\"name\":"), use->name);
    write_named(out, custom ? STR(",\"input\":") : STR(",\"arguments\":"), use->arguments);
    end_event(t, kind_between(t));
}

/* ---- the whole ---- */

static void tell_whole_item(struct telling *t)
{
    bool call = t->item->kind == OUTPUT_FUNCTION || t->item->kind == OUTPUT_CUSTOM;
    if (call) /* its name is output */
        t->tokens += token_count(t->reply->choice[0].use[t->item->use].name);
    tell_item(t, "response.output_item.added", RESPONSE_STARTED,
              call ? EVENT_TOKEN : kind_between(t));
    switch (t->item->kind) {
    case OUTPUT_REASONING:
        tell_reasoning(t);
        break;
    case OUTPUT_MESSAGE:
        tell_message(t);
        break;
    case OUTPUT_FUNCTION:
    case OUTPUT_CUSTOM:
        tell_call(t);
        break;
    }
    tell_item(t, "response.output_item.done", RESPONSE_ENDED, kind_between(t));
}

void openai_responses_write_stream(struct stream *stream, const struct request *request,
                                   const struct reply *reply)
{
    struct telling t = {.stream = stream, .request = request, .reply = reply};
    const struct output_item *item = openai_responses_items(request, reply, &t.items);
    bool cut = reply->choice[0].finish == FINISH_LENGTH;
    tell_response(&t, "response.created", RESPONSE_STARTED, EVENT_NOTICE);
    tell_response(&t, "response.in_progress", RESPONSE_STARTED, EVENT_NOTICE);
    for (t.index = 0; t.index < t.items; t.index++) {
        t.item = &item[t.index];
        tell_whole_item(&t);
    }
    tell_response(&t, cut ? "response.incomplete" : "response.completed", RESPONSE_ENDED,
                  EVENT_END);
}

void openai_responses_write_stream_error(struct stream *stream, const struct request *request,
                                         const struct trouble *trouble)
{
    const struct openai_error error = openai_error_of(request->arena, trouble);
    struct buf *out = begin_event(stream, "error");
    buf_add_str(out, STR(",\"code\":"));
    openai_write_or_null(out, error.code.n ? error.code : error.type);
    write_named(out, STR(",\"message\":"), error.message);
    buf_add_str(out, STR(",\"param\":"));
    openai_write_or_null(out, trouble->param);
    buf_add_str(out, STR("}\n\n"));
    stream_add(stream, EVENT_FINISH, 0);
}
